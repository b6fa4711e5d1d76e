"""Visits with something of everything."""

from __future__ import annotations

from groundup.clinic.store.records import Content, FileEntry, Number, StudyEntry, Treatment

# Quotes, backslashes, SQL, right-to-left and astral letters, spaces at the ends: text is text.
ODD = " Robert'); DROP TABLE visits;-- \\ \" % _ \u05e9\u05dc\u05d5\u05dd \U0001f9b6\n "

LOAD = Number("lumbar_peak", 3.1000000000000001, "BW", "none", "Peak low-back compression", 2.8, 3.4, 0.4)
FULL = Content(
    examination='{"pain": {"heel":  {"left": 7, "right": 0}}, "notes": "\\u00e9"}',
    scores=(
        Number("odi", 34.0, "%", details='{"items": [1, null, 3]}'),
        Number("faam.adl", 61.9, "%", "left"),
        Number("faam.adl", 1 / 3, "%", "right"),
    ),
    studies=(
        StudyEntry("/results/shoe", "a" * 64, "Shoe", (LOAD, Number("hip_contact_peak", 4.0, "BW", "left"))),
        StudyEntry("/results/barefoot", "b" * 64, "Barefoot", (LOAD,)),
    ),
    recordings=(FileEntry(f"/recordings/{ODD}.c3d", "c" * 64),),
    treatments=(Treatment(ODD, "3 x 30 s", "2026-01-05"), Treatment("heel cup")),
)
