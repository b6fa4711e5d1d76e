"""The filter against SciPy's, which is too slow to import for every analysis."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, filtfilt

from groundup.motion.filtering import lowpass


@pytest.mark.parametrize("n_samples", [7, 50, 151, 1000])
@pytest.mark.parametrize("cutoff_hz", [0.5, 6.0, 20.0, 49.0])
def test_same_as_scipy(n_samples: int, cutoff_hz: float) -> None:
    signal = np.random.default_rng(n_samples).normal(size=(n_samples, 3)).cumsum(axis=0) + 100.0
    b, a = butter(3, cutoff_hz / 50.0)
    expected = filtfilt(b, a, signal, axis=0, padlen=n_samples // 2)
    # At 0.5 Hz the poles lie within 0.03 of 1, and rounding of the coefficients alone moves the answer by 1e-9.
    assert lowpass(signal, 100.0, cutoff_hz) == pytest.approx(expected, abs=1e-8)
