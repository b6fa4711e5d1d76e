"""A simulation's answer beside an evaluation: read back whole, and every other file refused in one line."""

from __future__ import annotations

import copy
import datetime
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundup.cli.main import main
from groundup.clinic.evaluate import evaluate
from groundup.errors import FileError
from groundup.io.exam_file import exam_from_tree
from groundup.io.result_folder import SIMULATION_FILE
from groundup.predict.answer import Change, Comparison, SimulationAnswer, to_json
from groundup.predict.answer_file import MAX_BYTES, read_answer
from groundup.predict.condition import parse_condition
from groundup.predict.request import MOST_SWEEPS, SimulationRequest
from groundup.predict.treatments import MOST_DOSES, parse_treatment
from sample_answer import sample_answer

RECORD = """
[history]
heel_pain = { right = true }
first_step_pain = { right = true }
[palpation]
fascia_insertion = { right = true }
[tests]
windlass = { right = true }
"""


def _answer() -> dict[str, Any]:
    request = SimulationRequest(
        conditions=(parse_condition("heel_pain:right:6"),), treatments=(parse_treatment("low_dye_tape:100%"),)
    )
    before, after = request.cases[1].label, request.cases[-1].label
    change = Change("foot.fascia_peak", "Tension", "fascia", "BW", "right", 1.0, 0.9, -0.2, -0.01, "less", "better")
    unknown = Change("foot.heel_peak", "Heel", "foot", "BW", "right", *[float("nan")] * 4, "not computed", "")
    found = SimulationAnswer(request, (), (Comparison(before, after, (change, unknown)),))
    plain: dict[str, Any] = json.loads(json.dumps(to_json(found)))
    return plain


ANSWER = _answer()


def _written(folder: Path, values: object) -> Path:
    path = folder / SIMULATION_FILE
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def test_an_answer_is_read_from_its_file_or_folder(tmp_path: Path) -> None:
    path = _written(tmp_path, ANSWER)
    assert read_answer(path) == read_answer(tmp_path) == ANSWER


def test_it_stands_beside_the_trials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _written(tmp_path, ANSWER)
    record = tmp_path / "exam.toml"
    record.write_text(RECORD, encoding="utf-8")
    assert main(["evaluate", str(record), "--simulation", str(tmp_path)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Tension (right): less, -0.1 BW (-10.0 %), interval -0.2 to -0.01 (predicted by simulation" in text
    assert all(" ".join(said.split()) in text for said in ANSWER["statements"])


def _without(*path: str | int) -> dict[str, Any]:
    values = copy.deepcopy(ANSWER)
    at: Any = values
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return values


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "schema is null"),
        ({"schema": "groundup.study/1"}, 'schema is "groundup.study/1"'),
        (_without("request"), "request: is no request"),
        (ANSWER | {"request": {"conditions": [{"kind": "none"}]}}, "request:"),
        (_without("comparisons"), "comparisons: expected a list"),
        (_without("statements"), "statements: expected a list of text"),
        (_without("comparisons", 0, "before"), "comparisons[0]: expected before"),
        (_without("comparisons", 0, "changes", 0, "difference"), "comparisons[0]: expected before"),
    ],
)
def test_what_is_no_answer_is_refused(values: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        read_answer(_written(tmp_path, values))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe{", b'{"a":' * 100_000, b"9" * 10_000])
def test_what_is_no_json_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / SIMULATION_FILE).write_bytes(data)
    with pytest.raises(FileError):
        read_answer(tmp_path)


def test_no_file_and_a_huge_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_answer(tmp_path)
    with (tmp_path / SIMULATION_FILE).open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(FileError, match=r"200\.0 MB"):
        read_answer(tmp_path)


def test_the_largest_answer_that_can_be_asked_for_is_read() -> None:
    answer = sample_answer(None, "heel_lift:0..15mm:5")
    each = len(json.dumps(to_json(answer), indent=1).encode()) / len(answer.comparisons)
    assert MOST_DOSES**MOST_SWEEPS * each < MAX_BYTES


def _places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path to everything inside."""
    pairs: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    return [place for key, one in pairs for place in [(*path, key), *_places(one, (*path, key))]]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(_places(ANSWER)), st.none() | st.booleans() | st.integers() | st.text() | st.just([]) | st.just({})
)
def test_a_changed_answer_is_read_or_refused(tmp_path: Path, place: tuple[Any, ...], other: object) -> None:
    values = copy.deepcopy(ANSWER)
    at: Any = values
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = other
    try:
        found = read_answer(_written(tmp_path, values))
    except FileError:
        return
    evaluate(exam_from_tree(tomllib.loads(RECORD), "exam", datetime.date(2026, 1, 1)), simulation=found)
