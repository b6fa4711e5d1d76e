"""What the commands of the store share: where it is, lists in pages, and nested commands with help of their own."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.cli.arguments import add_json, add_out_file, count
from groundup.cli.console import answer, to_json

if TYPE_CHECKING:
    from groundup.clinic.store import Store
    from groundup.clinic.store.records import Deleted, Page

Execute = Callable[[argparse.Namespace], int]


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str, example: str, execute: Execute
) -> argparse.ArgumentParser:
    """Add a command below a command; it runs ``execute``."""
    parser = verbs.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=execute, usage_error=parser.error)
    parser.add_argument(
        "--store",
        metavar="FILE|URL",
        help="the store: a SQLite file, or postgresql+psycopg://USER@HOST/NAME "
        "(default: GROUNDUP_STORE, else store.sqlite in the user's data folder)",
    )
    return parser


def add_answer(parser: argparse.ArgumentParser) -> None:
    """Add ``-o/--out FILE`` and ``--json``."""
    add_out_file(parser)


def add_page_out(parser: argparse.ArgumentParser) -> None:
    """Add ``-o/--out FILE`` for a page, and ``--json``."""
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="write a page with pictures to FILE (.html)")
    add_json(parser)


def add_paging(parser: argparse.ArgumentParser) -> None:
    """Add ``--page`` and ``--per-page``."""
    parser.add_argument("--page", type=count, default=1, metavar="N", help="which page of the list (default: 1)")
    parser.add_argument("--per-page", type=count, default=50, metavar="N", help="rows on a page (default: 50)")


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add ``--yes``."""
    parser.add_argument("--yes", action="store_true", help="really delete; without it only what would be is said")


def open_store(args: argparse.Namespace, make: bool = False) -> Store:
    """Open the store that was asked for; only what puts people into it makes one where there is none."""
    from groundup.clinic.store import Store

    return Store.open(args.store, make=make)


def say(args: argparse.Namespace, text: str, plain: dict[str, Any]) -> int:
    """Print or write the answer as text, or ``plain`` as JSON."""
    answer(to_json(plain) if args.json else text, args.out, private=True)
    return 0


def as_plain(record: Any) -> Any:
    """Return a record as plain values."""
    return dataclasses.asdict(record)


def page_as_plain(page: Page[Any], name: str) -> dict[str, Any]:
    """Return a page of a list as plain values, its rows under ``name``."""
    rows = [as_plain(row) for row in page.rows]
    return {name: rows, "page": page.number, "pages": page.pages, "total": page.total}


def page_as_text(page: Page[Any], rows: Iterable[Sequence[object]], one: str, many: str = "") -> str:
    """Return a page of a list as a table, and how to see the next."""
    more = f", page {page.number} of {page.pages} (--page N)" if page.pages > 1 else ""
    return "\n".join([*aligned(rows), f"{counted(page.total, one, many)}{more}"])


def aligned(rows: Iterable[Sequence[object]]) -> list[str]:
    """Return rows of cells as lines, their columns under each other."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def deleted_as_text(what: str, done: Deleted) -> str:
    """Say what was deleted, and what of it is still elsewhere."""
    how = f"{what} deleted, {counted(done.visits, 'visit')}"
    lines = [f"{how}. {done.remains}" if done.remains else f"{how}: nothing of it is left in the store."]
    if done.files:
        lines += ["These files were not touched; delete them yourself:", *(f"  {file}" for file in done.files)]
    return "\n".join([*lines, "Backups and exports made before still hold it."])


def counted(number: int, one: str, many: str = "") -> str:
    """Return ``1 visit``, ``2 visits``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def check_output(args: argparse.Namespace) -> None:
    """Find out that an answer cannot be written, or would replace the store, before anything is done for it."""
    from groundup.cli.outputs import check_outputs
    from groundup.clinic.store.place import file_of, store_place

    store = file_of(store_place(args.store))
    kept = () if store is None else [store.with_name(store.name + end) for end in ("", "-wal", "-shm")]
    check_outputs(args, "out", kept=kept)


def add_verbs(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    """Prepare a command for commands below it; one of them must be given."""
    return parser.add_subparsers(
        dest="verb", metavar="VERB", required=True, title="verbs", help="what to do; each explains itself with --help"
    )
