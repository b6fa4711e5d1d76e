"""Indices and the leaning upper body: exact arithmetic against published and hand-made figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.chain.indices import (
    PATHOLOGICAL_PERCENT,
    gait_deviation_index,
    is_antalgic,
    profile_score,
    robinson_index,
    static_lean_compression,
    static_lean_moment,
    symmetry_angle,
)
from groundup.errors import MeasureError

PAIRS = [(0.39, 0.25, 43.75, -13.71), (0.59, 0.40, 38.38, -12.07), (0.47, 0.37, 23.81, -7.54)]


@pytest.mark.parametrize(("a", "b", "index", "angle"), PAIRS)
def test_published_pairs(a: float, b: float, index: float, angle: float) -> None:
    assert robinson_index(a, b) == pytest.approx(index, abs=0.005)
    assert symmetry_angle(a, b) == pytest.approx(angle, abs=0.005)


@given(st.floats(0.01, 1e3), st.floats(0.01, 1e3))
def test_exchanging_sides_turns_the_sign(a: float, b: float) -> None:
    assert robinson_index(a, b) == pytest.approx(-robinson_index(b, a))
    assert symmetry_angle(a, b) == pytest.approx(-symmetry_angle(b, a), abs=1e-9)
    assert abs(robinson_index(a, b)) <= 200.0


@given(st.floats(0.01, 1e3))
def test_equal_sides_have_no_asymmetry(a: float) -> None:
    assert robinson_index(a, a) == 0.0
    assert symmetry_angle(a, a) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("a", "b", "wide"), [(0.0, 1.0, None), (-0.2, 0.3, None), (0.02, 0.5, 1.0), (0.0, 0.0, None)])
def test_a_ratio_near_zero_is_refused_in_words(a: float, b: float, wide: float | None) -> None:
    for index in (robinson_index, symmetry_angle):
        with pytest.raises(MeasureError, match=r"near zero or of different sign .* Compare their difference"):
            index(a, b, wide)


@pytest.mark.parametrize(
    ("ratio", "painful_step", "sound_step", "spares"),
    [(0.89, 0.62, 0.60, True), (0.91, 0.62, 0.60, False), (0.89, 0.60, 0.62, False), (0.90, 0.62, 0.60, False)],
)
def test_antalgic_needs_both_signs(ratio: float, painful_step: float, sound_step: float, spares: bool) -> None:
    assert is_antalgic(ratio * 0.40, 0.40, painful_step, sound_step) is spares


def test_profile_score_of_equal_deviations_is_that_deviation() -> None:
    assert profile_score(np.full((9, 101), -4.0)) == pytest.approx(4.0)
    one = np.zeros((9, 101))
    one[0] = 6.0
    assert profile_score(one) == pytest.approx(6.0 / 3)  # root of 36 / 9


@pytest.mark.parametrize(("deviations", "index"), [(0.0, 100.0), (1.0, 90.0), (-1.0, 110.0), (2.5, 75.0)])
def test_deviation_index_is_ten_for_each_standard_deviation(deviations: float, index: float) -> None:
    assert gait_deviation_index(1.7 + deviations * 0.3, 1.7, 0.3) == pytest.approx(index)


def test_profile_score_of_mixed_deviations_is_their_root_mean_square() -> None:
    # Rows of 3 and 4 deg: root of (9 + 16) / 2.
    assert profile_score(np.array([[3.0, -3.0], [4.0, 4.0]])) == pytest.approx(np.sqrt(12.5))


def test_the_published_pairs_are_beyond_the_limit_of_health() -> None:
    assert PATHOLOGICAL_PERCENT == 10.0
    assert all(robinson_index(a, b) > PATHOLOGICAL_PERCENT for a, b, _, _ in PAIRS)


@pytest.mark.parametrize(("lean", "moment", "weights"), [(5, 10, 0.26), (10, 19, 0.51), (20, 38, 1.0)])
def test_static_lean(lean: float, moment: float, weights: float) -> None:
    # 70 kg, 0.58 of it 0.28 m above L5/S1, extensors at 55 mm.
    found = static_lean_moment(lean, 70.0, 0.58, 0.28, 9.80665)
    assert found == pytest.approx(moment, abs=0.5)
    assert static_lean_compression(found, 0.055, 70.0 * 9.80665) == pytest.approx(weights, abs=0.015)
