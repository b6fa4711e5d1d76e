"""The benchmark: differences and tables of given numbers; and one real, short run beside OpenSim."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from groundup.bench import agreement, theirs
from groundup.bench.agreement import Difference
from groundup.bench.case import built_in_case, default_actuators
from groundup.bench.compare import Comparison, StageTimes
from groundup.bench.tables import speed_rows, to_data, to_markdown, to_text
from groundup.bench.timing import Timing, one_core, seconds
from groundup.body.default_body import default_body
from groundup.body.model import CoordinateActuator
from groundup.body.recording import Recording
from groundup.cli.main import main
from groundup.drop_in.run import run_setup
from groundup.errors import SetupError
from groundup.motion.synthetic import synthetic_recording

# --- differences -----------------------------------------------------------------------------------------------------


def test_cost_ratio_is_the_worst_frame() -> None:
    assert agreement.cost_ratio(np.array([1.0, 0.9]), np.array([2.0, 1.0])).value == pytest.approx(0.9)


def test_moments_are_relative_to_the_coordinates_own_peak() -> None:
    theirs = np.array([[100.0, -10.0, 0.5], [50.0, 5.0, 0.1]])
    ours = theirs + np.array([[1.0, 0.0, 0.4], [0.0, -0.5, 0.0]])
    found = agreement.moments(("hip", "knee", "toe"), ours, theirs)
    assert (found.where, found.unit) == ("knee", "% of peak")  # 0.5 of 10; the toe's 0.4 of 0.5 has no peak
    assert found.value == pytest.approx(5.0)


def test_activations_root_mean_square_and_largest() -> None:
    ours, theirs = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[0.1, 0.2], [0.3, 0.2]])
    rms, largest = agreement.activations(ours, theirs)
    assert (rms.value, largest.value) == (pytest.approx(0.1), pytest.approx(0.2))


def test_reactions_are_relative_to_the_joints_own_peak_and_small_ones_are_left_out() -> None:
    theirs = np.zeros((2, 2, 2, 3))
    theirs[0, 0, 0] = (0.0, 1000.0, 0.0)  # N at the first joint
    theirs[0, 1, 0] = (0.0, 5.0, 0.0)  # below 1 % of 700 N
    theirs[1, 1, 1] = (0.0, 0.0, 20.0)  # N·m at the second joint
    ours = theirs.copy()
    ours[1, 0, 0] = (3.0, 4.0, 0.0)
    ours[:, 1, 0] += 5.0
    ours[0, 1, 1] = (0.0, 1.0, 0.0)
    force, moment = agreement.reactions("own", ("hip", "toes"), ours, theirs, 700.0)
    assert (force.where, force.value) == ("hip", pytest.approx(0.5))
    assert (moment.where, moment.value) == ("toes", pytest.approx(5.0))


# --- times -----------------------------------------------------------------------------------------------------------


def test_the_first_run_stays_out_of_the_median() -> None:
    timing = Timing(100, 9.0, (0.5, 0.4, 0.6))
    assert (timing.median_s, timing.frames_per_s, timing.frame_s) == (0.5, 200.0, 0.005)


def test_ratios_are_for_a_frame_when_opensim_computed_fewer() -> None:
    stage = StageTimes("static optimisation", Timing(300, 1, (0.6,)), Timing(300, 1, (1.2,)), Timing(3, 1, (6.0,)))
    assert stage.ratio == pytest.approx(2.0 / 0.002)
    assert stage.ratio_with_files == pytest.approx(2.0 / 0.004)


def test_one_core_is_given_back() -> None:
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    with one_core() as cores:
        assert seconds(lambda: None) >= 0.0
        if before is not None:
            assert (cores, len(os.sched_getaffinity(0))) == (1, 1)
    if before is not None:
        assert os.sched_getaffinity(0) == before


# --- tables ----------------------------------------------------------------------------------------------------------


def _comparison(opensim_frames: int = 300) -> Comparison:
    stage = StageTimes("static optimisation", Timing(300, 0.9, (0.6,)), Timing(300, 1.0, (1.2,)), Timing(3, 7, (6.0,)))
    return Comparison(
        "a walk",
        318,
        62,
        300,
        opensim_frames,
        1e-4,
        3.0,
        1,
        1,
        (stage,),
        (Difference("inverse dynamics: largest difference of a moment", 0.00125, "% of peak", "knee"),),
        ("taken out of OpenSim's model: 2 Ligament",),
    )


def test_tables_hold_speed_agreement_and_how_it_was_measured() -> None:
    assert speed_rows(_comparison()) == [["static optimisation", "500", "0.5", "1 000×", "500×", "1.00 / 7.00"]]
    for text in (to_text(_comparison()), to_markdown(_comparison())):
        for words in ("318 muscles", "1 core", "0.0013 % of peak", "knee", "Taken out of", "default of 0.0001"):
            assert words in text
        assert "from the middle" not in text
    assert "for 3 of the frames, from the middle" in to_text(_comparison(3))


def test_data_is_json_with_the_same_numbers() -> None:
    data = json.loads(json.dumps(to_data(_comparison(3)), allow_nan=False))
    stage = data["stages"]["static optimisation"]
    assert stage["ratio"] == 1000.0
    assert stage["opensim"] == {"frames": 3, "first_s": 7, "median_s": 6.0, "frames_per_s": 0.5}
    assert data["differences"][0]["where"] == "knee"
    assert data["case"]["opensim_sharing_frames"] == 3


# --- without and with OpenSim ----------------------------------------------------------------------------------------


def test_without_opensim_files_are_refused_with_the_way_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(theirs, "installed", lambda: False)
    case = built_in_case(tmp_path, 1.0, 1.2)
    with pytest.raises(SetupError, match=r"pip install 'groundup\[opensim\]'"):
        theirs.OpenSim(case, tmp_path, 8)


def test_default_actuators_reach_every_free_coordinate() -> None:
    body = default_body()
    strength = {a.coordinate: a.optimal_force for a in default_actuators(body) if isinstance(a, CoordinateActuator)}
    dependent = {c.dependent for c in body.couplers}
    assert set(strength) == {c.name for c in body.coordinates if c.name not in dependent and not c.locked}
    assert {name for name, s in strength.items() if s == 500.0} == {
        c.name for c in body.coordinates if c.joint == "ground_pelvis"
    }


def test_bench_beside_opensim(opensim: ModuleType, shared: Path, tmp_path: Path) -> None:
    """Eight frames in which both programs agree; the answer is whole, and nothing of OpenSim's output is in it."""
    data = shared / "gait2392"
    out = tmp_path / "bench.json"
    run_setup(data / "subject01_Setup_Scale.xml", tmp_path)
    words = ["--model", tmp_path / "subject01_simbody.osim", "--markers", data / "subject01_walk1.trc"]
    words += ["--forces", data / "subject01_walk1_grf.xml", "--ik-tasks", data / "subject01_Setup_IK.xml"]
    words += ["--reserves", data / "gait2392_SO_Residual_Actuators.xml", "--start-s", 0.4, "--end-s", 1.8]
    words += ["--repeats", 1, "--opensim-frames", 8, "--opensim-tolerance", 1e-8, "--json", "-o", out]
    assert main(["bench", *map(str, words)]) == 0
    found = json.loads(out.read_text())
    assert list(found["stages"]) == [
        "inverse kinematics",
        "inverse dynamics",
        "static optimisation",
        "joint reactions",
        "all four",
    ]
    assert found["stages"]["static optimisation"]["ratio"] > 10
    largest = {d["name"]: d["value"] for d in found["differences"]}
    assert largest["inverse kinematics: cost of a frame, ours / OpenSim's, largest"] < 1.001
    assert largest["inverse dynamics: largest difference of a moment"] < 0.1
    assert largest["static optimisation: activations, root mean square"] < 1e-3
    assert largest["joint reactions, same muscle forces: largest difference of a force"] < 0.1


def test_a_repeated_recording_never_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2]))
    from benchmarks.scaling import repeated

    markers, forces, _ = synthetic_recording(default_body())
    longer = repeated(Recording(markers, forces), 1000)
    positions = longer.markers.positions_m
    assert positions.shape == (1000, *markers.positions_m.shape[1:])
    assert np.abs(np.diff(positions, axis=0)).max() <= np.abs(np.diff(markers.positions_m, axis=0)).max()
    np.testing.assert_allclose(np.diff(longer.markers.time_s), 0.01)
    assert longer.forces is not None
    assert longer.forces.wrenches[0].force_n.shape == (1000, 3)
    np.testing.assert_allclose(longer.forces.wrenches[0].force_n[100], forces.wrenches[0].force_n[1000])
