"""Posture of a standing trial: a known pose is told as it is, and weight only where plates tell the feet apart."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from known_walks import plain, value

from groundup.body.default_body import default_body
from groundup.body.person import Person
from groundup.body.recording import AppliedForce, ExternalForces, MarkerTrajectories, PlateGeometry, Recording
from groundup.chain.gait import gait_cycles
from groundup.chain.measures import is_sampled, measures_of
from groundup.chain.measures.standing import plate_loads
from groundup.engine.kinematics import Poses, points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.motion.fitting import fit_person
from groundup.motion.synthetic import synthetic_recording
from groundup.study import Measure

NONE = np.zeros((10, 3))


def stood(**degrees: float) -> Poses:
    body = default_body()
    skeleton = compile_skeleton(body)
    q = np.array([[c.default for c in body.coordinates]])
    for name, angle in degrees.items():
        q[:, skeleton.coordinate_index[name]] += np.radians(angle)
    return poses(skeleton, skeleton.couplers.apply(q))


def standing(trunk: bool = True, **degrees: float) -> Recording:
    """The default body standing still, some coordinates turned; without the markers of the trunk on demand."""
    body = default_body()
    skeleton = compile_skeleton(body)
    legs = ("pelvis", "femur", "tibia", "calcn", "toes", "talus")
    kept = [m for m in body.markers if trunk or m.segment.startswith(legs)]
    segment = np.array([skeleton.segment_index[m.segment] for m in kept])
    place = points_in_ground(stood(**degrees), segment, np.array([m.location for m in kept]))
    positions = np.repeat(place, 10, axis=0)
    clock = np.arange(10) / 100
    return Recording(MarkerTrajectories(clock, tuple(m.name for m in kept), positions, 100.0, "static"), title="static")


@cache
def walk() -> Recording:
    markers, forces, _ = synthetic_recording(default_body())
    return Recording(markers, forces, "walk", synthetic=True)


def measured(still: Recording | None) -> tuple[Measure, ...]:
    body = default_body()
    fitting = fit_person(body, walk(), Person(body.mass, 1.75), still)
    a = replace(plain(), fitting=fitting)
    return measures_of(a, gait_cycles(a))


@cache
def upright() -> tuple[Measure, ...]:
    return measured(standing())


def trunk_up(**degrees: float) -> np.ndarray:
    """Long axis of the trunk."""
    skeleton = compile_skeleton(default_body())
    return np.asarray(stood(**degrees).rotation[0, skeleton.segment_index["torso"], :, 1])


def test_a_leaning_trunk_is_told_by_as_much() -> None:
    # Every lumbar joint bends with this one.
    change = np.degrees(np.arcsin(trunk_up(L5_S1_Flex_Ext=-1.2)[0]) - np.arcsin(trunk_up()[0]))
    assert 5.0 < change < 12.0
    lean = measured(standing(L5_S1_Flex_Ext=-1.2))
    for name, by in (("trunk_lean", change), ("lordosis", -change), ("pelvic_tilt", 0.0), ("pelvic_obliquity", 0.0)):
        found = value(lean, f"posture.standing_{name}") - value(upright(), f"posture.standing_{name}")
        # Markers may sit a little off, which takes part of a posture that is only seen once.
        assert found == pytest.approx(by, abs=0.25 * abs(by) + 1.0), name


def test_bending_to_the_right_lowers_the_right_shoulder() -> None:
    right = 0.6 * np.sign(trunk_up(L5_S1_Lat_Bending=0.6)[2])
    bent = measured(standing(L5_S1_Lat_Bending=right))
    expected = np.degrees(np.arcsin(trunk_up(L5_S1_Lat_Bending=right)[2]))
    assert expected > 3.0
    lean, level = (value(bent, f"posture.standing_{n}") for n in ("trunk_lean_right", "shoulder_level"))
    assert lean == pytest.approx(expected, rel=0.25)
    assert level == pytest.approx(-expected, rel=0.4)


def test_upright_is_upright() -> None:
    for name in ("trunk_lean_right", "pelvic_obliquity", "pelvic_rotation", "shoulder_level"):
        assert value(upright(), f"posture.standing_{name}") == pytest.approx(0.0, abs=1.0), name
    right, left = (value(upright(), "posture.standing_leg_length", s) for s in ("right", "left"))
    assert right == pytest.approx(left, abs=0.003)


def test_a_bent_knee_makes_a_leg_short_in_use() -> None:
    bent = measured(standing(knee_angle_r=25.0))
    right, left = (value(bent, "posture.standing_leg_length", s) for s in ("right", "left"))
    assert left - right > 0.012
    bones = [value(bent, "posture.leg_length", s) for s in ("right", "left")]
    assert bones[0] == pytest.approx(bones[1], abs=0.005)


def test_a_trunk_without_markers_has_no_posture() -> None:
    bare = measured(standing(trunk=False))
    assert np.isnan(value(bare, "posture.standing_trunk_lean"))
    assert np.isfinite(value(bare, "posture.standing_pelvic_tilt"))


def test_without_a_trial_the_reason_is_told() -> None:
    one = next(m for m in measured(None) if m.id == "posture.standing_trunk_lean")
    assert np.isnan(one.value)
    assert one.reason == "no standing trial was given (--static)"
    share = next(m for m in upright() if m.id == "posture.standing_weight_share")
    assert share.reason == "in the standing trial no force plate tells the feet apart"


def test_samples_do_not_vary_it() -> None:
    assert not any(is_sampled(m) for m in upright() if m.id.startswith("posture.standing_"))
    assert all(is_sampled(m) for m in upright() if m.id.startswith("gait."))


def plate(name: str, side: float, newtons: float) -> AppliedForce:
    """A plate whose centre of pressure lies under the middle of a foot, or between both (side 0)."""
    at = stood()
    skeleton = compile_skeleton(default_body())
    right, left = (at.translation[0, skeleton.segment_index[f"calcn_{s}"]] + [0.10, 0.0, 0.0] for s in "rl")
    point = 0.5 * (right + left) + 0.5 * side * (right - left)
    force = np.tile([0.0, newtons, 0.0], (10, 1))
    return AppliedForce(name, None, force, np.tile(point * [1.0, 0.0, 1.0], (10, 1)), NONE)


def on(*plates: AppliedForce, corners: tuple[PlateGeometry, ...] = ()) -> Recording:
    forces = ExternalForces(np.arange(10) / 100, plates, "static")
    return replace(standing(), forces=forces, plates=corners)


def loads(still: Recording) -> dict[str, float]:
    return dict(plate_loads(compile_skeleton(default_body()), stood(), still))


def test_each_foot_on_its_own_plate() -> None:
    assert loads(on(plate("1", 1.0, 450.0), plate("2", -1.0, 350.0))) == {"right": 450.0, "left": 350.0}


def test_one_plate_under_both_feet_tells_nothing() -> None:
    assert loads(on(plate("1", 0.0, 800.0))) == {}
    wide = PlateGeometry("1", 2, np.array([[-1.0, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]))
    assert loads(on(plate("1", 1.0, 800.0), corners=(wide,))) == {}
    assert loads(standing()) == {}


def test_weight_is_shared_between_the_feet() -> None:
    weight = plain().body_weight_n
    found = measured(on(plate("1", 1.0, 0.55 * weight), plate("2", -1.0, 0.45 * weight)))
    shares = [value(found, "posture.standing_weight_share", s) for s in ("right", "left")]
    assert shares == pytest.approx([55.0, 45.0])
    half = measured(on(plate("1", 1.0, 0.55 * weight), plate("2", -1.0, 0.1 * weight)))
    assert np.isnan(value(half, "posture.standing_weight_share", "right"))
