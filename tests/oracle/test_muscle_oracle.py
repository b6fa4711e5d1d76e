"""Muscle forces and curves against OpenSim's own, live, on published models.

OpenSim's path length and lengthening speed are fed in, so that only the muscle is compared. Tolerances are in greatest
isometric forces: 1e-8 where both evaluate the same formula (ours reads Bézier curves from a table exact to 1e-9),
1e-6 for balances, which OpenSim stops at 1e-8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundup.body.model import MuscleKind
from groundup.engine.muscle import ForceMode, MuscleSet, compile_muscles, rigid_tendon_state
from groundup.engine.muscle_curves import MillardCurves
from groundup.engine.muscle_tendon import equilibrium_state
from groundup.io.osim_read import read_osim

Find = Callable[[str], Path]
MODELS = {
    "gait2392": ("gait2392/gait2392_simbody.osim", MuscleKind.THELEN2003, 50),
    "Rajagopal2016": ("models/Rajagopal2016.osim", MuscleKind.MILLARD2012, 50),
    "RajagopalLaiUhlrich2023": ("models/RajagopalLaiUhlrich2023.osim", MuscleKind.MILLARD2012, 20),
    "arnold2013": ("arnold2013/subject01/subject01.osim", MuscleKind.DEGROOTEFREGLY2016, 50),
    "full_body": ("", MuscleKind.DEGROOTEFREGLY2016, 8),
}


@dataclass(frozen=True)
class Sampled:
    """Our muscles, and OpenSim's lengths, speeds and forces (n_poses, n_muscles) in random states."""

    muscles: MuscleSet
    length: np.ndarray
    velocity: np.ndarray
    full_force: np.ndarray
    part_force: np.ndarray


@pytest.fixture(scope="session")
def model_file(request: pytest.FixtureRequest) -> Find:
    """Find a model by name, or skip and say what is missing."""

    def found(name: str) -> Path:
        if name == "full_body":
            return Path(request.getfixturevalue("full_body_path"))
        return Path(request.getfixturevalue("shared")) / MODELS[name][0]

    return found


def random_poses(model: Any, state: Any, count: int, *, moving: bool) -> Iterator[None]:
    """Put the model in random assembled states, realised to velocity."""
    rng = np.random.default_rng(20240611)
    coordinates = [model.getCoordinateSet().get(i) for i in range(model.getCoordinateSet().getSize())]
    free = [c for c in coordinates if not c.get_locked() and not c.isConstrained(state)]
    for _ in range(count):
        for c in free:
            low, high = max(c.getRangeMin(), -1.0), min(c.getRangeMax(), 1.0)
            c.setValue(state, rng.uniform(low, high), False)
            c.setSpeedValue(state, 4.0 * rng.normal() if moving else 0.0)
        model.assemble(state)
        model.realizeVelocity(state)
        yield


def muscles_of(model: Any) -> list[Any]:
    return [model.getMuscles().get(i) for i in range(model.getMuscles().getSize())]


@pytest.fixture(scope="module", params=list(MODELS))
def sampled(request: pytest.FixtureRequest, model_file: Find, opensim: Any) -> Sampled:
    path = model_file(request.param)
    model = opensim.Model(str(path))
    state = model.initSystem()
    theirs = muscles_of(model)
    rows: list[list[list[float]]] = []
    for _ in random_poses(model, state, MODELS[request.param][2], moving=True):
        rows.append(
            [
                [m.getLength(state) for m in theirs],
                [m.getLengtheningSpeed(state) for m in theirs],
                [m.calcInextensibleTendonActiveFiberForce(state, 1.0) for m in theirs],
                [m.calcInextensibleTendonActiveFiberForce(state, 0.3) for m in theirs],
            ]
        )
    ours = compile_muscles(read_osim(path).muscles)
    assert ours.names == tuple(m.getName() for m in theirs)
    return Sampled(ours, *np.array(rows).transpose(1, 0, 2))


def test_active_force_is_what_static_optimisation_uses(sampled: Sampled) -> None:
    muscles = sampled.muscles
    for activation, theirs in ((1.0, sampled.full_force), (0.3, sampled.part_force)):
        state = rigid_tendon_state(
            muscles, sampled.length, sampled.velocity, mode=ForceMode.OPENSIM, activation=activation
        )
        error = np.abs(activation * state.active_force - theirs) / muscles.force
        assert error.max() < 1e-8
        assert np.abs(theirs).max() > 100.0


@pytest.mark.parametrize("name", ["gait2392", "Rajagopal2016", "RajagopalLaiUhlrich2023", "arnold2013"])
def test_balance_with_the_tendon(name: str, model_file: Find, opensim: Any) -> None:
    path = model_file(name)
    model = opensim.Model(str(path))
    state = model.initSystem()
    theirs = muscles_of(model)
    rng = np.random.default_rng(7)
    rows = []
    for _ in random_poses(model, state, 8, moving=False):
        activations = rng.uniform(0.02, 1.0, len(theirs))
        for muscle, activation in zip(theirs, activations, strict=True):
            muscle.setActivation(state, activation)
        for muscle in theirs:
            muscle.computeEquilibrium(state)
        model.realizeDynamics(state)
        rows.append([activations, [m.getLength(state) for m in theirs], [m.getTendonForce(state) for m in theirs]])
    activation, length, force = np.array(rows).transpose(1, 0, 2)
    ours = compile_muscles(read_osim(path).muscles)
    found = equilibrium_state(ours, activation, length, np.zeros_like(length))
    assert found.converged.all()
    # A De Groote–Fregly fibre below a fifth of its optimal length is outside its curves; OpenSim computes on.
    inside = ~found.slack | (MODELS[name][1] is not MuscleKind.DEGROOTEFREGLY2016)
    assert inside.mean() > 0.9
    assert np.max(np.where(inside, np.abs(found.tendon_force - force) / ours.force, 0.0)) < 1e-6


def test_passive_multipliers_of_the_rigid_tendon(model_file: Find, opensim: Any) -> None:
    """A Millard model made rigid: OpenSim's own state against ours."""
    path = model_file("RajagopalLaiUhlrich2023")
    model = opensim.Model(str(path))
    for muscle in muscles_of(model):
        muscle.set_ignore_tendon_compliance(True)
    state = model.initSystem()
    theirs = muscles_of(model)
    rows = []
    for _ in random_poses(model, state, 10, moving=True):
        model.realizeDynamics(state)
        rows.append(
            [
                [m.getLength(state) for m in theirs],
                [m.getLengtheningSpeed(state) for m in theirs],
                [m.getPassiveForceMultiplier(state) for m in theirs],
                [m.getActiveForceLengthMultiplier(state) for m in theirs],
                [m.getForceVelocityMultiplier(state) for m in theirs],
                [m.getCosPennationAngle(state) for m in theirs],
                [m.getNormalizedFiberLength(state) for m in theirs],
            ]
        )
    length, velocity, passive, active, speed, cosine, norm_length = np.array(rows).transpose(1, 0, 2)
    ours = compile_muscles(read_osim(path).muscles)
    found = rigid_tendon_state(ours, length, velocity)
    inside = ~found.slack
    assert inside.mean() > 0.9
    pairs = (
        (found.passive_multiplier, passive),
        (found.active_multiplier, active),
        (found.velocity_multiplier, speed),
        (found.cos_pennation, cosine),
        (found.norm_length, norm_length),
    )
    for mine, their in pairs:
        np.testing.assert_allclose(mine[inside], their[inside], atol=2e-9)


CURVES = {
    "active": ("ActiveForceLengthCurve", np.linspace(0.1, 2.1, 701)),
    "passive": ("FiberForceLengthCurve", np.linspace(0.4, 2.2, 701)),
    "tendon": ("TendonForceLengthCurve", np.linspace(0.98, 1.12, 701)),
    "velocity": ("ForceVelocityCurve", np.linspace(-1.3, 1.3, 701)),
}


@pytest.mark.parametrize("curve", list(CURVES))
def test_millard_curves_and_slopes(curve: str, model_file: Find, opensim: Any) -> None:
    path = model_file("RajagopalLaiUhlrich2023")
    model = opensim.Model(str(path))
    model.initSystem()
    ours = compile_muscles(read_osim(path).muscles).groups[0].curves
    assert isinstance(ours, MillardCurves)
    name, at = CURVES[curve]
    for index in (0, 17, 40, 79):
        muscle = opensim.Millard2012EquilibriumMuscle.safeDownCast(model.getMuscles().get(index))
        their = getattr(muscle, f"get_{name}")()
        table = getattr(ours, f"{curve}_table").take(np.array([index]))
        value, slope = (a[:, 0] for a in table.value_and_slope(at[:, None]))
        np.testing.assert_allclose(value, [their.calcValue(float(x)) for x in at], atol=2e-9)
        their_slope = np.array([their.calcDerivative(float(x), 1) for x in at])
        np.testing.assert_allclose(slope, their_slope, atol=2e-6 * np.abs(their_slope).max())
