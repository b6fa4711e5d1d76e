"""What the store keeps of files outside it: where they are, their hash, and the main numbers of a study."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from pathlib import Path

from groundup.clinic.store.records import FileEntry, Number, StudyEntry
from groundup.errors import FileError
from groundup.io.result_folder import STUDY_FILE
from groundup.io.study_file import read_study
from groundup.study import Headline

MOST_BYTES = 2_000_000


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


def examination_text(path: str | Path) -> str:
    """Return an examination record as JSON text; TOML becomes the same tree.

    Raises
    ------
    FileError
        It cannot be read, is too large, not UTF-8, or neither TOML nor JSON.
    """
    file = Path(path)
    try:
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise FileError(f"{path}: has {size / 1e6:.1f} MB, expected at most {MOST_BYTES / 1e6:.0f} MB of a record.")
        text = file.read_bytes().decode("utf-8-sig")
        tree = tomllib.loads(text) if file.suffix.lower() == ".toml" else json.loads(text)
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: is not UTF-8 (byte {error.start + 1}). Save it as UTF-8.") from error
    except OSError as error:
        raise FileError(
            f"{path}: cannot be read ({(error.strerror or str(error)).lower()}). Check the path."
        ) from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: is no examination record ({error}), expected TOML (.toml) or JSON.") from error
    return json.dumps(tree, ensure_ascii=False, default=str)


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
