"""Soft soles: pads under each foot by region, and what they carry.

Seven spheres a foot stand where the body's own contact spheres are, with their lowest points on one plane, the sole,
when the foot is flat. Force is that of OpenSim's SmoothSphereHalfSpaceForce. A pad carries load in one named region:
heel, midfoot, forefoot_medial, forefoot_lateral, toes. The heel has two: its load can lie further in or out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, ContactSphere
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import ModelError
from groundup.predict.body.coordinates import DATA, read_rows
from groundup.predict.body.maths import sqrt, tanh

REGIONS = ("heel", "midfoot", "forefoot_medial", "forefoot_lateral", "toes")

FRICTION = 0.8
SLIP_M_PER_S = 0.1
"""Speed at which friction is near its full value; slower is stiffer for a solver, faster lets feet creep."""

HERTZ_SMOOTHING, RATE_SMOOTHING, LEAST = 500.0, 50.0, 2e-6
"""Smoothness: a pad 3 mm above the ground carries about 5 N, one at 10 mm less than 0.1 N."""


@dataclass(frozen=True, eq=False)
class Soles:
    """Pads of both feet.

    Attributes
    ----------
    pads : spheres named ``heel_medial_r`` …, right foot first
    region : array of names, shape (n_pads,)
    side : array of ``r`` or ``l``, shape (n_pads,)
    """

    pads: tuple[ContactSphere, ...]
    region: tuple[str, ...]
    side: tuple[str, ...]

    def of(self, side: str, *regions: str) -> tuple[int, ...]:
        """Places of the pads of one foot, all or those of some regions."""
        chosen = regions or REGIONS
        return tuple(
            i for i, (r, s) in enumerate(zip(self.region, self.side, strict=True)) if s == side and r in chosen
        )

    def by_region(self, forces: Any) -> dict[str, Any]:
        """Sums of pad forces, any indexable of (n_pads,), by region and side: ``heel_r`` …"""
        return {f"{r}_{s}": sum(forces[i] for i in self.of(s, r)) for s in ("r", "l") for r in REGIONS}


def place_soles(body: Body) -> Soles:
    """Place pads under the feet of a body.

    Raises
    ------
    ModelError
        The body has no contact spheres of the default body's names.
    """
    pads, regions, sides = [], [], []
    for side, outwards in (("r", 1.0), ("l", -1.0)):
        foot = _Foot(body, side)
        for row in read_rows(DATA / "contact.tsv"):
            pads.append(_pad(foot, row, outwards))
            regions.append(row["region"])
            sides.append(side)
    return Soles(tuple(pads), tuple(regions), tuple(sides))


class _Foot:
    """Spheres of one foot, where they are in the default pose, and their measure."""

    def __init__(self, body: Body, side: str) -> None:
        self.side, self.body, self.skeleton = side, body, compile_skeleton(body)
        self.at = poses(self.skeleton, np.array([[c.default for c in body.coordinates]]))
        self.spheres = {c.name: c for c in body.contacts}
        names = [f"{r}_{side}" for r in ("heel", "midfoot", "forefoot_medial", "forefoot_lateral")]
        absent = [n for n in names if n not in self.spheres]
        if absent:
            raise ModelError(
                f"{body.name}: no contact sphere {', '.join(absent)}; a prediction needs those of the default body. "
                "Pass the default body or a copy of it scaled with its contacts."
            )
        heel, _, medial, lateral = (self.place(n) for n in names)
        self.ball_m = float(0.5 * (medial[0] + lateral[0]) - heel[0])
        # Heel, ball and ball: the three places a foot stands on.
        self.sole = [self.place(n) - [0.0, self.spheres[n].radius, 0.0] for n in (names[0], names[2], names[3])]

    def place(self, name: str) -> Floats:
        """Centre of a sphere in ground, m."""
        c = self.spheres[name]
        segment = np.array([self.skeleton.segment_index[c.segment]])
        return np.asarray(points_in_ground(self.at, segment, c.location[None])[0, 0])

    def sole_height(self, point: Floats) -> float:
        """Height of the sole's plane at a point, m."""
        a, b, c = self.sole
        normal = np.cross(b - a, c - a)
        return float(a[1] - (normal[0] * (point[0] - a[0]) + normal[2] * (point[2] - a[2])) / normal[1])


def _pad(foot: _Foot, row: Mapping[str, str], outwards: float) -> ContactSphere:
    old = foot.spheres[f"{row['at']}_{foot.side}"]
    radius = float(row["radius"]) * foot.ball_m
    shift = np.array([float(row["ahead"]), 0.0, outwards * float(row["aside"])])
    center = foot.place(old.name) + foot.ball_m * shift
    center[1] = foot.sole_height(center) + float(row["above"]) + radius
    segment = foot.skeleton.segment_index[old.segment]
    local = foot.at.rotation[0, segment].T @ (center - foot.at.translation[0, segment])
    return ContactSphere(
        name=f"{row['name']}_{foot.side}",
        segment=old.segment,
        location=np.asarray(local),
        radius=radius,
        stiffness=float(row["stiffness"]),
        dissipation=float(row["dissipation"]),
        static_friction=FRICTION,
        dynamic_friction=FRICTION,
        viscous_friction=0.0,
        transition_velocity=SLIP_M_PER_S,
        hertz_smoothing=HERTZ_SMOOTHING,
        hunt_crossley_smoothing=RATE_SMOOTHING,
        constant_contact_force=LEAST,
    )


def normal_force(pad: ContactSphere, depth: Any, approach: Any = 0.0) -> Any:
    """Normal force on a pad, N; numbers, arrays or CasADi symbols alike.

    Parameters
    ----------
    depth : m, how far its lowest point is below the ground
    approach : m/s, speed towards the ground
    """
    k = 0.5 * pad.stiffness ** (2.0 / 3.0)
    deep = sqrt(depth * depth + pad.constant_contact_force)
    hertz = (4.0 / 3.0) * k * (pad.radius * k) ** 0.5 * deep * sqrt(deep)
    hertz = hertz * (0.5 + 0.5 * tanh(pad.hertz_smoothing * depth)) + pad.constant_contact_force
    damped = hertz * (1.0 + 1.5 * pad.dissipation * approach)
    switch = 0.5 + 0.5 * tanh(pad.hunt_crossley_smoothing * (approach + 2.0 / (3.0 * pad.dissipation)))
    return damped * switch + pad.constant_contact_force


def peak_pressure(pad: ContactSphere, force: Any, depth: Any) -> Any:
    """Greatest pressure under a pad, Pa: Hertz's, 1.5 times the mean over a disc of area pi R depth.

    A millimetre more depth keeps it finite, and smooth, where a pad only just touches.
    """
    deep = 0.5 * (depth + sqrt(depth * depth + pad.constant_contact_force)) + 1e-3
    return 1.5 * force / (np.pi * pad.radius * deep)
