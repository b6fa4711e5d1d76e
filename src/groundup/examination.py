"""The nouns of a clinical examination: which fields there are, and what one record holds.

The fields stand in ``clinic/data/examination.toml``. A record holds what was asked and answered; everything else is
unknown, which is never the same as normal. A record carries no name and no date of birth.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as member
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from groundup.study import Side

SCHEMA_NAME = "groundup.examination"
SCHEMA_VERSION = 1
SCHEMA = f"{SCHEMA_NAME}/{SCHEMA_VERSION}"
FIELDS_FILE = Path(__file__).parent / "clinic" / "data" / "examination.toml"

Kind = Literal["yes_no", "number", "choice", "choices", "date", "text", "items"]
Items = tuple[float | None, ...]
Value = bool | float | str | datetime.date | tuple[str, ...] | Items
"""By kind: yes_no bool; number float; choice and text str; choices words; date; items numbers, None: not answered."""

Derived = Callable[["Examination", Side], float | None]

DAYS_PER_MONTH = 30.4375
SIDES: tuple[Side, ...] = ("left", "right")


@dataclass(frozen=True)
class Field:
    """One thing that can be asked, examined or measured.

    Attributes
    ----------
    id : str
        ``<section>.<name>``; a number's name ends in its unit.
    kind : see :data:`Value`
    unit : of a number or of the answers
    low, high : float or None
        What can be typed, ends included; ``reason`` says why. They catch slips and judge nobody.
    whole : bool
        Only whole numbers.
    choices : tuple of str
    count : int
        How many answers ``items`` has.
    sided : bool
        Left and right have a value each.
    derived : bool
        Computed from other fields, never typed.
    future : bool
        A date that may lie ahead.
    source, status, date : where the question, test or scale is described
    """

    id: str
    label: str
    kind: Kind
    unit: str = ""
    low: float | None = None
    high: float | None = None
    reason: str = ""
    whole: bool = False
    choices: tuple[str, ...] = ()
    count: int = 0
    sided: bool = False
    derived: bool = False
    future: bool = False
    help: str = ""
    source: str = ""
    status: str = ""
    date: str = ""

    @property
    def section(self) -> str:
        """Part of the examination: ``person``, ``history`` …"""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """The id without its section."""
        return self.id.partition(".")[2]


@dataclass(frozen=True)
class Examination:
    """One examination of one person: what is known, by field and side.

    Attributes
    ----------
    date : day of the examination, or None
    answers : by (id, side); side ``none`` where the field has no sides. What is not in it is unknown.
    notes : free text

    Raises
    ------
    KeyError
        An answer to no known field, or on a side that the field does not have. Values are checked where records are
        read (``io.exam_file``).
    """

    date: datetime.date | None = None
    answers: Mapping[tuple[str, Side], Value] = member(default_factory=dict)
    notes: str = ""
    schema: str = SCHEMA

    def __post_init__(self) -> None:
        for id, side in self.answers:
            _asked(id, side)

    def get(self, id: str, side: Side = "none") -> Value | None:
        """Return what is known of a field on a side, None where it is unknown; derived fields are computed.

        Raises
        ------
        KeyError
            No such field, or a field with sides asked without one, or the other way round.
        """
        _asked(id, side)
        found = self.answers.get((id, side))
        if found is not None:
            return found
        return _DERIVED[id](self, side) if id in _DERIVED else None

    def number(self, id: str, side: Side = "none") -> float | None:
        """Return a number, None where it is unknown."""
        found = self.get(id, side)
        return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None

    def sides(self, id: str) -> tuple[Side, ...]:
        """Sides on which a field is known: of left and right, or ``none`` for a field without sides."""
        asked: tuple[Side, ...] = SIDES if fields()[id].sided else ("none",)
        return tuple(side for side in asked if self.get(id, side) is not None)


def _asked(id: str, side: Side) -> None:
    field = fields().get(id)
    if field is None:
        near = get_close_matches(id, fields(), 3, 0.5)
        raise KeyError(f"no field {id!r}; nearest names: {', '.join(near) or 'none'}")
    if field.sided == (side == "none"):
        raise KeyError(f"{id} is {'' if field.sided else 'not '}told by side, asked for {side!r}")


@cache
def fields() -> Mapping[str, Field]:
    """Every field by id, in the order of an examination."""
    found = {}
    for section, table in _table().items():
        for name, entry in table.items():
            if isinstance(entry, dict):
                known = {**entry, "choices": tuple(entry.get("choices", ()))}
                found[f"{section}.{name}"] = Field(id=f"{section}.{name}", **known)
    return MappingProxyType(found)


@cache
def sections() -> Mapping[str, str]:
    """Every section, in the order of an examination, with its words."""
    return MappingProxyType({section: str(table["words"]) for section, table in _table().items()})


@cache
def _table() -> Mapping[str, Mapping[str, object]]:
    return tomllib.loads(FIELDS_FILE.read_text(encoding="utf-8"))


# --- computed from other fields -------------------------------------------


def _bmi(exam: Examination, side: Side) -> float | None:
    height, mass = exam.number("person.height_m"), exam.number("person.mass_kg")
    return None if height is None or mass is None else mass / height**2


def _months_since(id: str) -> Derived:
    def months(exam: Examination, side: Side) -> float | None:
        began = exam.get(id, side)
        if exam.date is None or not isinstance(began, datetime.date):
            return None
        return (exam.date - began).days / DAYS_PER_MONTH

    return months


def _other_sites(exam: Examination, side: Side) -> float | None:
    """Sites of the body chart beside heels and low back, each side counted; unknown until all of it is filled in."""
    places = [("pain.trunk_sites", "none"), *((f"pain.{part}_sites", s) for part in ("leg", "arm") for s in SIDES)]
    marked = [exam.get(id, side) for id, side in places]
    if any(m is None for m in marked):
        return None
    return float(sum(site not in ("heel", "low_back") for m in marked if isinstance(m, tuple) for site in m))


_DERIVED: Mapping[str, Derived] = {
    "person.bmi_kg_m2": _bmi,
    "history.heel_pain_months": _months_since("history.heel_pain_since"),
    "history.back_pain_months": _months_since("history.back_pain_since"),
    "pain.other_sites_count": _other_sites,
}
