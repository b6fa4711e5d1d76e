"""Whether force plates say what a person can do: sign, zero, range, place and weight."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND
from groundup.body.names import is_foot
from groundup.body.person import Recognition
from groundup.body.recording import AppliedForce, ExternalForces, MarkerTrajectories
from groundup.motion.marker_checks.finding import Finding, Severity, frames_text, spans

LOADED_N = 50.0
_FIRMLY_N = 100.0
_OFFSET_N = 5.0
_EMPTY_N = 40.0
_STEADY_N = 3.0
_SATURATED_S, _SATURATED_SAMPLES = 0.02, 10
_NEAR_TOP, _STRAIGHT = 0.95, 1e-7
"""An amplifier at its end gives one number, or a straight line once a drift is taken off; no step does for 20 ms."""
FROM_FOOT_M = 0.35
"""No centre of pressure is farther than a foot's length from every marker of the foot that stands there."""
_OFTEN = 0.2
WEIGHT_WARN, WEIGHT_BAD = 0.05, 0.15


def examine_forces(
    forces: ExternalForces, markers: MarkerTrajectories, recognition: Recognition
) -> tuple[Finding, ...]:
    """Check each plate of a recording; forces in ground axes, y up, as they act on the person."""
    plates = [w for w in forces.wrenches if w.force_expressed_in == GROUND]
    if not plates:
        return ()
    loaded = [bool((np.abs(_vertical(w)) > LOADED_N).any()) for w in plates]
    found: list[Finding] = [] if any(loaded) else [_nobody()]
    feet = _feet(markers, recognition)
    for plate, carries in zip(plates, loaded, strict=True):
        if not carries:
            found.append(Finding("info", f"plate {plate.name}", "Nobody steps on it in this recording."))
            continue
        found += _sign(plate)
        found += _zero(plate, forces.time_s)
        found += _saturation(plate, forces.time_s)
        if feet is not None and plate.point_expressed_in == GROUND:
            found += _place(plate, forces.time_s, markers, feet)
    return tuple(replace(f, trial=PurePath(markers.source).name) for f in found)


def check_weight(carried_kg: float | None, given_kg: float, given: bool = True) -> tuple[Finding, ...]:
    """Compare the mass that the plates carry with the one that was given.

    Parameters
    ----------
    carried_kg : float or None
        None where the plates do not show it.
    given : whether somebody gave the mass; an assumed one is not compared
    """
    if carried_kg is None or not given or not np.isfinite(carried_kg):
        return ()
    off = abs(carried_kg / given_kg - 1.0)
    text = f"Mass {given_kg:.4g} kg is given, the plates carry {carried_kg:.4g} kg."
    advice = "Weigh the person, or check the calibration of the plates and whether every step is on one."
    severity: Severity = "bad" if off > WEIGHT_BAD else "warn" if off > WEIGHT_WARN else "info"
    return (
        Finding(
            severity,
            "mass of the person",
            text,
            advice if off > WEIGHT_WARN else "",
            value=100 * off,
            unit="%",
            limit=100 * WEIGHT_WARN,
        ),
    )


def _vertical(plate: AppliedForce) -> Floats:
    return np.nan_to_num(plate.force_n[:, 1])


def _nobody() -> Finding:
    return Finding(
        "warn",
        "force plates",
        f"No plate carries {LOADED_N:g} N at any time: they were off, or nobody stepped on one.",
        "Check that the amplifiers were on; without their forces the loads are estimated from the motion.",
        value=0.0,
        unit="N",
        limit=LOADED_N,
    )


def _sign(plate: AppliedForce) -> list[Finding]:
    vertical = _vertical(plate)
    mean = float(vertical[np.abs(vertical) > LOADED_N].mean())
    if mean > 0:
        return []
    return [
        Finding(
            "bad",
            f"plate {plate.name}",
            "It pulls the person down: its force has the wrong sign.",
            "Change the signs of this plate's force and moment in the export.",
            value=mean,
            unit="N",
            limit=0.0,
        )
    ]


def _zero(plate: AppliedForce, time_s: Floats) -> list[Finding]:
    """What the plate shows while nobody is on it."""
    vertical = _vertical(plate)
    n = max(round(0.05 / float(np.median(np.diff(time_s)))), 4) if len(time_s) > 1 else 0
    if not n or len(vertical) < 2 * n:
        return []
    parts = vertical[: len(vertical) // n * n].reshape(-1, n)
    empty = (parts.std(axis=1) < _STEADY_N) & (np.abs(parts.mean(axis=1)) < _EMPTY_N)
    if not empty.any():
        return []
    level = parts.mean(axis=1)[empty]
    worst = float(level[np.abs(level).argmax()]) if empty.sum() < 4 else float(np.median(level))
    if abs(worst) <= _OFFSET_N:
        return []
    return [
        Finding(
            "warn",
            f"plate {plate.name}",
            "It shows this force while nobody is on it: it was not set to zero, or drifts.",
            "Set the plates to zero before recording, or subtract it.",
            value=worst,
            unit="N",
            limit=_OFFSET_N,
        )
    ]


def _saturation(plate: AppliedForce, time_s: Floats) -> list[Finding]:
    """A flat top: the amplifier is at the end of its range."""
    vertical = np.abs(_vertical(plate))
    top = float(vertical.max())
    step = float(np.median(np.diff(time_s))) if len(time_s) > 1 else np.inf
    shortest = max(_SATURATED_SAMPLES, round(_SATURATED_S / step))
    straight = np.zeros(len(vertical), dtype=bool)
    straight[1:-1] = np.abs(np.diff(vertical, n=2)) < _STRAIGHT * top
    flat = [s for s in spans(straight & (vertical > _NEAR_TOP * top)) if s[1] - s[0] + 1 >= shortest]
    if not flat:
        return []
    first, last = flat[0]
    return [
        Finding(
            "bad",
            f"plate {plate.name}",
            "The vertical force has a flat top: the amplifier was at the end of its range, the peak is lost.",
            "Choose a larger range at the amplifier and record again; leave this step out.",
            float(time_s[first]),
            float(time_s[last]),
            top,
            "N",
        )
    ]


def _feet(markers: MarkerTrajectories, recognition: Recognition) -> Floats | None:
    """Positions of the markers on the feet, (n_frames, n, 3) m."""
    column = {name: k for k, name in enumerate(markers.names)}
    on = [column[p.label] for p in recognition.placements if is_foot(p.segment) and p.label in column]
    return markers.positions_m[:, on] if on else None


def _place(plate: AppliedForce, time_s: Floats, markers: MarkerTrajectories, feet: Floats) -> list[Finding]:
    """Whether a foot is where the force acts."""
    t = markers.time_s
    if len(time_s) < 2:
        return []
    row = np.clip(np.searchsorted(time_s, t), 0, len(time_s) - 1)
    on_clock = (t >= time_s[0] - 1e-6) & (t <= time_s[-1] + 1e-6)
    firmly = on_clock & (_vertical(plate)[row] > _FIRMLY_N)
    away = np.linalg.norm((feet - plate.point_m[row][:, None])[..., [0, 2]], axis=-1)
    known = firmly & np.isfinite(away).any(axis=1)
    if not known.any():
        return []
    nearest = np.where(known, np.nanmin(np.where(np.isfinite(away), away, np.inf), axis=1), 0.0)
    far = known & (nearest > FROM_FOOT_M)
    if far.sum() <= _OFTEN * known.sum():
        return []
    first, last = next(spans(far))
    return [
        Finding(
            "bad",
            f"plate {plate.name}",
            f"Its force acts far from both feet in {far.sum()} of {known.sum()} loaded frames, first in "
            f"{frames_text(markers, first, last)}: the plate's corners, its channels or its clock are wrong.",
            "Correct the corners and the order of the channels in the export, or leave the plate out.",
            float(t[first]),
            float(t[last]),
            float(np.median(nearest[far])),
            "m",
            FROM_FOOT_M,
        )
    ]
