"""Markers that are somewhere else for a while: spikes, ghosts, frozen values, exchanges that hide in a gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import MarkerTrajectories
from groundup.motion.marker_checks.exchanges import exchange_finding
from groundup.motion.marker_checks.finding import Finding, frames_text, seen, spans
from groundup.motion.marker_checks.jumps import jump_limits, jump_sizes
from groundup.motion.marker_checks.rigidity import Neighbours, departure, distances, neighbours

SPIKE_S = 0.1
_FARTHEST_OFF = 2.0
"""Tolerances that a marker is off for which only a gap, and no jump, parts from its place."""
_OFF_BETWEEN_JUMPS = 0.3
"""A step aside along a circle round its neighbours changes little; two jumps tell that it was one."""
_FITS = 0.8
FROZEN_S = 0.05
_FROZEN_FRAMES = 5
_STILL_M = 1e-6
_MOVED_M = 0.02
_LARGEST_SHARE = 0.5


@dataclass(frozen=True)
class _Piece:
    """Frames ``first`` to ``last`` of a marker without a gap or jump; whether a jump leads in and out."""

    marker: int
    first: int
    last: int
    jumps_in: bool
    jumps_out: bool


def remove_strays(markers: MarkerTrajectories) -> tuple[MarkerTrajectories, tuple[Finding, ...]]:
    """Make gaps of what a marker cannot have done, and exchange back what changed places behind a gap."""
    x = markers.positions_m
    if len(x) < 4:
        return markers, ()
    near = neighbours(distances(x), x)
    frozen = _frozen(markers, near)
    x = np.where(_mask(x, frozen)[:, :, None], np.nan, x)
    sizes = jump_sizes(x)
    pieces = [p for p in _pieces(x, sizes > jump_limits(sizes, markers.rate_hz))]
    x, exchanged = _exchange_back(x, pieces, near)
    put_back = {(q.marker, q.first) for pair in exchanged for q in pair}
    strays = [
        p
        for p, before, after in _beside(pieces)
        if (p.marker, p.first) not in put_back and _is_stray(p, before + after, x, sizes, near, markers.rate_hz)
    ]
    strays = _clear_ones(strays, x)
    cleaned = np.where(_mask(x, strays)[:, :, None], np.nan, x)
    found = (
        *(_frozen_finding(markers, p) for p in frozen),
        *(exchange_finding(markers, p.marker, q.marker, *_joint(p, q)) for p, q in exchanged),
        *(_stray_finding(markers, p, x, near) for p in strays),
    )
    return replace(markers, positions_m=cleaned), found


# --- frozen values ----------------------------------------------------------------------------------------------------


def _frozen(markers: MarkerTrajectories, near: Neighbours) -> list[_Piece]:
    """Stretches in which a marker keeps exactly its place while the markers beside it move on."""
    x = markers.positions_m
    still = np.linalg.norm(np.diff(x, axis=0), axis=-1) < _STILL_M  # a gap is not still
    shortest = max(_FROZEN_FRAMES, round(FROZEN_S * markers.rate_hz))
    found = []
    for k in np.flatnonzero(still.sum(axis=0) >= shortest):
        beside = near.index[k][np.isfinite(near.distance_m[k])][:3]
        for first, last in spans(still[:, k]):
            if last + 1 - first < shortest or not len(beside):
                continue
            moved = np.linalg.norm(x[first : last + 2, beside] - x[first, beside], axis=-1).max(axis=0, initial=0.0)
            if np.isfinite(moved).any() and np.nanmin(moved) > _MOVED_M:
                found.append(_Piece(int(k), first + 1, last + 1, False, False))
    return found


def _frozen_finding(markers: MarkerTrajectories, p: _Piece) -> Finding:
    name = markers.names[p.marker]
    return Finding(
        "info",
        f"marker {name}",
        f"It stands still in {frames_text(markers, p.first, p.last)} while its neighbours move: a gap that was filled "
        "with its last value. It is a gap again.",
        "Leave gaps open when exporting, or fill them from the markers of the same segment.",
        float(markers.time_s[p.first]),
        float(markers.time_s[p.last]),
        float(p.last - p.first + 1),
        "frames",
        0.0,
    )


# --- pieces in the wrong place ----------------------------------------------------------------------------------------


def _pieces(x: Floats, jumped: np.ndarray) -> Iterator[_Piece]:
    """Pieces of those markers that have more than one."""
    there = seen(x)
    for k in range(x.shape[1]):
        if there[:, k].all() and not jumped[:, k].any():
            continue
        for first, last in spans(there[:, k]):
            cuts = [first, *(np.flatnonzero(jumped[first + 1 : last + 1, k]) + first + 1).tolist(), last + 1]
            for n, (start, after) in enumerate(pairwise(cuts)):
                yield _Piece(k, start, after - 1, n > 0, n < len(cuts) - 2)


def _beside(pieces: list[_Piece]) -> Iterator[tuple[_Piece, int, int]]:
    """Each piece with the lengths of those that a jump joins to it before and after."""
    length = {(p.marker, p.first): p.last - p.first + 1 for p in pieces}
    ends = {(p.marker, p.last): p.last - p.first + 1 for p in pieces}
    for p in pieces:
        before = ends.get((p.marker, p.first - 1), 0) if p.jumps_in else 0
        yield p, before, length.get((p.marker, p.last + 1), 0) if p.jumps_out else 0


def _is_stray(p: _Piece, n_beside: int, x: Floats, sizes: Floats, near: Neighbours, rate_hz: float) -> bool:
    n = p.last - p.first + 1
    both = p.jumps_in and p.jumps_out
    if n <= max(2, SPIKE_S * rate_hz) and both and _goes_on(p, x, sizes):
        return True
    off = _off(p, p.marker, p.marker, x, near)
    if np.isnan(off):  # no neighbours to ask: of a marker that jumps away and back, the longer part is right
        return both and n < n_beside
    if both and n < n_beside:
        return off > _OFF_BETWEEN_JUMPS
    return off > (1.0 if p.jumps_in or p.jumps_out else _FARTHEST_OFF)


def _off(p: _Piece, moved: int, stands_for: int, x: Floats, near: Neighbours) -> float:
    """Median departure of marker ``moved`` from the place of marker ``stands_for`` in the frames of a piece."""
    frames = slice(p.first, p.last + 1)
    off = departure(x[frames, moved], stands_for, x[frames], near)
    return float(np.nanmedian(off)) if np.isfinite(off).any() else float("nan")


def _goes_on(p: _Piece, x: Floats, sizes: Floats) -> bool:
    """Whether the marker goes on after the piece where it was heading before it."""
    k, before, after = p.marker, p.first - 1, p.last + 1
    if before < 1 or after + 1 >= len(x):
        gap, way = x[min(after, len(x) - 1), k] - x[max(before, 0), k], np.zeros(3)
    else:
        steps = np.stack([x[before, k] - x[before - 1, k], x[after + 1, k] - x[after, k]])
        way = np.nan_to_num(np.nanmean(steps, axis=0)) if np.isfinite(steps).any() else np.zeros(3)
        gap = x[after, k] - x[before, k]
    miss = float(np.linalg.norm(gap - way * (after - before)))
    return miss < 0.5 * float(min(sizes[p.first, k], sizes[after, k]))


def _exchange_back(x: Floats, pieces: list[_Piece], near: Neighbours) -> tuple[Floats, list[tuple[_Piece, _Piece]]]:
    """Exchange pieces that are off and fit into each other's place; returns the pairs too."""
    exchanged: list[tuple[_Piece, _Piece]] = []
    done: set[_Piece] = set()
    off = {p: _off(p, p.marker, p.marker, x, near) for p in pieces}
    for p in (p for p in pieces if off[p] > _FITS):
        fitting = [q for q in pieces if q.marker != p.marker and not {p, q} & done and _fit(p, q, off, x, near)]
        if not fitting:
            continue
        q = min(fitting, key=lambda q: _off(q, q.marker, p.marker, x, near))
        first, last = _joint(p, q)
        x = x.copy()
        x[first : last + 1, [p.marker, q.marker]] = x[first : last + 1, [q.marker, p.marker]]
        exchanged.append((p, q))
        done |= {p, q}
    return x, exchanged


def _joint(p: _Piece, q: _Piece) -> tuple[int, int]:
    return min(p.first, q.first), max(p.last, q.last)


def _fit(p: _Piece, q: _Piece, off: dict[_Piece, float], x: Floats, near: Neighbours) -> bool:
    """Whether two pieces at the same time fit each other's place better than their own; one may have no neighbours."""
    first, last = _joint(p, q)
    common = min(p.last, q.last) - max(p.first, q.first) + 1
    if common < 0.8 * (last - first + 1):
        return False
    as_p, as_q = _off(p, q.marker, p.marker, x, near), _off(p, p.marker, q.marker, x, near)
    fits_p = as_p < min(_FITS, 0.5 * off[p])
    return fits_p and (np.isnan(as_q) or as_q < min(_FITS, 0.5 * off[q]))


def _clear_ones(strays: list[_Piece], x: Floats) -> list[_Piece]:
    """Leave out markers that would lose most of their frames: it is not clear then which part is right."""
    lost: dict[int, int] = {}
    for p in strays:
        lost[p.marker] = lost.get(p.marker, 0) + p.last - p.first + 1
    there = seen(x).sum(axis=0)
    return [p for p in strays if lost[p.marker] <= _LARGEST_SHARE * there[p.marker]]


def _mask(x: Floats, pieces: list[_Piece]) -> np.ndarray:
    mask = np.zeros(x.shape[:2], dtype=bool)
    for p in pieces:
        mask[p.first : p.last + 1, p.marker] = True
    return mask


def _stray_finding(markers: MarkerTrajectories, p: _Piece, x: Floats, near: Neighbours) -> Finding:
    frames = slice(p.first, p.last + 1)
    apart = np.linalg.norm(x[frames, near.index[p.marker]] - x[frames, p.marker][:, None], axis=-1)
    off = np.abs(apart - near.distance_m[p.marker])
    value = float(np.nanmax(off)) if np.isfinite(off).any() else float("nan")
    n, name = p.last - p.first + 1, markers.names[p.marker]
    kind = (
        "jumps away" if p.jumps_in and p.jumps_out else "is somewhere else, perhaps on another marker or a reflection,"
    )
    return Finding(
        "info" if n <= SPIKE_S * markers.rate_hz else "warn",
        f"marker {name}",
        f"It {kind} in {frames_text(markers, p.first, p.last)}; these frames were made a gap.",
        "" if n <= SPIKE_S * markers.rate_hz else "Correct this marker there in the motion-capture software.",
        float(markers.time_s[p.first]),
        float(markers.time_s[p.last]),
        value,
        "m",
        0.025,
    )
