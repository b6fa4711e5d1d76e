"""People made of the default body: known lengths, known marker places, a walk that is exact up to chosen noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from groundup.body.default_body import default_body
from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.person import Person, Placement, Recognition
from groundup.body.recording import MarkerTrajectories
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.motion.scale_body import scale_body
from groundup.motion.scale_factors import default_pose
from groundup.motion.walk import read_walk, walk_motion

RATE_HZ = 50.0
SIGMA_M = 0.010
# Along x, y, z by the beginning of the segment's name: longer legs, a narrow pelvis, short arms.
FACTORS = {
    "pelvis": (1.03, 1.02, 0.97),
    "sacrum": (1.03, 1.02, 0.97),
    "Abdomen": (1.03, 1.04, 0.97),
    "femur": (1.00, 1.07, 1.00),
    "patella": (1.00, 1.00, 1.00),
    "tibia": (1.03, 1.05, 1.03),
    "talus": (1.04, 1.00, 0.98),
    "calcn": (1.04, 1.00, 0.98),
    "toes": (1.04, 1.00, 0.98),
    "lumbar": (1.02, 1.04, 1.02),
    "torso": (1.02, 1.04, 1.05),
    "head": (1.02, 1.02, 1.02),
    "humerus": (1.00, 0.97, 1.00),
    "ulna": (1.00, 0.98, 1.00),
    "radius": (1.00, 0.98, 1.00),
    "hand": (1.00, 1.00, 1.00),
}
LEFT_OUT = ("l1", "l3", "l5")


@dataclass(frozen=True, eq=False)
class Made:
    """A person, what was recorded of them, and the body behind it."""

    truth: Body
    recognition: Recognition
    person: Person
    standing: MarkerTrajectories
    walking: MarkerTrajectories


@cache
def body() -> Body:
    """Load the default body once."""
    return default_body()


def factors_of(whole: Body) -> dict[str, Floats]:
    """Spread :data:`FACTORS` over the segments."""
    return {s.name: np.array(next(f for n, f in FACTORS.items() if s.name.startswith(n))) for s in whole.segments}


@cache
def made(offset_m: float = 0.006, noise_m: float = 0.0, seed: int = 3) -> Made:
    """Make a person whose markers sit ``offset_m`` (standard deviation) off their landmarks, and record them."""
    random = np.random.default_rng(seed)
    whole = body()
    markers = tuple(m for m in whole.markers if m.name not in LEFT_OUT)
    bare = whole.with_(markers=markers, muscles=())
    truth = scale_body(bare, factors_of(whole))
    truth = truth.with_(
        markers=tuple(replace(m, location=m.location + offset_m * random.standard_normal(3)) for m in truth.markers)
    )
    placements = tuple(Placement(m.name, m.name, m.segment, m.location, np.full(3, SIGMA_M)) for m in markers)
    skeleton = compile_skeleton(truth)
    default = np.array([c.default for c in truth.coordinates])
    time_s = np.arange(75) / RATE_HZ
    walk = walk_motion(read_walk(), skeleton, default, time_s, 0.0)
    return Made(
        truth,
        Recognition("made", "Made", placements),
        Person(70.0),
        recorded(truth, default_pose(truth), np.zeros(1), noise_m, random),
        recorded(truth, walk.q, time_s, noise_m, random),
    )


def recorded(on: Body, q: Floats, time_s: Floats, noise_m: float, random: np.random.Generator) -> MarkerTrajectories:
    """Record the markers of a body in poses ``q`` (n_frames, n_coords)."""
    skeleton = compile_skeleton(on)
    segment = np.array([skeleton.segment_index[m.segment] for m in on.markers])
    places = points_in_ground(poses(skeleton, q), segment, np.array([m.location for m in on.markers]))
    places = places + noise_m * random.standard_normal(places.shape)
    return MarkerTrajectories(time_s, tuple(m.name for m in on.markers), places, RATE_HZ, "made")


def joint_centres(on: Body) -> dict[str, Floats]:
    """Where segments hang on their joints in the default pose, m, ground axes."""
    skeleton = compile_skeleton(on)
    at = poses(skeleton, default_pose(on))
    hang = {j.child: j.child_frame.translation for j in on.joints}
    return {
        name: at.translation[0, i] + at.rotation[0, i] @ hang[name]
        for name, i in skeleton.segment_index.items()
        if name in hang
    }


def lengths(on: Body) -> Mapping[str, float]:
    """Distances between joint centres, m."""
    at = joint_centres(on)
    pairs = {
        "hips": ("femur_r", "femur_l"),
        "thigh_r": ("femur_r", "tibia_r"),
        "thigh_l": ("femur_l", "tibia_l"),
        "shank_r": ("tibia_r", "talus_r"),
        "shank_l": ("tibia_l", "talus_l"),
        "upper_arm_r": ("humerus_r", "ulna_r"),
        "forearm_r": ("ulna_r", "hand_r"),
        "shoulders": ("humerus_r", "humerus_l"),
    }
    return {name: float(np.linalg.norm(at[a] - at[b])) for name, (a, b) in pairs.items()}
