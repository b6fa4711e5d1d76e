"""Read XML safely, and take typed values out of it with messages that name file, line and element.

The parser is expat from the standard library. A document type is refused before anything in it is read, so no entity
is ever defined or expanded and no outside address is ever opened.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, overload
from xml.parsers import expat

import numpy as np

from groundup.body.functions import Floats
from groundup.errors import FileError, GroundupError, Truncated, UnsafeXml

MAX_BYTES = 200 * 2**20
MAX_DEPTH = 200

Element = ET.Element

_EARLY_END = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
}


def parse_xml(path: str | Path) -> Element:
    """Parse an XML file and return its root element. Comments are dropped.

    Raises
    ------
    UnsafeXml
        The file declares a document type (the only place where entities can be defined).
    Truncated
        The file is empty or ends before its last element is closed.
    FileError
        The file cannot be opened, is no XML, is larger than 200 MB, or is nested deeper than 200 elements.
    """
    return _parse(Path(path), _read_bytes(Path(path)))


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FileError(
                f"{path}: the file has {size / 2**20:.0f} MB, expected at most {MAX_BYTES / 2**20:.0f} MB of XML. "
                "Check that this is the right file."
            )
        data = path.read_bytes()
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        raise FileError(f"{path}: cannot be read ({why}). Check the path.") from error
    except ValueError as error:  # a null character in the name
        raise FileError(f"{str(path)!r}: is no file name ({error}).") from error
    if not data.strip():
        raise Truncated(f"{path}: the file is empty, expected XML. Export or download it again.")
    return data


def _parse(path: Path, data: bytes) -> Element:
    try:
        root = _tree(path, data)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if not _is_stray_latin1(data):
            raise _syntax_error(path, data, error) from error
        # Files written on old Windows machines hold names such as "Hüfte" in Latin-1 and declare nothing or UTF-8.
        try:
            root = _tree(path, data.decode("latin-1").encode("utf-8"))
        except (expat.ExpatError, ValueError, LookupError) as second:
            raise _syntax_error(path, data, second) from second
    _check_depth(path, root)
    return root


def _is_stray_latin1(data: bytes) -> bool:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4096]:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _tree(path: Path, data: bytes) -> Element:
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse(path, "a document type (<!DOCTYPE …>)")
    parser.EntityDeclHandler = _refuse(path, "an entity declaration")
    parser.Parse(data, True)
    return builder.close()


def _refuse(path: Path, what: str) -> Callable[..., NoReturn]:
    def refuse(*_: object) -> NoReturn:
        raise UnsafeXml(f"{path}: holds {what}, expected plain XML without one. Delete the declaration and try again.")

    return refuse


def _syntax_error(path: Path, data: bytes, error: Exception) -> GroundupError:
    if not isinstance(error, expat.ExpatError):
        return FileError(f"{path}: cannot be decoded ({error}). Save the file as UTF-8.")
    line, what = error.lineno, expat.ErrorString(error.code)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"<" and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return FileError(f"{path}: is no XML, it starts with {data[:20]!r}, expected '<?xml'. Check the path.")
    if error.code in _EARLY_END:
        return Truncated(f"{path} line {line}: the file ends early ({what}). Export or download it again.")
    column = error.offset + 1
    return FileError(f"{path} line {line} column {column}: is not well-formed XML ({what}). Correct this line.")


def _check_depth(path: Path, root: Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise FileError(f"{path}: elements are nested deeper than {MAX_DEPTH}, expected an ordinary document.")
        level = [child for element in level for child in element]


class _Required:
    """Marks an element that has to be there."""


REQUIRED = _Required()


class XmlFile:
    """A parsed file: its path, its root, and typed values with located messages.

    Parameters
    ----------
    path : the file to parse
    """

    def __init__(self, path: str | Path) -> None:
        """Read and parse; see :func:`parse_xml` for what may go wrong."""
        self.path = Path(path)
        self._data = _read_bytes(self.path)
        self.root = _parse(self.path, self._data)
        # Kept in document order, so that a message can find an element's line even after the tree was rearranged.
        self._order = list(self.root.iter())
        self.stand_ins: dict[str, Element] = {}
        """Objects, by tag, whose children stand in for children that an element of that tag does not have."""

    # --- messages -----------------------------------------------------------------------------------------------

    def error(self, element: Element, words: str, kind: type[GroundupError] = FileError) -> GroundupError:
        """Return an error that says file, line and element before ``words``, on one line; the caller raises it."""
        line = self.line(element)
        at = f" line {line}" if line else ""
        rest = " ".join(f"{self.place(element)}: {words}".split())  # a name may hold a line break
        return kind(f"{self.path}{at}: {rest}")

    def line(self, element: Element) -> int | None:
        """Return the line on which the element starts, None where it is not from the file."""
        index = next((i for i, other in enumerate(self._order) if other is element), None)
        if index is None:
            return None
        lines: list[int] = []
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda *_: lines.append(parser.CurrentLineNumber)
        try:
            parser.Parse(self._data, True)
        except expat.ExpatError:
            return None
        return lines[index] if index < len(lines) else None

    def place(self, element: Element) -> str:
        """Return the way to the element, such as ``BodySet/Body[pelvis]/mass``."""
        parents = {child: parent for parent in self.root.iter() for child in parent}
        steps: list[str] = []
        at: Element | None = element
        while at is not None:
            name = at.get("name")
            if at.tag not in ("objects", "OpenSimDocument") or at is element:
                steps.append(f"{at.tag}[{name}]" if name else at.tag)
            at = parents.get(at)
        return "/".join(reversed(steps))

    # --- values -------------------------------------------------------------------------------------------------

    def child(self, element: Element, tag: str) -> Element | None:
        """Return the child with this tag, that of the stand-in of the element's kind, or None."""
        found = element.find(tag)
        if found is None and (stand_in := self.stand_ins.get(element.tag)) is not None:
            found = stand_in.find(tag)
        return found

    @overload
    def text(self, element: Element, tag: str, default: str | _Required = REQUIRED) -> str: ...
    @overload
    def text(self, element: Element, tag: str, default: None) -> str | None: ...
    def text(self, element: Element, tag: str, default: str | _Required | None = REQUIRED) -> str | None:
        """Return the stripped text of a child; the default where there is no such child."""
        found = self.child(element, tag)
        if found is None:
            if isinstance(default, _Required):
                raise self.error(element, f"has no <{tag}>, expected one. Add it to the file.")
            return default
        return (found.text or "").strip()

    def number(self, element: Element, tag: str, default: float | _Required = REQUIRED, finite: bool = True) -> float:
        """Return a child's text as one number; an empty child counts as absent."""
        text = self.text(element, tag, None)
        if not text:
            if isinstance(default, _Required):
                raise self.error(element, f"has no number in <{tag}>, expected one. Add it to the file.")
            return default
        try:
            value = float(text)
        except ValueError:
            raise self.error(element, f"<{tag}> is {text[:60]!r}, expected one number.") from None
        if (finite and not math.isfinite(value)) or math.isnan(value) or "_" in text:
            raise self.error(element, f"<{tag}> is {text[:60]!r}, expected one finite number.")
        return value

    def numbers(
        self,
        element: Element,
        tag: str,
        default: Floats | _Required = REQUIRED,
        count: int | None = None,
        finite: bool = True,
    ) -> Floats:
        """Return a child's text as finite numbers separated by blanks, ``count`` of them where given."""
        text = self.text(element, tag, None)
        if text is None or (not text and count):
            if isinstance(default, _Required):
                raise self.error(element, f"has no numbers in <{tag}>, expected {count or 'some'}. Add them.")
            return default
        return self.parse_numbers(element, tag, text, count, finite)

    def parse_numbers(
        self, element: Element, what: str, text: str, count: int | None = None, finite: bool = True
    ) -> Floats:
        """Turn text into finite numbers; ``what`` names it in the message."""
        words = text.split()
        try:
            values = np.array([float(word) for word in words], dtype=np.float64)
        except ValueError:
            raise self.error(element, f"<{what}> is {text[:60]!r}, expected numbers separated by blanks.") from None
        if count is not None and len(words) != count:
            raise self.error(element, f"<{what}> holds {len(words)} numbers ({text[:60]!r}), expected {count}.")
        if np.isnan(values).any() or (finite and not np.isfinite(values).all()) or "_" in text:
            raise self.error(element, f"<{what}> is {text[:60]!r}, expected finite numbers.")
        return values

    def flag(self, element: Element, tag: str, default: bool | _Required = REQUIRED) -> bool:
        """Return a child's text as true or false; an empty child counts as absent."""
        text = self.text(element, tag, None)
        if not text:
            if isinstance(default, _Required):
                raise self.error(element, f"has no <{tag}>, expected true or false. Add it to the file.")
            return default
        word = text.lower()
        if word in ("true", "1", "yes", "on"):
            return True
        if word in ("false", "0", "no", "off"):
            return False
        raise self.error(element, f"<{tag}> is {text[:60]!r}, expected true or false.")

    def objects(self, element: Element | None) -> Iterator[Element]:
        """Yield the members of a set: the children of ``<objects>``, or of the element itself where it has none."""
        if element is None:
            return
        inner = element.find("objects")
        yield from (inner if inner is not None else ())
