"""Wall time of a whole ``groundup analyse``, as the shell sees it.

Run: python -m benchmarks.process

Cold: Python has to compile groundup's files first, as after an installation. Neither empties the system's disk cache.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.recordings import built_in, gait2392
from groundup.bench.case import Inputs

REPEATS = 3


@dataclass(frozen=True)
class Wall:
    """One whole analysis: the first, with files to compile, and the median of later ones, s.

    ``cpu_s`` is the processor's time in the later ones: what the wall would show on an idle computer.
    """

    title: str
    cold_s: float
    warm_s: float
    cpu_s: float


def measure() -> list[Wall]:
    """Measure the recordings that are at hand."""
    found = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        given = gait2392(folder)
        if given is not None:
            found.append(wall("gait2392, 2 s at 60 Hz, 92 muscles", _line(given), folder))
        found.append(wall("built-in walk, 3 s at 100 Hz, 318 muscles", _line(built_in(folder)), folder))
    return found


def _line(given: Inputs) -> list[str]:
    words = ["analyse", "--model", given.model, "--markers", given.markers, "--forces", given.forces]
    for option, value in (
        ("--ik-tasks", given.ik_tasks),
        ("--reserves", given.reserves),
        ("--start-s", given.start_s),
        ("--end-s", given.end_s),
    ):
        words += [] if value is None else [option, value]
    return [str(word) for word in words]


def wall(title: str, words: list[str], folder: Path) -> Wall:
    """Measure one command line of groundup."""
    # Compiled files go into a folder of their own: empty, it is as if groundup had just been installed.
    with TemporaryDirectory(dir=folder) as cache:
        given = {"PYTHONPYCACHEPREFIX": cache, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | given
        command = [sys.executable, "-m", "groundup", *words, "--force", "-o", str(folder / "out")]
        _seconds([sys.executable, "-c", _IMPORT_OTHERS], env)
        laps = [_seconds(command, env) for _ in range(REPEATS + 1)]
    warm, cpu = (statistics.median(column) for column in zip(*laps[1:], strict=True))
    return Wall(title, round(laps[0][0], 2), round(warm, 2), round(cpu, 2))


# Other packages come compiled, or are compiled when they are installed.
_IMPORT_OTHERS = "import numpy, scipy.interpolate, scipy.linalg, argparse, json, xml.etree.ElementTree, subprocess"


def _seconds(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Wall and processor time of a command, s."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - begin, cpu


def main() -> None:
    """Print a line for each recording."""
    for wall in measure():
        print(f"{wall.title}: {wall.cold_s:.2f} s cold, {wall.warm_s:.2f} s warm ({wall.cpu_s:.2f} s of processor)")


if __name__ == "__main__":
    main()
