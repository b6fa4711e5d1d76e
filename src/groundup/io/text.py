"""Text of measured data as it really arrives: any encoding, any line end, any spelling of "no value"."""

from __future__ import annotations

import codecs
import math
from pathlib import Path

from groundup.errors import FileError, Truncated

MAX_BYTES = 2 * 2**30

_NO_VALUE = {"", "nan", "+nan", "-nan", "-nan(ind)", "nan(ind)", "1.#qnan", "-1.#qnan", "1.#ind", "-1.#ind", "na"}


def read_text(path: str | Path) -> str:
    """Read a text file whole; line ends become ``\\n``.

    UTF-8 with or without byte-order mark, UTF-16 with one, and Latin-1 for everything that is not UTF-8: names in
    old recordings hold single bytes such as 0xE9 for é.

    Raises
    ------
    FileError
        The file cannot be opened, is larger than 2 GB, or is binary.
    Truncated
        The file is empty.
    """
    data = _read_bytes(Path(path))
    if not data.strip():
        raise Truncated(f"{path}: the file is empty, expected a table of numbers. Export or copy it again.")
    text = _decode(data)
    if "\x00" in text:
        raise FileError(f"{path}: is a binary file (it holds null bytes), expected text. Check that the file is right.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FileError(f"{path}: the file has {size / 2**30:.1f} GB, expected at most {MAX_BYTES / 2**30:.0f} GB.")
        return path.read_bytes()
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        raise FileError(f"{path}: cannot be read ({why}). Check the path.") from error
    except ValueError as error:  # a null character in the name
        raise FileError(f"{str(path)!r}: is no file name ({error}).") from error


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.removeprefix(codecs.BOM_UTF8).decode("latin-1")


def split_cells(line: str) -> list[str]:
    """Split a line into cells: at tabs where it has any (cells may then be blank), otherwise at blanks."""
    return line.split("\t") if "\t" in line.strip() else line.split()


def trim_blank_end(cells: list[str]) -> list[str]:
    """Drop the blank cells at the end of a line; spreadsheets pad every line to the same width."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def numbers_of(text: str, cells: list[str], path: str | Path, line: int) -> list[float]:
    """Turn the cells of a line of text into numbers, NaN for a blank cell or any spelling of "not a number".

    Raises
    ------
    FileError
        A cell is no number; the message says line and column.
    """
    try:
        if "_" in text:  # float() takes "1_0" for 10
            raise ValueError
        return [float(cell) for cell in cells]  # the usual case, and the fast one
    except ValueError:
        return [_number(cell, path, line, column + 1) for column, cell in enumerate(cells)]


def _number(cell: str, path: str | Path, line: int, column: int) -> float:
    word = cell.strip()
    if word.lower() in _NO_VALUE:
        return math.nan
    try:
        return float(word.replace("_", "?"))
    except ValueError:
        hint = "Write decimals with a point, not a comma." if _is_decimal_comma(word) else "Correct this cell."
        raise FileError(f"{path} line {line} column {column}: is {word[:40]!r}, expected a number. {hint}") from None


def _is_decimal_comma(word: str) -> bool:
    try:
        float(word.replace(",", ".", 1))
    except ValueError:
        return False
    return "," in word
