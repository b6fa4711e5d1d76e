"""What a number is held against: published ranges, and the smallest difference that is taken for real.

No published range, no verdict. Ranges marked ``sign`` or ``show`` in ``data/references.toml`` are shown, no more.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from groundup.study import Measure

DATA = Path(__file__).parent / "data"
When = Literal["again", "same", "sides"]
"""Two recordings with new markers; two with the same markers; both sides of one recording."""

Z90 = 1.645
"""Half the width of a 90 % interval in standard errors."""


@dataclass(frozen=True)
class Walker:
    """Who walks, where it is known: ``male`` or ``female``, age in years."""

    sex: str | None = None
    age: float | None = None


@dataclass(frozen=True)
class Range:
    """A published range of a measure, in its unit; ``judges`` says whether it is good enough for a verdict."""

    measure: str
    low: float
    high: float
    source: str
    status: str
    speed: tuple[float, float] | None = None
    sex: str | None = None
    age: tuple[float, float] | None = None

    @property
    def judges(self) -> bool:
        """Whether a number outside it is called so."""
        return self.status == "assert"

    def fits(self, walker: Walker, speed_m_per_s: float) -> bool:
        """Whether the range was published for people like this at this speed."""
        within = self.speed is None or self.speed[0] <= speed_m_per_s <= self.speed[1]
        # Ages are years completed: 29.9 belongs to 20 to 29.
        aged = self.age is None or (walker.age is not None and self.age[0] <= int(walker.age) <= self.age[1])
        return within and aged and self.sex in (None, walker.sex)


@dataclass(frozen=True)
class SmallestChange:
    """Smallest difference taken for real, in the unit; as part of the mean, at least ``floor``, where ``part``."""

    measure: re.Pattern[str]
    again: float
    same: float
    sides: float
    part: bool
    floor: float
    source: str


@cache
def ranges() -> tuple[Range, ...]:
    """Every published range."""
    return tuple(_range(one) for one in _read("references.toml")["reference"])


def range_for(measure: str, walker: Walker, speed_m_per_s: float) -> Range | None:
    """The first range that fits; None where nothing was published for people like this at this speed."""
    return next((r for r in ranges() if r.measure == measure and r.fits(walker, speed_m_per_s)), None)


def smallest_change(a: Measure, b: Measure, when: When, own: Mapping[str, float] | None = None) -> tuple[float, str]:
    """Smallest difference of two measures that is taken for real, in their unit, and its source.

    Parameters
    ----------
    own : smallest detectable change by measure, from the uncertainty of the person's own recording; it comes before
        published values

    Notes
    -----
    It is never smaller than what the spread between strides makes of both means.
    """
    spread = stride_error(a, b)
    if own is not None and a.id in own:
        return max(float(own[a.id]), spread), "this recording's own uncertainty"
    size, source = published_change(a.id, a.value, b.value, when)
    return max(float(size), spread), source


def published_change(
    measure: str, a: float, b: float | NDArray[np.float64], when: When
) -> tuple[NDArray[np.float64], str]:
    """Smallest difference of ``a`` and each of ``b`` that is taken for real, in the unit of all, and its source.

    Parameters
    ----------
    a : one value
    b : value or (n,) values

    Returns
    -------
    sizes : shaped as ``b``
    source : where it is from
    """
    rule = next(c for c in _changes() if c.measure.fullmatch(measure))
    size = {"again": rule.again, "same": rule.same, "sides": rule.sides}[when]
    others = np.asarray(b, dtype=np.float64)
    if rule.part:
        return np.maximum(size * 0.5 * (abs(a) + np.abs(others)), rule.floor), rule.source
    return np.full(others.shape, float(size)), rule.source


def stride_error(a: Measure, b: Measure) -> float:
    """Half of the 90 % interval of the difference of two means, from the spread between strides; 0 where unknown."""
    parts = [m.spread**2 / m.strides for m in (a, b) if m.strides > 1 and np.isfinite(m.spread)]
    return float(Z90 * np.sqrt(sum(parts)))


@cache
def _changes() -> tuple[SmallestChange, ...]:
    return tuple(
        SmallestChange(
            re.compile(c["measure"]),
            c["again"],
            c["same"],
            c["sides"],
            c.get("part", False),
            c.get("floor", 0.0),
            c["source"],
        )
        for c in _read("smallest_changes.toml")["change"]
    )


def _range(one: dict[str, Any]) -> Range:
    pairs = {k: (float(one[k][0]), float(one[k][1])) for k in ("speed", "age") if k in one}
    return Range(one["measure"], one["low"], one["high"], one["source"], one["status"], sex=one.get("sex"), **pairs)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))
