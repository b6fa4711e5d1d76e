"""Fit a body to a person: lengths, places of markers and masses from what was recorded, with nobody's help.

One least-squares problem holds the scale parameters, every marker's place on its segment, and the poses of a standing
frame and of frames spread over the walk. Markers say how long segments are between joints that are seen to move;
anatomy says where markers sit; published proportions say what neither tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, Marker
from groundup.body.person import Person, Placement, Recognition
from groundup.body.recording import MarkerTrajectories
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import RecordingError
from groundup.motion.body_frames import FEWEST_MARKERS, quietest_average, upright_poses, walking_frames
from groundup.motion.body_hips import hip_rule
from groundup.motion.body_mass import distribute_mass
from groundup.motion.body_pose_priors import pose_priors
from groundup.motion.body_problem import (
    BodyProblem,
    PlacedMarkers,
    bones_of,
    normal,
    predict,
    shift_joints,
    split,
)
from groundup.motion.body_proportions import SHIFTS, Parameters, compile_parameters, tapes
from groundup.motion.inverse_kinematics import Tasks, build_problem, solve_from
from groundup.motion.scale_body import default_lengths, scale_body, scale_geometry
from groundup.solvers.bordered_least_squares import BorderedSolution, minimise_bordered
from groundup.solvers.solution import Status

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
# Standing still: sway and cameras, and what a posture unlike walking does to the skin and to what the joints here cannot
# follow.
STANDING_M, STANDING_SHARE = 0.004, 0.6
# Skin moves the same way in every step, so the frames of a walk tell as much as this many that know nothing of each
# other.
INDEPENDENT_FRAMES = 3.0

# A step that lowers the cost by less than this fraction moves no length by a tenth of its standard deviation.
TOLERANCE = 3e-5
START_TOLERANCE = 1e-4  # of the poses to start from

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class FittedBody:
    """A body that fits a person, and how well it is known.

    Attributes
    ----------
    body : Body
        Scaled; its markers are the recorded ones by their labels, at their fitted places; its mass is the person's.
    factors : scale factors along x, y, z (3,) by segment
    offsets_m : label to (3,), m, segment axes: how far each marker sits from where its marker set puts it
    marker_weights : label to weight for inverse kinematics, 1 for the steadiest
    tasks : Tasks
        What inverse kinematics follows: these weights, and neutral values of coordinates that hold what no marker sees.
    standing_error_m, walking_error_m : label to root mean square distance, m, over the frames used
    uncertainty : one standard deviation of the scale factor, as a fraction, by body part (``thigh_length_r``, …)
    parameters : values of the scale parameters
    notes : what a reader should know, in plain words
    status : how the solver ended
    """

    body: Body
    factors: Mapping[str, Floats]
    offsets_m: Mapping[str, Floats]
    marker_weights: Mapping[str, float]
    tasks: Tasks
    standing_error_m: Mapping[str, float]
    walking_error_m: Mapping[str, float]
    uncertainty: Mapping[str, float]
    parameters: Mapping[str, float]
    notes: tuple[str, ...]
    status: Status


def _silent(stage: str) -> None:
    """Say nothing."""


def fit_body(
    body: Body,
    recognition: Recognition,
    person: Person,
    standing: MarkerTrajectories | None,
    walking: MarkerTrajectories | None,
    progress: Progress = _silent,
) -> FittedBody:
    """Fit a body to a person."""
    problem = build_body_problem(body, recognition.placements, person, standing, walking)
    progress("finding the pose")
    shared, blocks = _start(problem)
    progress("fitting the body")
    found = minimise_bordered(lambda s, z: normal(problem, s, z), shared, blocks, tolerance=TOLERANCE)
    progress("scaling muscles")
    return _conclude(body, person, problem, found)


def build_body_problem(
    body: Body,
    placements: tuple[Placement, ...],
    person: Person,
    standing: MarkerTrajectories | None,
    walking: MarkerTrajectories | None,
) -> BodyProblem:
    """Choose frames and lay out unknowns and what is known of them."""
    placements = tuple(_with_joint(body, p) for p in placements)
    labels = tuple(p.label for p in placements)
    frames, kinds = [], []
    if standing is not None:
        frames.append(_ordered(quietest_average(standing)[None], standing.names, labels))
        kinds.append(0)
    if walking is not None:
        chosen = walking_frames(walking, labels)
        frames.append(_ordered(walking.positions_m[chosen], walking.names, labels))
        kinds += [1] * len(chosen)
    kind = np.array(kinds, dtype=int)
    measured = np.concatenate(frames) if frames else np.zeros((0, len(labels), 3))
    enough = np.isfinite(measured).all(-1).sum(-1) >= FEWEST_MARKERS
    measured, kind = measured[enough], kind[enough]
    seen = np.isfinite(measured).all(-1)
    used = np.flatnonzero(seen.any(0))
    _check(len(kind), placements, standing, walking)
    chosen_placements = [placements[i] for i in used]
    measured, seen = measured[:, used], seen[:, used]
    skeleton = compile_skeleton(body)
    index = skeleton.segment_index
    n_walking = max(int((kind == 1).sum()), 1)
    share = np.where(kind == 0, 1.0, min(1.0, INDEPENDENT_FRAMES / n_walking))
    centre = np.array([_is_joint_centre(body, p) for p in chosen_placements])
    skin = np.where(centre, CENTRE_NOISE_M, [skin_m(p.segment) for p in chosen_placements])
    sigma = np.array([p.sigma_m for p in chosen_placements])
    sigma = np.where(centre[:, None], np.minimum(sigma, CENTRE_SIGMA_M), sigma)
    variance = np.where(kind[:, None] == 0, np.maximum(STANDING_M, STANDING_SHARE * skin) ** 2, skin**2)
    fixed = set(skeleton.couplers.dependent.tolist()) | {i for i, c in enumerate(body.coordinates) if c.locked}
    return BodyProblem(
        bones=bones_of(body),
        parameters=compile_parameters(body, person),
        markers=PlacedMarkers(
            tuple(p.label for p in chosen_placements),
            np.array([index[p.segment] for p in chosen_placements]),
            np.array([p.location_m for p in chosen_placements]),
            sigma,
            skin,
        ),
        target=np.where(seen[..., None], measured, 0.0),
        precision=seen * share[:, None] / variance,
        free=np.array([i for i in range(len(body.coordinates)) if i not in fixed], dtype=int),
        base=np.array([c.default for c in body.coordinates]),
        prior=(pose_priors(body, standing=True), pose_priors(body, standing=False)),
        prior_kind=kind,
        prior_share=np.where(kind == 0, 1.0, 1.0 / n_walking),
        tapes=tapes(body, person),
        hips=hip_rule(body, {p.landmark: i for i, p in enumerate(chosen_placements)}, index)
        if not any(c and p.segment == "pelvis" for p, c in zip(chosen_placements, centre, strict=True))
        else None,
    )


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


def _ordered(positions: Floats, names: tuple[str, ...], labels: tuple[str, ...]) -> Floats:
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


def _start(problem: BodyProblem) -> tuple[Floats, Floats]:
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
        tasks = Tasks(weights, _goals(problem, int(kind), slack.sum()))
        found = build_problem(scaled, markers.labels, measured[frames], np.zeros(len(frames)), tasks)
        blocks[frames] = solve_from(found, upright[frames], tolerance=START_TOLERANCE).q[:, problem.free]
    return np.concatenate([values, np.zeros(markers.sigma_m.size)]), blocks


def _goals(problem: BodyProblem, kind: int, total: float) -> dict[str, tuple[Floats | float, float]]:
    """Neutral coordinates as goals of inverse kinematics, relative to the markers' summed precision, 1/m²."""
    prior = problem.prior[kind]
    return {
        problem.bones.coordinates[i].name: (float(prior.mean[i]), float(1.0 / prior.sigma[i] ** 2 / total))
        for i in problem.free
    }


def _conclude(body: Body, person: Person, problem: BodyProblem, found: BorderedSolution) -> FittedBody:
    values, offsets = split(problem, found.shared)
    factors = dict(zip((s.name for s in body.segments), problem.parameters.factors(values), strict=True))
    markers = problem.markers
    by_number = (np.ones((1, 3)), problem.parameters.factors(values))
    location = np.concatenate(by_number)[markers.segment] * markers.location_m + offsets
    names = ("", *(s.name for s in body.segments))
    scaled = scale_body(body.with_(markers=()), factors, person.mass_kg, scale_contacts=True)
    scaled = _shifted(scaled, problem.parameters.shifts_m(values))
    scaled = scaled.with_(
        segments=distribute_mass(body, scaled, factors, person.mass_kg),
        markers=tuple(
            Marker(label, names[int(s)], x)
            for label, s, x in zip(markers.labels, markers.segment, location, strict=True)
        ),
    )
    miss = predict(problem, found.shared, found.blocks) - problem.target
    error = np.where(problem.precision > 0, np.linalg.norm(miss, axis=-1), np.nan)
    skin = markers.skin_m
    weights = {label: float((skin.min() / w) ** 2) for label, w in zip(markers.labels, skin, strict=True)}
    standing, walking = (_rms(error[problem.prior_kind == k], markers.labels) for k in (0, 1))
    return FittedBody(
        body=scaled,
        factors=factors,
        offsets_m=dict(zip(markers.labels, offsets, strict=True)),
        marker_weights=weights,
        tasks=Tasks(weights, _goals(problem, 1, float((1 / skin**2).sum()))),
        standing_error_m=standing,
        walking_error_m=walking,
        uncertainty=_uncertainty(problem.parameters, found.covariance[: problem.n_scales, : problem.n_scales]),
        parameters=dict(zip(problem.parameters.names, (float(v) for v in values), strict=True)),
        notes=(),
        status=found.status,
    )


def _shifted(scaled: Body, shifts_m: Floats) -> Body:
    """Move joints; fibre and tendon of muscles over them keep their shares of the path in the default pose."""
    moved = shift_joints(scaled, shifts_m)
    ratio = default_lengths(moved) / default_lengths(scaled)
    return moved.with_(
        muscles=tuple(
            replace(
                m,
                optimal_fiber_length=m.optimal_fiber_length * float(r),
                tendon_slack_length=m.tendon_slack_length * float(r),
            )
            for m, r in zip(moved.muscles, ratio, strict=True)
        )
    )


def _rms(error: Floats, labels: tuple[str, ...]) -> dict[str, float]:
    seen = np.isfinite(error)
    total = np.where(seen, error**2, 0.0).sum(0)
    return {label: float(np.sqrt(t / n)) for label, t, n in zip(labels, total, seen.sum(0), strict=True) if n}


def _uncertainty(parameters: Parameters, covariance: Floats) -> dict[str, float]:
    return {n: float(np.sqrt(covariance[i, i])) for i, n in enumerate(parameters.names)}
