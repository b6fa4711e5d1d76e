"""Whether the markers are as far apart as on a person: units."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from groundup.body.person import Recognition
from groundup.body.recording import MarkerTrajectories
from groundup.errors import RecordingError
from groundup.motion.marker_checks.finding import low_median

_PERSON_M = (0.85, 2.35)
_USUAL_M = 1.72
"""Height of the default body; also what is expected where nobody gave a height."""
_LEAST_APART_M = 0.06
_FEWEST_DISTANCES = 2
_UNIT_M = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}


def check_size(markers: MarkerTrajectories, recognition: Recognition, height_m: float | None = None) -> float | None:
    """Height of the person that the distances between markers of the same bones speak of, m.

    Parameters
    ----------
    height_m : float or None, m
        As given; makes the guess of the unit surer.

    Returns
    -------
    float or None
        None where too few markers share a bone.

    Raises
    ------
    RecordingError
        It is no person's; the message names the probable unit.
    """
    ratio = size_ratio(markers, recognition)
    if ratio is None:
        return None
    height = _USUAL_M * ratio
    wrong_by = height / (height_m or _USUAL_M)
    if _PERSON_M[0] <= height <= _PERSON_M[1] and (height_m is None or 0.6 < wrong_by < 1.6):
        return height
    said, meant = _units(wrong_by)
    if said == meant:
        return height
    raise RecordingError(
        f"{markers.source}: the markers are those of a person {height:.3g} m tall, expected "
        f"{f'about {height_m:g}' if height_m else f'{_PERSON_M[0]:g} to {_PERSON_M[1]:g}'} m. They are probably in "
        f"{meant} and were read as {said}. Pass --marker-units {meant}."
    )


def size_ratio(markers: MarkerTrajectories, recognition: Recognition) -> float | None:
    """Distances between markers of the same bone over those on the default body; the median of all; None if few."""
    column = {name: k for k, name in enumerate(markers.names)}
    own = [p for p in recognition.placements if p.label in column]
    x = markers.positions_m[np.unique(np.linspace(0, len(markers.time_s) - 1, 20).astype(int))]
    found = []
    for p, q in combinations(own, 2):
        if p.segment != q.segment:
            continue
        there = float(np.linalg.norm(p.location_m - q.location_m))
        doubt = float(np.hypot(np.linalg.norm(p.sigma_m), np.linalg.norm(q.sigma_m)))
        if there > max(_LEAST_APART_M, 2 * doubt):
            here = low_median(np.linalg.norm(x[:, column[p.label]] - x[:, column[q.label]], axis=-1))
            found.append(float(here) / there)
    ratios = np.array([r for r in found if np.isfinite(r) and r > 0])
    return float(np.median(ratios)) if len(ratios) >= _FEWEST_DISTANCES else None


def _units(times: float) -> tuple[str, str]:
    """Unit that was read and unit that was meant, where lengths are ``times`` too large."""
    pairs = [(said, meant) for said in _UNIT_M for meant in _UNIT_M]
    return min(pairs, key=lambda p: abs(np.log(times * _UNIT_M[p[1]] / _UNIT_M[p[0]])))
