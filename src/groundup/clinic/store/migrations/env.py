"""Run by Alembic: applies the migrations on the connection and in the transaction of the one who asks."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table=context.config.attributes["table"])
with context.begin_transaction():
    context.run_migrations()
