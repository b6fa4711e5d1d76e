"""Outcome scores: from answers or totals, by each instrument's own rule for answers that are missing.

No question of any instrument is here: they are licensed, and a score needs the numbers only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from groundup.clinic.examination import Examination, fields
from groundup.study import Side

SCORES_FILE = Path(__file__).parent / "data" / "scores.toml"


@dataclass(frozen=True)
class Change:
    """A published size of change: ``mdc`` beyond measurement error, ``mcid`` that people notice; ``status`` see evidence."""

    kind: Literal["mdc", "mcid"]
    size: float
    source: str
    status: str
    part: bool = False
    note: str = ""


@dataclass(frozen=True)
class Instrument:
    """A questionnaire or scale.

    Attributes
    ----------
    total : id of the field of its total
    items : ids of the fields of its answers, empty where only totals are taken
    rule : how answers become the score; see ``data/scores.toml``
    needs : answers that must be there, of each list of ``items``
    better : which way is better
    """

    id: str
    label: str
    unit: str
    total: str
    better: Literal["higher", "lower"]
    low: float
    high: float
    rule: Literal["total", "percent", "sum"]
    rule_words: str
    source: str
    status: str
    items: tuple[str, ...] = ()
    needs: int = 0
    changes: tuple[Change, ...] = ()

    @property
    def sided(self) -> bool:
        """Left and right have a score each."""
        return fields()[self.total].sided


@dataclass(frozen=True)
class Score:
    """A score of one record; ``value`` None with ``reason`` where it must not be computed.

    ``answered``, ``asked``: numbers of answers; 0 where the total was given.
    """

    id: str
    label: str
    side: Side
    value: float | None
    unit: str
    better: Literal["higher", "lower"]
    answered: int
    asked: int
    reason: str
    source: str


@cache
def instruments() -> Mapping[str, Instrument]:
    """Every instrument by id."""
    table = tomllib.loads(SCORES_FILE.read_text(encoding="utf-8")) if SCORES_FILE.exists() else {}
    return MappingProxyType({key: _instrument(key, entry) for key, entry in table.items()})


def _instrument(key: str, entry: Mapping[str, object]) -> Instrument:
    raise NotImplementedError


def score(id: str, exam: Examination, side: Side = "none") -> Score | None:
    """Return the score of a record, None where neither total nor answers are known."""
    raise NotImplementedError
