"""From a problem, a mesh and a scheme to a sparse program; and between its variables and trajectories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.errors import SetupError
from groundup.solvers.collocation.problem import DURATION, Ends, Model, Point, Problem, Quantity
from groundup.solvers.collocation.program import Block, Ints, Program, assemble
from groundup.solvers.collocation.symbols import Expression, casadi
from groundup.solvers.collocation.trajectory import Trajectory


class Scheme(StrEnum):
    """How states follow their rates between mesh points.

    ``TRAPEZOIDAL``
        error falls with the square of the interval; one point per interval;
    ``HERMITE_SIMPSON``
        cubics with a point in the middle; error falls with the fourth power; two points per interval.
    """

    TRAPEZOIDAL = "trapezoidal"
    HERMITE_SIMPSON = "hermite-simpson"


@dataclass(frozen=True)
class Row:
    """What a constraint is about: for messages."""

    kind: str
    name: str
    unit: str


@dataclass(frozen=True, eq=False)
class Transcription:
    """A problem on a mesh.

    Attributes
    ----------
    phase : array, shape (n_points,)
        All points, mesh and middle, from 0 to 1.
    place : mapping from the kind of quantity to an array, shape (n_points, n_quantities)
        Number of each variable; -1 where a middle point has no control of its own.
    lower, upper, scale : array, shape (n_variables,)
        In units, not scaled.
    row_lower, row_upper, row_scale : array, shape (n_rows,)
        Bounds in units, and what the solver divides by.
    rows : sequence of (labels, phases)
        Per block: labels of its rows, and phase of each repetition.
    given : array, shape (n_given,)
        Weights, settings, data.
    """

    problem: Problem
    scheme: Scheme
    phase: Floats
    place: Mapping[str, Ints]
    lower: Floats
    upper: Floats
    scale: Floats
    row_lower: Floats
    row_upper: Floats
    row_scale: Floats
    rows: tuple[tuple[tuple[Row, ...], Floats], ...]
    given: Floats
    program: Program
    read: Callable[[Floats, Floats], dict[str, Floats]]

    def row(self, number: int) -> tuple[Row, float]:
        """Label and phase of a constraint."""
        for labels, phases in self.rows:
            if number < len(labels) * len(phases):
                return labels[number % len(labels)], float(phases[number // len(labels)])
            number -= len(labels) * len(phases)
        raise IndexError(number)

    def variables(self, guess: Trajectory) -> Floats:
        """Variables, in units, of a trajectory on any mesh; what it does not name starts amid its bounds."""
        low, high = np.maximum(self.lower, -self.scale), np.minimum(self.upper, self.scale)
        x = np.clip(np.where(low <= high, 0.5 * (low + high), 0.0), self.lower, self.upper)
        for kind, quantities in _kinds(self.problem).items():
            for i, quantity in enumerate(quantities):
                places = self.place[kind][:, i]
                if (values := guess.at(quantity.name, self.phase)) is not None:
                    x[places[places >= 0]] = values[places >= 0]
        for i, quantity in enumerate(self.problem.parameters):
            x[i] = guess.parameters.get(quantity.name, x[i])
        return np.asarray(np.clip(x, self.lower, self.upper))

    def trajectory(self, x: Floats) -> Trajectory:
        """Trajectory of variables in units."""
        values = {}
        for kind, quantities in _kinds(self.problem).items():
            for i, quantity in enumerate(quantities):
                places = self.place[kind][:, i]
                column = x[places]
                if (missing := places < 0).any():
                    column[missing] = np.interp(self.phase[missing], self.phase[~missing], column[~missing])
                values[quantity.name] = column
        parameters = {q.name: float(x[i]) for i, q in enumerate(self.problem.parameters)}
        return Trajectory(self.phase * parameters[DURATION], values, parameters)

    def miss(self, scaled_rows: Floats) -> Floats:
        """How far each constraint is outside its bounds, in units."""
        rows = scaled_rows * self.row_scale
        return np.asarray(np.maximum(0.0, np.maximum(self.row_lower - rows, rows - self.row_upper)))


def uniform(intervals: int) -> Floats:
    """Phases of the mesh points of equal intervals, shape (intervals + 1,)."""
    if intervals < 1:
        raise SetupError(f"a mesh of {intervals} intervals arrived, expected at least 1.")
    return np.linspace(0.0, 1.0, intervals + 1)


def transcribe(
    problem: Problem, mesh: Floats, scheme: Scheme = Scheme.HERMITE_SIMPSON, threads: int = 1
) -> Transcription:
    """Write a problem on a mesh as a sparse program.

    Parameters
    ----------
    mesh : array, shape (n_intervals + 1,)
        Phases of the mesh points, increasing from 0 to 1, at any distances.

    Raises
    ------
    SetupError
        A mesh that does not grow from 0 to 1, a state without a rate, no ``duration``.
    """
    _check(problem, mesh)
    return _Builder(problem, np.asarray(mesh, float), scheme).build(threads)


def _kinds(problem: Problem) -> dict[str, tuple[Quantity, ...]]:
    return {"state": problem.states, "algebraic": problem.algebraics, "control": problem.controls}


def _check(problem: Problem, mesh: Floats) -> None:
    if len(mesh) < 2 or mesh[0] != 0.0 or mesh[-1] != 1.0 or np.any(np.diff(mesh) <= 0.0):
        raise SetupError("the mesh must grow from 0 to 1. Use uniform(intervals) or increasing phases.")
    names = [q.name for q in problem.parameters]
    if DURATION not in names:
        raise SetupError(f'the parameters are {", ".join(names) or "none"}; "{DURATION}" (s) must be among them.')


class _Builder:
    """Numbers variables and given values, writes the blocks."""

    def __init__(self, problem: Problem, mesh: Floats, scheme: Scheme) -> None:
        self.problem, self.mesh, self.scheme = problem, mesh, scheme
        self.middle = scheme is Scheme.HERMITE_SIMPSON
        between = 0.5 * (mesh[1:] + mesh[:-1])
        self.phase = np.sort(np.concatenate([mesh, between])) if self.middle else mesh
        self.step = 2 if self.middle else 1
        self.place = self._number()
        self.n = max(int(p.max(initial=-1)) for p in self.place.values()) + 1
        self.n = max(self.n, len(problem.parameters))
        self.p = casadi.SX.sym("p", len(problem.parameters))
        first, last = self._symbols("first"), self._symbols("last")
        self.ends: Ends = problem.ends(self._point(*first), self._point(*last))
        self.first, self.last = first, last
        # Structure of the model, from a trial.
        self.at = self._symbols("at")
        self.model: Model = problem.model(self._point(*self.at))
        self._check_model()
        self.terms = tuple(self.model.terms)
        self.end_terms = tuple(self.ends.terms)
        self.given = self._given_values()

    # variables

    def _number(self) -> dict[str, Ints]:
        place: dict[str, Ints] = {}
        kinds = _kinds(self.problem)
        n_points = len(self.phase)
        for kind, quantities in kinds.items():
            place[kind] = np.full((n_points, len(quantities)), -1, dtype=np.int64)
        next_free = len(self.problem.parameters)
        for k in range(n_points):
            for kind, quantities in kinds.items():
                if kind == "control" and k % self.step:
                    continue
                place[kind][k] = next_free + np.arange(len(quantities))
                next_free += len(quantities)
        return place

    def _bounds(self) -> tuple[Floats, Floats, Floats]:
        lower, upper, scale = np.empty(self.n), np.empty(self.n), np.empty(self.n)
        for i, q in enumerate(self.problem.parameters):
            lower[i], upper[i], scale[i] = q.lower, q.upper, q.size
        for kind, quantities in _kinds(self.problem).items():
            for i, q in enumerate(quantities):
                places = self.place[kind][:, i]
                places = places[places >= 0]
                lower[places], upper[places], scale[places] = q.lower, q.upper, q.size
                for where, narrow in ((places[0], q.initial), (places[-1], q.final)):
                    if narrow is not None:
                        lower[where], upper[where] = max(q.lower, narrow[0]), min(q.upper, narrow[1])
        return lower, upper, scale

    # symbols

    def _symbols(self, name: str) -> tuple[Expression, Expression, Expression, Expression]:
        p = self.problem
        sizes = (len(p.states), len(p.algebraics), len(p.controls), len(p.data))
        x, z, u, d = (casadi.SX.sym(f"{name}_{k}", n) for k, n in zip("xzud", sizes, strict=True))
        return x, z, u, d

    @property
    def settings(self) -> Expression:
        if not hasattr(self, "_settings"):
            self._settings = casadi.SX.sym("settings", len(self.problem.settings))
        return self._settings

    def _point(self, x: Expression, z: Expression, u: Expression, d: Expression) -> Point:
        p = self.problem

        def named(names: Sequence[str], values: Expression) -> dict[str, Expression]:
            return {name: values[i] for i, name in enumerate(names)}

        return Point(
            state=named([q.name for q in p.states], x),
            control=named([q.name for q in p.controls], u),
            algebraic=named([q.name for q in p.algebraics], z),
            parameter=named([q.name for q in p.parameters], self.p),
            data=named(list(p.data), d),
            setting=named(list(p.settings), self.settings),
        )

    def _check_model(self) -> None:
        lost = [q.name for q in self.problem.states if q.name not in self.model.rates]
        if lost:
            raise SetupError(f"the model gives no rate for {', '.join(lost)}. Every state needs one.")
        known = {*self.model.terms, *self.ends.terms}
        if extra := [name for name in self.problem.weights if name not in known]:
            raise SetupError(f"weights for {', '.join(extra)} arrived; the terms are {', '.join(sorted(known))}.")

    # given numbers: weights of terms, of end terms, settings, data by point, quadrature by point

    def _given_values(self) -> Floats:
        p = self.problem
        weights = [p.weights.get(name, 1.0) for name in (*self.terms, *self.end_terms)]
        data = np.array([np.asarray(values(self.phase), float) for values in p.data.values()]).reshape(
            len(p.data), len(self.phase)
        )
        return np.concatenate(
            [weights, list(p.settings.values()), data.flatten("F"), self._quadrature(), np.diff(self.mesh)]
        )

    def _given_places(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """Places of weights, settings, data (n_data, n_points), quadrature (n_points,), widths (n_intervals,)."""
        sizes = [
            len(self.terms) + len(self.end_terms),
            len(self.problem.settings),
            len(self.problem.data) * len(self.phase),
            len(self.phase),
            len(self.mesh) - 1,
        ]
        edges = np.concatenate([[0], np.cumsum(sizes)])
        weights, settings, data, quadrature, widths = (np.arange(a, b) for a, b in pairwise(edges))
        return weights, settings, data.reshape(len(self.problem.data), len(self.phase), order="F"), quadrature, widths

    def _quadrature(self) -> Floats:
        """Weights of the points in an integral over the phase."""
        h = np.diff(self.mesh)
        out = np.zeros(len(self.phase))
        if self.middle:
            out[:-1:2] += h / 6.0
            out[2::2] += h / 6.0
            out[1::2] = 4.0 * h / 6.0
        else:
            out[:-1] += h / 2.0
            out[1:] += h / 2.0
        return out

    # blocks

    def build(self, threads: int) -> Transcription:
        groups: list[tuple[Block, tuple[Row, ...], Floats, Floats, Floats]] = [
            self._points(np.arange(0, len(self.phase), self.step), at_mesh=True)
        ]
        if self.middle:
            groups.append(self._points(np.arange(1, len(self.phase), 2), at_mesh=False))
        groups += [self._intervals(), self._end_block()]
        lower, upper, scale = self._bounds()
        program = assemble([g[0] for g in groups], scale, len(self.given), threads)
        return Transcription(
            problem=self.problem,
            scheme=self.scheme,
            phase=self.phase,
            place=self.place,
            lower=lower,
            upper=upper,
            scale=scale,
            row_lower=np.concatenate([np.tile(g[3], g[0].n_blocks) for g in groups]),
            row_upper=np.concatenate([np.tile(g[4], g[0].n_blocks) for g in groups]),
            row_scale=np.concatenate([np.tile(g[0].row_scale, g[0].n_blocks) for g in groups]),
            rows=tuple((g[1], g[2]) for g in groups),
            given=self.given,
            program=program,
            read=self._reader(),
        )

    def _points(self, which: Ints, *, at_mesh: bool) -> tuple[Block, tuple[Row, ...], Floats, Floats, Floats]:
        """Equations, limits and running terms at mesh points, or at middle points between two controls."""
        x, z, u, d = self.at
        weights, quadrature = casadi.SX.sym("w", len(self.terms)), casadi.SX.sym("h")
        value = casadi.dot(weights, _column(self.model.terms.values())) if self.terms else casadi.SX(0)
        objective = quadrature * self.p[self._duration] * value
        entries = [(e.value, 0.0, 0.0, e.unit, e.scale, n) for n, e in self.model.equations.items()]
        entries += [(e.value, e.lower, e.upper, e.unit, e.scale, n) for n, e in self.model.limits.items()]
        constraints = _column(e[0] for e in entries)
        state, algebraic, control = (self.place[k] for k in ("state", "algebraic", "control"))
        index = [state[which].T, algebraic[which].T]
        variables = [x, z]
        if at_mesh:
            index.append(control[which].T)
            variables.append(u)
        else:
            before, after = casadi.SX.sym("u0", u.numel()), casadi.SX.sym("u1", u.numel())
            constraints, objective = casadi.substitute([constraints, objective], [u], [0.5 * (before + after)])
            index += [control[which - 1].T, control[which + 1].T]
            variables += [before, after]
        index.append(np.tile(np.arange(self.p.numel())[:, None], len(which)))
        w, s, data, q, _ = self._given_places()
        given = np.concatenate(
            [_tiled(w[: len(self.terms)], len(which)), _tiled(s, len(which)), data[:, which], q[None, which]]
        )
        block = Block(
            variables=casadi.vertcat(*variables, self.p),
            given=casadi.vertcat(weights, self.settings, d, quadrature),
            constraints=constraints,
            objective=objective,
            index=np.concatenate(index),
            given_index=given,
            row_scale=np.array([e[4] for e in entries]),
        )
        rows = tuple(
            Row("equation" if i < len(self.model.equations) else "limit", e[5], e[3]) for i, e in enumerate(entries)
        )
        return block, rows, self.phase[which], *_limits(entries)

    @property
    def _duration(self) -> int:
        return [q.name for q in self.problem.parameters].index(DURATION)

    def _rates(self, symbols: tuple[Expression, Expression, Expression, Expression], u: Expression) -> Expression:
        rates = _column(self.model.rates[q.name] for q in self.problem.states)
        x, z, _, d = symbols
        return casadi.substitute(rates, casadi.vertcat(*self.at), casadi.vertcat(x, z, u, d))

    def _intervals(self) -> tuple[Block, tuple[Row, ...], Floats, Floats, Floats]:
        """What ties the states of neighbouring points together."""
        a, m, b = self._symbols("a"), self._symbols("m"), self._symbols("b")
        width = casadi.SX.sym("width")
        h = width * self.p[self._duration]
        fa, fb = self._rates(a, a[2]), self._rates(b, b[2])
        names = [q.name for q in self.problem.states]
        size = np.array([q.size for q in self.problem.states])
        rows = [Row("rate", q.name, q.unit) for q in self.problem.states]
        if self.middle:
            fm = self._rates(m, 0.5 * (a[2] + b[2]))
            defects = casadi.vertcat(
                m[0] - 0.5 * (a[0] + b[0]) - h / 8.0 * (fa - fb), b[0] - a[0] - h / 6.0 * (fa + 4.0 * fm + fb)
            )
            rows, size = rows * 2, np.tile(size, 2)
        else:
            defects = b[0] - a[0] - h / 2.0 * (fa + fb)
        starts = np.arange(0, len(self.phase) - 1, self.step)
        points = [(a, 0, True), (b, self.step, True)] + ([(m, 1, False)] if self.middle else [])
        variables, index, data_symbols, data = [], [], [], []
        _, s, places, _, widths = self._given_places()
        for (x, z, u, d), ahead, has_control in points:
            at = starts + ahead
            variables += [x, z] + ([u] if has_control else [])
            index += [self.place["state"][at].T, self.place["algebraic"][at].T]
            index += [self.place["control"][at].T] if has_control else []
            data_symbols.append(d)
            data.append(places[:, at])
        index.append(_tiled(np.arange(self.p.numel()), len(starts)))
        block = Block(
            variables=casadi.vertcat(*variables, self.p),
            given=casadi.vertcat(self.settings, *data_symbols, width),
            constraints=defects,
            objective=casadi.SX(0),
            index=np.concatenate(index),
            given_index=np.concatenate([_tiled(s, len(starts)), *data, widths[None]]),
            row_scale=size,
        )
        zero = np.zeros(len(names) * (2 if self.middle else 1))
        return block, tuple(rows), self.phase[starts], zero, zero

    def _end_block(self) -> tuple[Block, tuple[Row, ...], Floats, Floats, Floats]:
        conditions = self.ends.conditions
        weights = casadi.SX.sym("w", len(self.end_terms))
        objective = casadi.dot(weights, _column(self.ends.terms.values())) if self.end_terms else casadi.SX(0)
        (x0, z0, u0, d0), (x1, z1, u1, d1) = self.first, self.last
        places = [self.place[k][i] for i in (0, -1) for k in ("state", "algebraic", "control")]
        w, s, data, _, _ = self._given_places()
        entries = [(c.value, c.lower, c.upper, c.unit, c.scale, n) for n, c in conditions.items()]
        block = Block(
            variables=casadi.vertcat(x0, z0, u0, x1, z1, u1, self.p),
            given=casadi.vertcat(weights, self.settings, d0, d1),
            constraints=_column(c.value for c in conditions.values()),
            objective=objective,
            index=np.concatenate([*places, np.arange(self.p.numel())])[:, None],
            given_index=np.concatenate([w[len(self.terms) :], s, data[:, 0], data[:, -1]])[:, None],
            row_scale=np.array([c.scale for c in conditions.values()]),
        )
        rows = tuple(Row("end", name, c.unit) for name, c in conditions.items())
        return block, rows, np.array([1.0]), *_limits(entries)

    def _reader(self) -> Callable[[Floats, Floats], dict[str, Floats]]:
        """Function that reads outputs along a trajectory, and the value of every weighted term, off the variables."""
        x, z, u, d = self.at
        m = self.model
        terms, outputs = _column(m.terms.values()), _column(m.outputs.values())
        at = casadi.Function("at", [x, z, u, d, self.p, self.settings], [terms, outputs])
        ends = casadi.Function(
            "ends", [*self.first, *self.last, self.p, self.settings], [_column(self.ends.terms.values())]
        )
        phase, place = self.phase, self.place
        w, s, data, quadrature, _ = self._given_places()

        def read(values: Floats, given: Floats) -> dict[str, Floats]:
            columns = [values[place[k]].T for k in ("state", "algebraic")]
            mesh = place["control"][:: self.step]
            control = np.array(
                [np.interp(phase, phase[:: self.step], values[mesh[:, i]]) for i in range(mesh.shape[1])]
            ).reshape(mesh.shape[1], len(phase))
            p = values[: self.p.numel()]
            all_data = given[data].reshape(data.shape)
            running, out = at.map(len(phase))(
                *columns, control, all_data, _tiled(p, len(phase)), _tiled(given[s], len(phase))
            )
            totals = np.array(running) @ given[quadrature] * p[self._duration] * given[w[: len(self.terms)]]
            edge = [(*(c[:, k] for c in columns), control[:, k], all_data[:, k]) for k in (0, -1)]
            at_ends = np.array(ends(*edge[0], *edge[1], p, given[s]))[:, 0] * given[w[len(self.terms) :]]
            read_off = dict(zip(m.outputs, np.array(out), strict=True))
            read_off |= {
                f"term {n}": v for n, v in zip((*self.terms, *self.end_terms), [*totals, *at_ends], strict=True)
            }
            return read_off

        return read


def _tiled(values: Ints | Floats, n: int) -> NDArray[Any]:
    return np.tile(np.asarray(values)[:, None], n)


def _column(values: object) -> Expression:
    return casadi.vertcat(casadi.SX(0, 1), *values)  # type: ignore[misc]


def _limits(entries: Sequence[tuple[Expression, float, float, str, float, str]]) -> tuple[Floats, Floats]:
    return np.array([e[1] for e in entries], float), np.array([e[2] for e in entries], float)
