"""Compare solutions with those of OpenSim Moco, and check them against mechanics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.integrate import simpson

from benchmarks.planar_walking.problems import RANGES, other_side
from groundup.body.functions import Floats
from groundup.io.storage import read_storage
from groundup.solvers.collocation.solve import Solution
from groundup.solvers.collocation.trajectory import Trajectory


def stride(half: Trajectory, names: Sequence[str], n: int = 201) -> Floats:
    """Coordinates over a whole stride, shape (n - 1, n_names): the second half is the first with sides exchanged."""
    phase = np.linspace(0.0, 1.0, (n - 1) // 2 + 1)
    first = np.column_stack([half.at(name, phase) for name in names])
    second = np.column_stack([half.at(other_side(name), phase) for name in names])
    return np.concatenate([first[:-1], second[:-1]])


def difference_deg(a: Trajectory, b: Trajectory) -> tuple[dict[str, float], float]:
    """Root mean square differences of angles over a stride, by coordinate, and the shift in time that was taken out, %.

    Where nothing says at which moment the half cycle starts, any shift in time is as good a solution.
    """
    names = [n for n in a.values if n in RANGES and n not in ("pelvis_tx", "pelvis_ty")]
    x, y = stride(a, names), stride(b, names)
    errors = [np.degrees(np.sqrt(np.mean((np.roll(x, k, axis=0) - y) ** 2, axis=0))) for k in range(len(x))]
    best = int(np.argmin([np.mean(e**2) for e in errors]))
    shift = (best + len(x) // 2) % len(x) - len(x) // 2
    return dict(zip(names, map(float, errors[best]), strict=True)), 100.0 * shift / len(x)


def energy_gap(solution: Solution) -> float:
    """Share, %, of the work done by muscles, ground and lumbar torque that the body's energy does not account for."""
    read, time = solution.read, solution.best.time
    powers = [read[k] for k in ("muscle power", "ground power", "lumbar power")]
    work = simpson(sum(powers), x=time)
    gained = read["energy"][-1] - read["energy"][0]
    return float(100.0 * abs(work - gained) / sum(simpson(np.abs(p), x=time) for p in powers))


def moco_solution(path: Path, full: bool = True) -> Trajectory:
    """Read a solution of Moco; of a full stride, keep the first half."""
    table = read_storage(path)
    n = (len(table.time_s) + 1) // 2 if full else len(table.time_s)
    values = {_plain_name(label): table.values[:n, i] for i, label in enumerate(table.columns)}
    time = table.time_s[:n]
    moved = float(values["pelvis_tx"][-1] - values["pelvis_tx"][0])
    return Trajectory(time, values, {"duration": float(time[-1] - time[0]), "distance": moved})


def _plain_name(label: str) -> str:
    """Turn a column of Moco's into a name of ours: ``/jointset/hip_l/hip_flexion_l/speed``, ``hip_flexion_l speed``."""
    parts = label.strip("/").split("/")
    match parts[-1]:
        case "value":
            return parts[-2]
        case "speed" | "activation":
            return f"{parts[-2]} {parts[-1]}"
    return parts[-1]
