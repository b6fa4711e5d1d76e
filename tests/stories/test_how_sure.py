"""Story: how sure is it? ``--samples`` on the command line, and Ctrl-C while they are computed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from groundup.cli.main import main
from groundup.io.study_file import SCHEMA_FILE

COMMAND = [sys.executable, "-m", "groundup", "demo", "--recording"]


def test_samples_are_told_while_they_are_computed_and_in_the_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    assert main(["demo", "--recording", "--samples", "20", "-o", str(tmp_path / "d")]) == 0
    said = capsys.readouterr()
    assert "samples, about" in said.err
    assert "s left" in said.err
    assert "by 20 samples of this recording" in said.out
    document = json.loads((tmp_path / "d" / "study.json").read_text())
    jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text())).validate(document)
    assert {h["interval_origin"] for h in document["headline"]} == {"sampled"}
    assert {i["origin"] for i in document["intervals"]} == {"sampled"}
    back = next(i for i in document["intervals"] if i["id"] == "lumbar_peak")
    assert back["low"] <= back["value"] <= back["high"]
    assert sum(c["percent"] for c in back["causes"]) == pytest.approx(100.0)
    assert {"muscles", "gait", "foot"} <= {i["id"].split(".")[0] for i in document["intervals"]}


@pytest.mark.skipif(os.name == "nt", reason="no Ctrl-C for a group of processes there")
def test_ctrl_c_while_sampling_writes_the_results_without(tmp_path: Path) -> None:
    out = tmp_path / "d"
    with subprocess.Popen(
        [*COMMAND, "--samples", "200", "-o", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        assert run.stderr is not None
        before = []
        for line in run.stderr:
            before.append(line)
            if "samples, about" in line:
                break
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the copies of the process, too
        printed, after = run.communicate(timeout=120)
    assert run.returncode == 0, "".join(before) + after
    assert "Traceback" not in after
    assert "sampling stopped: writing the results without intervals of their own; those shown are typical" in after
    assert "typical of the method, not this person's own" in printed
    document = json.loads((out / "study.json").read_text())
    assert {i["origin"] for i in document["intervals"]} == {"typical"}
