"""Give a body other proportions: every length and mass that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from groundup.body.functions import Constant, Floats, Function, Linear, Multiplier
from groundup.body.model import (
    Actuator,
    Body,
    ContactSphere,
    Frame,
    Joint,
    Marker,
    Mesh,
    Muscle,
    PathPoint,
    PointActuator,
    Segment,
    TransformAxis,
    WrapKind,
    WrapObject,
)
from groundup.engine.kinematics import poses
from groundup.engine.muscle_path import path_geometry
from groundup.engine.path_set import compile_paths
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import ModelError
from groundup.motion.scale_factors import check_factors, default_pose

_ONES = np.ones(3)
_NO_MASS = float(np.finfo(np.float64).eps) ** 0.875  # kg; OpenSim's bound for "none"


def scale_body(
    body: Body,
    factors: Mapping[str, Floats],
    target_mass_kg: float | None = None,
    *,
    preserve_mass_distribution: bool = False,
    scale_contacts: bool = False,
    like_opensim: bool = False,
) -> Body:
    """Scale a body along the axes of its segments.

    Parameters
    ----------
    body : Body
    factors : factors along x, y, z (3,) by segment, 0.2 to 5; a segment that is not named keeps its size
    target_mass_kg : float or None
        Whole-body mass, kg. None leaves the masses as the factors make them.
    preserve_mass_distribution : bool
        Keep each segment's share of the whole mass; otherwise a segment's mass follows its volume first.
    scale_contacts : bool
        Move contact spheres and points of point actuators with their segments too. OpenSim 4.6 leaves both where they
        were, and so does the default.
    like_opensim : bool
        Repeat two faults of OpenSim 4.6, for comparisons: see the notes.

    Returns
    -------
    Body

    Raises
    ------
    ModelError
        An unknown segment, a factor outside of 0.2 to 5, a mass that is not positive.

    Notes
    -----
    As ``Model::scale`` of OpenSim 4.6, except for:

    - A ``CustomJoint``'s translation along an axis that is oblique in the parent is scaled by the length of the scaled
      axis. OpenSim adds up the factors weighted by the axis' components, which stretches such a joint even where all
      factors are 1. ``like_opensim`` does so too.
    - Paths over several obstacles are measured right, where OpenSim measures them up to 9 mm short (see
      :func:`groundup.engine.muscle_path.path_geometry`); optimal fibre and tendon slack lengths of the gastrocnemius
      differ by up to 1.5 % for it. ``like_opensim`` repeats the fault.
    - What sits on a frame that is turned in its body is scaled along the body's axes, not along those of the frame.
    - Elements of the file that the engine does not use (``Body.unsupported``) keep their size.
    """
    check_factors(factors, body)
    _check_mass(target_mass_kg)
    by = {name: np.asarray(values, dtype=np.float64) for name, values in factors.items()}
    scaled = scale_geometry(body, by, like_opensim)
    scaled = scaled.with_(segments=_scale_masses(body, scaled, by, target_mass_kg, preserve_mass_distribution))
    if scale_contacts:
        scaled = scaled.with_(
            contacts=tuple(_contact(c, _of(by, c.segment)) for c in body.contacts),
            actuators=tuple(_actuator(a, by) for a in body.actuators),
        )
    return scaled.with_(muscles=_scale_muscle_lengths(body, scaled, like_opensim))


def default_lengths(body: Body, like_opensim: bool = False) -> Floats:
    """Compute muscle–tendon lengths in the body's default pose, (n_muscles,) m."""
    if not body.muscles:
        return np.zeros(0)
    skeleton, q = compile_skeleton(body), default_pose(body)
    at = poses(skeleton, q)
    paths = compile_paths(body, skeleton.segment_index, skeleton.coordinate_index)
    geometry = path_geometry(paths, at.rotation, at.translation, q, like_opensim=like_opensim)
    return np.asarray(geometry.length[0])


def _check_mass(mass: float | None) -> None:
    if mass is not None and not 0.0 < mass < np.inf:
        raise ModelError(f"target mass is {mass:g} kg, expected more than 0. Weigh the person, or leave the mass out.")


def _of(by: Mapping[str, Floats], segment: str) -> Floats:
    return by.get(segment, _ONES)


# -------------------------------------------------------------------------------------------------------- geometry


def scale_geometry(body: Body, by: Mapping[str, Floats], like_opensim: bool = False) -> Body:
    """Scale everything that has a place, and leave masses and muscle lengths for later."""
    return body.with_(
        segments=tuple(_segment(s, _of(by, s.name)) for s in body.segments),
        ground=_segment(body.ground, _of(by, body.ground.name)),
        joints=tuple(_joint(j, by, like_opensim) for j in body.joints),
        muscles=tuple(_muscle_path(m, by) for m in body.muscles),
        markers=tuple(_marker(m, _of(by, m.segment)) for m in body.markers),
    )


def _segment(segment: Segment, f: Floats) -> Segment:
    return replace(
        segment,
        mass_center=segment.mass_center * f,
        wrap_objects=tuple(_wrap_object(w, f) for w in segment.wrap_objects),
        meshes=tuple(_mesh(m, f) for m in segment.meshes),
    )


def _frame(frame: Frame, f: Floats) -> Frame:
    return replace(frame, translation=frame.translation * f)


def _mesh(mesh: Mesh, f: Floats) -> Mesh:
    x, y, z = (float(s) for s in np.array(mesh.scale) * f)
    return replace(mesh, scale=(x, y, z), frame=_frame(mesh.frame, f))


def _wrap_object(wrap: WrapObject, f: Floats) -> WrapObject:
    return replace(wrap, frame=_frame(wrap.frame, f), dimensions=_wrap_size(wrap, f))


def _wrap_size(wrap: WrapObject, f: Floats) -> tuple[float, ...]:
    """Sizes follow the lengths that unit vectors along the obstacle's axes get; a circle takes the mean of two."""
    along = np.linalg.norm(wrap.frame.rotation * f[:, None], axis=0)  # (3,) x, y, z of the obstacle
    across = (along[0] + along[1]) / 2.0
    match wrap.kind:
        case WrapKind.CYLINDER:
            by = np.array([across, along[2]])
        case WrapKind.TORUS:
            by = np.array([across, across])
        case WrapKind.ELLIPSOID:
            by = along
        case WrapKind.SPHERE:
            by = np.array([f.mean()])
    return tuple(float(s) for s in np.array(wrap.dimensions) * by)


def _joint(joint: Joint, by: Mapping[str, Floats], like_opensim: bool) -> Joint:
    f = _of(by, joint.parent)
    custom = joint.kind == "CustomJoint"
    axes = (*joint.axes[:3], *(_translation(a, f, like_opensim) for a in joint.axes[3:])) if custom else joint.axes
    child_frame = _frame(joint.child_frame, _of(by, joint.child))
    return replace(joint, parent_frame=_frame(joint.parent_frame, f), child_frame=child_frame, axes=axes)


def _translation(axis: TransformAxis, f: Floats, like_opensim: bool) -> TransformAxis:
    """Scale how far a joint slides along ``axis``; a coordinate that is that distance itself stays what it is."""
    if isinstance(axis.function, Linear) and (axis.function.slopes, axis.function.intercept) == ((1.0,), 0.0):
        return axis
    along = np.abs(axis.axis) * f
    factor = along.sum() if like_opensim else np.linalg.norm(along)
    return replace(axis, function=_multiplied(axis.function, float(factor)))


def _multiplied(function: Function, factor: float) -> Function:
    if abs(factor - 1.0) < 1e-15 or (isinstance(function, Constant) and function.value == 0.0):
        return function
    if isinstance(function, Multiplier):
        return replace(function, scale=function.scale * factor)
    return Multiplier(function, factor)


def _muscle_path(muscle: Muscle, by: Mapping[str, Floats]) -> Muscle:
    return replace(muscle, points=tuple(_point(p, _of(by, p.segment)) for p in muscle.points))


def _point(point: PathPoint, f: Floats) -> PathPoint:
    moving = point.moving
    if moving is not None:
        moving = tuple((_multiplied(g, float(s)), name) for (g, name), s in zip(moving, f, strict=True))
    return replace(point, location=point.location * f, moving=moving)


def _marker(marker: Marker, f: Floats) -> Marker:
    return replace(marker, location=marker.location * f)


def _contact(contact: ContactSphere, f: Floats) -> ContactSphere:
    return replace(contact, location=contact.location * f, radius=contact.radius * float(f.mean()))


def _actuator(actuator: Actuator, by: Mapping[str, Floats]) -> Actuator:
    if not isinstance(actuator, PointActuator) or actuator.point_is_global:
        return actuator
    return replace(actuator, point=actuator.point * _of(by, actuator.segment))


# ---------------------------------------------------------------------------------------------------------- masses


def _scale_masses(
    body: Body, scaled: Body, by: Mapping[str, Floats], target: float | None, preserve: bool
) -> tuple[Segment, ...]:
    pairs = zip(body.segments, scaled.segments, strict=True)
    grown = [_grow(old, new, _of(by, old.name), preserve) for old, new in pairs]
    total = sum(s.mass for s in grown)
    if target is None:
        return tuple(grown)
    if total <= 0.0:
        raise ModelError(f"model {body.name!r} has no mass to bring to {target:g} kg. Give its segments masses.")
    return tuple(replace(s, mass=s.mass * target / total, inertia=s.inertia * (target / total)) for s in grown)


def _grow(old: Segment, new: Segment, f: Floats, keep_mass: bool) -> Segment:
    by_volume = 1.0 if keep_mass else float(np.prod(f))
    mass = old.mass * by_volume
    if mass <= _NO_MASS:
        return replace(new, mass=mass, inertia=np.zeros((3, 3)))
    if f[0] == f[1] == f[2]:
        return replace(new, mass=mass, inertia=old.inertia * (by_volume * f[0] ** 2))
    return replace(new, mass=mass, inertia=_cylinder_inertia(old, mass, f, by_volume))


def _cylinder_inertia(old: Segment, mass: float, f: Floats, by_volume: float) -> Floats:
    """Inertia with unequal factors: OpenSim takes the segment for a cylinder seen from one of its ends.

    The axis with the least moment is the cylinder's; its radius and length follow from the moments and are scaled.
    Products of inertia are scaled by the factors of both axes.
    """
    moments = np.diag(old.inertia) / old.mass
    long = _least(moments)
    other = 1 if long == 0 else 0
    radius_squared = max(2.0 * moments[long], 0.0)
    length_squared = max(3.0 * (moments[other] - 0.25 * radius_squared), 0.0)
    radius_squared = radius_squared * float(np.prod(np.delete(f, long)))
    length_squared = length_squared * f[long] ** 2
    inertia = old.inertia * (by_volume * np.outer(f, f))
    across = mass * (length_squared / 3.0 + 0.25 * radius_squared)
    inertia[np.diag_indices(3)] = across
    inertia[long, long] = 0.5 * mass * radius_squared
    return np.asarray(inertia)


def _least(moments: Floats) -> int:
    """Axis of the least moment; of equal ones the first along x, then z, then y, as OpenSim chooses."""
    x, y, z = moments
    if x <= y:
        return 0 if x <= z else 2
    return 1 if y <= z else 2


# --------------------------------------------------------------------------------------------------------- muscles


def _scale_muscle_lengths(before: Body, after: Body, like_opensim: bool) -> tuple[Muscle, ...]:
    """Fibre and tendon keep their shares of the path in the default pose."""
    old, new = default_lengths(before, like_opensim), default_lengths(after, like_opensim)
    ratio = np.where(old > 0.0, new / np.where(old > 0.0, old, 1.0), 1.0)
    return tuple(
        replace(
            m,
            optimal_fiber_length=m.optimal_fiber_length * float(r),
            tendon_slack_length=m.tendon_slack_length * float(r),
        )
        for m, r in zip(after.muscles, ratio, strict=True)
    )
