"""The filter and the spline against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from sample_bodies import walker

from groundup.engine.skeleton import compile_skeleton
from groundup.errors import RecordingError
from groundup.motion.filtering import interpolate, lowpass, smooth
from groundup.motion.trajectory import differentiate

RATE_HZ = 100.0
CLOCK_S = np.arange(600) / RATE_HZ
MIDDLE = slice(200, 400)


def wave(frequency_hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_hz * CLOCK_S)[:, None]


@pytest.mark.parametrize("frequency_hz", [1.0, 3.0, 6.0, 9.0, 15.0])
def test_attenuation_is_that_of_a_third_order_butterworth_run_twice(frequency_hz: float) -> None:
    """|H|² = 1 / (1 + (tan πf/r / tan πc/r)⁶), the bilinear image of the analog filter; a half at the cut-off."""
    gain = np.ptp(lowpass(wave(frequency_hz), RATE_HZ, 6.0)[MIDDLE]) / 2.0
    warp = np.tan(np.pi * frequency_hz / RATE_HZ) / np.tan(np.pi * 6.0 / RATE_HZ)
    assert gain == pytest.approx(1.0 / (1.0 + warp**6), abs=2e-3)
    if frequency_hz == 6.0:
        assert 20 * np.log10(gain) == pytest.approx(-6.02, abs=0.05)  # dB


def test_no_lag() -> None:
    pulse = np.exp(-0.5 * ((CLOCK_S - 3.0) / 0.1) ** 2)[:, None]
    smoothed = lowpass(pulse, RATE_HZ, 4.0)
    assert CLOCK_S[smoothed.argmax()] == 3.0
    # Symmetric about 3 s: running forward delays as much as running backward brings back.
    np.testing.assert_allclose(smoothed[201:400], smoothed[399:200:-1], atol=1e-9)


def test_a_line_passes_unchanged_to_both_ends() -> None:
    line = (2.0 + 3.0 * CLOCK_S)[:, None]
    signals = smooth(CLOCK_S, line, 6.0)
    np.testing.assert_allclose(signals.derivative(CLOCK_S), line, atol=1e-9)
    np.testing.assert_allclose(signals.derivative(CLOCK_S, 1), 3.0, atol=1e-7)


def test_the_spline_repeats_quadratics_with_their_derivatives() -> None:
    """Third and fourth derivatives vanish at its ends, so polynomials up to the second degree are exact."""
    t = np.linspace(0.2, 1.7, 40)
    values = np.stack([1 - 2 * t + 0.5 * t**2, 4 * t], axis=1)
    signals = smooth(t, values, None)
    at = np.linspace(0.2, 1.7, 333)
    np.testing.assert_allclose(signals.derivative(at)[:, 0], 1 - 2 * at + 0.5 * at**2, atol=1e-11)
    np.testing.assert_allclose(signals.derivative(at, 1), np.stack([-2 + at, 4 + 0 * at], axis=1), atol=1e-9)
    np.testing.assert_allclose(signals.derivative(at, 2), np.stack([1 + 0 * at, 0 * at], axis=1), atol=1e-7)


def test_derivatives_of_a_wave_converge_with_the_order_of_the_spline() -> None:
    """Away from the ends, halving the step divides the error of accelerations by about 2⁴."""

    def error(n: int) -> float:
        t = np.linspace(0.0, 2.0, n)
        signals = smooth(t, np.sin(2 * np.pi * t)[:, None], None)
        at = np.linspace(0.8, 1.2, 101)
        return float(np.abs(signals.derivative(at, 2)[:, 0] + 4 * np.pi**2 * np.sin(2 * np.pi * at)).max())

    coarse, fine = error(41), error(81)
    assert coarse < 0.05
    assert 10 < coarse / fine < 24


def test_an_uneven_clock_is_resampled() -> None:
    rng = np.random.default_rng(2)
    t = np.sort(np.concatenate([[0.0, 4.0], rng.uniform(0.0, 4.0, 300)]))
    t = t[np.concatenate([[True], np.diff(t) > 2e-3])]
    signals = smooth(t, np.sin(2 * np.pi * t)[:, None], 8.0)
    at = np.linspace(0.5, 3.5, 50)
    np.testing.assert_allclose(signals.derivative(at)[:, 0], np.sin(2 * np.pi * at), atol=2e-3)


def test_smoothing_is_linear_and_does_not_write_to_its_input() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 600, 3))
    kept = a.copy()
    at = CLOCK_S[::7]
    parts = [smooth(CLOCK_S, x, 6.0).derivative(at, 2) for x in (a, b, 2 * a - 3 * b)]
    np.testing.assert_allclose(parts[2], 2 * parts[0] - 3 * parts[1], rtol=0, atol=1e-6 * np.abs(parts[2]).max())
    np.testing.assert_array_equal(a, kept)


@pytest.mark.parametrize(
    ("cutoff_hz", "frames", "words"),
    [
        (50.0, 600, ("50 Hz", "100 Hz", "lower cut-off")),
        (-1.0, 600, ("cut-off",)),
        (6.0, 3, ("3 frames", "at least 4", "longer")),
    ],
)
def test_refusals_of_the_filter(cutoff_hz: float, frames: int, words: tuple[str, ...]) -> None:
    with pytest.raises(RecordingError) as refusal:
        lowpass(wave(1.0)[:frames], RATE_HZ, cutoff_hz)
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_refusals_of_the_spline() -> None:
    with pytest.raises(RecordingError, match="5 frames are too few to differentiate"):
        smooth(CLOCK_S[:5], wave(1.0)[:5], None)
    stuck = CLOCK_S.copy()
    stuck[300] = stuck[299]
    with pytest.raises(RecordingError, match=r"time does not increase after 2\.9900 s"):
        smooth(stuck, wave(1.0), 6.0)
    with pytest.raises(RecordingError, match=r"asked for 5\.000–7\.000 s, recorded 0\.000–5\.990 s"):
        smooth(CLOCK_S, wave(1.0), None).derivative(np.array([5.0, 7.0]))


def test_interpolation_is_natural_cubic_and_straight_for_few_samples() -> None:
    from scipy.interpolate import CubicSpline

    t, x = np.array([0.0, 0.3, 0.7, 1.0, 1.6]), np.random.default_rng(4).normal(size=(5, 2))
    at = np.linspace(0.0, 1.6, 33)
    np.testing.assert_allclose(interpolate(t, x, at), CubicSpline(t, x, bc_type="natural")(at), atol=1e-12)
    np.testing.assert_allclose(interpolate(t[:3], x[:3], at[:10])[:, 1], np.interp(at[:10], t[:3], x[:3, 1]))


def test_dependent_coordinates_follow_in_speed_and_acceleration() -> None:
    body = walker()
    skeleton = compile_skeleton(body)
    index = skeleton.coordinate_index
    t = np.linspace(0.0, 1.0, 101)
    q = 0.3 + 0.1 * np.sin(2 * np.pi * t[:, None] + np.arange(len(index)))
    motion = differentiate(skeleton, t, q, None)
    knee, cap = index["knee_r"], index["kneecap_r"]
    np.testing.assert_allclose(motion.q[:, cap], 0.6 * motion.q[:, knee] + 0.1, atol=1e-12)
    np.testing.assert_allclose(motion.speed[:, cap], 0.6 * motion.speed[:, knee], atol=1e-12)
    np.testing.assert_allclose(motion.acceleration[:, cap], 0.6 * motion.acceleration[:, knee], atol=1e-12)
    alone = differentiate(skeleton, t, q, None, follow_couplers=False)
    np.testing.assert_allclose(alone.q, q, atol=1e-12)
    part = motion.window(0.25, 0.75)
    np.testing.assert_allclose(part.time_s[[0, -1]], [0.25, 0.75])
    np.testing.assert_array_equal(part.acceleration, motion.acceleration[25:76])
