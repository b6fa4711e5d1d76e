"""People of a cohort from the store: the first examination of each, before treatment changes what is asked."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING

from groundup.clinic.cohort.people import CohortPerson
from groundup.clinic.scores import score
from groundup.examination import SIDES, Examination
from groundup.io.exam_file import exam_from_json
from groundup.study import Side

if TYPE_CHECKING:
    from groundup.clinic.store.records import Examined


def people_of_visits(examined: Iterable[Examined], today: datetime.date) -> tuple[CohortPerson, ...]:
    """Return one record per person, of the earliest visit with an examination.

    Parameters
    ----------
    examined : examinations of any number of visits
    today : no date may lie after it

    Raises
    ------
    FileError
        An examination in the store cannot be read.
    """
    first: dict[str, Examined] = {}
    for one in examined:
        known = first.get(one.person)
        if known is None or one.date < known.date:
            first[one.person] = one
    return tuple(_from_visit(one, today) for one in first.values())


def person_of(id: str, exam: Examination, birth_year: int | None = None, place: str = "") -> CohortPerson:
    """Return what the cohort's question needs of one examination; what was not asked stays unknown.

    Notes
    -----
    Heel pain is known to be absent only where both heels were asked about. An age that was not typed is the year of the
    examination less the year of birth. The FAAM is not sided: one is answered for the foot that hurts.
    """
    back = exam.get("history.back_pain")
    return CohortPerson(
        id=id,
        heel_pain=_heel(exam),
        back_pain=back if isinstance(back, bool) else None,
        age_years=_age(exam, birth_year),
        bmi_kg_m2=exam.number("person.bmi_kg_m2"),
        other_pain_sites=exam.number("pain.other_sites_count"),
        faam_adl_percent=_score("faam_adl", exam),
        odi_percent=_score("odi", exam),
        place=place,
    )


def _from_visit(one: Examined, today: datetime.date) -> CohortPerson:
    place = f"visit {one.visit} of {one.person}"
    return person_of(one.person, exam_from_json(one.examination, place, today), one.birth_year, place)


def _heel(exam: Examination) -> bool | None:
    sides: tuple[Side, ...] = SIDES
    told = [exam.get("history.heel_pain", side) for side in sides]
    if any(t is True for t in told):
        return True
    return False if all(t is False for t in told) else None


def _age(exam: Examination, birth_year: int | None) -> float | None:
    typed = exam.number("person.age_years")
    if typed is not None or birth_year is None or exam.date is None:
        return typed
    return float(exam.date.year - birth_year)


def _score(id: str, exam: Examination) -> float | None:
    found = score(id, exam)
    return None if found is None else found.value
