"""Measured forces on the body: from plate columns to wrenches on segments."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND, Body
from groundup.body.recording import AppliedForce, ExternalForces
from groundup.engine.dynamics import wrench
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.errors import ModelError, RecordingError, TimeMismatch
from groundup.motion.filtering import interpolate

MOST_WEIGHTS = 20
"""Landing from a height loads a leg with some 12 body weights; walking with little more than one."""


def external_wrenches(skeleton: Skeleton, at: Poses, time_s: Floats, forces: ExternalForces | None) -> Floats:
    """Wrench of the measured forces on every segment, shape (F, B, 6), ground axes and origin.

    Raises
    ------
    ModelError
        A force names a segment that the body lacks.
    TimeMismatch
        Frames lie outside the recording of the forces.
    """
    total = np.zeros((len(time_s), len(skeleton.segments), 6))
    if forces is None:
        return total
    check_overlap(time_s, forces)
    for force in forces.wrenches:
        segment = segment_of(skeleton, force.segment, f"{forces.source}: force {force.name}")
        at_points = in_ground(skeleton, at, time_s, forces.time_s, force)
        total[:, segment] += wrench(*at_points)
    return total


def check_size(forces: ExternalForces, body: Body) -> None:
    """Refuse forces that no person with this body stands.

    Raises
    ------
    RecordingError
        A force is larger than ``MOST_WEIGHTS`` times the weight of the body.
    """
    weight_n = body.mass * float(np.linalg.norm(body.gravity))
    for force in forces.wrenches:
        peak_n = float(np.linalg.norm(force.force_n, axis=1).max(initial=0.0))
        if weight_n > 0 and not peak_n <= MOST_WEIGHTS * weight_n:
            raise RecordingError(
                f"{forces.source}: force {force.name} reaches {peak_n:.4g} N, {peak_n / weight_n:.3g} times the weight "
                f"of the model ({body.mass:.4g} kg), expected at most {MOST_WEIGHTS}. Check the unit of the forces, "
                "and that the model is scaled to the person."
            )


def check_overlap(time_s: Floats, forces: ExternalForces) -> None:
    """Refuse frames outside the recorded forces."""
    first, last = float(forces.time_s[0]), float(forces.time_s[-1])
    slack = 1e-6 + 0.5 * float(np.median(np.diff(forces.time_s))) if len(forces.time_s) > 1 else 1e-6
    if time_s[0] < first - slack or time_s[-1] > last + slack:
        raise TimeMismatch(
            f"{forces.source}: forces run from {first:.3f} to {last:.3f} s, the motion from {time_s[0]:.3f} to "
            f"{time_s[-1]:.3f} s; expected forces for every frame. Choose a common time range with --start-s and "
            "--end-s, or pass the forces of the same trial."
        )


def segment_of(skeleton: Skeleton, name: str | None, owner: str) -> int:
    """Index of a segment named by a force or an actuator."""
    index = skeleton.segment_index
    if name is None or name not in index:
        raise ModelError(
            f'{owner} acts on body "{name}", which the model does not have; expected one of '
            f"{', '.join(skeleton.segments[1:])}. Correct applied_to_body in the forces file."
        )
    return index[name]


def in_ground(
    skeleton: Skeleton, at: Poses, time_s: Floats, clock_s: Floats, force: AppliedForce
) -> tuple[Floats, Floats, Floats]:
    """Force, point and moment of a measured force in ground axes at the frames, each (F, 3)."""
    f, p, m = (interpolate(clock_s, v, time_s) for v in (force.force_n, force.point_m, force.torque_nm))
    if force.force_expressed_in != GROUND:
        turn = at.rotation[:, segment_of(skeleton, force.force_expressed_in, force.name)]
        f, m = (turn @ f[..., None])[..., 0], (turn @ m[..., None])[..., 0]
    if force.point_expressed_in != GROUND:
        carrier = segment_of(skeleton, force.point_expressed_in, force.name)
        p = at.translation[:, carrier] + (at.rotation[:, carrier] @ p[..., None])[..., 0]
    return f, p, m
