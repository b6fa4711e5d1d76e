"""Events from marker paths alone against events that plates or another program found in the same recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from groundup.body.recording import MarkerTrajectories
from groundup.io.c3d import read_c3d
from groundup.io.storage import read_storage
from groundup.io.trc import read_trc
from groundup.motion.foot_contacts import FootContact, foot_contact

FEET_OF = {  # heel, and what lies about the ball
    "plug_in_gait": ("{}HEE", ("{}TOE",)),
    "schreiber2019": ("{}_FCC", ("{}_FM1", "{}_FM5")),
    "gait2392": ("{}.Heel", ("{}.Toe.Lat", "{}.Toe.Med")),
    "arnold2013": ("{}CAL", ("{}TOE", "{}MT5")),
}


def contact(markers: MarkerTrajectories, heel: str, ball: tuple[str, ...], side: str) -> FootContact:
    def path(label: str) -> np.ndarray:
        return markers.positions_m[:, markers.names.index(label.format(side))]

    return foot_contact(markers.time_s, path(heel), np.mean([path(b) for b in ball], axis=0))


def off_by(found: np.ndarray, true: list[float]) -> np.ndarray:
    return np.array([np.abs(found - t).min() for t in true])


def crossings(time_s: np.ndarray, vertical_n: np.ndarray, ends_s: float) -> tuple[list[float], list[float]]:
    """Instants at which 20 N are passed, not within ``ends_s`` of the recording's ends."""
    on = (vertical_n > 20.0).astype(int)
    inside = (time_s > time_s[0] + ends_s) & (time_s < time_s[-1] - ends_s)
    return [[float(time_s[i]) for i in np.flatnonzero(np.diff(on) == way) if inside[i]] for way in (1, -1)]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("folder", "file", "strike_s", "off_s"),
    [
        ("plug_in_gait", "PiG_Motion3_FF.c3d", 0.0205, 0.0205),
        # Its plates were cut at 50 N before they were stored; whoever marked the foot-offs saw the toes leave later.
        ("schreiber2019", "2014001_C1_01.c3d", 0.0205, 0.050),
    ],
)
def test_events_that_the_file_holds(shared: Path, folder: str, file: str, strike_s: float, off_s: float) -> None:
    recording = read_c3d(shared / folder / file).recording("walk")
    begin = recording.markers.time_s[0]
    for side in ("right", "left"):
        found = contact(recording.markers, *FEET_OF[folder], side[0].upper())
        own = [e for e in recording.events if e.side == side and e.time_s > begin + 0.06]
        strikes = [e.time_s for e in own if e.kind == "foot strike"]
        offs = [e.time_s for e in own if e.kind == "foot off"]
        assert len(found.strikes_s) == len(strikes)
        assert len(found.offs_s) == len(offs)
        assert off_by(found.strikes_s, strikes).max() <= strike_s
        assert off_by(found.offs_s, offs).max() <= off_s


@pytest.mark.parametrize(
    ("markers", "forces", "columns"),
    [
        ("gait2392/subject01_walk1.trc", "gait2392/subject01_walk1_grf.mot", ("ground_force_vy", "1_ground_force_vy")),
        *(
            (f"arnold2013/{s}/markers.trc", f"arnold2013/{s}/grf.mot", ("ground_force_r_vy", "ground_force_l_vy"))
            for s in ("subject01", "subject18")
        ),
    ],
)
def test_events_of_plates(shared: Path, markers: str, forces: str, columns: tuple[str, str]) -> None:
    """Within 30 ms at 60 Hz (a frame is 17 ms); gait2392 walks on a treadmill."""
    recording, table = read_trc(shared / markers), read_storage(shared / forces)
    for side, column in zip("RL", columns, strict=True):
        found = contact(recording, *FEET_OF[markers.split("/")[0]], side)
        strikes, offs = crossings(table.time_s, table.values[:, table.columns.index(column)], 0.03)
        assert off_by(found.strikes_s, strikes).max(initial=0.0) <= 0.030
        assert off_by(found.offs_s, offs).max(initial=0.0) <= 0.030
