"""The answer of a simulation: what changed from heel to back, how sure that is, and what must be said with it.

Null and harmful results stand in the same table, in the same order and the same words as good ones: the order of the
rows is fixed by ``data/answer.toml`` and never by their outcome.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from groundup.predict.effects import Side
from groundup.predict.request import Case, SimulationRequest
from groundup.predict.request import to_json as request_to_json

if TYPE_CHECKING:
    from groundup.predict.varied import ByCause
    from groundup.study import Attribution, Study

SCHEMA = "groundup.simulation/1"
NAN = math.nan
Verdict = Literal["less", "more", "no clear change", "not known"]
Readings = Mapping[tuple[str, str], float]
"""Value of a measure on a side: ``{("foot.heel_impulse", "right"): 0.2}``."""

ALIKE_PERCENT = 2.5
"""Two walks of one question that cost nearly the same differed by so much in a load: less is no change."""

INTERVALS = (
    "An interval holds the difference when the calibration of pain, the strength of the muscles and the weights of the "
    "objective are varied; the pain score that the calibration assumes is not. It says how far the answer rests on "
    "them, not how people differ."
)
NO_INTERVALS = (
    "Each walk was solved once, so no difference has an interval. Walks of one question that cost nearly the same were "
    f"found to differ by up to {ALIKE_PERCENT:g} % in a load, so less than that is called no clear change. "
    "The same command with --uncertainty solves what is missing for intervals."
)
CLEAR = (
    f"A change is called clear when it is larger than {ALIKE_PERCENT:g} % and its interval, where it has one, does not "
    "hold nought."
)

_FILE = Path(__file__).parent / "data" / "answer.toml"


@dataclass(frozen=True)
class RowKind:
    """A row of the table; see ``data/answer.toml``."""

    measure: str
    label: str
    group: str
    better: str


@dataclass(frozen=True)
class Change:
    """One measure before and after.

    Attributes
    ----------
    measure, label, group, unit : str
    side : {'left', 'right', 'none'}
    before, after : float, in ``unit``
        NaN where not computed.
    low, high : float, in ``unit``
        Interval of the difference over pain calibration, strength and objective weights; NaN where unknown.
    verdict : {'less', 'more', 'no clear change', 'not known'}
        ``no clear change``: the interval holds nought, or the change is too small to matter.
    meaning : {'better', 'worse', 'neither'}
        Of a clear change of a load: less is better.
    causes : tuple of (name, size in ``unit``)
        What makes the interval wide, with how far it moves the difference at most, up or down; the greatest first.
    """

    measure: str
    label: str
    group: str
    unit: str
    side: Side
    before: float
    after: float
    low: float = NAN
    high: float = NAN
    verdict: Verdict = "not known"
    meaning: Literal["better", "worse", "neither"] = "neither"
    causes: tuple[tuple[str, float], ...] = ()

    @property
    def difference(self) -> float:
        """After minus before, in ``unit``."""
        # A dose of nought is the same walk told through other sums: what is left between them is rounding.
        return 0.0 if math.isclose(self.after, self.before, rel_tol=1e-9) else self.after - self.before

    @property
    def percent(self) -> float:
        """Difference in % of before; NaN where before is nought."""
        return 100 * self.difference / abs(self.before) if self.before else NAN

    def text(self, *, judged: bool = True) -> str:
        """Return the change in words; every outcome in the same form.

        Parameters
        ----------
        judged : say of a clear change whether it is better or worse
        """
        if self.verdict == "not known":
            return "not computed"
        shown = f"{self._signed(self.difference)} {self.unit.removeprefix('1')}".rstrip()
        if math.isfinite(self.percent) and not self.unit.startswith("%"):
            shown += f" ({self.percent:+.1f} %)"
        if math.isfinite(self.low):
            shown += f", interval {self._signed(self.low)} to {self._signed(self.high)}"
        return f"{self.verdict}{f', {self.meaning}' if judged and self.meaning != 'neither' else ''}: {shown}"

    def _signed(self, value: float) -> str:
        """A difference to a thousandth of what it was before: two walks of a model are known no better."""
        size = max(abs(self.before), abs(self.after))
        digits = max(0, 2 - math.floor(math.log10(size))) if size > 0 else 0
        return f"{round(value, digits) + 0.0:+.{digits}f}"


@dataclass(frozen=True)
class Comparison:
    """All changes from one case to another, with the links of the chain that make those of the loads.

    Attributes
    ----------
    before, after : str
        Labels of both cases.
    attributions : tuple of Attribution
        Of the peak of L5/S1 among the links of the chain; empty where it could not be split.
    before_id, after_id : str
        Ids of both cases.
    notes : tuple of str
        What this comparison lacks.
    share_intervals : tuple of (low, high)
        Of the shares of the first attribution, in its unit and order; empty without variations.
    varied : mapping of cause to tuple of Varied
        What the intervals rest on.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    attributions: tuple[Attribution, ...] = ()
    before_id: str = ""
    after_id: str = ""
    notes: tuple[str, ...] = ()
    share_intervals: tuple[tuple[float, float], ...] = ()
    varied: ByCause = field(default_factory=dict)

    def of(self, measure: str, side: Side = "none") -> Change:
        """Return the change of a measure on a side."""
        return next(c for c in self.changes if (c.measure, c.side) == (measure, side))


@dataclass(frozen=True, eq=False)
class CaseResult:
    """One case as it was solved.

    Attributes
    ----------
    study : Study or None
        None where it was not solved.
    status : str
        ``solved`` or ``failed``.
    message : str
        What the solver said; of a failure with the worst constraint.
    checks : mapping of name to value
        Figures of the solve: iterations, seconds, objective, variables, constraints, ``largest_miss`` (scaled), and
        ``pelvis_residual_n``, the force that the full body lacks, N, and ``own_gait_rms_deg``, the distance from the
        angles of a person's own recorded walk, deg.
    terms : mapping of term to its mean over the stride, without its weight
    """

    case: Case
    study: Study | None
    status: Literal["solved", "failed"]
    message: str = ""
    checks: Mapping[str, float] = field(default_factory=dict)
    terms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SimulationAnswer:
    """What ``simulate`` returns.

    Attributes
    ----------
    results : tuple of CaseResult
        Of every case of the request, in its order.
    comparisons : tuple of Comparison
        Untreated against healthy, and every treated case against the one without treatment.
    back : tuple of str
        What it does to this back, and whether treating unloads it: a sentence each, which begins with the question.
    statements : tuple of str
        What must be said; never left out.
    """

    request: SimulationRequest
    results: tuple[CaseResult, ...]
    comparisons: tuple[Comparison, ...]
    back: tuple[str, ...] = ()
    statements: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        said = (*self.request.statements, *(s for s in self.statements if s not in self.request.statements))
        object.__setattr__(self, "statements", said)

    @property
    def how_sure(self) -> str:
        """What the intervals are, or how to get them."""
        return INTERVALS if any(math.isfinite(c.low) for one in self.comparisons for c in one.changes) else NO_INTERVALS


@cache
def row_kinds() -> tuple[RowKind, ...]:
    """Every row of the table, in order."""
    return tuple(RowKind(**row) for row in tomllib.loads(_FILE.read_text(encoding="utf-8"))["row"])


def readings(study: Study) -> dict[tuple[str, str], float]:
    """Values of a study's measures by id and side."""
    return {(m.id, m.side): m.value for m in study.measures}


def changes(
    before: Readings,
    after: Readings,
    units: Mapping[str, str],
    variations: Mapping[str, Iterable[tuple[Readings, Readings]]] | None = None,
) -> tuple[Change, ...]:
    """Compare two walks, row by row.

    Parameters
    ----------
    before, after : Readings
    units : unit of each measure
    variations : cause -> pairs of both walks, solved again with the cause changed, or None
        Such as ``{"pain calibration": [(weak before, weak after), (strong before, strong after)]}``.

    Returns
    -------
    tuple of Change: every row of ``data/answer.toml`` on each side that either walk knows; a row that neither knows
    stands there once as not computed.

    Notes
    -----
    The interval reaches from the difference as far up as the root of the summed squares of each cause's largest
    difference upwards, and so downwards: causes are taken to be independent.
    """
    pairs = {cause: tuple(both) for cause, both in (variations or {}).items()}
    found = []
    for kind in row_kinds():
        sides = sorted({s for r in (before, after) for m, s in r if m == kind.measure}) or ["none"]
        found += [_change(kind, _side(s), before, after, units.get(kind.measure, ""), pairs) for s in sides]
    return tuple(found)


def _change(
    kind: RowKind,
    side: Side,
    before: Readings,
    after: Readings,
    unit: str,
    variations: Mapping[str, tuple[tuple[Readings, Readings], ...]],
) -> Change:
    place = (kind.measure, side)
    a, b = before.get(place, NAN), after.get(place, NAN)
    moved = {
        cause: [w.get(place, NAN) - v.get(place, NAN) - (b - a) for v, w in both] for cause, both in variations.items()
    }
    low, high = interval(b - a, moved)
    verdict = _verdict(a, b, low, high)
    meaning: Literal["better", "worse", "neither"] = "neither"
    if verdict in ("less", "more") and kind.better in ("less", "more"):
        meaning = "better" if verdict == kind.better else "worse"
    widest = sorted(((c, max(map(abs, m), default=NAN)) for c, m in moved.items()), key=lambda cause: -cause[1])
    return Change(kind.measure, kind.label, kind.group, unit, side, a, b, low, high, verdict, meaning, tuple(widest))


def interval(difference: float, moved: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    """Return the ends of a difference's interval from how far it moves with each variation, by cause; see `changes`."""
    if not any(moved.values()):
        return NAN, NAN
    up = math.hypot(*(max(0.0, *m) for m in moved.values() if m))
    down = math.hypot(*(max(0.0, *(-x for x in m)) for m in moved.values() if m))
    unknown = any(math.isnan(x) for m in moved.values() for x in m)
    return (NAN, NAN) if unknown else (difference - down, difference + up)


def _verdict(before: float, after: float, low: float, high: float) -> Verdict:
    difference = after - before
    if not math.isfinite(difference):
        return "not known"
    too_small = abs(difference) <= ALIKE_PERCENT / 100 * abs(before)
    if too_small or (math.isfinite(low) and low <= 0 <= high):
        return "no clear change"
    return "less" if difference < 0 else "more"


def to_json(answer: SimulationAnswer) -> dict[str, object]:
    """Return the answer as plain JSON values; what was not computed is null."""
    return {
        "schema": SCHEMA,
        "request": request_to_json(answer.request),
        "cases": [
            {
                "id": r.case.id,
                "label": r.case.label,
                "doses": list(r.case.doses),
                "status": r.status,
                "message": r.message,
                "checks": {name: _or_none(value) for name, value in r.checks.items()},
                "terms": {name: _or_none(value) for name, value in r.terms.items()},
                "folder": None if r.study is None else f"cases/{r.case.id}",
            }
            for r in answer.results
        ],
        "comparisons": [
            {
                "before": c.before,
                "after": c.after,
                "before_id": c.before_id,
                "after_id": c.after_id,
                "changes": [_change_json(one) for one in c.changes],
                "attributions": [_attribution_json(a, c.share_intervals) for a in c.attributions],
                "notes": list(c.notes),
            }
            for c in answer.comparisons
        ],
        "back": list(answer.back),
        "statements": list(answer.statements),
        "how_sure": answer.how_sure,
    }


def _attribution_json(a: Attribution, intervals: Sequence[tuple[float, float]]) -> dict[str, Any]:
    ends = intervals or ((NAN, NAN),) * len(a.shares)
    return {
        "load": a.load_id,
        "label": a.label,
        "side": a.side,
        "unit": a.unit,
        "before": _or_none(a.before),
        "after": _or_none(a.after),
        "change": _or_none(a.change),
        "completeness_error": _or_none(a.completeness_error),
        "shares": [
            {
                "link": s.link,
                "side": s.side,
                "value": _or_none(s.value),
                "low": _or_none(low),
                "high": _or_none(high),
            }
            for s, (low, high) in zip(a.shares, ends, strict=True)
        ],
        "notes": list(a.notes),
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "measure": change.measure,
        "label": change.label,
        "group": change.group,
        "side": change.side,
        "unit": change.unit,
        "before": _or_none(change.before),
        "after": _or_none(change.after),
        "difference": _or_none(change.difference),
        "percent": _or_none(change.percent),
        "low": _or_none(change.low),
        "high": _or_none(change.high),
        "verdict": change.verdict,
        "meaning": change.meaning,
        "causes": [{"cause": name, "half_width": _or_none(size)} for name, size in change.causes],
    }


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _side(word: str) -> Side:
    return "left" if word == "left" else "right" if word == "right" else "none"
