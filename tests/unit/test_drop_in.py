"""Tools run from set-up files: a pendulum whose answers are known, rows, names of columns, refusals."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from groundup.body.functions import Constant, Floats, Linear
from groundup.body.model import (
    GROUND,
    Body,
    Coordinate,
    CoordinateActuator,
    Frame,
    Joint,
    MotionKind,
    Segment,
    TransformAxis,
    Unsupported,
)
from groundup.body.recording import Table
from groundup.drop_in.outcome import Output, write_all
from groundup.drop_in.run import run_setup
from groundup.drop_in.tables import force_notes, read_coordinates, read_speeds, rows_between
from groundup.errors import FileError, SetupError
from groundup.io.osim_write import write_osim
from groundup.io.storage import read_storage, write_storage

MASS, ARM, INERTIA, G = 2.0, 0.5, 0.1, 9.80665
STRENGTH = 10.0
SETUP = Path("setup.xml")


def _pendulum(**changes: object) -> Body:
    """A rod on a pin at the ground's origin, level at 0, lifted by a motor."""
    axes = [TransformAxis(axis, (), Constant(0.0)) for axis in (*np.eye(3), *np.eye(3))]
    axes[2] = TransformAxis(np.array([0.0, 0.0, 1.0]), ("swing",), Linear((1.0,), 0.0))
    rod = Segment("rod", MASS, np.array([ARM, 0.0, 0.0]), INERTIA * np.eye(3))
    pin = Joint("pin", "CustomJoint", GROUND, "rod", Frame(), Frame(), tuple(axes))
    body = Body(
        "pendulum",
        (rod,),
        (pin,),
        (Coordinate("swing", "pin", motion=MotionKind.ROTATIONAL),),
        actuators=(CoordinateActuator("motor", "swing", STRENGTH),),
    )
    return body.with_(**changes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a pendulum that is held level for a second, sampled at 100 Hz."""
    write_osim(_pendulum(), tmp_path / "pendulum.osim")
    _write(tmp_path / "motion.sto", ("swing",), np.zeros((101, 1)))
    return tmp_path


def _write(path: Path, columns: tuple[str, ...], values: Floats) -> Path:
    clock = np.linspace(0.0, 1.0, len(values))
    write_storage(Table(clock, columns, values, False, path.stem), path)
    return path


def _analyze(folder: Path, analyses: str, start: float = 0.2, end: float = 0.5, **more: str) -> Path:
    elements = {"model_file": "pendulum.osim", "results_directory": "out", "coordinates_file": "motion.sto", **more}
    text = "".join(f"<{tag}>{value}</{tag}>" for tag, value in elements.items())
    path = folder / "setup.xml"
    path.write_text(
        f'<OpenSimDocument Version="40000"><AnalyzeTool name="p">{text}<initial_time>{start}</initial_time>'
        f"<final_time>{end}</final_time><AnalysisSet><objects>{analyses}</objects></AnalysisSet></AnalyzeTool>"
        "</OpenSimDocument>"
    )
    return path


def _reaction(axes: str = "ground", on: str = "child", joints: str = "all", step: int = 1) -> str:
    return (
        f'<JointReaction name="JR"><forces_file>forces.sto</forces_file><joint_names>{joints}</joint_names>'
        f"<apply_on_bodies>{on}</apply_on_bodies><express_in_frame>{axes}</express_in_frame>"
        f"<step_interval>{step}</step_interval></JointReaction>"
    )


# --- what is computed -------------------------------------------------------------------------------------------------


def test_moment_of_a_pendulum_that_is_held(folder: Path) -> None:
    (folder / "id.xml").write_text(
        '<OpenSimDocument Version="40000"><InverseDynamicsTool name="p"><model_file>pendulum.osim</model_file>'
        "<coordinates_file>motion.sto</coordinates_file><time_range>0.2 0.4</time_range>"
        "<results_directory>out</results_directory></InverseDynamicsTool></OpenSimDocument>"
    )
    (path,) = run_setup(folder / "id.xml")
    assert path == folder / "out" / "inverse_dynamics.sto"
    table = read_storage(path)
    assert table.columns == ("swing_moment",)
    assert table.time_s == pytest.approx(np.arange(20, 41) / 100)
    np.testing.assert_allclose(table.values, MASS * G * ARM, rtol=1e-12)


def test_motor_of_a_pendulum_that_is_held(folder: Path) -> None:
    files = run_setup(_analyze(folder, '<StaticOptimization name="SO"/>'))
    assert [file.name for file in files] == ["p_SO_activation.sto", "p_SO_force.sto", "p_SO_controls.xml"]
    np.testing.assert_allclose(read_storage(files[0]).values, MASS * G * ARM / STRENGTH, rtol=1e-6)
    np.testing.assert_allclose(read_storage(files[1]).values, MASS * G * ARM, rtol=1e-6)
    control = ET.parse(files[2]).getroot().find("ControlSet/objects/ControlLinear")
    assert control is not None
    assert control.get("name") == "motor"
    nodes = control.findall("x_nodes/ControlLinearNode")
    assert [float(node.findtext("t", "")) for node in nodes] == pytest.approx(np.arange(20, 51) / 100)
    assert float(nodes[0].findtext("value", "")) == pytest.approx(MASS * G * ARM / STRENGTH)


@pytest.mark.parametrize("torque", [0.0, MASS * G * ARM, 20.0])
def test_reaction_of_a_pendulum_that_a_torque_moves(folder: Path, torque: float) -> None:
    """Not the recorded rest but the torque decides how fast it falls: the bearing carries m (g + arm α)."""
    _write(folder / "forces.sto", ("motor",), np.full((11, 1), torque))
    (file,) = run_setup(_analyze(folder, _reaction()))
    table = read_storage(file)
    assert table.columns == tuple(f"pin_on_rod_in_ground_{kind}{axis}" for kind in "fmp" for axis in "xyz")
    angular = (torque - MASS * G * ARM) / (INERTIA + MASS * ARM**2)
    expected = [0.0, MASS * (G + ARM * angular), 0.0, 0.0, 0.0, torque, 0.0, 0.0, 0.0]
    np.testing.assert_allclose(table.values, np.tile(expected, (31, 1)), atol=1e-9)


def test_reaction_on_the_parent_is_opposite(folder: Path) -> None:
    _write(folder / "forces.sto", ("motor",), np.full((11, 1), 3.0))
    child = read_storage(run_setup(_analyze(folder, _reaction()))[0])
    parent = read_storage(run_setup(_analyze(folder, _reaction("rod", "parent", "pin")))[0])
    assert parent.columns[0] == "pin_on_ground_in_rod_fx"
    np.testing.assert_allclose(parent.values[:, :6], -child.values[:, :6], atol=1e-12)


def test_locked_coordinates_stay_where_the_model_has_them(folder: Path) -> None:
    held = Coordinate("swing", "pin", default=np.pi / 2, locked=True)
    write_osim(_pendulum(coordinates=(held,), actuators=()), folder / "pendulum.osim")
    _write(folder / "forces.sto", ("none",), np.zeros((11, 1)))
    (file,) = run_setup(_analyze(folder, _reaction("child")))
    force = read_storage(file).values[0, :6]
    np.testing.assert_allclose(force, [MASS * G, 0, 0, 0, 0, 0], atol=1e-9)  # along the upright rod


def test_rows_follow_the_step_interval_on_the_whole_clock(folder: Path) -> None:
    _write(folder / "forces.sto", ("motor",), np.zeros((11, 1)))
    table = read_storage(run_setup(_analyze(folder, _reaction(step=8), 0.21, 0.46))[0])
    assert table.time_s == pytest.approx([0.21, 0.24, 0.32, 0.40, 0.46])


# --- reading and refusing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("analyses", "more", "words"),
    [
        (_reaction(joints="knee"), {}, "<joint_names> holds 'knee', which the model does not have"),
        (_reaction("moon"), {}, "<express_in_frame> holds 'moon', expected ground, child, parent or a segment"),
        (_reaction(step=0), {}, "<step_interval> is 0, expected 1 or more"),
        ('<StaticOptimization name="s"><activation_exponent>0.5</activation_exponent></StaticOptimization>', {},
         "<activation_exponent> is 0.5, expected 1 or more"),
        ('<StaticOptimization name="s"/>', {"states_file": "motion.sto"}, "names both a <states_file> and a"),
        ('<StaticOptimization name="s"/>', {"speeds_file": "motion.sto"}, "expected columns such as swing_u"),
        ('<StaticOptimization name="s"/>', {"force_set_files": "none.xml"}, "none.xml, which does not exist"),
    ],
)  # fmt: skip
def test_what_analyses_refuse(folder: Path, analyses: str, more: dict[str, str], words: str) -> None:
    _write(folder / "forces.sto", ("motor",), np.zeros((11, 1)))
    with pytest.raises(SetupError) as caught:
        run_setup(_analyze(folder, analyses, **more))
    assert words in str(caught.value)
    assert not (folder / "out").exists()


def test_forces_file_has_to_hold_every_force_and_instant(folder: Path) -> None:
    _write(folder / "forces.sto", ("engine",), np.zeros((11, 1)))
    with pytest.raises(SetupError, match=r"lacks 1 of the model's forces \(motor\)"):
        run_setup(_analyze(folder, _reaction()))
    table = Table(np.array([0.4, 0.5]), ("motor",), np.zeros((2, 1)), False, "late")
    write_storage(table, folder / "forces.sto")
    with pytest.raises(SetupError, match=r"wanted from 0\.200 to 0\.500 s, but .* runs from 0\.400 to 0\.500 s"):
        run_setup(_analyze(folder, _reaction()))


def test_muscles_that_cannot_hold_are_said(folder: Path) -> None:
    weak = CoordinateActuator("motor", "swing", STRENGTH, -0.5, 0.5)
    write_osim(_pendulum(actuators=(weak,)), folder / "pendulum.osim")
    said: list[str] = []
    run_setup(_analyze(folder, '<StaticOptimization name="SO"/>'), progress=said.append)
    note = next(line for line in said if line.startswith("note: "))
    assert "at 31 of 31 instants muscles and actuators cannot bring up the joint moments" in note
    assert f"{MASS * G * ARM - 5:.3g} N·m (or N) are missing" in note


@pytest.mark.parametrize(
    ("column", "degrees"), [("swing", True), ("swing", False), ("/jointset/pin/swing/value", False)]
)
def test_coordinates_by_short_or_long_name(tmp_path: Path, column: str, degrees: bool) -> None:
    clock = np.array([0.0, 1.0])
    values = np.array([[0.0], [90.0 if degrees else np.pi / 2]])
    write_storage(Table(clock, (column,), values, degrees), tmp_path / "q.sto")
    found = read_coordinates(SETUP, "coordinates_file", tmp_path / "q.sto", _pendulum())
    np.testing.assert_allclose(found.q, [[0.0], [np.pi / 2]])
    assert found.present == {"swing"}


def test_coordinates_that_a_file_lacks_have_their_defaults(tmp_path: Path) -> None:
    body = _pendulum(coordinates=(Coordinate("swing", "pin"), Coordinate("other", "pin", default=0.3)))
    found = read_coordinates(SETUP, "coordinates_file", _write(tmp_path / "q.sto", ("swing",), np.ones((3, 1))), body)
    np.testing.assert_allclose(found.q, [[1.0, 0.3]] * 3)


def test_speeds_by_name(tmp_path: Path) -> None:
    path = _write(tmp_path / "u.sto", ("swing_u",), np.full((3, 1), 2.0))
    np.testing.assert_allclose(read_speeds(SETUP, path, _pendulum())[1], 2.0)


def test_gaps_in_coordinates_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.sto", ("swing",), np.array([[0.0], [np.nan], [0.0]]))
    with pytest.raises(SetupError, match=r"swing has no number at 0\.5 s"):
        read_coordinates(SETUP, "coordinates_file", path, _pendulum())


@pytest.mark.parametrize(
    ("first", "last", "rows"),
    [
        (-np.inf, np.inf, [*range(11)]),
        (0.2, 0.4, [2, 3, 4]),
        (0.25, 0.49, [2, 3, 4]),
        (-5, 0.1, [0, 1]),
        (0.8, 9, [8, 9, 10]),
    ],
)
def test_rows_begin_at_or_before_the_range(first: float, last: float, rows: list[int]) -> None:
    clock = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert rows_between(SETUP, "<time_range>", clock, first, last).tolist() == rows


@pytest.mark.parametrize(("first", "last"), [(-2, -1), (2, 3), (0.4, 0.2)])
def test_range_without_an_instant_is_refused(first: float, last: float) -> None:
    with pytest.raises(SetupError, match="Choose times within it"):
        rows_between(SETUP, "<time_range>", np.linspace(0, 1, 11), first, last)


def test_forces_that_count_are_named_and_those_excluded_are_not() -> None:
    springs = tuple(Unsupported("ForceSet", "Spring", f"s{i}", "It is left out.") for i in range(6))
    idle = Unsupported("ForceSet", "Spring", "off", "It is switched off in the file: no effect.")
    probe = Unsupported("ProbeSet", "Probe", "p", "It only reports.")
    body = _pendulum(unsupported=(*springs, idle, probe))
    assert force_notes(body) == (
        "OpenSim counts in Spring s0, s1, s2, s3, … (6 in all); groundup does not compute it. It is left out.",
    )
    assert "Spring s1, s2" in force_notes(body, ("S0",))[0]
    assert force_notes(body, ("ALL",)) == ()


def test_two_results_of_one_name_are_refused(tmp_path: Path) -> None:
    same = Output(tmp_path / "a.sto", lambda path: None)
    with pytest.raises(FileError, match="two results would have this name"):
        write_all([same, same])
