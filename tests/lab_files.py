"""C3D files as a motion laboratory exports them: z up, the person walks along −Y, millimetres."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from groundup.body.recording import MarkerTrajectories

TO_LABORATORY = np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""From x forward, y up, z right: forward is −Y, up is Z, right is −X."""


def write_lab_c3d(path: Path, markers: MarkerTrajectories, unit: str = "mm", metres_per_unit: float = 1e-3) -> Path:
    """Write markers without plates; a gap has a negative residual."""
    import ezc3d

    file = ezc3d.c3d()
    n_frames, n_markers = markers.positions_m.shape[:2]
    points = np.ones((4, n_markers, n_frames))
    points[:3] = (markers.positions_m @ TO_LABORATORY.T).transpose(2, 1, 0) / metres_per_unit
    seen = np.isfinite(markers.positions_m).all(axis=2).T
    points[:3, ~seen] = 0.0
    file["parameters"]["POINT"]["RATE"]["value"] = [markers.rate_hz]
    file["parameters"]["POINT"]["UNITS"]["value"] = [unit]
    file["parameters"]["POINT"]["LABELS"]["value"] = list(markers.names)
    file["data"]["points"] = points
    file["data"]["meta_points"]["residuals"] = np.where(seen, 0.0, -1.0)[None]
    file["data"]["meta_points"]["camera_masks"] = np.zeros((7, n_markers, n_frames), dtype=bool)
    file.write(str(path))
    return path


def relabelled(source: Path, path: Path, new: dict[str, str]) -> Path:
    """Copy a C3D file with other labels for some of its points; everything else stays."""
    import ezc3d

    file = ezc3d.c3d(str(source))
    labels = file["parameters"]["POINT"]["LABELS"]["value"]
    file["parameters"]["POINT"]["LABELS"]["value"] = [new.get(label, label) for label in labels]
    del file["data"]["meta_points"]
    file.write(str(path))
    return path
