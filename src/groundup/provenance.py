"""How a study came about: versions, inputs and settings."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import groundup
from groundup.study import InputFile, Provenance


def provenance(command: str, settings: Mapping[str, object], files: Mapping[str, Path | None]) -> Provenance:
    """Describe a run made now, with the hash of every input file by its role."""
    return Provenance(
        groundup.__version__,
        platform.python_version(),
        np.__version__,
        platform.platform(),
        datetime.now(UTC).isoformat(timespec="seconds"),
        command,
        tuple(_input(role, path) for role, path in files.items() if path is not None),
        dict(settings),
    )


def _input(role: str, path: Path) -> InputFile:
    data = path.read_bytes()
    return InputFile(role, path.name, hashlib.sha256(data).hexdigest(), len(data))
