"""MOT and STO tables: both generations of header, real files, and the messages."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from groundup.body.recording import Table
from groundup.errors import FileError, Truncated
from groundup.io.storage import read_storage, write_storage

NEW = "Coordinates\nversion=1\nnRows=2\nnColumns=3\ninDegrees=yes\n\nUnits are S.I. units\n\nendheader\n"
OLD = "name walk.mot\ndatacolumns 3\ndatarows 2\nrange 0.0 0.1\nendheader\n"
BARE = "DataType=double\nversion=3\nOpenSimVersion=4.4\nendheader\n"
BODY = "time\thip\tknee\n0.0\t1.5\t-2e-3\n0.1\t2.5\t3\n"


def read(tmp_path: Path, text: str | bytes) -> Table:
    path = tmp_path / "a.mot"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_storage(path)


@pytest.mark.parametrize(
    ("header", "name", "in_degrees"),
    [
        (NEW, "Coordinates", True),
        (OLD, "walk.mot", None),
        (BARE, "", None),
        (NEW.replace("yes", "no"), "Coordinates", False),
    ],
)
def test_every_header(tmp_path: Path, header: str, name: str, in_degrees: bool | None) -> None:
    found = read(tmp_path, header + BODY)
    assert found.columns == ("hip", "knee")
    assert found.in_degrees is in_degrees
    assert found.name == name
    np.testing.assert_array_equal(found.time_s, [0, 0.1])
    np.testing.assert_array_equal(found.values, [[1.5, -2e-3], [2.5, 3]])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda t: t.replace("\n", "\r\n").encode(), id="windows line ends"),
        pytest.param(lambda t: t.replace("\n", "\t\t\n").encode(), id="padded with tabs"),
        pytest.param(lambda t: t.replace("\t", "   ").encode(), id="blanks"),
        pytest.param(lambda t: b"\xef\xbb\xbf" + t.encode(), id="byte-order mark"),
        pytest.param(lambda t: t.replace("Coordinates", "Mou\xe9").encode("latin-1"), id="latin-1"),
        pytest.param(lambda t: t.replace("nColumns=3", "nColumns=8").encode(), id="wrong nColumns"),
        pytest.param(lambda t: t.replace("nRows=2", "nRows=1").encode(), id="too small nRows"),
        pytest.param(lambda t: t.replace("endheader\n", "EndHeader\n\n").encode(), id="blank line before names"),
        pytest.param(lambda t: t.rstrip().encode(), id="no last line end"),
    ],
)
def test_harmless_differences_do_not_matter(tmp_path: Path, change) -> None:
    found = read(tmp_path, change(NEW + BODY))
    assert found.columns == ("hip", "knee")
    np.testing.assert_array_equal(found.values, [[1.5, -2e-3], [2.5, 3]])


def test_no_value_becomes_nan(tmp_path: Path) -> None:
    found = read(tmp_path, BARE + "time\ta\tb\tc\n0\tnan\t\t-1.#IND\n1\t1\t2\t3\n")
    assert np.isnan(found.values[0]).all()
    np.testing.assert_array_equal(found.values[1], [1, 2, 3])


def test_a_column_without_a_name_keeps_its_place(tmp_path: Path) -> None:
    assert read(tmp_path, BARE + "time\ta\t\tc\n0\t1\t2\t3\n").columns == ("a", "unnamed_3", "c")


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        pytest.param("", Truncated, "the file is empty", id="empty"),
        pytest.param(
            "nRows=3\n", FileError, "has no line 'endheader', expected the header of an OpenSim MOT", id="header"
        ),
        pytest.param(BARE, Truncated, "ends after its header, expected a line of column names", id="no names"),
        pytest.param(BARE + "time\ta\n", Truncated, "holds no rows after its column names", id="no rows"),
        pytest.param(
            BARE + "hip\tknee\n0\t1\n", FileError, "line 5: the first column is 'hip', expected 'time'", id="time"
        ),
        pytest.param(
            BARE + "time\ta\ta\n0\t1\t1\n",
            FileError,
            "line 5: columns 2, 3 are all named 'a', expected unique",
            id="twice",
        ),
        pytest.param(
            BARE + "time\ta\tb\n0\t1\n1\t2\t3\n",
            FileError,
            r"line 6: the row has 2 cells, expected 3 .*Fill",
            id="narrow",
        ),
        pytest.param(
            BARE + "time\ta\n0\t1\t5\n1\t2\n",
            FileError,
            r"line 6: the row has 3 cells, expected 2 \(time and 1",
            id="wide",
        ),
        pytest.param(
            BARE + "time\ta\tb\n0\t1\t2\n1\t2", Truncated, "line 7: the row has 2 cells, expected 3.*cut off", id="cut"
        ),
        pytest.param(
            NEW.replace("nRows=2", "nRows=1501") + BODY,
            Truncated,
            "nRows=1501, but 2 rows follow. .*cut off.*nRows=2",
            id="n",
        ),
        pytest.param(
            BARE + "time\ta\n0\t1\n0\t2\n",
            FileError,
            "line 7: time is 0 s after 0 s, expected it to increase. Sort",
            id="same",
        ),
        pytest.param(BARE + "time\ta\nnan\t1\n", FileError, "line 6: time is nan, expected seconds", id="nan time"),
        pytest.param(BARE + "time\ta\n0\t1_0\n", FileError, "line 6 column 2: is '1_0', expected a number", id="1_0"),
        pytest.param(
            BARE + "time\ta\n0\tx1\n", FileError, "line 6 column 2: is 'x1', expected a number. Correct", id="word"
        ),
        pytest.param(
            BARE + "time\ta\n0\t1,5\n", FileError, "'1,5', expected a number. Write decimals with a point", id="comma"
        ),
        pytest.param(
            BARE.replace("double", "Vec3") + BODY, FileError, "DataType is 'Vec3', expected 'double'", id="vectors"
        ),
        pytest.param(
            NEW.replace("yes", "maybe") + BODY, FileError, "inDegrees is 'maybe', expected yes or no", id="degrees"
        ),
    ],
)
def test_messages(tmp_path: Path, text: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "a.mot") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"values have shape \(2, 2\), expected \(2, 1\)"):
        write_storage(Table(np.arange(2.0), ("a",), np.zeros((2, 2))), tmp_path / "a.sto")
    with pytest.raises(FileError, match="column names have to be unique, not blank and without tabs"):
        write_storage(Table(np.arange(2.0), ("a", "a"), np.zeros((2, 2))), tmp_path / "a.sto")
    assert not list(tmp_path.iterdir())


def test_real_files_survive_being_written(shared: Path, tmp_path: Path) -> None:
    files = sorted([*shared.rglob("*.mot"), *shared.rglob("*.sto")])
    assert len(files) >= 8
    for file in files:
        table = read_storage(file)
        write_storage(table, tmp_path / "again.sto")
        found = read_storage(tmp_path / "again.sto")
        assert (found.columns, found.in_degrees, found.name) == (table.columns, table.in_degrees, table.name)
        np.testing.assert_array_equal(found.values, table.values)
        np.testing.assert_array_equal(found.time_s, table.time_s)


def test_a_large_table_is_read_within_seconds(tmp_path: Path) -> None:
    """10 000 rows × 100 columns take 0.4 s on one slow core; the limit allows for a busy machine."""
    values = np.random.default_rng(0).normal(size=(10_000, 100))
    write_storage(Table(np.arange(10_000.0), tuple(f"c{i}" for i in range(100)), values), tmp_path / "large.sto")
    start = time.process_time()
    found = read_storage(tmp_path / "large.sto")
    assert time.process_time() - start < 2.0
    np.testing.assert_array_equal(found.values, values)
