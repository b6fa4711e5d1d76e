"""Scales, marker places and poses as one least-squares problem: residuals and their derivatives.

Symbols: ``F`` frames, ``M`` markers, ``B`` segments with ground first, ``P`` scale parameters, ``C`` coordinates,
``N`` coordinates that are free. The shared unknowns are the scale parameters followed by the markers' offsets; each
frame's free coordinates are a block of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.engine.kinematics import Poses, point_jacobian, points_in_ground, poses
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.motion.body_hips import HipRule, linearised
from groundup.motion.body_pose_priors import PosePriors
from groundup.motion.body_proportions import Parameters, Tape
from groundup.motion.scale_body import scale_geometry
from groundup.solvers.bordered_least_squares import BorderedNormal

# Cauchy's loss: distances count in full up to about this many standard deviations, then less and less, so that a
# marker with a wrong label, or in a wrong place, does not bend the body.
ROBUST_MARKER = 4.0
ROBUST_OFFSET = 3.0


@dataclass(frozen=True, eq=False)
class PlacedMarkers:
    """Markers of the problem.

    Attributes
    ----------
    labels : as recorded
    segment : array, shape (M,), segment indices with ground first
    location_m : array, shape (M, 3), in the unscaled body
    sigma_m : array, shape (M, 3)
        Of the offset, along the segment's axes.
    skin_m : array, shape (M,)
        How far skin moves over bone there during walking, one standard deviation per direction.
    shift_over : array, shape (M, 3, P), m
        How far parameters move it on its segment: markers near a joint that shifts go with it.
    """

    labels: tuple[str, ...]
    segment: np.ndarray
    location_m: Floats
    sigma_m: Floats
    skin_m: Floats
    shift_over: Floats


@dataclass(frozen=True, eq=False)
class BodyProblem:
    """A compiled problem: inspect it before it is solved.

    Attributes
    ----------
    bones : the body without what has no say in where markers are
    target : array, shape (F, M, 3), m, gaps filled with zeros
    precision : array, shape (F, M), 1/m²
        One over the variance of a marker's distance along each direction, zero in gaps.
    free : array, shape (N,), indices of the free coordinates
    base : array, shape (C,)
    prior : neutral pose of each frame's kind
    prior_kind : array, shape (F,), index into ``prior``
    prior_share : array, shape (F,)
        How much a frame's neutral pose counts: many frames of one recording tell the same thing.
    """

    bones: Body
    parameters: Parameters
    markers: PlacedMarkers
    target: Floats
    precision: Floats
    free: np.ndarray
    base: Floats
    prior: tuple[PosePriors, ...]
    prior_kind: np.ndarray
    prior_share: Floats
    tapes: tuple[Tape, ...]
    hips: HipRule | None = None

    @property
    def n_scales(self) -> int:
        """Number of scale parameters: the first of the shared unknowns."""
        return len(self.parameters.names)


def bones_of(body: Body) -> Body:
    """Leave out everything that has no say in where markers are."""
    segments = tuple(replace(s, wrap_objects=(), meshes=()) for s in body.segments)
    return body.with_(segments=segments, muscles=(), actuators=(), markers=(), contacts=(), unsupported=())


def scaled_bones(problem: BodyProblem, values: Floats) -> tuple[Skeleton, Floats]:
    """Compile the bones scaled by parameters (P,); the factors (B, 3) come with them, ground first."""
    factors = problem.parameters.factors(values)
    by = {s.name: f for s, f in zip(problem.bones.segments, factors, strict=True)}
    bones = shift_joints(scale_geometry(problem.bones, by), problem.parameters.shifts_m(values))
    return compile_skeleton(bones), np.concatenate([np.ones((1, 3)), factors])


def shift_joints(body: Body, shifts_m: Floats) -> Body:
    """Move joints in their parent segments by ``shifts_m`` (n_joints, 3), m."""
    joints = tuple(
        replace(j, parent_frame=replace(j.parent_frame, translation=j.parent_frame.translation + by)) if by.any() else j
        for j, by in zip(body.joints, shifts_m, strict=True)
    )
    return body.with_(joints=joints)


def split(problem: BodyProblem, shared: Floats) -> tuple[Floats, Floats]:
    """Scale parameters (P,) and offsets (M, 3), m, of the shared unknowns."""
    return shared[: problem.n_scales], shared[problem.n_scales :].reshape(-1, 3)


def expand(problem: BodyProblem, blocks: Floats, skeleton: Skeleton) -> Floats:
    """All coordinates (F, C) from the free ones (F, N)."""
    q = np.tile(problem.base, (len(blocks), 1))
    q[:, problem.free] = blocks
    return skeleton.couplers.apply(q)


def places_m(problem: BodyProblem, shared: Floats) -> Floats:
    """Where the markers sit on their segments, (M, 3) m."""
    values, offsets = split(problem, shared)
    factors = problem.parameters.factors(values)
    markers = problem.markers
    return np.asarray(factors[markers.segment - 1] * markers.location_m + markers.shift_over @ values + offsets)


def predict(problem: BodyProblem, shared: Floats, blocks: Floats) -> Floats:
    """Where the markers are, (F, M, 3) m, ground axes."""
    skeleton, _ = scaled_bones(problem, split(problem, shared)[0])
    at = poses(skeleton, expand(problem, blocks, skeleton))
    return points_in_ground(at, problem.markers.segment, places_m(problem, shared))


def normal(problem: BodyProblem, shared: Floats, blocks: Floats) -> BorderedNormal:
    """Cost and normal equations at scale parameters and offsets ``shared`` and free coordinates ``blocks`` (F, N)."""
    values, offsets = split(problem, shared)
    skeleton, factors = scaled_bones(problem, values)
    q = expand(problem, blocks, skeleton)
    at = poses(skeleton, q)
    found = _marker_terms(problem, skeleton, factors, values, offsets, q, at)
    found = _add(found, _pose_terms(problem, skeleton, q))
    found = _add(found, _shared_terms(problem, values, offsets))
    found = _add(found, _hip_terms(problem, factors, offsets))
    return _add(found, _tape_terms(problem, skeleton, factors, values))


# ------------------------------------------------------------------------------------------------------------ terms


def _marker_terms(
    problem: BodyProblem, skeleton: Skeleton, factors: Floats, values: Floats, offsets: Floats, q: Floats, at: Poses
) -> BorderedNormal:
    """Distances of markers from their measured places."""
    markers = problem.markers
    bone = points_in_ground(at, markers.segment, factors[markers.segment] * markers.location_m)
    turn = at.rotation[:, markers.segment]  # (F, M, 3, 3)
    position = bone + (turn @ (markers.shift_over @ values + offsets)[..., None])[..., 0]
    miss = np.where(problem.precision[..., None] > 0, position - problem.target, 0.0)
    loss, weight = _cauchy(problem.precision * (miss**2).sum(-1), ROBUST_MARKER)
    # A frame may count less than once (precision above its own variance is the caller's affair).
    weight = weight * problem.precision
    by_pose = _by_free(problem, skeleton, at, q, position)  # (F, M, 3, N)
    by_scale = scale_jacobian(skeleton, at, markers.segment, bone, problem.parameters, values)
    by_scale = by_scale + turn @ markers.shift_over  # (F, M, 3, P)
    n_frames, n_markers, n_scales = len(q), len(markers.labels), problem.n_scales
    root = np.sqrt(weight)[..., None, None]
    rows = (n_frames, 3 * n_markers, -1)
    pose, scale = (root * by_pose).reshape(rows), (root * by_scale).reshape(rows)
    residual = (root[..., 0] * miss).reshape(n_frames, -1)
    turned = weight[..., None, None] * np.swapaxes(turn, -1, -2)  # (F, M, 3, 3), rows are offsets
    pull = (turned @ miss[..., None])[..., 0].sum(0)  # (M, 3)
    tall = scale.reshape(-1, n_scales)
    n_shared = n_scales + 3 * n_markers
    matrix = np.zeros((n_shared, n_shared))
    matrix[:n_scales, :n_scales] = tall.T @ tall
    cross = (turned @ by_scale).sum(0).reshape(-1, n_scales)
    matrix[n_scales:, :n_scales], matrix[:n_scales, n_scales:] = cross, cross.T
    idx = np.arange(n_scales, n_shared)
    matrix[idx, idx] = np.repeat(weight.sum(0), 3)
    flipped = np.swapaxes(pose, -1, -2)
    border = np.concatenate(
        [np.swapaxes(scale, -1, -2) @ pose, (turned @ by_pose).reshape(n_frames, 3 * n_markers, -1)], axis=1
    )
    return BorderedNormal(
        0.5 * float(loss.sum()),
        np.concatenate([tall.T @ residual.reshape(-1), pull.reshape(-1)]),
        matrix,
        (flipped @ residual[..., None])[..., 0],
        flipped @ pose,
        border,
    )


def _by_free(problem: BodyProblem, skeleton: Skeleton, at: Poses, q: Floats, position: Floats) -> Floats:
    """Derivative of the markers' places by the free coordinates, (F, M, 3, N)."""
    by_all = point_jacobian(skeleton, at, problem.markers.segment, position)
    if not len(skeleton.couplers.dependent):
        return by_all[..., problem.free]
    follow = skeleton.couplers.jacobian(q)[:, :, problem.free]
    shape = by_all.shape
    return np.asarray((by_all.reshape(shape[0], -1, shape[-1]) @ follow).reshape(*shape[:-1], -1))


def scale_jacobian(
    skeleton: Skeleton, at: Poses, segment: np.ndarray, position: Floats, parameters: Parameters, values: Floats
) -> Floats:
    """Derivative of points' places by the scale parameters at ``values`` (P,), shape (F, M, 3, P), m.

    Parameters
    ----------
    segment : array, shape (M,)
    position : array, shape (F, M, 3), m
        Ground places of points that are scaled with their segment; ``at`` are poses of the scaled body.

    Notes
    -----
    At given joint angles a point is reached from the ground through the segments between, each by a vector from the
    joint it hangs on to the next joint or to the point. A segment's factors stretch its vector along its axes and
    nothing else, so the derivative by their logarithms is that vector's components. Exact where joints slide along
    axes of their parent's segment; a knee's sliding axes lie a few degrees off, a part in a thousand of the result.
    """
    n_segments, n_points = len(skeleton.segments), len(segment)
    shifts = parameters.shifts_m(values)
    entry = at.translation.copy()  # (F, B, 3): where each segment hangs on its joint
    hang = np.zeros((n_segments, 3))
    hang[skeleton.joint_child] = skeleton.joint_child_translation
    entry += (at.rotation @ hang[..., None])[..., 0]
    through = skeleton.subtree[:, segment] > 0  # (B, M): the segment lies between the ground and the point
    through[0] = False
    after = np.tile(np.arange(n_segments, n_segments + n_points), (n_segments, 1))
    for parent, child in zip(skeleton.joint_parent, skeleton.joint_child, strict=True):
        after[parent, through[child]] = child
    ends = np.concatenate([entry, position], axis=1)[:, after]  # (F, B, M, 3)
    vector = np.where(through[..., None], ends - entry[:, :, None], 0.0)
    local = vector @ at.rotation  # (F, B, M, 3) in segment axes, with what shifts have added to them
    shifted = np.zeros((n_segments, n_points, 3))
    for joint, (parent, child) in enumerate(zip(skeleton.joint_parent, skeleton.joint_child, strict=True)):
        shifted[parent, through[child]] = shifts[joint]
    local = local - shifted
    # (F, M, 3, B, 3): each component along its axis in the ground
    spread = np.moveaxis(local, 1, 2)[:, :, None] * np.moveaxis(at.rotation, 1, 2)[:, None]
    flat = spread.reshape(*spread.shape[:3], -1)
    over = np.concatenate([np.zeros((1, *parameters.spread_over.shape[1:])), parameters.spread_over])
    stretched = flat @ over.reshape(-1, over.shape[-1])
    # (B, 3, M, P): what a shift of a joint does to the points beyond it, along the axes of its parent.
    beyond = np.zeros((n_segments, 3, n_points, over.shape[-1]))
    for joint, (parent, child) in enumerate(zip(skeleton.joint_parent, skeleton.joint_child, strict=True)):
        beyond[parent] += through[child][:, None] * parameters.shift_over[joint][:, None]
    moved = np.moveaxis(at.rotation, 1, 2).reshape(len(position), 3, -1) @ beyond.reshape(3 * n_segments, -1)
    return np.asarray(stretched + np.moveaxis(moved.reshape(len(position), 3, n_points, -1), 1, 2))


def _pose_terms(problem: BodyProblem, skeleton: Skeleton, q: Floats) -> BorderedNormal:
    """Neutral poses, and joints past the end of their range."""
    kind, free = problem.prior_kind, problem.free
    mean, sigma, lower, upper, beyond = (
        np.stack([getattr(p, name) for p in problem.prior])[kind][:, free]
        for name in ("mean", "sigma", "lower", "upper", "beyond_sigma")
    )
    z = q[:, free]
    near = problem.prior_share[:, None] / sigma**2
    drift = z - mean
    over = z - np.clip(z, lower, upper)
    stop = 1.0 / beyond**2
    diagonal = near + stop * (over != 0)
    block = np.zeros((*z.shape, z.shape[1]))
    idx = np.arange(z.shape[1])
    block[:, idx, idx] = diagonal
    cost = 0.5 * float((near * drift**2 + stop * over**2).sum())
    return _only(problem, cost, block_gradient=near * drift + stop * over, block_matrix=block)


def _shared_terms(problem: BodyProblem, values: Floats, offsets: Floats) -> BorderedNormal:
    """Proportions of people, and where markers are put on them."""
    parameters, markers = problem.parameters, problem.markers
    drift = values - parameters.mean
    pull = drift / parameters.sigma**2
    square = ((offsets / markers.sigma_m) ** 2).sum(-1)
    loss, weight = _cauchy(square, ROBUST_OFFSET)
    stiff = weight[:, None] / markers.sigma_m**2
    gradient = np.concatenate([pull, (stiff * offsets).reshape(-1)])
    diagonal = np.concatenate([1.0 / parameters.sigma**2, stiff.reshape(-1)])
    cost = 0.5 * float((drift * pull).sum() + loss.sum())
    return _only(problem, cost, shared_gradient=gradient, shared_matrix=np.diag(diagonal))


def _hip_terms(problem: BodyProblem, factors: Floats, offsets: Floats) -> BorderedNormal:
    """Hip centres where the markers of the pelvis let them be expected."""
    rule, n = problem.hips, problem.n_scales
    if rule is None:
        return _only(problem, 0.0)
    factor = factors[rule.pelvis]
    bone = factor * problem.markers.location_m[rule.markers]  # (4, 3)
    hips = factor * rule.hips_m
    residual, slope = linearised(bone + offsets[rule.markers], hips)
    stretched = np.concatenate([bone, hips])  # (6, 3); its derivative by the logarithms of the factors is itself
    over = problem.parameters.spread_over[rule.pelvis - 1]  # (3, P)
    rows = np.zeros((len(residual), n + offsets.size))
    rows[:, :n] = slope @ (stretched[..., None] * over).reshape(-1, n)
    columns = n + (3 * rule.markers[:, None] + np.arange(3)).reshape(-1)
    rows[:, columns] = slope[:, :12]
    cost = 0.5 * float(residual @ residual)
    return _only(problem, cost, shared_gradient=rows.T @ residual, shared_matrix=rows.T @ rows)


def _tape_terms(problem: BodyProblem, skeleton: Skeleton, factors: Floats, values: Floats) -> BorderedNormal:
    """What was measured on the person, in the default pose of the body."""
    tapes = problem.tapes
    if not tapes:
        return _only(problem, 0.0)
    index = skeleton.segment_index
    ends = [end for tape in tapes for end in tape.ends]
    segment = np.array([index[name] for name, _ in ends])
    at = poses(skeleton, skeleton.couplers.apply(problem.base[None]))
    place = points_in_ground(at, segment, factors[segment] * np.array([x for _, x in ends]))
    by_scale = scale_jacobian(skeleton, at, segment, place, problem.parameters, values)[0]  # (2 n, 3, P)
    between = place[0, 0::2] - place[0, 1::2]  # (n, 3)
    upright = np.array([t.upright for t in tapes])
    along = np.where(upright[:, None], [0.0, 1.0, 0.0], between / np.linalg.norm(between, axis=-1, keepdims=True))
    sigma = np.array([t.sigma_m for t in tapes])
    length = (between * along).sum(-1) + [t.extra_m for t in tapes]
    residual = (length - [t.measured_m for t in tapes]) / sigma
    rows = ((by_scale[0::2] - by_scale[1::2]) * along[..., None]).sum(1) / sigma[:, None]  # (n, P)
    n, n_shared = problem.n_scales, problem.n_scales + problem.markers.sigma_m.size
    gradient, matrix = np.zeros(n_shared), np.zeros((n_shared, n_shared))
    gradient[:n], matrix[:n, :n] = rows.T @ residual, rows.T @ rows
    return _only(problem, 0.5 * float(residual @ residual), shared_gradient=gradient, shared_matrix=matrix)


def _cauchy(square: Floats, width: float) -> tuple[Floats, Floats]:
    """Cauchy's loss of squared residuals and its slope, the weight of the residual."""
    return width**2 * np.log1p(square / width**2), 1.0 / (1.0 + square / width**2)


def _only(
    problem: BodyProblem,
    cost: float,
    shared_gradient: Floats | float = 0.0,
    shared_matrix: Floats | float = 0.0,
    block_gradient: Floats | float = 0.0,
    block_matrix: Floats | float = 0.0,
) -> BorderedNormal:
    """Terms that leave part of the unknowns alone: a zero stands for a whole array of them."""
    parts = (shared_gradient, shared_matrix, block_gradient, block_matrix, 0.0)
    return BorderedNormal(cost, *(np.asarray(p) for p in parts))


def _add(a: BorderedNormal, b: BorderedNormal) -> BorderedNormal:
    return BorderedNormal(
        a.cost + b.cost,
        a.shared_gradient + b.shared_gradient,
        a.shared_matrix + b.shared_matrix,
        a.block_gradient + b.block_gradient,
        a.block_matrix + b.block_matrix,
        a.border + b.border,
    )
