"""Marker sets: their tables are whole, every recording's labels are recognised however they are written."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.body.default_body import default_body
from groundup.body.marker_data import read_data, set_names
from groundup.body.marker_labels import common_places, key, why_not_a_marker
from groundup.body.marker_places import Place, named_place, places
from groundup.body.marker_recognition import MIXED, recognise
from groundup.body.marker_sets import MarkerMap, MarkerSet, marker_set, marker_sets
from groundup.body.meshes import bones_of
from groundup.body.model import Body
from groundup.body.person import Placement, Recognition
from groundup.body.recording import MarkerTrajectories
from groundup.cli.main import main
from groundup.engine.kinematics import Poses, poses
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.errors import RecordingError, SetupError
from groundup.io.c3d import read_c3d
from groundup.io.trc import read_trc, write_trc

ROOT = Path(__file__).resolve().parents[2]

# Recording → the marker set it was made with, how many of its labels are markers on the body.
RECORDINGS = {
    "plug_in_gait/PiG_Motion3_FF.c3d": ("plug_in_gait", 16),
    "plug_in_gait/PiG_Calibration3_FF.c3d": ("plug_in_gait", 16),
    "schreiber2019/2014001_C1_01.c3d": ("isb_anatomical", 52),
    "schreiber2019/2014001_ST.c3d": ("isb_anatomical", 52),
    "gait2392/subject01_walk1.trc": ("opensim_gait2392", 41),
    "gait2392/subject01_static.trc": ("opensim_gait2392", 49),
    "arnold2013/subject01/markers.trc": ("rajagopal", 64),
    "arnold2013/subject18/markers.trc": ("rajagopal", 64),
}

# Label lists as their laboratories and programs write them.
LISTS = {
    "plug_in_gait": "LFHD RFHD LBHD RBHD C7 T10 CLAV STRN RBAK LSHO LUPA LELB LFRM LWRA LWRB LFIN RSHO RUPA RELB RFRM "
    "RWRA RWRB RFIN LASI RASI LPSI RPSI LTHI LKNE LTIB LANK LHEE LTOE RTHI RKNE RTIB RANK RHEE RTOE",
    "cgm2": "LASI RASI LPSI RPSI LTHI LTHAP LTHAD LKNE LKNM LTIB LTIAP LTIAD LANK LMED LHEE LTOE LSMH LFMH LVMH "
    "RTHI RTHAP RTHAD RKNE RKNM RTIB RTIAP RTIAD RANK RMED RHEE RTOE RSMH RFMH RVMH",
    "helen_hayes": "R.ASIS L.ASIS V.Sacral R.Thigh R.Knee R.Shank R.Ankle R.Heel R.Toe L.Thigh L.Knee L.Shank L.Ankle "
    "L.Heel L.Toe Top.Head R.Shoulder L.Shoulder R.Elbow L.Elbow R.Wrist L.Wrist",
    "ior_gait": "RASIS LASIS RPSIS LPSIS RGT LGT RLE LLE RHF LHF RTT LTT RLM LLM RCA LCA RFM LFM RVM LVM C7 RA LA",
    "opencap": "r.ASIS_study L.ASIS_study r.PSIS_study L.PSIS_study r_knee_study L_knee_study r_mknee_study "
    "L_mknee_study r_ankle_study L_ankle_study r_mankle_study L_mankle_study r_toe_study L_toe_study r_5meta_study "
    "L_5meta_study r_calc_study L_calc_study r_shoulder_study L_shoulder_study C7_study r_thigh1_study RHJC_study",
    "pose2sim": "Hip RHip RKnee RAnkle RBigToe RSmallToe RHeel LHip LKnee LAnkle LBigToe LSmallToe LHeel Neck Head "
    "Nose RShoulder RElbow RWrist LShoulder LElbow LWrist",
}


@cache
def body() -> Body:
    return default_body()


def labels_of(path: Path) -> tuple[str, ...]:
    found = read_c3d(path, with_forces=False).markers if path.suffix == ".c3d" else read_trc(path)
    return found.names


def landing(found: Recognition) -> dict[str, tuple[str, tuple[float, ...]]]:
    return {p.label: (p.segment, tuple(p.location_m.tolist())) for p in found.placements}


@pytest.mark.parametrize(("file", "expected"), RECORDINGS.items())
def test_recordings_are_recognised(shared: Path, file: str, expected: tuple[str, int]) -> None:
    labels = labels_of(shared / file)
    found = recognise(labels, body())
    assert (found.name, len(found.placements), found.technical) == (expected[0], expected[1], ())
    assert found.overlap == 1.0
    assert all(re.fullmatch(r"unnamed_\d+", label) for label in found.ignored)


@pytest.mark.parametrize(("name", "text"), LISTS.items())
def test_label_lists_are_recognised(name: str, text: str) -> None:
    found = recognise(text.split(), body())
    assert found.name == name
    assert found.technical == found.ignored == ()
    assert found.overlap == 1.0


@pytest.mark.parametrize("name", set_names())
def test_every_set_recognises_its_own_labels(name: str) -> None:
    found = recognise([*marker_set(name).core, *marker_set(name).extra], body())
    assert found.name == name
    assert not found.missing


@st.composite
def rewritten(draw: st.DrawFn) -> tuple[str, list[str], list[str]]:
    """A set's core, and the same labels in another order and spelling."""
    name = draw(st.sampled_from(set_names()))
    labels = draw(st.permutations(list(marker_set(name).core)))
    prefix = draw(st.sampled_from(["", "Subject:", "Patient 1:", "P01_"]))
    cases: list[Callable[[str], str]] = [str, str.lower, str.upper]
    letters = draw(st.sampled_from(cases))
    between = draw(st.sampled_from([".", "_", " ", "-"]))
    return name, labels, [prefix + letters(re.sub(r"[._ ]", between, label)) for label in labels]


@given(rewritten())
@settings(max_examples=60)
def test_order_case_separators_and_subject_do_not_matter(case: tuple[str, list[str], list[str]]) -> None:
    name, plain, written = case
    expected, found = recognise(plain, body()), recognise(written, body())
    assert found.name == expected.name == name
    ours, theirs = landing(found), landing(expected)
    assert {o: ours[o] for o in written} == {o: theirs[p] for p, o in zip(plain, written, strict=True)}


@given(st.sampled_from(set_names()), st.data())
@settings(max_examples=60)
def test_a_third_dropped_and_strangers_added_leave_the_set(name: str, data: st.DataObject) -> None:
    core = marker_set(name).core
    most = len(core) // 3
    gone = set(data.draw(st.lists(st.sampled_from(core), max_size=most, unique=True)))
    kept = [label for label in core if label not in gone]
    strangers = [f"ZQ{i}X" for i in range(data.draw(st.integers(0, 6)))]
    found = recognise([*strangers, *kept], body(), name=name)
    assert set(strangers) <= set(found.technical)
    assert {label for label, _ in found.missing} >= gone - {"RPSI", "LPSI"}
    assert {p.label for p in found.placements} == set(kept)


@given(st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=30))
def test_any_labels_are_each_in_one_list_or_refused(labels: list[str]) -> None:
    try:
        found = recognise([*LISTS["plug_in_gait"].split(), *labels], body())
    except RecordingError:
        return
    everything = [*(p.label for p in found.placements), *found.technical, *found.ignored]
    assert set(everything) == {*LISTS["plug_in_gait"].split(), *labels}
    assert len(found.placements) == len({p.label for p in found.placements})


def test_mirrored_labels_mirror_the_placements() -> None:
    swap = str.maketrans("RL", "LR")
    labels = marker_set("plug_in_gait").core
    found = {p.label: p for p in recognise(labels, body()).placements}
    for label in labels:
        other = found[label[0].translate(swap) + label[1:]]
        np.testing.assert_allclose(found[label].location_m, other.location_m * [1, 1, -1])
        assert found[label].segment[:-1] == other.segment[:-1]


def test_labels_of_another_program_are_ignored() -> None:
    computed = ["LHipAngles", "RKneeMoment", "LFEP", "LFEO", "RTIL", "CentreOfMass", "PELO", "*12", "unnamed_3", "LHJC"]
    found = recognise([*LISTS["plug_in_gait"].split(), *computed], body())
    assert set(found.ignored) == set(computed)
    assert found.technical == ()


def test_no_label_of_a_set_is_taken_for_a_computed_one_by_the_common_words() -> None:
    assert not [spelling for spelling in common_places() if why_not_a_marker(spelling) and len(spelling) > 3]
    assert key("HEEL") == "heel"
    assert "heel" not in common_places()


@pytest.mark.parametrize("label", ["RHEE", "R_Heel", "heel_r", "Right Heel", "RightHeel", "RCAL", "R.Calc"])
def test_common_names_of_one_landmark(label: str) -> None:
    assert common_places()[key(label)] == "heel_r"


def test_a_mixture_of_landmark_names_is_placed() -> None:
    names = "RASIS LASIS RPSIS LPSIS R_Knee_Lat R_Knee_Med LLatKnee LMedKnee R_Ankle_Lat LAnkleLat Heel_R Heel_L R_MT5"
    found = recognise([*names.split(), "Thing"], body())
    assert found.name == MIXED
    assert {p.label: p.landmark for p in found.placements}["LMedKnee"] == "knee_medial_l"
    assert found.technical == ("Thing",)
    assert [label for label, _ in found.missing] == ["met5_l"]  # its counterpart on the right is there


def test_medial_markers_beside_a_set_are_placed() -> None:
    found = recognise([*marker_set("plug_in_gait").core, "RKNEM", "L_Ank_Med"], body())
    assert {p.label: p.landmark for p in found.placements}["RKNEM"] == "knee_medial_r"
    assert {p.label: p.landmark for p in found.placements}["L_Ank_Med"] == "ankle_medial_l"


def test_a_sacral_marker_takes_the_place_of_two() -> None:
    labels = [label for label in marker_set("plug_in_gait").core if "PSI" not in label]
    found = recognise([*labels, "SACR"], body())
    assert found.overlap == 1.0
    assert not [label for label, _ in found.missing if "PSI" in label]


def test_what_is_missing_says_what_suffers() -> None:
    labels = [label for label in marker_set("plug_in_gait").core if label != "LHEE"]
    missing = dict(recognise(labels, body()).missing)
    assert missing["LHEE"] == "left foot: foot pose, ankle angle, heel strike without plates"
    assert "low-back loads" in missing["T10"]


def test_the_second_of_two_people_is_left_out() -> None:
    core = marker_set("plug_in_gait").core
    labels = [*(f"Ann:{label}" for label in core), *(f"Bob:{label}" for label in core[:10])]
    found = recognise(labels, body())
    assert {p.label for p in found.placements} == set(labels[: len(core)])
    assert set(found.ignored) == set(labels[len(core) :])


def test_too_little_is_refused_with_the_way_out() -> None:
    with pytest.raises(RecordingError) as refused:
        recognise(["RASI", "LASI", "alpha", "beta"], body())
    words = str(refused.value)
    assert "2 of 4 marker labels are known" in words
    assert "missing are" in words
    assert "--marker-set my.toml" in words
    assert "\n" not in words
    with pytest.raises(RecordingError, match="0 of 0"):
        recognise([], body())


def test_unknown_set_offers_the_nearest() -> None:
    with pytest.raises(SetupError, match="Did you mean plug_in_gait"):
        recognise(["RASI"], body(), name="plug-in-gate")


def test_own_map_goes_first() -> None:
    own: dict[str, Place | None] = {"rkne": named_place("knee_medial_r"), "LTHI": None, "ODD": named_place("c7")}
    found = recognise([*marker_set("plug_in_gait").core, "ODD"], body(), MarkerMap(own))
    on = {p.label: p.landmark for p in found.placements}
    assert (on["RKNE"], on["ODD"]) == ("knee_medial_r", "c7")
    assert found.ignored == ("LTHI",)


def test_own_map_alone() -> None:
    own = MarkerMap({"one": named_place("asis_r"), "two": named_place("asis_l"), "gone": named_place("c7")}, "none")
    found = recognise(["one", "two", "three"], body(), own)
    assert [p.label for p in found.placements] == ["one", "two"]
    assert (found.technical, found.missing[0][0]) == (("three",), "gone")


def test_a_landmark_that_the_body_lacks() -> None:
    with pytest.raises(SetupError, match=r"Nearest names: asis_r"):
        recognise(["a"] * 1, body(), MarkerMap({"a": Place("asis_rr")}, "none"))


@pytest.mark.parametrize("one", marker_sets(), ids=lambda one: one.name)
def test_sets_place_every_label_with_its_uncertainty(one: MarkerSet) -> None:
    assert one.core
    assert one.source
    assert one.licence
    for label, place in one.places.items():
        if place is None:
            continue
        placed = place.on(body(), label)
        assert place.suffers
        assert ((placed.sigma_m > 0.003) & (placed.sigma_m < 0.1)).all()
    assert set(one.aliases.values()) <= set(one.places)
    assert set(one.instead) <= set(one.places)


def test_named_places_lie_on_the_body_and_on_their_side() -> None:
    kinds = read_data("places")["places"]
    skeleton, at = standing()
    found = ((skeleton.segment_index[s.name], bones_of(s)) for s in body().segments)
    bones = np.concatenate([b[0] @ at.rotation[0, i].T + at.translation[0, i] for i, b in found if b is not None])
    for name, place in places().items():
        point = in_ground(place.on(body(), name))
        assert {"_r": point[2] > 0, "_l": point[2] < 0}.get(name[-2:], True), name
        kind = kinds[re.sub("_l$", "_r", name)]["kind"]
        far = {
            "wand": 0.08,
            "cluster": 0.085,
            "arm": 0.06,
            "joint_center": 0.05,
            "keypoint": 0.08,
            "scapula": 0.05,
        }.get(kind, 0.04)
        assert np.linalg.norm(bones - point, axis=1).min() < far, name


def in_ground(placed: Placement) -> np.ndarray:
    skeleton, at = standing()
    segment = skeleton.segment_index[placed.segment]
    return np.asarray(at.rotation[0, segment] @ placed.location_m + at.translation[0, segment])


@cache
def standing() -> tuple[Skeleton, Poses]:
    skeleton = compile_skeleton(body())
    q = skeleton.couplers.apply(np.array([[c.default for c in body().coordinates]]))
    return skeleton, poses(skeleton, q)


def test_page_of_marker_sets_is_current() -> None:
    spec = importlib.util.spec_from_file_location("page", ROOT / "tools" / "make_marker_sets_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs" / "marker-sets.md").read_text(encoding="utf-8")
    assert written == module.page(), "docs/marker-sets.md is not current. Run: make docs"


def test_inspect_says_what_was_recognised(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walk = str(shared / "plug_in_gait" / "PiG_Motion3_FF.c3d")
    assert main(["inspect", walk, "--all"]) == 0
    printed = capsys.readouterr().out
    assert "Plug-in Gait (plug_in_gait)" in printed
    assert "16 of 25 labels; 100% of what the marker set needs" in printed
    assert "trunk pose and low-back loads (lacks C7, T10, CLAV, STRN, RSHO, LSHO)" in printed
    assert main(["inspect", walk, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["marker set"]
    assert len(said["ignored"]) == 9
    assert len(said["missing"]) == 3


def test_inspect_reads_a_recording_that_follows_no_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("one", "two")
    write_trc(MarkerTrajectories(np.arange(2) / 100.0, names, np.zeros((2, 2, 3)), 100.0), tmp_path / "a.trc")
    assert main(["inspect", str(tmp_path / "a.trc")]) == 0
    assert "not recognised" in capsys.readouterr().out
