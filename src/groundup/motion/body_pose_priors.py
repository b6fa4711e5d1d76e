"""What is known of a pose where markers do not tell: neutral values of coordinates and how far people leave them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, MotionKind


@dataclass(frozen=True)
class Neutral:
    """A coordinate's usual value (deg) and its standard deviation, standing at ease and walking."""

    standing_deg: float
    standing_sd_deg: float
    walking_deg: float
    walking_sd_deg: float


# Standing at ease: hips, knees and ankles within a few degrees of straight. Walking: the middle and the half range of
# published curves (Winter, 1991; Kadaba et al., 1990, doi:10.1002/jor.1100080310), widened. Only what no marker sees
# is decided by them: axial rotation of hip and forearm, the split between ankle and subtalar joint, toes, wrist.
NEUTRAL = {
    "hip_flexion": Neutral(0.0, 10.0, 10.0, 60.0),
    "hip_adduction": Neutral(0.0, 5.0, 0.0, 20.0),
    "hip_rotation": Neutral(0.0, 8.0, 0.0, 15.0),
    "knee_angle": Neutral(2.0, 6.0, 25.0, 80.0),
    "ankle_angle": Neutral(2.0, 6.0, 0.0, 40.0),
    "subtalar_angle": Neutral(0.0, 6.0, 0.0, 12.0),
    "mtp_angle": Neutral(0.0, 5.0, 8.0, 20.0),
    "neck_flexion": Neutral(0.0, 15.0, 0.0, 20.0),
    "neck_bending": Neutral(0.0, 10.0, 0.0, 10.0),
    "neck_rotation": Neutral(0.0, 15.0, 0.0, 20.0),
    "arm_flex": Neutral(0.0, 30.0, 0.0, 40.0),
    "arm_add": Neutral(-8.0, 30.0, -8.0, 30.0),
    "arm_rot": Neutral(0.0, 30.0, 0.0, 30.0),
    "elbow_flex": Neutral(15.0, 20.0, 25.0, 40.0),
    "pro_sup": Neutral(90.0, 30.0, 90.0, 30.0),
    "wrist_flex": Neutral(0.0, 15.0, 0.0, 15.0),
    "wrist_dev": Neutral(0.0, 10.0, 0.0, 10.0),
    # The lumbar joints move together: one degree at L5/S1 is 7.1 in flexion, 10.7 sideways, 5.6 about the long axis.
    "L5_S1_Flex_Ext": Neutral(0.0, 1.5, 0.0, 2.5),
    "L5_S1_Lat_Bending": Neutral(0.0, 0.7, 0.0, 1.2),
    "L5_S1_axial_rotation": Neutral(0.0, 1.2, 0.0, 2.2),
}
ANYTHING = Neutral(0.0, 30.0, 0.0, 40.0)
ANYWHERE_M = 2.0  # standard deviation of a coordinate that shifts: none to speak of
HEADING_DEG = 400.0  # and of one that turns the whole body in the laboratory
BEYOND_RANGE_DEG = 3.0  # standard deviation of how far a joint passes the end of its range


@dataclass(frozen=True, eq=False)
class PosePriors:
    """Neutral values and standard deviations of coordinates, each (n_coords,), rad or m."""

    mean: Floats
    sigma: Floats
    lower: Floats
    upper: Floats
    beyond_sigma: Floats


def pose_priors(body: Body, *, standing: bool) -> PosePriors:
    """Look up what is known of every coordinate of a body."""
    parents = {j.name: j.parent for j in body.joints}
    mean, sigma, beyond = [], [], []
    for c in body.coordinates:
        known = NEUTRAL.get(c.name, NEUTRAL.get(c.name[:-2], ANYTHING))
        value, spread = (
            (known.standing_deg, known.standing_sd_deg) if standing else (known.walking_deg, known.walking_sd_deg)
        )
        root = parents.get(c.joint) == body.ground.name
        if c.motion is MotionKind.TRANSLATIONAL:
            mean.append(c.default)
            sigma.append(ANYWHERE_M)
            beyond.append(ANYWHERE_M)
        else:
            mean.append(0.0 if root else np.radians(value))
            sigma.append(np.radians(HEADING_DEG if root else spread))
            beyond.append(np.radians(BEYOND_RANGE_DEG))
    limits = np.array([c.range if c.clamped else (-np.inf, np.inf) for c in body.coordinates]).reshape(-1, 2)
    return PosePriors(np.array(mean), np.array(sigma), limits[:, 0], limits[:, 1], np.array(beyond))
