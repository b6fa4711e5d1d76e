"""How the coordinates answer to displaced markers: the derivative of inverse kinematics.

At the pose that fits best, moving the measured markers by ``δm`` moves the coordinates by ``(JᵀWJ + P)⁻¹ Jᵀ W δm``,
where ``J`` is the derivative of the markers' places by the coordinates, ``W`` their weights and ``P`` the weights of
coordinates that are held near a goal. So no sample has to solve inverse kinematics again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.recording import MarkerTrajectories
from groundup.engine.dynamics import generalised_forces
from groundup.engine.kinematics import Poses, cross, fit_normal_equations, points_in_ground
from groundup.engine.skeleton import Skeleton
from groundup.motion.gaps import bridge_gaps
from groundup.motion.inverse_kinematics import Tasks, build_problem
from groundup.motion.unseen_trunk import LOW_BACK, LOWEST, TRUNK

_RIDGE = 1e-8  # of the mean diagonal: what no marker shows stays


@dataclass(frozen=True, eq=False)
class MarkerResponse:
    """The derivative of inverse kinematics at every frame of a motion.

    Attributes
    ----------
    segment : array, shape (M,)
        Segment of each used marker; ``membership`` (B, M) is 1 where a marker rides on a segment.
    position : array, shape (F, M, 3), m
        Of the body's markers in ground.
    turn : array, shape (F, M, 3, 3)
        Axes of each marker's segment in ground.
    weight : array, shape (F, M)
    follow : array, shape (F, C, C_free)
        All coordinates by the free ones.
    inverse : array, shape (F, C_free, C_free)
    """

    skeleton: Skeleton
    at: Poses
    segment: np.ndarray
    membership: Floats
    markers: tuple[str, ...]
    position: Floats
    turn: Floats
    weight: Floats
    follow: Floats
    inverse: Floats
    hold: TrunkHold | None

    def coordinates(self, shift: Floats) -> Floats:
        """Change of the coordinates (F, C) when measured markers move by ``shift`` (F, M, 3), m, ground axes."""
        pull = self.weight[..., None] * shift
        forces = np.concatenate([cross(self.position, pull), pull], axis=-1)
        gradient = generalised_forces(self.skeleton, self.at, self.membership @ forces)
        free = self.inverse @ (gradient[:, None] @ self.follow)[:, 0, :, None]
        change = (self.follow @ free)[..., 0]
        return change if self.hold is None else self.hold.held(change)


@dataclass(frozen=True, eq=False)
class TrunkHold:
    """A trunk without markers, which keeps its direction in space whatever the pelvis does.

    Attributes
    ----------
    columns : array, shape (3,)
        Coordinates of the low back.
    spin : array, shape (F, 3, C)
        How the trunk turns with the coordinates, ground axes.
    back : array, shape (F, 3, 3)
        Coordinates of the low back for a small turn of the trunk.
    follow : array, shape (F, C, C)
    """

    columns: np.ndarray
    spin: Floats
    back: Floats
    follow: Floats

    def held(self, change: Floats) -> Floats:
        """The change with low-back coordinates that keep the trunk as it was."""
        return self.turned(change, -(self.spin @ change[..., None])[..., 0])

    def turned(self, change: Floats, turn: Floats) -> Floats:
        """The change with the trunk turned by ``turn`` (F, 3), rad, about ground axes."""
        bend = (self.back @ turn[..., None])[..., 0]
        return np.asarray(change + (self.follow[:, :, self.columns] @ bend[..., None])[..., 0])


def marker_response(
    body: Body, skeleton: Skeleton, at: Poses, q: Floats, recording: MarkerTrajectories, tasks: Tasks | None
) -> MarkerResponse:
    """Differentiate inverse kinematics at the poses of a motion.

    Parameters
    ----------
    at, q : poses and coordinates (F, C) of the motion
    tasks : what was followed; None for every marker with the same weight
    """
    tasks = tasks or Tasks({m.name: 1.0 for m in body.markers})
    seen = bridge_gaps(recording.time_s, recording.positions_m)
    problem = build_problem(body, recording.names, seen, recording.time_s, tasks, recording.source)
    position = points_in_ground(at, problem.segment, problem.location)
    _, matrix = fit_normal_equations(
        skeleton, at, problem.membership, position, np.zeros_like(position), problem.weight
    )
    idx = np.arange(q.shape[1])
    matrix[:, idx, idx] += problem.coordinate_weight
    follow = skeleton.couplers.jacobian(q) if len(skeleton.couplers.dependent) else _identity(q)
    free = follow[:, :, problem.free]
    small = np.swapaxes(free, -1, -2) @ matrix @ free
    size = np.trace(small, axis1=1, axis2=2)[:, None] / small.shape[-1]
    idx = np.arange(small.shape[-1])
    small[:, idx, idx] += _RIDGE * np.maximum(size, 1e-12)
    return MarkerResponse(
        skeleton,
        at,
        problem.segment,
        problem.membership,
        problem.markers,
        position,
        at.rotation[:, problem.segment],
        problem.weight,
        free,
        np.asarray(np.linalg.inv(small), dtype=np.float64),
        _trunk_hold(skeleton, at, follow) if trunk_is_unseen(body, skeleton, problem.markers) else None,
    )


def _identity(q: Floats) -> Floats:
    return np.broadcast_to(np.eye(q.shape[1]), (len(q), q.shape[1], q.shape[1]))


def trunk_is_unseen(body: Body, skeleton: Skeleton, markers: tuple[str, ...]) -> bool:
    """Whether no used marker rides above the pelvis of a body whose trunk is then held upright."""
    index = skeleton.segment_index
    segments = np.array([index[m.segment] for m in body.markers if m.name in markers], dtype=int)
    return _is_default(skeleton) and not skeleton.subtree[index[LOWEST]][segments].any()


def _is_default(skeleton: Skeleton) -> bool:
    return {LOWEST, TRUNK} <= set(skeleton.segments) and set(LOW_BACK) <= set(skeleton.coordinates)


def _trunk_hold(skeleton: Skeleton, at: Poses, follow: Floats) -> TrunkHold:
    carried = skeleton.carries[skeleton.segment_index[TRUNK]][:, None]
    per_motion = at.screws[..., :3] * at.slope[..., None] * carried * skeleton.rotates[:, None]
    spin = np.swapaxes(per_motion, -1, -2) @ skeleton.motions.weights
    columns = np.array([skeleton.coordinate_index[name] for name in LOW_BACK])
    return TrunkHold(columns, spin, np.linalg.inv(spin @ follow[:, :, columns]), follow)
