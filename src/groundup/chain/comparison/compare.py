"""Two studies of one person side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from groundup.chain.comparison.changes import change
from groundup.chain.comparison.curves import Key, complete, curve_changes, drawn_curves, whole
from groundup.chain.comparison.limits import SINGLE_STRIDE, Limit, greatest, important, of_strides
from groundup.chain.comparison.records import Change, Compared, Comparison, Origin
from groundup.chain.comparison.strides import tester
from groundup.chain.comparison.walks import walks
from groundup.chain.reference import When, smallest_change, stride_error
from groundup.study import NAN, CycleCurve, Floats, Headline, Measure, Method, Side, Study

SAME_MASS = 0.02
"""Part of the body mass that may differ between two days; a person's weight varies by as much."""

SAME_HEIGHT_M = 0.01

SINGLE = 2.0
"""So many times a published limit is asked for where one of the recordings holds a single stride: nothing tells then
how strides differ. Two strides of one recording of two healthy people differed by up to 1.7 times."""


def compare(
    before: Study, after: Study, labels: tuple[str, str] = ("before", "after"), *, same_markers: bool = False
) -> Comparison:
    """Compare two studies of one person.

    Parameters
    ----------
    labels : what to call the two
    same_markers : the markers stayed on between the two recordings, so that smaller changes of measures can be told

    Returns
    -------
    Comparison
        Main numbers and curves of both with their differences. Numbers are matched by id and side, curves by id and
        by whose cycle they are drawn on.

    Notes
    -----
    A difference counts when it is larger than the smallest detectable change: the larger of what strides of the two
    recordings differ by among themselves, and what the studies say of their own uncertainty or, where they say
    nothing, what is published or agreed on (``smallest_changes.toml``, ``limits.toml``). Strides alone are no limit:
    markers that are placed anew shift all of them.
    """
    when: When = "same" if same_markers else "again"
    pictures, no_picture = walks(before, after)
    return Comparison(
        before=_compared(before, labels[0]),
        after=_compared(after, labels[1]),
        notes=tuple(_notes(before, after, labels)),
        headline=tuple(_headline(before, after, when)),
        measures=tuple(_measures(before, after, when)),
        curves=curve_changes(before, after, tester(), when),
        chain_before=before.chain,
        chain_after=after.chain,
        walks=pictures,
        no_walks=no_picture,
        methods=_METHODS,
    )


_METHODS = (
    Method(
        "comparison",
        "Numbers of the same name and side; curves at the same percent of the gait cycle of the same foot, means of "
        "the strides. The difference is after less before.",
    ),
    Method(
        "smallest detectable change",
        "The larger of: what strides differ by among themselves (t · √2 · SD), and what the studies say of their own "
        "uncertainty or, where they say nothing, a published limit or convention, named beside the number. A smaller "
        "difference is no detectable change.",
    ),
    Method(
        "statistical parametric mapping",
        "Where both hold three strides or more: two-sample t over the cycle, threshold by random field theory. Curves "
        "are judged one by one; of twenty without a change, one would pass.",
        "Pataky 2012, doi:10.1080/10255842.2010.527837",
    ),
)


def _compared(study: Study, label: str) -> Compared:
    def count(side: Side) -> int:
        return sum(c.side == side for c in complete(study))

    def off(side: Side) -> float:
        known = [c.foot_off_percent for c in complete(study) if c.side == side and np.isfinite(c.foot_off_percent)]
        return float(np.mean(known)) if known else NAN

    return Compared(
        label=label,
        title=study.title,
        created=study.provenance.created,
        synthetic=study.synthetic,
        mass_kg=study.subject.mass_kg,
        height_m=NAN if study.subject.height_m is None else study.subject.height_m,
        body="" if study.body is None else study.body.name,
        cycles_left=count("left"),
        cycles_right=count("right"),
        foot_off_left_percent=off("left"),
        foot_off_right_percent=off("right"),
    )


def _notes(before: Study, after: Study, labels: tuple[str, str]) -> Iterator[str]:
    """What stands against comparing the two."""
    a, b = before.subject, after.subject
    if abs(a.mass_kg - b.mass_kg) > SAME_MASS * max(a.mass_kg, b.mass_kg):
        yield (
            f"Mass {a.mass_kg:.4g} kg {labels[0]}, {b.mass_kg:.4g} kg {labels[1]}. Make sure that both are the same "
            "person; loads in body weights hide a change of weight."
        )
    if a.height_m is not None and b.height_m is not None and abs(a.height_m - b.height_m) > SAME_HEIGHT_M:
        yield (
            f"Height {a.height_m:.4g} m {labels[0]}, {b.height_m:.4g} m {labels[1]}. "
            "Make sure that both are the same person."
        )
    made = [label for study, label in zip((before, after), labels, strict=True) if study.synthetic]
    if made:
        yield f"Made by a computer, not measured on a person: {' and '.join(made)}."
    if (
        before.body is not None
        and after.body is not None
        and before.body.coordinate_names != after.body.coordinate_names
    ):
        yield (
            f"The bodies differ ({before.body.name}, {after.body.name}): loads of different models do not compare. "
            "Analyse both recordings with the same model."
        )
    yield from _notes_on_cycles(before, after, labels)
    yield from _notes_on_method(before, after, labels)
    for label, names in ((labels[0], _bad(before)), (labels[1], _bad(after))):
        if names:
            yield f"Do not trust {label}: {', '.join(names)}. See the quality of that study."


def _notes_on_cycles(before: Study, after: Study, labels: tuple[str, str]) -> Iterator[str]:
    sides = [{c.side for c in complete(study)} for study in (before, after)]
    for label, found in zip(labels, sides, strict=True):
        if not found:
            yield f"No complete gait cycle {label}: curves and whatever is told per stride are not compared."
    if all(sides) and not sides[0] & sides[1]:
        yield (
            f"Complete gait cycles of the {' and '.join(sides[0])} foot {labels[0]}, of the {' and '.join(sides[1])} "
            f"foot {labels[1]}: no curve is compared. Record strides of both feet."
        )


_SETTINGS = {
    "lowpass_hz": "low-pass filter, Hz",
    "exponent": "exponent of muscle sharing",
    "opensim_equivalent": "muscles as in OpenSim",
    "reduce_residuals": "residual reduction",
    "reserve_nm": "reserves, N·m",
}


def _notes_on_method(before: Study, after: Study, labels: tuple[str, str]) -> Iterator[str]:
    """What makes numbers differ although the walk is the same."""
    told = [any(m.estimated for m in study.measures) for study in (before, after)]
    if told[0] != told[1]:
        yield (
            f"Ground forces were told from the motion {labels[0 if told[0] else 1]} and measured "
            f"{labels[1 if told[0] else 0]}: part of a difference of loads comes from that."
        )
    first, second = before.provenance.settings, after.provenance.settings
    both = [(words, first.get(name), second.get(name)) for name, words in _SETTINGS.items()]
    differ = [f"{words}: {a} {labels[0]}, {b} {labels[1]}" for words, a, b in both if first and second and a != b]
    if differ:
        yield f"Analysed with other settings ({'; '.join(differ)}). Analyse both recordings with the same ones."


def _bad(study: Study) -> list[str]:
    return list(dict.fromkeys(q.stage for q in study.quality if q.severity == "bad"))


Own = dict[tuple[str, Side], Limit]
"""By id and side of a number: the smallest detectable change that the studies themselves tell."""

_ORIGINS: dict[str, tuple[Origin, str]] = {
    "sampled": ("sampled", "samples of these recordings: markers, skin, size, mass, strength, method varied"),
    "typical": ("typical", "typical of such recordings; groundup analyse --samples gives their own"),
}


def _own_limits(before: Study, after: Study, when: When) -> Own:
    """Sampled before typical; of two of a kind the more careful one."""
    found: Own = {}
    for one in (*before.intervals, *after.intervals):
        value = one.detectable_same_session if when == "same" else one.detectable_new_session
        origin, source = _ORIGINS["typical" if one.origin == "typical" else "sampled"]
        limit, key = Limit(value, source, origin), (one.id, one.side)
        if not np.isfinite(value) or (key in found and (found[key].origin, origin) == ("sampled", "typical")):
            continue
        same_kind = key in found and found[key].origin == origin
        found[key] = greatest([limit, found[key]]) if same_kind else limit
    return found


# --- main numbers ---------------------------------------------------------


def _headline(before: Study, after: Study, when: When) -> Iterator[Change]:
    first = {(h.id, h.side, h.unit): h for h in before.headline}
    partial = _partial(before), _partial(after)
    own = _own_limits(before, after, when)
    curves = drawn_curves(before), drawn_curves(after)
    for h in after.headline:
        old = first.pop((h.id, h.side, h.unit), None)
        peaks = tuple(_stride_peaks(h, s, c) for s, c in zip((before, after), curves, strict=True))
        found = _headline_change(old, h, peaks, own, when)
        parts = [(h.id, h.side) in some for some in partial]
        # Parts of steps that agree say as much; parts that do not may be parts of different steps.
        same = all(parts) and found.verdict == "no detectable change"
        yield _without(found, *parts) if any(parts) and not same else found
    for old in first.values():
        yield change(old.id, old.label, old.side, old.unit, old.value, NAN, Limit(), Limit())


def _headline_change(old: Headline | None, new: Headline, strides: tuple[Floats, ...], own: Own, when: When) -> Change:
    # Another label is another quantity: L5/S1 of one body is not the low back of another.
    before = old.value if old is not None and old.label == new.label else NAN
    known = own.get((new.id, new.side))
    if known is None:
        known = Limit(*smallest_change(_as_measure(new, before), _as_measure(new, new.value), when), "published")
    limit = greatest([of_strides(*strides), known])
    return change(new.id, new.label, new.side, new.unit, before, new.value, limit, important(new.id, new.unit))


# The measure whose smallest detectable change is that of a main number.
_MEASURES = {
    "ankle_contact_peak": "ankle.contact_peak",
    "ankle_moment_peak": "ankle.plantarflexion_moment",
    "ground_force_peak": "foot.force_peak",
    "hip_contact_peak": "hip.contact_peak",
    "knee_contact_peak": "knee.contact_peak",
    "lumbar_peak": "low_back.compression_peak",
    "speed": "gait.speed",
}


_NO_WHOLE_STEP = "not computed: no whole step with known loads"


def _partial(study: Study) -> set[tuple[str, Side]]:
    """Main numbers that come from parts of steps, because no plate or muscle tells a whole one."""
    absent = {(m.id, m.side) for m in study.measures if not np.isfinite(m.value)}
    return {(h.id, h.side) for h in study.headline if (_MEASURES.get(h.id, h.id), h.side) in absent}


def _without(found: Change, before: bool, after: bool) -> Change:
    """The change without a number that is no whole one."""
    return replace(
        found,
        before=NAN if before else found.before,
        after=NAN if after else found.after,
        difference=NAN,
        percent=NAN,
        low=NAN,
        high=NAN,
        verdict="not computed",
        text=_NO_WHOLE_STEP,
    )


def _as_measure(h: Headline, value: float) -> Measure:
    name = _MEASURES.get(h.id, h.id)
    return Measure(name, name.partition(".")[0], h.side, value, h.unit, h.label, "")


def _measures(before: Study, after: Study, when: When) -> Iterator[Change]:
    """Measures that both studies have."""
    first = {(m.id, m.side, m.unit): m for m in before.measures}
    own = _own_limits(before, after, when)
    for new in after.measures:
        old = first.get((new.id, new.side, new.unit))
        if old is None or not (np.isfinite(old.value) or np.isfinite(new.value)):
            continue
        limit = _limit_of(old, new, when, own.get((new.id, new.side)))
        yield change(new.id, new.label, new.side, new.unit, old.value, new.value, limit, important(new.id, new.unit))


def _limit_of(old: Measure, new: Measure, when: When, own: Limit | None) -> Limit:
    """What the studies say themselves, or else what is published; never less than strides say.

    Of a single stride the samples assume how strides differ, which is too little for single people: the published
    limit, widened, counts beside them.
    """
    strides = Limit(stride_error(old, new), "the spread between strides", "strides")
    published = _published(old, new, when)
    known = own or published
    if _single(old, new):
        known = greatest([known, published])
    return strides if strides.value > known.value else known


def _published(old: Measure, new: Measure, when: When) -> Limit:
    single = _single(old, new)
    value, source = smallest_change(old, new, "again" if single else when)
    return Limit(value * SINGLE, source + SINGLE_STRIDE, "published") if single else Limit(value, source, "published")


def _single(old: Measure, new: Measure) -> bool:
    """Whether one of them rests on a single stride of a foot."""
    few = 1 if new.side != "none" else 2  # one of each foot
    return any(0 < m.strides <= few for m in (old, new))


def _stride_peaks(h: Headline, study: Study, curves: dict[Key, CycleCurve]) -> Floats:
    """The same number of each whole stride, (n_strides,); empty where the study has no curve of it."""
    rows = [whole(c.each) for c in curves.values() if _is_of(h, c)]
    if h.id == "ankle_moment_peak":  # pushing off is negative, and is told per kilogram
        rows = [-r / study.subject.mass_kg for r in rows]
    return np.concatenate([np.zeros(0), *(r.max(axis=1) for r in rows)])


def _is_of(h: Headline, curve: CycleCurve) -> bool:
    """Whether a main number is the highest value of a curve."""
    name = curve.name.lower()
    if h.id == "lumbar_peak":
        level = name.removesuffix("_compression").replace("_", "/")
        words = h.label.lower()
        return (
            curve.group == "lumbar" and name.endswith("_compression") and (f"({level})" in words or level == "low/back")
        )
    if h.side != curve.side:
        return False
    if h.id == "ankle_moment_peak":
        return curve.group == "moment" and name.startswith("ankle_angle")
    if h.id == "ground_force_peak":
        return curve.group == "ground_force" and name.startswith("up_")
    role = h.id.removesuffix("_contact_peak")
    return role != h.id and curve.group == "joint_load" and role in name and name.endswith("_contact")
