"""Jobs solved one after the other, or several at once in processes of their own.

A process that dies costs its own walk only. Ctrl-C reaches every solver: what is being solved ends with its best
iterate, and nothing more is begun.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from groundup.errors import GroundupError
from groundup.predict.walk_job import NOT_BEGUN, STOPPED, Attempt, Solver, Tell, WalkJob, attempt_of

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

GRACE_S = 60.0
"""How long solvers may take to end after Ctrl-C: the writing of the problem, one iteration and the writing down."""

_STOP = "stop"


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
    except MemoryError:
        return Attempt("failed", "not enough memory; give fewer --processes or a coarser --mesh")
    except KeyboardInterrupt:
        return Attempt("stopped", f"{STOPPED} before its first iterate")
    except Exception as error:  # it costs this walk, and no other
        return Attempt("failed", f"{type(error).__name__}: {error}")


def _one_by_one(jobs: Sequence[WalkJob], solver: Solver, tell: Tell) -> Iterator[tuple[WalkJob, Attempt]]:
    stopped = False
    for job in jobs:
        found = Attempt("stopped", NOT_BEGUN) if stopped else attempt(job, solver, tell)
        stopped = stopped or found.status == "stopped"
        yield job, found


# --- several at once ----------------------------------------------------------------------------------------------


class _Worker:
    """A process that solves one job, and what connects it with this one."""

    def __init__(self, job: WalkJob, solver: Solver) -> None:
        # A fresh process: one that was forked would share the state of libraries with threads.
        from multiprocessing import get_context

        context = get_context("spawn")
        self.job, self.asked = job, False
        self.connection, there = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(there, job, solver), daemon=True)
        with _signal(signal.SIG_IGN):  # it does not hear Ctrl-C, it is told; its solver listens for itself
            self.process.start()
        there.close()

    def hear(self, tell: Tell) -> Attempt | None:
        """What the process said: its result, or None where it only told how far it is."""
        try:
            said = self.connection.recv()
        except (EOFError, OSError):
            self.process.join()
            why = f"its process ended without an answer (exit code {self.process.exitcode}); memory may be short"
            return Attempt("failed", f"{why}. Run the command again: what was solved is kept.")
        if isinstance(said, Attempt):
            self.process.join()
            return said
        tell(str(said))
        return None

    def stop(self) -> None:
        """Ask the process, once, to end with its best iterate."""
        if self.asked:
            return
        self.asked = True
        # A solver hears the signal at its next iteration. Before it has begun, nobody does: then the word is read when
        # it first tells something.
        with suppress(OSError):
            self.connection.send(_STOP)
        if self.process.pid is not None and self.process.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGINT)


def _at_once(jobs: Sequence[WalkJob], solver: Solver, processes: int, tell: Tell) -> Iterator[tuple[WalkJob, Attempt]]:
    waiting, running = list(jobs), list[_Worker]()
    with _listening() as asked:
        try:
            while waiting or running:
                while waiting and len(running) < processes and not asked.seconds:
                    running.append(_Worker(waiting.pop(0), solver))
                for worker in _ready(running):
                    found = worker.hear(tell)
                    if found is not None:
                        running.remove(worker)
                        yield worker.job, found
                if asked.seconds:
                    for worker in running:
                        worker.stop()
                    yield from ((job, Attempt("stopped", NOT_BEGUN)) for job in waiting)
                    waiting = []
                    if asked.seconds > GRACE_S:
                        break
            yield from ((w.job, Attempt("stopped", f"{STOPPED}; no iterate came")) for w in running)
        finally:
            for worker in running:
                worker.process.kill()


def _ready(running: Sequence[_Worker]) -> list[_Worker]:
    """Those of the workers that have something to say, after half a second at most."""
    ready = wait([w.connection for w in running], 0.5)
    return [w for w in running if w.connection in ready]


class _Asked:
    """Whether somebody pressed Ctrl-C, and how long ago; a second time ends everything at once."""

    def __init__(self) -> None:
        self._at: float | None = None

    @property
    def seconds(self) -> float:
        """Since it was pressed; nought where it was not."""
        return 0.0 if self._at is None else time.monotonic() - self._at + 1e-9

    def __call__(self, signum: int, frame: object) -> None:
        if self._at is not None:
            raise KeyboardInterrupt
        self._at = time.monotonic()


@contextmanager
def _listening() -> Iterator[_Asked]:
    """Hear Ctrl-C without being interrupted: what has come from a process is written down first."""
    asked = _Asked()
    with _signal(asked):
        yield asked


@contextmanager
def _signal(handler: Callable[[int, object], None] | signal.Handlers) -> Iterator[None]:
    """Answer Ctrl-C so for a while, where this is the thread that hears it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(connection: Connection, job: WalkJob, solver: Solver) -> None:
    """What a process does: solve one job, telling through the connection, and stopping when told to."""

    def tell(words: str) -> None:
        connection.send(words)
        if connection.poll():
            connection.recv()
            if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, signal.default_int_handler):
                raise KeyboardInterrupt  # nobody listens: the solver is not solving yet
            signal.raise_signal(signal.SIGINT)

    with suppress(BrokenPipeError, EOFError):
        connection.send(attempt(job, solver, tell))
