"""A walk made fit to start from for a body whose legs, feet or shoes are other ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares

from groundup.body.functions import Floats
from groundup.body.model import ContactSphere
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.motion.walk import harmonics
from groundup.predict.body import PredictionBody
from groundup.predict.body.coordinates import SHIFTS
from groundup.predict.body.guess import normal_forces, pad_levers
from groundup.predict.changed_body import ChangedBody
from groundup.predict.gait.walk import Walk

ENOUGH_BW = 0.02
"""A pad whose force is off by less settles of itself."""

MOVED = ("hip_", "knee_", "ankle_", "subtalar_", "mtp_", "pelvis_list", *SHIFTS)
SMOOTH_HARMONICS = 6
"""Harmonics of the stride in which legs and pelvis may move; the rest would be a shock."""

MOST_EVALUATIONS = 25
# Sizes at which an error counts as much as others: of a pad's force and of a foot's, of the speed at which a pad slips
# while it carries a fifth of the body, of how much lower a foot swings; and of how far a coordinate goes.
FORCE_BW, SLIP_M_PER_S, LOW_M = 0.05, 0.02, 0.01
CONTACT = 0.5
"""The ground meets a pad half way into the indentation (`contact_force`), or half way up to one in the air."""

GRIPPING = 0.9
"""Part of its full value up to which friction tells how fast a pad slips."""

CARRYING_BW, SWINGING_BW = 0.2, 0.02
STRAY_RAD, STRAY_M, STRAY_HEIGHT_M = np.radians(2.5), 0.01, 0.1


def settled(start: Walk, changed: ChangedBody) -> Walk:
    """Move the legs and the pelvis of a walk so that the feet of another body meet the ground as its own did.

    Parameters
    ----------
    start : of a body with the same coordinates
    changed : the body that is to walk: on a lift, with a shorter leg, heavier

    Returns
    -------
    Walk : the same but for the legs' angles, and the place and obliquity of the pelvis; itself where every pad bears
        what it bore

    Notes
    -----
    With 8 mm under a heel a walk presses it into the ground with ten times body weight. A solver that starts from there
    wanders through other walks before it returns, and may end in a dearer one. Least squares over the stride find the
    smallest smooth change after which every pad bears the same part of body weight, slips as it did and swings as
    high.
    """
    feet = _feet(start, changed.prepared)
    if np.abs(_forces(feet)).max() < ENOUGH_BW * feet.weight_n:
        return start
    known: dict[bytes, tuple[Floats, Floats]] = {}

    def at(x: Floats) -> tuple[Floats, Floats]:
        if x.tobytes() not in known:
            known.clear()
            known[x.tobytes()] = _errors(feet, x)
        return known[x.tobytes()]

    found = least_squares(
        lambda x: at(x)[0], np.zeros(len(feet.stray)), lambda x: at(x)[1], method="lm", max_nfev=MOST_EVALUATIONS
    )
    moves = (feet.stray * found.x).reshape(len(feet.moved), -1)
    values = dict(start.values)
    for order, (basis, what) in enumerate(zip(_waves(start), ("", " speed", " acceleration"), strict=True)):
        for name, move in zip(feet.moved, moves, strict=True):
            values[name + what] = np.asarray(values[name + what]) + basis @ move / start.cycle_s**order
    return replace(start, values=values)


def _waves(start: Walk) -> tuple[Floats, Floats, Floats]:
    return harmonics(start.phase, SMOOTH_HARMONICS)


@dataclass(frozen=True, eq=False)
class _Feet:
    """The start on the changed body, and what its feet should do.

    F frames (the last, which is the first again, left out), C coordinates, K pads, P numbers to be found.
    """

    skeleton: Skeleton
    pads: tuple[ContactSphere, ...]
    right: np.ndarray  # (K,) bool
    weight_n: float
    q: Floats  # (F, C)
    speed: Floats  # (F, C)
    moved: tuple[str, ...]
    stray: Floats  # (P,) m or rad, by how much each may go
    q_slope: Floats  # (F, C, P), for each stray
    speed_slope: Floats  # (F, C, P)
    normal_n: Floats  # (F, K)
    slip: Floats  # (F, K, 2) m/s, forwards and sideways
    height: Floats  # (F, K) m; NaN where the foot carries


def _feet(start: Walk, p: PredictionBody) -> _Feet:
    moved = tuple(name for name in start.names if name.startswith(MOVED))
    value, first, _ = (basis[:-1] for basis in _waves(start))
    number = np.append(0, np.repeat(np.arange(1, SMOOTH_HARMONICS + 1), 2))
    stray = np.array([np.where(n in SHIFTS, STRAY_M, STRAY_RAD) / np.maximum(number, 1) for n in moved])
    stray[moved.index("pelvis_ty"), 0] = STRAY_HEIGHT_M
    slopes = np.zeros((2, len(value), len(start.names), *stray.shape))
    for row, name in enumerate(moved):
        slopes[:, :, start.names.index(name), row] = np.stack([value, first / start.cycle_s]) * stray[row]
    pads = p.soles.pads
    force = start.pad_force_n[:-1, [start.pads.index(pad.name) for pad in pads]] * p.body.mass / start.mass_kg
    right = np.array([side == "r" for side in p.soles.side])
    weight = p.body.mass * start.weight_n / start.mass_kg
    swings = np.zeros((len(force), len(pads)), dtype=bool)
    for foot in (right, ~right):
        swings[:, foot] = (force[:, foot, 1].sum(axis=1) < SWINGING_BW * weight)[:, None]
    height = start.pad_point_m[:-1, [start.pads.index(pad.name) for pad in pads], 1] / CONTACT
    skeleton = compile_skeleton(p.reduction.body)
    _, lever = pad_levers(skeleton, pads, start.q[:-1], CONTACT)
    velocity = np.einsum("fkac,fc->fka", lever, start.speed[:-1])[..., [0, 2]]
    return _Feet(
        skeleton=skeleton,
        pads=pads,
        right=right,
        weight_n=weight,
        q=start.q[:-1],
        speed=start.speed[:-1],
        moved=moved,
        stray=stray.ravel(),
        q_slope=slopes[0].reshape(*slopes.shape[1:3], -1),
        speed_slope=slopes[1].reshape(*slopes.shape[1:3], -1),
        normal_n=force[..., 1],
        slip=_slip(pads, force, velocity),
        height=np.where(swings, np.maximum(height, 0.0), np.nan),
    )


def _slip(pads: tuple[ContactSphere, ...], force: Floats, velocity: Floats) -> Floats:
    """Speed at which each pad slipped, m/s, as its friction tells: that grows with it up to the transition velocity.

    Beyond, friction tells nothing more, and the ``velocity`` that it would have stands for it.
    """
    friction = np.array([2 * pad.static_friction - pad.dynamic_friction for pad in pads])
    transition = np.array([pad.transition_velocity for pad in pads])
    grip = -force[..., [0, 2]] / (np.maximum(force[..., 1], 1e-6) * friction)[..., None]
    slides = np.linalg.norm(grip, axis=-1) > GRIPPING
    return np.where(slides[..., None], velocity, grip * transition[:, None])


def _forces(feet: _Feet) -> Floats:
    """By how much the force on each pad is off before anything is moved, N, shape (F, K)."""
    depth, lever = pad_levers(feet.skeleton, feet.pads, feet.q)
    approach = -np.einsum("fkc,fc->fk", lever[:, :, 1], feet.speed)
    return normal_forces(feet.pads, depth, approach) - feet.normal_n


def _errors(feet: _Feet, x: Floats) -> tuple[Floats, Floats]:
    """Errors (n,) in their sizes, and their derivatives (n, P), after a move of ``x`` strays."""
    q, speed = feet.q + feet.q_slope @ x, feet.speed + feet.speed_slope @ x
    depth, lever = pad_levers(feet.skeleton, feet.pads, q, CONTACT)
    by_q = np.einsum("fkac,fcp->fkap", lever, feet.q_slope, optimize=True)
    by_speed = np.einsum("fkac,fcp->fkap", lever, feet.speed_slope, optimize=True)
    velocity = np.einsum("fkac,fc->fka", lever, speed)
    approach, step = -velocity[..., 1], 1e-6
    normal = normal_forces(feet.pads, depth, approach)
    by_depth = (normal_forces(feet.pads, depth + step, approach) - normal) / step
    by_rate = (normal_forces(feet.pads, depth, approach + step) - normal) / step
    slope = -by_depth[..., None] * by_q[:, :, 1] - by_rate[..., None] * by_speed[:, :, 1]
    off, size = normal - feet.normal_n, FORCE_BW * feet.weight_n
    parts = [(off / size, slope / size)]
    parts += [(off[:, foot].sum(1) / size, slope[:, foot].sum(1) / size) for foot in (feet.right, ~feet.right)]
    carries = np.sqrt(np.clip(feet.normal_n, 0.0, None) / (CARRYING_BW * feet.weight_n)) / SLIP_M_PER_S
    for k, axis in enumerate((0, 2)):
        parts.append((carries * (velocity[..., axis] - feet.slip[..., k]), carries[..., None] * by_speed[:, :, axis]))
    low = np.fmax(depth + feet.height, 0.0) / LOW_M
    low = np.where(np.isnan(feet.height), 0.0, low)
    parts.append((low, np.where((low > 0.0)[..., None], -by_q[:, :, 1] / LOW_M, 0.0)))
    # Frames count together as ten observations of each kind, so that how far anything is moved still weighs.
    weigh = np.sqrt(10.0 / len(q))
    errors = np.concatenate([weigh * error.ravel() for error, _ in parts] + [x])
    slopes = [weigh * rows.reshape(-1, len(x)) for _, rows in parts]
    return errors, np.concatenate([*slopes, np.eye(len(x))])
