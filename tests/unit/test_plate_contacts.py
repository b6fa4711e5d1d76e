"""Which foot stands on which plate: the synthetic walk over plates laid under its steps."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.body.recording import AppliedForce, ExternalForces, PlateGeometry
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import RecordingError
from groundup.loads.plates import PlateContacts, contacts_of_soles, contacts_on_plates
from groundup.motion.soles import Sole, soles
from groundup.motion.synthetic import synthetic_recording

RIGHT_1, LEFT_1, RIGHT_2, LEFT_2 = (0.2, 0.9), (0.75, 1.45), (1.3, 2.0), (1.85, 2.55)  # s, around one stance each


@cache
def walk() -> tuple[tuple[Sole, ...], np.ndarray, ExternalForces, float]:
    """Soles, frames, the forces under each foot, and the weight."""
    body = default_body()
    skeleton = compile_skeleton(body)
    _, forces, truth = synthetic_recording(body)
    return soles(skeleton, poses(skeleton, truth.q)), truth.time_s, forces, body.mass * 9.80665


def under(side: str, *spans: tuple[float, float], name: str = "plate") -> AppliedForce:
    """What a plate shows of one foot within spans of time."""
    _, _, forces, _ = walk()
    foot = next(w for w in forces.wrenches if w.name == side)
    on = np.any([(forces.time_s >= a) & (forces.time_s <= b) for a, b in spans], axis=0)[:, None]
    force, torque = (np.where(on, v, 0.0) for v in (foot.force_n, foot.torque_nm))
    return replace(foot, name=name, segment=None, force_n=force, torque_nm=torque)


def together(one: AppliedForce, other: AppliedForce) -> AppliedForce:
    """What a plate shows that both stand on."""
    share = np.clip(one.force_n[:, 1:2] / np.maximum(one.force_n[:, 1:2] + other.force_n[:, 1:2], 1e-9), 0, 1)
    point = share * one.point_m + (1 - share) * other.point_m
    return replace(one, force_n=one.force_n + other.force_n, point_m=point)


def around(side: str, span: tuple[float, float], name: str = "plate", margin_m: float = 0.05) -> PlateGeometry:
    """A plate with room around the foot that stands within a span."""
    both, time_s, _, _ = walk()
    sole = next(s for s in both if s.side == side)
    middle = np.abs(time_s - (0.6 * span[0] + 0.4 * span[1])).argmin()
    (x0, z0), (x1, z1) = (f(sole.outline_m[middle], axis=0) for f in (np.min, np.max))
    return plate(x0 - margin_m, x1 + margin_m, z0 - margin_m, z1 + margin_m, name)


def plate(x0: float, x1: float, z0: float, z1: float, name: str = "plate") -> PlateGeometry:
    return PlateGeometry(name, 2, np.array([[x1, 0, z1], [x1, 0, z0], [x0, 0, z0], [x0, 0, z1]], float))


def judge(*wrenches: AppliedForce, plates: tuple[PlateGeometry, ...] = ()) -> PlateContacts:
    both, time_s, forces, weight_n = walk()
    return contacts_of_soles(both, weight_n, time_s, replace(forces, wrenches=wrenches), plates)


def spans(found: PlateContacts) -> list[tuple[float, float]]:
    """Covered stretches, s."""
    time_s = walk()[1]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], found.covered, [False]]).astype(int)))
    return [(time_s[a], time_s[b - 1]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


@pytest.mark.parametrize("with_plates", [True, False])
def test_two_steps_on_two_plates(with_plates: bool) -> None:
    """Covered from the left foot's leaving the floor until the right foot steps on the floor again."""
    plates = (around("right", RIGHT_1, "a"), around("left", LEFT_1, "b"))
    found = judge(under("right", RIGHT_1, name="a"), under("left", LEFT_1, name="b"), plates=plates * with_plates)
    assert [(c.plate, c.segment, c.accepted) for c in found.contacts] == [
        ("a", "calcn_r", True),
        ("b", "calcn_l", True),
    ]
    (only,) = spans(found)
    assert only == pytest.approx((0.339, 1.321), abs=0.03)
    assert not found.notes


def test_a_foot_over_the_edge_is_excluded() -> None:
    whole = around("right", RIGHT_1)
    cut = replace(whole, corners_m=whole.corners_m - [0.12, 0.0, 0.0])
    found = judge(under("right", RIGHT_1), plates=(cut,))
    (contact,) = found.contacts
    assert contact.reason == "the right foot stands partly beside it"
    assert (contact.accepted, found.forces.wrenches) == (False, ())
    time_s = walk()[1]
    assert not found.covered[(time_s > 0.24) & (time_s < 0.88)].any()
    assert found.notes == ("plate from 0.23 to 0.88 s is not used: the right foot stands partly beside it.",)


def test_two_feet_on_one_plate_are_excluded() -> None:
    both = together(under("right", RIGHT_1), under("left", LEFT_1))
    for plates in ((plate(-5, 5, -1, 1),), ()):
        found = judge(both, plates=plates)
        (contact,) = found.contacts
        assert not contact.accepted
        assert not found.forces.wrenches
    assert judge(both, plates=(plate(-5, 5, -1, 1),)).contacts[0].reason == "both feet stand on it"
    assert judge(both).contacts[0].reason.endswith("so both feet may stand on it")


def test_feet_one_after_the_other_on_one_plate() -> None:
    """Walking to and fro: the same plate carries the right foot first, then the left."""
    right, left = under("right", RIGHT_1), under("left", LEFT_2)
    later = walk()[2].time_s[:, None] > 1.4
    shared = replace(right, force_n=right.force_n + left.force_n, point_m=np.where(later, left.point_m, right.point_m))
    found = judge(shared)
    assert [(c.side, c.accepted) for c in found.contacts] == [("right", True), ("left", True)]
    assert [(w.name, w.segment) for w in found.forces.wrenches] == [
        ("plate_right", "calcn_r"),
        ("plate_left", "calcn_l"),
    ]
    np.testing.assert_allclose(
        sum(w.force_n for w in found.forces.wrenches), shared.force_n * (shared.force_n[:, 1:2] > 20), atol=1e-9
    )
    assert not found.covered[np.abs(walk()[1] - 1.1).argmin()], "the left foot stands on the floor"


def test_a_foot_across_two_plates_is_measured_by_both() -> None:
    """Its force is the sum; half of it on a plate that another foot spoils is worth nothing."""
    whole = around("right", RIGHT_1)
    x0, x1 = whole.corners_m[:, 0].min(), whole.corners_m[:, 0].max()
    z0, z1 = whole.corners_m[:, 2].min(), whole.corners_m[:, 2].max()
    middle = 0.5 * (x0 + x1)
    plates = (plate(x0, middle, z0, z1, "rear"), plate(middle, x1, z0, z1, "front"))
    foot = under("right", RIGHT_1)
    in_front = np.clip((foot.point_m[:, :1] - middle) / 0.1 + 0.5, 0, 1)
    parts = [
        replace(
            foot,
            name=name,
            force_n=foot.force_n * part,
            torque_nm=foot.torque_nm * part,
            point_m=np.where([True, False, False], np.clip(foot.point_m, low, high), foot.point_m),
        )
        for name, part, low, high in (("rear", 1 - in_front, x0, middle), ("front", in_front, middle, x1))
    ]
    found = judge(*parts, plates=plates)
    assert {c.plate: (c.side, c.accepted) for c in found.contacts} == {
        "rear": ("right", True),
        "front": ("right", True),
    }
    spoilt = (plates[0], plate(middle, x1 + 2.0, z0 - 1.0, z1 + 1.0, "front"))
    found = judge(parts[0], together(parts[1], under("left", LEFT_1)), plates=spoilt)
    assert [c.accepted for c in found.contacts] == [False, False]
    assert "another plate" in next(c.reason for c in found.contacts if c.plate == "rear")


def test_both_belts_of_a_treadmill() -> None:
    """Each foot comes back to its own belt again and again; every frame is covered."""
    both, time_s, forces, weight_n = walk()
    back = [-1.25, 0.0, 0.0]
    moved = tuple(
        replace(s, **{k: getattr(s, k) + time_s[:, None] * back for k in ("heel_m", "ball_m", "tip_m")}) for s in both
    )
    belts = tuple(
        replace(w, name=f"belt_{w.name}", segment=None, point_m=w.point_m + forces.time_s[:, None] * back)
        for w in forces.wrenches
    )
    plates = (plate(-3, 3, 0.0, 0.6, "belt_right"), plate(-3, 3, -0.6, 0.0, "belt_left"))
    found = contacts_of_soles(moved, weight_n, time_s, replace(forces, wrenches=belts), plates)
    assert all(c.accepted and c.plate == f"belt_{c.side}" for c in found.contacts)
    assert len(found.contacts) == 7
    assert found.covered.all()


def test_a_force_beside_the_foot_is_nobodys() -> None:
    beside = under("right", RIGHT_1)
    found = judge(replace(beside, point_m=np.add(beside.point_m, [0.0, 0.0, 0.2])), under("left", LEFT_1, name="good"))
    assert [c.accepted for c in found.contacts] == [False, True]
    assert "cm outside of the nearest foot" in found.contacts[0].reason
    with pytest.raises(RecordingError, match=r"share one origin and one set of axes"):
        judge(replace(beside, point_m=np.add(beside.point_m, [0.0, 0.0, 2.0])))


def test_a_plate_that_carries_too_little() -> None:
    foot = under("right", RIGHT_1)
    (contact,) = judge(replace(foot, force_n=0.4 * foot.force_n)).contacts
    assert not contact.accepted
    assert "of the body's weight while the right foot stands alone" in contact.reason


def test_a_body_of_another_mass_is_no_fault_of_the_plates() -> None:
    """All contacts carry the same, so it is the whole person."""
    light = [replace(w, force_n=0.5 * w.force_n) for w in (under("right", RIGHT_1), under("left", LEFT_1, name="b"))]
    assert all(c.accepted for c in judge(*light).contacts)
    (light_one, whole) = judge(light[0], under("left", LEFT_1, name="b")).contacts
    assert (light_one.accepted, whole.accepted) == (False, True)


def test_small_forces_that_were_removed_are_noticed() -> None:
    foot = under("right", RIGHT_1)
    cut = replace(foot, force_n=np.where(foot.force_n[:, 1:2] > 60, foot.force_n, 0.0))
    (note,) = judge(cut).notes
    assert note.startswith("plate falls from 6")
    assert "foot-offs early" in note


def test_a_knock_is_no_contact() -> None:
    foot = under("left", (0.9, 0.95))
    assert judge(foot).contacts == ()


def test_named_forces_are_taken_and_the_floor_is_noticed() -> None:
    """A force that names its segment counts as measured; a foot without one does not."""
    _, time_s, forces, _ = walk()
    right = replace(under("right", (0.0, 3.0)), segment="calcn_r")
    found = judge(right)
    assert found.forces.wrenches == (right,)
    assert not found.covered[np.abs(time_s - 1.1).argmin()]
    assert found.covered[np.abs(time_s - 0.5).argmin()]
    assert judge(*forces.wrenches).covered.all()
    assert not judge().covered.any(), "no plates, and always a foot on the floor"


def test_mirrored_the_other_foot_does_the_same() -> None:
    both, time_s, forces, weight_n = walk()
    flip = np.array([1.0, 1.0, -1.0])
    names = {"right": "left", "left": "right"}
    mirrored = tuple(
        replace(s, side=names[s.side], **{k: getattr(s, k) * flip for k in ("heel_m", "ball_m", "tip_m")}) for s in both
    )
    wrench, where = under("right", RIGHT_1), around("right", RIGHT_1)
    found = judge(wrench, plates=(where,))
    other = contacts_of_soles(
        mirrored,
        weight_n,
        time_s,
        replace(forces, wrenches=(replace(wrench, force_n=wrench.force_n * flip, point_m=wrench.point_m * flip),)),
        (replace(where, corners_m=where.corners_m * flip),),
    )
    assert [names[c.side] for c in found.contacts] == [c.side for c in other.contacts]
    assert [c.accepted for c in found.contacts] == [c.accepted for c in other.contacts]
    np.testing.assert_array_equal(found.covered, other.covered)


def test_from_the_poses_of_a_body() -> None:
    body = default_body()
    skeleton = compile_skeleton(body)
    _, forces, truth = synthetic_recording(body)
    bare = replace(forces, wrenches=tuple(replace(w, segment=None) for w in forces.wrenches))
    found = contacts_on_plates(skeleton, poses(skeleton, truth.q), truth.time_s, bare)
    assert [w.segment for w in found.forces.wrenches] == [w.segment for w in forces.wrenches]
    assert found.covered.all()
