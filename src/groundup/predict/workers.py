"""Jobs solved one after the other, or several at once in processes of their own.

A process that dies costs its own walk only. Ctrl-C reaches every solver: what is being solved ends with its best
iterate, and nothing more is begun.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from groundup.errors import GroundupError
from groundup.predict.walk_job import NOT_BEGUN, STOPPED, Attempt, Solver, Tell, WalkJob, attempt_of

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

GRACE_S = 60.0
"""How long solvers may take to end after Ctrl-C: one iteration and the writing down."""


def solve_all(jobs: Sequence[WalkJob], solver: Solver, processes: int, tell: Tell) -> Iterator[tuple[WalkJob, Attempt]]:
    """Solve jobs and give each as soon as it ends, in no fixed order.

    After Ctrl-C those under way come with their best iterate, the others as not begun.
    """
    if processes == 1 or len(jobs) <= 1:
        yield from _one_by_one(jobs, solver, tell)
    else:
        yield from _at_once(jobs, solver, processes, tell)


def attempt(job: WalkJob, solver: Solver, tell: Tell) -> Attempt:
    """Solve one job; a fault is what became of it, and no error."""
    try:
        return attempt_of(solver(job, tell))
    except GroundupError as error:
        return Attempt("failed", str(error))
    except KeyboardInterrupt:
        return Attempt("stopped", f"{STOPPED} before its first iterate")


def _one_by_one(jobs: Sequence[WalkJob], solver: Solver, tell: Tell) -> Iterator[tuple[WalkJob, Attempt]]:
    stopped = False
    for job in jobs:
        found = Attempt("stopped", NOT_BEGUN) if stopped else attempt(job, solver, tell)
        stopped = stopped or found.status == "stopped"
        yield job, found


def _at_once(jobs: Sequence[WalkJob], solver: Solver, processes: int, tell: Tell) -> Iterator[tuple[WalkJob, Attempt]]:
    waiting, running = list(jobs), dict[Connection, tuple[WalkJob, BaseProcess]]()
    stopping = False
    try:
        while waiting or running:
            try:
                while waiting and len(running) < processes and not stopping:
                    connection, process = _started(waiting[0], solver)
                    running[connection] = (waiting.pop(0), process)
                if stopping:
                    yield from ((job, Attempt("stopped", NOT_BEGUN)) for job in waiting)
                    waiting = []
                ready = wait(list(running), GRACE_S if stopping else None)
                if stopping and not ready:
                    break
                for one in ready:
                    assert isinstance(one, Connection)
                    found = _heard(one, running[one][1], tell)
                    if found is not None:
                        job, process = running.pop(one)
                        process.join()
                        stopping = stopping or found.status == "stopped"
                        yield job, found
            except KeyboardInterrupt:
                stopping = True
                for _, process in running.values():
                    _ask_to_stop(process)
        yield from ((job, Attempt("stopped", f"{STOPPED}; no iterate came")) for job, _ in running.values())
    finally:
        for _, process in running.values():
            process.kill()


def _started(job: WalkJob, solver: Solver) -> tuple[Connection, BaseProcess]:
    # A fresh process: one that was forked would share the state of libraries with threads.
    from multiprocessing import get_context

    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, job, solver), daemon=True)
    process.start()
    there.close()
    return here, process


def _work(connection: Connection, job: WalkJob, solver: Solver) -> None:
    """What a process does: solve one job, telling through the connection."""
    with suppress(BrokenPipeError):
        tell: Callable[[str], None] = lambda words: connection.send(words)  # noqa: E731
        connection.send(attempt(job, solver, tell))


def _heard(connection: Connection, process: BaseProcess, tell: Tell) -> Attempt | None:
    """What a process said: its result, or None where it only told how far it is."""
    try:
        said = connection.recv()
    except (EOFError, OSError):
        process.join()
        return Attempt(
            "failed", f"its process ended without an answer (exit code {process.exitcode}); memory may be short"
        )
    if isinstance(said, Attempt):
        return said
    tell(str(said))
    return None


def _ask_to_stop(process: BaseProcess) -> None:
    # The terminal sends Ctrl-C to all; a signal sent to this process alone is passed on.
    if process.pid is not None and process.is_alive():
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGINT)
