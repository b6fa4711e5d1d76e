"""From recorded markers to a motion of the body that can be believed: inverse kinematics with its checks around it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from groundup.body.model import Body
from groundup.body.recording import MarkerTrajectories
from groundup.engine.skeleton import Skeleton
from groundup.errors import ModelError, RecordingError
from groundup.motion.gaps import bridge_gaps
from groundup.motion.inverse_kinematics import MarkerFit, MarkerProblem, Tasks, build_problem, solve
from groundup.motion.recording_window import clip_to_seen, some_of

WORST_FIT_M = 0.08
"""Root-mean-square distance beyond which model and recording are two different things, not a bad fit.

A walk on its own model gives 0.02 m, on a model that was not scaled 0.03 m; left and right exchanged, two markers
exchanged, a mirrored recording or a person of another size give 0.08 m and more.
"""


@dataclass(frozen=True, eq=False)
class Followed:
    """The part of a recording that shows the person, and the poses in it.

    ``unseen`` are free coordinates that move none of the used markers; ``notes`` say what was left out.
    """

    markers: MarkerTrajectories
    skeleton: Skeleton
    fit: MarkerFit
    unseen: tuple[str, ...]
    notes: tuple[str, ...]


def follow(body: Body, markers: MarkerTrajectories, tasks: Tasks | None = None) -> Followed:
    """Fit the body to every frame; short gaps of markers are bridged before.

    Parameters
    ----------
    tasks : None follows every marker of the body with the same weight

    Raises
    ------
    ModelError
        The body has no markers.
    RecordingError
        Too few markers fit the body's names or are seen, or the fit is far off.
    """
    if not body.markers:
        raise ModelError(
            f'model "{body.name}": has no markers, expected those of the recording ({markers.source}). Add a marker '
            "set to the model, or scale it with one (groundup run with a ScaleTool set-up)."
        )
    tasks = tasks or Tasks({m.name: 1.0 for m in body.markers})
    markers, notes = clip_to_seen(markers, [m.name for m in body.markers if tasks.marker_weights.get(m.name, 0) > 0])
    positions = bridge_gaps(markers.time_s, markers.positions_m)
    problem = build_problem(body, markers.names, positions, markers.time_s, tasks, markers.source)
    moved = _moved_coordinates(problem)
    sought = [i for i in moved if problem.skeleton.coordinates[i] not in tasks.coordinate_targets]
    _check_number(body, markers, problem, len(sought))
    fit = _at_seen(solve(problem), markers)
    _check_fit(body, markers, fit)
    unseen = [problem.skeleton.coordinates[i] for i in np.setdiff1d(problem.free, moved)]
    unseen = [name for name in unseen if name not in tasks.coordinate_targets]
    return Followed(markers, problem.skeleton, fit, tuple(unseen), tuple(notes))


def _check_number(body: Body, markers: MarkerTrajectories, problem: MarkerProblem, n_coordinates: int) -> None:
    """Three numbers per marker have to be enough for the coordinates that move them."""
    n = len(problem.markers)
    if 3 * n >= n_coordinates:
        return
    raise RecordingError(
        f"{markers.source}: {n} of its {len(markers.names)} markers ({', '.join(problem.markers)}) belong to the "
        f"model; {3 * n} numbers a frame cannot tell the {n_coordinates} coordinates that move them, expected more of "
        f"{some_of([m.name for m in body.markers])}. Rename the markers in the recording or in the model."
    )


def _at_seen(fit: MarkerFit, markers: MarkerTrajectories) -> MarkerFit:
    """The fit with errors only where a marker was recorded, not where a gap was bridged."""
    seen = np.isfinite(markers.positions_m[:, [markers.names.index(name) for name in fit.markers]]).all(axis=-1)
    return replace(fit, error_m=np.where(seen, fit.error_m, np.nan))


def _check_fit(body: Body, markers: MarkerTrajectories, fit: MarkerFit) -> None:
    rms = float(np.sqrt(np.nanmean(fit.error_m**2)))
    if rms <= WORST_FIT_M:
        return
    seen = np.isfinite(fit.error_m)
    each = np.sqrt(np.where(seen, fit.error_m**2, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1))
    worst = int(each.argmax())
    raise RecordingError(
        f'{markers.source}: model "{body.name}" and recorded markers lie {rms:.2f} m apart (root mean square; most '
        f"{fit.markers[worst]}, {each[worst]:.2f} m), expected below 0.04 m. Check that the model is scaled to this "
        "person, that markers, left and right or axes are not exchanged, and the unit."
    )


def _moved_coordinates(problem: MarkerProblem) -> np.ndarray:
    """Indices of the free coordinates that move a marker which is seen at least once; the others keep their default."""
    skeleton = problem.skeleton
    carrying = problem.segment[(problem.weight > 0).any(axis=0)]
    moving = (skeleton.carries[carrying] > 0).any(axis=0)
    direct = (skeleton.motions.weights[moving] != 0).any(axis=0)
    follows = skeleton.couplers.jacobian(problem.base[:1])[0] != 0
    moved: np.ndarray = problem.free[(direct[:, None] & follows)[:, problem.free].any(axis=0)]
    return moved
