"""One walk to be solved, with everything that its solution depends on; and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from groundup.body.model import Body
from groundup.predict.body import OwnCycle
from groundup.predict.changed_body import ChangedBody, change
from groundup.predict.content import content_hash, text_hash
from groundup.predict.effects import Cadence, Effect, Side
from groundup.predict.gait.walk import VERSION, Walk
from groundup.predict.pain import FeltPain, PainLaw
from groundup.predict.terms import own_names

_ROOT = Path(__file__).parents[1]
_METHOD = (
    "predict/gait/*.py",
    "predict/body/*.py",
    "predict/body/data/*.tsv",
    "predict/symbolic/*.py",
    *(f"predict/{name}.py" for name in ("changed_body", "effects", "pain", "solver", "starts", "terms", "walk_job")),
    "predict/data/terms.toml",
    "solvers/collocation/*.py",
    "engine/*.py",
    *(f"motion/{name}.py" for name in ("filtering", "scale_body", "scale_factors", "soles", "trajectory")),
    "motion/walk*.py",
    "motion/data/walk*.tsv",
    "chain/muscle_groups.py",
    "chain/data/muscle_groups.toml",
    "body/functions.py",
    "body/names.py",
)
"""What poses and solves a walk, within the package: after any change to it, the same question is solved again."""


def method_files() -> tuple[Path, ...]:
    """Every file, code or data, that a solution follows from beside its question."""
    return tuple(file for pattern in _METHOD for file in sorted(_ROOT.glob(pattern)))


@cache
def method() -> str:
    """Hash of all that poses and solves walks."""
    return text_hash(method_files())


@dataclass(frozen=True, eq=False)
class WalkJob:
    """One walk to be solved.

    Attributes
    ----------
    id : str
        Unique within a simulation: the case's, or the case's and the variation's.
    label : str
        In plain words.
    body : Body
        Of the person, without the effects.
    effects : what conditions and treatments change
    speed_m_per_s : float or None
        Mean speed; None leaves it free.
    weights : of every term of the objective, by name
    intervals : mesh intervals over the cycle
    pains : by side that hurts
    law : the pain law, where something hurts
    own : the person's own walk, where there is one
    strength : factor on all muscles and torques
    usual_cycle_s : cycle of the walk without the treatment, which a prescribed cadence changes
    start : a walk to begin from
    halves : whether it is solved as two equal halves first
    fits : folder that keeps fitted muscle paths
    terms_file : Python file that adds terms, run again in another process
    """

    id: str
    label: str
    body: Body
    effects: tuple[Effect, ...]
    speed_m_per_s: float | None
    weights: Mapping[str, float]
    intervals: int
    pains: Mapping[Side, FeltPain] = field(default_factory=dict)
    law: PainLaw | None = None
    own: OwnCycle | None = None
    strength: float = 1.0
    usual_cycle_s: float | None = None
    start: Walk | None = None
    halves: bool = False
    fits: Path | None = None
    terms_file: Path | None = None

    @cached_property
    def changed(self) -> ChangedBody:
        """The body with everything changed that this walk changes."""
        changed = change(_stronger(self.body, self.strength), self.effects, self.fits)
        if self.strength == 1.0:
            return changed
        torques = {
            name: replace(t, up_nm=t.up_nm * self.strength, down_nm=t.down_nm * self.strength)
            for name, t in changed.prepared.torques.items()
        }
        return replace(changed, prepared=replace(changed.prepared, torques=torques))

    @cached_property
    def question(self) -> str:
        """Hash of everything that the solution depends on, but not of how it is solved or where it starts."""
        return content_hash(
            self.body,
            self.effects,
            self.speed_m_per_s,
            {name: weight for name, weight in self.weights.items() if weight},
            self.intervals,
            dict(self.pains),
            self.law if self.pains else None,
            self.own,
            self.strength,
            # A cadence prescribes the cycle; otherwise it is free.
            self.usual_cycle_s if any(isinstance(e, Cadence) for e in self.effects) else None,
            text_hash([self.terms_file]) if self.terms_file is not None and self.uses_own_terms else None,
        )

    @property
    def key(self) -> str:
        """Hash under which the solution is kept: of the question, and of how it is solved."""
        return content_hash(self.question, VERSION, method())

    @property
    def uses_own_terms(self) -> bool:
        """Whether a term counts that is not groundup's own."""
        return any(weight and name not in own_names() for name, weight in self.weights.items())

    def __getstate__(self) -> dict[str, object]:
        """Leave out what can be made again."""
        return {name: value for name, value in self.__dict__.items() if name not in ("changed", "question")}


def _stronger(body: Body, factor: float) -> Body:
    if factor == 1.0:
        return body
    muscles = tuple(replace(m, max_isometric_force=m.max_isometric_force * factor) for m in body.muscles)
    return body.with_(muscles=muscles)


@dataclass(frozen=True, eq=False)
class Attempt:
    """What became of a job: a walk, or the best iterate, or nothing, with what the solver said."""

    status: Literal["solved", "stopped", "failed"]
    message: str
    walk: Walk | None = None


Tell = Callable[[str], None]
Solver = Callable[[WalkJob, Tell], Walk]
"""Solves one walk, telling how far it is; may raise `GroundupError`. Ctrl-C ends it with the best iterate.

It crosses to other processes, so it is a function of a module.
"""

STOPPED = "stopped by the user"
NOT_BEGUN = f"{STOPPED} before it began"


def attempt_of(walk: Walk) -> Attempt:
    """Say what became of a job whose solver returned a walk."""
    if walk.solved:
        return Attempt("solved", walk.message, walk)
    stopped = walk.message.startswith(STOPPED)
    return Attempt("stopped" if stopped else "failed", walk.message, walk)
