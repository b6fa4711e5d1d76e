"""Optimal control on problems whose answer is known, and how a solve says that it failed."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from groundup.errors import SetupError
from groundup.solvers.collocation.mesh import Scheme, transcribe, uniform
from groundup.solvers.collocation.problem import Ends, Equation, Limit, Model, Point, Problem, Quantity, repeats
from groundup.solvers.collocation.solve import Progress, SolverOptions, Status, solve
from groundup.solvers.collocation.symbols import casadi
from groundup.solvers.collocation.trajectory import Trajectory

TIGHT = SolverOptions(tolerance=1e-9, constraint_tolerance=1e-9)
STANDING = Trajectory(np.array([0.0, 1.0]), {}, {"duration": 1.0})


def move(at: Point) -> Model:
    """A mass of 1 kg pushed along a line."""
    return Model(
        rates={"x": at.state["v"], "v": at.control["force"]},
        terms={"effort": at.control["force"] ** 2},
        outputs={"power": at.control["force"] * at.state["v"]},
    )


def push(force_n: float = 20.0) -> Problem:
    return Problem(
        states=(
            Quantity("x", -5.0, 5.0, "m", initial=(0.0, 0.0), final=(1.0, 1.0)),
            Quantity("v", -5.0, 5.0, "m/s", initial=(0.0, 0.0), final=(0.0, 0.0)),
        ),
        controls=(Quantity("force", -force_n, force_n, "N"),),
        parameters=(Quantity("duration", 1.0, 1.0, "s"),),
        model=move,
    )


def test_least_effort_push_is_a_line_of_force() -> None:
    # min ∫u² with rest to rest over 1 m in 1 s: u = 6 − 12 t, cost 12 (Bryson & Ho 1975).
    done = solve(transcribe(push(), uniform(10)), STANDING, TIGHT)
    assert done.status is Status.SOLVED
    assert done.value is not None
    assert done.stats.objective == pytest.approx(12.0, abs=1e-9)
    np.testing.assert_allclose(done.value.values["force"], 6.0 - 12.0 * done.value.time, atol=1e-7)
    assert done.read["term effort"] == pytest.approx(12.0, abs=1e-9)
    assert np.trapezoid(done.read["power"], done.value.time) == pytest.approx(0.0, abs=1e-7)


def test_shortest_time_is_bang_bang() -> None:
    # |u| ≤ 1: speed up half the way, slow down the other half: 2 s.
    problem = replace(
        push(1.0),
        model=lambda at: Model({"x": at.state["v"], "v": at.control["force"]}),
        parameters=(Quantity("duration", 0.1, 10.0, "s"),),
        ends=lambda first, last: Ends(terms={"time": first.parameter["duration"]}),
    )
    done = solve(transcribe(problem, uniform(40), Scheme.TRAPEZOIDAL), STANDING, TIGHT)
    assert done.value is not None
    assert done.value.parameters["duration"] == pytest.approx(2.0, abs=2e-3)


def swing(at: Point) -> Model:
    """A pendulum, its equation of motion implicit."""
    return Model(
        rates={"angle": at.state["speed"], "speed": at.algebraic["acceleration"]},
        equations={
            "moment": Equation(at.algebraic["acceleration"] + 9.81 * casadi.sin(at.state["angle"]), "N·m"),
        },
    )


def swinging() -> Problem:
    return Problem(
        states=(
            Quantity("angle", -3.0, 3.0, "rad", initial=(1.0, 1.0)),
            Quantity("speed", -10.0, 10.0, "rad/s", initial=(0.0, 0.0)),
        ),
        algebraics=(Quantity("acceleration", -50.0, 50.0, "rad/s²"),),
        controls=(),
        parameters=(Quantity("duration", 1.5, 1.5, "s"),),
        model=swing,
    )


@pytest.mark.parametrize(("scheme", "order"), [(Scheme.TRAPEZOIDAL, 2), (Scheme.HERMITE_SIMPSON, 4)])
def test_order_of_convergence(scheme: Scheme, order: int) -> None:
    from scipy.integrate import solve_ivp

    exact = solve_ivp(lambda t, y: [y[1], -9.81 * np.sin(y[0])], (0, 1.5), [1.0, 0.0], rtol=1e-12, atol=1e-12).y[0, -1]
    errors = []
    for intervals in (10, 20, 40):
        done = solve(transcribe(swinging(), uniform(intervals), scheme), STANDING, TIGHT)
        assert done.value is not None
        errors.append(abs(done.value.values["angle"][-1] - exact))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, order, atol=0.25)


def test_uneven_mesh_and_warm_start_from_another_mesh() -> None:
    coarse = solve(transcribe(push(), uniform(4)), STANDING, TIGHT)
    assert coarse.value is not None
    mesh = np.array([0.0, 0.05, 0.3, 0.35, 0.8, 1.0])
    fine = solve(transcribe(push(), mesh), coarse.value, TIGHT)
    assert fine.stats.objective == pytest.approx(12.0, abs=1e-9)
    assert fine.value is not None
    np.testing.assert_allclose(fine.value.phase[::2], mesh, atol=1e-12)


def test_derivatives_agree_with_finite_differences() -> None:
    problem = replace(
        swinging(),
        controls=(Quantity("torque", -5.0, 5.0),),
        parameters=(Quantity("duration", 0.5, 2.0, "s"),),
        model=lambda at: Model(
            rates={"angle": at.state["speed"], "speed": at.algebraic["acceleration"]},
            equations={
                "moment": Equation(
                    at.algebraic["acceleration"] + 9.81 * casadi.sin(at.state["angle"]) - at.control["torque"] ** 3,
                    scale=7.0,
                )
            },
            limits={"height": Limit(casadi.cos(at.state["angle"]) * at.state["speed"], -1.0, 1.0)},
            terms={"effort": at.setting["price"] * at.control["torque"] ** 2 * at.state["speed"] + at.data["wave"]},
        ),
        ends=lambda first, last: Ends(
            repeats(first, last, {"angle": "speed"}, {q.name: q for q in swinging().states}),
            {"drop": last.state["angle"] ** 2 * first.parameter["duration"]},
        ),
        weights={"effort": 3.0, "drop": 0.5},
        settings={"price": 1.7},
        data={"wave": lambda phase: np.sin(phase)},
    )
    for scheme in Scheme:
        _check_derivatives(transcribe(problem, np.array([0.0, 0.2, 0.7, 1.0]), scheme))


def _check_derivatives(t) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(1)
    x, lam = rng.normal(size=t.program.n_variables) * 0.3, rng.normal(size=t.program.n_rows)
    p = t.program
    f = casadi.Function("f", [p.problem["x"], p.problem["p"]], [p.problem["f"], p.problem["g"]])

    def lagrangian_gradient(x: np.ndarray) -> np.ndarray:
        grad = np.array(p.derivatives["grad_f"](x, t.given)[1])[:, 0]
        return 2.0 * grad + np.array(p.derivatives["jac_g"](x, t.given)[1]).T @ lam

    step = 1e-6
    numbers = [(x + step * e, x - step * e) for e in np.eye(len(x))]
    slope = [np.array(f(a, t.given)[0] - f(b, t.given)[0])[0, 0] / (2 * step) for a, b in numbers]
    rows = np.array([np.array(f(a, t.given)[1] - f(b, t.given)[1])[:, 0] / (2 * step) for a, b in numbers]).T
    curvature = np.array([(lagrangian_gradient(a) - lagrangian_gradient(b)) / (2 * step) for a, b in numbers])
    np.testing.assert_allclose(np.array(p.derivatives["grad_f"](x, t.given)[1])[:, 0], slope, atol=1e-7)
    np.testing.assert_allclose(np.array(p.derivatives["jac_g"](x, t.given)[1]), rows, atol=1e-7)
    upper = np.array(p.derivatives["hess_lag"](x, t.given, 2.0, lam))
    np.testing.assert_allclose(upper + np.triu(upper, 1).T, curvature, atol=1e-6)


def test_infeasible_problem_names_what_is_missed() -> None:
    # 1 N moves 1 kg by 0.25 m at most, from rest to rest in 1 s.
    done = solve(transcribe(push(1.0), uniform(10)), STANDING, replace(TIGHT, iterations=300))
    assert done.value is None
    assert done.status is Status.INFEASIBLE
    assert "no motion satisfies the conditions" in done.message
    assert "missed most: " in done.message
    assert "m" in done.stats.worst.row.unit
    assert str(done.stats.worst) in done.message
    assert "Loosen the bounds" in done.status.advice
    assert done.status.advice not in done.message


def test_iteration_limit_is_not_a_result() -> None:
    done = solve(transcribe(swinging(), uniform(20)), STANDING, replace(TIGHT, iterations=1))
    assert done.value is None
    assert done.status is Status.ITERATION_LIMIT
    assert " at " in done.message
    assert "% (" in done.message
    assert done.best.values["angle"].shape == (41,)


def test_ctrl_c_keeps_the_best_motion() -> None:
    heard: list[Progress] = []

    def listen(progress: Progress) -> None:
        heard.append(progress)
        if progress.iteration == 2:
            os.kill(os.getpid(), signal.SIGINT)

    done = solve(transcribe(swinging(), uniform(20)), STANDING, TIGHT, listen)
    assert done.status is Status.STOPPED
    assert done.value is None
    assert "stopped by the user" in done.message
    assert "it is not a result" in done.status.advice
    assert len(heard) <= 4
    assert heard[-1].left_s > 0.0
    assert np.isfinite(done.best.values["angle"]).all()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameters": ()}, '"duration" (s) must be among them'),
        ({"weights": {"speed": 1.0}}, "the terms are effort"),
        ({"model": lambda at: Model({"x": at.state["v"]})}, "no rate for v"),
    ],
)
def test_faulty_problem(change: dict[str, object], words: str) -> None:
    with pytest.raises(SetupError) as caught:
        transcribe(replace(push(), **change), uniform(4))
    assert words in str(caught.value)


def test_faulty_mesh() -> None:
    with pytest.raises(SetupError, match="must grow from 0 to 1"):
        transcribe(push(), np.array([0.0, 0.6, 0.4, 1.0]))
