"""The nouns of a result: what one recording or prediction says, with how it was made and how well it is known.

A :class:`Study` is the single truth. It is written as ``study.json`` by ``groundup.io.study_file``, and the report
page only draws what is here. Arrays hold NaN where a value was not computed; the file then holds ``null`` and the
page says "not computed".

Units are named, never implied: a field ends in ``_m``, ``_s``, ``_kg`` or stands beside a ``unit`` text
(``deg``, ``N``, ``N·m``, ``BW``, ``1`` …). Positions are in ground axes: x forward, y up, z to the right, m.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from groundup.body.model import Body

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SCHEMA_NAME = "groundup.study"
SCHEMA_VERSION = 1
SCHEMA = f"{SCHEMA_NAME}/{SCHEMA_VERSION}"

Side = Literal["left", "right", "none"]
Severity = Literal["info", "warn", "bad"]
Group = Literal[
    "angle",
    "moment",
    "muscle_force",
    "activation",
    "reserve",
    "joint_load",
    "lumbar",
    "ground_force",
    "foot_load",
    "emg",
    "attribution",
]

NAN = float("nan")

Grade = Literal["strong", "moderate", "weak", "noted", "none"]
FindingKind = Literal["reference", "sides", "change", "pattern"]
IntervalOrigin = Literal["sampled", "typical", ""]
"""Where an interval is from: the samples of this recording; what is typical of the method; none."""

# Fields marked so are drawn, not read: the file holds them as packed 32-bit numbers (about 7 significant digits).
_PACKED = {"packed": True}
# Fields marked so are not in the file.
_ELSEWHERE = {"elsewhere": True}


def rounded(values: npt.ArrayLike, digits: int = 7) -> Floats:
    """Round to significant digits, so that a file holds ``0.1234568`` instead of seventeen digits.

    Parameters
    ----------
    values : array, any shape, any unit
    digits : int
        Significant digits kept.

    Returns
    -------
    array, same shape; NaN and infinity stay as they are.
    """
    numbers = np.asarray(values, dtype=np.float64)
    size = np.abs(numbers)
    usable = np.isfinite(size) & (size > 0)
    exponent = np.floor(np.log10(np.where(usable, size, 1.0)))
    decimals = digits - 1 - exponent
    # Dividing by a whole power of ten gives the nearest double to the short decimal; multiplying by 1e-n does not.
    up, down = 10.0 ** np.clip(decimals, 0, 300), 10.0 ** np.clip(-decimals, 0, 300)
    return np.where(usable, np.round(numbers * up / down) / up * down, numbers)


@dataclass(frozen=True)
class InputFile:
    """A file that went in: its role (``markers``, ``forces``, ``body`` …), name without folder, SHA-256, size."""

    role: str
    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Provenance:
    """How the study was made. ``created`` is an ISO 8601 time; ``settings`` holds plain JSON values."""

    groundup_version: str
    python: str
    numpy: str
    platform: str
    created: str
    command: str
    inputs: tuple[InputFile, ...] = ()
    settings: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """Who walked: mass kg; height m or None where unknown. No name, no date of birth."""

    mass_kg: float
    height_m: float | None = None


@dataclass(frozen=True)
class QualityItem:
    """One check of one stage.

    Attributes
    ----------
    stage : str
        ``recording``, ``scaling``, ``inverse kinematics``, ``moments``, ``muscles`` …
    severity : {'info', 'warn', 'bad'}
        ``info`` within its limit; ``warn`` look at it; ``bad`` do not trust what follows from it.
    where : str
        What was checked: a marker, coordinate, muscle or time span.
    message : str
        What was found, in plain words.
    value, limit : float
        In ``unit``; NaN where the check has none.
    advice : str
        What to do about it.
    """

    stage: str
    severity: Severity
    where: str
    message: str
    value: float = NAN
    unit: str = ""
    limit: float = NAN
    advice: str = ""


@dataclass(frozen=True)
class Cycle:
    """One gait cycle, foot strike to the next foot strike of the same foot, half-open ``[start_s, end_s)``.

    ``source`` says how it was found (``force plate``, ``markers``, ``given``). ``foot_off_percent`` is the end of
    stance, % of the cycle; NaN where unknown. ``covered`` says whether in every frame each foot on the ground has its
    force measured, so that the loads of the whole cycle are known.
    """

    side: Side
    start_s: float
    end_s: float
    source: str
    foot_off_percent: float = NAN
    covered: bool = False


@dataclass(frozen=True, eq=False)
class Series:
    """One quantity over time.

    Attributes
    ----------
    id : str
        ``<group>.<name>``, for example ``angle.knee_angle_r``; unique.
    values : array, shape (n_frames,), in ``unit``
    time_s : array, shape (n_frames,), s, or None
        None means that the values belong to ``Study.time_s``.
    """

    id: str
    group: Group
    name: str
    side: Side
    unit: str
    values: Floats
    time_s: Floats | None = None


@dataclass(frozen=True, eq=False)
class CycleCurve:
    """One quantity over the gait cycle of one foot: point k of n lies at ``100 * k / (n - 1)`` %, n = 101.

    Attributes
    ----------
    id : str
        The id of the series it was cut from.
    side : {'left', 'right', 'none'}
        The side of the body that the quantity belongs to; ``none`` for the trunk.
    cycle_side : {'left', 'right'}
        Whose cycle it is drawn on. A limb uses its own; the trunk has a curve for each.
    mean : array, shape (101,), in ``unit``
    each : array, shape (n_cycles, 101), in ``unit``
        One row per cycle, in order of time.
    label : str
        Plain words for the page, the same for left and right (``Knee angle (flexion +)``); empty: made from the name.
    """

    id: str
    group: Group
    name: str
    side: Side
    cycle_side: Side
    unit: str
    mean: Floats
    each: Floats
    label: str = ""

    @property
    def spread(self) -> Floats:
        """Standard deviation between the cycles, shape (n_points,), in ``unit``; NaN with fewer than two."""
        known = len(self.each) > 1
        return np.asarray(self.each.std(axis=0, ddof=1)) if known else np.full(len(self.mean), NAN)

    @property
    def percent(self) -> Floats:
        """Percent of the gait cycle, shape (n_points,)."""
        return np.linspace(0.0, 100.0, len(self.mean))


@dataclass(frozen=True)
class Headline:
    """A main number in plain words. Left and right share ``id`` and ``label``.

    A NaN ``value`` is shown as "not computed", with ``detail`` as the reason. ``low`` … ``high`` holds the number in 90
    of 100 cases; smaller differences of two recordings than ``detectable_same_session`` (markers left on) or
    ``detectable_new_session`` are no change; all in ``unit``, NaN where unknown. ``interval_origin`` says where these
    are from: ``sampled`` from this recording, ``typical`` of the method and not this person's own.
    """

    id: str
    label: str
    value: float
    unit: str
    side: Side = "none"
    detail: str = ""
    low: float = NAN
    high: float = NAN
    detectable_same_session: float = NAN
    detectable_new_session: float = NAN
    interval_origin: IntervalOrigin = ""


@dataclass(frozen=True)
class Cause:
    """A cause of uncertainty and its share of the variance, %; see ``chain.uncertainty.CAUSES`` for its words."""

    name: str
    percent: float


@dataclass(frozen=True)
class Interval:
    """How sure a number is, all in its own unit; NaN where unknown.

    Attributes
    ----------
    id, side : of the headline or measure
    value : the number itself
    low, high : within which it lies in 90 of 100 cases
    sd : standard deviation of the samples
    detectable_same_session, detectable_new_session : float
        Smallest detectable change: smaller differences of two recordings of one person are none, with markers that
        stayed on, and with markers stuck on anew.
    causes : tuple of Cause
        Ranked; together 100 %. None where it is typical.
    samples : int
    origin : {'sampled', 'typical'}
        From the samples of this recording, or typical of the method and not this person's own.
    """

    id: str
    side: Side
    value: float
    low: float
    high: float
    sd: float
    detectable_same_session: float
    detectable_new_session: float
    causes: tuple[Cause, ...] = ()
    samples: int = 0
    origin: IntervalOrigin = "sampled"


@dataclass(frozen=True)
class LumbarLevel:
    """Load of one level of the low back over the complete cycles; how the vertebra above presses on the one below.

    Attributes
    ----------
    level : str
        ``L5/S1`` … ``L1/L2``.
    tilt_deg : float
        How far the disc's normal, along which compression acts, leans forward in the body's neutral posture.
    compression_peak_n, compression_peak_bw, compression_mean_bw : float
    muscle_percent : float
        Share of the mean compression that muscles make; weight and inertia of the body above make the rest.
    shear_forward_bw, shear_right_bw, extension_nm, bending_nm, turning_nm : float
        The value farthest from nought: shears; moments that extend the trunk, bend it to the right, turn it to the
        left, supplied by muscles.
    reserve_percent : float
        Largest share of the trunk's moment that no muscle supplies, of its three components.
    """

    level: str
    tilt_deg: float
    compression_peak_n: float
    compression_peak_bw: float
    compression_mean_bw: float
    muscle_percent: float
    shear_forward_bw: float
    shear_right_bw: float
    extension_nm: float
    bending_nm: float
    turning_nm: float
    reserve_percent: float


@dataclass(frozen=True)
class Measure:
    """One number about one link of the chain.

    Attributes
    ----------
    id : str
        ``<link>.<name>``, the same for left and right; with ``side`` unique.
    link : str
        ``foot``, ``gait``, ``ankle``, ``knee``, ``hip``, ``low back``, ``muscles`` or ``posture``.
    value : float, in ``unit``
        Mean over the strides it could be computed on; NaN where on none, with ``reason``.
    spread : float, in ``unit``
        Standard deviation between strides; NaN with fewer than two.
    label, method, reference : str
        Plain words, how it is computed, and the source of the method.
    estimated : bool
        It rests on ground forces that the motion had to tell, because no plate measured them.
    """

    id: str
    link: str
    side: Side
    value: float
    unit: str
    label: str
    method: str
    reference: str = ""
    spread: float = NAN
    strides: int = 0
    estimated: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Finding:
    """What a measure, or several, say about this person.

    Attributes
    ----------
    id : str
        ``<kind>.<measure or pattern>``; with ``side`` unique.
    kind : {'reference', 'sides', 'change', 'pattern'}
        Against a published range; right against left; after against before; a pattern of compensation.
    measure : str
        The measure it rests on first.
    value : float, in ``unit``
        The measured value, or the difference of sides or recordings: of this side minus the other, after minus before.
    side : {'left', 'right', 'none'}
        The side it speaks of.
    reference : str
        What it was held against, in words.
    interval : (low, high), in ``unit``
        Within which ``value`` lies in 90 of 100 cases, NaN where unknown; of a ``reference`` finding the range itself.
    grade : {'strong', 'moderate', 'weak', 'noted', 'none'}
        How sure a departure or a pattern is; ``noted``: a detectable difference without a verdict; ``none``: within the
        range, or no detectable change.
    source : str
        Where the range, rule or limit is published.
    text : str
        Plain words first, technical ones in brackets.
    for_it, against_it : tuple of str
        Evidence found in this person.
    next_step, next_step_source : str
        What to examine or ask next, and where that examination is described; empty where nothing is proposed.
    """

    id: str
    kind: FindingKind
    measure: str
    value: float
    unit: str
    side: Side
    reference: str
    interval: tuple[float, float]
    grade: Grade
    source: str
    text: str
    for_it: tuple[str, ...] = ()
    against_it: tuple[str, ...] = ()
    next_step: str = ""
    next_step_source: str = ""


@dataclass(frozen=True)
class Missing:
    """A group that was not computed, and why."""

    group: Group
    reason: str


@dataclass(frozen=True)
class Method:
    """What a stage did, in a sentence or two, and the source of the method."""

    stage: str
    text: str
    reference: str = ""


@dataclass(frozen=True)
class Share:
    """What one link of the chain adds to a change.

    ``link`` is one of ground force, foot placement, ankle, knee, hip, pelvis, trunk, body mass, timing and body model;
    ``value`` is in the unit of the attribution; ``percent`` of the whole change, NaN where nothing changed.
    """

    link: str
    side: Side
    value: float
    percent: float = NAN


@dataclass(frozen=True)
class Attribution:
    """The change of one load between two conditions, split among the links of the chain.

    Attributes
    ----------
    load_id, label, side, unit
        Which load; ``before`` and ``after`` are its values, in ``unit``.
    before_label, after_label : str
        What the two conditions are.
    before_percent, after_percent : float
        Where in the cycle the peak lies, %; NaN for a mean or an impulse.
    shares : tuple of Share
        They add up to ``after - before``.
    completeness_error : float
        What the shares missed of the whole change, as a part of it, before it was spread over them by their size; NaN
        where nothing changed.
    """

    load_id: str
    label: str
    side: Side
    unit: str
    before_label: str
    after_label: str
    before: float
    after: float
    shares: tuple[Share, ...]
    completeness_error: float = NAN
    before_percent: float = NAN
    after_percent: float = NAN
    notes: tuple[str, ...] = ()

    @property
    def change(self) -> float:
        """How much the load changed, in ``unit``."""
        return self.after - self.before

    def of(self, link: str, side: Side | None = None) -> float:
        """Share of a link in ``unit``; of both sides and the middle together where ``side`` is None."""
        return float(sum(s.value for s in self.shares if s.link == link and side in (None, s.side)))


@dataclass(frozen=True)
class Sensitivity:
    """How much one load changes with a small change of the walk, all else as it is.

    Attributes
    ----------
    what : str
        In plain words: ``trunk leans forward``.
    step : float
        The change, in ``step_unit``, that ``value`` belongs to.
    value : float
        Change of the load for it, in ``unit``.
    linear_from, linear_to : float
        Between these changes, in ``step_unit``, the load follows the straight line within a tenth, or within what
        nobody would notice (see ``chain.attribution``); NaN where not even one step does.
    """

    load_id: str
    what: str
    side: Side
    step: float
    step_unit: str
    value: float
    unit: str
    linear_from: float = NAN
    linear_to: float = NAN


@dataclass(frozen=True)
class Ref:
    """Which finding or link of the chain is meant: its id and side."""

    id: str
    side: Side


@dataclass(frozen=True)
class Link:
    """One link of the chain of one side, from the heel up: what it carries and what was found there.

    Attributes
    ----------
    id : str
        ``heel``, ``midfoot``, ``forefoot``, ``toes``, ``foot``, ``fascia``, ``achilles``, ``ankle``, ``knee``, ``hip``,
        ``low_back`` and, above it, ``l4_l5`` …; with ``side`` unique.
    side : {'left', 'right', 'none'}
        ``none`` in the low back.
    kind : {'ground', 'tendon', 'contact', 'compression'}
        What the load is: what the ground pushes, what a tendon pulls, how a joint's bones press on each other, how a
        vertebra presses on the one below.
    peak_bw : float
        Highest load, body weights; the main number of that name where there is one. NaN with ``reason``.
    low_bw, high_bw : float
        ``peak_bw`` lies within in 90 of 100 cases; NaN where unknown.
    stride_peak_bw, impulse_bw_s : float
        Mean over the strides of the highest load, and of the load summed over the time the foot stands; of the low back
        over the whole stride.
    measure : str
        The measure of ``stride_peak_bw``.
    reference_low_bw, reference_high_bw : float
        Published range of ``stride_peak_bw`` that verdicts may rest on; NaN where there is none.
    reference_source : str
        Where the range is published.
    difference_bw : float
        ``stride_peak_bw`` of this side minus the other's; of the low back, of the right step minus the left one's.
    detectable_bw : float
        Smaller differences cannot be told.
    differs : bool
        The difference can be told.
    grade : {'strong', 'moderate', 'weak', 'noted', 'none'}
        The worst of ``findings``.
    findings : tuple of Ref
        What was found at this link, the worst first.
    up : tuple of Ref
        Where the load goes from here; empty at the top.
    estimated : bool
        It rests on ground forces that the motion had to tell.
    """

    id: str
    side: Side
    label: str
    kind: Literal["ground", "tendon", "contact", "compression"]
    peak_bw: float = NAN
    low_bw: float = NAN
    high_bw: float = NAN
    stride_peak_bw: float = NAN
    impulse_bw_s: float = NAN
    measure: str = ""
    reference_low_bw: float = NAN
    reference_high_bw: float = NAN
    reference_source: str = ""
    difference_bw: float = NAN
    detectable_bw: float = NAN
    differs: bool = False
    grade: Grade = "none"
    findings: tuple[Ref, ...] = ()
    up: tuple[Ref, ...] = ()
    estimated: bool = False
    reason: str = ""


@dataclass(frozen=True, eq=False)
class SceneSegment:
    """A rigid body of the picture.

    Attributes
    ----------
    pose : array, shape (n_frames, 3, 4), m
        Rotation and translation from the segment's frame to ground.
    lines : array, shape (n_lines, 2, 3), m
        Bones drawn as capsules between two points, in the segment's frame.
    vertices : array, shape (n_vertices, 3), m, or None
        Bone surface in the segment's frame; drawn instead of the lines.
    faces : array, shape (n_faces, 3), or None
        Vertex numbers of triangles, counter-clockwise seen from outside.
    """

    name: str
    pose: Floats = field(metadata=_PACKED)
    lines: Floats = field(metadata=_PACKED)
    vertices: Floats | None = field(default=None, metadata=_PACKED)
    faces: Ints | None = field(default=None, metadata=_PACKED)


@dataclass(frozen=True, eq=False)
class SceneMuscle:
    """A muscle path: ``points`` (n_frames, n_points, 3) m in ground; ``activation`` (n_frames,), 0 to 1 or NaN.

    A frame with fewer points repeats its last one.
    """

    name: str
    side: Side
    points: Floats = field(metadata=_PACKED)
    activation: Floats = field(metadata=_PACKED)


@dataclass(frozen=True, eq=False)
class SceneForce:
    """A ground reaction: ``point`` (n_frames, 3) m and ``force`` (n_frames, 3) N on the foot; zero where none."""

    name: str
    side: Side
    point: Floats = field(metadata=_PACKED)
    force: Floats = field(metadata=_PACKED)


@dataclass(frozen=True, eq=False)
class SceneMarker:
    """A measured marker: ``position`` (n_frames, 3) m; NaN where it was hidden."""

    name: str
    position: Floats = field(metadata=_PACKED)


@dataclass(frozen=True, eq=False)
class Scene:
    """What the 3D picture shows, at 60 frames or fewer. ``time_s`` (n_frames,), s, on the clock of the study."""

    time_s: Floats = field(metadata=_PACKED)
    segments: tuple[SceneSegment, ...] = ()
    muscles: tuple[SceneMuscle, ...] = ()
    forces: tuple[SceneForce, ...] = ()
    markers: tuple[SceneMarker, ...] = ()


@dataclass(frozen=True, eq=False)
class Study:
    """Everything one run found out.

    Attributes
    ----------
    synthetic : bool
        The recording was made by a computer, not measured on a person; the report says so wherever it shows a result.
    time_s : array, shape (n_frames,), s
        The clock of every series that has none of its own.
    chain : tuple of Link
        The chain from the heels up, each link before those that its load goes to.
    attributions : tuple of Attribution
        Why the left step loads otherwise than the right one: before is the right cycle, after the left one, mirrored.
        The largest differences first.
    sensitivities : tuple of Sensitivity
        How the same loads answer to small changes of the right cycle.
    body : Body or None
        The body behind it. It is kept beside the study's file, in ``body.osim``, and not in it.
    """

    title: str
    synthetic: bool
    provenance: Provenance
    subject: Subject
    time_s: Floats
    quality: tuple[QualityItem, ...] = ()
    cycles: tuple[Cycle, ...] = ()
    series: tuple[Series, ...] = ()
    curves: tuple[CycleCurve, ...] = ()
    headline: tuple[Headline, ...] = ()
    low_back: tuple[LumbarLevel, ...] = ()
    measures: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()
    intervals: tuple[Interval, ...] = ()
    chain: tuple[Link, ...] = ()
    attributions: tuple[Attribution, ...] = ()
    sensitivities: tuple[Sensitivity, ...] = ()
    missing: tuple[Missing, ...] = ()
    methods: tuple[Method, ...] = ()
    scene: Scene | None = None
    body: Body | None = field(default=None, metadata=_ELSEWHERE)
    schema: str = SCHEMA
