"""Files about people that leave the store: whole or not at all, and only their owner can read them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from groundup.errors import StoreError


def write_private(path: str | Path, lines: Iterable[str]) -> None:
    """Write UTF-8 lines beside ``path``, then rename; on the disk when it returns.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    target = Path(path)
    aside = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.writelines(lines)
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, target)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise StoreError(f"{target}: cannot be written ({why}). Choose another place.") from error
    finally:
        if aside.is_file():
            aside.unlink()
