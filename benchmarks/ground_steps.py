"""The mean step of some of the recordings, so that the others can be estimated by people they have not seen."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.names import side_of
from groundup.body.recording import ExternalForces
from groundup.loads.analysis import Analysis
from groundup.loads.ground_estimate import LOAD_KNOTS, PRESSURE_KNOTS, UsualStep, level_way, stance_part
from groundup.motion.foot_contacts import foot_contacts
from groundup.motion.soles import SIDES, Sole, soles

LOADED = 0.05  # of the body weight: with less, where a force acts says nothing
NEAR = 0.04  # of the stance: what is so near a knot tells its value


def under(forces: ExternalForces, side: str, a: Analysis) -> tuple[Floats, Floats]:
    """Force and centre of pressure under one foot on the clock of the motion, (F, 3) and (F, 2)."""
    clock = a.motion.time_s
    force, moment = np.zeros((len(clock), 3)), np.zeros((len(clock), 3))
    for wrench in forces.wrenches:
        if side_of(wrench.segment or "") != side:
            continue
        columns = np.hstack([wrench.force_n, np.cross(wrench.point_m, wrench.force_n)])
        at = np.column_stack([np.interp(clock, forces.time_s, c) for c in columns.T])
        force, moment = force + at[:, :3], moment + at[:, 3:]
    upward = np.maximum(force[:, 1], 1.0)
    return force, np.column_stack([moment[:, 2] / upward, -moment[:, 0] / upward])


def mean_step(analyses: list[Analysis]) -> UsualStep:
    """Medians of what plates measured, near each part of the stance for which a step is described."""
    seen = np.concatenate([_stances(a) for a in analyses])
    bears = seen[seen[:, 3] > LOADED]
    along, outward = (_near(bears, PRESSURE_KNOTS, column) for column in (1, 2))
    return UsualStep(along, outward, _near(seen, LOAD_KNOTS, 3))


def _near(rows: Floats, knots: tuple[float, ...], column: int) -> tuple[float, ...]:
    return tuple(float(np.median(rows[np.abs(rows[:, 0] - knot) < NEAR, column])) for knot in knots)


def _stances(a: Analysis) -> Floats:
    """Part of the stance, place along and across the sole as a usual step has them, and body weights; (n, 4)."""
    contacts = foot_contacts(a.skeleton, a.at, a.motion.time_s)
    part, _ = stance_part(a.motion.time_s, contacts)
    assert a.forces is not None
    found = []
    for i, sole in enumerate(soles(a.skeleton, a.at)):
        force, place = under(a.forces, SIDES[i], a)
        along, outward = _on_sole(sole, place)
        known = a.ground.known & contacts.on_ground[:, i]
        found.append(np.column_stack([part[:, i], along, outward, force[:, 1] / a.body_weight_n])[known])
    return np.concatenate(found)


def _on_sole(sole: Sole, place: Floats) -> tuple[Floats, Floats]:
    way = level_way(sole)[:, [0, 2]]
    outer = np.column_stack([-way[:, 1], way[:, 0]]) * (1.0 if sole.side == "right" else -1.0)
    heel, ball, tip = (p[:, [0, 2]] for p in (sole.heel_m, sole.ball_m, sole.tip_m))
    x, to_ball, to_tip = (((p - heel) * way).sum(axis=1) for p in (place, ball, tip))
    along = np.where(x < to_ball, x / to_ball, np.minimum(1 + (x - to_ball) / (to_tip - to_ball), 2.0))
    return along, ((place - heel) * outer).sum(axis=1) / sole.breadth_m
