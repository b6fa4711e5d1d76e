"""Write a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from groundup.errors import FileError


def write_text_atomic(path: str | Path, text: str, *, private: bool = False) -> None:
    """Write UTF-8 text with ``\\n`` line ends. See :func:`write_bytes_atomic`."""
    write_bytes_atomic(path, text.encode("utf-8"), private=private)


def write_bytes_atomic(path: str | Path, data: bytes, *, private: bool = False) -> None:
    """Write ``data`` beside ``path``, then rename: a reader sees the old file or the new one, never half of one.

    Missing folders are made. The new file has the permissions that an ordinarily written file would have; a ``private``
    one, with health data, only its owner can read.

    Raises
    ------
    FileError
        The folder cannot be made, or the file cannot be written.
    """
    target = Path(path)
    aside: str | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.chmod(aside, 0o600 if private else _ordinary_mode(target))
        os.replace(aside, target)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise FileError(f"{target}: cannot be written ({why}). Choose another place with --out.") from error
    finally:
        if aside is not None and os.path.exists(aside):
            os.unlink(aside)


def _ordinary_mode(target: Path) -> int:
    # mkstemp makes files that only their owner can read; a result is meant to be shared like any other file.
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
