"""A walk made fit to start from for a body whose feet or shoes are other ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groundup.body.functions import Floats
from groundup.motion.trajectory import Motion
from groundup.predict.body.contact import normal_force
from groundup.predict.body.guess import pad_depths
from groundup.predict.changed_body import ChangedBody
from groundup.predict.gait.walk import Walk

SMALLEST_M = 0.0005
"""Less than this a foot sinks in of itself."""

FURTHEST_M = 0.1
SMOOTH_HARMONICS = 6
"""Harmonics of the stride that the pelvis follows; the rest would be a shock."""


def settled(start: Walk, changed: ChangedBody) -> Walk:
    """Raise or lower a walk over the cycle so that the feet of another body carry as much as its own did.

    Parameters
    ----------
    start : of a body with the same coordinates
    changed : the body that is to walk: on a lift, with a shorter leg, heavier

    Returns
    -------
    Walk : the same but for the height of the pelvis; itself where no foot would sink in or hang

    Notes
    -----
    With 8 mm under a heel a walk presses it into the ground with ten times body weight. A solver that starts from there
    wanders through other walks before it returns; raised first, it stays near the one it came from.
    """
    rise = _rise_m(start, changed)
    if np.abs(rise).max() < SMALLEST_M:
        return start
    waves = np.fft.rfft(rise[:-1])
    number = np.arange(len(waves))
    waves = waves * np.exp(-((number / SMOOTH_HARMONICS) ** 2))
    rate = 2j * np.pi * number / start.cycle_s
    values = dict(start.values)
    for name, moved in (
        ("pelvis_ty", waves),
        ("pelvis_ty speed", waves * rate),
        ("pelvis_ty acceleration", waves * rate**2),
    ):
        one = np.fft.irfft(moved, len(rise) - 1)
        values[name] = np.asarray(values[name]) + np.append(one, one[0])
    return replace(start, values=values)


def _rise_m(start: Walk, changed: ChangedBody) -> Floats:
    """How much higher the body must be at each instant to carry what it carried, m, shape (n,)."""
    p = changed.prepared
    motion = Motion(start.time_s, start.q, start.speed, start.acceleration)
    depth, approach = pad_depths(p.reduction.body, p.soles, motion)
    wanted = start.pad_force_n[..., 1].sum(axis=1) * p.body.mass / start.mass_kg
    low, high = np.full(len(wanted), -FURTHEST_M), np.full(len(wanted), FURTHEST_M)
    for _ in range(30):
        middle = (low + high) / 2
        carried = np.sum(
            [normal_force(pad, depth[:, k] - middle, approach[:, k]) for k, pad in enumerate(p.soles.pads)], axis=0
        )
        low, high = np.where(carried > wanted, middle, low), np.where(carried > wanted, high, middle)
    return np.asarray((low + high) / 2)
