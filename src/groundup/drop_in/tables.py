"""What the tools share: models, coordinates from files, rows of results, tables as OpenSim heads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, MotionKind
from groundup.body.recording import ExternalForces, Table
from groundup.drop_in.outcome import Output
from groundup.errors import SetupError
from groundup.io.external_loads import read_external_loads, read_external_loads_setup
from groundup.io.osim_read import read_osim
from groundup.io.storage import read_storage, write_storage

UNITS = """
Units are S.I. units (second, meters, Newtons, ...)
If the header above contains a line with 'inDegrees', this indicates whether rotational values are in degrees (yes) \
or radians (no).

"""
"""What OpenSim writes into the headers of motions and forces."""


def needed(setup: Path, tag: str, path: Path | None) -> Path:
    """Return the path that an element names, or say that the element is missing.

    Raises
    ------
    SetupError
        There is no path, or no file there.
    """
    if path is None:
        raise SetupError(f"{setup}: <{tag}> names no file, expected one. Name it.")
    if not path.is_file():
        raise SetupError(
            f"{setup}: <{tag}> names {path}, which does not exist. Correct the name, or make that file first."
        )
    return path


def read_model(setup: Path, path: Path | None) -> Body:
    """Read the model that ``<model_file>`` names."""
    return read_osim(needed(setup, "model_file", path))


@dataclass(frozen=True)
class Given:
    """Which quantities the description of an external force gives."""

    force: bool
    point: bool
    torque: bool


@dataclass(frozen=True, eq=False)
class OutsideForces:
    """Forces from outside, and which quantities were given for each."""

    forces: ExternalForces
    given: tuple[Given, ...]


def read_loads(setup: Path, path: Path | None) -> OutsideForces | None:
    """Read the forces that ``<external_loads_file>`` names; None where there are none."""
    if path is None:
        return None
    forces = read_external_loads(needed(setup, "external_loads_file", path))
    described = read_external_loads_setup(path).forces
    given = (Given(bool(d.force_columns), bool(d.point_columns), bool(d.torque_columns)) for d in described)
    return OutsideForces(forces, tuple(given))


def check_covered(setup: Path, element: str, time_s: Floats, outside: OutsideForces | None) -> None:
    """Refuse rows outside the recorded forces.

    Raises
    ------
    SetupError
    """
    if outside is None:
        return
    forces = outside.forces
    first, last = float(forces.time_s[0]), float(forces.time_s[-1])
    slack = 1e-6 + (0.5 * float(np.median(np.diff(forces.time_s))) if len(forces.time_s) > 1 else 0.0)
    if time_s[0] < first - slack or time_s[-1] > last + slack:
        raise SetupError(
            f"{setup}: the results would run from {time_s[0]:.3f} to {time_s[-1]:.3f} s, but {forces.source} holds "
            f"forces from {first:.3f} to {last:.3f} s. Choose {element} within the forces."
        )


@dataclass(frozen=True, eq=False)
class RecordedCoordinates:
    """Coordinates from a file.

    Attributes
    ----------
    time_s : array, shape (n_rows,)
    q : array, shape (n_rows, n_coords), rad or m
        In the body's order; those that the file lacks have their default values.
    speed : array, shape (n_rows, n_coords), or None
        Where the file holds speeds.
    present : names of the coordinates that the file holds
    """

    time_s: Floats
    q: Floats
    speed: Floats | None
    present: frozenset[str]


def read_coordinates(setup: Path, tag: str, path: Path | None, body: Body) -> RecordedCoordinates:
    """Read coordinates of a body: short names or paths such as ``/jointset/hip_r/hip_flexion_r/value``.

    Raises
    ------
    SetupError
        The element names no file, or none of its columns is a coordinate of the body.
    """
    table = read_storage(needed(setup, tag, path))
    values, speeds = _by_coordinate(table, body, "value"), _by_coordinate(table, body, "speed")
    if not values:
        raise SetupError(
            f"{path}: holds no coordinate of the model, expected some of {', '.join(body.coordinate_names[:8])}, … "
            f"Check <{tag}> and <model_file> in {setup.name}."
        )
    rest = np.broadcast_to([c.default for c in body.coordinates], (len(table.time_s), len(body.coordinates)))
    q = np.column_stack([values.get(c.name, rest[:, i]) for i, c in enumerate(body.coordinates)])
    zero = np.zeros(len(table.time_s))
    speed = np.column_stack([speeds.get(c.name, zero) for c in body.coordinates]) if speeds else None
    gap = np.argwhere(~np.isfinite(q))
    if len(gap):
        row, column = gap[0]
        raise SetupError(
            f"{path}: {body.coordinates[column].name} has no number at {table.time_s[row]:g} s, expected one in every "
            "row. Fill the gap, or cut these rows off."
        )
    return RecordedCoordinates(table.time_s, q, speed, frozenset(values))


def read_speeds(setup: Path, path: Path, body: Body) -> tuple[Floats, Floats]:
    """Read times (n_rows,) and speeds (n_rows, n_coords), rad/s and m/s, from a ``<speeds_file>``.

    Raises
    ------
    SetupError
        A coordinate has no column ``<name>_u`` or ``…/speed``: OpenSim then takes it to stand still.
    """
    table = read_storage(needed(setup, "speeds_file", path))
    found = _by_coordinate(table, body, "speed")
    absent = [name for name in body.coordinate_names if name not in found]
    if absent:
        raise SetupError(
            f"{path}: has no speed of {len(absent)} coordinates ({', '.join(absent[:4])}), expected columns such as "
            f"{absent[0]}_u; OpenSim would take these to stand still. Rename the columns, or empty <speeds_file>."
        )
    return table.time_s, np.column_stack([found[name] for name in body.coordinate_names])


def _by_coordinate(table: Table, body: Body, quantity: str) -> dict[str, Floats]:
    """Columns of values or speeds by coordinate, rad or m (and per second)."""
    turns = {c.name: c.motion is MotionKind.ROTATIONAL for c in body.coordinates}
    found: dict[str, Floats] = {}
    for i, column in enumerate(table.columns):
        name, kind = _named_quantity(column, turns)
        if name in turns and kind == quantity:
            values = table.values[:, i]
            found[name] = np.deg2rad(values) if table.in_degrees and turns[name] else values
    return found


def _named_quantity(column: str, known: Iterable[str]) -> tuple[str, str]:
    """Coordinate and quantity that a column's name means: ``x``, ``x_u``, ``/jointset/j/x/value``, ``…/x/speed``."""
    owner, slash, kind = column.rpartition("/")
    if slash:
        return owner.rpartition("/")[-1], kind
    if column.endswith("_u") and column not in known:
        return column.removesuffix("_u"), "speed"
    return column, "value"


def rows_between(setup: Path, element: str, clock_s: Floats, first_s: float, last_s: float) -> np.ndarray:
    """Indices of a clock from the instant at or just before ``first_s`` to the last one not after ``last_s``.

    Raises
    ------
    SetupError
        The range holds no instant.
    """
    begin = max(int(np.searchsorted(clock_s, first_s, side="right")) - 1, 0)
    end = int(np.searchsorted(clock_s, last_s, side="right")) - 1
    if end < begin or first_s > clock_s[-1]:
        raise SetupError(
            f"{setup}: {element} is {first_s:g} to {last_s:g} s, but the motion runs from {clock_s[0]:g} to "
            f"{clock_s[-1]:g} s. Choose times within it."
        )
    return np.arange(begin, end + 1)


def storage(path: Path, name: str, time_s: Floats, columns: Iterable[str], values: Floats, header: str = "") -> Output:
    """Prepare a table in SI units and radians, as OpenSim's tools write it."""
    table = Table(time_s, tuple(columns), values, in_degrees=False, name=name)
    return Output(path, partial(write_storage, table, description=header))


def motion_table(path: Path, body: Body, time_s: Floats, q: Floats) -> Output:
    """Prepare a motion in degrees and m."""
    turns = np.array([c.motion is MotionKind.ROTATIONAL for c in body.coordinates])
    values = np.where(turns, np.rad2deg(q), q)
    table = Table(time_s, body.coordinate_names, values, in_degrees=True, name="Coordinates")
    return Output(path, partial(write_storage, table, description=UNITS))


def force_notes(body: Body, excluded: Iterable[str] = ()) -> tuple[str, ...]:
    """Name the forces of a model that OpenSim would count in and groundup does not compute."""
    left_out = {word.lower() for word in excluded}
    if "all" in left_out:
        return ()
    by_kind: dict[str, list[str]] = {}
    for u in body.unsupported:
        inert = u.container not in ("ForceSet", "components") or "no effect" in u.effect
        if not inert and u.name.lower() not in left_out:
            by_kind.setdefault(f"{u.kind}|{u.effect}", []).append(u.name)
    if body.contacts:
        by_kind["SmoothSphereHalfSpaceForce|It is left out; measured forces take its place."] = [
            c.name for c in body.contacts if c.name.lower() not in left_out
        ]
    notes = []
    for key, names in by_kind.items():
        kind, _, effect = key.partition("|")
        shown = ", ".join(names[:4]) + (f", … ({len(names)} in all)" if len(names) > 4 else "")
        notes.append(f"OpenSim counts in {kind} {shown}; groundup does not compute it. {effect}")
    return tuple(notes)
