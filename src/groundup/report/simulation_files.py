"""The files of a simulation beside ``simulation.json``: the page, and its changes as a tidy table."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from pathlib import Path

from groundup.io.atomic import write_text_atomic
from groundup.predict.answer import SimulationAnswer
from groundup.report.simulation_page import render_simulation

PAGE = "simulation.html"
CHANGES = ("measure", "label", "group", "side", "unit", "before", "after", "difference", "percent", "low", "high")
WORDS = ("verdict", "meaning")


def write_simulation(answer: SimulationAnswer, folder: Path) -> None:
    """Write ``simulation.html`` and ``tables/changes.csv`` into ``folder``.

    Raises
    ------
    FileError
        They cannot be written.
    """
    write_text_atomic(folder / "tables" / "changes.csv", _csv(_rows(answer)))
    write_text_atomic(folder / PAGE, render_simulation(answer))


def _rows(answer: SimulationAnswer) -> Iterable[Iterable[object]]:
    """One row per comparison, measure and side."""
    yield ("from", "to", *CHANGES, *WORDS)
    for comparison in answer.comparisons:
        for change in comparison.changes:
            values = (getattr(change, name) for name in (*CHANGES, *WORDS))
            yield (comparison.before, comparison.after, *(_cell(v) for v in values))


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.9g}" if math.isfinite(value) else ""
    return value


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
