"""What must hold for muscle forces whatever the state."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.body.model import Muscle, MuscleKind
from groundup.engine.muscle import compile_muscles, rigid_tendon_state
from groundup.engine.muscle_tendon import equilibrium_state, linear_in_activation

PATHS = st.floats(0.0, 50.0)
SPEEDS = st.floats(-1e4, 1e4)


@st.composite
def muscles(draw: st.DrawFn) -> Muscle:
    damping = draw(st.sampled_from([0.0, 0.01, 0.1]))
    return Muscle(
        "any",
        draw(st.sampled_from(MuscleKind)),
        (),
        (),
        draw(st.floats(1.0, 1e4)),
        draw(st.floats(0.01, 0.5)),
        draw(st.floats(0.001, 0.6)),
        draw(st.floats(0.0, 1.2)),
        draw(st.floats(1.0, 20.0)),
        {"fiber_damping": damping},
        ignore_tendon_compliance=draw(st.booleans()),
    )


@settings(max_examples=200, deadline=None)
@given(muscles(), PATHS, SPEEDS)
def test_rigid_forces_are_finite_and_never_negative(muscle: Muscle, length: float, speed: float) -> None:
    state = rigid_tendon_state(compile_muscles([muscle]), np.array([[length]]), np.array([[speed]]))
    for force in (state.active_force, state.passive_force, state.total_force(0.5)):
        assert np.isfinite(force).all()
        assert (force >= 0.0).all()


@settings(max_examples=200, deadline=None)
@given(muscles(), PATHS, SPEEDS, st.floats(0.0, 1.0))
def test_balanced_forces_are_finite_and_never_negative(
    muscle: Muscle, length: float, speed: float, activation: float
) -> None:
    compiled, path, rate = compile_muscles([muscle]), np.array([[length]]), np.array([[speed]])
    state = equilibrium_state(compiled, activation, path, rate)
    active, passive = linear_in_activation(compiled, path, rate)
    for force in (state.tendon_force, state.force_slope, active, passive):
        assert np.isfinite(force).all()
        assert (force >= 0.0).all()


@settings(max_examples=100, deadline=None)
@given(muscles(), st.floats(0.7, 1.3), st.floats(-0.8, 0.8), st.floats(0.05, 1.0))
def test_fibre_and_tendon_carry_the_same(muscle: Muscle, stretch: float, speed: float, activation: float) -> None:
    """Within the working range the balance holds: what the tendon carries is what the fibres pull along it."""
    compiled = compile_muscles([muscle])
    path = np.array(
        [[muscle.tendon_slack_length + stretch * muscle.optimal_fiber_length * np.cos(muscle.pennation_angle)]]
    )
    state = equilibrium_state(compiled, activation, path, np.array([[speed * muscle.optimal_fiber_length]]))
    curves = compiled.groups[0].curves
    drive = activation * np.maximum(curves.velocity(state.norm_velocity, activation), 0.0)
    pull = drive * curves.active(state.norm_length)[0] + np.maximum(curves.passive(state.norm_length)[0], 0.0)
    pull = np.maximum(pull + compiled.damping * state.norm_velocity, 0.0) * state.cos_pennation
    np.testing.assert_allclose(
        np.where(state.slack, 0.0, state.tendon_force),
        np.where(state.slack, 0.0, compiled.force * pull),
        atol=1e-8 * muscle.max_isometric_force,
    )
