"""The tests of simulated gait, in a process without the opensim package."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "simulate"


def test_simulate_suite(clean_environment: dict[str, str]) -> None:
    if importlib.util.find_spec("casadi") is None:
        pytest.skip("casadi is not installed")
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:xdist", "-p", "no:cacheprovider", str(FOLDER)]
    done = subprocess.run(
        command,
        env={**clean_environment, "GROUNDUP_SIMULATE_TESTS": "1"},
        capture_output=True,
        text=True,
        cwd=FOLDER.parents[1],
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
