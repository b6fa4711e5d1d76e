"""Joints: peak, impulse and loading rate of moments and contact forces, from the ankle to the low back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.gait import BOTH
from groundup.chain.lumbar import LumbarLoad
from groundup.chain.measures.directions import carried, coordinate_of, turned
from groundup.chain.measures.walked import How, Reading, Stride, Walked, at_instant, impulse, over
from groundup.chain.names import chain_joint, side_of
from groundup.chain.series import reaction_table
from groundup.loads.analysis import Analysis
from groundup.study import NAN, Side

JOINTS = ("ankle", "knee", "hip")
KILOMETRE_M = 1000.0
USUAL_STEPS = 5117.0
"""Steps a day of adults in the United States (Bassett 2010, doi:10.1249/MSS.0b013e3181dc2e54), where nobody counted."""

RATE_S = 0.05
"""Over which the steepest rise of a moment is taken; motion is filtered at 6 Hz, so nothing rises quicker."""

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
        found |= _moments(w, side) | _angles(w, side)
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
        found[f"{name}_rate", side] = w.stance(side, moment, lambda v: _steepest(v, dt))
    return found


def _steepest(values: Floats, dt: float) -> float:
    """Steepest mean rise over ``RATE_S``, per second."""
    n = max(1, round(RATE_S / dt))
    return float((values[n:] - values[:-n]).max() / (n * dt)) if len(values) > n else NAN


def _angles(w: Walked, side: Side) -> Reading:
    found: Reading = {}
    bent = _angle(w, side, "knee_angle", _DOWN, -_AHEAD)
    if bent is not None:
        found["knee.flexion_stance", side] = w.each(
            side, lambda s: over(w.time_s, bent, s.start_s, s.start_s + 0.4 * (s.off_s - s.start_s), np.max)
        )
        found["knee.flexion_swing", side] = w.swing(side, bent, np.max)
    back = _angle(w, side, "hip_flexion", _DOWN, -_AHEAD)
    if back is not None:
        found["hip.extension", side] = w.stride(side, back, np.max)
    up = _angle(w, side, "ankle", _AHEAD, np.array([0.0, 1.0, 0.0]))
    if up is not None:
        found["ankle.dorsiflexion_swing", side] = w.each(
            side, lambda s: over(w.time_s, up, s.off_s + 0.25 * (s.end_s - s.off_s), s.end_s, np.min)
        )
    return found


def _angle(w: Walked, side: Side, word: str, axis: Floats, way: Floats) -> Floats | None:
    """A coordinate, deg, positive where it carries an end of its segment the given way; None where nothing shows it."""
    column = coordinate_of(w.a, word, side)
    if column is None or w.a.skeleton.coordinates[column] in w.a.unseen:
        return None
    return turned(w.a, column, carried(w.a, column), axis, way) * np.degrees(w.a.motion.q[:, column])


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
        (f"{role}.contact_per_day", side): w.each(
            side, lambda s: _per_day(impulse(t, size, s.start_s, s.end_s), steps_per_day(w.a))
        ),
    }


def steps_per_day(a: Analysis) -> float:
    """Steps of both feet in a day: the person's own where they were counted."""
    return USUAL_STEPS if a.subject.steps_per_day is None else a.subject.steps_per_day


def _per_day(per_stride: float, steps: float) -> float:
    """Impulse of all strides of a day, two steps each, kBW·s."""
    return per_stride * steps / 2 / 1e3


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
        ("low_back.compression_per_day", "none"): w.each(
            "none", lambda s: _per_day(impulse(t, size, s.start_s, s.end_s), steps_per_day(w.a))
        ),
        ("low_back.extension_moment", "none"): w.each(
            "none", lambda s: over(t, load.moment[:, 2], s.start_s, s.end_s, np.mean) / w.a.body.mass
        ),
    }
    extends = load.moment[:, 2] / w.a.body.mass
    for side in BOTH:
        found |= _low_back_step(w, side, size, extends)
    return found


def _low_back_step(w: Walked, side: Side, size: Floats, extends: Floats) -> Reading:
    """Compression (F,) BW and straightening moment (F,) N·m/kg of the low back in the step of one foot."""
    t = w.time_s
    dt = float(np.median(np.diff(t)))

    def step(values: Floats, how: How) -> Floats:
        return w.each(side, lambda s: over(t, values, s.start_s, s.other_on_s, how))

    def whole(values: Floats) -> Floats:
        return w.each(side, lambda s: impulse(t, values, s.start_s, s.other_on_s))

    return {
        ("low_back.compression_step_peak", side): step(size, np.max),
        ("low_back.compression_at_strike", side): w.each(side, lambda s: at_instant(t, size, s.start_s)),
        ("low_back.compression_step_impulse", side): whole(size),
        ("low_back.loading_rate", side): step(size, lambda v: _steepest(v, dt)),
        ("low_back.extension_step_moment", side): step(extends, np.max),
        ("low_back.extension_step_moment_impulse", side): whole(np.maximum(extends, 0.0)),
        ("low_back.extension_step_moment_rate", side): step(extends, lambda v: _steepest(v, dt)),
    }
