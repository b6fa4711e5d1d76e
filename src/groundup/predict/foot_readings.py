"""What a predicted walk says of its feet beyond a recording's measures: regions, centre of pressure, pressure, fascia.

Read on the clock of the forces, in one whole stance of each foot. Instants between samples are found on straight lines,
so that a change of a thousandth of a stance still shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.pressure import REGION_ENDS, REGIONS
from groundup.chain.measures.foot import TOUCH_BW, along_foot
from groundup.chain.measures.walked import FootForce
from groundup.loads.analysis import Analysis
from groundup.motion.events import CONTACT_N
from groundup.motion.soles import soles
from groundup.predict.changed_body import ChangedBody
from groundup.predict.effects import Side
from groundup.predict.gait.walk import Walk

FASCIA_LENGTH_M = 0.15
"""Length of the aponeurosis from heel to ball of an adult (Kitaoka et al., 1994, doi:10.1177/107110079401501007)."""


@dataclass(frozen=True, eq=False)
class FootStance:
    """One stance of a foot, from strike to off.

    Attributes
    ----------
    time_s : array, shape (n,)
    other_off_s : float
        When the other foot leaves the ground.
    vertical_bw : array, shape (n,)
    regional_bw : array, shape (n, 4)
        Under heel, midfoot, forefoot and toes.
    place : array, shape (n,)
        Centre of pressure along the foot, heel 0 to tip 1; NaN without load.
    """

    time_s: Floats
    other_off_s: float
    vertical_bw: Floats
    regional_bw: Floats
    place: Floats

    def percent(self, seconds: float) -> float:
        """A time as % of the stance."""
        return float(100 * seconds / (self.time_s[-1] - self.time_s[0]))


def foot_readings(walk: Walk, changed: ChangedBody, analysis: Analysis, side: Side) -> dict[str, float]:
    """Read one foot, by measure.

    Parameters
    ----------
    analysis : of this walk, by `outcome.analysis_of`
    """
    stance = foot_stance(analysis, side)
    loading = stance.vertical_bw[stance.time_s <= stance.other_off_s]
    return {
        "foot.loading_response_peak": float(loading.max()),
        "foot.mean_force": float(np.trapezoid(walk.vertical(changed.prepared.soles, side[0]), walk.time_s))
        / (walk.weight_n * walk.cycle_s),
        **_times(stance),
        **_pressures(walk, changed, side[0]),
        **_fascia(walk, changed, side[0]),
    }


def foot_stance(analysis: Analysis, side: Side) -> FootStance:
    """Return a whole stance of a foot: its longest contact, since in swing it may touch the ground for an instant."""
    assert analysis.forces is not None
    assert analysis.pressure is not None
    time, weight = analysis.forces.time_s, analysis.body_weight_n
    applied = next(w for w in analysis.forces.wrenches if w.name == side)
    force = FootForce(time, applied.force_n, applied.point_m)
    sole = next(s for s in soles(analysis.skeleton, analysis.at) if s.side == side)
    on = applied.force_n[:, 1] > CONTACT_N
    begins = np.flatnonzero(~on[:-1] & on[1:]) + 1
    ends = np.flatnonzero(on[:-1] & ~on[1:]) + 1
    ends = ends[ends > begins[0]]
    longest = int(np.argmax(ends - begins[: len(ends)]))
    first, last = int(begins[longest]), int(ends[longest])
    other = next(w for w in analysis.forces.wrenches if w.name != side).force_n[first:, 1] > CONTACT_N
    part = slice(first, last)
    return FootStance(
        time[part],
        float(time[first + int(np.argmin(other))]),
        applied.force_n[part, 1] / weight,
        analysis.pressure.load_n[side][part] / weight,
        along_foot(sole, analysis.motion.time_s, force)[part],
    )


def time_above(time_s: Floats, values: Floats, level: float) -> float:
    """How long straight lines through ``values`` (n,) are above a level, s."""
    a, b = values[:-1] - level, values[1:] - level
    over = np.where((a > 0) & (b > 0), 1.0, np.maximum(np.maximum(a, b), 0.0) / np.maximum(np.abs(a - b), 1e-300))
    return float((np.diff(time_s) * over).sum())


def _times(stance: FootStance) -> dict[str, float]:
    """Times of regions, of the centre of pressure over the rearfoot, and of the valley, % of stance."""
    found = {}
    for region, load in zip(REGIONS, stance.regional_bw.T, strict=True):
        found[f"foot.{region}_time"] = stance.percent(time_above(stance.time_s, load, TOUCH_BW))
        found[f"foot.{region}_first"] = _first(stance, load)
    behind = np.nan_to_num(REGION_ENDS[0] - stance.place, nan=-1.0)
    found["foot.heel_cop_time"] = stance.percent(time_above(stance.time_s, behind, 0.0))
    n = len(stance.time_s)
    lowest = n // 4 + int(np.argmin(stance.vertical_bw[n // 4 : 3 * n // 4]))
    found["foot.valley_time"] = stance.percent(stance.time_s[lowest] - stance.time_s[0])
    return found


def _first(stance: FootStance, load: Floats) -> float:
    """When a region first bears load, % of stance; NaN where it never does."""
    bears = np.flatnonzero(load > TOUCH_BW)
    if not len(bears):
        return float("nan")
    k = int(bears[0])
    if k == 0:
        return 0.0
    part = (TOUCH_BW - load[k - 1]) / (load[k] - load[k - 1])
    return stance.percent(stance.time_s[k - 1] + part * (stance.time_s[k] - stance.time_s[k - 1]) - stance.time_s[0])


def _pressures(walk: Walk, changed: ChangedBody, side: str) -> dict[str, float]:
    """Largest pressures, kPa, and loads of both halves of the ball of the foot, BW and BW·s."""
    medial, lateral = (
        walk.vertical(changed.prepared.soles, side, f"forefoot_{half}") / walk.weight_n
        for half in ("medial", "lateral")
    )
    return {
        "foot.heel_pressure": _pressure_kpa(walk, changed, side, "heel"),
        # A shoe's sensor that knows heel, midfoot and forefoot counts the toes to the forefoot.
        "foot.forefoot_pressure": _pressure_kpa(walk, changed, side, "forefoot_medial", "forefoot_lateral", "toes"),
        "foot.medial_forefoot_peak": float(medial.max()),
        "foot.lateral_forefoot_impulse": float(np.trapezoid(lateral, walk.time_s)),
    }


def _pressure_kpa(walk: Walk, changed: ChangedBody, side: str, *regions: str) -> float:
    soles_ = changed.prepared.soles
    largest = 0.0
    for pad in soles_.of(side, *regions):
        column = walk.pads.index(soles_.pads[pad].name)
        largest = max(largest, float(changed.pressure_pa(pad, walk.pad_force_n[:, column, 1].max())))
    return largest / 1e3


def _fascia(walk: Walk, changed: ChangedBody, side: str) -> dict[str, float]:
    """Tension and strain of the prediction, which knows the layer under the foot and what holds the arch."""
    tension = float(walk.fascia_n[:, "rl".index(side)].max())
    return {
        "foot.fascia_peak": tension / walk.weight_n,
        "foot.fascia_strain": 100 * tension / changed.prepared.fascia[side].stiffness_n_per_m / FASCIA_LENGTH_M,
    }
