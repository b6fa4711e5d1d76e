"""Terms of the objective: what a walker is taken to avoid. Users add their own.

A term is a rate without unit at an instant of the walk; a solver takes its mean over the cycle, times the weight. The
functions take floats, NumPy arrays and symbols of CasADi alike: they add, multiply and take powers, no more. Vectors
are columns, so that ``v.T @ v`` is the sum of squares of both.

::

    from groundup.predict.terms import mean_square, objective_term

    @objective_term(
        name="upright",
        label="lean of the trunk",
        unit="mean (rad over 0.1)²",
        weight=0.02,
        source="example",
        needs=("trunk_lean",),
    )
    def upright(at):
        return mean_square(at.trunk_lean, 0.1)
"""

from __future__ import annotations

import math
import os
import runpy
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from groundup.errors import FileError, SetupError
from groundup.predict.words import one_of

Value = Any
"""A float, a NumPy array or a CasADi symbol."""

_FILE = Path(__file__).parent / "data" / "terms.toml"

WEIGHT_OF_ALL = 100.0
"""All weights are multiplied by it, so that the objective is about 1: its tolerance is then one of the objective."""

_MANY = 100
"""More than any body has muscles or rotations."""


class Instant:
    """What is known at one instant of the walk, by name; see :func:`quantities`.

    A name that the solver does not offer raises `SetupError` with those it does.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def __getattr__(self, name: str) -> Value:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._values:
            raise SetupError(
                f"no quantity {name!r} here. There are: {', '.join(self.names)}. "
                "What a term asks for must stand in its needs."
            )
        return self._values[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is known."""
        return tuple(self._values)


Rate = Callable[[Instant], Value]


@dataclass(frozen=True)
class ObjectiveTerm:
    """Something the walker avoids.

    Attributes
    ----------
    name, label : str
    unit : str
        What the rate is, in words.
    weight : float
        Zero or more; zero leaves the term out.
    source, status : str
        Where it is from, and how far that may be trusted.
    needs : tuple of str
        Names of the quantities it asks for.
    rate : Instant -> Value
        One number without unit, zero or more.
    """

    name: str
    label: str
    unit: str
    weight: float
    source: str
    needs: tuple[str, ...]
    rate: Rate
    status: str = "assumed"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise SetupError(f"objective term {self.name!r}: weight is {self.weight:g}, expected zero or more.")
        if not self.name.isidentifier():
            raise SetupError(f"objective term {self.name!r}: expected a name of letters, digits and underscores.")
        for need in self.needs:
            one_of(need, quantities(), "quantity", f"objective term {self.name!r}")


@dataclass(frozen=True)
class Quantity:
    """Something a term may ask for: its unit, its meaning, and what its vector has one number of."""

    name: str
    unit: str
    meaning: str
    size: str


@cache
def quantities() -> dict[str, Quantity]:
    """Everything a term may ask for, by name."""
    return {name: Quantity(name, **one) for name, one in _data()["quantities"].items()}


def mean_square(values: Value, size: float = 1.0) -> Value:
    """Mean of the squares of a column, each over ``size``."""
    return values.T @ values / (values.shape[0] * size**2)


def objective_term(
    name: str, label: str, unit: str, weight: float, source: str, needs: tuple[str, ...], status: str = "assumed"
) -> Callable[[Rate], Rate]:
    """Make a function an objective term under a name of its own.

    Raises
    ------
    SetupError
        The name is taken, or it asks for an unknown quantity.
    """

    def make(rate: Rate) -> Rate:
        register(ObjectiveTerm(name, label, unit, weight, source, needs, rate, status))
        return rate

    return make


def register(term: ObjectiveTerm) -> None:
    """Add a term to those that can be chosen, once it gives a number for what it needs."""
    if term.name in _registry():
        raise SetupError(f"objective term {term.name!r}: the name is taken. Choose another.")
    integrands([term], _sample(term.needs))
    _registry()[term.name] = term


def terms() -> tuple[ObjectiveTerm, ...]:
    """Every term that can be chosen: groundup's own, then those added."""
    return tuple(_registry().values())


def own_names() -> frozenset[str]:
    """Names of groundup's own terms, without those added."""
    return frozenset(name for name in _data() if name != "quantities")


def chosen(weights: Mapping[str, float] | None = None) -> tuple[ObjectiveTerm, ...]:
    """Return the terms of a problem, with some weights replaced; a weight of zero leaves its term out.

    Raises
    ------
    SetupError
        A name is unknown (the message lists the valid ones) or a weight is below zero.
    """
    new = {one_of(name, _registry(), "objective term", "weight"): weight for name, weight in (weights or {}).items()}
    found = (replace(t, weight=new.get(t.name, t.weight)) for t in terms())
    return tuple(t for t in found if t.weight > 0)


def integrands(of: Iterable[ObjectiveTerm], at: Instant) -> dict[str, Value]:
    """Rates of terms at an instant, without their weights, by name.

    Raises
    ------
    SetupError
        A term fails, or gives something else than one number.
    """
    return {t.name: _rate(t, at) for t in of}


def _rate(term: ObjectiveTerm, at: Instant) -> Value:
    where = f"objective term {term.name!r}"
    try:
        rate = term.rate(at)
    except SetupError as error:
        raise SetupError(f"{where}: {error}") from error
    except Exception as error:
        raise SetupError(
            f"{where}: {type(error).__name__}: {str(error).rstrip('.')}. It is called with numbers and with symbols: "
            "add, multiply and take powers only."
        ) from error
    shape = () if isinstance(rate, int | float) else getattr(rate, "shape", None)
    if shape is None or math.prod(shape) != 1:
        what = "nothing" if rate is None else "a column" if shape else f"a {type(rate).__name__}"
        raise SetupError(f"{where}: gives {what}, expected one number; mean_square makes one of a column.")
    return rate


def _sample(needs: Iterable[str]) -> Instant:
    """An instant at which nothing is known but what a term needs."""
    import numpy as np

    rows = {"": 1, "2": 2, "3": 3}
    return Instant({name: np.full((rows.get(quantities()[name].size, _MANY), 1), 0.1) for name in needs})


def read_terms(path: Path) -> tuple[ObjectiveTerm, ...]:
    """Run a Python file of the user's own that adds terms; returns those it added.

    Raises
    ------
    FileError
        It cannot be read, fails, or adds none.
    """
    before = set(_registry())
    try:
        runpy.run_path(str(path))
    except SetupError as error:
        raise SetupError(f"{path}: {error}") from error
    except OSError as error:
        if path.is_file() and os.access(path, os.R_OK):  # it is something else that the file asks for
            raise FileError(f"{path}: {type(error).__name__}: {error}. The file runs, and this in it fails.") from error
        why = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        raise FileError(f"{path}: cannot be read ({why}). Check the path after --terms.") from error
    except Exception as error:
        raise FileError(
            f"{path}: {type(error).__name__}: {error}. Expected Python that adds objective terms."
        ) from error
    added = tuple(t for t in terms() if t.name not in before)
    if not added:
        raise FileError(f"{path}: adds no objective term. Use @objective_term from groundup.predict.terms.")
    return added


def _effort(at: Instant) -> Value:
    return at.volume_parts.T @ (at.activations * at.activations)


def _excitations(at: Instant) -> Value:
    return mean_square(at.excitations) + mean_square(at.commands) + mean_square(at.tendon_rates, 30.0)


def _own_gait(at: Instant) -> Value:
    over = at.own_gait_deviation**2 - 1
    # Smoothly nothing below one standard deviation.
    return mean_square(0.5 * (over + (over * over + 0.01) ** 0.5))


def _squares(quantity: str, size: float) -> Rate:
    return lambda at: mean_square(getattr(at, quantity), size)


def _as_it_is(quantity: str) -> Rate:
    return lambda at: getattr(at, quantity)


_RATES: dict[str, Rate] = {
    "effort": _effort,
    "excitations": _excitations,
    "own_gait": _own_gait,
    "heel_pain": _as_it_is("heel_pain_rate"),
    "fascia_pain": _as_it_is("fascia_pain_rate"),
}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _registry() -> dict[str, ObjectiveTerm]:
    """Every term by name; begins with groundup's own, and grows."""
    found = {}
    for name, one in _data().items():
        if name != "quantities":
            size = one.get("size", 1.0)
            rate = _RATES.get(name) or _squares(one["needs"][0], size)
            plain = {k: v for k, v in one.items() if k not in ("needs", "size")}
            found[name] = ObjectiveTerm(name, **plain, needs=tuple(one["needs"]), rate=rate)
    return found
