"""What could explain the pain: hypotheses with what supports each, what speaks against it and what is missing.

A hypothesis is never a diagnosis, and no probability is told: how common each cause is among the people of one practice
is not known, and most signs were never studied together. A sign weighs strong, moderate or weak; where likelihood
ratios are published they set the weight (``data/hypotheses.toml``). Of signs that tell the same thing twice, one
counts. An unknown sign counts neither way. A hypothesis leads its question only where its own evidence is enough and
no other comes close; otherwise the answer is "not enough to say", with the test that would tell most. An answer that
speaks for two hypotheses does not tell them apart: another one that comes close only by answers which speak for the
first as well keeps it from nothing, so that a supporting answer taken away never makes a hypothesis lead.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from groundup.clinic import clues
from groundup.clinic.clues import Clause, Clue
from groundup.clinic.examination import fields

if TYPE_CHECKING:
    from groundup.clinic.examination import Examination
    from groundup.study import Side, Study

RULES_FILE = Path(__file__).parent / "data" / "hypotheses.toml"
NOT_ENOUGH = "not enough to say"
_NO_HYPOTHESES = ("points", "questions", "rules")

Region = Literal["heel", "back", "both"]
Weight = Literal["strong", "moderate", "weak"]
Support = Literal["strong", "moderate", "weak", "none", "against"]
ORDER: tuple[Support, ...] = ("strong", "moderate", "weak", "none", "against")
"""How the evidence for a hypothesis stands, best first: ``none`` nothing either way, ``against`` more against it."""


@dataclass(frozen=True)
class Sign:
    """A sign that was looked for: its words, its weight, where that is published; ``same``: tells the same as these."""

    words: str
    weight: Weight
    source: str
    status: str
    same: str = ""
    found: str = ""
    """What the record or the study holds, in words."""


@dataclass(frozen=True)
class NextTest:
    """What to ask or examine next: the field, in words, and how many points its answer may move."""

    field: str
    side: Side
    words: str
    effect: float


@dataclass(frozen=True)
class Hypothesis:
    """A possible cause.

    Attributes
    ----------
    id, label, region, side : str
        Which question it answers.
    grade : {'strong', 'moderate', 'weak', 'none', 'against'}
        How its own evidence stands; no probability.
    points : int
        Weights for, less weights against; only to order hypotheses.
    supports, against, missing : tuple of Sign
        What was found for it, against it, and what nobody has looked for.
    next_test : NextTest or None
        The unknown that would move it most.
    settle, refer, source : str
        What would settle it; whom to send the person to when it leads; where it is described.
    urgent : bool
        It is looked after by the red flags before everything else.
    """

    id: str
    label: str
    region: Region
    side: Side
    grade: Support
    points: int
    supports: tuple[Sign, ...]
    against: tuple[Sign, ...]
    missing: tuple[Sign, ...]
    next_test: NextTest | None
    settle: str
    refer: str
    source: str
    urgent: bool = False
    unknown: Mapping[str, NextTest] = field(default_factory=dict, repr=False, compare=False)
    """Every unknown field and how far its answer may move this hypothesis."""
    spared: tuple[str, ...] = ()
    """Fields that nobody is asked while it is supported moderately or better: the test would load what may be torn."""


@dataclass(frozen=True)
class Question:
    """One question, such as what makes the right heel hurt, with its hypotheses, the best supported first.

    ``leading`` is None where there is not enough to say; ``answer`` says so, or which one leads, in words.
    """

    region: Region
    side: Side
    label: str
    hypotheses: tuple[Hypothesis, ...]
    leading: Hypothesis | None
    answer: str
    next_test: NextTest | None


@dataclass(frozen=True)
class Rule:
    """A published rule as it is: ``met`` is True, False, or None where too little is known."""

    id: str
    label: str
    met: bool | None
    action: str
    missing: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Differential:
    """Every question that the record raises, and the published rules."""

    questions: tuple[Question, ...]
    rules: tuple[Rule, ...]

    def question(self, region: Region, side: Side = "none") -> Question | None:
        """Return one question; None where the record does not raise it."""
        return next((q for q in self.questions if (q.region, q.side) == (region, side)), None)

    def rule(self, id: str) -> Rule:
        """Return one rule."""
        return next(r for r in self.rules if r.id == id)

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Hypotheses of all questions."""
        return tuple(h for q in self.questions for h in q.hypotheses)


def differential(exam: Examination, study: Study | None = None) -> Differential:
    """Order what could explain the pain in a record.

    Parameters
    ----------
    exam : Examination
        What is not in it is unknown, never normal.
    study : Study or None
        A measured walk; its findings enter as signs, as sure as they are graded there.

    Returns
    -------
    Differential
        A question for each painful heel, for the back, and for both where both hurt. Where it is not known whether
        they hurt, the question stands there without hypotheses.
    """
    present = {region: _present(table, exam) for region, table in _rules()["questions"].items() if "when" in table}
    heel, back = present["heel"], present["back"]["none"]
    present["both"] = {side: clues.all_of((state, back)) for side, state in heel.items()}
    asked = tuple(q for region, states in present.items() for q in _questions(region, states, exam, study))
    absent = {"heel": all(state is False for state in heel.values()), "back": back is False}
    return Differential(asked, tuple(_rule(name, table, exam, absent) for name, table in _rules()["rules"].items()))


def _present(table: Mapping[str, Any], exam: Examination) -> dict[Side, bool | None]:
    """Whether it hurts there, by side; that it does goes before that it does not."""
    sides: tuple[Side, ...] = _SIDES if table.get("sided") else ("none",)
    return {side: _hurts(table, exam, side) for side in sides}


def _hurts(table: Mapping[str, Any], exam: Examination, side: Side) -> bool | None:
    if _clause(table["when"])(exam, None, side).state:
        return True
    return False if _clause(table["absent"])(exam, None, side).state else None


def _questions(
    region: Region, states: Mapping[Side, bool | None], exam: Examination, study: Study | None
) -> Iterator[Question]:
    table = _rules()["questions"][region]
    for side, hurts in states.items():
        if hurts:
            yield _question(region, side, table["label"].format(side=side), exam, study)
    if not any(states.values()) and None in states.values():
        answer = f"{NOT_ENOUGH}: not known {table['ask']}"
        yield Question(region, "none", table["label_open"], (), None, answer, _first_ask(region, exam))


def _first_ask(region: Region, exam: Examination) -> NextTest:
    """Ask first whether it hurts at all."""
    back_known = _present(_rules()["questions"]["back"], exam)["none"] is not None
    asked = "heel" if region == "heel" or (region == "both" and back_known) else "back"
    return _test(_rules()["questions"][asked]["ask_first"], "none", 0.0)


def _question(region: Region, side: Side, label: str, exam: Examination, study: Study | None) -> Question:
    judged = [_better(name, h, region, side, exam, study) for name, h in _hypotheses() if region in h["regions"]]
    ranked = sorted(judged, key=_rank)
    leading, answer = _leader(ranked, side, exam, study)
    return Question(region, side, label, tuple(ranked), leading, answer, _best_test(ranked, leading))


def _better(
    name: str, table: Mapping[str, Any], region: Region, side: Side, exam: Examination, study: Study | None
) -> Hypothesis:
    """The hypothesis on the side asked for; of a question without one, on the side where it is better supported."""
    if side != "none":
        return _hypothesis(name, table, region, side, exam, study)
    left, right = (_hypothesis(name, table, region, s, exam, study) for s in _SIDES)
    if _told(left) == _told(right):
        return replace(left, side="none")
    return min(left, right, key=_rank)


_SIDES: tuple[Side, ...] = ("left", "right")


def _told(hypothesis: Hypothesis) -> list[str]:
    return [sign.words for sign in (*hypothesis.supports, *hypothesis.against)]


def _rank(hypothesis: Hypothesis) -> tuple[int, int]:
    return ORDER.index(hypothesis.grade), -hypothesis.points


def _leader(
    ranked: list[Hypothesis], side: Side, exam: Examination, study: Study | None
) -> tuple[Hypothesis | None, str]:
    """The hypothesis that leads, or None, and the answer in words."""
    enough = [h for h in ranked if _enough(h)]
    if not enough:
        return None, f"{NOT_ENOUGH}: {_thin(ranked[0])}"
    close = {h.id: _close(h, ranked, side, exam, study) for h in enough}
    for one in enough:
        if not close[one.id]:
            return one, f"leads: {one.label} (evidence {one.grade}); a hypothesis, no diagnosis{_graver(one, ranked)}"
    names = " and ".join(h.label for h in (enough[0], *close[enough[0].id]))
    return None, f"{NOT_ENOUGH}: {names} are supported about equally"


def _graver(leading: Hypothesis, ranked: Iterable[Hypothesis]) -> str:
    """Say what must not be overlooked behind the one that leads."""
    names = [h.label for h in ranked if h.urgent and h is not leading and h.grade in ("strong", "moderate")]
    return f"; settle first: {' and '.join(names)}" if names else ""


def _enough(hypothesis: Hypothesis) -> bool:
    separate = len(_separate(hypothesis.supports))
    return hypothesis.grade in ("strong", "moderate") and separate >= _rules()["points"]["lead_signs"]


def _close(
    one: Hypothesis, ranked: Iterable[Hypothesis], side: Side, exam: Examination, study: Study | None
) -> list[Hypothesis]:
    """Others that come close to one by their points, however their grades are limited."""
    return [h for h in ranked if _is_close(one, h) and not _told_apart(one, h, side, exam, study)]


def _is_close(one: Hypothesis, other: Hypothesis) -> bool:
    ahead = one.points - other.points
    return one.id != other.id and other.points > 0 and ahead < _rules()["points"]["lead_ahead"]


def _told_apart(one: Hypothesis, other: Hypothesis, side: Side, exam: Examination, study: Study | None) -> bool:
    """Whether one would lead before the other without some of the answers that speak for both."""
    shared = sorted(set(_because(one, side, exam, study)) & set(_because(other, side, exam, study)))
    for left_out in (some for n in range(len(shared)) for some in combinations(shared, n + 1)):
        less = _without(exam, left_out, side)
        first, second = (_better(h.id, _rules()[h.id], h.region, side, less, study) for h in (one, other))
        if _enough(first) and not _is_close(first, second):
            return True
    return False


def _because(hypothesis: Hypothesis, side: Side, exam: Examination, study: Study | None) -> Iterator[str]:
    """Fields on whose answers the signs for a hypothesis rest."""
    for sign in _rules()[hypothesis.id]["for"]:
        for one in (side,) if side != "none" else _SIDES:
            clue = _clause(sign["when"])(exam, study, one)
            if clue.state:
                yield from clues.reasons(clue)


def _without(exam: Examination, names: Iterable[str], side: Side) -> Examination:
    """The record without these answers on the side asked for, and without a side; of the whole person, on any."""
    gone = {(name, s) for name in names for s in ((side, "none") if side != "none" else (*_SIDES, "none"))}
    return replace(exam, answers={key: value for key, value in exam.answers.items() if key not in gone})


def _thin(first: Hypothesis) -> str:
    if not first.supports:
        return "nothing that was found supports one of the known causes"
    found = "; ".join(s.words for s in first.supports)
    return f"most is known for {first.label} ({found}), and that is too little"


def _hypothesis(
    name: str, table: Mapping[str, Any], region: Region, side: Side, exam: Examination, study: Study | None
) -> Hypothesis:
    moot = _moot(exam)
    held = [
        (part, sign, _clause(sign["when"])(exam, study, side)) for part in ("for", "against") for sign in table[part]
    ]
    supports = tuple(_sign(sign, clue) for part, sign, clue in held if part == "for" and clue.state)
    against = tuple(_sign(sign, clue) for part, sign, clue in held if part == "against" and clue.state)
    unknown = [
        (_sign(sign, clue), _worth_asking(clue, moot), supports if part == "for" else against)
        for part, sign, clue in held
        if clue.state is None and sign.get("ask", True)
    ]
    missing = tuple(_sign(sign, clue) for _, sign, clue in held if clue.state is None and _worth_asking(clue, moot))
    points = _points(supports) - _points(against)
    unknown_effects = _effects(unknown, side)
    grade = _grade(points, supports, against, table.get("highest", "strong"))
    spared = tuple(table.get("spared", ())) if grade in ("strong", "moderate") else ()
    return Hypothesis(
        id=name,
        label=table["label"],
        region=region,
        side=side,
        grade=grade,
        points=points,
        supports=supports,
        against=against,
        missing=missing,
        next_test=_most({name: test for name, test in unknown_effects.items() if name not in spared}),
        settle=table["settle"],
        refer=table["refer"],
        source=table["source"],
        urgent=bool(table.get("first", False)),
        unknown=unknown_effects,
        spared=spared,
    )


def _separate(signs: Iterable[Sign]) -> list[Sign]:
    """Of signs that tell the same thing twice, the heaviest."""
    heaviest: dict[str, Sign] = {}
    alone = []
    for sign in signs:
        if not sign.same:
            alone.append(sign)
        elif sign.same not in heaviest or _weight(sign) > _weight(heaviest[sign.same]):
            heaviest[sign.same] = sign
    return [*alone, *heaviest.values()]


def _points(signs: Iterable[Sign]) -> int:
    return sum(_weight(s) for s in _separate(signs))


def _weight(sign: Sign) -> int:
    return int(_rules()["points"][sign.weight])


def _grade(points: int, supports: tuple[Sign, ...], against: tuple[Sign, ...], highest: Support) -> Support:
    sizes = _rules()["points"]
    if points < 0:
        return "against"
    if not supports or points < sizes["grade_weak"]:
        return "none"
    reached: Support = "weak"
    if points >= sizes["grade_strong"] and not any(s.weight == "strong" for s in against):
        reached = "strong"
    elif points >= sizes["grade_moderate"]:
        reached = "moderate"
    return max(reached, highest, key=ORDER.index)


def _worth_asking(clue: Clue, moot: tuple[str, ...]) -> tuple[str, ...]:
    """What could change an unknown sign."""
    return tuple(name for name in clue.missing if not name.startswith(moot))


def _moot(exam: Examination) -> tuple[str, ...]:
    """Beginnings of fields that nobody is asked: how a pain is that is known not to be there."""
    return _OF_BACK_PAIN if _present(_rules()["questions"]["back"], exam)["none"] is False else ()


_OF_BACK_PAIN = ("history.back_", "history.buttock_", "motion.lumbar_")


def _sign(table: Mapping[str, Any], clue: Clue) -> Sign:
    return Sign(table["words"], table["weight"], table["source"], table["status"], table.get("same", ""), clue.words)


def _effects(unknown: list[tuple[Sign, tuple[str, ...], tuple[Sign, ...]]], side: Side) -> dict[str, NextTest]:
    """How far each unknown may move a hypothesis: signs for and against together, shared by what a sign asks for.

    A sign that tells what is known already adds no more than it outweighs.
    """
    found: dict[str, NextTest] = {}
    for sign, asked, counted in unknown:
        adds = _points((*counted, sign)) - _points(counted)
        for name in asked if adds else ():
            before = found[name].effect if name in found else 0.0
            found[name] = _test(name, side, before + adds / len(asked))
    return found


def _test(name: str, side: Side, effect: float) -> NextTest:
    if name.startswith("study:"):
        return NextTest(name, "none", "record and analyse the walk", effect)
    asked = fields()[name]
    return NextTest(name, side if asked.sided else "none", asked.label, effect)


def _most(tests: Mapping[str, NextTest]) -> NextTest | None:
    """The test that moves most; the first one of several."""
    return max(tests.values(), key=lambda t: t.effect, default=None)


def _best_test(ranked: list[Hypothesis], leading: Hypothesis | None) -> NextTest | None:
    """The unknown that would move the hypotheses that are still open the most.

    With a leader these are the leader and those supported moderately or better; without one, all that anything
    supports; where nothing supports any, all.
    """
    if leading is not None:
        considered = [h for h in ranked if h is leading or h.grade in ("strong", "moderate")]
    else:
        considered = [h for h in ranked if h.supports and h.grade != "against"] or ranked
    spared = {name for hypothesis in considered for name in hypothesis.spared}
    effects: dict[str, NextTest] = {}
    for hypothesis in considered:
        for name, test in hypothesis.unknown.items():
            before = effects[name].effect if name in effects else 0.0
            effects[name] = replace(test, effect=before + test.effect)
    return _most({name: test for name, test in effects.items() if name not in spared})


def _rule(name: str, table: Mapping[str, Any], exam: Examination, absent: Mapping[str, bool]) -> Rule:
    clue = _clause(table["when"])(exam)
    # A pain that is known not to be there is enough, whatever else nobody asked about it.
    state = False if any(absent[pain] for pain in table["needs"]) else clue.state
    missing = tuple(fields()[id].label for id in clue.missing) if state is None else ()
    return Rule(name, table["label"], state, table["action"], missing, table["source"])


def _clause(when: Mapping[str, Any]) -> Clause:
    return _parsed(json.dumps(when))


@cache
def _parsed(written: str) -> Clause:
    """Parse a clause once; tables of a file cannot be kept by themselves."""
    return clues.parse(_spelled_out(json.loads(written)))


def _spelled_out(when: Mapping[str, Any]) -> Mapping[str, Any]:
    """A clause in which named rules are replaced by their own clauses."""
    if "rule" in when:
        rule: Mapping[str, Any] = _rules()["rules"][when["rule"]]["when"]
        return rule
    if "not" in when:
        return {"not": _spelled_out(when["not"])}
    listed = {key: [_spelled_out(one) for one in when[key]] for key in ("all", "any", "of") if key in when}
    return {**when, **listed}


def _hypotheses() -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((n, t) for n, t in _rules().items() if n not in _NO_HYPOTHESES)


@cache
def _rules() -> dict[str, Any]:
    """Tables of the file; each sign with the status of the file where it has none of its own."""
    table = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))
    usual = table["status"]
    for one in (t for t in table.values() if isinstance(t, dict)):
        for sign in (*one.get("for", ()), *one.get("against", ())):
            sign.setdefault("status", usual)
    return {name: one for name, one in table.items() if isinstance(one, dict)}
