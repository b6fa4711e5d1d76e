"""Recordings to measure on: the built-in walk, and a published one where it is at hand."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from groundup.bench.case import Inputs
from groundup.body.model import Body
from groundup.body.recording import ExternalForces, MarkerTrajectories
from groundup.drop_in.run import run_setup

ROOT = Path(__file__).resolve().parents[1]
SPAN_S = (0.4, 2.4)
"""Part of the gait2392 recording in which a foot is on a force plate most of the time."""


def gait2392(folder: Path) -> Inputs | None:
    """Scale OpenSim's gait2392 example to its person, the model written into ``folder``; None where it is absent."""
    data = Path(os.environ.get("GROUNDUP_SHARED", ROOT.parent / "shared")) / "data" / "gait2392"
    if not data.is_dir():
        return None
    run_setup(data / "subject01_Setup_Scale.xml", folder)
    return Inputs(
        folder / "subject01_simbody.osim",
        data / "subject01_walk1.trc",
        data / "subject01_walk1_grf.xml",
        data / "subject01_Setup_IK.xml",
        data / "gait2392_SO_Residual_Actuators.xml",
        *SPAN_S,
    )


def repeated(
    recording: MarkerTrajectories, forces: ExternalForces, frames: int
) -> tuple[MarkerTrajectories, ExternalForces]:
    """Play a recording forwards and backwards until it has ``frames`` frames, so that it never jumps."""
    step = float(np.median(np.diff(recording.time_s)))
    row = _to_and_fro(len(recording.time_s), frames)
    time_s = np.arange(frames, dtype=np.float64) * step
    markers = replace(recording, time_s=time_s, positions_m=recording.positions_m[row])
    # One row of forces for each frame, those of the frame that is shown.
    at = np.searchsorted(forces.time_s, recording.time_s).clip(0, len(forces.time_s) - 1)[row]
    wrenches = tuple(
        replace(w, force_n=w.force_n[at], point_m=w.point_m[at], torque_nm=w.torque_nm[at]) for w in forces.wrenches
    )
    return markers, replace(forces, time_s=time_s, wrenches=wrenches)


def built_in() -> tuple[Body, MarkerTrajectories, ExternalForces]:
    """Return the default body and its walk."""
    from groundup.body.default_body import default_body
    from groundup.motion.synthetic import synthetic_recording

    body = default_body()
    recording, forces, _ = synthetic_recording(body)
    return body, recording, forces


def _to_and_fro(n: int, frames: int) -> np.ndarray:
    lap = np.concatenate([np.arange(n), np.arange(n - 2, 0, -1)])
    return np.resize(lap, frames)
