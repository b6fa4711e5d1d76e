"""How finely the cameras saw: noise, and what filter goes with it and with the rate."""

from __future__ import annotations

import numpy as np

from groundup.body.recording import MarkerTrajectories
from groundup.motion.marker_checks.finding import Finding, low_median

SLOWEST_HZ = 50.0
NOISY_M = 0.001
_UNUSUAL_HZ = (3.0, 20.0)
_PER_CUTOFF = 4.0  # samples per period that a Butterworth filter of the motion needs to keep its shape


def recording_quality(markers: MarkerTrajectories, lowpass_hz: float | None = None) -> list[Finding]:
    """Noise and rate of a recording, with advice on its filter."""
    found = []
    rate = markers.rate_hz
    if len(markers.time_s) > 1 and rate < SLOWEST_HZ:
        found.append(
            Finding(
                "warn",
                "frame rate",
                "Too few frames a second for the loads when the heel strikes; the rest of the step is still described.",
                f"Record at 100 Hz or more; here filter below {rate / _PER_CUTOFF:.0f} Hz (--lowpass-hz).",
                value=rate,
                unit="Hz",
                limit=SLOWEST_HZ,
            )
        )
    if lowpass_hz is not None and lowpass_hz > rate / _PER_CUTOFF:
        found.append(
            Finding(
                "warn",
                "filter",
                f"The cut-off is high for {rate:g} frames a second: noise passes into the accelerations.",
                f"Use --lowpass-hz {rate / _PER_CUTOFF:.0f} or less.",
                value=lowpass_hz,
                unit="Hz",
                limit=rate / _PER_CUTOFF,
            )
        )
    noise = noise_m(markers)
    if np.isfinite(noise):
        noisy = noise > NOISY_M
        cutoff = "" if lowpass_hz is None else f" The filter passes up to {lowpass_hz:g} Hz."
        found.append(
            Finding(
                "warn" if noisy else "info",
                "all markers",
                f"Noise from frame to frame, median over the markers (standard deviation).{cutoff}",
                "Calibrate the cameras; until then lower --lowpass-hz by 1 or 2 Hz and compare." if noisy else "",
                value=noise,
                unit="m",
                limit=NOISY_M,
            )
        )
    return found


def noise_m(markers: MarkerTrajectories) -> float:
    """Standard deviation of noise that differs from frame to frame, m; NaN in recordings of a few frames.

    From third differences: they hold 20 times the variance of such noise, and at 50 Hz or more next to nothing of the
    motion.
    """
    if len(markers.time_s) < 10:
        return float("nan")
    third = np.diff(markers.positions_m, n=3, axis=0)
    size = 1.4826 * low_median(np.abs(third)) / np.sqrt(20.0)  # (n_markers, 3)
    known = size[np.isfinite(size)]
    return float(np.median(known)) if len(known) else float("nan")
