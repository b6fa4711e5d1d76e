"""Solvers of walks that solve nothing, quickly: what becomes of jobs is tested without a solver.

They are functions of a module, so that other processes find them. Files tell the test what they were asked for.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace

from groundup.errors import SetupError
from groundup.predict.gait.baseline import healthy_walk
from groundup.predict.gait.walk import Walk
from groundup.predict.solver import terms_of
from groundup.predict.walk_job import STOPPED, Tell, WalkJob

SAID = "solved in 3 iterations and 0.1 s"


def same(job: WalkJob, tell: Tell) -> Walk:
    """Every walk is the healthy one."""
    return replace(healthy_walk(), message=SAID)


def tells(job: WalkJob, tell: Tell) -> Walk:
    """Say what was asked, in which process."""
    tell(f"{job.id} in {os.getpid()} with {', '.join(t.name for t in terms_of(job))}")
    return same(job, tell)


def dies_of_lift(job: WalkJob, tell: Tell) -> Walk:
    """A process ends without a word."""
    if job.id == "heel_lift-5mm":
        os._exit(9)
    return same(job, tell)


def waits(job: WalkJob, tell: Tell) -> Walk:
    """Go on until stopped, then return the best iterate; ten seconds at most."""
    begun = time.monotonic()
    try:
        while time.monotonic() - begun < 10:
            tell(f"{job.id}: iteration")
            time.sleep(0.05)
    except KeyboardInterrupt:
        return replace(healthy_walk(), solved=False, message=f"{STOPPED} (7 iterations, 0.4 s)")
    return same(job, tell)


def stops_in_variations(job: WalkJob, tell: Tell) -> Walk:
    """Ctrl-C when all but the variations is solved."""
    if "~" in job.id:
        return replace(healthy_walk(), solved=False, message=f"{STOPPED} (7 iterations, 0.4 s)")
    return same(job, tell)


def misses(job: WalkJob, tell: Tell) -> Walk:
    """Painful walks are not found."""
    if job.pains:
        said = "stopped at the iteration limit; missed most: knee_angle_r does not balance at 42 % by 0.3 N·m."
        return replace(healthy_walk(), solved=False, message=said)
    return same(job, tell)


def refuses(job: WalkJob, tell: Tell) -> Walk:
    """Nothing can be solved."""
    raise SetupError("no solver here.")


def breaks_at_lift(job: WalkJob, tell: Tell) -> Walk:
    """A fault that nobody foresaw."""
    if job.id.startswith("heel_lift-5mm"):
        raise ValueError("no such spline")
    return same(job, tell)
