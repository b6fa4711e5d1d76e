"""Whatever happens to a file on its way here, only an error with a message comes out of a reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from groundup.body.recording import MarkerTrajectories, Table
from groundup.errors import GroundupError
from groundup.io.external_loads import read_external_loads
from groundup.io.setup_xml import read_setup
from groundup.io.storage import read_storage, write_storage
from groundup.io.trc import read_trc, write_trc

TRC = b"""PathFileType\t4\t(X/Y/Z)\ta.trc
DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames
100\t100\t3\t2\tmm\t100\t1\t3
Frame#\tTime\tRHEE\t\t\tLHEE\t\t
\t\tX1\tY1\tZ1\tX2\tY2\tZ2

1\t0.00\t100\t50\t-300\t120\t60\t300
2\t0.01\t110\t51\t-301\t\t\t
3\t0.02\t120\t52\t-302\t140\t62\t302
"""
MOT = b"""forces
version=1
nRows=3
nColumns=10
inDegrees=yes
endheader
time\tground_force_vx\tground_force_vy\tground_force_vz\tground_force_px\tground_force_py\tground_force_pz\tground_torque_x\
\tground_torque_y\tground_torque_z
0.0\t1\t700\t3\t0.1\t0\t0.3\t0\t5\t0
0.1\t2\t710\t4\tnan\t0\t0.4\t0\t6\t0
0.2\t0\t0\t0\t0.3\t0\t0.5\t0\t7\t0
"""
LOADS = b"""<?xml version="1.0" encoding="UTF-8"?>
<OpenSimDocument Version="30000"><ExternalLoads name="a"><objects><ExternalForce name="right">
<isDisabled>false</isDisabled><applied_to_body>calcn_r</applied_to_body>
<force_identifier>ground_force_v</force_identifier><point_identifier>ground_force_p</point_identifier>
<torque_identifier>ground_torque_</torque_identifier></ExternalForce></objects><groups/>
<datafile>grf.mot</datafile></ExternalLoads></OpenSimDocument>
"""
SETUP = b"""<?xml version="1.0" encoding="UTF-8"?>
<OpenSimDocument Version="30000"><ScaleTool name="s"><mass>72.6</mass><ModelScaler>
<scaling_order>measurements manualScale</scaling_order>
<MeasurementSet><objects><Measurement name="torso"><apply>true</apply>
<MarkerPairSet><objects><MarkerPair><markers>A B</markers></MarkerPair></objects></MarkerPairSet>
<BodyScaleSet><objects><BodyScale name="torso"><axes>X Y Z</axes></BodyScale></objects></BodyScaleSet></Measurement>
</objects></MeasurementSet><ScaleSet><objects><Scale><scales>1 1 1.1</scales>
<segment>f</segment></Scale></objects></ScaleSet>
<time_range>1 2</time_range></ModelScaler><MarkerPlacer><IKTaskSet><objects><IKCoordinateTask name="q">
<weight>2</weight><value_type>manual_value</value_type><value>0.1</value></IKCoordinateTask></objects></IKTaskSet>
</MarkerPlacer></ScaleTool></OpenSimDocument>
"""
ANALYZE = b"""<OpenSimDocument Version="30000"><AnalyzeTool name="s"><output_precision>8</output_precision><AnalysisSet>
<objects><StaticOptimization name="a"><step_interval>1</step_interval></StaticOptimization><JointReaction>
<joint_names>a b</joint_names><apply_on_bodies>child child</apply_on_bodies></JointReaction></objects></AnalysisSet>
<force_set_files>a.xml b.xml</force_set_files><initial_time>-Inf</initial_time></AnalyzeTool></OpenSimDocument>
"""

# Bytes and words that hurt readers: ends of lines, quotes, numbers beyond all bounds, the insides of other formats.
HURTFUL = [
    *(b"\t", b"\n", b"\r", b" ", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe9", b"<", b">", b"&", b'"', b"/", b"="),
    *(b"nan", b"inf", b"-inf", b"1e400", b"-0", b"1e308", b"9" * 400, b"1_0", "١".encode(), b"0x1F", b"1,5", b"--1"),
    *(b"endheader\n", b"<!DOCTYPE a>", b"&lt;", b"<![CDATA[", b"]]>", b"<!--", b"time", b"Unassigned", b"../" * 50),
]


@st.composite
def damaged(draw: st.DrawFn, original: bytes) -> bytes:
    """One to four accidents: bytes changed, cut, put in; lines lost, repeated, swapped; the end missing."""
    data = original
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["put", "replace", "cut", "end", "drop", "repeat", "swap", "cell"]))
        at = draw(st.integers(0, len(data)))
        piece = draw(st.sampled_from(HURTFUL) | st.binary(max_size=6))
        length = draw(st.integers(1, 12))
        lines = data.split(b"\n")
        i, j = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        if kind == "put":
            data = data[:at] + piece + data[at:]
        elif kind == "replace":
            data = data[:at] + piece + data[at + length :]
        elif kind == "cut":
            data = data[:at] + data[at + length :]
        elif kind == "end":
            data = data[:at]
        elif kind == "drop":
            data = b"\n".join(lines[:i] + lines[i + 1 :])
        elif kind == "repeat":
            data = b"\n".join([*lines[:i], lines[i], *lines[i:]])
        elif kind == "swap":
            lines[i], lines[j] = lines[j], lines[i]
            data = b"\n".join(lines)
        else:
            cells = lines[i].split(b"\t")
            cells[length % len(cells)] = piece
            lines[i] = b"\t".join(cells)
            data = b"\n".join(lines)
    return data


def survives(path: Path, data: bytes, read: Callable[[Path], object]) -> None:
    path.write_bytes(data)
    message = str(path.parent)
    try:
        read(path)
    except GroundupError as error:
        message = str(error)
    assert "\n" not in message
    assert len(message) < 1200
    assert str(path.parent) in message


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


EXAMPLES = settings(max_examples=250)


@EXAMPLES
@given(data=damaged(TRC))
def test_damaged_markers(folder: Path, data: bytes) -> None:
    survives(folder / "a.trc", data, read_trc)


@EXAMPLES
@given(data=damaged(MOT))
def test_damaged_tables_and_plates(folder: Path, data: bytes) -> None:
    survives(folder / "a.mot", data, read_storage)
    survives(folder / "a.mot", data, read_external_loads)


@EXAMPLES
@given(data=damaged(LOADS), table=st.just(MOT) | damaged(MOT))
def test_damaged_external_loads(folder: Path, data: bytes, table: bytes) -> None:
    (folder / "grf.mot").write_bytes(table)
    survives(folder / "a.xml", data, read_external_loads)


@EXAMPLES
@given(data=damaged(SETUP) | damaged(ANALYZE))
def test_damaged_set_ups(folder: Path, data: bytes) -> None:
    survives(folder / "setup.xml", data, read_setup)


@EXAMPLES
@given(data=st.binary(max_size=200))
def test_noise(folder: Path, data: bytes) -> None:
    for read in (read_trc, read_storage, read_external_loads, read_setup):
        survives(folder / "noise", data, read)


# --- nothing is lost on the way out and back -----------------------------------------------------------------------

FLOATS = st.floats(allow_nan=True, allow_infinity=False, width=64)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@given(
    values=arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=FLOATS),
    names=st.lists(NAMES, min_size=5, max_size=5, unique=True),
    in_degrees=st.sampled_from([True, False, None]),
)
def test_tables_come_back_unchanged(
    folder: Path, values: np.ndarray, names: list[str], in_degrees: bool | None
) -> None:
    columns = tuple(f"c_{name}" for name in names[: values.shape[1]])  # none is named "time"
    made = Table(np.arange(len(values)) / 3, columns, values, in_degrees, "a table")
    write_storage(made, folder / "t.sto")
    found = read_storage(folder / "t.sto")
    assert (found.columns, found.in_degrees, found.name) == (made.columns, in_degrees, "a table")
    np.testing.assert_array_equal(found.values, values)
    np.testing.assert_array_equal(found.time_s, made.time_s)


@given(
    positions=arrays(np.float64, st.tuples(st.integers(1, 6), st.just(3), st.just(3)), elements=st.floats(0.1, 2.0)),
    gaps=arrays(np.bool_, (6, 3)),
    units=st.sampled_from(["m", "cm", "mm", "in", "ft"]),
)
def test_markers_come_back_unchanged(folder: Path, positions: np.ndarray, gaps: np.ndarray, units: str) -> None:
    positions = np.where(gaps[: len(positions), :, None], np.nan, positions)
    made = MarkerTrajectories(np.arange(len(positions)) / 100, ("A", "B", "C"), positions, 100.0)
    write_trc(made, folder / "m.trc", units)
    found = read_trc(folder / "m.trc")
    np.testing.assert_allclose(found.positions_m, positions, rtol=1e-15)
    np.testing.assert_array_equal(found.time_s, made.time_s)
