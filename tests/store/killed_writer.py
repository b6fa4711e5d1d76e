"""Starts writers and kills them. Run as ``killed_writer.py STORE``.

For each line ``SECONDS WAIT`` on standard input it starts a process that adds and deletes visits for ever, waits for
its first word if WAIT is 1, then so many seconds, kills it (SIGKILL), and answers what it had acknowledged, as a line
of JSON.

Everything is imported once, here, and writers are forked: a hundred of them take seconds, not minutes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from itertools import count

from groundup.clinic.store import Store
from groundup.clinic.store.records import Content, Number, Treatment


def write(place: str, told: int) -> None:
    """Add a visit after the other; delete every seventh. Says so only when it is stored."""
    with Store.open(place) as store:
        for k in count():
            exam = json.dumps({"k": k, "text": "x" * (k * 37 % 3000)})
            content = Content(exam, (Number("odi", float(k)),), treatments=(Treatment("x" * (k % 400 + 1)),))
            visit = store.add_visit("P1", "2026-01-05", f"{os.getpid()}-{k}", content=content)
            os.write(told, f"{visit.id} {visit.kind}\n".encode())
            if k % 7 == 6:
                store.delete_visit(visit.id)
                os.write(told, f"{visit.id} deleted\n".encode())


def killed(place: str, seconds: float, wait: bool) -> list[list[str]]:
    """Start a writer, kill it, and return what it had acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            write(place, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as heard:
        first = heard.readline() if wait else b""
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL, "the writer ended by itself"
        return [line.split() for line in (first + heard.read()).decode().splitlines()]


for order in sys.stdin:
    asked_s, _, asked_wait = order.partition(" ")
    print(json.dumps(killed(sys.argv[1], float(asked_s), asked_wait.strip() == "1")), flush=True)
