"""Plantar pressure as a table: a column of time and one of force for each region and side.

::

    time_s,heel_left_n,midfoot_left_n,forefoot_left_n,toes_left_n,heel_right_n,...
    0.00,0,0,0,0,312.5,...

Columns may stand in any order; a foot may be absent, a region of a foot may not. Numbers are newtons.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.names import Side
from groundup.body.pressure import REGIONS, RegionalPressure
from groundup.errors import FileError
from groundup.io.text import read_text

TIME = "time_s"
SIDES: tuple[Side, ...] = ("right", "left")


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
    time_s = values[:, _column(path, names, TIME)]
    if len(time_s) < 2 or not (np.diff(time_s) > 0).all():
        raise FileError(
            f"{path}: {TIME} does not increase from row to row, expected at least two rows in order of time."
        )
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
