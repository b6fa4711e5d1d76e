"""Checks of what was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from groundup.chain.gait import NO_CYCLE
from groundup.chain.quality.grades import graded
from groundup.loads.analysis import Analysis
from groundup.motion.marker_checks import Finding
from groundup.study import Cycle, QualityItem


def recording_items(a: Analysis, cycles: Sequence[Cycle]) -> Iterator[QualityItem]:
    """Cycles, notes of the readers, markers that are absent or have gaps."""
    for cycle in cycles:
        if cycle.source == NO_CYCLE:
            text = (
                f"The recording holds no complete cycle of the {cycle.side} foot; its curves show the whole recording."
            )
            yield QualityItem(
                "recording", "warn", f"{cycle.side} foot", text, advice="Record two strikes of each foot."
            )
    for note in a.notes:
        yield QualityItem("recording", "info", a.recording.source, note)
    absent = [m.name for m in a.body.markers if m.name not in a.recording.names]
    if absent:
        yield QualityItem(
            "recording",
            "info",
            f"{len(absent)} of {len(a.body.markers)} markers of the model",
            f"Not in the recording: {', '.join(absent)}.",
        )
    gaps = ~np.isfinite(a.fit.error_m)
    share = gaps.mean(axis=0)
    for k in np.flatnonzero(share > 0):
        yield QualityItem(
            "recording",
            graded(bool(share[k] > 0.5), bool(share[k] > 0.1)),
            f"marker {a.fit.markers[k]}",
            "Frames in which this marker was not seen: short gaps are bridged, in long ones the others carry the pose.",
            100 * float(share[k]),
            "%",
            10.0,
            "Fill the gap in the motion-capture software if the limb has fewer than three markers left.",
        )


def examined(findings: Iterable[Finding]) -> tuple[QualityItem, ...]:
    """Findings of the examination of a recording as items of its study, the worst first."""
    order = {"bad": 0, "warn": 1, "info": 2}
    return tuple(
        QualityItem("recording", f.severity, _place(f), f.message, f.value, f.unit, f.limit, f.advice)
        for f in sorted(findings, key=lambda f: order[f.severity])
    )


def _place(f: Finding) -> str:
    where = f"{f.where} in {f.trial}" if f.trial else f.where
    if not np.isfinite(f.first_s):
        return where
    end = f"–{f.last_s:.3f}" if f.last_s > f.first_s else ""
    return f"{where} at {f.first_s:.3f}{end} s"
