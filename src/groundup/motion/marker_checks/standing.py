"""Whether a standing recording belongs to the walk: the same person, the same places of markers, standing still."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.person import Recognition
from groundup.body.recording import MarkerTrajectories
from groundup.motion.marker_checks.finding import Finding, low_median
from groundup.motion.marker_checks.rigidity import FARTHEST_M, LOOSE_M, distances

MOVES_M = 0.03
OTHER_SIZE = 0.05
ELSEWHERE_M = 0.02
_FEWEST = 6


def examine_standing(
    standing: MarkerTrajectories, walk: MarkerTrajectories, recognition: Recognition
) -> tuple[Finding, ...]:
    """Compare a standing recording with the walk that it is used for.

    Parameters
    ----------
    standing, walk : both examined, so that their gaps and exchanges are dealt with
    recognition : of the labels of the walk
    """
    return (*_still(standing), *_labels(standing, walk, recognition), *_places(standing, walk, recognition))


def _still(standing: MarkerTrajectories) -> list[Finding]:
    x = standing.positions_m
    if len(x) < 2:
        return []
    away = np.linalg.norm(x - low_median(x), axis=-1)
    known = np.where(np.isfinite(away), away, 0.0)
    # Most markers together: a hand may wave.
    moved = np.quantile(known, 0.6, axis=1)
    worst = int(moved.argmax())
    if moved[worst] <= MOVES_M:
        return []
    return [
        Finding(
            "warn",
            "standing recording",
            "The person does not stand still: most markers move. The stillest frames are used.",
            "Record a second of quiet standing, or cut the file to it.",
            float(standing.time_s[worst]),
            float(standing.time_s[worst]),
            float(moved[worst]),
            "m",
            MOVES_M,
        )
    ]


def _labels(standing: MarkerTrajectories, walk: MarkerTrajectories, recognition: Recognition) -> list[Finding]:
    used = {p.label for p in recognition.placements} & set(walk.names)
    absent = sorted(used - set(standing.names))
    if not absent:
        return []
    most = len(absent) > 0.5 * len(used)
    return [
        Finding(
            "bad" if most else "info",
            "standing recording",
            f"{len(absent)} of {len(used)} markers of the walk are not in it: {', '.join(absent[:8])}"
            f"{' …' if len(absent) > 8 else ''}. Their places come from the walk alone.",
            "Check that it is from the same session, with the same labels." if most else "",
            value=float(len(absent)),
            unit="markers",
            limit=0.0,
        )
    ]


def _places(standing: MarkerTrajectories, walk: MarkerTrajectories, recognition: Recognition) -> list[Finding]:
    """Compare distances on each bone: all of them tell of another person, one marker's of another place."""
    segment = {p.label: p.segment for p in recognition.placements}
    placed = [p.label for p in recognition.placements if p.label in walk.names and p.label in standing.names]
    if len(placed) < _FEWEST or len(walk.time_s) < 10:
        return []
    there, here = (_take(m, placed) for m in (walk, standing))
    in_walk, median = distances(there), distances(here).median_m
    steady = (in_walk.spread_m < LOOSE_M) & (in_walk.median_m < FARTHEST_M) & (in_walk.median_m > 0.03)
    # Distances across a joint may keep while walking, and still differ in another posture.
    bones = np.array([segment[label] for label in placed])
    steady &= np.isfinite(median) & (bones[:, None] == bones)
    np.fill_diagonal(steady, False)
    if steady.sum() < 2 * _FEWEST:
        return []
    size = float(np.median((median / np.where(steady, in_walk.median_m, 1.0))[steady]))
    if abs(size - 1.0) > OTHER_SIZE:
        return [_other_person(size)]
    change = np.where(steady, np.abs(median - in_walk.median_m) - 2 * in_walk.spread_m, np.nan)
    return _elsewhere(placed, change)


def _take(markers: MarkerTrajectories, labels: list[str]) -> Floats:
    return np.asarray(markers.positions_m[:, [markers.names.index(label) for label in labels]])


def _other_person(size: float) -> Finding:
    return Finding(
        "bad",
        "standing recording",
        f"Distances between markers are {100 * abs(size - 1):.0f} % {'larger' if size > 1 else 'smaller'} than in the "
        "walk: another person, or another unit.",
        "Pass the standing recording of this person and session (--static), or none.",
        value=100 * abs(size - 1.0),
        unit="%",
        limit=100 * OTHER_SIZE,
    )


def _elsewhere(labels: list[str], change: Floats) -> list[Finding]:
    """Markers whose distances to most neighbours changed; the worst first, and then without it."""
    found = []
    left = np.isfinite(change).sum(axis=1) >= 2
    change = change.copy()
    while left.any():
        off = np.where(left, low_median(change, axis=1), -np.inf)
        k = int(np.nanargmax(np.where(np.isfinite(off), off, -np.inf)))
        if not off[k] > ELSEWHERE_M:
            break
        text = "Its distances to its neighbours differ from those in the walk: it was moved, or the label is another's."
        found.append(
            Finding(
                "warn",
                f"marker {labels[k]} in the standing recording",
                text,
                "Check its label in both recordings; if it was put on anew, leave it out of the standing one.",
                value=float(off[k]),
                unit="m",
                limit=ELSEWHERE_M,
            )
        )
        change[k], change[:, k] = np.nan, np.nan
        left = np.isfinite(change).sum(axis=1) >= 2
    return found
