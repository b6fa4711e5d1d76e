"""Solve the walks of the acceptance, read and check them: each in a process of its own, so that its memory is known."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from groundup.body.default_body import default_body
from groundup.chain.conclude import conclude
from groundup.predict import pain
from groundup.predict.acceptance import cases
from groundup.predict.answer import Readings
from groundup.predict.body import walk_guess
from groundup.predict.changed_body import ChangedBody, change
from groundup.predict.checks import walk_checks
from groundup.predict.condition import heel_pains, parse_condition
from groundup.predict.gait.baseline import SPEED_M_PER_S, healthy_walk, painless
from groundup.predict.gait.equations import Pain
from groundup.predict.gait.problem import WalkTask
from groundup.predict.gait.solve import WalkOptions, solve_walk
from groundup.predict.gait.walk import Walk, load_walk, save_walk
from groundup.predict.outcome import analysis_of
from groundup.predict.readings import all_readings
from groundup.predict.request import Case
from groundup.predict.terms import chosen
from groundup.provenance import provenance

COMMAND = "python -m benchmarks.predicted_walks"
HEALTHY = "healthy"


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
    return [
        Work(name, solve_and_read, (name, keep), (start,) if (start := start_of(name)) != HEALTHY else ())
        for name in cases()
    ]


def start_of(name: str) -> str:
    """Name of the walk that a case is solved from: one that is near, and solved before it."""
    if cases()[name].treatments and cases()[name].painful:
        return "pain6"
    return {"pain6": "pain4"}.get(name, HEALTHY)


def solve_and_read(name: str, keep: Path) -> Solved:
    """Solve one case, keep the walk, read and check it. The healthy walk is the stored one, as it is."""
    changed, watch = change(default_body(), cases()[name].effects, keep), Watch()
    file, near = keep / f"{name}.npz", keep / f"{start_of(name)}.npz"
    if name == HEALTHY:
        walk = healthy_walk()
    elif file.exists():
        walk = load_walk(file)
    else:
        walk = solved(cases()[name], changed, pain.pain_law(), load_walk(near) if near.exists() else healthy_walk())
        if walk.solved:
            save_walk(walk, file)
    return read(name, walk, changed, watch.times)


def solved(case: Case, changed: ChangedBody, law: pain.PainLaw | None, start: Walk) -> Walk:
    """Solve one case from another walk."""
    p = changed.prepared
    largest = painless(healthy_walk(), changed)
    pains = {
        c.side: Pain(case.felt_pain(c.side), c.fascia_weight, largest[c.side]) for c in heel_pains(case.conditions)
    }
    speed = changed.speed_m_per_s or SPEED_M_PER_S
    task = WalkTask(
        changed, chosen({"own_gait": 0.0}), speed, walk_guess(p.reduction, p.soles, speed), pains=pains, law=law
    )
    return solve_walk(task, WalkOptions(), start)


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
    """Find the gain of the pain law and write it down."""
    last = [healthy_walk()]

    def change_percent(gain: float, felt: float) -> float:
        case = Case("calibration", "", (parse_condition(f"heel_pain:right:{felt:g}"),))
        changed = change(default_body(), case.effects, keep)
        walk = solved(case, changed, pain.uncalibrated(gain), last[0])
        if not walk.solved:
            raise SystemExit(walk.message)
        last[0] = walk
        found = 100 * (heel_impulse(walk, changed) / heel_impulse(healthy_walk(), changed) - 1)
        print(f"gain {gain:.4g}: {found:+.2f} %, {walk.stats['seconds']:.0f} s", flush=True)
        return found

    found = pain.calibrate(change_percent)
    pain.CALIBRATION_FILE.write_text(pain.calibration_toml(found, f"{COMMAND} --calibrate"), encoding="utf-8")
