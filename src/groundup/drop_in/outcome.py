"""What a tool hands back: files that are not written yet, and what a person should know."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from groundup.errors import FileError

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Output:
    """A file to be: where, and how it is written."""

    path: Path
    write: Callable[[Path], None]


@dataclass(frozen=True)
class Outcome:
    """The files of one run of a tool, and notes, one line each."""

    outputs: tuple[Output, ...]
    notes: tuple[str, ...] = ()

    def moved(self, folder: Path) -> Outcome:
        """The same with every file in ``folder``."""
        return replace(self, outputs=tuple(Output(folder / o.path.name, o.write) for o in self.outputs))


def check_folder(folder: Path) -> None:
    """Refuse a folder for results that is a file, before anything is computed.

    Raises
    ------
    FileError
    """
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{folder}: is a file, expected a folder for the results. Choose another place with --out.")


def write_all(outputs: Iterable[Output]) -> list[Path]:
    """Write all files aside, then put them in place: where one cannot be written, none is changed.

    Raises
    ------
    FileError
        A folder cannot be made, or a file cannot be written.
    """
    outputs = tuple(outputs)
    twice = [path for path, count in Counter(o.path for o in outputs).items() if count > 1]
    if twice:
        raise FileError(f"{twice[0]}: two results would have this name, expected one. Give them different names.")
    with ExitStack() as stack:
        try:
            aside = {folder: _aside(stack, folder) for folder in {o.path.parent for o in outputs}}
            for o in outputs:
                o.write(aside[o.path.parent] / o.path.name)
            for o in outputs:
                os.replace(aside[o.path.parent] / o.path.name, o.path)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            place = outputs[0].path.parent
            raise FileError(f"{place}: cannot be written ({why}). Choose another place with --out.") from error
    return [o.path for o in outputs]


def _aside(stack: ExitStack, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(stack.enter_context(TemporaryDirectory(prefix=".groundup.", suffix=".part", dir=folder)))
