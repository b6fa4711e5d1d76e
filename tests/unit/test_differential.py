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


def _leads(tree: dict[str, Any], place: str) -> str:
    leading = _questions(differential(vignettes.record(tree)))[place].leading
    return leading.id if leading else NOT_ENOUGH


def test_an_answer_that_speaks_for_both_does_not_tell_them_apart() -> None:
    """Pain below the knee adds nothing to pain that follows S1; taken away, it must not make S1 lead."""
    history = {"back_pain": True, "leg_pain_follows_nerve": {"left": True}, "leg_pain_below_knee": {"left": True}}
    numb = {"s1_sensation": {"left": "reduced"}, "l5_sensation": {"left": "reduced"}}
    tree: dict[str, Any] = {"history": history, "neurology": numb, "tests": {"slump": {"left": True}}}
    less = {**tree, "history": {k: v for k, v in history.items() if k != "leg_pain_below_knee"}}
    assert _leads(less, "back") == _leads(tree, "back") == "s1_radiculopathy"


def test_one_answer_less_for_both_keeps_them_apart_as_little() -> None:
    """A warm red heel speaks for gout and for infection: neither leads, with it or without."""
    history = {"heel_pain": {"right": True}, "gout": True, "heel_sudden_onset": {"right": True}}
    history |= {"recent_infection": True, "diabetes": True}
    tree: dict[str, Any] = {"history": history, "observation": {"heel_red_warm": {"right": True}}}
    assert _leads(tree, "heel_right") == _leads({"history": history}, "heel_right") == NOT_ENOUGH


def test_pain_that_is_not_there_now_may_still_be_pain() -> None:
    now = {"pain": {"heel_now": {"left": 0.0, "right": 0.0}, "back_now": 0.0, "back_worst": 0.0}}
    assert {q.answer.partition(":")[2] for q in differential(vignettes.record(now)).questions} == {
        " not known whether the heel hurts, and how much",
        " not known whether the low back hurts, and how much",
        " not known whether heel and low back both hurt",
    }
    first_step = {"pain": {"heel_first_step": {"left": 5.0}}}
    assert "heel_left" in _questions(differential(vignettes.record(first_step)))


def test_where_no_side_is_known_the_question_says_so() -> None:
    labels = {q.region: q.label for q in differential(vignettes.record({})).questions}
    assert labels["heel"] == "Heel pain (side not known)"
    assert labels["both"] == "Heel and low back together (side not known)"


def _supports(tree: dict[str, Any], place: str, id: str) -> dict[str, str]:
    question = _questions(differential(vignettes.record(tree)))[place]
    return {s.words: s.weight for s in next(h for h in question.hypotheses if h.id == id).supports}


HEEL: dict[str, Any] = {"heel_pain": {"right": True}}


def test_a_measured_fever_counts_as_fever() -> None:
    measured: dict[str, Any] = {"history": HEEL | {"fever": False, "back_pain": True}, "observation": {"fever_c": 38.2}}
    assert "fever, told or measured" in _supports(measured, "heel_right", "heel_infection")
    assert "fever, told or measured" in _supports(measured, "back", "spinal_infection")


@pytest.mark.parametrize(
    ("told", "measured", "counts"),
    [(False, 36.8, True), (False, None, False), (None, 36.8, False), (True, 36.8, False)],
)
def test_no_fever_is_neither_told_nor_measured(told: bool | None, measured: float | None, counts: bool) -> None:
    history = HEEL | ({} if told is None else {"fever": told})
    tree: dict[str, Any] = {"history": history, "observation": {} if measured is None else {"fever_c": measured}}
    question = _questions(differential(vignettes.record(tree)))["heel_right"]
    infection = next(h for h in question.hypotheses if h.id == "heel_infection")
    assert ("no fever, neither told nor measured" in {s.words for s in infection.against}) is counts


def test_a_calf_that_does_less_is_a_weak_sign_of_s1_and_no_second_one_of_its_power() -> None:
    raises: dict[str, Any] = {"history": HEEL, "strength": {"heel_raises": {"left": 22, "right": 10}}}
    (words,) = _supports(raises, "heel_right", "s1_radiculopathy")
    assert "heel raises" in words
    assert not _supports(
        raises | {"strength": {"heel_raises": {"left": 22, "right": 18}}}, "heel_right", "s1_radiculopathy"
    )
    weaker = raises | {"neurology": {"s1_power": {"right": "reduced"}}}
    points = [
        next(
            h.points
            for h in _questions(differential(vignettes.record(t)))["heel_right"].hypotheses
            if h.id == "s1_radiculopathy"
        )
        for t in ({**weaker, "strength": {}}, weaker)
    ]
    assert points[0] == points[1]


@pytest.mark.parametrize(
    ("tree", "id"),
    [
        ({"scores": {"fpi6": {"right": 8}}}, "plantar_fasciopathy"),
        ({"scores": {"fpi6_items": {"right": [1, 1, 1, 1, 1, 1]}}}, "plantar_fasciopathy"),
        ({"observation": {"foot_posture": {"right": "pronated"}}}, "plantar_fasciopathy"),
        ({"person": {"age_years": 60}}, "fat_pad_atrophy"),
    ],
)
def test_foot_posture_and_age_are_weak_signs(tree: dict[str, Any], id: str) -> None:
    assert set(_supports({"history": HEEL, **tree}, "heel_right", id).values()) == {"weak"}
    assert not _supports({"history": HEEL, "scores": {"fpi6": {"right": 5}}}, "heel_right", "plantar_fasciopathy")


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


@pytest.mark.parametrize(
    ("age", "onset", "met"), [(44, None, True), (45, None, None), (60, None, None), (60, 44, True), (60, 45, False)]
)
def test_back_pain_of_somebody_younger_than_the_limit_began_before_it(
    age: float, onset: float | None, met: Any
) -> None:
    history: dict[str, Any] = {"heel_pain": {"right": True}, "back_pain": True, "back_pain_months": 12}
    history |= {} if onset is None else {"back_onset_age_years": onset}
    found = differential(vignettes.record({"person": {"age_years": age}, "history": history}))
    assert found.rule("spondyloarthritis").met is met


@pytest.mark.parametrize(("age", "met"), [(39, True), (40, None)])
def test_inflammatory_back_pain_of_somebody_below_40(age: float, met: Any) -> None:
    history = {"back_pain": True, "back_insidious": True, "back_better_exercise": True, "back_night_pain": True}
    found = differential(vignettes.record({"person": {"age_years": age}, "history": history}))
    assert found.rule("inflammatory_back_pain").met is met


@pytest.mark.parametrize("pain", ["heel_now", "heel_worst", "heel_average", "heel_first_step"])
def test_the_spondyloarthritis_rule_takes_heel_pain_as_the_question_does(pain: str) -> None:
    history = {"back_pain": True, "back_pain_months": 12, "back_onset_age_years": 30}
    found = differential(vignettes.record({"history": history, "pain": {pain: {"left": 3}}}))
    assert found.rule("spondyloarthritis").met is True
    assert found.question("heel", "left") is not None


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
    telling = max(ratio, 1 / ratio)
    by_size = "strong" if telling > 10 else "moderate" if telling >= 5 else "weak"
    assert sign["weight"] == ("weak" if sign.get("status") in ("show", "sign", "verify") else by_size)


@pytest.mark.parametrize(
    ("name", "part", "words", "sensitivity", "specificity"),
    [
        ("spondyloarthritis", "for", "inflammatory back pain", 0.796, 0.724),
        ("spondyloarthritis", "against", "fewer than 4 of 5", 0.796, 0.724),
        ("s1_radiculopathy", "for", "straight-leg raise", 0.91, 0.26),
        ("s1_radiculopathy", "for", "raising the other leg", 0.29, 0.88),
        ("l5_radiculopathy", "for", "straight-leg raise", 0.91, 0.26),
        ("l5_radiculopathy", "for", "raising the other leg", 0.29, 0.88),
    ],
)
def test_likelihood_ratios_follow_from_the_published_accuracy(
    name: str, part: str, words: str, sensitivity: float, specificity: float
) -> None:
    (ratio,) = [s["lr"] for s in HYPOTHESES[name][part] if s["words"].startswith(words)]
    exact = sensitivity / (1 - specificity) if part == "for" else (1 - sensitivity) / specificity
    assert ratio == pytest.approx(exact, abs=0.05)
    assert sum("lr" in s for t in HYPOTHESES.values() for p in ("for", "against") for s in t[p]) == 6


@pytest.mark.parametrize("name", HYPOTHESES)
def test_an_answer_for_two_hypotheses_of_a_question_weighs_the_same_in_both(name: str) -> None:
    """Signs of one plain answer: otherwise it would tell them apart by more than it is known to."""
    for other in (o for o in HYPOTHESES if set(HYPOTHESES[o]["regions"]) & set(HYPOTHESES[name]["regions"])):
        mine, theirs = (
            {str(sorted(s["when"].items())): s["weight"] for s in HYPOTHESES[n]["for"] if "field" in s["when"]}
            for n in (name, other)
        )
        assert {w: mine[w] for w in mine if w in theirs} == {w: theirs[w] for w in mine if w in theirs}, other


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


def test_nobody_is_asked_to_load_a_fascia_that_may_be_torn() -> None:
    loads = {"tests.heel_tap", "tests.leg_hop", "tests.windlass", "tests.windlass_unloaded"}
    tree = {
        "pain": {"heel_average": {"right": 7}},
        "history": {"heel_pop": {"right": True}},
        "observation": {"heel_bruised": {"right": True}},
        "palpation": {"fascia_gap": {"right": True}},
    }
    question = _questions(differential(vignettes.record(tree)))["heel_right"]
    assert question.leading is not None
    assert question.leading.id == "fascia_rupture"
    assert loads <= set(question.leading.spared)
    assert question.next_test is not None
    assert question.next_test.field not in loads
    assert question.leading.next_test is None or question.leading.next_test.field not in loads
