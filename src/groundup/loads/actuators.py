"""What a unit of each actuator does to the coordinates and segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND, Actuator, CoordinateActuator, PointActuator, TorqueActuator
from groundup.engine.dynamics import generalised_forces, wrench
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.errors import ModelError
from groundup.loads.external import segment_of


@dataclass(frozen=True, eq=False)
class ActuatorEffects:
    """Effects of unit force (N or N·m) of each actuator.

    Attributes
    ----------
    generalised : array, shape (F, n_actuators, C)
    wrenches : array, shape (F, n_actuators, B, 6)
        On segments; an actuator of a coordinate acts inside the joint and has none.
    """

    generalised: Floats
    wrenches: Floats


def actuator_effects(skeleton: Skeleton, at: Poses, actuators: Sequence[Actuator]) -> ActuatorEffects:
    """Compute effects of unit forces.

    Raises
    ------
    ModelError
        An actuator names a coordinate or a segment that the body lacks.
    """
    n_frames, n_segments = at.translation.shape[:2]
    wrenches = np.zeros((n_frames, len(actuators), n_segments, 6))
    generalised = np.zeros((n_frames, len(actuators), len(skeleton.coordinates)))
    for k, actuator in enumerate(actuators):
        match actuator:
            case CoordinateActuator():
                generalised[:, k, _coordinate(skeleton, actuator)] = 1.0
            case PointActuator():
                segment = segment_of(skeleton, actuator.segment, actuator.name)
                wrenches[:, k, segment] = _point_wrench(at, segment, actuator)
                generalised[:, k] = generalised_forces(skeleton, at, wrenches[:, k])
            case TorqueActuator():
                wrenches[:, k] = _torque_wrenches(skeleton, at, actuator, n_segments)
                generalised[:, k] = generalised_forces(skeleton, at, wrenches[:, k])
    return ActuatorEffects(generalised, wrenches)


def _coordinate(skeleton: Skeleton, actuator: CoordinateActuator) -> int:
    index = skeleton.coordinate_index
    if actuator.coordinate not in index:
        raise ModelError(
            f'actuator "{actuator.name}" drives coordinate "{actuator.coordinate}", which the model does not have; '
            f"expected one of {', '.join(skeleton.coordinates)}. Correct the actuator file."
        )
    return index[actuator.coordinate]


def _point_wrench(at: Poses, segment: int, actuator: PointActuator) -> Floats:
    turn = at.rotation[:, segment]
    axis = np.asarray(actuator.direction, float) / np.linalg.norm(actuator.direction)
    direction = np.broadcast_to(axis, turn.shape[:2]) if actuator.force_is_global else turn @ axis
    local = np.asarray(actuator.point, float)
    point = np.broadcast_to(local, turn.shape[:2]) if actuator.point_is_global else None
    return wrench(direction, at.translation[:, segment] + turn @ local if point is None else point)


def _torque_wrenches(skeleton: Skeleton, at: Poses, actuator: TorqueActuator, n_segments: int) -> Floats:
    out = np.zeros((len(at.translation), n_segments, 6))
    a = segment_of(skeleton, actuator.segment_a, actuator.name)
    axis = np.asarray(actuator.axis, float) / np.linalg.norm(actuator.axis)
    out[:, a, :3] = axis if actuator.torque_is_global else at.rotation[:, a] @ axis
    if actuator.segment_b is not None and actuator.segment_b != GROUND:
        b = segment_of(skeleton, actuator.segment_b, actuator.name)
        out[:, b, :3] -= out[:, a, :3]
    return out
