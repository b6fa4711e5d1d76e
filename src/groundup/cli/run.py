"""``groundup run``: OpenSim's set-up files, as they are."""

from __future__ import annotations

import argparse
from pathlib import Path

from groundup.cli.arguments import add_json
from groundup.cli.console import Progress, to_json

SUMMARY = "Run an OpenSim set-up file as it is."
EXAMPLE = "groundup run subject01_Setup_IK.xml -o out/ik"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("setup", type=Path, metavar="SETUP.xml", help="the set-up file; its paths are relative to it")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="DIR", help="folder for the results (default: where the set-up file says)"
    )
    add_json(parser)


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from groundup import pipeline

    progress = Progress()
    files = pipeline.run_setup(args.setup, args.out, progress)
    if args.json:
        answer = {
            "setup": str(args.setup),
            "files": [str(file) for file in files],
            "seconds": round(progress.seconds, 3),
        }
        print(to_json(answer))
    else:
        print("\n".join([str(file) for file in files] + [f"{len(files)} files, {progress.seconds:.1f} s"]))
    return 0
