"""The reports of a recorded walk and of the demonstration in a real browser: what they show is what was computed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_accessibility import barriers
from test_report import (
    WITH_WEBGL,
    Browser,
    agrees,
    at,
    complaints,
    open_everything,
    open_page,
    requests,
    shown_numbers,
    start,
)

import groundup
from groundup import pipeline
from groundup.io.study_file import study_to_dict
from groundup.study import Study


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    driver = start(tmp_path_factory.mktemp("profile"), WITH_WEBGL)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def recorded(walk_folder: Path) -> Study:
    return groundup.analyse_files(
        groundup.AnalyseOptions(
            model=walk_folder / "subject01_simbody.osim",
            markers=walk_folder / "subject01_walk1.trc",
            forces=walk_folder / "subject01_walk1_grf.xml",
            ik_tasks=walk_folder / "subject01_Setup_IK.xml",
        )
    )


@pytest.fixture(scope="module")
def demonstration() -> Study:
    return pipeline.demo()


@pytest.fixture(scope="module")
def motion_alone(walk_folder: Path) -> Study:
    return groundup.analyse_files(
        groundup.AnalyseOptions(
            model=walk_folder / "subject01_simbody.osim", markers=walk_folder / "subject01_walk1.trc"
        )
    )


@pytest.mark.parametrize("which", ["recorded", "demonstration", "motion_alone"])
def test_report_shows_its_study(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest, which: str) -> None:
    study: Study = request.getfixturevalue(which)
    open_page(browser, study, tmp_path)
    open_everything(browser)
    data = json.loads(json.dumps(study_to_dict(study)))
    shown = shown_numbers(browser)
    assert [(path, words, at(data, path)) for path, words in shown if not agrees(words, at(data, path))] == []
    paths = {path for path, _ in shown}
    assert {f"headline.{k}.value" for k in range(len(study.headline))} <= paths
    assert {f"cycles.{k}.start_s" for k in range(len(study.cycles))} <= paths
    assert complaints(browser) == []
    asked = requests(browser)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert len([url for url in asked if url.startswith("file:")]) == 1
    words = browser.execute_script("return document.body.innerText")
    assert ("SYNTHETIC" in words) == study.synthetic
    assert ("no ground forces were given" in words) == (which == "motion_alone")
    assert (tmp_path / "report.html").stat().st_size < 8e6
    assert barriers(browser) == []
    for unwanted in ("NaN", "undefined", "[object"):
        assert unwanted not in words
