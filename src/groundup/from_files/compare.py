"""What ``groundup compare`` does: two result folders, or recordings, in, a comparison out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.names import is_foot, side_of
from groundup.body.recording import AppliedForce, ExternalForces, MarkerTrajectories
from groundup.chain.attribution import (
    Condition,
    LoadOfInterest,
    Sharing,
    attribute,
    condition_from,
    joint_contact,
    lumbar_compression,
)
from groundup.chain.attribution.condition import CycleSide
from groundup.chain.comparison import Comparison, compare, middle_cycle
from groundup.chain.recorded import coordinates
from groundup.engine.kinematics import poses
from groundup.engine.muscle import ForceMode
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import FileError, GroundupError, ModelError, RecordingError
from groundup.from_files.analyse import AnalyseOptions, analyse_files
from groundup.io.kind import Kind, kind_of
from groundup.io.result_folder import COMPARISON_FILE, STUDY_FILE
from groundup.io.study_file import read_study
from groundup.loads.analysis import Analysis
from groundup.loads.ground import Ground
from groundup.loads.muscle_forces import RESERVE_NM, SharingOptions
from groundup.motion.inverse_kinematics import MarkerFit
from groundup.motion.trajectory import differentiate
from groundup.pipeline import Progress
from groundup.provenance import provenance
from groundup.study import Attribution, Side, Study

BODY_FILE = "body.osim"
RECORDINGS = (".c3d", ".trc")
A_RESULT = f"a result folder or its {STUDY_FILE}"
NO_BODY = "the result folders hold no body.osim; analyse again with this groundup to get one"
_BOTH: tuple[CycleSide, ...] = ("right", "left")
_JOINTS = ("hip", "knee")


@dataclass(frozen=True)
class CompareOptions:
    """What ``groundup compare`` is asked to do: two walks and what to call them.

    A walk is a result folder, its ``study.json``, a recording (C3D or TRC), which is analysed first, or a recording
    with all that its analysis is asked to do. ``same_markers`` says that the markers stayed on between the two.
    """

    before: Path | AnalyseOptions
    after: Path | AnalyseOptions
    labels: tuple[str, str] = ("before", "after")
    same_markers: bool = False
    attribution: bool = True
    command: str = ""


def compare_files(options: CompareOptions, progress: Progress = lambda stage: None) -> Comparison:
    """Compare two results read from files.

    Raises
    ------
    GroundupError
        A folder holds no result, or a file cannot be read; the message says where and what to do.
    """
    before, after = (
        _study(walk, label, progress)
        for walk, label in zip((options.before, options.after), options.labels, strict=True)
    )
    progress("comparing")
    found = compare(before, after, options.labels, same_markers=options.same_markers)
    attributions: tuple[Attribution, ...] = ()
    why: tuple[str, ...] = ("not asked for",)
    if options.attribution:
        progress("attributing changes to links of the chain")
        attributions, why = attribute_changes(before, after, found, options.labels)
    files = {"before": _source(options.before), "after": _source(options.after)}
    origin = provenance(options.command, {"labels": list(options.labels), "same_markers": options.same_markers}, files)
    return replace(found, attributions=attributions, not_attributed=why, provenance=origin)


def is_recording(path: Path) -> bool:
    """Whether a file is a recording, C3D or TRC: by what it holds, or by its name where there is none."""
    if path.is_dir():
        return False
    try:
        return kind_of(path) in (Kind.C3D, Kind.MARKERS)
    except GroundupError:
        return path.suffix.lower() in RECORDINGS


def _study(walk: Path | AnalyseOptions, label: str, progress: Progress) -> Study:
    """The study of a walk, read or made."""
    if isinstance(walk, Path) and not is_recording(walk):
        progress(f"{label}: reading")
        return read_result(walk, f"{A_RESULT}, or a recording (C3D, TRC)")
    options = AnalyseOptions(walk) if isinstance(walk, Path) else walk
    return analyse_files(options, lambda stage: progress(f"{label}: {stage}"))


def _source(walk: Path | AnalyseOptions) -> Path:
    """The file that a walk was read from."""
    if isinstance(walk, AnalyseOptions):
        return walk.markers
    return walk if is_recording(walk) else _study_file(walk)


def read_result(path: Path, expected: str = A_RESULT) -> Study:
    """Read a result folder, or its ``study.json``, with the body beside it where there is one.

    Parameters
    ----------
    expected : what may be given, for the message

    Raises
    ------
    FileError
        There is no result, or it cannot be read.
    """
    from groundup.io.osim_read import read_osim

    if path.exists() and is_recording(path):
        raise FileError(f"{path}: is a recording, expected {expected}. Analyse it first: groundup analyse {path}.")
    file = _study_file(path, expected)
    study = read_study(file)
    body = file.with_name(BODY_FILE)
    return replace(study, body=read_osim(body)) if body.is_file() else study


def _study_file(path: Path, expected: str = A_RESULT) -> Path:
    if not path.exists():
        raise FileError(f"{path}: no such file or folder, expected {expected}.")
    if not path.is_dir():
        return path
    file = path / STUDY_FILE
    if not file.is_file():
        raise FileError(f"{path}: holds no {STUDY_FILE}, expected a folder that groundup wrote. {_instead(path)}")
    return file


def _instead(folder: Path) -> str:
    """What to give instead of a folder without a result."""
    if (folder / COMPARISON_FILE).is_file():
        return "It is a comparison; give the two results that it was made from."
    found = next((f for f in sorted(folder.iterdir()) if is_recording(f)), None)
    if found is not None:
        return f"It holds recordings; give one, such as {found}."
    return "Make one with groundup analyse, or give the study.json itself."


# --- which link of the chain makes a load change ----------------------------------------


def attribute_changes(
    before: Study, after: Study, comparison: Comparison, labels: tuple[str, str] = ("before", "after")
) -> tuple[tuple[Attribution, ...], tuple[str, ...]]:
    """Split the change of the peaks of low back, hips and knees among the links of the chain.

    Parameters
    ----------
    before, after : with their bodies
    comparison : tells which peaks changed by more than chance; only these are split

    Returns
    -------
    attributions : of each peak that changed
    why : sentences on what was not split
    """
    if before.body is None or after.body is None:
        return (), (NO_BODY,)
    changed = {(h.id, h.side) for h in comparison.headline if h.verdict in ("higher", "lower", "not known")}
    wanted = [(load, side) for name, load, side in _loads(before.body) if (name, load.side) in changed]
    if not wanted:
        return (), ("no peak of low back, hip or knee changed by more than chance",)
    found, why = [], []
    sharing = _sharing(before)
    conditions: dict[CycleSide, tuple[Condition, Condition] | str] = {}
    for load, side in wanted:
        pair = conditions.setdefault(side, _pair(before, after, side, labels))
        try:
            if isinstance(pair, str):
                raise RecordingError(pair)
            found.append(attribute(*pair, load, sharing))
        except GroundupError as error:
            why.append(f"{load.label}: {error}")
    return tuple(found), tuple(dict.fromkeys(why))


def _loads(body: Body) -> Iterator[tuple[str, LoadOfInterest, CycleSide]]:
    """Main number, load and the cycle it is looked at on."""
    with suppress(ModelError):  # a body without this joint
        yield "lumbar_peak", lumbar_compression(body), "right"
    for role in _JOINTS:
        for side in _BOTH:
            with suppress(ModelError):
                yield f"{role}_contact_peak", joint_contact(body, role, side), side


def _pair(before: Study, after: Study, side: CycleSide, labels: tuple[str, str]) -> tuple[Condition, Condition] | str:
    """One cycle of each; or why there is none."""
    try:
        first, second = (condition_of(s, side, label) for s, label in zip((before, after), labels, strict=True))
    except GroundupError as error:
        return str(error)
    return first, second


def _sharing(study: Study) -> Sharing:
    """How muscles shared the load, as the study's settings say; actuators from a file are not known any more."""
    settings: Mapping[str, object] = study.provenance.settings
    mode = ForceMode.OPENSIM if settings.get("opensim_equivalent") else ForceMode.GROUNDUP
    return Sharing(
        SharingOptions(_number(settings, "exponent", 2.0), mode),
        reserve_nm=_number(settings, "reserve_nm", RESERVE_NM),
    )


def _number(settings: Mapping[str, object], name: str, default: float) -> float:
    value = settings.get(name, default)
    return float(value) if isinstance(value, (int, float)) else default


# --- from a study back to what it was made from -------------------------------------------


def condition_of(study: Study, side: CycleSide, label: str) -> Condition:
    """One gait cycle of a study with its body, for attribution: of those whose loads are known, the middle one.

    Raises
    ------
    RecordingError
        The study has no such cycle, or no ground forces.
    """
    chosen = middle_cycle(study, side)
    if chosen is None:
        raise RecordingError(
            f"{study.title} ({label}): no complete {side} gait cycle, expected one to compare. Record a longer walk."
        )
    return condition_from(analysis_of(study), side, chosen, label)


def analysis_of(study: Study) -> Analysis:
    """What of an analysis a study holds: motion, ground forces and moments; no markers and no muscles.

    Raises
    ------
    ModelError
        The study has no body, or its angles are not those of the body.
    RecordingError
        The study has no ground forces.
    """
    if study.body is None:
        raise ModelError(f"{study.title}: {NO_BODY}.")
    skeleton = compile_skeleton(study.body)
    motion = differentiate(skeleton, study.time_s, coordinates(study), None)
    moments = np.array([s.values for s in study.series if s.group == "moment"]).T
    if not moments.size:
        raise RecordingError(f"{study.title}: holds no joint moments, expected those of a walk with ground forces.")
    n, none = len(study.time_s), np.zeros(0)
    return Analysis(
        body=study.body,
        skeleton=skeleton,
        recording=MarkerTrajectories(study.time_s, (), np.zeros((n, 0, 3)), 0.0, study.title),
        fit=MarkerFit(motion.q, (), np.zeros((n, 0)), none, none),
        motion=motion,
        at=poses(skeleton, motion.q),
        ground=Ground(_ground_forces(study, study.body), np.asarray(np.isfinite(moments).all(axis=1))),
        moments=moments,
        loads=None,
        reasons={},
    )


def _ground_forces(study: Study, body: Body) -> ExternalForces:
    """Ground forces of the study, each on the foot of its side."""
    series = {s.name: s for s in study.series if s.group == "ground_force"}
    stems = [name.removesuffix("_vy") for name in series if name.endswith("_vy")]
    if not stems:
        raise RecordingError(f"{study.title}: holds no ground forces, expected those of both feet.")

    def table(stem: str, kind: str) -> Floats:
        return np.column_stack([series[f"{stem}_{kind}{axis}"].values for axis in "xyz"])

    def applied(stem: str) -> AppliedForce:
        foot = _foot(body, series[f"{stem}_vy"].side)
        return AppliedForce(stem, foot, table(stem, "v"), table(stem, "p"), table(stem, "m"))

    clock = series[f"{stems[0]}_vy"].time_s
    return ExternalForces(study.time_s if clock is None else clock, tuple(map(applied, stems)), study.title)


def _foot(body: Body, side: Side) -> str | None:
    """The first segment of a foot from above, which is the one on the ground."""
    return next((s.name for s in body.segments if is_foot(s.name) and side_of(s.name) == side), None)
