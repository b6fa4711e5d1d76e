"""Force–length–velocity and tendon curves of the three muscle models, one item per muscle.

Lengths of fibres are divided by the optimal fibre length, of tendons by the slack length, velocities by the greatest
shortening velocity (lengthening positive), forces by the greatest isometric force. All inputs have shape
(..., n_items). Curves that the equilibrium needs return their slope as well.

References
----------
.. [1] Thelen, Adjustment of muscle mechanics model parameters to simulate dynamic contractions in older adults,
   J Biomech Eng 125, 2003, doi:10.1115/1.1531112
.. [2] Millard, Uchida, Seth, Delp, Flexing computational muscle, J Biomech Eng 135, 2013, doi:10.1115/1.4023390
.. [3] De Groote, Kinney, Rao, Fregly, Evaluation of direct collocation optimal control problem formulations for
   solving the muscle redundancy problem, Ann Biomed Eng 44, 2016, doi:10.1007/s10439-016-1591-9
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.body.model import Muscle, MuscleKind
from groundup.engine.bezier import CurveTable, Knot, stack_curves

Items = NDArray[np.intp]
Sloped = tuple[Floats, Floats]

_LARGEST_EXPONENT = 80.0
"""Exponentials stop growing here, so that a length far outside any body gives a huge force and not an overflow."""

_LEAST_DAMPING = 1e-3
"""A Millard muscle with less damping counts as undamped and then needs curves without flat ends."""


class MuscleCurves(Protocol):
    """What the equilibrium of fibre and tendon asks of a muscle model."""

    def take(self, items: Items) -> Self:
        """Return the curves of these items (repeats allowed)."""

    def active(self, length: Floats) -> Sloped:
        """Active force–length multiplier and its slope."""

    def passive(self, length: Floats) -> Sloped:
        """Passive force–length multiplier and its slope."""

    def velocity(self, velocity: Floats, activation: Floats | float) -> Floats:
        """Force–velocity multiplier; only Thelen's depends on the activation."""

    def tendon(self, length: Floats) -> Sloped:
        """Tendon force multiplier and its slope."""


def curves_of(kind: MuscleKind, muscles: Sequence[Muscle]) -> MuscleCurves:
    """Compile the curves of muscles that are all of one ``kind``."""
    if kind is MuscleKind.THELEN2003:
        return ThelenCurves.compiled(muscles)
    if kind is MuscleKind.MILLARD2012:
        return MillardCurves.compiled(muscles)
    return DeGrooteFreglyCurves.compiled(muscles)


def figure(muscles: Sequence[Muscle], name: str, default: float) -> Floats:
    """Figure ``name`` of each muscle (n,), or OpenSim's default where the file leaves it out."""
    return np.array([float(m.parameters.get(name, default)) for m in muscles])


class _Arrays:
    """Records whose fields are arrays (or tables) with one entry per item."""

    def take(self, items: Items) -> Self:
        values = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return type(self)(**{k: v.take(items) for k, v in values.items()})


@dataclass(frozen=True, eq=False)
class ThelenCurves(_Arrays):
    """Thelen's curves: Gaussian, exponential, hyperbolic with a straight end, exponential toe and straight tendon."""

    width: Floats
    passive_strain: Floats
    passive_shape: Floats
    tendon_strain: Floats
    velocity_shape: Floats
    lengthening_force: Floats
    straight_from: Floats

    @classmethod
    def compiled(cls, muscles: Sequence[Muscle]) -> Self:
        """Gather the figures of the muscles."""
        return cls(
            width=figure(muscles, "KshapeActive", 0.45),
            passive_strain=figure(muscles, "FmaxMuscleStrain", 0.6),
            passive_shape=figure(muscles, "KshapePassive", 5.0),
            tendon_strain=figure(muscles, "FmaxTendonStrain", 0.04),
            velocity_shape=figure(muscles, "Af", 0.25),
            lengthening_force=figure(muscles, "Flen", 1.4),
            straight_from=figure(muscles, "fv_linear_extrap_threshold", 0.95),
        )

    def active(self, length: Floats) -> Sloped:
        """Active force–length multiplier and its slope."""
        distance = length - 1.0
        value = np.exp(-distance * distance / self.width)
        return value, -2.0 * distance / self.width * value

    def passive(self, length: Floats) -> Sloped:
        """Passive force–length multiplier and its slope."""
        rate = self.passive_shape / self.passive_strain
        growth = np.exp(np.minimum(rate * np.maximum(length - 1.0, 0.0), _LARGEST_EXPONENT))
        scale = np.expm1(self.passive_shape)
        return (growth - 1.0) / scale, np.where(length > 1.0, rate * growth / scale, 0.0)

    def velocity(self, velocity: Floats, activation: Floats | float) -> Floats:
        """Force–velocity multiplier."""
        speed = velocity / (0.25 + 0.75 * activation)
        shortening = np.clip(speed, -1.0, 0.0)
        stretching = np.maximum(speed, 0.0)
        # The published curve is speed as a function of force; both branches are hyperbolas with a closed inverse.
        steepness = (2.0 + 2.0 / self.velocity_shape) / (self.lengthening_force - 1.0)
        last_force = self.straight_from * self.lengthening_force
        last_speed = (last_force - 1.0) / (steepness * (self.lengthening_force - last_force))
        on_curve = steepness * np.minimum(stretching, last_speed)
        slope = steepness * (self.lengthening_force - 1.0) / (1.0 + steepness * last_speed) ** 2
        eccentric = (1.0 + on_curve * self.lengthening_force) / (1.0 + on_curve)
        eccentric = eccentric + slope * np.maximum(stretching - last_speed, 0.0)
        concentric = (1.0 + shortening) / (1.0 - shortening / self.velocity_shape)
        return np.where(speed < 0.0, concentric, eccentric)

    def tendon(self, length: Floats) -> Sloped:
        """Tendon force multiplier and its slope."""
        strain = length - 1.0
        cubed = np.exp(3.0)
        toe_strain = 99.0 * self.tendon_strain * cubed / (166.0 * cubed - 67.0)
        stiffness = 0.67 / (self.tendon_strain - toe_strain)
        toe_growth = np.exp(3.0 * np.clip(strain / toe_strain, 0.0, 1.0))
        scale = 0.33 / np.expm1(3.0)
        beyond = strain > toe_strain
        value = scale * (toe_growth - 1.0) + np.where(beyond, stiffness * (strain - toe_strain), 0.0)
        toe_slope = np.where(strain > 0.0, scale * 3.0 / toe_strain * toe_growth, 0.0)
        return value, np.where(beyond, stiffness, toe_slope)


@dataclass(frozen=True, eq=False)
class MillardCurves(_Arrays):
    """Millard's curves: chains of quintic Bézier corners, tabulated."""

    active_table: CurveTable
    passive_table: CurveTable
    velocity_table: CurveTable
    tendon_table: CurveTable

    @classmethod
    def compiled(cls, muscles: Sequence[Muscle]) -> Self:
        """Gather the figures of the muscles."""
        return cls(
            active_table=stack_curves([_active_chain(m) for m in muscles]),
            passive_table=stack_curves([_passive_chain(m) for m in muscles]),
            velocity_table=stack_curves([_velocity_chain(m) for m in muscles]),
            tendon_table=stack_curves([_tendon_chain(m) for m in muscles]),
        )

    def active(self, length: Floats) -> Sloped:
        """Active force–length multiplier and its slope."""
        return self.active_table.value_and_slope(length)

    def passive(self, length: Floats) -> Sloped:
        """Passive force–length multiplier and its slope."""
        return self.passive_table.value_and_slope(length)

    def velocity(self, velocity: Floats, activation: Floats | float) -> Floats:
        """Force–velocity multiplier."""
        return self.velocity_table.value(velocity)

    def tendon(self, length: Floats) -> Sloped:
        """Tendon force multiplier and its slope."""
        return self.tendon_table.value_and_slope(length)


Chain = tuple[tuple[Knot, ...], tuple[float, ...]]


def _singular(muscle: Muscle) -> bool:
    """Whether the fibre velocity would be singular: then no curve may have a flat or zero end."""
    return not muscle.ignore_tendon_compliance and muscle.parameters.get("fiber_damping", 0.1) < _LEAST_DAMPING


def _active_chain(muscle: Muscle) -> Chain:
    get = muscle.parameters.get
    x0 = get("ActiveForceLengthCurve.min_norm_active_fiber_length", 0.4441)
    x1 = get("ActiveForceLengthCurve.transition_norm_fiber_length", 0.73)
    x2 = 1.0
    x3 = get("ActiveForceLengthCurve.max_norm_active_fiber_length", 1.8123)
    slope = get("ActiveForceLengthCurve.shallow_ascending_slope", 0.8616)
    low = max(get("ActiveForceLengthCurve.minimum_value", 0.1), 0.1) if _singular(muscle) else 0.0
    # Half the width of the shoulder, in optimal lengths; the ascending limb is steeper than its chord by a quarter.
    half = 0.05
    plateau = x2 - half
    y1 = 1.0 - slope * (plateau - x1)
    knots = (
        (x0, low, 0.0),
        (0.5 * (x0 + x1), 0.5 * y1, 1.25 * y1 / (x1 - x0)),
        (0.5 * (x1 + plateau), 0.5 * (y1 + 1.0), slope),
        (x2, 1.0, 0.0),
        (0.5 * (x2 + half + x3), 0.5, -1.0 / (x3 - x2 - 2.0 * half)),
        (x3, low, 0.0),
    )
    return knots, (1.0,) * 5


def _passive_chain(muscle: Muscle) -> Chain:
    get = muscle.parameters.get
    zero = get("FiberForceLengthCurve.strain_at_zero_force", 0.0)
    one = get("FiberForceLengthCurve.strain_at_one_norm_force", 0.7)
    stiffness = get("FiberForceLengthCurve.stiffness_at_one_norm_force", 2.0 / (one - zero))
    low_stiffness = get("FiberForceLengthCurve.stiffness_at_low_force", 0.2)
    curviness = get("FiberForceLengthCurve.curviness", 0.75)
    toe = min(0.1 / stiffness, 0.1 * (one - zero))
    knots = (
        (1.0 + zero, 0.0, 0.0),
        (1.0 + zero + toe, low_stiffness * 0.5 * toe, low_stiffness),
        (1.0 + one, 1.0, stiffness),
    )
    return knots, (curviness,) * 2


def _velocity_chain(muscle: Muscle) -> Chain:
    get = muscle.parameters.get
    end_slope = 0.1 if _singular(muscle) else 0.0
    fastest = max(get("ForceVelocityCurve.concentric_slope_at_vmax", 0.0), end_slope) if end_slope else 0.0
    slowest = max(get("ForceVelocityCurve.eccentric_slope_at_vmax", 0.0), end_slope) if end_slope else 0.0
    near_fastest = get("ForceVelocityCurve.concentric_slope_near_vmax", 0.25)
    near_slowest = get("ForceVelocityCurve.eccentric_slope_near_vmax", 0.15)
    top = get("ForceVelocityCurve.max_eccentric_velocity_force_multiplier", 1.4)
    concentric = get("ForceVelocityCurve.concentric_curviness", 0.6)
    eccentric = get("ForceVelocityCurve.eccentric_curviness", 0.9)
    knots = (
        (-1.0, 0.0, fastest),
        (-0.9, 0.05 * (near_fastest + fastest), near_fastest),
        (0.0, 1.0, get("ForceVelocityCurve.isometric_slope", 5.0)),
        (0.9, top - 0.05 * (near_slowest + slowest), near_slowest),
        (1.0, top, slowest),
    )
    return knots, (concentric, concentric, eccentric, eccentric)


def _tendon_chain(muscle: Muscle) -> Chain:
    get = muscle.parameters.get
    strain = get("TendonForceLengthCurve.strain_at_one_norm_force", 0.049)
    stiffness = get("TendonForceLengthCurve.stiffness_at_one_norm_force", 1.375 / strain)
    toe_force = get("TendonForceLengthCurve.norm_force_at_toe_end", 2.0 / 3.0)
    curviness = get("TendonForceLengthCurve.curviness", 0.5)
    toe = (toe_force - 1.0) / stiffness + strain
    foot = toe / 10.0
    middle = (0.5 * toe_force - 1.0) / stiffness + strain
    slope = 0.5 * toe_force / (middle - foot)
    control = foot + 0.5 * (middle - foot)
    knots = (
        (1.0, 0.0, 0.0),
        (1.0 + control, slope * (control - foot), slope),
        (1.0 + toe, toe_force, stiffness),
    )
    return knots, (curviness,) * 2


DE_GROOTE_BELLS = (
    (0.8150671134243542, 1.055033428970575, 0.162384573599574, 0.063303448465465),
    (0.433004984392647, 0.716775413397760, -0.029947116970696, 0.200356847296188),
    (0.1, 1.0, 0.353553390593274, 0.0),
)
"""Height, place, width and growth of width of the three bells of De Groote's active curve (their supplement)."""

DE_GROOTE_VELOCITY = (-0.3211346127989808, -8.149, -0.374, 0.8825327733249912)
"""d1…d4 of De Groote's force–velocity curve, adjusted so that it passes (-1, 0) and (0, 1)."""

DE_GROOTE_TENDON = (0.2, 1.0, 0.2)
"""c1…c3 of De Groote's tendon curve, adjusted so that it passes (1, 0)."""

DE_GROOTE_PASSIVE_SHAPE = 4.0
DE_GROOTE_SHORTEST = 0.2
"""Normalised length below which De Groote's passive curve is negative."""


@dataclass(frozen=True, eq=False)
class DeGrooteFreglyCurves(_Arrays):
    """De Groote's curves: three bells, exponential, inverse hyperbolic sine, exponential tendon."""

    width_scale: Floats
    passive_strain: Floats
    passive_share: Floats
    tendon_rate: Floats

    @classmethod
    def compiled(cls, muscles: Sequence[Muscle]) -> Self:
        """Gather the figures of the muscles."""
        c1, c2, c3 = DE_GROOTE_TENDON
        strain = figure(muscles, "tendon_strain_at_one_norm_force", 0.049)
        return cls(
            width_scale=figure(muscles, "active_force_width_scale", 1.0),
            passive_strain=figure(muscles, "passive_fiber_strain_at_one_norm_force", 0.6),
            passive_share=1.0 - figure(muscles, "ignore_passive_fiber_force", 0.0),
            tendon_rate=np.log((1.0 + c3) / c1) / (1.0 + strain - c2),
        )

    def active(self, length: Floats) -> Sloped:
        """Active force–length multiplier and its slope."""
        x = (length - 1.0) / self.width_scale + 1.0
        value, slope = np.zeros_like(x), np.zeros_like(x)
        for height, place, width, growth in DE_GROOTE_BELLS:
            spread = width + growth * x
            # The bells narrow to nothing at one (unphysiologically short) length: keep the quotient finite there.
            spread = np.where(np.abs(spread) < 1e-9, 1e-9, spread)
            offset = (x - place) / spread
            bell = height * np.exp(-0.5 * offset * offset)
            value = value + bell
            slope = slope - bell * offset * (width + growth * place) / (spread * spread)
        return value, slope / self.width_scale

    def passive(self, length: Floats) -> Sloped:
        """Passive force–length multiplier and its slope."""
        rate = DE_GROOTE_PASSIVE_SHAPE / self.passive_strain
        offset = np.exp(rate * (DE_GROOTE_SHORTEST - 1.0))
        scale = self.passive_share / (np.exp(DE_GROOTE_PASSIVE_SHAPE) - offset)
        growth = np.exp(np.minimum(rate * (length - 1.0), _LARGEST_EXPONENT))
        return scale * (growth - offset), scale * rate * growth

    def velocity(self, velocity: Floats, activation: Floats | float) -> Floats:
        """Force–velocity multiplier."""
        d1, d2, d3, d4 = DE_GROOTE_VELOCITY
        return d1 * np.arcsinh(d2 * velocity + d3) + d4

    def tendon(self, length: Floats) -> Sloped:
        """Tendon force multiplier and its slope."""
        c1, c2, c3 = DE_GROOTE_TENDON
        growth = c1 * np.exp(np.minimum(self.tendon_rate * (length - c2), _LARGEST_EXPONENT))
        return growth - c3, self.tendon_rate * growth
