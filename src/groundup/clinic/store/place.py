"""Where the store lies: ``--store``, the variable ``GROUNDUP_STORE``, or a file in the user's data folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from groundup.errors import StoreError

VARIABLE = "GROUNDUP_STORE"
FILE_NAME = "store.sqlite"


def store_place(
    named: str | Path | None, environment: Mapping[str, str] = os.environ, system: str = sys.platform
) -> str:
    """Return the file or URL of the store: the one named, else ``GROUNDUP_STORE``, else the user's own."""
    return str(named or environment.get(VARIABLE) or data_folder(environment, system) / FILE_NAME)


def data_folder(environment: Mapping[str, str], system: str) -> Path:
    """Return the folder where programs keep data of their user, as each system has it, with our name below."""
    if system == "win32" and environment.get("LOCALAPPDATA"):
        return Path(environment["LOCALAPPDATA"], "groundup")
    if system == "darwin":
        return Path.home() / "Library" / "Application Support" / "groundup"
    named = environment.get("XDG_DATA_HOME", "")
    return (Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "share") / "groundup"


def file_of(place: str) -> Path | None:
    """Return the SQLite file of a place, or None where it is the URL of a server.

    Raises
    ------
    StoreError
        A URL of a kind that is not known.
    """
    scheme, separator, rest = place.partition("://")
    if not separator:
        return Path(place).expanduser()
    if scheme == "sqlite":
        return Path(rest.removeprefix("/")).expanduser()
    if scheme in ("postgresql", "postgresql+psycopg"):
        return None
    raise StoreError(
        f"store {scheme}://…: no such kind of store, expected a file, sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME."
    )
