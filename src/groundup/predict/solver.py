"""The solver of walks: a job becomes a problem of optimal control, and its solution a walk. Needs CasADi."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from groundup.predict.body import walk_guess
from groundup.predict.effects import Cadence
from groundup.predict.gait.baseline import SPEED_M_PER_S
from groundup.predict.gait.walk import Walk
from groundup.predict.starts import settled
from groundup.predict.terms import ObjectiveTerm, chosen, read_terms, terms
from groundup.predict.walk_job import STOPPED, Tell, WalkJob

if TYPE_CHECKING:
    from groundup.predict.gait.problem import WalkTask
    from groundup.solvers.collocation.solve import Progress

EVERY = 10
"""Iterations between two lines of progress."""

EXPECTED = 40
"""Iterations from a near walk, from which the time left is told: 23 to 81, mostly about 30 (docs/validation)."""

SETTLED_BARRIER = 1e-4
"""To start from, for a walk that was set on the ground of another body. It is near its own optimum, and the usual
tenfold drives it away first: a rocker sole takes 91 instead of 67 iterations, a short leg 31 instead of 23."""


def solve(job: WalkJob, tell: Tell) -> Walk:
    """Solve one walk; a `Solver`.

    Raises
    ------
    GroundupError
        The body cannot walk, or CasADi is missing.
    """
    from groundup.predict.gait.solve import WalkOptions, solve_walk

    def listen(stage: str, at: Progress) -> None:
        if at.iteration % EVERY == 0:
            tell(
                f"{job.label}: {stage}, iteration {at.iteration}, objective {at.objective:.4g}, infeasibility "
                f"{at.infeasibility:.1e}, about {at.left_s:.0f} s left"
            )

    task, start, usual = task_of(job), job.start, WalkOptions(job.intervals)
    iterations = EXPECTED if start is not None else usual.solver.expected_iterations
    options = replace(usual, solver=replace(usual.solver, expected_iterations=iterations))
    if job.halves:
        start = solve_walk(replace(task, symmetric=True), options, start, listen)
        if not start.solved:
            return start
    begin = None if start is None else settled(start, job.changed)
    if begin is not start:
        options = replace(options, solver=replace(options.solver, start_barrier=SETTLED_BARRIER))
    try:
        return solve_walk(task, options, begin, listen)
    except KeyboardInterrupt:
        if start is None or not job.halves:
            raise
        return replace(start, solved=False, message=f"{STOPPED} between two equal halves and the whole cycle.")


def terms_of(job: WalkJob) -> tuple[ObjectiveTerm, ...]:
    """Terms of the objective with their weights; those of a user's file are read where nobody has done it yet."""
    if job.terms_file is not None and set(job.weights) - {t.name for t in terms()}:
        read_terms(job.terms_file)
    return chosen(job.weights)


def task_of(job: WalkJob) -> WalkTask:
    """The walk of a job as a problem that a solver can be given."""
    from groundup.predict.gait.problem import WalkTask

    p, speed = job.changed.prepared, job.changed.speed_m_per_s or job.speed_m_per_s
    usual = speed or (SPEED_M_PER_S if job.own is None else job.own.speed_m_per_s)
    own = None if job.own is None else job.own.at(usual)
    paced = any(isinstance(one, Cadence) for one in job.effects)
    return WalkTask(
        job.changed,
        terms_of(job),
        speed,
        walk_guess(p.reduction, p.soles, usual, own=own),
        pains=job.pains,
        law=job.law,
        own_gait=own,
        cycle_s=job.usual_cycle_s / job.changed.cadence_factor if paced and job.usual_cycle_s is not None else None,
    )
