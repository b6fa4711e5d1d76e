"""The synthetic walk, changed in known ways, as finished analyses: what the findings have to find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from groundup.body.default_body import default_body
from groundup.body.recording import ExternalForces, Recording
from groundup.chain.gait import gait_cycles
from groundup.chain.lumbar import lumbar_loads
from groundup.chain.measures import measures_of
from groundup.engine.kinematics import poses
from groundup.loads.analysis import Analysis
from groundup.loads.ground import Ground
from groundup.loads.muscle_forces import RESERVE_NM, SharingOptions, build_machine, share
from groundup.motion.synthetic import synthetic_recording
from groundup.motion.trajectory import Motion
from groundup.pipeline import compute
from groundup.study import Measure

Change = Callable[[Analysis], Analysis]


@cache
def machine():
    return build_machine(default_body(), (), RESERVE_NM)


@cache
def plain() -> Analysis:
    """The walk with its true coordinates: the same on both sides."""
    body = default_body()
    markers, forces, truth = synthetic_recording(body)
    legs = body.with_(muscles=())
    found = compute(Recording(markers, forces, "walk", synthetic=True), legs)
    return with_motion(replace(found, body=body, reasons={}), truth)


def with_motion(a: Analysis, motion: Motion, forces: ExternalForces | None = None) -> Analysis:
    """The same person moving otherwise, or on other forces; loads computed anew."""
    forces = a.forces if forces is None else forces
    assert forces is not None
    ground = Ground(forces, np.ones(len(motion.time_s), dtype=bool))
    loads = share(machine(), motion, forces, SharingOptions())
    at = poses(machine().skeleton, motion.q)
    return replace(
        a, skeleton=machine().skeleton, motion=motion, at=at, ground=ground, moments=loads.moments, loads=loads
    )


def measured(a: Analysis) -> tuple[Measure, ...]:
    return measures_of(a, gait_cycles(a), lumbar_loads(a))


@cache
def plain_measures() -> tuple[Measure, ...]:
    return measured(plain())


def value(measures: tuple[Measure, ...], name: str, side: str = "none") -> float:
    return next(m.value for m in measures if m.id == name and m.side == side)


def turned(a: Analysis, **degrees: float | np.ndarray) -> Analysis:
    """Coordinates turned by so many degrees, throughout or frame by frame."""
    names = list(a.skeleton.coordinates)
    q = a.motion.q.copy()
    for name, angle in degrees.items():
        q[:, names.index(name)] += np.radians(angle)
    return with_motion(a, replace(a.motion, q=a.skeleton.couplers.apply(q)))


def leaning(degrees: float, when: np.ndarray | float = 1.0, sideways: bool = False) -> Analysis:
    """The trunk leaning forward (or to the right) in the low back, all the time or when told (F,)."""
    a = plain()
    coordinate = "L5_S1_Lat_Bending" if sideways else "L5_S1_Flex_Ext"
    column, trunk = a.skeleton.coordinates.index(coordinate), a.skeleton.segment_index["torso"]
    q = a.motion.q[:1].copy()
    q[0, column] += 1e-4
    turn = poses(a.skeleton, a.skeleton.couplers.apply(q)).rotation[0, trunk] @ a.at.rotation[0, trunk].T
    slope = (turn[2, 1] if sideways else -turn[1, 0]) / 1e-4
    return turned(a, **{coordinate: degrees / slope * when})


def lifted(degrees: float) -> Analysis:
    """The right side of the pelvis raised, legs and trunk upright as before."""
    a = plain()
    return turned(
        a,
        pelvis_list=-degrees,
        hip_adduction_r=degrees,
        hip_adduction_l=-degrees,
        L5_S1_Lat_Bending=0.0,
    )


def pressed(side: str, scale: Callable[[np.ndarray], np.ndarray] | None = None, forward_m: float = 0.0) -> Analysis:
    """One foot's force scaled through its stance (by parts of it, 0 to 1), or its point moved forward."""
    a = plain()
    assert a.forces is not None
    clock, wrenches = a.forces.time_s, []
    for w in a.forces.wrenches:
        if w.name == side:
            on = w.force_n[:, 1] > 20.0
            size = np.ones(len(clock)) if scale is None else scale(_parts(on))
            shift = np.array([forward_m, 0.0, 0.0]) * on[:, None]
            w = replace(w, force_n=w.force_n * size[:, None], point_m=w.point_m + shift)
        wrenches.append(w)
    return with_motion(a, a.motion, ExternalForces(clock, tuple(wrenches), a.forces.source))


def _parts(on: np.ndarray) -> np.ndarray:
    """How far each sample is through its stance; -1 in swing."""
    parts = np.full(len(on), -1.0)
    edges = np.flatnonzero(np.diff(np.r_[0, on.astype(int), 0]))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        length = 650
        start = first if last - first > 0.9 * length or first > 0 else last - length
        parts[first:last] = (np.arange(first, last) - start) / length
    return parts


def slowed(times: float) -> Analysis:
    """The same walk taking so many times as long."""
    a = plain()
    assert a.forces is not None
    m = a.motion
    motion = Motion(m.time_s * times, m.q, m.speed / times, m.acceleration / times**2)
    return with_motion(a, motion, replace(a.forces, time_s=a.forces.time_s * times))


_FLIPPED = (
    "pelvis_list",
    "pelvis_rotation",
    "pelvis_tz",
    "Lat_Bending",
    "axial_rotation",
    "neck_bending",
    "neck_rotation",
)


def mirrored(a: Analysis) -> Analysis:
    """Left and right exchanged."""
    names = list(a.skeleton.coordinates)
    other = [names.index(_swap(n)) for n in names]
    sign = np.array([-1.0 if any(k in n for k in _FLIPPED) else 1.0 for n in names])
    m = a.motion
    motion = Motion(
        m.time_s,
        *(
            a.skeleton.couplers.apply(sign * x[:, other]) if k == 0 else sign * x[:, other]
            for k, x in enumerate((m.q, m.speed, m.acceleration))
        ),
    )
    assert a.forces is not None
    across, about = np.array([1.0, 1.0, -1.0]), np.array([-1.0, -1.0, 1.0])
    swapped = {"right": "left", "left": "right"}
    wrenches = tuple(
        replace(
            w,
            name=swapped[w.name],
            segment=_swap(w.segment or ""),
            force_n=w.force_n * across,
            point_m=w.point_m * across,
            torque_nm=w.torque_nm * about,
        )
        for w in a.forces.wrenches
    )
    return with_motion(a, motion, replace(a.forces, wrenches=wrenches))


def _swap(name: str) -> str:
    for a, b in (("_r", "_l"), ("_l", "_r")):
        if name.endswith(a):
            return name[:-2] + b
        if a + "_" in name:
            return name.replace(a + "_", b + "_")
    return name
