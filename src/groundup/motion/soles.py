"""Where the soles of the feet are: heel, ball, tip of the toes and outline, from the poses of the foot segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.names import Side, is_foot, side_of
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton

SIDES: tuple[Side, ...] = ("right", "left")

# Proportions of feet: heel to ball 0.74, breadth 0.375 of the foot's length (means of men and women in
# Gordon et al., 2014, 2012 Anthropometric Survey of U.S. Army Personnel, NATICK/TR-15/007).
BALL_PART, BREADTH_PART = 0.74, 0.375
MASS_CENTER_PART = 0.50  # of a foot in one piece (Winter, 2009, Biomechanics and motor control, table 4.1)
HEEL_PAD_M = 0.015  # the segment's origin is at the bone's rear end


@dataclass(frozen=True, eq=False)
class Sole:
    """Points under one foot over time, in ground axes.

    Attributes
    ----------
    side, segment : of the foot; ``segment`` is that of the heel bone
    heel_m, ball_m, tip_m : array, shape (F, 3), m
        On the underside of the bones, level with each other while the foot is flat.
    breadth_m : float, m
    """

    side: Side
    segment: str
    heel_m: Floats
    ball_m: Floats
    tip_m: Floats
    breadth_m: float

    @property
    def outline_m(self) -> Floats:
        """Outline seen from above, corners in turn, (F, 6, 2), m: x forward, z right; a little behind the heel bone."""
        heel, ball, tip = (p[:, [0, 2]] for p in (self.heel_m, self.ball_m, self.tip_m))
        way = ball - heel
        way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
        across = 0.5 * self.breadth_m * np.column_stack([-way[:, 1], way[:, 0]])
        rear = heel - HEEL_PAD_M * way
        # A heel is two thirds as broad as the ball.
        left = (rear - 0.67 * across, ball - across, tip - 0.67 * across)
        right = (tip + 0.67 * across, ball + across, rear + 0.67 * across)
        return np.stack([*left, *right], axis=1)


def soles(skeleton: Skeleton, at: Poses) -> tuple[Sole, ...]:
    """Soles of the right and the left foot; a side without a foot is left out."""
    found = (_sole(skeleton, at, side) for side in SIDES)
    return tuple(sole for sole in found if sole is not None)


def _sole(skeleton: Skeleton, at: Poses, side: Side) -> Sole | None:
    own = [i for i, name in enumerate(skeleton.segments) if is_foot(name) and side_of(name) == side]
    toes = next((i for i in own if "toe" in skeleton.segments[i].lower()), None)
    heel = next((i for i in own if i != toes), None)
    if heel is None or not len(at.translation):
        return None
    origin, turn = at.translation[:, heel], at.rotation[:, heel]
    ball = _ball(skeleton, at, heel, toes)
    length = (np.linalg.norm(ball) + HEEL_PAD_M) / BALL_PART
    toe = ball / max(float(np.linalg.norm(ball)), 1e-9) * (1 - BALL_PART) * length
    ball_m = origin + turn @ ball
    tip_m = ball_m + (turn if toes is None else at.rotation[:, toes]) @ toe
    return Sole(side, skeleton.segments[heel], origin, ball_m, tip_m, float(BREADTH_PART * length))


def _ball(skeleton: Skeleton, at: Poses, heel: int, toes: int | None) -> Floats:
    """Ball of the foot in the heel's axes, (3,), m, level with the heel's origin."""
    if toes is None:
        inside = skeleton.mass_center[heel] * BALL_PART / MASS_CENTER_PART
    else:
        apart = at.translation[:, toes] - at.translation[:, heel]
        inside = np.median((np.swapaxes(at.rotation[:, heel], -1, -2) @ apart[..., None])[..., 0], axis=0)
    return np.asarray(inside * [1.0, 0.0, 1.0])
