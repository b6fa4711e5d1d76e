"""``groundup bench``: speed and agreement beside OpenSim; without OpenSim, how long the built-in walk takes."""

from __future__ import annotations

import argparse
import os
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from groundup.cli.arguments import add_out_file, count, number, positive
from groundup.cli.console import Progress, answer, to_json

SUMMARY = "Measure speed and agreement beside OpenSim; without it, time the built-in walk."
EXAMPLE = "groundup bench --model body.osim --markers walk.trc --forces walk_forces.xml --repeats 3"

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    _add_case(parser.add_argument_group("what to measure on (default: the built-in walk)"))
    parser.add_argument("--repeats", type=count, default=3, metavar="N", help="runs after the first (default: 3)")
    parser.add_argument(
        "--opensim-frames",
        type=count,
        metavar="N",
        help="frames that OpenSim's static optimisation gets, which takes seconds for each on large models "
        "(default: 100; 8 with more than 120 muscles)",
    )
    parser.add_argument(
        "--opensim-tolerance",
        type=positive,
        default=1e-4,
        metavar="TOL",
        help="where OpenSim's optimiser stops (default: OpenSim's, 1e-4; 1e-8 shows how far both agree)",
    )
    parser.add_argument("--alone", action="store_true", help="time the built-in walk without OpenSim, whole")
    parser.add_argument("--markdown", action="store_true", help="print the answer as Markdown")
    add_out_file(parser)


def _add_case(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--model", type=Path, metavar="FILE.osim", help="the body")
    group.add_argument("--markers", type=Path, metavar="FILE.trc", help="where the markers were")
    group.add_argument("--forces", type=Path, metavar="FILE", help="ground forces: ExternalLoads .xml or .mot")
    group.add_argument("--ik-tasks", type=Path, metavar="FILE.xml", help="marker weights (default: all 1)")
    group.add_argument(
        "--reserves",
        type=Path,
        metavar="FILE.xml",
        help="actuators to add: a ForceSet (default: 500 N·m or N where the whole body is carried, 20 elsewhere)",
    )
    group.add_argument("--start-s", type=number, metavar="S", help="begin here, seconds (default: first frame)")
    group.add_argument("--end-s", type=number, metavar="S", help="end here, seconds (default: last frame)")


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    files = (args.model, args.markers, args.forces)
    if any(files) and not all(files):
        args.usage_error("--model, --markers and --forces go together: give all three or none")
    if args.alone and args.model:
        args.usage_error("--alone times the built-in walk; leave --model out")
    # Read when numpy is first loaded: one core for both programs.
    for name in _THREADS:
        os.environ.setdefault(name, "1")
    from groundup.bench.theirs import HOW_TO_INSTALL, installed

    if args.alone or not (args.model or installed()):
        return _alone(args, "" if args.alone else f"To compare with OpenSim: {HOW_TO_INSTALL}")
    return _beside_opensim(args)


def _beside_opensim(args: argparse.Namespace) -> int:
    say = Progress()
    say("reading")
    from groundup.bench.case import Inputs, built_in_case, case_from_files
    from groundup.bench.compare import affordable_frames, compare
    from groundup.bench.tables import to_data, to_markdown, to_text

    with TemporaryDirectory() as name:
        folder = Path(name)
        if args.model:
            files = (args.model, args.markers, args.forces, args.ik_tasks, args.reserves)
            case = case_from_files(Inputs(*files, args.start_s, args.end_s), folder)
        else:
            case = built_in_case(folder, args.start_s, args.end_s)
        frames = args.opensim_frames or affordable_frames(case)
        found = compare(case, folder, args.repeats, frames, say, args.opensim_tolerance)
    if args.json:
        answer(to_json(to_data(found)), args.out)
    else:
        answer(to_markdown(found) if args.markdown else to_text(found), args.out)
    return 0


# --- groundup alone ---------------------------------------------------------------------------------------------------


def _alone(args: argparse.Namespace, hint: str) -> int:
    runs = [_time_one(number, args.repeats) for number in range(1, args.repeats + 1)]
    stages = {
        name: {"first_s": runs[0][name], "best_s": min(r[name] for r in runs), "median_s": _median(runs, name)}
        for name in runs[0]
    }
    if args.json:
        answer(to_json({"repeats": args.repeats, "stages": stages, "note": hint}), args.out)
    else:
        answer("\n\n".join(filter(None, [_table(stages), hint])), args.out)
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
