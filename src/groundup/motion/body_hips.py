"""Where hip centres lie in the pelvis, from the pelvis' width and depth: a regression on living people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body

# Harrington et al., 2007, doi:10.1016/j.jbiomech.2006.02.003, table 2 (adults, children, cerebral palsy; magnetic
# resonance images): places from the middle of the ASIS in the axes of the pelvis' four landmarks, by its depth (middle
# of the ASIS to middle of the PSIS) and width (between the ASIS), m.
BEHIND = (0.24, 0.0099)  # of the depth
BELOW = (0.30, 0.0109)  # of the width
BESIDE = (0.33, 0.0073)  # of the width
# Its residuals have standard deviations of 4 to 6 mm; palpation of the landmarks adds as much.
SIGMA_M = 0.008
# What lies between the bone and the middle of a marker, along the line from PSIS to ASIS.
SKIN_AND_MARKER_M = 0.014

_ENDS = ("asis_r", "asis_l", "psis_r", "psis_l")
_HIPS = ("hip_r", "hip_l")
_SMALL_M = 1e-6


@dataclass(frozen=True, eq=False)
class HipRule:
    """What the regression needs: the four pelvis markers and both hip joints.

    Attributes
    ----------
    markers : array, shape (4,), numbers of ASIS right and left, PSIS right and left among the markers
    hips_m : array, shape (2, 3), m, hip joints right and left in the unscaled pelvis
    pelvis : number of the pelvis among the segments, ground first
    """

    markers: np.ndarray
    hips_m: Floats
    pelvis: int


def hip_rule(body: Body, landmarks: Mapping[str, int], index: Mapping[str, int]) -> HipRule | None:
    """Return the rule where all four pelvis landmarks were recorded, else None.

    Parameters
    ----------
    landmarks : number of the recorded marker by the name of its landmark
    index : number of each segment
    """
    places = {j.name: j.parent_frame.translation for j in body.joints if j.parent == "pelvis"}
    if not all(e in landmarks for e in _ENDS) or not all(h in places for h in _HIPS):
        return None
    return HipRule(np.array([landmarks[e] for e in _ENDS]), np.array([places[h] for h in _HIPS]), index["pelvis"])


def hip_miss(ends: Floats, hips: Floats) -> Floats:
    """How far hip centres are from where the regression puts them, in standard deviations, (n, 6).

    Parameters
    ----------
    ends : array, shape (n, 4, 3), m, pelvis axes: ASIS right and left, PSIS right and left, middles of markers
    hips : array, shape (n, 2, 3), m, pelvis axes: right and left
    """
    front, back = ends[:, :2].mean(1), ends[:, 2:].mean(1)
    ahead = front - back
    depth = np.linalg.norm(ahead, axis=-1) - 2 * SKIN_AND_MARKER_M
    across = ends[:, 0] - ends[:, 1]
    width = np.linalg.norm(across, axis=-1)
    z = across / width[:, None]
    x = ahead - (ahead * z).sum(-1, keepdims=True) * z
    x = x / np.linalg.norm(x, axis=-1, keepdims=True)
    y = np.cross(z, x)
    behind = (BEHIND[0] * depth + BEHIND[1] + SKIN_AND_MARKER_M)[:, None] * x
    below = (BELOW[0] * width + BELOW[1])[:, None] * y
    beside = (BESIDE[0] * width + BESIDE[1])[:, None] * z
    middle = front - behind - below
    miss = np.stack([hips[:, 0] - middle - beside, hips[:, 1] - middle + beside], axis=1)
    return np.asarray(miss.reshape(len(ends), 6) / SIGMA_M)


def linearised(ends: Floats, hips: Floats) -> tuple[Floats, Floats]:
    """Return the misses (6,) and their derivative (6, 18) by the coordinates of the ends (4, 3) and hips (2, 3)."""
    at = np.concatenate([ends.ravel(), hips.ravel()])
    # Central differences of a handful of sums and square roots: good to nine digits.
    steps = _SMALL_M * np.eye(len(at))
    points = np.concatenate([at[None], at + steps, at - steps])
    values = hip_miss(points[:, :12].reshape(-1, 4, 3), points[:, 12:].reshape(-1, 2, 3))
    n = len(at)
    return values[0], (values[1 : n + 1] - values[n + 1 :]).T / (2 * _SMALL_M)
