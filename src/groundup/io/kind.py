"""Tell what a file is by what it holds, not by its name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from groundup.errors import FileError


class Kind(StrEnum):
    """The files that groundup reads."""

    MODEL = "model"
    MARKERS = "markers"
    C3D = "C3D recording"
    TABLE = "table"
    SETUP = "set-up"
    EXTERNAL_LOADS = "external loads"
    MARKER_SET = "marker set"
    FORCE_SET = "force set"
    TASKS = "marker weights"
    STUDY = "study"


_OF_ELEMENT = {
    "Model": Kind.MODEL,
    "ExternalLoads": Kind.EXTERNAL_LOADS,
    "MarkerSet": Kind.MARKER_SET,
    "ForceSet": Kind.FORCE_SET,
    "IKTaskSet": Kind.TASKS,
    "ScaleTool": Kind.SETUP,
    "InverseKinematicsTool": Kind.SETUP,
    "InverseDynamicsTool": Kind.SETUP,
    "AnalyzeTool": Kind.SETUP,
}


def kind_of(path: str | Path) -> Kind:
    """Tell what a file is.

    Raises
    ------
    FileError
        The file cannot be opened, or is none of those that groundup reads.
    Truncated, UnsafeXml
        An XML file that is cut off or holds a document type.
    """
    start = _start(path)
    if _begins_as_c3d(start):
        return Kind.C3D
    head = _text(start)
    if head.startswith("<"):
        return _kind_of_xml(path)
    if head.startswith("{"):
        return Kind.STUDY
    if head.lower().startswith("pathfiletype"):
        return Kind.MARKERS
    if "endheader" in head.lower():
        return Kind.TABLE
    raise FileError(f"{path}: {_beginning(head)}, expected one of {', '.join(Kind)}. Check that this is the file.")


def is_c3d(path: str | Path) -> bool:
    """Tell whether a file begins as C3D does; false for one that cannot be opened, which its reader will say."""
    try:
        with open(path, "rb") as file:
            return _begins_as_c3d(file.read(2))
    except OSError:
        return False


def _begins_as_c3d(start: bytes) -> bool:
    return start[1:2] == b"P" and 0 < start[0] < 32  # a small block number, then 0x50


def _beginning(head: str) -> str:
    if not head.strip():
        return "the file is empty"
    start = head.splitlines()[0][:30]
    # U+FFFD stands for bytes that are no text.
    return f"begins with {start!r}" if start.isprintable() and "\ufffd" not in start else "is a binary file"


def _start(path: str | Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(65536)
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        raise FileError(f"{path}: cannot be read ({why}). Check the path.") from error


def _text(start: bytes) -> str:
    code = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return start.decode(code, errors="replace").lstrip()


def _kind_of_xml(path: str | Path) -> Kind:
    from groundup.io.xml import parse_xml

    root = parse_xml(path)
    found = [element.tag for element in (root, *root)]
    for tag in found:
        if tag in _OF_ELEMENT:
            return _OF_ELEMENT[tag]
    raise FileError(
        f"{path}: holds {', '.join(found)[:80]}, expected one of {', '.join(_OF_ELEMENT)}. Pass one of these."
    )
