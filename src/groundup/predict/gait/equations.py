"""The equations of the walking body at one instant: forces, balance of every coordinate, and what terms may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from groundup.engine.kinematics import poses
from groundup.engine.skeleton import compile_skeleton
from groundup.predict.body import PredictionBody
from groundup.predict.body.coordinates import BALANCE_ARM_M, SHIFTS
from groundup.predict.body.prediction_body import ACHILLES
from groundup.predict.changed_body import ChangedBody
from groundup.predict.effects import FEET, Side
from groundup.predict.pain import FeltPain, PainLaw
from groundup.predict.symbolic.contact import contact_force
from groundup.predict.symbolic.dynamics import Load, inverse_dynamics
from groundup.predict.symbolic.motion import Motion
from groundup.predict.symbolic.muscle import activation_rate, muscle_force, tendon_equilibrium
from groundup.predict.symbolic.paths import path_rates
from groundup.predict.terms import Instant
from groundup.solvers.collocation.problem import DURATION, Equation, Point
from groundup.solvers.collocation.symbols import Expression, casadi

ROOT = ("pelvis_tilt", "pelvis_list", "pelvis_rotation", *SHIFTS)
_GRAVITY = np.array([0.0, -9.81, 0.0])
SLIP_ROUNDING = 0.1
"""How softly friction reaches its full value, as a part of the speed at which it does: at a corner a solver circles."""
OWN_CYCLE = "own cycle"
CYCLE_SPREAD = 0.03
"""Strides of one person differ in duration by 1 to 3 %, as a standard deviation (Hausdorff et al., 1996,
doi:10.1152/jappl.1996.80.5.1448)."""


@dataclass(frozen=True, eq=False)
class BodyAtInstant:
    """Expressions at one instant.

    Attributes
    ----------
    rates : of all states, by name
    equations : balance of each coordinate, and of each compliant tendon
    forces : tension of the lean muscles, N
    torques : of trunk and arms by coordinate, N·m
    loads : force of the ground by pad
    passive : passive moments by coordinate, N·m
    fascia : tension by foot, N
    motion : poses, velocities
    """

    rates: Mapping[str, Expression]
    equations: Mapping[str, Equation]
    forces: tuple[Expression, ...]
    torques: Mapping[str, Expression]
    loads: tuple[Load, ...]
    passive: Mapping[str, Expression]
    fascia: Mapping[str, Expression]
    motion: Motion


def is_compliant(muscle: str) -> bool:
    """Whether a lean muscle's tendon gives way: the Achilles' do."""
    return muscle[:-2] in ACHILLES


def body_at(changed: ChangedBody, at: Point) -> BodyAtInstant:
    """Write the equations of a body at one instant.

    Notes
    -----
    The fascia acts on the dynamics through the toes alone; all else that it does stays within the rigid foot.
    """
    p, names = changed.prepared, changed.prepared.names
    q, qd = _column(at.state, names), _column(at.state, [f"{n} speed" for n in names])
    qdd = _column(at.algebraic, [f"{n} acceleration" for n in names])
    motion = Motion(p.body, q, qd, qdd)
    rates = {n: at.state[f"{n} speed"] for n in names}
    rates |= {f"{n} speed": at.algebraic[f"{n} acceleration"] for n in names}
    lengths = casadi.vertcat(*(m.path.length(motion.coordinate) for m in p.muscles))
    speeds, arms = path_rates(motion, lengths)
    forces, tendons = _muscles(p, at, lengths, speeds, rates)
    torques = _torques(p, at, rates)
    loads = tuple(contact_force(motion, pad, SLIP_ROUNDING) for pad in p.soles.pads)
    fascia = {s: p.fascia_tension(motion.coordinate, [one.force[1] for one in loads], forces, s) for s, _ in FEET}
    passive = _passive(changed, motion, fascia)
    needed = inverse_dynamics(motion, loads) - arms.T @ casadi.vertcat(*forces)
    balance = {}
    for i, name in enumerate(names):
        rest = needed[i] - passive.get(name, 0.0) - torques.get(name, 0.0)
        what, unit, size = (
            ("force", "N", p.weight_n) if name in SHIFTS else ("moment", "N·m", BALANCE_ARM_M * p.weight_n)
        )
        balance[f"{what} along {name}"] = Equation(rest, unit, size)
    return BodyAtInstant(rates, {**balance, **tendons}, tuple(forces), torques, loads, passive, fascia, motion)


def _column(values: Mapping[str, Expression], names: Any) -> Expression:
    return casadi.vertcat(*(values[n] for n in names))


def _muscles(
    p: PredictionBody, at: Point, lengths: Expression, speeds: Expression, rates: dict[str, Expression]
) -> tuple[list[Expression], dict[str, Equation]]:
    """Tensions of the muscles and equations of compliant tendons; adds the rates of their states to ``rates``."""
    forces, tendons = [], {}
    for i, lean in enumerate(p.muscles):
        name, muscle = lean.name, lean.muscle
        activation = at.state[f"{name} activation"]
        rates[f"{name} activation"] = activation_rate(muscle, at.control[name], activation)
        if not is_compliant(name):
            forces.append(muscle_force(muscle, lengths[i], speeds[i], activation).force)
            continue
        tension, tightening = at.state[f"{name} tension"], at.algebraic[f"{name} tension rate"]
        rates[f"{name} tension"] = tightening
        _, miss = tendon_equilibrium(muscle, lengths[i], speeds[i], activation, tension, tightening)
        tendons[f"tendon of {name}"] = Equation(miss, "of the greatest force")
        forces.append(tension * muscle.max_isometric_force)
    return forces, tendons


def _torques(p: PredictionBody, at: Point, rates: dict[str, Expression]) -> dict[str, Expression]:
    """Torques of trunk and arms, N·m; adds the rates of their states to ``rates``."""
    torques = {}
    for name, choice in p.torques.items():
        part = at.state[f"{name} torque"]
        rates[f"{name} torque"] = (at.control[f"{name} command"] - part) / choice.time_s
        torques[name] = part * 0.5 * (choice.up_nm + choice.down_nm)
    return torques


def _passive(changed: ChangedBody, motion: Motion, fascia: Mapping[str, Expression]) -> dict[str, Expression]:
    names = [n for n in motion.names if n not in ROOT]
    moments = changed.passive_moments({n: motion.coordinate[n] for n in names}, {n: motion.speed[n] for n in names})
    for side, _ in FEET:
        toes = f"mtp_angle_{side}"
        moments[toes] = moments.get(toes, 0.0) + changed.prepared.fascia[side].toe_moment(fascia[side])
    return moments


def instant(
    changed: ChangedBody,
    at: Point,
    body: BodyAtInstant,
    pains: Mapping[Side, FeltPain],
    law: PainLaw | None,
    speed: Any,
) -> Instant:
    """Offer everything that objective terms may ask for; see ``data/terms.toml``.

    Parameters
    ----------
    law : the pain law; None only where nothing hurts
    speed : mean speed, m/s
    """
    p, motion = changed.prepared, body.motion
    names = p.names
    turning = [n for n in names if n not in SHIFTS]
    jointed = [n for n in names if n in body.passive]
    heel = {s: sum(body.loads[i].force[1] for i in p.soles.of(s, "heel")) / p.weight_n for s, _ in FEET}
    fascia = {s: body.fascia[s] / p.weight_n for s, _ in FEET}
    own = [f"own {n}" for n in turning if f"own {n}" in at.data]
    normal = [n for n in turning if f"normal {n}" in at.data]
    values = {
        "activations": _column(at.state, [f"{m.name} activation" for m in p.muscles]),
        "volume_parts": casadi.DM(volume_parts(p)),
        "excitations": _column(at.control, [m.name for m in p.muscles]),
        "torque_parts": _column(at.state, [f"{n} torque" for n in p.torques]),
        "commands": _column(at.control, [f"{n} command" for n in p.torques]),
        "tendon_rates": _column(at.algebraic, [f"{m.name} tension rate" for m in p.muscles if is_compliant(m.name)]),
        "angles": _column(at.state, turning),
        "speeds": _column(at.state, [f"{n} speed" for n in turning]),
        "joint_accelerations": _column(at.algebraic, [f"{n} acceleration" for n in turning]),
        "passive_torques": casadi.vertcat(*(body.passive[n] for n in jointed)) / p.body.mass,
        "head_acceleration": _head_acceleration(p, motion),
        "trunk_lean": _trunk_lean(motion),
        "normal_gait_deviation": _column(at.state, normal) - _column(at.data, [f"normal {n}" for n in normal]),
        "heel_load_bw": casadi.vertcat(heel["l"], heel["r"]),
        "fascia_tension_bw": casadi.vertcat(fascia["l"], fascia["r"]),
        "heel_pain_rate": casadi.SX(0),
        "fascia_pain_rate": casadi.SX(0),
        "speed": speed,
    }
    if own:
        longer = (at.parameter[DURATION] / at.data[OWN_CYCLE] - 1.0) / CYCLE_SPREAD
        values["own_gait_deviation"] = casadi.vertcat(
            longer, *((at.state[n[4:]] - at.data[n]) / at.data[f"spread {n[4:]}"] for n in own)
        )
    for side, word in FEET:
        if law is None or word not in pains or not pains[word].felt:
            continue
        one = pains[word]
        part = p.weight_n / (one.reference.weight_n or p.weight_n)
        values["heel_pain_rate"] += law.heel_rate(part * heel[side], one.felt, one.reference, changed.area[side])
        values["fascia_pain_rate"] += law.fascia_rate(part * fascia[side], one.felt, one.fascia_weight, one.reference)
    return Instant(values)


def volume_parts(p: PredictionBody) -> np.ndarray:
    """Each lean muscle's part of the volume of all, by strength times fibre length, shape (n_muscles,)."""
    volume = np.array([m.muscle.max_isometric_force * m.muscle.optimal_fiber_length for m in p.muscles])
    return np.asarray(volume / volume.sum())


def _trunk(motion: Motion) -> int:
    return motion.part_of("torso")[0]


def _trunk_lean(motion: Motion) -> Expression:
    """Lean of the trunk's long axis forward and to the right, rad."""
    up = motion.pose(_trunk(motion))[0][:, 1]
    return casadi.vertcat(up[0], up[2])


def _head_acceleration(p: PredictionBody, motion: Motion) -> Expression:
    """Acceleration of the head, which moves with the trunk, in ground axes, m/s²."""
    number = _trunk(motion)
    rotation, _ = motion.pose(number)
    part = motion.velocities[number]
    head = motion.in_part("torso", _head_in_torso(p))
    w, a = part.angular, part.angular_acceleration
    local = part.linear_acceleration + casadi.cross(a, head) + casadi.cross(w, casadi.cross(w, head))
    # The equations count gravity as an acceleration upwards.
    return rotation @ local + casadi.DM(_GRAVITY)


def _head_in_torso(p: PredictionBody) -> np.ndarray:
    """Place of the head's mass centre in the torso of the full body, m, shape (3,)."""
    full = p.reduction.full
    skeleton = compile_skeleton(full)
    at = poses(skeleton, np.array([[c.default for c in full.coordinates]]))
    torso, head = skeleton.segment_index["torso"], skeleton.segment_index["head"]
    center = next(s.mass_center for s in full.segments if s.name == "head")
    place = at.translation[0, head] + at.rotation[0, head] @ center
    return np.asarray(at.rotation[0, torso].T @ (place - at.translation[0, torso]))
