"""What commands print: answers on standard output, progress and faults on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path


class Progress:
    """Says on standard error which stage has begun, and how long after the start.

    ``stages`` keeps ``(name, seconds since the start)`` for those who want to know afterwards.
    """

    def __init__(self, quiet: bool = False) -> None:
        """Start the clock."""
        self._begin = time.perf_counter()
        self._quiet = quiet
        self.stages: list[tuple[str, float]] = []

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._begin

    def __call__(self, stage: str) -> None:
        """Note that ``stage`` begins."""
        self.stages.append((stage, self.seconds))
        if not self._quiet:
            print(f"{self.seconds:7.1f} s  {stage}", file=sys.stderr, flush=True)


def to_json(answer: Mapping[str, object]) -> str:
    """Return an answer as JSON text, in the order given."""
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, indent=2)


def answer(text: str, out: Path | None, *, private: bool = False) -> None:
    """Print an answer, or write it whole to a file, which only its owner can read where it is ``private``."""
    if out is None:
        print(text)
        return
    from groundup.io.atomic import write_text_atomic

    write_text_atomic(out, text + "\n", private=private)
