"""The files of a comparison: ``comparison.json``, a tidy table and the page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import numpy as np

from groundup.chain.comparison import Change, Comparison
from groundup.io.atomic import write_text_atomic
from groundup.io.result_folder import COMPARISON_FILE
from groundup.io.study_file import record_to_dict
from groundup.report.comparison_page import render_comparison


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write ``comparison.json``, ``report.html`` and ``tables/*.csv`` into ``folder``.

    Raises
    ------
    FileError
        They cannot be written.
    """
    names = [f.name for f in fields(Change)]
    changes = ([_cell(getattr(c, name)) for name in names] for c in (*comparison.headline, *comparison.measures))
    write_text_atomic(folder / "tables" / "comparison.csv", _csv([names, *changes]))
    write_text_atomic(folder / "tables" / "curves.csv", _csv(_curve_rows(comparison)))
    if comparison.attributions:
        write_text_atomic(folder / "tables" / "attribution.csv", _csv(_share_rows(comparison)))
    write_text_atomic(folder / "report.html", render_comparison(comparison))
    plain = record_to_dict(comparison)
    write_text_atomic(folder / COMPARISON_FILE, json.dumps(plain, ensure_ascii=False, allow_nan=False) + "\n")


Rows = Iterable[Iterable[object]]


def _curve_rows(comparison: Comparison) -> Rows:
    """One row per quantity, side and percent of the cycle."""
    yield ("id", "side", "cycle_side", "unit", "percent", "before", "after", "difference")
    for c in comparison.curves:
        percent = np.linspace(0.0, 100.0, len(c.before))
        for row in zip(percent, c.before, c.after, c.difference, strict=True):
            yield (c.id, c.side, c.cycle_side, c.unit, *(_cell(float(v)) for v in row))


def _share_rows(comparison: Comparison) -> Rows:
    yield ("load", "load_side", "unit", "link", "side", "value", "percent")
    for a in comparison.attributions:
        for s in a.shares:
            yield (a.load_id, a.side, a.unit, s.link, s.side, _cell(s.value), _cell(s.percent))


def _cell(value: object) -> object:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.9g}"
    return value


def _csv(rows: Rows) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
