"""What a simulation must show, judged on made-up walks whose outcome is known."""

from __future__ import annotations

import math

import pytest

from groundup.errors import SetupError
from groundup.predict.acceptance import Clause, as_table, cases, clauses, counts, extras, is_promised, judge, why_missed
from groundup.predict.condition import heel_pains
from groundup.predict.readings import contralateral_steps

BY_ID = {c.id: c for c in clauses()}
PAINS = ("healthy", "pain2", "pain4", "pain6", "pain8")


def _known_measures() -> set[str]:
    import tomllib
    from pathlib import Path

    import groundup

    file = Path(groundup.__file__).parent / "chain" / "data" / "measures.toml"
    return set(tomllib.loads(file.read_text(encoding="utf-8")))


def test_every_clause_of_the_promise_is_there_and_speaks_of_what_exists() -> None:
    assert {c.group for c in clauses()} == {"baseline", "heel pain", "treatments", "also published"}
    assert len(BY_ID) == len(clauses())
    known = _known_measures() | set(extras())
    for clause in clauses():
        assert clause.source
        assert clause.status in ("assert", "sign", "verify")
        assert set(clause.needed) <= set(cases())
        assert {clause.measure, *clause.measures} <= known, clause.id
        if clause.test in ("within", "change", "percent"):
            assert clause.low < clause.high


def test_cases_are_the_walks_they_are_named_after() -> None:
    for name in PAINS[1:]:
        (pain,) = heel_pains(cases()[name].conditions)
        assert f"pain{pain.pain:g}" == name
    assert cases()["insole_flat"].felt_pain("right") == 6


def _one(clause: Clause, studies: dict[str, float | tuple[float, ...]], painful: str = "right") -> str:
    """Judge a clause on one number for each case, the same on every side, or one for each measure of an order."""
    sides = ("left", "right", "none")
    measures = clause.measures or (clause.measure,)
    made = {
        case: {
            (m, s): v
            for m, v in zip(measures, value if isinstance(value, tuple) else (value,), strict=True)
            for s in sides
        }
        for case, value in studies.items()
    }
    return next(j.outcome for j in judge(made, painful) if j.clause == clause)


@pytest.mark.parametrize(
    ("name", "studies", "outcome"),
    [
        ("baseline.stance", {"healthy": 61.0}, "met"),
        ("baseline.stance", {"healthy": 65.0}, "missed"),
        ("baseline.stance", {"healthy": math.nan}, "not computed"),
        ("baseline.stance", {}, "not computed"),
        ("baseline.regions", {"healthy": (0.0, 8.0, 15.0, 50.0)}, "met"),
        ("baseline.regions", {"healthy": (0.0, 16.0, 15.0, 50.0)}, "missed"),
        ("pain.heel_impulse", dict(zip(PAINS, (0.2, 0.19, 0.18, 0.17, 0.15), strict=True)), "met"),
        ("pain.heel_impulse", dict(zip(PAINS, (0.2, 0.19, 0.19, 0.17, 0.15), strict=True)), "missed"),
        ("pain.heel_impulse", dict(zip(PAINS[:4], (0.2, 0.19, 0.18, 0.17), strict=True)), "not computed"),
        ("pain.midfoot_time", dict(zip(PAINS, (60, 61, 62, 63, 64), strict=True)), "met"),
        ("pain.midfoot_time", dict(zip(PAINS, (60, 61, 62, 63, 62), strict=True)), "missed"),
        ("pain.stance4", {"healthy": 0.70, "pain4": 0.685}, "met"),
        ("pain.stance4", {"healthy": 0.70, "pain4": 0.67}, "missed"),
        ("pain.low_back", {"healthy": 2.5, "pain6": 2.6}, "met"),
        ("pain.low_back", {"healthy": 2.5, "pain6": 2.5}, "missed"),
        ("pain.low_back", {"healthy": 2.5, "pain6": 2.4}, "missed"),
        ("pain.low_back8", {"healthy": 2.5, "pain8": 2.6}, "met"),
        ("also.eversion", {"healthy": 1.0, "pain6": 1.0}, "missed"),
        ("also.eversion", {"healthy": 1.0, "pain6": 1.1}, "met"),
        ("also.limp6", {"pain6": 0.95}, "shown"),
        ("also.limp6", {}, "not computed"),
        ("also.short_leg_tilt", {"healthy": 0.0, "short_leg": 5.0}, "missed"),
        ("treatment.total_force_conforming", {"pain6": 0.5, "insole_conforming": 0.52}, "missed"),
        ("pain.low_back", {"healthy": 2.5, "pain6": 3.3}, "missed"),
        ("treatment.conforming_beats_flat", {"insole_conforming": 150, "insole_flat": 200}, "met"),
        ("treatment.conforming_beats_flat", {"insole_conforming": 200, "insole_flat": 200}, "missed"),
        ("treatment.lift_tilt", {"healthy": 0.0, "lifted": -1.5}, "met"),
        ("treatment.lift_tilt", {"healthy": 0.0, "lifted": 4.5}, "missed"),
    ],
)
def test_outcomes(name: str, studies: dict[str, float | tuple[float, ...]], outcome: str) -> None:
    assert _one(BY_ID[name], studies) == outcome


@pytest.mark.parametrize("pain", [2, 4, 6, 8])
def test_the_low_back_is_judged_at_every_pain(pain: int) -> None:
    measure = "low_back.compression_peak"
    assert [c.group for c in clauses() if c.case == f"pain{pain}" and c.measure == measure] == ["heel pain"]


def test_what_claims_nothing_is_not_counted() -> None:
    found = judge({"pain6": {("gait.single_support_ratio", "right"): 0.95}})
    (shown,) = (j for j in found if j.outcome == "shown")
    assert counts([shown]) == "0 met, 0 missed, 0 not computed"
    assert f"| {shown.clause.text} | shown | 0.95 |" in as_table(found)


def test_the_painful_side_is_the_one_that_is_judged() -> None:
    clause = BY_ID["pain.limp_when_severe"]
    walks = {"pain8": {(clause.measure, "right"): 0.8, (clause.measure, "left"): 1.25}}
    outcomes = [next(j.outcome for j in judge(walks, side) if j.clause == clause) for side in ("right", "left")]
    assert outcomes == ["met", "missed"]


def test_one_side_outside_is_enough_to_miss() -> None:
    clause = BY_ID["baseline.first_peak"]
    walks = {"healthy": {(clause.measure, "left"): 1.1, (clause.measure, "right"): 1.4}}
    (found,) = (j for j in judge(walks) if j.clause == clause)
    assert found.outcome == "missed"
    assert found.values == (1.1, 1.4)


def test_nothing_solved_is_nothing_met_and_an_unknown_case_is_refused() -> None:
    found = judge({})
    assert {j.outcome for j in found} == {"not computed"}
    promised = [c for c in clauses() if is_promised(c)]
    assert as_table(found).startswith(f"Of what was promised: 0 met, 0 missed, {len(promised)} not computed.")
    assert as_table(found).count("\n|") == len(clauses()) + 2 * len({c.group for c in clauses()})
    with pytest.raises(SetupError, match=r"unknown case 'pain3'\. Valid: healthy"):
        judge({"pain3": {}})


def test_a_missed_clause_says_what_it_means_for_the_model() -> None:
    clause = BY_ID["pain.low_back"]
    walks = {"healthy": {(clause.measure, "none"): 2.5}, "pain6": {(clause.measure, "none"): 2.4}}
    found = judge(walks)
    assert why_missed(found, {clause.id: "The trunk is torques."}) == f"- **{clause.text}** (-4). The trunk is torques."
    assert "Why is not known yet." in why_missed(found, {})
    with pytest.raises(SetupError, match=r"unknown clause 'pain\.back'"):
        why_missed(found, {"pain.back": "x"})


def test_the_step_of_the_sound_foot_is_read_on_the_painful_side() -> None:
    clause = BY_ID["pain.short_step_when_severe"]
    ratio = contralateral_steps({("gait.step_length", "right"): 0.60, ("gait.step_length", "left"): 0.54})
    for painful, outcome in (("right", "met"), ("left", "missed")):
        assert next(j.outcome for j in judge({"pain8": ratio}, painful) if j.clause == clause) == outcome
