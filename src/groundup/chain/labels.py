"""Plain words for the curves of joint and low-back loads."""

from __future__ import annotations

from collections.abc import Iterable

from groundup.chain.names import chain_joint
from groundup.study import Series

_LUMBAR_PARTS = {
    "_compression": "Compression at {}",
    "_compression_of_muscles": "Compression at {}, part of muscles",
    "_compression_of_weight": "Compression at {}, part of weight and inertia",
    "_shear_forward": "Shear at {} (upper vertebra forward +)",
    "_shear_right": "Shear at {} (upper vertebra to the right +)",
    "_moment_extension": "Moment at {} (extending +)",
    "_moment_bending": "Moment at {} (bending to the right +)",
    "_moment_turning": "Moment at {} (turning to the left +)",
}


def labels(series: Iterable[Series]) -> dict[str, str]:
    """Plain words by series id; series without an entry are named after their coordinate or muscle."""
    return {s.id: words for s in series if (words := _words(s))}


def _words(series: Series) -> str:
    if series.group == "joint_load" and series.name.endswith("_contact"):
        role = chain_joint(series.name)
        return f"{role.capitalize()} contact force" if role else ""
    if series.group == "lumbar":
        ending = next((e for e in _LUMBAR_PARTS if series.name.endswith(e)), "")
        level = series.name.removesuffix(ending)
        place = "the low back" if level == "low_back" else level.upper().replace("_", "/")
        return _LUMBAR_PARTS[ending].format(place) if ending else ""
    return ""
