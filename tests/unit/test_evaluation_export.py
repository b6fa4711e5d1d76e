"""An evaluation leaves as a page, a table and a bundle: all of it, in order, as text."""

from __future__ import annotations

import csv
import datetime
import io
import re
from html import unescape

import pytest

from groundup.clinic.evaluate import Evaluation, evaluate
from groundup.clinic.exchange import fhir_record
from groundup.examination import Examination
from groundup.report.evaluation_page import render_evaluation
from groundup.report.evaluation_table import COLUMNS, evaluation_csv
from vignettes import Vignette, vignettes

CASES = [pytest.param(v, id=v.name) for v in vignettes()]


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)).split())


def squeezed(text: str) -> str:
    return " ".join(text.split())


def of(v: Vignette) -> Evaluation:
    return evaluate(v.exam, v.study)


@pytest.mark.parametrize("v", CASES)
def test_page_says_what_the_evaluation_says(v: Vignette) -> None:
    found = of(v)
    page = render_evaluation(found, v.exam, v.study, "p-17")
    said = text_of(page).lower()
    for flag in found.red_flags:
        assert squeezed(flag.action).lower() in said
        assert squeezed(flag.finding).lower() in said
    for question in found.differential.questions:
        assert squeezed(question.answer).lower() in said
        if question.leading:
            signs = (*question.leading.supports, *question.leading.against, *question.leading.missing)
            assert all(squeezed(s.words).lower() in said for s in signs)
    assert all(squeezed(text).lower() in said for text in found.statements)
    assert found.plan is not None
    assert all(squeezed(text).lower() in said for text in (*found.plan.first, *found.plan.statements))
    for advice in found.plan.advice:
        assert squeezed(advice.label).lower() in said
        assert all(c.words.removeprefix("not known, ask first: ").lower() in said for c in advice.cautions)
    assert all(n.label.lower() in said for n in found.not_asked)
    assert "<script" not in page
    assert not re.search(r"https?://(?!www\.w3\.org)[^\s<]*\.(js|css|png)", page)


@pytest.mark.parametrize("v", CASES)
def test_dangers_come_first(v: Vignette) -> None:
    page = render_evaluation(of(v), v.exam, v.study)
    order = [
        page.index(f'<section id="{name}"') for name in ("flags", "answers", "scores", "plan", "movement", "missing")
    ]
    assert order == sorted(order)


@pytest.mark.parametrize("v", CASES)
def test_table_has_every_answer_and_every_hypothesis(v: Vignette) -> None:
    found = of(v)
    rows = list(csv.DictReader(io.StringIO(evaluation_csv(found, v.exam, "p-17"))))
    assert tuple(rows[0]) == COLUMNS
    answers = {(r["id"], r["side"]) for r in rows if r["part"] == "answer"}
    assert answers == set(v.exam.answers)
    told = [(r["id"], r["side"], r["grade"]) for r in rows if r["part"] == "hypothesis"]
    assert told == [(f"{q.region}.{h.id}", h.side, h.grade) for q in found.differential.questions for h in q.hypotheses]
    assert found.plan is not None
    assert [r["id"] for r in rows if r["part"] == "treatment"] == [a.id for a in found.plan.advice]
    assert [r["id"] for r in rows if r["part"] == "red flag"] == [f.id for f in found.red_flags]


def test_table_runs_nothing_in_a_spreadsheet() -> None:
    exam = Examination(None, {("goals.main", "none"): '=HYPERLINK("x")', ("motion.fingertip_floor_cm", "none"): -3.0})
    rows = {r["id"]: r["value"] for r in csv.DictReader(io.StringIO(evaluation_csv(evaluate(exam), exam)))}
    assert rows["goals.main"] == '\'=HYPERLINK("x")'
    assert rows["motion.fingertip_floor_cm"] == "-3"


@pytest.mark.parametrize("v", CASES)
def test_bundle_holds_the_record_scores_and_suspicions(v: Vignette) -> None:
    pytest.importorskip("fhir.resources", reason="needs groundup[fhir]")
    from groundup.io.fhir import from_fhir, to_fhir

    found = of(v)
    record = fhir_record(found, v.exam, "p-17", v.study)
    back, left_out = from_fhir(to_fhir(record), datetime.date(2026, 11, 23))
    assert (back, left_out) == (record, ())
    assert back.examination.answers == v.exam.answers
    leading = {q.leading.id for q in found.differential.questions if q.leading}
    assert leading <= {s.id for s in back.suspicions}
    assert {s.grade for s in back.suspicions} <= {"strong", "moderate", "weak"}


def test_text_stays_text() -> None:
    exam = Examination(None, {("goals.main", "none"): "<script>alert(1)</script>"}, "</section>")
    page = render_evaluation(evaluate(exam), exam, None, "<b>p</b>")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;p" in page


def test_empty_record_says_so() -> None:
    said = text_of(render_evaluation(evaluate(Examination()), Examination()))
    assert "The record is empty." in said
    assert "None was found in what was asked." in said
    assert "Not excluded:" in said
    assert "No recording of movement was given." in said
