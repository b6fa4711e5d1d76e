"""Write a body as an OpenSim 4 model (``.osim``)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import (
    GROUND,
    Actuator,
    Body,
    ContactSphere,
    Coordinate,
    CoordinateActuator,
    Coupler,
    Frame,
    Joint,
    Marker,
    Mesh,
    Muscle,
    MuscleKind,
    PathPoint,
    PathWrap,
    PointActuator,
    Segment,
    TransformAxis,
    WrapKind,
    WrapObject,
)
from groundup.io.atomic import write_bytes_atomic
from groundup.io.osim_frames import euler_from_rotation, is_identity
from groundup.io.osim_functions import function_element, words
from groundup.io.osim_joints import SLOTS, is_plain_joint
from groundup.io.xml import Element

_VERSION = "40000"
_HEAD = b'<?xml version="1.0" encoding="UTF-8" ?>\n'
_WRAP_TAGS = {
    WrapKind.CYLINDER: ("WrapCylinder", ("radius", "length")),
    WrapKind.SPHERE: ("WrapSphere", ("radius",)),
    WrapKind.TORUS: ("WrapTorus", ("inner_radius", "outer_radius")),
    WrapKind.ELLIPSOID: ("WrapEllipsoid", ()),
}
_FLAG_FIGURES = frozenset({"ignore_passive_fiber_force"})
_HALF_TURN_DOWN = "0 0 -1.5707963267948966"


def write_osim(body: Body, path: str | Path) -> None:
    """Write a model that OpenSim 4 opens and that :func:`groundup.io.osim_read.read_osim` reads back unchanged.

    Parameters
    ----------
    body : the model; what ``body.unsupported`` kept verbatim is put back into its set
    path : file to write; it appears whole or not at all

    Raises
    ------
    FileError
        The file cannot be written.
    ModelError
        A function that OpenSim has no name for.

    Notes
    -----
    Colours, object groups and comments of the file that the body came from are not kept. Offset frames are dissolved
    into the bodies that carry them, except those of joints and of displaced meshes.
    """
    root = ET.Element("OpenSimDocument", Version=_VERSION)
    root.append(_model(body))
    ET.indent(root, "\t")
    write_bytes_atomic(path, _HEAD + ET.tostring(root, encoding="utf-8") + b"\n")


def _model(body: Body) -> Element:
    model = ET.Element("Model", name=body.name)
    _extend(model, "components", _kept(body, "components"))
    model.append(_ground(body.ground))
    _values(model, gravity=body.gravity, credits=body.credits, length_units="meters", force_units="N")
    own = {name: [c for c in body.coordinates if c.joint == name] for name in (j.name for j in body.joints)}
    _set(model, "BodySet", (_body(s) for s in body.segments))
    _set(model, "JointSet", (_joint(j, own[j.name]) for j in body.joints))
    _set(model, "ControllerSet", _kept(body, "ControllerSet"))
    _set(model, "ConstraintSet", [*map(_coupler, body.couplers), *_kept(body, "ConstraintSet")])
    floor = _floor_name(body)
    where = {c.name: f"/jointset/{c.joint}/{c.name}" for c in body.coordinates}
    forces = [*(_muscle(m, where) for m in body.muscles), *map(_actuator, body.actuators)]
    forces += [_contact_force(c, floor) for c in body.contacts]
    _set(model, "ForceSet", [*forces, *_kept(body, "ForceSet")])
    _set(model, "MarkerSet", map(_marker, body.markers))
    _set(model, "ContactGeometrySet", [*_contact_geometry(body, floor), *_kept(body, "ContactGeometrySet")])
    _set(model, "ProbeSet", _kept(body, "ProbeSet"))
    _set(model, "ComponentSet", _kept(body, "ComponentSet"))
    return model


def _kept(body: Body, container: str) -> list[Element]:
    return [ET.fromstring(u.xml) for u in body.unsupported if u.container == container and u.xml]


# --- building blocks --------------------------------------------------------------------------------------------


def _set(model: Element, tag: str, members: Iterable[Element]) -> None:
    inner = ET.SubElement(ET.SubElement(model, tag, name=tag.lower()), "objects")
    inner.extend(members)


def _extend(parent: Element, tag: str, members: list[Element]) -> None:
    if members:
        ET.SubElement(parent, tag).extend(members)


def _values(element: Element, **values: str | bool | float | Floats) -> Element:
    for tag, value in values.items():
        ET.SubElement(element, tag).text = _text(value)
    return element


def _text(value: str | bool | float | Floats) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return words(*np.atleast_1d(value))


def _frame_path(segment: str) -> str:
    return f"/{GROUND}" if segment == GROUND else f"/bodyset/{segment}"


# --- segments ---------------------------------------------------------------------------------------------------


def _ground(segment: Segment) -> Element:
    return _carried(ET.Element("Ground", name=GROUND), segment)


def _body(segment: Segment) -> Element:
    element = _carried(ET.Element("Body", name=segment.name), segment)
    i = segment.inertia
    inertia = np.array([i[0, 0], i[1, 1], i[2, 2], i[0, 1], i[0, 2], i[1, 2]])
    return _values(element, mass=segment.mass, mass_center=segment.mass_center, inertia=inertia)


def _carried(element: Element, segment: Segment) -> Element:
    name = segment.name
    moved = [m for m in segment.meshes if not is_identity(m.frame)]
    _extend(element, "components", [_moved_mesh(f"{name}_geom_frame_{i}", m) for i, m in enumerate(moved, 1)])
    still = [m for m in segment.meshes if is_identity(m.frame)]
    _extend(element, "attached_geometry", [_mesh(f"{name}_geom_{i}", m) for i, m in enumerate(still, 1)])
    wraps = ET.SubElement(ET.SubElement(element, "WrapObjectSet", name="wrapobjectset"), "objects")
    wraps.extend(_wrap_object(w) for w in segment.wrap_objects)
    return element


def _mesh(name: str, mesh: Mesh) -> Element:
    element = ET.Element("Mesh", name=name)
    return _values(element, socket_frame="..", scale_factors=np.array(mesh.scale), mesh_file=mesh.file)


def _moved_mesh(name: str, mesh: Mesh) -> Element:
    element = _offset_frame(name, "..", mesh.frame)
    _extend(element, "attached_geometry", [_mesh(f"{name}_mesh", mesh)])
    return element


def _offset_frame(name: str, parent: str, frame: Frame) -> Element:
    element = ET.Element("PhysicalOffsetFrame", name=name)
    angles = euler_from_rotation(frame.rotation)
    return _values(element, socket_parent=parent, translation=frame.translation, orientation=angles)


def _wrap_object(wrap: WrapObject) -> Element:
    tag, sizes = _WRAP_TAGS[wrap.kind]
    element = ET.Element(tag, name=wrap.name)
    angles = euler_from_rotation(wrap.frame.rotation)
    _values(element, active=wrap.active, xyz_body_rotation=angles, translation=wrap.frame.translation)
    _values(element, quadrant=wrap.quadrant)
    if wrap.kind is WrapKind.ELLIPSOID:
        return _values(element, dimensions=np.array(wrap.dimensions))
    return _values(element, **dict(zip(sizes, wrap.dimensions, strict=True)))


def _marker(marker: Marker) -> Element:
    element = ET.Element("Marker", name=marker.name)
    return _values(
        element, socket_parent_frame=_frame_path(marker.segment), location=marker.location, fixed=marker.fixed
    )


# --- joints -----------------------------------------------------------------------------------------------------


def _joint(joint: Joint, coordinates: list[Coordinate]) -> Element:
    # A joint whose axes were changed by hand no longer is what its kind says.
    plain = is_plain_joint(joint, tuple(c.name for c in coordinates))
    element = ET.Element(joint.kind if plain else "CustomJoint", name=joint.name)
    parent, child = f"{joint.parent}_offset", f"{joint.child}_offset"
    _values(element, socket_parent_frame=parent, socket_child_frame=child)
    _extend(element, "coordinates", [_coordinate(c) for c in coordinates])
    ends = ((parent, joint.parent, joint.parent_frame), (child, joint.child, joint.child_frame))
    _extend(element, "frames", [_offset_frame(name, _frame_path(body), frame) for name, body, frame in ends])
    if not plain:
        axes = [_axis(slot, axis) for slot, axis in zip(SLOTS, joint.axes, strict=True)]
        _extend(element, "SpatialTransform", axes)
    return element


def _axis(slot: str, axis: TransformAxis) -> Element:
    element = ET.Element("TransformAxis", name=slot)
    _values(element, coordinates=" ".join(axis.coordinates), axis=axis.axis)
    function = function_element(axis.function)
    function.set("name", "function")
    element.append(function)
    return element


def _coordinate(coordinate: Coordinate) -> Element:
    element = ET.Element("Coordinate", name=coordinate.name)
    _values(element, default_value=coordinate.default, default_speed_value=coordinate.default_speed)
    _values(element, range=np.array(coordinate.range), clamped=coordinate.clamped, locked=coordinate.locked)
    if coordinate.prescribed is not None:
        _extend(element, "prescribed_function", [function_element(coordinate.prescribed)])
    return _values(element, prescribed=coordinate.is_prescribed)


def _coupler(coupler: Coupler) -> Element:
    element = _values(ET.Element("CoordinateCouplerConstraint", name=coupler.name), isEnforced=True)
    _extend(element, "coupled_coordinates_function", [function_element(coupler.function)])
    return _values(
        element,
        independent_coordinate_names=" ".join(coupler.independents),
        dependent_coordinate_name=coupler.dependent,
        scale_factor=coupler.scale,
    )


# --- forces -----------------------------------------------------------------------------------------------------


def _muscle(muscle: Muscle, where: dict[str, str]) -> Element:
    element = ET.Element(muscle.kind.value, name=muscle.name)
    _values(element, appliesForce=muscle.applies_force, min_control=muscle.min_control, max_control=muscle.max_control)
    path = ET.SubElement(element, "GeometryPath", name="geometrypath")
    points = ET.SubElement(ET.SubElement(path, "PathPointSet"), "objects")
    points.extend(_point(p, where) for p in muscle.points)
    wraps = ET.SubElement(ET.SubElement(path, "PathWrapSet"), "objects")
    wraps.extend(_path_wrap(i, w) for i, w in enumerate(muscle.wraps, 1))
    _values(
        element,
        max_isometric_force=muscle.max_isometric_force,
        optimal_fiber_length=muscle.optimal_fiber_length,
        tendon_slack_length=muscle.tendon_slack_length,
        pennation_angle_at_optimal=muscle.pennation_angle,
        max_contraction_velocity=muscle.max_contraction_velocity,
        ignore_tendon_compliance=muscle.ignore_tendon_compliance,
        ignore_activation_dynamics=muscle.ignore_activation_dynamics,
    )
    return _figures(element, muscle)


def _figures(element: Element, muscle: Muscle) -> Element:
    curves: dict[str, Element] = {}
    for name, value in muscle.parameters.items():
        curve, dot, figure = name.partition(".")
        if dot and muscle.kind is MuscleKind.MILLARD2012:
            if curve not in curves:
                curves[curve] = ET.SubElement(element, curve, name=curve)
            _values(curves[curve], **{figure: value})
        else:
            _values(element, **{name: bool(value) if name in _FLAG_FIGURES else value})
    return element


def _point(point: PathPoint, where: dict[str, str]) -> Element:
    if point.moving is not None:
        return _moving_point(point, where)
    tag = "PathPoint" if point.coordinate is None else "ConditionalPathPoint"
    element = ET.Element(tag, name=point.name)
    _values(element, socket_parent_frame=_frame_path(point.segment), location=point.location)
    if point.coordinate is not None and point.range is not None:
        _values(element, socket_coordinate=where[point.coordinate], range=np.array(point.range))
    return element


def _moving_point(point: PathPoint, where: dict[str, str]) -> Element:
    element = ET.Element("MovingPathPoint", name=point.name)
    _values(element, socket_parent_frame=_frame_path(point.segment), location=point.location)
    moving = point.moving or ()
    # OpenSim wants a coordinate for a constant too; which one makes no difference.
    spare = next((name for _, name in moving if name is not None), next(iter(where)))
    for axis, (function, coordinate) in zip("xyz", moving, strict=True):
        _values(element, **{f"socket_{axis}_coordinate": where[coordinate or spare]})
        _extend(element, f"{axis}_location", [function_element(function)])
    return element


def _path_wrap(index: int, wrap: PathWrap) -> Element:
    element = ET.Element("PathWrap", name=f"pathwrap_{index}")
    first, last = (-1 if end is None else end for end in wrap.range)
    return _values(element, wrap_object=wrap.wrap_object, method=wrap.method, range=f"{first} {last}")


def _actuator(actuator: Actuator) -> Element:
    element = ET.Element(type(actuator).__name__, name=actuator.name)
    _values(element, appliesForce=actuator.applies_force)
    _values(element, min_control=actuator.min_control, max_control=actuator.max_control)
    if isinstance(actuator, CoordinateActuator):
        _values(element, coordinate=actuator.coordinate)
    elif isinstance(actuator, PointActuator):
        _values(element, body=actuator.segment, point=actuator.point, point_is_global=actuator.point_is_global)
        _values(element, direction=actuator.direction, force_is_global=actuator.force_is_global)
    else:
        _values(element, bodyA=actuator.segment_a, bodyB=actuator.segment_b or "")
        _values(element, torque_is_global=actuator.torque_is_global, axis=actuator.axis)
    return _values(element, optimal_force=actuator.optimal_force)


# --- contact ----------------------------------------------------------------------------------------------------


def _floor_name(body: Body) -> str:
    taken = {u.name for u in body.unsupported if u.container == "ContactGeometrySet"}
    return next(name for i in count(1) if (name := "floor" if i == 1 else f"floor_{i}") not in taken)


def _contact_geometry(body: Body, floor: str) -> list[Element]:
    if not body.contacts:
        return []
    plane = ET.Element("ContactHalfSpace", name=floor)
    _values(plane, socket_frame=f"/{GROUND}", location="0 0 0", orientation=_HALF_TURN_DOWN)
    return [plane, *map(_sphere, body.contacts)]


def _sphere(contact: ContactSphere) -> Element:
    element = ET.Element("ContactSphere", name=f"{contact.name}_sphere")
    return _values(element, socket_frame=_frame_path(contact.segment), location=contact.location, radius=contact.radius)


def _contact_force(contact: ContactSphere, floor: str) -> Element:
    element = ET.Element("SmoothSphereHalfSpaceForce", name=contact.name)
    return _values(
        element,
        socket_sphere=f"/contactgeometryset/{contact.name}_sphere",
        socket_half_space=f"/contactgeometryset/{floor}",
        stiffness=contact.stiffness,
        dissipation=contact.dissipation,
        static_friction=contact.static_friction,
        dynamic_friction=contact.dynamic_friction,
        viscous_friction=contact.viscous_friction,
        transition_velocity=contact.transition_velocity,
        constant_contact_force=contact.constant_contact_force,
        hertz_smoothing=contact.hertz_smoothing,
        hunt_crossley_smoothing=contact.hunt_crossley_smoothing,
    )
