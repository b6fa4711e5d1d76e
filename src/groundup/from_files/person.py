"""Who walked: from the options, or else from what the recordings say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from groundup.body.person import Person
from groundup.body.recording import Recording

# What laboratories write beside a recording: pattern of the name without side, name here, believable range in m.
_LENGTHS = (
    (re.compile(r"leg_?length"), "leg_length", (0.4, 1.4)),
    (re.compile(r"knee_?width"), "knee_width", (0.05, 0.25)),
    (re.compile(r"ankle_?width"), "ankle_width", (0.03, 0.15)),
    (re.compile(r"foot_?length"), "foot_length", (0.12, 0.40)),
)
_SIDE = re.compile(r"^(left|right|[lr])_?|_?(left|right|[lr])$", re.I)
_METRES = (1.0, 1e-2, 1e-3)
ASSUMED_BMI = 23.5  # kg/m²; the middle of the healthy range of the WHO (18.5 to 25, rounded up for adults of all ages)
ASSUMED_HEIGHT_M = 1.70


def find_person(
    mass_kg: float | None,
    height_m: float | None,
    lengths_m: Mapping[str, float],
    recordings: Iterable[Recording],
) -> tuple[Person, bool, tuple[str, ...]]:
    """Join what was given with what the recordings say; what was given counts.

    Returns
    -------
    person : Person
    weighed : bool
        Whether the mass is known; otherwise it is assumed from the height.
    notes : where each number came from, where it was not given
    """
    notes: list[str] = []
    said = dict(lengths_m)
    for recording in recordings:
        subject = recording.subject
        if mass_kg is None and subject.mass_kg is not None:
            mass_kg = subject.mass_kg
            notes.append(f"Mass {mass_kg:.4g} kg as {recording.title} says.")
        if height_m is None and subject.height_m is not None:
            height_m = subject.height_m
            notes.append(f"Height {height_m:.4g} m as {recording.title} says.")
        said = _recorded_lengths(subject.parameters) | said
    weighed = mass_kg is not None
    if mass_kg is None:
        mass_kg = ASSUMED_BMI * (height_m or ASSUMED_HEIGHT_M) ** 2
    return Person(mass_kg, height_m, said), weighed, tuple(notes)


def _recorded_lengths(parameters: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Lengths of the person among a recording's parameters, m; a unit is the one that makes a length believable.

    A leg length alone may be any of several; beside the widths of the joints it is Plug-in Gait's, from the ASIS to
    the medial malleolus.
    """
    found: dict[str, float] = {}
    for name, value in parameters:
        side = _SIDE.search(name)
        plain = _SIDE.sub("", name).lower()
        for pattern, ours, (least, most) in _LENGTHS:
            if side is None or not pattern.fullmatch(plain):
                continue
            believable = [value * m for m in _METRES if least <= value * m <= most]
            if believable:
                found[f"{ours}_{(side[1] or side[2])[0].lower()}"] = believable[0]
    return found if any("width" in name for name in found) else {}
