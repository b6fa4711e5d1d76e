"""Hypotheses: written cases, both published rules at their limits, and what the rules file may hold."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

import vignettes
from groundup.clinic import clues
from groundup.clinic.differential import NOT_ENOUGH, RULES_FILE, Differential, Question, differential
from groundup.clinic.red_flags import red_flags
from vignettes import Vignette

CASES = vignettes.vignettes()
TABLE: dict[str, Any] = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))
HYPOTHESES = {name: t for name, t in TABLE.items() if isinstance(t, dict) and "regions" in t}
SIGNS = [(name, part, i) for name, t in HYPOTHESES.items() for part in ("for", "against") for i in range(len(t[part]))]


def _questions(found: Differential) -> dict[str, Question]:
    return {q.region if q.side == "none" else f"{q.region}_{q.side}": q for q in found.questions}


def test_there_are_twenty_cases_or_more() -> None:
    assert len(CASES) >= 20


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_right_hypothesis_leads(case: Vignette) -> None:
    questions = _questions(differential(case.exam, case.study))
    for place, expected in case.expect.items():
        leading = questions[place].leading
        assert (leading.id if leading else NOT_ENOUGH) == expected, f"{place}: {questions[place].answer}"


@pytest.mark.parametrize("case", [c for c in CASES if c.next_test], ids=lambda case: case.name)
def test_the_next_test_is_sensible(case: Vignette) -> None:
    questions = _questions(differential(case.exam, case.study))
    for place, sensible in case.next_test.items():
        test = questions[place].next_test
        assert test is not None
        assert test.field in sensible, place


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_next_test_is_unknown_yet(case: Vignette) -> None:
    for question in differential(case.exam, case.study).questions:
        if question.next_test is not None and not question.next_test.field.startswith("study:"):
            asked, side = question.next_test.field, question.next_test.side
            sides = (side,) if side != "none" or not clues.fields()[asked].sided else ("left", "right")
            assert any(case.exam.get(asked, s) is None for s in sides)


@pytest.mark.parametrize("case", [c for c in CASES if c.rules], ids=lambda case: case.name)
def test_published_rules(case: Vignette) -> None:
    found = differential(case.exam, case.study)
    assert {name: found.rule(name).met for name in case.rules} == dict(case.rules)


@pytest.mark.parametrize(
    ("months", "onset", "met"),
    [(3, 44, True), (2.9, 44, False), (3, 45, False), (None, 44, None), (3, None, None), (None, 45, False)],
)
def test_spondyloarthritis_rule_at_its_limits(months: float | None, onset: float | None, met: bool | None) -> None:
    history: dict[str, Any] = {"heel_pain": {"right": True}, "back_pain": True}
    history |= {k: v for k, v in (("back_pain_months", months), ("back_onset_age_years", onset)) if v is not None}
    assert differential(vignettes.record({"history": history})).rule("spondyloarthritis").met is met


def test_spondyloarthritis_rule_needs_heel_pain() -> None:
    history = {"heel_pain": {"left": False, "right": False}, "back_pain": True}
    history |= {"back_pain_months": 12, "back_onset_age_years": 30}
    assert differential(vignettes.record({"history": history})).rule("spondyloarthritis").met is False


FIVE: dict[str, tuple[Any, Any]] = {
    "back_onset_age_years": (39, 40),
    "back_insidious": (True, False),
    "back_better_exercise": (True, False),
    "back_better_rest": (False, True),
    "back_night_pain": (True, False),
}


@pytest.mark.parametrize("answers", range(3**5))
def test_inflammatory_back_pain_is_four_of_five(answers: int) -> None:
    states = [(answers // 3**i) % 3 for i in range(5)]  # 0 speaks for it, 1 against it, 2 unknown
    history = {name: values[s] for (name, values), s in zip(FIVE.items(), states, strict=True) if s < 2}
    yes, open_ = states.count(0), states.count(2)
    expected = True if yes >= 4 else None if yes + open_ >= 4 else False
    found = differential(vignettes.record({"history": history | {"back_pain": True}}))
    assert found.rule("inflammatory_back_pain").met is expected


@pytest.mark.parametrize(("name", "part", "i"), SIGNS)
def test_signs_can_be_asked_and_say_where_they_are_from(name: str, part: str, i: int) -> None:
    sign = HYPOTHESES[name][part][i]
    assert sign["words"]
    assert sign["source"]
    assert sign["weight"] in ("strong", "moderate", "weak")
    if "rule" not in sign["when"] and "rule" not in sign["when"].get("not", {}):
        clues.parse(sign["when"])


@pytest.mark.parametrize("sign", [HYPOTHESES[n][p][i] for n, p, i in SIGNS if "lr" in HYPOTHESES[n][p][i]])
def test_published_likelihood_ratios_set_the_weight(sign: dict[str, Any]) -> None:
    ratio = sign["lr"]
    assert sign["weight"] == ("strong" if ratio > 10 else "moderate" if ratio >= 5 else "weak")


def test_likelihood_ratio_of_inflammatory_back_pain() -> None:
    (ratio,) = [s["lr"] for s in HYPOTHESES["spondyloarthritis"]["for"] if "lr" in s]
    assert ratio == pytest.approx(0.796 / (1 - 0.724), abs=0.05)


def test_a_negative_windlass_speaks_neither_way() -> None:
    tree: dict[str, Any] = {"history": {"heel_pain": {"right": True}, "first_step_pain": {"right": True}}}
    without = differential(vignettes.record(tree))
    negative = differential(vignettes.record(tree | {"tests": {"windlass": {"right": False}}}))
    points = [
        next(h.points for h in d.hypotheses if h.id == "plantar_fasciopathy" and h.region == "heel")
        for d in (without, negative)
    ]
    assert points[0] == points[1]


def test_mechanical_compensation_is_never_called_strong() -> None:
    case = next(c for c in CASES if c.name.startswith("11_"))
    question = _questions(differential(case.exam, case.study))["both_right"]
    assert question.leading is not None
    assert question.leading.grade == "moderate"
    assert any(s.words.startswith("measured walk") for s in question.leading.supports)


def test_the_answer_is_no_diagnosis_and_no_probability() -> None:
    for case in CASES:
        for question in differential(case.exam, case.study).questions:
            assert question.answer.startswith((NOT_ENOUGH, "leads: "))
            assert question.leading is None or "no diagnosis" in question.answer
            assert "%" not in question.answer


@pytest.mark.parametrize("case", [c for c in CASES if c.emergency or c.urgent], ids=lambda case: case.name)
def test_the_emergency_is_never_missed(case: Vignette) -> None:
    grades = {flag.id: flag.grade for flag in red_flags(case.exam, case.study)}
    if case.emergency:
        assert grades.get(case.emergency) == "emergency"
    else:
        assert grades.get(case.urgent) in ("urgent", "emergency")


@pytest.mark.parametrize("case", [c for c in CASES if not c.emergency], ids=lambda case: case.name)
def test_no_emergency_where_there_is_none(case: Vignette) -> None:
    found = [f.id for f in red_flags(case.exam, case.study) if f.grade == "emergency"]
    assert not found
