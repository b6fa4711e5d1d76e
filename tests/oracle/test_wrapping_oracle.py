"""Every kind of obstacle, every half and several stretches of the path, against small OpenSim models built on the spot.

Each model is a body free to move over the ground, with one muscle of two or four points and an obstacle on either,
at random poses. Compared are the length and the moment arms of all six coordinates.

Two faults of OpenSim 4.6 are known and not repeated; where they show, only the moment arms are compared: the long way
over a cylinder (or torus) is counted as ``2π + short`` when it runs counter-clockwise, and the long way over a sphere
is counted as a negative length. Both need an allowed half and more than half a turn.

Over ellipsoids with an allowed half, OpenSim's search for the touching points may end on the far side of the link when
the way had to be mirrored into the allowed half; there the share of agreeing paths is bounded instead.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from groundup.body.model import Body
from groundup.engine.kinematics import poses
from groundup.engine.moment_arms import moment_arms, plan_moment_arms
from groundup.engine.muscle_path import PathGeometry, path_geometry, segment_pulls
from groundup.engine.path_set import compile_paths
from groundup.engine.skeleton import compile_skeleton
from groundup.io.osim_read import read_osim

HALVES = ("all", "x", "-x", "y", "-y", "z", "-z")
N_POSES = 30
SIZE = 0.06  # m, spread of the points


def _obstacle(opensim: ModuleType, kind: str, half: str, rng: np.random.Generator) -> Any:
    match kind:
        case "cylinder":
            wrap = opensim.WrapCylinder()
            wrap.set_radius(0.03)
            wrap.set_length(0.2)
        case "sphere":
            wrap = opensim.WrapSphere()
            wrap.set_radius(0.03)
        case "ellipsoid":
            wrap = opensim.WrapEllipsoid()
            wrap.set_dimensions(opensim.Vec3(0.025, 0.03, 0.05))
        case _:
            wrap = opensim.WrapTorus()
            wrap.set_inner_radius(0.02)
            wrap.set_outer_radius(0.05)
    wrap.set_quadrant(half)
    wrap.set_translation(opensim.Vec3(*(rng.normal(size=3) * 0.01)))
    wrap.set_xyz_body_rotation(opensim.Vec3(*rng.uniform(-1.5, 1.5, 3)))
    return wrap


def _free_joint(opensim: ModuleType, ground: Any, body: Any) -> Any:
    """Three turns, three shifts; unlike OpenSim's FreeJoint its speeds are the rates of its coordinates."""
    transform = opensim.SpatialTransform()
    axes = [f"upd_{kind}{k}" for kind in ("rotation", "translation") for k in (1, 2, 3)]
    for name in axes:
        axis = getattr(transform, name)()
        axis.setCoordinateNames(opensim.ArrayStr(name[4:], 1))
        axis.set_function(opensim.LinearFunction(1.0, 0.0))
    return opensim.CustomJoint("free", ground, body, transform)


class Rig:
    """A small model in both worlds."""

    def __init__(
        self,
        opensim: ModuleType,
        folder: Path,
        kinds: tuple[str, ...],
        half: str,
        seed: int,
        *,
        n_points: int = 2,
        stretch: tuple[int, int] = (-1, -1),
        method: str = "hybrid",
    ) -> None:
        self.rng = rng = np.random.default_rng(seed)
        model = opensim.Model()
        ground, body = model.getGround(), opensim.Body("float", 1.0, opensim.Vec3(0), opensim.Inertia(1, 1, 1))
        model.addBody(body)
        model.addJoint(_free_joint(opensim, ground, body))
        muscle = opensim.Thelen2003Muscle("string", 100.0, 0.1, 0.1, 0.0)
        path = opensim.GeometryPath.safeDownCast(muscle.getPath())
        for k in range(n_points):
            frame = ground if k < n_points // 2 else body
            path.appendNewPathPoint(f"p{k}", frame, opensim.Vec3(*(rng.normal(size=3) * SIZE)))
        model.addForce(muscle)
        for k, kind in enumerate(kinds):
            wrap = _obstacle(opensim, kind, half, rng)
            wrap.setName(f"wrap{k}")
            (ground if (seed + k) % 2 else body).addWrapObject(wrap)
            path.addPathWrap(wrap)
            path.getWrapSet().get(k).set_method(method)
            path.getWrapSet().get(k).set_range(0, stretch[0])
            path.getWrapSet().get(k).set_range(1, stretch[1])
        model.finalizeConnections()
        file = folder / f"rig{seed}.osim"
        model.printToXML(str(file))
        self.model = opensim.Model(str(file))
        self.state = self.model.initSystem()
        self.muscle = self.model.getMuscles().get(0)
        self.path = opensim.GeometryPath.safeDownCast(self.muscle.getPath())
        self.body: Body = read_osim(file)
        self.coordinates = [self.model.getCoordinateSet().get(n) for n in self.body.coordinate_names]

    def theirs(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lengths (F,) and moment arms (F, 6) by OpenSim."""
        lengths, arms = np.zeros(len(q)), np.zeros((len(q), len(self.coordinates)))
        for k, row in enumerate(q):
            for coordinate, value in zip(self.coordinates, row, strict=True):
                coordinate.setValue(self.state, float(value), False)
            self.model.realizePosition(self.state)
            lengths[k] = self.muscle.getLength(self.state)
            arms[k] = [self.muscle.computeMomentArm(self.state, c) for c in self.coordinates]
        return lengths, arms

    def ours(self, q: np.ndarray) -> tuple[PathGeometry, np.ndarray]:
        """Geometry and moment arms (F, 6) by us."""
        skeleton = compile_skeleton(self.body)
        paths = compile_paths(self.body, skeleton.segment_index, skeleton.coordinate_index)
        at = poses(skeleton, q)
        geometry = path_geometry(paths, at.rotation, at.translation, q, like_opensim=True)
        arms = moment_arms(plan_moment_arms(skeleton, paths), at, geometry, segment_pulls(paths, geometry))
        return geometry, arms[:, 0]

    def random_poses(self) -> np.ndarray:
        turns = self.rng.uniform(-1.0, 1.0, (N_POSES, 3))
        q = np.concatenate([turns, self.rng.normal(size=(N_POSES, 3)) * SIZE], axis=1)

        return q


def _compare(rigs: list[Rig], radius: float | None) -> tuple[np.ndarray, np.ndarray, int]:
    """Errors of length and of the worst arm, the former without the known faults; and how many paths wrap."""
    lengths, arms, wraps = [], [], 0
    for rig in rigs:
        q = rig.random_poses()
        geometry, our_arms = rig.ours(q)
        their_length, their_arms = rig.theirs(q)
        wrapped = geometry.on_path[:, -2]
        wraps += int(wrapped.sum())
        length = np.abs(geometry.length[:, 0] - their_length)
        if radius is not None:
            nodes = np.where(geometry.on_path[..., None], geometry.point, np.nan)
            order = np.argsort(geometry.rank, axis=1)
            ordered = np.take_along_axis(nodes, order[..., None], axis=1)
            straight = np.linalg.norm(np.diff(ordered, axis=1), axis=-1)
            chord = np.linalg.norm(geometry.point[:, -1] - geometry.point[:, -2], axis=-1)
            arc = geometry.length[:, 0] - np.nansum(straight, axis=1) + np.where(wrapped, chord, 0.0)
            long_way = wrapped & (arc > np.pi * radius * (1 - 1e-9))
            length = np.where(long_way, 0.0, length)
            if geometry.point.shape[1] > 4:  # a wrong length also misleads OpenSim's choice among links
                our_arms = np.where(long_way[:, None], their_arms, our_arms)
        lengths.append(length)
        arms.append(np.abs(our_arms - their_arms).max(axis=1))
    return np.concatenate(lengths), np.concatenate(arms), wraps


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("kind", ["cylinder", "sphere"])
def test_cylinder_and_sphere(opensim: ModuleType, tmp_path: Path, kind: str, half: str) -> None:
    """Same closed forms: 1e-5 m and 1e-4 m, and everywhere."""
    length, arm, wraps = _compare([Rig(opensim, tmp_path, (kind,), half, seed) for seed in range(4)], 0.03)
    assert wraps >= 5
    assert length.max() < 1e-5
    assert arm.max() < 1e-4


@pytest.mark.parametrize("half", HALVES)
def test_torus(opensim: ModuleType, tmp_path: Path, half: str) -> None:
    """OpenSim looks for the place on the ring to 1e-4 only: 1e-3 m and 2e-3 m, but for one path in fifty.

    From two starts the search may find two places; when they are equally near, the choice is rounding.
    """
    length, arm, wraps = _compare([Rig(opensim, tmp_path, ("torus",), half, seed) for seed in range(4)], 0.02)
    assert wraps >= 5
    assert np.mean(length > 1e-3) <= 0.02
    assert np.mean(arm > 2e-3) <= 0.02


@pytest.mark.parametrize("method", ["hybrid", "midpoint", "axial"])
def test_whole_ellipsoid(opensim: ModuleType, tmp_path: Path, method: str) -> None:
    rigs = [Rig(opensim, tmp_path, ("ellipsoid",), "all", seed, method=method) for seed in range(6)]
    length, arm, wraps = _compare(rigs, None)
    assert wraps >= 10
    assert length.max() < 1e-3
    assert arm.max() < 2e-3


@pytest.mark.parametrize("half", HALVES[1:])
def test_half_ellipsoid(opensim: ModuleType, tmp_path: Path, half: str) -> None:
    length, arm, wraps = _compare([Rig(opensim, tmp_path, ("ellipsoid",), half, seed) for seed in range(6)], None)
    assert wraps >= 10
    assert np.sum(length > 1e-3) <= 0.15 * wraps
    assert np.sum(arm > 2e-3) <= 0.15 * wraps


@pytest.mark.parametrize("stretch", [(-1, -1), (1, 2), (2, 3), (2, -1), (-1, 3), (3, 4)])
@pytest.mark.parametrize("kind", ["cylinder", "sphere"])
def test_stretch_of_a_path_of_four_points(
    opensim: ModuleType, tmp_path: Path, kind: str, stretch: tuple[int, int]
) -> None:
    rigs = [
        Rig(opensim, tmp_path, (kind,), half, seed, n_points=4, stretch=stretch)
        for seed, half in enumerate(("all", "x", "-y", "all"))
    ]
    length, arm, wraps = _compare(rigs, 0.03)
    assert wraps >= 1
    assert length.max() < 1e-5
    assert arm.max() < 1e-4


def test_two_obstacles(opensim: ModuleType, tmp_path: Path) -> None:
    """Rounds over two obstacles.

    OpenSim shifts touching points until the kink is below 0.1°, so they are off the helix by up to 1e-3 m; where two
    obstacles touch each other's links, which few poses do, that turns short links by a hundredth.
    """
    kinds = [("cylinder", "sphere"), ("sphere", "cylinder"), ("cylinder", "cylinder"), ("sphere", "sphere")]
    length, arm, wraps = _compare([Rig(opensim, tmp_path, k, "all", seed) for seed, k in enumerate(kinds * 2)], None)
    assert wraps >= 5
    assert np.mean(length > 3e-5) <= 0.02
    assert length.max() < 2e-4
    assert np.mean(arm > 2e-3) <= 0.05
    assert arm.max() < 2e-2
