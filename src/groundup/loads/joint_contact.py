"""Forces that pass through the joints."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.dynamics import subtree_wrenches
from groundup.engine.kinematics import Poses, cross
from groundup.engine.skeleton import Skeleton


class On(StrEnum):
    """Which of a joint's two segments a reaction is said to act on."""

    CHILD = "child"
    PARENT = "parent"


class In(StrEnum):
    """In which axes a reaction is expressed."""

    GROUND = "ground"
    CHILD = "child"
    PARENT = "parent"


def joint_reactions(skeleton: Skeleton, unsupplied: Floats) -> Floats:
    """Wrench of the parent on the child through each joint, shape (F, n_joints, 6), ground axes and origin.

    Parameters
    ----------
    unsupplied : array, shape (F, B, 6)
        What each segment needs to move as it does beyond the measured, muscle and actuator forces on it.

    Notes
    -----
    Actuators of a coordinate act inside the joint, so their moment is part of the reaction, as in OpenSim.

    References
    ----------
    .. [1] Steele, DeMers, Schwartz, Delp, 2012, doi:10.1016/j.gaitpost.2011.11.006
    """
    return subtree_wrenches(skeleton, unsupplied)


def express(skeleton: Skeleton, at: Poses, reactions: Floats, joint: int, on: On, axes: In) -> tuple[Floats, ...]:
    """Express a joint's reaction at the joint, on one of its segments and in chosen axes.

    Returns
    -------
    force (F, 3) N, moment (F, 3) N·m at the joint's frame on that segment, and that point (F, 3) m, all in ``axes``

    Notes
    -----
    ``child`` and ``parent`` mean the segments' own axes and origins, as in OpenSim, however the joint's frames are
    turned in them.
    """
    child, parent = skeleton.joint_child[joint], skeleton.joint_parent[joint]
    body, frame, sign = (
        (child, skeleton.joint_child_translation[joint], 1.0)
        if on is On.CHILD
        else (parent, skeleton.joint_parent_translation[joint], -1.0)
    )
    point = at.translation[:, body] + at.rotation[:, body] @ frame
    force = sign * reactions[:, joint, 3:]
    moment = sign * reactions[:, joint, :3] - cross(point, force)
    if axes is In.GROUND:
        return force, moment, point
    segment = child if axes is In.CHILD else parent
    back = np.swapaxes(at.rotation[:, segment], -1, -2)
    return tuple((back @ v[..., None])[..., 0] for v in (force, moment, point - at.translation[:, segment]))
