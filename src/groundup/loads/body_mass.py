"""The mass of a person from the force plates: what the ground carries is what the body weighs and accelerates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.engine.dynamics import inertial_wrenches
from groundup.engine.kinematics import Poses, rates
from groundup.engine.skeleton import Skeleton
from groundup.loads.external import in_ground
from groundup.loads.ground import Ground
from groundup.motion.trajectory import Motion

FEWEST_S = 0.2
"""A shorter time on the plates tells the acceleration of the body more than its weight."""


def carried_mass_kg(skeleton: Skeleton, motion: Motion, at: Poses, ground: Ground) -> float | None:
    """Mass that the vertical ground force carries, by least squares over the frames that plates cover.

    Returns
    -------
    float or None
        kg; None where no plates measured the forces, or too few frames are covered.

    Notes
    -----
    The force is the mass times gravity plus the acceleration of the body's mass centre. That acceleration depends on
    how the mass is distributed over the segments, but not on how much there is.
    """
    contacts, forces = ground.contacts, ground.forces
    if contacts is None or forces is None or ground.estimate is not None:
        return None
    covered = contacts.covered
    if covered.sum() * float(np.median(np.diff(motion.time_s))) < FEWEST_S:
        return None
    upward = np.zeros(len(motion.time_s))
    for force in forces.wrenches:
        upward += in_ground(skeleton, at, motion.time_s, forces.time_s, force)[0][:, 1]
    needed = _push_per_kg(skeleton, motion, at)
    return float(upward[covered] @ needed[covered] / (needed[covered] @ needed[covered]))


def with_mass(body: Body, mass_kg: float) -> Body:
    """Give a body another mass; every segment keeps its share."""
    by = mass_kg / body.mass
    return body.with_(segments=tuple(replace(s, mass=s.mass * by, inertia=s.inertia * by) for s in body.segments))


def _push_per_kg(skeleton: Skeleton, motion: Motion, at: Poses) -> Floats:
    """Vertical force that the motion needs per mass, gravity included, (F,) N/kg."""
    moving = rates(skeleton, at, motion.speed, motion.acceleration)
    return np.asarray(inertial_wrenches(skeleton, at, moving)[..., 4].sum(axis=1) / skeleton.mass.sum())
