"""Paths over points and obstacles on small hand-made bodies."""

from __future__ import annotations

import numpy as np
import pytest

from groundup.body.functions import Linear
from groundup.body.model import (
    Body,
    Coordinate,
    Frame,
    Muscle,
    MuscleKind,
    PathPoint,
    PathWrap,
    Segment,
    WrapKind,
    WrapObject,
)
from groundup.engine.muscle_path import PathGeometry, path_geometry, segment_pulls
from groundup.engine.path_set import compile_paths
from groundup.errors import ModelError

SEGMENTS = {"ground": 0, "shank": 1}
COORDINATES = {"knee": 0}


def _muscle(*points: PathPoint, wraps: tuple[PathWrap, ...] = (), name: str = "string") -> Muscle:
    return Muscle(name, MuscleKind.THELEN2003, points, wraps, 100.0, 0.1, 0.1, 0.0, 10.0)


def _point(segment: str, *location: float, **more: object) -> PathPoint:
    return PathPoint("p", segment, np.array(location), **more)  # type: ignore[arg-type]


def _body(*muscles: Muscle, obstacles: tuple[WrapObject, ...] = ()) -> Body:
    ground = Segment("ground", 0.0, np.zeros(3), np.zeros((3, 3)), wrap_objects=obstacles)
    shank = Segment("shank", 1.0, np.zeros(3), np.eye(3))
    return Body("hand-made", (shank,), (), (Coordinate("knee", "knee"),), muscles=muscles, ground=ground)


def _geometry(body: Body, shank: np.ndarray, knee: float = 0.0) -> PathGeometry:
    """Geometry with the shank unturned at ``shank`` (F, 3)."""
    shank = np.atleast_2d(shank)
    translation = np.stack([np.zeros_like(shank), shank], axis=1)
    rotation = np.broadcast_to(np.eye(3), (len(shank), 2, 3, 3))
    return path_geometry(
        compile_paths(body, SEGMENTS, COORDINATES), rotation, translation, np.full((len(shank), 1), knee)
    )


def test_straight_string_pulls_its_ends_together() -> None:
    geometry = _geometry(_body(_muscle(_point("ground", 0, 0, 0), _point("shank", 0, 0, 0))), np.array([3.0, 4.0, 0]))
    np.testing.assert_allclose(geometry.length, [[5.0]])
    np.testing.assert_allclose(geometry.pull[0], [[0.6, 0.8, 0], [-0.6, -0.8, 0]])


@pytest.mark.parametrize(("knee", "length"), [(-0.1, 2.0), (0.0, 2 * np.sqrt(2)), (0.5, 2 * np.sqrt(2)), (0.6, 2.0)])
def test_conditional_point_counts_only_within_its_range(knee: float, length: float) -> None:
    middle = _point("ground", 1, 1, 0, coordinate="knee", range=(0.0, 0.5))
    body = _body(_muscle(_point("ground", 0, 0, 0), middle, _point("shank", 0, 0, 0)))
    np.testing.assert_allclose(_geometry(body, np.array([2.0, 0, 0]), knee).length, [[length]])


def test_conditional_end_leaves_the_rest_of_the_path() -> None:
    end = _point("ground", -1, 0, 0, coordinate="knee", range=(0.0, 0.5))
    body = _body(_muscle(end, _point("ground", 0, 0, 0), _point("shank", 0, 0, 0)))
    geometry = _geometry(body, np.array([2.0, 0, 0]), 1.0)
    np.testing.assert_allclose(geometry.length, [[2.0]])
    np.testing.assert_array_equal(geometry.on_path, [[False, True, True]])


def test_moving_point_pulls_on_its_coordinate() -> None:
    """A point sliding away from its neighbour by 0.2 m/rad: the length grows, so the pull is -0.2."""
    still = (Linear((0.0,), 0.0), "knee")
    end = _point("shank", 0, 0, 0, moving=((Linear((0.2,), 0.0), "knee"), still, still))
    geometry = _geometry(_body(_muscle(_point("ground", 0, 0, 0), end)), np.array([2.0, 0, 0]), 0.5)
    np.testing.assert_allclose(geometry.length, [[2.1]])
    np.testing.assert_allclose(geometry.moving_pull, [[-0.2]])


def _ball(name: str, x: float, active: bool = True) -> WrapObject:
    return WrapObject(
        name, WrapKind.SPHERE, "ground", Frame(np.eye(3), np.array([x, 0.02, 0.0])), (0.1,), active=active
    )


def test_pulls_balance_over_an_obstacle() -> None:
    body = _body(
        _muscle(_point("ground", 0, 0, 0), _point("shank", 0, 0, 0), wraps=(PathWrap("ball"),)),
        obstacles=(_ball("ball", 1.0),),
    )
    geometry = _geometry(body, np.array([[2.0, 0.0, 0.0], [2.0, 0.5, 0.3]]))
    np.testing.assert_array_equal(geometry.on_path[:, 2], [True, False])
    paths = compile_paths(body, SEGMENTS, COORDINATES)
    pulls = segment_pulls(paths, geometry)
    np.testing.assert_allclose(pulls.wrench.sum(axis=1), 0.0, atol=1e-12)
    np.testing.assert_array_equal(pulls.segment, [0, 1])


def test_two_obstacles_in_a_row_are_both_passed() -> None:
    """Two balls below a string: straight between them, so the length is the sum of the tangent pieces."""
    wraps = (PathWrap("far"), PathWrap("near"))
    body = _body(
        _muscle(_point("ground", 0, 0, 0), _point("shank", 0, 0, 0), wraps=wraps),
        obstacles=(_ball("near", 1.0), _ball("far", 3.0)),
    )
    geometry = _geometry(body, np.array([4.0, 0.0, 0.0]))
    assert geometry.on_path.all()
    d, r = np.hypot(1.0, 0.02), 0.1
    # from an end to the ball's underside tangent, over a small arc, level to the other ball
    arc = r * (np.pi / 2 - np.arctan(0.02) - np.arccos(r / d))
    dip = 2 * (np.sqrt(d**2 - r**2) + arc) + 2.0
    np.testing.assert_allclose(geometry.length, [[dip]], rtol=1e-6)


def test_stretch_and_activity_decide_where_a_path_may_wrap() -> None:
    points = (_point("ground", 0, 0, 0), _point("ground", 2, 0, 0), _point("shank", 0, 0, 0))
    for wrap, ball, wraps in (
        (PathWrap("ball"), _ball("ball", 1.0), True),
        (PathWrap("ball", range=(1, 2)), _ball("ball", 1.0), True),
        (PathWrap("ball", range=(2, 3)), _ball("ball", 1.0), False),
        (PathWrap("ball"), _ball("ball", 1.0, active=False), False),
    ):
        geometry = _geometry(_body(_muscle(*points, wraps=(wrap,)), obstacles=(ball,)), np.array([4.0, 0.0, 0.0]))
        assert geometry.on_path[0, 3:].any() == wraps


def test_frames_do_not_depend_on_each_other() -> None:
    """More frames than are worked on at once give the same as one by one."""
    body = _body(
        _muscle(_point("ground", 0, 0, 0), _point("shank", 0, 0, 0), wraps=(PathWrap("ball"),)),
        obstacles=(_ball("ball", 1.0),),
    )
    shank = np.array([2.0, 0.0, 0.0]) + 0.2 * np.random.default_rng(0).normal(size=(300, 3))
    together = _geometry(body, shank)
    for k in (0, 127, 128, 299):
        np.testing.assert_array_equal(together.length[k], _geometry(body, shank[k]).length[0])


def test_unknown_names_are_reported() -> None:
    lost = _body(_muscle(_point("thigh", 0, 0, 0), _point("shank", 0, 0, 0)))
    with pytest.raises(
        ModelError, match='muscle string, point p: unknown segment "thigh"; the model has ground, shank'
    ):
        compile_paths(lost, SEGMENTS, COORDINATES)
    no_ball = _body(_muscle(_point("ground", 0, 0, 0), _point("shank", 0, 0, 0), wraps=(PathWrap("ball"),)))
    with pytest.raises(ModelError, match='unknown wrap object "ball"; the model has none'):
        compile_paths(no_ball, SEGMENTS, COORDINATES)
    with pytest.raises(ModelError, match='no muscle "soleus"; the model has string'):
        compile_paths(_body(_muscle(_point("ground", 0, 0, 0))), SEGMENTS, COORDINATES, ["soleus"])


def test_a_range_beyond_the_last_point_is_the_whole_path() -> None:
    muscle = _muscle(_point("ground", 0, 0, 0), _point("shank", 0, 0, 0), wraps=(PathWrap("ball", range=(1, 10**300)),))
    paths = compile_paths(_body(muscle, obstacles=(_ball("ball", 1.0),)), SEGMENTS, COORDINATES)
    assert (paths.wraps.start, paths.wraps.end) == (0, 1)
