"""From measures to findings: against published ranges, side against side, recording against recording, and patterns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from groundup.body.pressure import RegionalPressure
from groundup.chain.indices import robinson_index
from groundup.chain.lumbar import LumbarLoad
from groundup.chain.measures import measures_of
from groundup.chain.muscle_labels import change_labels, side_labels
from groundup.chain.reference import Z90, Range, Walker, When, range_for, smallest_change, stride_error
from groundup.chain.rules import Measures, pattern_findings
from groundup.loads.analysis import Analysis
from groundup.study import NAN, Cycle, Finding, Grade, Measure

__all__ = ["changes", "findings_from", "findings_of"]

NO_CHANGE = "no detectable change"


def findings_of(
    a: Analysis,
    cycles: Sequence[Cycle],
    low_back: Sequence[LumbarLoad] = (),
    sdc: Mapping[str, float] | None = None,
    walker: Walker | None = None,
    pressure: RegionalPressure | None = None,
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Measure the chain and say what the measures mean.

    Parameters
    ----------
    cycles, low_back, pressure : as for :func:`measures_of`
    sdc : smallest detectable change by measure id, in its unit, from the uncertainty of this recording; published
        values where it says nothing
    walker : sex and age where the analysis does not know them; ranges that need them are not used otherwise

    Returns
    -------
    measures, findings
    """
    measures = measures_of(a, cycles, low_back, pressure)
    return measures, findings_from(measures, sdc, walker or walker_of(a))


def walker_of(a: Analysis) -> Walker:
    """Sex and age as far as an analysis knows them."""
    return Walker(a.subject.sex, a.subject.age_years)


def findings_from(
    measures: Sequence[Measure],
    sdc: Mapping[str, float] | None = None,
    walker: Walker = Walker(),  # noqa: B008
) -> tuple[Finding, ...]:
    """Findings of one recording: patterns first, then what lies outside published ranges, then differences of sides."""
    by = {(m.id, m.side): m for m in measures}
    pace = by["gait.speed", "none"].value if ("gait.speed", "none") in by else NAN
    return (
        *pattern_findings(by, sdc),
        *side_labels(by, sdc),
        *_against_ranges(measures, walker, pace, sdc),
        *_strikes(by),
        *_sides(by, sdc),
    )


def changes(
    before: Sequence[Measure],
    after: Sequence[Measure],
    sdc: Mapping[str, float] | None = None,
    *,
    same_markers: bool = False,
) -> tuple[Finding, ...]:
    """Findings of two recordings of one person: every measure that both have, changed or not.

    Parameters
    ----------
    same_markers : the markers stayed on between them, so that smaller changes can be told
    """
    old = {(m.id, m.side): m for m in before}
    when: When = "same" if same_markers else "again"
    pairs = ((old[m.id, m.side], m) for m in after if (m.id, m.side) in old)
    each = (_change(a, b, when, sdc) for a, b in pairs if np.isfinite(a.value) and np.isfinite(b.value))
    return (*each, *change_labels(old, {(m.id, m.side): m for m in after}, when, sdc))


def _change(before: Measure, after: Measure, when: When, sdc: Mapping[str, float] | None) -> Finding:
    least, source = smallest_change(before, after, when, sdc)
    return _difference(f"change.{after.id}", "change", after, before, least, source, "the earlier recording")


def _sides(by: Measures, sdc: Mapping[str, float] | None) -> Iterator[Finding]:
    """Differences of right and left that can be told; told of the side that has more."""
    for (name, side), right in by.items():
        left = by.get((name, "left"))
        if side != "right" or left is None or name == "gait.single_support_ratio":
            continue
        if not (np.isfinite(right.value) and np.isfinite(left.value)):
            continue
        least, source = smallest_change(right, left, "sides", sdc)
        if abs(right.value - left.value) > least and not right.estimated:
            more, less = (right, left) if right.value > left.value else (left, right)
            yield _difference(f"sides.{name}", "sides", more, less, least, source, "the other side")


def _difference(
    name: str, kind: str, value: Measure, against: Measure, least: float, source: str, reference: str
) -> Finding:
    difference = value.value - against.value
    half = max(stride_error(value, against), 0.0)
    grade: Grade = "noted" if abs(difference) > least else "none"
    return Finding(
        id=name,
        kind=kind,  # type: ignore[arg-type]
        measure=value.id,
        value=difference,
        unit=value.unit,
        side=value.side,
        reference=reference,
        interval=(difference - half, difference + half) if half > 0 else (NAN, NAN),
        grade=grade,
        source=source,
        text=_told(value, against, difference, least, grade, reference),
    )


def _told(value: Measure, against: Measure, difference: float, least: float, grade: Grade, reference: str) -> str:
    where = "" if value.side == "none" else f", {value.side}"
    numbers = f"{shown(value.value, value.unit)} against {shown(against.value, value.unit)} of {reference}"
    if grade == "none":
        return f"{value.label}{where}: {NO_CHANGE} ({numbers}; less than {shown(least, value.unit)} cannot be told)."
    way = "more" if difference > 0 else "less"
    guess = " The ground forces are estimated." if value.estimated or against.estimated else ""
    index = _symmetry(value, against, least) if reference == "the other side" else ""
    return f"{value.label}{where}: {shown(abs(difference), value.unit)} {way} ({numbers}{index}).{guess}"


_RATIO_UNITS = (
    "s",
    "m",
    "BW",
    "BW·s",
    "BW/s",
    "kBW·s/km",
    "kBW·s/day",
    "N·m/kg",
    "N·m·s/kg",
    "N·m/(kg·s)",
    "J/kg",
    "kPa",
)
"""Of amounts whose zero means none; an angle or a percentage has no such zero."""

_FAR_FROM_ZERO = 2.0
"""A symmetry index needs both sides this many smallest detectable differences from zero (Herzog 1989)."""


def _symmetry(value: Measure, against: Measure, least: float) -> str:
    """The symmetry index in words; empty where it would be a ratio of values near zero."""
    if value.unit not in _RATIO_UNITS or min(value.value, against.value) <= _FAR_FROM_ZERO * least:
        return ""
    return f"; symmetry index {robinson_index(value.value, against.value):.0f} %"


_STRIKES = (("rearfoot", 0.0, 33.3), ("midfoot", 33.3, 66.7), ("forefoot", 66.7, 100.0))


def _strikes(by: Measures) -> Iterator[Finding]:
    """How each foot meets the ground, by definition and without a verdict."""
    for (name, side), m in by.items():
        if name != "foot.cop_start" or not np.isfinite(m.value) or m.estimated:
            continue
        word, low, high = next(s for s in reversed(_STRIKES) if m.value >= s[1] or s is _STRIKES[0])
        yield Finding(
            id="reference.foot.cop_start",
            kind="reference",
            measure=name,
            value=m.value,
            unit=m.unit,
            side=side,
            reference=f"{word} strike (definition)",
            interval=(low, high),
            grade="none",
            source=m.reference,
            text=f"{m.label}, {side}: {shown(m.value, m.unit)}, a {word} strike.",
        )


def _against_ranges(
    measures: Sequence[Measure], walker: Walker, pace: float, sdc: Mapping[str, float] | None
) -> Iterator[Finding]:
    for m in measures:
        published = range_for(m.id, walker, pace) if np.isfinite(m.value) else None
        if published is not None:
            yield _held(m, published, sdc)


def _held(m: Measure, published: Range, sdc: Mapping[str, float] | None) -> Finding:
    """Hold a measure against a range; outside only if its own error does not reach it."""
    error = Z90 * m.spread / np.sqrt(m.strides) if m.strides > 1 else 0.0
    error = max(error, (sdc or {}).get(m.id, 0.0) / np.sqrt(2))
    beyond = max(published.low - m.value, m.value - published.high, 0.0)
    outside = published.judges and beyond > error and not m.estimated
    where = "" if m.side == "none" else f", {m.side}"
    band = f"{shown(published.low, '')}–{shown(published.high, m.unit)}"
    verdict = "below" if m.value < published.low else "above" if m.value > published.high else "within"
    said = f"{verdict} the published range" if published.judges else "published for comparison, no verdict:"
    guess = " The ground forces are estimated." if m.estimated else ""
    return Finding(
        id=f"reference.{m.id}",
        kind="reference",
        measure=m.id,
        value=m.value,
        unit=m.unit,
        side=m.side,
        reference=f"{band} ({published.status})",
        interval=(published.low, published.high),
        grade="weak" if outside else "none",
        source=published.source,
        text=f"{m.label}{where}: {shown(m.value, m.unit)}, {said} {band}.{guess}",
    )


def shown(value: float, unit: str) -> str:
    """A number with about three digits and its unit."""
    size = abs(value)
    text = f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
    return text if unit in ("", "1") else f"{text} {unit}"
