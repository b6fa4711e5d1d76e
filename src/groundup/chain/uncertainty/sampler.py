"""One sample: the analysis as it would be had marker, mass, muscle or plate been a little different."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.recording import AppliedForce, ExternalForces
from groundup.chain.gait import gait_cycles
from groundup.chain.uncertainty import options as of
from groundup.chain.uncertainty.draws import even, generator, normal
from groundup.chain.uncertainty.markers import MarkerResponse, marker_response
from groundup.chain.uncertainty.options import How, Spreads, UncertaintyOptions
from groundup.chain.uncertainty.size import BODIES, Sized, directions, sized_body
from groundup.chain.uncertainty.window import excerpt, loaded_frames, masked, nodes, spreading
from groundup.engine.kinematics import Poses, poses
from groundup.engine.skeleton import Skeleton
from groundup.loads.analysis import Analysis
from groundup.loads.body_mass import with_mass
from groundup.loads.force_filter import smooth_forces
from groundup.loads.ground import part
from groundup.loads.ground_estimate import GroundEstimate, estimate_ground_forces
from groundup.loads.moments import loading
from groundup.loads.muscle_forces import Machine, SharingOptions, build_machine, share_loading
from groundup.motion.foot_contacts import FootContacts, foot_contacts
from groundup.motion.trajectory import Motion, differentiate

LoadArrays = dict[str, Floats]
"""Moments and the arrays of muscle loads, each with the chosen frames in front."""

_NINE_OF_TEN = 1.645  # standard deviations of a normal distribution that hold 90 of 100 values
_LIGHT_BW = 0.5  # a foot that carries less has less of the error of an estimated force


@dataclass(frozen=True, eq=False)
class Sampler:
    """Everything that samples share.

    Attributes
    ----------
    base : the analysis, or a few seconds of it
    q : array, shape (F, C)
        Coordinates before the filter.
    machine : None for a body without muscles, or an analysis without forces
    frames, chosen : frames in which loads are told; those in which they are computed
    spread : array, shape (n_frames, n_chosen)
    plain : loads in the chosen frames without any variation
    sized : builds one of the bodies of other sizes; None where sizes are certain
    contacts : when feet are on the ground, for estimated forces
    even : numbers between 0 and 1 by cause, (samples, n)
    """

    base: Analysis
    how: How
    options: UncertaintyOptions
    q: Floats
    response: MarkerResponse
    skeleton: Skeleton
    machine: Machine | None
    frames: np.ndarray
    chosen: np.ndarray
    spread: Floats
    plain: LoadArrays
    sized: Callable[[int], Sized] | None
    contacts: FootContacts | None
    groups: tuple[np.ndarray, ...]
    stride_s: float

    @property
    def spreads(self) -> Spreads:
        """Standard deviations."""
        return self.options.spreads

    def nominal(self) -> Analysis:
        """The sample without variation, which others are compared with."""
        return self.vary(0, (), self.options.samples)

    def vary(self, sample: int, causes: Collection[str], samples: int) -> Analysis:
        """The analysis with some causes varied.

        Parameters
        ----------
        sample : number of the sample, below ``samples``
        causes : those that vary; others stay as they are
        samples : how many there will be, over which single numbers are spread evenly
        """
        draw = _Draw(self, sample, frozenset(causes), samples)
        cutoff, sized = draw.cutoff_hz(), draw.sized()
        body, skeleton = (self.base.body, self.skeleton) if sized is None else (sized.body, sized.skeleton)
        q = self.q + draw.coordinates()
        q = q if sized is None else q + sized.change
        motion = differentiate(skeleton, self.base.motion.time_s, q, cutoff)
        at = poses(skeleton, motion.q)
        body, skeleton = draw.masses(body, skeleton)
        forces = draw.forces(body, skeleton, motion, at, cutoff)
        ground = replace(self.base.ground, forces=forces)
        sampled = replace(self.base, body=body, skeleton=skeleton, motion=motion, at=at, ground=ground)
        if not len(self.chosen):
            return sampled
        machine = self.machine if sized is None else sized.machine
        found = self.loads(machine, skeleton, motion, forces, draw.strength(), draw.exponent())
        return self._with_loads(sampled, {k: found[k] - self.plain[k] for k in found})

    def body_of(self, sample: int, causes: Collection[str], samples: int) -> int | None:
        """Which of the bodies of other sizes a sample is computed on; None for the body of the analysis."""
        return None if self.sized is None or of.SIZE not in causes else sample * BODIES // samples

    def loads(
        self,
        machine: Machine | None,
        skeleton: Skeleton,
        motion: Motion,
        forces: ExternalForces | None,
        strength: Floats | None = None,
        exponent: float | None = None,
    ) -> LoadArrays:
        """Moments and muscle loads in the chosen frames."""
        sharing = self.how.sharing
        load = loading(skeleton, part(motion, self.chosen), forces, opensim=sharing.opensim)
        if machine is None:
            return {"of moments": load.moments}
        machine = replace(machine, skeleton=skeleton)
        if strength is not None:
            machine = replace(machine, muscles=replace(machine.muscles, force=machine.muscles.force * strength))
        if exponent is not None:
            sharing = SharingOptions(exponent, sharing.mode, sharing.physiology)
        shared = share_loading(machine, load, sharing)
        values = {f.name: getattr(shared, f.name) for f in fields(shared)}
        arrays = {k: v for k, v in values.items() if isinstance(v, np.ndarray) and k != "status"}
        return {"of moments": load.moments, **arrays}

    def _with_loads(self, sampled: Analysis, change: LoadArrays) -> Analysis:
        """Add the change of the loads, interpolated between the chosen frames, to the analysis's own."""

        def added(values: Floats, key: str) -> Floats:
            out = np.full_like(values, np.nan)
            flat = change[key].reshape(len(self.chosen), -1)
            out[self.frames] = values[self.frames] + (self.spread @ flat).reshape(-1, *values.shape[1:])
            return out

        assert self.base.moments is not None
        sampled = replace(sampled, moments=added(self.base.moments, "of moments"))
        if self.base.loads is None:
            return sampled
        arrays = {k: added(getattr(self.base.loads, k), k) for k in change if k != "of moments"}
        return replace(sampled, loads=replace(self.base.loads, **arrays))  # type: ignore[arg-type]


def build_sampler(a: Analysis, how: How, options: UncertaintyOptions, causes: Collection[str]) -> Sampler:
    """Prepare everything that samples share."""
    base = excerpt(a)
    cycles = gait_cycles(base)
    frames = loaded_frames(base, cycles) if base.moments is not None else np.array([], dtype=int)
    base = masked(base, np.isin(np.arange(len(base.motion.time_s)), frames)) if len(frames) else base
    chosen = nodes(base, frames, options.step_s)
    response = marker_response(base.body, base.skeleton, base.at, base.motion.q, base.recording, how.tasks)
    machine = None
    if base.loads is not None:
        machine = build_machine(base.body, (*base.body.actuators, *how.actuators), how.reserve_nm)
    estimated = base.ground.estimate is not None
    steps = directions(base, options.spreads.size) if of.SIZE in causes else ()

    @lru_cache(maxsize=BODIES)
    def sized(k: int) -> Sized:
        return sized_body(base, how, options, response, steps, k)

    sampler = Sampler(
        base=base,
        how=how,
        options=options,
        q=_unfiltered(base, response),
        response=response,
        skeleton=base.skeleton,
        machine=machine,
        frames=frames,
        chosen=chosen,
        spread=spreading(base.motion.time_s, frames, chosen),
        plain={},
        sized=sized if steps else None,
        contacts=foot_contacts(base.skeleton, base.at, base.motion.time_s) if estimated else None,
        groups=_groups(base),
        stride_s=float(np.median([c.end_s - c.start_s for c in cycles])) if cycles else 1.1,
    )
    return _with_plain(sampler) if len(chosen) else sampler


def _with_plain(sampler: Sampler) -> Sampler:
    """Put in the loads without variation."""
    nothing = _Draw(sampler, 0, frozenset(), 1)
    base, cutoff = sampler.base, nothing.cutoff_hz()
    motion = differentiate(sampler.skeleton, base.motion.time_s, sampler.q, cutoff)
    at = poses(sampler.skeleton, motion.q)
    forces = nothing.forces(base.body, sampler.skeleton, motion, at, cutoff)
    return replace(sampler, plain=sampler.loads(sampler.machine, sampler.skeleton, motion, forces))


def _unfiltered(a: Analysis, response: MarkerResponse) -> Floats:
    """Coordinates as the markers gave them; of a trunk that no marker shows, as they were chosen."""
    q = a.fit.q.copy()
    if response.hold is not None:
        q[:, response.hold.columns] = a.motion.q[:, response.hold.columns]
    return q


def _groups(a: Analysis) -> tuple[np.ndarray, ...]:
    """Places of muscles that are strong or weak together: groups of one side; what belongs to none, by itself."""
    from groundup.chain.muscle_groups import members, muscle_groups

    if a.loads is None:
        return ()
    found = [members(g, a.loads.muscles, side) for g in muscle_groups() for side in ("right", "left", "none")]
    return tuple(f for f in found if len(f))


@dataclass(frozen=True, eq=False)
class _Draw:
    """The random numbers of one sample, turned into what they change."""

    sampler: Sampler
    sample: int
    causes: frozenset[str]
    samples: int

    def _random(self, cause: str) -> np.random.Generator:
        return generator(self.sampler.options.seed, self.sample, cause)

    def _even(self, cause: str, count: int) -> Floats:
        return np.asarray(even(self.sampler.options.seed, cause, self.samples, count)[self.sample])

    def cutoff_hz(self) -> float | None:
        """Cut-off of the motion's filter."""
        own = self.sampler.how.lowpass_hz
        low, high = self.sampler.spreads.cutoff_hz
        if own is None or of.FILTER not in self.causes or low == high:
            return own
        return float(low + (high - low) * self._even(of.FILTER, 1)[0])

    def exponent(self) -> float:
        """Power of the activations in the effort."""
        own = self.sampler.how.sharing.exponent
        low, high = self.sampler.spreads.exponent
        if of.EFFORT not in self.causes or low == high:
            return own
        return float(low + (high - low) * self._even(of.EFFORT, 1)[0])

    def strength(self) -> Floats | None:
        """Factor of every muscle's strength, (M,)."""
        if of.STRENGTH not in self.causes or self.sampler.machine is None:
            return None
        s, random = self.sampler.spreads, self._random(of.STRENGTH)
        n = len(self.sampler.machine.muscles.names)
        log = s.strength_all * normal(self._even(of.STRENGTH, 1)) + s.strength_muscle * random.standard_normal(n)
        for group, z in zip(self.sampler.groups, random.standard_normal(len(self.sampler.groups)), strict=True):
            log[group] += s.strength_group * z
        return np.exp(log)

    def sized(self) -> Sized | None:
        """The body of another size."""
        body = self.sampler.body_of(self.sample, self.causes, self.samples)
        return None if body is None or self.sampler.sized is None else self.sampler.sized(body)

    def masses(self, body: Body, skeleton: Skeleton) -> tuple[Body, Skeleton]:
        """Body and skeleton with other masses."""
        a, s = self.sampler.base, self.sampler.spreads
        factor = 1.0
        if of.MASS in self.causes:
            part_of = s.assumed_mass if a.mass_assumed else s.mass_kg / a.body.mass
            factor = float(np.exp(part_of * normal(self._even(of.MASS, 1))[0]))
            body = with_mass(body, a.body.mass * factor)
        mass, center, inertia = skeleton.mass * factor, skeleton.mass_center, skeleton.inertia * factor
        if of.MASSES in self.causes:
            random, pairs = self._random(of.MASSES), _pairs(skeleton.segments)
            z = random.standard_normal((pairs.max() + 1, 4))[pairs]
            shares = np.exp(s.segment_mass * z[:, 0])
            shares = shares * mass.sum() / (shares * mass).sum()
            mass, inertia = mass * shares, inertia * shares[:, None, None]
            center = center + s.mass_center_m * z[:, 1:] * (mass > 0)[:, None]
        return body, replace(skeleton, mass=mass, mass_center=center, inertia=inertia)

    # ---- what markers do ----

    def coordinates(self) -> Floats:
        """Change of the coordinates before the filter, (F, C)."""
        response = self.sampler.response
        shift = np.zeros_like(response.position)
        if of.NOISE in self.causes:
            noise = self._random(of.NOISE).standard_normal(shift.shape)
            shift = shift + self.sampler.spreads.marker_noise_m * noise
        on_body = [f() for f, c in ((self._skin, of.SKIN), (self._placement, of.PLACEMENT)) if c in self.causes]
        for offset in on_body:
            shift = shift + (response.turn @ offset[..., None])[..., 0]
        change = (
            response.coordinates(shift) if self.causes & {of.NOISE, of.SKIN, of.PLACEMENT} else 0.0 * self.sampler.q
        )
        if response.hold is None or of.TRUNK not in self.causes:
            return change
        lean = self.sampler.spreads.trunk_rad * normal(self._even(of.TRUNK, 2))
        turn = np.zeros((len(change), 3))
        turn[:, [0, 2]] = lean
        return response.hold.turned(change, turn)

    def _by_segment(self, table: dict[str, float]) -> Floats:
        names = self.sampler.skeleton.segments
        other = self.sampler.spreads.elsewhere_m
        return np.array([table.get(names[s].split("_")[0], other) for s in self.sampler.response.segment])

    def _placement(self) -> Floats:
        """How far each marker sits from its place, segment axes, (1, M, 3), m."""
        size = self._by_segment(self.sampler.spreads.placement_m)
        return np.asarray((size[:, None] * self._random(of.PLACEMENT).standard_normal((len(size), 3)))[None])

    def _skin(self) -> Floats:
        """How the skin of each segment slides, segment axes, (F, M, 3), m: waves of the stride and of the step."""
        spreads, response = self.sampler.spreads, self.sampler.response
        random, segments = self._random(of.SKIN), len(self.sampler.skeleton.segments)
        turns = (self.sampler.base.motion.time_s / self.sampler.stride_s)[:, None, None]
        wave = np.zeros((len(turns), segments, 3))
        for harmonic in (1, 2):
            a, b = random.standard_normal((2, segments, 3))
            angle = 2 * np.pi * harmonic * turns
            wave = wave + np.sqrt(0.5) * (a * np.cos(angle) + b * np.sin(angle))
        size = self._by_segment(spreads.soft_tissue_m)
        return np.asarray(size[:, None] * wave[:, response.segment])

    # ---- what the ground does ----

    def forces(
        self, body: Body, skeleton: Skeleton, motion: Motion, at: Poses, cutoff_hz: float | None
    ) -> ExternalForces | None:
        """Forces under the feet."""
        ground, how = self.sampler.base.ground, self.sampler.how
        if ground.forces is None:
            return None
        if ground.estimate is not None:
            assert self.sampler.contacts is not None
            found = estimate_ground_forces(body, skeleton, motion, at, self.sampler.contacts)
            return self._misjudged(found, body)
        if not how.match_forces or ground.contacts is None or not cutoff_hz:
            return self._mismeasured(ground.forces)
        return smooth_forces(self._mismeasured(ground.contacts.forces), cutoff_hz)

    def _mismeasured(self, forces: ExternalForces) -> ExternalForces:
        n, s = len(forces.wrenches), self.sampler.spreads
        shift, gain = np.zeros((n, 3)), np.ones(n)
        if of.PRESSURE in self.causes:
            shift[:, [0, 2]] = s.pressure_m * normal(self._even(of.PRESSURE, 2 * n)).reshape(n, 2)
        if of.FORCE in self.causes:
            gain = 1.0 + s.force * normal(self._even(of.FORCE, n))
        if not (self.causes & {of.PRESSURE, of.FORCE}):
            return forces
        return replace(
            forces,
            wrenches=tuple(
                replace(w, force_n=w.force_n * g, torque_nm=w.torque_nm * g, point_m=w.point_m + d)
                for w, g, d in zip(forces.wrenches, gain, shift, strict=True)
            ),
        )

    def _misjudged(self, found: GroundEstimate, body: Body) -> ExternalForces:
        if of.ESTIMATE not in self.causes:
            return found.forces
        weight = body.mass * float(np.linalg.norm(body.gravity))
        random, forces = self._random(of.ESTIMATE), found.forces
        wrenches = tuple(self._misjudged_foot(w, forces.time_s, found, weight, random) for w in forces.wrenches)
        return replace(forces, wrenches=wrenches)

    def _misjudged_foot(
        self, w: AppliedForce, time_s: Floats, found: GroundEstimate, weight_n: float, random: np.random.Generator
    ) -> AppliedForce:
        """One foot's force with an error: a wave of the step about a mean, while the foot bears.

        The motion tells the moment of the force about the body's mass centre: where it is thought to act farther
        forward it leans farther back, about a point as high as the pelvis.
        """
        deviation = self.sampler.spreads.estimate / _NINE_OF_TEN
        turns = time_s / self.sampler.stride_s
        bears = np.clip(w.force_n[:, 1] / (_LIGHT_BW * weight_n), 0.0, 1.0)[:, None]
        place, force = np.zeros((len(time_s), 3)), np.zeros((len(time_s), 3))
        place[:, [0, 2]] = deviation * found.pressure_m * _slow(turns, 2, random)
        base = self.sampler.base
        height = float(np.median(base.segment_origin(base.pelvis)[:, 1] - w.point_m[:, 1].min()))
        force[:, [0, 2]] = -w.force_n[:, 1:2] * place[:, [0, 2]] / max(height, 0.1)
        force[:, 1:2] = bears * deviation * found.vertical_bw * weight_n * _slow(turns, 1, random)
        return replace(w, force_n=w.force_n + force, point_m=w.point_m + place * (bears > 0))


def _slow(turns: Floats, count: int, random: np.random.Generator) -> Floats:
    """Smooth random numbers with mean square 1, (n, count): a constant and a wave of the step."""
    mean, a, b = random.standard_normal((3, count))
    angle = 4 * np.pi * turns[:, None]
    return np.asarray(np.sqrt(0.5) * (mean + a * np.cos(angle) + b * np.sin(angle)))


def _pairs(segments: tuple[str, ...]) -> np.ndarray:
    """A number for each segment, the same for left and right: sides are built alike."""
    stems = [s[:-2] if s.endswith(("_r", "_l")) else s for s in segments]
    order = list(dict.fromkeys(stems))
    return np.array([order.index(s) for s in stems])
