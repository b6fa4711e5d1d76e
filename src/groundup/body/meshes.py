"""Bone surfaces for the picture; ``None`` where none is known."""

from __future__ import annotations

from groundup.body.functions import Floats
from groundup.body.model import Segment


def bones_of(segment: Segment) -> tuple[Floats, Floats] | None:
    """Vertices (n, 3) m in the segment's frame and triangles (m, 3) of all its bones."""
    return None
