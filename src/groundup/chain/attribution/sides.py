"""Why the left step loads otherwise than the right one: the main loads of one recording, split among the links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np

from groundup.chain.attribution.attribute import attribute
from groundup.chain.attribution.between import Sharing
from groundup.chain.attribution.condition import Condition, CycleSide, condition_from, mirrored
from groundup.chain.attribution.interest import LoadOfInterest, joint_contact, lumbar_compression
from groundup.chain.attribution.sensitivity import sensitivities
from groundup.chain.gait import NO_CYCLE, gait_cycles
from groundup.errors import GroundupError, ModelError, RecordingError
from groundup.loads.analysis import Analysis
from groundup.study import Attribution, Cycle, Link, Missing, Sensitivity, Study

JOINTS = ("hip", "knee")
STANCE_PERCENT = 65.0
"""End of the stance where it is not known; a little late."""

LEAST_KNOWN = 0.8
"""Part of the cycle (low back) or of the stance (joints of the leg) with known forces in both steps."""


@dataclass(frozen=True, eq=False)
class Steps:
    """The right cycle, the left one mirrored, and the end of the later stance, %."""

    right: Condition
    left: Condition
    stance_percent: float

    @property
    def known(self) -> np.ndarray:
        """Points of the cycle whose ground forces are known in both."""
        return np.asarray(self.right.known & self.left.known)


def with_sides(study: Study, a: Analysis, sharing: Sharing | None = None) -> Study:
    """Add to a study why the sides differ and how the same loads answer to small changes; or why that is not told.

    Parameters
    ----------
    study : of the analysis ``a``
    sharing : how muscles share the load; as the analysis did it
    """
    try:
        steps = steps_of(a)
    except GroundupError as error:
        return replace(study, missing=(*study.missing, Missing("attribution", str(error))))
    wanted = list(_loads(a))
    reasons = [why for _, load in wanted if (why := _too_little(steps, load))]
    wanted = [(link, load) for link, load in wanted if not _too_little(steps, load)]
    told: list[tuple[Attribution, tuple[Sensitivity, ...]]] = []
    for (link, load), found in zip(wanted, _each(steps, [load for _, load in wanted], sharing), strict=True):
        if isinstance(found, str):
            reasons.append(f"{load.label}, left against right: {found}")
        else:
            told.append((_noted(found[0], link, study.chain), found[1]))
    told.sort(key=lambda pair: -abs(pair[0].change))
    return replace(
        study,
        attributions=tuple(one for one, _ in told),
        sensitivities=tuple(s for _, own in told for s in own),
        missing=(*study.missing, *(Missing("attribution", why) for why in dict.fromkeys(reasons))),
    )


def _too_little(steps: Steps, load: LoadOfInterest) -> str:
    """Why two steps cannot be compared; empty where they can."""
    counted = steps.right.percent <= (steps.stance_percent if load.kind == "contact" else 100.0)
    known = float(steps.known[counted].mean())
    if known >= LEAST_KNOWN:
        return ""
    part = "stance" if load.kind == "contact" else "cycle"
    return (
        f"{load.label}, left against right: ground forces are known in both steps for {100 * known:.0f} % of the "
        f"{part}, expected {100 * LEAST_KNOWN:.0f} %; record steps that hit the plates"
    )


Answer = Attribution | tuple[Sensitivity, ...] | str


def _each(
    steps: Steps, loads: Sequence[LoadOfInterest], sharing: Sharing | None
) -> Iterator[tuple[Attribution, tuple[Sensitivity, ...]] | str]:
    """Attribution and sensitivities of each load, or why there are none, on all cores."""
    from groundup.chain.uncertainty.workers import on_all_cores

    def shares(load: LoadOfInterest) -> Answer:
        return attribute(steps.right, steps.left, load, sharing)

    def answers(load: LoadOfInterest) -> Answer:
        return sensitivities(steps.right, load, sharing)

    # The longer ones first, so that all cores end at about the same time.
    tasks = [partial(_safely, work, load) for work in (shares, answers) for load in loads]
    # Copies of the process have the tasks; only their numbers are sent.
    done = list(on_all_cores(lambda k: tasks[k](), range(len(tasks)), fewest=2))
    for found, own in zip(done[: len(loads)], done[len(loads) :], strict=True):
        if isinstance(found, Attribution) and isinstance(own, tuple):
            yield found, own
        else:
            yield str(found if isinstance(found, str) else own)


def _safely(work: Callable[[LoadOfInterest], Answer], load: LoadOfInterest) -> Answer:
    try:
        return work(load)
    except GroundupError as error:
        return str(error)


def steps_of(a: Analysis) -> Steps:
    """The right and the left cycle that have most known points in common.

    Raises
    ------
    RecordingError
        A foot has no complete cycle, no loads are known, or none that both have in common.
    """
    if a.loads is None or a.forces is None:
        raise RecordingError(a.reasons.get("joint_load", "no joint loads are known"))
    if a.ground.estimate is not None:
        raise RecordingError(
            "the ground forces are estimated from the motion and shared between the feet by an assumption; left and "
            "right can be told apart with force plates only"
        )
    right, left = _cut(a, "right"), _cut(a, "left")
    pairs = [Steps(r, mirrored(x), max(_stance(cr), _stance(cx))) for (cr, r), (cx, x) in product(right, left)]
    return max(pairs, key=lambda pair: int(pair.known.sum()))


def _cut(a: Analysis, side: CycleSide) -> list[tuple[Cycle, Condition]]:
    """Complete cycles of a side with some known forces."""
    cycles = [c for c in gait_cycles(a) if c.side == side and c.source != NO_CYCLE]
    if not cycles:
        raise RecordingError(f"no complete gait cycle of the {side} foot, expected one of each foot")
    found, why = [], ""
    for cycle in cycles:
        try:
            found.append((cycle, condition_from(a, side, cycle)))
        except RecordingError as error:
            why = str(error)
    if not found:
        raise RecordingError(why)
    return found


def _stance(cycle: Cycle) -> float:
    return cycle.foot_off_percent if np.isfinite(cycle.foot_off_percent) else STANCE_PERCENT


def _loads(a: Analysis) -> Iterator[tuple[str, LoadOfInterest]]:
    """Link of the chain and load on the right side, of those that the body has and that were computed."""
    if "lumbar" not in a.reasons:
        with suppress(ModelError):
            yield "low_back", lumbar_compression(a.body)
    for role in JOINTS:
        with suppress(ModelError):
            yield role, joint_contact(a.body, role, "right", label=f"{role.capitalize()} contact")


def _noted(found: Attribution, link: str, chain: Sequence[Link]) -> Attribution:
    """With a word on differences that are too small to be told."""
    own = next((one for one in chain if one.id == link and one.side in ("right", "none")), None)
    if own is None or not np.isfinite(own.detectable_bw) or abs(found.change) > own.detectable_bw:
        return found
    note = f"Left and right differ by less than can be told ({own.detectable_bw:.2f} BW): read the shares with care."
    return replace(found, notes=(note, *found.notes))
