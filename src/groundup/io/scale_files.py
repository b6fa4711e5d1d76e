"""The files that scaling leaves beside the model: factors, markers."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND, Marker
from groundup.io.atomic import write_bytes_atomic
from groundup.io.osim_functions import words
from groundup.io.xml import Element

_HEAD = b'<?xml version="1.0" encoding="UTF-8" ?>\n'
_VERSION = "40000"


def write_scale_set(factors: Mapping[str, Floats], path: str | Path) -> None:
    """Write factors along x, y, z by segment as an OpenSim ``ScaleSet``.

    Raises
    ------
    FileError
        The file cannot be written.
    """
    _write("ScaleSet", "ScaleSet", (_scale(name, values) for name, values in factors.items()), path)


def write_marker_set(markers: Iterable[Marker], path: str | Path, name: str = "markerset") -> None:
    """Write markers, m in their segments, as an OpenSim ``MarkerSet``.

    Raises
    ------
    FileError
        The file cannot be written.
    """
    _write("MarkerSet", name, (_marker(m) for m in markers), path)


def _write(tag: str, name: str, members: Iterable[Element], path: str | Path) -> None:
    root = ET.Element("OpenSimDocument", Version=_VERSION)
    ET.SubElement(ET.SubElement(root, tag, name=name), "objects").extend(members)
    ET.indent(root, "\t")
    write_bytes_atomic(path, _HEAD + ET.tostring(root, encoding="utf-8") + b"\n")


def _scale(segment: str, factors: Floats) -> Element:
    return _texts(ET.Element("Scale"), scales=words(*np.asarray(factors)), segment=segment, apply="true")


def _marker(marker: Marker) -> Element:
    frame = f"/{GROUND}" if marker.segment == GROUND else f"/bodyset/{marker.segment}"
    fixed = "true" if marker.fixed else "false"
    element = ET.Element("Marker", name=marker.name)
    return _texts(element, socket_parent_frame=frame, location=words(*marker.location), fixed=fixed)


def _texts(element: Element, **texts: str) -> Element:
    for tag, text in texts.items():
        ET.SubElement(element, tag).text = text
    return element
