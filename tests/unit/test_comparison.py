"""Two studies side by side: the arithmetic of a difference, when it counts, and what an unchanged pair says."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from groundup.chain.comparison import Change, Comparison, compare
from groundup.chain.comparison import strides as strides_module
from groundup.chain.comparison.changes import change, verdict
from groundup.chain.comparison.limits import Limit, detectable, important, of_strides
from groundup.chain.comparison.strides import FEW, NOT_INSTALLED, compare_strides
from groundup.io.study_file import record_to_dict
from groundup.report.comparison_files import write_comparison
from groundup.study import CycleCurve, Headline, Interval, Measure, Study, Subject

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from sample_study import bare_study, sample_study

SCHEMA = Path(sys.modules[Study.__module__].__file__ or "").parent / "io" / "comparison.schema.json"


def with_headline(study: Study, name: str, factor: float) -> Study:
    changed = tuple(dataclasses.replace(h, value=h.value * factor) if h.id == name else h for h in study.headline)
    return dataclasses.replace(study, headline=changed)


def with_curves(study: Study, part: str, shift: float) -> Study:
    def moved(c: CycleCurve) -> CycleCurve:
        return dataclasses.replace(c, mean=c.mean + shift, each=c.each + shift) if part in c.id else c

    return dataclasses.replace(study, curves=tuple(map(moved, study.curves)))


def verdicts(found: Comparison) -> set[str]:
    return {c.verdict for c in (*found.headline, *found.measures, *found.curves)}


# --- one number -----------------------------------------------------------


def test_difference_and_interval_are_in_the_unit_of_the_number() -> None:
    found = change("speed", "Walking speed", "none", "m/s", 1.0, 1.2, Limit(0.05, "a"), Limit(0.08, "b"))
    assert found.difference == pytest.approx(0.2)
    assert found.percent == pytest.approx(20.0)
    assert (found.low, found.high) == pytest.approx((0.15, 0.25))
    assert found.verdict == "higher"
    assert found.text == "higher by 0.2 m/s, enough to matter"


@pytest.mark.parametrize(
    ("difference", "detectable", "said"),
    [
        (0.04, 0.05, "no detectable change"),
        (-0.05, 0.05, "no detectable change"),
        (-0.06, 0.05, "lower"),
        (0.06, np.nan, "not known"),
        (1e-12, np.nan, "no detectable change"),
        (np.nan, 0.05, "not computed"),
    ],
)
def test_a_difference_counts_only_beyond_what_is_detectable(difference: float, detectable: float, said: str) -> None:
    assert verdict(difference, 1.0, detectable) == said


def test_a_detectable_change_may_be_too_small_to_matter() -> None:
    found = change("x", "X", "none", "m/s", 1.0, 1.06, Limit(0.05, ""), Limit(0.08, ""))
    assert found.text == "higher by 0.06 m/s, too little to matter"


def test_without_any_limit_the_words_say_so() -> None:
    found = change("x", "X", "none", "1", 2.0, 1.0, Limit(), Limit())
    assert found.verdict == "not known"
    assert found.text == "lower by 1; whether that is more than chance is not known"
    assert np.isnan(found.low)


def test_limits_have_sources_and_are_bound_to_their_unit() -> None:
    assert detectable("angle", "deg", 60.0, "again").value == 5.0
    assert detectable("angle", "deg", 60.0, "same").value == 2.0
    assert "22041096" in detectable("angle", "deg", 60.0, "again").source
    assert np.isnan(detectable("angle", "rad", 1.0, "again").value)
    assert detectable("lumbar", "BW", 2.0, "again").value == pytest.approx(0.6)
    assert important("speed", "m/s").value == 0.05
    assert important("gps", "deg").value == 1.6
    assert np.isnan(important("speed", "km/h").value)


# --- strides --------------------------------------------------------------


def test_limit_of_strides_by_hand() -> None:
    # Two pairs, each with variance 2: pooled SD √2, and Student's t of two degrees of freedom is 2.9200.
    assert of_strides(np.array([1.0, 3.0]), np.array([2.0, 4.0])).value == pytest.approx(2.9200 * 2.0, rel=1e-4)
    assert np.isnan(of_strides(np.array([1.0]), np.array([2.0, 3.0])).value)
    assert np.isnan(of_strides(np.zeros(0), np.array([2.0, 3.0, 4.0])).value)


def test_highest_of_unchanged_strides_rarely_passes_the_limit() -> None:
    random = np.random.default_rng(3)
    passed = 0
    for _ in range(600):
        a, b = random.normal(2.5, 0.1, 3), random.normal(2.5, 0.1, 3)
        passed += abs(a.max() - b.max()) > of_strides(a, b).value
    assert passed / 600 < 0.10


def rough(random: np.random.Generator, n: int) -> np.ndarray:
    """Smooth random curves, (n, 101)."""
    kernel = np.exp(-0.5 * (np.arange(-25, 26) / 8.0) ** 2)
    noise = random.standard_normal((n, 151))
    return np.array([np.convolve(row, kernel, "valid") for row in noise]) / np.sqrt((kernel**2).sum())


def test_strides_that_differ_in_one_stretch_are_found_there() -> None:
    pytest.importorskip("spm1d", reason="needs the extra groundup[statistics]")
    random = np.random.default_rng(1)
    step = 8.0 * np.exp(-0.5 * ((np.arange(101) - 40) / 6.0) ** 2)
    test, why = compare_strides(rough(random, 5), rough(random, 5) + step)
    assert test is not None
    assert why == ""
    assert len(test.clusters) == 1
    assert 25 < test.clusters[0].start_percent < 40 < test.clusters[0].end_percent < 55
    assert test.clusters[0].p < 0.05
    assert test.statistic[40] > test.threshold


def test_chance_of_a_false_stretch_is_that_of_the_test() -> None:
    pytest.importorskip("spm1d", reason="needs the extra groundup[statistics]")
    random = np.random.default_rng(2)
    found = [compare_strides(rough(random, 6), rough(random, 6))[0] for _ in range(120)]
    assert sum(bool(t.clusters) for t in found if t is not None) / 120 < 0.12  # 0.05 ± 3 standard errors of 120 tries


def test_with_several_strides_a_curve_says_where_it_changed() -> None:
    pytest.importorskip("spm1d", reason="needs the extra groundup[statistics]")
    random = np.random.default_rng(5)

    def walked(step: float) -> Study:
        bump = step * np.exp(-0.5 * ((np.arange(101) - 60) / 8.0) ** 2)
        each = 20 + bump + rough(random, 5)
        curve = CycleCurve("angle.knee_angle_r", "angle", "knee_angle_r", "right", "right", "deg", each.mean(0), each)
        return dataclasses.replace(sample_study(), curves=(curve,))

    (bent,) = [c for c in compare(walked(0.0), walked(15.0)).curves if c.group == "angle"]
    assert bent.verdict == "higher"
    assert bent.test is not None
    assert 50 < bent.largest_percent < 70
    assert "strides differ from" in bent.text
    (little,) = [c for c in compare(walked(0.0), walked(4.0)).curves if c.group == "angle"]
    assert little.verdict == "no detectable change"  # strides may differ, by less than markers placed anew


def test_too_few_or_equal_strides_are_not_tested() -> None:
    pytest.importorskip("spm1d", reason="needs the extra groundup[statistics]")
    some = rough(np.random.default_rng(4), 4)
    assert compare_strides(some[:2], some) == (None, FEW)
    assert compare_strides(some[[0, 0, 0]], some[[1, 1, 1]])[0] is None


def test_without_the_library_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strides_module.importlib.util, "find_spec", lambda name: None)
    some = rough(np.random.default_rng(4), 4)
    assert strides_module.tester()(some, some) == (None, NOT_INSTALLED)
    assert "groundup[statistics]" in NOT_INSTALLED


# --- whole studies --------------------------------------------------------


def test_the_same_study_twice_shows_no_change_anywhere() -> None:
    found = compare(sample_study(), sample_study())
    assert verdicts(found) <= {"no detectable change", "not computed"}
    assert found.changed == ()
    assert all(np.nanmax(np.abs(c.difference)) == 0 for c in found.curves)


def test_a_change_shows_with_its_sign_and_size_and_nothing_else_does() -> None:
    before = sample_study()
    after = with_headline(before, "lumbar_peak", 1.5)
    found = compare(before, after)
    (one,) = found.changed
    assert (one.id, one.verdict) == ("lumbar_peak", "higher")
    assert one.percent == pytest.approx(50.0)
    (back,) = compare(after, before).changed
    assert (back.verdict, back.difference) == ("lower", pytest.approx(-one.difference))


def test_a_shifted_curve_is_the_only_one_that_changed() -> None:
    before = sample_study()
    found = compare(before, with_curves(before, "angle.knee_angle_r", 40.0))
    (one,) = [c for c in found.curves if c.verdict in ("higher", "lower")]
    assert one.id == "angle.knee_angle_r"
    assert one.verdict == "higher"
    assert one.rms == pytest.approx(40.0)
    assert one.difference == pytest.approx(np.full(101, 40.0))
    little = compare(before, with_curves(before, "angle.knee_angle_r", 3.0))
    assert "higher" not in {c.verdict for c in little.curves}


def test_markers_that_stayed_on_let_smaller_changes_be_told() -> None:
    before = dataclasses.replace(bare_study(), headline=(Headline("speed", "Walking speed", 1.3, "m/s"),))
    after = with_headline(before, "speed", 0.95)
    assert compare(before, after).changed == ()
    (one,) = compare(before, after, same_markers=True).changed
    assert one.id == "speed"


def test_the_studies_own_uncertainty_goes_before_published_limits() -> None:
    before = dataclasses.replace(sample_study(), intervals=())
    after = with_headline(before, "lumbar_peak", 1.1)
    sure = Interval("lumbar_peak", "none", 2.0, 1.9, 2.1, 0.05, 0.08, 0.15)
    unsure = dataclasses.replace(sure, detectable_new_session=0.3)
    assert compare(before, after).changed == ()
    (one,) = compare(dataclasses.replace(before, intervals=(sure,)), after).changed
    assert one.detectable == pytest.approx(0.15)
    both = compare(dataclasses.replace(before, intervals=(sure,)), dataclasses.replace(after, intervals=(unsure,)))
    assert both.changed == ()


def test_samples_of_the_person_go_before_what_is_typical() -> None:
    before = dataclasses.replace(sample_study(), intervals=())
    after = with_headline(before, "lumbar_peak", 1.1)
    typical = Interval("lumbar_peak", "none", 2.0, 1.9, 2.1, 0.05, 0.4, 0.6, origin="typical")
    sampled = dataclasses.replace(typical, detectable_new_session=0.15, origin="sampled")

    def found(*intervals: Interval) -> Change:
        own = dataclasses.replace(before, intervals=intervals)
        return next(c for c in compare(own, after).headline if c.id == "lumbar_peak")

    assert (found(typical).detectable_origin, found(typical).verdict) == ("typical", "no detectable change")
    assert "--samples" in found(typical).detectable_source
    for both in ((typical, sampled), (sampled, typical)):
        assert found(*both).detectable == pytest.approx(0.15)
        assert (found(*both).detectable_origin, found(*both).verdict) == ("sampled", "higher")
    # 1.96 standard errors are detectable, 1.645 hold 90 of 100.
    assert found(sampled).high - found(sampled).difference == pytest.approx(0.15 * 1.645 / 1.96)


@pytest.mark.parametrize("origin", ["sampled", "typical", None])
def test_the_same_study_twice_shows_no_change_with_any_intervals(origin: str | None) -> None:
    study = sample_study()
    none = [] if origin is None else [*study.headline, *study.measures]
    intervals = [Interval(n.id, n.side, n.value, n.value, n.value, 0.0, 0.0, 0.0, origin=origin) for n in none]  # type: ignore[arg-type]
    own = dataclasses.replace(study, intervals=tuple(intervals))
    assert verdicts(compare(own, own)) <= {"no detectable change", "not computed"}


def test_a_single_stride_asks_for_more() -> None:
    def strides(shift: float, count: int) -> Study:
        each = np.tile(20 + 10 * np.sin(np.linspace(0, 6, 101)) + shift, (count, 1))
        each += np.arange(count)[:, None] * 0.01
        curve = CycleCurve("angle.knee_angle_r", "angle", "knee_angle_r", "right", "right", "deg", each.mean(0), each)
        return dataclasses.replace(sample_study(), curves=(curve,))

    def said(count: int, shift: float) -> str:
        (curve,) = [c for c in compare(strides(0, count), strides(shift, count)).curves if c.group == "angle"]
        return curve.verdict

    assert said(2, 8.0) == "higher"
    assert said(1, 8.0) == "no detectable change"
    assert said(1, 14.0) == "higher"
    (curve,) = [c for c in compare(strides(0, 1), strides(1, 1)).curves if c.group == "angle"]
    assert "single stride" in curve.detectable_source


def test_a_number_of_a_single_stride_needs_more_than_its_samples_say() -> None:
    def walked(value: float, strides: int) -> Study:
        one = Measure("foot.toes_share", "foot", "left", value, "%", "Load under the toes", "", strides=strides)
        sure = Interval("foot.toes_share", "left", value, value, value, 0.1, 0.5, 0.5)
        return dataclasses.replace(bare_study(), measures=(one,), intervals=(sure,))

    (found,) = compare(walked(10.0, 2), walked(14.0, 2)).measures
    assert (found.verdict, found.detectable_origin) == ("higher", "sampled")
    (found,) = compare(walked(10.0, 1), walked(14.0, 1)).measures
    assert (found.verdict, found.detectable_origin) == ("no detectable change", "published")
    assert "single stride" in found.detectable_source


def test_band_is_that_of_measuring_and_of_strides() -> None:
    each = np.array([[19.0] * 101, [21.0] * 101])
    curve = CycleCurve("angle.knee_angle_r", "angle", "knee_angle_r", "right", "right", "deg", each.mean(0), each)
    study = dataclasses.replace(sample_study(), curves=(curve,))
    (found,) = [c for c in compare(study, study).curves if c.group == "angle"]
    one = 1.645 * 5.0 / (1.96 * np.sqrt(2))
    assert found.band_before == pytest.approx(np.full(101, np.hypot(one, 1.645 * np.sqrt(2))))
    single = dataclasses.replace(curve, each=each[:1], mean=each[0])
    (found,) = [c for c in compare(dataclasses.replace(study, curves=(single,)), study).curves if c.group == "angle"]
    assert found.band_before == pytest.approx(np.full(101, one))


def test_a_number_from_part_of_a_step_is_not_held_against_a_whole_one() -> None:
    def knee(value: float, measured: float) -> Study:
        number = Headline("knee_contact_peak", "Peak knee contact force", value, "BW", "right")
        whole = Measure("knee.contact_peak", "knee", "right", measured, "BW", "Knee", "", strides=2)
        return dataclasses.replace(bare_study(), headline=(number,), measures=(whole,))

    (found,) = compare(knee(0.4, float("nan")), knee(3.0, 3.0)).headline
    assert (found.verdict, found.text) == ("not computed", "not computed: no whole step with known loads")
    assert np.isnan(found.before)
    assert found.after == 3.0
    (found,) = compare(knee(0.4, 0.4), knee(3.0, 3.0)).headline
    assert found.verdict == "higher"
    unknown = knee(0.4, float("nan"))
    assert compare(unknown, unknown).headline[0].verdict == "no detectable change"


def test_what_makes_numbers_differ_without_a_change_of_walk_is_told() -> None:
    study = sample_study()
    none = dataclasses.replace(study, cycles=())
    assert "No complete gait cycle after" in " ".join(compare(study, none).notes)
    left, right = (
        dataclasses.replace(study, cycles=tuple(c for c in study.cycles if c.side == side))
        for side in ("left", "right")
    )
    found = compare(left, right)
    assert "Record strides of both feet" in " ".join(found.notes)
    assert found.walks is None
    assert "same foot" in found.no_walks
    other = dataclasses.replace(study.provenance, settings={"lowpass_hz": 10.0})
    usual = dataclasses.replace(study.provenance, settings={"lowpass_hz": 6.0})
    notes = compare(dataclasses.replace(study, provenance=usual), dataclasses.replace(study, provenance=other)).notes
    assert any("low-pass filter, Hz: 6.0 before, 10.0 after" in n for n in notes)
    estimated = tuple(dataclasses.replace(m, estimated=True) for m in study.measures)
    notes = compare(study, dataclasses.replace(study, measures=estimated)).notes
    assert any("told from the motion after and measured before" in n for n in notes)


def test_both_walks_stand_in_one_place_and_face_one_way() -> None:
    study = sample_study()
    assert study.scene is not None
    c, s = np.cos(0.7), np.sin(0.7)
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])

    def moved(pose: np.ndarray) -> np.ndarray:
        new = turn @ pose
        new[..., 3] += [3.0, 0.0, -2.0]
        return new

    segments = tuple(dataclasses.replace(one, pose=moved(one.pose)) for one in study.scene.segments)
    elsewhere = dataclasses.replace(study, scene=dataclasses.replace(study.scene, segments=segments))
    found = compare(study, elsewhere).walks
    assert found is not None
    assert found.percent[0] == 0.0
    assert found.percent[-1] == 100.0
    for a, b in zip(found.before.segments, found.after.segments, strict=True):
        assert len(a.pose) == len(found.percent) * len(found.sides)
        assert b.pose == pytest.approx(a.pose, abs=1e-9)
    pelvis = next(one for one in found.before.segments if one.name == "pelvis")
    assert pelvis.pose[:, [0, 2], 3] == pytest.approx(0.0, abs=1e-12)
    assert np.linalg.det(pelvis.pose[:, :, :3]) == pytest.approx(1.0)


def test_measures_are_matched_by_side_and_unit() -> None:
    def measured(right: float, unit: str = "m") -> Study:
        values = (("right", right), ("left", 0.7))
        made = (Measure("gait.step_length", "gait", side, v, unit, "Step length", "") for side, v in values)  # type: ignore[arg-type]
        return dataclasses.replace(bare_study(), measures=tuple(made))

    found = compare(measured(0.7), measured(0.55))
    assert [(c.side, c.verdict) for c in found.measures] == [("right", "lower"), ("left", "no detectable change")]
    assert compare(measured(0.7), measured(0.7, "cm")).measures == ()


def test_what_one_of_them_lacks_is_not_computed() -> None:
    found = compare(bare_study(), sample_study())
    assert {c.verdict for c in found.headline if c.id == "lumbar_peak"} == {"not computed"}
    assert not any(c.group == "lumbar" for c in found.curves)


def test_another_person_is_noticed() -> None:
    study = sample_study()
    other = dataclasses.replace(study, subject=Subject(study.subject.mass_kg * 1.1, 1.95))
    notes = " ".join(compare(study, other, ("May", "June")).notes)
    assert "Mass" in notes
    assert "Height" in notes
    assert "May" in notes
    assert not any("person;" in n for n in compare(study, study).notes)


def test_files_hold_what_the_schema_says(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    found = compare(sample_study(), with_headline(sample_study(), "speed", 0.8))
    write_comparison(found, tmp_path)
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    data = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)
    assert data["schema"] == "groundup.comparison/1"
    rows = (tmp_path / "tables" / "comparison.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + len(found.headline) + len(found.measures)


def test_schema_names_every_field() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    plain = record_to_dict(compare(sample_study(), sample_study()))
    assert set(schema["properties"]) == set(plain)
    assert set(schema["$defs"]["change"]["properties"]) == set(plain["headline"][0])
    assert set(schema["$defs"]["curve"]["properties"]) == set(plain["curves"][0])
    assert set(schema["$defs"]["compared"]["properties"]) == set(plain["before"])
