"""Real plates under feet whose soles are laid between heel and toe markers: as recorded, shifted and merged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_events_oracle import FEET_OF

from groundup.body.recording import Recording
from groundup.io.c3d import read_c3d
from groundup.loads.plates import PlateContacts, contacts_of_soles
from groundup.motion.soles import Sole

FILES = {"plug_in_gait": ("PiG_Motion3_FF.c3d", 74.0), "schreiber2019": ("2014001_C1_01.c3d", 67.0)}
STEPS = {
    "plug_in_gait": [("plate_1", "left"), ("plate_2", "right"), ("plate_3", "left")],
    "schreiber2019": [("plate_2", "left"), ("plate_1", "right")],
}


def recording_of(shared: Path, folder: str) -> Recording:
    return read_c3d(shared / folder / FILES[folder][0]).recording("walk")


def sole(recording: Recording, folder: str, side: str) -> Sole:
    heel_name, ball_names = FEET_OF[folder]
    m = recording.markers
    heel, ball = (
        np.mean([m.positions_m[:, m.names.index(n.format(side[0].upper()))] for n in names], axis=0)
        for names in ((heel_name,), ball_names)
    )
    heel, ball = (p - [0.0, np.percentile(p[:, 1], 2), 0.0] for p in (heel, ball))
    toes = 0.35 * (ball - heel) * [1.0, 0.0, 1.0]
    breadth = 0.5 * float(np.median(np.linalg.norm(ball - heel, axis=1)))
    return Sole(side, f"calcn_{side[0]}", heel, ball, ball + toes, breadth)  # type: ignore[arg-type]


def judged(recording: Recording, folder: str, *, geometry: bool = True) -> PlateContacts:
    both = tuple(sole(recording, folder, side) for side in ("right", "left"))
    assert recording.forces is not None
    plates = recording.plates if geometry else ()
    return contacts_of_soles(both, FILES[folder][1] * 9.81, recording.markers.time_s, recording.forces, plates)


@pytest.mark.parametrize("geometry", [True, False])
@pytest.mark.parametrize("folder", FILES)
def test_steps_as_recorded(shared: Path, folder: str, geometry: bool) -> None:
    found = judged(recording_of(shared, folder), folder, geometry=geometry)
    assert [(c.plate, c.side) for c in found.contacts if c.accepted] == STEPS[folder]
    assert len(found.contacts) == len(STEPS[folder])
    assert 0.4 < found.covered.mean() < 0.7


@pytest.mark.parametrize("folder", FILES)
def test_plates_that_the_feet_miss_by_half(shared: Path, folder: str) -> None:
    """An edge of each plate runs under the middle of its foot, where the force acts."""
    recording = recording_of(shared, folder)
    assert recording.forces is not None
    moved = []
    for plate in recording.plates:
        wrench = next(w for w in recording.forces.wrenches if w.name == plate.name)
        middle = np.median(wrench.point_m[wrench.force_n[:, 1] > 100.0, 2])
        shift = np.array([0.0, 0.0, middle - plate.corners_m[:, 2].max()])
        moved.append(replace(plate, corners_m=np.add(plate.corners_m, shift)))
    found = judged(replace(recording, plates=tuple(moved)), folder)
    assert [c.side for c in found.contacts] == [side for _, side in STEPS[folder]]
    assert all("partly beside" in c.reason and not c.accepted for c in found.contacts)
    assert not found.forces.wrenches


def test_two_plates_wired_as_one(shared: Path) -> None:
    recording = recording_of(shared, "plug_in_gait")
    assert recording.forces is not None
    one, two, three = recording.forces.wrenches
    total = one.force_n + two.force_n
    share = one.force_n[:, 1:2] / np.maximum(total[:, 1:2], 1e-9)
    merged = replace(one, force_n=total, point_m=share * one.point_m + (1 - share) * two.point_m)
    found = judged(
        replace(recording, forces=replace(recording.forces, wrenches=(merged, three)), plates=()), "plug_in_gait"
    )
    assert [(c.plate, c.accepted) for c in found.contacts] == [("plate_1", False), ("plate_3", True)]
    t = recording.markers.time_s
    assert not found.covered[(t > 7.86) & (t < 9.04)].any()
