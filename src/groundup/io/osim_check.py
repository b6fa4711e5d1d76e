"""Checks that everything a model refers to exists and is named once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from groundup.body.model import GROUND, Body, CoordinateActuator, Muscle, PointActuator, Segment, TorqueActuator
from groundup.errors import ModelError


def check_body(path: Path, body: Body) -> None:
    """Check names and references of a body that was read from ``path``.

    Raises
    ------
    ModelError
        A missing or repeated name, a reference to something that is not there, an impossible inertia.
    """
    _check_names(path, body)
    for segment in body.segments:
        _check_inertia(path, segment)
    _check_references(path, body)
    _check_couplers(path, body)


def _check_names(path: Path, body: Body) -> None:
    kinds: dict[str, Iterable[str]] = {
        "body": [GROUND, *(s.name for s in body.segments)],
        "joint": [j.name for j in body.joints],
        "coordinate": body.coordinate_names,
        "marker": [m.name for m in body.markers],
        "force": [f.name for f in (*body.muscles, *body.actuators)],
    }
    for kind, names in kinds.items():
        counts = Counter(names)
        if "" in counts:
            raise ModelError(f'{path}: a {kind} has no name, expected one. Add name="…" to its element.')
        twice = [name for name, count in counts.items() if count > 1]
        if twice:
            raise ModelError(
                f"{path}: {kind} {twice[0]!r} is there {counts[twice[0]]} times, expected once. Rename it."
            )


def _check_inertia(path: Path, segment: Segment) -> None:
    diagonal = np.diag(segment.inertia)
    # Published toes break the rule that no moment exceeds the sum of the two others, and OpenSim takes them.
    if (diagonal < 0.0).any():
        values = " ".join(f"{value:g}" for value in diagonal)
        raise ModelError(
            f"{path}: body {segment.name!r} has the moments of inertia {values} kg·m², expected none below 0. "
            "Correct <inertia>."
        )


def _check_references(path: Path, body: Body) -> None:
    known = set(body.coordinate_names)
    for place, name in _coordinate_references(body):
        if name not in known:
            raise ModelError(f"{path}: {place}: no coordinate {name!r}; coordinates are: {', '.join(known)}.")
    segments = {GROUND, *(s.name for s in body.segments)}
    for place, name in _segment_references(body):
        if name not in segments:
            raise ModelError(f"{path}: {place}: no body {name!r}; bodies are: {', '.join(segments)}.")
    wraps = Counter(w.name for s in (body.ground, *body.segments) for w in s.wrap_objects)
    for muscle in body.muscles:
        _check_wraps(path, muscle, wraps)


def _check_wraps(path: Path, muscle: Muscle, wraps: Counter[str]) -> None:
    for wrap in muscle.wraps:
        found = wraps[wrap.wrap_object]
        if found != 1:
            what = "is the name of several" if found else "does not exist"
            raise ModelError(
                f"{path}: muscle {muscle.name!r}: wrap object {wrap.wrap_object!r} {what}, expected exactly one. "
                f"Wrap objects are: {', '.join(wraps) or 'none'}."
            )


def _coordinate_references(body: Body) -> Iterator[tuple[str, str]]:
    for joint in body.joints:
        yield from ((f"joint {joint.name!r}", name) for axis in joint.axes for name in axis.coordinates)
    for coupler in body.couplers:
        place = f"constraint {coupler.name!r}"
        yield from ((place, name) for name in (coupler.dependent, *coupler.independents))
    for muscle in body.muscles:
        for point in muscle.points:
            names = [point.coordinate, *(name for _, name in point.moving or ())]
            place = f"muscle {muscle.name!r} point {point.name!r}"
            yield from ((place, name) for name in names if name is not None)
    for actuator in body.actuators:
        if isinstance(actuator, CoordinateActuator):
            yield f"actuator {actuator.name!r}", actuator.coordinate


def _segment_references(body: Body) -> Iterator[tuple[str, str]]:
    for actuator in body.actuators:
        place = f"actuator {actuator.name!r}"
        if isinstance(actuator, PointActuator):
            yield place, actuator.segment
        elif isinstance(actuator, TorqueActuator):
            yield place, actuator.segment_a
            if actuator.segment_b is not None:
                yield place, actuator.segment_b


def _check_couplers(path: Path, body: Body) -> None:
    counts = Counter(c.dependent for c in body.couplers)
    for name, count in counts.items():
        if count > 1:
            raise ModelError(f"{path}: coordinate {name!r} depends on {count} constraints, expected one. Remove one.")
    waiting, settled = list(body.couplers), set(body.coordinate_names) - set(counts)
    while waiting:
        ready = [c for c in waiting if settled.issuperset(c.independents)]
        if not ready:
            names = ", ".join(c.name for c in waiting)
            raise ModelError(f"{path}: constraints {names} depend on each other in a circle. Remove one.")
        settled |= {c.dependent for c in ready}
        waiting = [c for c in waiting if c.dependent not in settled]
