"""De Groote's muscle model as expressions: force along the tendon, rigid or compliant, and activation dynamics.

References
----------
.. [1] De Groote, Kinney, Rao, Fregly, Evaluation of direct collocation optimal control problem formulations for
   solving the muscle redundancy problem, Ann Biomed Eng 44, 2016, doi:10.1007/s10439-016-1591-9
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.model import Muscle, MuscleKind
from groundup.engine.muscle_curves import (
    DE_GROOTE_BELLS,
    DE_GROOTE_PASSIVE_SHAPE,
    DE_GROOTE_SHORTEST,
    DE_GROOTE_TENDON,
    DE_GROOTE_VELOCITY,
)
from groundup.errors import ModelError
from groundup.solvers.collocation.symbols import Expression, casadi


@dataclass(frozen=True, eq=False)
class MuscleForce:
    """State of a muscle, each SX (1, 1).

    Attributes
    ----------
    force : N, along the tendon
    active, passive : N, along the fibres
        Of the contractile element, and of the parallel elastic element; what is left of the force is damping.
    fiber_length, fiber_velocity : 1
        In optimal fibre lengths, and in greatest shortening velocities, lengthening positive.
    lengthening : m/s
        Velocity of the fibres themselves, lengthening positive: with ``active`` the power of the contractile element.
    """

    force: Expression
    active: Expression
    passive: Expression
    fiber_length: Expression
    fiber_velocity: Expression
    lengthening: Expression


def muscle_force(muscle: Muscle, length: Expression, speed: Expression, activation: Expression) -> MuscleForce:
    """Force with a rigid tendon.

    Parameters
    ----------
    length, speed : SX (1, 1), m and m/s, of muscle and tendon together
    activation : SX (1, 1)

    Raises
    ------
    ModelError
        A muscle of another kind than DeGrooteFregly2016Muscle.
    """
    _check(muscle)
    return _fibers(muscle, length - muscle.tendon_slack_length, speed, activation)


def tendon_equilibrium(
    muscle: Muscle,
    length: Expression,
    speed: Expression,
    activation: Expression,
    tension: Expression,
    tension_rate: Expression,
) -> tuple[MuscleForce, Expression]:
    """Force with a compliant tendon whose normalised ``tension`` is a state.

    Parameters
    ----------
    tension, tension_rate : SX (1, 1), in greatest isometric forces, and per second

    Returns
    -------
    force : MuscleForce
        Of the fibres as the stretched tendon leaves them.
    residual : SX (1, 1), in greatest isometric forces
        Force of the fibres less that of the tendon: nought in equilibrium.
    """
    _check(muscle)
    c1, c2, c3 = DE_GROOTE_TENDON
    rate = tendon_rate(muscle)
    stretched = casadi.log((tension + c3) / c1) / rate + c2
    stretching = tension_rate / (rate * (tension + c3))
    slack = muscle.tendon_slack_length
    fibers = _fibers(muscle, length - slack * stretched, speed - slack * stretching, activation)
    return fibers, fibers.force / muscle.max_isometric_force - tension


def tendon_rate(muscle: Muscle) -> float:
    """Return the exponent of the tendon's curve, per strain, from its strain at the greatest isometric force."""
    c1, c2, c3 = DE_GROOTE_TENDON
    strain = muscle.parameters.get("tendon_strain_at_one_norm_force", 0.049)
    return float(np.log((1.0 + c3) / c1) / (1.0 + strain - c2))


def activation_rate(muscle: Muscle, excitation: Expression, activation: Expression) -> Expression:
    """Rate of change of the activation, 1/s: fast rise, slow fall, smooth in between."""
    p = muscle.parameters
    rise, fall = p.get("activation_time_constant", 0.015), p.get("deactivation_time_constant", 0.06)
    factor = 0.5 + 1.5 * activation
    lead = excitation - activation
    rising = 0.5 * casadi.tanh(p.get("activation_dynamics_smoothing", 0.1) * lead)
    return lead * ((rising + 0.5) / (rise * factor) + (0.5 - rising) * factor / fall)


def _check(muscle: Muscle) -> None:
    if muscle.kind is not MuscleKind.DEGROOTEFREGLY2016:
        raise ModelError(
            f'muscle "{muscle.name}" is a {muscle.kind}, expected {MuscleKind.DEGROOTEFREGLY2016}: '
            "its curves are smooth everywhere. Convert the model's muscles."
        )


def _fibers(muscle: Muscle, along: Expression, speed_along: Expression, activation: Expression) -> MuscleForce:
    """Force of the fibres from their length and speed along the tendon, m and m/s."""
    optimal = muscle.optimal_fiber_length
    height = optimal * float(np.sin(muscle.pennation_angle))
    length = casadi.sqrt(along**2 + height**2) if height else along
    cosine = along / length if height else 1.0
    lengthening = speed_along * cosine
    x, v = length / optimal, lengthening / (optimal * muscle.max_contraction_velocity)
    damping = muscle.parameters.get("fiber_damping", 0.0)
    strength = muscle.max_isometric_force
    active = activation * active_curve(muscle, x) * velocity_curve(v)
    passive = passive_curve(muscle, x)
    return MuscleForce(
        force=strength * (active + passive + damping * v) * cosine,
        active=strength * active,
        passive=strength * passive,
        fiber_length=x,
        fiber_velocity=v,
        lengthening=lengthening,
    )


def active_curve(muscle: Muscle, fiber_length: Expression) -> Expression:
    """Active force–length multiplier."""
    x = (fiber_length - 1.0) / muscle.parameters.get("active_force_width_scale", 1.0) + 1.0
    bells = (
        height * casadi.exp(-0.5 * ((x - place) / (width + growth * x)) ** 2)
        for height, place, width, growth in DE_GROOTE_BELLS
    )
    return sum(bells, casadi.SX(0))


def passive_curve(muscle: Muscle, fiber_length: Expression) -> Expression:
    """Passive force–length multiplier."""
    if muscle.parameters.get("ignore_passive_fiber_force", 0.0):
        return casadi.SX(0)
    rate = DE_GROOTE_PASSIVE_SHAPE / muscle.parameters.get("passive_fiber_strain_at_one_norm_force", 0.6)
    offset = float(np.exp(rate * (DE_GROOTE_SHORTEST - 1.0)))
    return (casadi.exp(rate * (fiber_length - 1.0)) - offset) / float(np.exp(DE_GROOTE_PASSIVE_SHAPE) - offset)


def velocity_curve(fiber_velocity: Expression) -> Expression:
    """Force–velocity multiplier."""
    d1, d2, d3, d4 = DE_GROOTE_VELOCITY
    return d1 * casadi.asinh(d2 * fiber_velocity + d3) + d4
