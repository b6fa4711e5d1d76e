"""Marker trajectories in TRC files."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import MarkerTrajectories
from groundup.errors import FileError, RecordingError, Truncated
from groundup.io.atomic import write_text_atomic
from groundup.io.text import numbers_of, read_text, split_cells, trim_blank_end

METRES_PER_UNIT = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1.0),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), 1e-2),
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), 1e-3),
    **dict.fromkeys(("in", "inch", "inches"), 0.0254),
    **dict.fromkeys(("ft", "foot", "feet"), 0.3048),
}
"""Length of one unit, m, under every spelling that is read (in lower case)."""

# The size of the cloud of markers on one person, m: a set on one foot at least, a person with raised arms (and a
# second person beside) at most. Outside of this the unit is wrong, not the person unusual.
_SMALLEST_CLOUD_M, _LARGEST_CLOUD_M = 0.05, 6.0
_USUAL_CLOUD_M = (0.2, 2.5)
_FARTHEST_MARKER_M = 100.0
_RATE_TOLERANCE = 0.05  # times are often rounded to a millisecond: 2.5 % at 100 Hz would be a rounded step


@dataclass(frozen=True)
class _Header:
    rate_hz: float | None
    n_frames: int | None
    n_markers: int | None
    units: str | None


def read_trc(path: str | Path, units: str | None = None) -> MarkerTrajectories:
    """Read marker trajectories and convert them to metres.

    Blank cells, NaN and markers at exactly (0, 0, 0) are gaps: NaN. Frames out of order are sorted by time. A marker
    column without a name is kept as ``unnamed_<number>``. A repeated marker with the same positions is dropped.

    Parameters
    ----------
    path : the file
    units : str or None
        ``m``, ``cm``, ``mm``, ``in`` or ``ft``; overrides the header. None takes the header's.

    Returns
    -------
    MarkerTrajectories, m and s

    Raises
    ------
    Truncated
        The file is empty, ends in its header, holds fewer frames than its header says, or stops within a row.
    FileError
        It is no TRC file; names, numbers or times do not fit together; the unit is unknown.
    RecordingError
        The unit cannot be right: the message names the probable one.
    """
    lines = read_text(path).split("\n")
    header = _read_header(path, lines)
    metres_per_unit = _metres_per_unit(path, header, units)
    names = _marker_names(path, lines)
    start = _first_data_line(lines)
    data, line_numbers = _read_rows(path, lines, start, len(names))
    _check_frame_count(path, header, len(data))
    data = _in_order_of_time(path, data, line_numbers)
    raw = data[:, 2:].reshape(len(data), len(names), 3)
    keep = _without_copies(path, names, raw)
    positions = _gaps_to_nan(raw[:, keep]) * metres_per_unit
    recording = MarkerTrajectories(
        time_s=data[:, 1].copy(),
        names=tuple(names[i] for i in keep),
        positions_m=positions,
        rate_hz=_rate(path, header, data[:, 1]),
        source=str(path),
    )
    _check_units(recording, path, metres_per_unit, overridden=units is not None)
    return recording


# --- header -----------------------------------------------------------------------------------------------------------


def _read_header(path: str | Path, lines: Sequence[str]) -> _Header:
    if not lines[0].strip().lower().startswith("pathfiletype"):
        raise FileError(
            f"{path} line 1: starts with {lines[0].strip()[:30]!r}, expected 'PathFileType'. Check that it is TRC."
        )
    if len([line for line in lines if line.strip()]) < 4:
        raise Truncated(f"{path}: the file ends within its header, expected frames of markers. Export it again.")
    keys = [key.lower() for key in lines[1].split()]
    values = dict(zip(keys, lines[2].split(), strict=False))
    return _Header(
        rate_hz=_positive(values.get("datarate")),
        n_frames=_whole(values.get("numframes")),
        n_markers=_whole(values.get("nummarkers")),
        units=values.get("units"),
    )


def _positive(word: str | None) -> float | None:
    try:
        value = float(word or "")
    except ValueError:
        return None
    return value if 0 < value < math.inf else None


def _whole(word: str | None) -> int | None:
    value = _positive(word)
    return int(value) if value is not None and value == int(value) else None


def _metres_per_unit(path: str | Path, header: _Header, units: str | None) -> float:
    asked = units if units is not None else header.units
    found = METRES_PER_UNIT.get((asked or "").strip().lower())
    if found is not None:
        return found
    place = f"{path} line 3: Units is" if units is None else f"{path}: --marker-units is"
    fix = "Fix the header or pass --marker-units mm." if units is None else "Pass one of these."
    raise FileError(f"{place} {(asked or '')[:40]!r}, expected one of m, cm, mm, in, ft. {fix}")


def _marker_names(path: str | Path, lines: Sequence[str]) -> tuple[str, ...]:
    """Read line 4: a name over the first of each three columns."""
    cells = lines[3].split("\t") if "\t" in lines[3].strip() else lines[3].split()
    if not cells or not cells[0].strip().lower().startswith("frame"):
        raise FileError(
            f"{path} line 4: starts with {lines[3].strip()[:30]!r}, expected 'Frame#', 'Time' and the marker names. "
            "Check the header."
        )
    if len(cells) < 2 or cells[1].strip().lower() != "time":
        raise FileError(f"{path} line 4: the second column is not 'Time'. Check the header.")
    names = [cell.strip() for cell in cells[2:]]
    filled = [name for name in names if name]
    n_labelled = _labelled_triples(lines)
    if n_labelled and n_labelled > len(filled) and all(not name or i % 3 == 0 for i, name in enumerate(names)):
        in_place = names[::3] + [""] * (n_labelled - len(names[::3]))
        return tuple(name or f"unnamed_{index}" for index, name in enumerate(in_place[:n_labelled], start=1))
    if not filled:
        raise FileError(f"{path} line 4: holds no marker names, expected one for each three columns. Check the header.")
    return tuple(filled)


def _labelled_triples(lines: Sequence[str]) -> int:
    """Count the markers that line 5 (X1 Y1 Z1 …) has columns for; 0 where there is no such line."""
    words = lines[4].split() if len(lines) > 4 else []
    return len(words) // 3 if words and words[0][:1] in "Xx" else 0


def _first_data_line(lines: Sequence[str]) -> int:
    return 5 if _labelled_triples(lines) else 4


# --- rows -------------------------------------------------------------------------------------------------------------


def _read_rows(path: str | Path, lines: Sequence[str], start: int, n_markers: int) -> tuple[Floats, list[int]]:
    width = 2 + 3 * n_markers
    rows: list[list[float]] = []
    numbers: list[int] = []
    for index in range(start, len(lines)):
        line = lines[index]
        if not line or line.isspace():
            continue
        cells = split_cells(line)
        if len(cells) != width:
            cells = _fit(path, index, lines, cells, n_markers)
        rows.append(numbers_of(line, cells, path, index + 1))
        numbers.append(index + 1)
    if not rows:
        raise Truncated(f"{path}: holds no frames after its header, expected at least one. Export it again.")
    return np.array(rows, dtype=np.float64), numbers


def _fit(path: str | Path, index: int, lines: Sequence[str], cells: list[str], n_markers: int) -> list[str]:
    """Bring a ragged row to full width: the end of a row may be blank, or missing where the markers were not seen."""
    width = 2 + 3 * n_markers
    found = len(cells)
    cells = trim_blank_end(cells) if found > width else cells
    if len(cells) > width:
        raise FileError(
            f"{path} line {index + 1}: the row has {len(cells)} cells, expected {width} (frame, time and 3 for each of "
            f"{n_markers} markers). Name every marker in line 4, or remove the extra cells."
        )
    stops_here = index == len(lines) - 1  # no line end after it
    by_blanks = "\t" not in lines[index].strip()
    if found < width and (stops_here or by_blanks):
        kind = Truncated if stops_here else FileError
        cut_off = "The file was probably cut off. Export or copy it again."
        why = cut_off if stops_here else "Separate the cells with tabs."
        raise kind(f"{path} line {index + 1}: the row has {found} cells, expected {width}. {why}")
    return cells + [""] * (width - len(cells))


def _check_frame_count(path: str | Path, header: _Header, found: int) -> None:
    if header.n_frames is not None and header.n_frames > found:
        raise Truncated(
            f"{path} line 3: NumFrames is {header.n_frames}, but {found} frames follow. The file was probably cut off. "
            f"Export it again, or write NumFrames {found} if the frames were removed on purpose."
        )


def _in_order_of_time(path: str | Path, data: Floats, line_numbers: list[int]) -> Floats:
    time = data[:, 1]
    unfit = np.flatnonzero(~np.isfinite(time))
    if unfit.size:
        raise FileError(
            f"{path} line {line_numbers[unfit[0]]}: Time is {time[unfit[0]]}, expected seconds. Correct the row."
        )
    order = np.argsort(time, kind="stable")
    twice = np.flatnonzero(np.diff(time[order]) <= 0)
    if twice.size:
        first, second = sorted(line_numbers[i] for i in order[twice[0] : twice[0] + 2])
        raise FileError(
            f"{path} lines {first} and {second}: both have Time {time[order[twice[0]]]:g} s, "
            "expected each instant once. Remove one, or write times with more digits."
        )
    return data if np.all(order[:-1] < order[1:]) else data[order]


def _without_copies(path: str | Path, names: Sequence[str], raw: Floats) -> list[int]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name not in first:
            first[name] = index
        elif not np.array_equal(raw[:, index], raw[:, first[name]], equal_nan=True):
            raise FileError(
                f"{path} line 4: markers {first[name] + 1} and {index + 1} are both named {name!r} and differ, "
                "expected unique names. Rename one."
            )
    return list(first.values())


def _gaps_to_nan(raw: Floats) -> Floats:
    gap = ~np.isfinite(raw).all(axis=2) | (raw == 0).all(axis=2)
    return np.where(gap[:, :, None], np.nan, raw)


def _rate(path: str | Path, header: _Header, time: Floats) -> float:
    """Return the header's rate where the times bear it out, the times' own where the header has none."""
    if len(time) < 2:
        return header.rate_hz or 1.0
    with np.errstate(over="ignore"):  # absurd times end in the message below
        measured = 1.0 / float(np.median(np.diff(time)))
        overall = (len(time) - 1) / float(time[-1] - time[0])
    stated = header.rate_hz
    if stated is None:
        return overall if abs(overall / measured - 1) < _RATE_TOLERANCE else measured
    if min(abs(measured / stated - 1), abs(overall / stated - 1)) > _RATE_TOLERANCE:
        raise FileError(
            f"{path} line 3: DataRate is {stated:g} Hz, but the column Time has {measured:.4g} frames per second. "
            "Correct whichever is wrong."
        )
    return stated


# --- plausibility of the unit ---------------------------------------------------------------------------------------


def _check_units(recording: MarkerTrajectories, path: str | Path, metres_per_unit: float, overridden: bool) -> None:
    size = cloud_size_m(recording.positions_m)
    farthest = float(np.nanmax(np.abs(recording.positions_m), initial=0.0))
    too_small = recording.positions_m.shape[1] >= 5 and 0 < size < _SMALLEST_CLOUD_M
    if size <= _LARGEST_CLOUD_M and farthest <= _FARTHEST_MARKER_M and not too_small:
        return
    name, low, high = _widest_marker(recording)
    guess = probable_unit(size / metres_per_unit if size > 0 else farthest / metres_per_unit)
    cause = f"Units are probably {guess}. " if guess else "The unit or a marker is wrong. "
    fix = f"{'Pass' if overridden else 'Fix the header or pass'} --marker-units {guess or 'mm'}."
    line = "" if overridden else " line 3"
    raise RecordingError(
        f'{path}{line}: marker "{name}" moves within {_short(low)}–{_short(high)} m, expected 0–3 m. {cause}{fix}'
    )


def cloud_size_m(positions: Floats) -> float:
    """Return the median over frames of the largest extent of all markers, m; 0 where no marker is seen."""
    seen = np.isfinite(positions[:, :, 0])
    frames = positions[seen.any(axis=1)]
    if not len(frames):
        return 0.0
    with np.errstate(over="ignore"):
        extent = np.nanmax(frames, axis=1) - np.nanmin(frames, axis=1)
    return float(np.median(extent.max(axis=1)))


def _widest_marker(recording: MarkerTrajectories) -> tuple[str, float, float]:
    reach = np.nan_to_num(np.abs(recording.positions_m), nan=0.0).max(axis=0)  # (n_markers, 3)
    marker, axis = np.unravel_index(int(np.argmax(reach)), reach.shape)
    values = recording.positions_m[:, marker, axis]
    return recording.names[marker], float(np.nanmin(values)), float(np.nanmax(values))


def probable_unit(size_in_units: float) -> str | None:
    """Return the unit in which a cloud of markers of this size would be a person; None if there is none."""
    low, high = _USUAL_CLOUD_M
    likely = ("m", "mm", "cm", "ft", "in")
    return next((unit for unit in likely if low <= size_in_units * METRES_PER_UNIT[unit] <= high), None)


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.3g}"


# --- writing ----------------------------------------------------------------------------------------------------------


def write_trc(recording: MarkerTrajectories, path: str | Path, units: str = "m") -> None:
    """Write a TRC file that OpenSim opens; gaps become ``nan`` (OpenSim refuses a row that ends in a blank cell).

    Numbers are written with the fewest digits that give back the same float64.

    Raises
    ------
    FileError
        The recording's shapes or names do not fit together, the unit is unknown, or the file cannot be written.
    """
    unit = units.strip().lower()
    if unit not in METRES_PER_UNIT:
        raise FileError(f"{path}: cannot be written in {units!r}, expected one of m, cm, mm, in, ft.")
    _check_recording(recording, path)
    write_text_atomic(path, "\n".join([*_header_lines(recording, path, unit), *_row_lines(recording, unit)]) + "\n")


def _check_recording(recording: MarkerTrajectories, path: str | Path) -> None:
    shape = (len(recording.time_s), len(recording.names), 3)
    if recording.positions_m.shape != shape:
        found = recording.positions_m.shape
        raise FileError(f"{path}: cannot be written, positions have shape {found}, expected {shape}.")
    wrong = [name for name in recording.names if not name.strip() or re.search(r"[\t\r\n]", name)]
    if wrong or len(set(recording.names)) != len(recording.names):
        raise FileError(f"{path}: cannot be written, marker names have to be unique, not blank and without tabs.")


def _header_lines(recording: MarkerTrajectories, path: str | Path, unit: str) -> list[str]:
    n_frames, n_markers = recording.positions_m.shape[:2]
    rate = repr(float(recording.rate_hz))
    return [
        f"PathFileType\t4\t(X/Y/Z)\t{Path(path).name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{n_frames}\t{n_markers}\t{unit}\t{rate}\t1\t{n_frames}",
        "Frame#\tTime\t" + "\t\t\t".join(recording.names) + "\t\t",
        "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, n_markers + 1)),
        "",
    ]


def _row_lines(recording: MarkerTrajectories, unit: str) -> list[str]:
    values = recording.positions_m.reshape(len(recording.time_s), -1) / METRES_PER_UNIT[unit]
    rows = zip(recording.time_s.tolist(), values.tolist(), strict=True)
    return [
        f"{frame}\t{time!r}\t" + "\t".join([repr(value) for value in row])
        for frame, (time, row) in enumerate(rows, start=1)
    ]
