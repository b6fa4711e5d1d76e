"""Regional pressure: faults of a file are told in words; what it says comes before the centre of pressure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from known_walks import plain, plain_measures, value

from groundup.chain.findings import findings_of
from groundup.chain.gait import gait_cycles
from groundup.errors import FileError
from groundup.io.pressure_table import read_pressure_table

HEAD = "toes_right_n,time_s,heel_right_n,midfoot_right_n,forefoot_right_n"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "pressure.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_columns_in_any_order(tmp_path: Path) -> None:
    found = read_pressure_table(written(tmp_path, HEAD, "1,0.00,300,20,100", "", "2,0.01,310,21,110"))
    assert list(found.load_n) == ["right"]
    np.testing.assert_allclose(found.load_n["right"], [[300, 20, 100, 1], [310, 21, 110, 2]])
    np.testing.assert_allclose(found.time_s, [0.0, 0.01])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((HEAD.replace("time_s", "t"), "1,2,3,4,5"), "line 1: no column time_s, found"),
        (("time_s,heel_left_n", "0,1", "1,2"), "no column midfoot_left_n, found"),
        (("time_s,force", "0,1", "1,2"), "no column of a region, expected heel_right_n"),
        ((HEAD, "1,0,3,4"), "line 2: 4 cells, expected 5"),
        ((HEAD, "1,0,3,4,x"), "line 2: forefoot_right_n is 'x', expected a number"),
        ((HEAD, "1,0,3,4,5", "1,0,3,4,5"), "time_s does not increase"),
        ((HEAD, "1,0,3,4,-5", "1,1,3,4,5"), "a cell is negative or not finite"),
    ],
)
def test_faults_are_told_in_words(tmp_path: Path, lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(FileError, match=words):
        read_pressure_table(written(tmp_path, *lines))


def test_recorded_regions_come_before_the_centre_of_pressure(tmp_path: Path) -> None:
    a = plain()
    assert a.forces is not None
    force = next(w for w in a.forces.wrenches if w.name == "right").force_n[::10, 1]
    rows = [f"0,{t:.3f},{f / 2:.2f},0,{f / 2:.2f}" for t, f in zip(a.forces.time_s[::10], force, strict=True)]
    pressure = read_pressure_table(written(tmp_path, HEAD, *rows))
    measures, _ = findings_of(a, gait_cycles(a), pressure=pressure)
    heel = next(m for m in measures if m.id == "foot.heel_share" and m.side == "right")
    assert heel.value == pytest.approx(50.0, abs=0.1)
    assert "pressure platform" in heel.method
    assert value(measures, "foot.heel_share", "left") == value(plain_measures(), "foot.heel_share", "left")
    assert value(measures, "foot.cop_mean", "right") == value(plain_measures(), "foot.cop_mean", "right")
