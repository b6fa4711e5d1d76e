"""Indices of left and right, and scores of a gait, as formulas.

A ratio says nothing where the signal passes near zero: Herzog et al. [2]_ found indices from ±4 % to beyond
±13 000 % on the same healthy people. Such a ratio is refused here.

References
----------
.. [1] Robinson, Herzog, Nigg, 1987, J Manipulative Physiol Ther 10:172
.. [2] Herzog, Nigg, Read, Olsson, 1989, Med Sci Sports Exerc 21:110
.. [3] Zifchock, Davis, Higginson, Royer, 2008, doi:10.1016/j.gaitpost.2007.08.006
.. [4] Hodt-Billington, Helbostad, Vervaat, Rognsvåg, Moe-Nilssen, 2012, doi:10.1016/j.gaitpost.2011.09.098
.. [5] Baker et al., 2009, doi:10.1016/j.gaitpost.2009.05.020
.. [6] Schwartz, Rozumalski, 2008, doi:10.1016/j.gaitpost.2008.05.001
"""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.errors import MeasureError

PATHOLOGICAL_PERCENT = 10.0
"""Asymmetry beyond which a gait is told apart from a healthy one [4]_."""

ANTALGIC_RATIO = 0.90
"""Painful over sound single support, below which, with a shorter step of the other foot, a gait spares the leg [4]_."""

NEAR_ZERO = 0.1
"""Part of a signal's range; values within it of zero make no ratio."""


def robinson_index(a: float, b: float, signal_range: float | None = None) -> float:
    """Symmetry index [1]_ in percent of the mean of both sides: positive where ``a`` is larger.

    Parameters
    ----------
    a, b : float, same unit
    signal_range : float or None
        Range of the signal they come from; both must lie beyond a tenth of it. None asks only for one sign.

    Raises
    ------
    MeasureError
        A value is near zero, or the signs differ: no ratio is defined.
    """
    _check_ratio(a, b, signal_range)
    return 100.0 * (a - b) / (0.5 * (a + b))


def symmetry_angle(a: float, b: float, signal_range: float | None = None) -> float:
    """Symmetry angle [3]_ in percent: negative where ``a`` is larger; arguments as :func:`robinson_index`.

    Raises
    ------
    MeasureError
        A value is near zero, or the signs differ: no ratio is defined.
    """
    _check_ratio(a, b, signal_range)
    return float((45.0 - np.degrees(np.arctan(a / b))) / 90.0 * 100.0)


def is_antalgic(painful_support_s: float, sound_support_s: float, painful_step_m: float, sound_step_m: float) -> bool:
    """Whether a gait spares the painful leg [4]_: single support below 0.90 and the other foot's step shorter.

    Parameters
    ----------
    painful_support_s, sound_support_s : single support on the painful and on the sound leg, s
    painful_step_m, sound_step_m : length of the step that ends with the painful, the sound foot's strike, m
    """
    return painful_support_s < ANTALGIC_RATIO * sound_support_s and sound_step_m < painful_step_m


def profile_score(deviation: Floats) -> float:
    """Gait profile score [5]_: root mean square of each variable's deviation, and of all variables.

    Parameters
    ----------
    deviation : array, shape (n_variables, n_points), deg
        From the mean of healthy walkers, or from the other side.

    Returns
    -------
    float, deg; the smallest change that matters is 1.6 deg (Baker et al., 2012, doi:10.1016/j.gaitpost.2011.10.002)
    """
    each = np.sqrt(np.mean(np.square(deviation), axis=-1))
    return float(np.sqrt(np.mean(np.square(each))))


def gait_deviation_index(log_distance: float, healthy_mean: float, healthy_sd: float) -> float:
    """Gait deviation index [6]_: 100 for the mean of healthy walkers, 10 less for each of their standard deviations.

    Parameters
    ----------
    log_distance : logarithm of the distance of a gait from the mean of healthy ones
    healthy_mean, healthy_sd : of the same logarithm among healthy walkers

    Notes
    -----
    groundup holds no set of healthy walkers of known source, so it scores nobody by this or by the gait profile score.
    """
    return 100.0 - 10.0 * (log_distance - healthy_mean) / healthy_sd


def static_lean_moment(lean_deg: float, mass_kg: float, upper_part: float, height_m: float, gravity: float) -> float:
    """Moment about the low back of an upper body that leans forward at rest, N·m.

    Parameters
    ----------
    lean_deg : lean of the line from the low back to the upper body's mass centre, deg
    mass_kg, upper_part : mass of the whole body, and the part of it above the low back
    height_m : of that mass centre above the low back when upright, m
    gravity : m/s²
    """
    return float(upper_part * mass_kg * gravity * height_m * np.sin(np.radians(lean_deg)))


def static_lean_compression(moment_nm: float, extensor_arm_m: float, weight_n: float) -> float:
    """Compression, in body weights, that extensors at an arm add to the low back by carrying a moment."""
    return moment_nm / extensor_arm_m / weight_n


def _check_ratio(a: float, b: float, signal_range: float | None) -> None:
    least = 0.0 if signal_range is None else NEAR_ZERO * abs(signal_range)
    if not (min(abs(a), abs(b)) > least and a * b > 0):
        raise MeasureError(
            f"symmetry of {a:.4g} and {b:.4g}: a ratio of values near zero or of different sign means nothing, "
            f"expected both beyond {least:.3g} with one sign. Compare their difference in its own unit."
        )
