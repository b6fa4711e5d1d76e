"""The tables as they are now. How an older store gets there is in ``migrations``; a test holds both together.

Dates are ISO texts, which sort as days do; JSON is text, kept to the letter. ``numbers`` repeats a visit's person, day
and place in the row, so that a trend reads one index; a visit never changes these.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

HEAD = "0001"
"""Revision that this groundup reads and writes."""

VERSION_TABLE = "groundup_version"

# Ids sort by character codes on every database, not as some language spells.
ID = sa.String(64).with_variant(postgresql.VARCHAR(64, collation="C"), "postgresql")

metadata = sa.MetaData()


def _of_visit() -> sa.Column[str]:
    return sa.Column("visit_id", ID, sa.ForeignKey("visits.id", ondelete="CASCADE"), nullable=False, index=True)


people = sa.Table(
    "people",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("birth_year", sa.Integer),
)

visits = sa.Table(
    "visits",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("date", sa.String(10), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Index("ix_visits_number", "person_id", "number", unique=True),
    sa.Index("ix_visits_person_date", "person_id", "date", "number"),
    sa.Index("ix_visits_date", "date", "id"),
)

examinations = sa.Table(
    "examinations",
    metadata,
    sa.Column("visit_id", ID, sa.ForeignKey("visits.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("json", sa.Text, nullable=False),
)

recordings = sa.Table(
    "recordings",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    _of_visit(),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
)

studies = sa.Table(
    "studies",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    _of_visit(),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
)

treatments = sa.Table(
    "treatments",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    _of_visit(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("dose", sa.Text, nullable=False),
    sa.Column("started", sa.String(10)),
    sa.Column("ended", sa.String(10)),
)

# Scores, and the main numbers of studies (`study_key`).
numbers = sa.Table(
    "numbers",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    _of_visit(),
    sa.Column("person_id", ID, nullable=False),
    sa.Column("date", sa.String(10), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("study_key", sa.Integer, sa.ForeignKey("studies.key", ondelete="CASCADE"), index=True),
    sa.Column("measure", sa.String(100), nullable=False),
    sa.Column("side", sa.String(5), nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("detectable", sa.Double),
    sa.Column("details", sa.Text),
    sa.Index("ix_numbers_trend", "person_id", "measure", "side", "date", "number"),
)

VISIT_TABLES = (examinations, recordings, studies, treatments, numbers)
"""Tables of what belongs to a visit."""
