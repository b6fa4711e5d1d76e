"""Which part of a recording the samples are computed on, and at which frames their muscle forces."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.gait import NO_CYCLE, gait_cycles
from groundup.loads.analysis import Analysis
from groundup.motion.trajectory import Motion
from groundup.study import Cycle

MOST_S = 3.0
"""Longer recordings are cut to so much about their cycles."""

LOADED_S = 1.9
"""Muscle forces are varied in no more than this: a cycle of each foot, or what is known."""

_BEFORE_S = 0.6  # on both sides, for the filter
_FEWEST = 4


def excerpt(a: Analysis) -> Analysis:
    """The analysis, or a few seconds of a long one."""
    clock = a.motion.time_s
    if clock[-1] - clock[0] <= MOST_S:
        return a
    window = loaded_frames(a, gait_cycles(a))
    middle = clock[window].mean() if len(window) else clock.mean()
    start = np.clip(middle - MOST_S / 2, clock[0], clock[-1] - MOST_S)
    return cropped(a, (clock >= start - 1e-9) & (clock <= start + MOST_S + 1e-9))


def _arrays(record: object, n: int) -> dict[str, Any]:
    """The arrays of a record with a frame in front."""
    values = {f.name: getattr(record, f.name) for f in fields(record)}  # type: ignore[arg-type]
    return {k: v for k, v in values.items() if isinstance(v, np.ndarray) and v.ndim and len(v) == n}


def cropped(a: Analysis, keep: np.ndarray) -> Analysis:
    """Some consecutive frames of an analysis."""
    n = len(keep)

    def cut(record: object) -> dict[str, Any]:
        return {k: v[keep] for k, v in _arrays(record, n).items()}

    ground = replace(a.ground, known=a.ground.known[keep])
    if ground.contacts is not None:
        ground = replace(ground, contacts=replace(ground.contacts, covered=ground.contacts.covered[keep]))
    return replace(
        a,
        recording=replace(a.recording, time_s=a.recording.time_s[keep], positions_m=a.recording.positions_m[keep]),
        fit=replace(a.fit, **cut(a.fit)),
        motion=Motion(*(getattr(a.motion, f.name)[keep] for f in fields(a.motion))),
        at=replace(a.at, **cut(a.at)),
        ground=ground,
        moments=None if a.moments is None else a.moments[keep],
        loads=None if a.loads is None else replace(a.loads, **cut(a.loads)),
    )


def masked(a: Analysis, keep: np.ndarray) -> Analysis:
    """The analysis with loads in some frames only; NaN in others."""
    keep = keep & a.ground.known

    def only(values: Floats) -> Floats:
        return np.where(keep.reshape(-1, *[1] * (values.ndim - 1)), values, np.nan)

    loads = a.loads
    if loads is not None:
        arrays: dict[str, Any] = {k: only(v) for k, v in _arrays(loads, len(keep)).items() if k != "status"}
        loads = replace(loads, **arrays)
    ground = replace(a.ground, known=keep)
    return replace(a, ground=ground, moments=None if a.moments is None else only(a.moments), loads=loads)


def loaded_frames(a: Analysis, cycles: tuple[Cycle, ...]) -> np.ndarray:
    """Frames in which muscle forces are varied: of a pair of cycles of both feet with the most known frames."""
    clock, known = a.motion.time_s, a.ground.known
    if a.moments is not None:
        known = known & np.isfinite(a.moments).all(axis=1)
    best = _with_most_known(clock, known, [c for c in cycles if c.source != NO_CYCLE])
    frames = np.flatnonzero(known if best is None else known & (clock >= best[0]) & (clock <= best[1]))
    if len(frames) and clock[frames[-1]] - clock[frames[0]] > LOADED_S + 1e-9:
        # Without a pair of cycles, the middle of what is known.
        middle = clock[frames].mean()
        frames = frames[np.abs(clock[frames] - middle) <= LOADED_S / 2]
    return frames


def _with_most_known(clock: Floats, known: np.ndarray, cycles: list[Cycle]) -> tuple[float, float] | None:
    pairs = [(c, d) for c in cycles for d in cycles if c.side != d.side or len({x.side for x in cycles}) == 1]
    spans = {(min(c.start_s, d.start_s), max(c.end_s, d.end_s)) for c, d in pairs}
    short = sorted(s for s in spans if s[1] - s[0] <= LOADED_S)
    if not short:
        return None
    parts = [known[(clock >= s - 1e-9) & (clock <= e + 1e-9)] for s, e in short]
    whole = [i for i, p in enumerate(parts) if len(p) and p.all()]
    if whole:  # the shortest in which all is known, the first of them
        return min((short[i] for i in whole), key=lambda s: round(s[1] - s[0], 3))
    return short[int(np.argmax([p.sum() for p in parts]))]


def nodes(a: Analysis, frames: np.ndarray, step_s: float) -> np.ndarray:
    """Frames to compute among ``frames``: evenly spaced ones, ends of what is known, and those about peaks."""
    if not len(frames):
        return frames
    clock = a.motion.time_s
    step = max(1, round(step_s / float(np.median(np.diff(clock)))))
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
    chosen = [run[np.unique(np.append(np.arange(0, len(run), step), len(run) - 1))] for run in runs]
    wanted = np.concatenate([*chosen, _about_peaks(a, frames, max(1, step // 2))])
    return np.intersect1d(np.unique(wanted), frames)


def _about_peaks(a: Analysis, frames: np.ndarray, reach: int) -> np.ndarray:
    """The frames with the highest forces in the joints of the chain, and their neighbours."""
    from groundup.chain.names import chain_joint

    if a.loads is None:
        return frames[:0]
    joints = [j for j, one in enumerate(a.body.joints) if chain_joint(one.name) is not None]
    size = np.linalg.norm(a.loads.reactions[frames][:, joints, 3:], axis=-1)
    tops = frames[np.nanargmax(size, axis=0)] if len(joints) else frames[:0]
    return np.unique(np.concatenate([tops, tops - reach, tops + reach]))


def spreading(clock: Floats, frames: np.ndarray, chosen: np.ndarray) -> Floats:
    """Matrix (n_frames, n_chosen) that interpolates from the chosen frames to all; nothing across gaps."""
    out = np.zeros((len(frames), len(chosen)))
    for run in np.split(np.arange(len(frames)), np.flatnonzero(np.diff(frames) > 1) + 1):
        inside = np.flatnonzero((chosen >= frames[run[0]]) & (chosen <= frames[run[-1]])) if len(run) else run
        if not len(inside):
            continue
        unit = np.eye(len(inside))
        at, knots = clock[frames[run]], clock[chosen[inside]]
        out[np.ix_(run, inside)] = _interpolated(knots, unit, at)
    return out


def _interpolated(knots: Floats, values: Floats, at: Floats) -> Floats:
    """Natural cubic spline; straight lines through fewer than four points."""
    if len(knots) < _FEWEST:
        return np.column_stack([np.interp(at, knots, column) for column in values.T])
    from scipy.interpolate import CubicSpline

    return np.asarray(CubicSpline(knots, values, bc_type="natural")(at))
