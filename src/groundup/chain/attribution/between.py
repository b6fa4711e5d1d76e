"""The load as a function of how far each link of the chain has gone from one condition to another.

Between two conditions lies a box: for every part of the chain a number from 0 (as before) to 1 (as after). At each
point of the box a walk is defined, and the whole mechanics says what it loads: inverse dynamics, muscle sharing, joint
reactions. :class:`Between` evaluates many points of the box and many instants of the cycle in one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Actuator, Body
from groundup.body.names import side_of
from groundup.chain.attribution.condition import Condition, foot_turns
from groundup.chain.attribution.directions import Directions, directions
from groundup.chain.attribution.interest import LoadOfInterest, curve
from groundup.chain.attribution.links import Part, coordinate_parts, segment_parts, trunk_segment
from groundup.engine.dynamics import generalised_forces, inertial_wrenches, wrench
from groundup.engine.kinematics import cross, poses, rates
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.errors import ModelError
from groundup.loads.moments import Loading
from groundup.loads.muscle_forces import RESERVE_NM, Machine, SharingOptions, build_machine, share_loading
from groundup.motion.trajectory import Motion

NEIGHBOURS = 2
"""Frames on each side whose tendon forces say how fast the tendons stretch in the frame asked for."""

BEARING_BW = 0.05
"""A foot that carries less does not say where a foot stands."""

_APART_S = 1e3  # between batches on the clock: far enough that no rate of change sees across
_CHUNK_FRAMES = 256


@dataclass(frozen=True)
class Sharing:
    """How muscles share the load, as the analysis did it.

    Attributes
    ----------
    from_below : bool
        What motion and ground forces leave unexplained (the residual) is put on the trunk instead of on the pelvis:
        the low back then carries what comes up from the ground through legs and pelvis, not what the motion of the
        upper body asks for. With forces and motion that fit each other both are the same.
    """

    options: SharingOptions = field(default_factory=SharingOptions)
    actuators: tuple[Actuator, ...] = ()
    reserve_nm: float = RESERVE_NM
    from_below: bool = False


@dataclass(frozen=True, eq=False)
class Block:
    """Neighbouring points of the cycle at one point of the box.

    Attributes
    ----------
    gone : array, shape (n_parts,)
        How far each part has gone from before (0) to after (1).
    frames : int array, consecutive points of the cycle
    wanted : slice or index array into ``frames``
    """

    gone: Floats
    frames: np.ndarray
    wanted: np.ndarray


@dataclass(frozen=True, eq=False)
class Between:
    """Two conditions on the body of the first, ready to be computed anywhere between them."""

    before: Condition
    after: Condition
    parts: tuple[Part, ...]
    machine: Machine
    sharing: Sharing
    steps: Directions
    of_force: np.ndarray  # (n_feet,) place in parts
    of_point: np.ndarray
    of_mass: int
    of_timing: int
    heavier: Skeleton | None  # with the masses of after; None where they are the same
    feet: np.ndarray
    trunk: int

    @property
    def n_points(self) -> int:
        """Points of the cycle."""
        return len(self.before.q)

    @property
    def known(self) -> np.ndarray:
        """Points at which the ground forces of both are known, and at the neighbours that count with them."""
        known = self.before.known & self.after.known
        padded = np.pad(known, NEIGHBOURS, constant_values=True)
        return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1).all(axis=1))

    def whole(self, gone: Floats) -> Block:
        """All points of the cycle at one point of the box."""
        every = np.arange(self.n_points)
        return Block(gone, every, every)

    def instant(self, gone: Floats, point: int) -> Block:
        """One point of the cycle, with the neighbours it needs."""
        frames = np.arange(max(0, point - NEIGHBOURS), min(self.n_points, point + NEIGHBOURS + 1))
        return Block(gone, frames, np.array([point - frames[0]]))

    def curves(self, load: LoadOfInterest, blocks: Sequence[Block]) -> list[Floats]:
        """The load at the wanted points of each block, in the load's unit before its statistic."""
        found: list[Floats] = []
        batch: list[Block] = []
        for block in blocks:
            if batch and sum(len(b.frames) for b in batch) + len(block.frames) > _CHUNK_FRAMES:
                found += self._batch(load, batch)
                batch = []
            batch.append(block)
        return found + (self._batch(load, batch) if batch else [])

    def duration_s(self, gone: Floats) -> float:
        """Duration of the cycle at a point of the box."""
        step = self.after.duration_s - self.before.duration_s
        return float(self.before.duration_s + gone[self.of_timing] * step)

    def _batch(self, load: LoadOfInterest, blocks: Sequence[Block]) -> list[Floats]:
        frames = np.concatenate([b.frames for b in blocks])
        row = np.repeat(np.arange(len(blocks)), [len(b.frames) for b in blocks])
        gone = np.array([b.gone for b in blocks])[row]
        motion = self._motion(frames, row, gone)
        loading, weight = self._loading(motion, frames, gone)
        muscles = None
        if load.needs_muscles and len(self.machine.paths.muscles):
            muscles = share_loading(self.machine, loading, self.sharing.options)
        values = curve(load, self.machine.skeleton, loading.at, loading.moments, muscles, weight)
        parts = np.split(values, np.cumsum([len(b.frames) for b in blocks])[:-1])
        return [v[b.wanted] for v, b in zip(parts, blocks, strict=True)]

    def _motion(self, frames: np.ndarray, row: np.ndarray, gone: Floats) -> Motion:
        a, b, steps = self.before, self.after, self.steps
        moves = ((a.q, steps.q), (a.rate, steps.rate), (a.bend, steps.bend))
        q, rate, bend = (x[frames] + np.einsum("fp,pfc->fc", gone, step[:, frames]) for x, step in moves)
        duration = (a.duration_s + gone[:, self.of_timing] * (b.duration_s - a.duration_s))[:, None]
        couplers = self.machine.skeleton.couplers
        speed, acceleration = rate / duration, bend / duration**2
        if len(couplers.dependent):
            q = couplers.apply(q)
            speed, acceleration = couplers.rates(q, speed, acceleration)
        time_s = frames / (self.n_points - 1) * duration[:, 0] + _APART_S * row
        return Motion(time_s, q, speed, acceleration)

    def _loading(self, motion: Motion, frames: np.ndarray, gone: Floats) -> tuple[Loading, Floats]:
        a, b, skeleton = self.before, self.after, self.machine.skeleton
        at = poses(skeleton, motion.q)
        moving = rates(skeleton, at, motion.speed, motion.acceleration, opensim=self.sharing.options.opensim)
        needed = inertial_wrenches(skeleton, at, moving)
        mass = gone[:, self.of_mass]
        if self.heavier is not None:
            change = inertial_wrenches(self.heavier, at, moving) - needed
            needed = needed + mass[:, None, None] * change
        weight = a.weight_n + mass * (b.weight_n - a.weight_n)
        if not len(self.feet):
            return Loading(motion, at, needed, generalised_forces(skeleton, at, needed)), weight
        push, place = gone[:, self.of_force, None], gone[:, self.of_point, None]
        force, torque = (
            x[frames] + push * (y[frames] - x[frames]) for x, y in ((a.force_bw, b.force_bw), (a.torque_m, b.torque_m))
        )
        point = a.point_m[frames] + place * (b.point_m[frames] - a.point_m[frames])
        point = at.translation[:, self.feet] + (at.rotation[:, self.feet] @ point[..., None])[..., 0]
        given = weight[:, None, None] * wrench(force, point, torque)
        for k, segment in enumerate(self.feet):
            needed[:, segment] -= given[:, k]  # an array made above
        if self.sharing.from_below:
            needed[:, self.trunk] -= needed.sum(axis=1)
        return Loading(motion, at, needed, generalised_forces(skeleton, at, needed)), weight


def between(before: Condition, after: Condition, sharing: Sharing | None = None) -> Between:
    """Lay two conditions side by side.

    Raises
    ------
    ModelError
        The bodies of the two have different coordinates or segments.
    """
    sharing = sharing or Sharing()
    _check_alike(before.body, after.body)
    before, after = _same_feet(before, after)
    before, after = _settled(before, after)
    body = before.body
    machine = build_machine(body, (*body.actuators, *sharing.actuators), sharing.reserve_nm)
    coordinates = coordinate_parts(body)
    forces = [Part("ground force", side_of(f)) for f in before.feet]
    points = [Part("foot placement", side_of(f)) for f in before.feet]
    alone = Part("body mass"), Part("timing")
    parts = tuple(dict.fromkeys((*forces, *points, *coordinates, *alone)))
    skeleton = machine.skeleton
    return Between(
        before,
        after,
        parts,
        machine,
        sharing,
        directions(before, after, skeleton, parts),
        np.array([parts.index(p) for p in forces], dtype=int),
        np.array([parts.index(p) for p in points], dtype=int),
        parts.index(alone[0]),
        parts.index(alone[1]),
        _heavier(skeleton, after.body),
        np.array([skeleton.segment_index[f] for f in before.feet], dtype=int),
        trunk_segment(skeleton, segment_parts(body)),
    )


def _check_alike(a: Body, b: Body) -> None:
    for what, one, two in (
        ("coordinates", a.coordinate_names, b.coordinate_names),
        ("segments", tuple(s.name for s in a.segments), tuple(s.name for s in b.segments)),
    ):
        if one != two:
            odd = sorted(set(one) ^ set(two)) or ["their order"]
            raise ModelError(
                f"{a.name} and {b.name} differ in their {what} ({', '.join(odd[:5])}), expected the same body, or one "
                "scaled twice. Analyse both recordings with the same model."
            )


def _heavier(skeleton: Skeleton, body: Body) -> Skeleton | None:
    """The skeleton with the masses and inertias of another body; None where they are the same."""
    other = compile_skeleton(body)
    if np.allclose(other.mass, skeleton.mass, rtol=1e-9) and np.allclose(other.inertia, skeleton.inertia, rtol=1e-9):
        return None
    return replace(skeleton, mass=other.mass, inertia=other.inertia)


def _same_feet(a: Condition, b: Condition) -> tuple[Condition, Condition]:
    """Both with the same list of feet; one that the ground never pushed gets no force."""
    feet = tuple(dict.fromkeys((*a.feet, *b.feet)))
    return _with_feet(a, feet), _with_feet(b, feet)


def _with_feet(c: Condition, feet: tuple[str, ...]) -> Condition:
    if feet == c.feet:
        return c

    def under(x: Floats) -> Floats:
        return np.stack([x[:, c.feet.index(f)] if f in c.feet else np.zeros((len(c.q), 3)) for f in feet], axis=1)

    return replace(c, feet=feet, force_bw=under(c.force_bw), point_m=under(c.point_m), torque_m=under(c.torque_m))


def _settled(a: Condition, b: Condition) -> tuple[Condition, Condition]:
    """A foot that stands in one condition only has the place of the other, so that its force comes, not its place.

    The force is written at that point with the torque that makes up for it: what acts on the body stays the same.
    """
    bears_a, bears_b = _bears(a), _bears(b)
    step = b.point_m - a.point_m
    return _moved(a, (1 - bears_a) * bears_b * step), _moved(b, -(1 - bears_b) * bears_a * step)


def _bears(c: Condition) -> Floats:
    """0 where a foot is in the air, 1 where it stands, smooth between, (n, n_feet, 1)."""
    part = np.clip(np.linalg.norm(c.force_bw, axis=-1, keepdims=True) / BEARING_BW, 0.0, 1.0)
    return np.asarray(part * part * (3 - 2 * part))


def _moved(c: Condition, by: Floats) -> Condition:
    in_ground = (foot_turns(c) @ by[..., None])[..., 0]
    return replace(c, point_m=c.point_m + by, torque_m=c.torque_m - cross(in_ground, c.force_bw))
