"""Treatments: names, doses, ranges, combinations, and what each changes."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.errors import SetupError
from groundup.predict import effects
from groundup.predict.acceptance import cases, clauses
from groundup.predict.body.guess import SPEEDS_M_PER_S
from groundup.predict.condition import HeelPain, groups
from groundup.predict.condition import statements as statements_of
from groundup.predict.effects import BodyParts, Cushion, PainFactor, Raise, Strength, combine
from groundup.predict.treatments import (
    STATUSES,
    Sweep,
    Treatment,
    effects_of,
    from_json,
    kinds,
    parse,
    parse_combination,
    parse_sweep,
    parse_treatment,
    statements,
    to_json,
)

ASKED_FOR = {
    "cushioned_heel_pad",
    "heel_cup",
    "prefabricated_orthosis",
    "heel_lift",
    "low_dye_tape",
    "rocker_sole",
    "stiff_sole",
    "calf_stretching",
    "calf_strengthening",
    "foot_strengthening",
    "hip_strengthening",
    "trunk_strengthening",
    "body_mass",
    "speed",
    "cadence",
    "analgesic",
}
WHOLE_BODY = BodyParts(frozenset(groups()))

PAGE = Path(__file__).parents[2] / "docs" / "validation" / "predicted-walks.md"


def test_every_treatment_of_the_clinic_is_there() -> None:
    assert set(kinds()) == ASKED_FOR


@pytest.mark.parametrize("name", sorted(ASKED_FOR))
def test_every_treatment_says_what_it_does_how_much_and_how_well_that_is_known(name: str) -> None:
    kind = kinds()[name]
    assert kind.mechanism
    assert kind.unit
    assert kind.low <= kind.default <= kind.high
    assert kind.low < kind.high
    assert kind.evidence
    for row in kind.evidence:
        assert row.status in STATUSES
        assert row.source or row.status == "assumed"
    treatment = parse_treatment(kind.example)
    assert treatment == parse_treatment(name)
    assert parse_treatment(treatment.text()) == treatment
    assert from_json(json.loads(json.dumps(to_json(treatment)))) == treatment


@pytest.mark.parametrize("name", sorted(ASKED_FOR))
def test_effects_hold_over_the_whole_range_of_doses(name: str) -> None:
    kind = kinds()[name]
    for dose in (kind.low, kind.default, kind.high):
        found = Treatment(name, dose).effects(("right",))
        effects.check_supported(found, WHOLE_BODY)
        assert all(effects.from_json(json.loads(json.dumps(effects.to_json(e)))) == e for e in found)
        for e in found:
            if isinstance(e, Cushion):
                assert 0 < e.stiffness_n_per_m < 1e7
                assert 0 <= e.loss < 1 <= e.area_factor
            if isinstance(e, Strength | PainFactor):
                assert e.factor >= 0


def test_sides() -> None:
    assert parse_treatment("heel_lift:8mm").effects(("left",)) == (Raise("left", "heel", 0.008),)
    assert parse_treatment("heel_lift:right:8mm").effects(("left",)) == (Raise("right", "heel", 0.008),)
    assert {e.side for e in parse_treatment("hip_strengthening:20%").effects()} == {"left", "right"}  # type: ignore[union-attr]
    with pytest.raises(SetupError, match=r"no heel hurts\. Name a side"):
        parse_treatment("heel_lift:8mm").effects()
    with pytest.raises(SetupError, match="has no side"):
        parse_treatment("body_mass:left:-5%")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("heel_lift:300mm", "dose is 300 mm, expected 0 to 30 mm"),
        ("heellift:8mm", "Did you mean heel_lift"),
        ("orthotic", "Did you mean prefabricated_orthosis?"),
        ("magnets", "Valid: cushioned_heel_pad, heel_cup"),
        ("heel_lift:8%", "expected a number in mm"),
        ("heel_lift:tall", "is no number"),
        ("heel_lift:1:2:3", "expected NAME[:SIDE][:DOSE]"),
        ("speed:9m/s", "expected 0.3 to 2.2 m/s"),
        ("heel_lift:0..15mm", "expected NAME[:SIDE]:FIRST..LAST:COUNT"),
        ("heel_lift:0..99mm:5", "expected 0 to 30 mm"),
        ("heel_lift:0..15mm:1", "expected 2 to 50"),
        ("heel_lift:5..5mm:3", "too close to tell apart"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(text: str, words: str) -> None:
    with pytest.raises(SetupError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert text in str(caught.value)


def test_a_sweep_goes_from_end_to_end_in_even_steps() -> None:
    sweep = parse_sweep("heel_lift:right:0..15mm:4")
    assert [t.dose for t in sweep.treatments] == [0, 5, 10, 15]
    assert {t.side for t in sweep.treatments} == {"right"}
    assert parse_sweep(sweep.text()) == sweep
    assert [t.dose for t in Sweep("body_mass", 10, -10, 3).treatments] == [10, 0, -10]
    with pytest.raises(SetupError, match="expected one dose"):
        parse_treatment("heel_lift:0..15mm:4")


def test_a_plus_combines_and_a_signed_dose_stays_whole() -> None:
    assert [t.text() for t in parse_combination("heel_lift:8mm+calf_stretching:3deg")] == [
        "heel_lift:8mm",
        "calf_stretching:3deg",
    ]
    assert [t.dose for t in parse_combination("cadence:+10%+heel_lift")] == [10, 8]


def test_order_of_treatments_does_not_matter() -> None:
    given = parse_combination("heel_lift:8mm+cushioned_heel_pad:6mm+analgesic:50%+prefabricated_orthosis")
    ways = {effects_of(order, ("right",)) for order in permutations(given)}
    assert len({tuple(map(_rounded, way)) for way in ways}) == 1


def _rounded(effect: effects.Effect) -> tuple[object, ...]:
    return tuple(round(v, 9) if isinstance(v, float) else v for v in effects.to_json(effect).values())


@given(st.lists(st.floats(1e4, 1e6), min_size=1, max_size=5))
def test_layers_lie_in_series(stiffness: list[float]) -> None:
    (both,) = combine(Cushion("left", "heel", 0.003, k, 0.4, 1.3) for k in stiffness)
    assert isinstance(both, Cushion)
    assert 1 / both.stiffness_n_per_m == pytest.approx(sum(1 / k for k in stiffness))
    assert both.thickness_m == pytest.approx(0.003 * len(stiffness))
    assert both.loss == pytest.approx(0.4)


def test_a_condition_and_its_cure_cancel() -> None:
    from groundup.predict.condition import parse_condition

    stiff = parse_condition("contracture:right:ankle:3deg").effects()
    assert combine((*stiff, *parse_treatment("calf_stretching:3deg").effects(("right",)))) == ()


def test_two_speeds_are_refused() -> None:
    with pytest.raises(SetupError, match="two walking speeds"):
        effects_of(parse_combination("speed:1.1m/s+speed:1.2m/s"))


def test_an_analgesic_lowers_felt_pain_only_and_must_be_explained() -> None:
    given = parse_combination("analgesic:50%")
    assert effects_of(given) == (PainFactor(0.5),)
    assert effects.felt_pain(6, effects_of(given)) == 3
    (said,) = statements(given)
    assert "not the load on the tissue" in said
    assert statements(parse_combination("speed:1.1m/s")) == ()


def test_conforming_spreads_the_load_more_than_flat() -> None:
    flat, cup, orthosis = (
        effects.area_factor(effects_of(parse_combination(name), ("left",)), "left", "heel")
        for name in ("cushioned_heel_pad", "heel_cup", "prefabricated_orthosis")
    )
    # Goske 2006: pressure -24 % flat, -44 % fully conforming.
    assert 1 / flat == pytest.approx(0.76, abs=0.005)
    assert 1 / cup == pytest.approx(0.56, abs=0.005)
    assert orthosis > flat
    assert effects.area_factor((), "left", "heel") == 1


def test_what_the_body_lacks_is_named_before_anything_is_solved() -> None:
    poor = BodyParts(frozenset({"calf"}), joints=frozenset({"ankle"}))
    with pytest.raises(SetupError, match=r"no group 'toe_flexors'.*It has: calf"):
        effects.check_supported(effects_of(parse_combination("foot_strengthening")), poor)
    with pytest.raises(SetupError, match="no joint 'toes'"):
        effects.check_supported(effects_of(parse_combination("stiff_sole")), poor)


def test_a_speed_is_within_the_speeds_of_people() -> None:
    assert (kinds()["speed"].low, kinds()["speed"].high) == SPEEDS_M_PER_S


def test_what_is_published_and_the_model_does_not_show_is_said() -> None:
    """A treatment has a statement on this model where a clause of its walk is missed, there alone; so has heel pain."""
    page = PAGE.read_text(encoding="utf-8")
    missed = [c for c in clauses() if f"| {c.text} | missed |" in page]
    assert missed
    walks = [cases()[name] for c in missed for name in (c.cases[-1:] or (c.case,))]
    said = {k.name for k in kinds().values() if k.statement.startswith("In this model")}
    assert said == {t.name for walk in walks for t in walk.treatments}
    painful = [c for walk in walks if not walk.treatments for c in walk.conditions if c.kind == "heel_pain"]
    assert bool(painful) == bool(statements_of([HeelPain("left", 5)]))
