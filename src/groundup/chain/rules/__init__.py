"""Patterns of compensation, as rules that can be read: which signs make a pattern, and what speaks against it.

The rules are in ``patterns.toml``. A pattern is there when all the signs it needs are and the others do
not speak against it; they grade it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from groundup.chain.gait import BOTH
from groundup.chain.measures.walked import OTHER
from groundup.chain.reference import smallest_change, stride_error
from groundup.study import NAN, Finding, Grade, Measure, Side

RULES_FILE = Path(__file__).with_name("patterns.toml")
Kind = Literal["ratio", "difference", "value"]
STRIDES_TO_BE_SURE = 3
"""A pattern seen on fewer strides is not called sure."""

Measures = Mapping[tuple[str, Side], Measure]


@dataclass(frozen=True)
class Sign:
    """One comparison: see the head of ``patterns.toml``."""

    measure: str
    kind: Kind
    words: str
    below: float | None = None
    above: float | None = None
    of: Literal["this", "other"] = "this"
    need: bool = False
    bare: bool = False
    """Counts at any size: the rule is published so."""
    against: bool = True
    """Its absence speaks against the pattern; otherwise it only speaks for it."""


@dataclass(frozen=True)
class Pattern:
    """A pattern of compensation."""

    id: str
    label: str
    next_step: str
    next_step_source: str
    source: str
    signs: tuple[Sign, ...]


@dataclass(frozen=True)
class Outcome:
    """What one sign showed: True for, False against, None not computed; the number and its words."""

    sign: Sign
    holds: bool | None
    value: float
    words: str
    estimated: bool


@cache
def patterns() -> tuple[Pattern, ...]:
    """Every pattern."""
    table = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))
    return tuple(
        Pattern(
            key, p["label"], p["next_step"], p["next_step_source"], p["source"], tuple(Sign(**s) for s in p["signs"])
        )
        for key, p in table.items()
    )


def pattern_findings(measures: Measures, own: Mapping[str, float] | None = None) -> Iterator[Finding]:
    """Give the patterns that are there, with the evidence for and against each."""
    for pattern in patterns():
        for side in BOTH:
            outcomes = [judge(sign, measures, side, own) for sign in pattern.signs]
            if is_there(outcomes):
                yield _finding(pattern, side, outcomes, measures)


def judge(sign: Sign, measures: Measures, side: Side, own: Mapping[str, float] | None = None) -> Outcome:
    """Hold one sign against the measures of a side."""
    this = measures.get((sign.measure, side if sign.of == "this" else OTHER[side]))
    other = measures.get((sign.measure, OTHER[side] if sign.of == "this" else side))
    needed = (this,) if sign.kind == "value" else (this, other)
    if this is None or not all(m is not None and np.isfinite(m.value) for m in needed):
        return Outcome(sign, None, NAN, sign.words, False)
    estimated = any(m.estimated for m in needed if m is not None)
    if sign.kind == "value" or other is None:
        return Outcome(sign, _beyond(sign, this.value), this.value, _told(sign, this.value, this.unit), estimated)
    difference = this.value - other.value
    real = sign.bare or abs(difference) > smallest_change(this, other, "sides", own)[0]
    if sign.kind == "difference":
        said = _told(sign, difference, this.unit)
        return Outcome(sign, _told_apart(_beyond(sign, difference), real), difference, said, estimated)
    if not this.value * other.value > 0:  # no ratio of values near zero or of different sign
        return Outcome(sign, None, NAN, sign.words, estimated)
    ratio = this.value / other.value
    holds = _told_apart(_beyond(sign, ratio), real)
    return Outcome(sign, holds, ratio, _told(sign, ratio, "of the other side"), estimated)


def is_there(outcomes: list[Outcome]) -> bool:
    """Whether a pattern is there: all signs it needs hold, and fewer signs speak against it than for it.

    Ground forces that were estimated from the motion share the load by an assumption; no pattern is told from them.
    """
    needed = [o for o in outcomes if o.sign.need]
    pro, contra = _votes(outcomes)
    return all(o.holds and not o.estimated for o in needed) and contra < pro + len(needed)


def grade(outcomes: list[Outcome], strides: int) -> Grade:
    """How sure a pattern is that is there: what else speaks for and against it, on how many strides."""
    pro, contra = _votes(outcomes)
    if pro >= 2 and contra == 0 and strides >= STRIDES_TO_BE_SURE:
        return "strong"
    return "moderate" if pro > contra else "weak"


def _fewest_strides(outcomes: list[Outcome], measures: Measures, side: Side) -> int:
    return min(measures[o.sign.measure, side].strides for o in outcomes if o.sign.need)


def _votes(outcomes: list[Outcome]) -> tuple[int, int]:
    """Signs beside the needed ones that speak for and against, without what rests on estimated forces."""
    beside = [o for o in outcomes if not o.sign.need and not o.estimated]
    return sum(o.holds is True for o in beside), sum(o.holds is False and o.sign.against for o in beside)


def _finding(pattern: Pattern, side: Side, outcomes: list[Outcome], measures: Measures) -> Finding:
    first = outcomes[0]
    measure = measures[first.sign.measure, side]
    unit = measure.unit if first.sign.kind != "ratio" else "1"
    pro = tuple(o.words for o in outcomes if o.holds)
    contra = tuple(f"not so: {o.words}" for o in outcomes if o.holds is False and o.sign.against)
    label = pattern.label.format(side=side)
    return Finding(
        id=f"pattern.{pattern.id}",
        kind="pattern",
        measure=first.sign.measure,
        value=first.value,
        unit=unit,
        side=side,
        reference="the other leg" if first.sign.kind != "value" else "a published limit",
        interval=_interval(first, measures, side),
        grade=grade(outcomes, _fewest_strides(outcomes, measures, side)),
        source=pattern.source,
        text=f"{label}: {'; '.join(pro)}.",
        for_it=pro,
        against_it=contra,
        next_step=pattern.next_step,
        next_step_source=pattern.next_step_source,
    )


def _interval(first: Outcome, measures: Measures, side: Side) -> tuple[float, float]:
    """90 % interval of the first sign from the spread between strides."""
    sign = first.sign
    this = measures[sign.measure, side if sign.of == "this" else OTHER[side]]
    other = measures.get((sign.measure, OTHER[side] if sign.of == "this" else side), this)
    half = stride_error(this, this if sign.kind == "value" else other)
    if sign.kind == "value":
        half /= np.sqrt(2)
    if sign.kind == "ratio":
        half /= abs(other.value)
    if not half > 0:
        return NAN, NAN
    return float(first.value - half), float(first.value + half)


def _told_apart(beyond: bool, real: bool) -> bool | None:
    """Beyond the limit counts where the difference is real; where it may be chance, it speaks neither way."""
    return None if beyond and not real else beyond


def _beyond(sign: Sign, value: float) -> bool:
    return (sign.below is not None and value < sign.below) or (sign.above is not None and value > sign.above)


def _told(sign: Sign, value: float, unit: str) -> str:
    shown = f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
    return f"{sign.words} ({shown}{'' if unit == '1' else ' ' + unit})"
