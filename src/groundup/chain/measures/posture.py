"""Posture through the stride: trunk, pelvis, low back, shoulders and the length of the legs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.gait import BOTH
from groundup.chain.measures.walked import Reading, Walked
from groundup.chain.names import chain_joint, is_lumbar, side_of
from groundup.engine.kinematics import Poses, poses
from groundup.engine.skeleton import Skeleton
from groundup.study import NAN, Side

_TRUNK_WORDS = ("torso", "thorax", "trunk")


def posture_reading(w: Walked) -> Reading:
    """Read off the posture of the strides."""
    return _pelvis(w) | _trunk(w) | _legs(w)


def _joint_points(skeleton: Skeleton, at: Poses, word: str) -> dict[Side, Floats]:
    """Centres of a paired joint by side, each (F, 3) m."""
    points: dict[Side, Floats] = {}
    for j, name in enumerate(skeleton.joints):
        side = side_of(name)
        if side != "none" and side not in points and (chain_joint(name) == word or word in name.lower()):
            child = skeleton.joint_child[j]
            points[side] = at.translation[:, child] + at.rotation[:, child] @ skeleton.joint_child_translation[j]
    return points


def _pelvis(w: Walked) -> Reading:
    hips = _joint_points(w.a.skeleton, w.a.at, "hip")
    if len(hips) < 2:
        return {}
    across = hips["right"] - hips["left"]
    across = across / np.linalg.norm(across, axis=1, keepdims=True)
    right_up = np.degrees(np.arcsin(np.clip(across[:, 1], -1, 1)))
    ahead = np.degrees(np.arctan2(-(across * w.forward).sum(1), (across * w.to_right).sum(1)))  # left hip ahead +
    pelvis = w.a.at.rotation[:, w.a.skeleton.segment_index[w.a.pelvis]]
    front = pelvis[:, :, 0]
    tilt = np.degrees(np.arctan2(-front[:, 1], (front * w.forward).sum(1)))
    found: Reading = {
        ("posture.pelvic_tilt", "none"): _whole(w, tilt),
        ("posture.pelvic_obliquity", "none"): _whole(w, right_up),
        ("posture.pelvic_rotation_range", "none"): w.stride("none", ahead, np.ptp),
    }
    for side in BOTH:
        up = right_up if side == "right" else -right_up
        # The other side sinks in single support of this one; this one is lifted in its own swing.
        found["posture.pelvic_drop", side] = w.single(side, up, np.max)
        found["posture.hip_hike", side] = w.swing(side, up, np.max)
    return found


def _trunk(w: Walked) -> Reading:
    skeleton = w.a.skeleton
    trunk = next((i for i, n in enumerate(skeleton.segments) if any(k in n.lower() for k in _TRUNK_WORDS)), None)
    if trunk is None or not _trunk_seen(w):
        return {}
    up = w.a.at.rotation[:, trunk, :, 1]
    forward = np.degrees(np.arctan2((up * w.forward).sum(1), up[:, 1]))
    right = np.degrees(np.arctan2((up * w.to_right).sum(1), up[:, 1]))
    found: Reading = {
        ("posture.trunk_lean", "none"): _whole(w, forward),
        ("posture.trunk_lean_right", "none"): _whole(w, right),
        ("posture.lordosis", "none"): _whole(w, _lordosis(w)),
    }
    for side in BOTH:
        own = right if side == "right" else -right
        found["posture.trunk_lean_stance", side] = w.single(side, own, np.mean)
        found["posture.trunk_lean_forward_stance", side] = w.single(side, forward, np.mean)
    shoulders = _joint_points(skeleton, w.a.at, "acromial")
    if len(shoulders) == 2:
        across = shoulders["right"] - shoulders["left"]
        level = np.degrees(np.arcsin(np.clip(across[:, 1] / np.linalg.norm(across, axis=1), -1, 1)))
        found["posture.shoulder_level", "none"] = _whole(w, level)
    return found


def _trunk_seen(w: Walked) -> bool:
    """Whether markers show the trunk: not all coordinates of the low back keep their default."""
    own = _lumbar_columns(w)
    names = w.a.skeleton.coordinates
    return bool(own) and not all(names[i] in w.a.unseen for i in own)


def _lumbar_columns(w: Walked) -> list[int]:
    joints = {j.name for j in w.a.body.joints if is_lumbar(j.name)}
    return [i for i, c in enumerate(w.a.body.coordinates) if c.joint in joints]


def _lordosis(w: Walked) -> Floats:
    """Sum of the extension of all low-back joints beyond the model's neutral posture, deg; hollow is positive."""
    words = ("flex", "ext")
    names = w.a.skeleton.coordinates
    own = [i for i in _lumbar_columns(w) if any(k in names[i].lower() for k in words)]
    return np.degrees(w.a.motion.q[:, own]).sum(1) if own else np.full(len(w.time_s), NAN)


def _whole(w: Walked, values: Floats) -> Floats:
    return w.stride("none", values, np.mean)


def _legs(w: Walked) -> Reading:
    """Hip to knee to ankle of the fitted body in its neutral pose; nothing for a body that was not fitted."""
    if w.a.fitting is None:
        return {}
    skeleton = w.a.skeleton
    q = np.array([[c.default for c in w.a.body.coordinates]])
    at = poses(skeleton, skeleton.couplers.apply(q))
    points = [_joint_points(skeleton, at, word) for word in ("hip", "knee", "ankle")]
    if any(len(p) < 2 for p in points):
        return {}
    length = {s: sum(float(np.linalg.norm(a[s][0] - b[s][0])) for a, b in pairwise(points)) for s in BOTH}
    return {("posture.leg_length", s): np.full(len(w.of(s)), length[s]) for s in BOTH}
