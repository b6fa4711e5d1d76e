"""However a model file is damaged, it is either read or refused with a message for the user."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.io.osim_frames import euler_from_rotation, rotation_from_euler
from groundup.io.osim_read import read_force_set, read_marker_set, read_osim
from groundup.io.osim_write import write_osim

DATA = Path(__file__).resolve().parents[1] / "data"
TEXTS = {name: (DATA / name).read_bytes() for name in ("every_joint.osim", "old_leg.osim")}
ROOTS = {name: ET.fromstring(text) for name, text in TEXTS.items()}
COUNTS = {name: len(list(root.iter())) for name, root in ROOTS.items()}
ODD_TEXTS = [
    "",
    " ",
    "-1",
    "0",
    "nan",
    "Inf",
    "1e400",
    "x",
    "1 2",
    "1,5",
    "true",
    "..",
    "/",
    "ground",
    "/bodyset/a",
    "a",
]
ODD_TAGS = [
    "Body",
    "objects",
    "PinJoint",
    "CustomJoint",
    "Constant",
    "SimmSpline",
    "PathPoint",
    "Mystery",
    "Multiplier",
]


def read_or_refuse(path: Path) -> None:
    for read in (read_osim, read_force_set, read_marker_set):
        words = ""
        try:
            read(path)
        except GroundupError as error:
            words = str(error)
        assert "\n" not in words
        assert not words or path.name in words


@given(name=st.sampled_from(sorted(TEXTS)), data=st.data())
@settings(max_examples=150)
def test_damaged_bytes(tmp_path: Path, name: str, data: st.DataObject) -> None:
    text = bytearray(TEXTS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        if data.draw(st.booleans()):
            text[at] = data.draw(st.integers(0, 255))
        else:
            del text[at : at + data.draw(st.integers(1, 400))]
    path = tmp_path / "m.osim"
    path.write_bytes(bytes(text))
    read_or_refuse(path)


@given(name=st.sampled_from(sorted(TEXTS)), data=st.data())
@settings(max_examples=150)
def test_damaged_elements(tmp_path: Path, name: str, data: st.DataObject) -> None:
    root = ET.fromstring(TEXTS[name])
    elements = list(root.iter())
    for _ in range(data.draw(st.integers(1, 3))):
        element = elements[data.draw(st.integers(1, COUNTS[name] - 1))]
        what = data.draw(st.sampled_from(["text", "tag", "name", "empty", "double", "drop"]))
        if what == "text":
            element.text = data.draw(st.sampled_from(ODD_TEXTS))
        elif what == "tag":
            element.tag = data.draw(st.sampled_from(ODD_TAGS))
        elif what == "name":
            element.set("name", data.draw(st.sampled_from(ODD_TEXTS)))
        elif what == "empty":
            for child in list(element):
                element.remove(child)
        elif what == "double":
            element.extend(list(element))
        else:
            for parent in root.iter():
                if element in list(parent):
                    parent.remove(element)
    path = tmp_path / "m.osim"
    path.write_bytes(ET.tostring(root))
    read_or_refuse(path)
    try:
        body = read_osim(path)
    except GroundupError:
        return
    # What can be read can be written, and what was written can be read.
    write_osim(body, tmp_path / "again.osim")
    again = read_osim(tmp_path / "again.osim")
    assert again.coordinate_names == body.coordinate_names
    assert again.mass == body.mass


@given(angles=st.tuples(*[st.floats(-np.pi, np.pi)] * 3))
def test_angles_of_a_rotation_give_the_rotation(angles: tuple[float, float, float]) -> None:
    rotation = rotation_from_euler(np.array(angles))
    back = rotation_from_euler(euler_from_rotation(rotation))
    assert np.abs(back - rotation).max() == pytest.approx(0.0, abs=1e-11)
