"""Which way is up in a recording: OpenSim's axes have y up, many laboratories have z up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND
from groundup.body.recording import AppliedForce, ExternalForces, MarkerTrajectories, Recording
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.errors import RecordingError

# Rows are the new x, y, z in the old axes.
_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_LYING_DEG = 60.0
"""No one walks with the pelvis this far from above the feet."""


def turn_z_up(recording: Recording) -> Recording:
    """Turn markers and ground forces from axes with z up (x stays) to axes with y up."""
    forces = recording.forces
    return replace(
        recording,
        markers=_turned_markers(recording.markers),
        forces=None if forces is None else _turned_forces(forces),
    )


def check_upright(skeleton: Skeleton, at: Poses, pelvis: str, source: str) -> None:
    """Refuse a recording in which the body lies: its axes are not the model's.

    Raises
    ------
    RecordingError
        In most frames the pelvis is not above the feet.
    """
    feet = [i for i, name in enumerate(skeleton.segments) if "calcn" in name.lower() or "foot" in name.lower()]
    if not feet:
        return
    above = at.translation[:, skeleton.segment_index[pelvis]] - at.translation[:, feet].mean(axis=1)
    standing = np.median(above / np.linalg.norm(above, axis=1, keepdims=True), axis=0)
    up = -skeleton.gravity / np.linalg.norm(skeleton.gravity)
    if np.degrees(np.arccos(np.clip(standing @ up, -1.0, 1.0))) > _LYING_DEG:
        axis = int(np.abs(standing).argmax())
        sign = "" if standing[axis] > 0 else "-"
        raise RecordingError(
            f"{source}: the body stands along {sign}{'xyz'[axis]}, expected y up as in the model. "
            "If the laboratory has z up, pass --up z; otherwise turn the recording before."
        )


def _turned(vectors: Floats) -> Floats:
    return np.asarray(vectors @ _Z_UP.T)


def _turned_markers(markers: MarkerTrajectories) -> MarkerTrajectories:
    return replace(markers, positions_m=_turned(markers.positions_m))


def _turned_forces(forces: ExternalForces) -> ExternalForces:
    return replace(forces, wrenches=tuple(_turned_force(w) for w in forces.wrenches))


def _turned_force(wrench: AppliedForce) -> AppliedForce:
    in_ground, at_ground = wrench.force_expressed_in == GROUND, wrench.point_expressed_in == GROUND
    return replace(
        wrench,
        force_n=_turned(wrench.force_n) if in_ground else wrench.force_n,
        torque_nm=_turned(wrench.torque_nm) if in_ground else wrench.torque_nm,
        point_m=_turned(wrench.point_m) if at_ground else wrench.point_m,
    )
