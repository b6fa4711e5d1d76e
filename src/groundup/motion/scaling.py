"""Scale a published body to a person: factors, body, markers, as OpenSim's ScaleTool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from groundup.body.model import Body, Marker, Muscle, MuscleKind
from groundup.body.recording import MarkerTrajectories, Table
from groundup.errors import ModelError, SetupError
from groundup.io.osim_read import read_marker_set, read_osim
from groundup.io.osim_write import write_osim
from groundup.io.scale_files import write_marker_set, write_scale_set
from groundup.io.setup_xml import PlacerSetup, ScalerSetup, ScaleSetup, ScalingStep
from groundup.io.storage import read_storage, write_storage
from groundup.io.trc import read_trc
from groundup.motion.marker_placement import PlacedMarkers, place_markers
from groundup.motion.scale_body import scale_body
from groundup.motion.scale_factors import Factors, MeasuredFactor, absent_segments, measure, scale_factors


@dataclass(frozen=True, eq=False)
class ScaleResult:
    """A body scaled to a person.

    Attributes
    ----------
    setup : what was asked for
    factors : factors along x, y, z by segment, ground included
    measured : what each measurement gave
    scaled : the body after scaling, its markers where they were on the published body, scaled
    placed : the markers put onto the person; None where that was not asked for
    notes : what a person should know, one line each
    """

    setup: ScaleSetup
    factors: Factors
    measured: tuple[MeasuredFactor, ...]
    scaled: Body
    placed: PlacedMarkers | None
    notes: tuple[str, ...]

    @property
    def body(self) -> Body:
        """The body to go on with."""
        return self.scaled if self.placed is None else self.placed.body


def run_scale(setup: ScaleSetup, marker_units: str | None = None, *, like_opensim: bool = False) -> ScaleResult:
    """Read what a set-up names, scale the body, place its markers. Nothing is written.

    Parameters
    ----------
    setup : ScaleSetup
    marker_units : unit of the recordings where their header is wrong: ``m``, ``mm`` …
    like_opensim : repeat OpenSim's faults, see :func:`groundup.motion.scale_body.scale_body`

    Raises
    ------
    SetupError
        The set-up names no model, or asks for something without naming its file.
    FileError, ModelError, RecordingError
        A file cannot be read, or model and recording do not fit; the message says which and what to do.
    """
    generic = generic_body(setup)
    recordings = _Recordings(marker_units)
    scaled, factors, measured, notes = _scale(setup, generic, recordings, like_opensim)
    placed, more_notes = _place(setup.placer, scaled, recordings)
    return ScaleResult(setup, factors, measured, scaled, placed, notes + more_notes)


def write_scale_files(result: ScaleResult) -> tuple[Path, ...]:
    """Write the files that the set-up names, each whole or not at all; return their paths.

    These are, as with OpenSim: the scaled model, the factors, the model with its markers placed, the static pose and
    the markers.

    Raises
    ------
    FileError
        A file cannot be written.
    """
    files = scale_files(result)
    for path, write in files:
        write(path)
    return tuple(path for path, _ in files)


def scale_files(result: ScaleResult) -> tuple[tuple[Path, Callable[[Path], None]], ...]:
    """Return the paths that the set-up names, each with what writes its file to a path."""
    scaler, placer, placed = result.setup.scaler, result.setup.placer, result.placed
    files: list[tuple[Path | None, Callable[[Path], None]]] = []
    if scaler.apply:
        files.append((scaler.output_model_file, partial(write_osim, result.scaled)))
        files.append((scaler.output_scale_file, partial(write_scale_set, result.factors)))
    if placed is not None:
        files.append((placer.output_model_file, partial(write_osim, placed.body)))
        files.append((placer.output_motion_file, partial(write_storage, static_pose(placed))))
        files.append((placer.output_marker_file, partial(write_marker_set, placed.body.markers)))
    return tuple((path, write) for path, write in files if path is not None)


def generic_body(setup: ScaleSetup) -> Body:
    """Read the model of a set-up, with its name and its marker set put on.

    Raises
    ------
    SetupError, FileError, ModelError
    """
    if setup.model_file is None:
        raise SetupError(f"{setup.path}: <GenericModelMaker> names no <model_file>, expected one. Name the model.")
    body = read_osim(setup.model_file)
    if setup.marker_set_file is not None:
        body = with_markers(body, read_marker_set(setup.marker_set_file), str(setup.marker_set_file))
    return body.with_(name=setup.name) if setup.name else body


def with_markers(body: Body, markers: tuple[Marker, ...], source: str = "marker set") -> Body:
    """Put markers on a body; one of a name that it already has takes that one's place.

    Raises
    ------
    ModelError
        A marker sits on a segment that the body does not have.
    """
    segments = (body.ground.name, *(s.name for s in body.segments))
    for marker in markers:
        if marker.segment not in segments:
            raise ModelError(
                f"{source}: marker {marker.name!r} is on {marker.segment!r}, which the model {body.name!r} does not "
                f"have; it has {', '.join(segments)}. Correct the marker's body, or remove the marker."
            )
    new = {m.name: m for m in markers}
    kept = tuple(new.pop(m.name, m) for m in body.markers)
    return body.with_(markers=kept + tuple(new.values()))


def static_pose(placed: PlacedMarkers) -> Table:
    """Tabulate the static pose the way OpenSim does: one row of all states, rad, m and their rates.

    Muscles are in their default states.
    """
    body = placed.body
    columns: dict[str, float] = {}
    for c, value in zip(body.coordinates, placed.q, strict=True):
        columns[f"/jointset/{c.joint}/{c.name}/value"] = float(value)
        columns[f"/jointset/{c.joint}/{c.name}/speed"] = c.default_speed
    for muscle in body.muscles:
        columns |= {f"/forceset/{muscle.name}/{state}": x for state, x in _default_states(muscle).items()}
    values = np.array([list(columns.values())])
    return Table(np.array([placed.time_s]), tuple(columns), values, in_degrees=False, name="static pose")


# ------------------------------------------------------------------------------------------------------------ parts


def _default_states(muscle: Muscle) -> dict[str, float]:
    states: dict[str, float] = {}
    if not muscle.ignore_activation_dynamics:
        states["activation"] = muscle.parameters.get("default_activation", 0.05)
    if not muscle.ignore_tendon_compliance:
        if muscle.kind is MuscleKind.DEGROOTEFREGLY2016:
            states["normalized_tendon_force"] = muscle.parameters.get("default_normalized_tendon_force", 0.5)
        else:
            states["fiber_length"] = muscle.parameters.get("default_fiber_length", 0.1)
    return states


class _Recordings:
    """Recordings by file: scaling and placement mostly name the same one."""

    def __init__(self, units: str | None) -> None:
        self._units = units
        self._read: dict[Path, MarkerTrajectories] = {}

    def read(self, path: Path | None) -> MarkerTrajectories | None:
        """Read a recording once."""
        if path is None:
            return None
        if path not in self._read:
            self._read[path] = read_trc(path, self._units)
        return self._read[path]


_Scaled = tuple[Body, Factors, tuple[MeasuredFactor, ...], tuple[str, ...]]


def _scale(setup: ScaleSetup, generic: Body, recordings: _Recordings, like_opensim: bool) -> _Scaled:
    scaler = setup.scaler
    if not scaler.apply or scaler == ScalerSetup():
        note = "scaling is switched off or not set up: segments keep their size and mass"
        return generic, scale_factors(ScalerSetup(), generic), (), (note,)
    asked = ScalingStep.MEASUREMENTS in scaler.scaling_order
    markers = recordings.read(scaler.marker_file) if asked else None
    factors = scale_factors(scaler, generic, markers)
    scaled = scale_body(
        generic,
        factors,
        setup.mass_kg,
        preserve_mass_distribution=scaler.preserve_mass_distribution,
        like_opensim=like_opensim,
    )
    measured = measure(scaler, generic, markers) if asked else ()
    return scaled, factors, measured, _scaling_notes(setup, generic)


def _scaling_notes(setup: ScaleSetup, generic: Body) -> tuple[str, ...]:
    notes = []
    if absent := absent_segments(setup.scaler, generic):
        notes.append(f"not on the model, not scaled: {', '.join(absent)}")
    if setup.mass_kg is None:
        notes.append("the set-up has no mass: masses follow from the factors alone")
    keep = [u.name for u in generic.unsupported if u.container in ("ForceSet", "components", "ContactGeometrySet")]
    if keep:
        notes.append(f"not used by groundup and kept at their old size: {', '.join(keep)}")
    if generic.contacts:
        notes.append("contact spheres keep their places and radii, as with OpenSim")
    return tuple(notes)


def _place(placer: PlacerSetup, body: Body, recordings: _Recordings) -> tuple[PlacedMarkers | None, tuple[str, ...]]:
    if not placer.apply or placer == PlacerSetup():
        return None, ("marker placement is switched off or not set up: markers keep their places on the model",)
    markers = recordings.read(placer.marker_file)
    if markers is None:
        raise SetupError(
            "<MarkerPlacer>: there is no recording to place markers from, expected <marker_file>. Name one, or set "
            "<apply> to false."
        )
    coordinates = None if placer.coordinate_file is None else read_storage(placer.coordinate_file)
    placed = place_markers(body, markers, placer.time_range, placer.tasks, coordinates, placer.max_marker_movement)
    return placed, _placing_notes(placed)


def _placing_notes(placed: PlacedMarkers) -> tuple[str, ...]:
    notes = []
    if placed.removed:
        notes.append(f"not recorded, removed from the model: {', '.join(placed.removed)}")
    if placed.restless:
        notes.append(f"moved while standing: {', '.join(placed.restless)}")
    return tuple(notes)
