"""Intervals in the study: the recording's own, typical ones, what both say and never say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.body.model import Body
from groundup.body.recording import Recording
from groundup.chain.comparison import compare
from groundup.chain.intervals import (
    interval_method,
    own_smallest_changes,
    typical,
    typical_intervals,
    with_intervals,
)
from groundup.chain.uncertainty import of_study
from groundup.errors import RecordingError
from groundup.motion.synthetic import synthetic_recording
from groundup.pipeline import analyse
from groundup.study import Finding, Headline, Interval, Study

NOISE_M = 0.0007  # what the samples take cameras to have
SAMPLES = 20
NUMBERS = (
    Headline("hip_contact_peak", "Peak hip contact force", 4.0, "BW", "left"),
    Headline("lumbar_peak", "Peak low-back compression", float("nan"), "BW"),
    Headline("speed", "Walking speed", 1.2, "m/s"),
    Headline("no_such_number", "Unknown", 1.0, "BW"),
)


def walk(body: Body, noise_seed: int | None = None) -> Recording:
    """The synthetic walk, seen by noisy cameras."""
    markers, forces, _ = synthetic_recording(body)
    if noise_seed is not None:
        noise = NOISE_M * np.random.default_rng(noise_seed).standard_normal(markers.positions_m.shape)
        markers = replace(markers, positions_m=markers.positions_m + noise)
    return Recording(markers, forces, "Walk", synthetic=True)


@pytest.fixture(scope="module")
def body() -> Body:
    """The default body without muscles: quick."""
    return default_body().with_(muscles=())


@pytest.fixture(scope="module")
def sampled(body: Body) -> Study:
    """A walk with intervals of its own."""
    return analyse(walk(body, 1), body, samples=SAMPLES)


def test_typical_intervals_are_of_computed_numbers_only() -> None:
    found = {(i.id, i.side): i for i in typical_intervals(NUMBERS)}
    assert set(found) == {("hip_contact_peak", "left"), ("speed", "none")}
    for one in found.values():
        assert (one.origin, one.samples, one.causes) == ("typical", 0, ())
        assert one.low < one.value < one.high
        assert 0 < one.detectable_same_session <= one.detectable_new_session
    hip, back, speed, unknown = with_intervals(NUMBERS, tuple(found.values()))
    assert (hip.interval_origin, speed.interval_origin) == ("typical", "typical")
    assert (back.interval_origin, unknown.interval_origin) == ("", "")
    assert np.isnan([back.low, back.detectable_new_session, unknown.high]).all()


def test_another_unit_has_no_typical_interval() -> None:
    assert typical_intervals([replace(NUMBERS[0], unit="N")]) == ()


def test_every_main_number_has_a_typical_interval_with_plates_and_without() -> None:
    study = analyse(walk(default_body()), default_body())
    for estimated in (False, True):
        assert {h.id for h in study.headline} == {name for name, said in typical() if said == estimated}
    assert all(np.isfinite([h.low, h.high, h.detectable_new_session]).all() for h in study.headline)
    assert {i.origin for i in study.intervals} == {"typical"}
    assert len(study.intervals) == len(study.headline)
    (said,) = [m.text for m in study.methods if m.stage == "uncertainty"]
    assert "typical of the method, not this person's own" in said
    assert "`--samples 200`" in said


def test_a_small_number_is_no_surer_than_the_surest_that_was_measured() -> None:
    one = typical()["speed", False]
    (interval,) = typical_intervals([replace(NUMBERS[2], value=0.01)])
    assert interval.high - interval.value == pytest.approx(one.above.least)


def test_samples_give_intervals_of_numbers_and_measures(sampled: Study) -> None:
    own = {(i.id, i.side): i for i in sampled.intervals}
    computed = {(m.id, m.side) for m in sampled.measures if np.isfinite(m.value)}
    computed |= {(h.id, h.side) for h in sampled.headline if np.isfinite(h.value)}
    assert len(set(own) & computed) > 0.9 * len(computed)
    assert set(own) <= computed
    for one in own.values():
        assert (one.origin, one.samples) == ("sampled", SAMPLES)
        assert not one.low > one.value
        assert not one.high < one.value
        assert not one.causes or sum(c.percent for c in one.causes) == pytest.approx(100.0)
    for h in sampled.headline:
        expected = own.get((h.id, h.side))
        assert h.interval_origin == ("" if expected is None else "sampled")
        assert expected is None or (h.low, h.detectable_new_session) == (
            expected.low,
            expected.detectable_new_session,
        )
    (said,) = [m.text for m in sampled.methods if m.stage == "uncertainty"]
    assert said.startswith(f"{SAMPLES} samples of this recording")


def test_the_same_recording_gives_the_same_intervals(body: Body, sampled: Study) -> None:
    assert analyse(walk(body, 1), body, samples=SAMPLES).intervals == sampled.intervals


def test_findings_use_the_recordings_own_smallest_changes(sampled: Study) -> None:
    own = own_smallest_changes(sampled.intervals)
    assert own is not None
    sides = [f for f in sampled.findings if f.kind == "sides"]
    assert all(abs(f.value) > own[f.measure] for f in sides if f.measure in own)
    assert all(_by_samples(f) for f in sides if f.measure in own)


def _by_samples(finding: Finding) -> bool:
    return "own uncertainty" in finding.source


def test_the_same_walk_with_other_noise_shows_no_detectable_change(body: Body, sampled: Study) -> None:
    again = analyse(walk(body, 2), body, samples=SAMPLES)
    found = compare(sampled, again, same_markers=True)
    known = [c for c in (*found.headline, *found.measures) if c.verdict not in ("not computed", "not known")]
    assert len(known) > 40
    # 95 of 100 lie below it by its definition; camera noise is the smaller part of what a session varies in.
    assert sum(c.verdict == "no detectable change" for c in known) >= 0.97 * len(known)
    assert all(c.verdict == "no detectable change" for c in compare(sampled, sampled).headline if np.isfinite(c.before))


def test_ctrl_c_ends_the_sampling_and_not_the_analysis(body: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    said: list[str] = []
    monkeypatch.setattr(of_study, "propagate", stopped)
    study = analyse(walk(body), body, samples=SAMPLES, progress=said.append)
    assert {i.origin for i in study.intervals} == {"typical"}
    assert any("sampling stopped: writing the results without intervals of their own" in one for one in said)
    (method,) = [m.text for m in study.methods if m.stage == "uncertainty"]
    assert method.startswith("Sampling was stopped before its end.")


@pytest.mark.parametrize("samples", [-1, 7])
def test_too_few_samples_are_refused_before_anything_is_computed(body: Body, samples: int) -> None:
    said: list[str] = []
    with pytest.raises(RecordingError, match=f"{samples} samples asked for, expected at least 20"):
        analyse(walk(body), body, samples=samples, progress=said.append)
    assert said == []


def test_no_interval_no_words() -> None:
    assert interval_method(()) is None
    assert own_smallest_changes([Interval("speed", "none", 1.0, 0.9, 1.1, 0.1, 0.1, 0.1, origin="typical")]) is None
