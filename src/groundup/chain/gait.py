"""Events and cycles of both feet, from plates where there are any and from the motion elsewhere."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import ExternalForces
from groundup.chain.names import side_of
from groundup.loads.analysis import Analysis
from groundup.loads.plates import contacts_of_soles
from groundup.motion.events import Contact, contacts_from_force, cycles, facing_from_feet, walking_speed
from groundup.motion.foot_contacts import Flags, contacts_of
from groundup.motion.soles import Sole, soles
from groundup.study import NAN, Cycle, Side

BOTH: tuple[Side, ...] = ("right", "left")
_SLACK_S = 1e-6
FEWEST_FRAMES = 10
NO_CYCLE = "whole recording, which holds no complete cycle of this foot"


def gait_cycles(a: Analysis) -> tuple[Cycle, ...]:
    """Cycles of both feet in order of side and time."""
    feet, clock = soles(a.skeleton, a.at), a.motion.time_s
    if not feet or len(clock) < FEWEST_FRAMES:
        return ()
    covered = _covered(a, feet)
    found = []
    for sole, contact in zip(feet, contacts_of(feet, clock).feet, strict=True):
        own = []
        for c in cycles(_contacts(a, sole.side), contact.strikes_s, contact.offs_s):
            if c.start_s < clock[0] - _SLACK_S or c.end_s > clock[-1] + _SLACK_S:
                continue  # plates may have been on for longer than the analysed part
            off = 100 * (c.off_s - c.start_s) / (c.end_s - c.start_s)
            inside = (clock >= c.start_s) & (clock < c.end_s)
            own.append(Cycle(sole.side, c.start_s, c.end_s, c.source, off, bool(covered[inside].all())))
        found += own or [Cycle(sole.side, float(clock[0]), float(clock[-1]), NO_CYCLE)]
    return tuple(found)


def speed(a: Analysis) -> float:
    """Walking speed, m/s; NaN for a body without two feet."""
    feet = soles(a.skeleton, a.at)
    if len(feet) < len(BOTH):
        return NAN
    heels, balls = np.array([s.heel_m for s in feet]), np.array([s.ball_m for s in feet])
    return walking_speed(a.motion.time_s, a.segment_origin(a.pelvis), heels, facing_from_feet(heels, balls))


def _covered(a: Analysis, feet: tuple[Sole, ...]) -> Flags:
    """Frames in which every foot on the ground has its force measured, and loads were computed from it, (F,)."""
    if a.forces is None or a.moments is None or a.ground.estimate is not None:
        return np.zeros(len(a.motion.time_s), dtype=bool)
    known = contacts_of_soles(feet, a.body_weight_n, a.motion.time_s, _as_recorded(a, a.forces)).covered
    return np.asarray(known & np.isfinite(a.moments).all(axis=1))


def vertical_force(a: Analysis, side: Side) -> Floats | None:
    """Vertical ground force under one foot on the plates' clock, N; None where no plate belongs to it."""
    return None if a.forces is None else _under(a.forces, side)


def _contacts(a: Analysis, side: Side) -> tuple[Contact, ...]:
    """Contacts that plates saw; an estimated force knows no more than the motion it comes from."""
    if a.forces is None or a.ground.estimate is not None:
        return ()
    forces = _as_recorded(a, a.forces)
    force = _under(forces, side)
    return () if force is None else contacts_from_force(forces.time_s, force)


def _as_recorded(a: Analysis, forces: ExternalForces) -> ExternalForces:
    """Accepted forces before they were smoothed like the motion, which would begin each contact too early."""
    return forces if a.ground.contacts is None else a.ground.contacts.forces


def _under(forces: ExternalForces, side: Side) -> Floats | None:
    under = [w.force_n[:, 1] for w in forces.wrenches if side_of(w.segment or w.name) == side]
    return np.sum(under, axis=0) if under else None
