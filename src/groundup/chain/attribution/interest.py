"""Which load is asked about: one number of a gait cycle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.names import Side, side_of
from groundup.chain.attribution.links import mirror_name
from groundup.chain.lumbar import disc_axes
from groundup.chain.names import chain_joint, is_lumbar, lumbar_level
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.errors import ModelError
from groundup.loads.joint_contact import In, On, express
from groundup.loads.muscle_forces import MuscleLoads

Kind = Literal["compression", "contact", "moment", "muscles"]
Statistic = Literal["peak", "mean", "impulse"]
_NEWTONS = {"compression": "N", "contact": "N", "moment": "N·m", "muscles": "N"}
_PER_WEIGHT = {"compression": "BW", "contact": "BW", "moment": "BW·m", "muscles": "BW"}


@dataclass(frozen=True)
class LoadOfInterest:
    """One number of a gait cycle.

    Attributes
    ----------
    id, label : for files and for people
    kind : {'compression', 'contact', 'moment', 'muscles'}
        Force along the normal of a joint's disc, as ``chain.lumbar`` tells it; size of a joint's contact force; net
        moment of a coordinate; sum of muscle forces.
    names : the joint, the coordinate, or the muscles
    statistic : {'peak', 'mean', 'impulse'}
        Highest value within the cycle, mean over it, or sum over time.
    per_weight : bool
        In body weights; False keeps newtons, in which a change of body mass shows.
    sign : 1 or -1
        -1 for a moment of which the negative direction is asked.
    within : (float, float), percent of the cycle
        The part of the cycle that is looked at.
    """

    id: str
    label: str
    kind: Kind
    names: tuple[str, ...]
    side: Side = "none"
    statistic: Statistic = "peak"
    per_weight: bool = True
    sign: float = 1.0
    within: tuple[float, float] = (0.0, 100.0)

    @property
    def unit(self) -> str:
        """Unit of the value."""
        unit = (_PER_WEIGHT if self.per_weight else _NEWTONS)[self.kind]
        return f"{unit}·s" if self.statistic == "impulse" else unit

    @property
    def needs_muscles(self) -> bool:
        """Whether muscle forces have to be found."""
        return self.kind != "moment"


def lumbar_compression(body: Body, level: int = 0, **choices: object) -> LoadOfInterest:
    """Compression of a joint of the low back, counted from below.

    Raises
    ------
    ModelError
        The body has no such joint.
    """
    joints = [j.name for j in body.joints if is_lumbar(j.name)]
    if level >= len(joints):
        raise ModelError(f"{body.name}: asked for lumbar joint {level}, the body has {len(joints)} of them.")
    name = joints[level]
    where = lumbar_level(name)
    stem = where.lower().replace("/", "_").replace(" ", "_")
    found = LoadOfInterest(f"lumbar.{stem}_compression", f"Low-back compression ({where})", "compression", (name,))
    return replace(found, **choices)  # type: ignore[arg-type]


def joint_contact(body: Body, role: str, side: Side, **choices: object) -> LoadOfInterest:
    """Contact force of ``hip``, ``knee`` or ``ankle``.

    Raises
    ------
    ModelError
        The body has no such joint.
    """
    name = next((j.name for j in body.joints if chain_joint(j.name) == role and side_of(j.name) == side), None)
    if name is None:
        joints = ", ".join(j.name for j in body.joints)
        raise ModelError(f"{body.name}: no {side} {role} among the joints, expected one of {joints}.")
    label = f"{side.capitalize()} {role} contact"
    found = LoadOfInterest(f"joint_load.{name}_contact", label, "contact", (name,), side)
    return replace(found, **choices)  # type: ignore[arg-type]


def mirrored_load(body: Body, load: LoadOfInterest) -> LoadOfInterest:
    """The same load on the other side of the body."""
    names = frozenset((*(j.name for j in body.joints), *body.coordinate_names, *(m.name for m in body.muscles)))
    other: dict[Side, Side] = {"left": "right", "right": "left", "none": "none"}
    return replace(load, names=tuple(mirror_name(n, names) for n in load.names), side=other[load.side])


def curve(
    load: LoadOfInterest, skeleton: Skeleton, at: Poses, moments: Floats, loads: MuscleLoads | None, weight_n: Floats
) -> Floats:
    """The load in every frame, (F,), in its unit before the statistic.

    Parameters
    ----------
    weight_n : array, shape (F,)
        Weight of the body, N.

    Raises
    ------
    ModelError
        The body has no joint, coordinate or muscle of that name.
    """
    if load.kind == "moment":
        values = moments[:, _place(load, skeleton.coordinates)]
    elif loads is None:
        raise ModelError(f"{load.label}: the body has no muscles; expected some to find the forces in its joints.")
    elif load.kind == "muscles":
        columns = [loads.muscles.index(n) for n in load.names if n in loads.muscles]
        if not columns:
            raise ModelError(f"{load.label}: none of the muscles {', '.join(load.names)} is in the body.")
        values = loads.force[:, columns].sum(axis=1)
    else:
        joint = _place(load, skeleton.joints)
        force = express(skeleton, at, loads.reactions, joint, On.CHILD, In.CHILD)[0]
        up = _disc_normal(skeleton, joint)
        values = force @ up if load.kind == "compression" else np.linalg.norm(force, axis=1)
    return np.asarray(load.sign * values / (weight_n if load.per_weight else 1.0))


@lru_cache(maxsize=8)
def _disc_normal(skeleton: Skeleton, joint: int) -> Floats:
    """Normal of the disc of a lumbar joint in the axes of the vertebra above, (3,): where compression is told."""
    return disc_axes(skeleton, joint)[:, 1]


def _place(load: LoadOfInterest, names: tuple[str, ...]) -> int:
    if load.names[0] not in names:
        raise ModelError(f'{load.label}: the body has no "{load.names[0]}", expected one of {", ".join(names)}.')
    return names.index(load.names[0])
