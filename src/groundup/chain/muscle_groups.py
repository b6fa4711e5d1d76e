"""Muscles that work together, by their names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from groundup.body.names import side_of
from groundup.study import Side

GROUPS_FILE = Path(__file__).parent / "data" / "muscle_groups.toml"


@dataclass(frozen=True)
class MuscleGroup:
    """A group: its id, plain words, patterns of the muscles' names without side, and of channels of muscle activity."""

    id: str
    label: str
    muscles: re.Pattern[str]
    emg: re.Pattern[str]


@cache
def muscle_groups() -> tuple[MuscleGroup, ...]:
    """Every group of the chain from calf to back."""
    table = tomllib.loads(GROUPS_FILE.read_text(encoding="utf-8"))
    return tuple(
        MuscleGroup(key, one["label"], _either(one["muscles"]), _either(one["emg"])) for key, one in table.items()
    )


def members(group: MuscleGroup, muscles: Sequence[str], side: Side) -> np.ndarray:
    """Places of a group's muscles on one side among ``muscles``, (n,) int."""
    return np.array(_members(group, tuple(muscles), side), dtype=int)


@cache
def _members(group: MuscleGroup, muscles: tuple[str, ...], side: Side) -> tuple[int, ...]:
    return tuple(i for i, m in enumerate(muscles) if side_of(m) == side and group.muscles.fullmatch(_bare(m)))


def _bare(muscle: str) -> str:
    return re.sub(r"_(r|l|right|left)$", "", muscle, flags=re.IGNORECASE)


def _either(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE)
