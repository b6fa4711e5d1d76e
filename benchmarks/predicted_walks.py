"""Predicted walks against what is published: the healthy walk, heel pain, treatments.

    python -m benchmarks.predicted_walks              every case of the acceptance, from the stored healthy walk
    python -m benchmarks.predicted_walks --calibrate  the gain of the pain law first
    python -m benchmarks.predicted_walks --healthy    the healthy walk itself first

writes docs/validation/predicted-walks.md. Solved walks are kept under ``--keep`` and not solved again.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import time
from pathlib import Path

import numpy as np

from groundup import __version__
from groundup.body.default_body import default_body
from groundup.chain.conclude import conclude
from groundup.predict import pain
from groundup.predict.acceptance import as_table, cases, judge
from groundup.predict.body import walk_guess
from groundup.predict.changed_body import ChangedBody, change
from groundup.predict.condition import heel_pains, parse_condition
from groundup.predict.gait.baseline import FILE, SPEED_M_PER_S, healthy_walk, painless, solve_healthy
from groundup.predict.gait.equations import Pain
from groundup.predict.gait.problem import WalkTask
from groundup.predict.gait.solve import WalkOptions, solve_walk
from groundup.predict.gait.walk import Walk, load_walk, save_walk
from groundup.predict.outcome import analysis_of
from groundup.predict.readings import all_readings
from groundup.predict.request import Case
from groundup.predict.terms import chosen
from groundup.provenance import provenance

PAGE = Path(__file__).resolve().parents[1] / "docs" / "validation" / "predicted-walks.md"
COMMAND = "python -m benchmarks.predicted_walks --calibrate"


def solved(case: Case, law: pain.PainLaw | None, start: Walk, keep: Path) -> tuple[Walk, ChangedBody]:
    """Solve one case from another walk."""
    body = default_body()
    changed = change(body, case.effects, keep)
    p = changed.prepared
    largest = painless(healthy_walk(), changed)
    pains = {
        c.side: Pain(case.felt_pain(c.side), c.fascia_weight, largest[c.side]) for c in heel_pains(case.conditions)
    }
    task = WalkTask(
        changed,
        chosen({"own_gait": 0.0}),
        changed.speed_m_per_s or SPEED_M_PER_S,
        walk_guess(p.reduction, p.soles, SPEED_M_PER_S),
        pains=pains,
        law=law,
    )
    return solve_walk(task, WalkOptions(), start), changed


def heel_impulse(walk: Walk, changed: ChangedBody) -> float:
    """Impulse under the right heel, body weights × s."""
    return float(np.trapezoid(walk.vertical(changed.prepared.soles, "r", "heel"), walk.time_s) / walk.weight_n)


def calibrate(keep: Path) -> None:
    """Find the gain of the pain law and write it down."""
    last = [healthy_walk()]

    def change_percent(gain: float, felt: float) -> float:
        case = Case("calibration", "", (parse_condition(f"heel_pain:right:{felt:g}"),))
        walk, changed = solved(case, pain.uncalibrated(gain), last[0], keep)
        if not walk.solved:
            raise SystemExit(walk.message)
        last[0] = walk
        found = 100 * (heel_impulse(walk, changed) / heel_impulse(healthy_walk(), changed) - 1)
        print(f"gain {gain:.4g}: {found:+.2f} %, {walk.stats['seconds']:.0f} s", flush=True)
        return found

    found = pain.calibrate(change_percent)
    pain.CALIBRATION_FILE.write_text(pain.calibration_toml(found, COMMAND), encoding="utf-8")


def main() -> None:
    """Solve, judge, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--healthy", action="store_true")
    parser.add_argument("--keep", type=Path, default=Path("out", "walks"))
    args = parser.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    if args.healthy:
        save_walk(solve_healthy(default_body(), start=healthy_walk(), cache=args.keep), FILE)
        healthy_walk.cache_clear()
    if args.calibrate:
        calibrate(args.keep)
    law = pain.pain_law()
    readings, rows, walks = {}, [], {"healthy": healthy_walk()}
    for name, case in cases().items():
        begun, file = time.perf_counter(), args.keep / f"{name}.npz"
        changed = change(default_body(), case.effects, args.keep)
        if name == "healthy":
            walk = healthy_walk()
        elif file.exists():
            walk = load_walk(file)
        else:
            before = walks.get(
                "pain6" if case.treatments and case.painful else "pain4" if name == "pain6" else "healthy"
            )
            walk, changed = solved(case, law, before or healthy_walk(), args.keep)
            if walk.solved:
                save_walk(walk, file)
        rows.append((name, walk, time.perf_counter() - begun))
        print(name, walk.message, flush=True)
        if walk.solved:
            walks[name] = walk
            analysis = analysis_of(walk, changed.prepared)
            study = conclude(analysis, f"Predicted walk: {name}", provenance(COMMAND, {}, {}), synthetic=True)
            readings[name] = all_readings(walk, changed, study, analysis)
    PAGE.write_text("\n".join(page(readings, rows, law)) + "\n", encoding="utf-8")


LOADS = (
    ("foot.heel_impulse", "right"),
    ("foot.heel_peak", "right"),
    ("foot.forefoot_impulse", "right"),
    ("foot.midfoot_impulse", "right"),
    ("foot.first_peak", "right"),
    ("foot.second_peak", "right"),
    ("gait.stance", "right"),
    ("gait.single_support_ratio", "right"),
    ("gait.contralateral_step_ratio", "right"),
    ("foot.fascia_peak", "right"),
    ("foot.achilles_peak", "right"),
    ("low_back.compression_peak", "none"),
    ("gait.energy_cost", "none"),
)


def page(readings: dict, rows: list, law: pain.PainLaw) -> list[str]:
    """Lines of the page."""
    names = list(readings)
    lines = [
        "# Predicted walks against what is published",
        "",
        f"Written by `{COMMAND}`; do not edit. {datetime.date.today().isoformat()}, groundup {__version__}, "
        f"Python {platform.python_version()}, one core. Gain of the pain law: {law.gain:.4g}.",
        "",
        "A missed clause is a finding about the model; nothing is tuned for it. Method: [decision 18]"
        "(../decisions/0018-predicted-walk.md), [heel pain model](../heel-pain-model.md).",
        "",
        as_table(judge(readings)),
        "",
        "## Figures",
        "",
        f"| measure | side | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(names)}",
    ]
    for measure, side in LOADS:
        values = " | ".join(f"{readings[n].get((measure, side), float('nan')):.4g}" for n in names)
        lines.append(f"| {measure} | {side} | {values} |")
    lines += [
        "",
        "## Solves",
        "",
        "| case | how it ended | seconds of the solve | largest miss, scaled |",
        "|---|---|---|---|",
    ]
    lines += [f"| {n} | {w.message} | {w.stats['seconds']:.0f} | {w.stats['largest_miss']:.1e} |" for n, w, _ in rows]
    return lines


if __name__ == "__main__":
    main()
