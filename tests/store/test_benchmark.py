"""The benchmark of the store runs, on few visits; its times are not judged here."""

from __future__ import annotations

import math
from pathlib import Path

from benchmarks.store import measure


def test_everything_that_is_timed_can_be_asked(tmp_path: Path) -> None:
    rows = list(measure(str(tmp_path / "s.sqlite"), 2, 600, 1))
    assert [name for name, *_ in rows][1:3] == ["open", "list people, first page"]
    assert all(math.isfinite(median) and median > 0 for _, median, _ in rows)
