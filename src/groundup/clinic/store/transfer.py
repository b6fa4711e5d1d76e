"""The store as JSON lines, and back, without loss.

The first line names the format; then come people, each followed by its visits, one line each; the last line counts
them, so that a cut file is told from a whole one. The examination is a text within the line, kept to the letter.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa

from groundup.clinic.store import tables as t
from groundup.clinic.store.checks import (
    checked_birth_year,
    checked_content,
    checked_date,
    checked_id,
    checked_words,
    shown,
)
from groundup.clinic.store.records import Content, Moved, Person, Visit
from groundup.clinic.store.rows import as_visit, insert_people, insert_visits, read_contents
from groundup.errors import StoreError

SCHEMA_NAME = "groundup.store"
SCHEMA_VERSION = 1
_CHUNK = 500
_SAID_EVERY = 20_000
_LONGEST_LINE = 64 * 2**20
_REMAKE = "Export it again with groundup person export."
T = TypeVar("T")


# --- out ----------------------------------------------------------------


def export_lines(connection: sa.Connection, ids: Sequence[str], say: Callable[[str], None]) -> Iterator[str]:
    """Return the lines of an export, each with its line end; all people where no ids are given."""
    yield _line({"schema": f"{SCHEMA_NAME}/{SCHEMA_VERSION}"})
    people = visits = 0
    for person in _people(connection, ids):
        people += 1
        yield _line({"person": dataclasses.asdict(person)})
        for visit, content in _visits(connection, person.id):
            visits += 1
            yield _line({"visit": {**dataclasses.asdict(visit), **dataclasses.asdict(content)}})
            if visits % _SAID_EVERY == 0:
                say(f"{visits} visits")
    yield _line({"end": {"people": people, "visits": visits}})


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def _people(connection: sa.Connection, ids: Sequence[str]) -> Iterator[Person]:
    last = ""
    while True:
        wanted = sa.select(t.people).order_by(t.people.c.id).limit(_CHUNK).where(t.people.c.id > last)
        rows = connection.execute(wanted.where(t.people.c.id.in_(ids)) if ids else wanted).all()
        yield from (Person(row.id, row.birth_year) for row in rows)
        if len(rows) < _CHUNK:
            return
        last = rows[-1].id


def _visits(connection: sa.Connection, person: str) -> Iterator[tuple[Visit, Content]]:
    last = 0
    while True:
        v = t.visits.c
        wanted = sa.select(t.visits).where(v.person_id == person, v.number > last).order_by(v.number).limit(_CHUNK)
        visits = [as_visit(row) for row in connection.execute(wanted)]
        contents = read_contents(connection, [visit.id for visit in visits]) if visits else {}
        yield from ((visit, contents[visit.id]) for visit in visits)
        if len(visits) < _CHUNK:
            return
        last = visits[-1].number


# --- in -----------------------------------------------------------------


def import_lines(
    connection: sa.Connection, lines: Iterable[bytes], name: str, today: date, say: Callable[[str], None]
) -> Moved:
    """Add an export to the store, within the transaction of ``connection``."""
    taken = _Import(connection, today, say)
    place = f"{name} line 1"
    try:
        for k, line in enumerate(lines, start=1):
            place = f"{name} line {k}"
            taken.line(_parsed(line), first=k == 1)
        taken.finish()
    except StoreError as error:
        raise StoreError(f"{place}: {error} Nothing was stored.") from error
    return taken.moved


def _parsed(line: bytes) -> tuple[str, Any]:
    if len(line) > _LONGEST_LINE:
        raise StoreError(f"has {len(line)} bytes, expected at most {_LONGEST_LINE}.")
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise StoreError(f"is not UTF-8 (byte {error.start + 1}). {_REMAKE}") from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"is not JSON ({error}). {_REMAKE}") from error
    if not isinstance(value, dict) or len(value) != 1:
        raise StoreError(f"is {shown(value)}, expected one of schema, person, visit, end. {_REMAKE}")
    return next(iter(value.items()))


class _Import:
    """What was read so far, written in chunks."""

    def __init__(self, connection: sa.Connection, today: date, say: Callable[[str], None]) -> None:
        self._connection, self._today, self._say = connection, today, say
        self._birth_years: dict[str, int | None] = {}
        self._people: list[Person] = []
        self._visits: list[tuple[Visit, Content]] = []
        self._seen: set[str] = set()
        self._numbers: set[tuple[str, int]] = set()
        self._ended = False

    @property
    def moved(self) -> Moved:
        return Moved(len(self._birth_years), len(self._seen))

    def line(self, entry: tuple[str, Any], first: bool) -> None:
        kind, value = entry
        if first != (kind == "schema"):
            raise StoreError(
                f"is a line {shown(kind)}, expected {'schema first' if first else 'it only once'}. {_REMAKE}"
            )
        if self._ended:
            raise StoreError(f"comes after the end. {_REMAKE}")
        known = {"schema": self._schema, "person": self._person, "visit": self._visit, "end": self._end}
        if kind not in known:
            raise StoreError(f"is a line {shown(kind)}, expected one of {', '.join(known)}. {_REMAKE}")
        known[kind](value)

    def finish(self) -> None:
        if not self._ended:
            raise StoreError(f"the file ends early: its last line, which counts, is missing. {_REMAKE}")

    def _schema(self, value: Any) -> None:
        family, _, version = str(value).partition("/")
        if family != SCHEMA_NAME or not version.isdecimal():
            raise StoreError(f"schema is {shown(value)}, expected {SCHEMA_NAME}/{SCHEMA_VERSION}. This is no export.")
        if int(version) > SCHEMA_VERSION:
            raise StoreError(
                f"written as {value}, but this groundup reads up to {SCHEMA_NAME}/{SCHEMA_VERSION}. "
                "Update groundup: pip install --upgrade 'groundup[clinic]'."
            )

    def _person(self, value: Any) -> None:
        person = _record(Person, value)
        checked_id(person.id, "person")
        checked_birth_year(person.birth_year, self._today)
        if person.id in self._birth_years:
            raise StoreError(f"person {person.id} comes twice.")
        if self._connection.scalar(sa.select(t.people.c.id).where(t.people.c.id == person.id)):
            raise StoreError(f"person {person.id} is in the store already.")
        self._birth_years[person.id] = person.birth_year
        self._people.append(person)

    def _visit(self, value: Any) -> None:
        visit, content = _record(Visit, value), _record(Content, value)
        checked_id(visit.id, "visit")
        if visit.person not in self._birth_years:
            raise StoreError(f"visit {visit.id}: its person {shown(visit.person)} did not come before.")
        birth_year = self._birth_years[visit.person]
        checked_date(visit.date, "visit on", self._today, birth_year)
        checked_words(visit.kind, "kind of visit", needed=True)
        checked_content(content, self._today, birth_year)
        place = (visit.person, visit.number)
        if visit.number < 1 or place in self._numbers or visit.id in self._seen:
            raise StoreError(f"visit {visit.id}, number {visit.number}, comes twice or its number is no number.")
        self._seen.add(visit.id)
        self._numbers.add(place)
        self._visits.append((visit, content))
        if len(self._visits) >= _CHUNK:
            self._write()

    def _end(self, value: Any) -> None:
        self._write()
        counted = dataclasses.asdict(self.moved)
        if value != counted:
            raise StoreError(f"counts {shown(value)}, but {shown(counted)} came: lines are missing. {_REMAKE}")
        self._ended = True

    def _write(self) -> None:
        ids = [visit.id for visit, _ in self._visits]
        there = self._connection.scalar(sa.select(t.visits.c.id).where(t.visits.c.id.in_(ids)).limit(1))
        if there is not None:
            raise StoreError(f"visit {there} is in the store already.")
        insert_people(self._connection, self._people)
        insert_visits(self._connection, self._visits)
        if len(self._seen) // _SAID_EVERY > (len(self._seen) - len(self._visits)) // _SAID_EVERY:
            self._say(f"{len(self._seen)} visits")
        self._people, self._visits = [], []


def _record(kind: type[T], data: Any) -> T:
    """Fill a record; fields of others beside it in the line are passed over."""
    if not isinstance(data, dict):
        raise StoreError(f"{kind.__name__.lower()} is {shown(data)}, expected an object. {_REMAKE}")
    hints = typing.get_type_hints(kind)
    made = {}
    for f in dataclasses.fields(kind):  # type: ignore[arg-type]
        if f.name in data:
            made[f.name] = _value(hints[f.name], data[f.name], f.name)
        elif f.default is dataclasses.MISSING:
            raise StoreError(f"{f.name} is missing. {_REMAKE}")
    return kind(**made)


def _value(hint: Any, data: Any, name: str) -> Any:
    if typing.get_origin(hint) is types.UnionType:
        return None if data is None else _value(typing.get_args(hint)[0], data, name)
    if typing.get_origin(hint) is tuple:
        if not isinstance(data, list):
            raise StoreError(f"{name} is {shown(data)}, expected a list. {_REMAKE}")
        return tuple(_record(typing.get_args(hint)[0], one) for one in data)
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    wanted = str if typing.get_origin(hint) is typing.Literal else hint
    if not isinstance(data, wanted) or (wanted is int and isinstance(data, bool)):
        raise StoreError(f"{name} is {shown(data)}, expected {wanted.__name__}. {_REMAKE}")
    return data
