"""What is measured: a model and a recording, in files for OpenSim and in memory for groundup."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groundup.body.model import Actuator, Body, CoordinateActuator
from groundup.body.recording import ExternalForces, MarkerTrajectories
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import compile_skeleton
from groundup.io.external_loads import read_external_loads, write_external_loads
from groundup.io.osim_read import read_force_set, read_osim
from groundup.io.osim_write import write_osim
from groundup.io.setup_xml import read_tasks
from groundup.io.trc import read_trc, write_trc
from groundup.loads.muscle_forces import root_coordinates
from groundup.loads.plates import contacts_on_plates
from groundup.motion.inverse_kinematics import Tasks, build_problem, solve
from groundup.motion.recording_window import clip_to_forces, window
from groundup.motion.tasks import to_tasks

LOWPASS_HZ = 6.0
RESIDUAL_N = 500.0
"""Strength of an actuator on a coordinate that carries the whole body, N or N·m, where no file gives actuators."""
RESERVE_NM = 20.0
"""Strength of an actuator on every other free coordinate, N·m or N, where no file gives actuators."""


@dataclass(frozen=True)
class Inputs:
    """Files to measure on; what is None has a default."""

    model: Path
    markers: Path
    forces: Path
    ik_tasks: Path | None = None
    reserves: Path | None = None
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True)
class MotionFile:
    """Coordinates in a file, and whether they still have to be filtered (None: no)."""

    path: Path
    lowpass_hz: float | None


@dataclass(frozen=True, eq=False)
class Case:
    """A model and a recording, ready for both programs.

    Attributes
    ----------
    model, markers, loads : files that OpenSim reads: ``.osim``, ``.trc`` (m) and ExternalLoads
    body, recording, forces, tasks : the same in memory
    actuators : what stands in where muscles cannot: the model's own and those added
    added : those that the model does not hold
    reserves : the file of those added; None where groundup chose them
    """

    title: str
    model: Path
    markers: Path
    loads: Path
    body: Body
    recording: MarkerTrajectories
    forces: ExternalForces
    tasks: Tasks
    added: tuple[Actuator, ...]
    reserves: Path | None = None

    @property
    def actuators(self) -> tuple[Actuator, ...]:
        """The model's own actuators and those added."""
        return (*self.body.actuators, *self.added)

    @property
    def body_weight_n(self) -> float:
        """Weight of the body, N."""
        return float(self.body.mass * np.linalg.norm(self.body.gravity))


def case_from_files(inputs: Inputs, folder: Path) -> Case:
    """Read a case; what OpenSim cannot take as it is, is written into ``folder``.

    Raises
    ------
    GroundupError
        A file cannot be read, or recording and model do not fit.
    """
    body = read_osim(inputs.model)
    recording = window(read_trc(inputs.markers), inputs.start_s, inputs.end_s)
    forces = read_external_loads(inputs.forces)
    recording, _ = clip_to_forces(recording, forces)
    tasks = _all_markers(body) if inputs.ik_tasks is None else to_tasks(body, read_tasks(inputs.ik_tasks))
    if any(wrench.segment is None for wrench in forces.wrenches):
        forces = _assigned(body, recording, forces, tasks)
    added, reserves = default_actuators(body), None
    if inputs.reserves is not None:
        # OpenSim takes names in a set-up to be relative to the set-up.
        added, reserves = read_force_set(inputs.reserves), inputs.reserves.resolve()
    files = _write(recording, forces, folder)
    return Case(inputs.model.stem, inputs.model.resolve(), *files, body, recording, forces, tasks, added, reserves)


def built_in_case(folder: Path, start_s: float | None = None, end_s: float | None = None) -> Case:
    """Return the built-in walk on the default body (318 muscles), written into ``folder``."""
    from groundup.body.default_body import default_body
    from groundup.motion.synthetic import synthetic_recording

    body = default_body()
    recording, forces, _ = synthetic_recording(body)
    model = folder / "default_body.osim"
    write_osim(body, model)
    recording = window(recording, start_s, end_s)
    files = _write(recording, forces, folder)
    return Case(
        "default body, built-in synthetic walk",
        model,
        *files,
        body,
        recording,
        forces,
        _all_markers(body),
        default_actuators(body),
    )


def default_actuators(body: Body) -> tuple[Actuator, ...]:
    """Strong residuals where the whole body is carried, weak reserves on every other free coordinate without one."""
    skeleton = compile_skeleton(body)
    roots = {skeleton.coordinates[i] for i in root_coordinates(skeleton)}
    taken = {a.coordinate for a in body.actuators if isinstance(a, CoordinateActuator)}
    taken |= {c.dependent for c in body.couplers}
    free = [c.name for c in body.coordinates if c.name not in taken and not c.locked]
    return tuple(
        CoordinateActuator(f"reserve_{name}", name, RESIDUAL_N if name in roots else RESERVE_NM) for name in free
    )


def _all_markers(body: Body) -> Tasks:
    return Tasks({m.name: 1.0 for m in body.markers})


def _assigned(body: Body, recording: MarkerTrajectories, forces: ExternalForces, tasks: Tasks) -> ExternalForces:
    """Give force plates to the feet that stand on them."""
    problem = build_problem(body, recording.names, recording.positions_m, recording.time_s, tasks)
    at = poses(problem.skeleton, solve(problem).q)
    return contacts_on_plates(problem.skeleton, at, recording.time_s, forces).forces


def _write(recording: MarkerTrajectories, forces: ExternalForces, folder: Path) -> tuple[Path, Path]:
    markers, loads = folder / "markers.trc", folder / "loads.xml"
    write_trc(recording, markers)
    write_external_loads(forces, loads)
    return markers, loads
