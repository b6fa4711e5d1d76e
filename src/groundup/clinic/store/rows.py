"""Records to rows and back, many at a time: a thousand visits are written by the same statements as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from groundup.clinic.store import tables as t
from groundup.clinic.store.records import Content, FileEntry, Number, Person, StudyEntry, Treatment, Visit

Rows = list[dict[str, Any]]
_NUMBER_FIELDS = ("measure", "value", "unit", "side", "label", "low", "high", "detectable", "details")
_NUMBER_COLUMNS = [t.numbers.c[name] for name in _NUMBER_FIELDS]


def insert_people(connection: sa.Connection, people: Sequence[Person]) -> None:
    """Write people."""
    _insert(connection, t.people, [{"id": p.id, "birth_year": p.birth_year} for p in people])


def insert_visits(connection: sa.Connection, visits: Sequence[tuple[Visit, Content]]) -> None:
    """Write visits with what belongs to them."""
    heads = [{"id": v.id, "person_id": v.person, "number": v.number, "date": v.date, "kind": v.kind} for v, _ in visits]
    _insert(connection, t.visits, heads)
    insert_contents(connection, visits)


def insert_contents(connection: sa.Connection, visits: Sequence[tuple[Visit, Content]]) -> None:
    """Write what belongs to visits that are there."""
    _insert(
        connection,
        t.examinations,
        [{"visit_id": v.id, "json": c.examination} for v, c in visits if c.examination is not None],
    )
    _insert(
        connection,
        t.recordings,
        [{"visit_id": v.id, "path": r.path, "sha256": r.sha256} for v, c in visits for r in c.recordings],
    )
    _insert(
        connection,
        t.treatments,
        [
            {"visit_id": v.id, "name": x.name, "dose": x.dose, "started": x.started, "ended": x.ended}
            for v, c in visits
            for x in c.treatments
        ],
    )
    rows = [_number_row(v, n, None) for v, c in visits for n in c.scores]
    studies = [(v, s) for v, c in visits for s in c.studies]
    keys = _insert_studies(connection, studies)
    rows += [_number_row(v, n, key) for (v, s), key in zip(studies, keys, strict=True) for n in s.numbers]
    _insert(connection, t.numbers, rows)


def _insert(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)


def _insert_studies(connection: sa.Connection, studies: Sequence[tuple[Visit, StudyEntry]]) -> Sequence[int]:
    if not studies:
        return ()
    rows = [{"visit_id": v.id, "path": s.path, "sha256": s.sha256, "title": s.title} for v, s in studies]
    statement = sa.insert(t.studies).returning(t.studies.c.key, sort_by_parameter_order=True)
    return list(connection.execute(statement, rows).scalars())


def _number_row(visit: Visit, number: Number, study_key: int | None) -> dict[str, Any]:
    of_visit = {"visit_id": visit.id, "person_id": visit.person, "date": visit.date, "number": visit.number}
    values = {name: getattr(number, name) for name in _NUMBER_FIELDS}
    # SQLite keeps no sign of nought; without it both databases answer the same.
    values |= {name: v + 0.0 for name in ("value", "low", "high", "detectable") if (v := values[name]) is not None}
    return {**of_visit, "study_key": study_key, **values}


def read_contents(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Content]:
    """Read what belongs to visits, by id of the visit; each part in the order in which it was added."""
    examinations = dict(_read(connection, t.examinations, ids, [t.examinations.c.json]))
    recordings = _grouped(connection, t.recordings, ids, [t.recordings.c.path, t.recordings.c.sha256])
    columns = [t.treatments.c[name] for name in ("name", "dose", "started", "ended")]
    treatments = _grouped(connection, t.treatments, ids, columns)
    studies = _grouped(connection, t.studies, ids, [t.studies.c[name] for name in ("key", "path", "sha256", "title")])
    numbers = _grouped(connection, t.numbers, ids, [t.numbers.c.study_key, *_NUMBER_COLUMNS])
    return {
        id_: Content(
            examinations.get(id_),
            tuple(Number(*row[1:]) for row in numbers.get(id_, ()) if row[0] is None),
            tuple(_study(row, numbers.get(id_, ())) for row in studies.get(id_, ())),
            tuple(FileEntry(*row) for row in recordings.get(id_, ())),
            tuple(Treatment(*row) for row in treatments.get(id_, ())),
        )
        for id_ in ids
    }


def _study(row: tuple[Any, ...], numbers: Sequence[tuple[Any, ...]]) -> StudyEntry:
    key, path, sha256, title = row
    return StudyEntry(path, sha256, title, tuple(Number(*n[1:]) for n in numbers if n[0] == key))


def _grouped(
    connection: sa.Connection, table: sa.Table, ids: Sequence[str], columns: Sequence[sa.ColumnElement[Any]]
) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for id_, *rest in _read(connection, table, ids, columns):
        found.setdefault(id_, []).append(tuple(rest))
    return found


def _read(
    connection: sa.Connection, table: sa.Table, ids: Sequence[str], columns: Sequence[sa.ColumnElement[Any]]
) -> Iterator[Any]:
    order = table.c.key if "key" in table.c else table.c.visit_id
    statement = sa.select(table.c.visit_id, *columns).where(table.c.visit_id.in_(ids)).order_by(order)
    return iter(connection.execute(statement))


def as_visit(row: sa.Row[Any]) -> Visit:
    """Return the visit of a row of ``visits``."""
    return Visit(row.id, row.person_id, row.number, row.date, row.kind)
