"""Write a study into its folder and say what is there."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.chain.intervals import OWN
from groundup.cli.console import Progress, to_json
from groundup.io.result_folder import atomic_directory

if TYPE_CHECKING:
    from groundup.study import Attribution, Headline, Study


_SHOWN_SHARES = 4
_HOW_SURE = ("low", "high", "detectable_same_session", "detectable_new_session")


def make_result(args: argparse.Namespace, out: Path, compute: Callable[[Progress], Study]) -> int:
    """Compute a study, write its folder whole or not at all, and print where it is. Returns the exit code."""
    from groundup import pipeline

    progress = Progress()
    with atomic_directory(out, force=args.force) as folder:
        study = compute(progress)
        progress("writing the results")
        pipeline.save(study, folder)
        files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    if args.json:
        print(to_json(_as_json(study, out, files, progress.seconds)))
    else:
        print(_as_text(study, out, files, progress.seconds))
    return 0


def _as_json(study: Study, out: Path, files: list[str], seconds: float) -> dict[str, object]:
    return {
        "title": study.title,
        "synthetic": study.synthetic,
        "out": str(out),
        "files": files,
        "headline": [
            {"id": h.id, "label": h.label, "side": h.side, "value": _or_none(h.value), "unit": h.unit}
            | {key: _or_none(getattr(h, key)) for key in _HOW_SURE}
            | {"interval_origin": h.interval_origin}
            for h in study.headline
        ],
        "missing": [{"group": m.group, "reason": m.reason} for m in study.missing],
        "quality": {
            severity: sum(q.severity == severity for q in study.quality) for severity in ("bad", "warn", "info")
        },
        "seconds": round(seconds, 3),
    }


def _as_text(study: Study, out: Path, files: list[str], seconds: float) -> str:
    lines = [study.title + (" (synthetic recording)" if study.synthetic else "")]
    lines += [f"  {_headline(h)}" for h in study.headline]
    lines += [f"  {line}" for line in _how_sure(study)]
    lines += [f"  {_sides(a)}" for a in study.attributions]
    bad = [q for q in study.quality if q.severity == "bad"]
    lines += [f"  do not trust {q.where}: {q.message} {q.advice}".rstrip() for q in bad]
    lines += [f"  not computed: {m.group.replace('_', ' ')} ({m.reason})" for m in study.missing]
    report = next((file for file in files if file.endswith(".html")), "")
    lines += [f"{len(files)} files in {out}, {seconds:.1f} s", *([f"Report: {out / report}"] if report else [])]
    return "\n".join(lines)


def _sides(found: Attribution) -> str:
    """How left and right differ in a load, and the links that make it so, the greatest first."""
    greatest = sorted(found.shares, key=lambda s: -abs(s.value))[:_SHOWN_SHARES]
    parts = ", ".join(f"{s.link}{_of_leg(s.side)} {s.value:+.2g}" for s in greatest)
    return f"{found.label}, right step {found.before:.3g}, left step {found.after:.3g} {found.unit}, by {parts}"


def _of_leg(side: str) -> str:
    """Right in the right step and left in the left one is the leg that steps."""
    return {"right": "", "left": " (other leg)"}.get(side, "")


def _headline(headline: Headline) -> str:
    side = "" if headline.side == "none" else f" ({headline.side})"
    value = "not computed" if math.isnan(headline.value) else f"{headline.value:.4g} {headline.unit}".rstrip()
    return f"{headline.label}{side}: {value}{_interval(headline)}"


def _interval(headline: Headline) -> str:
    if not math.isfinite(headline.low + headline.high):
        return ""
    least = headline.detectable_new_session
    change = f", change from {least:.2g}" if math.isfinite(least) else ""
    return f" ({headline.low:.3g} to {headline.high:.3g}{change})"


def _how_sure(study: Study) -> list[str]:
    """What the ranges behind the main numbers are."""
    samples = max((i.samples for i in study.intervals), default=0)
    origins = {h.interval_origin for h in study.headline}
    said = "in brackets: range in 90 of 100 cases, smallest change that another session can tell"
    if "sampled" in origins:
        return [f"{said}; by {samples} samples of this recording"]
    if "typical" in origins:
        return [f"{said}; typical of the method, not this person's own: {OWN}"]
    return []


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
