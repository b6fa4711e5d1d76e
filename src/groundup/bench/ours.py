"""groundup's stages, as they are measured: what is read, what is computed, what is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundup.bench.case import LOWPASS_HZ, Case, MotionFile
from groundup.body.functions import Floats
from groundup.body.recording import ExternalForces, MarkerTrajectories, Table
from groundup.drop_in.analyze import analysed_motion
from groundup.drop_in.joint_reaction import given_reactions
from groundup.drop_in.tables import RecordedCoordinates, motion_table, read_coordinates, rows_between
from groundup.engine.muscle import ForceMode
from groundup.engine.skeleton import compile_skeleton
from groundup.io.external_loads import read_external_loads
from groundup.io.setup_xml import AnalyzeSetup
from groundup.io.storage import read_storage, write_storage
from groundup.io.trc import read_trc
from groundup.loads.moments import joint_moments, loadings
from groundup.loads.muscle_forces import MuscleLoads, SharingOptions, build_machine, share
from groundup.motion.filtering import smooth
from groundup.motion.inverse_kinematics import MarkerFit, MarkerProblem, build_problem, solve
from groundup.motion.trajectory import Motion, differentiate

EQUIVALENT = SharingOptions(mode=ForceMode.OPENSIM)


@dataclass(frozen=True)
class Stage:
    """A stage in its three parts: ``compute`` takes what ``read`` returns, ``write`` what ``compute`` returns."""

    read: Callable[[], Any]
    compute: Callable[[Any], Any]
    write: Callable[[Any], None]


@dataclass(frozen=True, eq=False)
class Moments:
    """Joint moments (F, C), N·m or N, at their times (F,), s."""

    time_s: Floats
    values: Floats


@dataclass(frozen=True, eq=False)
class Sharing:
    """The motion that was analysed and the muscle forces found."""

    motion: Motion
    loads: MuscleLoads


@dataclass(frozen=True, eq=False)
class GivenForces:
    """Forces that another program found: of muscles (F, M), N, and of actuators (F, A), N or N·m."""

    time_s: Floats
    muscle: Floats
    actuator: Floats


def inverse_kinematics(case: Case, folder: Path) -> Stage:
    """Markers to coordinates."""

    def compute(_: object) -> tuple[MarkerProblem, MarkerFit]:
        recording = case.recording
        problem = build_problem(case.body, recording.names, recording.positions_m, recording.time_s, case.tasks)
        return problem, solve(problem)

    def write(found: tuple[MarkerProblem, MarkerFit]) -> None:
        path = folder / "ik.mot"
        motion_table(path, case.body, case.recording.time_s, found[1].q).write(path)

    return Stage(lambda: read_trc(case.markers), compute, write)


def inverse_dynamics(case: Case, motion: MotionFile, folder: Path) -> Stage:
    """Coordinates of a file to joint moments."""
    names = case.body.coordinate_names

    def compute(given: tuple[RecordedCoordinates, ExternalForces]) -> Moments:
        recorded, forces = given
        signals = smooth(recorded.time_s, recorded.q, motion.lowpass_hz)
        # As OpenSim: at the instants of the even clock that the filter runs on.
        rows = rows_between(motion.path, "the recording", signals.clock_s, recorded.time_s[0], recorded.time_s[-1])
        time_s = signals.clock_s[rows]
        moving = Motion(time_s, *(signals.derivative(time_s, order) for order in range(3)))
        return Moments(moving.time_s, joint_moments(compile_skeleton(case.body), moving, forces, opensim=True))

    return Stage(
        lambda: _read_motion(case, motion),
        compute,
        lambda found: _write(folder / "id.sto", found.time_s, names, found.values),
    )


def static_optimisation(case: Case, motion: MotionFile, folder: Path) -> Stage:
    """Coordinates of a file to muscle forces; joint reactions come with them."""

    def compute(given: tuple[RecordedCoordinates, ExternalForces]) -> Sharing:
        machine = build_machine(case.body, case.actuators)
        moving = _analysed(case, given[0], motion.lowpass_hz)
        return Sharing(moving, share(machine, moving, given[1], EQUIVALENT))

    def write(found: Sharing) -> None:
        loads, time_s = found.loads, found.motion.time_s
        names = (*loads.muscles, *loads.actuators)
        _write(folder / "activation.sto", time_s, names, np.hstack([loads.activation, loads.control]))
        _write(folder / "force.sto", time_s, names, np.hstack([loads.force, loads.actuator_force]))

    return Stage(lambda: _read_motion(case, motion), compute, write)


def joint_reactions(case: Case, motion: MotionFile, forces: Path, folder: Path) -> Stage:
    """Coordinates and muscle forces of files to joint reactions (F, n_joints, 6), ground axes and origin."""

    def read() -> tuple[RecordedCoordinates, ExternalForces, GivenForces]:
        return *_read_motion(case, motion), read_forces(case, forces)

    def compute(given: tuple[RecordedCoordinates, ExternalForces, GivenForces]) -> tuple[Floats, Floats]:
        recorded, external, pushes = given
        machine = build_machine(case.body, case.actuators)
        moving = _analysed(case, recorded, motion.lowpass_hz)
        parts, start = [], 0
        for chunk, _ in loadings(machine.skeleton, moving, external, opensim=True):
            rows = slice(start, start + len(chunk.motion.time_s))
            start = rows.stop
            parts.append(given_reactions(machine, chunk, pushes.muscle[rows], pushes.actuator[rows]))
        return moving.time_s, np.concatenate(parts)

    return Stage(read, compute, lambda found: _write_reactions(case, folder, *found))


def everything(case: Case, folder: Path) -> Stage:
    """Markers to muscle forces and joint reactions, each step from our own result of the one before."""
    ik, so = (
        inverse_kinematics(case, folder),
        static_optimisation(case, MotionFile(folder / "ik.mot", LOWPASS_HZ), folder),
    )

    def read() -> tuple[MarkerTrajectories, ExternalForces]:
        return read_trc(case.markers), read_external_loads(case.loads)

    def compute(_: object) -> tuple[tuple[MarkerProblem, MarkerFit], Sharing]:
        problem, fit = ik.compute(None)
        motion = differentiate(problem.skeleton, case.recording.time_s, fit.q, LOWPASS_HZ)
        return (problem, fit), Sharing(
            motion, share(build_machine(case.body, case.actuators), motion, case.forces, EQUIVALENT)
        )

    def write(found: tuple[tuple[MarkerProblem, MarkerFit], Sharing]) -> None:
        ik.write(found[0])
        so.write(found[1])
        names = case.body.coordinate_names
        _write(folder / "id.sto", found[1].motion.time_s, names, found[1].loads.moments)
        _write_reactions(case, folder, found[1].motion.time_s, found[1].loads.reactions)

    return Stage(read, compute, write)


def read_forces(case: Case, path: Path) -> GivenForces:
    """Forces of muscles and actuators from a table of static optimisation, in our order."""
    table = read_storage(path)
    machine_names = tuple(m.name for m in case.body.muscles if m.applies_force)
    actuators = tuple(a.name for a in case.actuators if a.applies_force)
    return GivenForces(table.time_s, columns(table, machine_names), columns(table, actuators))


def columns(table: Table, names: tuple[str, ...]) -> Floats:
    """Columns of a table by name, shape (n_rows, len(names))."""
    index = {name: i for i, name in enumerate(table.columns)}
    return np.asarray(table.values[:, [index[name] for name in names]])


def filtered_part(case: Case, motion: MotionFile, rows: slice, path: Path) -> MotionFile:
    """Filter a motion, cut rows out of it and write them."""
    recorded = read_coordinates(motion.path, "", motion.path, case.body)
    time_s = recorded.time_s[rows]
    q = smooth(recorded.time_s, recorded.q, motion.lowpass_hz).derivative(time_s)
    motion_table(path, case.body, time_s, q).write(path)
    return MotionFile(path, None)


def _read_motion(case: Case, motion: MotionFile) -> tuple[RecordedCoordinates, ExternalForces]:
    recorded = read_coordinates(motion.path, "coordinates_file", motion.path, case.body)
    return recorded, read_external_loads(case.loads)


def _analysed(case: Case, recorded: RecordedCoordinates, lowpass_hz: float | None) -> Motion:
    """The motion as OpenSim's analyses take it, at every recorded instant."""
    slack = 1e-6  # times in files are rounded
    first, last = (float(recorded.time_s[i]) + slack for i in (0, -1))
    setup = AnalyzeSetup(case.model, initial_time=first, final_time=last)
    return analysed_motion(setup, case.body, compile_skeleton(case.body), recorded, lowpass_hz)[0]


def _write_reactions(case: Case, folder: Path, time_s: Floats, reactions: Floats) -> None:
    names = tuple(f"{joint.name}_{part}" for joint in case.body.joints for part in ("mx", "my", "mz", "fx", "fy", "fz"))
    _write(folder / "reactions.sto", time_s, names, reactions.reshape(len(time_s), -1))


def _write(path: Path, time_s: Floats, names: tuple[str, ...], values: Floats) -> None:
    write_storage(Table(time_s, names, values, in_degrees=False, name=path.stem), path)
