"""Who was recorded, and which events were marked, from the parameters of a C3D file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from groundup.body.recording import GaitEvent, RecordedSubject
from groundup.io.c3d_parameters import C3dParameters
from groundup.io.trc import METRES_PER_UNIT

_GROUPS = ("SUBJECTS", "SUBJECT", "PROCESSING")
_MASS = ("BODYMASS", "BODY_MASS", "MASS", "WEIGHT", "BODYWEIGHT", "BODY_WEIGHT")
_HEIGHT = ("HEIGHT", "BODYHEIGHT", "BODY_HEIGHT", "STATURE")
_KG_PER_UNIT = {"kg": 1.0, "g": 1e-3, "lb": 0.45359237, "lbs": 0.45359237, "n": 1 / 9.80665}
_HEIGHTS_M = (0.5, 2.5)
_MASSES_KG = (5.0, 350.0)

_STRIKE = re.compile(r"(foot|heel|initial|toe)[\s_]*(strike|contact|on|down)|^[lr]?(hs|fs|ic)$", re.I)
_OFF = re.compile(r"(foot|toe|heel)[\s_]*off|^[lr]?(to|fo)$", re.I)
_SLACK_S = 0.05


def read_subject(parameters: C3dParameters) -> tuple[RecordedSubject, list[str]]:
    """Return what the file says about the person, and what of it was not believed."""
    found = list(_numbers(parameters))
    mass, mass_notes = _first(found, _MASS, _KG_PER_UNIT, _MASSES_KG, "mass", "kg")
    height, height_notes = _first(found, _HEIGHT, METRES_PER_UNIT, _HEIGHTS_M, "height", "m")
    name = parameters.text("SUBJECTS", "NAMES")
    return RecordedSubject(name, mass, height, tuple((n, v) for n, v, _ in found)), mass_notes + height_notes


def _numbers(parameters: C3dParameters) -> Iterator[tuple[str, float, str]]:
    """Give name, value and unit of every single number about the person, of parameters and of LABELS/VALUES lists."""
    for group in _GROUPS:
        labels, units = parameters.texts(group, "LABELS"), parameters.texts(group, "UNITS")
        for index, value in enumerate(parameters.numbers(group, "VALUES").tolist()[: len(labels)]):
            if math.isfinite(value):
                yield labels[index], value, units[index] if index < len(units) else ""
        for name, value in parameters.single_numbers(group):
            if name not in ("USED", "IS_STATIC", "USES_PREFIXES", "VALUES"):
                yield name, value, ""


def _first(
    found: list[tuple[str, float, str]],
    names: tuple[str, ...],
    units: dict[str, float],
    expected: tuple[float, float],
    what: str,
    si: str,
) -> tuple[float | None, list[str]]:
    """Return the first believable value in SI; a unit that is not written is the one that makes it believable."""
    notes: list[str] = []
    for name, value, unit in found:
        if name.upper() not in names:
            continue
        stated = units.get(unit.strip().lower())
        tried = [stated] if stated is not None else [1.0, *((1e-2, 1e-3) if si == "m" else ())]
        for factor in tried:
            if expected[0] <= value * factor <= expected[1]:
                return value * factor, notes
        notes.append(
            f"{name} is {value:g}{' ' + unit if unit else ''}: no {what} of a person ({expected[0]:g} to "
            f"{expected[1]:g} {si}), left out."
        )
    return None, notes


def read_events(parameters: C3dParameters, start_s: float, end_s: float) -> tuple[tuple[GaitEvent, ...], list[str]]:
    """Return the marked events in order of time, and what was done to them.

    Times are on the clock of the first frame ever recorded. Some programs count from the first frame in the file
    instead: where no event lies in the recording as written but all do when counted so, they are shifted.
    """
    labels, contexts = parameters.texts("EVENT", "LABELS"), parameters.texts("EVENT", "CONTEXTS")
    times = parameters.numbers("EVENT", "TIMES")
    # Minutes and seconds; a single number per event is seconds.
    if times.size >= 2 * len(labels):
        instants = [60 * m + s for m, s in zip(times[0::2].tolist(), times[1::2].tolist(), strict=False)]
    else:
        instants = times.tolist()
    events = [
        GaitEvent(_side(label, contexts[i] if i < len(contexts) else ""), _kind(label), instant)
        for i, (label, instant) in enumerate(zip(labels, instants, strict=False))
        if math.isfinite(instant) and label
    ]
    shift, notes = 0.0, []
    if events and start_s > 0 and not any(_within(e.time_s, start_s, end_s) for e in events):
        if all(_within(e.time_s, 0.0, end_s - start_s) for e in events):
            shift = start_s
            notes.append(f"Events are counted from the first frame of the file; {start_s:g} s were added.")
        else:
            notes.append("The marked events lie outside of the recording.")
    moved = (GaitEvent(e.side, e.kind, e.time_s + shift) for e in events)
    return tuple(sorted(moved, key=lambda event: event.time_s)), notes


def _within(time_s: float, start_s: float, end_s: float) -> bool:
    return start_s - _SLACK_S <= time_s <= end_s + _SLACK_S


def _side(label: str, context: str) -> str:
    for word in (context, label):
        match = re.match(r"\s*(left|right|l|r)(?=$|[^a-z]|hs|to|ic|fo|fs)", word, re.I)
        if match:
            return {"l": "left", "r": "right"}[match[1][0].lower()]
    return "general"


def _kind(label: str) -> str:
    # "Foot Strike1": numbered by some programs.
    plain = re.sub(r"^(left|right)\s+", "", re.sub(r"\s*\d+$", "", label.strip()), flags=re.I)
    if _STRIKE.search(plain):
        return "foot strike"
    return "foot off" if _OFF.search(plain) else plain.lower()
