"""A table of people as a spreadsheet writes it: CSV with one line of names, one line per person.

Only the shape is checked here; what the columns mean is for those who ask for them. Stricter than ``io.text``, which
reads measured data: a letter that is guessed wrong in a name of a person's column must not pass.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groundup.errors import FileError, Truncated

MAX_BYTES = 20_000_000
_DELIMITERS = ",;\t"
_HOW = "Make one with: groundup cohort --new -o DATA.csv"


@dataclass(frozen=True)
class TableRow:
    """One line: where it stands in the file (1 is the first line), and its cells by column, without outer blanks."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class PeopleTable:
    """Name of the file, its columns in order and its lines; ``decimal_comma`` where cells are parted by semicolons."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    decimal_comma: bool = False


def read_people_table(path: str | Path) -> PeopleTable:
    """Read a CSV table; commas, semicolons or tabs part the cells. Lines that begin with # and empty lines are skipped.

    Raises
    ------
    FileError
        The file cannot be opened, is over 20 MB, is no UTF-8 text, has a column twice or a line of another length.
    Truncated
        It holds no line of names, or nobody.
    """
    text = _decoded(Path(path))
    lines = [(k, line) for k, line in _lines(text, path)]
    if not lines:
        raise Truncated(f"{path}: the table is empty, expected a line with the names of the columns. {_HOW}")
    delimiter = max(_DELIMITERS, key=lambda d: lines[0][1].count(d))
    (first, head), *body = [(k, _cells(line, delimiter, path, k)) for k, line in lines]
    _check_names(head, path, first)
    rows = tuple(TableRow(k, dict(zip(head, _whole(cells, head, path, k), strict=True))) for k, cells in body)
    if not rows:
        raise Truncated(f"{path}: holds names of columns and nobody, expected one line per person. {_HOW}")
    return PeopleTable(str(path), tuple(head), rows, delimiter == ";")


def csv_text(rows: list[list[object]]) -> str:
    """Return rows as CSV text with ``\\n`` line ends; None becomes an empty cell."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["" if c is None else c for c in row] for row in rows])
    return text.getvalue()


def _decoded(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FileError(f"{path}: has {size / 1e6:.0f} MB, expected a table of people of at most 20 MB.")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path}: byte {error.start + 1} is not UTF-8 text. Save the table as CSV UTF-8 and read it again."
        ) from error
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        raise FileError(f"{path}: cannot be read ({why}). Check the path.") from error
    except ValueError as error:  # a null character in the name
        raise FileError(f"{str(path)!r}: is no file name ({error}).") from error


def _lines(text: str, path: str | Path) -> list[tuple[int, str]]:
    if "\x00" in text:
        raise FileError(f"{path}: is a binary file (it holds null bytes), expected a CSV table. Export it as CSV.")
    numbered = enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1)
    return [(k, line) for k, line in numbered if line.strip(" \t,;") and not line.lstrip().startswith("#")]


def _cells(line: str, delimiter: str, path: str | Path, number: int) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, strict=True))]
    except csv.Error as error:
        raise FileError(f"{path} line {number}: cannot be split into cells ({error}). Correct the quotes.") from error


def _check_names(names: list[str], path: str | Path, line: int) -> None:
    for k, name in enumerate(names, 1):
        if not name:
            raise FileError(f"{path} line {line} column {k}: has no name. Name the column or take it out.")
        if name in names[: k - 1]:
            raise FileError(f"{path} line {line}: column {name[:40]!r} is there twice. Leave one of them.")


def _whole(cells: list[str], names: list[str], path: str | Path, line: int) -> list[str]:
    while len(cells) > len(names) and not cells[-1]:
        cells = cells[:-1]
    if len(cells) != len(names):
        raise FileError(
            f"{path} line {line}: has {len(cells)} cells, expected {len(names)} as in the line of names. "
            "Put text that holds the separator in quotes."
        )
    return cells
