"""A file is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundup.errors import FileError
from groundup.io.atomic import write_bytes_atomic, write_text_atomic


def test_writes_text_and_makes_folders(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "study.json"
    write_text_atomic(target, "größe\n")
    assert target.read_bytes() == "größe\n".encode()
    assert [p.name for p in target.parent.iterdir()] == ["study.json"]


def test_replaces_and_keeps_permissions(tmp_path: Path) -> None:
    target = tmp_path / "x.sto"
    target.write_text("old")
    target.chmod(0o640)
    write_bytes_atomic(target, b"new")
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.sto"
    target.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(FileError, match=r"x\.sto: cannot be written \(no space left on device\)"):
        write_text_atomic(target, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["x.sto"]
    assert target.read_text() == "old"


def test_a_folder_in_the_way_is_a_file_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(FileError, match="cannot be written"):
        write_text_atomic(tmp_path / "taken" / "x.json", "{}")
