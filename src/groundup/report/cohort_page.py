"""The page of a cohort: HTML and SVG, no script. Renders, never calculates: its numbers are in ``cohort.json``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from groundup.clinic.cohort import Cohort, Estimate, Group, columns
from groundup.report.markup import Markup, bullets, element, join, scrolling, table
from groundup.report.template import fill, page_template

Place = Callable[[float], float]

_HEEL, _NONE, _INK, _QUIET, _LINE = "#D55E00", "#0072B2", "#16212b", "#56636e", "#dde3e8"
_FOREST_WIDTH, _ROW, _LABELS, _TEXTS = 980, 34, 330, 220
_SCATTER = 430
_HOW = {
    "matched": "within pairs",
    "crude": "not adjusted",
    "crude_exact": "not adjusted (exact)",
    "adjusted": "adjusted",
}
_ANSWERS = ("adjusted", "matched")
_MAX_DECADES = 3.0  # a limit beyond 1000 or 1/1000 gets an arrow


def render_cohort(cohort: Cohort) -> str:
    """Return the page of a cohort as one HTML text."""
    parts = {
        "title": join([f"Heel pain and back pain in {cohort.n} people"]),
        "lead": join([_lead(cohort)]),
        "warnings": join(element("p", text, class_="note") for text in cohort.warnings),
        "groups": _groups(cohort),
        "ratios": _ratios(cohort),
        "scores": _scores(cohort),
        "left_out": _left_out(cohort),
        "statements": bullets(cohort.statements),
        "published": bullets(cohort.published),
        "source": join([cohort.source]),
        "version": join([cohort.groundup_version]),
    }
    return fill(page_template("page/cohort.html", ("page/page.css", "page/cohort.css"), (), ()), parts)


def forest_plot(estimates: Sequence[Estimate]) -> Markup:
    """Draw odds ratios with their intervals on a logarithmic axis; an SVG that is also a file of its own."""
    low, high = _axis(estimates)
    x = _log_scale(low, high, _LABELS, _FOREST_WIDTH - _TEXTS)
    height = _ROW * len(estimates) + 52
    shapes = [*_ticks(low, high, x, height), *(p for k, e in enumerate(estimates) for p in _forest_row(k, e, x))]
    words = "Odds ratios with intervals of 95 %: " + "; ".join(f"{e.label}: {e.text}" for e in estimates)
    return _svg(_FOREST_WIDTH, height, words, shapes)


def scatter_plot(cohort: Cohort) -> Markup:
    """Draw FAAM against ODI, one point per person with heel pain."""
    inner = (58.0, _SCATTER - 16.0)
    x, y = _linear(0, 100, *inner), _linear(0, 100, _SCATTER - 50.0, 14.0)
    shapes = []
    for tick in range(0, 101, 20):
        shapes += [
            _path(f"M{x(tick):.1f} {y(0):.1f}V{y(100):.1f}M{x(0):.1f} {y(tick):.1f}H{x(100):.1f}"),
            _text(x(tick), y(0) + 17, f"{tick}", "middle"),
            _text(x(0) - 7, y(tick) + 4, f"{tick}", "end"),
        ]
    shapes.append(_text((x(0) + x(100)) / 2, _SCATTER - 8, "FAAM, daily life, % (100 is best)", "middle"))
    turned = f"rotate(-90 14 {y(50):.0f})"
    shapes.append(_text(14, y(50), "ODI, % (0 is best)", "middle", transform=turned))
    for p in cohort.points:
        look = {"fill": _HEEL} if p.back_pain else {"fill": "#fff", "stroke": _HEEL, "stroke_width": 2}
        shapes.append(element("circle", cx=f"{x(p.faam_adl_percent):.1f}", cy=f"{y(p.odi_percent):.1f}", r=5, **look))
    found = cohort.correlation.text if cohort.correlation else "not computed"
    return _svg(_SCATTER, _SCATTER, f"FAAM and ODI of {len(cohort.points)} people with heel pain; ρ {found}", shapes)


# --- sections ------------------------------------------------------------


def _lead(cohort: Cohort) -> str:
    told = "; ".join(f"{e.text} {_HOW[e.id]}" for e in _main(cohort))
    told = f"Odds ratio: {told}." if told else "No odds ratio could be computed."
    return f"Of {_said(cohort.groups[0])} have back pain, of {_said(cohort.groups[1])}. {told}"


def _main(cohort: Cohort) -> list[Estimate]:
    """The odds ratios to read first: of the counts, or within pairs where there are any, and adjusted."""
    known = {e.id: e for e in cohort.odds_ratios}
    plain = next((known[name] for name in ("matched", "crude", "crude_exact") if name in known), None)
    return [e for e in (plain, known.get("adjusted")) if e]


def _said(g: Group) -> str:
    return f"{g.n} people {g.label} {g.back_pain} ({_percent(g.prevalence.value)})"


def _percent(part: float) -> str:
    return "not computed" if math.isnan(part) else f"{100 * part:.0f} %"


def _groups(cohort: Cohort) -> Markup:
    rows = []
    for g in cohort.groups:
        p = g.prevalence
        between = "" if math.isnan(p.low) else f"{_percent(p.low)} to {_percent(p.high)}"
        rows.append((f"People {g.label}", f"{g.n}", f"{g.back_pain}", _percent(p.value), between))
    head = ("group", "people", "with back pain", "share", "95 % interval of the share (Wilson)")
    return scrolling(table(head, rows, (1, 2, 3, 4)), "How many have back pain")


def _ratios(cohort: Cohort) -> Markup:
    if not cohort.odds_ratios:
        return _not_computed(cohort, "odds")
    rows = [
        (
            e.label,
            f"{e.n}{' pairs' if e.id == 'matched' else ''}",
            e.text,
            _p(e.p),
            _method(e),
        )
        for e in cohort.odds_ratios
    ]
    numbers = table(("odds ratio of back pain", "people", "value (95 % interval)", "p", "method"), rows, (1, 2, 3))
    keys = element("figcaption", _forest_keys(cohort.odds_ratios))
    drawn = element("figure", forest_plot(cohort.odds_ratios), keys, class_="picture")
    told = (
        f"Adjusted for {', '.join(columns()[name].label for name in cohort.adjusted_for)}."
        if cohort.adjusted_for
        else ""
    )
    plots = element("div", drawn, class_="wide", tabindex="0", role="region", aria_label="Odds ratios drawn")
    return join([plots, element("p", told, class_="intro") if told else None, scrolling(numbers, "Odds ratios")])


def _forest_keys(estimates: Sequence[Estimate]) -> str:
    """How to read the picture; only of what is in it."""
    keys = ["Right of 1 back pain is more often, left of 1 less often; a line that crosses 1 leaves both open."]
    if any(e.id in _ANSWERS for e in estimates):
        keys.append("Bold: read these first.")
    if any(_is_other(e) for e in estimates):
        keys.append("Squares: heel pain. Circles: what else is in the adjusted model, each with the others held equal.")
    return " ".join(keys)


def _is_other(e: Estimate) -> bool:
    return e.id.startswith("adjusted.")


def _scores(cohort: Cohort) -> Markup:
    missing = _not_computed(cohort, "FAAM")
    if not cohort.points:
        return missing
    keys = element(
        "figcaption",
        f"{len(cohort.points)} people with heel pain. Filled: with back pain; hollow: without, or unknown.",
    )
    e = cohort.correlation
    told = element("p", f"{e.label}: {e.text}, p {_p(e.p)}, {e.n} people.") if e else missing
    return join([told, element("figure", scatter_plot(cohort), keys, class_="picture narrow")])


def _method(e: Estimate) -> str:
    return e.interval.method if e.interval.method.endswith(e.p_method) else f"{e.interval.method}; p: {e.p_method}"


def _not_computed(cohort: Cohort, word: str) -> Markup:
    found = (n for n in cohort.not_computed if word in n.what)
    return join(element("p", f"Not computed ({n.what}): {n.why}.", class_="not-computed") for n in found)


def _left_out(cohort: Cohort) -> Markup:
    rows = [(o.what, f"{o.n} of {o.of}", o.why) for o in cohort.left_out]
    rows += [(n.what, "not computed", n.why) for n in cohort.not_computed]
    if not rows:
        return element("p", "Nobody was left out; everything could be computed.")
    return scrolling(table(("what", "left out", "why"), rows), "Who was left out and why")


def _p(p: float) -> str:
    if math.isnan(p):
        return ""
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


# --- drawing -------------------------------------------------------------


def _axis(estimates: Sequence[Estimate]) -> tuple[float, float]:
    """Round limits of the axis that hold 1 and every limit that is not too far."""
    shown = [v for e in estimates for v in (e.interval.value, e.interval.low, e.interval.high) if 0 < v < math.inf]
    logs = [max(-_MAX_DECADES, min(_MAX_DECADES, math.log10(v))) for v in shown]
    return 10 ** (min([-0.3, *logs]) - 0.1), 10 ** (max([0.7, *logs]) + 0.1)


def _log_scale(low: float, high: float, first: float, last: float) -> Place:
    line = _linear(math.log10(low), math.log10(high), first, last)
    return lambda v: line(math.log10(min(high, max(low, v)))) if v > 0 else first


def _linear(low: float, high: float, first: float, last: float) -> Place:
    return lambda v: first + (v - low) / (high - low) * (last - first)


def _ticks(low: float, high: float, x: Place, height: float) -> Iterator[Markup]:
    bottom = height - 36
    wide = math.log10(high / low) > 2.5
    for decade in range(-4, 5):
        for step in (1,) if wide else (1, 2, 5):
            tick = step * 10.0**decade
            if low <= tick <= high:
                yield _path(f"M{x(tick):.1f} 4V{bottom}", _INK if tick == 1 else _LINE, "4 3" if tick == 1 else None)
                yield _text(x(tick), bottom + 16, f"{tick:g}", "middle")
    yield _text(x(math.sqrt(low * high)), height - 4, "odds ratio (1: no association)", "middle")


def _forest_row(k: int, e: Estimate, x: Place) -> Iterator[Markup]:
    y, i = 4 + _ROW * (k + 0.5), e.interval
    heel = not _is_other(e)
    color = _HEEL if heel else _NONE
    yield _text(8, y + 4, e.label, "start", font_weight="bold" if e.id in _ANSWERS else None)
    yield _text(_FOREST_WIDTH - 6, y + 4, e.text, "end")
    if not math.isnan(i.low):
        yield _path(f"M{x(i.low):.1f} {y}H{x(i.high):.1f}", color, None, 2)
    if math.isinf(i.high):
        end = x(math.inf)
        yield _path(f"M{end - 7:.1f} {y - 5}L{end:.1f} {y}L{end - 7:.1f} {y + 5}", color, None, 2)
    if 0 < i.value < math.inf:
        shape = {"x": f"{x(i.value) - 5:.1f}", "y": f"{y - 5:.1f}", "width": 10, "height": 10}
        yield element("rect", **shape, fill=color, rx=None if heel else 5)


def _path(d: str, color: str = _LINE, dashes: str | None = None, width: float = 1) -> Markup:
    return element("path", d=d, stroke=color, stroke_dasharray=dashes, stroke_width=width, fill="none")


def _text(x: float, y: float, text: str, anchor: str, **look: object) -> Markup:
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, **look)


def _svg(width: int, height: float, words: str, shapes: Sequence[str]) -> Markup:
    look = {"font_family": "system-ui,sans-serif", "font_size": 13, "fill": _INK, "role": "img", "aria_label": words}
    size = {"width": width, "height": f"{height:g}", "viewBox": f"0 0 {width} {height:g}"}
    return element("svg", *shapes, xmlns="http://www.w3.org/2000/svg", **size, **look)
