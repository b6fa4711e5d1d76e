"""What a command writes replaces nothing that somebody would miss."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from groundup.cli.main import main
from groundup.clinic.store import Store

RECORD = "date = 2026-01-05\n[pain]\nheel_average = { right = 6 }\n"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    file = tmp_path / "store.sqlite"
    with Store.open(str(file)) as opened:
        opened.add_person("a")
        opened.add_person("b")
    return file


def _people(store: Path) -> list[str]:
    with Store.open(str(store)) as opened:
        return sorted(line.id for line in opened.people().rows)


@pytest.mark.parametrize("verb", ["person list", "person show a", "person export a", "visit list"])
@pytest.mark.parametrize("named", [True, False])
def test_an_answer_never_replaces_the_store(
    store: Path, verb: str, named: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--store", str(store)] if named else []
    monkeypatch.setenv("GROUNDUP_STORE", str(store))
    assert main([*verb.split(), *place, "-o", str(store)]) != 0
    assert "would be lost" in capsys.readouterr().err
    assert _people(store) == ["a", "b"]


def test_an_answer_replaces_no_other_store_either(store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE kept (x)")
    before = other.read_bytes()
    assert main(["person", "list", "--store", str(store), "-o", str(other)]) != 0
    assert other.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    ["--new -o {record}", "{record} -o {record}", "{record} --html {record}", "{record} --html {x} --csv {x}"],
)
def test_an_evaluation_replaces_neither_the_record_nor_another_form(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "exam.toml"
    record.write_text(RECORD, encoding="utf-8")
    assert main(["evaluate", *words.format(record=record, x=tmp_path / "x").split()]) != 0
    assert "Choose another name" in capsys.readouterr().err
    assert record.read_text(encoding="utf-8") == RECORD
    assert not (tmp_path / "x").exists()


def test_an_empty_record_goes_where_nothing_is(tmp_path: Path) -> None:
    assert main(["evaluate", "--new", "-o", str(tmp_path / "exam.toml")]) == 0
    assert (tmp_path / "exam.toml").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
def test_what_tells_of_a_persons_health_only_its_owner_can_read(store: Path, tmp_path: Path) -> None:
    record = tmp_path / "exam.toml"
    record.write_text(RECORD, encoding="utf-8")
    forms = {form: tmp_path / form for form in ("out", "html", "csv")}
    assert main(["evaluate", str(record), *(f"--{form}={file}" for form, file in forms.items())]) == 0
    shown = tmp_path / "shown"
    assert main(["person", "show", "a", "--store", str(store), "-o", str(shown)]) == 0
    assert {file.name: file.stat().st_mode & 0o777 for file in (*forms.values(), shown)} == dict.fromkeys(
        ("out", "html", "csv", "shown"), 0o600
    )
