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
from groundup.body.person import Person, Recognition
from groundup.body.recording import MarkerTrajectories
from groundup.engine.kinematics import poses
from groundup.motion.body_mass import distribute_mass
from groundup.motion.body_notes import notes
from groundup.motion.body_problem import (
    ROBUST_MARKER,
    BodyProblem,
    expand,
    normal,
    places_m,
    predict,
    scaled_bones,
    shift_joints,
    split,
)
from groundup.motion.body_setup import (
    STANDING,
    WALKING,
    build_body_problem,
    goals,
    measured_frames,
    standing_noise_m,
    start,
)
from groundup.motion.body_technical import Registered, register
from groundup.motion.inverse_kinematics import Tasks
from groundup.motion.scale_body import default_lengths, scale_body
from groundup.solvers.bordered_least_squares import (
    BorderedNormal,
    BorderedSolution,
    covariance,
    minimise_bordered,
)
from groundup.solvers.solution import Status

# A step that lowers the cost by less than this fraction moves no length by a tenth of its standard deviation.
TOLERANCE = 3e-5
# A marker that the robust loss gives less than this weight on average is followed as little as that.
DOUBTED = 0.5

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
    uncertainty : one standard deviation of each scale factor (3,) by segment, as a fraction of it
    parameters : values of the scale parameters by name (logarithms of ratios; shifts of joints in m)
    notes : what a reader should know, in plain words
    status : how the solver ended
    standing_q : array, shape (C,), rad or m
        Coordinates of the fitted body in the standing trial; None where none was used.
    """

    body: Body
    factors: Mapping[str, Floats]
    offsets_m: Mapping[str, Floats]
    marker_weights: Mapping[str, float]
    tasks: Tasks
    standing_error_m: Mapping[str, float]
    walking_error_m: Mapping[str, float]
    uncertainty: Mapping[str, Floats]
    parameters: Mapping[str, float]
    notes: tuple[str, ...]
    status: Status
    standing_q: Floats | None = None


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
    """Fit a body to a person.

    Parameters
    ----------
    body : the default body, or one with its segments and joints
    recognition : where the recorded markers sit; labels of both recordings
    person : mass; height and tape measurements where they are known
    standing : the person standing still, one frame is enough; None where there was none
    walking : the walk; None for a standing trial alone. Metres, y up.
    progress : called with what is being done

    Returns
    -------
    FittedBody

    Raises
    ------
    RecordingError
        No frame shows enough markers whose place on the body is known.

    Notes
    -----
    Unknowns: some thirty scale parameters (:mod:`.body_proportions`), each marker's offset from its place, each
    frame's coordinates. Residuals, in standard deviations: markers from their measured places, with Cauchy's loss, so
    that a wrong label does not bend the body; offsets, proportions, tape measurements, stature; hip centres by the
    width and depth of the pelvis where they were not recorded; neutral poses. As automatic scaling by bilevel
    optimisation [1]_, with poses and scales solved at once instead of in turns [2]_.

    Recorded technical markers, whose place nobody named, are put on the segment they ride on afterwards.

    References
    ----------
    .. [1] Werling et al., 2023, *AddBiomechanics*, doi:10.1371/journal.pone.0295152
    .. [2] Andersen et al., 2010, doi:10.1080/10255840903067080
    """
    problem = build_body_problem(body, recognition.placements, person, standing, walking)
    progress("finding the pose")
    shared, blocks = start(problem)
    progress("fitting the body")
    found = minimise_bordered(lambda s, z: normal(problem, s, z), shared, blocks, tolerance=TOLERANCE)
    known = tuple(p.label for p in recognition.placements)
    extra, _ = measured_frames(recognition.technical, known, standing, walking)
    return _conclude(body, person, problem, found, _technical(problem, found, recognition.technical, extra))


def _technical(
    problem: BodyProblem, found: BorderedSolution, labels: tuple[str, ...], measured: Floats
) -> tuple[Registered, ...]:
    if not labels:
        return ()
    values, _ = split(problem, found.shared)
    skeleton, _ = scaled_bones(problem, values)
    at = poses(skeleton, expand(problem, found.blocks, skeleton))
    return register(at, labels, measured, np.unique(problem.markers.segment))


def _conclude(
    body: Body, person: Person, problem: BodyProblem, found: BorderedSolution, technical: tuple[Registered, ...]
) -> FittedBody:
    values, offsets = split(problem, found.shared)
    parameters, markers, n = problem.parameters, problem.markers, problem.n_scales
    of_segments = parameters.factors(values)
    factors = dict(zip((s.name for s in body.segments), of_segments, strict=True))
    error, trust = _errors(problem, found)
    standing, walking = (_rms(error[problem.prior_kind == k], markers.labels) for k in (STANDING, WALKING))
    noise = np.append(markers.skin_m, [max(t.spread_m, markers.skin_m.min()) for t in technical])
    weight = (noise.min() / noise) ** 2 * np.append(np.where(trust < DOUBTED, trust, 1.0), np.ones(len(technical)))
    labels = (*markers.labels, *(t.label for t in technical))
    weights = {label: float(w) for label, w in zip(labels, weight, strict=True)}
    deviation = _deviations(problem, found.covariance[:n, :n])
    imagined = None if (problem.prior_kind == STANDING).any() else covariance(_with_standing(problem, found))
    return FittedBody(
        body=_scaled(body, person, problem, values, places_m(problem, found.shared), technical),
        factors=factors,
        offsets_m=dict(zip(markers.labels, offsets, strict=True)),
        marker_weights=weights,
        tasks=Tasks(weights, goals(problem, WALKING, float((weight / noise.min() ** 2).sum()))),
        standing_error_m=standing,
        walking_error_m=walking,
        uncertainty=dict(zip((s.name for s in body.segments), deviation, strict=True)),
        parameters=dict(zip(parameters.names, (float(v) for v in values), strict=True)),
        notes=notes(problem, found, walking, imagined, person.height_m),
        status=found.status,
        standing_q=_standing(problem, found),
    )


def _standing(problem: BodyProblem, found: BorderedSolution) -> Floats | None:
    """Coordinates (C,) of the standing frame; None where there is none."""
    frames = np.flatnonzero(problem.prior_kind == STANDING)
    if not len(frames):
        return None
    skeleton, _ = scaled_bones(problem, split(problem, found.shared)[0])
    return np.asarray(expand(problem, found.blocks[frames[:1]], skeleton)[0])


def _scaled(
    body: Body,
    person: Person,
    problem: BodyProblem,
    values: Floats,
    places: Floats,
    technical: tuple[Registered, ...],
) -> Body:
    """Scale everything there is on the body, move its joints, share out the mass, and put the markers on."""
    of_segments, markers = problem.parameters.factors(values), problem.markers
    names = [s.name for s in body.segments]
    factors = dict(zip(names, of_segments, strict=True))
    placed = [*zip(markers.labels, markers.segment, places, strict=True)]
    placed += [(t.label, t.segment, t.location_m) for t in technical]
    scaled = scale_body(body.with_(markers=()), factors, person.mass_kg, scale_contacts=True)
    scaled = _shifted(scaled, problem.parameters.shifts_m(values))
    return scaled.with_(
        segments=distribute_mass(body, scaled, factors, person.mass_kg),
        markers=tuple(Marker(label, names[int(s) - 1], x) for label, s, x in placed),
    )


def _shifted(scaled: Body, shifts_m: Floats) -> Body:
    """Move joints; fibre and tendon of muscles over them keep their shares of the path in the default pose."""
    if not shifts_m.any() or not scaled.muscles:
        return shift_joints(scaled, shifts_m)
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


def _errors(problem: BodyProblem, found: BorderedSolution) -> tuple[Floats, Floats]:
    """Distances (F, M), m, NaN in gaps; and how far each marker is trusted, (M,), 0 to 1."""
    markers = problem.markers
    place = predict(problem, found.shared, found.blocks)
    seen = problem.precision > 0
    error = np.where(seen, np.linalg.norm(place - problem.target, axis=-1), np.nan)
    walking = problem.prior_kind[:, None] == WALKING
    noise = np.where(walking, markers.skin_m, standing_noise_m(markers.skin_m))
    # As Cauchy's loss weighs them, over the frames in which they were seen.
    trust = np.where(seen, 1.0 / (1.0 + (error / (ROBUST_MARKER * noise)) ** 2), 0.0).sum(0) / seen.sum(0)
    return error, trust


def _rms(error: Floats, labels: tuple[str, ...]) -> dict[str, float]:
    """Root mean square over the frames in which a marker was seen, by label."""
    seen = np.isfinite(error)
    total = np.where(seen, error**2, 0.0).sum(0)
    return {label: float(np.sqrt(t / n)) for label, t, n in zip(labels, total, seen.sum(0), strict=True) if n}


def _deviations(problem: BodyProblem, of_parameters: Floats) -> Floats:
    """Standard deviations of the logarithms of the scale factors, (n_segments, 3)."""
    over = problem.parameters.spread_over
    return np.asarray(np.sqrt(np.einsum("sap,pq,saq->sa", over, of_parameters, over)))


def _with_standing(problem: BodyProblem, found: BorderedSolution) -> BorderedNormal:
    """Return the normal equations with one standing frame more, which shows every marker."""
    markers = problem.markers
    upright = problem.prior[STANDING].mean[problem.free][None]
    place = predict(problem, found.shared, upright)
    more = replace(
        problem,
        target=np.concatenate([problem.target, place]),
        precision=np.concatenate([problem.precision, standing_noise_m(markers.skin_m)[None] ** -2]),
        prior_kind=np.append(problem.prior_kind, STANDING),
        prior_share=np.append(problem.prior_share, 1.0),
    )
    return normal(more, found.shared, np.concatenate([found.blocks, upright]))
