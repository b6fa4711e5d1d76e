"""Scalar functions of coordinates, as data. They are evaluated in ``groundup.engine.functions``.

A function here is a plain record: what an ``.osim`` file says and nothing more. The names are OpenSim's, because
they are what every user of the field reads in their model files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Constant:
    """``f = value``."""

    value: float


@dataclass(frozen=True, eq=False)
class Linear:
    """``f(x) = slope x + intercept``; with several arguments ``f = sum slopes_i x_i + intercept``."""

    slopes: tuple[float, ...]
    intercept: float


@dataclass(frozen=True, eq=False)
class Polynomial:
    """``f(x) = c[0] x^n + ... + c[n]``: highest power first, as OpenSim writes it."""

    coefficients: Floats


@dataclass(frozen=True, eq=False)
class SimmSpline:
    """Cubic spline through ``(x, y)`` with SIMM's end conditions; linear beyond its ends."""

    x: Floats
    y: Floats


@dataclass(frozen=True, eq=False)
class NaturalCubicSpline:
    """Natural cubic spline through ``(x, y)``; linear beyond its ends."""

    x: Floats
    y: Floats


@dataclass(frozen=True, eq=False)
class PiecewiseLinear:
    """Straight lines through ``(x, y)``; the end pieces continue beyond the ends."""

    x: Floats
    y: Floats


@dataclass(frozen=True, eq=False)
class Multiplier:
    """``f(x) = scale g(x)``. Scaling a model changes ``scale`` and leaves ``g`` as published."""

    function: Function
    scale: float


Function = Constant | Linear | Polynomial | SimmSpline | NaturalCubicSpline | PiecewiseLinear | Multiplier
