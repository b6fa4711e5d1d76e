"""Functions of coordinates against closed forms and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from groundup.body.functions import (
    Constant,
    Function,
    Linear,
    Multiplier,
    NaturalCubicSpline,
    PiecewiseLinear,
    Polynomial,
    SimmSpline,
)
from groundup.engine.functions import argument_weights, compile_functions, is_constant

KNOTS = np.array([-1.0, -0.2, 0.3, 0.9, 2.0])
VALUES = np.array([0.4, -0.3, 0.2, 0.9, 0.1])
CUBIC = (0.7, -0.4, 0.2, 1.1)


def evaluate(function: Function, x: np.ndarray) -> list[np.ndarray]:
    return [d[:, 0] for d in compile_functions([function]).derivatives(x[:, None])]


def test_constant_line_and_polynomial() -> None:
    x = np.linspace(-3, 3, 31)
    value, first, second = evaluate(Polynomial(np.array(CUBIC)), x)
    np.testing.assert_allclose(value, np.polyval(CUBIC, x), rtol=1e-14)
    np.testing.assert_allclose(first, np.polyval(np.polyder(CUBIC), x), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(second, np.polyval(np.polyder(CUBIC, 2), x), rtol=1e-13, atol=1e-13)
    for function, expected in (
        (Constant(2.5), (2.5 + 0 * x, 0 * x, 0 * x)),
        (Linear((-1.5,), 0.3), (-1.5 * x + 0.3, -1.5 + 0 * x, 0 * x)),
        (Multiplier(Linear((2.0,), 1.0), -0.5), (-x - 0.5, -1.0 + 0 * x, 0 * x)),
    ):
        for ours, wanted in zip(evaluate(function, x), expected, strict=True):
            np.testing.assert_allclose(ours, wanted, atol=1e-15)


def test_natural_spline_is_scipys_inside_and_straight_outside() -> None:
    wanted = CubicSpline(KNOTS, VALUES, bc_type="natural")
    inside, outside = np.linspace(-1, 2, 61), np.array([-4.0, -1.5, 2.5, 7.0])
    for order, ours in enumerate(evaluate(NaturalCubicSpline(KNOTS, VALUES), inside)):
        np.testing.assert_allclose(ours, wanted(inside, order), atol=1e-12)
    value, slope, bend = evaluate(NaturalCubicSpline(KNOTS, VALUES), outside)
    end = np.where(outside < 0, -1.0, 2.0)
    np.testing.assert_allclose(value, wanted(end) + wanted(end, 1) * (outside - end), atol=1e-12)
    np.testing.assert_allclose(slope, wanted(end, 1), atol=1e-12)
    np.testing.assert_allclose(bend, 0.0, atol=1e-12)


@pytest.mark.parametrize("knots", [KNOTS, np.array([0.0, 0.5, 1.3, 2.0])])
def test_simm_spline_repeats_cubics(knots: np.ndarray) -> None:
    """Its end conditions take the third derivative from the outer points, which is exact for a cubic."""
    x = np.linspace(knots[0], knots[-1], 41)[:-1]  # the last knot belongs to the straight piece
    spline = SimmSpline(knots, np.polyval(CUBIC, knots))
    for order, ours in enumerate(evaluate(spline, x)):
        np.testing.assert_allclose(ours, np.polyval(np.polyder(CUBIC, order), x), atol=1e-12)


def test_simm_spline_is_smooth_and_meets_its_points() -> None:
    spline = SimmSpline(KNOTS, VALUES)
    np.testing.assert_allclose(evaluate(spline, KNOTS)[0], VALUES, atol=1e-14)
    before, after = (evaluate(spline, KNOTS[1:-1] + step) for step in (-1e-9, 1e-9))
    for left, right in zip(before, after, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-7)
    # Beyond its ends it is a line that leaves with the slope of the end.
    for end, out in ((KNOTS[0], -1.0), (KNOTS[-1], 1.0)):
        value, slope, bend = evaluate(spline, np.array([end, end + 0.5 * out]))
        np.testing.assert_allclose(value[1] - value[0], 0.5 * out * slope[0], atol=1e-12)
        assert bend[1] == 0.0


def test_short_splines() -> None:
    line = evaluate(SimmSpline(np.array([0.0, 2.0]), np.array([1.0, 5.0])), np.array([-1.0, 0.5, 3.0]))
    np.testing.assert_allclose(line[0], [-1.0, 2.0, 7.0], atol=1e-14)
    x = np.array([0.0, 1.0, 3.0])
    np.testing.assert_allclose(evaluate(NaturalCubicSpline(x, x**2), x)[0], x**2, atol=1e-13)


def test_piecewise_linear_goes_on_beyond_its_ends() -> None:
    x = np.array([-2.0, -0.6, 0.0, 0.6, 3.0])
    value, slope, bend = evaluate(PiecewiseLinear(KNOTS, VALUES), x)
    np.testing.assert_allclose(value[1:4], np.interp(x[1:4], KNOTS, VALUES), atol=1e-14)
    first, last = (VALUES[1] - VALUES[0]) / 0.8, (VALUES[-1] - VALUES[-2]) / 1.1
    np.testing.assert_allclose(value[[0, -1]], [VALUES[0] - first, VALUES[-1] + last], atol=1e-14)
    np.testing.assert_allclose(slope[[0, -1]], [first, last], atol=1e-14)
    np.testing.assert_allclose(bend, 0.0)


@pytest.mark.parametrize(
    "function", [SimmSpline(KNOTS, VALUES), NaturalCubicSpline(KNOTS, VALUES), Polynomial(np.array(CUBIC))]
)
def test_derivatives_by_finite_differences(function: Function) -> None:
    x, h = np.linspace(-1.5, 2.5, 37) + 0.003, 1e-5
    _, slope, bend = evaluate(function, x)
    plus, minus = evaluate(function, x + h), evaluate(function, x - h)
    np.testing.assert_allclose(slope, (plus[0] - minus[0]) / (2 * h), atol=1e-8)
    np.testing.assert_allclose(bend, (plus[1] - minus[1]) / (2 * h), atol=1e-6)


def test_a_table_evaluates_each_function_at_its_own_argument() -> None:
    functions: list[Function] = [
        Constant(3.0),
        SimmSpline(KNOTS, VALUES),
        Linear((2.0,), 0.0),
        Multiplier(Polynomial(np.ones(3)), 2.0),
    ]
    x = np.random.default_rng(0).uniform(-2, 3, (20, 4))
    together = compile_functions(functions).derivatives(x)
    for i, function in enumerate(functions):
        for ours, alone in zip(together, evaluate(function, x[:, i]), strict=True):
            np.testing.assert_array_equal(ours[:, i], alone)


def test_a_line_through_several_coordinates_takes_their_weighted_sum() -> None:
    line = Linear((2.0, -1.0), 0.5)
    weights = argument_weights(line, 2)
    q = np.array([[0.3, 0.4], [1.0, -2.0]])
    value = compile_functions([line]).value((q @ weights)[:, None])[:, 0]
    np.testing.assert_allclose(value, 2.0 * q[:, 0] - q[:, 1] + 0.5, atol=1e-15)
    np.testing.assert_array_equal(argument_weights(Polynomial(np.ones(2)), 1), [1.0])


def test_what_is_constant() -> None:
    assert is_constant(Constant(1.0))
    assert is_constant(Multiplier(Constant(2.0), 3.0))
    assert is_constant(Multiplier(Linear((1.0,), 0.0), 0.0))
    assert not is_constant(Linear((1.0,), 0.0))
