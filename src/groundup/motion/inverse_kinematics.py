"""Find the coordinates that bring a body's markers closest to the measured ones."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.engine.functions import compile_functions
from groundup.engine.kinematics import fit_normal_equations, points_in_ground, poses
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.errors import RecordingError
from groundup.parallel import in_order
from groundup.solvers.least_squares import minimise
from groundup.solvers.solution import Status

# Frames solved together: large enough to amortise Python, small enough that the arrays stay in cache.
CHUNK_FRAMES = 128
COARSE_STEP = 16
GOOD_FIT_M = 0.03  # a pose with a smaller root-mean-square error needs no second try
SUSPECT = 3.0  # times the median cost: such a frame may have stopped in a wrong pose

Found = tuple[Floats, Floats, np.ndarray]  # coordinates, cost and status of some frames


@dataclass(frozen=True, eq=False)
class Tasks:
    """What inverse kinematics aims at.

    Attributes
    ----------
    markers : names and weights of the markers to follow
    coordinates : target values (rad or m; array (n_frames,) or a number) and weights of coordinates to hold near them;
        a weight counts against the mean over the marker weights, as in OpenSim, so that it does not depend on how many
        markers are seen
    """

    marker_weights: dict[str, float]
    coordinate_targets: dict[str, tuple[Floats | float, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class MarkerFit:
    """Coordinates found and how well they explain the markers.

    Attributes
    ----------
    q : array, shape (n_frames, n_coords), rad or m
    markers : names of the markers used
    error_m : array, shape (n_frames, n_markers), m
        Distance between each model marker and its measurement; NaN in gaps.
    cost : array, shape (n_frames,)
        Weighted sum of squared distances (m²) and coordinate errors.
    status : array of Status, shape (n_frames,)
    """

    q: Floats
    markers: tuple[str, ...]
    error_m: Floats
    cost: Floats
    status: np.ndarray


@dataclass(frozen=True, eq=False)
class MarkerProblem:
    """A compiled inverse-kinematics problem: inspect it before it is solved."""

    skeleton: Skeleton
    markers: tuple[str, ...]
    segment: np.ndarray  # (n_markers,)
    location: Floats  # (n_markers, 3) m
    membership: Floats  # (n_segments, n_markers), 1 where a marker rides on a segment
    target: Floats  # (n_frames, n_markers, 3) m, gaps filled with zeros
    weight: Floats  # (n_frames, n_markers), zero in gaps
    free: np.ndarray  # (n_free,) indices of the coordinates to find
    base: Floats  # (n_frames, n_coords) values of the coordinates that are not free
    coordinate_target: Floats  # (n_frames, n_coords)
    coordinate_weight: Floats  # (n_frames, n_coords)
    lower: Floats  # (n_free,)
    upper: Floats


def build_problem(
    body: Body,
    names: tuple[str, ...],
    positions_m: Floats,
    time_s: Floats,
    tasks: Tasks,
    source: str = "recording",
) -> MarkerProblem:
    """Compile markers, weights and the coordinates that are free to move.

    Parameters
    ----------
    names, positions_m : measured markers, (n_frames, n_names, 3) m in the body's ground axes, NaN in gaps
    time_s : array, shape (n_frames,)
        For prescribed coordinates.
    source : where the markers came from, for messages

    Raises
    ------
    RecordingError
        No measured marker has the name of a weighted marker of the body.
    """
    skeleton = compile_skeleton(body)
    on_body = {m.name: m for m in body.markers}
    used = tuple(n for n in names if n in on_body and tasks.marker_weights.get(n, 0.0) > 0.0)
    if not used:
        raise RecordingError(
            f"{source}: none of the {len(names)} recorded markers ({_some(names)}) is a weighted marker of the model "
            f"({_some(tuple(on_body))}). Rename them in the recording or pass a model with these markers."
        )
    column = {n: i for i, n in enumerate(names)}
    measured = positions_m[:, [column[n] for n in used]]
    seen = np.asarray(np.isfinite(measured).all(-1))
    weight = np.array([tasks.marker_weights[n] for n in used]) * seen
    target, coordinate_weight = _coordinate_goals(skeleton, tasks, len(time_s))
    free, base = _free_and_fixed(body, skeleton, time_s)
    bounds = [_bounds(body, i) for i in free]
    index = skeleton.segment_index
    segment = np.array([index[on_body[n].segment] for n in used])
    return MarkerProblem(
        skeleton,
        used,
        segment,
        np.array([on_body[n].location for n in used]),
        (segment == np.arange(len(skeleton.segments))[:, None]).astype(float),
        np.where(seen[..., None], measured, 0.0),
        weight,
        free,
        base,
        target,
        coordinate_weight * weight.sum(axis=1, keepdims=True),
        np.array([b[0] for b in bounds]),
        np.array([b[1] for b in bounds]),
    )


def solve(problem: MarkerProblem, start: Floats | None = None) -> MarkerFit:
    """Solve all frames.

    Every 16th frame is solved first, from the first frame's pose; those that fit much worse than most are tried again
    from their neighbours' poses as long as that helps, so that a walk which turns round is followed as safely as frame
    by frame. All other frames start between two solved ones. Angles that whole turns leave alone start within half a
    turn of their default and never jump.

    Parameters
    ----------
    start : array, shape (n_coords,), or None
        Pose to start the first frame from; None tries the default pose turned to several headings.
    """
    n = len(problem.base)
    has_data = (problem.weight > 0).sum(-1) >= 3
    q, cost = problem.base.copy(), np.full(n, np.nan)
    status = np.full(n, int(Status.NO_DATA))
    frames = np.flatnonzero(has_data)
    if len(frames):
        first = _first_pose(problem, frames[0], start)
        coarse = np.unique(np.append(frames[::COARSE_STEP], frames[-1]))
        found = _turned_round(problem, coarse, _solve_batch(problem, coarse, np.tile(first, (len(coarse), 1))))
        suspect = _stands_out(found[1]) | _fits_badly(problem, coarse, found[1])
        q[coarse], cost[coarse], status[coarse] = _relay(problem, coarse, found, suspect)
        q[coarse] = _without_whole_turns(problem, q[coarse])
        fine = np.setdiff1d(frames, coarse)
        between = np.column_stack([np.interp(fine, coarse, q[coarse, c]) for c in range(q.shape[1])])
        q[fine], cost[fine], status[fine] = _solve_batch(problem, fine, between)
        suspect = _stands_out(cost[frames]) & _fits_badly(problem, frames, cost[frames])
        found = _relay(problem, frames, (q[frames], cost[frames], status[frames]), suspect)
        q[frames], cost[frames], status[frames] = found
        q[frames] = _without_whole_turns(problem, q[frames])
        q = _fill_frames(q, has_data)
    return MarkerFit(q, problem.markers, _errors(problem, q), cost, status)


def solve_from(problem: MarkerProblem, start: Floats, *, tolerance: float = 1e-7) -> MarkerFit:
    """Solve every frame from a pose of its own, all together; for frames that are no sequence.

    Parameters
    ----------
    start : array, shape (n_frames, n_coords), rad or m
    tolerance : fraction of the cost that a step must promise to be taken
    """
    q, cost, status = _solve_batch(problem, np.arange(len(problem.base)), start, tolerance)
    return MarkerFit(q, problem.markers, _errors(problem, q), cost, status)


def _first_pose(problem: MarkerProblem, frame: int, start: Floats | None) -> Floats:
    """Pose of one frame from ``start`` or the default pose; from other headings where that fits badly."""
    q, cost, _ = _solve_batch(problem, np.array([frame]), (problem.base[0] if start is None else start)[None])
    if not _fits_badly(problem, np.array([frame]), cost)[0]:
        return np.asarray(q[0])
    turned = np.array(_headings(problem))
    others, costs, _ = _solve_batch(problem, np.full(len(turned), frame), turned)
    return np.asarray(others[np.argmin(costs)] if costs.min() < cost[0] else q[0])


def _turned_round(problem: MarkerProblem, frames: np.ndarray, found: Found) -> Found:
    """Try other headings for the frames that fit badly: a turn may fall between two of them."""
    q, cost, status = found
    bad = np.flatnonzero(_fits_badly(problem, frames, cost))
    for turned in _headings(problem) if len(bad) else ():
        other = _solve_batch(problem, frames[bad], np.tile(turned, (len(bad), 1)))
        better = other[1] < 0.99 * cost[bad]
        at = bad[better]
        q[at], cost[at], status[at] = (part[better] for part in other)
    return q, cost, status


def _stands_out(cost: Floats) -> np.ndarray:
    """Which frames fit much worse than most."""
    return np.asarray(cost > SUSPECT * np.median(cost))


def _fits_badly(problem: MarkerProblem, frames: np.ndarray, cost: Floats) -> np.ndarray:
    """Which frames' markers are farther away than in any good fit."""
    return np.asarray(cost > problem.weight[frames].sum(-1) * GOOD_FIT_M**2)


def _without_whole_turns(problem: MarkerProblem, q: Floats) -> Floats:
    """The same poses, with angles that start within half a turn of their default and change by less than that."""
    turns = _turning(problem)
    near = problem.base[0, turns]
    whole = 2 * np.pi
    first = q[:, turns] - whole * np.round((q[0, turns] - near) / whole)
    q = q.copy()
    q[:, turns] = np.unwrap(first, axis=0)
    return q


def _turning(problem: MarkerProblem) -> np.ndarray:
    """Coordinates that a whole turn leaves alone: free, without a goal, driving plain rotations and no coupler."""
    motions, at = problem.skeleton.motions, problem.base[:1]
    goal = (problem.coordinate_weight != 0).any(axis=0)
    drives = (problem.skeleton.couplers.functions.weights != 0).any(axis=0)
    endless = [
        c for c, lo, hi in zip(problem.free, problem.lower, problem.upper, strict=True) if np.isinf([lo, hi]).all()
    ]
    found = []
    for c in (c for c in endless if not goal[c] and not drives[c]):
        step = np.eye(at.shape[1])[c]
        once, part = (motions.value(at + angle * step) - motions.value(at) for angle in (2 * np.pi, 1.0))
        plain = np.allclose(once, 2 * np.pi * part, rtol=0, atol=1e-9) and np.allclose(part, np.round(part), atol=1e-9)
        if plain and not part[0, ~problem.skeleton.rotates].any():
            found.append(c)
    return np.array(found, dtype=int)


def _relay(problem: MarkerProblem, frames: np.ndarray, found: Found, suspects: np.ndarray) -> Found:
    """Hand the suspect frames their neighbours' poses, as long as one of them helps."""
    q, cost, status = found
    suspect = np.flatnonzero(suspects)
    for _ in range(len(frames)):
        helped = np.zeros(len(frames), dtype=bool)
        for step in (1, -1):
            trying = suspect[(suspect - step >= 0) & (suspect - step < len(frames))]
            other = _solve_batch(problem, frames[trying], q[trying - step])
            better = other[1] < 0.99 * cost[trying]
            at = trying[better]
            q[at], cost[at], status[at] = (part[better] for part in other)
            helped[at] = True
        if not helped.any():
            break
    return q, cost, status


def _headings(problem: MarkerProblem) -> list[Floats]:
    """The default pose with each free rotation of the root turned by a quarter, half, three quarters."""
    q0 = problem.base[0].copy()
    starts: list[Floats] = []
    weights, rotates = problem.skeleton.motions.weights, problem.skeleton.rotates
    root = (problem.skeleton.precedes.sum(-1) < 6) & rotates
    unbounded = {
        c for c, lo, hi in zip(problem.free, problem.lower, problem.upper, strict=True) if hi - lo > 1.5 * np.pi
    }
    for c in np.flatnonzero(np.any(weights[root] != 0, axis=0)):
        for turn in (np.pi / 2, np.pi, -np.pi / 2) if c in unbounded else ():
            turned = q0.copy()
            turned[c] += turn
            starts.append(turned)
    return starts


def _solve_batch(problem: MarkerProblem, frames: np.ndarray, start: Floats, tolerance: float = 1e-7) -> Found:
    """Solve ``frames`` from ``start`` (len(frames), n_coords), a chunk at a time."""

    def solve_chunk(at: int) -> Found:
        part = slice(at, at + CHUNK_FRAMES)
        chunk = frames[part]

        def normal(z: Floats, which: np.ndarray) -> tuple[Floats, Floats, Floats]:
            return _normal(problem, z, chunk[which])

        found = minimise(normal, start[part][:, problem.free], problem.lower, problem.upper, tolerance=tolerance)
        return _expand(problem, found.x, chunk), 2 * found.cost, found.status

    parts = list(in_order(solve_chunk, range(0, len(frames), CHUNK_FRAMES)))
    if not parts:
        return np.empty_like(start), np.empty(0), np.empty(0, int)
    q, cost, status = (np.concatenate(column) for column in zip(*parts, strict=True))
    return q, cost, status


def _expand(problem: MarkerProblem, z: Floats, frames: np.ndarray) -> Floats:
    """All coordinates from the free ones."""
    q = problem.base[frames].copy()
    q[:, problem.free] = z
    return problem.skeleton.couplers.apply(q)


def _normal(problem: MarkerProblem, z: Floats, frames: np.ndarray) -> tuple[Floats, Floats, Floats]:
    """Cost, gradient and Gauss–Newton matrix in the free coordinates."""
    skeleton = problem.skeleton
    q = _expand(problem, z, frames)
    at = poses(skeleton, q)
    position = points_in_ground(at, problem.segment, problem.location)
    miss, weight = position - problem.target[frames], problem.weight[frames]
    gradient, matrix = fit_normal_equations(skeleton, at, problem.membership, position, miss, weight)
    drift = q - problem.coordinate_target[frames]
    coordinate_weight = problem.coordinate_weight[frames]
    pull = coordinate_weight * drift
    cost = 0.5 * ((weight * (miss**2).sum(-1)).sum(-1) + (pull * drift).sum(-1))
    idx = np.arange(q.shape[1])
    matrix[:, idx, idx] += coordinate_weight
    gradient = gradient + pull
    if not len(skeleton.couplers.dependent):
        return cost, gradient[:, problem.free], matrix[:, problem.free[:, None], problem.free]
    follow = skeleton.couplers.jacobian(q)[:, :, problem.free]
    return cost, (gradient[:, None] @ follow)[:, 0], np.swapaxes(follow, -1, -2) @ matrix @ follow


def _errors(problem: MarkerProblem, q: Floats) -> Floats:
    error = np.empty(problem.weight.shape)
    for at in range(0, len(q), CHUNK_FRAMES):
        part = slice(at, at + CHUNK_FRAMES)
        position = points_in_ground(poses(problem.skeleton, q[part]), problem.segment, problem.location)
        error[part] = np.linalg.norm(position - problem.target[part], axis=-1)
    return np.where(problem.weight > 0, error, np.nan)


def _fill_frames(q: Floats, has_data: np.ndarray) -> Floats:
    """Coordinates of frames without markers, straight between their neighbours."""
    if has_data.all():
        return q
    frames, known = np.arange(len(q)), np.flatnonzero(has_data)
    return np.column_stack([np.interp(frames, known, q[known, c]) for c in range(q.shape[1])])


def _coordinate_goals(skeleton: Skeleton, tasks: Tasks, n_frames: int) -> tuple[Floats, Floats]:
    target = np.zeros((n_frames, len(skeleton.coordinates)))
    weight = np.zeros(len(skeleton.coordinates))
    for name, (goal, w) in tasks.coordinate_targets.items():
        if name not in skeleton.coordinate_index:
            raise RecordingError(
                f'coordinate task "{name}": the model has no such coordinate; it has {_some(skeleton.coordinates)}.'
            )
        i = skeleton.coordinate_index[name]
        target[:, i], weight[i] = goal, w
    return target, weight


def _free_and_fixed(body: Body, skeleton: Skeleton, time_s: Floats) -> tuple[np.ndarray, Floats]:
    base = np.tile([c.default for c in body.coordinates], (len(time_s), 1)).astype(float)
    fixed = set(skeleton.couplers.dependent.tolist())
    for i, c in enumerate(body.coordinates):
        if c.prescribed is not None and c.is_prescribed:
            base[:, i] = compile_functions([c.prescribed]).value(np.asarray(time_s)[:, None])[:, 0]
            fixed.add(i)
        elif c.locked:
            fixed.add(i)
    free = np.array([i for i in range(len(body.coordinates)) if i not in fixed], dtype=int)
    return free, skeleton.couplers.apply(base)


def _bounds(body: Body, i: int) -> tuple[float, float]:
    c = body.coordinates[i]
    return c.range if c.clamped else (-np.inf, np.inf)


def _some(names: tuple[str, ...], most: int = 6) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
