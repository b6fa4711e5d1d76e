"""Lengths and pulls of all muscle paths, batched over frames.

A taut path pulls each point it passes along both of its neighbouring links. Those pulls, per unit tension, are all
that moment arms and joint loads need: whatever a path does between two places of one segment is internal to it.

Symbols: ``F`` frames, ``M`` muscles, ``N`` nodes (points, and entries and exits of obstacles; see
:mod:`groundup.engine.path_set`), ``B`` segments with ground first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import WrapKind
from groundup.engine.path_set import PathSet
from groundup.engine.wrapping import Bools, Ints, Outcome, Wraps, free, merge, wrap_cylinder, wrap_sphere
from groundup.engine.wrapping_ellipsoid import wrap_ellipsoid
from groundup.engine.wrapping_torus import wrap_torus

_CHUNK = 128  # frames worked on at once, so that the arrays stay in the cache
_MOST_ROUNDS = 8  # over a path with several obstacles, as OpenSim
_SETTLED = 0.0005  # m: such a path is done when a round changes its length by less, as OpenSim


@dataclass(frozen=True, eq=False)
class PathGeometry:
    """Where the paths run and how they pull.

    Attributes
    ----------
    length : array, shape (F, M), m
    point : array, shape (F, N, 3), m
        Nodes in ground; those not on the path have no pull.
    pull : array, shape (F, N, 3)
        Force on the node's segment per unit tension, ground axes. The generalised force of unit tension, which is
        the moment arm, is the work of these forces plus that of ``moving_pull``.
    on_path : bool array, shape (F, N)
    rank : array, shape (F, N)
        Order of the nodes along each muscle, for drawing.
    moving_pull : array, shape (F, n_drives)
        Generalised force per unit tension on coordinate ``paths.moving.drive_coordinate`` because a point moves
        within its segment; it belongs to muscle ``moving_muscle``.
    moving_muscle : int array, shape (n_drives,)
    """

    length: Floats
    point: Floats
    pull: Floats
    on_path: Bools
    rank: Floats
    moving_pull: Floats
    moving_muscle: Ints


@dataclass(frozen=True, eq=False)
class SegmentPulls:
    """Pulls gathered per muscle and segment: one wrench about the ground origin each.

    Attributes
    ----------
    muscle, segment : int array, shape (n_pairs,)
    wrench : array, shape (F, n_pairs, 6), m and 1
        Moment and force per unit tension, ground axes.
    """

    muscle: Ints
    segment: Ints
    wrench: Floats


def path_geometry(
    paths: PathSet, rotation: Floats, translation: Floats, q: Floats, *, like_opensim: bool = False
) -> PathGeometry:
    """Compute lengths and pulls of all paths.

    Parameters
    ----------
    paths : PathSet
    rotation : array, shape (F, B, 3, 3)
        Columns are segment axes in ground.
    translation : array, shape (F, B, 3), m
    q : array, shape (F, n_coords), rad or m
    like_opensim : bool
        Repeat a fault of OpenSim 4.6: on paths with several obstacles it measures straight links between the touching
        points of the first round and arcs between those of the last. Lengths then miss up to 8 mm (the gastrocnemius
        of the models by Rajagopal and others, knee extended).

    Returns
    -------
    PathGeometry

    Notes
    -----
    The path follows OpenSim: active points in order; each obstacle in turn bends the first link that runs through it,
    or else the link that it lengthens least; with several obstacles up to eight rounds until the length settles.
    Pulls of a moving point count towards its coordinate also when its neighbours ride on the same segment, where
    OpenSim leaves them out.
    """
    n_frames, n_nodes = len(q), paths.n_nodes
    length, point, pull = np.empty((n_frames, len(paths.muscles))), *np.empty((2, n_frames, n_nodes, 3))
    on_path, rank = np.empty((n_frames, n_nodes), dtype=bool), np.empty((n_frames, n_nodes))
    moving_pull = np.empty((n_frames, len(paths.moving.drive_point)))
    for k in range(0, n_frames, _CHUNK):
        some = slice(k, k + _CHUNK)
        length[some], point[some], pull[some], on_path[some], rank[some], moving_pull[some] = _chunk(
            paths, rotation[some], translation[some], q[some], like_opensim
        )
    muscle = paths.muscle[paths.moving.node[paths.moving.drive_point]]
    return PathGeometry(length, point, pull, on_path, rank, moving_pull, muscle)


def segment_pulls(paths: PathSet, geometry: PathGeometry) -> SegmentPulls:
    """Gather the pulls of each muscle on each segment it touches."""
    number = paths.muscle * (int(paths.segment.max(initial=0)) + 1) + paths.segment
    order = np.argsort(number, kind="stable")
    _, first = np.unique(number[order], return_index=True)
    pull, point = geometry.pull[:, order], geometry.point[:, order]
    x, y, z = (point[..., k] for k in range(3))
    fx, fy, fz = (pull[..., k] for k in range(3))
    wrench = np.stack([y * fz - z * fy, z * fx - x * fz, x * fy - y * fx, fx, fy, fz], axis=-1)
    gathered = np.add.reduceat(wrench, first, axis=1) if len(first) else wrench
    return SegmentPulls(paths.muscle[order][first], paths.segment[order][first], gathered)


@dataclass(eq=False)
class _Chains:
    """Changing paths while obstacles are put in: linked lists of nodes, one spare node at the end for "none".

    ``rank`` orders the nodes of a path: a point's place in it, and in between for exits. ``measured`` holds the places
    between which links are measured: ``position`` itself, or what OpenSim remembers of it.
    """

    position: Floats  # (F, n + 1, 3)
    measured: Floats  # (F, n + 1, 3)
    remembered: Bools  # (F, n + 1) nodes whose measured place is kept
    onward: Ints  # (F, n + 1)
    rank: Floats  # (F, n + 1)
    on_path: Bools  # (F, n + 1)
    arc: Floats  # (F, n + 1) length on the obstacle after an entry


def _chunk(
    paths: PathSet, rotation: Floats, translation: Floats, q: Floats, like_opensim: bool
) -> tuple[Floats, Floats, Floats, Bools, Floats, Floats]:
    """Length, node positions, pulls, presence, order and moving pulls of some frames."""
    n_frames, n_nodes, n_plain = len(q), paths.n_nodes, paths.n_plain
    position, slope = _place_points(paths, rotation, translation, q)
    on_path = np.broadcast_to(np.append(paths.is_point, False), (n_frames, n_nodes + 1)).copy()
    on_path[:, paths.conditions.node] = _within(paths, q)
    chains = _string(paths, position[:, n_plain:], on_path[:, n_plain:], like_opensim)
    _wrap_all(paths, chains, rotation, translation)
    link = np.zeros((n_frames, n_nodes, 3))
    if n_plain:
        link[:, : n_plain - 1] = np.diff(position[:, :n_plain], axis=1)
        link[:, :n_plain][:, paths.plain_ends] = 0.0
    link[:, n_plain:] = _changing_links(paths, chains)
    straight = np.sqrt(np.einsum("fni,fni->fn", link, link))
    direction = link / np.where(straight > 0.0, straight, 1.0)[..., None]
    pull = direction.copy()
    if n_plain:
        pull[:, 1:n_plain] -= direction[:, : n_plain - 1]
    back = np.zeros((n_frames, paths.n_changing + 1, 3))
    reached = np.where(chains.on_path[:, :-1], chains.onward[:, :-1], paths.n_changing)
    np.put_along_axis(back, reached[..., None], direction[:, n_plain:], axis=1)
    pull[:, n_plain:] -= back[:, :-1]
    straight[:, n_plain:] += chains.arc[:, :-1]
    length = np.zeros((n_frames, len(paths.muscles)))
    if n_nodes:
        length[:, paths.node_order] = np.add.reduceat(straight, paths.first_node, axis=1)
    driven = paths.moving.node[paths.moving.drive_point]
    moving_pull = np.einsum("fdi,fdi->fd", pull[:, driven], slope)
    rank = np.broadcast_to(np.arange(n_nodes, dtype=float), (n_frames, n_nodes)).copy()
    rank[:, n_plain:] = chains.rank[:, :-1]
    return length, position[:, :n_nodes], pull, on_path[:, :n_nodes], rank, moving_pull


# ----------------------------------------------------------------------------------------------------------- points


def _place_points(paths: PathSet, rotation: Floats, translation: Floats, q: Floats) -> tuple[Floats, Floats]:
    """Nodes in ground (F, N + 1, 3) and derivatives of moving points by their coordinates (F, n_drives, 3)."""
    position = np.zeros((len(q), paths.n_nodes + 1, 3))
    for segment in np.unique(paths.segment[paths.is_point]):
        nodes = np.flatnonzero((paths.segment == segment) & paths.is_point)
        turned = paths.location[nodes] @ np.swapaxes(rotation[:, segment], -1, -2)
        position[:, nodes] = translation[:, segment, None] + turned
    moving = paths.moving
    if not len(moving.node):
        return position, np.zeros((len(q), 0, 3))
    value, first = moving.functions.derivatives(q[:, moving.coordinate.ravel()], 1)
    segment = paths.segment[moving.node]
    turn = rotation[:, segment]
    local = value.reshape(len(q), -1, 3)
    position[:, moving.node] = translation[:, segment] + np.einsum("fnij,fnj->fni", turn, local)
    rate = first.reshape(len(q), -1, 3)[:, moving.drive_point] * moving.drive_axes
    return position, np.einsum("fnij,fnj->fni", turn[:, moving.drive_point], rate)


def _within(paths: PathSet, q: Floats) -> Bools:
    """Whether each conditional point is on its path."""
    x = q[:, paths.conditions.coordinate]
    return (x >= paths.conditions.low) & (x <= paths.conditions.high)


def _string(paths: PathSet, position: Floats, on_path: Bools, like_opensim: bool) -> _Chains:
    """String the changing paths through their active points."""
    n_frames, n_muscles = len(position), len(paths.points)
    none = paths.n_changing
    onward = np.full((n_frames, none + 1), none)
    rank = np.full((n_frames, none + 1), np.inf)
    following = np.full((n_frames, n_muscles), none)
    for place in range(paths.points.shape[1] - 1, -1, -1):
        node = paths.points[:, place]
        onward[:, node] = following
        rank[:, node] = place
        following = np.where(on_path[:, node], node, following)
    onward[:, none], rank[:, none] = none, np.inf
    measured = position.copy() if like_opensim else position
    remembered = np.full(on_path.shape, not like_opensim)
    return _Chains(position, measured, remembered, onward, rank, on_path, np.zeros((n_frames, none + 1)))


def _changing_links(paths: PathSet, chains: _Chains) -> Floats:
    """Straight links (F, n, 3) from each node of the changing paths to the next; zero where there is none."""
    onward = chains.onward[:, :-1]
    link = np.take_along_axis(chains.measured, onward[..., None], axis=1) - chains.measured[:, :-1]
    there = chains.on_path[:, :-1] & (onward != paths.n_changing)
    there[:, paths.wraps.entry] = False
    return np.where(there[..., None], link, 0.0)


# -------------------------------------------------------------------------------------------------------- obstacles


@dataclass(frozen=True, eq=False)
class _Places:
    """Obstacles in ground, and where the stretch of each wrap ends."""

    rotation: Floats  # (F, O, 3, 3)
    translation: Floats  # (F, O, 3)
    last: Floats  # (F, W) place of the last active point of the stretch


def _wrap_all(paths: PathSet, chains: _Chains, rotation: Floats, translation: Floats) -> None:
    """Put all obstacles into the chains (the caller's own, being built)."""
    if not len(paths.wraps.entry):
        return
    places = _places(paths, chains, rotation, translation)
    frames = np.arange(len(rotation))
    single = np.flatnonzero((paths.wraps_of >= 0).sum(1) == 1)
    wraps = paths.wraps_of[single, 0]
    frame, wrap = np.repeat(frames, len(wraps)), np.tile(wraps, len(frames))
    _bend(paths, chains, places, frame, wrap)
    _remember(chains, frame, paths.wraps.entry[wrap])
    several = np.flatnonzero((paths.wraps_of >= 0).sum(1) > 1)
    if len(several):
        _bend_in_rounds(paths, chains, places, np.repeat(frames, len(several)), np.tile(several, len(frames)))


def _places(paths: PathSet, chains: _Chains, rotation: Floats, translation: Floats) -> _Places:
    obstacles, wraps = paths.obstacles, paths.wraps
    turn = rotation[:, obstacles.segment]
    place = np.einsum("foij,oj->foi", turn, obstacles.translation) + translation[:, obstacles.segment]
    points = paths.points[wraps.muscle]
    in_stretch = np.arange(points.shape[1]) <= wraps.end[:, None]
    here = chains.on_path[:, points] & in_stretch
    last = np.where(here, np.arange(points.shape[1]), -1).max(axis=-1)
    return _Places(np.einsum("foij,ojk->foik", turn, obstacles.rotation), place, last)


def _bend_in_rounds(paths: PathSet, chains: _Chains, places: _Places, frame: Ints, muscle: Ints) -> None:
    """Wrap paths that have several obstacles: each obstacle in turn on what the others left, until the length settles.

    If the first obstacle finds nothing and the second one holds an end of the link, the two change places once.
    """
    order = paths.wraps_of[muscle]
    length = np.full(len(frame), np.inf)
    for round_ in range(_MOST_ROUNDS):
        outcomes = np.zeros(order.shape, dtype=np.intp)
        for k in range(order.shape[1]):
            rows = np.flatnonzero(order[:, k] >= 0)
            _take_off(paths, chains, frame[rows], order[rows, k])
            outcomes[rows, k] = _bend(paths, chains, places, frame[rows], order[rows, k])
        new_length = _lengths(paths, chains, frame, muscle)
        going = np.abs(new_length - length) >= _SETTLED
        if round_ == 0:
            swap = np.flatnonzero((outcomes[:, 0] == Outcome.FREE) & (outcomes[:, 1] == Outcome.INSIDE))
            _take_off(paths, chains, frame[swap], order[swap, 0])
            order[swap, :2] = order[swap, 1::-1]
        frame, muscle, order, length = frame[going], muscle[going], order[going], new_length[going]
        if not len(frame):
            return


def _lengths(paths: PathSet, chains: _Chains, frame: Ints, muscle: Ints) -> Floats:
    """Lengths of chosen changing paths."""
    exits, f = paths.exits[muscle], frame[:, None]
    onward = chains.onward[f, exits]
    there = chains.on_path[f, exits] & (onward != paths.n_changing)
    wraps = paths.wraps_of[muscle]
    row, col = np.nonzero(wraps >= 0)
    _remember(chains, frame[row], paths.wraps.entry[wraps[row, col]])
    straight = np.linalg.norm(chains.measured[f, onward] - chains.measured[f, exits], axis=-1)
    arcs = np.where(wraps >= 0, chains.arc[f, paths.wraps.entry[wraps]], 0.0)
    length: Floats = np.where(there, straight, 0.0).sum(-1) + arcs.sum(-1)
    return length


def _remember(chains: _Chains, frame: Ints, entry: Ints) -> None:
    """Keep where entries and exits are when they are first measured."""
    new = chains.on_path[frame, entry] & ~chains.remembered[frame, entry]
    frame, entry = frame[new], entry[new]
    for node in (entry, entry + 1):
        chains.measured[frame, node] = chains.position[frame, node]
        chains.remembered[frame, node] = True


def _take_off(paths: PathSet, chains: _Chains, frame: Ints, wrap: Ints) -> None:
    """Remove obstacles from their paths where they are on them."""
    entry = paths.wraps.entry[wrap]
    on = chains.on_path[frame, entry]
    frame, wrap, entry = frame[on], wrap[on], entry[on]
    exits = paths.exits[paths.wraps.muscle[wrap]]
    before = np.argmax((chains.onward[frame[:, None], exits] == entry[:, None]) & (exits != paths.n_changing), axis=1)
    chains.onward[frame, exits[np.arange(len(frame)), before]] = chains.onward[frame, entry + 1]
    for node in (entry, entry + 1):
        chains.on_path[frame, node] = False
        chains.onward[frame, node] = paths.n_changing
    chains.arc[frame, entry] = 0.0


def _bend(paths: PathSet, chains: _Chains, places: _Places, frame: Ints, wrap: Ints) -> Ints:
    """Bend one link of each chosen path over one obstacle where needed; return the outcome of the last link tried.

    ``frame`` and ``wrap`` (K,) name the paths; no path may come twice.
    """
    exits = paths.exits[paths.wraps.muscle[wrap]]
    row, col = np.nonzero(_may_wrap(paths, chains, places, frame, wrap, exits))
    at, obstacle = frame[row], paths.wraps.obstacle[wrap[row]]
    start = exits[row, col]
    end = chains.onward[at, start]
    turn, place = places.rotation[at, obstacle], places.translation[at, obstacle]
    p1 = np.einsum("kji,kj->ki", turn, chains.position[at, start] - place)
    p2 = np.einsum("kji,kj->ki", turn, chains.position[at, end] - place)
    tried = _wrap_links(paths, wrap[row], p1, p2)
    rank = chains.rank[at, start]
    outcome, item = np.full(exits.shape, -1), np.zeros(exits.shape, dtype=np.intp)
    outcome[row, col], item[row, col] = tried.outcome, np.arange(len(row))
    links_rank = np.full(exits.shape, np.inf)
    links_rank[row, col] = rank
    extra = np.full(exits.shape, np.inf)
    extra[row, col] = _lengthening(p1, p2, tried)
    blocked = outcome == Outcome.BLOCKED
    any_blocked = blocked.any(axis=1)
    bent_score = np.where(outcome == Outcome.BENT, extra, np.inf)
    score = np.where(any_blocked[:, None], np.where(blocked, links_rank, np.inf), bent_score)
    best = np.argmin(score, axis=1)
    rows = np.arange(len(exits))
    hit = np.flatnonzero(np.isfinite(score[rows, best]))
    _put_on(paths, chains, frame[hit], wrap[hit], exits[hit, best[hit]])
    chosen = item[hit, best[hit]]
    entry = paths.wraps.entry[wrap[hit]]
    for shift, touch in ((0, tried.first), (1, tried.second)):
        in_ground = np.einsum("kij,kj->ki", turn[chosen], touch[chosen]) + place[chosen]
        chains.position[frame[hit], entry + shift] = in_ground
    chains.arc[frame[hit], entry] = tried.length[chosen]
    last = np.argmax(np.where(outcome >= 0, np.where(np.isfinite(links_rank), links_rank, -1.0), -1.0), axis=1)
    return np.where(any_blocked, Outcome.BLOCKED, np.maximum(outcome[rows, last], 0))


def _may_wrap(paths: PathSet, chains: _Chains, places: _Places, frame: Ints, wrap: Ints, exits: Ints) -> Bools:
    """Which links, named by the nodes they start from (K, E), lie in the stretch that may wrap."""
    f = frame[:, None]
    onward, rank = chains.onward[f, exits], chains.rank[f, exits]
    there = chains.on_path[f, exits] & (onward != paths.n_changing)
    in_stretch = (rank >= paths.wraps.start[wrap][:, None]) & (rank < places.last[frame, wrap][:, None])
    obstacle = paths.node_obstacle[exits]
    over_it = (obstacle >= 0) & (obstacle == paths.node_obstacle[onward])
    may: Bools = there & in_stretch & ~over_it
    return may


def _lengthening(p1: Floats, p2: Floats, tried: Wraps) -> Floats:
    legs = np.linalg.norm(tried.first - p1, axis=-1) + np.linalg.norm(tried.second - p2, axis=-1)
    extra: Floats = legs + tried.length - np.linalg.norm(p1 - p2, axis=-1)
    return extra


def _put_on(paths: PathSet, chains: _Chains, frame: Ints, wrap: Ints, start: Ints) -> None:
    """Insert entry and exit after the nodes ``start``."""
    entry = paths.wraps.entry[wrap]
    end = chains.onward[frame, start]
    low, high = chains.rank[frame, start], chains.rank[frame, end]
    chains.onward[frame, start] = entry
    chains.onward[frame, entry] = entry + 1
    chains.onward[frame, entry + 1] = end
    chains.rank[frame, entry] = low + (high - low) / 4.0
    chains.rank[frame, entry + 1] = low + (high - low) / 2.0
    chains.on_path[frame, entry] = True
    chains.on_path[frame, entry + 1] = True


def _wrap_links(paths: PathSet, wrap: Ints, p1: Floats, p2: Floats) -> Wraps:
    """Try links against obstacles of any kind, ends in the obstacle's frame."""
    obstacle = paths.wraps.obstacle[wrap]
    kind = paths.obstacles.kind[obstacle]
    kinds = list(dict.fromkeys(paths.obstacles.kind))
    result = free(len(p1))
    for each in kinds:
        chosen = np.flatnonzero(kind == each)
        part = _wrap_kind(paths, each, wrap[chosen], p1[chosen], p2[chosen])
        if len(kinds) == 1:
            return part
        result = merge(result, chosen, part)
    return result


def _wrap_kind(paths: PathSet, kind: WrapKind, wrap: Ints, p1: Floats, p2: Floats) -> Wraps:
    obstacle = paths.wraps.obstacle[wrap]
    size, half = paths.obstacles.size[obstacle], paths.obstacles.half.at(obstacle)
    shared = paths.wraps.shared[wrap]
    match kind:
        case WrapKind.CYLINDER:
            return wrap_cylinder(p1, p2, size[:, 0], size[:, 1], half, shared)
        case WrapKind.SPHERE:
            return wrap_sphere(p1, p2, size[:, 0], half)
        case WrapKind.ELLIPSOID:
            return wrap_ellipsoid(p1, p2, size, half, paths.wraps.method[wrap])
        case WrapKind.TORUS:
            return wrap_torus(p1, p2, size[:, 0], size[:, 1], half, shared)
