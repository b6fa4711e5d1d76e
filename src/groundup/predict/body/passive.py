"""What joints resist without muscles working: passive moments and damping, and the torques of trunk and arms.

Hip, knee and ankle in the sagittal plane follow Riener & Edrich [1]_, who measured all passive structures together,
two-joint muscles included: a straight knee stiffens the ankle, a bent hip the knee. The fibres of the muscles are
therefore given no passive force of their own (as in the default body). All else follows the table ``data/passive.tsv``.

The functions take numbers, arrays or CasADi symbols alike.

References
----------
.. [1] Riener, Edrich, Identification of passive elastic joint moments in the lower extremities, J Biomech 32, 1999,
   doi:10.1016/S0021-9290(99)00009-3
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from groundup.predict.body.coordinates import DATA, read_rows
from groundup.predict.body.maths import exp

DEG = 180.0 / np.pi
REFERENCE_MASS_KG = 75.0
"""Body mass for which torque strengths are published."""


@dataclass(frozen=True)
class PassiveJoint:
    """Two exponentials, a line and damping of one coordinate; names without side, see the table's head."""

    coordinate: str
    sign: float
    rise1: float
    rate1: float
    place1: float
    rise2: float
    rate2: float
    place2: float
    stiffness: float
    damping: float

    def moment(self, q: Any, speed: Any) -> Any:
        """Moment along the coordinate, N·m, at ``q`` rad and ``speed`` rad/s."""
        x = self.sign * q
        total = -self.damping * speed - self.stiffness * q
        for rise, rate, place in ((self.rise1, self.rate1, self.place1), (self.rise2, self.rate2, self.place2)):
            if rise:
                total = total + self.sign * rise * exp(rate * (x - place))
        return total


@dataclass(frozen=True)
class TorqueActuatorChoice:
    """Strength of one coordinate's torque, N·m, up and down the coordinate, and its time constant, s."""

    coordinate: str
    up_nm: float
    down_nm: float
    time_s: float


@dataclass(frozen=True)
class PassiveSettings:
    """What a person's joints differ in.

    Attributes
    ----------
    shift_rad : by coordinate, with its side
        How much further a coordinate goes before it meets the same resistance. A calf contracture of 5 degrees is
        ``{"ankle_angle_r": -radians(5)}``, and stretching that gains 2 degrees ``+radians(2)``.
    scale : float
        Factor on all elastic moments.
    """

    shift_rad: Mapping[str, float] = field(default_factory=dict)
    scale: float = 1.0


@cache
def read_passive() -> dict[str, PassiveJoint]:
    """Read the table of passive joints, by coordinate without side."""
    rows = read_rows(DATA / "passive.tsv")
    return {r["coordinate"]: PassiveJoint(r["coordinate"], *(float(v) for v in list(r.values())[1:])) for r in rows}


def read_torques(mass_kg: float) -> dict[str, TorqueActuatorChoice]:
    """Torques that drive trunk and arms of a person of ``mass_kg``, by coordinate without side."""
    scale = mass_kg / REFERENCE_MASS_KG
    return {
        r["coordinate"]: TorqueActuatorChoice(
            r["coordinate"], scale * float(r["up_nm"]), scale * float(r["down_nm"]), float(r["time_s"])
        )
        for r in read_rows(DATA / "torques.tsv")
    }


def passive_moments(
    q: Mapping[str, Any], speed: Mapping[str, Any], settings: PassiveSettings | None = None
) -> dict[str, Any]:
    """Passive moments by coordinate, N·m along the coordinate.

    Parameters
    ----------
    q, speed : by name of a free coordinate, rad and rad/s; those of the pelvis are passed over
    settings : PassiveSettings

    Notes
    -----
    The published ankle angle and moment count plantarflexion up; here dorsiflexion counts up.
    """
    settings = settings or PassiveSettings()
    table = read_passive()
    moved = {name: value - settings.shift_rad.get(name, 0.0) for name, value in q.items()}
    out = {}
    for name in q:
        stem, side = (name[:-2], name[-2:]) if name.endswith(("_r", "_l")) else (name, "")
        if stem not in table:
            continue
        elastic = table[stem].moment(moved[name], 0.0)
        if stem in _SAGITTAL:
            elastic = elastic + _SAGITTAL[stem](*(moved[f"{joint}{side}"] for joint in _LEG))
        out[name] = settings.scale * elastic - table[stem].damping * speed[name]
    return out


_LEG = ("hip_flexion", "knee_angle", "ankle_angle")


def riener_edrich_hip(hip: Any, knee: Any, ankle: Any) -> Any:
    """Passive hip flexion moment, N·m; angles in rad, flexion and dorsiflexion up."""
    h, k = DEG * hip, DEG * knee
    return exp(1.4655 - 0.0034 * k - 0.0750 * h) - exp(1.3403 - 0.0226 * k + 0.0305 * h) + 8.072


def riener_edrich_knee(hip: Any, knee: Any, ankle: Any) -> Any:
    """Passive knee flexion moment, N·m."""
    h, k, a = DEG * hip, DEG * knee, -DEG * ankle
    bends = exp(1.800 - 0.0460 * a - 0.0352 * k + 0.0217 * h) + exp(2.220 - 0.150 * k)
    return bends - exp(-3.971 - 0.0004 * a + 0.0495 * k - 0.0128 * h) - 4.820


def riener_edrich_ankle(hip: Any, knee: Any, ankle: Any) -> Any:
    """Passive ankle dorsiflexion moment, N·m."""
    k, a = DEG * knee, -DEG * ankle
    return -(exp(2.1016 - 0.0843 * a - 0.0176 * k) - exp(-7.9763 + 0.1949 * a + 0.0008 * k) - 1.792)


_SAGITTAL = {
    "hip_flexion": riener_edrich_hip,
    "knee_angle": riener_edrich_knee,
    "ankle_angle": riener_edrich_ankle,
}
