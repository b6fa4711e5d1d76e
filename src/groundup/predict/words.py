"""Read what a user wrote as ``name:part:part``, and say plainly what would have been right."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable

from groundup.errors import SetupError

_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*", re.DOTALL)
_LIKE = 0.6
_SPELLINGS = {
    "°": "deg",
    "degree": "deg",
    "degrees": "deg",
    "percent": "%",
    "millimetre": "mm",
    "millimeter": "mm",
    "nm/deg": "N·m/deg",
    "n·m/deg": "N·m/deg",
    "n*m/deg": "N·m/deg",
    "n/mm": "N/mm",
}


def quantity(text: str, unit: str, where: str) -> float:
    """Read a number with or without its unit.

    Parameters
    ----------
    text : ``8mm``, ``8 mm`` or ``8``
    unit : the unit it must have, ``""`` for a bare number
    where : what the user wrote, for the message

    Raises
    ------
    SetupError
        It is no number, or in another unit.
    """
    found = _NUMBER.fullmatch(text)
    wanted = f"a number in {unit}" if unit else "a number"
    if found is None or not math.isfinite(float(found[1])):
        raise SetupError(f"{where}: {text!r} is no number; expected {wanted}, such as {example(unit)}.")
    written = _SPELLINGS.get(found[2].lower(), found[2])
    if written and written != unit:
        raise SetupError(f"{where}: {text!r} is in {found[2]!r}; expected {wanted}, such as {example(unit)}.")
    return float(found[1])


def example(unit: str) -> str:
    """Return a number in a unit as one would write it."""
    return f"5{unit}"


def in_range(value: float, low: float, high: float, unit: str, what: str, where: str) -> float:
    """Return ``value`` if it lies within its range, else raise `SetupError` that names the range."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise SetupError(f"{where}: {what} is {value!r}, expected a number from {low:g} to {_with(high, unit)}.")
    if math.isfinite(value) and low <= value <= high:
        return value
    raise SetupError(f"{where}: {what} is {_with(value, unit)}, expected {low:g} to {_with(high, unit)}.")


def one_of(name: str, valid: Iterable[str], what: str, where: str) -> str:
    """Return ``name`` if it is valid, else raise `SetupError` with the nearest names and all that are valid."""
    names = list(valid)
    word = name.strip().lower().replace("-", "_").replace(" ", "_")
    if word in names:
        return word
    near = sorted(names, key=lambda n: -_likeness(word, n))[:2]
    near = [n for n in near if _likeness(word, n) >= _LIKE]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise SetupError(f"{where}: unknown {what} {name!r}.{hint} Valid: {', '.join(names)}.")


def _likeness(word: str, name: str) -> float:
    """How alike two names are, 0 to 1; of a name of several words the likest counts nearly as much."""
    whole = difflib.SequenceMatcher(None, word, name).ratio()
    pieces = [difflib.SequenceMatcher(None, word, piece).ratio() for piece in name.split("_")]
    return max(whole, 0.95 * max(pieces))


def _with(value: float, unit: str) -> str:
    return f"{value:g}{unit if unit in ('', '%') else ' ' + unit}"
