"""Bone surfaces of a segment, from those that come with groundup."""

from __future__ import annotations

from functools import cache
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from groundup.body.default_body import MESH_ALIASES, default_meshes
from groundup.body.functions import Floats
from groundup.body.model import Mesh, Segment

Triangles = NDArray[np.int64]


def bones_of(segment: Segment) -> tuple[Floats, Triangles] | None:
    """Vertices (n, 3) m in the segment's frame and triangles (m, 3) of all its bones; None where none is known."""
    parts = [part for mesh in segment.meshes if (part := _bone(mesh)) is not None]
    if not parts:
        return None
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in parts)])
    vertices = np.concatenate([vertices for vertices, _ in parts])
    faces = np.concatenate([faces + start for (_, faces), start in zip(parts, starts, strict=False)])
    return vertices, faces


def _bone(mesh: Mesh) -> tuple[Floats, Triangles] | None:
    stem = PurePath(mesh.file).stem
    found = _surfaces().get(stem) or _surfaces().get(MESH_ALIASES.get(stem, ""))
    if found is None:
        return None
    vertices, faces = found
    placed = (vertices * mesh.scale) @ mesh.frame.rotation.T + mesh.frame.translation
    mirrored = np.prod(mesh.scale) < 0
    return np.asarray(placed, dtype=np.float64), np.asarray(faces[:, ::-1] if mirrored else faces, dtype=np.int64)


@cache
def _surfaces() -> dict[str, tuple[Floats, NDArray[np.int64]]]:
    return default_meshes()
