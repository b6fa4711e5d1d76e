"""The body that comes with groundup: its tables against the file they were made from, and what users rely on."""

import subprocess
import sys
from collections import Counter
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from groundup.body.default_body import DATA, MESH_ALIASES, default_body, default_meshes
from groundup.body.functions import Constant, Linear, Multiplier, PiecewiseLinear, Polynomial, SimmSpline
from groundup.body.model import CoordinateActuator, Muscle, MuscleKind, PathPoint, PathWrap
from groundup.body.tables import read_body, write_body
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.muscle_path import path_geometry
from groundup.engine.path_set import compile_paths
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import FileError
from groundup.io.osim_read import read_osim


@pytest.fixture(scope="module")
def body():
    return default_body()


def differences(a, b, place=""):
    """Places where two records differ by more than 1e-12 of their size."""
    if is_dataclass(a) and not isinstance(a, type):
        if type(a) is not type(b):
            return [f"{place}: {type(a).__name__} and {type(b).__name__}"]
        return [d for f in fields(a) for d in differences(getattr(a, f.name), getattr(b, f.name), f"{place}.{f.name}")]
    if isinstance(a, dict):
        if a.keys() != b.keys():
            return [f"{place}: keys"]
        return [d for k in a for d in differences(a[k], b[k], f"{place}[{k}]")]
    if isinstance(a, tuple):
        if len(a) != len(b):
            return [f"{place}: {len(a)} and {len(b)}"]
        return [d for i, (x, y) in enumerate(zip(a, b, strict=True)) for d in differences(x, y, f"{place}[{i}]")]
    if isinstance(a, np.ndarray | float):
        same = np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-12, atol=1e-15)
        return [] if same else [f"{place}: {a} and {b}"]
    return [] if a == b else [f"{place}: {a!r} and {b!r}"]


def test_tables_hold_the_published_model_without_loss(body, full_body_path):
    source = read_osim(full_body_path)
    # groundup names contact spheres by region, brings its own markers, lets the arms hang in the default pose and
    # gives leg muscles tendons that fit the legs they are on.
    contacts = tuple(replace(c, name=own.name) for c, own in zip(source.contacts, body.contacts, strict=True))
    source = replace(source, name=body.name, credits=body.credits, markers=body.markers, contacts=contacts)
    changed = {d.split(":")[0] for d in differences(source, body)}
    arms = {f".coordinates[{body.coordinate_names.index(name)}].default" for name in ("arm_add_r", "arm_add_l")}
    legs = {f".muscles[{i}].tendon_slack_length" for i, m in enumerate(body.muscles) if reaches_the_leg(m)}
    assert arms <= changed <= arms | legs


def reaches_the_leg(muscle):
    return any(p.segment.startswith(("femur", "patella", "tibia", "calcn", "toes")) for p in muscle.points)


def fiber_lengths(body):
    """Lengths of fibres in the neutral pose over optimal, with tendons at their slack length."""
    skeleton = compile_skeleton(body)
    names = [m.name for m in body.muscles]
    paths = compile_paths(body, skeleton.segment_index, skeleton.coordinate_index, names)
    q = skeleton.couplers.apply(np.zeros((1, len(body.coordinates))))
    at = poses(skeleton, q)
    length = path_geometry(paths, at.rotation, at.translation, q).length[0]
    found = {}
    for m, l_total in zip(body.muscles, length, strict=True):
        width = m.optimal_fiber_length * np.sin(m.pennation_angle)
        found[m.name] = np.hypot(l_total - m.tendon_slack_length, width) / m.optimal_fiber_length
    return found


def test_leg_fibers_are_near_their_optimal_length(body):
    lengths = fiber_lengths(body)
    for muscle in body.muscles:
        if reaches_the_leg(muscle):
            assert 0.7 < lengths[muscle.name] < 1.35, muscle.name


def test_leg_fibers_are_as_long_as_published(body, shared):
    published = read_osim(shared / "models" / "Rajagopal2016.osim")
    ours = fiber_lengths(body)
    for name, length in fiber_lengths(published).items():
        assert ours[name] == pytest.approx(length, abs=2e-3), name


def test_differences_notices_a_change(body):
    muscle = body.muscles[7]
    point = replace(muscle.points[1], location=muscle.points[1].location * (1 + 1e-11))
    changed = replace(muscle, points=(muscle.points[0], point, *muscle.points[2:]))
    assert len(differences(muscle, changed)) == 1


def test_rare_figures_survive_the_tables(body, tmp_path):
    spline = SimmSpline(np.array([0.0, 0.1, 1 / 3]), np.array([1.0, 2.0, np.pi]))
    moving = ((spline, "knee_angle_r"), (Constant(0.1), None), (Multiplier(spline, 0.9), "knee_angle_r"))
    points = (
        PathPoint("a", "femur_r", np.array([1.0, 2.0, 3.0]), moving=moving),
        PathPoint("b", "tibia_r", np.array([1e-17, 2.0, 3.0]), coordinate="knee_angle_r", range=(-np.inf, 0.1 + 0.2)),
    )
    wraps = (PathWrap("w", "midpoint", (None, 2)),)
    muscle = Muscle("odd", MuscleKind.THELEN2003, points, wraps, 1, 1, 1, 0, 10, {"FmaxTendonStrain": 0.033})
    functions = (Polynomial(np.array([1.0, 0.5])), PiecewiseLinear(spline.x, spline.y), Linear((1.0, 2.0), 3.0))
    couplers = tuple(replace(body.couplers[0], function=f) for f in functions)
    knee = replace(body.coordinates[9], prescribed=Constant(0.3), is_prescribed=True)
    odd = replace(body, muscles=(*body.muscles, muscle), couplers=couplers, coordinates=(knee,))
    write_body(odd, tmp_path)
    assert differences(odd, read_body(tmp_path)) == []


def test_a_body_that_does_not_fit_the_tables_is_refused(body, tmp_path):
    with pytest.raises(FileError, match=r"holds actuators.*Remove them first"):
        write_body(replace(body, actuators=(CoordinateActuator("r", "pelvis_tx", 1.0),)), tmp_path)


def test_a_damaged_table_names_file_line_and_columns(body, tmp_path):
    write_body(body, tmp_path)
    markers = tmp_path / "markers.tsv"
    markers.write_text(markers.read_text(encoding="utf-8").replace("\tno", "", 1), encoding="utf-8")
    with pytest.raises(FileError, match=r"markers\.tsv line 2: 3 cells, expected 4 \(name, segment, location_m, fixed"):
        read_body(tmp_path)
    markers.unlink()
    with pytest.raises(FileError, match=r"markers\.tsv: cannot be read.*Reinstall groundup"):
        read_body(tmp_path)


def test_loads_quickly():
    code = (
        "import numpy, time; t = time.process_time()\n"
        "from groundup.body.default_body import default_body; default_body()\n"
        "print(time.process_time() - t)"
    )
    command = [sys.executable, "-c", code]
    seconds = [float(subprocess.run(command, capture_output=True, text=True).stdout) for _ in range(3)]
    assert min(seconds) < 0.15  # s of one core; NumPy, which everything needs, takes as long again


def test_is_a_whole_adult(body):
    assert len(body.muscles) == 318
    assert body.mass == pytest.approx(84.0, abs=0.1)
    assert sum(s.name.startswith("lumbar") for s in body.segments) == 5
    assert "Beaucage-Gauvreau" in body.credits
    assert (DATA / "default" / "LICENSE").read_text(encoding="utf-8").startswith("BSD 3-Clause")


@pytest.mark.parametrize("side", ["r", "l"])
def test_contact_spheres_lie_where_their_names_say(body, side):
    spheres = {c.name: c for c in body.contacts if c.name.endswith(f"_{side}")}
    assert len(spheres) == 6
    skeleton = compile_skeleton(body)
    at = poses(skeleton, np.array([[c.default for c in body.coordinates]]))
    segment = np.array([skeleton.segment_index[c.segment] for c in spheres.values()])
    places = points_in_ground(at, segment, np.array([c.location for c in spheres.values()]))[0]
    where = {name.removesuffix(f"_{side}"): place for name, place in zip(spheres, places, strict=True)}
    ahead = {name: p[0] for name, p in where.items()}
    outward = {name: p[2] * (1 if side == "r" else -1) for name, p in where.items()}
    assert ahead["heel"] < ahead["midfoot"] < ahead["forefoot_lateral"]
    assert ahead["forefoot_lateral"] < ahead["forefoot_medial"] < ahead["toes_lateral"]
    assert outward["forefoot_medial"] < outward["heel"] < outward["forefoot_lateral"]
    assert outward["toes_medial"] < outward["toes_lateral"]


def test_markers_are_mirrored_and_enough(body):
    places = {m.name: m for m in body.markers}
    for name, marker in places.items():
        if name.endswith("_r"):
            other = places[name[:-2] + "_l"]
            np.testing.assert_array_equal(other.location, marker.location * [1, 1, -1])
    count = Counter(m.segment for m in body.markers)
    for segment in ("pelvis", "femur_r", "tibia_r", "calcn_r", "toes_r", "torso", "head", "humerus_r", "hand_r"):
        assert count[segment] >= 3


def test_markers_lie_on_their_bones(body):
    meshes = default_meshes()
    for segment in body.segments:
        surfaces = [
            meshes[Path(m.file).stem][0] * m.scale @ m.frame.rotation.T + m.frame.translation for m in segment.meshes
        ]
        for marker in (m for m in body.markers if m.segment == segment.name):
            distance = np.linalg.norm(np.concatenate(surfaces) - marker.location, axis=1).min()
            assert distance < (0.085 if "thigh" in marker.name or "shank" in marker.name else 0.040), marker.name


def test_every_bone_of_the_body_can_be_drawn(body):
    meshes = default_meshes()
    for segment in body.segments:
        for mesh in segment.meshes:
            assert Path(mesh.file).stem in meshes
    for vertices, faces in meshes.values():
        assert vertices.dtype == np.float32
        assert faces.max() < len(vertices)
        assert np.isfinite(vertices).all()
    assert meshes["r_femur"][0] is meshes["femur_r"][0]
    assert set(MESH_ALIASES.values()) <= set(meshes)
    assert (DATA / "bones.npz").stat().st_size < 1_000_000


def test_a_femur_keeps_its_size():
    vertices, _ = default_meshes()["femur_r"]
    assert np.ptp(vertices[:, 1]) == pytest.approx(0.45, abs=0.02)  # m, from head to condyles
