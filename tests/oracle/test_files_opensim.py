"""OpenSim reads the same numbers from the same files, opens what groundup writes, and has the same defaults."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from groundup.body.recording import MarkerTrajectories, Table
from groundup.io.external_loads import read_external_loads, write_external_loads
from groundup.io.setup_xml import (
    AnalyzeSetup,
    InverseDynamicsSetup,
    InverseKinematicsSetup,
    JointReactionSetup,
    ScaleSetup,
    StaticOptimizationSetup,
    read_setup,
)
from groundup.io.storage import read_storage, write_storage
from groundup.io.trc import METRES_PER_UNIT, read_trc, write_trc

# Both sides parse the same decimal digits, so they agree to the last bit but one.
RTOL = 1e-14

TRCS = ["gait2392/subject01_walk1.trc", "gait2392/subject01_static.trc", "arnold2013/subject18/markers.trc"]
TABLES = [
    "gait2392/subject01_walk1_grf.mot",
    "arnold2013/subject01/id.sto",
    "arnold2013/subject18/coordinates.sto",
    "moco2d/referenceCoordinates.sto",
    "moco2d/reference/gaitTracking_solution_fullStride.sto",
]


def markers_by_opensim(opensim: ModuleType, path: Path) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    table = opensim.TimeSeriesTableVec3(str(path))
    unit = METRES_PER_UNIT[table.getTableMetaDataString("Units")]
    flat = table.flatten()  # kept by name: its matrix is a view into it
    values = flat.getMatrix().to_numpy().reshape(table.getNumRows(), -1, 3)
    return tuple(table.getColumnLabels()), np.array(table.getIndependentColumn()), values * unit


@pytest.mark.parametrize("name", TRCS)
def test_markers(opensim: ModuleType, shared: Path, name: str) -> None:
    names, time_s, positions_m = markers_by_opensim(opensim, shared / name)
    found = read_trc(shared / name)
    assert found.names == names
    np.testing.assert_allclose(found.time_s, time_s, rtol=RTOL)
    np.testing.assert_allclose(found.positions_m, positions_m, rtol=RTOL)


@pytest.mark.parametrize("name", TABLES)
def test_tables(opensim: ModuleType, shared: Path, name: str) -> None:
    table = opensim.TimeSeriesTable(str(shared / name))
    found = read_storage(shared / name)
    assert found.columns == tuple(table.getColumnLabels())
    np.testing.assert_allclose(found.time_s, table.getIndependentColumn(), rtol=RTOL)
    np.testing.assert_allclose(found.values, table.getMatrix().to_numpy(), rtol=RTOL)


@pytest.mark.parametrize("units", ["m", "mm"])
def test_opensim_opens_our_markers_with_gaps(opensim: ModuleType, tmp_path: Path, units: str) -> None:
    rng = np.random.default_rng(3)
    positions = rng.uniform(0.1, 1.8, (40, 6, 3))
    positions[5:9, 2] = np.nan
    positions[-1, -1] = np.nan  # the very last cell of the file
    made = MarkerTrajectories(np.arange(40) / 60, tuple("ABCDEF"), positions, 60.0)
    write_trc(made, tmp_path / "a.trc", units)
    names, time_s, found = markers_by_opensim(opensim, tmp_path / "a.trc")
    assert names == made.names
    np.testing.assert_allclose(time_s, made.time_s, rtol=RTOL)
    np.testing.assert_allclose(found, positions, rtol=RTOL)


@pytest.mark.parametrize("in_degrees", [True, False, None])
def test_opensim_opens_our_tables(opensim: ModuleType, tmp_path: Path, in_degrees: bool | None) -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=(30, 4)) * 10.0 ** rng.integers(-12, 12, (30, 4))
    made = Table(np.arange(30) / 100, ("hip_flexion_r", "a/b/value", "c|d", "e.f"), values, in_degrees, "Coordinates")
    write_storage(made, tmp_path / "a.mot")
    table = opensim.TimeSeriesTable(str(tmp_path / "a.mot"))
    assert tuple(table.getColumnLabels()) == made.columns
    np.testing.assert_allclose(table.getIndependentColumn(), made.time_s, rtol=RTOL)
    np.testing.assert_allclose(table.getMatrix().to_numpy(), values, rtol=RTOL)
    storage = opensim.Storage(str(tmp_path / "a.mot"))  # the older reader, which the tools still use
    assert (storage.getSize(), storage.isInDegrees()) == (30, in_degrees is True)
    column = opensim.ArrayDouble()
    storage.getDataColumn("e.f", column)
    np.testing.assert_allclose([column.get(i) for i in range(30)], values[:, 3], rtol=RTOL)


def test_nan_stops_opensim_s_older_reader(opensim: ModuleType, tmp_path: Path) -> None:
    """This is why ``write_storage`` warns: its tables take NaN, its tools' reader loses every row from there on."""
    values = np.arange(8.0).reshape(4, 2)
    values[1, 0] = np.nan
    write_storage(Table(np.arange(4.0), ("a", "b"), values), tmp_path / "a.sto")
    table = opensim.TimeSeriesTable(str(tmp_path / "a.sto"))
    np.testing.assert_array_equal(table.getMatrix().to_numpy(), values)
    assert opensim.Storage(str(tmp_path / "a.sto")).getSize() < 4


def test_opensim_opens_our_external_loads(opensim: ModuleType, shared: Path, tmp_path: Path) -> None:
    made = read_external_loads(shared / "gait2392" / "subject01_walk1_grf.xml")
    write_external_loads(made, tmp_path / "loads.xml")
    loads = opensim.ExternalLoads(str(tmp_path / "loads.xml"), True)
    storage = opensim.Storage(str(tmp_path / loads.getDataFileName()))
    assert loads.getSize() == 2
    for index, wrench in enumerate(made.wrenches):
        force = loads.get(index)
        assert (force.getName(), force.get_applied_to_body()) == (wrench.name, wrench.segment)
        for identifier, values in (
            (force.get_force_identifier(), wrench.force_n),
            (force.get_point_identifier(), wrench.point_m),
            (force.get_torque_identifier(), wrench.torque_nm),
        ):
            for axis, letter in enumerate("xyz"):
                column = opensim.ArrayDouble()
                storage.getDataColumn(identifier + letter, column)
                np.testing.assert_allclose([column.get(i) for i in range(1501)], values[:, axis], rtol=RTOL)


# --- defaults ---------------------------------------------------------------------------------------------------------


def value(owner: object, name: str) -> object:
    """Return a property of an OpenSim object as text would hold it: a number, a flag, words; None for no file."""
    text = owner.getPropertyByName(name).toString().strip("()")  # type: ignore[attr-defined]
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return None if text in ("", "Unassigned") else text


def empty(tmp_path: Path, inner: str) -> Path:
    path = tmp_path / "setup.xml"
    path.write_text(f'<OpenSimDocument Version="40000">{inner}</OpenSimDocument>')
    return path


def test_defaults_of_scaling(opensim: ModuleType, tmp_path: Path) -> None:
    setup = read_setup(empty(tmp_path, "<ScaleTool><ModelScaler/><MarkerPlacer/></ScaleTool>"))
    assert isinstance(setup, ScaleSetup)
    tool = opensim.ScaleTool()
    assert (setup.mass_kg, setup.height_mm, setup.age_years) == (None, None, None)
    assert (tool.getSubjectMass(), tool.getSubjectHeight(), tool.getSubjectAge()) == (-1, -1, -1)
    scaler, placer = opensim.ModelScaler(), opensim.MarkerPlacer()
    for name in ("apply", "preserve_mass_distribution", "marker_file", "output_model_file", "output_scale_file"):
        assert getattr(setup.scaler, name) == value(scaler, name), name
    files = ("marker_file", "coordinate_file", "output_motion_file", "output_model_file", "output_marker_file")
    for name in ("apply", "max_marker_movement", *files):
        assert getattr(setup.placer, name) == value(placer, name), name
    assert setup.scaler.time_range == setup.placer.time_range == (-1, -1)
    assert value(scaler, "time_range") == value(placer, "time_range") == "-1 -1"
    assert read_setup(empty(tmp_path, "<ScaleTool/>")).scaler == setup.scaler  # type: ignore[union-attr]


def test_defaults_of_inverse_kinematics(opensim: ModuleType, tmp_path: Path) -> None:
    tasks = "<IKTaskSet><objects><IKMarkerTask name='A'/><IKCoordinateTask name='q'/></objects></IKTaskSet>"
    setup = read_setup(empty(tmp_path, f"<InverseKinematicsTool>{tasks}</InverseKinematicsTool>"))
    assert isinstance(setup, InverseKinematicsSetup)
    tool = opensim.InverseKinematicsTool()
    files = ("model_file", "marker_file", "coordinate_file", "output_motion_file")
    for name in ("constraint_weight", "accuracy", "report_errors", "report_marker_locations", *files):
        assert getattr(setup, name) == value(tool, name), name
    assert setup.time_range[0] == tool.getStartTime()
    marker, coordinate = opensim.IKMarkerTask(), opensim.IKCoordinateTask()
    for name in ("apply", "weight"):
        assert getattr(setup.tasks[0], name) == value(marker, name)
    for name in ("apply", "weight", "value_type", "value"):
        assert getattr(setup.tasks[1], name) == value(coordinate, name)


def test_defaults_of_inverse_dynamics(opensim: ModuleType, tmp_path: Path) -> None:
    setup = read_setup(empty(tmp_path, "<InverseDynamicsTool/>"))
    assert isinstance(setup, InverseDynamicsSetup)
    tool = opensim.InverseDynamicsTool()
    for name in ("model_file", "external_loads_file", "coordinates_file"):
        assert getattr(setup, name) == value(tool, name), name
    for name in ("output_gen_force_file", "output_body_forces_file"):
        assert getattr(setup, name) == setup.results_directory / str(value(tool, name))
    assert setup.time_range == (tool.getStartTime(), tool.getEndTime())
    assert setup.lowpass_hz is None
    assert value(tool, "lowpass_cutoff_frequency_for_coordinates") == -1


def test_defaults_of_analyses(opensim: ModuleType, tmp_path: Path) -> None:
    members = "<AnalysisSet><objects><StaticOptimization/><JointReaction/></objects></AnalysisSet>"
    setup = read_setup(empty(tmp_path, f"<AnalyzeTool>{members}</AnalyzeTool>"))
    assert isinstance(setup, AnalyzeSetup)
    tool = opensim.AnalyzeTool()
    files = ("model_file", "external_loads_file", "states_file", "coordinates_file", "speeds_file")
    for name in ("replace_force_set", "output_precision", "initial_time", "final_time", *files):
        assert getattr(setup, name) == value(tool, name), name
    sharing, reaction = setup.analyses
    assert isinstance(sharing, StaticOptimizationSetup)
    assert isinstance(reaction, JointReactionSetup)
    shared_names = ("on", "start_time", "end_time", "step_interval", "in_degrees")
    for name in (
        *shared_names,
        "use_model_force_set",
        "activation_exponent",
        "use_muscle_physiology",
        "optimizer_convergence_criterion",
        "optimizer_max_iterations",
    ):
        assert getattr(sharing, name) == value(opensim.StaticOptimization(), name), name
    for name in (*shared_names, "forces_file"):
        assert getattr(reaction, name) == value(opensim.JointReaction(), name), name
    for name in ("joint_names", "apply_on_bodies", "express_in_frame"):
        assert " ".join(getattr(reaction, name)) == value(opensim.JointReaction(), name), name
