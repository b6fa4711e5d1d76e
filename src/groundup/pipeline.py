"""Both paths of groundup, readable on one screen."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import groundup
from groundup.body.model import Actuator, Body
from groundup.body.recording import ExternalForces, MarkerTrajectories
from groundup.chain.conclude import conclude
from groundup.drop_in.run import run_setup as run_setup
from groundup.engine.kinematics import poses
from groundup.engine.muscle import ForceMode
from groundup.loads.analysis import Analysis
from groundup.loads.moments import joint_moments
from groundup.loads.muscle_forces import SharingOptions, build_machine, share
from groundup.loads.plates import assign_plates
from groundup.motion.inverse_kinematics import MarkerFit, Tasks, build_problem, solve
from groundup.motion.recording_window import clip_to_forces, window
from groundup.motion.trajectory import differentiate
from groundup.study import InputFile, Provenance, Study

Progress = Callable[[str], None]


@dataclass(frozen=True)
class AnalyseOptions:
    """What ``groundup analyse`` is asked to do; files and settings, units in the names."""

    model: Path
    markers: Path
    forces: Path | None = None
    ik_tasks: Path | None = None
    lowpass_hz: float | None = 6.0
    exponent: float = 2.0
    opensim_equivalent: bool = False
    reserves: Path | None = None
    reserve_nm: float = 1.0
    marker_units: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    command: str = ""


@dataclass(frozen=True)
class Method:
    """How a recording is turned into loads."""

    lowpass_hz: float | None = 6.0
    sharing: SharingOptions = field(default_factory=SharingOptions)
    reserve_nm: float = 1.0


def analyse(options: AnalyseOptions, progress: Progress = lambda stage: None) -> Study:
    """Analyse a recording on a model: markers and forces to joint, muscle and low-back loads.

    Raises
    ------
    GroundupError
        A file cannot be read, or recording and model do not fit; the message says where and what to do.
    """
    from groundup.io.external_loads import read_external_loads
    from groundup.io.osim_read import read_force_set, read_osim
    from groundup.io.trc import read_trc

    progress("reading")
    body = read_osim(options.model)
    recording = read_trc(options.markers, options.marker_units)
    forces = None if options.forces is None else read_external_loads(options.forces)
    extra = () if options.reserves is None else read_force_set(options.reserves)
    recording = window(recording, options.start_s, options.end_s)
    tasks = _tasks(body, options.ik_tasks)
    mode = ForceMode.OPENSIM if options.opensim_equivalent else ForceMode.GROUNDUP
    method = Method(options.lowpass_hz, SharingOptions(options.exponent, mode), options.reserve_nm)
    found = compute(body, recording, forces, tasks, extra, method, progress)
    progress("concluding")
    return conclude(found, options.markers.stem, _provenance(options))


def demo(progress: Progress = lambda stage: None) -> Study:
    """Analyse the walk that comes with groundup: a synthetic recording on the default body."""
    from groundup.body.default_body import default_body
    from groundup.motion.synthetic import synthetic_recording

    progress("writing the synthetic recording")
    body = default_body()
    markers, forces, _ = synthetic_recording(body)
    found = compute(body, markers, forces, _tasks(body, None), progress=progress)
    progress("concluding")
    options = AnalyseOptions(Path("default"), Path("synthetic"), command="groundup demo")
    return conclude(found, "Demonstration walk", _provenance(options, files={}), synthetic=True)


def compute(
    body: Body,
    recording: MarkerTrajectories,
    forces: ExternalForces | None,
    tasks: Tasks,
    extra: tuple[Actuator, ...] = (),
    method: Method | None = None,
    progress: Progress = lambda stage: None,
) -> Analysis:
    """Compute everything from one recording on one body."""
    method = method or Method()
    notes: list[str] = []
    if forces is not None:
        recording, notes = clip_to_forces(recording, forces)
    progress("inverse kinematics")
    problem = build_problem(body, recording.names, recording.positions_m, recording.time_s, tasks)
    fit: MarkerFit = solve(problem)
    skeleton = problem.skeleton
    motion = differentiate(skeleton, recording.time_s, fit.q, method.lowpass_hz)
    at = poses(skeleton, motion.q)
    reasons = {} if forces is not None else _without_plates()
    moments, loads = None, None
    if forces is not None:
        forces = assign_plates(skeleton, at, motion.time_s, forces)
    if forces is not None and body.muscles:
        progress("moments, muscle forces and joint loads")
        loads = share(build_machine(body, extra or None, method.reserve_nm), motion, forces, method.sharing)
        moments = loads.moments
    elif forces is not None:
        progress("joint moments")
        moments = joint_moments(skeleton, motion, forces, opensim=method.sharing.opensim)
        reasons |= {g: "the model has no muscles" for g in ("muscle_force", "activation", "joint_load", "lumbar")}
    return Analysis(body, skeleton, recording, fit, motion, at, forces, moments, loads, reasons, tuple(notes))


def save(study: Study, folder: Path) -> None:
    """Write a study's files into a folder."""
    from groundup.report.files import write_results

    write_results(study, folder)


def _without_plates() -> dict[str, str]:
    why = "no ground forces were given; pass them with --forces"
    return {g: why for g in ("moment", "muscle_force", "activation", "joint_load", "lumbar", "ground_force")}


def _tasks(body: Body, file: Path | None) -> Tasks:
    """Marker weights and coordinate targets from a file, or weight 1 for every marker."""
    if file is None:
        return Tasks({m.name: 1.0 for m in body.markers})
    from groundup.io.setup_xml import read_tasks
    from groundup.motion.tasks import to_tasks

    return to_tasks(body, read_tasks(file))


_FILES = ("model", "markers", "forces", "ik_tasks", "reserves")


def _provenance(options: AnalyseOptions, files: dict[str, Path | None] | None = None) -> Provenance:
    files = {role: getattr(options, role) for role in _FILES} if files is None else files
    settings = {k: v for k, v in asdict(options).items() if k not in (*_FILES, "command") and v is not None}
    return Provenance(
        groundup.__version__,
        platform.python_version(),
        np.__version__,
        platform.platform(),
        datetime.now(UTC).isoformat(timespec="seconds"),
        options.command,
        tuple(_input(role, path) for role, path in files.items() if path is not None),
        settings,
    )


def _input(role: str, path: Path) -> InputFile:
    data = path.read_bytes()
    return InputFile(role, path.name, hashlib.sha256(data).hexdigest(), len(data))
