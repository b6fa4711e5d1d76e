"""The nouns between a recording and the body that is fitted to it: the person, and where their markers sit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log

from groundup.body.functions import Floats
from groundup.errors import SetupError

_MASS_KG, _HEIGHT_M, _LENGTH_M = (5.0, 300.0), (0.5, 2.5), (0.02, 1.5)
_BODY_MASS_INDEX = (7.0, 90.0)  # kg/m²: wider than any living person's
# What a number may have been meant as: other units, and a decimal point that was lost.
_KILOGRAMS = {"in g": 1e-3, "a decimal point was lost": 1e-1, "a decimal comma was lost": 1e-2}
_METRES = {"in cm": 1e-2, "in mm": 1e-3, "in feet": 0.3048, "in inches": 0.0254}
_USUAL_KG, _USUAL_M, _USUAL_LENGTH_M = 70.0, 1.7, 0.3


@dataclass(frozen=True)
class Person:
    """Who walked. No name, no date of birth.

    Attributes
    ----------
    mass_kg : float, kg
    height_m : float or None, m
        None where nobody measured it: lengths then come from the markers alone.
    lengths_m : mapping of tape measurements, m
        By name: ``leg_length_r`` (ASIS to medial malleolus), ``knee_width_r``, ``ankle_width_r``, ``foot_length_r``, …
    """

    mass_kg: float
    height_m: float | None = None
    lengths_m: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a recorded marker sits on the body before it is fitted.

    Attributes
    ----------
    label : str
        As recorded.
    landmark : str
        Marker of the body whose place it takes; empty for a marker that the marker set places by itself.
    segment : str
    location_m : array, shape (3,), m, in the axes of the segment of the unscaled body
    sigma_m : array, shape (3,), m, along the segment's axes
        How far skin, marker size and palpation let it be from there, one standard deviation.
    """

    label: str
    landmark: str
    segment: str
    location_m: Floats
    sigma_m: Floats


@dataclass(frozen=True, eq=False)
class Recognition:
    """What a recording's labels are on the body.

    Attributes
    ----------
    name, title : of the marker set, ``plug_in_gait`` and ``Plug-in Gait``
    placements : the markers whose place is known
    technical : labels that ride on an unknown segment until registration finds it
    ignored : labels that are not markers on the body (model outputs, unnamed points)
    missing : labels of the marker set that the recording lacks, with what suffers from it
    overlap : part of the marker set's labels that was found, 0 to 1
    """

    name: str
    title: str
    placements: tuple[Placement, ...]
    technical: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    overlap: float = 1.0


def check_person(person: Person) -> None:
    """Refuse a mass, height or length that nobody has; say what was probably meant.

    Raises
    ------
    SetupError
    """
    if person.height_m is not None:  # first: a mass that nobody gave comes from it
        _check("height", "--height", person.height_m, _HEIGHT_M, "m", _METRES, _USUAL_M)
    _check("mass", "--mass", person.mass_kg, _MASS_KG, "kg", _KILOGRAMS, _USUAL_KG)
    if person.height_m is not None:
        index = person.mass_kg / person.height_m**2
        if not _BODY_MASS_INDEX[0] <= index <= _BODY_MASS_INDEX[1]:
            raise SetupError(
                f"mass {person.mass_kg:g} kg and height {person.height_m:g} m do not belong together (body mass index "
                f"{index:.0f} kg/m², expected {_BODY_MASS_INDEX[0]:g} to {_BODY_MASS_INDEX[1]:g}). "
                "Check --mass and --height."
            )
    for name, value in person.lengths_m.items():
        _check(f"length {name}", f"{name}", value, _LENGTH_M, "m", _METRES, _USUAL_LENGTH_M)


def _check(
    what: str,
    option: str,
    value: float,
    expected: tuple[float, float],
    unit: str,
    others: Mapping[str, float],
    usual: float,
) -> None:
    least, most = expected
    if least <= value <= most:
        return
    meant = {name: value * factor for name, factor in others.items() if least <= value * factor <= most}
    name = min(meant, key=lambda n: abs(log(meant[n] / usual)), default="")
    advice = f"Did you mean {meant[name]:.3g} {unit} ({name})?" if name else f"Check {option}."
    raise SetupError(f"{what} is {value:g} {unit}, expected {least:g} to {most:g} {unit}. {advice}")
