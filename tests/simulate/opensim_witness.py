"""What OpenSim says of the planar body, in a process of its own: states on stdin and answers on stdout, as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import opensim


def main(model_path: str) -> None:
    opensim.Logger.setLevelString("Off")
    model = opensim.Model(model_path)
    state = model.initSystem()
    print(json.dumps([answer(model, state, asked) for asked in json.load(sys.stdin)]))


def answer(model: Any, state: Any, asked: dict[str, Any]) -> dict[str, Any]:
    coordinates = model.getCoordinateSet()
    for name, value in asked["q"].items():
        coordinates.get(name).setValue(state, value, False)
        coordinates.get(name).setSpeedValue(state, asked["qd"][name])
    for name, value in asked["activation"].items():
        model.setStateVariableValue(state, f"/{name}/activation", value)
    model.realizeVelocity(state)
    controls = opensim.Vector(model.getNumControls(), 0.0)
    for name, value in asked["excitation"].items():
        actuator = opensim.Actuator.safeDownCast(model.getComponent(f"/{name}"))
        actuator.setControls(opensim.Vector(1, value), controls)
    model.setControls(state, controls)
    model.realizeAcceleration(state)
    muscles = {name: opensim.Muscle.safeDownCast(model.getComponent(f"/{name}")) for name in asked["activation"]}
    spheres = {
        n: opensim.SmoothSphereHalfSpaceForce.safeDownCast(model.getComponent(f"/{n}")) for n in asked["contact"]
    }
    return {
        "force": {n: m.getTendonForce(state) for n, m in muscles.items()},
        "length": {n: m.getLength(state) for n, m in muscles.items()},
        "speed": {n: m.getLengtheningSpeed(state) for n, m in muscles.items()},
        "rate": {n: model.getStateVariableDerivativeValue(state, f"/{n}/activation") for n in muscles},
        "contact": {n: [s.getRecordValues(state).get(k) for k in range(3)] for n, s in spheres.items()},
        "qdd": {n: coordinates.get(n).getAccelerationValue(state) for n in asked["q"]},
    }


if __name__ == "__main__":
    main(sys.argv[1])
