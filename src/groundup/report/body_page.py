"""The card of the body as a page of its own, with its moment arms and strengths drawn: plain HTML and SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from groundup.body.functions import Floats

Place = Callable[[float], float]
"""From a value to where it stands in the picture."""

_WIDTH, _HEIGHT = 340, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 30, 34
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#16212b}"
    "figure{display:inline-block;margin:.4rem;vertical-align:top;width:340px}figcaption{font-size:.78rem;color:#56636e}"
    "dt{font-weight:600}dd{margin:0 0 .6rem}li{margin:.15rem 0}svg{background:#fff;border:1px solid #dde3e8}"
)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A curve over an angle with the range published for a part of it: ``band`` is from, to (deg), low, high."""

    title: str
    unit: str
    angle_deg: Floats
    values: Floats
    band: tuple[float, float, float, float]
    checked: bool
    note: str


def body_page(title: str, facts: Mapping[str, object], drawings: Sequence[Drawing]) -> str:
    """Write the page.

    Parameters
    ----------
    facts : plain values, lists of them and dictionaries of them, by what they are
    """
    figures = "".join(f"<figure>{svg(d)}<figcaption>{escape(d.note)}</figcaption></figure>" for d in drawings)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>"
        f"<p>Lines: this body, right side or trunk. Green bands: published ranges; grey, dashed ones are from memory "
        f"of the literature and judge nothing.</p>{figures}<dl>{_facts(facts)}</dl></main></body></html>\n"
    )


def _facts(facts: Mapping[str, object]) -> str:
    return "".join(
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{_value(value)}</dd>" for name, value in facts.items()
    )


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return escape(", ".join(f"{name} {number}" for name, number in value.items()))
    if isinstance(value, list):
        return f"<ul>{''.join(f'<li>{escape(str(one))}</li>' for one in value)}</ul>"
    return escape(str(value))


def svg(d: Drawing) -> str:
    """Draw one curve, with a namespace, so that the text is also a file of its own."""
    x = _scale(float(d.angle_deg.min()), float(d.angle_deg.max()), _LEFT, _WIDTH - _RIGHT)
    low, high = min(0.0, float(d.values.min())), max(d.band[3], float(d.values.max())) * 1.05
    y = _scale(low, high, _HEIGHT - _BOTTOM, _TOP)
    begin, end = (x(float(np.clip(a, d.angle_deg.min(), d.angle_deg.max()))) for a in d.band[:2])
    look = 'fill="#9fd3a8"' if d.checked else 'fill="#e3e6e9" stroke="#8b97a1" stroke-dasharray="4 3"'
    points = " ".join(f"{x(a):.1f},{y(v):.1f}" for a, v in zip(d.angle_deg, d.values, strict=True))
    parts = [
        f'<rect x="{begin:.1f}" y="{y(d.band[3]):.1f}" width="{end - begin:.1f}" '
        f'height="{y(d.band[2]) - y(d.band[3]):.1f}" {look}/>',
        *_grid(_ticks(d.angle_deg.min(), d.angle_deg.max()), _ticks(low, high), x, y),
        f'<polyline points="{points}" fill="none" stroke="#0072B2" stroke-width="2"/>',
        _text(8, 18, d.title, "start", "bold"),
        _text(_WIDTH - _RIGHT, 18, d.unit, "end"),
        _text((_LEFT + _WIDTH) / 2, _HEIGHT - 4, "angle, deg", "middle"),
    ]
    words = escape(f"{d.title}, {d.unit}, over the angle; {d.note}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="11" fill="#16212b" role="img" '
        f'aria-label="{words}">{"".join(parts)}</svg>'
    )


def _scale(low: float, high: float, first: float, last: float) -> Place:
    return lambda v: first + (v - low) / (high - low) * (last - first)


def _grid(across: Iterable[float], up: Iterable[float], x: Place, y: Place) -> Iterator[str]:
    for a in across:
        yield f'<path d="M{x(a):.1f} {_TOP}V{_HEIGHT - _BOTTOM}" stroke="#dde3e8"/>'
        yield _text(x(a), _HEIGHT - _BOTTOM + 14, f"{a:g}", "middle")
    for v in up:
        yield f'<path d="M{_LEFT} {y(v):.1f}H{_WIDTH - _RIGHT}" stroke="{"#8b97a1" if v == 0 else "#dde3e8"}"/>'
        yield _text(_LEFT - 5, y(v) + 4, f"{v:g}", "end")


def _ticks(low: float, high: float) -> list[float]:
    """Four to eight round numbers within a range."""
    rough = (high - low) / 5
    unit = 10.0 ** np.floor(np.log10(rough))
    step = next(s * unit for s in (1, 2, 5, 10) if s * unit >= rough)
    return [float(round(v, 9)) + 0.0 for v in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step]


def _text(x: float, y: float, words: str, anchor: str, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'
