"""The paths of all lean muscles of a body: sampled, fitted, kept on disk by the content of the body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, Muscle
from groundup.engine.skeleton import compile_skeleton
from groundup.motion.walk import read_walk, walk_motion
from groundup.predict.body.coordinates import Role, read_choices
from groundup.predict.body.muscles import SIDES, group_weights, members_of
from groundup.predict.body.path_fit import (
    N_BOX,
    N_TEST,
    N_WALK,
    FitError,
    PathSamples,
    around,
    fit_error,
    fit_path,
    latin_hypercube,
    sample_paths,
)
from groundup.predict.body.polynomials import PathPolynomial
from groundup.predict.body.reduced import Reduction
from groundup.predict.content import content_hash

SEED = 20
VERSION = 1
"""Raise it when fits of the same body change: fits kept on disk are then made anew."""


@dataclass(frozen=True, eq=False)
class LegSamples:
    """True paths of the members of one leg's lean muscles at random poses of that leg.

    ``names`` are the leg's coordinates; ``train`` is for fitting, ``box`` and ``walk`` for judging: over the bounds,
    and around walking.
    """

    names: tuple[str, ...]
    lower: Floats
    upper: Floats
    members: tuple[Muscle, ...]
    train: PathSamples
    box: PathSamples
    walk: PathSamples


def leg_names(side: str) -> tuple[str, ...]:
    """Coordinates of a leg that muscles drive."""
    return tuple(c.name for c in read_choices() if c.role is Role.MUSCLE and c.name.endswith(f"_{side}"))


def leg_samples(reduction: Reduction, side: str, seed: int = SEED) -> LegSamples:
    """Sample the paths of one leg."""
    body, names = reduction.full, leg_names(side)
    columns = np.array([reduction.names.index(n) for n in names])
    lower, upper = reduction.lower[columns], reduction.upper[columns]
    members = members_of(body, side)
    random = np.random.default_rng(seed)
    walk = _walk_angles(reduction)[:, columns]
    parts = [
        latin_hypercube(N_BOX, lower, upper, random),
        around(walk, N_WALK, lower, upper, random),
        latin_hypercube(N_TEST, lower, upper, random),
        around(walk, N_TEST, lower, upper, random),
    ]
    q = np.tile([c.default for c in reduction.body.coordinates], (sum(map(len, parts)), 1))
    q[:, columns] = np.concatenate(parts)
    every = sample_paths(body, reduction, [m.name for m in members], q)
    every = PathSamples(q[:, columns], every.length, every.arms[..., columns])
    ends = np.cumsum([0, N_BOX + N_WALK, N_TEST, N_TEST])
    train, box, near = (_some(every, slice(a, b)) for a, b in pairwise(ends))
    return LegSamples(names, lower, upper, members, train, box, near)


def fit_leg(samples: LegSamples) -> tuple[PathPolynomial, ...]:
    """Fit the paths of one leg's lean muscles, in the order of their table."""
    weights = group_weights(samples.members)
    train, box = samples.train.combined(weights), samples.box.combined(weights)
    return tuple(fit_path(samples.names, samples.lower, samples.upper, train, box, k) for k in range(len(weights)))


def leg_errors(samples: LegSamples, paths: Sequence[PathPolynomial]) -> tuple[FitError, ...]:
    """Errors of one leg's fits on samples they have not seen."""
    weights = group_weights(samples.members)
    box, walk = samples.box.combined(weights), samples.walk.combined(weights)
    return tuple(fit_error(p, samples.names, box, walk, k) for k, p in enumerate(paths))


def fitted_paths(reduction: Reduction, cache: Path | None = None) -> tuple[PathPolynomial, ...]:
    """Paths of the lean muscles of both legs, right first; from ``cache`` if the same body was fitted before.

    Parameters
    ----------
    cache : folder for fits, made where absent; None keeps nothing
    """
    file = None if cache is None else cache / f"paths-{content_key(reduction.full)}.npz"
    if file is not None and file.exists():
        return _load(file)
    paths = tuple(p for side in SIDES for p in fit_leg(leg_samples(reduction, side)))
    if file is not None:
        _save(file, paths)
    return paths


def content_key(body: Body) -> str:
    """Hash of everything in a body that its leg paths depend on, and of the tables of the prediction body."""
    muscles = [m for side in SIDES for m in members_of(body, side)]
    return content_hash(VERSION, read_choices(), body.segments, body.joints, body.coordinates, body.couplers, muscles)


def _walk_angles(reduction: Reduction) -> Floats:
    skeleton = compile_skeleton(reduction.full)
    default = np.array([c.default for c in reduction.full.coordinates])
    walk = read_walk()
    motion = walk_motion(walk, skeleton, default, np.linspace(0.0, walk.cycle_s, 80))
    return reduction.from_full(motion).q


def _some(samples: PathSamples, rows: slice) -> PathSamples:
    return PathSamples(samples.q[rows], samples.length[rows], samples.arms[rows])


def _save(file: Path, paths: Sequence[PathPolynomial]) -> None:
    """Write fits, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, np.ndarray] = {}
    for k, p in enumerate(paths):
        for f in fields(p):
            arrays[f"{k}.{f.name}"] = np.asarray(getattr(p, f.name))
    half = file.with_name(f"{file.stem}.{np.random.default_rng().integers(1 << 40)}.part")
    with half.open("wb") as stream:
        np.savez(stream, allow_pickle=False, count=np.array(len(paths)), **arrays)
    half.replace(file)


def _load(file: Path) -> tuple[PathPolynomial, ...]:
    with np.load(file, allow_pickle=False) as stored:
        return tuple(
            PathPolynomial(
                tuple(str(name) for name in stored[f"{k}.coordinates"]),
                *(stored[f"{k}.{f.name}"] for f in fields(PathPolynomial)[1:]),
            )
            for k in range(int(stored["count"]))
        )
