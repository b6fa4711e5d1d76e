"""By how much a number must change to be told from chance, and to matter."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from groundup.study import NAN, Floats

CERTAINTY = 0.95
FEWEST_FREE = 2
"""Degrees of freedom; fewer strides say too little about how much strides differ."""


@dataclass(frozen=True)
class Limit:
    """A smallest change and where it comes from; NaN where nothing is known."""

    value: float = NAN
    source: str = ""


def of_strides(before: Floats, after: Floats) -> Limit:
    """Smallest change that strides of one person would not show by chance.

    Parameters
    ----------
    before, after : array, shape (n_strides,) or (n_strides, n_points)
        The number of each stride, or its curve, for which root mean squares over the points are compared.

    Notes
    -----
    Two single strides of the same walk differ by less than t · √2 · SD in 95 of 100 pairs, with the standard
    deviation within the two recordings. A main number is that of the highest of its strides, for which this is a
    careful limit.
    """
    if not len(before) or not len(after):
        return Limit()
    squares = ((before - before.mean(axis=0)) ** 2).sum(axis=0) + ((after - after.mean(axis=0)) ** 2).sum(axis=0)
    return _between_strides(float(np.mean(squares)), len(before), len(after))


def of_spread(before: float, n_before: int, after: float, n_after: int) -> Limit:
    """Smallest change between means over so many strides, from their standard deviations (NaN for a single one).

    Notes
    -----
    t · SD · √(1/n + 1/m): means differ by chance less than single strides do.
    """
    squares = (n_before - 1) * np.nan_to_num(before) ** 2 + (n_after - 1) * np.nan_to_num(after) ** 2
    if not n_before or not n_after:
        return Limit()
    return _between_strides(float(squares), n_before, n_after, 1 / n_before + 1 / n_after)


def _between_strides(squares: float, n_before: int, n_after: int, variance: float = 2.0) -> Limit:
    """``variance`` is that of the difference, in variances of a stride."""
    free = n_before + n_after - 2
    if free < FEWEST_FREE:
        return Limit()
    # Loading the distributions of scipy.stats would take longer than the comparison.
    from scipy.special import stdtrit

    value = float(stdtrit(free, 0.5 + CERTAINTY / 2) * np.sqrt(variance * squares / free))
    return Limit(value, f"how much {n_before} and {n_after} strides differ among themselves")


def published(kind: str, name: str, unit: str, size: float = NAN) -> Limit:
    """The published limit of a number (by id) or of a group of curves.

    Parameters
    ----------
    kind : ``detectable`` or ``important``
    size : what a limit in percent is taken of, in ``unit``
    """
    for entry in _table().get(kind, ()):
        if name not in entry["of"] or entry.get("unit", unit) != unit:
            continue
        value = float(entry["value"]) if "value" in entry else 0.01 * float(entry["percent"]) * size
        return Limit(value, str(entry["source"]))
    return Limit()


def greatest(limits: Sequence[Limit]) -> Limit:
    """The most careful of the known limits."""
    known = [limit for limit in limits if np.isfinite(limit.value)]
    return max(known, key=lambda limit: limit.value, default=Limit())


@functools.cache
def _table() -> dict[str, list[dict[str, Any]]]:
    text = resources.files("groundup.chain.comparison").joinpath("limits.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
