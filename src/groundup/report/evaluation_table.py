"""An evaluation as one tidy CSV table: one line for each thing it says, for spreadsheets and other programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundup.examination import Examination, fields
from groundup.io.people_table import csv_text

if TYPE_CHECKING:
    from groundup.clinic.differential import Hypothesis, Sign
    from groundup.clinic.evaluate import Evaluation

COLUMNS = ("person", "date", "part", "id", "label", "side", "value", "unit", "grade", "text", "source")
Row = tuple[object, ...]


def evaluation_csv(evaluation: Evaluation, exam: Examination, person: str = "") -> str:
    """Return the table: answers of the record, then red flags, scores, rules, hypotheses with their signs, plan.

    A cell without a value is empty, which means unknown. Text that a spreadsheet would run as a formula gets an
    apostrophe before it.
    """
    day = exam.date.isoformat() if exam.date else ""
    rows: list[list[object]] = [list(COLUMNS)]
    for part in (_answers(exam), _said(evaluation), _hypotheses(evaluation), _plan(evaluation)):
        rows += [[person, day, *(_safe(cell) for cell in row)] for row in part]
    return csv_text(rows)


def _answers(exam: Examination) -> Iterator[Row]:
    known = fields()
    for (id, side), value in exam.answers.items():
        field = known[id]
        yield ("answer", id, field.label, side, _cell(value), field.unit, "", "", field.source)
    if exam.notes:
        yield ("answer", "notes", "Notes", "none", exam.notes, "", "", "", "")


def _said(evaluation: Evaluation) -> Iterator[Row]:
    for f in evaluation.red_flags:
        yield ("red flag", f.id, f.label, "none", "", "", f.grade, f"{f.finding}. {f.action}", f.source)
    for n in evaluation.not_asked:
        yield ("danger not excluded", n.id, n.label, "none", "", "", n.grade, "; ".join(n.fields), "")
    for s in evaluation.scores:
        yield ("score", s.id, s.label, s.side, s.value, s.unit, "", s.reason, s.source)
    for r in evaluation.differential.rules:
        met = {True: "met", False: "not met", None: "not known"}[r.met]
        yield ("rule", r.id, r.label, "none", met, "", "", r.action if r.met else "; ".join(r.missing), r.source)
    for k, text in enumerate(evaluation.statements, 1):
        yield ("statement", f"{k}", "", "none", "", "", "", text, "")


def _hypotheses(evaluation: Evaluation) -> Iterator[Row]:
    for q in evaluation.differential.questions:
        yield ("question", q.region, q.label, q.side, "", "", "", q.answer, "")
        for h in q.hypotheses:
            told = h.next_test.words if h.next_test else ""
            yield ("hypothesis", f"{q.region}.{h.id}", h.label, h.side, "", "", h.grade, told, h.source)
            yield from _signs(f"{q.region}.{h.id}", h)


def _signs(id: str, h: Hypothesis) -> Iterator[Row]:
    lists: tuple[tuple[str, tuple[Sign, ...]], ...] = (
        ("for", h.supports),
        ("against", h.against),
        ("not known", h.missing),
    )
    for part, signs in lists:
        for s in signs:
            yield (part, id, s.words, h.side, "", "", s.weight, s.found, s.source)


def _plan(evaluation: Evaluation) -> Iterator[Row]:
    if evaluation.plan is None:
        return
    for k, text in enumerate(evaluation.plan.first, 1):
        yield ("before treatment", f"{k}", "", "none", "", "", "", text, "")
    for a in evaluation.plan.advice:
        told = "; ".join(text for text in (a.dose, a.expect, a.time) if text)
        yield ("treatment", a.id, a.label, "none", a.use, "", a.grade, told, a.guideline)
        for c in a.cautions:
            yield ("caution", a.id, a.label, "none", c.level, "", "", c.words, c.source)
    for f in evaluation.plan.follow_up:
        weeks = " ".join(f"{w}" for w in f.weeks)
        yield ("measure again", f.score, f.label, "none", weeks, "weeks", "", f.matters, f.source)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return (
            " ".join("" if v is None else f"{v:g}" if isinstance(v, float) else str(v) for v in value) or "none of them"
        )
    return f"{value:g}" if isinstance(value, float) else str(value)


def _safe(cell: object) -> object:
    """A text that begins like a formula, made a text; numbers stay."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") and not _is_number(cell):
        return f"'{cell}"
    return cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
