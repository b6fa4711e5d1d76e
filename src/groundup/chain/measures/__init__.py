"""Measures: each link of the chain in a few numbers, every one with its unit, method and how it varied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groundup.body.functions import Floats
from groundup.body.pressure import REGIONS, RegionalPressure
from groundup.chain.lumbar import LumbarLoad
from groundup.chain.measures.catalogue import Entry, catalogue
from groundup.chain.measures.foot import foot_reading
from groundup.chain.measures.gait import gait_reading
from groundup.chain.measures.joints import joint_reading, steps_per_day
from groundup.chain.measures.muscles import muscle_reading
from groundup.chain.measures.posture import posture_reading
from groundup.chain.measures.standing import NO_PLATES, NO_TRIAL, STANDING, standing_reading
from groundup.chain.measures.walked import Walked, walked
from groundup.loads.analysis import Analysis
from groundup.study import NAN, Cycle, Measure, Side

__all__ = ["is_sampled", "measures_of"]

RECORDED = "recorded by pressure platform or insole, by region"
NO_EMG = "no muscle activity (EMG) of this group and side was recorded under a name that is known"
NO_GRID = "no plantar pressure grid was given (--pressure)"
NO_STRIDE = "no complete stride of this side"
NOT_COVERED = "in no stride every foot on the ground had its force measured for as long as it takes"
NOT_SHOWN = "the body or the markers do not show it"


def measures_of(
    a: Analysis,
    cycles: Sequence[Cycle],
    low_back: Sequence[LumbarLoad] = (),
    pressure: RegionalPressure | None = None,
) -> tuple[Measure, ...]:
    """Measure every link of the chain.

    Parameters
    ----------
    cycles : of both feet, as ``gait_cycles`` gives them
    low_back : loads of the low back from the sacrum up; empty where they are not known
    pressure : what each region of the feet carried, if it is not in the analysis; without it the centre of pressure
        tells

    Returns
    -------
    measures : one for each entry of the catalogue and side; NaN with a reason where it was not computed

    Notes
    -----
    A measure is the mean over those strides on which every frame it needs was computed; it is never made of part of
    a stance.
    """
    w = walked(a, cycles, pressure or a.pressure)
    reading = foot_reading(w) | gait_reading(w) | joint_reading(w, low_back) | muscle_reading(w)
    reading |= posture_reading(w) | standing_reading(w)
    return tuple(_measure(w, e, s, reading.get((e.id, s))) for e in catalogue().values() for s in e.sides)


def is_sampled(measure: Measure) -> bool:
    """Whether samples of the uncertainty vary a measure; a standing trial and a pressure file stay as they are."""
    return not measure.id.startswith(STANDING) and measure.method != RECORDED


def _measure(w: Walked, entry: Entry, side: Side, values: Floats | None) -> Measure:
    known = np.array([]) if values is None else values[np.isfinite(values)]
    return Measure(
        id=entry.id,
        link=entry.link,
        side=side,
        value=float(known.mean()) if len(known) else NAN,
        unit=entry.unit,
        label=entry.label,
        method=RECORDED
        if _is_recorded(w, entry, side)
        else entry.method.replace("{steps}", f"{steps_per_day(w.a):.0f}"),
        reference=entry.source,
        spread=float(known.std(ddof=1)) if len(known) > 1 else NAN,
        strides=len(known),
        estimated=entry.forces and w.estimated and not _is_recorded(w, entry, side),
        reason="" if len(known) else _reason(w, entry, side, values),
    )


def _is_recorded(w: Walked, entry: Entry, side: Side) -> bool:
    of_region = entry.link == "foot" and entry.id.split(".")[1].split("_")[0] in REGIONS and "rise" not in entry.id
    return of_region and w.pressure is not None and side in w.pressure.load_n


def _reason(w: Walked, entry: Entry, side: Side, values: Floats | None) -> str:
    if entry.id.startswith(STANDING):
        return _standing_reason(w, entry)
    if not w.of(side):
        return NO_STRIDE
    if entry.id.endswith("_pressure"):
        return NO_GRID
    if entry.id.startswith("muscles.emg_") and w.a.loads is not None and values is None:
        return NO_EMG
    group = "ground_force" if entry.link == "foot" else "lumbar" if entry.link == "low back" else "joint_load"
    if entry.forces and w.a.forces is None:
        return w.a.reasons.get(group, "no ground forces are known")
    if values is None:
        return (w.a.reasons.get(group, "") if entry.forces else "") or NOT_SHOWN
    return NOT_COVERED if entry.forces else NOT_SHOWN


def _standing_reason(w: Walked, entry: Entry) -> str:
    if w.a.fitting is None or w.a.fitting.still is None:
        return NO_TRIAL
    return NO_PLATES if entry.id == f"{STANDING}weight_share" else NOT_SHOWN
