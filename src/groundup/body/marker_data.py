"""The tables of marker sets that come with groundup, as written."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "marker_sets"
NOT_SETS = ("common", "not_markers", "places")


@cache
def read_data(name: str) -> dict[str, Any]:
    """Read one table by its name without ``.toml``."""
    with open(FOLDER / f"{name}.toml", "rb") as file:
        return tomllib.load(file)


def set_names() -> tuple[str, ...]:
    """Return the names of the marker sets, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem not in NOT_SETS))
