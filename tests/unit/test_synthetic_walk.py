"""The demonstration recording: it must repeat, obey mechanics, look like walking, and give its secret back."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.engine.kinematics import cross, points_in_ground, poses, rates
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import ModelError
from groundup.loads.moments import joint_moments
from groundup.motion.events import contacts_from_force
from groundup.motion.inverse_kinematics import Tasks, build_problem, solve
from groundup.motion.synthetic import START_PHASE, synthetic_recording
from groundup.motion.walk import read_walk, walk_motion
from groundup.motion.walk_forces import STANCE, smooth_curve

ROOT = ("pelvis_tilt", "pelvis_list", "pelvis_rotation", "pelvis_tx", "pelvis_ty", "pelvis_tz")


@pytest.fixture(scope="module")
def body():
    return default_body()


@pytest.fixture(scope="module")
def skeleton(body):
    return compile_skeleton(body)


@pytest.fixture(scope="module")
def recorded(body):
    return synthetic_recording(body)


@pytest.fixture(scope="module")
def moments(recorded, skeleton):
    _, forces, truth = recorded
    return joint_moments(skeleton, truth, forces)


def column(skeleton, array, name):
    return array[:, skeleton.coordinate_index[name]]


def weight(body):
    return body.mass * 9.80665


def phase_of(truth):
    return START_PHASE + truth.time_s / read_walk().cycle_s


def sole(body, skeleton, truth, name):
    """Height and horizontal velocity of the lowest point of a contact sphere."""
    sphere = next(c for c in body.contacts if c.name == name)
    segment = np.array([skeleton.segment_index[sphere.segment]])
    at = poses(skeleton, truth.q)
    bottom = points_in_ground(at, segment, sphere.location[None])[:, 0] - [0, sphere.radius, 0]
    spatial = rates(skeleton, at, truth.speed, truth.acceleration).velocity[:, segment[0]]
    return bottom[:, 1], (spatial[:, 3:] + cross(spatial[:, :3], bottom))[:, [0, 2]]


def test_the_same_seed_gives_the_same_recording(body, recorded):
    again, _, _ = synthetic_recording(body)
    other, _, _ = synthetic_recording(body, seed=2)
    np.testing.assert_array_equal(again.positions_m, recorded[0].positions_m)
    assert np.abs(other.positions_m - recorded[0].positions_m).max() > 1e-3


def test_says_that_it_is_synthetic(recorded):
    markers, forces, _ = recorded
    assert markers.source.startswith("synthetic")
    assert forces.source.startswith("synthetic")


def test_speeds_and_accelerations_are_those_of_the_coordinates(body, skeleton):
    default = np.array([c.default for c in body.coordinates])
    step = 1e-4
    three = [walk_motion(read_walk(), skeleton, default, np.array([0.31 + k * step])) for k in (-1, 0, 1)]
    before, at, after = three
    np.testing.assert_allclose((after.q - before.q) / (2 * step), at.speed, atol=2e-5)
    np.testing.assert_allclose((after.q - 2 * at.q + before.q) / step**2, at.acceleration, atol=2e-3)


def test_vertical_force_carries_the_body(body, recorded):
    _, forces, _ = recorded
    whole = round(2 * read_walk().cycle_s * 1000)  # two strides
    vertical = sum(w.force_n[:whole, 1] for w in forces.wrenches)
    assert vertical.mean() == pytest.approx(weight(body), rel=1e-3)


def test_forces_explain_the_motion_without_residual(skeleton, moments, body):
    for name in ROOT:
        # Forces are sampled at 1 kHz and interpolated: nothing else is left over.
        assert np.abs(column(skeleton, moments, name)).max() < 1e-3 * weight(body)


def test_vertical_force_has_two_peaks_and_a_valley(body, recorded):
    for wrench in recorded[1].wrenches:
        vertical = wrench.force_n[:, 1] / weight(body)
        contacts = contacts_from_force(recorded[1].time_s, wrench.force_n[:, 1])
        whole = [c for c in contacts if np.isfinite([c.on_s, c.off_s]).all()]
        assert whole
        for contact in whole:
            assert contact.off_s - contact.on_s == pytest.approx(STANCE * read_walk().cycle_s, abs=0.06)
            stance = vertical[round(contact.on_s * 1000) : round(contact.off_s * 1000)]
            thirds = np.array_split(stance, 3)
            assert 1.0 < thirds[0].max() < 1.2
            assert 0.7 < thirds[1].min() < 0.85
            assert 1.0 < thirds[2].max() < 1.2
            assert stance.min() >= 0.0


def test_fore_aft_force_brakes_then_drives(body, recorded):
    right = recorded[1].wrenches[0].force_n / weight(body)
    contacts = contacts_from_force(recorded[1].time_s, recorded[1].wrenches[0].force_n[:, 1])
    contact = next(c for c in contacts if np.isfinite([c.on_s, c.off_s]).all())
    first, second = np.array_split(right[round(contact.on_s * 1000) : round(contact.off_s * 1000), 0], 2)
    assert -0.25 < first.min() < -0.12
    assert 0.12 < second.max() < 0.25


def test_pressure_stays_under_the_foot(body, skeleton, recorded):
    _, forces, truth = recorded
    at = poses(skeleton, truth.q)
    for wrench in forces.wrenches:
        side = wrench.segment[-1]
        spheres = {c.name.removesuffix(f"_{side}"): c for c in body.contacts if c.name.endswith(f"_{side}")}
        names = ("heel", "forefoot_medial", "forefoot_lateral", "toes_medial")
        segment = np.array([skeleton.segment_index[spheres[n].segment] for n in names])
        place = points_in_ground(at, segment, np.array([spheres[n].location for n in names]))[..., [0, 2]]
        loaded = wrench.force_n[::10, 1] > 0.05 * weight(body)
        pressure = wrench.point_m[::10][:, [0, 2]]
        behind, ahead = place[:, 0, 0] - spheres["heel"].radius, place[:, 3, 0] + spheres["heel"].radius
        assert (pressure[loaded, 0] > behind[loaded]).all()
        assert (pressure[loaded, 0] < ahead[loaded]).all()
        across = np.sort(place[:, 1:3, 1], axis=1)
        assert (pressure[loaded, 1] > across[loaded, 0] - 0.032).all()
        assert (pressure[loaded, 1] < across[loaded, 1] + 0.032).all()


def test_standing_feet_neither_slide_nor_sink(body, skeleton, recorded):
    truth = recorded[2]
    step = truth.time_s[1]
    for region, on, off in (("heel", 0.03, 0.35), ("midfoot", 0.12, 0.36), ("forefoot_medial", 0.12, 0.48)):
        for side, ahead in (("r", 0.0), ("l", 0.5)):
            height, velocity = sole(body, skeleton, truth, f"{region}_{side}")
            phase = (phase_of(truth) + ahead) % 1.0
            stands = (phase > on) & (phase < off)
            for first, last in pairwise(np.flatnonzero(np.diff(stands, prepend=False, append=False))):
                if stands[first]:
                    way = np.cumsum(velocity[first:last], axis=0) * step
                    assert np.linalg.norm(way, axis=1).max() < 0.010  # m, sliding while it bears load
            assert np.abs(height[stands]).max() < 0.006  # m
            assert height.min() > -0.007


def test_toes_clear_the_ground_in_swing(body, skeleton, recorded):
    truth = recorded[2]
    for side, ahead in (("r", 0.0), ("l", 0.5)):
        phase = (phase_of(truth) + ahead) % 1.0
        height, _ = sole(body, skeleton, truth, f"toes_medial_{side}")
        assert height[(phase > 0.72) & (phase < 0.95)].min() > 0.002  # m


def test_angles_and_moments_are_those_of_walking(body, skeleton, recorded, moments):
    truth = recorded[2]
    knee = np.degrees(column(skeleton, truth.q, "knee_angle_r"))
    assert 55 < knee.max() < 70
    assert knee.min() > 0
    hip = np.degrees(column(skeleton, truth.q, "hip_flexion_r"))
    assert 35 < np.ptp(hip) < 50
    ankle = -column(skeleton, moments, "ankle_angle_r") / body.mass
    assert 1.2 < ankle.max() < 1.6  # N·m/kg, plantarflexor
    assert 0.7 < -column(skeleton, moments, "hip_adduction_r").min() / body.mass < 1.4  # abductor
    for name in ("hip_flexion_r", "knee_angle_r", "L5_S1_Flex_Ext", "L5_S1_Lat_Bending"):
        assert 0.2 < np.abs(column(skeleton, moments, name)).max() / body.mass < 1.3, name


def test_right_and_left_are_half_a_cycle_apart(body, skeleton):
    walk, default = read_walk(), np.array([c.default for c in body.coordinates])
    now = walk_motion(walk, skeleton, default, np.array([0.2]))
    later = walk_motion(walk, skeleton, default, np.array([0.2 + walk.cycle_s / 2]))
    for name in ("hip_flexion", "knee_angle", "ankle_angle", "arm_flex"):
        assert column(skeleton, now.q, name + "_r") == pytest.approx(column(skeleton, later.q, name + "_l"))
    assert column(skeleton, now.q, "pelvis_list") == pytest.approx(-column(skeleton, later.q, "pelvis_list"))


def test_inverse_kinematics_finds_the_truth(body, skeleton, recorded):
    markers, _, truth = recorded
    tasks = Tasks(dict.fromkeys(markers.names, 1.0))
    fit = solve(build_problem(body, markers.names, markers.positions_m, markers.time_s, tasks))
    error = np.sqrt(np.mean((fit.q - truth.q) ** 2, axis=0))
    for name, of_one in zip(skeleton.coordinates, error, strict=True):
        if name.startswith(("pelvis_tx", "pelvis_ty", "pelvis_tz")):
            assert of_one < 0.002, name  # m
        else:
            # The markers of the toes are only some 5 cm from their joint.
            assert np.degrees(of_one) < (1.5 if name.startswith("mtp") else 1.0), name


def test_a_body_without_the_coordinates_is_refused(body):
    arms = tuple(replace(c, name="swing") if c.name == "arm_flex_r" else c for c in body.coordinates)
    with pytest.raises(ModelError, match=r"arm_flex_r, which the model does not have.*default body"):
        synthetic_recording(replace(body, coordinates=arms, joints=body.joints[:1], couplers=()))


def test_a_body_without_named_contact_is_refused(body):
    with pytest.raises(ModelError, match=r"no contact sphere heel_r, .*default body"):
        synthetic_recording(replace(body, contacts=()))


def test_curves_do_not_overshoot_their_knots():
    knots, values = (0.0, 0.1, 0.2, 1.0), (0.0, 0.0, 1.0, 1.0)
    curve = smooth_curve(knots, values, np.linspace(-0.5, 1.5, 201))
    assert curve.min() == 0.0
    assert curve.max() == 1.0
