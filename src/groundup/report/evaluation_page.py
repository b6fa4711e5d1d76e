"""The page of an evaluation: HTML without script, for screen and A4. Renders, never judges.

Order: dangers first, then what leads and why, scores, plan, what movement shows beside, what is unknown, and what this
is and is not. Every text is that of the evaluation; what was not asked is said, and never drawn as normal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from groundup.examination import Examination, fields
from groundup.report.evaluation_plan import plan_section
from groundup.report.markup import Markup, bullets, element, join, scrolling, table
from groundup.report.template import fill, page_template

if TYPE_CHECKING:
    from groundup.clinic.differential import Hypothesis, NextTest, Question, Rule, Sign
    from groundup.clinic.evaluate import Evaluation
    from groundup.clinic.red_flags import NotAsked, RedFlag
    from groundup.clinic.scores import Score
    from groundup.study import Finding, Headline, Study

_SHOWN_OTHERS = 4
_SHOWN_FINDINGS = 12
_EVIDENCE = {
    "strong": "strong evidence",
    "moderate": "moderate evidence",
    "weak": "weak evidence",
    "none": "nothing either way",
    "against": "more against it",
}
_FLAG_WORDS = {"emergency": "Emergency: now", "urgent": "Urgent: today or within days", "watch": "Watch"}


def render_evaluation(evaluation: Evaluation, exam: Examination, study: Study | None = None, person: str = "") -> str:
    """Return the page as one HTML text.

    Parameters
    ----------
    evaluation : Evaluation
    exam : the record it rests on
    study : the measured walk beside it, if there is one
    person : a pseudonym for the head of the page
    """
    parts = {
        "title": join([f"Evaluation{f' of {person}' if person else ''}"]),
        "lead": join([_lead(evaluation, exam)]),
        "flags": _flags(evaluation.red_flags, evaluation.not_asked),
        "answers": _questions(evaluation.differential.questions),
        "rules": join([_rules(evaluation.differential.rules)]),
        "scores": _scores(evaluation.scores),
        "plan": plan_section(evaluation.plan),
        "movement": _movement(study),
        "missing": _missing(evaluation, exam),
        "statements": bullets(evaluation.statements),
        "answers_told": _answers(exam),
    }
    return fill(page_template("page/evaluation.html", ("page/page.css", "page/evaluation.css"), (), ()), parts)


def _lead(evaluation: Evaluation, exam: Examination) -> str:
    day = f"Examined on {exam.date.isoformat()}. " if exam.date else ""
    flags = [f for f in evaluation.red_flags if f.grade != "watch"]
    alarm = f"{len(flags)} red flag{'s' if len(flags) > 1 else ''} first. " if flags else ""
    return day + alarm + " ".join(f"{q.label}: {_short(q)}." for q in evaluation.differential.questions)


def _short(q: Question) -> str:
    if q.leading is None:
        return q.answer
    _, graver, named = q.answer.partition("; settle first: ")
    return f"{q.leading.label} leads ({_EVIDENCE[q.leading.grade]}){graver}{named}"


# --- dangers -------------------------------------------------------------


def _flags(flags: Sequence[RedFlag], not_asked: Sequence[NotAsked]) -> Markup:
    raised = join(_flag(f) for f in flags) or _nothing("None was found in what was asked.")
    if not not_asked:
        return raised
    rows = [(n.label, n.grade, "; ".join(dict.fromkeys(_label(id) for id in n.fields))) for n in not_asked]
    open_ = ", ".join(n.label for n in not_asked)
    told = element("p", element("strong", "Not excluded: "), f"{open_}. What was not asked is unknown, not absent.")
    which = scrolling(table(("danger", "grade", "not asked or examined"), rows), "Dangers that are not excluded")
    return join([raised, told, _details("What was not asked", which)])


def _flag(f: RedFlag) -> Markup:
    return element(
        "div",
        element("h3", f"{f.label} ", element("span", _FLAG_WORDS[f.grade], class_="grade")),
        element("p", element("strong", f"{f.action} "), f"Found: {f.finding}."),
        element("cite", f.source),
        class_=f"flag {f.grade}",
    )


# --- what leads and why --------------------------------------------------


def _questions(questions: Sequence[Question]) -> Markup:
    return join(map(_question, questions)) if questions else _nothing("No pain was told of.")


def _question(q: Question) -> Markup:
    shown, rest = _shown(q)
    others = [h for h in rest if h.grade in ("strong", "moderate", "weak")][:_SHOWN_OTHERS]
    quiet = [h.label for h in rest if h not in others]
    return element(
        "article",
        element("h3", q.label),
        element("p", element("strong", f"{_sentence(q.answer)} "), _next(q.next_test), class_="answer"),
        *(_hypothesis(h) for h in shown),
        _others(others),
        element("p", f"Also looked at, with nothing that lifts them: {'; '.join(quiet)}.", class_="quiet")
        if quiet
        else None,
        class_="question",
    )


def _shown(q: Question) -> tuple[list[Hypothesis], list[Hypothesis]]:
    """Hypotheses drawn with all their evidence: the one that leads, or the best two where none does; and the others."""
    if q.leading is not None:
        return [q.leading], [h for h in q.hypotheses if h is not q.leading and h.id != q.leading.id]
    best = [h for h in q.hypotheses if h.grade in ("strong", "moderate", "weak")][:2]
    return best, [h for h in q.hypotheses if h not in best]


def _next(test: NextTest | None) -> str | None:
    if test is None:
        return None
    side = "" if test.side == "none" else f" ({test.side})"
    return f"Would tell most next: {test.words}{side}."


def _hypothesis(h: Hypothesis) -> Markup:
    columns = (
        ("For it", h.supports, "for", "nothing found"),
        ("Against it", h.against, "against", "nothing found"),
        ("Not known", h.missing, "unknown", "nothing left to ask"),
    )
    evidence = element("div", *(_signs(*column) for column in columns), class_="evidence")
    settle = element("p", element("strong", "Would settle it: "), h.settle) if h.settle else None
    refer = element("p", element("strong", "Referral: "), h.refer) if h.refer else None
    side = "" if h.side == "none" else f", {h.side}"
    head = element("h4", f"{h.label}{side} ", element("span", _EVIDENCE[h.grade], class_=f"grade {h.grade}"))
    return element("div", head, evidence, settle, refer, element("cite", h.source), class_="hypothesis")


def _signs(title: str, signs: Sequence[Sign], look: str, none: str) -> Markup:
    found = element("ul", *(_sign(s) for s in signs)) if signs else element("p", none, class_="quiet")
    return element("div", element("p", title, class_="column"), found, class_=look)


def _sign(s: Sign) -> Markup:
    return element("li", s.words, element("span", f" {s.weight}", class_="weight"), title=s.source)


def _others(others: Sequence[Hypothesis]) -> Markup | None:
    if not others:
        return None
    rows = [(h.label, _EVIDENCE[h.grade], _words(h.supports), _words(h.against), f"{len(h.missing)}") for h in others]
    head = ("other hypotheses", "evidence", "for", "against", "signs not known")
    return scrolling(table(head, rows, (4,), class_="others"), "Other hypotheses")


def _words(signs: Iterable[Sign]) -> str:
    return "; ".join(s.words for s in signs) or "–"


def _rules(rules: Sequence[Rule]) -> Markup | None:
    if not rules:
        return None
    met = {True: "met", False: "not met", None: "not known"}
    rows = [
        (
            r.label,
            met[r.met],
            r.action if r.met else (f"not known: {'; '.join(r.missing)}" if r.missing else ""),
            r.source,
        )
        for r in rules
    ]
    return scrolling(table(("published rule", "met", "then", "source"), rows, class_="rules"), "Published rules")


# --- scores, movement, unknown -------------------------------------------


def _scores(scores: Sequence[Score]) -> Markup:
    if not scores:
        return _nothing("No score was taken.")
    from groundup.clinic.scores import instruments

    rows = []
    for s in scores:
        sizes = instruments()[s.id].changes
        by_kind = [
            "; ".join(
                f"{c.size:g}{' of the first' if c.part else ''} {s.unit} ({c.source})" for c in sizes if c.kind == kind
            )
            for kind in ("mcid", "mdc")
        ]
        value = "not computed" if s.value is None else f"{_number(s.value)}{_unit(s.unit)}"
        told = f"{s.answered} of {s.asked} answered. {s.reason}" if s.asked else s.reason
        way = {"higher": "higher", "lower": "lower"}.get(s.better, "neither")
        rows.append(
            (f"{s.label}{_side(s.side)}", value, way, by_kind[0] or "not known", by_kind[1] or "not known", told)
        )
    head = ("score", "value", "better", "people notice", "beyond error", "remark")
    return scrolling(table(head, rows, (1,), class_="scores"), "Scores")


def _movement(study: Study | None) -> Markup:
    if study is None:
        return _nothing("No recording of movement was given. Nothing is said about it.")
    graded = [f for f in study.findings if f.grade in ("strong", "moderate", "weak")]
    order = ("strong", "moderate", "weak")
    graded.sort(key=lambda f: order.index(f.grade))
    found = element("ul", *(_finding(f) for f in graded[:_SHOWN_FINDINGS]), class_="findings") if graded else None
    more = len(graded) - _SHOWN_FINDINGS
    return join(
        [
            element(
                "p", f"{study.title}.{' SYNTHETIC recording, no person.' if study.synthetic else ''}", class_="quiet"
            ),
            found or _nothing("No finding departs from what it was held against."),
            element("p", f"{more} more in the report of the recording.", class_="quiet") if more > 0 else None,
            _headline(study.headline),
        ]
    )


def _finding(f: Finding) -> Markup:
    low, high = f.interval
    between = "" if math.isnan(low) or f.kind == "reference" else f" ({_number(low)} to {_number(high)}{_unit(f.unit)})"
    return element("li", f"{f.text}{between} ", element("span", f.grade, class_="weight"), title=f.source)


def _headline(numbers: Sequence[Headline]) -> Markup | None:
    if not numbers:
        return None
    rows = [
        (
            f"{h.label}{_side(h.side)}",
            "not computed" if math.isnan(h.value) else f"{_number(h.value)}{_unit(h.unit)}",
            "" if math.isnan(h.low) else f"{_number(h.low)} to {_number(h.high)}",
            {"sampled": "this recording", "typical": "typical of the method"}.get(h.interval_origin, ""),
        )
        for h in numbers
    ]
    return scrolling(
        table(("measured or computed", "value", "90 of 100 cases", "interval from"), rows, (1, 2)), "Numbers"
    )


def _missing(evaluation: Evaluation, exam: Examination) -> Markup:
    words = ", ".join(evaluation.missing)
    told = element("p", element("strong", "Parts without any answer: "), f"{words}.") if words else None
    asked = len({id for id, _ in exam.answers})
    of = sum(not f.derived for f in fields().values())
    return join([element("p", f"The record answers {asked} of {of} fields; no field has to be answered."), told])


def _answers(exam: Examination) -> Markup:
    rows = [(f"{_label(id)}{_side(side)}", _answer(id, value)) for (id, side), value in exam.answers.items()]
    if not rows:
        return _nothing("The record is empty.")
    return _details(f"All {len(rows)} answers of the record", table(("asked or examined", "answer"), rows))


def _answer(id: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join("not answered" if v is None else _plain(v) for v in value) or "none of them"
    return f"{_plain(value)}{_unit(fields()[id].unit)}"


def _plain(value: object) -> str:
    return _number(value) if isinstance(value, float) else str(value).replace("_", " ")


# --- pieces --------------------------------------------------------------


def _label(id: str) -> str:
    known = fields()
    return known[id].label if id in known else id


def _unit(unit: str) -> str:
    return "" if unit in ("", "1") else f" {unit}"


def _side(side: str) -> str:
    return "" if side == "none" else f", {side}"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _nothing(text: str) -> Markup:
    return element("p", text, class_="not-computed")


def _details(summary: str, content: str) -> Markup:
    return element("details", element("summary", summary), content)
