"""OpenSim's InverseDynamicsTool."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body, MotionKind, Muscle, MuscleKind
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
from groundup.engine.moment_arms import moment_arms, plan_moment_arms
from groundup.engine.muscle import MuscleSet, compile_muscles, rigid_tendon_state
from groundup.engine.muscle_path import path_geometry, segment_pulls
from groundup.engine.path_set import compile_paths
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.errors import SetupError
from groundup.io.setup_xml import InverseDynamicsSetup
from groundup.loads.moments import CHUNK_FRAMES, joint_moments
from groundup.motion.filtering import smooth
from groundup.motion.trajectory import Motion

_MUSCLE_GROUPS = {"all", "actuators", "muscles"}
_ACTUATOR_GROUPS = {"all", "actuators"}


def inverse_dynamics(setup: InverseDynamicsSetup, progress: Progress) -> Outcome:
    """Compute the generalised forces behind a recorded motion.

    Notes
    -----
    Rows, as in OpenSim: with a filter, the instants of the evened clock from the one at or just before the start of the
    time range; without, those of the file. Every coordinate of the file is differentiated for itself, also those that
    follow others. Columns go down the tree of joints, level by level.

    Muscles that are not excluded enter with the force of their default state, as in OpenSim; model actuators have no
    control and no force.
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
    moments = joint_moments(skeleton, motion, outside.forces if outside else None, opensim=True)
    muscles, notes = _counted_muscles(setup, body)
    if muscles:
        moments = moments - _default_muscle_moments(body.with_(muscles=muscles), skeleton, motion)
    order = _tree_order(body)
    columns = tuple(_column(body, i) for i in order)
    assert setup.output_gen_force_file is not None
    table = storage(
        setup.output_gen_force_file, "Inverse Dynamics Generalized Forces", time_s, columns, moments[:, order]
    )
    return Outcome((table,), notes + force_notes(body, setup.forces_to_exclude))


def _refuse_unsupported(setup: InverseDynamicsSetup) -> None:
    if setup.joints_to_report_body_forces:
        raise SetupError(
            f"{setup.path}: <joints_to_report_body_forces> is {' '.join(setup.joints_to_report_body_forces)[:60]!r}, which "
            "groundup does not compute, expected nothing. Empty it; for forces through joints use a JointReaction."
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


def _counted_muscles(setup: InverseDynamicsSetup, body: Body) -> tuple[tuple[Muscle, ...], tuple[str, ...]]:
    """Muscles that act in spite of ``forces_to_exclude``, and a warning where there are some."""
    excluded = {word.lower() for word in setup.forces_to_exclude}
    if excluded & _MUSCLE_GROUPS:
        return (), ()
    counted = tuple(m for m in body.muscles if m.applies_force and m.name.lower() not in excluded)
    if not counted:
        return (), ()
    note = (
        f"<forces_to_exclude> leaves {len(counted)} muscles in: the force each carries in its default state is subtracted "
        "from the moments, as in OpenSim. Write 'muscles' there for net joint moments"
    )
    return counted, (note,)


def _default_muscle_moments(body: Body, skeleton: Skeleton, motion: Motion) -> Floats:
    """Generalised forces of all muscles in their default states, (F, C)."""
    paths = compile_paths(body, skeleton.segment_index, skeleton.coordinate_index)
    plan, muscles = plan_moment_arms(skeleton, paths), compile_muscles(body.muscles)
    moments = np.empty_like(motion.q)
    for start in range(0, len(motion.time_s), CHUNK_FRAMES):
        part = slice(start, start + CHUNK_FRAMES)
        at = poses(skeleton, motion.q[part])
        geometry = path_geometry(paths, at.rotation, at.translation, motion.q[part])
        arms = moment_arms(plan, at, geometry, segment_pulls(paths, geometry))
        velocity = -(arms @ motion.speed[part][..., None])[..., 0]
        force = default_forces(body.muscles, muscles, geometry.length, velocity)
        moments[part] = (force[:, None] @ arms)[:, 0]
    return moments


def default_forces(muscles: tuple[Muscle, ...], compiled: MuscleSet, length: Floats, velocity: Floats) -> Floats:
    """Tendon forces in the default state: the fibre has its default length, the tendon takes up the rest.

    Parameters
    ----------
    length, velocity : array, shape (F, M), m and m/s

    Returns
    -------
    array, shape (F, M), N

    Notes
    -----
    The default length of the fibres is in no balance with the tendon, so that these forces can be anything.
    """
    activation = np.array([m.parameters.get("default_activation", 0.05) for m in muscles])
    rigid = rigid_tendon_state(compiled, length, velocity, activation=np.broadcast_to(activation, length.shape))
    force = rigid.total_force(activation)
    fiber = np.array([m.parameters.get("default_fiber_length", 0.1) for m in muscles])
    along = np.sqrt(np.maximum(fiber**2 - compiled.thickness**2, 0.0))
    stretch = (length - along) / compiled.slack_length
    for group in compiled.groups:
        columns = group.columns[compiled.compliant[group.columns]]
        curves = group.curves.take(np.flatnonzero(compiled.compliant[group.columns]))
        force[:, columns] = compiled.force[columns] * np.maximum(curves.tendon(stretch[:, columns])[0], 0.0)
    for k, m in enumerate(muscles):
        if m.kind is MuscleKind.DEGROOTEFREGLY2016 and compiled.compliant[k]:
            force[:, k] = compiled.force[k] * m.parameters.get("default_normalized_tendon_force", 0.5)
    return force
