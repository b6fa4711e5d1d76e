"""``groundup evaluate``: red flags first, unknown never normal, always no diagnosis; and what it says to bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exams import examinations
from hypothesis import given, settings

import vignettes
from groundup.cli.main import main
from groundup.clinic.evaluate import EMERGENCY, GROWING, LINK, NO_DIAGNOSIS, NO_PROBABILITY, UNKNOWN, evaluate
from groundup.examination import Examination
from groundup.io.evaluation_file import SCHEMA_FILE, evaluation_to_dict, write_evaluation

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))

RECORD = """
date = 2026-03-02
[person]
age_years = 48
[history]
heel_pain = { right = true }
first_step_pain = { right = true }
back_pain = true
[palpation]
fascia_insertion = { right = true }
[tests]
windlass = { right = true }
[scores]
odi_items = [1, 2, 1, 1, "na", 2, 1, 1, 2, 1]
rmdq_items = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "na"]
"""


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "exam.toml"
    path.write_text(RECORD, encoding="utf-8")
    return path


def test_the_record_of_the_page_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    path = tmp_path / "exam.toml"
    path.write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert main(["evaluate", str(path)]) == 0
    assert "Heel pain, right" in said(capsys)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_the_record_is_told_in_its_order(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(record)]) == 0
    text = said(capsys)
    order = ["Examination of 2026-03-02", NO_DIAGNOSIS, UNKNOWN, NO_PROBABILITY, LINK, "Red flags", "Scores"]
    order += ["Heel pain, right", "Low back pain", "What could be done", "Nothing recorded of"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "none raised by what is recorded" in text
    assert "not asked, Cauda equina syndrome" in text
    assert "ODI (Oswestry): 26.7 % (lower is better)" in text
    assert "no score: 23 of 24 answered in scores.rmdq_items, 24 are needed; it lies between 12 and 13" in text


def test_an_emergency_is_the_first_that_is_said(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record.write_text(RECORD.replace("[history]", "[history]\nsaddle_numbness = true"), encoding="utf-8")
    assert main(["evaluate", str(record)]) == 0
    text = said(capsys)
    assert text.index(EMERGENCY) < text.index(NO_DIAGNOSIS)
    assert "EMERGENCY: Cauda equina syndrome. Found: Numb between the legs" in text
    assert "CONSIDER:" not in text  # nothing else before it is looked after


def test_new_record_goes_back_in_and_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new.toml"
    assert main(["evaluate", "--new", "-o", str(path)]) == 0
    assert main(["evaluate", "--new"]) == 0
    assert capsys.readouterr().out == path.read_text(encoding="utf-8")
    assert main(["evaluate", str(path)]) == 0
    text = said(capsys)
    assert NO_DIAGNOSIS in text
    assert "Nothing recorded of: person, history" in text
    assert "leads:" not in text


def test_json_is_as_the_schema_says(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(record), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["date"] == "2026-03-02"
    assert NO_DIAGNOSIS in document["statements"]
    assert next(s for s in document["scores"] if s["id"] == "rmdq")["value"] is None


@settings(max_examples=25)
@given(examinations())
def test_every_record_can_be_evaluated_and_written(exam: Examination) -> None:
    found = evaluate(exam)
    assert NO_DIAGNOSIS in found.statements
    document = evaluation_to_dict(found)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    json.dumps(document, allow_nan=False)


def test_an_evaluation_is_written_whole(tmp_path: Path) -> None:
    write_evaluation(evaluate(Examination()), tmp_path / "evaluation.json")
    document = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert document["schema"] == "groundup.evaluation/1"
    assert document["date"] is None


def test_movement_enters_with_its_study(record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--recording", "-o", str(tmp_path / "walk")]) == 0
    capsys.readouterr()
    for study in (tmp_path / "walk", tmp_path / "walk" / "study.json"):
        assert main(["evaluate", str(record), "--study", str(study)]) == 0
        text = said(capsys)
        assert "with the movement study" in text
        assert "made by a computer, not measured on this person" in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[pain]\nback_now = 14", "[pain] back_now: is 14, expected 0 to 10 points"),
        ("[tests]\nwindlas = 1", "Nearest names: tests.windlass"),
        ("date = 9999-01-01", "lies in the future"),
        ("", "the file is empty"),
    ],
)
def test_bad_records_get_one_line(text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "exam.toml"
    path.write_text(text, encoding="utf-8")
    out = tmp_path / "out.json"
    assert main(["evaluate", str(path), "--json", "-o", str(out)]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("arguments", [[], ["--new", "exam.toml"], ["--new", "--json"]])
def test_wrong_usage_says_what_was_expected(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["evaluate", *arguments])
    assert caught.value.code == 2
    assert "--new" in capsys.readouterr().err


@pytest.mark.parametrize(("age", "told"), [(11, True), (17.9, True), (18, False), (None, False)])
def test_that_it_is_made_for_adults_is_said_of_children(age: float | None, told: bool) -> None:
    tree = {"pain": {"heel_average": {"right": 5}}} | ({"person": {"age_years": age}} if age is not None else {})
    assert (GROWING in evaluate(vignettes.record(tree)).statements) is told
