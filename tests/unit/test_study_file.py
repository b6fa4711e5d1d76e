"""study.json: nothing is lost, newer versions and damage are told in words, and the shipped schema is the truth."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup import study as nouns
from groundup.errors import FileError, Truncated
from groundup.io.study_file import SCHEMA_FILE, read_study, study_from_dict, study_to_dict, write_study
from groundup.study import Study, rounded

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from sample_study import bare_study, sample_study

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
SAMPLE = study_to_dict(sample_study())


def same(a: object, b: object, packed: bool = False) -> bool:
    if isinstance(a, np.ndarray):
        # The picture is kept in 32 bits; everything else to the last bit.
        return np.array_equal(
            a.astype(np.float32) if packed else a, b.astype(np.float32) if packed else b, equal_nan=True
        )
    if dataclasses.is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name), "packed" in f.metadata) for f in dataclasses.fields(a))
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and np.isnan(a):
        return np.isnan(b)
    return a == b and type(a) is type(b)


@pytest.mark.parametrize("make", [sample_study, bare_study])
def test_round_trip_loses_nothing(make, tmp_path: Path) -> None:
    study = make()
    write_study(study, tmp_path / "study.json")
    back = read_study(tmp_path / "study.json")
    assert same(study, back)
    write_study(back, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "study.json").read_bytes()


def test_not_a_number_is_null_in_the_file_and_comes_back(tmp_path: Path) -> None:
    study = sample_study()
    broken = study.series[0].values.copy()
    broken[3], broken[4] = np.nan, np.inf
    study = dataclasses.replace(study, series=(dataclasses.replace(study.series[0], values=broken),))
    write_study(study, tmp_path / "study.json")
    text = (tmp_path / "study.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    assert "Infinity" not in text
    assert json.loads(text)["series"][0]["values"][3] is None
    assert np.isnan(read_study(tmp_path / "study.json").series[0].values[[3, 4]]).all()


def test_newer_version_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    path.write_text(json.dumps({**SAMPLE, "schema": "groundup.study/7"}), encoding="utf-8")
    with pytest.raises(
        FileError, match=r"study\.json: written as groundup\.study/7, .* up to groundup\.study/1\. Update"
    ):
        read_study(path)


def test_fields_of_a_later_minor_addition_are_passed_over() -> None:
    assert study_from_dict({**SAMPLE, "mood": "good"}).title == SAMPLE["title"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.pop("subject"), "s: subject is missing"),
        (lambda d: d["curves"][3].pop("unit"), "s: curves.3.unit is missing"),
        (
            lambda d: d["quality"][1].update(severity="awful"),
            'quality.1.severity is "awful", expected one of info, warn, bad',
        ),
        (lambda d: d["series"][0].update(values="abc"), 'series.0.values is "abc", expected a list of numbers'),
        (lambda d: d["curves"][0].update(each=[[1, 2], [3]]), "curves.0.each is .* all rows of one length"),
        (lambda d: d["subject"].update(mass_kg="72 kg"), 'subject.mass_kg is "72 kg", expected a number or null'),
        (lambda d: d["scene"]["time_s"].update(base64="??"), r"scene\.time_s is"),
        (lambda d: d.update(schema="other/1"), 'schema is "other/1", expected "groundup.study/1"'),
        (lambda d: d.update(cycles={}), "cycles is {}, expected a list"),
        (lambda d: d.update(synthetic=1), "synthetic is 1, expected true or false"),
    ],
)
def test_damage_is_named_with_its_place(change, words: str) -> None:
    data = json.loads(json.dumps(SAMPLE))
    change(data)
    with pytest.raises(FileError, match=words):
        study_from_dict(data, "s")


@pytest.mark.parametrize("data", [None, 3, [], "x", {}])
def test_something_else_is_not_a_study(data: object) -> None:
    with pytest.raises(FileError, match="schema is null, expected"):
        study_from_dict(data)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", Truncated, "empty"),
        ('{"schema": "groundup.st', Truncated, "ends early"),
        ("{1}", FileError, "line 1: is not JSON"),
    ],
)
def test_damaged_file(tmp_path: Path, text: str, error: type[Exception], words: str) -> None:
    path = tmp_path / "study.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=words):
        read_study(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.json: no such file"):
        read_study(tmp_path / "none.json")


# The schema describes exactly the nouns: a field added to one and not the other fails here.
DEFINED = {
    Study: SCHEMA,
    nouns.Provenance: SCHEMA["$defs"]["provenance"],
    nouns.InputFile: SCHEMA["$defs"]["input_file"],
    nouns.Subject: SCHEMA["$defs"]["subject"],
    nouns.QualityItem: SCHEMA["$defs"]["quality_item"],
    nouns.Cycle: SCHEMA["$defs"]["cycle"],
    nouns.Series: SCHEMA["$defs"]["series"],
    nouns.CycleCurve: SCHEMA["$defs"]["curve"],
    nouns.Headline: SCHEMA["$defs"]["headline"],
    nouns.Interval: SCHEMA["$defs"]["interval"],
    nouns.Cause: SCHEMA["$defs"]["cause"],
    nouns.Link: SCHEMA["$defs"]["link"],
    nouns.Ref: SCHEMA["$defs"]["ref"],
    nouns.Attribution: SCHEMA["$defs"]["attribution"],
    nouns.Share: SCHEMA["$defs"]["share"],
    nouns.Sensitivity: SCHEMA["$defs"]["sensitivity"],
    nouns.Missing: SCHEMA["$defs"]["missing"],
    nouns.Method: SCHEMA["$defs"]["method"],
    nouns.Scene: SCHEMA["$defs"]["scene"],
    nouns.SceneSegment: SCHEMA["$defs"]["scene_segment"],
    nouns.SceneMuscle: SCHEMA["$defs"]["scene_muscle"],
    nouns.SceneForce: SCHEMA["$defs"]["scene_force"],
    nouns.SceneMarker: SCHEMA["$defs"]["scene_marker"],
}


@pytest.mark.parametrize("record", DEFINED, ids=lambda r: r.__name__)
def test_schema_lists_the_fields_of_the_nouns(record: type) -> None:
    names = {f.name for f in dataclasses.fields(record) if "elsewhere" not in f.metadata}
    assert set(DEFINED[record]["properties"]) == names
    assert set(DEFINED[record]["required"]) == names


@pytest.mark.parametrize("make", [sample_study, bare_study])
def test_written_study_fits_the_schema(make) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(SCHEMA).validate(study_to_dict(make()))


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12), st.integers(1, 12))
def test_rounded_keeps_the_digits_asked_for(value: float, digits: int) -> None:
    assert float(rounded(value, digits)) == pytest.approx(
        float(f"{value:.{digits - 1}e}"), rel=1.01 * 10.0 ** (1 - digits)
    )
    assert float(rounded(value, digits)) == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits), abs=1e-300)


def test_rounded_is_short_and_keeps_what_is_not_a_number() -> None:
    assert rounded([1 / 3, 2e6 / 3, np.nan, 0.0, -np.inf]).tolist()[:2] == [0.3333333, 666666.7]
    assert np.isnan(rounded(np.nan))
    assert rounded([0.0, -np.inf]).tolist() == [0.0, -np.inf]
