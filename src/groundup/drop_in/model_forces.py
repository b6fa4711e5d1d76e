"""The order in which a model lists its forces, which is the order of OpenSim's columns."""

from __future__ import annotations

from pathlib import Path

from groundup.io.xml import XmlFile
from groundup.loads.muscle_forces import Machine


def force_order(model_file: Path, machine: Machine) -> tuple[str, ...]:
    """Names of the machine's muscles and actuators: first as in the model's ForceSet, then those added to it."""
    names = (*machine.paths.muscles, *(a.name for a in machine.actuators))
    file = XmlFile(model_file)
    listed = [e.get("name", "") for e in file.objects(next(file.root.iter("ForceSet"), None))]
    place = {name: i for i, name in enumerate(listed)}
    return tuple(sorted(names, key=lambda name: place.get(name, len(place))))
