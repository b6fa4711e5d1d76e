"""What is said of healthy people: how often a pattern or a departure is found; writes docs/validation/findings.md.

Run: make validation-findings (or python -m benchmarks.findings)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import groundup
from benchmarks.laboratories.cases import data_folder, laboratories, measure
from benchmarks.recordings import ROOT
from groundup.body.default_body import default_body
from groundup.body.recording import Recording
from groundup.chain.conclude import lumbar_reason
from groundup.chain.findings import changes, findings_of
from groundup.chain.gait import NO_CYCLE, gait_cycles
from groundup.chain.lumbar import lumbar_loads
from groundup.chain.measures import measures_of
from groundup.chain.rules import judge, patterns
from groundup.loads.analysis import Analysis
from groundup.motion.synthetic import synthetic_recording
from groundup.pipeline import compute
from groundup.study import Cycle, Finding, Measure

OUT = ROOT / "docs" / "validation" / "findings.md"
SEEDS = range(1, 11)
SURE = ("strong", "moderate")
BAR_PERCENT = 1.0
"""Of all patterns looked for in healthy people, at most this part may be found moderate or strong."""

_HEAD = """# Findings in healthy people

Written by `make validation-findings`; do not edit. {when}, groundup {version}.

Nobody in these recordings is known to be ill, so every pattern of compensation found in them is a false alarm. Each
recording is analysed as `groundup analyse` does, once with its force plates and once without. The built-in walk, which
is the same on both sides, is analysed with ten different noises of the markers.

*Looked for* counts the patterns on each side whose needed measures could be computed. *Graded moderate or strong* is
what a report calls a finding; *weak* is a hint to look at; *outside a range* is a measure outside a published range
that judges. *Sides differ* counts measures of right and left that differ by more than the smallest detectable
difference: such a difference is noted without a verdict, since healthy people are not the same on both sides.

"""

_TAIL = """
| | looked for | moderate or strong | weak |
|---|---|---|---|
{rates}

**False alarms, moderate or strong, in people: {sure} of {asked} ({percent:.1f} %; at most {bar:.0f} %).** With so few
people this bounds the rate loosely: none in {asked} questions would still allow {bound:.1f} % (95 %, the rule of
three), and questions about one person are not independent. No patients are among them, so nothing here says how often a
true pattern is missed; the tests ask that of a walk changed in known ways.

## Two strides of one recording

Every measure of the built-in walk's first strides against its second: {told} of {compared} told as changed (at most 0).
"""


@dataclass(frozen=True)
class Row:
    """One recording: how many measures were computed, patterns asked for, and what was found."""

    name: str
    measures: int
    asked: int
    findings: tuple[Finding, ...]

    def count(self, kind: str, *grades: str) -> int:
        """Findings of a kind with one of the grades."""
        return sum(f.kind == kind and f.grade in grades for f in self.findings)


def main() -> int:
    """Measure and write the page; 1 where a bar is missed."""
    data = data_folder()
    if data is None:
        print("the published recordings are not at hand: set GROUNDUP_SHARED", file=sys.stderr)
        return 1
    people, built_in = list(_recorded(data)), list(_built_in())
    rows = people + built_in
    compared = _two_strides()
    asked, sure, _ = _counts(people)
    told = sum(f.grade != "none" for f in compared)
    head = _HEAD.format(when=datetime.now(UTC).date().isoformat(), version=groundup.__version__)
    tail = _TAIL.format(
        rates="\n".join((_rate("people", people), _rate("built-in walk", built_in))),
        sure=sure,
        asked=asked,
        percent=100 * sure / asked,
        bar=BAR_PERCENT,
        bound=300 / asked,
        told=told,
        compared=len(compared),
    )
    OUT.write_text(head + "\n".join(_table(rows)) + "\n" + _said(rows) + tail, encoding="utf-8")
    print(OUT)
    return int(100 * sure / asked > BAR_PERCENT or told > 0)


def row(name: str, a: Analysis) -> Row:
    """Look for everything in one analysis."""
    reason = lumbar_reason(a)
    a = replace(a, reasons=a.reasons | {"lumbar": reason}) if reason else a
    measures, findings = findings_of(a, gait_cycles(a), lumbar_loads(a))
    return Row(name, sum(m.strides > 0 for m in measures), _asked(measures), findings)


def _asked(measures: tuple[Measure, ...]) -> int:
    by = {(m.id, m.side): m for m in measures}
    needed = [(s, [x for x in p.signs if x.need]) for p in patterns() for s in ("right", "left")]
    outcomes = [[judge(sign, by, side) for sign in signs] for side, signs in needed]  # type: ignore[arg-type]
    return sum(all(o.holds is not None and not o.estimated for o in one) for one in outcomes)


def _recorded(data: object) -> Iterator[Row]:
    for laboratory in laboratories(data):  # type: ignore[arg-type]
        print(laboratory.name, file=sys.stderr)
        yield row(laboratory.name, measure(laboratory).analysis)
        if laboratory.options.forces is not None:
            without = replace(laboratory, options=replace(laboratory.options, forces=None))
            yield row(f"{laboratory.name}, without plates", measure(without).analysis)


def _analysis(seed: int) -> Analysis:
    body = default_body()
    markers, forces, _ = synthetic_recording(body, seed)
    return compute(Recording(markers, forces, "built-in walk", synthetic=True), body)


def _built_in() -> Iterator[Row]:
    for seed in SEEDS:
        print(f"built-in walk {seed}", file=sys.stderr)
        yield row(f"built-in walk, noise {seed}", _analysis(seed))


def _two_strides() -> tuple[Finding, ...]:
    a = _analysis(1)
    back, found = lumbar_loads(a), gait_cycles(a)
    first, second = (measures_of(a, tuple(_nth(found, s, k) for s in ("right", "left")), back) for k in (0, 1))
    return changes(first, second, same_markers=True)


def _nth(cycles: tuple[Cycle, ...], side: str, k: int) -> Cycle:
    return [c for c in cycles if c.side == side and c.source != NO_CYCLE][k]


def _counts(rows: list[Row]) -> tuple[int, int, int]:
    """Patterns looked for, found moderate or strong, and weak."""
    sure, weak = (sum(r.count("pattern", *g) for r in rows) for g in (SURE, ("weak",)))
    return sum(r.asked for r in rows), sure, weak


def _rate(name: str, rows: list[Row]) -> str:
    asked, sure, weak = _counts(rows)
    return f"| {name} | {asked} | {sure} ({100 * sure / asked:.1f} %) | {weak} ({100 * weak / asked:.1f} %) |"


def _table(rows: list[Row]) -> Iterator[str]:
    yield "| recording | measures computed | looked for | moderate or strong | weak | outside a range | sides differ |"
    yield "|---|---|---|---|---|---|---|"
    for r in rows:
        found = (r.count("pattern", *SURE), r.count("pattern", "weak"), r.count("reference", "weak"))
        yield f"| {r.name} | {r.measures} | {r.asked} | {' | '.join(map(str, found))} | {r.count('sides', 'noted')} |"


def _said(rows: list[Row]) -> str:
    said = [f"- {r.name}: {f.grade}: {f.text}" for r in rows for f in r.findings if f.grade in (*SURE, "weak")]
    return "\nWhat was said:\n\n" + "\n".join(said) + "\n" if said else "\nNothing was said.\n"


if __name__ == "__main__":
    raise SystemExit(main())
