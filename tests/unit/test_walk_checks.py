"""Predicted walks checked by other means than those that solved them, and readings that only a prediction has."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.engine.kinematics import points_in_ground, poses, rates
from groundup.engine.muscle import compile_muscles, rigid_tendon_state
from groundup.engine.skeleton import compile_skeleton
from groundup.predict.acceptance import cases
from groundup.predict.body import normal_force
from groundup.predict.body.prediction_body import ACHILLES
from groundup.predict.changed_body import ChangedBody, change
from groundup.predict.checks import energy_balance, imbalance, pelvis_force_n
from groundup.predict.condition import heel_pains
from groundup.predict.effects import PassiveShift
from groundup.predict.foot_readings import foot_readings, foot_stance, time_above
from groundup.predict.gait.baseline import FILE, PAINLESS, healthy_walk, painless
from groundup.predict.gait.walk import load_walk
from groundup.predict.outcome import analysis_of
from groundup.predict.pain import pain_law
from groundup.predict.passive_range import passive_dorsiflexion_deg
from groundup.predict.readings import asymmetry_percent
from groundup.predict.terms import WEIGHT_OF_ALL, chosen
from groundup.predict.virtual_patient import FILES

CASES = {"healthy": "healthy", "heel_pain": "pain6", "heel_pain_treated": "insole_conforming"}
"""Cases of the acceptance that the project's stored walks are the solutions of."""
STORED = sorted(FILE.parent.glob("*.npz"))


@pytest.mark.parametrize("file", STORED, ids=lambda f: f.stem)
def test_every_stored_walk_obeys_mechanics(file: Path) -> None:
    walk, changed = load_walk(file), change(default_body(), cases()[CASES[file.stem]].effects)
    assert walk.solved
    assert walk.stats["largest_miss"] < 1e-6
    assert np.abs(imbalance(walk, changed)).max() < 1e-6
    assert energy_balance(walk, changed).largest_gap_percent < 1


@pytest.mark.parametrize("name", list(FILES))
def test_stored_walks_are_those_of_todays_weights_and_pain(name: str) -> None:
    """Another weight, gain, reference or dose would make another walk: the stored ones would be of yesterday."""
    case = cases()[CASES[FILES[name].stem]]
    walk, body = load_walk(FILES[name]), change(default_body(), case.effects)
    weights = {t.name: t.weight for t in chosen({"own_gait": 0.0} if case.painful else PAINLESS)}
    assert set(walk.terms) == set(weights)
    objective = WEIGHT_OF_ALL * sum(weights[term] * value for term, value in walk.terms.items())
    assert objective == pytest.approx(walk.stats["objective"], rel=1e-9)
    largest, law = painless(healthy_walk(), body), pain_law()
    cost = {"heel_pain": 0.0, "fascia_pain": 0.0}
    for one in heel_pains(case.conditions):
        side, felt = one.side[0], case.felt_pain(one.side)
        heel, fascia = walk.vertical(body.prepared.soles, side, "heel"), walk.fascia_n[:, "rl".index(side)]
        reference = largest[one.side]
        bw = reference.weight_n
        rates = {
            "heel_pain": law.heel_rate(heel / bw, felt, reference, body.area[side]),
            "fascia_pain": law.fascia_rate(fascia / bw, felt, one.fascia_weight, reference),
        }
        for term, rate in rates.items():
            cost[term] += _mean(walk.time_s, rate)
    assert {t: walk.terms.get(t, 0.0) for t in cost} == pytest.approx(cost, rel=1e-4)


def _mean(time_s: np.ndarray, rate: np.ndarray) -> float:
    """Mean by Simpson's rule, over intervals whose ends and middle are known."""
    h = time_s[2::2] - time_s[:-2:2]
    return float((h * (rate[:-2:2] + 4 * rate[1::2] + rate[2::2])).sum() / 6 / (time_s[-1] - time_s[0]))


@pytest.fixture(scope="module")
def changed() -> ChangedBody:
    return change(default_body(), ())


@pytest.fixture(scope="module")
def analysis(changed: ChangedBody):
    return analysis_of(healthy_walk(), changed.prepared)


def test_every_coordinate_is_in_balance_by_the_numerical_engine(changed: ChangedBody) -> None:
    """The solver's equations are symbols; the engine shares no line of dynamics with them."""
    assert np.abs(imbalance(healthy_walk(), changed)).max() < 1e-6


def test_a_wrong_force_is_an_imbalance(changed: ChangedBody) -> None:
    walk = healthy_walk()
    assert np.abs(imbalance(replace(walk, force_n=1.01 * walk.force_n), changed)).max() > 1e-2
    assert np.abs(imbalance(replace(walk, pad_force_n=1.01 * walk.pad_force_n), changed)).max() > 1e-2


def test_energy_is_what_was_worked(changed: ChangedBody) -> None:
    balance = energy_balance(healthy_walk(), changed)
    assert balance.gap_percent < 0.2
    assert balance.largest_gap_percent < 0.2
    assert balance.work_j["pads"][-1] < 0
    assert balance.work_j["joints"][-1] < 0
    assert balance.work_j["muscles"][-1] > 0


def test_work_that_is_left_out_is_a_gap(changed: ChangedBody) -> None:
    walk = healthy_walk()
    assert energy_balance(replace(walk, fascia_n=0 * walk.fascia_n), changed).gap_percent > 1
    assert energy_balance(replace(walk, torque_nm=4 * walk.torque_nm), changed).largest_gap_percent > 1


def test_muscles_pull_what_the_engines_muscles_pull(changed: ChangedBody) -> None:
    """Those with a stiff tendon, from activation, path and its speed; 1e-6 of their strength."""
    walk, p = healthy_walk(), changed.prepared
    q = dict(zip(walk.names, walk.q.T, strict=True))
    speed = dict(zip(walk.names, walk.speed.T, strict=True))
    stiff = [i for i, m in enumerate(p.muscles) if m.name[:-2] not in ACHILLES]
    muscles = [p.muscles[i] for i in stiff]
    length = np.column_stack([m.path.length(q) for m in muscles])
    lengthening = np.column_stack([-sum(a * speed[n] for n, a in m.path.arms(q).items()) for m in muscles])
    compiled = compile_muscles([m.muscle for m in muscles])
    state = rigid_tendon_state(compiled, length, lengthening)
    damping = np.array([m.muscle.parameters["fiber_damping"] for m in muscles])
    strength = np.array([m.muscle.max_isometric_force for m in muscles])
    active = state.active_multiplier * state.velocity_multiplier * walk.activation[:, stiff]
    force = strength * state.cos_pennation * (active + damping * state.norm_velocity)
    assert np.abs(force - walk.force_n[:, stiff]).max() < 1e-6 * strength.max()


def test_pads_press_as_their_formula_says(changed: ChangedBody) -> None:
    walk, p = healthy_walk(), changed.prepared
    skeleton = compile_skeleton(p.body)
    at = poses(skeleton, walk.q)
    moving = rates(skeleton, at, walk.speed, walk.acceleration)
    for pad in p.soles.pads:
        k, segment = walk.pads.index(pad.name), skeleton.segment_index[pad.segment]
        center = points_in_ground(at, np.array([segment]), pad.location[None])[:, 0]
        point = walk.pad_point_m[:, k]
        speed = moving.velocity[:, segment, 3:] + np.cross(moving.velocity[:, segment, :3], point)
        found = normal_force(pad, pad.radius - center[:, 1], -speed[:, 1])
        np.testing.assert_allclose(found, walk.pad_force_n[:, k, 1], atol=1e-4)


def test_the_full_body_needs_no_push(analysis) -> None:
    assert pelvis_force_n(analysis) < 1e-3 * analysis.body_weight_n


def test_the_force_at_the_pelvis_is_that_in_any_direction() -> None:
    names = {"pelvis_tx": 0, "pelvis_ty": 1, "knee": 2, "pelvis_tz": 3}
    moments = np.array([[3.0, 0.0, 99.0, 4.0], [0.0, -4.5, 99.0, 0.0]])
    made = SimpleNamespace(moments=moments, skeleton=SimpleNamespace(coordinate_index=names))
    assert pelvis_force_n(made) == pytest.approx(5.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sides", "percent"),
    [
        ({"right": 1.1, "left": 0.9}, 20.0),
        ({"right": -1.1, "left": -0.9}, 20.0),
        ({"right": -1.0, "left": 1.0}, 200.0),
        ({"right": 0.0, "left": 0.0}, 2.0),
        ({"right": 1.0}, math.nan),
        ({"right": 1.0, "left": math.nan}, math.nan),
        ({"right": math.nan, "left": math.nan}, 2.0),
    ],
)
def test_no_asymmetry_is_hidden(sides: dict[str, float], percent: float) -> None:
    """Beside a number that differs by 2 % itself, before and after."""
    usual = [SimpleNamespace(id="usual", side=s, value=v) for s, v in (("right", 1.01), ("left", 0.99))]
    asked = [SimpleNamespace(id="asked", side=s, value=v) for s, v in sides.items()]
    for headline in ([*usual, *asked], [*asked, *usual]):
        found = asymmetry_percent(SimpleNamespace(headline=headline))  # type: ignore[arg-type]
        assert found == pytest.approx(percent, nan_ok=True)


def test_time_above_a_level_lies_on_straight_lines() -> None:
    time = np.array([0.0, 1.0, 3.0, 4.0])
    assert time_above(time, np.array([0.0, 2.0, 2.0, 0.0]), 1.0) == pytest.approx(0.5 + 2.0 + 0.5)
    assert time_above(time, np.array([0.0, 1.0, 1.0, 0.0]), 2.0) == 0
    assert time_above(time, np.array([3.0, 3.0, 3.0, 3.0]), 2.0) == pytest.approx(4.0)


def test_readings_of_a_foot(changed: ChangedBody, analysis) -> None:
    found = foot_readings(healthy_walk(), changed, analysis, "right")
    stance = foot_stance(analysis, "right")
    assert stance.vertical_bw.min() > 0
    assert 0 < found["foot.heel_cop_time"] < found["foot.heel_time"] < 100
    assert 0 <= found["foot.heel_first"] < found["foot.midfoot_first"] < found["foot.toes_first"]
    assert 30 < found["foot.valley_time"] < 70
    other = foot_readings(healthy_walk(), changed, analysis, "left")
    for name, value in found.items():
        assert value == pytest.approx(other[name], rel=0.02, abs=0.3), name


def test_a_relaxed_ankle_gives_way_as_measured(changed: ChangedBody) -> None:
    """Riener & Edrich's moment at a straight knee, solved for its angle; 1 to 8 degrees of 20 people (Baumbach 2014,
    doi:10.1186/1471-2474-15-246, not bearing weight, knee extended)."""
    found = passive_dorsiflexion_deg(changed, "r")
    assert np.exp(2.1016 + 0.0843 * found) - np.exp(-7.9763 - 0.1949 * found) - 1.792 == pytest.approx(10.0, abs=1e-3)
    assert 1 <= found <= 8
    assert passive_dorsiflexion_deg(changed, "r", 20.0) > found


def test_stretching_and_contracture_move_it_by_their_degrees(changed: ChangedBody) -> None:
    before = passive_dorsiflexion_deg(changed, "r")
    for degrees in (2.5, -10.0):
        other = change(default_body(), (PassiveShift("right", "ankle", degrees),))
        assert passive_dorsiflexion_deg(other, "r") == pytest.approx(before + degrees, abs=1e-6)
        assert passive_dorsiflexion_deg(other, "l") == pytest.approx(before, abs=1e-6)
