"""The part of a recording that is analysed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import ExternalForces, MarkerTrajectories
from groundup.errors import RecordingError, TimeMismatch

FEWEST_FRAMES = 8
FEWEST_MARKERS = 3  # in a frame, to place a body
_SLACK_S = 1e-6
_BEYOND = 5


def window(recording: MarkerTrajectories, start_s: float | None, end_s: float | None) -> MarkerTrajectories:
    """Keep the frames from ``start_s`` to ``end_s``, both included; None is open.

    Raises
    ------
    RecordingError
        Too few frames are left.
    """
    first = -np.inf if start_s is None else start_s - _SLACK_S
    last = np.inf if end_s is None else end_s + _SLACK_S
    kept = _keep(recording, (recording.time_s >= first) & (recording.time_s <= last))
    if len(kept.time_s) < FEWEST_FRAMES:
        begin, end = recording.time_s[[0, -1]]
        raise RecordingError(
            f"{recording.source}: {len(kept.time_s)} frames lie in the chosen time range, expected at least "
            f"{FEWEST_FRAMES}; the recording runs from {begin:.3f} to {end:.3f} s. Choose --start-s and --end-s in it."
        )
    return kept


def clip_to_seen(recording: MarkerTrajectories, names: Collection[str]) -> tuple[MarkerTrajectories, list[str]]:
    """Keep the frames from the first to the last that show enough of the named markers, and say what was left out.

    Raises
    ------
    RecordingError
        Too few of the markers are recorded, or too few frames show enough of them.
    """
    used = [i for i, name in enumerate(recording.names) if name in names]
    if len(used) < FEWEST_MARKERS:
        found = f"only {len(used)}" if used else "none"
        raise RecordingError(
            f"{recording.source}: {found} of its {len(recording.names)} markers ({some_of(recording.names)}) are "
            f"weighted markers of the model ({some_of(names)}), expected at least {FEWEST_MARKERS}. Rename them in the "
            "recording or pass a model with these markers."
        )
    seen = np.isfinite(recording.positions_m[:, used]).all(axis=-1).sum(axis=1) >= FEWEST_MARKERS
    if seen.sum() < FEWEST_FRAMES:
        raise RecordingError(
            f"{recording.source}: {int(seen.sum())} of {len(seen)} frames show {FEWEST_MARKERS} or more of the "
            f"{len(used)} markers that are on the model, expected at least {FEWEST_FRAMES} such frames. Fill the gaps "
            "in the motion-capture software, or choose another part with --start-s and --end-s."
        )
    first, last = np.flatnonzero(seen)[[0, -1]]
    inside = np.arange(len(seen))
    kept = (inside >= first) & (inside <= last)
    if kept.all():
        return recording, []
    left_out = (
        f"{int((~kept).sum())} frames before {recording.time_s[first]:.3f} s or after {recording.time_s[last]:.3f} s"
    )
    return _keep(recording, kept), [f"{left_out} show fewer than {FEWEST_MARKERS} markers and were left out."]


def clip_to_forces(recording: MarkerTrajectories, forces: ExternalForces) -> tuple[MarkerTrajectories, list[str]]:
    """Keep the frames for which forces were recorded, and say how many were left out.

    Raises
    ------
    TimeMismatch
        Markers and forces share too short a time, or none.
    """
    first, last = float(forces.time_s[0]), float(forces.time_s[-1])
    inside = (recording.time_s >= first - _SLACK_S) & (recording.time_s <= last + _SLACK_S)
    begin, end = recording.time_s[[0, -1]]
    if inside.sum() < FEWEST_FRAMES:
        raise TimeMismatch(
            f"{forces.source}: forces run from {first:.3f} to {last:.3f} s, markers from {begin:.3f} to {end:.3f} s "
            f"({recording.source}); expected an overlap of at least {FEWEST_FRAMES} frames. Pass forces of the same "
            "trial, on the same clock."
        )
    notes = []
    if not inside.all():
        notes.append(
            f"{int((~inside).sum())} of {len(inside)} frames lie outside the recorded forces "
            f"({first:.3f} to {last:.3f} s) and were left out."
        )
    rate = (len(forces.time_s) - 1) / max(last - first, 1e-9)
    notes.append(f"Markers at {recording.rate_hz:g} Hz, forces at {rate:.4g} Hz, joined on one clock.")
    return _keep(recording, inside), notes


def clip_to_motion(forces: ExternalForces, time_s: Floats) -> ExternalForces:
    """Keep the forces of the analysed part, and a few samples beyond both ends for the spline through them."""
    inside = np.flatnonzero((forces.time_s >= time_s[0] - _SLACK_S) & (forces.time_s <= time_s[-1] + _SLACK_S))
    part = slice(max(0, int(inside[0]) - _BEYOND), int(inside[-1]) + _BEYOND + 1)
    wrenches = (
        replace(w, force_n=w.force_n[part], point_m=w.point_m[part], torque_nm=w.torque_nm[part])
        for w in forces.wrenches
    )
    return replace(forces, time_s=forces.time_s[part], wrenches=tuple(wrenches))


def _keep(recording: MarkerTrajectories, which: np.ndarray) -> MarkerTrajectories:
    return replace(recording, time_s=recording.time_s[which], positions_m=recording.positions_m[which])


def some_of(names: Collection[str], most: int = 6) -> str:
    """Names for a message: the first few."""
    return ", ".join(list(names)[:most]) + (", …" if len(names) > most else "")
