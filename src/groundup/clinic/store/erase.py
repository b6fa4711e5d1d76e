"""Taking away what a database keeps of deleted rows."""

from __future__ import annotations

from collections.abc import Callable

from groundup.clinic.store.connection import Database
from groundup.clinic.store.tables import metadata
from groundup.errors import StoreError

_SERVER_REMAINS = "The server's own logs and backups keep it for as long as they are kept."


def erase(database: Database, say: Callable[[str], None]) -> str:
    """Write the store anew without what was deleted; returns in words where traces may still be.

    Notes
    -----
    SQLite: deleted content was overwritten already (``secure_delete``); ``VACUUM`` writes the file from what is still
    there, so that no moved row leaves an old copy in a page, and the log is emptied. PostgreSQL: ``VACUUM FULL`` does
    the same for its tables.
    """
    say("writing the store anew, without it")
    try:
        if database.is_sqlite:
            return _erase_sqlite(database)
        with database.alone() as connection:
            for table in metadata.sorted_tables:
                connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {table.name}")
        return _SERVER_REMAINS
    except StoreError as error:
        return (
            f"It is deleted, but the store could not be written anew: {error} Until then its bytes may be in the file."
        )


def _erase_sqlite(database: Database) -> str:
    with database.alone() as connection:
        connection.exec_driver_sql("VACUUM")
        row = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if row[0]:
        return f"Another program reads the store: {database.shown}-wal may hold it until that program has closed it."
    return ""
