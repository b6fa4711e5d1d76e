"""``groundup compare`` from end to end: the built-in walk beside itself, recorded anew, and slowed down."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from groundup import pipeline
from groundup.body.default_body import default_body
from groundup.body.recording import Recording
from groundup.cli.main import main
from groundup.motion.synthetic import synthetic_recording


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders ``walk``; ``again``, the same with other noise and shifts of the markers; ``slow``, in 1.6 times the time."""
    folder, body = tmp_path_factory.mktemp("results"), default_body()
    for name, seed, slower in (("walk", 1, 1.0), ("again", 2, 1.0), ("slow", 1, 1.6)):
        markers, forces, _ = synthetic_recording(body, seed)
        markers = replace(markers, time_s=markers.time_s * slower, rate_hz=markers.rate_hz / slower)
        forces = replace(forces, time_s=forces.time_s * slower)
        pipeline.save(pipeline.analyse(Recording(markers, forces, name, synthetic=True), body), folder / name)
    return folder


def read(out: Path) -> dict:
    return json.loads((out / "comparison.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("other", ["walk", "again"])
def test_an_unchanged_walk_shows_no_change(results: Path, tmp_path: Path, other: str) -> None:
    assert main(["compare", str(results / "walk"), str(results / other), "-o", str(tmp_path / "out")]) == 0
    found = read(tmp_path / "out")
    said = {c["verdict"] for c in (*found["headline"], *found["measures"], *found["curves"])}
    assert said == {"no detectable change"}
    assert found["attributions"] == []


def test_a_slower_walk_is_slower_and_timing_makes_the_change(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = [
        "compare",
        str(results / "walk"),
        str(results / "slow"),
        "-o",
        str(out),
        "--labels",
        "usual,slow",
        "--same-markers",
    ]
    assert main(words) == 0
    found, said = read(out), capsys.readouterr().out
    verdicts = {(c["id"], c["side"]): c["verdict"] for c in found["headline"]}
    assert verdicts["speed", "none"] == "lower"
    assert verdicts["lumbar_peak", "none"] == "lower"
    assert "higher" not in verdicts.values()
    assert "enough to matter" in said
    (back,) = [a for a in found["attributions"] if a["load_id"].startswith("lumbar.")]
    whole = sum(s["value"] for s in back["shares"])
    assert whole == pytest.approx(back["after"] - back["before"], rel=0.01)
    timing = sum(s["value"] for s in back["shares"] if s["link"] == "timing")
    assert timing / whole > 0.8
    files = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert {"comparison.json", "report.html", "tables/comparison.csv", "tables/attribution.csv"} <= files
    assert found["before"]["label"] == "usual"


def test_json_answer_is_readable(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = str(results / "walk" / "study.json")
    assert main(["compare", study, study, "-o", str(tmp_path / "out"), "--json", "--no-attribution"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {c["verdict"] for c in answer["changes"]} == {"no detectable change"}
    assert answer["not_attributed"] == ["not asked for"]


def test_without_its_body_a_result_is_compared_but_not_attributed(results: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "study.json").write_bytes((results / "slow" / "study.json").read_bytes())
    assert main(["compare", str(results / "walk"), str(bare), "-o", str(tmp_path / "out")]) == 0
    assert "body.osim" in read(tmp_path / "out")["not_attributed"][0]


def test_a_folder_without_a_result_is_told(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["compare", str(results / "walk"), str(tmp_path / "empty"), "-o", str(tmp_path / "out")]) == 1
    assert "holds no study.json" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_comparison_is_not_written_over_a_result(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (results / "walk" / "report.html").read_bytes()
    assert main(["compare", str(results / "walk"), str(results / "slow"), "-o", str(results / "walk")]) == 1
    assert "expected an empty or new folder" in capsys.readouterr().err
    assert (results / "walk" / "report.html").read_bytes() == before


def test_a_second_comparison_replaces_the_first(results: Path, tmp_path: Path) -> None:
    for other in ("slow", "walk"):
        assert main(["compare", str(results / "walk"), str(results / other), "-o", str(tmp_path / "out")]) == 0
    assert read(tmp_path / "out")["attributions"] == []
    assert not (tmp_path / "out" / "tables" / "attribution.csv").exists()


@pytest.mark.parametrize("labels", ["one", "same,same", ",b", "a,b,c"])
def test_labels_that_do_not_name_two_are_refused(labels: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["compare", "a", "b", "--labels", labels])
    assert "two different names" in capsys.readouterr().err
