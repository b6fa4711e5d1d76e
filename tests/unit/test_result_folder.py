"""A result folder appears whole or not at all, and never over somebody else's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundup.errors import FileError
from groundup.io.result_folder import atomic_directory, is_result

STUDY = '{"schema":"groundup.study/1"}'


def _write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _tree(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_new_folder_appears_whole(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    with atomic_directory(out) as folder:
        _write(folder, study_json=STUDY, tables__loads_csv="x")
        assert not out.exists()
    assert _tree(out) == {"study.json": STUDY, "tables/loads.csv": "x"}
    assert [p.name for p in out.parent.iterdir()] == ["b"]
    assert is_result(out)


def _write_and_fail(out: Path, fault: type[BaseException]) -> None:
    with atomic_directory(out) as folder:
        _write(folder, report_html="new")
        raise fault


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_after_a_fault_nothing_has_changed(tmp_path: Path, fault: type[BaseException]) -> None:
    out = tmp_path / "out"
    with atomic_directory(out) as folder:
        _write(folder, study_json=STUDY, report_html="old")
    with pytest.raises(fault):
        _write_and_fail(out, fault)
    assert _tree(tmp_path) == {"out/study.json": STUDY, "out/report.html": "old"}


def test_earlier_result_is_replaced_and_notes_stay(tmp_path: Path) -> None:
    with atomic_directory(tmp_path / "out") as folder:
        _write(folder, study_json=STUDY, activations_sto="old", tables__muscles_csv="old")
    _write(tmp_path / "out", my_notes="keep")
    with atomic_directory(tmp_path / "out") as folder:
        _write(folder, study_json=STUDY + " ", report_html="new")
    assert _tree(tmp_path / "out") == {"study.json": STUDY + " ", "report.html": "new", "my.notes": "keep"}


def test_folder_of_others_is_refused_before_any_work(tmp_path: Path) -> None:
    _write(tmp_path, thesis_doc="mine")
    with pytest.raises(FileError, match=r"holds 'thesis.doc' and no result of groundup.*--force"):
        atomic_directory(tmp_path).__enter__()
    with atomic_directory(tmp_path, force=True) as folder:
        _write(folder, study_json=STUDY)
    assert _tree(tmp_path) == {"thesis.doc": "mine", "study.json": STUDY}


def test_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(FileError, match="is a file, expected a folder"):
        atomic_directory(tmp_path / "out").__enter__()
    with pytest.raises(FileError, match="cannot be written"):
        atomic_directory(tmp_path / "out" / "deeper").__enter__()


def test_empty_folder_is_used(tmp_path: Path) -> None:
    with atomic_directory(tmp_path) as folder:
        _write(folder, study_json=STUDY)
    assert _tree(tmp_path) == {"study.json": STUDY}
