"""Effects in the prediction body: each changes what it says, by how much it says, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.predict import effects
from groundup.predict.body import normal_force, peak_pressure
from groundup.predict.body.contact import REGIONS
from groundup.predict.changed_body import (
    ChangedBody,
    body_parts,
    change,
    changed_person,
    hertz_depth_m,
    hertz_pressure_pa,
    softer,
)
from groundup.predict.condition import parse_condition
from groundup.predict.treatments import effects_of, kinds, parse_combination

BODY = default_body()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("paths")


@pytest.fixture(scope="module")
def plain(cache: Path) -> ChangedBody:
    return change(BODY, (), cache)


def _treated(text: str, cache: Path) -> ChangedBody:
    return change(BODY, effects_of(parse_combination(text), ("right",)), cache)


def _with(text: str, cache: Path) -> ChangedBody:
    return change(BODY, parse_condition(text).effects(), cache)


def _lowest(changed: ChangedBody) -> np.ndarray:
    """Lowest point of each pad in the default pose, m."""
    body, pads = changed.prepared.body, changed.prepared.soles.pads
    skeleton = compile_skeleton(body)
    at = poses(skeleton, np.array([[c.default for c in body.coordinates]]))
    segment = np.array([skeleton.segment_index[p.segment] for p in pads])
    places = points_in_ground(at, segment, np.array([p.location for p in pads]))[0]
    return np.array(places[:, 1] - [p.radius for p in pads])


def test_depth_and_pressure_are_those_of_the_pads_own_force_law(plain: ChangedBody) -> None:
    pad = plain.bare.pads[plain.bare.of("r", "heel")[0]]
    # The pad's own law begins a millimetre early, to be smooth: it matters for small forces only.
    for force, within in ((100.0, 0.1), (300.0, 0.03), (500.0, 0.02)):
        depth = hertz_depth_m(pad, force)
        assert normal_force(pad, depth) == pytest.approx(force, rel=within)
        assert hertz_pressure_pa(pad, force) == pytest.approx(1.5 * force / (np.pi * pad.radius * depth))
        # The pad's own has a millimetre more depth, to stay finite at the first touch.
        assert peak_pressure(pad, force, depth) < hertz_pressure_pa(pad, force) < 1.5 * peak_pressure(pad, force, depth)


def test_a_layer_gives_way_in_series_at_the_load_of_walking(plain: ChangedBody) -> None:
    pad = plain.bare.pads[plain.bare.of("r", "heel")[0]]
    soft = softer(pad, 1e5, 0.5, 300.0)
    assert hertz_depth_m(soft, 300.0) == pytest.approx(hertz_depth_m(pad, 300.0) + 300.0 / 1e5)
    assert soft.dissipation == pytest.approx(pad.dissipation)
    assert softer(pad, 1e5, 0.2, 300.0).dissipation < pad.dissipation


def test_a_lift_raises_the_heel_by_its_height_and_only_that(plain: ChangedBody, cache: Path) -> None:
    lifted = _treated("heel_lift:8mm", cache)
    moved = 1000 * (_lowest(lifted) - _lowest(plain))
    heel = lifted.prepared.soles.of("r", "heel")
    expected = [-8.0 if i in heel else 0.0 for i in range(len(moved))]
    np.testing.assert_allclose(moved, expected, atol=0.01)
    assert lifted.prepared.body.contacts == lifted.prepared.soles.pads


def test_shape_spreads_the_load_as_published(plain: ChangedBody, cache: Path) -> None:
    heel = plain.bare.of("r", "heel")[0]
    bare = plain.pressure_pa(heel, 300.0)
    flat = _treated("cushioned_heel_pad", cache).pressure_pa(heel, 300.0)
    cup = _treated("heel_cup", cache).pressure_pa(heel, 300.0)
    # Goske 2006 at the same force: -24 and -44 %. Barefoot walking: 367 to 734 kPa (Shorten 1989).
    assert 100 * (flat / bare - 1) == pytest.approx(-24, abs=0.5)
    assert 100 * (cup / bare - 1) == pytest.approx(-44, abs=0.5)
    assert 300e3 < bare < 750e3
    left = plain.bare.of("l", "heel")[0]
    assert _treated("heel_cup", cache).pressure_pa(left, 300.0) == plain.pressure_pa(left, 300.0)


def test_what_holds_the_arch_unloads_the_fascia_of_that_foot(plain: ChangedBody, cache: Path) -> None:
    held = _treated("prefabricated_orthosis:40N/mm", cache).prepared.fascia
    more = _treated("prefabricated_orthosis:80N/mm", cache).prepared.fascia
    usual = plain.prepared.fascia
    tension = [f["r"].tension(-0.3, 700.0, 1500.0) for f in (usual, held, more)]
    assert tension[0] > tension[1] > tension[2] > 0.8 * tension[0]
    assert held["l"] == usual["l"]
    assert held["r"].stiffness_n_per_m == usual["r"].stiffness_n_per_m


def test_first_steps_are_stiffer(plain: ChangedBody, cache: Path) -> None:
    stiff = _with("heel_pain:right:6:stiffness=50%", cache)
    assert stiff.prepared.fascia["r"].stiffness_n_per_m == pytest.approx(1.5 * 203700)
    q, still, fast = (dict.fromkeys(plain.prepared.names, v) for v in (0.2, 0.0, 2.0))
    for speed in (still, fast):
        a, b = plain.passive_moments(q, speed), stiff.passive_moments(q, speed)
        elastic = plain.passive_moments(q, still)["ankle_angle_r"]
        assert b["ankle_angle_r"] - a["ankle_angle_r"] == pytest.approx(0.5 * elastic)
        assert all(b[n] == a[n] for n in a if n != "ankle_angle_r")


@pytest.mark.parametrize(
    ("joint", "coordinate", "lost"),
    [("ankle", "ankle_angle_r", 1), ("knee", "knee_angle_r", -1), ("hip", "hip_flexion_r", -1)],
)
def test_a_contracture_resists_the_motion_that_is_lost(
    joint: str, coordinate: str, lost: int, plain: ChangedBody, cache: Path
) -> None:
    tight = _with(f"contracture:right:{joint}:10deg", cache)
    q, still = dict.fromkeys(plain.prepared.names, 0.0), dict.fromkeys(plain.prepared.names, 0.0)
    change_nm = tight.passive_moments(q, still)[coordinate] - plain.passive_moments(q, still)[coordinate]
    assert lost * change_nm < 0
    # The same resistance as before is met 10 degrees earlier.
    moved = q | {coordinate: -lost * np.radians(10)}
    at_end = tight.passive_moments(moved, still)[coordinate]
    assert at_end == pytest.approx(plain.passive_moments(q, still)[coordinate])


def test_stretching_gives_its_degrees(plain: ChangedBody, cache: Path) -> None:
    soft = _treated("calf_stretching:2.5deg", cache)
    still = dict.fromkeys(plain.prepared.names, 0.0)
    bent = still | {"ankle_angle_r": np.radians(15)}
    further = still | {"ankle_angle_r": np.radians(17.5)}
    before, after = plain.passive_moments(bent, still), soft.passive_moments(further, still)
    assert after["ankle_angle_r"] == pytest.approx(before["ankle_angle_r"])


def test_a_stiff_sole_is_a_spring_at_the_toes(plain: ChangedBody, cache: Path) -> None:
    stiff = _treated("stiff_sole:right:0.3N·m/deg", cache)
    still = dict.fromkeys(plain.prepared.names, 0.0)
    bent = still | {"mtp_angle_r": -np.radians(30)}
    more = stiff.passive_moments(bent, still)["mtp_angle_r"] - plain.passive_moments(bent, still)["mtp_angle_r"]
    assert more == pytest.approx(9.0, rel=1e-3)


def test_a_rocker_moves_the_ball_back(plain: ChangedBody, cache: Path) -> None:
    rocker = _treated("rocker_sole:right:56%", cache)
    for i, (new, old) in enumerate(zip(rocker.prepared.soles.pads, plain.prepared.soles.pads, strict=True)):
        moved = i in rocker.prepared.soles.of("r", "forefoot_medial", "forefoot_lateral")
        # 5.2 % of a foot of 20 to 30 cm.
        assert (0.010 < np.linalg.norm(new.location - old.location) < 0.016) == moved


def test_mass_weighs_and_nothing_else(plain: ChangedBody, cache: Path) -> None:
    light = _treated("body_mass:-10%", cache)
    assert light.prepared.weight_n == pytest.approx(0.9 * plain.prepared.weight_n)
    assert light.prepared.torques == plain.prepared.torques
    strength = [[m.muscle.max_isometric_force for m in b.prepared.muscles] for b in (light, plain)]
    assert strength[0] == pytest.approx(strength[1])


def test_strength_is_of_the_group_and_side_in_both_bodies(plain: ChangedBody, cache: Path) -> None:
    weak = _with("s1_weakness:right:4", cache)
    ratio = {
        m.name: m.muscle.max_isometric_force / n.muscle.max_isometric_force
        for m, n in zip(weak.prepared.muscles, plain.prepared.muscles, strict=True)
    }
    assert ratio["soleus_r"] == pytest.approx(0.43)
    assert [ratio["glmax_upper_r"], ratio["semi_r"]] == pytest.approx([0.715, 0.715])
    assert {name for name, r in ratio.items() if abs(r - 1) > 1e-9} == {
        f"{name}_r" for name in ("soleus", "gastroc", "glmax_upper", "glmax_lower", "bflh", "bfsh", "semi")
    }
    full = {
        m.name: m.max_isometric_force
        for m in changed_person(BODY, parse_condition("s1_weakness:right:4").effects()).muscles
    }
    assert full["soleus_r"] == pytest.approx(0.43 * full["soleus_l"])


def test_trunk_strength_scales_the_torques_of_the_trunk_by_the_dose(plain: ChangedBody, cache: Path) -> None:
    strong = _treated("trunk_strengthening:20%", cache).prepared.torques
    usual = plain.prepared.torques
    extension = strong["lumbar_extension"], usual["lumbar_extension"]
    assert extension[0].up_nm / extension[1].up_nm == pytest.approx(1.2)
    assert extension[0].down_nm / extension[1].down_nm == pytest.approx(1.2)
    assert strong["lumbar_bending"] == usual["lumbar_bending"]


def test_a_shorter_leg_is_shorter_and_weighs_the_same(plain: ChangedBody) -> None:
    short = changed_person(BODY, parse_condition("leg_length:left:20mm").effects())

    def leg(body: object, side: str) -> float:
        skeleton = compile_skeleton(body)  # type: ignore[arg-type]
        at = poses(skeleton, np.array([[c.default for c in body.coordinates]])).translation[0]  # type: ignore[attr-defined]
        hip, ankle = (at[skeleton.segment_index[f"{name}_{side}"]] for name in ("femur", "talus"))
        return float(np.linalg.norm(hip - ankle))

    assert leg(BODY, "l") - leg(short, "l") == pytest.approx(0.020, abs=0.0005)
    assert leg(short, "r") == leg(BODY, "r")
    assert [s.mass for s in short.segments] == [s.mass for s in BODY.segments]


def test_speed_cadence_and_pain_are_handed_on(cache: Path) -> None:
    asked = _treated("speed:1.1m/s+cadence:+10%+analgesic:50%", cache)
    assert asked.speed_m_per_s == 1.1
    assert asked.cadence_factor == pytest.approx(1.1)


def test_effects_and_body_name_the_same_regions_and_groups(plain: ChangedBody) -> None:
    assert effects.REGIONS == REGIONS
    assert set(plain.prepared.soles.region) == set(REGIONS)
    effects.check_supported(
        [e for name in kinds() for e in effects_of(parse_combination(name), ("right",))], body_parts()
    )
