"""Small bodies with known mechanics, built by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from groundup.body.functions import Constant, Function, Linear, SimmSpline
from groundup.body.model import (
    Body,
    Coordinate,
    Coupler,
    Frame,
    Joint,
    Marker,
    MotionKind,
    Muscle,
    MuscleKind,
    PathPoint,
    PathWrap,
    Segment,
    TransformAxis,
    WrapKind,
    WrapObject,
)

IDENTITY = Linear((1.0,), 0.0)
X, Y, Z = np.eye(3)
G = 9.80665  # m/s²

Moves = Mapping[int, tuple[np.ndarray, str, Function]]
"""By place in the joint (0–2 rotations, 3–5 translations): axis, coordinate and function."""


def joint(name: str, parent: str, child: str, place: tuple[float, float, float], moves: Moves) -> Joint:
    """Make a joint at ``place`` in the parent and at the origin of the child."""
    axes = [TransformAxis((X, Y, Z)[k % 3], (), Constant(0.0)) for k in range(6)]
    for k, (axis, coordinate, function) in moves.items():
        axes[k] = TransformAxis(axis, (coordinate,), function)
    at = Frame(translation=np.array(place, float))
    return Joint(name, "CustomJoint", parent, child, at, Frame(), tuple(axes))


def segment(name: str, mass: float, center: tuple[float, float, float], inertia: tuple[float, float, float]) -> Segment:
    return Segment(name, mass, np.array(center), np.diag(inertia))


def pendulum(mass: float = 2.0, length: float = 0.5, inertia: float = 0.03) -> Body:
    """A rod that hangs from the ground and swings about z; ``length`` m from the hinge to its mass centre."""
    return Body(
        "pendulum",
        (segment("rod", mass, (0.0, -length, 0.0), (0.01, 0.01, inertia)),),
        (joint("hinge", "ground", "rod", (0.3, 1.0, -0.2), {2: (Z, "swing", IDENTITY)}),),
        (Coordinate("swing", "hinge"),),
    )


def double_pendulum() -> Body:
    """Two point masses of 1.5 and 0.8 kg on massless rods of 0.6 and 0.4 m; both angles turn about z."""
    return Body(
        "double pendulum",
        (
            segment("upper", 1.5, (0.0, -0.6, 0.0), (0.0, 0.0, 0.0)),
            segment("lower", 0.8, (0.0, -0.4, 0.0), (0.0, 0.0, 0.0)),
        ),
        (
            joint("first", "ground", "upper", (0.0, 0.0, 0.0), {2: (Z, "a", IDENTITY)}),
            joint("second", "upper", "lower", (0.0, -0.6, 0.0), {2: (Z, "b", IDENTITY)}),
        ),
        (Coordinate("a", "first"), Coordinate("b", "second")),
    )


KNEE_SLIDE = SimmSpline(np.linspace(-0.2, 2.2, 6), np.array([0.0, 0.004, 0.009, 0.011, 0.009, 0.003]))
KNEE_ROLL = SimmSpline(np.linspace(-0.2, 2.2, 6), np.array([0.0, 0.05, 0.15, 0.2, 0.22, 0.25]))


def walker() -> Body:
    """Two symmetric legs on a pelvis that moves freely; z is to the right.

    Each knee has one coordinate that bends, rolls, twists and slides (a knee after Walker et al., 1988), and a kneecap
    coupled to it. The pelvis turns about the vertical first, so that turning the laboratory is adding an angle.
    """
    root = {
        3: (X, "tx", IDENTITY),
        4: (Y, "ty", IDENTITY),
        5: (Z, "tz", IDENTITY),
        0: (Y, "heading", IDENTITY),
        1: (X, "list", IDENTITY),
        2: (Z, "tilt", IDENTITY),
    }
    segments = [segment("pelvis", 11.0, (-0.05, 0.1, 0.0), (0.1, 0.09, 0.06))]
    joints = [joint("root", "ground", "pelvis", (0.0, 0.0, 0.0), root)]
    coordinates = [
        Coordinate(n, "root", motion=MotionKind.TRANSLATIONAL if n in ("tx", "ty", "tz") else MotionKind.ROTATIONAL)
        for n in ("tx", "ty", "tz", "heading", "list", "tilt")
    ]
    couplers = []
    for side, out in (("r", 1.0), ("l", -1.0)):
        leg_segments, leg_joints, leg_coordinates = _leg(side, out)
        segments += leg_segments
        joints += leg_joints
        coordinates += leg_coordinates
        follows = Linear((0.6,), 0.1)
        couplers.append(Coupler(f"kneecap_{side}", f"kneecap_{side}", (f"knee_{side}",), follows))
    return Body(
        "walker",
        tuple(segments),
        tuple(joints),
        tuple(coordinates),
        tuple(couplers),
        muscles=tuple(m for side, out in (("r", 1.0), ("l", -1.0)) for m in _muscles(side, out)),
        markers=tuple(_markers()),
    )


def _leg(side: str, out: float) -> tuple[list[Segment], list[Joint], list[Coordinate]]:
    thigh, shank, foot, cap = (f"{n}_{side}" for n in ("thigh", "shank", "foot", "patella"))
    wrap = WrapObject(
        f"condyle_{side}", WrapKind.CYLINDER, thigh, Frame(translation=np.array([0.0, -0.4, 0.0])), (0.055, 0.2)
    )
    upper = segment(thigh, 9.0, (0.0, -0.17, 0.01 * out), (0.13, 0.03, 0.14))
    segments = [
        Segment(upper.name, upper.mass, upper.mass_center, upper.inertia, (wrap,)),
        segment(shank, 3.5, (0.0, -0.19, 0.0), (0.05, 0.005, 0.05)),
        segment(cap, 0.09, (0.0, 0.0, 0.0), (1e-5, 1e-5, 1e-5)),
        segment(foot, 1.2, (0.08, -0.03, 0.005 * out), (0.001, 0.004, 0.004)),
    ]
    hip = {
        0: (Z, f"hip_flexion_{side}", IDENTITY),
        1: (out * X, f"hip_adduction_{side}", IDENTITY),
        2: (out * Y, f"hip_rotation_{side}", IDENTITY),
    }
    bend = f"knee_{side}"
    knee: Moves = {
        0: (-Z, bend, IDENTITY),
        1: (out * X, bend, KNEE_ROLL),
        2: (out * Y, bend, KNEE_ROLL),
        3: (X, bend, KNEE_SLIDE),
    }
    joints = [
        joint(f"hip_{side}", "pelvis", thigh, (-0.06, -0.08, 0.08 * out), hip),
        joint(f"knee_{side}", thigh, shank, (0.0, -0.4, 0.0), knee),
        joint(f"kneecap_{side}", thigh, cap, (0.05, -0.38, 0.0), {2: (-Z, f"kneecap_{side}", IDENTITY)}),
        joint(f"ankle_{side}", shank, foot, (0.0, -0.42, 0.0), {2: (Z, f"ankle_{side}", IDENTITY)}),
    ]
    owner = {bend: f"knee_{side}", f"kneecap_{side}": f"kneecap_{side}", f"ankle_{side}": f"ankle_{side}"}
    names = [axis.coordinates[0] for j in joints for axis in j.axes if axis.coordinates]
    coordinates = [Coordinate(n, owner.get(n, f"hip_{side}")) for n in dict.fromkeys(names)]
    return segments, joints, coordinates


def _muscles(side: str, out: float) -> list[Muscle]:
    """A hamstring (straight), a vastus with a moving and a conditional point, a gastrocnemius round a cylinder."""

    def point(name: str, carrier: str, x: float, y: float, z: float) -> PathPoint:
        return PathPoint(f"{name}_{side}", carrier, np.array([x, y, z * out]))

    thigh, shank, foot = f"thigh_{side}", f"shank_{side}", f"foot_{side}"
    slide = SimmSpline(np.array([-0.2, 0.5, 1.0, 2.2]), np.array([0.05, 0.045, 0.035, 0.02]))
    still = (Constant(-0.03), None), (Constant(0.002 * out), None)
    bend = f"knee_{side}"
    moving = PathPoint(f"moving_{side}", shank, np.zeros(3), moving=((slide, bend), *still))
    front = PathPoint(f"front_{side}", thigh, np.array([0.06, -0.39, 0.0]), coordinate=bend, range=(0.8, 3.0))
    figures = (1000.0, 0.1, 0.2, 0.1, 10.0)
    kind = MuscleKind.THELEN2003
    return [
        Muscle(
            f"hamstring_{side}",
            kind,
            (point("ham1", "pelvis", -0.1, -0.1, 0.06), point("ham2", shank, -0.03, -0.06, 0.01)),
            (),
            *figures,
        ),
        Muscle(
            f"vastus_{side}",
            kind,
            (point("vas1", thigh, 0.03, -0.2, 0.0), front, moving, point("vas4", shank, 0.03, -0.09, 0.0)),
            (),
            *figures,
        ),
        Muscle(
            f"gastrocnemius_{side}",
            kind,
            (point("gas1", thigh, -0.02, -0.33, 0.02), point("gas2", foot, -0.05, -0.03, 0.0)),
            (PathWrap(f"condyle_{side}"),),
            *figures,
        ),
    ]


def _markers() -> list[Marker]:
    places = {
        "pelvis": ((0.05, 0.05, 0.12), (0.05, 0.05, -0.12), (-0.15, 0.05, 0.0)),
        "thigh": ((0.06, -0.1, 0.03), (0.05, -0.25, 0.06), (0.0, -0.4, 0.05)),
        "shank": ((0.05, -0.1, 0.02), (0.03, -0.3, 0.04), (0.0, -0.41, 0.04)),
        "foot": ((-0.05, -0.02, 0.0), (0.15, -0.03, 0.04), (0.14, -0.03, -0.03)),
    }
    found = []
    for name, locations in places.items():
        for side, out in (("", 1.0),) if name == "pelvis" else (("_r", 1.0), ("_l", -1.0)):
            found += [
                Marker(f"{name}{side}_{i}", f"{name}{side}", np.array(p) * [1, 1, out]) for i, p in enumerate(locations)
            ]
    return found


def random_states(body: Body, n: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates, speeds and accelerations with the couplers followed, each (n, n_coords)."""
    from groundup.engine.skeleton import compile_skeleton

    rng = np.random.default_rng(seed)
    couplers = compile_skeleton(body).couplers
    q = couplers.apply(rng.uniform(0.1, 0.7, (n, len(body.coordinates))))
    return q, *couplers.rates(q, rng.normal(0.0, 2.0, q.shape), rng.normal(0.0, 8.0, q.shape))
