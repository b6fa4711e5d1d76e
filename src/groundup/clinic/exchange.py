"""An evaluation as a record that can travel: what a FHIR bundle holds of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from groundup.io.fhir import FhirRecord, Flag, Number, Suspicion

if TYPE_CHECKING:
    from groundup.clinic.differential import Hypothesis, Sign
    from groundup.clinic.evaluate import Evaluation
    from groundup.examination import Examination
    from groundup.study import Study

_CARRIED = ("strong", "moderate", "weak")


def fhir_record(evaluation: Evaluation, exam: Examination, person: str, study: Study | None = None) -> FhirRecord:
    """Return what travels: the whole record, every score, hypotheses with evidence for them, dangers, statements.

    Parameters
    ----------
    person : str
        A pseudonym; it is all that the bundle says of who it is.
    study : Study or None
        Its main numbers go along with their intervals.

    Notes
    -----
    Hypotheses without any evidence for them stay out: a list of conditions in another system is easily read as a list
    of suspicions. One that several questions name is told once, as in the question it stands best in.
    """
    return FhirRecord(
        person=person,
        examination=exam,
        scores=tuple(
            Number(s.id, s.label, s.side, float(s.value), s.unit) for s in evaluation.scores if s.value is not None
        ),
        measures=() if study is None else _measures(study),
        suspicions=_suspicions(evaluation),
        flags=tuple(Flag(f.id, f.grade, f.finding, f.action, f.source) for f in evaluation.red_flags),
        statements=tuple(" ".join(text.split()) for text in evaluation.statements),
    )


def _measures(study: Study) -> tuple[Number, ...]:
    return tuple(
        Number(h.id, h.label, h.side, float(h.value), h.unit, _known(h.low), _known(h.high))
        for h in study.headline
        if np.isfinite(h.value)
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _suspicions(evaluation: Evaluation) -> tuple[Suspicion, ...]:
    best: dict[tuple[str, str], Hypothesis] = {}
    for question in evaluation.differential.questions:
        for h in question.hypotheses:
            known = best.get((h.id, h.side))
            if h.grade in _CARRIED and (known is None or h.points > known.points):
                best[h.id, h.side] = h
    return tuple(map(_suspicion, best.values()))


def _suspicion(h: Hypothesis) -> Suspicion:
    next_test = h.next_test.words if h.next_test else ""
    lists = (_words(h.supports), _words(h.against), _words(h.missing))
    return Suspicion(h.id, h.label, h.side, h.grade, *lists, next_test, h.source)


def _words(signs: tuple[Sign, ...]) -> tuple[str, ...]:
    return tuple(s.words for s in signs)
