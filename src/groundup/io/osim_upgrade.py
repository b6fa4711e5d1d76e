"""Bring a model in OpenSim 2 or 3 layout into the layout of OpenSim 4, so that one reader serves all.

In the old layout a joint lies inside its child body and names its parent; ground is a body; points and markers name
a body; pictures hang on a ``VisibleObject``. Values are moved, never changed.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np

from groundup.body.model import GROUND
from groundup.errors import FileError, ModelError
from groundup.io.xml import Element, XmlFile

_INERTIA = ("inertia_xx", "inertia_yy", "inertia_zz", "inertia_xy", "inertia_xz", "inertia_yz")
_ZEROS = "0 0 0"


def is_old_layout(model: Element) -> bool:
    """Say whether joints lie inside bodies."""
    return model.find("BodySet/objects/Body/Joint") is not None


def upgrade(file: XmlFile, model: Element) -> None:
    """Rearrange ``model`` in place.

    Raises
    ------
    FileError
        A layout of before OpenSim 2.
    """
    if model.find("DynamicsEngine") is not None:
        raise FileError(
            f"{file.path}: has the layout of OpenSim 1, expected OpenSim 2 or later. Save it with OpenSim 4."
        )
    if is_old_layout(model):
        _move_joints(file, model)
    for point in _everywhere(model, "PathPoint", "ConditionalPathPoint", "MovingPathPoint", "Marker"):
        _rename(point, "body", "socket_parent_frame")
    for force in model.findall("ForceSet/objects/*"):
        _invert(file, force, "isDisabled", "appliesForce")
    for constraint in model.findall("ConstraintSet/objects/*"):
        _invert(file, constraint, "isDisabled", "isEnforced")
    for point in _everywhere(model, "ConditionalPathPoint"):
        _rename(point, "coordinate", "socket_coordinate")
    for point in _everywhere(model, "MovingPathPoint"):
        for axis in "xyz":
            _rename(point, f"{axis}_coordinate", f"socket_{axis}_coordinate")


def _everywhere(model: Element, *tags: str) -> list[Element]:
    return [element for tag in tags for element in model.iter(tag)]


def _rename(element: Element, old: str, new: str) -> None:
    found = element.find(old)
    if found is not None and element.find(new) is None:
        found.tag = new


def _invert(file: XmlFile, element: Element, old: str, new: str) -> None:
    found = element.find(old)
    if found is not None and element.find(new) is None:
        found.text = "false" if file.flag(element, old, False) else "true"
        found.tag = new


def _move_joints(file: XmlFile, model: Element) -> None:
    bodies = model.find("BodySet/objects")
    assert bodies is not None
    joints = ET.SubElement(ET.SubElement(model, "JointSet"), "objects")
    for body in list(bodies):
        _body(file, body)
        if body.get("name") == GROUND:
            bodies.remove(body)
            body.tag = "Ground"
            model.append(body)
        elif (joint := next(iter(body.find("Joint") or ()), None)) is not None:
            joints.append(_joint(file, joint, body.get("name", "")))


def _body(file: XmlFile, body: Element) -> None:
    if body.find("inertia") is None:
        values = [repr(file.number(body, tag, 0.0)) for tag in _INERTIA]
        ET.SubElement(body, "inertia").text = " ".join(values)
    visible = body.find("VisibleObject")
    if visible is not None:
        _meshes(file, body, visible)


def _joint(file: XmlFile, joint: Element, child: str) -> Element:
    parent = file.text(joint, "parent_body", "")
    if not parent:
        raise file.error(joint, f"names no <parent_body> for body {child!r}, expected one.", ModelError)
    frames = ET.SubElement(joint, "frames")
    for end, body, translation, orientation in (
        ("parent", parent, "location_in_parent", "orientation_in_parent"),
        ("child", child, "location", "orientation"),
    ):
        name = f"{body}_offset" if parent != child else f"{body}_{end}_offset"
        ET.SubElement(joint, f"socket_{end}_frame").text = name
        frame = ET.SubElement(frames, "PhysicalOffsetFrame", name=name)
        ET.SubElement(frame, "socket_parent").text = f"/{body}" if body == GROUND else f"/bodyset/{body}"
        ET.SubElement(frame, "translation").text = file.text(joint, translation, "") or _ZEROS
        ET.SubElement(frame, "orientation").text = file.text(joint, orientation, "") or _ZEROS
    inner = joint.find("CoordinateSet/objects")
    if inner is not None:
        ET.SubElement(joint, "coordinates").extend(inner)
    return joint


def _meshes(file: XmlFile, body: Element, visible: Element) -> None:
    """Turn the pictures of a body into meshes on offset frames, scaled by the body's own display scale."""
    overall = file.numbers(visible, "scale_factors", np.ones(3), 3)
    components = ET.SubElement(body, "components")
    for index, picture in enumerate(file.objects(visible.find("GeometrySet"))):
        name = file.text(picture, "geometry_file", "")
        if not name:
            continue
        turn_and_shift = file.numbers(picture, "transform", np.zeros(6), 6)
        scale = overall * file.numbers(picture, "scale_factors", np.ones(3), 3)
        frame = ET.SubElement(components, "PhysicalOffsetFrame", name=f"{body.get('name')}_geom_frame_{index + 1}")
        ET.SubElement(frame, "socket_parent").text = ".."
        ET.SubElement(frame, "orientation").text = _words(turn_and_shift[:3])
        ET.SubElement(frame, "translation").text = _words(turn_and_shift[3:])
        mesh = ET.SubElement(ET.SubElement(frame, "attached_geometry"), "Mesh")
        ET.SubElement(mesh, "mesh_file").text = name
        ET.SubElement(mesh, "scale_factors").text = _words(scale)


def _words(values: np.ndarray) -> str:
    return " ".join(repr(float(value)) for value in values)
