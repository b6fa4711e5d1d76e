"""The pain law: shape, agreement of NumPy and CasADi, and the search for its one gain."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.errors import SetupError, SolverError
from groundup.predict import pain
from groundup.predict.pain import Reference, calibrate, calibration_toml, excess, target, tolerance, uncalibrated

REFERENCE = Reference(heel_bw=0.7, fascia_bw=1.0)
LAW = uncalibrated(3.0)


@given(st.floats(0, 2), st.floats(0, 2), st.floats(0, 10), st.floats(0, 10))
def test_more_load_and_more_pain_cost_more(a: float, b: float, p: float, q: float) -> None:
    light, heavy = sorted((a, b))
    mild, severe = sorted((p, q))
    assert LAW.rate(light, 0.5, mild, 0.5, REFERENCE) <= LAW.rate(heavy, 0.5, mild, 0.5, REFERENCE)
    assert LAW.rate(light, 0.5, mild, 0.5, REFERENCE) <= LAW.rate(light, 0.5, severe, 0.5, REFERENCE)
    assert tolerance(severe) <= tolerance(mild)


def test_below_tolerance_it_costs_next_to_nothing_and_above_it_the_square() -> None:
    assert LAW.rate(0.2, 0.2, 3, 0.5, REFERENCE) < 1e-4 * LAW.gain
    over = LAW.rate(0.7, 0.0, 5, 0.0, REFERENCE)
    assert over == pytest.approx(LAW.gain * 0.5**2, rel=0.01)


@given(st.floats(-2, 2), st.floats(0, 10))
def test_it_is_smooth(load: float, felt: float) -> None:
    step = 1e-4
    slope = [
        (excess(load + s + step, felt, 0.02) - excess(load + s - step, felt, 0.02)) / (2 * step) for s in (0, step)
    ]
    # Curvature is at most 1 / (2 · softness).
    assert abs(slope[1] - slope[0]) <= step / (2 * 0.02) * 1.01 + 1e-9


def test_a_larger_area_hurts_less_at_the_same_force() -> None:
    assert LAW.rate(0.7, 0, 6, 0, REFERENCE, area=1.8) < LAW.rate(0.7, 0, 6, 0, REFERENCE)


def test_a_walk_without_heel_load_is_no_reference() -> None:
    with pytest.raises(SetupError, match="above zero"):
        Reference(0.0, 1.0)


def _walker(strength: float, most: float = 45.0) -> Callable[[float, float], float]:
    """Stand-in for a solver: unloads up to ``most`` %, sooner with more gain and pain."""
    return lambda gain, felt: -most * (1 - math.exp(-strength * gain * (felt / 10) ** 2))


@pytest.mark.parametrize("strength", [1e-3, 0.3, 5.0, 80.0])
def test_the_gain_meets_the_published_unloading(strength: float) -> None:
    solver = _walker(strength)
    found = calibrate(solver)
    aim = target()
    assert solver(found.gain, aim.pain) == pytest.approx(aim.change_percent, abs=0.25)
    assert solver(found.weakest, aim.pain) == pytest.approx(aim.high_percent, abs=0.25)
    assert solver(found.strongest, aim.pain) == pytest.approx(aim.low_percent, abs=0.25)
    assert found.weakest < found.gain < found.strongest
    assert len(found.solved) <= 24
    assert dict(found.solved)[found.gain] == solver(found.gain, aim.pain)


def test_a_walker_that_does_not_answer_is_said_so() -> None:
    with pytest.raises(SolverError, match=r"No gain from 0\.001 to 10000 does"):
        calibrate(_walker(1.0, most=5.0))


def test_scattered_solutions_are_said_so() -> None:
    noise = np.random.default_rng(3)
    with pytest.raises(SolverError, match="scatter"):
        calibrate(lambda gain, felt: _walker(0.3)(gain, felt) + float(noise.normal(0, 8)), within_percent=1e-3)


def test_the_calibration_is_written_with_its_command(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(pain, "CALIBRATION_FILE", tmp_path / "pain_calibration.toml")
    with pytest.raises(SetupError, match="has no gain"):
        pain.pain_law()
    found = calibrate(_walker(0.3))
    text = calibration_toml(found, "python -m groundup.predict.something")
    pain.CALIBRATION_FILE.write_text(text, encoding="utf-8")
    assert pain.pain_law().gain == found.gain
    assert pain.pain_law("weakest").gain < pain.pain_law().gain < pain.pain_law("strongest").gain
    assert "python -m groundup.predict.something" in text
    assert len(tomllib.loads(text)["solved"]) == len(found.solved)


def test_the_interval_follows_from_the_published_numbers() -> None:
    stats = pytest.importorskip("scipy.stats")
    # Kyung 2024, n = 20: measure, painful, sound, p. Paired t with 19 degrees of freedom, 90 % interval.
    shown = {
        "foot.heel_impulse": (1.2, 1.4, 0.038),
        "foot.heel_peak": (60.1, 67.5, 0.030),
        "foot.midfoot_peak": (27.3, 24.4, 0.048),
        "foot.midfoot_impulse": (0.6, 0.5, 0.044),
    }
    for aim in (target(), *pain.witnesses()):
        painful, sound, p = shown[aim.measure]
        error = abs(painful - sound) / stats.t.ppf(1 - p / 2, 19)
        half = stats.t.ppf(0.95, 19) * error
        expected = [100 * (painful - sound + s) / sound for s in (0, -half, half)]
        assert [aim.change_percent, aim.low_percent, aim.high_percent] == pytest.approx(expected, abs=0.06)
