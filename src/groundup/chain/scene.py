"""What the 3D picture shows: bones, muscles, ground forces and markers at a few frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.names import side_of
from groundup.engine.kinematics import poses
from groundup.engine.muscle_path import path_geometry
from groundup.engine.path_set import compile_paths
from groundup.loads.analysis import Analysis
from groundup.motion.filtering import interpolate
from groundup.study import Scene, SceneForce, SceneMarker, SceneMuscle, SceneSegment

FRAMES = 60


def build_scene(a: Analysis) -> Scene:
    """Pick frames evenly over the recording and place everything in them."""
    n = len(a.motion.time_s)
    frames = np.unique(np.linspace(0, n - 1, min(n, FRAMES)).round().astype(int))
    return Scene(
        a.motion.time_s[frames],
        tuple(_segments(a, frames)),
        tuple(_muscles(a, frames)),
        tuple(_forces(a, frames)),
        tuple(_markers(a, frames)),
    )


def _segments(a: Analysis, frames: np.ndarray) -> Iterator[SceneSegment]:
    from groundup.body.meshes import bones_of

    for segment in a.body.segments:
        i = a.skeleton.segment_index[segment.name]
        pose = np.concatenate([a.at.rotation[frames, i], a.at.translation[frames, i, :, None]], axis=-1)
        surface = bones_of(segment)
        lines = _lines(a, i)
        if surface is None:
            yield SceneSegment(segment.name, pose, lines)
        else:
            yield SceneSegment(segment.name, pose, lines, surface[0], surface[1])


def _lines(a: Analysis, segment: int) -> Floats:
    """A bone from the joint that carries a segment to each joint that it carries, or else to its mass centre."""
    s = a.skeleton
    above = np.flatnonzero(s.joint_child == segment)
    below = np.flatnonzero(s.joint_parent == segment)
    start = s.joint_child_translation[above[0]] if len(above) else np.zeros(3)
    ends = s.joint_parent_translation[below] if len(below) else s.mass_center[segment][None]
    lines = np.array([[start, end] for end in ends])
    long = np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1) > 1e-3
    return np.asarray(lines[long].reshape(-1, 2, 3))


def _muscles(a: Analysis, frames: np.ndarray) -> Iterator[SceneMuscle]:
    paths = compile_paths(a.body, a.skeleton.segment_index, a.skeleton.coordinate_index)
    q = a.motion.q[frames]
    at = poses(a.skeleton, q)
    geometry = path_geometry(paths, at.rotation, at.translation, q)
    activation = {} if a.loads is None else dict(zip(a.loads.muscles, a.loads.activation[frames].T, strict=True))
    unknown = np.full(len(frames), np.nan)
    for k, name in enumerate(paths.muscles):
        nodes = np.flatnonzero(paths.muscle == k)
        points = _polyline(geometry.point[:, nodes], geometry.on_path[:, nodes], geometry.rank[:, nodes])
        yield SceneMuscle(name, side_of(name), points, activation.get(name, unknown))


def _polyline(point: Floats, on_path: np.ndarray, rank: Floats) -> Floats:
    """Nodes in path order; frames with fewer nodes repeat their last one."""
    order = np.argsort(np.where(on_path, rank, np.inf), axis=1, kind="stable")
    count = on_path.sum(axis=1)
    place = np.minimum(np.arange(int(count.max())), count[:, None] - 1)
    chosen = np.take_along_axis(order, place, axis=1)
    return np.asarray(np.take_along_axis(point, chosen[..., None], axis=1))


def _forces(a: Analysis, frames: np.ndarray) -> Iterator[SceneForce]:
    if a.forces is None:
        return
    for wrench in a.forces.wrenches:
        if wrench.force_expressed_in != "ground" or wrench.point_expressed_in != "ground":
            continue
        both = np.concatenate([wrench.point_m, wrench.force_n], axis=1)
        shown = interpolate(a.forces.time_s, both, a.motion.time_s[frames])
        yield SceneForce(wrench.name, side_of(wrench.segment or wrench.name), shown[:, :3], shown[:, 3:])


def _markers(a: Analysis, frames: np.ndarray) -> Iterator[SceneMarker]:
    column = {name: k for k, name in enumerate(a.recording.names)}
    for name in a.fit.markers:
        yield SceneMarker(name, a.recording.positions_m[frames, column[name]])
