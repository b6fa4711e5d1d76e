"""Ground forces from the motion alone: mechanics that must hold, people who stand, and plates that measured as well."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from benchmarks.ground_forces import BARS, compare
from benchmarks.laboratories.cases import laboratories, measure

from groundup import pipeline
from groundup.body.default_body import default_body
from groundup.body.model import GROUND, Frame
from groundup.engine.dynamics import inertial_wrenches
from groundup.engine.kinematics import points_in_ground, poses, rates
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import RecordingError
from groundup.loads.ground_estimate import FRICTION, estimate_ground_forces
from groundup.motion.foot_contacts import FootContact, FootContacts, foot_contacts
from groundup.motion.synthetic import synthetic_recording
from groundup.motion.trajectory import Motion
from groundup.motion.walk import read_walk, walk_motion


@pytest.fixture(scope="module")
def body():
    return default_body().with_(muscles=())


@pytest.fixture(scope="module")
def skeleton(body):
    return compile_skeleton(body)


@pytest.fixture(scope="module")
def walk(body):
    _, forces, truth = synthetic_recording(body)
    return truth, forces


def estimate(body, motion, contacts=None):
    skeleton = compile_skeleton(body)
    at = poses(skeleton, motion.q)
    return estimate_ground_forces(
        body, skeleton, motion, at, contacts or foot_contacts(skeleton, at, motion.time_s)
    ).forces


def total_force(skeleton, motion):
    at = poses(skeleton, motion.q)
    return inertial_wrenches(skeleton, at, rates(skeleton, at, motion.speed, motion.acceleration)).sum(1)[:, 3:]


def both(forces, what):
    return np.stack([getattr(w, what) for w in forces.wrenches], axis=1)


def on_ground(flags):
    """Contacts with these flags, for which no instants are known."""
    foot = [FootContact(f, np.zeros(0), np.zeros(0), (), np.zeros(3)) for f in flags.T]
    return FootContacts(flags, ("right", "left"), tuple(foot))


def still(body, skeleton, n=50):
    q = skeleton.couplers.apply(np.tile([c.default for c in body.coordinates], (n, 1)))
    return Motion(np.arange(n) / 100, q, np.zeros_like(q), np.zeros_like(q))


class TestMechanics:
    def test_the_feet_together_bear_what_the_motion_needs(self, body, skeleton, walk):
        motion, _ = walk
        found = estimate(body, motion)
        assert both(found, "force_n").sum(1) == pytest.approx(total_force(skeleton, motion), abs=1e-6)
        assert [w.segment for w in found.wrenches] == ["calcn_r", "calcn_l"]
        assert (found.time_s == motion.time_s).all()

    def test_turning_the_laboratory_turns_the_forces(self, body, walk):
        motion, _ = walk
        turn = np.array([[0.6, 0.0, 0.8], [0.0, 1.0, 0.0], [-0.8, 0.0, 0.6]])
        joints = tuple(
            replace(j, parent_frame=Frame(turn @ j.parent_frame.rotation, turn @ j.parent_frame.translation))
            if j.parent == GROUND
            else j
            for j in body.joints
        )
        here, there = estimate(body, motion), estimate(body.with_(joints=joints), motion)
        for what in ("force_n", "point_m", "torque_nm"):
            assert both(there, what) == pytest.approx(both(here, what) @ turn.T, abs=1e-6)

    def test_half_a_cycle_later_left_is_right(self, body, skeleton):
        walk = read_walk()
        default = np.array([c.default for c in body.coordinates])
        clock = np.arange(120) / 100
        flags = np.array(clock % walk.cycle_s < 0.62 * walk.cycle_s)[:, None] | np.zeros((1, 2), bool)
        flags[:, 1] = ((clock + 0.5 * walk.cycle_s) % walk.cycle_s) < 0.62 * walk.cycle_s
        now = walk_motion(walk, skeleton, default, clock, 0.0)
        later = walk_motion(walk, skeleton, default, clock, 0.5)
        here = both(estimate(body, now, on_ground(flags)), "force_n")
        there = both(estimate(body, later, on_ground(flags[:, ::-1])), "force_n")[:, ::-1] * [1.0, 1.0, -1.0]
        # The body's two sides differ a little in mass and place.
        assert here == pytest.approx(there, abs=0.01 * body.mass * 9.80665)

    def test_a_treadmill_changes_nothing_but_where_it_is(self, body, skeleton, walk):
        motion, _ = walk
        belt = -1.25
        ahead = skeleton.coordinate_index["pelvis_tx"]
        q, speed = motion.q.copy(), motion.speed.copy()
        q[:, ahead] += belt * motion.time_s
        speed[:, ahead] += belt
        contacts = foot_contacts(skeleton, poses(skeleton, motion.q), motion.time_s)
        here, there = estimate(body, motion, contacts), estimate(body, replace(motion, q=q, speed=speed), contacts)
        assert both(there, "force_n") == pytest.approx(both(here, "force_n"), abs=1e-6)
        bears = both(here, "force_n")[..., 1] > 0
        shift = both(there, "point_m")[..., 0] - both(here, "point_m")[..., 0]
        assert shift[bears] == pytest.approx(np.broadcast_to(belt * motion.time_s[:, None], bears.shape)[bears])

    def test_a_floor_that_is_not_at_zero(self, body, skeleton, walk):
        motion, _ = walk
        up = skeleton.coordinate_index["pelvis_ty"]
        q = motion.q.copy()
        q[:, up] += 0.5
        here, there = estimate(body, motion), estimate(body, replace(motion, q=q))
        assert both(there, "force_n") == pytest.approx(both(here, "force_n"), abs=0.02 * body.mass * 9.80665)
        bears = both(here, "force_n")[..., 1] > 0
        moved = both(there, "point_m") - both(here, "point_m")
        assert moved[bears][:, [0, 2]] == pytest.approx(0.0, abs=0.01)
        assert moved[bears][:, 1] == pytest.approx(0.5, abs=0.06)

    def test_the_ground_neither_pulls_nor_holds_more_than_friction(self, body, walk):
        motion, _ = walk
        wild = replace(motion, acceleration=6.0 * motion.acceleration)
        force = both(estimate(body, wild), "force_n")
        assert total_force(compile_skeleton(body), wild)[:, 1].min() < 0  # it would have to pull
        assert force[..., 1].min() == 0.0
        assert (np.hypot(force[..., 0], force[..., 2]) <= FRICTION * force[..., 1] * (1 + 1e-9) + 1e-9).all()

    def test_nothing_bears_in_flight(self, body, walk):
        motion, _ = walk
        flags = np.ones((len(motion.time_s), 2), bool)
        flags[100:120] = False
        found = estimate(body, motion, on_ground(flags))
        assert both(found, "force_n")[100:120] == pytest.approx(0.0)
        assert both(found, "force_n")[..., 1].sum(1)[[99, 120]].min() > 0

    def test_points_lie_under_the_feet(self, body, skeleton, walk):
        motion, _ = walk
        found = estimate(body, motion)
        at = poses(skeleton, motion.q)
        for w in found.wrenches:
            heel = at.translation[:, skeleton.segment_index[w.segment]][:, [0, 2]]
            bears = w.force_n[:, 1] > 0
            assert np.linalg.norm(w.point_m[bears][:, [0, 2]] - heel[bears], axis=1).max() < 0.32
            assert (w.point_m[bears][:, 1] == 0.0).all()


class TestStanding:
    def test_weight_under_the_mass_center(self, body, skeleton):
        motion = still(body, skeleton)
        found = estimate(body, motion)
        force, point = both(found, "force_n"), both(found, "point_m")
        weight = body.mass * 9.80665
        assert force.sum(1) == pytest.approx(np.tile([0.0, weight, 0.0], (50, 1)), abs=1e-6)
        assert force[:, 0, 1] == pytest.approx(0.5 * weight, rel=0.02)
        center = points_in_ground(poses(skeleton, motion.q), np.arange(len(skeleton.segments)), skeleton.mass_center)
        center = (skeleton.mass[:, None] * center).sum(1) / skeleton.mass.sum()
        pressure = (force[..., 1:2] * point).sum(1) / weight
        assert pressure[:, [0, 2]] == pytest.approx(center[:, [0, 2]], abs=0.002)

    def test_who_leans_to_a_side_loads_it(self, body, skeleton):
        motion = still(body, skeleton)
        q = motion.q.copy()
        index = skeleton.coordinate_index
        roll = 0.05
        for name in ("hip_adduction_r", "subtalar_angle_r"):
            assert name in index
        # Legs lean to the right, the pelvis stays level: everything above moves some 4 cm to the right.
        q[:, index["hip_adduction_r"]] += roll
        q[:, index["hip_adduction_l"]] -= roll
        force = both(estimate(body, replace(motion, q=q)), "force_n")[..., 1]
        share = force[:, 0] / force.sum(1)
        assert abs(share.mean() - 0.5) > 0.1
        assert np.ptp(share) < 1e-6

    def test_from_standing_to_the_first_step_the_load_passes_smoothly(self, body, skeleton):
        motion = still(body, skeleton, 260)
        flags = np.ones((260, 2), bool)
        flags[200:240, 0] = False
        load = both(estimate(body, motion, on_ground(flags)), "force_n")[..., 1] / (body.mass * 9.80665)
        # A body at rest cannot bear itself on one foot: where the sum acts is off then, and the feet's places with it.
        assert load[:150, 0] == pytest.approx(0.5, abs=0.1)
        assert np.ptp(load[:150, 0]) < 1e-6
        assert load[200:240, 0] == pytest.approx(0.0)
        assert np.abs(np.diff(load[:202, 0])).max() < 0.10  # per 10 ms: a step's load passes within 0.12 s


class TestRefused:
    def test_no_contact(self, body, walk):
        with pytest.raises(RecordingError, match="no foot is found on the ground") as caught:
            estimate(body, walk[0], on_ground(np.zeros((len(walk[0].time_s), 2), bool)))
        assert "--forces" in str(caught.value)

    def test_no_feet(self, body, skeleton, walk):
        names = tuple(s.replace("calcn", "block").replace("toes", "chip") for s in skeleton.segments)
        motion, _ = walk
        bare = replace(skeleton, segments=names)
        at = poses(skeleton, motion.q)
        with pytest.raises(RecordingError, match="no foot is found"):
            estimate_ground_forces(body, bare, motion, at, foot_contacts(bare, at, motion.time_s))


class TestBesideKnownForces:
    def test_the_demo_walk_gives_its_forces_back(self, body, walk):
        """The sum is exact here; only the share and the places in double support are open."""
        motion, given = walk
        found = estimate(body, motion)
        weight = body.mass * 9.80665
        rows = np.searchsorted(given.time_s, motion.time_s)
        truth, apart = both(given, "force_n")[rows], both(found, "force_n") - both(given, "force_n")[rows]
        rms = 100 * np.sqrt((apart**2).mean((0, 1))) / weight
        assert rms[1] < 10
        assert rms[0] < 5
        assert rms[2] < 3
        bears = (truth[..., 1] > 0.05 * weight) & (both(found, "force_n")[..., 1] > 0.05 * weight)
        off = np.linalg.norm((both(found, "point_m") - both(given, "point_m")[rows])[bears], axis=1)
        assert np.sqrt((off**2).mean()) < 0.03

    @pytest.mark.parametrize("number", range(5))
    def test_beside_plates(self, shared, number):
        """Plates of five recordings, four laboratories: an outside witness."""
        laboratory = laboratories(shared)[number]
        with mock.patch.object(pipeline, "_loads", return_value=(None, None)):
            found = compare(measure(laboratory))
        fore, up, _ = 100 * np.sqrt((found.force_bw**2).mean(axis=0))
        assert up <= BARS["vertical"]
        assert fore <= BARS["fore-aft"]
        assert 1000 * np.sqrt((found.pressure_m**2).mean()) <= BARS["pressure"]
