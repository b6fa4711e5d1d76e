"""``groundup demo``: what groundup does, without a file of your own: a virtual patient, or a built-in recording."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.cli.arguments import add_out_folder, add_sampling

if TYPE_CHECKING:
    from groundup.predict.answer import SimulationAnswer

SUMMARY = "Show a virtual patient: healthy, with a painful heel, and treated. It needs no file of your own."
EXAMPLE = """groundup demo -o out/demo
  groundup demo --recording -o out/recording"""

DEFAULT_OUT = Path("out", "demo")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--recording", action="store_true", help="instead, analyse a built-in, synthetic recording as groundup analyse"
    )
    add_sampling(parser)
    add_out_folder(parser, str(DEFAULT_OUT))


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if args.recording:
        return _recording(args)
    if args.samples or args.seed:
        args.usage_error("--samples and --seed are for a recording: add --recording")
    return _virtual_patient(args)


def _recording(args: argparse.Namespace) -> int:
    from groundup import pipeline
    from groundup.cli.results import make_result

    return make_result(
        args,
        args.out or DEFAULT_OUT,
        lambda progress: pipeline.demo(progress, samples=args.samples, seed=args.seed),
    )


def _virtual_patient(args: argparse.Namespace) -> int:
    from tempfile import TemporaryDirectory

    from groundup.cli.console import Progress, to_json
    from groundup.cli.simulate import write_answer
    from groundup.io.result_folder import SIMULATION_FILE, atomic_directory
    from groundup.predict.answer import to_json as as_json
    from groundup.predict.simulate import simulate
    from groundup.predict.varied import read_varied
    from groundup.predict.virtual_patient import VARIED_FILE, stored_walk, virtual_patient

    out, progress = args.out or DEFAULT_OUT, Progress()
    with atomic_directory(out, args.force, SIMULATION_FILE) as folder:
        with TemporaryDirectory() as kept:  # muscle paths that are fitted for one walk serve the others
            found = simulate(
                virtual_patient(), progress, Path(kept), solver=stored_walk, varied=read_varied(VARIED_FILE)
            )
        write_answer(found, folder, progress)
    print(to_json(as_json(found) | {"out": str(out)}) if args.json else _told(found, out, progress.seconds))
    return 0


def _told(found: SimulationAnswer, out: Path, seconds: float) -> str:
    """The answer in a few lines, and where the rest is."""
    from groundup.predict.virtual_patient import SAME

    lines = ["A virtual patient: predicted walks, no person", *(f"  {r.case.label}: {r.status}" for r in found.results)]
    lines += [*found.back, *found.statements, found.how_sure]
    lines += [f"The same command: {SAME}", f"Results in {out}, {seconds:.1f} s"]
    lines += [f"The answer: {out / 'simulation.html'}; each walk: {out / 'cases' / '…' / 'report.html'}"]
    return "\n".join(lines)
