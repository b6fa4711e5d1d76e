"""Planar walking by groundup and by OpenSim Moco: the same model, mesh, cost and tolerances.

    python -m benchmarks.planar_walking             both problems by groundup, beside Moco's stored solutions
    python -m benchmarks.planar_walking --moco      and by OpenSim Moco in the same run (more than half an hour)
    python -m benchmarks.planar_walking --tight     and again to 1e-6, and on twice the mesh

writes docs/validation/planar-walking.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import groundup
from benchmarks.planar_walking.compare import difference_deg, energy_gap, moco_solution
from benchmarks.planar_walking.moco import FOLDER, MODEL
from benchmarks.planar_walking.problems import first_guess, prediction, tracking, with_accelerations
from benchmarks.recordings import ROOT
from groundup.io.osim_read import read_osim
from groundup.solvers.collocation.mesh import Scheme, transcribe, uniform
from groundup.solvers.collocation.problem import Problem
from groundup.solvers.collocation.solve import Listener, Progress, Solution, SolverOptions, solve
from groundup.solvers.collocation.trajectory import Trajectory

OUT = ROOT / "docs" / "validation" / "planar-walking.md"
STORED = {"tracking": (1.564, 108.0, 124), "prediction": (0.13483, 1971.0, 395)}
"""Objective, seconds on one core, iterations of the stored solutions of Moco."""
LIVE = {"tracking": (1.5034, 163.0, 165), "prediction": (0.022833, 4418.0, 273)}
"""The same of the last run of Moco by this program, 2026-11-23, with other programs on the two cores."""
INTERVALS = {"tracking": 24, "prediction": 50}
"""Moco's tracking tool makes intervals of 0.02 s unless told otherwise: 24 of them."""

_HEAD = """# Planar walking: groundup beside OpenSim Moco

Written by `python -m benchmarks.planar_walking`; do not edit. {when}, groundup {version}.

The two problems that OpenSim ships as `example2DWalking`: 10 coordinates, 18 muscles with activation dynamics, smooth
contact, half a cycle with the sides exchanged. The same model file, mesh, Hermite–Simpson scheme and cost for both, on
one core, to a tolerance of 1e-4.
Seconds are those of the solve; groundup's include writing the equations and their derivatives, and a first solve by the
trapezoidal scheme, from which the Hermite–Simpson solve starts. Where no run of
Moco stands in the table, seconds of stored solutions come from another day on a computer of the same kind.

| problem | intervals | by | objective | iterations | seconds | energy gap | largest miss |
|---|---|---|---|---|---|---|---|
"""
_NOTES = """
*Energy gap*: work of muscles, ground and lumbar torque that the body's mechanical energy does not account for, as a
share of all work done. *Largest miss*: of any constraint, divided by its scale (body weight, or body weight × 0.1 m,
for equations of motion).

Both problems have several local optima, so the objective depends on where a search starts. A row *from Moco's* is a
solve by groundup that starts at the solution that Moco found in this run. The tracking problem has an optimum of 1.09,
which follows angles and ground forces better than that of Moco, but with ankles that differ from it by 7°; it is found
when the second solve starts from a barrier of 1e-3 instead of 1e-2. What stands here is the optimum near Moco's.

Solved again by the same program with the same tolerances on 2026-11-23, Moco's tracking came out 3 % below both, with
angles within 0.3° of groundup's; begun from it, groundup comes back to 1.5453. Moco's prediction ended at 0.0228, with
angles 5° from its own stored solution. That motion misses groundup's equations by 6.7 times their scale; begun from it,
the solve returns to 0.13483, the stored objective. Why Moco ended there was not found out.

## Same motion

Root mean square difference of the angles from Moco's {source} solution over a whole stride, degrees. Nothing in the
prediction problem says at which moment of the step the half cycle begins, so every shift in time is as good a solution;
it is taken out first.

| problem | {names} | all | shift |
|---|{dashes}---|---|
"""


@dataclass(frozen=True, eq=False)
class Ours:
    """One solve by groundup, timed with its transcription."""

    name: str
    intervals: int
    solution: Solution
    iterations: int
    seconds: float


NEAR = SolverOptions(barrier="monotone", start_barrier=1e-3)
"""Options for a guess that is nearly the answer."""


def run(name: str, problem: Problem, intervals: int, guess: Trajectory, options: SolverOptions = NEAR) -> Ours:
    """Transcribe and solve."""
    begin = time.perf_counter()
    solution = solve(transcribe(problem, uniform(intervals)), guess, options, _tell(name))
    return _told(Ours(name, intervals, solution, solution.stats.iterations, time.perf_counter() - begin))


def run_twice(name: str, problem: Problem, intervals: int, guess: Trajectory, barrier: float) -> Ours:
    """Solve by the cheap scheme, which bears a far guess, and from there by Hermite–Simpson; both count.

    A small ``barrier`` keeps the second solve at the optimum that the first one found.
    """
    near = replace(NEAR, start_barrier=barrier)
    begin = time.perf_counter()
    tell = _tell(f"{name}, trapezoidal")
    cheap = solve(transcribe(problem, uniform(intervals), Scheme.TRAPEZOIDAL), guess, None, tell)
    solution = solve(transcribe(problem, uniform(intervals)), cheap.best, near, _tell(name))
    iterations = cheap.stats.iterations + solution.stats.iterations
    return _told(Ours(name, intervals, solution, iterations, time.perf_counter() - begin))


def _told(ours: Ours) -> Ours:
    cost = ours.solution.stats.objective
    print(f"{ours.name}, {ours.intervals} intervals: {ours.solution.message}; objective {cost:.5g}", file=sys.stderr)
    return ours


def _tell(name: str) -> Listener:
    def tell(p: Progress) -> None:
        if p.iteration % 20 == 0:
            words = f"{name}: iteration {p.iteration}, objective {p.objective:.4g}, misses {p.infeasibility:.1e}"
            print(f"{words}, {p.elapsed_s:.0f} s", file=sys.stderr)

    return tell


def walking_start(tracked: Trajectory) -> Trajectory:
    """Return the tracked motion as a guess for the prediction."""
    moved = float(tracked.values["pelvis_tx"][-1] - tracked.values["pelvis_tx"][0])
    return Trajectory(tracked.time, tracked.values, {**tracked.parameters, "distance": moved})


def main() -> None:
    """Solve, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--moco", choices=("tracking", "both"), nargs="?", const="both", help="run OpenSim Moco as well"
    )
    parser.add_argument("--tight", action="store_true", help="also solve to 1e-6 and on twice the mesh")
    asked = parser.parse_args()
    ours = solve_ours(asked.tight)
    with tempfile.TemporaryDirectory() as folder:
        theirs = solve_theirs(asked.moco, Path(folder))
        ours += [solve_on(name, Path(folder)) for name in theirs]
        OUT.write_text(page(ours, theirs, Path(folder)), encoding="utf-8")
    print(OUT)


def solve_ours(tight: bool) -> list[Ours]:
    """Solve both problems; ``tight``: and to 1e-6, and on twice the mesh."""
    body = read_osim(FOLDER / MODEL)
    follow, walk = tracking(body, FOLDER), prediction(body)
    out = [run_twice("tracking", follow, INTERVALS["tracking"], first_guess(follow), barrier=1e-2)]
    start = walking_start(out[0].solution.best)
    out.append(run_twice("prediction", walk, INTERVALS["prediction"], start, barrier=1e-3))
    if tight:
        options = SolverOptions(tolerance=1e-6, constraint_tolerance=1e-8, barrier="monotone", start_barrier=1e-4)
        for intervals in (INTERVALS["prediction"], 2 * INTERVALS["prediction"]):
            out.append(run("prediction, tight", walk, intervals, out[-1].solution.best, options))
    return out


def solve_on(name: str, folder: Path) -> Ours:
    """Start from Moco's solution of this run: is it an optimum of our problem, and what does its tolerance hide?"""
    body = read_osim(FOLDER / MODEL)
    problem = tracking(body, FOLDER) if name == "tracking" else prediction(body)
    start = with_accelerations(moco_solution(folder / f"{name}.sto", full=False))
    return run(f"{name}, from Moco's", problem, INTERVALS[name], start)


def solve_theirs(which: str | None, folder: Path) -> dict[str, dict[str, float]]:
    """Solve by Moco, each problem in a process of its own: it cannot be loaded beside CasADi."""
    out: dict[str, dict[str, float]] = {}
    for name in {None: (), "tracking": ("tracking",), "both": ("tracking", "prediction")}[which]:
        start = [str(folder / "tracking.sto")] if name == "prediction" else []
        command = [sys.executable, "-m", "benchmarks.planar_walking.moco", name, str(folder / f"{name}.sto"), *start]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        out[name] = json.loads(done.stdout.strip().splitlines()[-1])
        print(f"Moco, {name}: {out[name]}", file=sys.stderr)
    return out


def page(ours: list[Ours], theirs: dict[str, dict[str, float]], folder: Path) -> str:
    """Write the page."""
    rows = [_row(o) for o in ours]
    for name, (objective, seconds, iterations) in STORED.items():
        intervals = INTERVALS[name]
        rows.append(
            f"| {name} | {intervals} | Moco, stored solution | {objective:.5g} | {iterations} | {seconds:.0f} | | |"
        )
    for name, (objective, seconds, iterations) in ({} if theirs else LIVE).items():
        figures = f"{objective:.5g} | {iterations} | {seconds:.0f}"
        rows.append(f"| {name} | {INTERVALS[name]} | Moco, run of 2026-11-23 | {figures} | | |")
    for name, t in theirs.items():
        figures = f"{t['objective']:.5g} | {t['iterations']} | {t['seconds']:.0f}"
        rows.append(f"| {name} | {t['intervals']} | Moco, this run | {figures} | | |")
    source = "own" if theirs else "stored"
    table, names = _differences(ours, theirs, folder)
    notes = _NOTES.format(source=source, names=" | ".join(names), dashes="---|" * len(names))
    when = datetime.now(UTC).date().isoformat()
    return (
        _HEAD.format(when=when, version=groundup.__version__) + "\n".join(rows) + "\n" + notes + "\n".join(table) + "\n"
    )


def _row(o: Ours) -> str:
    stats, worst = o.solution.stats, o.solution.stats.worst
    gap, miss = f"{energy_gap(o.solution):.2f} %", f"{worst.scaled:.0e}" if worst else ""
    figures = f"{stats.objective:.5g} | {o.iterations} | {o.seconds:.1f}"
    return f"| {o.name} | {o.intervals} | groundup | {figures} | {gap} | {miss} |"


def _differences(ours: list[Ours], theirs: dict[str, dict[str, float]], folder: Path) -> tuple[list[str], list[str]]:
    rows, names = [], []
    for o in ours:
        problem = o.name.split(",")[0]
        stored = FOLDER / "reference" / f"gait{problem.title()}_solution_fullStride.sto"
        reference = moco_solution(folder / f"{problem}.sto", full=False) if problem in theirs else moco_solution(stored)
        apart, shift = difference_deg(o.solution.best, reference)
        names = list(apart)
        total = (sum(e**2 for e in apart.values()) / len(apart)) ** 0.5
        figures = " | ".join(f"{e:.2f}" for e in apart.values())
        rows.append(f"| {o.name}, {o.intervals} intervals | {figures} | {total:.2f} | {shift:.1f} % |")
    return rows, names


if __name__ == "__main__":
    main()
