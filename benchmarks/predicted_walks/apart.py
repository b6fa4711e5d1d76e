"""Other gaits of one side beside heel pain: their main signs, and by which of them they can be told apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.predicted_walks.solving import Solved, request_of
from groundup.predict.acceptance import cases
from groundup.predict.request import HEALTHY

PAIN = "pain6"
OTHERS = ("weak_hip", "tight_calf", "short_leg", "s1_root")
LEAST_PART, LEAST_DEG = 0.02, 0.5
"""Smallest change that counts: in parts of the healthy value, or of an angle (chosen by us)."""


@dataclass(frozen=True)
class Sign:
    """Something to look at; ``least_deg`` for an angle, whose healthy value may be near zero."""

    measure: str
    side: str
    label: str
    is_angle: bool = False

    def least(self, healthy: float) -> float:
        """Smallest change that counts, in the measure's unit."""
        return LEAST_DEG if self.is_angle else LEAST_PART * abs(healthy)


SIGNS = (
    Sign("foot.heel_impulse", "right", "impulse under the heel, BW·s"),
    Sign("foot.heel_cop_time", "right", "centre of pressure over the heel, % of stance"),
    Sign("foot.forefoot_impulse", "right", "impulse under the forefoot, BW·s"),
    Sign("foot.first_peak", "right", "first peak of the ground force, BW"),
    Sign("foot.second_peak", "right", "second peak of the ground force, BW"),
    Sign("foot.achilles_peak", "right", "Achilles tendon, BW"),
    Sign("foot.ankle_dorsiflexion", "right", "dorsiflexion in stance, °", is_angle=True),
    Sign("knee.flexion_stance", "right", "knee bends as it takes the load, °", is_angle=True),
    Sign("hip.contact_peak", "right", "hip contact, BW"),
    Sign("hip.contact_peak", "left", "hip contact of the other side, BW"),
    Sign("hip.abduction_moment", "right", "moment of the hip's abductors, N·m/kg"),
    Sign("posture.pelvic_obliquity", "none", "right side of the pelvis up, mean, °", is_angle=True),
    Sign("posture.pelvic_drop", "right", "other side of the pelvis sinks in this stance, °", is_angle=True),
    Sign("posture.trunk_lean_stance", "right", "trunk leans towards this leg in its stance, °", is_angle=True),
    Sign("gait.stance", "right", "stance, % of the stride"),
    Sign("gait.single_support_ratio", "right", "single support over that of the other side"),
    Sign("gait.contralateral_step_ratio", "right", "the other foot's step over this one's"),
    Sign("low_back.compression_peak", "none", "L5/S1, BW"),
)


def apart_table(solved: Mapping[str, Solved]) -> list[str]:
    """Lines of Markdown: the healthy value of each sign and its change with pain and with the others.

    Bold where a sign falls, stays or rises and with heel pain it does not.
    """
    known = [name for name in (PAIN, *OTHERS) if name in solved and solved[name].walk.solved]
    if HEALTHY not in solved or PAIN not in known:
        return ["not computed"]
    labels = [request_of(cases()[name]).cases[-1].label for name in known]
    lines = [f"| right side | healthy | {' | '.join(labels)} |", f"|---|---|{'---|' * len(known)}"]
    for sign in SIGNS:
        healthy, *changes = _values(solved, known, sign)
        least, pain = sign.least(healthy), changes[0]
        told = [_told(change, is_apart(change, pain, least)) for change in changes]
        lines.append(f"| {sign.label} | {_number(healthy)} | {' | '.join(told)} |")
    return lines


def is_apart(change: float, pain: float, least: float) -> bool:
    """Whether a change goes another way than pain's: one falls, stays or rises where the other does not."""
    if not (math.isfinite(change) and math.isfinite(pain)):
        return False
    return _way(change, least) != _way(pain, least) and abs(change - pain) > least


def _way(change: float, least: float) -> int:
    return (change > least) - (change < -least)


def _values(solved: Mapping[str, Solved], names: list[str], sign: Sign) -> Iterator[float]:
    """The healthy value, then changes from it."""
    key = (sign.measure, sign.side)
    healthy = solved[HEALTHY].readings.get(key, math.nan)
    yield healthy
    for name in names:
        yield solved[name].readings.get(key, math.nan) - healthy


def _told(change: float, apart: bool) -> str:
    words = f"{change:+.2g}" if math.isfinite(change) else "not computed"
    return f"**{words}**" if apart else words


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "not computed"
