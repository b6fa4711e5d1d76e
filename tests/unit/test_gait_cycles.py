"""Cycles of an analysis: each foot its own, and which of them plates cover throughout."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.body.recording import ExternalForces
from groundup.chain.gait import NO_CYCLE, gait_cycles, speed
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import compile_skeleton
from groundup.loads.analysis import Analysis
from groundup.loads.force_filter import smooth_forces
from groundup.motion.synthetic import synthetic_recording
from groundup.motion.trajectory import Motion


@cache
def walk() -> tuple[Any, ...]:
    body = default_body()
    skeleton = compile_skeleton(body)
    _, forces, truth = synthetic_recording(body)
    return body, skeleton, forces, truth, poses(skeleton, truth.q)


def analysis(
    forces: ExternalForces | None,
    moments: bool = True,
    frames: slice = slice(None),
    estimate: object = None,
    contacts: object = None,
) -> Analysis:
    """As much of an analysis as cycles are made from."""
    body, skeleton, _, truth, at = walk()
    motion = Motion(truth.time_s[frames], truth.q[frames], truth.speed[frames], truth.acceleration[frames])
    at = replace(at, rotation=at.rotation[frames], translation=at.translation[frames])
    pelvis = skeleton.segment_index["pelvis"]
    found = SimpleNamespace(
        body=body,
        skeleton=skeleton,
        motion=motion,
        at=at,
        forces=forces,
        ground=SimpleNamespace(forces=forces, estimate=estimate, contacts=contacts),
        moments=np.zeros(motion.q.shape) if moments else None,
        body_weight_n=body.mass * 9.80665,
        pelvis="pelvis",
        segment_origin=lambda name: at.translation[:, pelvis],
    )
    return cast(Analysis, found)


def test_every_cycle_is_covered_where_both_feet_are_measured() -> None:
    found = gait_cycles(analysis(walk()[2]))
    assert [(c.side, c.source, c.covered) for c in found] == [
        ("right", "force plate", True),
        ("right", "force plate", True),
        ("left", "force plate", True),
        ("left", "force plate", True),
    ]
    for c in found:
        assert c.end_s - c.start_s == pytest.approx(1.09, abs=0.02)
        assert c.foot_off_percent == pytest.approx(60, abs=2)


def test_forces_smoothed_like_the_motion_do_not_move_the_events() -> None:
    forces = walk()[2]
    recorded = SimpleNamespace(forces=forces)
    found = gait_cycles(analysis(smooth_forces(forces, 6.0), contacts=recorded))
    assert found == gait_cycles(analysis(forces))


def test_a_foot_on_the_floor_leaves_cycles_uncovered() -> None:
    forces = walk()[2]
    right = replace(forces, wrenches=tuple(w for w in forces.wrenches if w.name == "right"))
    found = gait_cycles(analysis(right))
    assert [(c.side, c.source) for c in found] == [("right", "force plate")] * 2 + [("left", "motion")] * 2
    assert not any(c.covered for c in found)


def test_without_plates_the_motion_tells_the_same_cycles() -> None:
    measured, seen = (gait_cycles(analysis(f)) for f in (walk()[2], None))
    assert [c.side for c in measured] == [c.side for c in seen]
    for one, other in zip(measured, seen, strict=True):
        assert (one.start_s, one.end_s) == pytest.approx((other.start_s, other.end_s), abs=0.03)
    assert not any(c.covered for c in seen)


def test_an_estimated_force_is_not_measured() -> None:
    found = gait_cycles(analysis(walk()[2], estimate=object()))
    assert {(c.source, c.covered) for c in found} == {("motion", False)}


def test_a_part_without_a_whole_cycle() -> None:
    found = gait_cycles(analysis(None, frames=slice(0, 90)))
    assert [(c.side, c.source) for c in found] == [("right", NO_CYCLE), ("left", NO_CYCLE)]
    assert gait_cycles(analysis(None, frames=slice(0, 9))) == ()


def test_walking_speed() -> None:
    assert speed(analysis(None)) == pytest.approx(1.25, abs=0.02)
