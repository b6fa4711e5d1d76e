"""Coordinates of the study under OpenSim's names and units: one that both turns and shifts is neither degrees nor N."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_bodies import walker

from groundup.body.model import MotionKind
from groundup.chain.series import all_series
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import compile_skeleton
from groundup.loads.analysis import Analysis
from groundup.loads.ground import no_ground
from groundup.motion.trajectory import Motion


@pytest.mark.parametrize(
    ("kind", "factor", "unit", "moment", "moment_unit"),
    [
        (MotionKind.ROTATIONAL, 180 / np.pi, "deg", "knee_r_moment", "N·m"),
        (MotionKind.TRANSLATIONAL, 1.0, "m", "knee_r_force", "N"),
        (MotionKind.COUPLED, 1.0, "rad", "knee_r_force", "N·m"),
    ],
)
def test_units_and_names(kind: MotionKind, factor: float, unit: str, moment: str, moment_unit: str) -> None:
    body = walker()
    coordinates = tuple(replace(c, motion=kind) if c.name == "knee_r" else c for c in body.coordinates)
    body = replace(body, coordinates=coordinates)
    skeleton = compile_skeleton(body)
    q = np.full((3, len(coordinates)), 0.4)
    motion = Motion(np.arange(3) * 0.1, q, 0 * q, 0 * q)
    found = all_series(
        Analysis(body, skeleton, None, None, motion, poses(skeleton, q), no_ground(motion), q, None, {})  # type: ignore[arg-type]
    )
    angle = next(s for s in found if s.id == "angle.knee_r")
    assert angle.unit == unit
    np.testing.assert_allclose(angle.values, 0.4 * factor)
    assert next(s for s in found if s.id == f"moment.{moment}").unit == moment_unit
