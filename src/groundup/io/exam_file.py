"""``exam.toml`` and ``exam.json``: an :class:`~groundup.examination.Examination` as a person types it.

::

    schema = "groundup.examination/1"
    date = 2026-03-02

    [pain]
    heel_average = { left = 6, right = 0 }     # by side; { both = 6 } for the same on both
    back_average = 4

    [scores]
    odi_items = [1, 2, 0, "na", 1, 1, 0, 2, 1, 1]     # "na": not answered

What is left out is unknown. JSON is the same tree, dates as text. Everything wrong with a record is told at once.
"""

from __future__ import annotations

import datetime
import json
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from groundup.errors import FileError, Truncated
from groundup.examination import (
    SCHEMA,
    SCHEMA_NAME,
    SCHEMA_VERSION,
    SIDES,
    Examination,
    Field,
    Items,
    Value,
    fields,
    sections,
)
from groundup.io.atomic import write_text_atomic
from groundup.io.toml_text import parse_toml
from groundup.study import Side

MAX_BYTES = 1_000_000
"""A full record has 20 kB."""
MAX_TEXT = 10_000
NOT_ANSWERED = "na"
EARLIEST = datetime.date(1900, 1, 1)
_NEW = "Make one with: groundup evaluate --new > exam.toml"
_HEAD = ("schema", "date", "notes")
_SHOWN_PROBLEMS = 12
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # they make text read otherwise than it is

Answers = dict[tuple[str, Side], Value]


class _Wrong(Exception):
    """One fault of one value: what was expected."""


def read_exam(path: str | Path, today: datetime.date) -> Examination:
    """Read a record; JSON where the name ends in ``.json``, otherwise TOML.

    Parameters
    ----------
    path : file of at most 1 MB, UTF-8
    today : no date may lie after it

    Raises
    ------
    FileError
        The file cannot be opened, is too large, is no UTF-8, TOML or JSON, or holds something that cannot be: all
        faults in one line, each with its place, what arrived and what was expected.
    Truncated
        The file is empty.
    """
    text = _text(Path(path))
    if not text.strip():
        raise Truncated(f"{path}: the file is empty, expected a record. {_NEW}")
    tree = _from_json(text, str(path)) if Path(path).suffix.lower() == ".json" else _from_toml(text, str(path))
    return exam_from_tree(tree, str(path), today)


def exam_from_json(text: str, name: str, today: datetime.date) -> Examination:
    """Read a record from JSON text; ``name`` begins every message. Raises :class:`FileError` as :func:`read_exam`."""
    return exam_from_tree(_from_json(text, name), name, today)


def exam_from_tree(tree: object, name: str, today: datetime.date) -> Examination:
    """Check a tree as TOML or JSON give it. Raises :class:`FileError` as :func:`read_exam`."""
    if not isinstance(tree, dict):
        raise FileError(f"{name}: is {_said(tree)}, expected a table of sections. {_NEW}")
    _check_schema(tree, name)
    problems: list[str] = []
    date = _date_of(tree, today, problems)
    notes = _notes_of(tree, problems)
    answers = _answers_of(tree, today, date, problems)
    if problems:
        raise FileError(_told(name, problems))
    return Examination(date=date, answers=answers, notes=notes)


def exam_to_tree(exam: Examination) -> dict[str, Any]:
    """Return a record as the tree of its file, with plain JSON values; fields in the order of an examination."""
    tree: dict[str, Any] = {"schema": exam.schema}
    if exam.date is not None:
        tree["date"] = exam.date.isoformat()
    if exam.notes:
        tree["notes"] = exam.notes
    for id, field in fields().items():
        known = {side: exam.answers[id, side] for side in ("none", *SIDES) if (id, side) in exam.answers}
        if known:
            plain = {side: _plain(value) for side, value in known.items()}
            tree.setdefault(field.section, {})[field.name] = plain if field.sided else plain["none"]
    return tree


def exam_to_json(exam: Examination) -> str:
    """Return a record as JSON text."""
    return json.dumps(exam_to_tree(exam), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def exam_to_toml(exam: Examination) -> str:
    """Return a record as TOML text."""
    tree = exam_to_tree(exam)
    lines = [f"{key} = {_toml(tree[key], key == 'date')}" for key in _HEAD if key in tree]
    for section in sections():
        if section in tree:
            lines += ["", f"[{section}]"]
            lines += [
                f"{name} = {_toml(value, fields()[f'{section}.{name}'].kind == 'date')}"
                for name, value in tree[section].items()
            ]
    return "\n".join(lines) + "\n"


def write_exam(exam: Examination, path: str | Path) -> None:
    """Write a record, whole or not at all; JSON where the name ends in ``.json``, otherwise TOML.

    Raises
    ------
    FileError
        The file cannot be written.
    """
    json_meant = Path(path).suffix.lower() == ".json"
    write_text_atomic(path, exam_to_json(exam) if json_meant else exam_to_toml(exam))


def template() -> str:
    """Return an empty record as TOML: every field in a comment with its words, unit and range."""
    return "\n".join(_template_lines()) + "\n"


# --- the file --------------------------------------------------------------


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if path.exists() and not (path.is_file() or path.is_fifo()):
            raise FileError(f"{path}: is no file, expected a record. {_NEW}")
        if size > MAX_BYTES:
            raise FileError(_too_large(path, f"has {size / 1e6:.1f} MB"))
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        raise FileError(f"{path}: cannot be read ({why}). {_NEW}") from error
    except ValueError as error:  # a null character in the name
        raise FileError(f"{str(path)!r}: is no file name ({error}).") from error
    if len(data) > MAX_BYTES:
        raise FileError(_too_large(path, "is larger"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(
            f"{path} line {line}: byte 0x{data[error.start]:02x} is no UTF-8, expected UTF-8 text. "
            'Save the file as UTF-8 ("Save as", encoding).'
        ) from error


def _too_large(path: Path, what: str) -> str:
    return f"{path}: {what}, expected a record of at most {MAX_BYTES / 1e6:g} MB. Check that the file is right."


def _from_toml(text: str, name: str) -> object:
    try:
        return parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise FileError(
            f"{name}: is not TOML ({_one_line(error)}). A line reads: name = value; words stand in quotes, "
            "each name once in its section; what is unknown is left out."
        ) from error


def _from_json(text: str, name: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{name}: is not JSON ({_one_line(error)}). Correct that place, or write TOML.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        raise ValueError(f"{json.dumps(next(n for n in names if names.count(n) > 1))} stands twice in one place")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _one_line(error: BaseException) -> str:
    return _clean(str(error))[:200]


# --- checking --------------------------------------------------------------


def _told(name: str, problems: list[str]) -> str:
    if len(problems) == 1:
        return f"{name} {problems[0]}"
    shown = problems[:_SHOWN_PROBLEMS]
    more = f" And {len(problems) - len(shown)} more." if len(problems) > len(shown) else ""
    return f"{name}: {len(problems)} faults. " + " ".join(f"({k}) {p}" for k, p in enumerate(shown, 1)) + more


def _check_schema(tree: Mapping[str, object], name: str) -> None:
    schema = tree.get("schema", SCHEMA)
    family, _, version = str(schema).partition("/")
    known = isinstance(schema, str) and family == SCHEMA_NAME and version.isascii() and version.isdecimal()
    if not known or not 0 < len(version) < 10 or int(version) < 1:
        raise FileError(f'{name}: schema is {_said(schema)}, expected "{SCHEMA}". {_NEW}')
    if int(version) > SCHEMA_VERSION:
        raise FileError(
            f"{name}: written as {schema}, but this groundup reads up to {SCHEMA}. "
            "Update groundup: pip install --upgrade groundup."
        )


def _date_of(tree: Mapping[str, object], today: datetime.date, problems: list[str]) -> datetime.date | None:
    if "date" not in tree:
        return None
    try:
        return _day(tree["date"], today, None, False)
    except _Wrong as wrong:
        problems.append(f"date: is {_said(tree['date'])}, {wrong}")
        return None


def _notes_of(tree: Mapping[str, object], problems: list[str]) -> str:
    try:
        return _words(tree.get("notes", ""))
    except _Wrong as wrong:
        problems.append(f"notes: is {_said(tree['notes'])}, {wrong}")
        return ""


def _answers_of(
    tree: Mapping[str, object], today: datetime.date, date: datetime.date | None, problems: list[str]
) -> Answers:
    answers: Answers = {}
    for section, table in tree.items():
        if section in _HEAD:
            continue
        if section not in sections():
            shown = len(problems) < _SHOWN_PROBLEMS
            near = _unknown("section", section, (*sections(), *_HEAD)) if shown else ""
            problems.append(f"[{_clean(section)}]: {near}")
        elif not isinstance(table, dict):
            problems.append(f"[{section}]: is {_said(table)}, expected a section with lines such as name = value.")
        else:
            for name, value in table.items():
                _answer(section, name, value, today, date, answers, problems)
    order = {id: k for k, id in enumerate(fields())}
    return dict(sorted(answers.items(), key=lambda item: (order[item[0][0]], item[0][1])))


def _answer(
    section: str,
    name: str,
    value: object,
    today: datetime.date,
    date: datetime.date | None,
    answers: Answers,
    problems: list[str],
) -> None:
    where = f"[{section}] {_clean(name)}"
    field = fields().get(f"{section}.{name}")
    if field is None:
        shown = len(problems) < _SHOWN_PROBLEMS  # looking for near names takes milliseconds each
        problems.append(f"{where}: {_unknown_field(section, name)}" if shown else where)
        return
    if field.derived:
        problems.append(f"{where}: is {field.help or 'computed from other fields'}. Remove it.")
        return
    try:
        given = _by_side(field, value)
    except _Wrong as wrong:
        problems.append(f"{where}: is {_said(value)}, {wrong}")
        return
    for side, one in given.items():
        try:
            answers[field.id, side] = _CHECKS[field.kind](field, one, today, date)
        except _Wrong as wrong:
            told = f" {side}" if side != "none" else ""
            problems.append(f"{where}{told}: is {_said(one)}, {wrong}")


def _by_side(field: Field, value: object) -> dict[Side, object]:
    if not field.sided:
        if isinstance(value, dict):
            raise _Wrong(f"expected {_expected(field)} without sides.")
        return {"none": value}
    if not isinstance(value, dict) or not value:
        raise _Wrong(f"expected {{ left = …, right = … }} with {_expected(field)}.")
    extra = sorted(set(value) - {*SIDES, "both"})
    if extra:
        raise _Wrong(f"expected left, right or both, not {json.dumps(_clean(extra[0]), ensure_ascii=False)}.")
    if "both" in value:
        if len(value) > 1:
            raise _Wrong("expected both alone, or left and right.")
        return {side: value["both"] for side in SIDES}
    return {side: value[side] for side in SIDES if side in value}


def _yes_no(field: Field, value: object, today: datetime.date, date: datetime.date | None) -> Value:
    if not isinstance(value, bool):
        raise _Wrong("expected true or false. Leave it out where it is unknown.")
    return value


def _number(field: Field, value: object, today: datetime.date, date: datetime.date | None) -> Value:
    return _figure(field, value)


def _figure(field: Field, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise _Wrong(f"expected {_expected(field)}. Leave it out where it is unknown.")
    assert field.low is not None
    assert field.high is not None
    if not field.low <= value <= field.high:
        raise _Wrong(f"expected {_expected(field)}: {field.reason}. Correct it or leave it out.")
    if field.whole and value != int(value):
        raise _Wrong(f"expected {_expected(field)}.")
    return float(value) + 0.0  # minus nought is nought


def _choice(field: Field, value: object, today: datetime.date, date: datetime.date | None) -> Value:
    if not isinstance(value, str) or value not in field.choices:
        raise _Wrong(f"expected {_expected(field)}.{_near(value, field.choices)}")
    return value


def _choices(field: Field, value: object, today: datetime.date, date: datetime.date | None) -> Value:
    if not isinstance(value, list | tuple):
        raise _Wrong(f"expected {_expected(field)}.")
    for word in value:
        if not isinstance(word, str) or word not in field.choices:
            raise _Wrong(f"{_said(word)} is none of {', '.join(field.choices)}.{_near(word, field.choices)}")
    if len(set(value)) < len(value):
        raise _Wrong("expected each word once.")
    return tuple(value)


def _items(field: Field, value: object, today: datetime.date, date: datetime.date | None) -> Value:
    if not isinstance(value, list | tuple) or len(value) != field.count:
        has = f" It has {len(value)}." if isinstance(value, list | tuple) else ""
        raise _Wrong(f"expected {_expected(field)}.{has}")
    found: Items = tuple(None if one in (None, NOT_ANSWERED) else _item(field, k, one) for k, one in enumerate(value))
    return found


def _item(field: Field, place: int, value: object) -> float:
    try:
        return _figure(field, value)
    except _Wrong:
        raise _Wrong(f"answer {place + 1} is {_said(value)}, expected {_range(field)}: {field.reason}.") from None


def _date(field: Field, value: object, today: datetime.date, date: datetime.date | None) -> Value:
    return _day(value, today, date, field.future)


def _day(value: object, today: datetime.date, date: datetime.date | None, future: bool) -> datetime.date:
    day = value
    if isinstance(value, str):
        try:
            day = datetime.date.fromisoformat(value) if len(value) == 10 else None
        except ValueError:
            day = None
    if not isinstance(day, datetime.date) or isinstance(day, datetime.datetime):
        raise _Wrong(f"expected a day such as {today.isoformat()}.")
    if day < EARLIEST:
        raise _Wrong(f"expected a day from {EARLIEST.isoformat()} on. Check the year.")
    if not future and day > today:
        raise _Wrong(f"which lies in the future; expected a day up to today, {today.isoformat()}. Correct it.")
    if not future and date is not None and day > date:
        raise _Wrong(f"which lies after the examination of {date.isoformat()}. Correct one of them.")
    return day


def _text_of(field: Field, value: object, today: datetime.date, date: datetime.date | None) -> Value:
    return _words(value)


def _words(value: object) -> str:
    if not isinstance(value, str):
        raise _Wrong("expected text in quotes.")
    text = value.replace("\r\n", "\n")
    if len(text) > MAX_TEXT:
        raise _Wrong(f"{len(text)} characters long, expected at most {MAX_TEXT}.")
    bad = next((c for c in text if not _readable(c)), None)
    if bad is not None:
        raise _Wrong(f"which holds the control character U+{ord(bad):04X}, expected readable text. Remove it.")
    return text


_CHECKS: Mapping[str, Callable[[Field, object, datetime.date, datetime.date | None], Value]] = {
    "yes_no": _yes_no,
    "number": _number,
    "choice": _choice,
    "choices": _choices,
    "items": _items,
    "date": _date,
    "text": _text_of,
}


# --- words -----------------------------------------------------------------


def _readable(character: str) -> bool:
    return character in "\n\t" or (unicodedata.category(character) not in ("Cc", "Cs") and character not in _TURNING)


def _clean(text: str) -> str:
    return "".join(c if _readable(c) and c not in "\n\t" else "?" for c in text)[:60]


def _said(value: object) -> str:
    """Return what arrived as it stands in a file, short, in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(_clean(value), ensure_ascii=False)
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**18:
        return "a number of many digits"
    return "nothing" if value is None else _clean(str(value))


def _range(field: Field) -> str:
    whole = "a whole number from " if field.whole else ""
    return f"{whole}{field.low:g} to {field.high:g}{f' {field.unit}' if field.unit else ''}"


def _expected(field: Field) -> str:
    """What a field takes, in words; the template says it too."""
    if field.kind == "number":
        return _range(field)
    if field.kind == "items":
        return f'{field.count} numbers from {field.low:g} to {field.high:g}, "{NOT_ANSWERED}" where not answered'
    if field.kind in ("choice", "choices"):
        listed = ", ".join(field.choices)
        return f"one of {listed}" if field.kind == "choice" else f"a list of words out of {listed}"
    return {"yes_no": "true or false", "date": "a day such as 2026-01-31", "text": "text in quotes"}[field.kind]


def _near(word: object, known: tuple[str, ...]) -> str:
    near = get_close_matches(word.lower()[:60], known, 1, 0.6) if isinstance(word, str) else []
    return f' Did you mean "{near[0]}"?' if near else ""


def _unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name.lower()[:60], known, 3, 0.4) or list(known)
    return f"no such {what}. Nearest names: {', '.join(near)}."


def _unknown_field(section: str, name: str) -> str:
    sought = name.lower()[:60]
    elsewhere = [id for id, field in fields().items() if field.name == sought and not field.derived]
    if elsewhere:
        return f"no such field here; it stands in [{elsewhere[0].partition('.')[0]}]. Move it there."
    near = get_close_matches(sought, [f.name for f in fields().values() if f.section == section], 3, 0.5)
    others = get_close_matches(sought, [f.name for f in fields().values() if not f.derived], 3, 0.6)
    ids = [f"{section}.{n}" for n in near] + [f.id for n in others for f in fields().values() if f.name == n]
    if not ids:
        ids = [f.id for f in fields().values() if f.section == section and not f.derived][:5]
    return f"no such field. Nearest names: {', '.join(dict.fromkeys(ids))}. Correct the name or remove the line."


# --- writing ---------------------------------------------------------------


def _plain(value: Value) -> Any:
    if isinstance(value, tuple):
        return [NOT_ANSWERED if one is None else _plain(one) for one in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _toml(value: Any, day: bool) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{side} = {_toml(one, day)}" for side, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one, False) for one in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if day else json.dumps(value, ensure_ascii=False)
    return repr(value)


def _template_lines() -> Iterator[str]:
    yield "# Examination. Take the # away from a line and write its value; what stays is unknown, not normal."
    yield "# By side: { left = …, right = … }, one of them, or { both = … }. No names and no dates of birth."
    yield f'schema = "{SCHEMA}"'
    yield _template_line("date", "", "day of the examination: a day such as 2026-01-31")
    yield _template_line("notes", '""', "what fits nowhere else")
    for section, words in sections().items():
        yield ""
        yield f"[{section}]  # {words}"
        for field in fields().values():
            if field.section == section and not field.derived:
                yield _template_field(field)


def _template_field(field: Field) -> str:
    empty = "{ left = , right = }" if field.sided else ""
    parts = [field.label, "" if field.kind == "yes_no" else _expected(field), field.help]
    return _template_line(field.name, empty, "; ".join(part for part in parts if part))


def _template_line(name: str, value: str, words: str) -> str:
    return f"#{f'{name} = {value}':<50} # {words}"
