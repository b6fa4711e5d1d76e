"""Write a folder of results whole or not at all, and never over somebody else's files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from groundup.errors import FileError

STUDY_FILE = "study.json"
COMPARISON_FILE = "comparison.json"
SIMULATION_FILE = "simulation.json"
COHORT_FILE = "cohort.json"
_BEGINS = {
    STUDY_FILE: b'"groundup.study/',
    COMPARISON_FILE: b'"groundup.comparison/',
    SIMULATION_FILE: b'"groundup.simulation/',
    COHORT_FILE: b'"groundup.cohort/',
}
# What a result may hold. A new result removes those of the one before it that it does not have: a muscle force
# computed yesterday from other data must not lie beside today's study.
_OWN = (
    "activations.sto",
    "external_forces.mot",
    "joint_loads.sto",
    "moments.sto",
    "motion.mot",
    "muscle_forces.sto",
    "plots/*.svg",
    "report.html",
    "tables/*.csv",
)
# A simulation holds a result for each of its walks.
_OWN_WALKS = tuple(f"cases/*/{name}" for name in (*_OWN, STUDY_FILE, "body.osim", "low_back_loads.sto", "emg.sto"))


@contextmanager
def atomic_directory(path: str | Path, force: bool = False, truth: str = STUDY_FILE) -> Iterator[Path]:
    """Give a new, empty folder to write into; put it at ``path`` when the block ends without an error.

    A folder that is not there yet appears in one step. In a folder that holds an earlier result, each new file
    replaces the old one of that name, ``truth`` last, and what only the earlier result had is removed; every
    file that is not groundup's stays. After an error, or Ctrl-C, nothing at ``path`` has changed.

    Parameters
    ----------
    path : where the result goes; missing parents are made
    force : write into a folder that holds other files, too
    truth : name of the file that makes a folder such a result: ``study.json``, ``comparison.json``,
        ``simulation.json`` or ``cohort.json``

    Yields
    ------
    Path of the folder to write into, beside ``path``.

    Raises
    ------
    FileError
        ``path`` is a file, or a folder with files that is no groundup result (unless ``force``); or it cannot be
        written. Found before the block begins, so that no work is lost.
    """
    target = Path(path).resolve()
    _refuse_strangers(Path(path), target, force, truth)
    aside = _make_aside(Path(path), target)
    try:
        yield aside
        try:
            _put_in_place(aside, target, truth)
        except OSError as error:
            raise _cannot_write(Path(path), error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def is_result(folder: Path, truth: str = STUDY_FILE) -> bool:
    """Tell whether a folder holds a result: a ``study.json`` (or what ``truth`` names) as groundup begins it."""
    try:
        with open(folder / truth, "rb") as file:
            return _BEGINS[truth] in file.read(200)
    except OSError:
        return False


def _refuse_strangers(shown: Path, target: Path, force: bool, truth: str) -> None:
    if target.exists() and not target.is_dir():
        raise FileError(f"{shown}: is a file, expected a folder for the results. Choose another place with --out.")
    if force or not target.exists() or is_result(target, truth):
        return
    try:
        found = next(iter(sorted(entry.name for entry in target.iterdir())), None)
    except OSError as error:
        raise _cannot_write(shown, error) from error
    if found is not None:
        raise FileError(
            f"{shown}: holds {found!r} and no result of groundup, expected an empty or new folder. "
            "Choose another place with --out, or pass --force to write here; other files stay."
        )


def _make_aside(shown: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not os.access(target, os.W_OK | os.X_OK):
            raise PermissionError(None, "permission denied")
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent))
        mask = os.umask(0)
        os.umask(mask)
        aside.chmod(0o777 & ~mask)  # mkdtemp makes folders that only their owner can open
    except OSError as error:
        raise _cannot_write(shown, error) from error
    return aside


def _put_in_place(aside: Path, target: Path, truth: str) -> None:
    if not target.exists():
        os.rename(aside, target)
        return
    files = sorted(file.relative_to(aside) for file in aside.rglob("*") if file.is_file())
    if is_result(target, truth):
        own = (*_OWN, *(_OWN_WALKS if truth == SIMULATION_FILE else ()))
        for stale in {file for pattern in own for file in target.glob(pattern)} - {target / file for file in files}:
            stale.unlink()
    # The single truth comes last, when everything that is made from it lies beside it.
    for file in sorted(files, key=lambda name: name == Path(truth)):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        os.replace(aside / file, target / file)


def _cannot_write(shown: Path, error: OSError) -> FileError:
    why = (error.strerror or str(error)).lower()
    return FileError(f"{shown}: the results cannot be written ({why}). Choose another place with --out.")
