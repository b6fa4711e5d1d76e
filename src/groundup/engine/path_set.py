"""Muscle paths of a body compiled to flat arrays.

A path is a chain of *nodes*: its points in order and, for each obstacle it may wrap, an entry and an exit. The nodes
of one muscle stand together. Muscles whose chain never changes come first (*plain*); those with conditional points or
obstacles follow (*changing*) and are numbered again from 0 among themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Constant, Floats, Function
from groundup.body.model import GROUND, Body, Muscle, PathPoint, PathWrap, WrapKind, WrapObject
from groundup.engine.functions import FunctionTable, compile_functions
from groundup.engine.wrapping import Half, Ints
from groundup.errors import ModelError

METHODS = ("hybrid", "midpoint", "axial")
# OpenSim keeps a conditional point on the path this far beyond its range (rad or m)
RANGE_MARGIN = 1e-5


@dataclass(frozen=True, eq=False)
class Conditions:
    """Points that are on their path only while a coordinate is within ``low`` to ``high`` (rad or m)."""

    node: Ints
    coordinate: Ints
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class MovingPoints:
    """Points whose place in their segment follows coordinates.

    ``functions`` holds x, y, z of each point in turn, each of the coordinate in ``coordinate`` (n_points, 3). Point
    ``k`` moves with coordinate ``drive_coordinate[j]`` along the axes ``drive_axes[j]`` for each ``j`` with
    ``drive_point[j] == k``.
    """

    node: Ints
    functions: FunctionTable
    coordinate: Ints
    drive_point: Ints
    drive_coordinate: Ints
    drive_axes: Floats


@dataclass(frozen=True, eq=False)
class Obstacles:
    """Wrap objects: shape, size (m, padded with 0), allowed half, and pose in the segment that carries them."""

    kind: np.ndarray  # (O,) of WrapKind values
    size: Floats  # (O, 3)
    half: Half
    segment: Ints
    rotation: Floats  # (O, 3, 3)
    translation: Floats  # (O, 3)


@dataclass(frozen=True, eq=False)
class PathWraps:
    """Pairs of a path and an obstacle, arrays of shape (W,) in path order. Nodes are numbered among the changing ones.

    ``start`` and ``end`` are the places of the first and last point of the stretch that may wrap, 0-based.
    """

    obstacle: Ints
    muscle: Ints  # among the changing muscles
    entry: Ints  # node; the exit is the next one
    start: Ints
    end: Ints
    method: Ints  # place in METHODS
    shared: np.ndarray  # bool: the path has several obstacles


@dataclass(frozen=True, eq=False)
class PathSet:
    """Paths of ``M`` muscles with ``N`` nodes in all.

    Attributes
    ----------
    muscles : names, in the order of all muscle arrays
    segment : int array, shape (N,)
        Segment that carries each node (ground = 0), as numbered by the caller.
    muscle : int array, shape (N,)
        Place in ``muscles``.
    location : array, shape (N, 3), m
        In the segment; zero for entries and exits.
    first_node : int array, shape (M,)
        First node of each muscle in node order, with ``node_order`` giving the muscle of each stretch.
    n_plain : number of nodes whose chain never changes; they come first
    points : int array, shape (n_changing, most points), nodes among the changing ones, padded with their number
    exits : int array, shape (n_changing, most), nodes a straight link may start from, padded alike
    wraps_of : int array, shape (n_changing, most wraps), padded with -1
    """

    muscles: tuple[str, ...]
    segment: Ints
    muscle: Ints
    location: Floats
    is_point: np.ndarray
    first_node: Ints
    node_order: Ints
    n_plain: int
    plain_ends: np.ndarray
    points: Ints
    exits: Ints
    wraps_of: Ints
    node_obstacle: Ints
    conditions: Conditions
    moving: MovingPoints
    obstacles: Obstacles
    wraps: PathWraps

    @property
    def n_nodes(self) -> int:
        """Number of all nodes."""
        return len(self.segment)

    @property
    def n_changing(self) -> int:
        """Number of nodes whose chain may change."""
        return self.n_nodes - self.n_plain


def compile_paths(
    body: Body,
    segment_index: Mapping[str, int],
    coordinate_index: Mapping[str, int],
    muscles: Iterable[str] | None = None,
) -> PathSet:
    """Compile the paths of a body's muscles.

    Parameters
    ----------
    body : Body
    segment_index, coordinate_index : name to place in the arrays of poses and coordinates; ground included
    muscles : names, optional
        Which muscles, in this order; all of the body by default.

    Returns
    -------
    PathSet

    Raises
    ------
    ModelError
        A path names a muscle, segment, coordinate or wrap object that the body does not have.
    """
    chosen = _choose(body, muscles)
    objects = {w.name: w for s in (body.ground, *body.segments) for w in s.wrap_objects}
    _check_names(chosen, segment_index, coordinate_index, objects)
    plain = [i for i, m in enumerate(chosen) if not _changes(m)]
    changing = [i for i, m in enumerate(chosen) if _changes(m)]
    order = plain + changing
    n_nodes = [len(m.points) + 2 * len(_usable(m, objects)) for m in chosen]
    first = np.concatenate([[0], np.cumsum([n_nodes[i] for i in order])]).astype(np.intp)
    n_plain = int(first[len(plain)])
    start = {i: int(first[k]) for k, i in enumerate(order)}
    used = sorted({w.wrap_object for m in chosen for w in _usable(m, objects)})
    wraps = _compile_wraps(chosen, changing, objects, used, start, n_plain)
    placed = [(start[i] + k, point) for i, m in enumerate(chosen) for k, point in enumerate(m.points)]
    obstacles = _compile_obstacles([objects[name] for name in used], segment_index)
    total, pad = int(first[-1]), int(first[-1]) - n_plain
    segment, location, is_point = np.zeros(total, np.intp), np.zeros((total, 3)), np.zeros(total, bool)
    node_obstacle = np.full(pad + 1, -1)
    for node, point in placed:
        segment[node], location[node], is_point[node] = segment_index[point.segment], point.location, True
    for shift in (0, 1):
        segment[n_plain + wraps.entry + shift] = obstacles.segment[wraps.obstacle]
        node_obstacle[wraps.entry + shift] = wraps.obstacle
    plain_ends = np.zeros(n_plain, bool)
    plain_ends[first[1 : len(plain) + 1] - 1] = True
    points = [list(range(start[i] - n_plain, start[i] - n_plain + len(chosen[i].points))) for i in changing]
    wraps_of = [np.flatnonzero(wraps.muscle == k) for k in range(len(changing))]
    exits = [[*points[k], *(wraps.entry[wraps_of[k]] + 1)] for k in range(len(changing))]
    return PathSet(
        muscles=tuple(m.name for m in chosen),
        segment=segment,
        muscle=np.repeat(np.array(order, np.intp), [n_nodes[i] for i in order]),
        location=location,
        is_point=is_point,
        first_node=first[:-1],
        node_order=np.array(order, np.intp),
        n_plain=n_plain,
        plain_ends=plain_ends,
        points=_padded(points, pad),
        exits=_padded(exits, pad),
        wraps_of=_padded(wraps_of, -1),
        node_obstacle=node_obstacle,
        conditions=_compile_conditions(placed, coordinate_index),
        moving=_compile_moving(placed, coordinate_index),
        obstacles=obstacles,
        wraps=wraps,
    )


def _choose(body: Body, names: Iterable[str] | None) -> list[Muscle]:
    if names is None:
        return list(body.muscles)
    known = {m.name: m for m in body.muscles}
    chosen = list(names)
    for name in chosen:
        if name not in known:
            raise ModelError(f'{body.name}: no muscle "{name}"; the model has {_listing(known)}. Check the name.')
    return [known[name] for name in chosen]


def _check_names(
    chosen: Sequence[Muscle],
    segments: Mapping[str, int],
    coordinates: Mapping[str, int],
    objects: Mapping[str, WrapObject],
) -> None:
    for m in chosen:
        for point in m.points:
            _known(m, f"point {point.name}", "segment", point.segment, segments)
            moving = [c for _, c in point.moving or () if c is not None]
            for coordinate in [*([point.coordinate] if point.range else []), *moving]:
                _known(m, f"point {point.name}", "coordinate", str(coordinate), coordinates)
        for wrap in m.wraps:
            _known(m, "path wrap", "wrap object", wrap.wrap_object, objects)
            if wrap.method not in METHODS:
                raise ModelError(
                    f'muscle {m.name}, path wrap {wrap.wrap_object}: method "{wrap.method}", expected one of '
                    f"{', '.join(METHODS)}. Correct the model file."
                )


def _known(muscle: Muscle, place: str, what: str, name: str, names: Mapping[str, object]) -> None:
    if name not in names:
        raise ModelError(
            f'muscle {muscle.name}, {place}: unknown {what} "{name}"; the model has {_listing(names)}. '
            "Correct the model file."
        )


def _listing(names: Iterable[str]) -> str:
    names = sorted(names)
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "") if names else "none"


def _usable(muscle: Muscle, objects: Mapping[str, WrapObject]) -> list[PathWrap]:
    return [w for w in muscle.wraps if objects[w.wrap_object].active]


def _changes(muscle: Muscle) -> bool:
    return bool(muscle.wraps) or any(p.range is not None for p in muscle.points)


def _padded(rows: Sequence[Sequence[int] | Ints], fill: int) -> Ints:
    table = np.full((len(rows), max((len(r) for r in rows), default=0)), fill, dtype=np.intp)
    for k, row in enumerate(rows):
        table[k, : len(row)] = row
    return table


def _compile_conditions(placed: Sequence[tuple[int, PathPoint]], coordinates: Mapping[str, int]) -> Conditions:
    found = [(node, coordinates[str(p.coordinate)], *p.range) for node, p in placed if p.range is not None]
    node, coordinate, low, high = zip(*found, strict=True) if found else ((), (), (), ())
    return Conditions(
        np.array(node, np.intp),
        np.array(coordinate, np.intp),
        np.array(low, float) - RANGE_MARGIN,
        np.array(high, float) + RANGE_MARGIN,
    )


def _compile_moving(placed: Sequence[tuple[int, PathPoint]], coordinates: Mapping[str, int]) -> MovingPoints:
    nodes: list[int] = []
    functions: list[Function] = []
    arguments: list[list[int]] = []
    drives: list[tuple[int, int, list[float]]] = []
    for node, point in placed:
        if point.moving is None:
            continue
        names = [name for _, name in point.moving]
        functions += [f if name is not None else Constant(_value(f)) for f, name in point.moving]
        arguments.append([coordinates[name] if name is not None else 0 for name in names])
        for name in dict.fromkeys(n for n in names if n is not None):
            drives.append((len(nodes), coordinates[name], [float(n == name) for n in names]))
        nodes.append(node)
    return MovingPoints(
        node=np.array(nodes, np.intp),
        functions=compile_functions(functions),
        coordinate=np.array(arguments, np.intp).reshape(-1, 3),
        drive_point=np.array([d[0] for d in drives], np.intp),
        drive_coordinate=np.array([d[1] for d in drives], np.intp),
        drive_axes=np.array([d[2] for d in drives], float).reshape(-1, 3),
    )


def _value(function: Function) -> float:
    """The value of a function that is given no coordinate."""
    return float(compile_functions([function]).value(np.zeros((1, 1)))[0, 0])


def _compile_obstacles(objects: Sequence[WrapObject], segments: Mapping[str, int]) -> Obstacles:
    size = np.zeros((len(objects), 3))
    for k, w in enumerate(objects):
        size[k, : len(w.dimensions)] = w.dimensions
    return Obstacles(
        kind=np.array([WrapKind(w.kind) for w in objects], dtype=object),
        size=size,
        half=Half(
            np.array(["xyz".find(w.quadrant[-1]) if w.quadrant != "all" else 0 for w in objects], np.intp),
            np.array([0 if w.quadrant == "all" else -1 if w.quadrant[0] == "-" else 1 for w in objects], np.intp),
        ),
        segment=np.array([segments[w.segment or GROUND] for w in objects], np.intp),
        rotation=np.array([w.frame.rotation for w in objects], float).reshape(-1, 3, 3),
        translation=np.array([w.frame.translation for w in objects], float).reshape(-1, 3),
    )


def _compile_wraps(
    chosen: Sequence[Muscle],
    changing: Sequence[int],
    objects: Mapping[str, WrapObject],
    used: Sequence[str],
    start: Mapping[int, int],
    n_plain: int,
) -> PathWraps:
    rows = []
    for k, i in enumerate(changing):
        muscle = chosen[i]
        n_points = len(muscle.points)
        for j, wrap in enumerate(_usable(muscle, objects)):
            low, high = wrap.range
            rows.append(
                (
                    used.index(wrap.wrap_object),
                    k,
                    start[i] - n_plain + n_points + 2 * j,
                    min(low, n_points) - 1 if low is not None and low >= 1 else 0,
                    min(high, n_points) - 1 if high is not None and high >= 1 else n_points - 1,
                    METHODS.index(wrap.method),
                    int(len(muscle.wraps) > 1),
                )
            )
    table = np.array(rows, np.intp).reshape(-1, 7).T
    obstacle, muscle_number, entry, first, last, method, shared = table
    return PathWraps(obstacle, muscle_number, entry, first, last, method, shared.astype(bool))
