"""OpenSim's InverseKinematicsTool."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.recording import MarkerTrajectories
from groundup.drop_in.outcome import Outcome, Output, Progress
from groundup.drop_in.tables import motion_table, needed, read_coordinates, read_model, storage
from groundup.engine.kinematics import points_in_ground, poses
from groundup.errors import SetupError
from groundup.io.setup_xml import CoordinateTask, InverseKinematicsSetup, TimeRange, ValueType
from groundup.io.trc import read_trc
from groundup.motion.filtering import smooth
from groundup.motion.inverse_kinematics import MarkerFit, MarkerProblem, build_problem, solve
from groundup.motion.tasks import to_tasks
from groundup.solvers.solution import Status


def inverse_kinematics(setup: InverseKinematicsSetup, progress: Progress) -> Outcome:
    """Fit the model to the markers of every instant in the time range.

    Notes
    -----
    The first and last rows are the instants nearest to the ends of the time range, as in OpenSim. Couplers are held
    strictly, whatever the constraint weight.
    """
    progress("reading")
    body = read_model(setup.path, setup.model_file)
    markers = read_trc(needed(setup.path, "marker_file", setup.marker_file))
    rows = _rows(setup, markers.time_s)
    time_s = markers.time_s[rows]
    recorded = _recorded(setup, body, time_s)
    problem = build_problem(
        body, markers.names, markers.positions_m[rows], time_s, to_tasks(body, setup.tasks, recorded)
    )
    progress(f"inverse kinematics of {len(time_s)} frames")
    fit = solve(problem)
    return Outcome(_outputs(setup, body, time_s, problem, fit), _notes(setup, body, markers, problem, fit))


def _rows(setup: InverseKinematicsSetup, clock_s: Floats) -> np.ndarray:
    first, last = setup.time_range
    if last < clock_s[0] or first > clock_s[-1]:
        raise SetupError(
            f"{setup.path}: <time_range> is {first:g} to {last:g} s, but {setup.marker_file} runs from {clock_s[0]:g} "
            f"to {clock_s[-1]:g} s. Choose times within it."
        )
    return np.arange(_nearest(clock_s, first), _nearest(clock_s, last) + 1)


def _nearest(clock_s: Floats, time_s: float) -> int:
    return int(np.abs(clock_s - np.clip(time_s, clock_s[0], clock_s[-1])).argmin())


def _recorded(setup: InverseKinematicsSetup, body: Body, time_s: Floats) -> dict[str, Floats]:
    """Targets of coordinate tasks that take them from a file, at the marker times."""
    asked = any(isinstance(t, CoordinateTask) and t.apply and t.value_type is ValueType.FROM_FILE for t in setup.tasks)
    if setup.coordinate_file is None or not asked:
        return {}
    found = read_coordinates(setup.path, "coordinate_file", setup.coordinate_file, body)
    _check_span(setup, setup.coordinate_file, found.time_s, (time_s[0], time_s[-1]))
    q = smooth(found.time_s, found.q, None).derivative(time_s)
    return {name: q[:, i] for i, name in enumerate(body.coordinate_names) if name in found.present}


def _check_span(setup: InverseKinematicsSetup, path: Path, clock_s: Floats, asked: TimeRange) -> None:
    if asked[0] < clock_s[0] - 1e-6 or asked[1] > clock_s[-1] + 1e-6:
        raise SetupError(
            f"{setup.path}: markers are wanted from {asked[0]:g} to {asked[1]:g} s, but {path} runs from "
            f"{clock_s[0]:g} to {clock_s[-1]:g} s. Choose <time_range> within both."
        )


def _outputs(
    setup: InverseKinematicsSetup, body: Body, time_s: Floats, problem: MarkerProblem, fit: MarkerFit
) -> tuple[Output, ...]:
    outputs = []
    if setup.output_motion_file is not None:
        outputs.append(motion_table(setup.output_motion_file, body, time_s, fit.q))
    stem = f"{setup.name}_" if setup.name else ""
    if setup.report_errors:
        path = setup.results_directory / f"{stem}ik_marker_errors.sto"
        columns = ("total_squared_error", "marker_error_RMS", "marker_error_max")
        outputs.append(storage(path, "Model Marker Errors from IK", time_s, columns, _errors(fit)))
    if setup.report_marker_locations:
        path = setup.results_directory / f"{stem}ik_model_marker_locations.sto"
        at = points_in_ground(poses(problem.skeleton, fit.q), problem.segment, problem.location)
        names = tuple(f"{marker}_t{axis}" for marker in problem.markers for axis in "xyz")
        outputs.append(storage(path, "Model Marker Locations from IK", time_s, names, at.reshape(len(time_s), -1)))
    if not outputs:
        raise SetupError(f"{setup.path}: asks for no result, expected <output_motion_file>. Name it.")
    return tuple(outputs)


def _errors(fit: MarkerFit) -> Floats:
    """Sum of squares, root mean square and greatest marker error of each frame, m² and m; 0 without markers."""
    squared = np.nan_to_num(fit.error_m) ** 2
    seen = np.isfinite(fit.error_m).sum(axis=1)
    total = squared.sum(axis=1)
    return np.column_stack([total, np.sqrt(total / np.maximum(seen, 1)), np.sqrt(squared.max(axis=1))])


def _notes(
    setup: InverseKinematicsSetup, body: Body, markers: MarkerTrajectories, problem: MarkerProblem, fit: MarkerFit
) -> tuple[str, ...]:
    notes = []
    if body.couplers and math.isfinite(setup.constraint_weight):
        notes.append(f"<constraint_weight> is {setup.constraint_weight:g}; couplers are held strictly all the same")
    asked = {t.name for t in setup.tasks if t.apply and t.weight > 0 and not isinstance(t, CoordinateTask)}
    if lost := sorted(asked - set(problem.markers)):
        on_body = {m.name for m in body.markers}
        why = ", ".join(f"{name} ({'not recorded' if name in on_body else 'not on the model'})" for name in lost)
        notes.append(f"markers with a task that could not be followed: {why}")
    empty, unsettled = int((fit.status == Status.NO_DATA).sum()), _unsettled(fit)
    if empty:
        notes.append(f"{empty} of {len(fit.q)} frames have fewer than 3 markers: filled between their neighbours")
    if unsettled:
        notes.append(f"{unsettled} of {len(fit.q)} frames did not settle within the iterations allowed")
    return tuple(notes)


def _unsettled(fit: MarkerFit) -> int:
    return int(((fit.status != Status.NO_DATA) & (fit.status != Status.CONVERGED)).sum())
