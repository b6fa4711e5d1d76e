"""Hashes of what records hold, so that a solved walk or a fit is found again by what it was made from."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from enum import Enum

import numpy as np

DIGITS = 20


def content_hash(*parts: object) -> str:
    """Return a hash of records, arrays, numbers and texts by their content."""
    digest = hashlib.sha256()
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()[:DIGITS]


def _feed(digest: hashlib._Hash, part: object) -> None:
    if isinstance(part, np.ndarray):
        digest.update(str(part.shape).encode() + np.ascontiguousarray(part, dtype=float).tobytes())
    elif isinstance(part, Enum):
        digest.update(str(part.value).encode())
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
    elif isinstance(part, dict):
        _feed(digest, sorted(part.items()))
    else:
        digest.update(repr(part).encode() + b";")
