"""A body as expressions: against groundup's own arrays, OpenSim, finite differences and mechanics."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from groundup.body.functions import Constant, NaturalCubicSpline, PiecewiseLinear, Polynomial, SimmSpline
from groundup.body.model import Body, Muscle, MuscleKind
from groundup.engine.dynamics import generalised_forces, inertial_wrenches, wrench
from groundup.engine.functions import compile_functions
from groundup.engine.kinematics import points_in_ground, poses, rates
from groundup.engine.muscle import compile_muscles
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import ModelError
from groundup.io.osim_read import read_osim
from groundup.predict.symbolic.balance import Drive, balance, quantities
from groundup.predict.symbolic.contact import contact_force
from groundup.predict.symbolic.dynamics import (
    LimitForce,
    Load,
    inverse_dynamics,
    limit_force,
    load_power,
    mechanical_energy,
)
from groundup.predict.symbolic.functions import evaluate
from groundup.predict.symbolic.motion import Motion, free_coordinates
from groundup.predict.symbolic.muscle import activation_rate, muscle_force, tendon_equilibrium
from groundup.predict.symbolic.paths import path_rates, straight_path
from groundup.solvers.collocation.problem import Point
from groundup.solvers.collocation.symbols import casadi

WITNESS = Path(__file__).with_name("opensim_witness.py")


@pytest.fixture(scope="module")
def planar_path(shared: Path) -> Path:
    return shared / "moco2d" / "2D_gait.osim"


@pytest.fixture(scope="module")
def planar(planar_path: Path) -> Body:
    return read_osim(planar_path)


def moving(body: Body) -> Motion:
    n = len(free_coordinates(body))
    return Motion(body, *(casadi.SX.sym(name, n) for name in ("q", "qd", "qdd")))


def sampled(body: Body, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates (n, n_free) within their ranges and half a radian, speeds, accelerations."""
    rng = np.random.default_rng(seed)
    kept = [c for c in body.coordinates if c.name in free_coordinates(body)]
    low = np.array([max(c.range[0], -0.5) for c in kept])
    high = np.array([min(c.range[1], 0.5) for c in kept])
    q = rng.uniform(low, np.maximum(high, low), (n, len(kept)))
    return q, rng.normal(size=q.shape), 5.0 * rng.normal(size=q.shape)


def full(body: Body, x: np.ndarray, held: bool) -> np.ndarray:
    """All coordinates (n, n_coords) from the free ones; held ones at their default."""
    names = free_coordinates(body)
    out = np.tile([c.default if held else 0.0 for c in body.coordinates], (len(x), 1))
    out[:, [body.coordinate_names.index(n) for n in names]] = x
    return out


@pytest.mark.parametrize(
    "function",
    [
        Constant(0.3),
        Polynomial(np.array([2.0, -1.0, 0.5])),
        SimmSpline(np.array([-1.0, -0.2, 0.1, 0.9, 1.4]), np.array([0.0, 1.0, -1.0, 2.0, 0.5])),
        NaturalCubicSpline(np.array([-1.0, -0.2, 0.1, 0.9]), np.array([0.0, 1.0, -1.0, 2.0])),
        PiecewiseLinear(np.array([-1.0, 0.0, 1.0]), np.array([0.0, 1.0, -1.0])),
    ],
)
def test_functions_are_those_of_the_engine(function: object) -> None:
    x = casadi.SX.sym("x")
    at = np.linspace(-1.5, 1.7, 41) + 1e-3
    table = compile_functions([function])  # type: ignore[list-item]
    for within, inside in ((None, at), ((-0.15, 0.5), at[(at > -0.15) & (at < 0.5)])):
        value = evaluate(function, x, within)  # type: ignore[arg-type]
        read = casadi.Function("f", [x], [value, casadi.jacobian(value, x)])
        for order, out in enumerate(read(inside[None])):
            np.testing.assert_allclose(np.array(out)[0], table.derivatives(inside[:, None], 1)[order][:, 0], atol=1e-12)


def test_inverse_dynamics_of_the_default_body() -> None:
    from groundup.body.default_body import default_body

    check_inverse_dynamics(default_body())


def test_inverse_dynamics_of_every_kind_of_joint() -> None:
    check_inverse_dynamics(read_osim(Path(__file__).parents[1] / "data" / "every_joint.osim"))


def test_inverse_dynamics_of_the_full_body(full_body_path: Path) -> None:
    check_inverse_dynamics(read_osim(full_body_path))


def check_inverse_dynamics(body: Body) -> None:
    motion = moving(body)
    segment = body.segments[-1].name
    push = casadi.SX.sym("push", 9)
    load = Load(segment, push[:3], push[3:6], push[6:])
    place = motion.position(segment, np.array([0.1, -0.2, 0.3]))
    parts = [motion.q, motion.qd, motion.qdd, push]
    read = casadi.Function("id", parts, [inverse_dynamics(motion, [load]), place])
    skeleton = compile_skeleton(body)
    free = [body.coordinate_names.index(n) for n in motion.names]
    number = skeleton.segment_index[segment]
    q, qd, qdd = sampled(body, 3)
    pushes = np.random.default_rng(1).normal(size=(3, 9)) * np.repeat([100.0, 1.0, 10.0], 3)
    all_q = skeleton.couplers.apply(full(body, q, held=True))
    at = poses(skeleton, all_q)
    change = skeleton.couplers.rates(all_q, full(body, qd, held=False), full(body, qdd, held=False))
    needed = inertial_wrenches(skeleton, at, rates(skeleton, at, *change))
    needed[:, number] -= wrench(pushes[:, :3], pushes[:, 3:6], pushes[:, 6:])
    expected = skeleton.couplers.fold(all_q, generalised_forces(skeleton, at, needed))[:, free]
    points = points_in_ground(at, np.array([number]), np.array([[0.1, -0.2, 0.3]]))[:, 0]
    for k in range(len(q)):
        tau, where = read(q[k], qd[k], qdd[k], pushes[k])
        np.testing.assert_allclose(np.array(tau)[:, 0], expected[k], atol=1e-8)  # N·m, of hundreds
        np.testing.assert_allclose(np.array(where)[:, 0], points[k], atol=1e-12)  # m


def test_power_is_the_rate_of_energy(planar: Body) -> None:
    # Generalised forces times speeds, and the power of a load, change the energy and nothing else does.
    motion = moving(planar)
    load = Load("tibia_r", casadi.SX([30.0, -20.0, 0.0]), motion.position("tibia_r", np.array([0.1, -0.2, 0.0])))
    power = casadi.dot(inverse_dynamics(motion, [load]), motion.qd) + load_power(motion, load)
    energy = mechanical_energy(motion)
    rate = casadi.jtimes(energy, motion.q, motion.qd) + casadi.jtimes(energy, motion.qd, motion.qdd)
    read = casadi.Function("p", [motion.q, motion.qd, motion.qdd], [power - rate])
    for state in zip(*sampled(planar, 5), strict=True):
        assert abs(float(read(*state))) < 1e-9


def test_velocity_is_the_derivative_of_position(planar: Body) -> None:
    motion = moving(planar)
    place = np.array([0.1, -0.02, 0.03])
    at, speed = motion.position("calcn_l", place), motion.velocity("calcn_l", place)
    read = casadi.Function("v", [motion.q, motion.qd], [at, speed])
    q, qd, _ = (x[0] for x in sampled(planar, 1))
    step = 1e-6
    slope = (np.array(read(q + step * qd, qd)[0]) - np.array(read(q - step * qd, qd)[0])) / (2 * step)
    np.testing.assert_allclose(np.array(read(q, qd)[1]), slope, atol=1e-8)


def test_planar_body_agrees_with_opensim(planar: Body, planar_path: Path) -> None:
    if importlib.util.find_spec("opensim") is None:
        pytest.skip("the opensim package is not installed")
    names, muscles = free_coordinates(planar), [m.name for m in planar.muscles]
    rng = np.random.default_rng(3)
    states = []
    for _ in range(6):
        q = dict(zip(names, rng.uniform(-0.3, 0.3, len(names)), strict=True)) | {"pelvis_ty": rng.uniform(0.85, 0.95)}
        q |= {f"knee_angle_{s}": rng.uniform(-0.8, -0.1) for s in "lr"}
        excitation = {"lumbarAct": 5.0} | dict(zip(muscles, rng.uniform(0.02, 0.9, len(muscles)), strict=True))
        states.append(
            {
                "q": q,
                "qd": dict(zip(names, rng.normal(size=len(names)), strict=True)),
                "activation": dict(zip(muscles, rng.uniform(0.02, 0.9, len(muscles)), strict=True)),
                "excitation": excitation,
                "contact": [c.name for c in planar.contacts],
            }
        )
    command = [sys.executable, str(WITNESS), str(planar_path)]
    done = subprocess.run(command, input=json.dumps(states), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    read = whole_body(planar)
    for asked, said in zip(states, json.loads(done.stdout), strict=True):
        force, length, speed, rate, contact, miss = (np.array(x) for x in read(asked, said["qdd"]))
        np.testing.assert_allclose(length[:, 0], list(said["length"].values()), atol=1e-12)  # m
        np.testing.assert_allclose(speed[:, 0], list(said["speed"].values()), atol=1e-12)  # m/s
        np.testing.assert_allclose(force[:, 0], list(said["force"].values()), atol=1e-8)  # N
        np.testing.assert_allclose(rate[:, 0], list(said["rate"].values()), rtol=1e-10)  # 1/s
        np.testing.assert_allclose(contact.T, list(said["contact"].values()), atol=1e-3, rtol=1e-6)  # N
        # The accelerations that OpenSim computes from all forces balance our equations of motion.
        np.testing.assert_allclose(miss[:, 0], 0.0, atol=5e-3)  # N·m and N


def whole_body(body: Body):  # type: ignore[no-untyped-def]
    """Function that evaluates the balance of a body at named numbers."""
    states, algebraics, controls = quantities(body, {})
    x, z, u = (casadi.SX.sym(k, len(v)) for k, v in (("x", states), ("z", algebraics), ("u", controls)))
    named = [{q.name: v[i] for i, q in enumerate(qs)} for v, qs in ((x, states), (z, algebraics), (u, controls))]
    b = balance(body, Point(named[0], named[2], named[1], {}, {}, {}), Drive())
    out = [
        casadi.vertcat(*(m.force for m in b.muscles.values())),
        b.lengths,
        b.speeds,
        casadi.vertcat(*(b.rates[f"{m.name} activation"] for m in body.muscles)),
        casadi.horzcat(*(load.force for load in b.contacts.values())),
        casadi.vertcat(*(e.value for e in b.equations.values())),
    ]
    function = casadi.Function("balance", [x, z, u], out)

    def read(asked: dict[str, dict[str, float]], qdd: dict[str, float]) -> list[object]:
        values = asked["q"] | {f"{n} speed": v for n, v in asked["qd"].items()}
        values |= {f"{n} activation": v for n, v in asked["activation"].items()}
        accelerations = {f"{n} acceleration": v for n, v in qdd.items()}
        numbers = [
            [source[q.name] for q in qs]
            for source, qs in ((values, states), (accelerations, algebraics), (asked["excitation"], controls))
        ]
        return list(function(*numbers))

    return read


def test_moment_arms_are_slopes_of_length(planar: Body) -> None:
    motion = moving(planar)
    lengths = casadi.vertcat(*(straight_path(m)(motion) for m in planar.muscles))
    read = casadi.Function("l", [motion.q, motion.qd], [lengths, *path_rates(motion, lengths)])
    q, qd, _ = (x[0] for x in sampled(planar, 1, seed=5))
    step = 1e-7
    slopes = np.column_stack(
        [
            (np.array(read(q + step * e, qd)[0]) - np.array(read(q - step * e, qd)[0])) / (2 * step)
            for e in np.eye(len(q))
        ]
    )
    _, speeds, arms = read(q, qd)
    np.testing.assert_allclose(-np.array(casadi.densify(arms)), slopes, atol=1e-7)
    np.testing.assert_allclose(np.array(speeds)[:, 0], slopes @ qd, atol=1e-6)


def test_ranges_only_drop_what_lies_outside(planar: Body) -> None:
    n = len(free_coordinates(planar))
    q, qd = casadi.SX.sym("q", n), casadi.SX.sym("qd", n)
    narrow = {f"knee_angle_{s}": (-0.9, 0.0) for s in "lr"}
    vasti = next(m for m in planar.muscles if m.name == "vasti_r")
    values = [straight_path(vasti)(Motion(planar, q, qd, None, r)) for r in ({}, narrow)]
    read = casadi.Function("l", [q], values)
    at = np.zeros(n)
    for knee in np.linspace(-0.899, -0.001, 9):
        at[free_coordinates(planar).index("knee_angle_r")] = knee
        whole, cut = read(at)
        assert float(whole) == pytest.approx(float(cut), abs=1e-14)
    sizes = [casadi.Function("s", [q], [v]).n_instructions() for v in values]
    assert sizes[1] < 0.6 * sizes[0]


# --- muscle, contact, limits --------------------------------------------------------------------------------------

CALF = Muscle(
    name="calf",
    kind=MuscleKind.DEGROOTEFREGLY2016,
    points=(),
    wraps=(),
    max_isometric_force=3000.0,
    optimal_fiber_length=0.05,
    tendon_slack_length=0.25,
    pennation_angle=0.4,
    max_contraction_velocity=10.0,
    parameters={"fiber_damping": 0.01, "tendon_strain_at_one_norm_force": 0.1},
)


def test_rigid_muscle_is_that_of_the_engine() -> None:
    from groundup.engine.muscle import rigid_tendon_state

    length, speed, activation = casadi.SX.sym("l"), casadi.SX.sym("v"), casadi.SX.sym("a")
    read = casadi.Function("m", [length, speed, activation], [muscle_force(CALF, length, speed, activation).force])
    muscles = compile_muscles([CALF])
    for at, v, a in ((0.29, 0.1, 0.3), (0.30, -0.2, 1.0), (0.31, 0.0, 0.01)):
        state = rigid_tendon_state(muscles, np.array([[at]]), np.array([[v]]))
        expected = state.active_force * a + state.passive_force + state.damping_force
        assert float(read(at, v, a)) == pytest.approx(expected.item(), rel=1e-12)


def test_compliant_tendon_balances_fibres_and_stiffens_into_the_rigid_one() -> None:
    length, tension = 0.3, casadi.SX.sym("t")
    for strain, close in ((0.1, 0.5), (1e-4, 2e-3)):
        muscle = replace(CALF, parameters={**CALF.parameters, "tendon_strain_at_one_norm_force": strain})
        _, miss = tendon_equilibrium(muscle, casadi.SX(length), casadi.SX(0), casadi.SX(0.5), tension, casadi.SX(0))
        read = casadi.Function("miss", [tension], [miss])
        found = float(casadi.rootfinder("r", "newton", read)(0.3))
        assert abs(float(read(found))) < 1e-9
        rigid = float(muscle_force(muscle, casadi.SX(length), casadi.SX(0), casadi.SX(0.5)).force) / 3000.0
        assert found == pytest.approx(rigid, rel=close)


def test_tendon_rate_is_consistent_with_its_curve() -> None:
    # A tension that changes at a rate stretches the tendon at the speed that its curve says.
    tension, rate = casadi.SX.sym("t"), casadi.SX.sym("r")
    fibers, _ = tendon_equilibrium(CALF, casadi.SX(0.3), casadi.SX(0.05), casadi.SX(0.5), tension, rate)
    read = casadi.Function("f", [tension, rate], [fibers.fiber_length, fibers.lengthening])
    step = 1e-6
    up, down = (float(read(0.4 + s * 2.0 * step, 2.0)[0]) for s in (1, -1))
    length = 0.05 * float(read(0.4, 2.0)[0])
    along = (length**2 - (0.05 * np.sin(0.4)) ** 2) ** 0.5
    shortened = 0.05 * (up - down) / (2 * step)  # m/s at a standing path
    assert float(read(0.4, 2.0)[1]) == pytest.approx(shortened + 0.05 * along / length, rel=1e-6)


def test_activation_rises_faster_than_it_falls() -> None:
    up, down = (float(activation_rate(CALF, casadi.SX(e), casadi.SX(0.5))) for e in (0.9, 0.1))
    assert up > 0.0 > down
    assert float(activation_rate(CALF, casadi.SX(0.5), casadi.SX(0.5))) == 0.0


def test_other_muscles_are_refused() -> None:
    thelen = replace(CALF, kind=MuscleKind.THELEN2003)
    with pytest.raises(ModelError, match="expected DeGrooteFregly2016Muscle"):
        muscle_force(thelen, casadi.SX(0.3), casadi.SX(0), casadi.SX(0.5))


def test_ground_carries_only_what_presses(planar: Body) -> None:
    motion = moving(planar)
    heel = next(c for c in planar.contacts if c.name == "contactHeel_r")
    load = contact_force(motion, heel)
    read = casadi.Function("c", [motion.q, motion.qd], [load.force, motion.position(heel.segment, heel.location)])
    q, still = np.zeros(len(motion.names)), np.zeros(len(motion.names))
    height = float(read(q, still)[1][1])
    up = motion.names.index("pelvis_ty")
    forces = []
    for depth in (-0.02, 0.01, 0.03, 0.06):
        q[up] = heel.radius - depth - height
        forces.append(np.array(read(q, still)[0])[:, 0])
    assert abs(forces[0]).max() < 0.02  # N
    assert all(a[1] < b[1] for a, b in pairwise(forces[1:]))
    # Hertz: twice the depth, 2^1.5 times the force.
    assert forces[3][1] / forces[2][1] == pytest.approx(2.0**1.5, rel=0.05)
    slide = still.copy()
    slide[motion.names.index("pelvis_tx")] = 0.5
    force = np.array(read(q, slide)[0])[:, 0]
    assert force[0] == pytest.approx(-force[1] * (0.8 + 0.5 * 0.5), rel=1e-3)


def test_limit_force_pushes_back_and_nothing_inside(planar: Body) -> None:
    motion = moving(planar)
    limit = LimitForce("knee_angle_r", 0.0, 50.0, -2.0, 40.0, 0.5, 0.1)
    read = casadi.Function("l", [motion.q, motion.qd], [limit_force(motion, limit)])
    q, qd = np.zeros(len(motion.names)), np.zeros(len(motion.names))
    knee = motion.names.index("knee_angle_r")
    said = []
    for angle in (-2.3, -1.0, 0.2):
        q[knee] = angle
        said.append(float(read(q, qd)))
    assert said == pytest.approx([40.0 * 0.3, 0.0, -50.0 * 0.2])
    qd[knee] = 1.0
    assert float(read(q, qd)) == pytest.approx(-50.0 * 0.2 - 0.5)


def test_unknown_segment_is_named(planar: Body) -> None:
    with pytest.raises(ModelError, match='no segment "foot"'):
        moving(planar).position("foot", np.zeros(3))
