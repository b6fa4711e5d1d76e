"""The page as text: small, quick, closed to the network, and without its libraries' weight in Python."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from groundup.errors import FileError
from groundup.io.study_file import study_to_dict
from groundup.report import comparison_page, render_report, write_report
from groundup.report import html as page
from groundup.report.template import asset
from groundup.study import CycleCurve, SceneMuscle, Study

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from sample_study import bare_study, sample_study

ASSETS = Path(page.__file__).parent / "assets"


def large_study() -> Study:
    """As many curves and paths as a body of 318 muscles brings, four cycles a side."""
    study = sample_study()
    mean, each = study.curves[0].mean, np.tile(study.curves[0].mean, (4, 1))
    curves = tuple(
        CycleCurve(f"{g}.m{k}", g, f"m{k}", "left", "left", "N", mean, each)
        for g in ("muscle_force", "activation")
        for k in range(318)
    )
    paths = tuple(SceneMuscle(f"m{k}", "left", np.zeros((60, 6, 3)), np.zeros(60)) for k in range(318))
    return dataclasses.replace(
        study, curves=study.curves + curves, scene=dataclasses.replace(study.scene, muscles=paths)
    )


def embedded(text: str) -> dict:
    return json.loads(re.search(r'<script id="study" type="application/json">(.*?)</script>', text, re.S)[1])


def test_study_and_its_json_give_the_same_page() -> None:
    study = sample_study()
    assert render_report(json.loads(json.dumps(study_to_dict(study)))) == render_report(study)


def test_embedded_numbers_are_those_of_the_study() -> None:
    study = sample_study()
    inside, whole = embedded(render_report(study)), study_to_dict(study)
    for key in ("headline", "quality", "cycles", "subject", "provenance", "methods", "missing", "scene"):
        assert inside[key] == whole[key]
    assert [c["id"] for c in inside["curves"]] == [c["id"] for c in whole["curves"]]


def test_page_is_small_enough() -> None:
    assert len(render_report(large_study()).encode()) < 8_000_000


def test_importing_the_report_is_light() -> None:
    code = (
        "import sys, groundup.report; print([m for m in ('scipy', 'pandas', 'opensim', 'jinja2') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "action", "srcset", "data"}]


def test_page_refers_to_nothing_outside_itself() -> None:
    parser = Links()
    parser.feed(render_report(sample_study()))
    assert parser.found
    assert [link for link in parser.found if not link.startswith(("#", "data:"))] == []
    assert "default-src 'none'" in render_report(sample_study())


def test_places_of_the_template_are_all_filled() -> None:
    assert re.findall(r"{{\w+}}", render_report(bare_study())) == []


def test_something_else_is_refused() -> None:
    with pytest.raises(FileError, match="schema is null"):
        render_report({})


def test_page_is_written_whole(tmp_path: Path) -> None:
    write_report(bare_study(), tmp_path / "out" / "report.html")
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8") == render_report(bare_study())
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["report.html"]


@pytest.mark.parametrize("name", ["three.min.js", "uplot.min.js"])
def test_libraries_keep_their_licence(name: str) -> None:
    assert (ASSETS / name).read_text(encoding="utf-8").startswith("/*!")
    assert name in (ASSETS / "LICENSES.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("scripts", [page._SCRIPTS, comparison_page._SCRIPTS])
def test_no_two_scripts_of_a_page_declare_the_same_name(scripts: tuple[str, ...]) -> None:
    # They share one scope: of two functions of one name the later would silently take the place of the first.
    text = "\n".join(asset(name) for name in scripts)
    names = re.findall(r"^(?:function|const|let|class) +([\w$]+)", text, re.MULTILINE)
    assert sorted({n for n in names if names.count(n) > 1}) == []
