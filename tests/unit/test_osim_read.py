"""Reading models: what arrives in the body, and what is refused with which words."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from groundup.body.functions import Constant, Linear, Multiplier, PiecewiseLinear, Polynomial, SimmSpline
from groundup.body.model import (
    Body,
    CoordinateActuator,
    MotionKind,
    MuscleKind,
    PointActuator,
    TorqueActuator,
    WrapKind,
)
from groundup.errors import FileError, ModelError
from groundup.io.osim_frames import euler_from_rotation, rotation_from_euler
from groundup.io.osim_read import read_force_set, read_marker_set, read_osim

DATA = Path(__file__).resolve().parents[1] / "data"
NEW, OLD = DATA / "every_joint.osim", DATA / "old_leg.osim"


@pytest.fixture(scope="module")
def new() -> Body:
    return read_osim(NEW)


@pytest.fixture(scope="module")
def old() -> Body:
    return read_osim(OLD)


def edited(folder: Path, source: Path, before: str, after: str) -> Path:
    text = source.read_text()
    assert before in text
    path = folder / source.name
    path.write_text(text.replace(before, after, 1))
    return path


# --- layout of OpenSim 4 ----------------------------------------------------------------------------------------


def test_joints_come_parents_first_and_segments_in_file_order(new: Body) -> None:
    assert [j.name for j in new.joints] == [
        "j_free", "j_pin", "j_slider", "j_universal", "j_ball", "j_gimbal", "j_planar", "j_custom", "j_weld",
    ]  # fmt: skip
    assert [s.name for s in new.segments] == ["pelvis", *"abcdefgh"]
    assert new.coordinate_names[:7] == ("rx", "ry", "rz", "tx", "ty", "tz", "pin")


def test_every_joint_is_six_motions(new: Body) -> None:
    moved = {
        j.name: [i for i, axis in enumerate(j.axes) if axis.coordinates] for j in new.joints if j.kind != "CustomJoint"
    }
    assert moved == {
        "j_free": [0, 1, 2, 3, 4, 5],
        "j_pin": [2],
        "j_slider": [3],
        "j_universal": [0, 1],
        "j_ball": [0, 1, 2],
        "j_gimbal": [0, 1, 2],
        "j_planar": [2, 3, 4],
        "j_weld": [],
    }


def test_custom_joint_functions(new: Body) -> None:
    axes = next(j for j in new.joints if j.name == "j_custom").axes
    kinds = [type(axis.function) for axis in axes]
    assert kinds == [Polynomial, Linear, Constant, SimmSpline, Multiplier, Constant]
    np.testing.assert_array_equal(axes[0].axis, [0, 0, 1])  # made a unit vector
    assert axes[1].coordinates == ("tie", "bend")
    assert isinstance(axes[4].function, Multiplier)
    assert isinstance(axes[4].function.function, PiecewiseLinear)
    assert isinstance(axes[5].function, Constant)
    assert axes[5].function.value == 0.03


def test_coordinates(new: Body) -> None:
    by_name = {c.name: c for c in new.coordinates}
    pin = by_name["pin"]
    assert (pin.default, pin.default_speed, pin.range, pin.clamped, pin.locked) == (0.1, 0.2, (-2, 2), True, True)
    assert isinstance(pin.prescribed, Linear)
    assert not pin.is_prescribed
    assert by_name["slide"].motion is MotionKind.TRANSLATIONAL
    assert by_name["bend"].motion is MotionKind.COUPLED


def test_points_on_offset_frames_are_carried_to_their_body(new: Body) -> None:
    turn_outer = rotation_from_euler(np.array([0, 0, 0.5]))
    turn_inner = rotation_from_euler(np.array([0.4, 0, 0]))
    point = np.array([0.01, 0.02, 0.03])
    outer = turn_outer @ point + [0.1, 0, 0]
    inner = turn_outer @ (turn_inner @ point + [0, 0.2, 0]) + [0.1, 0, 0]
    markers = {m.name: m for m in new.markers}
    assert (markers["M1"].segment, markers["M1"].fixed) == ("d", True)
    np.testing.assert_allclose(markers["M1"].location, outer, atol=1e-15)
    assert [markers[n].segment for n in ("M2", "M3", "M4")] == ["h", "pelvis", "ground"]
    points = new.muscles[0].points
    assert [p.segment for p in points] == ["d", "e", "e", "f"]
    np.testing.assert_allclose(points[0].location, inner, atol=1e-15)


def test_obstacles_and_meshes(new: Body) -> None:
    d = next(s for s in new.segments if s.name == "d")
    assert [(w.name, w.kind, w.quadrant, w.active) for w in d.wrap_objects] == [
        ("ball", WrapKind.SPHERE, "y", True),
        ("egg", WrapKind.ELLIPSOID, "all", False),
        ("ring", WrapKind.TORUS, "all", True),
    ]
    assert d.wrap_objects[2].dimensions == (0.02, 0.06)
    assert [(m.file, m.scale) for m in d.meshes] == [("still.vtp", (1, 1, 1)), ("moved.vtp", (1, 2, 3))]
    assert new.ground.wrap_objects[0].kind is WrapKind.CYLINDER


def test_muscles(new: Body) -> None:
    millard, degroote = new.muscles
    assert millard.kind is MuscleKind.MILLARD2012
    assert millard.parameters["ActiveForceLengthCurve.minimum_value"] == 0.05
    assert "ActiveForceLengthCurve.shallow_ascending_slope" not in millard.parameters
    assert (millard.parameters["fiber_damping"], millard.min_control, millard.max_control) == (0.05, 0.02, 1.0)
    assert millard.points[1].coordinate == "e1"
    assert [(w.wrap_object, w.method, w.range) for w in millard.wraps] == [
        ("ball", "midpoint", (1, 3)),
        ("ring", "hybrid", (None, None)),
    ]
    assert (degroote.applies_force, degroote.min_control) == (False, 0.0)
    assert degroote.parameters["ignore_passive_fiber_force"] == 1.0
    assert degroote.points[1].moving is not None
    assert [name for _, name in degroote.points[1].moving] == ["bend"] * 3


def test_actuators_contact_and_couplers(new: Body) -> None:
    turn, push, twist = new.actuators
    assert isinstance(turn, CoordinateActuator)
    assert (turn.coordinate, turn.optimal_force, turn.min_control) == ("pin", 12, -np.inf)
    assert isinstance(push, PointActuator)
    assert push.force_is_global
    assert isinstance(twist, TorqueActuator)
    assert (twist.segment_a, twist.segment_b, twist.torque_is_global) == ("pelvis", "a", False)
    (tread,) = new.contacts
    assert (tread.name, tread.segment, tread.radius, tread.constant_contact_force) == ("tread", "h", 0.03, 2e-5)
    (tied,) = new.couplers
    assert (tied.dependent, tied.independents, tied.scale) == ("tie", ("bend",), 1.2)


def test_what_is_not_used_is_listed_with_its_effect(new: Body) -> None:
    listed = {(u.container, u.kind, u.name): u for u in new.unsupported}
    spring = listed["components", "SpringGeneralizedForce", "spring"]
    assert "passive moment is left out" in spring.effect
    assert spring.xml.startswith("<SpringGeneralizedForce")
    assert "switched off" in listed["ConstraintSet", "PointConstraint", "off"].effect
    assert "another plane" in listed["ForceSet", "SmoothSphereHalfSpaceForce", "wall_push"].effect
    assert ("ContactGeometrySet", "ContactHalfSpace", "wall") in listed


def test_what_hangs_on_an_offset_frame_says_that_it_is_lost(tmp_path: Path) -> None:
    before = "<socket_body_2>/bodyset/h</socket_body_2>"
    body = read_osim(edited(tmp_path, NEW, before, before.replace("/h<", "/d/outer<")))
    off = next(u for u in body.unsupported if u.name == "off")
    assert (off.xml, "lost when the body is written" in off.effect) == ("", True)


# --- layout of OpenSim 3 ----------------------------------------------------------------------------------------


def test_old_layout(old: Body) -> None:
    thigh, shank = old.segments
    assert (thigh.mass, shank.mass) == (8, 4)
    np.testing.assert_array_equal(thigh.inertia, [[0.12, 0.001, 0.002], [0.001, 0.03, 0.003], [0.002, 0.003, 0.13]])
    hip, knee = old.joints
    assert (hip.parent, hip.child, knee.parent, knee.child) == ("ground", "thigh", "thigh", "shank")
    np.testing.assert_allclose(hip.parent_frame.rotation, rotation_from_euler(np.array([0.1, 0.2, 0.3])))
    np.testing.assert_array_equal(hip.child_frame.translation, [0.01, 0.02, 0.03])
    assert old.coordinate_names == ("hip_flexion", "hip_slide", "knee_angle")
    assert [(m.file, m.scale) for m in thigh.meshes] == [("femur.vtp", (1, 2, 6))]
    assert [m.file for m in old.ground.meshes] == ["floor.vtp"]
    assert [(m.name, m.segment, m.fixed) for m in old.markers] == [("KNE", "thigh", True)]


def test_old_defaults_stand_in_for_what_is_left_out(old: Body) -> None:
    (quad,) = old.muscles
    assert quad.max_isometric_force == 777
    assert quad.parameters["Af"] == 0.3
    assert quad.parameters["FmaxMuscleStrain"] == 0.6  # OpenSim's own default
    assert quad.points[1].coordinate == "knee_angle"
    assert quad.points[2].moving is not None


def test_old_switches(old: Body) -> None:
    assert not old.actuators[0].applies_force
    assert [c.name for c in old.couplers] == ["tie"]
    effects = {u.name: u for u in old.unsupported}
    assert effects["pin"].xml == ""
    assert "lost when the body is written" in effects["pin"].effect
    assert "<appliesForce>true</appliesForce>" in effects["stop"].xml


# --- stand-alone sets -------------------------------------------------------------------------------------------


def test_force_sets(shared: Path) -> None:
    forces = read_force_set(shared / "gait2392" / "gait2392_RRA_Actuators.xml")
    assert [type(f).__name__ for f in forces[:6]] == ["PointActuator"] * 3 + ["TorqueActuator"] * 3
    by_name = {f.name: f for f in forces}
    assert by_name["hip_flexion_r"].optimal_force == 300
    fx = by_name["FX"]
    assert isinstance(fx, PointActuator)
    assert (fx.segment, fx.force_is_global, fx.point_is_global) == ("pelvis", True, False)


def test_marker_set(shared: Path) -> None:
    markers = read_marker_set(shared / "gait2392" / "gait2392_Scale_MarkerSet.xml")
    assert len(markers) == 39
    assert (markers[0].name, markers[0].segment, markers[0].location.tolist()) == ("Sternum", "torso", [0.07, 0.3, 0])


def test_a_muscle_in_a_force_set_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.xml"
    path.write_text(
        '<OpenSimDocument Version="40000"><ForceSet><objects><PathSpring name="s"/></objects></ForceSet>'
        "</OpenSimDocument>"
    )
    with pytest.raises(ModelError, match=r"set\.xml line 1: .*a PathSpring in a force set cannot be added"):
        read_force_set(path)


# --- refusals ---------------------------------------------------------------------------------------------------

PIN = '<PinJoint name="j_pin">'


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("<radius>0.1</radius>", "<radius>-0.1</radius>", "size of -0.1 m, expected more than 0 m"),
        ("<wrap_object>ball<", "<wrap_object>bal<", "wrap object 'bal' does not exist"),
        ("<coordinate>pin</coordinate><opt", "<coordinate>pine</coordinate><opt", "no coordinate 'pine'; coordinates"),
        ("<body>pelvis</body>", "<body>hips</body>", "actuator 'push': no body 'hips'; bodies are: "),
        ("/bodyset/d/outer/inner<", "/bodyset/d/outer/innr<", "'/bodyset/d/outer/innr' is no body or frame"),
        ("<isEnforced>false<", "<isEnforced>true<", r"constraint 'off' \(PointConstraint\) closes a loop"),
        ("<coefficients>0.5 0.2 0.1<", "<coefficients>0.5 0.1<", "1 argument.s. and is given 2 coordinate"),
        ("-2 -1 0 1 2</x>", "-2 -1 -1 1 2</x>", "x goes from -1 to -1, expected increasing values"),
        ("<mass>1.5</mass>", "<mass>heavy</mass>", r"Body\[pelvis\]: <mass> is 'heavy', expected one number"),
        ("<mass>1.5</mass>", "", r"has no number in <mass>"),
        ("0.02 0.03 0.04 0.001", "-0.02 0.03 0.04 0.001", "moments of inertia -0.02"),
        ("<Marker name=\"M2\">", "<Marker name=\"M1\">", "marker 'M1' is there 2 times"),
        ("names>bend</independent", "names>tie</independent", "depend on each other in a circle"),
        ("<location>0.02 -0.05 0</location>", "<location>0.02 -0.05</location>", "<location> holds 2 numbers"),
    ],
)  # fmt: skip
def test_refusals(tmp_path: Path, before: str, after: str, words: str) -> None:
    with pytest.raises((FileError, ModelError), match=words) as caught:
        read_osim(edited(tmp_path, NEW, before, after))
    assert "every_joint.osim" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_muscles_of_other_kinds_are_refused(tmp_path: Path) -> None:
    text = OLD.read_text().replace("Thelen2003Muscle", "Schutte1993Muscle_Deprecated")
    (tmp_path / "m.osim").write_text(text)
    with pytest.raises(
        ModelError, match=r"muscle 'quad' is a Schutte1993Muscle_Deprecated, expected one of: Thelen2003Muscle, Mil"
    ):
        read_osim(tmp_path / "m.osim")


@pytest.mark.parametrize("kind", ["EllipsoidJoint", "ScapulothoracicJoint"])
def test_joints_of_other_kinds_are_refused(tmp_path: Path, kind: str) -> None:
    text = NEW.read_text().replace("BallJoint", kind)
    (tmp_path / "m.osim").write_text(text)
    with pytest.raises(ModelError, match=f"joint 'j_ball' is a {kind}, expected one of: CustomJoint, .*Rewrite it as"):
        read_osim(tmp_path / "m.osim")


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ('<WeldConstraint name="w"/>', r"constraint 'w' \(WeldConstraint\) closes a loop"),
        ('<PinJoint name="p"/>', "a PinJoint among the model's components cannot be used"),
    ],
)
def test_loops_among_the_components_are_seen(tmp_path: Path, extra: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        read_osim(edited(tmp_path, NEW, "<components>", f"<components>{extra}"))


def test_gcv_splines_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.osim"
    path.write_text(NEW.read_text().replace("SimmSpline", "GCVSpline"))
    with pytest.raises(ModelError, match="functions of kind GCVSpline cannot be evaluated"):
        read_osim(path)


TREE = """<OpenSimDocument Version="40000"><Model name="m">
<BodySet><objects>{bodies}</objects></BodySet><JointSet><objects>{joints}</objects></JointSet></Model></OpenSimDocument>"""


def tree(folder: Path, *links: str) -> Path:
    """Write a model of weld joints; a link is "parent>child"."""
    pairs = [link.split(">") for link in links]
    names = sorted({name for pair in pairs for name in pair if name != "ground"})
    bodies = "".join(f'<Body name="{n}"><mass>1</mass></Body>' for n in names)
    joints = "".join(
        f'<WeldJoint name="j{i}"><socket_parent_frame>{p}</socket_parent_frame>'
        f"<socket_child_frame>{c}</socket_child_frame></WeldJoint>"
        for i, (p, c) in enumerate(pairs)
        if c
    )
    path = folder / "tree.osim"
    path.write_text(TREE.format(bodies=bodies, joints=joints))
    return path


@pytest.mark.parametrize(
    ("links", "words"),
    [
        (("ground>a", "a>b", "ground>b"), "joint 'j2' closes a loop: its child 'b' is already held by 'j1'"),
        (("ground>a", "b>a"), "joint 'j1' closes a loop"),
        (("ground>a", "a>ground"), "joint 'j1' closes a loop: its child 'ground'"),
        (("ground>a", "b>c"), "no joint holds: b; expected one joint with each body as its child"),
        (("ground>a", "b>c", "c>b"), "joints j1, j2 hang on each other in a circle"),
    ],
)
def test_graphs_that_are_no_tree(tmp_path: Path, links: tuple[str, ...], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        read_osim(tree(tmp_path, *links))


def test_frames_that_hang_on_themselves(tmp_path: Path) -> None:
    before = '<PhysicalOffsetFrame name="inner"><socket_parent>..</socket_parent>'
    after = '<PhysicalOffsetFrame name="inner"><socket_parent>.</socket_parent>'
    with pytest.raises(ModelError, match="hangs on itself, expected a body"):
        read_osim(edited(tmp_path, NEW, before, after))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<OpenSimDocument><ForceSet/></OpenSimDocument>", "holds <OpenSimDocument> with ForceSet, expected a Model"),
        ("<html/>", "holds <html> with nothing, expected a Model"),
        ("<OpenSimDocument><Model><DynamicsEngine/></Model></OpenSimDocument>", "layout of OpenSim 1"),
    ],
)
def test_other_documents(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.osim"
    path.write_text(text)
    with pytest.raises(FileError, match=words):
        read_osim(path)


# --- angles and speed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("middle", [0.0, 0.7, np.pi / 2, -np.pi / 2, np.pi / 2 - 1e-9, 2.0])
def test_euler_angles_survive(middle: float) -> None:
    rotation = rotation_from_euler(np.array([0.3, middle, -2.1]))
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-15)
    np.testing.assert_allclose(rotation_from_euler(euler_from_rotation(rotation)), rotation, atol=1e-14)


def test_the_full_body_is_read_fast(full_body_path: Path) -> None:
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        body = read_osim(full_body_path)
        spent.append(time.perf_counter() - start)
    assert len(body.muscles) == 318
    assert (len(body.couplers), len(body.contacts), len(body.segments)) == (20, 12, 30)
    assert min(spent) < 0.5  # 0.1 s on one ordinary core; the margin is for a busy machine
