"""Opening a database safely: is it a store, of which version, and is what was said to be written really written."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from groundup.clinic.store.place import file_of
from groundup.clinic.store.tables import HEAD, VERSION_TABLE, metadata
from groundup.errors import StoreError

APPLICATION_ID = 0x67726475
"""Mark in the head of a SQLite file: this is a store of groundup (``grdu``)."""

MIGRATIONS = Path(__file__).with_name("migrations")
_WAIT_S = 15
_SQLITE_HEAD = b"SQLite format 3\x00"
_WRITES = {"writes": True}
_ALEMBIC = threading.Lock()  # what a migration runs in is one for the whole process


class Database:
    """An open database; transactions through :meth:`reading` and :meth:`writing`."""

    def __init__(self, place: str, make: bool = True) -> None:
        """Connect; makes the store where there is none, if it may, and brings an older one up to date.

        Raises
        ------
        StoreError
            It is no store, one of a newer groundup, or it cannot be reached or written.
        """
        self.file = file_of(place)
        self._url = _url(place, self.file)
        self.shown = str(self.file) if self.file else self._url.render_as_string(hide_password=True)
        if self.file:
            _prepare_file(self.file, make)
        self.engine = _engine(self._url)
        try:
            self._bring_up_to_date()
        except BaseException:
            self.close()
            raise

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self.file is not None

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One consistent look at the store."""
        with self._faults(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One change: all of it, on the disk when the block has ended, or after an error nothing of it."""
        with self._faults(), self.engine.connect() as connection:
            connection = connection.execution_options(**_WRITES)
            with connection.begin():
                yield connection

    @contextmanager
    def alone(self) -> Iterator[sa.Connection]:
        """A connection for statements that stand outside any transaction (VACUUM)."""
        with self._faults(), self.engine.connect() as connection:
            outside = {"outside": True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
            yield connection.execution_options(**outside)

    def _bring_up_to_date(self) -> None:
        with self.reading() as connection:
            if _revision(connection) == HEAD:
                return
        with self.writing() as connection:
            if not self.is_sqlite:  # two that open at once: one makes the tables, the other waits
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({APPLICATION_ID})")
            revision = _revision(connection)
            if revision is None:
                self._refuse_strange_tables(connection)
            if revision != HEAD:
                self._migrate(connection, revision)

    def _refuse_strange_tables(self, connection: sa.Connection) -> None:
        there = set(sa.inspect(connection).get_table_names()) & set(metadata.tables)
        if there:
            raise StoreError(
                f"{self.shown}: has tables of another program ({', '.join(sorted(there))}), expected an empty "
                "database or a store of groundup. Name another one with --store."
            )

    def _migrate(self, connection: sa.Connection, revision: str | None) -> None:
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if revision is not None and revision not in known:
            raise StoreError(
                f"{self.shown}: written by a newer groundup (version {revision} of the store; this one knows up to "
                f"{max(known)}). Nothing was changed. Update groundup: pip install --upgrade 'groundup[clinic]'."
            )
        config.attributes.update(connection=connection, table=VERSION_TABLE)
        with _ALEMBIC:
            command.upgrade(config, "head")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            raise StoreError(_told(error, self.shown)) from error


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    row = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").first()
    return str(row[0]) if row else None


def _url(place: str, file: Path | None) -> sa.URL:
    if file is not None:
        return sa.URL.create("sqlite", database=str(file))
    try:
        return sa.make_url(place).set(drivername="postgresql+psycopg")
    except (sa.exc.ArgumentError, ValueError):
        # Without the text: it may hold a password.
        raise StoreError(
            "store: is no URL, expected postgresql+psycopg://USER@HOST:PORT/NAME. Check --store."
        ) from None


def _prepare_file(file: Path, make: bool) -> None:
    """Refuse what is no store; make a new one that only its owner can read: it holds health data."""
    try:
        if not make and not file.exists():  # a name with a slip of the pen is not an empty store
            raise StoreError(f"{file}: there is no store. Check --store, or begin one with: groundup person add.")
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        with file.open("rb") as opened:
            head = opened.read(100)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise StoreError(f"{file}: cannot be opened ({why}). Name another file with --store.") from error
    if not head:
        # Before the first table, and written through, so that from then on the file says what it is.
        with closing(sqlite3.connect(file, timeout=_WAIT_S, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    elif not head.startswith(_SQLITE_HEAD):
        raise StoreError(f"{file}: is no store of groundup, and no database at all. Name another file with --store.")
    elif head[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise StoreError(f"{file}: is a database of another program, no store of groundup. Name another with --store.")


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": _WAIT_S})
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = sa.create_engine(url, connect_args={"connect_timeout": _WAIT_S})
    except ModuleNotFoundError as error:
        raise StoreError("A store on PostgreSQL needs psycopg. Install it: pip install 'groundup[clinic]'.") from error
    sa.event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    # Transactions begin where we say so (`_begin_sqlite`), not where the driver guesses.
    connection.isolation_level = None
    # WAL with FULL: a commit returns when it is on the disk. secure_delete: what is deleted is overwritten.
    _use_log(connection)
    for pragma in ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _use_log(connection: Any) -> None:
    """Change a new file to WAL. SQLite does not wait here while somebody else does the same, so we do."""
    end = time.monotonic() + _WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("outside"):
        # A writer takes its place in the queue at once: one that read first and writes later could be refused.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _set_up_postgresql(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    connection.commit()


_CAUSES = (
    (("locked", "lock timeout", "QueuePool"), "is busy: another program is writing", "Try again when it has finished."),
    (("readonly", "read-only"), "cannot be written", "Check the rights of the file and its folder."),
    (("full", "No space"), "the disk is full", "Make room; nothing of this change was stored."),
    (("malformed", "not a database"), "is damaged", "Bring back the last backup, and keep this file."),
    (("unable to open",), "cannot be opened", "Check the rights of the file and its folder."),
    (("password authentication", "no password"), "the server refuses the password", "Check the URL, or ~/.pgpass."),
    (("does not exist",), "the server knows no such database or user", "Make it, or check the URL."),
    (("connection", "resolve", "timeout"), "the server cannot be reached", "Check host and port, and that it runs."),
    (("permission denied",), "the server does not allow it", "Give this user the right to make and use tables."),
    (("UNIQUE", "unique constraint", "duplicate key"), "holds one of this id already", "Choose another id."),
)


def _told(error: Exception, place: str) -> str:
    cause = str(getattr(error, "orig", None) or error).strip()
    for words, what, advice in _CAUSES:
        if any(word in cause for word in words):
            return f"{place}: {what} ({cause.splitlines()[0]}). {advice}"
    return (
        f"{place}: the database says: {cause.splitlines()[0] if cause else type(error).__name__}. Try groundup doctor."
    )
