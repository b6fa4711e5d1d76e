"""Is it a change: each visit held against the first, by what can be told and by what matters to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from groundup.chain.reference import smallest_change
from groundup.clinic.scores import instruments
from groundup.clinic.store.records import Trend
from groundup.study import Measure

Verdict = Literal["first", "no detectable change", "higher", "lower", "not known"]
NOT_KNOWN = "no smallest detectable change is known"
OWN = "the uncertainty of these recordings"
_ROUNDING = 1e-9  # it must not make 30 % of 40 more than 12


@dataclass(frozen=True)
class Limits:
    """What a change of a measure is held against, in its unit; None where nothing is published.

    Attributes
    ----------
    detectable : float or None
        Smallest detectable change; smaller differences are none.
    important : float or None
        Smallest change that matters to people.
    higher_is_better : bool or None
    source : str
        Where they are published.
    """

    detectable: float | None = None
    important: float | None = None
    higher_is_better: bool | None = None
    source: str = ""


@dataclass(frozen=True)
class VisitChange:
    """A visit against the first one.

    Attributes
    ----------
    difference : float
        This visit minus the first, in the unit.
    verdict : {'first', 'no detectable change', 'higher', 'lower', 'not known'}
    better : bool or None
        Of a detectable change; None where there is none, or nothing says which way is better.
    important : bool or None
        It reaches what matters to people, and is no "no detectable change"; None where nothing is published.
    detectable : float or None
        What it was held against, in the unit, and ``source`` where that is from.
    """

    visit: str
    date: str
    value: float
    difference: float
    verdict: Verdict
    better: bool | None
    important: bool | None
    detectable: float | None
    source: str


def score_limits(trend: Trend) -> dict[str, Limits]:
    """Return what a trend of a known score is held against (``clinic/data/scores.toml``); empty for others.

    Sizes that are a part of the first value are made of it. Of several published sizes any is enough, so the smallest
    counts; only those that may decide (status ``assert``) are taken.
    """
    instrument = instruments().get(trend.measure) if trend.origin == "score" else None
    if instrument is None:
        return {}
    first = abs(trend.values[0])
    sizes = {
        kind: sorted(
            (s.size * first if s.part else s.size, s.source)
            for s in instrument.changes
            if s.kind == kind and s.status == "assert"
        )
        for kind in ("mdc", "mcid")
    }
    detectable, important = (next((size for size, _ in sizes[kind]), None) for kind in ("mdc", "mcid"))
    source = "; ".join(dict.fromkeys(source for kind in ("mdc", "mcid") for _, source in sizes[kind]))
    better = {"higher": True, "lower": False, "neither": None}[instrument.better]
    return {trend.measure: Limits(detectable, important, better, source)}


def changes(trend: Trend, limits: Mapping[str, Limits] | None = None) -> tuple[VisitChange, ...]:
    """Hold each visit against the first.

    Parameters
    ----------
    trend : from :meth:`groundup.clinic.store.store.Store.trend`
    limits : by measure; what is given here comes first. Main numbers of studies are otherwise held against their own
        smallest detectable change (the larger of the two), and where they have none against the published ones of
        ``chain/data/smallest_changes.toml``. Scores without limits are "not known".

    Returns
    -------
    tuple of VisitChange, one for each visit; the first has the verdict ``first``
    """
    given = (limits or {}).get(trend.measure, Limits())
    return tuple(_change(trend, k, given) for k in range(len(trend.values)))


def _change(trend: Trend, k: int, given: Limits) -> VisitChange:
    value, difference = trend.values[k], trend.values[k] - trend.values[0]
    if k == 0:
        return VisitChange(trend.visits[0], trend.dates[0], value, 0.0, "first", None, None, None, "")
    detectable, source = _detectable(trend, k, given)
    verdict: Verdict = "not known"
    if detectable is not None:
        told = abs(difference) >= detectable - _ROUNDING and difference != 0
        verdict = ("higher" if difference > 0 else "lower") if told else "no detectable change"
    # Where nothing says what can be told, a difference that people notice is said to be one, with that it is not known.
    can_be = verdict != "no detectable change" and difference != 0
    reaches = given.important is not None and abs(difference) >= given.important - _ROUNDING
    changed = verdict in ("higher", "lower") or (can_be and reaches)
    better = (difference > 0) == given.higher_is_better if changed and given.higher_is_better is not None else None
    important = can_be and reaches if given.important is not None else None
    return VisitChange(
        trend.visits[k], trend.dates[k], value, difference, verdict, better, important, detectable, source
    )


def _detectable(trend: Trend, k: int, given: Limits) -> tuple[float | None, str]:
    if given.detectable is not None:
        return given.detectable, given.source
    if trend.origin == "score":
        return None, given.source or NOT_KNOWN
    own = [d for d in (trend.detectables[0], trend.detectables[k]) if d is not None]
    if len(own) == 2:
        return max(own), OWN
    size, source = smallest_change(_measure(trend, 0), _measure(trend, k), "again")
    # A limit that is known of one of the two is one that the other cannot be better than.
    return max([size, *own]), source


def _measure(trend: Trend, k: int) -> Measure:
    return Measure(trend.measure, "", trend.side, trend.values[k], trend.unit, trend.label, "")


def text(change: VisitChange, unit: str) -> str:
    """Say a change in words."""
    if change.verdict == "first":
        return "first"
    size = f"{change.difference:+.3g} {unit}".strip()
    way = change.verdict if change.better is None else "better" if change.better else "worse"
    if change.verdict == "not known":
        return f"{size}, {way}, as much as people notice; {NOT_KNOWN}" if change.important else f"{size}; {NOT_KNOWN}"
    limit = f"{change.detectable:.3g} {unit}".strip()
    if change.verdict == "no detectable change":
        return f"{size}; no detectable change (from {limit})"
    words = [size, way]
    if change.important is not None:
        words.append("it matters" if change.important else "too small to matter")
    return f"{', '.join(words)} (detectable from {limit})"


def thinned(values: Sequence[float], most: int) -> list[int]:
    """Return which points a picture needs: the first, the last, and of each stretch the lowest and the highest."""
    if len(values) <= most:
        return list(range(len(values)))
    stretch = -(-len(values) // (most // 2))
    kept = {0, len(values) - 1}
    for begin in range(0, len(values), stretch):
        part = range(begin, min(begin + stretch, len(values)))
        kept |= {min(part, key=values.__getitem__), max(part, key=values.__getitem__)}
    return sorted(kept)
