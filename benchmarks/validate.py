"""Measure everything and write docs/validation/speed.md.

Run: make validation-speed (or python -m benchmarks.validate)
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import groundup
from benchmarks import process
from benchmarks.recordings import ROOT, built_in, gait2392
from groundup.bench.case import built_in_case, case_from_files
from groundup.bench.compare import TOTAL, Comparison, affordable_frames, compare
from groundup.bench.tables import agreement_rows, markdown_table, notes, opensim_version, speed_rows

OUT = ROOT / "docs" / "validation" / "speed.md"
REPEATS = 3
TIGHT = 1e-8
"""Where OpenSim's optimiser is told to stop so that the agreement shows, not its stopping rule."""
TIGHT_FRAMES = 40

_HEAD = """# Speed beside OpenSim

Written by `make validation-speed`; do not edit. Every figure can be measured anew with the commands shown.

{when}, groundup {version}, OpenSim {opensim}, Python {python}, NumPy {numpy}, {machine}; {cores} cores, of which
one was used; load average {load} at the start (near or above the number of cores, wall times are longer than on an idle
computer).

{summary}

What agrees with OpenSim how well, test by test, is in [the measured path](measured-path.md). Ratios hold for the two
programs in one process, in turn. They compare times for a frame, and depend on the model: on one with many muscles
OpenSim's static optimisation takes most of the time.
"""


def main() -> None:
    """Measure and write."""
    load = _load()
    cases = _cases()
    walls, costs = process.measure(), _scaling()
    parts = [_head(load, cases), *(_case(*c) for c in cases), _walls(walls), _costs(costs)]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")
    print(OUT)


def _cases() -> list[tuple[str, Comparison, Comparison | None, str]]:
    """Heading, comparison, the comparison that shows agreement where OpenSim goes on, and the command."""
    found: list[tuple[str, Comparison, Comparison | None, str]] = []
    with TemporaryDirectory() as name:
        inputs = gait2392(Path(name))
        if inputs is not None:
            usual = _compare(lambda folder: case_from_files(inputs, folder))
            short = replace(inputs, end_s=(inputs.start_s or 0.0) + 1.2)
            tight = _compare(lambda folder: case_from_files(short, folder), 1, TIGHT)
            found.append(("gait2392: a published recording", usual, tight, _GAIT2392))
    usual = _compare(built_in_case)
    tight = _compare(built_in_case, 1, 1e-6)
    found.append(("The default body: 318 muscles", usual, tight, "groundup bench --opensim-frames 8"))
    return found


_GAIT2392 = """D=$GROUNDUP_SHARED/data/gait2392
groundup run $D/subject01_Setup_Scale.xml -o out/scaled
groundup bench --model out/scaled/subject01_simbody.osim --markers $D/subject01_walk1.trc \\
    --forces $D/subject01_walk1_grf.xml --ik-tasks $D/subject01_Setup_IK.xml \\
    --reserves $D/gait2392_SO_Residual_Actuators.xml --start-s 0.4 --end-s 2.4"""


def _compare(make, repeats: int = REPEATS, tolerance: float = 1e-4) -> Comparison:  # type: ignore[no-untyped-def]
    with TemporaryDirectory() as name:
        folder = Path(name)
        case = make(folder)
        frames = affordable_frames(case) if tolerance == 1e-4 else min(affordable_frames(case), TIGHT_FRAMES)
        return compare(case, folder, repeats, frames, lambda stage: print(stage, file=sys.stderr), tolerance)


def _head(load: str, cases: list[tuple[str, Comparison, Comparison | None, str]]) -> str:
    summary = "\n".join(
        f"- {found.title}, {found.n_muscles} muscles: static optimisation {_times(found, 'static optimisation')}, "
        f"inverse kinematics to joint reactions {_times(found, TOTAL)}."
        for _, found, _, _ in cases
    )
    return _HEAD.format(
        when=datetime.now(UTC).date().isoformat(),
        version=groundup.__version__,
        opensim=opensim_version(),
        python=platform.python_version(),
        numpy=np.__version__,
        machine=_processor(),
        cores=os.cpu_count(),
        load=load,
        summary=summary,
    )


def _times(found: Comparison, stage: str) -> str:
    times = found.stage(stage)
    return f"{times.ratio:.0f} times as fast as OpenSim ({times.ratio_with_files:.0f} with reading and writing files)"


def _case(heading: str, found: Comparison, tight: Comparison | None, command: str) -> str:
    parts = [
        f"## {heading}",
        f"{found.n_frames} frames in {found.duration_s:.2f} s, {found.n_muscles} muscles, {found.n_coordinates} "
        f"coordinates; median of {found.repeats} runs after a first one.",
        f"```sh\n{command}\n```",
        markdown_table(
            ["stage", "groundup frames/s", "OpenSim frames/s", "ratio", "ratio with files", "first run s"],
            speed_rows(found),
        ),
        _agreement(found, tight),
        "\n".join(f"- {note}" for note in notes(found)),
    ]
    return "\n\n".join(parts)


def _agreement(found: Comparison, tight: Comparison | None) -> str:
    head = ["largest difference", f"OpenSim stops at {found.opensim_tolerance:g}", "where"]
    rows = agreement_rows(found)
    if tight is not None:
        head += [f"OpenSim goes on to {tight.opensim_tolerance:g}", "where"]
        rows = [a + b[1:] for a, b in zip(rows, agreement_rows(tight), strict=True)]
    return markdown_table(head, rows)


def _walls(walls: list[process.Wall]) -> str:
    rows = [[w.title, f"{w.cold_s:.2f}", f"{w.warm_s:.2f}", f"{w.cpu_s:.2f}"] for w in walls]
    return "\n\n".join(
        [
            "## A whole `groundup analyse`",
            "From the shell's point of view, with start, reading, findings, report and tables, on one core; cold is "
            "the first run after an installation, when Python compiles groundup's files.",
            "```sh\npython -m benchmarks.process\n```",
            markdown_table(["recording", "cold s", "warm s", "warm, processor s"], rows),
        ]
    )


def _scaling() -> str:
    """What the script says about the default body, on one core."""
    with TemporaryDirectory() as name:
        given = built_in(Path(name))
        files = [str(path) for path in (given.model, given.markers, given.forces)]
        env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(ROOT / "benchmarks" / "scaling.py"), *files]
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.rstrip()


def _costs(said: str) -> str:
    return (
        "## Long recordings\n\nThe default mode (passive force, tendons) on the default body with 318 muscles; the "
        "built-in walk is played there and back. Memory is that of the whole process at its largest.\n\n"
        "```sh\npython benchmarks/scaling.py body.osim walk.trc walk_forces.xml\n```\n\n"
        f"```\n{said}\n```"
    )


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return f"{platform.system()} on {line.partition(':')[2].strip()}"
    return platform.platform()


if __name__ == "__main__":
    main()
