"""The nouns: a musculoskeletal body as frozen records.

Everything is expressed the way OpenSim files express it: SI units and radians, vectors in the frame of the
segment that carries them, names unchanged. A :class:`Body` is a description; arrays ready for batched maths are made
from it by ``groundup.engine``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from groundup.body.functions import Floats, Function

GROUND = "ground"


@dataclass(frozen=True, eq=False)
class Frame:
    """Pose of a frame in the segment that carries it.

    Attributes
    ----------
    rotation : array, shape (3, 3)
        Columns are the axes of this frame in segment axes.
    translation : array, shape (3,), m
    """

    rotation: Floats = field(default_factory=lambda: np.eye(3))
    translation: Floats = field(default_factory=lambda: np.zeros(3))


class WrapKind(StrEnum):
    """Shapes of obstacles."""

    CYLINDER = "cylinder"
    SPHERE = "sphere"
    ELLIPSOID = "ellipsoid"
    TORUS = "torus"


@dataclass(frozen=True, eq=False)
class WrapObject:
    """A smooth obstacle that muscle paths slide over.

    ``dimensions`` in m: cylinder (radius, length); sphere (radius,); ellipsoid (three half-axes);
    torus (radius of the tube, radius of the ring): OpenSim's ``inner_radius`` and ``outer_radius``.
    ``quadrant`` is one of ``all x -x y -y z -z``.
    """

    name: str
    kind: WrapKind
    segment: str
    frame: Frame
    dimensions: tuple[float, ...]
    quadrant: str = "all"
    active: bool = True


@dataclass(frozen=True, eq=False)
class Mesh:
    """A bone surface shown in the viewer: file name, scale factors and pose in the segment."""

    file: str
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    frame: Frame = field(default_factory=Frame)


@dataclass(frozen=True, eq=False)
class Segment:
    """A rigid body. ``mass`` kg, ``mass_center`` m and ``inertia`` kg·m² (3, 3) about the mass centre, segment axes."""

    name: str
    mass: float
    mass_center: Floats
    inertia: Floats
    wrap_objects: tuple[WrapObject, ...] = ()
    meshes: tuple[Mesh, ...] = ()


class MotionKind(StrEnum):
    """What a coordinate measures; a coupled one follows another."""

    ROTATIONAL = "rotational"
    TRANSLATIONAL = "translational"
    COUPLED = "coupled"


@dataclass(frozen=True, eq=False)
class Coordinate:
    """One generalised coordinate, rad or m. ``prescribed`` is a function of time."""

    name: str
    joint: str
    default: float = 0.0
    default_speed: float = 0.0
    range: tuple[float, float] = (-np.inf, np.inf)
    clamped: bool = False
    locked: bool = False
    prescribed: Function | None = None
    is_prescribed: bool = False
    motion: MotionKind = MotionKind.ROTATIONAL


@dataclass(frozen=True, eq=False)
class TransformAxis:
    """One of the six motions of a spatial transform: along or about ``axis`` by ``function`` of ``coordinates``."""

    axis: Floats
    coordinates: tuple[str, ...]
    function: Function


@dataclass(frozen=True, eq=False)
class Joint:
    """A spatial transform between a frame on the parent and a frame on the child.

    ``axes`` holds six motions: three rotations, body-fixed in this order, then three translations along axes of the
    parent frame. Every OpenSim joint is written this way; ``kind`` keeps the name it had in the file.
    """

    name: str
    kind: str
    parent: str
    child: str
    parent_frame: Frame
    child_frame: Frame
    axes: tuple[TransformAxis, ...]


@dataclass(frozen=True, eq=False)
class Coupler:
    """``dependent = scale * function(independents)``."""

    name: str
    dependent: str
    independents: tuple[str, ...]
    function: Function
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class PathPoint:
    """A point of a muscle path, fixed in a segment.

    A conditional point has ``coordinate`` and ``range`` (rad or m) and is on the path only while the coordinate is
    within the range. A moving point has ``moving``: for x, y, z a function and the coordinate it depends on.
    """

    name: str
    segment: str
    location: Floats
    coordinate: str | None = None
    range: tuple[float, float] | None = None
    moving: tuple[tuple[Function, str | None], ...] | None = None


@dataclass(frozen=True, eq=False)
class PathWrap:
    """Which obstacle a path wraps, between which points (1-based, inclusive; None = any), and by which method."""

    wrap_object: str
    method: str = "hybrid"
    range: tuple[int | None, int | None] = (None, None)


class MuscleKind(StrEnum):
    """Muscle models by their OpenSim names."""

    THELEN2003 = "Thelen2003Muscle"
    MILLARD2012 = "Millard2012EquilibriumMuscle"
    DEGROOTEFREGLY2016 = "DeGrooteFregly2016Muscle"


@dataclass(frozen=True, eq=False)
class Muscle:
    """A muscle–tendon unit: its path and its published figures.

    ``max_contraction_velocity`` is in optimal fibre lengths per second. ``parameters`` holds the figures particular
    to ``kind`` under their OpenSim names (for example ``FmaxTendonStrain``); a flattened curve figure is written
    ``Curve.figure`` (for example ``ActiveForceLengthCurve.min_norm_active_fiber_length``).
    """

    name: str
    kind: MuscleKind
    points: tuple[PathPoint, ...]
    wraps: tuple[PathWrap, ...]
    max_isometric_force: float
    optimal_fiber_length: float
    tendon_slack_length: float
    pennation_angle: float
    max_contraction_velocity: float
    parameters: dict[str, float] = field(default_factory=dict)
    min_control: float = 0.01
    max_control: float = 1.0
    ignore_tendon_compliance: bool = False
    ignore_activation_dynamics: bool = False
    applies_force: bool = True


@dataclass(frozen=True, eq=False)
class CoordinateActuator:
    """A torque or force on one coordinate: ``optimal_force`` (N·m or N) times control."""

    name: str
    coordinate: str
    optimal_force: float
    min_control: float = -np.inf
    max_control: float = np.inf
    applies_force: bool = True


@dataclass(frozen=True, eq=False)
class PointActuator:
    """A force at a point of a segment; ``point`` and ``direction`` are in ground axes where the flags say so."""

    name: str
    segment: str
    point: Floats
    direction: Floats
    optimal_force: float
    point_is_global: bool = False
    force_is_global: bool = False
    min_control: float = -np.inf
    max_control: float = np.inf
    applies_force: bool = True


@dataclass(frozen=True, eq=False)
class TorqueActuator:
    """A torque on ``segment_a`` and its opposite on ``segment_b`` (None = nothing)."""

    name: str
    segment_a: str
    segment_b: str | None
    axis: Floats
    optimal_force: float
    torque_is_global: bool = True
    min_control: float = -np.inf
    max_control: float = np.inf
    applies_force: bool = True


Actuator = CoordinateActuator | PointActuator | TorqueActuator


@dataclass(frozen=True, eq=False)
class Marker:
    """A skin marker: ``location`` m in its segment; ``fixed`` ones are not moved by marker placement."""

    name: str
    segment: str
    location: Floats
    fixed: bool = False


@dataclass(frozen=True, eq=False)
class ContactSphere:
    """A SmoothSphereHalfSpaceForce and the sphere it presses on the ground: stiffness Pa, radius m, dissipation s/m."""

    name: str
    segment: str
    location: Floats
    radius: float
    stiffness: float
    dissipation: float
    static_friction: float
    dynamic_friction: float
    viscous_friction: float
    transition_velocity: float
    hertz_smoothing: float
    hunt_crossley_smoothing: float
    constant_contact_force: float = 1e-5


@dataclass(frozen=True, eq=False)
class Unsupported:
    """Something the file holds that the engine does not use.

    ``xml`` keeps it verbatim, so that writing the body loses nothing; ``container`` is the set it came from
    (``ForceSet``, ``ProbeSet`` …). ``effect`` says in plain words what its absence means for the results.
    """

    container: str
    kind: str
    name: str
    effect: str
    xml: str = ""


@dataclass(frozen=True, eq=False)
class Body:
    """A whole musculoskeletal model. Joints are ordered so that a parent comes before its children."""

    name: str
    segments: tuple[Segment, ...]
    joints: tuple[Joint, ...]
    coordinates: tuple[Coordinate, ...]
    couplers: tuple[Coupler, ...] = ()
    muscles: tuple[Muscle, ...] = ()
    actuators: tuple[Actuator, ...] = ()
    markers: tuple[Marker, ...] = ()
    contacts: tuple[ContactSphere, ...] = ()
    ground: Segment = field(default_factory=lambda: Segment(GROUND, 0.0, np.zeros(3), np.zeros((3, 3))))
    gravity: Floats = field(default_factory=lambda: np.array([0.0, -9.80665, 0.0]))
    unsupported: tuple[Unsupported, ...] = ()
    credits: str = ""

    @property
    def mass(self) -> float:
        """Whole-body mass, kg."""
        return float(sum(s.mass for s in self.segments))

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        """Names of the coordinates, in order."""
        return tuple(c.name for c in self.coordinates)

    def with_(self, **changes: object) -> Body:
        """Return a copy with the named fields replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]
