"""Regional pressure: faults of a file are told in words; what it says comes before the centre of pressure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from known_walks import plain, plain_measures, value

from groundup.body.pressure import REGION_ENDS, REGIONS
from groundup.chain.findings import findings_of
from groundup.chain.gait import gait_cycles
from groundup.chain.measures.foot import foot_figures
from groundup.errors import FileError, RecordingError
from groundup.io.pressure_table import read_pressure, read_pressure_table

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


GRID = ("# side = left", "# unit = kPa", "# cell_mm = 10 5")
ROWS = 22


def grid(folder: Path, name: str = "grid.csv", start_s: float = 0.0, head: tuple[str, ...] = GRID) -> Path:
    """Two frames of a foot of 20 rows, one empty before and behind: 100 kPa, then 200 kPa on the heel's first row."""
    cells = [f"r{i}c{j}" for i in range(1, ROWS + 1) for j in (1, 2)]
    even = ["0", "0", *["100"] * (2 * (ROWS - 2)), "0", "0"]
    heel = [*even[:2], "200", "200", *even[4:]]
    path = folder / name
    rows = (("time_s", *cells), (f"{start_s}", *even), (f"{start_s + 0.5}", *heel))
    lines = [*head, *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_grid_is_summed_by_region(tmp_path: Path) -> None:
    found = read_pressure([grid(tmp_path)])
    assert list(found.load_n) == ["left"]
    # A row of two cells of 10 by 5 mm at 100 kPa bears 10 N; rows 5, 6, 5 and 4 of 20 lie in the regions.
    np.testing.assert_allclose(found.load_n["left"], [[50, 60, 50, 40], [60, 60, 50, 40]])
    np.testing.assert_allclose(found.peak_kpa["left"], [[100] * 4, [200, 100, 100, 100]])


def test_force_on_cells_and_the_whole_grid(tmp_path: Path) -> None:
    newtons = read_pressure([grid(tmp_path, head=(GRID[0], "# unit = N", GRID[2], "# extent = grid"))])
    assert newtons.load_n["left"][0].sum() == pytest.approx(100 * 2 * (ROWS - 2))
    assert newtons.peak_kpa["left"][0, 1] == pytest.approx(100 / (0.01 * 0.005) / 1000)
    np.testing.assert_allclose(newtons.load_n["left"][0], [1000, 1200, 1200, 600])


def test_regions_of_cells_are_those_of_the_centre_of_pressure() -> None:
    edges = [0.0, *REGION_ENDS, 1.0]
    centers = foot_figures()["regions"]
    for region, low, high in zip(REGIONS, edges, edges[1:], strict=False):
        assert centers[region] == pytest.approx((low + high) / 2, abs=0.006)


def test_both_feet_and_several_steps_join_on_one_clock(tmp_path: Path) -> None:
    right = grid(tmp_path, "right.csv", 0.25, ("# side = right", *GRID[1:]))
    found = read_pressure([grid(tmp_path, "one.csv"), right, grid(tmp_path, "two.csv", 2.0)])
    assert set(found.load_n) == {"left", "right"}
    np.testing.assert_allclose(found.time_s, [0.0, 0.25, 0.5, 0.75, 2.0, 2.5])
    assert found.load_n["left"][:, 0] == pytest.approx([50, 55, 60, 0, 50, 60])
    assert found.load_n["right"][:, 0] == pytest.approx([0, 50, 55, 60, 0, 0])
    with pytest.raises(
        RecordingError, match=r"the left foot from 0\.200 s, which .* expected each step of a foot once"
    ):
        read_pressure([grid(tmp_path, "one.csv"), grid(tmp_path, "again.csv", 0.2)])


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (GRID[1:], "side is None, expected a line # side = left, or right"),
        ((GRID[0], GRID[2]), "unit is '', expected a line # unit = kPa, or N"),
        ((*GRID[:2], "# cell_mm = 5"), "cell_mm is '5', expected a line # cell_mm = 7.6 5.1"),
        ((*GRID[:2], "# cell_mm = 0.01 0.005"), "cell_mm is '0.01 0.005'"),
    ],
)
def test_faults_of_a_grid_are_told_in_words(tmp_path: Path, head: tuple[str, ...], words: str) -> None:
    with pytest.raises(FileError, match=words):
        read_pressure([grid(tmp_path, head=head)])


def test_missing_cells_and_an_empty_grid(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("\n".join((*GRID, "time_s,r1c1,r2c2", "0,1,2", "1,1,2")), encoding="utf-8")
    with pytest.raises(FileError, match=r"no column r1c2 \(2 cells are missing\), expected every cell of 2 rows and 2"):
        read_pressure([path])
    path.write_text("\n".join((*GRID, "time_s,r1c1,r2c1", "0,1,2", "1,1,2")), encoding="utf-8")
    with pytest.raises(FileError, match="0 rows of cells bear 10 kPa or more, expected at least 4"):
        read_pressure([path])


def test_a_grid_tells_the_highest_pressure_of_each_region(tmp_path: Path) -> None:
    a = plain()
    measures, _ = findings_of(a, gait_cycles(a))
    assert np.isnan(value(measures, "foot.heel_pressure", "left"))
    step = next(c for c in gait_cycles(a) if c.side == "left")
    off = step.start_s + step.foot_off_percent / 100 * (step.end_s - step.start_s)
    clock = np.linspace(step.start_s - 0.01, off + 0.01, 80)
    cells = [f"r{i}c1" for i in range(1, 21)]
    rows = [",".join((f"{t:.4f}", *["300"] * 5, *["100"] * 15)) for t in clock]
    path = tmp_path / "grid.csv"
    path.write_text("\n".join((*GRID, ",".join(("time_s", *cells)), *rows)), encoding="utf-8")
    measures, _ = findings_of(a, gait_cycles(a), pressure=read_pressure([path]))
    assert value(measures, "foot.heel_pressure", "left") == pytest.approx(300)
    assert value(measures, "foot.toes_pressure", "left") == pytest.approx(100)
    # 5 of 20 rows are the heel's, with three times the pressure.
    assert value(measures, "foot.heel_share", "left") == pytest.approx(100 * 15 / 30)
