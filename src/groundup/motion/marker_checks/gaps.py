"""Gaps: zeros that mean one, markers that are one and the same, and which gaps are too long to be bridged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from groundup.body.person import Recognition
from groundup.body.recording import MarkerTrajectories
from groundup.motion.marker_checks.finding import Finding, frames_text, seen, spans

LONGEST_GAP_S = 0.2
FEWEST_ON_SEGMENT = 3
_MUCH = 0.5
_SAME_M = 1e-4
_ALIKE_M = 0.001


def zeros_to_gaps(markers: MarkerTrajectories) -> tuple[MarkerTrajectories, tuple[Finding, ...]]:
    """Make a gap of every (0, 0, 0): what some programs write where a marker was not seen."""
    x = markers.positions_m
    zero = np.asarray((x == 0.0).all(axis=2))
    if not zero.any():
        return markers, ()
    names = [markers.names[k] for k in np.flatnonzero(zero.any(axis=0))]
    found = Finding(
        "info",
        f"{len(names)} markers at (0, 0, 0)",
        f"Zeros stand for gaps in {', '.join(names[:6])}{' …' if len(names) > 6 else ''}; they were made gaps.",
        value=100 * float(zero.mean()),
        unit="%",
    )
    return replace(markers, positions_m=np.where(zero[:, :, None], np.nan, x)), (found,)


def drop_copies(
    markers: MarkerTrajectories, recognition: Recognition
) -> tuple[MarkerTrajectories, tuple[Finding, ...]]:
    """Blank a marker that is a copy of another under a second label, where it is clear which label is right."""
    placed = {p.label for p in recognition.placements}
    x, found = markers.positions_m, []
    for a, b in _copies(markers):
        first, second = markers.names[a], markers.names[b]
        surplus = b if second not in placed else a if first not in placed else None
        if surplus is not None:
            x = x.copy()
            x[:, surplus] = np.nan
        done = f"{markers.names[surplus]} is left out." if surplus is not None else "One of them is wrong."
        found.append(
            Finding(
                "info" if surplus is not None else "bad",
                f"markers {first} and {second}",
                f"Both labels are on the same marker in most frames. {done}",
                "" if surplus is not None else "Find out which label is right and remove the other from the recording.",
                value=0.0,
                unit="m",
                limit=_ALIKE_M,
            )
        )
    return replace(markers, positions_m=x), tuple(found)


def _copies(markers: MarkerTrajectories) -> Iterator[tuple[int, int]]:
    """Pairs of columns, neither empty, that agree within a tenth of a millimetre in most of their common frames."""
    x = markers.positions_m
    there = seen(x)
    some = x[np.unique(np.linspace(0, len(x) - 1, min(len(x), 100)).astype(int))]
    for a in range(x.shape[1]):
        with np.errstate(invalid="ignore"):
            near = np.nanmean(np.linalg.norm(some - some[:, a : a + 1], axis=-1) < _ALIKE_M, axis=0) > 0.2
        for b in np.flatnonzero(near[a + 1 :]) + a + 1:
            both = there[:, a] & there[:, b]
            if both.sum() > 0.5 * max(there[:, a].sum(), 1) and _same(x[both, a], x[both, b]):
                yield a, int(b)


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return float(np.mean(np.linalg.norm(one - other, axis=-1) < _SAME_M)) > 0.5


def long_gaps(markers: MarkerTrajectories, recognition: Recognition, longest_s: float = LONGEST_GAP_S) -> list[Finding]:
    """Gaps longer than ``longest_s`` of markers on the body; the longest of each marker, and all of them together."""
    there = seen(markers.positions_m)
    column = {name: k for k, name in enumerate(markers.names)}
    step = 1.0 / markers.rate_hz
    found = []
    for p in recognition.placements:
        if p.label not in column:
            continue
        gaps = [s for s in spans(~there[:, column[p.label]]) if (s[1] - s[0] + 1) * step > longest_s]
        if gaps:
            beside = [column[q.label] for q in recognition.placements if q.segment == p.segment and q.label in column]
            found.append(_gap_finding(markers, p.label, p.segment, gaps, there[:, beside].sum(axis=1), longest_s))
    return found


def _gap_finding(
    markers: MarkerTrajectories,
    label: str,
    segment: str,
    gaps: list[tuple[int, int]],
    n_on_segment: np.ndarray,
    longest_s: float,
) -> Finding:
    first, last = max(gaps, key=lambda s: s[1] - s[0])
    n = last - first + 1
    if n == len(markers.time_s):
        return Finding(
            "warn", f"marker {label}", "It is in no frame of the recording.", f"Without it {segment} is less certain."
        )
    least = min(int(n_on_segment[a : b + 1].min()) for a, b in gaps)
    more = f" and {len(gaps) - 1} more gaps over {longest_s:g} s" if len(gaps) > 1 else ""
    alone = least < FEWEST_ON_SEGMENT
    share = sum(b - a + 1 for a, b in gaps) / len(markers.time_s)
    return Finding(
        "bad" if least == 0 and share > _MUCH else "warn" if alone else "info",
        f"marker {label}",
        f"Not seen in {frames_text(markers, first, last)}{more}; {least} of its segment's markers are left there.",
        f"Fill the gap in the motion-capture software: {segment} is carried by its neighbours only." if alone else "",
        float(markers.time_s[first]),
        float(markers.time_s[last]),
        n / markers.rate_hz,
        "s",
        longest_s,
    )
