"""The nouns of the store. Dates are ISO texts (``2026-05-04``), hashes SHA-256 in hex, units beside their number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

Origin = Literal["score", "study"]
Side = Literal["left", "right", "none"]
T = TypeVar("T")


@dataclass(frozen=True)
class Person:
    """Somebody under a pseudonym: no name, no address, no date of birth; the year of birth where it was given."""

    id: str
    birth_year: int | None = None


@dataclass(frozen=True)
class PersonLine:
    """A person in a list: how many visits, and the days of the first and the last (None where there are none)."""

    id: str
    birth_year: int | None
    visits: int
    first: str | None
    last: str | None


@dataclass(frozen=True)
class Visit:
    """One visit of one person, the ``number``-th entered; ``kind`` is a word of your own: first, after surgery …"""

    id: str
    person: str
    number: int
    date: str
    kind: str


@dataclass(frozen=True)
class Number:
    """One number of a visit that can be followed over time.

    Attributes
    ----------
    measure : str
        Id of a score (``odi``, ``faam_adl``) or of a study's main number (``lumbar_peak``).
    low, high : float or None
        Within which it lies in 90 of 100 cases, in ``unit``; None where unknown.
    detectable : float or None
        Smallest change to a later recording that can be told, in ``unit``; None where unknown.
    details : str or None
        JSON text kept beside it, such as the answers to a score's items.
    """

    measure: str
    value: float
    unit: str = ""
    side: Side = "none"
    label: str = ""
    low: float | None = None
    high: float | None = None
    detectable: float | None = None
    details: str | None = None


@dataclass(frozen=True)
class FileEntry:
    """A file outside the store: its path, and its SHA-256 when it was added."""

    path: str
    sha256: str


@dataclass(frozen=True)
class StudyEntry:
    """A study: where its folder is, the hash of its ``study.json``, its title and its main numbers."""

    path: str
    sha256: str
    title: str = ""
    numbers: tuple[Number, ...] = ()


@dataclass(frozen=True)
class Treatment:
    """What was begun or given: in words, the dose in words, from when to when (None: not known, or it goes on)."""

    name: str
    dose: str = ""
    started: str | None = None
    ended: str | None = None


@dataclass(frozen=True)
class Content:
    """What belongs to a visit. ``examination`` is the JSON text of the record, kept to the letter."""

    examination: str | None = None
    scores: tuple[Number, ...] = ()
    studies: tuple[StudyEntry, ...] = ()
    recordings: tuple[FileEntry, ...] = ()
    treatments: tuple[Treatment, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of what lies outside the store."""
        return (*(s.path for s in self.studies), *(r.path for r in self.recordings))


@dataclass(frozen=True)
class VisitRecord:
    """A visit with all that belongs to it."""

    visit: Visit
    content: Content = field(default_factory=Content)


@dataclass(frozen=True)
class MeasureLine:
    """A measure that a person has numbers of, and at how many visits."""

    measure: str
    side: Side
    label: str
    unit: str
    origin: Origin
    visits: int


@dataclass(frozen=True)
class Trend:
    """One measure of one person over the visits, the earliest first; all lists of one length.

    ``lows``, ``highs`` and ``detectables`` hold None where unknown.
    """

    person: str
    measure: str
    side: Side
    label: str
    unit: str
    origin: Origin
    visits: tuple[str, ...]
    dates: tuple[str, ...]
    values: tuple[float, ...]
    lows: tuple[float | None, ...]
    highs: tuple[float | None, ...]
    detectables: tuple[float | None, ...]


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list: page ``number`` (from 1) of ``pages``, of ``total`` rows."""

    rows: tuple[T, ...]
    number: int
    pages: int
    total: int


@dataclass(frozen=True)
class Examined:
    """The examination of one visit, for those who look at many."""

    person: str
    birth_year: int | None
    visit: str
    date: str
    examination: str


@dataclass(frozen=True)
class Deleted:
    """What was deleted: how many visits, and the files outside the store, which are still there.

    ``remains`` says in words where traces may still be; empty where there are none.
    """

    visits: int
    files: tuple[str, ...]
    remains: str = ""


@dataclass(frozen=True)
class Moved:
    """How much was exported or imported."""

    people: int
    visits: int
