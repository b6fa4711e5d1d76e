"""Arguments that commands share, and the types of their values. A wrong value ends with exit code 2."""

from __future__ import annotations

import argparse
import math
from pathlib import Path


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print the answer as JSON, for other programs")


def add_out_file(parser: argparse.ArgumentParser) -> None:
    """Add ``-o/--out FILE`` and ``--json`` for a command that prints one answer."""
    parser.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="write the answer to FILE instead of printing it"
    )
    add_json(parser)


def add_out_folder(parser: argparse.ArgumentParser, default: str) -> None:
    """Add ``-o/--out DIR``, ``--force`` and ``--json`` for a command that writes a result folder."""
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help=f"folder for the results (default: {default})")
    parser.add_argument("--force", action="store_true", help="write into a folder that holds other files; they stay")
    add_json(parser)


def positive(text: str) -> float:
    """Parse a number above zero."""
    value = number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not above zero")
    return value


def not_negative(text: str) -> float:
    """Parse a number that is zero or more."""
    value = number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is below zero")
    return value


def number(text: str) -> float:
    """Parse a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def count(text: str) -> int:
    """Parse a whole number, 1 or more."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)
