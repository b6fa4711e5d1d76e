"""Posture through the stride: trunk, pelvis, low back, shoulders and the length of the legs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.gait import BOTH
from groundup.chain.measures.bearings import Bearings, bearings, joint_points, shows_trunk
from groundup.chain.measures.walked import Reading, Walked
from groundup.engine.kinematics import poses


def posture_reading(w: Walked) -> Reading:
    """Read off the posture of the strides."""
    found = bearings(w.a, w.a.at, w.forward, w.a.motion.q, trunk=shows_trunk(w.a, w.a.fit.markers))
    return _pelvis(w, found) | _trunk(w, found) | _legs(w)


def _pelvis(w: Walked, b: Bearings) -> Reading:
    if b.pelvis_tilt is None or b.pelvis_right_up is None or b.pelvis_turned is None:
        return {}
    found: Reading = {
        ("posture.pelvic_tilt", "none"): _whole(w, b.pelvis_tilt),
        ("posture.pelvic_obliquity", "none"): _whole(w, b.pelvis_right_up),
        ("posture.pelvic_obliquity_range", "none"): w.stride("none", b.pelvis_right_up, np.ptp),
        ("posture.pelvic_rotation", "none"): _whole(w, b.pelvis_turned),
        ("posture.pelvic_rotation_range", "none"): w.stride("none", b.pelvis_turned, np.ptp),
    }
    for side in BOTH:
        up = b.pelvis_right_up if side == "right" else -b.pelvis_right_up
        # The other side sinks in single support of this one; this one is lifted in its own swing.
        found["posture.pelvic_drop", side] = w.single(side, up, np.max)
        found["posture.hip_hike", side] = w.swing(side, up, np.max)
    return found


def _trunk(w: Walked, b: Bearings) -> Reading:
    if b.trunk_forward is None or b.trunk_right is None:
        return {}
    found: Reading = {
        ("posture.trunk_lean", "none"): _whole(w, b.trunk_forward),
        ("posture.trunk_lean_right", "none"): _whole(w, b.trunk_right),
    }
    if b.lordosis is not None:
        found["posture.lordosis", "none"] = _whole(w, b.lordosis)
    if b.shoulder_right_up is not None:
        found["posture.shoulder_level", "none"] = _whole(w, b.shoulder_right_up)
    for side in BOTH:
        own = b.trunk_right if side == "right" else -b.trunk_right
        found["posture.trunk_lean_stance", side] = w.single(side, own, np.mean)
        found["posture.trunk_lean_forward_stance", side] = w.single(side, b.trunk_forward, np.mean)
    return found


def _whole(w: Walked, values: Floats) -> Floats:
    return w.stride("none", values, np.mean)


def _legs(w: Walked) -> Reading:
    """Lengths of the legs, by the bones of the fitted body and as the walk uses them."""
    return _bones(w) | _functional(w)


def _functional(w: Walked) -> Reading:
    """From the hip straight to the ankle in single support: a knee kept bent makes a leg short."""
    hips, ankles = (joint_points(w.a.skeleton, w.a.at, word) for word in ("hip", "ankle"))
    sides = [s for s in BOTH if s in hips and s in ankles]
    return {
        ("posture.leg_length_functional", s): w.single(s, np.linalg.norm(hips[s] - ankles[s], axis=1), np.mean)
        for s in sides
    }


def _bones(w: Walked) -> Reading:
    """Hip to knee to ankle of the fitted body in its neutral pose; nothing for a body that was not fitted."""
    if w.a.fitting is None:
        return {}
    skeleton = w.a.skeleton
    q = np.array([[c.default for c in w.a.body.coordinates]])
    at = poses(skeleton, skeleton.couplers.apply(q))
    points = [joint_points(skeleton, at, word) for word in ("hip", "knee", "ankle")]
    if any(len(p) < 2 for p in points):
        return {}
    length = {s: sum(float(np.linalg.norm(a[s][0] - b[s][0])) for a, b in pairwise(points)) for s in BOTH}
    return {("posture.leg_length", s): np.full(len(w.of(s)), length[s]) for s in BOTH}
