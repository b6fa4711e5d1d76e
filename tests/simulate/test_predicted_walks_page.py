"""The full set of predicted walks: its order of work, and what its page says of walks that are known."""

from __future__ import annotations

import math
import operator
from dataclasses import replace
from functools import cache

import pytest
from benchmarks.predicted_walks.apart import SIGNS, apart_table, is_apart
from benchmarks.predicted_walks.numerics import DerivativeErrors, mesh_name
from benchmarks.predicted_walks.page import LOW_BACK, Results, mesh_change_percent, page, reasons
from benchmarks.predicted_walks.solving import (
    Solved,
    Work,
    case_works,
    done_in_order_of_ending,
    needs_of,
    painful_job,
    read,
    request_of,
    solve_and_read,
)

from groundup.body.default_body import default_body
from groundup.errors import FileError
from groundup.predict.acceptance import cases, clauses
from groundup.predict.changed_body import change
from groundup.predict.condition import parse_condition
from groundup.predict.gait.baseline import healthy_walk
from groundup.predict.gait.walk import Walk, load_walk
from groundup.predict.pain import pain_law
from groundup.predict.request import SimulationRequest
from groundup.predict.solver import terms_of
from groundup.predict.solving import Walks
from groundup.predict.treatments import parse_combination
from groundup.predict.variations import NOMINAL
from groundup.predict.walk_job import Tell, WalkJob
from groundup.predict.walk_store import WalkStore


@pytest.fixture(scope="module")
def healthy() -> Solved:
    return read("healthy", healthy_walk(), change(default_body(), ()), (1.0, 0.5))


def test_work_waits_for_what_it_needs() -> None:
    works = [Work("sum", operator.add, (1, 2), ("product",)), Work("product", operator.mul, (3, 4))]
    assert list(done_in_order_of_ending(works, 2)) == [("product", 12), ("sum", 3)]


def test_every_case_is_solved_from_one_that_is_there(tmp_path) -> None:
    assert {w.name for w in case_works(tmp_path)} == set(cases())
    assert needs_of("insole_flat") == ("pain6",)
    assert needs_of("lifted") == ("healthy",)
    assert needs_of("pain6") == needs_of("short_leg") == ()


def test_cases_are_solved_as_the_command_solves_them_and_kept_by_what_they_answer(tmp_path) -> None:
    jobs: list[WalkJob] = []

    def noting(job: WalkJob, tell: Tell) -> Walk:
        jobs.append(job)
        return healthy_walk()

    found = solve_and_read("insole_flat", tmp_path, noting)
    assert [job.id for job in jobs] == ["untreated", "treated"]
    asked = SimulationRequest((parse_condition("heel_pain:right:6"),), parse_combination("cushioned_heel_pad:6mm"))
    walks = Walks(asked, default_body(), None, WalkStore(tmp_path), noting, lambda words: None)
    walks.solve()
    assert len(jobs) == 2
    assert walks.jobs["treated", NOMINAL.id].key == jobs[1].key
    assert found.readings[LOW_BACK] > 1
    solve_and_read("lifted", tmp_path, noting)
    assert jobs[2].effects == cases()["lifted"].effects


def test_the_calibration_asks_for_what_the_command_asks(tmp_path) -> None:
    law = pain_law()
    ours = painful_job(tmp_path, law.gain, 6.0)
    asked = SimulationRequest((parse_condition("heel_pain:right:6"),))
    walks = Walks(
        asked, default_body(), None, WalkStore(tmp_path), lambda job, tell: healthy_walk(), lambda words: None
    )
    walks.solve()
    assert ours.key == walks.jobs["untreated", NOMINAL.id].key
    assert ours.law == law
    assert {t.name for t in terms_of(ours)} == {t.name for t in terms_of(walks.jobs["untreated", NOMINAL.id])}
    assert ours.start is healthy_walk()


@pytest.mark.parametrize("there", [True, False])
def test_the_healthy_walk_can_be_made_from_nothing(there: bool, tmp_path, monkeypatch) -> None:
    from benchmarks.predicted_walks import __main__ as command

    started = []

    @cache
    def stored() -> Walk:
        if not there:
            raise FileError("healthy.npz: not there")
        return healthy_walk()

    def cold(body, options, start, cache):
        started.append(start)
        return healthy_walk()

    monkeypatch.setattr(command, "healthy_walk", stored)
    monkeypatch.setattr(command, "solve_healthy", cold)
    monkeypatch.setattr(command, "FILE", tmp_path / "healthy.npz")
    command._remake_healthy(tmp_path)
    assert started == [healthy_walk() if there else None]
    assert load_walk(tmp_path / "healthy.npz").solved


@pytest.mark.parametrize(
    ("change", "pain", "apart"),
    [
        (0.3, -0.2, True),
        (0.3, 0.2, False),
        (0.3, 0.05, True),
        (0.05, -0.2, True),
        (0.12, 0.08, False),
        (0.05, -0.05, False),
        (math.nan, 0.2, False),
    ],
)
def test_a_gait_is_apart_where_pain_goes_another_way(change: float, pain: float, apart: bool) -> None:
    assert is_apart(change, pain, 0.1) is apart


def test_other_gaits_stand_beside_pain(healthy: Solved) -> None:
    impulse = ("foot.heel_impulse", "right")
    value = healthy.readings[impulse]

    def made(name: str, factor: float) -> Solved:
        return replace(healthy, name=name, readings={**healthy.readings, impulse: factor * value})

    text = page(Results({"healthy": healthy, "pain6": made("pain6", 0.9), "short_leg": made("short_leg", 1.1)}))
    assert "## Told apart from pain" in text
    labels = [request_of(cases()[name]).cases[-1].label for name in ("pain6", "short_leg")]
    assert f"| right side | healthy | {' | '.join(labels)} |" in text
    line = next(one for one in apart_table({"healthy": healthy, "pain6": made("pain6", 0.9)}) if "heel, BW" in one)
    assert line.startswith(f"| impulse under the heel, BW·s | {value:.3g} | -")
    (row,) = (one for one in text.split("\n") if one.startswith("| impulse under the heel, BW·s"))
    assert "**+" in row
    assert all((s.measure, s.side) in healthy.readings for s in SIGNS)
    assert apart_table({"healthy": healthy}) == ["not computed"]


def test_the_page_says_what_is_known_and_what_is_not(healthy: Solved) -> None:
    text = page(Results({"healthy": healthy}))
    assert "| stance is 58 to 64 % of the stride | met |" in text
    assert "| impulse under the painful heel falls with pain | not computed |" in text
    assert "| energy that no work explains | met |" in text
    assert "| peak of L5/S1 on a mesh twice as fine: change | not computed |" in text
    assert "| derivatives | met | 1e-08 | 1e-06 |" in page(
        Results({"healthy": healthy}, derivatives=DerivativeErrors(1e-8, 1e-9, 1e-10))
    )


def test_an_iterate_is_no_result(healthy: Solved) -> None:
    stopped = read("pain2", replace(healthy_walk(), solved=False, message="stopped"), None, (1.0, 0.5))  # type: ignore[arg-type]
    assert not stopped.readings
    text = page(Results({"healthy": healthy, "pain2": stopped}))
    assert "| pain2 | stopped |" in text
    assert "| impulse under the painful heel falls with pain | not computed |" in text


def test_the_change_of_a_finer_mesh_has_no_sign(healthy: Solved) -> None:
    lower = replace(healthy, readings={**healthy.readings, LOW_BACK: 0.98 * healthy.readings[LOW_BACK]})
    assert mesh_change_percent({mesh_name(40): healthy, mesh_name(80): lower}) == pytest.approx(2.0)
    assert math.isnan(mesh_change_percent({mesh_name(40): healthy}))


def test_reasons_are_for_clauses() -> None:
    assert set(reasons()) <= {c.id for c in clauses()}
