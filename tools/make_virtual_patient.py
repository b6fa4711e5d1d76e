"""Solve the walks of the virtual patient anew: with heel pain, and treated. Needs CasADi; minutes.

    python tools/make_virtual_patient.py

starts from the stored healthy walk, which `python -m benchmarks.predicted_walks --healthy` makes, and writes
src/groundup/predict/data/walks/heel_pain*.npz.
"""

from __future__ import annotations

import time

from groundup.predict.gait.walk import Walk, load_walk, save_walk
from groundup.predict.request import HEALTHY
from groundup.predict.simulate import require_casadi, simulate
from groundup.predict.solver import solve
from groundup.predict.virtual_patient import FILES, virtual_patient
from groundup.predict.walk_job import Tell, WalkJob


def main() -> None:
    """Solve and keep the walks."""
    require_casadi()
    begun = time.perf_counter()

    def tell(words: str) -> None:
        print(f"{time.perf_counter() - begun:6.1f} s  {words}", flush=True)

    answer = simulate(virtual_patient(), tell, solver=solve_and_keep)
    print("\n".join([*(f"{r.case.label}: {r.message}" for r in answer.results), *answer.back]))


def solve_and_keep(job: WalkJob, tell: Tell) -> Walk:
    """Solve a walk of the virtual patient and keep it as the project's data."""
    if job.id == HEALTHY:  # asked for only where the stored one answers another question
        raise SystemExit("the stored healthy walk is not today's: python -m benchmarks.predicted_walks --healthy")
    save_walk(solved(solve(job, tell)), FILES[job.id])
    return load_walk(FILES[job.id])


def solved(walk: Walk) -> Walk:
    """Return a walk that is solved; end where it is not."""
    if not walk.solved:
        raise SystemExit(f"not solved: {walk.message}")
    return walk


if __name__ == "__main__":
    main()
