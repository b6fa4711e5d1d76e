"""The page of a comparison in a real browser: its numbers are the file's, and keys, print and narrow screens work."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sample_study import bare_study, sample_study
from test_report import WITH_WEBGL, WITHOUT_WEBGL, Browser, agrees, at, complaints, requests, shown_numbers, start

from groundup.chain.comparison import Cluster, Comparison, CurveTest, compare
from groundup.io.study_file import record_to_dict
from groundup.report.comparison_page import render_comparison
from groundup.study import Attribution, Share, Study

from selenium.webdriver.common.by import By  # isort: skip
from selenium.webdriver.common.keys import Keys  # isort: skip
from selenium.webdriver.support.ui import WebDriverWait  # isort: skip


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


def changed_study() -> Study:
    """The sample with a lower peak of the low back and a knee that is bent more."""
    study = sample_study()
    headline = tuple(
        dataclasses.replace(h, value=h.value * (0.6 if h.id == "lumbar_peak" else 1)) for h in study.headline
    )
    curves = tuple(
        dataclasses.replace(c, mean=c.mean + 40, each=c.each + 40) if c.id == "angle.knee_angle_r" else c
        for c in study.curves
    )
    return dataclasses.replace(study, title="After six weeks", headline=headline, curves=curves)


def sample_comparison() -> Comparison:
    found = compare(sample_study(), changed_study(), ("May", "June"))
    shares = (
        Share("timing", "none", -0.5, 83.3),
        Share("ankle", "left", -0.15, 25.0),
        Share("trunk", "none", 0.05, -8.3),
    )
    split = Attribution("lumbar.x", "Low-back compression", "none", "BW", "May", "June", 2.0, 1.4, shares, 0.001)
    test = CurveTest(np.zeros(101), 3.0, 0.05, (Cluster(20.0, 35.0, 0.01),))
    curves = (dataclasses.replace(found.curves[0], test=test, untested=""), *found.curves[1:])
    return dataclasses.replace(found, attributions=(split,), not_attributed=("hip: no plate",), curves=curves)


def show(driver: Browser, comparison: Comparison, folder: Path) -> Browser:
    page = folder / "report.html"
    page.write_text(render_comparison(comparison), encoding="utf-8")
    driver.get_log("browser"), driver.get_log("performance")
    driver.get(page.as_uri())
    WebDriverWait(driver, 20).until(lambda d: d.execute_script("return document.documentElement.dataset.ready"))
    return driver


def test_every_number_shown_is_the_one_in_the_file(browser: Browser, tmp_path: Path) -> None:
    comparison = sample_comparison()
    driver = show(browser, comparison, tmp_path)
    driver.execute_script("document.querySelectorAll('button.more').forEach((b) => b.click());")
    data = json.loads(json.dumps(record_to_dict(comparison)))
    shown = shown_numbers(driver)
    assert [(path, text, at(data, path)) for path, text in shown if not agrees(text, at(data, path))] == []
    paths = {path for path, _ in shown}
    for k in range(len(comparison.headline)):
        assert {f"headline.{k}.{field}" for field in ("before", "after", "difference")} <= paths
    assert {"attributions.0.shares.0.value", "attributions.0.before", "before.mass_kg"} <= paths
    assert complaints(driver) == []
    asked = requests(driver)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_what_changed_is_marked_by_more_than_colour(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, sample_comparison(), tmp_path)
    (row,) = driver.find_elements(By.CSS_SELECTOR, "#numbers-body > table tr.changed")
    assert "▼ lower by" in row.text
    assert "1 of 11 main numbers" in driver.find_element(By.ID, "verdict").text
    marked = driver.find_elements(By.CSS_SELECTOR, "#angles .chart.changed")
    assert len(marked) == 1
    assert "▲ higher by up to 40 deg" in marked[0].text
    assert driver.find_elements(By.CSS_SELECTOR, "#angles .chart")[0].text.startswith("Knee")


def test_page_says_what_a_change_of_load_is_not(browser: Browser, tmp_path: Path) -> None:
    words = show(browser, sample_comparison(), tmp_path).find_element(By.TAG_NAME, "body").text.replace("\n", " ")
    assert "A change of load is not a change of pain" in words
    assert "supports a professional’s evaluation and does not replace it" in words
    assert "Not split: hip: no plate." in words
    assert re.search(r"May\s+June\s+difference", words)
    for unwanted in ("NaN", "undefined", "[object"):
        assert unwanted not in words


def test_unchanged_pair_says_so(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, compare(sample_study(), sample_study()), tmp_path)
    assert driver.find_element(By.ID, "verdict").text.startswith("No detectable change")
    assert driver.find_elements(By.CSS_SELECTOR, ".changed") == []
    assert driver.find_element(By.ID, "synthetic").is_displayed()


def test_little_to_compare_makes_a_page_too(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, compare(bare_study(), sample_study()), tmp_path)
    assert "not computed" in driver.find_element(By.ID, "numbers-body").text
    assert complaints(driver) == []


def test_names_are_never_markup(browser: Browser, tmp_path: Path) -> None:
    evil = "</script><img src=x>{{data}}"
    driver = show(browser, compare(sample_study(), sample_study(), (evil, "b")), tmp_path)
    assert evil in driver.find_element(By.TAG_NAME, "h1").text
    assert driver.find_elements(By.TAG_NAME, "img") == []


def test_arrow_keys_read_both_curves(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, sample_comparison(), tmp_path)
    chart = driver.find_element(By.CSS_SELECTOR, "#angles .chart")
    driver.execute_script("arguments[0].scrollIntoView()", chart)
    WebDriverWait(driver, 10).until(lambda d: chart.find_elements(By.TAG_NAME, "canvas"))
    chart.find_element(By.CSS_SELECTOR, ".plot").send_keys(Keys.ARROW_RIGHT)
    reading = chart.find_element(By.CSS_SELECTOR, ".reading").text
    assert reading.startswith("at 0 %")
    assert "May" in reading
    assert "June" in reading


def pixels(driver: Browser, canvas: str) -> bytes:
    """What a canvas shows, as a picture file."""
    driver.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));")
    text = driver.execute_script("return document.getElementById(arguments[0]).toDataURL();", canvas)
    return base64.b64decode(text.partition(",")[2])


def leaning_study(degrees: float) -> Study:
    """The sample with every segment but the pelvis turned about the side axis."""
    study = changed_study()
    assert study.scene is not None
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    segments = tuple(
        one if one.name == "pelvis" else dataclasses.replace(one, pose=turn @ one.pose) for one in study.scene.segments
    )
    return dataclasses.replace(study, scene=dataclasses.replace(study.scene, segments=segments))


def test_slider_goes_from_one_walk_to_the_other_by_keys(seeing: Browser, tmp_path: Path) -> None:
    comparison = compare(sample_study(), leaning_study(10.0), ("May", "June"))
    assert comparison.walks is not None
    driver = show(seeing, comparison, tmp_path)
    assert pixels(driver, "picture-before") != pixels(driver, "picture-after")
    assert driver.find_element(By.ID, "player").text.count("May") >= 2
    mix = driver.find_element(By.ID, "mix")
    mix.send_keys(Keys.HOME)
    opacity = "return getComputedStyle(document.getElementById('picture-after')).opacity"
    assert (driver.execute_script(opacity), mix.get_attribute("aria-valuetext")) == ("0", "only May")
    mix.send_keys(Keys.END)
    assert (driver.execute_script(opacity), mix.get_attribute("aria-valuetext")) == ("1", "only June")
    driver.execute_script(
        "const m = document.getElementById('manner'); m.value = 'wipe'; m.dispatchEvent(new Event('change'));"
    )
    driver.find_element(By.ID, "picture-after").send_keys("[")
    assert mix.get_attribute("aria-valuetext") == "90 % June"
    assert driver.find_element(By.ID, "edge").is_displayed()
    cut = driver.execute_script("return document.getElementById('picture-after').style.clipPath")
    assert "10%" in cut
    assert complaints(driver) == []


def test_both_walks_step_together_and_are_seen_from_one_place(seeing: Browser, tmp_path: Path) -> None:
    driver = show(seeing, compare(sample_study(), sample_study()), tmp_path)
    canvas = driver.find_element(By.ID, "picture-after")
    canvas.send_keys(Keys.HOME)
    start_of = pixels(driver, "picture-after")
    canvas.send_keys(Keys.ARROW_RIGHT * 5, "2", "+")
    assert driver.find_element(By.ID, "clock").text == "10.0 %"
    assert pixels(driver, "picture-after") != start_of
    # Where there is only floor, both pictures are the same: one camera sees both.
    assert driver.execute_script(FLOORS_DIFFER) == 0
    assert complaints(driver) == []


FLOORS_DIFFER = """
const [a, b] = ["picture-before", "picture-after"].map((id) => {
  const from = document.getElementById(id), flat = document.createElement("canvas");
  [flat.width, flat.height] = [from.width, from.height];
  const ctx = flat.getContext("2d");
  ctx.drawImage(from, 0, 0);
  return ctx.getImageData(0, 0, Math.round(from.width / 5), from.height).data;
});
if (a.length !== b.length || !a.some((v, k) => v !== a[k % 4])) return -1;
return a.filter((v, k) => Math.abs(v - b[k]) > 2).length;
"""


def test_without_the_picture_the_page_says_why(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, compare(sample_study(), sample_study()), tmp_path)
    assert "WebGL" in driver.find_element(By.ID, "picture-message").text
    driver = show(browser, compare(bare_study(), sample_study()), tmp_path)
    assert "No picture: " in driver.find_element(By.ID, "picture-message").text


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out_at_the_side(browser: Browser, tmp_path: Path, width: int) -> None:
    driver = show(browser, sample_comparison(), tmp_path)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        WebDriverWait(driver, 5).until(
            lambda d: d.execute_script("return document.documentElement.scrollWidth") <= width
        )
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_print_holds_every_part(browser: Browser, tmp_path: Path) -> None:
    driver = show(browser, sample_comparison(), tmp_path)
    pdf = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf)
    try:
        text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("needs pdftotext")
    for words in ("What changed", "The chain, and which link makes the change", "Joint angles", "Methods and origin"):
        assert words in text
