"""``groundup inspect``: what a file holds."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

from groundup.cli.arguments import add_out_file
from groundup.cli.console import answer, to_json

SUMMARY = "Say what a file holds: model, markers, table, set-up, forces, study."
EXAMPLE = "groundup inspect walk.trc"

_SHORT = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help='the file; its kind is found from what it holds; "default" is the body that comes with groundup, and '
        "-o body.html then draws its moment arms and strengths",
    )
    parser.add_argument("--marker-units", choices=("m", "cm", "mm", "in", "ft"), help="unit of a TRC file's markers")
    parser.add_argument("--all", action="store_true", help=f"show long lists whole (otherwise the first {_SHORT})")
    add_out_file(parser)


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from groundup.cli import body_card

    if body_card.is_asked_for(args.file):
        if args.out and not args.json and args.out.suffix.lower() in body_card.PAGE_ENDINGS:
            body_card.write_page(args.out)
            return 0
        description = body_card.describe_default()
    else:
        from groundup.cli.describe import describe

        description = describe(args.file, args.marker_units)
    if args.json:
        answer(to_json(description), args.out)
        return 0
    longest = None if args.all or args.out else _SHORT
    answer("\n".join(_lines(description, longest)), args.out)
    return 0


def _lines(description: dict[str, object], longest: int | None, indent: str = "") -> Iterator[str]:
    for name, value in description.items():
        label = f"{indent}{name.replace('_', ' ')}:"
        if isinstance(value, dict) and value and all(not isinstance(v, (dict, list)) for v in value.values()):
            yield f"{label} {', '.join(f'{entry} {number}' for entry, number in value.items())}"
        elif isinstance(value, dict):
            yield label
            yield from _lines(value, longest, indent + "  ")
        elif isinstance(value, list):
            yield from _list(label, value, longest, indent)
        elif value is None:
            yield f"{label} unknown"
        elif value != "":
            yield from _wrapped(f"{label} {value}", indent)


def _list(label: str, items: list[object], longest: int | None, indent: str) -> Iterator[str]:
    shown = items if longest is None else items[:longest]
    rest = f" … and {len(items) - len(shown)} more (--all)" if len(shown) < len(items) else ""
    if not items:
        yield f"{label} none"
    elif any(isinstance(item, dict) for item in items):
        yield f"{label} {len(items)}"
        for item in shown:
            plain = item.items() if isinstance(item, dict) else [("", item)]
            yield f"{indent}  " + ", ".join(f"{name} {value}".strip() for name, value in plain)
        if rest:
            yield f"{indent} {rest}"
    elif any(":" in str(item) for item in items):
        yield f"{label} {len(items)}"
        yield from (f"{indent}  {item}" for item in shown)
        if rest:
            yield f"{indent} {rest}"
    else:
        words = f"{label} {', '.join(map(str, shown))}{rest}"
        yield from _wrapped(words, indent)


def _wrapped(words: str, indent: str) -> list[str]:
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return textwrap.wrap(words, width, subsequent_indent=indent + "  ", break_long_words=False, break_on_hyphens=False)
