"""Events and cycles of both feet, from plates where there are any and from the motion elsewhere."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.names import is_foot, side_of
from groundup.loads.analysis import Analysis
from groundup.motion.events import Contact, contacts_from_force, cycles, offs_from_motion, strikes_from_motion
from groundup.study import Cycle, Side

BOTH: tuple[Side, ...] = ("right", "left")


def gait_cycles(a: Analysis) -> tuple[Cycle, ...]:
    """Cycles of both feet in order of side and time."""
    found = []
    for side in BOTH:
        feet = [s for s in a.skeleton.segments if is_foot(s) and side_of(s) == side]
        if not feet or len(a.motion.time_s) < 10:
            continue
        heel = next((s for s in feet if "calc" in s.lower()), feet[0])
        toe = next((s for s in feet if "toe" in s.lower()), heel)
        pelvis, clock = a.segment_origin(a.pelvis), a.motion.time_s
        strikes = strikes_from_motion(clock, a.segment_origin(heel), pelvis)
        offs = offs_from_motion(clock, a.segment_origin(toe), pelvis)
        for c in cycles(_contacts(a, side), strikes, offs):
            off = 100 * (c.off_s - c.start_s) / (c.end_s - c.start_s)
            found.append(Cycle(side, c.start_s, c.end_s, c.source, off))
    return tuple(found)


def vertical_force(a: Analysis, side: Side) -> Floats | None:
    """Vertical ground force under one foot on the plates' clock, N; None where no plate belongs to it."""
    if a.forces is None:
        return None
    under = [w.force_n[:, 1] for w in a.forces.wrenches if side_of(w.segment or w.name) == side]
    return np.sum(under, axis=0) if under else None


def _contacts(a: Analysis, side: Side) -> tuple[Contact, ...]:
    force = vertical_force(a, side)
    return () if force is None or a.forces is None else contacts_from_force(a.forces.time_s, force)
