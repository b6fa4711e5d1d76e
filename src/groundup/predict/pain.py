"""The pain law: what a painful heel costs the walker, and the one number in it that is calibrated.

The load under the heel, and the fascia's tension by its weight, are compared with a tolerance::

    tolerance(pain) = reference · (1 - pain / 10)

``reference`` is the largest load of the person's walk without any condition: with no pain the heel tolerates what it
bears anyway, with pain 10 it tolerates nothing. What exceeds the tolerance costs its square, times one gain. The gain
is found once, so that the impulse under the heel falls as published; it is the same for every person, treatment and
pain.

The functions take floats, NumPy arrays and symbols of CasADi alike: they only add, multiply and take powers.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from groundup.errors import SetupError, SolverError

_FOLDER = Path(__file__).parent / "data"
CALIBRATION_FILE = _FOLDER / "pain_calibration.toml"

Value = Any
"""A float, a NumPy array or a CasADi symbol."""


@dataclass(frozen=True)
class Reference:
    """Largest loads of one side in the person's walk without any condition, BW.

    ``weight_n`` is the weight of that body: tissue feels newtons, so the loads of a lighter one are counted in it.
    None: the body does not change its weight.
    """

    heel_bw: float
    fascia_bw: float
    weight_n: float | None = None

    def __post_init__(self) -> None:
        if not (self.heel_bw > 0 and self.fascia_bw > 0):
            raise SetupError(
                f"loads of the painless walk: heel {self.heel_bw:g} BW, fascia {self.fascia_bw:g} BW; both must be "
                "above zero. Solve the walk without pain first."
            )


@dataclass(frozen=True)
class FeltPain:
    """Felt pain of one heel.

    Attributes
    ----------
    felt : 0 to 10, after what lowers it
    fascia_weight : how much of it the fascia's tension makes, 0 to 1
    reference : largest loads of the person's walk without any condition
    """

    felt: float
    fascia_weight: float
    reference: Reference


@dataclass(frozen=True)
class PainLaw:
    """The law's two numbers: its calibrated ``gain`` (no unit) and ``softness`` in parts of the reference."""

    gain: float
    softness: float

    def rate(
        self, heel_bw: Value, fascia_bw: Value, pain: float, fascia_weight: float, reference: Reference, area: float = 1
    ) -> Value:
        """Cost per time of the loads of one side; no unit.

        Parameters
        ----------
        heel_bw, fascia_bw : Value, BW
            Load under the heel and tension of the fascia, any shape.
        pain : float
            Felt pain, 0 to 10, after what lowers it (`effects.felt_pain`).
        fascia_weight : float
            0 to 1.
        reference : Reference
        area : float
            Area that bears the heel's load over that without a layer (`effects.area_factor`): the tissue feels
            pressure.

        Returns
        -------
        Value, of the loads' shape. A solver takes its mean over the cycle. Without pain, leave the term out.
        """
        return self.heel_rate(heel_bw, pain, reference, area) + self.fascia_rate(
            fascia_bw, pain, fascia_weight, reference
        )

    def heel_rate(self, heel_bw: Value, pain: float, reference: Reference, area: float = 1) -> Value:
        """Part of :meth:`rate` that the heel's load makes."""
        return self.gain * excess(heel_bw / (area * reference.heel_bw), pain, self.softness) ** 2

    def fascia_rate(self, fascia_bw: Value, pain: float, fascia_weight: float, reference: Reference) -> Value:
        """Part of :meth:`rate` that the fascia's tension makes."""
        return self.gain * fascia_weight * excess(fascia_bw / reference.fascia_bw, pain, self.softness) ** 2


def tolerance(pain: float) -> float:
    """Load that is borne without cost, in parts of the largest load of the painless walk; falls with pain 0 to 10."""
    return 1 - pain / 10


def excess(load: Value, pain: float, softness: float) -> Value:
    """Load above tolerance, both in parts of the painless walk's largest load; smooth, never below zero."""
    over = load - tolerance(pain)
    return 0.5 * (over + (over * over + softness * softness) ** 0.5)


@dataclass(frozen=True)
class Target:
    """The published change that the gain answers to: ``change_percent`` of ``measure`` at ``pain``, with interval."""

    measure: str
    pain: float
    change_percent: float
    low_percent: float
    high_percent: float
    source: str
    status: str


@dataclass(frozen=True)
class Calibration:
    """The one gain, and the gains at both ends of the published interval.

    ``weakest`` belongs to the smallest published unloading, ``strongest`` to the largest. ``solved`` holds every
    ``(gain, change in %)`` that was computed on the way, by gain.
    """

    target: Target
    gain: float
    weakest: float
    strongest: float
    solved: tuple[tuple[float, float], ...]


@cache
def target() -> Target:
    """Return the published unloading."""
    t = _data()["target"]
    names = ("measure", "pain", "change_percent", "low_percent", "high_percent", "source", "status")
    return Target(**{name: t[name] for name in names})


@cache
def witnesses() -> tuple[Target, ...]:
    """Return published changes at the same pain that the gain was not fitted to."""
    return tuple(Target(**w) for w in _data()["witness"])


def uncalibrated(gain: float) -> PainLaw:
    """Return the law with a gain of one's own, as the calibration needs it."""
    return PainLaw(gain, _data()["law"]["softness"])


def pain_law(which: str = "gain") -> PainLaw:
    """Return the calibrated law.

    Parameters
    ----------
    which : {'gain', 'weakest', 'strongest'}
        The calibrated gain, or an end of its interval.

    Raises
    ------
    SetupError
        The law has not been calibrated.
    """
    if not CALIBRATION_FILE.exists():
        raise SetupError(
            f"{CALIBRATION_FILE.name}: missing, so the pain law has no gain; calibrate it first "
            "(groundup.predict.pain.calibrate)."
        )
    return uncalibrated(float(tomllib.loads(CALIBRATION_FILE.read_text(encoding="utf-8"))[which]))


def calibrate(
    heel_change: Callable[[float, float], float],
    aim: Target | None = None,
    within_percent: float = 0.25,
    most_solves: int = 24,
) -> Calibration:
    """Find the gain with which pain unloads the heel as published.

    Parameters
    ----------
    heel_change : (gain, pain) -> change of the target's measure against the walk without pain, %
        A solver; it must fall with the gain. Each call is one solve.
    aim : Target or None
        None: the published one.
    within_percent : float
        The change is met within so many percentage points.
    most_solves : int
        For the gain and both ends of the interval together.

    Raises
    ------
    SolverError
        No gain within the allowed range reaches the change, or it took too many solves.

    Notes
    -----
    False position on the logarithm of the gain (Illinois form: Dowell & Jarratt 1971). Every solve serves all
    three gains.
    """
    aim = aim or target()
    search = _Search(lambda gain: heel_change(gain, aim.pain), within_percent, most_solves)
    gain, weakest, strongest = map(search.gain_for, (aim.change_percent, aim.high_percent, aim.low_percent))
    return Calibration(aim, gain, weakest, strongest, tuple(sorted(search.solved.items())))


class _Search:
    """Gains already solved, and the search for one that gives a change."""

    def __init__(self, change: Callable[[float], float], within: float, most: int) -> None:
        self._change, self._within, self._most = change, within, most
        self.solved: dict[float, float] = {}

    def gain_for(self, wanted: float) -> float:
        low, high = self._bracket(wanted)
        weights = {low: 1.0, high: 1.0}
        last = math.nan
        while True:
            best = min((low, high), key=lambda g: abs(self.solved[g] - wanted))
            if abs(self.solved[best] - wanted) <= self._within:
                return best
            above, below = ((self.solved[g] - wanted) * weights[g] for g in (low, high))
            part = above / (above - below)
            middle = math.exp(math.log(low) + part * (math.log(high) - math.log(low)))
            is_low = self._solve(middle) > wanted
            kept = high if is_low else low
            # The end that stays twice counts half: otherwise it would stay for ever.
            weights[kept] = weights[kept] * 0.5 if last == kept else 1.0
            weights[middle], last = 1.0, kept
            low, high = (middle, high) if is_low else (low, middle)

    def _bracket(self, wanted: float) -> tuple[float, float]:
        """Gains next to each other of which one gives too little and one enough."""
        law = _data()["law"]
        start = min(self.solved, key=lambda g: abs(self.solved[g] - wanted), default=1.0)
        step = 4.0 if self._solve(start) > wanted else 0.25
        gain = start
        while (self._solve(gain) > wanted) == (step > 1):
            gain = min(max(gain * step, law["gain_low"]), law["gain_high"])
            if gain in self.solved and gain in (law["gain_low"], law["gain_high"]):
                raise SolverError(
                    f"calibration of pain: gain {gain:g} changes the heel's impulse by {self.solved[gain]:.1f} %, "
                    f"wanted {wanted:.1f} %. No gain from {law['gain_low']:g} to {law['gain_high']:g} does; the walk "
                    "does not answer to the load under the heel."
                )
        more = [g for g in self.solved if self.solved[g] <= wanted]
        less = [g for g in self.solved if self.solved[g] > wanted]
        if max(less) > min(more):
            raise SolverError(
                "calibration of pain: a larger gain unloads the heel less; the solutions scatter. Solve them more "
                f"exactly. Solved: {_listed(self.solved)}."
            )
        return max(less), min(more)

    def _solve(self, gain: float) -> float:
        if gain not in self.solved:
            if len(self.solved) >= self._most:
                raise SolverError(
                    f"calibration of pain: {self._most} solves did not meet the change within {self._within:g} points; "
                    f"the solutions scatter. Solve them more exactly. Solved: {_listed(self.solved)}."
                )
            self.solved[gain] = float(self._change(gain))
        return self.solved[gain]


def calibration_toml(found: Calibration, command: str) -> str:
    """Return the text of ``pain_calibration.toml``, with the command that remakes it."""
    lines = [
        "# Written by the calibration of pain; do not edit.",
        f"# {command}",
        f'measure = "{found.target.measure}"',
        f"pain = {found.target.pain!r}",
        f"gain = {found.gain!r}",
        f"weakest = {found.weakest!r}",
        f"strongest = {found.strongest!r}",
        f"solved = {[list(pair) for pair in found.solved]!r}",
    ]
    return "\n".join(lines) + "\n"


def _listed(solved: dict[float, float]) -> str:
    return ", ".join(f"gain {g:.3g}: {c:.2f} %" for g, c in sorted(solved.items()))


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((_FOLDER / "pain.toml").read_text(encoding="utf-8"))
