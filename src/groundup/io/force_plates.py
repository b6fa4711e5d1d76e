"""From the channels of a force plate to the force on the person: one wrench per sample, in laboratory axes.

A plate's own axes: x from corners 2 and 3 towards 1 and 4, y from corners 3 and 4 towards 1 and 2, z = x × y, which
points down for corners as C3D orders them. The centre of the corners is the origin; moments are about it until the
centre of pressure is known.

References
----------
.. [1] The C3D File Format: User Guide, Motion Lab Systems 2021, chapter "Force platform" (plate types 1 to 4).
.. [2] Bobbert MF, Schamhardt HC 1990. Accuracy of determining the point of force application with piezoelectric
   force plates. J Biomech 23:705–710. doi:10.1016/0021-9290(90)90169-4 (the formulas of eight-channel plates).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.body.recording import AppliedForce, PlateGeometry
from groundup.errors import RecordingError

Flags = NDArray[np.bool_]

CHANNELS_OF_TYPE = {1: 6, 2: 6, 3: 8, 4: 6}
"""The types of plate that are read, and how many channels each has."""

THRESHOLD_N = 20.0
"""Force on the surface below which a plate counts as unloaded: the usual 20 N of gait laboratories."""

_OFFSET_N = 25.0  # a steady force below this is the plate's own zero, not a person
_QUIET_N = 3.0  # noise of an unloaded plate (standard deviation of the vertical force), N
_QUIET_S = 0.05  # shortest stretch in which the plate's zero is looked for
_OFF_PLATE_M = 0.05  # a centre of pressure farther outside than this is a fault of corners, units or channels
_FIRMLY_N = 100.0  # from here on the centre of pressure is known to a few millimetres


@dataclass(frozen=True, eq=False)
class ForcePlate:
    """A plate as it was recorded.

    Attributes
    ----------
    geometry : PlateGeometry
    origin_m : array, shape (3,), m, plate axes
        From the sensors' origin to the centre of the surface; for type 3 the distances a, b of the sensors and the
        depth az0.
    channels : array, shape (n_samples, n_channels)
        N, N·m and m; before ``calibration`` in whatever the plate gives.
    calibration : array, shape (6, 6), or None
        Turns the channels into N and N·m (type 4).
    """

    geometry: PlateGeometry
    origin_m: Floats
    channels: Floats
    calibration: Floats | None = None


@dataclass(frozen=True, eq=False)
class _Wrench:
    """A force (n_samples, 3) N and its moment (n_samples, 3) N·m about the centre of the surface."""

    force_n: Floats
    moment_nm: Floats


def force_on_person(
    plate: ForcePlate, rate_hz: float, up: Floats, zero_rows: slice | None = None
) -> tuple[AppliedForce, tuple[str, ...]]:
    """Turn a plate's channels into the force on the person, and say what was corrected on the way.

    Parameters
    ----------
    plate : ForcePlate
    rate_hz : float, Hz
    up : array, shape (3,)
        Where up is, in the axes of the corners.
    zero_rows : slice or None
        Samples at which the file says the plate was empty (FORCE_PLATFORM:ZERO).

    Returns
    -------
    AppliedForce, in the axes of the corners, on no segment yet
        Below the threshold the force is zero and the point stays where it last was.
    notes : tuple of str

    Raises
    ------
    RecordingError
        The type of the plate is not read, its channels are too few, or its corners span no area.
    """
    _check(plate)
    axes = plate_axes(plate.geometry)
    channels, notes = _without_offset(plate, axes.T @ up, rate_hz, zero_rows)
    in_plate = _wrench(plate, channels)
    in_plate, turned = _as_reaction(in_plate, axes.T @ up)
    if turned:
        notes.append(f"{plate.geometry.name} recorded the force on the plate; it was reversed to act on the person.")
    acting = np.abs(in_plate.force_n[:, 2]) > THRESHOLD_N
    point, free_moment = _centre_of_pressure(in_plate, acting)
    notes += _off_the_plate(plate, axes, point, np.abs(in_plate.force_n[:, 2]) > _FIRMLY_N)
    at = plate.geometry.corners_m.mean(axis=0)
    force = np.where(acting[:, None], in_plate.force_n, 0.0) @ axes.T
    torque = np.where(acting, free_moment, 0.0)[:, None] * axes[:, 2]
    return AppliedForce(plate.geometry.name, None, force, at + point @ axes.T, torque), tuple(notes)


def plate_axes(geometry: PlateGeometry) -> Floats:
    """Return the plate's axes as columns, shape (3, 3), from its corners.

    Raises
    ------
    RecordingError
        The corners span no area.
    """
    first, second, third, fourth = geometry.corners_m
    x, y = first + fourth - second - third, first + second - third - fourth
    z = np.cross(x, y)
    if not 1e-4 < np.linalg.norm(z) < 1e4:  # m²: from 5 mm by 5 mm; also refuses NaN
        raise RecordingError(
            f"{geometry.name}: its four corners span no area, expected a rectangle. "
            "Correct FORCE_PLATFORM:CORNERS, or pass forces from another file."
        )
    x, z = x / np.linalg.norm(x), z / np.linalg.norm(z)
    return np.column_stack([x, np.cross(z, x), z])


def _check(plate: ForcePlate) -> None:
    kind, name = plate.geometry.type, plate.geometry.name
    if kind not in CHANNELS_OF_TYPE:
        raise RecordingError(
            f"{name} is of type {kind}, expected 1, 2, 3 or 4. Export its forces as type 2, or pass them as a table "
            "(--forces)."
        )
    if plate.channels.shape[1] != CHANNELS_OF_TYPE[kind]:
        raise RecordingError(
            f"{name} of type {kind} has {plate.channels.shape[1]} channels, expected {CHANNELS_OF_TYPE[kind]}. "
            "Correct FORCE_PLATFORM:CHANNEL, or pass the forces as a table (--forces)."
        )
    if kind == 4 and plate.calibration is None:
        raise RecordingError(
            f"{name} of type 4 has no calibration matrix, expected 6 × 6 numbers. "
            "Add FORCE_PLATFORM:CAL_MATRIX, or pass the forces as a table (--forces)."
        )


# --- from channels to a wrench about the centre of the surface ------------------------------------------------------


def _wrench(plate: ForcePlate, channels: Floats) -> _Wrench:
    if plate.geometry.type == 1:
        return _of_point_and_force(channels)
    if plate.geometry.type == 3:
        return _of_eight_channels(channels, plate.origin_m)
    six = channels if plate.calibration is None else channels @ plate.calibration.T
    force, moment = six[:, :3], six[:, 3:]
    return _Wrench(force, moment + np.cross(force, _above_sensors(plate.origin_m)))


def _of_point_and_force(channels: Floats) -> _Wrench:
    """Type 1: Fx, Fy, Fz, the centre of pressure Px, Py, and the free moment Mz."""
    force, free = channels[:, :3], channels[:, 5]
    point = np.column_stack([channels[:, 3:5], np.zeros(len(channels))])
    return _Wrench(force, np.cross(point, force) + free[:, None] * np.array([0.0, 0.0, 1.0]))


def _of_eight_channels(channels: Floats, origin_m: Floats) -> _Wrench:
    """Type 3: Fx12, Fx34, Fy14, Fy23 and four vertical forces at (±a, ±b), a depth az0 below the surface."""
    a, b = np.abs(origin_m[:2])
    fx12, fx34, fy14, fy23, fz1, fz2, fz3, fz4 = channels.T
    force = np.column_stack([fx12 + fx34, fy14 + fy23, fz1 + fz2 + fz3 + fz4])
    moment = np.column_stack(
        [b * (fz1 + fz2 - fz3 - fz4), a * (-fz1 + fz2 + fz3 - fz4), b * (fx34 - fx12) + a * (fy14 - fy23)]
    )
    depth = np.array([0.0, 0.0, -abs(origin_m[2])])
    return _Wrench(force, moment + np.cross(force, depth))


def _above_sensors(origin_m: Floats) -> Floats:
    # z points down and the surface is above the sensors; some software writes the vector the other way round.
    return -origin_m if origin_m[2] > 0 else origin_m


def _as_reaction(wrench: _Wrench, up: Floats) -> tuple[_Wrench, bool]:
    """Make the force push the person up: nobody pulls on a plate, so its sign is known from the force itself."""
    vertical = wrench.force_n @ up
    if vertical[np.abs(vertical) > THRESHOLD_N].sum() >= 0:
        return wrench, False
    return _Wrench(-wrench.force_n, -wrench.moment_nm), True


# --- where the force acts ---------------------------------------------------------------------------------------------


def _centre_of_pressure(wrench: _Wrench, acting: Flags) -> tuple[Floats, Floats]:
    """Return the point on the surface (n_samples, 3) m and the free moment about its normal (n_samples,) N·m."""
    normal = np.where(acting, wrench.force_n[:, 2], 1.0)
    x = -wrench.moment_nm[:, 1] / normal
    y = wrench.moment_nm[:, 0] / normal
    free = wrench.moment_nm[:, 2] - (x * wrench.force_n[:, 1] - y * wrench.force_n[:, 0])
    return _held(np.column_stack([x, y, np.zeros_like(x)]), acting), free


def _held(point: Floats, acting: Flags) -> Floats:
    """Keep the point of the nearest loaded sample where there is no load, the centre of the plate if there never is.

    A point that jumped away with the load would spoil the last loaded instant for whoever interpolates.
    """
    loaded = np.flatnonzero(acting)
    if not loaded.size:
        return np.zeros_like(point)
    rows = np.arange(len(point))
    after = np.clip(np.searchsorted(loaded, rows), 0, loaded.size - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(loaded[before] - rows) <= np.abs(loaded[after] - rows)
    return np.asarray(point[np.where(acting, rows, np.where(nearer, loaded[before], loaded[after]))])


def _off_the_plate(plate: ForcePlate, axes: Floats, point: Floats, firmly: Flags) -> list[str]:
    centre = plate.geometry.corners_m.mean(axis=0)
    reach = np.abs((plate.geometry.corners_m - centre) @ axes).max(axis=0)[:2] + _OFF_PLATE_M
    off = firmly & (np.abs(point[:, :2]) > reach).any(axis=1)
    if not off.any():
        return []
    return [
        f"{plate.geometry.name}: the force acts outside of the plate in {off.sum()} of {firmly.sum()} loaded samples. "
        "Check its corners, its origin and the units of its moments."
    ]


# --- the plate's own zero ---------------------------------------------------------------------------------------------


def _without_offset(plate: ForcePlate, up: Floats, rate_hz: float, zero_rows: slice | None) -> tuple[Floats, list[str]]:
    """Subtract what the plate shows when nobody stands on it; a straight line in time where it drifts."""
    channels = plate.channels
    notes: list[str] = []
    # The centre of pressure of type 1 is no force: it has no zero.
    linear = np.array([plate.geometry.type != 1 or k not in (3, 4) for k in range(channels.shape[1])])
    if zero_rows is not None:
        channels = channels - np.where(linear, channels[zero_rows].mean(axis=0), 0.0)
    vertical = _wrench(plate, channels).force_n @ up
    empty = _empty(vertical, rate_hz)
    if not empty.any():
        return channels, _steady_load(plate, vertical, rate_hz)
    offset = np.where(linear, _line_through(channels, empty), 0.0)
    if not np.any(np.abs(offset) > 0):
        return channels, notes
    was = float(np.abs(vertical[empty]).mean())
    if was >= 0.5:
        notes.append(f"{plate.geometry.name}: {was:.1f} N while empty were taken off (mean over {empty.mean():.0%}).")
    return channels - offset, notes


def _empty(vertical_n: Floats, rate_hz: float) -> Flags:
    """Tell the samples at which nobody stands on the plate: steady, and near zero."""
    length = max(round(_QUIET_S * rate_hz), 4)
    n_whole = len(vertical_n) // length
    empty = np.zeros(len(vertical_n), dtype=bool)
    if n_whole == 0:
        return empty
    stretches = vertical_n[: n_whole * length].reshape(n_whole, length)
    quiet = (stretches.std(axis=1) < _QUIET_N) & (np.abs(stretches.mean(axis=1)) < _OFFSET_N)
    if quiet.any():  # the ends of a step are steady for a moment too; an empty plate is at its own level
        level = np.median(stretches[quiet].mean(axis=1))
        quiet &= np.abs(stretches.mean(axis=1) - level) < 2 * _QUIET_N + 0.2 * abs(level)
    empty[: n_whole * length] = np.repeat(quiet, length)
    return empty


def _line_through(channels: Floats, empty: Flags) -> Floats:
    """Return the offset of each channel over time: a fitted line if the empty samples span half of the recording."""
    rows = np.flatnonzero(empty)
    if rows[-1] - rows[0] < len(channels) / 2:
        return np.broadcast_to(channels[empty].mean(axis=0), channels.shape)
    time = np.linspace(-1.0, 1.0, len(channels))
    basis = np.column_stack([np.ones_like(time), time])
    fitted = np.linalg.lstsq(basis[empty], channels[empty], rcond=None)[0]
    # Outside of the empty samples the line is held: it is known in between only.
    return np.asarray(basis[np.clip(np.arange(len(channels)), rows[0], rows[-1])] @ fitted)


def _steady_load(plate: ForcePlate, vertical_n: Floats, rate_hz: float) -> list[str]:
    length = max(round(_QUIET_S * rate_hz), 4)
    n_whole = len(vertical_n) // length
    if n_whole < 2:
        return []
    least = float(np.abs(vertical_n[: n_whole * length].reshape(n_whole, length).mean(axis=1)).min())
    return [f"{plate.geometry.name} is never empty (at least {least:.0f} N), so its zero was not checked."]
