"""Hashes of what records hold, so that a solved walk or a fit is found again by what it was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

import numpy as np

DIGITS = 20


def content_hash(*parts: object) -> str:
    """Return a hash of records, mappings, arrays, numbers and texts by their content.

    Raises
    ------
    TypeError
        A part is of another kind: its content cannot be told.

    Notes
    -----
    Numbers count to about seven digits in arrays and nine alone: what was computed on another computer, and differs in
    the last digit, is the same.
    """
    digest = hashlib.sha256()
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()[:DIGITS]


def text_hash(files: Iterable[Path]) -> str:
    """Return a hash of text files, whatever their line ends and their order."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda f: f.as_posix()):
        digest.update(file.name.encode() + b"\n" + file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:DIGITS]


def _feed(digest: hashlib._Hash, part: object) -> None:
    if isinstance(part, np.ndarray):
        digest.update(
            str(part.shape).encode() + (np.ascontiguousarray(part, dtype=np.float32) + np.float32(0)).tobytes()
        )
    elif isinstance(part, Enum):
        _feed(digest, part.value)
    elif is_dataclass(part):
        digest.update(type(part).__name__.encode())
        for f in fields(part):
            if f.name != "meshes":
                _feed(digest, getattr(part, f.name))
    elif isinstance(part, tuple | list):
        digest.update(b"(")
        for item in part:
            _feed(digest, item)
        digest.update(b")")
    elif isinstance(part, Mapping):
        _feed(digest, sorted(part.items()))
    elif isinstance(part, bool | str | None):
        digest.update(repr(part).encode() + b";")
    elif isinstance(part, int | float | np.number):
        digest.update(f"{float(part) + 0.0:.9g};".encode())
    else:
        raise TypeError(f"{type(part).__name__}: has no content that can be hashed")
