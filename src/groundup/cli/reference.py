"""Writes docs/cli.md from the commands: ``make docs``. A test fails when the file is not current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from groundup.cli.main import COMMANDS, SUMMARY, build_parser

_HEAD = f"""# The command `groundup`

<!-- Written by `make docs` from the commands themselves. Change them, not this file. -->

{SUMMARY}

Every command answers `--help`, prints its answer on standard output and its progress on standard error, and ends with
0 (done), 1 (could not do it: one line says why and what to do), 2 (wrong usage) or 130 (stopped with Ctrl-C).
`--json` makes the answer readable for programs. A result folder appears whole or not at all.
`GROUNDUP_DEBUG=1` shows the Python traceback of a fault.
"""


def reference() -> str:
    """Return the reference of all commands as Markdown, the same on every Python and every terminal."""
    subparsers = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return "\n".join([_HEAD, *("\n".join(_command(name, subparsers.choices[name])) for name in COMMANDS)])


def _command(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    module = COMMANDS[name]
    yield f"## groundup {name}\n\n{module.SUMMARY}\n\n```sh\n{module.EXAMPLE}\n```\n"
    verbs = next((a for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None)
    if verbs is None:
        yield from _options(parser)
        return
    for verb, below in verbs.choices.items():
        example = str(below.epilog).removeprefix("example:\n").strip()
        yield f"### groundup {name} {verb}\n\n{below.description}\n\n```sh\n{example}\n```\n"
        yield from _options(below)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield "| option | meaning |\n|---|---|"
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction):
            required = " (required)" if action.required and action.option_strings else ""
            yield f"| {_invocation(action)} | {action.help}{required} |"
    yield ""


def _invocation(action: argparse.Action) -> str:
    value = str(action.metavar) if action.metavar else ", ".join(map(str, action.choices or ()))
    if not action.option_strings:
        return f"`{value}`"
    return f"`{', '.join(action.option_strings)}{f' {value}' if action.nargs != 0 else ''}`"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
