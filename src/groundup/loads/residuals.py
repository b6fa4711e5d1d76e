"""Move mass within a body so that its motion and the measured ground forces agree better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, Segment
from groundup.body.recording import ExternalForces
from groundup.engine.dynamics import inertial_wrenches
from groundup.engine.kinematics import Poses, cross, poses, rates
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.loads.external import external_wrenches
from groundup.motion.trajectory import Motion

# How far segment masses and the trunk's mass centre of people are from those that lengths and the whole mass give:
# one standard deviation, from the spread between published sets (de Leva, 1996, doi:10.1016/0021-9290(95)00178-6;
# Dumas et al., 2007, doi:10.1016/j.jbiomech.2006.02.013). Twice that is never passed.
SHARE_SIGMA, SHARE_LIMIT = 0.05, 0.10
CENTER_SIGMA_M, CENTER_LIMIT_M = 0.025, 0.05
# Residuals that are good enough, of body weight and of body weight times leg length (Hicks et al., 2015,
# doi:10.1115/1.4029304: 5 % of the external force; 1 % of it times the height of the centre of mass), the unit they are
# counted in.
FORCE_UNIT, MOMENT_UNIT_M = 0.05, 0.01
# Errors of neighbouring frames are the same error: a recording tells as much as this many frames of their own.
INDEPENDENT_FRAMES = 20.0

# Segments whose masses change together, by the beginning of their names; the trunk takes in what it carries.
GROUPS = {
    "trunk": ("torso", "head", "humerus", "ulna", "radius", "hand"),
    "pelvis": ("pelvis", "sacrum", "lumbar", "Abdomen"),
    "thighs": ("femur", "patella"),
    "shanks": ("tibia",),
    "feet": ("talus", "calcn", "toes"),
}
TRUNK = "torso"


@dataclass(frozen=True, eq=False)
class ResidualReduction:
    """What was changed, and what it did to the residual force and moment at the root segment.

    Attributes
    ----------
    shares : group to change of its mass, as a fraction
    center_shift_m : array, shape (3,), m, trunk axes: how far the trunk's mass centre was moved
    force_n, moment_nm : root mean square before and after
    """

    shares: Mapping[str, float]
    center_shift_m: Floats
    force_n: tuple[float, float]
    moment_nm: tuple[float, float]

    @property
    def words(self) -> str:
        """What was done, for a reader."""
        shares = ", ".join(f"{group} {100 * share:+.1f} %" for group, share in self.shares.items())
        shift = ", ".join(f"{1000 * s:+.0f}" for s in self.center_shift_m)
        return (
            f"Mass was moved within the body to explain the ground forces: {shares}; mass centre of the trunk "
            f"{shift} mm (forward, up, right). Residual force {self.force_n[0]:.0f} to {self.force_n[1]:.0f} N, moment "
            f"{self.moment_nm[0]:.0f} to {self.moment_nm[1]:.0f} N·m (root mean square)."
        )


def reduce_residuals(body: Body, motion: Motion, forces: ExternalForces) -> tuple[Body, ResidualReduction]:
    """Adjust the shares of mass and the trunk's mass centre to a recording; the whole mass stays.

    Parameters
    ----------
    body : scaled to the person
    motion : frames in which every ground force is known
    forces : N and N·m, on segments

    Returns
    -------
    body : with new masses, inertias and mass centre of the trunk
    reduction : what was done

    Notes
    -----
    The residuals are what the root joint would have to push from outside. They depend on the masses linearly and on
    the trunk's mass centre nearly so; both are found by bounded least squares with a weak pull to what they were. As
    the mass adjustment of residual reduction [1]_, but the motion is left as it was measured.

    References
    ----------
    .. [1] Delp et al., 2007, doi:10.1109/TBME.2007.901024
    """
    from scipy.optimize import lsq_linear

    skeleton = compile_skeleton(body)
    at = poses(skeleton, motion.q)
    unit = _unit(body, skeleton, at)
    before = _residuals(skeleton, at, motion, forces)
    groups, columns = _columns(body, skeleton, at, motion)
    mass = np.array([sum(s.mass for s in body.segments if _group(s.name) == g) for g in groups])
    frames = len(motion.time_s)
    weight = np.sqrt(min(1.0, INDEPENDENT_FRAMES / frames)) / unit
    sigma = np.array([SHARE_SIGMA] * len(groups) + [CENTER_SIGMA_M] * 3)
    limit = np.array([SHARE_LIMIT] * len(groups) + [CENTER_LIMIT_M] * 3)
    conserved = np.concatenate([mass / body.mass, np.zeros(3)]) * 1e4  # as good as an equation
    rows = np.concatenate([(columns * weight[:, None]).reshape(-1, len(sigma)), np.diag(1 / sigma), conserved[None]])
    goal = np.concatenate([-(before * weight).ravel(), np.zeros(len(sigma) + 1)])
    found = lsq_linear(rows, goal, (-limit, limit), tol=1e-12).x
    shares = dict(zip(groups, (float(x) for x in found[:-3]), strict=True))
    changed = _with(body, shares, found[-3:])
    after = _residuals(compile_skeleton(changed), at, motion, forces)
    rms = [(_rms(r[:, 3:]), _rms(r[:, :3])) for r in (before, after)]
    return changed, ResidualReduction(shares, found[-3:], (rms[0][0], rms[1][0]), (rms[0][1], rms[1][1]))


def _group(segment: str) -> str:
    return next((g for g, names in GROUPS.items() if segment.startswith(names)), "")


def _residuals(skeleton: Skeleton, at: Poses, motion: Motion, forces: ExternalForces) -> Floats:
    """Moment about the root segment's origin and force, (F, 6), N·m and N, that nothing explains."""
    outside = external_wrenches(skeleton, at, motion.time_s, forces).sum(1)
    return _about_root(at, _needed(skeleton, at, motion).sum(1) - outside)


def _needed(skeleton: Skeleton, at: Poses, motion: Motion) -> Floats:
    moving = rates(skeleton, at, motion.speed, motion.acceleration)
    return inertial_wrenches(skeleton, at, moving)


def _about_root(at: Poses, wrenches: Floats) -> Floats:
    """Move wrenches (F, 6) from the ground origin to the origin of the root segment, the first."""
    moment = wrenches[:, :3] - cross(at.translation[:, 1], wrenches[:, 3:])
    return np.concatenate([moment, wrenches[:, 3:]], axis=-1)


def _columns(body: Body, skeleton: Skeleton, at: Poses, motion: Motion) -> tuple[tuple[str, ...], Floats]:
    """Derivatives of the residuals by the groups' shares and the trunk's mass centre, (F, 6, n)."""
    needed = _needed(skeleton, at, motion)
    names = [_group(name) for name in skeleton.segments]
    groups = tuple(g for g in GROUPS if g in names)
    columns = [_about_root(at, needed[:, [n == g for n in names]].sum(1)) for g in groups]
    step = 1e-4
    for axis in range(3):
        moved = compile_skeleton(_with(body, {}, step * np.eye(3)[axis]))
        columns.append(_about_root(at, (_needed(moved, at, motion) - needed).sum(1)) / step)
    return groups, np.stack(columns, axis=-1)


def _with(body: Body, shares: Mapping[str, float], shift_m: Floats) -> Body:
    """Change the masses of groups by fractions, and move the trunk's mass centre; the whole mass stays."""
    segments = [_changed(s, 1.0 + shares.get(_group(s.name), 0.0), shift_m * (s.name == TRUNK)) for s in body.segments]
    # What rounding and the weight of the equation left over.
    total = body.mass / sum(s.mass for s in segments)
    return body.with_(segments=tuple(replace(s, mass=s.mass * total, inertia=s.inertia * total) for s in segments))


def _changed(segment: Segment, factor: float, shift_m: Floats) -> Segment:
    return replace(
        segment,
        mass=segment.mass * factor,
        inertia=segment.inertia * factor,
        mass_center=segment.mass_center + shift_m,
    )


def _unit(body: Body, skeleton: Skeleton, at: Poses) -> Floats:
    """What a residual is counted in, (6,): three moments, N·m, and three forces, N."""
    weight = body.mass * float(np.linalg.norm(skeleton.gravity))
    height = float(at.translation[:, 1, 1].mean() - at.translation[..., 1].min())
    return np.concatenate([np.full(3, MOMENT_UNIT_M * weight * max(height, 0.1)), np.full(3, FORCE_UNIT * weight)])


def _rms(x: Floats) -> float:
    return float(np.sqrt((x**2).sum(-1).mean()))
