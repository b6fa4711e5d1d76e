"""By how much a number must change to be told from chance, and to matter."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from groundup.chain.comparison.records import Origin
from groundup.chain.reference import When
from groundup.study import NAN, Floats

CERTAINTY = 0.90
FEWEST_FREE = 2
Z90, Z95 = 1.645, 1.960
"""Degrees of freedom; fewer strides say too little about how much strides differ."""


@dataclass(frozen=True)
class Limit:
    """A smallest change and where it comes from; NaN where nothing is known."""

    value: float = NAN
    source: str = ""
    origin: Origin = ""

    @property
    def half_width(self) -> float:
        """Half of the 90 % interval of the difference of two numbers."""
        return self.value * (Z90 / Z95 if self.origin in ("sampled", "typical") else 1.0)


def of_strides(before: Floats, after: Floats) -> Limit:
    """Smallest change that strides of one person would not show by chance.

    Parameters
    ----------
    before, after : array, shape (n_strides,)
        The number of each stride.

    Notes
    -----
    Two single strides of the same walk differ by less than t · √2 · SD in 90 of 100 pairs, with the standard
    deviation within the two recordings. A main number is that of the highest of its strides, for which this is a
    careful limit.
    """
    free = len(before) + len(after) - 2
    if not len(before) or not len(after) or free < FEWEST_FREE:
        return Limit()
    # Loading the distributions of scipy.stats would take longer than the comparison.
    from scipy.special import stdtrit

    squares = float(((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum())
    value = float(stdtrit(free, 0.5 + CERTAINTY / 2) * np.sqrt(2 * squares / free))
    return Limit(value, f"how much {len(before)} and {len(after)} strides differ among themselves", "strides")


SINGLE_STRIDE = "; wider, because a single stride does not tell how strides differ"


def detectable(group: str, unit: str, span: float, when: When, single: bool = False) -> Limit:
    """How far a curve must move at a point of the cycle, in ``unit``; ``span`` is its range.

    ``single``: one of the recordings holds a single stride.
    """
    entry = _entry("detectable", group, unit)
    if entry is None:
        return Limit()
    size = float(entry["single" if single else when]) * (span if entry.get("part") else 1.0)
    return Limit(size, f"{entry['source']}{SINGLE_STRIDE if single else ''}", "published")


def important(name: str, unit: str) -> Limit:
    """The smallest change of a number that matters to people, in ``unit``."""
    entry = _entry("important", name, unit)
    return Limit() if entry is None else Limit(float(entry["value"]), str(entry["source"]), "published")


def _entry(kind: str, name: str, unit: str) -> dict[str, Any] | None:
    return next((e for e in _table()[kind] if name in e["of"] and e.get("unit", unit) == unit), None)


def greatest(limits: Sequence[Limit]) -> Limit:
    """The most careful of the known limits."""
    known = [limit for limit in limits if np.isfinite(limit.value)]
    return max(known, key=lambda limit: limit.value, default=Limit())


@functools.cache
def _table() -> dict[str, list[dict[str, Any]]]:
    text = resources.files("groundup.chain.comparison").joinpath("limits.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
