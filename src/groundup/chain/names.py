"""What the names of a model mean: sides, joints and coordinates of the chain from foot to spine."""

from __future__ import annotations

import re

from groundup.body.names import is_foot, side_of

__all__ = ["SINGLE_LEVEL", "chain_joint", "is_foot", "is_lumbar", "lumbar_level", "side_of"]

SINGLE_LEVEL = "low back"
"""Name of the level of a body with one joint between pelvis and trunk."""

_LUMBAR_JOINT = re.compile(r"^(back|lumbar|l\d_[lst]\d+.*|.*l5.?s1.*)$", re.IGNORECASE)
_CHAIN_JOINTS = {
    "hip": re.compile(r"(^|_)hip(_|$)", re.IGNORECASE),
    "knee": re.compile(r"(^|_)knee(_|$)", re.IGNORECASE),
    "ankle": re.compile(r"(^|_)ankle(_|$)", re.IGNORECASE),
}
_LEVEL = re.compile(r"l(\d)_([lst])(\d+)", re.IGNORECASE)


def chain_joint(name: str) -> str | None:
    """``hip``, ``knee`` or ``ankle`` where a joint is one of them."""
    return next((role for role, pattern in _CHAIN_JOINTS.items() if pattern.search(name)), None)


def is_lumbar(joint: str) -> bool:
    """Whether a joint belongs to the low back."""
    return bool(_LUMBAR_JOINT.match(joint))


def lumbar_level(joint: str) -> str:
    """Name of the level in clinical words: ``L5/S1`` for ``L5_S1_IVDjnt``, ``low back`` for a single joint."""
    found = _LEVEL.search(joint)
    return f"L{found[1]}/{found[2].upper()}{found[3]}" if found else SINGLE_LEVEL
