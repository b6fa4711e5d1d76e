"""Recordings in C3D files: markers, forces on the person, muscle activity, events, and what other programs added.

Everything comes out in metres, newtons and seconds, x forward, y up, z to the right of the person; what was turned,
corrected or left out is said in words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import (
    AppliedForce,
    ExternalForces,
    GaitEvent,
    MarkerTrajectories,
    PlateGeometry,
    RecordedSubject,
    Recording,
    Signals,
    Table,
)
from groundup.errors import FileError, RecordingError
from groundup.io.c3d_check import check_c3d
from groundup.io.c3d_parameters import C3dParameters, from_ezc3d
from groundup.io.c3d_person import read_events, read_subject
from groundup.io.force_plates import CHANNELS_OF_TYPE, ForcePlate, force_on_person, plate_axes
from groundup.io.laboratory_axes import LaboratoryTurn, find_turn
from groundup.io.trc import METRES_PER_UNIT, cloud_size_m, probable_unit

_OUTPUT_GROUPS = {
    "ANGLES": "ANGLE_UNITS",
    "FORCES": "FORCE_UNITS",
    "MOMENTS": "MOMENT_UNITS",
    "POWERS": "POWER_UNITS",
    "SCALARS": "SCALAR_UNITS",
    "REACTIONS": "FORCE_UNITS",
}
"""What a modelling program adds to POINT, and where its unit stands."""

_AXES_OF_SEGMENT = "OALP"  # origin, anterior, lateral, proximal: PELO, PELA, PELL, PELP
_POSITIONS = "positions"
_SMALLEST_CLOUD_M, _LARGEST_CLOUD_M = 0.05, 6.0
_EMG = re.compile(r"emg", re.I)


@dataclass(frozen=True, eq=False)
class C3dFile:
    """What a C3D file holds.

    Attributes
    ----------
    markers : MarkerTrajectories
        Measured markers only; those without a name are called ``unnamed_<number>``.
    forces : ExternalForces or None
        Forces of the plates on the person; None without plates, or if they were not asked for.
    plates : where the plates lie
    emg, analog : Signals or None
        Muscle activity, and every other channel that belongs to no plate, in the units of the file.
    model_outputs : dict of Signals
        What another program computed: ``angles``, ``forces``, ``moments``, ``powers``, ``scalars``, ``reactions`` in
        the units and axes of that program, and ``positions`` (joint centres, axes of segments) in metres, turned.
    events : in order of time
    subject : RecordedSubject
    turn : LaboratoryTurn
    notes : what was corrected or left out, one sentence each
    """

    markers: MarkerTrajectories
    forces: ExternalForces | None
    plates: tuple[PlateGeometry, ...]
    emg: Signals | None
    analog: Signals | None
    model_outputs: dict[str, Signals]
    events: tuple[GaitEvent, ...]
    subject: RecordedSubject
    turn: LaboratoryTurn
    notes: tuple[str, ...]

    def recording(self, title: str) -> Recording:
        """Return what the analysis needs as one recording."""
        return Recording(
            self.markers,
            self.forces,
            title,
            notes=self.notes,
            subject=self.subject,
            plates=self.plates,
            events=self.events,
            emg=self.emg,
        )


@dataclass(frozen=True, eq=False)
class _Raw:
    """What ezc3d gives: points (n_frames, n_points, 3) in the file's unit, analog (n_samples, n_channels)."""

    path: str
    parameters: C3dParameters
    points: Floats
    analog: Floats
    first_frame: int
    rate_hz: float
    analog_rate_hz: float

    @property
    def start_s(self) -> float:
        return self.first_frame / self.rate_hz


def read_c3d(path: str | Path, marker_units: str | None = None, *, with_forces: bool = True) -> C3dFile:
    """Read a C3D file.

    A point with a negative residual, or at exactly (0, 0, 0), is a gap. Time runs on the file's own clock, in which
    the first frame ever recorded was at 0 s, so that events agree. Prefixes (``Anna:LASI``) are dropped where
    all markers share one.

    Parameters
    ----------
    path : the file
    marker_units : str or None
        ``m``, ``cm``, ``mm``, ``in`` or ``ft``; overrides POINT:UNITS for markers and plates.
    with_forces : whether the plates are computed; without, plates that cannot be read do no harm

    Raises
    ------
    Truncated
        The file ends before its last frame.
    FileError
        It is no C3D file, or damaged; its unit is unknown.
    RecordingError
        It holds no markers; the unit cannot be right; a plate is of a type that is not read, or lacks channels.
    """
    raw = _load(path)
    scale = _metres_per_unit(raw, marker_units)
    labels, notes = _labels(raw)
    kinds = _kinds(raw.parameters, labels)
    measured = [i for i, kind in enumerate(kinds) if not kind]
    positions = _with_gaps(raw.points) * scale
    geometries = _geometries(raw, scale)
    names, copies = _marker_names([labels[i] for i in measured])
    turn = find_turn(
        names,
        positions[:, measured],
        _normals(geometries),
        raw.parameters.text("POINT", "Y_SCREEN"),
    )
    positions = turn.vectors(positions)
    markers = MarkerTrajectories(
        time_s=raw.start_s + np.arange(len(positions)) / raw.rate_hz,
        names=tuple(names),
        positions_m=positions[:, measured],
        rate_hz=raw.rate_hz,
        source=raw.path,
    )
    _check_markers(markers, scale, marker_units)
    forces, said = _forces(raw, geometries, scale, turn) if with_forces else (None, ())
    events, shifted = read_events(raw.parameters, float(markers.time_s[0]), float(markers.time_s[-1]))
    subject, doubts = read_subject(raw.parameters)
    emg, analog = _signals(raw)
    return C3dFile(
        markers=markers,
        forces=forces,
        plates=tuple(PlateGeometry(g.name, g.type, turn.vectors(g.corners_m)) for g in geometries),
        emg=emg,
        analog=analog,
        model_outputs=_model_outputs(raw, labels, kinds, positions, markers.time_s),
        events=events,
        subject=subject,
        turn=turn,
        notes=(turn.words, *notes, *copies, *said, *shifted, *doubts),
    )


# --- the library ------------------------------------------------------------------------------------------------------


def _load(path: str | Path) -> _Raw:
    check_c3d(path)
    import ezc3d  # 60 ms: only for those who have such a file

    try:
        # The package has no types: what leaves this function does.
        found: Any = ezc3d.c3d(str(path))
        parameters = from_ezc3d(found["parameters"])
        points = np.asarray(found["data"]["points"], dtype=np.float64)[:3].transpose(2, 1, 0)
        analog = np.asarray(found["data"]["analogs"], dtype=np.float64)[0].T
        residuals = np.asarray(found["data"]["meta_points"]["residuals"], dtype=np.float64)[0].T
        header = found["header"]
        in_header = int(header["points"]["first_frame"]), float(header["points"]["frame_rate"])
    except Exception as error:  # the library raises whatever its C++ part comes across
        why = " ".join(str(error).split())[:120] or type(error).__name__
        raise FileError(f"{path}: cannot be read as C3D ({why}). The file is damaged; export it again.") from error
    if points.shape[1] == 0 or len(points) == 0:
        raise RecordingError(
            f"{path}: holds {points.shape[1]} markers in {len(points)} frames, expected at least one of each. "
            "Export it with its trajectories."
        )
    if residuals.shape == points.shape[:2]:
        points = np.where((residuals < 0)[:, :, None], np.nan, points)
    rate = _rate(path, parameters.number("POINT", "RATE") or in_header[1])
    analog_rate = parameters.number("ANALOG", "RATE")
    measured_rate = rate * len(analog) / len(points)  # samples per frame are whole; the stated rate may be rounded
    if not analog.size or (analog_rate is not None and abs(analog_rate - measured_rate) > 0.02 * measured_rate):
        analog_rate = None
    first = _first_frame(parameters, in_header[0])
    return _Raw(str(path), parameters, points, analog, first, rate, analog_rate or max(measured_rate, 1e-9))


def _rate(path: str | Path, rate: float) -> float:
    if not 0.1 <= rate <= 1e5:
        raise FileError(f"{path}: POINT:RATE is {rate:g} Hz, expected 0.1 to 100000 Hz. Correct it and export again.")
    return rate


def _first_frame(parameters: C3dParameters, in_header: int) -> int:
    """Return the first frame, counted from 0; TRIAL has 32 bits for it, in two words, the header 16."""
    words = parameters.numbers("TRIAL", "ACTUAL_START_FIELD")
    if words.size != 2 or not np.isfinite(words).all():
        return max(in_header, 0)
    low, high = (int(word) & 0xFFFF for word in words)
    stated = low + (high << 16) - 1
    return stated if stated >= 0 and (stated & 0xFFFF == in_header or in_header <= 0) else max(in_header, 0)


# --- units, names and gaps of points ----------------------------------------------------------------------------------


def _metres_per_unit(raw: _Raw, asked: str | None) -> float:
    unit = asked if asked is not None else (raw.parameters.text("POINT", "UNITS") or "mm")  # C3D's default
    found = METRES_PER_UNIT.get(unit.strip().lower())
    if found is None:
        place = "--marker-units" if asked is not None else "POINT:UNITS"
        raise FileError(
            f"{raw.path}: {place} is {unit[:20]!r}, expected one of m, cm, mm, in, ft. Pass --marker-units mm."
        )
    return found


def _labels(raw: _Raw) -> tuple[list[str], list[str]]:
    """Return a label for each point, without a prefix that all share, and what is to be said about them."""
    n_points = raw.points.shape[1]
    labels = (raw.parameters.texts("POINT", "LABELS") + [""] * n_points)[:n_points]
    prefixes = Counter(label.split(":", 1)[0] for label in labels if ":" in label)
    notes = []
    if len(prefixes) == 1:
        labels = [label.split(":", 1)[-1].strip() for label in labels]
        notes.append(f"Markers are those of {next(iter(prefixes))!r}; the prefix was dropped.")
    elif prefixes:
        shown = ", ".join(sorted(prefixes)[:4])
        notes.append(f"Markers belong to {len(prefixes)} subjects ({shown}) and keep their prefixes.")
    return labels, notes


def _kinds(parameters: C3dParameters, labels: Sequence[str]) -> list[str]:
    """Return for each point which group of a modelling program it belongs to; nothing for a measured marker."""
    of_label: dict[str, str] = {}
    for group in (*_OUTPUT_GROUPS, "MODELED_MARKERS"):
        for label in parameters.texts("POINT", group):
            kind = _POSITIONS if group == "MODELED_MARKERS" else group.lower()
            of_label.setdefault(label.split(":", 1)[-1].strip(), kind)
    bare = [label.split(":", 1)[-1] for label in labels]
    present = set(bare)
    for label in bare:
        stem = label[:-1]
        if len(stem) >= 2 and label[-1] in _AXES_OF_SEGMENT and all(stem + end in present for end in _AXES_OF_SEGMENT):
            of_label.setdefault(label, _POSITIONS)
    return [of_label.get(label, "") for label in bare]


def _marker_names(labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return unique names of markers, and what was renamed."""
    shown = [
        f"unnamed_{label[1:].strip() or index}" if label.startswith("*") else (label or f"unnamed_{index}")
        for index, label in enumerate(labels, start=1)
    ]
    names = _unique(shown)
    return names, [f"A second marker {s!r} was renamed {n!r}." for s, n in zip(shown, names, strict=True) if s != n]


def _with_gaps(points: Floats) -> Floats:
    gap = ~np.isfinite(points).all(axis=2) | (points == 0).all(axis=2)
    return np.where(gap[:, :, None], np.nan, points)


def _check_markers(markers: MarkerTrajectories, scale: float, overridden: str | None) -> None:
    if not markers.names:
        raise RecordingError(f"{markers.source}: holds no measured markers. Export it with its trajectories.")
    if not np.isfinite(markers.positions_m).any():
        raise RecordingError(
            f"{markers.source}: every marker is a gap in every frame. Export it with its trajectories."
        )
    size = cloud_size_m(markers.positions_m)
    too_small = len(markers.names) >= 5 and 0 < size < _SMALLEST_CLOUD_M
    if size <= _LARGEST_CLOUD_M and not too_small:
        return
    guess = probable_unit(size / scale)
    said = "POINT:UNITS" if overridden is None else "--marker-units"
    cause = f"The unit is probably {guess}. " if guess else ""
    raise RecordingError(
        f"{markers.source}: the markers span {size:.3g} m with the unit of {said}, expected 0.05 to 6 m. "
        f"{cause}Pass --marker-units {guess or 'mm'}."
    )


# --- force plates -----------------------------------------------------------------------------------------------------


def _geometries(raw: _Raw, scale: float) -> list[PlateGeometry]:
    """Return the plates in the file's own axes."""
    n_plates = int(raw.parameters.number("FORCE_PLATFORM", "USED") or 0)
    kinds = np.nan_to_num(raw.parameters.numbers("FORCE_PLATFORM", "TYPE"))
    corners = raw.parameters.numbers("FORCE_PLATFORM", "CORNERS")
    if n_plates <= 0 or kinds.size < n_plates or corners.size < 12 * n_plates:
        if n_plates > 0:
            raise RecordingError(
                f"{raw.path}: FORCE_PLATFORM says {n_plates} plates, but has {kinds.size} types and "
                f"{corners.size // 12} sets of corners. Export the recording again, or pass forces (--forces)."
            )
        return []
    each = corners[: 12 * n_plates].reshape(n_plates, 4, 3) * scale
    return [PlateGeometry(f"plate_{i + 1}", int(kinds[i]), each[i]) for i in range(n_plates)]


def _normals(geometries: Sequence[PlateGeometry]) -> list[Floats]:
    found = []
    for geometry in geometries:
        try:
            found.append(plate_axes(geometry)[:, 2])
        except RecordingError:
            continue  # said where the forces are computed
    return found


def _forces(
    raw: _Raw, geometries: Sequence[PlateGeometry], scale: float, turn: LaboratoryTurn
) -> tuple[ExternalForces | None, tuple[str, ...]]:
    if not geometries:
        return None, ()
    up = turn.matrix[1]
    wrenches: list[AppliedForce] = []
    notes: list[str] = []
    for index, geometry in enumerate(geometries):
        try:
            wrench, said = force_on_person(
                _plate(raw, geometry, index, len(geometries), scale), raw.analog_rate_hz, up, _zero_rows(raw)
            )
        except RecordingError as error:
            raise RecordingError(f"{raw.path}: {error}") from error
        force, point, torque = (turn.vectors(v) for v in (wrench.force_n, wrench.point_m, wrench.torque_nm))
        wrenches.append(AppliedForce(wrench.name, None, force, point, torque))
        notes += said
    time = raw.start_s + np.arange(len(raw.analog)) / raw.analog_rate_hz
    return ExternalForces(time, tuple(wrenches), raw.path), tuple(notes)


def _plate(raw: _Raw, geometry: PlateGeometry, index: int, n_plates: int, scale: float) -> ForcePlate:
    channels = raw.parameters.numbers("FORCE_PLATFORM", "CHANNEL")
    per_plate = channels.size // n_plates
    asked = channels[index * per_plate : (index + 1) * per_plate][: CHANNELS_OF_TYPE.get(geometry.type)]
    if not len(asked) or not np.isin(asked, np.arange(1, raw.analog.shape[1] + 1)).all():
        raise RecordingError(
            f"{geometry.name}: its channels are {', '.join(f'{i:g}' for i in asked) or 'not given'}, expected "
            f"numbers of the {raw.analog.shape[1]} analog channels. Export the recording again, or pass --forces."
        )
    own = asked.astype(int) - 1
    values = raw.analog[:, own]
    if not np.isfinite(values).all():
        raise RecordingError(f"{geometry.name}: its channels hold values that are no numbers. Pass --forces instead.")
    origin = raw.parameters.numbers("FORCE_PLATFORM", "ORIGIN")
    origin = origin[3 * index : 3 * index + 3] * scale if origin.size >= 3 * n_plates else np.zeros(3)
    units = (raw.parameters.texts("ANALOG", "UNITS") + [""] * raw.analog.shape[1])[: raw.analog.shape[1]]
    factors = np.array([_SI.get(_plain(units[i]), 0.0) for i in own])
    if geometry.type == 4:
        return ForcePlate(geometry, origin, values, _calibration(raw.parameters, index, scale, n_plates))
    # Without units a plate is in N, and in N times the unit of the points.
    default = np.array([1.0 if k < 3 or geometry.type == 3 else scale for k in range(len(own))])
    return ForcePlate(geometry, origin, values * np.where(factors > 0, factors, default))


def _calibration(parameters: C3dParameters, index: int, scale: float, n_plates: int) -> Floats | None:
    """Return the matrix that gives N and N·m: rows are Fx … Mz; its moments are in N times the unit of the points."""
    values = parameters.numbers("FORCE_PLATFORM", "CAL_MATRIX")
    if values.size < 36 * n_plates:
        return None
    matrix = values[36 * index : 36 * (index + 1)].reshape(6, 6, order="F")
    return np.asarray(matrix * np.array([1.0, 1.0, 1.0, scale, scale, scale])[:, None])


def _plain(unit: str) -> str:
    return re.sub(r"[\s.·*\-_]", "", unit).lower()


_SI = {
    **{"n": 1.0, "kn": 1e3, "lb": 4.4482216152605, "lbf": 4.4482216152605},
    **{"nm": 1.0, "nmm": 1e-3, "ncm": 1e-2, "knm": 1e3, "ftlb": 1.3558179483, "inlb": 0.1129848290},
    **METRES_PER_UNIT,
}
"""What one unit of a plate's channel is in N, N·m or m."""


def _zero_rows(raw: _Raw) -> slice | None:
    """Return the samples of FORCE_PLATFORM:ZERO, a range of frames counted from 1 in which the plates are empty."""
    zero = raw.parameters.numbers("FORCE_PLATFORM", "ZERO")[:2]
    if zero.size < 2 or not 1 <= zero[0] <= zero[1] <= len(raw.points):
        return None
    per_frame = len(raw.analog) // len(raw.points)
    return slice(int(zero[0] - 1) * per_frame, int(zero[1]) * per_frame)


# --- other channels, and what other programs computed -----------------------------------------------------------------


def _signals(raw: _Raw) -> tuple[Signals | None, Signals | None]:
    """Return muscle activity, and the rest of the channels that belong to no plate."""
    n_channels = raw.analog.shape[1]
    parameters = raw.parameters
    padding = [""] * n_channels
    labels, words, units = (
        (parameters.texts("ANALOG", name) + padding)[:n_channels] for name in ("LABELS", "DESCRIPTIONS", "UNITS")
    )
    of_plates = {number - 1 for number in parameters.numbers("FORCE_PLATFORM", "CHANNEL").tolist()}
    free = [i for i in range(n_channels) if i not in of_plates]
    emg = [i for i in free if _EMG.search(labels[i]) or _EMG.search(words[i])]
    rest = [i for i in free if i not in emg]
    names = _unique([label or f"channel_{i + 1}" for i, label in enumerate(labels)])
    time = raw.start_s + np.arange(len(raw.analog)) / raw.analog_rate_hz

    def take(chosen: list[int], name: str) -> Signals | None:
        if not chosen:
            return None
        table = Table(time, tuple(names[i] for i in chosen), raw.analog[:, chosen], name=name)
        return Signals(table, tuple(units[i] for i in chosen), raw.analog_rate_hz)

    return take(emg, "emg"), take(rest, "analog")


def _unique(names: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    made: list[str] = []
    for name in names:
        seen[name] += 1
        unique = name if seen[name] == 1 else f"{name}_{seen[name]}"
        while unique in made:
            seen[name] += 1
            unique = f"{name}_{seen[name]}"
        made.append(unique)
    return made


def _model_outputs(
    raw: _Raw, labels: Sequence[str], kinds: Sequence[str], turned_m: Floats, time_s: Floats
) -> dict[str, Signals]:
    outputs = {}
    for kind in dict.fromkeys(kind for kind in kinds if kind):
        chosen = [i for i, own in enumerate(kinds) if own == kind]
        if kind == _POSITIONS:
            values, unit = turned_m[:, chosen], "m"
        else:
            values, unit = raw.points[:, chosen], raw.parameters.text("POINT", _OUTPUT_GROUPS[kind.upper()])
        columns = tuple(f"{name}_{axis}" for name in _unique([labels[i] for i in chosen]) for axis in "xyz")
        in_degrees = unit.lower().startswith("deg") if kind == "angles" else None
        table = Table(time_s, columns, values.reshape(len(values), -1), in_degrees, kind)
        outputs[kind] = Signals(table, (unit,) * len(columns), raw.rate_hz)
    return outputs
