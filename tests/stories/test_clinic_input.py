"""What a clinic's recordings are like: incomplete, mislabelled, in other units; and what the command then says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from analyse_walk import names

from groundup.body.recording import MarkerTrajectories
from groundup.cli.main import main
from groundup.io.study_file import read_study
from groundup.study import QualityItem, Study
from lab_files import relabelled, write_lab_c3d
from lab_walks import changed, demo

WALK = demo()[0]
PERSON = ("--mass", "84", "--height", "1.75")


def only(markers: MarkerTrajectories, keep: Callable[[str], bool]) -> MarkerTrajectories:
    kept = [k for k, name in enumerate(markers.names) if keep(name)]
    return replace(
        markers, names=tuple(markers.names[k] for k in kept), positions_m=markers.positions_m[:, kept], source=""
    )


def until(markers: MarkerTrajectories, n_frames: int) -> MarkerTrajectories:
    return replace(markers, time_s=markers.time_s[:n_frames], positions_m=markers.positions_m[:n_frames])


# --- what cannot be analysed: one line, exit code 1, nothing left behind --------------------------------------------


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    return write_lab_c3d(tmp_path / "walk.c3d", until(WALK, 60))


def refusal(words: list[str], out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    before = names(out.parent)
    assert main(["analyse", *words, "-o", str(out)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert names(out.parent) == before
    assert not out.exists()
    line = [text for text in said.err.splitlines() if text.startswith("groundup")][-1]
    assert "fault in groundup" not in line
    return line


@pytest.mark.parametrize(
    ("person", "words"),
    [
        (("--mass", "0", "--height", "1.75"), "mass is 0 kg, expected 5 to 300 kg. Check --mass."),
        (("--mass", "7200", "--height", "1.75"), "mass is 7200 kg, expected 5 to 300 kg. Did you mean 72 kg"),
        (("--mass", "72", "--height", "178"), "height is 178 m, expected 0.5 to 2.5 m. Did you mean 1.78 m"),
        (("--height", "178"), "height is 178 m, expected 0.5 to 2.5 m. Did you mean 1.78 m"),
        (("--mass", "72", "--height", "5.9"), "height is 5.9 m, expected 0.5 to 2.5 m. Did you mean 1.8 m (in feet)?"),
    ],
)
def test_a_person_that_nobody_is(
    walk: Path, capsys: pytest.CaptureFixture[str], person: tuple[str, ...], words: str
) -> None:
    assert words in refusal([str(walk), *person], walk.parent / "out", capsys)


@pytest.mark.parametrize(
    ("written", "metres", "words"),
    [
        ("m", 0.3048, "They are probably in ft and were read as m. Pass --marker-units ft."),
        ("cm", 0.0254, "They are probably in in and were read as cm. Pass --marker-units in."),
        ("mm", 0.3048, "The unit is probably ft. Pass --marker-units ft."),
        ("m", 0.001, "The unit is probably mm. Pass --marker-units mm."),
    ],
)
def test_another_unit_than_the_file_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str, metres: float, words: str
) -> None:
    walk = write_lab_c3d(tmp_path / "walk.c3d", until(WALK, 60), written, metres)
    line = refusal([str(walk), *PERSON], tmp_path / "out", capsys)
    assert str(walk) in line
    assert words in line


def test_no_c3d_inside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walk = tmp_path / "walk.c3d"
    walk.write_text("Frame,Time,LASI\n1,0.0,0.1\n")
    line = refusal([str(walk), *PERSON], tmp_path / "out", capsys)
    assert "walk.c3d" in line
    assert "expected" in line


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_cut_off(walk: Path, capsys: pytest.CaptureFixture[str], share: float) -> None:
    data = walk.read_bytes()
    walk.write_bytes(data[: int(share * len(data))])
    line = refusal([str(walk), *PERSON], walk.parent / "out", capsys)
    assert "walk.c3d" in line
    assert "cop" in line or "export" in line.lower()


def test_left_and_right_mirrored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    swapped = {n: n[:-1] + ("l" if n.endswith("_r") else "r") for n in WALK.names if n.endswith(("_r", "_l"))}
    mirrored = replace(until(WALK, 60), names=tuple(swapped.get(n, n) for n in WALK.names))
    walk = write_lab_c3d(tmp_path / "walk.c3d", mirrored)
    line = refusal([str(walk), *PERSON], tmp_path / "out", capsys)
    assert "right and left are exchanged in" in line
    assert "--marker-set" in line


def test_a_standing_recording_that_is_none(walk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    static = walk.parent / "static.c3d"
    static.write_bytes(b"\x02\x50" + b"\0" * 600)
    line = refusal([str(walk), "--static", str(static), *PERSON], walk.parent / "out", capsys)
    assert "static.c3d" in line


def test_labels_that_nobody_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unknown = replace(until(WALK, 60), names=tuple(f"P{k}" for k in range(len(WALK.names))))
    walk = write_lab_c3d(tmp_path / "walk.c3d", unknown)
    assert "--marker-set" in refusal([str(walk), *PERSON], tmp_path / "out", capsys)


# --- what can be analysed although it is not as it should be ---------------------------------------------------------


def analysed(words: list[str], out: Path) -> Study:
    assert main(["analyse", *words, "-o", str(out)]) == 0
    return read_study(out / "study.json")


def told(study: Study, *words: str) -> list[QualityItem]:
    return [q for q in study.quality if all(w in f"{q.where} {q.message}" for w in words)]


def test_no_plates_no_standing_trial_a_foot_marker_less_and_gaps(tmp_path: Path) -> None:
    """The trunk is left out: 37 markers of a lower body, one of ten frames lost for every marker."""
    random = np.random.default_rng(3)
    legs = only(WALK, lambda n: n.startswith(("asis", "psis", "thigh", "knee", "shank", "ankle", "heel", "met", "toe")))
    fewer = only(until(legs, 160), lambda n: n != "heel_l")

    def lose(x: np.ndarray) -> None:
        for k in range(x.shape[1]):
            for start in random.choice(150, 2, replace=False):
                x[start : start + 8, k] = np.nan

    walk = write_lab_c3d(tmp_path / "walk.c3d", changed(fewer, lose))
    study = analysed([str(walk), *PERSON], tmp_path / "out")
    assert np.isfinite([s.values for s in study.series if s.group == "angle"]).all()
    assert any("heel_l" in f"{q.where} {q.message}" or "heel" in q.message for q in study.quality)
    assert not any(s.group == "ground_force" and "plate" in s.name for s in study.series)


def test_a_swapped_pair_of_a_plug_in_gait_walk(shared: Path, tmp_path: Path) -> None:
    """With its plates and its standing trial: what is put back gives what the right labels give, and is told."""
    folder = shared / "plug_in_gait"
    walk = relabelled(folder / "PiG_Motion3_FF.c3d", tmp_path / "walk.c3d", {"LKNE": "RKNE", "RKNE": "LKNE"})
    static = ["--static", str(folder / "PiG_Calibration3_FF.c3d"), "--mass", "74", "--height", "1.76"]
    study = analysed([str(walk), *static], tmp_path / "swapped")
    (said,) = told(study, "RKNE and LKNE", "LABELS EXCHANGED")
    assert said.severity == "warn"
    assert "walk.c3d" in said.where
    right = analysed([str(folder / "PiG_Motion3_FF.c3d"), *static], tmp_path / "right")
    ours = {s.id: s.values for s in study.series if s.group == "angle"}
    for series in right.series:
        if series.group == "angle":
            np.testing.assert_allclose(ours[series.id], series.values, atol=0.2, err_msg=series.id)  # degrees
