"""How far a relaxed ankle gives way: what an examiner measures by hand, and what stretching changes."""

from __future__ import annotations

import numpy as np

from groundup.predict.changed_body import ChangedBody

EXAMINER_NM = 10.0
"""Moment with which an examiner bends the ankle up: the mean of three examiners (DiGiovanni et al., 2002, Isolated
gastrocnemius tightness, J Bone Joint Surg Am 84:962)."""

_WITHIN_RAD = (-0.9, 1.2)


def passive_dorsiflexion_deg(changed: ChangedBody, side: str, moment_nm: float = EXAMINER_NM) -> float:
    """Angle to which a moment bends the relaxed ankle, deg, dorsiflexion up; NaN where it holds out or gives way.

    Parameters
    ----------
    side : ``r`` or ``l``
    moment_nm : N·m, towards dorsiflexion

    Notes
    -----
    The person lies with hips and knees straight. All passive resistance is that of the joints with what was changed
    about it: fibres have none of their own, since the published moments have theirs in them (`body.passive`).
    """
    from scipy.optimize import brentq

    names = [n for n in changed.prepared.names if not n.startswith("pelvis_")]
    at_rest = dict.fromkeys(names, 0.0)
    ankle = f"ankle_angle_{side}"

    def left_nm(angle_rad: float) -> float:
        return float(changed.passive_moments(at_rest | {ankle: angle_rad}, at_rest)[ankle]) + moment_nm

    if left_nm(_WITHIN_RAD[0]) * left_nm(_WITHIN_RAD[1]) > 0:
        return float("nan")
    return float(np.degrees(brentq(left_nm, *_WITHIN_RAD)))
