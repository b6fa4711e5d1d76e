"""Lay out the problem of fitting a body: frames, unknowns, and how much each marker is believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, Marker
from groundup.body.person import Person, Placement
from groundup.body.recording import MarkerTrajectories
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.errors import RecordingError
from groundup.motion.body_frames import FEWEST_MARKERS, quietest_average, upright_poses, walking_frames
from groundup.motion.body_hips import hip_rule
from groundup.motion.body_pose_priors import pose_priors
from groundup.motion.body_problem import BodyProblem, PlacedMarkers, bones_of
from groundup.motion.body_proportions import SHIFTS, Parameters, carried_over, compile_parameters, tapes
from groundup.motion.inverse_kinematics import Tasks, build_problem, solve_from
from groundup.motion.scale_body import scale_geometry

# How far skin moves over bone during walking, one standard deviation per direction, m: most at the thigh, least at the
# foot (Leardini et al., 2005, doi:10.1016/j.gaitpost.2004.05.002; Peters et al., 2010,
# doi:10.1016/j.gaitpost.2009.09.004).
SKIN_M = {
    "pelvis": 0.005,
    "sacrum": 0.005,
    "femur": 0.010,
    "tibia": 0.006,
    "talus": 0.004,
    "calcn": 0.004,
    "toes": 0.005,
    # The chest is no rigid body, the spine bends in more ways than one flexion, and shoulder blades glide: what the
    # joints here cannot follow must not turn the pelvis.
    "torso": 0.015,
    "humerus": 0.015,
    "ulna": 0.012,
    "radius": 0.012,
    "hand": 0.012,
    "head": 0.012,
}
SKIN_ELSEWHERE_M = 0.012
# A joint centre in a recording was computed by somebody who knew more than its place: it is taken at its word.
CENTRE_SIGMA_M, CENTRE_NOISE_M = 0.002, 0.003
KEYPOINT_M = 0.02  # places less sure than this were seen in a video
# Standing still: sway and cameras, and what a posture unlike walking does to the skin and to what the joints cannot
# follow.
STANDING_M, STANDING_SHARE = 0.004, 0.6
# Skin moves the same way in every step, so the frames of a walk tell as much as this many that know nothing of each
# other.
INDEPENDENT_FRAMES = 3.0

START_TOLERANCE = 1e-4  # of the poses to start from
GOAL_SHARE = 0.1


STANDING, WALKING = 0, 1  # kinds of frames


def build_body_problem(
    body: Body,
    placements: tuple[Placement, ...],
    person: Person,
    standing: MarkerTrajectories | None,
    walking: MarkerTrajectories | None,
) -> BodyProblem:
    """Choose frames and lay out the unknowns and what is known of them.

    Raises
    ------
    RecordingError
        No frame shows enough markers whose place on the body is known.
    """
    placements = tuple(_with_joint(body, p) for p in placements)
    labels = tuple(p.label for p in placements)
    measured, kind = measured_frames(labels, labels, standing, walking)
    seen = np.asarray(np.isfinite(measured).all(-1))
    used = np.flatnonzero(seen.any(0))
    _check(len(kind), placements, standing, walking)
    measured, seen = measured[:, used], seen[:, used]
    skeleton = compile_skeleton(body)
    parameters = compile_parameters(body, person)
    markers = _placed(body, parameters, tuple(placements[i] for i in used), skeleton)
    n_walking = max(int((kind == WALKING).sum()), 1)
    share = np.where(kind == STANDING, 1.0, min(1.0, INDEPENDENT_FRAMES / n_walking))
    deviation = np.where(kind[:, None] == STANDING, standing_noise_m(markers.skin_m), markers.skin_m)
    free = _free(body, skeleton)
    centres = {p.segment for p, c in zip(placements, _centres(body, placements), strict=True) if c}
    landmarks = {placements[i].landmark: column for column, i in enumerate(used)}
    return BodyProblem(
        bones=bones_of(body),
        parameters=parameters,
        markers=markers,
        target=np.where(seen[..., None], measured, 0.0),
        precision=seen * share[:, None] / deviation**2,
        free=free,
        base=np.array([c.default for c in body.coordinates]),
        prior=(pose_priors(body, standing=True), pose_priors(body, standing=False)),
        prior_kind=kind,
        prior_share=np.where(kind == STANDING, 1.0, 1.0 / n_walking),
        tapes=tapes(body, person),
        # Hip centres that were recorded are better than a rule for them.
        hips=None if "pelvis" in centres else hip_rule(body, landmarks, skeleton.segment_index),
    )


def measured_frames(
    labels: tuple[str, ...],
    known: tuple[str, ...],
    standing: MarkerTrajectories | None,
    walking: MarkerTrajectories | None,
) -> tuple[Floats, np.ndarray]:
    """Positions (F, n_labels, 3), m, of ``labels`` in the frames that show enough ``known`` ones, and frames' kinds.

    NaN where a marker was not seen or a recording lacks it.
    """
    frames: list[tuple[Floats, tuple[str, ...], int]] = []
    if standing is not None:
        frames.append((quietest_average(standing)[None], standing.names, STANDING))
    if walking is not None:
        frames.append((walking.positions_m[walking_frames(walking, known)], walking.names, WALKING))
    if not frames:
        return np.zeros((0, len(labels), 3)), np.zeros(0, dtype=int)
    count = np.concatenate([np.isfinite(in_order(x, names, known)).all(-1).sum(-1) for x, names, _ in frames])
    measured = np.concatenate([in_order(x, names, labels) for x, names, _ in frames])
    kind = np.concatenate([np.full(len(x), k) for x, _, k in frames])
    return measured[count >= FEWEST_MARKERS], kind[count >= FEWEST_MARKERS]


def standing_noise_m(skin: Floats) -> Floats:
    """How far markers on skin that moves by ``skin`` during walking are off in standing, m."""
    return np.maximum(STANDING_M, STANDING_SHARE * skin)


def _placed(body: Body, parameters: Parameters, placements: tuple[Placement, ...], skeleton: Skeleton) -> PlacedMarkers:
    centre = _centres(body, placements)
    sigma = np.array([p.sigma_m for p in placements])
    return PlacedMarkers(
        tuple(p.label for p in placements),
        np.array([skeleton.segment_index[p.segment] for p in placements]),
        np.array([p.location_m for p in placements]),
        np.where(centre[:, None], np.minimum(sigma, CENTRE_SIGMA_M), sigma),
        np.where(centre, CENTRE_NOISE_M, [skin_m(p.segment) for p in placements]),
        carried_over(body, parameters, [p.segment for p in placements], np.array([p.location_m for p in placements])),
    )


def _centres(body: Body, placements: tuple[Placement, ...]) -> np.ndarray:
    return np.array([_is_joint_centre(body, p) for p in placements], dtype=bool)


def _free(body: Body, skeleton: Skeleton) -> np.ndarray:
    fixed = set(skeleton.couplers.dependent.tolist()) | {i for i, c in enumerate(body.coordinates) if c.locked}
    return np.array([i for i in range(len(body.coordinates)) if i not in fixed], dtype=int)


def _with_joint(body: Body, placement: Placement) -> Placement:
    """Put the centre of a joint that may be moved on the segment that moves with it."""
    moving = {name for shift in SHIFTS for name in shift.joints}
    for joint in body.joints:
        at_joint = np.allclose(placement.location_m, joint.parent_frame.translation, atol=1e-6)
        if joint.name in moving and joint.parent == placement.segment and at_joint:
            return replace(placement, segment=joint.child, location_m=joint.child_frame.translation)
    return placement


def _is_joint_centre(body: Body, placement: Placement) -> bool:
    """Whether a marker is a joint centre that another program computed, and no key point in a video."""
    if placement.sigma_m.max() > KEYPOINT_M:
        return False
    centres = [j.parent_frame.translation for j in body.joints if j.parent == placement.segment]
    centres += [j.child_frame.translation for j in body.joints if j.child == placement.segment]
    return any(np.allclose(placement.location_m, c, atol=1e-6) for c in centres)


def skin_m(segment: str) -> float:
    """Return how far skin moves over a segment's bone, m, one standard deviation per direction."""
    return SKIN_M.get(segment.rsplit("_", 1)[0], SKIN_ELSEWHERE_M)


def in_order(positions: Floats, names: tuple[str, ...], labels: tuple[str, ...]) -> Floats:
    """Positions (F, n_labels, 3) of ``labels``, NaN for those that a recording lacks."""
    out = np.full((len(positions), len(labels), 3), np.nan)
    column = {n: i for i, n in enumerate(names)}
    for i, label in enumerate(labels):
        if label in column:
            out[:, i] = positions[:, column[label]]
    return out


def _check(
    n_frames: int,
    placements: tuple[Placement, ...],
    standing: MarkerTrajectories | None,
    walking: MarkerTrajectories | None,
) -> None:
    source = next((m.source for m in (walking, standing) if m is not None and m.source), "recording")
    if not n_frames:
        names = ", ".join(p.label for p in placements[:8]) or "none"
        raise RecordingError(
            f"{source}: no frame shows {FEWEST_MARKERS} markers whose place on the body is known ({names}), expected "
            "at least one. Check the labels with groundup inspect, or describe the marker set in a TOML file."
        )


def start(problem: BodyProblem) -> tuple[Floats, Floats]:
    """Poses of a body that is scaled evenly, by plain inverse kinematics from upright ones."""
    values = problem.parameters.mean.copy()
    factor = float(np.exp(values[0]))
    even = {s.name: np.full(3, factor) for s in problem.bones.segments}
    markers = problem.markers
    names = {i + 1: s.name for i, s in enumerate(problem.bones.segments)}
    on_body = tuple(
        Marker(label, names[int(s)], factor * x)
        for label, s, x in zip(markers.labels, markers.segment, markers.location_m, strict=True)
    )
    scaled = scale_geometry(problem.bones, even).with_(markers=on_body)
    slack = 1.0 / (markers.sigma_m**2).mean(-1)
    weights = dict(zip(markers.labels, slack / slack.max(), strict=True))
    measured = np.where(problem.precision[..., None] > 0, problem.target, np.nan)
    upright = upright_poses(scaled, measured, problem.base)
    blocks = np.empty((len(measured), len(problem.free)))
    for kind in np.unique(problem.prior_kind):
        frames = np.flatnonzero(problem.prior_kind == kind)
        tasks = Tasks(weights, goals(problem, int(kind), slack.sum()))
        found = build_problem(scaled, markers.labels, measured[frames], np.zeros(len(frames)), tasks)
        blocks[frames] = solve_from(found, upright[frames], tolerance=START_TOLERANCE).q[:, problem.free]
    return np.concatenate([values, np.zeros(markers.sigma_m.size)]), blocks


def goals(problem: BodyProblem, kind: int, total: float) -> dict[str, tuple[Floats | float, float]]:
    """Neutral coordinates as goals of inverse kinematics, relative to the markers' summed precision, 1/m².

    They count a tenth: what markers see is left to them. The body as a whole goes where it goes.
    """
    prior, body = problem.prior[kind], problem.bones
    root = {j.name for j in body.joints if j.parent == body.ground.name}
    return {
        body.coordinates[i].name: (float(prior.mean[i]), float(GOAL_SHARE / prior.sigma[i] ** 2 / total))
        for i in problem.free
        if body.coordinates[i].joint not in root
    }
