"""The plan of an evaluation, drawn: what comes first, what to choose from, what is held back, when to measure again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundup.report.markup import Markup, bullets, element, join, scrolling, table

if TYPE_CHECKING:
    from groundup.clinic.plan import Advice, Caution, FollowUp, Plan

_USE = {
    "consider": "can be considered",
    "with care": "with care",
    "ask first": "ask first",
    "not now": "not now",
    "not": "not in this record",
    "advised against": "advised against",
}
_HELD_BACK = ("not now", "not", "advised against")
_NOTHING = "Nothing, as long as so little is known."
_NOTHING_YET = "Nothing yet: what stands before any treatment comes first, and what is below says what it waits for."
_CAUTION = {"not": "Speaks against it here", "care": "Care"}


def plan_section(plan: Plan | None) -> Markup:
    """Return the plan as a section; that there is none is said."""
    if plan is None:
        return element("p", "No plan was made.", class_="not-computed")
    first = (
        element("div", element("h3", "Before any treatment"), bullets(plan.first), class_="first")
        if plan.first
        else None
    )
    choice = [a for a in plan.advice if a.use not in _HELD_BACK]
    held = [a for a in plan.advice if a.use in _HELD_BACK]
    return join(
        [
            first,
            element("h3", "To choose from"),
            join(map(_advice, choice))
            if choice
            else element("p", _NOTHING_YET if held else _NOTHING, class_="not-computed"),
            join([element("h3", "Held back, or advised against"), *map(_advice, held)]) if held else None,
            _follow_up(plan.follow_up),
            bullets(plan.statements, class_="quiet"),
        ]
    )


def _advice(a: Advice) -> Markup:
    held = a.use in _HELD_BACK
    grade = f"guideline grade {a.grade}" if a.grade else "no grade of a guideline"
    checked = " (to be checked)" if a.guideline_status == "verify" else ""
    lines = (("How much", a.dose), ("Expect", a.expect), ("When", a.time), ("Measure", _when(a)))
    return element(
        "div",
        element(
            "h4",
            f"{a.label} ",
            element("span", _USE[a.use], class_="grade"),
            " ",
            element("span", f"{grade}{checked}", class_="weight"),
        ),
        *(_caution(c) for c in a.cautions if c.level != "ask"),
        _to_ask([c for c in a.cautions if c.level == "ask"]),
        None if held else element("div", *(_line(*line) for line in lines if line[1]), class_="how"),
        _trials(a),
        element("cite", f"{a.guideline}. For: {'; '.join(a.reason)}" if a.reason else a.guideline),
        class_=f"treatment{' not' if held else ''}",
    )


def _when(a: Advice) -> str:
    if not a.measures:
        return ""
    weeks = ", ".join(f"{w}" for w in a.weeks)
    return f"{', '.join(_score(m) for m in a.measures)}, now{f' and after {weeks} weeks' if weeks else ''}"


def _score(id: str) -> str:
    from groundup.clinic.scores import instruments

    known = instruments()
    return known[id].label if id in known else id


def _caution(c: Caution) -> Markup:
    return element(
        "p", element("strong", f"{_CAUTION[c.level]}: "), f"{c.words} ", element("span", c.source, class_="weight")
    )


def _to_ask(cautions: Sequence[Caution]) -> Markup | None:
    """What is not known of whether something speaks against it, in one line."""
    if not cautions:
        return None
    asked = " ".join(c.words for c in cautions)
    sources = "; ".join(dict.fromkeys(c.source for c in cautions))
    return element("p", element("strong", "Ask first: "), f"{asked} ", element("span", sources, class_="weight"))


def _line(word: str, text: str) -> Markup:
    return element("p", element("strong", f"{word}: "), text)


def _trials(a: Advice) -> Markup | None:
    """Trial evidence, with what a simulation predicts beside it and named as such."""
    found = [element("li", f"{t.text} ", element("span", t.source, class_="weight")) for t in a.trials]
    found += [
        element("li", f"{p.text} ({p.before} against {p.after}) ", element("span", p.note, class_="weight"))
        for p in a.predictions
    ]
    return element("ul", *found, class_="trials") if found else None


def _follow_up(scores: Sequence[FollowUp]) -> Markup | None:
    if not scores:
        return None
    rows = [(f.label, ", ".join("now" if w == 0 else f"{w}" for w in f.weeks), f.matters, f.source) for f in scores]
    drawn = table(("measure again", "weeks", "a change that matters", "source"), rows, class_="treatments")
    return join([element("h3", "When to measure again"), scrolling(drawn, "When to measure again")])
