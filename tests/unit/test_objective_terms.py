"""Objective terms: those there are, those a user adds, and their agreement in NumPy and CasADi."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from groundup.errors import FileError, SetupError
from groundup.predict import terms
from groundup.predict.terms import Instant, ObjectiveTerm, chosen, integrands, mean_square, quantities, read_terms

DOCUMENT = Path(__file__).parents[2] / "docs" / "heel-pain-model.md"


@pytest.fixture(autouse=True)
def _own_terms_only() -> Iterator[None]:
    terms._registry.cache_clear()
    yield
    terms._registry.cache_clear()


def _values(n: int = 4) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {name: random.uniform(-1, 1, n if q.size else 1) for name, q in quantities().items()}


def test_the_terms_there_are_have_unit_weight_and_source() -> None:
    found = {t.name: t for t in terms.terms()}
    assert set(found) == {
        "effort",
        "torque_effort",
        "excitations",
        "normal_gait",
        "accelerations",
        "passive_torque",
        "head_stability",
        "own_gait",
        "heel_pain",
        "fascia_pain",
    }
    assert all(t.unit and t.source and t.status and t.weight > 0 and t.needs for t in found.values())


def test_every_term_asks_only_for_what_it_says() -> None:
    for term in terms.terms():
        values = {name: v for name, v in _values().items() if name in term.needs}
        assert float(np.squeeze(term.rate(Instant(values)))) >= -1


def test_squares_are_counted_over_their_size() -> None:
    assert mean_square(np.array([3.0, 4.0]), 5.0) == pytest.approx(0.5)
    rate = integrands(chosen(), Instant(_values() | {"joint_accelerations": np.full(7, 50.0)}))
    assert rate["accelerations"] == pytest.approx(1.0)


def test_own_gait_is_free_within_the_spread_between_strides() -> None:
    (term,) = (t for t in terms.terms() if t.name == "own_gait")
    inside, edge, outside = (term.rate(Instant({"own_gait_deviation": np.full(5, z)})) for z in (0.3, 1.0, 3.0))
    assert inside < edge < 0.01
    assert outside == pytest.approx(64, rel=0.01)


def test_effort_is_weighted_by_volume() -> None:
    (term,) = (t for t in terms.terms() if t.name == "effort")
    at = Instant({"activations": np.array([1.0, 0.5]), "volume_parts": np.array([0.25, 0.75])})
    assert term.rate(at) == pytest.approx(0.25 + 0.75 * 0.25)


def test_weights_are_replaced_and_nought_leaves_a_term_out() -> None:
    found = {t.name: t.weight for t in chosen({"effort": 3.0, "head_stability": 0.0})}
    assert found["effort"] == 3.0
    assert "head_stability" not in found
    with pytest.raises(SetupError, match=r"Did you mean effort or torque_effort\?.*Valid: effort, "):
        chosen({"efort": 1.0})
    with pytest.raises(SetupError, match="zero or more"):
        chosen({"effort": -1.0})


def test_the_documented_example_adds_a_term(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 14
    file = tmp_path / "mine.py"
    file.write_text(code, encoding="utf-8")
    (added,) = read_terms(file)
    assert added.name in {t.name for t in chosen()}
    at = Instant(_values() | {"trunk_lean": np.array([0.1, 0.0])})
    assert integrands([added], at)[added.name] == pytest.approx(0.5)
    with pytest.raises(SetupError, match="the name is taken"):
        read_terms(file)


def test_a_file_that_adds_nothing_or_fails_is_said_so(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"mine\.py: adds no objective term"):
        read_terms(file)
    file.write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(FileError, match="ZeroDivisionError"):
        read_terms(file)
    with pytest.raises(FileError, match="no such file"):
        read_terms(tmp_path / "none.py")


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ("at.trunk_lean", "objective term 'mine': gives a column, expected one number; mean_square makes one"),
        ("None", "gives nothing, expected one number"),
        ("'x'", "gives a str, expected one number"),
        ("at.speed", "no quantity 'speed' here. There are: trunk_lean. What a term asks for must stand in its needs"),
        ("1 / 0", "ZeroDivisionError: division by zero. It is called with numbers and with symbols"),
    ],
)
def test_a_term_that_gives_no_number_is_refused_where_it_is_added(rate: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from groundup.predict.terms import objective_term\n"
        f"objective_term('mine', 'a', 'a', 1.0, 'a', ('trunk_lean',))(lambda at: {rate})\n",
        encoding="utf-8",
    )
    with pytest.raises(SetupError) as caught:
        read_terms(file)
    assert str(caught.value).startswith(f"{file}: objective term 'mine': ")
    assert words in str(caught.value)
    assert "mine" not in {t.name for t in terms.terms()}


def test_what_numbers_can_do_and_symbols_cannot_is_said_of_the_term() -> None:
    def stubborn(at: Instant) -> float:
        raise NotImplementedError("no truth value")

    term = ObjectiveTerm("mine", "", "", 1.0, "", ("speed",), stubborn)
    with pytest.raises(SetupError, match=r"objective term 'mine': NotImplementedError: no truth value\. It is called"):
        integrands([term], Instant({"speed": 1.0}))


def test_what_is_not_there_is_named_with_what_is() -> None:
    with pytest.raises(SetupError, match=r"no quantity 'mood' here\. There are: speed"):
        _ = Instant({"speed": 1.0}).mood
    with pytest.raises(SetupError, match="unknown quantity 'mood'"):
        ObjectiveTerm("mine", "", "", 1.0, "", ("mood",), lambda at: at.mood)
    with pytest.raises(SetupError, match="letters, digits and underscores"):
        ObjectiveTerm("my term", "", "", 1.0, "", ("speed",), lambda at: at.speed)
