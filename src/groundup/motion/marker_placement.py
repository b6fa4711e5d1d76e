"""Put a body's markers where they were on the person: a static pose, then every marker onto its measured place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, Marker, MotionKind
from groundup.body.recording import MarkerTrajectories, Table
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import compile_skeleton
from groundup.io.setup_xml import IkTask, TimeRange
from groundup.motion.inverse_kinematics import build_problem, solve
from groundup.motion.scale_factors import frames_within
from groundup.motion.tasks import to_tasks


@dataclass(frozen=True, eq=False)
class PlacedMarkers:
    """A body with its markers where they were on the person.

    Attributes
    ----------
    body : Body
        Its default pose is unchanged, as with OpenSim. Markers that were not recorded are gone.
    q : array, shape (n_coords,), rad or m
        The static pose.
    time_s : float, s
        First instant of the frames that were averaged.
    markers : names of the markers that the pose was fitted to
    error_m : array, shape (n_markers,), m
        How far each of them was from its measurement in the static pose, before it was moved.
    moved : names of the markers that were put onto their measured place; fixed ones and unseen ones were not
    removed : names of the markers that the recording does not have
    restless : names of the markers that moved more than ``max_marker_movement`` along an axis while standing
    """

    body: Body
    q: Floats
    time_s: float
    markers: tuple[str, ...]
    error_m: Floats
    moved: tuple[str, ...]
    removed: tuple[str, ...]
    restless: tuple[str, ...] = ()

    @property
    def rms_m(self) -> float:
        """Root mean square of ``error_m``, m."""
        return float(np.sqrt(np.nanmean(self.error_m**2)))


def place_markers(
    body: Body,
    markers: MarkerTrajectories,
    time_range: TimeRange,
    tasks: Sequence[IkTask],
    coordinates: Table | None = None,
    max_marker_movement: float = -1.0,
) -> PlacedMarkers:
    """Solve the static pose and move the markers.

    Parameters
    ----------
    body : the scaled body with its markers
    markers : the person standing still, m
    time_range : frames to average, s; a range beyond the recording is cut to it
    tasks : weights of markers, targets of coordinates
    coordinates : columns of coordinates for tasks that take their target from a file
    max_marker_movement : float, m
        Markers that move more than this are named in ``restless``; negative is no limit.

    Raises
    ------
    RecordingError
        No frames in the time range, or no marker in common.
    SetupError
        A coordinate task without its coordinate or its file.

    Notes
    -----
    As OpenSim's ``MarkerPlacer``: the pose is fitted to the markers that have a task, averaged over the frames within
    the range; then each marker that is not fixed is moved onto its average, also one without a task. The pose is the
    minimum itself. OpenSim stops short of it by about 0.01 rad where weights differ a thousandfold, as in its own
    example; lightly weighted markers then come out up to 10 mm elsewhere. Frames in which a marker was not seen are
    left out of its average; OpenSim leaves such a marker out of the pose.
    """
    kept = body.with_(markers=tuple(m for m in body.markers if m.name in markers.names))
    frames = frames_within(markers, time_range)
    standing = markers.positions_m[frames]
    time = max(float(markers.time_s[0]), time_range[0])
    target = _average(standing[_inside(markers.time_s[frames], time_range)])
    goals = to_tasks(kept, tasks, _recorded(body, coordinates, time))
    fit = solve(build_problem(kept, markers.names, target[None], np.array([time]), goals))
    placed = dict(zip(markers.names, _average(standing), strict=True))
    onto = {m.name: placed[m.name] for m in kept.markers if not m.fixed and np.isfinite(placed[m.name]).all()}
    return PlacedMarkers(
        body=put_markers(kept, fit.q[0], onto),
        q=fit.q[0],
        time_s=time,
        markers=fit.markers,
        error_m=fit.error_m[0],
        moved=tuple(onto),
        removed=tuple(m.name for m in body.markers if m.name not in markers.names),
        restless=_restless(markers.names, standing, max_marker_movement, {m.name for m in kept.markers}),
    )


def put_markers(body: Body, q: Floats, places: Mapping[str, Floats]) -> Body:
    """Put markers at ``places`` (3,) m, ground axes, while the body is in the pose ``q`` (n_coords,) rad or m."""
    skeleton = compile_skeleton(body)
    at = poses(skeleton, q[None])

    def put(marker: Marker) -> Marker:
        if marker.name not in places:
            return marker
        i = skeleton.segment_index[marker.segment]
        return replace(marker, location=at.rotation[0, i].T @ (places[marker.name] - at.translation[0, i]))

    return body.with_(markers=tuple(put(m) for m in body.markers))


# ------------------------------------------------------------------------------------------------------------ parts


def _inside(time_s: Floats, time_range: TimeRange) -> np.ndarray:
    """Frames within the range itself, both ends included; all where none is."""
    inside = (time_s >= time_range[0]) & (time_s <= time_range[1])
    return inside if inside.any() else np.ones(len(time_s), dtype=bool)


def _average(positions_m: Floats) -> Floats:
    """Mean over the frames in which each marker was seen, (n_markers, 3); NaN where it never was."""
    seen = np.isfinite(positions_m).all(axis=2, keepdims=True)  # (n_frames, n_markers, 1)
    count = seen.sum(axis=0)
    total = np.where(seen, positions_m, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _restless(names: tuple[str, ...], positions_m: Floats, limit: float, of_interest: set[str]) -> tuple[str, ...]:
    if limit <= 0.0:
        return ()
    seen = np.isfinite(positions_m).all(axis=2, keepdims=True)
    reach = np.where(seen, positions_m, -np.inf).max(axis=0) - np.where(seen, positions_m, np.inf).min(axis=0)
    return tuple(n for n, r in zip(names, reach.max(axis=1), strict=True) if n in of_interest and r > limit)


def _recorded(body: Body, table: Table | None, time_s: float) -> dict[str, Floats]:
    """Values of coordinates at an instant, rad or m, each (1,)."""
    if table is None:
        return {}
    motion = {c.name: c.motion for c in body.coordinates}
    values = {n: np.interp([time_s], table.time_s, table.values[:, i]) for i, n in enumerate(table.columns)}
    return {
        name: np.radians(value) if table.in_degrees and motion[name] is MotionKind.ROTATIONAL else value
        for name, value in values.items()
        if name in motion
    }
