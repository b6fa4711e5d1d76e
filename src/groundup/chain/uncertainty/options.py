"""What is uncertain, and by how much: standard deviations with their sources."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Protocol

from groundup.body.model import Actuator
from groundup.loads.muscle_forces import SharingOptions
from groundup.motion.inverse_kinematics import Tasks

FEWEST_SAMPLES = 20

NOISE, SKIN, PLACEMENT = "marker noise", "soft tissue", "marker placement"
TRUNK, SIZE, MASS, MASSES = "trunk without markers", "body size", "body mass", "mass distribution"
STRENGTH, EFFORT, FILTER = "muscle strength", "effort exponent", "filter"
PRESSURE, FORCE, ESTIMATE = "centre of pressure", "force calibration", "estimated ground force"
STRIDES = "between strides"

CAUSES = {
    NOISE: "noise of the cameras",
    SKIN: "skin that slides over bone",
    PLACEMENT: "where markers are stuck on",
    TRUNK: "posture of a trunk that no marker shows",
    SIZE: "lengths of the segments",
    MASS: "mass of the body",
    MASSES: "how the mass is spread over the body",
    STRENGTH: "strength of the muscles",
    EFFORT: "how the body shares load among muscles",
    FILTER: "cut-off of the filter",
    PRESSURE: "where force plates say the force acts",
    FORCE: "calibration of the force plates",
    ESTIMATE: "ground forces told from the motion",
    STRIDES: "one stride is not like the other",
}
"""Causes of uncertainty and what they are in plain words."""

CHANGES_AT_ONCE = frozenset({NOISE, SKIN, TRUNK, ESTIMATE, STRIDES})
"""Differ between two recordings of one session: markers stay on, the body model, person and laboratory are the same."""

CHANGES_BETWEEN_SESSIONS = CHANGES_AT_ONCE | {PLACEMENT, SIZE}
"""Differ between sessions as well: markers are stuck on anew, and the body is fitted to them anew."""


@dataclass(frozen=True)
class Spreads:
    """Standard deviations, and the ranges of what is a choice.

    Attributes
    ----------
    marker_noise_m : float, m
        Of every marker in every direction and frame, independent (Chiari et al., 2005,
        doi:10.1016/j.gaitpost.2004.04.004: residual noise of calibrated cameras is below a millimetre).
    soft_tissue_m : by segment, m
        Root mean square per direction of how the skin of a segment slides as one, in waves of the stride and the step;
        most at the thigh (Leardini et al., 2005, doi:10.1016/j.gaitpost.2004.05.002).
    placement_m : by segment, m
        Of every marker in every direction about the place it is meant for: landmarks are found again within 5 to
        20 mm (review: Della Croce et al., 2005, doi:10.1016/j.gaitpost.2004.05.003).
    elsewhere_m : float, m
        Placement and soft tissue of segments that are not named.
    trunk_rad : float, rad
        Lean, forward and to the side, of a trunk that no marker shows: people walk with trunks that differ by this.
    size : float
        Of the logarithm of lengths where the body was not fitted to the person; a fitted one brings its own.
    mass_kg, assumed_mass : float
        Of a mass that was weighed, kg; of one that nobody gave, as a part of it.
    segment_mass, mass_center_m : float
        Of the logarithm of a segment's share of the mass; of its mass centre in every direction, m: tables of
        proportions differ by so much (Rao et al., 2006, doi:10.1016/j.jbiomech.2005.04.014).
    strength_all, strength_group, strength_muscle : float
        Of the logarithm of strength: of all muscles together, of a group on one side, of each muscle. Together 20 %, as
        in probabilistic studies of such models (Ackland et al., 2012, doi:10.1016/j.jbiomech.2012.02.023; Myers et al.,
        2015, doi:10.1007/s10439-014-1181-7).
    exponent : (low, high)
        Powers of activation in the effort, all as likely (Crowninshield and Brand, 1981,
        doi:10.1016/0021-9290(81)90035-X, argue for 2 to 3 and above); the analysis's own where low equals high.
    cutoff_hz : (low, high)
        Cut-offs of the motion's filter in use for walking (Winter, 2009).
    pressure_m, force : float
        Centre of pressure along each axis, one error for each plate and recording, m; force, as a part of it.
    estimate : float
        Times the published interval of an estimated ground force.
    strides : float
        Times the standard deviation between strides.
    """

    marker_noise_m: float = 0.0007
    soft_tissue_m: dict[str, float] = field(
        default_factory=lambda: {
            "pelvis": 0.004,
            "sacrum": 0.004,
            "femur": 0.007,
            "tibia": 0.004,
            "talus": 0.002,
            "calcn": 0.002,
            "toes": 0.002,
        }
    )
    placement_m: dict[str, float] = field(
        default_factory=lambda: {"pelvis": 0.008, "sacrum": 0.008, "femur": 0.008, "tibia": 0.006, "torso": 0.008}
    )
    elsewhere_m: float = 0.005
    trunk_rad: float = 0.05
    size: float = 0.03
    mass_kg: float = 1.0
    assumed_mass: float = 0.15
    segment_mass: float = 0.1
    mass_center_m: float = 0.005
    strength_all: float = 0.12
    strength_group: float = 0.12
    strength_muscle: float = 0.1
    exponent: tuple[float, float] = (2.0, 3.0)
    cutoff_hz: tuple[float, float] = (4.0, 8.0)
    pressure_m: float = 0.003
    force: float = 0.01
    estimate: float = 1.0
    strides: float = 1.0

    def times(self, factor: float, exponent: float = 2.0, cutoff_hz: float = 6.0) -> Spreads:
        """All spreads larger by a factor; 0 leaves no uncertainty. Ranges shrink to ``exponent`` and ``cutoff_hz``."""
        return Spreads(
            soft_tissue_m={k: factor * v for k, v in self.soft_tissue_m.items()},
            placement_m={k: factor * v for k, v in self.placement_m.items()},
            exponent=_towards(self.exponent, exponent, factor),
            cutoff_hz=_towards(self.cutoff_hz, cutoff_hz, factor),
            **{f.name: factor * v for f in fields(self) if isinstance(v := getattr(self, f.name), float)},
        )

    def only(self, *names: str) -> Spreads:
        """Nothing uncertain but these attributes."""
        return replace(self.times(0.0), **{name: getattr(self, name) for name in names})


def _towards(ends: tuple[float, float], middle: float, factor: float) -> tuple[float, float]:
    low, high = (middle + factor * (end - middle) for end in ends)
    return low, high


@dataclass(frozen=True)
class UncertaintyOptions:
    """How uncertainty is propagated.

    Attributes
    ----------
    samples : int
        How often everything is varied at once.
    seed : int
        The same seed gives the same numbers.
    causes_too : bool
        Vary the causes one by one as well, which the smallest detectable changes and the ranking need.
    spreads : Spreads
    step_s : float, s
        Muscle forces of a sample are computed so densely, and about peaks in every frame; what they add to the
        analysis's own is interpolated between.
    part : float
        Of the samples within the interval.
    """

    samples: int = 200
    seed: int = 0
    causes_too: bool = True
    spreads: Spreads = field(default_factory=Spreads)
    step_s: float = 0.05
    part: float = 0.9


class How(Protocol):
    """How the analysis was made; the pipeline's own record of it serves."""

    @property
    def lowpass_hz(self) -> float | None:
        """Cut-off of the motion's filter."""

    @property
    def tasks(self) -> Tasks | None:
        """What inverse kinematics followed."""

    @property
    def sharing(self) -> SharingOptions:
        """How muscles share the load."""

    @property
    def actuators(self) -> tuple[Actuator, ...]:
        """Beside those of the body."""

    @property
    def reserve_nm(self) -> float:
        """Strength of the reserves."""

    @property
    def match_forces(self) -> bool:
        """Whether forces were smoothed like the motion."""
