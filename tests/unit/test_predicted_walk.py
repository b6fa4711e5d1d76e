"""The stored healthy walk: a whole, symmetric cycle that obeys Newton on the full body, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.errors import FileError
from groundup.predict.acceptance import judge
from groundup.predict.changed_body import change
from groundup.predict.gait.baseline import healthy_walk, painless
from groundup.predict.gait.walk import load_walk, mirror_sign, other_side, save_walk
from groundup.predict.outcome import analysis_of, study_from
from groundup.predict.readings import all_readings
from groundup.provenance import provenance


@pytest.fixture(scope="module")
def changed():
    return change(default_body(), ())


@pytest.fixture(scope="module")
def analysis(changed):
    return analysis_of(healthy_walk(), changed.prepared)


@pytest.fixture(scope="module")
def readings(changed, analysis):
    study = study_from(analysis, "Predicted walk", provenance("test", {}, {}))
    return all_readings(healthy_walk(), changed, study, analysis)


def test_the_cycle_closes_a_stride_ahead():
    walk = healthy_walk()
    ahead = np.zeros(len(walk.names))
    ahead[walk.names.index("pelvis_tx")] = walk.speed_m_per_s * walk.cycle_s
    np.testing.assert_allclose(walk.q[-1] - walk.q[0], ahead, atol=1e-9)
    np.testing.assert_allclose(walk.speed[-1], walk.speed[0], atol=1e-8)


@pytest.mark.parametrize("name", ["knee_angle_r", "pelvis_list", "soleus_r activation", "lumbar_rotation speed"])
def test_the_second_half_is_the_mirror_of_the_first(name):
    """But for what the fitted muscle paths of both legs differ."""
    values = healthy_walk().values
    half = (len(values[name]) - 1) // 2
    np.testing.assert_allclose(values[name][half:], mirror_sign(name) * values[other_side(name)][: half + 1], atol=2e-3)


def test_the_ground_carries_the_body(changed):
    walk = healthy_walk()
    total = sum(walk.vertical(changed.prepared.soles, side) for side in "rl")
    assert np.trapezoid(total, walk.time_s) / walk.cycle_s == pytest.approx(walk.weight_n, rel=2e-3)


def test_the_full_body_needs_no_other_force_than_the_grounds(analysis):
    """The reduced body's knee and patella are polynomials: 0.2 N of 820 N is what that costs."""
    root = [analysis.skeleton.coordinate_index[f"pelvis_t{axis}"] for axis in "xyz"]
    assert np.abs(analysis.moments[:, root]).max() < 0.5


def test_every_frame_is_shared_among_muscles(analysis):
    assert analysis.loads.violation.max() < 1e-3 * analysis.body_weight_n


def test_the_healthy_walk_is_normal(readings):
    found = {j.clause.id: j for j in judge({"healthy": readings}) if j.clause.group == "baseline"}
    assert {name: j.text for name, j in found.items() if j.outcome == "missed"} == {}


def test_the_tolerance_of_a_heel_is_told_in_this_walks_loads(changed):
    largest = painless(healthy_walk(), changed)
    assert largest["right"].heel_bw == pytest.approx(largest["left"].heel_bw, rel=1e-3)
    assert 0.6 < largest["right"].fascia_bw < 1.5


def test_an_iterate_is_never_a_study(changed):
    with pytest.raises(ValueError, match="not solved"):
        analysis_of(replace(healthy_walk(), solved=False), changed.prepared)


def test_files_keep_everything(tmp_path):
    walk = healthy_walk()
    save_walk(walk, tmp_path / "walk.npz")
    again = load_walk(tmp_path / "walk.npz")
    np.testing.assert_array_equal(again.q, walk.q)
    assert again.terms == walk.terms


def test_a_damaged_file_is_refused(tmp_path):
    file = tmp_path / "walk.npz"
    save_walk(healthy_walk(), file)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(FileError, match=r"walk\.npz: not a walk"):
        load_walk(file)
