"""From the resources of a bundle back to a record. What groundup did not write is left out and named."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from groundup.errors import FileError
from groundup.examination import Examination, Field, Value, fields
from groundup.io.fhir import codes
from groundup.io.fhir.record import FhirRecord, Flag, Number, Suspicion
from groundup.io.fhir.writing import NOTES
from groundup.study import Side

Resource = Mapping[str, Any]


def record(bundle: Resource, name: str) -> tuple[FhirRecord, tuple[str, ...]]:
    """Return the record of a bundle (plain, validated values), and which resources were left out.

    Raises
    ------
    FileError
        There is not one person in it, or a field, side or value that groundup does not know.
    """
    resources = [entry["resource"] for entry in bundle.get("entry", ()) if entry.get("resource")]
    of_kind = {
        kind: [r for r in resources if r["resourceType"] == kind] for kind in {r["resourceType"] for r in resources}
    }
    observations = of_kind.get("Observation", [])
    answers, notes = _answers(observations, of_kind.get("QuestionnaireResponse", []), name)
    reports = [r for r in of_kind.get("DiagnosticReport", []) if _code(r, codes.REPORT)]
    day = reports[0].get("effectiveDateTime") if reports else None
    found = FhirRecord(
        person=_person(of_kind.get("Patient", []), name),
        examination=Examination(_date(day), answers, notes),
        scores=_numbers(observations, codes.SCORE),
        measures=_numbers(observations, codes.MEASURE),
        suspicions=tuple(_suspicion(r) for r in of_kind.get("Condition", []) if _code(r, codes.SUSPICION)),
        flags=tuple(_flag(r) for r in observations if _code(r, codes.FLAG)),
        statements=tuple(reports[0].get("conclusion", "").split("\n"))
        if reports and reports[0].get("conclusion")
        else (),
    )
    return found, tuple(_title(r) for r in resources if not _ours(r))


def _person(patients: list[Resource], name: str) -> str:
    ids = [
        i["value"]
        for p in patients
        for i in p.get("identifier", ())
        if i.get("system") == codes.PERSON and "value" in i
    ]
    if len(patients) != 1 or len(ids) != 1:
        raise FileError(
            f"{name}: holds {len(patients)} people, {len(ids)} with a pseudonym of groundup, expected one. "
            "Import bundles that groundup wrote, one person each."
        )
    return str(ids[0])


# --- the examination -----------------------------------------------------


def _answers(
    observations: Iterable[Resource], responses: Iterable[Resource], name: str
) -> tuple[dict[tuple[str, Side], Value], str]:
    answers: dict[tuple[str, Side], Value] = {}
    notes = ""
    for r in observations:
        id = _code(r, codes.FIELD)
        if id == NOTES:
            notes = r.get("valueString", "")
        elif id:
            field, side = _field(id, _side(r), name)
            answers[id, side] = _value(field, r, name)
    for r in responses:
        form = str(r.get("questionnaire", ""))
        if form.startswith(codes.QUESTIONNAIRE):
            id, _, where = form.removeprefix(codes.QUESTIONNAIRE).rpartition(":")
            field, side = _field(id, where, name)
            answers[id, side] = _items(r)
    return answers, notes


def _field(id: str, side: str, name: str) -> tuple[Field, Side]:
    known = fields()
    if id not in known:
        near = get_close_matches(id, known, 3, 0.5)
        hint = f"Nearest names: {', '.join(near)}." if near else "It may be of a newer groundup."
        raise FileError(f"{name}: field {id[:60]!r} is not known. {hint}")
    if side not in (("left", "right") if known[id].sided else ("none",)):
        raise FileError(
            f"{name}: {id} is told for side {side[:20]!r}, expected {'left or right' if known[id].sided else 'none'}."
        )
    return known[id], side  # type: ignore[return-value]


def _value(field: Field, r: Resource, name: str) -> Value:
    kinds = {"yes_no": "valueBoolean", "text": "valueString"}
    try:
        if field.kind == "number":
            if r["valueQuantity"].get("unit", "") != field.unit:
                raise FileError(
                    f"{name}: {field.id} is in {r['valueQuantity'].get('unit')!r}, expected {field.unit!r}. Convert it."
                )
            return float(r["valueQuantity"]["value"])
        if field.kind == "date":
            found = _date(r["valueDateTime"])
            assert found is not None
            return found
        if field.kind == "choice":
            return _of(r["valueCodeableConcept"], codes.CHOICE)
        if field.kind == "choices":
            chosen = (_of(c["code"], codes.CHOICE) for c in r.get("component", ()))
            return tuple(c.removeprefix(f"{field.id}.") for c in chosen)
        found_value: Value = r[kinds[field.kind]]
        return found_value
    except KeyError as error:
        raise FileError(
            f"{name}: {field.id} has no {error.args[0]}, expected an answer of kind {field.kind}."
        ) from None


def _items(r: Resource) -> tuple[float | None, ...]:
    answers = (item.get("answer") for item in r.get("item", ()))
    return tuple(float(a[0]["valueDecimal"]) if a else None for a in answers)


# --- what was made of it -------------------------------------------------


def _numbers(observations: Iterable[Resource], system: str) -> tuple[Number, ...]:
    return tuple(_number(r, system) for r in observations if _code(r, system))


def _number(r: Resource, system: str) -> Number:
    limits = {_of(c["code"], codes.INTERVAL): float(c["valueQuantity"]["value"]) for c in r.get("component", ())}
    q, where = r["valueQuantity"], _side(r)
    return Number(
        _code(r, system),
        r["code"]["text"],
        where,
        float(q["value"]),
        q.get("unit", ""),
        limits.get("low"),
        limits.get("high"),
    )


def _suspicion(r: Resource) -> Suspicion:
    told = _told(r)
    return Suspicion(
        _code(r, codes.SUSPICION),
        r["code"]["text"],
        _side(r),
        _grade(r),
        told("For"),
        told("Against"),
        told("Not known"),
        "".join(told("Next")),
        "".join(told("Source")),
    )


def _flag(r: Resource) -> Flag:
    told = _told(r)
    return Flag(_code(r, codes.FLAG), _grade(r), r.get("valueString", ""), "".join(told("Do")), "".join(told("Source")))


def _told(r: Resource) -> Any:
    notes = [note["text"].partition(": ") for note in r.get("note", ())]
    return lambda word: tuple(text for first, _, text in notes if first == word)


def _grade(r: Resource) -> str:
    return next((e["valueString"] for e in r.get("extension", ()) if e.get("url") == codes.GRADE), "")


# --- pieces --------------------------------------------------------------


def _code(r: Resource, system: str) -> str:
    return _of(r.get("code", {}), system)


def _of(concept: Resource, system: str) -> str:
    return next((c.get("code", "") for c in concept.get("coding", ()) if c.get("system") == system), "")


def _side(r: Resource) -> Side:
    where = r.get("bodySite") or {}
    where = where[0] if isinstance(where, list) else where
    side: Side = _of(where, codes.SIDE) or "none"  # type: ignore[assignment]
    return side


def _date(text: str | None) -> datetime.date | None:
    return None if text is None else datetime.date.fromisoformat(text[:10])


_SYSTEMS = (codes.FIELD, codes.SCORE, codes.MEASURE, codes.SUSPICION, codes.FLAG, codes.REPORT)


def _ours(r: Resource) -> bool:
    if r["resourceType"] == "Patient":
        return True
    if r["resourceType"] == "QuestionnaireResponse":
        return str(r.get("questionnaire", "")).startswith(codes.QUESTIONNAIRE)
    return any(_code(r, system) for system in _SYSTEMS)


def _title(r: Resource) -> str:
    return f"{r['resourceType']} {r.get('code', {}).get('text', r.get('id', ''))}".strip()
