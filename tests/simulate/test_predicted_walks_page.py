"""The full set of predicted walks: its order of work, and what its page says of walks that are known."""

from __future__ import annotations

import math
import operator
from dataclasses import replace

import pytest
from benchmarks.predicted_walks.numerics import DerivativeErrors, mesh_name
from benchmarks.predicted_walks.page import LOW_BACK, Results, mesh_change_percent, page, reasons
from benchmarks.predicted_walks.solving import Solved, Work, case_works, done_in_order_of_ending, read, start_of

from groundup.body.default_body import default_body
from groundup.predict.acceptance import cases, clauses
from groundup.predict.changed_body import change
from groundup.predict.gait.baseline import healthy_walk


@pytest.fixture(scope="module")
def healthy() -> Solved:
    return read("healthy", healthy_walk(), change(default_body(), ()), (1.0, 0.5))


def test_work_waits_for_what_it_needs() -> None:
    works = [Work("sum", operator.add, (1, 2), ("product",)), Work("product", operator.mul, (3, 4))]
    assert list(done_in_order_of_ending(works, 2)) == [("product", 12), ("sum", 3)]


def test_every_case_is_solved_from_one_that_is_there(tmp_path) -> None:
    assert {w.name for w in case_works(tmp_path)} == set(cases())
    assert all(start_of(name) in cases() for name in cases())
    assert start_of("insole_flat") == "pain6"
    assert start_of("lifted") == "healthy"


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
