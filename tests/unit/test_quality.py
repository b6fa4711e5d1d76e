"""What the checks say of a recording and of a fitted body."""

from __future__ import annotations

import numpy as np

from groundup.chain.quality.recording import examined
from groundup.chain.quality.scaling import fitted_items
from groundup.motion.marker_checks import Finding
from lab_walks import demo

RECOGNITION = demo()[2]
ALIKE = {
    name: np.array([1.0, 1.02, 0.99]) for name in ("pelvis", "femur_r", "femur_l", "tibia_r", "tibia_l", "calcn_r")
}


def test_findings_become_items_the_worst_first() -> None:
    light = Finding("info", "marker LKNE", "It jumps.", "", 1.0, 1.05, 0.2, "m", 0.025, "walk.c3d")
    grave = Finding("bad", "plate 1", "It has the wrong sign.", "Change it.")
    first, second = examined([light, grave])
    assert (first.severity, first.where, first.advice) == ("bad", "plate 1", "Change it.")
    assert (second.stage, second.where) == ("recording", "marker LKNE in walk.c3d at 1.000–1.050 s")
    assert (second.value, second.unit, second.limit) == (0.2, "m", 0.025)


def test_a_body_that_fits_is_one_line() -> None:
    (item,) = fitted_items(ALIKE, {"heel_r": np.array([0.01, 0.0, 0.0])}, RECOGNITION)
    assert item.severity == "info"


def test_implausible_factors_and_sides() -> None:
    odd = ALIKE | {"femur_r": np.array([1.0, 1.25, 1.0])}
    size, sides = fitted_items(odd, {}, RECOGNITION)
    assert (size.severity, size.where) == ("warn", "femur_r (high, y)")
    assert sides.message == "The right thigh is 23 % longer than the left."


def test_a_marker_far_from_its_place() -> None:
    far, near = np.array([0.0, 0.045, 0.0]), np.array([0.0, 0.0, 0.02])
    _, item = fitted_items(ALIKE, {"heel_r": far, "toe1_r": near, "unknown": far}, RECOGNITION)
    assert item.where == "marker heel_r"
    assert item.message.startswith("It sits 45 mm from where its marker set puts it on calcn (right), 4.5 times")
