"""An empty store for each test: a SQLite file and, where GROUNDUP_TEST_DATABASE_URL names a server, PostgreSQL too."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="the extra groundup[clinic] is not installed")

import sqlalchemy as sa

from groundup.clinic.store import Store

TODAY = date(2026, 11, 1)
SERVER = os.environ.get("GROUNDUP_TEST_DATABASE_URL", "")
NewPlace = Callable[[], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewPlace]:
    """Give a function that returns places of empty stores."""
    if request.param == "sqlite":
        numbers = iter(range(100))
        yield lambda: str(tmp_path / f"{next(numbers)}.sqlite")
        return
    if not SERVER:
        pytest.skip("no PostgreSQL server; set GROUNDUP_TEST_DATABASE_URL (.ci/postgresql.sh starts one)")
    yield from _schemas(request)


def _schemas(request: pytest.FixtureRequest) -> Iterator[NewPlace]:
    """One schema for each store, dropped afterwards."""
    url = sa.make_url(SERVER).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def place() -> str:
        made.append(f"test_{uuid.uuid4().hex}")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {made[-1]}")
        there = url.update_query_dict({"options": f"-csearch_path={made[-1]}"})
        return there.render_as_string(hide_password=False)

    yield place
    with engine.connect() as connection:
        for schema in made:
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture
def place(new_place: NewPlace) -> str:
    return new_place()


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    with Store.open(place, today=lambda: TODAY) as opened:
        yield opened
