"""OpenSim and groundup read the same model from the same file, and OpenSim reads what groundup writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from groundup.body.model import Body, CoordinateActuator, MuscleKind, PointActuator, TorqueActuator
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import compile_skeleton
from groundup.io.osim_read import read_force_set, read_marker_set, read_osim
from groundup.io.osim_write import write_osim

DATA = Path(__file__).resolve().parents[1] / "data"
MODELS = [
    "every_joint.osim",
    "old_leg.osim",
    "gait2392/gait2392_simbody.osim",
    "moco2d/2D_gait.osim",
    "models/Rajagopal2016.osim",
    "models/RajagopalLaiUhlrich2023.osim",
    "arnold2013/subject01/subject01.osim",
    "arnold2013/subject18/subject18.osim",
    "full body",
]
# OpenSim changes these on loading: the first two to fit the muscle, the last two to 0 where a Millard fibre is damped.
REWRITTEN = (
    "default_fiber_length",
    "maximum_pennation_angle",
    "minimum_activation",
    "ActiveForceLengthCurve.minimum_value",
)
MOTIONS = {1: "rotational", 2: "translational", 3: "coupled"}


@dataclass
class Case:
    """One file, read by both."""

    path: Path
    body: Body
    model: Any
    state: Any
    opensim: ModuleType


@pytest.fixture(scope="module", params=MODELS)
def case(request: pytest.FixtureRequest, opensim: ModuleType) -> Case:
    name: str = request.param
    if name == "full body":
        path: Path = request.getfixturevalue("full_body_path")
    else:
        path = DATA / name if (DATA / name).is_file() else request.getfixturevalue("shared") / name
    _forget_defaults(opensim)
    model = opensim.Model(str(path))
    state = model.initSystem()
    return Case(path, read_osim(path), model, state, opensim)


def _forget_defaults(opensim: ModuleType) -> None:
    # OpenSim keeps the <defaults> of one file for every file that the process reads after it.
    for kind in (*MuscleKind, "CoordinateActuator", "PointActuator", "TorqueActuator"):
        opensim.OpenSimObject.registerType(getattr(opensim, str(kind))())


def vec(v: Any) -> list[float]:
    return [v.get(i) for i in range(v.size())]


def muscle_list(case: Case, model: Any = None) -> dict[str, Any]:
    """Return all muscles by name, those that are plain components too."""
    return {m.getName(): m for m in (model or case.model).getMuscleList()}


def members(collection: Any) -> list[Any]:
    return [collection.get(i) for i in range(collection.getSize())]


def test_segments(case: Case) -> None:
    bodies = members(case.model.getBodySet())
    assert [b.getName() for b in bodies] == [s.name for s in case.body.segments]
    for ours, theirs in zip(case.body.segments, bodies, strict=True):
        assert ours.mass == theirs.getMass()
        assert ours.mass_center.tolist() == vec(theirs.getMassCenter())
        moments, products = vec(theirs.getInertia().getMoments()), vec(theirs.getInertia().getProducts())
        i = ours.inertia
        np.testing.assert_array_equal([i[0, 0], i[1, 1], i[2, 2], i[0, 1], i[0, 2], i[1, 2]], [*moments, *products])
    np.testing.assert_allclose(case.body.gravity, vec(case.model.getGravity()), rtol=1e-15)
    assert case.body.name == case.model.getName()


def test_coordinates(case: Case) -> None:
    coordinates = case.model.getCoordinateSet()
    assert {c.getName() for c in members(coordinates)} == set(case.body.coordinate_names)
    for ours in case.body.coordinates:
        theirs = coordinates.get(ours.name)
        assert ours.default == theirs.getDefaultValue()
        assert ours.default_speed == theirs.getDefaultSpeedValue()
        assert ours.range == (theirs.getRangeMin(), theirs.getRangeMax())
        assert ours.clamped == theirs.getDefaultClamped()
        assert ours.locked == theirs.getDefaultLocked()
        assert ours.is_prescribed == theirs.getDefaultIsPrescribed()
        assert ours.joint == theirs.getJoint().getName()
        assert ours.motion == MOTIONS[theirs.getMotionType()], ours.name


def test_joints(case: Case) -> None:
    joints = case.model.getJointSet()
    assert {j.getName() for j in members(joints)} == {j.name for j in case.body.joints}
    for ours in case.body.joints:
        theirs = joints.get(ours.name)
        assert ours.kind == theirs.getConcreteClassName()
        for frame, segment, pose in (
            (theirs.getParentFrame(), ours.parent, ours.parent_frame),
            (theirs.getChildFrame(), ours.child, ours.child_frame),
        ):
            assert frame.findBaseFrame().getName() == segment
            offset = frame.findTransformInBaseFrame()
            np.testing.assert_allclose(pose.translation, vec(offset.p()), atol=1e-15)
            np.testing.assert_allclose(pose.rotation, _matrix(offset.R()), atol=1e-15)


def _matrix(rotation: Any) -> np.ndarray:
    return np.array([[rotation.get(i, j) for j in range(3)] for i in range(3)])


def test_couplers(case: Case) -> None:
    couplers = [
        c
        for c in map(case.opensim.CoordinateCouplerConstraint.safeDownCast, members(case.model.getConstraintSet()))
        if c is not None and c.get_isEnforced()
    ]
    assert [c.getName() for c in couplers] == [c.name for c in case.body.couplers]
    for ours, theirs in zip(case.body.couplers, couplers, strict=True):
        names = theirs.getIndependentCoordinateNames()
        assert ours.independents == tuple(names.get(i) for i in range(names.getSize()))
        assert ours.dependent == theirs.getDependentCoordinateName()
        scale = theirs.getPropertyByName("scale_factor")
        assert ours.scale == case.opensim.PropertyHelper.getValueDouble(scale)


def test_muscles(case: Case) -> None:
    muscles = muscle_list(case)
    assert list(muscles) == [m.name for m in case.body.muscles]
    for ours in case.body.muscles:
        base = muscles[ours.name]
        assert ours.kind == base.getConcreteClassName()
        theirs = getattr(case.opensim, ours.kind.value).safeDownCast(base)
        assert ours.max_isometric_force == theirs.get_max_isometric_force()
        assert ours.optimal_fiber_length == theirs.get_optimal_fiber_length()
        assert ours.tendon_slack_length == theirs.get_tendon_slack_length()
        assert ours.pennation_angle == theirs.get_pennation_angle_at_optimal()
        assert ours.max_contraction_velocity == theirs.get_max_contraction_velocity()
        assert (ours.min_control, ours.max_control) == (theirs.getMinControl(), theirs.getMaxControl())
        assert ours.applies_force == theirs.get_appliesForce()
        assert ours.ignore_tendon_compliance == theirs.get_ignore_tendon_compliance()
        assert ours.ignore_activation_dynamics == theirs.get_ignore_activation_dynamics()
        for figure, value in ours.parameters.items():
            if figure not in REWRITTEN:
                assert value == _figure(theirs, figure), f"{ours.name} {figure}"


def _figure(muscle: Any, figure: str) -> float:
    curve, dot, name = figure.partition(".")
    value = getattr(muscle, f"get_{curve}")()
    if dot:
        value = getattr(value, f"get_{name}")()
    return float(value)


def test_paths(case: Case) -> None:
    """Each point sits in the same place of the same body; wraps name the same obstacles."""
    muscles = muscle_list(case)
    for ours in case.body.muscles:
        path = case.opensim.GeometryPath.safeDownCast(muscles[ours.name].getGeometryPath())
        points, wraps = path.getPathPointSet(), path.getWrapSet()
        assert points.getSize() == len(ours.points)
        for k, point in enumerate(ours.points):
            theirs = points.get(k)
            assert theirs.getParentFrame().findBaseFrame().getName() == point.segment
            assert (point.coordinate is not None) == (theirs.getConcreteClassName() == "ConditionalPathPoint")
            assert (point.moving is not None) == (theirs.getConcreteClassName() == "MovingPathPoint")
            if point.moving is None:
                base = theirs.getParentFrame().findTransformInBaseFrame()
                location = _matrix(base.R()) @ vec(theirs.getLocation(case.state)) + vec(base.p())
                np.testing.assert_allclose(point.location, location, atol=1e-15)
        assert [wraps.get(k).getWrapObjectName() for k in range(wraps.getSize())] == [w.wrap_object for w in ours.wraps]
        assert [wraps.get(k).getMethodName() for k in range(wraps.getSize())] == [w.method for w in ours.wraps]


def test_wrap_objects(case: Case) -> None:
    ours = {w.name: w for s in (case.body.ground, *case.body.segments) for w in s.wrap_objects}
    found = [c for c in case.model.getComponentsList() if c.getConcreteClassName().startswith("Wrap")]
    theirs = {c.getName(): c for c in found if not c.getConcreteClassName().endswith("Set")}
    assert theirs.keys() == ours.keys()
    for name, wrap in theirs.items():
        kind = wrap.getConcreteClassName()
        assert kind == f"Wrap{ours[name].kind.value.title()}"
        cast = getattr(case.opensim, kind).safeDownCast(wrap)
        assert ours[name].active == cast.get_active()
        base = cast.getFrame().findTransformInBaseFrame()
        turn = _matrix(base.R()) @ _matrix(cast.getTransform().R())
        np.testing.assert_allclose(ours[name].frame.rotation, turn, atol=1e-15)
        place = _matrix(base.R()) @ vec(cast.getTransform().p()) + vec(base.p())
        np.testing.assert_allclose(ours[name].frame.translation, place, atol=1e-15)


def test_markers(case: Case) -> None:
    markers = members(case.model.getMarkerSet())
    assert [m.getName() for m in markers] == [m.name for m in case.body.markers]
    for ours, theirs in zip(case.body.markers, markers, strict=True):
        assert ours.segment == theirs.getParentFrame().findBaseFrame().getName()
        assert ours.fixed == theirs.get_fixed()
        base = theirs.getParentFrame().findTransformInBaseFrame()
        location = _matrix(base.R()) @ vec(theirs.get_location()) + vec(base.p())
        np.testing.assert_allclose(ours.location, location, atol=1e-15)


def test_actuators(case: Case) -> None:
    actuators = {a.getName(): a for a in case.model.getActuatorList()}
    for ours in case.body.actuators:
        assert_same_actuator(ours, actuators[ours.name], case.opensim)


def assert_same_actuator(ours: Any, force: Any, opensim: ModuleType) -> None:
    theirs = getattr(opensim, force.getConcreteClassName()).safeDownCast(force)
    assert ours.optimal_force == theirs.get_optimal_force()
    assert (ours.min_control, ours.max_control) == (theirs.getMinControl(), theirs.getMaxControl())
    assert ours.applies_force == theirs.get_appliesForce()
    if isinstance(ours, CoordinateActuator):
        assert ours.coordinate == theirs.get_coordinate()
    elif isinstance(ours, PointActuator):
        assert ours.segment == theirs.get_body()
        assert ours.point.tolist() == vec(theirs.get_point())
        assert ours.direction.tolist() == vec(theirs.get_direction())
        assert (ours.point_is_global, ours.force_is_global) == (
            theirs.get_point_is_global(),
            theirs.get_force_is_global(),
        )
    else:
        assert isinstance(ours, TorqueActuator)
        assert (ours.segment_a, ours.segment_b) == (theirs.get_bodyA(), theirs.get_bodyB())
        assert ours.axis.tolist() == vec(theirs.getAxis())
        assert ours.torque_is_global == theirs.get_torque_is_global()


def test_every_force_is_read_or_listed(case: Case) -> None:
    """Nothing of the file's forces and constraints disappears in silence."""
    body = case.body
    kept = {f.name for f in (*body.muscles, *body.actuators, *body.contacts, *body.couplers)}
    listed = {u.name for u in body.unsupported}
    in_sets = [*members(case.model.getForceSet()), *members(case.model.getConstraintSet())]
    assert {f.getName() for f in in_sets} <= kept | listed


def test_poses(case: Case) -> None:
    """A random posture puts every body in the same place, 1e-9: joints of each kind mean the same to both."""
    q = _posture(case)
    placed = poses(compile_skeleton(case.body), q[None])
    worst = 0.0
    for k, segment in enumerate(case.body.segments, start=1):
        theirs = case.model.getBodySet().get(segment.name).getTransformInGround(case.state)
        worst = max(worst, float(np.abs(placed.rotation[0, k] - _matrix(theirs.R())).max()))
        worst = max(worst, float(np.abs(placed.translation[0, k] - vec(theirs.p())).max()))
    assert worst < 1e-9


def _posture(case: Case) -> np.ndarray:
    """Move every coordinate that is free to a random value, let OpenSim close the couplers, return all values."""
    rng = np.random.default_rng(5)
    coordinates = case.model.getCoordinateSet()
    for name in case.body.coordinate_names:
        coordinate = coordinates.get(name)
        if not (coordinate.getLocked(case.state) or coordinate.isConstrained(case.state)):
            low, high = coordinate.getRangeMin(), coordinate.getRangeMax()
            value = np.clip(coordinate.getDefaultValue() + 0.3 * rng.normal(), low, high)
            coordinate.setValue(case.state, float(value), False)
    case.model.assemble(case.state)
    case.model.realizePosition(case.state)
    return np.array([coordinates.get(name).getValue(case.state) for name in case.body.coordinate_names])


def test_opensim_reads_what_is_written(case: Case, tmp_path: Path) -> None:
    """The written file gives the same poses and muscle lengths, 1e-12 m."""
    q = _posture(case)
    path = tmp_path / "written.osim"
    write_osim(case.body, path)
    _forget_defaults(case.opensim)
    model = case.opensim.Model(str(path))
    state = model.initSystem()
    for name, value in zip(case.body.coordinate_names, q, strict=True):
        coordinate = model.getCoordinateSet().get(name)
        coordinate.setLocked(state, False)
        coordinate.setValue(state, float(value), False)
    model.realizePosition(state)
    for segment in case.body.segments:
        a = case.model.getBodySet().get(segment.name).getTransformInGround(case.state)
        b = model.getBodySet().get(segment.name).getTransformInGround(state)
        np.testing.assert_allclose(vec(a.p()), vec(b.p()), atol=1e-12)
        np.testing.assert_allclose(_matrix(a.R()), _matrix(b.R()), atol=1e-12)
    originals, copies = muscle_list(case), muscle_list(case, model)
    for name, original in originals.items():
        assert original.getLength(case.state) == pytest.approx(copies[name].getLength(state), abs=1e-12)
    assert model.getForceSet().getSize() >= len(case.body.muscles)
    assert model.getTotalMass(state) == pytest.approx(case.model.getTotalMass(case.state), abs=1e-12)


@pytest.mark.parametrize("name", ["gait2392_RRA_Actuators.xml", "gait2392_SO_Residual_Actuators.xml"])
def test_force_sets(name: str, shared: Path, opensim: ModuleType) -> None:
    _forget_defaults(opensim)
    path = shared / "gait2392" / name
    ours, theirs = read_force_set(path), opensim.ForceSet(str(path))
    assert [f.name for f in ours] == [f.getName() for f in members(theirs)]
    for actuator in ours:
        assert_same_actuator(actuator, theirs.get(actuator.name), opensim)


def test_marker_set(shared: Path, opensim: ModuleType) -> None:
    path = shared / "gait2392" / "gait2392_Scale_MarkerSet.xml"
    kept = opensim.MarkerSet(str(path))  # its members live as long as it does
    ours, theirs = read_marker_set(path), members(kept)
    assert [m.name for m in ours] == [m.getName() for m in theirs]
    for a, b in zip(ours, theirs, strict=True):
        assert (a.location.tolist(), a.fixed) == (vec(b.get_location()), b.get_fixed())
        assert b.getParentFrameName().endswith(f"/{a.segment}")
