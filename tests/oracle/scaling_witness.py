"""How OpenSim scales, and how two bodies differ."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np

from groundup.body.functions import Floats, Function
from groundup.body.model import Body, Joint, Muscle, PointActuator, Segment
from groundup.engine.functions import compile_functions
from groundup.io.osim_read import read_osim

Figures = dict[tuple[str, ...], Floats]


def scale_by_opensim(
    opensim: ModuleType, path: Path, factors: dict[str, Floats], keep: bool, mass: float | None, out: Path
) -> Body:
    """Scale a model file with ``opensim.Model.scale`` and read back what it prints."""
    model = opensim.Model(str(path))
    state = model.initSystem()
    scale_set = opensim.ScaleSet()
    for segment, values in factors.items():
        scale = opensim.Scale()
        scale.setSegmentName(segment)
        scale.setScaleFactors(opensim.Vec3(*map(float, values)))
        scale.setApply(True)
        scale_set.cloneAndAppend(scale)
    assert model.scale(state, scale_set, keep, -1.0 if mass is None else mass)
    model.printToXML(str(out))
    return read_osim(out)


def differences(reference: Body, ours: Body) -> dict[str, float]:
    """Largest difference of each kind of figure: m, kg, kg·m², rad; optimal fibre and slack lengths as shares."""
    wanted, found = _figures(reference), _figures(ours)
    assert set(wanted) >= set(found)  # OpenSim also prints the figures of muscle curves that a file left out
    worst: dict[str, float] = {}
    for key, value in found.items():
        error = float(np.max(np.abs(value - wanted[key]), initial=0.0))
        if key[0] == "muscle length":
            error /= float(np.max(value))
        worst[key[0]] = max(worst.get(key[0], 0.0), error)
    return worst


def _figures(body: Body) -> Figures:
    out: Figures = {}
    for segment in (body.ground, *body.segments):
        out |= _segment(segment)
    for joint in body.joints:
        out |= _joint(joint)
    for muscle in body.muscles:
        out |= _muscle(muscle)
    out |= {("marker", m.name): m.location for m in body.markers}
    out |= {("contact", c.name): np.append(c.location, c.radius) for c in body.contacts}
    out |= {("actuator", a.name): a.point for a in body.actuators if isinstance(a, PointActuator)}
    out |= {("coordinate", c.name): np.array([c.default, *c.range]) for c in body.coordinates}
    return out | {("coupler", c.name): c.scale * _values(c.function) for c in body.couplers}


def _segment(segment: Segment) -> Figures:
    name = segment.name
    out: Figures = {
        ("mass", name): np.array([segment.mass]),
        ("mass center", name): segment.mass_center,
        ("inertia", name): segment.inertia,
    }
    for i, mesh in enumerate(segment.meshes):
        out["mesh", name, str(i)] = np.append(mesh.scale, mesh.frame.translation)
    for wrap in segment.wrap_objects:
        out["wrap place", name, wrap.name] = np.vstack([wrap.frame.rotation, wrap.frame.translation])
        out["wrap size", name, wrap.name] = np.array(wrap.dimensions)
    return out


def _joint(joint: Joint) -> Figures:
    out: Figures = {}
    for end, frame in (("parent", joint.parent_frame), ("child", joint.child_frame)):
        out["joint frame", joint.name, end] = np.vstack([frame.rotation, frame.translation])
    for i, axis in enumerate(joint.axes):
        out["axis", joint.name, str(i)] = axis.axis
        if len(axis.coordinates) < 2:
            out["motion", joint.name, str(i)] = _values(axis.function)
    return out


def _muscle(muscle: Muscle) -> Figures:
    lengths = np.array([muscle.optimal_fiber_length, muscle.tendon_slack_length])
    others = {"force": muscle.max_isometric_force, "pennation": muscle.pennation_angle, **muscle.parameters}
    out: Figures = {("muscle figure", muscle.name, figure): np.array([x]) for figure, x in others.items()}
    out["muscle length", muscle.name] = lengths
    for i, point in enumerate(muscle.points):
        # A moving point is where its functions say; the location in the file has no effect.
        out["path point", muscle.name, str(i)] = point.location if point.moving is None else np.zeros(3)
        for k, (function, _) in enumerate(point.moving or ()):
            out["moving point", muscle.name, str(i), str(k)] = _values(function)
        if point.range is not None:
            out["condition", muscle.name, str(i)] = np.array(point.range)
    return out


def _values(function: Function) -> Floats:
    x = np.linspace(-2.0, 2.0, 41)
    return np.asarray(compile_functions([function]).value(x[:, None])[:, 0])
