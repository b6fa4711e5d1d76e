"""How much of the trunk's moment is carried by reserves and motors instead of muscles."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.names import is_lumbar
from groundup.loads.analysis import Analysis


def trunk_reserve_shares(a: Analysis) -> dict[str, float]:
    """Share of the trunk's moment that actuators beside the muscles carry, by the lumbar coordinate they drive.

    Notes
    -----
    One coordinate may move all levels (a rhythm): its moment is that of all levels together, divided by how far they
    turn with it, so a mean over the levels. A share is the root mean square of what the actuators supply to a
    component, over that of the size of the whole moment of the joint: twisting, of which level walking asks a few
    newton metres, is not judged by itself, because what is lacking there changes compression in proportion to the
    muscle force it stands for.
    """
    if a.loads is None or a.moments is None:
        return {}
    names = {j.name for j in a.body.joints if is_lumbar(j.name)}
    lumbar = [i for i, c in enumerate(a.body.coordinates) if c.joint in names]
    turned = _turned(a, lumbar)
    asked = a.skeleton.couplers.fold(a.motion.q, a.moments)
    given = _given(a)
    shares = {}
    for i in lumbar:
        if a.skeleton.coordinates[i] in given and turned[i] > 0:
            siblings = [k for k in lumbar if a.body.coordinates[k].joint == a.body.coordinates[i].joint and turned[k]]
            whole = np.linalg.norm(asked[:, siblings] / turned[siblings], axis=1)
            own = given[a.skeleton.coordinates[i]] / turned[i]
            shares[a.skeleton.coordinates[i]] = _rms(own) / _rms(whole) if _rms(whole) > 0 else 0.0
    return shares


def _turned(a: Analysis, lumbar: list[int]) -> Floats:
    """How far all levels together turn for a unit of each coordinate, (C,); 0 for those that follow others."""
    middle = np.nan_to_num(np.nanmean(a.motion.q, axis=0, keepdims=True))
    turns = np.abs(a.skeleton.couplers.jacobian(middle)[0][lumbar]).sum(axis=0)
    return np.asarray(turns)


def _given(a: Analysis) -> dict[str, Floats]:
    """What actuators supply to each coordinate, (F,) N·m or N."""
    assert a.loads is not None
    given: dict[str, Floats] = {}
    for k, coordinate in enumerate(a.loads.driven):
        if coordinate is not None:
            given[coordinate] = given.get(coordinate, 0.0) + a.loads.actuator_force[:, k]
    return given


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.nanmean(values**2))) if np.isfinite(values).any() else 0.0
