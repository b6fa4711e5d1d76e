"""Signs of danger, graded, before anything else is said.

The rules stand in ``data/red_flags.toml``. A flag that is not raised is not excluded: what was not asked is listed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from groundup.clinic.clues import Clause, parse
from groundup.clinic.examination import Examination
from groundup.study import Study

RED_FLAGS_FILE = Path(__file__).parent / "data" / "red_flags.toml"

FlagGrade = Literal["emergency", "urgent", "watch"]
FLAG_GRADES: tuple[FlagGrade, ...] = ("emergency", "urgent", "watch")


@dataclass(frozen=True)
class FlagRule:
    """A clause, and what it means when it holds."""

    grade: FlagGrade
    when: Clause
    action: str
    source: str
    status: str


@dataclass(frozen=True)
class FlagKind:
    """A danger and its rules, the gravest first."""

    id: str
    label: str
    rules: tuple[FlagRule, ...]

    def asked(self) -> tuple[str, ...]:
        """Ids of all fields its rules ask for, those of the gravest first."""
        return tuple(dict.fromkeys(id for rule in self.rules for id in rule.when.asked()))


@dataclass(frozen=True)
class RedFlag:
    """A danger this record gives signs of.

    Attributes
    ----------
    grade : {'emergency', 'urgent', 'watch'}
        Now; within days; a weak sign alone, no alarm.
    finding : what was found, in plain words
    action : what to do
    fields : ids that the rule asks for
    """

    id: str
    label: str
    grade: FlagGrade
    finding: str
    action: str
    source: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class NotAsked:
    """A danger that is not excluded: unknown ``fields`` that could raise it; up to ``grade``."""

    id: str
    label: str
    grade: FlagGrade
    fields: tuple[str, ...]


@cache
def flag_kinds() -> tuple[FlagKind, ...]:
    """Every danger."""
    table = tomllib.loads(RED_FLAGS_FILE.read_text(encoding="utf-8"))
    found = []
    for id, entry in table.items():
        shared = {key: entry[key] for key in ("action", "source", "status")}
        rules = [FlagRule(**{**shared, **rule, "when": parse(rule["when"])}) for rule in entry["rules"]]
        found.append(FlagKind(id, entry["label"], tuple(sorted(rules, key=lambda r: FLAG_GRADES.index(r.grade)))))
    return tuple(found)


def red_flags(exam: Examination, study: Study | None = None) -> tuple[RedFlag, ...]:
    """Return the dangers a record gives signs of, the gravest first; each once, by its gravest rule that holds."""
    found = [flag for kind in flag_kinds() for flag in _raised(kind, exam, study)]
    return tuple(sorted(found, key=lambda flag: FLAG_GRADES.index(flag.grade)))


def not_asked(exam: Examination, study: Study | None = None) -> tuple[NotAsked, ...]:
    """Return what is unknown of each danger and could still raise it, or raise it further; the gravest first."""
    raised = {flag.id: flag.grade for flag in red_flags(exam, study)}
    found = [one for kind in flag_kinds() for one in _open(kind, raised.get(kind.id), exam, study)]
    return tuple(sorted(found, key=lambda one: FLAG_GRADES.index(one.grade)))


def _open(kind: FlagKind, raised: FlagGrade | None, exam: Examination, study: Study | None) -> Iterator[NotAsked]:
    """A field known on one side only is still open where the other side could raise the flag."""
    graver = FLAG_GRADES[: FLAG_GRADES.index(raised)] if raised else FLAG_GRADES
    clues = [(rule.grade, rule.when(exam, study)) for rule in kind.rules if rule.grade in graver]
    unknown = [(grade, clue.missing) for grade, clue in clues if clue.state is None]
    if unknown:
        missing = tuple(dict.fromkeys(id for _, ids in unknown for id in ids))
        yield NotAsked(kind.id, kind.label, unknown[0][0], missing)


def _raised(kind: FlagKind, exam: Examination, study: Study | None) -> Iterator[RedFlag]:
    held = [(rule, clue) for rule in kind.rules if (clue := rule.when(exam, study)).state]
    if not held:
        return
    first = held[0][0]
    alike = [(rule, clue) for rule, clue in held if rule.grade == first.grade]
    yield RedFlag(
        id=kind.id,
        label=kind.label,
        grade=first.grade,
        finding=_told_once(clue.words for _, clue in alike),
        action=first.action,
        source="; ".join(dict.fromkeys(rule.source for rule, _ in alike)),
        fields=tuple(dict.fromkeys(id for _, clue in alike for id in clue.fields)),
    )


def _told_once(findings: Iterable[str]) -> str:
    """Two rules that hold may rest on the same findings: one that tells nothing new is left out."""
    told: list[str] = []
    for words in findings:
        if not set(words.split("; ")) <= {part for one in told for part in one.split("; ")}:
            told.append(words)
    return "; ".join(told)
