"""Marker files as they really arrive, and what is said about those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from groundup.body.recording import MarkerTrajectories
from groundup.errors import FileError, RecordingError, Truncated
from groundup.io.trc import read_trc, write_trc

NAMES = ("RHEE", "LHEE", "SACR")


def trc(
    rows: list[str],
    units: str = "mm",
    names: str = "RHEE\t\t\tLHEE\t\t\tSACR\t\t",
    labels: str = "\t\tX1\tY1\tZ1\tX2\tY2\tZ2\tX3\tY3\tZ3",
    rate: str = "100",
    n_frames: int | None = None,
    n_markers: int = 3,
) -> str:
    n_frames = len(rows) if n_frames is None else n_frames
    return "\n".join(
        [
            "PathFileType\t4\t(X/Y/Z)\twalk01.trc",
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
            f"{rate}\t{rate}\t{n_frames}\t{n_markers}\t{units}\t{rate}\t1\t{n_frames}",
            f"Frame#\tTime\t{names}",
            labels,
            "",
            *rows,
            "",
        ]
    )


ROWS = [
    "1\t0.00\t100\t50\t-300\t120\t60\t300\t80\t1000\t0",
    "2\t0.01\t110\t51\t-301\t130\t61\t301\t90\t1001\t1",
    "3\t0.02\t120\t52\t-302\t140\t62\t302\t95\t1002\t2",
]


def save(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "walk01.trc"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(tmp_path: Path, text: str | bytes, units: str | None = None) -> MarkerTrajectories:
    return read_trc(save(tmp_path, text), units)


def test_values_in_metres_and_seconds(tmp_path: Path) -> None:
    found = read(tmp_path, trc(ROWS))
    assert found.names == NAMES
    assert found.rate_hz == 100
    np.testing.assert_allclose(found.time_s, [0, 0.01, 0.02])
    np.testing.assert_allclose(found.positions_m[1, 0], [0.110, 0.051, -0.301])
    np.testing.assert_allclose(found.positions_m[2, 2], [0.095, 1.002, 0.002])


@pytest.mark.parametrize(
    ("units", "factor"),
    [("mm", 1e-3), ("Millimeters", 1e-3), ("cm", 1e-2), ("m", 1.0), ("METERS", 1.0), ("in", 0.0254), ("ft", 0.3048)],
)
def test_every_unit_becomes_metres(tmp_path: Path, units: str, factor: float) -> None:
    row = "1\t0\t" + "\t".join(str(v / factor) for v in (0.1, 0.2, 0.3, 0.4, 1.5, 0.6, 0.7, 0.8, 0.9))
    found = read(tmp_path, trc([row], units=units))
    np.testing.assert_allclose(found.positions_m[0].ravel(), [0.1, 0.2, 0.3, 0.4, 1.5, 0.6, 0.7, 0.8, 0.9])


@pytest.mark.parametrize("cell", ["", "NaN", "nan", " ", "-1.#IND", "1.#QNAN", "NA"])
def test_a_marker_without_one_number_is_a_gap_in_all_three(tmp_path: Path, cell: str) -> None:
    rows = [ROWS[0], f"2\t0.01\t110\t{cell}\t-301\t130\t61\t301\t90\t1001\t1", ROWS[2]]
    found = read(tmp_path, trc(rows)).positions_m
    assert np.isnan(found[1, 0]).all()
    assert np.isfinite(found[1, 1:]).all()
    assert np.isfinite(found[[0, 2]]).all()


def test_zero_zero_zero_is_a_gap_but_one_zero_is_not(tmp_path: Path) -> None:
    found = read(tmp_path, trc([ROWS[0], "2\t0.01\t0\t0\t0.0\t130\t61\t301\t0\t1001\t0", ROWS[2]])).positions_m
    assert np.isnan(found[1, 0]).all()
    np.testing.assert_allclose(found[1, 2], [0, 1.001, 0])


def test_ragged_ends_are_gaps(tmp_path: Path) -> None:
    rows = [ROWS[0] + "\t\t\t", "2\t0.01\t110\t51\t-301\t130\t61\t301", "3\t0.02\t120\t52\t-302\t140\t62\t302\t95"]
    found = read(tmp_path, trc(rows)).positions_m
    assert np.isnan(found[1:, 2]).all()
    assert np.isfinite(found[:, :2]).all()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda t: t.replace("\n", "\r\n").encode(), id="windows line ends"),
        pytest.param(lambda t: t.replace("\n", "\r").encode(), id="old mac line ends"),
        pytest.param(lambda t: b"\xef\xbb\xbf" + t.encode(), id="byte-order mark"),
        pytest.param(lambda t: t.encode("utf-16"), id="utf-16"),
        pytest.param(lambda t: t.replace("walk01.trc", "Hüfte né.trc").encode("latin-1"), id="latin-1"),
        pytest.param(lambda t: t.replace("\t", " ").encode(), id="spaces"),
        pytest.param(lambda t: t.replace("\t1\t", "\t   1\t").encode(), id="padded"),
        pytest.param(lambda t: (t + "\n\n \t\n").encode(), id="blank lines at the end"),
        pytest.param(lambda t: t.rstrip().encode(), id="no last line end"),
        pytest.param(lambda t: t.replace("Z3\n\n", "Z3\n").encode(), id="no blank line after the labels"),
        pytest.param(lambda t: t.replace("\t\tX1\tY1\tZ1\tX2\tY2\tZ2\tX3\tY3\tZ3\n\n", "").encode(), id="no labels"),
        pytest.param(lambda t: t.replace("\t3\t3\tmm", "\t3\t7\tmm").encode(), id="wrong NumMarkers"),
        pytest.param(lambda t: t.replace("\t3\t3\tmm", "\t2\t3\tmm").encode(), id="fewer NumFrames than frames"),
    ],
)
def test_harmless_differences_do_not_matter(tmp_path: Path, change) -> None:
    plain = read(tmp_path, trc(ROWS))
    found = read(tmp_path, change(trc(ROWS)))
    assert found.names == plain.names
    np.testing.assert_array_equal(found.positions_m, plain.positions_m)
    np.testing.assert_array_equal(found.time_s, plain.time_s)


def test_frames_out_of_order_are_sorted(tmp_path: Path) -> None:
    found = read(tmp_path, trc([ROWS[2], ROWS[0], ROWS[1]]))
    np.testing.assert_array_equal(found.positions_m, read(tmp_path, trc(ROWS)).positions_m)
    np.testing.assert_array_equal(found.time_s, [0, 0.01, 0.02])


def test_names_may_hold_blanks_and_latin1(tmp_path: Path) -> None:
    text = trc(ROWS, names="R Heel\t\t\tHüfte\t\t\tSACR\t\t")
    assert read(tmp_path, text.encode("latin-1")).names == ("R Heel", "Hüfte", "SACR")


def test_unnamed_columns_keep_their_place(tmp_path: Path) -> None:
    found = read(tmp_path, trc(ROWS, names="RHEE\t\t\t\t\t\tSACR\t\t"))
    assert found.names == ("RHEE", "unnamed_2", "SACR")
    np.testing.assert_array_equal(found.positions_m, read(tmp_path, trc(ROWS)).positions_m)


def test_unnamed_columns_at_the_end(tmp_path: Path) -> None:
    assert read(tmp_path, trc(ROWS, names="RHEE\t\t\tLHEE")).names == ("RHEE", "LHEE", "unnamed_3")


def test_a_repeated_marker_with_the_same_positions_is_dropped(tmp_path: Path) -> None:
    rows = [row.rsplit("\t", 3)[0] + "\t" + "\t".join(row.split("\t")[2:5]) for row in ROWS]
    found = read(tmp_path, trc(rows, names="RHEE\t\t\tLHEE\t\t\tRHEE\t\t"))
    assert found.names == ("RHEE", "LHEE")
    assert found.positions_m.shape == (3, 2, 3)


def test_a_missing_rate_comes_from_the_times(tmp_path: Path) -> None:
    assert read(tmp_path, trc(ROWS, rate="0")).rate_hz == pytest.approx(100)


def test_units_can_be_overridden(tmp_path: Path) -> None:
    wrong = trc(ROWS, units="m")
    np.testing.assert_allclose(read(tmp_path, wrong, "mm").positions_m, read(tmp_path, trc(ROWS)).positions_m)


def test_the_message_about_units(tmp_path: Path) -> None:
    rows = ["1\t0\t0\t2\t3\t120\t60\t300\t80\t1000\t0", "2\t0.01\t1700\t3\t4\t130\t60\t300\t80\t1000\t0"]
    path = save(tmp_path, trc(rows, units="m"))
    with pytest.raises(RecordingError) as caught:
        read_trc(path)
    assert str(caught.value) == (
        f'{path} line 3: marker "RHEE" moves within 0–1700 m, expected 0–3 m. '
        "Units are probably mm. Fix the header or pass --marker-units mm."
    )


def five_markers(scale: float) -> str:
    row = "1\t0\t" + "\t".join(str(v * scale) for v in np.linspace(0.1, 1.7, 15).tolist())
    names = "\t\t\t".join("ABCDE")
    labels = "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, 6))
    return trc([row], units="mm", names=names, labels=labels, n_markers=5)


def test_metres_under_a_header_of_millimetres(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r'marker "E" moves .* m, expected 0–3 m\. Units are probably m\. Fix the'):
        read(tmp_path, five_markers(1.0))


def test_a_wrong_override_names_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"Units are probably mm\. Pass --marker-units mm\."):
        read(tmp_path, five_markers(1000.0), "m")


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        pytest.param("", Truncated, "the file is empty, expected a table of numbers", id="empty"),
        pytest.param("\n \n", Truncated, "the file is empty", id="blank"),
        pytest.param(
            "time\ta\n0\t1\n", FileError, "line 1: starts with 'time\\\\ta', expected 'PathFileType'", id="other"
        ),
        pytest.param("PathFileType\t4\n", Truncated, "ends within its header, expected frames", id="header only"),
        pytest.param(trc([]), Truncated, "holds no frames after its header", id="no frames"),
        pytest.param(trc(ROWS, n_frames=9), Truncated, "NumFrames is 9, but 3 frames follow.*cut off", id="frames"),
        pytest.param(
            "\n".join(trc(ROWS).split("\n")[:-2]) + "\n3\t0.02\t12",
            Truncated,
            "line 9: the row has 3 cells, expected 11. The file was probably cut off",
            id="cut within a row",
        ),
        pytest.param(
            trc([ROWS[0] + "\t5", ROWS[1]]),
            FileError,
            "line 7: the row has 12 cells, expected 11 .*Name every",
            id="wide",
        ),
        pytest.param(
            trc([ROWS[0], "2 0.01 1 2 3 4 5 6", ROWS[2]]),
            FileError,
            "line 8: .*Separate the cells with tabs",
            id="short",
        ),
        pytest.param(
            trc([ROWS[0].replace("50", "abc")]),
            FileError,
            "line 7 column 4: is 'abc', expected a number. Correct this cell",
            id="no number",
        ),
        pytest.param(
            trc([ROWS[0].replace("50", "5,0")]),
            FileError,
            "'5,0', expected a number. Write decimals with a point",
            id="comma",
        ),
        pytest.param(
            trc([ROWS[0], ROWS[0], ROWS[2]]),
            FileError,
            "lines 7 and 8: both have Time 0 s, expected each instant",
            id="time",
        ),
        pytest.param(trc(["1\t\t" + ROWS[0][7:]]), FileError, "line 7: Time is nan, expected seconds", id="no time"),
        pytest.param(
            trc(ROWS, names="RHEE\t\t\tLHEE\t\t\tRHEE\t\t"),
            FileError,
            "line 4: markers 1 and 3 are both named 'RHEE' and differ.*Rename one",
            id="duplicate",
        ),
        pytest.param(
            trc(ROWS, units="furlong"),
            FileError,
            "line 3: Units is 'furlong', expected one of m, cm, mm, in, ft. Fix the header or pass --marker-units",
            id="unit",
        ),
        pytest.param(
            trc(ROWS, rate="60"),
            FileError,
            "line 3: DataRate is 60 Hz, but the column Time has 100 frames per",
            id="rate",
        ),
        pytest.param(
            trc(ROWS, names="", labels=""),
            FileError,
            "line 4: holds no marker names, expected one for each",
            id="names",
        ),
        pytest.param(
            trc(ROWS).replace("Frame#\tTime", "Frame#\tRHEE"), FileError, "second column is not 'Time'", id="no Time"
        ),
        pytest.param("\x7fELF\x00\x01\x02", FileError, "is a binary file", id="binary"),
    ],
)
def test_messages(tmp_path: Path, text: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "walk01.trc") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.trc: cannot be read \(no such file\)\. Check the path\."):
        read_trc(tmp_path / "none.trc")


def test_an_unknown_override(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="--marker-units is 'yard', expected one of m, cm, mm"):
        read(tmp_path, trc(ROWS), "yard")


def recording(n_frames: int = 4) -> MarkerTrajectories:
    rng = np.random.default_rng(1)
    positions = rng.uniform(-1, 1, (n_frames, 3, 3))
    positions[1, 2] = np.nan
    return MarkerTrajectories(np.arange(n_frames) / 120, NAMES, positions, 120.0)


@pytest.mark.parametrize("units", ["m", "mm", "cm"])
def test_written_and_read_back(tmp_path: Path, units: str) -> None:
    made = recording()
    write_trc(made, tmp_path / "a.trc", units)
    found = read_trc(tmp_path / "a.trc")
    np.testing.assert_allclose(found.positions_m, made.positions_m, rtol=1e-15)
    np.testing.assert_array_equal(found.time_s, made.time_s)
    assert (found.names, found.rate_hz) == (made.names, made.rate_hz)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    made = recording()
    with pytest.raises(FileError, match="cannot be written in 'mile', expected one of m"):
        write_trc(made, tmp_path / "a.trc", "mile")
    twice = MarkerTrajectories(made.time_s, ("A", "A", "B"), made.positions_m, 120.0)
    with pytest.raises(FileError, match="marker names have to be unique"):
        write_trc(twice, tmp_path / "a.trc")
    short = MarkerTrajectories(made.time_s, NAMES[:2], made.positions_m, 120.0)
    with pytest.raises(FileError, match=r"positions have shape \(4, 3, 3\), expected \(4, 2, 3\)"):
        write_trc(short, tmp_path / "a.trc")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "n_frames", "n_markers", "rate"),
    [
        ("gait2392/subject01_walk1.trc", 151, 41, 60),
        ("gait2392/subject01_static.trc", 300, 49, 60),
        ("arnold2013/subject01/markers.trc", 223, 64, 200),
    ],
)
def test_real_recordings(shared: Path, name: str, n_frames: int, n_markers: int, rate: float) -> None:
    found = read_trc(shared / name)
    assert found.positions_m.shape == (n_frames, n_markers, 3)
    assert found.rate_hz == pytest.approx(rate)
    height = np.nanmax(found.positions_m[:, :, 1]) - np.nanmin(found.positions_m[:, :, 1])
    assert 1.3 < height < 2.1  # m: a standing adult, vertical is y
