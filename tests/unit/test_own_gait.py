"""A person's own walk, as a simulation takes it from a study."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.body.model import MotionKind
from groundup.chain.attribution.turning import turned
from groundup.chain.gait import NO_CYCLE
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import ModelError, RecordingError
from groundup.motion.trajectory import Motion
from groundup.motion.walk import read_walk, walk_motion
from groundup.predict.body import OwnCycle, walk_guess
from groundup.predict.body.contact import place_soles
from groundup.predict.body.reduced import reduce_body
from groundup.predict.body.reference import vertical_force_bw
from groundup.predict.gait.baseline import healthy_walk
from groundup.predict.own_gait import SMALLEST_SPREAD_RAD, UNSURE_SPREAD_RAD, own_cycle, own_walk, rms_from_own_deg
from groundup.study import Cycle, Provenance, Series, Study, Subject

BODY = default_body()
SKELETON = compile_skeleton(BODY)
WALK = read_walk()
SPEED, CYCLE = WALK.speed_m_per_s, WALK.cycle_s
NAMES = BODY.coordinate_names
FORWARD = NAMES.index("pelvis_tx")


def recorded(seconds: float = 2.4 * CYCLE, start_phase: float = 0.0, belt: float = 0.0, turn_deg: float = 0.0) -> Study:
    """A study of the synthetic walk; ``belt`` m/s back under the feet, ``turn_deg`` to the left."""
    time_s = np.linspace(0.0, seconds, round(100 * seconds) + 1)
    default = np.array([c.default for c in BODY.coordinates])
    q = walk_motion(WALK, SKELETON, default, time_s, start_phase).q
    q[:, FORWARD] -= belt * time_s
    angle = np.radians(turn_deg)
    motion = Motion(time_s, q, np.zeros_like(q), np.zeros_like(q))
    # Turning the way that has this angle to x onto x turns the walk the other way.
    q = turned(SKELETON, motion, np.array([np.cos(angle), 0.0, np.sin(angle)]))[1].q
    turning = [c.motion is MotionKind.ROTATIONAL for c in BODY.coordinates]
    series = [
        Series(f"angle.{n}", "angle", n, "none", "deg" if t else "m", np.degrees(v) if t else v)
        for n, v, t in zip(NAMES, q.T, turning, strict=True)
    ]
    phase = time_s / CYCLE + start_phase
    weight = BODY.mass * 9.81
    for name, side, shift in (("ground_force_r_vy", "right", 0.0), ("ground_force_l_vy", "left", 0.5)):
        force = weight * vertical_force_bw(phase + shift)
        series.append(Series(f"ground_force.{name}", "ground_force", name, side, "N", force))  # type: ignore[arg-type]
    first = int(np.ceil(start_phase))
    strikes = np.arange(first, int(np.floor(phase[-1] + 1e-9)) + 1) - start_phase
    cycles = [
        Cycle("right", a * CYCLE, (a + 1) * CYCLE, "force plate", 62.0, covered=True)
        for a in strikes
        if (a + 1) * CYCLE <= seconds + 1e-9
    ]
    if not cycles or len(strikes) < 2:
        cycles = [Cycle("right", 0.0, seconds, NO_CYCLE)]
    origin = Provenance("0", "3", "2", "", "", "")
    subject = Subject(BODY.mass, None)
    return Study("Walk", False, origin, subject, time_s, cycles=tuple(cycles), series=tuple(series), body=BODY)


def angles(walk, name):
    return walk.strides[0][:, NAMES.index(name)]


@pytest.fixture(scope="module")
def plain():
    return own_walk(recorded())


def test_every_whole_stride_is_taken(plain):
    assert plain.strides.shape == (2, 101, len(NAMES))
    assert plain.cycle_s == pytest.approx(CYCLE)
    assert plain.speed_m_per_s == pytest.approx(SPEED, rel=1e-3)
    ahead = plain.strides[:, -1, FORWARD] - plain.strides[:, 0, FORWARD]
    assert ahead == pytest.approx(np.full(2, WALK.stride_m), rel=1e-3)


def test_a_treadmill_gives_the_same_walk(plain):
    moving = own_walk(recorded(belt=SPEED))
    assert moving.speed_m_per_s == pytest.approx(SPEED, rel=0.03)
    assert moving.strides[0][-1, FORWARD] - moving.strides[0][0, FORWARD] == pytest.approx(WALK.stride_m, rel=0.03)
    assert angles(moving, "knee_angle_r") == pytest.approx(angles(plain, "knee_angle_r"), abs=1e-3)


@pytest.mark.parametrize("turn_deg", [30.0, -100.0, 180.0])
def test_the_direction_in_the_laboratory_does_not_matter(plain, turn_deg):
    other = own_walk(recorded(turn_deg=turn_deg))
    for name in ("pelvis_rotation", "pelvis_list", "pelvis_tilt", "hip_flexion_r"):
        assert angles(other, name) == pytest.approx(angles(plain, name), abs=np.radians(1.0)), name


@pytest.mark.parametrize("start_phase", [0.0, 0.3, 0.8])
def test_a_recording_that_ends_as_it_began_is_one_stride(plain, start_phase):
    one = own_walk(recorded(CYCLE, start_phase))
    assert len(one.strides) == 1
    assert angles(one, "knee_angle_r") == pytest.approx(angles(plain, "knee_angle_r"), abs=np.radians(5.0))


def test_less_than_a_stride_is_refused():
    with pytest.raises(RecordingError, match=r"no whole stride of the right foot.*Record a longer walk"):
        own_walk(recorded(0.7 * CYCLE))


def test_a_study_without_its_body_is_refused():
    with pytest.raises(ModelError, match=r"no body\.osim.*Analyse the recording again"):
        own_walk(replace(recorded(), body=None))


def test_another_model_is_refused():
    lean = BODY.with_(contacts=())
    with pytest.raises(ModelError, match=r"cannot walk by itself.*without --model"):
        own_walk(replace(recorded(), body=lean))


def test_standing_is_refused():
    study = recorded()
    still = tuple(replace(s, values=np.full_like(s.values, s.values[0])) for s in study.series)
    with pytest.raises(RecordingError, match=r"walks at 0\.00 m/s.*Record a walk"):
        own_walk(replace(study, series=still))


def test_the_cycle_is_the_mean_of_strides_and_their_spread(plain):
    reduction = reduce_body(BODY)
    bent = plain.strides.copy()
    knee = NAMES.index("knee_angle_r")
    bent[1][:, knee] += np.radians(20.0)
    cycle = own_cycle(reduction, replace(plain, strides=bent))
    assert cycle.cycle_s == plain.cycle_s
    expected = bent[:, :, knee].mean(axis=0)
    inside = expected < reduction.upper[reduction.names.index("knee_angle_r")]
    assert cycle.mean["knee_angle_r"][inside] == pytest.approx(expected[inside])
    assert cycle.spread["knee_angle_r"] == pytest.approx(np.full(101, np.radians(20.0) / np.sqrt(2)), rel=1e-2)
    assert cycle.spread["knee_angle_l"] == pytest.approx(np.full(101, SMALLEST_SPREAD_RAD))
    assert cycle.spread["hip_rotation_r"] == pytest.approx(np.full(101, UNSURE_SPREAD_RAD))


def test_what_no_marker_saw_is_left_out(plain):
    still = plain.strides.copy()
    for name in ("mtp_angle_r", "hip_rotation_l"):
        still[:, :, NAMES.index(name)] = 0.0
    cycle = own_cycle(reduce_body(BODY), replace(plain, strides=still))
    assert not {"mtp_angle_r", "hip_rotation_l", "arm_flex_r", "pelvis_tx"} & set(cycle.mean)
    assert {"pelvis_tilt", "lumbar_bending", "ankle_angle_l"} <= set(cycle.mean)


def test_a_guess_from_own_angles_keeps_near_them_and_on_the_ground(plain):
    reduction, soles = reduce_body(BODY), place_soles(BODY)
    cycle = own_cycle(reduction, plain)
    stiff = dict(cycle.mean)
    stiff["knee_angle_r"] = 0.6 * stiff["knee_angle_r"]  # one knee that bends less
    guess = walk_guess(reduction, soles, 1.1, own=OwnCycle(stiff, {}, 1.2, 1.1))
    assert guess.cycle_s == 1.2
    assert guess.stride_m == pytest.approx(1.32)
    knees = {s: guess.motion.q[:, reduction.names.index(f"knee_angle_{s}")] for s in "rl"}
    assert np.degrees(knees["l"].max() - knees["r"].max()) > 10.0
    for name, mean in stiff.items():
        stray = guess.motion.q[:, reduction.names.index(name)] - mean
        assert np.degrees(np.sqrt(np.mean(stray**2))) < 6.0, name
    assert guess.normal.sum(axis=1).mean() == pytest.approx(BODY.mass * 9.81, rel=0.05)


def test_the_stored_walk_is_as_far_from_its_own_angles_as_they_were_moved():
    walk = healthy_walk()
    mean = {name: np.interp(np.linspace(0, 1, 101), walk.phase, walk.values[name]) for name in walk.names[6:10]}
    spread = {name: np.full(101, SMALLEST_SPREAD_RAD) for name in mean}
    assert rms_from_own_deg(walk, OwnCycle(mean, spread, 1.0, 1.3)) == pytest.approx(0.0, abs=1e-9)
    moved = {name: curve + np.radians(4.0) for name, curve in mean.items()}
    assert rms_from_own_deg(walk, OwnCycle(moved, spread, 1.0, 1.3)) == pytest.approx(4.0)


def test_at_another_speed_a_persons_cycle_is_another() -> None:
    own = OwnCycle({}, {}, 2.46, 0.39)
    assert own.at(0.39).cycle_s == pytest.approx(2.46)
    # Stride length grows with the power 0.42 of speed (Grieve & Gear 1966).
    assert 1.3 * own.at(1.3).cycle_s == pytest.approx(0.39 * 2.46 * (1.3 / 0.39) ** 0.42)
