"""The equations of a muscle-driven body at one moment, ready for optimal control.

States are ``<coordinate>``, ``<coordinate> speed``, ``<muscle> activation`` and, with a compliant tendon,
``<muscle> tension``; algebraic variables ``<coordinate> acceleration`` and ``<muscle> tension rate``; controls carry
the names of muscles and actuators. :func:`quantities` lists them with bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from groundup.body.model import Body, CoordinateActuator, MotionKind, Muscle
from groundup.errors import ModelError
from groundup.predict.body.coordinates import BALANCE_ARM_M
from groundup.predict.symbolic.contact import contact_force
from groundup.predict.symbolic.dynamics import LimitForce, Load, inverse_dynamics, limit_force
from groundup.predict.symbolic.functions import Range
from groundup.predict.symbolic.motion import Motion, free_coordinates
from groundup.predict.symbolic.muscle import MuscleForce, activation_rate, muscle_force, tendon_equilibrium
from groundup.predict.symbolic.paths import PathLength, path_rates, straight_path
from groundup.solvers.collocation.problem import Equation, Point, Quantity
from groundup.solvers.collocation.symbols import Expression, casadi

_GRAVITY = 9.81


@dataclass(frozen=True, eq=False)
class Drive:
    """What moves the body, and where it will stay.

    Attributes
    ----------
    paths : length of a muscle's path, by name; a muscle without one has its exact straight path
    limits : passive resistance at the ends of coordinates
    ranges : bounds of coordinates
    """

    paths: Mapping[str, PathLength] = field(default_factory=dict)
    limits: Sequence[LimitForce] = ()
    ranges: Mapping[str, Range] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Balance:
    """Expressions at one moment.

    Attributes
    ----------
    motion : poses, velocities, accelerations
    contacts : force of the ground by contact, N
    muscles : state by muscle
    lengths, speeds : SX (n_muscles, 1), m and m/s, of muscle and tendon
    arms : SX (n_muscles, n_free), m
    rates : of all states, by name
    equations : of motion (by coordinate) and of compliant tendons
    """

    motion: Motion
    contacts: Mapping[str, Load]
    muscles: Mapping[str, MuscleForce]
    lengths: Expression
    speeds: Expression
    arms: Expression
    rates: Mapping[str, Expression]
    equations: Mapping[str, Equation]


def quantities(
    body: Body, ranges: Mapping[str, Range], speed: Range = (-50.0, 50.0), acceleration: float = 200.0
) -> tuple[tuple[Quantity, ...], tuple[Quantity, ...], tuple[Quantity, ...]]:
    """List the states, algebraic variables and controls of a body.

    Parameters
    ----------
    ranges : bounds of coordinates, rad or m; a coordinate without has the model's own
    speed : bounds of all speeds, rad/s and m/s
    acceleration : scale of accelerations, rad/s² and m/s²

    Returns
    -------
    states, algebraics, controls
    """
    kept = {c.name: c for c in body.coordinates}
    units = {n: "m" if kept[n].motion is MotionKind.TRANSLATIONAL else "rad" for n in free_coordinates(body)}
    places = [Quantity(n, *ranges.get(n, kept[n].range), unit=unit, scale=1.0) for n, unit in units.items()]
    speeds = [Quantity(f"{n} speed", *speed, unit=f"{unit}/s", scale=5.0) for n, unit in units.items()]
    rates = [Quantity(f"{n} acceleration", unit=f"{u}/s²", scale=acceleration) for n, u in units.items()]
    muscles = [m for m in body.muscles if m.applies_force]
    slow = [m for m in muscles if not m.ignore_activation_dynamics]
    elastic = [m for m in muscles if not m.ignore_tendon_compliance]
    activations = [Quantity(f"{m.name} activation", m.min_control, m.max_control, scale=1.0) for m in slow]
    tensions = [Quantity(f"{m.name} tension", 0.0, 5.0, "max. force", scale=1.0) for m in elastic]
    tightening = [Quantity(f"{m.name} tension rate", -100.0, 100.0, "max. force/s", scale=10.0) for m in elastic]
    controls = [Quantity(m.name, m.min_control, m.max_control, scale=1.0) for m in muscles]
    controls += [Quantity(a.name, a.min_control, a.max_control, "N·m") for a in _actuators(body)]
    return (*places, *speeds, *activations, *tensions), (*rates, *tightening), tuple(controls)


def balance(body: Body, at: Point, drive: Drive) -> Balance:
    """Write the equations of motion, of muscles and of tendons.

    Raises
    ------
    ModelError
        Muscles or actuators of a kind that has no expression.
    """
    names = free_coordinates(body)
    q = casadi.vertcat(*(at.state[n] for n in names))
    qd = casadi.vertcat(*(at.state[f"{n} speed"] for n in names))
    qdd = casadi.vertcat(*(at.algebraic[f"{n} acceleration"] for n in names))
    motion = Motion(body, q, qd, qdd, drive.ranges)
    used = [m for m in body.muscles if m.applies_force]
    lengths = casadi.vertcat(casadi.SX(0, 1), *((drive.paths.get(m.name) or straight_path(m))(motion) for m in used))
    speeds, arms = path_rates(motion, lengths)
    contacts = {c.name: contact_force(motion, c) for c in body.contacts}
    rates: dict[str, Expression] = {n: at.state[f"{n} speed"] for n in names}
    rates |= {f"{n} speed": at.algebraic[f"{n} acceleration"] for n in names}
    muscles, tendons = _muscles(used, at, lengths, speeds, rates)
    driven = arms.T @ casadi.vertcat(casadi.SX(0, 1), *(m.force for m in muscles.values()))
    tau = inverse_dynamics(motion, list(contacts.values())) - driven - _others(body, motion, at, drive)
    weight = body.mass * _GRAVITY
    equations = {}
    for i, name in enumerate(names):
        shift = next(c for c in body.coordinates if c.name == name).motion is MotionKind.TRANSLATIONAL
        scale, unit, what = (weight, "N", "force") if shift else (weight * BALANCE_ARM_M, "N·m", "moment")
        equations[f"{what} along {name}"] = Equation(tau[i], unit, scale)
    return Balance(motion, contacts, muscles, lengths, speeds, arms, rates, {**equations, **tendons})


def _muscles(
    used: Sequence[Muscle], at: Point, lengths: Expression, speeds: Expression, rates: dict[str, Expression]
) -> tuple[dict[str, MuscleForce], dict[str, Equation]]:
    """Write the forces of muscles and the equations of elastic tendons; adds the rates of their states to ``rates``."""
    forces: dict[str, MuscleForce] = {}
    tendons: dict[str, Equation] = {}
    for i, m in enumerate(used):
        excitation = at.control[m.name]
        activation = excitation if m.ignore_activation_dynamics else at.state[f"{m.name} activation"]
        if not m.ignore_activation_dynamics:
            rates[f"{m.name} activation"] = activation_rate(m, excitation, activation)
        if m.ignore_tendon_compliance:
            forces[m.name] = muscle_force(m, lengths[i], speeds[i], activation)
            continue
        tension, tightening = at.state[f"{m.name} tension"], at.algebraic[f"{m.name} tension rate"]
        rates[f"{m.name} tension"] = tightening
        forces[m.name], miss = tendon_equilibrium(m, lengths[i], speeds[i], activation, tension, tightening)
        tendons[f"tendon of {m.name}"] = Equation(miss, "of the greatest force")
    return forces, tendons


def _actuators(body: Body) -> list[CoordinateActuator]:
    used = [a for a in body.actuators if a.applies_force]
    if other := [a.name for a in used if not isinstance(a, CoordinateActuator)]:
        raise ModelError(f"{body.name}: actuators {', '.join(other)} act on no coordinate. Switch them off.")
    return [a for a in used if isinstance(a, CoordinateActuator)]


def _others(body: Body, motion: Motion, at: Point, drive: Drive) -> Expression:
    """Generalised forces of actuators and limits."""
    total = casadi.SX(len(motion.names), 1)
    for actuator in _actuators(body):
        along = casadi.jacobian(motion.coordinate[actuator.coordinate], motion.q).T
        total = total + along * (actuator.optimal_force * at.control[actuator.name])
    for limit in drive.limits:
        total = total + casadi.jacobian(motion.coordinate[limit.coordinate], motion.q).T * limit_force(motion, limit)
    return total


def degrees(low: float, high: float) -> Range:
    """Return a range in rad."""
    return float(np.radians(low)), float(np.radians(high))
