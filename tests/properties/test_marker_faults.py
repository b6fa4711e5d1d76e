"""Faults put into good recordings at random are found in exactly their frames, and nothing else is touched."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.motion.marker_checks import examine
from lab_walks import changed, demo, exchange, same

MARKERS, _, RECOGNITION = demo()
N_FRAMES, N_MARKERS = MARKERS.positions_m.shape[:2]
marker = st.integers(0, N_MARKERS - 1)
SLOW = settings(max_examples=25)


@SLOW
@given(
    which=marker,
    first=st.integers(4, N_FRAMES - 10),
    length=st.integers(1, 5),
    way=st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda w: np.linalg.norm(w) > 0.1),
    far_m=st.floats(0.05, 0.5),
)
def test_a_spike_is_a_gap_in_its_frames_only(
    which: int, first: int, length: int, way: tuple[float, float, float], far_m: float
) -> None:
    frames = slice(first, first + length)
    away = far_m * np.array(way) / np.linalg.norm(way)
    found = examine(changed(MARKERS, lambda x: x.__setitem__((frames, which), x[frames, which] + away)), RECOGNITION)
    expected = changed(MARKERS, lambda x: x.__setitem__((frames, which), np.nan))
    assert same(found.markers, expected)
    (said,) = [f for f in found.findings if MARKERS.names[which] in f.where]
    assert (said.first_s, said.last_s) == (MARKERS.time_s[first], MARKERS.time_s[first + length - 1])


@SLOW
@given(a=marker, b=marker, first=st.integers(4, N_FRAMES - 10), length=st.integers(1, N_FRAMES * 2 // 5))
def test_labels_exchanged_for_a_while_are_put_back(a: int, b: int, first: int, length: int) -> None:
    frames = slice(first, min(first + length, N_FRAMES - 4))
    apart = np.linalg.norm(MARKERS.positions_m[:, a] - MARKERS.positions_m[:, b], axis=-1).min()
    if apart < 0.05:
        return  # markers as near as this are seen to jump only if they move fast
    found = examine(changed(MARKERS, lambda x: exchange(x, a, b, frames)), RECOGNITION)
    assert same(found.markers, MARKERS)


@SLOW
@given(pair=st.sampled_from([n[:-2] for n in MARKERS.names if n.endswith("_r")]))
def test_a_pair_on_the_wrong_side_is_put_back(pair: str) -> None:
    a, b = MARKERS.names.index(f"{pair}_r"), MARKERS.names.index(f"{pair}_l")
    found = examine(changed(MARKERS, lambda x: exchange(x, a, b)), RECOGNITION)
    assert same(found.markers, MARKERS)
    assert any(f"{pair}_r and {pair}_l" in f.where and f.severity == "warn" for f in found.findings)


@SLOW
@given(heading=st.floats(0, 2 * np.pi), order=st.randoms(use_true_random=False), later_s=st.floats(-100, 100))
def test_heading_order_and_clock_do_not_matter(heading: float, order: random.Random, later_s: float) -> None:
    a, b = MARKERS.names.index("knee_medial_r"), MARKERS.names.index("knee_medial_l")
    columns = list(range(N_MARKERS))
    order.shuffle(columns)
    c, s = np.cos(heading), np.sin(heading)
    turn = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    moved = replace(
        MARKERS,
        time_s=MARKERS.time_s + later_s,
        names=tuple(MARKERS.names[k] for k in columns),
        positions_m=(MARKERS.positions_m @ turn.T)[:, columns],
    )
    exchanged = changed(MARKERS, lambda x: exchange(x, a, b)).positions_m
    wrong = replace(moved, positions_m=(exchanged @ turn.T)[:, columns])
    np.testing.assert_allclose(examine(wrong, RECOGNITION).markers.positions_m, moved.positions_m, atol=1e-12)


@pytest.mark.parametrize("times", [1, 3])
def test_examining_twice_finds_nothing_new(times: int) -> None:
    faulty = changed(MARKERS, lambda x: x.__setitem__((slice(80, 83), 5), x[80:83, 5] + 0.2))
    once = examine(faulty, RECOGNITION).markers
    for _ in range(times):
        again = examine(once, RECOGNITION)
        assert same(again.markers, once)
        once = again.markers
