"""Fewer muscles that do the work of many: the lean muscles of a predicted walk.

Compartments that share a task become one (``data/muscles.tsv``). With equal activations the work of the members'
tensions on every coordinate is that of one tension along the strength-weighted mean of their paths, so that path is
exact; that one fibre of mean length pulls as the many do is an approximation, which :func:`kept_strength` measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, Muscle, MuscleKind
from groundup.engine.muscle import compile_muscles
from groundup.engine.muscle_tendon import equilibrium_state
from groundup.errors import ModelError
from groundup.predict.body.coordinates import DATA, read_rows
from groundup.predict.body.path_fit import PathSamples
from groundup.predict.body.polynomials import PathPolynomial

SIDES = ("r", "l")

WALKING_LOAD = 0.35
"""Part of their greatest force that calf muscles carry at push-off, about 3.5 of 10 kN. A tendon made softer is made
shorter as well, so that under this load the fibres stay as long as in the body."""

DEFAULT_STRAIN = 0.049
_STRAIN = "tendon_strain_at_one_norm_force"


@dataclass(frozen=True, eq=False)
class LeanMuscle:
    """One muscle of a prediction.

    Attributes
    ----------
    name : with its side, ``soleus_r``
    label : in words, without the side
    members : names of the body's muscles it stands for
    shares : array, shape (n_members,)
        Part of the strength each member has; the parts of the force that go back to them.
    muscle : Muscle
        De Groote–Fregly figures without path points; ``max_control`` and ``min_control`` bound the activation.
    path : PathPolynomial
        Path length from the coordinates it crosses.
    """

    name: str
    label: str
    members: tuple[str, ...]
    shares: Floats
    muscle: Muscle
    path: PathPolynomial

    @property
    def side(self) -> str:
        """``r`` or ``l``."""
        return self.name[-1]


@dataclass(frozen=True)
class MuscleGroupChoice:
    """A line of the table: name and members without side, tendon strain (None: the body's), label."""

    name: str
    members: tuple[str, ...]
    tendon_strain: float | None
    label: str


def read_groups() -> tuple[MuscleGroupChoice, ...]:
    """Read which muscles are one in a prediction."""
    rows = read_rows(DATA / "muscles.tsv")
    strains = [None if r["tendon_strain"] == "body" else float(r["tendon_strain"]) for r in rows]
    return tuple(
        MuscleGroupChoice(r["name"], tuple(r["members"].split()), s, r["label"])
        for r, s in zip(rows, strains, strict=True)
    )


def members_of(body: Body, side: str) -> tuple[Muscle, ...]:
    """The body's muscles of one leg that lean muscles stand for, in the order of the table.

    Raises
    ------
    ModelError
        The body lacks one of them.
    """
    known = {m.name: m for m in body.muscles}
    wanted = [f"{stem}_{side}" for group in read_groups() for stem in group.members]
    absent = [name for name in wanted if name not in known]
    if absent:
        raise ModelError(
            f"{body.name}: no muscle {', '.join(absent)}; expected the leg muscles of the default body. "
            "Pass the default body or a scaled copy of it."
        )
    return tuple(known[name] for name in wanted)


def group_weights(members: Sequence[Muscle]) -> Floats:
    """Share of each member in its group's strength, (n_groups, n_members)."""
    groups, k = read_groups(), 0
    weights = np.zeros((len(groups), len(members)))
    for g, group in enumerate(groups):
        some = slice(k, k + len(group.members))
        force = np.array([m.max_isometric_force for m in members[some]])
        weights[g, some] = force / force.sum()
        k += len(group.members)
    return weights


def lean_muscle(group: MuscleGroupChoice, side: str, members: Sequence[Muscle], path: PathPolynomial) -> LeanMuscle:
    """One muscle of the strength of all members and of mean lengths."""
    force = np.array([m.max_isometric_force for m in members])
    shares = force / force.sum()

    def mean(values: Sequence[float]) -> float:
        return float(shares @ np.array(values))

    parameters = {key: mean([m.parameters[key] for m in members]) for key in members[0].parameters}
    slack = mean([m.tendon_slack_length for m in members])
    if group.tendon_strain is not None:
        old = parameters.get(_STRAIN, DEFAULT_STRAIN)
        slack *= (1.0 + walking_strain(old)) / (1.0 + walking_strain(group.tendon_strain))
        parameters[_STRAIN] = group.tendon_strain
    muscle = replace(
        members[0],
        name=f"{group.name}_{side}",
        kind=MuscleKind.DEGROOTEFREGLY2016,
        points=(),
        wraps=(),
        max_isometric_force=float(force.sum()),
        optimal_fiber_length=mean([m.optimal_fiber_length for m in members]),
        tendon_slack_length=slack,
        pennation_angle=float(np.arccos(mean([np.cos(m.pennation_angle) for m in members]))),
        max_contraction_velocity=mean([m.max_contraction_velocity for m in members]),
        parameters=parameters,
        ignore_tendon_compliance=False,
    )
    return LeanMuscle(muscle.name, group.label, tuple(m.name for m in members), shares, muscle, path)


def walking_strain(strain_at_full_force: float) -> float:
    """Strain of a De Groote tendon under ``WALKING_LOAD`` of the greatest isometric force."""
    return float(np.log1p(WALKING_LOAD / 0.2) / np.log(6.0) * strain_at_full_force)


@dataclass(frozen=True, eq=False)
class KeptStrength:
    """How much of the body's isometric moment strength the lean muscles have, per coordinate and direction.

    ``full`` and ``lean`` are array, shape (n, n_coords, 2), N·m: the sums of what all muscles that push the coordinate
    up, or down, do there at an activation of ``WALKING_LOAD``, fibre and tendon in balance.
    """

    coordinates: tuple[str, ...]
    full: Floats
    lean: Floats

    @property
    def ratio(self) -> Floats:
        """Mean lean strength over mean full strength, (n_coords, 2)."""
        return np.asarray(self.lean.mean(0) / self.full.mean(0))


def kept_strength(
    names: Sequence[str], members: Sequence[Muscle], true: PathSamples, lean: Sequence[LeanMuscle]
) -> KeptStrength:
    """Compare the strength of lean muscles and of their members at the samples of true paths."""
    columns = [k for k, name in enumerate(names) if np.abs(true.arms[..., k]).max() > 0.002]
    q = {name: true.q[:, k] for k, name in enumerate(names)}
    length = np.stack([m.path.length(q) for m in lean], -1)
    arms = np.zeros((len(true.q), len(lean), len(names)))
    for i, m in enumerate(lean):
        for name, arm in m.path.arms(q).items():
            arms[:, i, list(names).index(name)] = arm
    full = _strength(members, true.length, true.arms[..., columns])
    fewer = _strength([m.muscle for m in lean], length, arms[..., columns])
    return KeptStrength(tuple(names[k] for k in columns), full, fewer)


def _strength(muscles: Sequence[Muscle], length: Floats, arms: Floats) -> Floats:
    force = equilibrium_state(compile_muscles(muscles), WALKING_LOAD, length, np.zeros_like(length)).tendon_force
    moment = force[..., None] * arms
    return np.stack([np.maximum(moment, 0.0).sum(1), np.maximum(-moment, 0.0).sum(1)], -1)
