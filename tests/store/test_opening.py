"""Which databases are opened, how older ones become current, and what is refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from groundup.clinic.store import Store, connection
from groundup.clinic.store.connection import Database
from groundup.clinic.store.place import data_folder, store_place
from groundup.clinic.store.tables import HEAD, VERSION_TABLE, metadata
from groundup.errors import StoreError

_NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("people", sa.Column("height_m", sa.Double))
    {more}
"""


def test_migrations_lead_to_the_tables(place: str) -> None:
    database = Database(place)
    with database.reading() as opened:
        context = MigrationContext.configure(opened, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD
    database.close()
    assert ScriptDirectory(str(connection.MIGRATIONS)).get_heads() == [HEAD]


def _newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> None:
    """Let this groundup be one of tomorrow, with one migration more."""
    folder = Path(shutil.copytree(connection.MIGRATIONS, tmp_path / "migrations"))
    text = _NEXT.format(revision="0002", before=HEAD, more=more)
    (folder / "versions" / "v0002_height.py").write_text(text)
    monkeypatch.setattr(connection, "MIGRATIONS", folder)
    monkeypatch.setattr(connection, "HEAD", "0002")


def test_an_older_store_is_brought_up_to_date(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(place) as store:
        store.add_person("P1", birth_year=1978)
        lines = list(store.export())
    with monkeypatch.context() as tomorrow:
        _newer(tmp_path, tomorrow)
        with Store.open(place) as store:
            assert list(store.export()) == lines
        database = Database(place)
        with database.reading() as opened:
            assert "height_m" in {c["name"] for c in sa.inspect(opened).get_columns("people")}
        database.close()
    with pytest.raises(
        StoreError, match=r"written by a newer groundup \(version 0002 .* up to 0001\).*pip install --up"
    ):
        Store.open(place)


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(place) as store:
        store.add_person("P1")
        lines = list(store.export())
    with monkeypatch.context() as tomorrow:
        _newer(tmp_path, tomorrow, 'raise RuntimeError("power cut")')
        with pytest.raises(RuntimeError, match="power cut"):
            Store.open(place)
    with Store.open(place) as store:
        assert list(store.export()) == lines
    database = Database(place)
    with database.reading() as opened:
        assert "height_m" not in {c["name"] for c in sa.inspect(opened).get_columns("people")}
    database.close()


def test_many_who_open_a_new_store_at_once(place: str) -> None:
    faults: list[Exception] = []

    def open_it() -> None:
        try:
            Store.open(place).close()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_durability_is_asked_for(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "s.sqlite"))
    with database.reading() as opened:
        said = [
            opened.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous", "secure_delete")
        ]
    assert said == ["wal", 2, 1]
    database.close()
    assert (tmp_path / "s.sqlite").stat().st_mode & 0o077 == 0


def _text(file: Path) -> None:
    file.write_text("id,birth_year\nP1,1978\n" * 50)


def _other(file: Path) -> None:
    with closing(sqlite3.connect(file)) as opened:
        opened.execute("CREATE TABLE people (id TEXT, name TEXT)")


def _torn(file: Path) -> None:
    with Store.open(file) as store:
        store.add_person("P1")
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + bytes(len(whole) - 100))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_text, "is no store of groundup, and no database at all"),
        (_other, "is a database of another program"),
        (_torn, "is damaged"),
        (Path.mkdir, "cannot be opened"),
    ],
)
def test_what_is_no_store_is_refused_and_not_touched(tmp_path: Path, make: object, message: str) -> None:
    file = tmp_path / "s.sqlite"
    make(file)  # type: ignore[operator]
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(StoreError, match=message):
        Store.open(file)
    assert (file.read_bytes() if file.is_file() else None) == before


def test_a_server_with_tables_of_another_program(place: str) -> None:
    if not place.startswith("postgresql"):
        pytest.skip("of a server")
    engine = sa.create_engine(place)
    with engine.begin() as opened:
        opened.exec_driver_sql("CREATE TABLE people (id TEXT, name TEXT)")
    engine.dispose()
    with pytest.raises(StoreError, match=r"has tables of another program \(people\)"):
        Store.open(place)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("mysql://u@h/x", "no such kind of store"),
        ("postgresql://u:hidden@127.0.0.1:1/x", "the server cannot be reached"),
        ("postgresql://u:hidden@h:port/x", "is no URL"),
        ("/proc/nowhere/s.sqlite", "cannot be opened"),
    ],
)
def test_places_that_cannot_be_opened(place: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        Store.open(place)
    assert "hidden" not in str(caught.value)


def test_where_the_store_is(tmp_path: Path) -> None:
    home = Path.home()
    assert store_place("a.sqlite", {"GROUNDUP_STORE": "b"}) == "a.sqlite"
    assert store_place(None, {"GROUNDUP_STORE": "b"}) == "b"
    assert store_place(None, {}, "linux") == str(home / ".local/share/groundup/store.sqlite")
    assert data_folder({"XDG_DATA_HOME": str(tmp_path)}, "linux") == tmp_path / "groundup"
    assert data_folder({}, "darwin") == home / "Library/Application Support/groundup"
    assert data_folder({"LOCALAPPDATA": "C:\\u"}, "win32") == Path("C:\\u", "groundup")


def test_without_the_extra_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    code = "import sys; sys.modules['sqlalchemy'] = None; from groundup.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "person", "list", "--store", str(tmp_path / "s")]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 1
    assert "pip install 'groundup[clinic]'" in done.stderr
    assert list(tmp_path.iterdir()) == []
