"""What ``groundup analyse`` does: files and options in, a study out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from groundup.body.recording import Recording
from groundup.engine.muscle import ForceMode
from groundup.errors import SetupError
from groundup.loads.muscle_forces import SharingOptions
from groundup.motion.inverse_kinematics import Tasks
from groundup.motion.recording_window import window
from groundup.motion.up_axis import turn_z_up
from groundup.pipeline import Method, Progress, analyse
from groundup.provenance import provenance
from groundup.study import Study

_FILES = ("model", "markers", "forces", "ik_tasks", "reserves")


@dataclass(frozen=True)
class AnalyseOptions:
    """What ``groundup analyse`` is asked to do; files and settings, units in the names.

    ``up`` is the axis of the recording that points up: ``y`` or ``z``.
    """

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
    up: str = "y"
    command: str = ""


def analyse_files(options: AnalyseOptions, progress: Progress = lambda stage: None) -> Study:
    """Analyse a recording on a model, both read from files.

    Raises
    ------
    GroundupError
        A file cannot be read, or recording and model do not fit; the message says where and what to do.
    """
    from groundup.io.osim_read import read_force_set, read_osim
    from groundup.io.setup_xml import read_tasks
    from groundup.motion.tasks import to_tasks

    progress("reading")
    body = read_osim(options.model)
    recording = _recording(options)
    tasks: Tasks | None = None if options.ik_tasks is None else to_tasks(body, read_tasks(options.ik_tasks))
    mode = ForceMode.OPENSIM if options.opensim_equivalent else ForceMode.GROUNDUP
    method = Method(
        lowpass_hz=options.lowpass_hz,
        sharing=SharingOptions(options.exponent, mode),
        tasks=tasks,
        actuators=() if options.reserves is None else read_force_set(options.reserves),
        reserve_nm=options.reserve_nm,
    )
    origin = provenance(options.command, _settings(options), {role: getattr(options, role) for role in _FILES})
    return analyse(recording, body, method, progress=progress, origin=origin)


def _recording(options: AnalyseOptions) -> Recording:
    """Read markers and forces; a C3D file holds both, and is turned by what it shows itself."""
    from groundup.io.external_loads import read_external_loads
    from groundup.io.kind import is_c3d
    from groundup.io.trc import read_trc

    given = None if options.forces is None else read_external_loads(options.forces)
    title = options.markers.stem
    if is_c3d(options.markers):
        if options.up != "y":
            raise SetupError(
                f"{options.markers}: --up {options.up} was given for a C3D recording, which is turned to y up by where "
                "its markers are. Leave --up out."
            )
        from groundup.io.c3d import read_c3d

        recording = read_c3d(options.markers, options.marker_units, with_forces=given is None).recording(title)
        recording = replace(recording, forces=given or recording.forces)
    else:
        recording = Recording(read_trc(options.markers, options.marker_units), given, title)
    recording = replace(recording, markers=window(recording.markers, options.start_s, options.end_s))
    return turn_z_up(recording) if options.up == "z" else recording


def _settings(options: AnalyseOptions) -> dict[str, object]:
    return {k: v for k, v in asdict(options).items() if k not in (*_FILES, "command") and v is not None}
