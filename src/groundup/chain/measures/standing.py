"""Posture from a standing trial: what the fitted body does in it, and which foot bears how much."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import AppliedForce, Recording
from groundup.chain.gait import BOTH
from groundup.chain.measures.bearings import Bearings, bearings, joint_points, shows_trunk
from groundup.chain.measures.walked import OTHER, Reading, Walked
from groundup.engine.kinematics import Poses, poses
from groundup.engine.skeleton import Skeleton
from groundup.loads.analysis import Analysis
from groundup.motion.events import CONTACT_N
from groundup.motion.soles import soles
from groundup.study import Side

STANDING = "posture.standing_"
"""Measures whose ids begin so come from the standing trial."""

NO_TRIAL = "no standing trial was given (--static)"
NO_PLATES = "in the standing trial no force plate tells the feet apart"
WHOLE_WEIGHT = 0.9
"""Plates that bear less than this part of the body weight miss a foot."""

BESIDE_M = 0.02
"""A centre of pressure this far outside the outline of a foot still belongs to it: places of foot markers, 1 to 2 cm
(Della Croce 2005, doi:10.1016/j.gaitpost.2004.05.003)."""


def standing_reading(w: Walked) -> Reading:
    """Read off the standing trial; one value for each measure, empty without a trial."""
    fitting = w.a.fitting
    if fitting is None or fitting.still is None or fitting.fitted.standing_q is None:
        return {}
    at = _pose(w.a.skeleton, tuple(fitting.fitted.standing_q))
    forward = _facing(w.a.skeleton, at)
    if forward is None:
        return {}
    seen = shows_trunk(w.a, _seen(fitting.still))
    posture = bearings(w.a, at, forward[None], np.array([fitting.fitted.standing_q]), trunk=seen)
    return _posture(posture) | _legs(w.a.skeleton, at) | _weight(w.a, at, fitting.still)


@lru_cache(maxsize=8)
def _pose(skeleton: Skeleton, q: tuple[float, ...]) -> Poses:
    return poses(skeleton, skeleton.couplers.apply(np.array([q])))


def _facing(skeleton: Skeleton, at: Poses) -> Floats | None:
    """Unit vector (3,) of where the feet point together: outward turns of both cancel; None without two feet."""
    found = soles(skeleton, at)
    if len(found) < len(BOTH):
        return None
    way = [(s.ball_m - s.heel_m)[0] * [1.0, 0.0, 1.0] for s in found]
    both = np.sum([x / max(float(np.linalg.norm(x)), 1e-9) for x in way], axis=0)
    size = float(np.linalg.norm(both))
    return both / size if size > 0.1 else None


def _seen(still: Recording) -> set[str]:
    """Markers that were seen at least once."""
    seen = np.isfinite(still.markers.positions_m[..., 0]).any(axis=0)
    return {still.markers.names[i] for i in np.flatnonzero(seen)}


def _posture(found: Bearings) -> Reading:
    values = {
        "trunk_lean": found.trunk_forward,
        "trunk_lean_right": found.trunk_right,
        "pelvic_tilt": found.pelvis_tilt,
        "pelvic_obliquity": found.pelvis_right_up,
        "pelvic_rotation": found.pelvis_turned,
        "lordosis": found.lordosis,
        "shoulder_level": found.shoulder_right_up,
    }
    return {(f"{STANDING}{name}", "none"): one for name, one in values.items() if one is not None}


def _legs(skeleton: Skeleton, at: Poses) -> Reading:
    """Functional length: from the hip straight to the ankle as the person stands, knees bent or not."""
    hips, ankles = (joint_points(skeleton, at, word) for word in ("hip", "ankle"))
    sides = [s for s in BOTH if s in hips and s in ankles]
    return {(f"{STANDING}leg_length", s): np.linalg.norm(hips[s] - ankles[s], axis=1) for s in sides}


def _weight(a: Analysis, at: Poses, still: Recording) -> Reading:
    """Part of the weight on each foot, %, where each foot stands on plates of its own."""
    load = plate_loads(a.skeleton, at, still)
    total = sum(load.values())
    if len(load) < len(BOTH) or total < WHOLE_WEIGHT * a.body_weight_n:
        return {}
    return {(f"{STANDING}weight_share", s): np.array([100 * load[s] / total]) for s in BOTH}


def plate_loads(skeleton: Skeleton, at: Poses, still: Recording) -> dict[Side, float]:
    """Mean load of each foot, N; nothing where a plate bears both feet or none."""
    if still.forces is None:
        return {}
    outlines = {s.side: s.outline_m[0] for s in soles(skeleton, at)}
    load: dict[Side, float] = {}
    for plate in still.forces.wrenches:
        force = float(np.mean(plate.force_n[:, 1]))
        if force < CONTACT_N:
            continue
        own = [s for s, outline in outlines.items() if _inside(_center(plate), outline)]
        if len(own) != 1 or _shared(still, plate, outlines[OTHER[own[0]]]):
            return {}
        load[own[0]] = load.get(own[0], 0.0) + force
    return load


def _center(plate: AppliedForce) -> Floats:
    """Mean centre of pressure seen from above, (2,) m: forward, right."""
    push = np.maximum(plate.force_n[:, 1], 0.0)
    return np.asarray(np.average(np.nan_to_num(plate.point_m[:, [0, 2]]), axis=0, weights=push))


def _shared(still: Recording, plate: AppliedForce, other: Floats) -> bool:
    """Whether the other foot stands on the same plate."""
    own = [p for p in still.plates if p.name == plate.name]
    return any(_inside(other.mean(0), p.corners_m[:, [0, 2]], 0.0) for p in own)


def _inside(point: Floats, corners: Floats, beside_m: float = BESIDE_M) -> bool:
    """Whether a point (2,) lies within a convex outline (n, 2), or closer to it than ``beside_m``."""
    edge = np.roll(corners, -1, axis=0) - corners
    off = point - corners
    across = (edge[:, 0] * off[:, 1] - edge[:, 1] * off[:, 0]) / np.maximum(np.linalg.norm(edge, axis=1), 1e-9)
    return bool((across >= -beside_m).all() or (across <= beside_m).all())
