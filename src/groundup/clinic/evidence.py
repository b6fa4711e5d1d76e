"""Where every number comes from: each rule, range, treatment and parameter with its source, status and date.

Numbers live in data files beside the code that uses them. ``data/evidence.toml`` lists those files, and what holds for
entries that say nothing themselves. An entry is a table of such a file, or one of a list of tables; a table within it
that names a source of its own is an entry of its own. A table of tab-separated values is one entry.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

PACKAGE = Path(__file__).resolve().parents[1]
INDEX_FILE = Path(__file__).parent / "data" / "evidence.toml"
DATA_ENDINGS = (".toml", ".tsv")

Status = Literal["assert", "sign", "show", "verify", "assumed", "measured"]
STATUSES: Mapping[str, str] = {
    "assert": "good enough for a verdict",
    "sign": "only the direction",
    "show": "displayed, no verdict",
    "verify": "known second-hand, to be checked, no verdict",
    "assumed": "no published value, chosen",
    "measured": "groundup's own measurement or fit",
}
MAY_DECIDE = ("assert", "assumed", "measured")
"""A number with another status never turns a result. What is assumed is said so wherever it is used."""

_WORDS = ("label", "text", "words", "method", "title", "why", "meaning", "mechanism", "note")
_NAMES = ("id", "measure", "name", "field")
_SHOWN_NUMBERS = 6


@dataclass(frozen=True)
class Entry:
    """One rule, range, treatment or parameter.

    Attributes
    ----------
    id : str
        Unique within its file.
    kind, text : str
        What it is, in plain words.
    numbers : tuple of (name, number)
        Each as it stands in the file; the unit is in the name, beside it as ``unit``, or in the text.
    source, status, date : str
        Status as in `STATUSES`; the date is the day the entry was last looked at.
    file : str
        Below the package.
    decides : bool
        A number of it may turn a result.
    """

    id: str
    kind: str
    text: str
    numbers: tuple[tuple[str, float], ...]
    source: str
    status: str
    date: str
    file: str
    decides: bool
    unit: str = ""

    def line(self) -> str:
        """Return it in one line."""
        shown = [f"{name} {value:g}" for name, value in self.numbers[:_SHOWN_NUMBERS]]
        shown += ["…"] * (len(self.numbers) > _SHOWN_NUMBERS)
        parts = [self.id, self.text, ", ".join(shown) + (f" {self.unit}" if shown and self.unit else "")]
        return f"{' · '.join(p for p in parts if p)} [{self.status}, {self.date}] {self.source}"


@dataclass(frozen=True)
class DataFile:
    """A line of ``data/evidence.toml``; see its head."""

    path: str
    kind: str
    decides: Literal["none", "all", "limits"]
    limits: tuple[str, ...] = ()
    only: str = ""
    name: str = ""
    source: str = ""
    status: str = ""
    date: str = ""
    own: Mapping[str, Mapping[str, str]] | None = None

    def decide(self, table: object, status: str) -> bool:
        """Whether a number of this table may turn a result."""
        if self.decides == "none" or (self.only and status != self.only):
            return False
        return self.decides == "all" or any(key in self.limits for key, _ in _numbers(table))


@cache
def data_files() -> tuple[DataFile, ...]:
    """Every line of the index, in its order; the first that fits a file is its own."""
    listed: list[dict[str, Any]] = _toml(INDEX_FILE)["file"]
    return tuple(DataFile(**{**one, "limits": tuple(one.get("limits", ()))}) for one in listed)


def unlisted() -> tuple[str, ...]:
    """Return data files of the package that the index does not know."""
    found = {p for p in PACKAGE.rglob("*") if p.suffix in DATA_ENDINGS and p != INDEX_FILE}
    known = {p for line in data_files() for p in PACKAGE.glob(line.path)}
    return tuple(sorted(p.relative_to(PACKAGE).as_posix() for p in found - known))


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry of every file, in the order of the index."""
    seen: set[Path] = {INDEX_FILE}
    found: list[Entry] = []
    for line in data_files():
        for path in sorted(set(PACKAGE.glob(line.path)) - seen):
            seen.add(path)
            found += _tsv(path, line) if path.suffix == ".tsv" else _of_toml(path, line)
    return tuple(found)


def find(word: str = "") -> tuple[Entry, ...]:
    """Entries in which a word occurs, in any of their fields; case does not matter. All for no word."""
    sought = word.casefold()
    return tuple(
        e for e in entries() if sought in " ".join((e.id, e.kind, e.text, e.source, e.status, e.file)).casefold()
    )


def to_json(found: tuple[Entry, ...]) -> dict[str, object]:
    """Return entries as plain JSON values."""
    listed = [asdict(e) | {"numbers": [{"name": n, "value": v} for n, v in e.numbers]} for e in found]
    return {"statuses": dict(STATUSES), "entries": listed}


def _of_toml(path: Path, line: DataFile) -> Iterator[Entry]:
    table = _toml(path)
    whole = {k: table[k] for k in ("source", "status", "date") if isinstance(table.get(k), str)}
    base = {"source": line.source, "status": line.status, "date": line.date} | whole
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _table(key, value, base, path, line)
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            for i, one in enumerate(value, 1):
                yield from _table(_named(one, key, i, line), one, base, path, line)
        elif key not in whole and list(_numbers(value)):
            yield _entry(key, {key: value}, base, path, line)


def _table(name: str, table: dict[str, Any], base: Mapping[str, str], path: Path, line: DataFile) -> Iterator[Entry]:
    """One entry and those within it that name their own source or status."""
    own = (line.own or {}).get(name, {})
    known = {**base, **own, **{k: table[k] for k in ("source", "status", "date") if isinstance(table.get(k), str)}}
    if "checked" in table:
        known["status"] = "show" if table["checked"] else "verify"
    within = list(_within(table))
    mine = _without(table, [one for _, one in within])
    entry = _entry(name, mine, known, path, line)
    if entry.numbers or "source" in table or not within:
        yield entry
    for place, one in within:
        yield from _table(f"{name}.{place}", one, known, path, line)


def _within(table: dict[str, Any], place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Nearest tables below this one that name a source or status of their own."""
    for key, value in table.items():
        many = isinstance(value, list)
        for i, one in enumerate(value if many else [value], 1):
            if not isinstance(one, dict):
                continue
            here = f"{place}{key}" + (f".{i}" if many else "")
            if "source" in one or "status" in one:
                yield here, one
            else:
                yield from _within(one, f"{here}.")


def _without(value: Any, left_out: list[dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        return {k: _without(v, left_out) for k, v in value.items() if not any(v is one for one in left_out)}
    if isinstance(value, list):
        return [_without(v, left_out) for v in value if not any(v is one for one in left_out)]
    return value


def _entry(name: str, table: dict[str, Any], known: Mapping[str, str], path: Path, line: DataFile) -> Entry:
    text = next((str(table[w]) for w in _WORDS if isinstance(table.get(w), str)), "")
    unit = table.get("unit")
    source = known["source"] or ("no published value: chosen by us" if known["status"] == "assumed" else "")
    return Entry(
        id=name,
        kind=line.kind,
        text=text,
        numbers=tuple(_numbers(table)),
        source=source,
        status=known["status"],
        date=str(known["date"]),
        file=path.relative_to(PACKAGE).as_posix(),
        decides=line.decide(table, known["status"]),
        unit=unit if isinstance(unit, str) else "",
    )


def _numbers(value: object, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number below a value, with the nearest name above it."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _numbers(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _numbers(one, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, float(value)


def _named(one: object, key: str, place: int, line: DataFile) -> str:
    names = (line.name,) if line.name else _NAMES
    found = next((one[n] for n in names if n in one), None) if isinstance(one, dict) else None
    # Two ranges of one measure differ by their place.
    return f"{', '.join(found) if isinstance(found, list) else found} ({place})" if found else f"{key}.{place}"


def _tsv(path: Path, line: DataFile) -> Iterator[Entry]:
    """One entry a row where the table has sources; otherwise one for all, whose sources its comment may name."""
    rows = path.read_text(encoding="utf-8").splitlines()
    comment = " ".join(r.lstrip("# ") for r in rows if r.startswith("#"))
    head, *body = [r.split("\t") for r in rows if r and not r.startswith("#")]
    if {"key", "value", "source"} <= set(head):
        for row in body:
            yield _tsv_row(dict(zip(head, row, strict=False)), path, line)
        return
    table = {"text": f"{len(body)} rows of {', '.join(head)}", "rows": len(body)}
    source = "; ".join(part for part in (comment, line.source) if part)
    yield _entry(path.stem, table, {"source": source, "status": line.status, "date": line.date}, path, line)


def _tsv_row(row: dict[str, str], path: Path, line: DataFile) -> Entry:
    status = "verify" if "verify" in row["source"] else line.status
    known = {"source": row["source"] or line.source, "status": status, "date": line.date}
    table = {"value": float(row["value"]), "unit": row.get("unit", "")}
    return _entry(f"{path.stem}.{row['key']}", table, known, path, line)


@cache
def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
