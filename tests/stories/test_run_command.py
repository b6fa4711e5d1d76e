"""``groundup run``: OpenSim's set-up files from scaling to inverse dynamics, and what can go wrong on the way."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from groundup.cli.main import main
from groundup.io.osim_read import read_osim
from groundup.io.storage import read_storage

SCALE, IK, ID = (f"subject01_Setup_{tool}.xml" for tool in ("Scale", "IK", "InverseDynamics"))


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    """Return a copy of OpenSim's example folder."""
    return Path(shutil.copytree(shared / "gait2392", tmp_path / "gait2392"))


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _setup(path: Path, tool: str, **elements: str) -> Path:
    body = "".join(f"<{tag}>{text}</{tag}>" for tag, text in elements.items())
    path.write_text(f'<OpenSimDocument Version="40000"><{tool} name="t">{body}</{tool}></OpenSimDocument>')
    return path


def test_example_from_scaling_to_moments(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _files(folder)
    for setup in (SCALE, IK, ID):
        assert main(["run", str(folder / setup)]) == 0
    made = _files(folder) - before
    assert made == {
        "subject01_scaledOnly.osim",
        "subject01_scaleSet_applied.xml",
        "subject01_simbody.osim",
        "subject01_static_output.mot",
        "subject01_walk1_ik.mot",
        "subject01_ik_marker_errors.sto",
        "ResultsInverseDynamics/InverseDynamicsOutput.sto",
    }
    assert read_osim(folder / "subject01_simbody.osim").mass == pytest.approx(72.6)
    moments = read_storage(folder / "ResultsInverseDynamics" / "InverseDynamicsOutput.sto")
    assert moments.columns[:4] == (
        "pelvis_tilt_moment", "pelvis_list_moment", "pelvis_rotation_moment", "pelvis_tx_force"
    )  # fmt: skip
    assert moments.time_s[[0, -1]] == pytest.approx([0.396, 1.596])
    assert np.isfinite(moments.values).all()
    said = capsys.readouterr()
    assert "note: not on the model, not scaled: patella_r, patella_l" in said.err
    assert "inverse kinematics of 121 frames" in said.err
    assert "1 files" in said.out


def test_results_go_where_out_says(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _files(folder)
    assert main(["run", str(folder / SCALE), "-o", str(tmp_path / "out" / "scaled"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {Path(file).parent for file in answer["files"]} == {tmp_path / "out" / "scaled"}
    assert all(Path(file).is_file() for file in answer["files"])
    assert _files(folder) == before


def test_muscles_that_are_not_excluded_are_refused_where_they_would_pull(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subject = shared / "arnold2013" / "subject01"
    setup = _setup(
        tmp_path / "id.xml",
        "InverseDynamicsTool",
        model_file=str(subject / "subject01.osim"),
        coordinates_file=str(subject / "coordinates.sto"),
    )
    assert main(["run", str(setup)]) == 1
    said = capsys.readouterr().err
    assert "<forces_to_exclude> leaves" in said
    assert "Write 'muscles' there." in said
    assert _files(tmp_path) == {"id.xml"}


def test_forces_that_are_not_computed_are_named(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subject = shared / "arnold2013" / "subject01"
    setup = _setup(
        tmp_path / "id.xml",
        "InverseDynamicsTool",
        model_file=str(subject / "subject01.osim"),
        coordinates_file=str(subject / "coordinates.sto"),
        forces_to_exclude="muscles",
        lowpass_cutoff_frequency_for_coordinates="6",
    )
    assert main(["run", str(setup)]) == 0
    said = capsys.readouterr().err
    assert "note: OpenSim counts in SpringGeneralizedForce passive_stiffness_lumbar_extension" in said
    assert _files(tmp_path) == {"id.xml", "inverse_dynamics.sto"}


@pytest.mark.parametrize(
    ("tool", "elements", "words"),
    [
        ("CMCTool", {}, "holds CMCTool, expected one of ScaleTool"),
        ("InverseKinematicsTool", {}, "<model_file> names no file, expected one"),
        ("InverseKinematicsTool", {"model_file": "none.osim"}, "none.osim, which does not exist"),
        ("InverseDynamicsTool", {"joints_to_report_body_forces": "All"}, "<joints_to_report_body_forces>"),
        ("AnalyzeTool", {}, "holds no analysis that is switched on"),
        (
            "AnalyzeTool",
            {"AnalysisSet": '<objects><BodyKinematics name="b"/></objects>'},
            "AnalysisSet holds BodyKinematics[b], which groundup does not run",
        ),
        (
            "AnalyzeTool",
            {"AnalysisSet": '<objects><JointReaction name="j"/></objects>'},
            "JointReaction[j]/<forces_file> is empty",
        ),
        (
            "AnalyzeTool",
            {
                "AnalysisSet": '<objects><StaticOptimization name="s"><use_model_force_set>false</use_model_force_set>'
                "</StaticOptimization></objects>"
            },
            "StaticOptimization[s]/<use_model_force_set> is false",
        ),
        (
            "AnalyzeTool",
            {"AnalysisSet": '<objects><StaticOptimization name="s"/></objects>', "controls_file": "c.xml"},
            "<controls_file> names c.xml",
        ),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tool: str, elements: dict[str, str], words: str
) -> None:
    setup = _setup(tmp_path / "setup.xml", tool, **elements)
    assert main(["run", str(setup)]) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("groundup: ")
    assert words in said
    assert "setup.xml" in said
    assert _files(tmp_path) == {"setup.xml"}


def test_set_up_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(tmp_path / "none.xml")]) == 1
    assert "none.xml" in capsys.readouterr().err


def test_no_set_up_is_wrong_usage() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["run"])
    assert stopped.value.code == 2


def test_out_that_is_a_file_is_refused_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("mine")
    assert main(["run", str(tmp_path / "none.xml"), "-o", str(tmp_path / "out")]) == 1
    assert "is a file, expected a folder for the results" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("subject01_walk1_grf.xml", "absent.xml", "absent.xml, which does not exist"),
        ("0.40000000       1.60000000", "7 8", "<time_range> is 7 to 8 s, but the motion runs from"),
        ("0.40000000       1.60000000", "-0.4 1.6", "Choose <time_range> within the forces"),
        ("subject01_walk1_ik.mot", "subject01_walk1_grf.mot", "holds no coordinate of the model"),
    ],
)
def test_inverse_dynamics_leaves_nothing_behind_when_it_cannot(
    folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, words: str
) -> None:
    assert main(["run", str(folder / SCALE)]) == 0
    assert main(["run", str(folder / IK)]) == 0
    setup = folder / ID
    setup.write_text(setup.read_text().replace(old, new))
    before = _files(folder)
    assert main(["run", str(setup)]) == 1
    assert words in capsys.readouterr().err
    assert _files(folder) == before


def test_nothing_is_changed_where_one_file_cannot_be_written(tmp_path: Path) -> None:
    from groundup.drop_in.outcome import Output, write_all
    from groundup.errors import FileError

    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a").write_text("old")
    outputs = (Output(tmp_path / "a", lambda path: path.write_text("new") and None), Output(tmp_path / "b" / "c", fail))
    with pytest.raises(FileError, match="no space left on device"):
        write_all(outputs)
    assert (tmp_path / "a").read_text() == "old"
    assert _files(tmp_path) == {"a"}
