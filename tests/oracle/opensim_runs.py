"""Runs of OpenSim's own tools, for comparison: each returns what the tool wrote, read by our reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from groundup.body.model import Body
from groundup.body.recording import Table
from groundup.io.storage import read_storage, write_storage


@dataclass(frozen=True, eq=False)
class Trial:
    """What an AnalyzeTool needs beside a model."""

    coordinates: Path
    start_s: float
    end_s: float
    loads: Path | None = None
    actuators: Path | None = None
    lowpass_hz: float = -1.0


def run_setup(opensim: ModuleType, kind: str, setup: Path) -> None:
    """Run a set-up file with the tool of that kind (``ScaleTool`` …), in the file's folder."""
    with chdir(setup.parent):
        assert getattr(opensim, kind)(setup.name).run()


def inverse_dynamics(
    opensim: ModuleType, model: Path, coordinates: Path, loads: Path | None, out: Path, end_s: float
) -> Table:
    """Run the InverseDynamicsTool without a filter and without the model's own forces, from the start to ``end_s``."""
    tool = opensim.InverseDynamicsTool()
    tool.setModelFileName(str(model))
    tool.setCoordinatesFileName(str(coordinates))
    if loads is not None:
        tool.setExternalLoadsFileName(str(loads))
    tool.setStartTime(0.0)
    tool.setEndTime(end_s)
    tool.setResultsDir(str(out))
    tool.setOutputGenForceFileName("moments.sto")
    excluded = opensim.ArrayStr()
    excluded.append("ALL")
    tool.setExcludedForces(excluded)
    assert tool.run()
    return read_storage(out / "moments.sto")


def static_optimisation(
    opensim: ModuleType, model: Path, trial: Trial, out: Path, criterion: float
) -> tuple[Table, Table, Path]:
    """Run a StaticOptimization; returns activations, forces and the file of forces.

    ``criterion`` is where its optimiser stops; OpenSim's default is 1e-4.
    """
    analysis = opensim.StaticOptimization()
    analysis.setConvergenceCriterion(criterion)
    analysis.setMaxIterations(1000)
    analysis.setUseModelForceSet(True)
    analysis.setActivationExponent(2.0)
    analysis.setUseMusclePhysiology(True)
    _analyse(opensim, model, trial, out, analysis)
    forces = out / "r_StaticOptimization_force.sto"
    return read_storage(out / "r_StaticOptimization_activation.sto"), read_storage(forces), forces


def joint_reactions(opensim: ModuleType, model: Path, trial: Trial, forces: Path, out: Path, side: str) -> Table:
    """Run a JointReaction of all joints, on and in the axes of the ``child`` or ``parent`` frame."""
    analysis = opensim.JointReaction()
    analysis.setName("JointReaction")
    analysis.setForcesFileName(str(forces))
    analysis.setJointNames(_strings(opensim, "All"))
    analysis.setOnBody(_strings(opensim, side))
    analysis.setInFrame(_strings(opensim, side))
    _analyse(opensim, model, trial, out, analysis)
    return read_storage(out / "r_JointReaction_ReactionLoads.sto")


def _analyse(opensim: ModuleType, model: Path, trial: Trial, out: Path, analysis: Any) -> None:
    out.mkdir(parents=True, exist_ok=True)
    tool = opensim.AnalyzeTool()
    tool.setName("r")
    tool.setModelFilename(str(model))
    tool.setCoordinatesFileName(str(trial.coordinates))
    tool.setLowpassCutoffFrequency(trial.lowpass_hz)
    if trial.loads is not None:
        tool.setExternalLoadsFileName(str(trial.loads))
    if trial.actuators is not None:
        tool.setForceSetFiles(_strings(opensim, str(trial.actuators)))
    tool.setReplaceForceSet(False)
    tool.setSolveForEquilibrium(False)
    tool.setResultsDir(str(out))
    tool.setOutputPrecision(16)
    tool.setInitialTime(trial.start_s)
    tool.setFinalTime(trial.end_s)
    analysis.setStartTime(trial.start_s)
    analysis.setEndTime(trial.end_s)
    analysis.setStepInterval(1)
    tool.updAnalysisSet().cloneAndAppend(analysis)
    # Only a tool that was read from a file builds its model from the file names.
    setup = out / f"{analysis.getName()}_setup.xml"
    tool.printToXML(str(setup))
    assert opensim.AnalyzeTool(str(setup)).run()


def write_actuators(opensim: ModuleType, path: Path, body: Body, strengths: dict[str, float]) -> None:
    """Write a force set with an actuator ``reserve_NAME`` on every coordinate named, of the given optimal force."""
    actuators = opensim.ForceSet()
    for name, strength in strengths.items():
        actuator = opensim.CoordinateActuator(name)
        actuator.setName(f"reserve_{name}")
        actuator.setOptimalForce(strength)
        actuator.setMinControl(-np.inf)
        actuator.setMaxControl(np.inf)
        actuators.cloneAndAppend(actuator)
    assert actuators.printToXML(str(path))
    assert set(strengths) <= set(body.coordinate_names)


def write_loads(
    opensim: ModuleType, path: Path, data: Path, described: Iterable[tuple[str, str, str, str, str]]
) -> None:
    """Write ExternalLoads from (name, body, force, point and torque columns)."""
    loads = opensim.ExternalLoads()
    for name, body, force, point, torque in described:
        item = opensim.ExternalForce()
        item.setName(name)
        item.set_applied_to_body(body)
        item.set_force_expressed_in_body("ground")
        item.set_point_expressed_in_body("ground")
        item.set_force_identifier(force)
        item.set_point_identifier(point)
        item.set_torque_identifier(torque)
        loads.cloneAndAppend(item)
    loads.setDataFileName(str(data))
    assert loads.printToXML(str(path))


def write_coordinates(path: Path, body: Body, time_s: np.ndarray, q: np.ndarray) -> None:
    """Write coordinates, rad and m, as a storage file with a column per coordinate."""
    write_storage(Table(time_s, body.coordinate_names, q, in_degrees=False, name="coordinates"), path)


def read_coordinates(body: Body, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read times and coordinates (rad, m) in the body's order; those without a column stay at their default."""
    table = read_storage(path)
    q = np.tile([c.default for c in body.coordinates], (len(table.time_s), 1))
    for i, coordinate in enumerate(body.coordinates):
        if coordinate.name in table.columns:
            q[:, i] = table.values[:, table.columns.index(coordinate.name)]
            if table.in_degrees and coordinate.motion == "rotational":
                q[:, i] = np.deg2rad(q[:, i])
    return table.time_s, q


def columns(table: Table, names: Sequence[str], endings: Sequence[str] = ("",)) -> np.ndarray:
    """Values of the columns ``name + ending`` (the first ending that exists), shape (n_rows, len(names))."""
    index = {name: i for i, name in enumerate(table.columns)}
    found = [next(index[n + e] for e in endings if n + e in index) for n in names]
    return np.asarray(table.values[:, found])


def _strings(opensim: ModuleType, *words: str) -> Any:
    found = opensim.ArrayStr()
    for word in words:
        found.append(word)
    return found
