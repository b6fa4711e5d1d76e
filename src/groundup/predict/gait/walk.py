"""A predicted walk: one cycle of motion, muscle forces and ground forces, as a solver found it. NumPy only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from groundup.body.functions import Floats
from groundup.errors import FileError
from groundup.io.atomic import write_bytes_atomic
from groundup.predict.body.contact import Soles

VERSION = 1
"""Of the file; raise it when its content changes."""


@dataclass(frozen=True, eq=False)
class Walk:
    """One cycle of walking; the last frame is the first one, a period later and a stride ahead.

    Attributes
    ----------
    time_s : array, shape (n,)
    names : coordinates of the prediction body
    muscles : lean muscles
    force_n : array, shape (n, n_muscles)
        Along the tendon.
    torque_names : coordinates that torques drive
    torque_nm : array, shape (n, n_torques)
    pads : names of the pads under both feet
    pad_force_n, pad_point_m : array, shape (n, n_pads, 3), ground axes
        Force of the ground on the foot, and where it acts.
    fascia_n : array, shape (n, 2)
        Tension of the plantar fasciae, right, left.
    values : everything the solver chose, by its name, each shape (n,)
        Coordinates (``knee_angle_r``, rad or m), their ``… speed`` and ``… acceleration``, ``… activation`` of muscles
        and so on; the next solve starts from it.
    terms : mean of each objective term over the cycle, without its weight
    speed_m_per_s, mass_kg : float
    solved : bool
        False: an iterate that is not a walk; ``message`` says what is missed most.
    stats : figures of the solve: iterations, seconds, objective, variables, constraints, largest miss
    """

    time_s: Floats
    names: tuple[str, ...]
    muscles: tuple[str, ...]
    force_n: Floats
    torque_names: tuple[str, ...]
    torque_nm: Floats
    pads: tuple[str, ...]
    pad_force_n: Floats
    pad_point_m: Floats
    fascia_n: Floats
    values: Mapping[str, Floats]
    terms: Mapping[str, float]
    speed_m_per_s: float
    mass_kg: float
    solved: bool = True
    message: str = ""
    stats: Mapping[str, float] = field(default_factory=dict)

    @property
    def cycle_s(self) -> float:
        """Duration of the cycle, s."""
        return float(self.time_s[-1] - self.time_s[0])

    @property
    def phase(self) -> Floats:
        """Part of the cycle, 0 to 1, shape (n,)."""
        return np.asarray((self.time_s - self.time_s[0]) / self.cycle_s)

    @property
    def weight_n(self) -> float:
        """Body weight, N."""
        return self.mass_kg * 9.81

    @property
    def q(self) -> Floats:
        """Coordinates, shape (n, n_coordinates), rad or m."""
        return columns(self.values, self.names)

    @property
    def speed(self) -> Floats:
        """First derivatives of the coordinates, shape (n, n_coordinates)."""
        return columns(self.values, [f"{name} speed" for name in self.names])

    @property
    def acceleration(self) -> Floats:
        """Second derivatives of the coordinates, shape (n, n_coordinates)."""
        return columns(self.values, [f"{name} acceleration" for name in self.names])

    @property
    def activation(self) -> Floats:
        """Activations of the muscles, shape (n, n_muscles)."""
        return columns(self.values, [f"{name} activation" for name in self.muscles])

    def vertical(self, soles: Soles, side: str, *regions: str) -> Floats:
        """Vertical force under one foot (``r`` or ``l``), or under some regions of it, N, shape (n,)."""
        chosen = [self.pads.index(soles.pads[i].name) for i in soles.of(side, *regions)]
        return np.asarray(self.pad_force_n[:, chosen, 1].sum(axis=1))


_ARRAYS = ("time_s", "force_n", "torque_nm", "pad_force_n", "pad_point_m", "fascia_n")
_NAMES = ("names", "muscles", "torque_names", "pads")
_PLAIN = ("speed_m_per_s", "mass_kg", "solved", "message")


def save_walk(walk: Walk, file: Path, *, notes: Mapping[str, object] | None = None) -> None:
    """Write a walk as a compressed ``.npz``, whole or not at all.

    Parameters
    ----------
    notes : plain JSON values about how it was made
    """
    from io import BytesIO

    head = {name: list(getattr(walk, name)) for name in _NAMES} | {name: getattr(walk, name) for name in _PLAIN}
    head |= {"version": VERSION, "terms": dict(walk.terms), "stats": dict(walk.stats), "values": list(walk.values)}
    head |= {"notes": dict(notes or {})}
    arrays = {name: np.asarray(getattr(walk, name), float) for name in _ARRAYS}
    stream = BytesIO()
    np.savez_compressed(
        stream,
        allow_pickle=False,
        head=np.array(json.dumps(head)),
        values=np.array(list(walk.values.values())),
        **arrays,
    )
    write_bytes_atomic(file, stream.getvalue())


def load_walk(file: Path) -> Walk:
    """Read a walk written by :func:`save_walk`.

    Raises
    ------
    FileError
        It is missing, damaged, or of another version.
    """
    try:
        with np.load(file, allow_pickle=False) as stored:
            head = json.loads(str(stored["head"]))
            if head["version"] != VERSION:
                raise FileError(f"{file.name}: walk of version {head['version']}, expected {VERSION}. Solve it again.")
            parts: dict[str, Any] = {name: stored[name] for name in _ARRAYS}
            parts |= {name: tuple(head[name]) for name in _NAMES} | {name: head[name] for name in _PLAIN}
            return Walk(
                **parts,
                values=dict(zip(head["values"], stored["values"], strict=True)),
                terms=head["terms"],
                stats=head["stats"],
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise FileError(f"{file}: not a walk that can be read ({error}). Solve it again.") from error


OTHER_WAY = frozenset({"pelvis_list", "pelvis_rotation", "pelvis_tz", "lumbar_bending", "lumbar_rotation"})
"""Coordinates that change sign in the mirror."""


def other_side(name: str) -> str:
    """Name of a quantity with right and left exchanged: ``knee_angle_r speed`` → ``knee_angle_l speed``."""
    first, space, rest = name.partition(" ")
    for a, b in (("_r", "_l"), ("_l", "_r")):
        if first.endswith(a):
            return f"{first[:-2]}{b}{space}{rest}"
    return name


def mirror_sign(name: str) -> float:
    """Return −1 for a quantity that changes sign in the mirror, else 1."""
    return -1.0 if name.partition(" ")[0] in OTHER_WAY else 1.0


def mirrored_half(values: Mapping[str, Floats], stride_ahead: float) -> dict[str, Floats]:
    """Quantities over a whole cycle from those over its first half, the second half being the mirror of the first.

    Parameters
    ----------
    values : by name, shape (n,); ``pelvis_tx`` goes on by ``stride_ahead``, m, in the second half

    Returns
    -------
    by name, shape (2 n - 1,)
    """
    whole = {}
    for name, one in values.items():
        second = mirror_sign(name) * np.asarray(values[other_side(name)])
        if name == "pelvis_tx":
            second = np.asarray(one) + stride_ahead
        whole[name] = np.concatenate([np.asarray(one)[:-1], second])
    return whole


def columns(values: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    """Stack quantities, shape (n, n_names)."""
    return np.column_stack([np.asarray(values[name]) for name in names])
