"""Work on the parts of a recording on all cores; NumPy lets go of Python's lock while it computes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

MOST_WORKERS = 8


def cores() -> int:
    """How many cores this process may use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, MOST_WORKERS)


def in_order(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Give the results of ``work`` for each item, in the order of the items.

    Only a few items are under way at a time, so that long recordings fit in memory. On one core nothing is started.
    """
    workers = cores()
    if workers == 1:
        yield from map(work, items)
        return
    under_way: deque[Future[R]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="groundup") as pool:
        try:
            for item in items:
                # NumPy's error settings belong to the context.
                under_way.append(pool.submit(copy_context().run, work, item))
                if len(under_way) > workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()
