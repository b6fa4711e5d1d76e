"""Remake the tables and bone surfaces of the default body from the pose2sim package.

Run it where the package's files are unpacked (``pip download --no-deps pose2sim``, then unzip the wheel)::

    python tools/make_default_body.py path/to/Pose2Sim/OpenSim_Setup path/to/LICENSE

Needs ``fast-simplification`` besides groundup itself. The tables are written to ``src/groundup/body/data``.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np

from groundup.body.default_body import DATA, MESH_FILE, default_meshes
from groundup.body.functions import Floats
from groundup.body.model import Body, Marker, Muscle
from groundup.body.tables import write_body
from groundup.engine.kinematics import poses
from groundup.engine.muscle_path import path_geometry
from groundup.engine.path_set import compile_paths
from groundup.engine.skeleton import compile_skeleton
from groundup.io.osim_read import read_osim

MODEL = "Model_Pose2Sim_muscles_flex.osim"

CREDITS = (
    "Full-body model of Beaucage-Gauvreau et al. 2019 (doi:10.1080/10255842.2018.1564819) with the legs of Rajagopal "
    "et al. 2016 (doi:10.1109/TBME.2016.2586891) and the lumbar spine of Christophy et al. 2012 "
    "(doi:10.1007/s10237-011-0290-6), as distributed in pose2sim (BSD 3-clause); markers, the names of the contact "
    "spheres, the arms' default and the slack lengths of leg tendons are groundup's."
)

REGIONS = {
    "s1": "heel",
    "s2": "forefoot_medial",
    "s3": "forefoot_lateral",
    "s4": "midfoot",
    "s5": "toes_medial",
    "s6": "toes_lateral",
}

# Places of markers in segment axes, m. Most follow the anatomical sets of the same package (Markers_LSTM.xml: thigh,
# shank, C7, elbow, wrist, hand; Markers_SKEL.xml: clavicle, upper arm, forearm). Those of the pelvis, feet, head,
# sternum, acromia, T10 and lumbar spinous processes are set 5-20 mm off the bone surfaces, level with the palpated
# point: the line from PSIS to ASIS falls by 11 degrees with it, as on the bones. Left is the mirror of right.
MIDDLE_MARKERS = {
    "c7": ("torso", (-0.0800, 0.4200, 0.0)),
    "t10": ("torso", (-0.0870, 0.1580, 0.0)),
    "clavicle": ("torso", (0.0558, 0.3582, 0.0)),
    "sternum": ("torso", (0.1080, 0.1950, 0.0)),
    "l1": ("lumbar1", (-0.0660, -0.0090, 0.0)),
    "l3": ("lumbar3", (-0.0690, -0.0010, 0.0)),
    "l5": ("lumbar5", (-0.0540, 0.0220, 0.0)),
}
RIGHT_MARKERS = {
    "asis": ("pelvis", (0.0140, 0.0040, 0.1250)),
    "psis": ("pelvis", (-0.1555, 0.0360, 0.0500)),
    "thigh_upper": ("femur", (0.0900, -0.1500, 0.0700)),
    "thigh_lower": ("femur", (0.0550, -0.2500, 0.0850)),
    "thigh_rear": ("femur", (-0.0200, -0.1400, 0.1000)),
    "knee_lateral": ("femur", (0.0080, -0.4040, 0.0550)),
    "knee_medial": ("femur", (0.0110, -0.4010, -0.0550)),
    "shank_upper": ("tibia", (0.0000, -0.1150, 0.0700)),
    "shank_lower": ("tibia", (0.0260, -0.2300, 0.0800)),
    "shank_rear": ("tibia", (-0.0500, -0.2200, 0.0800)),
    "ankle_lateral": ("tibia", (-0.0182, -0.4169, 0.0530)),
    "ankle_medial": ("tibia", (0.0060, -0.4000, -0.0380)),
    "heel": ("calcn", (-0.0232, 0.0200, 0.0)),
    "met1": ("calcn", (0.1744, 0.0100, -0.0411)),
    "met2": ("calcn", (0.1868, 0.0200, 0.0053)),
    "met5": ("calcn", (0.1400, 0.0050, 0.0560)),
    "toe1": ("toes", (0.0650, 0.0100, -0.0250)),
    "toe2": ("toes", (0.0650, 0.0100, 0.0050)),
    "toe5": ("toes", (0.0132, 0.0050, 0.0520)),
    "acromion": ("torso", (-0.0020, 0.4050, 0.1640)),
    "upper_arm": ("humerus", (0.0398, -0.1977, -0.0070)),
    "elbow_lateral": ("humerus", (0.0150, -0.2800, 0.0400)),
    "elbow_medial": ("humerus", (0.0022, -0.2860, -0.0500)),
    "olecranon": ("ulna", (-0.0378, 0.0023, 0.0019)),
    "forearm": ("ulna", (-0.0446, -0.0853, 0.0108)),
    "wrist_ulnar": ("radius", (-0.0220, -0.2250, -0.0220)),
    "wrist_radial": ("radius", (0.0005, -0.2250, 0.0500)),
    "hand2": ("hand", (0.0031, -0.0826, 0.0160)),
    "hand5": ("hand", (0.0031, -0.0738, -0.0325)),
    "fingertip": ("hand", (0.0433, -0.1533, -0.0101)),
    "head_front": ("head", (0.0900, 0.0900, 0.0550)),
    "head_back": ("head", (-0.0900, 0.0900, 0.0550)),
}
# Joints of the right leg in the model of Rajagopal et al. 2016, m: places on the parent, and of the knee on the tibia.
PUBLISHED_PLACE = {"hip": (-0.056276, -0.07849, 0.07726), "ankle": (-0.01, -0.4, 0.0)}
PUBLISHED_KNEE_ON_TIBIA = (-0.00808954, -0.0035348, -0.00148474)
ARMS_SPREAD = ("arm_add_r", "arm_add_l")
UNPAIRED = ("pelvis", "torso", "head")


def main(setup: Path, licence: Path) -> None:
    """Write everything."""
    body = default_from(read_osim(setup / MODEL))
    folder = DATA / "default"
    folder.mkdir(parents=True, exist_ok=True)
    write_body(body, folder)
    (folder / "LICENSE").write_text(licence.read_text(encoding="utf-8"), encoding="utf-8")
    store_meshes(setup / "Geometry")


def default_from(source: Body) -> Body:
    """The distributed model with what groundup changes: names of contact spheres, markers, arms, leg tendons."""
    contacts = []
    for sphere in source.contacts:
        key, side = sphere.name.removeprefix("SmoothSphereHalfSpaceForce_").split("_")
        contacts.append(replace(sphere, name=f"{REGIONS[key]}_{side}"))
    # In the published default pose the arms are spread, where two axes of the shoulder fall together.
    coordinates = tuple(replace(c, default=0.0) if c.name in ARMS_SPREAD else c for c in source.coordinates)
    return replace(
        source,
        name="groundup_default",
        coordinates=coordinates,
        contacts=tuple(contacts),
        muscles=with_published_fibers(source),
        markers=markers(),
        credits=CREDITS,
    )


def with_published_fibers(source: Body) -> tuple[Muscle, ...]:
    """Muscles with tendons as much longer or shorter as the distributed legs are than those the muscles come from.

    The distributed model joins the leg muscles of Rajagopal et al. to a pelvis and a shank whose hip and ankle lie
    up to 3 cm elsewhere, and keeps the tendons. At rest the fibres of soleus are then 1.7 times their optimal length
    and bear an eighth of their strength. The tendon takes up the difference: in the neutral pose, fibres are as long
    as published.
    """
    here, there = (neutral_lengths(body) for body in (source, with_published_joints(source)))
    return tuple(
        replace(m, tendon_slack_length=round(m.tendon_slack_length + here[i] - there[i], 7))
        if abs(here[i] - there[i]) > 1e-6
        else m
        for i, m in enumerate(source.muscles)
    )


def with_published_joints(source: Body) -> Body:
    """The distributed model with the leg joints where they were when its leg muscles were published."""
    joints = []
    for joint in source.joints:
        parent, child = joint.parent_frame, joint.child_frame
        mirror = np.array([1.0, 1.0, -1.0 if joint.name.endswith("_l") else 1.0])
        kind = joint.name[:-2]
        if kind in PUBLISHED_PLACE:
            parent = replace(parent, translation=mirror * PUBLISHED_PLACE[kind])
        if kind == "walker_knee":
            child = replace(child, translation=mirror * PUBLISHED_KNEE_ON_TIBIA)
        joints.append(replace(joint, parent_frame=parent, child_frame=child))
    return replace(source, joints=tuple(joints))


def neutral_lengths(body: Body) -> Floats:
    """Length of each muscle with its tendon, m, at zero of all coordinates."""
    skeleton = compile_skeleton(body)
    q = np.zeros((1, len(body.coordinates)))
    at = poses(skeleton, q)
    names = [m.name for m in body.muscles]
    paths = compile_paths(body, skeleton.segment_index, skeleton.coordinate_index, names)
    return np.asarray(path_geometry(paths, at.rotation, at.translation, q).length[0])


def markers() -> tuple[Marker, ...]:
    """Markers of the middle, of the right, and their mirror images."""
    found = [Marker(name, segment, np.array(at)) for name, (segment, at) in MIDDLE_MARKERS.items()]
    for side, sign in (("r", 1.0), ("l", -1.0)):
        for name, (segment, (x, y, z)) in RIGHT_MARKERS.items():
            on = segment if segment in UNPAIRED else f"{segment}_{side}"
            found.append(Marker(f"{name}_{side}", on, np.array([x, y, sign * z])))
    return tuple(found)


# ---- bone surfaces ----

SKIPPED = ("block",)


def faces_wanted(name: str, n_faces: int, size_m: float) -> int:
    """Triangles to keep: enough to look smooth at the size a bone has on a screen."""
    if name == "hat_ribs_scap":
        return 4000
    if name in ("hat_spine", "skull", "hat_skull"):
        return 2200
    return min(n_faces, int(60 + 2500 * size_m))


def store_meshes(folder: Path) -> None:
    """Thin all surfaces and write them into one file: 16-bit steps within the bounding box of each."""
    from fast_simplification import simplify

    names, kept = [], []
    for path in sorted(folder.glob("*.vtp")):
        if path.stem in SKIPPED:
            continue
        vertices, faces = merge_equal_points(*read_vtp(path))
        wanted = faces_wanted(path.stem, len(faces), float(np.ptp(vertices, axis=0).max()))
        if wanted < len(faces):
            vertices, faces = simplify(
                vertices.astype(np.float32), faces.astype(np.int32), target_count=wanted, agg=5.0
            )
        names.append(path.stem)
        kept.append((np.asarray(vertices, float), np.asarray(faces)))
    center = np.array([(v.max(0) + v.min(0)) / 2 for v, _ in kept], dtype=np.float32)
    step = np.array([np.ptp(v, axis=0).max() / 65534 for v, _ in kept], dtype=np.float32)
    steps = [np.round((v - c) / s).astype(np.int16) for (v, _), c, s in zip(kept, center, step, strict=True)]
    np.savez_compressed(
        MESH_FILE,
        names=np.array(" ".join(names)),
        center=center,
        step=step,
        n_vertices=np.array([len(v) for v, _ in kept], dtype=np.int32),
        n_faces=np.array([len(f) for _, f in kept], dtype=np.int32),
        vertices=np.concatenate(steps),
        faces=np.concatenate([f for _, f in kept]).astype(np.uint16),
    )
    print(f"{len(names)} bones, {sum(len(f) for _, f in kept)} triangles, {MESH_FILE.stat().st_size / 1e3:.0f} kB")
    assert len(default_meshes()) >= len(names)


def read_vtp(path: Path) -> tuple[Floats, np.ndarray]:
    """Points and triangles of an ASCII VTK surface; polygons become fans."""
    piece = ET.parse(path).getroot().find("PolyData/Piece")
    assert piece is not None
    points = array_of(piece.find("Points/DataArray")).reshape(-1, 3)
    polys = {a.get("Name"): array_of(a).astype(int) for a in piece.findall("Polys/DataArray")}
    starts = np.concatenate([[0], polys["offsets"][:-1]])
    rings = [polys["connectivity"][a:b] for a, b in zip(starts, polys["offsets"], strict=True)]
    return points, np.array([(ring[0], *ring[i : i + 2]) for ring in rings for i in range(1, len(ring) - 1)])


def array_of(element: ET.Element | None) -> Floats:
    """Numbers of a data array."""
    assert element is not None
    assert element.text is not None
    return np.array(element.text.split(), dtype=float)


def merge_equal_points(vertices: Floats, faces: np.ndarray) -> tuple[Floats, np.ndarray]:
    """Join points at the same place, which files repeat per normal, and drop triangles that vanish."""
    unique, index = np.unique(np.round(vertices, 7), axis=0, return_inverse=True)
    faces = index.ravel()[faces]
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return unique, faces[whole]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
