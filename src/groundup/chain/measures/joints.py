"""Joints: peak, impulse and loading rate of moments and contact forces, from the ankle to the low back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.gait import BOTH
from groundup.chain.lumbar import LumbarLoad
from groundup.chain.measures.directions import carried, coordinate_of, turned
from groundup.chain.measures.walked import Reading, Stride, Walked, at_instant, impulse, over
from groundup.chain.names import chain_joint, side_of
from groundup.chain.series import reaction_table
from groundup.study import NAN, Side

JOINTS = ("ankle", "knee", "hip")
KILOMETRE_M = 1000.0

# Moments by measure: coordinate, which end of the limb's segment tells the direction, and where that end goes when the
# coordinate turns as the *muscle* of the measure would turn it (down the segment's own axis -y, or the foot's x).
_DOWN, _AHEAD = np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0])
_MOMENTS = {
    "ankle.plantarflexion_moment": ("ankle", _AHEAD, -np.array([0.0, 1.0, 0.0])),
    "knee.extension_moment": ("knee_angle", _DOWN, _AHEAD),
    "hip.extension_moment": ("hip_flexion", _DOWN, -_AHEAD),
    "hip.flexion_moment": ("hip_flexion", _DOWN, _AHEAD),
}


def joint_reading(w: Walked, low_back: Sequence[LumbarLoad]) -> Reading:
    """Read off the joints of both legs and the low back."""
    found: Reading = {}
    for side in BOTH:
        found |= _moments(w, side)
        for role in JOINTS:
            found |= _contact(w, role, side)
    return found | (_low_back(w, low_back[0]) if low_back else {})


def _moments(w: Walked, side: Side) -> Reading:
    if w.a.moments is None:
        return {}
    wanted = {k: (word, axis, way) for k, (word, axis, way) in _MOMENTS.items()}
    outwards = np.array([0.0, 0.0, 1.0 if side == "right" else -1.0])
    wanted["hip.abduction_moment"] = ("hip_adduction", _DOWN, outwards)
    dt = float(np.median(np.diff(w.time_s)))
    found: Reading = {}
    for name, (word, axis, way) in wanted.items():
        column = coordinate_of(w.a, word, side)
        if column is None:
            continue
        sign = turned(w.a, column, carried(w.a, column), axis, way)
        moment = sign * w.a.moments[:, column] / w.a.body.mass
        found[name, side] = w.stance(side, moment, np.max)
        found[f"{name}_impulse", side] = w.stance(side, np.maximum(moment, 0.0), lambda v: float(v.sum() * dt))
    return found


def contact_force(w: Walked, role: str, side: Side) -> Floats | None:
    """Size of a joint's contact force, (F,) body weights."""
    joints = w.a.body.joints
    joint = next((j for j, one in enumerate(joints) if chain_joint(one.name) == role and side_of(one.name) == side), -1)
    if joint < 0 or w.a.loads is None:
        return None
    return np.asarray(np.linalg.norm(reaction_table(w.a, joint)[:, :3], axis=1) / w.a.body_weight_n)


def _contact(w: Walked, role: str, side: Side) -> Reading:
    size = contact_force(w, role, side)
    if size is None:
        return {}
    t, pace = w.time_s, w.pace

    return {
        (f"{role}.contact_peak", side): w.each(side, lambda s: over(t, size, s.start_s, s.off_s, np.max)),
        (f"{role}.contact_impulse", side): w.each(side, lambda s: impulse(t, size, s.start_s, s.off_s)),
        (f"{role}.loading_rate", side): w.each(side, lambda s: _loading_rate(t, size, s)),
        (f"{role}.contact_per_km", side): w.each(
            side, lambda s: _per_km(impulse(t, size, s.start_s, s.end_s), s, pace)
        ),
    }


def _loading_rate(time_s: Floats, size: Floats, s: Stride) -> float:
    """Mean rise over the first fifth of the stance, BW/s."""
    length = 0.2 * (s.off_s - s.start_s)
    return (at_instant(time_s, size, s.start_s + length) - at_instant(time_s, size, s.start_s)) / length


def _per_km(per_stride: float, s: Stride, pace: float) -> float:
    """Impulse of a stride over the way it takes, for a kilometre, kBW·s."""
    way = pace * (s.end_s - s.start_s)
    return per_stride * KILOMETRE_M / way / 1000.0 if way > 0.05 else NAN


def _low_back(w: Walked, load: LumbarLoad) -> Reading:
    """Compression over each side's step: from its strike to the other foot's."""
    t, pace = w.time_s, w.pace
    size = load.compression / w.a.body_weight_n
    found: Reading = {
        ("low_back.compression_peak", "none"): w.each("none", lambda s: over(t, size, s.start_s, s.end_s, np.max)),
        ("low_back.compression_per_km", "none"): w.each(
            "none", lambda s: _per_km(impulse(t, size, s.start_s, s.end_s), s, pace)
        ),
        ("low_back.extension_moment", "none"): w.each(
            "none", lambda s: over(t, load.moment[:, 2], s.start_s, s.end_s, np.mean) / w.a.body.mass
        ),
    }
    for side in BOTH:
        found["low_back.compression_step_peak", side] = w.each(
            side, lambda s: over(t, size, s.start_s, s.other_on_s, np.max)
        )
        found["low_back.compression_at_strike", side] = w.each(side, lambda s: at_instant(t, size, s.start_s))
    return found
