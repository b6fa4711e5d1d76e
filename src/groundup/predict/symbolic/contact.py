"""Smooth contact of a sphere with the ground y = 0."""

from __future__ import annotations

from groundup.body.model import ContactSphere
from groundup.predict.symbolic.dynamics import Load
from groundup.predict.symbolic.motion import Motion
from groundup.solvers.collocation.symbols import Expression, casadi


def contact_force(motion: Motion, sphere: ContactSphere, rounding: float = 0.0) -> Load:
    """Force of the ground on a sphere, N, at a point half way into the indentation.

    Parameters
    ----------
    rounding : how softly friction reaches its full value, as a part of the transition velocity; 0 is a corner, as in
        OpenSim

    Notes
    -----
    Hertz's stiffness with Hunt and Crossley's dissipation, made smooth by hyperbolic tangents; friction after
    Stribeck, made smooth where nothing slips. Both phases carry ``constant_contact_force`` at least, so that a foot in
    the air still has a derivative.

    References
    ----------
    .. [1] Serrancolí et al., Subject-exoskeleton contact model calibration leads to accurate interaction force
       predictions, IEEE Trans Neural Syst Rehabil Eng 27, 2019, doi:10.1109/TNSRE.2019.2924536
    .. [2] Hunt, Crossley, Coefficient of restitution interpreted as damping in vibroimpact, J Appl Mech 42, 1975
    """
    center = motion.position(sphere.segment, sphere.location)
    depth = sphere.radius - center[1]
    point = casadi.vertcat(center[0], center[1] - sphere.radius + 0.5 * depth, center[2])
    velocity = motion.velocity(sphere.segment, sphere.location) + _sweep(motion, sphere, point - center)
    normal = _normal_force(sphere, depth, -velocity[1])
    slip = casadi.sqrt(velocity[0] ** 2 + velocity[2] ** 2 + sphere.constant_contact_force)
    friction = normal * _friction(sphere, slip, rounding) / slip
    return Load(sphere.segment, casadi.vertcat(-friction * velocity[0], normal, -friction * velocity[2]), point)


def _sweep(motion: Motion, sphere: ContactSphere, arm: Expression) -> Expression:
    """Velocity of a point of the segment beside that of the sphere's centre, ``arm`` (m, ground axes) away."""
    number = motion.part_of(sphere.segment)[0]
    rotation, _ = motion.ground_pose(sphere.segment)
    return casadi.cross(rotation @ motion.velocities[number].angular, arm)


def _normal_force(sphere: ContactSphere, depth: Expression, approach: Expression) -> Expression:
    """Normal force, N, from the depth of indentation, m, and its rate, m/s."""
    least = sphere.constant_contact_force
    k = 0.5 * sphere.stiffness ** (2.0 / 3.0)
    deep = casadi.sqrt(depth**2 + least)
    hertz = (4.0 / 3.0) * k * (sphere.radius * k) ** 0.5 * deep * casadi.sqrt(deep)
    hertz = hertz * _switch(sphere.hertz_smoothing * depth) + least
    if not sphere.dissipation:
        return hertz + least
    damped = hertz * (1.0 + 1.5 * sphere.dissipation * approach)
    return damped * _switch(sphere.hunt_crossley_smoothing * (approach + 2.0 / (3.0 * sphere.dissipation))) + least


def _friction(sphere: ContactSphere, slip: Expression, rounding: float) -> Expression:
    """Friction force per normal force at a speed of slip, m/s."""
    relative = slip / sphere.transition_velocity
    excess = sphere.static_friction - sphere.dynamic_friction
    dry = sphere.dynamic_friction + (2.0 * excess / (1.0 + relative**2) if excess else 0.0)
    gripping = casadi.fmin(relative, 1.0)
    if rounding:
        gripping = 0.5 * (relative + 1.0 - casadi.sqrt((relative - 1.0) ** 2 + rounding**2))
    return gripping * dry + sphere.viscous_friction * slip


def _switch(x: Expression) -> Expression:
    return 0.5 + 0.5 * casadi.tanh(x)
