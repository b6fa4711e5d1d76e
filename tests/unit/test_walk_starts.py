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


def carried_bw(walk: Walk, body: ChangedBody) -> np.ndarray:
    """Vertical force under both feet as the pads of a body tell it from the motion, BW."""
    p = body.prepared
    depth, rate = pad_depths(p.reduction.body, p.soles, Motion(walk.time_s, walk.q, walk.speed, walk.acceleration))
    pads = (normal_force(pad, depth[:, k], rate[:, k]) for k, pad in enumerate(p.soles.pads))
    return np.asarray(np.sum(list(pads), axis=0) / (p.body.mass * 9.81))


@pytest.mark.parametrize("treatment", ["", "calf_stretching:3deg"])
def test_what_leaves_the_feet_alone_leaves_the_start_alone(fits: Path, treatment: str) -> None:
    assert settled(healthy_walk(), changed(fits, "heel_pain:right:6", treatment)) is healthy_walk()


@pytest.mark.parametrize(
    ("condition", "treatment", "low_mm", "high_mm"),
    [("heel_pain:right:6", "heel_lift:8mm", -1, 8), ("leg_length:left:10mm", "", -10, 1)],
)
def test_a_lift_raises_and_a_short_leg_lowers(
    fits: Path, condition: str, treatment: str, low_mm: float, high_mm: float
) -> None:
    walk, body = healthy_walk(), changed(fits, condition, treatment)
    start = settled(walk, body)
    rise = 1000 * (start.values["pelvis_ty"] - walk.values["pelvis_ty"])
    assert low_mm - 1 < rise.min() < rise.max() < high_mm + 1
    assert np.abs(rise).max() > 4
    usual = walk.vertical(body.prepared.soles, "r") + walk.vertical(body.prepared.soles, "l")
    error = [np.abs(carried_bw(one, body) - usual / walk.weight_n).mean() for one in (walk, start)]
    assert error[1] < 0.5 * error[0]


def test_speed_and_acceleration_follow_the_height_and_the_stride_closes(fits: Path) -> None:
    walk = healthy_walk()
    start = settled(walk, changed(fits, "heel_pain:right:6", "heel_lift:8mm"))
    names = [f"pelvis_ty{what}" for what in ("", " speed", " acceleration")]
    moved = {name: start.values[name] - walk.values[name] for name in names}
    rise, speed, acceleration = moved.values()
    assert rise[0] == pytest.approx(rise[-1])
    by_differences = np.gradient(rise, walk.time_s)[1:-1]
    assert speed[1:-1] == pytest.approx(by_differences, abs=0.05 * np.abs(speed).max())
    assert np.trapezoid(acceleration, walk.time_s) == pytest.approx(0, abs=1e-9)
    others = set(start.values) - set(moved)
    assert all(start.values[name] is walk.values[name] for name in others)
