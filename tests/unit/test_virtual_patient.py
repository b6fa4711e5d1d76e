"""``groundup demo``: the virtual patient, from stored walks, without a solver."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.cli.main import main
from groundup.predict.answer import SimulationAnswer
from groundup.predict.changed_body import change
from groundup.predict.gait.baseline import healthy_walk
from groundup.predict.gait.walk import load_walk
from groundup.predict.pain import target
from groundup.predict.request import SimulationRequest
from groundup.predict.virtual_patient import FILES, stored_walk, virtual_patient
from groundup.predict.walk_job import Tell
from sample_answer import sample_answer


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[SimulationRequest]:
    """Stand in for the computation; returns what was asked for."""
    asked = []

    def simulate(request: SimulationRequest, progress: Tell, keep: Path, **options: Any) -> SimulationAnswer:
        assert options["solver"] is stored_walk
        assert set(options["varied"]) == {("healthy", "untreated"), ("untreated", "treated")}
        asked.append(request)
        return sample_answer(None, uncertainty=False)

    monkeypatch.setattr("groundup.predict.simulate.simulate", simulate)
    return asked


def test_it_says_the_answer_and_where_the_page_is(
    told: list[SimulationRequest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "-o", str(tmp_path / "d")]) == 0
    said = capsys.readouterr().out
    assert "Does “it” unload the low back?" in said
    assert "not pain relief" in said
    assert f"The answer: {tmp_path / 'd' / 'simulation.html'}" in said
    assert {"simulation.html", "simulation.json", "answer.txt"} <= {f.name for f in (tmp_path / "d").iterdir()}
    assert [c.kind for c in told[0].conditions] == ["heel_pain"]


def test_for_programs(told: list[SimulationRequest], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--json", "-o", str(tmp_path / "d")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed.pop("out") == str(tmp_path / "d")
    assert printed == json.loads((tmp_path / "d" / "simulation.json").read_text(encoding="utf-8"))


def test_samples_are_for_a_recording(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["demo", "--samples", "20"])
    assert left.value.code == 2
    assert "add --recording" in capsys.readouterr().err


def test_every_case_has_a_small_stored_walk() -> None:
    request = virtual_patient()
    assert [case.id for case in request.cases] == list(FILES)
    assert sum(file.stat().st_size for file in FILES.values()) < 1_000_000


def test_no_solver_is_needed() -> None:
    code = (
        "import sys; sys.modules['casadi'] = None\n"
        "from groundup.predict import simulate\n"
        "from groundup.predict.virtual_patient import *\n"
        "from groundup.errors import GroundupError\n"
        "def leave_out(*given): raise GroundupError('takes long')\n"
        "simulate.attribute = leave_out\n"
        "found = simulate.simulate(virtual_patient(), lambda words: None, solver=stored_walk)\n"
        "print(*(r.status for r in found.results))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["solved"] * 3


def test_the_stored_painful_walk_unloads_the_heel_by_what_the_law_was_calibrated_to() -> None:
    soles = change(default_body(), ()).prepared.soles
    walks = (healthy_walk(), load_walk(FILES["untreated"]))
    healthy, painful = (np.trapezoid(w.vertical(soles, "r", "heel"), w.time_s) / w.weight_n for w in walks)
    assert 100 * (painful / healthy - 1) == pytest.approx(target().change_percent, abs=0.25)
