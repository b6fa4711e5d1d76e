"""Names in a bundle: groundup's own code systems, LOINC where the code is certain, UCUM units.

A LOINC code stands beside groundup's own where both mean the same thing, measured the same way: nobody should find a
height under a code that another hospital uses for another height. Everything else has groundup's own code only.
"""

from __future__ import annotations

from collections.abc import Mapping

from groundup.study import Side

BASE = "urn:x-groundup:"
PERSON = f"{BASE}person"
FIELD = f"{BASE}examination"
SCORE = f"{BASE}score"
MEASURE = f"{BASE}measure"
SUSPICION = f"{BASE}hypothesis"
FLAG = f"{BASE}red-flag"
SIDE = f"{BASE}side"
CHOICE = f"{BASE}choice"
REPORT = f"{BASE}report"
RELEASE = f"{BASE}release"
GRADE = f"{BASE}grade"
INTERVAL = f"{BASE}interval"
QUESTIONNAIRE = f"{BASE}questionnaire:"

LOINC_SYSTEM = "http://loinc.org"
UCUM_SYSTEM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem/"

LOINC: Mapping[str, tuple[str, str]] = {
    "person.age_years": ("30525-0", "Age"),
    "person.height_m": ("8302-2", "Body height"),
    "person.mass_kg": ("29463-7", "Body weight"),
    "person.bmi_kg_m2": ("39156-5", "Body mass index (BMI) [Ratio]"),
    "observation.fever_c": ("8310-5", "Body temperature"),
}

UCUM: Mapping[str, str] = {
    "": "1",
    "1": "1",
    "%": "%",
    "N": "N",
    "N·m": "N.m",
    "cm": "cm",
    "days": "d",
    "deg": "deg",
    "h/day": "h/d",
    "h/week": "h/wk",
    "kPa": "kPa",
    "kg": "kg",
    "kg/m²": "kg/m2",
    "km/week": "km/wk",
    "m": "m",
    "m/s": "m/s",
    "min": "min",
    "ml": "mL",
    "mm": "mm",
    "months": "mo",
    "points": "{points}",
    "s": "s",
    "sites": "{sites}",
    "steps/min": "{steps}/min",
    "times": "{times}",
    "years": "a",
    "°C": "Cel",
}

CATEGORY: Mapping[str, str] = {
    "person": "vital-signs",
    "history": "social-history",
    "pain": "survey",
    "scores": "survey",
    "goals": "survey",
    "medication": "survey",
}
"""HL7's categories by section of the examination; ``exam`` for all others."""


def concept(system: str, code: str, text: str, loinc: bool = False) -> dict[str, object]:
    """Return a CodeableConcept: groundup's own code first, LOINC's beside it where there is one."""
    codings: list[dict[str, str]] = [{"system": system, "code": code, "display": text}]
    if loinc and code in LOINC:
        number, display = LOINC[code]
        codings.append({"system": LOINC_SYSTEM, "code": number, "display": display})
    return {"coding": codings, "text": text}


def hl7(system: str, code: str) -> dict[str, object]:
    """Return a CodeableConcept of one of HL7's own code systems."""
    return {"coding": [{"system": f"{HL7}{system}", "code": code}]}


def side_concept(side: Side) -> dict[str, object] | None:
    """Return which side of the body, None for none."""
    return None if side == "none" else {"coding": [{"system": SIDE, "code": side}], "text": side}


def quantity(value: float, unit: str) -> dict[str, object]:
    """Return a Quantity; UCUM's code where the unit has one."""
    plain: dict[str, object] = {"value": value}
    if unit:
        plain["unit"] = unit
    return {**plain, "system": UCUM_SYSTEM, "code": UCUM[unit]} if unit in UCUM else plain
