"""Recorded muscle activity (EMG) as envelopes, beside what the muscles were computed to do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from groundup.body.names import side_of
from groundup.body.recording import Signals
from groundup.motion.filtering import lowpass
from groundup.study import Floats, Series

# De Luca et al., 2010, doi:10.1016/j.jbiomech.2010.01.027: 20 Hz takes movement artefacts off surface EMG.
ARTEFACT_HZ = 20.0
ENVELOPE_HZ = 6.0  # as the motion is filtered, so that both can be laid over each other
ENVELOPE_RATE_HZ = 100.0
LOWEST_RATE_HZ = 200.0


def activity_series(emg: Signals | None) -> Iterator[Series]:
    """Give the envelope of each channel in percent of its own highest value; none where it was sampled too slowly."""
    if emg is None or emg.rate_hz < LOWEST_RATE_HZ or len(emg.table.time_s) < 16:
        return
    clock, values = envelopes(emg)
    for name, column in zip(emg.table.columns, values.T, strict=True):
        yield Series(f"emg.{name}", "emg", name, side_of(name), "% of highest", column, clock)


@lru_cache(maxsize=1)  # the sides of a walk, and samples of its uncertainty, ask again
def envelopes(emg: Signals) -> tuple[Floats, Floats]:
    """Linear envelopes: high-pass, rectify, low-pass, in percent of the highest value of the channel.

    Returns
    -------
    time_s : array, shape (n,), s
    percent : array, shape (n, n_channels); zero for a silent channel
    """
    raw = np.nan_to_num(emg.table.values)
    active = np.abs(raw - lowpass(raw, emg.rate_hz, ARTEFACT_HZ))
    smooth = np.maximum(lowpass(active, emg.rate_hz, ENVELOPE_HZ), 0.0)
    step = max(1, int(emg.rate_hz // ENVELOPE_RATE_HZ))
    highest = smooth.max(axis=0)
    return emg.table.time_s[::step], 100.0 * smooth[::step] / np.where(highest > 0, highest, 1.0)
