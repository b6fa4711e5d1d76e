"""OpenSim's StaticOptimization: forces, activations and controls of muscles and actuators."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from groundup.body.functions import Floats
from groundup.drop_in.outcome import Output
from groundup.drop_in.tables import UNITS, OutsideForces, storage
from groundup.engine.kinematics import Poses, poses
from groundup.engine.muscle import ForceMode
from groundup.engine.skeleton import Skeleton
from groundup.io.atomic import write_text_atomic
from groundup.io.setup_xml import StaticOptimizationSetup
from groundup.loads.external import in_ground, segment_of
from groundup.loads.muscle_forces import Machine, MuscleLoads, SharingOptions, share
from groundup.motion.trajectory import Motion

_UNEXPLAINED = 0.1  # N·m or N: more than this is said
_ACTIVATIONS = "This file contains static optimization results.\n\n"
_FORCES = (
    "\nThis file contains the forces exerted on a model during a simulation.\n\n"
    "A force is a generalized force, meaning that it can be either a force (N) or a torque (Nm).\n" + UNITS
)


def static_optimization(
    analysis: StaticOptimizationSetup,
    machine: Machine,
    order: tuple[str, ...],
    motion: Motion,
    external: OutsideForces | None,
    stem: Path,
) -> tuple[tuple[Output, ...], tuple[str, ...]]:
    """Share the moments of a motion among muscles and actuators the way OpenSim does.

    Parameters
    ----------
    order : names of muscles and actuators in the order of the columns
    stem : folder and beginning of the names of the files
    """
    options = SharingOptions(analysis.activation_exponent, ForceMode.OPENSIM, analysis.use_muscle_physiology)
    loads = share(machine, motion, external.forces if external else None, options)
    names = [*loads.muscles, *loads.actuators]
    at = [names.index(name) for name in order]
    activation = np.hstack([loads.activation, loads.control])[:, at]
    force = np.hstack([loads.force, loads.actuator_force])[:, at]
    at_rows = poses(machine.skeleton, motion.q)
    outside, values = external_columns(machine.skeleton, at_rows, motion.time_s, external)
    time_s = motion.time_s
    outputs = (
        storage(_named(stem, "activation.sto"), "Static Optimization", time_s, order, activation, _ACTIVATIONS),
        storage(
            _named(stem, "force.sto"), "ModelForces", time_s, (*order, *outside), np.hstack([force, values]), _FORCES
        ),
        Output(_named(stem, "controls.xml"), partial(_write_controls, order, time_s, activation)),
    )
    return outputs, _notes(loads, time_s)


def _named(stem: Path, ending: str) -> Path:
    return stem.with_name(f"{stem.name}_{ending}")


def external_columns(
    skeleton: Skeleton, at: Poses, time_s: Floats, external: OutsideForces | None
) -> tuple[tuple[str, ...], Floats]:
    """Columns and values (F, n) by which OpenSim records external forces.

    Force and torque are in ground axes, the point in the segment that the force acts on; what the ExternalLoads do not
    give has no columns.
    """
    columns: list[str] = []
    blocks = [np.zeros((len(time_s), 0))]
    for force, given in zip(external.forces.wrenches, external.given, strict=True) if external is not None else ():
        assert external is not None
        owner = segment_of(skeleton, force.segment, force.name)
        f, p, m = in_ground(skeleton, at, time_s, external.forces.time_s, force)
        turn, origin = at.rotation[:, owner], at.translation[:, owner]
        local = (np.swapaxes(turn, -1, -2) @ (p - origin)[..., None])[..., 0]
        for kind, values, shown in (("F", f, given.force), ("p", local, given.point), ("T", m, given.torque)):
            if shown:
                columns += [f"{force.segment}_{force.name}_{kind}{axis}" for axis in "xyz"]
                blocks.append(values)
    return tuple(columns), np.hstack(blocks)


def _notes(loads: MuscleLoads, time_s: Floats) -> tuple[str, ...]:
    weak = loads.violation > _UNEXPLAINED
    if not weak.any():
        return ()
    worst = int(loads.violation.argmax())
    return (
        f"at {int(weak.sum())} of {len(weak)} instants muscles and actuators cannot bring up the joint moments; at "
        f"{time_s[worst]:.3f} s {loads.violation[worst]:.3g} N·m (or N) are missing. Add reserve actuators in "
        "<force_set_files>, or strengthen those that are there",
    )


def _write_controls(names: tuple[str, ...], time_s: Floats, values: Floats, path: Path) -> None:
    """Write controls as an OpenSim ``ControlSet``: straight lines between the instants."""
    document = ET.Element("OpenSimDocument", Version="40000")
    controls = ET.SubElement(document, "ControlSet", name="Control Set")
    objects = ET.SubElement(controls, "objects")
    for name, column in zip(names, values.T.tolist(), strict=True):
        _control(ET.SubElement(objects, "ControlLinear", name=name), time_s.tolist(), column)
    ET.SubElement(controls, "groups")
    ET.indent(document, "\t")
    write_text_atomic(path, '<?xml version="1.0" encoding="UTF-8" ?>\n' + ET.tostring(document, "unicode") + "\n")


def _control(element: ET.Element, time_s: list[float], values: list[float]) -> None:
    _texts(element, is_model_control="true", extrapolate="true", default_min="0.02", default_max="1")
    _texts(element, filter_on="false", use_steps="false")
    nodes = ET.SubElement(element, "x_nodes")
    for t, value in zip(time_s, values, strict=True):
        _texts(ET.SubElement(nodes, "ControlLinearNode"), t=repr(t), value=repr(value))
    _texts(element, min_nodes="", max_nodes="", kp="100", kv="20")


def _texts(element: ET.Element, **texts: str) -> None:
    for tag, text in texts.items():
        ET.SubElement(element, tag).text = text or None
