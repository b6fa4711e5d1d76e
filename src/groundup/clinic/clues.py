"""Clues: conditions on a record and, where there is one, a study, that hold, do not hold, or cannot be told.

A clause is a table of a data file::

    {field = "history.first_step_pain", is = true}
    {field = "pain.heel_place", any_of = ["medial_plantar", "diffuse"]}   # one of them; for lists: at least one in it
    {field = "person.age_years", at_least = 50, below = 65}               # above, at_least, below, at_most
    {field = "motion.lunge_dorsiflexion_deg", less_than_other_by = 4.6}   # this side against the other
    {score = "odi", above = 40}                                           # a computed score, in its own unit
    {finding = "pattern.heel_avoidance", grade = "moderate"}              # of the study, at least so sure
    {measure = "foot.heel_share", below = 20}                             # of the study, with its interval
    {field = "history.back_onset_age_years", below = 45, never_above = "person.age_years"}
    {has = "fever"}                                                       # a clause of data/named.toml
    {all = [...]}  {any = [...]}  {count = 4, of = [...]}  {not = {...}}

``never_above`` names a field that the asked one cannot exceed: where this is unknown and that lies below the limit, the
clause holds (back pain of somebody aged 30 began before 45). A named clause is held against each side meant for itself.

``words`` replaces the words made from the label. ``side`` says whose value is meant: ``same`` as the hypothesis
(default), ``other``, ``left``, ``right``, ``any`` (one of them is enough) or ``both``. Where the whole person is asked
about (side ``none``), ``same`` and ``other`` mean ``any``. Fields without sides have none whatever is said.

States follow Kleene's strong three-valued logic: True, False, None for unknown.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from groundup.chain.rules import patterns
from groundup.clinic.examination import SIDES, Examination, Field, Value, fields
from groundup.study import Finding, Side, Study

NAMED_FILE = Path(__file__).parent / "data" / "named.toml"

State = bool | None
SideWord = Literal["same", "other", "left", "right", "any", "both"]
GRADES = ("none", "noted", "weak", "moderate", "strong")
_COMPARISONS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "above": ("above", lambda value, limit: value > limit),
    "at_least": ("at least", lambda value, limit: value >= limit),
    "below": ("below", lambda value, limit: value < limit),
    "at_most": ("at most", lambda value, limit: value <= limit),
}
_FROM_BELOW = ("below", "at_most")
_OTHER: Mapping[Side, Side] = {"left": "right", "right": "left", "none": "none"}
_SIDE_WORDS = ("same", "other", "left", "right", "any", "both")
_EITHER = ("words", "side")


@dataclass(frozen=True)
class Clue:
    """What one clause says of one record.

    Attributes
    ----------
    state : True holds, False does not, None cannot be told
    words : what is claimed, with the value that was found
    fields : what was asked: ids of fields, and ``study:<id>`` for findings and measures
    missing : those of them that are unknown and could change an unknown state; empty where the state is known
    parts : of a combined clause
    """

    state: State
    words: str
    fields: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    parts: tuple[Clue, ...] = ()


@dataclass(frozen=True)
class Clause:
    """A parsed clause; call it with a record, a study or None, and the side of the hypothesis."""

    table: Mapping[str, Any]
    parts: tuple[Clause, ...] = ()

    def __call__(self, exam: Examination, study: Study | None = None, side: Side = "none") -> Clue:
        """Hold the clause against a record."""
        for key, judge in _JUDGES.items():
            if key in self.table:
                return judge(self, exam, study, side)
        raise AssertionError("parse() lets no other clause through")

    def asked(self) -> tuple[str, ...]:
        """Ids of all fields it can ask for, those of a score too, and ``study:<id>`` of findings and measures."""
        own = [str(self.table[key]) for key in ("field", "never_above") if key in self.table]
        own += _fields_of_score(self.table["score"]) if "score" in self.table else []
        own += [f"study:{self.table[key]}" for key in ("finding", "measure") if key in self.table]
        return tuple(dict.fromkeys([*own, *(f for part in self.parts for f in part.asked())]))


@dataclass(frozen=True)
class Named:
    """A clause with a name: its words, which side it is asked of, and where it is described."""

    id: str
    words: str
    clause: Clause
    sided: bool


# --- parsing ---------------------------------------------------------------


def parse(table: Mapping[str, Any]) -> Clause:
    """Parse a clause of a data file.

    Raises
    ------
    ValueError
        A fault of the data file: unknown key, field, choice, score or pattern, or a limit that is no number.
    """
    if any(isinstance(table.get(key), list) for key in ("all", "any")):
        key = "all" if "all" in table else "any"
        return _group(table, {key}, table[key])
    if "count" in table:
        return _group(table, {"count", "of"}, table["of"])
    if "not" in table:
        return _group(table, {"not"}, [table["not"]])
    if "has" in table:
        return _parse_has(table)
    for key, check in (("field", _check_field), ("score", _check_score), ("finding", _check_finding)):
        if key in table:
            check(table)
            break
    else:
        if "measure" not in table:
            raise ValueError(f"clause {dict(table)} names no field, score, finding or measure")
        _check_keys(table, ("measure", *_COMPARISONS))
    _check_side(table)
    return Clause(table)


@cache
def named() -> Mapping[str, Named]:
    """Every clause of ``data/named.toml`` by its name."""
    found = {}
    for id, entry in tomllib.loads(NAMED_FILE.read_text(encoding="utf-8")).items():
        if isinstance(entry, dict):
            clause = parse({"any": entry["any"]})
            found[id] = Named(id, entry["words"], clause, any(fields()[f].sided for f in clause.asked()))
    return found


def _parse_has(table: Mapping[str, Any]) -> Clause:
    _check_keys(table, ("has",))
    _check_side(table)
    if table["has"] not in named():
        raise ValueError(f"clause {dict(table)}: no such named clause, expected one of {', '.join(named())}")
    return Clause(table, (named()[table["has"]].clause,))


def _check_side(table: Mapping[str, Any]) -> None:
    if table.get("side", "same") not in _SIDE_WORDS:
        raise ValueError(f"clause {dict(table)}: side is none of {', '.join(_SIDE_WORDS)}")


def _group(table: Mapping[str, Any], keys: set[str], parts: Sequence[Mapping[str, Any]]) -> Clause:
    _check_keys(table, tuple(keys))
    if not parts:
        raise ValueError(f"clause {dict(table)} is empty")
    return Clause(table, tuple(parse(part) for part in parts))


def _check_keys(table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    extra = sorted(set(table) - set(keys) - set(_EITHER))
    if extra:
        raise ValueError(f"clause {dict(table)}: {extra[0]} is unknown, expected {', '.join(keys)}")
    for key in set(table) & set(_COMPARISONS):
        if isinstance(table[key], bool) or not isinstance(table[key], int | float):
            raise ValueError(f"clause {dict(table)}: {key} is no number")


def _check_field(table: Mapping[str, Any]) -> None:
    field = fields().get(table["field"])
    if field is None:
        raise ValueError(f"clause {dict(table)}: no such field")
    allowed: tuple[str, ...] = ("is",) if field.kind in ("yes_no", "choice") else ()
    allowed += ("any_of",) if field.kind in ("choice", "choices") else ()
    allowed += (*_COMPARISONS, "less_than_other_by") if field.kind == "number" else ()
    _check_keys(table, ("field", "never_above", *allowed))
    if "never_above" in table and not _can_be_bounded(table):
        raise ValueError(f"clause {dict(table)}: never_above needs a limit below and a number without sides")
    if not set(table) & set(allowed):
        raise ValueError(f"clause {dict(table)}: expected one of {', '.join(allowed)}")
    words = [*table.get("any_of", ()), *([table["is"]] if field.kind == "choice" and "is" in table else [])]
    wrong = [w for w in words if w not in field.choices]
    if wrong or (field.kind == "yes_no" and not isinstance(table["is"], bool)):
        raise ValueError(f"clause {dict(table)}: {wrong or table['is']} is no answer to {field.id}")
    if "less_than_other_by" in table and not field.sided:
        raise ValueError(f"clause {dict(table)}: {field.id} has no sides")


def _can_be_bounded(table: Mapping[str, Any]) -> bool:
    bound = fields().get(table["never_above"])
    plain = bound is not None and bound.kind == "number" and not bound.sided
    return plain and set(table) & {*_COMPARISONS} <= set(_FROM_BELOW) and bool(set(table) & set(_FROM_BELOW))


def _check_score(table: Mapping[str, Any]) -> None:
    from groundup.clinic.scores import instruments

    _check_keys(table, ("score", *_COMPARISONS))
    if table["score"] not in instruments():
        raise ValueError(f"clause {dict(table)}: no such score, expected one of {', '.join(instruments())}")


def _check_finding(table: Mapping[str, Any]) -> None:
    _check_keys(table, ("finding", "grade"))
    kind, _, name = table["finding"].partition(".")
    if table.get("grade", "weak") not in GRADES or (kind == "pattern" and name not in {p.id for p in patterns()}):
        raise ValueError(f"clause {dict(table)}: no such finding or grade")


# --- judging ---------------------------------------------------------------


def reasons(clue: Clue) -> tuple[str, ...]:
    """Return the fields on which a known state rests: of parts that tell the same once more, all."""
    if not clue.parts:
        return clue.fields
    # A part below "not" has the opposite state; one below any other that agrees with the whole helps to make it.
    telling = [p for p in clue.parts if p.state is clue.state] or clue.parts
    return tuple(dict.fromkeys(f for part in telling for f in reasons(part)))


def all_of(states: Iterable[State]) -> State:
    """Kleene's and."""
    known = list(states)
    return False if False in known else None if None in known else True


def any_of(states: Iterable[State]) -> State:
    """Kleene's or."""
    known = list(states)
    return True if True in known else None if None in known else False


def at_least(count: int, states: Iterable[State]) -> State:
    """So many of them hold."""
    known = list(states)
    yes, open_ = known.count(True), known.count(None)
    return True if yes >= count else None if yes + open_ >= count else False


def _all(clause: Clause, exam: Examination, study: Study | None, side: Side) -> Clue:
    return _joined(clause, [p(exam, study, side) for p in clause.parts], all_of, "; ")


def _any(clause: Clause, exam: Examination, study: Study | None, side: Side) -> Clue:
    return _joined(clause, [p(exam, study, side) for p in clause.parts], any_of, " or ")


def _count(clause: Clause, exam: Examination, study: Study | None, side: Side) -> Clue:
    need: int = clause.table["count"]
    parts = [p(exam, study, side) for p in clause.parts]
    head = f"at least {need} of {len(parts)}: "
    return _joined(clause, parts, lambda states: at_least(need, states), "; ", head)


def _not(clause: Clause, exam: Examination, study: Study | None, side: Side) -> Clue:
    (inner,) = [p(exam, study, side) for p in clause.parts]
    state = None if inner.state is None else not inner.state
    words = clause.table.get("words") or f"not: {inner.words}"
    return Clue(state, words, inner.fields, inner.missing, (inner,))


def _joined(
    clause: Clause, parts: list[Clue], logic: Callable[[list[State]], State], between: str, head: str = ""
) -> Clue:
    state = logic([p.state for p in parts])
    # What holds is told by the parts that make it hold; the others would only confuse.
    told = [p for p in parts if p.state is True] if state is True else parts
    words = clause.table.get("words") or head + ("; " if state is True else between).join(p.words for p in told)
    asked = tuple(dict.fromkeys(f for p in parts for f in p.fields))
    missing = tuple(dict.fromkeys(f for p in parts if p.state is None for f in p.missing)) if state is None else ()
    return Clue(state, words, asked, missing, tuple(parts))


def _sides_meant(sided: bool, word: SideWord, side: Side) -> tuple[tuple[Side, ...], Callable[[list[State]], State]]:
    if not sided:
        return ("none",), any_of
    if word == "same":
        return ((side,) if side != "none" else SIDES), any_of
    if word == "other":
        return ((_OTHER[side],) if side != "none" else SIDES), any_of
    if word in ("left", "right"):
        return (word,), any_of
    return SIDES, all_of if word == "both" else any_of


def _over_sides(
    clause: Clause, sided: bool, side: Side, id: str, one: Callable[[Side], tuple[State, str]], label: str
) -> Clue:
    sides, logic = _sides_meant(sided, clause.table.get("side", "same"), side)
    judged = [(s, *one(s)) for s in sides]
    state = logic([found for _, found, _ in judged])
    told = [j for j in judged if j[1] is True] or judged
    # The side is only told where it is not the one that was asked about.
    values = "; ".join(f"{said}{f', {s}' if said and s not in (side, 'none') else ''}" for s, _, said in told if said)
    words = clause.table.get("words") or label
    return Clue(state, f"{words} ({values})" if values else words, (id,), (id,) if state is None else ())


def _field(clause: Clause, exam: Examination, study: Study | None, side: Side) -> Clue:
    field = fields()[clause.table["field"]]
    if "less_than_other_by" in clause.table:
        return _less_than_other(clause, field, exam, side)

    def one(s: Side) -> tuple[State, str]:
        value = exam.get(field.id, s)
        return _below_its_bound(clause, exam) if value is None else (_holds(clause.table, value), _shown(field, value))

    clue = _over_sides(clause, field.sided, side, field.id, one, _claim(clause.table, field.label, field.unit))
    return replace(clue, fields=clause.asked())


def _below_its_bound(clause: Clause, exam: Examination) -> tuple[State, str]:
    """What a known bound tells of an unknown value: enough where the bound itself lies below the limit."""
    if "never_above" not in clause.table:
        return None, ""
    bound = fields()[clause.table["never_above"]]
    value = exam.number(bound.id)
    if value is None or not _within(clause.table, value):
        return None, ""
    return True, f"{bound.label.lower()} {_shown(bound, value)}"


def _has(clause: Clause, exam: Examination, study: Study | None, side: Side) -> Clue:
    """Hold a named clause against each side meant, as a whole."""
    name = named()[clause.table["has"]]
    sides, logic = _sides_meant(name.sided, clause.table.get("side", "same"), side)
    parts = [clause.parts[0](exam, study, s) for s in sides]
    state = logic([p.state for p in parts])
    told = [(s, p) for s, p in zip(sides, parts, strict=True) if p.state is state]
    values = "; ".join(f"{f'{s}: ' if s not in (side, 'none') else ''}{p.words}" for s, p in told)
    words = clause.table.get("words") or (values if state else name.words)
    missing = tuple(dict.fromkeys(f for p in parts if p.state is None for f in p.missing)) if state is None else ()
    return Clue(state, words, clause.asked(), missing, tuple(parts))


def _less_than_other(clause: Clause, field: Field, exam: Examination, side: Side) -> Clue:
    by: float = clause.table["less_than_other_by"]

    def one(s: Side) -> tuple[State, str]:
        this, other = exam.number(field.id, s), exam.number(field.id, _OTHER[s])
        if this is None or other is None:
            return None, ""
        return other - this > by, f"{this:g} against {other:g} {field.unit}"

    return _over_sides(clause, True, side, field.id, one, f"{field.label}: more than {by:g} less than the other side")


def _holds(table: Mapping[str, Any], value: Value) -> State:
    if "any_of" in table:
        return bool(set(table["any_of"]) & set(value if isinstance(value, tuple) else (value,)))
    if "is" in table:
        return bool(value == table["is"])
    assert isinstance(value, int | float)
    return _within(table, float(value))


def _within(table: Mapping[str, Any], value: float) -> bool:
    return all(compare(value, table[key]) for key, (_, compare) in _COMPARISONS.items() if key in table)


def _score(clause: Clause, exam: Examination, study: Study | None, side: Side) -> Clue:
    from groundup.clinic.scores import instruments, score

    wanted = clause.table["score"]
    instrument = instruments()[wanted]

    def one(s: Side) -> tuple[State, str]:
        found = score(wanted, exam, s)
        if found is None or found.value is None:
            return None, ""
        return _within(clause.table, found.value), f"{found.value:.3g} {instrument.unit}"

    label = _claim(clause.table, instrument.label, instrument.unit)
    clue = _over_sides(clause, instrument.sided, side, instrument.total, one, label)
    return replace(clue, fields=clause.asked())


def _fields_of_score(id: str) -> list[str]:
    """The total first, then the answers it can be made of."""
    from groundup.clinic.scores import instruments

    return [instruments()[id].total, *(answers.field for answers in instruments()[id].answers)]


def _finding(clause: Clause, exam: Examination, study: Study | None, side: Side) -> Clue:
    wanted, least = clause.table["finding"], GRADES.index(clause.table.get("grade", "weak"))

    def one(s: Side) -> tuple[State, str]:
        found = [f for f in study.findings if f.id == wanted and f.side == s] if study is not None else []
        if found:
            best = max(found, key=lambda f: GRADES.index(f.grade))
            return GRADES.index(best.grade) >= least, f"{best.text} {best.grade}"
        return _absent(wanted, study, s), ""

    sided = study is None or any(f.side != "none" for f in _alike(wanted, study)) or wanted.startswith("pattern.")
    return _over_sides(clause, sided, side, f"study:{wanted}", one, f"movement: {_plain(wanted)}")


def _alike(id: str, study: Study) -> list[Finding]:
    return [f for f in study.findings if f.id == id]


def _absent(id: str, study: Study | None, side: Side) -> State:
    """A pattern that was looked for and not found is not there; everything else that is not told is unknown."""
    pattern = next((p for p in patterns() if f"pattern.{p.id}" == id), None)
    if study is None or pattern is None:
        return None
    known = {(m.id, m.side) for m in study.measures if np.isfinite(m.value) and not m.estimated}
    needed = [
        (sign.measure, s)
        for sign in pattern.signs
        if sign.need
        for s in ((side if sign.of == "this" else _OTHER[side],) if sign.kind == "value" else SIDES)
    ]
    return False if all(place in known for place in needed) else None


def _measure(clause: Clause, exam: Examination, study: Study | None, side: Side) -> Clue:
    wanted = clause.table["measure"]
    found = [m for m in study.measures if m.id == wanted and np.isfinite(m.value)] if study is not None else []

    def one(s: Side) -> tuple[State, str]:
        measure = next((m for m in found if m.side == s), None)
        if measure is None or study is None:
            return None, ""
        interval = next((i for i in study.intervals if (i.id, i.side) == (wanted, s)), None)
        ends = [v for v in ((interval.low, interval.high) if interval else ()) if np.isfinite(v)]
        states = {_within(clause.table, float(v)) for v in (measure.value, *ends)}
        # A limit within the interval is neither passed nor kept.
        return (states.pop() if len(states) == 1 else None), f"{measure.value:.3g} {measure.unit}"

    sided = not found or any(m.side != "none" for m in found)
    label = found[0].label if found else _plain(wanted)
    unit = found[0].unit if found else ""
    return _over_sides(clause, sided, side, f"study:{wanted}", one, _claim(clause.table, label, unit))


# --- words -----------------------------------------------------------------


def _claim(table: Mapping[str, Any], label: str, unit: str) -> str:
    limits = [f"{said} {table[key]:g}" for key, (said, _) in _COMPARISONS.items() if key in table]
    if limits:
        return f"{label} {' and '.join(limits)}{f' {unit}' if unit else ''}"
    if "any_of" in table:
        return f"{label}: {' or '.join(_plain(w) for w in table['any_of'])}"
    if isinstance(table.get("is"), str):
        return f"{label}: {_plain(table['is'])}"
    return f"{label}: no" if table.get("is") is False else label


def _shown(field: Field, value: Value) -> str:
    """Return the value in words; empty where the words of the claim or its state tell it already."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
        return f"{value:g} {field.unit}".strip()
    if isinstance(value, datetime.date):
        return value.isoformat()
    words = value if isinstance(value, tuple) else (value,)
    return ", ".join(_plain(str(w)) for w in words) or "none"


def _plain(word: str) -> str:
    return word.rpartition(".")[2].replace("_", " ")


_JUDGES: Mapping[str, Callable[[Clause, Examination, Study | None, Side], Clue]] = {
    "all": _all,
    "any": _any,
    "count": _count,
    "not": _not,
    "has": _has,
    "field": _field,
    "score": _score,
    "finding": _finding,
    "measure": _measure,
}
