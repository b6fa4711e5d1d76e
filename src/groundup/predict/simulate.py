"""From a request to an answer: every walk solved, told as a study, compared with the one before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.body.default_body import default_body
from groundup.body.model import Body
from groundup.chain.attribution import Condition, Sharing, attribute, lumbar_compression
from groundup.errors import GroundupError, SetupError
from groundup.loads.analysis import Analysis
from groundup.predict.answer import (
    CaseResult,
    Comparison,
    Readings,
    SimulationAnswer,
    changes,
)
from groundup.predict.answer_text import back_sentences
from groundup.predict.checks import pelvis_force_n
from groundup.predict.gait.walk import Walk
from groundup.predict.outcome import analysis_of, study_from, walk_condition
from groundup.predict.readings import UNITS, all_readings
from groundup.predict.request import HEALTHY, Case, SimulationRequest, to_json
from groundup.predict.solver import solve
from groundup.predict.solving import Place, Walks, job_of
from groundup.predict.variations import NOMINAL, variations
from groundup.predict.varied import ByCause, Known, Varied, share_intervals, shares_of
from groundup.predict.walk_job import Solver, WalkJob
from groundup.predict.walk_store import WalkStore
from groundup.provenance import provenance
from groundup.study import Attribution, Study

if TYPE_CHECKING:
    from groundup.predict.own_gait import OwnWalk

Progress = Callable[[str], None]

NEXT = "Try a smaller condition or dose, a --speed nearer to 1.3 m/s, or another --mesh, such as 50."
"""What may be done about a walk that was not found."""


def require_casadi() -> None:
    """Raise `SetupError` that says how to install the solver where it is missing."""
    from importlib.util import find_spec

    if find_spec("casadi") is None:
        raise SetupError(
            "groundup simulate needs the solver CasADi, which is not installed. "
            "Install it with: pip install 'groundup[simulate]'"
        )


@dataclass(frozen=True, eq=False)
class _Told:
    """What comparisons need of a walk."""

    readings: Readings
    condition: Condition


@dataclass(frozen=True, eq=False)
class Solved:
    """A walk that was solved, and what it says."""

    case: Case
    job: WalkJob
    walk: Walk
    request: SimulationRequest

    @cached_property
    def analysis(self) -> Analysis:
        """Everything of the walk that a recording's analysis has."""
        return analysis_of(self.walk, self.job.changed.prepared)

    @cached_property
    def study(self) -> Study:
        """The walk as a study, with the request in its provenance."""
        origin = provenance(self.request.command, {"case": self.case.label, "request": to_json(self.request)}, {})
        return study_from(self.analysis, f"Predicted walk: {self.case.label}", origin)

    @cached_property
    def readings(self) -> Readings:
        """Values of all measures, and of what only a prediction knows, by measure and side."""
        return all_readings(self.walk, self.job.changed, self.study, self.analysis)

    @cached_property
    def told(self) -> _Told:
        """What comparisons need of it."""
        return _Told(self.readings, walk_condition(self.analysis, self.case.label))


def simulate(
    request: SimulationRequest,
    progress: Progress,
    keep: Path | None = None,
    *,
    solver: Solver = solve,
    own_walk: OwnWalk | None = None,
    model: Body | None = None,
    varied: Known | None = None,
) -> SimulationAnswer:
    """Solve every walk of a request and compare them.

    Parameters
    ----------
    request : SimulationRequest
    progress : called with what begins, and with the solver's iterations
    keep : folder in which solved walks are kept by what they answer; what is there is not solved again
    solver : what solves one walk
    own_walk : the person's own recorded walk, where the request names one
    model : the body that walks, where the request names one
    varied : what the walks say when they are solved with each variation, where that was computed beforehand

    Raises
    ------
    GroundupError
        The body cannot walk, or the pain law has not been calibrated.
    KeyboardInterrupt
        Somebody pressed Ctrl-C, with a line for each best iterate that is kept: half an answer is none.

    Notes
    -----
    Healthy first, then untreated, then all that is treated at once: each starts from the one before. Variations of a
    walk start from the walk itself. A walk that cannot be solved is told as that, with what the solver said, and what
    rests on it is left out.
    """
    _check_body(request, own_walk, model)
    body = own_walk.body if own_walk is not None else model or default_body()
    walks = Walks(request, body, None, WalkStore(keep), solver, progress)
    if own_walk is not None:
        from groundup.predict.own_gait import own_cycle

        walks.own = own_cycle(job_of(walks, request.cases[0]).changed.prepared.reduction, own_walk)
    walks.solve()
    if walks.stopped:
        raise KeyboardInterrupt(*walks.best_iterates)
    return _answer(walks, varied)


def _check_body(request: SimulationRequest, own_walk: OwnWalk | None, model: Body | None) -> None:
    if (request.model is None) != (model is None):
        raise SetupError("a request that names a model needs the body in it, and no other does.")
    if (request.from_study is None) != (own_walk is None):
        raise SetupError("a request that names a study needs the walk in it, and no other does.")


# --- what it says ---------------------------------------------------------------------------------------------------


def _answer(w: Walks, known: Known | None) -> SimulationAnswer:
    solved = {}
    for case in w.request.cases:
        place = (case.id, NOMINAL.id)
        walk = w.walk(place)
        if walk is not None:
            w.tell(f"{case.label}: loads")
            solved[case.id] = Solved(case, w.jobs[place], walk, w.request)
    results = tuple(_result(w, case, solved.get(case.id)) for case in w.request.cases)
    comparisons = tuple(_comparisons(w, solved, known))
    return SimulationAnswer(w.request, results, comparisons, back_sentences(w.request, comparisons))


def _result(w: Walks, case: Case, solved: Solved | None) -> CaseResult:
    attempt = w.attempts[case.id, NOMINAL.id]
    walk = attempt.walk
    checks = {} if walk is None else {k: float(v) for k, v in walk.stats.items()}
    if solved is not None:
        checks["pelvis_residual_n"] = pelvis_force_n(solved.analysis)
    if walk is not None and w.own is not None:
        from groundup.predict.own_gait import rms_from_own_deg

        checks["own_gait_rms_deg"] = rms_from_own_deg(walk, w.own)
    terms = {} if walk is None else dict(walk.terms)
    if solved is None:
        message = attempt.message if walk is None else f"{attempt.message} {NEXT}"
        return CaseResult(case, None, "failed", message, checks, terms)
    return CaseResult(case, solved.study, "solved", attempt.message, checks, terms)


def _comparisons(w: Walks, solved: Mapping[str, Solved], known: Known | None) -> Iterator[Comparison]:
    """Untreated with healthy, treated with untreated; of walks that were solved."""
    read = {one.job.question: one.told for one in solved.values()}
    for case in w.request.cases:
        before = HEALTHY if not case.treatments else w.request.reference_id
        if case.id == HEALTHY or before not in solved or case.id not in solved:
            continue
        first, second = solved[before], solved[case.id]
        w.tell(f"{case.label}: from heel to back")
        units = UNITS | {m.id: m.unit for m in second.study.measures}
        if known is None:
            varied, notes = _varied(w, read, before, case.id)
        else:
            varied, notes = known.get((before, case.id), {}), []
        heavier = second.walk.mass_kg / first.walk.mass_kg
        after = _in_weights(second.readings, units, heavier)
        moved = {
            cause: [(v.before, _in_weights(v.after, units, heavier)) for v in several]
            for cause, several in varied.items()
        }
        split, why_not = _attributed(first.told, second.told)
        if heavier != 1.0:
            notes.append("The body's mass changes: loads and energy of both walks are told for the mass of the first.")
        yield Comparison(
            first.case.label,
            case.label,
            changes(first.readings, after, units, moved),
            () if split is None else (split,),
            before_id=before,
            after_id=case.id,
            notes=(*why_not, *notes),
            share_intervals=() if split is None else share_intervals(split, varied),
            varied=varied,
        )


def _in_weights(readings: Readings, units: Mapping[str, str], heavier: float) -> Readings:
    """Loads and energy for the mass of another body, ``heavier`` times lighter: tissue bears newtons."""
    if heavier == 1.0:
        return readings
    own = {m for m, unit in units.items() if _BY_MASS.search(unit)}
    return {(m, s): value * heavier if m in own else value for (m, s), value in readings.items()}


_BY_MASS = re.compile(r"BW|/\(?kg")
"""Units of what is told as a part of a body's weight or mass."""


def _varied(w: Walks, read: dict[str, _Told], before: str, after: str) -> tuple[ByCause, list[str]]:
    """Both walks again with each variation; without ``--uncertainty`` only where all of them are kept."""
    pairs = {v: ((before, v.id), (after, v.id)) for v in variations()}
    there = [v for v, places in pairs.items() if all(w.walk(p) is not None for p in places)]
    if len(there) < len(pairs) and not w.request.uncertainty:
        return {}, []
    missing = [f"No interval: the walk with “{v.label}” was not solved." for v in pairs if v not in there]
    if missing:  # an interval of what was solved alone would be too narrow
        return {}, missing
    found: dict[str, list[Varied]] = {}
    for v in there:
        first, second = (_read(w, read, place) for place in pairs[v])
        split, _ = _attributed(first, second)
        found.setdefault(v.cause, []).append(Varied(first.readings, second.readings, shares_of(split)))
    return found, []


def _read(w: Walks, known: dict[str, _Told], place: Place) -> _Told:
    """Read a varied walk; the same walk under two variations is read once."""
    job, walk = w.jobs[place], w.walk(place)
    assert walk is not None
    if job.question not in known:
        w.tell(f"{job.label}: loads")
        case = next(c for c in w.request.cases if c.id == place[0])
        # A copy: the body that it makes for itself is not kept.
        known[job.question] = Solved(case, replace(job), walk, w.request).told
    return known[job.question]


def _attributed(before: _Told, after: _Told) -> tuple[Attribution | None, list[str]]:
    """Split the change of the low back's peak among the links; a predicted walk leaves no residual to place.

    The split counts in body weights of either walk, so it says nothing of newtons where the mass changes.
    """
    if before.condition.body.mass != after.condition.body.mass:
        return None, ["Not split among links: the body's mass changes."]
    try:
        load = lumbar_compression(before.condition.body)
        return attribute(before.condition, after.condition, load, Sharing(from_below=True)), []
    except GroundupError as error:
        return None, [f"Not split among links: {error}"]
