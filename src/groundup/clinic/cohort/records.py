"""The answer to the cohort's question, as plain records: what is known, how well, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from groundup.clinic.cohort.statistics import Interval, TwoByTwo

SCHEMA_NAME = "groundup.cohort"
SCHEMA = f"{SCHEMA_NAME}/1"


@dataclass(frozen=True)
class Group:
    """People with, or without, heel pain: how many, how many of them with back pain, and which part that is."""

    id: str
    label: str
    n: int
    back_pain: int
    prevalence: Interval


@dataclass(frozen=True)
class Estimate:
    """An odds ratio or a correlation.

    Attributes
    ----------
    id : str
        ``crude``, ``crude_exact``, ``matched``, ``crude_same_people``, ``adjusted``, ``adjusted.age_years`` …,
        ``faam_odi``
    n : int
        People it rests on; pairs for ``matched``.
    interval : Interval
        Value and its interval of 95 %. A limit that is infinite, or a value that is not defined, is null in a file;
        ``text`` says which.
    p : float
        Two-sided; NaN where there is none.
    text : str
        In words.
    """

    id: str
    label: str
    n: int
    interval: Interval
    p: float
    p_method: str
    text: str


@dataclass(frozen=True)
class Point:
    """One person with heel pain and both scores, %."""

    id: str
    faam_adl_percent: float
    odi_percent: float
    back_pain: bool | None


@dataclass(frozen=True)
class LeftOut:
    """People (or pairs) that an estimate does without, and why."""

    what: str
    n: int
    of: int
    why: str


@dataclass(frozen=True)
class NotComputed:
    """An estimate that there is not, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Cohort:
    """Back pain with and without heel pain in a number of people, seen once.

    ``table`` counts those of whom both are known; ``adjusted_for`` are the variables of the model.
    """

    source: str
    n: int
    table: TwoByTwo
    groups: tuple[Group, ...]
    odds_ratios: tuple[Estimate, ...]
    correlation: Estimate | None
    points: tuple[Point, ...]
    adjusted_for: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    not_computed: tuple[NotComputed, ...]
    warnings: tuple[str, ...]
    statements: tuple[str, ...]
    published: tuple[str, ...]
    groundup_version: str
    schema: str = SCHEMA
