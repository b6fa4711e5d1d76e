"""Forces from outside: OpenSim's ExternalLoads (XML with its table), and bare tables of force plates."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.body.model import GROUND
from groundup.body.recording import AppliedForce, ExternalForce, ExternalForces, Table
from groundup.errors import FileError, RecordingError, SetupError
from groundup.io.atomic import write_text_atomic
from groundup.io.storage import read_storage, write_storage
from groundup.io.xml import Element, XmlFile

_NOTHING = ("", "unassigned")
_LOADED_N = 20.0  # below this a plate's centre of pressure is noise and its size proves nothing
_FARTHEST_POINT_M = 50.0

# "ground_force_vx", "1_ground_force_vx", "R_ground_force_px", "ground_force_l_vx", "ground_force2_pz"
_FORCE_COLUMN = re.compile(r"^(?P<before>.*?)ground_force_?(?P<after>.*?)_?(?P<kind>[vpm])(?P<axis>[xyz])$", re.I)
# "ground_torque_x", "1_ground_torque_y", "ground_torque_l_z", "ground_moment_r_mz"
_TORQUE_COLUMN = re.compile(
    r"^(?P<before>.*?)ground_(torque|moment)_?(?P<after>.*?)_?(?P<kind>m?)(?P<axis>[xyz])$", re.I
)
# "f1_1", "p1_1", "m1_1": what OpenSim writes when it turns a C3D file into a table
_PLATE_COLUMN = re.compile(r"^(?P<kind>[fpm])(?P<number>\d+)_(?P<axis>[123xyz])$", re.I)


def read_external_loads(path: str | Path) -> ExternalForces:
    """Read forces on the body: an ExternalLoads XML with the table it names, or a bare table of plates.

    From a bare ``.mot`` or ``.sto`` (columns such as ``ground_force_vx``, ``1_ground_force_vx``,
    ``ground_force_l_vx``, ``R_ground_force_vx``, ``f1_1``) come plates that act on no segment yet.

    Returns
    -------
    ExternalForces, N, m, N·m, s
        A disabled force is left out. A quantity without columns is zero.

    Raises
    ------
    RecordingError
        Columns are missing, ambiguous or empty; values are missing while the force acts; the unit of the points
        cannot be metres.
    SetupError
        The XML names no table, or more than one.
    FileError
        A file cannot be read.
    """
    path = Path(path)
    if path.suffix.lower() in (".mot", ".sto"):
        return read_plates(path)
    loads = read_external_loads_setup(path)
    if not loads.data_file.exists():
        raise FileError(
            f"{path}: <datafile> is {loads.data_file.name}, but {loads.data_file} cannot be read (no such file). "
            "Put the table of forces there or correct <datafile>."
        )
    table = read_storage(loads.data_file)
    forces = tuple(_resolve(path, loads.data_file, force, table) for force in loads.forces)
    return ExternalForces(
        time_s=table.time_s,
        wrenches=tuple(_take(loads.data_file, force, table) for force in forces),
        source=str(path),
    )


def read_plates(path: str | Path) -> ExternalForces:
    """Read a bare table of plate forces; every wrench has ``segment`` None and is in ground axes. Errors as above."""
    table = read_storage(path)
    plates = _plates_of(table.columns)
    if not plates:
        raise RecordingError(
            f"{path}: no column looks like a plate's force, expected names such as ground_force_vx, ground_force_px, "
            f"ground_torque_x. It holds {_some(table.columns)}. Rename them or describe them in an ExternalLoads XML."
        )
    for plate in plates:
        _check_plate(path, plate, table.columns)
    return ExternalForces(
        time_s=table.time_s, wrenches=tuple(_take(path, plate, table) for plate in plates), source=str(path)
    )


# --- the XML ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ExternalLoadsSetup:
    """What an ExternalLoads XML says: its enabled forces and the table. Columns are still identifiers (prefixes)."""

    path: Path
    forces: tuple[ExternalForce, ...]
    data_file: Path


def read_external_loads_setup(path: str | Path) -> ExternalLoadsSetup:
    """Read an ExternalLoads XML without its table. Each ``…_columns`` holds the identifier, or nothing.

    Raises
    ------
    SetupError
        It is no ExternalLoads file, holds no force, or names no table or more than one.
    FileError, UnsafeXml, Truncated
        The XML cannot be read.
    """
    file = XmlFile(path)
    loads = file.root if file.root.tag == "ExternalLoads" else file.root.find("ExternalLoads")
    if loads is None:
        found = ", ".join(child.tag for child in file.root) or file.root.tag
        raise SetupError(f"{path}: holds {found}, expected ExternalLoads. Check that it is the right file.")
    elements = [element for element in file.objects(loads) if element.tag == "ExternalForce"]
    if not elements:
        raise SetupError(
            f"{path}: holds no ExternalForce, expected at least one. Describe each force in ExternalLoads."
        )
    enabled = [element for element in elements if _is_enabled(file, element)]
    return ExternalLoadsSetup(
        path=file.path,
        forces=tuple(_description(file, element) for element in enabled),
        data_file=_data_file(file, loads, enabled or elements),
    )


def _is_enabled(file: XmlFile, element: Element) -> bool:
    return file.flag(element, "appliesForce", True) and not file.flag(element, "isDisabled", False)


def _word(file: XmlFile, element: Element, tag: str, default: str = "") -> str:
    text = file.text(element, tag, "")
    return default if text.lower() in _NOTHING else text


def _description(file: XmlFile, element: Element) -> ExternalForce:
    identifiers = [_word(file, element, f"{what}_identifier") for what in ("force", "point", "torque")]
    if not identifiers[0] and not identifiers[2]:
        raise file.error(
            element, "has neither force_identifier nor torque_identifier, expected at least one. Add it.", SetupError
        )
    segment = _segment(_word(file, element, "applied_to_body"))
    if not segment:
        raise file.error(element, "has no applied_to_body, expected the name of a segment. Add it.", SetupError)
    force, point, torque = ((word,) if word else () for word in identifiers)
    return ExternalForce(
        name=element.get("name") or segment,
        segment=segment,
        force_columns=force,
        point_columns=point,
        torque_columns=torque,
        force_expressed_in=_segment(_word(file, element, "force_expressed_in_body", GROUND)),
        point_expressed_in=_segment(_word(file, element, "point_expressed_in_body", GROUND)),
    )


def _segment(path: str) -> str:
    return path.rsplit("/", 1)[-1]  # OpenSim 4 also accepts "/bodyset/calcn_r"


def _data_file(file: XmlFile, loads: Element, forces: Iterable[Element]) -> Path:
    named = _word(file, loads, "datafile")
    if named:
        return file.path.parent / named
    sources = sorted({_word(file, force, "data_source_name") for force in forces} - {""})
    if len(sources) == 1:
        return file.path.parent / sources[0]
    if not sources:
        raise file.error(loads, "names no <datafile>, expected a MOT or STO file. Add it.", SetupError)
    raise file.error(
        loads,
        f"takes its forces from {len(sources)} tables ({', '.join(sources)}), expected one. Name it in <datafile>.",
        SetupError,
    )


# --- from identifiers to columns -------------------------------------------------------------------------------------


def _resolve(path: Path, data_file: Path, force: ExternalForce, table: Table) -> ExternalForce:
    def columns(what: str, identifiers: tuple[str, ...]) -> tuple[str, ...]:
        if not identifiers:
            return ()
        place = f"{path}: ExternalForce[{force.name}]/{what}_identifier"
        return _columns_of(place, data_file, identifiers[0], table.columns)

    return ExternalForce(
        name=force.name,
        segment=force.segment,
        force_columns=columns("force", force.force_columns),
        point_columns=columns("point", force.point_columns),
        torque_columns=columns("torque", force.torque_columns),
        force_expressed_in=force.force_expressed_in,
        point_expressed_in=force.point_expressed_in,
    )


def _columns_of(place: str, data_file: Path, identifier: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Find the three columns of an identifier: ``<identifier>x``, ``y``, ``z``, or the three that begin with it."""
    present = set(columns)
    for ends in (("x", "y", "z"), ("X", "Y", "Z"), ("1", "2", "3"), ("_1", "_2", "_3"), ("_x", "_y", "_z")):
        triple = tuple(identifier + end for end in ends)
        if present.issuperset(triple):
            return triple
    begin_so = tuple(column for column in columns if column.startswith(identifier))
    if len(begin_so) == 3:
        return begin_so
    if begin_so:
        raise RecordingError(
            f"{place} {identifier!r} fits {len(begin_so)} columns of {data_file.name} ({_some(begin_so)}), expected 3 "
            "(x, y, z). Write a longer or the right identifier."
        )
    raise RecordingError(
        f"{place} {identifier!r} fits no column of {data_file.name}, expected 3 that begin with it. "
        f"Nearby: {_some(_nearby(identifier, columns))}. Correct the identifier or the column names."
    )


def _nearby(word: str, columns: Sequence[str]) -> Sequence[str]:
    return difflib.get_close_matches(word, columns, n=6, cutoff=0.4) or columns


def _some(words: Sequence[str]) -> str:
    shown = ", ".join(words[:8])
    return f"{shown}, … ({len(words)} in all)" if len(words) > 8 else shown or "no columns"


# --- plates by the usual names ---------------------------------------------------------------------------------------


def _plates_of(columns: Sequence[str]) -> list[ExternalForce]:
    found: dict[str, dict[str, dict[str, str]]] = {}  # plate → v, p, m → axis → column
    for column in columns:
        parts = _plate_column(column)
        if parts is not None:
            name, kind, axis = parts
            found.setdefault(name, {}).setdefault(kind, {}).setdefault(axis, column)
    return [
        ExternalForce(
            name=name,
            segment=None,
            force_columns=_triple(kinds.get("v", {})),
            point_columns=_triple(kinds.get("p", {})),
            torque_columns=_triple(kinds.get("m", {})),
        )
        for name, kinds in found.items()
    ]


def _plate_column(column: str) -> tuple[str, str, str] | None:
    """Split a column's name into the plate, the kind of quantity (v, p or m) and the axis."""
    if match := _PLATE_COLUMN.match(column):
        axis = match["axis"].lower().translate(str.maketrans("123", "xyz"))
        return f"plate_{match['number']}", match["kind"].lower().replace("f", "v"), axis
    match = _FORCE_COLUMN.match(column)
    kind = match["kind"].lower() if match else "m"
    match = match or _TORQUE_COLUMN.match(column)
    if match is None:
        return None
    before, after = match["before"], match["after"]
    return f"{before}ground_force{'_' + after if after else ''}", kind, match["axis"].lower()


def _triple(by_axis: dict[str, str]) -> tuple[str, ...]:
    return tuple(by_axis[axis] for axis in "xyz" if axis in by_axis)


def _check_plate(path: str | Path, plate: ExternalForce, columns: Sequence[str]) -> None:
    counts = {
        "force": len(plate.force_columns),
        "point": len(plate.point_columns),
        "torque": len(plate.torque_columns),
    }
    for what, count in counts.items():
        if count == 3 or (what == "torque" and count == 0):
            continue
        raise RecordingError(
            f"{path}: plate {plate.name!r} has {count} {what} columns, expected 3 (x, y, z). "
            f"The file holds {_some(columns)}. Rename or add the columns."
        )


# --- values -----------------------------------------------------------------------------------------------------------


def _take(path: str | Path, force: ExternalForce, table: Table) -> AppliedForce:
    force_n = _vectors(path, force.name, "force", force.force_columns, table)
    torque_nm = _vectors(path, force.name, "torque", force.torque_columns, table)
    acting = np.any(force_n != 0, axis=1)
    point_m = _vectors(path, force.name, "point", force.point_columns, table, needed=acting)
    _check_points(path, force.name, force_n, point_m)
    # Without a point OpenSim applies the force at the origin of the segment itself.
    at_origin = not force.point_columns and force.segment is not None
    return AppliedForce(
        name=force.name,
        segment=force.segment,
        force_n=force_n,
        point_m=point_m,
        torque_nm=torque_nm,
        force_expressed_in=force.force_expressed_in,
        point_expressed_in=str(force.segment) if at_origin else force.point_expressed_in,
    )


def _vectors(
    path: str | Path,
    name: str,
    what: str,
    columns: tuple[str, ...],
    table: Table,
    needed: NDArray[np.bool_] | None = None,
) -> Floats:
    """Return three columns, shape (n_rows, 3); zero where there are none, and where nothing is needed and given."""
    if not columns:
        return np.zeros((len(table.time_s), 3))
    values = table.values[:, [table.columns.index(column) for column in columns]]
    missing = ~np.isfinite(values)
    empty = [column for column, gone in zip(columns, np.all(missing, axis=0).tolist(), strict=True) if gone]
    if empty:
        raise RecordingError(
            f"{path}: column {empty[0]!r} ({what} of {name!r}) holds no number at all, expected one per row. "
            "Export the forces again, or clear the identifier if the quantity was not measured."
        )
    gaps = missing.any(axis=1)
    unfit = np.flatnonzero(gaps if needed is None else gaps & needed)
    if unfit.size:
        column = columns[int(np.flatnonzero(missing[unfit[0]])[0])]
        raise RecordingError(
            f"{path}: column {column!r} ({what} of {name!r}) has no number at {table.time_s[unfit[0]]:g} s"
            f"{'' if needed is None else ' while the force acts'}, expected one. "
            f"{unfit.size} of {len(values)} rows are so: fill them, or cut them off."
        )
    return np.where(missing, 0.0, values)


def _check_points(path: str | Path, name: str, force_n: Floats, point_m: Floats) -> None:
    with np.errstate(over="ignore"):  # forces beyond reason are refused later, with the body's weight
        loaded = np.linalg.norm(force_n, axis=1) > _LOADED_N
    if not loaded.any():
        return
    far = float(np.median(np.abs(point_m[loaded]).max(axis=1)))
    if far > _FARTHEST_POINT_M:
        raise RecordingError(
            f"{path}: the points of {name!r} lie {far:.0f} m from the origin, "
            f"expected within {_FARTHEST_POINT_M:.0f} m. Units are probably mm. "
            "Divide the point columns by 1000, and the torques too if they are in N·mm."
        )


# --- writing ----------------------------------------------------------------------------------------------------------


def write_external_loads(forces: ExternalForces, path: str | Path, data_file: str = "external_forces.mot") -> None:
    """Write an ExternalLoads XML and, beside it, the table it names.

    Columns are ``<name>_ground_force_vx …``, ``…_px …`` and ``<name>_ground_torque_x …``, so that the table
    alone can be read too. Reading gives the same forces back.

    Raises
    ------
    FileError
        Names are not unique, a force has no segment, or a file cannot be written.
    """
    path = Path(path)
    loose = [wrench.name for wrench in forces.wrenches if wrench.segment is None]
    if loose:
        raise FileError(f"{path}: cannot be written, {loose[0]!r} acts on no segment. Assign the plates to feet first.")
    write_plates(forces, path.parent / data_file)
    document = ET.Element("OpenSimDocument", Version="40000")
    loads = ET.SubElement(document, "ExternalLoads", name=path.stem)
    objects = ET.SubElement(loads, "objects")
    for wrench in forces.wrenches:
        _append(objects, wrench)
    ET.SubElement(loads, "groups")
    ET.SubElement(loads, "datafile").text = data_file
    ET.indent(document, "\t")
    write_text_atomic(path, '<?xml version="1.0" encoding="UTF-8" ?>\n' + ET.tostring(document, "unicode") + "\n")


def _append(objects: Element, wrench: AppliedForce) -> None:
    element = ET.SubElement(objects, "ExternalForce", name=wrench.name)
    stem = _stem(wrench.name)
    for tag, text in (
        ("applied_to_body", str(wrench.segment)),
        ("force_expressed_in_body", wrench.force_expressed_in),
        ("point_expressed_in_body", wrench.point_expressed_in),
        ("force_identifier", f"{stem}_ground_force_v"),
        ("point_identifier", f"{stem}_ground_force_p"),
        ("torque_identifier", f"{stem}_ground_torque_"),
    ):
        ET.SubElement(element, tag).text = text


def write_plates(forces: ExternalForces, path: str | Path) -> None:
    """Write the forces as a table alone (MOT), for :func:`read_plates` and OpenSim. Errors as above."""
    stems = [_stem(wrench.name) for wrench in forces.wrenches]
    if len(set(stems)) != len(stems):
        raise FileError(f"{path}: cannot be written, the forces are named {', '.join(stems)}, expected unique names.")
    columns = tuple(
        f"{stem}_ground_{what}{axis}" for stem in stems for what in ("force_v", "force_p", "torque_") for axis in "xyz"
    )
    blocks = [block for wrench in forces.wrenches for block in (wrench.force_n, wrench.point_m, wrench.torque_nm)]
    values = np.hstack(blocks) if blocks else np.zeros((len(forces.time_s), 0))
    write_storage(Table(forces.time_s, columns, values, in_degrees=False, name=Path(path).name), path)


def _stem(name: str) -> str:
    # "right_ground_force" was made from "right": do not let names grow at each turn.
    stem = re.sub(r"_?ground_force", "", name).strip("_")
    return re.sub(r"\s+", "_", stem) or "plate"
