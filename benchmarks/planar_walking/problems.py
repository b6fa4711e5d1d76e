"""The planar walking problems that OpenSim ships as ``example2DWalking``, stated for groundup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from groundup.body.model import Body
from groundup.io.storage import read_storage
from groundup.motion.filtering import SmoothSignals, smooth
from groundup.predict.symbolic.balance import Balance, Drive, balance, degrees, quantities
from groundup.predict.symbolic.dynamics import load_power, mechanical_energy
from groundup.predict.symbolic.motion import free_coordinates
from groundup.solvers.collocation.problem import Data, Ends, Limit, Model, Point, Problem, Quantity, repeats
from groundup.solvers.collocation.symbols import Expression, casadi
from groundup.solvers.collocation.trajectory import Trajectory

RANGES = {
    "pelvis_tilt": degrees(-20.0, -10.0),
    "pelvis_tx": (0.0, 1.0),
    "pelvis_ty": (0.75, 1.25),
    "lumbar": degrees(0.0, 20.0),
} | {
    f"{name}_{side}": degrees(low, high)
    for name, low, high in (("hip_flexion", -10.0, 60.0), ("knee_angle", -50.0, 0.0), ("ankle_angle", -15.0, 25.0))
    for side in "lr"
}
DURATION_S = 0.470089
SPEED_M_S = 1.2
EFFORT = 10.0
CUTOFF_HZ = 6.0


def other_side(name: str) -> str:
    """Return the name with left and right exchanged."""
    for a, b in (("_l", "_r"), ("_r", "_l")):
        if name.endswith(a) or f"{a} " in name:
            return name.replace(f"{a} ", f"{b} ") if f"{a} " in name else name[: -len(a)] + b
    return name


def half_cycle(first: Point, last: Point, known: Mapping[str, Quantity]) -> dict[str, Limit]:
    """Conditions that the second step is the first one with the sides exchanged."""
    names = [n for n in first.state if n != "pelvis_tx"] + ["lumbarAct"]
    return repeats(first, last, {n: other_side(n) for n in names}, known)


def _states(body: Body) -> tuple[tuple[Quantity, ...], tuple[Quantity, ...], tuple[Quantity, ...]]:
    return quantities(body, RANGES)


def _energy(b: Balance, at: Point) -> dict[str, Expression]:
    """Mechanical energy of the body, J, and power of all that drives it, W."""
    muscles = -casadi.dot(casadi.vertcat(*(m.force for m in b.muscles.values())), b.speeds)
    ground = sum(load_power(b.motion, load) for load in b.contacts.values())
    lumbar = at.control["lumbarAct"] * b.motion.speed["lumbar"]
    powers = {"muscle power": muscles, "ground power": ground, "lumbar power": lumbar}
    return {"energy": mechanical_energy(b.motion), **powers}


def tracking(body: Body, folder: Path) -> Problem:
    """Follow the reference motion and ground forces with little effort."""
    states, algebraics, controls = _states(body)
    known = {q.name: q for q in (*states, *controls)}
    names = free_coordinates(body)
    weight = body.mass * float(np.linalg.norm(body.gravity))

    def model(at: Point) -> Model:
        b = balance(body, at, Drive(ranges=RANGES))
        motion = sum((at.state[n] - at.data[n]) ** 2 for n in (*names, *(f"{n} speed" for n in names)))
        ground = casadi.SX(0)
        for side in "rl":
            force = sum(b.contacts[f"contact{part}_{side}"].force for part in ("Heel", "Front"))
            ground += sum((force[i] - at.data[f"force_{side}_{axis}"]) ** 2 for i, axis in enumerate("xy"))
        effort = sum(u**2 for u in at.control.values())
        terms = {"motion": motion, "ground": ground / weight, "effort": effort}
        return Model(b.rates, b.equations, terms=terms, outputs=_energy(b, at))

    return Problem(
        states=states,
        algebraics=algebraics,
        controls=controls,
        parameters=(Quantity("duration", DURATION_S, DURATION_S, "s"),),
        model=model,
        ends=lambda first, last: Ends(half_cycle(first, last, known)),
        weights={"motion": 1.0, "ground": 1.0, "effort": EFFORT},
        data=reference(folder, names),
    )


def prediction(body: Body) -> Problem:
    """Walk at a speed with the least effort per distance."""
    states, algebraics, controls = _states(body)
    known = {q.name: q for q in (*states, *controls)}

    def model(at: Point) -> Model:
        b = balance(body, at, Drive(ranges=RANGES))
        effort = sum(u**2 * casadi.fabs(u) for u in at.control.values())
        return Model(b.rates, b.equations, terms={"effort": effort / at.parameter["distance"]}, outputs=_energy(b, at))

    def ends(first: Point, last: Point) -> Ends:
        # The body ends as it began with the sides exchanged, so its mass centre moves as far as the pelvis.
        distance, duration = first.parameter["distance"], first.parameter["duration"]
        moved = last.state["pelvis_tx"] - first.state["pelvis_tx"]
        return Ends(
            half_cycle(first, last, known)
            | {
                "distance walked": Limit(moved - distance, 0.0, 0.0, "m"),
                "average speed": Limit(distance - SPEED_M_S * duration, 0.0, 0.0, "m"),
            }
        )

    return Problem(
        states=states,
        algebraics=algebraics,
        controls=controls,
        parameters=(Quantity("duration", 0.4, 0.6, "s"), Quantity("distance", 0.1, 1.0, "m")),
        model=model,
        ends=ends,
        weights={"effort": EFFORT},
    )


def reference(folder: Path, names: tuple[str, ...]) -> dict[str, Data]:
    """Reference motion, low-passed, its speeds, and reference ground forces, as functions of the phase."""
    table = read_storage(folder / "referenceCoordinates.sto")
    place = {label.split("/")[-2]: i for i, label in enumerate(table.columns) if label.endswith("/value")}
    motion = smooth(table.time_s, table.values[:, [place[n] for n in names]], CUTOFF_HZ)
    force = read_storage(folder / "referenceGRF.sto")
    columns = [f"ground_force_{side}_v{axis}" for side in "rl" for axis in "xy"]
    ground = smooth(force.time_s, force.values[:, [force.columns.index(c) for c in columns]], None)

    def reading(curve: SmoothSignals, column: int, order: int) -> Data:
        return lambda phase: curve.derivative(phase * DURATION_S, order)[:, column]

    given = {n: reading(motion, i, 0) for i, n in enumerate(names)}
    given |= {f"{n} speed": reading(motion, i, 1) for i, n in enumerate(names)}
    return given | {f"force_{side}_{axis}": reading(ground, i, 0) for i, (side, axis) in enumerate(_SIDED_AXES)}


_SIDED_AXES = [(side, axis) for side in "rl" for axis in "xy"]


def first_guess(problem: Problem) -> Trajectory:
    """Follow the reference with muscles a little active."""
    phase = np.linspace(0.0, 1.0, 101)
    values = {q.name: problem.data[q.name](phase) for q in problem.states if q.name in problem.data}
    muscles = [q.name for q in problem.states if q.name.endswith(" activation")]
    quiet = [*muscles, *(m.removesuffix(" activation") for m in muscles)]
    values |= {name: np.full(len(phase), 0.05) for name in quiet}
    return with_accelerations(Trajectory(phase * DURATION_S, values, {"duration": DURATION_S}))


def with_accelerations(motion: Trajectory) -> Trajectory:
    """Add the rates of all speeds, which a solution of Moco does not hold."""
    speeds = [name for name in motion.values if name.endswith(" speed")]
    rates = {n.replace(" speed", " acceleration"): np.gradient(motion.values[n], motion.time) for n in speeds}
    return replace(motion, values={**motion.values, **rates})
