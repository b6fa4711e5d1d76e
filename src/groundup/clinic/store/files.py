"""What the store keeps of files outside it: where they are, their hash, and the main numbers of a study."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from datetime import date
from pathlib import Path

from groundup.clinic.scores import instruments, scores
from groundup.clinic.store.checks import shown
from groundup.clinic.store.records import FileEntry, Number, Side, StudyEntry
from groundup.errors import FileError, StoreError
from groundup.io.exam_file import exam_to_json, read_exam
from groundup.io.result_folder import STUDY_FILE
from groundup.io.study_file import read_study
from groundup.study import Headline


def file_entry(path: str | Path) -> FileEntry:
    """Return the path, in full, and the SHA-256 of a file.

    Raises
    ------
    FileError
        It cannot be read.
    """
    return FileEntry(str(Path(path).absolute()), _sha256(Path(path)))


def study_entry(path: str | Path) -> StudyEntry:
    """Return what the store keeps of a result folder, or of its ``study.json``.

    Main numbers that were not computed are left out.

    Raises
    ------
    FileError
        It is no study.
    """
    folder = Path(path).absolute()
    folder = folder.parent if folder.name == STUDY_FILE else folder
    study = read_study(folder / STUDY_FILE)
    numbers = tuple(_number(h) for h in study.headline if math.isfinite(h.value))
    return StudyEntry(str(folder), _sha256(folder / STUDY_FILE), study.title, numbers)


def examination_entry(path: str | Path, today: date) -> tuple[str, tuple[Number, ...]]:
    """Return an examination record as JSON text, and the scores that it has answers or totals for.

    Raises
    ------
    FileError
        It cannot be read, or something in it cannot be.
    """
    exam = read_exam(path, today)
    numbers = (
        Number(
            s.id,
            float(s.value),
            s.unit,
            s.side,
            s.label,
            details=json.dumps({"answered": s.answered, "asked": s.asked}),
        )
        for s in scores(exam)
        if s.value is not None
    )
    return exam_to_json(exam), tuple(numbers)


def score_entry(measure: str, value: float, side: Side = "none") -> Number:
    """Return a score typed by hand, with unit and label of its instrument.

    Raises
    ------
    StoreError
        No such score, a side too many or too few, or beyond its range.
    """
    instrument = instruments().get(measure)
    if instrument is None:
        near = difflib.get_close_matches(measure, instruments(), n=3, cutoff=0.4) or sorted(instruments())
        raise StoreError(f"score {shown(measure)} is not known. Nearest: {', '.join(near)}.")
    if instrument.sided != (side != "none"):
        expected = f"{measure}:left or {measure}:right" if instrument.sided else f"{measure} without a side"
        raise StoreError(f"score {measure}: side {shown(side)}, expected {expected}.")
    if not instrument.low <= value <= instrument.high:
        raise StoreError(
            f"score {measure} is {value:g}, expected {instrument.low:g} to {instrument.high:g} {instrument.unit}."
        )
    return Number(measure, value, instrument.unit, side, instrument.label)


def _number(h: Headline) -> Number:
    low, high, detectable = (v if math.isfinite(v) else None for v in (h.low, h.high, h.detectable_new_session))
    return Number(h.id, float(h.value), h.unit, h.side, h.label, low, high, detectable)


def is_as_added(study: StudyEntry) -> bool:
    """Whether a study is still where it was and what it was when it was added."""
    file = Path(study.path) / STUDY_FILE
    return file.is_file() and _sha256(file) == study.sha256


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise FileError(f"{path}: cannot be read ({why}). Check the path.") from error
