"""A body as small text tables, one per noun: the form in which groundup ships its default body.

Every table is tab-separated with a line of column names. Numbers are written with as many digits as they need to come
back unchanged; units are SI and radians. Within a cell, the parts of a vector are separated by spaces, and an empty
cell means "none" (for a rotation: none). Functions are written as their kind followed by their figures::

    Linear 1.0 0.0                        slopes, then the intercept
    Constant 0.5
    Polynomial 2.0 0.0 1.0                highest power first
    SimmSpline 0.0 1.0 ; 0.2 0.4          x ; y (also NaturalCubicSpline, PiecewiseLinear)
    Multiplier 0.9 * SimmSpline …         scale * function
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from groundup.body.functions import (
    Constant,
    Floats,
    Function,
    Linear,
    Multiplier,
    NaturalCubicSpline,
    PiecewiseLinear,
    Polynomial,
    SimmSpline,
)
from groundup.body.model import (
    Body,
    ContactSphere,
    Coordinate,
    Coupler,
    Frame,
    Joint,
    Marker,
    Mesh,
    MotionKind,
    Muscle,
    MuscleKind,
    PathPoint,
    PathWrap,
    Segment,
    TransformAxis,
    WrapKind,
    WrapObject,
)
from groundup.errors import FileError

Row = dict[str, str]
Rows = list[Row]

MOTIONS = ("rotation1", "rotation2", "rotation3", "translation1", "translation2", "translation3")
SPLINES: dict[str, Callable[[Floats, Floats], Function]] = {
    "SimmSpline": SimmSpline,
    "NaturalCubicSpline": NaturalCubicSpline,
    "PiecewiseLinear": PiecewiseLinear,
}
PARAMETER = "parameter:"


def read_body(folder: Path) -> Body:
    """Read a body from a folder of tables.

    Raises
    ------
    FileError
        A table is missing or a row does not have the columns of its table.
    """
    about = {row["key"]: row["value"] for row in _read(folder, "body")}
    return Body(
        name=about["name"],
        segments=_segments(folder),
        joints=_joints(folder),
        coordinates=tuple(_coordinate(r) for r in _read(folder, "coordinates")),
        couplers=tuple(_coupler(r) for r in _read(folder, "couplers")),
        muscles=_muscles(folder),
        markers=tuple(
            Marker(r["name"], r["segment"], _vector(r["location_m"]), r["fixed"] == "yes")
            for r in _read(folder, "markers")
        ),
        contacts=tuple(_contact(r) for r in _read(folder, "contacts")),
        gravity=_vector(about["gravity_m_per_s2"]),
        credits=about["credits"],
    )


def write_body(body: Body, folder: Path) -> None:
    """Write a body as tables into an existing folder.

    Raises
    ------
    FileError
        The body holds something that the tables have no place for.
    """
    if body.actuators or body.unsupported or body.ground.wrap_objects or body.ground.meshes:
        raise FileError(
            f'{folder}: body "{body.name}" holds actuators, unsupported elements or things fixed to the ground; '
            "expected a body without them, because the tables have no place for them. Remove them first."
        )
    about = {"name": body.name, "gravity_m_per_s2": _numbers(body.gravity), "credits": body.credits}
    _write(folder, "body", ({"key": k, "value": v} for k, v in about.items()))
    _write(folder, "segments", map(_segment_row, body.segments))
    _write(folder, "meshes", (_mesh_row(s, m) for s in body.segments for m in s.meshes))
    _write(folder, "wraps", (_wrap_row(w) for s in body.segments for w in s.wrap_objects))
    _write(folder, "joints", map(_joint_row, body.joints))
    _write(folder, "joint_axes", (r for j in body.joints for r in _axis_rows(j)))
    _write(folder, "coordinates", map(_coordinate_row, body.coordinates))
    _write(folder, "couplers", map(_coupler_row, body.couplers))
    _write(folder, "muscles", map(_muscle_row, body.muscles))
    _write(folder, "path_points", (_point_row(m, p) for m in body.muscles for p in m.points))
    _write(folder, "path_wraps", (_path_wrap_row(m, w) for m in body.muscles for w in m.wraps))
    _write(folder, "markers", map(_marker_row, body.markers))
    _write(folder, "contacts", map(_contact_row, body.contacts))


# ---- segments ----


def _segments(folder: Path) -> tuple[Segment, ...]:
    wraps = _grouped(_read(folder, "wraps"), "segment")
    meshes = _grouped(_read(folder, "meshes"), "segment")
    return tuple(
        Segment(
            r["name"],
            float(r["mass_kg"]),
            _vector(r["mass_center_m"]),
            _symmetric(r["inertia_kg_m2"]),
            tuple(_wrap(w) for w in wraps.get(r["name"], ())),
            tuple(_mesh(m) for m in meshes.get(r["name"], ())),
        )
        for r in _read(folder, "segments")
    )


def _segment_row(s: Segment) -> Row:
    i = s.inertia
    six = (i[0, 0], i[1, 1], i[2, 2], i[0, 1], i[0, 2], i[1, 2])
    return {
        "name": s.name,
        "mass_kg": _number(s.mass),
        "mass_center_m": _numbers(s.mass_center),
        "inertia_kg_m2": _numbers(six),
    }


def _symmetric(text: str) -> Floats:
    """Inertia from its six figures xx yy zz xy xz yz."""
    xx, yy, zz, xy, xz, yz = _floats(text)
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def _mesh(r: Row) -> Mesh:
    x, y, z = _floats(r["scale"])
    return Mesh(r["file"], (x, y, z), _frame(r))


def _mesh_row(s: Segment, m: Mesh) -> Row:
    return {"segment": s.name, "file": m.file, "scale": _numbers(m.scale), **_frame_row(m.frame)}


def _wrap(r: Row) -> WrapObject:
    size = tuple(_floats(r["dimensions_m"]))
    return WrapObject(
        r["name"], WrapKind(r["kind"]), r["segment"], _frame(r), size, r["quadrant"], r["active"] == "yes"
    )


def _wrap_row(w: WrapObject) -> Row:
    return {
        "name": w.name,
        "kind": w.kind.value,
        "segment": w.segment,
        "dimensions_m": _numbers(w.dimensions),
        "quadrant": w.quadrant,
        "active": _yes(w.active),
        **_frame_row(w.frame),
    }


# ---- joints and coordinates ----


def _joints(folder: Path) -> tuple[Joint, ...]:
    axes = _grouped(_read(folder, "joint_axes"), "joint")
    return tuple(
        Joint(
            r["name"],
            r["kind"],
            r["parent"],
            r["child"],
            _frame(r, "parent_"),
            _frame(r, "child_"),
            tuple(_axis(a) for a in axes[r["name"]]),
        )
        for r in _read(folder, "joints")
    )


def _joint_row(j: Joint) -> Row:
    row = {"name": j.name, "kind": j.kind, "parent": j.parent, "child": j.child}
    return row | _frame_row(j.parent_frame, "parent_") | _frame_row(j.child_frame, "child_")


def _axis(r: Row) -> TransformAxis:
    return TransformAxis(_vector(r["axis"]), tuple(r["coordinates"].split()), _function(r["function"]))


def _axis_rows(j: Joint) -> Rows:
    return [
        {
            "joint": j.name,
            "motion": motion,
            "axis": _numbers(a.axis),
            "coordinates": " ".join(a.coordinates),
            "function": _function_text(a.function),
        }
        for motion, a in zip(MOTIONS, j.axes, strict=True)
    ]


def _coordinate(r: Row) -> Coordinate:
    return Coordinate(
        r["name"],
        r["joint"],
        float(r["default"]),
        float(r["default_speed"]),
        _pair(r["range"]),
        r["clamped"] == "yes",
        r["locked"] == "yes",
        _function(r["prescribed"]) if r["prescribed"] else None,
        r["is_prescribed"] == "yes",
        MotionKind(r["motion"]),
    )


def _coordinate_row(c: Coordinate) -> Row:
    return {
        "name": c.name,
        "joint": c.joint,
        "motion": c.motion.value,
        "default": _number(c.default),
        "default_speed": _number(c.default_speed),
        "range": _numbers(c.range),
        "clamped": _yes(c.clamped),
        "locked": _yes(c.locked),
        "prescribed": _function_text(c.prescribed) if c.prescribed else "",
        "is_prescribed": _yes(c.is_prescribed),
    }


def _coupler(r: Row) -> Coupler:
    return Coupler(
        r["name"], r["dependent"], tuple(r["independents"].split()), _function(r["function"]), float(r["scale"])
    )


def _coupler_row(c: Coupler) -> Row:
    return {
        "name": c.name,
        "dependent": c.dependent,
        "independents": " ".join(c.independents),
        "function": _function_text(c.function),
        "scale": _number(c.scale),
    }


# ---- muscles ----


def _muscles(folder: Path) -> tuple[Muscle, ...]:
    points = _grouped(_read(folder, "path_points"), "muscle")
    wraps = _grouped(_read(folder, "path_wraps"), "muscle")
    return tuple(
        Muscle(
            r["name"],
            MuscleKind(r["kind"]),
            tuple(_point(p) for p in points[r["name"]]),
            tuple(_path_wrap(w) for w in wraps.get(r["name"], ())),
            float(r["max_isometric_force_n"]),
            float(r["optimal_fiber_length_m"]),
            float(r["tendon_slack_length_m"]),
            float(r["pennation_angle_rad"]),
            float(r["max_contraction_velocity_per_s"]),
            {k.removeprefix(PARAMETER): float(v) for k, v in r.items() if k.startswith(PARAMETER) and v},
            float(r["min_control"]),
            float(r["max_control"]),
            r["ignore_tendon_compliance"] == "yes",
            r["ignore_activation_dynamics"] == "yes",
            r["applies_force"] == "yes",
        )
        for r in _read(folder, "muscles")
    )


def _muscle_row(m: Muscle) -> Row:
    row = {
        "name": m.name,
        "kind": m.kind.value,
        "max_isometric_force_n": _number(m.max_isometric_force),
        "optimal_fiber_length_m": _number(m.optimal_fiber_length),
        "tendon_slack_length_m": _number(m.tendon_slack_length),
        "pennation_angle_rad": _number(m.pennation_angle),
        "max_contraction_velocity_per_s": _number(m.max_contraction_velocity),
        "min_control": _number(m.min_control),
        "max_control": _number(m.max_control),
        "ignore_tendon_compliance": _yes(m.ignore_tendon_compliance),
        "ignore_activation_dynamics": _yes(m.ignore_activation_dynamics),
        "applies_force": _yes(m.applies_force),
    }
    return row | {PARAMETER + k: _number(v) for k, v in m.parameters.items()}


def _point(r: Row) -> PathPoint:
    moving = None
    if r["moving"]:
        parts = [part.split(" of ") for part in r["moving"].split(" & ")]
        moving = tuple((_function(function), name or None) for function, name in parts)
    return PathPoint(
        r["name"],
        r["segment"],
        _vector(r["location_m"]),
        r["coordinate"] or None,
        _pair(r["range"]) if r["range"] else None,
        moving,
    )


def _point_row(m: Muscle, p: PathPoint) -> Row:
    moving = " & ".join(f"{_function_text(f)} of {c or ''}" for f, c in p.moving) if p.moving else ""
    return {
        "muscle": m.name,
        "name": p.name,
        "segment": p.segment,
        "location_m": _numbers(p.location),
        "coordinate": p.coordinate or "",
        "range": _numbers(p.range) if p.range else "",
        "moving": moving,
    }


def _path_wrap(r: Row) -> PathWrap:
    first, last = (int(r[k]) if r[k] else None for k in ("first_point", "last_point"))
    return PathWrap(r["wrap"], r["method"], (first, last))


def _path_wrap_row(m: Muscle, w: PathWrap) -> Row:
    first, last = ("" if end is None else str(end) for end in w.range)
    return {"muscle": m.name, "wrap": w.wrap_object, "method": w.method, "first_point": first, "last_point": last}


# ---- markers and contact ----


def _marker_row(m: Marker) -> Row:
    return {"name": m.name, "segment": m.segment, "location_m": _numbers(m.location), "fixed": _yes(m.fixed)}


CONTACT_FIGURES = {
    "radius_m": "radius",
    "stiffness_pa": "stiffness",
    "dissipation_s_per_m": "dissipation",
    "static_friction": "static_friction",
    "dynamic_friction": "dynamic_friction",
    "viscous_friction": "viscous_friction",
    "transition_velocity_m_per_s": "transition_velocity",
    "hertz_smoothing": "hertz_smoothing",
    "hunt_crossley_smoothing": "hunt_crossley_smoothing",
    "constant_contact_force_n": "constant_contact_force",
}


def _contact(r: Row) -> ContactSphere:
    figures = {field: float(r[column]) for column, field in CONTACT_FIGURES.items()}
    return ContactSphere(name=r["name"], segment=r["segment"], location=_vector(r["location_m"]), **figures)


def _contact_row(c: ContactSphere) -> Row:
    row = {"name": c.name, "segment": c.segment, "location_m": _numbers(c.location)}
    return row | {column: _number(getattr(c, field)) for column, field in CONTACT_FIGURES.items()}


# ---- cells ----


def _number(x: float) -> str:
    """Shortest text that reads back as the same number."""
    return repr(float(x))


def _numbers(values: Iterable[float]) -> str:
    return " ".join(map(_number, values))


def _floats(text: str) -> list[float]:
    return [float(x) for x in text.split()]


def _vector(text: str) -> Floats:
    return np.array(_floats(text))


def _pair(text: str) -> tuple[float, float]:
    low, high = _floats(text)
    return low, high


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _frame(r: Row, prefix: str = "") -> Frame:
    turn, shift = r[prefix + "rotation"], r[prefix + "translation_m"]
    rotation = _vector(turn).reshape(3, 3) if turn else np.eye(3)
    return Frame(rotation, _vector(shift) if shift else np.zeros(3))


def _frame_row(f: Frame, prefix: str = "") -> Row:
    turn = "" if np.array_equal(f.rotation, np.eye(3)) else _numbers(f.rotation.ravel())
    return {prefix + "rotation": turn, prefix + "translation_m": _numbers(f.translation) if f.translation.any() else ""}


def _function(text: str) -> Function:
    kind, _, rest = text.partition(" ")
    if kind == "Multiplier":
        scale, _, inner = rest.partition(" * ")
        return Multiplier(_function(inner), float(scale))
    if kind in SPLINES:
        x, y = rest.split(";")
        return SPLINES[kind](_vector(x), _vector(y))
    values = _floats(rest)
    if kind == "Constant":
        return Constant(values[0])
    if kind == "Linear":
        return Linear(tuple(values[:-1]), values[-1])
    if kind == "Polynomial":
        return Polynomial(np.array(values))
    known = ", ".join(("Constant", "Linear", "Polynomial", *SPLINES, "Multiplier"))
    raise FileError(f'table of a body: function "{kind}" is unknown; expected one of {known}. Correct the table.')


def _function_text(f: Function) -> str:
    kind = type(f).__name__
    if isinstance(f, Multiplier):
        return f"{kind} {_number(f.scale)} * {_function_text(f.function)}"
    if isinstance(f, Constant):
        return f"{kind} {_number(f.value)}"
    if isinstance(f, Linear):
        return f"{kind} {_numbers((*f.slopes, f.intercept))}"
    if isinstance(f, Polynomial):
        return f"{kind} {_numbers(f.coefficients)}"
    return f"{kind} {_numbers(f.x)} ; {_numbers(f.y)}"


# ---- tables ----


def _read(folder: Path, noun: str) -> Rows:
    path = folder / f"{noun}.tsv"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as fault:
        raise FileError(
            f"{path}: cannot be read ({fault.strerror}); expected the table of {noun} of a body. Reinstall groundup."
        ) from fault
    columns = lines[0].split("\t")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise FileError(
                f"{path} line {number}: {len(cells)} cells, expected {len(columns)} ({', '.join(columns)}). "
                "Separate cells by tabs; write an empty cell for none."
            )
        rows.append(dict(zip(columns, cells, strict=True)))
    return rows


def _write(folder: Path, noun: str, rows: Iterable[Row]) -> None:
    table = list(rows)
    columns = list(dict.fromkeys(column for row in table for column in row))
    lines = ["\t".join(columns), *("\t".join(row.get(c, "") for c in columns) for row in table)]
    (folder / f"{noun}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _grouped(rows: Rows, column: str) -> dict[str, Rows]:
    groups: dict[str, Rows] = {}
    for row in rows:
        groups.setdefault(row[column], []).append(row)
    return groups
