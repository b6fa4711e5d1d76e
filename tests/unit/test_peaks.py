"""Highest values within cycles, in frames that were computed."""

from __future__ import annotations

import numpy as np

from groundup.chain.curves import cycle_curves
from groundup.chain.gait import NO_CYCLE
from groundup.chain.peaks import NONE, WHOLE, WHOLE_PART, WITHIN, WITHIN_PART, peak
from groundup.study import Cycle, Series

T = np.arange(10) / 10
RISING = np.arange(10.0)
CYCLES = (Cycle("right", 0.2, 0.5, "motion"), Cycle("left", 0.4, 0.7, "motion"))


def test_within_complete_cycles_of_the_side() -> None:
    assert peak(RISING, T, CYCLES, "right") == (5.0, WITHIN)
    assert peak(RISING, T, CYCLES, "left") == (7.0, WITHIN)
    assert peak(RISING, T, CYCLES, "none") == (7.0, WITHIN), "the trunk belongs to both"


def test_the_whole_recording_where_there_is_no_cycle() -> None:
    assert peak(RISING, T, (), "right") == (9.0, WHOLE)
    assert peak(RISING, T, (Cycle("right", 0.0, 0.9, NO_CYCLE),), "right") == (9.0, WHOLE)
    assert peak(RISING, T, CYCLES[:1], "left") == (9.0, WHOLE)


def test_frames_that_were_not_computed_are_passed_over() -> None:
    assert peak(np.where(np.arange(10) == 5, np.nan, RISING), T, CYCLES, "right") == (4.0, WITHIN_PART)
    assert peak(np.where(RISING < 6, np.nan, RISING), T, CYCLES, "right") == (9.0, WHOLE_PART)
    value, reason = peak(np.full(10, np.nan), T, CYCLES)
    assert np.isnan(value)
    assert reason == NONE


def test_the_mean_curve_is_of_whole_cycles() -> None:
    values = np.where(T > 0.45, np.nan, RISING)
    cycles = (Cycle("right", 0.0, 0.4, "motion"), Cycle("right", 0.4, 0.8, "motion"))
    (curve,) = cycle_curves([Series("angle.a", "angle", "a", "right", "deg", values)], cycles, T, {})
    np.testing.assert_allclose(curve.mean, curve.each[0])
    (part,) = cycle_curves([Series("angle.a", "angle", "a", "right", "deg", values)], cycles[1:], T, {})
    assert np.isfinite(part.mean[0])
    assert np.isnan(part.mean[-1])
