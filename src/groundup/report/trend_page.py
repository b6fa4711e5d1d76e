"""Scores and main loads over the visits as one self-contained page: pictures in SVG, each with its table. No script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from groundup.clinic.store.change import NOT_KNOWN, Changes, Limits, shown_text, text, thinned
from groundup.clinic.store.records import Trend
from groundup.report.markup import Markup, element, scrolling, table
from groundup.report.template import asset

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 240, 64, 16, 14, 34
_MOST_POINTS = 1500
_MOST_MARKS = 200
_MOST_ROWS = 200
_NEVER = "groundup shows numbers and makes no diagnosis."
_STYLE = """
main { padding-top: 1rem; padding-bottom: 2rem; }
.trend svg { width: 100%; height: auto; max-width: 760px; display: block; font: 12px system-ui, sans-serif; }
.trend .axis { stroke: var(--line); } .trend .line { fill: none; stroke: var(--accent); stroke-width: 2; }
.trend circle { fill: var(--accent); } .trend text { fill: var(--quiet); }
.trend .same { fill: #0b4f6c1f; } .trend .matters { stroke: var(--good); stroke-dasharray: 5 4; }
.trend .shown { stroke: var(--quiet); stroke-dasharray: 1.5 4; }
.trend .keys { margin: .2rem 0 .3rem; } .trend .keys + .quiet { margin-top: 0; }
.trend i { display: inline-block; width: 1.6rem; height: 0; border-top: 1.5px none; }
.trend i.band { height: .8rem; background: #0b4f6c1f; } .trend i.dash { border-top: 1.5px dashed var(--good); }
.trend i.dots { border-top: 2px dotted var(--quiet); }
.trend i.bar { width: 0; height: 1rem; border-left: 1.5px solid var(--accent); opacity: .45; }
.trend .interval { stroke: var(--accent); stroke-opacity: .45; stroke-width: 1.5; }
.trend table { border-collapse: collapse; font-size: .92rem; }
.trend th, .trend td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); }
.trend th { font-weight: 500; } .trend .figure { text-align: right; font-variant-numeric: tabular-nums; }
@media print { section { break-inside: avoid; } body { background: #fff; } }
"""


@dataclass(frozen=True)
class DrawnTrend:
    """A trend, its visits held against the first, and what they were held against."""

    trend: Trend
    changes: Changes
    limits: Limits


def render_trends(person: str, trends: Sequence[DrawnTrend]) -> str:
    """Return the page of a person's trends as one HTML text; asks nothing of the network and runs no script."""
    title = f"{person} over the visits"
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    head = (
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        element("title", f"{title} - groundup"),
        element("style", Markup(asset("page/page.css") + _STYLE)),
    )
    intro = f"Each visit is held against the first. What band and lines mean stands below each picture. {_NEVER}"
    top = element(
        "header", element("p", "groundup", class_="brand"), element("h1", title), element("p", intro, class_="lead")
    )
    body = element("body", top, element("main", _overview(trends), *(_section(one) for one in trends)))
    page = element("html", element("head", *head), body, lang="en")
    return f"<!doctype html>\n{page}\n"


def _overview(trends: Sequence[DrawnTrend]) -> Markup | None:
    """The first and the latest visit of everything, where there is more than one thing to follow."""
    if len(trends) < 2:
        return None
    rows = []
    for drawn in trends:
        first, last = drawn.changes[0], drawn.changes[-1]
        told = text(last, drawn.trend.unit) if len(drawn.changes) > 1 else "one visit so far"
        rows.append((_heading(drawn), f"{first.value:.4g}", f"{last.value:.4g}", last.date, told))
    columns = ("What", "First", "Latest", "Latest on", "Latest against the first")
    shown = scrolling(table(columns, rows, numbers=(1, 2)), "First and latest visit")
    return element("section", element("h2", "First and latest"), shown, class_="trend")


def _heading(drawn: DrawnTrend) -> str:
    name = _name(drawn)
    return f"{name}, {drawn.trend.unit}" if drawn.trend.unit not in ("", "1") else name


def _name(drawn: DrawnTrend) -> str:
    t = drawn.trend
    return t.label if t.side == "none" else f"{t.label} ({t.side})"


def _section(drawn: DrawnTrend) -> Markup:
    t = drawn.trend
    name = _name(drawn)
    rows = [(c.date, c.visit, f"{c.value:.4g}", text(c, t.unit)) for c in drawn.changes.ends(_MOST_ROWS)]
    left_out = len(drawn.changes) - len(rows)
    parts = [element("h2", _heading(drawn)), _picture(drawn, name), _keys(drawn), _sources(drawn)]
    if left_out:
        parts.append(element("p", f"The table leaves out {left_out} visits after the first.", class_="quiet"))
    columns = ("Day", "Visit", t.unit if t.unit not in ("", "1") else "Value", "Against the first")
    parts.append(scrolling(table(columns, rows, numbers=(2,)), f"{name}: table"))
    return element("section", *parts, class_="trend")


def _keys(drawn: DrawnTrend) -> Markup | None:
    """What is in the picture, in words; only what is there."""
    t, held = drawn.trend, drawn.limits
    keys = [
        ("band", "no detectable change", _widest(drawn) is not None),
        ("dash", "from here a change matters to people", held.important is not None),
        ("dots", shown_text(held, t.unit), held.shown is not None),
        ("bar", "where it lies in 90 of 100 cases", _has_intervals(t)),
    ]
    shown = [element("span", element("i", class_=look), words, class_="key") for look, words, there in keys if there]
    if held.higher_is_better is not None:
        shown.insert(0, element("span", f"{'Higher' if held.higher_is_better else 'Lower'} is better.", class_="key"))
    return element("p", *shown, class_="keys") if shown else None


def _has_intervals(t: Trend) -> bool:
    return len(t.values) <= _MOST_MARKS and any(low is not None for low in t.lows)


def _sources(drawn: DrawnTrend) -> Markup | None:
    sources = dict.fromkeys(part for source in drawn.changes.sources for part in source.split("; "))
    if NOT_KNOWN in sources:
        return element("p", f"{NOT_KNOWN.capitalize()}.", class_="quiet")
    return element("p", f"Limits from: {'; '.join(sources)}.", class_="quiet") if sources else None


class _Scale:
    """Places in the picture, px."""

    def __init__(self, days: Sequence[int], values: Sequence[float]) -> None:
        self._first, self._span = days[0], max(1, days[-1] - days[0])
        low, high = min(values), max(values)
        room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
        self.low, self.high = low - room, high + room

    def x(self, day: int) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * (day - self._first) / self._span, 2)

    def y(self, value: float) -> float:
        part = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * part, 2)


def _picture(drawn: DrawnTrend, name: str) -> Markup:
    t = drawn.trend
    kept = thinned(t.values, _MOST_POINTS)
    days = [date.fromisoformat(t.dates[k]).toordinal() for k in kept]
    values = [t.values[k] for k in kept]
    band = _widest(drawn)
    shown = [*values, *(v for k in kept for v in (t.lows[k], t.highs[k]) if v is not None and len(kept) <= _MOST_MARKS)]
    if band is not None:
        shown += [values[0] - band, values[0] + band]
    scale = _Scale(days, shown)
    points = [(scale.x(day), scale.y(value)) for day, value in zip(days, values, strict=True)]
    parts = [
        element("title", f"{name}: {len(t.values)} visits from {t.dates[0]} to {t.dates[-1]}"),
        _band(scale, values[0], band),
        *_axes(scale, t),
        *_lines(scale, values[0], drawn.limits.important, "matters"),
        *_lines(scale, values[0], drawn.limits.shown, "shown"),
        element("path", class_="line", d="M" + "L".join(f"{x} {y}" for x, y in points)),
    ]
    if len(kept) <= _MOST_MARKS:
        parts += [_interval(scale, day, t.lows[k], t.highs[k]) for k, day in zip(kept, days, strict=True)]
        parts += [element("circle", cx=x, cy=y, r=4) for x, y in points]
    return element("svg", *parts, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", aria_label=f"{name} over the visits")


def _widest(drawn: DrawnTrend) -> float | None:
    """The band about the first visit; where visits differ in what can be told, that of the last."""
    known = drawn.changes.detectable[np.isfinite(drawn.changes.detectable)]
    return float(known[-1]) if len(known) else drawn.limits.detectable


def _band(scale: _Scale, first: float, half: float | None) -> Markup | None:
    if half is None:
        return None
    top, bottom = scale.y(first + half), scale.y(first - half)
    return element("rect", class_="same", x=_LEFT, y=top, width=_WIDTH - _LEFT - _RIGHT, height=round(bottom - top, 2))


def _lines(scale: _Scale, first: float, away: float | None, look: str) -> list[Markup]:
    """A line so far above the first visit, and one below, where the picture reaches."""
    if away is None:
        return []
    places = (v for v in (first - away, first + away) if scale.low <= v <= scale.high)
    return [element("line", class_=look, x1=_LEFT, x2=_WIDTH - _RIGHT, y1=scale.y(v), y2=scale.y(v)) for v in places]


def _interval(scale: _Scale, day: int, low: float | None, high: float | None) -> Markup | None:
    if low is None or high is None:
        return None
    return element("line", class_="interval", x1=scale.x(day), x2=scale.x(day), y1=scale.y(low), y2=scale.y(high))


def _ticks(low: float, high: float) -> list[float]:
    """Round values between, three to eight of them."""
    size = 10.0 ** math.floor(math.log10((high - low) / 3))
    step = next(size * k for k in (10, 5, 2, 1) if size * k <= (high - low) / 3)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(k * step, 12) for k in range(first, last + 1)]


def _axes(scale: _Scale, t: Trend) -> list[Markup]:
    parts = []
    for value in _ticks(scale.low, scale.high):
        y = scale.y(value)
        parts.append(element("line", class_="axis", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y))
        parts.append(element("text", f"{value:.6g}", x=_LEFT - 8, y=y + 4, text_anchor="end"))
    y = _HEIGHT - 10
    parts.append(element("text", t.dates[0], x=_LEFT, y=y))
    if t.dates[-1] != t.dates[0]:
        parts.append(element("text", t.dates[-1], x=_WIDTH - _RIGHT, y=y, text_anchor="end"))
    return parts
