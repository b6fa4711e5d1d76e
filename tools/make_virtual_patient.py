"""Solve the walks of the virtual patient anew: with heel pain, treated, and each with all variations. Needs CasADi.

    python tools/make_virtual_patient.py

starts from the stored healthy walk, which `python -m benchmarks.predicted_walks --healthy` makes, and writes
src/groundup/predict/data/walks/heel_pain*. A quarter of an hour on two cores; walks with variations are kept in a
folder beside (`--keep`), so that it can be stopped and begun again.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

from groundup.predict.gait.walk import Walk, save_walk
from groundup.predict.request import HEALTHY
from groundup.predict.simulate import require_casadi, simulate
from groundup.predict.solver import solve
from groundup.predict.varied import to_json
from groundup.predict.virtual_patient import FILES, VARIED_FILE, virtual_patient
from groundup.predict.walk_job import Tell, WalkJob


def main() -> None:
    """Solve and keep the walks, and what those with variations say."""
    parser = argparse.ArgumentParser(description="Solve the walks of the virtual patient anew.")
    parser.add_argument("--keep", type=Path, default=Path("out", "virtual-patient"), help="folder of solved walks")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    require_casadi()
    begun = time.perf_counter()

    def tell(words: str) -> None:
        print(f"{time.perf_counter() - begun:6.1f} s  {words}", flush=True)

    request = replace(virtual_patient(), uncertainty=True, processes=asked.processes)
    answer = simulate(request, tell, asked.keep, solver=solve_and_keep)
    print("\n".join([*(f"{r.case.label}: {r.message}" for r in answer.results), *answer.back]))
    lacking = [r.case.label for r in answer.results if r.status != "solved"]
    if lacking := lacking + [note for one in answer.comparisons for note in one.notes]:
        raise SystemExit("\n".join(["Intervals are not written, for want of:", *lacking]))
    known = {(c.before_id, c.after_id): c.varied for c in answer.comparisons}
    VARIED_FILE.write_text(json.dumps(to_json(known)) + "\n", encoding="utf-8")


def solve_and_keep(job: WalkJob, tell: Tell) -> Walk:
    """Solve a walk of the virtual patient; one without variation is kept as the project's data."""
    if job.id == HEALTHY:  # asked for only where the stored one answers another question
        raise SystemExit("the stored healthy walk is not today's: python -m benchmarks.predicted_walks --healthy")
    walk = solve(job, tell)
    if walk.solved and job.id in FILES:
        save_walk(walk, FILES[job.id])
    return walk


if __name__ == "__main__":
    main()
