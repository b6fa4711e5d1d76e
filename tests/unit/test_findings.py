"""Known truth: the walk changed in a known way is found changed so, on the right side, and in no other way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from known_walks import (
    leaning,
    lifted,
    measured,
    mirrored,
    plain,
    plain_measures,
    pressed,
    slowed,
    turned,
    value,
)

from groundup.chain.findings import changes, findings_from, findings_of
from groundup.chain.gait import gait_cycles
from groundup.chain.lumbar import lumbar_loads
from groundup.chain.measures import measures_of
from groundup.chain.measures.catalogue import catalogue
from groundup.chain.measures.foot import foot_length_m, region_parts
from groundup.chain.measures.walked import walked
from groundup.chain.muscle_groups import members, muscle_groups
from groundup.chain.reference import Range, Walker, range_for, ranges
from groundup.chain.rules import pattern_findings, patterns
from groundup.study import Finding, Measure

OTHER = {"left": "right", "right": "left", "none": "none"}
GRADED = ("strong", "moderate", "weak")


def changed(after: tuple[Measure, ...]) -> dict[tuple[str, str], float]:
    """What is told to have changed against the plain walk, by how much."""
    found = changes(plain_measures(), after, same_markers=True)
    return {(f.measure, f.side): f.value for f in found if f.grade != "none"}


def told(measures: tuple[Measure, ...], kind: str) -> dict[tuple[str, str], Finding]:
    return {
        (f.id.partition(".")[2], f.side): f for f in findings_from(measures) if f.kind == kind and f.grade != "none"
    }


def heel_scaled(parts: np.ndarray) -> np.ndarray:
    return np.where(parts < 0.35, 0.6 + 0.4 * np.clip(parts - 0.25, 0, 0.1) / 0.1, 1.0)


def test_the_plain_walk_is_healthy() -> None:
    found = findings_from(plain_measures())
    assert [f for f in found if f.grade in GRADED] == []
    assert [f for f in found if f.kind == "sides"] == []
    assert any(f.kind == "reference" for f in found)


def test_the_same_recording_twice_has_not_changed() -> None:
    found = changes(plain_measures(), plain_measures(), same_markers=True)
    assert len(found) > 200
    assert {f.grade for f in found} == {"none"}
    assert all("no detectable change" in f.text and f.value == 0 for f in found)


def test_two_strides_of_one_recording_do_not_differ() -> None:
    a = plain()
    cycles = gait_cycles(a)
    first, second = (tuple([c for c in cycles if c.side == s][k] for s in ("right", "left")) for k in (0, 1))
    back = lumbar_loads(a)
    found = changes(measures_of(a, first, back), measures_of(a, second, back), same_markers=True)
    assert len(found) > 150
    assert {f.grade for f in found} == {"none"}


@pytest.mark.parametrize("degrees", [5.0, -5.0])
def test_leaning_forward_is_leaning_forward(degrees: float) -> None:
    found = changed(measured(leaning(degrees)))
    assert found["posture.trunk_lean", "none"] == pytest.approx(degrees, abs=0.3)
    assert found["posture.lordosis", "none"] == pytest.approx(-degrees, abs=0.3)
    assert {m for m, _ in found} <= {"posture.trunk_lean", "posture.lordosis", "posture.trunk_lean_forward_stance"} | {
        m for m in catalogue() if m.startswith(("low_back.", "muscles."))
    }


def test_leaning_forward_asks_more_of_the_back() -> None:
    more, less = (value(measured(leaning(d)), "low_back.extension_moment") for d in (5.0, -5.0))
    assert more > value(plain_measures(), "low_back.extension_moment") > less


def test_leaning_over_one_leg_is_told_of_that_leg() -> None:
    right = measured(leaning(5.0, sideways=True))
    assert ("lateral_lean", "right") in told(right, "pattern")
    assert ("lateral_lean", "left") not in told(right, "pattern")
    sides = told(right, "sides")["posture.trunk_lean_stance", "right"]
    assert sides.value == pytest.approx(10.0, abs=0.5)
    left = told(measured(leaning(-5.0, sideways=True)), "pattern")
    assert set(left) == {("lateral_lean", "left")}


def test_a_smaller_lean_is_below_what_can_be_told() -> None:
    assert told(measured(leaning(2.0, sideways=True)), "pattern") == {}
    assert ("posture.trunk_lean", "none") not in changed(measured(leaning(1.5)))


@pytest.mark.parametrize("side", ["right", "left"])
def test_less_force_under_one_heel(side: str) -> None:
    after = measured(pressed(side, heel_scaled))
    assert set(told(after, "pattern")) == {("heel_avoidance", side)}
    assert told(after, "pattern")["heel_avoidance", side].grade in ("moderate", "strong")
    found = changed(after)
    assert found["foot.heel_peak", side] == pytest.approx(
        -0.4 * value(plain_measures(), "foot.heel_peak", side), rel=0.05
    )
    assert not any(m.startswith("foot.") for m, s in found if s == OTHER[side])
    # The difference of sides is told of the side that has more.
    assert told(after, "sides")["foot.heel_peak", OTHER[side]].value > 0


@pytest.mark.parametrize("side", ["right", "left"])
def test_pressure_two_centimetres_forward(side: str) -> None:
    after = measured(pressed(side, forward_m=0.02))
    part = 100 * 0.02 / foot_length_m(walked(plain(), gait_cycles(plain())).feet["right"])
    found = changed(after)
    assert found["foot.cop_mean", side] == pytest.approx(part, rel=0.02)
    assert found["foot.heel_peak", side] < 0 < found["foot.toes_share", side]
    assert set(told(after, "pattern")) == {("heel_avoidance", side)}
    assert not any(m.startswith("foot.") for m, s in found if s == OTHER[side])


def test_pressure_backward_is_the_opposite() -> None:
    after = measured(pressed("right", forward_m=-0.02))
    assert ("heel_avoidance", "right") not in told(after, "pattern")
    assert changed(after)["foot.heel_peak", "right"] > 0


def test_a_lift_of_15_mm_raises_the_pelvis_on_its_side() -> None:
    tilt = np.degrees(np.arcsin(0.015 / 0.240))
    found = changed(measured(lifted(float(tilt))))
    assert 1.2 <= found["posture.pelvic_obliquity", "none"] <= tilt + 0.05
    assert found["posture.pelvic_obliquity", "none"] == pytest.approx(tilt, abs=0.1)
    assert changed(measured(lifted(-float(tilt))))["posture.pelvic_obliquity", "none"] == pytest.approx(-tilt, abs=0.1)


def test_slower_by_a_fifth() -> None:
    found = changed(measured(slowed(1.25)))
    assert found["gait.speed", "none"] == pytest.approx(-0.2 * value(plain_measures(), "gait.speed"), rel=0.02)
    assert found["gait.cadence", "none"] == pytest.approx(-0.2 * value(plain_measures(), "gait.cadence"), rel=0.02)
    # Everything in parts of the stride, and all steps' lengths, stay.
    still = {"gait.stance", "gait.step_length", "gait.double_support", "gait.single_support_ratio", "foot.cop_mean"}
    assert not still & {m for m, _ in found}
    assert not told(measured(slowed(1.25)), "pattern")


def test_the_mirror_image_has_mirrored_measures_and_findings() -> None:
    changed_walk = pressed("right", heel_scaled)
    one, other = measured(changed_walk), measured(mirrored(changed_walk))
    flips = {
        "posture.pelvic_obliquity",
        "posture.trunk_lean_right",
        "posture.shoulder_level",
        "posture.pelvic_rotation",
    }
    for m in one:
        if not np.isfinite(m.value) or m.link == "muscles":
            continue
        sign = -1.0 if m.id in flips else 1.0
        twin = next(o for o in other if o.id == m.id and o.side == OTHER[m.side])
        # Segments of the default body are not mirror images to the last digit, and frames fall elsewhere in the stride.
        close = 0.1 if m.id.endswith("_rate") else 0.03
        assert sign * twin.value == pytest.approx(m.value, rel=close, abs=0.3 if m.unit == "deg" else 0.02), m.id
    patterns_of = {(f.id, OTHER[f.side]) for f in findings_from(one) if f.kind == "pattern"}
    assert patterns_of == {(f.id, f.side) for f in findings_from(other) if f.kind == "pattern"} != set()


def test_frames_that_were_not_computed_are_not_made_up() -> None:
    a = plain()
    assert a.loads is not None
    assert a.moments is not None
    cycle = next(c for c in gait_cycles(a) if c.side == "right")
    gap = (a.motion.time_s > cycle.start_s) & (a.motion.time_s < cycle.start_s + 0.1)
    moments = np.where(gap[:, None], np.nan, a.moments)
    loads = replace(a.loads, force=np.where(gap[:, None], np.nan, a.loads.force))
    one = measures_of(replace(a, moments=moments, loads=loads), (cycle,))
    for name in ("knee.extension_moment", "foot.achilles_peak", "muscles.force.calf"):
        m = next(m for m in one if m.id == name and m.side == "right")
        assert np.isnan(m.value)
        assert "had its force measured" in m.reason
    # The foot's own force is known all the same.
    assert value(one, "foot.heel_share", "right") == pytest.approx(
        value(plain_measures(), "foot.heel_share", "right"), rel=0.01
    )
    assert (
        next(m for m in one if m.id == "gait.stance" and m.side == "left").reason == "no complete stride of this side"
    )


def test_estimated_forces_are_marked_and_no_pattern_rests_on_them() -> None:
    a = pressed("right", heel_scaled)
    guessed = replace(a, ground=replace(a.ground, estimate=object()))  # type: ignore[arg-type]
    measures, findings = findings_of(guessed, gait_cycles(a))
    assert all(m.estimated for m in measures if m.id.startswith("foot.heel_peak"))
    assert not any(m.estimated for m in measures if m.link == "posture")
    assert not any(f.kind == "pattern" or (f.kind == "sides" and f.measure.startswith("foot.heel_p")) for f in findings)
    assert not any(f.grade in GRADED for f in findings)


def test_without_forces_the_motion_is_still_measured() -> None:
    a = plain()
    none = replace(
        a, ground=replace(a.ground, forces=None), moments=None, loads=None, reasons={"ground_force": "none given"}
    )
    measures = measures_of(none, gait_cycles(a))
    assert value(measures, "posture.trunk_lean") == pytest.approx(
        value(plain_measures(), "posture.trunk_lean"), abs=0.1
    )
    assert next(m for m in measures if m.id == "foot.heel_share").reason == "none given"


def test_no_stride_no_number() -> None:
    measures = measures_of(plain(), ())
    assert not any(np.isfinite(m.value) for m in measures)
    assert findings_from(measures) == ()


def test_toes_and_heel_turn_the_same_way_on_both_sides() -> None:
    after = measured(turned(plain(), subtalar_angle_r=-6.0, mtp_angle_l=-8.0))
    found = changed(after)
    assert found["foot.rearfoot_eversion", "right"] == pytest.approx(6.0, abs=0.2)
    assert found["foot.toe_dorsiflexion", "left"] == pytest.approx(8.0, abs=0.2)


def test_own_smallest_detectable_change_comes_before_published_ones() -> None:
    after = measured(leaning(5.0))
    assert ("posture.trunk_lean", "none") in changed(after)
    strict = changes(plain_measures(), after, {"posture.trunk_lean": 7.0}, same_markers=True)
    lean = next(f for f in strict if f.measure == "posture.trunk_lean")
    assert lean.grade == "none"
    assert "no detectable change" in lean.text


def test_regions_share_the_whole_load() -> None:
    place = np.linspace(-0.1, 1.1, 50)
    parts = region_parts(place)
    np.testing.assert_allclose(parts.sum(1), 1.0)
    assert (parts >= 0).all()
    assert (region_parts(np.array([np.nan])) == 0).all()


def test_shares_of_a_foot_are_the_whole() -> None:
    for side in ("right", "left"):
        total = sum(value(plain_measures(), f"foot.{r}_share", side) for r in ("heel", "midfoot", "forefoot", "toes"))
        assert total == pytest.approx(100.0, abs=0.5)


def test_published_ranges_need_the_right_person_and_speed() -> None:
    assert range_for("gait.speed", Walker(), 1.2) is None
    assert range_for("gait.speed", Walker("male", 45), 1.2) is not None
    assert range_for("foot.first_peak", Walker(), 0.6) is None
    assert {r.status for r in ranges()} <= {"assert", "sign", "show"}
    assert all(r.source and r.low < r.high and r.measure in catalogue() for r in ranges())


@pytest.mark.parametrize(
    "published", [r for r in ranges() if r.status != "assert"], ids=lambda r: f"{r.measure} {r.sex} {r.age}"
)
def test_a_range_that_is_only_shown_never_judges(published: Range) -> None:
    """Sign and show, by their status in the data file: no verdict however far outside."""
    age = None if published.age is None else sum(published.age) / 2
    for far in (-1e3, 1e3):
        one = Measure(published.measure, "", "none", far, "", "", "", strides=4)
        pace = Measure("gait.speed", "gait", "none", sum(published.speed or (2.4, 0.0)) / 2, "m/s", "", "")
        measures = (one,) if published.measure == pace.id else (one, pace)
        found = findings_from(measures, None, Walker(published.sex, age))
        assert {f.grade for f in found if f.measure == one.id} == {"none"}


def test_walking_speed_is_told_for_every_adult_age() -> None:
    for sex in ("female", "male"):
        for age in (20, 29.9, 30, 45, 59, 67, 79.5, 80, 99):
            found = range_for("gait.speed", Walker(sex, age), 1.2)
            assert found is not None
            assert "Bohannon 2011" in found.source


@pytest.mark.parametrize(
    ("place", "word"),
    [(-5.0, "rearfoot"), (10.0, "rearfoot"), (50.0, "midfoot"), (80.0, "forefoot"), (103.0, "forefoot")],
)
def test_strikes_are_named(place: float, word: str) -> None:
    one = Measure("foot.cop_start", "foot", "left", place, "% of foot", "First load", "")
    (found,) = findings_from((one,))
    assert f"a {word} strike" in found.text
    assert found.grade == "none"


@pytest.mark.parametrize(
    ("name", "unit", "pair", "index"),
    [
        ("foot.impulse", "BW·s", (0.60, 0.40), "symmetry index 40 %"),
        ("foot.strike_angle", "deg", (20.0, 5.0), ""),
        ("low_back.extension_step_moment", "N·m/kg", (0.30, 0.02), ""),
    ],
)
def test_symmetry_indices_only_far_from_zero(name: str, unit: str, pair: tuple[float, float], index: str) -> None:
    both = tuple(Measure(name, "", s, v, unit, "words", "") for s, v in zip(("right", "left"), pair, strict=True))  # type: ignore[arg-type]
    (found,) = (f for f in findings_from(both) if f.kind == "sides")
    assert ("symmetry index" in found.text) == bool(index)
    assert index in found.text


def test_a_stiff_knee_and_a_hanging_foot_are_told_of_their_side() -> None:
    stiff = told(measured(turned(plain(), knee_angle_r=-14.0)), "pattern")
    assert ("stiff_knee", "right") in stiff
    assert ("stiff_knee", "left") not in stiff
    drop = told(measured(turned(plain(), ankle_angle_l=-9.0)), "pattern")
    assert ("drop_foot", "left") in drop
    assert ("drop_foot", "right") not in drop


def made(**values: tuple[float, float]) -> dict[tuple[str, str], Measure]:
    """Measures of right and left from their names, ``link__name=(right, left)``."""
    found = {}
    for name, pair in values.items():
        key = name.replace("__", ".")
        for side, number in zip(("right", "left"), pair, strict=True):
            found[key, side] = Measure(key, "", side, number, "", "", "", strides=4)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("ratios", "steps", "spared"),
    [
        ((0.85, 1 / 0.85), (0.62, 0.60), {"right"}),
        ((1 / 0.85, 0.85), (0.60, 0.62), {"left"}),
        ((0.85, 1 / 0.85), (0.60, 0.62), set()),
        ((0.95, 1 / 0.95), (0.62, 0.60), set()),
    ],
)
def test_antalgic_rule(ratios: tuple[float, float], steps: tuple[float, float], spared: set[str]) -> None:
    measures = made(gait__single_support_ratio=ratios, gait__step_length=steps, foot__impulse=(0.5, 0.6))
    assert {f.side for f in pattern_findings(measures) if f.id == "pattern.antalgic"} == spared


def test_what_speaks_against_a_pattern_is_told_and_outweighs_it() -> None:
    heel = {"foot__heel_peak": (0.3, 0.6), "foot__heel_share": (10.0, 20.0)}
    even = {"foot__heel_time": (30.0, 30.0)}
    one = next(pattern_findings(made(**heel, **even)))
    assert one.side == "right"
    assert one.grade == "weak"
    assert any("less time on the heel" in w for w in one.against_it)
    assert next(pattern_findings(made(**heel, foot__heel_time=(15.0, 30.0)))).grade == "strong"
    assert list(pattern_findings(made(**heel, **even, foot__first_peak=(1.0, 1.0)))) == []


def test_rules_speak_of_measures_that_exist() -> None:
    for pattern in patterns():
        assert pattern.source
        assert pattern.next_step.endswith(".")
        assert pattern.next_step_source
        assert any(s.need for s in pattern.signs)
        assert all(s.measure in catalogue() and (s.below is None) != (s.above is None) for s in pattern.signs)


def test_every_muscle_group_is_found_in_the_default_body() -> None:
    names = [m.name for m in plain().body.muscles]
    for group in muscle_groups():
        right, left = members(group, names, "right"), members(group, names, "left")
        assert len(right) == len(left) > 0, group.id
    assert len(members(muscle_groups()[0], ["soleus_r", "lat_gas_r", "med_gas_r", "tib_ant_r"], "right")) == 3
