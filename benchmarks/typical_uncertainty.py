"""What is typical of the uncertainty of the main numbers, pooled over recordings, into groundup's own data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.recordings import ROOT
from groundup.study import Interval

OUT = ROOT / "src" / "groundup" / "chain" / "data" / "typical_uncertainty.toml"
QUANTILE = 0.75

UNITS = {
    "lumbar_peak": "BW",
    "hip_contact_peak": "BW",
    "knee_contact_peak": "BW",
    "ankle_contact_peak": "BW",
    "ankle_moment_peak": "N·m/kg",
    "ground_force_peak": "BW",
    "speed": "m/s",
}
"""The main numbers, in the order of the page."""

_WIDTHS: dict[str, Callable[[Interval], float]] = {
    "below": lambda i: i.value - i.low,
    "above": lambda i: i.high - i.value,
    "same_session": lambda i: i.detectable_same_session,
    "new_session": lambda i: i.detectable_new_session,
}

_HEAD = """# How sure the main numbers typically are, where no samples of the recording itself were computed. Written by
# `make validation-uncertainty`; do not edit. Source: groundup's own measurement, docs/validation/uncertainty.md, by
# 200 samples of each of these recordings; `estimated` are those without their plates:
{names}
#
# Two numbers each: so large a part of the value, and no less than so much in `unit`. The part is that of the upper
# quartile: three of four numbers of those recordings, right and left each counted, were at least so sure. The least is
# the narrowest of them. below, above: from the value to the ends of the interval that holds it in 90 of 100 cases;
# same_session, new_session: smallest detectable changes, with markers that stayed on and with markers stuck on anew.
"""


def write_typical(measured: Mapping[str, Sequence[Interval]], estimated: Mapping[str, Sequence[Interval]]) -> None:
    """Write the data file from the intervals by recording, with plates and without."""
    head = _HEAD.format(names="\n".join(f"# {name}" for name in (*measured, *estimated)))
    parts = [
        _entry(name, unit, said, [i for own in of.values() for i in own if i.id == name])
        for said, of in (("false", measured), ("true", estimated))
        for name, unit in UNITS.items()
    ]
    OUT.write_text("\n".join([head, *filter(None, parts)]), encoding="utf-8")


def _entry(name: str, unit: str, estimated: str, intervals: Sequence[Interval]) -> str:
    if not intervals:
        return ""
    lines = ["[[number]]", f'id = "{name}"', f"estimated = {estimated}", f'unit = "{unit}"']
    size = np.array([abs(i.value) for i in intervals])
    for key, width in _WIDTHS.items():
        widths = np.array([width(i) for i in intervals])
        part, least = float(np.quantile(widths / size, QUANTILE)), float(widths.min())
        lines.append(f"{key} = [{part:.3f}, {least:.3f}]")
    return "\n".join(lines) + "\n"
