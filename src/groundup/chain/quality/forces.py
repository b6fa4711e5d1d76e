"""Checks of motion against ground forces."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from groundup.body.model import MotionKind
from groundup.chain.quality.grades import graded
from groundup.chain.quality.recording import examined
from groundup.loads.analysis import Analysis
from groundup.loads.body_mass import carried_mass_kg
from groundup.motion.marker_checks import check_weight
from groundup.study import QualityItem

# Hicks et al. (2015, doi:10.1115/1.4029304): 5 % of the peak external force, which in walking is little more than the
# body weight, and for the moment 1 % of that force times the height of the mass centre, over which the errors of
# markers and plates double in a whole-body model.
FORCE_SHARE, MOMENT_SHARE = 0.05, 0.02
_SAME = 1e-6
PELVIS_TO_HEIGHT = 0.55
"""Height of the pelvis' origin in the default body over its stature: gives a height where none is known."""


def residual_items(
    a: Analysis, covered: np.ndarray | None = None, height_m: float | None = None
) -> Iterator[QualityItem]:
    """Generalised forces on the root that nothing but the ground could supply.

    Parameters
    ----------
    covered : bool array, shape (F,), or None
        Frames in which every foot on the ground is on a plate; None takes all with a known moment.
    height_m : of the person; None takes it from the height of the pelvis
    """
    if a.moments is None or a.forces is None or a.ground.estimate is not None:
        return  # forces that were made to fit the motion leave nothing to compare
    if not any(np.linalg.norm(w.force_n, axis=1).max(initial=0.0) > 0 for w in a.forces.wrenches):
        return
    known = np.isfinite(a.moments).all(axis=1)
    used = np.asarray(known if covered is None else known & covered)
    if not used.any():
        yield QualityItem(
            "moments",
            "info",
            "residuals",
            "In no frame is every foot on the ground on a plate, so motion and plates cannot be compared.",
        )
        return
    if height_m is None:
        height_m = float(np.abs(a.segment_origin(a.pelvis)[used, 1]).mean()) / PELVIS_TO_HEIGHT
    root = [i for i, c in enumerate(a.body.coordinates) if c.joint == a.body.joints[0].name]
    linear = [i for i in root if a.body.coordinates[i].motion is MotionKind.TRANSLATIONAL]
    turning = [i for i in root if i not in linear]
    weight = a.body_weight_n
    yield from _residual(a, used, "force", linear, weight, FORCE_SHARE, "% BW")
    yield from _residual(a, used, "moment", turning, weight * height_m, MOMENT_SHARE, "% BW·height")


def weight_items(a: Analysis) -> Iterator[QualityItem]:
    """The mass of the body against what the plates carry while every foot is on one."""
    carried = carried_mass_kg(a.skeleton, a.motion, a.at, a.ground)
    if carried is not None and abs(carried / a.body.mass - 1.0) < _SAME:
        return  # nobody weighed the person: the mass is what the plates carry
    yield from examined(check_weight(carried, a.body.mass))


def _residual(
    a: Analysis, used: np.ndarray, kind: str, columns: list[int], scale: float, limit: float, unit: str
) -> Iterator[QualityItem]:
    if not columns or a.moments is None:
        return
    share = np.linalg.norm(a.moments[:, columns], axis=1) / scale
    mean, worst = float(share[used].mean()), int(np.where(used, share, -1.0).argmax())
    part = "all frames" if used.all() else f"{used.sum()} of {len(used)} frames, in which every force is known"
    yield QualityItem(
        "moments",
        graded(mean > 4 * limit, mean > limit),
        f"residual {kind}, largest {100 * share[worst]:.1f} {unit} at {a.motion.time_s[worst]:.3f} s",
        f"Mean {kind} on the pelvis that motion and plates leave unexplained, over {part}.",
        100 * mean,
        unit,
        100 * limit,
        "Check that every foot contact is on a plate and on the right foot; loads are wrong by about this much."
        if mean > limit
        else "",
    )
