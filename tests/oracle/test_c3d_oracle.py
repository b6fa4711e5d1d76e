"""Real recordings in C3D: against ezc3d's own force plates, the person's weight, and where the feet stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from groundup.body.recording import AppliedForce
from groundup.io.c3d import C3dFile, read_c3d

ezc3d = pytest.importorskip("ezc3d", reason="ezc3d is not installed")

SLOW = "schreiber2019/2014001_C1_01.c3d"
MODELLED = "plug_in_gait/PiG_Motion3_FF.c3d"
G = 9.80665


@pytest.fixture(scope="module", params=[SLOW, MODELLED])
def path(request: pytest.FixtureRequest, shared: Path) -> Path:
    return shared / str(request.param)


def _forces(file: C3dFile) -> tuple[AppliedForce, ...]:
    assert file.forces is not None
    return file.forces.wrenches


def test_plates_agree_with_the_filter_of_ezc3d(path: Path) -> None:
    """Same formulas, written twice: float64 against float32 scaling; ours is zero below 20 N, without offsets."""
    file = read_c3d(path)
    theirs = ezc3d.c3d(str(path), extract_forceplat_data=True)["data"]["platform"]
    assert len(theirs) == len(_forces(file)) >= 2
    for ours, other in zip(_forces(file), theirs, strict=True):
        loaded = ours.force_n[:, 1] > 50.0
        assert loaded.sum() > 500
        np.testing.assert_allclose(ours.force_n[loaded], file.turn.vectors(other["force"].T)[loaded], atol=0.05)
        point = file.turn.vectors(other["center_of_pressure"].T)[loaded] / 1000
        np.testing.assert_allclose(ours.point_m[loaded], point, atol=5e-4)
        free = file.turn.vectors(other["Tz"].T)[loaded] / 1000
        np.testing.assert_allclose(ours.torque_nm[loaded], free, atol=0.05)


def test_markers_agree_with_ezc3d(path: Path) -> None:
    file = read_c3d(path)
    raw = ezc3d.c3d(str(path))
    labels = raw["parameters"]["POINT"]["LABELS"]["value"]
    for index, name in enumerate(file.markers.names):
        if name in labels:
            theirs = raw["data"]["points"][:3, labels.index(name)].T / 1000
            ours = file.markers.positions_m[:, index] @ file.turn.matrix  # turned back
            np.testing.assert_allclose(ours, theirs, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "start_s", "cycles_s", "mass_kg"),
    [
        # A half cycle, left to right, of which every step is on a plate; the cycle lasts 2.55 s (marked foot strikes).
        (SLOW, 0.70, 2.55 / 2, 67.0),
        # A whole cycle from right to right foot strike would need four plates: half of 1.08 s, between the strikes.
        (MODELLED, 8.20, 1.08 / 2, 74.0),
    ],
)
def test_the_plates_carry_the_weight(name: str, start_s: float, cycles_s: float, mass_kg: float, shared: Path) -> None:
    """Over a half cycle of steady walking the body's vertical velocity returns, so the mean force is the weight."""
    file = read_c3d(shared / name)
    assert file.forces is not None
    inside = (file.forces.time_s >= start_s) & (file.forces.time_s < start_s + cycles_s)
    total = sum(wrench.force_n[inside, 1].mean() for wrench in _forces(file))
    # 4 %: left and right steps are not quite alike, and mass was noted to the kilogram.
    assert total / G == pytest.approx(mass_kg, rel=0.04)


@pytest.mark.parametrize(
    ("name", "heels", "toes"),
    [(SLOW, ("L_FCC", "R_FCC"), ("L_FM2", "R_FM2")), (MODELLED, ("LHEE", "RHEE"), ("LTOE", "RTOE"))],
)
def test_the_force_acts_under_the_foot_that_stands(
    name: str, heels: tuple[str, str], toes: tuple[str, str], shared: Path
) -> None:
    """In single stance the centre of pressure lies within half a foot's width of the line from heel to toes."""
    file = read_c3d(shared / name)
    assert file.forces is not None
    where = {n: file.markers.positions_m[:, i] for i, n in enumerate(file.markers.names)}
    tested = 0
    for wrench in _forces(file):
        force = np.interp(file.markers.time_s, file.forces.time_s, wrench.force_n[:, 1])
        firm = force > 0.7 * wrench.force_n[:, 1].max()
        point = np.column_stack(
            [np.interp(file.markers.time_s, file.forces.time_s, wrench.point_m[:, k]) for k in (0, 2)]
        )[firm]
        apart = []
        for heel, toe in zip(heels, toes, strict=True):
            a, b = where[heel][firm][:, [0, 2]], where[toe][firm][:, [0, 2]]
            along = np.clip(np.sum((point - a) * (b - a), axis=1) / np.sum((b - a) ** 2, axis=1), 0.0, 1.3)
            apart.append(np.linalg.norm(point - a - along[:, None] * (b - a), axis=1))
        assert min(np.median(a) for a in apart) < 0.03
        assert min(np.max(a) for a in apart) < 0.06
        assert max(np.median(a) for a in apart) > 0.15  # and under that foot only
        tested += int(firm.sum())
    assert tested > 50


def test_where_left_and_right_are(path: Path) -> None:
    """z points to the person's right: the right pelvis is there, and the feet point forward."""
    file = read_c3d(path)
    where = {n: file.markers.positions_m[:, i] for i, n in enumerate(file.markers.names)}
    left, right = ("L_IAS", "R_IAS") if "L_IAS" in where else ("LASI", "RASI")
    heel, toe = ("R_FCC", "R_FM2") if "R_FCC" in where else ("RHEE", "RTOE")
    assert np.nanmean(where[right] - where[left], axis=0)[2] == pytest.approx(0.24, abs=0.06)
    assert np.nanmean(where[toe] - where[heel], axis=0)[0] > 0.1
    assert np.nanmean(where[left], axis=0)[1] == pytest.approx(0.9, abs=0.1)


def test_marked_foot_strikes_are_where_the_plates_feel_them(shared: Path) -> None:
    """Events and forces share one clock although the file begins at 7.24 s: a plate wakes at each of its strikes."""
    file = read_c3d(shared / MODELLED)
    assert file.forces is not None
    strikes = np.array([event.time_s for event in file.events if event.kind == "foot strike"])
    for wrench in _forces(file):
        begins = file.forces.time_s[np.argmax(wrench.force_n[:, 1] > 20.0)]
        assert np.abs(strikes - begins).min() < 0.02


def test_what_the_other_program_computed_is_kept(shared: Path) -> None:
    file = read_c3d(shared / MODELLED)
    angles, moments = file.model_outputs["angles"], file.model_outputs["moments"]
    assert angles.units[0] == "deg"
    assert moments.units[0] == "Nmm"
    knee = angles.table.values[:, angles.table.columns.index("RKneeAnglesV_x")]
    assert 45 < np.nanmax(knee) < 75  # a knee in swing bends by about 60°
    assert (file.subject.mass_kg, file.subject.height_m) == (74.0, 1.76)
    assert file.emg is not None
    assert file.emg.rate_hz == 1000.0


def test_one_frame_is_enough(shared: Path) -> None:
    file = read_c3d(shared / "schreiber2019/2014001_ST.c3d")
    assert file.markers.positions_m.shape == (1, 52, 3)
    assert file.forces is None
    assert "feet point along" in file.turn.words
