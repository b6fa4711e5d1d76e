"""Separable convex costs of controls, as the dual method sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats

Indices = NDArray[np.intp]

_STEEPEST = 1e10
"""A control near zero with a power above two follows its pull infinitely fast; its rate is limited to this."""


class Cost(Protocol):
    """A cost per control; every array is (n_frames, n_controls)."""

    @property
    def is_quadratic(self) -> bool:
        """Whether controls follow their pull along a straight line."""

    def take(self, frames: Indices) -> Self:
        """Return the cost in some frames."""

    def controls(self, pull: Floats) -> Floats:
        """Where the slope of the cost equals ``pull``."""

    def rate(self, x: Floats) -> Floats:
        """Derivative of ``controls`` with respect to the pull, at controls ``x``."""

    def value(self, x: Floats) -> Floats:
        """Cost of each frame (n_frames,)."""


@dataclass(frozen=True, eq=False)
class PowerCost:
    """``Σ w |x|^p`` with weights (n_controls,), the same in all frames."""

    weights: Floats
    power: float

    @property
    def is_quadratic(self) -> bool:
        """Whether controls follow their pull along a straight line."""
        return self.power == 2.0

    def take(self, frames: Indices) -> PowerCost:
        """Return the cost in some frames."""
        return self

    def controls(self, pull: Floats) -> Floats:
        """Where the slope of the cost equals ``pull``."""
        if self.power == 2.0:
            return pull / (2.0 * self.weights)
        return np.asarray(np.sign(pull) * (np.abs(pull) / (self.power * self.weights)) ** (1.0 / (self.power - 1.0)))

    def rate(self, x: Floats) -> Floats:
        """Derivative of ``controls`` with respect to the pull, at controls ``x``."""
        steepness = self.power * (self.power - 1.0) * self.weights
        if self.power == 2.0:
            return np.broadcast_to(1.0 / steepness, x.shape)
        with np.errstate(divide="ignore"):
            return np.minimum(1.0 / (steepness * np.abs(x) ** (self.power - 2.0)), _STEEPEST / steepness)

    def value(self, x: Floats) -> Floats:
        """Cost of each frame."""
        return np.asarray(np.sum(self.weights * np.abs(x) ** self.power, axis=-1))

    def slope(self, x: Floats) -> Floats:
        """Derivative of the cost with respect to each control."""
        return np.asarray(self.power * self.weights * np.sign(x) * np.abs(x) ** (self.power - 1.0))

    def curvature(self, x: Floats, least: Floats) -> Floats:
        """Second derivative, where ``|x|`` counts as at least ``least``."""
        size = np.maximum(np.abs(x), least) ** (self.power - 2.0)
        return np.asarray(self.power * (self.power - 1.0) * self.weights * size)


@dataclass(frozen=True, eq=False)
class QuadraticCost:
    """``Σ ½ curvature (x - origin)² + slope (x - origin)``, each (n_frames, n_controls)."""

    curvature: Floats
    slope: Floats
    origin: Floats

    @property
    def is_quadratic(self) -> bool:
        """Whether controls follow their pull along a straight line."""
        return True

    def take(self, frames: Indices) -> QuadraticCost:
        """Return the cost in some frames."""
        return QuadraticCost(self.curvature[frames], self.slope[frames], self.origin[frames])

    def controls(self, pull: Floats) -> Floats:
        """Where the slope of the cost equals ``pull``."""
        return self.origin + (pull - self.slope) / self.curvature

    def rate(self, x: Floats) -> Floats:
        """Derivative of ``controls`` with respect to the pull."""
        return 1.0 / self.curvature

    def value(self, x: Floats) -> Floats:
        """Cost of each frame."""
        away = x - self.origin
        return np.asarray(np.sum((0.5 * self.curvature * away + self.slope) * away, axis=-1))
