"""A user's own words on where markers sit: a small TOML file.

::

    base = "plug_in_gait"          # all other labels; leave it out to have the set found, "none" for no set

    [markers]
    "RASIS" = "asis_r"             # a landmark: docs/marker-sets.md lists them
    "RWAND" = { segment = "femur_r", location_m = [0.01, -0.23, 0.12], sigma_m = [0.05, 0.08, 0.04] }
    "SWORD" = false                # not on the body
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from groundup.body.default_body import default_body
from groundup.body.functions import Floats
from groundup.body.marker_data import set_names
from groundup.body.marker_places import UNKNOWN_SIGMA_M, Place, named_place, places
from groundup.body.marker_sets import NO_SET, MarkerMap
from groundup.body.model import Body
from groundup.errors import FileError
from groundup.io.text import read_text
from groundup.io.toml_text import parse_toml

_KEYS = ("segment", "location_m", "sigma_m")
_FARTHEST_M = 1.0  # no marker is farther from the origin of its segment; farther ones are in millimetres
_LARGEST_SIGMA_M = 0.3


def read_marker_map(path: str | Path, body: Body | None = None) -> MarkerMap:
    """Read where markers sit.

    Parameters
    ----------
    path : TOML file
    body : the body that is to carry the markers; None for the default body

    Raises
    ------
    FileError
        The file cannot be read, is not TOML, or names a set, landmark, segment or figure that cannot be: names the
        label, what arrived and the nearest names.
    """
    data = _parsed(path)
    extra = sorted(set(data) - {"base", "markers"})
    if extra:
        raise FileError(f'{path}: "{extra[0]}" is unknown, expected base = "…" and [markers]. Remove or rename it.')
    entries = data.get("markers", {})
    if not isinstance(entries, dict) or not (entries or "base" in data):
        raise FileError(f'{path}: holds no markers, expected [markers] and lines such as "RASIS" = "asis_r".')
    carrier = default_body() if body is None else body
    found = {label: _place(path, label, entry, carrier) for label, entry in entries.items()}
    return MarkerMap(found, _base(path, data.get("base", "")), str(path))


def _parsed(path: str | Path) -> dict[str, object]:
    try:
        return parse_toml(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise FileError(
            f'{path}: is not TOML ({error}), expected [markers] and lines such as "RASIS" = "asis_r". '
            "Put labels in quotes."
        ) from error


def _base(path: str | Path, base: object) -> str:
    known = (*set_names(), NO_SET)
    if base == "" or base in known:
        return str(base)
    near = get_close_matches(str(base), known, 1, 0.4)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise FileError(f"{path}: base is {base!r}, expected one of {', '.join(known)}.{hint}")


def _place(path: str | Path, label: str, entry: object, body: Body) -> Place | None:
    where = f'{path} [markers] "{label}"'
    if entry is False:
        return None
    if isinstance(entry, str):
        _expect(where, "landmark", entry, [*(m.name for m in body.markers), *places()])
        return named_place(entry)
    if not isinstance(entry, dict):
        raise FileError(
            f"{where}: is {entry!r}, expected a landmark in quotes, {{ segment = …, location_m = [x, y, z] }}, "
            "or false to ignore the label."
        )
    return _own_place(where, entry, body)


def _own_place(where: str, entry: Mapping[str, object], body: Body) -> Place:
    for name in entry:
        _expect(where, "key", name, _KEYS)
    lacking = [name for name in _KEYS[:2] if name not in entry]
    if lacking:
        raise FileError(f"{where}: lacks {lacking[0]}, expected segment and location_m (m). Add it.")
    segment = str(entry["segment"])
    _expect(where, "segment", segment, [s.name for s in body.segments])
    location = _three(where, "location_m", entry["location_m"], -_FARTHEST_M, _FARTHEST_M)
    spread = entry.get("sigma_m", [UNKNOWN_SIGMA_M] * 3)
    sigma = _three(where, "sigma_m", [spread] * 3 if isinstance(spread, float) else spread, 0.0005, _LARGEST_SIGMA_M)
    return Place(segment=segment, location_m=location, sigma_m=sigma)


def _three(where: str, name: str, value: object, low: float, high: float) -> Floats:
    numbers = value if isinstance(value, list) else []
    plain = [v for v in numbers if isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v)]
    if len(plain) != 3 or len(numbers) != 3:
        raise FileError(f"{where}: {name} is {value!r}, expected three numbers in metres, such as [0.01, -0.2, 0.05].")
    worst = max(plain, key=lambda v: max(low - v, v - high))
    if not low <= worst <= high:
        raise FileError(
            f"{where}: {name} holds {worst:g}, expected {low:g} to {high:g} m. "
            "Give metres, in the axes of the segment of the unscaled body."
        )
    return np.array(plain, dtype=np.float64)


def _expect(where: str, what: str, name: str, known: list[str] | tuple[str, ...]) -> None:
    if name in known:
        return
    near = get_close_matches(name.lower(), known, 3, 0.5) or sorted(known)[:5]
    raise FileError(f'{where}: {what} "{name}" does not exist. Nearest names: {", ".join(near)}.')
