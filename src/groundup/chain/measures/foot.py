"""The foot: where it bears, how it rolls, what its tendon and sole carry.

Regions come from the centre of pressure in the foot's own frame. Each instant's load is given to the two regions whose
centres lie next to it, in the parts that put their common centre there: the fewest regions that explain one centre of
pressure. Simultaneous load under heel and forefoot therefore shows as midfoot load; a pressure plate or insole tells
them apart.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from groundup.body.functions import Floats
from groundup.body.pressure import REGIONS
from groundup.chain.gait import BOTH
from groundup.chain.measures.directions import carried, coordinate_of, turned
from groundup.chain.measures.walked import FootForce, Reading, Stride, Walked, at_instant, frames, over
from groundup.chain.muscle_groups import members, muscle_groups
from groundup.motion.events import CONTACT_N
from groundup.motion.soles import BALL_PART, HEEL_PAD_M, Sole
from groundup.study import NAN, Side

FOOT_FILE = Path(__file__).parents[1] / "data" / "foot.toml"
LEAST_COVER = 0.9
"""Part of a stance that the foot's force must be there for; a foot half beside the plate shows less."""


@cache
def foot_figures() -> dict[str, Any]:
    """Figures of the foot, with their sources in the file."""
    return tomllib.loads(FOOT_FILE.read_text(encoding="utf-8"))


def foot_reading(w: Walked) -> Reading:
    """Read off both feet."""
    found: Reading = {}
    for side in BOTH:
        if side in w.feet:
            found |= _pressure(w, side) | _motion(w, side) | _tension(w, side)
    return found


def along_foot(sole: Sole, time_s: Floats, force: FootForce) -> Floats:
    """Centre of pressure along the foot from heel (0) to tip (1) on the force's clock, (n,); NaN without load.

    Notes
    -----
    It is measured from whichever of heel and ball is lower, since that one stands while the other rises.
    """
    heel, ball = (np.column_stack([np.interp(force.time_s, time_s, p[:, i]) for i in range(3)]) for p in _ends(sole))
    way = (ball - heel) * [1.0, 0.0, 1.0]
    way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    length = foot_length_m(sole)
    from_heel = ((force.point_m - heel) * way).sum(1) + HEEL_PAD_M
    from_ball = ((force.point_m - ball) * way).sum(1) + BALL_PART * length
    place = np.where(heel[:, 1] < ball[:, 1], from_heel, from_ball) / length
    return np.where(force.force_n[:, 1] > CONTACT_N, place, NAN)


def across_foot_m(sole: Sole, time_s: Floats, force: FootForce) -> Floats:
    """Centre of pressure aside the line from heel to ball on the force's clock, outwards +, (n,) m."""
    heel, ball = (np.column_stack([np.interp(force.time_s, time_s, p[:, i]) for i in range(3)]) for p in _ends(sole))
    way = (ball - heel) * [1.0, 0.0, 1.0]
    way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    right = np.cross(way, [0.0, 1.0, 0.0])
    outwards = right if sole.side == "right" else -right
    return np.asarray(((force.point_m - heel) * outwards).sum(1))


def foot_length_m(sole: Sole) -> float:
    """Length of the foot, m."""
    apart = float(np.median(np.linalg.norm(sole.ball_m - sole.heel_m, axis=1)))
    return (apart + HEEL_PAD_M) / BALL_PART


def region_parts(place: Floats) -> Floats:
    """Part of the load that each region carries at a centre of pressure ``place`` (n,) along the foot, (n, 4)."""
    centers = np.array([foot_figures()["regions"][r] for r in REGIONS])
    parts = np.stack([np.interp(place, centers, unit) for unit in np.eye(len(centers))], axis=-1)
    return np.where(np.isfinite(place)[:, None], parts, 0.0)


def _ends(sole: Sole) -> tuple[Floats, Floats]:
    return sole.heel_m, sole.ball_m


def _pressure(w: Walked, side: Side) -> Reading:
    """Regional loads and the way of the centre of pressure; NaN for a stance that no force covers."""
    recorded = _recorded_regions(w, side)
    force = w.force.get(side)
    if force is None:
        return recorded
    place = along_foot(w.feet[side], w.time_s, force)
    load = np.maximum(force.force_n[:, 1], 0.0) / w.a.body_weight_n
    regional = region_parts(place) * load[:, None]
    stances = [_stance(w, force, s) for s in w.of(side)]
    found = _regions(side, force.time_s, regional, stances) | recorded
    bears = [i & np.isfinite(place) for i in stances]
    found["foot.cop_start", side] = _each(bears, lambda i: 100 * np.mean(place[i][: max(1, i.sum() // 20)]))
    found["foot.cop_mean", side] = _each(bears, lambda i: 100 * np.average(place[i], weights=load[i]))
    found["foot.cop_path", side] = _each(bears, lambda i: 100 * (place[i].max() - place[i].min()))
    length, aside = foot_length_m(w.feet[side]), across_foot_m(w.feet[side], w.time_s, force)
    found["foot.cop_side", side] = _each(bears, lambda i: 100 * np.average(aside[i], weights=load[i]) / length)
    found["foot.cop_speed", side] = _each(bears, lambda i: _speed(force.time_s[i], place[i] * length))
    return found | _vertical(w, side, force, load, stances) | _fascia(w, side, regional, place, stances)


TOUCH_BW = 0.05
"""Load from which a region counts as touching the ground."""


def _regions(side: Side, time_s: Floats, regional: Floats, stances: list[np.ndarray]) -> Reading:
    """Share, impulse, peak and time of each region, from their loads (n, 4) in body weights."""
    load = regional.sum(1)
    found: Reading = {}
    for region, one in zip(REGIONS, regional.T, strict=True):
        shares = [100 * one[i].sum() / load[i].sum() if i.sum() > 10 else NAN for i in stances]
        found[f"foot.{region}_share", side] = np.array(shares)
        found[f"foot.{region}_impulse", side] = np.array([_integral(time_s[i], one[i]) for i in stances])
        found[f"foot.{region}_peak", side] = np.array([one[i].max() if i.sum() > 10 else NAN for i in stances])
        found[f"foot.{region}_time", side] = np.array([_part_of_time(one[i]) for i in stances])
    return found


def _recorded_regions(w: Walked, side: Side) -> Reading:
    """Regions as a pressure platform or insole recorded them, which comes before the centre of pressure."""
    if w.pressure is None or side not in w.pressure.load_n:
        return {}
    regional = w.pressure.load_n[side] / w.a.body_weight_n
    clock = w.pressure.time_s
    bears = np.column_stack([0 * clock, regional.sum(1) * w.a.body_weight_n, 0 * clock])
    force = FootForce(clock, bears, np.zeros_like(bears))
    stances = [_stance(w, force, s) for s in w.of(side)]
    found = _regions(side, clock, regional, stances)
    for region, peak in zip(REGIONS, w.pressure.peak_kpa.get(side, np.zeros((0, 4))).T, strict=True):
        if len(peak):
            found[f"foot.{region}_pressure", side] = _each(stances, lambda i, peak=peak: peak[i].max())
    return found


def _part_of_time(load: Floats) -> float:
    return float(100 * (load > TOUCH_BW).mean()) if len(load) > 10 else NAN


def _vertical(w: Walked, side: Side, force: FootForce, load: Floats, stances: list[np.ndarray]) -> Reading:
    return {
        ("foot.force_peak", side): _each(stances, lambda i: load[i].max()),
        ("foot.first_peak", side): _each(stances, lambda i: load[i][: i.sum() // 2].max()),
        ("foot.second_peak", side): _each(stances, lambda i: load[i][i.sum() // 2 :].max()),
        ("foot.valley", side): _each(stances, lambda i: load[i][i.sum() // 4 : 3 * i.sum() // 4].min()),
        ("foot.impulse", side): _each(stances, lambda i: _integral(force.time_s[i], load[i])),
        ("foot.loading_rate", side): _each(stances, lambda i: _loading_rate(force.time_s[i], load[i])),
    }


def _stance(w: Walked, force: FootForce, s: Stride) -> np.ndarray:
    """Samples of a stance, bool (n,); none where the foot's force does not cover it."""
    inside = frames(force.time_s, s.start_s, s.off_s)
    bears = inside & (force.force_n[:, 1] > CONTACT_N)
    spans = len(force.time_s) and force.time_s[0] <= s.start_s + 0.02 and force.time_s[-1] >= s.off_s - 0.02
    covered = spans and inside.sum() > 10 and bears.sum() >= LEAST_COVER * inside.sum()
    return inside & covered


def _each(stances: list[np.ndarray], value: Any) -> Floats:
    return np.array([float(value(i)) if i.sum() > 10 else NAN for i in stances])


def _integral(time_s: Floats, values: Floats) -> float:
    return float(np.trapezoid(values, time_s)) if len(values) > 10 else NAN


def _speed(time_s: Floats, way_m: Floats) -> float:
    """Mean speed ahead between 10 and 90 % of the time, m/s: the ends hold too little force to place it."""
    first, last = int(0.1 * len(way_m)), int(0.9 * len(way_m))
    return float((way_m[last] - way_m[first]) / (time_s[last] - time_s[first]))


def _loading_rate(time_s: Floats, load: Floats) -> float:
    """Rise from 20 to 80 % of the first peak over its time, BW/s."""
    top = int(np.argmax(load[: max(2, len(load) // 2)]))
    if top < 2:
        return NAN
    rising = np.maximum.accumulate(load[: top + 1])
    low, high = (np.interp(f * load[top], rising, time_s[: top + 1]) for f in (0.2, 0.8))
    return float(0.6 * load[top] / (high - low)) if high > low else NAN


def _fascia(w: Walked, side: Side, regional: Floats, place: Floats, stances: list[np.ndarray]) -> Reading:
    """Tension of the plantar fascia from the load in front of the arch's apex: the arch as a truss.

    The forefoot's load turns the front of the foot up about the midtarsal joints; what lies under the arch holds it, of
    which the fascia carries a part.
    """
    f = foot_figures()["fascia"]
    ahead = np.maximum(place - f["apex_part"], 0.0) * regional[:, 1:].sum(1)
    tension = np.nan_to_num(f["fascia_part"] * ahead / f["lever_part"])
    return {("foot.fascia_peak", side): _each(stances, lambda i: tension[i].max())}


def _motion(w: Walked, side: Side) -> Reading:
    sole, t = w.feet[side], w.time_s
    way = sole.ball_m - sole.heel_m
    pitch = np.degrees(np.arctan2(way[:, 1], np.hypot(way[:, 0], way[:, 2])))
    out = 1.0 if side == "right" else -1.0
    turn = np.degrees(np.arctan2(out * (way * w.to_right).sum(1), (way * w.forward).sum(1)))
    found: Reading = {
        ("foot.strike_angle", side): w.each(side, lambda s: at_instant(t, pitch, s.start_s)),
        ("foot.progression_angle", side): w.each(side, lambda s: _mid(t, turn, s)),
        ("foot.heel_rise", side): w.each(side, lambda s: _heel_rise(t, pitch, s)),
    }
    for name, word in (("foot.toe_dorsiflexion", "mtp"), ("foot.rearfoot_eversion", "subtalar")):
        values = _joint_angle(w, word, side)
        if values is not None:
            found[name, side] = w.stance(side, values, np.max)
            ranged = name.replace("eversion", "range")
            if ranged != name:
                found[ranged, side] = w.stance(side, values, np.ptp)
    ankle = coordinate_of(w.a, "ankle", side)
    if ankle is not None:
        flexed = np.degrees(w.a.motion.q[:, ankle])
        found["foot.ankle_dorsiflexion", side] = w.stance(side, flexed, np.max)
    return found


def _joint_angle(w: Walked, word: str, side: Side) -> Floats | None:
    """Toes turned up, or the heel turned outwards (everted), deg; None where nothing showed it."""
    column = coordinate_of(w.a, word, side)
    if column is None or not _moves(w, column):
        return None
    up = np.array([0.0, 1.0, 0.0])
    outer = np.array([0.0, 0.0, 1.0 if side == "right" else -1.0])
    # Everted: the outer edge of the sole is up.
    sign = turned(w.a, column, carried(w.a, column), np.array([1.0, 0.0, 0.0]) if word == "mtp" else outer, up)
    return sign * np.degrees(w.a.motion.q[:, column])


def _moves(w: Walked, column: int) -> bool:
    name = w.a.skeleton.coordinates[column]
    return name not in w.a.unseen and float(np.ptp(w.a.motion.q[:, column])) > 1e-6


def _mid(time_s: Floats, values: Floats, s: Stride) -> float:
    length = s.off_s - s.start_s
    return over(time_s, values, s.start_s + 0.25 * length, s.start_s + 0.6 * length, np.mean)


_HEEL_UP_DEG = 5.0


def _heel_rise(time_s: Floats, pitch: Floats, s: Stride) -> float:
    """When the heel has risen for good by 5° beyond the flattest of the stance, % of the stance; 0 if never down.

    Flat is what the foot shows in the second quarter of the stance, but not more than 5° off level.
    """
    inside = frames(time_s, s.start_s, s.off_s)
    if inside.sum() < 10:
        return NAN
    own = pitch[inside]
    flat = float(np.clip(np.median(own[len(own) // 4 : len(own) // 2]), -_HEEL_UP_DEG, _HEEL_UP_DEG))
    down = np.flatnonzero(own > flat - _HEEL_UP_DEG)
    return float(100 * (down[-1] + 1) / len(own)) if len(down) else 0.0


def _tension(w: Walked, side: Side) -> Reading:
    """Achilles force: what calf muscles pull with."""
    loads = w.a.loads
    calf = next(g for g in muscle_groups() if g.id == "calf")
    if loads is None or not len(own := members(calf, loads.muscles, side)):
        return {}
    pull = loads.force[:, own].sum(1) / w.a.body_weight_n
    return {("foot.achilles_peak", side): w.stance(side, pull, np.max)}
