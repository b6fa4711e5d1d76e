"""Which coordinates a predicted walk has, and which stand still.

The table ``data/coordinates.tsv`` is the answer in full: six of the pelvis, seven of each leg that muscles drive,
three of the trunk and four of each arm that torques drive; neck, forearms and wrists are held. The three of the trunk
are the *sums* over the lumbar levels: one lumbar coordinate moves all levels of the default body in fixed proportions,
and a sum is what strengths, stiffnesses and readers know.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"
SHIFTS = ("pelvis_tx", "pelvis_ty", "pelvis_tz")
"""Coordinates that move the whole body; all others turn."""

BALANCE_ARM_M = 0.1
"""Length by which body weight becomes the moment at which an imbalance of a coordinate that turns matters."""


class Role(StrEnum):
    """What moves a coordinate."""

    ROOT = "root"
    MUSCLE = "muscle"
    TORQUE = "torque"
    LOCKED = "locked"


@dataclass(frozen=True)
class CoordinateChoice:
    """One line of the table.

    Attributes
    ----------
    name, source : name in the prediction body, and the coordinate of the full body it stands for
    unit : ``rad``, ``m``, or ``share`` of the pelvis's height in standing
    role : Role
    low, high : bounds of a prediction; not a number where locked
    value : rad, m or share: start of a search, or where it is held; None keeps the body's own default
    note : what else to know
    """

    name: str
    source: str
    unit: str
    role: Role
    low: float
    high: float
    value: float | None
    note: str = ""

    @property
    def free(self) -> bool:
        """Whether a prediction moves it."""
        return self.role is not Role.LOCKED


@cache
def read_choices(path: Path = DATA / "coordinates.tsv") -> tuple[CoordinateChoice, ...]:
    """Read the table of coordinates."""
    return tuple(_choice(row) for row in read_rows(path))


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table that begins with comment lines; empty cells are empty strings."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    names = lines[0].split("\t")
    return [dict(zip(names, [*line.split("\t"), *[""] * len(names)], strict=False)) for line in lines[1:] if line]


def _choice(row: dict[str, str]) -> CoordinateChoice:
    turn = np.pi / 180 if row["unit"] == "deg" else 1.0
    low, high = (float(row[k]) * turn if row[k] else np.nan for k in ("low", "high"))
    value = None if row["value"] == "default" else float(row["value"]) * turn
    unit = "rad" if row["unit"] == "deg" else row["unit"]
    return CoordinateChoice(row["name"], row["source"], unit, Role(row["role"]), low, high, value, row["note"])
