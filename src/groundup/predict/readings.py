"""Numbers of a predicted walk that a recording's measures do not have, by measure and side."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.predict.answer import readings
from groundup.predict.body import strays_from_normal
from groundup.predict.changed_body import ChangedBody
from groundup.predict.gait.walk import Walk
from groundup.study import Study

SIDES = (("r", "right"), ("l", "left"))
SHORTENING_EFFICIENCY, LENGTHENING_EFFICIENCY = 0.25, -1.20
"""Work per energy of muscles that shorten and that are stretched (Margaria, 1968, doi:10.1007/BF00698057)."""

CONTACT_BW = 0.03
_JUDGED = {"ankle": "ankle_angle", "knee": "knee_angle", "hip": "hip_flexion"}
_FIRST: dict[str, tuple[str, ...]] = {
    "heel": ("heel",),
    "midfoot": ("midfoot",),
    "forefoot": ("forefoot_medial", "forefoot_lateral"),
    "toes": ("toes",),
}

UNITS = {
    "gait.energy_cost": "J/(kg·m)",
    "gait.contralateral_step_ratio": "1",
    "foot.heel_pressure": "kPa",
    "foot.forefoot_pressure": "kPa",
    "foot.fascia_strain": "%",
}
"""Units of what is added here and shown in the answer."""


def all_readings(walk: Walk, changed: ChangedBody, study: Study) -> dict[tuple[str, str], float]:
    """Values of a study's measures, and of what only a prediction knows, by measure and side.

    Notes
    -----
    Tension and strain of the fascia are those of the prediction, which knows the layer under the foot and what holds
    the arch; a recording's measure does not.
    """
    found = readings(study)
    found[("gait.energy_cost", "none")] = energy_cost(walk, changed)
    for i, (side, word) in enumerate(SIDES):
        found |= {(name, word): value for name, value in _foot(walk, changed, side, i).items()}
        found |= {(f"baseline.rms_{n}", word): rms for n, rms in _strays(walk, changed, side).items()}
    found[("baseline.asymmetry", "none")] = asymmetry_percent(study)
    step = {word: found.get(("gait.step_length", word), np.nan) for _, word in SIDES}
    found[("gait.contralateral_step_ratio", "right")] = step["left"] / step["right"]
    found[("gait.contralateral_step_ratio", "left")] = step["right"] / step["left"]
    return found


def asymmetry_percent(study: Study) -> float:
    """Largest difference of left and right of any main number, % of their mean."""
    sides = {(h.id, h.side): h.value for h in study.headline if h.side != "none"}
    apart = [
        200 * abs(r - sides[name, "left"]) / (r + sides[name, "left"]) for (name, s), r in sides.items() if s == "right"
    ]
    return max(apart, default=float("nan"))


def energy_cost(walk: Walk, changed: ChangedBody) -> float:
    """Energy for each metre, J/(kg·m), from the work of the leg muscles with tendons, at fixed efficiencies."""
    q = dict(zip(walk.names, walk.q.T, strict=True))
    lengths = np.column_stack([np.asarray(m.path.length(q)) for m in changed.prepared.muscles])
    power = -walk.force_n * np.gradient(lengths, walk.time_s, axis=0)
    shortening = np.trapezoid(np.maximum(power, 0.0), walk.time_s, axis=0).sum()
    lengthening = np.trapezoid(np.minimum(power, 0.0), walk.time_s, axis=0).sum()
    energy = shortening / SHORTENING_EFFICIENCY + lengthening / LENGTHENING_EFFICIENCY
    return float(energy / (walk.mass_kg * walk.speed_m_per_s * walk.cycle_s))


def _foot(walk: Walk, changed: ChangedBody, side: str, place: int) -> dict[str, float]:
    soles = changed.prepared.soles
    tension = float(walk.fascia_n[:, place].max())
    found = {
        "foot.fascia_peak": tension / walk.weight_n,
        "foot.fascia_strain": 100 * tension / changed.prepared.fascia[side].stiffness_n_per_m / FASCIA_LENGTH_M,
        "foot.heel_pressure": max(_pressure_kpa(walk, changed, pad) for pad in soles.of(side, "heel")),
    }
    whole = walk.vertical(soles, side) / walk.weight_n
    begin = int(np.argmax((whole > CONTACT_BW) & (np.roll(whole, 1) <= CONTACT_BW)))
    stance = max(int((whole[:-1] > CONTACT_BW).sum()), 1)
    for region, parts in _FIRST.items():
        load = np.roll(walk.vertical(soles, side, *parts)[:-1], -begin) / walk.weight_n
        bears = np.flatnonzero(load[:stance] > CONTACT_BW)
        found[f"foot.{region}_first"] = 100.0 * bears[0] / stance if len(bears) else float("nan")
    return found


FASCIA_LENGTH_M = 0.15
"""Length of the aponeurosis from heel to ball of an adult (Kitaoka et al., 1994, doi:10.1177/107110079401501007)."""


def _pressure_kpa(walk: Walk, changed: ChangedBody, pad: int) -> float:
    column = walk.pads.index(changed.prepared.soles.pads[pad].name)
    return float(changed.heel_pressure_pa(pad, walk.pad_force_n[:, column, 1].max())) / 1e3


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
