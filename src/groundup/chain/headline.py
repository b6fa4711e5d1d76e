"""The main numbers, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from groundup.chain.gait import BOTH, speed, vertical_force
from groundup.chain.names import chain_joint, is_lumbar, lumbar_level, side_of
from groundup.chain.series import reaction_table
from groundup.loads.analysis import Analysis
from groundup.study import NAN, Headline, Side

_WHOLE = "highest value of the recording"


def headlines(a: Analysis) -> tuple[Headline, ...]:
    """Main numbers from the back down to the ground; NaN with a reason where one was not computed."""
    return (*_lumbar(a), *_contacts(a), *_push_off(a), *_ground(a), _speed(a))


def _lumbar(a: Analysis) -> Iterator[Headline]:
    reason = a.reasons.get("lumbar")
    if reason or a.loads is None:
        yield Headline("lumbar_peak", "Peak low-back compression", NAN, "BW", "none", reason or "no muscle forces")
        return
    joint = next(j for j, one in enumerate(a.body.joints) if is_lumbar(one.name))
    level = lumbar_level(a.body.joints[joint].name)
    label = f"Peak low-back compression ({level})" if level != "low back" else "Peak low-back compression"
    compression = reaction_table(a, joint)[:, 1] / a.body_weight_n
    yield Headline("lumbar_peak", label, float(compression.max()), "BW", "none", _WHOLE)


def _contacts(a: Analysis) -> Iterator[Headline]:
    reason = a.reasons.get("joint_load", "the body has no such joint")
    for role in ("hip", "knee", "ankle"):
        for side in BOTH:
            joint = _joint(a, role, side)
            value, detail = NAN, reason
            if joint is not None and a.loads is not None:
                size = np.linalg.norm(reaction_table(a, joint)[:, :3], axis=1)
                value, detail = float(size.max()) / a.body_weight_n, _WHOLE
            yield Headline(f"{role}_contact_peak", f"Peak {role} contact force", value, "BW", side, detail)


def _joint(a: Analysis, role: str, side: Side) -> int | None:
    fits = (j for j, one in enumerate(a.body.joints) if chain_joint(one.name) == role and side_of(one.name) == side)
    return next(fits, None)


def _push_off(a: Analysis) -> Iterator[Headline]:
    reason = a.reasons.get("moment", "the body has no ankle coordinate")
    for side in BOTH:
        columns = [
            i for i, c in enumerate(a.body.coordinates) if c.name.startswith("ankle_angle") and side_of(c.name) == side
        ]
        value, detail = NAN, reason
        if columns and a.moments is not None:
            value = float((-a.moments[:, columns[0]]).max() / a.body.mass)
            detail = "plantarflexion, internal, highest value of the recording"
        yield Headline("ankle_moment_peak", "Peak ankle push-off moment", value, "N·m/kg", side, detail)


def _ground(a: Analysis) -> Iterator[Headline]:
    for side in BOTH:
        force = vertical_force(a, side)
        value = NAN if force is None else float(force.max()) / a.body_weight_n
        detail = a.reasons.get("ground_force", "no plate belongs to this foot") if force is None else _WHOLE
        yield Headline("ground_force_peak", "Peak ground force, vertical", value, "BW", side, detail)


def _speed(a: Analysis) -> Headline:
    detail = "mean horizontal speed of the pelvis over the ground or the treadmill's belt"
    return Headline("speed", "Walking speed", speed(a), "m/s", "none", detail)
