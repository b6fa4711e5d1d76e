"""Forces from outside, actuators, joint reactions and the sharing among muscles, against statics and virtual work."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_bodies import G, pendulum, random_states, walker

from groundup.body.model import Body, CoordinateActuator, PointActuator, TorqueActuator
from groundup.body.recording import AppliedForce, ExternalForces
from groundup.engine.kinematics import Poses, points_in_ground, poses
from groundup.engine.muscle import ForceMode
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import ModelError, TimeMismatch
from groundup.loads.actuators import actuator_effects
from groundup.loads.external import external_wrenches
from groundup.loads.joint_contact import In, On, express, joint_reactions
from groundup.loads.moments import loading
from groundup.loads.muscle_forces import SharingOptions, build_machine, share
from groundup.motion.trajectory import Motion
from groundup.solvers.solution import Status

BODY = walker()
SKELETON = compile_skeleton(BODY)
STATES = random_states(BODY, 6)
CLOCK_S: np.ndarray = np.arange(6) * 0.02
AT = poses(SKELETON, STATES[0])
FOOT = SKELETON.segment_index["foot_r"]


def applied(**frames: str) -> ExternalForces:
    rng = np.random.default_rng(5)
    force = AppliedForce("plate", "foot_r", *rng.normal(size=(3, 6, 3)), **frames)  # type: ignore[arg-type]
    return ExternalForces(CLOCK_S, (force,), "grf.mot")


# --- forces from outside ---------------------------------------------------------------------------------------------


def test_a_force_in_ground_axes() -> None:
    forces = applied()
    found = external_wrenches(SKELETON, AT, CLOCK_S, forces)
    plate = forces.wrenches[0]
    np.testing.assert_allclose(found[:, FOOT, 3:], plate.force_n, atol=1e-12)
    wanted = np.cross(plate.point_m, plate.force_n) + plate.torque_nm
    np.testing.assert_allclose(found[:, FOOT, :3], wanted, atol=1e-12)
    assert not np.delete(found, FOOT, axis=1).any()


def test_a_force_in_the_axes_of_one_segment_at_a_point_of_another() -> None:
    forces = applied(force_expressed_in="shank_l", point_expressed_in="foot_r")
    plate = forces.wrenches[0]
    turn = AT.rotation[:, SKELETON.segment_index["shank_l"]]
    force, torque = ((turn @ v[..., None])[..., 0] for v in (plate.force_n, plate.torque_nm))
    point = AT.translation[:, FOOT] + (AT.rotation[:, FOOT] @ plate.point_m[..., None])[..., 0]
    found = external_wrenches(SKELETON, AT, CLOCK_S, forces)
    np.testing.assert_allclose(found[:, FOOT, 3:], force, atol=1e-12)
    np.testing.assert_allclose(found[:, FOOT, :3], np.cross(point, force) + torque, atol=1e-12)


def test_forces_add_up_and_none_is_nothing() -> None:
    one, two = applied(), applied(force_expressed_in="pelvis")
    both = replace(one, wrenches=one.wrenches + two.wrenches)
    parts = [external_wrenches(SKELETON, AT, CLOCK_S, f) for f in (one, two, both, None)]
    np.testing.assert_allclose(parts[2], parts[0] + parts[1], atol=1e-12)
    assert not parts[3].any()


def test_refusals_of_forces() -> None:
    with pytest.raises(TimeMismatch) as refusal:
        external_wrenches(SKELETON, AT, CLOCK_S + 1.0, applied())
    assert "grf.mot: forces run from 0.000 to 0.100 s, the motion from 1.000 to 1.100 s" in str(refusal.value)
    lost = replace(applied(), wrenches=(replace(applied().wrenches[0], segment="hoof"),))
    with pytest.raises(ModelError, match=r'plate"? acts on body "hoof", which the model does not have'):
        external_wrenches(SKELETON, AT, CLOCK_S, lost)


# --- actuators -------------------------------------------------------------------------------------------------------


def _moved(k: int, h: float) -> Poses:
    return poses(SKELETON, STATES[0] + h * np.eye(STATES[0].shape[1])[k])


@pytest.mark.parametrize("force_is_global", [True, False])
@pytest.mark.parametrize("point_is_global", [True, False])
def test_a_point_actuator_by_virtual_work(force_is_global: bool, point_is_global: bool) -> None:
    local, direction = np.array([0.1, -0.05, 0.02]), np.array([3.0, 4.0, 0.0])
    actuator = PointActuator("push", "foot_r", local, direction, 50.0, point_is_global, force_is_global)
    (found,) = np.swapaxes(actuator_effects(SKELETON, AT, [actuator]).generalised, 0, 1)
    axis = direction / 5.0
    force = np.broadcast_to(axis, (6, 3)) if force_is_global else AT.rotation[:, FOOT] @ axis
    carried = local - AT.translation[:, FOOT] if point_is_global else AT.rotation[:, FOOT] @ local
    inside = np.swapaxes(AT.rotation[:, FOOT], -1, -2) @ carried[..., None]
    h = 1e-6
    for k in range(STATES[0].shape[1]):
        plus, minus = (
            m.translation[:, FOOT] + (m.rotation[:, FOOT] @ inside)[..., 0] for m in (_moved(k, h), _moved(k, -h))
        )
        work = (force * (plus - minus)).sum(axis=1) / (2 * h)
        np.testing.assert_allclose(found[:, k], work, atol=1e-8)


@pytest.mark.parametrize("torque_is_global", [True, False])
def test_a_torque_actuator_turns_one_segment_against_the_other(torque_is_global: bool) -> None:
    actuator = TorqueActuator("twist", "foot_r", "pelvis", np.array([0.0, 0.0, 2.0]), 10.0, torque_is_global)
    effects = actuator_effects(SKELETON, AT, [actuator])
    np.testing.assert_allclose(effects.wrenches.sum(axis=2), 0.0, atol=1e-14)
    axis = np.broadcast_to([0.0, 0.0, 1.0], (6, 3)) if torque_is_global else AT.rotation[:, FOOT, :, 2]
    h, pelvis = 1e-6, SKELETON.segment_index["pelvis"]
    for k in range(STATES[0].shape[1]):
        turns = [_turn(AT, _moved(k, h), _moved(k, -h), b) / (2 * h) for b in (FOOT, pelvis)]
        work = (axis * (turns[0] - turns[1])).sum(axis=1)
        np.testing.assert_allclose(effects.generalised[:, 0, k], work, atol=1e-7)


def _turn(at: Poses, plus: Poses, minus: Poses, segment: int) -> np.ndarray:
    """Small rotation vector between two poses, ground axes."""
    skew = (plus.rotation[:, segment] - minus.rotation[:, segment]) @ np.swapaxes(at.rotation[:, segment], -1, -2)
    return np.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], axis=1)


def test_an_actuator_of_a_coordinate_acts_on_it_alone() -> None:
    effects = actuator_effects(SKELETON, AT, [CoordinateActuator("motor", "knee_r", 7.0)])
    wanted = np.zeros(len(SKELETON.coordinates))
    wanted[SKELETON.coordinate_index["knee_r"]] = 1.0
    np.testing.assert_array_equal(effects.generalised, np.broadcast_to(wanted, effects.generalised.shape))
    assert not effects.wrenches.any()
    with pytest.raises(ModelError, match='actuator "motor" drives coordinate "elbow", which the model does not have'):
        actuator_effects(SKELETON, AT, [CoordinateActuator("motor", "elbow", 7.0)])


# --- joint reactions -------------------------------------------------------------------------------------------------


def _still(body: Body, q: np.ndarray) -> Motion:
    return Motion(np.arange(len(q)) * 0.01, q, np.zeros_like(q), np.zeros_like(q))


def test_a_hinge_carries_the_pendulum() -> None:
    """At rest the hinge holds m g up and m g l sin q about z; swinging it holds the centripetal force as well."""
    body = pendulum(2.0, 0.5, 0.03)
    skeleton = compile_skeleton(body)
    q = np.array([[0.0], [0.6], [-1.2]])
    load = loading(skeleton, _still(body, q), None)
    force, moment, point = express(skeleton, load.at, joint_reactions(skeleton, load.needed), 0, On.CHILD, In.GROUND)
    np.testing.assert_allclose(force, np.broadcast_to([0.0, 2.0 * G, 0.0], (3, 3)), atol=1e-12)
    np.testing.assert_allclose(moment[:, 2], 2.0 * G * 0.5 * np.sin(q[:, 0]), atol=1e-12)
    np.testing.assert_allclose(point, np.broadcast_to([0.3, 1.0, -0.2], (3, 3)), atol=1e-15)
    swinging = Motion(np.zeros(1), np.zeros((1, 1)), np.full((1, 1), 3.0), np.zeros((1, 1)))
    load = loading(skeleton, swinging, None)
    force, _, _ = express(skeleton, load.at, joint_reactions(skeleton, load.needed), 0, On.CHILD, In.CHILD)
    np.testing.assert_allclose(force, [[0.0, 2.0 * (G + 0.5 * 9.0), 0.0]], atol=1e-12)


def test_the_child_pushes_back_and_axes_only_turn_the_vectors() -> None:
    load = loading(SKELETON, Motion(CLOCK_S, *STATES), None)
    reactions = joint_reactions(SKELETON, load.needed)
    for j in range(len(SKELETON.joints)):
        found = {(on, axes): express(SKELETON, load.at, reactions, j, on, axes) for on in On for axes in In}
        child, parent = found[On.CHILD, In.GROUND], found[On.PARENT, In.GROUND]
        np.testing.assert_allclose(parent[0], -child[0], atol=1e-9)
        shifted = -child[1] + np.cross(child[2] - parent[2], -child[0])
        np.testing.assert_allclose(parent[1], shifted, atol=1e-9)
        for on in On:
            for axes, end in ((In.CHILD, SKELETON.joint_child[j]), (In.PARENT, SKELETON.joint_parent[j])):
                turn = np.swapaxes(load.at.rotation[:, end], -1, -2)
                for ours, ground in zip(found[on, axes][:2], found[on, In.GROUND][:2], strict=True):
                    np.testing.assert_allclose(ours, (turn @ ground[..., None])[..., 0], atol=1e-9)


def test_a_hanging_leg_pulls_its_hip_by_its_weight() -> None:
    load = loading(SKELETON, _still(BODY, STATES[0]), None)
    reactions = joint_reactions(SKELETON, load.needed)
    hip = SKELETON.joints.index("hip_r")
    mass = sum(s.mass for s in BODY.segments if s.name.endswith("_r"))
    np.testing.assert_allclose(reactions[:, hip, 3:], np.broadcast_to([0.0, mass * G, 0.0], (6, 3)), atol=1e-9)


# --- sharing ---------------------------------------------------------------------------------------------------------

IDEAL = SharingOptions(mode=ForceMode.OPENSIM, physiology=False)


def _strong() -> list[CoordinateActuator]:
    free = [n for n in SKELETON.coordinates if not n.startswith("kneecap")]
    return [CoordinateActuator(f"reserve_{n}", n, 100.0) for n in free]


def test_sharing_explains_every_moment_of_the_independent_coordinates() -> None:
    """Muscle and reserve forces times their arms make the moments, kneecaps counted at the knees."""
    machine = build_machine(BODY, _strong())
    motion = Motion(CLOCK_S, *STATES)
    loads = share(machine, motion, applied(), IDEAL)
    assert (loads.status == Status.CONVERGED).all()
    assert loads.violation.max() < 1e-6
    knee, cap = (SKELETON.coordinate_index[n] for n in ("knee_r", "kneecap_r"))
    assert {n for n in loads.crossed if n.endswith("_r")} >= {"knee_r", "ankle_r", "hip_flexion_r"}
    names = SKELETON.coordinates
    assert "kneecap_r" not in {names[i] for i in machine.rows}
    # Without muscles the reserves must make each moment by themselves.
    bare = build_machine(BODY.with_(muscles=()), _strong())
    found = share(bare, motion, applied(), IDEAL)
    made = found.actuator_force[:, [a.coordinate for a in _strong()].index("knee_r")]
    np.testing.assert_allclose(made, found.moments[:, knee] + 0.6 * found.moments[:, cap], atol=1e-6)


def test_muscles_are_used_and_lower_the_cost() -> None:
    """Doing without muscles is one of the choices, so the best choice costs less."""
    motion = Motion(CLOCK_S, *STATES)
    idle = BODY.with_(muscles=tuple(replace(m, min_control=0.0) for m in BODY.muscles))
    shared = share(build_machine(idle, _strong()), motion, applied(), IDEAL)
    bare = share(build_machine(BODY.with_(muscles=()), _strong()), motion, applied(), IDEAL)
    assert shared.activation.max() > 0.02
    assert (shared.objective < bare.objective).all()
    assert (shared.activation >= 0.0).all()
    assert (shared.activation <= 1.0).all()


def test_reactions_balance_muscles_and_weight() -> None:
    """Over all segments of a leg: hip reaction, muscles that leave the leg and weight make the leg's motion."""
    machine = build_machine(BODY, _strong())
    loads = share(machine, _still(BODY, STATES[0]), None, IDEAL)
    hip = SKELETON.joints.index("hip_r")
    mass = sum(s.mass for s in BODY.segments if s.name.endswith("_r"))
    hamstring = loads.muscles.index("hamstring_r")
    ends = [
        points_in_ground(AT, np.array([SKELETON.segment_index[p.segment]]), np.array([p.location]))[:, 0]
        for p in next(m for m in BODY.muscles if m.name == "hamstring_r").points
    ]
    along = ends[0] - ends[1]
    pull = loads.force[:, [hamstring]] * along / np.linalg.norm(along, axis=1, keepdims=True)
    held = loads.reactions[:, hip, 3:] + pull - [0.0, mass * G, 0.0]
    np.testing.assert_allclose(held, 0.0, atol=1e-8)


def test_without_actuators_the_root_is_reported_and_not_shared() -> None:
    machine = build_machine(BODY)
    names = SKELETON.coordinates
    assert {names[i] for i in machine.residual_rows} == {"tx", "ty", "tz", "heading", "list", "tilt"}
    assert not set(machine.rows) & set(machine.residual_rows)
    assert {a.name for a in machine.actuators} == {f"reserve_{names[i]}" for i in machine.rows}


def test_actuators_of_some_coordinates_leave_reserves_at_the_others() -> None:
    machine = build_machine(BODY, [CoordinateActuator("motor", "knee_r", 30.0)], 2.0)
    assert {SKELETON.coordinates[i] for i in machine.residual_rows} == {"tx", "ty", "tz", "heading", "list", "tilt"}
    names = [a.name for a in machine.actuators]
    assert names[0] == "motor"
    assert "reserve_knee_r" not in names
    assert {"reserve_knee_l", "reserve_hip_flexion_l"} <= set(names)
    assert set(machine.strength[1:]) == {2.0}


def test_actuators_on_the_pelvis_share_what_the_root_needs() -> None:
    push = PointActuator("FX", "pelvis", np.zeros(3), np.array([1.0, 0.0, 0.0]), True, False, 100.0)
    assert build_machine(BODY, [push], 1.0).residual_rows.size == 0
    assert {a.name for a in build_machine(BODY, [push]).actuators} == {"FX"}
