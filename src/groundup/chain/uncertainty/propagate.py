"""Intervals of numbers: vary everything that is uncertain, and see how far each number goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.gait import NO_CYCLE, gait_cycles
from groundup.chain.uncertainty import options as of
from groundup.chain.uncertainty.draws import even, normal
from groundup.chain.uncertainty.markers import trunk_is_unseen
from groundup.chain.uncertainty.options import (
    CAUSES,
    CHANGES_AT_ONCE,
    CHANGES_BETWEEN_SESSIONS,
    FEWEST_SAMPLES,
    How,
    UncertaintyOptions,
)
from groundup.chain.uncertainty.sampler import Sampler, build_sampler
from groundup.chain.uncertainty.window import masked
from groundup.chain.uncertainty.workers import on_all_cores
from groundup.errors import RecordingError
from groundup.loads.analysis import Analysis
from groundup.study import NAN, Cause, Interval, Side

Key = tuple[str, Side]
Measures = Callable[[Analysis], Mapping[Key, float]]
"""Reads numbers off an analysis, by id and side; called for every sample."""

DETECTABLE = 1.96 * float(np.sqrt(2.0))
"""Times the standard deviation of one recording: what two differ by in 5 of 100 cases though nothing changed (Beckerman
et al., 2001, doi:10.1023/A:1013138911638; de Vet et al., 2006, doi:10.1186/1477-7525-4-54)."""

USUAL_STRIDES = 0.03
"""Standard deviation between strides of a number of which one stride alone is known, as a part of it: an assumption,
so that a change of one stride is not told from its own variation. Peaks of recorded walks with several strides vary by
1 to 6 %."""

# How often each cause is varied alone. Single numbers need few, being spread evenly; the causes that two recordings do
# not share need more, because the smallest detectable change rests on them.
_ALONE = {
    of.NOISE: 10,
    of.SKIN: 24,
    of.PLACEMENT: 24,
    of.TRUNK: 12,
    of.SIZE: 16,
    of.MASS: 3,
    of.MASSES: 8,
    of.STRENGTH: 10,
    of.EFFORT: 4,
    of.FILTER: 6,
    of.PRESSURE: 6,
    of.FORCE: 4,
    of.ESTIMATE: 16,
}
_HALF_OF_CASES = 0.5
_TELL_EVERY_S = 2.0
_AT_ONCE = 4  # samples


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """How sure numbers are.

    Attributes
    ----------
    intervals : by id and side; numbers that could not be computed are left out
    samples : how often everything was varied
    """

    intervals: Mapping[Key, Interval]
    samples: int
    seed: int

    def of(self, name: str, side: Side = "none") -> Interval | None:
        """The interval of a number; None where there is none."""
        return self.intervals.get((name, side))


def propagate(
    a: Analysis,
    measures: Measures,
    how: How,
    options: UncertaintyOptions | None = None,
    progress: Callable[[str], None] = lambda stage: None,
    strides: Mapping[Key, float] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Uncertainty:
    """Find how sure numbers are that come from an analysis.

    Parameters
    ----------
    a : the analysis
    measures : which numbers; see :func:`main_numbers`
    how : how the analysis was made
    options : how many samples, and what is uncertain by how much
    strides : standard errors between strides of numbers for which they are known; see :func:`stride_errors`. Others
        are read off with the loads of one stride after the other.
    clock : seconds, to tell how long it still takes

    Raises
    ------
    RecordingError
        Too few samples are asked for.

    Notes
    -----
    Each sample changes markers, masses, sizes, strengths, filter, effort and forces by random amounts (Latin hypercube
    for single numbers) and computes the motion and its loads again. Three things make that quick. Inverse kinematics is
    not solved again but answered by its derivative (:mod:`.markers`). Muscle forces are computed in a cycle of each
    foot, at frames about 50 ms apart and about the peaks, and what they differ by is interpolated and added to the
    analysis's own. Sixteen bodies of other sizes serve all samples (:mod:`.size`).

    The interval holds the middle 90 % of the samples, with the variation between strides (one standard error) added.
    Every cause is also varied alone; shares of variance are those of the causes alone, and add up to 100 %. The
    smallest detectable change is 1.96·√2 standard deviations of what differs between two recordings: within a session
    noise, soft tissue, posture of an unseen trunk, estimated forces and strides; between sessions marker placement and
    fitted size as well. What both share (mass, strength, effort, filter, plates) cancels.

    References
    ----------
    .. [1] Myers et al., 2015, doi:10.1007/s10439-014-1181-7
    .. [2] Valente et al., 2014, doi:10.1371/journal.pone.0112625
    """
    options = options or UncertaintyOptions()
    check_samples(options.samples)
    progress("how sure it is: preparing samples")
    causes = _causes(a, how)
    sampler = build_sampler(a, how, options, causes)
    plain = measures(sampler.nominal())
    whole = measures(a)
    keys = [k for k, v in whole.items() if np.isfinite(v) and np.isfinite(plain.get(k, NAN))]
    tasks = [_Task(causes, i, options.samples) for i in range(options.samples)]
    if options.causes_too:
        tasks += [_Task((cause,), i, _ALONE[cause]) for cause in causes for i in range(_ALONE[cause])]
    changes = _changes(sampler, measures, plain, keys, tasks, progress, clock)
    together, n = changes[: options.samples], options.samples
    alone = _alone(changes[n:], tasks[n:], causes) if options.causes_too else {}
    of_strides = options.spreads.strides * _between_strides(a, measures, whole, keys, strides or {})
    wobble = normal(even(options.seed, of.STRIDES, options.samples, len(keys)))
    together = together + wobble * of_strides
    alone[of.STRIDES] = of_strides
    intervals = {
        k: _interval(k, whole[k], together[:, i], {c: float(sd[i]) for c, sd in alone.items()}, options)
        for i, k in enumerate(keys)
    }
    return Uncertainty(intervals, options.samples, options.seed)


def check_samples(samples: int) -> None:
    """Refuse too few samples.

    Raises
    ------
    RecordingError
    """
    if samples < FEWEST_SAMPLES:
        raise RecordingError(
            f"uncertainty: {samples} samples asked for, expected at least {FEWEST_SAMPLES} for an interval, "
            "200 for one that stays the same with another seed. Pass --samples 200."
        )


def _causes(a: Analysis, how: How) -> tuple[str, ...]:
    """Causes that this analysis has."""
    without = {of.STRIDES}
    if a.ground.estimate is None:
        without |= {of.ESTIMATE}
    if a.ground.estimate is not None or a.forces is None:
        without |= {of.PRESSURE, of.FORCE}
    if a.loads is None:
        without |= {of.STRENGTH, of.EFFORT}
    if a.moments is None:
        without |= {of.MASS, of.MASSES}
    if how.lowpass_hz is None:
        without |= {of.FILTER}
    if not trunk_is_unseen(a.body, a.skeleton, a.fit.markers):
        without |= {of.TRUNK}
    return tuple(c for c in CAUSES if c not in without)


@dataclass(frozen=True)
class _Task:
    """One sample to compute: what varies, and which of how many it is."""

    causes: tuple[str, ...]
    sample: int
    samples: int


def _changes(
    sampler: Sampler,
    measures: Measures,
    plain: Mapping[Key, float],
    keys: Sequence[Key],
    tasks: Sequence[_Task],
    progress: Callable[[str], None],
    clock: Callable[[], float],
) -> Floats:
    """What the numbers change by in every sample, (n_tasks, n_keys); NaN where one could not be computed."""

    def one(task: _Task) -> list[float]:
        found = measures(sampler.vary(task.sample, task.causes, task.samples))
        return [float(found.get(k, NAN)) - plain[k] for k in keys]

    def several(group: Sequence[int]) -> list[list[float]]:
        return [one(tasks[i]) for i in group]

    groups = _groups(sampler, tasks)
    rows = np.full((len(tasks), len(keys)), NAN)
    done, begin, told = 0, clock(), clock()
    for group, values in zip(groups, on_all_cores(several, groups), strict=True):
        rows[group] = values
        done, now = done + len(group), clock()
        if now - told >= _TELL_EVERY_S and done < len(tasks):
            told, left = now, (now - begin) * (len(tasks) / done - 1.0)
            progress(f"how sure it is: {done} of {len(tasks)} samples, about {left:.0f} s left")
    return rows


def _groups(sampler: Sampler, tasks: Sequence[_Task]) -> list[list[int]]:
    """Which samples are computed together: first those of one body, built only once, then a few at a time."""
    by_body: dict[int, list[int]] = {}
    others: list[int] = []
    for i, task in enumerate(tasks):
        body = sampler.body_of(task.sample, task.causes, task.samples)
        (others if body is None else by_body.setdefault(body, [])).append(i)
    return [*by_body.values(), *(others[i : i + _AT_ONCE] for i in range(0, len(others), _AT_ONCE))]


def _alone(changes: Floats, tasks: Sequence[_Task], causes: Sequence[str]) -> dict[str, Floats]:
    """Standard deviation of each number by each cause alone, (n_keys,)."""
    return {c: _deviation(changes[[t.causes == (c,) for t in tasks]]) for c in causes}


def _deviation(changes: Floats) -> Floats:
    """Root mean square of the changes, (n_keys,): what the middle of a range adds counts as well."""
    seen = np.isfinite(changes)
    total = np.where(seen, changes**2, 0.0).sum(axis=0)
    return np.asarray(np.sqrt(total / np.maximum(seen.sum(axis=0), 1)))


def _between_strides(
    a: Analysis,
    measures: Measures,
    whole: Mapping[Key, float],
    keys: Sequence[Key],
    given: Mapping[Key, float],
) -> Floats:
    """Standard error of each number by the differences between strides, (n_keys,); a usual one with a single stride."""
    clock = a.motion.time_s
    moments = np.zeros((len(clock), 1)) if a.moments is None else a.moments
    known = np.asarray(np.isfinite(moments).all(axis=1))
    values: dict[Side, list[Mapping[Key, float]]] = {"right": [], "left": []}
    for c in gait_cycles(a):
        inside = (clock >= c.start_s - 1e-9) & (clock <= c.end_s + 1e-9)
        if c.source != NO_CYCLE and bool(np.all(known[inside])):
            values[c.side].append(measures(masked(a, inside)))
    return np.array([given[k] if k in given else _standard_error(k, abs(whole[k]), values) for k in keys])


def _standard_error(key: Key, size: float, values: Mapping[Side, Sequence[Mapping[Key, float]]]) -> float:
    side = key[1]
    found = np.array([v.get(key, NAN) for v in values["right" if side == "none" else side]])
    found = found[np.isfinite(found)]
    spread = float(found.std(ddof=1)) if len(found) > 1 else 0.0
    # Numbers of the motion alone are the same whichever stride's loads are left: they say nothing here.
    return (spread if spread > 0 else USUAL_STRIDES * size) / float(np.sqrt(max(len(found), 1)))


def _interval(
    key: Key, value: float, changes: Floats, alone: Mapping[str, float], options: UncertaintyOptions
) -> Interval:
    name, side = key
    known = changes[np.isfinite(changes)]
    enough = len(known) >= _HALF_OF_CASES * len(changes)
    tail = 0.5 * (1.0 - options.part)
    low, high = np.quantile(known, [tail, 1.0 - tail]) if enough else (NAN, NAN)
    total = sum(sd**2 for sd in alone.values())
    ranked = sorted(alone.items(), key=lambda item: -item[1]) if options.causes_too else []
    return Interval(
        id=name,
        side=side,
        value=value,
        # The middle of the samples may lie beside the value: the effort's exponent goes one way only.
        low=value + min(float(low), 0.0),
        high=value + max(float(high), 0.0),
        sd=float(known.std()) if enough else NAN,
        detectable_same_session=_detectable(alone, CHANGES_AT_ONCE) if options.causes_too else NAN,
        detectable_new_session=_detectable(alone, CHANGES_BETWEEN_SESSIONS) if options.causes_too else NAN,
        causes=tuple(Cause(c, 100.0 * sd**2 / total) for c, sd in ranked if total > 0 and sd > 0),
        samples=options.samples,
    )


def _detectable(alone: Mapping[str, float], causes: frozenset[str]) -> float:
    return DETECTABLE * float(np.sqrt(sum(sd**2 for c, sd in alone.items() if c in causes)))
