"""Why a bar is missed: sentences by hand, figures by the program; a miss without one says so."""

from __future__ import annotations

import numpy as np

from benchmarks.laboratories.cases import Measured
from benchmarks.laboratories.checks import Check

UNKNOWN = "Not explained yet."


def reason(check: Check, found: dict[str, Measured]) -> str:
    """Why a check was missed."""
    m = found.get(check.where)
    if check.what.startswith("residual") and m is not None:
        return _residual(m)
    if "compression" in check.what and m is not None:
        return _compression(m)
    if check.what.startswith("ankle push-off") and m is not None:
        return _push_off(m)
    return next((text for words, text in _FIXED if check.what.startswith(words)), UNKNOWN)


_FIXED = (
    ("sustained", "Which stage takes how long: [time](#time)."),
    ("event, ", "Either the foot's plate still carries weight at the file's instant, or no plate "
     "measured and both programs judge by the motion: [events](#events)."),
    ("pelvis tilt", "The two programs name different postures nought: [definitions](#definitions)."),
    ("hip flexion", "The two programs name different postures nought: [definitions](#definitions)."),
    ("knee flexion", "The two programs name different postures nought: [definitions](#definitions)."),
    ("knee moment", "Filters and axes, step by step: [moments](#moments)."),
    ("hip moment", "Filters and joint centres, step by step: [moments](#moments)."),
    ("hip contact", "Static optimisation on such muscles: [high contact forces](#high-contact-forces)."),
    ("knee contact", "Static optimisation on such muscles: [high contact forces](#high-contact-forces)."),
)  # fmt: skip


def shows_trunk(m: Measured) -> bool:
    """Whether any used marker sits above the pelvis."""
    legs = ("pelvis", "femur", "tibia", "patella", "talus", "calcn", "toes")
    fitting = m.analysis.fitting
    return fitting is None or any(
        not p.segment.startswith(legs) for p in fitting.recognition.placements if p.label in m.analysis.recording.names
    )


def _residual(m: Measured) -> str:
    from groundup.loads.body_mass import carried_mass_kg

    a = m.analysis
    assert a.moments is not None
    share = 100 * a.moments[a.ground.known][:, 3:6] / a.body_weight_n
    forward, upward, side = share.std(axis=0)
    carried = carried_mass_kg(a.skeleton, a.motion, a.at, a.ground)
    weighed = f" The plates carry {carried:.1f} kg, the recording says {a.body.mass:.1f} kg." if carried else ""
    unseen = (
        "No marker shows trunk, head and arms, most of the body's mass: how they swing is unknown, and so is the force "
        "that swings them. "
        if not shows_trunk(m)
        else ""
    )
    return (
        f"{unseen}The unexplained force varies by {forward:.1f} (forward), {upward:.1f} (up) and {side:.1f} % BW "
        f"(to the side) and is {share.mean(axis=0)[1]:.1f} % BW upwards on average.{weighed}"
    )


def _compression(m: Measured) -> str:
    if shows_trunk(m):
        return UNKNOWN
    return (
        "No marker shows the trunk, so it is kept upright and steady: the lean and the swing that make the two peaks "
        "are missing, and what is left is its weight and the pull of muscles that come from the legs. The result is "
        "too low."
    )


def _push_off(m: Measured) -> str:
    speed = next((h.value for h in m.study.headline if h.id == "speed"), np.nan)
    return (
        f"The bar is for self-selected speeds (0.94 to 1.43 m/s, Bohannon 2011); this person was asked to walk slowly, "
        f"at {speed:.2f} m/s, and pushes off less."
        if speed < 0.7
        else UNKNOWN
    )
