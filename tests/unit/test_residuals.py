"""Moving mass within a body: known changes are found from the forces that they cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.body.model import Body
from groundup.body.recording import ExternalForces
from groundup.loads.residuals import reduce_residuals
from groundup.motion.synthetic import synthetic_recording
from groundup.motion.trajectory import Motion


@pytest.fixture(scope="module")
def walk() -> tuple[Body, Motion, ExternalForces]:
    body = default_body().with_(muscles=())
    _, forces, truth = synthetic_recording(body)
    return body, truth.window(0.3, 2.7), forces


def changed(body: Body, shift_m: np.ndarray, thighs: float = 1.0) -> Body:
    """The same body with its trunk's mass centre and the thighs' share elsewhere; its mass is the same."""
    segments = [
        replace(s, mass_center=s.mass_center + shift_m)
        if s.name == "torso"
        else replace(s, mass=s.mass * thighs, inertia=s.inertia * thighs)
        if s.name.startswith("femur")
        else s
        for s in body.segments
    ]
    total = body.mass / sum(s.mass for s in segments)
    return body.with_(segments=tuple(replace(s, mass=s.mass * total, inertia=s.inertia * total) for s in segments))


def test_a_body_that_agrees_is_left_alone(walk: tuple[Body, Motion, ExternalForces]) -> None:
    body, motion, forces = walk
    _, found = reduce_residuals(body, motion, forces)
    assert max(abs(x) for x in found.shares.values()) < 0.01
    assert np.abs(found.center_shift_m).max() < 0.005


def test_a_displaced_trunk_is_put_back(walk: tuple[Body, Motion, ExternalForces]) -> None:
    body, motion, forces = walk
    wrong = changed(body, np.array([0.03, 0.0, -0.02]))
    after, found = reduce_residuals(wrong, motion, forces)
    np.testing.assert_allclose(found.center_shift_m[[0, 2]], [-0.03, 0.02], atol=0.006)
    assert found.moment_nm[1] < 0.4 * found.moment_nm[0]
    assert after.mass == pytest.approx(wrong.mass, rel=1e-12)


def test_changes_stay_within_their_limits(walk: tuple[Body, Motion, ExternalForces]) -> None:
    body, motion, forces = walk
    after, found = reduce_residuals(changed(body, np.array([0.15, 0.0, 0.0]), 1.4), motion, forces)
    assert np.abs(found.center_shift_m).max() <= 0.05 + 1e-9
    assert max(abs(x) for x in found.shares.values()) <= 0.10 + 1e-9
    assert after.mass == pytest.approx(body.mass, rel=1e-12)


def test_residuals_never_grow(walk: tuple[Body, Motion, ExternalForces]) -> None:
    body, motion, forces = walk
    for shift in (np.array([0.02, 0.01, 0.0]), np.array([-0.04, 0.0, 0.03])):
        _, found = reduce_residuals(changed(body, shift, 0.95), motion, forces)
        assert found.moment_nm[1] <= found.moment_nm[0] + 0.1
        assert found.force_n[1] <= found.force_n[0] * 1.05 + 1.0
