"""Recordings for tests of what laboratories do wrong: the demonstration walk, and the shared ones as they were made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from groundup.body.default_body import default_body
from groundup.body.marker_recognition import recognise
from groundup.body.person import Placement, Recognition
from groundup.body.recording import ExternalForces, MarkerTrajectories, Recording

Walk = tuple[MarkerTrajectories, Recognition]

SHARED = (
    "schreiber2019/2014001_C1_01.c3d",
    "schreiber2019/2014001_ST.c3d",
    "plug_in_gait/PiG_Motion3_FF.c3d",
    "plug_in_gait/PiG_Calibration3_FF.c3d",
    "gait2392/subject01_walk1.trc",
    "gait2392/subject01_static.trc",
    "arnold2013/subject01/markers.trc",
    "arnold2013/subject18/markers.trc",
)
FORCES = {
    "gait2392/subject01_walk1.trc": "gait2392/subject01_walk1_grf.xml",
    "arnold2013/subject01/markers.trc": "arnold2013/subject01/grf.mot",
    "arnold2013/subject18/markers.trc": "arnold2013/subject18/grf.mot",
}


@lru_cache(maxsize=1)
def demo() -> tuple[MarkerTrajectories, ExternalForces, Recognition]:
    """The synthetic walk, 71 markers; each is its own landmark."""
    from groundup.motion.synthetic import synthetic_recording

    body = default_body()
    markers, forces, _ = synthetic_recording(body)
    places = tuple(Placement(m.name, m.name, m.segment, m.location, np.full(3, 0.01)) for m in body.markers)
    return markers, forces, Recognition("own", "Own", places)


def shared_recording(folder: Path, name: str) -> Recording:
    """A shared recording, y up and facing x."""
    if name.endswith("c3d"):
        from groundup.io.c3d import read_c3d

        return read_c3d(folder / name).recording(name)
    from groundup.io.external_loads import read_external_loads
    from groundup.io.trc import read_trc
    from groundup.motion.up_axis import turn_to_body

    forces = read_external_loads(folder / FORCES[name]) if name in FORCES else None
    return turn_to_body(Recording(read_trc(folder / name), forces, name))


def known(markers: MarkerTrajectories) -> Recognition:
    return recognise(markers.names, default_body())


def changed(markers: MarkerTrajectories, change: Callable[[np.ndarray], None]) -> MarkerTrajectories:
    """The same recording after ``change`` wrote into a copy of its positions."""
    x = markers.positions_m.copy()
    change(x)
    return replace(markers, positions_m=x)


def exchange(x: np.ndarray, a: int, b: int, frames: slice = slice(None)) -> None:
    x[frames, [a, b]] = x[frames, [b, a]]


def same(a: MarkerTrajectories, b: MarkerTrajectories) -> bool:
    return np.array_equal(a.positions_m, b.positions_m, equal_nan=True)
