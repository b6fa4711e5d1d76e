"""A recording from any of the files it may lie in, turned to the body's axes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from groundup.body.recording import ExternalForces, Recording
from groundup.errors import SetupError
from groundup.motion.up_axis import turn_to_body, turn_z_up


def read_recording(
    path: Path, forces: Path | None = None, marker_units: str | None = None, up: str = "auto"
) -> Recording:
    """Read markers from a TRC or C3D file, and forces from their own file or from the C3D file.

    Parameters
    ----------
    up : the axis that points up in a TRC file: ``y``, ``z``, or ``auto``, which finds it, and the way the person
        faces, from the markers; a C3D file is always turned so

    Raises
    ------
    GroundupError
        A file cannot be read; the message says where and what to do.
    """
    from groundup.io.external_loads import read_external_loads
    from groundup.io.kind import is_c3d

    given = None if forces is None else read_external_loads(forces)
    if is_c3d(path):
        return _from_c3d(path, given, marker_units, up)
    from groundup.io.trc import read_trc

    recording = Recording(read_trc(path, marker_units), given, path.stem)
    if up == "auto":
        return turn_to_body(recording)
    return turn_z_up(recording) if up == "z" else recording


def _from_c3d(path: Path, forces: ExternalForces | None, marker_units: str | None, up: str) -> Recording:
    from groundup.io.c3d import read_c3d

    if up not in ("auto", "y"):
        raise SetupError(
            f"{path}: --up {up} was given for a C3D recording, which is turned to y up by where its markers are. "
            "Leave --up out."
        )
    recording = read_c3d(path, marker_units, with_forces=forces is None).recording(path.stem)
    return replace(recording, forces=forces or recording.forces)
