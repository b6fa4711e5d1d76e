"""What may enter the store. Nothing is stored unless all passes; a message says what arrived and what was expected."""

from __future__ import annotations

import difflib
import json
import math
import re
import secrets
from collections.abc import Iterable
from datetime import date

from groundup.clinic.store.records import Content, FileEntry, Number, StudyEntry, Treatment
from groundup.errors import StoreError

ID_PATTERN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
MEASURE_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
SHA256_PATTERN = re.compile(r"[0-9a-f]{64}")
EARLIEST_YEAR = 1900
LONGEST_WORDS = 500
LONGEST_PATH = 4096
LONGEST_JSON = 4 * 2**20
SIDES = ("left", "right", "none")
# Without letters and digits that look alike, so that an id survives handwriting.
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def new_person_id() -> str:
    """Return a random pseudonym that says nothing about anybody, such as ``p-7k2mq9xd``."""
    return "p-" + "".join(secrets.choice(_LETTERS) for _ in range(8))


def checked_id(value: object, what: str) -> str:
    """Return an id of a person or a visit."""
    if not isinstance(value, str) or not ID_PATTERN.fullmatch(value):
        raise StoreError(
            f"{what} {shown(value)} is no id: expected 1 to 64 letters A-Z, digits and . _ - between them. "
            "Ids are pseudonyms; give none to have one made, and keep the list of names elsewhere."
        )
    return value


def checked_date(value: object, what: str, today: date, not_before: int | None = None) -> str:
    """Return a day, not in the future and not before the year of birth."""
    day = _day(value, what)
    if day > today:
        raise StoreError(f"{what} {day} is in the future (today is {today}). Give the day it happened.")
    earliest = not_before or EARLIEST_YEAR
    if day.year < earliest:
        raise StoreError(f"{what} {day} is before {earliest}{', the year of birth' if not_before else ''}. Check it.")
    return day.isoformat()


def _day(value: object, what: str) -> date:
    try:
        if isinstance(value, date):
            return date(value.year, value.month, value.day)
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise StoreError(f"{what} {shown(value)} is no day: expected year-month-day, such as 2026-05-04.")


def checked_birth_year(value: object, today: date) -> int | None:
    """Return a year of birth, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not EARLIEST_YEAR <= value <= today.year:
        raise StoreError(f"birth year {shown(value)}: expected a year from {EARLIEST_YEAR} to {today.year}, or none.")
    return value


def checked_words(value: object, what: str, longest: int = LONGEST_WORDS, needed: bool = False) -> str:
    """Return text that every database can hold."""
    if not isinstance(value, str):
        raise StoreError(f"{what} is {shown(value)}, expected text.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise StoreError(f"{what} {shown(value)} is not UTF-8. Save or type it as UTF-8 and try again.") from None
    if "\x00" in value:
        raise StoreError(f"{what} {shown(value)} holds a null character, expected text.")
    if len(value) > longest:
        raise StoreError(f"{what} has {len(value)} characters, expected at most {longest}. Shorten it.")
    if needed and not value.strip():
        raise StoreError(f"{what} is empty, expected text.")
    return value


def checked_json(value: object, what: str) -> str:
    """Return JSON text of an object, to the letter as it came."""
    text = checked_words(value, what, LONGEST_JSON)
    try:
        tree = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{what} is not JSON ({error}). Write it again with groundup evaluate.") from error
    if not isinstance(tree, dict):
        raise StoreError(f"{what} is {shown(tree)}, expected a JSON object with its sections.")
    return text


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def checked_number(number: Number) -> Number:
    """Return a score or main number with sane parts."""
    if not isinstance(number.measure, str) or not MEASURE_PATTERN.fullmatch(number.measure):
        raise StoreError(f"measure {shown(number.measure)}: expected an id such as odi, faam_adl or lumbar_peak.")
    if number.side not in SIDES:
        raise StoreError(f"{number.measure}: side {shown(number.side)}, expected one of {', '.join(SIDES)}.")
    _finite(number.value, f"{number.measure}: value")
    for name in ("low", "high", "detectable"):
        value = getattr(number, name)
        if value is not None:
            _finite(value, f"{number.measure}: {name}")
    checked_words(number.unit, f"{number.measure}: unit", 40)
    checked_words(number.label, f"{number.measure}: label")
    if number.details is not None:
        checked_json(number.details, f"{number.measure}: details")
    return number


def _finite(value: object, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise StoreError(f"{what} is {shown(value)}, expected a finite number. Leave it out where it is unknown.")


def checked_content(content: Content, today: date, birth_year: int | None) -> Content:
    """Return what belongs to a visit, each part checked, nothing twice."""
    if content.examination is not None:
        checked_json(content.examination, "examination")
    for number in content.scores:
        checked_number(number)
    _once(((n.measure, n.side) for n in content.scores), "score")
    for study in content.studies:
        _check_study(study)
    _once(((s.path,) for s in content.studies), "study")
    for recording in content.recordings:
        _check_file(recording, "recording")
    _once(((r.path,) for r in content.recordings), "recording")
    for treatment in content.treatments:
        _check_treatment(treatment, today, birth_year)
    return content


def _check_file(entry: FileEntry | StudyEntry, what: str) -> None:
    checked_words(entry.path, f"{what}: path", LONGEST_PATH, needed=True)
    if not isinstance(entry.sha256, str) or not SHA256_PATTERN.fullmatch(entry.sha256):
        raise StoreError(f"{what} {entry.path}: hash {shown(entry.sha256)}, expected 64 hex digits of a SHA-256.")


def _check_study(study: StudyEntry) -> None:
    _check_file(study, "study")
    checked_words(study.title, "study: title")
    for number in study.numbers:
        checked_number(number)
    _once(((n.measure, n.side) for n in study.numbers), f"study {study.path}: number")


def _check_treatment(treatment: Treatment, today: date, birth_year: int | None) -> None:
    checked_words(treatment.name, "treatment", needed=True)
    checked_words(treatment.dose, f"treatment {treatment.name}: dose")
    days = [
        checked_date(day, f"treatment {treatment.name}: {name}", today, birth_year)
        for name, day in (("start", treatment.started), ("end", treatment.ended))
        if day is not None
    ]
    if len(days) == 2 and days[1] < days[0]:
        raise StoreError(f"treatment {treatment.name}: ends {days[1]}, before its start {days[0]}. Check both days.")


def _once(keys: Iterable[tuple[str, ...]], what: str) -> None:
    seen: set[tuple[str, ...]] = set()
    for key in keys:
        if key in seen:
            words = " ".join(part for part in key if part != "none")
            raise StoreError(f"{what} {words} is given twice. Give it once for each visit.")
        seen.add(key)


def unknown(what: str, name: str, known: Iterable[str], how_to_list: str) -> StoreError:
    """Return the error for an id that is not in the store, with the nearest ones."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    offer = f"Nearest: {', '.join(near)}." if near else f"List what there is: {how_to_list}."
    return StoreError(f"{what} {shown(name)} is not in the store. {offer}")


def shown(value: object) -> str:
    """Return a value as a message shows it: short, on one line, printable everywhere."""
    text = json.dumps(value, ensure_ascii=not _printable(value), default=str)
    return text if len(text) <= 80 else text[:77] + "..."


def _printable(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and not any("\ud800" <= c <= "\udfff" for c in value)
