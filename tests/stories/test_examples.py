"""Every example runs as it stands."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name: str, monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", [name, *map(str, words)])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_all_examples_are_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {"demo_walk.py", "own_recording.py"}


def test_demo_walk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run("demo_walk.py", monkeypatch)
    said = capsys.readouterr().out
    assert "Peak low-back compression (L5/S1)" in said
    assert "the low back is loaded most at" in said


def test_own_recording(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared / "schreiber2019"
    walk, standing = folder / "2014001_C1_01.c3d", folder / "2014001_ST.c3d"
    run("own_recording.py", monkeypatch, walk, standing, 67, 1.65, tmp_path / "out")
    assert "Peak low-back compression (L5/S1) (none): 1." in capsys.readouterr().out
    assert (tmp_path / "out" / "report.html").is_file()
