"""Strings over ellipsoids, in a plane chosen by where the link would be pushed out of the ellipsoid."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.wrapping import Bools, Half, Ints, Outcome, Wraps, cross, dot, free, merge, norm, unit

_ON_SURFACE = 1e-4  # an end this near the surface (in units of the level function) counts as on it
# The plane comes from one major axis of the ellipsoid if the link is nearly along it, from a fan of samples if not,
# and from a mixture in between; the figures (cosines and a share of the chord) are those of SIMM and OpenSim.
_ALL_FAN, _ALL_AXIAL, _EDGE = 0.7073, 0.9, 0.3
_FAN_SAMPLES = 300  # OpenSim looks at places 1 to 298 of 300 along the chord
_FAN_NODES, _FAN_WEIGHTS = np.polynomial.legendre.leggauss(6)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)
_IN_PLANE, _ENDLESS = 2e-13, 1e3  # in units of the mean half axis
_HYBRID, _MIDPOINT, _AXIAL = 0, 1, 2


def wrap_ellipsoid(p1: Floats, p2: Floats, half_axes: Floats, half: Half, method: Ints) -> Wraps:
    """Lead links over ellipsoids about the origin.

    Parameters
    ----------
    p1, p2 : array, shape (K, 3), m
    half_axes : array, shape (K, 3), m
    half : Half, arrays of shape (K,)
    method : int array, shape (K,)
        0 hybrid, 1 midpoint, 2 axial: how the plane of the way is chosen.

    Returns
    -------
    Wraps

    Notes
    -----
    A link that runs through the ellipsoid is pushed to a surface point ``c``, and the way lies in the plane of both
    ends and ``c``. ``midpoint`` takes the surface point nearest to the middle of the chord; ``axial`` the point of
    the chord in the symmetry plane across the most parallel axis, pushed out within that plane; ``hybrid`` blends the
    latter with the mean push-out direction along the chord. This is OpenSim's recipe. Its iterations are replaced by
    closed forms: touching points are where the plane, the ellipsoid and the polar plane of the end meet; the length
    is a Gauss integral (OpenSim adds up chords of about 1 mm); the mean direction is two Gauss integrals, on either
    side of the place where it jumps (OpenSim adds up 298 samples). The way is not the shortest one in general; for
    that reason pulls at the touching points and the derivative of the length differ slightly, as they do in OpenSim.
    """
    scale = 3.0 / half_axes.sum(axis=1)
    a, s1, s2 = half_axes * scale[:, None], p1 * scale[:, None], p2 * scale[:, None]
    level1, level2 = dot(s1 / a, s1 / a) - 1.0, dot(s2 / a, s2 / a) - 1.0
    inside = (level1 < -_ON_SURFACE) | (level2 < -_ON_SURFACE)
    apart = np.abs(dot(unit(s1), unit(s2)) - 1.0) >= 1e-4
    enter, leave, through = _chord(s1, s2, a)
    code = np.where(inside, Outcome.INSIDE, np.where(through & apart, Outcome.BLOCKED, Outcome.FREE))
    result = free(len(p1))
    result = Wraps(code, result.first, result.second, result.length)
    k = np.flatnonzero(code == Outcome.BLOCKED)
    if not len(k):
        return result
    part = _round(s1[k], s2[k], a[k], enter[k], leave[k], half.at(k), method[k], (level1[k], level2[k]))
    unscale = 1.0 / scale[k]
    part = Wraps(code[k], part.first * unscale[:, None], part.second * unscale[:, None], part.length * unscale)
    return merge(result, k, part)


def _chord(p1: Floats, p2: Floats, a: Floats) -> tuple[Floats, Floats, Bools]:
    """Where the line meets the ellipsoid, nearer to ``p1`` first, and whether both places lie between the ends."""
    d = p1 - p2
    f1, f2 = d / a, p2 / a
    aa, bb, cc = dot(f1, f1), 2.0 * dot(f1, f2), dot(f2, f2) - 1.0
    disc = bb * bb - 4.0 * aa * cc
    root = np.sqrt(np.maximum(disc, 0.0))
    aa = np.where(aa > 0.0, aa, 1.0)
    high, low = (-bb + root) / (2.0 * aa), (-bb - root) / (2.0 * aa)
    between = (disc >= 0.0) & (low > 0.0) & (low < 1.0) & (high > 0.0) & (high < 1.0)
    return p2 + high[:, None] * d, p2 + low[:, None] * d, between


def _round(
    p1: Floats,
    p2: Floats,
    a: Floats,
    enter: Floats,
    leave: Floats,
    half: Half,
    method: Ints,
    level: tuple[Floats, Floats],
) -> Wraps:
    """The way round for links known to be blocked; lengths are in units of the mean half axis."""
    crest, start1, start2, fan_weight = _crest(p1, p2, a, enter, leave, method)
    crest, flipped = _to_allowed_half(crest, a, half, fan_weight)
    start1, start2 = (np.where(flipped[0][:, None], flipped[1], s) for s in (start1, start2))
    normal = unit(cross(p1 - p2, p1 - crest))
    r1 = _touch(p1, p2, start1, a, normal, crest, level[0])
    r2 = _touch(p2, p1, start2, a, normal, crest, level[1])
    length = _section_length(r1, r2, a, normal, crest, p1, half)
    return Wraps(np.zeros(len(p1), np.intp), r1, r2, length)


def _crest(
    p1: Floats, p2: Floats, a: Floats, enter: Floats, leave: Floats, method: Ints
) -> tuple[Floats, Floats, Floats, Floats]:
    """The surface point that fixes the plane, where the search for touching points starts, and the fan's share."""
    rows = np.arange(len(p1))
    chord = leave - enter
    along = np.abs(unit(p1 - p2))
    axis = np.argmax(along, axis=1)
    t = -enter[rows, axis] / chord[rows, axis]
    in_plane = enter + t[:, None] * chord
    axial = _nearest_in_section(in_plane, a, axis)
    mu = along[rows, axis]
    fade = np.clip(np.minimum(t, 1.0 - t) / _EDGE, 0.0, 1.0)
    hybrid = method == _HYBRID
    mu = np.where(hybrid & (mu > _ALL_FAN), _ALL_FAN + fade * (mu - _ALL_FAN), mu)
    share = np.clip((mu - _ALL_FAN) / (_ALL_AXIAL - _ALL_FAN), 0.0, 1.0)
    crest = axial.copy()
    needs_fan = np.flatnonzero(hybrid & (mu < _ALL_AXIAL))
    if len(needs_fan):
        k = needs_fan
        fan = _fan_crest(enter[k], chord[k], a[k])
        mixed = share[k, None] * axial[k] + (1.0 - share[k, None]) * fan
        crest[k] = np.where((share[k] > 0.0)[:, None], _nearest(mixed, a[k]), fan)
    middle = np.flatnonzero(method == _MIDPOINT)
    if len(middle):
        crest[middle] = _nearest(enter[middle] + 0.5 * chord[middle], a[middle])
    keeps_chord = (method == _AXIAL) & ~((t > 0.0) & (t < 1.0))
    start1 = np.where(keeps_chord[:, None], enter, crest)
    start2 = np.where(keeps_chord[:, None], leave, crest)
    return crest, start1, start2, np.where(hybrid, 1.0 - share, 0.0)


def _fan_crest(enter: Floats, chord: Floats, a: Floats) -> Floats:
    """The middle of the chord pushed out along the mean push-out direction of samples along it.

    The direction jumps where the chord passes the symmetry plane across the shortest axis, so the samples before and
    after are integrated apart.
    """
    rows = np.arange(len(a))
    axis = np.argmin(a, axis=1)
    slope = chord[rows, axis]
    jump = -enter[rows, axis] / np.where(slope == 0.0, 1e-300, slope)
    before = np.clip(np.ceil(jump * _FAN_SAMPLES) - 1.0, 0.0, _FAN_SAMPLES - 2.0)
    bounds = (np.full(len(a), 0.5), before + 0.5, np.full(len(a), _FAN_SAMPLES - 1.5))
    total = np.zeros_like(enter)
    for low, high in pairwise(bounds):
        t = (low[:, None] + 0.5 * (1.0 + _FAN_NODES) * (high - low)[:, None]) / _FAN_SAMPLES
        samples = [enter[:, i, None] + t * chord[:, i, None] for i in range(3)]
        root = _level_root(samples, [a[:, i, None] for i in range(3)])
        # the push-out is along the surface normal, u_i / (t + a_i²), whatever its length
        outward = [-root * u / _not_zero(root + a[:, i, None] ** 2) for i, u in enumerate(samples)]
        length = np.sqrt(outward[0] ** 2 + outward[1] ** 2 + outward[2] ** 2)
        weight = _FAN_WEIGHTS * (high - low)[:, None] / np.where(length > 0.0, length, 1.0)
        total += np.stack([(o * weight).sum(axis=1) for o in outward], axis=-1)
    return _nearest(enter + 0.5 * chord + unit(total), a)


def _to_allowed_half(crest: Floats, a: Floats, half: Half, fan_weight: Floats) -> tuple[Floats, tuple[Bools, Floats]]:
    """Mirror the crest into the allowed half; where the fan had a say, back towards the symmetry plane."""
    rows = np.arange(len(crest))
    value = crest[rows, half.axis]
    wrong = (half.sign != 0) & (np.where(value >= 0.0, 1, -1) != half.sign)
    mirrored = crest.copy()
    mirrored[rows, half.axis] = -value
    lowered = mirrored.copy()
    lowered[rows, half.axis] = -value * (1.0 - fan_weight)
    k = np.flatnonzero(wrong & (fan_weight > 0.0))
    pushed = mirrored.copy()
    if len(k):
        pushed[k] = _nearest(lowered[k], a[k])
    return np.where(wrong[:, None], pushed, crest), (wrong, mirrored)


def _nearest(point: Floats, a: Floats) -> Floats:
    """The ellipsoid's point nearest to each point (K, 3): ``x_i = a_i² u_i / (t + a_i²)`` with the largest root ``t``.

    Newton's method on ``sum (a_i u_i / (t + a_i²))² = 1`` rises to the root without overshooting from the start used.
    A point in a symmetry plane is pushed out within that plane, as OpenSim does.
    """
    root = _level_root([point[:, i] for i in range(3)], [a[:, i] for i in range(3)])
    # an axis along which the point is 0 keeps it at 0, whatever the root
    nearest: Floats = np.where(np.abs(point) <= _IN_PLANE, point, a**2 * point / _not_zero(root[:, None] + a**2))
    return nearest


def _level_root(point: list[Floats], a: list[Floats]) -> Floats:
    """The largest root of ``sum (a_i u_i / (t + a_i²))² = 1``; points and axes as lists of three alike arrays."""
    weighted = [np.where(np.abs(u) <= _IN_PLANE, 0.0, ai * u) for u, ai in zip(point, a, strict=True)]
    squared = [np.where(w == 0.0, _ENDLESS, ai * ai) for w, ai in zip(weighted, a, strict=True)]
    root = np.maximum(
        np.maximum(np.abs(weighted[0]) - squared[0], np.abs(weighted[1]) - squared[1]),
        np.abs(weighted[2]) - squared[2],
    )
    for _ in range(40):
        total, slope = np.zeros_like(root), np.zeros_like(root)
        for w, s in zip(weighted, squared, strict=True):
            below = 1.0 / (root + s + 1e-300)
            term = w * below
            term *= term
            total += term
            slope += term * below
        # 1 / sqrt(total) is nearly a line in t, so Newton's method on it takes a handful of rounds
        step = total * (np.sqrt(total) - 1.0) / (slope + 1e-300)
        root = root + step
        # convergence is quadratic at least: what is left after such a step is below 1e-10
        if np.max(np.abs(step), initial=0.0) < 1e-6:
            break
    result: Floats = root
    return result


def _nearest_in_section(point: Floats, a: Floats, axis: Ints) -> Floats:
    """As :func:`_nearest`, within the symmetry plane across ``axis``, in which the points lie."""
    rows = np.arange(len(point))
    flat = point.copy()
    flat[rows, axis] = 0.0
    found = _nearest(flat, a)
    found[rows, axis] = point[rows, axis]
    return found


def _not_zero(x: Floats) -> Floats:
    return np.where(np.abs(x) < 1e-300, 1e-300, x)


def _touch(
    p: Floats, other_end: Floats, start: Floats, a: Floats, normal: Floats, crest: Floats, level: Floats
) -> Floats:
    """Where a tangent from ``p`` in the plane touches the ellipsoid: the place on the crest's side of the link.

    In coordinates ``y = x / a`` the ellipsoid is a unit sphere, and plane and polar plane cut it in a line's ends.
    """
    n1, d1 = normal * a, dot(normal, crest)
    n2 = p / a
    direction = cross(n1, n2)
    g11, g12, g22 = dot(n1, n1), dot(n1, n2), dot(n2, n2)
    det = _not_zero(g11 * g22 - g12 * g12)
    foot = ((d1 * g22 - g12) / det)[:, None] * n1 + ((g11 - d1 * g12) / det)[:, None] * n2
    reach = np.sqrt(np.maximum(1.0 - dot(foot, foot), 0.0))[:, None] * unit(direction)
    one, other = (foot + reach) * a, (foot - reach) * a
    link = other_end - p
    towards = cross(link, crest - p)
    same_side = dot(towards, cross(link, one - p)) >= dot(towards, cross(link, other - p))
    # a search that starts on the link itself knows no side and ends at the nearer place
    sideless = norm(cross(link, start - p)) < 1e-9 * norm(link)
    first = np.where(sideless, norm(one - start) <= norm(other - start), same_side)
    return np.where((np.abs(level) < _ON_SURFACE)[:, None], p, np.where(first[:, None], one, other))


def _section_length(r1: Floats, r2: Floats, a: Floats, normal: Floats, crest: Floats, p1: Floats, half: Half) -> Floats:
    """Length of the plane section from ``r1`` to ``r2``, the long way where the short one would turn back.

    In coordinates ``y = x / a`` the section is a circle, along which the length is integrated. Which way is short is
    told by the angle seen from the place where the plane cuts an axis, as in OpenSim.
    """
    rows = np.arange(len(r1))
    major = np.argmax(np.abs(normal), axis=1)
    hub = np.zeros_like(r1)
    hub[rows, major] = dot(normal, crest) / normal[rows, major]
    forward = dot(cross(r1 - hub, r2 - hub), normal) >= 0.0
    pole = unit(normal * a)
    centre = (dot(normal, crest) / norm(normal * a))[:, None] * pole
    e1 = r1 / a - centre
    e2 = cross(pole, e1)
    to = r2 / a - centre
    angle = np.arctan2(dot(to, e2), dot(to, e1)) % (2.0 * np.pi)
    # the way leaves r1 along the surface; if that is back to p1, it has to go round the other side
    back = dot(a * e2, p1 - r1) * np.where(forward, 1.0, -1.0) > 0.0
    forward ^= (half.sign != 0) & back & (norm(r1 - r2) > 0.0)
    angle = np.where(forward, angle, 2.0 * np.pi - angle)
    same = norm(r1 - r2) <= 1e-12
    return np.where(same, 0.0, _circle_integral(np.where(forward, angle, -angle), a * e1, a * e2))


def _circle_integral(angle: Floats, u: Floats, v: Floats) -> Floats:
    """Length of the curve ``cos(t) u + sin(t) v`` for t from 0 to ``angle``."""
    uu, uv, vv = dot(u, u)[:, None], dot(u, v)[:, None], dot(v, v)[:, None]
    length = np.zeros(len(angle))
    # two pieces keep the integral accurate for more than half a turn
    for piece in (0, 1):
        t = angle[:, None] * (piece + 0.5 + 0.5 * _NODES) / 2.0
        c, s = np.cos(t), np.sin(t)
        speed = np.sqrt(np.maximum(s * s * uu - 2.0 * s * c * uv + c * c * vv, 0.0))
        length = length + speed @ _WEIGHTS * np.abs(angle) / 4.0
    return length
