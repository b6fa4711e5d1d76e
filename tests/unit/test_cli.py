"""The command: exit codes, messages and answers; the mathematics behind it is replaced by stand-ins."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from groundup import from_files, pipeline
from groundup.body.recording import MarkerTrajectories, Table
from groundup.cli.main import main
from groundup.errors import RecordingError
from groundup.io.storage import write_storage
from groundup.io.study_file import write_study
from groundup.io.trc import write_trc
from groundup.study import Headline, Missing, Provenance, QualityItem, Study, Subject

DATA = Path(__file__).resolve().parents[1] / "data"


def _study() -> Study:
    return Study(
        title="A walk",
        synthetic=True,
        provenance=Provenance("0", "3", "2", "any", "2026-01-01T00:00:00Z", "groundup demo"),
        subject=Subject(70.0),
        time_s=np.linspace(0.0, 1.0, 11),
        quality=(QualityItem("moments", "bad", "pelvis", "Residual force is large.", advice="Check the plates."),),
        headline=(
            Headline("peak", "Peak load", 2.34567, "BW", "left", "", 2.1, 2.61, 0.2, 0.33, "typical"),
            Headline("lumbar", "Lumbar load", float("nan"), "BW", detail="no lumbar joint"),
        ),
        missing=(Missing("lumbar", "the body has no lumbar joint"),),
    )


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def demo(progress: Callable[[str], None], *, samples: int = 0, seed: int = 0) -> Study:
        progress("inverse kinematics")
        return _study()

    def save(study: Study, folder: Path) -> None:
        write_study(study, folder / "study.json")
        (folder / "report.html").write_text("<html>")

    monkeypatch.setattr(pipeline, "demo", demo)
    monkeypatch.setattr(pipeline, "save", save)


@pytest.mark.usefixtures("stand_in")
def test_demo_says_where_the_report_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--recording", "-o", str(tmp_path / "d")]) == 0
    said = capsys.readouterr()
    assert f"Report: {tmp_path / 'd' / 'report.html'}" in said.out
    assert "Peak load (left): 2.346 BW (2.1 to 2.61, change from 0.33)" in said.out
    assert "typical of the method, not this person's own: `--samples 200` computes this recording's own" in said.out
    assert "Lumbar load: not computed" in said.out
    assert "not computed: lumbar (the body has no lumbar joint)" in said.out
    assert "do not trust pelvis: Residual force is large. Check the plates." in said.out
    assert "inverse kinematics" in said.err


@pytest.mark.usefixtures("stand_in")
def test_demo_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--recording", "--json", "-o", str(tmp_path / "d")]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["files"] == ["report.html", "study.json"]
    assert [h["value"] for h in answer["headline"]] == [2.34567, None]
    assert [h["high"] for h in answer["headline"]] == [2.61, None]
    assert [h["detectable_new_session"] for h in answer["headline"]] == [0.33, None]
    assert [h["interval_origin"] for h in answer["headline"]] == ["typical", ""]
    assert answer["quality"] == {"bad": 1, "warn": 0, "info": 0}


@pytest.mark.usefixtures("stand_in")
def test_bench_times_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--alone", "--repeats", "2", "--json"]) == 0
    stages = json.loads(capsys.readouterr().out)["stages"]
    assert list(stages) == ["inverse kinematics", "writing the results", "total"]
    for name in ("first_s", "best_s", "median_s"):
        assert stages["inverse kinematics"][name] + stages["writing the results"][name] <= stages["total"][name] + 1e-3


def test_analyse_passes_its_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[from_files.AnalyseOptions] = []

    def analyse(options: from_files.AnalyseOptions, progress: Callable[[str], None]) -> Study:
        asked.append(options)
        raise RecordingError("enough")

    monkeypatch.setattr(from_files, "analyse_files", analyse)
    words = "analyse --model m.osim --markers w.trc --lowpass-hz 8 --marker-units mm --start-s 0.5 --end-s 1.5"
    assert main([*words.split(), "--opensim-equivalent", "--samples", "200", "-o", str(tmp_path / "x")]) == 1
    options = asked[0]
    assert (options.model, options.markers, options.forces) == (Path("m.osim"), Path("w.trc"), None)
    assert (options.lowpass_hz, options.marker_units, options.start_s, options.end_s) == (8.0, "mm", 0.5, 1.5)
    assert (options.samples, options.seed) == (200, 0)
    assert options.opensim_equivalent
    assert options.command.startswith("groundup analyse --model m.osim")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "usage: groundup"),
        ("fly", "invalid choice: 'fly'"),
        ("analyse", "--model"),
        ("analyse --model m --markers t --exponent 0", "'0' is not above zero"),
        ("analyse --model m --markers t --lowpass-hz nan", "'nan' is not a number"),
        ("analyse --model m --markers t --exponent 0.5", "--exponent 0.5 is below 1"),
        ("analyse --model m --markers t --reserve-nm -1", "'-1' is below zero"),
        ("analyse --model m --markers t --start-s 2 --end-s 1", "--start-s 2 is not before --end-s 1"),
        ("analyse --model m --markers t --marker-units ell", "invalid choice: 'ell'"),
        ("analyse t.trc --samples -1", "'-1' is not a whole number of 0 or more"),
        ("analyse t.trc --samples 7", "'7' samples are too few for an interval: expected 0 for none, or 20 or more"),
        ("analyse t.trc --samples many", "'many' is not a whole number of 0 or more"),
        ("demo --recording --samples 7", "200 give one that stays the same with another seed"),
        ("demo --recording --seed 1.5", "'1.5' is not a whole number of 0 or more"),
        ("bench --model m.osim --forces f.mot", "--model, --markers and --forces go together"),
        ("bench --alone --model m --markers t --forces f", "leave --model out"),
        ("bench --repeats 0", "'0' is not a whole number of 1 or more"),
        ("run", "SETUP.xml"),
    ],
)
def test_wrong_usage_is_2(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = main(words.split())
    except SystemExit as leave:
        code = leave.code
    assert code == 2
    assert message in capsys.readouterr().err


def test_what_cannot_be_done_is_1_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "nowhere.trc"]) == 1
    assert capsys.readouterr().err == "groundup: nowhere.trc: cannot be read (no such file). Check the path.\n"


@pytest.mark.parametrize(
    ("fault", "code", "message"),
    [
        (ValueError("shapes\ndiffer"), 1, "ValueError: shapes differ - this is a fault in groundup"),
        (KeyboardInterrupt(), 130, "stopped; nothing was written."),
        (OSError(28, "No space left on device", "x.sto"), 1, "x.sto: no space left on device."),
        (MemoryError(), 1, "not enough memory. Analyse a shorter part"),
    ],
)
def test_faults_end_with_one_line(
    fault: BaseException,
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def demo(progress: Callable[[str], None], *, samples: int = 0, seed: int = 0) -> Study:
        raise fault

    monkeypatch.delenv("GROUNDUP_DEBUG", raising=False)
    monkeypatch.setattr(pipeline, "demo", demo)
    assert main(["demo", "--recording", "-o", str(tmp_path / "d")]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert message in said.err
    assert list(tmp_path.iterdir()) == []
    if isinstance(fault, ValueError):
        monkeypatch.setenv("GROUNDUP_DEBUG", "1")
        with pytest.raises(ValueError, match="shapes"):
            main(["demo", "--recording", "-o", str(tmp_path / "d")])


def test_doctor(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["doctor", "--json", "-o", str(tmp_path / "doctor.json")]) == 0
    assert capsys.readouterr().out == ""
    answer = json.loads((tmp_path / "doctor.json").read_text())
    assert answer["healthy"]
    assert {"python", "numpy", "scipy", "opensim", "own data"} <= {check["name"] for check in answer["checks"]}
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.startswith("ok      python")


def test_inspect_markers_table_and_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    time = np.arange(5) / 100
    positions = np.tile([0.1, 0.2, 0.3], (5, 2, 1))
    positions[2, 1] = np.nan
    write_trc(MarkerTrajectories(time, ("HEEL", "TOE"), positions, 100.0), tmp_path / "w.trc")
    write_storage(Table(time, ("knee",), np.ones((5, 1)), True, "angles"), tmp_path / "q.mot")
    write_study(_study(), tmp_path / "anything.txt")  # the name does not matter

    markers = _inspect(tmp_path / "w.trc", capsys)
    assert (markers["kind"], markers["markers"], markers["rate_hz"]) == ("markers", ["HEEL", "TOE"], 100.0)
    assert markers["gaps"] == ["TOE: 1 of 5 frames"]
    table = _inspect(tmp_path / "q.mot", capsys)
    assert (table["columns"], table["angles"], table["rate_hz"]) == (["knee"], "degrees", 100.0)
    study = _inspect(tmp_path / "anything.txt", capsys)
    assert (study["title"], study["synthetic"]) == ("A walk", True)
    assert study["headline"] == ["Peak load (left): 2.346 BW", "Lumbar load: not computed"]


def test_inspect_model(capsys: pytest.CaptureFixture[str]) -> None:
    model = _inspect(DATA / "every_joint.osim", capsys)
    counts = model["counts"]
    assert isinstance(counts, dict)
    assert counts["joints"] == counts["segments"] > 3
    assert main(["inspect", str(DATA / "every_joint.osim")]) == 0
    assert f"segments {counts['segments']}, joints {counts['joints']}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"\x02P\x00\x01", "ends within its header"),
        (b"\x89PNG\r\n", "is a binary file"),
        (b"hello\n", "begins with 'hello"),
        (b"<html><body/></html>", "holds html, body, expected one of Model"),
    ],
)
def test_inspect_says_what_it_does_not_know(
    data: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f").write_bytes(data)
    assert main(["inspect", str(tmp_path / "f")]) == 1
    assert message in capsys.readouterr().err


def test_inspect_shared_files(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = {
        "subject01_Setup_IK.xml": "set-up",
        "subject01_Setup_Scale.xml": "set-up",
        "setup_JointReaction.xml": "set-up",
        "subject01_walk1_grf.xml": "external loads",
        "gait2392_Scale_MarkerSet.xml": "marker set",
        "gait2392_RRA_Actuators.xml": "force set",
    }
    for name, kind in kinds.items():
        assert _inspect(shared / "gait2392" / name, capsys)["kind"] == kind
        assert main(["inspect", str(shared / "gait2392" / name)]) == 0
        capsys.readouterr()


def _inspect(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert main(["inspect", str(path), "--json"]) == 0
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_reader_that_closes_early_is_no_fault() -> None:
    command = f"{sys.executable} -m groundup inspect --all {DATA / 'every_joint.osim'} | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == "kind: model\n"
