"""Whatever happens to a C3D file on its way here, the process lives and the message is one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

ACCIDENTS = Path(__file__).with_name("c3d_accidents.py")
N_FILES, SEED = 300, 20


def test_damaged_recordings(tmp_path: Path) -> None:
    source = _whole(tmp_path / "whole.c3d")
    command = [sys.executable, str(ACCIDENTS), str(source), str(tmp_path), str(N_FILES), str(SEED)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    at = (tmp_path / "current").read_text()
    assert run.returncode == 0, f"file {at} of seed {SEED}: exit {run.returncode}, {run.stderr[-500:]}"
    outcome = json.loads(run.stdout.splitlines()[-1])
    assert outcome["bad messages"] == []
    assert outcome["read"] + outcome["refused"] == N_FILES
    assert outcome["refused"] > N_FILES / 2


def _whole(path: Path) -> Path:
    """A small recording with a plate, events and channels, so that every part of the reader is hurt."""
    import ezc3d

    file = ezc3d.c3d()
    rng = np.random.default_rng(0)
    file["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["LABELS"]["value"] = ["LASI", "RASI", "LHEE", "LTOE", "RHEE", "RTOE"]
    points = np.ones((4, 6, 10))
    points[:3] = rng.uniform(50, 900, (3, 6, 10))
    file["data"]["points"] = points
    file["parameters"]["ANALOG"]["RATE"]["value"] = [1000.0]
    file["parameters"]["ANALOG"]["LABELS"]["value"] = ["Fx", "Fy", "Fz", "Mx", "My", "Mz", "EMG1"]
    file["parameters"]["ANALOG"]["UNITS"]["value"] = ["N", "N", "N", "Nmm", "Nmm", "Nmm", "V"]
    file["data"]["analogs"] = rng.uniform(-500, 500, (1, 7, 100))
    corners = np.array([[300, 500, 0], [-300, 500, 0], [-300, -500, 0], [300, -500, 0.0]]).T[:, :, None]
    for name, value in {
        "USED": [1],
        "TYPE": [2],
        "ZERO": [1, 0],
        "CORNERS": corners,
        "ORIGIN": np.array([[0.0, 0.0, -40.0]]).T,
        "CHANNEL": np.arange(1.0, 7.0)[:, None],
    }.items():
        file.add_parameter("FORCE_PLATFORM", name, value)
    for name, value in {
        "USED": [2],
        "LABELS": ["Foot Strike", "Foot Off"],
        "CONTEXTS": ["Left", "Right"],
        "TIMES": np.array([[0.0, 0.0], [0.02, 0.05]]),
    }.items():
        file.add_parameter("EVENT", name, value)
    file.add_parameter("SUBJECTS", "NAMES", ["Anna"])
    file.add_parameter("PROCESSING", "Bodymass", [70.0])
    file.write(str(path))
    return path
