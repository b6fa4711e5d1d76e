"""Outcome scores: from answers or totals, by each instrument's own rule for answers that are missing.

The rules stand in ``data/scores.toml``. No question of any instrument is here: a score needs the numbers only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from groundup.clinic.examination import SIDES, Examination, Items, fields
from groundup.study import Side

SCORES_FILE = Path(__file__).parent / "data" / "scores.toml"
AGREES_WITHIN = 0.5
"""A typed total and its answers differ by no more than rounding to whole numbers."""

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True)
class Size:
    """A published size of change.

    Attributes
    ----------
    kind : {'mdc', 'mcid'}
        Beyond the error of measuring; noticed by people.
    size : in the unit of the score, or with ``part`` of the first value
    status : see ``clinic.evidence``; only ``assert`` turns a verdict
    """

    kind: Literal["mdc", "mcid"]
    size: float
    source: str
    status: str
    part: bool = False


@dataclass(frozen=True)
class Answers:
    """A list of answers: its field and how many must be there, with a source of its own where it differs."""

    field: str
    needs: int
    source: str = ""
    status: str = ""


@dataclass(frozen=True)
class Instrument:
    """A questionnaire or scale; see the head of ``data/scores.toml``. ``low``, ``high``: range of the score."""

    id: str
    label: str
    unit: str
    total: str
    better: Better
    low: float
    high: float
    rule: Literal["total", "percent", "sum"]
    rule_words: str
    source: str
    status: str
    answers: tuple[Answers, ...] = ()
    changes: tuple[Size, ...] = ()

    @property
    def sided(self) -> bool:
        """Left and right have a score each."""
        return fields()[self.total].sided


@dataclass(frozen=True)
class Score:
    """A score of one record.

    Attributes
    ----------
    value : float or None
        None where the rule allows no score.
    answered, asked : int
        Numbers of answers; 0 where the total was typed.
    reason : str
        Why there is no score, or what to know about it.
    """

    id: str
    label: str
    side: Side
    value: float | None
    unit: str
    better: Better
    answered: int
    asked: int
    reason: str
    source: str


@dataclass(frozen=True)
class ScoreChange:
    """A score against an earlier one.

    Attributes
    ----------
    difference : later minus earlier, in the unit of the score
    improvement : the same, positive for better; None for a score of which neither way is better
    beyond_error, noticeable : bool or None
        At least the ``mdc``, at least the ``mcid``; None where no size is published that may decide.
    words : in plain words, with sizes and sources
    """

    id: str
    difference: float
    improvement: float | None
    beyond_error: bool | None
    noticeable: bool | None
    words: str


@cache
def instruments() -> Mapping[str, Instrument]:
    """Every instrument by id."""
    table = tomllib.loads(SCORES_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({id: _instrument(id, entry) for id, entry in table.items()})


def _instrument(id: str, entry: Mapping[str, Any]) -> Instrument:
    answers = tuple(Answers(**one) for one in entry.get("answers", ()))
    changes = tuple(Size(**one) for one in entry["changes"])
    return Instrument(id=id, **{**entry, "answers": answers, "changes": changes})


def score(id: str, exam: Examination, side: Side = "none") -> Score | None:
    """Score one instrument.

    Parameters
    ----------
    id : of :func:`instruments`
    side : ``left`` or ``right`` for an instrument with sides

    Returns
    -------
    Score, or None where neither the total nor an answer is known. Answers come before a typed total.
    """
    instrument = instruments()[id]
    typed = exam.number(instrument.total, side)
    lists = [exam.get(answers.field, side) for answers in instrument.answers]
    if not any(_known(one) for one in lists):
        return None if typed is None else _made(instrument, side, typed)
    answered = sum(len(_known(one)) for one in lists)
    asked = sum(fields()[answers.field].count for answers in instrument.answers)
    value, reason = _from_answers(instrument, lists)
    if value is None and typed is not None:
        return _made(instrument, side, typed, reason=f"the total as typed; {reason}")
    if value is not None and typed is not None and abs(typed - value) > AGREES_WITHIN:
        reason = f"the total was typed as {typed:g}, the answers make {value:.4g}; the answers count"
    return _made(instrument, side, value, answered, asked, reason)


def scores(exam: Examination) -> tuple[Score, ...]:
    """Score everything a record has answers or totals for."""
    return tuple(_all(exam))


def change(id: str, earlier: float, later: float) -> ScoreChange:
    """Judge the change of a score.

    Parameters
    ----------
    id : of :func:`instruments`
    earlier, later : in the unit of the score
    """
    instrument = instruments()[id]
    difference = later - earlier
    sign = {"higher": 1.0, "lower": -1.0, "neither": None}[instrument.better]
    improvement = None if sign is None else sign * difference
    beyond, noticed = (_reaches(instrument, kind, earlier, difference) for kind in ("mdc", "mcid"))
    words = _change_words(instrument, difference, improvement, earlier)
    return ScoreChange(id, difference, improvement, beyond, noticed, words)


# --- one score -------------------------------------------------------------


def _all(exam: Examination) -> Iterator[Score]:
    for id, instrument in instruments().items():
        for side in SIDES if instrument.sided else ("none",):
            found = score(id, exam, side)
            if found is not None:
                yield found


def _known(value: object) -> list[float]:
    return [float(v) for v in value if v is not None] if isinstance(value, tuple) else []


def _from_answers(instrument: Instrument, lists: list[Any]) -> tuple[float | None, str]:
    """Apply the rule; a score is None with the reason."""
    for answers, given in zip(instrument.answers, lists, strict=True):
        known, count = _known(given), fields()[answers.field].count
        if len(known) < answers.needs:
            return None, f"{len(known)} of {count} answered in {answers.field}, {answers.needs} are needed" + _between(
                instrument, given
            )
    parts = [_part(instrument, answers.field, given) for answers, given in zip(instrument.answers, lists, strict=True)]
    return sum(parts) / len(parts), ""


def _part(instrument: Instrument, field: str, given: Items) -> float:
    known, highest = _known(given), fields()[field].high
    assert highest is not None
    total = sum(known)
    return total if instrument.rule == "sum" else 100.0 * total / (highest * len(known))


def _between(instrument: Instrument, given: object) -> str:
    """What the sum can be at least and at most, where the rule allows none."""
    if instrument.rule != "sum" or not isinstance(given, tuple):
        return ""
    field = fields()[instrument.answers[0].field]
    known, open_ = _known(given), field.count - len(_known(given))
    assert field.low is not None
    assert field.high is not None
    return f"; it lies between {sum(known) + open_ * field.low:g} and {sum(known) + open_ * field.high:g}"


def _made(
    instrument: Instrument, side: Side, value: float | None, answered: int = 0, asked: int = 0, reason: str = ""
) -> Score:
    i = instrument
    return Score(i.id, i.label, side, value, i.unit, i.better, answered, asked, reason, i.source)


# --- change ----------------------------------------------------------------


def _limit(size: Size, earlier: float) -> float:
    return size.size * abs(earlier) if size.part else size.size


def _reaches(instrument: Instrument, kind: str, earlier: float, difference: float) -> bool | None:
    """Any of the published sizes is enough, as Ostelo 2008 says of 10 points or 30 %."""
    deciding = [s for s in instrument.changes if s.kind == kind and s.status == "assert"]
    # Rounding must not make 30 % of 40 more than 12.
    held = [abs(difference) >= _limit(s, earlier) - 1e-9 and difference != 0 for s in deciding]
    return any(held) if held else None


def _change_words(instrument: Instrument, difference: float, improvement: float | None, earlier: float) -> str:
    way = "changed" if improvement is None else "better" if improvement > 0 else "worse"
    head = f"{way} by {abs(difference):.3g} {instrument.unit}" if difference else "the same"
    names = {"mdc": "error of measuring", "mcid": "noticed from"}
    sizes = [f"{names[s.kind]} {_limit(s, earlier):.3g} ({s.source}; {s.status})" for s in instrument.changes]
    return "; ".join([head, *sizes])
