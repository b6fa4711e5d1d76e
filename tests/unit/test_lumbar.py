"""Loads of the low back, level by level."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from groundup.body.default_body import default_body, default_meshes
from groundup.body.model import CoordinateActuator
from groundup.body.recording import Recording
from groundup.chain.conclude import lumbar_reason
from groundup.chain.gait import gait_cycles
from groundup.chain.lumbar import LumbarLoad, disc_axes, disc_tilt_deg, lumbar_joints, lumbar_levels, lumbar_loads
from groundup.chain.names import lumbar_level
from groundup.chain.trunk_reserves import trunk_reserve_shares
from groundup.engine.kinematics import cross, poses
from groundup.engine.moment_arms import muscle_wrenches
from groundup.engine.muscle_path import path_geometry, segment_pulls
from groundup.engine.skeleton import compile_skeleton
from groundup.loads.analysis import Analysis
from groundup.loads.muscle_forces import build_machine, share
from groundup.motion.synthetic import synthetic_recording
from groundup.motion.trajectory import Motion
from groundup.pipeline import compute

LEVELS = ["L5/S1", "L4/L5", "L3/L4", "L2/L3", "L1/L2"]
G = 9.80665


@cache
def walk() -> Analysis:
    """A step of the synthetic walk."""
    body = default_body()
    markers, forces, _ = synthetic_recording(body)
    short = replace(markers, time_s=markers.time_s[:60], positions_m=markers.positions_m[:60])
    return compute(Recording(short, forces, "walk", synthetic=True), body)


@cache
def loads() -> tuple[LumbarLoad, ...]:
    return lumbar_loads(walk())


def test_five_levels_from_the_sacrum_up() -> None:
    assert [load.level for load in loads()] == LEVELS


def test_muscles_and_the_rest_make_the_whole() -> None:
    """Pulls of the muscles on everything above a level, summed by themselves, are what the split says."""
    a = walk()
    assert a.loads is not None
    machine = build_machine(a.body)
    geometry = path_geometry(machine.paths, a.at.rotation, a.at.translation, a.motion.q)
    pulls = muscle_wrenches(a.skeleton, segment_pulls(machine.paths, geometry), a.loads.force)
    for load in loads():
        child = a.skeleton.joint_child[load.joint]
        up = (a.at.rotation[:, child] @ disc_axes(a.skeleton, load.joint))[:, :, 1]
        above = a.skeleton.subtree[child] > 0
        pulled_down = -np.einsum("fi,fi->f", pulls[:, above, 3:].sum(axis=1), up)
        np.testing.assert_allclose(load.muscle_compression, pulled_down, rtol=0, atol=1e-6, err_msg="N")
        np.testing.assert_allclose(load.compression, load.rest[:, 1] + pulled_down, rtol=1e-9)


def test_moments_are_those_of_inverse_dynamics() -> None:
    """The moment about the first axis of a level's joint is the generalised force of its first coordinate."""
    a = walk()
    assert a.moments is not None
    for load in loads():
        joint = a.body.joints[load.joint]
        parent = a.skeleton.joint_parent[load.joint]
        child = a.skeleton.joint_child[load.joint]
        axes = a.at.rotation[:, child] @ disc_axes(a.skeleton, load.joint)
        about = (axes @ load.moment[..., None])[..., 0]
        right = a.at.rotation[:, parent, :, 2]  # flexion turns about the right of the vertebra below
        name = next(c.name for c in a.body.coordinates if c.joint == joint.name and c.name.endswith("Flex_Ext"))
        expected = a.moments[:, a.skeleton.coordinate_index[name]]
        np.testing.assert_allclose(np.einsum("fi,fi->f", about, right), expected, rtol=0, atol=1e-8, err_msg="N·m")


def test_axes_are_the_normals_of_the_discs_of_the_bones() -> None:
    """Within 7° of the endplates beside each disc, as the surfaces of the bones show them."""
    skeleton = compile_skeleton(default_body())
    for j, name in enumerate(skeleton.joints):
        if lumbar_level(name) not in LEVELS:
            continue
        axes = disc_axes(skeleton, j)
        np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
        assert np.linalg.det(axes) == pytest.approx(1.0)
        above, below = (skeleton.segments[k[j]] for k in (skeleton.joint_child, skeleton.joint_parent))
        seen = np.mean([_endplate_deg(above, -1), _endplate_deg(below, 1)])
        assert disc_tilt_deg(skeleton, j) == pytest.approx(seen, abs=7.0), lumbar_level(name)


def _endplate_deg(segment: str, side: int) -> float:
    """How far the upper (1) or lower (-1) endplate of a bone leans forward, by the area of its surface."""
    vertices, faces = default_meshes()[segment]
    a, b, c = (vertices[faces[:, k]].astype(float) for k in range(3))
    area = np.cross(b - a, c - a) / 2
    center = (a + b + c) / 3
    area *= np.sign(np.einsum("ij,ij->", center - vertices.mean(axis=0), area))
    size = np.linalg.norm(area, axis=1)
    front = (center[:, 0] > vertices[:, 0].max() - 0.035) & (np.abs(center[:, 2]) < 0.02)
    chosen = front & (side * area[:, 1] > 0.75 * size)
    normal = side * area[chosen].sum(axis=0)
    return float(np.degrees(np.arctan2(normal[0], normal[1])))


# --- statics -------------------------------------------------------------------------------------------------------


def leaning(tilt_deg: float) -> Analysis:
    """Somebody who stands still with the whole trunk, pelvis included, leaning forward; the ground is not asked."""
    a = walk()
    q = np.zeros((9, len(a.body.coordinates)))
    q[:, a.skeleton.coordinate_index["pelvis_tilt"]] = -np.radians(tilt_deg)
    still = Motion(np.arange(9) / 100, q, np.zeros_like(q), np.zeros_like(q))
    found = share(build_machine(a.body), still, None)
    ground = replace(a.ground, known=np.ones(9, dtype=bool), forces=None)
    at = poses(a.skeleton, q)
    return replace(a, motion=still, at=at, ground=ground, loads=found, moments=found.moments)


@pytest.mark.parametrize("tilt_deg", [0.0, 5.0, 20.0])
def test_standing_still_is_weight_times_arm(tilt_deg: float) -> None:
    a = leaning(tilt_deg)
    for load in lumbar_loads(a):
        child = a.skeleton.joint_child[load.joint]
        above = (a.skeleton.subtree[child] > 0) & (a.skeleton.mass > 0)
        weight = a.skeleton.mass[above].sum() * G
        lean = np.radians(load.tilt_deg + tilt_deg)
        np.testing.assert_allclose(load.rest[4], weight * np.array([np.sin(lean), np.cos(lean), 0.0]), atol=0.3)
        turn, place = a.at.rotation[4], a.at.translation[4]
        centers = place + np.einsum("bij,bj->bi", turn, a.skeleton.mass_center)
        mean = (a.skeleton.mass[above, None] * centers[above]).sum(0) / a.skeleton.mass[above].sum()
        disc = place[child] + turn[child] @ a.skeleton.joint_child_translation[load.joint]
        assert load.moment[4, 2] == pytest.approx(weight * (mean - disc)[0], abs=0.05)


def test_leaning_forward_adds_as_an_extensor_arm_of_a_few_centimetres_says() -> None:
    """Extra moment over extra muscle compression is the lever of one muscle in place of all: 55 mm is usual."""
    upright, bent = (lumbar_loads(leaning(deg))[0] for deg in (5.0, 20.0))
    moment = bent.moment[4, 2] - upright.moment[4, 2]
    pull = bent.muscle_compression[4] - upright.muscle_compression[4]
    assert moment > 15
    assert 0.050 < moment / pull < 0.060


# --- refusal ---------------------------------------------------------------------------------------------------------


def test_reserves_hardly_carry_the_trunk() -> None:
    shares = trunk_reserve_shares(walk())
    assert set(shares) == {f"L5_S1_{way}" for way in ("Flex_Ext", "Lat_Bending", "axial_rotation")}
    assert max(shares.values()) < 0.01
    assert lumbar_reason(walk()) == ""


@pytest.mark.parametrize("way", ["Flex_Ext", "Lat_Bending"])
def test_a_motor_at_the_back_refuses_the_low_back(way: str) -> None:
    a = walk()
    motor = CoordinateActuator("motor", f"L5_S1_{way}", 1000.0)
    found = replace(a, loads=share(build_machine(a.body, (motor,), 1.0), a.motion, a.forces))
    assert trunk_reserve_shares(found)[f"L5_S1_{way}"] > 0.05
    assert "reserve actuators carry" in lumbar_reason(found)
    assert f"L5_S1_{way}; the limit is 5 %" in lumbar_reason(found)
    assert lumbar_loads(replace(found, reasons={"lumbar": lumbar_reason(found)})) == ()


def test_share_of_reserves_counts_all_levels() -> None:
    """A reserve moves six joints: what it gives to each is its moment over the sum of their turns."""
    a = walk()
    assert a.loads is not None
    assert a.moments is not None
    k = a.loads.driven.index("L5_S1_Flex_Ext")
    given = np.zeros_like(a.loads.actuator_force)
    given[:, k] = 1.0
    shares = trunk_reserve_shares(replace(a, loads=replace(a.loads, actuator_force=given)))
    turn = {c.dependent: getattr(c.function, "slopes")[0] for c in a.body.couplers}  # noqa: B009
    names = [n for n in a.skeleton.coordinates if n.endswith("Flex_Ext")]
    turns = np.array([turn.get(n, 1.0) for n in names])
    moment = sum(
        (
            np.array([turn.get(n, 1.0) for n in a.skeleton.coordinates if n.endswith(way)])
            @ a.moments[:, [i for i, n in enumerate(a.skeleton.coordinates) if n.endswith(way)]].T
            / sum(turn.get(n, 1.0) for n in a.skeleton.coordinates if n.endswith(way))
        )
        ** 2
        for way in ("Flex_Ext", "Lat_Bending", "axial_rotation")
    )
    expected = 1.0 / turns.sum() / np.sqrt(np.mean(moment))
    # The abdomen, which weighs a gram, is counted there and not here.
    assert shares["L5_S1_Flex_Ext"] == pytest.approx(expected, rel=1e-2)


# --- the table --------------------------------------------------------------------------------------------------------


def test_table_by_level() -> None:
    a = walk()
    table = lumbar_levels(a, loads(), gait_cycles(a))
    assert [one.level for one in table] == LEVELS
    for one, load in zip(table, loads(), strict=True):
        assert 0 < one.compression_mean_bw < one.compression_peak_bw
        assert one.compression_peak_n == pytest.approx(one.compression_peak_bw * a.body_weight_n)
        assert load.compression.max() >= one.compression_peak_n
        assert 20 < one.muscle_percent < 80
        assert one.reserve_percent < 1


def test_walk_is_within_published_loads() -> None:
    """1.2 to 3.0 BW (Cheng 1998; Cappozzo 1984; J Biomech 2017)."""
    a = walk()
    for load in loads()[:2]:
        assert 1.2 < load.compression.max() / a.body_weight_n < 3.0


def test_a_back_of_one_joint_keeps_its_axes() -> None:
    body = default_body()
    new = {j.name: "back" if j.name.startswith("L5_S1") else f"upper_{k}" for k, j in enumerate(body.joints)}
    new = {old: name if "IVD" in old else old for old, name in new.items()}
    joints = tuple(replace(j, name=new[j.name]) for j in body.joints)
    body = body.with_(joints=joints, coordinates=tuple(replace(c, joint=new[c.joint]) for c in body.coordinates))
    skeleton = compile_skeleton(body)
    np.testing.assert_allclose(disc_axes(skeleton, skeleton.joints.index("back")), np.eye(3), atol=1e-12)
    assert [skeleton.joints[j] for j in lumbar_joints(replace(walk(), body=body))] == ["back"]


def test_centre_of_moments_does_not_move_with_the_origin() -> None:
    """Moving everything along the ground changes no load."""
    a = walk()
    q = a.motion.q.copy()
    q[:, a.skeleton.coordinate_index["pelvis_tx"]] += 3.0
    assert a.forces is not None
    wrenches = tuple(replace(w, point_m=w.point_m + np.array([3.0, 0.0, 0.0])) for w in a.forces.wrenches)
    moved = replace(
        a,
        motion=replace(a.motion, q=q),
        at=poses(a.skeleton, q),
        ground=replace(a.ground, forces=replace(a.forces, wrenches=wrenches)),
    )
    assert moved.loads is not None
    shift = np.array([3.0, 0.0, 0.0])
    reactions = moved.loads.reactions.copy()
    reactions[..., :3] += cross(shift, reactions[..., 3:])
    moved = replace(moved, loads=replace(moved.loads, reactions=reactions))
    for before, after in zip(loads(), lumbar_loads(moved), strict=True):
        np.testing.assert_allclose(after.force, before.force, atol=1e-6)
        np.testing.assert_allclose(after.moment, before.moment, atol=1e-6)
