"""From a request to an answer: every walk solved, told as a study, compared with the one before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groundup.body.default_body import default_body
from groundup.body.model import Body
from groundup.chain.attribution import Sharing, attribute, lumbar_compression
from groundup.errors import GroundupError, SetupError
from groundup.loads.analysis import Analysis
from groundup.predict.answer import (
    CaseResult,
    Comparison,
    Readings,
    SimulationAnswer,
    back_sentences,
    changes,
)
from groundup.predict.changed_body import ChangedBody
from groundup.predict.condition import heel_pains
from groundup.predict.effects import Side
from groundup.predict.gait.baseline import healthy_walk, painless
from groundup.predict.gait.walk import Walk
from groundup.predict.outcome import analysis_of, study_from, walk_condition
from groundup.predict.pain import Reference, pain_law
from groundup.predict.readings import UNITS, all_readings
from groundup.predict.request import HEALTHY, UNTREATED, Case, SimulationRequest, to_json
from groundup.predict.solver import solve
from groundup.predict.terms import terms
from groundup.predict.variations import NOMINAL, Variation, variations
from groundup.predict.walk_job import STOPPED, Attempt, FeltPain, OwnCycle, Solver, WalkJob
from groundup.predict.walk_store import WalkStore
from groundup.predict.workers import solve_all
from groundup.provenance import provenance
from groundup.study import Attribution, Study

if TYPE_CHECKING:
    from groundup.predict.own_gait import OwnWalk

Progress = Callable[[str], None]
Place = tuple[str, str]
"""A case and a variation, by their ids."""

PAIN_TERMS = ("heel_pain", "fascia_pain")


def require_casadi() -> None:
    """Raise `SetupError` that says how to install the solver where it is missing."""
    from importlib.util import find_spec

    if find_spec("casadi") is None:
        raise SetupError(
            "groundup simulate needs the solver CasADi, which is not installed. "
            "Install it with: pip install 'groundup[simulate]'"
        )


@dataclass(frozen=True, eq=False)
class Solved:
    """A case that was solved: its body, its walk, and what it says."""

    case: Case
    changed: ChangedBody
    walk: Walk

    @cached_property
    def analysis(self) -> Analysis:
        """Everything of the walk that a recording's analysis has."""
        return analysis_of(self.walk, self.changed.prepared)

    def study(self, request: SimulationRequest) -> Study:
        """Tell the walk as a study, with the request in its provenance."""
        origin = provenance(request.command, {"case": self.case.label, "request": to_json(request)}, {})
        return study_from(self.analysis, f"Predicted walk: {self.case.label}", origin)


@dataclass(eq=False)
class _Simulation:
    """What is asked for, and what has been solved so far."""

    request: SimulationRequest
    body: Body
    own: OwnCycle | None
    store: WalkStore
    solver: Solver
    tell: Progress
    attempts: dict[Place, Attempt] = field(default_factory=dict)
    jobs: dict[Place, WalkJob] = field(default_factory=dict)


def simulate(
    request: SimulationRequest,
    progress: Progress,
    keep: Path | None = None,
    *,
    solver: Solver = solve,
    own_walk: OwnWalk | None = None,
    model: Body | None = None,
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

    Raises
    ------
    GroundupError
        The body cannot walk, or the pain law has not been calibrated.

    Notes
    -----
    Healthy first, then untreated, then all that is treated at once: each starts from the one before. Variations of a
    walk start from the walk itself. A walk that cannot be solved is told as that, with what the solver said, and what
    rests on it is left out.
    """
    _check_body(request, own_walk, model)
    body = own_walk.body if own_walk is not None else model or default_body()
    s = _Simulation(request, body, None, WalkStore(keep), solver, progress)
    if own_walk is not None:
        from groundup.predict.own_gait import own_cycle

        s.own = own_cycle(_job(s, request.cases[0], NOMINAL).changed.prepared.reduction, own_walk)
    for wave in _waves(request):
        _solve_wave(s, wave)
    return _answer(s)


def _check_body(request: SimulationRequest, own_walk: OwnWalk | None, model: Body | None) -> None:
    if (request.model is None) != (model is None):
        raise SetupError("a request that names a model needs the body in it, and no other does.")
    if (request.from_study is None) != (own_walk is None):
        raise SetupError("a request that names a study needs the walk in it, and no other does.")


# --- what is solved, in which order ---------------------------------------------------------------------------------


def _variations(request: SimulationRequest) -> tuple[Variation, ...]:
    return variations() if request.uncertainty else ()


def _waves(request: SimulationRequest) -> Iterator[list[tuple[Case, Variation]]]:
    """Cases with variations that can be solved at once, since what they start from is solved before."""
    by_id = {c.id: c for c in request.cases}
    levels = [[by_id[HEALTHY]], [by_id[UNTREATED]] if UNTREATED in by_id else [], _treated(request)]
    varied = _variations(request)
    for number in range(len(levels) + 1):
        wave = [(case, NOMINAL) for case in (levels[number] if number < len(levels) else [])]
        wave += [(case, v) for case in (levels[number - 1] if number else []) for v in varied]
        if wave:
            yield wave


def _treated(request: SimulationRequest) -> list[Case]:
    return [c for c in request.cases if c.id not in (HEALTHY, UNTREATED)]


def _solve_wave(s: _Simulation, wave: Sequence[tuple[Case, Variation]]) -> None:
    """Solve what is not kept from before; the same question is solved once."""
    asked: dict[str, list[Place]] = {}
    jobs: dict[str, WalkJob] = {}
    for case, variation in wave:
        place = (case.id, variation.id)
        why = _cannot(s, case, variation)
        if why is not None:
            s.attempts[place] = why
            continue
        job = s.jobs[place] = _job(s, case, variation)
        asked.setdefault(job.key, []).append(place)
        kept = s.store.solved(job.key)
        if kept is not None:
            s.attempts[place] = Attempt("solved", kept.message, kept)
        else:
            begun = s.store.begun(job.key)
            jobs[job.key] = job if begun is None else replace(job, start=begun)
    if not jobs:
        return
    s.tell(
        f"{len(jobs)} of {len(wave)} walks to solve: {', '.join(j.label for j in list(jobs.values())[:3])}"
        f"{' …' if len(jobs) > 3 else ''}"
    )
    for done, (job, attempt) in enumerate(solve_all(list(jobs.values()), s.solver, s.request.processes, s.tell), 1):
        if attempt.walk is not None:
            s.store.keep(job.key, attempt.walk)
        for place in asked[job.key]:
            s.attempts[place] = attempt
        s.tell(f"{job.label}: {attempt.message} ({done} of {len(jobs)})")


def _cannot(s: _Simulation, case: Case, variation: Variation) -> Attempt | None:
    """Why a walk cannot be begun: someone stopped, or what it starts from was not solved."""
    if any(a.status == "stopped" for a in s.attempts.values()):
        return Attempt("stopped", f"{STOPPED} before it began")
    needed = [] if case.id == HEALTHY else [(HEALTHY, variation.id)]
    needed += [] if variation is NOMINAL else [(case.id, NOMINAL.id)]
    missing = next((p for p in needed if p in s.attempts and s.attempts[p].walk is None), None)
    missing = missing or next((p for p in needed if p in s.attempts and s.attempts[p].status != "solved"), None)
    return None if missing is None else Attempt("failed", f"not begun: the walk “{_words(s, missing)}” was not solved")


def _words(s: _Simulation, place: Place) -> str:
    return s.jobs[place].label if place in s.jobs else place[0]


def _job(s: _Simulation, case: Case, variation: Variation) -> WalkJob:
    request, healthy = s.request, s.attempts.get((HEALTHY, variation.id))
    zero = {t.name: 0.0 for t in terms()}
    weights = zero | {t.name: t.weight for t in request.terms}
    if not case.painful:
        weights |= dict.fromkeys(PAIN_TERMS, 0.0)
    return WalkJob(
        id=case.id if variation is NOMINAL else f"{case.id}~{variation.id}",
        label=case.label if variation is NOMINAL else f"{case.label}, {variation.label}",
        body=s.body,
        effects=case.effects,
        speed_m_per_s=request.speed_m_per_s,
        weights=variation.varied(weights),
        intervals=request.intervals,
        pains=_pains(s, case, variation),
        law=pain_law(variation.law) if case.painful else None,
        own=s.own,
        strength=variation.strength,
        usual_cycle_s=None if healthy is None or healthy.walk is None else healthy.walk.cycle_s,
        start=_start(s, case, variation),
        halves=case.id == HEALTHY and variation is NOMINAL and s.own is None,
        fits=s.store.folder,
        terms_file=request.terms_file,
    )


def _pains(s: _Simulation, case: Case, variation: Variation) -> dict[Side, FeltPain]:
    if not case.painful:
        return {}
    place = (HEALTHY, variation.id)
    walk = s.attempts[place].walk
    assert walk is not None
    largest: dict[Side, Reference] = painless(walk, s.jobs[place].changed)
    return {
        one.side: FeltPain(case.felt_pain(one.side), one.fascia_weight, largest[one.side])
        for one in heel_pains(case.conditions)
    }


def _start(s: _Simulation, case: Case, variation: Variation) -> Walk | None:
    """The nearest walk that is solved; None for the first one of a person's own."""
    near = [(case.id, NOMINAL.id)] if variation is not NOMINAL else []
    near += [(s.request.reference_id, NOMINAL.id)] if case.treatments else []
    near += [(HEALTHY, NOMINAL.id)]
    solved = (s.attempts[p].walk for p in near if p in s.attempts and s.attempts[p].status == "solved")
    first = next((w for w in solved if w is not None), None)
    # A person's own walk is nearer to what they are asked for than groundup's.
    return healthy_walk() if first is None and s.own is None else first


# --- what it says ---------------------------------------------------------------------------------------------------


def _answer(s: _Simulation) -> SimulationAnswer:
    request = s.request
    solved = {place: one for place, one in ((p, _solved(s, p)) for p in s.attempts) if one is not None}
    studies: dict[Place, Study] = {}
    for place, one in solved.items():
        s.tell(f"{s.jobs[place].label}: loads")
        studies[place] = one.study(request)
    told = {place: all_readings(one.walk, one.changed, studies[place], one.analysis) for place, one in solved.items()}
    results = tuple(_result(s, case, studies, solved) for case in request.cases)
    comparisons = tuple(_comparisons(s, solved, studies, told))
    return SimulationAnswer(request, results, comparisons, back_sentences(request, comparisons))


def _solved(s: _Simulation, place: Place) -> Solved | None:
    attempt = s.attempts[place]
    if attempt.status != "solved" or attempt.walk is None:
        return None
    case = next(c for c in s.request.cases if c.id == place[0])
    return Solved(case, s.jobs[place].changed, attempt.walk)


def _result(s: _Simulation, case: Case, studies: Mapping[Place, Study], solved: Mapping[Place, Solved]) -> CaseResult:
    place = (case.id, NOMINAL.id)
    attempt = s.attempts[place]
    walk = attempt.walk
    checks = {} if walk is None else {k: float(v) for k, v in walk.stats.items()}
    if place in solved:
        checks["pelvis_residual_n"] = _pelvis_residual_n(solved[place].analysis)
    return CaseResult(
        case,
        studies.get(place),
        attempt.status,
        attempt.message,
        checks=checks,
        terms={} if walk is None else dict(walk.terms),
    )


def _pelvis_residual_n(a: Analysis) -> float:
    """Largest force that the full body needs at the pelvis beside the ground's, N."""
    assert a.moments is not None
    root = [a.skeleton.coordinate_index[f"pelvis_t{axis}"] for axis in "xyz"]
    return float(np.linalg.norm(a.moments[:, root], axis=1).max())


def _comparisons(
    s: _Simulation,
    solved: Mapping[Place, Solved],
    studies: Mapping[Place, Study],
    told: Mapping[Place, Readings],
) -> Iterator[Comparison]:
    """Untreated with healthy, treated with untreated; of walks that were solved."""
    for case in s.request.cases:
        before = HEALTHY if not case.treatments else s.request.reference_id
        pair = [(name, NOMINAL.id) for name in (before, case.id)]
        if case.id == HEALTHY or not all(p in solved for p in pair):
            continue
        first, second = (solved[p] for p in pair)
        units = UNITS | {m.id: m.unit for m in studies[pair[1]].measures}
        moved: dict[str, list[tuple[Readings, Readings]]] = {}
        unsolved = []
        for v in _variations(s.request):
            places = ((before, v.id), (case.id, v.id))
            if all(p in told for p in places):
                moved.setdefault(v.cause, []).append((told[places[0]], told[places[1]]))
            else:
                unsolved.append(v.label)
        s.tell(f"{case.label}: from heel to back")
        shares, notes = _attributed(first, second)
        notes += [f"Interval without “{label}”: not solved." for label in unsolved]
        yield Comparison(
            first.case.label,
            case.label,
            changes(told[pair[0]], told[pair[1]], units, moved),
            shares,
            before_id=before,
            after_id=case.id,
            notes=tuple(notes),
        )


def _attributed(before: Solved, after: Solved) -> tuple[tuple[Attribution, ...], list[str]]:
    """Split the change of the low back's peak among the links; a predicted walk leaves no residual to place."""
    try:
        first, second = (walk_condition(one.analysis, one.case.label) for one in (before, after))
        body = before.changed.prepared.reduction.full
        return (attribute(first, second, lumbar_compression(body), Sharing(from_below=True)),), []
    except GroundupError as error:
        return (), [f"Not split among links: {error}"]
