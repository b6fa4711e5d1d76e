"""What a recording without a model needs around the engine: who walked, which way, what the ground did, the trunk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import butter, filtfilt

from groundup.body.default_body import default_body
from groundup.body.recording import AppliedForce, ExternalForces, RecordedSubject, Recording, Signals, Table
from groundup.chain.muscle_activity import activity_series, envelopes
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import compile_skeleton
from groundup.from_files.person import find_person
from groundup.loads.body_mass import carried_mass_kg, with_mass
from groundup.loads.force_filter import smooth_forces
from groundup.loads.ground import measured_ground
from groundup.motion.synthetic import synthetic_recording
from groundup.motion.unseen_trunk import LOW_BACK, TRUNK, upright_trunk
from groundup.motion.up_axis import turn_to_body


@pytest.fixture(scope="module")
def body():
    return default_body()


@pytest.fixture(scope="module")
def walk(body):
    markers, forces, truth = synthetic_recording(body)
    return Recording(markers, forces), truth


class TestPerson:
    def recording(self, *parameters: tuple[str, float], mass: float | None = None) -> Recording:
        return Recording(None, title="walk", subject=RecordedSubject(mass_kg=mass, parameters=parameters))

    def test_what_was_given_counts(self):
        person, weighed, notes = find_person(70.0, 1.8, {}, [self.recording(mass=60.0)])
        assert (person.mass_kg, person.height_m, weighed, notes) == (70.0, 1.8, True, ())

    def test_the_recording_says_it(self):
        person, weighed, notes = find_person(None, None, {}, [self.recording(), self.recording(mass=60.0)])
        assert (person.mass_kg, weighed) == (60.0, True)
        assert notes == ("Mass 60 kg as walk says.",)

    def test_nobody_says_it(self):
        person, weighed, _ = find_person(None, 1.7, {}, [self.recording()])
        assert not weighed
        assert 60 < person.mass_kg < 75

    def test_lengths_of_plug_in_gait_in_millimetres(self):
        said = self.recording(
            ("LLegLength", 920.0), ("RKneeWidth", 102.0), ("LAnkleWidth", 7.0), ("LThighRotation", 0.1)
        )
        person, _, _ = find_person(70.0, None, {"knee_width_r": 0.11}, [said])
        assert person.lengths_m == {"leg_length_l": 0.92, "knee_width_r": 0.11, "ankle_width_l": 0.07}

    def test_a_leg_length_alone_may_be_anything(self):
        person, _, _ = find_person(70.0, None, {}, [self.recording(("R_legLength", 0.731))])
        assert person.lengths_m == {}


class TestTurn:
    @pytest.mark.parametrize("deg", [0, 90, 180])
    @pytest.mark.parametrize("up", ["y", "z"])
    def test_found_from_the_markers(self, walk, up, deg):
        recording, _ = walk
        angle = np.radians(deg)
        turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
        if up == "z":
            turn = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]) @ turn
        wrench = recording.forces.wrenches[0]
        forces = replace(
            recording.forces,
            wrenches=tuple(
                replace(w, force_n=w.force_n @ turn.T, point_m=w.point_m @ turn.T, torque_nm=w.torque_nm @ turn.T)
                for w in recording.forces.wrenches
            ),
        )
        markers = replace(recording.markers, positions_m=recording.markers.positions_m @ turn.T)
        back = turn_to_body(Recording(markers, forces))
        np.testing.assert_allclose(back.markers.positions_m, recording.markers.positions_m, atol=1e-9)
        np.testing.assert_allclose(back.forces.wrenches[0].force_n, wrench.force_n, atol=1e-6)

    def test_forces_with_y_up_beside_markers_with_z_up(self, walk):
        recording, _ = walk
        turn = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
        markers = replace(recording.markers, positions_m=recording.markers.positions_m @ turn.T)
        back = turn_to_body(Recording(markers, recording.forces))
        np.testing.assert_allclose(back.markers.positions_m, recording.markers.positions_m, atol=1e-9)
        np.testing.assert_allclose(back.forces.wrenches[0].force_n, recording.forces.wrenches[0].force_n, atol=1e-9)


class TestForces:
    def test_smoothed_forces_have_the_same_impulse_and_moment(self):
        time_s = np.arange(2000) / 1000.0
        force = np.zeros((2000, 3))
        force[300:900, 1] = 700.0
        force[300:900, 0] = np.linspace(-100, 100, 600)
        point = np.zeros((2000, 3))
        point[300:900, 0] = np.linspace(1.0, 1.2, 600)
        torque = np.zeros((2000, 3))
        before = AppliedForce("plate", "calcn_r", force, point, torque)
        after = smooth_forces(ExternalForces(time_s, (before,)), 6.0).wrenches[0]
        np.testing.assert_allclose(after.force_n.sum(axis=0), force.sum(axis=0), rtol=1e-3, atol=20)
        moments = [np.cross(w.point_m, w.force_n) + w.torque_nm for w in (before, after)]
        b, a = butter(3, 6.0 / 500.0)  # third order run both ways, as the product's filter, up to its padding
        np.testing.assert_allclose(moments[1], filtfilt(b, a, moments[0], axis=0, padlen=0), atol=1.0)
        loaded = after.force_n[:, 1] > 100
        assert after.point_m[loaded, 0].min() > 0.95
        assert after.point_m[loaded, 0].max() < 1.25

    def test_mass_from_the_plates(self, body, walk):
        recording, truth = walk
        heavier = with_mass(body, 60.0)
        skeleton = compile_skeleton(heavier)
        at = poses(skeleton, truth.q)
        ground = measured_ground(skeleton, truth, at, recording.forces)
        assert carried_mass_kg(skeleton, truth, at, ground) == pytest.approx(body.mass, rel=2e-3)


def test_unseen_trunk_stays_upright(body, walk):
    _, truth = walk
    skeleton = compile_skeleton(body)
    q = truth.q.copy()
    q[:, [skeleton.coordinate_index[c] for c in LOW_BACK]] = 0.0
    q = skeleton.couplers.apply(q)
    index = skeleton.segment_index[TRUNK]

    def lean_deg(q):
        return np.degrees(np.arccos(np.clip(poses(skeleton, q).rotation[:, index, 1, 1], -1, 1)))

    chosen = upright_trunk(skeleton, q, LOW_BACK, "pelvis", TRUNK, 100.0)
    assert lean_deg(chosen).max() < 1.5 < lean_deg(q).max()
    others = [i for i, c in enumerate(skeleton.coordinates) if "L" not in c and "Abs" not in c]
    np.testing.assert_array_equal(chosen[:, others], q[:, others])


class TestMuscleActivity:
    def signals(self, values: np.ndarray, rate_hz: float = 1000.0) -> Signals:
        time_s = np.arange(len(values)) / rate_hz
        return Signals(Table(time_s, ("R_soleus",), values[:, None]), ("V",), rate_hz)

    def test_a_burst_is_seen_where_it_is(self):
        time_s = np.arange(3000) / 1000.0
        burst = np.exp(-(((time_s - 1.5) / 0.2) ** 2))
        noise = np.random.default_rng(1).standard_normal(3000)
        clock, percent = envelopes(self.signals(0.5 + 1e-3 * burst * noise))  # an offset is no activity
        assert percent.max() == pytest.approx(100.0, abs=2)
        assert clock[percent[:, 0].argmax()] == pytest.approx(1.5, abs=0.15)
        assert percent[(clock > 0.2) & (clock < 0.7)].max() < 10

    def test_names_and_sides(self):
        (series,) = activity_series(self.signals(np.random.default_rng(2).standard_normal(500)))
        assert (series.group, series.name, series.side, series.unit) == ("emg", "R_soleus", "right", "% of highest")

    def test_too_slow_for_muscle_activity(self):
        assert not list(activity_series(self.signals(np.ones(500), 100.0)))
