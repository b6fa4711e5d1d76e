"""Known changes of a walk: a lean, a heavier body, a slower pace, all else as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.names import Side, side_of
from groundup.chain.attribution.condition import Condition, foot_turns
from groundup.chain.attribution.links import coordinate_parts, segment_parts, trunk_segment
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import ModelError
from groundup.loads.body_mass import with_mass


def moved(condition: Condition, coordinates: Sequence[str], by: Sequence[float]) -> Condition:
    """Coordinates changed by as much (rad or m) throughout the cycle.

    Raises
    ------
    ModelError
        The body has no coordinate of that name.
    """
    names = condition.body.coordinate_names
    absent = [c for c in coordinates if c not in names]
    if absent:
        raise ModelError(f"{condition.body.name} has no coordinate {absent[0]}, expected one of {', '.join(names)}.")
    q = condition.q.copy()
    q[:, [names.index(c) for c in coordinates]] += np.asarray(by, float)
    return replace(condition, q=q)


def leaned(condition: Condition, degrees: float, sideways: bool = False) -> Condition:
    """The trunk leaning forward, or to the side of the cycle, in the low back.

    Raises
    ------
    ModelError
        No coordinate of the body leans the trunk.

    Notes
    -----
    The first coordinate above the pelvis that leans the trunk does it; coordinates that follow it take their part, and
    the lean of the uppermost trunk segment is what is asked for, to the first order.
    """
    name, slope = _leaning(condition, sideways)
    side = -1.0 if condition.side == "left" and sideways else 1.0
    return moved(condition, [name], [side * np.radians(degrees) / slope])


def slowed(condition: Condition, factor: float) -> Condition:
    """The same cycle played ``factor`` times as long, ground forces unchanged."""
    return replace(condition, duration_s=condition.duration_s * factor)


def heavier(condition: Condition, kilograms: float) -> Condition:
    """The same walk with more mass, spread as the body's own; ground forces grow alike."""
    return replace(condition, body=with_mass(condition.body, condition.body.mass + kilograms))


def pushed(condition: Condition, side: Side, factor: float) -> Condition:
    """The ground pushing one foot ``factor`` times as hard."""
    own = _foot(condition, side) * (factor - 1.0) + 1.0
    return replace(condition, force_bw=condition.force_bw * own, torque_m=condition.torque_m * own)


def placed(condition: Condition, side: Side, forward_m: float = 0.0, outward_m: float = 0.0) -> Condition:
    """The ground pushing one foot elsewhere."""
    out = 1.0 if side == "right" else -1.0
    step = np.array([forward_m, 0.0, out * outward_m])
    inside = (np.swapaxes(foot_turns(condition), -1, -2) @ step[:, None])[..., 0]
    return replace(condition, point_m=condition.point_m + _foot(condition, side) * inside)


def _foot(condition: Condition, side: Side) -> Floats:
    """1 for the feet of a side, (n_feet, 1)."""
    return np.array([[float(side_of(f) == side)] for f in condition.feet])


def _leaning(condition: Condition, sideways: bool) -> tuple[str, float]:
    """The coordinate that leans the trunk, and the lean (rad) that a unit of it makes."""
    skeleton, parts = compile_skeleton(condition.body), coordinate_parts(condition.body)
    trunk = trunk_segment(skeleton, segment_parts(condition.body))
    middle = condition.q[len(condition.q) // 2][None]
    follows = set(skeleton.couplers.dependent.tolist())
    for i, part in enumerate(parts):
        if part.link != "trunk" or i in follows:
            continue
        step = np.zeros_like(middle)
        step[0, i] = 1e-4
        ends = [poses(skeleton, skeleton.couplers.apply(middle + k * step)).rotation[0, trunk] for k in (-1, 1)]
        turn = (ends[1] @ ends[0].T - np.eye(3)) / 2e-4
        # Forward is a turn from up to ahead (about -z), to the right one from up to right (about +x).
        slope = float(turn[2, 1]) if sideways else float(-turn[1, 0])
        if abs(slope) > 0.5:
            return condition.body.coordinate_names[i], slope
    raise ModelError(f"{condition.body.name}: no coordinate leans the trunk; expected one.")
