"""A bar and a figure beside it: met or missed, and never rounded into a pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

from groundup.bench.tables import markdown_table

MOST_DIGITS = 7


@dataclass(frozen=True)
class Check:
    """A figure of one recording and the range it must lie in.

    Attributes
    ----------
    what : what was measured, the same words for every recording
    where : the recording, or the side or event within it
    value : float, in ``unit``; NaN where nothing could be measured
    low, high : the bar, ends included
    why_not : why nothing could be measured
    """

    what: str
    where: str
    value: float
    unit: str
    low: float = -inf
    high: float = inf
    why_not: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure lies within the bar."""
        return self.low <= self.value <= self.high

    @property
    def missed(self) -> bool:
        """Whether there is a figure and it lies outside."""
        return isfinite(self.value) and not self.met

    @property
    def bar(self) -> str:
        """The bar in words."""
        if isfinite(self.low) and isfinite(self.high):
            if self.low == -self.high:
                return f"within ±{self.high:g} {self.unit}"
            return f"{self.low:g} to {self.high:g} {self.unit}".strip()
        if isfinite(self.high):
            return f"≤ {self.high:g} {self.unit}".strip()
        return f"≥ {self.low:g} {self.unit}".strip() if isfinite(self.low) else "shown"

    @property
    def cell(self) -> str:
        """The figure as the table shows it."""
        if not isfinite(self.value):
            return f"not measured: {self.why_not}" if self.why_not else "–"
        return f"{self.figure} **MISSED**" if self.missed else self.figure

    @property
    def figure(self) -> str:
        """The figure with as few digits as keep it on its side of the bar."""
        for digits in range(3, MOST_DIGITS):
            text = f"{self.value:.{digits}g}"
            if (self.low <= float(text) <= self.high) == self.met:
                break
        return text if "e" not in text else f"{self.value:.3f}".replace("-0.000", "0")


def matrix(checks: Sequence[Check]) -> str:
    """Rows: what was measured and its bar; columns: where."""
    where = list(dict.fromkeys(c.where for c in checks))
    rows = []
    for what in dict.fromkeys(c.what for c in checks):
        own = {c.where: c for c in checks if c.what == what}
        rows.append([what, next(iter(own.values())).bar, *(own[w].cell if w in own else "–" for w in where)])
    return markdown_table(["what", "bar", *where], rows)
