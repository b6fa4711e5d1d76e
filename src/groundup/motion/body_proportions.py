"""How people differ in size and proportion: the parameters of a fitted body and what is known of them beforehand.

A segment's scale factor along an axis is the exponential of a sum of parameters: one size of the whole body, and a
proportion by body part (thigh length, pelvis width, …). Parts that come in pairs share a proportion and have a
difference between right and left, which is small in most people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.person import Person
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.motion.scale_factors import default_pose


@dataclass(frozen=True)
class Proportion:
    """One body part and axis.

    ``spread`` is the standard deviation of log(part / stature) between adults; ``uneven`` that of half the log ratio
    of right to left, 0 for a part in the middle. ``where`` lists (segment, axes), with ``{side}`` for pairs.
    """

    name: str
    where: tuple[tuple[str, str], ...]
    spread: float
    uneven: float = 0.0


@dataclass(frozen=True)
class Shift:
    """A joint that sits elsewhere in people of the same proportions.

    ``mean_m`` and ``spread_m`` are mean and standard deviation of how far it is from its published place, along
    ``axis`` of the parent segment; a pair moves together.
    """

    name: str
    joints: tuple[str, ...]
    axis: str
    spread_m: float
    mean_m: float = 0.0


_LUMBAR = tuple(f"lumbar{i}" for i in range(1, 6))

# Spreads: part / stature in ANSUR II (Gordon et al., 2014, NATICK/TR-15/007) has coefficients of variation of 2.5 to
# 3 % for leg and arm lengths and foot length, 3.5 to 4 % for the trunk and the shoulders, 5 to 6 % for breadths of
# pelvis, knee and foot. They are widened by a third, for the published body is one person and not the mean of many.
# Differences: legs differ by 5.2 mm on average, 0.6 % (Knutson, 2005, doi:10.1186/1746-1340-13-11), so half the log
# ratio has a standard deviation of 0.4 %; breadths and feet are less even.
PROPORTIONS = (
    Proportion("pelvis_depth", (("pelvis", "x"), ("sacrum", "x"), ("Abdomen", "x")), 0.08),
    Proportion("pelvis_height", (("pelvis", "y"), ("sacrum", "y")), 0.07),
    Proportion("pelvis_width", (("pelvis", "z"), ("sacrum", "z"), ("Abdomen", "z")), 0.08),
    Proportion("thigh_length", (("femur_{side}", "y"),), 0.04, 0.004),
    Proportion("knee_width", (("femur_{side}", "xz"), ("patella_{side}", "xyz")), 0.07, 0.01),
    Proportion("shank_length", (("tibia_{side}", "y"),), 0.04, 0.004),
    Proportion("shank_width", (("tibia_{side}", "xz"),), 0.07, 0.01),
    Proportion("foot_length", (("talus_{side}", "x"), ("calcn_{side}", "x"), ("toes_{side}", "x")), 0.04, 0.01),
    Proportion("foot_height", (("talus_{side}", "y"), ("calcn_{side}", "y"), ("toes_{side}", "y")), 0.08, 0.01),
    Proportion("foot_width", (("talus_{side}", "z"), ("calcn_{side}", "z"), ("toes_{side}", "z")), 0.07, 0.01),
    Proportion("trunk_length", (*((s, "y") for s in _LUMBAR), ("Abdomen", "y"), ("torso", "y")), 0.05),
    Proportion("trunk_depth", (("torso", "x"),), 0.10),
    Proportion("trunk_width", (("torso", "z"),), 0.06),
    Proportion("head", (("head", "xyz"),), 0.04),
    Proportion("upper_arm_length", (("humerus_{side}", "y"),), 0.04, 0.005),
    Proportion("forearm_length", (("ulna_{side}", "y"), ("radius_{side}", "y")), 0.04, 0.005),
    Proportion("arm_width", (("humerus_{side}", "xz"), ("ulna_{side}", "xz"), ("radius_{side}", "xz")), 0.10, 0.01),
    Proportion("hand", (("hand_{side}", "xyz"),), 0.05, 0.005),
)
# A spine with one flexion for all its joints cannot follow how people hold themselves: lordosis and kyphosis put the
# chest ahead of or behind the pelvis, and shoulders and head ahead of the chest, by 1.5 to 3 cm between people
# (C7 plumb line: 2.5 cm, Roussouly et al., 2006, doi:10.1097/01.brs.0000219407.94770.3c). Without these shifts the
# pelvis would turn to bring the chest in place.
SHIFTS = (
    Shift("chest_ahead", ("L1_T12_IVD_jnt",), "x", 0.020),
    Shift("shoulders_ahead", ("acromial_r", "acromial_l"), "x", 0.020),
    # The published shoulders are at 83 % of stature, level with the acromia of people (82 %, ANSUR II), 3 cm too high.
    Shift("shoulders_up", ("acromial_r", "acromial_l"), "y", 0.015, -0.02),
    Shift("head_ahead", ("head_torso",), "x", 0.020),
)
NEAR_JOINT_M = 0.09
SIZE = "size"
# Adults' statures differ by 4 % within a sex and 5.5 % altogether; half as much again leaves room for the young.
SIZE_SPREAD_UNKNOWN = 0.08
# A known stature enters as a measurement of the body itself; the size of each part then follows it this closely.
SIZE_SPREAD_KNOWN = 0.04
# Stature is told to the centimetre, with or without shoes; the body's own vertex and soles are known as well as that.
STATURE_SIGMA_M = 0.015
SCALP_M = 0.006  # skin over the skull
HEEL_M = 0.031  # from the origin of the heel's segment to the sole: 11 mm of bone, 20 mm of pad
VERTEX = ("head", np.array([-0.01, 0.159, 0.0]))  # highest point of the skull on the published body
MEAN_STATURE_M = 1.70

# Tape measurements: landmarks at both ends, what flesh and marker add to the distance (m), standard deviation (m).
_MARKER_RADIUS_M = 0.007
TAPES = {
    "leg_length": ("asis_{side}", "ankle_medial_{side}", 0.0, 0.015),
    "knee_width": ("knee_lateral_{side}", "knee_medial_{side}", 2 * _MARKER_RADIUS_M, 0.006),
    "ankle_width": ("ankle_lateral_{side}", "ankle_medial_{side}", 2 * _MARKER_RADIUS_M, 0.006),
    "foot_length": ("heel_{side}", "toe1_{side}", _MARKER_RADIUS_M, 0.010),
}
AXES = "xyz"


@dataclass(frozen=True, eq=False)
class Parameters:
    """The scale parameters of a body: ``log(factors) = spread_over @ values``.

    Attributes
    ----------
    names : of the n_parameters parameters
    mean, sigma : array, shape (n_parameters,)
        What is known before any marker is seen.
    spread_over : array, shape (n_segments, 3, n_parameters)
        Segments in the body's order.
    shift_over : array, shape (n_joints, 3, n_parameters), m
        How far parameters move a joint in its parent segment, joints in the body's order.
    """

    names: tuple[str, ...]
    mean: Floats
    sigma: Floats
    spread_over: Floats
    shift_over: Floats

    def shifts_m(self, values: Floats) -> Floats:
        """How far joints are moved in their parents, shape (n_joints, 3), m, from parameters (n_parameters,)."""
        return np.asarray(self.shift_over @ values)

    def factors(self, values: Floats) -> Floats:
        """Scale factors, shape (n_segments, 3), from parameters (n_parameters,)."""
        return np.asarray(np.exp(self.spread_over @ values))


@dataclass(frozen=True, eq=False)
class Tape:
    """A length of the person between two points of the body in its default pose.

    ``ends`` are (segment, location (3,) m in the unscaled body); ``extra_m`` is added to their distance. ``upright``
    takes the height of one over the other instead of the distance.
    """

    name: str
    ends: tuple[tuple[str, Floats], tuple[str, Floats]]
    extra_m: float
    measured_m: float
    sigma_m: float
    upright: bool = False


def compile_parameters(body: Body, person: Person) -> Parameters:
    """Lay out the scale parameters of a body and what is known of them from the person's height."""
    index = {s.name: i for i, s in enumerate(body.segments)}
    names, mean, sigma = [SIZE], [0.0], [SIZE_SPREAD_UNKNOWN]
    if person.height_m is not None:
        mean, sigma = [float(np.log(person.height_m / stature_m(body)))], [SIZE_SPREAD_KNOWN]
    columns = [np.ones((len(index), 3))]
    for part in PROPORTIONS:
        right, left = (_column(part, side, index) for side in "rl")
        both = np.maximum(right, left)
        if not both.any():
            continue
        names.append(part.name)
        sigma.append(part.spread)
        mean.append(0.0)
        columns.append(both)
        if part.uneven:
            names.append(f"{part.name}_right_over_left")
            sigma.append(part.uneven)
            mean.append(0.0)
            columns.append(right - left)
    n_scales = len(names)
    joints = [j.name for j in body.joints]
    moved = []
    for shift in SHIFTS:
        if all(name in joints for name in shift.joints):
            names.append(shift.name)
            sigma.append(shift.spread_m)
            mean.append(shift.mean_m)
            column = np.zeros((len(joints), 3))
            column[[joints.index(name) for name in shift.joints], AXES.index(shift.axis)] = 1.0
            moved.append(column)
    return Parameters(
        tuple(names),
        np.array(mean),
        np.array(sigma),
        np.stack([*columns, *(np.zeros_like(columns[0]) for _ in moved)], axis=-1),
        np.stack([*(np.zeros((len(joints), 3)) for _ in range(n_scales)), *moved], axis=-1),
    )


def _column(part: Proportion, side: str, index: Mapping[str, int]) -> Floats:
    column = np.zeros((len(index), 3))
    for segment, axes in part.where:
        name = segment.format(side=side)
        if name in index:
            column[index[name], [AXES.index(a) for a in axes]] = 1.0
    return column


def carried_over(body: Body, parameters: Parameters, segments: Sequence[str], locations_m: Floats) -> Floats:
    """How far shifts of joints move markers on the parent segment that belong to them, (M, 3, P), m.

    Markers within :data:`NEAR_JOINT_M` of a joint that shifts go with it: those on the acromion go with the shoulder.
    """
    over = np.zeros((len(segments), 3, len(parameters.names)))
    for joint, shift in zip(body.joints, parameters.shift_over, strict=True):
        if not shift.any():
            continue
        for i, (segment, at) in enumerate(zip(segments, locations_m, strict=True)):
            if segment == joint.parent and np.linalg.norm(at - joint.parent_frame.translation) < NEAR_JOINT_M:
                over[i] += shift
    return over


def tapes(body: Body, person: Person) -> tuple[Tape, ...]:
    """Collect what was measured on the person with tape, calliper and stadiometer and the body has both ends of."""
    places = {m.name: (m.segment, m.location) for m in body.markers}
    found = []
    for name, (first, second, extra, sigma) in TAPES.items():
        for side in "rl":
            key = f"{name}_{side}"
            names = (first.format(side=side), second.format(side=side))
            if key in person.lengths_m and all(name in places for name in names):
                pair = (places[names[0]], places[names[1]])
                found.append(Tape(key, pair, -extra, float(person.lengths_m[key]), sigma))
    if person.height_m is not None and VERTEX[0] in {s.name for s in body.segments}:
        # Half a measurement on each foot.
        sigma = STATURE_SIGMA_M * float(np.sqrt(2.0))
        for side in "rl":
            ends = (VERTEX, (f"calcn_{side}", np.zeros(3)))
            found.append(Tape("height", ends, SCALP_M + HEEL_M, person.height_m, sigma, upright=True))
    return tuple(found)


def stature_m(body: Body) -> float:
    """Height of a body in its default pose, vertex to sole, m; the published mean of adults where it has no head."""
    skeleton = compile_skeleton(body)
    index = skeleton.segment_index
    if VERTEX[0] not in index or "calcn_r" not in index:
        return MEAN_STATURE_M
    at = poses(skeleton, default_pose(body))
    points = points_in_ground(at, np.array([index[VERTEX[0]], index["calcn_r"]]), np.array([VERTEX[1], np.zeros(3)]))
    return float(points[0, 0, 1] - points[0, 1, 1] + SCALP_M + HEEL_M)
