"""The stored walk on the full body: OpenSim's own inverse dynamics finds the same moments, and no need of a push."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.body.model import Body
from groundup.body.recording import ExternalForces
from groundup.engine.skeleton import compile_skeleton
from groundup.io.osim_write import write_osim
from groundup.loads.moments import joint_moments
from groundup.motion.trajectory import Motion
from groundup.predict.changed_body import change
from groundup.predict.gait.baseline import healthy_walk
from groundup.predict.outcome import full_motion, ground_forces

FRAMES = slice(80, 160, 7)
"""Of the middle one of the three cycles."""


@pytest.fixture(scope="module")
def walking() -> tuple[Body, Motion, ExternalForces]:
    prepared = change(default_body(), ()).prepared
    body = prepared.reduction.full.with_(muscles=(), actuators=(), contacts=())
    motion = full_motion(healthy_walk(), prepared, compile_skeleton(body))
    part = Motion(*(x[FRAMES] for x in (motion.time_s, motion.q, motion.speed, motion.acceleration)))
    return body, part, ground_forces(healthy_walk(), prepared)


@pytest.fixture(scope="module")
def theirs(
    opensim: ModuleType, walking: tuple[Body, Motion, ExternalForces], tmp_path_factory: pytest.TempPathFactory
) -> np.ndarray:
    """Generalised forces by OpenSim, shape (n_frames, n_coordinates)."""
    body, motion, forces = walking
    file = tmp_path_factory.mktemp("model") / "body.osim"
    write_osim(body, file)
    return _moments(opensim, file, body, motion, forces)


def test_opensim_finds_the_same_moments(walking: tuple[Body, Motion, ExternalForces], theirs: np.ndarray) -> None:
    """Within 1e-6 of the body's weight, × 1 m for moments; coupled coordinates included."""
    body, motion, forces = walking
    ours = joint_moments(compile_skeleton(body), motion, forces, opensim=True)
    assert np.abs(ours - theirs).max() < 1e-6 * body.mass * 9.81


def test_opensim_needs_no_push_at_the_pelvis(walking: tuple[Body, Motion, ExternalForces], theirs: np.ndarray) -> None:
    """Forces below 0.1 % of body weight, moments below 0.1 % of body weight × 1 m."""
    body = walking[0]
    root = [body.coordinate_names.index(f"pelvis_{name}") for name in ("tx", "ty", "tz", "tilt", "list", "rotation")]
    assert np.abs(theirs[:, root]).max() < 1e-3 * body.mass * 9.81


def _moments(opensim: ModuleType, file: Path, body: Body, motion: Motion, forces: ExternalForces) -> np.ndarray:
    model = opensim.Model(str(file))
    state = model.initSystem()
    coordinates = [model.getCoordinateSet().get(name) for name in body.coordinate_names]
    for coordinate in coordinates:
        coordinate.setLocked(state, False)
    place = _places(coordinates, state)
    solver, found = opensim.InverseDynamicsSolver(model), []
    for k, time in enumerate(motion.time_s):
        for i, coordinate in enumerate(coordinates):
            coordinate.setValue(state, float(motion.q[k, i]), False)
            coordinate.setSpeedValue(state, float(motion.speed[k, i]))
        model.realizeVelocity(state)
        change = opensim.Vector(state.getNU(), 0.0)
        for i, index in enumerate(place):
            change[int(index)] = float(motion.acceleration[k, i])
        needed = solver.solve(state, change).to_numpy()
        found.append((needed - _of_ground(opensim, model, state, forces, float(time)))[place])
    return np.array(found)


def _of_ground(opensim: ModuleType, model: Any, state: Any, forces: ExternalForces, time: float) -> np.ndarray:
    """Generalised forces of the ground under both feet, by OpenSim's own Jacobian."""
    matter, total = model.getMatterSubsystem(), np.zeros(state.getNU())
    row = int(np.abs(forces.time_s - time).argmin())
    assert abs(forces.time_s[row] - time) < 1e-9
    for applied in forces.wrenches:
        bone = model.getBodySet().get(applied.segment)
        point = opensim.Vec3(*map(float, applied.point_m[row]))
        station = model.getGround().findStationLocationInAnotherFrame(state, point, bone)
        wrench = opensim.SpatialVec(
            opensim.Vec3(*map(float, applied.torque_nm[row])), opensim.Vec3(*map(float, applied.force_n[row]))
        )
        found = opensim.Vector()
        matter.multiplyByFrameJacobianTranspose(state, bone.getMobilizedBodyIndex(), station, wrench, found)
        total += found.to_numpy()
    return total


def _places(coordinates: list[Any], state: Any) -> np.ndarray:
    """Where each coordinate's speed stands among OpenSim's generalised speeds."""
    places = []
    for coordinate in coordinates:
        coordinate.setSpeedValue(state, 0.0)
    for coordinate in coordinates:
        coordinate.setSpeedValue(state, 1.0)
        places.append(int(np.argmax(state.getU().to_numpy())))
        coordinate.setSpeedValue(state, 0.0)
    return np.array(places)
