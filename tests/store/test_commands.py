"""``groundup person`` and ``groundup visit``, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from groundup.cli.main import main
from groundup.clinic.red_flags import red_flags
from groundup.clinic.store import Store
from groundup.io.exam_file import write_exam
from groundup.io.study_file import write_study
from groundup.study import Headline, Provenance, Study, Subject
from vignettes import vignettes


@pytest.fixture(autouse=True)
def store_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GROUNDUP_STORE", str(tmp_path / "data" / "store.sqlite"))
    return tmp_path / "data" / "store.sqlite"


def _study(folder: Path, peak: float) -> Path:
    folder.mkdir()
    study = Study(
        title=folder.name,
        synthetic=True,
        provenance=Provenance("0", "3", "2", "any", "2026-01-01T00:00:00Z", "groundup demo"),
        subject=Subject(70.0),
        time_s=np.linspace(0.0, 1.0, 11),
        headline=(
            Headline(
                "lumbar_peak", "Peak low-back compression", peak, "BW", "none", "", peak - 0.2, peak + 0.2, 0.2, 0.3
            ),
            Headline("speed", "Walking speed", float("nan"), "m/s", detail="not known"),
        ),
    )
    write_study(study, folder / "study.json")
    return folder


def _said(capsys: pytest.CaptureFixture[str], words: str, code: int = 0) -> str:
    assert main(words.split()) == code
    said = capsys.readouterr()
    return said.err if code else said.out


def test_from_the_first_visit_to_the_trend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = _study(tmp_path / "before", 3.0), _study(tmp_path / "after", 2.5)
    recording = tmp_path / "walk.c3d"
    recording.write_bytes(b"x")
    exam = tmp_path / "exam.toml"
    exam.write_text("date = 2026-01-05\n[pain]\nback_average = 6\n", encoding="utf-8")
    person = json.loads(_said(capsys, "person add --birth-year 1978 --json"))["id"]
    first = f"visit add {person} --date 2026-01-05 --kind first --score odi=40 --score nprs_heel:left=6"
    _said(capsys, f"{first} --exam {exam} --study {before} --recording {recording} --treatment heel_cup:2")
    _said(capsys, f"visit add {person} --date 2026-02-05")
    _said(capsys, f"visit attach {person}.2 --score odi=15 --study {after}/study.json")
    shown = json.loads(_said(capsys, f"visit show {person}.1 --json"))
    assert shown["examination"]["pain"] == {"back_average": 6}
    assert [(n["measure"], n["side"], n["value"], n["unit"]) for n in shown["scores"]] == [
        ("nprs_back", "none", 6.0, "points"),
        ("odi", "none", 40.0, "%"),
        ("nprs_heel", "left", 6.0, "points"),
    ]
    assert shown["treatments"] == [{"name": "heel_cup", "dose": "2", "started": "2026-01-05", "ended": None}]
    assert [n["measure"] for n in shown["studies"][0]["numbers"]] == ["lumbar_peak"], "not computed: not stored"
    trends = json.loads(_said(capsys, f"visit trend {person} --json"))["trends"]
    assert {t["measure"]: [v["verdict"] for v in t["visits"]] for t in trends} == {
        "lumbar_peak": ["first", "lower"],
        "nprs_back": ["first"],
        "nprs_heel": ["first"],
        "odi": ["first", "not known"],  # only what people notice is published
    }
    assert (trends[-1]["visits"][1]["better"], trends[-1]["visits"][1]["important"]) == (True, True)
    page = tmp_path / "page.html"
    assert f"Page: {page}" in _said(capsys, f"visit trend {person} lumbar_peak -o {page}")
    assert "Peak low-back compression" in page.read_text(encoding="utf-8")
    assert "1978" in _said(capsys, f"person show {person}")
    assert f"{person}.2  {person}  2026-02-05  follow-up" in _said(capsys, "visit list")


def test_gait_of_two_visits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [_study(tmp_path / name, peak) for name, peak in (("before", 3.0), ("after", 2.0))]
    _said(capsys, "person add P1")
    for k, folder in enumerate(folders):
        _said(capsys, f"visit add P1 --date 2026-0{k + 1}-05 --study {folder}")
    out = tmp_path / "compared"
    answer = json.loads(_said(capsys, f"visit compare P1.1 P1.2 -o {out} --json"))
    peak = next(c for c in answer["changes"] if c["id"] == "lumbar_peak")
    assert (peak["before"], peak["after"], peak["verdict"]) == (3.0, 2.0, "lower")
    assert (out / "report.html").is_file()
    (folders[1] / "study.json").write_text((folders[0] / "study.json").read_text())
    assert "is gone or no longer what was added" in _said(capsys, f"visit compare P1.1 P1.2 -o {out}", 1)
    _said(capsys, "visit add P1")
    assert "visit P1.3 has no study. Add one: groundup visit attach" in _said(capsys, "visit compare P1.1 P1.3", 1)


def test_deleting_asks_first_and_lists_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], store_file: Path
) -> None:
    folder = _study(tmp_path / "walk", 3.0)
    _said(capsys, "person add P1")
    _said(capsys, f"visit add P1 --study {folder}")
    assert "person P1 with 1 visit would be deleted for good. Repeat with --yes." in _said(
        capsys, "person delete P1", 1
    )
    assert "would be deleted for good" in _said(capsys, "visit delete P1.1", 1)
    said = _said(capsys, "person delete P1 --yes")
    assert "nothing of it is left in the store" in said
    assert f"  {folder}" in said
    assert "Backups and exports made before still hold it." in said
    assert str(folder).encode() not in store_file.read_bytes()


def test_out_and_in(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _said(capsys, "person add P1")
    _said(capsys, "visit add P1 --score odi=40")
    file, copy = tmp_path / "all.jsonl", tmp_path / "copy.sqlite"
    _said(capsys, f"person export -o {file}")
    assert file.stat().st_mode & 0o077 == 0
    assert _said(capsys, "person export") == file.read_text(encoding="utf-8")
    _said(capsys, f"person backup {copy}")
    assert _said(capsys, f"person export --store {copy}") == file.read_text(encoding="utf-8")
    monkeypatch.setenv("GROUNDUP_STORE", str(tmp_path / "other.sqlite"))
    assert "1 person added, 1 visit" in _said(capsys, f"person import {file}")
    assert "line 2: person P1 is in the store already. Nothing was stored." in _said(capsys, f"person import {file}", 1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("visit add P1 --exam {folder}/latin.toml", "UTF-8"),
        ("visit add P1 --exam {folder}/large.toml", "large.toml"),
        ("visit add P1 --exam {folder}/torn.toml", "torn.toml"),
        ("visit add P1 --exam {folder}/none.toml", "none.toml"),
        ("visit add P1 --exam {folder}/pain.toml", "14"),
        ("visit add P1 --score odd=7", 'score "odd" is not known. Nearest: odi'),
        ("visit add P1 --score nprs_back=14", "score nprs_back is 14, expected 0 to 10 points"),
        ("visit add P1 --score odi:left=14", "expected odi without a side"),
        ("visit add P1 --score fpi6=4", "expected fpi6:left or fpi6:right"),
        ("visit add P1 --study {folder}", "no such file. Expected a study.json"),
        ("visit add P1 --recording {folder}/none.c3d", "cannot be read"),
        ("visit add P1 --score odi=nan", "score odi is nan, expected 0 to 100 %"),
        ("visit add P1 --date 2999-01-01", "is in the future"),
        ("visit add Q1", 'person "Q1" is not in the store. Nearest: P1.'),
        ("visit trend P1", "has no scores and no studies yet"),
        ("visit list P1 --page 2", "page 2: there are 1"),
        ("person import {folder}/latin.toml", "line 1: is not UTF-8 (byte 6)"),
        ("person import {folder}/torn.toml", "line 1: is not JSON"),
        ("person import {folder}/none", "cannot be read (no such file"),
        ("person list -o {folder}", "is a folder, expected a file"),
    ],
)
def test_wrong_input_stores_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    (tmp_path / "latin.toml").write_bytes(b'a = "\xe9"\n')
    (tmp_path / "large.toml").write_bytes(b"# \n" * 1_000_000)
    (tmp_path / "torn.toml").write_text("[history\n")
    (tmp_path / "pain.toml").write_text("[pain]\nback_average = 14\n")
    _said(capsys, "person add P1")
    assert message in _said(capsys, words.format(folder=tmp_path), 1)
    assert json.loads(_said(capsys, "visit list --json"))["total"] == 0


@pytest.mark.parametrize("words", ["person list", "person show P1", "visit list", "visit add P1", "visit trend P1"])
def test_a_store_that_is_not_there_is_not_an_empty_one(
    words: str, capsys: pytest.CaptureFixture[str], store_file: Path
) -> None:
    assert f"{store_file}: there is no store. Check --store, or begin one with" in _said(capsys, words, 1)
    assert not store_file.exists()


# --- red flags: nobody may miss them when a visit is stored ----------------------------------------------------------

CASES = {case.name: case for case in vignettes()}


@pytest.mark.parametrize("name", sorted(CASES))
def test_grave_red_flags_are_said_when_a_visit_is_stored_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    case = CASES[name]
    write_exam(case.exam, tmp_path / "exam.toml")
    grave = [flag for flag in red_flags(case.exam) if flag.grade != "watch"]
    assert {case.emergency} - {""} <= {flag.id for flag in grave}
    _said(capsys, "person add P1")
    added = _said(capsys, f"visit add P1 --exam {tmp_path}/exam.toml")
    for said in (added, _said(capsys, "visit show P1.1")):
        heads = [line for line in said.splitlines() if line.startswith(("  EMERGENCY: ", "  URGENT: "))]
        assert len(heads) == len(grave)
        assert all(h.startswith(f"  {f.grade.upper()}: {f.label}") for h, f in zip(heads, grave, strict=True))
        flat = " ".join(said.split())
        assert all(flag.action in flat for flag in grave)
        if grave:
            assert said.index(heads[0]) < said.index("  examination"), "before all else that belongs to the visit"
        elif not case.exam.answers:
            assert "red flags: not known, nothing is answered in the examination" in said
        else:
            assert "red flags: no emergency and nothing urgent in what was asked" in said
    plain = json.loads(_said(capsys, "visit show P1.1 --json"))
    assert [f["id"] for f in plain["red_flags"] or () if f["grade"] != "watch"] == [flag.id for flag in grave]
    assert (plain["red_flags"] is None) == (plain["red_flags_unknown"] is not None) == (not case.exam.answers)


def test_red_flags_are_said_beside_a_file_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "exam.toml").write_text("[history]\nsaddle_numbness = true\n", encoding="utf-8")
    _said(capsys, "person add P1")
    _said(capsys, "visit add P1")
    assert main(["visit", "attach", "P1.1", "--exam", f"{tmp_path}/exam.toml", "-o", f"{tmp_path}/answer.txt"]) == 0
    assert "EMERGENCY: Cauda equina syndrome" in capsys.readouterr().err
    assert "EMERGENCY: Cauda equina syndrome" in (tmp_path / "answer.txt").read_text(encoding="utf-8")


def test_unknown_is_not_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], store_file: Path) -> None:
    (tmp_path / "exam.toml").write_text("[pain]\nback_average = 3\n", encoding="utf-8")
    _said(capsys, "person add P1")
    assert "red flags: not known, no examination is stored with this visit" in _said(capsys, "visit add P1")
    plain = json.loads(_said(capsys, "visit show P1.1 --json"))
    assert plain["red_flags"] is None
    assert plain["red_flags_unknown"] == "no examination is stored with this visit"
    nearly = _said(capsys, f"visit add P1 --exam {tmp_path}/exam.toml")
    assert "not fully asked, could be an emergency: Cauda equina syndrome" in nearly
    with Store.open(store_file) as store:  # what another program stored
        store.add_examination("P1.1", '{"history": {"unheard_of": true}}')
    assert "red flags: not known, the examination cannot be read (visit P1.1" in _said(capsys, "visit show P1.1")


def test_a_visit_is_of_the_day_of_its_examination(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "exam.toml").write_text("date = 2026-01-05\n[pain]\nback_average = 3\n", encoding="utf-8")
    _said(capsys, "person add P1")
    plain = json.loads(_said(capsys, f"visit add P1 --exam {tmp_path}/exam.toml --treatment cup --json"))
    assert (plain["date"], plain["treatments"][0]["started"]) == ("2026-01-05", "2026-01-05")
    other = json.loads(_said(capsys, f"visit add P1 --exam {tmp_path}/exam.toml --date 2026-01-07 --json"))
    assert other["date"] == "2026-01-07"


# --- SQL is text, or refused where an id is expected ------------------------------------------------------------------

SQL = "Robert'); DROP TABLE visits;-- \" % _ ${x}"


def test_sql_in_words_is_stored_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exam, recording = tmp_path / "exam.toml", tmp_path / f"{SQL}.c3d"
    exam.write_text(f'notes = """{SQL}"""\n[pain]\nback_average = 3\n', encoding="utf-8")
    recording.write_bytes(b"x")
    _said(capsys, "person add P1")
    words = ["--kind", SQL, "--treatment", f"{SQL}: {SQL}", "--exam", f"{exam}", "--recording", f"{recording}"]
    assert main(["visit", "add", "P1", *words, "--json"]) == 0
    added = json.loads(capsys.readouterr().out)
    shown = json.loads(_said(capsys, "visit show P1.1 --json"))
    assert shown == added
    assert (shown["kind"], shown["examination"]["notes"]) == (SQL, SQL)
    assert [(t["name"], t["dose"]) for t in shown["treatments"]] == [(SQL, SQL)]
    assert shown["recordings"][0]["path"] == str(recording)
    assert SQL in _said(capsys, "visit list")
    assert json.loads(_said(capsys, "visit list --json"))["total"] == 1, "the table is still there"


@pytest.mark.parametrize(
    "words",
    [
        ["person", "add", SQL],
        ["person", "show", SQL],
        ["person", "delete", SQL, "--yes"],
        ["person", "export", SQL],
        ["visit", "add", SQL],
        ["visit", "add", "P1", "--id", SQL],
        ["visit", "add", "P1", "--date", SQL],
        ["visit", "add", "P1", "--score", f"{SQL}=3"],
        ["visit", "list", SQL],
        ["visit", "show", SQL],
        ["visit", "delete", SQL, "--yes"],
        ["visit", "attach", SQL],
        ["visit", "trend", SQL],
        ["visit", "trend", "P1", SQL],
        ["visit", "compare", "P1.1", SQL],
    ],
)
def test_sql_in_ids_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    _said(capsys, "person add P1")
    _said(capsys, "visit add P1 --score odi=30")
    before = _said(capsys, "person export")
    assert main(words) == 1
    said = capsys.readouterr().err
    assert "DROP TABLE" in said
    assert "fault in groundup" not in said
    assert _said(capsys, "person export") == before


@pytest.mark.parametrize("words", ["person", "person fly", "visit add P1 --score odi", "visit add P1 --score odi:up=3"])
def test_wrong_usage(words: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words.split())
    assert stopped.value.code == 2
