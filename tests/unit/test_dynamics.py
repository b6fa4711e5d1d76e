"""Inverse dynamics against closed forms and the invariants of mechanics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_bodies import G, double_pendulum, pendulum, random_states, walker
from scipy.integrate import solve_ivp
from scipy.special import ellipk

from groundup.body.model import Body
from groundup.body.recording import AppliedForce, ExternalForces
from groundup.engine.dynamics import generalised_forces, inertial_wrenches, mass_matrix
from groundup.engine.kinematics import points_in_ground, poses, rates
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.loads.external import external_wrenches
from groundup.loads.moments import joint_moments
from groundup.motion.trajectory import Motion


def moments(body: Body, q: np.ndarray, speed: np.ndarray, acceleration: np.ndarray) -> np.ndarray:
    clock = np.arange(len(q)) * 0.01
    return joint_moments(compile_skeleton(body), Motion(clock, q, speed, acceleration), None)


def pushes(body: Body, n: int, seed: int = 3) -> ExternalForces:
    """Random forces on both feet, one sample per frame."""
    rng = np.random.default_rng(seed)
    feet = [
        AppliedForce(f"plate_{s}", f"foot_{s}", *(scale * rng.normal(size=(n, 3)) for scale in (300.0, 0.2, 20.0)))
        for s in "rl"
    ]
    return ExternalForces(np.arange(n) * 0.01, tuple(feet))


# --- closed forms ----------------------------------------------------------------------------------------------------


def test_pendulum_moment() -> None:
    mass, length, inertia = 2.0, 0.5, 0.03
    q, speed, acceleration = (np.linspace(-2, 2, 9)[:, None] * k for k in (1.0, 3.0, -5.0))
    wanted = (inertia + mass * length**2) * acceleration + mass * G * length * np.sin(q)
    found = moments(pendulum(mass, length, inertia), q, speed, acceleration)
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize("amplitude", [0.1, 1.5])
def test_pendulum_period(amplitude: float) -> None:
    """Let go at rest, it comes back after 4 K(sin²(a/2)) √(I/mgl), K the complete elliptic integral."""
    mass, length, inertia = 2.0, 0.5, 0.03
    body = pendulum(mass, length, inertia)
    skeleton = compile_skeleton(body)

    def swing(_: float, y: np.ndarray) -> list[float]:
        q, speed = y[None, :1], y[None, 1:]
        bias = moments(body, q, speed, np.zeros((1, 1)))
        return [y[1], -float(bias[0, 0] / mass_matrix(skeleton, poses(skeleton, q))[0, 0, 0])]

    def lowest(_: float, y: np.ndarray) -> float:
        return float(y[0])

    path = solve_ivp(swing, (0.0, 4.0), [amplitude, 0.0], events=lowest, rtol=1e-9, atol=1e-11)
    period = 4.0 * ellipk(np.sin(amplitude / 2) ** 2) * np.sqrt((inertia + mass * length**2) / (mass * G * length))
    assert 4.0 * path.t_events[0][0] == pytest.approx(period, rel=1e-7)


def test_double_pendulum() -> None:
    """Lagrange's equations of two point masses with relative angles."""
    q, u, w = (np.random.default_rng(k).normal(size=(20, 2)) for k in (1, 2, 3))
    (m1, m2), (l1, l2) = (1.5, 0.8), (0.6, 0.4)
    a, b = q.T
    m11 = (m1 + m2) * l1**2 + m2 * l2**2 + 2 * m2 * l1 * l2 * np.cos(b)
    m12 = m2 * l2**2 + m2 * l1 * l2 * np.cos(b)
    m22 = np.full_like(a, m2 * l2**2)
    pull = m2 * l1 * l2 * np.sin(b)
    first = m11 * w[:, 0] + m12 * w[:, 1] - pull * (2 * u[:, 0] * u[:, 1] + u[:, 1] ** 2)
    first += (m1 + m2) * G * l1 * np.sin(a) + m2 * G * l2 * np.sin(a + b)
    second = m12 * w[:, 0] + m22 * w[:, 1] + pull * u[:, 0] ** 2 + m2 * G * l2 * np.sin(a + b)
    body = double_pendulum()
    np.testing.assert_allclose(moments(body, q, u, w), np.stack([first, second], axis=1), atol=1e-12)
    skeleton = compile_skeleton(body)
    found = mass_matrix(skeleton, poses(skeleton, q))
    np.testing.assert_allclose(found, np.moveaxis(np.array([[m11, m12], [m12, m22]]), -1, 0), atol=1e-14)


# --- statics ---------------------------------------------------------------------------------------------------------


def mass_center(skeleton: Skeleton, q: np.ndarray) -> np.ndarray:
    at = poses(skeleton, q)
    center = points_in_ground(at, np.arange(len(skeleton.segments)), skeleton.mass_center)
    return np.asarray(skeleton.mass @ center / skeleton.mass.sum())


def test_standing_on_the_ground_needs_the_weight_under_the_mass_centre() -> None:
    body = walker()
    skeleton = compile_skeleton(body)
    q, _, _ = random_states(body, 4)
    still = np.zeros_like(q)
    weight = body.mass * G
    needed = joint_moments(skeleton, Motion(np.arange(4.0), q, still, still), None)
    np.testing.assert_allclose(needed[:, :3], np.broadcast_to([0.0, weight, 0.0], (4, 3)), atol=1e-9)
    # The same weight as a force on one foot, anywhere on the line under the mass centre, leaves the pelvis alone.
    point = mass_center(skeleton, q) * [1.0, 0.0, 1.0] + [0.0, -0.3, 0.0]
    push = np.broadcast_to([0.0, weight, 0.0], (4, 3))
    forces = ExternalForces(np.arange(4.0), (AppliedForce("plate", "foot_r", push, point, np.zeros((4, 3))),))
    stood = joint_moments(skeleton, Motion(np.arange(4.0), q, still, still), forces)
    np.testing.assert_allclose(stood[:, :6], 0.0, atol=1e-8)


def test_falling_freely_needs_nothing() -> None:
    body = walker()
    q, _, _ = random_states(body, 4)
    fall = np.zeros_like(q)
    fall[:, 1] = -G
    np.testing.assert_allclose(moments(body, q, np.zeros_like(q), fall), 0.0, atol=1e-10)


# --- energy ----------------------------------------------------------------------------------------------------------


def _along(t: float, body: Body) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One frame of a smooth motion, with the kneecaps following the knees."""
    n = len(body.coordinates)
    phase, rate = np.arange(n) * 0.9, 3.0 + 0.4 * np.arange(n)
    wave = 0.4 + 0.3 * np.sin(rate * t + phase)
    speed, change = 0.3 * rate * np.cos(rate * t + phase), -0.3 * rate**2 * np.sin(rate * t + phase)
    couplers = compile_skeleton(body).couplers
    q = couplers.apply(wave[None])
    return q, *couplers.rates(q, speed[None], change[None])


def _energy(t: float, body: Body) -> float:
    skeleton = compile_skeleton(body)
    q, speed, _ = _along(t, body)
    kinetic = 0.5 * speed @ mass_matrix(skeleton, poses(skeleton, q))[0] @ speed.T
    return float(kinetic[0, 0] + body.mass * G * mass_center(skeleton, q)[0, 1])


@pytest.mark.parametrize("t", [0.0, 0.37, 1.1])
def test_power_of_the_moments_is_the_rate_of_energy_less_the_power_from_outside(t: float) -> None:
    body = walker()
    skeleton = compile_skeleton(body)
    q, speed, acceleration = _along(t, body)
    forces = pushes(body, 6)
    clock = forces.time_s[2:3]
    found = joint_moments(skeleton, Motion(clock, q, speed, acceleration), forces)
    at = poses(skeleton, q)
    velocity = rates(skeleton, at, speed, acceleration).velocity
    outside = float((external_wrenches(skeleton, at, clock, forces) * velocity).sum())
    h = 1e-5
    rate = (_energy(t + h, body) - _energy(t - h, body)) / (2 * h)
    assert float((found * speed).sum()) == pytest.approx(rate - outside, rel=1e-7)


def test_opensim_accelerations_do_not_balance_the_power_of_coupled_rotations() -> None:
    """The walker's knees bend, roll and twist by one coordinate: OpenSim's differentiation makes energy there."""
    body = walker()
    skeleton = compile_skeleton(body)
    q, speed, acceleration = _along(0.37, body)
    motion = Motion(np.zeros(1), q, speed, acceleration)
    power = [float((joint_moments(skeleton, motion, None, opensim=o) * speed).sum()) for o in (False, True)]
    h = 1e-5
    rate = (_energy(0.37 + h, body) - _energy(0.37 - h, body)) / (2 * h)
    assert power[0] == pytest.approx(rate, rel=1e-7)
    assert abs(power[1] - rate) > 1e-3 * abs(rate)


# --- symmetry --------------------------------------------------------------------------------------------------------


def test_turning_the_laboratory_about_the_vertical_leaves_joint_moments_alone() -> None:
    body = walker()
    skeleton = compile_skeleton(body)
    index = skeleton.coordinate_index
    q, speed, acceleration = random_states(body, 5)
    forces = pushes(body, 5)
    clock = forces.time_s
    angle, moved = 1.1, np.array([2.0, 0.0, -3.0])
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    turned = [x.copy() for x in (q, speed, acceleration)]
    for x in turned:
        x[:, :3] = x[:, :3] @ turn.T
    turned[0][:, :3] += moved
    turned[0][:, index["heading"]] += angle
    wrenches = tuple(
        replace(w, force_n=w.force_n @ turn.T, point_m=w.point_m @ turn.T + moved, torque_nm=w.torque_nm @ turn.T)
        for w in forces.wrenches
    )
    before = joint_moments(skeleton, Motion(clock, q, speed, acceleration), forces)
    after = joint_moments(skeleton, Motion(clock, *turned), replace(forces, wrenches=wrenches))
    np.testing.assert_allclose(after[:, 3:], before[:, 3:], atol=1e-9)
    np.testing.assert_allclose(after[:, :3], before[:, :3] @ turn.T, atol=1e-9)


def test_mirroring_swaps_the_sides() -> None:
    body = walker()
    skeleton = compile_skeleton(body)
    names = skeleton.coordinates
    swapped = [n[:-1] + {"r": "l", "l": "r"}[n[-1]] if n[-2:] in ("_r", "_l") else n for n in names]
    other = [names.index(n) for n in swapped]
    sign = np.array([-1.0 if n in ("tz", "heading", "list") else 1.0 for n in names])
    states = random_states(body, 5)
    forces = pushes(body, 5)
    flip, spin = np.array([1.0, 1.0, -1.0]), np.array([-1.0, -1.0, 1.0])
    wrenches = tuple(
        replace(
            w,
            segment=f"foot_{'l' if str(w.segment).endswith('r') else 'r'}",
            force_n=w.force_n * flip,
            point_m=w.point_m * flip,
            torque_nm=w.torque_nm * spin,
        )
        for w in forces.wrenches
    )
    before = joint_moments(skeleton, Motion(forces.time_s, *states), forces)
    mirrored = Motion(forces.time_s, *(x[:, other] * sign for x in states))
    after = joint_moments(skeleton, mirrored, replace(forces, wrenches=wrenches))
    np.testing.assert_allclose(after, before[:, other] * sign, atol=1e-9)


def test_the_clock_of_a_motion_does_not_matter() -> None:
    body = walker()
    skeleton = compile_skeleton(body)
    states, forces = random_states(body, 5), pushes(body, 5)
    before = joint_moments(skeleton, Motion(forces.time_s, *states), forces)
    later = replace(forces, time_s=forces.time_s + 12.5)
    after = joint_moments(skeleton, Motion(later.time_s, *states), later)
    np.testing.assert_allclose(after, before, atol=1e-9)


def test_chunks_of_frames_do_not_matter() -> None:
    body = walker()
    states = random_states(body, 300)
    together = moments(body, *states)
    alone = np.concatenate([moments(body, *(x[i : i + 1] for x in states)) for i in (0, 127, 128, 299)])
    np.testing.assert_allclose(together[[0, 127, 128, 299]], alone, atol=1e-10)


def test_moments_are_linear_in_acceleration_by_the_mass_matrix() -> None:
    body = walker()
    skeleton = compile_skeleton(body)
    q, speed, acceleration = random_states(body, 5)
    at = poses(skeleton, q)
    lifted = [
        generalised_forces(skeleton, at, inertial_wrenches(skeleton, at, rates(skeleton, at, speed, a)))
        for a in (acceleration, np.zeros_like(acceleration))
    ]
    inertia = mass_matrix(skeleton, at)
    np.testing.assert_allclose(lifted[0] - lifted[1], np.einsum("fij,fj->fi", inertia, acceleration), atol=1e-9)
    assert np.linalg.eigvalsh(inertia).min() > 0.0
