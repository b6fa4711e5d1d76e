"""Which foot stands on which plate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groundup.body.recording import AppliedForce, ExternalForces
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.errors import RecordingError
from groundup.motion.events import CONTACT_N

HEELS = ("calcn", "calcaneus", "foot")
FARTHEST_M = 0.35
"""No part of a foot is farther than this from its heel bone."""


def assign_plates(skeleton: Skeleton, at: Poses, time_s: np.ndarray, forces: ExternalForces) -> ExternalForces:
    """Give every force without a segment the foot whose heel bone is nearest while the plate is loaded.

    Plates that never carry load within ``time_s`` are left out.

    Raises
    ------
    RecordingError
        A loaded plate has no foot near it, or the body has no foot.
    """
    feet = [i for i, name in enumerate(skeleton.segments) if any(word in name.lower() for word in HEELS)]
    assigned = []
    for plate in forces.wrenches:
        if plate.segment is not None:
            assigned.append(plate)
            continue
        loaded = _loaded(plate, forces.time_s, time_s)
        if not loaded.any():
            continue
        if not feet:
            raise RecordingError(
                f"{forces.source}: the model has no segment named {' or '.join(HEELS)} to stand on plate "
                f'"{plate.name}". Name the segment in an ExternalLoads file.'
            )
        assigned.append(
            replace(plate, segment=skeleton.segments[_nearest(plate, forces, time_s[loaded], at, loaded, feet)])
        )
    return replace(forces, wrenches=tuple(assigned))


def _loaded(plate: AppliedForce, clock_s: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    return np.asarray(np.interp(time_s, clock_s, plate.force_n[:, 1]) > CONTACT_N)


def _nearest(
    plate: AppliedForce, forces: ExternalForces, time_s: np.ndarray, at: Poses, loaded: np.ndarray, feet: list[int]
) -> int:
    point = np.column_stack([np.interp(time_s, forces.time_s, plate.point_m[:, k]) for k in (0, 2)])
    heel = at.translation[loaded][:, feet][:, :, [0, 2]]
    distance = np.median(np.linalg.norm(heel - point[:, None], axis=-1), axis=0)
    best = int(distance.argmin())
    if distance[best] > FARTHEST_M:
        raise RecordingError(
            f'{forces.source}: plate "{plate.name}" is loaded {distance[best]:.2f} m from the nearest foot, expected '
            f"at most {FARTHEST_M} m. Check that forces and markers share one origin and one set of axes."
        )
    return feet[best]
