"""A recording of a walk that nobody walked: markers and ground forces made from the body's own dynamics.

It serves as demonstration and as a test with a known truth. The joint angles are close to published mean ones (see
``data/walk_targets.tsv``); what the markers and plates record is what this body must do to move so.
"""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.recording import AppliedForce, ExternalForces, MarkerTrajectories
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.motion.trajectory import Motion
from groundup.motion.walk import Walk, read_walk, walk_motion
from groundup.motion.walk_forces import foot_forces

MARKER_HZ, FORCE_HZ = 100.0, 1000.0
DURATION_S = 3.0
START_PHASE = 0.80  # the right leg swings; its first strike comes a fifth of a cycle later
SOURCE = "synthetic walk (groundup demo)"

CAMERA_NOISE_M = 0.0003
# Soft tissue moves over bone by millimetres, most at the thigh (Leardini et al., 2005,
# doi:10.1016/j.gaitpost.2004.05.002); root mean square per direction, m.
SOFT_TISSUE_M = {"femur": 0.004, "tibia": 0.0015, "pelvis": 0.0015, "torso": 0.002, "humerus": 0.001, "toes": 0.0003}
ELSEWHERE_M = 0.0005


def synthetic_recording(body: Body, seed: int = 1) -> tuple[MarkerTrajectories, ExternalForces, Motion]:
    """Record a walk of nearly three strides at 1.25 m/s.

    Parameters
    ----------
    body : the default body; a scaled copy walks with the same joint angles, and its feet slide accordingly
    seed : of the noise of the markers; the same seed gives the same recording

    Returns
    -------
    markers : MarkerTrajectories, 100 Hz, ground axes (x ahead, y up, z right)
        With noise of the cameras and slow shifts of the skin.
    forces : ExternalForces, 1000 Hz
        Under the right and the left foot, without noise; together exactly what the motion needs.
    truth : Motion
        The coordinates behind the markers, at their times.

    Raises
    ------
    ModelError
        The body lacks coordinates or contact spheres of the default body.
    """
    walk, skeleton = read_walk(), compile_skeleton(body)
    default = np.array([c.default for c in body.coordinates])
    time_s = np.arange(round(DURATION_S * MARKER_HZ) + 1) / MARKER_HZ
    truth = walk_motion(walk, skeleton, default, time_s, START_PHASE)
    markers = _markers(body, skeleton, truth, walk, np.random.default_rng(seed))
    return markers, _forces(body, skeleton, walk, default), truth


def _markers(
    body: Body, skeleton: Skeleton, truth: Motion, walk: Walk, random: np.random.Generator
) -> MarkerTrajectories:
    segment = np.array([skeleton.segment_index[m.segment] for m in body.markers])
    at = poses(skeleton, truth.q)
    position = points_in_ground(at, segment, np.array([m.location for m in body.markers]))
    shift = _skin_shift(body, truth.time_s / walk.cycle_s, random)
    position = position + (at.rotation[:, segment] @ shift[..., None])[..., 0]
    position = position + CAMERA_NOISE_M * random.standard_normal(position.shape)
    return MarkerTrajectories(truth.time_s, tuple(m.name for m in body.markers), position, MARKER_HZ, SOURCE)


def _skin_shift(body: Body, cycles: Floats, random: np.random.Generator) -> Floats:
    """Shift of each marker in its segment, (n_frames, n_markers, 3), m: three harmonics of the cycle, random phases."""
    size = np.array([SOFT_TISSUE_M.get(m.segment.split("_")[0], ELSEWHERE_M) for m in body.markers])
    phase = random.uniform(0.0, 2 * np.pi, (3, len(size), 3))
    share = random.dirichlet(np.ones(3), (len(size), 3)).transpose(2, 0, 1)
    angle = 2 * np.pi * np.arange(1, 4)[:, None] * cycles
    waves = np.sqrt(2 * share) * np.sin(angle.T[:, :, None, None] + phase)
    return np.asarray(size[:, None] * waves.sum(1))


def _forces(body: Body, skeleton: Skeleton, walk: Walk, default: Floats) -> ExternalForces:
    """Forces of the whole recording from those of one cycle, which repeat a stride further on."""
    time_s = np.arange(round(DURATION_S * FORCE_HZ) + 1) / FORCE_HZ
    per_cycle = round(walk.cycle_s * FORCE_HZ)
    cycle = walk_motion(walk, skeleton, default, time_s[:per_cycle], START_PHASE)
    force, point, torque = foot_forces(body, skeleton, cycle, START_PHASE + cycle.time_s / walk.cycle_s)
    lap, within = np.divmod(np.arange(len(time_s)), per_cycle)
    bears = (force[within, :, 1:2] > 0.0) * [1.0, 0.0, 0.0]
    points = point[within] + walk.stride_m * lap[:, None, None] * bears
    return ExternalForces(
        time_s,
        tuple(
            AppliedForce(name, f"calcn_{name[0]}", force[within, i], points[:, i], torque[within, i])
            for i, name in enumerate(("right", "left"))
        ),
        SOURCE,
    )
