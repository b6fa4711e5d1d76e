"""How sure numbers are, into the study: the recording's own intervals, or those that are typical of the method."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from groundup.study import Headline, Interval, Method

TYPICAL_FILE = Path(__file__).parent / "data" / "typical_uncertainty.toml"
IN_90_OF_100 = 1.645  # standard deviations on both sides of a normal distribution
OWN = "`--samples 200` computes this recording's own in about half a minute"


@dataclass(frozen=True)
class Width:
    """A typical width: so much of the value, but no less than ``least``, in the number's unit."""

    part: float
    least: float

    def of(self, value: float) -> float:
        """The width that belongs to a value."""
        return max(self.part * abs(value), self.least)


@dataclass(frozen=True)
class Typical:
    """How sure one main number typically is: how far its interval reaches, and the smallest detectable changes."""

    unit: str
    below: Width
    above: Width
    same_session: Width
    new_session: Width


@cache
def typical() -> dict[tuple[str, bool], Typical]:
    """What is typical of each main number; apart for ground forces measured by plates and those told from the motion.

    Returns
    -------
    by id, and whether the ground forces are estimated
    """
    table = tomllib.loads(TYPICAL_FILE.read_text(encoding="utf-8"))
    return {
        (one["id"], one["estimated"]): Typical(
            one["unit"], *(Width(*one[k]) for k in ("below", "above", "same_session", "new_session"))
        )
        for one in table["number"]
    }


def typical_intervals(numbers: Sequence[Headline], *, estimated: bool = False) -> tuple[Interval, ...]:
    """Intervals that are typical of the method; none for a number that was not computed.

    Parameters
    ----------
    estimated : the ground forces come from the motion, not from plates
    """
    return tuple(_typical_intervals(numbers, estimated))


def _typical_intervals(numbers: Sequence[Headline], estimated: bool) -> Iterator[Interval]:
    for h in numbers:
        one = typical().get((h.id, estimated))
        if one is None or one.unit != h.unit or not np.isfinite(h.value):
            continue
        below, above = one.below.of(h.value), one.above.of(h.value)
        yield Interval(
            id=h.id,
            side=h.side,
            value=h.value,
            low=h.value - below,
            high=h.value + above,
            sd=0.5 * (below + above) / IN_90_OF_100,
            detectable_same_session=one.same_session.of(h.value),
            detectable_new_session=one.new_session.of(h.value),
            origin="typical",
        )


def with_intervals(numbers: Sequence[Headline], intervals: Sequence[Interval]) -> tuple[Headline, ...]:
    """Main numbers with their intervals and smallest detectable changes; those without one stay as they are."""
    by = {(i.id, i.side): i for i in intervals}
    return tuple(_with_interval(h, by.get((h.id, h.side))) for h in numbers)


def _with_interval(number: Headline, one: Interval | None) -> Headline:
    if one is None or not np.isfinite(number.value):
        return number
    return replace(
        number,
        low=one.low,
        high=one.high,
        detectable_same_session=one.detectable_same_session,
        detectable_new_session=one.detectable_new_session,
        interval_origin=one.origin,
    )


def own_smallest_changes(intervals: Sequence[Interval]) -> dict[str, float] | None:
    """Smallest detectable change of each number by the samples of its own recording, of both sides the larger one.

    Returns
    -------
    by id of the number, in its unit, between two sessions: right and left differ by where their markers are stuck on,
    as two days do. None without samples.
    """
    own: dict[str, float] = {}
    for i in intervals:
        if i.origin == "sampled" and np.isfinite(i.detectable_new_session):
            own[i.id] = max(own.get(i.id, 0.0), i.detectable_new_session)
    return own or None


def interval_method(intervals: Sequence[Interval], *, stopped: bool = False) -> Method | None:
    """What the intervals of a study are, in words; None where it has none.

    Parameters
    ----------
    stopped : samples were asked for, and stopped
    """
    if not intervals:
        return None
    samples = max(i.samples for i in intervals)
    if samples:
        return Method(
            "uncertainty",
            f"{samples} samples of this recording vary markers, skin, size, masses, muscle strength, sharing, filter "
            "and ground forces at once. Intervals hold a number in 90 of 100 cases. Differences below the smallest "
            "detectable change are no change.",
            "Myers et al., 2015, doi:10.1007/s10439-014-1181-7; Beckerman et al., 2001, doi:10.1023/A:1013138911638",
        )
    begin = "Sampling was stopped before its end. " if stopped else ""
    return Method(
        "uncertainty",
        f"{begin}Intervals and smallest detectable changes of the main numbers are typical of the method, not this "
        f"person's own: three of four published recordings were at least so sure. {OWN}.",
        "docs/validation/uncertainty.md",
    )
