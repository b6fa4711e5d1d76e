"""Pages of the evaluation and of a cohort in a real browser: no barrier, no request, no script, print on A4."""

from __future__ import annotations

import base64
import dataclasses
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_accessibility import barriers
from test_report import WITHOUT_WEBGL, Browser, complaints, requests, start

from groundup.clinic.cohort import CohortPerson, answer
from groundup.clinic.evaluate import evaluate
from groundup.examination import Examination
from groundup.report.cohort_page import render_cohort
from groundup.report.evaluation_page import render_evaluation
from vignettes import vignettes

EMPTY = render_evaluation(evaluate(Examination()), Examination())


def people() -> list[CohortPerson]:
    cells = [(True, True)] * 20 + [(True, False)] * 7 + [(False, True)] * 10 + [(False, False)] * 17
    made = [CohortPerson(f"p{k}", heel, back, age_years=30.0 + k) for k, (heel, back) in enumerate(cells)]
    scored = [dataclasses.replace(p, faam_adl_percent=50.0 + k, odi_percent=60.0 - k) for k, p in enumerate(made[:20])]
    return scored + made[20:]


def pages() -> dict[str, str]:
    made = {v.name: render_evaluation(evaluate(v.exam, v.study), v.exam, v.study, "p-17") for v in vignettes()}
    chosen = {name: page for name, page in made.items() if name[:2] in ("08", "11", "13", "22")}
    return {**chosen, "no_record": EMPTY, "cohort": render_cohort(answer(people(), "people.csv"))}


PAGES = pages()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    driver = start(tmp_path_factory.mktemp("profile"), WITHOUT_WEBGL)
    yield driver
    driver.quit()


def show(driver: Browser, page: str, folder: Path) -> None:
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    driver.get_log("browser"), driver.get_log("performance")
    driver.get(path.as_uri())


@pytest.mark.parametrize("name", PAGES)
def test_nothing_keeps_people_out(browser: Browser, tmp_path: Path, name: str) -> None:
    show(browser, PAGES[name], tmp_path)
    assert complaints(browser) == []
    asked = {url for url in requests(browser) if not url.startswith("data:")}
    assert asked == {(tmp_path / "page.html").as_uri()}
    # axe is run as a script of the test's own; the page itself allows none.
    browser.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; });")
    assert barriers(browser) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_sideways_scrolling_on_a_phone(browser: Browser, tmp_path: Path, name: str) -> None:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        show(browser, PAGES[name], tmp_path)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext")
@pytest.mark.parametrize("name", PAGES)
def test_prints_on_a4(browser: Browser, tmp_path: Path, name: str) -> None:
    show(browser, PAGES[name], tmp_path)
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    pdf = tmp_path / "page.pdf"
    pdf.write_bytes(base64.b64decode(printed["data"]))
    facts = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    assert "(A4)" in facts
    assert int(re.search(r"Pages:\s+(\d+)", facts)[1]) <= 8  # type: ignore[index]
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert "no diagnosis" in " ".join(text.lower().split())


def test_an_emergency_is_on_the_first_sheet(browser: Browser, tmp_path: Path) -> None:
    show(browser, next(page for name, page in PAGES.items() if name.startswith("08")), tmp_path)
    place = browser.execute_script("return document.querySelector('.flag.emergency').getBoundingClientRect().bottom")
    assert place < 900
