"""Loads of the low back, level by level, and how much of them is made by muscles.

A disc is pressed by the vertebra above it. Its load has two parts that add up exactly: what the body above needs to be
carried and moved (weight, inertia and whatever else acts on it), and what the muscles that span the level add by
pulling the vertebrae together.

Axes of a level are fixed in the vertebra above: *up* is the normal of the disc, *right* the vertebra's own right, and
*forward* is at right angles to both. Frames of published spine models stand upright whatever the vertebra does, so the
normal is taken from the joints: midway between the lines that run from disc to disc through the vertebrae above and
below, in the model's neutral posture. In the default body this leans 19° forward at L5/S1, 8° at L4/L5, and 7°, 15° and
19° backward at L3/L4, L2/L3 and L1/L2, within 6° of the endplates of its bones. Above the sacrum, whose axis no joint
shows, L5 alone counts. A model with one joint for the whole back keeps the axes of the segment above it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.names import is_lumbar, lumbar_level
from groundup.chain.peaks import counted_frames
from groundup.chain.trunk_reserves import trunk_reserve_shares
from groundup.engine.dynamics import subtree_wrenches
from groundup.engine.kinematics import cross, poses
from groundup.engine.skeleton import Skeleton
from groundup.loads.analysis import Analysis
from groundup.loads.ground import part, spread
from groundup.loads.moments import loadings
from groundup.study import NAN, Cycle, LumbarLevel


@dataclass(frozen=True, eq=False)
class LumbarLoad:
    """Load of one level.

    Attributes
    ----------
    joint : place of the level's joint in the body
    level : ``L5/S1`` …; ``low back`` for a body with a single joint there
    tilt_deg : how far the disc's normal leans forward in the model's neutral posture
    force, rest : array, shape (F, 3), N
        How the vertebra above presses on the one below: forward shear, compression, shear to the right. ``rest`` is
        what it would be without muscles: weight, inertia and forces from outside on everything above.
    moment : array, shape (F, 3), N·m
        What muscles, ligaments and disc together must supply about the centre of the disc: bending the trunk to the
        right, turning it to the left, extending it.
    """

    joint: int
    level: str
    tilt_deg: float
    force: Floats
    rest: Floats
    moment: Floats

    @property
    def compression(self) -> Floats:
        """Compression, (F,) N."""
        return self.force[:, 1]

    @property
    def muscle_compression(self) -> Floats:
        """Part of the compression that muscles (and motors on segments) make, (F,) N."""
        return self.force[:, 1] - self.rest[:, 1]


def lumbar_loads(a: Analysis) -> tuple[LumbarLoad, ...]:
    """Loads of every lumbar level from the sacrum up; nothing where the low back was not computed."""
    if a.loads is None or "lumbar" in a.reasons:
        return ()
    joints = lumbar_joints(a)
    rest = _without_muscles(a)
    at = a.at
    loads = []
    for j in joints:
        child = a.skeleton.joint_child[j]
        axes = at.rotation[:, child] @ disc_axes(a.skeleton, j)
        center = at.translation[:, child] + at.rotation[:, child] @ a.skeleton.joint_child_translation[j]
        own = (np.swapaxes(axes, -1, -2) @ a.loads.reactions[:, j, 3:, None])[..., 0]
        without = (np.swapaxes(axes, -1, -2) @ rest[:, j, 3:, None])[..., 0]
        about = rest[:, j, :3] - cross(center, rest[:, j, 3:])
        moment = (np.swapaxes(axes, -1, -2) @ about[..., None])[..., 0]
        loads.append(
            LumbarLoad(
                j,
                lumbar_level(a.body.joints[j].name),
                disc_tilt_deg(a.skeleton, j),
                own * _PRESSES,
                without * _PRESSES,
                moment,
            )
        )
    return tuple(loads)


# A reaction holds the vertebra above. Compression is as large as the push upward; shears are those on the one below.
_PRESSES = np.array([-1.0, 1.0, -1.0])


def lumbar_joints(a: Analysis) -> list[int]:
    """Joints of the low back from the sacrum up, without the one below the thorax."""
    return [j for j, one in enumerate(a.body.joints) if is_lumbar(one.name) and "T" not in lumbar_level(one.name)]


def _without_muscles(a: Analysis) -> Floats:
    """Wrench through every joint without muscles, (F, n_joints, 6), NaN where the ground's forces are not known."""
    stretch = part(a.motion, a.ground.span)
    parts = [subtree_wrenches(a.skeleton, load.needed)[own] for load, own in loadings(a.skeleton, stretch, a.forces)]
    return spread(np.concatenate(parts), a.ground)


def disc_axes(skeleton: Skeleton, joint: int) -> Floats:
    """Forward, up (the disc's normal) and right of a lumbar joint in its child's axes, columns of a (3, 3) matrix."""
    at, centers = _neutral(skeleton)
    child = skeleton.joint_child[joint]
    right = at[child] @ np.array([0.0, 0.0, 1.0])
    lines = [_line(centers, skeleton, one) for one in (joint, _below(skeleton, joint))]
    known = [line for line in lines if line is not None]
    up = _unit(np.sum(known, axis=0)) if known else at[child] @ np.array([0.0, 1.0, 0.0])
    forward = _unit(np.cross(up, right))
    return np.asarray(at[child].T @ np.column_stack([forward, up, np.cross(forward, up)]))


def disc_tilt_deg(skeleton: Skeleton, joint: int) -> float:
    """How far the normal of a disc leans forward from the pelvis's upright in the model's neutral posture."""
    at, _ = _neutral(skeleton)
    up = at[skeleton.joint_child[joint]] @ disc_axes(skeleton, joint)[:, 1]
    return float(np.degrees(np.arctan2(up[0], up[1])))


def _neutral(skeleton: Skeleton) -> tuple[Floats, Floats]:
    """Segment rotations (B, 3, 3) and joint centres (J, 3) with all coordinates at nought."""
    at = poses(skeleton, skeleton.couplers.apply(np.zeros((1, len(skeleton.coordinates)))))
    turn, place = at.rotation[0], at.translation[0]
    child = skeleton.joint_child
    return turn, place[child] + (turn[child] @ skeleton.joint_child_translation[..., None])[..., 0]


def _line(centers: Floats, skeleton: Skeleton, joint: int | None) -> Floats | None:
    """Direction through the vertebra above a joint, to the next joint of the spine."""
    if joint is None:
        return None
    next_up = [
        k
        for k, parent in enumerate(skeleton.joint_parent)
        if parent == skeleton.joint_child[joint] and is_lumbar(skeleton.joints[k])
    ]
    return _unit(centers[next_up[0]] - centers[joint]) if next_up else None


def _below(skeleton: Skeleton, joint: int) -> int | None:
    """The lumbar joint under the segment that a joint stands on."""
    found = np.flatnonzero(skeleton.joint_child == skeleton.joint_parent[joint])
    return next((int(k) for k in found if is_lumbar(skeleton.joints[k])), None)


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector))


# ---- the table ----


def lumbar_levels(a: Analysis, loads: tuple[LumbarLoad, ...], cycles: tuple[Cycle, ...]) -> tuple[LumbarLevel, ...]:
    """Peaks, means and shares of every level over the complete cycles."""
    shares = trunk_reserve_shares(a) if loads else {}
    return tuple(_summary(a, load, cycles, max(shares.values(), default=NAN)) for load in loads)


def _summary(a: Analysis, load: LumbarLoad, cycles: tuple[Cycle, ...], reserve: float) -> LumbarLevel:
    frames, _ = counted_frames(load.compression, a.motion.time_s, cycles)
    force, moment = load.force[frames], load.moment[frames]
    mean = float(force[:, 1].mean()) if len(force) else NAN
    return LumbarLevel(
        level=load.level,
        tilt_deg=load.tilt_deg,
        compression_peak_n=_largest(force[:, 1]),
        compression_peak_bw=_largest(force[:, 1]) / a.body_weight_n,
        compression_mean_bw=mean / a.body_weight_n,
        muscle_percent=100 * float(load.muscle_compression[frames].mean()) / mean if mean > 0 else NAN,
        shear_forward_bw=_largest(force[:, 0]) / a.body_weight_n,
        shear_right_bw=_largest(force[:, 2]) / a.body_weight_n,
        extension_nm=_largest(moment[:, 2]),
        bending_nm=_largest(moment[:, 0]),
        turning_nm=_largest(moment[:, 1]),
        reserve_percent=100 * reserve,
    )


def _largest(values: Floats) -> float:
    """The value farthest from nought, with its sign."""
    return float(values[np.abs(values).argmax()]) if len(values) else NAN
