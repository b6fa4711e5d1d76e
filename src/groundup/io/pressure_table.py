"""Plantar pressure as a table: a column of time and one of force for each region and side.

::

    time_s,heel_left_n,midfoot_left_n,forefoot_left_n,toes_left_n,heel_right_n,...
    0.00,0,0,0,0,312.5,...

Columns may stand in any order; a foot may be absent, a region of a foot may not. Numbers are newtons.

Or a grid of cells of one foot, row by row from the heel to the toes, as columns r1c1, r1c2, … r2c1, …::

    # side = left
    # unit = kPa
    # cell_mm = 7.6 5.1
    time_s,r1c1,r1c2,r1c3,r2c1,...
    0.00,0,12,3,0,...

``unit`` is kPa, or N for the force on each cell; ``cell_mm`` is a cell's size along the foot and across it. The
foot lies between the first and the last row that ever bears 10 kPa; with ``# extent = grid``, as for
insoles, it fills the grid.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.names import Side
from groundup.body.pressure import REGIONS, RegionalPressure, merged, region_of
from groundup.errors import FileError
from groundup.io.text import read_text

TIME = "time_s"
SIDES: tuple[Side, ...] = ("right", "left")
LOADED_KPA = 10.0
"""A row of cells that never bears as much is not under the foot."""

_CELL = re.compile(r"r(\d+)c(\d+)")
_ABOUT = re.compile(r"#\s*(\w+)\s*=\s*(.+)")


def read_pressure(paths: Sequence[str | Path]) -> RegionalPressure:
    """Read plantar pressure from files of regional loads or grids: both feet in one, or each in its own.

    Raises
    ------
    FileError
        A file cannot be read; the message names line and column.
    RecordingError
        Two files hold the same foot at the same time.
    """
    return merged([_read(path) for path in paths])


def _read(path: str | Path) -> RegionalPressure:
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    header = next((line for line in lines if not line.lstrip().startswith("#")), "")
    is_grid = any(_CELL.fullmatch(cell.strip().lower()) for cell in header.split(","))
    return _read_grid(path, lines) if is_grid else read_pressure_table(path)


def _read_grid(path: str | Path, lines: list[str]) -> RegionalPressure:
    about = {m[1].lower(): m[2].strip().lower() for line in lines if (m := _ABOUT.match(line.strip()))}
    rows = list(csv.reader(line for line in lines if not line.lstrip().startswith("#")))
    names = [cell.strip().lower() for cell in rows[0]]
    values = _numbers(path, names, rows[1:])
    time_s = _clock(path, values[:, _column(path, names, TIME)])
    side, unit, (along, across) = _side(path, about), _unit(path, about), _cell_m(path, about)
    cells = _cells(path, names, values)  # (n, rows, columns)
    pressure = cells if unit == "kpa" else cells / (along * across) / 1000.0
    region = _row_regions(path, pressure, about.get("extent") == "grid")
    on = [region == k for k in range(len(REGIONS))]
    force = pressure * 1000.0 * along * across
    load = np.column_stack([force[:, rows_on].sum(axis=(1, 2)) for rows_on in on])
    peak = np.column_stack([pressure[:, rows_on].max(axis=(1, 2), initial=0.0) for rows_on in on])
    return RegionalPressure(time_s, {side: load}, str(path), {side: peak})


def _side(path: str | Path, about: dict[str, str]) -> Side:
    side = next((s for s in SIDES if s == about.get("side")), None)
    if side is None:
        raise FileError(f"{path}: side is {about.get('side')!r}, expected a line # side = left, or right, at the top.")
    return side


def _unit(path: str | Path, about: dict[str, str]) -> str:
    unit = about.get("unit", "")
    if unit not in ("kpa", "n"):
        raise FileError(f"{path}: unit is {unit!r}, expected a line # unit = kPa, or N, at the top.")
    return unit


def _cell_m(path: str | Path, about: dict[str, str]) -> tuple[float, float]:
    said = about.get("cell_mm", "")
    try:
        along, across = (float(x) / 1000.0 for x in re.split(r"[\s,x]+", said))
    except ValueError:
        along = across = 0.0
    if not (0.0005 <= along <= 0.05 and 0.0005 <= across <= 0.05):
        raise FileError(
            f"{path}: cell_mm is {said!r}, expected a line # cell_mm = 7.6 5.1 (along the foot, across it; 0.5 "
            "to 50 mm)."
        )
    return along, across


def _cells(path: str | Path, names: list[str], values: Floats) -> Floats:
    """Cells as (n, rows, columns), whatever the order of the columns."""
    place = {(int(m[1]), int(m[2])): k for k, name in enumerate(names) if (m := _CELL.fullmatch(name))}
    height, width = (max(p[axis] for p in place) for axis in (0, 1))
    lost = [f"r{i}c{j}" for i in range(1, height + 1) for j in range(1, width + 1) if (i, j) not in place]
    if lost:
        raise FileError(
            f"{path} line 1: no column {lost[0]} ({len(lost)} cells are missing), expected every cell of {height} rows "
            f"and {width} columns. Write 0 for cells that the sensor lacks."
        )
    order = [place[i, j] for i in range(1, height + 1) for j in range(1, width + 1)]
    return values[:, order].reshape(len(values), height, width)


def _row_regions(path: str | Path, pressure: Floats, whole: bool) -> np.ndarray:
    """Region of each row, (rows,); -1 outside the foot."""
    n = pressure.shape[1]
    bears = np.flatnonzero(pressure.max(axis=(0, 2)) >= LOADED_KPA)
    first, last = (0, n - 1) if whole else (int(bears[0]), int(bears[-1])) if len(bears) else (0, -1)
    if last - first + 1 < len(REGIONS):
        raise FileError(
            f"{path}: {max(last - first + 1, 0)} rows of cells bear {LOADED_KPA:.0f} kPa or more, expected at least "
            f"{len(REGIONS)} under a foot. Check # unit."
        )
    part = (np.arange(n) - first + 0.5) / (last - first + 1)
    return np.where((part > 0) & (part < 1), region_of(part), -1)


def _clock(path: str | Path, time_s: Floats) -> Floats:
    if len(time_s) < 2 or not (np.diff(time_s) > 0).all():
        raise FileError(
            f"{path}: {TIME} does not increase from row to row, expected at least two rows in order of time."
        )
    return time_s


def read_pressure_table(path: str | Path) -> RegionalPressure:
    """Read regional loads from a CSV file.

    Raises
    ------
    FileError
        The file cannot be read, a column is missing, or a cell is no number; the message names line and column.
    """
    rows = [row for row in csv.reader(read_text(path).splitlines()) if any(cell.strip() for cell in row)]
    names = [cell.strip().lower() for cell in rows[0]]
    values = _numbers(path, names, rows[1:])
    time_s = _clock(path, values[:, _column(path, names, TIME)])
    sides = [s for s in SIDES if any(name in names for name in _columns(s))]
    if not sides:
        raise FileError(
            f"{path}: no column of a region, expected {', '.join(_columns('right'))} or those of the left foot."
        )
    load = {s: values[:, [_column(path, names, name) for name in _columns(s)]] for s in sides}
    return RegionalPressure(time_s, load, str(path))


def _columns(side: Side) -> list[str]:
    return [f"{region}_{side}_n" for region in REGIONS]


def _column(path: str | Path, names: list[str], wanted: str) -> int:
    if wanted not in names:
        raise FileError(f"{path} line 1: no column {wanted}, found {', '.join(names)}. Add it or rename a column.")
    return names.index(wanted)


def _numbers(path: str | Path, names: list[str], rows: list[list[str]]) -> Floats:
    values = np.zeros((len(rows), len(names)))
    for i, row in enumerate(rows):
        if len(row) != len(names):
            raise FileError(f"{path} line {i + 2}: {len(row)} cells, expected {len(names)} as in the first line.")
        for k, cell in enumerate(row):
            try:
                values[i, k] = float(cell)
            except ValueError:
                raise FileError(f"{path} line {i + 2}: {names[k]} is {cell!r}, expected a number.") from None
    if not np.isfinite(values).all() or (values < 0).any():
        raise FileError(f"{path}: a cell is negative or not finite, expected newtons of zero or more.")
    return values
