"""The cohort's question: back pain with and without heel pain, crude, within pairs, and adjusted."""

from groundup.clinic.cohort.people import CohortPerson, columns, people_of, template
from groundup.clinic.cohort.question import answer
from groundup.clinic.cohort.records import SCHEMA, Cohort, Estimate, Group, LeftOut, NotComputed, Point
from groundup.clinic.cohort.visits import people_of_visits, person_of

__all__ = [
    "SCHEMA",
    "Cohort",
    "CohortPerson",
    "Estimate",
    "Group",
    "LeftOut",
    "NotComputed",
    "Point",
    "answer",
    "columns",
    "people_of",
    "people_of_visits",
    "person_of",
    "template",
]
