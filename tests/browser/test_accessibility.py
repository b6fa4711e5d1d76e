"""Every page through axe-core: nothing that keeps people with a keyboard, a reader or other eyes from using it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sample_study import bare_study, sample_study
from test_comparison_page import sample_comparison
from test_report import WITHOUT_WEBGL, Browser, open_everything, open_page, start

from groundup.report.body_page import Drawing, body_page
from groundup.report.comparison_page import render_comparison
from groundup.study import Study

AXE = Path(__file__).parent / "vendor" / "axe.min.js"


def barriers(driver: Browser) -> list[str]:
    """What axe-core finds that would keep people from using the page."""
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    return driver.execute_async_script("""
        const done = arguments[0];
        axe.run(document, { resultTypes: ['violations'] }).then((found) => done(found.violations.flatMap(
            (v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.failureSummary}`))));
    """)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    driver = start(tmp_path_factory.mktemp("profile"), WITHOUT_WEBGL)
    yield driver
    driver.quit()


@pytest.mark.parametrize("study", [sample_study(), bare_study()], ids=["full", "bare"])
def test_report(browser: Browser, tmp_path: Path, study: Study) -> None:
    open_page(browser, study, tmp_path)
    assert barriers(browser) == []
    open_everything(browser)
    assert barriers(browser) == []


def test_comparison(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "comparison.html"
    page.write_text(render_comparison(sample_comparison()), encoding="utf-8")
    browser.get(page.as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; });")
    assert barriers(browser) == []


def test_body(browser: Browser, tmp_path: Path) -> None:
    angle = np.linspace(-10, 60, 8)
    drawing = Drawing(
        "Knee: arm of the quadriceps", "cm", angle, 4 + 0 * angle, (0, 50, 3.5, 4.6), True, "as published"
    )
    page = tmp_path / "body.html"
    page.write_text(body_page("A body", {"mass_kg": 72, "joints": ["hip", "knee"]}, [drawing]), encoding="utf-8")
    browser.get(page.as_uri())
    assert barriers(browser) == []
