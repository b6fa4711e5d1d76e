"""What every check shares."""

from __future__ import annotations

import numpy as np

from groundup.study import NAN, Severity


def graded(bad: bool, warn: bool = False) -> Severity:
    """Severity by two conditions, the worse first."""
    return "bad" if bad else "warn" if warn else "info"


def rms(x: np.ndarray) -> float:
    """Root mean square of what is known; NaN where nothing is."""
    return float(np.sqrt(np.nanmean(x**2))) if np.isfinite(x).any() else NAN
