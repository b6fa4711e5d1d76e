"""FHIR bundles: valid by the library's models, back without loss, no licensed text, no names, clear errors."""

from __future__ import annotations

import datetime
import importlib
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import FileError, SetupError
from groundup.examination import SIDES, Examination, Field, Value, fields
from groundup.io import fhir
from groundup.io.fhir import FhirRecord, Flag, Number, Release, Suspicion, from_fhir, read_fhir, to_fhir, write_fhir
from groundup.study import Side

pytest.importorskip("fhir.resources", reason="needs groundup[fhir]")

TODAY = datetime.date(2026, 11, 23)
RELEASES: tuple[Release, ...] = ("R5", "R4B")

EXAM = Examination(
    datetime.date(2026, 5, 4),
    {
        ("person.sex", "none"): "female",
        ("person.age_years", "none"): 51.0,
        ("person.height_m", "none"): 1.68,
        ("history.first_step_pain", "left"): True,
        ("history.first_step_pain", "right"): False,
        ("history.heel_pain_since", "left"): datetime.date(2025, 12, 1),
        ("pain.heel_now", "left"): 6.5,
        ("pain.trunk_sites", "none"): ("neck", "low_back"),
        ("pain.arm_sites", "left"): (),
        ("motion.lunge_dorsiflexion_deg", "left"): 25.0,
        ("neurology.ankle_reflex", "right"): "reduced",
        ("scores.odi_items", "none"): (1.0, 2.0, None, 0.0, 3.0, 1.0, 2.0, 2.0, 0.0, 1.0),
        ("scores.faam_adl", "none"): 64.3,
        ("goals.main", "none"): 'stand a day’s work; "walk" <again> & run\n',
    },
    "seen in a hurry",
)
RECORD = FhirRecord(
    "p-17",
    EXAM,
    scores=(Number("odi", "ODI", "none", 26.7, "%"), Number("nprs_heel", "Pain", "left", 6.0, "points")),
    measures=(Number("foot.heel_peak", "Heel force", "left", 0.71, "BW", 0.64, 0.78),),
    suspicions=(
        Suspicion(
            "fascia",
            "Plantar fasciitis",
            "left",
            "likely",
            ("first-step pain",),
            ("a: b",),
            ("windlass",),
            "windlass",
            "CPG",
        ),
    ),
    flags=(Flag("fever", "urgent", "fever of 38.9 °C", "see a doctor today", "NICE"),),
    statements=("This is no diagnosis.", "Load change is not pain change."),
)


def resources(text: str, kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in json.loads(text)["entry"] if e["resource"]["resourceType"] == kind]


# --- valid, and back ------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
def test_round_trip(release: Release) -> None:
    assert from_fhir(to_fhir(RECORD, release), TODAY) == (RECORD, ())


@pytest.mark.parametrize(("release", "package"), [("R5", "fhir.resources"), ("R4B", "fhir.resources.R4B")])
def test_each_resource_is_valid_by_its_own_model(release: Release, package: str) -> None:
    entries = json.loads(to_fhir(RECORD, release))["entry"]
    kinds = {e["resource"]["resourceType"] for e in entries}
    assert kinds == {"Patient", "Observation", "QuestionnaireResponse", "Condition", "DiagnosticReport"}
    for e in entries:
        kind = e["resource"]["resourceType"]
        getattr(importlib.import_module(f"{package}.{kind.lower()}"), kind).model_validate(e["resource"])


@pytest.mark.parametrize("release", RELEASES)
def test_nearly_empty_record(release: Release) -> None:
    record = FhirRecord("p1")
    assert from_fhir(to_fhir(record, release), TODAY) == (record, ())


def numbers(field: Field) -> st.SearchStrategy[float]:
    low = 0.0 if field.low is None else field.low
    high = 1000.0 if field.high is None else field.high
    if field.whole:
        return st.integers(math.ceil(low), math.floor(high)).map(float)
    return st.floats(low, high, allow_nan=False)


def words() -> st.SearchStrategy[str]:
    letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
    return st.text(letters, min_size=1, max_size=30).filter(lambda t: t == t.strip())


def values(field: Field) -> st.SearchStrategy[Value]:
    if field.kind == "yes_no":
        return st.booleans()
    if field.kind == "number":
        return numbers(field)
    if field.kind == "choice":
        return st.sampled_from(field.choices)
    if field.kind == "choices":
        return st.lists(st.sampled_from(field.choices), unique=True).map(tuple)
    if field.kind == "date":
        return st.dates(datetime.date(1950, 1, 1), TODAY)
    if field.kind == "items":
        one = numbers(field) | st.none()
        return st.lists(one, min_size=field.count, max_size=field.count).map(tuple)
    return words()


@st.composite
def examinations(draw: st.DrawFn) -> Examination:
    asked = [f for f in fields().values() if not f.derived]
    answers: dict[tuple[str, Side], Value] = {}
    for field in draw(st.lists(st.sampled_from(asked), unique_by=lambda f: f.id, max_size=12)):
        for side in draw(st.sets(st.sampled_from(SIDES))) if field.sided else ("none",):
            answers[field.id, side] = draw(values(field))
    # Nothing that an examination tells lies after it.
    told = [value for value in answers.values() if isinstance(value, datetime.date)]
    first = max(told, default=datetime.date(1950, 1, 1))
    return Examination(draw(st.none() | st.dates(first, TODAY)), answers, draw(st.just("") | words()))


@settings(max_examples=60)
@given(examinations(), st.sampled_from(RELEASES))
def test_any_examination_comes_back(exam: Examination, release: Release) -> None:
    record = FhirRecord("p1", exam)
    assert from_fhir(to_fhir(record, release), TODAY) == (record, ())


def test_every_field_comes_back() -> None:
    answers: dict[tuple[str, Side], Value] = {}
    for field in fields().values():
        if not field.derived:
            for side in SIDES if field.sided else ("none",):
                answers[field.id, side] = _some(field)  # type: ignore[index]
    record = FhirRecord("p1", Examination(TODAY, answers))
    assert from_fhir(to_fhir(record), TODAY) == (record, ())


def _some(field: Field) -> Value:
    low = field.low or 0.0
    by_kind: dict[str, Value] = {
        "yes_no": False,
        "number": low,
        "choice": field.choices[0] if field.choices else "",
        "choices": field.choices,
        "date": TODAY,
        "text": "as told",
        "items": (low,) * field.count,
    }
    return by_kind[field.kind]


@pytest.mark.parametrize(("release", "package"), [("R5", "fhir.resources"), ("R4B", "fhir.resources.R4B")])
def test_status_codes_are_those_that_fhir_lists(release: Release, package: str) -> None:
    # The models check the shape of a code, and carry the list of those allowed without checking it.
    for e in json.loads(to_fhir(RECORD, release))["entry"]:
        kind = e["resource"]["resourceType"]
        known = getattr(importlib.import_module(f"{package}.{kind.lower()}"), kind).model_fields
        listed = {
            name: (known[name].json_schema_extra or {}).get("enum_values") for name in e["resource"] if name in known
        }
        assert all(e["resource"][name] in words for name, words in listed.items() if words), kind


# --- what it says and what it must not ------------------------------------


def test_hypotheses_are_unconfirmed_and_the_report_is_preliminary() -> None:
    for release in RELEASES:
        text = to_fhir(RECORD, release)
        (condition,), (report,) = resources(text, "Condition"), resources(text, "DiagnosticReport")
        assert condition["verificationStatus"]["coding"][0]["code"] == "unconfirmed"
        assert report["status"] == "preliminary"
        assert "no diagnosis" in report["conclusion"]


def test_patient_is_a_pseudonym_only() -> None:
    (patient,) = resources(to_fhir(RECORD), "Patient")
    assert set(patient) == {"resourceType", "identifier", "gender"}


def test_questionnaires_hold_numbers_only() -> None:
    (response,) = resources(to_fhir(RECORD), "QuestionnaireResponse")
    assert response["status"] == "in-progress"
    assert [set(item) for item in response["item"]] == [
        {"linkId"} if k == 2 else {"linkId", "answer"} for k in range(10)
    ]


def test_codes_of_height_and_its_unit() -> None:
    height = next(
        o for o in resources(to_fhir(RECORD), "Observation") if o["code"]["text"] == fields()["person.height_m"].label
    )
    assert ("http://loinc.org", "8302-2") in {(c["system"], c["code"]) for c in height["code"]["coding"]}
    assert height["valueQuantity"] == {"value": 1.68, "unit": "m", "system": "http://unitsofmeasure.org", "code": "m"}


def test_every_unit_of_the_examination_has_its_ucum_code() -> None:
    from groundup.io.fhir.codes import LOINC, UCUM

    assert {f.unit for f in fields().values() if f.kind == "number"} <= set(UCUM)
    assert set(LOINC) <= set(fields())


def test_links_lead_to_resources_of_the_bundle() -> None:
    plain = json.loads(to_fhir(RECORD))
    urls = [e["fullUrl"] for e in plain["entry"]]
    named = [
        r["reference"]
        for e in plain["entry"]
        for r in [e["resource"].get("subject"), *e["resource"].get("result", [])]
        if r
    ]
    assert len(set(urls)) == len(urls)
    assert set(named) <= set(urls)


def test_the_same_record_gives_the_same_bytes() -> None:
    assert to_fhir(RECORD) == to_fhir(RECORD)


# --- files and faults -----------------------------------------------------


def test_files(tmp_path: Path) -> None:
    write_fhir(RECORD, tmp_path / "a.json", "R4B")
    assert read_fhir(tmp_path / "a.json", TODAY) == (RECORD, ())


def changed(**change: Any) -> str:
    plain = json.loads(to_fhir(FhirRecord("p1", Examination(None, {("pain.heel_now", "left"): 6.0}))))
    plain["entry"][1]["resource"].update(change)
    return json.dumps(plain)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "is no FHIR bundle"),
        ('{"resourceType": "Patient"}', "is no FHIR bundle"),
        ('{"resourceType": "Bundle", "type": "collection"}', "holds 0 people"),
        (changed(status=" no  code "), "expected FHIR R5"),
        (changed(valueQuantity={"value": 14, "unit": "points"}), "14"),
        (changed(status=None), "expected FHIR R5"),
        (changed(valueQuantity={"value": 6, "unit": "cm"}), "pain.heel_now is in 'cm', expected 'points'"),
        (changed(valueQuantity=None, valueBoolean=True), "pain.heel_now has no valueQuantity"),
        (changed(bodySite=None), "told for side 'none', expected left or right"),
        (
            changed(code={"coding": [{"system": "urn:x-groundup:examination", "code": "pain.heel_nov"}]}),
            "field 'pain.heel_nov' is not known. Nearest names: pain.heel_now",
        ),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_bad_bundles(text: str, message: str) -> None:
    with pytest.raises(FileError, match=message) as caught:
        from_fhir(text, TODAY, "bundle.json")
    assert str(caught.value).startswith("bundle.json")
    assert "\n" not in str(caught.value)


def test_what_others_wrote_is_left_out_and_named() -> None:
    plain = json.loads(to_fhir(FhirRecord("p1")))
    code = {"coding": [{"system": "http://loinc.org", "code": "718-7"}], "text": "Haemoglobin"}
    plain["entry"].append({"resource": {"resourceType": "Observation", "status": "final", "code": code}})
    assert from_fhir(json.dumps(plain), TODAY)[1] == ("Observation Haemoglobin",)


def test_text_that_fhir_cannot_say_is_an_error() -> None:
    with pytest.raises(FileError, match="expected FHIR R5"):
        to_fhir(FhirRecord(""))


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match=r"groundup\[fhir\]"):
        to_fhir(RECORD)


def test_huge_and_foreign_files_are_refused(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with open(huge, "wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(FileError, match="over 50 MB"):
        read_fhir(huge, TODAY)
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(FileError, match="is not UTF-8"):
        read_fhir(tmp_path / "latin.json", TODAY)
    with pytest.raises(FileError, match="no such file"):
        read_fhir(tmp_path / "none.json", TODAY)
