"""Share a person's mass among the segments of a body that is scaled to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, Segment

_ONES = np.ones(3)


def distribute_mass(body: Body, scaled: Body, factors: Mapping[str, Floats], mass_kg: float) -> tuple[Segment, ...]:
    """Give the segments of a scaled body masses that add up to the person's, and inertias that go with them.

    Parameters
    ----------
    body : the published body
    scaled : the same with the lengths of the person; its masses are replaced
    factors : scale factors (3,) by segment
    mass_kg : float, kg

    Returns
    -------
    segments of ``scaled`` with new masses, kg, and inertias, kg·m²

    Notes
    -----
    A segment's mass follows its published share and its length along its long axis; what is left between the sum and
    the person is flesh and goes to all segments in proportion, as girth. Depths and widths of bones say little about
    girth and are not used: a pelvis measured wide over the skin does not make for a heavier trunk. Each segment is then
    the published one stretched along its axes, by its length factor and by the square root of mass over length across,
    so that inertias belong to a real distribution of mass.
    """
    long = {s.name: _long_axis(s) for s in body.segments}
    stretch = {s.name: float(np.asarray(factors.get(s.name, _ONES))[long[s.name]]) for s in body.segments}
    grown = {s.name: s.mass * stretch[s.name] for s in body.segments}
    more = mass_kg / sum(grown.values())
    masses = {name: mass * more for name, mass in grown.items()}
    # The rounding of the sum goes where it is least noticed.
    heaviest = max(masses, key=lambda name: masses[name])
    masses[heaviest] += mass_kg - sum(masses.values())
    across = float(np.sqrt(more))
    return tuple(
        replace(
            new,
            mass=masses[new.name],
            inertia=_stretched(old, masses[new.name], long[old.name], stretch[old.name], across),
        )
        for old, new in zip(body.segments, scaled.segments, strict=True)
    )


def _long_axis(segment: Segment) -> int:
    """Axis of the least moment of inertia; feet lie along x, most others along y."""
    moments = np.diag(segment.inertia)
    return int(np.argmin(moments)) if moments.max() > 1.05 * moments.min() else 1


def _stretched(old: Segment, mass: float, long: int, length: float, across: float) -> Floats:
    """Inertia of a segment's matter stretched by ``length`` along one axis and by ``across`` along the others."""
    if old.mass <= 0.0:
        return np.zeros((3, 3))
    by = np.full(3, across)
    by[long] = length
    # Second moments of the mass, ∫ x xᵀ dm, stretch like the axes; the inertia is their trace less themselves.
    second = 0.5 * np.trace(old.inertia) * np.eye(3) - old.inertia
    second = second * np.outer(by, by) * (mass / old.mass)
    return np.asarray(np.trace(second) * np.eye(3) - second)
