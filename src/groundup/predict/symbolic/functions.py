"""Functions of coordinates as expressions."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats, Function, Linear, Multiplier
from groundup.engine.functions import argument_weights, compile_functions
from groundup.solvers.collocation.symbols import Expression, casadi

Range = tuple[float, float]


def evaluate(function: Function, arguments: Expression, within: Range | None = None) -> Expression:
    """Write ``function`` as an expression.

    Parameters
    ----------
    function : Function
        As the model states it; one argument, or a line through several.
    arguments : SX, shape (n_arguments, 1)
    within : (low, high), optional
        Where the argument of a spline will stay: the pieces elsewhere are dropped, and the outermost ones left
        continue beyond.

    Returns
    -------
    value : SX, shape (1, 1)

    Notes
    -----
    The pieces are those of ``groundup.engine.functions``. A piece is chosen by steps that have no derivative, so the
    expression's derivatives are those of the piece that it is in.
    """
    x = _argument(function, arguments)
    table = compile_functions([function])
    inner = table.knots[0][np.isfinite(table.knots[0])]
    pieces = np.arange(len(inner) + 1)
    if within is not None:
        first, last = np.searchsorted(inner, within[0], "right"), np.searchsorted(inner, within[1], "left")
        pieces = pieces[first : last + 1]
    passed = [x >= inner[k - 1] for k in pieces[1:]]
    from_knot = x - _chosen(table.origin[0][pieces], passed)
    powers = [_chosen(c[0][pieces], passed) for c in table.coefficients]
    while len(powers) > 1 and powers[-1].is_zero():
        powers.pop()
    value = powers[-1]
    for c in powers[-2::-1]:
        value = value * from_knot + c
    return value


def _argument(function: Function, arguments: Expression) -> Expression:
    inner = function.function if isinstance(function, Multiplier) else function
    if arguments.numel() == 0:
        return casadi.SX(0)
    if isinstance(inner, Linear) and arguments.numel() > 1:
        return casadi.dot(casadi.SX(casadi.DM(argument_weights(function, arguments.numel()))), arguments)
    return arguments[0]


def _chosen(values: Floats, passed: list[Expression]) -> Expression:
    """Return the value of the piece: the first one, changed at every knot that is passed."""
    total = casadi.SX(float(values[0]))
    for step, knot in zip(np.diff(values), passed, strict=True):
        if step != 0.0:
            total = total + float(step) * knot
    return total
