"""The person's own recorded walk: the body it was analysed on, and what a prediction is kept loosely near to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.chain.attribution.turning import turned
from groundup.chain.comparison.curves import complete
from groundup.chain.recorded import coordinates
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.errors import ModelError, RecordingError
from groundup.motion.events import facing_from_feet, walking_speed
from groundup.motion.soles import soles
from groundup.motion.trajectory import Motion
from groundup.predict.body.coordinates import SHIFTS
from groundup.predict.body.guess import SPEEDS_M_PER_S, OwnCycle
from groundup.predict.body.needs import lacking
from groundup.predict.body.reduced import Reduction
from groundup.predict.gait.walk import Walk
from groundup.study import Study

N_PHASES = 101
SMALLEST_SPREAD_RAD = np.radians(3.0)
"""Angles of one person differ by 2 to 5° between measurements of the same walk (McGinley et al., 2009,
doi:10.1016/j.gaitpost.2008.09.003); a spread between strides that is smaller says nothing."""

UNSURE_SPREAD_RAD = np.radians(6.0)
"""Turning of the thigh and tilting of the heel bone are told from few markers: above 5° in the same review."""

TOES_BEND_RAD = np.radians(10.0)
"""Toes of a walker bend by 25° and more; where they bend less, no marker saw them."""

BELT_M_PER_S = 0.25
"""Ground under the standing foot that moves back faster is a treadmill's belt; a foot creeps more slowly."""

CLOSES_RAD, CLOSES_SHARE = np.radians(2.0), 0.1
"""A recording without two strikes of one foot is one stride if it ends as it began: legs and pelvis to 2°, and the
force under each foot to a tenth of body weight."""

STRIKE_SHARE = 0.03
"""Part of body weight that a foot carries when it has met the ground."""

_LEFT_OUT = (*SHIFTS, "arm_", "elbow_")
_UNSURE = ("hip_rotation", "subtalar_angle")
_CLOSING = ("pelvis_tilt", "pelvis_list", "pelvis_rotation", "hip_", "knee_", "ankle_")


@dataclass(frozen=True, eq=False)
class OwnWalk:
    """A recorded walk of the person.

    Attributes
    ----------
    title : of the study
    body : the person's, scaled
    strides : array, shape (n_strides, 101, n_coordinates), rad or m
        Coordinates of ``body`` over cycles of the right foot, walking along x; ``pelvis_tx`` goes ahead over the
        ground, on a treadmill as well.
    speed_m_per_s, cycle_s : float
        Mean speed, and mean duration of these strides.
    synthetic : the walk was made by a computer
    """

    title: str
    body: Body
    strides: Floats
    speed_m_per_s: float
    cycle_s: float
    synthetic: bool = False


def own_walk(study: Study) -> OwnWalk:
    """Take a person's walk from a study of it: what ``groundup simulate --from`` starts from.

    Parameters
    ----------
    study : with its body, as analysed on groundup's own

    Raises
    ------
    ModelError
        The study has no body, or another than groundup's.
    RecordingError
        There is no whole stride of the right foot, or nobody walks.

    Notes
    -----
    Of the whole strides, those whose loads are known in every frame; all of them where there is none such, for only
    angles and places are taken. A recording that ends as it began is one stride.
    """
    body = _body(study)
    skeleton = compile_skeleton(body)
    q = coordinates(study)
    q, ground = _along_x(skeleton, study.time_s, q)
    cycles = [c for c in complete(study) if c.side == "right"]
    cycles = [c for c in cycles if c.covered] or cycles
    if cycles:
        strides = [_stride(study.time_s, q, c.start_s, c.end_s) for c in cycles]
        durations = [c.end_s - c.start_s for c in cycles]
    else:
        strides, durations = [_closed(study, body, q)], [float(study.time_s[-1] - study.time_s[0])]
    cycle_s = float(np.mean(durations))
    forward = body.coordinate_names.index("pelvis_tx")
    ahead = np.array([s[-1, forward] - s[0, forward] for s in strides])
    speed = float(np.mean(ahead) / cycle_s + ground)
    low, high = SPEEDS_M_PER_S
    if not low <= speed <= high:
        raise RecordingError(
            f"{study.title}: walks at {speed:.2f} m/s, expected {low:g} to {high:g} m/s. "
            "Record a walk at a usual speed, or leave --from out."
        )
    for one, duration in zip(strides, durations, strict=True):
        one[:, forward] += ground * duration * np.linspace(0.0, 1.0, N_PHASES)
    return OwnWalk(study.title, body, np.array(strides), speed, cycle_s, study.synthetic)


def own_cycle(reduction: Reduction, walk: OwnWalk) -> OwnCycle:
    """Mean and allowed deviation of the coordinates of a prediction body over the cycle, by name.

    Returns
    -------
    OwnCycle : angles of pelvis, legs and trunk that move. A recording's arms are often not seen, so they are left to
    the objective.

    Notes
    -----
    The allowed deviation is the standard deviation between strides, at least `SMALLEST_SPREAD_RAD`; beyond it the term
    ``own_gait`` costs, within it nothing does.
    """
    reduced = np.array([_reduced(reduction, one) for one in walk.strides])
    mean, spread = {}, {}
    for i, name in enumerate(reduction.names):
        if name.startswith(_LEFT_OUT) or _unseen(name, reduced[:, :, i]):
            continue
        least = UNSURE_SPREAD_RAD if name.startswith(_UNSURE) else SMALLEST_SPREAD_RAD
        # A prediction keeps within its bounds; a mean beyond them could not be met.
        mean[name] = np.clip(reduced[:, :, i].mean(axis=0), reduction.lower[i], reduction.upper[i])
        sd = reduced[:, :, i].std(axis=0, ddof=1) if len(reduced) > 1 else np.zeros(reduced.shape[1])
        spread[name] = np.maximum(sd, least)
    return OwnCycle(mean, spread, walk.cycle_s, walk.speed_m_per_s)


def rms_from_own_deg(walk: Walk, own: OwnCycle) -> float:
    """Distance of a walk from the recorded one, deg: root mean square over all angles that are kept near."""
    strays = [
        np.interp(np.linspace(0.0, 1.0, len(mean)), walk.phase, np.asarray(walk.values[name])) - mean
        for name, mean in own.mean.items()
    ]
    return float(np.degrees(np.sqrt(np.mean(np.square(strays)))))


def _body(study: Study) -> Body:
    """The study's body, if a prediction can be made on it."""
    coordinates(study)
    assert study.body is not None
    absent = lacking(study.body)
    if absent:
        raise ModelError(
            f"{study.title}: was analysed on the body {study.body.name}, which cannot walk by itself: it lacks "
            f"{'; '.join(absent)}. Analyse the recording without --model, on groundup's own body."
        )
    return study.body


def _along_x(skeleton: Skeleton, time_s: Floats, q: Floats) -> tuple[Floats, float]:
    """The motion turned to go along x, and how fast the ground moves back under it, m/s: a treadmill's belt."""
    at = poses(skeleton, q)
    pelvis = at.translation[:, skeleton.segment_index["pelvis"]]
    feet = soles(skeleton, at)
    heels, balls = np.array([s.heel_m for s in feet]), np.array([s.ball_m for s in feet])
    facing = facing_from_feet(heels, balls)
    own = float(np.mean((np.gradient(pelvis, time_s, axis=0) * facing).sum(-1)))
    belt = walking_speed(time_s, pelvis, heels, facing) - own
    on_belt = belt > BELT_M_PER_S
    # A pelvis that crosses the laboratory tells where it goes, and how fast, better than feet do.
    way = facing.mean(axis=0) if on_belt else (pelvis[-1] - pelvis[0]) * [1.0, 0.0, 1.0]
    none = np.zeros_like(q)
    return turned(skeleton, Motion(time_s, q, none, none), way)[1].q, belt if on_belt else 0.0


def _stride(time_s: Floats, q: Floats, start_s: float, end_s: float) -> Floats:
    """One stride at even phases, (101, n_coordinates)."""
    at = np.linspace(start_s, end_s, N_PHASES)
    return np.column_stack([np.interp(at, time_s, column) for column in q.T])


def _closed(study: Study, body: Body, q: Floats) -> Floats:
    """The one stride of a recording that ends as it began, from the strike of the right foot."""
    names = body.coordinate_names
    closing = [i for i, name in enumerate(names) if name.startswith(_CLOSING)]
    loads = {side: _vertical(study, side) for side in ("right", "left")}
    weight = float(-body.mass * body.gravity[1])
    misses = [float(abs(f[-1] - f[0])) / weight if f is not None else np.inf for f in loads.values()]
    right = loads["right"]
    turned_by = float(np.abs(q[-1, closing] - q[0, closing]).max())
    if turned_by > CLOSES_RAD or max(misses) > CLOSES_SHARE or right is None or not right.max() > STRIKE_SHARE * weight:
        raise RecordingError(
            f"{study.title}: no whole stride of the right foot, expected one from strike to strike. "
            "Record a longer walk, or leave --from out."
        )
    on = right > STRIKE_SHARE * weight
    # The last moment at which the foot carries nothing yet; the recording goes round.
    strike = int(np.flatnonzero(~on[:-1] & np.roll(on[:-1], -1))[0])
    whole = q[-1] - q[0]
    # The last frame is the first one, a stride ahead.
    rolled = np.concatenate([q[strike:-1], q[: strike + 1] + whole])
    at = np.linspace(0.0, 1.0, N_PHASES)
    time_s = np.concatenate([study.time_s[strike:-1], study.time_s[: strike + 1] + np.ptp(study.time_s)])
    phase = (time_s - time_s[0]) / (time_s[-1] - time_s[0])
    return np.column_stack([np.interp(at, phase, column) for column in rolled.T])


def _vertical(study: Study, side: str) -> Floats | None:
    """Upward force under a foot on the clock of the motion, N."""
    found = [s for s in study.series if s.group == "ground_force" and s.side == side and s.name.endswith("vy")]
    if not found:
        return None
    parts = [np.interp(study.time_s, study.time_s if s.time_s is None else s.time_s, s.values) for s in found]
    return np.asarray(np.sum(parts, axis=0))


def _reduced(reduction: Reduction, q: Floats) -> Floats:
    none = np.zeros_like(q)
    return reduction.from_full(Motion(np.arange(len(q), dtype=float), q, none, none)).q


def _unseen(name: str, values: Floats) -> bool:
    """Whether a coordinate was kept where it is, or nearly: nothing measured it."""
    return bool(np.ptp(values) < (TOES_BEND_RAD if name.startswith("mtp_") else 1e-6))
