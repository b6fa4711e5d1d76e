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
from groundup.io.laboratory_axes import find_turn

# Rows are the new x, y, z in the old axes.
_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_PERSON_N = 50.0
"""Less than any person's weight; a smaller mean force says nothing about the vertical."""

_LYING_DEG = 60.0
"""No one walks with the pelvis this far from above the feet."""


def turn_z_up(recording: Recording) -> Recording:
    """Turn markers and ground forces from axes with z up (x stays) to axes with y up.

    Forces that push the person along y already are left as they are: markers and forces often come from two programs.
    """
    forces = recording.forces
    return replace(
        recording,
        markers=_turned_markers(recording.markers, _Z_UP),
        forces=forces if forces is None or _push_is_up(forces) else _turned_forces(forces, _Z_UP),
    )


def turn_to_body(recording: Recording) -> Recording:
    """Turn a recording so that y is up and the person faces x, both found from the markers; say what was done.

    Forces that push the person along y already are taken to be in axes with y up, as OpenSim's tables are, and are
    turned about the vertical only.
    """
    first = find_turn(recording.markers.names, recording.markers.positions_m)
    markers_are_up = first.matrix[1, 1] > 0.5
    if recording.forces is not None and _push_is_up(recording.forces) and not markers_are_up:
        recording = turn_z_up(recording)
    turn = find_turn(recording.markers.names, recording.markers.positions_m)
    forces = recording.forces
    return replace(
        recording,
        markers=_turned_markers(recording.markers, turn.matrix),
        forces=None if forces is None else _turned_forces(forces, turn.matrix),
        notes=(*recording.notes, first.words),
    )


def check_forces_up(forces: ExternalForces) -> None:
    """Refuse forces that carry the person along another direction than y.

    Raises
    ------
    RecordingError
        The ground pushes along x, z or -y.
    """
    push = _mean_push(forces)
    if push is None or _axis_of(push) == "y":
        return
    axis = _axis_of(push)
    advice = (
        "They are probably the person's push on the plates: change all signs."
        if axis == "-y"
        else f"{axis[-1]} is probably up: pass --up z where it is so for the markers too, or turn the forces before."
    )
    raise RecordingError(
        f"{forces.source}: the ground pushes along {axis} (mean {np.linalg.norm(push):.0f} N), expected along y, "
        f"upwards on the person. {advice}"
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
        raise RecordingError(
            f"{source}: the body stands along {_axis_of(standing)}, expected y up as in the model. "
            "If the laboratory has z up, pass --up z; otherwise turn the recording before."
        )


def _turned_markers(markers: MarkerTrajectories, turn: Floats) -> MarkerTrajectories:
    return replace(markers, positions_m=np.asarray(markers.positions_m @ turn.T))


def _turned_forces(forces: ExternalForces, turn: Floats) -> ExternalForces:
    return replace(forces, wrenches=tuple(_turned_force(w, turn) for w in forces.wrenches))


def _turned_force(wrench: AppliedForce, turn: Floats) -> AppliedForce:
    in_ground, at_ground = wrench.force_expressed_in == GROUND, wrench.point_expressed_in == GROUND
    return replace(
        wrench,
        force_n=wrench.force_n @ turn.T if in_ground else wrench.force_n,
        torque_nm=wrench.torque_nm @ turn.T if in_ground else wrench.torque_nm,
        point_m=wrench.point_m @ turn.T if at_ground else wrench.point_m,
    )


def _push_is_up(forces: ExternalForces) -> bool:
    push = _mean_push(forces)
    return push is not None and _axis_of(push) == "y"


def _mean_push(forces: ExternalForces) -> Floats | None:
    """Mean force of the ground on the person, (3,) N; None where there is too little to tell."""
    given = [w.force_n for w in forces.wrenches if w.force_expressed_in == GROUND]
    mean = np.nan_to_num(np.sum(given, axis=0)).mean(axis=0) if given else np.zeros(3)
    return mean if np.linalg.norm(mean) > _PERSON_N else None


def _axis_of(vector: Floats) -> str:
    """Axis that a vector points along most, with a minus where it points against it."""
    axis = int(np.argmax(np.abs(vector)))
    return ("-" if vector[axis] < 0 else "") + "xyz"[axis]
