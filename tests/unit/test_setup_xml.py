"""Tool set-ups: real files, what is left out, and what cannot be done."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from groundup.errors import FileError, SetupError, UnsafeXml
from groundup.io.setup_xml import (
    AnalyzeSetup,
    BodyScale,
    CoordinateTask,
    InverseDynamicsSetup,
    InverseKinematicsSetup,
    JointReactionSetup,
    ManualScale,
    MarkerTask,
    ScaleSetup,
    ScalingStep,
    Setup,
    StaticOptimizationSetup,
    ValueType,
    read_setup,
)


def read(tmp_path: Path, inner: str) -> Setup:
    path = tmp_path / "setup.xml"
    path.write_text(f'<?xml version="1.0"?>\n<OpenSimDocument Version="40000">{inner}</OpenSimDocument>')
    return read_setup(path)


def test_the_scale_set_up_of_gait2392(shared: Path) -> None:
    setup = read_setup(shared / "gait2392" / "subject01_Setup_Scale.xml")
    assert isinstance(setup, ScaleSetup)
    folder = shared / "gait2392"
    assert (setup.mass_kg, setup.height_mm, setup.age_years) == (72.6, 1803.4, 99)
    assert setup.model_file == folder / "gait2392_simbody.osim"
    assert setup.marker_set_file == folder / "gait2392_Scale_MarkerSet.xml"
    scaler, placer = setup.scaler, setup.placer
    assert scaler.scaling_order == (ScalingStep.MEASUREMENTS, ScalingStep.MANUAL)
    assert [m.name for m in scaler.measurements][:3] == ["torso", "pelvis", "thigh"]
    assert scaler.measurements[2].marker_pairs[1] == ("L.ASIS", "L.Knee.Lat")
    assert scaler.measurements[0].body_scales == (BodyScale("torso", ("X", "Y", "Z")),)
    assert scaler.manual_scales[0] == ManualScale("femur_r", (1.14724, 1.14724, 1.14724), True)
    assert (scaler.time_range, scaler.preserve_mass_distribution) == ((1, 2), True)
    assert scaler.output_scale_file == folder / "subject01_scaleSet_applied.xml"
    assert (placer.apply, placer.coordinate_file, placer.output_marker_file) == (True, None, None)
    assert placer.output_model_file == folder / "subject01_simbody.osim"
    kinds = [type(task) for task in placer.tasks]
    assert (kinds.count(MarkerTask), kinds.count(CoordinateTask)) == (39, 5)
    assert placer.tasks[-1] == CoordinateTask("lumbar_extension", True, 1000, ValueType.MANUAL, 0.0)
    assert setup.ignored == ()


def test_the_inverse_kinematics_set_up_of_gait2392(shared: Path) -> None:
    setup = read_setup(shared / "gait2392" / "subject01_Setup_IK.xml")
    assert isinstance(setup, InverseKinematicsSetup)
    assert (setup.constraint_weight, setup.accuracy, setup.time_range) == (20, 1e-5, (0.5, 2.5))
    assert setup.tasks[0] == MarkerTask("Sternum", True, 1.0)
    assert isinstance(setup.tasks[-1], CoordinateTask)
    assert setup.marker_file == shared / "gait2392" / "subject01_walk1.trc"
    assert (setup.coordinate_file, setup.report_errors, setup.report_marker_locations) == (None, True, False)


def test_the_inverse_dynamics_set_up_of_gait2392(shared: Path) -> None:
    setup = read_setup(shared / "gait2392" / "subject01_Setup_InverseDynamics.xml")
    assert isinstance(setup, InverseDynamicsSetup)
    results = shared / "gait2392" / "ResultsInverseDynamics"
    assert (setup.lowpass_hz, setup.time_range, setup.forces_to_exclude) == (6, (0.4, 1.6), ("muscles",))
    assert setup.output_gen_force_file == results / "InverseDynamicsOutput.sto"
    assert setup.output_body_forces_file == results / "body_forces_at_joints.sto"
    assert setup.joints_to_report_body_forces == ()


def test_the_analyses_of_gait2392(shared: Path) -> None:
    sharing = read_setup(shared / "gait2392" / "setup_static_optimization.xml")
    assert isinstance(sharing, AnalyzeSetup)
    assert sharing.analyses == (StaticOptimizationSetup(start_time=0.5, end_time=2.0, step_interval=10),)
    assert sharing.force_set_files == (shared / "gait2392" / "gait2392_SO_weak_Residual_Actuators.xml",)
    assert (sharing.initial_time, sharing.final_time, sharing.output_precision) == (0.5, 2.0, 20)
    assert (sharing.states_file, sharing.speeds_file, sharing.lowpass_hz) == (None, None, None)
    reaction = read_setup(shared / "gait2392" / "setup_JointReaction.xml")
    assert isinstance(reaction, AnalyzeSetup)
    (analysis,) = reaction.analyses
    assert isinstance(analysis, JointReactionSetup)
    assert analysis.joint_names == ("ground_pelvis", "hip_r", "hip_l")
    assert analysis.apply_on_bodies == ("child", "child", "parent")
    assert analysis.express_in_frame == ("ground", "child", "parent")
    assert analysis.forces_file is not None
    assert analysis.forces_file.name == "subject01_StaticOptimization_force.sto"


def test_infinity_in_every_spelling(tmp_path: Path) -> None:
    for word in ("Infinity", "inf", "Inf"):
        setup = read(
            tmp_path,
            f"<InverseKinematicsTool><constraint_weight>{word}</constraint_weight>"
            f"<time_range> -{word} {word}</time_range></InverseKinematicsTool>",
        )
        assert isinstance(setup, InverseKinematicsSetup)
        assert setup.constraint_weight == math.inf
        assert setup.time_range == (-math.inf, math.inf)


def test_paths_are_resolved_against_the_file(tmp_path: Path) -> None:
    setup = read(
        tmp_path,
        "<InverseKinematicsTool><model_file>..\\models\\a.osim</model_file><marker_file>/data/b.trc</marker_file>"
        "<coordinate_file>Unassigned</coordinate_file><results_directory> out </results_directory>"
        "</InverseKinematicsTool>",
    )
    assert isinstance(setup, InverseKinematicsSetup)
    assert setup.model_file == tmp_path / "../models/a.osim"
    assert setup.marker_file == Path("/data/b.trc")
    assert setup.coordinate_file is None
    assert setup.results_directory == tmp_path / "out"


def test_a_set_may_live_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "tasks.xml").write_text(
        '<OpenSimDocument><IKTaskSet><objects><IKMarkerTask name="A"><weight>2</weight></IKMarkerTask></objects>'
        "</IKTaskSet></OpenSimDocument>"
    )
    setup = read(tmp_path, '<InverseKinematicsTool><IKTaskSet file="tasks.xml"/></InverseKinematicsTool>')
    assert isinstance(setup, InverseKinematicsSetup)
    assert setup.tasks == (MarkerTask("A", True, 2.0),)
    (tmp_path / "tasks.xml").write_text("<OpenSimDocument/>")
    with pytest.raises(SetupError, match=r"takes <IKTaskSet> from .*tasks\.xml, which holds no IKTaskSet"):
        read(tmp_path, '<InverseKinematicsTool><IKTaskSet file="tasks.xml"/></InverseKinematicsTool>')


def test_defaults_of_old_files_are_used(tmp_path: Path) -> None:
    setup = read(
        tmp_path,
        '<InverseKinematicsTool><defaults><IKMarkerTask name="default"><weight>7</weight></IKMarkerTask></defaults>'
        '<IKTaskSet><objects><IKMarkerTask name="A"/></objects></IKTaskSet></InverseKinematicsTool>',
    )
    assert isinstance(setup, InverseKinematicsSetup)
    assert setup.tasks == (MarkerTask("A", True, 7.0),)


def test_what_is_not_used_is_listed(tmp_path: Path) -> None:
    setup = read(
        tmp_path,
        '<AnalyzeTool name="a"><AnalysisSet><objects><Kinematics name="K"/><StaticOptimization name="S"><odd>1</odd>'
        "</StaticOptimization></objects></AnalysisSet>"
        '<ControllerSet><objects><ControlSetController name="C"/></objects></ControllerSet>'
        "<maximum_integrator_step_size>1</maximum_integrator_step_size><colour>red</colour><nothing/></AnalyzeTool>",
    )
    assert isinstance(setup, AnalyzeSetup)
    assert setup.unsupported_analyses == ("Kinematics[K]",)
    assert setup.analyses == (StaticOptimizationSetup(name="S"),)
    assert set(setup.ignored) == {
        "StaticOptimization[S]/odd",
        "ControllerSet/ControlSetController[C]",
        "AnalyzeTool[a]/colour",
    }


@pytest.mark.parametrize(
    ("inner", "kind", "words"),
    [
        pytest.param(
            "<CMCTool/>",
            SetupError,
            "holds CMCTool, expected one of ScaleTool, InverseKinematicsTool, InverseDynamicsTool, AnalyzeTool",
            id="another tool",
        ),
        pytest.param(
            "<InverseDynamicsTool><time_range>1</time_range></InverseDynamicsTool>",
            SetupError,
            "<time_range> is '1', expected two times in s",
            id="one time",
        ),
        pytest.param(
            "<InverseDynamicsTool><time_range>2 1</time_range></InverseDynamicsTool>",
            SetupError,
            "line 2: InverseDynamicsTool: <time_range> runs from 2 to 1 s, expected first ≤ last",
            id="time backwards",
        ),
        pytest.param(
            '<InverseKinematicsTool><IKTaskSet><objects><IKCoordinateTask name="q"><value_type>guess</value_type>'
            "</IKCoordinateTask></objects></IKTaskSet></InverseKinematicsTool>",
            SetupError,
            r"IKCoordinateTask\[q\]: <value_type> is 'guess', expected one of default_value, manual_value, from_file",
            id="value type",
        ),
        pytest.param(
            '<InverseKinematicsTool><IKTaskSet><objects><IKMarkerTask name="A"><weight>-1</weight>'
            "</IKMarkerTask></objects></IKTaskSet></InverseKinematicsTool>",
            SetupError,
            r"IKMarkerTask\[A\]: <weight> is -1, expected a finite number ≥ 0",
            id="weight",
        ),
        pytest.param(
            "<InverseKinematicsTool><accuracy>fine</accuracy></InverseKinematicsTool>",
            FileError,
            "<accuracy> is 'fine', expected one number",
            id="no number",
        ),
        pytest.param(
            "<InverseKinematicsTool><report_errors>perhaps</report_errors></InverseKinematicsTool>",
            FileError,
            "<report_errors> is 'perhaps', expected true or false",
            id="no flag",
        ),
        pytest.param(
            "<ScaleTool><ModelScaler><scaling_order>measurements byEye</scaling_order></ModelScaler></ScaleTool>",
            SetupError,
            "<scaling_order> holds 'byEye', expected measurements or manualScale",
            id="scaling order",
        ),
        pytest.param(
            "<ScaleTool><ModelScaler><ScaleSet><objects><Scale><scales>1 -1 1</scales><segment>a</segment></Scale>"
            "</objects></ScaleSet></ModelScaler></ScaleTool>",
            SetupError,
            "<scales> is '1 -1 1', expected positive factors",
            id="factor",
        ),
        pytest.param(
            "<ScaleTool><ModelScaler><ScaleSet><objects><Scale/></objects></ScaleSet></ModelScaler></ScaleTool>",
            SetupError,
            "has no <segment>, expected the name of one",
            id="segment",
        ),
        pytest.param(
            '<ScaleTool><ModelScaler><MeasurementSet><objects><Measurement name="m"><MarkerPairSet><objects>'
            "<MarkerPair><markers>A</markers></MarkerPair></objects></MarkerPairSet></Measurement></objects></MeasurementSet>"
            "</ModelScaler></ScaleTool>",
            SetupError,
            "<markers> is 'A', expected two marker names",
            id="pair",
        ),
        pytest.param(
            '<ScaleTool><ModelScaler><MeasurementSet><objects><Measurement name="m"><BodyScaleSet><objects>'
            '<BodyScale name="torso"><axes>X W</axes></BodyScale></objects></BodyScaleSet></Measurement></objects>'
            "</MeasurementSet></ModelScaler></ScaleTool>",
            SetupError,
            r"BodyScale\[torso\]: <axes> is 'X W', expected some of X Y Z",
            id="axes",
        ),
        pytest.param(
            "<AnalyzeTool><AnalysisSet><objects><JointReaction><joint_names>a b c</joint_names><express_in_frame>x y"
            "</express_in_frame></JointReaction></objects></AnalysisSet></AnalyzeTool>",
            SetupError,
            "<express_in_frame> holds 2 entries, expected 1 or one for each of 3 joints",
            id="frames",
        ),
        pytest.param(
            "<AnalyzeTool><AnalysisSet><objects><JointReaction><apply_on_bodies>both</apply_on_bodies></JointReaction>"
            "</objects></AnalysisSet></AnalyzeTool>",
            SetupError,
            "<apply_on_bodies> holds 'both', expected parent or child",
            id="bodies",
        ),
        pytest.param(
            "<AnalyzeTool><output_precision>1.5</output_precision></AnalyzeTool>",
            SetupError,
            "<output_precision> is 1.5, expected a whole number",
            id="whole",
        ),
    ],
)
def test_messages(tmp_path: Path, inner: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        read(tmp_path, inner)
    assert str(tmp_path / "setup.xml") in str(caught.value)
    assert "\n" not in str(caught.value)


BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><ScaleTool>&c;</ScaleTool>'
)
OUTSIDE = '<!DOCTYPE a [<!ENTITY secret SYSTEM "file:///etc/hostname">]><ScaleTool><notes>&secret;</notes></ScaleTool>'
PLAIN_DOCTYPE = "<!DOCTYPE ScaleTool><ScaleTool/>"
REMOTE_DTD = '<!DOCTYPE ScaleTool SYSTEM "http://example.invalid/a.dtd"><ScaleTool/>'
PARAMETER = '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><ScaleTool/>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, PLAIN_DOCTYPE, REMOTE_DTD, PARAMETER])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_and_entities_are_refused(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "setup.xml"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(UnsafeXml, match=r"document type .*expected plain XML without one\. Delete the declaration"):
        read_setup(path)


def test_an_undefined_entity_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "setup.xml"
    path.write_text("<ScaleTool><notes>&secret;</notes></ScaleTool>")
    with pytest.raises(FileError, match=r"line 1 column 19: is not well-formed XML \(undefined entity\)"):
        read_setup(path)


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "setup.xml"
    path.write_text("<a>" * 5000 + "</a>" * 5000)
    with pytest.raises(FileError, match="nested deeper than 200"):
        read_setup(path)
