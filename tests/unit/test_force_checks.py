"""Faults of force plates: sign, zero, range, place, weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groundup.body.recording import AppliedForce, ExternalForces
from groundup.motion.marker_checks import Finding, check_weight, examine_forces
from lab_walks import FORCES, SHARED, demo, known, shared_recording

MARKERS, PLATES, RECOGNITION = demo()


def with_first(change: Callable[[AppliedForce], AppliedForce]) -> ExternalForces:
    first, *rest = PLATES.wrenches
    return replace(PLATES, wrenches=(change(first), *rest))


def found_in(forces: ExternalForces) -> tuple[Finding, ...]:
    return examine_forces(forces, MARKERS, RECOGNITION)


@pytest.mark.parametrize("name", [*FORCES, SHARED[0], SHARED[2]])
def test_good_plates_raise_no_alarm(shared: Path, name: str) -> None:
    recording = shared_recording(shared, name)
    assert recording.forces is not None
    found = examine_forces(recording.forces, recording.markers, known(recording.markers))
    assert [f for f in found if f.severity != "info"] == []


def test_the_demonstration_raises_no_alarm() -> None:
    assert found_in(PLATES) == ()


def test_wrong_sign() -> None:
    (found,) = found_in(with_first(lambda w: replace(w, force_n=-w.force_n)))
    assert "pulls the person down" in found.message
    assert (found.where, found.severity) == ("plate right", "bad")


def test_not_set_to_zero() -> None:
    (found,) = found_in(with_first(lambda w: replace(w, force_n=w.force_n + np.array([0.0, 12.0, 0.0]))))
    assert "while nobody is on it" in found.message
    assert found.value == pytest.approx(12.0, abs=1.0)


def test_saturated() -> None:
    top = np.array([np.inf, 700.0, np.inf])
    (found,) = found_in(with_first(lambda w: replace(w, force_n=np.minimum(w.force_n, top))))
    assert "flat top" in found.message
    assert found.value == pytest.approx(700.0)


def test_far_from_the_feet() -> None:
    (found,) = found_in(with_first(lambda w: replace(w, point_m=w.point_m + np.array([0.0, 0.0, 1.0]))))
    assert "acts far from both feet" in found.message
    assert found.value == pytest.approx(0.9, abs=0.2)


def test_plates_that_were_off() -> None:
    found = found_in(replace(PLATES, wrenches=tuple(replace(w, force_n=0 * w.force_n) for w in PLATES.wrenches)))
    assert "No plate carries 50 N at any time" in found[0].message
    assert found[0].severity == "warn"


@pytest.mark.parametrize(("carried", "severity"), [(72.5, "info"), (78.0, "warn"), (58.0, "bad")])
def test_weight(carried: float, severity: str) -> None:
    (found,) = check_weight(carried, 72.0)
    assert found.severity == severity
    assert found.message == f"Mass 72 kg is given, the plates carry {carried:g} kg."
    assert check_weight(None, 72.0) == check_weight(carried, 72.0, given=False) == ()
