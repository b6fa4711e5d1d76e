"""Solve a walk: from a guess or from another walk, coarse first where there is nothing better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from groundup.predict.gait.problem import SPEED, WalkTask, first_guess, walk_problem
from groundup.predict.gait.walk import Walk, columns, mirror_sign, mirrored_half, other_side
from groundup.predict.terms import WEIGHT_OF_ALL
from groundup.predict.walk_job import STOPPED
from groundup.solvers.collocation.mesh import Scheme, Transcription, transcribe, uniform
from groundup.solvers.collocation.problem import DURATION
from groundup.solvers.collocation.solve import Progress, Solution, SolverOptions, solve
from groundup.solvers.collocation.trajectory import Trajectory

Tell = Callable[[str, Progress], None]
"""Hears the name of the stage and where it stands."""


@dataclass(frozen=True)
class WalkOptions:
    """How a walk is solved.

    Attributes
    ----------
    intervals : mesh intervals over a whole cycle
    scheme : of the last stage
    solver : options of the last stage
    """

    intervals: int
    scheme: Scheme = Scheme.HERMITE_SIMPSON
    solver: SolverOptions = field(
        # From a near walk the adaptive barrier may circle without end.
        default_factory=lambda: SolverOptions(
            tolerance=1e-4, constraint_tolerance=1e-6, iterations=300, barrier="monotone", start_barrier=1e-3
        )
    )


def solve_walk(task: WalkTask, options: WalkOptions, start: Walk | None = None, tell: Tell | None = None) -> Walk:
    """Solve a walk.

    Parameters
    ----------
    start : a walk of the same body or a like one; None: the reference walk, with a coarse stage before
    tell : hears of every iteration

    Returns
    -------
    Walk : one whole cycle; look at ``solved`` before using it

    Notes
    -----
    Ctrl-C while the problem of a later stage is written down ends with what the stage before it found.
    """
    problem = walk_problem(task)
    intervals = max(options.intervals // 2, 1) if task.symmetric else options.intervals
    stages = [(options.scheme, intervals, options.solver)]
    if start is None:
        coarse = SolverOptions(tolerance=1e-2, constraint_tolerance=1e-4, iterations=options.solver.iterations)
        stages.insert(0, (Scheme.TRAPEZOIDAL, intervals, coarse))
    guess = first_guess(task) if start is None else _part_of(start, task.symmetric)
    found = None
    for number, (scheme, mesh, settings) in enumerate(stages):
        name = f"{scheme} on {mesh} intervals"
        listener = None if tell is None else _named(tell, name)
        try:
            transcription = transcribe(problem, uniform(mesh), scheme)
            found = (solve(transcription, guess, settings, listener), transcription)
        except KeyboardInterrupt:
            if found is None:
                raise
            return replace(_walk(task, *found), solved=False, message=f"{STOPPED} before “{name}”.")
        guess = found[0].best
        if found[0].value is None and number + 1 < len(stages) and found[0].stats.ending == "User_Requested_Stop":
            break
    assert found is not None
    return _walk(task, *found)


def _named(tell: Tell, name: str) -> Callable[[Progress], None]:
    return lambda progress: tell(name, progress)


def _part_of(walk: Walk, half: bool) -> Trajectory:
    """Trajectory of a walk to start from: the whole cycle, or its first half."""
    k = (len(walk.time_s) - 1) // 2 + 1 if half else len(walk.time_s)
    time = walk.time_s[:k] - walk.time_s[0]
    values = {name: np.asarray(one)[:k] for name, one in walk.values.items()}
    return Trajectory(time, values, {DURATION: float(time[-1]), SPEED: walk.speed_m_per_s})


def _walk(task: WalkTask, solution: Solution, transcription: Transcription) -> Walk:
    best, read = solution.best, dict(solution.read)
    p = task.changed.prepared
    values = {name: np.asarray(one) for name, one in best.values.items()}
    outputs = {name: np.asarray(one) for name, one in read.items() if not name.startswith("term ")}
    time = best.time - best.time[0]
    if task.symmetric:
        step = values["pelvis_tx"][-1] - values["pelvis_tx"][0]
        values = mirrored_half(values, float(step))
        outputs = _mirrored_outputs(outputs, float(step))
        time = np.concatenate([time[:-1], time[-1] + time])
    pads = [pad.name for pad in p.soles.pads]
    terms = {t.name: float(read[f"term {t.name}"]) / (WEIGHT_OF_ALL * t.weight) for t in task.terms}
    stats, worst = solution.stats, solution.stats.worst
    return Walk(
        time_s=time,
        names=tuple(p.names),
        muscles=tuple(m.name for m in p.muscles),
        force_n=columns(outputs, [f"force of {m.name}" for m in p.muscles]),
        torque_names=tuple(p.torques),
        torque_nm=columns(outputs, [f"torque of {n}" for n in p.torques]),
        pads=tuple(pads),
        pad_force_n=np.stack([columns(outputs, [f"{n} force {axis}" for axis in "xyz"]) for n in pads], axis=1),
        pad_point_m=np.stack([columns(outputs, [f"{n} point {axis}" for axis in "xyz"]) for n in pads], axis=1),
        fascia_n=columns(outputs, ["fascia r", "fascia l"]),
        values=values,
        terms=terms,
        speed_m_per_s=float(best.parameters[SPEED]),
        mass_kg=float(p.body.mass),
        solved=solution.value is not None,
        message=solution.message,
        stats={
            "iterations": stats.iterations,
            "seconds": round(stats.seconds, 2),
            "objective": stats.objective,
            "variables": stats.variables,
            "constraints": stats.constraints,
            "largest_miss": float(worst.scaled) if worst is not None else 0.0,
        },
    )


def _mirrored_outputs(outputs: dict[str, np.ndarray], step: float) -> dict[str, np.ndarray]:
    """Outputs over a whole cycle: of the other side in the mirror, points under the feet a step ahead."""
    whole = {}
    for name, first in outputs.items():
        words = [other_side(word) for word in name.split(" ")]
        mirror = " ".join(words)
        if name.startswith("fascia "):
            mirror = "fascia l" if name.endswith("r") else "fascia r"
        second = np.asarray(outputs[mirror])
        if name.endswith(" z"):
            second = -second
        elif name.startswith("torque of "):
            second = mirror_sign(words[-1]) * second
        elif name.endswith("point x"):
            second = second + step
        whole[name] = np.concatenate([np.asarray(first)[:-1], second])
    return whole
