"""What ``groundup analyse`` says when it cannot: one line with place, finding, expectation, next step; no results."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from analyse_walk import Files, example_walk, names

from groundup.body.recording import MarkerTrajectories
from groundup.io.external_loads import read_external_loads
from groundup.io.trc import read_trc, write_trc

Edit = Callable[[Files, Path], Files]
"""Makes one of the files bad: given good files and a folder to write into, returns what the command is given."""

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]>'
    '<OpenSimDocument Version="40000">&y;</OpenSimDocument>'
)


@pytest.fixture
def walk(walk_folder: Path) -> Files:
    return example_walk(walk_folder)


def refusal(files: Files, out: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """Run the command, check how it refuses, and return the line that it says."""
    around = names(out.parent)
    assert files.analyse(out, *more) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    lines = [line for line in said.err.splitlines() if not re.match(r" +\d+\.\d s  ", line)]
    assert len(lines) == 1, said.err
    assert lines[0].startswith("groundup: ")
    assert names(out.parent) == around, "nothing is left behind"
    assert not out.is_dir() or any(out.iterdir()), "no empty folder either"
    assert len(lines[0]) < 700
    assert "fault in groundup" not in lines[0]
    return lines[0]


def markers(change: Callable[[MarkerTrajectories], MarkerTrajectories]) -> Edit:
    def edit(files: Files, folder: Path) -> Files:
        write_trc(change(read_trc(files.markers)), folder / "bad.trc")
        return replace(files, markers=folder / "bad.trc")

    return edit


def positions(change: Callable[[np.ndarray], np.ndarray]) -> Edit:
    return markers(lambda m: replace(m, positions_m=change(m.positions_m.copy())))


def renamed(keep: int) -> Edit:
    return markers(lambda m: replace(m, names=tuple(n if i < keep else f"x{n}" for i, n in enumerate(m.names))))


def renamed_except(*ends: str) -> Edit:
    return markers(lambda m: replace(m, names=tuple(n if n.endswith(ends) else f"x{n}" for n in m.names)))


def bare_table_cut_off(files: Files, folder: Path) -> Files:
    table = (files.forces or folder).with_suffix(".mot")
    return data("forces", table.read_bytes()[:99_999], ".mot")(files, folder)


NO_FORCES = b"t\nendheader\ntime\tknee\n0\t1\n1\t2\n"


def text(role: str, old: str, new: str, count: int = -1) -> Edit:
    """Replace words in one of the files."""

    def edit(files: Files, folder: Path) -> Files:
        source = getattr(files, role)
        before = source.read_text()
        assert old in before
        bad = folder / f"bad{source.suffix}"
        bad.write_text(before.replace(old, new, count))
        if role == "forces":
            shutil.copy(source.with_suffix(".mot"), folder)
        return replace(files, **{role: bad})

    return edit


def data(role: str, content: bytes | Callable[[bytes], bytes], suffix: str = "") -> Edit:
    """Other bytes in place of one of the files."""

    def edit(files: Files, folder: Path) -> Files:
        source = getattr(files, role)
        bad = folder / f"bad{suffix or source.suffix}"
        bad.write_bytes(content(source.read_bytes()) if callable(content) else content)
        return replace(files, **{role: bad})

    return edit


def instead(role: str, other: str) -> Edit:
    """Pass another one of the files in its place."""
    return lambda files, folder: replace(files, **{role: getattr(files, other)})


def units(written: str, said: str) -> Edit:
    """A TRC file whose numbers are in one unit and whose header says another."""

    def edit(files: Files, folder: Path) -> Files:
        bad = folder / "bad.trc"
        write_trc(read_trc(files.markers), bad, written)
        bad.write_text(bad.read_text().replace(f"\t{written}\t", f"\t{said}\t", 1))
        return replace(files, markers=bad)

    return edit


def only_first(n: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(at: np.ndarray) -> np.ndarray:
        at[:, n:] = np.nan
        return at

    return change


def without(pattern: str) -> Callable[[bytes], bytes]:
    return lambda content: re.sub(pattern.encode(), b"", content, flags=re.DOTALL)


def other_side(name: str) -> str:
    return {"R.": "L.", "L.": "R."}.get(name[:2], name[:2]) + name[2:]


def z_up(at: np.ndarray) -> np.ndarray:
    return np.stack([at[..., 0], -at[..., 2], at[..., 1]], axis=-1)


CASES: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "no marker has a known name": (
        renamed(0),
        ("bad.trc: none of its 41 markers (xR.ASIS,", "Sternum, R.Acromium", "Rename them in the recording"),
    ),
    "two markers have a known name": (renamed(2), ("bad.trc: only 2 of its 41 markers", "expected at least 3")),
    "five markers for a whole body": (
        renamed_except(".Front", "Sternum"),
        ("bad.trc: 5 of its 41 markers (", "15 numbers a frame cannot tell the 1", "Rename the markers"),
    ),
    "markers never seen": (positions(only_first(0)), ("bad.trc: 0 of 151 frames show 3 or more", "Fill the gaps")),
    "two markers seen": (
        positions(only_first(2)),
        ("bad.trc: 0 of 151 frames show 3 or more", "--start-s and --end-s"),
    ),
    "millimetres called metres": (units("mm", "m"), ("bad.trc line 3", "probably mm", "--marker-units mm")),
    "metres called millimetres": (units("m", "mm"), ("bad.trc line 3", "probably m.", "--marker-units m.")),
    "unit that is none": (units("mm", "furlong"), ("bad.trc line 3: Units is 'furlong'", "--marker-units mm")),
    "z up": (positions(z_up), ("bad.trc: the body stands along z, expected y up", "pass --up z")),
    "y down": (
        positions(lambda at: at * [1.0, -1.0, -1.0]),
        ("bad.trc: the body stands along -y, expected y up", "turn the recording before"),
    ),
    "axes exchanged": (positions(lambda at: at[..., [2, 1, 0]]), ("bad.trc: ", "m apart", "axes are not exchanged")),
    "left and right exchanged": (
        markers(lambda m: replace(m, names=tuple(other_side(n) for n in m.names))),
        ("bad.trc: ", "m apart", "left and right"),
    ),
    "another person's size": (positions(lambda at: at * 2.2), ("bad.trc: ", "m apart", "scaled to this person")),
    "markers file empty": (data("markers", b""), ("bad.trc: the file is empty", "expected")),
    "markers file cut off": (data("markers", lambda b: b[:100_000]), ("bad.trc line 78", "probably cut off")),
    "markers file cut in its header": (
        data("markers", lambda b: b[:60]),
        ("bad.trc: the file ends within its header",),
    ),
    "markers file binary": (data("markers", bytes(range(256)) * 9), ("bad.trc: is a binary file", "Check that")),
    "frames twice": (
        text("markers", "\n2\t0.017000", "\n2\t0.000000", 1),
        ("bad.trc lines 7 and 8: both have Time 0 s", "Remove one"),
    ),
    "word for a number": (text("markers", "\n3\t0.033000", "\n3\tsoon", 1), ("bad.trc line 9", "'soon'")),
    "model empty": (data("model", b""), ("bad.osim: the file is empty", "Export")),
    "model cut off": (
        data("model", lambda b: b[:100_000]),
        ("bad.osim line", "the file ends early", "download it again"),
    ),
    "model binary": (data("model", bytes(range(256)) * 9), ("bad.osim: is no XML", "Check the path")),
    "model with entities": (
        data("model", BOMB.encode()),
        ("bad.osim: holds a document type", "Delete the declaration"),
    ),
    "model without markers": (
        data("model", without("<MarkerSet.*?</MarkerSet>")),
        ('model "subject01"', "no markers", "Add"),
    ),
    "model with a muscle of another kind": (
        text("model", "Thelen2003Muscle", "DelpMuscle1990"),
        ("bad.osim line", "'glut_med1_r' is a DelpMuscle1990, expected one of: Thelen2003Muscle", "Convert it"),
    ),
    "model with an unknown joint": (
        text("model", "CustomJoint", "RubberJoint"),
        ("bad.osim line", "RubberJoint", "expected"),
    ),
    "model that hangs on nothing": (
        text("model", "<socket_parent_frame>ground_offset<", "<socket_parent_frame>torso<", 1),
        ("bad.osim",),
    ),
    "set-up file as the model": (instead("model", "tasks"), ("subject01_Setup_IK.xml: holds", "expected a Model")),
    "markers as the model": (instead("model", "markers"), ("subject01_walk1.trc: is no XML", "Check the path")),
    "forces as the markers": (instead("markers", "forces"), ("subject01_walk1_grf.xml line 1", "PathFileType")),
    "markers as the forces": (instead("forces", "markers"), ("subject01_walk1.trc: is no XML",)),
    "model as the forces": (instead("forces", "model"), ("subject01_simbody.osim", "expected ExternalLoads")),
    "model as the tasks": (instead("tasks", "model"), ("subject01_simbody.osim: holds no IKTaskSet", "--ik-tasks")),
    "forces empty": (data("forces", b""), ("bad.xml: the file is empty",)),
    "forces binary": (data("forces", b"\x00\x01" * 400), ("bad.xml: is no XML",)),
    "forces with entities": (data("forces", BOMB.encode()), ("bad.xml: holds a document type",)),
    "tasks with entities": (data("tasks", BOMB.encode()), ("bad.xml: holds a document type",)),
    "table of forces missing": (
        text("forces", "subject01_walk1_grf.mot", "gone.mot"),
        ("bad.xml: <datafile> is gone.mot", "no such file", "correct <datafile>"),
    ),
    "force on an absent body": (
        text("forces", "calcn_r", "calcaneus_r"),
        ("bad.xml: force ExternalForce_1", '"calcaneus_r"', "expected one of pelvis", "Correct applied_to_body"),
    ),
    "force columns missing": (text("forces", "ground_force_v", "grf_v"), ("bad.xml", "grf_v")),
    "bare table without forces": (data("forces", NO_FORCES, ".mot"), ("bad.mot", "ground_force")),
    "bare table cut off": (
        bare_table_cut_off,
        ("bad.mot line", "probably cut off"),
    ),
    "another time": (
        markers(lambda m: replace(m, time_s=m.time_s + 100)),
        ("forces run from 0.000 to 2.500 s, markers from 100.000 to 102.500 s", "bad.trc", "of the same trial"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_files_are_refused_in_one_line(
    walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    edit, expected = CASES[case]
    said = refusal(edit(walk, tmp_path), tmp_path / "out", capsys)
    for words in expected:
        assert words in said


@pytest.mark.parametrize("role", ["model", "markers", "forces", "tasks"])
def test_file_that_is_not_there(walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str], role: str) -> None:
    missing = replace(walk, **{role: tmp_path / "absent.file"})
    assert "absent.file: cannot be read (no such file). Check the path." in refusal(missing, tmp_path / "out", capsys)
    folder = replace(walk, **{role: tmp_path})
    assert f"{tmp_path}: cannot be read (is a directory). Check the path." in refusal(folder, tmp_path / "out", capsys)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--start-s", "50"], "0 frames lie in the chosen time range, expected at least 8"),
        (["--lowpass-hz", "40"], "low-pass cut-off 40 Hz: expected between 0 and half the sampling rate"),
        (["--marker-units", "ft"], "Pass --marker-units mm."),
        (["--reserves", "{tasks}"], "expected a ForceSet"),
    ],
)
def test_options_that_do_not_fit_the_files(
    walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    more = [word.replace("{tasks}", str(walk.tasks)) for word in more]
    assert words in refusal(walk, tmp_path / "out", capsys, *more)


# --- forces of other laboratories -----------------------------------------------------------------------------------


def turned_forces(walk: Files, path: Path, matrix: np.ndarray) -> Path:
    """The walk's forces in other axes, as a bare table."""
    forces = read_external_loads(walk.forces or "")
    header = ["time"]
    columns = [forces.time_s]
    for k, wrench in enumerate(forces.wrenches, start=1):
        parts = (("force_v", wrench.force_n), ("force_p", wrench.point_m), ("torque_", wrench.torque_nm))
        for part, values in parts:
            for axis, column in zip("xyz", (values @ matrix.T).T, strict=True):
                header.append(f"{k}_ground_{part}{axis}")
                columns.append(column)
    rows = "\n".join("\t".join(f"{value:.8g}" for value in row) for row in np.column_stack(columns))
    path.write_text(
        f"forces\nversion=1\nnRows={len(forces.time_s)}\nnColumns={len(header)}\ninDegrees=no\nendheader\n"
        + "\t".join(header) + f"\n{rows}\n"
    )  # fmt: skip
    return path


Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def test_forces_along_another_axis(walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = replace(walk, forces=turned_forces(walk, tmp_path / "bad.mot", Z_UP))
    said = refusal(bad, tmp_path / "out", capsys)
    assert "bad.mot: the ground pushes along z (mean" in said
    assert "expected along y" in said
    assert "--up z" in said


def test_forces_with_the_sign_of_the_plate(walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = turned_forces(walk, tmp_path / "bad.mot", np.eye(3))
    head, rows = path.read_text().split("endheader\n")
    columns, *lines = rows.splitlines()
    wanted = [i for i, name in enumerate(columns.split("\t")) if "_force_v" in name]
    turned = []
    for line in lines:
        cells = line.split("\t")
        for i in wanted:
            cells[i] = repr(-float(cells[i]))
        turned.append("\t".join(cells))
    path.write_text(f"{head}endheader\n{columns}\n" + "\n".join(turned) + "\n")
    said = refusal(replace(walk, forces=path), tmp_path / "out", capsys)
    assert "the ground pushes along -y" in said
    assert "change all signs" in said


def test_forces_of_another_place(walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = turned_forces(walk, tmp_path / "bad.mot", np.eye(3))
    said = refusal(
        replace(
            markers(lambda m: replace(m, positions_m=m.positions_m + np.array([3.0, 0.0, 0.0])))(walk, tmp_path),
            forces=path,
        ),
        tmp_path / "out",
        capsys,
    )
    assert re.search(r'bad\.mot: plate "\w+" is loaded \d\.\d\d m from the nearest foot', said)
    assert "share one origin" in said


@pytest.mark.parametrize("turn_forces", [True, False])
def test_laboratory_with_z_up(walk: Files, tmp_path: Path, turn_forces: bool) -> None:
    """``--up z`` gives what the same walk gives with y up, whether or not its forces were turned before."""
    from groundup import read_study

    matrix = Z_UP if turn_forces else np.eye(3)
    files = replace(positions(z_up)(walk, tmp_path), forces=turned_forces(walk, tmp_path / "f.mot", matrix))
    assert files.analyse(tmp_path / "z", "--up", "z") == 0
    assert walk.analyse(tmp_path / "y") == 0
    z, y = (read_study(tmp_path / name / "study.json") for name in "zy")
    for one, other in zip(z.headline, y.headline, strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-3), one.id


# --- where results may go -------------------------------------------------------------------------------------------


def test_folder_with_other_peoples_files(walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    said = refusal(walk, out, capsys)
    assert "holds 'thesis.txt' and no result of groundup" in said
    assert "--force" in said
    assert (out / "thesis.txt").read_text() == "mine"
    assert walk.analyse(out, "--force") == 0
    assert (out / "thesis.txt").read_text() == "mine"
    assert (out / "study.json").exists()


def test_out_that_is_a_file(walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("mine")
    assert "is a file, expected a folder for the results" in refusal(walk, tmp_path / "out", capsys)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that even root cannot write into")
def test_out_that_cannot_be_written(walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert walk.analyse(Path("/proc/groundup/out")) == 1
    said = capsys.readouterr().err
    assert "/proc/groundup/out: the results cannot be written" in said
    assert "--out" in said


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_out_without_the_right_to_write(walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "permission denied" in refusal(walk, tmp_path / "locked" / "out", capsys)


def test_an_earlier_result_survives_a_failure(walk: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert walk.analyse(out) == 0
    capsys.readouterr()
    before = {name: (out / name).read_bytes() for name in names(out)}
    bad, _ = CASES["table of forces missing"]
    refusal(bad(walk, tmp_path), out, capsys)
    assert {name: (out / name).read_bytes() for name in names(out)} == before
