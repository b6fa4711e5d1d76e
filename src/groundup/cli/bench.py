"""``groundup bench``: how long the built-in walk takes on this computer, stage by stage."""

from __future__ import annotations

import argparse
import statistics
from tempfile import TemporaryDirectory

from groundup.cli.arguments import add_out_file, count
from groundup.cli.console import Progress, answer, to_json

SUMMARY = "Time the built-in walk on this computer, stage by stage."
EXAMPLE = "groundup bench --repeats 3"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--repeats", type=count, default=3, metavar="N", help="how often to run it (default: 3)")
    add_out_file(parser)


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    runs = [_time_one(number, args.repeats) for number in range(1, args.repeats + 1)]
    stages = {
        name: {"first_s": runs[0][name], "best_s": min(r[name] for r in runs), "median_s": _median(runs, name)}
        for name in runs[0]
    }
    answer(to_json({"repeats": args.repeats, "stages": stages}) if args.json else _table(stages), args.out)
    return 0


def _time_one(number: int, repeats: int) -> dict[str, float]:
    # The first run pays for imports; later ones show what the mathematics costs.
    say = Progress()
    say(f"run {number} of {repeats}")
    watch = Progress(quiet=True)
    from pathlib import Path

    from groundup import pipeline

    with TemporaryDirectory() as folder:
        study = pipeline.demo(watch)
        watch("writing the results")
        pipeline.save(study, Path(folder))
    ends = [begin for _, begin in watch.stages[1:]] + [watch.seconds]
    spent: dict[str, float] = {}
    for (name, begin), end in zip(watch.stages, ends, strict=True):
        spent[name] = round(spent.get(name, 0.0) + end - begin, 4)
    return {**spent, "total": round(watch.seconds, 4)}


def _median(runs: list[dict[str, float]], name: str) -> float:
    return round(statistics.median(run[name] for run in runs), 4)


def _table(stages: dict[str, dict[str, float]]) -> str:
    width = max(len(name) for name in stages)
    lines = [f"{'stage':<{width}}  {'first s':>8}  {'best s':>8}  {'median s':>8}"]
    for name, times in stages.items():
        lines.append(f"{name:<{width}}  " + "  ".join(f"{seconds:8.3f}" for seconds in times.values()))
    return "\n".join(lines)
