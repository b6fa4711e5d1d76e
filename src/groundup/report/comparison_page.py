"""One self-contained page from a comparison. Renders, never calculates: its numbers are in ``comparison.json``."""

from __future__ import annotations

import functools
from dataclasses import replace
from html import escape
from typing import Any

from groundup.chain.comparison import Comparison, CurveChange
from groundup.io.study_file import pack, record_to_dict
from groundup.report.template import fill, page_template, script_safe

_STYLES = ("assets/uplot.min.css", "page/page.css", "page/glance.css", "page/compare.css")
_LIBRARIES = ("assets/uplot.min.js", "assets/three.min.js")
_SCRIPTS = (
    "page/dom.js",
    "page/study.js",
    "page/names.js",
    "page/svg.js",
    "page/chart.js",
    "page/chain.js",
    "page/scene.js",
    "page/compare_player.js",
    "page/compare_chain.js",
    "page/compare.js",
)


def render_comparison(comparison: Comparison) -> str:
    """Return the page of a comparison as one HTML text."""
    title = f"{comparison.before.label} and {comparison.after.label}: {comparison.after.title}"
    return fill(_template(), {"title": escape(title), "data": script_safe(_view(comparison))})


def _view(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as the page reads it: curves packed."""
    view = record_to_dict(replace(comparison, curves=()))
    view["curves"] = [
        _packed(curve, one) for curve, one in zip(comparison.curves, _plain_curves(comparison), strict=True)
    ]
    return view


def _plain_curves(comparison: Comparison) -> list[dict[str, Any]]:
    curves: list[dict[str, Any]] = record_to_dict(replace(comparison, walks=None))["curves"]
    return curves


def _packed(curve: CurveChange, plain: dict[str, Any]) -> dict[str, Any]:
    arrays = {
        name: pack(getattr(curve, name)) for name in ("before", "after", "difference", "band_before", "band_after")
    }
    test = None if plain["test"] is None else {k: v for k, v in plain["test"].items() if k != "statistic"}
    return {**plain, **arrays, "test": test}


@functools.cache
def _template() -> str:
    return page_template("page/compare.html", _STYLES, _LIBRARIES, _SCRIPTS)
