"""Find the demonstration walk: joint angles near the published ones on which feet stand still and forces look human.

Published mean joint angles (``walk_targets.tsv``) do not fit one body exactly: played back as they are, feet slide and
sink and the ground forces that follow from the accelerations are wrong. Here a sum of sines per coordinate is fitted,
by Gauss-Newton steps, to the published angles, to feet that stand still, to toes that clear the ground, to published
ground forces and to a centre of pressure under the foot. The result is written to ``walk.tsv``::

    python tools/make_demo_walk.py [--start-again]

The sources of the angles stand in their table.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groundup.body.default_body import default_body
from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.engine.dynamics import inertial_wrenches
from groundup.engine.kinematics import cross, points_in_ground, poses, rates
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.motion.walk import WALK_FILE, Walk, read_walk, walk_motion
from groundup.motion.walk_forces import load_share, pressure_points, smooth_curve, stance_part, vertical_target

TARGETS = WALK_FILE.with_name("walk_targets.tsv")
CYCLE_S, SPEED = 1.09, 1.25
N_HARMONICS = 9
N_FRAMES = 44  # over half a cycle; the other half is its mirror image
STEP = 1e-6
CHUNK = 512

ROOT = {"pelvis_tx": "even", "pelvis_ty": "even", "pelvis_tz": "odd"}

# Fore-aft force under one foot, body weights, over stance (Winter, 2009, ch. 5), and towards the midline.
AHEAD_KNOTS = (0.0, 0.04, 0.18, 0.5, 0.85, 0.95, 1.0)
AHEAD_BW = (0.0, -0.03, -0.17, 0.0, 0.19, 0.08, 0.0)
INWARD_KNOTS = (0.0, 0.05, 0.2, 0.5, 0.8, 1.0)
INWARD_BW = (0.0, -0.02, 0.05, 0.035, 0.045, 0.0)

# Part of the cycle within which each region of the sole stands on the ground.
CONTACT = {
    "heel": (-0.01, 0.37),
    "midfoot": (0.10, 0.37),
    "forefoot_medial": (0.10, 0.50),
    "forefoot_lateral": (0.10, 0.49),
    "toes_medial": (0.12, 0.59),
    "toes_lateral": (0.12, 0.55),
}
CLEARANCE_M = 0.012
# Half the width of a step at the heel and at the ball of the foot, m: 11 cm, toes turned out by 7 degrees.
HALF_STEP_M = {"heel": 0.055, "forefoot_medial": 0.032, "forefoot_lateral": 0.117}


@dataclass(frozen=True, eq=False)
class Fit:
    """Everything the residuals need."""

    body: Body
    skeleton: Skeleton
    default: Floats
    names: tuple[str, ...]
    symmetry: tuple[str, ...]
    target: Floats  # (n_names, 2 h + 1)
    spread: Floats  # (n_names,)
    free: np.ndarray  # (n_names, 2 h + 1) bool
    phase: Floats  # (N_FRAMES,)


def read_targets(phase: Floats) -> tuple[list[str], list[str], Floats, Floats]:
    """Names, symmetries, published angles (n_names, n) and their spread, rad."""
    from scipy.interpolate import CubicSpline, PchipInterpolator

    names, symmetries, curves, spreads = [], [], [], []
    for line in TARGETS.read_text(encoding="utf-8").splitlines()[2:]:
        name, symmetry, spread, points = line.split("\t")
        at, value = np.array([[float(x) for x in p.split(":")] for p in points.split()]).T
        if symmetry == "odd":
            at, value = np.append(at, at + 50), np.append(value, -value)
        at, value = np.concatenate([at - 100, at, at + 100]), np.tile(value, 3)
        curve = 0.5 * (PchipInterpolator(at, value)(100 * phase) + CubicSpline(at, value)(100 * phase))
        names.append(name)
        symmetries.append(symmetry)
        curves.append(np.radians(curve))
        spreads.append(np.radians(float(spread)))
    return names, symmetries, np.array(curves), np.array(spreads)


def build() -> Fit:
    """Body, targets and which coefficients are free."""
    from groundup.motion.walk import harmonics

    body = default_body()
    skeleton = compile_skeleton(body)
    whole = np.arange(200) / 200
    names, symmetry, curves, spread = read_targets(whole)
    basis = harmonics(whole, N_HARMONICS)[0]
    target = np.linalg.lstsq(basis, curves.T, rcond=None)[0].T
    root = np.zeros((3, target.shape[1]))
    root[1, 0] = 0.975
    root[2, 2] = 0.02  # towards the standing foot
    order = np.repeat(np.arange(1, N_HARMONICS + 1), 2)
    masks = {"side": order > 0, "even": order % 2 == 0, "odd": order % 2 == 1}
    names, symmetry = [*ROOT, *names], [*ROOT.values(), *symmetry]
    free = np.array([np.append(s != "odd", masks[s]) for s in symmetry])
    free[0, 0] = False  # where along the way the walk begins
    spread = np.concatenate([[0.02, 0.02, 0.03], spread])
    for i, name in enumerate(names):
        if name.startswith(("arm", "elbow", "L5", "pelvis_ti")):
            free[i, 5:] = False  # slow parts of the body: two harmonics
    target = np.where(free, np.vstack([root, target]), 0.0)
    phase = (np.arange(N_FRAMES) + 0.5) / (2 * N_FRAMES)
    default = np.array([c.default for c in body.coordinates])
    return Fit(body, skeleton, default, tuple(names), tuple(symmetry), target, spread, free, phase)


def as_walk(fit: Fit, coefficients: Floats) -> Walk:
    """Walk of given coefficients."""
    on_side = np.array([s == "side" for s in fit.symmetry])
    return Walk(fit.names, on_side, coefficients, CYCLE_S, SPEED)


def residuals(fit: Fit, many: Floats) -> Floats:
    """Weighted errors (n_sets, n_errors) of several sets of coefficients (n_sets, n_names, 2 h + 1)."""
    per = max(1, CHUNK // N_FRAMES)
    return np.concatenate([_some(fit, many[i : i + per]) for i in range(0, len(many), per)])


def _some(fit: Fit, sets: Floats) -> Floats:
    motions = [walk_motion(as_walk(fit, c), fit.skeleton, fit.default, fit.phase * CYCLE_S) for c in sets]
    q, qd, qdd = (np.concatenate([getattr(m, part) for m in motions]) for part in ("q", "speed", "acceleration"))
    at = poses(fit.skeleton, q)
    moving = rates(fit.skeleton, at, qd, qdd)
    phase = np.tile(fit.phase, len(sets))
    parts = [*_contact_errors(fit, at, moving, phase), *_force_errors(fit, at, moving, phase), *_limit_errors(fit, q)]
    frames = np.concatenate([p.reshape(len(sets), -1) / np.sqrt(N_FRAMES) for p in parts], axis=1)
    near = (sets - fit.target) / fit.spread[:, None]
    near[:, :3] = 0.0
    near[:, 1, 0] = 0.0
    order = np.append(0, np.repeat(np.arange(1, N_HARMONICS + 1), 2))
    # Higher harmonics are what acceleration shows most; keep them small.
    calm = sets * (order / 6.0) ** 3 / 0.010
    return np.concatenate([frames, near.reshape(len(sets), -1) / np.sqrt(2), calm.reshape(len(sets), -1)], axis=1)


def _contact_errors(fit: Fit, at, moving, phase):  # type: ignore[no-untyped-def]
    spheres = {c.name: c for c in fit.body.contacts}
    for i, side in enumerate("rl"):
        foot = (phase + 0.5 * i) % 1.0
        for region, (on, off) in CONTACT.items():
            c = spheres[f"{region}_{side}"]
            s = np.array([fit.skeleton.segment_index[c.segment]])
            center = points_in_ground(at, s, c.location[None])[:, 0]
            bottom = center - [0.0, c.radius, 0.0]
            motion = moving.velocity[:, s[0]]
            speed = motion[:, 3:] + cross(motion[:, :3], bottom)
            held = (((foot + 0.05) % 1.0 - 0.05 >= on) & (foot <= off) | (foot - 1 >= on)).astype(float)
            height = bottom[:, 1] + 0.002
            yield held * height / (0.001 if region == "heel" else 0.002)
            yield (held * (0.5 if "toes" in region else 1.0))[:, None] * speed[:, [0, 2]] / 0.03
            if region in HALF_STEP_M:
                aside = center[:, 2] * (1 if side == "r" else -1) - HALF_STEP_M[region]
                yield held * aside / 0.006
            swings = (foot > off + 0.12) & (foot < 0.93)
            low = np.maximum(0.0, CLEARANCE_M - bottom[:, 1])
            yield swings * low / 0.004
            yield np.maximum(0.0, -0.004 - bottom[:, 1]) / 0.001


def _force_errors(fit: Fit, at, moving, phase):  # type: ignore[no-untyped-def]
    wrench = inertial_wrenches(fit.skeleton, at, moving).sum(1)
    weight = float(fit.skeleton.mass.sum() * np.linalg.norm(fit.skeleton.gravity))
    share, foot = load_share(phase), pressure_points(fit.body, fit.skeleton, at, phase)
    s = stance_part(phase)
    vertical = vertical_target(phase).sum(-1)
    ahead = np.where(s < 1, smooth_curve(AHEAD_KNOTS, AHEAD_BW, s), 0.0).sum(-1)
    inward = (np.where(s < 1, smooth_curve(INWARD_KNOTS, INWARD_BW, s), 0.0) * [-1.0, 1.0]).sum(-1)
    force = wrench[:, 3:] / weight
    yield (force[:, 1] - vertical) / 0.025
    yield (force[:, 0] - ahead) / 0.03
    yield (force[:, 2] - inward) / 0.015
    goal = (share[..., None] * foot).sum(1)
    upright = np.clip(wrench[:, 4:5], 0.3 * weight, None)
    center = np.stack([wrench[:, 2], -wrench[:, 0]], -1) / upright
    yield (center - goal[:, [0, 2]]) / 0.006
    given = goal[:, 2] * wrench[:, 3] - goal[:, 0] * wrench[:, 5]
    yield (wrench[:, 1] - given) / 10.0


def _limit_errors(fit: Fit, q: Floats):  # type: ignore[no-untyped-def]
    for i, c in enumerate(fit.body.coordinates):
        if c.clamped and np.isfinite(c.range).all():
            low, high = c.range
            slack = np.radians(1.5)
            yield np.maximum(0.0, low + slack - q[:, i]) / np.radians(0.5)
            yield np.maximum(0.0, q[:, i] - high + slack) / np.radians(0.5)


def solve(fit: Fit, start: Floats, n_steps: int = 40) -> Floats:
    """Levenberg-Marquardt steps from ``start``."""
    x, damping = start.copy(), 1e-2
    r = residuals(fit, x[None])[0]
    places = np.argwhere(fit.free)
    for step in range(n_steps):
        moved = np.repeat(x[None], len(places), axis=0)
        moved[np.arange(len(places)), places[:, 0], places[:, 1]] += STEP
        jacobian = (residuals(fit, moved) - r).T / STEP
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ r
        for _ in range(8):
            change = np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-9), -gradient)
            trial = x.copy()
            trial[fit.free] += change
            r_trial = residuals(fit, trial[None])[0]
            if r_trial @ r_trial < r @ r:
                break
            damping *= 4
        else:
            break
        gain = 1 - (r_trial @ r_trial) / (r @ r)
        x, r, damping = trial, r_trial, damping / 5
        print(f"step {step}: cost {0.5 * r @ r:.2f}", flush=True)
        if gain < 3e-4:
            break
    return x


def write(fit: Fit, x: Floats, path: Path = WALK_FILE) -> None:
    """Write the coefficients, rad or m."""
    pairs = [f"{part}{k}" for k in range(1, N_HARMONICS + 1) for part in ("cos", "sin")]
    lines = [f"# cycle_s={CYCLE_S} speed_m_per_s={SPEED}", "\t".join(["coordinate", "symmetry", "mean", *pairs])]
    for name, symmetry, row in zip(fit.names, fit.symmetry, x, strict=True):
        lines.append("\t".join([name, symmetry, *(f"{v:.9g}" for v in row)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(again: bool) -> None:
    """Fit and write."""
    fit = build()
    start = fit.target if again or not WALK_FILE.exists() else read_walk().coefficients
    x = solve(fit, np.where(fit.free, start, 0.0))
    write(fit, x)


if __name__ == "__main__":
    main("--start-again" in sys.argv)
