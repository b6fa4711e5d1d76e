"""What a check of a recording found, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import MarkerTrajectories

Severity = Literal["info", "warn", "bad"]
NAN = float("nan")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or was put right, in a recording.

    Attributes
    ----------
    severity : {'info', 'warn', 'bad'}
        ``info`` harmless or put right; ``warn`` look at it; ``bad`` do not trust what follows from it.
    where : what it concerns: a marker, a pair of markers, a plate
    first_s, last_s : float, s
        When it begins and ends; NaN for the whole recording.
    message : what was found, its probable cause and what was done about it
    advice : what to do
    value, limit : float, in ``unit``; NaN where there is none
    trial : name of the recording
    """

    severity: Severity
    where: str
    message: str
    advice: str = ""
    first_s: float = NAN
    last_s: float = NAN
    value: float = NAN
    unit: str = ""
    limit: float = NAN
    trial: str = ""


def spans(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last index, both inclusive, of each run of true values in ``flags`` (n,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    for first, after in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield first, after - 1


def frames_text(markers: MarkerTrajectories, first: int, last: int) -> str:
    """Frame numbers as the motion-capture software counts them: frame 1 was at 0 s."""
    one, two = (round(float(markers.time_s[k]) * markers.rate_hz) + 1 for k in (first, last))
    return f"frame {one}" if one == two else f"frames {one}–{two}"


def seen(positions_m: Floats) -> np.ndarray:
    """Whether each marker was seen, (n_frames, n_markers)."""
    return np.asarray(np.isfinite(positions_m).all(axis=-1))


def low_median(values: Floats, axis: int = 0) -> Floats:
    """Median along an axis without the NaN (the lower of two middle values); NaN where nothing else is there."""
    ordered = np.sort(values, axis=axis)  # NaN go last
    count = np.isfinite(ordered).sum(axis=axis, keepdims=True)
    middle = np.maximum((count - 1) // 2, 0)
    return np.asarray(np.take_along_axis(ordered, middle, axis=axis).squeeze(axis))
