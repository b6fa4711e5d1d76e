"""The XML reader refuses what is unsafe and says what is wrong, where."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundup.errors import FileError, Truncated, UnsafeXml
from groundup.io import xml as groundup_xml
from groundup.io.xml import XmlFile, parse_xml

BOMB = """<?xml version="1.0"?>
<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]>
<a>&y;</a>"""
OUTSIDE = """<!DOCTYPE a SYSTEM "file:///etc/hostname" [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>"""


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "model.osim"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("content", [BOMB, OUTSIDE, BOMB.encode("utf-16")])
def test_document_types_and_entities_are_refused(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(UnsafeXml, match=r"model\.osim: holds a document type .* expected plain XML"):
        parse_xml(write(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", Truncated, "is empty"),
        (b"  \n\t", Truncated, "is empty"),
        (b"<a><b>\n<c>1", Truncated, "line 2: the file ends early"),
        (b"<a>\n<b></a>", FileError, "line 2 column 6: is not well-formed XML \\(mismatched tag\\)"),
        (b"<a>&nbsp;</a>", FileError, "undefined entity"),
        (b"time\tpelvis_tx\n0.0\t1.0\n", FileError, "is no XML, it starts with b'time"),
        (b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)), FileError, "is no XML"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", FileError, "unknown encoding|cannot be decoded"),
        (b"<a>" * 300 + b"</a>" * 300, FileError, "nested deeper than 200"),
    ],
)
def test_bad_files_are_told_apart(tmp_path: Path, content: bytes, error: type[FileError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        parse_xml(write(tmp_path, content))
    assert str(caught.value).startswith(str(tmp_path / "model.osim"))
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot be read \(no such file\)"):
        parse_xml(tmp_path / "none.osim")
    with pytest.raises(FileError, match="cannot be read"):
        parse_xml(tmp_path)


def test_size_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groundup_xml, "MAX_BYTES", 10)
    with pytest.raises(FileError, match="MB, expected at most"):
        parse_xml(write(tmp_path, "<a>12345678</a>"))


def test_latin1_and_byte_order_marks_are_read(tmp_path: Path) -> None:
    assert parse_xml(write(tmp_path, "<a>Hüfte</a>".encode("latin-1"))).text == "Hüfte"
    assert parse_xml(write(tmp_path, "<a>Hüfte</a>".encode("utf-8-sig"))).text == "Hüfte"
    assert parse_xml(write(tmp_path, "<a>Hüfte</a>".encode("utf-16"))).text == "Hüfte"


VALUES = """<Model name="m">
 <Body name="pelvis">
  <mass> 1.5 </mass><bad>1.5kg</bad><nan>nan</nan><inf>-Inf</inf><under>1_0</under><empty/>
  <center>1 2 3</center><two>1 2</two>
  <yes> True </yes><maybe>perhaps</maybe>
 </Body>
</Model>"""


def test_values_are_typed_and_messages_are_located(tmp_path: Path) -> None:
    file = XmlFile(write(tmp_path, VALUES))
    body = file.root[0]
    assert file.number(body, "mass") == 1.5
    assert file.number(body, "none", 2.0) == file.number(body, "empty", 2.0) == 2.0
    assert file.number(body, "inf", finite=False) == -float("inf")
    assert file.numbers(body, "center", count=3).tolist() == [1, 2, 3]
    assert file.flag(body, "yes") is True
    for call, words in [
        (lambda: file.number(body, "bad"), "<bad> is '1.5kg', expected one number"),
        (lambda: file.number(body, "nan"), "<nan> is 'nan', expected one finite number"),
        (lambda: file.number(body, "inf"), "<inf> is '-Inf', expected one finite number"),
        (lambda: file.number(body, "under"), "<under> is '1_0'"),
        (lambda: file.number(body, "none"), "has no number in <none>, expected one"),
        (lambda: file.numbers(body, "two", count=3), "<two> holds 2 numbers .'1 2'., expected 3"),
        (lambda: file.flag(body, "maybe"), "<maybe> is 'perhaps', expected true or false"),
        (lambda: file.text(body, "none"), "has no <none>"),
    ]:
        with pytest.raises(FileError, match=rf"model\.osim line 2: Model\[m\]/Body\[pelvis\]: {words}"):
            call()
