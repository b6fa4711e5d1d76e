"""A body's joints compiled to arrays: a tree of one-axis motions.

Every joint is a chain of translations along, then rotations about, fixed axes; each amount of motion is a function
of a coordinate. Dropping the axes that never move leaves a list of *motions*, each with a function, a place in the
tree and the segments it carries. Poses, Jacobians, inverse dynamics and joint reactions are short sums over them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats, Function
from groundup.body.model import GROUND, Body, Joint
from groundup.engine.functions import FunctionTable, argument_weights, compile_functions, is_constant
from groundup.errors import ModelError


@dataclass(frozen=True, eq=False)
class MappedFunctions:
    """Functions of weighted sums of coordinates: ``y = f(W q)``."""

    table: FunctionTable
    weights: Floats  # (n_functions, n_coords)

    def value(self, q: Floats) -> Floats:
        """Values, shape (n_frames, n_functions)."""
        return self.table.value(q @ self.weights.T)

    def derivatives(self, q: Floats) -> tuple[Floats, Floats, Floats]:
        """Value and first two derivatives with respect to the weighted sum, each (n_frames, n_functions)."""
        value, first, second = self.table.derivatives(q @ self.weights.T, 2)
        return value, first, second


@dataclass(frozen=True, eq=False)
class Move:
    """One of the six axes of a level's joints, for the joints that use it.

    ``amount`` points into the motions followed by the constant amounts; ``moving`` marks the joints, among ``joints``,
    whose amount is a motion and so has a screw.
    """

    joints: np.ndarray  # (n,) positions within the level
    axis: Floats  # (n, 3) unit vectors
    skew: Floats  # (n, 3, 3) vector product by the axis
    skew_squared: Floats  # (n, 3, 3)
    amount: np.ndarray  # (n,)
    moving: np.ndarray  # (n,) bool


@dataclass(frozen=True, eq=False)
class Level:
    """The joints at one depth of the tree."""

    parent: np.ndarray  # (n_joints,) segment indices
    child: np.ndarray
    parent_rotation: Floats  # (n_joints, 3, 3)
    parent_translation: Floats  # (n_joints, 3)
    child_rotation: Floats
    child_translation: Floats
    translations: tuple[Move, ...]
    rotations: tuple[Move, ...]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Arrays of a body's tree.

    Attributes
    ----------
    segments : names, ground first
    coordinates : names, in the body's order
    motions : functions giving the amount of each motion from the coordinates
    still : array, shape (n_still,)
        Constant amounts of axes that are set off but do not move.
    carries : bool array, shape (n_segments, n_motions)
        Whether a motion moves a segment.
    precedes : bool array, shape (n_motions, n_motions)
        ``precedes[i, j]``: motion j lies between the ground and motion i.
    precedes_opensim : array, shape (n_motions, n_motions)
        The same with the rotations that OpenSim takes to precede another one of their joint when it differentiates
        velocities; see :func:`_opensim_precedes`.
    joint_child, joint_parent : segment index of each joint's ends, in the body's order
    """

    segments: tuple[str, ...]
    coordinates: tuple[str, ...]
    joints: tuple[str, ...]
    motions: MappedFunctions
    rotates: np.ndarray  # (n_motions,) bool
    still: Floats
    levels: tuple[Level, ...]
    carries: Floats
    precedes: Floats
    precedes_opensim: Floats
    joint_child: np.ndarray
    joint_parent: np.ndarray
    joint_child_translation: Floats
    joint_parent_translation: Floats
    subtree: Floats  # (n_segments, n_segments): [i, j] 1 where j is i or hangs from it
    mass: Floats  # (n_segments,)
    mass_center: Floats  # (n_segments, 3)
    inertia: Floats  # (n_segments, 3, 3)
    gravity: Floats
    couplers: Couplers

    @property
    def segment_index(self) -> dict[str, int]:
        """Number of each segment; the ground is 0."""
        return {name: i for i, name in enumerate(self.segments)}

    @property
    def coordinate_index(self) -> dict[str, int]:
        """Number of each coordinate."""
        return {name: i for i, name in enumerate(self.coordinates)}


@dataclass(frozen=True, eq=False)
class Couplers:
    """Coordinates that follow others: ``q[dependent] = f(W q)``, in an order in which each can be computed."""

    dependent: np.ndarray  # (n_couplers,)
    functions: MappedFunctions
    rounds: tuple[np.ndarray, ...]  # couplers that can be computed together

    def apply(self, q: Floats) -> Floats:
        """Coordinates with the dependent ones computed from the others, shape as ``q``."""
        for which in self.rounds:
            value = self.functions.value(q)
            q = q.copy()
            q[:, self.dependent[which]] = value[:, which]
        return q

    def jacobian(self, q: Floats) -> Floats:
        """Derivative of all coordinates by the independent ones, (n_frames, n_coords, n_coords).

        Columns of dependent coordinates are 0.
        """
        n = q.shape[1]
        total = np.broadcast_to(np.eye(n), (len(q), n, n)).copy()
        total[:, self.dependent, :] = 0.0
        _, slope, _ = self.functions.derivatives(q)
        for which in self.rounds:
            local = slope[:, which, None] * self.functions.weights[which]
            total[:, self.dependent[which], :] = local @ total
        return total

    def fold(self, q: Floats, forces: Floats) -> Floats:
        """Generalised forces (n_frames, ..., n_coords), those of dependent coordinates carried to the ones they follow.

        What is left on a dependent coordinate is 0: its share of work is done through the others.
        """
        _, slope, _ = self.functions.derivatives(q)
        # Coordinates in front of whatever lies between, so that each is one piece of memory.
        folded = np.moveaxis(forces, -1, 1).copy()
        wide = (slice(None), *(None,) * (forces.ndim - 2))
        for k in np.concatenate([*self.rounds[::-1], []]).astype(int):
            own = folded[:, self.dependent[k]].copy()
            folded[:, self.dependent[k]] = 0.0
            for c in np.flatnonzero(self.functions.weights[k]):
                folded[:, c] += (slope[:, k] * self.functions.weights[k, c])[wide] * own
        return np.moveaxis(folded, 1, -1)

    def rates(self, q: Floats, qd: Floats, qdd: Floats) -> tuple[Floats, Floats]:
        """Speeds and accelerations with the dependent ones following the others."""
        qd, qdd = qd.copy(), qdd.copy()
        _, slope, curvature = self.functions.derivatives(q)
        for which in self.rounds:
            w = self.functions.weights[which].T
            x1, x2 = qd @ w, qdd @ w
            qd[:, self.dependent[which]] = slope[:, which] * x1
            qdd[:, self.dependent[which]] = slope[:, which] * x2 + curvature[:, which] * x1**2
        return qd, qdd


def compile_skeleton(body: Body) -> Skeleton:
    """Compile a body's joints, masses and couplers.

    Raises
    ------
    ModelError
        A function of several coordinates that is not a line, or couplers that need each other.
    """
    segments = (GROUND, *(s.name for s in body.segments))
    index = {name: i for i, name in enumerate(segments)}
    coordinate = {c.name: i for i, c in enumerate(body.coordinates)}
    moving = [
        (j, k) for j, joint in enumerate(body.joints) for k in _CHAIN_ORDER if not is_constant(joint.axes[k].function)
    ]
    number = {place: i for i, place in enumerate(moving)}
    functions = [body.joints[j].axes[k].function for j, k in moving]
    arguments = [body.joints[j].axes[k].coordinates for j, k in moving]
    subtree, depth = _subtrees(body, index)
    carries = np.zeros((len(segments), len(moving)))
    precedes = np.zeros((len(moving), len(moving)))
    for (j, _), i in number.items():
        carries[:, i] = subtree[index[body.joints[j].child]]
    for (j, k), i in number.items():
        parent = index[body.joints[j].parent]
        precedes[i] = carries[parent]
        for (j2, k2), i2 in number.items():
            if j2 == j and _CHAIN_ORDER.index(k2) < _CHAIN_ORDER.index(k):
                precedes[i, i2] = 1.0
    bodies = (body.ground, *body.segments)
    still = _still_amounts(body.joints, number)
    number |= {place: len(moving) + i for i, place in enumerate(still)}
    return Skeleton(
        segments=segments,
        coordinates=body.coordinate_names,
        joints=tuple(j.name for j in body.joints),
        motions=_mapped(functions, arguments, coordinate, "joint"),
        rotates=np.array([k < 3 for _, k in moving], dtype=bool),
        still=np.array(list(still.values())),
        levels=_levels(body.joints, index, depth, number, len(moving)),
        carries=carries,
        precedes=precedes,
        precedes_opensim=_opensim_precedes(body, number, precedes),
        joint_child=np.array([index[j.child] for j in body.joints], dtype=int),
        joint_parent=np.array([index[j.parent] for j in body.joints], dtype=int),
        joint_child_translation=np.array([j.child_frame.translation for j in body.joints]).reshape(-1, 3),
        joint_parent_translation=np.array([j.parent_frame.translation for j in body.joints]).reshape(-1, 3),
        subtree=subtree,
        mass=np.array([s.mass for s in bodies]),
        mass_center=np.array([s.mass_center for s in bodies]),
        inertia=np.array([s.inertia for s in bodies]),
        gravity=np.asarray(body.gravity, float),
        couplers=_compile_couplers(body, coordinate),
    )


def _opensim_precedes(body: Body, number: dict[tuple[int, int], int], precedes: Floats) -> Floats:
    """Which rotations OpenSim lets carry the axes of a ``CustomJoint`` when it differentiates velocities.

    The multibody engine under OpenSim carries a joint's second axis with the part of the angular velocity that comes
    from the joint's first coordinate, and its third axis with all but the part from the third coordinate. That is
    exact where rotation k follows coordinate k. Where one coordinate drives several rotations, as in knees after
    Walker et al. (1988), the velocity of the third rotation is counted into the turn of the second axis; finite
    differences show the resulting acceleration to be wrong. It is kept for comparisons with OpenSim only.
    """
    order = {
        c.name: i for joint in body.joints for i, c in enumerate(c for c in body.coordinates if c.joint == joint.name)
    }
    out = precedes.copy()
    for (j, k), i in number.items():
        if body.joints[j].kind != "CustomJoint" or k not in (1, 2) or i >= len(precedes):
            continue
        for k2 in (0, 1, 2):
            i2 = number.get((j, k2), len(precedes))
            if i2 < len(precedes):
                first = order[body.joints[j].axes[k2].coordinates[0]]
                out[i, i2] = float(first == 0 if k == 1 else first != 2)
    return out


# Translations come first in the chain: a joint's rotations are about the translated point.
_CHAIN_ORDER = (3, 4, 5, 0, 1, 2)


def _mapped(
    functions: list[Function], arguments: list[tuple[str, ...]], coordinate: dict[str, int], owner: str
) -> MappedFunctions:
    weights = np.zeros((len(functions), len(coordinate)))
    for i, (function, names) in enumerate(zip(functions, arguments, strict=True)):
        w = argument_weights(function, len(names))
        if len(names) > 1 and np.all(w == 1.0) and not _is_line(function):
            raise ModelError(
                f"{owner} function {i}: {type(function).__name__} of {len(names)} coordinates ({', '.join(names)}); "
                "only lines may take several. Rewrite it as a function of one coordinate."
            )
        for name, wk in zip(names, w, strict=True):
            if name not in coordinate:
                raise ModelError(
                    f'{owner} function {i}: unknown coordinate "{name}"; the model has {", ".join(coordinate)}.'
                )
            weights[i, coordinate[name]] += wk
    return MappedFunctions(compile_functions(functions), weights)


def _is_line(function: Function) -> bool:
    inner = getattr(function, "function", function)
    return hasattr(inner, "slopes")


def _subtrees(body: Body, index: dict[str, int]) -> tuple[Floats, dict[int, int]]:
    """Membership of subtrees, and the depth of each segment; joints come parents first."""
    subtree = np.eye(len(index))
    depth = {0: 0}
    for joint in body.joints:
        parent, child = index[joint.parent], index[joint.child]
        subtree[subtree[:, parent] > 0, child] = 1.0
        depth[child] = depth[parent] + 1
    return subtree, depth


def _still_amounts(joints: tuple[Joint, ...], moving: dict[tuple[int, int], int]) -> dict[tuple[int, int], float]:
    """Constant amounts, other than nought, by joint and axis."""
    places = [(j, k) for j in range(len(joints)) for k in range(6) if (j, k) not in moving]
    table = compile_functions([joints[j].axes[k].function for j, k in places])
    amounts = table.value(np.zeros((1, len(places))))[0]
    return {place: float(x) for place, x in zip(places, amounts, strict=True) if x != 0.0}


def _levels(
    joints: tuple[Joint, ...],
    index: dict[str, int],
    depth: dict[int, int],
    number: dict[tuple[int, int], int],
    n_motions: int,
) -> tuple[Level, ...]:
    by_depth: dict[int, list[int]] = {}
    for j, joint in enumerate(joints):
        by_depth.setdefault(depth[index[joint.child]], []).append(j)
    return tuple(_level(joints, by_depth[d], index, number, n_motions) for d in sorted(by_depth))


def _level(
    joints: tuple[Joint, ...],
    members: list[int],
    index: dict[str, int],
    number: dict[tuple[int, int], int],
    n_motions: int,
) -> Level:
    chosen = [joints[j] for j in members]
    moves = {k: _move(joints, members, k, number, n_motions) for k in range(6)}
    return Level(
        parent=np.array([index[j.parent] for j in chosen]),
        child=np.array([index[j.child] for j in chosen]),
        parent_rotation=np.array([j.parent_frame.rotation for j in chosen]),
        parent_translation=np.array([j.parent_frame.translation for j in chosen]),
        child_rotation=np.array([j.child_frame.rotation for j in chosen]),
        child_translation=np.array([j.child_frame.translation for j in chosen]),
        translations=tuple(moves[k] for k in (3, 4, 5) if len(moves[k].joints)),
        rotations=tuple(moves[k] for k in (0, 1, 2) if len(moves[k].joints)),
    )


def _move(
    joints: tuple[Joint, ...], members: list[int], k: int, number: dict[tuple[int, int], int], n_motions: int
) -> Move:
    used = [i for i, j in enumerate(members) if (j, k) in number]
    axis = np.array([_unit(joints[members[i]].axes[k].axis) for i in used]).reshape(-1, 3)
    amount = np.array([number[(members[i], k)] for i in used], dtype=int)
    skew = np.zeros((len(used), 3, 3))
    skew[:, [2, 0, 1], [1, 2, 0]] = axis
    skew[:, [1, 2, 0], [2, 0, 1]] = -axis
    return Move(np.array(used, dtype=int), axis, skew, skew @ skew, amount, amount < n_motions)


def _unit(axis: Floats) -> Floats:
    length = float(np.linalg.norm(axis))
    return np.asarray(axis, float) / length if length > 0 else np.asarray(axis, float)


def _compile_couplers(body: Body, coordinate: dict[str, int]) -> Couplers:
    functions: list[Function] = []
    for c in body.couplers:
        functions.append(c.function)
    mapped = _mapped(functions, [c.independents for c in body.couplers], coordinate, "coupler")
    scale = np.array([c.scale for c in body.couplers])
    table = FunctionTable(mapped.table.knots, mapped.table.origin, mapped.table.coefficients * scale[None, :, None])
    dependent = np.array([coordinate[c.dependent] for c in body.couplers], dtype=int)
    return Couplers(dependent, MappedFunctions(table, mapped.weights), _rounds(dependent, mapped.weights))


def _rounds(dependent: np.ndarray, weights: Floats) -> tuple[np.ndarray, ...]:
    waiting, rounds = list(range(len(dependent))), []
    while waiting:
        pending = [dependent[i] for i in waiting]
        ready = [i for i in waiting if not np.any(weights[i, pending])]
        if not ready:
            raise ModelError("coordinate couplers depend on each other in a circle; remove one of them from the model.")
        rounds.append(np.array(ready))
        waiting = [i for i in waiting if i not in ready]
    return tuple(rounds)
