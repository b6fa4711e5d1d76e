"""Gaps of markers: short ones are bridged, long ones and the ends stay; what shows no person is left out."""

from __future__ import annotations

import numpy as np
import pytest

from groundup.body.recording import MarkerTrajectories
from groundup.errors import RecordingError
from groundup.motion.gaps import bridge_gaps
from groundup.motion.recording_window import clip_to_seen

TIME_S = np.arange(100) / 100
CURVE_M = np.stack([TIME_S, 0.1 * np.sin(2 * np.pi * TIME_S), 0.1 * np.cos(2 * np.pi * TIME_S)], axis=-1)


def positions(*gaps: slice) -> np.ndarray:
    """Two markers on one curve; the first has gaps."""
    both = np.stack([CURVE_M, CURVE_M + 0.2], axis=1)
    for gap in gaps:
        both[gap, 0] = np.nan
    return both


def test_short_gaps_follow_the_curve() -> None:
    filled = bridge_gaps(TIME_S, positions(slice(20, 30), slice(50, 51)))
    np.testing.assert_allclose(filled, positions(), atol=1e-4, err_msg="0.1 mm on a swing of 1 Hz")
    np.testing.assert_array_equal(filled[:20], positions()[:20], "what was seen is kept as it is")


def test_long_gaps_and_ends_stay() -> None:
    given = positions(slice(0, 3), slice(40, 52), slice(97, 100))
    np.testing.assert_array_equal(bridge_gaps(TIME_S, given), given)


def test_a_marker_never_seen_stays_so() -> None:
    given = positions(slice(0, 100))
    np.testing.assert_array_equal(bridge_gaps(TIME_S, given), given)


def recording(seen: np.ndarray) -> MarkerTrajectories:
    return MarkerTrajectories(TIME_S, ("A", "B", "C", "D"), np.where(seen[..., None], 1.0, np.nan) * np.ones(3), 100.0)


def test_frames_before_the_person_comes_are_left_out() -> None:
    seen = np.ones((100, 4), dtype=bool)
    seen[:10, :2] = seen[90:] = seen[40:50] = False
    kept, notes = clip_to_seen(recording(seen), ["A", "B", "C"])
    assert kept.time_s[[0, -1]] == pytest.approx([0.10, 0.89])
    assert notes == ["20 frames before 0.100 s or after 0.890 s show fewer than 3 markers and were left out."]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["X"], "none of its 4 markers"),
        (["A", "B"], "only 2 of its 4 markers"),
        (["A", "B", "C"], "0 of 100 frames"),
    ],
)
def test_too_little_is_refused(names: list[str], words: str) -> None:
    seen = np.ones((100, 4), dtype=bool)
    seen[:, 0] = False
    with pytest.raises(RecordingError, match=words):
        clip_to_seen(recording(seen), names)
