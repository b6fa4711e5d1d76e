"""Effects put into a body: what conditions and treatments change, on the body that a prediction is solved with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, ContactSphere, Segment
from groundup.chain.muscle_groups import MuscleGroup, members, muscle_groups
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.errors import ModelError
from groundup.motion.scale_body import scale_body
from groundup.motion.soles import BALL_PART
from groundup.predict.body import PassiveSettings, PredictionBody, passive_moments, prediction_body
from groundup.predict.body.contact import Soles
from groundup.predict.body.fascia import Fascia
from groundup.predict.body.passive import TorqueActuatorChoice, read_torques
from groundup.predict.condition import groups
from groundup.predict.effects import (
    BOTH,
    REGIONS,
    ArchSupport,
    BodyParts,
    Cadence,
    Cushion,
    Effect,
    JointSpring,
    LegLength,
    Mass,
    PassiveShift,
    PassiveStiffness,
    Raise,
    Rocker,
    Side,
    Speed,
    Strength,
    area_factor,
    check_supported,
    combine,
)

WORKING_LOAD_BW = {"heel": 0.7, "midfoot": 0.2, "forefoot_medial": 0.5, "forefoot_lateral": 0.5, "toes": 0.2}
"""Largest loads of walking, at which a linear layer and a pad that stiffens are put in series (assumed)."""

USUAL_APEX_PART = 0.612
"""Where a usual shoe turns up (Greve 2019: 61.2 % of its length)."""

PAD_LOSS = 0.5
"""Part of the work that the bare pads are made to lose."""

TOE_FLEXORS = ("fdl", "fhl")
_TRUNK = {"erector_spinae": "up", "multifidus": "up", "abdominals": "down", "quadratus_lumborum": "side"}
_JOINTS = {"hip": "hip_flexion", "knee": "knee_angle", "ankle": "ankle_angle", "subtalar": "subtalar_angle"}
_JOINTS["toes"] = "mtp_angle"
# Dorsiflexion counts up; extension of knee and hip counts down.
_FURTHER = {"ankle": 1.0, "knee": -1.0, "hip": -1.0}


@dataclass(frozen=True, eq=False)
class ChangedBody:
    """A body with the effects of a case in it.

    Attributes
    ----------
    prepared : PredictionBody
        Mass, leg length, strength, soles and fascia are in it.
    passive : PassiveSettings
        With the shifts of passive moments.
    stiffer : factor on elastic passive moments, by coordinate
    springs : N·m/rad about the neutral posture, by coordinate
    bare : Soles
        As they are without any layer; pressure is told on them.
    areas : area that bears a region's load over that without a layer, by side ``r``, ``l`` and region
    speed_m_per_s : float or None
        Prescribed by a treatment; None: as the request has it.
    cadence_factor : float
    """

    prepared: PredictionBody
    passive: PassiveSettings
    stiffer: Mapping[str, float]
    springs: Mapping[str, float]
    bare: Soles
    areas: Mapping[tuple[str, str], float]
    speed_m_per_s: float | None
    cadence_factor: float

    def passive_moments(self, q: Mapping[str, Any], speed: Mapping[str, Any]) -> dict[str, Any]:
        """Passive moments with all that was changed, N·m by coordinate; numbers, arrays or CasADi symbols alike."""
        found = passive_moments(q, speed, self.passive)
        if self.stiffer:
            elastic = passive_moments(q, {name: 0.0 for name in speed}, self.passive)
            found |= {name: found[name] + (factor - 1) * elastic[name] for name, factor in self.stiffer.items()}
        return found | {name: found.get(name, 0.0) - k * q[name] for name, k in self.springs.items()}

    @property
    def area(self) -> dict[str, float]:
        """Area that bears the heel's load over that without a layer, by side ``r``, ``l``."""
        return {side: factor for (side, region), factor in self.areas.items() if region == "heel"}

    def pressure_pa(self, pad: int, force_n: Any) -> Any:
        """Greatest pressure under a pad, Pa: Hertz's of the bare pad at this force, over its region's factor of area.

        Parameters
        ----------
        pad : place among ``bare.pads``
        force_n : N, zero or more, any shape
        """
        where = (self.bare.side[pad], self.bare.region[pad])
        return hertz_pressure_pa(self.bare.pads[pad], force_n) / self.areas[where]


def body_parts() -> BodyParts:
    """Return what the prediction body offers for effects to act on: every group, joint and region there is."""
    return BodyParts(frozenset(groups()), joints=frozenset(_JOINTS), regions=frozenset(REGIONS))


def change(body: Body, effects: Iterable[Effect], cache: Path | None = None) -> ChangedBody:
    """Make a person's body ready for prediction with effects in it.

    Parameters
    ----------
    body : the default body or a copy of it scaled with its contacts
    effects : of one case, as `request.Case.effects` has them
    cache : as of `prediction_body`

    Raises
    ------
    SetupError
        An effect acts on something that the body does not have.
    ModelError
        As `prediction_body`.

    Notes
    -----
    A layer lies in series with the pad at the largest load of walking (``WORKING_LOAD_BW``): the pad is made so soft
    that it gives way as both do there. Trunk strength scales the torques that drive the trunk; one side of it counts
    half. Nothing here makes the sole in front of a rocker's apex turn up: the ball's pads move to the apex.
    """
    all_ = combine(effects)
    check_supported(all_, body_parts())
    person = changed_person(body, all_)
    prepared = prediction_body(person, cache)
    bare = prepared.soles
    soles = _soles(prepared, all_)
    prepared = replace(
        prepared,
        soles=soles,
        body=prepared.body.with_(contacts=soles.pads),
        fascia={side: _fascia(f, _word(side), all_) for side, f in prepared.fascia.items()},
        torques=_torques(prepared.torques, body, all_),
    )
    return ChangedBody(
        prepared,
        PassiveSettings({_name(e.joint, e.side): _shift_rad(e) for e in all_ if isinstance(e, PassiveShift)}),
        {
            _name(e.structure, e.side): e.factor
            for e in all_
            if isinstance(e, PassiveStiffness) and e.structure != "fascia"
        },
        {_name(e.joint, e.side): e.stiffness_nm_per_rad for e in all_ if isinstance(e, JointSpring)},
        bare,
        {(side[0], region): area_factor(all_, side, region) for side in BOTH for region in REGIONS},
        next((e.m_per_s for e in all_ if isinstance(e, Speed)), None),
        next((e.factor for e in all_ if isinstance(e, Cadence)), 1.0),
    )


def changed_person(body: Body, effects: Iterable[Effect]) -> Body:
    """Return the full body with another mass, leg length and strength of muscles."""
    return reduce(_change_person, effects, body)


def _change_person(body: Body, effect: Effect) -> Body:
    if isinstance(effect, Mass):
        return body.with_(segments=tuple(_heavier(s, effect.factor) for s in body.segments))
    if isinstance(effect, LegLength):
        return _with_leg(body, effect)
    if isinstance(effect, Strength):
        chosen = set(_chosen(body, effect))
        return body.with_(
            muscles=tuple(
                replace(m, max_isometric_force=m.max_isometric_force * effect.factor) if i in chosen else m
                for i, m in enumerate(body.muscles)
            )
        )
    return body


def _heavier(segment: Segment, factor: float) -> Segment:
    return replace(segment, mass=segment.mass * factor, inertia=segment.inertia * factor)


def _chosen(body: Body, effect: Strength) -> tuple[int, ...]:
    """Places of the muscles of a group on a side."""
    names = [m.name for m in body.muscles]
    if effect.group == "toe_flexors":
        return tuple(i for i, name in enumerate(names) if name in {f"{m}_{effect.side[0]}" for m in TOE_FLEXORS})
    group: MuscleGroup = next(g for g in muscle_groups() if g.id == effect.group)
    return tuple(int(i) for i in members(group, names, effect.side))


def _with_leg(body: Body, effect: LegLength) -> Body:
    side = effect.side[0]
    skeleton = compile_skeleton(body)
    at = poses(skeleton, np.array([[c.default for c in body.coordinates]])).translation[0]
    hip, ankle = (at[skeleton.segment_index[f"{name}_{side}"]] for name in ("femur", "talus"))
    length = float(np.linalg.norm(hip - ankle))
    factor = 1 + effect.change_m / length
    if not 0.8 <= factor <= 1.2:
        raise ModelError(f"{body.name}: a leg of {length:.2f} m cannot become {effect.change_m:+.3f} m longer.")
    along = np.array([1.0, factor, 1.0])
    scaled = scale_body(body, {f"{name}_{side}": along for name in ("femur", "tibia")}, body.mass)
    # Only lengths were meant to change: scaling to the same mass would shift some of it to other segments.
    mass = {s.name: s for s in body.segments}
    return scaled.with_(segments=tuple(replace(s, mass=mass[s.name].mass) for s in scaled.segments))


def _soles(prepared: PredictionBody, effects: tuple[Effect, ...]) -> Soles:
    skeleton = compile_skeleton(prepared.body)
    at = poses(skeleton, np.array([[c.default for c in prepared.body.coordinates]])).rotation[0]
    pads = list(prepared.soles.pads)
    for e in effects:
        if isinstance(e, Cushion):
            for i in prepared.soles.of(e.side[0], e.region):
                sharing = len(prepared.soles.of(e.side[0], e.region))
                load = WORKING_LOAD_BW[e.region] * prepared.weight_n / sharing
                pads[i] = softer(pads[i], e.stiffness_n_per_m / sharing, e.loss, load)
        elif isinstance(e, Raise):
            for i in prepared.soles.of(e.side[0], e.region):
                pads[i] = _moved(pads[i], np.array([0.0, -e.height_m, 0.0]), skeleton, at)
        elif isinstance(e, Rocker):
            back = (e.apex_part - USUAL_APEX_PART) * _foot_length(prepared, e.side[0])
            for i in prepared.soles.of(e.side[0], "forefoot_medial", "forefoot_lateral"):
                pads[i] = _moved(pads[i], np.array([back, 0.0, 0.0]), skeleton, at)
    return replace(prepared.soles, pads=tuple(pads))


def softer(pad: ContactSphere, stiffness_n_per_m: float, loss: float, load_n: float) -> ContactSphere:
    """Return a pad that gives way under ``load_n`` as it and a linear layer of this stiffness do together."""
    own = hertz_depth_m(pad, load_n)
    layer = load_n / stiffness_n_per_m
    mixed = (PAD_LOSS * own + loss * layer) / (own + layer)
    return replace(
        pad,
        stiffness=pad.stiffness * (own / (own + layer)) ** 1.5,
        dissipation=pad.dissipation * mixed / PAD_LOSS,
    )


def hertz_depth_m(pad: ContactSphere, force_n: Any) -> Any:
    """Depth at which a pad carries a force at rest, m."""
    k = 0.5 * pad.stiffness ** (2.0 / 3.0)
    return (force_n / ((4.0 / 3.0) * k * (pad.radius * k) ** 0.5)) ** (2.0 / 3.0)


def hertz_pressure_pa(pad: ContactSphere, force_n: Any) -> Any:
    """Greatest pressure under a pad at rest, Pa; it grows with the third root of the force."""
    k = 0.5 * pad.stiffness ** (2.0 / 3.0)
    per_depth = (4.0 / 3.0) * k * (pad.radius * k) ** 0.5
    return 1.5 * force_n ** (1.0 / 3.0) * per_depth ** (2.0 / 3.0) / (np.pi * pad.radius)


def _moved(pad: ContactSphere, by_m: Floats, skeleton: Skeleton, rotation: Floats) -> ContactSphere:
    """Move a pad in ground axes, as the foot stands in the default pose."""
    local = rotation[skeleton.segment_index[pad.segment]].T @ by_m
    return replace(pad, location=pad.location + local)


def _foot_length(prepared: PredictionBody, side: str) -> float:
    skeleton = compile_skeleton(prepared.body)
    at = poses(skeleton, np.array([[c.default for c in prepared.body.coordinates]]))

    def ahead(*regions: str) -> float:
        pads = [prepared.soles.pads[i] for i in prepared.soles.of(side, *regions)]
        s = [skeleton.segment_index[p.segment] for p in pads]
        return float(
            np.mean([(at.translation[0, i] + at.rotation[0, i] @ p.location)[0] for i, p in zip(s, pads, strict=True)])
        )

    return (ahead("forefoot_medial", "forefoot_lateral") - ahead("heel")) / BALL_PART


def _fascia(fascia: Fascia, side: str, effects: tuple[Effect, ...]) -> Fascia:
    """The fascia stiffer by what first steps do, with what holds the arch beside it."""
    beside = sum(e.stiffness_n_per_m for e in effects if isinstance(e, ArchSupport) and e.side == side)
    own = fascia.stiffness_n_per_m
    for e in effects:
        if isinstance(e, PassiveStiffness) and (e.structure, e.side) == ("fascia", side):
            own *= e.factor
    others = fascia.stiffness_n_per_m * (1 / fascia.share - 1) + beside
    return replace(fascia, stiffness_n_per_m=own, share=own / (own + others))


def _torques(
    torques: Mapping[str, TorqueActuatorChoice], body: Body, effects: tuple[Effect, ...]
) -> dict[str, TorqueActuatorChoice]:
    """Strengths of the body before its mass changed, times those of trunk groups."""
    usual = read_torques(body.mass)
    found = {
        n: replace(usual[n[:-2] if n.endswith(("_r", "_l")) else n], coordinate=t.coordinate)
        for n, t in torques.items()
    }
    for name, up, down in _trunk_factors(body, effects):
        found[name] = replace(found[name], up_nm=found[name].up_nm * up, down_nm=found[name].down_nm * down)
    return found


def _trunk_factors(body: Body, effects: tuple[Effect, ...]) -> tuple[tuple[str, float, float], ...]:
    """Factors on the trunk's torques, up and down the coordinate."""
    share = _extensor_shares(body)
    more = {"up": 0.0, "down": 0.0, "side": 0.0}
    for e in effects:
        if isinstance(e, Strength) and e.group in _TRUNK:
            # One side is half of the trunk; of the extensors a group has its part.
            more[_TRUNK[e.group]] += 0.5 * share.get(e.group, 1.0) * (e.factor - 1)
    bending = 1 + more["side"]
    return ("lumbar_extension", 1 + more["up"], 1 + more["down"]), ("lumbar_bending", bending, bending)


def _extensor_shares(body: Body) -> dict[str, float]:
    """Part of the back extensors' strength that each of their groups has."""
    ids = [name for name, way in _TRUNK.items() if way == "up"]
    sums = {
        name: sum(
            body.muscles[i].max_isometric_force for side in BOTH for i in _chosen(body, Strength(side, name, 1.0))
        )
        for name in ids
    }
    return {name: one / sum(sums.values()) for name, one in sums.items()} if sum(sums.values()) else {}


def _shift_rad(effect: PassiveShift) -> float:
    return float(np.radians(effect.degrees)) * _FURTHER[effect.joint]


def _name(joint: str, side: Side) -> str:
    return f"{_JOINTS[joint]}_{side[0]}"


def _word(side: str) -> str:
    return "right" if side == "r" else "left"
