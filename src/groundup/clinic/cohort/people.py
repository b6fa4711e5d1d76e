"""People of a cohort, from a table: what each column means, and what cannot be meant."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from groundup.errors import FileError
from groundup.io.people_table import PeopleTable, TableRow, csv_text

_DATA = Path(__file__).resolve().parents[1] / "data" / "cohort.toml"
_YES, _NO = {"yes", "y", "1", "true"}, {"no", "n", "0", "false"}
_UNKNOWN = {"", "na", "n/a", "nan", "unknown", "."}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BMI_AGREES = 1.0  # kg/m²: more than rounding of mass and height makes


@dataclass(frozen=True)
class Column:
    """A column of the table; see the head of ``data/cohort.toml``."""

    id: str
    label: str
    kind: str
    help: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    required: bool = False
    per: float = 1.0


@dataclass(frozen=True)
class CohortPerson:
    """One person at one time. None = unknown. ``place`` says where the values come from, for messages."""

    id: str
    heel_pain: bool | None = None
    back_pain: bool | None = None
    pair: str | None = None
    age_years: float | None = None
    bmi_kg_m2: float | None = None
    other_pain_sites: float | None = None
    faam_adl_percent: float | None = None
    odi_percent: float | None = None
    place: str = ""


@cache
def columns() -> Mapping[str, Column]:
    """Every column a table may have, by its name."""
    return {name: Column(id=name, **one) for name, one in _data()["columns"].items()}


@cache
def conventions() -> Mapping[str, Mapping[str, float]]:
    """Limits of few people, from ``data/cohort.toml``."""
    found: Mapping[str, Mapping[str, float]] = _data()["conventions"]
    return found


@cache
def published() -> tuple[str, ...]:
    """What is published on the question, in words with its source."""
    return tuple(f"{one['label']} ({one['source']})" for one in _data()["published"].values())


@cache
def _data() -> dict[str, Any]:
    with open(_DATA, "rb") as file:
        return tomllib.load(file)


def template() -> str:
    """Return a table without people: what each column means as comments, then the line of names."""
    told = [f"# {c.id}: {c.label}{_range(c)}. {c.help}" for c in columns().values()]
    head = "# One line per person. An empty cell means unknown. Lines that begin with # are skipped."
    return "\n".join([head, *told, ""]) + csv_text([list(columns())])


def people_of(table: PeopleTable) -> tuple[CohortPerson, ...]:
    """Return the people of a table.

    Raises
    ------
    FileError
        A column is unknown (with the nearest names) or missing; a value is no number, beyond its range or in another
        unit; an id is there twice.
    """
    _check_columns(table)
    people: dict[str, CohortPerson] = {}
    for row in table.rows:
        person = _person(row, table)
        if person.id in people:
            raise FileError(
                f"{person.place}: id {person.id!r} is there before ({people[person.id].place}), expected one line per "
                "person. Leave one visit of each person."
            )
        people[person.id] = person
    return tuple(people.values())


def _check_columns(table: PeopleTable) -> None:
    known = columns()
    for name in table.columns:
        if name not in known:
            near = get_close_matches(name.lower().replace(" ", "_"), known, 3, 0.4)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(known)}."
            raise FileError(f"{table.name}: column {name[:40]!r} is not known. {hint} Or take the column out.")
    missing = [c.id for c in known.values() if c.required and c.id not in table.columns]
    if missing:
        raise FileError(
            f"{table.name}: column {', '.join(missing)} is missing, expected at least id, heel_pain and back_pain. "
            "groundup cohort --new writes a table to fill in."
        )


def _person(row: TableRow, table: PeopleTable) -> CohortPerson:
    place = f"{table.name} line {row.line}"
    values = {
        name: _value(columns()[name], cell, place, table.decimal_comma)
        for name, cell in row.cells.items()
        if cell.lower() not in _UNKNOWN
    }
    if "id" not in values:
        raise FileError(f"{place}: has no id, expected a pseudonymous one of letters and digits, such as p01.")
    values["bmi_kg_m2"] = _bmi(values, place)
    mass_and_height = ("mass_kg", "height_m")
    return CohortPerson(**{k: v for k, v in values.items() if k not in mass_and_height}, place=place)


def _value(column: Column, cell: str, place: str, decimal_comma: bool) -> Any:
    if column.kind == "text":
        return _name(column, cell, place)
    if column.kind == "yes_no":
        return _yes_no(column, cell, place)
    return _number(column, cell, place, decimal_comma)


def _name(column: Column, cell: str, place: str) -> str:
    if not _NAME.fullmatch(cell):
        raise FileError(
            f"{place}: {column.id} is {cell[:40]!r}, expected up to 64 letters, digits, points, hyphens or "
            "underscores, without blanks. Give people pseudonyms, not names."
        )
    return cell


def _yes_no(column: Column, cell: str, place: str) -> bool:
    if cell.lower() in _YES | _NO:
        return cell.lower() in _YES
    raise FileError(f"{place}: {column.id} is {cell[:40]!r}, expected yes or no, or an empty cell for unknown.")


def _number(column: Column, cell: str, place: str, decimal_comma: bool) -> float:
    try:
        value = float(cell.replace(",", ".") if decimal_comma else cell.replace("_", "?"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FileError(f"{place}: {column.id} is {cell[:40]!r}, expected a number{_range(column)}.")
    if not column.low <= value <= column.high:
        raise FileError(f"{place}: {column.id} is {value:g}, expected a number{_range(column)}. {_unit_hint(column)}")
    if column.kind == "whole" and value != int(value):
        raise FileError(f"{place}: {column.id} is {value:g}, expected a whole number{_range(column)}.")
    return value


def _range(column: Column) -> str:
    if math.isinf(column.low):
        return ""
    return f", {column.low:g} to {column.high:g}{f' {column.unit}' if column.unit else ''}"


def _unit_hint(column: Column) -> str:
    return {
        "height_m": "Centimetres? Divide by 100.",
        "mass_kg": "Grams or pounds? Give kilograms.",
    }.get(column.id, "Correct it, or leave the cell empty for unknown.")


def _bmi(values: Mapping[str, Any], place: str) -> float | None:
    """The body mass index as given, or from mass and height."""
    given = values.get("bmi_kg_m2")
    if "mass_kg" not in values or "height_m" not in values:
        return None if given is None else float(given)
    bmi = float(values["mass_kg"] / values["height_m"] ** 2)
    column = columns()["bmi_kg_m2"]
    if given is not None and abs(given - bmi) > _BMI_AGREES:
        raise FileError(
            f"{place}: bmi_kg_m2 is {given:g}, but mass_kg and height_m make {bmi:.1f}. Correct one of the three."
        )
    if not column.low <= bmi <= column.high:
        raise FileError(
            f"{place}: mass_kg and height_m make a body mass index of {bmi:.1f}, "
            f"expected{_range(column)[1:]}. Check both."
        )
    return float(given) if given is not None else bmi
