"""Ground forces from the motion alone: their sum, their symmetries, and what the plates say."""

from __future__ import annotations

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.engine.dynamics import inertial_wrenches
from groundup.engine.kinematics import poses, rates
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import RecordingError
from groundup.loads.ground import estimated_ground
from groundup.loads.ground_estimate import estimate_ground_forces
from groundup.motion.foot_contacts import FootContacts, foot_contacts
from groundup.motion.synthetic import synthetic_recording
from groundup.motion.trajectory import Motion


@pytest.fixture(scope="module")
def walk():
    body = default_body()
    _, forces, truth = synthetic_recording(body)
    return body, compile_skeleton(body), forces, truth


def estimate(body, skeleton, motion):
    at = poses(skeleton, motion.q)
    ground = estimated_ground(body, skeleton, motion, at)
    return ground.estimate, at


def test_sum_is_what_the_motion_needs(walk):
    body, skeleton, _, truth = walk
    found, at = estimate(body, skeleton, truth)
    needed = inertial_wrenches(skeleton, at, rates(skeleton, at, truth.speed, truth.acceleration)).sum(1)[:, 3:]
    given = sum(w.force_n for w in found.forces.wrenches)
    on = (foot_contacts(skeleton, at, truth.time_s).on_ground).any(axis=1)
    np.testing.assert_allclose(given[on, 1], needed[on, 1], atol=1e-6)
    sliding = np.linalg.norm(given[:, [0, 2]] - needed[:, [0, 2]], axis=1)
    assert np.mean(sliding[on] < 1e-6) > 0.95  # friction is at its limit in a frame or two of toe-off


def test_near_the_forces_that_made_the_walk(walk):
    body, skeleton, forces, truth = walk
    found, _ = estimate(body, skeleton, truth)
    weight = body.mass * 9.80665
    for ours in found.forces.wrenches:
        (true,) = [w for w in forces.wrenches if w.segment == ours.segment]
        at = np.column_stack([np.interp(truth.time_s, forces.time_s, true.force_n[:, k]) for k in range(3)])
        rms = np.sqrt(np.mean((ours.force_n - at) ** 2, axis=0)) / weight
        assert rms[1] < 0.10
        assert rms[0] < 0.05


def test_standing_still_is_borne_by_both_feet(walk):
    body, skeleton, _, _ = walk
    default = skeleton.couplers.apply(np.array([[c.default for c in body.coordinates]]))
    q = np.tile(default, (60, 1))
    motion = Motion(np.arange(60) / 60.0, q, 0 * q, 0 * q)
    at = poses(skeleton, q)
    both = np.ones((60, 2), dtype=bool)
    contacts = foot_contacts(skeleton, at, motion.time_s)
    found = estimate_ground_forces(body, skeleton, motion, at, FootContacts(both, contacts.sides, contacts.feet))
    right, left = (w.force_n for w in found.forces.wrenches)
    np.testing.assert_allclose((right + left)[:, 1], body.mass * 9.80665, rtol=1e-4)
    np.testing.assert_allclose(right[:, 1], left[:, 1], rtol=1e-6)


def test_nobody_on_the_ground(walk):
    body, skeleton, _, truth = walk
    at = poses(skeleton, truth.q)
    contacts = foot_contacts(skeleton, at, truth.time_s)
    with pytest.raises(RecordingError, match="no foot is found on the ground"):
        estimate_ground_forces(
            body,
            skeleton,
            truth,
            at,
            FootContacts(np.zeros_like(contacts.on_ground), contacts.sides, contacts.feet),
        )
