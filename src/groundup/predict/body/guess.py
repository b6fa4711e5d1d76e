"""A cycle of walking to start from, for a person of any size and speed.

The synthetic walk, its steps made longer or shorter, is bent a little by least squares: until each foot carries what is
published, does not slip while it does so, and clears the ground in swing. It stays a sum of sines: the same on both
sides half a cycle apart if the body is, and each side its own where legs differ. It is plausible, not a solution: joint
moments are whatever they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, ContactSphere
from groundup.engine.kinematics import point_jacobian, points_in_ground, poses
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.errors import SetupError
from groundup.motion.trajectory import Motion
from groundup.motion.walk import FORWARD, harmonics, read_walk
from groundup.predict.body.contact import Soles, normal_force
from groundup.predict.body.coordinates import SHIFTS
from groundup.predict.body.reduced import Reduction
from groundup.predict.body.reference import vertical_force_bw

STEP_POWER = 0.42
"""Step length grows with this power of speed (Grieve & Gear, 1966, doi:10.1080/00140136608964399)."""

SPEEDS_M_PER_S = (0.3, 2.2)

TRUNK_LEAN_RAD = np.radians(12.0)
"""Mean lean of this body's chest forward in walking: the mean of people whose recordings were fitted with it (decision
18). The synthetic walk's chest leans 3 degrees back and spares the low back what people's bear."""

N_HARMONICS = 6
N_FRAMES = 60
N_STEPS = 25

# One standard deviation each: what a foot may carry beside what is published (body weights), how fast a loaded pad may
# slip, how low a pad may be in swing, and how far a harmonic may stray from the walk.
FORCE_BW, SLIP_M_PER_S, CLEARANCE_M, LOW_M = 0.05, 0.08, 0.012, 0.01
MOST_ON_TOES_BW, TOES_BW = 0.35, 0.25
"""More than that the flexors of the toes and the fascia cannot hold: about 12 N·m at the toes' joint."""
STRAY_RAD, STRAY_M = np.radians(2.5), 0.01


@dataclass(frozen=True, eq=False)
class OwnCycle:
    """A person's own walk over the cycle from right heel strike, both ends included.

    Attributes
    ----------
    mean : angles by coordinate, shape (n,), rad
    spread : how far each may stray from ``mean`` at no cost
    cycle_s : how long their stride takes at ``speed_m_per_s``
    speed_m_per_s : of the recording
    """

    mean: Mapping[str, Floats]
    spread: Mapping[str, Floats]
    cycle_s: float
    speed_m_per_s: float

    def at(self, speed_m_per_s: float) -> OwnCycle:
        """Return the same angles at another speed, at which steps are quicker as they are in people."""
        faster = cycle_factor(self.speed_m_per_s, speed_m_per_s)
        return replace(self, cycle_s=self.cycle_s * faster, speed_m_per_s=speed_m_per_s)


def cycle_factor(old_m_per_s: float, new_m_per_s: float) -> float:
    """Duration of a cycle at a new speed over that at the old one: what steps gain in length they need not in rate."""
    return float((new_m_per_s / old_m_per_s) ** (STEP_POWER - 1.0))


@dataclass(frozen=True, eq=False)
class WalkGuess:
    """A full cycle from one strike of the right heel to the next.

    Attributes
    ----------
    motion : Motion
        Of the reduced body, on a clock from 0 to ``cycle_s``; the last frame is the first one, a stride further on.
    cycle_s, speed_m_per_s, stride_m : float
    depth, approach : array, shape (n, n_pads), m and m/s
        Of the lowest points of the pads below and towards the ground.
    normal : array, shape (n, n_pads), N
        What the pads carry there.
    """

    motion: Motion
    cycle_s: float
    speed_m_per_s: float
    stride_m: float
    depth: Floats
    approach: Floats
    normal: Floats


def walk_guess(
    reduction: Reduction,
    soles: Soles,
    speed_m_per_s: float = 1.25,
    n_frames: int = 101,
    own: OwnCycle | None = None,
) -> WalkGuess:
    """Make a cycle of walking for a person of any size and speed; a second or so.

    Parameters
    ----------
    speed_m_per_s : float
        0.3 to 2.2.
    n_frames : int
        Both ends included.
    own : how the person walks, where that is known
        What the cycle is bent from in place of the synthetic walk.

    Raises
    ------
    SetupError
        A speed at which people do not walk.
    """
    low, high = SPEEDS_M_PER_S
    if not low <= speed_m_per_s <= high:
        raise SetupError(f"speed {speed_m_per_s:g} m/s; expected {low:g} to {high:g} m/s, speeds at which people walk.")
    walk = _scaled_walk(reduction, speed_m_per_s)
    if own is not None:
        cycle_s = own.at(speed_m_per_s).cycle_s
        walk = _own(replace(walk, cycle_s=cycle_s, stride_m=cycle_s * speed_m_per_s), own.mean)
    problem = _problem(reduction, soles, walk)
    coefficients = _settle(problem)
    phase = np.linspace(0.0, 1.0, n_frames)
    motion = _motion(problem, coefficients, phase)
    depth, approach = pad_depths(reduction.body, soles, motion)
    return WalkGuess(
        motion, walk.cycle_s, speed_m_per_s, walk.stride_m, depth, approach, normal_forces(soles.pads, depth, approach)
    )


def pad_depths(body: Body, soles: Soles, motion: Motion) -> tuple[Floats, Floats]:
    """How far the lowest points of the pads are below the ground, and how fast they near it, (n, n_pads), m and m/s."""
    depth, jacobian = pad_levers(compile_skeleton(body), soles.pads, motion.q)
    return depth, -np.einsum("fnc,fc->fn", jacobian[:, :, 1], motion.speed)


def leg_length(body: Body) -> float:
    """Hip to ankle, m, mean of both sides in the default pose."""
    skeleton = compile_skeleton(body)
    at = poses(skeleton, np.array([[c.default for c in body.coordinates]]))
    ends = [[at.translation[0, skeleton.segment_index[f"{s}_{k}"]] for s in ("femur", "talus")] for k in "rl"]
    return float(np.mean([np.linalg.norm(a - b) for a, b in ends]))


LEG_OF_WALK_M = 0.827427
"""Leg length of the default body, on which the synthetic walk was made."""


@dataclass(frozen=True, eq=False)
class _Sines:
    """Sums of sines of the reduced body's coordinates; those of the left side run on a phase half a cycle later."""

    names: tuple[str, ...]
    later: np.ndarray  # (n,) bool
    start: Floats  # (n, 2 h + 1) rad or m
    cycle_s: float
    stride_m: float


def _scaled_walk(reduction: Reduction, speed: float) -> _Sines:
    """The walk in the reduced body's coordinates, of longer or shorter legs and steps."""
    walk = read_walk()
    leg = leg_length(reduction.body) / LEG_OF_WALK_M
    swing = (speed / (walk.speed_m_per_s * np.sqrt(leg))) ** STEP_POWER
    index = {name: i for i, name in enumerate(reduction.full.coordinate_names)}
    rows = {}
    for row, full in enumerate(walk.names):
        k = int(np.flatnonzero(reduction.matrix[index[full]])[0])
        c = walk.coefficients[row] / reduction.matrix[index[full], k]
        c = c * (leg if full in SHIFTS else 1.0) * np.append(1.0, np.full(len(c) - 1, swing))
        rows[reduction.names[k]] = c
        if walk.on_side[row]:
            rows[reduction.names[k][:-2] + "_l"] = c
    # Both angles count backwards, and both rows are alone in moving the chest's mean.
    rows["lumbar_extension"][0] = -TRUNK_LEAN_RAD - rows["pelvis_tilt"][0]
    later = np.array([n.endswith("_l") for n in rows])
    stride = float(walk.stride_m * leg * swing)
    return _Sines(tuple(rows), later, np.array(list(rows.values())), stride / speed, stride)


def _own(walk: _Sines, own: Mapping[str, Floats]) -> _Sines:
    """The walk with some coordinates as a person has them; each side its own."""
    n_harmonics = (walk.start.shape[1] - 1) // 2
    names = (*walk.names, *(n for n in own if n not in walk.names))
    start = np.zeros((len(names), walk.start.shape[1]))
    start[: len(walk.names)] = walk.start
    later = np.append(walk.later, np.zeros(len(names) - len(walk.names), dtype=bool))
    for name, curve in own.items():
        phase = np.arange(len(curve) - 1) / (len(curve) - 1)
        row = names.index(name)
        start[row] = np.linalg.lstsq(harmonics(phase, n_harmonics)[0], np.asarray(curve)[:-1], rcond=None)[0]
        later[row] = False
    return replace(walk, names=names, later=later, start=start)


@dataclass(frozen=True, eq=False)
class _Problem:
    """What the least squares need; ``F`` frames, ``C`` coordinates, ``P`` free coefficients."""

    skeleton: Skeleton
    pads: tuple[ContactSphere, ...]
    right: np.ndarray  # (n_pads,) bool
    toes: np.ndarray  # (n_pads,) bool
    walk: _Sines
    still: Floats  # (C,) values of coordinates the walk does not move
    names: tuple[str, ...]
    weight_n: float
    phase: Floats
    free: np.ndarray  # (n_names, 2 h + 1) bool
    stray: Floats  # (n_names, 2 h + 1)
    q_slope: Floats  # (F, C, P)
    speed_slope: Floats
    wanted: Floats  # (F, 2) N


def _problem(reduction: Reduction, soles: Soles, walk: _Sines) -> _Problem:
    body = reduction.body
    phase = np.arange(N_FRAMES) / N_FRAMES
    order = np.append(0, np.repeat(np.arange(1, (walk.start.shape[1] + 1) // 2), 2))
    bends = [n.startswith(("hip", "knee", "ankle", "subtalar", "mtp", "pelvis_list", *SHIFTS)) for n in walk.names]
    free = np.array(bends)[:, None] & (order <= N_HARMONICS)
    free[walk.names.index(FORWARD), 0] = False
    stray = np.where([n in SHIFTS for n in walk.names], STRAY_M, STRAY_RAD)[:, None] / np.maximum(order, 1.0)
    stray[walk.names.index("pelvis_ty"), 0] = 0.1
    weight = float(-body.mass * body.gravity[1])
    places = np.argwhere(free)
    slopes = np.zeros((2, N_FRAMES, len(reduction.names), len(places)))
    for p, (row, column) in enumerate(places):
        one = np.zeros_like(walk.start)
        one[row, column] = 1.0
        slopes[0, :, :, p], slopes[1, :, :, p], _ = _sums(walk, reduction.names, one, phase)
    return _Problem(
        skeleton=compile_skeleton(body),
        pads=soles.pads,
        right=np.array([s == "r" for s in soles.side]),
        toes=np.array([r == "toes" for r in soles.region]),
        walk=walk,
        still=np.array([c.default for c in body.coordinates]),
        names=reduction.names,
        weight_n=weight,
        phase=phase,
        free=free,
        stray=stray,
        q_slope=slopes[0],
        speed_slope=slopes[1],
        wanted=weight * np.stack([vertical_force_bw(phase), vertical_force_bw(phase + 0.5)], -1),
    )


def _sums(walk: _Sines, names: tuple[str, ...], coefficients: Floats, phase: Floats) -> tuple[Floats, Floats, Floats]:
    """Coordinates and their rates (n, C) that harmonics of given coefficients make."""
    n_harmonics = (coefficients.shape[1] - 1) // 2
    columns = np.array([names.index(n) for n in walk.names])
    now, later = (harmonics(phase + shift, n_harmonics) for shift in (0.0, 0.5))
    orders = []
    for order in range(3):
        q = np.zeros((len(phase), len(names)))
        for basis, rows in ((now[order], ~walk.later), (later[order], walk.later)):
            q[:, columns[rows]] = walk.cycle_s**-order * basis @ coefficients[rows].T
        orders.append(q)
    return orders[0], orders[1], orders[2]


def _motion(problem: _Problem, coefficients: Floats, phase: Floats) -> Motion:
    walk, forward = problem.walk, problem.names.index(FORWARD)
    q, speed, acceleration = _sums(walk, problem.names, coefficients, phase)
    q = np.where([n in walk.names for n in problem.names], q, problem.still)
    q[:, forward] += walk.stride_m * phase
    speed[:, forward] += walk.stride_m / walk.cycle_s
    return Motion(phase * walk.cycle_s, q, speed, acceleration)


def _settle(problem: _Problem) -> Floats:
    """Levenberg–Marquardt steps from the walk."""
    best = problem.walk.start
    residual, jacobian = _errors(problem, best)
    damping = 1e-2
    for _ in range(N_STEPS):
        normal = jacobian.T @ jacobian
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), -jacobian.T @ residual)
        trial = best.copy()
        trial[problem.free] += step
        tried = _errors(problem, trial)
        if tried[0] @ tried[0] < residual @ residual:
            best, (residual, jacobian), damping = trial, tried, damping / 5
        else:
            damping *= 8
    return best


def _errors(problem: _Problem, coefficients: Floats) -> tuple[Floats, Floats]:
    """Weighted errors (n,) and their derivatives by the free coefficients (n, P)."""
    motion = _motion(problem, coefficients, problem.phase)
    depth, lever = pad_levers(problem.skeleton, problem.pads, motion.q)
    by_q = np.einsum("fnkc,fcp->fnkp", lever, problem.q_slope, optimize=True)
    by_speed = np.einsum("fnkc,fcp->fnkp", lever, problem.speed_slope, optimize=True)
    velocity = np.einsum("fnkc,fc->fnk", lever, motion.speed)
    approach = -velocity[..., 1]
    normal, step = normal_forces(problem.pads, depth, approach), 1e-6
    by_depth = (normal_forces(problem.pads, depth + step, approach) - normal) / step
    by_rate = (normal_forces(problem.pads, depth, approach + step) - normal) / step
    normal_slope = -by_depth[..., None] * by_q[:, :, 1] - by_rate[..., None] * by_speed[:, :, 1]
    loaded = np.sqrt(np.clip(normal, 0.0, None) / (0.2 * problem.weight_n))[..., None]
    high = problem.wanted[:, np.where(problem.right, 0, 1)] == 0.0
    low = np.where(high, np.maximum(depth + CLEARANCE_M, 0.0), 0.0)
    errors, slopes = [], []
    for side, pads in enumerate((problem.right, ~problem.right)):
        errors.append((normal[:, pads].sum(1) - problem.wanted[:, side]) / (FORCE_BW * problem.weight_n))
        slopes.append(normal_slope[:, pads].sum(1) / (FORCE_BW * problem.weight_n))
        toes = pads & problem.toes
        over = normal[:, toes].sum(1) - MOST_ON_TOES_BW * problem.weight_n
        errors.append(np.maximum(over, 0.0) / (TOES_BW * problem.weight_n))
        slopes.append((over > 0.0)[:, None] * normal_slope[:, toes].sum(1) / (TOES_BW * problem.weight_n))
    for axis in (0, 2):
        errors.append(loaded[..., 0] * velocity[..., axis] / SLIP_M_PER_S)
        slopes.append(loaded * by_speed[:, :, axis] / SLIP_M_PER_S)
    errors.append(low / LOW_M)
    slopes.append(np.where((low > 0.0)[..., None], -by_q[:, :, 1] / LOW_M, 0.0))
    n_free = problem.q_slope.shape[-1]
    stray = ((coefficients - problem.walk.start) / problem.stray)[problem.free]
    # Frames count together as one observation of each kind, so that the walk itself still weighs.
    frames = np.concatenate([e.ravel() for e in errors]) / np.sqrt(N_FRAMES / 10)
    slope = np.concatenate([s.reshape(-1, n_free) for s in slopes]) / np.sqrt(N_FRAMES / 10)
    return np.concatenate([frames, stray]), np.concatenate([slope, np.diag(1.0 / problem.stray[problem.free])])


def pad_levers(
    skeleton: Skeleton, pads: tuple[ContactSphere, ...], q: Floats, within: float = 0.0
) -> tuple[Floats, Floats]:
    """Depths of the pads' lowest points, (F, n), m, and the derivative of their places, (F, n, 3, C).

    ``within`` takes the derivative at a point that lies by so much of the depth above the lowest one.
    """
    segment = np.array([skeleton.segment_index[p.segment] for p in pads])
    radius = np.array([p.radius for p in pads])
    at = poses(skeleton, q)
    point = points_in_ground(at, segment, np.array([p.location for p in pads]))
    depth = radius - point[..., 1]
    point[..., 1] -= radius - within * depth
    return depth, point_jacobian(skeleton, at, segment, point)


def normal_forces(pads: tuple[ContactSphere, ...], depth: Floats, approach: Floats) -> Floats:
    """Normal force on each pad, N, from how deep it is (m) and how fast it nears the ground (m/s), each (F, n_pads)."""
    return np.stack([normal_force(p, depth[:, k], approach[:, k]) for k, p in enumerate(pads)], -1)
