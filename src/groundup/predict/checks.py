"""Checks of a predicted walk by other means than those that solved it: balance of forces and of energy, in NumPy.

The solver's equations are symbols; here the same walk goes through the numerical engine, so that a slip in either
shows. Nothing here needs CasADi.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.dynamics import generalised_forces, inertial_wrenches, wrench
from groundup.engine.kinematics import Poses, Rates, points_in_ground, poses, rates
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.loads.analysis import Analysis
from groundup.predict.body.coordinates import BALANCE_ARM_M, SHIFTS
from groundup.predict.changed_body import ChangedBody
from groundup.predict.gait.walk import Walk


@dataclass(frozen=True, eq=False)
class EnergyBalance:
    """Where the energy of a cycle came from and went.

    Attributes
    ----------
    energy_j : array, shape (n,)
        Kinetic and potential energy of the body.
    work_j : by source, array, shape (n,)
        Work on the body since the start: ``muscles``, ``torques``, ``joints`` (passive moments, damping and limits),
        ``fascia``, ``pads``.
    positive_j : float
        Work of every muscle and torque while it gives energy, each for itself.
    """

    energy_j: Floats
    work_j: Mapping[str, Floats]
    positive_j: float

    @property
    def gap_percent(self) -> float:
        """Energy at the end of the cycle that no work explains, % of the positive work."""
        return float(abs(self._unexplained_j[-1]) / self.positive_j * 100)

    @property
    def largest_gap_percent(self) -> float:
        """The same at the worst instant of the cycle."""
        return float(np.abs(self._unexplained_j).max() / self.positive_j * 100)

    @property
    def _unexplained_j(self) -> Floats:
        return np.asarray(self.energy_j - self.energy_j[0] - sum(self.work_j.values()))


def walk_checks(walk: Walk, changed: ChangedBody, analysis: Analysis) -> dict[str, float]:
    """Check a solved walk: the figures by name, units in the names.

    Parameters
    ----------
    analysis : of this walk, by `outcome.analysis_of`
    """
    energy = energy_balance(walk, changed)
    left = pelvis_force_n(analysis)
    return {
        "imbalance_scaled": float(np.abs(imbalance(walk, changed)).max()),
        "energy_gap_percent": energy.gap_percent,
        "largest_energy_gap_percent": energy.largest_gap_percent,
        "pelvis_force_n": left,
        "pelvis_force_percent_bw": 100 * left / walk.weight_n,
    }


def pelvis_force_n(analysis: Analysis) -> float:
    """Greatest force, in any direction, that the full body needs at its pelvis beside the ground's, N."""
    assert analysis.moments is not None
    columns = [analysis.skeleton.coordinate_index[name] for name in SHIFTS]
    return float(np.linalg.norm(analysis.moments[:, columns], axis=1).max())


def imbalance(walk: Walk, changed: ChangedBody) -> Floats:
    """What is missing in the balance of every coordinate, scaled, shape (n, n_coordinates).

    Returns
    -------
    array : in body weights for translations, in body weights × 0.1 m for rotations, as the solver scales them
    """
    p = changed.prepared
    skeleton, at, moving = _moving(walk, changed)
    outside = _pad_wrenches(walk, changed, skeleton)
    needed = generalised_forces(skeleton, at, inertial_wrenches(skeleton, at, moving) - outside)
    found = np.zeros_like(needed)
    for part in _generalised(walk, changed).values():
        found += part.sum(axis=1)
    scale = np.array([p.weight_n * (1.0 if name in SHIFTS else BALANCE_ARM_M) for name in walk.names])
    return np.asarray((needed - found) / scale)


def energy_balance(walk: Walk, changed: ChangedBody) -> EnergyBalance:
    """Hold the energy of the body against all work on it, over one cycle.

    Notes
    -----
    Work of a muscle is that of its tension along its whole path: of fibres, their damping and their tendon together.
    What a tendon stores it gives back within the cycle. The fascia works on the toes alone (see `body.fascia`), the
    pads take what they lose by damping and friction. Power is integrated by Simpson's rule over each interval of the
    mesh, whose ends and middle the walk knows, as the solver integrates.
    """
    skeleton, at, moving = _moving(walk, changed)
    powers = {name: part @ walk.speed[..., None] for name, part in _generalised(walk, changed).items()}
    powers = {name: one[..., 0] for name, one in powers.items()}
    outside = _pad_wrenches(walk, changed, skeleton)
    powers["pads"] = (outside * moving.velocity).sum(axis=(1, 2))[:, None]
    given = np.concatenate([powers["muscles"], powers["torques"]], axis=1)
    return EnergyBalance(
        _energy(skeleton, at, moving),
        {name: _integral(walk.time_s, one.sum(axis=1)) for name, one in powers.items()},
        float(_integral(walk.time_s, np.maximum(given, 0.0).sum(axis=1))[-1]),
    )


def muscle_power_w(walk: Walk, changed: ChangedBody) -> Floats:
    """Power of each muscle with its tendon on the body, W, shape (n, n_muscles)."""
    power = _generalised(walk, changed)["muscles"] @ walk.speed[..., None]
    return np.asarray(power[..., 0])


def _moving(walk: Walk, changed: ChangedBody) -> tuple[Skeleton, Poses, Rates]:
    skeleton = compile_skeleton(changed.prepared.body)
    at = poses(skeleton, walk.q)
    return skeleton, at, rates(skeleton, at, walk.speed, walk.acceleration)


def _generalised(walk: Walk, changed: ChangedBody) -> dict[str, Floats]:
    """Generalised forces by source, each of shape (n, n_of_the_source, n_coordinates)."""
    p, names = changed.prepared, list(walk.names)
    q, speed = (dict(zip(names, values.T, strict=True)) for values in (walk.q, walk.speed))
    arms = np.zeros((len(walk.time_s), len(p.muscles), len(names)))
    for i, muscle in enumerate(p.muscles):
        for name, arm in muscle.path.arms(q).items():
            arms[:, i, names.index(name)] = arm
    joints = {n: m for n, m in changed.passive_moments(q, speed).items() if not n.startswith("pelvis_")}
    toes = {f"mtp_angle_{s}": p.fascia[s].toe_moment(walk.fascia_n[:, i]) for i, s in enumerate("rl")}
    return {
        "muscles": arms * walk.force_n[..., None],
        "torques": _along(names, dict(zip(walk.torque_names, walk.torque_nm.T, strict=True))),
        "joints": _along(names, joints),
        "fascia": _along(names, toes),
    }


def _along(names: list[str], moments: Mapping[str, Floats]) -> Floats:
    """Moments that act along one coordinate each, shape (n, n_moments, n_coordinates)."""
    found = np.zeros((len(next(iter(moments.values()))), len(moments), len(names)))
    for i, (name, moment) in enumerate(moments.items()):
        found[:, i, names.index(name)] = moment
    return found


def _pad_wrenches(walk: Walk, changed: ChangedBody, skeleton: Skeleton) -> Floats:
    """Wrench of the ground on each segment, shape (n, n_segments, 6)."""
    total = np.zeros((len(walk.time_s), len(skeleton.segments), 6))
    for pad in changed.prepared.soles.pads:
        k = walk.pads.index(pad.name)
        total[:, skeleton.segment_index[pad.segment]] += wrench(walk.pad_force_n[:, k], walk.pad_point_m[:, k])
    return total


def _energy(skeleton: Skeleton, at: Poses, moving: Rates) -> Floats:
    center = points_in_ground(at, np.arange(len(skeleton.segments)), skeleton.mass_center)
    spin = moving.velocity[..., :3]
    speed = moving.velocity[..., 3:] + np.cross(spin, center)
    inertia = at.rotation @ skeleton.inertia @ np.swapaxes(at.rotation, -1, -2)
    turning = np.einsum("fbi,fbij,fbj->fb", spin, inertia, spin)
    each = skeleton.mass * (0.5 * (speed**2).sum(-1) - center @ skeleton.gravity) + 0.5 * turning
    return np.asarray(each.sum(axis=1))


def _integral(time_s: Floats, rate: Floats) -> Floats:
    """Integral from the start by Simpson's rule, over intervals whose ends and middle are given, shape (n,).

    Half-way it is that of the parabola through the three values.
    """
    h = time_s[2::2] - time_s[:-2:2]
    first, middle, last = rate[:-2:2], rate[1::2], rate[2::2]
    whole = np.concatenate([[0.0], np.cumsum(h * (first + 4 * middle + last) / 6)])
    found = np.zeros(len(rate))
    found[::2] = whole
    found[1::2] = whole[:-1] + h * (5 * first + 8 * middle - last) / 24
    return found
