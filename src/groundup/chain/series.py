"""The study's series: every quantity over time under its OpenSim name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from groundup.body.model import MotionKind
from groundup.body.pressure import REGIONS
from groundup.chain.lumbar import LumbarLoad
from groundup.chain.muscle_activity import activity_series
from groundup.chain.names import chain_joint, side_of
from groundup.loads.analysis import Analysis
from groundup.loads.joint_contact import In, On, express
from groundup.study import Floats, Series

_AXES = ("x", "y", "z")


def all_series(a: Analysis, low_back: Sequence[LumbarLoad] = ()) -> tuple[Series, ...]:
    """Everything that was computed, in the order of the result files."""
    return (
        *_angles(a),
        *_moments(a),
        *_muscles(a),
        *_joint_loads(a),
        *_lumbar(a, low_back),
        *_ground_forces(a),
        *_foot_loads(a),
        *activity_series(a.emg),
    )


def reaction_columns(joint: str, child: str) -> tuple[str, ...]:
    """OpenSim's nine column names of a joint's reaction on its child in the child's axes."""
    return tuple(f"{joint}_on_{child}_in_{child}_{kind}{axis}" for kind in "fmp" for axis in _AXES)


def reaction_table(a: Analysis, joint: int) -> Floats:
    """The nine columns of a joint's reaction, (F, 9): N, N·m and m."""
    assert a.loads is not None
    return np.column_stack(express(a.skeleton, a.at, a.loads.reactions, joint, On.CHILD, In.CHILD))


def _angles(a: Analysis) -> Iterator[Series]:
    """Coordinates; one that both turns and shifts stays in radians, as OpenSim writes and reads it."""
    units = {MotionKind.ROTATIONAL: "deg", MotionKind.TRANSLATIONAL: "m", MotionKind.COUPLED: "rad"}
    for i, c in enumerate(a.body.coordinates):
        values = np.degrees(a.motion.q[:, i]) if c.motion is MotionKind.ROTATIONAL else a.motion.q[:, i]
        yield Series(f"angle.{c.name}", "angle", c.name, side_of(c.name), units[c.motion], values)


def _moments(a: Analysis) -> Iterator[Series]:
    if a.moments is None:
        return
    for i, c in enumerate(a.body.coordinates):
        unit = "N" if c.motion is MotionKind.TRANSLATIONAL else "N·m"
        name = f"{c.name}_{'moment' if c.motion is MotionKind.ROTATIONAL else 'force'}"  # OpenSim's names
        yield Series(f"moment.{name}", "moment", name, side_of(c.name), unit, a.moments[:, i])


def _muscles(a: Analysis) -> Iterator[Series]:
    if a.loads is None:
        return
    for k, name in enumerate(a.loads.muscles):
        yield Series(f"muscle_force.{name}", "muscle_force", name, side_of(name), "N", a.loads.force[:, k])
    for k, name in enumerate(a.loads.muscles):
        yield Series(f"activation.{name}", "activation", name, side_of(name), "1", a.loads.activation[:, k])
    units = {c.name: "N" if c.motion is MotionKind.TRANSLATIONAL else "N·m" for c in a.body.coordinates}
    for k, name in enumerate(a.loads.actuators):
        unit = units.get(a.loads.driven[k] or "", "N")
        yield Series(f"reserve.{name}", "reserve", name, side_of(name), unit, a.loads.actuator_force[:, k])


def _joint_loads(a: Analysis) -> Iterator[Series]:
    if a.loads is None:
        return
    for j, joint in enumerate(a.body.joints):
        table, side = reaction_table(a, j), side_of(joint.name)
        units = ("N", "N", "N", "N·m", "N·m", "N·m", "m", "m", "m")
        for name, unit, values in zip(reaction_columns(joint.name, joint.child), units, table.T, strict=True):
            yield Series(f"joint_load.{name}", "joint_load", name, side, unit, values)
        if chain_joint(joint.name):
            name = f"{joint.name}_contact"
            size = np.linalg.norm(table[:, :3], axis=1) / a.body_weight_n
            yield Series(f"joint_load.{name}", "joint_load", name, side, "BW", size)


def _lumbar(a: Analysis, low_back: Sequence[LumbarLoad]) -> Iterator[Series]:
    """Loads of each level in the axes of its disc; those that the page draws come in body weights."""
    for load in low_back:
        stem = load.level.lower().replace("/", "_").replace(" ", "_")
        forces = {
            "compression": load.compression,
            "compression_of_muscles": load.muscle_compression,
            "compression_of_weight": load.rest[:, 1],
            "shear_forward": load.force[:, 0],
            "shear_right": load.force[:, 2],
        }
        for part, values in forces.items():
            name = f"{stem}_{part}"
            yield Series(f"lumbar.{name}", "lumbar", name, "none", "BW", values / a.body_weight_n)
        for part, values in forces.items():
            name = f"{stem}_{part}_n"
            yield Series(f"lumbar.{name}", "lumbar", name, "none", "N", values)
        for part, values in zip(("moment_bending", "moment_turning", "moment_extension"), load.moment.T, strict=True):
            name = f"{stem}_{part}"
            yield Series(f"lumbar.{name}", "lumbar", name, "none", "N·m", values)


def _ground_forces(a: Analysis) -> Iterator[Series]:
    if a.forces is None:
        return
    for wrench in a.forces.wrenches:
        side = side_of(wrench.segment or wrench.name)
        columns = {"v": (wrench.force_n, "N"), "p": (wrench.point_m, "m"), "m": (wrench.torque_nm, "N·m")}
        for kind, (values, unit) in columns.items():
            for axis, column in zip(_AXES, values.T, strict=True):
                name = f"{wrench.name}_{kind}{axis}"
                yield Series(f"ground_force.{name}", "ground_force", name, side, unit, column, a.forces.time_s)


def _foot_loads(a: Analysis) -> Iterator[Series]:
    """Load under each region of a foot, where a platform, insoles or a prediction tell it."""
    if a.pressure is None:
        return
    for side, loads in a.pressure.load_n.items():
        for region, values in zip(REGIONS, loads.T, strict=True):
            name = f"{region}_{side}"
            yield Series(
                f"foot_load.{name}", "foot_load", name, side, "BW", values / a.body_weight_n, a.pressure.time_s
            )
