"""``groundup run`` against OpenSim's own tools: the same set-up files, run in two copies of one folder.

Compared are the names of the files and columns, the instants, and the values. Each tool gets the very same input in
both folders: what a tool before it made there is OpenSim's.
"""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.recording import Table
from groundup.drop_in.run import run_setup
from groundup.io.osim_read import read_osim
from groundup.io.storage import read_storage, write_storage
from groundup.motion.filtering import smooth

SCALE, IK, ID = (f"subject01_Setup_{tool}.xml" for tool in ("Scale", "IK", "InverseDynamics"))
RESERVES = "gait2392_SO_Residual_Actuators.xml"
HALF_DIGIT = 5.1e-9  # OpenSim's files hold eight decimals
ANALYZE = """<OpenSimDocument Version="40000"><AnalyzeTool name="{name}">
<model_file>{model}</model_file><replace_force_set>false</replace_force_set><force_set_files>{added}</force_set_files>
<results_directory>analyses</results_directory><initial_time>{start}</initial_time><final_time>{end}</final_time>
<AnalysisSet><objects>{analyses}</objects></AnalysisSet><external_loads_file>{loads}</external_loads_file>
<coordinates_file>{motion}</coordinates_file>
<lowpass_cutoff_frequency_for_coordinates>{lowpass}</lowpass_cutoff_frequency_for_coordinates>
</AnalyzeTool></OpenSimDocument>"""


@dataclass(frozen=True)
class Folders:
    """Two copies of a folder: OpenSim works in one, groundup in the other."""

    theirs: Path
    ours: Path
    opensim: ModuleType

    def run(self, tool: str, setup: str) -> list[str]:
        """Run a set-up in both; return the names of the files that both have made, relative to the folder."""
        before = _files(self.theirs), _files(self.ours)
        with chdir(self.theirs):
            assert getattr(self.opensim, tool)(setup).run()
        run_setup(self.ours / setup)
        made, mine = _files(self.theirs) - before[0] - {"opensim.log"}, _files(self.ours) - before[1]
        assert mine == made
        return sorted(made)

    def write(self, name: str, text: str) -> str:
        """Put a file into both."""
        for folder in (self.theirs, self.ours):
            (folder / name).write_text(text)
        return name

    def take_theirs(self, names: Iterable[str]) -> None:
        """Go on with OpenSim's files in both folders."""
        for name in names:
            shutil.copy(self.theirs / name, self.ours / name)

    def tables(self, name: str) -> tuple[Table, Table]:
        """Read ours and theirs; columns, instants and the unit of angles are those of OpenSim."""
        ours, theirs = read_storage(self.ours / name), read_storage(self.theirs / name)
        assert ours.columns == theirs.columns
        assert ours.name == theirs.name
        assert ours.in_degrees == theirs.in_degrees
        np.testing.assert_allclose(ours.time_s, theirs.time_s, rtol=0, atol=HALF_DIGIT)
        return ours, theirs


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _of_peak(ours: Floats, theirs: Floats) -> float:
    """Greatest difference of any column, in parts of that column's greatest value; digits cut off are forgiven."""
    miss = np.maximum(np.abs(ours - theirs).max(axis=0) - HALF_DIGIT, 0.0)
    return float((miss / np.maximum(np.abs(theirs).max(axis=0), 1e-12)).max())


@pytest.fixture(scope="module")
def folders(shared: Path, opensim: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Return two folders in which the person is scaled and the walk has been followed."""
    top = tmp_path_factory.mktemp("drop_in")
    made = Folders(
        *(Path(shutil.copytree(shared / "gait2392", top / name)) for name in ("theirs", "ours")), opensim=opensim
    )
    made.take_theirs(made.run("ScaleTool", SCALE))
    made.take_theirs(made.run("InverseKinematicsTool", IK))
    return made


def _analyses(folders: Folders, name: str, analyses: str, **changes: str) -> str:
    words = {
        "model": "subject01_simbody.osim",
        "added": RESERVES,
        "start": "0.6",
        "end": "1.0",
        "loads": "subject01_walk1_grf.xml",
        "motion": "subject01_walk1_ik.mot",
        "lowpass": "6",
    }
    return folders.write(f"{name}.xml", ANALYZE.format(name=name, analyses=analyses, **{**words, **changes}))


def _static_optimization(step: int = 1, more: str = "") -> str:
    return f'<StaticOptimization name="SO"><step_interval>{step}</step_interval>{more}</StaticOptimization>'


def _joint_reaction(
    forces: str, joints: str = "ALL", on: str = "child", axes: str = "child", name: str = "JR", step: int = 1
) -> str:
    return (
        f'<JointReaction name="{name}"><step_interval>{step}</step_interval><forces_file>{forces}</forces_file>'
        f"<joint_names>{joints}</joint_names><apply_on_bodies>{on}</apply_on_bodies>"
        f"<express_in_frame>{axes}</express_in_frame></JointReaction>"
    )


def test_scaling_writes_the_same_files(shared: Path, folders: Folders) -> None:
    """Segment masses within 1e-6 kg; the files of the fixture were OpenSim's, so scale once more."""
    names = {
        "subject01_scaledOnly.osim", "subject01_simbody.osim", "subject01_scaleSet_applied.xml",
        "subject01_static_output.mot",
    }  # fmt: skip
    mine = run_setup(shared / "gait2392" / SCALE, folders.ours / "scaled")
    assert {path.name for path in mine} == names
    ours, theirs = (
        read_osim(folder / "subject01_simbody.osim") for folder in (folders.ours / "scaled", folders.theirs)
    )
    for a, b in zip(ours.segments, theirs.segments, strict=True):
        assert (a.name, a.mass) == (b.name, pytest.approx(b.mass, abs=1e-6))
    pose, reference = (
        read_storage(f / "subject01_static_output.mot") for f in (folders.ours / "scaled", folders.theirs)
    )
    assert set(pose.columns) == set(reference.columns)


def test_inverse_kinematics_fits_as_well(folders: Folders) -> None:
    """The weighted cost may not exceed OpenSim's by 0.1 %; the angles agree within 0.2° where the fit decides them."""
    setup = (folders.theirs / IK).read_text()
    setup = setup.replace("<report_errors>", "<report_marker_locations>true</report_marker_locations><report_errors>")
    setup = setup.replace("subject01_walk1_ik.mot", "again/motion.mot").replace("0.5 2.5", "0.51 1.36")
    setup = setup.replace("<results_directory>./<", "<results_directory>again<")
    for folder in (folders.theirs, folders.ours):
        (folder / "again").mkdir()
    made = folders.run("InverseKinematicsTool", folders.write("again.xml", setup))
    assert made == [
        "again/motion.mot", "again/subject01_ik_marker_errors.sto", "again/subject01_ik_model_marker_locations.sto"
    ]  # fmt: skip
    ours, theirs = folders.tables(made[0])
    assert np.abs(ours.values - theirs.values).max() < 0.2
    ours, theirs = folders.tables(made[1])
    assert np.all(_cost(folders, ours.time_s, folders.ours) <= 1.001 * _cost(folders, ours.time_s, folders.theirs))
    np.testing.assert_allclose(ours.values, theirs.values, atol=3e-4)
    ours, theirs = folders.tables(made[2])
    np.testing.assert_allclose(ours.values, theirs.values, atol=2e-3)


def _cost(folders: Folders, time_s: Floats, folder: Path) -> Floats:
    """Weighted sum of squared marker distances, from the model's marker locations."""
    from groundup.io.trc import read_trc

    tasks = ET.parse(folders.theirs / IK).iter("IKMarkerTask")
    weights = {t.get("name", ""): float(t.findtext("weight", "0")) for t in tasks}
    table = read_storage(folder / "again/subject01_ik_model_marker_locations.sto")
    markers = read_trc(folders.theirs / "subject01_walk1.trc")
    names = [column[:-3] for column in table.columns[::3]]
    rows = [int(np.abs(markers.time_s - t).argmin()) for t in time_s]
    measured = markers.positions_m[rows][:, [markers.names.index(name) for name in names]]
    miss = table.values.reshape(len(time_s), -1, 3) - measured
    return np.asarray((np.array([weights[name] for name in names]) * (miss**2).sum(-1)).sum(-1))


def test_inverse_dynamics(folders: Folders) -> None:
    """Within 0.001 % of each column's peak, at OpenSim's instants: the file begins before the time range."""
    made = folders.run("InverseDynamicsTool", ID)
    assert made == ["ResultsInverseDynamics/InverseDynamicsOutput.sto"]
    ours, theirs = folders.tables(made[0])
    assert ours.time_s[0] < 0.4
    assert _of_peak(ours.values, theirs.values) < 1e-5


def test_inverse_dynamics_without_a_filter(folders: Folders) -> None:
    """As above, 0.1 %: accelerations of an unfiltered motion are large and differ more."""
    setup = (folders.theirs / ID).read_text().replace("6.00000000", "-1").replace("InverseDynamicsOutput", "raw")
    made = folders.run("InverseDynamicsTool", folders.write("raw.xml", setup))
    ours, theirs = folders.tables(made[0])
    assert ours.time_s[0] == pytest.approx(0.5)
    assert _of_peak(ours.values, theirs.values) < 1e-3


@pytest.fixture(scope="module")
def static(folders: Folders) -> list[str]:
    """Return the files of a static optimisation, run in both folders."""
    return folders.run("AnalyzeTool", _analyses(folders, "walk", _static_optimization()))


def test_static_optimization(folders: Folders, static: list[str]) -> None:
    """Activations within 0.01 root mean square, forces within 1 % of the strongest muscle's peak."""
    assert static == [
        "analyses/walk_SO_activation.sto", "analyses/walk_SO_controls.xml", "analyses/walk_SO_force.sto"
    ]  # fmt: skip
    ours, theirs = folders.tables(static[0])
    assert ours.time_s[0] < 0.6
    n = len(read_osim(folders.theirs / "subject01_simbody.osim").muscles)
    assert np.sqrt(np.mean((ours.values - theirs.values)[:, :n] ** 2)) < 0.01
    effort = (ours.values**2).sum(axis=1) / (theirs.values**2).sum(axis=1)
    assert effort.max() < 1.001
    ours, theirs = folders.tables(static[2])
    assert np.abs(ours.values - theirs.values).max() < 0.01 * np.abs(theirs.values[:, :n]).max()


def test_controls_are_read_by_opensim(folders: Folders, static: list[str]) -> None:
    controls = [folders.opensim.ControlSet(str(f / static[1])) for f in (folders.ours, folders.theirs)]
    assert controls[0].getSize() == controls[1].getSize() == 98
    for k in range(0, 98, 7):
        ours, theirs = (c.get(k) for c in controls)
        assert ours.getName() == theirs.getName()
        assert ours.getControlValue(0.8) == pytest.approx(theirs.getControlValue(0.8), abs=0.03)


def test_joint_reactions_under_the_same_forces(folders: Folders, static: list[str]) -> None:
    """Forces of OpenSim in both: 1e-5 of each column's peak (of 1 N, 1 N·m, 1 m where that is less)."""
    folders.take_theirs(static)
    analyses = (
        _joint_reaction(static[2])
        + _joint_reaction(static[2], "ground_pelvis hip_r hip_l", "child child parent", "ground child parent", "some")
        + _joint_reaction(static[2], "hip_l knee_r", "parent", "pelvis", "pelvic")
    )
    made = folders.run("AnalyzeTool", _analyses(folders, "same", analyses))
    assert made == [f"analyses/same_{name}_ReactionLoads.sto" for name in ("JR", "pelvic", "some")]
    for name in made:
        ours, theirs = folders.tables(name)
        miss = np.abs(ours.values - theirs.values).max(axis=0)
        assert (miss / np.maximum(np.abs(theirs.values).max(axis=0), 1.0)).max() < 1e-5


def test_joint_reactions_of_our_own_forces(folders: Folders, static: list[str]) -> None:
    """Static optimisation and reactions both by groundup: forces through joints within 1 % of the greatest."""
    own = run_setup(folders.ours / "walk.xml", folders.ours / "own")
    assert [path.name for path in own][1] == "walk_SO_force.sto"
    folders.take_theirs(static)
    folders.run("AnalyzeTool", _analyses(folders, "reference", _joint_reaction(static[2])))
    setup = folders.write("mine.xml", (folders.ours / "reference.xml").read_text().replace(static[2], str(own[1])))
    mine = read_storage(run_setup(folders.ours / setup, folders.ours / "own")[0])
    theirs = read_storage(folders.theirs / "analyses/reference_JR_ReactionLoads.sto")
    at = [i for i, column in enumerate(theirs.columns) if column.endswith(("_fx", "_fy", "_fz"))]
    assert np.abs(mine.values - theirs.values)[:, at].max() < 0.01 * np.abs(theirs.values[:, at]).max()


@pytest.mark.parametrize(("step", "lowpass"), [(3, "6"), (10, "-1")])
def test_rows_that_are_recorded(folders: Folders, static: list[str], step: int, lowpass: str) -> None:
    """The first and last instant, and those whose number on the clock of the motion is a multiple of the interval."""
    setup = _analyses(folders, f"steps{step}", _joint_reaction(static[2], step=step), lowpass=lowpass, end="0.95")
    folders.take_theirs(static)
    for name in folders.run("AnalyzeTool", setup):
        folders.tables(name)


def test_external_forces_are_recorded_as_described(folders: Folders) -> None:
    """Forces in the axes of a shank, points on the toes, one force without a torque, one without a point."""
    text = (folders.theirs / "subject01_walk1_grf.xml").read_text()
    middle = text.index('<ExternalForce name="ExternalForce_2"')
    right, left = text[:middle], text[middle:]
    right = right.replace("<torque_identifier> ground_torque_ <", "<torque_identifier> Unassigned <")
    right = right.replace("<force_expressed_in_body> ground <", "<force_expressed_in_body> tibia_r <")
    right = right.replace("<point_expressed_in_body> ground <", "<point_expressed_in_body> toes_r <")
    left = left.replace("<point_identifier> 1_ground_force_p <", "<point_identifier> Unassigned <")
    left = left.replace("<force_expressed_in_body> ground <", "<force_expressed_in_body> tibia_l <")
    loads = folders.write("turned.xml", right + left)
    made = folders.run(
        "AnalyzeTool", _analyses(folders, "outside", _static_optimization(), loads=loads, start="0.6", end="0.62")
    )
    ours, theirs = folders.tables(made[2])
    at = [i for i, column in enumerate(theirs.columns) if "ExternalForce" in column]
    assert len(at) == 12
    np.testing.assert_allclose(ours.values[:, at], theirs.values[:, at], atol=1e-6)


@pytest.mark.parametrize("source", ["states", "speeds"])
def test_speeds_from_files(folders: Folders, static: list[str], source: str) -> None:
    """Reactions within 1e-5 of each peak when speeds come from a file; they are 1 % too high, so that it shows."""
    body = read_osim(folders.theirs / "subject01_simbody.osim")
    motion = read_storage(folders.theirs / "subject01_walk1_ik.mot")
    turns = [c.motion == "rotational" for c in body.coordinates]
    q = motion.values[:, [motion.columns.index(name) for name in body.coordinate_names]]
    signals = smooth(motion.time_s, np.where(turns, np.deg2rad(q), q), 6.0)
    q, speed = signals.derivative(motion.time_s), 1.01 * signals.derivative(motion.time_s, 1)
    paths = [f"/jointset/{c.joint}/{c.name}" for c in body.coordinates]
    columns = (*(f"{path}/value" for path in paths), *(f"{path}/speed" for path in paths))
    rates = tuple(f"{name}_u" for name in body.coordinate_names)
    for folder in (folders.theirs, folders.ours):
        write_storage(Table(motion.time_s, columns, np.hstack([q, speed]), False, "states"), folder / "states.sto")
        write_storage(Table(motion.time_s, body.coordinate_names, q, False, "Coordinates"), folder / "q.sto")
        write_storage(Table(motion.time_s, rates, speed, False, "Speeds"), folder / "u.sto")
    folders.take_theirs(static)
    setup = _analyses(
        folders, source, _joint_reaction(static[2]), motion="q.sto", lowpass="-1", start="0.62", end="0.8"
    )
    given = "<coordinates_file>q.sto</coordinates_file>"
    wanted = {"states": "<states_file>states.sto</states_file>", "speeds": f"{given}<speeds_file>u.sto</speeds_file>"}
    folders.write(setup, (folders.ours / setup).read_text().replace(given, wanted[source]))
    ours, theirs = folders.tables(folders.run("AnalyzeTool", setup)[0])
    miss = np.abs(ours.values - theirs.values).max(axis=0)
    assert (miss / np.maximum(np.abs(theirs.values).max(axis=0), 1.0)).max() < 1e-5


# --- a model with couplers, locked coordinates and turned frames ------------------------------------------------------


@pytest.fixture(scope="module")
def coupled(shared: Path, opensim: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Return two folders with a model with coupled patellas, a motion without their coordinates, and made-up forces."""
    top = tmp_path_factory.mktemp("coupled")
    folders = Folders(top / "theirs", top / "ours", opensim)
    source = shared / "models" / "RajagopalLaiUhlrich2023.osim"
    body, motion = read_osim(source), read_storage(shared / "arnold2013" / "subject01" / "coordinates.sto")
    columns = [c for c in motion.columns if c in body.coordinate_names]
    values = motion.values[:, [motion.columns.index(c) for c in columns]]
    for folder in (folders.theirs, folders.ours):
        folder.mkdir()
        shutil.copy(source, folder / "model.osim")
        write_storage(Table(motion.time_s, tuple(columns), values, False, "Coordinates"), folder / "motion.sto")
        write_storage(_made_up_forces(body, motion.time_s), folder / "forces.sto")
        (folder / "reserves.xml").write_text(_reserves(body))
    return folders


def _made_up_forces(body: Body, time_s: Floats) -> Table:
    rng = np.random.default_rng(1)
    strength = np.array([m.max_isometric_force for m in body.muscles] + [a.optimal_force for a in body.actuators])
    names = (*(m.name for m in body.muscles), *(a.name for a in body.actuators))
    clock = np.linspace(time_s[0] - 0.1, time_s[-1] + 0.1, 20)
    return Table(clock, names, 0.2 * strength * rng.uniform(0, 1, (20, len(names))), False, "forces")


def _reserves(body: Body) -> str:
    """Actuators, 10 N·m and 500 for the root, for all coordinates that are free."""
    held = {c.name for c in body.coordinates if c.locked} | {c.dependent for c in body.couplers}
    root = body.coordinates[0].joint
    members = (
        f'<CoordinateActuator name="more_{c.name}"><coordinate>{c.name}</coordinate>'
        f"<optimal_force>{500 if c.joint == root else 10}</optimal_force></CoordinateActuator>"
        for c in body.coordinates
        if c.name not in held
    )
    return (
        f'<OpenSimDocument Version="40000"><ForceSet><objects>{"".join(members)}</objects></ForceSet></OpenSimDocument>'
    )


def _of_model(name: str, folders: Folders, analyses: str, added: str = "") -> str:
    words = {"model": "model.osim", "loads": "", "motion": "motion.sto", "lowpass": "-1", "start": "3.6", "end": "3.7"}
    return _analyses(folders, name, analyses, added=added, **words)


def test_coupled_model_inverse_dynamics(coupled: Folders) -> None:
    """0.1 % of each column's peak; columns go by the level of the joint in the tree, couplers' end in ``_force``."""
    setup = """<OpenSimDocument Version="40000"><InverseDynamicsTool name="t"><model_file>model.osim</model_file>
    <forces_to_exclude>muscles</forces_to_exclude><coordinates_file>motion.sto</coordinates_file>
    <lowpass_cutoff_frequency_for_coordinates>6</lowpass_cutoff_frequency_for_coordinates>
    <time_range>3.5 3.9</time_range></InverseDynamicsTool></OpenSimDocument>"""
    made = coupled.run("InverseDynamicsTool", coupled.write("id.xml", setup))
    assert made == ["inverse_dynamics.sto"]
    ours, theirs = coupled.tables(made[0])
    assert "knee_angle_r_beta_force" in ours.columns
    assert np.abs(ours.values - theirs.values).max() < 1e-3 * np.abs(theirs.values).max()
    assert _of_peak(ours.values, theirs.values) < 1e-3


def test_coupled_model_joint_reactions(coupled: Folders) -> None:
    """0.2 % of the greatest force: paths over obstacles differ by as much."""
    analyses = _joint_reaction("forces.sto", step=4) + _joint_reaction(
        "forces.sto", on="parent", axes="parent", name="P", step=4
    )
    for name in coupled.run("AnalyzeTool", _of_model("jr", coupled, analyses)):
        ours, theirs = coupled.tables(name)
        assert np.abs(ours.values - theirs.values).max() < 2e-3 * np.abs(theirs.values).max()


def test_coupled_model_static_optimization(coupled: Folders) -> None:
    """Activations within 0.01 root mean square."""
    made = coupled.run("AnalyzeTool", _of_model("so", coupled, _static_optimization(10), "reserves.xml"))
    ours, theirs = coupled.tables(made[0])
    assert np.sqrt(np.mean((ours.values - theirs.values) ** 2)) < 0.01
