"""What ``groundup analyse`` does: files and options in, a study out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from groundup.body.marker_sets import MarkerMap
from groundup.body.recording import Recording
from groundup.engine.muscle import ForceMode
from groundup.errors import RecordingError
from groundup.from_files.person import find_person
from groundup.from_files.recordings import read_recording
from groundup.loads.muscle_forces import SharingOptions
from groundup.motion.recording_window import window
from groundup.pipeline import Method, Progress, analyse, analyse_person
from groundup.provenance import provenance
from groundup.study import Provenance, Study

_FILES = ("model", "markers", "static", "forces", "ik_tasks", "reserves", "marker_set")


@dataclass(frozen=True)
class AnalyseOptions:
    """What ``groundup analyse`` is asked to do; files and settings, units in the names.

    Without a ``model``, groundup's own body is scaled to the person from the markers of the walk and of ``static``,
    with ``mass_kg``, ``height_m`` and tape measurements ``lengths_m``; what is not given is looked for in the
    recordings. ``marker_set`` is the name of a marker set or a file that describes one; None finds it by the labels.

    ``up`` is the axis of a TRC recording that points up: ``y``, ``z`` or ``auto``; None is ``y`` with a model and
    ``auto`` without.

    ``sex`` (``female``, ``male``) and ``age_years`` choose published ranges. ``pressure`` are files of plantar
    pressure, which tell what each region of the feet carries in place of the centre of pressure.

    ``samples`` and ``seed`` tell how sure the numbers of this recording are; see :func:`groundup.analyse`.
    ``attribution`` splits differences of left and right among the links of the chain.
    """

    markers: Path
    forces: Path | None = None
    model: Path | None = None
    static: Path | None = None
    mass_kg: float | None = None
    height_m: float | None = None
    lengths_m: Mapping[str, float] = field(default_factory=dict)
    marker_set: str | None = None
    sex: str | None = None
    age_years: float | None = None
    steps_per_day: float | None = None
    pressure: tuple[Path, ...] = ()
    reduce_residuals: bool = False
    ik_tasks: Path | None = None
    lowpass_hz: float | None = 6.0
    exponent: float = 2.0
    opensim_equivalent: bool = False
    reserves: Path | None = None
    reserve_nm: float = 1.0
    marker_units: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    up: str | None = None
    samples: int = 0
    seed: int = 0
    attribution: bool = False
    command: str = ""


def analyse_files(options: AnalyseOptions, progress: Progress = lambda stage: None) -> Study:
    """Analyse a recording read from files: on a model, or on groundup's own body scaled to the person.

    Raises
    ------
    GroundupError
        A file cannot be read, or recording and body do not fit; the message says where and what to do.
    """
    progress("reading")
    if options.model is None:
        return _on_own_body(options, progress)
    return _on_model(options, options.model, progress)


def _on_model(options: AnalyseOptions, model: Path, progress: Progress) -> Study:
    from groundup.io.osim_read import read_osim
    from groundup.io.setup_xml import read_tasks
    from groundup.motion.tasks import to_tasks

    body = read_osim(model)
    recording = _recording(options, options.up or "y")
    tasks = None if options.ik_tasks is None else to_tasks(body, read_tasks(options.ik_tasks))
    method = replace(_method(options), tasks=tasks)
    return analyse(
        recording,
        body,
        method,
        samples=options.samples,
        seed=options.seed,
        progress=progress,
        origin=_origin(options),
    )


def _on_own_body(options: AnalyseOptions, progress: Progress) -> Study:
    recording = _recording(options, options.up or "auto")
    up = options.up or "auto"
    standing = None if options.static is None else read_recording(options.static, None, options.marker_units, up)
    both = (recording,) if standing is None else (recording, standing)
    person, weighed, said = find_person(options.mass_kg, options.height_m, options.lengths_m, both)
    return analyse_person(
        replace(recording, notes=(*recording.notes, *said)),
        person,
        standing=standing,
        marker_map=_marker_map(options),
        marker_set=None if _marker_file(options) else options.marker_set,
        weighed=weighed,
        method=_method(options),
        samples=options.samples,
        seed=options.seed,
        progress=progress,
        origin=_origin(options),
    )


def _recording(options: AnalyseOptions, up: str) -> Recording:
    recording = read_recording(options.markers, options.forces, options.marker_units, up)
    markers = window(recording.markers, options.start_s, options.end_s)
    subject = replace(
        recording.subject, sex=options.sex, age_years=options.age_years, steps_per_day=options.steps_per_day
    )
    return _with_pressure(replace(recording, markers=markers, subject=subject), options.pressure)


def _with_pressure(recording: Recording, files: tuple[Path, ...]) -> Recording:
    """The recording with plantar pressure, which must share its clock."""
    if not files:
        return recording
    from groundup.io.pressure_table import read_pressure

    pressure, clock = read_pressure(files), recording.markers.time_s
    first, last = float(pressure.time_s[0]), float(pressure.time_s[-1])
    if last <= clock[0] or first >= clock[-1]:
        raise RecordingError(
            f"{pressure.source}: holds {first:.3f} to {last:.3f} s, the walk {clock[0]:.3f} to {clock[-1]:.3f} s: "
            "expected one clock for both. Shift its column of time."
        )
    feet = " and ".join(f"{side}" for side in sorted(pressure.load_n))
    said = f"Loads of heel, midfoot, forefoot and toes ({feet}) are those that {pressure.source} recorded."
    return replace(recording, pressure=pressure, notes=(*recording.notes, said))


def _marker_file(options: AnalyseOptions) -> Path | None:
    """The file that describes the markers, where ``marker_set`` is one and not a name."""
    text = options.marker_set
    return Path(text) if text is not None and text.lower().endswith(".toml") else None


def _marker_map(options: AnalyseOptions) -> MarkerMap | None:
    file = _marker_file(options)
    if file is None:
        return None
    from groundup.io.marker_set_file import read_marker_map

    return read_marker_map(file)


def _method(options: AnalyseOptions) -> Method:
    from groundup.io.osim_read import read_force_set

    mode = ForceMode.OPENSIM if options.opensim_equivalent else ForceMode.GROUNDUP
    return Method(
        lowpass_hz=options.lowpass_hz,
        sharing=SharingOptions(options.exponent, mode),
        actuators=() if options.reserves is None else read_force_set(options.reserves),
        reserve_nm=options.reserve_nm,
        reduce_residuals=options.reduce_residuals,
        attribution=options.attribution,
    )


def _origin(options: AnalyseOptions) -> Provenance:
    files = {role: getattr(options, role) for role in _FILES}
    files["marker_set"] = _marker_file(options)
    files |= {f"pressure {k}": file for k, file in enumerate(options.pressure, start=1)}
    return provenance(options.command, _settings(options), files)


def _settings(options: AnalyseOptions) -> dict[str, object]:
    left_out = (*(name for name in _FILES if name != "marker_set"), "pressure", "command")
    return {k: v for k, v in asdict(options).items() if k not in left_out and v not in (None, {})}
