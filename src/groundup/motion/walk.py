"""A steady walk as sums of sines: smooth, periodic, the same on both sides half a cycle apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.skeleton import Skeleton
from groundup.errors import ModelError
from groundup.motion.trajectory import Motion

WALK_FILE = Path(__file__).parent / "data" / "walk.tsv"
FORWARD = "pelvis_tx"


@dataclass(frozen=True, eq=False)
class Walk:
    """Coordinates over the gait cycle, which begins when the right heel meets the ground.

    Attributes
    ----------
    names : coordinates of the midline and of the right side
    on_side : bool array, shape (n_names,)
        Whether the coordinate has a left counterpart, which follows half a cycle later.
    coefficients : array, shape (n_names, 2 n_harmonics + 1), rad or m
        Mean, then cosine and sine of each harmonic of the cycle; the mean speed ahead comes on top.
    cycle_s, speed_m_per_s : duration of a cycle and mean speed
    """

    names: tuple[str, ...]
    on_side: np.ndarray
    coefficients: Floats
    cycle_s: float
    speed_m_per_s: float

    @property
    def stride_m(self) -> float:
        """Length of a stride, m."""
        return self.speed_m_per_s * self.cycle_s


def read_walk(path: Path = WALK_FILE) -> Walk:
    """Read the walk that comes with groundup; how it was found stands in ``tools/make_demo_walk.py``."""
    lines = path.read_text(encoding="utf-8").splitlines()
    about = dict(part.split("=") for part in lines[0].removeprefix("#").split())
    rows = [line.split("\t") for line in lines[2:]]
    return Walk(
        tuple(row[0] for row in rows),
        np.array([row[1] == "side" for row in rows]),
        np.array([[float(x) for x in row[2:]] for row in rows]),
        float(about["cycle_s"]),
        float(about["speed_m_per_s"]),
    )


def harmonics(phase: Floats, n_harmonics: int) -> tuple[Floats, Floats, Floats]:
    """Mean, cosines and sines at ``phase`` (cycles) and their first two derivatives by phase, each (n, 2 h + 1)."""
    k = 2 * np.pi * np.arange(1, n_harmonics + 1)
    c, s = np.cos(np.outer(phase, k)), np.sin(np.outer(phase, k))
    one, none = np.ones((len(phase), 1)), np.zeros((len(phase), 1))
    parts = ((one, c, s), (none, -k * s, k * c), (none, -k * k * c, -k * k * s))
    value, first, second = (np.hstack([a, np.stack([b, d], -1).reshape(len(phase), -1)]) for a, b, d in parts)
    return value, first, second


def walk_motion(walk: Walk, skeleton: Skeleton, default: Floats, time_s: Floats, start_phase: float = 0.0) -> Motion:
    """Coordinates, speeds and accelerations of the walk at ``time_s``.

    Parameters
    ----------
    default : array, shape (n_coords,)
        Values of the coordinates that the walk does not move.
    start_phase : part of the cycle at time 0

    Raises
    ------
    ModelError
        The body lacks a coordinate of the walk.
    """
    index = skeleton.coordinate_index
    missing = [name for name in walk.names if name not in index]
    if missing:
        raise ModelError(
            f"the walk moves coordinates {', '.join(missing)}, which the model does not have; expected the default "
            "body or a scaled copy of it. Pass such a body."
        )
    phase = start_phase + np.asarray(time_s) / walk.cycle_s
    n_harmonics = (walk.coefficients.shape[1] - 1) // 2
    right = [index[name] for name in walk.names]
    left = [index[name[:-2] + "_l"] for name in np.array(walk.names)[walk.on_side]]
    orders = []
    for order in range(3):
        q = np.zeros((len(phase), len(default))) if order else np.tile(default, (len(phase), 1))
        scale = walk.cycle_s**-order
        q[:, right] = scale * harmonics(phase, n_harmonics)[order] @ walk.coefficients.T
        q[:, left] = scale * harmonics(phase + 0.5, n_harmonics)[order] @ walk.coefficients[walk.on_side].T
        orders.append(q)
    orders[0][:, index[FORWARD]] += walk.stride_m * phase
    orders[1][:, index[FORWARD]] += walk.speed_m_per_s
    orders[0] = skeleton.couplers.apply(orders[0])
    orders[1], orders[2] = skeleton.couplers.rates(*orders)
    return Motion(np.asarray(time_s, float), *orders)
