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


def add_sampling(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add ``--samples N`` and ``--seed N``."""
    parser.add_argument(
        "--samples",
        type=_samples,
        default=0,
        metavar="N",
        help="compute so many samples of what is uncertain (markers, skin, size, mass, strength, filter, forces), for "
        "intervals and smallest detectable changes of this recording: 200 or more; 0: those typical of the method "
        "(default: 0)",
    )
    parser.add_argument(
        "--seed", type=_whole, default=0, metavar="N", help="the same seed gives the same samples (default: 0)"
    )


def _samples(text: str) -> int:
    """Parse a number of samples: 0, or enough for an interval."""
    if text == "0":
        return 0
    from groundup.chain.uncertainty import FEWEST_SAMPLES

    value = _whole(text)
    if value < FEWEST_SAMPLES:
        raise argparse.ArgumentTypeError(
            f"{text!r} samples are too few for an interval: expected 0 for none, or {FEWEST_SAMPLES} or more; 200 give "
            "one that stays the same with another seed"
        )
    return value


def _whole(text: str) -> int:
    """Parse a whole number that is zero or more."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


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
