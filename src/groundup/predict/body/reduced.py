"""A body with fewer coordinates that moves and weighs the same.

Coordinates that follow others by a line are written into the joints they move, held ones become constants, and
segments that no longer move against each other become one. What is left has no couplers and no muscles: its inverse
dynamics is that of the full body at the same pose, and its motion goes back to the full body by one matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from groundup.body.functions import (
    Constant,
    Floats,
    Function,
    Linear,
    Multiplier,
    NaturalCubicSpline,
    PiecewiseLinear,
    Polynomial,
    SimmSpline,
)
from groundup.body.model import Body, Coordinate, Coupler, Frame, Joint, Marker, Segment, TransformAxis
from groundup.engine.functions import compile_functions, is_constant
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import ModelError
from groundup.motion.trajectory import Motion
from groundup.predict.body.coordinates import CoordinateChoice, read_choices


@dataclass(frozen=True, eq=False)
class Reduction:
    """A reduced body and the way back.

    Attributes
    ----------
    body : Body
        The reduced one: free coordinates only, no couplers, no muscles, no actuators.
    full : Body
    matrix, offset : array, shapes (n_full, n_free), (n_full,)
        ``q_full = matrix @ q + offset``; generalised forces come over by the transpose.
    spline_error : float, m or rad
        Largest difference between a joint's published spline and the polynomial that stands for it.
    """

    body: Body
    full: Body
    matrix: Floats
    offset: Floats
    spline_error: float

    @property
    def names(self) -> tuple[str, ...]:
        """Free coordinates, in order."""
        return self.body.coordinate_names

    @property
    def lower(self) -> Floats:
        """Lower bounds (n_free,), rad or m."""
        return np.array([c.range[0] for c in self.body.coordinates])

    @property
    def upper(self) -> Floats:
        """Upper bounds (n_free,), rad or m."""
        return np.array([c.range[1] for c in self.body.coordinates])

    def to_full(self, motion: Motion) -> Motion:
        """Motion of the full body, its coupled coordinates included, for the same pipeline as a recording."""
        return Motion(
            motion.time_s,
            motion.q @ self.matrix.T + self.offset,
            motion.speed @ self.matrix.T,
            motion.acceleration @ self.matrix.T,
        )

    def from_full(self, motion: Motion) -> Motion:
        """Free coordinates of a motion of the full body; what the locked ones did is left out."""
        back = self._back()
        return Motion(
            motion.time_s, (motion.q - self.offset) @ back.T, motion.speed @ back.T, motion.acceleration @ back.T
        )

    def _back(self) -> Floats:
        """Inverse of ``matrix`` on the coordinates that others follow, (n_free, n_full)."""
        index = {name: i for i, name in enumerate(self.full.coordinate_names)}
        source = {c.name: c.source for c in read_choices()}
        back = np.zeros(self.matrix.T.shape)
        for k, name in enumerate(self.names):
            i = index[source[name]]
            back[k, i] = 1.0 / self.matrix[i, k]
        return back


def reduce_body(body: Body, choices: tuple[CoordinateChoice, ...] | None = None, *, smooth: bool = True) -> Reduction:
    """Fold locked and coupled coordinates of a body.

    Parameters
    ----------
    body : the default body or a scaled copy of it
    choices : which coordinates are free; the table that comes with groundup by default
    smooth : bool
        Replace the splines of knee and patella by polynomials over the bounds: smooth to every order, and cheap.

    Returns
    -------
    Reduction

    Raises
    ------
    ModelError
        The body lacks a coordinate of the table, or has one the table does not know, or a coupler that is not a line.
    """
    choices = read_choices() if choices is None else choices
    _check_names(body, choices)
    lines = _lines(body, choices)
    held = {c.source: (None, 0.0, lines[c.source][2]) for c in choices if not c.free}
    joints = tuple(_fold_joint(j, lines | held) for j in body.joints)
    height = standing_height(body)
    coordinates = tuple(_coordinate(body, c, height) for c in choices if c.free)
    folded = body.with_(joints=joints, coordinates=coordinates, couplers=(), muscles=(), actuators=(), unsupported=())
    folded, error = _without_splines(folded) if smooth else (folded, 0.0)
    free = {c.name: k for k, c in enumerate(coordinates)}
    matrix, offset = np.zeros((len(body.coordinates), len(free))), np.zeros(len(body.coordinates))
    for i, name in enumerate(body.coordinate_names):
        source, slope, offset[i] = lines[name]
        if source is not None:
            matrix[i, free[source]] = slope
    return Reduction(_weld(folded), body, matrix, offset, error)


Line = tuple[str | None, float, float]
"""A coordinate as a line in a free one: name (None for a constant), slope, intercept."""


def _check_names(body: Body, choices: tuple[CoordinateChoice, ...]) -> None:
    have = set(body.coordinate_names)
    coupled = {c.dependent for c in body.couplers}
    absent = [c.source for c in choices if c.source not in have]
    unknown = have - coupled - {c.source for c in choices}
    if absent or unknown:
        what = f"has no coordinate {', '.join(absent)}" if absent else f"has coordinates {', '.join(sorted(unknown))}"
        raise ModelError(
            f"{body.name}: {what}; expected the coordinates of the default body, which a prediction is made for. "
            "Pass the default body or a scaled copy of it."
        )


def _lines(body: Body, choices: tuple[CoordinateChoice, ...]) -> dict[str, Line]:
    """Every coordinate of the full body as a line in a free one, couplers followed."""
    defaults = {c.name: c.default for c in body.coordinates}
    locked = {c.source for c in choices if not c.free}
    lines: dict[str, Line] = {}
    for c in choices:
        if not c.free:
            lines[c.source] = (None, 0.0, defaults[c.source] if c.value is None else c.value)
        elif c.name == c.source:
            lines[c.source] = (c.name, 1.0, 0.0)
        else:
            followers = [
                _slope(k)[0] for k in body.couplers if c.source in k.independents and k.dependent not in locked
            ]
            lines[c.source] = (c.name, 1.0 / (1.0 + sum(followers)), 0.0)
    for coupler in body.couplers:
        source, slope, intercept = lines[coupler.independents[0]]
        a, b = _slope(coupler)
        lines[coupler.dependent] = (source, a * slope, a * intercept + b)
    return lines


def _slope(coupler: Coupler) -> tuple[float, float]:
    """Slope and intercept of a coupler that is a line in a coordinate that follows no other."""
    function = coupler.function
    if not isinstance(function, Linear) or len(coupler.independents) != 1:
        raise ModelError(
            f"coupler {coupler.name}: {type(function).__name__} of {len(coupler.independents)} coordinates; a "
            "prediction expects a line in one coordinate. Pass the default body or a scaled copy of it."
        )
    return coupler.scale * function.slopes[0], coupler.scale * function.intercept


def standing_height(body: Body) -> float:
    """Value of ``pelvis_ty``, m, at which the lowest contact sphere just touches the ground in the default pose."""
    at = next((c.default for c in body.coordinates if c.name == "pelvis_ty"), 0.0)
    if not body.contacts:
        return at
    skeleton = compile_skeleton(body)
    pose = poses(skeleton, np.array([[c.default for c in body.coordinates]]))
    segment = np.array([skeleton.segment_index[c.segment] for c in body.contacts])
    center = points_in_ground(pose, segment, np.array([c.location for c in body.contacts]))[0, :, 1]
    return at - float((center - [c.radius for c in body.contacts]).min())


def _coordinate(body: Body, choice: CoordinateChoice, height: float) -> Coordinate:
    of_body = next(c for c in body.coordinates if c.name == choice.source)
    start = choice.value if choice.value is not None else of_body.default
    low, high = choice.low, choice.high
    if choice.unit == "share":
        low, high, start = (x * height for x in (low, high, start))
    return replace(of_body, name=choice.name, default=start, range=(low, high), clamped=False)


def _fold_joint(joint: Joint, lines: Mapping[str, Line]) -> Joint:
    return replace(joint, axes=tuple(_fold_axis(a, lines) for a in joint.axes))


def _fold_axis(axis: TransformAxis, lines: Mapping[str, Line]) -> TransformAxis:
    if not axis.coordinates or is_constant(axis.function):
        return axis
    source, slope, intercept = lines[axis.coordinates[0]]
    if source is None:
        value = compile_functions([axis.function]).value(np.array([[intercept]]))[0, 0]
        return replace(axis, coordinates=(), function=Constant(float(value)))
    return replace(axis, coordinates=(source,), function=_of_line(axis.function, slope, intercept))


def _of_line(function: Function, slope: float, intercept: float) -> Function:
    """``x -> function(slope x + intercept)``."""
    if slope == 1.0 and intercept == 0.0:
        return function
    match function:
        case Linear(slopes, constant):
            return Linear((slopes[0] * slope,), constant + slopes[0] * intercept)
        case Multiplier(inner, scale):
            return Multiplier(_of_line(inner, slope, intercept), scale)
        case SimmSpline(x, y) | NaturalCubicSpline(x, y) | PiecewiseLinear(x, y) if slope > 0.0:
            return replace(function, x=(x - intercept) / slope, y=y)
        case Polynomial(coefficients):
            return Polynomial(np.poly1d(coefficients)(np.poly1d([slope, intercept])).coeffs)
    raise ModelError(f"a joint's {type(function).__name__} cannot follow a coordinate that is a line in another.")


# -------------------------------------------------------------------------------------------------------- polynomials

SPLINE_TOLERANCE = 1e-4
"""m or rad: 0.1 mm, 0.006 degrees."""

_HIGHEST_ORDER = 8


def _without_splines(body: Body) -> tuple[Body, float]:
    """Polynomials in place of the splines of joints, and the worst difference within the coordinates' ranges."""
    ranges = {c.name: c.range for c in body.coordinates}
    worst, joints = 0.0, []
    for joint in body.joints:
        axes = []
        for axis in joint.axes:
            function, error = axis.function, 0.0
            if axis.coordinates and not isinstance(function, Linear | Constant | Polynomial):
                function, error = _polynomial(function, ranges[axis.coordinates[0]])
            worst = max(worst, error)
            axes.append(replace(axis, function=function))
        joints.append(replace(joint, axes=tuple(axes)))
    return body.with_(joints=tuple(joints)), worst


def _polynomial(function: Function, within: tuple[float, float]) -> tuple[Function, float]:
    """Polynomial of the least order that follows a function to ``SPLINE_TOLERANCE``."""
    middle, half = 0.5 * (within[0] + within[1]), 0.5 * (within[1] - within[0])
    # Chebyshev points hold the ends, where a least-squares polynomial would swing.
    x = np.cos(np.linspace(0.0, np.pi, 201))
    y = compile_functions([function]).value((middle + half * x)[:, None])[:, 0]
    for order in range(1, _HIGHEST_ORDER + 1):
        fitted = np.polynomial.chebyshev.Chebyshev.fit(x, y, order, domain=[-1, 1])
        error = float(np.abs(fitted(x) - y).max())
        if error < SPLINE_TOLERANCE:
            break
    in_angle = fitted.convert(kind=np.polynomial.Polynomial)(np.polynomial.Polynomial([-middle / half, 1.0 / half]))
    return Polynomial(np.asarray(in_angle.coef[::-1])), error


# ------------------------------------------------------------------------------------------------------------ welding


def _weld(body: Body) -> Body:
    """Join segments that cannot move against each other into the one nearer the pelvis."""
    skeleton = compile_skeleton(body)
    at = poses(skeleton, np.array([[c.default for c in body.coordinates]]))
    index = skeleton.segment_index
    carrier: dict[str, str] = {}
    for joint in body.joints:
        still = all(is_constant(a.function) for a in joint.axes) and joint.parent != body.ground.name
        carrier[joint.child] = carrier[joint.parent] if still else joint.child
        carrier.setdefault(joint.parent, joint.parent)

    def place(segment: str) -> Frame:
        a, b = index[carrier.get(segment, segment)], index[segment]
        back = at.rotation[0, a].T
        return Frame(back @ at.rotation[0, b], back @ (at.translation[0, b] - at.translation[0, a]))

    carrier[body.ground.name] = body.ground.name
    frames = {name: place(name) for name in index}
    moving = [j for j in body.joints if carrier[j.child] == j.child]
    joints = tuple(
        replace(j, parent=carrier[j.parent], parent_frame=_in_frame(frames[j.parent], j.parent_frame)) for j in moving
    )
    segments = tuple(
        _joined(s, [(o, frames[o.name]) for o in body.segments if carrier[o.name] == s.name])
        for s in body.segments
        if carrier[s.name] == s.name
    )
    markers = tuple(_moved_marker(m, carrier, frames) for m in body.markers)
    contacts = tuple(
        replace(c, segment=carrier[c.segment], location=_point(frames[c.segment], c.location)) for c in body.contacts
    )
    return body.with_(joints=joints, segments=segments, markers=markers, contacts=contacts)


def _in_frame(outer: Frame, inner: Frame) -> Frame:
    return Frame(outer.rotation @ inner.rotation, _point(outer, inner.translation))


def _point(frame: Frame, location: Floats) -> Floats:
    return np.asarray(frame.rotation @ location + frame.translation)


def _moved_marker(marker: Marker, carrier: Mapping[str, str], frames: Mapping[str, Frame]) -> Marker:
    frame = frames[marker.segment]
    return replace(marker, segment=carrier[marker.segment], location=_point(frame, marker.location))


def _joined(keeper: Segment, parts: list[tuple[Segment, Frame]]) -> Segment:
    """One segment of the mass, mass centre and inertia of all parts; obstacles and meshes are left out."""
    mass = sum(s.mass for s, _ in parts)
    centers = [_point(frame, s.mass_center) for s, frame in parts]
    center = sum(s.mass * c for (s, _), c in zip(parts, centers, strict=True)) / mass if mass else keeper.mass_center
    inertia = np.zeros((3, 3))
    for (s, frame), c in zip(parts, centers, strict=True):
        d = c - center
        inertia = inertia + frame.rotation @ s.inertia @ frame.rotation.T
        inertia = inertia + s.mass * (d @ d * np.eye(3) - np.outer(d, d))
    return Segment(keeper.name, mass, np.asarray(center), inertia)
