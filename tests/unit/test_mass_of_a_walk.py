"""A lighter body bears less, though as much in parts of its own weight."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from groundup.body.default_body import default_body
from groundup.predict.changed_body import change
from groundup.predict.gait.baseline import healthy_walk, painless
from groundup.predict.gait.walk import Walk
from groundup.predict.pain import Reference
from groundup.predict.request import SimulationRequest
from groundup.predict.simulate import _in_weights, simulate
from groundup.predict.treatments import parse_treatment
from groundup.predict.walk_job import Tell, WalkJob


def test_the_reference_of_pain_knows_the_weight_it_is_told_in() -> None:
    found = painless(healthy_walk(), change(default_body(), ()))
    assert found["right"].weight_n == pytest.approx(healthy_walk().weight_n)
    assert Reference(1.0, 1.3).weight_n is None


def test_loads_of_a_lighter_body_are_told_in_weights_of_the_first() -> None:
    units = {"foot.heel_peak": "BW", "foot.heel_impulse": "BW·s", "foot.heel_pressure": "kPa", "moment": "N·m/kg"}
    units |= {"low_back.compression_per_km": "BW·s/km", "gait.energy_cost": "J/(kg·m)"}
    of = {(name, "right"): 1.0 for name in units} | {("gait.speed", "none"): math.pi}
    assert _in_weights(of, units, 0.8) == {
        ("foot.heel_peak", "right"): 0.8,
        ("foot.heel_impulse", "right"): 0.8,
        ("foot.heel_pressure", "right"): 1.0,
        ("moment", "right"): 0.8,
        ("low_back.compression_per_km", "right"): 0.8,
        ("gait.energy_cost", "right"): 0.8,
        ("gait.speed", "none"): math.pi,
    }
    assert _in_weights(of, units, 1.0) is of


def test_where_the_mass_changes_nothing_is_split_among_links() -> None:
    def lighter(job: WalkJob, tell: Tell) -> Walk:
        walk, mass = healthy_walk(), job.changed.prepared.body.mass
        part = mass / walk.mass_kg
        forces = {f: getattr(walk, f) * part for f in ("pad_force_n", "force_n", "torque_nm", "fascia_n")}
        return replace(walk, mass_kg=mass, **forces)

    asked = SimulationRequest(treatments=(parse_treatment("body_mass:-20%"),))
    answer = simulate(asked, lambda words: None, solver=lighter)
    (comparison,) = answer.comparisons
    back = comparison.of("low_back.compression_peak")
    assert back.percent == pytest.approx(-20, abs=5)
    assert comparison.of("gait.energy_cost").percent == pytest.approx(-20, abs=5)
    assert comparison.attributions == ()
    assert comparison.notes == (
        "Not split among links: the body's mass changes.",
        "The body's mass changes: loads and energy of both walks are told for the mass of the first.",
    )
    # The page draws the loads of the lighter body by these masses.
    masses = [result.study.subject.mass_kg for result in answer.results if result.study is not None]
    assert masses[1] / masses[0] == pytest.approx(0.8)
