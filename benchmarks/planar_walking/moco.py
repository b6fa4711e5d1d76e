"""Solve the planar walking problems with OpenSim Moco, in a process of its own; prints one line of JSON.

python -m benchmarks.planar_walking.moco tracking OUT.sto
python -m benchmarks.planar_walking.moco prediction OUT.sto TRACKING.sto
"""

from __future__ import annotations

import json
import os
import sys
import time
from math import radians
from pathlib import Path
from typing import Any

from benchmarks.recordings import ROOT

FOLDER = Path(os.environ.get("GROUNDUP_SHARED", ROOT.parent / "shared")) / "data" / "moco2d"
MODEL = "2D_gait.osim"
RANGES_DEG = {
    "groundPelvis/pelvis_tilt": (-20.0, -10.0),
    "lumbar/lumbar": (0.0, 20.0),
    "hip_{s}/hip_flexion_{s}": (-10.0, 60.0),
    "knee_{s}/knee_angle_{s}": (-50.0, 0.0),
    "ankle_{s}/ankle_angle_{s}": (-15.0, 25.0),
}
RANGES_M = {"groundPelvis/pelvis_tx": (0.0, 1.0), "groundPelvis/pelvis_ty": (0.75, 1.25)}


def tracking(osim: Any, out: str) -> dict[str, float]:
    """Solve the tracking problem."""
    track = osim.MocoTrack()
    track.setModel(osim.ModelProcessor(MODEL))
    table = osim.TableProcessor("referenceCoordinates.sto")
    table.append(osim.TabOpLowPassFilter(6))
    track.setStatesReference(table)
    track.set_states_global_tracking_weight(1.0)
    track.set_allow_unused_references(True)
    track.set_track_reference_position_derivatives(True)
    track.set_apply_tracked_states_to_guess(True)
    track.set_initial_time(0.0)
    track.set_final_time(0.470089)
    study = track.initialize()
    problem = study.updProblem()
    osim.MocoControlGoal.safeDownCast(problem.updGoal("control_effort")).setWeight(10.0)
    contact = osim.MocoContactTrackingGoal("contact", 1.0)
    contact.setExternalLoadsFile("referenceGRF.xml")
    for side, name in (("r", "Right_GRF"), ("l", "Left_GRF")):
        spheres = osim.StdVectorString()
        for part in ("Heel", "Front"):
            spheres.append(f"contact{part}_{side}")
        contact.addContactGroup(spheres, name)
    contact.setProjection("plane")
    contact.setProjectionVector(osim.Vec3(0, 0, 1))
    problem.addGoal(contact)
    _half_cycle(osim, problem)
    solver = osim.MocoCasADiSolver.safeDownCast(study.updSolver())
    solver.resetProblem(problem)
    # The tool's own tolerance, 1e-2, ends 3 % below what the equations of motion allow.
    solver.set_optim_convergence_tolerance(1e-4)
    solver.set_optim_constraint_tolerance(1e-4)
    return _solve(study, solver, out)


def prediction(osim: Any, out: str, start: str) -> dict[str, float]:
    """Solve the prediction problem from a solution of the tracking problem."""
    study = osim.MocoStudy()
    problem = study.updProblem()
    problem.setModelProcessor(osim.ModelProcessor(MODEL))
    problem.setTimeBounds(0.0, osim.MocoFinalBounds(0.4, 0.6))
    effort = osim.MocoControlGoal("effort", 10.0)
    effort.setExponent(3)
    effort.setDivideByDisplacement(True)
    problem.addGoal(effort)
    speed = osim.MocoAverageSpeedGoal("speed")
    speed.set_desired_average_speed(1.2)
    problem.addGoal(speed)
    _half_cycle(osim, problem)
    solver = study.initCasADiSolver()
    solver.set_num_mesh_intervals(50)
    solver.set_optim_convergence_tolerance(1e-4)
    solver.set_optim_constraint_tolerance(1e-4)
    solver.set_optim_max_iterations(1000)
    solver.setGuess(osim.MocoTrajectory(start))
    return _solve(study, solver, out)


def _half_cycle(osim: Any, problem: Any) -> None:
    goal = osim.MocoPeriodicityGoal("symmetry")
    model = osim.Model(MODEL)
    model.initSystem()
    coordinates = model.getCoordinateSet()
    for i in range(coordinates.getSize()):
        path = coordinates.get(i).getAbsolutePathString()
        for kind in ("value", "speed"):
            if not path.endswith("pelvis_tx") or kind == "speed":
                goal.addStatePair(osim.MocoPeriodicityGoalPair(f"{path}/{kind}", f"{_other(path)}/{kind}"))
    for muscle in model.getMuscles():
        path = muscle.getAbsolutePathString()
        goal.addStatePair(osim.MocoPeriodicityGoalPair(f"{path}/activation", f"{_other(path)}/activation"))
    goal.addControlPair(osim.MocoPeriodicityGoalPair("/lumbarAct"))
    problem.addGoal(goal)
    for place, (low, high) in RANGES_DEG.items():
        for side in "lr" if "{s}" in place else " ":
            name = f"/jointset/{place.format(s=side)}/value"
            problem.setStateInfo(name, [radians(low), radians(high)])
    for place, (low, high) in RANGES_M.items():
        problem.setStateInfo(f"/jointset/{place}/value", [low, high])


def _other(path: str) -> str:
    swap = {"_l": "_r", "_r": "_l"}
    return "/".join(p[:-2] + swap[p[-2:]] if p[-2:] in swap else p for p in path.split("/"))


def _solve(study: Any, solver: Any, out: str) -> dict[str, float]:
    solver.set_parallel(0)
    begin = time.perf_counter()
    done = study.solve()
    seconds = time.perf_counter() - begin
    success = bool(done.success())
    if done.isSealed():
        done.unseal()
    done.write(out)
    return {
        "seconds": seconds,
        "objective": float(done.getObjective()),
        "iterations": int(done.getNumIterations()),
        "intervals": int(solver.get_num_mesh_intervals()),
        "success": success,
    }


def main(which: str, out: str, *start: str) -> None:
    """Solve one problem and print its figures."""
    import opensim as osim

    osim.Logger.setLevelString("Off")
    out, start = str(Path(out).resolve()), tuple(str(Path(s).resolve()) for s in start)
    os.chdir(FOLDER)
    figures = tracking(osim, out) if which == "tracking" else prediction(osim, out, *start)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
