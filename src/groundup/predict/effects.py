"""What a condition or a treatment changes about the problem that is solved: declared, never programmed.

The body, the shoe and the pain are changed by a handful of effects only. A solver applies each kind once; a new
treatment is then a few lines of data. Effects of the same kind at the same place combine (:func:`combine`), whatever
their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from groundup.errors import SetupError

Side = Literal["left", "right", "none"]
BOTH: tuple[Side, ...] = ("right", "left")
FEET: tuple[tuple[str, Side], ...] = (("r", "right"), ("l", "left"))
"""Both feet, as coordinates and muscles end and as a person says."""

REGIONS = ("heel", "midfoot", "forefoot_medial", "forefoot_lateral", "toes")
"""Regions of the sole that have contact of their own."""

JOINTS = ("hip", "knee", "ankle", "subtalar", "toes")
"""Joints whose passive behaviour can change; ``toes`` is the joint at the ball (metatarsophalangeal)."""

STRUCTURES = ("fascia", "ankle")


@dataclass(frozen=True)
class Cushion:
    """A layer between foot and ground under one region.

    Attributes
    ----------
    thickness_m, stiffness_n_per_m : float
        The layer alone. It lies in series with the foot's own pad.
    loss : float
        Part of the energy of a compression that is not given back, 0 to 1.
    area_factor : float
        Area that bears the region's load with the layer over that without; pressure falls by it, force does not.
    """

    side: Side
    region: str
    thickness_m: float
    stiffness_n_per_m: float
    loss: float
    area_factor: float

    def merged(self, other: Cushion) -> Cushion:
        """Return both, one upon the other."""
        give = [1 / self.stiffness_n_per_m, 1 / other.stiffness_n_per_m]
        return Cushion(
            self.side,
            self.region,
            self.thickness_m + other.thickness_m,
            1 / sum(give),
            (self.loss * give[0] + other.loss * give[1]) / sum(give),
            max(self.area_factor, other.area_factor),
        )


@dataclass(frozen=True)
class Raise:
    """The ground under one region lies higher by ``height_m``."""

    side: Side
    region: str
    height_m: float

    def merged(self, other: Raise) -> Raise:
        """Return both, one upon the other."""
        return Raise(self.side, self.region, self.height_m + other.height_m)


@dataclass(frozen=True)
class ArchSupport:
    """A spring in parallel to the plantar fascia, N/m, from what holds the arch from below or around."""

    side: Side
    stiffness_n_per_m: float

    def merged(self, other: ArchSupport) -> ArchSupport:
        """Return both, side by side."""
        return ArchSupport(self.side, self.stiffness_n_per_m + other.stiffness_n_per_m)


@dataclass(frozen=True)
class JointSpring:
    """A torsion spring around a joint, N·m/rad, at rest in the neutral posture."""

    side: Side
    joint: str
    stiffness_nm_per_rad: float

    def merged(self, other: JointSpring) -> JointSpring:
        """Return both, side by side."""
        return JointSpring(self.side, self.joint, self.stiffness_nm_per_rad + other.stiffness_nm_per_rad)


@dataclass(frozen=True)
class Rocker:
    """The sole turns up in front of ``apex_part`` of the foot's length from the heel."""

    side: Side
    apex_part: float

    def merged(self, other: Rocker) -> Rocker:
        """Return the one that turns up first."""
        return Rocker(self.side, min(self.apex_part, other.apex_part))


@dataclass(frozen=True)
class PassiveShift:
    """The passive moment of a joint sets in later by ``degrees`` (ankle: of dorsiflexion; knee, hip: of extension).

    Negative: earlier, as with a contracture.
    """

    side: Side
    joint: str
    degrees: float

    def merged(self, other: PassiveShift) -> PassiveShift:
        """Return their sum."""
        return PassiveShift(self.side, self.joint, self.degrees + other.degrees)


@dataclass(frozen=True)
class PassiveStiffness:
    """The passive stiffness of a structure (``fascia``, ``ankle``) is multiplied by ``factor``."""

    side: Side
    structure: str
    factor: float

    def merged(self, other: PassiveStiffness) -> PassiveStiffness:
        """Return their product."""
        return PassiveStiffness(self.side, self.structure, self.factor * other.factor)


@dataclass(frozen=True)
class Strength:
    """The greatest active force of a muscle group is multiplied by ``factor``."""

    side: Side
    group: str
    factor: float

    def merged(self, other: Strength) -> Strength:
        """Return their product."""
        return Strength(self.side, self.group, self.factor * other.factor)


@dataclass(frozen=True)
class Mass:
    """The mass of the body, of each segment alike, is multiplied by ``factor``."""

    factor: float

    def merged(self, other: Mass) -> Mass:
        """Return their product."""
        return Mass(self.factor * other.factor)


@dataclass(frozen=True)
class LegLength:
    """The leg is longer by ``change_m``, thigh and shank in proportion; negative: shorter."""

    side: Side
    change_m: float

    def merged(self, other: LegLength) -> LegLength:
        """Return their sum."""
        return LegLength(self.side, self.change_m + other.change_m)


@dataclass(frozen=True)
class Speed:
    """The mean speed of the walk is prescribed, m/s."""

    m_per_s: float

    def merged(self, other: Speed) -> Speed:
        """Return the speed, if both say the same."""
        if self.m_per_s != other.m_per_s:
            raise SetupError(f"two walking speeds: {self.m_per_s:g} and {other.m_per_s:g} m/s; expected one.")
        return self


@dataclass(frozen=True)
class Cadence:
    """Steps per minute are prescribed: those of the walk without it times ``factor``."""

    factor: float

    def merged(self, other: Cadence) -> Cadence:
        """Return their product."""
        return Cadence(self.factor * other.factor)


@dataclass(frozen=True)
class PainFactor:
    """The pain that is felt is multiplied by ``factor``. What the tissue bears is not touched."""

    factor: float

    def merged(self, other: PainFactor) -> PainFactor:
        """Return their product."""
        return PainFactor(self.factor * other.factor)


Effect = (
    Cushion
    | Raise
    | ArchSupport
    | JointSpring
    | Rocker
    | PassiveShift
    | PassiveStiffness
    | Strength
    | Mass
    | LegLength
    | Speed
    | Cadence
    | PainFactor
)

KINDS: dict[str, type] = {
    "cushion": Cushion,
    "raise": Raise,
    "arch_support": ArchSupport,
    "joint_spring": JointSpring,
    "rocker": Rocker,
    "passive_shift": PassiveShift,
    "passive_stiffness": PassiveStiffness,
    "strength": Strength,
    "mass": Mass,
    "leg_length": LegLength,
    "speed": Speed,
    "cadence": Cadence,
    "felt_pain": PainFactor,
}
_NAMES = {kind: name for name, kind in KINDS.items()}


_NOTHING = {
    "height_m": 0.0,
    "change_m": 0.0,
    "degrees": 0.0,
    "stiffness_n_per_m": 0.0,
    "stiffness_nm_per_rad": 0.0,
    "factor": 1.0,
}
"""By the field of an effect, the number with which it changes nothing."""


def combine(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """Merge effects of the same kind at the same place, in a fixed order; what then changes nothing is left out.

    Raises
    ------
    SetupError
        Two walking speeds are prescribed.
    """
    merged: dict[tuple[object, ...], Effect] = {}
    for effect in effects:
        place = place_of(effect)
        merged[place] = merged[place].merged(effect) if place in merged else effect  # type: ignore[arg-type]
    return tuple(merged[place] for place in sorted(merged, key=str) if not _is_nothing(merged[place]))


def _is_nothing(effect: Effect) -> bool:
    # A cadence prescribes what is free without it, also where it asks for the usual one.
    return not isinstance(effect, Cadence) and any(_NOTHING.get(k) == v for k, v in asdict(effect).items())


def place_of(effect: Effect) -> tuple[object, ...]:
    """Return the kind of an effect and what it acts on: its fields that are words."""
    return (_NAMES[type(effect)], *(v for v in asdict(effect).values() if isinstance(v, str)))


def to_json(effect: Effect) -> dict[str, object]:
    """Return an effect as plain JSON values, with its ``kind``."""
    return {"kind": _NAMES[type(effect)], **asdict(effect)}


def from_json(values: Mapping[str, Any]) -> Effect:
    """Return the effect written by :func:`to_json`."""
    made: Effect = KINDS[values["kind"]](**{k: v for k, v in values.items() if k != "kind"})
    return made


def area_factor(effects: Iterable[Effect], side: Side, region: str) -> float:
    """Area that bears a region's load over that without any layer; 1 without one."""
    found = [e.area_factor for e in effects if isinstance(e, Cushion) and (e.side, e.region) == (side, region)]
    return max(found, default=1.0)


def felt_pain(pain: float, effects: Iterable[Effect]) -> float:
    """Pain that is felt, 0 to 10, after what lowers it."""
    for effect in effects:
        if isinstance(effect, PainFactor):
            pain *= effect.factor
    return pain


@dataclass(frozen=True)
class BodyParts:
    """What a body offers for effects to act on; a solver states it for its body."""

    groups: frozenset[str]
    joints: frozenset[str] = field(default_factory=lambda: frozenset(JOINTS))
    regions: frozenset[str] = field(default_factory=lambda: frozenset(REGIONS))
    structures: frozenset[str] = field(default_factory=lambda: frozenset(STRUCTURES))


def check_supported(effects: Iterable[Effect], body: BodyParts) -> None:
    """Refuse effects on what a body does not have, before anything is solved.

    Raises
    ------
    SetupError
        It names what is missing and what is there.
    """
    there = {"group": body.groups, "joint": body.joints, "region": body.regions, "structure": body.structures}
    for effect in effects:
        for one in fields(effect):
            name = getattr(effect, one.name)
            if one.name in there and name not in there[one.name]:
                raise SetupError(
                    f"the body has no {one.name} {name!r} for the effect {_NAMES[type(effect)]}. "
                    f"It has: {', '.join(sorted(there[one.name])) or 'none'}."
                )
