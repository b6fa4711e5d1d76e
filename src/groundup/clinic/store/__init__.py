"""The store of people and visits: what was found and done, visit after visit, in a database on this machine.

Everything here that touches the database needs ``groundup[clinic]`` (SQLAlchemy, Alembic, psycopg) and is imported when
it is first asked for; records, checks and changes need nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundup.errors import StoreError

if TYPE_CHECKING:
    from groundup.clinic.store.store import Store

NOT_INSTALLED = (
    "The store of people and visits needs SQLAlchemy and Alembic, which are not installed. "
    "Install them: pip install 'groundup[clinic]'."
)

__all__ = ["NOT_INSTALLED", "Store"]


def __getattr__(name: str) -> type[Store]:
    if name != "Store":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from groundup.clinic.store.store import Store
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in {"sqlalchemy", "alembic"}:
            raise
        raise StoreError(NOT_INSTALLED) from error
    return Store
