"""The page of predicted walks: clauses, why some are missed, mechanics, figures, solves."""

from __future__ import annotations

import datetime
import math
import platform
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.predicted_walks.apart import LEAST_DEG, LEAST_PART, apart_table
from benchmarks.predicted_walks.numerics import COLD, FINE, DerivativeErrors, mesh_name
from benchmarks.predicted_walks.solving import COMMAND, Solved
from groundup import __version__
from groundup.predict import pain
from groundup.predict.acceptance import as_table, judge, why_missed
from groundup.predict.request import HEALTHY, USUAL_INTERVALS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "validation" / "predicted-walks.md"
FINDINGS = Path(__file__).parent / "findings.toml"
LOW_BACK = ("low_back.compression_peak", "none")

FIGURES = (
    ("foot.heel_impulse", "right"),
    ("foot.heel_peak", "right"),
    ("foot.heel_pressure", "right"),
    ("foot.heel_time", "right"),
    ("foot.heel_cop_time", "right"),
    ("foot.midfoot_impulse", "right"),
    ("foot.forefoot_impulse", "right"),
    ("foot.forefoot_pressure", "right"),
    ("foot.loading_response_peak", "right"),
    ("foot.first_peak", "right"),
    ("foot.valley", "right"),
    ("foot.second_peak", "right"),
    ("foot.impulse", "right"),
    ("gait.stance", "right"),
    ("gait.single_support_ratio", "right"),
    ("gait.contralateral_step_ratio", "right"),
    ("posture.pelvic_obliquity", "none"),
    ("foot.fascia_peak", "right"),
    ("foot.achilles_peak", "right"),
    ("low_back.compression_peak", "none"),
    ("gait.energy_cost", "none"),
)

_MORE_OF_MESH = (
    ("foot.loading_rate", "right"),
    ("ankle.contact_peak", "right"),
    ("knee.contact_peak", "right"),
    ("hip.contact_peak", "right"),
)

_HEAD = """# Predicted walks against what is published

Written by `{command}`; do not edit. {when}, groundup {version}, Python {python}, one core for each walk. Gain of the
pain law: {gain:.4g}.

A missed clause is a finding about the model; nothing is tuned for it. Method:
[decision 18](../decisions/0018-predicted-walk.md), [heel pain model](../heel-pain-model.md). Clauses, their measures
and sources: `predict/data/acceptance.toml`."""

_HOW = """
*Imbalance*: of any coordinate at any instant, by the numerical engine instead of the solver's symbols; parts of the
body's weight, or of its weight × 0.1 m for rotations. *Largest miss*: of any of the solver's equations, bounds and
defects of the mesh, divided by its scale. *Energy*: change of the body's kinetic and potential energy less the work
of muscles with their tendons, torques, passive joints, fascia and pads, at the worst instant, in parts of the work
that muscles and torques give. *Pelvis*: force along any axis that the full body needs there beside the ground's.
*Processor*: seconds of one core, which other programs on the computer do not slow; without it, seconds by the clock.
*Derivatives*: of objective, equations and Lagrangian at the stored walk against central differences along random
directions, in parts of the largest entry."""


_MESH = f"""The healthy walk as two equal halves, on {USUAL_INTERVALS} and {FINE} intervals over the cycle. A case that
changes a measure by less than this does is not told apart from the mesh by it.
"""

_APART = f"""Other things that may be wrong with the right leg, beside pain of the right heel: change from the healthy
walk. **Bold** is what tells them apart: a sign falls, stays or rises, and with pain it does not, by more than
{100 * LEAST_PART:g} % of the healthy value or {LEAST_DEG:g}°. The doses are examples, and but for the bound of geometry
above nothing published is held against these walks.
"""


@dataclass(frozen=True)
class Results:
    """All that was done: walks of cases, other walks, derivatives; what was not done is absent."""

    cases: Mapping[str, Solved]
    others: Mapping[str, Solved] = field(default_factory=dict)
    derivatives: DerivativeErrors | None = None


@dataclass(frozen=True)
class _Row:
    """A requirement of mechanics or time: at most ``most``; NaN where it was not computed."""

    what: str
    found: float
    most: float
    unit: str

    @property
    def line(self) -> str:
        if not math.isfinite(self.found):
            return f"| {self.what} | not computed | not computed | {self.most:g}{self.unit} |"
        outcome = "met" if self.found <= self.most else "missed"
        return f"| {self.what} | {outcome} | {self.found:.3g}{self.unit} | {self.most:g}{self.unit} |"


def reasons() -> dict[str, str]:
    """Why clauses are missed, by clause."""
    return dict(tomllib.loads(FINDINGS.read_text(encoding="utf-8"))["why"])


def page(results: Results) -> str:
    """Write the page."""
    head = _HEAD.format(
        command=COMMAND,
        when=datetime.date.today().isoformat(),
        version=__version__,
        python=platform.python_version(),
        gain=pain.pain_law().gain,
    )
    found = judge({name: one.readings for name, one in results.cases.items() if one.walk.solved})
    return "\n".join(
        [
            head,
            "\n## Clauses\n",
            as_table(found),
            "\n## What was missed, and why\n",
            why_missed(found, reasons()),
            "\n## Told apart from pain\n",
            _APART,
            "\n".join(apart_table(results.cases)),
            "\n## Mechanics and time\n",
            "\n".join(mechanics(results)),
            _HOW,
            "\n## On a mesh twice as fine\n",
            _MESH,
            "\n".join(_mesh(results.others)),
            "\n## Figures\n",
            "\n".join(_figures(results.cases)),
            "\n## Walks\n",
            "\n".join(_walks([*results.cases.values(), *results.others.values()])),
            "",
        ]
    )


def mechanics(results: Results) -> list[str]:
    """Lines of the table of correctness, time and memory."""
    # Halves are mirrored, and the other leg's fitted paths differ a little: only whole walks are held to the balance.
    halves = {mesh_name(USUAL_INTERVALS), mesh_name(FINE)}
    every = [one for one in (*results.cases.values(), *results.others.values()) if one.walk.solved]
    walks = [one for one in every if one.name not in halves]
    warm = [one for name, one in results.cases.items() if name != HEALTHY]
    cold = [one for name, one in results.others.items() if name == COLD and one.walk.solved]
    rows = [
        _Row(
            "largest miss of any equation, all walks", _largest(o.walk.stats["largest_miss"] for o in walks), 1e-6, ""
        ),
        _Row("imbalance by the other engine", _largest(o.checks["imbalance_scaled"] for o in walks), 1e-6, ""),
        _Row(
            "energy that no work explains", _largest(o.checks["largest_energy_gap_percent"] for o in walks), 1.0, " %"
        ),
        _Row("force needed at the pelvis", _largest(o.checks["pelvis_force_percent_bw"] for o in walks), 1.0, " % BW"),
        _Row("peak of L5/S1 on a mesh twice as fine: change", mesh_change_percent(results.others), 3.0, " %"),
        _Row("derivatives", results.derivatives.largest if results.derivatives else math.nan, 1e-6, ""),
        _Row("healthy walk from a cold guess", _largest(o.seconds for o in cold), 900.0, " s"),
        _Row("the same, processor", _largest(o.processor_s for o in cold), 900.0, " s"),
        _Row("objective of the cold walk above that of the stored one", _cold_excess(results), 1.0, " %"),
        _Row("L5/S1 of the cold walk against the stored one: change", _cold_change(results), 3.0, " %"),
        _Row("slowest other walk, from a near one", _largest(o.seconds for o in warm), 120.0, " s"),
        _Row("the same, processor", _largest(o.processor_s for o in warm), 120.0, " s"),
        _Row("memory of one process", _largest(o.memory_gb for o in every), 6.0, " GB"),
    ]
    return ["| what | outcome | found | at most |", "|---|---|---|---|", *(row.line for row in rows)]


def mesh_change_percent(others: Mapping[str, Solved]) -> float:
    """Change of the peak of L5/S1 from the usual mesh to one twice as fine, %, without sign; NaN if not known."""
    usual, fine = (others.get(mesh_name(n)) for n in (USUAL_INTERVALS, FINE))
    return _change(usual, fine)


def _cold_change(results: Results) -> float:
    return _change(results.cases.get(HEALTHY), results.others.get(COLD))


def _cold_excess(results: Results) -> float:
    """By how much the cold walk costs more than the stored one, %: more where it stopped in another valley."""
    stored, cold = results.cases.get(HEALTHY), results.others.get(COLD)
    if stored is None or cold is None or not cold.walk.solved:
        return math.nan
    return 100 * (cold.walk.stats["objective"] / stored.walk.stats["objective"] - 1)


def _change(before: Solved | None, after: Solved | None) -> float:
    if before is None or after is None or not (before.walk.solved and after.walk.solved):
        return math.nan
    return abs(100 * (after.readings[LOW_BACK] / before.readings[LOW_BACK] - 1))


def _largest(values: Iterable[float]) -> float:
    return max(values, default=math.nan)


def _mesh(others: Mapping[str, Solved]) -> list[str]:
    usual, fine = (others.get(mesh_name(n)) for n in (USUAL_INTERVALS, FINE))
    if usual is None or fine is None or not (usual.walk.solved and fine.walk.solved):
        return ["not computed"]
    lines = ["| measure | side | usual | fine | change |", "|---|---|---|---|---|"]
    for key in (*FIGURES, *_MORE_OF_MESH):
        a, b = (one.readings.get(key, math.nan) for one in (usual, fine))
        change = f"{100 * (b / a - 1):+.2f} %" if a else "not computed"
        lines.append(f"| {key[0]} | {key[1]} | {a:.4g} | {b:.4g} | {change} |")
    return lines


def _figures(solved: Mapping[str, Solved]) -> list[str]:
    known = {name: one.readings for name, one in solved.items() if one.walk.solved}
    lines = [f"| measure | side | {' | '.join(known)} |", f"|---|---|{'---|' * len(known)}"]
    for measure, side in FIGURES:
        values = " | ".join(f"{readings.get((measure, side), math.nan):.4g}" for readings in known.values())
        lines.append(f"| {measure} | {side} | {values} |")
    return lines


def _walks(solved: Sequence[Solved]) -> list[str]:
    lines = [
        "| walk | how it ended | seconds | processor | largest miss | imbalance | energy | pelvis | memory |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return lines + [_walk(one) for one in solved]


def _walk(one: Solved) -> str:
    checks = "not computed | not computed | not computed"
    if one.checks:
        c = one.checks
        checks = (
            f"{c['imbalance_scaled']:.1e} | {c['largest_energy_gap_percent']:.2g} % | {c['pelvis_force_n']:.2g} N, "
            f"{c['pelvis_force_percent_bw']:.2g} % BW"
        )
    times = f"{one.seconds:.0f} | {one.processor_s:.0f}"
    miss = one.walk.stats["largest_miss"]
    return f"| {one.name} | {one.walk.message} | {times} | {miss:.1e} | {checks} | {one.memory_gb:.2f} GB |"
