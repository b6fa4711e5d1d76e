"""The forces under the feet, measured or estimated, and the frames for which all of them are known."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.recording import ExternalForces, PlateGeometry
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.loads.ground_estimate import GroundEstimate, estimate_ground_forces
from groundup.loads.muscle_forces import MuscleLoads
from groundup.loads.plates import PlateContacts, contacts_on_plates
from groundup.motion.foot_contacts import foot_contacts
from groundup.motion.recording_window import FEWEST_FRAMES, clip_to_motion
from groundup.motion.trajectory import Motion
from groundup.solvers.solution import Status


@dataclass(frozen=True, eq=False)
class Ground:
    """What the ground does to the body.

    Attributes
    ----------
    forces : on segments; None where nothing is known
    known : bool array, shape (F,)
        Frames in which every force on the body is known.
    contacts : what was found on the plates; None without plates
    estimate : where the motion had to tell the forces; None where plates did
    """

    forces: ExternalForces | None
    known: np.ndarray
    contacts: PlateContacts | None = None
    estimate: GroundEstimate | None = None

    @property
    def span(self) -> slice:
        """Frames from the first to the last that is known."""
        frames = np.flatnonzero(self.known)
        return slice(int(frames[0]), int(frames[-1]) + 1) if len(frames) else slice(0, 0)


def measured_ground(
    skeleton: Skeleton,
    motion: Motion,
    at: Poses,
    forces: ExternalForces,
    plates: tuple[PlateGeometry, ...] = (),
    *,
    covered_only: bool = False,
) -> Ground:
    """Give each plate's force to the foot on it.

    Parameters
    ----------
    covered_only : bool
        Call only those frames known in which every foot on the ground stands cleanly on a plate.
    """
    contacts = contacts_on_plates(skeleton, at, motion.time_s, clip_to_motion(forces, motion.time_s), plates)
    known = contacts.covered if covered_only else np.ones(len(motion.time_s), dtype=bool)
    return Ground(contacts.forces, known, contacts)


def estimated_ground(body: Body, skeleton: Skeleton, motion: Motion, at: Poses) -> Ground:
    """Estimate the forces under both feet from the motion."""
    found = estimate_ground_forces(body, skeleton, motion, at, foot_contacts(skeleton, at, motion.time_s))
    return Ground(found.forces, np.ones(len(motion.time_s), dtype=bool), estimate=found)


def without_ends(ground: Ground, time_s: Floats, cutoff_hz: float) -> Ground:
    """Call the ends of a recording unknown: a filter has frames on one side only there, for half of its period."""
    end_s = 0.5 / cutoff_hz
    inside = (time_s >= time_s[0] + end_s) & (time_s <= time_s[-1] - end_s)
    return replace(ground, known=ground.known & inside)


def no_ground(motion: Motion) -> Ground:
    """Nothing is known about the ground."""
    return Ground(None, np.zeros(len(motion.time_s), dtype=bool))


def enough(ground: Ground) -> bool:
    """Whether so many frames are known that loads can be computed."""
    return int(ground.known.sum()) >= FEWEST_FRAMES


def part(motion: Motion, frames: slice | np.ndarray) -> Motion:
    """Some frames of a motion."""
    return Motion(motion.time_s[frames], motion.q[frames], motion.speed[frames], motion.acceleration[frames])


def spread(values: Floats, ground: Ground) -> Floats:
    """Put values computed for the span of known frames on all frames; NaN in frames that are not known."""
    whole = np.full((len(ground.known), *values.shape[1:]), np.nan)
    whole[ground.span] = values
    whole[~ground.known] = np.nan
    return whole


def spread_loads(loads: MuscleLoads, ground: Ground) -> MuscleLoads:
    """Spread every array of the loads; frames that are not known have the status ``NO_DATA``."""
    if ground.known.all():
        return loads
    status = np.full(len(ground.known), int(Status.NO_DATA))
    status[ground.span] = loads.status
    status[~ground.known] = int(Status.NO_DATA)
    arrays: dict[str, Any] = {
        f.name: spread(value, ground)
        for f in fields(loads)
        if isinstance(value := getattr(loads, f.name), np.ndarray) and f.name != "status"
    }
    return replace(loads, **arrays, status=status)
