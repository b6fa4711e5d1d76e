"""OpenSim's tool set-up files as typed records: scaling, inverse kinematics, inverse dynamics, analyses.

What a file leaves out takes the value that OpenSim 4.6 gives it. Paths are resolved against the folder of the set-up
file; ``Unassigned`` and nothing are None. What groundup does not know or use is listed in ``ignored``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from groundup.errors import SetupError
from groundup.io.xml import Element, XmlFile

TimeRange = tuple[float, float]
"""First and last instant, s; infinite where open."""

ALWAYS: TimeRange = (-math.inf, math.inf)


# --- inverse kinematics tasks ---------------------------------------------------------------------------------------


class ValueType(StrEnum):
    """Where the target of a coordinate task comes from."""

    DEFAULT = "default_value"
    MANUAL = "manual_value"
    FROM_FILE = "from_file"


@dataclass(frozen=True)
class MarkerTask:
    """Follow a marker with a weight (no unit)."""

    name: str
    apply: bool = True
    weight: float = 0.0


@dataclass(frozen=True)
class CoordinateTask:
    """Hold a coordinate at a target with a weight; ``value`` in rad or m counts for ``manual_value`` only."""

    name: str
    apply: bool = True
    weight: float = 0.0
    value_type: ValueType = ValueType.DEFAULT
    value: float = 0.0


IkTask = MarkerTask | CoordinateTask


# --- scaling ----------------------------------------------------------------------------------------------------------


class ScalingStep(StrEnum):
    """A step of scaling, in the order of ``scaling_order``."""

    MEASUREMENTS = "measurements"
    MANUAL = "manualScale"


@dataclass(frozen=True)
class BodyScale:
    """A segment and the axes (of ``X``, ``Y``, ``Z``) along which a measurement scales it."""

    segment: str
    axes: tuple[str, ...]


@dataclass(frozen=True)
class Measurement:
    """A factor: the mean over marker pairs of recorded distance / model distance, applied to segments."""

    name: str
    apply: bool
    marker_pairs: tuple[tuple[str, str], ...]
    body_scales: tuple[BodyScale, ...]


@dataclass(frozen=True)
class ManualScale:
    """Factors along x, y, z written by hand for one segment."""

    segment: str
    factors: tuple[float, float, float] = (1.0, 1.0, 1.0)
    apply: bool = True


@dataclass(frozen=True)
class ScalerSetup:
    """How segments are scaled. ``time_range`` (-1, -1) is OpenSim's "not given"."""

    apply: bool = True
    scaling_order: tuple[ScalingStep, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    manual_scales: tuple[ManualScale, ...] = ()
    marker_file: Path | None = None
    time_range: TimeRange = (-1.0, -1.0)
    preserve_mass_distribution: bool = False
    output_model_file: Path | None = None
    output_scale_file: Path | None = None


@dataclass(frozen=True)
class PlacerSetup:
    """How markers are put where they were on the person. ``max_marker_movement`` m; negative is no limit."""

    apply: bool = True
    tasks: tuple[IkTask, ...] = ()
    marker_file: Path | None = None
    coordinate_file: Path | None = None
    time_range: TimeRange = (-1.0, -1.0)
    output_motion_file: Path | None = None
    output_model_file: Path | None = None
    output_marker_file: Path | None = None
    max_marker_movement: float = -1.0


@dataclass(frozen=True)
class ScaleSetup:
    """A ScaleTool. Mass, height and age are None where the file has none or a figure that is not positive."""

    path: Path
    name: str = ""
    mass_kg: float | None = None
    height_mm: float | None = None
    age_years: float | None = None
    notes: str = ""
    model_file: Path | None = None
    marker_set_file: Path | None = None
    scaler: ScalerSetup = ScalerSetup()
    placer: PlacerSetup = PlacerSetup()
    ignored: tuple[str, ...] = ()


# --- the other tools -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class InverseKinematicsSetup:
    """An InverseKinematicsTool. ``constraint_weight`` inf holds couplers strictly.

    Without a ``time_range`` the whole recording is meant. OpenSim 4.6 then stops at 2 s, whatever the length of the
    recording, which no one can want; this is the one default that differs.
    """

    path: Path
    name: str = ""
    results_directory: Path = Path(".")
    model_file: Path | None = None
    constraint_weight: float = math.inf
    accuracy: float = 1e-5
    tasks: tuple[IkTask, ...] = ()
    marker_file: Path | None = None
    coordinate_file: Path | None = None
    time_range: TimeRange = ALWAYS
    report_errors: bool = True
    output_motion_file: Path | None = None
    report_marker_locations: bool = False
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class InverseDynamicsSetup:
    """An InverseDynamicsTool. ``lowpass_hz`` None is no filter. Output files are names within ``results_directory``."""

    path: Path
    name: str = ""
    results_directory: Path = Path(".")
    model_file: Path | None = None
    time_range: TimeRange = ALWAYS
    forces_to_exclude: tuple[str, ...] = ()
    external_loads_file: Path | None = None
    coordinates_file: Path | None = None
    lowpass_hz: float | None = None
    output_gen_force_file: Path | None = None
    joints_to_report_body_forces: tuple[str, ...] = ()
    output_body_forces_file: Path | None = None
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class StaticOptimizationSetup:
    """A StaticOptimization within an AnalyzeTool; times in s."""

    name: str = "StaticOptimization"
    on: bool = True
    start_time: float = -math.inf
    end_time: float = math.inf
    step_interval: int = 1
    in_degrees: bool = True
    use_model_force_set: bool = True
    activation_exponent: float = 2.0
    use_muscle_physiology: bool = True
    optimizer_convergence_criterion: float = 1e-4
    optimizer_max_iterations: int = 100


@dataclass(frozen=True)
class JointReactionSetup:
    """A JointReaction within an AnalyzeTool.

    ``apply_on_bodies`` (``parent`` or ``child``) and ``express_in_frame`` hold one entry for all joints or one each.
    """

    name: str = "JointReaction"
    on: bool = True
    start_time: float = -math.inf
    end_time: float = math.inf
    step_interval: int = 1
    in_degrees: bool = True
    forces_file: Path | None = None
    joint_names: tuple[str, ...] = ("ALL",)
    apply_on_bodies: tuple[str, ...] = ("child",)
    express_in_frame: tuple[str, ...] = ("ground",)


Analysis = StaticOptimizationSetup | JointReactionSetup


@dataclass(frozen=True)
class AnalyzeSetup:
    """An AnalyzeTool: its analyses in file order; those that groundup cannot do are named as ``Kind[name]``."""

    path: Path
    name: str = ""
    model_file: Path | None = None
    replace_force_set: bool = False
    force_set_files: tuple[Path, ...] = ()
    results_directory: Path = Path(".")
    output_precision: int = 8
    initial_time: float = 0.0
    final_time: float = 1.0
    solve_for_equilibrium: bool = False
    analyses: tuple[Analysis, ...] = ()
    unsupported_analyses: tuple[str, ...] = ()
    controls_file: Path | None = None
    external_loads_file: Path | None = None
    states_file: Path | None = None
    coordinates_file: Path | None = None
    speeds_file: Path | None = None
    lowpass_hz: float | None = None
    ignored: tuple[str, ...] = ()


Setup = ScaleSetup | InverseKinematicsSetup | InverseDynamicsSetup | AnalyzeSetup


def read_setup(path: str | Path) -> Setup:
    """Read a set-up file of OpenSim's ScaleTool, InverseKinematicsTool, InverseDynamicsTool or AnalyzeTool.

    A set written as ``<IKTaskSet file="tasks.xml"/>`` is taken from that file.

    Raises
    ------
    SetupError
        The file is for another tool, or asks for something that does not exist.
    FileError, UnsafeXml, Truncated
        The file cannot be read, or a value is no number or no true/false.
    """
    file = _open(path)
    readers: dict[str, Callable[[_Reader], Setup]] = {
        "ScaleTool": _scale,
        "InverseKinematicsTool": _inverse_kinematics,
        "InverseDynamicsTool": _inverse_dynamics,
        "AnalyzeTool": _analyze,
    }
    candidates = [file.root, *file.root]
    tool = next((element for element in candidates if element.tag in readers), None)
    if tool is None:
        found = ", ".join(str(child.tag) for child in file.root)[:80] or file.root.tag
        raise SetupError(
            f"{path}: holds {found}, expected one of {', '.join(readers)}. Check that it is a set-up file."
        )
    return readers[tool.tag](_Reader(file, tool))


def read_tasks(path: str | Path) -> tuple[IkTask, ...]:
    """Read the inverse-kinematics tasks of a stand-alone IKTaskSet or of an InverseKinematicsTool set-up.

    Raises
    ------
    SetupError
        The file holds no IKTaskSet.
    """
    file = _open(path)
    found = next(file.root.iter("IKTaskSet"), None)
    if found is None:
        raise SetupError(
            f"{path}: holds no IKTaskSet, expected one or an InverseKinematicsTool set-up with one. Pass such a file, "
            "or leave --ik-tasks out to give all markers the same weight."
        )
    owner = next((e for e in file.root.iter() if found in list(e)), file.root)
    return _tasks(_Reader(file, owner))


def _open(path: str | Path) -> XmlFile:
    file = XmlFile(path)
    # <defaults> blocks of old files: values for what an object of that kind leaves out.
    file.stand_ins = {default.tag: default for block in file.root.iter("defaults") for default in block}
    return file


# --- reading one element, and remembering what was asked for ---------------------------------------------------------


class _Reader:
    """Typed values out of one element, with located errors; keeps note of which children were used."""

    def __init__(self, file: XmlFile, element: Element, ignored: list[str] | None = None) -> None:
        self.file = file
        self.element = element
        self.used: set[str] = set()
        self.notes: list[str] = [] if ignored is None else ignored  # shared by all readers of one set-up

    @property
    def name(self) -> str:
        return self.element.get("name") or ""

    def error(self, words: str) -> Exception:
        return self.file.error(self.element, words, SetupError)

    def text(self, tag: str, default: str = "") -> str:
        self.used.add(tag)
        text = self.file.text(self.element, tag, None)
        return default if text is None or text.lower() == "unassigned" else text

    def words(self, tag: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        present = self.file.child(self.element, tag) is not None
        words = tuple(self.text(tag).split())
        return words if present else default

    def number(self, tag: str, default: float) -> float:
        self.used.add(tag)
        return self.file.number(self.element, tag, default, finite=False)

    def whole(self, tag: str, default: int) -> int:
        value = self.number(tag, default)
        if not math.isfinite(value) or value != int(value):
            raise self.error(f"<{tag}> is {value}, expected a whole number. Correct it.")
        return int(value)

    def flag(self, tag: str, default: bool) -> bool:
        self.used.add(tag)
        return self.file.flag(self.element, tag, default)

    def file_path(self, tag: str) -> Path | None:
        text = self.text(tag)
        return self.resolve(text) if text else None

    def resolve(self, text: str) -> Path:
        # Set-ups made on Windows write folders with backslashes.
        return self.file.path.parent / text.replace("\\", "/")

    def folder(self, tag: str) -> Path:
        return self.resolve(self.text(tag) or ".")

    def time_range(self, default: TimeRange) -> TimeRange:
        words = self.words("time_range")
        if not words:
            return default
        try:
            first, last = (float(word) for word in words)
        except ValueError:
            raise self.error(
                f"<time_range> is {' '.join(words)[:60]!r}, expected two times in s. Correct it."
            ) from None
        if not first <= last:
            raise self.error(f"<time_range> runs from {first:g} to {last:g} s, expected first ≤ last. Swap them.")
        return first, last

    def part(self, tag: str) -> _Reader | None:
        """Return a reader for a child that holds properties itself, None where there is none."""
        self.used.add(tag)
        found = self.element.find(tag)
        return None if found is None else _Reader(self.file, found, self.notes)

    def members(self, tag: str) -> Iterator[_Reader]:
        """Yield a reader for each member of a set; the set may live in another file."""
        self.used.add(tag)
        found = self.element.find(tag)
        if found is None:
            return
        file = self.file
        elsewhere = (found.get("file") or "").strip()
        if elsewhere:
            file = _open(self.resolve(elsewhere))
            inner = file.root if file.root.tag == tag else file.root.find(tag)
            if inner is None:
                raise self.error(f"takes <{tag}> from {file.path}, which holds no {tag}. Correct the name of the file.")
            found = inner
        for element in file.objects(found):
            yield _Reader(file, element, self.notes)

    def note(self, words: str) -> None:
        self.notes.append(words)

    def done(self, *harmless: str) -> None:
        """Note every child that holds something and was not asked for; ``harmless`` ones have no effect here."""
        for child in self.element:
            if child.tag in self.used or child.tag in harmless or child.tag == "defaults":
                continue
            if len(child) == 0 and not (child.text or "").strip():
                continue
            self.note(f"{self.element.tag}{f'[{self.name}]' if self.name else ''}/{child.tag}")


def _positive(value: float) -> float | None:
    return value if value > 0 else None


# --- tools ------------------------------------------------------------------------------------------------------------


def _scale(tool: _Reader) -> ScaleSetup:
    maker = tool.part("GenericModelMaker")
    scaler = tool.part("ModelScaler")
    placer = tool.part("MarkerPlacer")
    setup = ScaleSetup(
        path=tool.file.path,
        name=tool.name,
        mass_kg=_positive(tool.number("mass", -1.0)),
        height_mm=_positive(tool.number("height", -1.0)),
        age_years=_positive(tool.number("age", -1.0)),
        notes=tool.text("notes"),
        model_file=maker.file_path("model_file") if maker else None,
        marker_set_file=maker.file_path("marker_set_file") if maker else None,
        scaler=_scaler(scaler) if scaler else ScalerSetup(),
        placer=_placer(placer) if placer else PlacerSetup(),
    )
    tool.done()
    if maker:
        maker.done()
    return replace(setup, ignored=tuple(tool.notes))


def _scaler(part: _Reader) -> ScalerSetup:
    setup = ScalerSetup(
        apply=part.flag("apply", True),
        scaling_order=tuple(_scaling_step(part, word) for word in part.words("scaling_order")),
        measurements=tuple(_measurement(member) for member in part.members("MeasurementSet")),
        manual_scales=tuple(_manual_scale(member) for member in part.members("ScaleSet")),
        marker_file=part.file_path("marker_file"),
        time_range=part.time_range((-1.0, -1.0)),
        preserve_mass_distribution=part.flag("preserve_mass_distribution", False),
        output_model_file=part.file_path("output_model_file"),
        output_scale_file=part.file_path("output_scale_file"),
    )
    part.done()
    return setup


def _scaling_step(part: _Reader, word: str) -> ScalingStep:
    try:
        return ScalingStep(word)
    except ValueError:
        raise part.error(
            f"<scaling_order> holds {word[:40]!r}, expected measurements or manualScale. Correct it."
        ) from None


def _measurement(part: _Reader) -> Measurement:
    measurement = Measurement(
        name=part.name,
        apply=part.flag("apply", True),
        marker_pairs=tuple(_marker_pair(member) for member in part.members("MarkerPairSet")),
        body_scales=tuple(_body_scale(member) for member in part.members("BodyScaleSet")),
    )
    part.done()
    return measurement


def _marker_pair(part: _Reader) -> tuple[str, str]:
    words = part.words("markers")
    if len(words) != 2:
        raise part.error(f"<markers> is {' '.join(words)[:60]!r}, expected two marker names. Correct it.")
    return words[0], words[1]


def _body_scale(part: _Reader) -> BodyScale:
    axes = tuple(word.upper() for word in part.words("axes"))
    if not axes or not set(axes) <= {"X", "Y", "Z"}:
        raise part.error(f"<axes> is {' '.join(axes)[:60]!r}, expected some of X Y Z. Correct it.")
    return BodyScale(segment=part.name, axes=axes)


def _manual_scale(part: _Reader) -> ManualScale:
    words = part.words("scales", ("1", "1", "1"))
    values = part.file.parse_numbers(part.element, "scales", " ".join(words), 3)
    segment = part.text("segment")
    if not segment:
        raise part.error("has no <segment>, expected the name of one. Add it.")
    if not (values > 0).all():
        raise part.error(f"<scales> is {' '.join(words)[:60]!r}, expected positive factors. Correct them.")
    x, y, z = values.tolist()
    return ManualScale(segment=segment, factors=(x, y, z), apply=part.flag("apply", True))


def _placer(part: _Reader) -> PlacerSetup:
    setup = PlacerSetup(
        apply=part.flag("apply", True),
        tasks=_tasks(part),
        marker_file=part.file_path("marker_file"),
        coordinate_file=part.file_path("coordinate_file"),
        time_range=part.time_range((-1.0, -1.0)),
        output_motion_file=part.file_path("output_motion_file"),
        output_model_file=part.file_path("output_model_file"),
        output_marker_file=part.file_path("output_marker_file"),
        max_marker_movement=part.number("max_marker_movement", -1.0),
    )
    part.done()
    return setup


def _tasks(part: _Reader) -> tuple[IkTask, ...]:
    tasks = (_task(member) for member in part.members("IKTaskSet"))
    return tuple(task for task in tasks if task is not None)


def _task(part: _Reader) -> IkTask | None:
    if part.element.tag not in ("IKMarkerTask", "IKCoordinateTask"):
        part.note(f"IKTaskSet/{part.element.tag}[{part.name}]")
        return None
    apply, weight = part.flag("apply", True), part.number("weight", 0.0)
    if not 0 <= weight < math.inf:
        raise part.error(f"<weight> is {weight:g}, expected a finite number ≥ 0. Correct it.")
    if part.element.tag == "IKMarkerTask":
        return MarkerTask(part.name, apply, weight)
    word = part.text("value_type", ValueType.DEFAULT)
    try:
        value_type = ValueType(word)
    except ValueError:
        raise part.error(
            f"<value_type> is {word[:40]!r}, expected one of {', '.join(ValueType)}. Correct it."
        ) from None
    return CoordinateTask(part.name, apply, weight, value_type, part.number("value", 0.0))


def _inverse_kinematics(tool: _Reader) -> InverseKinematicsSetup:
    setup = InverseKinematicsSetup(
        path=tool.file.path,
        name=tool.name,
        results_directory=tool.folder("results_directory"),
        model_file=tool.file_path("model_file"),
        constraint_weight=tool.number("constraint_weight", math.inf),
        accuracy=tool.number("accuracy", 1e-5),
        tasks=_tasks(tool),
        marker_file=tool.file_path("marker_file"),
        coordinate_file=tool.file_path("coordinate_file"),
        time_range=tool.time_range(ALWAYS),
        report_errors=tool.flag("report_errors", True),
        output_motion_file=tool.file_path("output_motion_file"),
        report_marker_locations=tool.flag("report_marker_locations", False),
    )
    tool.done()
    return replace(setup, ignored=tuple(tool.notes))


def _inverse_dynamics(tool: _Reader) -> InverseDynamicsSetup:
    results = tool.folder("results_directory")
    setup = InverseDynamicsSetup(
        path=tool.file.path,
        name=tool.name,
        results_directory=results,
        model_file=tool.file_path("model_file"),
        time_range=tool.time_range(ALWAYS),
        forces_to_exclude=tool.words("forces_to_exclude"),
        external_loads_file=tool.file_path("external_loads_file"),
        coordinates_file=tool.file_path("coordinates_file"),
        lowpass_hz=_positive(tool.number("lowpass_cutoff_frequency_for_coordinates", -1.0)),
        output_gen_force_file=_within(results, tool.text("output_gen_force_file", "inverse_dynamics.sto")),
        joints_to_report_body_forces=tool.words("joints_to_report_body_forces"),
        output_body_forces_file=_within(results, tool.text("output_body_forces_file", "body_forces_at_joints.sto")),
    )
    tool.done()
    return replace(setup, ignored=tuple(tool.notes))


def _within(folder: Path, name: str) -> Path | None:
    return folder / name if name else None


# How the integrator steps, which an analysis of a recorded motion never does.
_INTEGRATOR = (
    "maximum_number_of_integrator_steps",
    "maximum_integrator_step_size",
    "minimum_integrator_step_size",
    "integrator_error_tolerance",
)


def _analyze(tool: _Reader) -> AnalyzeSetup:
    analyses: list[Analysis] = []
    unsupported: list[str] = []
    for member in tool.members("AnalysisSet"):
        if member.element.tag == "StaticOptimization":
            analyses.append(_static_optimization(member))
        elif member.element.tag == "JointReaction":
            analyses.append(_joint_reaction(member))
        else:
            unsupported.append(f"{member.element.tag}[{member.name}]")
    tool.notes.extend(f"ControllerSet/{member.element.tag}[{member.name}]" for member in tool.members("ControllerSet"))
    setup = AnalyzeSetup(
        path=tool.file.path,
        name=tool.name,
        model_file=tool.file_path("model_file"),
        replace_force_set=tool.flag("replace_force_set", False),
        force_set_files=tuple(tool.resolve(word) for word in tool.words("force_set_files")),
        results_directory=tool.folder("results_directory"),
        output_precision=tool.whole("output_precision", 8),
        initial_time=tool.number("initial_time", 0.0),
        final_time=tool.number("final_time", 1.0),
        solve_for_equilibrium=tool.flag("solve_for_equilibrium_for_auxiliary_states", False),
        analyses=tuple(analyses),
        unsupported_analyses=tuple(unsupported),
        controls_file=tool.file_path("controls_file"),
        external_loads_file=tool.file_path("external_loads_file"),
        states_file=tool.file_path("states_file"),
        coordinates_file=tool.file_path("coordinates_file"),
        speeds_file=tool.file_path("speeds_file"),
        lowpass_hz=_positive(tool.number("lowpass_cutoff_frequency_for_coordinates", -1.0)),
    )
    tool.done(*_INTEGRATOR)
    return replace(setup, ignored=tuple(tool.notes))


def _static_optimization(part: _Reader) -> StaticOptimizationSetup:
    setup = StaticOptimizationSetup(
        name=part.name or "StaticOptimization",
        on=part.flag("on", True),
        start_time=part.number("start_time", -math.inf),
        end_time=part.number("end_time", math.inf),
        step_interval=part.whole("step_interval", 1),
        in_degrees=part.flag("in_degrees", True),
        use_model_force_set=part.flag("use_model_force_set", True),
        activation_exponent=part.number("activation_exponent", 2.0),
        use_muscle_physiology=part.flag("use_muscle_physiology", True),
        optimizer_convergence_criterion=part.number("optimizer_convergence_criterion", 1e-4),
        optimizer_max_iterations=part.whole("optimizer_max_iterations", 100),
    )
    part.done()
    return setup


def _joint_reaction(part: _Reader) -> JointReactionSetup:
    setup = JointReactionSetup(
        name=part.name or "JointReaction",
        on=part.flag("on", True),
        start_time=part.number("start_time", -math.inf),
        end_time=part.number("end_time", math.inf),
        step_interval=part.whole("step_interval", 1),
        in_degrees=part.flag("in_degrees", True),
        forces_file=part.file_path("forces_file"),
        joint_names=part.words("joint_names", ("ALL",)),
        apply_on_bodies=part.words("apply_on_bodies", ("child",)),
        express_in_frame=part.words("express_in_frame", ("ground",)),
    )
    part.done()
    _check_joint_lists(part, setup)
    return setup


def _check_joint_lists(part: _Reader, setup: JointReactionSetup) -> None:
    n_joints = len(setup.joint_names)
    for tag, words in (("apply_on_bodies", setup.apply_on_bodies), ("express_in_frame", setup.express_in_frame)):
        if len(words) not in (1, n_joints):
            raise part.error(f"<{tag}> holds {len(words)} entries, expected 1 or one for each of {n_joints} joints.")
    wrong = [word for word in setup.apply_on_bodies if word not in ("parent", "child")]
    if wrong:
        raise part.error(f"<apply_on_bodies> holds {wrong[0][:40]!r}, expected parent or child. Correct it.")
