"""What a small change of the walk does to a load: one degree of lean, one centimetre, one kilogram."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from groundup.body.model import MotionKind
from groundup.body.names import Side, side_of
from groundup.chain.attribution.attribute import Path, Place
from groundup.chain.attribution.between import Sharing, between
from groundup.chain.attribution.changes import heavier, leaned, moved, placed, pushed, slowed
from groundup.chain.attribution.condition import Condition
from groundup.chain.attribution.interest import LoadOfInterest
from groundup.chain.attribution.links import Part, coordinate_parts
from groundup.errors import ModelError
from groundup.study import NAN, Sensitivity

STEPS = (-10.0, -3.0, -1.0, 1.0, 3.0, 10.0)
"""Multiples of a step that are tried, to find how far the straight line holds."""

STRAIGHT = 0.1
"""Part of a change by which the load may miss the straight line."""

UNNOTICED = 0.002
"""Part of the load by which it may miss the straight line, whatever the change."""

NOTHING = 1e-6
"""Part of the load; what a step changes by less it does not change at all, and ten steps are not tried."""

_NEAR, _FAR = 0.15, 0.4  # of the range of the curve below its peak, for one step and for ten


@dataclass(frozen=True, eq=False)
class _Change:
    """A small change in words, what one step of it is, and the condition after one step."""

    what: str
    side: Side
    step: float
    unit: str
    changed: Condition


def sensitivities(
    condition: Condition, load: LoadOfInterest, sharing: Sharing | None = None
) -> tuple[Sensitivity, ...]:
    """How much a load changes with small changes of the walk, each by itself, all else as it is.

    Returns
    -------
    One for each of: the trunk leaning forward and to the side, the first angle of hip, knee and ankle, the place of
    the ground force forward and outward, its size, body mass, and the time a cycle takes. ``value`` is half of what
    lies between one step less and one step more. Legs are those of the side that the load is on; for a load in the
    middle of the body, of the side that bears most at its peak.

    Raises
    ------
    RecordingError
        The ground forces of the cycle are not known.

    Notes
    -----
    "All else as it is" means that nothing else answers: a trunk that leans pulls the centre of pressure along in life,
    but not here. The peak is followed wherever in the cycle it goes.
    """
    path = Path(between(condition, condition, sharing), load)
    (here,) = path.evaluate((0.0,), path.points())
    side = load.side if load.side != "none" else _bearing(condition, here.point)
    return tuple(_sensitivity(condition, change, load, sharing, here) for change in _changes(condition, side))


def _bearing(condition: Condition, point: int) -> Side:
    """Side of the foot that carries most at a point of the cycle; the side of the cycle where no point is meant."""
    if point < 0 or not condition.feet:
        return condition.side
    return side_of(condition.feet[int(condition.force_bw[point, :, 1].argmax())])


def _changes(condition: Condition, side: Side) -> Iterator[_Change]:
    for what, sideways in (("trunk leans forward", False), (f"trunk leans to the {condition.side}", True)):
        try:
            yield _Change(what, "none", 1.0, "deg", leaned(condition, 1.0, sideways))
        except ModelError:  # a body without a low back
            continue
    parts = coordinate_parts(condition.body)
    follows = {c.dependent for c in condition.body.couplers}
    for link in ("hip", "knee", "ankle"):
        own = [c for c, p in zip(condition.body.coordinates, parts, strict=True) if p == Part(link, side)]
        own = [c for c in own if c.motion is MotionKind.ROTATIONAL and c.name not in follows]
        if own:
            changed = moved(condition, [own[0].name], [np.radians(1.0)])
            yield _Change(f"{link} angle grows ({own[0].name})", side, 1.0, "deg", changed)
    yield _Change("ground force acts further forward", side, 1.0, "cm", placed(condition, side, forward_m=0.01))
    yield _Change("ground force acts further outward", side, 1.0, "cm", placed(condition, side, outward_m=0.01))
    yield _Change("ground force grows", side, 1.0, "%", pushed(condition, side, 1.01))
    yield _Change("body mass grows", "none", 1.0, "kg", heavier(condition, 1.0))
    yield _Change("the cycle takes longer", "none", 1.0, "%", slowed(condition, 1.01))


def _sensitivity(
    condition: Condition, change: _Change, load: LoadOfInterest, sharing: Sharing | None, here: Place
) -> Sensitivity:
    path = Path(between(condition, change.changed, sharing), load)
    points, steps = path.points(), np.array(STEPS)
    near, unit = _near(load, here, points, _NEAR), np.abs(steps) == 1.0
    reached = np.zeros(len(steps))
    reached[unit] = [p.value - here.value for p in path.evaluate(list(steps[unit]), near)]
    if np.abs(reached).max() > NOTHING * abs(here.value):
        points = _near(load, here, points, _FAR)
        reached[~unit] = [p.value - here.value for p in path.evaluate(list(steps[~unit]), points)]
    slope = float(0.5 * (reached[3] - reached[2]))
    straight = np.abs(reached - slope * steps) <= np.maximum(
        STRAIGHT * np.abs(slope * steps), UNNOTICED * abs(here.value)
    )
    down, up = _held(straight[2::-1], -steps[2::-1]), _held(straight[3:], steps[3:])
    return Sensitivity(
        load.id,
        change.what,
        change.side,
        change.step,
        change.unit,
        slope,
        load.unit,
        -down * change.step,
        up * change.step,
    )


def _near(load: LoadOfInterest, here: Place, points: np.ndarray, part: float) -> np.ndarray:
    """Points whose load is within a part of the curve's range of the peak; all of them where a mean is taken."""
    if load.statistic != "peak":
        return points
    return np.asarray(points[here.curve[points] >= here.value - part * float(np.ptp(here.curve[points]))])


def _held(straight: np.ndarray, steps: np.ndarray) -> float:
    """The last of growing steps up to which the line holds; NaN where it does not hold for the first."""
    n = len(straight) if straight.all() else int(np.argmin(straight))
    return float(steps[n - 1]) if n else NAN
