"""Two walks for one picture: a gait cycle of each at the same percent, placed so that one can lie over the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from groundup.body.model import MotionKind
from groundup.chain.comparison.cycle import middle_cycle
from groundup.chain.comparison.records import Walks
from groundup.study import Cycle, Floats, Scene, SceneForce, Series, Side, Study

FRAMES = 51
"""Every 2 % of the cycle; the picture goes smoothly from one to the next."""

WALKED_M = 0.3
"""Over less ground than this the pelvis tells which way a person faces: a treadmill, or walking on the spot."""

FEWEST_PICTURES = 12
"""Fewer in a cycle, and a foot would seem to slide or sink on its way from one to the next."""

NO_SCENE = "holds no picture of its walk; analyse again with this groundup to get one"
NO_COMMON_CYCLE = "the two hold no complete gait cycle of the same foot"
COARSE = "its picture has too few frames in a cycle, and there is no body.osim to compute more from"

_SIDES: tuple[Side, ...] = ("right", "left")


def walks(before: Study, after: Study) -> tuple[Walks | None, str]:
    """Lay two walks over each other.

    Returns
    -------
    Walks, or None and why there is none.

    Notes
    -----
    One cycle stands for each study, as in attribution. The pelvis, or the segment that hangs from the ground, is put
    above the origin in each frame, so that two speeds do not drift apart; heights stay as they are.
    """
    pairs = [(side, middle_cycle(before, side), middle_cycle(after, side)) for side in _SIDES]
    common = [(side, a, b) for side, a, b in pairs if a is not None and b is not None]
    if not common:
        return None, NO_COMMON_CYCLE
    for study in (before, after):
        if study.scene is None or not study.scene.segments:
            return None, f"{study.title}: {NO_SCENE}"
        if not _has_body(study) and any(_pictures(study.scene, c) < FEWEST_PICTURES for c in _of(study, common)):
            return None, f"{study.title}: {COARSE}"
    first = _scene(before, [a for _, a, _ in common])
    second = _scene(after, [b for _, _, b in common])
    percent = tuple(float(p) for p in np.linspace(0.0, 100.0, FRAMES))
    return Walks(tuple(side for side, _, _ in common), percent, first, second), ""


def one_walk(study: Study, side: Side) -> Scene | None:
    """Lay out one gait cycle of a foot as :func:`walks` does: ``FRAMES`` frames, the pelvis above the origin.

    None where the study holds no such cycle, or no picture of its walk.
    """
    cycle = middle_cycle(study, side)
    drawn = study.scene is not None and bool(study.scene.segments)
    return _scene(study, [cycle]) if cycle is not None and drawn else None


def _of(study: Study, common: list[tuple[Side, Cycle, Cycle]]) -> list[Cycle]:
    return [c for _, a, b in common for c in (a, b) if c in study.cycles]


def _pictures(scene: Scene, cycle: Cycle) -> int:
    return int(((scene.time_s >= cycle.start_s) & (scene.time_s <= cycle.end_s)).sum())


def _scene(study: Study, cycles: list[Cycle]) -> Scene:
    assert study.scene is not None
    at_s = np.concatenate([np.linspace(c.start_s, c.end_s, FRAMES) for c in cycles])
    poses = _poses(study, at_s)
    root = next((k for k, s in enumerate(study.scene.segments) if "pelvis" in s.name.lower()), 0)
    parts = [slice(k * FRAMES, (k + 1) * FRAMES) for k in range(len(cycles))]
    turn = np.concatenate([np.broadcast_to(_facing_x(poses[part, root]), (FRAMES, 3, 3)) for part in parts])
    middle = poses[:, root, :, 3] * [1.0, 0.0, 1.0]
    poses[..., 3] -= middle[:, None]
    placed = turn[:, None] @ poses
    segments = tuple(replace(s, pose=placed[:, k]) for k, s in enumerate(study.scene.segments))
    return Scene(at_s, segments, forces=tuple(_forces(study, at_s, turn, middle)))


def _facing_x(root: Floats) -> Floats:
    """Turn about the vertical, (3, 3), after which a person walks along x; ``root`` (n, 3, 4) is the pelvis."""
    way = root[-1, :, 3] - root[0, :, 3]
    if np.hypot(way[0], way[2]) < WALKED_M:
        way = root[:, :, 0].mean(axis=0)  # the axis of a pelvis that points forward
    size = np.hypot(way[0], way[2])
    x, z = (way[0] / size, way[2] / size) if size > 0 else (1.0, 0.0)
    return np.array([[x, 0.0, z], [0.0, 1.0, 0.0], [-z, 0.0, x]])


# --- bones ----------------------------------------------------------------


def _poses(study: Study, at_s: Floats) -> Floats:
    """Poses of the scene's segments, (n_frames, n_segments, 3, 4)."""
    scene = study.scene
    assert scene is not None
    return _from_body(study, scene, at_s) if _has_body(study) else _from_scene(scene, at_s)


def _has_body(study: Study) -> bool:
    """Whether poses can be computed anew at any moment."""
    if study.body is None or study.scene is None:
        return False
    angles = {s.name for s in study.series if s.group == "angle"}
    drawn = {s.name for s in study.scene.segments}
    return angles.issuperset(study.body.coordinate_names) and drawn <= {s.name for s in study.body.segments}


def _from_body(study: Study, scene: Scene, at_s: Floats) -> Floats:
    from groundup.engine.kinematics import poses
    from groundup.engine.skeleton import compile_skeleton

    assert study.body is not None
    skeleton = compile_skeleton(study.body)
    series = {s.name: s for s in study.series if s.group == "angle"}
    columns = []
    for c in study.body.coordinates:
        values = np.interp(at_s, _clock(series[c.name], study), series[c.name].values)
        columns.append(np.radians(values) if c.motion is MotionKind.ROTATIONAL else values)
    at = poses(skeleton, np.column_stack(columns))
    shown = [skeleton.segment_index[s.name] for s in scene.segments]
    return np.concatenate([at.rotation[:, shown], at.translation[:, shown, :, None]], axis=-1)


def _from_scene(scene: Scene, at_s: Floats) -> Floats:
    """Straight lines between the frames of the scene, turned back into rotations."""
    known = np.stack([s.pose for s in scene.segments], axis=1)
    flat = known.reshape(len(known), -1)
    mixed = np.column_stack([np.interp(at_s, scene.time_s, column) for column in flat.T])
    poses = mixed.reshape(len(at_s), *known.shape[1:])
    u, _, v = np.linalg.svd(poses[..., :3])
    return np.concatenate([u @ v, poses[..., 3:]], axis=-1)


# --- forces ---------------------------------------------------------------


def _forces(study: Study, at_s: Floats, turn: Floats, middle: Floats) -> Iterator[SceneForce]:
    """Ground forces, N, where they act beside the pelvis above the origin; none where they are not known."""
    series = {s.name: s for s in study.series if s.group == "ground_force"}
    for stem in [name.removesuffix("_vy") for name in series if name.endswith("_vy")]:
        if all(f"{stem}_{kind}{axis}" in series for kind in "vp" for axis in "xyz"):
            force, point = (_vectors(study, series, stem, kind, at_s) for kind in "vp")
            placed = [(turn @ v[..., None])[..., 0] for v in (point - middle, force)]
            yield SceneForce(stem, series[f"{stem}_vy"].side, *(np.nan_to_num(v) for v in placed))


def _vectors(study: Study, series: dict[str, Series], stem: str, kind: str, at_s: Floats) -> Floats:
    found = [series[f"{stem}_{kind}{axis}"] for axis in "xyz"]
    return np.column_stack([np.interp(at_s, _clock(s, study), s.values) for s in found])


def _clock(series: Series, study: Study) -> Floats:
    return study.time_s if series.time_s is None else series.time_s
