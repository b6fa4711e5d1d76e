"""Proportions, odds ratios and rank correlation with their intervals: numbers in, numbers out, no files and no words.

A limit that does not exist is infinite (an odds ratio with an empty cell), a value that is not defined is NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from groundup.study import Floats

LEVEL = 0.95
NAN = math.nan
_Z = 1.959963984540054  # 0.975 quantile of the normal distribution


@dataclass(frozen=True)
class Interval:
    """A value with the interval of 95 % about it and how that was made."""

    value: float
    low: float
    high: float
    method: str


@dataclass(frozen=True)
class TwoByTwo:
    """Counts: with heel pain and with (a) or without (b) back pain; without heel pain and with (c) or without (d)."""

    a: int
    b: int
    c: int
    d: int

    @property
    def total(self) -> int:
        """How many people."""
        return self.a + self.b + self.c + self.d

    @property
    def smallest_expected(self) -> float:
        """Smallest count expected in a cell if heel and back had nothing to do with each other."""
        rows, columns = (self.a + self.b, self.c + self.d), (self.a + self.c, self.b + self.d)
        return min(rows) * min(columns) / self.total if self.total else 0.0


def wilson(count: int, of: int) -> Interval:
    """Return a proportion with its score interval.

    References
    ----------
    .. [1] Wilson, 1927, J Am Stat Assoc 22:209; as method 3 of Newcombe, 1998, Stat Med 17:857
    """
    if of == 0:
        return Interval(NAN, NAN, NAN, "Wilson")
    p, z2 = count / of, _Z * _Z
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    # At the ends the formula gives 0 and 1 but for rounding.
    low, high = (0.0 if count == 0 else middle - half), (1.0 if count == of else middle + half)
    return Interval(p, low, high, "Wilson")


def woolf(table: TwoByTwo) -> Interval:
    """Return the odds ratio with the interval from the variance of its logarithm; no interval with an empty cell.

    References
    ----------
    .. [1] Woolf, 1955, Ann Hum Genet 19:251
    """
    a, b, c, d = table.a, table.b, table.c, table.d
    if min(a, b, c, d) > 0:
        value = a * d / (b * c)
        spread = _Z * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        return Interval(value, value * math.exp(-spread), value * math.exp(spread), "Woolf")
    value = NAN if a * d == b * c == 0 else (math.inf if b * c == 0 else 0.0)
    return Interval(value, NAN, NAN, "Woolf")


def exact_odds_ratio(table: TwoByTwo) -> Interval:
    """Return the conditional odds ratio with its exact interval.

    Notes
    -----
    The conditional maximum likelihood estimate, a little nearer to 1 than the ratio of the counts, with both tails of
    2.5 % of the noncentral hypergeometric distribution: it never promises more than 95 %, with however few people.

    References
    ----------
    .. [1] Fisher, 1935, J R Stat Soc 98:39; Cornfield, 1956, Proc 3rd Berkeley Symposium 4:135
    """
    from scipy.stats.contingency import odds_ratio

    if 0 in (table.a + table.b, table.c + table.d, table.a + table.c, table.b + table.d):
        return Interval(NAN, NAN, NAN, "exact")
    found = odds_ratio([[table.a, table.b], [table.c, table.d]], kind="conditional")
    limits = found.confidence_interval(LEVEL)
    return Interval(float(found.statistic), float(limits.low), float(limits.high), "exact")


def fisher_p(table: TwoByTwo) -> float:
    """Return the two-sided p of Fisher's exact test."""
    from scipy.stats import fisher_exact

    return float(fisher_exact([[table.a, table.b], [table.c, table.d]]).pvalue)


def matched_odds_ratio(only_heel: int, only_other: int) -> tuple[Interval, float]:
    """Return the odds ratio of matched pairs with its exact interval, and McNemar's exact p.

    Parameters
    ----------
    only_heel, only_other : int
        Pairs in which only the one with heel pain has back pain, and in which only the other has. Pairs that agree
        say nothing about the ratio.

    References
    ----------
    .. [1] Breslow and Day, 1980, Statistical methods in cancer research I, section 5.2
    """
    from scipy.stats import binomtest

    if only_heel + only_other == 0:
        return Interval(NAN, NAN, NAN, "exact, matched pairs"), NAN
    found = binomtest(only_heel, only_heel + only_other, 0.5)
    limits = found.proportion_ci(LEVEL, method="exact")
    value = only_heel / only_other if only_other else math.inf
    return Interval(value, _odds(limits.low), _odds(limits.high), "exact, matched pairs"), float(found.pvalue)


def _odds(part: float) -> float:
    return float(part) / (1 - float(part)) if part < 1 else math.inf


def spearman(x: Floats, y: Floats) -> tuple[Interval, float]:
    """Return the rank correlation with its interval, and the two-sided p from Student's t.

    Parameters
    ----------
    x, y : array, shape (n,), any unit
    """
    from scipy.stats import spearmanr

    if len(x) < 4 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Interval(NAN, NAN, NAN, "Fisher z, Bonett and Wright"), NAN
    rho = float(np.clip(spearmanr(x, y).statistic, -1.0, 1.0))
    return spearman_interval(rho, len(x)), spearman_p(rho, len(x))


def spearman_interval(rho: float, n: int) -> Interval:
    """Return a rank correlation of n people with its interval.

    References
    ----------
    .. [1] Bonett and Wright, 2000, Psychometrika 65:23
    """
    method = "Fisher z, Bonett and Wright"
    if abs(rho) >= 1:  # every rank in order: the spread of z is not defined
        return Interval(rho, NAN, NAN, method)
    z, half = math.atanh(rho), _Z * math.sqrt((1 + rho * rho / 2) / (n - 3))
    return Interval(rho, math.tanh(z - half), math.tanh(z + half), method)


def spearman_p(rho: float, n: int) -> float:
    """Return the two-sided p of a rank correlation of n people, from Student's t."""
    from scipy.stats import t

    if abs(rho) >= 1:
        return 0.0
    return float(2 * t.sf(abs(rho) * math.sqrt((n - 2) / (1 - rho * rho)), n - 2))
