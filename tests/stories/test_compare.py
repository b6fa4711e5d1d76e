"""``groundup compare`` from end to end: the built-in walk beside itself, recorded anew, and slowed down."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from groundup import pipeline
from groundup.body.default_body import default_body
from groundup.body.recording import Recording
from groundup.chain.comparison import compare
from groundup.cli.main import main
from groundup.from_files import CompareOptions, compare_files
from groundup.motion.recording_window import window
from groundup.motion.synthetic import synthetic_recording
from groundup.report.comparison_page import render_comparison


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders ``walk``; ``again``, with other noise and shifts of the markers; ``slow``, in 1.6 times the time."""
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


def test_two_strides_of_one_recording_show_no_change() -> None:
    body = default_body()
    markers, forces, _ = synthetic_recording(body, 1)
    first, second = (
        pipeline.analyse(Recording(window(markers, start, end), forces, "stride", synthetic=True), body)
        for start, end in ((0.1, 2.0), (1.2, 3.1))
    )
    assert first.cycles[0].start_s != second.cycles[0].start_s
    for same_markers in (False, True):
        found = compare(first, second, same_markers=same_markers)
        said = {c.verdict for c in (*found.headline, *found.measures, *found.curves)}
        assert said == {"no detectable change"}
        assert found.walks is not None


def test_recordings_are_analysed_first(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared / "gait2392"
    walk, forces, static = (folder / f"subject01_{name}" for name in ("walk1.trc", "walk1_grf.mot", "static.trc"))
    out = tmp_path / "out"
    words = ["compare", str(walk), str(walk), "--forces", str(forces), "--forces", str(forces), "--static", str(static)]
    assert main([*words, "--mass", "72.6", "--height", "1.8", "-o", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {c["verdict"] for c in answer["changes"]} <= {"no detectable change", "not computed"}
    assert {c["detectable_origin"] for c in answer["changes"] if c["id"] == "lumbar_peak"} == {"typical"}
    assert [f["name"] for f in read(out)["provenance"]["inputs"]] == [walk.name, walk.name]
    assert read(out)["walks"]["sides"] == ["right", "left"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["walk", "slow", "--mass", "70"], "for recordings; results are compared as they are"),
        (["walk", "a.trc", "--static", "b.trc", "--static", "c.trc"], "--static given 2 times for 1 recordings"),
        (["b.trc", "a.trc", "--forces", "a.mot"], "expected once for each"),
        (["walk", "a.trc", "--model", "m.osim", "--mass", "70"], "Leave --model out, or these"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["compare", *words])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("walk.trc", "PathFileType", "It holds recordings; give one, such as"),
        ("comparison.json", "{}", "It is a comparison; give the two results"),
    ],
)
def test_a_folder_with_something_else_says_what_to_give(
    results: Path, tmp_path: Path, file: str, content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / file).write_text(content, encoding="utf-8")
    assert main(["compare", str(results / "walk"), str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    assert said in capsys.readouterr().err


def test_what_is_not_there_is_told(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(results / "walk"), str(tmp_path / "none"), "-o", str(tmp_path / "out")]) == 1
    assert "no such file or folder, expected a result folder" in capsys.readouterr().err


def test_a_result_of_a_later_groundup_is_refused(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        (results / "walk" / "study.json").read_text(encoding="utf-8").replace("groundup.study/1", "groundup.study/99")
    )
    (tmp_path / "study.json").write_text(text, encoding="utf-8")
    assert main(["compare", str(results / "walk"), str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    assert "Update groundup" in capsys.readouterr().err


def test_page_is_small_and_quick_to_write(results: Path, tmp_path: Path) -> None:
    found = compare_files(CompareOptions(results / "walk", results / "slow", attribution=False))
    start = time.perf_counter()
    page = render_comparison(found)
    assert time.perf_counter() - start < 3.0  # a third of it alone on a machine; others may be busy here
    assert len(page.encode()) < 8e6


@pytest.mark.parametrize("labels", ["one", "same,same", ",b", "a,b,c"])
def test_labels_that_do_not_name_two_are_refused(labels: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["compare", "a", "b", "--labels", labels])
    assert "two different names" in capsys.readouterr().err
