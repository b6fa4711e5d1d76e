"""Time of the whole command on a C3D file, and frames a second on a long recording."""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.laboratories.cases import Laboratory
from benchmarks.process import Wall, wall
from benchmarks.scaling import repeated
from groundup import pipeline
from groundup.body.person import Person
from groundup.from_files.recordings import read_recording

WARM_S, COLD_S, FRAMES_A_SECOND = 8.0, 60.0, 500.0
SHORT, LONG = 1000, 5000


@dataclass(frozen=True)
class Rate:
    """Seconds for a short and a long recording, and for each stage of the long one.

    ``batch_s`` is the time for two of the long ones, each in a process and on a core of its own.
    """

    short_s: float
    long_s: float
    stages_s: dict[str, float]
    batch_s: float

    @property
    def whole(self) -> float:
        """Frames a second of the long recording, recognition and fitting of the body included."""
        return LONG / self.long_s

    @property
    def further(self) -> float:
        """Frames a second beyond the short recording."""
        return (LONG - SHORT) / (self.long_s - self.short_s)

    @property
    def batch(self) -> float:
        """Frames a second of two recordings at once."""
        return 2 * LONG / self.batch_s


def whole_process(laboratory: Laboratory) -> Wall:
    """``groundup analyse`` of one C3D file from the shell's point of view."""
    with TemporaryDirectory() as folder:
        return wall(laboratory.name, laboratory.words, Path(folder))


def sustained(laboratory: Laboratory) -> Rate:
    """Fit the body to a person and analyse their walk, played there and back until it is long."""
    _seconds(laboratory, SHORT, {})  # loads what is loaded once
    short = _seconds(laboratory, SHORT, {})
    stages: dict[str, float] = {}
    return Rate(short, _seconds(laboratory, LONG, stages), stages, _batch(laboratory))


def _batch(laboratory: Laboratory) -> float:
    """Seconds for two long recordings at once, from the first start to the last end."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        spans = list(pool.map(_alone, [laboratory] * 2, range(2)))
    return max(end for _, end in spans) - min(begin for begin, _ in spans)


def _alone(laboratory: Laboratory, number: int) -> tuple[float, float]:
    """Analyse a long recording on one core; when it began and ended, s since the epoch."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[number % len(cores)]})
    _seconds(laboratory, SHORT, {})
    begin = time.time()
    _seconds(laboratory, LONG, {})
    return begin, time.time()


def _seconds(laboratory: Laboratory, frames: int, stages: dict[str, float]) -> float:
    """Analyse a recording of so many frames."""
    o = laboratory.options
    assert o.mass_kg is not None
    walk = read_recording(o.markers, o.forces)
    standing = None if o.static is None else read_recording(o.static)
    longer = replace(repeated(walk, frames), plates=())
    begin = time.perf_counter()
    marks: list[tuple[str, float]] = []
    pipeline.analyse_person(
        longer,
        Person(o.mass_kg, o.height_m),
        standing=standing,
        progress=lambda stage: marks.append((stage, time.perf_counter())),
    )
    marks.append(("", time.perf_counter()))
    stages |= {stage: after - before for (stage, before), (_, after) in pairwise(marks)}
    return marks[-1][1] - begin
