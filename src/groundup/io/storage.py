"""OpenSim's storage tables, MOT and STO: a header, a line of names, one row per instant.

Both generations of the header are read: ``nRows=… nColumns=… inDegrees=…`` and ``datarows … datacolumns …``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import Table
from groundup.errors import FileError, Truncated
from groundup.io.atomic import write_text_atomic
from groundup.io.text import numbers_of, read_text, split_cells, trim_blank_end

_TIME_NAMES = ("time", "t")
_SPACED_KEYS = ("datacolumns", "datarows", "nrows", "ncolumns", "version", "name", "title", "range")


@dataclass(frozen=True)
class _Header:
    name: str
    values: dict[str, str]  # keys in lower case
    end: int  # index of the line after "endheader"


def read_storage(path: str | Path) -> Table:
    """Read a MOT or STO file.

    Values stay in the units of the file (see ``Table.in_degrees``). Blank cells and every spelling of NaN become NaN.
    A wrong ``nColumns``, or an ``nRows`` smaller than the rows present, does no harm and is passed over.

    Raises
    ------
    Truncated
        The file is empty, ends in its header, or has fewer rows than the header says.
    FileError
        It is no storage file; a row has too few or too many cells; a cell is no number; two columns share a name;
        time does not increase; it holds vectors instead of numbers (``DataType=Vec3``).
    """
    lines = read_text(path).split("\n")
    header = _read_header(path, lines)
    _refuse_vectors(path, header)
    at = _next_filled(lines, header.end)
    if at is None:
        raise Truncated(f"{path}: the file ends after its header, expected a line of column names. Export it again.")
    names = _column_names(path, at + 1, lines[at])
    data, line_numbers = _read_rows(path, lines, at + 1, len(names))
    _check_row_count(path, header, len(data))
    _check_time(path, data[:, 0], line_numbers)
    return Table(
        time_s=data[:, 0].copy(),
        columns=names[1:],
        values=np.ascontiguousarray(data[:, 1:]),
        in_degrees=_in_degrees(path, header),
        name=header.name,
    )


def _read_header(path: str | Path, lines: Sequence[str]) -> _Header:
    name = ""
    values: dict[str, str] = {}
    for index, line in enumerate(lines):
        words = line.strip()
        if words.lower() == "endheader":
            return _Header(name or values.get("name", ""), values, index + 1)
        key, equals, value = words.partition("=")
        if equals:
            values[key.strip().lower()] = value.strip()
        elif (pair := words.split(None, 1)) and len(pair) == 2 and pair[0].lower() in _SPACED_KEYS:
            values[pair[0].lower()] = pair[1].strip()
        elif index == 0:
            name = words
    raise FileError(
        f"{path}: has no line 'endheader', expected the header of an OpenSim MOT or STO file. "
        "Check that it is the right file, or add the header."
    )


def _refuse_vectors(path: str | Path, header: _Header) -> None:
    kind = header.values.get("datatype", "double")
    if kind.lower() != "double":
        raise FileError(
            f"{path}: DataType is {kind[:40]!r}, expected 'double' (one number per cell). Write the table flattened."
        )


def _next_filled(lines: Sequence[str], start: int) -> int | None:
    return next((i for i in range(start, len(lines)) if lines[i].strip()), None)


def _column_names(path: str | Path, line: int, text: str) -> tuple[str, ...]:
    cells = [cell.strip() for cell in trim_blank_end(split_cells(text))]
    if not cells or cells[0].lower() not in _TIME_NAMES:
        raise FileError(
            f"{path} line {line}: the first column is {cells[0][:40] if cells else ''!r}, expected 'time'. "
            "Put the column names on the first line after 'endheader', time first."
        )
    names = ["time", *(cell or f"unnamed_{index}" for index, cell in enumerate(cells[1:], start=2))]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        where = ", ".join(str(i + 1) for i, name in enumerate(names) if name == twice[0])
        raise FileError(
            f"{path} line {line}: columns {where} are all named {twice[0]!r}, expected unique names. Rename them."
        )
    return tuple(names)


def _read_rows(path: str | Path, lines: Sequence[str], start: int, width: int) -> tuple[Floats, list[int]]:
    rows: list[list[float]] = []
    numbers: list[int] = []
    for index in range(start, len(lines)):
        line = lines[index]
        if not line or line.isspace():
            continue
        cells = split_cells(line)
        if len(cells) != width:
            cells = _fit(path, index, lines, cells, width)
        rows.append(numbers_of(line, cells, path, index + 1))
        numbers.append(index + 1)
    if not rows:
        raise Truncated(f"{path}: holds no rows after its column names, expected at least one. Export it again.")
    return np.array(rows, dtype=np.float64), numbers


def _fit(path: str | Path, index: int, lines: Sequence[str], cells: list[str], width: int) -> list[str]:
    if len(cells) > width:
        cells = trim_blank_end(cells)
        cells += [""] * (width - len(cells))
    if len(cells) != width:
        cut = len(cells) < width and index == len(lines) - 1
        words = f"the row has {len(cells)} cells, expected {width} (time and {width - 1} columns)."
        if cut:
            raise Truncated(f"{path} line {index + 1}: {words} The file was probably cut off. Export or copy it again.")
        raise FileError(f"{path} line {index + 1}: {words} Fill or remove cells in this row.")
    return cells


def _check_row_count(path: str | Path, header: _Header, found: int) -> None:
    stated = header.values.get("nrows", header.values.get("datarows", ""))
    if stated.isascii() and stated.isdigit() and int(stated[:18]) > found:
        raise Truncated(
            f"{path}: the header says nRows={stated[:18]}, but {found} rows follow. The file was probably cut off. "
            f"Export it again, or write nRows={found} if the rows were removed on purpose."
        )


def _check_time(path: str | Path, time: Floats, line_numbers: list[int]) -> None:
    unfit = np.flatnonzero(~np.isfinite(time))
    if unfit.size:
        raise FileError(
            f"{path} line {line_numbers[unfit[0]]}: time is {time[unfit[0]]}, expected seconds. Correct this row."
        )
    back = np.flatnonzero(np.diff(time) <= 0)
    if back.size:
        here, before = time[back[0] + 1], time[back[0]]
        raise FileError(
            f"{path} line {line_numbers[back[0] + 1]}: time is {here:g} s after {before:g} s, expected it to increase. "
            "Sort the rows or remove the repeated ones."
        )


def _in_degrees(path: str | Path, header: _Header) -> bool | None:
    word = header.values.get("indegrees")
    if word is None:
        return None
    if word.lower() in ("yes", "true", "1", "y"):
        return True
    if word.lower() in ("no", "false", "0", "n"):
        return False
    raise FileError(f"{path}: inDegrees is {word[:40]!r}, expected yes or no. Correct the header.")


def write_storage(table: Table, path: str | Path, description: str = "") -> None:
    """Write a table so that OpenSim, OpenCap's viewer and pandas (tab-separated) open it.

    ``description`` is put into the header as it is; OpenSim's tools explain their units there.

    Numbers are written with the fewest digits that give back the same float64, so that reading returns the very
    same values. ``in_degrees`` None leaves the line ``inDegrees`` out.

    NaN is written as ``nan``. OpenSim's tables take it, but the older reader inside its tools stops at the first one
    without a word: do not hand a table with gaps to an OpenSim tool.

    Raises
    ------
    FileError
        The table's shapes or names do not fit together, or the file cannot be written.
    """
    _check_table(table, path)
    write_text_atomic(path, "\n".join([*_header_lines(table, description), *_row_lines(table)]) + "\n")


def _check_table(table: Table, path: str | Path) -> None:
    shape = (len(table.time_s), len(table.columns))
    if table.values.shape != shape:
        raise FileError(f"{path}: cannot be written, values have shape {table.values.shape}, expected {shape}.")
    wrong = [name for name in table.columns if not name.strip() or re.search(r"[\t\r\n]", name)]
    if wrong or len(set(table.columns)) != len(table.columns):
        raise FileError(f"{path}: cannot be written, column names have to be unique, not blank and without tabs.")


def _header_lines(table: Table, description: str = "") -> list[str]:
    title = re.sub(r"\s+", " ", table.name.replace("=", " ")).strip()
    degrees = [] if table.in_degrees is None else [f"inDegrees={'yes' if table.in_degrees else 'no'}"]
    return [
        *([title] if title and title.lower() != "endheader" else []),
        "version=1",
        f"nRows={len(table.time_s)}",
        f"nColumns={len(table.columns) + 1}",
        *degrees,
        *description.splitlines(),
        "endheader",
        "\t".join(("time", *table.columns)),
    ]


def _row_lines(table: Table) -> list[str]:
    rows = np.column_stack((table.time_s, table.values)).tolist()
    return ["\t".join([repr(value) for value in row]) for row in rows]
