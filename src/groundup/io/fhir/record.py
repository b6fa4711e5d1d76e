"""What travels in a FHIR bundle: one examination of one person with what was made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from groundup.examination import Examination
from groundup.study import Side

Release = Literal["R5", "R4B"]


@dataclass(frozen=True)
class Number:
    """A score or a measure, in ``unit``; ``low`` … ``high`` holds it in 90 of 100 cases, None where unknown."""

    id: str
    label: str
    side: Side
    value: float
    unit: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Suspicion:
    """A hypothesis: never a diagnosis. ``grade`` is a word; the lists are plain sentences."""

    id: str
    label: str
    side: Side
    grade: str
    supports: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    next_test: str = ""
    source: str = ""


@dataclass(frozen=True)
class Flag:
    """A red flag: what was found, what to do, and where that is published."""

    id: str
    grade: str
    finding: str
    action: str
    source: str = ""


@dataclass(frozen=True)
class FhirRecord:
    """One examination of one person under a pseudonym, with scores, measures, hypotheses, red flags and statements."""

    person: str
    examination: Examination = field(default_factory=Examination)
    scores: tuple[Number, ...] = ()
    measures: tuple[Number, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    flags: tuple[Flag, ...] = ()
    statements: tuple[str, ...] = ()
