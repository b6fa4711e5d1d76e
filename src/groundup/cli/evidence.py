"""``groundup evidence``: every rule, range, treatment and parameter with its source."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundup.cli.arguments import add_out_file
from groundup.cli.console import answer, to_json
from groundup.errors import SetupError

if TYPE_CHECKING:
    from groundup.clinic.evidence import Entry

SUMMARY = "List every rule, range, treatment and parameter with its source, status and date."
EXAMPLE = "groundup evidence windlass"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "word",
        nargs="?",
        default="",
        metavar="WORD",
        help="only entries in which it occurs: a name, an author, a status, a part of a file's path",
    )
    add_out_file(parser)


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from groundup.clinic import evidence

    found = evidence.find(args.word)
    if not found:
        raise SetupError(
            f"evidence: no entry holds {args.word!r}. Give one word, such as windlass, Hodt-Billington or assumed; "
            "without a word all are listed."
        )
    answer(to_json(evidence.to_json(found)) if args.json else "\n".join(_lines(found)), args.out)
    return 0


def _lines(found: tuple[Entry, ...]) -> Iterator[str]:
    from groundup.clinic.evidence import STATUSES

    file = ""
    for entry in found:
        if entry.file != file:
            file = entry.file
            yield f"{file}: {entry.kind}"
        yield f"  {entry.line()}"
    yield f"{len(found)} entries. " + "; ".join(f"{name}: {meaning}" for name, meaning in STATUSES.items()) + "."
