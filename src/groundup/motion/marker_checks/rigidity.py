"""Which markers keep their distances: what a marker's neighbours on the same bone say about where it must be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.motion.marker_checks.finding import low_median, seen

N_NEIGHBOURS = 6
LOOSE_M = 0.015
"""Distances that change by more than this (standard deviation) are across a joint."""
FARTHEST_M = 0.7
TOLERANCE_M = 0.025
"""Skin moves over bone by up to 2 cm in walking (Leardini et al., 2005, doi:10.1016/j.gaitpost.2004.05.002)."""
_N_SAMPLES = 300


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances between all markers over the recording: ``median_m`` and ``spread_m``, both (n_markers, n_markers)."""

    median_m: Floats
    spread_m: Floats


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The markers that keep their distance to each marker best.

    Attributes
    ----------
    index : array, shape (n_markers, n_neighbours)
    distance_m, tolerance_m : array, shape (n_markers, n_neighbours)
        NaN where a marker has fewer of them.
    """

    index: np.ndarray
    distance_m: Floats
    tolerance_m: Floats


def distances(positions_m: Floats) -> Distances:
    """Median and robust standard deviation of every distance, from evenly chosen frames."""
    n_frames, n_markers = positions_m.shape[:2]
    chosen = positions_m[np.unique(np.linspace(0, n_frames - 1, min(n_frames, _N_SAMPLES)).astype(int))]
    median, spread = (np.full((n_markers, n_markers), np.nan) for _ in range(2))
    for k in range(n_markers):
        apart = np.linalg.norm(chosen - chosen[:, k : k + 1], axis=-1)
        median[k] = low_median(apart)
        spread[k] = 1.4826 * low_median(np.abs(apart - median[k]))
    return Distances(median, spread)


def neighbours(found: Distances, positions_m: Floats) -> Neighbours:
    """Choose for each marker those seen with it in most of its frames whose distance to it changes least."""
    there = seen(positions_m).astype(float)
    together = there.T @ there / np.maximum(there.sum(axis=0)[:, None], 1.0)
    usable = (found.spread_m < LOOSE_M) & (found.median_m < FARTHEST_M) & (together > 0.5)
    np.fill_diagonal(usable, False)
    # Among equally steady ones the nearer counts.
    order = np.argsort(np.where(usable, found.spread_m + 0.005 * found.median_m, np.inf), axis=1)[:, :N_NEIGHBOURS]
    kept = np.take_along_axis(usable, order, axis=1)
    distance = np.where(kept, np.take_along_axis(found.median_m, order, axis=1), np.nan)
    tolerance = np.maximum(TOLERANCE_M, 5 * np.take_along_axis(found.spread_m, order, axis=1))
    return Neighbours(order.astype(np.int64), distance, np.where(kept, tolerance, np.nan))


def departure(points_m: Floats, marker: int, positions_m: Floats, of: Neighbours) -> Floats:
    """How far points are from where a marker's neighbours want it, in tolerances.

    Parameters
    ----------
    points_m : array, shape (n_frames, 3), m
        Where the marker, or another in its stead, was.
    positions_m : array, shape (n_frames, n_markers, 3), m

    Returns
    -------
    array, shape (n_frames,)
        Median over its neighbours, so that one of them may be wrong; NaN with fewer than two of them in sight.
    """
    apart = np.linalg.norm(positions_m[:, of.index[marker]] - points_m[:, None], axis=-1)
    off = np.abs(apart - of.distance_m[marker]) / of.tolerance_m[marker]
    # The upper middle value: a point on the wrong side of a plane keeps some of its distances by chance.
    count = np.isfinite(off).sum(axis=1)
    ordered = np.sort(off, axis=1)
    at = np.minimum(count // 2, ordered.shape[1] - 1)
    return np.where(count >= 2, np.take_along_axis(ordered, at[:, None], axis=1)[:, 0], np.nan)
