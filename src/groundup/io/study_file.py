"""``study.json``: a :class:`~groundup.study.Study` as versioned JSON, without loss.

Numbers are written in full (shortest text that reads back to the same double), NaN as ``null``. Arrays of the 3D
picture are packed: ``{"dtype": "float32", "shape": [...], "base64": "..."}``, little-endian, row by row.
``study.schema.json`` beside this file describes the format.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import json
import types
import typing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundup.errors import FileError, Truncated
from groundup.io.atomic import write_text_atomic
from groundup.study import SCHEMA_NAME, SCHEMA_VERSION, Study

SCHEMA_FILE = Path(__file__).with_name("study.schema.json")

_PACKED_TYPES = {"float32": "<f4", "float64": "<f8", "uint32": "<u4"}
_PLAIN_WORDS = {str: "text", bool: "true or false", int: "a whole number"}
_REMAKE = "Make the study again with groundup analyse."


def write_study(study: Study, path: str | Path) -> None:
    """Write ``study.json``, whole or not at all.

    Raises
    ------
    FileError
        The file cannot be written.
    """
    write_text_atomic(path, json.dumps(study_to_dict(study), ensure_ascii=False, allow_nan=False, indent=None) + "\n")


def read_study(path: str | Path) -> Study:
    """Read ``study.json``.

    Raises
    ------
    FileError
        No such file, not JSON, not a study, a newer version, or a field that is missing or of the wrong kind; the
        message names the place (``curves.3.unit``).
    Truncated
        The file is empty or ends early.
    """
    return study_from_dict(_load(path), str(path))


def study_to_dict(study: Study) -> dict[str, Any]:
    """Return the study as plain JSON values (dict, list, str, float, int, bool, None)."""
    return record_to_dict(study)


def record_to_dict(record: Any) -> dict[str, Any]:
    """Return a record that has a ``schema`` as plain JSON values, the schema first."""
    plain: dict[str, Any] = _plain(record)
    return {"schema": plain.pop("schema"), **plain}


def plain_values(record: Any) -> Any:
    """Return a part of a study (records, arrays, numbers) as plain JSON values, as its file holds it."""
    return _plain(record)


def study_from_dict(data: object, name: str = "study") -> Study:
    """Make a study from plain JSON values; ``name`` begins every error message.

    Raises
    ------
    FileError
        As :func:`read_study`.
    """
    _check_schema(data, name)
    study = _record(Study, data, "", name)
    assert isinstance(study, Study)
    return study


def pack(values: npt.ArrayLike, dtype: str = "float32") -> dict[str, Any]:
    """Return an array as a packed JSON object (see the module's head); ``dtype`` is float32, float64 or uint32."""
    array = np.ascontiguousarray(values, dtype=_PACKED_TYPES[dtype])
    return {"dtype": dtype, "shape": list(array.shape), "base64": base64.b64encode(array.tobytes()).decode("ascii")}


# --- writing ------------------------------------------------------------


def _plain(value: Any, packed: bool = False) -> Any:
    if isinstance(value, np.ndarray):
        return _plain_array(value, packed)
    if dataclasses.is_dataclass(value):
        kept = [f for f in dataclasses.fields(value) if "elsewhere" not in f.metadata]
        return {f.name: _plain(getattr(value, f.name), "packed" in f.metadata) for f in kept}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value


def _plain_array(values: npt.NDArray[Any], packed: bool) -> Any:
    if packed:
        return pack(values, "uint32" if values.dtype.kind in "iu" else "float32")
    if np.isfinite(values).all():
        return values.tolist()
    plain = values.astype(object)
    plain[~np.isfinite(values)] = None
    return plain.tolist()


# --- reading ------------------------------------------------------------


def _load(path: str | Path) -> object:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileError(f"{path}: no such file. Expected a study.json made by groundup.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: cannot be read ({error}). Expected a study.json made by groundup.") from error
    if not text.strip():
        raise Truncated(f"{path}: the file is empty, expected a study. {_REMAKE}")
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        ended = getattr(error, "pos", 0) >= len(text.rstrip()) or "Unterminated" in str(error)
        kind = Truncated if ended else FileError
        what = "the file ends early" if ended else "is not JSON"
        raise kind(f"{path} line {line}: {what} ({error}), expected a whole study. {_REMAKE}") from error


def _check_schema(data: object, name: str) -> None:
    schema = data.get("schema") if isinstance(data, dict) else None
    family, _, version = str(schema).partition("/")
    if family != SCHEMA_NAME or not version.isdecimal():
        raise FileError(
            f'{name}: schema is {json.dumps(schema)}, expected "{SCHEMA_NAME}/{SCHEMA_VERSION}". '
            "This is not a study. Give a study.json made by groundup."
        )
    if int(version) > SCHEMA_VERSION:
        raise FileError(
            f"{name}: written as {schema}, but this groundup reads up to {SCHEMA_NAME}/{SCHEMA_VERSION}. "
            "Update groundup: pip install --upgrade groundup."
        )
    if int(version) < 1:
        raise FileError(f"{name}: schema is {json.dumps(schema)}, expected version 1 or later. {_REMAKE}")


@functools.cache
def _hints(record: type) -> dict[str, Any]:
    return typing.get_type_hints(record)


def _record(record: type, data: object, place: str, name: str) -> object:
    """Fill one dataclass. Fields that this version does not know are passed over: additions do not break readers."""
    if not isinstance(data, dict):
        raise _wrong(name, place, data, "an object")
    filled = {}
    for f in dataclasses.fields(record):
        where = f"{place}.{f.name}".lstrip(".")
        if "elsewhere" in f.metadata:
            continue
        if f.name in data:
            filled[f.name] = _value(_hints(record)[f.name], data[f.name], where, name)
        elif f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            raise FileError(f"{name}: {where} is missing. {_REMAKE}")
    return record(**filled)


def _value(hint: Any, data: Any, place: str, name: str) -> Any:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        options = [a for a in typing.get_args(hint) if a is not type(None)]
        return None if data is None else _value(options[0], data, place, name)
    if typing.get_origin(hint) is typing.Literal:
        if data not in typing.get_args(hint):
            raise _wrong(name, place, data, "one of " + ", ".join(typing.get_args(hint)))
        return data
    if typing.get_origin(hint) is tuple:
        if not isinstance(data, list):
            raise _wrong(name, place, data, "a list")
        item = typing.get_args(hint)[0]
        return tuple(_value(item, v, f"{place}.{k}", name) for k, v in enumerate(data))
    if typing.get_origin(hint) is np.ndarray:
        return _array(data, place, name)
    if dataclasses.is_dataclass(hint):
        return _record(typing.cast(type, hint), data, place, name)
    return _scalar(hint, data, place, name)


def _scalar(hint: Any, data: Any, place: str, name: str) -> Any:
    if hint is float:
        if data is None:
            return float("nan")
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            raise _wrong(name, place, data, "a number or null")
        return float(data)
    plain = typing.get_origin(hint) or hint
    if not isinstance(data, plain) or (plain is int and isinstance(data, bool)):
        raise _wrong(name, place, data, _PLAIN_WORDS.get(plain, "an object"))
    return data


def _array(data: Any, place: str, name: str) -> npt.NDArray[Any]:
    try:
        if isinstance(data, dict):
            return _unpack(data)
        if not isinstance(data, list):
            raise ValueError
        return np.array(data, dtype=np.float64)  # None becomes NaN
    except (ValueError, TypeError, KeyError, binascii.Error) as error:
        raise _wrong(name, place, data, "a list of numbers or a packed array, all rows of one length") from error


def _unpack(data: dict[str, Any]) -> npt.NDArray[Any]:
    raw = np.frombuffer(base64.b64decode(data["base64"], validate=True), dtype=_PACKED_TYPES[data["dtype"]])
    whole = data["dtype"] == "uint32"
    return raw.reshape(data["shape"]).astype(np.int64 if whole else np.float64)


def _wrong(name: str, place: str, data: object, expected: str) -> FileError:
    shown = json.dumps(data, ensure_ascii=False, default=str)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return FileError(f"{name}: {place or 'the file'} is {shown}, expected {expected}. {_REMAKE}")
