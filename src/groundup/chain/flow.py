"""The chain as a picture draws it: what each link carries, what was found there, and where the load goes from there.

Nothing is computed anew: main numbers, measures and findings are put where they belong.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from groundup.chain.gait import BOTH
from groundup.chain.measures.walked import OTHER
from groundup.chain.reference import Walker, range_for, smallest_change
from groundup.study import NAN, Finding, Grade, Headline, Link, LumbarLevel, Measure, Ref, Side

LINKS_FILE = Path(__file__).parent / "data" / "links.toml"
WORST_FIRST: tuple[Grade, ...] = ("strong", "moderate", "weak", "noted", "none")
TOP = "low_back"


@dataclass(frozen=True)
class LinkKind:
    """What is known of a link before anyone is measured; see the head of ``links.toml``."""

    id: str
    label: str
    kind: Literal["ground", "tendon", "contact", "compression"]
    peak: str
    findings: re.Pattern[str]
    headline: str = ""
    impulse: str = ""
    difference: str = ""
    sides: tuple[Side, ...] = BOTH
    up: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Told:
    """What the recording told: measures, findings and main numbers by name and side.

    Attributes
    ----------
    sdc : smallest detectable change by measure id, from the recording's own uncertainty
    walker : sex and age where they are known
    """

    measures: Mapping[tuple[str, Side], Measure]
    findings: Sequence[Finding]
    headline: Mapping[tuple[str, Side], Headline]
    low_back: Sequence[LumbarLevel] = ()
    sdc: Mapping[str, float] | None = None
    walker: Walker = field(default_factory=Walker)

    def number(self, measure: str, side: Side) -> float:
        """Value of a measure; NaN where there is none."""
        found = self.measures.get((measure, side))
        return found.value if found is not None else NAN


@cache
def link_kinds() -> tuple[LinkKind, ...]:
    """Every link up to the lowest level of the low back, each before those that its load goes to."""
    table = tomllib.loads(LINKS_FILE.read_text(encoding="utf-8"))
    return tuple(
        LinkKind(
            key,
            one["label"],
            one["kind"],
            one["peak"],
            re.compile(one["findings"]),
            one.get("headline", ""),
            one.get("impulse", ""),
            one.get("difference", ""),
            ("none",) if one.get("sides") == "none" else BOTH,
            tuple(one.get("up", ())),
        )
        for key, one in table.items()
    )


def chain_links(
    measures: Sequence[Measure],
    findings: Sequence[Finding],
    headline: Sequence[Headline],
    low_back: Sequence[LumbarLevel] = (),
    sdc: Mapping[str, float] | None = None,
    walker: Walker = Walker(),  # noqa: B008 - frozen
) -> tuple[Link, ...]:
    """Put measures, findings and main numbers of one recording on the links of the chain.

    Parameters
    ----------
    sdc : smallest detectable change by measure id, in its unit; published values where it says nothing
    walker : sex and age where they are known

    Returns
    -------
    links from the heels up, right before left, each before those that its load goes to; those that the body lacks are
    there too, with a reason
    """
    told = Told(
        {(m.id, m.side): m for m in measures},
        findings,
        {(h.id, h.side): h for h in headline},
        low_back,
        sdc,
        walker,
    )
    legs = [_link(kind, side, told) for kind in link_kinds() for side in kind.sides]
    return (*_joined(legs, low_back), *_levels_above(low_back))


def _link(kind: LinkKind, side: Side, told: Told) -> Link:
    measure = told.measures.get((kind.peak, side))
    number = told.headline.get((kind.headline, side))
    if measure is None and number is None:
        return Link(kind.id, side, kind.label, kind.kind, measure=kind.peak, reason="not measured", up=_up(kind, side))
    stride_peak = told.number(kind.peak, side)
    peak = stride_peak if number is None else number.value
    link = Link(
        kind.id,
        side,
        kind.label,
        kind.kind,
        peak_bw=peak,
        low_bw=NAN if number is None else number.low,
        high_bw=NAN if number is None else number.high,
        stride_peak_bw=stride_peak,
        impulse_bw_s=_stride_impulse(told) if kind.id == TOP else told.number(kind.impulse, side),
        measure=kind.peak,
        up=_up(kind, side),
        estimated=measure is not None and measure.estimated,
        reason="" if np.isfinite(peak) else _reason(measure, number),
    )
    return _with_findings(_with_difference(_with_range(link, told), kind, told), kind, told)


def _up(kind: LinkKind, side: Side) -> tuple[Ref, ...]:
    return tuple(Ref(above, "none" if above == TOP else side) for above in kind.up)


def _reason(measure: Measure | None, number: Headline | None) -> str:
    if number is not None and number.detail:
        return number.detail
    return measure.reason if measure is not None else ""


def _stride_impulse(told: Told) -> float:
    """Mean compression of the low back times the time of a stride; NaN where unknown."""
    return told.low_back[0].compression_mean_bw * told.number("gait.stride_time", "none") if told.low_back else NAN


def _with_range(link: Link, told: Told) -> Link:
    """With the published range, where a verdict may rest on it."""
    known = np.isfinite(link.stride_peak_bw)
    published = range_for(link.measure, told.walker, told.number("gait.speed", "none")) if known else None
    if published is None or not published.judges:
        return link
    return replace(
        link,
        reference_low_bw=published.low,
        reference_high_bw=published.high,
        reference_source=published.source,
    )


def _with_difference(link: Link, kind: LinkKind, told: Told) -> Link:
    """With what lies between this side and the other, and whether that can be told."""
    name = kind.difference or kind.peak
    side: Side = "right" if link.side == "none" else link.side
    this, other = told.measures.get((name, side)), told.measures.get((name, OTHER[side]))
    if this is None or other is None or not (np.isfinite(this.value) and np.isfinite(other.value)):
        return link
    least = smallest_change(this, other, "sides", told.sdc)[0]
    difference = this.value - other.value
    # As for the findings: forces that were estimated share the load of the feet by an assumption.
    differs = abs(difference) > least and not this.estimated
    return replace(link, difference_bw=difference, detectable_bw=least, differs=differs)


def _with_findings(link: Link, kind: LinkKind, told: Told) -> Link:
    own = [f for f in told.findings if kind.findings.fullmatch(f.measure) and link.side in ("none", f.side)]
    ranked = sorted(own, key=lambda f: WORST_FIRST.index(f.grade))
    grade = ranked[0].grade if ranked else "none"
    return replace(link, grade=grade, findings=tuple(Ref(f.id, f.side) for f in ranked))


def _joined(legs: Sequence[Link], low_back: Sequence[LumbarLevel]) -> Iterator[Link]:
    """The lowest level of the back told by name, and led on to the next."""
    for link in legs:
        if link.id != TOP or not low_back:
            yield link
            continue
        lowest = low_back[0].level
        label = f"{link.label} ({lowest})" if lowest.lower() != link.label.lower() else link.label
        above = tuple(Ref(_level_id(one), "none") for one in low_back[1:2])
        yield replace(link, label=label, up=above)


def _levels_above(low_back: Sequence[LumbarLevel]) -> Iterator[Link]:
    for k, one in enumerate(low_back[1:], start=1):
        above = tuple(Ref(_level_id(up), "none") for up in low_back[k + 1 : k + 2])
        yield Link(_level_id(one), "none", one.level, "compression", peak_bw=one.compression_peak_bw, up=above)


def _level_id(level: LumbarLevel) -> str:
    return level.level.lower().replace("/", "_").replace(" ", "_")
