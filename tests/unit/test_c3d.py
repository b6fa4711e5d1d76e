"""C3D files: what goes in by the definition of the format comes out in metres, x forward, y up, z right."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from c3d_files import DOWN_AXES, WALKER, down, plates, walker, write_c3d

from groundup.body.recording import PlateGeometry
from groundup.cli.main import main
from groundup.errors import FileError, GroundupError, RecordingError, Truncated
from groundup.io.c3d import read_c3d
from groundup.io.force_plates import ForcePlate, force_on_person
from groundup.io.kind import Kind, kind_of
from groundup.io.laboratory_axes import find_turn

UP = np.array([0.0, 0.0, 1.0])
FLOAT32_M = 3e-6  # points are stored as 32-bit floats in mm: 1 part in 10^7 of a few metres

# --- markers ----------------------------------------------------------------------------------------------------------


def test_markers_come_out_turned_and_in_metres(tmp_path: Path) -> None:
    file = read_c3d(write_c3d(tmp_path / "a.c3d"))
    assert file.markers.names == tuple(WALKER)
    assert file.markers.rate_hz == 100.0
    np.testing.assert_allclose(file.markers.time_s, np.arange(50) / 100, atol=1e-12)
    expected = walker() @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]).T
    np.testing.assert_allclose(file.markers.positions_m, expected, atol=FLOAT32_M)
    assert file.turn.words == (
        "+Z is up (from feet to pelvis); walking along +X (1.84 m). Turned: x = +X, y = +Z, z = −Y."
    )
    assert (file.forces, file.emg, file.analog, file.events, file.plates) == (None, None, None, (), ())


@pytest.mark.parametrize(
    ("unit", "metres"), [("mm", 1e-3), ("cm", 1e-2), ("m", 1.0), ("in", 0.0254), ("inches", 0.0254), ("ft", 0.3048)]
)
def test_units_of_points(unit: str, metres: float, tmp_path: Path) -> None:
    file = read_c3d(write_c3d(tmp_path / "a.c3d", unit=unit, metres_per_unit=metres))
    np.testing.assert_allclose(file.markers.positions_m[0, 0], (0.10, 1.0, -0.15), atol=FLOAT32_M)


def test_wrong_unit_is_named_and_can_be_overridden(tmp_path: Path) -> None:
    path = write_c3d(tmp_path / "a.c3d", unit="m")  # numbers are millimetres
    with pytest.raises(
        RecordingError, match=r"span 9\d\d m .* expected 0.05 to 6 m. The unit is probably mm. Pass --mark"
    ):
        read_c3d(path)
    np.testing.assert_allclose(read_c3d(path, "mm").markers.positions_m[0, 0, 1], 1.0, atol=FLOAT32_M)
    with pytest.raises(FileError, match="POINT:UNITS is 'furlong', expected one of m, cm, mm, in, ft"):
        read_c3d(write_c3d(tmp_path / "b.c3d", unit="furlong"))


def test_gaps(tmp_path: Path) -> None:
    points = walker()
    points[3:5, 0] = np.nan
    points[7, 1] = 0.0
    file = read_c3d(write_c3d(tmp_path / "a.c3d", points))
    gaps = np.isnan(file.markers.positions_m)
    assert gaps[3:5, 0].all()
    assert gaps[7, 1].all()
    assert gaps.sum() == 9


def test_names_of_markers(tmp_path: Path) -> None:
    labels = ["Anna:LASI", "Anna:RASI", "Anna:LHEE", "Anna:LHEE", "*12", "Anna:RTOE"]
    file = read_c3d(write_c3d(tmp_path / "a.c3d", labels=labels))
    assert file.markers.names == ("LASI", "RASI", "LHEE", "LHEE_2", "unnamed_12", "RTOE")
    assert "Markers are those of 'Anna'; the prefix was dropped." in file.notes
    assert "A second marker 'LHEE' was renamed 'LHEE_2'." in file.notes


def test_two_people_keep_their_names(tmp_path: Path) -> None:
    labels = ["A:LASI", "A:RASI", "A:LHEE", "B:LHEE", "B:RASI", "B:RTOE"]
    file = read_c3d(write_c3d(tmp_path / "a.c3d", labels=labels))
    assert file.markers.names == tuple(labels)
    assert any("2 subjects (A, B)" in note for note in file.notes)


def test_more_labels_than_a_parameter_holds(tmp_path: Path) -> None:
    labels = [f"M{i:03d}" for i in range(300)]
    points = np.random.default_rng(1).uniform(0.1, 1.5, (4, 300, 3))
    assert read_c3d(write_c3d(tmp_path / "a.c3d", points, labels)).markers.names == tuple(labels)


def test_outputs_of_another_program_are_no_markers(tmp_path: Path) -> None:
    labels = [*WALKER, "LKneeAngles", "LKneeMoment", "PELO", "PELA", "PELL", "PELP"]
    points = np.concatenate([walker(), np.full((50, 2, 3), 0.02), walker()[:, :4]], axis=1)
    parameters = {
        ("POINT", "ANGLES"): ["LKneeAngles"],
        ("POINT", "MOMENTS"): ["LKneeMoment"],
        ("POINT", "ANGLE_UNITS"): ["deg"],
        ("POINT", "MOMENT_UNITS"): ["Nmm"],
    }
    file = read_c3d(write_c3d(tmp_path / "a.c3d", points, labels, parameters=parameters))
    assert file.markers.names == tuple(WALKER)
    assert set(file.model_outputs) == {"angles", "moments", "positions"}
    angles = file.model_outputs["angles"]
    assert angles.table.columns == ("LKneeAngles_x", "LKneeAngles_y", "LKneeAngles_z")
    assert angles.units == ("deg",) * 3
    assert angles.table.in_degrees
    np.testing.assert_allclose(angles.table.values, 20.0, rtol=1e-6)  # untouched: 0.02 m were written as 20
    moved = file.model_outputs["positions"]
    np.testing.assert_allclose(moved.table.values[:, :3], file.markers.positions_m[:, 0], atol=FLOAT32_M)


# --- axes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["+X", "-X", "+Y", "-Y"])
@pytest.mark.parametrize("up", ["Z", "Y"])
def test_however_the_laboratory_lies_the_person_comes_out_the_same(way: str, up: str, tmp_path: Path) -> None:
    quarter = {"+X": 0, "+Y": 1, "-X": 2, "-Y": 3}[way] * np.pi / 2
    cos, sin = round(np.cos(quarter)), round(np.sin(quarter))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    if up == "Y":
        turn = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]) @ turn
    file = read_c3d(write_c3d(tmp_path / "a.c3d", walker() @ turn.T))
    expected = read_c3d(write_c3d(tmp_path / "b.c3d", walker())).markers.positions_m
    np.testing.assert_allclose(file.markers.positions_m, expected, atol=FLOAT32_M)
    assert np.linalg.det(file.turn.matrix) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        ((0.0, 0.0, 0.0), "standing or on a treadmill, feet point along +X"),
        ((-2.0, 0.0, 0.0), "walking backwards along −X"),
        ((2.0, 0.3, 0.0), "walking along +X"),
        ((2.0, 1.6, 0.0), "walking along (0.78, 0.62, 0.00)"),
    ],
)
def test_facing(speed: tuple[float, float, float], words: str) -> None:
    turn = find_turn(list(WALKER), walker(50, speed))
    assert words in turn.words
    assert turn.certain
    forward = np.array(speed) if "(0.78" in words else np.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose(turn.matrix[0], forward / np.linalg.norm(forward), atol=1e-12)
    np.testing.assert_allclose(turn.matrix @ turn.matrix.T, np.eye(3), atol=1e-12)


def test_markers_without_known_names(tmp_path: Path) -> None:
    points = np.array([[[0.0, 0.0, h] for h in (0.1, 0.5, 0.9, 1.2, 1.7)]])
    turn = find_turn([f"P{i}" for i in range(5)], points)
    np.testing.assert_array_equal(turn.matrix[1], UP)
    assert not turn.certain
    assert "the longest extent of the markers" in turn.words
    assert "assumed" in turn.words
    np.testing.assert_array_equal(find_turn(["A"], points[:, :1], screen_up="+Y").matrix[1], (0.0, 1.0, 0.0))
    np.testing.assert_array_equal(find_turn(["A"], points[:, :1], [-UP]).matrix[1], UP)


# --- force plates, by closed form -------------------------------------------------------------------------------------

CENTRE = (0.4, 0.2, 0.0)
DEPTH_M = 0.04
N = 500


def _truth() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Force on the person, centre of pressure and free moment, laboratory with z up: a step with an empty plate."""
    time_ = np.linspace(0.0, 1.0, N)
    load = np.clip(np.sin(2 * np.pi * (time_ - 0.25)), 0.0, None)
    force = np.column_stack([100 * load * np.cos(6 * time_), -40 * load, 800 * load])
    point = np.array(CENTRE) + np.column_stack([0.2 * time_ - 0.1, 0.05 * np.sin(9 * time_), 0 * time_])
    return force, point, 5.0 * load * np.cos(3 * time_)


def _in_plate(force: np.ndarray, point: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Force and moment about the sensors, DEPTH_M below the surface, in the plate's axes."""
    arm = point - np.array(CENTRE) + np.array([0.0, 0.0, DEPTH_M])
    moment = np.cross(arm, force) + free[:, None] * UP
    return force @ DOWN_AXES, moment @ DOWN_AXES


def _channels(kind: int) -> tuple[np.ndarray, list[str], tuple[float, float, float], np.ndarray | None]:
    """Channels of a plate of this type that feels :func:`_truth`; units, origin in mm, calibration."""
    force, point, free = _truth()
    f, m = _in_plate(force, point, free)
    origin = (0.0, 0.0, -1000 * DEPTH_M)
    newtons = ["N"] * 3
    if kind == 1:
        at = (point - np.array(CENTRE)) @ DOWN_AXES
        return np.column_stack([f, 1000 * at[:, :2], -1000 * free]), [*newtons, "mm", "mm", "Nmm"], origin, None
    if kind == 2:
        return np.column_stack([f, 1000 * m]), [*newtons, "Nmm", "Nmm", "Nmm"], origin, None
    if kind == 4:
        mixing = np.eye(6) + 0.1 * np.random.default_rng(4).normal(size=(6, 6))
        volts = np.column_stack([f, 1000 * m]) / 1000
        calibration = 1000 * np.linalg.inv(mixing)
        return volts @ mixing.T, ["V"] * 6, origin, calibration
    a, b = 0.12, 0.2
    share = 0.5 * f[:, 2] / 2  # each of four sensors, before the moments
    fz = [share + sb * m[:, 0] / (4 * b) + sa * m[:, 1] / (4 * a) for sb, sa in ((1, -1), (1, 1), (-1, 1), (-1, -1))]
    fx34 = f[:, 0] / 2 + m[:, 2] / (4 * b)
    fy14 = f[:, 1] / 2 + m[:, 2] / (4 * a)
    eight = np.column_stack([f[:, 0] - fx34, fx34, fy14, f[:, 1] - fy14, *fz])
    return eight, ["N"] * 8, (1000 * a, 1000 * b, -1000 * DEPTH_M), None


def _write_plate(path: Path, kind: int, change: np.ndarray | float = 0.0, sign: float = 1.0, **extra: object) -> Path:
    channels, units, origin, calibration = _channels(kind)
    number = list(range(1, channels.shape[1] + 1))
    parameters = plates(
        [kind], [down(CENTRE)], [number], [origin], None if calibration is None else calibration[:, :, None]
    )
    parameters.update(extra.get("parameters", {}))  # type: ignore[call-overload]
    return write_c3d(path, analog=sign * (channels + change), analog_units=units, parameters=parameters)


def _expect(path: Path, force_n: float = 1e-3, point_m: float = 1e-5) -> None:
    """The wrench that was put in comes out, in turned axes: float32 of about 10^5 N·mm leaves 0.01 N·mm."""
    file = read_c3d(path)
    assert file.forces is not None
    (plate,) = file.forces.wrenches
    assert plate.segment is None
    force, point, free = _truth()
    loaded = force[:, 2] > 20.0
    np.testing.assert_allclose(plate.force_n[loaded], file.turn.vectors(force)[loaded], atol=force_n)
    np.testing.assert_array_equal(plate.force_n[~loaded], 0.0)
    np.testing.assert_array_equal(plate.torque_nm[~loaded], 0.0)
    firm = force[:, 2] > 50.0
    np.testing.assert_allclose(plate.point_m[firm], file.turn.vectors(point)[firm], atol=point_m)
    torque = np.column_stack([0 * free, free, 0 * free])
    np.testing.assert_allclose(plate.torque_nm[firm], torque[firm], atol=1e-2)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_wrench_of_each_type(kind: int, tmp_path: Path) -> None:
    _expect(_write_plate(tmp_path / "a.c3d", kind))


@pytest.mark.parametrize("kind", [2, 3, 4])
def test_force_on_the_plate_is_reversed(kind: int, tmp_path: Path) -> None:
    path = _write_plate(tmp_path / "a.c3d", kind, sign=-1.0)
    _expect(path)
    assert "plate_1 recorded the force on the plate; it was reversed to act on the person." in read_c3d(path).notes


def test_origin_written_the_other_way_round(tmp_path: Path) -> None:
    positive = {("FORCE_PLATFORM", "ORIGIN"): np.array([[0.0], [0.0], [1000 * DEPTH_M]])}
    _expect(_write_plate(tmp_path / "a.c3d", 2, parameters=positive))


@pytest.mark.parametrize("kind", [2, 3])
def test_drifting_zero_is_taken_off(kind: int, tmp_path: Path) -> None:
    channels = _channels(kind)[0]
    drift = np.linspace(4.0, 12.0, N)[:, None] * np.ones(channels.shape[1]) * (0.25 if kind == 3 else 1.0)
    path = _write_plate(tmp_path / "a.c3d", kind, drift)
    # The empty ends of the recording span half of it; what is left is their fit.
    _expect(path, force_n=0.05, point_m=2e-4)
    assert any("plate_1: 8.0 N while empty were taken off" in note for note in read_c3d(path).notes)


def test_zero_frames_of_the_file(tmp_path: Path) -> None:
    path = _write_plate(tmp_path / "a.c3d", 2, 60.0, parameters={("FORCE_PLATFORM", "ZERO"): [1, 10]})
    _expect(path, force_n=0.02, point_m=1e-4)


def test_a_person_who_stands_still_is_no_offset() -> None:
    geometry = PlateGeometry("plate_1", 2, down())
    weight = np.tile([0.0, 0.0, -650.0, 0.0, 0.0, 0.0], (1000, 1))
    force, notes = force_on_person(ForcePlate(geometry, np.zeros(3), weight), 1000.0, UP)
    np.testing.assert_allclose(force.force_n, np.tile([0.0, 0.0, 650.0], (1000, 1)), atol=1e-9)
    assert notes == ("plate_1 is never empty (at least 650 N), so its zero was not checked.",)


def test_wrench_is_the_same_about_any_point() -> None:
    """Force at the centre of pressure with the free moment is the wrench that the channels hold: an identity."""
    rng = np.random.default_rng(7)
    six = rng.normal(size=(200, 6)) * 50 + np.array([0, 0, -500.0, 0, 0, 0])
    geometry = PlateGeometry("p", 2, down((0.0, 0.0, 0.0)))
    found, _ = force_on_person(ForcePlate(geometry, np.array([0.01, 0.02, -0.05]), six), 1000.0, UP)
    force, moment = six[:, :3] @ DOWN_AXES.T, six[:, 3:] @ DOWN_AXES.T
    sensors = DOWN_AXES @ -np.array([0.01, 0.02, -0.05])
    np.testing.assert_allclose(found.force_n, force, atol=1e-9)
    np.testing.assert_allclose(np.cross(found.point_m - sensors, found.force_n) + found.torque_nm, moment, atol=1e-9)


def test_force_outside_of_the_plate_is_said() -> None:
    far = np.tile([0.0, 0.0, -700.0, 700.0, 0.0, 0.0], (100, 1))  # 1 m off
    _, notes = force_on_person(ForcePlate(PlateGeometry("p", 2, down()), np.zeros(3), far), 1000.0, UP)
    assert any("p: the force acts outside of the plate in 100 of 100 loaded samples" in note for note in notes)


@pytest.mark.parametrize("kind", [5, 6, 7, 12])
def test_other_types_are_refused_and_markers_still_read(kind: int, tmp_path: Path) -> None:
    parameters = plates([kind], [down()], [list(range(1, 9))])
    path = write_c3d(tmp_path / "a.c3d", analog=np.ones((500, 8)), parameters=parameters)
    with pytest.raises(RecordingError, match=rf"a.c3d: plate_1 is of type {kind}, expected 1, 2, 3 or 4. Export"):
        read_c3d(path)
    assert read_c3d(path, with_forces=False).plates[0].type == kind


def test_plates_that_do_not_fit_the_channels(tmp_path: Path) -> None:
    beyond = plates([2], [down()], [[1, 2, 3, 4, 5, 9]])
    path = write_c3d(tmp_path / "a.c3d", analog=np.ones((500, 6)), parameters=beyond)
    with pytest.raises(
        RecordingError, match="its channels are 1, 2, 3, 4, 5, 9, expected numbers of the 6 analog channels"
    ):
        read_c3d(path)
    flat = plates([2], [np.zeros((4, 3))], [[1, 2, 3, 4, 5, 6]])
    path = write_c3d(tmp_path / "b.c3d", analog=np.ones((500, 6)), parameters=flat)
    with pytest.raises(RecordingError, match="plate_1: its four corners span no area"):
        read_c3d(path)
    bare = plates([4], [down()], [[1, 2, 3, 4, 5, 6]])
    path = write_c3d(tmp_path / "c.c3d", analog=np.ones((500, 6)), parameters=bare)
    with pytest.raises(RecordingError, match="plate_1 of type 4 has no calibration matrix, expected 6 × 6"):
        read_c3d(path)


# --- channels, events, person -----------------------------------------------------------------------------------------


def test_muscle_activity_and_other_channels_are_kept(tmp_path: Path) -> None:
    values = np.random.default_rng(2).normal(size=(500, 3))
    path = write_c3d(
        tmp_path / "a.c3d", analog=values, analog_labels=["EMG_sol", "trigger", "emg2"], analog_units=["mV", "V", "mV"]
    )
    file = read_c3d(path)
    assert file.emg is not None
    assert file.analog is not None
    assert (file.emg.table.columns, file.emg.units, file.emg.rate_hz) == (("EMG_sol", "emg2"), ("mV", "mV"), 1000.0)
    np.testing.assert_allclose(file.emg.table.values, values[:, [0, 2]], rtol=1e-6)
    np.testing.assert_allclose(file.emg.table.time_s[[0, -1]], [0.0, 0.499], atol=1e-9)
    assert file.analog.table.columns == ("trigger",)


def test_events(tmp_path: Path) -> None:
    parameters = {
        ("EVENT", "USED"): [4],
        ("EVENT", "LABELS"): ["Foot Off", "Foot Strike2", "Heel Strike", "Turn"],
        ("EVENT", "CONTEXTS"): ["Left", "Right", "Left", "General"],
        ("EVENT", "TIMES"): np.array([[0.0, 0.0, 0.0, 0.0], [0.3, 0.1, 0.2, 0.4]]),
    }
    events = read_c3d(write_c3d(tmp_path / "a.c3d", parameters=parameters)).events
    assert [(e.side, e.kind, round(e.time_s, 6)) for e in events] == [
        ("right", "foot strike", 0.1),
        ("left", "foot strike", 0.2),
        ("left", "foot off", 0.3),
        ("general", "turn", 0.4),
    ]


@pytest.mark.parametrize(
    ("group", "names", "mass", "height"),
    [
        ("PROCESSING", {"Bodymass": 74.0, "Height": 1760.0}, 74.0, 1.76),
        ("PROCESSING", {"BodyMass": 74.0, "Height": 176.0}, 74.0, 1.76),
        ("SUBJECTS", {"MASS": 74.0, "HEIGHT": 1.76}, 74.0, 1.76),
        ("SUBJECTS", {"MASS": 0.0, "HEIGHT": 7.0}, None, None),
        ("SUBJECTS", {}, None, None),
    ],
)
def test_person(group: str, names: dict[str, float], mass: float | None, height: float | None, tmp_path: Path) -> None:
    parameters = {(group, name): [value] for name, value in names.items()}
    file = read_c3d(write_c3d(tmp_path / "a.c3d", parameters=parameters))
    assert file.subject.mass_kg == (None if mass is None else pytest.approx(mass))
    assert file.subject.height_m == (None if height is None else pytest.approx(height))
    if names and mass is None:
        assert "MASS is 0: no mass of a person (5 to 350 kg), left out." in file.notes


# --- what is no C3D file ----------------------------------------------------------------------------------------------


def _damage(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        read_c3d(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_damaged_files_say_so(tmp_path: Path) -> None:
    whole = write_c3d(tmp_path / "a.c3d").read_bytes()
    bad = tmp_path / "bad.c3d"
    assert "the file is empty, expected C3D" in _damage(bad, b"")
    assert "begins with 50 61 74 68, expected C3D (second byte 50)" in _damage(bad, b"PathFileType\t4")
    assert "ends within its header after 300 bytes" in _damage(bad, whole[:300])
    assert "its header says 50. The file was probably cut off" in _damage(bad, whole[:-600])
    with pytest.raises(Truncated):
        read_c3d(bad)
    at = whole.index(b"POINT") - 2
    assert "hang together" in _damage(bad, whole[: at + 7] + b"\xff\xff" + whole[at + 9 :])
    with pytest.raises(FileError, match="cannot be read \\(no such file\\)"):
        read_c3d(tmp_path / "none.c3d")


def test_text_without_a_length_is_refused_before_the_library_dies_of_it(tmp_path: Path) -> None:
    """Valid by the format, but ezc3d 1.7.2 ends the process on it."""
    whole = bytearray(write_c3d(tmp_path / "a.c3d", unit="mm").read_bytes())
    kind = whole.index(b"UNITS") + 5 + 2
    assert whole[kind] == 0xFF  # text
    whole[kind + 1] = 0
    assert "has no length" in _damage(tmp_path / "b.c3d", bytes(whole))


def test_no_markers(tmp_path: Path) -> None:
    path = write_c3d(tmp_path / "a.c3d", np.full((5, 6, 3), np.nan))
    with pytest.raises(RecordingError, match="every marker is a gap in every frame"):
        read_c3d(path)


# --- the command ------------------------------------------------------------------------------------------------------


def test_inspect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _write_plate(tmp_path / "a.c3d", 2).rename(tmp_path / "a.xyz")
    assert kind_of(path) is Kind.C3D
    assert main(["inspect", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "C3D recording"
    assert found["markers"] == list(WALKER)
    assert found["plates"] == ["plate_1: type 2, 0.600 × 1.000 m, up to 800 N upwards"]
    assert main(["inspect", str(path)]) == 0
    assert "walking along +X" in capsys.readouterr().out


def test_inspect_shows_markers_where_plates_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parameters = plates([6], [down()], [list(range(1, 9))])
    path = write_c3d(tmp_path / "a.c3d", analog=np.ones((500, 8)), parameters=parameters)
    assert main(["inspect", str(path)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "plate_1: type 6, 0.600 × 1.000 m" in out
    assert "expected 1, 2, 3 or 4" in out


# --- speed ------------------------------------------------------------------------------------------------------------


def test_a_megabyte_is_read_at_once(tmp_path: Path) -> None:
    points = np.tile(walker(600), (1, 10, 1))
    path = write_c3d(tmp_path / "a.c3d", points, [f"M{i}" for i in range(60)], analog=np.ones((6000, 18)))
    assert path.stat().st_size > 0.9e6
    read_c3d(path)  # the import of the library
    began = time.perf_counter()
    read_c3d(path)
    assert time.perf_counter() - began < 1.0  # 0.1 s on an idle core; three quarters of a second for a busy machine


def test_every_error_is_one_of_ours(tmp_path: Path) -> None:
    (tmp_path / "noise.c3d").write_bytes(b"\x02P" + np.random.default_rng(3).bytes(4096))
    with pytest.raises(GroundupError):
        read_c3d(tmp_path / "noise.c3d")
