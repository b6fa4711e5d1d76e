"""Muscle force from path length and lengthening speed: compiled muscles and the rigid-tendon state.

The fibres of a muscle lie in a parallelogram of constant thickness between two tendon sheets, so the pennation angle
follows from the fibre length. With a rigid tendon the fibre length follows from the path length alone; the compliant
tendon is in ``groundup.engine.muscle_tendon``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.body.model import Muscle, MuscleKind
from groundup.engine.muscle_curves import Items, MuscleCurves, curves_of, figure
from groundup.errors import ModelError

MAX_PENNATION = float(np.arccos(0.1))
"""Steepest fibre angle, rad: beyond it the force along the tendon is a tenth of the fibre's and ill-conditioned."""


_SHORTEST_FIBER = 0.01
"""Least fibre length in optimal lengths where nothing else limits it."""


class ForceMode(StrEnum):
    """Which muscle force is meant.

    ``OPENSIM``
        what OpenSim's static optimisation uses: rigid tendon, active force only, with the peculiarities of each class;
    ``GROUNDUP``
        the model as published: passive force and fibre damping included, never negative.
    """

    OPENSIM = "opensim"
    GROUNDUP = "groundup"


@dataclass(frozen=True, eq=False)
class MuscleGroup:
    """Muscles of one kind: their columns in the set and their curves."""

    kind: MuscleKind
    columns: Items
    curves: MuscleCurves


@dataclass(frozen=True, eq=False)
class MuscleSet:
    """Muscles compiled to arrays of shape (n_muscles,).

    Attributes
    ----------
    force : N
        Greatest isometric force.
    optimal_length, slack_length : m
        Of the fibres, of the tendon.
    max_velocity : m/s
        Greatest shortening velocity of the fibres.
    thickness : m
        Constant height of the parallelogram, ``optimal_length * sin(pennation)``.
    shortest : m
        Least fibre length; shorter means that the tendon hangs slack and carries nothing.
    damping : normalised force per normalised velocity
    least_activation : 1
    max_pennation_sine : 1
    opensim_shortest_along : m
        Projection of the fibre below which OpenSim's static optimisation sees no force; minus infinity for none.
    compliant : bool
        Whether the model gives the muscle a compliant tendon.
    """

    names: tuple[str, ...]
    force: Floats
    optimal_length: Floats
    slack_length: Floats
    max_velocity: Floats
    thickness: Floats
    shortest: Floats
    damping: Floats
    least_activation: Floats
    max_pennation_sine: Floats
    opensim_shortest_along: Floats
    compliant: NDArray[np.bool_]
    groups: tuple[MuscleGroup, ...]

    def __len__(self) -> int:
        """Count the muscles."""
        return len(self.names)

    @property
    def shortest_along(self) -> Floats:
        """Projection on the tendon of the shortest fibre, m."""
        return _along(self.shortest, self.thickness)


@dataclass(frozen=True, eq=False)
class RigidTendonState:
    """State of the fibres when the tendon keeps its slack length; every array is (n_frames, n_muscles).

    ``active_force`` (N, along the tendon) is per unit of activation; ``passive_force`` is that of the parallel elastic
    element and ``damping_force`` (negative while shortening) that of the parallel damper, both along the tendon.
    ``slack`` marks muscles too short to carry force.
    """

    fiber_length: Floats
    cos_pennation: Floats
    norm_length: Floats
    norm_velocity: Floats
    active_multiplier: Floats
    velocity_multiplier: Floats
    passive_multiplier: Floats
    active_force: Floats
    passive_force: Floats
    damping_force: Floats
    slack: NDArray[np.bool_]

    def total_force(self, activation: Floats | float) -> Floats:
        """Force along the tendon (N) at an activation; never negative, since fibres do not push."""
        return np.maximum(activation * self.active_force + self.passive_force + self.damping_force, 0.0)


def compile_muscles(muscles: Sequence[Muscle]) -> MuscleSet:
    """Gather the published figures of muscles into arrays.

    Raises
    ------
    ModelError
        A figure is missing or cannot belong to a muscle.
    """
    for muscle in muscles:
        _check(muscle)
    optimal = np.array([m.optimal_fiber_length for m in muscles])
    pennation = np.array([m.pennation_angle for m in muscles])
    steepest = figure(muscles, "maximum_pennation_angle", MAX_PENNATION)
    thickness = optimal * np.sin(pennation)
    pennate = thickness / np.sin(steepest)
    active_from = _shortest_active(muscles) * optimal
    kinds = np.array([m.kind for m in muscles])
    return MuscleSet(
        names=tuple(m.name for m in muscles),
        force=np.array([m.max_isometric_force for m in muscles]),
        optimal_length=optimal,
        slack_length=np.array([m.tendon_slack_length for m in muscles]),
        max_velocity=optimal * np.array([m.max_contraction_velocity for m in muscles]),
        thickness=thickness,
        shortest=np.maximum(active_from, np.maximum(pennate, _SHORTEST_FIBER * optimal)),
        damping=_damping(muscles),
        least_activation=_least_activation(muscles),
        max_pennation_sine=np.sin(steepest),
        opensim_shortest_along=np.where(
            kinds == MuscleKind.DEGROOTEFREGLY2016, -np.inf, _along(np.maximum(active_from, pennate), thickness)
        ),
        compliant=np.array([not m.ignore_tendon_compliance for m in muscles], dtype=bool),
        groups=tuple(_group(kind, muscles, np.flatnonzero(kinds == kind)) for kind in MuscleKind if kind in kinds),
    )


def rigid_tendon_state(
    muscles: MuscleSet,
    length: Floats,
    velocity: Floats,
    *,
    mode: ForceMode = ForceMode.GROUNDUP,
    activation: Floats | float = 1.0,
) -> RigidTendonState:
    """Compute the state of the fibres for a tendon that does not stretch.

    Parameters
    ----------
    muscles : MuscleSet
    length, velocity : array, shape (n_frames, n_muscles), m and m/s
        Of the whole path; lengthening is positive.
    mode : ForceMode
        ``OPENSIM`` gives as ``active_force`` what OpenSim 4.6 returns from ``calcInextensibleTendonActiveFiberForce``.
    activation : float or array
        Activation at which the force–velocity relation is taken; only Thelen's depends on it.

    Notes
    -----
    OpenSim's peculiarities, kept in ``OPENSIM`` mode only: a Millard muscle projects its force with the pennation angle
    of the *normalised* fibre length taken as metres; a De Groote–Fregly muscle returns the force along the fibre, has
    no shortest length and goes negative beyond the greatest shortening velocity; Thelen and Millard muscles do not go
    below their least activation. Forces jump to zero where a fibre becomes shorter than ``shortest``: Thelen's and De
    Groote's active curves are not zero there, but the tendon is slack.
    """
    along = length - muscles.slack_length
    slack = along <= (muscles.opensim_shortest_along if mode is ForceMode.OPENSIM else muscles.shortest_along)
    along = np.where(slack, muscles.shortest_along, along)
    fiber = np.maximum(np.sqrt(along * along + muscles.thickness**2), 1e-12)
    cosine = along / fiber
    norm_length = fiber / muscles.optimal_length
    norm_velocity = np.where(slack, 0.0, velocity * cosine / muscles.max_velocity)
    active, passive, speed = _multipliers(muscles, norm_length, norm_velocity, activation)
    carried = np.where(slack, 0.0, muscles.force * cosine)
    if mode is ForceMode.OPENSIM:
        projection = _opensim_projection(muscles, fiber, cosine) * _activation_floor(muscles, activation)
        active_force = np.where(slack, 0.0, muscles.force * projection * active * speed)
    else:
        active_force = carried * active * np.maximum(speed, 0.0)
        passive = np.maximum(passive, 0.0)
    return RigidTendonState(
        fiber_length=fiber,
        cos_pennation=cosine,
        norm_length=norm_length,
        norm_velocity=norm_velocity,
        active_multiplier=active,
        velocity_multiplier=speed,
        passive_multiplier=passive,
        active_force=active_force,
        passive_force=carried * passive,
        damping_force=carried * muscles.damping * norm_velocity,
        slack=slack,
    )


def _multipliers(
    muscles: MuscleSet, length: Floats, velocity: Floats, activation: Floats | float
) -> tuple[Floats, Floats, Floats]:
    """Active, passive and force–velocity multipliers, each of the shape of ``length``."""
    active, passive, speed = (np.empty(length.shape) for _ in range(3))
    activation = np.broadcast_to(np.asarray(activation, dtype=float), length.shape)
    for group in muscles.groups:
        at = group.columns
        active[:, at] = group.curves.active(length[:, at])[0]
        passive[:, at] = group.curves.passive(length[:, at])[0]
        speed[:, at] = group.curves.velocity(velocity[:, at], np.maximum(activation, muscles.least_activation)[:, at])
    return active, passive, speed


def _opensim_projection(muscles: MuscleSet, fiber: Floats, cosine: Floats) -> Floats:
    """Factor from fibre force to the force OpenSim reports, which differs between its classes."""
    factor = cosine.copy()
    for group in muscles.groups:
        at = group.columns
        if group.kind is MuscleKind.DEGROOTEFREGLY2016:
            factor[:, at] = 1.0
        elif group.kind is MuscleKind.MILLARD2012:
            sine = muscles.thickness[at] / (fiber[:, at] / muscles.optimal_length[at])
            factor[:, at] = np.sqrt(1.0 - np.minimum(sine, muscles.max_pennation_sine[at]) ** 2)
    return factor


def _activation_floor(muscles: MuscleSet, activation: Floats | float) -> Floats:
    """How much more than asked OpenSim activates a muscle whose activation has a floor."""
    wanted = np.asarray(activation, dtype=float)
    got = np.maximum(wanted, muscles.least_activation)
    return np.asarray(np.where(wanted > 0.0, got / np.where(wanted > 0.0, wanted, 1.0), 1.0))


def _along(fiber: Floats, thickness: Floats) -> Floats:
    """Projection of a fibre on the tendon."""
    return np.sqrt(np.maximum(fiber**2 - thickness**2, 0.0))


def _group(kind: MuscleKind, muscles: Sequence[Muscle], columns: Items) -> MuscleGroup:
    return MuscleGroup(kind, columns, curves_of(kind, [muscles[i] for i in columns]))


def _shortest_active(muscles: Sequence[Muscle]) -> Floats:
    """Normalised length below which each muscle's active curve is empty (Millard) or undefined (De Groote)."""
    millard = figure(muscles, "ActiveForceLengthCurve.min_norm_active_fiber_length", 0.4441)
    by_kind = {MuscleKind.THELEN2003: 0.0, MuscleKind.DEGROOTEFREGLY2016: 0.2}
    return np.array([by_kind.get(m.kind, x) for m, x in zip(muscles, millard, strict=True)])


def _damping(muscles: Sequence[Muscle]) -> Floats:
    defaults = {MuscleKind.MILLARD2012: 0.1}
    return np.array([m.parameters.get("fiber_damping", defaults.get(m.kind, 0.0)) for m in muscles])


def _least_activation(muscles: Sequence[Muscle]) -> Floats:
    floors = figure(muscles, "minimum_activation", 0.01)
    return np.where([m.kind is MuscleKind.DEGROOTEFREGLY2016 for m in muscles], 0.0, floors)


def _check(muscle: Muscle) -> None:
    """Refuse figures that no muscle can have."""
    lengths = {
        "max_isometric_force (N)": muscle.max_isometric_force,
        "optimal_fiber_length (m)": muscle.optimal_fiber_length,
        "max_contraction_velocity (optimal lengths/s)": muscle.max_contraction_velocity,
        "tendon_slack_length (m)": muscle.tendon_slack_length,
    }
    for name, value in lengths.items():
        if not (np.isfinite(value) and value > 0.0):
            raise ModelError(
                f'muscle "{muscle.name}": {name} is {value:g}, expected a positive number. '
                "Correct it in the model file."
            )
    if not 0.0 <= muscle.pennation_angle < MAX_PENNATION:
        raise ModelError(
            f'muscle "{muscle.name}": pennation_angle_at_optimal is {muscle.pennation_angle:g} rad, '
            f"expected 0 to {MAX_PENNATION:.2f} rad. A value given in degrees must be converted."
        )
