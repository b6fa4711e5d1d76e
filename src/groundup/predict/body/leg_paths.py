"""The paths of all lean muscles of a body: sampled, fitted, kept on disk by the content of the body."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache as once
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, Muscle
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import FileError
from groundup.io.atomic import write_bytes_atomic
from groundup.motion.walk import WALK_FILE, read_walk, walk_motion
from groundup.predict.body.coordinates import Role, read_choices
from groundup.predict.body.muscles import SIDES, group_weights, members_of, read_groups
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
from groundup.predict.content import content_hash, text_hash

SEED = 20
_HERE = Path(__file__).parent
_METHOD = ("leg_paths.py", "muscles.py", "path_fit.py", "polynomials.py", "reduced.py")


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
    cache : folder for fits, made where absent; None keeps nothing. A damaged fit is made anew.
    """
    file = None if cache is None else cache / f"paths-{content_key(reduction.full)}.npz"
    kept = None if file is None else _load(file)
    if kept is not None:
        return kept
    paths = tuple(p for side in SIDES for p in fit_leg(leg_samples(reduction, side)))
    if file is not None:
        with suppress(FileError):  # a full disk must not cost the walk
            _save(file, paths)
    return paths


def content_key(body: Body) -> str:
    """Hash of all that the leg paths of a body follow from: itself, tables, the code that samples and fits."""
    muscles = [m for side in SIDES for m in members_of(body, side)]
    parts = (body.segments, body.joints, body.coordinates, body.couplers, muscles)
    return content_hash(_method(), read_choices(), read_groups(), *parts)


@once
def _method() -> str:
    engine = (_HERE.parents[1] / "engine").glob("*.py")
    return text_hash([*(_HERE / name for name in _METHOD), *engine, WALK_FILE])


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
    arrays: dict[str, np.ndarray] = {}
    for k, p in enumerate(paths):
        for f in fields(p):
            arrays[f"{k}.{f.name}"] = np.asarray(getattr(p, f.name))
    stream = BytesIO()
    np.savez(stream, allow_pickle=False, count=np.array(len(paths)), **arrays)
    write_bytes_atomic(file, stream.getvalue())


def _load(file: Path) -> tuple[PathPolynomial, ...] | None:
    """Kept fits; None where there are none, or none that can be read."""
    with suppress(OSError, ValueError, KeyError, EOFError, BadZipFile), np.load(file, allow_pickle=False) as stored:
        return tuple(
            PathPolynomial(
                tuple(str(name) for name in stored[f"{k}.coordinates"]),
                *(stored[f"{k}.{f.name}"] for f in fields(PathPolynomial)[1:]),
            )
            for k in range(int(stored["count"]))
        )
    return None
