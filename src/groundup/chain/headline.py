"""The main numbers, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from groundup.chain.gait import BOTH, gait_cycles, speed, vertical_force
from groundup.chain.lumbar import LumbarLoad
from groundup.chain.names import SINGLE_LEVEL, chain_joint, side_of
from groundup.chain.peaks import peak
from groundup.chain.series import reaction_table
from groundup.loads.analysis import Analysis
from groundup.motion.events import CONTACT_N
from groundup.study import NAN, Cycle, Headline, Side


def headlines(
    a: Analysis, low_back: Sequence[LumbarLoad] = (), cycles: Sequence[Cycle] | None = None
) -> tuple[Headline, ...]:
    """Main numbers from the back down to the ground; NaN with a reason where one was not computed.

    ``cycles`` are those of the analysis where they are known already.
    """
    cycles = gait_cycles(a) if cycles is None else cycles
    return (*_lumbar(a, cycles, low_back), *_contacts(a, cycles), *_push_off(a, cycles), *_ground(a, cycles), _speed(a))


def _lumbar(a: Analysis, cycles: Sequence[Cycle], low_back: Sequence[LumbarLoad]) -> Iterator[Headline]:
    if not low_back:
        reason = a.reasons.get("lumbar", "no muscle forces")
        yield Headline("lumbar_peak", "Peak low-back compression", NAN, "BW", "none", reason)
        return
    lowest = low_back[0]
    place = f" ({lowest.level})" if lowest.level != SINGLE_LEVEL else ""
    value, detail = peak(lowest.compression / a.body_weight_n, a.motion.time_s, cycles)
    yield Headline("lumbar_peak", f"Peak low-back compression{place}", value, "BW", "none", detail)


def _contacts(a: Analysis, cycles: Sequence[Cycle]) -> Iterator[Headline]:
    reason = a.reasons.get("joint_load", "the body has no such joint")
    for role in ("hip", "knee", "ankle"):
        for side in BOTH:
            joint = _joint(a, role, side)
            value, detail = NAN, reason
            if joint is not None and a.loads is not None:
                size = np.linalg.norm(reaction_table(a, joint)[:, :3], axis=1)
                value, detail = peak(size / a.body_weight_n, a.motion.time_s, cycles, side)
            yield Headline(f"{role}_contact_peak", f"Peak {role} contact force", value, "BW", side, detail)


def _joint(a: Analysis, role: str, side: Side) -> int | None:
    fits = (j for j, one in enumerate(a.body.joints) if chain_joint(one.name) == role and side_of(one.name) == side)
    return next(fits, None)


def _push_off(a: Analysis, cycles: Sequence[Cycle]) -> Iterator[Headline]:
    reason = a.reasons.get("moment", "the body has no ankle coordinate")
    for side in BOTH:
        columns = [
            i for i, c in enumerate(a.body.coordinates) if c.name.startswith("ankle_angle") and side_of(c.name) == side
        ]
        value, detail = NAN, reason
        if columns and a.moments is not None:
            value, of_what = peak(-a.moments[:, columns[0]] / a.body.mass, a.motion.time_s, cycles, side)
            detail = f"plantarflexion, internal, {of_what}"
        yield Headline("ankle_moment_peak", "Peak ankle push-off moment", value, "N·m/kg", side, detail)


def _ground(a: Analysis, cycles: Sequence[Cycle]) -> Iterator[Headline]:
    for side in BOTH:
        force = vertical_force(a, side)
        value, detail = NAN, a.reasons.get("ground_force", "no plate belongs to this foot")
        if force is not None and a.forces is not None:
            clock = a.forces.time_s
            # A cycle whose step missed the plates shows no force, which is not the force of that step.
            seen = [c for c in cycles if (force[(clock >= c.start_s) & (clock <= c.end_s)] > CONTACT_N).any()]
            value, detail = peak(force / a.body_weight_n, clock, seen, side)
        yield Headline("ground_force_peak", "Peak ground force, vertical", value, "BW", side, detail)


def _speed(a: Analysis) -> Headline:
    detail = "mean horizontal speed of the pelvis over the ground or the treadmill's belt"
    return Headline("speed", "Walking speed", speed(a), "m/s", "none", detail)
