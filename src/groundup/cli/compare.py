"""``groundup compare``: what changed between two results, and which link of the chain makes it."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.cli.arguments import add_out_folder

if TYPE_CHECKING:
    from groundup.chain.comparison import Change, Comparison
    from groundup.study import Share

SUMMARY = "Compare two results of one person: what changed by more than chance, and which link of the chain makes it."
EXAMPLE = """groundup compare out/before out/after -o out/comparison
  groundup compare out/left_shoe out/barefoot --labels "shoe,barefoot\""""

DEFAULT_OUT = Path("out", "comparison")
_SHOWN_SHARES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("before", type=Path, metavar="BEFORE", help="result folder, or its study.json")
    parser.add_argument("after", type=Path, metavar="AFTER", help="result folder, or its study.json")
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
    add_out_folder(parser, str(DEFAULT_OUT))


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
        args.before, args.after, args.labels, args.same_markers, not args.no_attribution, args.line
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
                "detectable": _or_none(c.detectable),
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
    if found.measures:
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
