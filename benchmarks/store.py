"""How fast the store of people and visits is with 100 000 visits, into docs/validation/store.md.

Two stores, 100 000 visits each: of one person, the hardest for a trend; of a thousand people. Each visit has two scores
and every tenth an examination. GROUNDUP_TEST_DATABASE_URL names a PostgreSQL server to measure as well
(.ci/postgresql.sh starts one). Run by ``make validation-store``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa

from groundup.clinic.store import Store
from groundup.clinic.store.change import Limits, changes

PAGE = Path(__file__).resolve().parents[1] / "docs" / "validation" / "store.md"
BAR_MS = 200
VISITS = 100_000
_FIRST_DAY = date(1952, 1, 1)
_HEAD = """# The store with 100 000 visits

<!-- Written by `make validation-store`. Run it again rather than edit this page. -->

Milliseconds, median and slowest of {repeats}, on {computer}; bar for opening, lists and trends: {bar} ms. Opening is in
a process that has loaded its libraries; a whole command, with all that Python loads, has a line of its own.
Work that waited for a processor when it ended, over the last five minutes: {load}.

"""


def lines(people: int, visits: int) -> Iterator[bytes]:
    """Return an export of so many people with so many visits together."""
    yield b'{"schema":"groundup.store/1"}'
    for p in range(people):
        yield json.dumps({"person": {"id": f"P{p}", "birth_year": 1950}}).encode()
        for k in range(1, visits // people + 1):
            yield json.dumps({"visit": _visit(f"P{p}", k)}).encode()
    yield json.dumps({"end": {"people": people, "visits": visits}}).encode()


def _visit(person: str, k: int) -> dict[str, object]:
    day = _FIRST_DAY + timedelta(days=k // 4)
    scores = [
        {"measure": "odi", "value": float(k * 7919 % 101), "unit": "%"},
        {"measure": "faam.adl", "value": float(k * 104729 % 101), "unit": "%", "side": "left"},
    ]
    exam = json.dumps({"pain": {"heel_nprs": k % 11}, "notes": "x" * 400}) if k % 10 == 0 else None
    head = {"id": f"{person}.{k}", "person": person, "number": k, "date": day.isoformat(), "kind": "follow-up"}
    return {**head, "examination": exam, "scores": scores}


def _questions(place: str, people: int) -> dict[str, Callable[[], object]]:
    person = f"P{people // 2}"
    store = Store.open(place)
    last = store.visits(per_page=50).pages
    trend = store.trend(person, "odi")
    return {
        "open": lambda: Store.open(place).close(),
        "list people, first page": lambda: store.people(),
        "list visits, first page": lambda: store.visits(),
        f"list visits, last page of {last}": lambda: store.visits(page=last),
        "list visits of the person": lambda: store.visits(person),
        "trend of the person": lambda: store.trend(person, "odi"),
        "changes of that trend": lambda: changes(trend, {"odi": Limits(10.0, 12.0, False)}),
        "trend with changes": lambda: changes(store.trend(person, "odi"), {"odi": Limits(10.0, 12.0, False)}),
        "what can be followed": lambda: store.measures(person),
        "show a visit": lambda: store.visit(f"{person}.7"),
        "add a visit": lambda: store.add_visit(person),
    }


def _ms(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        taken.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(taken), max(taken)


def measure(place: str, people: int, visits: int, repeats: int) -> Iterator[tuple[str, float, float]]:
    """Fill a store and time what is asked of it; yields name, median and slowest, ms."""
    begin = time.perf_counter()
    with Store.open(place) as store:
        store.import_(lines(people, visits))
    yield "import everything (once)", 1e3 * (time.perf_counter() - begin), float("nan")
    for name, call in _questions(place, people).items():
        yield name, *_ms(call, repeats)
    command = [sys.executable, "-m", "groundup", "visit", "list", "--store", place]
    yield "`groundup visit list`", *_ms(lambda: subprocess.run(command, check=True, capture_output=True), 5)
    with Store.open(place) as store:
        begin = time.perf_counter()
        store.delete_visit(f"P{people // 2}.3")
        yield "delete a visit, writing the store anew (once)", 1e3 * (time.perf_counter() - begin), float("nan")


@contextmanager
def _places() -> Iterator[dict[str, Callable[[], str]]]:
    with tempfile.TemporaryDirectory() as folder:
        places: dict[str, Callable[[], str]] = {"SQLite": lambda: str(Path(folder, f"{uuid.uuid4().hex}.sqlite"))}
        server = os.environ.get("GROUNDUP_TEST_DATABASE_URL")
        if server:
            places["PostgreSQL"] = lambda: _schema(server)
        yield places


def _schema(server: str) -> str:
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    name = f"bench_{uuid.uuid4().hex}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    return url.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)


def _computer() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLAlchemy {sa.__version__}"


def main() -> None:
    """Measure, print, and write the page unless the numbers are not those of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=VISITS)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--no-page", action="store_true", help="print only")
    args = parser.parse_args()
    text = ""
    with _places() as places:
        for database, place in places.items():
            for people in (1, 1000):
                text += f"## {database}, {args.visits} visits of {people} {'person' if people == 1 else 'people'}\n\n"
                text += "| | median | slowest |\n|---|---|---|\n"
                for name, median, slowest in measure(place(), people, args.visits, args.repeats):
                    text += f"| {name} | {median:.1f} | {'' if slowest != slowest else f'{slowest:.1f}'} |\n"
                text += "\n"
    load = f"{os.getloadavg()[1]:.1f}" if hasattr(os, "getloadavg") else "not known"
    text = _HEAD.format(repeats=args.repeats, bar=BAR_MS, computer=_computer(), load=load) + text
    print(text)
    if not args.no_page:
        PAGE.write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
