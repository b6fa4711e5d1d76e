"""The examination record as a file: what it may say, and what its reader answers to what it may not."""

from __future__ import annotations

import datetime
import json
import time
import tomllib
from pathlib import Path

import pytest
from exams import TODAY, examinations
from hypothesis import given
from hypothesis import strategies as st

from groundup.errors import FileError, GroundupError, Truncated
from groundup.examination import SIDES, Examination, Value, fields, sections
from groundup.io import exam_file
from groundup.study import Side


def read(text: str | bytes, folder: Path, name: str = "exam.toml") -> Examination:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return exam_file.read_exam(path, TODAY)


def told_in_one_line(error: GroundupError, word: str = "") -> None:
    assert "\n" not in str(error)
    assert word in str(error)


def refused(text: str | bytes, folder: Path, name: str = "exam.toml") -> str:
    with pytest.raises(FileError) as caught:
        read(text, folder, name)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(folder / name))
    return message


# --- the fields ------------------------------------------------------------


def test_every_section_of_an_examination_is_there_in_order() -> None:
    expected = (
        "person history pain observation motion strength length palpation tests neurology scores medication goals"
    )
    assert list(sections()) == expected.split()
    assert {f.section for f in fields().values()} == set(sections())


def test_every_number_has_a_unit_a_range_and_the_reason_for_it() -> None:
    for field in fields().values():
        if field.kind in ("number", "items"):
            assert field.unit, field.id
            assert field.reason, field.id
            assert field.low is not None, field.id
            assert field.high is not None, field.id
            assert field.low < field.high, field.id
        assert (field.kind in ("choice", "choices")) == bool(field.choices), field.id


def test_the_unit_stands_in_the_name() -> None:
    endings = {
        "deg": "_deg", "cm": "_cm", "mm": "_mm", "m": "_m", "kg": "_kg", "N": "_n", "s": "_s", "min": "_minutes",
        "ml": "_ml", "months": "_months", "years": "_years", "°C": "_c",
    }  # fmt: skip
    for field in fields().values():
        if field.unit in endings:
            assert field.name.endswith(endings[field.unit]), field.id


def test_no_field_asks_who_the_person_is() -> None:
    words = {word for field in fields().values() for word in field.name.split("_")}
    assert not words & {"name", "surname", "birth", "address", "phone", "email", "insurance"}


# --- reading ---------------------------------------------------------------


def test_the_template_is_an_empty_record(tmp_path: Path) -> None:
    assert read(exam_file.template(), tmp_path) == Examination()


def test_the_template_names_every_field_that_can_be_typed() -> None:
    lines = exam_file.template().splitlines()
    names = [line[1:].split(" =")[0] for line in lines if line.startswith("#") and line[1] != " "]
    assert names == ["date", "notes", *(f.name for f in fields().values() if not f.derived)]


def test_a_record_is_read_by_section_side_and_kind(tmp_path: Path) -> None:
    exam = read(
        """
date = 2026-03-02
[history]
first_step_pain = { both = true }
back_pain_since = "2025-03-02"
[pain]
heel_average = { right = 6 }
leg_sites = { left = [], right = ["heel", "calf"] }
[scores]
odi_items = [1, 2, 0, "na", 1, 1, 0, 2, 1, 1]
""",
        tmp_path,
    )
    assert exam.date == datetime.date(2026, 3, 2)
    assert exam.sides("history.first_step_pain") == ("left", "right")
    assert exam.get("pain.heel_average", "right") == 6.0
    assert exam.get("pain.heel_average", "left") is None
    assert exam.get("pain.leg_sites", "left") == ()
    assert exam.get("scores.odi_items") == (1, 2, 0, None, 1, 1, 0, 2, 1, 1)
    assert exam.number("history.back_pain_months") == pytest.approx(12, abs=0.1)


def test_a_side_must_be_asked_for_where_there_are_sides() -> None:
    with pytest.raises(KeyError, match="by side"):
        Examination().get("pain.heel_average")
    with pytest.raises(KeyError, match="not told by side"):
        Examination().get("pain.back_average", "left")
    with pytest.raises(KeyError, match=r"nearest names: pain\.back_average"):
        Examination(answers={("pain.back_averag", "none"): 3.0})
    with pytest.raises(KeyError, match="by side"):
        Examination(answers={("pain.heel_average", "none"): 3.0})


def test_derived_values_need_all_they_rest_on() -> None:
    known: dict[tuple[str, Side], Value] = {("person.height_m", "none"): 2.0}
    assert Examination(answers=known).get("person.bmi_kg_m2") is None
    known["person.mass_kg", "none"] = 100.0
    assert Examination(answers=known).get("person.bmi_kg_m2") == 25.0
    chart: dict[tuple[str, Side], Value] = {("pain.trunk_sites", "none"): ("neck", "low_back")}
    chart |= {
        (f"pain.{part}_sites", side): ("heel",) if part == "leg" else () for part in ("leg", "arm") for side in SIDES
    }
    assert Examination(answers=chart).number("pain.other_sites_count") == 1
    del chart["pain.arm_sites", "left"]
    assert Examination(answers=chart).number("pain.other_sites_count") is None


# --- bad input -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[pain]\nback_now = 14", ["[pain] back_now: is 14, expected 0 to 10 points", "the scale ends there"]),
        ("[pain]\nback_now = -1", ["is -1, expected 0 to 10"]),
        ("[pain]\nback_now = nan", ["is nan, expected 0 to 10"]),
        ("[pain]\nback_now = inf", ["is inf, expected 0 to 10"]),
        ("[pain]\nback_now = 1" + "0" * 300, ["many digits"]),
        ('[pain]\nback_now = "4 of 10"', ['is "4 of 10", expected 0 to 10 points', "Leave it out"]),
        ("[pain]\nback_now = true", ["is true, expected 0 to 10"]),
        ("[pain]\nback_now = { left = 3 }", ["without sides"]),
        ("[pain]\nheel_now = 3", ["[pain] heel_now: is 3, expected { left = …, right = … } with 0 to 10 points"]),
        ("[pain]\nheel_now = { links = 3 }", ['expected left, right or both, not "links"']),
        ("[pain]\nheel_now = { both = 3, left = 2 }", ["both alone"]),
        ("[pain]\nheel_now = { left = 3, right = 30 }", ["heel_now right: is 30"]),
        ("date = 2027-01-01", ["date: is 2027-01-01, which lies in the future", "2026-11-23"]),
        ("date = 1026-01-01", ["1900-01-01", "year"]),
        ("date = 2026-01-01T10:00:00", ["expected a day such as"]),
        ('date = "31.1.2026"', ["expected a day such as"]),
        ("date = 2026-01-01\n[history]\nback_pain_since = 2026-02-01", ["after the examination of 2026-01-01"]),
        ("[history]\nback_pain_since = 2030-01-01", ["back_pain_since", "in the future"]),
        ("[tests]\nwindlas = { left = true }", ["[tests] windlas: no such field", "tests.windlass"]),
        ("[test]\nwindlass = true", ["[test]: no such section", "tests"]),
        ("[history]\nwindlass = true", ["stands in [tests]"]),
        ("[motion]\nlunge_dorsiflexion_cm = { left = 3 }", ["motion.lunge_dorsiflexion_deg"]),
        ("[person]\nheight_m = 178", ["0.5 to 2.6 m", "centimetres"]),
        ("[person]\nbmi_kg_m2 = 25", ["computed from height and mass. Remove it."]),
        ("[person]\nage_years = 40.5", ["a whole number from 0 to 120 years"]),
        ('[person]\nsex = "femal"', ["expected one of female, male, other", 'Did you mean "female"?']),
        ('[history]\nback_pain = "yes"', ["expected true or false", "unknown"]),
        ('[pain]\ntrunk_sites = "neck"', ["a list of words"]),
        ('[pain]\ntrunk_sites = ["nek"]', ["is none of", 'Did you mean "neck"?']),
        ('[pain]\ntrunk_sites = ["neck", "neck"]', ["each word once"]),
        ("[scores]\nodi_items = [1, 2]", ["expected 10 numbers from 0 to 5", "It has 2."]),
        ("[scores]\nodi_items = [1, 2, 0, 7, 1, 1, 0, 2, 1, 1]", ["answer 4 is 7"]),
        ("[scores]\nodi_items = [1, 2, 0, 1.5, 1, 1, 0, 2, 1, 1]", ["answer 4 is 1.5"]),
        ('notes = "a\\u0007b"', ["control character U+0007"]),
        ('notes = "a\\u202Eb"', ["control character U+202E"]),
        ("notes = 3", ["text in quotes"]),
        ("pain = 3", ["[pain]: is 3, expected a section"]),
        ("[pain]\nback_now = 1\nback_now = 2\n", ["is not TOML", "line 3"]),
        ("[pain]\nback_now = \n", ["is not TOML", "line 2"]),
        ("[pain]\nback_now = 1" + "0" * 5000, ["is not TOML"]),
        ("a = " + "[" * 5000, ["is not TOML"]),
        ('schema = "groundup.examination/2"', ["reads up to groundup.examination/1", "Update"]),
        ('schema = "groundup.study/1"', ['expected "groundup.examination/1"']),
        ("schema = 3", ["schema is 3"]),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(text: str, words: list[str], tmp_path: Path) -> None:
    message = refused(text, tmp_path)
    for word in words:
        assert word in message


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    message = refused("date = 2030-01-01\n[pain]\nback_now = 14\nheel_now = 3\n[tests]\nslumpp = 1", tmp_path)
    assert "4 faults" in message
    for word in ("(1) date", "(2) [pain] back_now", "(3) [pain] heel_now", "(4) [tests] slumpp"):
        assert word in message


def test_very_many_faults_are_counted(tmp_path: Path) -> None:
    begin = time.perf_counter()
    message = refused("[pain]\n" + "\n".join(f"x{k} = 1" for k in range(50_000)), tmp_path)
    assert time.perf_counter() - begin < 20  # seconds; names are looked up for those that are shown only
    assert "50000 faults" in message
    assert "And 49988 more." in message
    assert len(message) < 5000


def test_a_file_of_50_mb_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "exam.toml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("opened"))
    with pytest.raises(FileError, match=r"has 50\.0 MB, expected a record of at most 1 MB"):
        exam_file.read_exam(path, TODAY)


def test_other_things_than_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is no file"):
        exam_file.read_exam(tmp_path, TODAY)
    with pytest.raises(FileError, match=r"no such file.*evaluate --new"):
        exam_file.read_exam(tmp_path / "none.toml", TODAY)
    with pytest.raises(Truncated, match="evaluate --new"):
        read(" \n", tmp_path)


def test_letters_that_are_no_utf8_are_refused_with_their_line(tmp_path: Path) -> None:
    message = refused(b'[goals]\nmain = "caf\xe9"', tmp_path)
    assert "line 2: byte 0xe9 is no UTF-8" in message
    assert "Save the file as UTF-8" in message


def test_json_names_twice_and_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    assert '"back_now" stands twice' in refused('{"pain": {"back_now": 1, "back_now": 2}}', tmp_path, "e.json")
    assert "NaN is no number" in refused('{"pain": {"back_now": NaN}}', tmp_path, "e.json")
    assert "expected a table" in refused("[1]", tmp_path, "e.json")
    assert "U+D800" in refused(r'{"notes": "\ud800"}', tmp_path, "e.json")
    assert "is not JSON" in refused("[" * 100_000, tmp_path, "e.json")


# --- properties ------------------------------------------------------------


@given(examinations())
def test_toml_and_json_keep_everything(exam: Examination) -> None:
    toml = exam_file.exam_from_tree(tomllib.loads(exam_file.exam_to_toml(exam)), "e", TODAY)
    again = exam_file.exam_from_json(exam_file.exam_to_json(exam), "e", TODAY)
    assert toml == exam == again
    assert exam_file.exam_to_toml(toml) == exam_file.exam_to_toml(exam)
    for found in (toml, again):
        assert {key: type(v) for key, v in found.answers.items()} == {key: type(v) for key, v in exam.answers.items()}


@pytest.mark.parametrize("name", ["exam.toml", "exam.json"])
def test_files_are_written_and_read(name: str, tmp_path: Path) -> None:
    exam = Examination(TODAY, {("pain.heel_now", "left"): 3.0, ("goals.main", "none"): 'a "walk"\nof 5 km'}, "ü")
    exam_file.write_exam(exam, tmp_path / name)
    assert exam_file.read_exam(tmp_path / name, TODAY) == exam


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from([*sections(), "left", "both", "date", "schema", *[f.name for f in fields().values()][::9]])
        | st.text(max_size=8),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(trees)
def test_only_our_errors_escape_from_any_tree(tree: object) -> None:
    try:
        exam_file.exam_from_tree(tree, "e", TODAY)
    except GroundupError as error:
        told_in_one_line(error)


@given(st.data())
def test_only_our_errors_escape_from_any_value_of_a_field(data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(list(fields().values())))
    value = data.draw(trees | st.dictionaries(st.sampled_from(["left", "right", "both"]), trees, max_size=2))
    try:
        exam = exam_file.exam_from_tree({field.section: {field.name: value}}, "e", TODAY)
    except GroundupError as error:
        told_in_one_line(error, field.name)
    else:
        assert exam_file.exam_from_json(exam_file.exam_to_json(exam), "e", TODAY) == exam


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_only_our_errors_escape_from_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes", numbered=True)
    for name in ("e.toml", "e.json"):
        (folder / name).write_bytes(data)
        try:
            exam_file.read_exam(folder / name, TODAY)
        except GroundupError as error:
            told_in_one_line(error)


@given(st.integers(0, 900), st.characters(codec="utf-8"))
def test_only_our_errors_escape_from_a_damaged_record(place: int, character: str) -> None:
    pain = {"heel_now": {"left": 3}, "trunk_sites": ["neck"]}
    good = json.dumps({"date": "2026-01-01", "pain": pain, "scores": {"odi_items": [1] * 10}})
    at = place % len(good)
    for text in (good[:at], good[:at] + character + good[at + 1 :], good[:at] + character + good[at:]):
        try:
            exam_file.exam_from_json(text, "e", TODAY)
        except GroundupError as error:
            told_in_one_line(error)
