"""A lighter body bears less, though as much in parts of its own weight."""

from __future__ import annotations

import math

import pytest

from groundup.body.default_body import default_body
from groundup.predict.changed_body import change
from groundup.predict.gait.baseline import healthy_walk, painless
from groundup.predict.pain import Reference
from groundup.predict.simulate import _in_weights


def test_the_reference_of_pain_knows_the_weight_it_is_told_in() -> None:
    found = painless(healthy_walk(), change(default_body(), ()))
    assert found["right"].weight_n == pytest.approx(healthy_walk().weight_n)
    assert Reference(1.0, 1.3).weight_n is None


def test_loads_of_a_lighter_body_are_told_in_weights_of_the_first() -> None:
    units = {"foot.heel_peak": "BW", "foot.heel_impulse": "BW·s", "foot.heel_pressure": "kPa"}
    of = {(name, "right"): 1.0 for name in units} | {("gait.speed", "none"): math.pi}
    assert _in_weights(of, units, 0.8) == {
        ("foot.heel_peak", "right"): 0.8,
        ("foot.heel_impulse", "right"): 0.8,
        ("foot.heel_pressure", "right"): 1.0,
        ("gait.speed", "none"): math.pi,
    }
    assert _in_weights(of, units, 1.0) is of
