"""The report in a real browser: its numbers are the file's, it asks nothing of the network, and keys and print work."""

from __future__ import annotations

import base64
import dataclasses
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample_study import bare_study, sample_study

from groundup.io.study_file import study_to_dict
from groundup.report import render_report
from groundup.study import Headline, Missing, Study

webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
if not (CHROMIUM and CHROMEDRIVER):
    pytest.skip("needs chromium and chromedriver on the PATH", allow_module_level=True)

from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1200,900",
]
WITH_WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
WITHOUT_WEBGL = ("--disable-3d-apis",)

Browser = Any


def start(profile: Path, flags: tuple[str, ...]) -> Browser:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, *flags, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    still = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": still})
    return driver


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    driver = start(tmp_path_factory.mktemp("profile"), WITH_WEBGL)
    yield driver
    driver.quit()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Callable[[Study], Browser]:
    """Open the report of a study; the browser asks for no motion, so the picture stands still."""

    def opened(study: Study) -> Browser:
        open_page(browser, study, tmp_path)
        return browser

    return opened


def open_page(driver: Browser, study: Study, folder: Path) -> None:
    page = folder / "report.html"
    page.write_text(render_report(study), encoding="utf-8")
    driver.get_log("browser"), driver.get_log("performance")
    driver.get(page.as_uri())
    WebDriverWait(driver, 30).until(lambda d: d.execute_script("return document.documentElement.dataset.ready"))


def complaints(driver: Browser) -> list[str]:
    # "rendering" is the graphics driver of the test machine talking about its own speed.
    return [entry["message"] for entry in driver.get_log("browser") if entry["source"] != "rendering"]


def requests(driver: Browser) -> list[str]:
    events = (json.loads(entry["message"])["message"] for entry in driver.get_log("performance"))
    sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    # The browser's own start page may still be loading its icons; what counts is what the report asks for.
    return [request["request"]["url"] for request in sent if not request["documentURL"].startswith("chrome:")]


def open_everything(driver: Browser) -> None:
    """Show every chart and table, those within others too, so that every number that can be seen is on the page."""
    all_open = """
        document.querySelectorAll('button.more').forEach((b) => b.click());
        const closed = [...document.querySelectorAll('details:not([open])')];
        closed.forEach((d) => { d.open = true; });
        const filled = [...document.querySelectorAll('.numbers-table')].every((x) => x.querySelector('table'));
        return closed.length === 0 && filled;
    """
    WebDriverWait(driver, 20).until(lambda d: d.execute_script(all_open))


def at(data: Any, path: str) -> Any:
    for step in path.split("."):
        data = data[int(step)] if isinstance(data, list) else data[step]
        if isinstance(data, dict) and "base64" in data:
            data = np.frombuffer(base64.b64decode(data["base64"]), "<f4").tolist()
    return data


def shown_numbers(driver: Browser) -> list[tuple[str, str]]:
    return driver.execute_script(
        "return [...document.querySelectorAll('[data-study-path]')].map((e) => [e.dataset.studyPath, e.textContent])"
    )


def agrees(text: str, value: float | None) -> bool:
    """Whether the text is the value to the three digits that the page shows."""
    if value is None:
        return text == "not computed"
    shown = float(text.replace("−", "-"))
    return abs(shown - value) <= 0.501 * 10 ** (np.floor(np.log10(abs(value))) - 2 if 0 < abs(value) < 100 else 0)


def plain_sample() -> Study:
    """The sample without its picture, which takes seconds where no graphics card draws it."""
    return dataclasses.replace(sample_study(), scene=None)


# --- numbers ------------------------------------------------------------


def test_every_number_shown_is_the_one_in_the_file(show: Callable[[Study], Browser]) -> None:
    study = plain_sample()
    driver = show(study)
    open_everything(driver)
    data = json.loads(json.dumps(study_to_dict(study)))
    shown = shown_numbers(driver)
    wrong = [(path, text, at(data, path)) for path, text in shown if not agrees(text, at(data, path))]
    assert wrong == []
    paths = {path for path, _ in shown}
    assert {f"headline.{k}.value" for k in range(len(study.headline))} <= paths
    assert {f"quality.{k}.value" for k in range(len(study.quality))} <= paths
    assert {"subject.mass_kg", "subject.height_m", "cycles.0.start_s"} <= paths
    assert {f"chain.{k}.peak_bw" for k, link in enumerate(study.chain) if np.isfinite(link.peak_bw)} <= paths
    assert {f"headline.{k}.low" for k, h in enumerate(study.headline) if np.isfinite(h.low)} <= paths
    assert {f"measures.{k}.value" for k, m in enumerate(study.measures) if np.isfinite(m.value)} <= paths
    for k, split in enumerate(study.attributions):
        assert {f"attributions.{k}.shares.{j}.value" for j in range(len(split.shares))} <= paths
    assert {f"sensitivities.{k}.value" for k in range(len(study.sensitivities))} <= paths
    assert sum(path.startswith("curves.") for path in paths) > 300


def test_low_back_is_told_level_by_level(show: Callable[[Study], Browser]) -> None:
    driver = show(plain_sample())
    rows = driver.find_elements(By.CSS_SELECTOR, "#low-back .levels tbody tr")
    assert [row.find_element(By.CSS_SELECTOR, "th").text for row in rows] == ["L5/S1", "L4/L5"]
    assert "1131" in rows[0].text
    assert "57.3" in rows[0].text
    assert "not computed" in rows[1].text


def test_another_study_shows_other_numbers(show: Callable[[Study], Browser]) -> None:
    study = dataclasses.replace(
        sample_study(), headline=(Headline("one", "One number", -1234.6, "N"), Headline("two", "Two", 1e-5, "1"))
    )
    driver = show(study)
    values = [e.text for e in driver.find_elements(By.CSS_SELECTOR, ".headline .value [data-study-path]")]
    assert values == ["−1235", "0.0000100"]


def test_what_was_not_computed_is_said_with_its_reason(show: Callable[[Study], Browser]) -> None:
    driver = show(bare_study())
    assert "not computed" in driver.find_element(By.ID, "numbers").text
    assert "no ground forces were given" in driver.find_element(By.ID, "numbers").text
    assert "Not computed: the load up the chain" in driver.find_element(By.ID, "chain").text
    assert "no ground forces were given" in driver.find_element(By.CSS_SELECTOR, "#say .missing").text
    for section in ("foot", "ankle", "knee", "hip", "low-back", "muscles"):
        words = driver.find_element(By.ID, section).text
        assert "Not computed: " in words
        assert "(no ground forces were given; give them with --forces)" in words
    assert "picture was not computed" in driver.find_element(By.ID, "player").text
    assert complaints(driver) == []


def test_without_a_whole_cycle_the_series_are_drawn_over_time(show: Callable[[Study], Browser]) -> None:
    study = dataclasses.replace(plain_sample(), curves=(), cycles=(), missing=(Missing("lumbar", "no cycle"),))
    driver = show(study)
    assert "No whole gait cycle was found" in driver.find_element(By.ID, "hip").text
    assert len(driver.find_elements(By.CSS_SELECTOR, "#hip figure")) == 6
    assert complaints(driver) == []


# --- words --------------------------------------------------------------


def test_first_screen_says_what_it_is_and_what_it_is_not(show: Callable[[Study], Browser]) -> None:
    text = show(plain_sample()).find_element(By.TAG_NAME, "body").text
    assert "supports a professional’s evaluation and does not replace it" in text
    assert "not a promise of less pain" in text
    assert "not measured inside it" in text.replace("\n", " ")


def test_synthetic_is_said_wherever_results_are_shown(show: Callable[[Study], Browser]) -> None:
    driver = show(sample_study())
    assert driver.find_element(By.ID, "synthetic").is_displayed()
    assert "SYNTHETIC recording" in driver.find_element(By.ID, "synthetic").text
    marked = driver.execute_script(
        "return [...document.querySelectorAll('#sections h2')].map((h) => h.textContent.includes('SYNTHETIC'))"
    )
    assert len(marked) >= 11
    assert all(marked)
    assert driver.find_element(By.CSS_SELECTOR, ".synthetic-mark").is_displayed()
    measured = show(dataclasses.replace(plain_sample(), synthetic=False))
    assert "SYNTHETIC" not in measured.find_element(By.TAG_NAME, "body").text


def test_words_of_a_study_are_never_markup(show: Callable[[Study], Browser]) -> None:
    evil = "</script><img src=x onerror=\"document.title='owned'\">{{data}}"
    study = dataclasses.replace(plain_sample(), title=evil, headline=(Headline("e", evil, 1.0, evil, "none", evil),))
    driver = show(study)
    assert driver.find_element(By.TAG_NAME, "h1").text == evil
    assert driver.find_elements(By.TAG_NAME, "img") == []
    assert driver.title.startswith("</script><img")
    assert complaints(driver) == []


# --- the first page -----------------------------------------------------


def test_three_findings_say_how_sure_and_what_to_examine(show: Callable[[Study], Browser]) -> None:
    driver = show(plain_sample())
    cards = driver.find_elements(By.CSS_SELECTOR, "#say .finding")
    assert [card.find_element(By.TAG_NAME, "h3").text.splitlines()[-1] for card in cards] == [
        "Avoids the left heel",
        "Spares the left leg (antalgic gait)",
        "Ground force between the peaks, left",
    ]
    assert ["clear" in cards[0].text, "likely" in cards[1].text, "possible" in cards[2].text] == [True] * 3
    assert "Examine next: Press the inner side of the heel" in cards[0].text
    assert "in 90 of 100 cases 0.440 to 0.570" in cards[0].text
    assert "Against it: not seen: pushes off less" in cards[1].text
    assert "published: 0.650 to 0.850" in cards[2].text


def test_chain_is_as_wide_as_the_load_and_shows_where_the_findings_are(show: Callable[[Study], Browser]) -> None:
    study = plain_sample()
    driver = show(study)
    widths = driver.execute_script(
        "return [...document.querySelectorAll('.chain .gauge')].map((g) => Number(g.getAttribute('d').split('h')[1]))"
    )
    peak = {(link.id, link.side): link.peak_bw for link in study.chain}
    drawn = [peak[joint, side] for side in ("left", "right") for joint in ("foot", "ankle", "knee", "hip")]
    drawn += [peak["low_back", "none"], peak["l4_l5", "none"]]
    np.testing.assert_allclose(np.array(widths) / widths[0], np.array(drawn) / drawn[0], rtol=0.01)
    tags = driver.find_elements(By.CSS_SELECTOR, ".chain .tag")
    assert [tag.get_attribute("aria-label") for tag in tags] == ["finding 2", "finding 3", "finding 1"]
    assert len(driver.find_elements(By.CSS_SELECTOR, ".chain .flow.heavier .mark")) == 1  # the right heel
    assert driver.execute_script("return document.querySelector('.chain .flow.heavier path').getBBox().x > 230")


def test_nothing_found_is_said(show: Callable[[Study], Browser]) -> None:
    driver = show(dataclasses.replace(plain_sample(), findings=(), quality=()))
    assert "Nothing stands out." in driver.find_element(By.ID, "say").text
    assert driver.find_elements(By.CSS_SELECTOR, ".chain .tag") == []


def test_keys_lead_from_the_chain_to_the_details(show: Callable[[Study], Browser]) -> None:
    driver = show(plain_sample())
    link = driver.find_element(By.CSS_SELECTOR, ".chain a[href='#knee']")
    driver.execute_script("arguments[0].focus()", link)
    link.send_keys(Keys.ENTER)
    assert driver.execute_script("return location.hash") == "#knee"


def test_shares_of_a_difference_stand_end_to_end(show: Callable[[Study], Browser]) -> None:
    study = plain_sample()
    driver = show(study)
    left, width = driver.execute_script("""
        const bars = [...document.querySelectorAll('#why .split')[0].querySelectorAll('.bar')];
        return [bars.map((b) => parseFloat(b.style.left)), bars.map((b) => parseFloat(b.style.width))];
    """)
    ticks = driver.execute_script(
        "return [...document.querySelector('#why .split').querySelectorAll('.tick')].map(t => parseFloat(t.style.left))"
    )
    # Falling from the right step's load: each bar begins where the one before it ends.
    assert left[0] + width[0] == pytest.approx(ticks[0], abs=0.02)
    assert left[1] + width[1] == pytest.approx(left[0], abs=0.02)
    values = [share.value for share in study.attributions[0].shares[:4]]
    assert np.array(width) / width[0] == pytest.approx(np.abs(values) / abs(values[0]), abs=0.01)


def test_strides_are_a_band_where_there_are_enough(show: Callable[[Study], Browser]) -> None:
    driver = show(plain_sample())
    assert "one standard deviation between this person’s own strides" in driver.find_element(By.ID, "details").text
    assert "No band of healthy people is drawn" in driver.find_element(By.ID, "details").text


# --- good manners -------------------------------------------------------


def test_no_errors_and_no_outside_requests(show: Callable[[Study], Browser]) -> None:
    driver = show(sample_study())
    open_everything(driver)
    driver.execute_script(
        "document.querySelector('[data-view=front]').click(); document.querySelector('[data-layer=markers]').click();"
    )
    assert complaints(driver) == []
    asked = requests(driver)
    assert len([url for url in asked if url.startswith("file:")]) == 1
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.parametrize("width", [360, 768, 1200])
def test_nothing_sticks_out_at_the_side(show: Callable[[Study], Browser], width: int) -> None:
    driver = show(plain_sample())
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    try:
        WebDriverWait(driver, 5).until(
            lambda d: d.execute_script("return document.documentElement.scrollWidth") <= width
        )
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_everything_to_operate_has_a_name(show: Callable[[Study], Browser]) -> None:
    driver = show(sample_study())
    nameless = driver.execute_script("""
        const named = (e) => e.ariaLabel || e.textContent.trim() || e.labels?.[0]?.textContent.trim();
        const all = [...document.querySelectorAll('button, input, select, canvas[tabindex], [role=img]')];
        return [all.length, ...all.filter((e) => !named(e)).map((e) => e.outerHTML)];
    """)
    assert nameless.pop(0) > 50
    assert nameless == []


# --- the picture --------------------------------------------------------


COLORS = """
const from = document.getElementById('picture');
const to = document.createElement('canvas');
to.width = to.height = 200;
const context = to.getContext('2d');
context.drawImage(from, 0, 0, 200, 200);
const data = context.getImageData(0, 0, 200, 200).data;
const seen = new Set();
for (let k = 0; k < data.length; k += 4) seen.add((data[k] << 16) | (data[k + 1] << 8) | data[k + 2]);
return seen.size;
"""


def colors_in_picture(driver: Browser) -> int:
    return driver.execute_script(COLORS)


def frame(driver: Browser) -> int:
    return int(driver.execute_script("return document.getElementById('frame').value"))


def test_the_picture_is_drawn(show: Callable[[Study], Browser]) -> None:
    driver = show(sample_study())
    WebDriverWait(driver, 20).until(lambda d: colors_in_picture(d) > 500)


def test_keys_operate_the_player(show: Callable[[Study], Browser]) -> None:
    driver = show(sample_study())
    picture = driver.find_element(By.ID, "picture")
    picture.send_keys(Keys.HOME)
    assert frame(driver) == 0
    picture.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert frame(driver) == 2
    picture.send_keys(Keys.SPACE)
    assert driver.find_element(By.ID, "play").text == "Pause"
    WebDriverWait(driver, 20).until(lambda d: frame(d) != 2)
    picture.send_keys(Keys.SPACE)
    assert driver.find_element(By.ID, "play").text == "Play"
    picture.send_keys(Keys.END)
    assert frame(driver) == len(sample_study().scene.time_s) - 1
    clock = driver.find_element(By.ID, "clock").text
    assert clock == "2.26 s"


def test_playing_never_leaves_the_recording(show: Callable[[Study], Browser]) -> None:
    driver = show(sample_study())
    picture = driver.find_element(By.ID, "picture")
    for _ in range(5):
        picture.send_keys(Keys.HOME, Keys.SPACE, Keys.SPACE, Keys.END, Keys.SPACE, Keys.SPACE)
        assert "not computed" not in driver.find_element(By.ID, "clock").text
        assert 0 <= frame(driver) < 60


def test_without_webgl_the_page_says_so_and_the_rest_works(tmp_path: Path) -> None:
    driver = start(tmp_path / "profile", WITHOUT_WEBGL)
    try:
        open_page(driver, sample_study(), tmp_path)
        assert "WebGL is missing" in driver.find_element(By.ID, "player").text
        driver.execute_script("document.getElementById('ankle').scrollIntoView()")  # charts are drawn when seen
        WebDriverWait(driver, 10).until(lambda d: d.find_elements(By.CSS_SELECTOR, "#ankle canvas"))
        assert complaints(driver) == []
    finally:
        driver.quit()


# --- charts -------------------------------------------------------------


def test_arrow_keys_read_a_chart(show: Callable[[Study], Browser]) -> None:
    driver = show(plain_sample())
    chart = driver.find_element(By.CSS_SELECTOR, "#ankle figure")
    driver.execute_script("arguments[0].scrollIntoView()", chart)
    WebDriverWait(driver, 5).until(lambda d: chart.find_elements(By.TAG_NAME, "canvas"))
    chart.find_element(By.CSS_SELECTOR, ".plot").send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    reading = chart.find_element(By.CSS_SELECTOR, ".reading")
    WebDriverWait(driver, 5).until(lambda d: "at 1.00 %" in reading.text)
    assert "left" in reading.text
    assert "right" in reading.text
    paths = [e.get_attribute("data-study-path") for e in reading.find_elements(By.CSS_SELECTOR, "[data-study-path]")]
    sides = [sample_study().curves[int(p.split(".")[1])].side for p in paths]
    assert sides == ["left", "right"]
    assert all(p.endswith(".mean.1") for p in paths)


def test_muscles_can_be_chosen_and_switched_to_activation(show: Callable[[Study], Browser]) -> None:
    driver = show(plain_sample())

    def names() -> list[str]:
        return [e.text for e in driver.find_elements(By.CSS_SELECTOR, "#muscles figure .what")]

    assert "Soleus" in names()
    assert "Psoas" not in names()
    driver.execute_script(
        "document.querySelector('.picker').open = true; document.querySelector('.picker input[value=psoas]').click()"
    )
    assert "Psoas" in names()
    driver.execute_script("document.querySelector('#muscles input[value=activation]').click()")
    assert "Psoas" in names()
    path = driver.execute_script("document.querySelector('#muscles details.numbers-table').open = true; return null")
    WebDriverWait(driver, 5).until(
        lambda d: d.find_elements(By.CSS_SELECTOR, "#muscles .numbers-table [data-study-path]")
    )
    path = driver.find_element(By.CSS_SELECTOR, "#muscles .numbers-table [data-study-path]").get_attribute(
        "data-study-path"
    )
    assert sample_study().curves[int(path.split(".")[1])].group == "activation"


# --- paper --------------------------------------------------------------


def test_nothing_is_wider_than_a_sheet(show: Callable[[Study], Browser]) -> None:
    driver = show(plain_sample())
    width = 703  # A4 less its margins, px
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        driver.execute_script("window.dispatchEvent(new Event('beforeprint'))")
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        still = [{"name": "prefers-reduced-motion", "value": "reduce"}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": still})


def test_prints_on_a4_with_every_chart(show: Callable[[Study], Browser], tmp_path: Path) -> None:
    driver = show(sample_study())
    answer = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True, "preferCSSPageSize": True})
    paper = tmp_path / "report.pdf"
    paper.write_bytes(base64.b64decode(answer["data"]))
    assert paper.read_bytes().startswith(b"%PDF")
    if not shutil.which("pdftotext"):
        pytest.skip("needs pdftotext and pdftoppm (poppler-utils) to look at the pages")
    info = subprocess.run(["pdfinfo", paper], capture_output=True, text=True, check=True).stdout
    assert "A4" in info
    text = subprocess.run(["pdftotext", "-layout", paper, "-"], capture_output=True, text=True, check=True).stdout
    pages = text.split("\f")[:-1]
    assert 3 <= len(pages) <= 12
    assert all("SYNTHETIC" in page for page in pages)
    assert "2.04 BW" in text
    first = " ".join(pages[0].split())
    for words in ("Avoids the left heel", "Examine next", "What is missing", "Main numbers", "does not replace it"):
        assert words in first
    assert "promise of less pain" in first
    assert "Choose muscles" not in text
    # Nothing in the text shows whether a canvas printed: the angles page must hold the colours of left and right.
    number = next(k for k, page in enumerate(pages, 1) if "Hip flexion" in page)
    subprocess.run(
        ["pdftoppm", "-r", "60", "-f", str(number), "-l", str(number), "-singlefile", paper, tmp_path / "page"],
        check=True,
    )
    head, _, rest = (tmp_path / "page.ppm").read_bytes().partition(b"\n255\n")
    width, height = map(int, head.split()[1:3])
    image = np.frombuffer(rest, np.uint8).reshape(height, width, 3).astype(int)
    blue = (np.abs(image - (0, 0x72, 0xB2)).sum(-1) < 90).sum()
    vermilion = (np.abs(image - (0xD5, 0x5E, 0)).sum(-1) < 90).sum()
    assert blue > 200
    assert vermilion > 200
