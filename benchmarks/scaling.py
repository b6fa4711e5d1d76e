"""How time and memory of a whole analysis grow with the length of a recording.

A walk is repeated until it has 100, 1 000 and 10 000 frames; each length is analysed in a process of its own, from
reading to written results. Usage, with a scaled model and its recording::

    python benchmarks/scaling.py body.osim walk.trc walk_forces.xml
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from groundup import Recording, analyse, read_external_loads, read_osim, read_trc
from groundup.body.recording import ExternalForces, MarkerTrajectories
from groundup.pipeline import save

LENGTHS = (100, 1_000, 10_000)


def repeated(recording: Recording, n_frames: int) -> Recording:
    """The recording over and over, there and back, so that positions never jump."""
    markers, forces = recording.markers, recording.forces
    assert forces is not None
    n, step = len(markers.time_s), float(np.median(np.diff(markers.time_s)))
    there_and_back = np.concatenate([np.arange(n), np.arange(n - 2, 0, -1)])
    frames = np.resize(there_and_back, n_frames)
    time_s = step * np.arange(n_frames, dtype=np.float64)
    moment_s = np.interp(frames, np.arange(n), markers.time_s)
    longer = MarkerTrajectories(time_s, markers.names, markers.positions_m[frames], markers.rate_hz, markers.source)
    return replace(recording, markers=longer, forces=_at(forces, time_s, moment_s))


def _at(forces: ExternalForces, time_s: np.ndarray, moment_s: np.ndarray) -> ExternalForces:
    def taken(values: np.ndarray) -> np.ndarray:
        return np.column_stack([np.interp(moment_s, forces.time_s, column) for column in values.T])

    wrenches = tuple(
        replace(w, force_n=taken(w.force_n), point_m=taken(w.point_m), torque_nm=taken(w.torque_nm))
        for w in forces.wrenches
    )
    return replace(forces, time_s=time_s, wrenches=wrenches)


def measure(model: str, markers: str, loads: str, n_frames: int) -> None:
    """Analyse once and print frames, seconds and peak memory."""
    recording = repeated(Recording(read_trc(markers), read_external_loads(loads)), n_frames)
    body = read_osim(model)
    begin = time.perf_counter()
    study = analyse(recording, body)
    computed = time.perf_counter() - begin
    with tempfile.TemporaryDirectory() as folder:
        save(study, Path(folder))
    written = time.perf_counter() - begin
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{n_frames:>7} frames  {computed:7.2f} s computed  {written:7.2f} s with files  {peak_mb:6.0f} MB", flush=True
    )


if __name__ == "__main__":
    if len(sys.argv) == 5:
        measure(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        for length in LENGTHS:
            subprocess.run([sys.executable, __file__, *sys.argv[1:4], str(length)], check=True)
