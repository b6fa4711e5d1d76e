"""What a simulation must show, clause by clause, held against solved walks: which signs come out and which do not."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from groundup.errors import SetupError
from groundup.predict.answer import Readings
from groundup.predict.condition import Condition, parse_condition
from groundup.predict.request import Case
from groundup.predict.treatments import parse_treatment

_FILE = Path(__file__).parent / "data" / "acceptance.toml"
Outcome = Literal["met", "missed", "shown", "not computed"]
ALSO = "also published"
"""Group of clauses of which nothing was promised."""

SHOWN = "shown"
"""Test of a clause that claims nothing."""


@dataclass(frozen=True)
class Clause:
    """One thing that a simulation must show; see ``data/acceptance.toml``."""

    id: str
    group: str
    text: str
    test: str
    measure: str
    side: str
    source: str
    status: str
    case: str = ""
    against: str = ""
    cases: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    low: float = math.nan
    high: float = math.nan
    size: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """Cases that it speaks of."""
        return tuple(name for name in (*self.cases, self.against, self.case) if name)


@dataclass(frozen=True)
class Judgement:
    """A clause and what became of it.

    Attributes
    ----------
    values : tuple of float
        What was held against it: one number for each side, or for each case of a monotone clause.
    text : str
        What was found, in words.
    """

    clause: Clause
    outcome: Outcome
    values: tuple[float, ...]
    text: str


@cache
def clauses() -> tuple[Clause, ...]:
    """Every clause, in order."""
    return tuple(_clause(one) for one in _data()["clause"])


@cache
def cases() -> dict[str, Case]:
    """Walks that have to be solved to judge every clause, by name."""
    return {name: _case(name, one) for name, one in _data()["cases"].items()}


@cache
def extras() -> dict[str, str]:
    """Values that a solver supplies beside the measures of a study, with their meaning."""
    return dict(_data()["extra"])


def judge(studies: Mapping[str, Readings], painful: str = "right") -> tuple[Judgement, ...]:
    """Hold every clause against solved walks.

    Parameters
    ----------
    studies : case -> value of each measure on each side
        ``answer.readings(study)`` and the values of :func:`extras`. A case or value that is missing makes its clause
        "not computed", never met.
    painful : {'left', 'right'}
        The side whose heel hurts.

    Raises
    ------
    SetupError
        A case is unknown.
    """
    for name in studies:
        if name not in cases():
            raise SetupError(f"acceptance: unknown case {name!r}. Valid: {', '.join(cases())}.")
    return tuple(_judge(clause, studies, painful) for clause in clauses())


def is_promised(clause: Clause) -> bool:
    """Whether a simulation must show it; the others are further published findings."""
    return clause.group != ALSO


def counts(judgements: Iterable[Judgement]) -> str:
    """Say how many were met, missed and not computed, of those that claim something."""
    outcomes = [j.outcome for j in judgements if j.clause.test != SHOWN]
    return ", ".join(f"{outcomes.count(o)} {o}" for o in ("met", "missed", "not computed"))


def as_table(judgements: tuple[Judgement, ...]) -> str:
    """Return what came out and what did not, as Markdown: a table for each group."""
    promised = [j for j in judgements if is_promised(j.clause)]
    also = [j for j in judgements if not is_promised(j.clause)]
    lines = [f"Of what was promised: {counts(promised)}. Of what is published beside: {counts(also)}."]
    for group in dict.fromkeys(j.clause.group for j in judgements):
        lines += ["", f"### {group.capitalize()}", ""]
        lines += ["| clause | outcome | found | source | status |", "|---|---|---|---|---|"]
        lines += [
            f"| {j.clause.text} | {j.outcome} | {j.text} | {j.clause.source} | {j.clause.status} |"
            for j in judgements
            if j.clause.group == group
        ]
    return "\n".join(lines)


def why_missed(judgements: Iterable[Judgement], reasons: Mapping[str, str]) -> str:
    """Return every missed clause with what it says of the model, as Markdown.

    Parameters
    ----------
    reasons : clause -> one sentence

    Raises
    ------
    SetupError
        A reason for a clause that there is not.
    """
    known = {c.id for c in clauses()}
    if unknown := sorted(set(reasons) - known):
        raise SetupError(f"acceptance: a reason for unknown clause {unknown[0]!r}. Valid: {', '.join(sorted(known))}.")
    missed = [j for j in judgements if j.outcome == "missed"]
    return "\n".join(
        f"- **{j.clause.text}** ({j.text}). {reasons.get(j.clause.id, 'Why is not known yet.')}" for j in missed
    )


def _judge(clause: Clause, studies: Mapping[str, Readings], painful: str) -> Judgement:
    values: list[float] = []
    passed: list[bool] = []
    for side in _sides(clause.side, painful):

        def at(case: str, measure: str = clause.measure, side: str = side) -> float:
            return float(studies.get(case, {}).get((measure, side), math.nan))

        found = tuple(_TESTS[clause.test][0](clause, at))
        values += found
        passed.append(_TESTS[clause.test][1](clause, found))
    known = all(map(math.isfinite, values))
    judged: Outcome = "shown" if clause.test == SHOWN else "met" if all(passed) else "missed"
    outcome: Outcome = judged if known else "not computed"
    return Judgement(clause, outcome, tuple(values), _found(values))


def _sides(role: str, painful: str) -> tuple[str, ...]:
    sound = "left" if painful == "right" else "right"
    return {"painful": (painful,), "sound": (sound,), "both": ("left", "right"), "none": ("none",)}[role]


At = Callable[..., float]


def _value(clause: Clause, at: At) -> Iterator[float]:
    yield at(clause.case)


def _change(clause: Clause, at: At) -> Iterator[float]:
    difference = at(clause.case) - at(clause.against)
    yield abs(difference) if clause.size else difference


def _percent(clause: Clause, at: At) -> Iterator[float]:
    before = at(clause.against)
    yield 100 * (at(clause.case) - before) / abs(before) if before else math.nan


def _row(clause: Clause, at: At) -> Iterator[float]:
    for case in clause.cases:
        yield at(case)


def _pair(clause: Clause, at: At) -> Iterator[float]:
    yield at(clause.against)
    yield at(clause.case)


def _measures(clause: Clause, at: At) -> Iterator[float]:
    for measure in clause.measures:
        yield at(clause.case, measure)


def _within(clause: Clause, values: tuple[float, ...]) -> bool:
    return all(clause.low <= v <= clause.high for v in values)


def _moved(clause: Clause, values: tuple[float, ...]) -> bool:
    """Whether changes are within the band; a bound of zero claims a direction, so no change at all is outside."""
    return _within(clause, values) and not (0.0 in (clause.low, clause.high) and 0.0 in values)


def _falling(clause: Clause, values: tuple[float, ...]) -> bool:
    return all(b < a for a, b in pairwise(values))


def _rising(clause: Clause, values: tuple[float, ...]) -> bool:
    return all(b > a for a, b in pairwise(values))


_TESTS: dict[str, tuple[Callable[[Clause, At], Iterator[float]], Callable[[Clause, tuple[float, ...]], bool]]] = {
    "within": (_value, _within),
    "change": (_change, _moved),
    "percent": (_percent, _moved),
    "falls": (_row, _falling),
    "rises": (_row, _rising),
    "less": (_pair, _falling),
    "order": (_measures, _rising),
    SHOWN: (_value, lambda clause, values: True),
}


def _found(values: list[float]) -> str:
    shown = [f"{v:.3g}" if math.isfinite(v) else "not computed" for v in values]
    return "not computed" if set(shown) == {"not computed"} else ", ".join(shown)


def _clause(one: dict[str, Any]) -> Clause:
    lists: dict[str, Any] = {k: tuple(one[k]) for k in ("cases", "measures") if k in one}
    return Clause(**{**one, **lists})


def _case(name: str, one: dict[str, Any]) -> Case:
    given: tuple[Condition, ...] = tuple(parse_condition(c) for c in one["conditions"])
    return Case(name, name, given, tuple(parse_treatment(t) for t in one["treatments"]))


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
