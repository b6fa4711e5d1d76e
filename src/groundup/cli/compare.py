"""``groundup compare``: what changed between two results, and which link of the chain makes it."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.cli.arguments import add_out_folder, add_sampling, number

if TYPE_CHECKING:
    from groundup.chain.comparison import Change, Comparison
    from groundup.from_files import AnalyseOptions
    from groundup.study import Share

SUMMARY = "Compare two walks of one person: what changed by more than chance, and which link of the chain makes it."
EXAMPLE = """groundup compare out/before out/after -o out/comparison
  groundup compare out/left_shoe out/barefoot --labels "shoe,barefoot"
  groundup compare may.c3d june.c3d --static may_static.c3d --static june_static.c3d --mass 72 --height 1.78"""

DEFAULT_OUT = Path("out", "comparison")
_SHOWN_SHARES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    what = "result folder, its study.json, or a recording (C3D or TRC), which is analysed first"
    parser.add_argument("before", type=Path, metavar="BEFORE", help=what)
    parser.add_argument("after", type=Path, metavar="AFTER", help="the same")
    parser.add_argument(
        "--labels",
        type=_labels,
        default=("before", "after"),
        metavar="A,B",
        help="what to call the two (default: before,after)",
    )
    parser.add_argument(
        "--same-markers",
        action="store_true",
        help="the markers stayed on between the two recordings, so that smaller changes can be told",
    )
    parser.add_argument(
        "--no-attribution", action="store_true", help="do not split changes of loads among the links of the chain"
    )
    _add_recording_options(parser.add_argument_group("recordings, where they are given instead of results"))
    add_out_folder(parser, str(DEFAULT_OUT))


def _add_recording_options(group: argparse._ArgumentGroup) -> None:
    """The options of ``groundup analyse`` that most recordings need; results by any other are compared by folder."""
    group.add_argument(
        "--forces",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="ground forces of a recording; twice, where both need it (default: the plates of a C3D recording)",
    )
    group.add_argument(
        "--static",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="the person standing still; twice, where each recording has its own",
    )
    group.add_argument("--mass", type=number, metavar="KG", help="body mass (default: what the recording says)")
    group.add_argument("--height", type=number, metavar="M", help="body height (default: what the recording says)")
    group.add_argument("--model", type=Path, metavar="FILE.osim", help="use this OpenSim model as it is")
    add_sampling(group)


def _labels(text: str) -> tuple[str, str]:
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not two different names with a comma between, such as shoe,barefoot"
        )
    return names[0], names[1]


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from groundup import from_files
    from groundup.cli.console import Progress, to_json
    from groundup.io.result_folder import COMPARISON_FILE, atomic_directory
    from groundup.report.comparison_files import write_comparison

    options = from_files.CompareOptions(
        *_walks(args), args.labels, args.same_markers, not args.no_attribution, args.line
    )
    out, progress = args.out or DEFAULT_OUT, Progress()
    with atomic_directory(out, args.force, COMPARISON_FILE) as folder:
        found = from_files.compare_files(options, progress)
        progress("writing the comparison")
        write_comparison(found, folder)
        files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    text = to_json(_as_json(found, out, files)) if args.json else _as_text(found, out, files, progress.seconds)
    print(text)
    return 0


def _walks(args: argparse.Namespace) -> tuple[Path | AnalyseOptions, Path | AnalyseOptions]:
    """Both walks; a recording with what its analysis is asked to do."""
    from groundup.from_files import AnalyseOptions
    from groundup.from_files.compare import is_recording

    paths = (args.before, args.after)
    recordings = [path for path in paths if is_recording(path)]
    _check(args, len(recordings))
    made = []
    for k, path in enumerate(recordings):
        made.append(
            AnalyseOptions(
                markers=path,
                forces=args.forces[k] if args.forces else None,
                model=args.model,
                static=args.static[k % len(args.static)] if args.static else None,
                mass_kg=args.mass,
                height_m=args.height,
                samples=args.samples,
                seed=args.seed,
                command=args.line,
            )
        )
    before, after = (made.pop(0) if is_recording(path) else path for path in paths)
    return before, after


def _check(args: argparse.Namespace, recordings: int) -> None:
    """Refuse what cannot be meant."""
    person = {"--static": args.static or None, "--mass": args.mass, "--height": args.height}
    given = [name for name, value in person.items() if value is not None]
    if args.model is not None and given:
        args.usage_error(
            f"{', '.join(given)}: for groundup's own body; a model is used as it is. Leave --model out, or these."
        )
    others = (("--forces", args.forces or None), ("--model", args.model), ("--samples", args.samples or None))
    given += [name for name, value in others if value is not None]
    if given and not recordings:
        args.usage_error(f"{', '.join(given)}: for recordings; results are compared as they are")
    if len(args.static) > max(1, recordings):
        args.usage_error(f"--static given {len(args.static)} times for {recordings} recordings")
    if args.forces and len(args.forces) != recordings:
        args.usage_error(
            f"--forces given {len(args.forces)} times for {recordings} recordings; expected once for each, in order"
        )


def _as_json(found: Comparison, out: Path, files: list[str]) -> dict[str, object]:
    return {
        "before": found.before.title,
        "after": found.after.title,
        "out": str(out),
        "files": files,
        "notes": list(found.notes),
        "changes": [
            {
                "id": c.id,
                "side": c.side,
                "unit": c.unit,
                "before": _or_none(c.before),
                "after": _or_none(c.after),
                "difference": _or_none(c.difference),
                "low": _or_none(c.low),
                "high": _or_none(c.high),
                "detectable": _or_none(c.detectable),
                "detectable_origin": c.detectable_origin,
                "important": _or_none(c.important),
                "verdict": c.verdict,
            }
            for c in (*found.headline, *found.measures)
        ],
        "attributions": [
            {"load": a.load_id, "change": _or_none(a.change), "unit": a.unit, "shares": _shares(a.shares)}
            for a in found.attributions
        ],
        "not_attributed": list(found.not_attributed),
    }


def _shares(shares: tuple[Share, ...]) -> list[dict[str, object]]:
    return [{"link": s.link, "side": s.side, "value": s.value, "percent": _or_none(s.percent)} for s in shares]


def _as_text(found: Comparison, out: Path, files: list[str], seconds: float) -> str:
    lines = [f"{found.before.label}: {found.before.title}; {found.after.label}: {found.after.title}"]
    lines += [f"  {note}" for note in found.notes]
    told = [c for c in found.measures if c.verdict in ("higher", "lower", "not known")]
    rows = [_row(c) for c in (*found.headline, *told)]
    widths = [max(len(row[k]) for row in rows) for k in range(3)] if rows else []
    lines += [
        "  " + "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[3]]) for row in rows
    ]
    if found.measures and not told:
        lines.append(f"  measures: no detectable change in any of {len(found.measures)}")
    elif found.measures:
        same = sum(c.verdict == "no detectable change" for c in found.measures)
        lines.append(f"  {same} of {len(found.measures)} measures: no detectable change")
    for a in found.attributions:
        greatest = sorted(a.shares, key=lambda s: -abs(s.value))[:_SHOWN_SHARES]
        parts = ", ".join(f"{_sided(s.link, s.side)} {s.value:+.3g}" for s in greatest)
        lines.append(f"  {a.label}: {a.before:.3g} to {a.after:.3g} {a.unit}, by {parts}")
    lines += [f"  not split among links: {why}" for why in found.not_attributed]
    return "\n".join([*lines, f"{len(files)} files in {out}, {seconds:.1f} s", f"Report: {out / 'report.html'}"])


def _row(c: Change) -> tuple[str, str, str, str]:
    return _sided(c.label, c.side), f"{_number(c.before)} to {_number(c.after)}", c.unit, c.text


def _sided(name: str, side: str) -> str:
    return name if side == "none" else f"{name} ({side})"


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "not computed"


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
