"""Seconds and peak memory of the computation by the number of frames, each in a process of its own.

Run: python -m benchmarks.scaling [FRAMES ...]
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass

FRAMES = (100, 1_000, 10_000)


@dataclass(frozen=True)
class Cost:
    """What so many frames cost: the computation, s of wall and of processor, and the process at its largest, MB."""

    frames: int
    seconds: float
    cpu_s: float
    peak_mb: float


def measure(frames: int) -> Cost:
    """Measure in a fresh process, on one core's worth of linear algebra."""
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.scaling", "--here", str(frames)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    return Cost(**json.loads(done.stdout))


def _here(frames: int) -> Cost:
    from benchmarks.recordings import built_in, repeated
    from groundup.body.recording import Recording
    from groundup.pipeline import compute

    body, recording, forces = built_in()
    markers, forces = repeated(recording, forces, frames)
    begin, before = time.perf_counter(), time.process_time()
    compute(Recording(markers, forces), body)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - before
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e3 if sys.platform != "darwin" else 1e6)
    return Cost(frames, round(seconds, 3), round(cpu, 3), round(peak, 1))


def main(words: list[str]) -> None:
    """Print a line for each number of frames."""
    if words[:1] == ["--here"]:
        print(json.dumps(vars(_here(int(words[1])))))
        return
    print("  frames  seconds  processor s  frames per processor s  peak MB")
    for frames in map(int, words or FRAMES):
        cost = measure(frames)
        rate = cost.frames / cost.cpu_s
        print(f"{cost.frames:8d}  {cost.seconds:7.2f}  {cost.cpu_s:11.2f}  {rate:22.0f}  {cost.peak_mb:7.0f}")


if __name__ == "__main__":
    main(sys.argv[1:])
