"""Three-valued clauses: nothing unknown is ever taken for normal, and what is known stays known."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.clinic.clues import State, all_of, any_of, at_least, parse, reasons
from groundup.examination import Examination, Value
from groundup.study import Finding, Grade, Interval, Measure, Provenance, Side, Study, Subject

A, B, C = "history.back_pain", "history.fever", "history.cancer"


def exam(**known: Value) -> Examination:
    """A record of fields written with two underscores: ``history__fever=True``, and a side ``_left`` at the end."""
    answers: dict[tuple[str, Side], Value] = {}
    for name, value in known.items():
        id = name.replace("__", ".")
        sides: tuple[Side, ...] = ("left", "right")
        side = next((s for s in sides if id.endswith(f"_{s}")), None)
        answers[id.removesuffix(f"_{side}") if side else id, side or "none"] = value
    return Examination(answers=answers)


def state(table: dict[str, Any], record: Examination, study: Study | None = None, side: Side = "none") -> State:
    return parse(table)(record, study, side).state


# --- logic -----------------------------------------------------------------


def test_kleene_truth_tables() -> None:
    t, f, u = True, False, None
    assert [all_of(p) for p in itertools.product((t, f, u), repeat=2)] == [t, f, u, f, f, f, u, f, u]
    assert [any_of(p) for p in itertools.product((t, f, u), repeat=2)] == [t, t, t, t, f, u, t, u, u]
    assert at_least(2, [t, t, u]) is True
    assert at_least(2, [t, f, u]) is None
    assert at_least(2, [t, f, f]) is False


leaves = st.tuples(st.sampled_from([A, B, C]), st.booleans()).map(lambda p: {"field": p[0], "is": p[1]})
clauses = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda p: {"all": p})
        | st.lists(inner, min_size=1, max_size=3).map(lambda p: {"any": p})
        | st.lists(inner, min_size=1, max_size=3).map(lambda p: {"count": 2, "of": p})
        | inner.map(lambda p: {"not": p})
    ),
    max_leaves=6,
)


@given(clauses, st.dictionaries(st.sampled_from([A, B, C]), st.booleans()))
def test_what_is_known_holds_whatever_the_unknown_answers_are(table: dict[str, Any], answers: dict[str, bool]) -> None:
    clause = parse(table)

    def at(known: dict[str, bool]) -> State:
        return clause(Examination(answers={(id, "none"): v for id, v in known.items()})).state

    now = at(answers)
    worlds = [at(dict(zip((A, B, C), w, strict=True)) | answers) for w in itertools.product((True, False), repeat=3)]
    assert None not in worlds
    if now is not None:
        assert set(worlds) == {now}


@given(clauses)
def test_an_empty_record_is_told_to_be_unknown_with_what_is_missing(table: dict[str, Any]) -> None:
    clue = parse(table)(Examination())
    if clue.state is None:
        assert clue.missing
        assert set(clue.missing) <= set(clue.fields) == set(parse(table).asked())


# --- fields ----------------------------------------------------------------


def test_limits_include_or_exclude_their_end() -> None:
    at_50 = exam(person__age_years=50.0)
    limits: dict[str, bool] = {"above": False, "at_least": True, "below": False, "at_most": True}
    for word, holds in limits.items():
        assert state({"field": "person.age_years", word: 50}, at_50) is holds
    assert state({"field": "person.age_years", "at_least": 40, "below": 50}, at_50) is False


def test_choices_and_body_chart() -> None:
    table = {"field": "pain.trunk_sites", "any_of": ["neck", "low_back"]}
    assert state(table, exam(pain__trunk_sites=("low_back",))) is True
    assert state(table, exam(pain__trunk_sites=())) is False
    assert state(table, exam()) is None


def test_sides() -> None:
    record = exam(tests__windlass_left=True, tests__windlass_right=False)
    table = {"field": "tests.windlass", "is": True}
    assert state(table, record, side="left") is True
    assert state(table, record, side="right") is False
    assert state(table, record) is True  # the whole person: any side
    assert state({**table, "side": "other"}, record, side="left") is False
    assert state({**table, "side": "both"}, record, side="left") is False
    assert state({**table, "side": "any"}, record, side="right") is True
    one = exam(tests__windlass_left=False)
    assert state({**table, "side": "any"}, one) is None  # the other side is unknown, not normal
    assert state({**table, "side": "both"}, one) is False
    assert state(table, one, side="right") is None


def test_less_than_the_other_side() -> None:
    table = {"field": "motion.lunge_dorsiflexion_deg", "less_than_other_by": 4.6}
    both = exam(motion__lunge_dorsiflexion_deg_left=38.0, motion__lunge_dorsiflexion_deg_right=25.0)
    assert state(table, both, side="right") is True
    assert state(table, both, side="left") is False
    assert state(table, exam(motion__lunge_dorsiflexion_deg_right=25.0), side="right") is None
    assert "25 against 38 deg" in parse(table)(both, None, "right").words


def test_words_say_what_is_claimed_and_what_was_found() -> None:
    clue = parse({"field": "pain.back_average", "above": 3})(exam(pain__back_average=6.0))
    assert clue.words == "Back pain, average of the last week above 3 points (6 points)"
    assert parse({"field": A, "is": True, "words": "the back hurts"})(exam()).words == "the back hurts"


def test_scores_are_asked_for_by_their_rule() -> None:
    table = {"score": "odi", "above": 40}
    assert state(table, exam(scores__odi_items=(3.0,) * 10)) is True
    assert state(table, exam(scores__odi_items=(3.0,) * 7 + (None,) * 3)) is None


# --- named clauses and bounds ----------------------------------------------


def test_a_named_clause_is_held_against_each_side_for_itself() -> None:
    table: dict[str, Any] = {"has": "root_weakness", "side": "both"}
    left = {"neurology__s1_power_left": "reduced"}
    assert state(table, exam(**left)) is None
    assert state(table, exam(**left, neurology__l3_power_right="lost")) is True
    assert state({"has": "root_weakness"}, exam(**left), side="left") is True
    assert state({"has": "root_weakness"}, exam(**left)) is True
    clue = parse(table)(exam(**left, neurology__l3_power_right="lost"))
    assert set(reasons(clue)) == {"neurology.s1_power", "neurology.l3_power"}
    assert "left" in clue.words
    assert "right" in clue.words


def test_a_bound_below_the_limit_tells_an_unknown_value() -> None:
    table = {"field": "history.back_onset_age_years", "below": 45, "never_above": "person.age_years"}
    assert state(table, exam(person__age_years=30.0)) is True
    assert state(table, exam(person__age_years=50.0)) is None
    assert state(table, exam(person__age_years=50.0, history__back_onset_age_years=45.0)) is False
    assert "age 30 years" in parse(table)(exam(person__age_years=30.0)).words
    assert parse(table).asked() == ("history.back_onset_age_years", "person.age_years")


# --- movement --------------------------------------------------------------


def study(findings: tuple[Finding, ...] = (), measures: tuple[Measure, ...] = (), **more: Any) -> Study:
    made = Provenance("0", "3", "2", "test", "2026-11-23T00:00:00Z", "test")
    return Study("walk", True, made, Subject(70.0), np.zeros(2), findings=findings, measures=measures, **more)


def finding(grade: Grade) -> Finding:
    return Finding(
        "pattern.heel_avoidance", "pattern", "foot.heel_peak", 0.6, "1", "left", "", (0.5, 0.7), grade, "", "avoids."
    )


def heel(side: Side, estimated: bool = False) -> Measure:
    return Measure("foot.heel_peak", "foot", side, 0.9, "BW", "heel", "", estimated=estimated)


def test_a_finding_counts_from_its_grade_up() -> None:
    table = {"finding": "pattern.heel_avoidance", "grade": "moderate"}
    assert state(table, exam(), None, "left") is None
    assert state(table, exam(), study((finding("strong"),)), "left") is True
    assert state(table, exam(), study((finding("weak"),)), "left") is False
    assert state(table, exam(), study((finding("strong"),)), "right") is None


def test_a_pattern_is_absent_only_where_it_was_looked_for() -> None:
    table = {"finding": "pattern.heel_avoidance"}
    assert state(table, exam(), study(), "left") is None
    assert state(table, exam(), study(measures=(heel("left"), heel("right"))), "left") is False
    assert state(table, exam(), study(measures=(heel("left", True), heel("right", True))), "left") is None


def test_a_measure_whose_interval_holds_the_limit_is_unknown() -> None:
    measured = study(measures=(heel("left"),))
    assert state({"measure": "foot.heel_peak", "below": 1.0}, exam(), measured, "left") is True
    around = Interval("foot.heel_peak", "left", 0.9, 0.7, 1.1, 0.1, 0.1, 0.1)
    unsure = study(measures=(heel("left"),), intervals=(around,))
    assert state({"measure": "foot.heel_peak", "below": 1.0}, exam(), unsure, "left") is None
    assert state({"measure": "foot.heel_peak", "below": 1.2}, exam(), unsure, "left") is True


# --- faults of data files --------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [
        {"field": "history.no_such", "is": True},
        {"field": A, "is": "yes"},
        {"field": A, "above": 3},
        {"field": A},
        {"field": A, "is": True, "sides": "left"},
        {"field": "person.sex", "is": "unknown"},
        {"field": "person.age_years", "above": "50"},
        {"field": "person.age_years", "less_than_other_by": 3},
        {"field": "tests.windlass", "is": True, "side": "links"},
        {"finding": "pattern.no_such"},
        {"finding": "pattern.antalgic", "grade": "sure"},
        {"score": "no_such", "above": 3},
        {"has": "no_such"},
        {"has": "fever", "side": "links"},
        {"field": "person.age_years", "above": 3, "never_above": "person.height_m"},
        {"field": "person.age_years", "below": 3, "never_above": "no_such"},
        {"all": []},
        {},
    ],
)
def test_faults_of_a_data_file_are_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="clause"):
        parse(table)
