"""The links of the chain: which coordinate of a body belongs to ankle, knee, hip, pelvis or trunk of which side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND, Body, Joint
from groundup.body.names import Side, is_foot, side_of
from groundup.chain.names import chain_joint
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import Skeleton
from groundup.errors import ModelError

Link = Literal[
    "ground force", "foot placement", "ankle", "knee", "hip", "pelvis", "trunk", "body mass", "timing", "body model"
]
MIRROR_TURN = np.array([-1.0, -1.0, 1.0])
"""What a reflection left to right (z) does to turns and torques; to places and forces it does ``MIRROR_SHIFT``."""
MIRROR_SHIFT = np.array([1.0, 1.0, -1.0])


@dataclass(frozen=True)
class Part:
    """A link of one side; ``none`` for what has no side."""

    link: Link
    side: Side = "none"


def coordinate_parts(body: Body) -> tuple[Part, ...]:
    """The link of each coordinate, in the body's order.

    Notes
    -----
    What moves the whole body is the pelvis; a leg is whatever lies between the pelvis and a foot, and its joints count
    as the last of hip, knee and ankle passed on the way down, so that subtalar and toe joints belong to the ankle. A
    kneecap belongs to the knee. All else is the trunk: lumbar spine, chest, head and arms.
    """
    of_joint = dict(_joint_parts(body))
    return tuple(of_joint.get(c.joint, Part("trunk")) for c in body.coordinates)


def segment_parts(body: Body) -> dict[str, Part]:
    """The link of the joint that carries each segment."""
    of_joint = dict(_joint_parts(body))
    return {j.child: of_joint.get(j.name, Part("trunk")) for j in body.joints}


def trunk_segment(skeleton: Skeleton, carried: dict[str, Part]) -> int:
    """The heaviest segment that is neither pelvis nor leg; ``carried`` as from :func:`segment_parts`."""
    own = [i for i, name in enumerate(skeleton.segments) if name in carried and carried[name].link == "trunk"]
    return max(own, key=lambda i: float(skeleton.mass[i]), default=0)


def _joint_parts(body: Body) -> Iterator[tuple[str, Part]]:
    above = {j.child: j for j in body.joints}
    for joint in body.joints:
        if joint.parent == GROUND:
            yield joint.name, Part("pelvis")
    for segment in above:
        if not is_foot(segment):
            continue
        way: list[Joint] = []
        up = above.get(segment)
        while up is not None and up.parent != GROUND:
            way.append(up)
            up = above.get(up.parent)
        role: Link = "hip"
        for joint in reversed(way):
            named = chain_joint(joint.name)
            role = named if named in ("hip", "knee", "ankle") else role  # type: ignore[assignment]
            yield joint.name, Part(role, side_of(segment))
    for joint in body.joints:
        if "patell" in joint.name.lower():
            yield joint.name, Part("knee", side_of(joint.child))


def mirror_name(name: str, names: frozenset[str]) -> str:
    """The name of the same thing on the other side; the name itself where there is no such thing."""
    swaps = (("_r", "_l"), ("_l", "_r"), ("r_", "l_"), ("l_", "r_"), ("right", "left"), ("left", "right"))
    side = side_of(name)
    if side == "none":
        return name
    for old, new in swaps:
        candidates = (_swapped(name, k, old, new) for k in range(len(name)) if name.startswith(old, k))
        found = next((c for c in candidates if c in names and side_of(c) not in (side, "none")), None)
        if found is not None:
            return found
    return name


def _swapped(name: str, at: int, old: str, new: str) -> str:
    return name[:at] + new + name[at + len(old) :]


def mirror_coordinates(skeleton: Skeleton, default: Floats) -> tuple[np.ndarray, Floats]:
    """Which coordinate each one becomes when left and right are exchanged, and with which sign.

    Parameters
    ----------
    default : array, shape (n_coords,), rad or m
        A posture that is about the same on both sides.

    Returns
    -------
    partner : int array, shape (n_coords,)
    sign : array, shape (n_coords,)
        The mirrored posture has ``q[partner[i]] = sign[i] * q_before[i]``.

    Raises
    ------
    ModelError
        A coordinate moves the body in no way that its partner could mirror.

    Notes
    -----
    The sign is read from the motion that a coordinate gives to what it carries: reflected, it must be that of the
    partner, forwards or backwards.
    """
    names = frozenset(skeleton.coordinates)
    index = skeleton.coordinate_index
    partner = np.array([index[mirror_name(name, names)] for name in skeleton.coordinates])
    at = poses(skeleton, default[None])
    screws = (at.screws[0] * at.slope[0][:, None]).T @ skeleton.motions.weights  # (6, C)
    # About the pelvis, so that where the body stands does not matter.
    origin = at.translation[0, skeleton.joint_child[skeleton.joint_parent == 0][0]]
    linear = screws[3:] + np.cross(screws[:3].T, origin).T
    seen = np.concatenate([screws[:3], linear])
    reflected = seen * np.concatenate([MIRROR_TURN, MIRROR_SHIFT])[:, None]
    likeness = (reflected * seen[:, partner]).sum(axis=0)
    moves = (seen**2).sum(axis=0) > 0
    unlike = moves & (np.abs(likeness) < 0.5 * (seen**2).sum(axis=0))
    if unlike.any():
        i = int(np.flatnonzero(unlike)[0])
        raise ModelError(
            f'coordinate "{skeleton.coordinates[i]}" is not mirrored by "{skeleton.coordinates[partner[i]]}": they '
            "move the body in different ways, expected a body whose sides mirror each other. Left and right cannot be "
            "compared on this body."
        )
    return partner, np.where(likeness < 0, -1.0, 1.0)
