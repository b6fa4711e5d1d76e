"""What a solve gives, and what it may start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from groundup.body.functions import Floats


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Quantities along time.

    Attributes
    ----------
    time : array, shape (n_points,), s
    values : mapping from a state, algebraic variable or control to an array, shape (n_points,), in its unit
    parameters : by name
    """

    time: Floats
    values: Mapping[str, Floats]
    parameters: Mapping[str, float] = field(default_factory=dict)

    @property
    def phase(self) -> Floats:
        """Time from 0 to 1, shape (n_points,)."""
        return np.asarray((self.time - self.time[0]) / (self.time[-1] - self.time[0]))

    def at(self, name: str, phase: Floats) -> Floats | None:
        """Values of a quantity at other phases, by a curve without overshoot; None where it is not known."""
        if name not in self.values:
            return None
        if len(self.time) == len(phase) and np.allclose(self.phase, phase, atol=1e-12):
            return np.asarray(self.values[name], float)
        from scipy.interpolate import PchipInterpolator

        return np.asarray(PchipInterpolator(self.phase, self.values[name])(phase))
