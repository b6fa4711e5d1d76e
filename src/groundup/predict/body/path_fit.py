"""Fits of true muscle paths, which wrap round bones, by smooth polynomials.

True paths are sampled from the engine over the bounds of a prediction (a Latin hypercube), and more densely around
walking. One least-squares problem fits lengths and moment arms together; the least order that reaches the wanted error
on samples kept apart is taken, and terms that do not matter are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.engine.kinematics import poses
from groundup.engine.moment_arms import moment_arms, plan_moment_arms
from groundup.engine.muscle_path import path_geometry, segment_pulls
from groundup.engine.path_set import compile_paths
from groundup.engine.skeleton import compile_skeleton
from groundup.predict.body.polynomials import Ints, PathPolynomial, all_exponents, design, lower
from groundup.predict.body.reduced import Reduction

N_BOX, N_WALK, N_TEST = 900, 500, 400
SPREAD_RAD = np.radians(12.0)
"""How far around the angles of walking the denser samples lie."""

LENGTH_GOAL_M, ARM_GOAL_M = 0.0006, 0.0010
HIGHEST_ORDER = {1: 8, 2: 7, 3: 6, 4: 5}
CROSSES_M = 2e-4
"""A coordinate with a smaller arm everywhere is not crossed."""

DROP_M = 3e-5
"""Terms that change the length by less anywhere are dropped."""


@dataclass(frozen=True, eq=False)
class PathSamples:
    """True lengths (n, M), m, and moment arms (n, M, n_free), m, at coordinates (n, n_free), rad."""

    q: Floats
    length: Floats
    arms: Floats

    def combined(self, weights: Floats) -> PathSamples:
        """Samples of weighted means of the muscles, ``weights`` (n_groups, M)."""
        arms = np.einsum("gm,nmc->ngc", weights, self.arms, optimize=True)
        return PathSamples(self.q, self.length @ weights.T, arms)


@dataclass(frozen=True)
class FitError:
    """Errors of a fit on samples it has not seen.

    ``length_rms_m``, ``arm_rms_m`` and ``arm_worst_m`` over the bounds; ``walk_…`` the same within
    ``SPREAD_RAD`` of the angles of walking; ``arm_peak_m`` is the largest true arm there.
    """

    length_rms_m: float
    arm_rms_m: float
    arm_worst_m: float
    walk_length_rms_m: float
    walk_arm_rms_m: float
    walk_arm_worst_m: float
    arm_peak_m: float


def sample_paths(body: Body, reduction: Reduction, muscles: Sequence[str], q: Floats) -> PathSamples:
    """Compute the true paths of ``muscles`` of the full body at free coordinates ``q`` (n, n_free)."""
    skeleton = compile_skeleton(body)
    paths = compile_paths(body, skeleton.segment_index, skeleton.coordinate_index, muscles)
    full = q @ reduction.matrix.T + reduction.offset
    at = poses(skeleton, full)
    geometry = path_geometry(paths, at.rotation, at.translation, full)
    arms = moment_arms(plan_moment_arms(skeleton, paths), at, geometry, segment_pulls(paths, geometry))
    return PathSamples(q, geometry.length, arms @ reduction.matrix)


def latin_hypercube(n: int, lower: Floats, upper: Floats, random: np.random.Generator) -> Floats:
    """``n`` points of which each coordinate takes every ``n``-th of its range once, shape (n, len(lower))."""
    strata = np.argsort(random.random((n, len(lower))), axis=0)
    return np.asarray(lower + (upper - lower) * (strata + random.random(strata.shape)) / n)


def around(walk: Floats, n: int, lower: Floats, upper: Floats, random: np.random.Generator) -> Floats:
    """``n`` points within ``SPREAD_RAD`` of the rows of ``walk`` and within bounds."""
    rows = walk[random.integers(0, len(walk), n)]
    wide = np.full(walk.shape[1], SPREAD_RAD)
    return np.clip(rows + latin_hypercube(n, -wide, wide, random), lower, upper)


def fit_path(
    names: Sequence[str], lower_bound: Floats, upper_bound: Floats, train: PathSamples, test: PathSamples, muscle: int
) -> PathPolynomial:
    """Fit one muscle's path; ``names`` and bounds belong to the columns of ``train.q``."""
    crossed = np.flatnonzero(np.abs(train.arms[:, muscle]).max(0) > CROSSES_M)
    middle, half = 0.5 * (lower_bound + upper_bound)[crossed], 0.5 * (upper_bound - lower_bound)[crossed]
    x, length, arms = _parts(train, muscle, crossed, middle, half)
    exponents, coefficients = all_exponents(len(crossed), 0), np.zeros(1)
    for order in range(2, HIGHEST_ORDER.get(len(crossed), 4) + 1):
        exponents = all_exponents(len(crossed), order)
        coefficients = _least_squares(x, half, exponents, length, arms)
        keep = (np.abs(coefficients) > DROP_M) | (exponents.sum(1) == 0)
        exponents = exponents[keep]
        coefficients = _least_squares(x, half, exponents, length, arms)
        if _reaches_goal(_parts(test, muscle, crossed, middle, half), half, exponents, coefficients):
            break
    return PathPolynomial(tuple(names[int(i)] for i in crossed), middle, half, exponents, coefficients)


def fit_error(
    polynomial: PathPolynomial, names: Sequence[str], box: PathSamples, walk: PathSamples, muscle: int
) -> FitError:
    """Errors of a fit against true paths over the bounds and around walking."""
    of_box, of_walk = (_miss(polynomial, names, s, muscle) for s in (box, walk))
    peak = float(np.abs(walk.arms[:, muscle]).max())
    return FitError(*of_box, *of_walk, peak)


def _miss(
    polynomial: PathPolynomial, names: Sequence[str], samples: PathSamples, muscle: int
) -> tuple[float, float, float]:
    q = {name: samples.q[:, k] for k, name in enumerate(names)}
    length = polynomial.length(q) - samples.length[:, muscle]
    arms = polynomial.arms(q)
    zero = np.zeros(len(samples.q))
    miss = np.stack([arms.get(name, zero) for name in names], -1) - samples.arms[:, muscle]
    crossed = [k for k, name in enumerate(names) if name in arms]
    return _rms(length), _rms(miss[:, crossed]), float(np.abs(miss).max())


def _parts(
    samples: PathSamples, muscle: int, crossed: Ints, middle: Floats, half: Floats
) -> tuple[Floats, Floats, Floats]:
    x = (samples.q[:, crossed] - middle) / half
    return x, samples.length[:, muscle], samples.arms[:, muscle][:, crossed]


def _rows(x: Floats, half: Floats, exponents: Ints) -> list[Floats]:
    """Terms of the length, then of each moment arm, each (n, n_terms)."""
    blocks = [design(x, exponents)]
    for i in range(x.shape[1]):
        lowered, factor = lower(exponents, i)
        blocks.append(design(x, lowered) * (-factor / half[i]))
    return blocks


def _least_squares(x: Floats, half: Floats, exponents: Ints, length: Floats, arms: Floats) -> Floats:
    """Coefficients that fit lengths and arms alike; a millimetre of arm counts as one of length."""
    blocks = _rows(x, half, exponents)
    targets = [length, *arms.T]
    normal = sum(b.T @ b for b in blocks)
    right = sum(b.T @ t for b, t in zip(blocks, targets, strict=True))
    ridge = 1e-10 * np.trace(np.atleast_2d(normal)) / len(exponents)
    return np.asarray(np.linalg.solve(normal + ridge * np.eye(len(exponents)), right))


def _reaches_goal(parts: tuple[Floats, Floats, Floats], half: Floats, exponents: Ints, coefficients: Floats) -> bool:
    x, length, arms = parts
    first, *rest = _rows(x, half, exponents)
    miss = np.stack([b @ coefficients for b in rest], -1) - arms if rest else np.zeros((len(x), 1))
    return _rms(first @ coefficients - length) < LENGTH_GOAL_M and _rms(miss) < ARM_GOAL_M


def _rms(x: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(x)))) if np.size(x) else 0.0
