"""OpenSim's JointReaction: loads through the joints under given muscle and actuator forces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND
from groundup.body.recording import ExternalForces, Table
from groundup.drop_in.outcome import Output
from groundup.drop_in.tables import needed, storage
from groundup.engine.dynamics import inertial_wrenches, mass_matrix
from groundup.engine.kinematics import Poses, rates
from groundup.engine.moment_arms import moment_arms, muscle_wrenches
from groundup.engine.muscle_path import path_geometry, segment_pulls
from groundup.engine.skeleton import Skeleton
from groundup.errors import SetupError
from groundup.io.setup_xml import JointReactionSetup
from groundup.io.storage import read_storage
from groundup.loads.actuators import actuator_effects
from groundup.loads.joint_contact import In, On, express, joint_reactions
from groundup.loads.moments import Loading, loadings
from groundup.loads.muscle_forces import Machine
from groundup.motion.trajectory import Motion

_HEADER = (
    "\nThis file contains the reaction forces and moments\n"
    "applied to the specified body of a joint pair and expressed  in the specified reference frame.\n\n"
    "Units are S.I. units (seconds, meters, Newtons, ...)\n"
)
_PARTS = tuple(f"{kind}{axis}" for kind in "fmp" for axis in "xyz")


@dataclass(frozen=True)
class Selection:
    """A joint, the side on which its load is said to act, and the axes: the ends', the ground's or a segment's."""

    joint: int
    on: On
    axes: In | str
    label: str


def joint_reaction(
    setup: Path,
    analysis: JointReactionSetup,
    machine: Machine,
    motion: Motion,
    external: ExternalForces | None,
    stem: Path,
) -> tuple[Output, ...]:
    """Compute joint reactions.

    Notes
    -----
    As in OpenSim, accelerations are not those recorded but those that the given forces cause.
    """
    chosen = select(setup, analysis, machine.skeleton)
    file = needed(setup, "forces_file", analysis.forces_file)
    force, push = _given_forces(setup, file, machine, motion.time_s)
    rows, start = [], 0
    for chunk, _ in loadings(machine.skeleton, motion, external, opensim=True):
        part = slice(start, start + len(chunk.motion.time_s))
        start = part.stop
        reactions = given_reactions(machine, chunk, force[part], push[part])
        rows.append(np.hstack([_expressed(machine.skeleton, chunk.at, reactions, s) for s in chosen]))
    columns = tuple(f"{s.label}_{part}" for s in chosen for part in _PARTS)
    path = stem.with_name(f"{stem.name}_ReactionLoads.sto")
    return (storage(path, "Joint Reaction Loads", motion.time_s, columns, np.vstack(rows), _HEADER),)


# --- which joints, and how ------------------------------------------------------------------------------------------


def select(setup: Path, analysis: JointReactionSetup, skeleton: Skeleton) -> tuple[Selection, ...]:
    """Read the lists of joints, sides and frames.

    Raises
    ------
    SetupError
        A joint or a frame is not in the model.
    """
    every = any(name.lower() == "all" for name in analysis.joint_names)
    names = skeleton.joints if every else analysis.joint_names
    place = f"{setup}: JointReaction[{analysis.name}]"
    for tag, words in (("apply_on_bodies", analysis.apply_on_bodies), ("express_in_frame", analysis.express_in_frame)):
        if len(words) not in (1, len(names)):
            raise SetupError(
                f"{place}/<{tag}> holds {len(words)} entries, expected 1 or one for each of {len(names)} joints. "
                "Correct it."
            )
    sides = _spread(analysis.apply_on_bodies, len(names))
    frames = _spread(analysis.express_in_frame, len(names))
    return tuple(_selection(place, skeleton, *words) for words in zip(names, sides, frames, strict=True))


def _spread(words: Sequence[str], count: int) -> Sequence[str]:
    return words if len(words) == count else [words[0]] * count


def _selection(place: str, skeleton: Skeleton, name: str, side: str, frame: str) -> Selection:
    if name not in skeleton.joints:
        raise SetupError(
            f"{place}/<joint_names> holds {name[:40]!r}, which the model does not have; expected ALL or some of "
            f"{', '.join(skeleton.joints)}. Correct it."
        )
    joint = skeleton.joints.index(name)
    ends = {
        On.CHILD.value: skeleton.segments[skeleton.joint_child[joint]],
        On.PARENT.value: skeleton.segments[skeleton.joint_parent[joint]],
    }
    if frame not in (*ends, *skeleton.segments):
        raise SetupError(
            f"{place}/<express_in_frame> holds {frame[:40]!r}, expected ground, child, parent or a segment of the "
            "model. Correct it."
        )
    axes: In | str = In(frame) if frame in ends else In.GROUND if frame == GROUND else frame
    return Selection(joint, On(side), axes, f"{name}_on_{ends[side]}_in_{ends.get(frame, frame)}")


def _expressed(skeleton: Skeleton, at: Poses, reactions: Floats, s: Selection) -> Floats:
    """Force, moment and point of one selection, (F, 9)."""
    if isinstance(s.axes, In):
        return np.hstack(express(skeleton, at, reactions, s.joint, s.on, s.axes))
    force, moment, point = express(skeleton, at, reactions, s.joint, s.on, In.GROUND)
    segment = skeleton.segments.index(s.axes)
    back = np.swapaxes(at.rotation[:, segment], -1, -2)
    vectors = (force, moment, point - at.translation[:, segment])
    return np.hstack([(back @ v[..., None])[..., 0] for v in vectors])


# --- forces from the file -------------------------------------------------------------------------------------------


def _given_forces(setup: Path, file: Path, machine: Machine, time_s: Floats) -> tuple[Floats, Floats]:
    """Forces of muscles (F, M) and of actuators (F, A), N or N·m, straight between the rows of the file."""
    table = read_storage(file)
    actuators = tuple(a.name for a in machine.actuators)
    absent = [name for name in (*machine.paths.muscles, *actuators) if name not in table.columns]
    if absent:
        raise SetupError(
            f"{file}: lacks {len(absent)} of the model's forces ({', '.join(absent[:6])}), expected a column for each. "
            "Name the _force.sto of a StaticOptimization with the same model and force sets in <forces_file> of "
            f"{setup.name}."
        )
    first, last = table.time_s[0], table.time_s[-1]
    slack = 1e-6 + (0.5 * float(np.median(np.diff(table.time_s))) if len(table.time_s) > 1 else 0.0)
    if time_s[0] < first - slack or time_s[-1] > last + slack:
        raise SetupError(
            f"{setup}: reactions are wanted from {time_s[0]:.3f} to {time_s[-1]:.3f} s, but {file} runs from "
            f"{first:.3f} to {last:.3f} s. Choose <initial_time> and <final_time> within it."
        )
    return _columns(table, machine.paths.muscles, time_s), _columns(table, actuators, time_s)


def _columns(table: Table, names: Sequence[str], time_s: Floats) -> Floats:
    found = [np.interp(time_s, table.time_s, table.values[:, table.columns.index(name)]) for name in names]
    return np.column_stack(found) if found else np.zeros((len(time_s), 0))


# --- dynamics -------------------------------------------------------------------------------------------------------


def given_reactions(machine: Machine, load: Loading, force: Floats, push: Floats) -> Floats:
    """Wrench through every joint, (F, n_joints, 6), when the forces given accelerate the body."""
    skeleton, at, motion = machine.skeleton, load.at, load.motion
    geometry = path_geometry(machine.paths, at.rotation, at.translation, motion.q)
    pulls = segment_pulls(machine.paths, geometry)
    arms = moment_arms(machine.arms, at, geometry, pulls)
    effects = actuator_effects(skeleton, at, machine.actuators)
    generalised = (force[:, None] @ arms)[:, 0] + np.einsum("fa,fac->fc", push, effects.generalised)
    applied = muscle_wrenches(skeleton, pulls, force) + np.einsum("fa,fabi->fbi", push, effects.wrenches)
    excess = caused_acceleration(machine, load, generalised)
    return joint_reactions(skeleton, load.needed + _inertia_of(skeleton, at, excess) - applied)


def caused_acceleration(machine: Machine, load: Loading, generalised: Floats) -> Floats:
    """Acceleration, beside that of the motion, which generalised forces (F, C) cause: (F, C).

    With T the derivative of all coordinates by the free ones, Tᵀ M T Δz̈ = Tᵀ (given − needed); coordinates that are
    held or follow others do not move on their own.
    """
    skeleton, q = machine.skeleton, load.motion.q
    follow = skeleton.couplers.jacobian(q)[:, :, machine.rows]
    back = np.swapaxes(follow, -1, -2)
    surplus = back @ (generalised - load.moments)[..., None]
    mass = back @ mass_matrix(skeleton, load.at) @ follow
    return np.asarray((follow @ np.linalg.solve(mass, surplus))[..., 0])


def _inertia_of(skeleton: Skeleton, at: Poses, acceleration: Floats) -> Floats:
    """Wrench on each segment for an acceleration alone, (F, B, 6): no speed, no gravity."""
    weightless = replace(skeleton, gravity=np.zeros(3))
    return inertial_wrenches(weightless, at, rates(skeleton, at, np.zeros_like(acceleration), acceleration))
