"""Which frames of the recordings a body is fitted to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, Joint
from groundup.body.recording import MarkerTrajectories
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import ModelError

STILL_S = 0.25  # length of the stretch of standing that is averaged
WALKING_FRAMES = 18
FEWEST_MARKERS = 3


def quietest_average(standing: MarkerTrajectories) -> Floats:
    """Average the stretch of a standing trial in which the markers move least.

    Returns
    -------
    position : array, shape (n_markers, 3), m
        A marker that is not seen there is averaged over the whole trial; NaN where it never is.
    """
    positions = standing.positions_m
    n, length = len(positions), max(1, round(STILL_S * standing.rate_hz))
    if n <= length:
        return _mean(positions)
    seen = np.asarray(np.isfinite(positions).all(-1))
    step = np.where(seen[1:] & seen[:-1], np.linalg.norm(np.diff(positions, axis=0), axis=-1), 0.0).sum(-1)
    lost = (seen.any(0) & ~seen).sum(-1).astype(float)
    # A stretch without one of the markers is worse than any that moves a little.
    restless = np.convolve(np.append(step, 0.0), np.ones(length), "valid") / length
    missing = np.convolve(lost, np.ones(length), "valid") / length
    start = int(np.argmin(restless + missing))
    here = _mean(positions[start : start + length])
    return np.where(np.isfinite(here), here, _mean(positions))


def walking_frames(walking: MarkerTrajectories, labels: tuple[str, ...], most: int = WALKING_FRAMES) -> np.ndarray:
    """Choose frames spread over the recording, in each part the one with most of ``labels``, (n,) indices."""
    column = [walking.names.index(n) for n in labels if n in walking.names]
    count = np.isfinite(walking.positions_m[:, column]).all(-1).sum(-1)
    chosen = []
    for part in np.array_split(np.arange(len(count)), min(most, len(count))):
        middle = np.abs(part - part.mean())
        best = part[np.lexsort((middle, -count[part]))[0]]
        if count[best] >= FEWEST_MARKERS:
            chosen.append(int(best))
    return np.array(chosen, dtype=int)


def upright_poses(body: Body, measured: Floats, default: Floats) -> Floats:
    """Turn and shift a body in its default pose onto measured markers, frame by frame.

    Parameters
    ----------
    body : with the markers, in the order of ``measured``
    measured : array, shape (n_frames, n_markers, 3), m, ground axes, NaN in gaps
    default : array, shape (n_coords,), rad or m

    Returns
    -------
    q : array, shape (n_frames, n_coords), rad or m
        Turned about the vertical alone, so that a person who stands on their head is not found.
    """
    skeleton = compile_skeleton(body)
    q = np.tile(skeleton.couplers.apply(default[None]), (len(measured), 1))
    segment = np.array([skeleton.segment_index[m.segment] for m in body.markers])
    at = poses(skeleton, q[:1])
    model = points_in_ground(at, segment, np.array([m.location for m in body.markers]))[0]
    root = next(j for j in body.joints if j.parent == body.ground.name)
    origin = at.translation[0, skeleton.segment_index[root.child]]
    turn, shift = _root_coordinates(root, skeleton.coordinate_index)
    for frame, target in enumerate(measured):
        seen = np.isfinite(target).all(-1)
        a, b = model[seen] - model[seen].mean(0), target[seen] - target[seen].mean(0)
        # Turned by w about y, (x, z) becomes (x cos w + z sin w, z cos w - x sin w).
        along = (a[:, 0] * b[:, 0] + a[:, 2] * b[:, 2]).sum()
        angle = np.arctan2((a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]).sum(), along)
        c, s = np.cos(angle), np.sin(angle)
        about = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
        place = target[seen].mean(0) + about @ (origin - model[seen].mean(0))
        if turn is not None:
            q[frame, turn] += angle
        q[frame, shift] += place - origin
    return q


def _root_coordinates(root: Joint, index: Mapping[str, int]) -> tuple[int | None, list[int]]:
    """Numbers of the coordinate that turns the body about the vertical, and of those that shift it along x, y, z."""
    turn = next((index[a.coordinates[0]] for a in root.axes[:3] if a.coordinates and a.axis[1] > 0.99), None)
    shift = sorted((a for a in root.axes[3:] if a.coordinates), key=lambda a: int(np.argmax(a.axis)))
    if len(shift) != 3:
        raise ModelError(
            f"joint {root.name!r} lets the body shift along {len(shift)} axes, expected 3. Fit a body that is free in "
            "the laboratory, as the default body is."
        )
    return turn, [index[a.coordinates[0]] for a in shift]


def _mean(positions: Floats) -> Floats:
    """Mean over frames of what was seen, (n_markers, 3), NaN where nothing was."""
    seen = np.asarray(np.isfinite(positions).all(-1))[..., None]
    count = seen.sum(0)
    return np.where(count > 0, np.where(seen, positions, 0.0).sum(0) / np.maximum(count, 1), np.nan)
