"""What can be wrong with the walker: heel pain, and what looks like it from outside but has another cause.

A condition knows its ranges, how it is written (``heel_pain:right:6``), and which effects it has on the body. Heel
pain itself is no effect on the body: it enters as a cost (:mod:`groundup.predict.pain`).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from groundup.errors import SetupError
from groundup.predict.effects import Effect, LegLength, PassiveShift, PassiveStiffness, Side, Strength, place_of
from groundup.predict.words import in_range, one_of, quantity

SIDES = ("left", "right")
PLACES = ("medial", "central")
_FILE = Path(__file__).parent / "data" / "conditions.toml"


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Every condition: label, how it is written, ranges, mechanism, source and status."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def statements(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """What an answer with these conditions must say."""
    said = (catalogue()[c.kind].get("statement", "") for c in conditions)
    return tuple(dict.fromkeys(words for words in said if words))


@cache
def groups() -> tuple[str, ...]:
    """Muscle groups that can be weak or strengthened."""
    # Imported here: the names need no arrays, but their module does.
    from groundup.chain.muscle_groups import muscle_groups

    return (*(g.id for g in muscle_groups()), "toe_flexors")


@dataclass(frozen=True)
class HeelPain:
    """Pain under one heel.

    Attributes
    ----------
    pain : float
        Pain felt in walking, 0 to 10.
    place : {'medial', 'central'}
        Where it hurts; it sets ``fascia_sensitivity`` where none is given.
    first_step_stiffness : float
        How much stiffer fascia and ankle are than in a walk that is under way, %.
    fascia_sensitivity : float or None
        Weight of the fascia's tension beside the heel's load, 0 to 1; None: by place.
    """

    kind: ClassVar[str] = "heel_pain"

    side: Side
    pain: float
    place: str = "medial"
    first_step_stiffness: float = 0.0
    fascia_sensitivity: float | None = None

    def __post_init__(self) -> None:
        _side(self)
        _ranged(self, "pain", self.pain, "pain")
        one_of(self.place, PLACES, "place", self.kind)
        _ranged(self, "stiffness", self.first_step_stiffness, "first-step stiffness")
        _ranged(self, "fascia", self.fascia_weight, "fascia sensitivity")

    @property
    def fascia_weight(self) -> float:
        """Weight of the fascia's tension beside the heel's load."""
        if self.fascia_sensitivity is not None:
            return self.fascia_sensitivity
        weight: float = catalogue()[self.kind]["fascia_by_place"][self.place]
        return weight

    def effects(self) -> tuple[Effect, ...]:
        """Stiffness of the first steps; the pain itself is a cost."""
        if self.first_step_stiffness == 0:
            return ()
        factor = 1 + self.first_step_stiffness / 100
        return tuple(PassiveStiffness(self.side, name, factor) for name in ("ankle", "fascia"))

    def text(self) -> str:
        """Return it as it is written on the command line."""
        words = [self.kind, self.side, f"{self.pain:g}", self.place]
        if self.first_step_stiffness:
            words.append(f"stiffness={self.first_step_stiffness:g}%")
        if self.fascia_sensitivity is not None:
            words.append(f"fascia={self.fascia_sensitivity:g}")
        return ":".join(words)


@dataclass(frozen=True)
class Weakness:
    """A muscle group that lacks ``percent`` of its strength."""

    kind: ClassVar[str] = "weakness"

    side: Side
    group: str
    percent: float

    def __post_init__(self) -> None:
        _side(self)
        one_of(self.group, groups(), "muscle group", self.kind)
        _ranged(self, "percent", self.percent, "loss of strength")

    def effects(self) -> tuple[Effect, ...]:
        """Less strength."""
        return (Strength(self.side, self.group, 1 - self.percent / 100),)

    def text(self) -> str:
        """Return it as it is written on the command line."""
        return f"{self.kind}:{self.side}:{self.group}:{self.percent:g}%"


@dataclass(frozen=True)
class Contracture:
    """A joint, or the muscle group that crosses it, that lacks ``deg`` of its range."""

    kind: ClassVar[str] = "contracture"

    side: Side
    target: str
    deg: float

    def __post_init__(self) -> None:
        _side(self)
        one_of(self.target, catalogue()[self.kind]["joints"], "joint or muscle", self.kind)
        _ranged(self, "deg", self.deg, "lost range")

    def effects(self) -> tuple[Effect, ...]:
        """Return the passive moment that sets in earlier."""
        return (PassiveShift(self.side, catalogue()[self.kind]["joints"][self.target], -self.deg),)

    def text(self) -> str:
        """Return it as it is written on the command line."""
        return f"{self.kind}:{self.side}:{self.target}:{self.deg:g}deg"


@dataclass(frozen=True)
class LegLengthDifference:
    """The leg of ``side`` is shorter by ``mm``."""

    kind: ClassVar[str] = "leg_length"

    side: Side
    mm: float

    def __post_init__(self) -> None:
        _side(self)
        _ranged(self, "mm", self.mm, "difference")

    def effects(self) -> tuple[Effect, ...]:
        """Return the shorter leg."""
        return (LegLength(self.side, -self.mm / 1000),)

    def text(self) -> str:
        """Return it as it is written on the command line."""
        return f"{self.kind}:{self.side}:{self.mm:g}mm"


@dataclass(frozen=True)
class S1Weakness:
    """Plantarflexion of ``grade`` 0 to 5 in the manual muscle test, as with a damaged first sacral nerve root."""

    kind: ClassVar[str] = "s1_weakness"

    side: Side
    grade: float

    def __post_init__(self) -> None:
        _side(self)
        _ranged(self, "grade", self.grade, "grade")

    @property
    def strength(self) -> float:
        """Part of the plantarflexors' strength that is left."""
        table: list[float] = catalogue()[self.kind]["strength"]["by_grade"]
        below = min(math.floor(self.grade), len(table) - 2)
        return table[below] + (self.grade - below) * (table[below + 1] - table[below])

    def effects(self) -> tuple[Effect, ...]:
        """Less strength of the muscles of the root."""
        table = catalogue()[self.kind]["strength"]
        left = self.strength
        return tuple(
            [Strength(self.side, group, left) for group in table["full"]]
            + [Strength(self.side, group, (1 + left) / 2) for group in table["half"]]
        )

    def text(self) -> str:
        """Return it as it is written on the command line."""
        return f"{self.kind}:{self.side}:{self.grade:g}"


Condition = HeelPain | Weakness | Contracture | LegLengthDifference | S1Weakness

CONDITIONS: dict[str, type] = {c.kind: c for c in (HeelPain, Weakness, Contracture, LegLengthDifference, S1Weakness)}


def parse_condition(text: str) -> Condition:
    """Read a condition as it is written on the command line.

    Parameters
    ----------
    text : ``heel_pain:right:6``, ``weakness:left:gluteus_medius:30%``, ``contracture:right:ankle:10deg``,
        ``leg_length:left:10mm``, ``s1_weakness:right:4``

    Raises
    ------
    SetupError
        A name is unknown (the message lists the valid ones), a number has another unit or lies out of range.
    """
    name, *words = [word.strip() for word in text.split(":")]
    kind = one_of(name, CONDITIONS, "condition", text)
    wanted = catalogue()[kind]
    least = len(wanted["form"].split("[")[0].split(":")) - 1
    most = least if kind != "heel_pain" else least + 3
    if not least <= len(words) <= most or not all(words):
        raise SetupError(f"{text}: expected {wanted['form']}, such as {wanted['example']}.")
    side = one_of(words[0], SIDES, "side", text)
    try:
        return _read(text, kind, side, words[1:])
    except SetupError as error:
        raise SetupError(f"{text}: {str(error).removeprefix(f'{text}: ').removeprefix(f'{kind}: ')}") from None


def _read(text: str, kind: str, side: str, words: list[str]) -> Condition:
    if kind == "heel_pain":
        return _heel_pain(text, side, words)
    wanted = catalogue()[kind]
    ranged = next(n for n, r in wanted.items() if isinstance(r, dict) and "unit" in r)
    number = quantity(words[-1], wanted[ranged]["unit"], text)
    named = [one_of(words[0], _targets(kind), _WHAT[kind], text)] if len(words) == 2 else []
    made: Condition = CONDITIONS[kind](side, *named, number)
    return made


_WHAT = {"weakness": "muscle group", "contracture": "joint or muscle"}


def _targets(kind: str) -> Iterable[str]:
    return groups() if kind == "weakness" else catalogue()["contracture"]["joints"]


def _heel_pain(text: str, side: str, words: list[str]) -> HeelPain:
    options: dict[str, Any] = {}
    for word in words[1:]:
        name, value = _option(text, word)
        if name in options:
            raise SetupError(f"{text}: {word!r} comes second; expected place, stiffness and fascia once each.")
        options[name] = value
    return HeelPain(_as_side(side), quantity(words[0], "", text), **options)


def _option(text: str, word: str) -> tuple[str, Any]:
    name, equals, value = word.partition("=")
    if not equals:
        return "place", one_of(word, PLACES, "place", text)
    if one_of(name, ("stiffness", "fascia"), "option", text) == "stiffness":
        return "first_step_stiffness", quantity(value, "%", text)
    return "fascia_sensitivity", quantity(value, "", text)


def to_json(condition: Condition) -> dict[str, object]:
    """Return a condition as plain JSON values, with its ``kind``."""
    return {"kind": condition.kind, **asdict(condition)}


def from_json(values: Mapping[str, Any]) -> Condition:
    """Return the condition written by :func:`to_json`; its ranges are checked again."""
    kind = one_of(str(values.get("kind", "")), CONDITIONS, "condition", "condition")
    try:
        made: Condition = CONDITIONS[kind](**{k: v for k, v in values.items() if k != "kind"})
    except TypeError as error:
        raise SetupError(f"{kind}: {error}; expected {catalogue()[kind]['form']}.") from error
    return made


def heel_pains(conditions: Iterable[Condition]) -> tuple[HeelPain, ...]:
    """Return the painful heels among conditions."""
    return tuple(c for c in conditions if isinstance(c, HeelPain))


def check_together(conditions: Iterable[Condition]) -> None:
    """Refuse conditions that speak of the same: two pains of one heel, two shorter legs, a muscle group weak twice."""
    said: dict[tuple[object, ...], Condition] = {}
    for c in conditions:
        for place in _places(c):
            if place in said:
                raise SetupError(
                    f"{said[place].text()} and {c.text()} speak of the same: the second could be meant as more, or "
                    "instead. Expected one of them."
                )
        said |= dict.fromkeys(_places(c), c)


def _places(condition: Condition) -> set[tuple[object, ...]]:
    """What a condition speaks of: the heel that hurts, both legs' difference, and all that it changes."""
    changed = {place_of(e) for e in condition.effects()}
    if isinstance(condition, HeelPain):
        return {("heel", condition.side), *changed}
    return {("legs",)} if isinstance(condition, LegLengthDifference) else changed


def _side(condition: Condition) -> None:
    one_of(condition.side, SIDES, "side", condition.kind)


def _as_side(side: str) -> Side:
    return "left" if side == "left" else "right"


def _ranged(condition: Condition, name: str, value: float, what: str) -> None:
    r = catalogue()[condition.kind][name]
    in_range(value, r["low"], r["high"], r["unit"], what, condition.kind)
