"""Statistical parametric mapping over the cycle, where both studies hold several strides."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np

from groundup.chain.comparison.records import Cluster, CurveTest
from groundup.study import Floats

ALPHA = 0.05
FEWEST_STRIDES = 3
NOT_INSTALLED = "spm1d is not installed; pip install 'groundup[statistics]' adds it"
FEW = f"needs {FEWEST_STRIDES} whole strides or more in both"
ALIKE = "the strides do not differ among themselves"

Tester = Callable[[Floats, Floats], tuple[CurveTest | None, str]]
"""From the strides before and after, (n, 101) each, to a test, or None and why there is none."""

_SPREAD = 1e-9  # of the range of the curves: below it a point has no spread to judge by


def tester() -> Tester:
    """The test of :func:`compare_strides`, or one that says why there is none."""
    if importlib.util.find_spec("spm1d") is None:
        return lambda before, after: (None, FEW if min(len(before), len(after)) < FEWEST_STRIDES else NOT_INSTALLED)
    return compare_strides


def compare_strides(before: Floats, after: Floats) -> tuple[CurveTest | None, str]:
    """Find where in the cycle the strides of two recordings differ.

    Parameters
    ----------
    before, after : array, shape (n_strides, n_points), in one unit

    Returns
    -------
    test : CurveTest or None
    why : str
        Why there is none.

    Notes
    -----
    Two-sample t at each point without assuming equal spread; the threshold holds for the whole cycle by random field
    theory. Strides of one recording are no independent samples of a person's days: the test says that these walks
    differ, not that tomorrow's would. Each curve is judged by itself; of twenty curves without any change one would
    pass.

    References
    ----------
    .. [1] Pataky, 2012, One-dimensional statistical parametric mapping in Python, doi:10.1080/10255842.2010.527837
    """
    if min(len(before), len(after)) < FEWEST_STRIDES:
        return None, FEW
    both = np.concatenate([before, after])
    if np.min(before.std(axis=0) + after.std(axis=0)) <= _SPREAD * max(float(np.ptp(both)), 1e-300):
        return None, ALIKE
    import spm1d

    found = spm1d.stats.ttest2(after, before, equal_var=False).inference(ALPHA, two_tailed=True, interp=True)
    scale = 100.0 / (before.shape[1] - 1)
    clusters = tuple(
        Cluster(float(c.endpoints[0]) * scale, float(c.endpoints[1]) * scale, float(c.P)) for c in found.clusters
    )
    return CurveTest(np.asarray(found.z, dtype=np.float64), float(found.zstar), ALPHA, clusters), ""
