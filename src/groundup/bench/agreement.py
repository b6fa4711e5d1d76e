"""How far two programs' results lie apart: plain arithmetic on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats

LEAST_MOMENT = 1.0
"""Coordinates whose moment (N·m) or force (N) stays below this have no peak worth a per cent."""

LEAST_LOAD = 0.01
"""Joints whose load stays below this share of body weight (N; for moments, N·m per metre) are left out."""


@dataclass(frozen=True)
class Difference:
    """One line of the table of agreement; ``where`` names the worst coordinate or joint."""

    name: str
    value: float
    unit: str
    where: str = ""


def cost_ratio(ours: Floats, theirs: Floats) -> Difference:
    """Largest ratio of the costs of a frame (F,): at or below 1, our pose fits at least as well in every frame."""
    return Difference("inverse kinematics: cost of a frame, ours / OpenSim's, largest", _worst_ratio(ours, theirs), "")


def moments(names: Sequence[str], ours: Floats, theirs: Floats) -> Difference:
    """Largest difference of joint moments (F, C) relative to the peak of OpenSim's at that coordinate."""
    peak = np.abs(theirs).max(axis=0)
    kept = peak >= LEAST_MOMENT
    share = np.where(kept, np.abs(ours - theirs).max(axis=0) / np.where(kept, peak, 1.0), 0.0)
    return _worst("inverse dynamics: largest difference of a moment", names, share)


def activations(ours: Floats, theirs: Floats) -> tuple[Difference, Difference]:
    """Root-mean-square and largest difference of activations (F, M)."""
    away = np.abs(ours - theirs)
    return (
        Difference("static optimisation: activations, root mean square", float(np.sqrt((away**2).mean())), ""),
        Difference("static optimisation: activations, largest", float(away.max()), ""),
    )


def objective_ratio(ours: Floats, theirs: Floats) -> Difference:
    """Largest ratio of the objectives of a frame (F,)."""
    return Difference("static optimisation: objective, ours / OpenSim's, largest", _worst_ratio(ours, theirs), "")


def reactions(
    kind: str, joints: Sequence[str], ours: Floats, theirs: Floats, body_weight_n: float
) -> tuple[Difference, Difference]:
    """Largest differences of joint reactions, forces and moments.

    Parameters
    ----------
    kind : what the comparison assumes, for the names
    ours, theirs : arrays, shape (F, n_joints, 2, 3)
        Force, N, and moment, N·m, of each joint.
    """
    found = []
    for i, what in enumerate(("force", "moment")):
        peak = np.linalg.norm(theirs[:, :, i], axis=-1).max(axis=0)
        kept = peak >= LEAST_LOAD * body_weight_n
        away = np.linalg.norm(ours[:, :, i] - theirs[:, :, i], axis=-1).max(axis=0)
        share = np.where(kept, away / np.where(kept, peak, 1.0), 0.0)
        found.append(_worst(f"joint reactions, {kind}: largest difference of a {what}", joints, share))
    return found[0], found[1]


def _worst(name: str, names: Sequence[str], share: Floats) -> Difference:
    worst = int(share.argmax())
    return Difference(name, 100.0 * float(share[worst]), "% of peak", names[worst])


def _worst_ratio(ours: Floats, theirs: Floats) -> float:
    return float((ours / theirs).max())
