"""Muscles: effort, work, length and timing by group, and how both sides and both sides of a joint share them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.gait import BOTH
from groundup.chain.measures.walked import Reading, Stride, Walked, frames
from groundup.chain.muscle_activity import LOWEST_RATE_HZ, envelopes
from groundup.chain.muscle_groups import MuscleGroup, members, muscle_groups
from groundup.engine.muscle import compile_muscles
from groundup.engine.muscle_tendon import tendon_stretch
from groundup.loads.muscle_forces import MuscleLoads
from groundup.study import NAN, Side

PAIRS = {
    "ankle": (("calf",), ("tibialis",)),
    "knee": (("quadriceps",), ("hamstrings",)),
    "hip": (("hip_flexors",), ("gluteus_maximus", "hamstrings")),
    "trunk": (("erector_spinae", "multifidus"), ("abdominals",)),
}
"""Groups on both sides of a joint, by joint."""

ON_PART = 0.2
"""Of its highest value in the stride, above which a muscle is called on (Hodges and Bui, 1996, compare such rules)."""


@dataclass(frozen=True, eq=False)
class GroupLoads:
    """A group over time: activation weighted by volume, its square, force and power; each (F,)."""

    activation: Floats
    effort: Floats
    force: Floats
    power: Floats
    fiber: Floats
    passive: Floats


def muscle_reading(w: Walked) -> Reading:
    """Read off the groups; of the trunk's as well, each side on its own foot's strides."""
    loads = w.a.loads
    if loads is None or not w.strides:
        return {}
    volume, fiber = _volumes(w, loads), fiber_lengths(w, loads)
    found: Reading = {}
    for side in BOTH:
        groups = {g.id: one for g in muscle_groups() if (one := _group(w, loads, g, side, volume, fiber)) is not None}
        for name, one in groups.items():
            found |= _one_group(w, name, one, side)
        for joint, (front, back) in PAIRS.items():
            a, b = (_together_active(groups, names) for names in (front, back))
            if a is not None and b is not None:
                found[f"muscles.co_contraction_{joint}", side] = w.stride(side, _shared(a, b), np.mean)
                found[f"muscles.balance_{joint}", side] = _balance(w, side, a, b)
        found |= _trunk_timing(w, groups, side) | _agreement(w, groups, side)
    return found


def fiber_lengths(w: Walked, loads: MuscleLoads) -> Floats:
    """Length of the fibres in optimal lengths under the forces found, (F, M)."""
    muscles = compile_muscles(tuple(m for m in w.a.body.muscles if m.applies_force))
    along = loads.length - muscles.slack_length - tendon_stretch(muscles, np.nan_to_num(loads.force))
    return np.asarray(np.hypot(np.maximum(along, 0.0), muscles.thickness) / muscles.optimal_length)


def _volumes(w: Walked, loads: MuscleLoads) -> Floats:
    """Strength times fibre length: what a muscle's share of effort and energy goes with, (M,)."""
    size = {m.name: m.max_isometric_force * m.optimal_fiber_length for m in w.a.body.muscles}
    return np.array([size[m] for m in loads.muscles])


def _group(
    w: Walked, loads: MuscleLoads, group: MuscleGroup, side: Side, volume: Floats, fiber: Floats
) -> GroupLoads | None:
    own = members(group, loads.muscles, side)
    if not len(own):
        return None
    part = volume[own] / volume[own].sum()
    shortening = -np.gradient(loads.length[:, own], w.time_s, axis=0)
    return GroupLoads(
        loads.activation[:, own] @ part,
        np.square(loads.activation[:, own]) @ part,
        loads.force[:, own].sum(1),
        (loads.force[:, own] * shortening).sum(1),
        fiber[:, own] @ part,
        loads.passive_force[:, own].sum(1),
    )


def _one_group(w: Walked, name: str, g: GroupLoads, side: Side) -> Reading:
    mass, weight = w.a.body.mass, w.a.body_weight_n
    dt = float(np.median(np.diff(w.time_s)))
    # The effort of a stride per mean square: 100 would be full activation of all muscles all the time.
    return {
        (f"muscles.effort.{name}", side): w.stride(side, 100 * g.effort, np.mean),
        (f"muscles.activation.{name}", side): w.stride(side, 100 * g.activation, np.max),
        (f"muscles.force.{name}", side): w.stride(side, g.force / weight, np.max),
        (f"muscles.passive.{name}", side): w.stride(side, g.passive / weight, np.max),
        (f"muscles.work.{name}", side): w.stride(side, np.maximum(g.power, 0.0) / mass, lambda p: p.sum() * dt),
        (f"muscles.fibre_shortest.{name}", side): w.stride(side, g.fiber, np.min),
        (f"muscles.fibre_longest.{name}", side): w.stride(side, g.fiber, np.max),
    }


def _shared(a: Floats, b: Floats) -> Floats:
    """Activity of the weaker of two opposing groups as part of their mean, % (Falconer and Winter, 1985)."""
    return 100 * 2 * np.minimum(a, b) / np.maximum(a + b, 1e-9)


def _together_active(groups: dict[str, GroupLoads], names: tuple[str, ...]) -> Floats | None:
    """Mean activation (F,) of those groups the body has; None where it has none."""
    own = [groups[g].activation for g in names if g in groups]
    return np.asarray(np.mean(own, axis=0)) if own else None


def _balance(w: Walked, side: Side, one: Floats, other: Floats) -> Floats:
    """Part of the first in the activity of both over the stride, %."""
    first, second = w.stride(side, one, np.mean), w.stride(side, other, np.mean)
    return 100 * first / np.maximum(first + second, 1e-9)


def _trunk_timing(w: Walked, groups: dict[str, GroupLoads], side: Side) -> Reading:
    """When the back extensors of a side are most active after its foot's strike, and for how long they are on.

    They are active twice in a stride, about once with each strike: the first half of a side's stride holds its own.
    """
    level = _together_active(groups, PAIRS["trunk"][0])
    if level is None:
        return {}
    return {
        ("muscles.trunk_extensor_time", side): w.stride(
            side, level, lambda v: 100 * float(np.argmax(v[: len(v) // 2 + 1])) / len(v)
        ),
        ("muscles.trunk_extensor_on", side): w.stride(
            side, level, lambda v: 100 * float(np.mean(v > ON_PART * v.max()))
        ),
    }


def _agreement(w: Walked, groups: dict[str, GroupLoads], side: Side) -> Reading:
    """Part of the stride, %, that computed and recorded activity are on or off together."""
    emg = w.a.emg
    if emg is None or emg.rate_hz < LOWEST_RATE_HZ or len(emg.table.time_s) < 16:
        return {}
    clock, percent = envelopes(emg)
    found: Reading = {}
    for group in muscle_groups():
        named = [i for i, c in enumerate(emg.table.columns) if _channel_side(c) == side and group.emg.search(c)]
        if group.id in groups and named:
            recorded = np.interp(w.time_s, clock, percent[:, named].mean(1))
            together = [_together(w, s, groups[group.id].activation, recorded) for s in w.of(side)]
            found[f"muscles.emg_agreement.{group.id}", side] = np.array(together)
    return found


def _channel_side(channel: str) -> Side:
    """Side of a channel by its first or last letter: ``R_soleus``, ``LTA``, ``soleus left``."""
    word = channel.strip().lower()
    if word.startswith(("r_", "r ", "r-", "right", "rt")) or word.endswith(("_r", " r", "right")):
        return "right"
    return "left" if word.startswith(("l_", "l ", "l-", "left", "lt")) else "none"


def _together(w: Walked, s: Stride, computed: Floats, recorded: Floats) -> float:
    inside = frames(w.time_s, s.start_s, s.end_s)
    one, two = computed[inside], recorded[inside]
    if len(one) < 10 or not np.isfinite(one).all() or not two.max() > 0:
        return NAN
    return float(100 * np.mean((one > ON_PART * one.max()) == (two > ON_PART * two.max())))
