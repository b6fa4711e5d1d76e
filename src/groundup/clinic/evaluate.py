"""From a record to an evaluation: red flags first, then scores, then what could explain it, then what to do.

It is a second reader for a professional and never a diagnosis; the statements that say so are part of every evaluation.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundup.clinic.differential import Differential, Hypothesis, differential
from groundup.clinic.examination import Examination, fields, sections
from groundup.clinic.plan import Plan, plan
from groundup.clinic.red_flags import NotAsked, RedFlag, not_asked, red_flags
from groundup.clinic.scores import Score, scores
from groundup.study import Study

if TYPE_CHECKING:
    from groundup.predict.answer import SimulationAnswer

SCHEMA = "groundup.evaluation/1"

NO_DIAGNOSIS = (
    "This supports the judgement of a professional and does not replace it. It is no diagnosis: whoever examines the "
    "person decides."
)
UNKNOWN = "What was not asked or not examined is unknown; it is never counted as normal."
NO_PROBABILITY = "Grades order the evidence in this record. They are no probabilities."
EMERGENCY = "There are signs of an emergency. Act on them before anything else in this evaluation."
LINK = (
    "Heel and back pain occurring together is known from small studies at one point in time (McClinton 2018, 27 and 27 "
    "people). No trial shows that treating the heel lessens back pain."
)
ADULT_YEARS = 18
GROWING = (
    "Made for adults, and this is a child or an adolescent. Growing bones have causes of their own that are not judged "
    "here, among them calcaneal apophysitis (Sever), infection and bone tumours; the plan is not for them."
)
SYNTHETIC = "The movement data were made by a computer, not measured on this person."


@dataclass(frozen=True)
class Evaluation:
    """Everything a record says, in the order in which it is to be read.

    Attributes
    ----------
    statements : what an evaluation is and is not; shown with every result
    red_flags, not_asked : the gravest first
    missing : sections of the examination that hold no answer
    study : title of the movement study that was taken into account; empty without one
    """

    statements: tuple[str, ...]
    date: datetime.date | None
    study: str
    red_flags: tuple[RedFlag, ...]
    not_asked: tuple[NotAsked, ...]
    scores: tuple[Score, ...]
    differential: Differential
    plan: Plan | None
    missing: tuple[str, ...]
    schema: str = SCHEMA

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Hypotheses of all questions, as ranked in each."""
        return self.differential.hypotheses

    @property
    def emergency(self) -> bool:
        """At least one red flag is an emergency."""
        return any(flag.grade == "emergency" for flag in self.red_flags)


def evaluate(
    exam: Examination, study: Study | None = None, simulation: SimulationAnswer | Mapping[str, Any] | None = None
) -> Evaluation:
    """Evaluate a record.

    Parameters
    ----------
    exam : the record
    study : movement data of the same person, whose findings count as findings, with their uncertainty
    simulation : a predicted change of load, shown beside the evidence of trials

    Returns
    -------
    Evaluation; a record that says nothing gives one that says so.
    """
    flags = red_flags(exam, study)
    found = differential(exam, study)
    return Evaluation(
        statements=tuple(_statements(exam, flags, found, study)),
        date=exam.date,
        study=study.title if study is not None else "",
        red_flags=flags,
        not_asked=not_asked(exam, study),
        scores=scores(exam),
        differential=found,
        plan=plan(exam, found, flags, simulation),
        missing=tuple(section for section in sections() if not _touched(section, exam)),
    )


def _statements(
    exam: Examination, flags: tuple[RedFlag, ...], found: Differential, study: Study | None
) -> Iterator[str]:
    if any(flag.grade == "emergency" for flag in flags):
        yield EMERGENCY
    age = exam.get("person.age_years", "none")
    if isinstance(age, int | float) and age < ADULT_YEARS:
        yield GROWING
    yield NO_DIAGNOSIS
    yield UNKNOWN
    yield NO_PROBABILITY
    if any(question.region == "both" for question in found.questions):
        yield LINK
    if study is not None and study.synthetic:
        yield SYNTHETIC


def _touched(section: str, exam: Examination) -> bool:
    return any(id in fields() and fields()[id].section == section for id, _ in exam.answers)
