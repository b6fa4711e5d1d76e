"""Story: a virtual patient: what a painful heel does to the back, and what treating it changes, as it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundup.cli.main import main
from groundup.io.study_file import read_study
from groundup.predict.varied import read_varied
from groundup.predict.virtual_patient import VARIED_FILE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "demo"
    assert main(["demo", "-o", str(out)]) == 0
    return out


def test_every_walk_has_a_result_of_its_own(folder: Path) -> None:
    answer = json.loads((folder / "simulation.json").read_text(encoding="utf-8"))
    for case in answer["cases"]:
        study = read_study(folder / "cases" / case["id"] / "study.json")
        assert study.synthetic
        assert (folder / "cases" / case["id"] / "report.html").stat().st_size < 8_000_000
    assert (folder / "simulation.html").stat().st_size < 8_000_000


def test_the_numbers_are_those_of_the_walks(folder: Path) -> None:
    answer = json.loads((folder / "simulation.json").read_text(encoding="utf-8"))
    for comparison in answer["comparisons"]:
        for end in ("before", "after"):
            study = read_study(folder / "cases" / comparison[f"{end}_id"] / "study.json")
            measured = {(m.id, m.side): m.value for m in study.measures}
            told = next(c for c in comparison["changes"] if c["measure"] == "low_back.compression_peak")
            assert told[end] == pytest.approx(measured["low_back.compression_peak", "none"])


def test_the_split_among_links_is_of_the_change_that_is_told(folder: Path) -> None:
    answer = json.loads((folder / "simulation.json").read_text(encoding="utf-8"))
    for comparison in answer["comparisons"]:
        (split,) = comparison["attributions"]
        told = next(c for c in comparison["changes"] if c["measure"] == "low_back.compression_peak")
        assert sum(share["value"] for share in split["shares"]) == pytest.approx(split["change"], abs=1e-3)
        # Computed anew from motion and ground forces: 0.01 BW is 1 % of the load.
        for end in ("before", "after"):
            assert split[end] == pytest.approx(told[end], abs=0.01)


def test_every_difference_of_a_load_has_an_interval(folder: Path) -> None:
    answer = json.loads((folder / "simulation.json").read_text(encoding="utf-8"))
    for comparison in answer["comparisons"]:
        told = [c for c in comparison["changes"] if c["unit"] == "BW" and c["difference"] is not None]
        assert told
        assert all(c["low"] <= c["difference"] <= c["high"] for c in told)
    known = read_varied(VARIED_FILE)
    # With another calibration of pain the healthy walk is the one that is kept, told anew.
    for varied in known["healthy", "untreated"]["pain calibration"]:
        for change in answer["comparisons"][0]["changes"]:
            kept = varied.before.get((change["measure"], change["side"]))
            assert change["before"] is None or kept == pytest.approx(change["before"], rel=1e-4, abs=1e-6)
