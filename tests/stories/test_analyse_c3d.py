"""``groundup analyse`` on a C3D recording gives what it gives on the same walk in a TRC and a MOT file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groundup.body.recording import AppliedForce, ExternalForces, MarkerTrajectories
from groundup.errors import SetupError
from groundup.from_files import AnalyseOptions, analyse_files
from groundup.io.external_loads import read_external_loads, write_plates
from groundup.io.osim_read import read_osim
from groundup.io.osim_write import write_osim
from groundup.io.trc import read_trc, write_trc
from groundup.study import Study

PER_FRAME = 5  # samples of the plates for each frame of the markers
TO_LABORATORY = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]) @ np.diag([1.0, 1.0, -1.0])
"""From x forward, y up, z right to a laboratory with z up in which the person walks along −Y (right is then −X)."""


@pytest.fixture(scope="module")
def studies(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Study, Path]:
    folder = tmp_path_factory.mktemp("c3d")
    source = shared / "arnold2013" / "subject01"
    markers = read_trc(source / "markers.trc")
    forces = _on_clock(read_external_loads(source / "grf.mot"), markers)
    write_trc(markers, folder / "walk.trc")
    write_plates(forces, folder / "walk.mot")
    write_osim(replace(read_osim(source / "subject01.osim"), muscles=()), folder / "body.osim")
    _write_c3d(folder / "walk.c3d", markers, forces)
    two_files = AnalyseOptions(folder / "walk.trc", folder / "walk.mot", folder / "body.osim")
    one_file = AnalyseOptions(folder / "walk.c3d", model=folder / "body.osim")
    return analyse_files(two_files), analyse_files(one_file), folder


def _on_clock(forces: ExternalForces, markers: MarkerTrajectories) -> ExternalForces:
    """Forces at a whole number of samples per frame, without what is below a plate's threshold."""
    n = len(markers.time_s) * PER_FRAME
    time = markers.time_s[0] + np.arange(n) / (markers.rate_hz * PER_FRAME)

    def at(values: np.ndarray) -> np.ndarray:
        return np.column_stack([np.interp(time, forces.time_s, values[:, k]) for k in range(3)])

    wrenches = []
    for plate in forces.wrenches:
        force, point, torque = at(plate.force_n), at(plate.point_m), at(plate.torque_nm)
        acting = (force[:, 1] > 20.0)[:, None]
        torque = torque * np.array([0.0, 1.0, 0.0])  # a plate knows the moment about its normal only
        wrenches.append(AppliedForce(plate.name, None, force * acting, point * acting, torque * acting))
    return ExternalForces(time, tuple(wrenches), forces.source)


def _corners(forces: ExternalForces, plate: AppliedForce) -> np.ndarray:
    """A long plate under each foot, side by side, as on a treadmill with two belts; (4, 3), m, body axes."""
    middle = [float(np.median(w.point_m[w.force_n[:, 1] > 0, 2])) for w in forces.wrenches]
    between, own = float(np.mean(middle)), middle[forces.wrenches.index(plate)]
    outer = between + np.sign(own - between)
    left, right = min(between, outer), max(between, outer)
    # Seen from above in the order of C3D: the plate's normal points down.
    return np.array([[4.0, 0.0, left], [4.0, 0.0, right], [-2.0, 0.0, right], [-2.0, 0.0, left]])


def _write_c3d(path: Path, markers: MarkerTrajectories, forces: ExternalForces) -> None:
    """The walk as a laboratory would record it: z up, millimetres, plates of type 2 with z down."""
    import ezc3d

    assert np.linalg.det(TO_LABORATORY) == pytest.approx(1.0)
    file = ezc3d.c3d()
    points = np.ones((4, len(markers.names), len(markers.time_s)))
    points[:3] = 1000 * (markers.positions_m @ TO_LABORATORY.T).transpose(2, 1, 0)
    file["parameters"]["POINT"]["RATE"]["value"] = [markers.rate_hz]
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["LABELS"]["value"] = list(markers.names)
    file["data"]["points"] = points
    down = np.diag([1.0, -1.0, -1.0])
    channels = []
    for plate in forces.wrenches:
        arm = (plate.point_m - _corners(forces, plate).mean(axis=0)) * (plate.force_n[:, 1:2] > 0)
        force, moment = plate.force_n, np.cross(arm, plate.force_n) + plate.torque_nm
        channels += [force @ TO_LABORATORY.T @ down, 1000 * moment @ TO_LABORATORY.T @ down]
    analog = np.hstack(channels)
    file["parameters"]["ANALOG"]["RATE"]["value"] = [markers.rate_hz * PER_FRAME]
    file["parameters"]["ANALOG"]["LABELS"]["value"] = [f"A{i}" for i in range(analog.shape[1])]
    file["parameters"]["ANALOG"]["UNITS"]["value"] = [*["N"] * 3, *["Nmm"] * 3] * len(forces.wrenches)
    file["data"]["analogs"] = analog.T[None]
    corners = np.stack([1000 * TO_LABORATORY @ _corners(forces, plate).T for plate in forces.wrenches], axis=2)
    n_plates = len(forces.wrenches)
    for name, value in {
        "USED": [n_plates],
        "TYPE": [2] * n_plates,
        "ZERO": [0, 0],
        "CORNERS": corners,
        "ORIGIN": np.zeros((3, n_plates)),
        "CHANNEL": np.arange(1.0, 6 * n_plates + 1).reshape(n_plates, 6).T,
    }.items():
        file.add_parameter("FORCE_PLATFORM", name, value)
    file.write(str(path))


def test_same_angles_and_moments(studies: tuple[Study, Study, Path]) -> None:
    two_files, one_file, _ = studies
    assert len(one_file.time_s) == len(two_files.time_s)
    ours = {(s.group, s.id): s for s in one_file.series}
    compared = 0
    for series in two_files.series:
        if series.group not in ("angle", "moment"):
            continue
        other = ours[series.group, series.id]
        # Points are stored to 0.1 µm. Both read the same forces; float32 of 10^6 N·mm about a far origin is 0.1 N·m.
        atol = 0.01 if series.group == "angle" else 0.5
        np.testing.assert_allclose(other.values, series.values, atol=atol, err_msg=series.id)
        compared += 1
    assert compared > 30


def test_what_was_turned_is_in_the_study(studies: tuple[Study, Study, Path]) -> None:
    words = " ".join(item.message for item in studies[1].quality)
    assert "walking along −Y" in words


def test_up_is_not_asked_of_a_recording_that_shows_it(studies: tuple[Study, Study, Path]) -> None:
    folder = studies[2]
    with pytest.raises(SetupError, match="--up z was given for a C3D recording"):
        analyse_files(AnalyseOptions(folder / "walk.c3d", model=folder / "body.osim", up="z"))
