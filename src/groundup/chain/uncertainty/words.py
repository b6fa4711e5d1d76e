"""Intervals into the main numbers of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from groundup.chain.uncertainty.propagate import Uncertainty
from groundup.study import Headline


def with_intervals(numbers: Sequence[Headline], found: Uncertainty) -> tuple[Headline, ...]:
    """Main numbers with their intervals and smallest detectable changes; those without one stay as they are."""
    return tuple(_with_interval(h, found) for h in numbers)


def _with_interval(number: Headline, found: Uncertainty) -> Headline:
    one = found.of(number.id, number.side)
    if one is None:
        return number
    return replace(
        number,
        low=one.low,
        high=one.high,
        detectable_same_session=one.detectable_same_session,
        detectable_new_session=one.detectable_new_session,
    )
