"""Known truth: what was changed in one step or one recording is what the attribution names, with its side and sign."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from known_walks import leaning, mirrored, plain, pressed, slowed

from groundup.chain.attribution import (
    LoadOfInterest,
    attribute,
    condition_from,
    joint_contact,
    lumbar_compression,
    with_sides,
)
from groundup.chain.attribution.sides import steps_of
from groundup.chain.conclude import conclude
from groundup.errors import RecordingError
from groundup.loads.analysis import Analysis
from groundup.loads.ground import estimated_ground
from groundup.provenance import provenance
from groundup.study import Attribution, Study

LUMBAR = lumbar_compression(plain().body)
KNEE = joint_contact(plain().body, "knee", "right")
ANKLE = joint_contact(plain().body, "ankle", "right")
EARLY = replace(ANKLE, within=(0.0, 15.0))


def heel_lighter(parts: np.ndarray) -> np.ndarray:
    return np.where(parts < 0.35, 0.6 + 0.4 * np.clip(parts - 0.25, 0, 0.1) / 0.1, 1.0)


@cache
def spared(side: str) -> Analysis:
    return pressed(side, heel_lighter)


def holds(found: Attribution, link: str, side: str = "none", least: float = 80.0) -> bool:
    """The link takes most of the change, nothing else more than the rest, and all shares are 100 %."""
    own = sum(s.percent for s in found.shares if (s.link, s.side) == (link, side))
    whole = sum(s.percent for s in found.shares)
    return bool(own >= least and abs(whole - 100.0) <= 1.0 and abs(found.completeness_error) <= 0.01)


def against_plain(a: Analysis, load: LoadOfInterest) -> Attribution:
    return attribute(condition_from(plain(), "right", 0), condition_from(a, "right", 0), load)


def test_a_lean_of_five_degrees_is_the_trunks_doing() -> None:
    """From a trunk that leans already: upright, the synthetic walk balances its trunk, and a lean may relieve it."""
    here, further = (condition_from(leaning(d), "right", 0) for d in (10.0, 15.0))
    more, less = attribute(here, further, LUMBAR), attribute(further, here, LUMBAR)
    assert holds(more, "trunk", least=98.0)
    # At rest and on extensors 55 mm behind the disc, five degrees are 0.26 BW.
    assert 0.1 < more.change < 0.35
    assert less.of("trunk") == pytest.approx(-more.of("trunk"), rel=0.01)
    assert holds(against_plain(leaning(5.0), LUMBAR), "trunk", least=98.0)


def test_slower_by_a_fifth_is_timing() -> None:
    found = against_plain(slowed(1.25), LUMBAR)
    assert found.change < 0
    assert holds(found, "timing")


@pytest.mark.parametrize(("forward_m", "sign"), [(0.02, 1.0), (-0.02, -1.0)])
def test_pressure_two_centimetres_along_the_foot_is_foot_placement(forward_m: float, sign: float) -> None:
    found = against_plain(pressed("right", forward_m=forward_m), ANKLE)
    assert sign * found.change > 0.1
    assert holds(found, "foot placement", "right", 98.0)
    assert found.of("foot placement", "left") == 0.0


def test_a_spared_heel_is_the_ground_force_of_that_step() -> None:
    """Right heel spared: the left step carries more; left heel spared: less by as much; both feet alike: nothing."""
    changes = {}
    for side in ("right", "left"):
        steps = steps_of(spared(side))
        found = attribute(steps.right, steps.left, EARLY)
        assert holds(found, "ground force", "right")  # of the leg that steps
        changes[side] = found.change
    assert changes["right"] > 0.1 * 2.0 > 0 > changes["left"]
    assert changes["left"] == pytest.approx(-changes["right"], rel=0.05)
    steps = steps_of(plain())
    nothing = attribute(steps.right, steps.left, EARLY)
    assert all(np.isnan(s.percent) for s in nothing.shares)


def test_the_mirrored_walk_has_the_opposite_change_from_the_same_link() -> None:
    here, there = steps_of(spared("right")), steps_of(mirrored(spared("right")))
    one, other = (attribute(s.right, s.left, EARLY) for s in (here, there))
    assert other.change == pytest.approx(-one.change, rel=0.03)
    assert other.of("ground force", "right") == pytest.approx(-one.of("ground force", "right"), rel=0.05)


@cache
def told() -> Study:
    a = spared("right")
    return with_sides(conclude(a, "walk", provenance("", {}, {})), a)


def test_a_study_tells_the_largest_differences_first() -> None:
    study = told()
    assert {a.load_id for a in study.attributions} == {
        "lumbar.l5_s1_compression",
        "joint_load.walker_knee_r_contact",
        "joint_load.hip_r_contact",
    }
    sizes = [abs(a.change) for a in study.attributions]
    assert sizes == sorted(sizes, reverse=True)
    assert study.missing == ()
    by_load = {(s.load_id, s.what): s for s in study.sensitivities}
    lean = by_load["lumbar.l5_s1_compression", "trunk leans forward"]
    assert (lean.step, lean.step_unit, lean.unit) == (1.0, "deg", "BW")
    assert 0.005 < abs(lean.value) < 0.1


def test_the_low_back_that_is_split_is_the_main_number() -> None:
    study = told()
    back = next(a for a in study.attributions if a.load_id.startswith("lumbar"))
    main = next(h for h in study.headline if h.id == "lumbar_peak")
    assert max(back.before, back.after) == pytest.approx(main.value, rel=0.01)


def test_differences_too_small_to_be_told_are_said_to_be() -> None:
    back = next(a for a in told().attributions if a.load_id.startswith("lumbar"))
    assert any("less than can be told" in n for n in back.notes)


def test_reasons_why_sides_are_not_told() -> None:
    a = plain()
    guessed = replace(a.ground, estimate=estimated_ground(a.body, a.skeleton, a.motion, a.at).estimate)
    with pytest.raises(RecordingError, match=r"estimated from the motion.*with force plates only"):
        steps_of(replace(a, ground=guessed))
    short = int(np.searchsorted(a.motion.time_s, a.motion.time_s[0] + 0.4))
    unknown = replace(a.ground, known=np.arange(len(a.motion.time_s)) < short)
    with pytest.raises(RecordingError, match=r"cycle.*Choose a cycle on the plates"):
        steps_of(replace(a, ground=unknown))
    study = conclude(a, "walk", provenance("", {}, {}))
    found = with_sides(study, replace(a, loads=None, reasons={"joint_load": "the model has no muscles"}))
    assert [(m.group, m.reason) for m in found.missing] == [("attribution", "the model has no muscles")]
    assert found.attributions == ()


def test_steps_with_too_little_in_common_are_not_compared() -> None:
    a = plain()
    half = a.ground.known & (np.sin(2 * np.pi * a.motion.time_s / 1.1) > 0)
    found = with_sides(conclude(a, "walk", provenance("", {}, {})), replace(a, ground=replace(a.ground, known=half)))
    assert found.attributions == ()
    assert {m.group for m in found.missing} == {"attribution"}
    assert all("expected 80 %" in m.reason for m in found.missing)
