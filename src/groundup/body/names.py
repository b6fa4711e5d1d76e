"""What the names of a model say about sides and feet."""

from __future__ import annotations

import re
from typing import Literal

Side = Literal["left", "right", "none"]

_SIDES: tuple[tuple[Side, re.Pattern[str]], ...] = (
    ("right", re.compile(r"(^|_)(r|right)(_|$)|^right|right$", re.IGNORECASE)),
    ("left", re.compile(r"(^|_)(l|left)(_|$)|^left|left$", re.IGNORECASE)),
)
_FOOT = re.compile(r"(calcn|calcaneus|foot|toes)", re.IGNORECASE)


def side_of(name: str) -> Side:
    """Side that a name speaks of, by OpenSim's endings (``_r``, ``_l``) or a word; ``none`` for the trunk."""
    return next((side for side, pattern in _SIDES if pattern.search(name)), "none")


def is_foot(segment: str) -> bool:
    """Whether a segment is part of a foot."""
    return bool(_FOOT.search(segment))
