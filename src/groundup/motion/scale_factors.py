"""How much longer, along x, y, z, each segment of a person is than that of a published body."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND, Body
from groundup.body.recording import MarkerTrajectories
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import ModelError, RecordingError, SetupError
from groundup.io.setup_xml import Measurement, ScalerSetup, ScalingStep, TimeRange

Factors = dict[str, Floats]
"""Factors along x, y, z (3,) by segment."""

# The smallest child and the tallest adult differ from an adult's body by far less; beyond, a unit is wrong.
SMALLEST_FACTOR, LARGEST_FACTOR = 0.2, 5.0
_AXES = ("X", "Y", "Z")
_NOT_GIVEN: TimeRange = (-1.0, -1.0)


@dataclass(frozen=True)
class PairLength:
    """Distance between two markers: on the person (mean over frames) and on the body in its default pose, m."""

    markers: tuple[str, str]
    measured_m: float
    model_m: float

    @property
    def ratio(self) -> float:
        """Measured by model distance."""
        return self.measured_m / self.model_m


@dataclass(frozen=True)
class MeasuredFactor:
    """What a measurement gave: the mean ratio of its pairs."""

    name: str
    factor: float
    pairs: tuple[PairLength, ...]


def scale_factors(scaler: ScalerSetup, body: Body, markers: MarkerTrajectories | None = None) -> Factors:
    """Compute the factors of every segment, the ground included.

    Parameters
    ----------
    scaler : measurements and factors by hand, and the order they are applied in; a later step replaces an earlier one
    body : the body to be scaled, with the markers that measurements name
    markers : the person standing still, m; None where nothing is measured

    Returns
    -------
    Factors
        1 where nothing applies. Segments that the body does not have are passed over, see :func:`absent_segments`.

    Raises
    ------
    SetupError
        A measurement without pairs, or without a recording.
    RecordingError
        A marker is missing or never seen, no frames in the time range, or a factor that no person can have.
    ModelError
        The body lacks a marker.
    """
    factors = {name: np.ones(3) for name in (GROUND, *(s.name for s in body.segments))}
    for step in scaler.scaling_order:
        for segment, values in _step(step, scaler, body, markers):
            if segment in factors:
                factors[segment] = np.where(np.isnan(values), factors[segment], values)
    return factors


def measure(scaler: ScalerSetup, body: Body, markers: MarkerTrajectories | None) -> tuple[MeasuredFactor, ...]:
    """Compute what every measurement that applies gives. Parameters and errors as of :func:`scale_factors`.

    Notes
    -----
    A pair's distance is averaged over frames; a measurement's factor is the mean over pairs of measured / model
    distance, as in OpenSim. Frames in which one of the markers was not seen are left out, where OpenSim drops the
    whole measurement.
    """
    wanted = [m for m in scaler.measurements if m.apply]
    if not wanted:
        return ()
    if markers is None:
        raise SetupError(
            f"measurement {wanted[0].name!r}: there is no recording to take it from, expected <marker_file> in "
            "<ModelScaler>. Name one, or leave measurements out of <scaling_order>."
        )
    frames = frames_within(markers, scaler.time_range)
    places = _places_by_name(body)
    return tuple(_measure_one(m, places, markers, frames) for m in wanted)


def absent_segments(scaler: ScalerSetup, body: Body) -> tuple[str, ...]:
    """Name the segments that the set-up scales and the body does not have."""
    known = {GROUND, *(s.name for s in body.segments)}
    measured = [b.segment for m in scaler.measurements if m.apply for b in m.body_scales]
    by_hand = [m.segment for m in scaler.manual_scales if m.apply]
    return tuple(dict.fromkeys(name for name in measured + by_hand if name not in known))


def frames_within(markers: MarkerTrajectories, time_range: TimeRange) -> slice:
    """Choose the frames of a time range: from the last one not after its start to the first one not before its end.

    This is OpenSim's choice: a range that ends between frames takes in the frame beyond. Where none is given, (-1, -1),
    it is the whole recording; OpenSim scales by the first frame then, and refuses to place markers.

    Raises
    ------
    RecordingError
        The recording has no frame within the range.
    """
    time = markers.time_s
    first, last = time_range if time_range != _NOT_GIVEN else (-math.inf, math.inf)
    if last < time[0] or first > time[-1]:
        raise RecordingError(
            f"{markers.source or 'markers'}: no frames between {first:g} and {last:g} s, the recording runs from "
            f"{time[0]:g} to {time[-1]:g} s. Correct <time_range>."
        )
    start = max(int(np.searchsorted(time, first, side="right")) - 1, 0)
    end = max(int(np.searchsorted(time, last, side="left")), start) + 1
    return slice(start, min(end, len(time)))


def check_factors(factors: Mapping[str, Floats], body: Body) -> None:
    """Raise ModelError where a factor is no plausible one or its segment is unknown."""
    known = {GROUND, *(s.name for s in body.segments)}
    for segment, values in factors.items():
        if segment not in known:
            raise ModelError(
                f"scale factor of {segment!r}: the model {body.name!r} has no such segment; it has "
                f"{', '.join(sorted(known))}. Correct the name."
            )
        check_factor(f"scale factors of {segment!r}", values, ModelError)


def check_factor(place: str, values: Floats, kind: type[ModelError] | type[RecordingError], cause: str = "") -> None:
    """Raise ``kind`` unless all values lie within 0.2 to 5."""
    shape = np.shape(values)
    fit = shape in ((), (3,)) and bool(np.all((values >= SMALLEST_FACTOR) & (values <= LARGEST_FACTOR)))
    if not fit:
        found = " ".join(f"{v:.4g}" for v in np.ravel(values)[:6])
        raise kind(
            f"{place}: {found}, expected {SMALLEST_FACTOR:g} to {LARGEST_FACTOR:g}. "
            f"{cause or 'A length is probably in mm where m are meant, or the other way round.'}"
        )


# ------------------------------------------------------------------------------------------------------------ parts


def _step(
    step: ScalingStep, scaler: ScalerSetup, body: Body, markers: MarkerTrajectories | None
) -> list[tuple[str, Floats]]:
    """Return segments and their new factors in order; NaN leaves an axis as it is."""
    if step is ScalingStep.MANUAL:
        by_hand = [(m.segment, np.array(m.factors)) for m in scaler.manual_scales if m.apply]
        for segment, values in by_hand:
            check_factor(f"<ScaleSet>: factors of {segment!r}", values, ModelError)
        return by_hand
    found = {m.name: m.factor for m in measure(scaler, body, markers)}
    return [
        (scale.segment, np.array([found[m.name] if axis in scale.axes else np.nan for axis in _AXES]))
        for m in scaler.measurements
        if m.apply
        for scale in m.body_scales
    ]


def _places_by_name(body: Body) -> dict[str, Floats]:
    """Where the body's markers are in its default pose, m, ground axes."""
    if not body.markers:
        return {}
    skeleton = compile_skeleton(body)
    at = poses(skeleton, default_pose(body))
    segment = np.array([skeleton.segment_index[m.segment] for m in body.markers])
    place = points_in_ground(at, segment, np.array([m.location for m in body.markers]))[0]
    return {m.name: x for m, x in zip(body.markers, place, strict=True)}


def default_pose(body: Body) -> Floats:
    """Return the body's default coordinates (1, n_coords), rad or m; those that follow others do so."""
    q = np.array([[c.default for c in body.coordinates]], dtype=np.float64)
    return compile_skeleton(body).couplers.apply(q)


def _measure_one(
    measurement: Measurement, places: dict[str, Floats], markers: MarkerTrajectories, frames: slice
) -> MeasuredFactor:
    where = f"measurement {measurement.name!r}"
    if not measurement.marker_pairs:
        raise SetupError(f"{where}: holds no marker pairs, expected at least one. Add one or set <apply> to false.")
    pairs = tuple(_pair(where, pair, places, markers, frames) for pair in measurement.marker_pairs)
    for pair in pairs:
        check_factor(
            f"{markers.source or 'markers'}: {where}, {pair.markers[0]} to {pair.markers[1]} is {pair.measured_m:.4g} m"
            f" on the person and {pair.model_m:.4g} m on the model, a factor of",
            np.array(pair.ratio),
            RecordingError,
            "The recording is probably in mm and read as m, or the markers are swapped. Check its units.",
        )
    return MeasuredFactor(measurement.name, math.fsum(p.ratio for p in pairs) / len(pairs), pairs)


def _pair(
    where: str, pair: tuple[str, str], places: dict[str, Floats], markers: MarkerTrajectories, frames: slice
) -> PairLength:
    source = markers.source or "markers"
    for name in pair:
        if name not in markers.names:
            raise RecordingError(
                f"{source}: {where} needs the marker {name!r}, which the recording does not have; it has "
                f"{_some(markers.names)}. Rename it there, or take the pair out of the set-up."
            )
        if name not in places:
            raise ModelError(
                f"{where}: needs the marker {name!r}, which the model does not have; it has {_some(tuple(places))}. "
                "Add it to the marker set, or take the pair out of the set-up."
            )
    a, b = (markers.positions_m[frames, markers.names.index(name)] for name in pair)
    distance = np.linalg.norm(a - b, axis=1)
    seen = distance[np.isfinite(distance)]
    if not len(seen):
        raise RecordingError(
            f"{source}: {where}: {pair[0]!r} and {pair[1]!r} are never seen together in the time range "
            f"({len(distance)} frames). Choose another <time_range> or fill the gaps."
        )
    model = float(np.linalg.norm(places[pair[0]] - places[pair[1]]))
    if model < 1e-9:
        raise ModelError(f"{where}: {pair[0]!r} and {pair[1]!r} are at one place on the model. Move one of them.")
    return PairLength(pair, float(np.mean(seen)), model)


def _some(names: tuple[str, ...], most: int = 8) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "") if names else "none"
