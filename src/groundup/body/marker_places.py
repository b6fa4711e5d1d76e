"""Where a marker sits on the default body before it is scaled, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

import numpy as np

from groundup.body.functions import Floats
from groundup.body.marker_data import read_data
from groundup.body.model import Body, Marker
from groundup.body.person import Placement
from groundup.errors import SetupError

UNKNOWN_SIGMA_M = 0.015
"""Standard deviation, m, for a marker of which nobody said what kind it is."""

_MIRROR = np.array([1.0, 1.0, -1.0])


@dataclass(frozen=True, eq=False)
class Place:
    """A point on the body: by location, by joint, or as the body's own marker.

    Attributes
    ----------
    landmark : name among the places or the body's markers; empty for one of a set's own
    segment, location_m : given together; empty and None where ``joint`` or the body's marker says where it is
    joint : name of the joint whose centre it is, or empty
    sigma_m : array, shape (3,), m, along the segment's axes
    suffers : what is lost where it is missing, or empty
    """

    landmark: str = ""
    segment: str = ""
    location_m: Floats | None = None
    joint: str = ""
    sigma_m: Floats | None = None
    suffers: str = ""

    def on(self, body: Body, label: str) -> Placement:
        """Return the placement of a recorded marker at this place of a body.

        Raises
        ------
        SetupError
            The body has no such landmark, joint or segment.
        """
        segment, location = self._where(body, label)
        sigma = np.full(3, UNKNOWN_SIGMA_M) if self.sigma_m is None else self.sigma_m
        by_itself = self.location_m is not None or bool(self.joint)
        return Placement(label, "" if by_itself else self.landmark, segment, location, sigma)

    def _where(self, body: Body, label: str) -> tuple[str, Floats]:
        if self.location_m is not None:
            names = [segment.name for segment in body.segments]
            _expect(self.segment, names, "segment", label, body)
            return self.segment, self.location_m
        if self.joint:
            joints = {joint.name: joint for joint in body.joints}
            _expect(self.joint, list(joints), "joint", label, body)
            joint = joints[self.joint]
            return joint.parent, joint.parent_frame.translation
        marker = marker_of(body, self.landmark, label)
        return marker.segment, marker.location


def marker_of(body: Body, landmark: str, label: str) -> Marker:
    """Return a body's marker by name.

    Raises
    ------
    SetupError
        There is none; the nearest names are offered.
    """
    markers = {marker.name: marker for marker in body.markers}
    _expect(landmark, [*markers, *places()], "landmark", label, body)
    if landmark not in markers:
        raise SetupError(
            f'marker set: "{label}" is to sit on {landmark}, which body {body.name} does not carry. '
            "Use the default body, or give segment and location_m."
        )
    return markers[landmark]


def _expect(name: str, known: list[str], what: str, label: str, body: Body) -> None:
    if name in known:
        return
    near = get_close_matches(name, known, 3, 0.5) or sorted(known)[:5]
    raise SetupError(
        f'marker set: "{label}" is to sit on {what} "{name}", which body {body.name} does not have. '
        f"Nearest names: {', '.join(near)}."
    )


@cache
def places() -> Mapping[str, Place]:
    """Return every named place, both sides."""
    found: dict[str, Place] = {}
    for name, entry in read_data("places")["places"].items():
        for side in ("r", "l") if name.endswith("_r") else ("",):
            landmark = name[:-1] + side if side else name
            mirrored = {k: v[:-1] + side if _is_right(v) else v for k, v in entry.items()}
            found[landmark] = place_from(mirrored, side, landmark)
    return found


def _is_right(value: object) -> bool:
    return isinstance(value, str) and value.endswith("_r")


def place_from(entry: Mapping[str, Any], side: str, landmark: str = "") -> Place:
    """Make a place from a table written for the right side.

    Parameters
    ----------
    entry : with ``segment`` and ``location_m``, or ``joint``, or neither; ``sigma_m`` or ``kind``; ``for``
        Names of segment and joint are those of ``side`` already.
    side : "r", "l" or empty; the location is mirrored for "l"
    landmark : its name among the places, or empty
    """
    data = read_data("places")
    sigma = entry.get("sigma_m") or (data["kinds"][entry["kind"]]["sigma_m"] if "kind" in entry else None)
    location = entry.get("location_m")
    words = {"r": "right", "l": "left"}.get(side, "")
    return Place(
        landmark,
        entry.get("segment", ""),
        None if location is None else np.array(location, dtype=np.float64) * (_MIRROR if side == "l" else 1.0),
        entry.get("joint", ""),
        None if sigma is None else np.array(sigma, dtype=np.float64),
        data["results"][entry["for"]].replace("{side}", words).strip() if "for" in entry else "",
    )


def named_place(landmark: str) -> Place:
    """Return a place by name: one of the tables, or a body's marker of which nothing else is known."""
    return places().get(landmark) or Place(landmark)
