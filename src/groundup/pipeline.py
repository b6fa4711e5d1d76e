"""From a recording to a result: every stage in order, readable on one screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from groundup.errors import GroundupError
from groundup.study import Study

Progress = Callable[[str], None]
"""Called with the name of each stage as it begins."""


@dataclass(frozen=True)
class AnalyseOptions:
    """What ``analyse`` is asked to do.

    Attributes
    ----------
    model : the body, ``.osim``
    markers : marker trajectories, ``.trc``
    forces : ExternalLoads ``.xml`` or a table of plates ``.mot``; None: no moments and what follows from them
    ik_tasks : marker weights, OpenSim's IKTaskSet or a set-up file that holds one; None: every weight 1
    lowpass_hz : cut-off of the motion's filter, Hz
    exponent : of the activations in the sum that muscle sharing makes small
    opensim_equivalent : leave out what OpenSim's tools leave out (passive fibre force, tendon)
    reserves : actuators added to the model's, ForceSet ``.xml``
    reserve_nm : strength of the torque added at every coordinate that no actuator drives, N·m
    marker_units : ``m``, ``cm``, ``mm``, ``in`` or ``ft`` instead of what the header says
    start_s, end_s : the part to analyse, s; None: from the beginning, to the end
    command : the command line, for the study's provenance
    """

    model: Path
    markers: Path
    forces: Path | None = None
    ik_tasks: Path | None = None
    lowpass_hz: float = 6.0
    exponent: float = 2.0
    opensim_equivalent: bool = False
    reserves: Path | None = None
    reserve_nm: float = 1.0
    marker_units: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    command: str = ""


def analyse(options: AnalyseOptions, progress: Progress = lambda stage: None) -> Study:
    """Analyse a recording."""
    raise GroundupError("analyse: is not part of this version yet.")


def save(study: Study, folder: Path) -> None:
    """Write every file of a result into an empty folder."""
    raise GroundupError("save: is not part of this version yet.")


def demo(progress: Progress = lambda stage: None) -> Study:
    """Analyse the built-in walk."""
    raise GroundupError("demo: is not part of this version yet.")


def run_setup(setup_path: Path, out: Path | None = None, progress: Progress = lambda stage: None) -> tuple[Path, ...]:
    """Run an OpenSim set-up file as it is; return the files written (into ``out``, or where the set-up file says)."""
    raise GroundupError("run: is not part of this version yet.")
