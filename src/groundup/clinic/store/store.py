"""The store: what may be asked of it and told to it. Opened with :meth:`Store.open`, used in a ``with`` block."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa

from groundup.clinic.store import tables as t
from groundup.clinic.store.checks import (
    checked_birth_year,
    checked_content,
    checked_date,
    checked_id,
    checked_words,
    new_person_id,
    shown,
    unknown,
)
from groundup.clinic.store.connection import Database
from groundup.clinic.store.erase import erase
from groundup.clinic.store.place import store_place
from groundup.clinic.store.private_file import write_private
from groundup.clinic.store.records import (
    Content,
    Deleted,
    Examined,
    FileEntry,
    MeasureLine,
    Moved,
    Number,
    Origin,
    Page,
    Person,
    PersonLine,
    Side,
    StudyEntry,
    Treatment,
    Trend,
    Visit,
    VisitRecord,
)
from groundup.clinic.store.rows import as_visit, insert_contents, insert_people, insert_visits, read_contents
from groundup.clinic.store.transfer import export_lines, import_lines
from groundup.errors import StoreError

MOST_ROWS = 1000
Say = Callable[[str], None]


def _silent(_: str) -> None:
    pass


class Store:
    """People and their visits.

    Every method that writes returns when what it wrote is on the disk; after an error nothing of it is there. All of
    them raise :class:`~groundup.errors.StoreError` for wrong input, unknown ids, and a database that cannot be used.
    """

    def __init__(self, database: Database, today: Callable[[], date]) -> None:
        """Use an open database; ``today`` is the clock that days are held against."""
        self._database = database
        self._today = today

    @classmethod
    def open(
        cls, place: str | Path | None = None, *, today: Callable[[], date] = date.today, make: bool = True
    ) -> Self:
        """Open a store; made where there is none, brought up to date where it is older.

        Parameters
        ----------
        place : file, ``sqlite:///FILE`` or ``postgresql+psycopg://USER@HOST/NAME``; None: ``GROUNDUP_STORE``, else
            ``store.sqlite`` in the user's data folder
        today : the clock
        make : with False a SQLite file that is not there is an error, as for those who only look something up

        Raises
        ------
        StoreError
            It is no store, one of a newer groundup, or it cannot be reached.
        """
        return cls(Database(store_place(place), make), today)

    @property
    def place(self) -> str:
        """Where it is, without a password."""
        return self._database.shown

    def close(self) -> None:
        """Close it."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- people ---------------------------------------------------------

    def add_person(self, person: str | None = None, *, birth_year: int | None = None) -> Person:
        """Add somebody under a pseudonym; a random one is made where none is given."""
        made = Person(
            checked_id(person, "person") if person is not None else new_person_id(),
            checked_birth_year(birth_year, self._today()),
        )
        with self._database.writing() as connection:
            if _person(connection, made.id) is not None:
                raise StoreError(f"person {made.id} is in the store already. Choose another id, or give none.")
            insert_people(connection, [made])
        return made

    def person(self, person: str) -> Person:
        """Return one person."""
        with self._database.reading() as connection:
            return _known_person(connection, person)

    def people(self, page: int = 1, per_page: int = 50) -> Page[PersonLine]:
        """Return a page of the people, by id."""
        with self._database.reading() as connection:
            total, pages = _pages(connection, sa.select(sa.func.count()).select_from(t.people), page, per_page)
            these = sa.select(t.people).order_by(t.people.c.id).limit(per_page).offset((page - 1) * per_page).subquery()
            seen = sa.func.count(t.visits.c.id), sa.func.min(t.visits.c.date), sa.func.max(t.visits.c.date)
            statement = (
                sa.select(these.c.id, these.c.birth_year, *seen)
                .join_from(these, t.visits, t.visits.c.person_id == these.c.id, isouter=True)
                .group_by(these.c.id, these.c.birth_year)
                .order_by(these.c.id)
            )
            rows = tuple(PersonLine(*row) for row in connection.execute(statement))
        return Page(rows, page, pages, total)

    def delete_person(self, person: str, say: Say = _silent) -> Deleted:
        """Delete somebody with all visits, so that nothing of it is left in the store.

        Notes
        -----
        Files outside the store, backups and exports are not touched; the files are listed.
        """
        with self._database.writing() as connection:
            _known_person(connection, person)
            visits = sa.select(t.visits.c.id).where(t.visits.c.person_id == person)
            count = connection.scalar(sa.select(sa.func.count()).select_from(visits.subquery()))
            files = _files(connection, visits)
            connection.execute(sa.delete(t.people).where(t.people.c.id == person))
        return Deleted(int(count or 0), files, erase(self._database, say))

    # --- visits ---------------------------------------------------------

    def add_visit(
        self,
        person: str,
        day: str | date | None = None,
        kind: str = "follow-up",
        *,
        visit: str | None = None,
        content: Content | None = None,
    ) -> Visit:
        """Add a visit with what belongs to it, all or nothing.

        Parameters
        ----------
        day : ISO text or date; None: today
        kind : a word of your own
        visit : its id; made from the person's where none is given (``p-7k2mq9xd.3``)
        """
        content = content if content is not None else Content()
        checked_words(kind, "kind of visit", needed=True)
        with self._database.writing() as connection:
            known = _known_person(connection, person, locked=True)
            when = checked_date(day if day is not None else self._today(), "visit on", self._today(), known.birth_year)
            checked_content(content, self._today(), known.birth_year)
            number = 1 + (connection.scalar(_last_number(person)) or 0)
            id_ = _free_visit_id(connection, person, number) if visit is None else checked_id(visit, "visit")
            if _visit(connection, id_) is not None:
                raise StoreError(f"visit {id_} is in the store already. Choose another id, or give none.")
            made = Visit(id_, person, number, when, kind)
            insert_visits(connection, [(made, content)])
        return made

    def attach(self, visit: str, content: Content) -> None:
        """Add what belongs to a visit that is there, all or nothing."""
        with self._database.writing() as connection:
            known = _known_visit(connection, visit)
            # Locked, so that two who attach the same at once do not both find it absent.
            person = _known_person(connection, known.person, locked=True)
            checked_content(content, self._today(), person.birth_year)
            _refuse_what_is_there(known, read_contents(connection, [visit])[visit], content)
            insert_contents(connection, [(known, content)])

    def add_examination(self, visit: str, text: str) -> None:
        """Add the examination of a visit, as JSON text."""
        self.attach(visit, Content(examination=text))

    def add_scores(self, visit: str, scores: Iterable[Number]) -> None:
        """Add scores to a visit."""
        self.attach(visit, Content(scores=tuple(scores)))

    def add_study(self, visit: str, study: StudyEntry) -> None:
        """Add a study to a visit; see :func:`groundup.clinic.store.files.study_entry`."""
        self.attach(visit, Content(studies=(study,)))

    def add_recording(self, visit: str, recording: FileEntry) -> None:
        """Add a recording to a visit; see :func:`groundup.clinic.store.files.file_entry`."""
        self.attach(visit, Content(recordings=(recording,)))

    def add_treatment(self, visit: str, treatment: Treatment) -> None:
        """Add a treatment to a visit."""
        self.attach(visit, Content(treatments=(treatment,)))

    def visits(self, person: str | None = None, page: int = 1, per_page: int = 50) -> Page[Visit]:
        """Return a page of the visits, the latest first; of one person, or of all."""
        table = t.visits
        with self._database.reading() as connection:
            counted = sa.select(sa.func.count()).select_from(table)
            order = (table.c.date.desc(), table.c.id.desc())
            wanted = sa.select(table)
            if person is not None:
                _known_person(connection, person)
                counted, wanted = (s.where(table.c.person_id == person) for s in (counted, wanted))
                order = (table.c.date.desc(), table.c.number.desc())
            total, pages = _pages(connection, counted, page, per_page)
            rows = connection.execute(wanted.order_by(*order).limit(per_page).offset((page - 1) * per_page))
            return Page(tuple(as_visit(row) for row in rows), page, pages, total)

    def visit(self, visit: str) -> VisitRecord:
        """Return a visit with all that belongs to it."""
        with self._database.reading() as connection:
            known = _known_visit(connection, visit)
            return VisitRecord(known, read_contents(connection, [visit])[visit])

    def delete_visit(self, visit: str, say: Say = _silent) -> Deleted:
        """Delete a visit, so that nothing of it is left in the store; see :meth:`delete_person`."""
        with self._database.writing() as connection:
            _known_visit(connection, visit)
            files = _files(connection, sa.select(t.visits.c.id).where(t.visits.c.id == visit))
            connection.execute(sa.delete(t.visits).where(t.visits.c.id == visit))
        return Deleted(1, files, erase(self._database, say))

    # --- over time ------------------------------------------------------

    def measures(self, person: str) -> tuple[MeasureLine, ...]:
        """Return what can be followed over time of a person."""
        with self._database.reading() as connection:
            _known_person(connection, person)
            return _measures(connection, person)

    def trend(self, person: str, measure: str, side: Side = "none") -> Trend:
        """Return one measure over the visits, the earliest first."""
        n = t.numbers.c
        columns = (n.visit_id, n.date, n.value, n.low, n.high, n.detectable)
        statement = sa.select(*columns).where(*_of(person, measure, side)).order_by(n.date, n.number, n.key)
        with self._database.reading() as connection:
            _known_person(connection, person)
            visits, dates, values, lows, highs, detectables = _columns(connection.execute(statement), len(columns))
            if not visits:
                raise _no_numbers(person, measure, side, _measures(connection, person))
            label, unit, origin = _latest(connection, person, measure, side)
        return Trend(person, measure, side, label, unit, origin, visits, dates, values, lows, highs, detectables)

    def examinations(self) -> Iterator[Examined]:
        """Return every examination, by person and day: what questions to many people are answered from."""
        v, p, e = t.visits.c, t.people.c, t.examinations.c
        statement = (
            sa.select(p.id, p.birth_year, v.id, v.date, e.json)
            .join_from(t.examinations, t.visits, e.visit_id == v.id)
            .join(t.people, p.id == v.person_id)
            .order_by(p.id, v.date, v.number)
        )
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=500).execute(statement):
                yield Examined(*row)

    # --- whole ----------------------------------------------------------

    def export(self, people: Sequence[str] = (), say: Say = _silent) -> Iterator[str]:
        """Return everything, or what is known of ``people``, as JSON lines; nothing is lost (see docs/store.md)."""
        with self._database.reading() as connection:
            for person in people:
                _known_person(connection, person)
            yield from export_lines(connection, tuple(dict.fromkeys(people)), say)

    def import_(self, lines: Iterable[bytes], name: str = "import", say: Say = _silent) -> Moved:
        """Add everything of an export, or nothing of it; ``name`` begins every message."""
        with self._database.writing() as connection:
            moved = import_lines(connection, lines, name, self._today(), say)
            if not self._database.is_sqlite:
                # A server plans by what it has counted; until it does so by itself trends take twice as long.
                for table in t.metadata.sorted_tables:
                    connection.exec_driver_sql(f"ANALYZE {table.name}")
        return moved

    def backup(self, file: str | Path, say: Say = _silent) -> None:
        """Copy the store whole while it is in use: a store again, or, of a server, an export.

        Raises
        ------
        StoreError
            There is such a file, or it cannot be written.
        """
        target = Path(file)
        if target.exists():
            raise StoreError(f"{target}: is there already, and a backup replaces nothing. Choose another name.")
        if not self._database.is_sqlite:
            write_private(target, self.export(say=say))
            return
        say("copying")
        with self._database.alone() as connection:
            _copy(connection, target)


# --- looking up ---------------------------------------------------------


def _person(connection: sa.Connection, person: str, locked: bool = False) -> Person | None:
    statement = sa.select(t.people).where(t.people.c.id == person)
    # SQLite has one writer at a time anyway, and passes over FOR UPDATE.
    row = connection.execute(statement.with_for_update() if locked else statement).first()
    return Person(row.id, row.birth_year) if row else None


def _known_person(connection: sa.Connection, person: str, locked: bool = False) -> Person:
    found = _person(connection, checked_id(person, "person"), locked)
    if found is None:
        raise unknown("person", person, connection.scalars(sa.select(t.people.c.id)), "groundup person list")
    return found


def _visit(connection: sa.Connection, visit: str) -> Visit | None:
    row = connection.execute(sa.select(t.visits).where(t.visits.c.id == visit)).first()
    return as_visit(row) if row else None


def _known_visit(connection: sa.Connection, visit: str) -> Visit:
    found = _visit(connection, checked_id(visit, "visit"))
    if found is None:
        # Visits are many; those of a person so called are nearest.
        near = sa.select(t.visits.c.id).where(t.visits.c.id.startswith(visit.split(".")[0], autoescape=True)).limit(200)
        known = connection.scalars(near).all() or connection.scalars(sa.select(t.people.c.id)).all()
        raise unknown("visit", visit, known, "groundup visit list")
    return found


def _last_number(person: str) -> sa.Select[tuple[int]]:
    return sa.select(sa.func.max(t.visits.c.number)).where(t.visits.c.person_id == person)


def _free_visit_id(connection: sa.Connection, person: str, number: int) -> str:
    while True:
        id_ = checked_id(f"{person}.{number}", "visit")
        if _visit(connection, id_) is None:
            return id_
        number += 1


def _pages(connection: sa.Connection, counted: sa.Select[Any], page: int, per_page: int) -> tuple[int, int]:
    if not 1 <= per_page <= MOST_ROWS:
        raise StoreError(f"{per_page} rows on a page, expected 1 to {MOST_ROWS}.")
    total = int(connection.scalar(counted) or 0)
    pages = max(1, math.ceil(total / per_page))
    if not 1 <= page <= pages:
        raise StoreError(f"page {page}: there are {pages}, of {per_page} rows each. Ask for one from 1 to {pages}.")
    return total, pages


def _files(connection: sa.Connection, visits: sa.Select[tuple[str]]) -> tuple[str, ...]:
    parts = (sa.select(table.c.path).where(table.c.visit_id.in_(visits)) for table in (t.studies, t.recordings))
    return tuple(sorted(connection.scalars(sa.union(*parts))))


def _refuse_what_is_there(visit: Visit, there: Content, new: Content) -> None:
    if there.examination is not None and new.examination is not None:
        raise StoreError(f"visit {visit.id} has an examination already. Add another visit for another examination.")
    pairs = (
        ("score", {(n.measure, n.side) for n in there.scores} & {(n.measure, n.side) for n in new.scores}),
        ("study", {(s.path, s.sha256) for s in there.studies} & {(s.path, s.sha256) for s in new.studies}),
        ("recording", {(r.path, r.sha256) for r in there.recordings} & {(r.path, r.sha256) for r in new.recordings}),
    )
    for what, both in pairs:
        if both:
            raise StoreError(f"visit {visit.id} has {what} {min(both)[0]} already. Nothing was added.")


def _of(person: str, measure: str, side: str) -> tuple[sa.ColumnElement[bool], ...]:
    n = t.numbers.c
    return n.person_id == person, n.measure == measure, n.side == side


def _columns(result: sa.CursorResult[Any], count: int) -> list[tuple[Any, ...]]:
    """Return the columns of an answer of any length.

    A few thousand rows at a time, as the driver gives them: with a hundred thousand alive at once Python's collector of
    garbage takes as long as the database.
    """
    columns: list[list[Any]] = [[] for _ in range(count)]
    assert result.cursor is not None
    while rows := result.cursor.fetchmany(2000):
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values)
    return [tuple(column) for column in columns]


def _latest(connection: sa.Connection, person: str, measure: str, side: str) -> tuple[str, str, Origin]:
    """Label, unit and origin of a measure, as they were last."""
    n = t.numbers.c
    order = (n.date.desc(), n.number.desc(), n.key.desc())
    statement = sa.select(n.label, n.unit, n.study_key).where(*_of(person, measure, side)).order_by(*order).limit(1)
    label, unit, study = connection.execute(statement).one()
    return label or measure, unit, "score" if study is None else "study"


def _measures(connection: sa.Connection, person: str) -> tuple[MeasureLine, ...]:
    n = t.numbers.c
    # Only what the index holds, so that no row is read.
    counted = sa.select(n.measure, n.side, sa.func.count(n.number.distinct())).where(n.person_id == person)
    found = connection.execute(counted.group_by(n.measure, n.side).order_by(n.measure, n.side)).all()
    return tuple(
        MeasureLine(measure, side, *_latest(connection, person, measure, side), visits)
        for measure, side, visits in found
    )


def _no_numbers(person: str, measure: str, side: str, there: Sequence[MeasureLine]) -> StoreError:
    sides = [line.side for line in there if line.measure == measure]
    if sides:
        return StoreError(f"{measure} of {person}: side {shown(side)} is not there, expected {' or '.join(sides)}.")
    if not there:
        return StoreError(f"person {person} has no scores and no studies yet. Add some with groundup visit attach.")
    return unknown(
        f"person {person}: measure", measure, sorted({m.measure for m in there}), f"groundup visit trend {person}"
    )


def _copy(connection: sa.Connection, target: Path) -> None:
    aside = target.with_name(f".{target.name[:100]}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        aside.touch(mode=0o600)
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        with closing(sqlite3.connect(aside, isolation_level=None)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            sound = copy.execute("PRAGMA quick_check").fetchone()[0]
        if sound != "ok":
            raise StoreError(
                f"{target}: the copy is damaged ({sound}). Check the store and the disk; nothing was kept."
            )
        aside.rename(target)
    except (OSError, ValueError, sqlite3.Error) as error:
        raise StoreError(f"{target}: cannot be written ({error}). Choose another place.") from error
    finally:
        if aside.is_file():
            aside.unlink()
