"""Strings over obstacles against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from groundup.engine.wrapping import Half, Outcome, Wraps, wrap_cylinder, wrap_sphere
from groundup.engine.wrapping_ellipsoid import wrap_ellipsoid
from groundup.engine.wrapping_torus import wrap_torus


def _half(count: int, axis: int = 0, sign: int = 0) -> Half:
    return Half(np.full(count, axis), np.full(count, sign))


def _total(p1: np.ndarray, p2: np.ndarray, wraps: Wraps) -> np.ndarray:
    legs = np.linalg.norm(wraps.first - p1, axis=1) + np.linalg.norm(wraps.second - p2, axis=1)
    return np.where(wraps.outcome >= Outcome.BENT, legs + wraps.length, np.linalg.norm(p1 - p2, axis=1))


def _cylinder(p1: np.ndarray, p2: np.ndarray, half: Half | None = None, refine: bool = False) -> Wraps:
    n = len(p1)
    return wrap_cylinder(p1, p2, np.full(n, 0.03), np.full(n, 0.2), half or _half(n), np.full(n, refine))


def test_string_over_a_cylinder_in_its_plane() -> None:
    """Two tangents and an arc: ``2 sqrt(d² - r²) + r (angle between the ends - 2 acos(r/d))``."""
    d, r = 0.1, 0.03
    angle = np.deg2rad([150.0, 170.0, 179.0])
    p1 = np.tile([d, 0.0, 0.01], (3, 1))
    p2 = np.stack([d * np.cos(angle), d * np.sin(angle), np.full(3, 0.01)], axis=1)
    expected = 2 * np.sqrt(d**2 - r**2) + r * (angle - 2 * np.arccos(r / d))
    np.testing.assert_allclose(_total(p1, p2, _cylinder(p1, p2)), expected, rtol=1e-13)


def test_string_over_a_cylinder_on_a_helix() -> None:
    """Unrolled, the way is one straight line; with ``refine`` that is met to rounding."""
    d, r, rise = 0.1, 0.03, 0.08
    p1 = np.array([[d, 0.0, -rise / 2]])
    p2 = np.array([[-d * np.cos(0.1), d * np.sin(0.1), rise / 2]])
    flat = 2 * np.sqrt(d**2 - r**2) + r * (np.pi - 0.1 - 2 * np.arccos(r / d))
    np.testing.assert_allclose(_total(p1, p2, _cylinder(p1, p2, refine=True)), np.hypot(flat, rise), rtol=1e-12)
    # the guess without refinement is never shorter, and close
    guess = _total(p1, p2, _cylinder(p1, p2))
    assert np.hypot(flat, rise) <= guess + 1e-12
    assert guess < 1.002 * np.hypot(flat, rise)


def test_allowed_half_forces_the_long_way() -> None:
    """A link on the forbidden side is led round the allowed side, more than half a turn."""
    d, r = 0.1, 0.03
    p1, p2 = np.array([[-d, 0.01, 0.0]]), np.array([[-d, -0.01, 0.0]])
    wraps = _cylinder(p1, p2, _half(1, axis=0, sign=1))
    between = 2 * np.arctan(0.01 / d)
    dist = np.hypot(d, 0.01)
    expected = 2 * np.sqrt(dist**2 - r**2) + r * (2 * np.pi - between - 2 * np.arccos(r / dist))
    assert wraps.outcome[0] == Outcome.BENT
    np.testing.assert_allclose(_total(p1, p2, wraps), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("p1", "p2", "outcome"),
    [
        ([0.1, 0.05, 0.0], [-0.1, 0.05, 0.0], Outcome.FREE),  # passes by
        ([0.1, 0.0, 0.0], [0.05, 0.0, 0.0], Outcome.FREE),  # ends before it
        ([0.1, 0.0, 0.0], [0.02, 0.0, 0.0], Outcome.INSIDE),
        ([0.1, 0.01, 0.15], [-0.1, 0.01, 0.15], Outcome.FREE),  # beyond the end of the cylinder
        ([0.1, 0.01, 0.09], [-0.1, 0.01, 0.09], Outcome.BLOCKED),
        ([0.0, 0.1, -1.0], [0.0, 0.1, 1.0], Outcome.FREE),  # parallel to the axis
    ],
)
def test_when_a_cylinder_is_in_the_way(p1: list[float], p2: list[float], outcome: Outcome) -> None:
    assert _cylinder(np.array([p1]), np.array([p2])).outcome[0] == outcome


def test_string_over_a_sphere_is_a_great_circle() -> None:
    """Same closed form as in the plane, in any orientation."""
    rng = np.random.default_rng(1)
    d, r, n = 0.1, 0.03, 50
    turn = np.linalg.qr(rng.normal(size=(n, 3, 3)))[0]
    angle = rng.uniform(2.6, 3.1, n)
    p1 = turn[:, :, 0] * d
    p2 = d * (np.cos(angle)[:, None] * turn[:, :, 0] + np.sin(angle)[:, None] * turn[:, :, 1])
    expected = 2 * np.sqrt(d**2 - r**2) + r * (angle - 2 * np.arccos(r / d))
    np.testing.assert_allclose(_total(p1, p2, wrap_sphere(p1, p2, np.full(n, r), _half(n))), expected, rtol=1e-10)


@pytest.mark.parametrize("method", [0, 1, 2])
def test_a_round_ellipsoid_is_a_sphere(method: int) -> None:
    rng = np.random.default_rng(2)
    n = 200
    p1, p2 = rng.normal(size=(2, n, 3)) * 0.08
    sphere = wrap_sphere(p1, p2, np.full(n, 0.03), _half(n))
    round_one = wrap_ellipsoid(p1, p2, np.full((n, 3), 0.03), _half(n), np.full(n, method))
    both = (sphere.outcome == Outcome.BLOCKED) & (round_one.outcome == Outcome.BLOCKED)
    assert both.sum() > 10
    np.testing.assert_array_equal(sphere.outcome, round_one.outcome)
    np.testing.assert_allclose(_total(p1, p2, round_one)[both], _total(p1, p2, sphere)[both], rtol=1e-9)


def test_ellipsoid_touching_points_are_tangent() -> None:
    rng = np.random.default_rng(3)
    n, axes = 300, np.array([0.02, 0.03, 0.05])
    p1, p2 = rng.normal(size=(2, n, 3)) * 0.08
    wraps = wrap_ellipsoid(p1, p2, np.tile(axes, (n, 1)), _half(n), np.zeros(n, dtype=int))
    on = wraps.outcome == Outcome.BLOCKED
    assert on.sum() > 20
    for p, r in ((p1, wraps.first), (p2, wraps.second)):
        np.testing.assert_allclose((r[on] ** 2 / axes**2).sum(1), 1.0, atol=1e-9)
        np.testing.assert_allclose((r[on] * p[on] / axes**2).sum(1), 1.0, atol=1e-9)
    assert np.all(_total(p1, p2, wraps)[on] >= np.linalg.norm(p1 - p2, axis=1)[on])


def test_string_through_a_torus_bends_over_the_inner_side() -> None:
    """A string through the hole, across the ring, is a string over a cylinder at the ring."""
    tube, ring, d = 0.01, 0.05, 0.1
    p1, p2 = np.array([[0.055, 0.0, d]]), np.array([[0.055, 0.0, -d]])
    wraps = wrap_torus(p1, p2, np.array([tube]), np.array([ring]), _half(1), np.array([False]))
    assert wraps.outcome[0] == Outcome.BENT
    x, dist = 0.005, np.hypot(0.005, d)
    towards_hole = np.pi + 2 * np.arctan(x / d)
    expected = 2 * np.sqrt(dist**2 - tube**2) + tube * (towards_hole - 2 * np.arccos(tube / dist))
    np.testing.assert_allclose(_total(p1, p2, wraps), expected, rtol=1e-9)


def test_an_empty_batch_wraps_nothing() -> None:
    none = np.zeros((0, 3))
    assert len(_cylinder(none, none).outcome) == 0
    assert len(wrap_sphere(none, none, np.zeros(0), _half(0)).outcome) == 0
    assert len(wrap_ellipsoid(none, none, none, _half(0), np.zeros(0, dtype=int)).outcome) == 0
    assert len(wrap_torus(none, none, np.zeros(0), np.zeros(0), _half(0), np.zeros(0, dtype=bool)).outcome) == 0
