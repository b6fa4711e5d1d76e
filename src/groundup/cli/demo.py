"""``groundup demo``: the whole line on a walk that comes with groundup."""

from __future__ import annotations

import argparse
from pathlib import Path

from groundup.cli.arguments import add_out_folder, add_sampling

SUMMARY = "Analyse the built-in walk: a whole result without a file of your own."
EXAMPLE = "groundup demo -o out/demo"

DEFAULT_OUT = Path("out", "demo")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_sampling(parser)
    add_out_folder(parser, str(DEFAULT_OUT))


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from groundup import pipeline
    from groundup.cli.results import make_result

    return make_result(
        args,
        args.out or DEFAULT_OUT,
        lambda progress: pipeline.demo(progress, samples=args.samples, seed=args.seed),
    )
