"""Exports, imports and backups lose nothing and refuse what is damaged; on both databases, and between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from samples import FULL

from groundup.clinic.store import Store
from groundup.clinic.store.records import Content, Moved, Number
from groundup.errors import StoreError

TODAY = date(2026, 11, 1)


def _open(place: str | Path) -> Store:
    return Store.open(place, today=lambda: TODAY)


def _fill(store: Store) -> None:
    store.add_person("P1", birth_year=1978)
    store.add_person("P2")
    for day in ("2026-03-01", "2026-01-01", "2026-02-01"):
        store.add_visit("P1", day, content=FULL)
    store.add_visit("P1", "2026-04-01", visit="an-id-of-its-own", content=Content(scores=(Number("odi", 1e-300),)))
    store.delete_visit("P1.2")


def _bytes(lines: list[str]) -> list[bytes]:
    return [line.encode() for line in lines]


def test_an_export_imported_is_the_same(store: Store, new_place: Callable[[], str], tmp_path: Path) -> None:
    _fill(store)
    lines = list(store.export())
    for place in (new_place(), str(tmp_path / "file.sqlite")):
        with _open(place) as other:
            assert other.import_(_bytes(lines)) == Moved(2, 3)
            assert list(other.export()) == lines
            assert other.trend("P1", "odi") == store.trend("P1", "odi")
            assert other.add_visit("P1").id == store.add_visit("P1").id
            store.delete_visit("P1.5")


def test_an_export_of_some(store: Store) -> None:
    _fill(store)
    assert [next(iter(json.loads(line))) for line in store.export(["P2"])] == ["schema", "person", "end"]
    with pytest.raises(StoreError, match="Nearest: P2, P1"):
        list(store.export(["P3"]))


def test_many_are_written_in_parts(store: Store, new_place: Callable[[], str]) -> None:
    store.add_person("P1")
    for k in range(3):
        store.add_visit("P1", "2026-01-01", content=Content(scores=(Number("odi", float(k)),)))
    head, person, *visits, _ = list(store.export())
    made = [json.loads(visits[0])["visit"] | {"id": f"V{k}", "number": k} for k in range(1, 1203)]
    lines = [head, person, *(json.dumps({"visit": v}) for v in made), '{"end": {"people": 1, "visits": 1202}}']
    with _open(new_place()) as other:
        assert other.import_(_bytes(lines)).visits == 1202
        again = list(other.export())
        assert [json.loads(line) for line in again] == [json.loads(line) for line in lines]


_DAMAGES: list[tuple[str, Callable[[list[bytes]], object], str]] = [
    ("cut", lambda x: x.pop(), "file ends early"),
    ("empty", lambda x: x.clear(), "file ends early"),
    ("a line gone", lambda x: x.pop(3), r"lines are missing"),
    ("half a line", lambda x: x.__setitem__(2, x[2][:80]), "line 3: is not JSON"),
    ("latin-1", lambda x: x.__setitem__(1, b'{"person": {"id": "caf\xe9"}}'), "line 2: is not UTF-8"),
    ("not a record", lambda x: x.__setitem__(1, b"[1, 2]"), "line 2: is .*, expected one of schema, person"),
    ("unknown line", lambda x: x.insert(1, b'{"dog": 1}'), 'line 2: is a line "dog"'),
    ("no schema", lambda x: x.pop(0), "expected schema first"),
    ("other schema", lambda x: x.__setitem__(0, b'{"schema": "groundup.study/1"}'), "This is no export"),
    ("newer", lambda x: x.__setitem__(0, b'{"schema": "groundup.store/2"}'), "Update groundup"),
    ("person twice", lambda x: x.insert(2, x[1]), "line 3: person P1 comes twice"),
    ("visit twice", lambda x: x.insert(3, x[2]), "comes twice"),
    ("stranger", lambda x: x.__setitem__(1, x[1].replace(b"P1", b"P9")), 'person "P1" did not come before'),
    ("future", lambda x: x.__setitem__(2, x[2].replace(b"2026-03-01", b"2026-12-01")), "is in the future"),
    ("text", lambda x: x.__setitem__(2, x[2].replace(b'"value":34.0', b'"value":"34"')), "value is .*expected float"),
    ("SQL", lambda x: x.__setitem__(1, b'{"person": {"id": "x\'; DROP TABLE people"}}'), "is no id"),
    ("after the end", lambda x: x.append(x[-1]), "comes after the end"),
]


@pytest.mark.parametrize(("damage", "message"), [d[1:] for d in _DAMAGES], ids=[d[0] for d in _DAMAGES])
def test_a_damaged_export_changes_nothing(
    store: Store, new_place: Callable[[], str], damage: Callable[[list[bytes]], object], message: str
) -> None:
    _fill(store)
    lines = _bytes(list(store.export()))
    damage(lines)
    with _open(new_place()) as other:
        other.add_person("HERE")
        before = list(other.export())
        with pytest.raises(StoreError, match=message) as caught:
            other.import_(lines, "all.jsonl")
        assert str(caught.value).startswith("all.jsonl line ")
        assert str(caught.value).endswith("Nothing was stored.")
        assert list(other.export()) == before


def test_ids_that_are_there_are_refused(store: Store) -> None:
    _fill(store)
    before = list(store.export())
    with pytest.raises(StoreError, match="line 2: person P1 is in the store already"):
        store.import_(_bytes(before))
    renamed = [line.replace("P1", "Q1").replace("Q1.", "P1.") for line in before if '"P2"' not in line]
    with pytest.raises(StoreError, match=r"visit \S+ is in the store already"):
        store.import_(_bytes([*renamed[:-1], '{"end": {"people": 1, "visits": 3}}']))
    assert list(store.export()) == before


def test_a_backup_is_whole(store: Store, tmp_path: Path, new_place: Callable[[], str]) -> None:
    _fill(store)
    file = tmp_path / "backup" / "copy"
    store.backup(file)
    assert file.stat().st_mode & 0o077 == 0
    assert [p.name for p in file.parent.iterdir()] == ["copy"]
    lines = list(store.export())
    store.delete_person("P1")
    if file.read_bytes().startswith(b"SQLite format 3"):
        with _open(file) as copy:
            assert list(copy.export()) == lines
    else:
        with _open(new_place()) as other, file.open("rb") as opened:
            other.import_(opened)
            assert list(other.export()) == lines
    with pytest.raises(StoreError, match="a backup replaces nothing"):
        store.backup(file)


def test_a_backup_that_cannot_be_written(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"):
        store.backup(tmp_path / "file" / "copy")
