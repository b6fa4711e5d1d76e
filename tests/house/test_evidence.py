"""Each number used has a source, and no number decides that was not good enough to."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groundup.chain.reference import ranges
from groundup.cli.main import main
from groundup.clinic import evidence
from groundup.clinic.clues import parse
from groundup.clinic.differential import RULES_FILE
from groundup.clinic.plan import TREATMENTS_FILE
from groundup.clinic.red_flags import RED_FLAGS_FILE
from groundup.clinic.scores import instruments
from groundup.examination import fields

ENTRIES = evidence.entries()
FILES = [p for p in evidence.PACKAGE.rglob("*.toml") if p != evidence.INDEX_FILE]


def test_every_data_file_is_listed() -> None:
    assert evidence.unlisted() == (), "add them to clinic/data/evidence.toml"


@pytest.mark.parametrize("line", evidence.data_files(), ids=lambda line: line.path)
def test_every_line_of_the_index_names_files(line: evidence.DataFile) -> None:
    assert list(evidence.PACKAGE.glob(line.path)) or line.path.startswith("clinic/"), line.path


@pytest.mark.parametrize("file", sorted({e.file for e in ENTRIES}))
def test_every_number_has_a_source_a_status_and_a_date(file: str) -> None:
    for entry in ENTRIES:
        if entry.file == file:
            assert entry.source, f"{file}: {entry.id} has no source"
            assert entry.status in evidence.STATUSES, f"{file}: {entry.id} has status {entry.status!r}"
            assert re.fullmatch(r"20\d\d-\d\d-\d\d", entry.date), f"{file}: {entry.id} has no date"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(evidence.PACKAGE).as_posix())
def test_no_number_is_left_out(path: Path) -> None:
    file = path.relative_to(evidence.PACKAGE).as_posix()
    listed = sorted(value for e in ENTRIES if e.file == file for _, value in e.numbers)
    assert listed == sorted(_numbers(tomllib.loads(path.read_text(encoding="utf-8"))))


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _numbers(one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def test_what_is_only_shown_decides_nothing() -> None:
    wrong = [(e.file, e.id, e.status) for e in ENTRIES if e.decides and e.status not in evidence.MAY_DECIDE]
    assert not wrong


def test_what_is_only_shown_weighs_weak() -> None:
    """A weight decides, too: evidence that is only shown, or still to be checked, gets the least."""
    table = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))
    signs = [
        (name, sign.get("status", table["status"]), sign["weight"], sign["words"])
        for name, hypothesis in table.items()
        if isinstance(hypothesis, dict)
        for part in ("for", "against")
        for sign in hypothesis.get(part, ())
    ]
    assert len(signs) > 100
    assert not [s for s in signs if s[1] not in evidence.MAY_DECIDE and s[2] != "weak"]
    # A source that is shown elsewhere cannot come back with a better status.
    shown = {"Kinoshita 2001", "Rogers 2021", "Majlesi 2008, J Clin Rheumatol 14:87"}
    for hypothesis in (h for h in table.values() if isinstance(h, dict)):
        for sign in (*hypothesis.get("for", ()), *hypothesis.get("against", ())):
            assert sign["source"] not in shown or sign["weight"] == "weak", sign["words"]


def test_ranges_judge_only_where_the_index_says_so() -> None:
    judging = [e for e in ENTRIES if e.file == "chain/data/references.toml" and e.decides]
    assert len(judging) == sum(r.judges for r in ranges())
    assert {e.status for e in judging} == {"assert"}


def test_the_page_names_every_field_that_drives_nothing() -> None:
    """So that nobody thinks that an answer was taken into account which is only kept."""
    page = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    rows = page.split("## Kept for the record")[1].split("## In Python")[0]
    told = {
        f"{s}.{n}" for s, names in re.findall(r"^\| (\w+) \| (`.*`) \|$", rows, re.M) for n in names[1:-1].split("`, `")
    }
    turning = {name for clause in _clauses() for name in parse(clause).asked()}
    turning |= {f for i in instruments().values() for f in (i.total, *(a.field for a in i.answers))}
    # What is computed from others is driven by them.
    computed = {"person.bmi_kg_m2": {"person.height_m", "person.mass_kg"}}
    computed |= {"history.back_pain_months": {"history.back_pain_since"}}
    turning |= {name for result, from_ in computed.items() if result in turning for name in from_}
    assert told == set(fields()) - turning


def _clauses() -> Iterator[dict[str, Any]]:
    """Every clause of red flags, hypotheses, rules, questions and treatments, named rules spelled out."""
    hypotheses = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))
    for file in (RULES_FILE, RED_FLAGS_FILE, TREATMENTS_FILE):
        for table in _tables(tomllib.loads(file.read_text(encoding="utf-8"))):
            for key in ("when", "absent", "unless"):
                if key in table:
                    when = table[key].get("not", table[key])
                    yield hypotheses["rules"][when["rule"]]["when"] if "rule" in when else when


def _tables(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _tables(one)


def test_ids_are_unique_within_a_file() -> None:
    places = [(e.file, e.id) for e in ENTRIES]
    assert len(places) == len(set(places))


def test_a_word_is_found_whatever_its_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "HODT"]) == 0
    words = capsys.readouterr().out
    assert "chain/data/references.toml: range" in words
    assert "gait.single_support_ratio (17) · low 0.9, high 1.111 [assert, 2026-11-22] Hodt-Billington 2012" in words


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["entries"]) == len(ENTRIES)
    assert set(answer["statuses"]) == set(evidence.STATUSES)


def test_an_unknown_word_is_said_to_be_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "phrenology"]) == 1
    assert "no entry holds 'phrenology'" in capsys.readouterr().err
