"""What holds of scaling whatever the factors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.body.functions import Floats
from groundup.body.model import Body, Coordinate
from groundup.engine.functions import compile_functions
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.io.osim_read import read_osim
from groundup.motion.marker_placement import put_markers
from groundup.motion.scale_body import default_lengths, scale_body
from groundup.motion.scale_factors import default_pose

DATA = Path(__file__).parents[1] / "data"
BODIES = {name: read_osim(DATA / f"{name}.osim") for name in ("every_joint", "old_leg")}

factor = st.floats(0.4, 2.5)
seeds = st.integers(0, 2**32 - 1)
bodies = st.sampled_from(list(BODIES))


def random_factors(body: Body, seed: int, uniform: bool = False) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    return {s.name: np.full(3, rng.uniform(0.5, 2.0)) if uniform else rng.uniform(0.5, 2.0, 3) for s in body.segments}


def places(body: Body) -> list[Floats]:
    """Everything that has a place or a size and is scaled by a plain product."""
    out: list[Floats] = [s.mass_center for s in body.segments]
    out += [np.append(m.scale, m.frame.translation) for s in body.segments for m in s.meshes]
    out += [w.frame.translation for s in body.segments for w in s.wrap_objects]
    out += [f.translation for j in body.joints for f in (j.parent_frame, j.child_frame)]
    out += [p.location for m in body.muscles for p in m.points]
    out += [m.location for m in body.markers]
    moving = [f for m in body.muscles for p in m.points for f, _ in p.moving or ()]
    slides = [a.function for j in body.joints for a in j.axes if len(a.coordinates) < 2]
    table = compile_functions(moving + slides)
    return [*out, table.value(np.linspace(-2, 2, 9)[:, None] * np.ones(len(table)))]


def sizes(body: Body) -> list[Floats]:
    """What follows nonlinear rules, and muscle lengths."""
    out: list[Floats] = [s.inertia for s in body.segments]
    out += [np.array(w.dimensions) for s in body.segments for w in s.wrap_objects]
    return [*out, np.array([[m.optimal_fiber_length, m.tendon_slack_length] for m in body.muscles])]


def assert_same(found: list[Floats], wanted: list[Floats]) -> None:
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", BODIES)
def test_factors_of_one_change_nothing(name: str) -> None:
    body = BODIES[name]
    same = scale_body(body, {s.name: np.ones(3) for s in body.segments})
    assert_same([*places(same), *sizes(same)], [*places(body), *sizes(body)])
    assert [s.mass for s in same.segments] == [s.mass for s in body.segments]
    unnamed = scale_body(body, {}, body.mass)
    assert_same([*places(unnamed), *sizes(unnamed)], [*places(body), *sizes(body)])


@given(bodies, seeds)
@settings(max_examples=15)
def test_there_and_back(name: str, seed: int) -> None:
    """Places and masses come back for any factors; inertias, obstacles and muscles for equal ones along x, y, z."""
    body = BODIES[name]
    for uniform in (False, True):
        there = random_factors(body, seed, uniform)
        back = {segment: 1.0 / values for segment, values in there.items()}
        again = scale_body(scale_body(body, there), back)
        assert_same(places(again), places(body))
        np.testing.assert_allclose([s.mass for s in again.segments], [s.mass for s in body.segments], rtol=1e-12)
        if uniform:
            assert_same(sizes(again)[:-1], sizes(body)[:-1])
            np.testing.assert_allclose(sizes(again)[-1], sizes(body)[-1], rtol=1e-9)


@given(bodies, seeds, st.floats(10.0, 200.0), st.booleans())
@settings(max_examples=20)
def test_masses_add_up_to_the_target(name: str, seed: int, target: float, keep: bool) -> None:
    body = BODIES[name]
    scaled = scale_body(body, random_factors(body, seed), target, preserve_mass_distribution=keep)
    assert scaled.mass == pytest.approx(target, rel=1e-12)
    if keep:
        shares = [s.mass / scaled.mass for s in scaled.segments]
        np.testing.assert_allclose(shares, [s.mass / body.mass for s in body.segments], rtol=1e-12)


@given(factor)
@settings(max_examples=10)
def test_one_factor_for_all_is_a_change_of_unit(s: float) -> None:
    """Lengths times s, volumes and masses times s³, inertias times s⁵, fibres and tendons times s."""
    body = BODIES["old_leg"]
    home = body.with_(coordinates=tuple(_at_zero(body)))
    scaled = scale_body(home, {g.name: np.full(3, s) for g in (home.ground, *home.segments)})
    for a, b in zip(scaled.segments, home.segments, strict=True):
        np.testing.assert_allclose(a.mass, b.mass * s**3, rtol=1e-12)
        np.testing.assert_allclose(a.inertia, b.inertia * s**5, rtol=1e-12, atol=1e-15)
        for w, v in zip(a.wrap_objects, b.wrap_objects, strict=True):
            np.testing.assert_allclose(w.dimensions, np.array(v.dimensions) * s, rtol=1e-12)
    np.testing.assert_allclose(default_lengths(scaled), default_lengths(home) * s, rtol=1e-6)
    lengths = [[m.optimal_fiber_length, m.tendon_slack_length] for m in home.muscles]
    found = [[m.optimal_fiber_length, m.tendon_slack_length] for m in scaled.muscles]
    np.testing.assert_allclose(found, np.array(lengths) * s, rtol=1e-6)


def _at_zero(body: Body) -> list[Coordinate]:
    """Coordinates that are distances start at 0: they are not scaled, being what is measured."""
    return [replace(c, default=0.0) for c in body.coordinates]


@given(bodies, seeds)
@settings(max_examples=10)
def test_inertias_stay_possible(name: str, seed: int) -> None:
    """The cylinder that stands for a segment is a rigid body: moments positive, none above the sum of the others."""
    scaled = scale_body(BODIES[name], random_factors(BODIES[name], seed))
    for segment in scaled.segments:
        moments = np.sort(np.diag(segment.inertia))
        assert moments[0] >= 0.0
        assert moments[2] <= moments[0] + moments[1] + 1e-12


@given(seeds)
@settings(max_examples=10)
def test_markers_put_somewhere_are_there(seed: int) -> None:
    body, rng = BODIES["every_joint"], np.random.default_rng(seed)
    q = compile_skeleton(body).couplers.apply(default_pose(body) + rng.uniform(-0.4, 0.4, len(body.coordinates)))
    wanted = {m.name: rng.uniform(-1, 1, 3) for m in body.markers}
    put = put_markers(body, q[0], wanted)
    skeleton = compile_skeleton(put)
    segment = np.array([skeleton.segment_index[m.segment] for m in put.markers])
    at = points_in_ground(poses(skeleton, q), segment, np.array([m.location for m in put.markers]))[0]
    np.testing.assert_allclose(at, list(wanted.values()), atol=1e-13)
