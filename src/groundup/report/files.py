"""The files of a result folder, written from the study alone, in OpenSim's formats and column names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import numpy as np

from groundup.body.recording import Table
from groundup.io.atomic import write_text_atomic
from groundup.io.osim_write import write_osim
from groundup.io.storage import write_storage
from groundup.io.study_file import write_study
from groundup.report.html import write_report
from groundup.study import Floats, LumbarLevel, Series, Study

# file → groups of series, title, and whether angles are in degrees
_TABLES: dict[str, tuple[tuple[str, ...], str, bool]] = {
    "motion.mot": (("angle",), "Coordinates", True),
    "moments.sto": (("moment",), "Inverse Dynamics Generalized Forces", False),
    "muscle_forces.sto": (("muscle_force", "reserve"), "Static Optimization", False),
    "activations.sto": (("activation",), "Static Optimization", False),
    "joint_loads.sto": (("joint_load",), "JointReaction", False),
    "low_back_loads.sto": (("lumbar",), "Low back", False),
    "external_forces.mot": (("ground_force",), "External forces", False),
    "emg.sto": (("emg",), "EMG envelopes in percent of each channel's highest value", False),
}


def write_results(study: Study, folder: Path) -> None:
    """Write ``study.json``, ``report.html``, the motion tables and ``tables/*.csv`` into ``folder``."""
    for name, (groups, title, degrees) in _TABLES.items():
        series = [s for s in study.series if s.group in groups and not s.name.endswith("_contact")]
        if series:
            write_storage(_table(study, series, title, degrees), folder / name)
    write_text_atomic(folder / "tables" / "headline.csv", _csv(_headline_rows(study)))
    if study.low_back:
        write_text_atomic(folder / "tables" / "lumbar.csv", _csv(_low_back_rows(study)))
    write_text_atomic(folder / "tables" / "cycles.csv", _csv(_cycle_rows(study)))
    write_text_atomic(folder / "tables" / "curves.csv", _csv(_curve_rows(study)))
    if study.measures:
        write_text_atomic(folder / "tables" / "measures.csv", _csv(_measure_rows(study)))
        write_text_atomic(folder / "tables" / "findings.csv", _csv(_finding_rows(study)))
    write_text_atomic(folder / "tables" / "quality.csv", _csv(_quality_rows(study)))
    if study.body is not None:
        write_osim(study.body, folder / "body.osim")
    write_report(study, folder / "report.html")
    write_study(study, folder / "study.json")


def _table(study: Study, series: list[Series], title: str, degrees: bool) -> Table:
    time_s = study.time_s if series[0].time_s is None else series[0].time_s
    values = np.column_stack([s.values for s in series])
    return Table(time_s, tuple(s.name for s in series), values, degrees, title)


Rows = Iterable[Iterable[object]]


def _headline_rows(study: Study) -> Rows:
    yield ("id", "label", "side", "value", "unit", "detail")
    for h in study.headline:
        yield (h.id, h.label, h.side, _cell(h.value), h.unit, h.detail)


def _low_back_rows(study: Study) -> Rows:
    names = [f.name for f in fields(LumbarLevel)]
    yield names
    for one in study.low_back:
        yield (one.level, *(_cell(getattr(one, name)) for name in names[1:]))


def _cycle_rows(study: Study) -> Rows:
    yield ("side", "start_s", "end_s", "foot_off_percent", "source")
    for c in study.cycles:
        yield (c.side, c.start_s, c.end_s, _cell(c.foot_off_percent), c.source)


def _curve_rows(study: Study) -> Rows:
    """One row per quantity, side and percent of the cycle: tidy, as pandas and R like it."""
    yield ("id", "side", "cycle_side", "unit", "percent", "mean", "n_cycles")
    for c in study.curves:
        for percent, mean in zip(c.percent, c.mean, strict=True):
            yield (c.id, c.side, c.cycle_side, c.unit, f"{percent:g}", f"{mean:.9g}", len(c.each))


def _measure_rows(study: Study) -> Rows:
    yield ("id", "link", "side", "value", "unit", "spread", "strides", "estimated", "label", "reason")
    for m in study.measures:
        yield (m.id, m.link, m.side, _cell(m.value), m.unit, _cell(m.spread), m.strides, m.estimated, m.label, m.reason)


def _finding_rows(study: Study) -> Rows:
    yield ("id", "kind", "side", "grade", "value", "unit", "reference", "text", "next_step", "source")
    for f in study.findings:
        yield (f.id, f.kind, f.side, f.grade, _cell(f.value), f.unit, f.reference, f.text, f.next_step, f.source)


def _quality_rows(study: Study) -> Rows:
    yield ("stage", "severity", "where", "message", "value", "unit", "limit", "advice")
    for q in study.quality:
        yield (q.stage, q.severity, q.where, q.message, _cell(q.value), q.unit, _cell(q.limit), q.advice)


def _cell(value: float | Floats) -> object:
    return "" if np.isnan(value) else value


def _csv(rows: Rows) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
