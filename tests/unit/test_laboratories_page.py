"""The page that holds every bar beside what was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.laboratories import joints, reasons
from benchmarks.laboratories.cases import laboratories, measure
from benchmarks.laboratories.checks import Check, matrix
from benchmarks.laboratories.page import Extras, page


def test_a_miss_is_never_rounded_into_a_pass() -> None:
    check = Check("residual", "a walk", 5.0004, "%", high=5.0)
    assert check.missed
    assert check.cell == "5.0004 **MISSED**"


def test_what_was_not_measured_says_why_and_is_neither_met_nor_missed() -> None:
    check = Check("peaks", "a walk", np.nan, "", 2, 2, why_not="no whole stride")
    assert not check.met
    assert not check.missed
    assert check.cell == "not measured: no whole stride"


def test_a_table_has_a_row_for_each_quantity_and_a_column_for_each_recording() -> None:
    checks = [
        Check("a", "one", 1.0, "mm", high=2.0),
        Check("a", "two", 3.0, "mm", high=2.0),
        Check("b", "two", 0.5, "s"),
    ]
    assert matrix(checks).splitlines() == [
        "| what | bar | one | two |",
        "| --- | --- | --- | --- |",
        "| a | ≤ 2 mm | 1 | 3 **MISSED** |",
        "| b | shown | – | 0.5 |",
    ]


@pytest.mark.parametrize("shift", [0.0, 0.4, 1.1, 2.3])
def test_two_waves_a_stride_are_two_peaks_wherever_the_stride_begins(shift: float) -> None:
    phase = np.linspace(0.0, 2 * np.pi, 110, endpoint=False) + shift
    wave = 1.2 + 0.3 * np.cos(2 * phase)
    assert len(joints.peaks(wave, slice(0, 110))) == 2
    assert len(joints.peaks(1.0 + 0.04 * np.cos(2 * phase), slice(0, 110))) == 0


def test_a_page_is_made_from_a_recording_and_every_miss_has_its_reason(shared: Path) -> None:
    found = [measure(next(x for x in laboratories(shared) if x.name == "arnold2013 subject01"))]
    text = page(found, Extras(), {})
    for heading in ("What is met, what is missed", "Body and motion", "Loads of back, hip, knee and ankle", "Time"):
        assert f"## {heading}\n" in text
    assert "hip to knee, right" in text
    assert reasons.UNKNOWN not in text
    assert "nan" not in text.lower().split()
