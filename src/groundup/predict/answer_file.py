"""``simulation.json``: the answer of ``groundup simulate``, read back as the values of its file and checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from groundup.errors import FileError, GroundupError
from groundup.io.result_folder import SIMULATION_FILE
from groundup.predict import request as requests
from groundup.predict.answer import SCHEMA

MAX_BYTES = 150_000_000
"""The largest that can be asked for, two sweeps of fifty doses with intervals, has half of it."""
_WORDS = ("measure", "label", "side", "unit", "verdict")
_NUMBERS = ("difference", "percent", "low", "high")
_MAKE = "Make one with: groundup simulate"


def read_answer(path: str | Path) -> Mapping[str, Any]:
    """Read ``simulation.json``, or the one in a folder, as ``predict.answer.to_json`` gives it.

    Raises
    ------
    FileError
        It cannot be read, is too large, or is no answer of a simulation.
    """
    place = Path(path) / SIMULATION_FILE if Path(path).is_dir() else Path(path)
    values = _loaded(place)
    schema = values.get("schema") if isinstance(values, dict) else None
    if not isinstance(values, dict) or schema != SCHEMA:
        raise FileError(f'{place}: schema is {json.dumps(schema)[:60]}, expected "{SCHEMA}". {_MAKE}')
    fault = _fault(values)
    if fault:
        raise FileError(f"{place} {fault}. {_MAKE}")
    return values


def _loaded(path: Path) -> object:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FileError(f"{path}: has {size / 1e6:.1f} MB, expected an answer of at most {MAX_BYTES / 1e6:g} MB.")
        return json.loads(path.read_bytes())
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        raise FileError(f"{path}: cannot be read ({why}). {_MAKE}") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: is not JSON ({str(error)[:200]}). {_MAKE}") from error


def _fault(values: Mapping[str, Any]) -> str:
    try:
        requests.from_json(values["request"])
    except GroundupError as error:
        return f"request: {str(error).rstrip('.')}"
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return "request: is no request of a simulation"
    statements, comparisons = values.get("statements"), values.get("comparisons")
    if not isinstance(statements, list) or not all(isinstance(one, str) for one in statements):
        return "statements: expected a list of text"
    if not isinstance(comparisons, list):
        return "comparisons: expected a list"
    wrong = (k for k, one in enumerate(comparisons) if not _is_comparison(one))
    return next((f"comparisons[{k}]: expected before, after and changes with their numbers" for k in wrong), "")


def _is_comparison(one: object) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("changes"), list):
        return False
    return all(isinstance(one.get(key), str) for key in ("before", "after")) and all(map(_is_change, one["changes"]))


def _is_change(one: object) -> bool:
    return (
        isinstance(one, dict)
        and all(isinstance(one.get(key), str) for key in _WORDS)
        and all(key in one and _is_number(one[key]) for key in _NUMBERS)
        and (one["low"] is None) == (one["high"] is None)
    )


def _is_number(value: object) -> bool:
    """A number, or null for what was not computed."""
    if value is None:
        return True
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # of more digits than a computer number holds
        return False
