"""The walk as a problem of optimal control: what may be chosen, within which bounds, and how the cycle closes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from groundup.body.functions import Floats
from groundup.predict.body import OwnCycle, WalkGuess
from groundup.predict.body.coordinates import SHIFTS
from groundup.predict.body.guess import SPEEDS_M_PER_S, cycle_factor
from groundup.predict.changed_body import ChangedBody
from groundup.predict.effects import Side
from groundup.predict.gait.equations import OWN_CYCLE, BodyAtInstant, body_at, instant, is_compliant
from groundup.predict.gait.walk import mirror_sign, other_side
from groundup.predict.pain import FeltPain, PainLaw
from groundup.predict.terms import WEIGHT_OF_ALL, ObjectiveTerm, integrands
from groundup.solvers.collocation.problem import DURATION, Data, Ends, Limit, Model, Point, Problem, Quantity
from groundup.solvers.collocation.symbols import Expression
from groundup.solvers.collocation.trajectory import Trajectory

SPEED = "speed"
LEAST_ACTIVATION = 0.01
CADENCE_BAND = 0.3
"""How far, as a part, the cycle may be shorter or longer than that of the reference walk."""


@dataclass(frozen=True, eq=False)
class WalkTask:
    """What is asked for.

    Attributes
    ----------
    changed : the body with all effects of the case
    terms : of the objective, with weights
    speed_m_per_s : mean speed; None leaves it free
    reference : walk whose angles ``normal_gait`` keeps near, and whose cycle bounds the duration
    pains : by side that hurts
    law : the pain law, where something hurts
    own_gait : the person's own walk, at the speed of ``reference``
    symmetric : whether the second half is the mirror of the first, so that only the first is solved
    cycle_s : prescribed duration of the cycle, s; None leaves it free
    """

    changed: ChangedBody
    terms: Sequence[ObjectiveTerm]
    speed_m_per_s: float | None
    reference: WalkGuess
    pains: Mapping[Side, FeltPain] = field(default_factory=dict)
    law: PainLaw | None = None
    own_gait: OwnCycle | None = None
    symmetric: bool = False
    cycle_s: float | None = None


def walk_problem(task: WalkTask) -> Problem:
    """State the walk as a problem of optimal control.

    Notes
    -----
    The cycle begins with the strike of the right heel, as the reference walk has it. Terms are means over the cycle; at
    a free speed they are means over the distance, for a speed of 1 m/s.
    """
    states, algebraics, controls = quantities(task.changed)
    part = 0.5 if task.symmetric else 1.0

    def model(at: Point) -> Model:
        body = body_at(task.changed, at)
        offered = instant(task.changed, at, body, task.pains, task.law, at.parameter[SPEED])
        over = at.parameter[DURATION] * (at.parameter[SPEED] if task.speed_m_per_s is None else 1.0)
        rates = {name: rate / over for name, rate in integrands(task.terms, offered).items()}
        return Model(body.rates, body.equations, terms=rates, outputs=_outputs(task.changed, body))

    return Problem(
        states=states,
        controls=controls,
        parameters=_parameters(task, part),
        model=model,
        algebraics=algebraics,
        ends=lambda first, last: Ends(_closing(first, last, task.symmetric)),
        weights={term.name: WEIGHT_OF_ALL * term.weight for term in task.terms},
        data=_data(task, part),
    )


def quantities(changed: ChangedBody) -> tuple[tuple[Quantity, ...], tuple[Quantity, ...], tuple[Quantity, ...]]:
    """States, algebraic variables and controls of the walking body."""
    p = changed.prepared
    bounds = {c.name: c.range for c in p.body.coordinates}
    muscles, torques = [m.name for m in p.muscles], list(p.torques)
    soft = [name for name in muscles if is_compliant(name)]
    states = [Quantity(n, *bounds[n], _unit(n), 1.0, (0.0, 0.0) if n == "pelvis_tx" else None) for n in p.names]
    states += [Quantity(f"{n} speed", -30.0, 30.0, f"{_unit(n)}/s", 5.0) for n in p.names]
    states += [Quantity(f"{n} activation", LEAST_ACTIVATION, 1.0, "", 0.3) for n in muscles]
    states += [Quantity(f"{n} tension", 0.0, 2.0, "of the greatest force", 0.3) for n in soft]
    states += [Quantity(f"{n} torque", -1.0, 1.0, "of the greatest torque", 0.3) for n in torques]
    algebraics = [
        Quantity(f"{n} acceleration", -1500.0, 1500.0, f"{_unit(n)}/s²", 30.0 if n in SHIFTS else 300.0)
        for n in p.names
    ]
    algebraics += [Quantity(f"{n} tension rate", -60.0, 60.0, "of the greatest force/s", 5.0) for n in soft]
    controls = [Quantity(n, LEAST_ACTIVATION, 1.0, "", 0.3) for n in muscles]
    controls += [Quantity(f"{n} command", -1.0, 1.0, "of the greatest torque", 0.3) for n in torques]
    return tuple(states), tuple(algebraics), tuple(controls)


def first_guess(task: WalkTask) -> Trajectory:
    """Start from the reference walk with quiet muscles."""
    p, guess = task.changed.prepared, task.reference
    n = len(guess.motion.q)
    k = (n - 1) // 2 + 1 if task.symmetric else n
    values: dict[str, Floats] = {}
    for i, name in enumerate(p.names):
        values[name] = np.asarray(guess.motion.q[:k, i])
        values[f"{name} speed"] = np.asarray(guess.motion.speed[:k, i])
        values[f"{name} acceleration"] = np.asarray(guess.motion.acceleration[:k, i])
    values["pelvis_tx"] = values["pelvis_tx"] - values["pelvis_tx"][0]
    for lean in p.muscles:
        quiet = {f"{lean.name} activation": 0.1, lean.name: 0.1}
        if is_compliant(lean.name):
            quiet |= {f"{lean.name} tension": 0.1, f"{lean.name} tension rate": 0.0}
        values |= {name: np.full(k, value) for name, value in quiet.items()}
    values |= {f"{name} {what}": np.zeros(k) for name in p.torques for what in ("torque", "command")}
    duration = guess.cycle_s * (0.5 if task.symmetric else 1.0)
    speed = task.speed_m_per_s or guess.speed_m_per_s
    return Trajectory(np.linspace(0.0, duration, k), values, {DURATION: duration, SPEED: speed})


def _unit(name: str) -> str:
    return "m" if name in SHIFTS else "rad"


def _parameters(task: WalkTask, part: float) -> tuple[Quantity, ...]:
    cycle = task.cycle_s or task.reference.cycle_s
    band = 0.0 if task.cycle_s else CADENCE_BAND
    slowest, fastest = SPEEDS_M_PER_S if task.speed_m_per_s is None else (task.speed_m_per_s,) * 2
    shortest, longest = cycle * (1 - band), cycle * (1 + band)
    if task.speed_m_per_s is None and task.cycle_s is None:
        # Who may walk slowly may take slow steps; a bound that is met would choose the speed.
        usual = task.reference.speed_m_per_s
        shortest, longest = shortest * cycle_factor(usual, fastest), longest * cycle_factor(usual, slowest)
    return (
        Quantity(DURATION, part * shortest, part * longest, "s", part * cycle),
        Quantity(SPEED, slowest, fastest, "m/s", 1.0),
    )


def _closing(first: Point, last: Point, symmetric: bool) -> dict[str, Limit]:
    """Conditions that the cycle ends as it began, or its first half as the mirror of its begin."""
    begin, end = {**first.state, **first.control}, {**last.state, **last.control}
    conditions = {}
    for name in end:
        if name == "pelvis_tx":
            continue
        source = other_side(name) if symmetric else name
        sign = mirror_sign(name) if symmetric else 1.0
        conditions[f"end of {name} = start of {source}"] = Limit(end[name] - sign * begin[source], 0.0, 0.0)
    ahead = end["pelvis_tx"] - begin["pelvis_tx"] - first.parameter[SPEED] * first.parameter[DURATION]
    return conditions | {"distance = speed × duration": Limit(ahead, 0.0, 0.0, "m")}


def _data(task: WalkTask, part: float) -> dict[str, Data]:
    """Angles of the reference walk, and of the person's own with their spread, over the phase of what is solved."""
    names = [n for n in task.changed.prepared.names if n not in SHIFTS]
    curves = {f"normal {n}": task.reference.motion.q[:, task.changed.prepared.names.index(n)] for n in names}
    if task.own_gait is not None:
        for name in task.own_gait.mean:
            curves |= {f"own {name}": task.own_gait.mean[name], f"spread {name}": task.own_gait.spread[name]}
        curves[OWN_CYCLE] = np.full(2, part * task.own_gait.cycle_s)

    def reading(curve: Floats) -> Data:
        at = np.linspace(0.0, 1.0, len(curve))
        return lambda phase: np.interp(part * phase, at, curve)

    return {name: reading(np.asarray(curve)) for name, curve in curves.items()}


def _outputs(changed: ChangedBody, body: BodyAtInstant) -> dict[str, Expression]:

    p = changed.prepared
    found: dict[str, Expression] = {f"force of {m.name}": body.forces[i] for i, m in enumerate(p.muscles)}
    found |= {f"torque of {name}": torque for name, torque in body.torques.items()}
    for pad, load in zip(p.soles.pads, body.loads, strict=True):
        found |= {f"{pad.name} force {axis}": load.force[i] for i, axis in enumerate("xyz")}
        found |= {f"{pad.name} point {axis}": load.point[i] for i, axis in enumerate("xyz")}
    return found | {f"fascia {side}": tension for side, tension in body.fascia.items()}
