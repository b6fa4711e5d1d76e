"""People, visits and what belongs to them.

A migration is never edited once it was released: it says how stores were, `tables.py` how they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def _id() -> sa.types.TypeEngine[str]:
    return sa.String(64).with_variant(postgresql.VARCHAR(64, collation="C"), "postgresql")


def _of_visit(primary: bool = False) -> sa.Column[str]:
    visit = sa.ForeignKey("visits.id", ondelete="CASCADE")
    return sa.Column("visit_id", _id(), visit, primary_key=primary, nullable=False)


def _key() -> sa.Column[int]:
    return sa.Column("key", sa.Integer, primary_key=True)


def _file() -> tuple[sa.Column[str], sa.Column[str]]:
    return sa.Column("path", sa.Text, nullable=False), sa.Column("sha256", sa.String(64), nullable=False)


def upgrade() -> None:
    """Make all tables."""
    op.create_table("people", sa.Column("id", _id(), primary_key=True), sa.Column("birth_year", sa.Integer))
    op.create_table(
        "visits",
        sa.Column("id", _id(), primary_key=True),
        sa.Column("person_id", _id(), sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("date", sa.String(10), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
    )
    op.create_index("ix_visits_number", "visits", ["person_id", "number"], unique=True)
    op.create_index("ix_visits_person_date", "visits", ["person_id", "date", "number"])
    op.create_index("ix_visits_date", "visits", ["date", "id"])
    op.create_table("examinations", _of_visit(primary=True), sa.Column("json", sa.Text, nullable=False))
    op.create_table("recordings", _key(), _of_visit(), *_file())
    op.create_table("studies", _key(), _of_visit(), *_file(), sa.Column("title", sa.Text, nullable=False))
    op.create_table(
        "treatments",
        _key(),
        _of_visit(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("dose", sa.Text, nullable=False),
        sa.Column("started", sa.String(10)),
        sa.Column("ended", sa.String(10)),
    )
    _numbers()
    for table in ("recordings", "studies", "treatments", "numbers"):
        op.create_index(f"ix_{table}_visit_id", table, ["visit_id"])


def _numbers() -> None:
    op.create_table(
        "numbers",
        _key(),
        _of_visit(),
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("date", sa.String(10), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("study_key", sa.Integer, sa.ForeignKey("studies.key", ondelete="CASCADE")),
        sa.Column("measure", sa.String(100), nullable=False),
        sa.Column("side", sa.String(5), nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("low", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("detectable", sa.Double),
        sa.Column("details", sa.Text),
    )
    op.create_index("ix_numbers_study_key", "numbers", ["study_key"])
    op.create_index("ix_numbers_trend", "numbers", ["person_id", "measure", "side", "date", "number"])
