"""Moment arms are minus the derivative of path length, whatever a path is made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_bodies import random_states, walker

from groundup.engine.kinematics import poses
from groundup.engine.moment_arms import moment_arms, muscle_wrenches, plan_moment_arms
from groundup.engine.muscle_path import path_geometry, segment_pulls
from groundup.engine.path_set import compile_paths
from groundup.engine.skeleton import compile_skeleton

BODY = walker()
SKELETON = compile_skeleton(BODY)
PATHS = compile_paths(BODY, SKELETON.segment_index, SKELETON.coordinate_index)
PLAN = plan_moment_arms(SKELETON, PATHS)
KNEE = SKELETON.coordinate_index["knee_r"]
VASTUS = PATHS.muscles.index("vastus_r")
WRAPPED = np.array([name.startswith("gastrocnemius") for name in PATHS.muscles])
GASTROCNEMIUS = PATHS.muscles.index("gastrocnemius_r")


def lengths(q: np.ndarray) -> np.ndarray:
    at = poses(SKELETON, q)
    return path_geometry(PATHS, at.rotation, at.translation, q).length


def arms(q: np.ndarray) -> np.ndarray:
    at = poses(SKELETON, q)
    geometry = path_geometry(PATHS, at.rotation, at.translation, q)
    return moment_arms(PLAN, at, geometry, segment_pulls(PATHS, geometry))


def states(knee: float) -> np.ndarray:
    q, _, _ = random_states(BODY, 12)
    q = q.copy()
    q[:, [KNEE, SKELETON.coordinate_index["knee_l"]]] = np.linspace(knee - 0.05, knee + 0.05, 12)[:, None]
    return q


@pytest.mark.parametrize("knee", [0.4, 1.2, 1.9])
def test_moment_arms_by_finite_differences(knee: float) -> None:
    """Straight, moving (below 0.8 rad of knee), conditional (above) and wrapped; coordinates one at a time.

    A path over a single cylinder runs, as in OpenSim, in a plane near to the helix, so it is not quite the shortest and
    its pull misses the derivative of its length by a little (0.2 mm here); all else is exact.
    """
    q, h = states(knee), 1e-6
    found = arms(q)
    for c in range(q.shape[1]):
        step = h * np.eye(q.shape[1])[c]
        slope = (lengths(q + step) - lengths(q - step)) / (2 * h)
        miss = np.abs(found[:, :, c] + slope).max(axis=0)
        assert (miss < np.where(WRAPPED, 2e-4, 1e-7)).all(), (SKELETON.coordinates[c], miss)


def test_the_cases_are_there() -> None:
    """The moving point moves, the conditional point comes on the path, and the cylinder bends it."""
    stretched, bent = states(0.4), states(1.2)
    assert np.abs(arms(stretched)[:, VASTUS, KNEE]).min() > 0.01
    unhindered = tuple(
        replace(m, wraps=(), points=tuple(p for p in m.points if p.coordinate is None)) for m in BODY.muscles
    )
    paths = compile_paths(BODY.with_(muscles=unhindered), SKELETON.segment_index, SKELETON.coordinate_index)
    for q, muscle in ((bent, VASTUS), (stretched, GASTROCNEMIUS)):
        at = poses(SKELETON, q)
        straight = path_geometry(paths, at.rotation, at.translation, q).length
        assert (lengths(q)[:, muscle] > straight[:, muscle] + 1e-4).all()


def test_muscles_do_nothing_to_coordinates_they_do_not_cross() -> None:
    found = arms(states(1.2))
    crossed = np.abs(found).max(axis=(0,)) > 0
    names = SKELETON.coordinates
    for m, muscle in enumerate(PATHS.muscles):
        other = "_l" if muscle.endswith("_r") else "_r"
        reached = {n for n, c in zip(names, crossed[m], strict=True) if c}
        assert not any(n.endswith(other) for n in reached)
        assert not reached & {"tx", "ty", "tz", "heading", "list", "tilt"}


def test_both_sides_have_the_same_arms_in_a_symmetric_pose() -> None:
    q, _, _ = random_states(BODY, 3)
    q = q.copy()
    for name, i in SKELETON.coordinate_index.items():
        if name.endswith("_l"):
            q[:, i] = q[:, SKELETON.coordinate_index[name[:-2] + "_r"]]
    found = arms(q)
    index = SKELETON.coordinate_index
    right = [i for n, i in index.items() if n.endswith("_r")]
    left = [index[SKELETON.coordinates[i][:-2] + "_l"] for i in right]
    names = PATHS.muscles
    for m in (n for n in names if n.endswith("_r")):
        mine, opposite = names.index(m), names.index(m[:-2] + "_l")
        np.testing.assert_allclose(found[:, mine][:, right], found[:, opposite][:, left], atol=1e-10)


def test_pulls_of_a_muscle_sum_to_nothing() -> None:
    """A string pulls its segments together and the whole body nowhere."""
    q = states(1.2)
    at = poses(SKELETON, q)
    pulls = segment_pulls(PATHS, path_geometry(PATHS, at.rotation, at.translation, q))
    tension = np.random.default_rng(0).uniform(10, 500, (len(q), len(PATHS.muscles)))
    total = muscle_wrenches(SKELETON, pulls, tension).sum(axis=1)
    np.testing.assert_allclose(total, 0.0, atol=1e-9)
