"""Treatments: what is done, how much of it, what is known about it, and what it changes about the problem."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from groundup.errors import SetupError
from groundup.predict.effects import KINDS, Effect, Side, combine
from groundup.predict.words import in_range, one_of, quantity

_FILE = Path(__file__).parent / "data" / "treatments.toml"
SIDES = ("left", "right", "both")
MOST_DOSES = 50
STATUSES = ("assert", "sign", "show", "verify", "assumed")


@dataclass(frozen=True)
class Evidence:
    """What is known, where from, and how far it may be trusted (`STATUSES`)."""

    text: str
    source: str
    status: str


@dataclass(frozen=True)
class Kind:
    """A kind of treatment.

    Attributes
    ----------
    name, label, mechanism : str
    unit : str
        Of the dose, which lies within ``low`` … ``high``.
    dose : str
        What the dose means, where the unit does not say it.
    side : {'painful', 'both', 'none'}
        Where it is applied unless a side is named; ``none``: it has no side.
    statement : str
        What every answer with this treatment must say; mostly empty.
    effects : tuple of mapping
        As in ``data/treatments.toml``.
    """

    name: str
    label: str
    mechanism: str
    unit: str
    low: float
    high: float
    default: float
    side: str
    evidence: tuple[Evidence, ...]
    effects: tuple[Mapping[str, Any], ...]
    dose: str = ""
    statement: str = ""

    @property
    def example(self) -> str:
        """Return it as it is written on the command line."""
        return f"{self.name}:{self.default:g}{self.unit}"


@cache
def kinds() -> dict[str, Kind]:
    """Every kind of treatment by name."""
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: _kind(name, one) for name, one in table.items()}


def _kind(name: str, one: dict[str, Any]) -> Kind:
    plain = {k: v for k, v in one.items() if k not in ("evidence", "effect")}
    evidence = tuple(Evidence(**e) for e in one["evidence"])
    return Kind(name, **plain, evidence=evidence, effects=tuple(one["effect"]))


@dataclass(frozen=True)
class Treatment:
    """A treatment with its dose, in the unit of its kind.

    ``side`` is ``left``, ``right``, ``both``, ``painful`` (resolved when the effects are asked for) or ``none``.
    """

    name: str
    dose: float
    side: str = ""

    def __post_init__(self) -> None:
        kind = kinds()[one_of(self.name, kinds(), "treatment", self.name)]
        in_range(self.dose, kind.low, kind.high, kind.unit, "dose", self.name)
        if not self.side:
            object.__setattr__(self, "side", kind.side)
        if (self.side == "none") != (kind.side == "none"):
            raise SetupError(
                f"{self.name}: it has {'no side' if kind.side == 'none' else 'a side'}; got {self.side!r}."
            )
        if self.side not in ("none", "painful"):
            one_of(self.side, SIDES, "side", self.name)

    @property
    def kind(self) -> Kind:
        """Return what is known of this kind of treatment."""
        return kinds()[self.name]

    def text(self) -> str:
        """Return it as it is written on the command line."""
        side = "" if self.side == self.kind.side else f"{self.side}:"
        return f"{self.name}:{side}{self.dose:g}{self.kind.unit}"

    def label(self) -> str:
        """Return it in plain words, with dose and side."""
        return f"{self.kind.label}, {self.dose:g} {self.kind.unit}{_where(self.side)}"

    def effects(self, painful: Iterable[Side] = ()) -> tuple[Effect, ...]:
        """What it changes.

        Parameters
        ----------
        painful : sides with a painful heel

        Raises
        ------
        SetupError
            It is applied on the painful side, and no heel hurts.
        """
        return tuple(
            e for side in self.sides(tuple(painful)) for one in self.kind.effects for e in _built(one, self, side)
        )

    def sides(self, painful: tuple[Side, ...]) -> tuple[Side, ...]:
        """Sides that it is applied on, given those that hurt; ``("none",)`` for the whole person."""
        if self.side == "painful" and not painful:
            raise SetupError(
                f"{self.text()}: applied on the painful side, but no heel hurts. Name a side, such as "
                f"{self.name}:right:{self.dose:g}{self.kind.unit}, or add --condition heel_pain:right:6."
            )
        named: dict[str, tuple[Side, ...]] = {
            "painful": painful,
            "both": ("left", "right"),
            "left": ("left",),
            "right": ("right",),
            "none": ("none",),
        }
        return named[self.side]


def _where(side: str) -> str:
    return {"none": "", "painful": ", painful side", "both": ", both sides"}.get(side, f", {side} side")


def _built(one: Mapping[str, Any], treatment: Treatment, side: Side) -> tuple[Effect, ...]:
    """Return one effect at a dose; none where the dose leaves nothing of it."""
    values = {k: _at(v, treatment.dose) for k, v in one.items() if k != "kind"}
    if one["kind"] == "cushion":
        thickness, modulus, area = (values[k] for k in ("thickness_m", "modulus_pa", "area_m2"))
        if thickness == 0:
            return ()
        values = {k: v for k, v in values.items() if k not in ("modulus_pa", "area_m2")}
        values["stiffness_n_per_m"] = modulus * area / thickness
    if side != "none":
        values["side"] = side
    made: Effect = KINDS[one["kind"]](**values)
    return (made,)


def _at(value: Any, dose: float) -> Any:
    return value.get("at_zero", 0.0) + value.get("per_dose", 0.0) * dose if isinstance(value, dict) else value


def effects_of(treatments: Iterable[Treatment], painful: Iterable[Side] = ()) -> tuple[Effect, ...]:
    """What treatments together change; the order does not matter."""
    sides = tuple(painful)
    return combine(e for t in treatments for e in t.effects(sides))


def statements(treatments: Iterable[Treatment]) -> tuple[str, ...]:
    """What an answer with these treatments must say."""
    return tuple(dict.fromkeys(t.kind.statement for t in treatments if t.kind.statement))


@dataclass(frozen=True)
class Sweep:
    """The same treatment at several doses, evenly from the first to the last."""

    name: str
    first: float
    last: float
    count: int
    side: str = ""

    def __post_init__(self) -> None:
        if not 2 <= self.count <= MOST_DOSES:
            raise SetupError(f"{self.name}: {self.count} doses, expected 2 to {MOST_DOSES}.")
        for dose in (self.first, self.last):
            Treatment(self.name, dose, self.side)
        if len({t.text() for t in self.treatments}) < self.count:
            raise SetupError(
                f"{self.name}: {self.count} doses from {self.first:g} to {self.last:g} lie too close to tell apart; "
                "expected fewer, or doses further apart."
            )

    @property
    def treatments(self) -> tuple[Treatment, ...]:
        """One treatment for each dose."""
        step = (self.last - self.first) / (self.count - 1)
        doses = [self.first + i * step for i in range(self.count - 1)] + [self.last]
        return tuple(Treatment(self.name, dose, self.side) for dose in doses)

    def label(self) -> str:
        """Return it in plain words, without its doses."""
        one = self.treatments[0]
        return f"{one.kind.label}{_where(one.side)}"

    def text(self) -> str:
        """Return it as it is written on the command line."""
        unit = kinds()[self.name].unit
        side = f"{self.side}:" if self.side and self.side != kinds()[self.name].side else ""
        return f"{self.name}:{side}{self.first:g}..{self.last:g}{unit}:{self.count}"


def parse_treatment(text: str) -> Treatment:
    """Read one treatment: ``NAME``, ``NAME:DOSE`` or ``NAME:SIDE:DOSE``; without a dose the usual one.

    Raises
    ------
    SetupError
        Unknown name (with the nearest and all valid ones), another unit, or a dose out of range (with the range).
    """
    found = parse(text)
    if isinstance(found, Sweep):
        raise SetupError(f"{text}: a sweep over doses; expected one dose, such as {kinds()[found.name].example}.")
    return found


def parse_sweep(text: str) -> Sweep:
    """Read a sweep: ``NAME[:SIDE]:FIRST..LAST:COUNT``, such as ``heel_lift:0..15mm:5``."""
    found = parse(text)
    if isinstance(found, Treatment):
        k = found.kind
        raise SetupError(f"{text}: one dose; expected a sweep, such as {k.name}:{k.low:g}..{k.high:g}{k.unit}:5.")
    return found


def parse_combination(text: str) -> tuple[Treatment, ...]:
    """Read treatments given together: ``heel_lift:8mm+calf_stretching:3deg``."""
    # A plus in front of a number is its sign: cadence:+10%.
    parts: list[str] = []
    for piece in text.split("+"):
        if parts and (parts[-1].endswith((":", "..")) or not piece[:1].isalpha()):
            parts[-1] += f"+{piece}"
        else:
            parts.append(piece)
    return tuple(parse_treatment(part.strip()) for part in parts)


def parse(text: str) -> Treatment | Sweep:
    """Read a treatment or a sweep."""
    name, *words = [word.strip() for word in text.split(":")]
    kind = kinds()[one_of(name, kinds(), "treatment", text)]
    side = words.pop(0).lower() if words and words[0].lower() in (*SIDES, "painful") else ""
    try:
        if words and ".." in words[0]:
            return _sweep(text, kind, words, side)
        if len(words) > 1:
            raise SetupError(f"expected NAME[:SIDE][:DOSE], such as {kind.example}; sides are {', '.join(SIDES)}.")
        dose = quantity(words[0], kind.unit, kind.name) if words else kind.default
        return Treatment(kind.name, dose, side)
    except SetupError as error:
        raise SetupError(f"{text}: {str(error).removeprefix(f'{kind.name}: ')}") from None


def _sweep(text: str, kind: Kind, words: list[str], side: str) -> Sweep:
    if len(words) != 2 or not words[1].isdecimal():
        raise SetupError(
            f"expected NAME[:SIDE]:FIRST..LAST:COUNT, such as {kind.name}:{kind.low:g}..{kind.high:g}{kind.unit}:5."
        )
    first, _, last = words[0].partition("..")
    begin, end = (quantity(one, kind.unit, kind.name) for one in (first, last))
    return Sweep(kind.name, begin, end, int(words[1]), side)


def to_json(treatment: Treatment) -> dict[str, object]:
    """Return a treatment as plain JSON values, with unit and label for readers."""
    return {**asdict(treatment), "unit": treatment.kind.unit, "label": treatment.label()}


def from_json(values: Mapping[str, Any]) -> Treatment:
    """Return the treatment written by :func:`to_json`; its range is checked again."""
    missing = [name for name in ("name", "dose") if name not in values]
    if missing:
        raise SetupError(f"treatment: {' and '.join(missing)} missing; expected name, dose and side.")
    return Treatment(str(values["name"]), values["dose"], str(values.get("side", "")))
