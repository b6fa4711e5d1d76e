"""Solved walks, found again by what they are the answer to: the project's own, and those kept in a folder."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

from groundup.errors import FileError
from groundup.predict.gait.walk import Walk, load_walk, save_walk

OWN = Path(__file__).parent / "data" / "walks"
INDEX = OWN / "index.tsv"


def usual_folder() -> Path:
    """Folder of the user's own solved walks: ``groundup/walks`` where programs keep what can be made again."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(home) if home else Path.home() / ".cache") / "groundup" / "walks"


class WalkStore:
    """Walks by key. Nothing in it is needed: what is missing or damaged is solved again.

    ``folder`` None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        """Use a folder; it is made when the first walk is kept."""
        self.folder = folder

    def solved(self, key: str) -> Walk | None:
        """The solved walk of a key, or None."""
        own = _own().get(key)
        for file in (own, self._file(key)):
            walk = _read(file)
            if walk is not None and walk.solved:
                return walk
        return None

    def begun(self, key: str) -> Walk | None:
        """The best iterate of a solve that was stopped, or None."""
        return _read(self._file(f"{key}.begun"))

    def keep(self, key: str, walk: Walk) -> Path | None:
        """Keep a walk, or a best iterate; returns its file, None where nothing is kept."""
        file = self._file(key if walk.solved else f"{key}.begun")
        if file is None:
            return None
        with suppress(FileError, OSError):  # a full disk must not cost the walk
            file.parent.mkdir(parents=True, exist_ok=True)
            save_walk(walk, file)
            if walk.solved:
                self._file(f"{key}.begun").unlink(missing_ok=True)  # type: ignore[union-attr]
            return file
        return None

    def _file(self, key: str) -> Path | None:
        return None if self.folder is None else self.folder / f"walk-{key}.npz"


def _read(file: Path | None) -> Walk | None:
    if file is None or not file.exists():
        return None
    with suppress(FileError):
        return load_walk(file)
    return None


@cache
def _own() -> dict[str, Path]:
    """Files of the project's own walks by key."""
    if not INDEX.exists():
        return {}
    rows = (line.split("\t") for line in INDEX.read_text(encoding="utf-8").splitlines()[1:] if line)
    return {key: OWN / name for key, name, *_ in rows}
