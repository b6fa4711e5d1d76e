"""Every command of the pages about store, cohort and exchange runs as it stands, in an empty folder of a new user."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from groundup.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
NEEDS = {"store": "sqlalchemy", "cohort": "statsmodels", "fhir": "fhir.resources"}


def commands(page: str) -> list[str]:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line and not line.startswith("pip install ")]


@pytest.fixture
def new_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GROUNDUP_STORE", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.mark.parametrize("page", sorted(NEEDS))
def test_every_command_of_the_page_runs(page: str, new_user: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip(NEEDS[page])
    lines = commands(page)
    assert len(lines) >= 2
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "groundup", line
        assert main(words[1:]) == 0, f"{line}\n{capsys.readouterr().err}"
    told = {
        "store": "p-7k2mq9xd  1978  2",  # the list of the copy
        "cohort": "Odds ratio: 4.86 (1.52 to 15.5), 54 people",
        "fhir": "Cauda equina",
    }
    assert told[page] in capsys.readouterr().out


def test_the_python_of_the_store_page_runs(new_user: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sqlalchemy")
    assert main(["demo", "--recording", "-o", "out/walk"]) == 0
    capsys.readouterr()
    text = (ROOT / "docs" / "store.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    exec(compile(code, "docs/store.md", "exec"), {})
    assert capsys.readouterr().out == "2026-05-04 34.0 first\n"
