"""From a record to the resources of a bundle, as plain values. Which release differs where it says so."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from groundup.examination import Examination, Field, Value, fields
from groundup.io.fhir import codes
from groundup.io.fhir.record import FhirRecord, Flag, Number, Release, Suspicion
from groundup.study import Side

Resource = dict[str, Any]

NOTES = "examination.notes"
_SPACE = uuid.UUID("6f0f2f0c-5a0a-5d0e-9b1c-9d6a4a1f7c11")  # the same record gives the same ids
_GENDERS = ("female", "male", "other")


def bundle(record: FhirRecord, release: Release) -> Resource:
    """Return the bundle as plain values, not yet validated."""
    writer = _Writer(record, release)
    entries = [{"fullUrl": writer.url(key), "resource": resource} for key, resource in writer.resources()]
    return {
        "resourceType": "Bundle",
        "meta": {"tag": [{"system": codes.RELEASE, "code": release}]},
        "identifier": {"system": "urn:ietf:rfc:3986", "value": writer.url("bundle")},
        "type": "collection",
        "entry": entries,
    }


class _Writer:
    """Resources of one record; knows the person and the day they all name."""

    def __init__(self, record: FhirRecord, release: Release) -> None:
        self._record = record
        self._release = release
        day = record.examination.date
        self._subject = {"reference": self.url("patient")}
        self._day = {} if day is None else {"effectiveDateTime": day.isoformat()}

    def url(self, key: str) -> str:
        """The address of a resource within the bundle."""
        day = self._record.examination.date
        return f"urn:uuid:{uuid.uuid5(_SPACE, f'{self._record.person}|{day}|{key}')}"

    def resources(self) -> Iterator[tuple[str, Resource]]:
        """Each resource with its key: the person, what was found and suspected, and the report that names them."""
        yield "patient", self._patient()
        found = [*self._answers(self._record.examination), *self._numbers(), *self._flags()]
        suspected = [(f"{codes.SUSPICION}|{s.id}|{s.side}", self._condition(s)) for s in self._record.suspicions]
        yield from found
        yield from suspected
        yield "report", self._report([key for key, r in found if r["resourceType"] == "Observation"])

    def _patient(self) -> Resource:
        sex = self._record.examination.answers.get(("person.sex", "none"))
        named = {"identifier": [{"system": codes.PERSON, "value": self._record.person}]}
        return {"resourceType": "Patient", **named, **({"gender": sex} if sex in _GENDERS else {})}

    def _answers(self, exam: Examination) -> Iterator[tuple[str, Resource]]:
        known = fields()
        for (name, side), value in exam.answers.items():
            field, key = known[name], f"{codes.FIELD}|{name}|{side}"
            if field.kind == "items":
                yield key, self._questionnaire(field, side, value)
            else:
                yield key, self._observation(field, side, value)
        if exam.notes:
            code = codes.concept(codes.FIELD, NOTES, "Notes")
            yield NOTES, {**self._plain("exam", code, "none"), "valueString": exam.notes}

    def _plain(self, category: str, code: dict[str, object], side: Side) -> Resource:
        where = codes.side_concept(side)
        return {
            "resourceType": "Observation",
            "status": "final",
            "category": [codes.hl7("observation-category", category)],
            "code": code,
            "subject": self._subject,
            **self._day,
            **({"bodySite": where} if where else {}),
        }

    def _observation(self, field: Field, side: Side, value: Value) -> Resource:
        code = codes.concept(codes.FIELD, field.id, field.label, loinc=True)
        return {**self._plain(codes.CATEGORY.get(field.section, "exam"), code, side), **_value(field, value)}

    def _questionnaire(self, field: Field, side: Side, answers: Any) -> Resource:
        """Answers by their number only: the questions are licensed."""
        numbered = enumerate(answers, 1)
        items = [{"linkId": f"{k}", **({} if a is None else {"answer": [{"valueDecimal": a}]})} for k, a in numbered]
        return {
            "resourceType": "QuestionnaireResponse",
            "questionnaire": f"{codes.QUESTIONNAIRE}{field.id}:{side}",
            "status": "completed" if all(a is not None for a in answers) else "in-progress",
            "subject": self._subject,
            **({"authored": self._day["effectiveDateTime"]} if self._day else {}),
            **({"item": items} if items else {}),
        }

    def _numbers(self) -> Iterator[tuple[str, Resource]]:
        for system, category, numbers in (
            (codes.SCORE, "survey", self._record.scores),
            (codes.MEASURE, "procedure", self._record.measures),
        ):
            for n in numbers:
                yield f"{system}|{n.id}|{n.side}", self._number(system, category, n)

    def _number(self, system: str, category: str, n: Number) -> Resource:
        plain = self._plain(category, codes.concept(system, n.id, n.label), n.side)
        limits = [
            {"code": codes.concept(codes.INTERVAL, end, words), "valueQuantity": codes.quantity(v, n.unit)}
            for end, words, v in (
                ("low", "lower end of the interval of 90 %", n.low),
                ("high", "upper end of the interval of 90 %", n.high),
            )
            if v is not None
        ]
        value = {"valueQuantity": codes.quantity(n.value, n.unit)}
        return {**plain, **value, **({"component": limits} if limits else {})}

    def _flags(self) -> Iterator[tuple[str, Resource]]:
        for w in self._record.flags:
            code = codes.concept(codes.FLAG, w.id, "Red flag")
            plain = {**self._plain("survey", code, "none"), "valueString": w.finding}
            notes = _notes([("Do", w.action), ("Source", w.source)])
            yield f"{codes.FLAG}|{w.id}", {**plain, **_grade(w), **notes}

    def _condition(self, s: Suspicion) -> Resource:
        where = codes.side_concept(s.side)
        # R5 asks for a clinical status and has a word for "not known"; R4 has no such word and needs none.
        status = {"clinicalStatus": codes.hl7("condition-clinical", "unknown")} if self._release == "R5" else {}
        told = [
            *(("For", text) for text in s.supports),
            *(("Against", text) for text in s.against),
            *(("Not known", text) for text in s.missing),
            ("Next", s.next_test),
            ("Source", s.source),
        ]
        return {
            "resourceType": "Condition",
            **status,
            "verificationStatus": codes.hl7("condition-ver-status", "unconfirmed"),
            "category": [codes.hl7("condition-category", "encounter-diagnosis")],
            "code": codes.concept(codes.SUSPICION, s.id, s.label),
            "subject": self._subject,
            **({"bodySite": [where]} if where else {}),
            **_grade(s),
            **_notes(told),
        }

    def _report(self, results: Sequence[str]) -> Resource:
        conclusion = "\n".join(self._record.statements)
        return {
            "resourceType": "DiagnosticReport",
            "status": "preliminary",  # a professional has yet to judge it
            "code": codes.concept(codes.REPORT, "evaluation", "Evaluation by groundup, no diagnosis"),
            "subject": self._subject,
            **self._day,
            **({"result": [{"reference": self.url(key)} for key in results]} if results else {}),
            **({"conclusion": conclusion} if conclusion else {}),
        }


def _grade(told: Suspicion | Flag) -> Resource:
    return {"extension": [{"url": codes.GRADE, "valueString": told.grade}]} if told.grade else {}


def _notes(told: Sequence[tuple[str, str]]) -> Resource:
    notes = [{"text": f"{word}: {text}"} for word, text in told if text]
    return {"note": notes} if notes else {}


def _value(field: Field, value: Value) -> Resource:
    if field.kind == "yes_no":
        return {"valueBoolean": value}
    if field.kind == "number":
        return {"valueQuantity": codes.quantity(float(value), field.unit)}  # type: ignore[arg-type]
    if field.kind == "choices":
        return _choices(field, value)
    if isinstance(value, datetime.date):
        return {"valueDateTime": value.isoformat()}
    if field.kind == "choice":
        return {"valueCodeableConcept": codes.concept(codes.CHOICE, str(value), str(value))}
    return {"valueString": value}


def _choices(field: Field, chosen: Any) -> Resource:
    # Several codings of one concept would say that they mean the same, so each choice is a component.
    if not chosen:
        return {"valueCodeableConcept": codes.concept(codes.CHOICE, "none-of-them", "none of them")}
    return {
        "component": [
            {"code": codes.concept(codes.CHOICE, f"{field.id}.{choice}", choice), "valueBoolean": True}
            for choice in chosen
        ]
    }
