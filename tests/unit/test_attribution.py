"""Which link makes a load change: changes that are known, on walks that are known and on a recorded one."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.body.person import Person
from groundup.body.recording import Recording
from groundup.chain.attribution import (
    Condition,
    LoadOfInterest,
    Sharing,
    attribute,
    condition_from,
    joint_contact,
    lumbar_compression,
    mirrored,
    sensitivities,
)
from groundup.chain.attribution.between import between
from groundup.chain.attribution.changes import heavier, leaned, moved, placed, pushed, slowed
from groundup.chain.attribution.directions import directions
from groundup.chain.attribution.interest import mirrored_load
from groundup.chain.attribution.turning import turned
from groundup.chain.lumbar import lumbar_loads
from groundup.chain.series import reaction_table
from groundup.errors import ModelError, RecordingError
from groundup.from_files.recordings import read_recording
from groundup.loads.analysis import Analysis
from groundup.loads.moments import joint_moments
from groundup.motion.filtering import interpolate
from groundup.motion.fitting import fit_person
from groundup.motion.synthetic import synthetic_recording
from groundup.pipeline import Method, compute
from groundup.study import Attribution


@lru_cache(maxsize=1)
def demo() -> Analysis:
    markers, forces, _ = synthetic_recording(default_body())
    return compute(Recording(markers, forces, "walk", synthetic=True), default_body())


@lru_cache(maxsize=2)
def right(number: int = 0) -> Condition:
    return condition_from(demo(), "right", number)


LUMBAR = lumbar_compression(default_body())
KNEE = joint_contact(default_body(), "knee", "right")
HIP = joint_contact(default_body(), "hip", "right")
ANKLE = joint_contact(default_body(), "ankle", "right")


def adds_up(found: Attribution) -> bool:
    total = sum(s.value for s in found.shares)
    return bool(np.isclose(total, found.change, rtol=0.01) and abs(found.completeness_error) <= 0.01)


@pytest.mark.parametrize("load", [LUMBAR, KNEE, ANKLE], ids=lambda load: load.id)
def test_a_condition_keeps_the_loads_of_its_analysis(load: LoadOfInterest) -> None:
    a, c = demo(), right()
    box = between(c, c)
    (curve,) = box.curves(load, [box.whole(np.zeros(len(box.parts)))])
    table = reaction_table(a, a.skeleton.joints.index(load.names[0]))[:, :3] / a.body_weight_n
    told = np.linalg.norm(table, axis=1)
    if load.kind == "compression":  # along the normal of the disc, as the main number is
        told = lumbar_loads(a)[0].compression / a.body_weight_n
    at_s = np.linspace(0.231, 1.321, 101)
    same = interpolate(a.motion.time_s, told[:, None], at_s)[:, 0]
    # Between frames the two interpolate differently, which shows where a load drops within a few frames.
    assert np.median(np.abs(curve - same)) < 2e-3
    assert curve.max() == pytest.approx(same.max(), rel=0.01)


def test_one_instant_gives_what_the_whole_cycle_gives() -> None:
    box = between(right(), leaned(right(), 5.0))
    gone = np.full(len(box.parts), 0.3)
    whole = box.curves(KNEE, [box.whole(gone)])[0]
    points = (0, 1, 42, 100)
    alone = [float(c[0]) for c in box.curves(KNEE, [box.instant(gone, k) for k in points])]
    np.testing.assert_allclose(alone, whole[list(points)], rtol=1e-6)


@pytest.mark.parametrize(
    ("load", "link", "change"),
    [
        (LUMBAR, "trunk", lambda c: leaned(c, 5.0)),
        (LUMBAR, "trunk", lambda c: leaned(c, 5.0, sideways=True)),
        (KNEE, "ground force", lambda c: pushed(c, "right", 0.8)),
        (ANKLE, "foot placement", lambda c: placed(c, "right", forward_m=0.02)),
        (LUMBAR, "timing", lambda c: slowed(c, 1.25)),
        (replace(LUMBAR, per_weight=False), "body mass", lambda c: heavier(c, 10.0)),
        (KNEE, "knee", lambda c: moved(c, ["knee_angle_r"], [np.radians(5.0)])),
        (ANKLE, "ankle", lambda c: moved(c, ["ankle_angle_r"], [np.radians(3.0)])),
    ],
)
def test_a_known_change_is_found_on_its_link(load: LoadOfInterest, link: str, change) -> None:  # type: ignore[no-untyped-def]
    found = attribute(right(), change(right()), load)
    assert abs(found.change) > 0.01 * found.before
    assert adds_up(found)
    assert found.of(link) / found.change >= 0.8
    others = [s.value for s in found.shares if s.link != link]
    assert others == pytest.approx([0.0] * len(others), abs=1e-6)


def test_two_known_changes_share_the_whole() -> None:
    both = slowed(pushed(right(), "right", 0.8), 1.25)
    found = attribute(right(), both, KNEE)
    alone = [attribute(right(), c, KNEE).change for c in (pushed(right(), "right", 0.8), slowed(right(), 1.25))]
    assert adds_up(found)
    assert found.of("ground force", "right") == pytest.approx(alone[0], rel=0.15)
    assert found.of("timing") == pytest.approx(alone[1], abs=0.1 * abs(found.change))
    assert found.of("trunk") == found.of("hip") == found.of("body mass") == 0.0


def test_heavier_by_a_tenth_is_heavier_by_a_tenth() -> None:
    """Weight, inertia and ground force in newtons grow alike; only muscles do not, so the load grows a little less."""
    found = attribute(right(), heavier(right(), 8.4), replace(LUMBAR, per_weight=False))
    assert found.change / found.before == pytest.approx(8.4 / right().body.mass, abs=0.03)


def test_the_same_cycle_twice_has_nothing_to_share() -> None:
    found = attribute(right(), right(), LUMBAR)
    assert found.change == 0.0
    assert all(s.value == 0.0 and np.isnan(s.percent) for s in found.shares)
    assert any("does not change" in n for n in found.notes)


def test_two_strides_of_one_walk_differ_by_next_to_nothing() -> None:
    found = attribute(right(0), right(1), ANKLE)
    assert abs(found.change) < 0.01 * found.before
    assert all(np.isnan(s.percent) for s in found.shares)


def test_mirroring_twice_gives_the_condition_back() -> None:
    once = mirrored(right())
    assert once.side == "left"
    assert mirrored(once) is right()
    again = mirrored(replace(once, mirror_of=None))
    for name in ("q", "rate", "bend", "force_bw", "point_m", "torque_m"):
        np.testing.assert_allclose(getattr(again, name), getattr(right(), name), atol=1e-12)


def test_a_mirrored_pair_has_mirrored_shares() -> None:
    changed = placed(leaned(right(), 3.0, sideways=True), "right", forward_m=0.02)
    here = attribute(right(), changed, KNEE)
    there = attribute(mirrored(right()), replace(mirrored(changed), label="there"), mirrored_load(default_body(), KNEE))
    # The sides of the body are alike but for the last digits of its published figures.
    assert there.change == pytest.approx(here.change, rel=0.02)
    assert there.of("foot placement", "left") == pytest.approx(here.of("foot placement", "right"), rel=0.02)
    assert there.of("foot placement", "right") == 0.0


def test_left_against_right_of_a_walk_alike_on_both_sides() -> None:
    left = mirrored(condition_from(demo(), "left", 0))
    assert left.side == "right"
    found = attribute(right(), left, LUMBAR)
    assert abs(found.change) < 0.01 * found.before
    # Markers slide over the skin differently on both sides, by millimetres; forces have no noise.
    assert abs(found.of("ground force")) < 1e-3


LIFT_15_MM = -np.degrees(np.arcsin(0.015 / 0.240))
"""What a lift of 15 mm under the right foot does to the pelvis, by geometry."""


@pytest.mark.parametrize(
    ("coordinate", "degrees", "load"),
    [("pelvis_tilt", 4.0, HIP), ("pelvis_list", LIFT_15_MM, KNEE)],
)
def test_the_pelvis_turns_and_the_legs_do_not_swing_along(
    coordinate: str, degrees: float, load: LoadOfInterest
) -> None:
    """A pelvis that tilts while hips and low back make up for it is the pelvis's doing alone."""
    tilted = moved(right(), [coordinate], [np.radians(degrees)])
    box = between(right(), tilted)
    steps = directions(right(), tilted, box.machine.skeleton, box.parts)
    own = _pelvis(box.parts)
    held = replace(
        right(),
        q=right().q + steps.q[own],
        rate=right().rate + steps.rate[own],
        bend=right().bend + steps.bend[own],
    )
    found = attribute(right(), held, load)
    assert all(abs(s.value) < 1e-4 for s in found.shares if s.link in ("hip", "trunk"))
    assert abs(found.change) > 0.01 * found.before
    assert adds_up(found)
    assert found.of("pelvis") / found.change >= 0.98
    total = sum(steps.q)
    np.testing.assert_allclose(total, tilted.q - right().q, atol=1e-12)


def _pelvis(parts) -> int:  # type: ignore[no-untyped-def]
    return next(i for i, p in enumerate(parts) if p.link == "pelvis")


@pytest.mark.parametrize("angle", [0.3, -2.0, 3.1])
def test_the_way_of_walking_does_not_matter(angle: float) -> None:
    a = demo()
    turn, motion = turned(a.skeleton, a.motion, np.array([np.cos(angle), 0.0, np.sin(angle)]))
    np.testing.assert_allclose(turn @ [np.cos(angle), 0.0, np.sin(angle)], [1.0, 0.0, 0.0], atol=1e-12)
    inner = slice(6, None)  # the root's own coordinates are the laboratory's
    here, there = joint_moments(a.skeleton, a.motion, None), joint_moments(a.skeleton, motion, None)
    np.testing.assert_allclose(there[:, inner], here[:, inner], atol=1e-6)


def test_seen_from_below_the_low_back_carries_what_comes_from_the_ground() -> None:
    """With forces that fit the motion, as those of the synthetic walk fit its true one, both views are the same."""
    _, forces, truth = synthetic_recording(default_body())
    exact = replace(demo(), motion=truth, ground=replace(demo().ground, forces=forces))
    c = condition_from(exact, "right", 0)
    below = Sharing(from_below=True)
    gone = np.zeros(len(between(c, c).parts))
    (one,), (two,) = (b.curves(LUMBAR, [b.whole(gone)]) for b in (between(c, c, below), between(c, c)))
    np.testing.assert_allclose(one, two, atol=0.01)
    softer = pushed(pushed(right(), "right", 0.9), "left", 0.9)
    assert attribute(right(), softer, LUMBAR).change == pytest.approx(0.0, abs=1e-3)
    found = attribute(right(), softer, LUMBAR, below)
    assert abs(found.change) > 0.01 * found.before
    assert found.of("ground force") / found.change > 0.98


def test_another_body_is_a_share_of_its_own() -> None:
    weaker = [replace(m, max_isometric_force=0.7 * m.max_isometric_force) for m in default_body().muscles]
    found = attribute(right(), replace(right(), body=default_body().with_(muscles=tuple(weaker))), ANKLE)
    assert found.change != 0.0
    assert found.of("body model") == pytest.approx(found.change)
    assert all(s.value == 0.0 for s in found.shares if s.link != "body model")


def test_impulse_grows_with_time() -> None:
    impulse = replace(LUMBAR, statistic="impulse")
    found = attribute(right(), slowed(right(), 1.25), impulse)
    assert found.unit == "BW·s"
    assert adds_up(found)
    assert found.of("timing") > 0


def test_sensitivity_is_what_a_step_does() -> None:
    found = {s.what: s for s in sensitivities(right(), ANKLE)}
    step = attribute(right(), pushed(right(), "right", 1.01), ANKLE).change
    assert found["ground force grows"].value == pytest.approx(step, rel=0.05)
    assert found["ground force grows"].linear_to >= 3.0
    forward = attribute(right(), placed(right(), "right", forward_m=0.01), ANKLE).change
    assert found["ground force acts further forward"].value == pytest.approx(forward, rel=0.1)
    assert found["trunk leans forward"].value == pytest.approx(0.0, abs=1e-6)


def test_lean_is_lean() -> None:
    """A degree of lean is a degree at the trunk, whatever the coordinates in between."""
    c = leaned(right(), 5.0)
    box = between(right(), c)
    from groundup.engine.kinematics import poses

    skeleton = box.machine.skeleton
    torso = skeleton.segment_index["torso"]
    before, after = (poses(skeleton, skeleton.couplers.apply(x.q)).rotation[:, torso] for x in (right(), c))
    between_them = np.einsum("fij,fkj->fik", after, before)
    angle = np.degrees(np.arccos((np.trace(between_them, axis1=1, axis2=2) - 1) / 2))
    np.testing.assert_allclose(angle, 5.0, atol=0.1)
    assert (between_them[:, 0, 1] > 0).all()  # up turns ahead


def test_messages_say_what_to_do() -> None:
    with pytest.raises(RecordingError, match="asked for right cycle 7, the recording holds 2 complete cycles"):
        condition_from(demo(), "right", 7)
    with pytest.raises(ModelError, match="no right elbow among the joints, expected one of"):
        joint_contact(default_body(), "elbow", "right")
    hidden = replace(right(), known=np.arange(101) < 60)
    with pytest.raises(RecordingError, match="Choose cycles on the plates, or a peak"):
        attribute(right(), hidden, replace(LUMBAR, statistic="mean"))
    other = replace(right(), body=replace(default_body(), coordinates=default_body().coordinates[:-1]))
    with pytest.raises(ModelError, match="differ in their coordinates"):
        attribute(right(), other, LUMBAR)


@lru_cache(maxsize=1)
def recorded(folder: Path) -> Analysis:
    """A walk recorded with other markers, on the body fitted to the person."""
    found = read_recording(folder / "subject01_walk1.trc", folder / "subject01_walk1_grf.mot")
    standing = read_recording(folder / "subject01_static.trc")
    fitting = fit_person(default_body(), found, Person(72.6, 1.8), standing)
    method = Method(tasks=fitting.fitted.tasks, match_forces=True, covered_only=True, upright_trunk=True)
    return compute(fitting.recording, fitting.fitted.body, method)


@pytest.mark.parametrize(
    ("role", "link", "change"),
    [
        ("low back", "trunk", lambda c: leaned(c, 5.0)),
        ("low back", "timing", lambda c: slowed(c, 1.25)),
        ("knee", "ground force", lambda c: pushed(c, "right", 0.8)),
        ("knee", "foot placement", lambda c: placed(c, "right", forward_m=0.02)),
    ],
)
def test_a_known_change_of_a_recorded_walk(shared: Path, role: str, link: str, change) -> None:  # type: ignore[no-untyped-def]
    c = condition_from(recorded(shared / "gait2392"), "right", 0)
    load = lumbar_compression(c.body) if role == "low back" else joint_contact(c.body, role, "right")
    found = attribute(c, change(c), load)
    assert abs(found.change) > 0.02 * found.before
    assert adds_up(found)
    assert found.of(link) / found.change >= 0.98


def test_left_against_right_of_a_recorded_walk_adds_up(shared: Path) -> None:
    a = recorded(shared / "gait2392")
    here, there = condition_from(a, "right", 0), mirrored(condition_from(a, "left", 1))
    found = attribute(here, there, joint_contact(a.body, "hip", "right"))
    assert abs(found.change) > 0.1 * found.before
    assert adds_up(found)
    assert sum(s.percent for s in found.shares) == pytest.approx(100.0, abs=1.0)


def test_cop_moved_in_the_recording_itself() -> None:
    """Both plates shifted by 2 cm before anything is computed: the whole change is the place of the ground force."""
    markers, forces, _ = synthetic_recording(default_body())
    shifted = replace(
        forces, wrenches=tuple(replace(w, point_m=w.point_m + np.array([0.02, 0.0, 0.0])) for w in forces.wrenches)
    )
    a = compute(Recording(markers, shifted, "walk", synthetic=True), default_body())
    found = attribute(right(), condition_from(a, "right", 0), ANKLE)
    assert found.change > 0.05 * found.before
    assert adds_up(found)
    assert found.of("foot placement", "right") / found.change > 0.98
