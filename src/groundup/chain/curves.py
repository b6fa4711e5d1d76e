"""Quantities over the gait cycle, each on the cycle of its own foot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from groundup.study import Cycle, CycleCurve, Floats, Series, Side

POINTS = 101


def cycle_curves(
    series: Iterable[Series], cycles: Sequence[Cycle], time_s: Floats, labels: dict[str, str]
) -> tuple[CycleCurve, ...]:
    """Cut series into cycles and average them; a quantity of the trunk is drawn on both feet's cycles.

    Parameters
    ----------
    time_s : array, shape (n_frames,), clock of the series that have none of their own
    labels : plain words by series id
    """
    curves = []
    for one in series:
        sides: tuple[Side, ...] = ("right", "left") if one.side == "none" else (one.side,)
        for side in sides:
            each = _cut(one, [c for c in cycles if c.side == side], time_s)
            if len(each):
                mean = _mean(each)
                label = labels.get(one.id, "")
                curves.append(CycleCurve(one.id, one.group, one.name, one.side, side, one.unit, mean, each, label))
    return tuple(curves)


def _cut(series: Series, cycles: Sequence[Cycle], time_s: Floats) -> Floats:
    """Rows of points over each cycle that the series covers, shape (n_cycles, POINTS)."""
    clock = time_s if series.time_s is None else series.time_s
    slack = 1e-6
    ends = np.array([(c.start_s, c.end_s) for c in cycles]).reshape(-1, 2)
    covered = ends[(ends[:, 0] >= clock[0] - slack) & (ends[:, 1] <= clock[-1] + slack)]
    points = np.linspace(covered[:, 0], covered[:, 1], POINTS, axis=1)
    return np.interp(points.ravel(), clock, series.values).reshape(-1, POINTS)


def _mean(each: Floats) -> Floats:
    """Mean of the whole cycles; where none was computed throughout, of what there is at each point, (POINTS,)."""
    whole = each[np.isfinite(each).all(axis=1)]
    if len(whole):
        return np.asarray(whole.mean(axis=0))
    known = np.isfinite(each)
    return np.asarray(
        np.where(known.any(axis=0), np.where(known, each, 0.0).sum(0) / np.maximum(known.sum(0), 1), np.nan)
    )
