"""Time of the whole command on a C3D file, and frames a second on a long recording."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import pairwise
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

    ``cpu_s`` is the processor's time in the long one: what the wall would show on an idle computer.
    """

    short_s: float
    long_s: float
    cpu_s: float
    stages_s: dict[str, float]

    @property
    def whole(self) -> float:
        """Frames a second of the long recording, recognition and fitting of the body included."""
        return LONG / self.long_s

    @property
    def further(self) -> float:
        """Frames a second beyond the short recording."""
        return (LONG - SHORT) / (self.long_s - self.short_s)


def whole_process(laboratory: Laboratory) -> Wall:
    """``groundup analyse`` of one C3D file from the shell's point of view."""
    with TemporaryDirectory() as folder:
        return wall(laboratory.name, laboratory.words, Path(folder))


def sustained(laboratory: Laboratory) -> Rate:
    """Fit the body to a person and analyse their walk, played there and back until it is long."""
    o = laboratory.options
    assert o.mass_kg is not None
    walk = read_recording(o.markers, o.forces)
    standing = None if o.static is None else read_recording(o.static)
    person = Person(o.mass_kg, o.height_m)

    def seconds(frames: int, stages: dict[str, float]) -> float:
        longer = replace(repeated(walk, frames), plates=())
        begin = time.perf_counter()
        marks: list[tuple[str, float]] = []
        pipeline.analyse_person(
            longer, person, standing=standing, progress=lambda stage: marks.append((stage, time.perf_counter()))
        )
        marks.append(("", time.perf_counter()))
        stages |= {stage: after - before for (stage, before), (_, after) in pairwise(marks)}
        return marks[-1][1] - begin

    seconds(SHORT, {})  # loads what is loaded once
    short = seconds(SHORT, {})
    stages: dict[str, float] = {}
    before = time.process_time()
    long = seconds(LONG, stages)
    return Rate(short, long, time.process_time() - before, stages)
