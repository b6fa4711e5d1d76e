"""When each foot is on the ground, from the motion alone.

A foot is on the ground while its heel or its ball stands still on it, and in the air while both move. This holds for
limping, shuffling, walking on the toes, dragging, turning and on the belts of a treadmill alike, because it asks
neither for height nor for a direction; speeds are measured against the ground under the foot, and limits against the
foot's own swing. The instants are then refined by features that the literature found closest to force plates.

References
----------
.. [1] O'Connor, Thorpe, O'Malley, Vaughan, 2007, doi:10.1016/j.gaitpost.2006.05.016 (vertical speed of the foot)
.. [2] Hreljac, Marshall, 2000, doi:10.1016/S0021-9290(00)00014-2 (accelerations of heel and toe)
.. [3] Bruening, Ridge, 2014, doi:10.1016/j.gaitpost.2013.08.023 (which features hold for pathological gait)
.. [4] Altman, Davis, 2012, doi:10.1016/j.gaitpost.2011.09.104 (strike angle: heel, midfoot, forefoot)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.body.names import Side
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.motion.filtering import smooth
from groundup.motion.soles import SIDES, Sole, soles

Flags = NDArray[np.bool_]
StrikePart = Literal["heel", "midfoot", "forefoot"]

CUTOFF_HZ = 12.0  # keeps the jolt of a strike, takes the noise of cameras
FINE_S = 0.005
SWING_PART, SWING_PEAK_PART = 0.20, 0.40  # of the foot's own swing speed: its ends, and what it must reach
SWING_CUT_PART = 0.30
STILL_M_PER_S, SWING_M_PER_S = 0.15, 0.30  # never less than this
SHORTEST_S, SHORTEST_CUT_S = 0.08, 0.02  # swing or stance; swing that the recording cuts
BELT_M_PER_S, BELT_SPREAD_M_PER_S = 0.10, 0.10  # slower ground is taken to stand
UP_M_PER_S, DOWN_M_PER_S = 0.04, 0.04  # less is no lift and no landing
SWING_S = 0.35  # of brisk walking
STOP_FROM = 2.0  # times the speed at the end of the swing: from here the slowing down is extended
CLEAR_PART = 0.75  # of the highest peak: the first one as clear as this counts
HEEL_STRIKE_DEG, FOREFOOT_STRIKE_DEG = 8.0, -1.6  # strike angle, reference 4


@dataclass(frozen=True, eq=False)
class FootContact:
    """Contact of one foot with the ground.

    Attributes
    ----------
    on_ground : bool array, shape (F,)
    strikes_s, offs_s : array, s
        Instants within the recording at which the foot meets and leaves the ground.
    strike_parts : which part of the foot met the ground first, one for each strike
    ground_m_per_s : array, shape (3,)
        Velocity of the ground under the foot: that of a treadmill's belt, else 0.
    """

    on_ground: Flags
    strikes_s: Floats
    offs_s: Floats
    strike_parts: tuple[StrikePart, ...]
    ground_m_per_s: Floats


@dataclass(frozen=True, eq=False)
class FootContacts:
    """Contacts of both feet.

    Attributes
    ----------
    on_ground : bool array, shape (F, 2)
        Right and left foot; always False for a foot that the body lacks.
    feet : one for each side of ``sides``
    """

    on_ground: Flags
    sides: tuple[Side, ...]
    feet: tuple[FootContact, ...]

    def of(self, side: Side) -> FootContact | None:
        """Contact of one side's foot; None where the body lacks it."""
        return self.feet[self.sides.index(side)] if side in self.sides else None


def foot_contacts(skeleton: Skeleton, at: Poses, time_s: Floats) -> FootContacts:
    """Find when the feet of a moving body are on the ground.

    Parameters
    ----------
    at : Poses of F frames
    time_s : array, shape (F,), s
    """
    both = soles(skeleton, at)
    return contacts_of(both, time_s)


def contacts_of(both: tuple[Sole, ...], time_s: Floats) -> FootContacts:
    """Contacts of soles, as :func:`foot_contacts`."""
    feet = tuple(foot_contact(time_s, sole.heel_m, sole.ball_m, level=True) for sole in both)
    sides = tuple(sole.side for sole in both)
    none = np.zeros(len(time_s), dtype=bool)
    flags = [feet[sides.index(s)].on_ground if s in sides else none for s in SIDES]
    return FootContacts(np.column_stack(flags), sides, feet)


def foot_contact(time_s: Floats, heel_m: Floats, ball_m: Floats, *, level: bool = False) -> FootContact:
    """Find when one foot is on the ground from two points of it.

    Parameters
    ----------
    time_s : array, shape (F,), s
    heel_m, ball_m : array, shape (F, 3), m, y up, without gaps
        Fixed to the hindfoot, near the heel and near the ball: points of the sole, or markers.
    level : both points are at the same height while the foot is flat; otherwise their own lowest heights tell

    Notes
    -----
    Of three candidates for a strike the middle one is taken, and for a foot-off the mean of the later two, so that one
    that fails (no lift in shuffling, no clear landing) does little harm. Limits: a foot that never stands still
    (skating) is not recognised, nor a belt that changes its speed by more than 0.1 m/s within the recording.
    """
    if len(time_s) < 6:
        return FootContact(np.ones(len(time_s), bool), np.zeros(0), np.zeros(0), (), np.zeros(3))
    foot = _track(time_s, heel_m, ball_m, level)
    swings = _swings(foot)
    strikes = [(end, _strike(foot, swings, k)) for k, (_, end) in enumerate(swings) if end < len(foot.clock_s) - 1]
    offs = [_off(foot, swings, k) for k, (start, _) in enumerate(swings) if start > 0]
    strikes_s, offs_s = np.array([s for _, s in strikes]), np.array(offs)
    parts = tuple(_part(foot, s) for s in strikes_s)
    airborne = np.zeros(len(time_s), dtype=bool)
    for k, (start, end) in enumerate(swings):
        first = -np.inf if start == 0 else offs_s[k - (swings[0][0] == 0)]
        last = strikes_s[k] if end < len(foot.clock_s) - 1 else np.inf
        airborne |= (time_s > first) & (time_s < last)
    return FootContact(~airborne, strikes_s, offs_s, parts, foot.ground)


# --- the track of a foot ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Track:
    """Heel and ball on a fine clock: heights above the floor (n, 2), and velocities against the ground (n, 2, 3)."""

    clock_s: Floats
    height: Floats
    velocity: Floats
    lift: Floats  # (n, 2) upward acceleration
    length: float
    ground: Floats

    @cached_property
    def slowest(self) -> Floats:
        """Speed of whichever point moves less, (n,) m/s."""
        return np.asarray(np.linalg.norm(self.velocity, axis=-1).min(axis=1))

    @cached_property
    def rise(self) -> Floats:
        """Vertical speed of the foot's centre, (n,) m/s."""
        return np.asarray(self.velocity[:, :, 1].mean(axis=1))

    @cached_property
    def push(self) -> Floats:
        """Growth of the ball's horizontal speed from one fine frame to the next, (n,)."""
        return np.asarray(np.gradient(np.hypot(self.velocity[:, 1, 0], self.velocity[:, 1, 2])))

    def frames(self, duration_s: float) -> int:
        return round(duration_s / float(self.clock_s[1] - self.clock_s[0]))


def _track(time_s: Floats, heel_m: Floats, ball_m: Floats, level: bool) -> _Track:
    step = float(np.median(np.diff(time_s)))
    n_steps = max(1, int(np.ceil(step / FINE_S - 1e-9))) * max(1, round(float(np.ptp(time_s)) / step))
    clock = np.linspace(time_s[0], time_s[-1], n_steps + 1)
    signals = smooth(time_s, np.hstack([heel_m, ball_m]), min(CUTOFF_HZ, 0.4 / step))
    place, speed, acceleration = (signals.derivative(clock, k).reshape(-1, 2, 3) for k in range(3))
    floor = np.percentile(place[:, :, 1], 2, axis=0)
    height = place[:, :, 1] - (floor.min() if level else floor)
    ground = _ground_velocity(speed, height)
    length = float(np.median(np.linalg.norm(heel_m - ball_m, axis=1)))
    return _Track(clock, height, speed - ground, acceleration[:, :, 1], length, ground)


def _ground_velocity(speed: Floats, height: Floats) -> Floats:
    """Velocity of the ground, (3,) m/s: the one that low, level-going points of the foot have most often."""
    low = (np.abs(speed[..., 1]) < STILL_M_PER_S) & (height <= np.median(height, axis=0) + 0.01)
    horizontal = speed[low][:, [0, 2]]
    if len(horizontal) < 5:
        return np.zeros(3)
    size = 0.5 * BELT_SPREAD_M_PER_S
    cells, counts = np.unique(np.round(horizontal / size).astype(int), axis=0, return_counts=True)
    crowd = [counts[(np.abs(cells - cell) <= 1).all(axis=1)].sum() for cell in cells]
    centre = size * cells[int(np.argmax(crowd))]
    near = np.linalg.norm(horizontal - centre, axis=1) < BELT_SPREAD_M_PER_S
    x, z = horizontal[near].mean(axis=0) if near.any() else centre
    return np.array([x, 0.0, z]) if np.hypot(x, z) > BELT_M_PER_S else np.zeros(3)


# --- swings, and the instants at their ends ---------------------------------------------------------------------------


def _swings(foot: _Track) -> list[tuple[int, int]]:
    """First and last fine frame of each swing."""
    speed = foot.slowest
    typical = float(np.percentile(speed, 95))
    moving = speed > max(STILL_M_PER_S, SWING_PART * typical)
    moving = ~_without_short(~moving, foot.frames(SHORTEST_S))
    found = []
    for start, end in runs(moving):
        cut = start == 0 or end == len(moving) - 1
        long = end - start >= foot.frames(SHORTEST_CUT_S if cut else SHORTEST_S)
        # Of a swing that the recording cuts, the fast middle may be missing.
        reach = max(SWING_M_PER_S, (SWING_CUT_PART if cut else SWING_PEAK_PART) * typical)
        if long and speed[start : end + 1].max() >= reach:
            found.append((start, end))
    return found


def _off(foot: _Track, swings: list[tuple[int, int]], k: int) -> float:
    """Instant at which the foot leaves: between peak rise of the foot and push of the ball ahead.

    Where one of them cannot be told, the first motion takes its place, which is always a little early.
    """
    start, end = swings[k]
    pace = _pace(foot, start, end)
    fastest = start + int(foot.slowest[start : end + 1].argmax())
    first = max(start - foot.frames(0.10 * pace), swings[k - 1][1] + 1 if k else 0)
    last = min(start + foot.frames(0.12 * pace), fastest)
    lifted = _peak(foot.rise, first, last, UP_M_PER_S)
    candidates = [c for c in (start, lifted, _peak(foot.push, first, last, 0.0)) if c is not None]
    return float(np.mean([foot.clock_s[c] for c in sorted(candidates)[-2:]]))


def _strike(foot: _Track, swings: list[tuple[int, int]], k: int) -> float:
    """Instant at which the foot lands: middle of: nearly stopped, the landing part's jolt and the foot's peak fall.

    Where it does not fall, as a dragged foot, it lands when it has come to a stop.
    """
    start, end = swings[k]
    pace = _pace(foot, start, end)
    fastest = start + int(foot.slowest[start : end + 1].argmax())
    first = max(end - foot.frames(0.05 * pace), fastest)
    after = swings[k + 1][0] - 1 if k + 1 < len(swings) else len(foot.clock_s) - 1
    last = min(end + foot.frames(0.15 * pace), after)
    part = int(foot.height[end].argmin())
    falling = -foot.velocity[max(0, end - foot.frames(0.10 * pace)) : end + foot.frames(0.05 * pace) + 1, part, 1].min()
    jolt = _peak(foot.lift[:, part], first, last, 0.0) if falling > DOWN_M_PER_S else None
    landing = [c for c in (jolt, _peak(-foot.rise, first, last, DOWN_M_PER_S)) if c is not None]
    stop = _stop(foot, fastest, end, last)
    # A foot that lands on its heel falls on about it, which hides the last of its stop.
    slowing = (end + stop) // 2 if landing and part == 0 else stop
    return float(np.median([foot.clock_s[c] for c in (slowing, *landing)]))


def _pace(foot: _Track, start: int, end: int) -> float:
    """How long a swing takes against one of brisk walking; slow feet need longer windows."""
    return float(np.clip((foot.clock_s[end] - foot.clock_s[start]) / SWING_S, 1.0, 4.0))


def _stop(foot: _Track, fastest: int, end: int, last: int) -> int:
    """Frame at which the foot would stand still if it went on slowing down as it did before the swing's end."""
    speed = foot.slowest
    faster = np.flatnonzero(speed[fastest : end + 1] > STOP_FROM * speed[end])
    before = fastest + int(faster[-1]) if len(faster) else end
    return min(end + round((end - before) / (STOP_FROM - 1.0)), last)


def _peak(signal: Floats, first: int, last: int, least: float) -> int | None:
    """Frame of the first clear peak between two frames; None where there is none or it is too low to mean anything."""
    if last - first < 2:
        return None
    part = signal[first : last + 1]
    if part.max() <= least:
        return None
    tops = 1 + np.flatnonzero(
        (part[1:-1] > part[:-2]) & (part[1:-1] >= part[2:]) & (part[1:-1] >= CLEAR_PART * part.max())
    )
    return first + int(tops[0]) if len(tops) else None


def _part(foot: _Track, strike_s: float) -> StrikePart:
    at = min(int(np.searchsorted(foot.clock_s, strike_s)), len(foot.clock_s) - 1)
    heel, ball = foot.height[at]
    angle = np.degrees(np.arcsin(np.clip((ball - heel) / max(foot.length, 1e-6), -1.0, 1.0)))
    return "heel" if angle > HEEL_STRIKE_DEG else "forefoot" if angle < FOREFOOT_STRIKE_DEG else "midfoot"


def runs(flags: Flags) -> list[tuple[int, int]]:
    """First and last index of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2] - 1, strict=True)]


def _without_short(flags: Flags, fewest: int) -> Flags:
    """Drop stretches of True that are shorter and do not touch an end."""
    kept = flags.copy()
    for first, last in runs(flags):
        if first > 0 and last < len(flags) - 1 and last - first + 1 < fewest:
            kept[first : last + 1] = False
    return kept
