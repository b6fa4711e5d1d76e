"""Joints, coordinates and couplers of an ``.osim`` file."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from groundup.body.functions import Constant, Floats, Function, Linear, Multiplier
from groundup.body.model import GROUND, Coordinate, Coupler, Joint, MotionKind, TransformAxis
from groundup.errors import ModelError
from groundup.io.osim_frames import Frames
from groundup.io.osim_functions import find_function, read_function
from groundup.io.xml import Element, XmlFile

_X, _Y, _Z = np.eye(3)
_AXES = (_X, _Y, _Z, _X, _Y, _Z)
SLOTS = ("rotation1", "rotation2", "rotation3", "translation1", "translation2", "translation3")

# For every joint with fixed axes: which coordinate moves rotation x, y, z and translation x, y, z.
_FIXED: dict[str, tuple[int | None, ...]] = {
    "WeldJoint": (None, None, None, None, None, None),
    "PinJoint": (None, None, 0, None, None, None),
    "SliderJoint": (None, None, None, 0, None, None),
    "UniversalJoint": (0, 1, None, None, None, None),
    "BallJoint": (0, 1, 2, None, None, None),
    "GimbalJoint": (0, 1, 2, None, None, None),
    "FreeJoint": (0, 1, 2, 3, 4, 5),
    "PlanarJoint": (None, None, 0, 1, 2, None),
}
SUPPORTED_JOINTS = ("CustomJoint", *_FIXED)


class ReadJoint(NamedTuple):
    """A joint and the coordinates it owns, in file order."""

    joint: Joint
    coordinates: tuple[Coordinate, ...]


def read_joint(file: XmlFile, element: Element, frames: Frames) -> ReadJoint:
    """Read one joint of OpenSim 4 layout."""
    name, kind = element.get("name", ""), element.tag
    if kind not in SUPPORTED_JOINTS:
        raise file.error(
            element, f"joint {name!r} is a {kind}, expected one of: {', '.join(SUPPORTED_JOINTS)}. "
            "Rewrite it as a CustomJoint with the same motion.", ModelError,
        )  # fmt: skip
    if file.flag(element, "reverse", False):
        raise file.error(element, f"joint {name!r} is reversed. Swap its parent and child instead.", ModelError)
    owner = f"/jointset/{name}"
    parent, parent_frame = frames.locate(file.text(element, "socket_parent_frame"), owner, element)
    child, child_frame = frames.locate(file.text(element, "socket_child_frame"), owner, element)
    coordinates = tuple(_coordinate(file, c, name) for c in file.child(element, "coordinates") or ())
    axes = _custom_axes(file, element) if kind == "CustomJoint" else _fixed_axes(file, element, coordinates)
    named = tuple(replace(c, motion=_motion(c.name, axes)) for c in coordinates)
    return ReadJoint(Joint(name, kind, parent, child, parent_frame, child_frame, axes), named)


def _coordinate(file: XmlFile, element: Element, joint: str) -> Coordinate:
    low, high = file.numbers(element, "range", np.array([-10.0, 10.0]), 2, finite=False)
    if low > high:
        raise file.error(element, f"<range> is {low:g} to {high:g}, expected the smaller number first.", ModelError)
    function = find_function(element, "prescribed_function")
    is_prescribed = file.flag(element, "prescribed", False)
    # A function of time that is not in force may be of a kind that cannot be evaluated: nothing asks for it.
    usable = function is not None and (is_prescribed or function.tag != "GCVSpline")
    return Coordinate(
        name=element.get("name", ""),
        joint=joint,
        default=file.number(element, "default_value", 0.0),
        default_speed=file.number(element, "default_speed_value", 0.0),
        range=(float(low), float(high)),
        clamped=file.flag(element, "clamped", False),
        locked=file.flag(element, "locked", False),
        prescribed=read_function(file, function) if function is not None and usable else None,
        is_prescribed=is_prescribed and function is not None,
    )


def _fixed_axes(file: XmlFile, element: Element, coordinates: tuple[Coordinate, ...]) -> tuple[TransformAxis, ...]:
    movers = _FIXED[element.tag]
    count = sum(mover is not None for mover in movers)
    if len(coordinates) != count:
        raise file.error(
            element, f"has {len(coordinates)} coordinates, expected {count} for a {element.tag}. Name each one in "
            "<coordinates>.", ModelError,
        )  # fmt: skip
    return tuple(
        TransformAxis(axis, (), Constant(0.0))
        if mover is None
        else TransformAxis(axis, (coordinates[mover].name,), Linear((1.0,), 0.0))
        for axis, mover in zip(_AXES, movers, strict=True)
    )


def is_plain_joint(joint: Joint, coordinates: tuple[str, ...]) -> bool:
    """Say whether a joint of fixed axes still moves the way its kind says, by the coordinates it owns, in order."""
    movers = _FIXED.get(joint.kind)
    if movers is None or len(coordinates) != sum(mover is not None for mover in movers):
        return False
    return all(
        _does_not_move(axis.function)
        if mover is None
        else axis.coordinates == (coordinates[mover],)
        and bool((axis.axis == fixed).all())
        and isinstance(axis.function, Linear)
        and (axis.function.slopes, axis.function.intercept) == ((1.0,), 0.0)
        for axis, mover, fixed in zip(joint.axes, movers, _AXES, strict=True)
    )


def _does_not_move(function: Function) -> bool:
    return isinstance(function, Constant) and function.value == 0.0


def _custom_axes(file: XmlFile, element: Element) -> tuple[TransformAxis, ...]:
    transform = file.child(element, "SpatialTransform")
    found = list(transform.findall("TransformAxis")) if transform is not None else []
    by_name = {axis.get("name"): axis for axis in found}
    if len(by_name) != len(found) or not set(by_name) <= set(SLOTS):
        raise file.error(
            element, f"<SpatialTransform> holds axes {', '.join(str(a.get('name')) for a in found)}, "
            f"expected: {', '.join(SLOTS)}.", ModelError,
        )  # fmt: skip
    return tuple(_axis(file, by_name.get(slot), default) for slot, default in zip(SLOTS, _AXES, strict=True))


def _axis(file: XmlFile, element: Element | None, default: Floats) -> TransformAxis:
    if element is None:
        return TransformAxis(default, (), Constant(0.0))
    axis = file.numbers(element, "axis", default, 3)
    length = float(np.linalg.norm(axis))
    if length < 1e-9:
        raise file.error(element, "<axis> is 0 0 0, expected a direction.", ModelError)
    coordinates = tuple(file.text(element, "coordinates", "").split())
    source = find_function(element, "function")
    function: Function = Constant(0.0) if source is None else read_function(file, source)
    _check_arguments(file, element, function, coordinates)
    return TransformAxis(axis / length, coordinates, function)


def _check_arguments(file: XmlFile, element: Element, function: Function, coordinates: tuple[str, ...]) -> None:
    wanted = arguments(function)
    if wanted is None or wanted == len(coordinates):
        return
    raise file.error(
        element, f"its function has {wanted} argument(s) and is given {len(coordinates)} coordinate(s) "
        f"({' '.join(coordinates) or 'none'}), expected as many of each.", ModelError,
    )  # fmt: skip


def arguments(function: Function) -> int | None:
    """Return how many numbers a function takes; None where it takes any (a constant)."""
    while isinstance(function, Multiplier):
        function = function.function
    if isinstance(function, Constant):
        return None
    return len(function.slopes) if isinstance(function, Linear) else 1


def _motion(name: str, axes: tuple[TransformAxis, ...]) -> MotionKind:
    """Return rotational or translational where the coordinate is the very angle or distance of one axis."""
    moved = [i for i, axis in enumerate(axes) if name in axis.coordinates]
    plain = [i for i in moved if _is_plain(axes[i])]
    if any(i < 3 for i in plain):
        return MotionKind.ROTATIONAL
    if plain:
        return MotionKind.TRANSLATIONAL
    return MotionKind.COUPLED if moved else MotionKind.ROTATIONAL


def _is_plain(axis: TransformAxis) -> bool:
    return isinstance(axis.function, Linear) and abs(abs(axis.function.slopes[0]) - 1.0) < 1e-12


def read_coupler(file: XmlFile, element: Element) -> Coupler:
    """Read one CoordinateCouplerConstraint."""
    source = find_function(element, "coupled_coordinates_function")
    if source is None:
        raise file.error(element, "holds no function, expected one in <coupled_coordinates_function>.", ModelError)
    function = read_function(file, source)
    independents = tuple(file.text(element, "independent_coordinate_names").split())
    _check_arguments(file, element, function, independents)
    return Coupler(
        name=element.get("name", ""),
        dependent=file.text(element, "dependent_coordinate_name"),
        independents=independents,
        function=function,
        scale=file.number(element, "scale_factor", 1.0),
    )


def sort_joints(file: XmlFile, joints: tuple[ReadJoint, ...], segments: tuple[str, ...]) -> tuple[ReadJoint, ...]:
    """Order joints so that a parent comes before its children; otherwise keep the order of the file.

    Raises
    ------
    ModelError
        A body with two joints (a loop), without one, or that no chain of joints ties to the ground.
    """
    by_child: dict[str, Joint] = {}
    for joint, _ in joints:
        if joint.child == GROUND or joint.child in by_child:
            other = by_child[joint.child].name if joint.child in by_child else GROUND
            raise ModelError(
                f"{file.path}: joint {joint.name!r} closes a loop: its child {joint.child!r} is already held by "
                f"{other!r}, expected one joint per body. Remove one of the two."
            )
        by_child[joint.child] = joint
    loose = [name for name in segments if name not in by_child]
    if loose:
        raise ModelError(
            f"{file.path}: no joint holds: {', '.join(loose)}; expected one joint with each body as its child. Add one "
            "(a FreeJoint to ground lets it move freely)."
        )
    placed, order, waiting = {GROUND}, list[ReadJoint](), list(joints)
    while waiting:
        ready = [j for j in waiting if j.joint.parent in placed]
        if not ready:
            names = ", ".join(j.joint.name for j in waiting)
            raise ModelError(
                f"{file.path}: joints {names} hang on each other in a circle and not on the ground, expected a tree. "
                "Correct their parents."
            )
        order.append(ready[0])
        placed.add(ready[0].joint.child)
        waiting.remove(ready[0])
    return tuple(order)
