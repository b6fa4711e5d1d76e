"""Clocks: how long something takes, on how many cores, and what that makes per second."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Repeated runs of one stage.

    Attributes
    ----------
    frames : how many frames the times stand for
    first_s : the first run, with whatever is loaded on demand
    runs_s : the runs after it
    """

    frames: int
    first_s: float
    runs_s: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """Median of the runs after the first, s."""
        return statistics.median(self.runs_s)

    @property
    def frames_per_s(self) -> float:
        """Frames per second of the median run."""
        return self.frames / self.median_s

    @property
    def frame_s(self) -> float:
        """Time for one frame in the median run, s."""
        return self.median_s / self.frames


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes, s."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


@contextmanager
def one_core() -> Iterator[int]:
    """Keep this process on one core where the system allows it; yields the number of cores it may use."""
    if not hasattr(os, "sched_setaffinity"):
        yield os.cpu_count() or 1
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield 1
    finally:
        os.sched_setaffinity(0, before)
