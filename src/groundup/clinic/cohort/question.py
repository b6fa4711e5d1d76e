"""The mission's question: do people with heel pain have back pain more often, and what is left of it when adjusted?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from groundup import __version__
from groundup.clinic.cohort import logistic
from groundup.clinic.cohort.logistic import Term
from groundup.clinic.cohort.people import CohortPerson, columns, conventions, published
from groundup.clinic.cohort.records import Cohort, Estimate, Group, LeftOut, NotComputed, Point
from groundup.clinic.cohort.statistics import (
    Interval,
    TwoByTwo,
    exact_odds_ratio,
    fisher_p,
    matched_odds_ratio,
    spearman,
    wilson,
    woolf,
)
from groundup.errors import MeasureError, SolverError
from groundup.study import Floats

ADJUSTED_FOR = ("age_years", "bmi_kg_m2", "other_pain_sites")

FISHER = "Fisher's exact test"
STATEMENTS = (
    "Everybody was asked once: this is an association at one time. It does not say that heel pain causes back pain, "
    "nor which came first, nor that treating one helps the other.",
    "Age, body mass, pain elsewhere, inflammatory disease and nerve roots can bring both. The adjusted model holds "
    "some of them equal; what was not asked is not held equal.",
    "An odds ratio is not how many times as often: of something as common as back pain it is farther from 1.",
    "The people are those in the table. Whether they stand for others depends on how they were found.",
    "This is about groups. It says nothing about one person and is no diagnosis.",
)


@dataclass(frozen=True)
class _Part:
    """What one way of looking at the people says."""

    estimates: tuple[Estimate, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    missing: tuple[NotComputed, ...] = ()
    warnings: tuple[str, ...] = ()


def answer(people: Sequence[CohortPerson], source: str) -> Cohort:
    """Answer the question for these people.

    Parameters
    ----------
    people : one record per person
    source : str
        What the people are from: name of a file, or of a store.

    Raises
    ------
    MeasureError
        There is nobody of whom both heel pain and back pain are known.
    """
    known = [p for p in people if p.heel_pain is not None and p.back_pain is not None]
    if not known:
        raise MeasureError(
            f"{source}: of none of {len(people)} people both heel pain and back pain are known, expected yes or no for "
            "both. Fill in heel_pain and back_pain."
        )
    table = count(known)
    adjusted_for, adjusted = _adjusted(known)
    correlation, points, together = _correlation(people)
    parts = (_unknown(people, known), _crude(table), _matched(known), adjusted, together)
    return Cohort(
        source=source,
        n=len(people),
        table=table,
        groups=_groups(table),
        odds_ratios=tuple(one for part in parts for one in part.estimates),
        correlation=correlation,
        points=points,
        adjusted_for=adjusted_for,
        left_out=tuple(one for part in parts for one in part.left_out),
        not_computed=tuple(one for part in parts for one in part.missing),
        warnings=tuple(one for part in parts for one in part.warnings),
        statements=STATEMENTS,
        published=published(),
        groundup_version=__version__,
    )


def count(people: Iterable[CohortPerson]) -> TwoByTwo:
    """Count people by heel and back pain; both must be known."""
    cells = [(p.heel_pain, p.back_pain) for p in people]
    return TwoByTwo(*(cells.count(cell) for cell in ((True, True), (True, False), (False, True), (False, False))))


def _unknown(people: Sequence[CohortPerson], known: Sequence[CohortPerson]) -> _Part:
    n = len(people) - len(known)
    return _Part(left_out=(LeftOut("everything", n, len(people), "heel or back pain unknown"),) if n else ())


def _groups(t: TwoByTwo) -> tuple[Group, ...]:
    rows = (
        ("heel_pain", "with heel pain", t.a, t.a + t.b),
        ("no_heel_pain", "without heel pain", t.c, t.c + t.d),
    )
    return tuple(Group(name, label, n, back, wilson(back, n)) for name, label, back, n in rows)


# --- crude ---------------------------------------------------------------


def _crude(t: TwoByTwo) -> _Part:
    """The odds ratio of the counts as they are."""
    why = (
        (t.a + t.b, "nobody with heel pain: there is nothing to compare"),
        (t.c + t.d, "nobody without heel pain: there is nothing to compare with"),
        (t.a + t.c, "nobody has back pain"),
        (t.b + t.d, "everybody has back pain"),
    )
    if missing := tuple(NotComputed("odds ratio", text) for n, text in why if n == 0):
        return _Part(missing=missing)
    p = fisher_p(t)
    exact = _ratio("crude_exact", "Odds ratio, exact", t.total, exact_odds_ratio(t), p, FISHER)
    if 0 in (t.a, t.b, t.c, t.d):
        return _Part((exact,), warnings=("A cell of the table is empty: only the exact interval holds.",))
    few = f"{t.smallest_expected:.1f} people expected in the smallest cell of the table: read the exact interval."
    small = t.smallest_expected < conventions()["small_cell"]["few"]
    return _Part((_ratio("crude", "Odds ratio", t.total, woolf(t), p, FISHER), exact), warnings=(few,) * small)


def _ratio(name: str, label: str, n: int, found: Interval, p: float, p_method: str) -> Estimate:
    return Estimate(name, label, n, found, p, p_method, words(found))


def words(found: Interval) -> str:
    """Say a ratio or correlation with its interval in words."""
    if math.isnan(found.value):
        return "not computed"
    value = "no upper limit" if math.isinf(found.value) else figure(found.value)
    if math.isnan(found.low):
        return f"{value}, no interval"
    if math.isinf(found.high):
        return f"{value}, at least {figure(found.low)}"
    return f"{value} ({figure(found.low)} to {figure(found.high)})"


def figure(value: float) -> str:
    """Three significant digits, never in powers of ten."""
    if not math.isfinite(value):
        return "no limit" if math.isinf(value) else "not computed"
    if value == 0 or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.{max(0, min(6, 2 - math.floor(math.log10(abs(value)))))}f}".replace("-", "−")


# --- matched pairs -------------------------------------------------------


def _matched(people: Sequence[CohortPerson]) -> _Part:
    """The odds ratio within pairs, where pairs are given."""
    pairs = defaultdict(list)
    for person in people:
        if person.pair is not None:
            pairs[person.pair].append(person)
    if not pairs:
        return _Part()
    whole = [both for both in pairs.values() if len(both) == 2 and both[0].heel_pain is not both[1].heel_pain]
    left_out = _without_pair(people, len(pairs), len(whole))
    backs = [tuple(bool(one.back_pain) for one in sorted(both, key=lambda q: not q.heel_pain)) for both in whole]
    found, p = matched_odds_ratio(backs.count((True, False)), backs.count((False, True)))
    if math.isnan(found.value):
        why = f"in none of {len(whole)} pairs do the two differ in back pain"
        return _Part(left_out=left_out, missing=(NotComputed("matched odds ratio", why),))
    one = _ratio("matched", "Odds ratio within pairs", len(whole), found, p, "McNemar's exact test")
    told = (
        "People were matched: read the odds ratio within pairs. The others, the adjusted one too, do without the pairs."
    )
    return _Part((one,), left_out, warnings=(told,))


def _without_pair(people: Sequence[CohortPerson], pairs: int, whole: int) -> tuple[LeftOut, ...]:
    """Pairs that are none, and people in no pair."""
    alone, what = sum(p.pair is None for p in people), "matched odds ratio"
    why = "not one person with and one without heel pain, both with back pain known"
    broken = LeftOut(f"{what} (pairs)", pairs - whole, pairs, why)
    return tuple(one for one in (broken, LeftOut(what, alone, len(people), "in no pair")) if one.n)


# --- adjusted ------------------------------------------------------------


def _adjusted(people: Sequence[CohortPerson]) -> tuple[tuple[str, ...], _Part]:
    """The odds ratio with age, body mass index and other pain sites held equal, of those with all values."""
    what = "adjusted odds ratio"
    given = tuple(name for name in ADJUSTED_FOR if any(getattr(p, name) is not None for p in people))
    absent = " and ".join(columns()[name].label for name in ADJUSTED_FOR if name not in given)
    if not given:
        return (), _Part(missing=(NotComputed(what, f"{absent}: unknown of everybody"),))
    complete = [p for p in people if all(getattr(p, name) is not None for name in given)]
    left_out = _incomplete(people, complete, given)
    terms = (Term("heel_pain", 1.0), *(Term(name, columns()[name].per) for name in given))
    y = np.array([float(bool(p.back_pain)) for p in complete])
    x = np.array([[float(getattr(p, t.id)) for t in terms] for p in complete]).reshape(len(complete), len(terms))
    try:
        estimates = _model(complete, logistic.fit(y, x, terms), terms)
    except SolverError as error:
        return (), _Part(left_out=left_out, missing=(NotComputed(what, str(error)),))
    told = (f"Not adjusted for {absent}: unknown of everybody.",) if absent else ()
    return given, _Part(estimates, left_out, warnings=(*told, *_few_events(y, len(terms))))


def _incomplete(
    people: Sequence[CohortPerson], complete: Sequence[CohortPerson], names: Sequence[str]
) -> tuple[LeftOut, ...]:
    if len(complete) == len(people):
        return ()
    each = ((columns()[name].label, sum(getattr(p, name) is None for p in people)) for name in names)
    why = "unknown: " + ", ".join(f"{label} of {n}" for label, n in each if n)
    return (LeftOut("adjusted odds ratio", len(people) - len(complete), len(people), why),)


def _model(
    people: Sequence[CohortPerson], fitted: Sequence[tuple[Interval, float]], terms: Sequence[Term]
) -> tuple[Estimate, ...]:
    table = count(people)
    found = []
    if 0 not in (table.a, table.b, table.c, table.d):
        label = "Odds ratio, not adjusted, same people"
        found.append(_ratio("crude_same_people", label, table.total, woolf(table), fisher_p(table), FISHER))
    for term, (interval, p) in zip(terms, fitted, strict=True):
        heel = term.id == "heel_pain"
        name = "adjusted" if heel else f"adjusted.{term.id}"
        found.append(_ratio(name, "Odds ratio, adjusted" if heel else _per(term), len(people), interval, p, "Wald"))
    return tuple(found)


def _per(term: Term) -> str:
    column = columns()[term.id]
    return f"{column.label}, per {term.per:g} {column.unit or 'more'}".capitalize()


def _few_events(y: Floats, variables: int) -> tuple[str, ...]:
    """A warning where the rarer answer is too rare for so many variables."""
    rarer = int(min(y.sum(), len(y) - y.sum()))
    limit = conventions()["events_per_variable"]
    if rarer >= limit["few"] * variables:
        return ()
    how = "Very few people" if rarer < limit["very_few"] * variables else "Few people"
    which = "with" if y.sum() <= len(y) / 2 else "without"
    return (
        f"{how} for the adjusted model: {rarer} {which} back pain for {variables} variables, {rarer / variables:.1f} "
        f"for each, where {limit['few']:g} are wanted. Its odds ratios are on average too far from 1.",
    )


# --- correlation ---------------------------------------------------------


def _correlation(people: Sequence[CohortPerson]) -> tuple[Estimate | None, tuple[Point, ...], _Part]:
    """The rank correlation of foot function and back disability among people with heel pain."""
    heel = [p for p in people if p.heel_pain]
    points = tuple(
        Point(p.id, p.faam_adl_percent, p.odi_percent, p.back_pain)
        for p in heel
        if p.faam_adl_percent is not None and p.odi_percent is not None
    )
    what, n = "correlation of FAAM and ODI", len(points)
    left_out = (
        (LeftOut(what, len(heel) - n, len(heel), "with heel pain, a score unknown"),) if 0 < n < len(heel) else ()
    )
    fewest = int(conventions()["correlation"]["fewest"])
    if n < fewest:
        why = f"{n} people with heel pain have both scores, expected {fewest} or more"
        return None, points, _Part(left_out=left_out, missing=(NotComputed(what, why),))
    faam = np.array([q.faam_adl_percent for q in points])
    found, p = spearman(faam, np.array([q.odi_percent for q in points]))
    if math.isnan(found.value):
        why = "one of the scores is the same for everybody"
        return None, points, _Part(left_out=left_out, missing=(NotComputed(what, why),))
    label = "FAAM (daily life) and ODI, people with heel pain, Spearman's ρ"
    return Estimate("faam_odi", label, n, found, p, "Student's t", words(found)), points, _Part(left_out=left_out)
