"""Numbers of a predicted walk that a recording's measures do not have, by measure and side."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.loads.analysis import Analysis
from groundup.predict.answer import readings
from groundup.predict.body import strays_from_normal
from groundup.predict.changed_body import ChangedBody
from groundup.predict.checks import muscle_power_w
from groundup.predict.effects import BOTH
from groundup.predict.foot_readings import foot_readings
from groundup.predict.gait.walk import Walk
from groundup.predict.passive_range import passive_dorsiflexion_deg
from groundup.study import Study

SHORTENING_EFFICIENCY, LENGTHENING_EFFICIENCY = 0.25, -1.20
"""Work per energy of muscles that shorten and that are stretched (Margaria, 1968, doi:10.1007/BF00698057)."""

CONTACT_BW = 0.03
_JUDGED = {"ankle": "ankle_angle", "knee": "knee_angle", "hip": "hip_flexion"}

UNITS = {
    "gait.energy_cost": "J/(kg·m)",
    "gait.contralateral_step_ratio": "1",
    "foot.heel_pressure": "kPa",
    "foot.forefoot_pressure": "kPa",
    "foot.fascia_strain": "%",
}
"""Units of what is added here and shown in the answer."""


def all_readings(walk: Walk, changed: ChangedBody, study: Study, analysis: Analysis) -> dict[tuple[str, str], float]:
    """Values of a study's measures, and of what only a prediction knows, by measure and side.

    Parameters
    ----------
    study, analysis : of this walk, by `outcome`

    Notes
    -----
    What the prediction knows better takes the place of a recording's measure: tension and strain of the fascia, since
    it knows the layer under the foot and what holds the arch, and the times of the regions, since its forces have no
    noise.
    """
    found = readings(study)
    found[("gait.energy_cost", "none")] = energy_cost(walk, changed)
    found[("baseline.asymmetry", "none")] = asymmetry_percent(study)
    for side in BOTH:
        own = foot_readings(walk, changed, analysis, side)
        own |= {f"baseline.rms_{joint}": rms for joint, rms in _strays(walk, changed, side[0]).items()}
        own["ankle.passive_dorsiflexion"] = passive_dorsiflexion_deg(changed, side[0])
        found |= {(name, side): value for name, value in own.items()}
    return found | contralateral_steps(found)


def contralateral_steps(found: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Step of the other foot over that of this one, by side of this one: below 1 where one limps on this side."""
    step = {side: found.get(("gait.step_length", side), np.nan) for side in BOTH}
    name = "gait.contralateral_step_ratio"
    return {(name, "right"): step["left"] / step["right"], (name, "left"): step["right"] / step["left"]}


def asymmetry_percent(study: Study) -> float:
    """Largest difference of left and right of any main number, % of the mean of their sizes.

    NaN where a number is known of one side alone, or there is none: symmetry is then not known.
    """
    found: dict[str, dict[str, float]] = {}
    for h in study.headline:
        if h.side != "none" and np.isfinite(h.value):
            found.setdefault(h.id, {})[h.side] = h.value
    apart = [_apart_percent(both.get("right", np.nan), both.get("left", np.nan)) for both in found.values()]
    return float(np.max(apart)) if apart else float("nan")


def _apart_percent(right: float, left: float) -> float:
    return 0.0 if right == left else 200 * abs(right - left) / (abs(right) + abs(left))


def energy_cost(walk: Walk, changed: ChangedBody) -> float:
    """Energy for each metre, J/(kg·m), from the work of the leg muscles with tendons, at fixed efficiencies."""
    power = muscle_power_w(walk, changed)
    shortening = np.trapezoid(np.maximum(power, 0.0), walk.time_s, axis=0).sum()
    lengthening = np.trapezoid(np.minimum(power, 0.0), walk.time_s, axis=0).sum()
    energy = shortening / SHORTENING_EFFICIENCY + lengthening / LENGTHENING_EFFICIENCY
    return float(energy / (walk.mass_kg * walk.speed_m_per_s * walk.cycle_s))


def _strays(walk: Walk, changed: ChangedBody, side: str) -> dict[str, float]:
    """RMS difference of the sagittal angles from healthy means, deg, over the stride from this side's strike."""
    load = walk.vertical(changed.prepared.soles, side) / walk.weight_n
    begin = int(np.argmax((load > CONTACT_BW) & (np.roll(load, 1) <= CONTACT_BW)))

    def from_strike(values: Floats) -> Floats:
        turned = np.roll(values[:-1], -begin)
        return np.append(turned, turned[0])

    curves = {name: from_strike(np.asarray(walk.values[f"{name}_{side}"])) for name in _JUDGED.values()}
    strays = strays_from_normal(curves)
    return {joint: strays[name] for joint, name in _JUDGED.items()}
