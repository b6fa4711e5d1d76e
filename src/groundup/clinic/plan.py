"""What could be done: treatments with what is known of them, what speaks against them here, and what to measure when.

A plan is a list to choose from, not a prescription. Trial evidence is quoted with its interval; a simulation's
predicted change of load stands beside it and never instead of it: no trial shows that less load means less pain. What
is not known of a contraindication is asked for and never taken as absent.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from groundup.clinic import clues
from groundup.clinic.differential import Differential, Hypothesis, Question
from groundup.clinic.scores import Size, instruments

if TYPE_CHECKING:
    from groundup.clinic.examination import Examination
    from groundup.clinic.red_flags import RedFlag
    from groundup.predict.answer import SimulationAnswer

TREATMENTS_FILE = Path(__file__).parent / "data" / "plan.toml"
Use = Literal["consider", "with care", "ask first", "not", "not now", "advised against"]
"""Worst last; ``ask first``: whether something speaks against it is not known."""

STATEMENTS = (
    "This plan is a list to choose from by someone who examined the person; groundup prescribes nothing.",
    "Heel and back pain go together more often than by chance in one comparison of 27 with 27 people; no trial shows "
    "that treating the heel eases a back. Treat and measure both.",
)
PREDICTED = "predicted by simulation, beside the trials and not instead of them"
_SHOWN_ROWS = ("foot.heel_impulse", "foot.heel_peak", "foot.fascia_peak", "low_back.compression_peak")


@dataclass(frozen=True)
class Caution:
    """What speaks against a treatment in this record; ``ask``: a question, as it is not known whether it does."""

    level: Literal["not", "care", "ask"]
    words: str
    source: str


@dataclass(frozen=True)
class Trial:
    """What trials found, where, and how far it may be trusted."""

    text: str
    source: str
    status: str


@dataclass(frozen=True)
class Prediction:
    """A change of load that a simulation predicts: its words, the cases compared, and what it is."""

    text: str
    before: str
    after: str
    note: str = PREDICTED


@dataclass(frozen=True)
class Advice:
    """One treatment for this record.

    Attributes
    ----------
    id, label, region : str
    use : str
        `Use`: whether it can be considered here.
    reason : tuple of str
        The hypotheses that it is meant for here.
    grade, guideline, guideline_status : str
        In the guideline's own letters; ``verify``: to be checked in the guideline.
    dose, expect, time : str
        How much; what to expect of it; when.
    weeks : tuple of int
        When to measure again.
    measures : tuple of str
        Which scores.
    cautions : tuple of Caution
    trials : tuple of Trial
    predictions : tuple of Prediction
    """

    id: str
    label: str
    region: str
    use: Use
    reason: tuple[str, ...]
    grade: str
    guideline: str
    guideline_status: str
    dose: str
    expect: str
    time: str
    weeks: tuple[int, ...]
    measures: tuple[str, ...]
    cautions: tuple[Caution, ...] = ()
    trials: tuple[Trial, ...] = ()
    predictions: tuple[Prediction, ...] = ()


@dataclass(frozen=True)
class FollowUp:
    """A score to take: at which weeks (0 is now), and which change matters, in words, with its source."""

    score: str
    label: str
    weeks: tuple[int, ...]
    matters: str
    source: str


@dataclass(frozen=True)
class Plan:
    """What comes first, what to choose from, and when to measure again.

    Attributes
    ----------
    first : tuple of str
        Actions before any treatment: red flags, the published rules, referrals of leading hypotheses.
    advice : tuple of Advice
        What can be considered first, what is held back after it, what is advised against last.
    follow_up : tuple of FollowUp
    statements : tuple of str
        What must be said; never left out.
    """

    first: tuple[str, ...]
    advice: tuple[Advice, ...]
    follow_up: tuple[FollowUp, ...]
    statements: tuple[str, ...] = STATEMENTS


def plan(
    exam: Examination,
    found: Differential,
    flags: Sequence[RedFlag] = (),
    simulation: SimulationAnswer | Mapping[str, Any] | None = None,
) -> Plan:
    """List what could be done.

    Parameters
    ----------
    exam : Examination
    found : Differential
        Of the same record.
    flags : sequence of RedFlag
        An emergency holds everything else back, an urgent one every treatment that does not name it as harmless.
    simulation : SimulationAnswer, its JSON values, or None
    """
    predicted = _predictions(simulation)
    advice = [
        _advice(name, t, exam, found, flags, predicted.get(t.get("simulated", ""), ())) for name, t in _meant(found)
    ]
    ranked = tuple(sorted(advice, key=lambda a: _ORDER.index(a.use)))
    statements = (*STATEMENTS, *_said_by(simulation), *_not_enough(found))
    return Plan(tuple(_first(found, flags)), ranked, tuple(_follow_up(ranked)), statements)


_ORDER: tuple[Use, ...] = ("consider", "with care", "ask first", "not now", "not", "advised against")


def _meant(found: Differential) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Treatments that suit a hypothesis that leads, or that is supported where none does."""
    wanted = {h.id for h in _treated(found)}
    for name, table in _treatments().items():
        if wanted & set(table["suits"]):
            yield name, table


def _treated(found: Differential) -> Iterator[Hypothesis]:
    for question in found.questions:
        yield from ([question.leading] if question.leading else _supported(question))


def _supported(question: Question) -> list[Hypothesis]:
    return [h for h in question.hypotheses if h.grade in ("strong", "moderate")]


def _advice(
    name: str,
    table: Mapping[str, Any],
    exam: Examination,
    found: Differential,
    flags: Sequence[RedFlag],
    predictions: tuple[Prediction, ...],
) -> Advice:
    cautions = _without_questions((*_held(table, flags, found), *_cautions(table, exam)))
    emergency = any(f.grade == "emergency" for f in flags)
    return Advice(
        id=name,
        label=table["label"],
        region=table["region"],
        use=_use(table["grade"], cautions, emergency),
        reason=tuple(dict.fromkeys(h.label for h in _treated(found) if h.id in table["suits"])),
        grade=table["grade"],
        guideline=table["guideline"],
        guideline_status=table["guideline_status"],
        dose=table["dose"],
        expect=table["expect"],
        time=table["time"],
        weeks=tuple(table["weeks"]),
        measures=tuple(m for m in table["measure"] if _hurts(m, found)),
        cautions=cautions,
        trials=tuple(Trial(**one) for one in table["evidence"]),
        predictions=predictions,
    )


def _hurts(score: str, found: Differential) -> bool:
    """Whether a score is of something this record says hurts; a pain that is not there needs no measuring."""
    for region in ("heel", "back"):
        if instruments()[score].total.startswith(f"pain.{region}_"):
            return any(q.region == region and q.hypotheses for q in found.questions)
    return True


def _use(grade: str, cautions: Sequence[Caution], emergency: bool) -> Use:
    levels = {c.level for c in cautions}
    if grade == "against":
        return "advised against"
    if emergency:
        return "not now"
    if "not" in levels:
        return "not"
    if "ask" in levels:
        return "ask first"
    return "with care" if "care" in levels else "consider"


def _cautions(table: Mapping[str, Any], exam: Examination) -> Iterator[Caution]:
    """What the record holds against it; where it does not say, a question, on the worse side."""
    for one in table["care"]:
        # Asked of the whole person: the worse side counts.
        state = clues.parse(one["when"])(exam).state
        if state:
            yield Caution(one["level"], one["words"], one["source"])
        elif state is None and one["level"] == "not" and not _needless(one, exam):
            yield Caution("ask", one["ask"], one["source"])


def _without_questions(cautions: tuple[Caution, ...]) -> tuple[Caution, ...]:
    """Nobody need be asked about a treatment that something known speaks against already."""
    known = any(c.level == "not" for c in cautions)
    return tuple(c for c in cautions if not (known and c.level == "ask"))


def _needless(care: Mapping[str, Any], exam: Examination) -> bool:
    """Whether its question need not be asked of this person."""
    return "unless" in care and bool(clues.parse(care["unless"])(exam).state)


def _held(table: Mapping[str, Any], flags: Sequence[RedFlag], found: Differential) -> Iterator[Caution]:
    """What is to be settled before this treatment, in one caution; what is advised against anyway waits for nothing."""
    before = {flag.label: flag.source for flag in _graver_flags(table, flags)}
    before |= {hypothesis.label: hypothesis.source for hypothesis in _graver_hypotheses(table, found)}
    if before and table["grade"] != "against":
        sources = "; ".join(dict.fromkeys(before.values()))
        yield Caution("not", f"held back until settled: {'; '.join(before)}", sources)


def _graver_flags(table: Mapping[str, Any], flags: Sequence[RedFlag]) -> Iterator[RedFlag]:
    """Red flags that come before this treatment: all that do more than watch, but those that it names itself."""
    return (f for f in flags if f.grade != "watch" and f.id not in table.get("despite", ()))


def _graver_hypotheses(table: Mapping[str, Any], found: Differential) -> Iterator[Hypothesis]:
    """Hypotheses that come before it while they are supported: those looked after as red flags, and those it names."""
    for hypothesis in {h.id: h for q in found.questions for h in _supported(q)}.values():
        graver = hypothesis.urgent and hypothesis.id not in table.get("despite", ())
        if graver or hypothesis.id in table.get("blocked", ()):
            yield hypothesis


def _first(found: Differential, flags: Sequence[RedFlag]) -> Iterator[str]:
    """Each action once, whichever question or rule leads to it."""
    yield from (f"{f.grade}: {f.action}" for grade in ("emergency", "urgent") for f in flags if f.grade == grade)
    met = [r for r in found.rules if r.met]
    yield from (f"{r.label}: {r.action}" for r in met)
    graver = [h for q in found.questions for h in _supported(q) if h.urgent]
    for hypothesis in {h.id: h for h in (*graver, *_treated(found))}.values():
        if not hypothesis.refer.startswith("No referral"):
            refer = "" if hypothesis.refer in {r.action for r in met} else f"{hypothesis.refer} "
            yield f"{hypothesis.label}: {refer}What would settle it: {hypothesis.settle}"


def _not_enough(found: Differential) -> Iterator[str]:
    for question in found.questions:
        if question.leading is None:
            test = f" Next: {question.next_test.words}." if question.next_test else ""
            yield f"{question.label}: {question.answer}.{test}"


def _follow_up(advice: Iterable[Advice]) -> Iterator[FollowUp]:
    """Scores to take now, and again when a treatment that can be considered should have worked."""
    usable = [a for a in advice if a.use in ("consider", "with care", "ask first")]
    for score in dict.fromkeys(m for a in usable for m in a.measures):
        weeks = tuple(sorted({0, *(w for a in usable if score in a.measures for w in a.weeks)}))
        instrument = instruments()[score]
        sizes = [c for c in instrument.changes if c.kind == "mcid"]
        matters = "; ".join(_size(c, instrument.unit) for c in sizes) or "no published size"
        yield FollowUp(score, instrument.label, weeks, matters, "; ".join(c.source for c in sizes))


def _size(change: Size, unit: str) -> str:
    words = f"{change.size * 100:g} % of the first score" if change.part else f"{change.size:g} {unit}"
    return words if change.status == "assert" else f"{words} ({change.status}: shown, decides nothing)"


def _predictions(simulation: SimulationAnswer | Mapping[str, Any] | None) -> dict[str, tuple[Prediction, ...]]:
    """Predicted changes of load by simulated treatment, of cases with that treatment."""
    if simulation is None:
        return {}
    from groundup.predict import request as requests
    from groundup.predict.answer import to_json

    values: Mapping[str, Any] = simulation if isinstance(simulation, Mapping) else to_json(simulation)
    cases = {case.label: case for case in requests.from_json(values["request"]).cases}
    found: dict[str, tuple[Prediction, ...]] = {}
    for comparison in values["comparisons"]:
        case = cases.get(comparison["after"])
        for treatment in case.treatments if case else ():
            found[treatment.name] = (*found.get(treatment.name, ()), *_rows(comparison))
    return found


def _said_by(simulation: SimulationAnswer | Mapping[str, Any] | None) -> Sequence[str]:
    """Return what a simulation says of itself, which is never left out."""
    if simulation is None:
        return ()
    return simulation["statements"] if isinstance(simulation, Mapping) else simulation.statements


def _rows(comparison: Mapping[str, Any]) -> Iterator[Prediction]:
    for change in comparison["changes"]:
        if change["measure"] in _SHOWN_ROWS:
            side = "" if change["side"] == "none" else f" ({change['side']})"
            text = f"{change['label']}{side}: {_change_words(change)}"
            yield Prediction(text, comparison["before"], comparison["after"])


def _change_words(change: Mapping[str, Any]) -> str:
    if change["difference"] is None:
        return "not computed"
    words = f"{change['verdict']}, {change['difference']:+.3g} {change['unit']}".rstrip()
    if change["percent"] is not None:
        words += f" ({change['percent']:+.1f} %)"
    if change["low"] is not None:
        words += f", interval {change['low']:+.3g} to {change['high']:+.3g}"
    return words


@cache
def _treatments() -> dict[str, Any]:
    table = tomllib.loads(TREATMENTS_FILE.read_text(encoding="utf-8"))
    return {name: one for name, one in table.items() if isinstance(one, dict)}
