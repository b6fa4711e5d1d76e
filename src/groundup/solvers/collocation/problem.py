"""An optimal control problem, stated in names and expressions; how it is solved is not said here.

::

    minimise    sum of weights × (integrals of running terms + end terms)
    subject to  rate of each state = what the model says
                every equation = 0, every limit within its bounds, at all times
                every end condition within its bounds

Controls are lines between mesh points; algebraic variables (accelerations, rates of tendon forces …) are free at every
point and are tied down by equations. Time runs from 0 to the parameter ``duration``, s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from groundup.body.functions import Floats
from groundup.solvers.collocation.symbols import Expression

DURATION = "duration"


@dataclass(frozen=True)
class Quantity:
    """Something the solver chooses: a state, control, algebraic variable or parameter.

    Attributes
    ----------
    lower, upper : bounds at all times
    unit : for messages
    scale : typical size
        The solver works with the value divided by it. Without one it is taken from the bounds.
    initial, final : (low, high), optional
        Narrower bounds at the first and last point.
    """

    name: str
    lower: float = -np.inf
    upper: float = np.inf
    unit: str = ""
    scale: float | None = None
    initial: tuple[float, float] | None = None
    final: tuple[float, float] | None = None

    @property
    def size(self) -> float:
        """Typical size, above 0."""
        if self.scale is not None:
            return self.scale
        widest = max(abs(self.lower), abs(self.upper))
        return widest if np.isfinite(widest) and widest > 0.0 else 1.0


@dataclass(frozen=True, eq=False)
class Point:
    """What the model sees at one moment: expressions by name.

    ``data`` are given functions of the phase; ``setting`` numbers that may change from solve to solve.
    """

    state: Mapping[str, Expression]
    control: Mapping[str, Expression]
    algebraic: Mapping[str, Expression]
    parameter: Mapping[str, Expression]
    data: Mapping[str, Expression]
    setting: Mapping[str, Expression]


@dataclass(frozen=True, eq=False)
class Equation:
    """An expression that must be 0; ``scale`` is the size, in ``unit``, at which a miss matters."""

    value: Expression
    unit: str = ""
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Limit:
    """An expression that must stay within bounds; ``scale`` as in :class:`Equation`."""

    value: Expression
    lower: float
    upper: float
    unit: str = ""
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Model:
    """What the model says at one moment.

    Attributes
    ----------
    rates : rate of each state, by name
    equations, limits : by name
    terms : integrands of the objective, by name
    outputs : anything else worth reading off a solution, by name
    """

    rates: Mapping[str, Expression]
    equations: Mapping[str, Equation] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    terms: Mapping[str, Expression] = field(default_factory=dict)
    outputs: Mapping[str, Expression] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Ends:
    """What ties the first moment to the last one: conditions and objective terms, by name."""

    conditions: Mapping[str, Limit] = field(default_factory=dict)
    terms: Mapping[str, Expression] = field(default_factory=dict)


def no_ends(first: Point, last: Point) -> Ends:
    """Say nothing about the ends."""
    return Ends()


Data = Callable[[Floats], Floats]
"""Values (n,) at phases (n,) between 0 and 1."""


@dataclass(frozen=True, eq=False)
class Problem:
    """An optimal control problem.

    Attributes
    ----------
    parameters : constants in time that the solver chooses; ``duration`` (s) must be among them
    model, ends : written once, as expressions
    weights : of the terms, by name; a term without one counts once
    data : given functions of the phase, by name
    settings : numbers, by name
    """

    states: tuple[Quantity, ...]
    controls: tuple[Quantity, ...]
    parameters: tuple[Quantity, ...]
    model: Callable[[Point], Model]
    algebraics: tuple[Quantity, ...] = ()
    ends: Callable[[Point, Point], Ends] = no_ends
    weights: Mapping[str, float] = field(default_factory=dict)
    data: Mapping[str, Data] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)


def repeats(first: Point, last: Point, source: Mapping[str, str], size: Mapping[str, Quantity]) -> dict[str, Limit]:
    """Conditions that each quantity ends as another one (or itself) began.

    Parameters
    ----------
    source : mapping from a state or control to the one whose first value is its last
        ``{"knee_r": "knee_l", "knee_l": "knee_r"}`` repeats a half cycle with the sides exchanged.
    size : quantities by name, for units and scales
    """
    begin, end = {**first.state, **first.control}, {**last.state, **last.control}
    return {
        f"end of {name} = start of {other}": Limit(end[name] - begin[other], 0.0, 0.0, size[name].unit, size[name].size)
        for name, other in source.items()
    }
