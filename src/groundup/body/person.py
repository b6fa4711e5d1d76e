"""The nouns between a recording and the body that is fitted to it: the person, and where their markers sit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from groundup.body.functions import Floats


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
