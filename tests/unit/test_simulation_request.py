"""What a simulation is asked for, and what it answers, before any solver."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundup.errors import ModelError, SetupError
from groundup.predict.answer import (
    ALIKE_PERCENT,
    CLEAR,
    NO_INTERVALS,
    CaseResult,
    Comparison,
    SimulationAnswer,
    changes,
    row_kinds,
)
from groundup.predict.answer import to_json as answer_to_json
from groundup.predict.answer_text import as_text, back_sentence, back_sentences
from groundup.predict.condition import parse_condition
from groundup.predict.effects import PainFactor, Raise
from groundup.predict.request import SimulationRequest, check_model, from_json, to_json
from groundup.predict.terms import ObjectiveTerm, _registry, mean_square
from groundup.predict.treatments import parse_combination, parse_sweep
from groundup.study import Attribution, Share

PAIN = (parse_condition("heel_pain:right:6"),)


def _request(treatments: str = "", *sweeps: str, **more: object) -> SimulationRequest:
    given = parse_combination(treatments) if treatments else ()
    return SimulationRequest(PAIN, given, tuple(map(parse_sweep, sweeps)), **more)  # type: ignore[arg-type]


def test_cases_are_healthy_untreated_treated() -> None:
    found = _request("heel_lift:8mm+analgesic:50%").cases
    assert [c.id for c in found] == ["healthy", "untreated", "treated"]
    assert found[0].effects == found[1].effects == ()
    assert set(found[2].effects) == {Raise("right", "heel", 0.008), PainFactor(0.5)}
    assert [c.felt_pain("right") for c in found] == [0, 6, 3]
    assert [c.felt_pain("left") for c in found] == [0, 0, 0]
    assert [c.id for c in SimulationRequest().cases] == ["healthy"]


def test_two_sweeps_make_a_grid_of_walks_with_names_fit_for_files() -> None:
    found = _request("", "heel_lift:0..15mm:5", "calf_stretching:0..4deg:5").cases
    assert len(found) == 2 + 25
    assert len({c.id for c in found}) == 27
    assert all(c.id.replace("-", "").replace("+", "").replace(".", "").replace("_", "").isalnum() for c in found)
    with pytest.raises(SetupError, match="3 sweeps, expected 2"):
        _request("", "heel_lift:0..15mm:2", "calf_stretching:0..4deg:2", "cadence:0..4%:2")


def test_a_request_survives_json() -> None:
    asked = _request("heel_cup:50%", "heel_lift:0..15mm:4", from_study=Path("out/walk"), weights=(("effort", 2.0),))
    assert from_json(json.loads(json.dumps(to_json(asked)))) == asked


def test_terms_fit_the_question() -> None:
    names = {t.name for t in _request().terms}
    assert {"heel_pain", "fascia_pain"} <= names
    assert "own_gait" not in names
    assert "own_gait" in {t.name for t in _request(from_study=Path("x")).terms}
    assert _request(from_study=Path("x")).cases[0].label == "own walk"
    assert not {"heel_pain", "own_gait"} & {t.name for t in SimulationRequest().terms}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"speed_m_per_s": 9.0}, "walking speed is 9 m/s, expected 0.3 to 2.2 m/s"),
        ({"intervals": 3}, "expected 10 to 200"),
        ({"processes": 0}, "expected 1 or more"),
        ({"weights": (("own_gait", 1.0),)}, "Add --from"),
        ({"weights": (("heel_pain", 2.0),)}, "objective term 'heel_pain': no heel hurts. Add --condition"),
        ({"weights": (("effrt", 1.0),)}, "Did you mean effort"),
        ({"conditions": PAIN * 2}, "speak of the same"),
        ({"treatments": parse_combination("heel_lift:8mm")}, "no heel hurts"),
        (
            {"conditions": PAIN, "treatments": parse_combination("heel_lift:8mm+heel_lift:right:4mm")},
            "given twice for the same side",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(more: dict[str, object], words: str) -> None:
    with pytest.raises(SetupError) as caught:
        SimulationRequest(**more)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_a_term_of_ones_own_that_counts_for_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    term = ObjectiveTerm(
        "mine", "", "", 1.0, "", ("own_gait_deviation",), lambda at: mean_square(at.own_gait_deviation)
    )
    monkeypatch.setitem(_registry(), term.name, term)
    with pytest.raises(SetupError, match=r"objective term 'mine': there is no walk of .* Add --from"):
        SimulationRequest()
    assert "mine" in {t.name for t in SimulationRequest(from_study=Path("x")).terms}
    assert "mine" not in {t.name for t in SimulationRequest(weights=(("mine", 0.0), ("heel_pain", 0.0))).terms}


def test_a_model_without_contact_cannot_walk() -> None:
    from groundup.body.model import Body

    with pytest.raises(ModelError, match=r"my\.osim: the model has no contact with the ground"):
        check_model(Body("b", (), (), ()), "my.osim")


BEFORE = {("foot.heel_impulse", "right"): 0.20, ("low_back.compression_peak", "none"): 2.5, ("gait.speed", "none"): 1.3}
AFTER = {("foot.heel_impulse", "right"): 0.15, ("low_back.compression_peak", "none"): 2.6, ("gait.speed", "none"): 1.2}
UNITS = {"foot.heel_impulse": "BW·s", "low_back.compression_peak": "BW", "gait.speed": "m/s"}


def _varied(cause: float) -> list[tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]]:
    return [(BEFORE, {k: v + s * cause for k, v in AFTER.items()}) for s in (-1, 1)]


def test_good_null_and_harmful_stand_in_the_same_table_in_a_fixed_order() -> None:
    table = Comparison("a", "b", changes(BEFORE, AFTER, UNITS, {"pain calibration": _varied(0.01)}))
    assert table.of("foot.heel_impulse", "right").meaning == "better"
    assert table.of("low_back.compression_peak").meaning == "worse"
    assert table.of("gait.speed").meaning == "neither"
    assert table.of("knee.contact_peak").text() == "not computed"
    order = [kind.measure for kind in row_kinds()]
    assert [c.measure for c in table.changes] == order
    swapped = changes(AFTER, BEFORE, UNITS, {"pain calibration": _varied(0.01)})
    assert [c.measure for c in swapped] == order


def test_a_change_within_its_interval_is_no_clear_change() -> None:
    wide = changes(BEFORE, AFTER, UNITS, {"pain calibration": _varied(0.2)})
    assert {c.verdict for c in wide} == {"no clear change", "not known"}
    same = changes(BEFORE, BEFORE, UNITS)
    assert {c.verdict for c in same} == {"no clear change", "not known"}
    assert all(c.meaning == "neither" for c in (*wide, *same))


def test_less_than_two_walks_of_one_question_differ_is_no_change() -> None:
    found = [_heel_changed_by(percent) for percent in (-2.4, -2.6, 2.4, 2.6)]
    assert found == ["no clear change", "less", "no clear change", "more"]
    page = " ".join((Path(__file__).parents[2] / "docs" / "simulate.md").read_text(encoding="utf-8").split())
    for words in ("differ by up to {} % in single loads", "An interval that holds nought, or a change below {} %"):
        assert words.format(f"{ALIKE_PERCENT:g}") in page
    assert all(f" {ALIKE_PERCENT:g} %" in words for words in (CLEAR, NO_INTERVALS))


def _heel_changed_by(percent: float) -> str:
    heel = ("foot.heel_impulse", "right")
    found = changes({heel: 1.0}, {heel: 1 + percent / 100}, UNITS)
    return next(c.verdict for c in found if c.measure == heel[0])


def test_causes_add_as_squares_and_are_ranked() -> None:
    found = changes(BEFORE, AFTER, UNITS, {"strength": _varied(0.03), "pain calibration": _varied(0.04)})
    heel = next(c for c in found if c.measure == "foot.heel_impulse")
    assert (heel.low, heel.high) == pytest.approx((-0.10, 0.0))
    assert [name for name, _ in heel.causes] == ["pain calibration", "strength"]
    assert dict(heel.causes) == pytest.approx({"strength": 0.03, "pain calibration": 0.04})


def _answer(asked: SimulationRequest) -> SimulationAnswer:
    shares = (Share("ankle", "right", -0.2), Share("trunk", "none", 0.3))
    back = Attribution("low_back.compression_peak", "L5/S1", "none", "BW", "a", "b", 2.5, 2.6, shares)
    results = tuple(CaseResult(c, None, "solved") for c in asked.cases)
    labels = [c.label for c in asked.cases]
    made = tuple(Comparison(labels[1], label, changes(BEFORE, AFTER, UNITS), (back,)) for label in labels[2:])
    return SimulationAnswer(asked, results, made, back_sentences(asked, made))


def test_the_answer_says_whether_it_unloads_the_back_and_through_what() -> None:
    (said,) = _answer(_request("heel_lift:8mm")).back
    assert "unload the low back? No, it loads it more: peak of L5/S1 +0.10 BW (+4.0 %)" in said
    assert "Through: trunk +0.30 BW, ankle (right) -0.20 BW" in said
    less = Comparison("a", "b", changes(AFTER, BEFORE, UNITS))
    assert "Yes" in back_sentence(less)
    assert "Not computed" in back_sentence(Comparison("a", "b", changes({}, {}, {})))


@pytest.mark.parametrize(
    ("solved", "said"),
    [
        (4, "Which of 4 doses unload the low back? Less: 0, more: 4, no clear change: 0; peak"),
        (3, "Which of 4 doses unload the low back? Less: 0, more: 3, no clear change: 0, not solved: 1; peak"),
        (1, "Which of 4 doses unload the low back? Less: 0, more: 1, no clear change: 0, not solved: 3; peak"),
        (0, "Which of 4 doses unload the low back? Not computed."),
    ],
)
def test_the_numbers_of_doses_add_up(solved: int, said: str) -> None:
    asked = _request("", "heel_lift:0..15mm:4")
    found = back_sentences(asked, _answer(asked).comparisons[:solved])
    assert found[0].startswith(said)
    assert len(found) == (2 if solved else 1)


def test_an_answer_with_an_analgesic_cannot_leave_out_what_must_be_said() -> None:
    made = _answer(_request("analgesic:50%"))
    for told in (as_text(made), json.dumps(answer_to_json(made))):
        assert "not the load on the tissue" in told
        assert "hypothesis" in told
    plain = as_text(_answer(_request("heel_lift:8mm")))
    assert "not the load on the tissue" not in plain
    assert "hypothesis" in plain
    swept = _answer(_request("", "analgesic:0..100%:3"))
    assert "not the load on the tissue" in as_text(swept)


def test_the_answer_is_plain_json_with_null_for_what_is_not_known() -> None:
    told = json.loads(json.dumps(answer_to_json(_answer(_request("heel_lift:8mm"))), allow_nan=False))
    rows = {row["measure"]: row for row in told["comparisons"][0]["changes"]}
    assert told["schema"] == "groundup.simulation/1"
    assert rows["knee.contact_peak"]["difference"] is None
    assert rows["foot.heel_impulse"]["percent"] == pytest.approx(-25)


def test_a_walk_knows_its_doses_beside_the_same_treatment_of_the_other_side() -> None:
    one = _request("heel_lift:left:5mm", "heel_lift:right:0..12mm:4")
    assert [c.doses for c in one.cases] == [(), (), (0,), (4,), (8,), (12,)]
    both = _request("", "heel_lift:right:0..12mm:3", "heel_lift:left:0..4mm:2")
    assert [c.doses for c in both.cases[2:]] == [(0, 0), (0, 4), (6, 0), (6, 4), (12, 0), (12, 4)]
    assert [s.label() for s in both.sweeps] == ["heel lift, right side", "heel lift, left side"]
    told = answer_to_json(_answer(both))["cases"]
    assert [case["doses"] for case in told] == [list(c.doses) for c in both.cases]  # type: ignore[attr-defined]


@pytest.mark.parametrize("sweep", ["heel_lift:1..1.00001mm:5", "heel_lift:8..8mm:2", "cadence:-0..0%:2"])
def test_doses_that_read_alike_are_refused(sweep: str) -> None:
    with pytest.raises(SetupError, match="too close to tell apart"):
        parse_sweep(sweep)
