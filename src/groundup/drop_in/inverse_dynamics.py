"""OpenSim's InverseDynamicsTool."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, MotionKind, MuscleKind
from groundup.drop_in.outcome import Outcome, Progress
from groundup.drop_in.tables import (
    check_covered,
    force_notes,
    read_coordinates,
    read_loads,
    read_model,
    rows_between,
    storage,
)
from groundup.engine.kinematics import poses
from groundup.engine.muscle import compile_muscles
from groundup.engine.muscle_path import path_geometry
from groundup.engine.path_set import compile_paths
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.errors import SetupError
from groundup.io.setup_xml import InverseDynamicsSetup
from groundup.loads.moments import joint_moments
from groundup.motion.filtering import smooth
from groundup.motion.trajectory import Motion

_MUSCLE_GROUPS = {"all", "actuators", "muscles"}


def inverse_dynamics(setup: InverseDynamicsSetup, progress: Progress) -> Outcome:
    """Compute the generalised forces behind a recorded motion.

    Notes
    -----
    Rows, as in OpenSim: with a filter, the instants of the evened clock from the one at or just before the start of the
    time range; without, those of the file. Every coordinate of the file is differentiated for itself, also those that
    follow others. Columns go down the tree of joints, level by level.

    Model actuators have no control and no force.
    """
    _refuse_unsupported(setup)
    progress("reading")
    body = read_model(setup.path, setup.model_file)
    outside = read_loads(setup.path, setup.external_loads_file)
    recorded = read_coordinates(setup.path, "coordinates_file", setup.coordinates_file, body)
    progress("inverse dynamics")
    signals = smooth(recorded.time_s, recorded.q, setup.lowpass_hz)
    time_s = signals.clock_s[rows_between(setup.path, "<time_range>", signals.clock_s, *setup.time_range)]
    check_covered(setup.path, "<time_range>", time_s, outside)
    motion = Motion(time_s, *(signals.derivative(time_s, order) for order in range(3)))
    skeleton = compile_skeleton(body)
    _check_muscles(setup, body, skeleton, motion.q)
    moments = joint_moments(skeleton, motion, outside.forces if outside else None, opensim=True)
    order = _tree_order(body)
    columns = tuple(_column(body, i) for i in order)
    assert setup.output_gen_force_file is not None
    table = storage(
        setup.output_gen_force_file, "Inverse Dynamics Generalized Forces", time_s, columns, moments[:, order]
    )
    return Outcome((table,), force_notes(body, setup.forces_to_exclude))


def _refuse_unsupported(setup: InverseDynamicsSetup) -> None:
    if setup.joints_to_report_body_forces:
        raise SetupError(
            f"{setup.path}: <joints_to_report_body_forces> is {' '.join(setup.joints_to_report_body_forces)[:60]!r}, "
            "which groundup does not compute, expected nothing. Empty it; a JointReaction gives forces through joints."
        )
    if setup.output_gen_force_file is None:
        raise SetupError(f"{setup.path}: <output_gen_force_file> names no file, expected one. Name it.")


# --- order and names of columns ---------------------------------------------------------------------------------------


def _tree_order(body: Body) -> np.ndarray:
    """Coordinates by the depth of their joint in the tree; within a depth in the body's order."""
    depth = {"ground": 0}
    for joint in body.joints:
        depth[joint.child] = depth[joint.parent] + 1
    place = {j.name: (depth[j.child], k) for k, j in enumerate(body.joints)}
    return np.array(sorted(range(len(body.coordinates)), key=lambda i: (place[body.coordinates[i].joint], i)))


def _column(body: Body, coordinate: int) -> str:
    c = body.coordinates[coordinate]
    return f"{c.name}_{'moment' if c.motion is MotionKind.ROTATIONAL else 'force'}"


# --- muscles that are not excluded ------------------------------------------------------------------------------------


def _check_muscles(setup: InverseDynamicsSetup, body: Body, skeleton: Skeleton, q: Floats) -> None:
    """Refuse muscles that would act, at the coordinates ``q`` (F, C).

    Notes
    -----
    OpenSim gives muscles that are not excluded the force of their default state, in which the fibres have a length that
    is in no balance with the tendon: it can be nothing or a hundred times what a muscle can bear.
    """
    excluded = {word.lower() for word in setup.forces_to_exclude}
    counted = tuple(m for m in body.muscles if m.applies_force and m.name.lower() not in excluded)
    if excluded & _MUSCLE_GROUPS or not counted:
        return
    acting = _acting_by_default(body.with_(muscles=counted), skeleton, q)
    if acting:
        raise SetupError(
            f"{setup.path}: <forces_to_exclude> leaves {len(acting)} muscles in ({', '.join(acting[:3])}, …), expected "
            "'muscles'. Their default state is in no balance, so the moments would mean nothing. Write 'muscles' there."
        )


def _acting_by_default(body: Body, skeleton: Skeleton, q: Floats) -> list[str]:
    """Names of the muscles whose tendons are tight when the fibres have their default lengths."""
    paths = compile_paths(body, skeleton.segment_index, skeleton.coordinate_index)
    muscles = compile_muscles(body.muscles)
    at = poses(skeleton, q)
    length = path_geometry(paths, at.rotation, at.translation, q).length
    fiber = np.array([m.parameters.get("default_fiber_length", 0.1) for m in body.muscles])
    along = np.sqrt(np.maximum(fiber**2 - muscles.thickness**2, 0.0))
    tight = (length - along > muscles.slack_length).any(axis=0)
    by_state = np.array([m.kind is MuscleKind.DEGROOTEFREGLY2016 for m in body.muscles])
    return [m.name for m, acts in zip(body.muscles, tight | by_state | ~muscles.compliant, strict=True) if acts]
