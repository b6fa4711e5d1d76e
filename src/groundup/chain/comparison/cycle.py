"""The one gait cycle of a study that stands for it, where one must be chosen: for attribution and for the picture."""

from __future__ import annotations

import numpy as np

from groundup.chain.comparison.curves import complete
from groundup.study import Cycle, Side, Study


def middle_cycle(study: Study, side: Side) -> Cycle | None:
    """Of the complete cycles whose loads are known, or else of all, the one whose ground force peak is the median."""
    cycles = [c for c in complete(study) if c.side == side]
    chosen = [c for c in cycles if c.covered] or cycles
    if not chosen:
        return None
    peaks = [_peak(study, c) for c in chosen]
    return chosen[int(np.argsort(peaks, kind="stable")[(len(peaks) - 1) // 2])]


def _peak(study: Study, cycle: Cycle) -> float:
    """Highest upward force under the foot of the cycle, N; 0 without plates."""
    parts = []
    for s in study.series:
        if s.group == "ground_force" and s.side == cycle.side and s.name.endswith("vy"):
            t = study.time_s if s.time_s is None else s.time_s
            parts.append(s.values[(t >= cycle.start_s) & (t < cycle.end_s)])
    total = np.sum(parts, axis=0) if parts else np.zeros(0)
    known = total[np.isfinite(total)]
    return float(known.max()) if len(known) else 0.0
