"""What CI does: PostgreSQL that is there and does not start fails, tests do not collide by name."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")


def _bash(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\nunset GROUNDUP_TEST_DATABASE_URL\n{script}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("instead", "code", "words"),
    [
        ("_postgresql_bin() { echo /nowhere; }", 2, "PostgreSQL is installed and does not start"),
        ("_install_postgresql() { return 1; }", 1, "cannot be installed here; the tests of a store on it are skipped"),
        ("GROUNDUP_TEST_DATABASE_URL=postgresql://given", 0, ""),
    ],
)
def test_starting_postgresql(instead: str, code: int, words: str) -> None:
    done = _bash(f". .ci/postgresql.sh\n{instead}\ncode=0\nstart_postgresql || code=$?\necho code $code")
    assert done.stdout.split()[-2:] == ["code", str(code)]
    assert words in done.stderr


@pytest.mark.parametrize(
    ("code", "end"),
    [
        (0, "== All passed (0 s)."),
        (1, "== All passed (0 s). PostgreSQL cannot be installed here: the store was tested on SQLite only."),
        (2, "== Failed: PostgreSQL (0 s)."),
    ],
)
def test_the_end_of_ci_says_what_was_not_tested(tmp_path: Path, code: int, end: str) -> None:
    """``.ci/run`` itself, with a server that is or is not there, and steps that do nothing."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    stub = f"start_postgresql() {{ return {code}; }}\nstop_postgresql() {{ :; }}\nmake() {{ :; }}\n"
    (tmp_path / ".ci" / "postgresql.sh").write_text(stub, encoding="utf-8")
    packages = tmp_path / "dpkg-query"
    packages.write_text("#!/bin/sh\necho install ok installed\n", encoding="utf-8")
    packages.chmod(0o755)
    done = _bash(f"PATH={tmp_path}:$PATH bash {tmp_path}/.ci/run")
    said = done.stdout.splitlines()[-1].replace("(1 s)", "(0 s)")
    assert (done.returncode, said) == (int(code == 2), end), done.stderr


def test_files_of_tests_have_names_of_their_own() -> None:
    # Two of one name in two folders collide in one run of pytest, and only there.
    found = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in found.items() if count > 1] == []
