"""A recording cut into strides, with what the measures need of it: events, forces under the feet, directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from groundup.body.functions import Floats
from groundup.body.names import side_of
from groundup.body.pressure import RegionalPressure
from groundup.chain.gait import BOTH, NO_CYCLE, speed
from groundup.loads.analysis import Analysis
from groundup.motion.events import contacts_from_force, facing_from_feet
from groundup.motion.foot_contacts import contacts_of
from groundup.motion.soles import Sole, soles
from groundup.study import NAN, Cycle, Side

SAME_EVENT_S = 0.12
FACING_S = 1.2
"""Over about a stride the feet point where the person goes, on average."""

UP = np.array([0.0, 1.0, 0.0])
OTHER: dict[Side, Side] = {"right": "left", "left": "right", "none": "none"}
How = Callable[[Floats], float]
"""One number from some values."""

Reading = dict[tuple[str, Side], Floats]
"""Values by measure and side: one for each stride of that side; NaN where one was not computed."""


@dataclass(frozen=True)
class Stride:
    """Strike to the next strike of one foot, and the other foot's events within its stance; NaN where unknown, s."""

    side: Side
    start_s: float
    end_s: float
    off_s: float
    other_off_s: float
    other_on_s: float
    previous_other_on_s: float


@dataclass(frozen=True, eq=False)
class FootForce:
    """Force under one foot on its own clock: ``time_s`` (n,), ``force_n`` (n, 3), its point ``point_m`` (n, 3)."""

    time_s: Floats
    force_n: Floats
    point_m: Floats


@dataclass(frozen=True, eq=False)
class Walked:
    """A recording and its strides.

    Attributes
    ----------
    strides : of both feet, in order of side and time
    feet : soles by side
    force : by side; a foot without any force is left out
    forward : array, shape (F, 3)
        Unit vectors of where the person goes, smooth over a stride.
    estimated : the forces under the feet come from the motion, not from plates
    pressure : what each region of the feet carried, where it was recorded
    """

    a: Analysis
    strides: tuple[Stride, ...]
    feet: dict[Side, Sole]
    force: dict[Side, FootForce]
    forward: Floats
    estimated: bool
    pressure: RegionalPressure | None = None

    @property
    def time_s(self) -> Floats:
        """Clock of the motion, (F,)."""
        return self.a.motion.time_s

    @property
    def to_right(self) -> Floats:
        """Unit vectors to the person's right, (F, 3)."""
        return np.cross(self.forward, UP)

    @cached_property
    def pace(self) -> float:
        """Walking speed, m/s; NaN for a body without two feet."""
        return speed(self.a)

    def of(self, side: Side) -> tuple[Stride, ...]:
        """Strides of one side; of both for the trunk (``none``)."""
        return tuple(s for s in self.strides if side in ("none", s.side))

    def each(self, side: Side, value: Callable[[Stride], float]) -> Floats:
        """One value for each stride of a side."""
        return np.array([value(s) for s in self.of(side)])

    def stride(self, side: Side, values: Floats, how: How) -> Floats:
        """One number of ``values`` (F,) for each stride of a side."""
        return self.each(side, lambda s: over(self.time_s, values, s.start_s, s.end_s, how))

    def stance(self, side: Side, values: Floats, how: How) -> Floats:
        """One number of ``values`` (F,) for each stance of a side."""
        return self.each(side, lambda s: over(self.time_s, values, s.start_s, s.off_s, how))

    def swing(self, side: Side, values: Floats, how: How) -> Floats:
        """One number of ``values`` (F,) for each swing of a side."""
        return self.each(side, lambda s: over(self.time_s, values, s.off_s, s.end_s, how))

    def single(self, side: Side, values: Floats, how: How) -> Floats:
        """One number of ``values`` (F,) for each single support of a side."""
        return self.each(side, lambda s: over(self.time_s, values, s.other_off_s, s.other_on_s, how))


def walked(a: Analysis, cycles: Sequence[Cycle], pressure: RegionalPressure | None = None) -> Walked:
    """Cut an analysis into strides; cycles that stand for a whole recording are left out."""
    found = soles(a.skeleton, a.at)
    feet = {sole.side: sole for sole in found}
    own = [c for c in cycles if c.source != NO_CYCLE and c.side in feet]
    events = _events(a, found, own) if len(feet) == len(BOTH) and own else {}
    strides = tuple(_stride(c, events) for c in own) if events else ()
    force = {} if a.forces is None else {s: f for s in BOTH if (f := _under(a, s)) is not None}
    return Walked(a, strides, feet, force, _forward(a, found), a.ground.estimate is not None, pressure)


def frames(time_s: Floats, start_s: float, end_s: float) -> np.ndarray:
    """Frames from ``start_s`` to ``end_s``, both included, bool (n,); none where an end is NaN."""
    return np.asarray((time_s >= start_s - 1e-6) & (time_s <= end_s + 1e-6))


def over(time_s: Floats, values: Floats, start_s: float, end_s: float, how: How) -> float:
    """One number from the values between two instants; NaN where any of them was not computed or an end is unknown."""
    part = values[frames(time_s, start_s, end_s)]
    return float(how(part)) if len(part) > 1 and np.isfinite(part).all() else NAN


def at_instant(time_s: Floats, values: Floats, when_s: float) -> float:
    """Value at an instant; NaN where it is unknown or outside the clock."""
    if not np.isfinite(when_s) or not time_s[0] - 1e-6 <= when_s <= time_s[-1] + 1e-6:
        return NAN
    return float(np.interp(when_s, time_s, values))


def impulse(time_s: Floats, values: Floats, start_s: float, end_s: float) -> float:
    """Integral over time between two instants; NaN where any value was not computed."""
    inside = frames(time_s, start_s, end_s)
    part = values[inside]
    return float(np.trapezoid(part, time_s[inside])) if len(part) > 1 and np.isfinite(part).all() else NAN


def _forward(a: Analysis, found: Sequence[Sole]) -> Floats:
    n = len(a.motion.time_s)
    if not found or n < 2:
        return np.tile([1.0, 0.0, 0.0], (n, 1))
    facing = facing_from_feet(np.array([s.heel_m for s in found]), np.array([s.ball_m for s in found]))
    width = max(1, round(FACING_S / float(np.median(np.diff(a.motion.time_s)))))
    kernel = np.ones(min(width, n))
    mean = np.column_stack([np.convolve(facing[:, i], kernel, mode="same") for i in range(3)])
    return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9))


def _events(a: Analysis, found: Sequence[Sole], cycles: Sequence[Cycle]) -> dict[Side, tuple[Floats, Floats]]:
    """Strikes and offs by side: those of the cycles, beside them those of plates, then those of the motion."""
    contacts = contacts_of(tuple(found), a.motion.time_s).feet
    events: dict[Side, tuple[Floats, Floats]] = {}
    for sole, seen in zip(found, contacts, strict=True):
        own = [c for c in cycles if c.side == sole.side]
        on = [t for c in own for t in (c.start_s, c.end_s)]
        off = [c.start_s + c.foot_off_percent / 100 * (c.end_s - c.start_s) for c in own]
        force = None if a.ground.estimate is not None or a.forces is None else _under(a, sole.side)
        plates = () if force is None else contacts_from_force(force.time_s, force.force_n[:, 1])
        on_sources = (on, [c.on_s for c in plates], seen.strikes_s)
        off_sources = (off, [c.off_s for c in plates], seen.offs_s)
        events[sole.side] = (_merged(on_sources), _merged(off_sources))
    return events


def _merged(sources: Sequence[Sequence[float] | Floats]) -> Floats:
    kept: list[float] = []
    for source in sources:
        kept += [float(t) for t in source if np.isfinite(t) and all(abs(t - k) > SAME_EVENT_S for k in kept)]
    return np.array(sorted(kept))


def _stride(cycle: Cycle, events: dict[Side, tuple[Floats, Floats]]) -> Stride:
    off = cycle.start_s + cycle.foot_off_percent / 100 * (cycle.end_s - cycle.start_s)
    on_times, off_times = events[OTHER[cycle.side]]
    other_off = _first(off_times, cycle.start_s, off)
    other_on = _first(on_times, max(cycle.start_s, other_off) if np.isfinite(other_off) else cycle.start_s, cycle.end_s)
    before = on_times[on_times < cycle.start_s]
    previous = float(before[-1]) if len(before) and cycle.start_s - before[-1] < cycle.end_s - cycle.start_s else NAN
    return Stride(cycle.side, cycle.start_s, cycle.end_s, off, other_off, other_on, previous)


def _first(times: Floats, start: float, end: float) -> float:
    inside = times[(times > start) & (times < end)]
    return float(inside[0]) if len(inside) else NAN


def _under(a: Analysis, side: Side) -> FootForce | None:
    """Force under one foot, before it was smoothed like the motion where it was recorded."""
    contacts = a.ground.contacts
    forces = a.forces if contacts is None or a.ground.estimate is not None else contacts.forces
    if forces is None:
        return None
    own = [w for w in forces.wrenches if side_of(w.segment or w.name) == side and w.segment is not None]
    if not own:
        return None
    force = np.sum([w.force_n for w in own], axis=0)
    load = np.array([np.maximum(w.force_n[:, 1], 0.0) for w in own])
    point = np.sum([f[:, None] * np.nan_to_num(w.point_m) for f, w in zip(load, own, strict=True)], axis=0)
    return FootForce(forces.time_s, force, point / np.maximum(load.sum(0), 1e-6)[:, None])
