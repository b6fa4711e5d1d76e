"""Poses, mass matrix, velocities and inverse dynamics of every model, against OpenSim at random states.

States: every coordinate uniform in its range (at most 1.5 rad or m from 0), couplers applied by our own code; speeds
and accelerations normal with a standard deviation of 2 rad/s (m/s) and 10 rad/s² (m/s²).

Both programs evaluate the same formulas in float64, so the tolerances are for rounding alone: 1e-6 m and rad are what
users are promised, 1e-9 is what is asserted where nothing but rounding can differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from groundup.body.model import Body
from groundup.engine.dynamics import generalised_forces, inertial_wrenches, mass_matrix
from groundup.engine.kinematics import Poses, point_jacobian, points_in_ground, poses, rates
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.io.osim_read import read_osim

N_STATES = 50
MODELS = {
    "gait2392": "gait2392/gait2392_simbody.osim",
    "rajagopal": "models/Rajagopal2016.osim",
    "rajagopal_lai_uhlrich": "models/RajagopalLaiUhlrich2023.osim",
    "arnold_01": "arnold2013/subject01/subject01.osim",
    "arnold_18": "arnold2013/subject18/subject18.osim",
    "planar": "moco2d/2D_gait.osim",
    "full_body": "",
}
# Models with a joint whose one coordinate drives the second and third rotation (knees after Walker et al., 1988).
WALKER_KNEES = {"rajagopal", "rajagopal_lai_uhlrich", "arnold_01", "arnold_18", "full_body"}


@dataclass(frozen=True, eq=False)
class Witness:
    """What OpenSim computes at our states: the last axis of ``mass`` and ``moments`` is in the body's order."""

    rotation: np.ndarray  # (n_states, n_segments, 3, 3), without ground
    translation: np.ndarray  # (n_states, n_segments, 3) m
    velocity: np.ndarray  # (n_states, n_segments, 6): angular, and linear at the segment's origin
    mass: np.ndarray  # (n_states, n_coords, n_coords)
    moments: np.ndarray  # (n_states, n_coords) N·m or N


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    body: Body
    skeleton: Skeleton
    q: np.ndarray
    speed: np.ndarray
    acceleration: np.ndarray
    theirs: Witness

    @property
    def at(self) -> Poses:
        return poses(self.skeleton, self.q)


@pytest.fixture(params=list(MODELS))
def case(request: pytest.FixtureRequest, opensim: ModuleType) -> Case:
    name: str = request.param
    if name == "full_body":
        return _case(opensim, name, request.getfixturevalue("full_body_path"))
    return _case(opensim, name, request.getfixturevalue("shared") / MODELS[name])


@cache
def _case(opensim: ModuleType, name: str, path: Path) -> Case:
    body = read_osim(path)
    skeleton = compile_skeleton(body)
    q, speed, acceleration = _random_states(body, skeleton)
    return Case(name, body, skeleton, q, speed, acceleration, _ask(opensim, path, body, q, speed, acceleration))


def _random_states(body: Body, skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20240229)
    shape = (N_STATES, len(body.coordinates))
    low = np.maximum([c.range[0] for c in body.coordinates], -1.5)
    high = np.minimum([c.range[1] for c in body.coordinates], 1.5)
    q = skeleton.couplers.apply(rng.uniform(low, high, shape))
    return q, *skeleton.couplers.rates(q, rng.normal(0.0, 2.0, shape), rng.normal(0.0, 10.0, shape))


def _ask(
    opensim: ModuleType, path: Path, body: Body, q: np.ndarray, speed: np.ndarray, acceleration: np.ndarray
) -> Witness:
    model = opensim.Model(str(path))
    state = model.initSystem()
    coordinates = [model.getCoordinateSet().get(name) for name in body.coordinate_names]
    for coordinate in coordinates:
        coordinate.setLocked(state, False)
    _disable_forces(opensim, model, state)
    place = _places_in_state(coordinates, state)
    bodies = [model.getBodySet().get(s.name) for s in body.segments]
    solver = opensim.InverseDynamicsSolver(model)
    rows: list[tuple[Any, ...]] = []
    for values, rate, change in zip(q, speed, acceleration, strict=True):
        for k, coordinate in enumerate(coordinates):
            coordinate.setValue(state, float(values[k]), False)
            coordinate.setSpeedValue(state, float(rate[k]))
        model.realizeVelocity(state)
        udot = opensim.Vector(state.getNU(), 0.0)
        for k, index in enumerate(place):
            udot[int(index)] = float(change[k])
        mass = opensim.Matrix()
        model.getMatterSubsystem().calcM(state, mass)
        full = np.array([[mass.get(i, j) for j in range(len(place))] for i in range(len(place))])
        rows.append(
            (
                [_matrix(b.getTransformInGround(state).R()) for b in bodies],
                [_vector(b.getTransformInGround(state).p()) for b in bodies],
                [_spatial(b.getVelocityInGround(state)) for b in bodies],
                full[np.ix_(place, place)],
                solver.solve(state, udot).to_numpy()[place],
            )
        )
    return Witness(*(np.array(column) for column in zip(*rows, strict=True)))


def _disable_forces(opensim: ModuleType, model: Any, state: Any) -> None:
    # Contact spheres may be plain components, which the force set does not list.
    for component in model.getComponentsList():
        force = opensim.Force.safeDownCast(component)
        if force is not None:
            force.setAppliesForce(state, False)


def _places_in_state(coordinates: list[Any], state: Any) -> np.ndarray:
    """Where each coordinate's speed stands among OpenSim's generalised speeds."""
    places = []
    for coordinate in coordinates:
        coordinate.setSpeedValue(state, 0.0)
    for coordinate in coordinates:
        coordinate.setSpeedValue(state, 1.0)
        places.append(int(np.argmax(state.getU().to_numpy())))
        coordinate.setSpeedValue(state, 0.0)
    return np.array(places)


def _matrix(r: Any) -> list[list[float]]:
    return [[r.get(i, j) for j in range(3)] for i in range(3)]


def _vector(v: Any) -> list[float]:
    return [v[i] for i in range(3)]


def _spatial(v: Any) -> list[float]:
    return _vector(v.get(0)) + _vector(v.get(1))


def test_segment_poses(case: Case) -> None:
    at, theirs = case.at, case.theirs
    np.testing.assert_allclose(at.translation[:, 1:], theirs.translation, rtol=0, atol=1e-9)
    between = np.swapaxes(theirs.rotation, -1, -2) @ at.rotation[:, 1:]
    sine = 0.5 * np.linalg.norm([between[..., i, j] - between[..., j, i] for i, j in ((2, 1), (0, 2), (1, 0))], axis=0)
    assert np.arcsin(np.minimum(sine, 1.0)).max() < 1e-9  # rad
    assert np.trace(between, axis1=-2, axis2=-1).min() > 2.9  # the sine alone would not tell a half turn


def test_segment_velocities(case: Case) -> None:
    at = case.at
    found = rates(case.skeleton, at, case.speed, case.acceleration).velocity[:, 1:]
    linear = found[..., 3:] + np.cross(found[..., :3], at.translation[:, 1:])
    np.testing.assert_allclose(found[..., :3], case.theirs.velocity[..., :3], rtol=0, atol=1e-9)
    np.testing.assert_allclose(linear, case.theirs.velocity[..., 3:], rtol=0, atol=1e-9)


def test_mass_matrix(case: Case) -> None:
    ours, theirs = mass_matrix(case.skeleton, case.at), case.theirs.mass
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10 * np.abs(theirs).max())
    np.testing.assert_allclose(ours, np.swapaxes(ours, 1, 2), rtol=0, atol=1e-10)


def test_inverse_dynamics_in_opensim_mode(case: Case) -> None:
    ours, theirs = _moments(case, opensim=True), case.theirs.moments
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10 * np.abs(theirs).max())


def test_inverse_dynamics_differs_only_with_walker_knees(case: Case) -> None:
    """Our default mode is OpenSim's wherever each rotation follows its own coordinate."""
    ours, theirs = _moments(case, opensim=False), case.theirs.moments
    difference = np.abs(ours - theirs).max() / np.abs(theirs).max()
    assert difference > 1e-5 if case.name in WALKER_KNEES else difference < 1e-10


def _moments(case: Case, opensim: bool) -> np.ndarray:
    at = case.at
    moving = rates(case.skeleton, at, case.speed, case.acceleration, opensim=opensim)
    return generalised_forces(case.skeleton, at, inertial_wrenches(case.skeleton, at, moving))


def test_inertia_in_the_equation_of_motion_is_the_mass_matrix(case: Case) -> None:
    """Moments at one acceleration less those at none are M q̈: two routines that share no code agree."""
    at = case.at
    parts = [
        generalised_forces(
            case.skeleton,
            at,
            inertial_wrenches(case.skeleton, at, rates(case.skeleton, at, case.speed, acceleration)),
        )
        for acceleration in (case.acceleration, np.zeros_like(case.acceleration))
    ]
    inertial = np.einsum("fij,fj->fi", mass_matrix(case.skeleton, at), case.acceleration)
    np.testing.assert_allclose(parts[0] - parts[1], inertial, rtol=0, atol=1e-9 * np.abs(inertial).max())


# Along q(t) = q + q̇ t + q̈ t²/2 central differences over 2 h are wrong by h² times a third derivative (up to 1e4/s³
# here) plus rounding over h; 2e-5 s makes both less than 1e-4 of the accelerations, which reach 1e3 rad/s².
STEP_S = 2e-5


def _along(case: Case, t: float) -> tuple[np.ndarray, np.ndarray]:
    return case.q + case.speed * t + 0.5 * case.acceleration * t**2, case.speed + case.acceleration * t


def _velocity_at(case: Case, t: float) -> np.ndarray:
    q, speed = _along(case, t)
    return rates(case.skeleton, poses(case.skeleton, q), speed, case.acceleration).velocity


def _accelerations(case: Case, opensim: bool) -> np.ndarray:
    return rates(case.skeleton, case.at, case.speed, case.acceleration, opensim=opensim).acceleration


def test_accelerations_are_the_derivative_of_velocities(case: Case) -> None:
    numeric = (_velocity_at(case, STEP_S) - _velocity_at(case, -STEP_S)) / (2 * STEP_S)
    scale = np.abs(numeric).max()
    np.testing.assert_allclose(_accelerations(case, opensim=False), numeric, rtol=0, atol=1e-6 * scale)


def test_opensim_accelerations_are_no_derivative_with_walker_knees(case: Case) -> None:
    """Where one coordinate drives several rotations, OpenSim's accelerations are not the rate of its velocities.

    Its velocities are ours (tested above), its inverse dynamics is our ``opensim`` mode (tested above); that mode
    misses the finite differences by far more than they can be wrong.
    """
    numeric = (_velocity_at(case, STEP_S) - _velocity_at(case, -STEP_S)) / (2 * STEP_S)
    miss = np.abs(_accelerations(case, opensim=True) - numeric).max() / np.abs(numeric).max()
    assert miss > 1e-4 if case.name in WALKER_KNEES else miss < 1e-6


@pytest.mark.parametrize("name", ["rajagopal", "gait2392"])
def test_opensim_contradicts_itself_with_walker_knees(opensim: ModuleType, shared: Path, name: str) -> None:
    """Inverse dynamics by OpenSim against Lagrange's equations from OpenSim's own mass matrix.

    Without gravity the moments of a motion at constant coordinate speed are C(q, q̇) = Ṁ q̇ − ½ ∂(q̇ᵀ M q̇)/∂q, both
    taken by central differences of the mass matrix that OpenSim gives. None of our code takes part.
    """
    model = opensim.Model(str(shared / MODELS[name]))
    model.setGravity(opensim.Vec3(0.0))
    state = model.initSystem()
    _disable_forces(opensim, model, state)
    knee = model.getCoordinateSet().get("knee_angle_r")
    for coordinate in (model.getCoordinateSet().get(i) for i in range(model.getNumCoordinates())):
        coordinate.setLocked(state, False)
        coordinate.setValue(state, 0.0, False)
        coordinate.setSpeedValue(state, 0.0)
    angle, speed, h = (1.0, 10.0, 1e-4) if name == "rajagopal" else (-1.0, 10.0, 1e-4)

    def inertia(value: float) -> float:
        # About the knee alone: twice the kinetic energy at unit speed.
        knee.setValue(state, value, False)
        knee.setSpeedValue(state, 1.0)
        model.realizeVelocity(state)
        return 2.0 * float(model.calcKineticEnergy(state))

    lagrange = 0.5 * (inertia(angle + h) - inertia(angle - h)) / (2 * h) * speed**2
    knee.setValue(state, angle, False)
    knee.setSpeedValue(state, 0.0)
    place = int(_places_in_state([knee], state)[0])
    knee.setSpeedValue(state, speed)
    model.realizeVelocity(state)
    moment = opensim.InverseDynamicsSolver(model).solve(state, opensim.Vector(state.getNU(), 0.0)).to_numpy()[place]
    relative = abs(moment - lagrange) / abs(lagrange)
    assert relative > 1e-3 if name == "rajagopal" else relative < 1e-4


def test_point_jacobian_is_the_derivative_of_positions(case: Case) -> None:
    segment = np.arange(1, len(case.skeleton.segments))
    location = np.random.default_rng(5).normal(0.0, 0.2, (len(segment), 3))
    few = case.q[:5]
    at = poses(case.skeleton, few)
    jacobian = point_jacobian(case.skeleton, at, segment, points_in_ground(at, segment, location))
    h = 1e-6
    for k in range(few.shape[1]):
        step = h * np.eye(few.shape[1])[k]
        plus, minus = (points_in_ground(poses(case.skeleton, few + s), segment, location) for s in (step, -step))
        np.testing.assert_allclose(jacobian[..., k], (plus - minus) / (2 * h), rtol=0, atol=1e-7)


def test_couplers_follow_with_their_rates(case: Case) -> None:
    couplers = case.skeleton.couplers
    if not len(couplers.dependent):
        pytest.skip("no couplers in this model")
    speed, acceleration = couplers.rates(case.q, case.speed, case.acceleration)
    before, after = (couplers.apply(_along(case, t)[0]) for t in (-STEP_S, STEP_S))
    speed_before, speed_after = (
        couplers.rates(couplers.apply(_along(case, t)[0]), _along(case, t)[1], case.acceleration)[0]
        for t in (-STEP_S, STEP_S)
    )
    np.testing.assert_allclose(speed, (after - before) / (2 * STEP_S), rtol=0, atol=1e-5)
    np.testing.assert_allclose(acceleration, (speed_after - speed_before) / (2 * STEP_S), rtol=0, atol=1e-3)
    free = np.setdiff1d(np.arange(case.q.shape[1]), couplers.dependent)
    independent = np.zeros_like(case.speed)
    independent[:, free] = case.speed[:, free]
    np.testing.assert_allclose(
        np.einsum("fij,fj->fi", couplers.jacobian(case.q), independent), speed, rtol=0, atol=1e-12
    )
