"""Curves of two studies over the same percent of the gait cycle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from groundup.chain.comparison.changes import SAME, amount_of, verdict
from groundup.chain.comparison.limits import Z90, Z95, Limit, detectable, greatest, of_strides
from groundup.chain.comparison.records import Cluster, CurveChange, CurveTest, Verdict
from groundup.chain.comparison.strides import Tester
from groundup.chain.curves import cycle_curves
from groundup.chain.gait import NO_CYCLE
from groundup.chain.reference import When
from groundup.study import NAN, Cycle, CycleCurve, Floats, Group, Series, Side, Study, rounded

GROUPS: tuple[Group, ...] = ("angle", "moment", "joint_load", "lumbar", "ground_force")
BOTH: tuple[Side, ...] = ("left", "right")
GRAVITY = 9.80665
FEWEST = 2
"""Strides that show how strides differ."""

LEAST_NM = 0.5
"""Moments that range over less, of massless helper segments or the wrist, say nothing about a walk."""

_DIGITS = 7
_AXES = {"vy": ("up", "Ground force, upward"), "vx": ("forward", "Ground force, forward")}


@dataclass(frozen=True)
class Key:
    """What makes two curves the same quantity."""

    id: str
    cycle_side: str
    unit: str


def drawn_curves(study: Study) -> dict[Key, CycleCurve]:
    """Curves of a study that can be compared: of angles, moments and loads, and the ground force of each foot.

    What is no quantity of the person is left out.
    """
    own = (c for c in study.curves if c.group in GROUPS and not _OUT.match(f"{c.id} {c.unit}"))
    cycles = complete(study)
    sides = {c.side for c in cycles}
    ground = cycle_curves(_ground(study), cycles, study.time_s, _GROUND_LABELS)
    found = (*own, *_measured(ground, cycles))
    return {Key(c.id, c.cycle_side, c.unit): c for c in found if c.cycle_side in sides}


_CARRIES_BW = 0.05
_STANDS = 0.95  # of the middle of stance


def _measured(ground: Sequence[CycleCurve], cycles: Sequence[Cycle]) -> Iterator[CycleCurve]:
    """Ground forces of the strides whose stance a plate measured; a foot beside the plates shows no force."""
    upward = {c.side: c for c in ground if c.name.startswith("up_")}
    for curve in ground:
        own = [c for c in cycles if c.side == curve.cycle_side]
        percent = curve.percent
        rows = []
        for cycle, force, row in zip(own, upward[curve.side].each, curve.each, strict=True):
            middle = (percent > 0.1 * cycle.foot_off_percent) & (percent < 0.9 * cycle.foot_off_percent)
            stood = not middle.any() or float((force[middle] > _CARRIES_BW).mean()) >= _STANDS
            rows.append(row if stood else np.full_like(row, NAN))
        each = np.array(rows)
        if whole(each).size:
            yield replace(curve, each=each, mean=whole(each).mean(axis=0))


def complete(study: Study) -> tuple[Cycle, ...]:
    """Cycles from strike to strike; a recording without one is drawn as a whole, which compares with nothing."""
    return tuple(c for c in study.cycles if c.source != NO_CYCLE)


# Places in the laboratory, what holds a kneecap in its groove, what no muscle supplies (residuals), single plates; and
# what lies beyond the chain from the feet to the low back, and swings more freely.
_OUT = re.compile(
    r"angle\..* (m|rad)$|moment\..*_force |moment\..* N$|moment\.pelvis_|ground_force\."
    r"|(angle|moment)\.(neck|arm|elbow|pro_sup|wrist|Abs)_"
)
_GROUND_LABELS = {f"ground_force.{name}_{side}": label for name, label in _AXES.values() for side in BOTH}


def _ground(study: Study) -> Iterator[Series]:
    """Force under each foot in body weights, whatever plates it stood on."""
    weight = study.subject.mass_kg * GRAVITY
    for side in BOTH:
        for ending, (name, _) in _AXES.items():
            found = [
                s for s in study.series if s.group == "ground_force" and s.side == side and s.name.endswith(ending)
            ]
            if found and weight > 0:
                total = np.sum([s.values for s in found], axis=0) / weight
                full = f"{name}_{side}"
                yield Series(f"ground_force.{full}", "ground_force", full, side, "BW", total, found[0].time_s)


def curve_changes(before: Study, after: Study, test: Tester, when: When) -> tuple[CurveChange, ...]:
    """Compare every curve that both studies have, in the order of the second."""
    first, second = drawn_curves(before), drawn_curves(after)
    pairs = ((first[key], curve) for key, curve in second.items() if key in first)
    return tuple(
        _curve_change(a, b, test, when)
        for a, b in pairs
        if a.unit != "N·m" or max(_range(a.mean), _range(b.mean)) > LEAST_NM
    )


def _curve_change(before: CycleCurve, after: CycleCurve, test: Tester, when: When) -> CurveChange:
    a, b = whole(before.each), whole(after.each)
    difference = after.mean - before.mean
    tested, untested = test(a, b)
    at = int(np.nanargmax(np.abs(difference))) if np.isfinite(difference).any() else 0
    known = difference[np.isfinite(difference)]
    rms = float(np.sqrt(np.mean(known**2))) if len(known) else NAN
    size = max(_range(before.mean), _range(after.mean))
    # A test over the cycle says better what strides differ by.
    own = of_strides(a[:, at], b[:, at]) if tested is None else Limit()
    limit = greatest([own, detectable(after.group, after.unit, size, when, single=min(len(a), len(b)) < FEWEST)])
    measuring = detectable(after.group, after.unit, size, when)
    said, at = _verdict(difference, at, size, limit, tested)
    return CurveChange(
        id=after.id,
        group=after.group,
        name=after.name,
        label=after.label or before.label,
        side=after.side,
        cycle_side=after.cycle_side,
        unit=after.unit,
        before=rounded(before.mean, _DIGITS),
        after=rounded(after.mean, _DIGITS),
        difference=rounded(difference, _DIGITS),
        strides_before=len(before.each),
        strides_after=len(after.each),
        rms=rms,
        largest=float(difference[at]),
        largest_percent=100.0 * at / (len(difference) - 1),
        detectable=limit.value,
        detectable_source=limit.source,
        detectable_origin=limit.origin,
        band_before=rounded(_band(a, measuring, len(difference)), _DIGITS),
        band_after=rounded(_band(b, measuring, len(difference)), _DIGITS),
        verdict=said,
        text=_words(said, float(difference[at]), 100.0 * at / (len(difference) - 1), after.unit, tested),
        test=tested,
        untested=untested,
    )


def _band(strides: Floats, measuring: Limit, count: int) -> Floats:
    """Half the width of the band about a mean, (count,): strides and measuring together, at 90 %.

    Notes
    -----
    The smallest detectable change is 1.96 · √2 standard errors of measuring one recording.
    """
    one = Z90 * measuring.value / (Z95 * np.sqrt(2.0))
    between = Z90 * strides.std(axis=0, ddof=1) if len(strides) > 1 else np.zeros(count)
    return np.asarray(np.hypot(one, between))


def _range(mean: Floats) -> float:
    known = mean[np.isfinite(mean)]
    return float(np.ptp(known)) if len(known) else 0.0


def whole(each: Floats) -> Floats:
    """Strides that were computed throughout, (n_strides, n_points)."""
    return each[np.isfinite(each).all(axis=1)]


def _verdict(difference: Floats, at: int, size: float, limit: Limit, tested: CurveTest | None) -> tuple[Verdict, int]:
    """What the whole curve says, and the point that says it.

    Notes
    -----
    Where strides could be tested, only the stretches count in which they differ.
    """
    points = np.isfinite(difference)
    if tested is not None and points.any() and np.abs(difference[at]) > SAME * size:
        points &= _inside(tested, len(difference))
        if not points.any():
            return "no detectable change", at
        at = int(np.argmax(np.where(points, np.abs(difference), -1.0)))
    if not points.any():
        return "not computed", at
    return verdict(float(difference[at]), size, limit.value), at


def _inside(tested: CurveTest, count: int) -> np.ndarray:
    """Points within the clusters."""
    percent = np.linspace(0.0, 100.0, count)
    inside = np.zeros(count, dtype=bool)
    for c in tested.clusters:
        inside |= (percent >= c.start_percent - 0.5) & (percent <= c.end_percent + 0.5)
    return inside


def _words(said: Verdict, largest: float, percent: float, unit: str, tested: CurveTest | None) -> str:
    if said in ("not computed", "no detectable change"):
        return said
    way = "higher" if largest > 0 else "lower"
    amount = f"{way} by up to {amount_of(abs(largest), unit)}, at {percent:.0f} % of the cycle"
    if said == "not known":
        return f"{amount}; whether that is more than chance is not known"
    if tested is None:
        return amount
    return f"{amount}; strides differ from {_stretches(tested.clusters)}"


def _stretches(clusters: Sequence[Cluster]) -> str:
    return ", ".join(f"{c.start_percent:.0f} to {c.end_percent:.0f} %" for c in clusters)
