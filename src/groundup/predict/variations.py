"""What is varied to tell how sure a difference is: pain calibration, strength, weights of the objective."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "variations.toml"
KEPT = ("effort", "heel_pain", "fascia_pain", "own_gait")
"""Terms whose weights are not varied: the others are varied against effort; pain has its own calibration."""


@dataclass(frozen=True)
class Variation:
    """One thing changed in every walk; see ``data/variations.toml``."""

    cause: str
    label: str
    source: str
    status: str
    law: str = "gain"
    strength: float = 1.0
    weights: float = 1.0

    @property
    def id(self) -> str:
        """Short, unique, fit for a file name."""
        return f"{self.law}-{self.strength:g}-{self.weights:g}"

    def varied(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Return weights of all terms with those changed that are varied."""
        return {name: w if name in KEPT else w * self.weights for name, w in weights.items()}


NOMINAL = Variation("", "", "", "")


@cache
def variations() -> tuple[Variation, ...]:
    """Every variation, in order."""
    return tuple(Variation(**one) for one in tomllib.loads(_FILE.read_text(encoding="utf-8"))["variation"])
