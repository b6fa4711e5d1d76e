"""Read OpenSim models (``.osim``, layouts of OpenSim 2.3 to 4.x), and stand-alone marker and force sets."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np

from groundup.body.model import (
    GROUND,
    Actuator,
    Body,
    ContactSphere,
    Coupler,
    Frame,
    Marker,
    Mesh,
    Muscle,
    Segment,
    Unsupported,
    WrapKind,
    WrapObject,
)
from groundup.errors import FileError, ModelError
from groundup.io.osim_check import check_body
from groundup.io.osim_forces import ACTUATORS, applies_force, is_ground_plane, is_muscle, read_contact, read_muscle
from groundup.io.osim_frames import Frames, carry, compose, find_frames, rotation_from_euler
from groundup.io.osim_joints import read_coupler, read_joint, sort_joints
from groundup.io.osim_upgrade import upgrade
from groundup.io.xml import Element, XmlFile

_ZERO = np.zeros(3)
_GRAVITY = np.array([0.0, -9.80665, 0.0])
_QUADRANTS = ("all", "x", "-x", "y", "-y", "z", "-z")
_WRAPS = {
    "WrapCylinder": WrapKind.CYLINDER,
    "WrapSphere": WrapKind.SPHERE,
    "WrapEllipsoid": WrapKind.ELLIPSOID,
    "WrapTorus": WrapKind.TORUS,
}


def read_osim(path: str | Path) -> Body:
    """Read a musculoskeletal model.

    Parameters
    ----------
    path : an ``.osim`` file of OpenSim 3 or 4

    Returns
    -------
    Body
        Frames are resolved: every point, marker, obstacle and mesh is expressed in the body that carries it. What the
        engine does not use is listed in ``Body.unsupported`` with what its absence means.

    Raises
    ------
    FileError
        The file cannot be read, or an element does not hold what it should.
    ModelError
        The model cannot be computed: an unknown joint or muscle, a loop, a body that nothing holds.
    """
    file = XmlFile(path)
    model = _model(file)
    frames = find_frames(file, model)
    found = tuple(read_joint(file, j, frames) for j in file.objects(model.find("JointSet")))
    joints = sort_joints(file, found, tuple(frames.segments.values())[1:])
    couplers, loose_constraints = _constraints(file, model)
    muscles, actuators, contacts, loose_forces = _forces(file, model, frames)
    body = Body(
        name=model.get("name", ""),
        segments=tuple(_segment(file, b, frames) for b in file.objects(model.find("BodySet"))),
        joints=tuple(j.joint for j in joints),
        coordinates=tuple(c for j in joints for c in j.coordinates),
        couplers=couplers,
        muscles=muscles,
        actuators=actuators,
        markers=tuple(_marker(file, m, frames) for m in file.objects(model.find("MarkerSet"))),
        contacts=contacts,
        ground=_ground(file, model, frames),
        gravity=file.numbers(model, "gravity", _GRAVITY, 3),
        unsupported=_without_lost_frames(loose_constraints + loose_forces + _other_sets(model), frames),
        credits=file.text(model, "credits", ""),
    )
    check_body(file.path, body)
    return body


def read_marker_set(path: str | Path) -> tuple[Marker, ...]:
    """Read a stand-alone MarkerSet file. Markers stay in the frame that the file names, the last step of its path."""
    file = XmlFile(path)
    top = _top(file, "MarkerSet")
    return tuple(
        Marker(
            name=m.get("name", ""),
            segment=_last_step(file.text(m, "socket_parent_frame", "") or file.text(m, "body")),
            location=file.numbers(m, "location", _ZERO, 3),
            fixed=file.flag(m, "fixed", False),
        )
        for m in file.objects(top)
        if m.tag == "Marker"
    )


def read_force_set(path: str | Path) -> tuple[Actuator, ...]:
    """Read the actuators of a stand-alone ForceSet file.

    Raises
    ------
    ModelError
        The set holds a force of another kind: leaving it out would change the answer.
    """
    file = XmlFile(path)
    top = _top(file, "ForceSet")
    for force in file.objects(top):
        if force.tag not in ACTUATORS:
            raise file.error(
                force, f"a {force.tag} in a force set cannot be added, expected: {', '.join(ACTUATORS)}. "
                "Put it into the model or delete it.", ModelError,
            )  # fmt: skip
    return tuple(ACTUATORS[f.tag](file, f) for f in file.objects(top))


# --- the document -----------------------------------------------------------------------------------------------


def _model(file: XmlFile) -> Element:
    model = _top(file, "Model")
    upgrade(file, model)
    return model


def _top(file: XmlFile, tag: str) -> Element:
    """Return the object that the document is about, and let its ``<defaults>`` stand in for what objects leave out."""
    root = file.root
    top = root if root.tag == tag else root.find(tag)
    if top is None:
        inside = ", ".join(child.tag for child in root) or "nothing"
        raise FileError(f"{file.path}: holds <{root.tag}> with {inside[:80]}, expected a {tag}. Check the path.")
    for defaults in {id(e): e for e in (root.find("defaults"), top.find("defaults")) if e is not None}.values():
        file.stand_ins |= {e.tag: e for e in defaults}
    return top


def _last_step(reference: str) -> str:
    return reference.rstrip("/").rsplit("/", 1)[-1]


# --- segments ---------------------------------------------------------------------------------------------------


def _segment(file: XmlFile, element: Element, frames: Frames) -> Segment:
    name = element.get("name", "")
    mass = file.number(element, "mass")
    xx, yy, zz, xy, xz, yz = file.numbers(element, "inertia", np.zeros(6), 6)
    if mass < 0.0:
        raise file.error(element, f"<mass> is {mass:g} kg, expected 0 or more.", ModelError)
    return Segment(
        name=name,
        mass=mass,
        mass_center=file.numbers(element, "mass_center", _ZERO, 3),
        inertia=np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]),
        wrap_objects=_wrap_objects(file, element, name, frames),
        meshes=_meshes(file, element, name, frames),
    )


def _ground(file: XmlFile, model: Element, frames: Frames) -> Segment:
    element = model.find("Ground")
    bare = Segment(GROUND, 0.0, _ZERO, np.zeros((3, 3)))
    if element is None:
        return bare
    wraps, meshes = _wrap_objects(file, element, GROUND, frames), _meshes(file, element, GROUND, frames)
    return replace(bare, wrap_objects=wraps, meshes=meshes)


def _carriers(element: Element, segment: str, frames: Frames) -> list[tuple[Element, Frame]]:
    """Return the segment's own element and every offset frame on it, each with its pose in the segment."""
    carriers = [(element, Frame())]
    for path, offset in frames.offsets.items():
        carrier, pose = frames.locate(path, "", offset.element)
        if carrier == segment:
            carriers.append((offset.element, pose))
    return carriers


def _wrap_objects(file: XmlFile, element: Element, segment: str, frames: Frames) -> tuple[WrapObject, ...]:
    return tuple(
        _wrap_object(file, wrap, segment, pose)
        for carrier, pose in _carriers(element, segment, frames)
        for wrap in file.objects(carrier.find("WrapObjectSet"))
    )


def _wrap_object(file: XmlFile, element: Element, segment: str, pose: Frame) -> WrapObject:
    kind = _WRAPS.get(element.tag)
    if kind is None:
        raise file.error(element, f"a {element.tag} cannot be wrapped over, expected: {', '.join(_WRAPS)}.", ModelError)
    quadrant = file.text(element, "quadrant", "all").lower().lstrip("+")
    quadrant = "all" if quadrant in ("", "unassigned") else quadrant
    if quadrant not in _QUADRANTS:
        raise file.error(element, f"<quadrant> is {quadrant!r}, expected one of: {', '.join(_QUADRANTS)}.", ModelError)
    local = Frame(
        rotation_from_euler(file.numbers(element, "xyz_body_rotation", _ZERO, 3)),
        file.numbers(element, "translation", _ZERO, 3),
    )
    return WrapObject(
        name=element.get("name", ""),
        kind=kind,
        segment=segment,
        frame=compose(pose, local),
        dimensions=_dimensions(file, element, kind),
        quadrant=quadrant,
        active=file.flag(element, "active", True),
    )


def _dimensions(file: XmlFile, element: Element, kind: WrapKind) -> tuple[float, ...]:
    sizes: tuple[float, ...]
    if kind is WrapKind.CYLINDER:
        sizes = (file.number(element, "radius", 1.0), file.number(element, "length", 1.0))
    elif kind is WrapKind.SPHERE:
        sizes = (file.number(element, "radius", 0.05),)
    elif kind is WrapKind.TORUS:
        sizes = (file.number(element, "inner_radius", 0.01), file.number(element, "outer_radius", 0.05))
    else:
        sizes = tuple(map(float, file.numbers(element, "dimensions", np.full(3, 0.05), 3)))
    if min(sizes) <= 0.0:
        raise file.error(element, f"has a size of {min(sizes):g} m, expected more than 0 m.", ModelError)
    return sizes


def _meshes(file: XmlFile, element: Element, segment: str, frames: Frames) -> tuple[Mesh, ...]:
    return tuple(
        _mesh(file, mesh, pose)
        for carrier, pose in _carriers(element, segment, frames)
        for mesh in carrier.findall("attached_geometry/Mesh")
        if file.text(mesh, "mesh_file", "")
    )


def _mesh(file: XmlFile, element: Element, pose: Frame) -> Mesh:
    x, y, z = map(float, file.numbers(element, "scale_factors", np.ones(3), 3))
    return Mesh(file.text(element, "mesh_file"), (x, y, z), pose)


def _marker(file: XmlFile, element: Element, frames: Frames) -> Marker:
    name = element.get("name", "")
    reference = file.text(element, "socket_parent_frame")
    segment, frame = frames.locate(reference, f"/markerset/{name}", element)
    location = carry(frame, file.numbers(element, "location", _ZERO, 3))
    return Marker(name, segment, location, file.flag(element, "fixed", False))


# --- constraints and forces -------------------------------------------------------------------------------------


def _constraints(file: XmlFile, model: Element) -> tuple[tuple[Coupler, ...], tuple[Unsupported, ...]]:
    couplers: list[Coupler] = []
    loose: list[Unsupported] = []
    inside = [e for e in model.findall("components/*") if e.tag.endswith("Constraint")]
    for element in (*file.objects(model.find("ConstraintSet")), *inside):
        name, kind = element.get("name", ""), element.tag
        if not _is_enforced(file, element):
            loose.append(_unsupported("ConstraintSet", element, "It is switched off in the file: no effect."))
        elif kind == "CoordinateCouplerConstraint":
            couplers.append(read_coupler(file, element))
        else:
            raise file.error(
                element, f"constraint {name!r} ({kind}) closes a loop that cannot be computed. "
                "Switch it off (isEnforced false) or replace it by a CoordinateCouplerConstraint.", ModelError,
            )  # fmt: skip
    return tuple(couplers), tuple(loose)


def _is_enforced(file: XmlFile, element: Element) -> bool:
    if file.text(element, "isEnforced", ""):
        return file.flag(element, "isEnforced", True)
    return not file.flag(element, "isDisabled", False)


_Forces = tuple[tuple[Muscle, ...], tuple[Actuator, ...], tuple[ContactSphere, ...], tuple[Unsupported, ...]]


def _forces(file: XmlFile, model: Element, frames: Frames) -> _Forces:
    muscles: list[Muscle] = []
    actuators: list[Actuator] = []
    contacts: list[ContactSphere] = []
    loose: list[Unsupported] = []
    geometry = {e.get("name", ""): e for e in file.objects(model.find("ContactGeometrySet"))}
    used: set[str] = set()
    for container, element in _force_elements(file, model):
        if element.tag in ACTUATORS:
            actuators.append(ACTUATORS[element.tag](file, element))
        elif is_muscle(element.tag):
            muscles.append(read_muscle(file, element, frames))
        elif (sphere := _contact_sphere(file, element, geometry, frames)) is not None:
            contacts.append(read_contact(file, element, sphere, frames))
            used |= {sphere.get("name", ""), _last_step(file.text(element, "socket_half_space"))}
        elif element.tag != "PhysicalOffsetFrame":
            loose.append(_unsupported(container, element, _force_effect(file, element)))
    loose += [
        _unsupported("ContactGeometrySet", e, "No contact force uses it here: no effect.")
        for name, e in geometry.items()
        if name not in used or any(name in force.xml for force in loose)
    ]
    return tuple(muscles), tuple(actuators), tuple(contacts), tuple(loose)


def _force_elements(file: XmlFile, model: Element) -> list[tuple[str, Element]]:
    """Return all forces with the set they lie in; 4.x files may keep forces among the model's own components."""
    inside = [("ForceSet", e) for e in file.objects(model.find("ForceSet"))]
    loose = [e for e in model.findall("components/*") if not e.tag.endswith("Constraint")]
    for element in loose:
        if element.tag == "Body" or element.tag.endswith("Joint"):
            words = f"a {element.tag} among the model's components cannot be used. Move it to its own set."
            raise file.error(element, words, ModelError)
    return inside + [("components", e) for e in loose]


def _contact_sphere(file: XmlFile, force: Element, geometry: dict[str, Element], frames: Frames) -> Element | None:
    """Return the sphere of a SmoothSphereHalfSpaceForce on the ground plane, None for any other force."""
    if force.tag != "SmoothSphereHalfSpaceForce" or not applies_force(file, force):
        return None
    sphere = geometry.get(_last_step(file.text(force, "socket_sphere")))
    plane = geometry.get(_last_step(file.text(force, "socket_half_space")))
    if sphere is None or plane is None:
        raise file.error(force, "its sphere or half space is not in the ContactGeometrySet. Add it.", ModelError)
    if sphere.tag != "ContactSphere" or plane.tag != "ContactHalfSpace" or not is_ground_plane(file, plane, frames):
        return None
    return sphere


_EFFECTS = {
    "ExpressionBasedBushingForce": "Its stiffness between two bodies is left out: the joint moments include it.",
    "BushingForce": "Its stiffness between two bodies is left out: the joint moments include it.",
    "FunctionBasedBushingForce": "Its stiffness between two bodies is left out: the joint moments include it.",
    "ExpressionBasedCoordinateForce": "Its passive moment is left out: muscles and reserves take over its share.",
    "SpringGeneralizedForce": "Its passive moment is left out: muscles and reserves take over its share.",
    "CoordinateLimitForce": "Its passive moment near the joint limit is left out: muscles and reserves take over.",
    "Ligament": "Its tension is left out: muscles and joint loads take over its share.",
    "Blankevoort1991Ligament": "Its tension is left out: muscles and joint loads take over its share.",
    "PathActuator": "It is not computed: muscles and reserves take over its share.",
    "PathSpring": "Its tension is left out: muscles and joint loads take over its share.",
    "PrescribedForce": "It is not applied: forces from outside come with the recording.",
    "ExternalForce": "It is not applied: forces from outside come with the recording.",
    "SmoothSphereHalfSpaceForce": "It presses on another plane than y = 0 of the ground and is left out.",
    "HuntCrossleyForce": "It is left out of the simulation of gait; measured forces are not affected.",
    "ElasticFoundationForce": "It is left out of the simulation of gait; measured forces are not affected.",
}


def _force_effect(file: XmlFile, element: Element) -> str:
    if not applies_force(file, element):
        return "It is switched off in the file: no effect."
    return _EFFECTS.get(element.tag, "It is not computed: where it acts, moments and muscle forces include its share.")


# What these own is kept with them.
_KEPT_OWNERS = ("/forceset/", "/constraintset/", "/componentset/")


def _without_lost_frames(kept: tuple[Unsupported, ...], frames: Frames) -> tuple[Unsupported, ...]:
    """Drop the text of objects that hang on offset frames, which a written file no longer has."""
    lost = [f">{path}<" for path in frames.offsets if not path.startswith(_KEPT_OWNERS)]
    words = " It hangs on an offset frame and is lost when the body is written."
    return tuple(replace(u, xml="", effect=u.effect + words) if any(p in u.xml for p in lost) else u for u in kept)


# Children by which objects of the old layout name bodies; OpenSim 4 does not understand them in a file of its own.
_OLD_REFERENCES = frozenset({"body", "body_1", "body_2", "body_name", "constrained_body", "isDisabled"})

# --- the rest ---------------------------------------------------------------------------------------------------

_SET_EFFECTS = {
    "ControllerSet": "Controllers steer forward simulations only: no effect here.",
    "ProbeSet": "Probes only report: no effect.",
    "ComponentSet": "It is not computed; its effect here is unknown.",
    "AnalysisSet": "Analyses only report: no effect.",
}


def _other_sets(model: Element) -> tuple[Unsupported, ...]:
    return tuple(
        _unsupported(tag, element, effect)
        for tag, effect in _SET_EFFECTS.items()
        for element in model.findall(f"{tag}/objects/*")
    )


def _unsupported(container: str, element: Element, effect: str) -> Unsupported:
    name = element.get("name", "")
    if any(child.tag in _OLD_REFERENCES for child in element):
        effect += " It has the layout of OpenSim 3 and is lost when the body is written."
        return Unsupported(container, element.tag, name, effect)
    kept = copy.deepcopy(element)
    kept.tail = None
    ET.indent(kept, "\t")  # the same text wherever in a file it stood
    return Unsupported(container, element.tag, name, effect, ET.tostring(kept, encoding="unicode"))
