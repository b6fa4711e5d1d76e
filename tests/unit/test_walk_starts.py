"""A walk to start from stands on the ground of the body that is to walk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.motion.trajectory import Motion
from groundup.predict.body.contact import normal_force
from groundup.predict.body.guess import pad_depths
from groundup.predict.changed_body import ChangedBody, change
from groundup.predict.condition import parse_condition
from groundup.predict.gait.baseline import healthy_walk
from groundup.predict.gait.walk import Walk
from groundup.predict.request import SimulationRequest
from groundup.predict.starts import settled
from groundup.predict.treatments import parse_treatment


@pytest.fixture(scope="module")
def fits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fits")


def changed(fits: Path, condition: str, treatment: str = "") -> ChangedBody:
    given = (parse_treatment(treatment),) if treatment else ()
    return change(default_body(), SimulationRequest((parse_condition(condition),), given).cases[-1].effects, fits)


def carried_bw(walk: Walk, body: ChangedBody, sides: str) -> np.ndarray:
    """Vertical force under one foot or both as the pads of a body tell it from the motion, BW."""
    p = body.prepared
    depth, rate = pad_depths(p.reduction.body, p.soles, Motion(walk.time_s, walk.q, walk.speed, walk.acceleration))
    those = [k for k, side in enumerate(p.soles.side) if side in sides]
    pads = (normal_force(p.soles.pads[k], depth[:, k], rate[:, k]) for k in those)
    return np.asarray(np.sum(list(pads), axis=0) / (p.body.mass * 9.81))


@pytest.mark.parametrize("treatment", ["", "calf_stretching:3deg"])
def test_what_leaves_the_feet_alone_leaves_the_start_alone(fits: Path, treatment: str) -> None:
    assert settled(healthy_walk(), changed(fits, "heel_pain:right:6", treatment)) is healthy_walk()


@pytest.mark.parametrize(
    ("condition", "treatment"),
    [
        ("heel_pain:right:6", "heel_lift:8mm"),
        ("leg_length:left:20mm", ""),
        ("heel_pain:left:6", "heel_cup"),
        ("heel_pain:right:6", "body_mass:-10%"),
    ],
)
def test_feet_of_another_body_meet_the_ground_as_they_did(fits: Path, condition: str, treatment: str) -> None:
    walk, body = healthy_walk(), changed(fits, condition, treatment)
    start = settled(walk, body)
    for side in "rl":
        usual = walk.vertical(body.prepared.soles, side) / walk.weight_n
        assert np.abs(carried_bw(start, body, side) - usual).max() < 0.15
    unsettled = np.abs(carried_bw(walk, body, "rl") - carried_bw(start, body, "rl")).max()
    assert unsettled > 0.05


def test_a_short_leg_lowers_the_pelvis_on_its_side(fits: Path) -> None:
    walk = healthy_walk()
    start = settled(walk, changed(fits, "leg_length:left:20mm"))
    lower = np.mean(start.values["pelvis_ty"] - walk.values["pelvis_ty"])
    assert -0.02 < lower < -0.002
    # Obliquity counts positive where the right side is lower.
    assert np.mean(start.values["pelvis_list"] - walk.values["pelvis_list"]) < -0.005


def test_speed_and_acceleration_follow_what_is_moved_and_the_stride_closes(fits: Path) -> None:
    walk = healthy_walk()
    start = settled(walk, changed(fits, "heel_pain:right:6", "heel_lift:8mm"))
    for name in ("pelvis_ty", "ankle_angle_r"):
        move, speed, acceleration = (
            start.values[name + what] - walk.values[name + what] for what in ("", " speed", " acceleration")
        )
        assert move[0] == pytest.approx(move[-1])
        by_differences = np.gradient(move, walk.time_s)[1:-1]
        assert speed[1:-1] == pytest.approx(by_differences, abs=0.1 * np.abs(speed).max())
        assert np.trapezoid(acceleration, walk.time_s) == pytest.approx(0, abs=1e-6)
    still = [n for n in walk.values if n.startswith(("lumbar", "arm", "pelvis_tilt")) or "activation" in n]
    assert still
    assert all(start.values[name] is walk.values[name] for name in still)
