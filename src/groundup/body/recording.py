"""The nouns of recordings: where markers were, what a table holds, which forces act on which segment.

SI units inside: metres, newtons, newton metres, seconds. A gap in a marker is NaN in all three coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass

from groundup.body.functions import Floats
from groundup.body.model import GROUND
from groundup.body.pressure import RegionalPressure


@dataclass(frozen=True, eq=False)
class MarkerTrajectories:
    """Where markers were in the laboratory.

    Attributes
    ----------
    time_s : array, shape (n_frames,), s
        Strictly increasing.
    names : tuple of n_markers unique names
    positions_m : array, shape (n_frames, n_markers, 3), m, laboratory axes as recorded
        NaN where a marker was not seen.
    rate_hz : float, Hz
    source : where it came from, for messages and reports
    """

    time_s: Floats
    names: tuple[str, ...]
    positions_m: Floats
    rate_hz: float
    source: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns over time, as in OpenSim's MOT and STO files.

    Attributes
    ----------
    time_s : array, shape (n_rows,), s
        Strictly increasing.
    columns : tuple of n_columns unique names, without time
    values : array, shape (n_rows, n_columns)
        In the units of the file. NaN where the file says so.
    in_degrees : bool or None
        Whether angles are in degrees; None where the file does not say (OpenSim then takes radians).
    name : the title line of the file
    """

    time_s: Floats
    columns: tuple[str, ...]
    values: Floats
    in_degrees: bool | None = None
    name: str = ""


@dataclass(frozen=True)
class ExternalForce:
    """How one applied force is described: which columns of a table act on which segment, in which frame.

    Three column names per quantity, in the order x, y, z; empty where the quantity is not given. A force without
    point columns acts at the origin of its segment.
    """

    name: str
    segment: str | None
    force_columns: tuple[str, ...] = ()
    point_columns: tuple[str, ...] = ()
    torque_columns: tuple[str, ...] = ()
    force_expressed_in: str = GROUND
    point_expressed_in: str = GROUND


@dataclass(frozen=True, eq=False)
class AppliedForce:
    """A force, its point of application and a free torque over time.

    Attributes
    ----------
    name : name of the force or of the plate
    segment : the segment it acts on; None for a plate that no foot is assigned to yet
    force_n : array, shape (n_rows, 3), N
    point_m : array, shape (n_rows, 3), m
    torque_nm : array, shape (n_rows, 3), N·m
        Free torque at ``point_m``, in the axes of ``force_expressed_in``.
    force_expressed_in, point_expressed_in : segment whose axes (and origin, for the point) are used
    """

    name: str
    segment: str | None
    force_n: Floats
    point_m: Floats
    torque_nm: Floats
    force_expressed_in: str = GROUND
    point_expressed_in: str = GROUND


@dataclass(frozen=True, eq=False)
class ExternalForces:
    """Forces from outside the body on one clock: ``time_s`` (n_rows,) s, strictly increasing."""

    time_s: Floats
    wrenches: tuple[AppliedForce, ...]
    source: str = ""


@dataclass(frozen=True, eq=False)
class Signals:
    """Columns with a unit each: muscle activity, other analog channels, what another program computed.

    Attributes
    ----------
    table : Table
        ``table.values`` has shape (n_rows, n_columns), in ``units``.
    units : tuple of n_columns units, as the file writes them; empty text where it says nothing
    rate_hz : float, Hz
    """

    table: Table
    units: tuple[str, ...]
    rate_hz: float


@dataclass(frozen=True)
class GaitEvent:
    """An event that a person or another program marked in the recording.

    ``side`` is ``left``, ``right`` or ``general``; ``kind`` is ``foot strike``, ``foot off`` or the file's own word;
    ``time_s`` is on the clock of the markers.
    """

    side: str
    kind: str
    time_s: float


@dataclass(frozen=True)
class RecordedSubject:
    """What a recording says about the person: None where it says nothing that can be believed.

    ``parameters`` holds every single number about the person under the file's name, in the file's unit. ``sex``
    (``female``, ``male``) and ``age_years`` choose published ranges; ``steps_per_day`` counts both feet.
    """

    name: str = ""
    mass_kg: float | None = None
    height_m: float | None = None
    parameters: tuple[tuple[str, float], ...] = ()
    sex: str | None = None
    age_years: float | None = None
    steps_per_day: float | None = None


@dataclass(frozen=True, eq=False)
class PlateGeometry:
    """Where a force plate lies: ``corners_m`` (4, 3) m, in the axes of the markers; ``type`` as C3D numbers it."""

    name: str
    type: int
    corners_m: Floats


@dataclass(frozen=True, eq=False)
class Recording:
    """One trial as it was recorded: markers, and the forces under the feet where there were plates.

    Attributes
    ----------
    synthetic : made by a computer; whatever shows a result of it says so
    notes : what was turned, corrected or left out in reading it
    subject, plates, events, emg : what else the file says; empty or None where it says nothing
    pressure : what each region of the feet carried, from its own file
    """

    markers: MarkerTrajectories
    forces: ExternalForces | None = None
    title: str = "Recording"
    synthetic: bool = False
    notes: tuple[str, ...] = ()
    subject: RecordedSubject = RecordedSubject()
    plates: tuple[PlateGeometry, ...] = ()
    events: tuple[GaitEvent, ...] = ()
    emg: Signals | None = None
    pressure: RegionalPressure | None = None
