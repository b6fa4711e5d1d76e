"""Work on samples on all cores.

A sample is many short array operations, between which Python's lock changes hands; threads gain next to nothing. On
Linux copies of the process share what has been prepared and each take samples; elsewhere, or where that is refused,
threads do it.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.pool
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from groundup.parallel import cores, in_order

T = TypeVar("T")
R = TypeVar("R")

_FEWEST = 8

_work: Callable[..., object] | None = None
"""What the copies of this process do; set only while they are made."""


def on_all_cores(work: Callable[[T], R], items: Sequence[T], fewest: int = _FEWEST) -> Iterator[R]:
    """Give the results of ``work`` for each item, in order; results must be plain values.

    Fewer items than ``fewest`` are not worth the copies.
    """
    alone = threading.active_count() > 1 or threading.current_thread() is not threading.main_thread()
    if cores() < 2 or len(items) < fewest or not sys.platform.startswith("linux") or alone:
        yield from in_order(work, items)
        return
    pool = _copies(work)
    with pool:
        yield from pool.imap(_call, items)


def _copies(work: Callable[[T], R]) -> multiprocessing.pool.Pool:
    global _work
    _work = work
    try:
        with warnings.catch_warnings():
            # Threads of linear algebra are idle now and are started anew in the copies.
            warnings.simplefilter("ignore", DeprecationWarning)
            return multiprocessing.get_context("fork").Pool(cores(), _leave_stopping_to_the_first)
    finally:
        _work = None


def _leave_stopping_to_the_first() -> None:
    """Ctrl-C reaches the copies too; the process they were made from hears it and ends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _call(item: object) -> object:
    assert _work is not None
    return _work(item)
