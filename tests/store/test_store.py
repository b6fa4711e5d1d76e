"""What goes in comes out, wrong things do not go in, and what is deleted is gone; on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import FULL, LOAD, ODD

from groundup.clinic.store import Store, connection
from groundup.clinic.store.records import Content, FileEntry, Number, Person, StudyEntry, Treatment, Visit
from groundup.errors import StoreError

TODAY = date(2026, 11, 1)


def test_what_goes_in_comes_out(store: Store) -> None:
    assert store.add_person("P1", birth_year=1978) == Person("P1", 1978)
    visit = store.add_visit("P1", "2026-01-05", ODD, content=FULL)
    assert visit == Visit("P1.1", "P1", 1, "2026-01-05", ODD)
    record = store.visit("P1.1")
    assert (record.visit, record.content) == (visit, FULL)


def test_it_is_there_when_opened_again(place: str) -> None:
    with Store.open(place, today=lambda: TODAY) as store:
        store.add_person("P1")
        store.add_visit("P1", TODAY, content=FULL)
    with Store.open(place, today=lambda: TODAY) as store:
        assert store.visit("P1.1").content == FULL


def test_made_ids_are_random_and_say_nothing(store: Store) -> None:
    made = {store.add_person().id for _ in range(20)}
    assert len(made) == 20
    assert all(len(id_) == 10 and id_.startswith("p-") for id_ in made)


def test_what_is_attached_later_is_as_if_added_at_once(store: Store) -> None:
    store.add_person("P1")
    store.add_visit("P1", "2026-01-05", content=FULL)
    store.add_visit("P1", "2026-02-05")
    store.add_examination("P1.2", str(FULL.examination))
    store.add_scores("P1.2", FULL.scores)
    for study in FULL.studies:
        store.add_study("P1.2", study)
    for recording in FULL.recordings:
        store.add_recording("P1.2", recording)
    for treatment in FULL.treatments:
        store.add_treatment("P1.2", treatment)
    assert store.visit("P1.2").content == store.visit("P1.1").content


def test_lists_are_in_order_and_in_pages(store: Store) -> None:
    for k in range(7):
        store.add_person(f"P{k}", birth_year=1950 + k)
    for k in range(11):
        store.add_visit("P3", f"2026-01-{1 + (k * 5) % 11:02d}")
    page = store.people(page=2, per_page=3)
    assert [(p.id, p.visits, p.first, p.last) for p in page.rows] == [
        ("P3", 11, "2026-01-01", "2026-01-11"),
        ("P4", 0, None, None),
        ("P5", 0, None, None),
    ]
    assert (page.number, page.pages, page.total) == (2, 3, 7)
    pages = [store.visits("P3", k, 4) for k in (1, 2, 3)]
    assert [v.date for page in pages for v in page.rows] == [f"2026-01-{k:02d}" for k in range(11, 0, -1)]
    assert store.visits().total == 11
    assert store.visits("P0").rows == ()
    with pytest.raises(StoreError, match="page 4: there are 3, of 4 rows each"):
        store.visits("P3", 4, 4)
    with pytest.raises(StoreError, match="1001 rows on a page, expected 1 to 1000"):
        store.people(per_page=1001)


def test_a_trend_is_in_order_of_days(store: Store) -> None:
    store.add_person("P1")
    for day, value in (("2026-03-01", 20.0), ("2026-01-01", 40.0), ("2026-02-01", 30.0), ("2026-02-01", 31.0)):
        store.add_visit("P1", day, content=Content(scores=(Number("odi", value, "%", label="Oswestry"),)))
    trend = store.trend("P1", "odi")
    assert trend.values == (40.0, 30.0, 31.0, 20.0)
    assert trend.visits == ("P1.2", "P1.3", "P1.4", "P1.1")
    assert (trend.label, trend.unit, trend.origin) == ("Oswestry", "%", "score")


def test_a_trend_of_loads_has_its_uncertainty(store: Store) -> None:
    store.add_person("P1")
    store.add_visit("P1", "2026-01-01", content=FULL)
    trend = store.trend("P1", "lumbar_peak")
    assert (trend.values, trend.lows, trend.highs, trend.detectables) == (
        (3.1,) * 2,
        (2.8,) * 2,
        (3.4,) * 2,
        (0.4,) * 2,
    )
    assert trend.origin == "study"
    assert [(m.measure, m.side, m.visits, m.origin) for m in store.measures("P1")] == [
        ("faam.adl", "left", 1, "score"),
        ("faam.adl", "right", 1, "score"),
        ("hip_contact_peak", "left", 1, "study"),
        ("lumbar_peak", "none", 1, "study"),
        ("odi", "none", 1, "score"),
    ]


def test_examinations_of_all(store: Store) -> None:
    for person in ("P2", "P1"):
        store.add_person(person, birth_year=1980)
        store.add_visit(person, "2026-02-01", content=Content('{"n": 2}'))
        store.add_visit(person, "2026-01-01", content=Content('{"n": 1}'))
        store.add_visit(person, "2026-03-01")
    found = [(e.person, e.birth_year, e.visit, e.date, e.examination) for e in store.examinations()]
    assert found == [
        (person, 1980, f"{person}.{k}", f"2026-0{month}-01", f'{{"n": {month}}}')
        for person in ("P1", "P2")
        for k, month in ((2, 1), (1, 2))
    ]


# --- wrong input --------------------------------------------------------

_NUMBER = Number("odi", 1.0)
_REFUSED: list[tuple[str, Callable[[Store], object], str]] = [
    ("SQL", lambda s: s.add_person("x'); DROP TABLE people;--"), "is no id: expected 1 to 64 letters"),
    ("empty id", lambda s: s.add_person(""), "is no id"),
    ("long id", lambda s: s.add_person("x" * 65), "is no id"),
    ("twice", lambda s: s.add_person("P1"), "person P1 is in the store already"),
    ("birth", lambda s: s.add_person("P2", birth_year=2027), "expected a year from 1900 to 2026"),
    ("old", lambda s: s.add_person("P2", birth_year=78), "expected a year from 1900 to 2026"),
    ("unknown", lambda s: s.add_visit("P11"), 'person "P11" is not in the store. Nearest: P1.'),
    ("far", lambda s: s.person("zebra"), "List what there is: groundup person list"),
    ("unknown visit", lambda s: s.visit("P1.7"), 'visit "P1.7" is not in the store. Nearest: P1.2, P1.1.'),
    (
        "future",
        lambda s: s.add_visit("P1", "2026-11-02"),
        r"visit on 2026-11-02 is in the future \(today is 2026-11-01",
    ),
    ("unborn", lambda s: s.add_visit("P1", "1977-12-31"), "before 1978, the year of birth"),
    ("no day", lambda s: s.add_visit("P1", "2026-02-30"), 'visit on "2026-02-30" is no day'),
    ("other day", lambda s: s.add_visit("P1", "1/2/2026"), "expected year-month-day"),
    ("same visit", lambda s: s.add_visit("P1", visit="P1.1"), "visit P1.1 is in the store already"),
    ("no kind", lambda s: s.add_visit("P1", kind=" "), "kind of visit is empty"),
    ("bytes", lambda s: s.add_visit("P1", kind="caf\udce9"), "is not UTF-8"),
    ("null", lambda s: s.add_visit("P1", kind="a\x00b"), "holds a null character"),
    ("long", lambda s: s.add_visit("P1", kind="x" * 501), "has 501 characters, expected at most 500"),
    ("not JSON", lambda s: s.add_examination("P1.2", "{pain"), "examination is not JSON"),
    ("NaN", lambda s: s.add_examination("P1.2", '{"a": NaN}'), "NaN is no JSON number"),
    ("list", lambda s: s.add_examination("P1.2", "[]"), "expected a JSON object"),
    ("second", lambda s: s.add_examination("P1.1", "{}"), "visit P1.1 has an examination already"),
    ("same score", lambda s: s.add_scores("P1.1", [_NUMBER]), "visit P1.1 has score odi already"),
    ("twice score", lambda s: s.add_scores("P1.2", [_NUMBER, _NUMBER]), "score odi is given twice"),
    (
        "not finite",
        lambda s: s.add_scores("P1.2", [Number("odi", float("nan"))]),
        "odi: value is NaN, expected a finite",
    ),
    ("no number", lambda s: s.add_scores("P1.2", [Number("odi", "7")]), 'odi: value is "7"'),  # type: ignore[arg-type]
    ("name", lambda s: s.add_scores("P1.2", [Number("o d i", 7.0)]), "expected an id such as odi"),
    ("side", lambda s: s.add_scores("P1.2", [Number("odi", 7.0, side="both")]), "expected one of left"),  # type: ignore[arg-type]
    ("hash", lambda s: s.add_recording("P1.2", FileEntry("/a.c3d", "1234")), "expected 64 hex digits"),
    ("same study", lambda s: s.add_study("P1.1", StudyEntry("/results/shoe", "a" * 64)), "has study /results/shoe"),
    ("treatment", lambda s: s.add_treatment("P1.2", Treatment("x", started="2027-01-01")), "is in the future"),
    ("end", lambda s: s.add_treatment("P1.2", Treatment("x", "", "2026-02-02", "2026-02-01")), "before its start"),
    ("trend", lambda s: s.trend("P1", "ody"), 'measure "ody" is not in the store. Nearest: odi.'),
    ("trend side", lambda s: s.trend("P1", "faam.adl"), 'side "none" is not there, expected left or right'),
    ("trend none", lambda s: s.trend("P0", "odi"), "has no scores and no studies yet"),
]


@pytest.mark.parametrize(("tried", "message"), [r[1:] for r in _REFUSED], ids=[r[0] for r in _REFUSED])
def test_wrong_things_do_not_go_in(store: Store, tried: Callable[[Store], object], message: str) -> None:
    store.add_person("P0")
    store.add_person("P1", birth_year=1978)
    store.add_visit("P1", "2026-01-05", content=FULL)
    store.add_visit("P1", "2026-02-05")
    before = list(store.export())
    with pytest.raises(StoreError, match=message) as caught:
        tried(store)
    assert "\n" not in str(caught.value)
    assert list(store.export()) == before


def test_a_visit_with_one_wrong_part_leaves_nothing(store: Store) -> None:
    store.add_person("P1")
    wrong = Content(examination="{}", scores=FULL.scores, treatments=(Treatment("x", started="2099-01-01"),))
    with pytest.raises(StoreError, match="is in the future"):
        store.add_visit("P1", content=wrong)
    assert store.visits().total == 0


# --- deletion -----------------------------------------------------------


def test_deleting_a_person_takes_all_visits_along(store: Store) -> None:
    for person in ("P1", "P2"):
        store.add_person(person)
        store.add_visit(person, "2026-01-05", content=FULL)
        store.add_visit(person, "2026-02-05", content=Content(scores=(_NUMBER,)))
    kept = list(store.export(["P2"]))
    done = store.delete_person("P1")
    assert done.visits == 2
    assert done.files == tuple(sorted(FULL.files))
    assert list(store.export()) == kept
    with pytest.raises(StoreError, match="is not in the store"):
        store.person("P1")


def test_deleting_a_visit_leaves_the_others(store: Store) -> None:
    store.add_person("P1")
    for day in ("2026-01-05", "2026-02-05", "2026-03-05"):
        store.add_visit("P1", day, content=FULL)
    store.delete_visit("P1.2")
    assert [v.id for v in store.visits("P1").rows] == ["P1.3", "P1.1"]
    assert store.trend("P1", "odi").visits == ("P1.1", "P1.3")
    assert store.add_visit("P1").id == "P1.4"


def test_deleted_text_is_in_no_byte_of_the_file(tmp_path: Path) -> None:
    """Long and short texts, in rows, indexes and overflow pages, beside neighbours that stay."""
    file = tmp_path / "s.sqlite"
    with Store.open(file, today=lambda: TODAY) as store:
        for k in range(40):
            store.add_person(f"SECRET-{k}" if k % 2 else f"KEPT-{k}")
            word = f"SECRETWORD{k} " if k % 2 else f"KEPTWORD{k} "
            content = Content(
                examination='{"notes": "' + word * (1 + 200 * (k % 3)) + '"}',
                scores=(Number(word.strip(), 1.0, word),),
                studies=(StudyEntry(word, "a" * 64, word, (LOAD,)),),
                recordings=(FileEntry(word, "b" * 64),),
                treatments=(Treatment(word),),
            )
            store.add_visit(f"SECRET-{k}" if k % 2 else f"KEPT-{k}", "2026-01-05", word, content=content)
        assert b"SECRET" in _bytes(tmp_path)
        for k in range(1, 40, 2):
            done = store.delete_person(f"SECRET-{k}")
            assert done.remains == ""
        assert b"SECRET" not in _bytes(tmp_path)
        assert b"KEPTWORD38" in _bytes(tmp_path)
        store.delete_visit("KEPT-0.1")
        assert b"KEPTWORD0 " not in _bytes(tmp_path)


def test_who_reads_while_it_is_deleted_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_WAIT_S", 1)  # it waits for the reader in vain
    file = tmp_path / "s.sqlite"
    with Store.open(file, today=lambda: TODAY) as store, Store.open(file, today=lambda: TODAY) as other:
        store.add_person("SECRET-1")
        store.add_person("KEPT-1")
        lines = other.export()  # a look at the store that is still open
        assert "schema" in next(lines)
        assert "KEPT-1" in next(lines)
        assert "wal may hold it" in store.delete_person("SECRET-1").remains
        lines.close()  # type: ignore[attr-defined]
        store.add_person("P3")
        store.delete_person("P3")
        assert b"SECRET" not in _bytes(tmp_path)


def _bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


# --- together -----------------------------------------------------------


def test_two_who_write_at_once_lose_nothing(place: str) -> None:
    with Store.open(place, today=lambda: TODAY) as store:
        store.add_person("P1")

    def write() -> None:
        with Store.open(place, today=lambda: TODAY) as mine:
            for _ in range(15):
                mine.add_visit("P1", "2026-01-05", content=Content(scores=(_NUMBER,)))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store.open(place) as store:
        assert sorted(v.number for v in store.visits("P1", per_page=100).rows) == list(range(1, 61))
        assert len(store.trend("P1", "odi").values) == 60


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40).filter(str.strip)
_VALUES = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=_TEXT, name=_TEXT, notes=_TEXT, value=_VALUES, low=st.none() | _VALUES, day=st.dates(date(1990, 1, 1), TODAY)
)
def test_any_text_and_number_survives(
    store: Store, kind: str, name: str, notes: str, value: float, low: float | None, day: date
) -> None:
    import json

    person = store.add_person()
    content = Content(json.dumps({"notes": notes}), (Number("odi", value, low=low),), (), (), (Treatment(name, notes),))
    visit = store.add_visit(person.id, day, kind, content=content)
    assert store.visit(visit.id).content == content
    assert store.trend(person.id, "odi").values == (value,)
