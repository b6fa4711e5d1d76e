"""Intervals of numbers: known truth, what they must and must not depend on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.body.functions import Floats
from groundup.body.model import Actuator, Body
from groundup.body.recording import ExternalForces, MarkerTrajectories, Recording
from groundup.chain.intervals import with_intervals
from groundup.chain.uncertainty import (
    CAUSES,
    Spreads,
    UncertaintyOptions,
    main_numbers,
    propagate,
    stride_errors,
    workers,
)
from groundup.chain.uncertainty.markers import marker_response
from groundup.chain.uncertainty.propagate import DETECTABLE, Key
from groundup.chain.uncertainty.sampler import build_sampler
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import RecordingError
from groundup.loads.analysis import Analysis
from groundup.loads.moments import joint_moments
from groundup.loads.muscle_forces import RESERVE_NM, SharingOptions
from groundup.motion.inverse_kinematics import Tasks, build_problem, solve_from
from groundup.motion.synthetic import synthetic_recording
from groundup.motion.trajectory import Motion
from groundup.pipeline import Method, compute
from groundup.study import Headline, Measure

NOISE_M, PLACEMENT_M = 0.001, 0.006
SEEN = slice(0, 140)  # more than a stride
ANGLES = ("hip_flexion_r", "hip_adduction_r", "knee_angle_r", "ankle_angle_r", "hip_flexion_l", "ankle_angle_l")


@dataclass(frozen=True)
class How:
    """How the analyses of these tests are made."""

    lowpass_hz: float | None = 6.0
    tasks: Tasks | None = None
    sharing: SharingOptions = field(default_factory=SharingOptions)
    actuators: tuple[Actuator, ...] = ()
    reserve_nm: float = RESERVE_NM
    match_forces: bool = False


@dataclass(frozen=True)
class Truth:
    """A walk whose markers, motion and forces are known exactly."""

    body: Body
    motion: Motion
    positions: Floats
    turns: Floats
    names: tuple[str, ...]
    forces: ExternalForces


@pytest.fixture(scope="module")
def truth() -> Truth:
    """The synthetic walk of the body without muscles, markers without noise."""
    body = default_body()
    body = body.with_(muscles=())
    recorded, forces, motion = synthetic_recording(body)
    part = Motion(*(v[SEEN] for v in (motion.time_s, motion.q, motion.speed, motion.acceleration)))
    skeleton = compile_skeleton(body)
    at = poses(skeleton, part.q)
    segment = np.array([skeleton.segment_index[m.segment] for m in body.markers])
    positions = points_in_ground(at, segment, np.array([m.location for m in body.markers]))
    return Truth(body, part, positions, at.rotation[:, segment], recorded.names, forces)


def recorded(truth: Truth, seed: int, placement: int | None = None) -> Recording:
    """Markers stuck on a little beside their place, seen by noisy cameras."""
    random, stuck = np.random.default_rng(seed), np.random.default_rng(seed if placement is None else placement)
    beside = PLACEMENT_M * stuck.standard_normal((len(truth.names), 3))
    seen = truth.positions + (truth.turns @ beside[None, ..., None])[..., 0]
    seen = seen + NOISE_M * random.standard_normal(seen.shape)
    return Recording(MarkerTrajectories(truth.motion.time_s, truth.names, seen, 100.0, "known walk"), truth.forces, "")


def numbers(a: Analysis) -> dict[Key, float]:
    """Peaks and means of angles, deg, and moments, N·m, cheap enough for many samples."""
    inside = slice(10, -10)
    found: dict[Key, float] = {}
    for name in ANGLES:
        column = a.skeleton.coordinate_index[name]
        found[f"angle.{name}", "none"] = float(np.degrees(a.motion.q[inside, column]).mean())
        if a.moments is not None:
            found[f"moment.{name}", "none"] = float(np.nanmean(a.moments[inside, column]))
    return found


def noise_and_placement(times: float = 1.0) -> Spreads:
    """What the recordings of these tests suffer from."""
    body = default_body()
    still = {s.name.split("_")[0]: 0.0 for s in body.segments}
    everywhere = {name: PLACEMENT_M * times for name in still}
    return replace(Spreads().times(0.0), marker_noise_m=NOISE_M * times, soft_tissue_m=still, placement_m=everywhere)


@pytest.fixture(scope="module")
def analysed(truth: Truth) -> Analysis:
    """One recording of the known walk."""
    return compute(recorded(truth, 1), truth.body)


def options(of: Spreads, samples: int = 40, seed: int = 0, *, causes: bool = False) -> UncertaintyOptions:
    """Few samples, to be quick."""
    return UncertaintyOptions(samples=samples, seed=seed, causes_too=causes, spreads=of)


def test_the_derivative_of_inverse_kinematics_answers_like_solving_it_again(analysed: Analysis) -> None:
    a = analysed
    response = marker_response(a.body, a.skeleton, a.at, a.motion.q, a.recording, None)
    random = np.random.default_rng(4)
    shift = 0.002 * random.standard_normal(response.position.shape)
    tasks = Tasks({m.name: 1.0 for m in a.body.markers})
    names = response.markers
    solved = [
        solve_from(build_problem(a.body, names, markers, a.motion.time_s, tasks), a.motion.q, tolerance=1e-12).q
        for markers in (response.position, response.position + shift)
    ]
    wanted, given = solved[1] - solved[0], response.coordinates(shift)
    turns = np.isin(a.skeleton.coordinates, ANGLES)
    # Of second order, and where a joint meets the end of its range not followed at all.
    missed = np.abs(wanted - given)[:, turns]
    assert np.median(missed) < 0.02 * np.abs(wanted[:, turns]).mean()
    assert np.linalg.norm(missed) < 0.1 * np.linalg.norm(wanted[:, turns])


def test_intervals_hold_the_truth_in_nine_of_ten_cases(truth: Truth) -> None:
    skeleton = compile_skeleton(truth.body)
    exact = numbers(
        replace(
            compute(recorded(truth, 0), truth.body),
            motion=truth.motion,
            moments=joint_moments(skeleton, truth.motion, truth.forces),
        )
    )
    held = []
    for seed in range(12):
        a = compute(recorded(truth, seed), truth.body)
        found = propagate(a, numbers, How(), options(noise_and_placement(), 60, seed=seed + 100))
        held += [i.low <= exact[k] <= i.high for k, i in found.intervals.items()]
    assert len(held) == 12 * 2 * len(ANGLES)
    assert 0.8 <= np.mean(held) <= 0.98


def test_an_unchanged_pair_differs_by_less_than_the_smallest_detectable_change(truth: Truth) -> None:
    kept = [numbers(compute(recorded(truth, seed, placement=1), truth.body)) for seed in range(21, 28)]
    anew = [numbers(compute(recorded(truth, seed), truth.body)) for seed in range(31, 38)]
    a = compute(recorded(truth, 21, placement=1), truth.body)
    found = propagate(a, numbers, How(), options(noise_and_placement(), causes=True)).intervals
    for pair, limit in ((kept, "detectable_same_session"), (anew, "detectable_new_session")):
        below = [abs(x[k] - y[k]) < getattr(i, limit) for k, i in found.items() for x, y in combinations(pair, 2)]
        assert np.mean(below) >= 0.88  # 0.95, but for the few samples
    assert all(i.detectable_same_session < i.detectable_new_session for i in found.values())


def test_intervals_grow_with_the_noise(analysed: Analysis) -> None:
    one, two = (
        propagate(analysed, numbers, How(), options(noise_and_placement(times))).intervals for times in (0.5, 1.0)
    )
    for key, small in one.items():
        assert two[key].sd == pytest.approx(2 * small.sd, rel=0.1)


def test_without_noise_there_is_no_interval(analysed: Analysis) -> None:
    found = propagate(analysed, numbers, How(), options(Spreads().times(0.0), causes=True))
    for one in found.intervals.values():
        assert (one.low, one.high, one.sd) == (one.value, one.value, 0.0)
        assert one.detectable_new_session == 0.0
        assert one.causes == ()


def test_the_seed_decides(analysed: Analysis) -> None:
    first, again, other = (
        propagate(analysed, numbers, How(), options(noise_and_placement(), seed=seed)).intervals for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


def test_copies_of_the_process_give_the_numbers_of_one(analysed: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for cores in (2, 1):
        monkeypatch.setattr(workers, "cores", lambda n=cores: n)
        found.append(propagate(analysed, numbers, How(), options(Spreads())).intervals)
    assert found[0] == found[1]


def test_shares_of_the_causes_add_up_and_are_ranked(analysed: Analysis) -> None:
    found = propagate(analysed, numbers, How(), options(Spreads(), causes=True))
    for one in found.intervals.values():
        shares = [c.percent for c in one.causes]
        assert sum(shares) == pytest.approx(100.0)
        assert shares == sorted(shares, reverse=True)
        assert {c.name for c in one.causes} <= set(CAUSES)
    angle = found.intervals["angle.knee_angle_r", "none"]
    # The angle of a joint does not depend on the forces, nor on the mass.
    assert not {"body mass", "centre of pressure", "force calibration"} & {c.name for c in angle.causes}
    moment = found.intervals["moment.ankle_angle_r", "none"]
    assert {"centre of pressure", "marker placement"} <= {c.name for c in moment.causes[:5]}


def test_one_cause_alone_has_the_size_that_it_must_have(analysed: Analysis) -> None:
    """Plates that err by 1 % change the vertical force by 1 %, and by nothing else."""

    def force(a: Analysis) -> dict[Key, float]:
        assert a.forces is not None
        return {("force", "right"): float(a.forces.wrenches[0].force_n[:, 1].max())}

    found = propagate(analysed, force, How(), options(Spreads().only("force"), 200, causes=True))
    one = found.intervals["force", "right"]
    assert one.sd == pytest.approx(0.01 * one.value, rel=0.03)
    assert one.high - one.value == pytest.approx(1.645 * 0.01 * one.value, rel=0.05)
    assert [c.name for c in one.causes] == ["force calibration"]
    assert one.detectable_new_session == 0.0  # the same plates measure both
    assert pytest.approx(2.77, abs=0.01) == DETECTABLE


def test_muscle_forces_at_chosen_frames_give_the_peaks_of_all_frames() -> None:
    body = default_body()
    markers, forces, _ = synthetic_recording(body)
    a = compute(Recording(markers, forces, ""), body)
    read, causes = main_numbers(a), [c for c in CAUSES if c not in ("body size", "trunk without markers")]
    found = []
    for step_s in (UncertaintyOptions().step_s, 0.001):
        sampler = build_sampler(a, How(), UncertaintyOptions(step_s=step_s), causes)
        found.append([read(sampler.vary(k, causes, 6)) for k in range(6)])
    few, all_frames = (np.array([list(one.values()) for one in rows]) for rows in found)
    error = np.sqrt(((few - all_frames) ** 2).mean(axis=0)) / np.abs(all_frames).mean(axis=0)
    assert error.max() < 0.02
    assert np.median(error) < 0.005
    plain = read(build_sampler(a, How(), UncertaintyOptions(), ()).nominal())
    whole = read(a)
    for key, value in plain.items():
        assert value == pytest.approx(whole[key], rel=0.03)


def test_too_few_samples_are_refused(analysed: Analysis) -> None:
    with pytest.raises(RecordingError, match=r"5 samples asked for, expected at least 20.*--samples 200"):
        propagate(analysed, numbers, How(), UncertaintyOptions(samples=5))


def test_main_numbers_get_their_intervals(analysed: Analysis) -> None:
    found = propagate(analysed, main_numbers(analysed), How(), options(noise_and_placement(), causes=True))
    named = [Headline("speed", "Walking speed", 1.2, "m/s"), Headline("lumbar_peak", "Back", float("nan"), "BW")]
    speed, back = with_intervals(named, tuple(found.intervals.values()))
    assert speed.low <= found.intervals["speed", "none"].value <= speed.high
    assert speed.detectable_new_session >= speed.detectable_same_session
    assert np.isnan(back.low)


def test_known_differences_between_strides_are_used(analysed: Analysis) -> None:
    measures = [
        Measure("foot.time", "foot", "right", 1.0, "s", "", "", spread=0.1, strides=4),
        Measure("foot.time", "foot", "left", 1.0, "s", "", "", strides=1),
    ]
    errors = stride_errors(measures)
    assert errors == {("foot.time", "right"): pytest.approx(0.05)}

    def times(a: Analysis) -> dict[Key, float]:
        return {("foot.time", "right"): 1.0, ("foot.time", "left"): 1.0}

    only = replace(Spreads().times(0.0), strides=1.0)
    found = propagate(analysed, times, How(), options(only, 200, causes=True), strides=errors).intervals
    assert found["foot.time", "right"].sd == pytest.approx(0.05, rel=0.02)
    assert found["foot.time", "right"].detectable_same_session == pytest.approx(DETECTABLE * 0.05)
    assert found["foot.time", "left"].sd > 0  # a single stride does not show how strides differ


def test_a_trunk_without_markers_stays_upright_and_is_a_cause_of_its_own(truth: Truth) -> None:
    """Pelvis markers beside their places turn the pelvis, not the trunk, whose lean nobody measured."""
    whole = recorded(truth, 5)
    legs = [i for i, m in enumerate(truth.body.markers) if m.segment.startswith(("pelvis", "femur", "tibia", "calcn"))]
    markers = replace(
        whole.markers,
        names=tuple(truth.names[i] for i in legs),
        positions_m=whole.markers.positions_m[:, legs],
    )
    a = compute(replace(whole, markers=markers), truth.body, Method(upright_trunk=True))
    trunk, pelvis = a.skeleton.segment_index["torso"], a.skeleton.segment_index["pelvis"]

    def leans(sample: Analysis) -> dict[Key, float]:
        up = np.degrees(np.arctan2(sample.at.rotation[:, :, 0, 1], sample.at.rotation[:, :, 1, 1])).mean(axis=0)
        return {("trunk", "none"): float(up[trunk]), ("pelvis", "none"): float(up[pelvis])}

    found = propagate(a, leans, How(), options(noise_and_placement(), causes=True)).intervals
    assert found["pelvis", "none"].sd > 0.5
    assert found["trunk", "none"].sd < 0.05
    found = propagate(a, leans, How(), options(Spreads().only("trunk_rad"), 200, causes=True)).intervals
    assert found["trunk", "none"].sd == pytest.approx(np.degrees(Spreads().trunk_rad), rel=0.05)
    assert found["pelvis", "none"].sd == 0.0
    assert found["trunk", "none"].causes[0].name == "trunk without markers"
