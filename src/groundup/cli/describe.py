"""What a file holds, in a few plain values: the same for the screen and for ``--json``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groundup.body.model import Body, Coordinate, Marker, MotionKind
from groundup.errors import RecordingError
from groundup.io.kind import Kind, kind_of

if TYPE_CHECKING:
    from groundup.body.recording import ExternalForces, MarkerTrajectories, PlateGeometry, Signals

Description = dict[str, object]
"""Plain values: text, numbers, None, lists of them, and dictionaries of them."""


def describe(path: Path, marker_units: str | None = None) -> Description:
    """Read a file and say what it holds; the errors are those of the file's reader."""
    kind = kind_of(path)
    if kind is Kind.MARKERS:
        return {"kind": kind.value, "file": str(path), **_trc(path, marker_units)}
    if kind is Kind.C3D:
        return {"kind": kind.value, "file": str(path), **_c3d(path, marker_units)}
    return {"kind": kind.value, "file": str(path), **_DESCRIBE[kind](path)}


def _model(path: Path) -> Description:
    from groundup.io.osim_read import read_osim

    body = read_osim(path)
    return {
        "name": body.name,
        "mass_kg": round(body.mass, 4),
        "counts": {
            "segments": len(body.segments),
            "joints": len(body.joints),
            "coordinates": len(body.coordinates),
            "couplers": len(body.couplers),
            "muscles": len(body.muscles),
            "actuators": len(body.actuators),
            "markers": len(body.markers),
            "wrap objects": sum(len(segment.wrap_objects) for segment in (body.ground, *body.segments)),
            "contact spheres": len(body.contacts),
        },
        "muscle kinds": dict(Counter(muscle.kind.value for muscle in body.muscles)),
        "coordinates": [_coordinate(coordinate, body) for coordinate in body.coordinates],
        "segments": [f"{segment.name}: {segment.mass:.4g} kg" for segment in body.segments],
        "muscles": [muscle.name for muscle in body.muscles],
        "markers": [marker.name for marker in body.markers],
        "unsupported": [f"{u.kind} {u.name} ({u.container}): {u.effect}" for u in body.unsupported],
        "credits": " ".join(body.credits.split()),
    }


def _coordinate(coordinate: Coordinate, body: Body) -> str:
    turns = coordinate.motion is not MotionKind.TRANSLATIONAL
    unit, factor = ("deg", 180 / math.pi) if turns else ("m", 1.0)
    low, high = (factor * bound for bound in coordinate.range)
    words = [f"{coordinate.name}: {low:.4g} to {high:.4g} {unit}"]
    coupled = {coupler.dependent: coupler.independents for coupler in body.couplers}
    if coordinate.name in coupled:
        words.append(f"follows {', '.join(coupled[coordinate.name])}")
    return ", ".join(words + ["locked"] * coordinate.locked + ["clamped"] * coordinate.clamped)


def _trc(path: Path, units: str | None) -> Description:
    from groundup.io.trc import read_trc

    return _markers(read_trc(path, units))


def _markers(recording: MarkerTrajectories) -> Description:
    seen = np.isfinite(recording.positions_m).all(axis=2)
    return {
        "frames": len(recording.time_s),
        "rate_hz": round(recording.rate_hz, 4),
        "start_s": float(recording.time_s[0]),
        "end_s": float(recording.time_s[-1]),
        "extent_m": _extent(recording),
        "markers": list(recording.names),
        "marker set": _recognised(recording.names),
        "gaps": [
            f"{name}: {missing} of {len(recording.time_s)} frames"
            for name, missing in zip(recording.names, (~seen).sum(axis=0).tolist(), strict=True)
            if missing
        ],
    }


def _recognised(labels: tuple[str, ...]) -> Description:
    """What the labels are on groundup's own body, and what suffers from those that are missing."""
    from groundup.body.default_body import default_body
    from groundup.body.marker_recognition import recognise

    try:
        found = recognise(labels, default_body())
    except RecordingError as error:  # a model of one's own may still carry these markers
        return {"name": "not recognised", "why": str(error)}
    return {
        "name": f"{found.title} ({found.name})",
        "recognised": f"{len(found.placements)} of {len(labels)} labels; "
        f"{found.overlap:.0%} of what the marker set needs",
        "technical": list(found.technical),
        "ignored": list(found.ignored),
        "missing": [f"{result} (lacks {', '.join(names)})" for result, names in _by_result(found.missing).items()],
    }


def _by_result(missing: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    results: dict[str, list[str]] = {}
    for label, result in missing:
        results.setdefault(result, []).append(label)
    return results


def _c3d(path: Path, units: str | None) -> Description:
    from groundup.io.c3d import read_c3d

    try:
        found, refused = read_c3d(path, units), None
    except RecordingError as error:  # markers may be fine where the plates are not
        found, refused = read_c3d(path, units, with_forces=False), str(error)
    subject = found.subject
    return {
        **_markers(found.markers),
        "axes": found.turn.words,
        "subject": {"name": subject.name or None, "mass_kg": subject.mass_kg, "height_m": _rounded(subject.height_m)},
        "plates": [f"{plate.name}: {_plate(plate, found.forces)}" for plate in found.plates],
        "forces": refused or "",
        "emg": _channels(found.emg),
        "other channels": _channels(found.analog),
        "events": [f"{event.time_s:.3f} s: {event.side} {event.kind}" for event in found.events],
        "computed by another program": [
            f"{kind}: {len(output.table.columns) // 3} in {output.units[0] or 'unknown unit'}"
            for kind, output in found.model_outputs.items()
        ],
        "notes": [note for note in found.notes if note != found.turn.words],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _plate(plate: PlateGeometry, forces: ExternalForces | None) -> str:
    first, second, third, _ = plate.corners_m
    size = sorted(np.linalg.norm([first - second, second - third], axis=1).tolist())
    words = f"type {plate.type}, {size[0]:.3f} × {size[1]:.3f} m"
    if forces is None:
        return words
    most = max(float(wrench.force_n[:, 1].max()) for wrench in forces.wrenches if wrench.name == plate.name)
    return f"{words}, up to {most:.0f} N upwards"


def _channels(signals: Signals | None) -> list[str]:
    if signals is None:
        return []
    units = ", ".join(dict.fromkeys(unit or "unknown unit" for unit in signals.units))
    return [*signals.table.columns, f"({signals.rate_hz:g} Hz, {units})"]


def _extent(recording: MarkerTrajectories) -> Description:
    # A length of 1700 here is how one finds millimetres under a header that says metres.
    points = recording.positions_m.reshape(-1, 3)
    points = points[np.isfinite(points).all(axis=1)]
    if points.shape[0] == 0:
        return {}
    low, high = points.min(axis=0).round(4).tolist(), points.max(axis=0).round(4).tolist()
    return {axis: [low[i], high[i]] for i, axis in enumerate("xyz")}


def _table(path: Path) -> Description:
    from groundup.io.storage import read_storage

    table = read_storage(path)
    duration = float(table.time_s[-1] - table.time_s[0])
    rate = (len(table.time_s) - 1) / duration if duration else math.nan
    empty = np.isnan(table.values).sum(axis=0).tolist()
    return {
        "name": table.name,
        "rows": len(table.time_s),
        "rate_hz": _number(round(rate, 4)),
        "start_s": float(table.time_s[0]),
        "end_s": float(table.time_s[-1]),
        "angles": {True: "degrees", False: "radians", None: "the file does not say"}[table.in_degrees],
        "columns": list(table.columns),
        "gaps": [f"{name}: {n} of {len(table.time_s)} rows" for name, n in zip(table.columns, empty, strict=True) if n],
    }


def _external_loads(path: Path) -> Description:
    from groundup.io.external_loads import read_external_loads_setup

    setup = read_external_loads_setup(path)
    return {"table": str(setup.data_file), "forces": [f"{f.name}: on {f.segment}" for f in setup.forces]}


def _marker_set(path: Path) -> Description:
    from groundup.io.osim_read import read_marker_set

    return {"markers": [_marker(marker) for marker in read_marker_set(path)]}


def _marker(marker: Marker) -> str:
    return f"{marker.name}: on {marker.segment}" + (", fixed" if marker.fixed else "")


def _force_set(path: Path) -> Description:
    from groundup.io.osim_read import read_force_set

    return {"actuators": [f"{actuator.name}: {actuator.optimal_force:g}" for actuator in read_force_set(path)]}


def _tasks(path: Path) -> Description:
    from groundup.io.xml import XmlFile

    file = XmlFile(path)
    tasks = [e for tag in ("IKMarkerTask", "IKCoordinateTask") for e in file.root.iter(tag)]
    return {"tasks": [f"{task.get('name', '')}: weight {file.text(task, 'weight', '0')}" for task in tasks]}


def _setup(path: Path) -> Description:
    from groundup.io.setup_xml import read_setup

    setup = read_setup(path)
    plain = _plain(setup)
    assert isinstance(plain, dict)
    plain.pop("path")
    return {"tool": type(setup).__name__.removesuffix("Setup"), **plain}


def _plain(value: object) -> object:
    """Turn a set-up record into plain values, without what it leaves empty."""
    if is_dataclass(value):
        shown = {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
        return {name: entry for name, entry in shown.items() if entry not in (None, [], "")}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    return _number(value) if isinstance(value, float) else value


def _study(path: Path) -> Description:
    from groundup.io.study_file import read_study

    study = read_study(path)
    return {
        "title": study.title,
        "schema": study.schema,
        "synthetic": study.synthetic,
        "made": f"{study.provenance.created}, groundup {study.provenance.groundup_version}",
        "mass_kg": _number(study.subject.mass_kg),
        "frames": len(study.time_s),
        "cycles": dict(Counter(cycle.side for cycle in study.cycles)),
        "quality": dict(Counter(item.severity for item in study.quality)),
        "headline": [
            f"{h.label}{'' if h.side == 'none' else f' ({h.side})'}: "
            + ("not computed" if math.isnan(h.value) else f"{h.value:.4g} {h.unit}")
            for h in study.headline
        ],
        "series": dict(Counter(series.group for series in study.series)),
        "missing": [f"{m.group}: {m.reason}" for m in study.missing],
        "inputs": [f"{i.role}: {i.name}" for i in study.provenance.inputs],
    }


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else ("infinite" if value > 0 else "-infinite")


_DESCRIBE: dict[Kind, Callable[[Path], Description]] = {
    Kind.MODEL: _model,
    Kind.TABLE: _table,
    Kind.SETUP: _setup,
    Kind.EXTERNAL_LOADS: _external_loads,
    Kind.MARKER_SET: _marker_set,
    Kind.FORCE_SET: _force_set,
    Kind.TASKS: _tasks,
    Kind.STUDY: _study,
}
