"""Recordings to measure on: the built-in walk, and a published one where it is at hand."""

from __future__ import annotations

import os
from pathlib import Path

from groundup.bench.case import Inputs
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


def built_in(folder: Path) -> Inputs:
    """Write the default body and its walk, from end to end, into ``folder``."""
    from groundup.body.default_body import default_body
    from groundup.io.external_loads import write_external_loads
    from groundup.io.osim_write import write_osim
    from groundup.io.trc import write_trc
    from groundup.motion.synthetic import synthetic_recording

    body = default_body()
    recording, forces, _ = synthetic_recording(body)
    inputs = Inputs(folder / "default_body.osim", folder / "default_walk.trc", folder / "default_walk_forces.xml")
    write_osim(body, inputs.model)
    write_trc(recording, inputs.markers)
    write_external_loads(forces, inputs.forces)
    return inputs
