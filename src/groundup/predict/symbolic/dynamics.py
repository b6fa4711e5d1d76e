"""Inverse dynamics as expressions: the recursive Newton–Euler method in the axes of each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundup.predict.symbolic.motion import Link, Motion, Part, Velocity, _sx, cross
from groundup.solvers.collocation.symbols import Expression, casadi


@dataclass(frozen=True, eq=False)
class Load:
    """A force from outside on a segment, N, at a ``point``, m, and a free ``moment``, N·m: SX (3, 1) in ground axes."""

    segment: str
    force: Expression
    point: Expression
    moment: Expression | None = None


def inverse_dynamics(motion: Motion, loads: Sequence[Load] = ()) -> Expression:
    """Generalised forces that the motion needs beside the loads.

    Parameters
    ----------
    motion : Motion
        With accelerations.
    loads : sequence of Load

    Returns
    -------
    tau : SX, shape (n_free, 1), N·m or N
        Along the free coordinates; those of coupled coordinates are carried to the ones they follow.

    References
    ----------
    .. [1] Featherstone, Rigid Body Dynamics Algorithms, 2008, ch. 5
    """
    forces, moments = [], []
    for part, velocity in zip(motion.parts, motion.velocities, strict=True):
        force, moment = _needed(part, velocity)
        forces.append(force)
        moments.append(moment)
    for load in loads:
        number = motion.part_of(load.segment)[0]
        force, moment = _in_part(motion, load)
        forces[number] -= force
        moments[number] -= moment
    tau = casadi.SX(len(motion.names), 1)
    for number in range(len(motion.parts) - 1, 0, -1):
        link = motion.parts[number].link
        assert link is not None
        along, force, moment = _handed_down(link, forces[number], moments[number])
        tau = tau + casadi.jtimes(link.amounts, motion.q, along, True)
        forces[link.parent] += force
        moments[link.parent] += moment
    return tau


def _needed(part: Part, velocity: Velocity) -> tuple[Expression, Expression]:
    """Force and moment about the part's origin that accelerate the part, in its axes."""
    if not part.mass and not part.inertia.any():
        return casadi.SX.zeros(3), casadi.SX.zeros(3)
    w, a = velocity.angular, velocity.angular_acceleration
    center, inertia = _sx(part.mass_center), _sx(part.inertia)
    force = part.mass * (velocity.linear_acceleration + cross(a, center) + cross(w, cross(w, center)))
    return force, inertia @ a + cross(w, inertia @ w) + cross(center, force)


def _in_part(motion: Motion, load: Load) -> tuple[Expression, Expression]:
    """Force and moment about the part's origin of a load, in the part's axes."""
    rotation, origin = motion.ground_pose(load.segment)
    moment = cross(load.point - origin, load.force)
    if load.moment is not None:
        moment = moment + load.moment
    return rotation.T @ load.force, rotation.T @ moment


def _handed_down(link: Link, force: Expression, moment: Expression) -> tuple[Expression, Expression, Expression]:
    """Work of a wrench along the joint's amounts, and the wrench on the part that carries it."""
    inward = _sx(link.after.rotation).T
    moment = inward @ (moment - cross(_sx(link.after.translation), force))
    force = inward @ force
    turning = []
    for turn in reversed(link.turns):
        if not turn.angle.is_constant():
            turning.append(casadi.dot(_sx(turn.axis), moment))
        moment, force = turn.matrix @ moment, turn.matrix @ force
    shifting = [casadi.dot(_sx(axis), force) for axis in link.shift_axes]
    moment = moment + cross(link.shift, force)
    outward = _sx(link.before.rotation)
    force = outward @ force
    moment = outward @ moment + cross(_sx(link.before.translation), force)
    return casadi.vertcat(*shifting, *reversed(turning)), force, moment


def mechanical_energy(motion: Motion) -> Expression:
    """Kinetic energy of the body and its potential energy above the ground's origin, J, SX (1, 1)."""
    gravity = np.asarray(motion.body.gravity, float)
    total = casadi.SX(0)
    for number, (part, velocity) in enumerate(zip(motion.parts, motion.velocities, strict=True)):
        if not part.mass:
            continue
        center = _sx(part.mass_center)
        speed = velocity.linear + cross(velocity.angular, center)
        rotation, origin = motion.pose(number)
        height = casadi.dot(_sx(-gravity), origin + rotation @ center)
        turning = casadi.dot(velocity.angular, _sx(part.inertia) @ velocity.angular)
        total = total + part.mass * (0.5 * casadi.sumsqr(speed) + height) + 0.5 * turning
    return total


def load_power(motion: Motion, load: Load) -> Expression:
    """Power of a load on the body, W, SX (1, 1): its force at the point of the segment where it acts."""
    number = motion.part_of(load.segment)[0]
    rotation, origin = motion.pose(number)
    part = motion.velocities[number]
    spin = rotation @ part.angular
    power = casadi.dot(load.force, rotation @ part.linear + cross(spin, load.point - origin))
    return power if load.moment is None else power + casadi.dot(load.moment, spin)


@dataclass(frozen=True, eq=False)
class LimitForce:
    """Passive resistance near the ends of a coordinate's range, as OpenSim's ``CoordinateLimitForce``.

    Stiffnesses N·m/rad (N/m), ``damping`` N·m·s/rad (N·s/m), limits and ``transition`` rad (m).
    """

    coordinate: str
    upper: float
    upper_stiffness: float
    lower: float
    lower_stiffness: float
    damping: float
    transition: float


def limit_force(motion: Motion, limit: LimitForce) -> Expression:
    """Generalised force of a :class:`LimitForce`, N·m or N, positive along the coordinate.

    Stiffness and damping grow from nought at the limit to their full value over ``transition``, by a quintic step.
    """
    q, speed = motion.coordinate[limit.coordinate], motion.speed[limit.coordinate]
    above, below = q - limit.upper, limit.lower - q
    up, down = _quintic_step(above / limit.transition), _quintic_step(below / limit.transition)
    spring = -limit.upper_stiffness * up * above + limit.lower_stiffness * down * below
    return spring - limit.damping * (up + down) * speed


def _quintic_step(x: Expression) -> Expression:
    x = casadi.fmin(casadi.fmax(x, 0.0), 1.0)
    return x**3 * (10.0 + x * (6.0 * x - 15.0))
