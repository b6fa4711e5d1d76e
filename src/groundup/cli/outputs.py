"""What a command writes may replace nothing that it reads, not the store, and not what it writes beside it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

_SQLITE_HEAD = b"SQLite format 3\x00"


def check_outputs(args: argparse.Namespace, *names: str, kept: Iterable[Path] = ()) -> None:
    """Find out that an answer cannot be written, or would replace something, before anything is done for it.

    Parameters
    ----------
    names : of the options that name a file to be written
    kept : files that must stay, beside every other file that an option names

    Raises
    ------
    FileError
        A folder, a database, or a file that this command reads or writes as well.
    """
    from groundup.errors import FileError

    taken = [*_files(value for name, value in vars(args).items() if name not in names), *kept]
    for out in _files(getattr(args, name) for name in names):
        if out.is_dir():
            raise FileError(f"{out}: is a folder, expected a file. Choose another name.")
        if any(_same(out, other) for other in taken):
            raise FileError(
                f"{out}: this command reads or writes it already, and it would be lost. Choose another name."
            )
        if _is_database(out):
            raise FileError(f"{out}: is a database, maybe a store, and it would be lost. Choose another name.")
        taken.append(out)


def _files(values: Iterable[object]) -> Iterator[Path]:
    for value in values:
        if isinstance(value, Path):
            yield value
        elif isinstance(value, list | tuple):
            yield from _files(value)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def _is_database(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE_HEAD)) == _SQLITE_HEAD
    except OSError:
        return False
