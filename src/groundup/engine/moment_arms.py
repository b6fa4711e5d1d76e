"""Moment arms of all muscles about all coordinates, from the pulls of their paths.

The moment arm is the generalised force of unit tension: minus the derivative of path length. A muscle's pulls sum to
nothing over the whole body, so only motions that carry some of its segments and not others matter; which they are is
worked out once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.kinematics import Poses
from groundup.engine.muscle_path import PathGeometry, SegmentPulls
from groundup.engine.path_set import PathSet
from groundup.engine.skeleton import Skeleton


@dataclass(frozen=True, eq=False)
class SegmentProducts:
    """The products of the pulls on one segment with the motions that carry it.

    They are taken from the matrix of all of ``pairs`` with all of ``motions``: one matrix product is many times as fast
    as gathering the factors of each, although most of its entries are not needed.
    """

    pairs: np.ndarray
    motions: np.ndarray
    row: np.ndarray  # (n_products,) of each product in that matrix
    column: np.ndarray
    product: np.ndarray  # (n_products,) its place among all products


@dataclass(frozen=True, eq=False)
class ArmPlan:
    """Which pull works on which motion, and which entry of the moment-arm matrix it adds to.

    ``weight`` has one item per product, in order of the entry they add to; entry ``k`` starts at ``first[k]`` and
    stands at ``muscle[k]``, ``coordinate[k]``.
    """

    n_muscles: int
    n_coordinates: int
    segments: tuple[SegmentProducts, ...]
    weight: Floats
    first: np.ndarray
    muscle: np.ndarray
    coordinate: np.ndarray
    drive_coordinate: np.ndarray


def plan_moment_arms(skeleton: Skeleton, paths: PathSet) -> ArmPlan:
    """Find the products that make up the moment arms; pairs are ordered as in :class:`SegmentPulls`."""
    stride = len(skeleton.segments)
    number = np.unique(paths.muscle * stride + paths.segment)
    muscle, segment = number // stride, number % stride
    carried = skeleton.carries[segment] > 0
    some = np.zeros((len(paths.muscles), carried.shape[1]), dtype=bool)
    every = np.ones_like(some)
    np.logical_or.at(some, muscle, carried)
    np.logical_and.at(every, muscle, carried)
    pair, motion = np.nonzero(carried & (some & ~every)[muscle])
    product, coordinate = np.nonzero(skeleton.motions.weights[motion])
    pair, motion = pair[product], motion[product]
    entry = muscle[pair] * len(skeleton.coordinates) + coordinate
    order = np.argsort(entry, kind="stable")
    entries, first = np.unique(entry[order], return_index=True)
    return ArmPlan(
        n_muscles=len(paths.muscles),
        n_coordinates=len(skeleton.coordinates),
        segments=_by_segment(segment[pair[order]], pair[order], motion[order]),
        weight=skeleton.motions.weights[motion, coordinate][order],
        first=first,
        muscle=entries // len(skeleton.coordinates),
        coordinate=entries % len(skeleton.coordinates),
        drive_coordinate=paths.moving.drive_coordinate,
    )


def _by_segment(segment: np.ndarray, pair: np.ndarray, motion: np.ndarray) -> tuple[SegmentProducts, ...]:
    """Sort products, given by pair and motion, by the segment that is pulled."""
    groups = []
    for one in np.unique(segment):
        product = np.flatnonzero(segment == one)
        pairs, row = np.unique(pair[product], return_inverse=True)
        motions, column = np.unique(motion[product], return_inverse=True)
        groups.append(SegmentProducts(pairs, motions, row, column, product))
    return tuple(groups)


def moment_arms(plan: ArmPlan, at: Poses, geometry: PathGeometry, pulls: SegmentPulls) -> Floats:
    """Compute moment arms, shape (F, M, C), m/rad·rad⁻¹ (m for a rotation, 1 for a translation)."""
    arms = np.zeros((len(at.screws), plan.n_muscles, plan.n_coordinates))
    if len(plan.first):
        screws = at.screws * at.slope[..., None]
        work = np.empty((len(screws), len(plan.weight)))
        for some in plan.segments:
            every = pulls.wrench[:, some.pairs] @ np.swapaxes(screws[:, some.motions], 1, 2)
            work[:, some.product] = every[:, some.row, some.column]
        work *= plan.weight
        arms[:, plan.muscle, plan.coordinate] = np.add.reduceat(work, plan.first, axis=1)
    if len(plan.drive_coordinate):
        for k, (muscle, coordinate) in enumerate(zip(geometry.moving_muscle, plan.drive_coordinate, strict=True)):
            arms[:, muscle, coordinate] += geometry.moving_pull[:, k]
    return arms


def muscle_wrenches(skeleton: Skeleton, pulls: SegmentPulls, tension: Floats) -> Floats:
    """Wrench of all muscles on every segment, shape (F, B, 6), from tensions (F, M), N."""
    total = np.zeros((len(tension), len(skeleton.segments), 6))
    each = pulls.wrench * tension[:, pulls.muscle, None]
    for segment in np.unique(pulls.segment):
        total[:, segment] = each[:, pulls.segment == segment].sum(axis=1)
    return total
