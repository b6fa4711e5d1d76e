"""Where things sit in an ``.osim`` file: component paths, frames fixed in bodies, and Euler angles."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND, Frame
from groundup.errors import ModelError
from groundup.io.xml import Element, XmlFile

_ZERO = np.zeros(3)


def rotation_from_euler(angles: Floats) -> Floats:
    """Return the (3, 3) rotation of body-fixed x, y, z Euler angles (3,), rad: ``Rx(a) Ry(b) Rz(c)``."""
    (sa, sb, sc), (ca, cb, cc) = np.sin(angles), np.cos(angles)
    return np.array(
        [
            [cb * cc, -cb * sc, sb],
            [ca * sc + sa * sb * cc, ca * cc - sa * sb * sc, -sa * cb],
            [sa * sc - ca * sb * cc, sa * cc + ca * sb * sc, ca * cb],
        ]
    )


def euler_from_rotation(rotation: Floats) -> Floats:
    """Return body-fixed x, y, z Euler angles (3,), rad, of a (3, 3) rotation; the third is 0 where it is undefined."""
    cos_b = float(np.hypot(rotation[0, 0], rotation[0, 1]))
    b = np.arctan2(rotation[0, 2], cos_b)
    if cos_b < 1e-12:
        return np.array([np.arctan2(rotation[2, 1], rotation[1, 1]), b, 0.0])
    a = np.arctan2(-rotation[1, 2], rotation[2, 2])
    # Found from the rest after a, so that angles survive a round trip even close to b = 90 degrees.
    c = np.arctan2(
        np.cos(a) * rotation[1, 0] + np.sin(a) * rotation[2, 0], np.cos(a) * rotation[1, 1] + np.sin(a) * rotation[2, 1]
    )
    return np.array([a, b, c])


def compose(outer: Frame, inner: Frame) -> Frame:
    """Return the pose of ``inner``, given in ``outer``, in the segment that carries ``outer``."""
    return Frame(outer.rotation @ inner.rotation, outer.rotation @ inner.translation + outer.translation)


def is_identity(frame: Frame) -> bool:
    """Say whether a frame coincides with the segment that carries it."""
    return not frame.translation.any() and bool((frame.rotation == np.eye(3)).all())


def carry(frame: Frame, point: Floats) -> Floats:
    """Return a point (3,), m, given in ``frame``, in the segment that carries ``frame``."""
    return point if is_identity(frame) else frame.rotation @ point + frame.translation


@dataclass
class _Offset:
    """A frame as the file has it: fixed in another frame, which ``parent`` names as seen from ``path``."""

    path: str
    parent: str
    frame: Frame
    element: Element


@dataclass
class Frames:
    """All frames of a model by component path, each resolved to the segment that carries it."""

    file: XmlFile
    segments: dict[str, str] = field(default_factory=dict)  # path: segment name
    offsets: dict[str, _Offset] = field(default_factory=dict)  # path: frame
    _by_name: dict[str, list[str]] = field(default_factory=dict)  # last step of a path: paths
    _known: dict[str, tuple[str, Frame]] = field(default_factory=dict)

    def locate(self, reference: str, owner: str, element: Element) -> tuple[str, Frame]:
        """Return the segment that carries a frame, and the frame's pose in it.

        Parameters
        ----------
        reference : absolute path, path relative to ``owner``, or bare name
        owner : path of the component that holds the reference
        element : where to point a message at

        Raises
        ------
        ModelError
            No such frame, or frames that hang on each other in a circle.
        """
        path = self._path(reference, owner, element)
        chain: list[_Offset] = []
        seen: set[str] = set()
        while path not in self.segments and path not in self._known:
            if path in seen:
                raise self.file.error(element, f"frame {reference!r} hangs on itself, expected a body.", ModelError)
            seen.add(path)
            chain.append(self.offsets[path])
            path = self._path(chain[-1].parent, path, chain[-1].element)
        segment, pose = self._known[path] if path in self._known else (self.segments[path], Frame())
        for offset in reversed(chain):
            pose = compose(pose, offset.frame)
            self._known[offset.path] = segment, pose
        return segment, pose

    def _path(self, reference: str, owner: str, element: Element) -> str:
        path = posixpath.normpath(posixpath.join(owner, reference))
        if path in self.segments or path in self.offsets:
            return path
        # Paths of early 4.x files are relative to another place, and 3.x files give bare names; a body goes first.
        name = posixpath.basename(reference.rstrip("/"))
        hits = self._by_name.get(name, [])
        bodies = [hit for hit in hits if hit in self.segments]
        if bodies or len(hits) == 1:
            return (bodies or hits)[0]
        what = "is the name of several frames" if hits else "is no body or frame of this model"
        names = ", ".join(self.segments.values())
        raise self.file.error(element, f"{reference!r} {what}; bodies are: {names}.", ModelError)

    def add_segment(self, path: str, name: str) -> None:
        """Register a body or the ground."""
        self.segments[path] = name
        self._by_name.setdefault(name, []).append(path)

    def add_offsets(self, owner: str, element: Element) -> None:
        """Register the frames that a component owns, in ``frames`` and ``components``, and those they own in turn."""
        for path, frame in owned_frames(owner, element):
            offset = Frame(
                rotation_from_euler(self.file.numbers(frame, "orientation", _ZERO, 3)),
                self.file.numbers(frame, "translation", _ZERO, 3),
            )
            self.offsets[path] = _Offset(path, self.file.text(frame, "socket_parent", ".."), offset, frame)
            self._by_name.setdefault(posixpath.basename(path), []).append(path)


def owned_frames(owner: str, element: Element) -> Iterator[tuple[str, Element]]:
    """Yield path and element of every offset frame below a component."""
    for tag in ("frames", "components"):
        for frame in element.findall(f"{tag}/PhysicalOffsetFrame"):
            path = f"{owner}/{frame.get('name', '')}"
            yield path, frame
            yield from owned_frames(path, frame)


def find_frames(file: XmlFile, model: Element) -> Frames:
    """Collect the frames of a model in OpenSim 4 layout."""
    frames = Frames(file)
    frames.add_segment(f"/{GROUND}", GROUND)
    ground = model.find("Ground")
    if ground is not None:
        frames.add_offsets(f"/{GROUND}", ground)
    for body in file.objects(model.find("BodySet")):
        name = body.get("name", "")
        frames.add_segment(f"/bodyset/{name}", name)
        frames.add_offsets(f"/bodyset/{name}", body)
    frames.add_offsets("", model)
    for set_tag in ("JointSet", "ConstraintSet", "ForceSet", "ComponentSet"):
        for owner in file.objects(model.find(set_tag)):
            frames.add_offsets(f"/{set_tag.lower()}/{owner.get('name', '')}", owner)
    return frames
