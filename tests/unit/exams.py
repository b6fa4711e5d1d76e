"""Records of every kind for property tests."""

from __future__ import annotations

import datetime

from hypothesis import strategies as st

from groundup.examination import SIDES, Examination, Field, Value, fields
from groundup.io import exam_file
from groundup.study import Side

TODAY = datetime.date(2026, 11, 23)


def values(field: Field) -> st.SearchStrategy[Value]:
    if field.kind == "yes_no":
        return st.booleans()
    if field.kind in ("number", "items"):
        assert field.low is not None
        assert field.high is not None
        whole = st.integers(int(field.low), int(field.high)).map(float)
        one = whole if field.whole else whole | st.floats(field.low, field.high).map(lambda v: v + 0.0)
        return one if field.kind == "number" else st.lists(
            one | st.none(), min_size=field.count, max_size=field.count
        ).map(tuple)  # fmt: skip
    if field.kind == "choice":
        return st.sampled_from(field.choices)
    if field.kind == "choices":
        return st.lists(st.sampled_from(field.choices), unique=True).map(tuple)
    if field.kind == "date":
        return st.dates(exam_file.EARLIEST, datetime.date(2020, 1, 1))
    return plain_text


TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
letters = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters=TURNING)
plain_text = st.text(letters | st.sampled_from("\n\t\"\\'#="), max_size=40)


@st.composite
def examinations(draw: st.DrawFn) -> Examination:
    typed = [f for f in fields().values() if not f.derived]
    answers: dict[tuple[str, Side], Value] = {}
    for field in draw(st.lists(st.sampled_from(typed), max_size=12, unique_by=lambda f: f.id)):
        some: list[tuple[Side, ...]] = [("left",), ("right",), SIDES] if field.sided else [("none",)]
        for side in draw(st.sampled_from(some)):
            answers[field.id, side] = draw(values(field))
    day = draw(st.none() | st.dates(datetime.date(2020, 1, 2), TODAY))
    return Examination(day, answers, draw(plain_text))
