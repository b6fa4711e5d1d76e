"""Conditions: what is written, what is refused, what it changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.errors import SetupError
from groundup.predict.condition import (
    CONDITIONS,
    HeelPain,
    S1Weakness,
    catalogue,
    check_together,
    from_json,
    parse_condition,
    to_json,
)
from groundup.predict.effects import LegLength, PassiveShift, PassiveStiffness, Strength

SHOWN = [
    ("heel_pain:right:6", HeelPain("right", 6)),
    ("heel_pain:left:4:central", HeelPain("left", 4, "central")),
    ("Heel-Pain : left : 4 : medial : stiffness=30% : fascia=0.2", HeelPain("left", 4, "medial", 30, 0.2)),
]


@pytest.mark.parametrize(("text", "meant"), SHOWN)
def test_heel_pain_is_read(text: str, meant: HeelPain) -> None:
    assert parse_condition(text) == meant


@pytest.mark.parametrize("kind", CONDITIONS)
def test_every_condition_reads_its_own_example_and_survives_json(kind: str) -> None:
    condition = parse_condition(catalogue()[kind]["example"])
    assert condition.kind == kind
    assert parse_condition(condition.text()) == condition
    assert from_json(json.loads(json.dumps(to_json(condition)))) == condition
    assert all(catalogue()[kind][name] for name in ("label", "mechanism", "source", "status"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("heel_pain:right:11", "pain is 11, expected 0 to 10"),
        ("heel_pain:right:-1", "expected 0 to 10"),
        ("heel_pain:right:nan", "no number"),
        ("heel_pain:middle:3", "Valid: left, right"),
        ("heel_pain:right:3:lateral", "Valid: medial, central"),
        ("heel_pain:right:6:medial:central", "'central' comes second; expected place"),
        ("heel_pain:right:6:fascia=1:fascia=0", "'fascia=0' comes second"),
        ("heel_pain:right", "expected heel_pain:SIDE:PAIN"),
        ("heelpain:right:3", "Did you mean heel_pain?"),
        ("weakness:left:gluteus_med:30%", "Did you mean gluteus_medius"),
        ("weakness:left:calf:96%", "expected 0 to 95%"),
        ("weakness:left:calf:30mm", "expected a number in %"),
        ("contracture:left:elbow:10deg", "Valid: ankle, knee, hip, calf, hamstrings, hip_flexors"),
        ("contracture:left:ankle:80deg", "expected 0 to 30 deg"),
        ("leg_length:left:2:3", "expected leg_length:SIDE:MM"),
        ("s1_weakness:right:6", "grade is 6, expected 0 to 5"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(text: str, words: str) -> None:
    with pytest.raises(SetupError, match=r".+") as caught:
        parse_condition(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_json_of_another_program_is_checked_like_words() -> None:
    with pytest.raises(SetupError, match="expected 0 to 10"):
        from_json({"kind": "heel_pain", "side": "right", "pain": 11})
    with pytest.raises(SetupError, match="expected a number"):
        from_json({"kind": "heel_pain", "side": "right", "pain": "6"})
    with pytest.raises(SetupError, match="expected heel_pain:SIDE"):
        from_json({"kind": "heel_pain", "side": "right", "pain": 6, "colour": "red"})


def test_conditions_change_the_body_as_they_say() -> None:
    assert parse_condition("weakness:left:calf:30%").effects() == (Strength("left", "calf", 0.7),)
    assert parse_condition("contracture:right:calf:10deg").effects() == (PassiveShift("right", "ankle", -10),)
    assert parse_condition("leg_length:left:10mm").effects() == (LegLength("left", -0.010),)
    assert parse_condition("heel_pain:left:6").effects() == ()
    stiff = parse_condition("heel_pain:left:6:stiffness=50%").effects()
    assert stiff == (PassiveStiffness("left", "ankle", 1.5), PassiveStiffness("left", "fascia", 1.5))


@given(st.floats(0, 5), st.floats(0, 5))
def test_strength_falls_with_the_grade_of_the_root(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 0 < S1Weakness("right", low).strength <= S1Weakness("right", high).strength <= 1
    assert S1Weakness("right", 5).strength == 1


def test_place_sets_the_weight_of_the_fascia_unless_it_is_given() -> None:
    assert HeelPain("left", 5, "medial").fascia_weight > HeelPain("left", 5, "central").fascia_weight == 0
    assert HeelPain("left", 5, "central", fascia_sensitivity=0.7).fascia_weight == 0.7


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("heel_pain:left:5:medial", "heel_pain:left:3:medial"),
        ("leg_length:left:5mm", "leg_length:right:5mm"),
        ("weakness:left:calf:60%", "weakness:left:calf:30%"),
        ("s1_weakness:left:3", "weakness:left:calf:50%"),
        ("contracture:left:calf:10deg", "contracture:left:ankle:10deg"),
    ],
)
def test_two_conditions_of_the_same_are_refused(first: str, second: str) -> None:
    with pytest.raises(SetupError) as caught:
        check_together(map(parse_condition, (first, second)))
    assert str(caught.value).startswith(f"{first} and {second} speak of the same")


def test_conditions_of_both_sides_and_of_other_places_go_together() -> None:
    texts = (
        "heel_pain:left:5:stiffness=20%",
        "heel_pain:right:3",
        "contracture:left:ankle:10deg",
        "leg_length:left:5mm",
    )
    weak = ("weakness:left:calf:30%", "weakness:right:calf:30%", "weakness:left:hamstrings:30%")
    check_together(map(parse_condition, texts + weak))
