"""Signs of danger: the emergency is never missed, weak signs alone are no alarm, unknown is never normal."""

from __future__ import annotations

from typing import Any

import pytest
from exams import examinations
from hypothesis import given
from hypothesis import strategies as st

from groundup.clinic.clues import named
from groundup.clinic.red_flags import FLAG_GRADES, NotAsked, flag_kinds, not_asked, red_flags
from groundup.examination import Examination, Value, fields
from groundup.study import Side

Answers = dict[tuple[str, Side], Value]


def grades(answers: Answers) -> dict[str, str]:
    return {flag.id: flag.grade for flag in red_flags(Examination(answers=answers))}


def told(*ids: str) -> Answers:
    """Say yes to questions; a side stands after a colon."""
    sides: dict[str, Side] = {"left": "left", "right": "right", "": "none"}
    return {(id.partition(":")[0], sides[id.partition(":")[2]]): True for id in ids}


CAUDA_EQUINA: list[Answers] = [
    told("history.urine_retention"),
    told("history.urine_incontinence"),
    told("history.bowel_incontinence"),
    told("history.saddle_numbness"),
    told("history.sexual_numbness"),
    told("history.weakness_progressive"),
    {("neurology.saddle_sensation", "none"): "reduced"},
    {("neurology.saddle_sensation", "none"): "absent"},
    {("neurology.anal_tone", "none"): "reduced"},
    {("neurology.residual_urine_ml", "none"): 200.0},
    {("neurology.s1_power", "left"): "reduced", ("neurology.s1_power", "right"): "lost"},
    {("neurology.l5_power", "left"): "reduced", ("neurology.l5_power", "right"): "reduced"},
    {("neurology.s1_power", "left"): "reduced", ("neurology.l5_power", "right"): "lost"},
    {("neurology.l4_power", "left"): "reduced", ("neurology.s1_sensation", "right"): "reduced"},
    {
        ("neurology.l5_sensation", "left"): "absent",
        ("neurology.l5_sensation", "right"): "reduced",
        ("history.back_pain", "none"): True,
    },
    {
        ("neurology.l5_sensation", "left"): "absent",
        ("neurology.s1_sensation", "right"): "reduced",
        ("pain.leg_average", "left"): 2.0,
    },
    {("strength.plantarflexion_mrc", "left"): 3.0, ("strength.dorsiflexion_mrc", "right"): 2.0},
    {("strength.plantarflexion_mrc", "right"): 3.0, ("neurology.l5_power", "left"): "reduced"},
]


@pytest.mark.parametrize("answers", CAUDA_EQUINA)
def test_each_sign_of_cauda_equina_is_an_emergency(answers: Answers) -> None:
    flags = red_flags(Examination(answers=answers))
    assert (flags[0].id, flags[0].grade) == ("cauda_equina", "emergency")
    assert "at once" in flags[0].action


@given(st.sampled_from(CAUDA_EQUINA), examinations())
def test_no_other_answer_lowers_the_emergency(answers: Answers, other: Examination) -> None:
    both = Examination(other.date, {**other.answers, **answers}, other.notes)
    assert ("cauda_equina", "emergency") in {(f.id, f.grade) for f in red_flags(both)}


@given(examinations(), examinations())
def test_more_answers_never_lower_any_grade(exam: Examination, other: Examination) -> None:
    more = Examination(exam.date, {**other.answers, **exam.answers})
    rank = {id: FLAG_GRADES.index(grade) for id, grade in _grades(exam).items()}
    after = {id: FLAG_GRADES.index(grade) for id, grade in _grades(more).items()}
    assert all(id in after and after[id] <= was for id, was in rank.items())


def _grades(exam: Examination) -> dict[str, Any]:
    return {flag.id: flag.grade for flag in red_flags(exam)}


def test_an_empty_record_raises_nothing_and_excludes_nothing() -> None:
    assert red_flags(Examination()) == ()
    assert {one.id for one in not_asked(Examination())} == {kind.id for kind in flag_kinds()}
    assert not_asked(Examination())[0].grade == "emergency"


def test_what_was_asked_is_no_longer_listed() -> None:
    denied: Answers = {
        ("observation.abdomen_pulsating", "none"): False,
        ("history.aneurysm", "none"): False,
        ("history.vascular_disease", "none"): False,
    }
    ids = next(kind for kind in flag_kinds() if kind.id == "aorta").asked()
    assert {id for id, _ in denied} < set(ids)
    assert "aorta" not in _not_asked(denied)
    assert "aorta" in _not_asked({("observation.abdomen_pulsating", "none"): False})


def test_the_other_side_is_unknown_not_normal() -> None:
    one_side: Answers = {("neurology.s1_power", "left"): "reduced"}
    assert "neurology.s1_power" in _not_asked(one_side)["cauda_equina"].fields
    assert "cauda_equina" not in grades(one_side)


def test_what_can_raise_a_danger_no_further_is_not_listed() -> None:
    """Squeeze pain with osteoporosis is urgent, the gravest there is; with squeeze alone the other signs stay open."""
    squeeze = told("tests.squeeze:left")
    assert "history.osteoporosis" in _not_asked(squeeze)["heel_fracture"].fields
    assert "heel_fracture" not in _not_asked({**squeeze, **told("history.osteoporosis")})
    no_fever: Answers = {("history.fever", "none"): False, ("observation.fever_c", "none"): 36.8}
    assert _not_asked({})["infection"].grade == "emergency"
    assert _not_asked(no_fever)["infection"].grade == "urgent"


@given(examinations())
def test_a_danger_that_is_not_listed_stays_as_it_is(exam: Examination) -> None:
    """Whatever the rest of a record were, a danger neither raised nor listed would not be raised."""
    listed = {one.id: set(one.fields) for one in not_asked(exam)}
    before = {flag.id: flag.grade for flag in red_flags(exam)}
    worst: Answers = {}
    for field in fields().values():
        sides: tuple[Side, ...] = ("left", "right") if field.sided else ("none",)
        bad = {"yes_no": True, "choice": field.choices[-1:] and field.choices[-1], "number": field.high}.get(field.kind)
        worst |= {(field.id, side): bad for side in sides if bad is not None and not field.derived}
    after = {flag.id: flag.grade for flag in red_flags(Examination(exam.date, {**worst, **exam.answers}))}
    for id, grade in after.items():
        assert id in listed or before.get(id) == grade


def _not_asked(answers: Answers) -> dict[str, NotAsked]:
    return {one.id: one for one in not_asked(Examination(answers=answers))}


WEAK = [
    "history.cancer",
    "history.weight_loss",
    "history.back_constant_night_pain",
    "history.back_no_improvement",
    "history.fever",
    "history.iv_drugs",
    "history.immunosuppressed",
    "history.osteoporosis",
    "medication.steroids",
    "history.unsteady_gait",
    "observation.calf_swollen:left",
    "tests.squeeze:left",
    "history.heel_pop:right",
]


@pytest.mark.parametrize("sign", WEAK)
def test_a_weak_sign_alone_only_watches(sign: str) -> None:
    assert set(grades(told(sign)).values()) == {"watch"}


@pytest.mark.parametrize(
    ("signs", "flag", "grade"),
    [
        (["history.cancer", "history.weight_loss"], "malignancy", "urgent"),
        (["history.cancer", "history.back_no_improvement"], "malignancy", "urgent"),
        (["history.weight_loss", "history.heel_night_pain:left"], "malignancy", "urgent"),
        (["history.weight_loss", "history.back_no_improvement"], "malignancy", "urgent"),
        (["history.fever", "history.iv_drugs"], "infection", "urgent"),
        (["history.fever", "history.both_legs"], "infection", "emergency"),
        (["history.osteoporosis", "medication.steroids"], "spinal_fracture", "watch"),
        (["history.osteoporosis", "medication.steroids", "history.back_pain"], "spinal_fracture", "urgent"),
        (["history.osteoporosis", "palpation.spine_percussion"], "spinal_fracture", "urgent"),
        (["tests.squeeze:left", "history.load_surge"], "heel_fracture", "urgent"),
        (["observation.calf_swollen:left", "palpation.calf_deep_tender:left"], "thrombosis", "urgent"),
        (["observation.calf_swollen:left", "palpation.calf_deep_tender:right"], "thrombosis", "watch"),
        (["history.diabetes", "observation.foot_wound:right"], "foot_at_risk", "urgent"),
        (["history.heel_pop:left", "observation.heel_bruised:left"], "rupture", "urgent"),
        (["tests.thompson:left"], "rupture", "urgent"),
        (["neurology.babinski:left"], "cord", "urgent"),
        (["observation.abdomen_pulsating"], "aorta", "emergency"),
        (["history.aneurysm", "history.back_pain"], "aorta", "emergency"),
        (["history.vascular_disease", "history.back_pain"], "aorta", "watch"),
        (["history.vascular_disease", "history.aneurysm", "history.back_pain"], "aorta", "emergency"),
        (["history.both_legs"], "cauda_equina", "urgent"),
    ],
)
def test_signs_together_raise_the_grade(signs: list[str], flag: str, grade: str) -> None:
    assert grades(told(*signs))[flag] == grade


def test_age_alone_is_no_flag_but_counts_with_cancer_before() -> None:
    old: Answers = {("person.age_years", "none"): 70.0, ("history.back_pain", "none"): True}
    assert grades(old) == {}
    assert grades({**old, ("history.back_onset_age_years", "none"): 69.0}) == {}
    new_and_lighter = {**old, **told("history.weight_loss"), ("history.back_onset_age_years", "none"): 69.0}
    assert grades(new_and_lighter)["malignancy"] == "urgent"
    with_cancer = {**old, **told("history.cancer"), ("history.back_onset_age_years", "none"): 69.0}
    assert grades(with_cancer)["malignancy"] == "urgent"


BACK_PAIN: list[Answers] = [
    told("history.back_pain"),
    {("pain.back_average", "none"): 3.0},
    {("pain.back_worst", "none"): 5.0},
    {("pain.back_now", "none"): 1.0},
]


@pytest.mark.parametrize("pain", BACK_PAIN)
def test_back_pain_however_it_is_told_counts_with_an_aneurysm_and_with_cancer(pain: Answers) -> None:
    assert grades({**pain, **told("history.aneurysm")})["aorta"] == "emergency"
    (flag,) = red_flags(Examination(answers={**pain, **told("history.cancer")}))
    assert (flag.id, flag.grade) == ("malignancy", "watch")
    assert flag.action.startswith("Discuss with a doctor now")


def test_an_aneurysm_or_cancer_without_back_pain_is_no_alarm() -> None:
    assert "aorta" not in grades(told("history.aneurysm", "history.vascular_disease"))
    (flag,) = red_flags(Examination(answers=told("history.cancer")))
    assert "look again" in flag.action


NUMB_FEET: Answers = {("neurology.s1_sensation", "left"): "reduced", ("neurology.s1_sensation", "right"): "reduced"}


def test_numb_feet_alone_are_urgent_and_an_emergency_with_pain_weakness_or_a_numb_saddle() -> None:
    """As in a known neuropathy: everything else is asked for the same day, and none of it makes it less."""
    neuropathy = {**NUMB_FEET, **told("history.neuropathy", "history.diabetes")}
    assert grades(neuropathy)["cauda_equina"] == "urgent"
    for more in (*BACK_PAIN, told("history.leg_pain_below_knee:left"), told("history.saddle_numbness")):
        assert grades({**neuropathy, **more})["cauda_equina"] == "emergency"
    for weak in ("neurology.s1_power", "neurology.l3_power"):
        assert grades({**neuropathy, (weak, "right"): "reduced"})["cauda_equina"] == "emergency"
    assert grades({**neuropathy, ("strength.dorsiflexion_mrc", "left"): 3.0})["cauda_equina"] == "emergency"
    assert "cauda_equina" not in grades({("neurology.s1_sensation", "left"): "reduced"})


def test_both_ankle_reflexes_gone_are_urgent_with_pain_of_back_or_leg() -> None:
    reflexes: Answers = {("neurology.ankle_reflex", "left"): "absent", ("neurology.ankle_reflex", "right"): "absent"}
    assert "cauda_equina" not in grades(reflexes)
    assert grades({**reflexes, **told("history.back_pain")})["cauda_equina"] == "urgent"
    assert grades({**reflexes, ("pain.leg_average", "right"): 4.0})["cauda_equina"] == "urgent"
    one: Answers = {("neurology.ankle_reflex", "left"): "absent", **told("history.back_pain")}
    assert "cauda_equina" not in grades(one)


def test_a_finding_is_told_once() -> None:
    (flag,) = red_flags(Examination(answers=told("history.cancer", "history.back_pain")))
    assert flag.finding.count("Cancer, now or earlier") == 1


def test_ischaemia_is_of_one_leg() -> None:
    cold: Answers = told("observation.skin_cold_pale:left")
    assert grades({**cold, ("palpation.pulse_foot", "left"): "absent"})["ischaemia"] == "emergency"
    assert grades({**cold, ("palpation.pulse_foot", "right"): "absent"})["ischaemia"] == "watch"


def test_the_gravest_comes_first_and_every_flag_says_what_to_do() -> None:
    everything: Answers = {}
    for field in fields().values():
        sides: tuple[Side, ...] = ("left", "right") if field.sided else ("none",)
        if field.kind == "yes_no":
            everything |= {(field.id, side): True for side in sides}
    flags = red_flags(Examination(answers=everything))
    assert [FLAG_GRADES.index(f.grade) for f in flags] == sorted(FLAG_GRADES.index(f.grade) for f in flags)
    for flag in flags:
        assert flag.finding
        assert flag.action
        assert flag.source
        assert set(flag.fields) <= set(fields())


def test_the_rules_only_ask_for_what_is_there() -> None:
    """A clause with ``not``, or one that asks for a no, could be lowered by a further answer or raised by its lack."""

    def check(table: dict[str, Any]) -> None:
        assert "not" not in table
        assert table.get("is") is not False
        if "has" in table:
            check(dict(named()[table["has"]].clause.table))
        for part in (*table.get("all", ()), *table.get("any", ()), *table.get("of", ())):
            check(part)

    for kind in flag_kinds():
        assert kind.rules
        for rule in kind.rules:
            check(dict(rule.when.table))
            assert rule.status in ("assert", "assumed"), kind.id
