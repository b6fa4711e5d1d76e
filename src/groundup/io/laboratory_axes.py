"""From a laboratory's axes to the body's: x forward, y up, z to the right of the person.

Which axis of a recording points up and where the person walks is not written in a C3D file (what is written is about a
screen), so it is found from the markers, and said in words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats

Flags = NDArray[np.bool_]

# Beginnings and ends of the names that the usual marker sets give to parts of the body, without side.
_PELVIS = re.compile(r"(asis?|psis?|ias|ips|sacr|v\.?sacral|hip|pelvis)", re.I)
_HEEL = re.compile(r"(hee|heel|fcc|calc|cal\d?)$|heel|calc", re.I)
_TOES = re.compile(r"(toe|fm[1-5]|mtp?\d|mt[15]|mth\d|meta|d[15]m)", re.I)

_WALKED_M = 0.4  # net way of the markers from which on it is called walking
_SNAP_DEG = 30.0  # nearer to an axis than this, the turn is a whole quarter: corners of a laboratory are square


@dataclass(frozen=True, eq=False)
class LaboratoryTurn:
    """How a recording was turned.

    Attributes
    ----------
    matrix : array, shape (3, 3)
        Laboratory axes to x forward, y up, z right: ``new = matrix @ old``.
    words : how it was found and what was done
    certain : whether up and forward were both found, and not assumed
    """

    matrix: Floats
    words: str
    certain: bool

    def vectors(self, values: Floats) -> Floats:
        """Turn vectors, shape (..., 3)."""
        return np.asarray(values @ self.matrix.T)


def find_turn(
    names: Sequence[str], positions_m: Floats, plate_normals: Sequence[Floats] = (), screen_up: str = ""
) -> LaboratoryTurn:
    """Find which way is up and which way the person faces.

    Up is, from the first that is known: from the feet to the pelvis; the normal of the plates; the axis that the file
    shows upwards on a screen; the longest extent of the cloud of markers. Forward is the way the markers went, or,
    standing or on a treadmill, where the feet point; a person who walks backwards faces against the way.

    Parameters
    ----------
    names : n_markers names
    positions_m : array, shape (n_frames, n_markers, 3), m, NaN in gaps
    plate_normals : unit vectors, shape (3,); their sign is not used
    screen_up : POINT:Y_SCREEN, such as ``+Z``
    """
    feet, pelvis = _centre(names, positions_m, _HEEL, _TOES), _centre(names, positions_m, _PELVIS)
    up, up_from = _up(positions_m, feet, pelvis, plate_normals, screen_up)
    way = _without(_way(positions_m), up)
    heading = _without(_heading(names, positions_m), up)
    forward, words = _forward(way, heading, up)
    certain = forward is not None and up_from != _ASSUMED
    forward = _snap(forward if forward is not None else np.eye(3)[(int(np.argmax(np.abs(up))) + 1) % 3], up)
    matrix = np.stack([forward, up, np.cross(forward, up)]) + 0.0  # + 0.0: no negative zeros
    return LaboratoryTurn(matrix, f"{_axis(up)} is up ({up_from}); {words}. {_turned(matrix)}", certain)


# --- up ---------------------------------------------------------------------------------------------------------------

_ASSUMED = "assumed"


def _up(
    positions: Floats, feet: Floats | None, pelvis: Floats | None, normals: Sequence[Floats], screen_up: str
) -> tuple[Floats, str]:
    if feet is not None and pelvis is not None:
        rise = pelvis - feet
        if np.abs(rise).max() > 0.8 * np.linalg.norm(rise):  # within 37° of an axis: nobody lies across it
            return _nearest_axis(rise), "from feet to pelvis"
    middle = _median_point(positions)
    if len(normals):
        axis = _nearest_axis(np.abs(np.mean(np.abs(normals), axis=0)))
        return axis * (1.0 if middle is None or middle @ axis >= 0 else -1.0), "from the force plates"
    match = re.fullmatch(r"([+-]?)([XYZ])", screen_up.strip().upper())
    if match:
        return np.eye(3)["XYZ".index(match[2])] * (-1.0 if match[1] == "-" else 1.0), "as the file shows it"
    n_seen = np.isfinite(positions[..., 0]).astype(int).sum(axis=1)
    if middle is None or n_seen.max() < 5:
        return np.array([0.0, 0.0, 1.0]), _ASSUMED
    frames = positions[n_seen >= 5]
    extent = np.median(np.nanmax(frames, axis=1) - np.nanmin(frames, axis=1), axis=0)
    axis = np.eye(3)[int(np.argmax(extent))]
    return axis * (1.0 if middle @ axis >= 0 else -1.0), "the longest extent of the markers"


def _centre(names: Sequence[str], positions: Floats, *patterns: re.Pattern[str]) -> Floats | None:
    chosen = [i for i, name in enumerate(names) if any(pattern.search(name) for pattern in patterns)]
    return _median_point(positions[:, chosen]) if chosen else None


def _median_point(positions: Floats) -> Floats | None:
    points = positions.reshape(-1, 3)
    points = points[np.isfinite(points).all(axis=1)]
    return np.median(points, axis=0) if len(points) else None


# --- forward ----------------------------------------------------------------------------------------------------------


def _way(positions: Floats) -> Floats:
    """Return the net way of the markers, m: the mean over those seen both early and late; zero where there is none."""
    n_frames = len(positions)
    tenth = max(n_frames // 10, 1)
    if n_frames < 3:
        return np.zeros(3)
    early, late = (_mean_seen(positions[rows]) for rows in (slice(0, tenth), slice(n_frames - tenth, n_frames)))
    both = np.isfinite(early[:, 0]) & np.isfinite(late[:, 0])
    if both.sum() >= 3:
        return np.asarray(np.median((late - early)[both], axis=0))
    # People walk into the measured space and out of it: then the centre of whatever is seen has to do.
    centres = _mean_seen(positions.swapaxes(0, 1))
    seen = np.flatnonzero(np.isfinite(centres[:, 0]))
    return np.asarray(centres[seen[-1]] - centres[seen[0]]) if seen.size else np.zeros(3)


def _mean_seen(positions: Floats) -> Floats:
    """Return the mean over the first axis of what was seen, NaN where nothing was."""
    seen: Flags = np.asarray(np.isfinite(positions).all(axis=2))
    count = seen.sum(axis=0)[:, None]
    total = np.where(seen[:, :, None], positions, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _heading(names: Sequence[str], positions: Floats) -> Floats:
    """Return where the feet point: from the heels to the toes, side by side, so that toeing out cancels."""
    total = np.zeros(3)
    for side in "lr":
        own = [i for i, name in enumerate(names) if _side(name) == side]
        heel = _centre([names[i] for i in own], positions[:, own], _HEEL)
        toes = _centre_of_toes([names[i] for i in own], positions[:, own])
        if heel is not None and toes is not None:
            total = total + _mean_difference([names[i] for i in own], positions[:, own])
    return total


def _centre_of_toes(names: Sequence[str], positions: Floats) -> Floats | None:
    return _centre([name if not _HEEL.search(name) else "" for name in names], positions, _TOES)


def _mean_difference(names: Sequence[str], positions: Floats) -> Floats:
    heels = [i for i, name in enumerate(names) if _HEEL.search(name)]
    toes = [i for i, name in enumerate(names) if _TOES.search(name) and i not in heels]
    heel, toe = (_mean_seen(positions[:, chosen].swapaxes(0, 1)) for chosen in (heels, toes))
    along = (toe - heel)[np.isfinite(toe - heel).all(axis=1)]
    return np.asarray(along.mean(axis=0)) if len(along) else np.zeros(3)


def _side(name: str) -> str:
    """Return ``l``, ``r`` or nothing: the side in a marker's name (LHEE, L_FCC, L.Heel, RightHeel, heel_r)."""
    word = re.sub(r"^.*:", "", name).lower()
    match = re.match(r"(left|right|l|r)(?=[^a-z]|[a-z]{2})", word) or re.search(r"[^a-z](left|right|l|r)\d?$", word)
    return match[1][0] if match else ""


def _forward(way: Floats, heading: Floats, up: Floats) -> tuple[Floats | None, str]:
    went, points = float(np.linalg.norm(way)), float(np.linalg.norm(heading))
    if went > _WALKED_M and points > 0 and way @ heading < -0.5 * went * points:
        return heading, f"walking backwards along {_axis(_snap(way, up))} ({went:.2f} m), feet point the other way"
    if went > _WALKED_M:
        return way, f"walking along {_axis(_snap(way, up))} ({went:.2f} m)"
    if points > 0:
        return heading, f"standing or on a treadmill, feet point along {_axis(_snap(heading, up))}"
    return None, "which way the person faces was not found and is assumed"


def _without(vector: Floats, up: Floats) -> Floats:
    return np.asarray(vector - (vector @ up) * up)


def _snap(forward: Floats, up: Floats) -> Floats:
    """Return a horizontal unit vector, along an axis if one is near."""
    unit = _without(forward, up) / np.linalg.norm(_without(forward, up))
    nearest = _nearest_axis(unit)
    return nearest if unit @ nearest > math.cos(math.radians(_SNAP_DEG)) else unit


def _nearest_axis(vector: Floats) -> Floats:
    axis = int(np.argmax(np.abs(vector)))
    return np.asarray(np.eye(3)[axis] * (-1.0 if vector[axis] < 0 else 1.0))


# --- words ------------------------------------------------------------------------------------------------------------


def _axis(vector: Floats) -> str:
    axis = int(np.argmax(np.abs(vector)))
    if abs(vector[axis]) > 0.9999:
        return f"{'−' if vector[axis] < 0 else '+'}{'XYZ'[axis]}"
    return "(" + ", ".join(f"{value:.2f}" for value in vector) + ")"


def _turned(matrix: Floats) -> str:
    if np.array_equal(matrix, np.eye(3)):
        return "Axes kept."
    return "Turned: " + ", ".join(f"{new} = {_axis(row)}" for new, row in zip("xyz", matrix, strict=True)) + "."
