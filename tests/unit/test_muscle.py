"""Muscles in states whose force is known without a computer."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from groundup.body.model import Muscle, MuscleKind
from groundup.engine.bezier import stack_curves
from groundup.engine.muscle import ForceMode, MuscleSet, compile_muscles, rigid_tendon_state
from groundup.engine.muscle_tendon import equilibrium_state, linear_in_activation, linearise
from groundup.errors import ModelError

KINDS = list(MuscleKind)
FORCE, OPTIMAL, SLACK, PENNATION = 1000.0, 0.1, 0.2, 0.3


def muscle(kind: MuscleKind, **changes: object) -> Muscle:
    plain = Muscle("plain", kind, (), (), FORCE, OPTIMAL, SLACK, PENNATION, 10.0)
    return replace(plain, **changes)  # type: ignore[arg-type]


def one(kind: MuscleKind, **changes: object) -> MuscleSet:
    return compile_muscles([muscle(kind, **changes)])


def column(values: object) -> np.ndarray:
    return np.asarray(values, dtype=float).reshape(-1, 1)


OPTIMAL_PATH = column([SLACK + OPTIMAL * np.cos(PENNATION)])


@pytest.mark.parametrize("kind", KINDS)
def test_optimal_length_at_rest_carries_the_isometric_force(kind: MuscleKind) -> None:
    state = rigid_tendon_state(one(kind), OPTIMAL_PATH, column([0.0]))
    assert state.fiber_length[0, 0] == pytest.approx(OPTIMAL)
    assert state.cos_pennation[0, 0] == pytest.approx(np.cos(PENNATION))
    assert state.active_force[0, 0] == pytest.approx(FORCE * np.cos(PENNATION), rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_force_falls_with_shortening_and_vanishes_at_the_greatest_speed(kind: MuscleKind) -> None:
    greatest = OPTIMAL * 10.0 / np.cos(PENNATION)
    speeds = column(np.linspace(-greatest, greatest, 401))
    state = rigid_tendon_state(one(kind), np.broadcast_to(OPTIMAL_PATH, speeds.shape), speeds)
    assert state.active_force[0, 0] == pytest.approx(0.0, abs=1e-6 * FORCE)
    assert np.all(np.diff(state.active_force[:, 0]) >= -1e-9 * FORCE)
    assert 1.3 < state.velocity_multiplier[-1, 0] < 2.0


@pytest.mark.parametrize("kind", KINDS)
def test_passive_force_and_tendon_stiffen_monotonically(kind: MuscleKind) -> None:
    curves = one(kind).groups[0].curves
    for curve, at in ((curves.passive, np.linspace(0.3, 2.0, 500)), (curves.tendon, np.linspace(0.9, 1.1, 500))):
        value, slope = curve(column(at))
        assert np.all(np.diff(value[:, 0]) >= 0.0)
        assert np.all(slope >= 0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_the_derivatives(kind: MuscleKind) -> None:
    curves = one(kind).groups[0].curves
    rng = np.random.default_rng(3)
    for curve, low, high in ((curves.active, 0.3, 1.9), (curves.passive, 0.5, 1.8), (curves.tendon, 0.99, 1.06)):
        at, h = column(rng.uniform(low, high, 200)), 1e-7
        numeric = (curve(at + h)[0] - curve(at - h)[0]) / (2.0 * h)
        np.testing.assert_allclose(curve(at)[1], numeric, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_balance_holds_and_the_tendon_stretches_by_its_published_strain(kind: MuscleKind) -> None:
    """With full activation at the length where the fibre is optimal, the tendon strains by its strain at full force."""
    strain = {"FmaxTendonStrain": 0.05, "TendonForceLengthCurve.strain_at_one_norm_force": 0.05}
    strain |= {"tendon_strain_at_one_norm_force": 0.05, "ignore_passive_fiber_force": 1.0}
    muscles = one(kind, pennation_angle=0.0, parameters=strain)
    state = equilibrium_state(muscles, 1.0, column([OPTIMAL + 1.05 * SLACK]), column([0.0]))
    assert state.converged.all()
    assert state.norm_length[0, 0] == pytest.approx(1.0, abs=1e-6)
    assert state.tendon_force[0, 0] == pytest.approx(FORCE, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_slope_over_activation_is_the_derivative(kind: MuscleKind) -> None:
    muscles = one(kind)
    rng = np.random.default_rng(5)
    length = column(SLACK + OPTIMAL * rng.uniform(0.7, 1.3, 60))
    velocity, level, h = column(rng.uniform(-0.3, 0.3, 60)), column(rng.uniform(0.1, 0.9, 60)), 1e-5
    ahead, behind = (linearise(muscles, length, velocity, level + s * h)[0] for s in (1.0, -1.0))
    slope = linearise(muscles, length, velocity, level)[1]
    np.testing.assert_allclose(slope, (ahead - behind) / (2.0 * h), rtol=1e-3, atol=1e-3 * FORCE)


def test_rigid_tendon_line_is_exact() -> None:
    muscles = one(MuscleKind.MILLARD2012, ignore_tendon_compliance=True)
    length, velocity = column([0.3, 0.31, 0.34]), column([0.0, 0.2, 0.1])
    active, passive = linear_in_activation(muscles, length, velocity)
    state = rigid_tendon_state(muscles, length, velocity)
    np.testing.assert_allclose(passive + 0.4 * active, state.total_force(0.4))


def test_a_compliant_tendon_lets_the_fibres_shorten() -> None:
    muscles = one(MuscleKind.DEGROOTEFREGLY2016)
    rigid = rigid_tendon_state(muscles, OPTIMAL_PATH, column([0.0]))
    compliant = equilibrium_state(muscles, 1.0, OPTIMAL_PATH, column([0.0]))
    assert compliant.fiber_length[0, 0] < rigid.fiber_length[0, 0]


def test_given_fibre_velocity_replaces_that_of_the_path() -> None:
    muscles = one(MuscleKind.MILLARD2012)
    still = equilibrium_state(muscles, 0.5, OPTIMAL_PATH, column([0.0]))
    held = equilibrium_state(muscles, 0.5, OPTIMAL_PATH, column([-0.4]), fiber_velocity=column([0.0]))
    assert held.tendon_force[0, 0] == pytest.approx(still.tendon_force[0, 0])


def test_too_short_a_muscle_hangs_slack() -> None:
    for kind in KINDS:
        state = rigid_tendon_state(one(kind), column([SLACK * 0.5]), column([-1.0]))
        assert state.slack.all()
        assert state.total_force(1.0)[0, 0] == 0.0


def test_opensim_mode_keeps_the_peculiarities() -> None:
    """Thelen: along the tendon. De Groote–Fregly: along the fibre. Millard: with another angle, close to one."""
    length, rest = OPTIMAL_PATH, column([0.0])
    forces = {k: rigid_tendon_state(one(k), length, rest, mode=ForceMode.OPENSIM).active_force[0, 0] for k in KINDS}
    assert forces[MuscleKind.THELEN2003] == pytest.approx(FORCE * np.cos(PENNATION))
    assert forces[MuscleKind.DEGROOTEFREGLY2016] == pytest.approx(FORCE)
    misread = np.sqrt(1.0 - (OPTIMAL * np.sin(PENNATION)) ** 2)
    assert forces[MuscleKind.MILLARD2012] == pytest.approx(FORCE * misread, rel=1e-9)


def test_kinds_mix_in_one_set() -> None:
    everyone = compile_muscles([muscle(k) for k in (*KINDS, *reversed(KINDS))])
    length, velocity = np.full((3, 6), 0.31), np.full((3, 6), -0.2)
    together = linear_in_activation(everyone, length, velocity)
    for i, kind in enumerate((*KINDS, *reversed(KINDS))):
        alone = linear_in_activation(one(kind), length[:, :1], velocity[:, :1])
        for whole, part in zip(together, alone, strict=True):
            np.testing.assert_allclose(whole[:, i], part[:, 0])


def test_equal_curves_share_one_table() -> None:
    chain = (((0.0, 0.0, 0.0), (1.0, 1.0, 2.0)), (0.5,))
    other = (((0.0, 0.0, 0.0), (2.0, 1.0, 2.0)), (0.5,))
    table = stack_curves([chain, other, chain])
    assert len(table.pieces) == 2 * len(stack_curves([chain]).pieces)
    np.testing.assert_allclose(table.value(np.array([[1.0, 2.0, 1.5]])), [[1.0, 1.0, 2.0]])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"optimal_fiber_length": 0.0}, 'muscle "plain": optimal_fiber_length (m) is 0, expected a positive number'),
        ({"pennation_angle": 12.0}, "is 12 rad, expected 0 to 1.47 rad. A value given in degrees must be converted"),
    ],
)
def test_impossible_figures_are_refused(changes: dict[str, float], words: str) -> None:
    with pytest.raises(ModelError) as caught:
        one(MuscleKind.THELEN2003, **changes)
    assert words in str(caught.value)


def test_ten_thousand_frames_of_ninety_two_muscles_within_a_second() -> None:
    muscles = compile_muscles([muscle(MuscleKind.MILLARD2012)] * 92)
    rng = np.random.default_rng(0)
    length, velocity = SLACK + OPTIMAL * rng.uniform(0.6, 1.4, (10_000, 92)), rng.normal(size=(10_000, 92))
    begin = time.process_time()
    rigid_tendon_state(muscles, length, velocity)
    assert time.process_time() - begin < 2.0
