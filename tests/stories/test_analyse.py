"""``groundup analyse``: from a recording to a result folder that OpenSim, pandas and a reader of numbers can use."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from analyse_walk import Files, bare_plates, example_walk, names

import groundup
from groundup.body.recording import MarkerTrajectories
from groundup.io.osim_read import read_osim
from groundup.io.trc import read_trc, write_trc
from groundup.study import Study

TABLES = {f"tables/{name}.csv" for name in ("headline", "cycles", "curves", "quality", "measures", "findings")}
MOTION = {"study.json", "report.html", "body.osim", "motion.mot", *TABLES}
WHOLE = MOTION | {
    *("moments.sto", "muscle_forces.sto", "activations.sto", "joint_loads.sto", "external_forces.mot"),
    *("low_back_loads.sto", "tables/lumbar.csv"),
}
SCHEMA = Path(groundup.__file__).parent / "io" / "study.schema.json"


@pytest.fixture(scope="session")
def walk(walk_folder: Path) -> Files:
    return example_walk(walk_folder)


@pytest.fixture(scope="session")
def result(walk: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result folder of OpenSim's example walk, made by the command as a person starts it."""
    out = tmp_path_factory.mktemp("result") / "walk"
    done = subprocess.run(
        [sys.executable, "-m", "groundup", *walk.words(out, "--json")], capture_output=True, text=True, check=True
    )
    (out.parent / "answer.json").write_text(done.stdout)
    (out.parent / "progress.txt").write_text(done.stderr)
    return out


@pytest.fixture(scope="session")
def study(result: Path) -> Study:
    return groundup.read_study(result / "study.json")


def headline(study: Study) -> dict[tuple[str, str], float]:
    return {(h.id, h.side): h.value for h in study.headline}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


# --- the folder -----------------------------------------------------------------------------------------------------


def test_folder_is_complete(result: Path) -> None:
    assert names(result) == WHOLE
    assert [entry.name for entry in result.parent.iterdir() if entry.name.endswith(".part")] == []


def test_answer_for_programs_is_the_study(result: Path, study: Study) -> None:
    answer = json.loads((result.parent / "answer.json").read_text())
    assert set(answer["files"]) == WHOLE
    assert answer["missing"] == []
    assert [(h["id"], h["side"], h["value"]) for h in answer["headline"]] == [
        (h.id, h.side, h.value) for h in study.headline
    ]
    said = (result.parent / "progress.txt").read_text()
    for stage in ("reading", "inverse kinematics", "moments, muscle forces and joint loads", "writing the results"):
        assert stage in said


def test_study_fits_its_schema_and_names_what_went_in(result: Path, study: Study, walk: Files) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = json.loads((result / "study.json").read_text())
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    assert {one.role: one.name for one in study.provenance.inputs} == {
        "model": walk.model.name,
        "markers": walk.markers.name,
        "forces": "subject01_walk1_grf.xml",
        "ik_tasks": "subject01_Setup_IK.xml",
    }
    assert study.provenance.command.startswith("groundup analyse --model ")
    assert not study.synthetic


def test_opensim_opens_the_files_and_finds_the_study_in_them(opensim: ModuleType, result: Path, study: Study) -> None:
    held = {s.name: s for s in study.series if s.group != "activation"}
    seen = 0
    for name in sorted(n for n in WHOLE if n.endswith((".mot", ".sto"))):
        table = opensim.TimeSeriesTable(str(result / name))
        columns = table.getColumnLabels()
        clock = np.array(table.getIndependentColumn())
        values = table.getMatrix().to_numpy()
        for k, column in enumerate(columns):
            series = held[column] if name != "activations.sto" else _series(study, f"activation.{column}")
            expected = study.time_s if series.time_s is None else series.time_s
            np.testing.assert_allclose(clock, expected, rtol=0, atol=1e-9)
            np.testing.assert_allclose(values[:, k], series.values, rtol=1e-9, atol=1e-9)
            seen += 1
    assert seen == len([s for s in study.series if not s.name.endswith("_contact")])


def _series(study: Study, identity: str) -> groundup.study.Series:
    return next(s for s in study.series if s.id == identity)


def test_columns_are_opensims(opensim: ModuleType, result: Path, walk: Files) -> None:
    model = opensim.Model(str(walk.model))
    coordinates = [c.getName() for c in model.getCoordinateSet()]
    muscles = [m.getName() for m in model.getMuscles()]

    def columns(name: str) -> list[str]:
        return list(opensim.TimeSeriesTable(str(result / name)).getColumnLabels())

    assert columns("motion.mot") == coordinates
    slides = {"pelvis_tx", "pelvis_ty", "pelvis_tz"}
    assert columns("moments.sto") == [f"{c}_{'force' if c in slides else 'moment'}" for c in coordinates]
    assert columns("activations.sto") == muscles
    assert columns("muscle_forces.sto")[: len(muscles)] == muscles
    assert "knee_r_on_tibia_r_in_tibia_r_fy" in columns("joint_loads.sto")
    assert {"ExternalForce_1_vy", "ExternalForce_2_px"} <= set(columns("external_forces.mot")) or {
        c.rsplit("_", 1)[1] for c in columns("external_forces.mot")
    } == {"vx", "vy", "vz", "px", "py", "pz", "mx", "my", "mz"}


def test_tables_are_tidy(result: Path, study: Study) -> None:
    numbers = rows(result / "tables" / "headline.csv")
    assert [(r["id"], r["side"], float(r["value"])) for r in numbers] == [
        (h.id, h.side, h.value) for h in study.headline
    ]
    curves = rows(result / "tables" / "curves.csv")
    assert len(curves) == 101 * len(study.curves)
    knee = [float(r["mean"]) for r in curves if (r["id"], r["cycle_side"]) == ("angle.knee_angle_r", "right")]
    drawn = next(c for c in study.curves if c.id == "angle.knee_angle_r")
    np.testing.assert_allclose(knee, drawn.mean, rtol=1e-8)
    assert len(rows(result / "tables" / "quality.csv")) == len(study.quality)
    assert [float(r["start_s"]) for r in rows(result / "tables" / "cycles.csv")] == [c.start_s for c in study.cycles]


# --- the numbers ----------------------------------------------------------------------------------------------------


def test_each_foot_has_its_own_cycle(study: Study) -> None:
    spans = {c.side: (c.start_s, c.end_s) for c in study.cycles}
    assert set(spans) == {"left", "right"}
    assert abs(spans["left"][0] - spans["right"][0]) > 0.3, "half a stride apart"
    for cycle in study.cycles:
        assert 0.9 < cycle.end_s - cycle.start_s < 1.5
        assert 55 < cycle.foot_off_percent < 72
        assert "force plate" in cycle.source
    for curve in study.curves:
        assert curve.cycle_side == curve.side or curve.side == "none"


def test_a_curve_is_its_series_over_its_cycle(study: Study) -> None:
    for identity, side in (("angle.hip_flexion_l", "left"), ("moment.ankle_angle_r_moment", "right")):
        series = _series(study, identity)
        curve = next(c for c in study.curves if c.id == identity)
        cycle = next(c for c in study.cycles if c.side == side)
        at_s = np.linspace(cycle.start_s, cycle.end_s, 101)
        np.testing.assert_allclose(curve.each[0], np.interp(at_s, study.time_s, series.values), rtol=1e-9)


def test_numbers_are_those_of_a_walk(study: Study) -> None:
    """Ranges around what is published for level walking; instrumented implants show 2 to 3 BW at hip and knee."""
    value = headline(study)
    assert 0.9 < value["speed", "none"] < 1.4
    assert 1.0 < value["lumbar_peak", "none"] < 3.0
    for side in ("left", "right"):
        assert 1.0 < value["ground_force_peak", side] < 1.3
        assert 1.2 < value["ankle_moment_peak", side] < 2.0
        assert 2.5 < value["hip_contact_peak", side] < 6.0
        assert 2.5 < value["knee_contact_peak", side] < 6.0
        assert 3.0 < value["ankle_contact_peak", side] < 8.0
    assert study.subject.mass_kg == pytest.approx(72.6)
    for side in "lr":
        knee = _series(study, f"angle.knee_angle_{side}").values
        assert -5 < -knee.max() < 25
        assert 45 < -knee.min() < 80, "flexion of the swinging knee, degrees"
    activation = np.array([s.values for s in study.series if s.group == "activation"])
    assert activation.min() >= 0
    assert activation.max() <= 1 + 1e-9


def test_ground_forces_are_those_of_the_plates(study: Study, walk: Files) -> None:
    plates = groundup.read_external_loads(walk.forces or "")
    for plate in plates.wrenches:
        found = _series(study, f"ground_force.{plate.name}_vy")
        assert found.time_s is not None
        np.testing.assert_allclose(np.interp(plates.time_s, found.time_s, found.values), plate.force_n[:, 1], atol=1e-6)


def test_moments_are_opensims_for_the_same_motion(
    opensim: ModuleType, result: Path, study: Study, walk: Files, tmp_path: Path
) -> None:
    """The result folder's own motion and OpenSim's inverse dynamics: what differs is the second smoothing."""
    tool = opensim.InverseDynamicsTool()
    tool.setModelFileName(str(walk.model))
    tool.setCoordinatesFileName(str(result / "motion.mot"))
    tool.setExternalLoadsFileName(str(walk.forces))
    tool.setStartTime(0.4)
    tool.setEndTime(2.0)
    tool.setResultsDir(str(tmp_path))
    excluded = opensim.ArrayStr()
    excluded.append("Muscles")
    tool.setExcludedForces(excluded)
    tool.setOutputGenForceFileName("id.sto")
    assert tool.run()
    table = opensim.TimeSeriesTable(str(tmp_path / "id.sto"))
    clock = np.array(table.getIndependentColumn())
    for name in ("hip_flexion_r_moment", "knee_angle_l_moment", "ankle_angle_r_moment", "lumbar_extension_moment"):
        theirs = table.getDependentColumn(name).to_numpy()
        ours = np.interp(clock, study.time_s, _series(study, f"moment.{name}").values)
        assert np.sqrt(np.mean((ours - theirs) ** 2)) < 0.02 * np.ptp(theirs) + 0.2, name


# --- other ways to ask ----------------------------------------------------------------------------------------------


@pytest.fixture
def analysed(walk: Files) -> Callable[..., Study]:
    """Analyse the example walk from Python with some options changed."""

    def run(**changes: object) -> Study:
        files = {"model": walk.model, "markers": walk.markers, "forces": walk.forces, "ik_tasks": walk.tasks}
        return groundup.analyse_files(groundup.AnalyseOptions(**{**files, **changes}))  # type: ignore[arg-type]

    return run


def test_python_gives_what_the_command_gives(analysed: Callable[..., Study], study: Study) -> None:
    again = analysed()
    assert headline(again) == headline(study)
    for ours, theirs in zip(again.series, study.series, strict=True):
        assert ours.id == theirs.id
        np.testing.assert_array_equal(ours.values, theirs.values)


def test_two_runs_differ_in_their_date_alone(walk: Files, result: Path) -> None:
    first = json.loads((result / "study.json").read_text())
    assert walk.analyse(result, "--json") == 0
    second = json.loads((result / "study.json").read_text())
    for document in (first, second):
        document["provenance"].pop("created")
        document["provenance"].pop("command")
    assert first == second
    assert names(result) == WHOLE


def test_without_forces_there_is_motion_and_a_reason(walk: Files, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert Files(walk.model, walk.markers, None, walk.tasks).analyse(out) == 0
    assert names(out) == MOTION
    found = groundup.read_study(out / "study.json")
    assert {m.group for m in found.missing} == {
        *("moment", "muscle_force", "activation", "joint_load", "lumbar", "ground_force"),
    }
    assert {m.reason for m in found.missing} == {"no ground forces were given; pass them with --forces"}
    value = headline(found)
    assert np.isnan(value["hip_contact_peak", "left"])
    assert value["speed", "none"] > 0.9
    assert {c.side for c in found.cycles} == {"left", "right"}


def test_part_of_a_recording(walk: Files, study: Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert walk.analyse(out, "--start-s", "0.6", "--end-s", "1.9") == 0
    part = groundup.read_study(out / "study.json")
    assert part.time_s[[0, -1]] == pytest.approx([0.6, 1.9], abs=0.017)
    for cycle in part.cycles:
        assert part.time_s[0] - 1e-6 <= cycle.start_s < cycle.end_s <= part.time_s[-1] + 1e-6
    assert {c.side: "no complete cycle" in c.source for c in part.cycles} == {"right": False, "left": True}
    drawn = {c.id for c in part.curves}
    groups = ("angle", "moment", "muscle_force", "lumbar")
    assert {s.id for s in part.series if s.group in groups and (s.group, s.unit) != ("lumbar", "N")} <= drawn
    clock = next(s.time_s for s in part.series if s.group == "ground_force")
    assert clock is not None
    assert clock[[0, -1]] == pytest.approx(part.time_s[[0, -1]], abs=0.02), "forces of the analysed part alone"
    inner = (study.time_s > 0.9) & (study.time_s < 1.6)
    whole = _series(study, "angle.hip_flexion_r").values[inner]
    same = np.interp(study.time_s[inner], part.time_s, _series(part, "angle.hip_flexion_r").values)
    np.testing.assert_allclose(same, whole, atol=0.2, err_msg="degrees; the ends of a filter reach 0.3 s inwards")


def test_as_opensim_computes_it(analysed: Callable[..., Study], study: Study) -> None:
    bare = analysed(opensim_equivalent=True)
    assert bare.provenance.settings["opensim_equivalent"] is True
    assert headline(bare)["speed", "none"] == headline(study)["speed", "none"]
    assert headline(bare)["knee_contact_peak", "left"] != headline(study)["knee_contact_peak", "left"]


@pytest.mark.parametrize("subject", ["subject01", "subject18"])
def test_bare_plates_find_their_feet_and_a_torque_driven_trunk_says_so(
    shared: Path, tmp_path: Path, subject: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files, out = bare_plates(shared, subject), tmp_path / "out"
    assert files.analyse(out) == 0
    assert "Peak low-back compression: not computed" in capsys.readouterr().out
    found = groundup.read_study(out / "study.json")
    assert [(m.group, "no muscle of this body crosses the low back" in m.reason) for m in found.missing] == [
        ("lumbar", True)
    ]
    assert not [s for s in found.series if s.group == "lumbar"]
    value = headline(found)
    assert np.isnan(value["lumbar_peak", "none"])
    plates = groundup.read_external_loads(files.forces or "")
    weight_n = found.subject.mass_kg * 9.80665
    inside = (plates.time_s >= found.time_s[0]) & (plates.time_s <= found.time_s[-1])
    for side in ("left", "right"):
        plate = next(p for p in plates.wrenches if f"_{side[0]}" in p.name)
        expected = plate.force_n[inside, 1].max() / weight_n
        assert value["ground_force_peak", side] == pytest.approx(expected, rel=0.01), "the file names the side as well"


def test_moments_of_a_known_motion(shared: Path, tmp_path: Path) -> None:
    """The markers were made from this motion, so it and its moments have to come back."""
    files = bare_plates(shared, "subject01")
    assert files.analyse(tmp_path / "out", "--lowpass-hz", "0") == 0
    found = groundup.read_study(tmp_path / "out" / "study.json")
    truth = groundup.read_storage(files.model.parent / "coordinates.sto")
    for name in ("hip_flexion_r", "knee_angle_l", "ankle_angle_r", "lumbar_extension"):
        expected = np.interp(found.time_s, truth.time_s, truth.values[:, truth.columns.index(name)])
        expected = expected if truth.in_degrees else np.degrees(expected)
        np.testing.assert_allclose(_series(found, f"angle.{name}").values, expected, atol=0.5, err_msg=name)


def test_gaps_are_bridged_and_told(walk: Files, study: Study, tmp_path: Path) -> None:
    recording = read_trc(walk.markers)
    rng = np.random.default_rng(0)
    holes = rng.random(recording.positions_m.shape[:2]) < 0.1
    holes[:12] = True
    markers = _with_gaps(recording, holes, tmp_path)
    assert Files(walk.model, markers, walk.forces, walk.tasks).analyse(tmp_path / "out") == 0
    found = groundup.read_study(tmp_path / "out" / "study.json")
    told = [q for q in found.quality if "this marker was not seen" in q.message]
    assert len(told) > 30
    assert found.time_s[0] == pytest.approx(recording.time_s[12])
    assert any(q.message.startswith("12 frames before") for q in found.quality)
    inner = (study.time_s > 0.5) & (study.time_s < 2.2)
    hip = np.interp(study.time_s, found.time_s, _series(found, "angle.hip_flexion_r").values)
    whole = _series(study, "angle.hip_flexion_r").values
    assert np.sqrt(np.mean((hip - whole)[inner] ** 2)) < 1.5, "degrees"


def test_a_marker_that_was_never_seen_is_told(walk: Files, tmp_path: Path) -> None:
    recording = read_trc(walk.markers)
    holes = np.zeros(recording.positions_m.shape[:2], dtype=bool)
    holes[:, recording.names.index("R.Heel")] = True
    holes[60:72] = True
    markers = _with_gaps(recording, holes, tmp_path)
    assert Files(walk.model, markers, None, walk.tasks).analyse(tmp_path / "out") == 0
    found = groundup.read_study(tmp_path / "out" / "study.json")
    heel = next(q for q in found.quality if q.where == "marker R.Heel")
    assert heel.severity == "bad"
    assert heel.value == pytest.approx(100.0)
    lost = next(q for q in found.quality if "Frames with too few markers" in q.message)
    assert lost.where.startswith("12 frames")
    assert f"{recording.time_s[60]:.3f} s" in lost.where


def _with_gaps(recording: MarkerTrajectories, holes: np.ndarray, folder: Path) -> Path:
    from dataclasses import replace

    positions = np.where(holes[..., None], np.nan, recording.positions_m)
    write_trc(replace(recording, positions_m=positions), folder / "gaps.trc")
    return folder / "gaps.trc"


def test_coordinates_that_no_marker_shows_are_told(walk: Files, tmp_path: Path) -> None:
    from dataclasses import replace

    recording = read_trc(walk.markers)
    legs = [i for i, n in enumerate(recording.names) if not any(w in n for w in ("Sternum", "Acro", "Head", "Temple"))]
    lower = replace(
        recording, names=tuple(recording.names[i] for i in legs), positions_m=recording.positions_m[:, legs]
    )
    write_trc(lower, tmp_path / "legs.trc")
    assert Files(walk.model, tmp_path / "legs.trc", None).analyse(tmp_path / "out") == 0
    found = groundup.read_study(tmp_path / "out" / "study.json")
    told = {q.where: q.severity for q in found.quality if "No recorded marker shows this coordinate" in q.message}
    assert told.pop("mtp_angle_r") == told.pop("mtp_angle_l") == "info", "it has no load between heel and back"
    assert told == {f"lumbar_{way}": "warn" for way in ("extension", "bending", "rotation")}
    default = {c.name: c.default for c in read_osim(walk.model).coordinates}
    values = _series(found, "angle.lumbar_extension").values
    np.testing.assert_allclose(values, np.degrees(default["lumbar_extension"]), atol=1e-6)


def test_long_recording_stays_small(shared: Path, walk: Files, tmp_path: Path) -> None:
    """2 114 frames: the picture is thinned, curves and tables are not."""
    recording = read_trc(walk.markers)
    forces = groundup.read_external_loads(walk.forces or "")
    long = _there_and_back(recording, 14)
    write_trc(long, tmp_path / "long.trc")
    assert len(long.time_s) > 2000
    assert Files(walk.model, tmp_path / "long.trc", None, walk.tasks).analyse(tmp_path / "out") == 0
    found = groundup.read_study(tmp_path / "out" / "study.json")
    assert len(found.time_s) == len(long.time_s)
    assert found.scene is not None
    assert len(found.scene.time_s) <= 60
    assert (tmp_path / "out" / "report.html").stat().st_size < 8e6
    assert (tmp_path / "out" / "study.json").stat().st_size < 60e6
    assert len(forces.wrenches) == 2


def _there_and_back(recording: MarkerTrajectories, times: int) -> MarkerTrajectories:
    """The recording forwards and backwards in turn, which is a motion without jumps."""
    from dataclasses import replace

    forth, back = recording.positions_m, recording.positions_m[::-1]
    positions = np.concatenate([back[1:] if k % 2 else forth[1:] for k in range(times)])
    step = float(np.median(np.diff(recording.time_s)))
    return replace(recording, time_s=np.arange(len(positions)) * step, positions_m=positions, rate_hz=1 / step)
