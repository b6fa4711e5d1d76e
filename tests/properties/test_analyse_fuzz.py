"""Damaged files all the way through: a study that can be written, or an error with a message, and no half results."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_damaged_files import damaged

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from sample_bodies import walker

from groundup import AnalyseOptions, analyse_files, pipeline
from groundup.body.recording import AppliedForce, ExternalForces, MarkerTrajectories
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import GroundupError
from groundup.io.external_loads import write_external_loads
from groundup.io.osim_write import write_osim
from groundup.io.result_folder import atomic_directory
from groundup.io.study_file import read_study
from groundup.io.trc import write_trc

N_FRAMES, RATE_HZ = 10, 50.0
TASKS = """<?xml version="1.0" encoding="UTF-8"?>
<OpenSimDocument Version="40000"><IKTaskSet name="t"><objects>
<IKMarkerTask name="pelvis_0"><apply>true</apply><weight>5</weight></IKMarkerTask>
<IKMarkerTask name="thigh_r_0"><apply>true</apply><weight>2</weight></IKMarkerTask>
<IKMarkerTask name="shank_r_1"><apply>true</apply><weight>1</weight></IKMarkerTask>
<IKMarkerTask name="foot_r_2"><apply>true</apply><weight>1</weight></IKMarkerTask>
<IKMarkerTask name="thigh_l_0"><apply>true</apply><weight>2</weight></IKMarkerTask>
<IKMarkerTask name="pelvis_2"><apply>true</apply><weight>5</weight></IKMarkerTask>
<IKMarkerTask name="foot_l_1"><apply>true</apply><weight>1</weight></IKMarkerTask>
<IKCoordinateTask name="knee_l"><apply>true</apply><weight>1</weight><value_type>manual_value</value_type>
<value>0.2</value></IKCoordinateTask></objects></IKTaskSet></OpenSimDocument>
"""
ROLES = ("model.osim", "markers.trc", "loads.xml", "external_forces.mot", "tasks.xml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small body standing on two plates while its knees bend: the files, all good."""
    folder = tmp_path_factory.mktemp("fuzz")
    body = walker()
    skeleton = compile_skeleton(body)
    time_s = np.arange(N_FRAMES) / RATE_HZ
    q = np.tile([c.default for c in body.coordinates], (N_FRAMES, 1)).astype(float)
    names = [c.name for c in body.coordinates]
    q[:, names.index("ty")] = 0.95
    for side in "rl":
        q[:, names.index(f"knee_{side}")] = 0.3 + 0.05 * np.sin(4 * time_s)
    q = skeleton.couplers.apply(q)
    at = poses(skeleton, q)
    segment = np.array([skeleton.segment_index[m.segment] for m in body.markers])
    places = points_in_ground(at, segment, np.array([m.location for m in body.markers]))
    write_osim(body, folder / "model.osim")
    write_trc(
        MarkerTrajectories(time_s, tuple(m.name for m in body.markers), places, RATE_HZ), folder / "markers.trc", "mm"
    )
    push = np.tile([0.0, 9.81 * body.mass / 2, 0.0], (N_FRAMES, 1))
    feet = {s: at.translation[:, skeleton.segment_index[f"foot_{s}"]] * [1.0, 0.0, 1.0] for s in "rl"}
    forces = tuple(AppliedForce(f"plate_{s}", f"foot_{s}", push, feet[s], 0 * push) for s in "rl")
    write_external_loads(ExternalForces(time_s, forces), folder / "loads.xml")
    (folder / "tasks.xml").write_text(TASKS)
    return folder


def options(folder: Path, **changes: object) -> AnalyseOptions:
    files = {"model": folder / "model.osim", "markers": folder / "markers.trc", "forces": folder / "loads.xml"}
    return AnalyseOptions(**{**files, "ik_tasks": folder / "tasks.xml", **changes})  # type: ignore[arg-type]


def analyse(asked: AnalyseOptions, out: Path) -> str:
    """Analyse and write as the command does; returns the message of a refusal."""
    message = ""
    try:
        with atomic_directory(out) as inside:
            pipeline.save(analyse_files(asked), inside)
    except GroundupError as error:
        message = str(error)
    assert "\n" not in message
    assert len(message) < 1500
    if message:
        assert not out.exists()
    else:
        assert read_study(out / "study.json").time_s.size >= 1
        shutil.rmtree(out)
    assert [p for p in out.parent.iterdir() if p.name.endswith(".part")] == []
    return message


def test_the_undamaged_files_are_analysed(folder: Path) -> None:
    assert analyse(options(folder), folder / "out") == ""


@pytest.mark.parametrize("role", ROLES)
def test_damaged_files_are_analysed_or_refused(folder: Path, role: str) -> None:
    good = (folder / role).read_bytes()

    @settings(max_examples=30)
    @given(bad=damaged(good))
    def check(bad: bytes) -> None:
        (folder / role).write_bytes(bad)
        try:
            analyse(options(folder), folder / "out")
        finally:
            (folder / role).write_bytes(good)

    check()


NUMBERS = st.sampled_from(["0", "-1", "1e9", "-1e9", "1e-9", "1e300", "-1e-300", "nan", "inf", "-inf", "90", "3.14159"])


def numbers_of(content: bytes) -> list[tuple[int, int]]:
    """Where the numbers of a file are."""
    return [m.span() for m in re.finditer(rb"(?<![\w.+-])[-+]?\d+(\.\d+)?([eE][-+]?\d+)?(?![\w.])", content)]


@pytest.mark.parametrize("role", ROLES)
def test_numbers_beyond_reason_are_analysed_or_refused(folder: Path, role: str) -> None:
    good = (folder / role).read_bytes()
    places = numbers_of(good)

    @settings(max_examples=30)
    @given(st.lists(st.tuples(st.sampled_from(places), NUMBERS), min_size=1, max_size=3, unique_by=lambda c: c[0]))
    def check(changes: list[tuple[tuple[int, int], str]]) -> None:
        bad = good
        for (start, end), number in sorted(changes, reverse=True):
            bad = bad[:start] + number.encode() + bad[end:]
        (folder / role).write_bytes(bad)
        try:
            analyse(options(folder), folder / "out")
        finally:
            (folder / role).write_bytes(good)

    check()


@settings(max_examples=15)
@given(
    lowpass_hz=st.none() | st.floats(0.01, 24.0),
    exponent=st.floats(1.0, 12.0),
    reserve_nm=st.sampled_from([0.0, 1e-6, 1.0, 1e6]),
    up=st.sampled_from(["y", "z"]),
    opensim_equivalent=st.booleans(),
    start_s=st.none() | st.floats(-0.1, 0.3),
)
def test_any_options_are_analysed_or_refused(folder: Path, **asked: object) -> None:
    analyse(options(folder, **asked), folder / "out")
