"""Lengths and moment arms of every muscle of six models, against OpenSim at random poses.

Poses: every unlocked coordinate uniform in its range (at most 1.5 rad or m from 0), then OpenSim's own assembly, whose
coordinate values and body transforms are what our code is given.

Tolerances: 1e-5 m for lengths over points, cylinders and spheres, whose formulas are the same (the rest is the helix
that OpenSim finds by rounds); 1e-3 m over ellipsoids, where OpenSim adds up samples. 1e-4 m and 2e-3 m for moment arms.

A wrap switches on and off with the pose, and just there a rounding error decides. A pair of muscle and pose that does
not agree is left out only if OpenSim's own path, moved by 1e-4 in all coordinates, changes its number of points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from groundup.body.model import Body, WrapKind
from groundup.engine.kinematics import poses
from groundup.engine.moment_arms import moment_arms, plan_moment_arms
from groundup.engine.muscle_path import PathGeometry, path_geometry, segment_pulls
from groundup.engine.path_set import PathSet, compile_paths
from groundup.engine.skeleton import compile_skeleton
from groundup.io.osim_read import read_osim

N_POSES = 50
N_ARM_POSES = 4
MODELS = {
    "gait2392": "gait2392/gait2392_simbody.osim",
    "rajagopal": "models/Rajagopal2016.osim",
    "rajagopal_lai_uhlrich": "models/RajagopalLaiUhlrich2023.osim",
    "arnold_01": "arnold2013/subject01/subject01.osim",
    "arnold_18": "arnold2013/subject18/subject18.osim",
    "planar": "moco2d/2D_gait.osim",
    "full_body": "",
}


@dataclass(frozen=True, eq=False)
class Case:
    """A model in both worlds, at random poses."""

    body: Body
    model: Any
    state: Any
    muscles: list[Any]
    paths: PathSet
    rotation: np.ndarray
    translation: np.ndarray
    q: np.ndarray

    def geometry(self, like_opensim: bool = True) -> PathGeometry:
        return path_geometry(self.paths, self.rotation, self.translation, self.q, like_opensim=like_opensim)

    def go_to(self, pose: int, shift: float = 0.0) -> None:
        for i, name in enumerate(self.body.coordinate_names):
            coordinate = self.model.getCoordinateSet().get(name)
            if not coordinate.getLocked(self.state):
                coordinate.setValue(self.state, float(self.q[pose, i]) + shift, False)
        self.model.assemble(self.state)
        self.model.realizePosition(self.state)


@pytest.fixture(params=list(MODELS))
def case(request: pytest.FixtureRequest, opensim: ModuleType) -> Case:
    """Return each model in turn."""
    if request.param == "full_body":
        return _case(opensim, request.getfixturevalue("full_body_path"))
    return _case(opensim, request.getfixturevalue("shared") / MODELS[request.param])


@cache
def _case(opensim: ModuleType, path: Path) -> Case:
    body = read_osim(path)
    model = opensim.Model(str(path))
    state = model.initSystem()
    segments = ["ground", *(s.name for s in body.segments)]
    index = {name: i for i, name in enumerate(segments)}
    coordinates = {name: i for i, name in enumerate(body.coordinate_names)}
    rotation = np.broadcast_to(np.eye(3), (N_POSES, len(segments), 3, 3)).copy()
    translation = np.zeros((N_POSES, len(segments), 3))
    q = np.zeros((N_POSES, len(coordinates)))
    rng = np.random.default_rng(20240229)
    all_coordinates = [model.getCoordinateSet().get(name) for name in body.coordinate_names]
    for k in range(N_POSES):
        for coordinate in all_coordinates:
            if not coordinate.getLocked(state):
                low, high = max(coordinate.getRangeMin(), -1.5), min(coordinate.getRangeMax(), 1.5)
                coordinate.setValue(state, rng.uniform(low, high), False)
        model.assemble(state)
        model.realizePosition(state)
        q[k] = [coordinate.getValue(state) for coordinate in all_coordinates]
        for i, name in enumerate(segments[1:], start=1):
            transform = model.getBodySet().get(name).getTransformInGround(state)
            translation[k, i] = [transform.p()[a] for a in range(3)]
            rotation[k, i] = [[transform.R().get(a, b) for b in range(3)] for a in range(3)]
    found = {c.getName(): c.getAbsolutePathString() for c in model.getComponentsList()}
    muscles = [opensim.Muscle.safeDownCast(model.getComponent(found[m.name])) for m in body.muscles]
    return Case(body, model, state, muscles, compile_paths(body, index, coordinates), rotation, translation, q)


def _over_ellipsoid(body: Body) -> np.ndarray:
    rough = {w.name for s in body.segments for w in s.wrap_objects if w.kind in (WrapKind.ELLIPSOID, WrapKind.TORUS)}
    return np.array([any(w.wrap_object in rough for w in m.wraps) for m in body.muscles])


def _at_a_switch(opensim: ModuleType, case: Case, pose: int, muscle: int) -> bool:
    """Whether OpenSim's path has another number of points a little to either side."""
    counts = set()
    for shift in (-1e-4, 0.0, 1e-4):
        case.go_to(pose, shift)
        path = opensim.GeometryPath.safeDownCast(case.muscles[muscle].getPath())
        counts.add(path.getCurrentPath(case.state).getSize())
    return len(counts) > 1


def test_lengths_agree(opensim: ModuleType, case: Case) -> None:
    theirs = np.zeros((N_POSES, len(case.muscles)))
    for k in range(N_POSES):
        case.go_to(k)
        theirs[k] = [m.getLength(case.state) for m in case.muscles]
    tolerance = np.where(_over_ellipsoid(case.body), 1e-3, 1e-5)
    wrong = np.argwhere(np.abs(case.geometry().length - theirs) > tolerance)
    unexplained = [(k, case.paths.muscles[m]) for k, m in wrong if not _at_a_switch(opensim, case, k, m)]
    assert not unexplained
    assert len(wrong) <= 0.001 * theirs.size


def test_moment_arms_agree(opensim: ModuleType, case: Case) -> None:
    """OpenSim's moment arm of a coordinate includes what its couplers make follow."""
    skeleton = compile_skeleton(case.body)
    at = poses(skeleton, case.q)
    # the touching points between which OpenSim measures differ from where it lets forces act: no arm of a real path
    several = np.array([len(m.wraps) > 1 for m in case.body.muscles])
    geometry = case.geometry()
    arms = moment_arms(plan_moment_arms(skeleton, case.paths), at, geometry, segment_pulls(case.paths, geometry))
    arms = arms @ skeleton.couplers.jacobian(case.q)
    tolerance = np.where(_over_ellipsoid(case.body) | several, 2e-3, 1e-4)
    dependent = {c.dependent for c in case.body.couplers}
    names = [n for n in case.body.coordinate_names if n not in dependent]
    names = [n for n in names if not case.model.getCoordinateSet().get(n).getLocked(case.state)]
    wrong, count = [], 0
    rng = np.random.default_rng(5)
    for k in range(N_ARM_POSES):
        case.go_to(k)
        chosen = [n for n in names if np.any(np.abs(arms[k, :, case.body.coordinate_names.index(n)]) > 1e-6)]
        for name in rng.permutation(chosen)[:8]:
            i = case.body.coordinate_names.index(name)
            coordinate = case.model.getCoordinateSet().get(name)
            works = np.flatnonzero(np.abs(arms[k, :, i]) > 1e-9)
            for m in [*rng.permutation(works)[:40], *rng.integers(len(case.muscles), size=4)]:
                theirs = case.muscles[m].computeMomentArm(case.state, coordinate)
                count += 1
                if abs(arms[k, m, i] - theirs) > tolerance[m]:
                    wrong.append((k, int(m), name, float(arms[k, m, i]), theirs))
    assert count > 100
    assert not [w for w in wrong if not _at_a_switch(opensim, case, w[0], w[1])]
    assert len(wrong) <= 0.001 * count


def test_the_fault_touches_only_paths_with_several_obstacles(case: Case) -> None:
    ours, theirs = case.geometry(like_opensim=False), case.geometry(like_opensim=True)
    several = np.array([len(m.wraps) > 1 for m in case.body.muscles])
    np.testing.assert_array_equal(ours.length[:, ~several], theirs.length[:, ~several])
    assert np.all(np.abs(ours.length - theirs.length) < 0.02)


def test_pulls_are_minus_the_change_of_length(case: Case) -> None:
    """For paths over fixed and moving points alone, the moment arm is the derivative of the length, to 1e-6 m."""
    skeleton = compile_skeleton(case.body)
    plain = [m.name for m in case.body.muscles if not m.wraps]
    paths = compile_paths(case.body, skeleton.segment_index, skeleton.coordinate_index, plain)
    q = case.q[:3]

    def at(q: np.ndarray) -> PathGeometry:
        p = poses(skeleton, q)
        return path_geometry(paths, p.rotation, p.translation, q)

    geometry = at(q)
    arms = moment_arms(plan_moment_arms(skeleton, paths), poses(skeleton, q), geometry, segment_pulls(paths, geometry))
    step = 1e-6
    for i in range(q.shape[1]):
        before, after = at(q - step * np.eye(q.shape[1])[i]), at(q + step * np.eye(q.shape[1])[i])
        same = np.array(
            [
                [np.array_equal(a[paths.muscle == m], b[paths.muscle == m]) for m in range(len(plain))]
                for a, b in zip(before.on_path, after.on_path, strict=True)
            ]
        )
        slope = (after.length - before.length) / (2 * step)
        np.testing.assert_allclose(np.where(same, arms[:, :, i] + slope, 0.0), 0.0, atol=1e-6)
