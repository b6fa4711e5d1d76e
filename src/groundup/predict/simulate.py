"""From a request to an answer: every walk solved, told as a study, compared with the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.body.default_body import default_body
from groundup.body.model import Body
from groundup.chain.attribution import Sharing, attribute, condition_from, lumbar_compression
from groundup.errors import SetupError
from groundup.predict.answer import CaseResult, Comparison, Readings, SimulationAnswer, back_sentence, changes
from groundup.predict.body import walk_guess
from groundup.predict.changed_body import ChangedBody, change
from groundup.predict.effects import Side
from groundup.predict.gait.baseline import SPEED_M_PER_S, healthy_walk, painless, solve_healthy
from groundup.predict.gait.walk import VERSION, Walk, load_walk, save_walk
from groundup.predict.outcome import analysis_of, study_of
from groundup.predict.pain import pain_law
from groundup.predict.readings import UNITS, all_readings
from groundup.predict.request import HEALTHY, USUAL_INTERVALS, Case, SimulationRequest, to_json
from groundup.provenance import provenance
from groundup.study import Attribution, Study

if TYPE_CHECKING:
    from groundup.predict.gait.equations import Pain
    from groundup.solvers.collocation.solve import Progress as Iteration

Progress = Callable[[str], None]


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
    study: Study | None

    @property
    def readings(self) -> Readings:
        """Values by measure and side; none of a walk that was not solved."""
        return {} if self.study is None else all_readings(self.walk, self.changed, self.study)


def simulate(request: SimulationRequest, progress: Progress, keep: Path | None = None) -> SimulationAnswer:
    """Solve every walk of a request and compare them.

    Parameters
    ----------
    request : SimulationRequest
    progress : called with what begins, and with the solver's iterations
    keep : folder in which solved walks are kept; what is there is not solved again

    Raises
    ------
    GroundupError
        The body cannot walk, or the pain law has not been calibrated.
    """
    body = _body(request)
    solved: dict[str, Solved] = {}
    for case in request.cases:
        solved[case.id] = _solved(request, case, body, solved, progress, keep)
        if case.id == HEALTHY and not solved[case.id].walk.solved:
            break
    told = [solved[c.id] for c in request.cases if c.id in solved]
    comparisons = tuple(_compared(solved[before], after, progress) for before, after in _pairs(request, told))
    treated = [c for c in comparisons if c.after not in (solved[HEALTHY].case.label,) and c is not comparisons[0]]
    return SimulationAnswer(
        request=request,
        results=tuple(_result(one) for one in told),
        comparisons=comparisons,
        back=" ".join(back_sentence(c) for c in treated),
    )


def _body(request: SimulationRequest) -> Body:
    if request.from_study is not None or request.model is not None:
        raise SetupError(
            "--from and --model: walks of another body cannot be predicted yet. Leave the option out for groundup's "
            "own body."
        )
    return default_body()


def _solved(
    request: SimulationRequest,
    case: Case,
    body: Body,
    before: Mapping[str, Solved],
    progress: Progress,
    keep: Path | None,
) -> Solved:
    changed = change(body, case.effects, keep)
    file = None if keep is None else keep / f"walk-{_key(request, case)}.npz"
    if file is not None and file.exists():
        progress(f"{case.label}: kept from before")
        walk = load_walk(file)
    else:
        progress(f"{case.label}: solving")
        walk = _walk(request, case, changed, before, progress)
        if walk.solved and file is not None:
            save_walk(walk, file)
    if not walk.solved:
        return Solved(case, changed, walk, None)
    progress(f"{case.label}: loads")
    origin = provenance(request.command, {"case": case.label, "request": to_json(request)}, {})
    return Solved(case, changed, walk, study_of(walk, changed.prepared, f"Predicted walk: {case.label}", origin))


def _walk(
    request: SimulationRequest,
    case: Case,
    changed: ChangedBody,
    before: Mapping[str, Solved],
    progress: Progress,
) -> Walk:
    from groundup.predict.gait.problem import WalkTask
    from groundup.predict.gait.solve import WalkOptions, solve_walk

    def tell(stage: str, at: Iteration) -> None:
        if at.iteration % 10 == 0:
            progress(
                f"{case.label}: iteration {at.iteration}, objective {at.objective:.4g}, infeasibility "
                f"{at.infeasibility:.1e}, about {at.left_s:.0f} s left"
            )

    options = replace(WalkOptions(), intervals=request.intervals)
    if case.id == HEALTHY:
        if _is_stored(request):
            return healthy_walk()
        return solve_healthy(
            changed.prepared.reduction.full, request.speed_m_per_s or SPEED_M_PER_S, options, tell=tell
        )
    p = changed.prepared
    speed = changed.speed_m_per_s or request.speed_m_per_s
    reference = walk_guess(p.reduction, p.soles, speed or SPEED_M_PER_S)
    start = before.get(request.reference_id, before[HEALTHY]) if case.treatments else before[HEALTHY]
    start = start if start.walk.solved else before[HEALTHY]
    cycle = None if changed.cadence_factor == 1.0 else before[HEALTHY].walk.cycle_s / changed.cadence_factor
    task = WalkTask(
        changed,
        request.terms,
        speed,
        reference,
        pains=_pains(case, before[HEALTHY]),
        law=pain_law() if case.painful else None,
        cycle_s=cycle,
    )
    return solve_walk(task, options, start.walk, tell)


def _pains(case: Case, healthy: Solved) -> dict[Side, Pain]:
    from groundup.predict.condition import heel_pains
    from groundup.predict.gait.equations import Pain

    largest = painless(healthy.walk, healthy.changed)
    return {
        one.side: Pain(case.felt_pain(one.side), one.fascia_weight, largest[one.side])
        for one in heel_pains(case.conditions)
    }


def _is_stored(request: SimulationRequest) -> bool:
    """Whether the healthy walk of this request is the one that comes with groundup."""
    usual = request.speed_m_per_s == SPEED_M_PER_S and request.intervals == USUAL_INTERVALS
    return usual and not request.weights


def _key(request: SimulationRequest, case: Case) -> str:
    """Hash of everything that a case's walk depends on."""
    asked = {
        "version": VERSION,
        "case": [c.text() for c in (*case.conditions, *case.treatments)],
        "speed": request.speed_m_per_s,
        "intervals": request.intervals,
        "terms": [(t.name, t.weight) for t in request.terms],
        "gain": pain_law().gain if case.painful else None,
    }
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:20]


def _pairs(request: SimulationRequest, told: list[Solved]) -> list[tuple[str, Solved]]:
    """Each case with the id of the one it is compared with: the untreated with the healthy, the treated with these."""
    return [
        (HEALTHY if not one.case.treatments else request.reference_id, one) for one in told if one.case.id != HEALTHY
    ]


def _compared(before: Solved, after: Solved, progress: Progress) -> Comparison:
    units = UNITS | ({m.id: m.unit for m in after.study.measures} if after.study else {})
    shares: tuple[Attribution, ...] = ()
    if before.study is not None and after.study is not None:
        progress(f"{after.case.label}: from heel to back")
        shares = (_attributed(before, after),)
    return Comparison(before.case.label, after.case.label, changes(before.readings, after.readings, units), shares)


def _attributed(before: Solved, after: Solved) -> Attribution:
    """Split the change of the low back's peak among the links; a predicted walk leaves no residual to place."""
    first, second = (
        condition_from(analysis_of(one.walk, one.changed.prepared), "right", label=one.case.label)
        for one in (before, after)
    )
    body = before.changed.prepared.reduction.full
    return attribute(first, second, lumbar_compression(body), Sharing(from_below=True))


def _result(one: Solved) -> CaseResult:
    if one.walk.solved:
        return CaseResult(one.case, one.study, "solved", one.walk.message)
    stopped = one.walk.message.startswith("stopped by the user")
    return CaseResult(one.case, None, "stopped" if stopped else "failed", one.walk.message)
