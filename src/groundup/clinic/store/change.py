"""Is it a change: each visit held against the first, by what can be told and by what matters to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from groundup.chain.reference import published_change
from groundup.clinic.scores import Instrument, instruments
from groundup.clinic.store.records import Trend

Verdict = Literal["first", "no detectable change", "higher", "lower", "not known"]
NOT_KNOWN = "no smallest detectable change is known"
OWN = "the uncertainty of these recordings"
_ROUNDING = 1e-9  # it must not make 30 % of 40 more than 12


@dataclass(frozen=True)
class Limits:
    """What a change of a measure is held against, in its unit; None where nothing is published.

    Attributes
    ----------
    detectable : float or None
        Smallest detectable change; smaller differences are none.
    important : float or None
        Smallest change that matters to people.
    higher_is_better : bool or None
    source : str
        Where these are published.
    shown : float or None
        A smallest detectable change that is published, but not well enough to decide: shown, no more. None where
        ``detectable`` is known.
    shown_source : str
        Where that is published.
    """

    detectable: float | None = None
    important: float | None = None
    higher_is_better: bool | None = None
    source: str = ""
    shown: float | None = None
    shown_source: str = ""


@dataclass(frozen=True)
class VisitChange:
    """A visit against the first one.

    Attributes
    ----------
    difference : float
        This visit minus the first, in the unit.
    verdict : {'first', 'no detectable change', 'higher', 'lower', 'not known'}
    better : bool or None
        Of a detectable change; None where there is none, or nothing says which way is better.
    important : bool or None
        It reaches what matters to people, and is no "no detectable change"; None where nothing is published.
    detectable : float or None
        What it was held against, in the unit, and ``source`` where that is from.
    shown : float or None
        A published smallest detectable change that decided nothing; see :class:`Limits`.
    """

    visit: str
    date: str
    value: float
    difference: float
    verdict: Verdict
    better: bool | None
    important: bool | None
    detectable: float | None
    source: str
    shown: float | None = None


class Changes(Sequence[VisitChange]):
    """Every visit of a trend held against the first one.

    Judged all at once; what is said of one visit is put together when it is asked for: a hundred thousand of them
    would take longer than reading them from the database.

    Attributes
    ----------
    detectable : (n,) what each difference is held against, in the unit; nan where unknown
    """

    def __init__(self, trend: Trend, held: Limits) -> None:
        """Judge; ``held`` comes before what the trend brings itself."""
        values = np.array(trend.values)
        self._trend, self._held = trend, held
        self._differences = values - values[0]
        self.detectable, self._sources, self._from = _held_against(trend, values, held)
        self.detectable[0] = np.nan
        size, known = np.abs(self._differences), np.isfinite(self.detectable)
        # Rounding must not make 30 % of 40 more than 12.
        self._told = known & (size >= np.nan_to_num(self.detectable) - _ROUNDING) & (size > 0)
        # Where nothing says what can be told, a difference that people notice is said to be one, with that it is so.
        can_be = (self._told | ~known) & (size > 0)
        self._matters = can_be & (size >= (np.inf if held.important is None else held.important) - _ROUNDING)

    def __len__(self) -> int:
        """Return the number of visits."""
        return len(self._trend.values)

    @overload
    def __getitem__(self, index: int) -> VisitChange: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[VisitChange, ...]: ...

    def __getitem__(self, index: int | slice) -> VisitChange | tuple[VisitChange, ...]:
        """Return what is said of a visit, or of several."""
        if isinstance(index, slice):
            return tuple(self._change(k) for k in range(*index.indices(len(self))))
        return self._change(range(len(self))[index])

    def ends(self, most: int) -> tuple[VisitChange, ...]:
        """Return the first visit, and of the others the last ones, ``most`` at most."""
        return self[:1] + self[max(1, len(self) - most) :]

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Where all that was held against is from, each once, in the order of the visits."""
        used, first = np.unique(self._from[1:], return_index=True)
        return tuple(self._sources[k] for k in used[np.argsort(first)] if self._sources[k])

    def _change(self, k: int) -> VisitChange:
        trend, held = self._trend, self._held
        where = trend.visits[k], trend.dates[k], trend.values[k]
        if k == 0:
            return VisitChange(*where, 0.0, "first", None, None, None, "")
        difference, detectable = float(self._differences[k]), float(self.detectable[k])
        told, known, matters = bool(self._told[k]), bool(np.isfinite(detectable)), bool(self._matters[k])
        way: Verdict = "higher" if difference > 0 else "lower"
        judged = (told or matters) and held.higher_is_better is not None
        return VisitChange(
            *where,
            difference,
            way if told else "no detectable change" if known else "not known",
            (difference > 0) == held.higher_is_better if judged else None,
            matters if held.important is not None else None,
            detectable if known else None,
            self._sources[self._from[k]],
            None if known else held.shown,
        )


def score_limits(trend: Trend) -> dict[str, Limits]:
    """Return what a trend of a known score is held against (``clinic/data/scores.toml``); empty for others.

    Sizes that are a part of the first value are made of it. Of several published sizes any is enough, so the smallest
    counts; only those that may decide (status ``assert``) are taken. A detectable change of status ``show`` is shown.
    """
    instrument = instruments().get(trend.measure) if trend.origin == "score" else None
    if instrument is None:
        return {}
    detectable, important = (_sizes(instrument, kind, "assert", trend.values[0]) for kind in ("mdc", "mcid"))
    shown = _sizes(instrument, "mdc", "show", trend.values[0]) if not detectable else []
    better = {"higher": True, "lower": False, "neither": None}[instrument.better]
    return {
        trend.measure: Limits(
            detectable[0][0] if detectable else None,
            important[0][0] if important else None,
            better,
            "; ".join(dict.fromkeys(source for _, source in (*detectable, *important))),
            shown[0][0] if shown else None,
            shown[0][1] if shown else "",
        )
    }


def _sizes(instrument: Instrument, kind: str, status: str, first: float) -> list[tuple[float, str]]:
    """Published sizes of a change with their sources, the smallest first."""
    sizes = (s for s in instrument.changes if s.kind == kind and s.status == status)
    return sorted((s.size * abs(first) if s.part else s.size, s.source) for s in sizes)


def changes(trend: Trend, limits: Mapping[str, Limits] | None = None) -> Changes:
    """Hold each visit against the first.

    Parameters
    ----------
    trend : from :meth:`groundup.clinic.store.store.Store.trend`
    limits : by measure; what is given here comes first. Main numbers of studies are otherwise held against their own
        smallest detectable change (the larger of the two), and where they have none against the published ones of
        ``chain/data/smallest_changes.toml``. Scores without limits are "not known".

    Returns
    -------
    Changes, a sequence with one for each visit; the first has the verdict ``first``
    """
    return Changes(trend, (limits or {}).get(trend.measure, Limits()))


def _held_against(
    trend: Trend, values: NDArray[np.float64], held: Limits
) -> tuple[NDArray[np.float64], tuple[str, ...], NDArray[np.intp]]:
    """Return what each visit is held against, in the unit; the sources there are, and which is of which visit."""
    one = np.zeros(len(values), dtype=np.intp)
    if held.detectable is not None:
        return np.full(len(values), held.detectable), (held.source,), one
    if trend.origin == "score":
        return np.full(len(values), np.nan), (held.source or NOT_KNOWN,), one
    own = np.array(trend.detectables, dtype=np.float64)  # None becomes nan
    # A limit that is known of one of the two is one that the other cannot be better than.
    larger = np.fmax(own, own[0])
    both = np.isfinite(own) & np.isfinite(own[0])
    if both.all():
        return larger, (OWN,), one
    published, source = published_change(trend.measure, trend.values[0], values, "again")
    return np.where(both, larger, np.fmax(larger, published)), (OWN, source), np.where(both, 0, 1)


def text(change: VisitChange, unit: str) -> str:
    """Say a change in words."""
    if change.verdict == "first":
        return "first"
    size = f"{change.difference:+.3g} {unit}".strip() if change.difference else "the same"
    way = change.verdict if change.better is None else "better" if change.better else "worse"
    if change.verdict == "not known":
        noticed = f", {way}, as much as people notice" if change.important else ""
        if change.shown is not None:
            return f"{size}{noticed} (published as detectable: {_amount(change.shown, unit)}; shown, decides nothing)"
        return f"{size}{noticed}; {NOT_KNOWN}"
    limit = _amount(change.detectable or 0.0, unit)
    if change.verdict == "no detectable change":
        return f"{size}; no detectable change (from {limit})"
    words = [size, way]
    if change.important is not None:
        words.append("it matters" if change.important else "too small to matter")
    return f"{', '.join(words)} (detectable from {limit})"


def shown_text(limits: Limits, unit: str) -> str:
    """Say which smallest detectable change is published but decides nothing; empty where there is none."""
    if limits.shown is None:
        return ""
    return f"published as detectable: {_amount(limits.shown, unit)} ({limits.shown_source}); shown, decides nothing"


def _amount(size: float, unit: str) -> str:
    return f"{size:.3g} {unit}".strip()


def thinned(values: Sequence[float], most: int) -> list[int]:
    """Return which points a picture needs: the first, the last, and of each stretch the lowest and the highest."""
    if len(values) <= most:
        return list(range(len(values)))
    stretch = -(-len(values) // (most // 2))
    kept = {0, len(values) - 1}
    for begin in range(0, len(values), stretch):
        part = range(begin, min(begin + stretch, len(values)))
        kept |= {min(part, key=values.__getitem__), max(part, key=values.__getitem__)}
    return sorted(kept)
