"""The nouns of a comparison. It is written as ``comparison.json``; its page only draws what is here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from groundup.study import NAN, Attribution, Floats, Group, Link, Method, Provenance, Scene, Side

SCHEMA_NAME = "groundup.comparison"
SCHEMA = f"{SCHEMA_NAME}/1"

Verdict = Literal["no detectable change", "higher", "lower", "not known", "not computed"]
"""``not known``: the numbers differ, but nothing says by how much they would differ by chance."""

Origin = Literal["sampled", "typical", "published", "strides", ""]
"""Where a smallest detectable change is from: the samples of these recordings, what is typical of such recordings, a
publication or convention, how strides of these recordings differ; empty where there is none."""


@dataclass(frozen=True)
class Compared:
    """One of the two studies: what it is called here, who walked, on which body, and how many cycles it holds."""

    label: str
    title: str
    created: str
    synthetic: bool
    mass_kg: float
    height_m: float
    body: str
    cycles_left: int
    cycles_right: int
    foot_off_left_percent: float = NAN
    foot_off_right_percent: float = NAN


@dataclass(frozen=True)
class Change:
    """One number of both studies.

    Attributes
    ----------
    before, after, difference : float, in ``unit``
        NaN where one of the studies does not have it.
    percent : float
        The difference in percent of before; NaN where before is near zero.
    low, high : float, in ``unit``
        Interval that holds the true difference in 90 of 100 cases; as wide as what is detectable where that is
        published or of strides; NaN where not known.
    detectable : float, in ``unit``
        Smallest change that chance and measuring error would not bring: in 95 of 100 cases where it was sampled or is
        typical, in 90 where strides tell it; NaN where not known.
    detectable_origin : Origin
        ``detectable_source`` says the same in words.
    important : float, in ``unit``
        Smallest change that matters to people; NaN where none is published.
    verdict : Verdict
        ``text`` says the same in a sentence.
    """

    id: str
    label: str
    side: Side
    unit: str
    before: float
    after: float
    difference: float
    percent: float
    low: float
    high: float
    detectable: float
    detectable_source: str
    detectable_origin: Origin
    important: float
    important_source: str
    verdict: Verdict
    text: str


@dataclass(frozen=True)
class Cluster:
    """A stretch of the cycle in which two sets of curves differ, and the chance of as much without a difference."""

    start_percent: float
    end_percent: float
    p: float


@dataclass(frozen=True, eq=False)
class CurveTest:
    """Statistical parametric mapping of the strides of both studies over the cycle.

    Attributes
    ----------
    statistic : array, shape (101,)
        Two-sample t at each point of the cycle, after less before.
    threshold : float
        Where |t| passes it, the curves differ; the chance of that anywhere in the cycle is ``alpha`` without a
        difference.
    """

    statistic: Floats
    threshold: float
    alpha: float
    clusters: tuple[Cluster, ...]


@dataclass(frozen=True, eq=False)
class CurveChange:
    """One quantity over the gait cycle of one foot, in both studies.

    Attributes
    ----------
    before, after, difference : array, shape (101,), in ``unit``
        Means of the strides at the same percent of the cycle, and after less before.
    strides_before, strides_after : int
        Whole strides behind the means.
    rms : float, in ``unit``
        Root mean square of the difference.
    largest, largest_percent : float
        The difference farthest from zero, in ``unit``, and where in the cycle it is; where strides were tested and
        differ, the farthest within that part of the cycle.
    detectable : float, in ``unit``
        What ``largest`` must pass to count.
    band_before, band_after : array, shape (101,), in ``unit``
        Half the width of the band about each mean in which 90 of 100 strides lie, as far as strides differ and
        measuring errs; of measuring alone with a single stride; NaN where nobody knows how far measuring errs.
    test : CurveTest or None
        None where it was not made; ``untested`` says why.
    """

    id: str
    group: Group
    name: str
    label: str
    side: Side
    cycle_side: Side
    unit: str
    before: Floats
    after: Floats
    difference: Floats
    strides_before: int
    strides_after: int
    rms: float
    largest: float
    largest_percent: float
    detectable: float
    detectable_source: str
    detectable_origin: Origin
    band_before: Floats
    band_after: Floats
    verdict: Verdict
    text: str
    test: CurveTest | None = None
    untested: str = ""


@dataclass(frozen=True, eq=False)
class Walks:
    """One gait cycle of each foot in both studies, frame by frame at the same percent, to be laid over each other.

    Attributes
    ----------
    sides : tuple of {'right', 'left'}
        Whose cycles; the frames of the first stand before those of the second.
    percent : tuple of float
        Percent of the cycle of each frame of one cycle.
    before, after : Scene
        Bones and ground forces with the pelvis above the origin and the person facing along x; ``time_s`` is that of
        the recording.
    """

    sides: tuple[Side, ...]
    percent: tuple[float, ...]
    before: Scene
    after: Scene


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two studies of one person side by side.

    Attributes
    ----------
    notes : tuple of str
        What stands against comparing the two: another mass, another body, a synthetic recording.
    headline, measures : tuple of Change
    curves : tuple of CurveChange
    attributions : tuple of Attribution
        Which link of the chain makes a load change; empty where that was not computed, ``not_attributed`` says why.
    chain_before, chain_after : tuple of Link
        The chain from the heels up, as in each study.
    walks : Walks or None
        What the 3D picture shows; None where ``no_walks`` says why.
    provenance : Provenance or None
        How the comparison was made.
    """

    before: Compared
    after: Compared
    notes: tuple[str, ...]
    headline: tuple[Change, ...]
    measures: tuple[Change, ...]
    curves: tuple[CurveChange, ...]
    attributions: tuple[Attribution, ...] = ()
    not_attributed: tuple[str, ...] = ()
    chain_before: tuple[Link, ...] = ()
    chain_after: tuple[Link, ...] = ()
    walks: Walks | None = None
    no_walks: str = ""
    methods: tuple[Method, ...] = ()
    provenance: Provenance | None = None
    schema: str = SCHEMA

    @property
    def changed(self) -> tuple[Change, ...]:
        """Numbers that changed by more than chance."""
        return tuple(c for c in (*self.headline, *self.measures) if c.verdict in ("higher", "lower"))
