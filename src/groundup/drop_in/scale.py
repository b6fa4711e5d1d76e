"""OpenSim's ScaleTool."""

from __future__ import annotations

from groundup.drop_in.outcome import Outcome, Output, Progress
from groundup.errors import SetupError
from groundup.io.setup_xml import ScaleSetup
from groundup.motion.scaling import run_scale, scale_files


def scale(setup: ScaleSetup, progress: Progress) -> Outcome:
    """Scale a model to a person and place its markers, faults of OpenSim included: the files are to be the same.

    See :func:`groundup.motion.scaling.run_scale`.
    """
    progress("scaling")
    result = run_scale(setup, like_opensim=True)
    outputs = tuple(Output(path, write) for path, write in scale_files(result))
    if not outputs:
        raise SetupError(f"{setup.path}: asks for no result, expected an <output_model_file>. Name it.")
    return Outcome(outputs, result.notes)
