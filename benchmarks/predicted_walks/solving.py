"""Solve the walks of the acceptance as the command does, read and check them: each in a process of its own, so that
its memory is known."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from groundup.body.default_body import default_body
from groundup.chain.conclude import conclude
from groundup.errors import SolverError
from groundup.predict import pain
from groundup.predict.acceptance import cases
from groundup.predict.answer import Readings
from groundup.predict.changed_body import ChangedBody
from groundup.predict.checks import walk_checks
from groundup.predict.condition import parse_condition
from groundup.predict.gait.baseline import healthy_walk
from groundup.predict.gait.walk import Walk
from groundup.predict.outcome import analysis_of
from groundup.predict.readings import all_readings
from groundup.predict.request import HEALTHY, TREATED, UNTREATED, Case, SimulationRequest
from groundup.predict.solver import solve
from groundup.predict.solving import Walks, job_of
from groundup.predict.variations import NOMINAL
from groundup.predict.walk_job import Attempt, Solver, WalkJob
from groundup.predict.walk_store import WalkStore
from groundup.provenance import provenance

COMMAND = "python -m benchmarks.predicted_walks"


@dataclass(frozen=True, eq=False)
class Solved:
    """A walk with all that is said of it.

    Attributes
    ----------
    readings, checks : empty where it was not solved
    seconds, processor_s : from the problem to the walk, all stages; by the clock, and of the processor alone, which
        other programs do not slow
    memory_gb : largest of its process
    """

    name: str
    walk: Walk
    readings: Readings
    checks: dict[str, float]
    seconds: float
    processor_s: float
    memory_gb: float


class Watch:
    """Time since it was made, s: by the clock, and of the processor."""

    def __init__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    @property
    def times(self) -> tuple[float, float]:
        """Both."""
        return time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]


@dataclass(frozen=True)
class Work:
    """Something to be done in a process of its own, after what it ``needs`` has been done."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    needs: tuple[str, ...] = field(default=())


def done_in_order_of_ending(works: Sequence[Work], processes: int) -> Iterator[tuple[str, Any]]:
    """Do work in so many processes at a time, what stands first before the rest; give each result as it ends."""
    waiting, running, ended = list(works), dict[Future[Any], str](), set[str]()
    names = {w.name for w in works}
    # A new process for each, so that the memory it reports is its own.
    with ProcessPoolExecutor(processes, get_context("spawn"), max_tasks_per_child=1) as pool:
        while waiting or running:
            ready = [w for w in waiting if set(w.needs) & names <= ended]
            for work in ready[: processes - len(running)]:
                waiting.remove(work)
                running[pool.submit(work.function, *work.arguments)] = work.name
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(future)
                ended.add(name)
                yield name, future.result()


def case_works(keep: Path) -> list[Work]:
    """Work of every case of the acceptance."""
    return [Work(name, solve_and_read, (name, keep), needs_of(name)) for name in cases()]


def needs_of(name: str) -> tuple[str, ...]:
    """Cases whose walks another one starts from: a treated one from that without the treatment."""
    case = cases()[name]
    if not case.treatments:
        return ()
    return tuple(n for n, c in cases().items() if c.conditions == case.conditions and not c.treatments)


def request_of(case: Case) -> SimulationRequest:
    """What the command would be asked for."""
    return SimulationRequest(case.conditions, case.treatments, command=COMMAND)


def id_of(case: Case) -> str:
    """Id that a case has within its request."""
    return TREATED if case.treatments else UNTREATED if case.conditions else HEALTHY


def solve_and_read(name: str, keep: Path, solver: Solver = solve) -> Solved:
    """Solve one case and all that it rests on, as the command does; keep the walks, read and check this one.

    Raises
    ------
    SolverError
        It could not be begun.
    """
    case, watch = cases()[name], Watch()
    walks = Walks(request_of(case), default_body(), None, WalkStore(keep), solver, lambda words: None)
    walks.solve()
    times, place = watch.times, (id_of(case), NOMINAL.id)
    attempt = walks.attempts[place]
    if attempt.walk is None:
        raise SolverError(f"{name}: {attempt.message}")
    return read(name, attempt.walk, walks.jobs[place].changed, times)


def read(name: str, walk: Walk, changed: ChangedBody, times: tuple[float, float]) -> Solved:
    """Read and check a walk; one that is not solved says nothing."""
    readings: Readings = {}
    checks: dict[str, float] = {}
    if walk.solved:
        analysis = analysis_of(walk, changed.prepared)
        study = conclude(analysis, f"Predicted walk: {name}", provenance(COMMAND, {}, {}), synthetic=True)
        readings = all_readings(walk, changed, study, analysis)
        checks = walk_checks(walk, changed, analysis)
    return Solved(name, walk, readings, checks, *times, peak_memory_gb())


def peak_memory_gb() -> float:
    """Most memory that this process has had, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def heel_impulse(walk: Walk, changed: ChangedBody) -> float:
    """Impulse under the right heel, body weights × s."""
    return float(np.trapezoid(walk.vertical(changed.prepared.soles, "r", "heel"), walk.time_s) / walk.weight_n)


def calibrate(keep: Path) -> None:
    """Find the gain of the pain law and write it down.

    Each walk starts from the healthy one, as the command's does: from the walk of another gain it may end in another
    local minimum, and the gain would not give what it was found for.
    """
    before = heel_impulse(healthy_walk(), healthy_job(keep).changed)

    def change_percent(gain: float, felt: float) -> float:
        job = painful_job(keep, gain, felt)
        walk = solve(job, lambda words: None)
        if not walk.solved:
            raise SystemExit(walk.message)
        found = 100 * (heel_impulse(walk, job.changed) / before - 1)
        print(f"gain {gain:.4g}: {found:+.2f} %, {walk.stats['seconds']:.0f} s", flush=True)
        return found

    found = pain.calibrate(change_percent)
    pain.CALIBRATION_FILE.write_text(pain.calibration_toml(found, f"{COMMAND} --calibrate"), encoding="utf-8")


def healthy_job(keep: Path | None) -> WalkJob:
    """The healthy walk as the command states it."""
    request = SimulationRequest(command=COMMAND)
    return job_of(Walks(request, default_body(), None, WalkStore(keep), solve, print), request.cases[0])


def painful_job(keep: Path | None, gain: float, felt: float) -> WalkJob:
    """Pain of the right heel by a law that is not calibrated, which a request cannot ask for."""
    request = SimulationRequest((parse_condition(f"heel_pain:right:{felt:g}"),), command=COMMAND)
    walks, (_, painful) = Walks(request, default_body(), None, WalkStore(keep), solve, print), request.cases
    walks.jobs[HEALTHY, NOMINAL.id] = healthy_job(keep)
    walks.attempts[HEALTHY, NOMINAL.id] = Attempt("solved", "", healthy_walk())
    return replace(job_of(walks, painful), law=pain.uncalibrated(gain))
