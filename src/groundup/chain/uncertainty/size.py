"""Bodies of other sizes: how sure the lengths of segments are, and what the markers then say.

A body of another size has to be built and its muscles measured, so that a few of them, evenly spread over all sizes
that may be, serve all samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.chain.uncertainty import options as of
from groundup.chain.uncertainty.draws import even, normal
from groundup.chain.uncertainty.markers import MarkerResponse
from groundup.chain.uncertainty.options import How, UncertaintyOptions
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.loads.analysis import Analysis
from groundup.loads.muscle_forces import Machine, build_machine
from groundup.motion.scale_body import scale_body

BODIES = 16
"""How many bodies serve all samples."""

# What is scaled together, left and right alike: their errors come from the same proportions and the same eyes.
PARTS = {
    "pelvis": ("pelvis", "sacrum"),
    "thigh": ("femur", "patella"),
    "shank": ("tibia",),
    "foot": ("talus", "calcn", "toes"),
    "trunk": ("lumbar", "torso", "Abdomen", "head"),
}
_SMALLEST = 1e-4
_WIDEST = 2.0  # standard deviations; a body beyond is no person

Direction = dict[str, float]
"""Standard deviation of the logarithm of each segment's size."""


@dataclass(frozen=True, eq=False)
class Sized:
    """A body of another size, ready for use.

    Attributes
    ----------
    change : array, shape (F, C)
        What its coordinates differ by, so that its markers stay where they were recorded as well as they can.
    machine : None for a body without muscles
    """

    body: Body
    skeleton: Skeleton
    machine: Machine | None
    change: Floats


def directions(a: Analysis, other: float) -> tuple[Direction, ...]:
    """Sizes that are uncertain by themselves, one for each part of the body.

    A part keeps its shape: bones stretched along one axis alone let muscles slip off their obstacles, which no person's
    do.

    Parameters
    ----------
    other : standard deviation of a body that was not fitted; 0 makes sizes certain
    """
    known = {} if a.fitting is None or other == 0.0 else dict(a.fitting.fitted.uncertainty)
    out = []
    for stems in PARTS.values():
        own = [s.name for s in a.body.segments if s.name.startswith(stems)]
        first = next((known[s] for s in own if s in known), np.full(3, other))
        size = _of_length(stems, np.asarray(first))
        if own and size > _SMALLEST:
            out.append(dict.fromkeys(own, size))
    return tuple(out)


def _of_length(stems: tuple[str, ...], deviations: Floats) -> float:
    """Standard deviation of the length that a part goes by: of feet along x, of the pelvis all three, else along y."""
    if "pelvis" in stems:
        return float(np.sqrt(np.mean(deviations**2)))
    return float(deviations[0 if "calcn" in stems else 1])


def sized_body(
    a: Analysis, how: How, options: UncertaintyOptions, response: MarkerResponse, steps: tuple[Direction, ...], k: int
) -> Sized:
    """Build one of the bodies of other sizes."""
    far = np.clip(normal(even(options.seed, of.SIZE, BODIES, len(steps))[k]), -_WIDEST, _WIDEST)
    factors: dict[str, Floats] = {}
    for z, step in zip(far, steps, strict=True):
        for name, one in step.items():
            factors[name] = np.full(3, np.exp(z * one))
    body = scale_body(a.body, factors, a.body.mass, preserve_mass_distribution=True)
    skeleton = compile_skeleton(body)
    places = {m.name: m.location for m in body.markers}
    location = np.array([places[name] for name in response.markers])
    moved = points_in_ground(poses(skeleton, a.motion.q), response.segment, location)
    machine = None
    if a.loads is not None:
        machine = build_machine(body, (*body.actuators, *how.actuators), how.reserve_nm)
    return Sized(body, skeleton, machine, response.coordinates(response.position - moved))
