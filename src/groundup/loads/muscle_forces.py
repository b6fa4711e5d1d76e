"""Static optimisation: which muscle forces explain the joint moments with the least effort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Actuator, Body, CoordinateActuator
from groundup.body.recording import ExternalForces
from groundup.engine.moment_arms import ArmPlan, moment_arms, muscle_wrenches, plan_moment_arms
from groundup.engine.muscle import ForceMode, MuscleSet, compile_muscles
from groundup.engine.muscle_path import PathGeometry, path_geometry, segment_pulls
from groundup.engine.muscle_tendon import force_lines, linear_in_activation
from groundup.engine.path_set import PathSet, compile_paths
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.loads.actuators import ActuatorEffects, actuator_effects
from groundup.loads.joint_contact import joint_reactions
from groundup.loads.moments import Loading, loading, stretches
from groundup.motion.trajectory import Motion
from groundup.parallel import in_order
from groundup.solvers.muscle_sharing import SharingProblem, Solution, share_muscle_forces

TENDON_ROUNDS = 2
"""How often the load is shared again with tendons as long as the forces found make them."""

RESERVE_NM = 1.0
"""Strength of the reserves groundup adds: so weak that the optimisation uses them only where muscles cannot."""


@dataclass(frozen=True)
class SharingOptions:
    """How the load is shared.

    Attributes
    ----------
    exponent : float
        Power of the activations in the effort that is minimised.
    mode : ForceMode
        ``GROUNDUP`` counts passive muscle force and the tendon; ``OPENSIM`` shares exactly as OpenSim does.
    physiology : bool
        Force–length–velocity; False lets every muscle reach its greatest isometric force (an ideal force generator).
    """

    exponent: float = 2.0
    mode: ForceMode = ForceMode.GROUNDUP
    physiology: bool = True

    @property
    def opensim(self) -> bool:
        """Whether everything is to be computed as OpenSim does."""
        return self.mode is ForceMode.OPENSIM


@dataclass(frozen=True, eq=False)
class Machine:
    """A body compiled for static optimisation."""

    skeleton: Skeleton
    muscles: MuscleSet
    paths: PathSet
    arms: ArmPlan
    lower: Floats  # (M + A,)
    upper: Floats
    actuators: tuple[Actuator, ...]
    strength: Floats  # (A,) optimal force of each actuator, N or N·m
    rows: np.ndarray  # coordinates whose moments are shared
    residual_rows: np.ndarray  # coordinates that move the whole body and have no actuator: reported, not shared


@dataclass(frozen=True, eq=False)
class MuscleLoads:
    """Muscle forces and the joint loads they make.

    Attributes
    ----------
    muscles, actuators : names
    driven : the coordinate of each actuator; None for those that act on segments
    crossed : coordinates that muscles cross
    activation, force, length : array, shape (F, M), 1, N along the tendon, m
    passive_force : array, shape (F, M), N
        Part of ``force`` that is there without activation.
    control, actuator_force : array, shape (F, A), 1 and N·m or N
    reactions : array, shape (F, n_joints, 6), N·m and N
        Wrench of the parent on the child through each joint, about the ground origin in ground axes.
    violation : array, shape (F,), N·m or N
        Largest moment left unexplained.
    objective : array, shape (F,)
    status : array of Status, shape (F,)
    """

    muscles: tuple[str, ...]
    actuators: tuple[str, ...]
    driven: tuple[str | None, ...]
    crossed: frozenset[str]
    activation: Floats
    force: Floats
    passive_force: Floats
    length: Floats
    control: Floats
    actuator_force: Floats
    moments: Floats
    reactions: Floats
    violation: Floats
    objective: Floats
    status: np.ndarray


def build_machine(body: Body, actuators: Sequence[Actuator] | None = None, reserve_nm: float | None = None) -> Machine:
    """Compile a body for static optimisation.

    Parameters
    ----------
    actuators : actuators beside the muscles; None for none but reserves of ``RESERVE_NM``
    reserve_nm : float or None
        Strength, N·m or N, of the reserves that every coordinate without an actuator gets. Coordinates of the root
        get none: their moments are residuals, and are not shared. None adds nothing and leaves nothing out, as
        OpenSim does.
    """
    skeleton = compile_skeleton(body)
    muscles = tuple(m for m in body.muscles if m.applies_force)
    paths = compile_paths(body, skeleton.segment_index, skeleton.coordinate_index, [m.name for m in muscles])
    arms = plan_moment_arms(skeleton, paths)
    free = _free_coordinates(body, skeleton)
    roots = root_coordinates(skeleton)
    chosen = tuple(a for a in actuators or () if a.applies_force)
    residual = np.array([], dtype=int)
    if actuators is None or reserve_nm is not None:
        residual = _undriven_roots(skeleton, roots, chosen)
        inner = np.setdiff1d(free, roots)
        chosen += _reserves(skeleton, inner, chosen, RESERVE_NM if reserve_nm is None else reserve_nm)
    lower = np.array([*(m.min_control for m in muscles), *(a.min_control for a in chosen)])
    upper = np.array([*(m.max_control for m in muscles), *(a.max_control for a in chosen)])
    return Machine(
        skeleton,
        compile_muscles(muscles),
        paths,
        arms,
        lower,
        upper,
        chosen,
        np.array([a.optimal_force for a in chosen]),
        np.setdiff1d(free, residual),
        np.intersect1d(free, residual),
    )


def share(
    machine: Machine, motion: Motion, forces: ExternalForces | None, options: SharingOptions | None = None
) -> MuscleLoads:
    """Share the joint moments of a motion among muscles and compute joint reactions.

    Returns
    -------
    MuscleLoads

    References
    ----------
    .. [1] Crowninshield, Brand, 1981, doi:10.1016/0021-9290(81)90035-X
    """
    options = options or SharingOptions()
    margin = 0 if options.opensim else TENDON_ROUNDS + 1

    def part(stretch: tuple[Motion, slice]) -> tuple[np.ndarray, ...]:
        some, own = stretch
        load = loading(machine.skeleton, some, forces, opensim=options.opensim)
        return tuple(column[own] for column in _share_chunk(machine, load, options))

    parts = in_order(part, stretches(motion, margin))
    return _named(machine, tuple(np.concatenate(column) for column in zip(*parts, strict=True)))


def share_loading(machine: Machine, load: Loading, options: SharingOptions | None = None) -> MuscleLoads:
    """Share what is asked of the joints, however it came about, all frames at once; see :func:`share`."""
    return _named(machine, _share_chunk(machine, load, options or SharingOptions()))


def _named(machine: Machine, columns: tuple[np.ndarray, ...]) -> MuscleLoads:
    """Loads with the names of what carries them."""
    names = machine.paths.muscles, tuple(a.name for a in machine.actuators)
    driven = tuple(a.coordinate if isinstance(a, CoordinateActuator) else None for a in machine.actuators)
    crossed = frozenset(machine.skeleton.coordinates[i] for i in machine.arms.coordinate)
    return MuscleLoads(*names, driven, crossed, *columns)


def _share_chunk(machine: Machine, load: Loading, options: SharingOptions) -> tuple[np.ndarray, ...]:
    skeleton, at, motion = machine.skeleton, load.at, load.motion
    geometry = path_geometry(machine.paths, at.rotation, at.translation, motion.q, like_opensim=options.opensim)
    pulls = segment_pulls(machine.paths, geometry)
    arms = moment_arms(machine.arms, at, geometry, pulls)
    effects = actuator_effects(skeleton, at, machine.actuators)
    rows = _share_rows(machine, load, arms, effects)
    tension: Floats | None = None
    for _ in range(1 + _tendon_rounds(machine, options)):
        active, passive = _force_lines(machine, geometry, arms, motion, options, tension)
        found = _solve(machine, rows, active, passive, options)
        activation = found.activations[:, : len(machine.paths.muscles)]
        tension = passive + activation * active
    control = found.activations[:, len(machine.paths.muscles) :]
    force, push = passive + activation * active, control * machine.strength
    applied = muscle_wrenches(skeleton, pulls, force) + np.einsum("fa,fabi->fbi", push, effects.wrenches)
    reactions = joint_reactions(skeleton, load.needed - applied)
    return (
        activation,
        force,
        passive,
        geometry.length,
        control,
        push,
        load.moments,
        reactions,
        found.worst_violation,
        found.objective,
        found.status,
    )


def _tendon_rounds(machine: Machine, options: SharingOptions) -> int:
    """How often tendons change length with the force found: never where none of them can."""
    stretches = bool(machine.muscles.compliant.any()) and options.physiology and not options.opensim
    return TENDON_ROUNDS if stretches else 0


def _force_lines(
    machine: Machine,
    geometry: PathGeometry,
    arms: Floats,
    motion: Motion,
    options: SharingOptions,
    tension: Floats | None,
) -> tuple[Floats, Floats]:
    """Active force per unit of activation and passive force, each (F, M), N."""
    if not options.physiology:
        strongest = np.broadcast_to(machine.muscles.force, geometry.length.shape)
        return strongest, np.zeros_like(geometry.length)
    velocity = -(arms @ motion.speed[..., None])[..., 0]
    if options.opensim:
        return linear_in_activation(machine.muscles, geometry.length, velocity, ForceMode.OPENSIM)
    return force_lines(machine.muscles, geometry.length, velocity, motion.time_s, tension)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The equations of sharing, for the coordinates that take part: arms (F, R, M), effects (F, R, A), asked (F, R)."""

    arms: Floats
    effects: Floats
    asked: Floats


def _share_rows(machine: Machine, load: Loading, arms: Floats, effects: ActuatorEffects) -> _Rows:
    """Moments of the independent coordinates; what acts on dependent ones reaches them through the couplers."""
    couplers, q = machine.skeleton.couplers, load.motion.q
    folded = [couplers.fold(q, x)[..., machine.rows] for x in (arms, effects.generalised, load.moments)]
    upright = [np.ascontiguousarray(np.swapaxes(x, 1, 2)) for x in folded[:2]]
    return _Rows(upright[0], upright[1] * machine.strength, folded[2])


def _solve(machine: Machine, rows: _Rows, active: Floats, passive: Floats, options: SharingOptions) -> Solution:
    """Share the moments that passive forces leave."""
    problem = SharingProblem(
        matrix=np.concatenate([rows.arms * active[:, None], rows.effects], axis=2),
        target=rows.asked - (rows.arms @ passive[..., None])[..., 0],
        lower=machine.lower,
        upper=machine.upper,
        power=options.exponent,
    )
    return share_muscle_forces(problem, tolerance=1e-9)


def _free_coordinates(body: Body, skeleton: Skeleton) -> np.ndarray:
    """Coordinates that neither follow another nor are held."""
    held = [i for i, c in enumerate(body.coordinates) if c.locked or (c.is_prescribed and c.prescribed is not None)]
    return np.setdiff1d(np.arange(len(body.coordinates)), [*held, *skeleton.couplers.dependent])


def root_coordinates(skeleton: Skeleton) -> np.ndarray:
    """Coordinates that carry the whole body, without what is fixed to the ground."""
    carried = skeleton.carries[(skeleton.carries > 0).any(axis=1)]
    whole = (carried > 0).all(axis=0)
    return np.flatnonzero((skeleton.motions.weights[whole] != 0).any(axis=0))


def _undriven_roots(skeleton: Skeleton, roots: np.ndarray, actuators: Sequence[Actuator]) -> np.ndarray:
    """Coordinates of the root that no actuator drives; one on segments may drive all of them."""
    if not all(isinstance(a, CoordinateActuator) for a in actuators):
        return np.array([], dtype=int)
    driven = [skeleton.coordinate_index.get(a.coordinate) for a in actuators if isinstance(a, CoordinateActuator)]
    return np.array([i for i in roots if i not in driven], dtype=int)


def _reserves(
    skeleton: Skeleton, coordinates: np.ndarray, actuators: Sequence[Actuator], reserve_nm: float
) -> tuple[Actuator, ...]:
    """A reserve for each coordinate that none of the actuators drives."""
    driven = {a.coordinate for a in actuators if isinstance(a, CoordinateActuator)}
    names = [name for name in (skeleton.coordinates[i] for i in coordinates) if name not in driven]
    return tuple(CoordinateActuator(f"reserve_{name}", name, reserve_nm) for name in names)
