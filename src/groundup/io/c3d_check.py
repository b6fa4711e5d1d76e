"""Whether a C3D file holds together, before the library that reads it is let near it.

On damaged files ezc3d may crash the whole process, allocate without bound or return zeros for frames that are
missing. The walk here reads the header and the chain of parameters only, so it costs under a millisecond.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path

from groundup.errors import FileError, Truncated

_BLOCK = 512
_KEY = 0x50
_ORDER = {84: "<", 85: "<", 86: ">"}
"""Byte order of integers under each processor number: Intel, DEC, MIPS."""
_SIGN_BYTE = {84: 3, 85: 1, 86: 0}
"""Which byte of a stored float holds its sign."""
_TYPES = {-1: 1, 1: 1, 2: 2, 4: 4}
"""Type numbers of parameters (text, byte, integer, float) and their sizes in bytes."""


@dataclass(frozen=True)
class _Parameter:
    type: int
    dims: tuple[int, ...]
    data: bytes


# Parameters that the library takes without looking; numbers may be integers or floats.
_NUMBERS = {
    "POINT": ("USED", "SCALE", "RATE", "FRAMES", "DATA_START"),
    "ANALOG": ("USED", "GEN_SCALE", "RATE"),
    "FORCE_PLATFORM": ("USED",),
}
_LISTS_OF_NUMBERS = {
    "ANALOG": ("SCALE", "OFFSET"),
    "FORCE_PLATFORM": ("TYPE", "CORNERS", "ORIGIN", "CHANNEL", "ZERO", "CAL_MATRIX"),
    "TRIAL": ("ACTUAL_START_FIELD", "ACTUAL_END_FIELD"),
    "EVENT": ("TIMES",),
    "ROTATION": ("USED", "RATE", "RATIO", "DATA_START"),
}
_TEXTS = ("LABELS", "UNITS", "DESCRIPTIONS", "CONTEXTS", "FORMAT")

_Parameters = dict[tuple[int, str], _Parameter]


def check_c3d(path: str | Path) -> None:
    """Make sure that a file is a whole C3D file.

    Raises
    ------
    Truncated
        It ends before the data that its header announces.
    FileError
        It cannot be opened, is no C3D file, or its parameters do not hang together.
    """
    data = _bytes(path)
    if len(data) < 2 or data[1] != _KEY:
        begins = f"begins with {data[:4].hex(' ')}" if data else "is empty"
        raise FileError(f"{path}: the file {begins}, expected C3D (second byte 50). Check that this is the file.")
    at = (data[0] - 1) * _BLOCK
    if at < 0 or len(data) < max(at, _BLOCK) + 4:
        raise Truncated(f"{path}: ends within its header after {len(data)} bytes. Export or copy it again.")
    processor = data[at + 3]
    if processor not in _ORDER:
        raise FileError(
            f"{path}: byte {at + 3} says processor {processor}, expected 84, 85 or 86. The file is damaged or no C3D; "
            "export it again."
        )
    groups, parameters = _walk(path, data, at, _ORDER[processor])
    _check_groups(path, groups, parameters, _ORDER[processor])
    _check_size(path, data, processor, groups, parameters)


def _bytes(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        raise FileError(f"{path}: cannot be read ({why}). Check the path.") from error


# --- the chain of parameters ------------------------------------------------------------------------------------------


def _walk(path: str | Path, data: bytes, start: int, order: str) -> tuple[dict[str, int], _Parameters]:
    """Follow the chain of groups and parameters; every link must end where the next one begins."""
    groups: dict[str, int] = {}
    parameters: _Parameters = {}
    end = min(len(data), start + data[start + 2] * _BLOCK) if data[start + 2] else len(data)
    at = start + 4
    while at + 2 <= end and data[at]:
        length, number = abs(_signed(data[at])), _signed(data[at + 1])
        name = data[at + 2 : at + 2 + length].decode("latin-1").strip().upper()
        link = at + 2 + length
        if link + 2 > end or number == 0:
            raise _broken(path, at)
        step = struct.unpack_from(order + "H", data, link)[0]
        used = _skip_text(data, link + 2, end)
        if number < 0:
            if groups.get(name, -number) != -number or -number in [n for k, n in groups.items() if k != name]:
                raise _broken(path, at)
            groups[name] = -number
        else:
            parameters[number, name], used = _parameter(path, data, link + 2, end)
        if step == 0:
            break
        if link + step < used or link + step > end:
            raise _broken(path, at)
        at = link + step
    return groups, parameters


def _parameter(path: str | Path, data: bytes, at: int, end: int) -> tuple[_Parameter, int]:
    """Read one parameter's type, dimensions and bytes; returns also where its description ends."""
    if at + 2 > end:
        raise _broken(path, at)
    kind, n_dims = _signed(data[at]), data[at + 1]
    values = at + 2 + n_dims
    if kind not in _TYPES or n_dims > 7 or values > end:
        raise _broken(path, at)
    dims = tuple(data[at + 2 : values])
    size = _TYPES[kind] * math.prod(dims)
    if values + size > end:
        raise _broken(path, at)
    if kind == -1 and not n_dims:
        raise FileError(
            f"{path}: the text at byte {values} has no length, which the C3D library (ezc3d) does not survive. "
            "Save the file again with the program that made it, or another."
        )
    return _Parameter(kind, dims, data[values : values + size]), _skip_text(data, values + size, end)


def _skip_text(data: bytes, at: int, end: int) -> int:
    return at + 1 + data[at] if at < end else at


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _broken(path: str | Path, at: int) -> FileError:
    return FileError(f"{path}: the parameters do not hang together at byte {at}. The file is damaged; export it again.")


def _check_groups(path: str | Path, groups: dict[str, int], parameters: _Parameters, order: str) -> None:
    if "POINT" not in groups:
        found = ", ".join(sorted(groups)[:8]) or "no groups"
        raise FileError(f"{path}: has no group POINT (it holds {found}), expected one. Export the recording again.")
    known = set(groups.values())
    for number, name in parameters:
        if number not in known:
            raise FileError(
                f"{path}: parameter {name[:20]!r} belongs to no group. The file is damaged; export it again."
            )
    names = {number: name for name, number in groups.items()}
    for (number, name), parameter in parameters.items():
        _check_kind(path, names[number], name, parameter)

    _check_analog(path, groups, parameters, order)


def _check_analog(path: str | Path, groups: dict[str, int], parameters: _Parameters, order: str) -> None:
    """Every analog channel needs its scale and offset; the library takes them without asking."""
    number = groups.get("ANALOG", 0)
    n_channels = _number(parameters, groups, "ANALOG", "USED", order) or 0
    for name in ("SCALE", "OFFSET"):
        parts = [p for (group, n), p in parameters.items() if group == number and n.rstrip("23456789") == name]
        held = sum(len(part.data) // _TYPES[part.type] for part in parts)
        if held < n_channels:
            raise FileError(
                f"{path}: ANALOG:{name} holds {held} numbers, expected {n_channels}, one per analog channel. "
                "Export the recording again."
            )


def _check_kind(path: str | Path, group: str, name: str, parameter: _Parameter) -> None:
    single = name in _NUMBERS.get(group, ())
    if single or name in _LISTS_OF_NUMBERS.get(group, ()):
        wrong = parameter.type not in (2, 4) or (single and not parameter.data)
        expected = "a number" if single else "numbers"
    else:
        wrong = group in (*_NUMBERS, *_LISTS_OF_NUMBERS) and name in _TEXTS and parameter.type != -1
        expected = "text"
    if wrong:
        kind = {-1: "text", 1: "bytes", 2: "integers", 4: "floats"}[parameter.type] if parameter.data else "nothing"
        raise FileError(
            f"{path}: {group}:{name} holds {kind}, expected {expected}. The file is damaged; export it again."
        )


# --- the size of the data --------------------------------------------------------------------------------------------


def _check_size(path: str | Path, data: bytes, processor: int, groups: dict[str, int], parameters: _Parameters) -> None:
    order = _ORDER[processor]
    n_points, n_analog, first, last = struct.unpack_from(order + "4H", data, 2)
    start = (struct.unpack_from(order + "H", data, 16)[0] - 1) * _BLOCK
    in_header = last - first + 1
    width = 4 if data[12 + _SIGN_BYTE[processor]] & 0x80 else 2
    stated = _number(parameters, groups, "POINT", "FRAMES", order)
    # 65535 in the header or in FRAMES stands for "too many to count in 16 bits".
    counts = [n for n, full in ((in_header, last), (stated, stated)) if n is not None and full != 0xFFFF]
    frame = (4 * n_points + n_analog) * width
    if in_header < 0 or first == 0 or (start < _BLOCK and frame):
        raise FileError(
            f"{path}: the header says frames {first} to {last}, data from byte {start}, expected at least one frame "
            "after the header. The file is damaged; export it again."
        )
    used = _number(parameters, groups, "POINT", "USED", order)
    if used is not None and used != n_points:
        raise FileError(
            f"{path}: the header says {n_points} points, POINT:USED {used}, expected the same number. "
            "The file is damaged; export it again."
        )
    needed = start + max(counts, default=1) * frame
    if len(data) < needed:
        held = max(0, len(data) - start) // frame
        raise Truncated(
            f"{path}: holds {held} whole frames, its header says {max(counts)}. The file was probably cut off. "
            "Export or copy it again."
        )


def _number(parameters: _Parameters, groups: dict[str, int], group: str, name: str, order: str) -> int | None:
    found = parameters.get((groups.get(group, 0), name))
    if found is None or found.type != 2 or len(found.data) < 2:
        return None
    return int(struct.unpack_from(order + "H", found.data)[0])
