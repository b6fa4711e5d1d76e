"""The odds ratio adjusted for other things: logistic regression, and whether it exists at all."""

from __future__ import annotations

import importlib.util
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundup.clinic.cohort.statistics import Interval
from groundup.errors import SolverError
from groundup.study import Floats

NOT_INSTALLED = "statsmodels is not installed; pip install 'groundup[statistics]' adds it"
_METHOD = "logistic regression, Wald"
_TOUCH = 1e-7


@dataclass(frozen=True)
class Term:
    """One variable of the model: its name, and how much of it the odds ratio is for."""

    id: str
    per: float


def fit(y: Floats, x: Floats, terms: Sequence[Term]) -> tuple[tuple[Interval, float], ...]:
    """Return for each term the odds ratio (per ``per``) with its interval, and p.

    Parameters
    ----------
    y : array, shape (n,), 1 for back pain and 0 for none
    x : array, shape (n, n_terms), each in its own unit

    Raises
    ------
    SolverError
        There is no such model (:func:`why_not`), statsmodels is not installed, or it did not converge.
    """
    if why := why_not(y, x, terms) or ("" if importlib.util.find_spec("statsmodels") else NOT_INSTALLED):
        raise SolverError(why)
    from statsmodels.discrete.discrete_model import Logit

    step = np.array([t.per for t in terms])
    design = np.column_stack([np.ones(len(y)), (x - x.mean(axis=0)) / step])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they would say is found before (separated, dependent) or raised here
        done = Logit(y, design).fit(disp=0, maxiter=100)
    if not done.mle_retvals["converged"] or not np.isfinite(done.bse).all():
        raise SolverError("the adjusted model did not converge. Fewer variables or more people are needed.")
    rows = np.column_stack([done.params, done.conf_int(), done.pvalues])[1:]
    return tuple((Interval(_exp(b), _exp(low), _exp(high), _METHOD), float(p)) for b, low, high, p in rows)


def why_not(y: Floats, x: Floats, terms: Sequence[Term]) -> str:
    """Say why a model cannot be fitted, "" where it can: too few people, dependent variables, or separation."""
    if len(y) <= len(terms) + 1:
        return f"{len(y)} people with all values for {len(terms)} variables; more people than variables are needed"
    if len(np.unique(y)) < 2:
        return f"all {len(y)} people with all values {'have' if y[0] else 'have no'} back pain"
    constant = [t.id for k, t in enumerate(terms) if np.ptp(x[:, k]) == 0]
    if constant:
        return f"{', '.join(constant)}: the same for everybody with all values"
    spread = (x - x.mean(axis=0)) / x.std(axis=0)
    if np.linalg.matrix_rank(spread, tol=1e-8 * math.sqrt(len(y))) < len(terms):
        return "one variable follows from the others, so their parts cannot be told apart"
    if separated(y, spread):
        return (
            "the groups are separated: some combination of the variables foretells back pain without (or nearly "
            "without) exception in these people, so an odds ratio has no upper limit"
        )
    return ""


def separated(y: Floats, x: Floats) -> bool:
    """Tell whether a plane parts those with from those without back pain, with people on the plane allowed.

    Notes
    -----
    Then, and only then, the likelihood has no maximum. A linear program decides it: it pushes everybody to their own
    side of a plane whose coefficients are bounded; if anybody gets off the plane, the groups are separated.

    References
    ----------
    .. [1] Albert and Anderson, 1984, Biometrika 71:1; Konis, 2007, doctoral thesis, University of Oxford
    """
    from scipy.optimize import linprog

    own_side = (2 * y - 1)[:, None] * np.column_stack([np.ones(len(y)), x])
    found = linprog(-own_side.sum(axis=0), A_ub=-own_side, b_ub=np.zeros(len(y)), bounds=(-1, 1), method="highs")
    return bool(found.success and -found.fun > _TOUCH * len(y))


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
