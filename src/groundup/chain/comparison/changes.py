"""One number of two studies: the difference, how sure it is, and what that says."""

from __future__ import annotations

import numpy as np

from groundup.chain.comparison.limits import Limit
from groundup.chain.comparison.records import Change, Verdict
from groundup.study import NAN, Side

SAME = 1e-9
"""Part of a number by which two may differ and still be the same number in two files."""

_NEAR_ZERO = 1e-3


def change(
    name: str, label: str, side: Side, unit: str, before: float, after: float, detectable: Limit, important: Limit
) -> Change:
    """Compare two numbers in the same unit."""
    difference = after - before
    size = max(abs(before), abs(after))
    said = verdict(difference, size, detectable.value)
    return Change(
        id=name,
        label=label,
        side=side,
        unit=unit,
        before=before,
        after=after,
        difference=difference,
        percent=100 * difference / abs(before) if abs(before) > _NEAR_ZERO * max(size, 1e-12) else NAN,
        low=difference - detectable.half_width,
        high=difference + detectable.half_width,
        detectable=detectable.value,
        detectable_source=detectable.source,
        detectable_origin=detectable.origin,
        important=important.value,
        important_source=important.source,
        verdict=said,
        text=_words(said, difference, unit, detectable, important),
    )


def verdict(difference: float, size: float, detectable: float) -> Verdict:
    """What a difference says.

    Parameters
    ----------
    difference, detectable : float, in one unit
        ``detectable`` is NaN where nobody knows it.
    size : float
        The larger of the two numbers, against which rounding is judged.
    """
    if not np.isfinite(difference):
        return "not computed"
    if abs(difference) <= SAME * size or abs(difference) <= detectable:
        return "no detectable change"
    if not np.isfinite(detectable):
        return "not known"
    return "higher" if difference > 0 else "lower"


def amount_of(value: float, unit: str) -> str:
    """A number to three digits with its unit."""
    return f"{value:.3g}" if unit == "1" else f"{value:.3g} {unit}"


def _words(said: Verdict, difference: float, unit: str, detectable: Limit, important: Limit) -> str:
    amount = amount_of(abs(difference), unit)
    way = "higher" if difference > 0 else "lower"
    if said == "not computed":
        return "not computed in both"
    if said == "no detectable change":
        return "no detectable change"
    if said == "not known":
        return f"{way} by {amount}; whether that is more than chance is not known"
    matters = ""
    if np.isfinite(important.value):
        matters = ", enough to matter" if abs(difference) >= important.value else ", too little to matter"
    return f"{way} by {amount}{matters}"
