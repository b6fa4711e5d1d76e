"""Two markers that exchange their labels from one frame to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import MarkerTrajectories
from groundup.motion.marker_checks.finding import Finding, frames_text, spans
from groundup.motion.marker_checks.jumps import jump_limits, jump_sizes, steps

_MATCH = 0.35
"""After an exchange each marker goes on where the other was expected, to within this part of the jump."""
_MANY = 12


def undo_exchanges(markers: MarkerTrajectories) -> tuple[MarkerTrajectories, tuple[Finding, ...]]:
    """Give markers that exchange labels on the way their own back.

    Each is followed through all exchanges; it keeps the label that it has in most frames.
    """
    carried = _follow(markers)  # (n_frames, n_markers): which marker each label is on
    owner = _most_often(carried)
    wrong = owner[carried] != np.arange(carried.shape[1])
    if not wrong.any():
        return markers, ()
    positions = markers.positions_m.copy()
    np.put_along_axis(positions, owner[carried][:, :, None], markers.positions_m, axis=1)
    return replace(markers, positions_m=positions), _findings(markers, owner[carried], wrong)


def _follow(markers: MarkerTrajectories) -> np.ndarray:
    x = markers.positions_m
    n_frames, n_markers = x.shape[:2]
    carried = np.tile(np.arange(n_markers), (n_frames, 1))
    if n_frames < 4:
        return carried
    sizes = jump_sizes(x)
    jumped = sizes > jump_limits(sizes, markers.rate_hz)
    if not jumped.any():
        return carried
    step, expected = steps(x)
    ahead = x - step + expected  # where each label was expected
    for t in np.flatnonzero(jumped.sum(axis=1) > 1):
        for a, b in _pairs_at(x[t], ahead[t], sizes[t], np.flatnonzero(jumped[t])):
            carried[t:, [a, b]] = carried[t:, [b, a]]
    return carried


def _pairs_at(at: Floats, ahead: Floats, sizes: Floats, jumped: np.ndarray) -> Sequence[tuple[int, int]]:
    """Pairs of labels that exchange in this frame, the clearest first; a label is in one pair at most."""
    if len(jumped) > _MANY:
        jumped = jumped[np.argsort(-sizes[jumped])][:_MANY]
    clear = []
    for a, b in combinations(jumped.tolist(), 2):
        miss = max(np.linalg.norm(at[a] - ahead[b]), np.linalg.norm(at[b] - ahead[a]))
        if miss < _MATCH * min(sizes[a], sizes[b]):
            clear.append((float(miss), a, b))
    taken: set[int] = set()
    found = []
    for _, a, b in sorted(clear):
        if not {a, b} & taken:
            taken |= {a, b}
            found.append((a, b))
    return found


def _most_often(carried: np.ndarray) -> np.ndarray:
    """Label that each marker has in most frames, (n_markers,); its first one where two markers want the same."""
    n = carried.shape[1]
    owner = np.array([int((carried == marker).sum(axis=0).argmax()) for marker in range(n)])
    contested = np.bincount(owner, minlength=n)[owner] > 1
    if contested.any():
        owner = np.arange(n)
    return owner


def _findings(markers: MarkerTrajectories, owner: np.ndarray, wrong: np.ndarray) -> tuple[Finding, ...]:
    found = []
    for a, b in combinations(np.flatnonzero(wrong.any(axis=0)).tolist(), 2):
        for first, last in spans((owner[:, a] == b) & (owner[:, b] == a)):
            found.append(exchange_finding(markers, a, b, first, last))
    return tuple(found)


def exchange_finding(markers: MarkerTrajectories, a: int, b: int, first: int, last: int) -> Finding:
    """Say that two labels were put back for some frames."""
    share = (last - first + 1) / len(markers.time_s)
    doubt = (
        " They are so in nearly half of the recording, and the longer part was taken as right." if share > 0.4 else ""
    )
    return Finding(
        "warn" if share > 0.4 else "info",
        f"markers {markers.names[a]} and {markers.names[b]}",
        f"The two labels are exchanged in {frames_text(markers, first, last)}; they were put back.{doubt}",
        "Correct the labels in the motion-capture software to be sure.",
        float(markers.time_s[first]),
        float(markers.time_s[last]),
        float(last - first + 1),
        "frames",
        0.0,
    )
