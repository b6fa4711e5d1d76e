"""Inverse kinematics of made-up markers whose coordinates are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_bodies import walker

from groundup.body.functions import Linear
from groundup.body.model import Body
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import RecordingError
from groundup.motion.inverse_kinematics import MarkerFit, Tasks, build_problem, solve
from groundup.solvers.solution import Status

BODY = walker()
SKELETON = compile_skeleton(BODY)
INDEX = SKELETON.coordinate_index
NAMES = tuple(m.name for m in BODY.markers)
ALIKE = Tasks(dict.fromkeys(NAMES, 1.0))
TIME_S = np.arange(60) / 50.0


def truth(n: int = 60) -> np.ndarray:
    """A gentle walk-like motion, kneecaps following."""
    t = TIME_S[:n, None]
    q = 0.3 + 0.25 * np.sin(2 * np.pi * t * (0.5 + 0.05 * np.arange(len(INDEX))) + np.arange(len(INDEX)))
    q[:, INDEX["tx"]] = 1.2 * t[:, 0]
    q[:, INDEX["ty"]] = 0.95
    return SKELETON.couplers.apply(q)


def markers(q: np.ndarray, body: Body = BODY) -> np.ndarray:
    skeleton = compile_skeleton(body)
    segment = np.array([skeleton.segment_index[m.segment] for m in body.markers])
    return points_in_ground(poses(skeleton, q), segment, np.array([m.location for m in body.markers]))


def follow(
    positions: np.ndarray, tasks: Tasks = ALIKE, body: Body = BODY, names: tuple[str, ...] = NAMES, delay_s: float = 0.0
) -> MarkerFit:
    return solve(build_problem(body, names, positions, TIME_S[: len(positions)] + delay_s, tasks))


def noisy(seed: int = 4) -> np.ndarray:
    return np.asarray(markers(truth()) + np.random.default_rng(seed).normal(0.0, 0.005, (60, len(NAMES), 3)))


def test_markers_without_noise_give_the_coordinates_back() -> None:
    fit = follow(markers(truth()))
    assert (fit.status == Status.CONVERGED).all()
    np.testing.assert_allclose(fit.q, truth(), atol=1e-6)
    assert fit.error_m.max() < 1e-7


def test_the_cost_is_the_weighted_sum_of_squares_and_minimal() -> None:
    weights = dict(zip(NAMES, np.linspace(0.5, 3.0, len(NAMES)), strict=True))
    fit = follow(noisy(), Tasks(weights))
    np.testing.assert_allclose(fit.cost, (np.array(list(weights.values())) * fit.error_m**2).sum(axis=1), rtol=1e-9)
    rng = np.random.default_rng(0)
    for _ in range(5):
        moved = SKELETON.couplers.apply(fit.q + rng.normal(0.0, 2e-3, fit.q.shape))
        away = np.linalg.norm(markers(moved) - noisy(), axis=-1)
        assert ((np.array(list(weights.values())) * away**2).sum(axis=1) > fit.cost).all()


def test_the_order_of_markers_does_not_matter() -> None:
    order = np.random.default_rng(8).permutation(len(NAMES))
    shuffled = tuple(NAMES[i] for i in order)
    fit, other = follow(noisy()), follow(noisy()[:, order], names=shuffled)
    np.testing.assert_allclose(other.q, fit.q, atol=1e-6)
    assert other.markers == shuffled


def test_a_shift_of_time_does_not_matter() -> None:
    np.testing.assert_array_equal(follow(noisy(), delay_s=100.0).q, follow(noisy()).q)


def test_a_scale_of_all_weights_does_not_matter() -> None:
    np.testing.assert_allclose(follow(noisy(), Tasks(dict.fromkeys(NAMES, 20.0))).q, follow(noisy()).q, atol=1e-6)


def test_turning_the_laboratory_turns_the_heading_alone() -> None:
    angle = 2.5
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    fit, other = follow(noisy()), follow(noisy() @ turn.T)
    away = other.q[:, INDEX["heading"]] - fit.q[:, INDEX["heading"]] - angle
    np.testing.assert_allclose(away, np.round(away / (2 * np.pi)) * 2 * np.pi, atol=2e-4)
    rest = [i for n, i in INDEX.items() if n not in ("tx", "tz", "heading")]
    np.testing.assert_allclose(other.q[:, rest], fit.q[:, rest], atol=2e-4)  # 0.01°, the solver's tolerance


@pytest.mark.parametrize("heading", [0.0, np.pi / 2, np.pi, -np.pi / 2, 2.2])
def test_walking_any_way_is_found(heading: float) -> None:
    q = truth()
    q[:, INDEX["heading"]] += heading
    fit = follow(markers(q))
    assert fit.error_m.max() < 1e-5
    away = fit.q[:, INDEX["heading"]] - q[:, INDEX["heading"]]
    np.testing.assert_allclose(away, np.round(away[0] / (2 * np.pi)) * 2 * np.pi, atol=1e-5)


def test_turning_round_on_the_way_is_followed() -> None:
    q = truth()
    q[:, INDEX["heading"]] = np.linspace(0.0, 1.5 * np.pi, 60)
    fit = follow(markers(q))
    assert fit.error_m.max() < 1e-5
    np.testing.assert_allclose(fit.q[:, INDEX["heading"]], q[:, INDEX["heading"]], atol=1e-5)


def test_most_frames_facing_away_from_the_first_are_followed() -> None:
    q = truth()
    q[:, INDEX["heading"]] = np.pi * np.clip((np.arange(60) - 4) / 8.0, 0.0, 1.0)
    assert follow(markers(q)).error_m.max() < 1e-5


def test_gaps_leave_the_other_markers_to_say() -> None:
    seen = markers(truth())
    seen[10:20, NAMES.index("thigh_r_1")] = np.nan
    seen[30, NAMES.index("pelvis_0"), 2] = np.nan
    fit = follow(seen)
    np.testing.assert_allclose(fit.q, truth(), atol=1e-5)
    assert np.isnan(fit.error_m[10:20, NAMES.index("thigh_r_1")]).all()
    assert np.isnan(fit.error_m).sum() == 11


def test_frames_without_markers_are_bridged_and_said() -> None:
    seen = markers(truth())
    seen[25:28] = np.nan
    fit = follow(seen)
    assert (fit.status[25:28] == Status.NO_DATA).all()
    assert (np.delete(fit.status, [25, 26, 27]) == Status.CONVERGED).all()
    step = (fit.q[28] - fit.q[24]) / 4
    np.testing.assert_allclose(fit.q[25:28], fit.q[24] + step * np.arange(1, 4)[:, None], atol=1e-9)
    assert np.isnan(fit.error_m[25:28]).all()


def _changed(name: str, **changes: object) -> Body:
    coordinates = tuple(replace(c, **changes) if c.name == name else c for c in BODY.coordinates)  # type: ignore[arg-type]
    return BODY.with_(coordinates=coordinates)


def test_locked_prescribed_and_clamped_coordinates() -> None:
    ankle = INDEX["ankle_r"]
    locked = follow(noisy(), body=_changed("ankle_r", locked=True, default=0.11))
    np.testing.assert_array_equal(locked.q[:, ankle], 0.11)
    told = follow(noisy(), body=_changed("ankle_r", is_prescribed=True, prescribed=Linear((0.2,), -0.1)))
    np.testing.assert_allclose(told.q[:, ankle], 0.2 * TIME_S - 0.1, atol=1e-15)
    clamped = follow(noisy(), body=_changed("ankle_r", clamped=True, range=(-0.2, 0.3)))
    free = follow(noisy())
    assert (free.q[:, ankle] > 0.31).any()
    assert clamped.q[:, ankle].max() == 0.3
    assert (clamped.status == Status.CONVERGED).all()
    assert (clamped.cost >= free.cost * (1 - 1e-7)).all()


def test_a_strong_coordinate_task_holds_and_a_weak_one_pulls() -> None:
    knee = INDEX["knee_r"]
    free = follow(noisy()).q[:, knee]
    goals = [0.1 + 0.0 * TIME_S, np.full(60, 0.1)]
    held, pulled = (
        follow(noisy(), Tasks(ALIKE.marker_weights, {"knee_r": (goal, weight)})).q[:, knee]
        for goal, weight in zip(goals, (1e4, 1e-3), strict=True)
    )
    np.testing.assert_allclose(held, 0.1, atol=1e-4)
    assert (np.abs(pulled - 0.1) < np.abs(free - 0.1)).all()
    assert np.abs(pulled - 0.1).max() > 1e-3


def test_a_weight_on_a_coordinate_counts_against_the_mean_of_the_markers() -> None:
    """So every marker twice, at the same place, changes nothing, as in OpenSim."""
    again = tuple(replace(m, name=f"{m.name}_again") for m in BODY.markers)
    body = BODY.with_(markers=(*BODY.markers, *again))
    names = tuple(m.name for m in body.markers)
    goal = {"knee_r": (0.1, 1e-3)}
    once = follow(noisy(), Tasks(ALIKE.marker_weights, goal))  # type: ignore[arg-type]
    both = np.concatenate([noisy(), noisy()], axis=1)
    twice = follow(both, Tasks(dict.fromkeys(names, 1.0), goal), body, names)  # type: ignore[arg-type]
    np.testing.assert_allclose(twice.q, once.q, atol=1e-6)


def test_refusals() -> None:
    with pytest.raises(RecordingError) as refusal:
        follow(noisy()[:, :2], names=("HEEL", "TOE"))
    for word in ("HEEL, TOE", "pelvis_0", "Rename"):
        assert word in str(refusal.value)
    with pytest.raises(RecordingError, match='coordinate task "elbow": the model has no such coordinate; it has tx'):
        follow(noisy(), Tasks(ALIKE.marker_weights, {"elbow": (0.0, 1.0)}))
