"""The program in docs/simulate.md runs."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

import groundup
import stub_solvers
from groundup.predict import simulate

PAGE = Path(__file__).parents[2] / "docs" / "simulate.md"


def test_the_names_of_the_pages_are_there() -> None:
    pages = (PAGE, PAGE.parents[1] / "README.md")
    named = {name for page in pages for name in re.findall(r"groundup\.(\w+)\(", page.read_text(encoding="utf-8"))}
    assert {"simulate", "own_walk", "SimulationRequest", "parse_sweep"} <= named <= set(groundup.__all__)


def test_the_program_of_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)[1]
    monkeypatch.chdir(tmp_path)
    stub = functools.partial(simulate.simulate, solver=stub_solvers.same)
    monkeypatch.setattr(groundup, "simulate", stub, raising=False)
    exec(compile(program, "page", "exec"), {"__name__": "__main__"})
    told = capsys.readouterr().out
    assert "Does “heel lift, 8 mm, painful side” unload the low back?" in told
    assert told.splitlines()[-1].startswith("no clear change: +0.000 BW·s")
    assert len(list((tmp_path / "walks").glob("walk-*.npz"))) == 2
