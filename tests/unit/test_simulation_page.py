"""The page of a simulation: what it carries is what the files hold, and nothing more comes with it."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundup.predict.answer import to_json
from groundup.report.simulation_files import write_simulation
from groundup.report.simulation_page import render_simulation
from groundup.study import CycleCurve, Provenance, Study, Subject
from sample_answer import sample_answer

MEGABYTE = 1_000_000


def bare() -> Study:
    origin = Provenance("0", "3", "2", "any", "2026-01-01T00:00:00Z", "groundup simulate")
    curve = CycleCurve(
        "angle.knee_angle_r", "angle", "knee_angle_r", "right", "right", "deg", np.arange(101.0), np.zeros((1, 101))
    )
    other = dataclasses.replace(curve, id="angle.neck_flexion")
    return Study("A walk", True, origin, Subject(72.0), np.arange(3.0), curves=(other, curve))


def carried(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="study" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_page_carries_the_answer_as_it_is_written() -> None:
    answer = sample_answer(bare())
    data, written = carried(render_simulation(answer)), json.loads(json.dumps(to_json(answer)))
    studies = [case.pop("study") for case in data["cases"]]
    assert {name: data[name] for name in written} == written
    # A curve stands at its place in study.json; what is not drawn does not travel.
    assert [list(study["curves"]) for study in studies] == [["1"]] * 3


def test_walks_that_failed_have_nothing_to_draw() -> None:
    data = carried(render_simulation(sample_answer(bare(), "heel_lift:0..15mm:4")))
    assert [case["study"] is None for case in data["cases"]] == [case["status"] != "solved" for case in data["cases"]]
    assert any(case["study"] is None for case in data["cases"])
    assert data["sweeps"][0]["doses"] == [0.0, 5.0, 10.0, 15.0]
    assert [case["doses"] for case in data["cases"]] == [[], [], [0.0], [5.0], [10.0], [15.0]]


def test_texts_cannot_become_markup() -> None:
    answer = sample_answer(bare())
    evil = "</script><img src=x onerror=alert(1)>{{data}}"
    first = dataclasses.replace(
        answer.results[1], message=evil, case=dataclasses.replace(answer.results[1].case, label=evil)
    )
    page = render_simulation(dataclasses.replace(answer, results=(answer.results[0], first, answer.results[2])))
    assert "<img src=x" not in page
    assert carried(page)["cases"][1]["message"] == evil


def test_nothing_solved_makes_a_page_too() -> None:
    answer = sample_answer(None)
    failed = tuple(dataclasses.replace(r, status="failed") for r in answer.results)
    data = carried(render_simulation(dataclasses.replace(answer, results=failed, comparisons=(), back=())))
    assert data["picture"]["scenes"] == {}


def test_the_page_asks_nothing_of_the_network() -> None:
    page = render_simulation(sample_answer(bare()))
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=["']https?:""", page)


def test_the_table_holds_every_change(tmp_path: Path) -> None:
    answer = sample_answer(bare())
    write_simulation(answer, tmp_path)
    rows = list(csv.DictReader((tmp_path / "tables" / "changes.csv").open(encoding="utf-8")))
    assert len(rows) == sum(len(c.changes) for c in answer.comparisons)
    for row, change in zip(rows, (c for one in answer.comparisons for c in one.changes), strict=True):
        assert (row["measure"], row["side"], row["verdict"]) == (change.measure, change.side, change.verdict)
        assert row["difference"] == ("" if np.isnan(change.difference) else f"{change.difference:.9g}")


def test_the_virtual_patient_fits_into_a_small_page(patient: Any) -> None:
    render_simulation(patient)  # the first page reads its parts
    begun = time.process_time()
    page = render_simulation(patient)
    assert time.process_time() - begun < 1.0
    assert len(page.encode()) < 8 * MEGABYTE


@pytest.fixture(scope="module")
def patient() -> Any:
    """The virtual patient, told from its stored walks, without the split among links, which takes longest."""
    from groundup.errors import GroundupError
    from groundup.predict import simulate
    from groundup.predict.virtual_patient import stored_walk, virtual_patient

    def leave_out(*given: object) -> None:
        raise GroundupError("takes long")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate, "attribute", leave_out)
        return simulate.simulate(virtual_patient(), lambda words: None, solver=stored_walk)


def test_the_virtual_patient_is_healthy_painful_and_treated(patient: Any) -> None:
    assert [r.case.id for r in patient.results] == ["healthy", "untreated", "treated"]
    assert {r.status for r in patient.results} == {"solved"}
    assert [(c.before_id, c.after_id) for c in patient.comparisons] == [
        ("healthy", "untreated"),
        ("untreated", "treated"),
    ]
    data = carried(render_simulation(patient))
    drawn = {curve["id"] for case in data["cases"] for curve in case["study"]["curves"].values()}
    assert {"foot_load.heel_right", "lumbar.l5_s1_compression", "angle.knee_angle_l", "ground_force.right_vy"} <= drawn
    assert set(data["picture"]["scenes"]) == {"healthy", "untreated", "treated"}


def test_the_painful_heel_is_spared(patient: Any) -> None:
    (heel,) = [c for c in patient.comparisons[0].changes if (c.measure, c.side) == ("foot.heel_impulse", "right")]
    assert heel.verdict == "less"
