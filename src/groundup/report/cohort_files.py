"""The files of a cohort: ``cohort.json``, tidy tables, both plots and the page."""

from __future__ import annotations

import json
import math
from pathlib import Path

from groundup.clinic.cohort import Cohort
from groundup.clinic.cohort.statistics import Interval
from groundup.io.atomic import write_text_atomic
from groundup.io.people_table import csv_text
from groundup.io.result_folder import COHORT_FILE
from groundup.io.study_file import record_to_dict
from groundup.report.cohort_page import forest_plot, render_cohort, scatter_plot

Rows = list[list[object]]


def write_cohort(cohort: Cohort, folder: Path) -> None:
    """Write ``cohort.json``, ``report.html``, ``tables/*.csv`` and ``plots/*.svg`` into ``folder``.

    Raises
    ------
    FileError
        They cannot be written.
    """
    write_text_atomic(folder / "tables" / "prevalence.csv", csv_text(_prevalence_rows(cohort)))
    write_text_atomic(folder / "tables" / "estimates.csv", csv_text(_estimate_rows(cohort)))
    write_text_atomic(folder / "tables" / "left_out.csv", csv_text(_left_out_rows(cohort)))
    if cohort.odds_ratios:
        write_text_atomic(folder / "plots" / "odds_ratios.svg", forest_plot(cohort.odds_ratios))
    if cohort.points:
        write_text_atomic(folder / "plots" / "faam_odi.svg", scatter_plot(cohort))
    write_text_atomic(folder / "report.html", render_cohort(cohort))
    plain = record_to_dict(cohort)
    write_text_atomic(folder / COHORT_FILE, json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=1) + "\n")


def _prevalence_rows(cohort: Cohort) -> Rows:
    head: Rows = [["group", "people", "with_back_pain", "part", "low", "high", "method"]]
    return head + [[g.id, g.n, g.back_pain, *_interval(g.prevalence)] for g in cohort.groups]


def _estimate_rows(cohort: Cohort) -> Rows:
    head: Rows = [["id", "label", "n", "value", "low", "high", "method", "p", "p_method", "text"]]
    found = [*cohort.odds_ratios, *([cohort.correlation] if cohort.correlation else [])]
    return head + [[e.id, e.label, e.n, *_interval(e.interval), _cell(e.p), e.p_method, e.text] for e in found]


def _left_out_rows(cohort: Cohort) -> Rows:
    head: Rows = [["what", "left_out", "of", "why"]]
    rows: Rows = [[o.what, o.n, o.of, o.why] for o in cohort.left_out]
    return head + rows + [[n.what, None, None, n.why] for n in cohort.not_computed]


def _interval(i: Interval) -> list[object]:
    return [_cell(i.value), _cell(i.low), _cell(i.high), i.method]


def _cell(value: float) -> object:
    """Empty for what is not defined; ``inf`` for no limit."""
    return None if math.isnan(value) else f"{value:.9g}"
