"""Muscles, actuators and contact spheres of an ``.osim`` file."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

import numpy as np

from groundup.body.functions import Constant, Function
from groundup.body.model import (
    GROUND,
    Actuator,
    ContactSphere,
    CoordinateActuator,
    Frame,
    Muscle,
    MuscleKind,
    PathPoint,
    PathWrap,
    PointActuator,
    TorqueActuator,
)
from groundup.errors import ModelError
from groundup.io.osim_frames import Frames, carry, is_identity, rotation_from_euler
from groundup.io.osim_functions import find_function, read_function
from groundup.io.xml import Element, XmlFile

_ZERO = np.zeros(3)

# The figures of each kind of muscle, with the values that OpenSim 4.6 gives to those a file does not state.
_FIGURES: dict[MuscleKind, dict[str, float]] = {
    MuscleKind.THELEN2003: {
        "FmaxTendonStrain": 0.04,
        "FmaxMuscleStrain": 0.6,
        "KshapeActive": 0.45,
        "KshapePassive": 5.0,
        "Af": 0.25,
        "Flen": 1.4,
        "fv_linear_extrap_threshold": 0.95,
        "maximum_pennation_angle": float(np.arccos(0.1)),
        "activation_time_constant": 0.015,
        "deactivation_time_constant": 0.05,
        "minimum_activation": 0.01,
        "default_activation": 0.05,
        "default_fiber_length": 0.1,
    },
    MuscleKind.MILLARD2012: {
        "fiber_damping": 0.1,
        "maximum_pennation_angle": float(np.arccos(0.1)),
        "activation_time_constant": 0.01,
        "deactivation_time_constant": 0.04,
        "minimum_activation": 0.01,
        "default_activation": 0.05,
        "default_fiber_length": 0.1,
    },
    MuscleKind.DEGROOTEFREGLY2016: {
        "active_force_width_scale": 1.0,
        "fiber_damping": 0.0,
        "passive_fiber_strain_at_one_norm_force": 0.6,
        "tendon_strain_at_one_norm_force": 0.049,
        "activation_time_constant": 0.015,
        "deactivation_time_constant": 0.06,
        "activation_dynamics_smoothing": 0.1,
        "default_activation": 0.5,
        "default_normalized_tendon_force": 0.5,
    },
}
_FLAGS: dict[MuscleKind, tuple[str, ...]] = {MuscleKind.DEGROOTEFREGLY2016: ("ignore_passive_fiber_force",)}
_MIN_CONTROL = {MuscleKind.THELEN2003: 0.01, MuscleKind.MILLARD2012: 0.01, MuscleKind.DEGROOTEFREGLY2016: 0.0}
_CURVES = ("ActiveForceLengthCurve", "ForceVelocityCurve", "FiberForceLengthCurve", "TendonForceLengthCurve")
_POINTS = ("PathPoint", "ConditionalPathPoint", "MovingPathPoint")


def applies_force(file: XmlFile, element: Element) -> bool:
    """Say whether a force is switched on; files before 4.0 say whether it is switched off."""
    if (stated := file.text(element, "appliesForce", "")) != "":
        return file.flag(element, "appliesForce", bool(stated))
    return not file.flag(element, "isDisabled", False)


# --- muscles ----------------------------------------------------------------------------------------------------


def is_muscle(kind: str) -> bool:
    """Say whether an element kind is a muscle, known here or not."""
    return kind in list(MuscleKind) or "Muscle" in kind


def read_muscle(file: XmlFile, element: Element, frames: Frames) -> Muscle:
    """Read one muscle.

    Raises
    ------
    ModelError
        A kind of muscle that the engine does not compute, a path of fewer than two points, a figure out of bounds.
    """
    name = element.get("name", "")
    if element.tag not in list(MuscleKind):
        raise file.error(
            element, f"muscle {name!r} is a {element.tag}, expected one of: {', '.join(MuscleKind)}. "
            "Convert it in OpenSim, because leaving it out would change the answer.", ModelError,
        )  # fmt: skip
    kind = MuscleKind(element.tag)
    points, wraps = _path(file, element, frames)
    return Muscle(
        name=name,
        kind=kind,
        points=points,
        wraps=wraps,
        max_isometric_force=_positive(file, element, "max_isometric_force", 1000.0, zero=True),
        optimal_fiber_length=_positive(file, element, "optimal_fiber_length", 0.1),
        tendon_slack_length=_positive(file, element, "tendon_slack_length", 0.2, zero=True),
        pennation_angle=file.number(element, "pennation_angle_at_optimal", 0.0),
        max_contraction_velocity=_positive(file, element, "max_contraction_velocity", 10.0),
        parameters=_figures(file, element, kind),
        min_control=file.number(element, "min_control", _MIN_CONTROL[kind], finite=False),
        max_control=file.number(element, "max_control", 1.0, finite=False),
        ignore_tendon_compliance=file.flag(element, "ignore_tendon_compliance", False),
        ignore_activation_dynamics=file.flag(element, "ignore_activation_dynamics", False),
        applies_force=applies_force(file, element),
    )


def _positive(file: XmlFile, element: Element, tag: str, default: float, zero: bool = False) -> float:
    value = file.number(element, tag, default)
    if value < 0.0 or (value == 0.0 and not zero):
        raise file.error(element, f"<{tag}> is {value:g}, expected a number above 0.", ModelError)
    return value


def _figures(file: XmlFile, element: Element, kind: MuscleKind) -> dict[str, float]:
    figures = {tag: file.number(element, tag, default) for tag, default in _FIGURES[kind].items()}
    figures |= {tag: float(file.flag(element, tag, False)) for tag in _FLAGS.get(kind, ())}
    if kind is MuscleKind.MILLARD2012:
        for tag in _CURVES:
            curve = file.child(element, tag)
            if curve is not None:
                figures |= _curve_figures(file, curve)
    return figures


def _curve_figures(file: XmlFile, curve: Element) -> dict[str, float]:
    # A figure that is absent stays absent: OpenSim then derives it from the others.
    stated = {child.tag: child for child in curve if child.text and child.text.strip() and not len(child)}
    return {f"{curve.tag}.{tag}": file.number(curve, tag) for tag in stated}


def _path(file: XmlFile, element: Element, frames: Frames) -> tuple[tuple[PathPoint, ...], tuple[PathWrap, ...]]:
    path = file.child(element, "GeometryPath")
    if path is None and (wrapper := file.child(element, "path")) is not None:
        path = next(iter(wrapper), None)
    if path is None or path.tag != "GeometryPath":
        raise file.error(element, "has no GeometryPath, expected one with at least two points.", ModelError)
    owner = f"/forceset/{element.get('name', '')}/{path.get('name') or 'geometrypath'}"
    points = tuple(_point(file, p, frames, owner) for p in file.objects(path.find("PathPointSet")))
    if len(points) < 2:
        raise file.error(path, f"has {len(points)} points, expected at least 2.", ModelError)
    wraps = tuple(_wrap(file, w) for w in file.objects(path.find("PathWrapSet")))
    return points, wraps


def _point(file: XmlFile, element: Element, frames: Frames, owner: str) -> PathPoint:
    if element.tag not in _POINTS:
        raise file.error(element, f"a {element.tag} cannot be used, expected: {', '.join(_POINTS)}.", ModelError)
    name = element.get("name", "")
    reference = file.text(element, "socket_parent_frame")
    segment, frame = frames.locate(reference, f"{owner}/{name}", element)
    if element.tag == "MovingPathPoint":
        return _moving_point(file, element, segment, frame)
    location = carry(frame, file.numbers(element, "location", _ZERO, 3))
    if element.tag == "PathPoint":
        return PathPoint(name, segment, location)
    low, high = file.numbers(element, "range", np.zeros(2), 2)
    coordinate = coordinate_name(file.text(element, "socket_coordinate"))
    return PathPoint(name, segment, location, coordinate=coordinate, range=(float(low), float(high)))


def coordinate_name(reference: str) -> str:
    """Return the last step of a path to a coordinate."""
    return posixpath.basename(reference.rstrip("/"))


def _moving_point(file: XmlFile, element: Element, segment: str, frame: Frame) -> PathPoint:
    if not is_identity(frame):
        raise file.error(
            element, "a MovingPathPoint sits on an offset frame. Attach it to the body itself.", ModelError
        )
    moving = tuple(_moving_axis(file, element, axis) for axis in "xyz")
    location = file.numbers(element, "location", _ZERO, 3)
    return PathPoint(element.get("name", ""), segment, location, moving=moving)


def _moving_axis(file: XmlFile, element: Element, axis: str) -> tuple[Function, str | None]:
    wrapper = element.find(f"{axis}_location")
    source = find_function(element, f"{axis}_location") if wrapper is not None else None
    function: Function = Constant(0.0) if source is None else read_function(file, source)
    reference = file.text(element, f"socket_{axis}_coordinate", "")
    if not reference and not isinstance(function, Constant):
        raise file.error(element, f"has no <socket_{axis}_coordinate>, expected one for its function.", ModelError)
    return function, coordinate_name(reference) or None


def _wrap(file: XmlFile, element: Element) -> PathWrap:
    wanted = file.text(element, "range", "-1 -1")
    first, last = file.parse_numbers(element, "range", wanted or "-1 -1", 2)
    method = file.text(element, "method", "hybrid").lower()
    if method in ("", "unassigned"):
        method = "hybrid"
    if method not in ("hybrid", "midpoint", "axial"):
        raise file.error(element, f"<method> is {method!r}, expected hybrid, midpoint or axial.", ModelError)
    name = coordinate_name(file.text(element, "wrap_object"))
    return PathWrap(name, method, (int(first) if first >= 1 else None, int(last) if last >= 1 else None))


# --- actuators --------------------------------------------------------------------------------------------------


def _coordinate_actuator(file: XmlFile, element: Element) -> CoordinateActuator:
    return CoordinateActuator(
        name=element.get("name", ""),
        coordinate=coordinate_name(file.text(element, "coordinate", "")),
        optimal_force=file.number(element, "optimal_force", 1.0),
        min_control=file.number(element, "min_control", -np.inf, finite=False),
        max_control=file.number(element, "max_control", np.inf, finite=False),
        applies_force=applies_force(file, element),
    )


def _point_actuator(file: XmlFile, element: Element) -> PointActuator:
    return PointActuator(
        name=element.get("name", ""),
        segment=_segment(file, element, "body") or GROUND,
        point=file.numbers(element, "point", _ZERO, 3),
        direction=file.numbers(element, "direction", np.array([1.0, 0.0, 0.0]), 3),
        optimal_force=file.number(element, "optimal_force", 1.0),
        point_is_global=file.flag(element, "point_is_global", False),
        force_is_global=file.flag(element, "force_is_global", False),
        min_control=file.number(element, "min_control", -np.inf, finite=False),
        max_control=file.number(element, "max_control", np.inf, finite=False),
        applies_force=applies_force(file, element),
    )


def _torque_actuator(file: XmlFile, element: Element) -> TorqueActuator:
    return TorqueActuator(
        name=element.get("name", ""),
        segment_a=_segment(file, element, "bodyA") or GROUND,
        segment_b=_segment(file, element, "bodyB"),
        axis=file.numbers(element, "axis", np.array([0.0, 0.0, 1.0]), 3),
        optimal_force=file.number(element, "optimal_force", 1.0),
        torque_is_global=file.flag(element, "torque_is_global", True),
        min_control=file.number(element, "min_control", -np.inf, finite=False),
        max_control=file.number(element, "max_control", np.inf, finite=False),
        applies_force=applies_force(file, element),
    )


def _segment(file: XmlFile, element: Element, tag: str) -> str | None:
    name = coordinate_name(file.text(element, tag, ""))
    return None if name in ("", "Unassigned") else name


ACTUATORS: dict[str, Callable[[XmlFile, Element], Actuator]] = {
    "CoordinateActuator": _coordinate_actuator,
    "ActivationCoordinateActuator": _coordinate_actuator,
    "PointActuator": _point_actuator,
    "TorqueActuator": _torque_actuator,
}


# --- contact ----------------------------------------------------------------------------------------------------


def is_ground_plane(file: XmlFile, element: Element, frames: Frames) -> bool:
    """Say whether a ContactHalfSpace is the plane y = 0 of the ground, solid below."""
    owner = f"/contactgeometryset/{element.get('name', '')}"
    segment, frame = frames.locate(_contact_frame(file, element), owner, element)
    location = carry(frame, file.numbers(element, "location", _ZERO, 3))
    rotation = frame.rotation @ rotation_from_euler(file.numbers(element, "orientation", _ZERO, 3))
    # The solid lies along +x of a half space.
    return segment == GROUND and abs(location[1]) < 1e-9 and bool(np.allclose(rotation[:, 0], [0, -1, 0], atol=1e-6))


def _contact_frame(file: XmlFile, element: Element) -> str:
    return file.text(element, "socket_frame", "") or file.text(element, "body_name")


def read_contact(file: XmlFile, force: Element, sphere: Element, frames: Frames) -> ContactSphere:
    """Read one SmoothSphereHalfSpaceForce together with its ContactSphere."""
    owner = f"/contactgeometryset/{sphere.get('name', '')}"
    segment, frame = frames.locate(_contact_frame(file, sphere), owner, sphere)
    return ContactSphere(
        name=force.get("name", ""),
        segment=segment,
        location=carry(frame, file.numbers(sphere, "location", _ZERO, 3)),
        radius=_positive(file, sphere, "radius", 0.0),
        stiffness=file.number(force, "stiffness", 1.0),
        dissipation=file.number(force, "dissipation", 0.0),
        static_friction=file.number(force, "static_friction", 0.0),
        dynamic_friction=file.number(force, "dynamic_friction", 0.0),
        viscous_friction=file.number(force, "viscous_friction", 0.0),
        transition_velocity=file.number(force, "transition_velocity", 0.01),
        hertz_smoothing=file.number(force, "hertz_smoothing", 300.0),
        hunt_crossley_smoothing=file.number(force, "hunt_crossley_smoothing", 50.0),
        constant_contact_force=file.number(force, "constant_contact_force", 1e-5),
    )
