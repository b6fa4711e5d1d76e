"""How sure the main numbers of the published recordings are, and how long it takes to tell; writes
docs/validation/uncertainty.md, and what is typical of them into groundup's own data.

Run: python -m benchmarks.uncertainty
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import groundup
from benchmarks.laboratories.cases import Laboratory, data_folder, laboratories, measure
from benchmarks.recordings import ROOT
from benchmarks.typical_uncertainty import UNITS, write_typical
from groundup.body.default_body import default_body
from groundup.body.recording import Recording
from groundup.chain.conclude import with_lumbar_reason
from groundup.chain.uncertainty import UncertaintyOptions, sample_study
from groundup.loads.analysis import Analysis
from groundup.motion.synthetic import synthetic_recording
from groundup.pipeline import Method, compute
from groundup.study import Interval

OUT = ROOT / "docs" / "validation" / "uncertainty.md"
SAMPLES = 200
LIMIT_S = 30.0
"""Most that 200 samples of four seconds with 318 muscles may take on two cores."""

_HEAD = """# How sure the main numbers are

Written by `make validation-uncertainty`; do not edit. {when}, groundup {version}, {samples} samples, {cores}
cores. Method: [decision 12](../decisions/0012-uncertainty.md).

*Interval* holds the number in 90 of 100 cases, all causes together. *Same session* and *new session* are the smallest
detectable changes between two recordings of one person, with markers that stayed on and with markers stuck on anew.

Times are those of the main numbers and every measure of the study. Limit: {limit:.0f} s on two cores. Where other
programs keep a core busy, wall time comes near processor time; where both cores are free it is half of that and two
seconds, which is what the limit is held against.
"""
_WITHOUT_PLATES = ", without its plates"
_ALONE_S = 2.0  # what one core prepares while the other waits


@dataclass(frozen=True)
class Row:
    """One recording: what was found, wall and processor time."""

    name: str
    duration_s: float
    muscles: int
    found: tuple[Interval, ...]
    wall_s: float
    cpu_s: float

    @property
    def main(self) -> list[Interval]:
        """Intervals of the main numbers."""
        return [i for i in self.found if i.id in UNITS]

    @property
    def two_cores_s(self) -> float:
        """Wall time on two cores that nobody else uses."""
        return 0.5 * self.cpu_s + _ALONE_S


def main() -> int:
    """Measure and write the page; 1 where it takes too long."""
    rows = [_timed("built-in walk", _built_in(), Method())]
    data = data_folder()
    for laboratory in (one for each in laboratories(data) for one in _also_without_plates(each)) if data else ():
        print(laboratory.name, file=sys.stderr)
        # As the command analyses people: forces smoothed like the motion, what markers show followed.
        a = measure(laboratory).analysis
        tasks = a.fitting.fitted.tasks if a.fitting is not None else None
        rows.append(_timed(laboratory.name, a, Method(tasks=tasks, match_forces=True)))
    when = datetime.now(UTC).date().isoformat()
    head = _HEAD.format(when=when, version=groundup.__version__, samples=SAMPLES, cores=os.cpu_count(), limit=LIMIT_S)
    OUT.write_text("\n".join([head, *_times(rows), "", *(line for r in rows for line in _table(r))]) + "\n")
    print(OUT)
    people = {r.name: r.main for r in rows[1:]}
    if people:
        estimated = {name: found for name, found in people.items() if name.endswith(_WITHOUT_PLATES)}
        write_typical({name: found for name, found in people.items() if name not in estimated}, estimated)
    return int(max(r.two_cores_s for r in rows) > LIMIT_S)


def _also_without_plates(laboratory: Laboratory) -> Iterator[Laboratory]:
    """A recording, and once more without its plates where these are a file of their own."""
    yield laboratory
    if laboratory.options.forces is not None:
        options = replace(laboratory.options, forces=None)
        yield replace(laboratory, name=laboratory.name + _WITHOUT_PLATES, options=options)


def _built_in() -> Analysis:
    body = default_body()
    markers, forces, _ = synthetic_recording(body)
    return compute(Recording(markers, forces, "built-in walk", synthetic=True), body)


def _timed(name: str, a: Analysis, method: Method) -> Row:
    a = with_lumbar_reason(a)
    begin, used = time.perf_counter(), _cpu_s()
    found = sample_study(a, method, UncertaintyOptions(samples=SAMPLES))
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
    for i in row.main:
        causes = ", ".join(f"{c.name} {c.percent:.0f}" for c in i.causes[:4])
        lines.append(
            f"| {i.id} | {i.side} | {i.value:.2f} | {i.low:.2f} to {i.high:.2f} | {i.detectable_same_session:.2f} | "
            f"{i.detectable_new_session:.2f} | {causes} |"
        )
    return [*lines, ""]


if __name__ == "__main__":
    sys.exit(main())
