"""Strings over tori: the tube is taken as a straight cylinder at the place of the ring nearest to the link."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.wrapping import (
    Bools,
    Half,
    Ints,
    Outcome,
    Wraps,
    cross,
    dot,
    unit,
    wrap_cylinder,
)

_ENDLESS = 10000.0  # m
_FIRST_STEP = 0.2  # the first change of the residual that is trusted


def wrap_torus(p1: Floats, p2: Floats, tube: Floats, ring: Floats, half: Half, refine: Bools) -> Wraps:
    """Lead links through the hole of tori about the z axis.

    Parameters
    ----------
    p1, p2 : array, shape (K, 3), m
    tube, ring : array, shape (K,), m
        Radius of the tube and of the ring that is its centre line (OpenSim's ``inner_radius`` and ``outer_radius``).
    half : Half, arrays of shape (K,)
        Limits which part of the ring may be touched.
    refine : bool array, shape (K,)
        As in :func:`~groundup.engine.wrapping.wrap_cylinder`.

    Returns
    -------
    Wraps
        Outcomes are ``BENT`` or ``FREE``.

    Notes
    -----
    The path is led over the side of the tube that faces the hole, as OpenSim does. OpenSim looks for the place on the
    link with a residual in which the ring counts double (the place nearest to a ring of twice the radius); models were
    tuned with it, so the same place is used here. It is found by Newton steps from either end.
    """
    start1, start2 = _nearest_from(p1, p2, ring), _nearest_from(p2, p1, ring)
    closer1, on1, on2 = _gap(start1, ring) < _gap(start2, ring), half.holds(start1), half.holds(start2)
    first = np.where((half.sign == 0) | (on1 & on2), closer1, on1)
    allowed = (half.sign == 0) | on1 | on2
    place = np.where(first[:, None], start1, start2)
    flat = place * np.array([1.0, 1.0, 0.0])
    centre = unit(flat) * ring[:, None]
    axes = _tube_axes(centre)
    a, b = _into(axes, p1 - centre), _into(axes, p2 - centre)
    inward = Half(np.zeros(len(p1), dtype=np.intp), np.ones(len(p1), dtype=np.intp))
    over = wrap_cylinder(a, b, tube, np.full(len(p1), _ENDLESS), inward, refine)
    outcome: Ints = np.where(allowed & (over.outcome >= Outcome.BENT), Outcome.BENT, Outcome.FREE)
    return Wraps(outcome, _out(axes, over.first) + centre, _out(axes, over.second) + centre, over.length)


def _nearest_from(p1: Floats, p2: Floats, ring: Floats) -> Floats:
    """A point of the line where its distance to a ring of twice the radius is stationary, sought from ``p1``."""
    along = unit(p2 - p1)
    flat = along[:, 0] ** 2 + along[:, 1] ** 2
    shift = p1[:, 0] * along[:, 0] + p1[:, 1] * along[:, 1]
    here = p1[:, 0] ** 2 + p1[:, 1] ** 2
    lead = dot(p1, along)
    u, radius = np.zeros(len(p1)), np.full(len(p1), _FIRST_STEP)
    value, slope = _residual(u, flat, shift, here, lead, ring)
    for _ in range(60):
        # a step as long as the residual asks, within the trusted length (both measured by the slope)
        full = -value / np.where(slope == 0.0, 1.0, slope)
        limit = radius / np.maximum(np.abs(slope), 1e-12)
        step = np.clip(full, -limit, limit)
        new_value, new_slope = _residual(u + step, flat, shift, here, lead, ring)
        better = np.abs(new_value) < np.abs(value)
        u = np.where(better, u + step, u)
        radius = np.where(better, np.maximum(radius, 2.0 * np.abs(step * slope)), 0.25 * np.abs(step * slope))
        value, slope = np.where(better, new_value, value), np.where(better, new_slope, slope)
        if np.all(np.abs(step) < 1e-9):
            break
    return p1 + u[:, None] * along


def _residual(
    u: Floats, flat: Floats, shift: Floats, here: Floats, lead: Floats, ring: Floats
) -> tuple[Floats, Floats]:
    """Derivative of the squared distance to the doubled ring along the line, and its own derivative."""
    radial = np.sqrt(np.maximum(u * u * flat + 2.0 * shift * u + here, 1e-30))
    top = flat * u + shift
    value = 2.0 * (lead + u) - 4.0 * ring * top / radial
    slope = 2.0 - 4.0 * ring * (flat / radial - top**2 / radial**3)
    return value, slope


def _gap(point: Floats, ring: Floats) -> Floats:
    """Distance of points to the ring."""
    return np.hypot(np.hypot(point[:, 0], point[:, 1]) - ring, point[:, 2])


def _tube_axes(centre: Floats) -> Floats:
    """Frames (K, 3, 3) with rows x towards the torus' centre, y against its axis, z along the tube."""
    x = -unit(centre)
    y = np.broadcast_to([0.0, 0.0, -1.0], x.shape)
    return np.stack([x, y, cross(x, y)], axis=1)


def _into(axes: Floats, v: Floats) -> Floats:
    inside: Floats = np.einsum("kij,kj->ki", axes, v)
    return inside


def _out(axes: Floats, v: Floats) -> Floats:
    outside: Floats = np.einsum("kji,kj->ki", axes, v)
    return outside
