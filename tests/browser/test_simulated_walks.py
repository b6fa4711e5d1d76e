"""The page of a simulation in a real browser: its numbers are the files', nobody is kept out, and it prints."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_study import sample_study
from test_accessibility import barriers
from test_report import WITH_WEBGL, WITHOUT_WEBGL, Browser, agrees, at, complaints, requests, shown_numbers, start

from groundup.errors import GroundupError
from groundup.io.study_file import study_to_dict
from groundup.predict.answer import SimulationAnswer, to_json
from groundup.report.simulation_page import render_simulation
from groundup.study import CycleCurve, Study
from sample_answer import FAILED, sample_answer

from selenium.webdriver.common.by import By  # isort: skip
from selenium.webdriver.common.keys import Keys  # isort: skip
from selenium.webdriver.support.ui import Select, WebDriverWait  # isort: skip

SWEEP, SWEEPS = "heel_lift:0..15mm:4", "heel_lift:0..15mm:3 calf_stretching:0..4deg:2"


def walked() -> Study:
    """The sample with a curve of each kind that the page draws."""
    study = sample_study()
    knee = next(c for c in study.curves if c.id == "angle.knee_angle_r")
    added = tuple(
        dataclasses.replace(knee, id=id, name=id, unit="BW", side="right") for id in ("foot_load.heel_right",)
    )
    assert all(isinstance(c, CycleCurve) for c in added)
    return dataclasses.replace(study, curves=(*study.curves, *added))


STUDY = walked()
ANSWERS = {
    "one": sample_answer(STUDY),
    "no_interval": sample_answer(STUDY, uncertainty=False),
    "sweep": sample_answer(STUDY, SWEEP),
    "two_sweeps": sample_answer(STUDY, SWEEPS),
    "both_sides": sample_answer(STUDY, "heel_lift:left:5mm heel_lift:right:0..15mm:4"),
    "pain_alone": sample_answer(STUDY, ""),
    "pace": sample_answer(STUDY, "speed:1.1"),
    "nobody_hurts": sample_answer(STUDY, "heel_lift:right:8mm", condition=""),
    "nothing": dataclasses.replace(sample_answer(None), comparisons=(), back=()),
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    driver = start(tmp_path_factory.mktemp("profile"), WITHOUT_WEBGL)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that can draw in three dimensions."""
    driver = start(tmp_path_factory.mktemp("profile3d"), WITH_WEBGL)
    yield driver
    driver.quit()


def show(driver: Browser, answer: SimulationAnswer, folder: Path) -> Browser:
    page = folder / "simulation.html"
    page.write_text(render_simulation(answer), encoding="utf-8")
    driver.get_log("browser"), driver.get_log("performance")
    driver.get(page.as_uri())
    WebDriverWait(driver, 20).until(lambda d: d.execute_script("return document.documentElement.dataset.ready"))
    return driver


def files_of(answer: SimulationAnswer) -> Any:
    """The files' own numbers under the paths of the page."""
    data = json.loads(json.dumps(to_json(answer)))
    for case, result in zip(data["cases"], answer.results, strict=True):
        case["study"] = None if result.study is None else json.loads(json.dumps(study_to_dict(result.study)))
    return data


def is_shown(text: str, value: float | None, path: str) -> bool:
    if path.endswith(".percent") and value is not None:
        return abs(float(text.replace("−", "-")) - value) <= 0.0501 or abs(value) > 99
    return agrees(text, value)


@pytest.mark.parametrize("name", ANSWERS)
def test_every_number_shown_is_the_one_in_the_files(browser: Browser, tmp_path: Path, name: str) -> None:
    driver = show(browser, ANSWERS[name], tmp_path)
    data, shown = files_of(ANSWERS[name]), shown_numbers(driver)
    assert [(p, text, at(data, p)) for p, text in shown if not is_shown(text, at(data, p), p)] == []
    if name == "nothing":
        return
    told = {path for path, _ in shown}
    for k in range(min(2, len(data["comparisons"]))):
        for j, change in enumerate(data["comparisons"][k]["changes"]):
            expected = {"after", "difference", "low", "high"} if change["low"] is not None else {"after"}
            assert {f"comparisons.{k}.changes.{j}.{field}" for field in expected} <= told
    assert "comparisons.0.attributions.0.shares.0.value" in told


@pytest.mark.parametrize("name", ANSWERS)
def test_nothing_keeps_people_out(browser: Browser, tmp_path: Path, name: str) -> None:
    driver = show(browser, ANSWERS[name], tmp_path)
    assert complaints(driver) == []
    assert [url for url in requests(driver) if not url.startswith(("file:", "data:", "blob:"))] == []
    driver.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; });")
    assert barriers(driver) == []
    words = driver.find_element(By.TAG_NAME, "body").text
    for unwanted in ("NaN", "undefined", "[object"):
        assert unwanted not in words


def test_the_answer_stands_on_top_with_what_must_be_said(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, ANSWERS["no_interval"], tmp_path)
    assert driver.find_element(By.TAG_NAME, "h1").text == "Does treating the heel unload this back?"
    assert driver.find_element(By.CSS_SELECTOR, ".answer strong").text.startswith("Yes")
    said = driver.find_element(By.ID, "said").text
    for words in ("not pain relief", "no trial shows it", "--uncertainty"):
        assert words in said


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("pain_alone", "What does a painful heel do to this back?"),
        ("pace", "Does this treatment unload"),
        ("nobody_hurts", "Does this treatment unload"),
    ],
)
def test_the_question_is_the_one_that_was_asked(browser: Browser, tmp_path: Path, name: str, question: str) -> None:
    driver = show(browser, ANSWERS[name], tmp_path)
    assert driver.find_element(By.TAG_NAME, "h1").text.startswith(question)


def test_the_head_says_all_that_was_asked(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, ANSWERS["both_sides"], tmp_path)
    lead = driver.find_element(By.ID, "lead").text
    assert "treated with heel lift, 5 mm, left side; heel lift, right side: 0, 5, 10, 15 mm; walking" in lead
    assert "Walks computed: 5 of 6, healthy first." in lead
    # Of four doses one was not solved; the others stand at four places of their own.
    dots = driver.find_elements(By.CSS_SELECTOR, "#doses .dose")[0].find_elements(By.CSS_SELECTOR, "circle")
    assert len({dot.get_attribute("cx") for dot in dots}) == 3
    own = dataclasses.replace(ANSWERS["one"].request, model=Path("mine.osim"))
    driver = show(browser, dataclasses.replace(ANSWERS["one"], request=own), tmp_path)
    assert "a model of one’s own: mine.osim" in driver.find_element(By.ID, "methods").text


def test_no_outcome_looks_better_than_another(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, ANSWERS["one"], tmp_path)
    looks = """
        const look = (e) => { const s = getComputedStyle(e); return [s.fontSize, s.fontWeight, s.color].join(' '); };
        const all = [...document.querySelectorAll('.simulated td.said .first')];
        return all.map((e) => [e.parentElement.className, look(e)]);
    """
    found = driver.execute_script(looks)
    assert {name for name, _ in found} == {"said is-less", "said is-same"}
    assert len({look for _, look in found}) == 1
    assert "not computed" in driver.find_element(By.ID, "changes-body").text


def lighter(answer: SimulationAnswer, factor: float) -> SimulationAnswer:
    """The same answer, where the last walk is a lighter body's."""
    *others, last = answer.results
    body = dataclasses.replace(STUDY.subject, mass_kg=factor * STUDY.subject.mass_kg)
    study = dataclasses.replace(STUDY, subject=body)
    return dataclasses.replace(answer, results=(*others, dataclasses.replace(last, study=study)))


def test_loads_of_a_lighter_body_are_drawn_in_weights_of_the_first(browser: Browser, tmp_path: Path) -> None:
    widths = """
        return [...document.querySelectorAll('#bodies figure:nth-of-type(2) path')].map((p) => p.getAttribute('d'));
    """
    drawn = []
    for factor in (1.0, 0.5):
        driver = show(browser, lighter(ANSWERS["one"], factor), tmp_path)
        assert ("own body" in driver.find_element(By.ID, "curves-key").text) == (factor != 1.0)
        drawn.append(driver.execute_script(widths))
    assert drawn[0] != drawn[1]
    assert complaints(driver) == []


def test_what_was_not_solved_is_told_as_that(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, ANSWERS["sweep"], tmp_path)
    (failed,) = driver.find_elements(By.CSS_SELECTOR, ".solver-table tr.bad")
    assert "failed: no result" in failed.text
    assert FAILED in failed.text
    assert "Not solved" in driver.find_element(By.ID, "solver-notes").text


def test_a_dose_is_chosen_and_everything_follows(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, ANSWERS["sweep"], tmp_path)
    assert len(driver.find_elements(By.CSS_SELECTOR, "#doses .dose")) > 4
    assert "0 mm" in driver.find_element(By.ID, "changes-body").text
    Select(driver.find_element(By.ID, "pick")).select_by_index(2)
    for place in ("changes-body", "links-body", "bodies", "curves-key"):
        assert "15 mm" in driver.find_element(By.ID, place).text
    assert complaints(driver) == []


def test_two_sweeps_make_a_table_of_shades(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, ANSWERS["two_sweeps"], tmp_path)
    first = driver.find_element(By.CSS_SELECTOR, ".heat-table")
    assert len(first.find_elements(By.CSS_SELECTOR, "tbody tr")) == 3
    assert first.text.count("%") >= 5
    assert "not solved" in first.text


def test_texts_stay_texts(browser: Browser, tmp_path: Path) -> None:
    evil = "</script><img src=x>{{data}}"
    driver = show(browser, dataclasses.replace(ANSWERS["one"], back=(evil,)), tmp_path)
    assert evil in driver.find_element(By.ID, "answers").text
    assert driver.find_elements(By.TAG_NAME, "img") == []


def test_arrow_keys_read_all_curves(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, ANSWERS["one"], tmp_path)
    chart = driver.find_element(By.CSS_SELECTOR, "#curves .chart")
    driver.execute_script("arguments[0].scrollIntoView()", chart)
    WebDriverWait(driver, 10).until(lambda d: chart.find_elements(By.TAG_NAME, "canvas"))
    chart.find_element(By.CSS_SELECTOR, ".plot").send_keys(Keys.ARROW_RIGHT)
    reading = chart.find_element(By.CSS_SELECTOR, ".reading").text
    for words in ("at 0 %", "healthy", "untreated", "treated"):
        assert words in reading


def test_walks_stand_side_by_side_or_one_over_the_other(seeing: Browser, tmp_path: Path) -> None:
    driver = show(seeing, ANSWERS["one"], tmp_path)
    names = [e.text for e in driver.find_elements(By.CSS_SELECTOR, "#names span")]
    assert [name.split()[0] for name in names] == ["Healthy", "Heel", "Conforming"]
    places = [e.location["x"] for e in driver.find_elements(By.CSS_SELECTOR, "#names span")]
    assert places == sorted(places)
    Select(driver.find_element(By.ID, "manner")).select_by_value("over")
    mix = driver.find_element(By.ID, "mix")
    mix.send_keys(Keys.HOME)
    assert mix.get_attribute("aria-valuetext") == "only healthy"
    mix.send_keys(Keys.END)
    assert mix.get_attribute("aria-valuetext").startswith("only conforming")
    driver.find_element(By.ID, "picture").send_keys("[" * 5, Keys.HOME, Keys.ARROW_RIGHT * 5)
    assert mix.get_attribute("aria-valuetext").startswith("only heel pain")
    assert driver.find_element(By.ID, "clock").text == "10 %"
    assert complaints(driver) == []


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out_at_the_side(browser: Browser, tmp_path: Path, width: int) -> None:
    driver = show(browser, ANSWERS["two_sweeps"], tmp_path)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        WebDriverWait(driver, 5).until(
            lambda d: d.execute_script("return document.documentElement.scrollWidth") <= width
        )
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext")
def test_prints_on_a4(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, ANSWERS["one"], tmp_path)
    printed = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    pdf = tmp_path / "page.pdf"
    pdf.write_bytes(base64.b64decode(printed["data"]))
    facts = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    assert "(A4)" in facts
    assert int(re.search(r"Pages:\s+(\d+)", facts)[1]) <= 8  # type: ignore[index]
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    for words in (
        "Through which links",
        "Everything that was asked",
        "Over the gait cycle",
        "relied on",
        "PREDICTED walks",
    ):
        assert words in text


def test_the_virtual_patient_is_shown_whole(seeing: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from groundup.predict import simulate
    from groundup.predict.virtual_patient import stored_walk, virtual_patient

    def leave_out(*given: object) -> None:
        raise GroundupError("takes long")

    monkeypatch.setattr(simulate, "attribute", leave_out)
    driver = show(seeing, simulate.simulate(virtual_patient(), lambda words: None, solver=stored_walk), tmp_path)
    assert complaints(driver) == []
    assert barriers(driver) == []
    assert len(driver.find_elements(By.CSS_SELECTOR, "#bodies .chain")) == 2
    assert len(driver.find_elements(By.CSS_SELECTOR, "#curves .chart")) == 12
    assert "takes long" in driver.find_element(By.TAG_NAME, "main").text
    assert driver.execute_script("return document.getElementById('picture-message').hidden")
