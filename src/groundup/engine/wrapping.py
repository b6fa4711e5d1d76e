"""Shortest ways of a string over smooth obstacles, many at once: cylinders and spheres.

Every function takes flat batches: ``K`` straight links, each with the obstacle it may touch, both ends written in
the obstacle's own frame. Each answers whether the link wraps, where it touches first and last, and how long the way
between them is. The choices (which side, when a link counts as blocked) are those that OpenSim's users know, because
muscle paths in published models were tuned with them; where they are not the mathematically shortest way, the notes
of the function say so.

References
----------
.. [1] Delp & Loan (1995), A graphics-based software system to develop and analyze models of musculoskeletal
   structures, doi:10.1016/0010-4825(95)98882-E (the method's origin: SIMM)
.. [2] Seth et al. (2018), OpenSim, doi:10.1371/journal.pcbi.1006223
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


class Outcome(IntEnum):
    """What an obstacle does to a link.

    A ``BLOCKED`` link runs through the obstacle and must go round it; a ``BENT`` one is led over the obstacle by its
    half (it would pass on the wrong side), and gives way to another link that costs less.
    """

    FREE = 0
    INSIDE = 1
    BENT = 2
    BLOCKED = 3


@dataclass(frozen=True, eq=False)
class Wraps:
    """Results of a batch.

    Attributes
    ----------
    outcome : int array, shape (K,), values of :class:`Outcome`
    first, second : array, shape (K, 3), m
        Where the way meets and leaves the obstacle, in its frame; meaningful where it wraps.
    length : array, shape (K,), m
        Length on the surface between the two.
    """

    outcome: Ints
    first: Floats
    second: Floats
    length: Floats


@dataclass(frozen=True, eq=False)
class Half:
    """The half of the obstacle that paths may use: along ``axis`` (0, 1, 2) with ``sign`` ±1; sign 0 = both halves."""

    axis: Ints
    sign: Ints

    def at(self, chosen: Ints) -> Half:
        """Those of the ``chosen`` links."""
        return Half(self.axis[chosen], self.sign[chosen])

    def holds(self, point: Floats) -> Bools:
        """Whether points (K, 3) lie on the allowed half."""
        held: Bools = _sign(_along(point, self.axis)) == self.sign
        return held


def free(count: int) -> Wraps:
    """A batch in which nothing wraps."""
    return Wraps(np.zeros(count, dtype=np.intp), np.zeros((count, 3)), np.zeros((count, 3)), np.zeros(count))


def merge(whole: Wraps, chosen: Ints, part: Wraps) -> Wraps:
    """Put the results ``part`` of the ``chosen`` links into the batch ``whole``."""
    merged = {}
    for field in fields(Wraps):
        value = getattr(whole, field.name).copy()
        value[chosen] = getattr(part, field.name)
        merged[field.name] = value
    return Wraps(**merged)


# --------------------------------------------------------------------------------------------------------- cylinder


def wrap_cylinder(p1: Floats, p2: Floats, radius: Floats, length: Floats, half: Half, refine: Bools) -> Wraps:
    """Lead links over cylinders about the z axis.

    Parameters
    ----------
    p1, p2 : array, shape (K, 3), m
        Ends of the links.
    radius, length : array, shape (K,), m
    half : Half, arrays of shape (K,)
    refine : bool array, shape (K,)
        Put the touching points onto the helix, the shortest way. OpenSim does so (by rounds of small shifts that end
        at a kink of 0.1°) only for paths with several obstacles; without it the points lie in the plane through both
        ends and the edge of the cylinder nearest to the link, a good guess of the helix but not the helix itself.

    Returns
    -------
    Wraps

    Notes
    -----
    The cylinder is endless until both touching points lie beyond its ends; then nothing wraps. A link with an end
    inside the radius does not wrap. Where the allowed half demands the long way (more than half a turn), its angle is
    ``2π - short``; OpenSim 4.6 counts ``2π + short`` when that way runs counter-clockwise about z, which is a fault.
    """
    inside = (_squared_xy(p1) < radius**2) | (_squared_xy(p2) < radius**2)
    crossing, near = _crosses_cylinder(p1, p2, radius)
    code = np.where(half.sign == 0, np.where(crossing, Outcome.BLOCKED, Outcome.FREE), Outcome.BENT)
    code = np.where(half.sign != 0, _bend_by_half(p1, p2, near, crossing, half), code)
    code = np.where(inside, Outcome.INSIDE, code)
    chosen = np.flatnonzero(code >= Outcome.BENT)
    result = free(len(p1))
    result = Wraps(code, result.first, result.second, result.length)
    if not len(chosen):
        return result
    part = _round_cylinder(
        p1[chosen], p2[chosen], radius[chosen], length[chosen], half.at(chosen), refine[chosen], code[chosen]
    )
    return merge(result, chosen, part)


def _crosses_cylinder(p1: Floats, p2: Floats, radius: Floats) -> tuple[Bools, Floats]:
    """Whether links pass the axis closer than the radius between their ends, and the point nearest to the axis."""
    d = p2 - p1
    across = _squared_xy(d)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = -(p1[:, 0] * d[:, 0] + p1[:, 1] * d[:, 1]) / across
        near = p1 + t[:, None] * d
        crossing = (_squared_xy(near) < radius**2) & (t > 0.0) & (t < 1.0)
    return crossing, near


def _bend_by_half(p1: Floats, p2: Floats, near: Floats, crossing: Bools, half: Half) -> Ints:
    """Outcome for obstacles with one allowed half.

    With an end on the allowed side, the link is blocked if it runs through the obstacle, bent if its ends lie on
    different sides and it passes the centre on the forbidden side, and free otherwise. With both ends on the
    forbidden side it is always bent.
    """
    on1, on2 = half.holds(p1), half.holds(p2)
    some_side = np.where((on1 != on2) & ~half.holds(near), Outcome.BENT, Outcome.FREE)
    return np.where(on1 | on2, np.where(crossing, Outcome.BLOCKED, some_side), Outcome.BENT)


def _round_cylinder(
    p1: Floats, p2: Floats, radius: Floats, length: Floats, half: Half, refine: Bools, code: Ints
) -> Wraps:
    """The way round for links known to wrap."""
    r1, r2, far_apex, long_way = _touching_points(p1, p2, radius, half)
    r1, r2 = _slide_into_plane(p1, p2, r1, r2, _apex(p1, p2, radius, far_apex))
    beyond = (np.abs(r1[:, 2]) > length / 2) & (np.abs(r2[:, 2]) > length / 2)
    chosen = np.flatnonzero(refine & ~beyond)
    if len(chosen):
        r1[chosen], r2[chosen] = _slide_to_helix(
            p1[chosen], p2[chosen], r1[chosen], r2[chosen], radius[chosen], long_way[chosen]
        )
    arc = radius * _turn(r1, r2, long_way)
    return Wraps(np.where(beyond, Outcome.FREE, code), r1, r2, np.hypot(arc, r2[:, 2] - r1[:, 2]))


def _touching_points(p1: Floats, p2: Floats, radius: Floats, half: Half) -> tuple[Floats, Floats, Bools, Bools]:
    """Tangent points seen along the axis, at the height of the ends, and which way round they go.

    From each end two tangents touch the circle: ``a`` counter-clockwise of the end, ``b`` clockwise.
    """
    r1a, r1b = _tangents(p1, radius)
    r2a, r2b = _tangents(p2, radius)
    a_to_b = _pick_by_half(r1a, r1b, r2a, r2b, half)
    pick_1a, pick_2a = _pick_nearest(r1a, r1b, r2a, r2b)
    constrained = half.sign != 0
    pick_1a = np.where(constrained, a_to_b, pick_1a)
    pick_2a = np.where(constrained, ~a_to_b, pick_2a)
    r1 = np.where(pick_1a[:, None], r1a, r1b)
    r2 = np.where(pick_2a[:, None], r2a, r2b)
    alpha, beta = _cosine_xy(r1a, r2b), _cosine_xy(r1b, r2a)
    # cosines fall as angles grow: alpha < beta means the a-to-b way is the longer of the two
    none_on = ~(half.holds(r1a) | half.holds(r1b) | half.holds(r2a) | half.holds(r2b))
    far = constrained & (none_on | np.where(a_to_b, alpha < beta, ~(alpha < beta)))
    pull = r1 - p1 + r2 - p2
    outward = r1 + r2
    long_way = constrained & (outward[:, 0] * pull[:, 0] + outward[:, 1] * pull[:, 1] < 0.0)
    return r1, r2, far, long_way


def _tangents(p: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """The two points where tangents from ``p`` touch the circle, counter-clockwise and clockwise, at ``p``'s height."""
    squared = _squared_xy(p)
    along = radius**2 / squared
    aside = radius * np.sqrt(np.maximum(squared - radius**2, 0.0)) / squared
    x, y, z = p[:, 0], p[:, 1], p[:, 2]
    a = np.stack([along * x - aside * y, along * y + aside * x, z], axis=-1)
    b = np.stack([along * x + aside * y, along * y - aside * x, z], axis=-1)
    return a, b


def _pick_by_half(r1a: Floats, r1b: Floats, r2a: Floats, r2b: Floats, half: Half) -> Bools:
    """Whether to go from tangent 1a to 2b (else 1b to 2a), by which touching points lie on the allowed half."""
    on1a, on1b, on2a, on2b = (half.holds(r) for r in (r1a, r1b, r2a, r2b))
    shorter_is_ba = _cosine_xy(r1a, r2b) < _cosine_xy(r1b, r2a)
    undecided_off = np.where(on2a, False, np.where(on2b, True, shorter_is_ba))
    undecided = np.where(on1a, ~on2a, undecided_off)
    return np.where(on1a == on1b, undecided, on1a)


def _pick_nearest(r1a: Floats, r1b: Floats, r2a: Floats, r2b: Floats) -> tuple[Bools, Bools]:
    """Whether to take ``a`` at the first and at the second end so that the touching points are closest."""
    cosines = np.stack([_cosine_xy(r1, r2) for r1 in (r1a, r1b) for r2 in (r2a, r2b)])
    best = np.argmax(cosines, axis=0)
    return best < 2, best % 2 == 0


def _apex(p1: Floats, p2: Floats, radius: Floats, far: Bools) -> Floats:
    """The point of the surface over which the link is led: nearest to it, or opposite where ``far``."""
    d1, d2 = np.sqrt(_squared_xy(p1)), np.sqrt(_squared_xy(p2))
    middle = p1 + (d1 / (d1 + d2))[:, None] * (p2 - p1)
    foot = np.zeros_like(middle)
    foot[:, 2] = middle[:, 2]
    normal = cross(p1 - foot, p2 - foot)
    edge = np.stack([-normal[:, 1], normal[:, 0], np.zeros(len(normal))], axis=-1)
    edge = unit(edge)
    towards = (edge[:, 0] * middle[:, 0] + edge[:, 1] * middle[:, 1] > 0.0) ^ far
    apex: Floats = foot + np.where(towards, radius, -radius)[:, None] * edge
    return apex


def _slide_into_plane(p1: Floats, p2: Floats, r1: Floats, r2: Floats, apex: Floats) -> tuple[Floats, Floats]:
    """Move touching points along the axis into the plane of both ends and the apex, if that brings them together."""
    normal = unit(cross(unit(p1 - apex), unit(p2 - apex)))
    slope = normal[:, 2]
    # the plane must cut the edge of tangency within 10 m
    cuts = np.abs(20.0 * slope) >= 1e-5
    safe = np.where(cuts, slope, 1.0)
    height1 = r1[:, 2] - dot(normal, r1 - p1) / safe
    height2 = r2[:, 2] - dot(normal, r2 - p1) / safe
    apart = np.abs(p1[:, 2] - p2[:, 2])
    # an end at exactly z = 0 gives the second point no axis to be measured along, and the first no slide
    level = p2[:, 2] == 0.0
    take1 = cuts & (np.abs(height1 - r1[:, 2]) <= 10.0) & (np.abs(height1 - p2[:, 2]) < apart) & ~level
    take2 = cuts & (np.abs(height2 - r2[:, 2]) <= 10.0) & ((np.abs(height2 - p1[:, 2]) < apart) | level)
    r1, r2 = r1.copy(), r2.copy()
    r1[:, 2] = np.where(take1, height1, r1[:, 2])
    r2[:, 2] = np.where(take2, height2, r2[:, 2])
    return r1, r2


def _slide_to_helix(
    p1: Floats, p2: Floats, r1: Floats, r2: Floats, radius: Floats, long_way: Bools
) -> tuple[Floats, Floats]:
    """Slide touching points along the axis onto the helix: unrolled, the whole way is one straight line."""
    before, after = np.sqrt(_squared_xy(r1 - p1)), np.sqrt(_squared_xy(r2 - p2))
    rise = (p2[:, 2] - p1[:, 2]) / (before + radius * _turn(r1, r2, long_way) + after)
    r1, r2 = r1.copy(), r2.copy()
    r1[:, 2] = p1[:, 2] + rise * before
    r2[:, 2] = p2[:, 2] - rise * after
    return r1, r2


def _turn(r1: Floats, r2: Floats, long_way: Bools) -> Floats:
    """Angle about the axis between touching points, rad."""
    short = np.arccos(np.clip(_cosine_xy(r1, r2), -1.0, 1.0))
    return np.where(long_way, 2.0 * np.pi - short, short)


# ----------------------------------------------------------------------------------------------------------- sphere


def wrap_sphere(p1: Floats, p2: Floats, radius: Floats, half: Half) -> Wraps:
    """Lead links over spheres about the origin, along great circles.

    Parameters
    ----------
    p1, p2 : array, shape (K, 3), m
    radius : array, shape (K,), m
    half : Half, arrays of shape (K,)

    Returns
    -------
    Wraps

    Notes
    -----
    Only a link that runs through the sphere wraps, also where one half is forbidden. A link through the very centre
    (closer than 1e-5 of its direction) has no plane to wrap in and stays straight; OpenSim then reuses the plane it
    happened to use last. The long way round is ``2π - short``; OpenSim 4.6 counts it as a negative length, a fault.
    """
    d1, d2 = norm(p1), norm(p2)
    inside = (d1 < radius) | (d2 < radius)
    through = _chord_inside(p1, p2, radius)
    planar = norm(cross(unit(p1 - p2), unit(p2))) >= 1e-5
    code = np.where(through & planar, Outcome.BLOCKED, Outcome.FREE)
    code = np.where(half.sign != 0, _bend_sphere(p1, p2, code, half), code)
    code = np.where(inside, Outcome.INSIDE, code)
    result = free(len(p1))
    result = Wraps(code, result.first, result.second, result.length)
    chosen = np.flatnonzero(code >= Outcome.BENT)
    if not len(chosen):
        return result
    return merge(result, chosen, _round_sphere(p1[chosen], p2[chosen], radius[chosen], half.at(chosen), code[chosen]))


def _chord_inside(p1: Floats, p2: Floats, radius: Floats) -> Bools:
    """Whether the link enters and leaves the sphere between its ends."""
    d = p1 - p2
    a, b, c = dot(d, d), 2.0 * dot(p2, d), dot(p2, p2) - radius**2
    disc = b * b - 4.0 * a * c
    root = np.sqrt(np.maximum(disc, 0.0))
    a = np.where(a > 0.0, a, 1.0)
    low, high = (-b - root) / (2.0 * a), (-b + root) / (2.0 * a)
    return (disc >= 0.0) & (low > 0.0) & (high < 1.0)


def _bend_sphere(p1: Floats, p2: Floats, code: Ints, half: Half) -> Ints:
    """Outcome under an allowed half for links whose free outcome is ``code``."""
    along = unit(p1 - p2)
    t = dot(p1, along)
    near = p1 - t[:, None] * along
    bent = _bend_by_half(p1, p2, near, (t > 0.0) & (t < 1.0), half)
    return np.where(code == Outcome.BLOCKED, bent, code)


def _round_sphere(p1: Floats, p2: Floats, radius: Floats, half: Half, code: Ints) -> Wraps:
    """The way round for links known to wrap."""
    normal = unit(cross(p1, p2))
    r1a, r1b = _sphere_tangents(p1, normal, radius)
    r2a, r2b = _sphere_tangents(p2, normal, radius)
    cosines = np.stack([dot(r1, r2) for r1 in (r1a, r1b) for r2 in (r2a, r2b)])
    best = np.argmax(cosines, axis=0)
    by_half = (half.sign != 0) & ~(half.holds(p1) & half.holds(p2))
    towards = unit(-p1 - p2)
    pick_1a = np.where(by_half, dot(r1a, towards) > dot(r1b, towards), best < 2)
    pick_2a = np.where(by_half, dot(r2a, towards) > dot(r2b, towards), best % 2 == 0)
    pull = np.where(pick_1a[:, None], r1a, r1b) - p1 + np.where(pick_2a[:, None], r2a, r2b) - p2
    flip = by_half & (_along(pull, half.axis) * half.sign < 0.0)
    r1 = np.where((pick_1a ^ flip)[:, None], r1a, r1b)
    r2 = np.where((pick_2a ^ flip)[:, None], r2a, r2b)
    angle = np.arccos(np.clip(dot(r1, r2) / radius**2, -1.0, 1.0))
    long_way = by_half & (dot(r1 + r2, r1 - p1 + r2 - p2) < 0.0)
    angle = np.where(long_way, 2.0 * np.pi - angle, angle)
    return Wraps(code, r1, r2, radius * angle)


def _sphere_tangents(p: Floats, normal: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """Where the two tangents from ``p`` in the plane with ``normal`` touch: ahead of ``p`` in turn, and behind."""
    squared = dot(p, p)
    along = (radius**2 / squared)[:, None] * p
    aside = (radius * np.sqrt(np.maximum(squared - radius**2, 0.0)) / squared)[:, None] * cross(normal, p)
    return along + aside, along - aside


# ------------------------------------------------------------------------------------------------------- arithmetic


def cross(a: Floats, b: Floats) -> Floats:
    """Vector product of batches (K, 3)."""
    return np.stack(
        [
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ],
        axis=-1,
    )


def dot(a: Floats, b: Floats) -> Floats:
    """Scalar product of batches (K, 3)."""
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]


def norm(a: Floats) -> Floats:
    """Lengths of a batch (K, 3)."""
    return np.sqrt(dot(a, a))


def unit(a: Floats) -> Floats:
    """Directions of a batch (K, 3); zero stays zero."""
    length = norm(a)
    return a / np.where(length > 0.0, length, 1.0)[:, None]


def _along(point: Floats, axis: Ints) -> Floats:
    return point[np.arange(len(point)), axis]


def _sign(value: Floats) -> Ints:
    return np.where(value >= 0.0, 1, -1)


def _squared_xy(p: Floats) -> Floats:
    return p[:, 0] ** 2 + p[:, 1] ** 2


def _cosine_xy(a: Floats, b: Floats) -> Floats:
    return (a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1]) / np.sqrt(_squared_xy(a) * _squared_xy(b))
