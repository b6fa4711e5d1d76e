"""C3D files made for tests, written by ezc3d: a foot that stands on plates, with whatever a laboratory adds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ezc3d
import numpy as np

WALKER = {
    "LASI": (0.10, 0.15, 1.0),
    "RASI": (0.10, -0.15, 1.0),
    "LHEE": (-0.10, 0.12, 0.05),
    "LTOE": (0.10, 0.12, 0.05),
    "RHEE": (-0.10, -0.12, 0.05),
    "RTOE": (0.10, -0.12, 0.05),
}
"""A person in a laboratory with z up who faces +X, m."""


def down(centre_m: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> np.ndarray:
    """Corners of a plate whose z points down, as C3D means it: its x along +X, its y along −Y of the laboratory."""
    return np.array([[0.3, -0.5, 0.0], [-0.3, -0.5, 0.0], [-0.3, 0.5, 0.0], [0.3, 0.5, 0.0]]) + np.array(centre_m)


DOWN_AXES = np.diag([1.0, -1.0, -1.0])
"""The axes of :func:`down`, as columns."""


def walker(n_frames: int = 50, speed_m: tuple[float, float, float] = (2.0, 0.0, 0.0)) -> np.ndarray:
    """Points (n_frames, n_markers, 3) m of :data:`WALKER`, who goes ``speed_m`` over the whole recording."""
    along = np.linspace(0.0, 1.0, n_frames)[:, None, None] * np.array(speed_m)
    return np.array(list(WALKER.values()))[None] + along


def write_c3d(
    path: Path,
    points_m: np.ndarray | None = None,
    labels: list[str] | None = None,
    *,
    unit: str = "mm",
    metres_per_unit: float = 1e-3,
    rate_hz: float = 100.0,
    analog: np.ndarray | None = None,
    analog_units: list[str] | None = None,
    analog_labels: list[str] | None = None,
    parameters: dict[tuple[str, str], Any] | None = None,
) -> Path:
    """Write points (n_frames, n_markers, 3) m, NaN in gaps, and analog (n_samples, n_channels)."""
    points_m = walker() if points_m is None else points_m
    labels = list(WALKER) if labels is None else labels
    file = ezc3d.c3d()
    data = np.ones((4, points_m.shape[1], points_m.shape[0]))
    data[:3] = points_m.transpose(2, 1, 0) / metres_per_unit
    file["parameters"]["POINT"]["RATE"]["value"] = [rate_hz]
    file["parameters"]["POINT"]["LABELS"]["value"] = labels
    file["parameters"]["POINT"]["UNITS"]["value"] = [unit]
    file["data"]["points"] = data
    if analog is not None:
        n = analog.shape[1]
        file["parameters"]["ANALOG"]["RATE"]["value"] = [rate_hz * len(analog) / len(points_m)]
        file["parameters"]["ANALOG"]["LABELS"]["value"] = analog_labels or [f"A{i + 1}" for i in range(n)]
        file["parameters"]["ANALOG"]["UNITS"]["value"] = analog_units or ["V"] * n
        file["data"]["analogs"] = analog.T[None]
    for (group, name), value in (parameters or {}).items():
        file.add_parameter(group, name, value)
    file.write(str(path))
    return path


def plates(
    kinds: list[int],
    corners: list[np.ndarray],
    channels: list[list[int]],
    origins: list[tuple[float, float, float]] | None = None,
    calibration: np.ndarray | None = None,
) -> dict[tuple[str, str], Any]:
    """Parameters of plates: corners and origins in mm, channels from 1, calibration (6, 6, n_plates)."""
    found: dict[tuple[str, str], Any] = {
        ("FORCE_PLATFORM", "USED"): [len(kinds)],
        ("FORCE_PLATFORM", "TYPE"): kinds,
        ("FORCE_PLATFORM", "CORNERS"): np.stack([1000 * c.T for c in corners], axis=2),
        ("FORCE_PLATFORM", "ORIGIN"): np.array(origins or [(0.0, 0.0, 0.0)] * len(kinds)).T,
        ("FORCE_PLATFORM", "CHANNEL"): np.array(channels, dtype=float).T,
        ("FORCE_PLATFORM", "ZERO"): [0, 0],
    }
    if calibration is not None:
        found["FORCE_PLATFORM", "CAL_MATRIX"] = calibration
    return found
