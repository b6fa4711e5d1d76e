"""What variations say, kept in a file."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from groundup.errors import FileError
from groundup.predict.varied import Varied, read_varied, share_intervals, shares_of, to_json
from groundup.study import Attribution, Share

HEEL = ("foot.heel_impulse", "right")
SPLIT = Attribution(
    "l5s1", "L5/S1", "none", "BW", "a", "b", 1.0, 1.3, (Share("ankle", "right", 0.2), Share("hip", "left", 0.1))
)


def _known(shares: dict[tuple[str, str], float] | None) -> dict[tuple[str, str], dict[str, list[Varied]]]:
    return {("healthy", "untreated"): {"strength": [Varied({HEEL: 0.25}, {HEEL: math.nan}, shares)]}}


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "varied.json"
    file.write_text(json.dumps(to_json(_known({("ankle", "right"): 0.123456789}))), encoding="utf-8")
    ((places, causes),) = read_varied(file).items()
    (found,) = causes["strength"]
    assert places == ("healthy", "untreated")
    assert found.before == {HEEL: 0.25}
    assert math.isnan(found.after[HEEL])
    assert found.shares == {("ankle", "right"): pytest.approx(0.123457)}


def test_what_no_answer_shows_is_left_out() -> None:
    known = {("a", "b"): {"strength": [Varied({("baseline.rms_knee", "right"): 1.0}, {}, None)]}}
    (comparison,) = to_json(known)["comparisons"]  # type: ignore[misc]
    assert comparison["causes"]["strength"] == [{"before": [], "after": [], "shares": None}]


@pytest.mark.parametrize("text", [None, "", "{}", '{"schema": "groundup.varied/9"}', '{"schema": "groundup.varied/1"}'])
def test_a_missing_or_damaged_file_is_said(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "varied.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=r"varied\.json: cannot be read .* make demo-walks"):
        read_varied(file)


def test_an_interval_of_a_share_holds_it_and_where_it_goes() -> None:
    moved = {("ankle", "right"): 0.3, ("hip", "left"): 0.0}
    assert share_intervals(SPLIT, _known(moved)["healthy", "untreated"]) == (
        pytest.approx((0.2, 0.3)),
        pytest.approx((0.0, 0.1)),
    )
    assert share_intervals(SPLIT, {}) == ()
    # A change that could not be split with one variation leaves no share with an interval.
    unknown = share_intervals(SPLIT, _known(None)["healthy", "untreated"])
    assert all(math.isnan(end) for ends in unknown for end in ends)
    assert shares_of(None) is None
    assert shares_of(SPLIT) == {("ankle", "right"): 0.2, ("hip", "left"): 0.1}
