"""Predicted walks against what is published: the healthy walk, heel pain, treatments; and against mechanics.

    python -m benchmarks.predicted_walks                  everything, from the stored healthy walk, and that walk cold
    python -m benchmarks.predicted_walks --only-cases     walks of the acceptance alone
    python -m benchmarks.predicted_walks --mesh-doubling  the healthy walk on two meshes alone; writes no page
    python -m benchmarks.predicted_walks --healthy        the stored healthy walk made anew first; cold without one
    python -m benchmarks.predicted_walks --calibrate      the gain of the pain law found anew first

writes docs/validation/predicted-walks.md. Cases are solved as `groundup simulate` solves them. Walks are kept under
``--keep`` by what they answer; with ``--resume`` those that answer what is asked today are not solved again.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.predicted_walks import numerics
from benchmarks.predicted_walks.page import PAGE, Results, mesh_change_percent, page
from benchmarks.predicted_walks.solving import Solved, Work, calibrate, case_works, done_in_order_of_ending
from groundup.body.default_body import default_body
from groundup.errors import FileError
from groundup.predict.acceptance import cases
from groundup.predict.gait.baseline import FILE, healthy_walk, solve_healthy
from groundup.predict.gait.solve import WalkOptions
from groundup.predict.gait.walk import save_walk
from groundup.predict.request import USUAL_INTERVALS


def main() -> None:
    """Solve, judge, write the page."""
    args = _parser().parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    if args.mesh_doubling:
        found = _done(numerics.mesh_works(args.keep), args.processes)
        print(f"peak of L5/S1 changes by {mesh_change_percent(found):.2g} %")
        return
    if args.healthy:
        _remake_healthy(args.keep)
    if args.calibrate:
        calibrate(args.keep)
    kept = args.keep / "cases"
    if not args.resume:
        for file in kept.glob("walk-*.npz"):
            file.unlink()
    # What takes longest begins first.
    works = [] if args.only_cases else numerics.numeric_works(args.keep)
    found = _done([*works, *case_works(kept)], args.processes)
    errors = found.pop("derivatives", None)
    solved = {name: found.pop(name) for name in cases()}
    PAGE.write_text(page(Results(solved, found, errors)), encoding="utf-8")
    if missing := [name for name, one in {**solved, **found}.items() if not one.walk.solved]:
        sys.exit(f"not solved: {', '.join(missing)}; see {PAGE.name}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in ("--only-cases", "--mesh-doubling", "--healthy", "--calibrate", "--resume"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--keep", type=Path, default=Path("out", "walks"))
    parser.add_argument("--processes", type=int, default=2)
    return parser


def _done(works: list[Work], processes: int) -> dict[str, Any]:
    """Do everything; results by name, in the order of the work."""
    begun, found = time.perf_counter(), {}
    for name, result in done_in_order_of_ending(works, processes):
        found[name] = result
        told = f"{result.walk.message}; {result.memory_gb:.2f} GB" if isinstance(result, Solved) else result
        print(f"{time.perf_counter() - begun:5.0f} s  {name}: {told}", flush=True)
    return {work.name: found[work.name] for work in works}


def _remake_healthy(keep: Path) -> None:
    start = None
    with suppress(FileError):  # where there is none yet, or none that can be read, it is found from nothing
        start = healthy_walk()
    walk = solve_healthy(default_body(), WalkOptions(USUAL_INTERVALS), start=start, cache=keep)
    print(f"healthy: {walk.message}", flush=True)
    if not walk.solved:
        raise SystemExit("the healthy walk was not solved; the stored one stays")
    save_walk(walk, FILE)
    healthy_walk.cache_clear()


if __name__ == "__main__":
    main()
