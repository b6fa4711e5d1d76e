"""Whatever a record holds: support taken away never strengthens a hypothesis, and neither does opposition added."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundup.clinic import clues
from groundup.clinic.differential import ORDER, RULES_FILE, Hypothesis, differential
from groundup.clinic.examination import Examination, Field, fields
from groundup.study import Side

TABLE: dict[str, Any] = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))
HYPOTHESES = {name: t for name, t in TABLE.items() if isinstance(t, dict) and "regions" in t}
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
PAIN: dict[tuple[str, Side], Any] = {("history.heel_pain", "right"): True, ("history.back_pain", "none"): True}


def _clause(when: Mapping[str, Any]) -> Mapping[str, Any]:
    if "rule" in when:
        rule: Mapping[str, Any] = TABLE["rules"][when["rule"]]["when"]
        return rule
    if "not" in when:
        return {"not": _clause(when["not"])}
    return {**when, **{key: [_clause(one) for one in when[key]] for key in ("all", "any", "of") if key in when}}


def _asked() -> list[str]:
    signs = [s for t in HYPOTHESES.values() for part in ("for", "against") for s in t[part]]
    pains = [TABLE["questions"][region][part] for region in ("heel", "back") for part in ("when", "absent")]
    names = {name for when in (*pains, *(_clause(s["when"]) for s in signs)) for name in clues.parse(when).asked()}
    return sorted(n for n in names if n in fields() and not fields()[n].derived)


ASKED = _asked()
PAINS: list[tuple[str, Side]] = [
    (name, side)
    for name in ASKED
    if name.startswith("pain.") and fields()[name].kind == "number"
    for side in (("left", "right") if fields()[name].sided else ("none",))
]


def _value(field: Field) -> st.SearchStrategy[Any]:
    if field.kind == "yes_no":
        return st.booleans()
    if field.kind == "choice":
        return st.sampled_from(field.choices)
    if field.kind == "choices":
        return st.lists(st.sampled_from(field.choices), max_size=3, unique=True).map(tuple)
    if field.kind == "items":
        return st.lists(st.floats(field.low or 0, field.high or 0), min_size=field.count, max_size=field.count).map(
            tuple
        )
    return st.floats(field.low or 0, min(field.high or 100, 100))


@st.composite
def records(draw: st.DrawFn) -> dict[tuple[str, Side], Any]:
    """Any answers, and that the right heel and the back hurt, however else they are told to hurt or not."""
    chosen = draw(st.lists(st.sampled_from(ASKED), max_size=40, unique=True))
    answers: dict[tuple[str, Side], Any] = {}
    for name in chosen:
        sides: tuple[Side, ...] = ("left", "right") if fields()[name].sided else ("none",)
        for side in sides:
            if side != "left" or draw(st.booleans()):
                answers[name, side] = draw(_value(fields()[name]))
    return answers | PAIN


def _strength(answers: Mapping[tuple[str, Side], Any]) -> dict[tuple[str, str, str], Hypothesis]:
    found = differential(Examination(answers=answers))
    return {(q.region, q.side, h.id): h for q in found.questions for h in q.hypotheses}


def _never_stronger(before: Mapping[Any, Hypothesis], after: Mapping[Any, Hypothesis], name: str, why: str) -> None:
    for key, hypothesis in after.items():
        if key in before and hypothesis.id == name:
            assert hypothesis.points <= before[key].points, (key, why)
            assert ORDER.index(hypothesis.grade) >= ORDER.index(before[key].grade), (key, why)


def _place(words: str, table: Mapping[str, Any]) -> list[str]:
    return [n for s in table["for"] if s["words"] == words for n in clues.parse(_clause(s["when"])).asked()]


def _leading(answers: Mapping[tuple[str, Side], Any]) -> dict[tuple[str, str], Hypothesis | None]:
    return {(q.region, q.side): q.leading for q in differential(Examination(answers=answers)).questions}


@st.composite
def rivals(draw: st.DrawFn) -> dict[tuple[str, Side], Any]:
    """Some signs of two or three hypotheses of one question, pain told in any way, and a few other answers."""
    region = draw(st.sampled_from(["heel", "back", "both"]))
    names = [name for name, table in HYPOTHESES.items() if region in table["regions"]]
    signs = [s for n in draw(st.lists(st.sampled_from(names), min_size=2, max_size=3)) for s in HYPOTHESES[n]["for"]]
    chosen = draw(st.lists(st.sampled_from(signs), min_size=2, max_size=9))
    shown = {key: value for sign in chosen for key, value in _make_true(_clause(sign["when"])).items()}
    pain = {key: draw(_value(fields()[key[0]])) for key in draw(st.lists(st.sampled_from(PAINS), max_size=4))}
    others = draw(records())
    kept = draw(st.lists(st.sampled_from(sorted(others)), max_size=4))
    return {**{key: others[key] for key in kept}, **PAIN, **pain, **shown}


@settings(QUICK, max_examples=200)
@given(rivals())
def test_support_taken_away_makes_nothing_lead(answers: dict[tuple[str, Side], Any]) -> None:
    """Whatever else the answer speaks for: pain fields, too, are taken away."""
    for question in differential(Examination(answers=answers)).questions:
        # What is not supported enough now is not after a loss either, as the next test shows.
        rivals = [h for h in question.hypotheses if h is not question.leading and h.grade in ("strong", "moderate")]
        for rival, name in ((h, n) for h in rivals for n in sorted(_fields_of(h))):
            gone = (question.side, "none") if question.side != "none" else ("left", "right", "none")
            left = {k: v for k, v in answers.items() if k[0] != name or k[1] not in gone}
            if len(left) == len(answers):
                continue
            new = _leading(left).get((question.region, question.side))
            if new is not None and new.id == rival.id:
                lost = {s.words for s in rival.supports} - {s.words for s in new.supports}
                assert not lost, (question.label, new.id, "leads without", name)


@QUICK
@given(st.data(), records())
def test_support_taken_away_never_strengthens(data: st.DataObject, answers: dict[tuple[str, Side], Any]) -> None:
    before = _strength(answers)
    supported = [h for h in before.values() if h.supports]
    if not supported:
        return
    hypothesis = data.draw(st.sampled_from(supported))
    names = {n for sign in hypothesis.supports for n in _place(sign.words, HYPOTHESES[hypothesis.id])}
    name = data.draw(st.sampled_from(sorted(names)))
    # On the other side the same question may be answered against it.
    sides = (hypothesis.side, "none") if hypothesis.side != "none" else ("left", "right", "none")
    left = {k: v for k, v in answers.items() if k[0] != name or k[1] not in sides}
    _never_stronger(before, _strength(left), hypothesis.id, f"without {name}")


def _make_true(when: Mapping[str, Any]) -> dict[tuple[str, Side], Any]:
    """Answers that make a clause hold; empty where this helper knows none."""
    if "all" in when:
        return {k: v for part in when["all"] for k, v in _make_true(part).items()}
    if "any" in when and isinstance(when["any"], list):
        return _make_true(when["any"][0])
    if "has" in when:
        side = when.get("side", "same")
        one = _make_true(clues.named()[when["has"]].clause.parts[0].table)
        return {k: v for k, v in one.items() if side in ("same", "any", "both") or k[1] in (side, "none")}
    if "of" in when:
        return {k: v for part in when["of"][: when["count"]] for k, v in _make_true(part).items()}
    if "field" not in when:
        return {}
    field = fields()[when["field"]]
    if field.derived:
        return {}
    if "is" in when:
        value: Any = when["is"]
    elif "any_of" in when:
        value = (when["any_of"][0],) if field.kind == "choices" else when["any_of"][0]
    else:
        value = when.get("above", when.get("at_least", 0)) + 1 if {"above", "at_least"} & set(when) else 1
    return {(field.id, side): value for side in (("left", "right") if field.sided else ("none",))}


OPPOSING = [(name, sign) for name, table in HYPOTHESES.items() for sign in table["against"]]


@QUICK
@given(records(), st.sampled_from(OPPOSING))
def test_opposition_added_never_strengthens(
    answers: dict[tuple[str, Side], Any], opposing: tuple[str, dict[str, Any]]
) -> None:
    name, sign = opposing
    added = {k: v for k, v in _make_true(_clause(sign["when"])).items() if k not in answers}
    _never_stronger(_strength(answers), _strength(added | answers), name, sign["words"])


def _fields_of(hypothesis: Hypothesis) -> set[str]:
    return {n for sign in hypothesis.supports for n in _place(sign.words, HYPOTHESES[hypothesis.id])}


@QUICK
@given(records())
def test_a_leader_has_evidence_of_its_own_and_nobody_close(answers: dict[tuple[str, Side], Any]) -> None:
    for question in differential(Examination(answers=answers)).questions:
        if question.leading is not None:
            others = [h for h in question.hypotheses if h is not question.leading]
            assert question.leading.grade in ("strong", "moderate")
            assert len(question.leading.supports) >= 2
            close = [h for h in others if 0 < h.points > question.leading.points - 2]
            # Only answers that speak for both can bring another close.
            for other in close:
                assert _fields_of(question.leading) & _fields_of(other)
        elif question.hypotheses:
            assert question.answer.startswith("not enough to say: ")


@QUICK
@given(records(), st.sampled_from(sorted(HYPOTHESES)))
def test_what_is_unknown_counts_neither_way(answers: dict[tuple[str, Side], Any], name: str) -> None:
    for key, hypothesis in _strength(answers).items():
        if key[2] == name:
            found = {s.words for s in (*hypothesis.supports, *hypothesis.against)}
            assert not found & {s.words for s in hypothesis.missing}
            assert hypothesis.supports or hypothesis.points <= 0


@pytest.mark.parametrize("name", sorted(HYPOTHESES))
def test_an_empty_record_supports_nothing(name: str) -> None:
    for key, hypothesis in _strength(dict(PAIN)).items():
        if key[2] == name:
            assert (hypothesis.grade, hypothesis.points) == ("none", 0)
