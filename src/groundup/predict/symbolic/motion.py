"""Poses and velocities of a body as expressions of its free coordinates.

Segments that cannot move against each other (welds, locked joints) are lumped into one *part*, so that they cost
nothing. Velocities and accelerations are written in the axes of the part itself: that keeps the expressions short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND, Body, Coordinate, Frame, Joint
from groundup.errors import ModelError
from groundup.predict.symbolic.functions import Range, evaluate
from groundup.solvers.collocation.symbols import Expression, casadi

# Entries of constant rotations smaller than this are round-off of a file's angles; as noughts they cost nothing.
_ROUND_OFF = 1e-14


def free_coordinates(body: Body) -> tuple[str, ...]:
    """Names of the coordinates that are neither locked, prescribed nor coupled, in the body's order."""
    coupled = {c.dependent for c in body.couplers}
    return tuple(c.name for c in body.coordinates if not (_is_held(c) or c.name in coupled))


@dataclass(frozen=True, eq=False)
class Turn:
    """Rotation of a joint about ``axis``: angle, its rate and the rate of that, each SX (1, 1)."""

    axis: Floats
    angle: Expression
    rate: Expression
    rate_of_rate: Expression
    matrix: Expression


@dataclass(frozen=True, eq=False)
class Link:
    """A part of the body and the joint that carries it.

    Attributes
    ----------
    parent : number of the part that carries this one; the ground is part 0
    before, after : pose of the joint's frames in the parent part and in this part
    shift, shift_rate, shift_rate_of_rate : SX (3, 1), m and so on
        Translation of the joint in the axes of the frame ``before``.
    shift_axes : per translation that moves, axis and number of the amount
    turns : rotations in order
    amounts : SX (n, 1)
        The joint's moving amounts: translations, then rotations.
    """

    parent: int
    before: Frame
    after: Frame
    shift: Expression
    shift_rate: Expression
    shift_rate_of_rate: Expression
    shift_axes: tuple[Floats, ...]
    turns: tuple[Turn, ...]
    amounts: Expression


@dataclass(frozen=True, eq=False)
class Part:
    """Segments rigidly joined: name of the first, mass, mass centre and inertia about it in its axes."""

    name: str
    mass: float
    mass_center: Floats
    inertia: Floats
    link: Link | None


@dataclass(frozen=True, eq=False)
class Velocity:
    """Angular velocity and acceleration, and those of the origin, SX (3, 1) in the axes of the part."""

    angular: Expression
    linear: Expression
    angular_acceleration: Expression
    linear_acceleration: Expression


@dataclass(eq=False)
class Motion:
    """A body moving: expressions of coordinates ``q``, speeds ``qd`` and accelerations ``qdd``.

    Parameters
    ----------
    body : Body
    q, qd, qdd : SX, shape (n_free, 1), rad or m, per second, per second squared
        Ordered as :func:`free_coordinates`. Without ``qdd`` accelerations are those at constant speeds.
    ranges : mapping from coordinate to (low, high)
        Where coordinates will stay: what a model says about other places is dropped.

    Raises
    ------
    ModelError
        Couplers that need each other, or arrays of another length than the coordinates.
    """

    body: Body
    q: Expression
    qd: Expression
    qdd: Expression | None = None
    ranges: Mapping[str, Range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = free_coordinates(self.body)
        if self.q.numel() != len(self.names) or self.qd.numel() != len(self.names):
            raise ModelError(
                f"{self.body.name}: {self.q.numel()} coordinates and {self.qd.numel()} speeds arrived, expected "
                f"{len(self.names)}: {', '.join(self.names)}."
            )
        if self.qdd is None:
            self.qdd = casadi.SX(len(self.names), 1)
        self.coordinate = _all_coordinates(self.body, self.names, self.q)
        self.speed = {name: self.rate(value) for name, value in self.coordinate.items()}
        self.parts, self._place = _lump(self)
        self._local = [_local_pose(part.link) for part in self.parts]
        self._ground: list[tuple[Expression, Expression]] = _ground_poses(self.parts, self._local)
        self.velocities = _velocities(self.parts, self._local, np.asarray(self.body.gravity, float))

    def rate(self, value: Expression) -> Expression:
        """Return the rate of change of an expression of the coordinates, shape as ``value``."""
        return casadi.jtimes(value, self.q, self.qd)

    def rate_of_rate(self, rate: Expression) -> Expression:
        """Return the rate of change of an expression of coordinates and speeds."""
        return casadi.jtimes(rate, self.q, self.qd) + casadi.jtimes(rate, self.qd, self.qdd)

    def part_of(self, segment: str) -> tuple[int, Frame]:
        """Return the number of the part that ``segment`` belongs to, and its pose there."""
        if segment not in self._place:
            raise ModelError(f'{self.body.name}: no segment "{segment}"; there are {", ".join(self._place)}.')
        return self._place[segment]

    def pose(self, number: int) -> tuple[Expression, Expression]:
        """Return rotation (3, 3) and origin (3, 1) m of a part, by number, in ground axes."""
        return self._ground[number]

    def ground_pose(self, segment: str) -> tuple[Expression, Expression]:
        """Return rotation (3, 3) and origin (3, 1) m of the *part* that the segment belongs to, in ground axes."""
        return self._ground[self.part_of(segment)[0]]

    def in_part(self, segment: str, location: Floats | Expression) -> Expression:
        """Return a point given in a segment, m, in the axes of its part, SX (3, 1)."""
        frame = self.part_of(segment)[1]
        return _sx(frame.rotation) @ _sx(location) + _sx(frame.translation)

    def position(self, segment: str, location: Floats | Expression) -> Expression:
        """Return the ground position, m, SX (3, 1), of a point at ``location`` in ``segment``."""
        rotation, origin = self.ground_pose(segment)
        return origin + rotation @ self.in_part(segment, location)

    def velocity(self, segment: str, location: Floats | Expression) -> Expression:
        """Return the velocity, m/s, SX (3, 1) in ground axes, of a point fixed at ``location`` in ``segment``."""
        part = self.velocities[self.part_of(segment)[0]]
        rotation, _ = self.ground_pose(segment)
        return rotation @ (part.linear + cross(part.angular, self.in_part(segment, location)))

    def relative_position(self, segment: str, location: Floats | Expression, seen_from: str) -> Expression:
        """Return the position, m, SX (3, 1), of a point of ``segment`` in the axes of the part of ``seen_from``.

        ``seen_from`` must lie between the ground and the segment; only the coordinates in between enter.
        """
        number, wanted = self.part_of(segment)[0], self.part_of(seen_from)[0]
        at = self.in_part(segment, location)
        while number != wanted:
            link = self.parts[number].link
            if link is None:
                raise ModelError(f'{self.body.name}: "{seen_from}" does not carry "{segment}".')
            rotation, origin = self._local[number]
            at, number = origin + rotation @ at, link.parent
        return at

    def between(self, first: str, second: str) -> str:
        """Return the outermost part, by name, that carries both segments."""
        above = self._above(self.part_of(first)[0])
        number = next(n for n in self._above(self.part_of(second)[0]) if n in above)
        return self.parts[number].name

    def _above(self, number: int) -> list[int]:
        chain = [number]
        while (link := self.parts[chain[-1]].link) is not None:
            chain.append(link.parent)
        return chain


def cross(a: Expression, b: Expression) -> Expression:
    """Vector product of two (3, 1) expressions."""
    return casadi.cross(_sx(a), _sx(b))


def _sx(values: Floats | Expression) -> Expression:
    """Turn numbers into constants; expressions stay."""
    return values if isinstance(values, casadi.SX) else casadi.SX(casadi.DM(np.asarray(values, float)))


def _clean(rotation: Floats) -> Floats:
    return np.where(np.abs(rotation) < _ROUND_OFF, 0.0, rotation)


def _is_held(coordinate: Coordinate) -> bool:
    return coordinate.locked or coordinate.is_prescribed


def _all_coordinates(body: Body, names: Sequence[str], q: Expression) -> dict[str, Expression]:
    """Every coordinate as an expression of the free ones, in the body's order."""
    known = {name: q[i] for i, name in enumerate(names)}
    known |= {c.name: casadi.SX(_held_at(c)) for c in body.coordinates if _is_held(c)}
    waiting = [c for c in body.couplers if c.dependent not in known]
    while waiting:
        ready = [c for c in waiting if all(name in known for name in c.independents)]
        if not ready:
            raise ModelError(f"{body.name}: couplers {', '.join(c.name for c in waiting)} need each other.")
        for c in ready:
            known[c.dependent] = c.scale * evaluate(c.function, casadi.vertcat(*(known[n] for n in c.independents)))
        waiting = [c for c in waiting if c not in ready]
    return {name: known[name] for name in body.coordinate_names}


def _held_at(coordinate: Coordinate) -> float:
    if coordinate.is_prescribed and coordinate.prescribed is not None:
        value = evaluate(coordinate.prescribed, casadi.SX.sym("time"))
        if not value.is_constant():
            raise ModelError(
                f'coordinate "{coordinate.name}" follows time by a function, expected a constant. Lock or free it.'
            )
        return float(value)
    return coordinate.default


# --- parts --------------------------------------------------------------------------------------------------------


def _lump(motion: Motion) -> tuple[tuple[Part, ...], dict[str, tuple[int, Frame]]]:
    """Make parts of the segments, and say where each segment went."""
    body = motion.body
    segments = {s.name: s for s in body.segments}
    place: dict[str, tuple[int, Frame]] = {GROUND: (0, Frame())}
    members: list[list[tuple[str, Frame]]] = [[]]
    links: list[Link | None] = [None]
    for joint in body.joints:
        number, carrier = place[joint.parent]
        link = _link(motion, joint, number, carrier)
        if link.amounts.numel() == 0:
            where = (number, _compose(_compose(link.before, _still_pose(link)), _inverse(link.after)))
        else:
            links.append(link)
            members.append([])
            where = (len(links) - 1, Frame())
        place[joint.child] = where
        members[where[0]].append((joint.child, where[1]))
    parts = []
    for carrying, group in zip(links, members, strict=True):
        lumps = [(segments[name].mass, segments[name].mass_center, segments[name].inertia, f) for name, f in group]
        name = group[0][0] if carrying is not None else GROUND
        parts.append(Part(name, *_lumped(lumps), carrying))
    return tuple(parts), place


def _lumped(lumps: list[tuple[float, Floats, Floats, Frame]]) -> tuple[float, Floats, Floats]:
    """Mass, mass centre and inertia about it of segments at their poses in a part."""
    mass = sum(m for m, *_ in lumps)
    centers = [f.rotation @ c + f.translation for _, c, _, f in lumps]
    center = (
        sum((m * c for (m, *_), c in zip(lumps, centers, strict=True)), np.zeros(3)) / mass if mass else np.zeros(3)
    )
    inertia = np.zeros((3, 3))
    for (m, _, own, f), c in zip(lumps, centers, strict=True):
        d = c - center
        inertia += f.rotation @ own @ f.rotation.T + m * (d @ d * np.eye(3) - np.outer(d, d))
    return mass, center, inertia


def _link(motion: Motion, joint: Joint, parent: int, carrier: Frame) -> Link:
    """Write a joint's six motions as expressions."""
    amounts = [_amount(motion, joint, k) for k in range(6)]
    moving = [not a.is_constant() for a in amounts]
    rates = [motion.rate(a) for a in amounts]
    twice = [motion.rate_of_rate(r) for r in rates]
    axes = [_clean(np.asarray(axis.axis, float) / np.linalg.norm(axis.axis)) for axis in joint.axes]

    def along(values: list[Expression]) -> Expression:
        return sum((_sx(axes[k]) * values[k] for k in (3, 4, 5)), casadi.SX.zeros(3))

    turns = tuple(
        Turn(axes[k], amounts[k], rates[k], twice[k], _rotation(axes[k], amounts[k]))
        for k in range(3)
        if moving[k] or not amounts[k].is_zero()
    )
    order = [k for k in (3, 4, 5) if moving[k]] + [k for k in range(3) if moving[k]]
    return Link(
        parent=parent,
        before=_compose(carrier, Frame(_clean(joint.parent_frame.rotation), joint.parent_frame.translation)),
        after=Frame(_clean(joint.child_frame.rotation), joint.child_frame.translation),
        shift=along(amounts),
        shift_rate=along(rates),
        shift_rate_of_rate=along(twice),
        shift_axes=tuple(axes[k] for k in (3, 4, 5) if moving[k]),
        turns=turns,
        amounts=casadi.vertcat(casadi.SX(0, 1), *(amounts[k] for k in order)),
    )


def _amount(motion: Motion, joint: Joint, k: int) -> Expression:
    axis = joint.axes[k]
    arguments = casadi.vertcat(casadi.SX(0, 1), *(motion.coordinate[name] for name in axis.coordinates))
    within = motion.ranges.get(axis.coordinates[0]) if len(axis.coordinates) == 1 else None
    return evaluate(axis.function, arguments, within)


def _rotation(axis: Floats, angle: Expression) -> Expression:
    """Rodrigues' formula."""
    skew = np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    squared = skew @ skew
    # Written so that an axis of the frame leaves exact noughts and ones: 1 + (1 - c) s² = c + (1 - c) a aᵀ.
    outer = _sx(np.eye(3) + squared)
    s, c = casadi.sin(angle), casadi.cos(angle)
    return casadi.SX.eye(3) * c + outer * (1.0 - c) + _sx(skew) * s


def _compose(outer: Frame, inner: Frame) -> Frame:
    return Frame(
        _clean(outer.rotation @ inner.rotation), outer.rotation @ inner.translation + np.asarray(outer.translation)
    )


def _inverse(frame: Frame) -> Frame:
    return Frame(frame.rotation.T, -frame.rotation.T @ frame.translation)


def _still_pose(link: Link) -> Frame:
    rotation = np.eye(3)
    for turn in link.turns:
        rotation = rotation @ np.array(casadi.DM(turn.matrix))
    return Frame(_clean(rotation), np.array(casadi.DM(casadi.densify(link.shift)))[:, 0])


# --- recursion ----------------------------------------------------------------------------------------------------


def _local_pose(link: Link | None) -> tuple[Expression, Expression]:
    """Rotation and origin of a part in the part that carries it."""
    if link is None:
        return casadi.SX.eye(3), casadi.SX.zeros(3)
    before, after = _sx(link.before.rotation), _inverse(link.after)
    rotation = before
    for turn in link.turns:
        rotation = rotation @ turn.matrix
    origin = _sx(link.before.translation) + before @ link.shift + rotation @ _sx(after.translation)
    return rotation @ _sx(after.rotation), origin


def _ground_poses(
    parts: Sequence[Part], local: Sequence[tuple[Expression, Expression]]
) -> list[tuple[Expression, Expression]]:
    out = [local[0]]
    for part, (rotation, origin) in zip(parts[1:], local[1:], strict=True):
        assert part.link is not None
        above, place = out[part.link.parent]
        out.append((above @ rotation, place + above @ origin))
    return out


def _velocities(
    parts: Sequence[Part], local: Sequence[tuple[Expression, Expression]], gravity: Floats
) -> list[Velocity]:
    """Carry velocities outwards. The ground is taken to accelerate against gravity, so weight needs no term."""
    zero = casadi.SX.zeros(3)
    out = [Velocity(zero, zero, zero, _sx(-gravity))]
    for part in parts[1:]:
        assert part.link is not None
        out.append(_carried(out[part.link.parent], part.link))
    return out


def _carried(above: Velocity, link: Link) -> Velocity:
    """Velocity of a part from that of the part that carries it."""
    back = _sx(link.before.rotation).T
    at_frame = _moved(above, _sx(link.before.translation))
    w, v, a, b = (
        back @ x for x in (above.angular, at_frame.linear, above.angular_acceleration, at_frame.linear_acceleration)
    )
    carried = _moved(Velocity(w, v, a, b), link.shift)
    v = carried.linear + link.shift_rate
    b = carried.linear_acceleration + 2.0 * cross(w, link.shift_rate) + link.shift_rate_of_rate
    for turn in link.turns:
        axis, turned_back = _sx(turn.axis), turn.matrix.T
        w, v, a, b = (turned_back @ x for x in (w, v, a, b))
        a = a + axis * turn.rate_of_rate + cross(w, axis) * turn.rate
        w = w + axis * turn.rate
    out = _sx(link.after.rotation)
    w, v, a, b = (out @ x for x in (w, v, a, b))
    return _moved(Velocity(w, v, a, b), _sx(-np.asarray(link.after.translation)))


def _moved(at: Velocity, by: Expression) -> Velocity:
    """Velocity of a point of the same part, ``by`` away."""
    sweep = cross(at.angular, by)
    return Velocity(
        at.angular,
        at.linear + sweep,
        at.angular_acceleration,
        at.linear_acceleration + cross(at.angular_acceleration, by) + cross(at.angular, sweep),
    )
