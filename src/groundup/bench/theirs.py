"""OpenSim's tools on the same files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np

from groundup.bench.case import LOWPASS_HZ, Case, MotionFile
from groundup.bench.timing import seconds
from groundup.body.model import CoordinateActuator
from groundup.errors import SetupError, SolverError

HOW_TO_INSTALL = "pip install 'groundup[opensim]'"

TOLERANCE = 1e-4
"""Where OpenSim's static optimisation stops unless told otherwise."""

Run = Callable[[], None]


def installed() -> bool:
    """Whether the opensim package is there."""
    try:
        metadata.distribution("opensim")
    except metadata.PackageNotFoundError:
        return False
    return True


class OpenSim:
    """OpenSim's tools on one case.

    Every method prepares a tool, model loaded, and returns what runs it: that alone is timed. The tool reads the
    recording, computes and writes its result into ``folder``.

    Parameters
    ----------
    most_frames : int
        Static optimisation and joint reactions get so many frames from the middle of the motion, filtered beforehand,
        where the recording has more.
    tolerance : float
        Where its optimiser stops.

    Attributes
    ----------
    case, model : what it computes on
    frames : how many frames static optimisation and joint reactions compute
    analysed : the motion they get, once inverse kinematics has run and :meth:`cut` was called
    preparing_s : how long it prepares the model, s: a part of every run
    notes : what had to be done to the model, one line each
    """

    def __init__(self, case: Case, folder: Path, most_frames: int, tolerance: float = TOLERANCE) -> None:
        self._tolerance = tolerance
        self._api = _load(folder)
        self.case = case
        self._folder = folder
        self.notes: list[str] = []
        self.model = self._without_other_forces()
        self.reserves = case.reserves or self._write_reserves()
        self._span = self._analysed_span = float(case.recording.time_s[0]), float(case.recording.time_s[-1])
        self.frames = min(most_frames, len(case.recording.time_s))
        self.analysed = MotionFile(self.coordinates, LOWPASS_HZ)
        model = self._api.Model(str(self.model))
        self.preparing_s = seconds(model.initSystem)

    @property
    def coordinates(self) -> Path:
        """What inverse kinematics writes."""
        return self._folder / "ik.mot"

    @property
    def moments(self) -> Path:
        """What inverse dynamics writes."""
        return self._folder / "id.sto"

    @property
    def activations(self) -> Path:
        """What static optimisation writes: activations."""
        return self._folder / "r_StaticOptimization_activation.sto"

    @property
    def forces(self) -> Path:
        """What static optimisation writes: forces."""
        return self._folder / "r_StaticOptimization_force.sto"

    @property
    def reactions(self) -> Path:
        """What joint reactions writes: on and in the child segment."""
        return self._folder / "r_JointReaction_ReactionLoads.sto"

    def cut(self, part: Callable[[Case, MotionFile, slice, Path], MotionFile]) -> None:
        """Cut the motion of static optimisation and joint reactions out of what inverse kinematics wrote."""
        n = len(self.case.recording.time_s)
        if self.frames < n:
            first = (n - self.frames) // 2
            whole = MotionFile(self.coordinates, LOWPASS_HZ)
            rows = slice(first, first + self.frames)
            self.analysed = part(self.case, whole, rows, self._folder / "analysed.mot")
            times = self.case.recording.time_s
            self._analysed_span = float(times[rows.start]), float(times[rows.stop - 1])

    def inverse_kinematics(self) -> Run:
        """Markers to coordinates, to OpenSim's own accuracy of 1e-5."""
        tool = self._api.InverseKinematicsTool()
        tool.setName("r")
        model = self._api.Model(str(self.model))
        tool.setModel(model)
        tool.setMarkerDataFileName(str(self.case.markers))
        tool.setStartTime(self._span[0])
        tool.setEndTime(self._span[1])
        tool.setResultsDir(str(self._folder))
        tool.setOutputMotionFileName(str(self.coordinates))
        tasks = tool.upd_IKTaskSet()
        for task in self._tasks():
            tasks.cloneAndAppend(task)
        return self._runner(tool, "inverse kinematics", model)

    def inverse_dynamics(self) -> Run:
        """Coordinates to moments, without the forces of the model itself."""
        tool = self._api.InverseDynamicsTool()
        model = self._api.Model(str(self.model))
        tool.setModel(model)
        tool.setCoordinatesFileName(str(self.coordinates))
        tool.setLowpassCutoffFrequency(LOWPASS_HZ)
        tool.setExternalLoadsFileName(str(self.case.loads))
        tool.setStartTime(self._span[0])
        tool.setEndTime(self._span[1])
        tool.setResultsDir(str(self._folder))
        tool.setOutputGenForceFileName(self.moments.name)
        tool.setExcludedForces(self._words("ALL"))
        return self._runner(tool, "inverse dynamics", model)

    def static_optimisation(self) -> Run:
        """Coordinates to muscle forces."""
        analysis = self._api.StaticOptimization()
        analysis.setConvergenceCriterion(self._tolerance)
        analysis.setMaxIterations(100 if self._tolerance == TOLERANCE else 1000)
        analysis.setUseModelForceSet(True)
        analysis.setActivationExponent(2.0)
        analysis.setUseMusclePhysiology(True)
        return self._analysis(analysis, "static optimisation")

    def joint_reactions(self) -> Run:
        """Coordinates and OpenSim's muscle forces to joint reactions."""
        analysis = self._api.JointReaction()
        analysis.setName("JointReaction")
        analysis.setForcesFileName(str(self.forces))
        analysis.setJointNames(self._words("All"))
        analysis.setOnBody(self._words("child"))
        analysis.setInFrame(self._words("child"))
        return self._analysis(analysis, "joint reactions")

    def _analysis(self, analysis: Any, what: str) -> Run:
        tool = self._api.AnalyzeTool()
        tool.setName("r")
        tool.setModelFilename(str(self.model))
        tool.setCoordinatesFileName(str(self.analysed.path))
        tool.setLowpassCutoffFrequency(self.analysed.lowpass_hz or -1.0)
        tool.setExternalLoadsFileName(str(self.case.loads))
        tool.setForceSetFiles(self._words(str(self.reserves)))
        tool.setReplaceForceSet(False)
        tool.setSolveForEquilibrium(False)
        tool.setResultsDir(str(self._folder))
        tool.setOutputPrecision(16)
        # Times in files are rounded; a range that begins a hair early would begin a frame early.
        first, last = (time_s + 1e-6 for time_s in self._analysed_span)
        tool.setInitialTime(first)
        tool.setFinalTime(last)
        analysis.setStartTime(first)
        analysis.setEndTime(last)
        analysis.setStepInterval(1)
        tool.updAnalysisSet().cloneAndAppend(analysis)
        # Only a tool that was read from a file builds its model from the file names.
        setup = self._folder / f"{analysis.getName()}_setup.xml"
        tool.printToXML(str(setup))
        return self._runner(self._api.AnalyzeTool(str(setup)), what)

    def _runner(self, tool: Any, what: str, model: Any = None) -> Run:
        def run(model: Any = model) -> None:  # the tool only points to its model: here it stays alive
            try:
                with _quiet():
                    done = tool.run()
            except RuntimeError as error:
                raise _failed(what, str(error)) from error
            if not done:
                raise _failed(what, "it returned false")

        return run

    def _tasks(self) -> list[Any]:
        tasks = []
        recorded = set(self.case.recording.names)
        for name, weight in self.case.tasks.marker_weights.items():
            if name in recorded:
                tasks.append(_task(self._api.IKMarkerTask(), name, weight))
        for name, (goal, weight) in self.case.tasks.coordinate_targets.items():
            task = _task(self._api.IKCoordinateTask(), name, weight)
            task.setValueType(self._api.IKCoordinateTask.ManualValue)
            task.setValue(float(goal))  # tasks from files are refused when the case is read
            tasks.append(task)
        return tasks

    def _without_other_forces(self) -> Path:
        """Write the model without forces that no actuator makes, which groundup does not compute."""
        model = self._api.Model(str(self.case.model))
        forces = model.updForceSet()
        removed = []
        for i in reversed(range(forces.getSize())):
            if self._api.Actuator.safeDownCast(forces.get(i)) is None:
                removed.append(forces.get(i).getConcreteClassName())
                forces.remove(i)
        model.finalizeConnections()
        model.initSystem()
        path = self._folder / "model_for_opensim.osim"
        model.printToXML(str(path))
        if removed:
            kinds = ", ".join(f"{removed.count(kind)} {kind}" for kind in sorted(set(removed)))
            self.notes.append(f"taken out of OpenSim's model, as groundup does not compute them: {kinds}")
        return path

    def _write_reserves(self) -> Path:
        actuators = self._api.ForceSet()
        for given in self.case.added:
            assert isinstance(given, CoordinateActuator)
            actuator = self._api.CoordinateActuator(given.coordinate)
            actuator.setName(given.name)
            actuator.setOptimalForce(given.optimal_force)
            actuator.setMinControl(-np.inf)
            actuator.setMaxControl(np.inf)
            actuators.cloneAndAppend(actuator)
        path = self._folder / "reserves.xml"
        actuators.printToXML(str(path))
        return path

    def _words(self, *words: str) -> Any:
        found = self._api.ArrayStr()
        for word in words:
            found.append(word)
        return found


def _load(folder: Path) -> Any:
    if not installed():
        raise SetupError(
            f"the opensim package is not installed, expected it for a comparison. Run: {HOW_TO_INSTALL} "
            "(Linux x86-64, Windows, macOS; Python below 3.14)."
        )
    with chdir(folder):  # it begins a log file where it is imported
        api = import_module("opensim")
    api.Logger.setLevelString("Off")
    return api


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what OpenSim's own code prints out of the answer."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _task(task: Any, name: str, weight: float) -> Any:
    task.setName(name)
    task.setApply(True)
    task.setWeight(weight)
    return task


def _failed(what: str, why: str) -> SolverError:
    return SolverError(
        f"OpenSim's {what} failed ({' '.join(why.split())[:200]}), so there is nothing to compare. Check the files "
        "with OpenSim alone."
    )
