"""Run a set-up file of one of OpenSim's tools."""

from __future__ import annotations

from pathlib import Path

from groundup.drop_in.outcome import Outcome, Progress, check_folder, write_all
from groundup.io.setup_xml import (
    AnalyzeSetup,
    InverseDynamicsSetup,
    InverseKinematicsSetup,
    ScaleSetup,
    Setup,
    read_setup,
)


def run_setup(setup_path: Path, out: Path | None = None, progress: Progress = lambda stage: None) -> list[Path]:
    """Run a set-up file of OpenSim's ScaleTool, InverseKinematicsTool, InverseDynamicsTool or AnalyzeTool.

    Parameters
    ----------
    setup_path : the set-up; the paths in it are relative to its folder
    out : folder for all results; None puts them where the set-up says
    progress : told which stage begins, and, as ``note: …``, what a person should know about the results

    Returns
    -------
    list of the files written. Either all of them are written or none.

    Raises
    ------
    GroundupError
        A file cannot be read or does not fit, or the set-up asks for what groundup cannot do; the message says where
        and what to do.
    """
    if out is not None:
        check_folder(out)
    setup = read_setup(setup_path)
    result = _run(setup, progress)
    for element in setup.ignored:
        progress(f"note: {setup.path.name}: <{element}> is not used")
    for note in result.notes:
        progress(f"note: {note}")
    progress("writing the results")
    return write_all((result if out is None else result.moved(out)).outputs)


def _run(setup: Setup, progress: Progress) -> Outcome:
    # Each tool's mathematics is imported only where it is used.
    match setup:
        case ScaleSetup():
            from groundup.drop_in.scale import scale

            return scale(setup, progress)
        case InverseKinematicsSetup():
            from groundup.drop_in.inverse_kinematics import inverse_kinematics

            return inverse_kinematics(setup, progress)
        case InverseDynamicsSetup():
            from groundup.drop_in.inverse_dynamics import inverse_dynamics

            return inverse_dynamics(setup, progress)
        case AnalyzeSetup():
            from groundup.drop_in.analyze import analyze

            return analyze(setup, progress)
