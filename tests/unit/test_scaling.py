"""Scaling: what it computes on bodies small enough to check by hand, and what it says when it cannot."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groundup.body.functions import Constant, Floats, Linear
from groundup.body.model import (
    GROUND,
    Body,
    ContactSphere,
    Coordinate,
    Frame,
    Joint,
    Marker,
    MotionKind,
    PointActuator,
    Segment,
    TransformAxis,
    WrapKind,
    WrapObject,
)
from groundup.body.recording import MarkerTrajectories, Table
from groundup.errors import GroundupError, ModelError, RecordingError, SetupError
from groundup.io.osim_read import read_marker_set, read_osim
from groundup.io.osim_write import write_osim
from groundup.io.scale_files import write_marker_set, write_scale_set
from groundup.io.setup_xml import (
    BodyScale,
    CoordinateTask,
    ManualScale,
    MarkerTask,
    Measurement,
    PlacerSetup,
    ScalerSetup,
    ScaleSetup,
    ScalingStep,
    ValueType,
)
from groundup.io.storage import read_storage
from groundup.io.trc import write_trc
from groundup.motion.marker_placement import place_markers
from groundup.motion.scale_body import scale_body
from groundup.motion.scale_factors import absent_segments, frames_within, measure, scale_factors
from groundup.motion.scaling import generic_body, run_scale, with_markers, write_scale_files

BOTH = (ScalingStep.MEASUREMENTS, ScalingStep.MANUAL)
LENGTH = Measurement("length", True, (("low", "high"),), (BodyScale("rod", ("Y", "Z")), BodyScale("absent", ("X",))))


def axes(turn: str, shift: str) -> tuple[TransformAxis, ...]:
    """Turn about z by one coordinate, shift along x by another; the rest holds still."""
    x, y, z = np.eye(3)
    still = [TransformAxis(axis, (), Constant(0.0)) for axis in (x, y, x, y, z)]
    about_z = TransformAxis(z, (turn,), Linear((1.0,), 0.0))
    along_x = TransformAxis(x, (shift,), Linear((1.0,), 0.0))
    return about_z, still[0], still[1], along_x, still[3], still[4]


def rod() -> Body:
    """One segment of 2 kg that turns in the plane and slides along x, with three markers on it."""
    inertia = np.diag([0.2, 0.02, 0.2])
    segment = Segment("rod", 2.0, np.array([0.0, 0.5, 0.0]), inertia)
    joint = Joint("hinge", "CustomJoint", GROUND, "rod", Frame(), Frame(), axes("turn", "shift"))
    coordinates = (
        Coordinate("turn", "hinge", range=(-3.0, 3.0)),
        Coordinate("shift", "hinge", motion=MotionKind.TRANSLATIONAL),
    )
    places = {"low": (0.0, 0.0, 0.0), "high": (0.0, 1.0, 0.0), "side": (0.1, 0.5, 0.2)}
    markers = tuple(Marker(name, "rod", np.array(place)) for name, place in places.items())
    return Body("rod on a hinge", (segment,), (joint,), coordinates, markers=markers)


def recording(positions: Floats, names: tuple[str, ...] = ("low", "high", "side")) -> MarkerTrajectories:
    return MarkerTrajectories(np.arange(len(positions)) / 10.0, names, positions, 10.0, "static.trc")


def standing(length: float = 1.2, n: int = 5) -> MarkerTrajectories:
    """The rod upright, shifted by 0.3 m, ``length`` m long."""
    place = np.array([[0.3, 0.0, 0.0], [0.3, length, 0.0], [0.4, length / 2, 0.2]])
    return recording(np.tile(place, (n, 1, 1)))


def scaler(**changes: object) -> ScalerSetup:
    setup = ScalerSetup(scaling_order=BOTH, measurements=(LENGTH,), marker_file=Path("static.trc"))
    return replace(setup, **changes)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------------------- factors


def test_a_measurement_scales_the_axes_it_names() -> None:
    factors = scale_factors(scaler(), rod(), standing(1.2))
    assert list(factors) == [GROUND, "rod"]
    np.testing.assert_allclose(factors["rod"], [1.0, 1.2, 1.2])
    np.testing.assert_allclose(factors[GROUND], 1.0)
    assert absent_segments(scaler(), rod()) == ("absent",)


def test_the_later_step_wins() -> None:
    by_hand = scaler(manual_scales=(ManualScale("rod", (0.9, 0.8, 0.7)), ManualScale("rod", (2, 2, 2), apply=False)))
    np.testing.assert_allclose(scale_factors(by_hand, rod(), standing())["rod"], [0.9, 0.8, 0.7])
    first = replace(by_hand, scaling_order=BOTH[::-1])
    np.testing.assert_allclose(scale_factors(first, rod(), standing())["rod"], [0.9, 1.2, 1.2])
    only = replace(by_hand, scaling_order=(ScalingStep.MANUAL,))
    np.testing.assert_allclose(scale_factors(only, rod())["rod"], [0.9, 0.8, 0.7])


def test_distances_are_averaged_over_frames_and_ratios_over_pairs() -> None:
    moving = standing(1.0).positions_m.copy()
    moving[:, 1, 1] = [1.0, 1.1, 1.2, 1.3, 1.4]
    moving[2, 0] = np.nan  # a frame without one of the markers is left out
    two = replace(LENGTH, marker_pairs=(("low", "high"), ("low", "side")))
    (found,) = measure(scaler(measurements=(two,)), rod(), recording(moving))
    assert found.pairs[0].measured_m == pytest.approx((1.0 + 1.1 + 1.3 + 1.4) / 4)
    assert found.pairs[0].model_m == pytest.approx(1.0)
    assert found.factor == pytest.approx((found.pairs[0].ratio + found.pairs[1].ratio) / 2)


def test_model_distances_are_those_of_the_default_pose() -> None:
    body = rod()
    on_ground = body.with_(markers=(*body.markers[1:], Marker("low", GROUND, np.zeros(3))))
    shifted = on_ground.with_(coordinates=(body.coordinates[0], replace(body.coordinates[1], default=0.75)))
    (found,) = measure(scaler(), shifted, standing())
    assert found.pairs[0].model_m == pytest.approx(1.25)


@pytest.mark.parametrize(
    ("time_range", "wanted"),
    [
        ((0.1, 0.3), slice(1, 4)),
        ((0.15, 0.25), slice(1, 4)),
        ((-5.0, 100.0), slice(0, 5)),
        ((-1.0, -1.0), slice(0, 5)),
        ((0.2, 0.2), slice(2, 3)),
        ((-np.inf, np.inf), slice(0, 5)),
    ],
)
def test_frames_of_a_time_range(time_range: tuple[float, float], wanted: slice) -> None:
    """The same frames as OpenSim's ``MarkerData::findFrameRange``."""
    assert frames_within(standing(), time_range) == wanted


# ------------------------------------------------------------------------------------------------------------- body


def test_equal_factors_scale_mass_and_inertia_exactly() -> None:
    (segment,) = scale_body(rod(), {"rod": np.full(3, 1.5)}).segments
    assert segment.mass == pytest.approx(2.0 * 1.5**3)
    np.testing.assert_allclose(segment.inertia, rod().segments[0].inertia * 1.5**5)
    np.testing.assert_allclose(segment.mass_center, [0.0, 0.75, 0.0])


def test_unequal_factors_take_the_segment_for_a_cylinder() -> None:
    """Radius² 0.02 m² and length² 0.285 m² follow from 0.02 and 0.2 kg·m² at 2 kg; y is the long axis."""
    (segment,) = scale_body(rod(), {"rod": np.array([1.1, 2.0, 1.3])}, preserve_mass_distribution=True).segments
    radius2, length2 = 2 * 0.02 / 2.0 * 1.1 * 1.3, 3 * (0.2 / 2.0 - 0.25 * 0.02) * 4.0
    across = 2.0 * (length2 / 3 + radius2 / 4)
    np.testing.assert_allclose(np.diag(segment.inertia), [across, 0.5 * 2.0 * radius2, across])


def test_a_massless_segment_stays_massless() -> None:
    body = rod()
    light = body.with_(segments=(replace(body.segments[0], mass=0.0), replace(body.segments[0], name="other")))
    scaled = scale_body(light, {"rod": np.array([1.1, 1.2, 1.3])}, 50.0)
    assert [s.mass for s in scaled.segments] == [0.0, 50.0]
    assert not scaled.segments[0].inertia.any()


@pytest.mark.parametrize(
    ("kind", "size", "wanted"),
    [
        (WrapKind.CYLINDER, (0.1, 1.0), (0.1 * 2.5, 4.0)),
        (WrapKind.TORUS, (0.1, 0.2), (0.1 * 2.5, 0.2 * 2.5)),
        (WrapKind.ELLIPSOID, (0.1, 0.2, 0.3), (0.2, 0.6, 1.2)),
        (WrapKind.SPHERE, (0.1,), (0.3,)),
    ],
)
def test_obstacles_follow_their_own_axes(kind: WrapKind, size: tuple[float, ...], wanted: tuple[float, ...]) -> None:
    body = rod()
    obstacle = WrapObject("o", kind, "rod", Frame(np.eye(3), np.array([0.1, 0.1, 0.1])), size)
    with_it = body.with_(segments=(replace(body.segments[0], wrap_objects=(obstacle,)),))
    (found,) = scale_body(with_it, {"rod": np.array([2.0, 3.0, 4.0])}).segments[0].wrap_objects
    np.testing.assert_allclose(found.dimensions, wanted)
    np.testing.assert_allclose(found.frame.translation, [0.2, 0.3, 0.4])


def test_contacts_and_points_of_actuators_follow_on_request_only() -> None:
    sphere = ContactSphere("heel", "rod", np.ones(3), 0.03, *[1.0] * 8)
    push = PointActuator("push", "rod", np.ones(3), np.eye(3)[0], 1.0)
    body = rod().with_(contacts=(sphere,), actuators=(push,))
    factors = {"rod": np.array([2.0, 3.0, 4.0])}
    as_opensim, moved = scale_body(body, factors), scale_body(body, factors, scale_contacts=True)
    assert as_opensim.contacts == (sphere,)
    assert as_opensim.actuators == (push,)
    np.testing.assert_allclose(moved.contacts[0].location, [2, 3, 4])
    assert moved.contacts[0].radius == pytest.approx(0.09)
    assert isinstance(moved.actuators[0], PointActuator)
    np.testing.assert_allclose(moved.actuators[0].point, [2, 3, 4])


def test_the_body_given_is_not_changed() -> None:
    body = rod()
    scale_body(body, {"rod": np.array([1.1, 1.2, 1.3])}, 60.0)
    np.testing.assert_array_equal(body.segments[0].inertia, rod().segments[0].inertia)
    np.testing.assert_array_equal(body.markers[2].location, rod().markers[2].location)


# -------------------------------------------------------------------------------------------------------- placement


def test_markers_are_placed_in_the_static_pose() -> None:
    tasks = (MarkerTask("low", weight=1.0), MarkerTask("high", weight=1.0), MarkerTask("side", apply=False, weight=9.0))
    extra = rod().with_(markers=(*rod().markers, Marker("gone", "rod", np.zeros(3))))
    seen = standing(1.0).positions_m.copy()
    seen[:, 2] += [0.02, 0.0, 0.0]
    three = MarkerTask("mid", weight=1.0)
    body = extra.with_(markers=(*extra.markers, Marker("mid", "rod", np.array([0.0, 0.5, 0.0]), fixed=True)))
    positions = np.concatenate([seen, np.tile([[[0.3, 0.51, 0.0]]], (5, 1, 1))], axis=1)
    markers = recording(positions, ("low", "high", "side", "mid"))
    placed = place_markers(body, markers, (0.0, 0.4), (*tasks, three))
    np.testing.assert_allclose(placed.q, [0.0, 0.3], atol=1e-6)
    assert placed.markers == ("low", "high", "mid")
    assert placed.moved == ("low", "high", "side")
    assert placed.removed == ("gone",)
    by_name = {m.name: m.location for m in placed.body.markers}
    np.testing.assert_allclose(by_name["side"], [0.12, 0.5, 0.2], atol=1e-6)
    np.testing.assert_allclose(by_name["mid"], [0.0, 0.5, 0.0])
    assert placed.rms_m == pytest.approx(0.01 / np.sqrt(3), abs=1e-6)
    assert [c.default for c in placed.body.coordinates] == [0.0, 0.0]


@pytest.mark.parametrize("value_type", list(ValueType))
def test_coordinate_tasks_pull(value_type: ValueType) -> None:
    """A coordinate is weighed against the mean of the markers, not their sum, as OpenSim does."""
    table = Table(np.array([0.0]), ("turn", "shift"), np.array([[10.0, 0.7]]), in_degrees=True)
    tasks = [MarkerTask(n, weight=1.0) for n in ("low", "high", "side")]
    held = CoordinateTask("shift", weight=2.0, value_type=value_type, value=0.5)
    upright = CoordinateTask("turn", weight=1e6, value_type=ValueType.MANUAL)
    placed = place_markers(rod(), standing(1.0), (0.0, 0.4), [*tasks, held, upright], table)
    target = {ValueType.MANUAL: 0.5, ValueType.DEFAULT: 0.0, ValueType.FROM_FILE: 0.7}[value_type]
    assert placed.q[1] == pytest.approx((0.3 + 2.0 * target) / 3.0, abs=1e-6)


def test_degrees_of_a_coordinate_file_are_for_angles_only() -> None:
    table = Table(np.array([0.0]), ("turn", "shift"), np.array([[30.0, 0.3]]), in_degrees=True)
    tasks = [MarkerTask(n, weight=1e-6) for n in ("low", "high", "side")]
    held = [CoordinateTask(n, weight=1e6, value_type=ValueType.FROM_FILE) for n in ("turn", "shift")]
    placed = place_markers(rod(), standing(1.0), (0.0, 0.4), [*tasks, *held], table)
    np.testing.assert_allclose(placed.q, [np.pi / 6, 0.3], atol=1e-4)


def test_markers_that_move_while_standing_are_named() -> None:
    restless = standing(1.0).positions_m.copy()
    restless[3, 1, 0] += 0.02
    tasks = [MarkerTask(n, weight=1.0) for n in ("low", "high", "side")]
    assert place_markers(rod(), recording(restless), (0.0, 0.4), tasks, None, 0.01).restless == ("high",)
    assert place_markers(rod(), recording(restless), (0.0, 0.4), tasks, None, -1.0).restless == ()


# ------------------------------------------------------------------------------------------------------------ files


def test_run_and_files(tmp_path: Path) -> None:
    setup = written_setup(tmp_path)
    result = run_scale(setup)
    assert result.body.mass == pytest.approx(3.0)
    assert result.body.name == "subject"
    assert result.notes == ("not on the model, not scaled: absent",)
    assert [p.name for p in write_scale_files(result)] == ["a.osim", "b.xml", "c.osim", "d.mot", "e.xml"]
    again = read_osim(tmp_path / "out" / "c.osim")
    np.testing.assert_allclose(again.markers[1].location, result.body.markers[1].location)
    pose = read_storage(tmp_path / "out" / "d.mot")
    assert pose.columns[:2] == ("/jointset/hinge/turn/value", "/jointset/hinge/turn/speed")
    assert [m.name for m in read_marker_set(tmp_path / "out" / "e.xml")] == ["low", "high", "side"]


def test_parts_switched_off(tmp_path: Path) -> None:
    setup = written_setup(tmp_path)
    off = replace(setup, scaler=replace(setup.scaler, apply=False), placer=PlacerSetup())
    result = run_scale(off)
    assert result.placed is None
    assert result.body.mass == pytest.approx(2.0)
    assert [note.split(" is ")[0] for note in result.notes] == ["scaling", "marker placement"]
    assert write_scale_files(result) == ()


def written_setup(folder: Path) -> ScaleSetup:
    write_osim(rod().with_(markers=()), folder / "rod.osim")
    write_marker_set(rod().markers, folder / "markers.xml")
    write_trc(standing(1.2), folder / "static.trc")
    out = folder / "out"
    tasks = tuple(MarkerTask(m.name, weight=1.0) for m in rod().markers)
    return ScaleSetup(
        path=folder / "setup.xml",
        name="subject",
        mass_kg=3.0,
        model_file=folder / "rod.osim",
        marker_set_file=folder / "markers.xml",
        scaler=scaler(
            marker_file=folder / "static.trc", output_model_file=out / "a.osim", output_scale_file=out / "b.xml"
        ),
        placer=PlacerSetup(
            tasks=tasks,
            marker_file=folder / "static.trc",
            time_range=(0.0, 0.4),
            output_model_file=out / "c.osim",
            output_motion_file=out / "d.mot",
            output_marker_file=out / "e.xml",
        ),
    )


def test_a_marker_set_takes_the_place_of_markers_of_its_names(tmp_path: Path) -> None:
    new = (Marker("high", "rod", np.full(3, 0.1)), Marker("new", GROUND, np.zeros(3), fixed=True))
    write_marker_set(new, tmp_path / "m.xml")
    body = with_markers(rod(), read_marker_set(tmp_path / "m.xml"))
    assert [m.name for m in body.markers] == ["low", "high", "side", "new"]
    np.testing.assert_array_equal(body.markers[1].location, np.full(3, 0.1))
    assert body.markers[3].fixed
    assert body.markers[3].segment == GROUND


def test_scale_set_keeps_every_digit(tmp_path: Path) -> None:
    write_scale_set({"rod": np.array([1 / 3, 1.1, 1.0])}, tmp_path / "s.xml")
    assert f"<scales>{1 / 3!r} 1.1 1.0</scales>" in (tmp_path / "s.xml").read_text()


# --------------------------------------------------------------------------------------------------------- messages


def check(
    asked: ScalerSetup, kind: type[GroundupError], words: tuple[str, ...], markers: MarkerTrajectories | None
) -> None:
    with pytest.raises(kind, match=".*".join(map(re.escape, words))) as caught:
        scale_factors(asked, rod(), markers)
    assert "\n" not in str(caught.value)


def pair(a: str, b: str) -> ScalerSetup:
    return scaler(measurements=(replace(LENGTH, marker_pairs=((a, b),)),))


def test_a_marker_missing_in_the_recording() -> None:
    check(
        pair("low", "top"),
        RecordingError,
        ("static.trc: measurement 'length'", "'top'", "it has low, high, side"),
        standing(),
    )


def test_a_marker_missing_on_the_model() -> None:
    named = recording(standing().positions_m, ("low", "high", "top"))
    check(pair("low", "top"), ModelError, ("'top'", "model does not have", "low, high, side", "marker set"), named)


def test_no_recording_and_no_pairs() -> None:
    check(scaler(), SetupError, ("measurement 'length'", "<marker_file>"), None)
    empty = scaler(measurements=(replace(LENGTH, marker_pairs=()),))
    check(empty, SetupError, ("'length'", "no marker pairs"), standing())


def test_markers_never_seen_together() -> None:
    gaps = standing().positions_m.copy()
    gaps[:, 0] = np.nan
    check(scaler(), RecordingError, ("'low' and 'high' are never seen together", "5 frames"), recording(gaps))


def test_markers_at_one_place() -> None:
    body = rod()
    same = body.with_(markers=tuple(replace(m, location=np.zeros(3)) for m in body.markers))
    with pytest.raises(ModelError, match="'low' and 'high' are at one place on the model"):
        scale_factors(scaler(), same, standing())


def test_no_frames_in_the_time_range() -> None:
    late = scaler(time_range=(50.0, 60.0))
    check(
        late,
        RecordingError,
        ("static.trc: no frames between 50 and 60 s", "from 0 to 0.4 s", "<time_range>"),
        standing(),
    )


@pytest.mark.parametrize("length", [1200.0, 0.0012])
def test_units_gone_wrong(length: float) -> None:
    words = (f"low to high is {length:.4g} m on the person and 1 m on the model", "expected 0.2 to 5", "mm", "units")
    check(scaler(), RecordingError, words, standing(length))


@pytest.mark.parametrize("values", [[1.0, 1.0, 0.1], [6.0, 1.0, 1.0], [np.nan, 1.0, 1.0], [1.0, 1.0]])
def test_nonsense_factors(values: list[float]) -> None:
    with pytest.raises(ModelError, match=r"scale factors of 'rod': .*, expected 0\.2 to 5\. .* mm "):
        scale_body(rod(), {"rod": np.array(values)})


def test_an_unknown_segment() -> None:
    with pytest.raises(
        ModelError, match=r"scale factor of 'leg': the model 'rod on a hinge' has no such .* ground, rod"
    ):
        scale_body(rod(), {"leg": np.ones(3)})


@pytest.mark.parametrize("mass", [0.0, -70.0, np.nan])
def test_a_mass_that_cannot_be(mass: float) -> None:
    with pytest.raises(ModelError, match=r"target mass is .* kg, expected more than 0"):
        scale_body(rod(), {}, mass)


def test_no_mass_to_scale() -> None:
    body = rod()
    with pytest.raises(ModelError, match="has no mass to bring to 70 kg"):
        scale_body(body.with_(segments=(replace(body.segments[0], mass=0.0),)), {}, 70.0)


def test_a_marker_on_a_segment_that_is_not_there() -> None:
    with pytest.raises(ModelError, match=r"set\.xml: marker 'm' is on 'leg', .* it has ground, rod"):
        with_markers(rod(), (Marker("m", "leg", np.zeros(3)),), "set.xml")


def test_setups_without_files(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="names no <model_file>"):
        generic_body(ScaleSetup(path=Path("setup.xml")))
    setup = written_setup(tmp_path)
    with pytest.raises(SetupError, match="<MarkerPlacer>: there is no recording"):
        run_scale(replace(setup, placer=replace(setup.placer, marker_file=None)))
    task = CoordinateTask("shift", weight=1.0, value_type=ValueType.FROM_FILE)
    with pytest.raises(SetupError, match='coordinate task "shift" takes its value from a file'):
        run_scale(replace(setup, placer=replace(setup.placer, tasks=(*setup.placer.tasks, task))))
