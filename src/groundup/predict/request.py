"""What a simulation is asked for: who walks, what hurts, what is done about it. Checked before anything is solved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.errors import ModelError, SetupError
from groundup.predict import condition as conditions_
from groundup.predict import treatments as treatments_
from groundup.predict.condition import Condition, check_together, heel_pains
from groundup.predict.effects import Effect, Side, combine, felt_pain
from groundup.predict.terms import ObjectiveTerm, chosen, own_names, terms
from groundup.predict.treatments import Sweep, Treatment, effects_of
from groundup.predict.words import in_range

if TYPE_CHECKING:
    from groundup.body.model import Body

USUAL_M_PER_S = 1.3
FEWEST_INTERVALS, MOST_INTERVALS = 10, 200
USUAL_INTERVALS = 40
MOST_SWEEPS = 2
PAIN_RATES = ("heel_pain_rate", "fascia_pain_rate")

HEALTHY, UNTREATED, TREATED = "healthy", "untreated", "treated"


@dataclass(frozen=True)
class Case:
    """One walk to be solved.

    Attributes
    ----------
    id : str
        ``healthy``, ``untreated``, ``treated``, or the doses of a sweep; unique within a request, fit for a file name.
    label : str
        In plain words.
    doses : tuple of float
        Of each sweep, in its order and unit; empty where nothing is swept.
    """

    id: str
    label: str
    conditions: tuple[Condition, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    doses: tuple[float, ...] = ()

    @property
    def painful(self) -> tuple[Side, ...]:
        """Sides with a painful heel."""
        return tuple(c.side for c in heel_pains(self.conditions))

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What the case changes about body, shoe and walk, of conditions and treatments together."""
        own = [e for c in self.conditions for e in c.effects()]
        return combine([*own, *effects_of(self.treatments, self.painful)])

    def felt_pain(self, side: Side) -> float:
        """Pain felt under the heel of a side, 0 to 10, after what lowers it."""
        given = [c.pain for c in heel_pains(self.conditions) if c.side == side]
        return felt_pain(given[0], self.effects) if given else 0.0


@dataclass(frozen=True)
class SimulationRequest:
    """Everything ``groundup simulate`` is asked for.

    Attributes
    ----------
    conditions : tuple of Condition
    treatments : tuple of Treatment
        Given together.
    sweeps : tuple of Sweep
        None, one or two; each dose of the first with each of the second, on top of ``treatments``.
    speed_m_per_s : float or None
        Mean speed of every walk; None lets the walker choose. A treatment may prescribe another.
    weights : mapping of term to weight
        Instead of the usual ones.
    intervals : int
        Mesh intervals over the cycle.
    from_study : Path or None
        Result folder or ``study.json`` of the person's own recorded walk.
    model : Path or None
        A model of one's own with contact; None: groundup's prediction body.
    uncertainty : bool
        Solve again with weaker and stronger pain, other strength and other weights, for intervals.
    terms_file : Path or None
        Python file whose terms have been added.
    processes : int
        Walks solved at the same time.
    command : str
        As it was typed, for the study.

    Raises
    ------
    SetupError
        Something cannot be meant; the message says what can.
    """

    conditions: tuple[Condition, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    speed_m_per_s: float | None = USUAL_M_PER_S
    weights: tuple[tuple[str, float], ...] = ()
    intervals: int = USUAL_INTERVALS
    from_study: Path | None = None
    model: Path | None = None
    uncertainty: bool = False
    processes: int = 1
    command: str = ""
    terms_file: Path | None = None

    def __post_init__(self) -> None:
        # Imported here: it takes the engine along, which lists of what there is do without.
        from groundup.predict.body.guess import SPEEDS_M_PER_S

        check_together(self.conditions)
        if self.speed_m_per_s is not None:
            in_range(self.speed_m_per_s, *SPEEDS_M_PER_S, "m/s", "walking speed", "--speed")
        in_range(self.intervals, FEWEST_INTERVALS, MOST_INTERVALS, "", "number of mesh intervals", "--mesh")
        if self.processes < 1:
            raise SetupError(f"--processes: {self.processes}, expected 1 or more.")
        if len(self.sweeps) > MOST_SWEEPS:
            raise SetupError(f"{len(self.sweeps)} sweeps, expected {MOST_SWEEPS} or fewer.")
        _once(self)
        if self.from_study is not None and self.model is not None:
            raise SetupError("--model with --from: the person's own body is in the study. Leave one of them out.")
        _check_terms(self)
        for case in self.cases:
            _ = case.effects

    @property
    def terms(self) -> tuple[ObjectiveTerm, ...]:
        """Terms of the objective with their weights; without those that ask for what is not there."""
        return tuple(t for t in chosen(dict(self.weights)) if not self.absent.keys() & set(t.needs))

    @property
    def absent(self) -> dict[str, str]:
        """Quantities that no term can ask for here, with the reason and what to add."""
        found = {}
        if self.from_study is None:
            found["own_gait_deviation"] = "there is no walk of the person's own. Add --from with a result folder."
        if not heel_pains(self.conditions):
            found |= dict.fromkeys(PAIN_RATES, "no heel hurts. Add --condition heel_pain:right:6.")
        return found

    @property
    def cases(self) -> tuple[Case, ...]:
        """Walks to solve: healthy; with the conditions; with the treatments, at each dose of the sweeps."""
        found = [Case(HEALTHY, "healthy" if self.from_study is None else "own walk")]
        if self.conditions:
            found.append(Case(UNTREATED, "; ".join(_label(c) for c in self.conditions), self.conditions))
        if self.sweeps:
            found += [self._treated(doses) for doses in product(*(s.treatments for s in self.sweeps))]
        elif self.treatments:
            found.append(self._treated(()))
        return tuple(found)

    @property
    def reference_id(self) -> str:
        """Id of the case that treated ones are compared with."""
        return UNTREATED if self.conditions else HEALTHY

    @property
    def statements(self) -> tuple[str, ...]:
        """What every answer to this request must say."""
        given = [*self.treatments, *(t for s in self.sweeps for t in s.treatments[:1])]
        return (*STATEMENTS, *conditions_.statements(self.conditions), *treatments_.statements(given))

    def _treated(self, swept: tuple[Treatment, ...]) -> Case:
        given = (*self.treatments, *swept)
        name = "+".join(_slug(t.text()) for t in swept) or TREATED
        label = "; ".join(t.label() for t in given)
        return Case(name, label, self.conditions, given, tuple(t.dose for t in swept))


STATEMENTS = (
    "Computed by a model: loads and motion, not pain relief. That less load under the heel eases a back is a "
    "hypothesis; no trial shows it.",
)
"""What every answer must say."""


def check_model(body: Body, where: str) -> None:
    """Refuse a model that cannot walk by itself.

    Raises
    ------
    ModelError
        It has no contact with the ground or no muscles, or lacks something that a prediction asks for by name.
    """
    from groundup.predict.body.needs import lacking

    if not body.contacts:
        raise ModelError(
            f"{where}: the model has no contact with the ground, so it cannot walk. Expected "
            "SmoothSphereHalfSpaceForce elements under heel, midfoot, forefoot and toes, or leave --model out to use "
            "groundup's own body."
        )
    if not body.muscles:
        raise ModelError(f"{where}: the model has no muscles, so it cannot walk. Leave --model out, or add muscles.")
    absent = lacking(body)
    if absent:
        raise ModelError(
            f"{where}: the model lacks {'; '.join(absent)}. A prediction knows them by the names of groundup's own "
            "body; rename those that are there, add the others, or leave --model out."
        )


def to_json(request: SimulationRequest) -> dict[str, object]:
    """Return a request as plain JSON values."""
    return {
        "conditions": [conditions_.to_json(c) for c in request.conditions],
        "treatments": [treatments_.to_json(t) for t in request.treatments],
        "sweeps": [s.text() for s in request.sweeps],
        "speed_m_per_s": request.speed_m_per_s,
        "weights": dict(request.weights),
        "intervals": request.intervals,
        "from_study": None if request.from_study is None else str(request.from_study),
        "model": None if request.model is None else str(request.model),
        "uncertainty": request.uncertainty,
        "processes": request.processes,
        "command": request.command,
        "terms_file": None if request.terms_file is None else str(request.terms_file),
    }


def from_json(values: Mapping[str, Any]) -> SimulationRequest:
    """Return the request written by :func:`to_json`, checked again.

    Weights of a user's own terms are left out where their file has not been run: reading a file runs no program.
    """
    files: dict[str, Any] = {
        k: Path(values[k]) for k in ("from_study", "model", "terms_file") if values.get(k) is not None
    }
    plain = {k: values[k] for k in ("speed_m_per_s", "intervals", "uncertainty", "processes", "command") if k in values}
    return SimulationRequest(
        conditions=tuple(conditions_.from_json(c) for c in values.get("conditions", ())),
        treatments=tuple(treatments_.from_json(t) for t in values.get("treatments", ())),
        sweeps=tuple(treatments_.parse_sweep(s) for s in values.get("sweeps", ())),
        weights=tuple(_known_weights(values.get("weights") or {}, "terms_file" in files)),
        **files,
        **plain,
    )


def _known_weights(weights: Mapping[str, float], own_terms: bool) -> Iterator[tuple[str, float]]:
    names = {t.name for t in terms()}
    yield from ((name, w) for name, w in weights.items() if name in names or not own_terms)


def _check_terms(request: SimulationRequest) -> None:
    """Refuse a term that is asked for by its weight, or that a user added, and that would count for nothing."""
    for term in chosen(dict(request.weights)):
        why = next((request.absent[need] for need in term.needs if need in request.absent), None)
        if why and (term.name in dict(request.weights) or term.name not in own_names()):
            raise SetupError(f"objective term {term.name!r}: {why}")


def _once(request: SimulationRequest) -> None:
    """Refuse the same treatment at two doses: it could be meant as more, or instead."""
    painful = tuple(c.side for c in heel_pains(request.conditions))
    given = [*request.treatments, *(s.treatments[0] for s in request.sweeps)]
    places = [(t.name, side) for t in given for side in t.sides(painful)]
    twice = next((place for place in places if places.count(place) > 1), None)
    if twice is not None:
        raise SetupError(f"{twice[0]}: given twice for the same side. Give one dose, or a sweep.")


def _label(one: Condition) -> str:
    words = one.text().split(":")[1:]
    if one.kind == "heel_pain":
        words[1] += " of 10"
    return f"{conditions_.catalogue()[one.kind]['label']} ({', '.join(w.replace('_', ' ') for w in words)})"


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text.replace("%", "pct")).strip("-")
