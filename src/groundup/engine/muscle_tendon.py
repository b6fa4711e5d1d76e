"""Muscles on compliant tendons: where fibre and tendon pull alike, and force as a line in activation.

The equilibrium is quasi-static: the fibre velocity is given, not integrated. Unless the caller knows better, the fibres
take up all of the path's velocity, as if the tendon force did not change at that instant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.engine.muscle import ForceMode, MuscleSet, RigidTendonState, rigid_tendon_state
from groundup.engine.muscle_curves import MuscleCurves

Flags = NDArray[np.bool_]

TOLERANCE = 1e-10
"""Greatest imbalance between fibre and tendon, in greatest isometric forces."""

_MAX_ITERATIONS = 80
_MOST_TENSION = 2.0  # greatest isometric forces; no muscle pulls harder, lengthening included
_LONGEST_TENDON = 1.15  # slack lengths
_TENDON_STEPS = 12
_ACTIVATION_STEP = 1e-6


@dataclass(frozen=True, eq=False)
class EquilibriumState:
    """Balance of fibre and tendon; every array is (n_frames, n_muscles).

    ``tendon_force`` is in N, ``force_slope`` its derivative with respect to activation, N. ``slack`` marks muscles too
    short to carry force; ``converged`` those in balance within ``TOLERANCE``.
    """

    tendon_force: Floats
    force_slope: Floats
    fiber_length: Floats
    norm_length: Floats
    norm_velocity: Floats
    cos_pennation: Floats
    slack: Flags
    converged: Flags


def equilibrium_state(
    muscles: MuscleSet,
    activation: Floats | float,
    length: Floats,
    velocity: Floats,
    *,
    fiber_velocity: Floats | None = None,
) -> EquilibriumState:
    """Find where fibre and tendon carry the same force.

    Parameters
    ----------
    muscles : MuscleSet
        Muscles that the model gives a rigid tendon keep it.
    activation : float or array, shape (n_frames, n_muscles)
        Within 0 to 1.
    length, velocity : array, shape (n_frames, n_muscles), m and m/s
        Of the whole path.
    fiber_velocity : array, shape (n_frames, n_muscles), m/s, optional
        Of the fibres, for example from differentiating the fibre lengths of an earlier call over time: with a long
        tendon the fibres are then not charged with the tendon's recoil.

    Notes
    -----
    Solved in the fibre's projection on the tendon between the shortest fibre and the slack tendon, by Newton's method
    kept inside a shrinking bracket, all muscles at once. Where the active curve falls more steeply than the tendon
    stiffens there may be more than one balance; one of them is returned. A muscle too short even for its shortest fibre
    carries what the tendon then carries, in most cases nothing. Forces are finite and never negative.

    References
    ----------
    .. [1] Millard, Uchida, Seth, Delp, Flexing computational muscle, J Biomech Eng 135, 2013, doi:10.1115/1.4023390
    """
    activation = np.broadcast_to(np.clip(np.asarray(activation, dtype=float), 0.0, 1.0), length.shape)
    rigid = rigid_tendon_state(muscles, length, velocity, activation=activation)
    if fiber_velocity is not None:
        rigid = _with_velocity(muscles, rigid, length, fiber_velocity, activation)
    state = _rigid_equilibrium(rigid, activation)
    for group in muscles.groups:
        columns = group.columns[muscles.compliant[group.columns]]
        if len(columns):
            compliant_curves = group.curves.take(np.flatnonzero(muscles.compliant[group.columns]))
            _fill(state, columns, _solve(muscles, columns, compliant_curves, activation, length, rigid.norm_velocity))
    return state


def linearise(
    muscles: MuscleSet,
    length: Floats,
    velocity: Floats,
    activation: Floats | float,
    *,
    fiber_velocity: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Tendon force (N) at an activation and its derivative with respect to activation (N), both (n_frames, n_muscles).

    Sharing with a compliant tendon repeats: share with this line, take the activations found, linearise there again;
    two or three rounds settle it, since the force is nearly a line in activation.
    """
    state = equilibrium_state(muscles, activation, length, velocity, fiber_velocity=fiber_velocity)
    return state.tendon_force, state.force_slope


def tendon_stretch(muscles: MuscleSet, tension: Floats) -> Floats:
    """Stretch of each tendon beyond its slack length, m, under ``tension`` (N); both (n_frames, n_muscles).

    Muscles whose tendon the model makes rigid do not stretch. The tendon curves are convex, so Newton's method from
    above comes down on the answer without overshooting.
    """
    stretch = np.zeros(tension.shape)
    for group in muscles.groups:
        columns = group.columns[muscles.compliant[group.columns]]
        if not len(columns):
            continue
        curves = group.curves.take(np.flatnonzero(muscles.compliant[group.columns]))
        wanted = np.clip(tension[:, columns] / muscles.force[columns], 0.0, _MOST_TENSION)
        norm = np.full(wanted.shape, _LONGEST_TENDON)
        for _ in range(_TENDON_STEPS):
            force, slope = curves.tendon(norm)
            norm = np.maximum(norm - (force - wanted) / np.maximum(slope, 1e-9), 1.0)
        stretch[:, columns] = (norm - 1.0) * muscles.slack_length[columns]
    return np.where(tension > 0.0, stretch, 0.0)


def force_lines(
    muscles: MuscleSet, length: Floats, velocity: Floats, time_s: Floats, tension: Floats | None
) -> tuple[Floats, Floats]:
    """Active force per unit of activation and passive force (N), each (n_frames, n_muscles), of muscles with tendons.

    Parameters
    ----------
    length, velocity : array, shape (n_frames, n_muscles), m and m/s
        Of the whole path.
    time_s : array, shape (n_frames,)
    tension : array, shape (n_frames, n_muscles), N, or None
        Force that the tendons carry, from an earlier sharing; None keeps them at slack length.

    Notes
    -----
    Under a known tension the tendon's length is known, the fibre is what remains of the path, and its speed is what
    remains of the path's speed once the tendon's own stretching and recoil are taken off. Force is then exactly
    linear in activation. Sharing fixes tensions far better than activations, since moments fix them; so sharing,
    stretching the tendons by what it found and sharing again settles in two rounds.

    References
    ----------
    .. [1] Millard, Uchida, Seth, Delp, 2013, doi:10.1115/1.4023390
    """
    if tension is not None and len(time_s) > 1:
        stretch = tendon_stretch(muscles, tension)
        length, velocity = length - stretch, velocity - np.gradient(stretch, time_s, axis=0)
    state = rigid_tendon_state(muscles, length, velocity)
    return state.active_force, np.maximum(state.passive_force + state.damping_force, 0.0)


def linear_in_activation(
    muscles: MuscleSet,
    length: Floats,
    velocity: Floats,
    mode: ForceMode = ForceMode.GROUNDUP,
    *,
    fiber_velocity: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Active and passive tendon force (N), each (n_frames, n_muscles): force is passive + activation × active.

    In ``OPENSIM`` mode the active force is that of OpenSim's static optimisation and the passive force is zero. In
    ``GROUNDUP`` mode the line runs through the force without and with full activation, both in balance with the tendon
    where it is compliant and never negative; in between, a compliant tendon makes the true force deviate from the line
    (see ``linearise``).
    """
    if mode is ForceMode.OPENSIM:
        active = rigid_tendon_state(muscles, length, velocity, mode=mode).active_force
        return active, np.zeros_like(active)
    passive, full = (
        equilibrium_state(muscles, a, length, velocity, fiber_velocity=fiber_velocity).tendon_force for a in (0.0, 1.0)
    )
    return np.maximum(full - passive, 0.0), passive


def _with_velocity(
    muscles: MuscleSet, rigid: RigidTendonState, length: Floats, fiber_velocity: Floats, activation: Floats
) -> RigidTendonState:
    """Rigid-tendon state at the same lengths with another fibre velocity."""
    along = fiber_velocity / np.maximum(rigid.cos_pennation, 1e-3)
    return rigid_tendon_state(muscles, length, along, activation=activation)


def _rigid_equilibrium(rigid: RigidTendonState, activation: Floats) -> EquilibriumState:
    force = rigid.total_force(activation)
    return EquilibriumState(
        tendon_force=force,
        force_slope=np.where(force > 0.0, rigid.active_force, 0.0),
        fiber_length=rigid.fiber_length.copy(),
        norm_length=rigid.norm_length.copy(),
        norm_velocity=rigid.norm_velocity,
        cos_pennation=rigid.cos_pennation.copy(),
        slack=rigid.slack.copy(),
        converged=np.ones(force.shape, dtype=bool),
    )


@dataclass(frozen=True, eq=False)
class _Problem:
    """Independent balances, one per item: figures (n_items,) in optimal fibre lengths and greatest isometric forces.

    ``path`` is the path length, ``slack`` the tendon slack length, ``thickness`` the parallelogram height, ``low`` the
    projection of the shortest fibre; ``drive`` is activation × force–velocity multiplier and ``drag`` the damping.
    """

    path: Floats
    slack: Floats
    thickness: Floats
    low: Floats
    drive: Floats
    drag: Floats
    curves: MuscleCurves

    def take(self, items: NDArray[np.intp]) -> _Problem:
        arrays = {k: v[items] for k, v in vars(self).items() if k != "curves"}
        return replace(self, **arrays, curves=self.curves.take(items))

    def imbalance(self, along: Floats) -> tuple[Floats, Floats]:
        """Fibre force along the tendon minus tendon force, and its slope, at the fibre's projection ``along``."""
        fiber = np.sqrt(along * along + self.thickness * self.thickness)
        cosine = along / fiber
        active, active_slope = self.curves.active(fiber)
        passive, passive_slope = self.curves.passive(fiber)
        tendon, tendon_slope = self.curves.tendon((self.path - along) / self.slack)
        pull = self.drive * active + np.maximum(passive, 0.0) + self.drag
        pull_slope = self.drive * active_slope + np.where(passive > 0.0, passive_slope, 0.0)
        turn = self.thickness * self.thickness / (fiber * fiber * fiber)
        slope = pull_slope * cosine * cosine + pull * turn + tendon_slope / self.slack
        return pull * cosine - np.maximum(tendon, 0.0), slope


def _solve(
    muscles: MuscleSet,
    columns: NDArray[np.intp],
    curves: MuscleCurves,
    activation: Floats,
    length: Floats,
    norm_velocity: Floats,
) -> EquilibriumState:
    """Balance of the compliant muscles ``columns`` of one kind, every array (n_frames, n_columns)."""
    shape = (len(length), len(columns))
    item = np.tile(np.arange(len(columns)), shape[0])
    level, speed = (x[:, columns].ravel() for x in (activation, norm_velocity))
    unit = muscles.optimal_length[columns]
    flat = curves.take(item)
    problem = _Problem(
        path=(length[:, columns] / unit).ravel(),
        slack=(muscles.slack_length[columns] / unit)[item],
        thickness=(muscles.thickness[columns] / unit)[item],
        low=(muscles.shortest_along[columns] / unit)[item],
        drive=level * np.maximum(flat.velocity(speed, level), 0.0),
        drag=muscles.damping[columns][item] * speed,
        curves=flat,
    )
    along, converged = _balance(problem)
    drive_slope = _drive_slope(flat, speed, level)
    force, slope, fiber, cosine = _outcome(problem, along, drive_slope, muscles.force[columns][item], unit[item])
    return EquilibriumState(
        tendon_force=force.reshape(shape),
        force_slope=slope.reshape(shape),
        fiber_length=fiber.reshape(shape),
        norm_length=(fiber / unit[item]).reshape(shape),
        norm_velocity=speed.reshape(shape),
        cos_pennation=cosine.reshape(shape),
        slack=(along <= problem.low).reshape(shape),
        converged=converged.reshape(shape),
    )


def _balance(problem: _Problem) -> tuple[Floats, Flags]:
    """Projection of the fibre in balance (n_items,) and whether it is within tolerance."""
    low = problem.low.copy()
    high = np.maximum(problem.path - problem.slack, low)
    along = np.clip(problem.path - 1.02 * problem.slack, low, high)
    at_low = problem.imbalance(low)[0] >= 0.0
    along = np.where(at_low, low, along)
    converged = at_low | (high <= low)
    open_items = np.flatnonzero(~converged)
    sub, x, a, b = problem.take(open_items), along[open_items], low[open_items], high[open_items]
    last = np.full(len(x), np.inf)
    for _ in range(_MAX_ITERATIONS):
        error, slope = sub.imbalance(x)
        done = (np.abs(error) < TOLERANCE) | (b - a < 1e-14 * b)
        along[open_items] = x
        converged[open_items] = done
        keep = np.flatnonzero(~done)
        if not len(keep):
            break
        a, b = np.where(error < 0.0, x, a), np.where(error > 0.0, x, b)
        following = _newton_or_middle(x, error, slope, a, b, last)
        open_items, sub, last = open_items[keep], sub.take(keep), np.abs(error)[keep]
        x, a, b = following[keep], a[keep], b[keep]
    return along, converged


def _newton_or_middle(x: Floats, error: Floats, slope: Floats, low: Floats, high: Floats, last: Floats) -> Floats:
    """Newton's next place, or the middle of the bracket where Newton leaves it or does not gain."""
    step = error / np.where(slope > 0.0, slope, np.inf)
    newton = x - step
    trusted = (slope > 0.0) & (newton > low) & (newton < high) & (np.abs(error) < 0.5 * last)
    return np.where(trusted, newton, 0.5 * (low + high))


def _drive_slope(curves: MuscleCurves, speed: Floats, level: Floats) -> Floats:
    """Derivative of activation × force–velocity multiplier with respect to activation."""
    raised = level + _ACTIVATION_STEP
    ends = [a * np.maximum(curves.velocity(speed, a), 0.0) for a in (level, raised)]
    return (ends[1] - ends[0]) / _ACTIVATION_STEP


def _outcome(
    problem: _Problem, along: Floats, drive_slope: Floats, force: Floats, unit: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Tendon force (N), its slope over activation (N), fibre length (m) and pennation cosine at the balance."""
    fiber = np.sqrt(along * along + problem.thickness * problem.thickness)
    cosine = along / fiber
    tendon, tendon_slope = problem.curves.tendon((problem.path - along) / problem.slack)
    pulled = cosine * problem.curves.active(fiber)[0] * drive_slope
    slope = problem.imbalance(along)[1]
    # The implicit function theorem at the balance; where the fibre softens as fast as the tendon stiffens the balance
    # is not stable and the fibre's own slope stands in.
    stiffness = tendon_slope / problem.slack
    stable = slope > np.maximum(0.1 * stiffness, 1e-12)
    share = np.where(stable, stiffness / np.where(stable, slope, 1.0), 1.0)
    free = (along > problem.low) & (tendon > 0.0)
    return force * np.maximum(tendon, 0.0), np.where(free, force * share * pulled, 0.0), fiber * unit, cosine


def _fill(state: EquilibriumState, columns: NDArray[np.intp], part: EquilibriumState) -> None:
    """Write the columns of a part into a state that this module has just made."""
    for name, values in vars(part).items():
        getattr(state, name)[:, columns] = values
