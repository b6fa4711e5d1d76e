"""Normal walking, by which a predicted walk is judged: published mean angles and the published vertical force.

The angles are the turning points of ``motion/data/walk_targets.tsv``, which names their sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from groundup.body.functions import Floats
from groundup.motion.walk import WALK_FILE
from groundup.motion.walk_forces import STANCE_KNOTS, VERTICAL_BW, smooth_curve
from groundup.predict.body.coordinates import read_rows

TARGET_FILE = WALK_FILE.with_name("walk_targets.tsv")

RMS_LIMIT_DEG = 8.0
"""How far from normal means an ankle, knee or hip may stray over the cycle."""

STANCE_BAND = (0.58, 0.64)
PEAK_BAND_BW, VALLEY_BAND_BW = (1.0, 1.25), (0.6, 0.9)
JUDGED = ("hip_flexion", "knee_angle", "ankle_angle")


def vertical_force_bw(phase: Floats) -> Floats:
    """Published vertical force under the right foot, body weights, at phases of the cycle; 62 % stance."""
    part = (np.asarray(phase, float) % 1.0) / 0.62
    return np.where(part < 1.0, smooth_curve(STANCE_KNOTS, VERTICAL_BW, part), 0.0)


@cache
def normal_angles(n: int = 101) -> dict[str, Floats]:
    """Published mean angles over a cycle of the right side, rad, by coordinate of the full body without side.

    The first value is at the strike of the right heel, the last one a cycle later. Smooth curves through the
    turning points of the table.
    """
    from scipy.interpolate import PchipInterpolator

    out = {}
    for row in read_rows(TARGET_FILE):
        at, value = np.array([[float(x) for x in p.split(":")] for p in row["turning_points_percent_deg"].split()]).T
        if row["symmetry"] == "odd":
            at, value = np.append(at, at + 50), np.append(value, -value)
        at, value = np.concatenate([at - 100, at, at + 100]), np.tile(value, 3)
        curve = PchipInterpolator(at, value)(np.linspace(0.0, 100.0, n))
        out[row["coordinate"].removesuffix("_r")] = np.radians(curve)
    return out


def strays_from_normal(angles: Mapping[str, Floats]) -> dict[str, float]:
    """RMS difference, deg, of angles over a cycle of one side from published means.

    Parameters
    ----------
    angles : arrays (n,), rad, by coordinate without side (``hip_flexion`` …), from heel strike to heel strike of that
        side, evenly spaced, both ends included
    """
    return {
        name: float(np.degrees(np.sqrt(np.mean((curve - normal_angles(len(curve))[name]) ** 2))))
        for name, curve in angles.items()
        if name in normal_angles()
    }


@dataclass(frozen=True)
class VerticalShape:
    """Peaks, valley (body weights; not a number where there is none) and part of the cycle of one stance."""

    first_peak: float
    valley: float
    second_peak: float
    stance: float

    @property
    def normal(self) -> bool:
        """Whether peaks, valley and stance lie in the bands of adult walking at 1.2 to 1.4 m/s."""
        peaks = all(PEAK_BAND_BW[0] <= p <= PEAK_BAND_BW[1] for p in (self.first_peak, self.second_peak))
        valley = VALLEY_BAND_BW[0] <= self.valley <= VALLEY_BAND_BW[1]
        return peaks and valley and STANCE_BAND[0] <= self.stance <= STANCE_BAND[1]


def vertical_shape(force_bw: Floats, threshold_bw: float = 0.03) -> VerticalShape:
    """Measure a vertical force (n,), body weights, over a cycle that begins at heel strike, last frame = first."""
    stance = float(np.mean(force_bw[:-1] > threshold_bw))
    on = force_bw[: max(3, round(stance * (len(force_bw) - 1)))]
    third = len(on) // 3
    first, last = int(np.argmax(on[: third + third // 2])), len(on) - 1 - int(np.argmax(on[::-1][: third + third // 2]))
    if last - first < 2:
        return VerticalShape(float(on[first]), np.nan, float(on[last]), stance)
    return VerticalShape(float(on[first]), float(on[first:last].min()), float(on[last]), stance)
