"""From a predicted walk to a study: the same loads, measures and findings as a recording's, on the same body.

What the prediction leaves out, the full body has: coordinates become those of the full body, the forces of the pads
one force under each foot, and all muscles of the full body share the moments anew. Nothing is filtered: a predicted
walk has no noise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.pressure import REGIONS as PRESSURE_REGIONS
from groundup.body.pressure import RegionalPressure
from groundup.body.recording import AppliedForce, ExternalForces, MarkerTrajectories
from groundup.chain.attribution import Condition, condition_from
from groundup.chain.conclude import conclude
from groundup.chain.gait import gait_cycles
from groundup.engine.kinematics import Poses, points_in_ground, poses
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.loads.analysis import Analysis, check_reason
from groundup.loads.ground import Ground
from groundup.loads.muscle_forces import RESERVE_NM, SharingOptions, build_machine, share
from groundup.motion.inverse_kinematics import MarkerFit
from groundup.motion.trajectory import Motion
from groundup.predict.body import PredictionBody
from groundup.predict.effects import FEET
from groundup.predict.gait.walk import Walk
from groundup.solvers.solution import Status
from groundup.study import Cycle, Provenance, Study

CYCLES = 3
"""The walk is told three times over, so that a whole stride of each foot lies within."""

FINER = 16
"""Forces are told so many times oftener than the motion: a foot's contact begins and ends between its instants."""

_REGIONS = {
    "heel": ("heel",),
    "midfoot": ("midfoot",),
    "forefoot": ("forefoot_medial", "forefoot_lateral"),
    "toes": ("toes",),
}
NOTE = (
    "This walk was predicted by a computer, not recorded: what would cost this body least under the terms of the "
    "objective. It is repeated so that whole strides lie within."
)


def study_from(analysis: Analysis, title: str, provenance: Provenance) -> Study:
    """Make the study of a predicted walk from its analysis."""
    return conclude(analysis, title, provenance, synthetic=True)


def analysis_of(walk: Walk, prepared: PredictionBody) -> Analysis:
    """Compute everything of a predicted walk that a recording's analysis has, as arrays.

    Parameters
    ----------
    prepared : the body that the walk was solved on

    Raises
    ------
    ValueError
        The walk is not solved: an iterate is never a result.
    """
    if not walk.solved:
        raise ValueError(f"not solved: {walk.message}")
    body = prepared.reduction.full
    skeleton = compile_skeleton(body)
    motion = full_motion(walk, prepared, skeleton)
    at = poses(skeleton, motion.q)
    forces = ground_forces(walk, prepared)
    loads = share(build_machine(body, body.actuators, RESERVE_NM), motion, forces, SharingOptions())
    n = len(motion.time_s)
    markers = _markers(body, skeleton, at, motion)
    return check_reason(
        Analysis(
            body=body,
            skeleton=skeleton,
            recording=markers,
            fit=MarkerFit(
                motion.q,
                markers.names,
                np.zeros((n, len(markers.names))),
                np.zeros(n),
                np.full(n, int(Status.CONVERGED)),
            ),
            motion=motion,
            at=at,
            ground=Ground(forces, np.ones(n, dtype=bool)),
            moments=loads.moments,
            loads=loads,
            reasons={},
            notes=(NOTE,),
            pressure=regional_loads(walk, prepared),
        )
    )


def walk_condition(a: Analysis, label: str) -> Condition:
    """One cycle of a predicted walk for attribution, from right heel strike, at the walk's own instants.

    Between its instants the equations of motion hold less well, most where a foot lands; what is missing there would
    be told as a load.
    """
    time = a.motion.time_s
    each = (len(time) - 1) // CYCLES
    strike = next((c.start_s for c in gait_cycles(a) if c.side == "right"), float(time[0]))
    first = int(np.argmin(np.abs(time[: each + 1] - strike)))
    cycle = Cycle("right", float(time[first]), float(time[first + each]), "predicted walk")
    return condition_from(a, "right", cycle, label, points=each + 1)


def full_motion(walk: Walk, prepared: PredictionBody, skeleton: Skeleton) -> Motion:
    """The walk over several cycles in the coordinates of the full body."""
    reduced = Motion(
        _repeated_time(walk),
        _repeated(walk.q, ahead=_stride(walk)),
        _repeated(walk.speed),
        _repeated(walk.acceleration),
    )
    return prepared.reduction.to_full(reduced)


def ground_forces(walk: Walk, prepared: PredictionBody) -> ExternalForces:
    """One force under each foot, as a plate records it: at its centre of pressure, with the free moment."""
    fine, wrenches = _finer(walk), []
    for side, word in FEET:
        chosen = [walk.pads.index(prepared.soles.pads[i].name) for i in prepared.soles.of(side)]
        force, point, torque = _on_plate(fine(walk.pad_force_n[:, chosen]), fine(walk.pad_point_m[:, chosen]))
        ahead = np.array([walk.speed_m_per_s * walk.cycle_s, 0.0, 0.0])
        wrenches.append(
            AppliedForce(word, f"calcn_{side}", _repeated(force), _repeated(point, ahead=ahead), _repeated(torque))
        )
    return ExternalForces(_repeated_time(walk, FINER), tuple(wrenches), "predicted walk")


def regional_loads(walk: Walk, prepared: PredictionBody) -> RegionalPressure:
    """Vertical force under each region of the feet, from the pads themselves."""
    fine = _finer(walk)
    return RegionalPressure(
        _repeated_time(walk, FINER),
        {
            word: _repeated(
                fine(np.column_stack([walk.vertical(prepared.soles, side, *_REGIONS[r]) for r in PRESSURE_REGIONS]))
            )
            for side, word in FEET
        },
        "pads of the predicted walk",
    )


def _on_plate(force: Floats, point: Floats) -> tuple[Floats, Floats, Floats]:
    """Force, centre of pressure on the plane y = 0 and moment about the vertical there, of pads (n, pads, 3)."""
    total = force.sum(axis=1)
    moment = np.cross(point, force).sum(axis=1)
    # Pads keep a thousandth of a newton in the air, so nothing is divided by nought.
    center = np.stack([moment[:, 2], 0.0 * moment[:, 1], -moment[:, 0]], axis=-1) / total[:, 1:2]
    free = moment - np.cross(center, total)
    return total, center, free * [0.0, 1.0, 0.0]


def _stride(walk: Walk) -> Floats:
    ahead = np.zeros(len(walk.names))
    ahead[walk.names.index("pelvis_tx")] = walk.speed_m_per_s * walk.cycle_s
    return ahead


def _finer(walk: Walk) -> Callable[[Floats], Floats]:
    """Read values of the walk's instants (n, …) on the clock of the forces, without overshoot."""
    from scipy.interpolate import PchipInterpolator

    time, at = walk.time_s - walk.time_s[0], _finer_time(walk)
    return lambda values: np.asarray(PchipInterpolator(time, values, axis=0)(at))


def _finer_time(walk: Walk) -> Floats:
    """Instants of one cycle, each of the walk's intervals cut into ``FINER``, so that the walk's own are among them."""
    time = walk.time_s - walk.time_s[0]
    return np.asarray(np.interp(np.arange(FINER * (len(time) - 1) + 1) / FINER, np.arange(len(time)), time))


def _repeated_time(walk: Walk, finer: int = 1) -> Floats:
    time = walk.time_s - walk.time_s[0] if finer == 1 else _finer_time(walk)
    return np.concatenate([*(time[:-1] + k * walk.cycle_s for k in range(CYCLES)), [CYCLES * walk.cycle_s]])


def _repeated(values: Floats, ahead: Floats | float = 0.0) -> Floats:
    """Values of one cycle (n, …) over several, ``ahead`` further on in each; the last frame closes the last."""
    laps = [values[:-1] + k * np.asarray(ahead) for k in range(CYCLES)]
    return np.concatenate([*laps, values[-1:] + (CYCLES - 1) * np.asarray(ahead)])


def _markers(body: Body, skeleton: Skeleton, at: Poses, motion: Motion) -> MarkerTrajectories:
    """Where the body's own markers are: a predicted walk is seen without error."""
    segment = np.array([skeleton.segment_index[m.segment] for m in body.markers])
    place = points_in_ground(at, segment, np.array([m.location for m in body.markers]))
    rate = (len(motion.time_s) - 1) / (motion.time_s[-1] - motion.time_s[0])
    return MarkerTrajectories(motion.time_s, tuple(m.name for m in body.markers), place, rate, "predicted walk")
