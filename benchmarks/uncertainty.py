"""How sure the main numbers of the published recordings are, and how long it takes to tell; writes
docs/validation/uncertainty.md.

Run: python -m benchmarks.uncertainty
"""

from __future__ import annotations

import os
import resource
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import groundup
from benchmarks.laboratories.cases import data_folder, laboratories, measure
from benchmarks.recordings import ROOT
from groundup.body.default_body import default_body
from groundup.body.recording import Recording
from groundup.chain.conclude import lumbar_reason
from groundup.chain.uncertainty import Uncertainty, UncertaintyOptions, main_numbers, propagate
from groundup.loads.analysis import Analysis
from groundup.motion.synthetic import synthetic_recording
from groundup.pipeline import Method, compute

OUT = ROOT / "docs" / "validation" / "uncertainty.md"
SAMPLES = 200
LIMIT_S = 30.0
"""Most that 200 samples of four seconds with 318 muscles may take on two cores."""

_HEAD = """# How sure the main numbers are

Written by `make validation-uncertainty`; do not edit. {when}, groundup {version}, {samples} samples, {cores}
cores. Method: [decision 12](../decisions/0012-uncertainty.md).

*Interval* holds the number in 90 of 100 cases, all causes together. *Same session* and *new session* are the smallest
detectable changes between two recordings of one person, with markers that stayed on and with markers stuck on anew.

Limit: {limit:.0f} s of wall time. Where other programs keep a core busy, wall time comes near processor time; where
both cores are free it is half of that and two seconds.
"""


@dataclass(frozen=True)
class Row:
    """One recording: what was found, wall and processor time."""

    name: str
    duration_s: float
    muscles: int
    found: Uncertainty
    wall_s: float
    cpu_s: float


def main() -> int:
    """Measure and write the page; 1 where it takes too long."""
    rows = [_timed("built-in walk", _built_in(), Method())]
    data = data_folder()
    for laboratory in laboratories(data) if data is not None else ():
        print(laboratory.name, file=sys.stderr)
        # As the command analyses people: forces smoothed like the motion, what markers show followed.
        a = measure(laboratory).analysis
        tasks = a.fitting.fitted.tasks if a.fitting is not None else None
        rows.append(_timed(laboratory.name, a, Method(tasks=tasks, match_forces=True)))
    when = datetime.now(UTC).date().isoformat()
    head = _HEAD.format(when=when, version=groundup.__version__, samples=SAMPLES, cores=os.cpu_count(), limit=LIMIT_S)
    OUT.write_text("\n".join([head, *_times(rows), "", *(line for r in rows for line in _table(r))]) + "\n")
    print(OUT)
    return int(max(r.wall_s for r in rows) > LIMIT_S)


def _built_in() -> Analysis:
    body = default_body()
    markers, forces, _ = synthetic_recording(body)
    return compute(Recording(markers, forces, "built-in walk", synthetic=True), body)


def _timed(name: str, a: Analysis, method: Method) -> Row:
    reason = lumbar_reason(a)
    a = replace(a, reasons=a.reasons | {"lumbar": reason}) if reason else a
    begin, used = time.perf_counter(), _cpu_s()
    found = propagate(a, main_numbers(a), method, UncertaintyOptions(samples=SAMPLES))
    wall_s, cpu_s = time.perf_counter() - begin, _cpu_s() - used
    clock = a.motion.time_s
    return Row(name, float(clock[-1] - clock[0]), len(a.body.muscles), found, wall_s, cpu_s)


def _cpu_s() -> float:
    """Processor time of this process and the copies of it that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(r.ru_utime + r.ru_stime for r in both)


def _times(rows: list[Row]) -> list[str]:
    head = ["| recording | seconds | muscles | wall time | processor time |", "|---|---|---|---|---|"]
    return head + [
        f"| {r.name} | {r.duration_s:.1f} | {r.muscles} | {r.wall_s:.1f} s | {r.cpu_s:.1f} s |" for r in rows
    ]


def _table(row: Row) -> list[str]:
    lines = [
        f"## {row.name}",
        "",
        "| number | side | value | interval | same session | new session | causes, % of the variance |",
        "|---|---|---|---|---|---|---|",
    ]
    for (name, side), i in row.found.intervals.items():
        causes = ", ".join(f"{c.name} {c.percent:.0f}" for c in i.causes[:4])
        lines.append(
            f"| {name} | {side} | {i.value:.2f} | {i.low:.2f} to {i.high:.2f} | {i.detectable_same_session:.2f} | "
            f"{i.detectable_new_session:.2f} | {causes} |"
        )
    return [*lines, ""]


if __name__ == "__main__":
    sys.exit(main())
