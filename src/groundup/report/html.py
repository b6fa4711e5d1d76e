"""One self-contained page from a study. Renders, never calculates: every number on the page is one of ``study.json``.

The page carries its script, style, libraries and data inside itself and asks nothing of the network (a content
security policy forbids it). Curves and the picture travel as packed 32-bit arrays, so that a body with hundreds of
muscles stays a page of a few megabytes; positions in lists are those of ``study.json``, so ``headline.3.value`` on
the page is ``headline.3.value`` in the file.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from groundup.io.atomic import write_text_atomic
from groundup.io.study_file import pack, study_from_dict, study_to_dict
from groundup.report.template import fill, page_template, script_safe
from groundup.study import CycleCurve, Series, Study

# The page draws these over time; every other group over the gait cycle, if there is a whole cycle.
_DRAWN_OVER_TIME = {"ground_force", "emg"}

CYCLES_FOR_BAND = 3

_STYLES = ("assets/uplot.min.css", "page/page.css", "page/glance.css", "page/details.css")
_LIBRARIES = ("assets/uplot.min.js", "assets/three.min.js")
_SCRIPTS = (
    "page/dom.js",
    "page/study.js",
    "page/names.js",
    "page/svg.js",
    "page/tables.js",
    "page/chart.js",
    "page/grid.js",
    "page/overtime.js",
    "page/glance.js",
    "page/chain.js",
    "page/findings.js",
    "page/attribution.js",
    "page/measures.js",
    "page/muscles.js",
    "page/links.js",
    "page/origin.js",
    "page/scene.js",
    "page/player.js",
    "page/main.js",
)


def render_report(study: Study | Mapping[str, Any]) -> str:
    """Return the report page as one HTML text.

    Parameters
    ----------
    study : Study, or the values of a ``study.json``

    Raises
    ------
    FileError
        The values are not a study of a version this groundup reads.
    """
    whole = study if isinstance(study, Study) else study_from_dict(dict(study))
    return fill(_template(), {"title": escape(whole.title), "data": script_safe(_view(whole))})


def write_report(study: Study | Mapping[str, Any], path: str | Path) -> None:
    """Write the report page, whole or not at all.

    Raises
    ------
    FileError
        As :func:`render_report`, or the file cannot be written.
    """
    write_text_atomic(path, render_report(study))


def _view(study: Study) -> dict[str, Any]:
    """Return the study as the page reads it: curves packed, series that are not drawn left out."""
    over_cycle = {c.group for c in study.curves} - _DRAWN_OVER_TIME
    drawn = tuple(s for s in study.series if s.group not in over_cycle)
    view = study_to_dict(dataclasses.replace(study, series=(), curves=()))
    view["series"] = [_packed_series(s, study) for s in drawn]
    view["curves"] = [_packed_curve(c) for c in study.curves]
    return view


def _packed_series(series: Series, study: Study) -> dict[str, Any]:
    time_s = study.time_s if series.time_s is None else series.time_s
    return {**_words(series), "values": pack(series.values), "time_s": pack(time_s)}


def _packed_curve(curve: CycleCurve) -> dict[str, Any]:
    # With enough cycles a band says more than their lines, and takes less room.
    band = len(curve.each) >= CYCLES_FOR_BAND
    spread = {"spread": pack(curve.spread), "each": None} if band else {"each": pack(curve.each)}
    return {**_words(curve), "mean": pack(curve.mean), **spread}


def _words(record: Series | CycleCurve) -> dict[str, str]:
    fields = ((f.name, getattr(record, f.name)) for f in dataclasses.fields(record))
    return {name: value for name, value in fields if isinstance(value, str)}


@functools.cache
def _template() -> str:
    """Return the page with style, libraries and scripts in place; ``{{title}}`` and ``{{data}}`` are still open."""
    return page_template("page/page.html", _STYLES, _LIBRARIES, _SCRIPTS)
