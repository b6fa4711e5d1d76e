"""How trunk, pelvis and shoulders lie in any poses, walking or standing: angles against the vertical and the way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import numpy as np

from groundup.body.default_body import default_body
from groundup.body.functions import Floats
from groundup.chain.measures.walked import UP
from groundup.chain.names import chain_joint, is_lumbar, side_of
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.loads.analysis import Analysis
from groundup.study import Side

_TRUNK_WORDS = ("torso", "thorax", "trunk")


@dataclass(frozen=True, eq=False)
class Bearings:
    """Angles of the upper body, deg, each (F,); None where the body or the markers do not show one.

    Attributes
    ----------
    trunk_forward, trunk_right : the trunk's long axis against the vertical
    pelvis_tilt : front down +; of a fitted body the plane through ASIS and PSIS, as clinicians measure it
    pelvis_right_up : line through both hips
    pelvis_turned : left hip ahead +, that is turned to the right
    lordosis : the low back's extension beyond the model's neutral posture, hollow +
    shoulder_right_up : line through both shoulders
    """

    trunk_forward: Floats | None = None
    trunk_right: Floats | None = None
    pelvis_tilt: Floats | None = None
    pelvis_right_up: Floats | None = None
    pelvis_turned: Floats | None = None
    lordosis: Floats | None = None
    shoulder_right_up: Floats | None = None


def bearings(a: Analysis, at: Poses, forward: Floats, q: Floats, *, trunk: bool) -> Bearings:
    """Angles in some poses of an analysis' body.

    Parameters
    ----------
    forward : array, shape (F, 3)
        Unit vectors of the way, level.
    q : array, shape (F, C)
    trunk : whether markers show the trunk
    """
    to_right = np.cross(forward, UP)
    tilt, right_up, turned = _pelvis(a, at, forward, to_right)
    found = Bearings(pelvis_tilt=tilt, pelvis_right_up=right_up, pelvis_turned=turned)
    segment = next((i for i, n in enumerate(a.skeleton.segments) if any(k in n.lower() for k in _TRUNK_WORDS)), None)
    if segment is None or not trunk:
        return found
    up = at.rotation[:, segment, :, 1]
    return Bearings(
        trunk_forward=np.degrees(np.arctan2((up * forward).sum(1), up[:, 1])),
        trunk_right=np.degrees(np.arctan2((up * to_right).sum(1), up[:, 1])),
        pelvis_tilt=tilt,
        pelvis_right_up=right_up,
        pelvis_turned=turned,
        lordosis=_lordosis(a, q),
        shoulder_right_up=_line(joint_points(a.skeleton, at, "acromial")),
    )


def joint_points(skeleton: Skeleton, at: Poses, word: str) -> dict[Side, Floats]:
    """Centres of a paired joint by side, each (F, 3) m."""
    points: dict[Side, Floats] = {}
    for j, name in enumerate(skeleton.joints):
        side = side_of(name)
        if side != "none" and side not in points and (chain_joint(name) == word or word in name.lower()):
            child = skeleton.joint_child[j]
            points[side] = at.translation[:, child] + at.rotation[:, child] @ skeleton.joint_child_translation[j]
    return points


def shows_trunk(a: Analysis, markers: Collection[str]) -> bool:
    """Whether one of some markers sits above the low back; a trunk without markers is only assumed to be upright."""
    joints = [k for k, j in enumerate(a.body.joints) if is_lumbar(j.name)]
    if not joints:
        return False
    above = a.skeleton.subtree[[a.skeleton.joint_child[k] for k in joints]].sum(axis=0) > 0
    return any(above[a.skeleton.segment_index[m.segment]] for m in a.body.markers if m.name in markers)


def low_back_columns(a: Analysis) -> list[int]:
    """Columns of the coordinates of all joints of the low back."""
    joints = {j.name for j in a.body.joints if is_lumbar(j.name)}
    return [i for i, c in enumerate(a.body.coordinates) if c.joint in joints]


def _pelvis(a: Analysis, at: Poses, forward: Floats, to_right: Floats) -> tuple[Floats, Floats | None, Floats | None]:
    front = at.rotation[:, a.skeleton.segment_index[a.pelvis]][:, :, 0]
    tilt = np.degrees(np.arctan2(-front[:, 1], (front * forward).sum(1))) + _plane_deg(a)
    hips = joint_points(a.skeleton, at, "hip")
    if len(hips) < 2:
        return tilt, None, None
    across = hips["right"] - hips["left"]
    return tilt, _line(hips), np.degrees(np.arctan2(-(across * forward).sum(1), (across * to_right).sum(1)))


def _plane_deg(a: Analysis) -> float:
    """Tilt of the plane through ASIS and PSIS in the pelvis's own axes, deg; 0 for a model that names no landmarks."""
    if a.fitting is None:
        return 0.0
    fall, length = _spines()
    scale = a.fitting.fitted.factors.get(a.pelvis, np.ones(3))
    return float(np.degrees(np.arctan2(fall * scale[1], length * scale[0])))


@cache
def _spines() -> tuple[float, float]:
    """How far the ASIS lie below and before the PSIS on the unscaled body, m."""
    place = {m.name: m.location for m in default_body().markers}
    apart = place["psis_r"] - place["asis_r"]
    return float(apart[1]), float(-apart[0])


def _line(points: dict[Side, Floats]) -> Floats | None:
    """Line through two points against the level, right side up +, deg."""
    if len(points) < 2:
        return None
    across = points["right"] - points["left"]
    return np.asarray(np.degrees(np.arcsin(np.clip(across[:, 1] / np.linalg.norm(across, axis=1), -1, 1))))


def _lordosis(a: Analysis, q: Floats) -> Floats | None:
    words = ("flex", "ext")
    names = a.skeleton.coordinates
    own = [i for i in low_back_columns(a) if any(k in names[i].lower() for k in words)]
    return np.asarray(np.degrees(q[:, own]).sum(1)) if own else None
