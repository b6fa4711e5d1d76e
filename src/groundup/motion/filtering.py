"""Smoothing and differentiation of recorded signals: the only filters of the project.

One zero-lag third-order Butterworth filter and one quintic spline serve motions and forces alike, with the order, the
padding and the end conditions that OpenSim's tools use, so that both programs differentiate the same curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.errors import RecordingError

SPLINE_DEGREE = 5  # continuous accelerations and jerks
MOST_RESAMPLED = 20  # times as many samples; a clock that needs more has a jump in it


@dataclass(frozen=True, eq=False)
class SmoothSignals:
    """Signals as a spline of time.

    Attributes
    ----------
    clock_s : array, shape (n_samples,)
        Times of the samples that the spline passes through: the recorded ones, or, after filtering, an even clock
        that runs on beyond both ends of the recording.
    start_s, end_s : float
        The recorded span.
    """

    spline: object
    clock_s: Floats
    start_s: float
    end_s: float

    def derivative(self, time_s: Floats, order: int = 0) -> Floats:
        """Values (order 0), rates (1) or accelerations (2) at ``time_s``, shape (len(time_s), n_signals)."""
        first, last = self.clock_s[0], self.clock_s[-1]
        slack = 1e-9 + 1e-6 * (last - first)
        if len(time_s) and (time_s[0] < first - slack or time_s[-1] > last + slack):
            raise RecordingError(
                f"asked for {time_s[0]:.3f}–{time_s[-1]:.3f} s, recorded {self.start_s:.3f}–{self.end_s:.3f} s. "
                "Choose a time range inside the recording."
            )
        return np.asarray(self.spline(time_s, order))  # type: ignore[operator]


def smooth(time_s: Floats, values: Floats, cutoff_hz: float | None) -> SmoothSignals:
    """Low-pass signals and fit a quintic spline through them.

    Parameters
    ----------
    time_s : array, shape (n,)
    values : array, shape (n, n_signals)
    cutoff_hz : float or None
        −6 dB frequency of the zero-lag filter; None fits the spline through the raw samples.

    Notes
    -----
    The samples are first extended at both ends by half their number, reflected through the end point, which keeps the
    filter's transients out of the recording. An uneven clock is resampled at its smallest step.

    Raises
    ------
    RecordingError
        Time stands still or runs back, there are too few samples, or the cut-off is too high.
    """
    _check_clock(time_s)
    if cutoff_hz is None or cutoff_hz <= 0:
        return SmoothSignals(_spline(time_s, values), np.asarray(time_s), float(time_s[0]), float(time_s[-1]))
    n_pad = len(time_s) // 2
    t, x = _reflect(time_s, n_pad), _reflect(values, n_pad)
    t, x = _even_clock(t, x)
    smoothed = lowpass(x, 1.0 / (t[1] - t[0]), cutoff_hz)
    return SmoothSignals(_spline(t, smoothed), t, float(time_s[0]), float(time_s[-1]))


def lowpass(values: Floats, rate_hz: float, cutoff_hz: float) -> Floats:
    """Zero-lag Butterworth low-pass along the first axis of evenly sampled ``values``.

    Raises
    ------
    RecordingError
        The cut-off is not below half the sampling rate, or there are too few samples.

    Notes
    -----
    Written out on SciPy's banded solver, because importing ``scipy.signal`` takes longer than everything else that an
    analysis does; its ``filtfilt`` is the witness in the tests.

    References
    ----------
    .. [1] Winter, 2009, *Biomechanics and motor control of human movement*, ch. 3.
    """
    if not 0 < cutoff_hz < rate_hz / 2:
        raise RecordingError(
            f"low-pass cut-off {cutoff_hz:g} Hz: expected between 0 and half the sampling rate of {rate_hz:g} Hz. "
            "Choose a lower cut-off."
        )
    if len(values) < 4:
        raise RecordingError(
            f"{len(values)} frames are too few to filter; expected at least 4. Use a longer time range."
        )
    n_pad = min(len(values) - 1, len(values) // 2)
    b, a = _butterworth(cutoff_hz / rate_hz)
    there = _filter_forward(_reflect(values, n_pad), b, a)
    back = _filter_forward(there[::-1], b, a)[::-1]
    return np.asarray(back[n_pad : len(back) - n_pad])


def _butterworth(cutoff_per_sample: float) -> tuple[Floats, Floats]:
    """Numerator and denominator of the digital third-order low-pass, by the bilinear transform with prewarping.

    The analogue filter is 1 / ((s + 1)(s² + s + 1)).
    """
    k = np.tan(np.pi * cutoff_per_sample)
    square = 1.0 + k + k * k
    denominator = np.convolve(
        [1.0, (k - 1.0) / (k + 1.0)], [1.0, 2 * (k * k - 1.0) / square, (1.0 - k + k * k) / square]
    )
    return k**3 / ((k + 1.0) * square) * np.array([1.0, 3.0, 3.0, 1.0]), denominator


def _filter_forward(x: Floats, b: Floats, a: Floats) -> Floats:
    """Filter along the first axis as if every signal had stood at its first value before.

    The recursion ``Σ a_k y[n-k] = Σ b_k x[n-k]`` is a banded triangular system, solved for all signals at once.
    """
    from scipy.linalg.lapack import dtbtrs

    n = len(x)
    rise = (x - x[:1]).reshape(n, -1)
    driven = np.zeros_like(rise)
    for k, bk in enumerate(b):
        driven[k:] += bk * rise[: n - k]
    banded = np.tile(a[:, None], (1, n))
    y, _ = dtbtrs(banded, driven, uplo="L", diag="U")
    return np.asarray(x[:1] + y.reshape(x.shape))


def interpolate(time_s: Floats, values: Floats, at_s: Floats) -> Floats:
    """Natural cubic spline through samples (n, n_signals) at ``at_s``; straight lines through fewer than 4."""
    from scipy.interpolate import make_interp_spline

    if len(time_s) < 4:
        return np.column_stack([np.interp(at_s, time_s, column) for column in values.T])
    free = [(2, np.zeros(values.shape[1:]))]
    return np.asarray(make_interp_spline(time_s, values, k=3, bc_type=(free, free))(at_s))


def _reflect(x: Floats, n: int) -> Floats:
    """Extend ``x`` by ``n`` samples at both ends, reflected through the end samples."""
    return np.concatenate([2 * x[0] - x[n:0:-1], x, 2 * x[-1] - x[-2 : -n - 2 : -1]])


def _check_clock(time_s: Floats) -> None:
    steps = np.diff(time_s)
    if len(steps) and steps.min() <= 0:
        raise RecordingError(
            f"time does not increase after {time_s[int(steps.argmin())]:.4f} s; expected increasing times. "
            "Remove the repeated frames."
        )


def _even_clock(time_s: Floats, values: Floats) -> tuple[Floats, Floats]:
    step = float(np.diff(time_s).min())
    # An interval shorter by rounding alone is not an uneven clock.
    if np.ptp(np.diff(time_s)) < 1e-9:
        return time_s, values
    if float(time_s[-1] - time_s[0]) / step > MOST_RESAMPLED * len(time_s):
        at = int(np.diff(time_s).argmax())
        raise RecordingError(
            f"time jumps from {time_s[at]:.4g} to {time_s[at + 1]:.4g} s where other frames are {step:.3g} s apart; "
            "expected an even clock. Correct the times, or choose the part before or after with --start-s and --end-s."
        )
    n = int(np.floor((time_s[-1] - time_s[0]) / step * (1 + 1e-12))) + 1
    even = time_s[0] + step * np.arange(n)
    return even, _spline(time_s, values)(even)


def _spline(time_s: Floats, values: Floats):  # type: ignore[no-untyped-def]
    """Interpolating natural quintic spline (third and fourth derivatives vanish at the ends)."""
    from scipy.interpolate import make_interp_spline

    if len(time_s) <= SPLINE_DEGREE:
        raise RecordingError(
            f"{len(time_s)} frames are too few to differentiate; expected more than {SPLINE_DEGREE}. "
            "Use a longer time range."
        )
    width = np.zeros(values.shape[1:])
    free = [(3, width), (4, width)]
    return make_interp_spline(time_s, values, k=SPLINE_DEGREE, bc_type=(free, free))
