"""The few functions that numbers, arrays and CasADi symbols share, without importing CasADi."""

from __future__ import annotations

from typing import Any

import numpy as np


def exp(x: Any) -> Any:
    """Exponential of a number, array or CasADi symbol."""
    return x.exp() if hasattr(x, "exp") else np.exp(x)


def sqrt(x: Any) -> Any:
    """Square root of a number, array or CasADi symbol."""
    return x.sqrt() if hasattr(x, "sqrt") else np.sqrt(x)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent of a number, array or CasADi symbol."""
    return x.tanh() if hasattr(x, "tanh") else np.tanh(x)
