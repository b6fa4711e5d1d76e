"""Events from the motion alone, on walks changed in known ways."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from changed_walks import (
    FootWalk,
    flatter,
    limping,
    noisy,
    on_a_belt,
    on_toes,
    shorter,
    slower,
    turning,
    walk_of,
)

from groundup.motion.foot_contacts import foot_contact

CLOSE_S = 0.03
SLOW_S = 0.06  # a walk played slowly has its events drawn out as well

CHANGES = {
    "as it is": (lambda w: w, CLOSE_S),
    "0.5 m/s": (lambda w: slower(w, 2.5), SLOW_S),
    "0.3 m/s": (lambda w: slower(w, 4.0), SLOW_S),
    "brisk": (lambda w: slower(w, 0.75), CLOSE_S),
    "limping": (lambda w: limping(w, 0.8), CLOSE_S),
    "limping on the other": (lambda w: limping(w, 1.1), CLOSE_S),
    "shuffling": (lambda w: flatter(shorter(w, 0.5), 0.2), CLOSE_S),
    "slow shuffling": (lambda w: slower(flatter(shorter(w, 0.5), 0.2), 2.0), SLOW_S),
    "dragging": (lambda w: flatter(w, 0.05), CLOSE_S),
    "short steps": (lambda w: shorter(w, 0.4), CLOSE_S),
    "treadmill": (lambda w: on_a_belt(w, 1.25), CLOSE_S),
    "slow treadmill": (lambda w: on_a_belt(slower(w, 3.0), 1.25 / 3.0), SLOW_S),
    "on the toes": (on_toes, CLOSE_S),
    "on the toes on a treadmill": (lambda w: on_a_belt(on_toes(w), 1.25), CLOSE_S),
    "turning": (lambda w: turning(w, 0.8), CLOSE_S),
    "noise": (lambda w: noisy(w, 0.001), CLOSE_S),
}


def errors(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    return np.array([found[np.abs(found - t).argmin()] - t for t in true]) if len(found) else np.full(len(true), np.inf)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("name", CHANGES)
def test_events_of_a_changed_walk(name: str, side: str) -> None:
    change, limit_s = CHANGES[name]
    walk: FootWalk = change(walk_of(side))
    found = foot_contact(walk.time_s, walk.heel_m, walk.ball_m, level=True)
    assert len(found.strikes_s) == len(walk.strikes_s)
    assert len(found.offs_s) == len(walk.offs_s)
    assert np.abs(errors(found.strikes_s, walk.strikes_s)).max() <= limit_s
    assert np.abs(errors(found.offs_s, walk.offs_s)).max() <= limit_s


def test_frames_on_the_ground_change_at_the_events() -> None:
    walk = walk_of("right")
    found = foot_contact(walk.time_s, walk.heel_m, walk.ball_m, level=True)
    for strike in found.strikes_s:
        assert found.on_ground[np.searchsorted(walk.time_s, strike)]
        assert not found.on_ground[np.searchsorted(walk.time_s, strike) - 2]
    for off in found.offs_s:
        assert not found.on_ground[np.searchsorted(walk.time_s, off) + 1]
        assert found.on_ground[np.searchsorted(walk.time_s, off) - 2]


@pytest.mark.parametrize(("change", "part"), [(lambda w: w, "heel"), (on_toes, "forefoot")])
def test_the_part_that_lands(change: Callable[[FootWalk], FootWalk], part: str) -> None:
    walk = change(walk_of("left"))
    found = foot_contact(walk.time_s, walk.heel_m, walk.ball_m, level=True)
    assert set(found.strike_parts) == {part}


@pytest.mark.parametrize("belt_m_per_s", [0.0, 0.3, 1.25])
def test_the_speed_of_the_belt(belt_m_per_s: float) -> None:
    walk = on_a_belt(walk_of("right"), belt_m_per_s)
    found = foot_contact(walk.time_s, walk.heel_m, walk.ball_m, level=True)
    np.testing.assert_allclose(found.ground_m_per_s, [-belt_m_per_s, 0.0, 0.0], atol=0.07)


def test_standing_is_on_the_ground_all_the_time() -> None:
    time_s = np.arange(300) / 100
    sway = 0.003 * np.sin(2 * np.pi * time_s)[:, None] * [1.0, 0.2, 0.5]
    found = foot_contact(time_s, sway, np.add(sway, [0.17, 0.0, 0.0]))
    assert found.on_ground.all()
    assert len(found.strikes_s) == len(found.offs_s) == 0
    assert foot_contact(time_s[:3], sway[:3], sway[:3]).on_ground.all(), "too short to tell"


def test_where_and_when_the_walk_is_does_not_matter() -> None:
    walk = walk_of("left")
    plain = foot_contact(walk.time_s, walk.heel_m, walk.ball_m)
    turn = np.array([[0.6, 0.0, 0.8], [0.0, 1.0, 0.0], [-0.8, 0.0, 0.6]])
    moved = foot_contact(walk.time_s + 7.0, walk.heel_m @ turn + 3.0, walk.ball_m @ turn + 3.0)
    np.testing.assert_allclose(moved.strikes_s - 7.0, plain.strikes_s, atol=1e-6)
    np.testing.assert_allclose(moved.offs_s - 7.0, plain.offs_s, atol=1e-6)
    np.testing.assert_array_equal(moved.on_ground, plain.on_ground)
