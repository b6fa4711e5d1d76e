"""Inverse-kinematics tasks of a set-up file on a body."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.errors import SetupError
from groundup.io.setup_xml import CoordinateTask, IkTask, MarkerTask, ValueType
from groundup.motion.inverse_kinematics import Tasks


def to_tasks(body: Body, tasks: Iterable[IkTask], recorded: dict[str, Floats] | None = None) -> Tasks:
    """Weights and targets of the tasks that apply.

    Parameters
    ----------
    recorded : values by coordinate, rad or m, (n_frames,), for tasks that take their value from a file

    Raises
    ------
    SetupError
        A task names a coordinate that the body lacks, or needs a coordinate file that is not there.
    """
    defaults = {c.name: c.default for c in body.coordinates}
    markers: dict[str, float] = {}
    targets: dict[str, tuple[Floats | float, float]] = {}
    for task in tasks:
        if not task.apply or task.weight <= 0:
            continue
        if isinstance(task, MarkerTask):
            markers[task.name] = task.weight
        else:
            targets[task.name] = (_target(task, defaults, recorded or {}), task.weight)
    return Tasks(markers, targets)


def _target(task: CoordinateTask, defaults: dict[str, float], recorded: dict[str, Floats]) -> Floats | float:
    if task.name not in defaults:
        raise SetupError(
            f'coordinate task "{task.name}": the model has no such coordinate; it has {", ".join(defaults)}. '
            "Correct the task set."
        )
    match task.value_type:
        case ValueType.MANUAL:
            return task.value
        case ValueType.FROM_FILE:
            if task.name not in recorded:
                raise SetupError(
                    f'coordinate task "{task.name}" takes its value from a file, but coordinate_file is not given or '
                    "has no such column. Name the file in the set-up, or give the task a value."
                )
            return np.asarray(recorded[task.name])
        case _:
            return defaults[task.name]
