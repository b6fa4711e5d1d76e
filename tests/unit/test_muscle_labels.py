"""Labels of muscle groups: both effort and work have to differ, the right side is named, and nothing is a verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from known_walks import measured, plain

from groundup.body.recording import Signals, Table
from groundup.chain.findings import changes, findings_from
from groundup.chain.muscle_groups import members, muscle_groups
from groundup.chain.muscle_labels import side_labels
from groundup.study import Measure

Pair = tuple[float, float]


def made(estimated: bool = False, **values: Pair) -> tuple[Measure, ...]:
    """Measures of right and left from their names, ``link__name__group=(right, left)``."""
    return tuple(
        Measure(key.replace("__", "."), "muscles", side, number, "%", "words", "", strides=4, estimated=estimated)  # type: ignore[arg-type]
        for key, pair in values.items()
        for side, number in zip(("right", "left"), pair, strict=True)
    )


def labels(measures: tuple[Measure, ...]) -> set[tuple[str, str]]:
    return {(f.id, f.side) for f in side_labels({(m.id, m.side): m for m in measures})}


BUSY = {"muscles__effort__calf": (12.0, 5.0), "muscles__work__calf": (0.5, 0.2)}


def test_more_effort_and_more_work_is_overworked_against_the_other_side() -> None:
    found = labels(made(**BUSY))
    assert found == {("pattern.overworked.calf", "right"), ("pattern.underused.calf", "left")}


@pytest.mark.parametrize(
    "pairs",
    [
        BUSY | {"muscles__work__calf": (0.2, 0.5)},  # more effort for less work: shared otherwise
        BUSY | {"muscles__work__calf": (0.31, 0.30)},
        BUSY | {"muscles__effort__calf": (6.0, 5.0)},
        BUSY | {"muscles__work__calf": (0.5, np.nan)},
    ],
)
def test_one_of_the_two_is_not_enough(pairs: dict[str, Pair]) -> None:
    assert labels(made(**pairs)) == set()


def test_estimated_forces_give_no_label() -> None:
    assert labels(made(estimated=True, **BUSY)) == set()


def test_a_muscle_that_never_gets_as_long_is_short() -> None:
    found = labels(made(muscles__fibre_longest__hamstrings=(1.05, 1.30)))
    assert found == {("pattern.short.hamstrings", "right")}
    assert labels(made(muscles__fibre_longest__hamstrings=(1.20, 1.25))) == set()


def test_words_and_grade() -> None:
    over = next(f for f in findings_from(made(**BUSY)) if f.id == "pattern.overworked.calf")
    assert over.grade == "noted"
    assert over.text == (
        "Calf, right: works harder than that of the other side (overworked against it): effort 12 against 5 %; work "
        "0.5 against 0.2 %. Which of the two sides is unusual, the numbers do not tell."
    )
    assert over.for_it == ("effort 12 against 5 %", "work 0.5 against 0.2 %")


def test_the_own_earlier_recording_is_a_reference_too() -> None:
    before, after = made(**BUSY), made(muscles__effort__calf=(5.0, 5.0), muscles__work__calf=(0.2, 0.2))
    found = {(f.id, f.side): f for f in changes(before, after, same_markers=True)}
    assert found["change.underused.calf", "right"].reference == "the earlier recording"
    assert "works less than in the earlier recording" in found["change.underused.calf", "right"].text
    assert ("change.underused.calf", "left") not in found


def test_recorded_activity_agrees_with_itself_and_not_with_its_opposite() -> None:
    a = plain()
    assert a.loads is not None
    group = next(g for g in muscle_groups() if g.id == "calf")
    own = a.loads.activation[:, members(group, a.loads.muscles, "right")].mean(1)
    rate = 1000.0
    clock = np.arange(a.motion.time_s[0], a.motion.time_s[-1], 1 / rate)
    level = np.interp(clock, a.motion.time_s, own)
    noise = np.random.default_rng(1).standard_normal(len(clock))

    def agreement(size: np.ndarray) -> float:
        table = Table(clock, ("R_soleus",), (size * noise)[:, None])
        found = measured(replace(a, emg=Signals(table, ("V",), rate)))
        return next(m.value for m in found if m.id == "muscles.emg_agreement.calf" and m.side == "right")

    same, opposite = agreement(level), agreement(np.maximum(level.max() - level, 0.0) * (level < 0.5 * level.max()))
    assert same > 80.0
    assert opposite < 50.0
