"""A comparison as text, as Markdown and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata

import groundup
from groundup.bench.agreement import LEAST_LOAD, LEAST_MOMENT, Difference
from groundup.bench.compare import Comparison, StageTimes
from groundup.bench.theirs import TOLERANCE
from groundup.bench.timing import Timing

Rows = list[list[str]]

_SPEED = ["stage", "groundup frames/s", "OpenSim frames/s", "ratio", "ratio with files", "first run s"]
_AGREEMENT = ["quantity", "difference", "where"]


def to_data(found: Comparison) -> dict[str, object]:
    """Return a comparison as what JSON can hold, units in the names."""
    return {
        "groundup": groundup.__version__,
        "opensim": opensim_version(),
        "case": {
            "title": found.title,
            "muscles": found.n_muscles,
            "coordinates": found.n_coordinates,
            "frames": found.n_frames,
            "opensim_sharing_frames": found.opensim_frames,
            "opensim_tolerance": found.opensim_tolerance,
            "duration_s": round(found.duration_s, 4),
        },
        "cores": found.cores,
        "repeats": found.repeats,
        "stages": {stage.name: _stage_data(stage) for stage in found.stages},
        "differences": [vars(d) for d in found.differences],
        "notes": notes(found),
    }


def to_text(found: Comparison) -> str:
    """Return a comparison as tables for a terminal."""
    return "\n\n".join(
        [
            headline(found),
            "\n".join(_aligned(_SPEED, speed_rows(found))),
            "\n".join(_aligned(_AGREEMENT, agreement_rows(found))),
            "\n".join(notes(found)),
        ]
    )


def to_markdown(found: Comparison) -> str:
    """Return a comparison as Markdown."""
    listed = "\n".join(f"- {note}" for note in notes(found))
    return "\n\n".join(
        [
            headline(found),
            markdown_table(_SPEED, speed_rows(found)),
            markdown_table(_AGREEMENT, agreement_rows(found)),
            listed,
        ]
    )


def headline(found: Comparison) -> str:
    """Say in one line what was measured on what."""
    return (
        f"groundup {groundup.__version__} and OpenSim {opensim_version()}: {found.title}, {found.n_muscles} muscles, "
        f"{found.n_coordinates} coordinates, {found.n_frames} frames in {found.duration_s:.2f} s; "
        f"{found.cores} core{'s' if found.cores > 1 else ''}, median of {found.repeats} after a first run."
    )


def notes(found: Comparison) -> list[str]:
    """Say how it was measured, one line each."""
    lines = [
        "ratio: groundup from arrays to arrays, OpenSim as its tool runs (it reads and writes files); "
        "ratio with files: groundup also reads the recording and writes the results.",
        "Not counted: reading the model, on both sides; preparing it for computation, for OpenSim. First run: groundup "
        "with files and with what it loads on demand; OpenSim for all of its frames.",
        "Both ran in one process, in turn, so that other load on the computer meets both.",
        "Each stage starts from the same result of the stage before; static optimisation of groundup includes "
        "the joint reactions. groundup's total is one run through all stages, OpenSim's the sum of its tools.",
        f"Left out as having no peak: moments below {LEAST_MOMENT:g} N·m (N); joint loads below {100 * LEAST_LOAD:g} % "
        "of body weight (moments: times 1 m).",
        _stopping(found.opensim_tolerance),
    ]
    if found.opensim_frames < found.n_frames:
        lines.append(
            f"OpenSim computed static optimisation and joint reactions for {found.opensim_frames} of the frames, from "
            "the middle; the figures are for a frame, and both are compared on these."
        )
    return lines + [note[:1].upper() + note[1:] + "." for note in found.notes]


def _stopping(tolerance: float) -> str:
    if tolerance != TOLERANCE:
        return f"OpenSim's optimiser was told to go on to {tolerance:g}; its default is {TOLERANCE:g}."
    return (
        f"OpenSim's optimiser stops at its default of {TOLERANCE:g}, short of the optimum: ratios of objectives are "
        "below 1, and the lightly loaded joints differ most under own muscle forces. --opensim-tolerance 1e-8 goes on."
    )


def speed_rows(found: Comparison) -> Rows:
    """Rows of the table of speed."""
    return [
        [
            stage.name,
            _digits(stage.computing.frames_per_s),
            _digits(stage.opensim.frames_per_s),
            f"{_digits(stage.ratio)}×",
            f"{_digits(stage.ratio_with_files)}×",
            f"{stage.with_files.first_s:.2f} / {stage.opensim.first_s:.2f}",
        ]
        for stage in found.stages
    ]


def agreement_rows(found: Comparison) -> Rows:
    """Rows of the table of agreement."""
    return [[d.name, _amount(d), d.where] for d in found.differences]


def markdown_table(head: Sequence[str], rows: Rows) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def opensim_version() -> str:
    """Version of the opensim package, without loading it."""
    try:
        return metadata.version("opensim")
    except metadata.PackageNotFoundError:
        return "not installed"


def _aligned(head: Sequence[str], rows: Rows) -> list[str]:
    table = [list(head), *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    first, *others = widths
    return [
        "  ".join([row[0].ljust(first), *(cell.rjust(w) for cell, w in zip(row[1:], others, strict=True))]).rstrip()
        for row in table
    ]


def _stage_data(stage: StageTimes) -> dict[str, object]:
    return {
        "groundup": _timing_data(stage.computing),
        "groundup_with_files": _timing_data(stage.with_files),
        "opensim": _timing_data(stage.opensim),
        "ratio": round(stage.ratio, 2),
        "ratio_with_files": round(stage.ratio_with_files, 2),
    }


def _timing_data(timing: Timing) -> dict[str, object]:
    return {
        "frames": timing.frames,
        "first_s": round(timing.first_s, 5),
        "median_s": round(timing.median_s, 5),
        "frames_per_s": round(timing.frames_per_s, 3),
    }


def _amount(d: Difference) -> str:
    if not d.unit:
        return f"{d.value:.6f}"
    shown = f"{d.value:.2g}" if d.value < 0.01 else f"{d.value:.3f}"
    return f"{shown} {d.unit}"


def _digits(value: float) -> str:
    """Three digits, no more than a measurement of time is worth."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}".replace(",", " ")
    return f"{value:.3g}"
