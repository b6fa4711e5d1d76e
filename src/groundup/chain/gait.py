"""Events and cycles of both feet, from plates where there are any and from the motion elsewhere."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.names import is_foot, side_of
from groundup.loads.analysis import Analysis
from groundup.motion.events import (
    Contact,
    ahead,
    contacts_from_force,
    cycles,
    facing_from_feet,
    offs_from_motion,
    strikes_from_motion,
    walking_speed,
)
from groundup.study import NAN, Cycle, Side

BOTH: tuple[Side, ...] = ("right", "left")
_SLACK_S = 1e-6
NO_CYCLE = "whole recording, which holds no complete cycle of this foot"


def gait_cycles(a: Analysis) -> tuple[Cycle, ...]:
    """Cycles of both feet in order of side and time."""
    feet = _feet(a)
    if feet is None or len(a.motion.time_s) < 10:
        return ()
    pelvis, clock, facing = a.segment_origin(a.pelvis), a.motion.time_s, _facing(a, feet)
    found = []
    for side, (heel, toe) in feet.items():
        strikes = strikes_from_motion(clock, ahead(a.segment_origin(heel), pelvis, facing))
        offs = offs_from_motion(clock, ahead(a.segment_origin(toe), pelvis, facing))
        for c in cycles(_contacts(a, side), strikes, offs):
            if c.start_s < clock[0] - _SLACK_S or c.end_s > clock[-1] + _SLACK_S:
                continue  # plates may have been on for longer than the analysed part
            off = 100 * (c.off_s - c.start_s) / (c.end_s - c.start_s)
            found.append(Cycle(side, c.start_s, c.end_s, c.source, off))
        if not any(c.side == side for c in found):
            found.append(Cycle(side, float(clock[0]), float(clock[-1]), NO_CYCLE))
    return tuple(found)


def speed(a: Analysis) -> float:
    """Walking speed, m/s; NaN for a body without feet."""
    feet = _feet(a)
    if feet is None:
        return NAN
    heels = np.array([a.segment_origin(heel) for heel, _ in feet.values()])
    return walking_speed(a.motion.time_s, a.segment_origin(a.pelvis), heels, _facing(a, feet))


def _feet(a: Analysis) -> dict[Side, tuple[str, str]] | None:
    """Heel and toe segment of each side; None where one is missing."""
    found: dict[Side, tuple[str, str]] = {}
    for side in BOTH:
        own = [s for s in a.skeleton.segments if is_foot(s) and side_of(s) == side]
        heel = next((s for s in own if "toe" not in s.lower()), None)
        toe = next((s for s in own if "toe" in s.lower()), None)
        if heel is None or toe is None:
            return None
        found[side] = heel, toe
    return found


def _facing(a: Analysis, feet: dict[Side, tuple[str, str]]) -> Floats:
    heels, toes = zip(*feet.values(), strict=True)
    return facing_from_feet(
        np.array([a.segment_origin(h) for h in heels]), np.array([a.segment_origin(t) for t in toes])
    )


def vertical_force(a: Analysis, side: Side) -> Floats | None:
    """Vertical ground force under one foot on the plates' clock, N; None where no plate belongs to it."""
    if a.forces is None:
        return None
    under = [w.force_n[:, 1] for w in a.forces.wrenches if side_of(w.segment or w.name) == side]
    return np.sum(under, axis=0) if under else None


def _contacts(a: Analysis, side: Side) -> tuple[Contact, ...]:
    force = vertical_force(a, side)
    return () if force is None or a.forces is None else contacts_from_force(a.forces.time_s, force)
