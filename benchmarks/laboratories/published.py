"""The Arnold subjects: our joint moments beside those that were published with the same markers and forces."""

from __future__ import annotations

import numpy as np

from benchmarks.laboratories.cases import Measured
from groundup.io.storage import read_storage

_ASKED = (
    ("ankle, plantarflexion", "ankle_angle_{s}", -1),
    ("knee, extension", "knee_angle_{s}", -1),
    ("hip, flexion", "hip_flexion_{s}", 1),
    ("hip, extension", "hip_flexion_{s}", -1),
    ("hip, abduction", "hip_adduction_{s}", -1),
)
Row = tuple[str, float, float, float]


def moment_rows(m: Measured) -> list[Row]:
    """Peak of ours and theirs, N·m/kg, and the root mean square difference, of each moment and side.

    In both bodies the coordinates are positive for flexion, adduction and dorsiflexion.
    """
    a = m.analysis
    if m.laboratory.model is None or a.moments is None:
        return []
    table = read_storage(m.laboratory.model.parent / "id.sto")
    rows = []
    for what, pattern, sign in _ASKED:
        for side, word in (("r", "right"), ("l", "left")):
            name = pattern.format(s=side)
            ours = sign * a.moments[:, a.skeleton.coordinates.index(name)] / a.body.mass
            column = table.values[:, table.columns.index(f"{name}_moment")]
            theirs = sign * np.interp(a.motion.time_s, table.time_s, column) / a.body.mass
            rms = float(np.sqrt(np.nanmean((ours - theirs) ** 2)))
            rows.append((f"{what}, {word}", float(np.nanmax(ours)), float(np.nanmax(theirs)), rms))
    return rows
