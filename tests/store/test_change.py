"""When a difference of two visits is a change, and how it is drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.chain.reference import smallest_change
from groundup.clinic.scores import change, instruments
from groundup.clinic.store.change import OWN, Changes, Limits, changes, score_limits, shown_text, text, thinned
from groundup.clinic.store.records import Origin, Trend
from groundup.report.trend_page import DrawnTrend, render_trends
from groundup.study import Measure

ODI = Limits(detectable=10.0, important=12.0, higher_is_better=False, source="a paper")


def _trend(
    values: list[float], origin: Origin = "score", measure: str = "odi", detectables: list[float | None] | None = None
) -> Trend:
    n = len(values)
    days = tuple((date(2020, 1, 1) + timedelta(k)).isoformat() for k in range(n))
    unknown = (None,) * n
    return Trend(
        "P1",
        measure,
        "none",
        "Oswestry <index>",
        "%",
        origin,
        tuple(f"P1.{k}" for k in range(n)),
        days,
        tuple(values),
        unknown,
        unknown,
        tuple(detectables) if detectables else unknown,
    )


@pytest.mark.parametrize(
    ("last", "verdict", "better", "important"),
    [
        (40.0, "no detectable change", None, False),
        (30.1, "no detectable change", None, False),
        (30.0, "lower", True, False),
        (28.0, "lower", True, True),
        (50.0, "higher", False, False),
        (55.0, "higher", False, True),
    ],
)
def test_a_score_is_held_against_its_limits(last: float, verdict: str, better: bool | None, important: bool) -> None:
    first, change = changes(_trend([40.0, last]), {"odi": ODI})
    assert (first.verdict, first.difference) == ("first", 0.0)
    assert (change.verdict, change.better, change.important) == (verdict, better, important)
    assert change.source == "a paper"


def test_a_score_without_limits_is_not_known() -> None:
    change = changes(_trend([40.0, 10.0]))[1]
    assert (change.verdict, change.better, change.important, change.detectable) == ("not known", None, None, None)
    assert text(change, "%") == "-30 %; no smallest detectable change is known"


def test_a_score_of_which_only_what_people_notice_is_known() -> None:
    limits = {"odi": Limits(None, 2.0, False, "a paper")}
    small, large = changes(_trend([6.0, 5.0, 3.0]), limits)[1:]
    assert (small.verdict, small.better, small.important) == ("not known", None, False)
    assert (large.verdict, large.better, large.important) == ("not known", True, True)
    assert (
        text(large, "points") == "-3 points, better, as much as people notice; no smallest detectable change is known"
    )


@pytest.mark.parametrize("measure", sorted(instruments()))
@pytest.mark.parametrize("later", [0.0, 1.0, 4.0, 6.0, 20.0, 40.0, 50.0])
def test_scores_are_judged_as_by_the_evaluation(measure: str, later: float) -> None:
    trend = _trend([40.0, later], measure=measure)
    told, judged = changes(trend, score_limits(trend))[1], change(measure, 40.0, later)
    assert {"not known": None, "no detectable change": False}.get(told.verdict, True) == judged.beyond_error
    if judged.beyond_error is not False:
        assert told.important == judged.noticeable
        if told.better is not None:
            assert told.better == ((judged.improvement or 0.0) > 0)


def test_a_load_is_held_against_the_larger_of_both_uncertainties() -> None:
    trend = _trend([3.0, 3.4, 3.5], "study", "lumbar_peak", [0.2, 0.45, 0.3])
    assert [c.verdict for c in changes(trend)[1:]] == ["no detectable change", "higher"]
    assert [c.detectable for c in changes(trend)[1:]] == [0.45, 0.3]
    assert changes(trend)[1].source == OWN


def test_a_load_without_its_own_is_held_against_the_published() -> None:
    # chain/data/smallest_changes.toml: 0.08 m/s of gait.speed between recordings.
    fast, slow = changes(_trend([1.0, 1.081, 1.079], "study", "gait.speed"))[1:]
    assert (fast.verdict, slow.verdict) == ("higher", "no detectable change")
    assert "Perera 2006" in fast.source
    one_known = changes(_trend([1.0, 1.081], "study", "gait.speed", [0.2, None]))[1]
    assert (one_known.verdict, one_known.detectable) == ("no detectable change", 0.2)


def test_a_published_detectable_change_that_may_not_decide_is_shown() -> None:
    """``scores.toml``: the 10 % of Davidson 2002 have the status show; what people notice is 10 % or 30 % (Ostelo)."""
    trend = _trend([40.0, 36.0, 20.0])
    limits = score_limits(trend)
    small, large = changes(trend, limits)[1:]
    assert (small.verdict, small.detectable, small.shown) == ("not known", None, 10.0)
    assert text(small, "%") == "-4 % (published as detectable: 10 %; shown, decides nothing)"
    assert (
        text(large, "%")
        == "-20 %, better, as much as people notice (published as detectable: 10 %; shown, decides nothing)"
    )
    told = "published as detectable: 10 % (Davidson 2002, Phys Ther 82:8); shown, decides nothing"
    assert shown_text(limits["odi"], "%") == told
    page = render_trends("P1", [DrawnTrend(trend, changes(trend, limits), limits["odi"])])
    assert told in page
    assert page.count('<line class="shown"') == 1, "30 %; 50 % lies above the picture"
    assert "Lower is better." in page


@pytest.mark.parametrize("measure", sorted(instruments()))
def test_what_is_shown_never_decides(measure: str) -> None:
    trend = _trend([40.0, 0.0], measure=measure)
    limits = score_limits(trend)
    published = {s.status for s in instruments()[measure].changes if s.kind == "mdc"}
    assert (limits[measure].shown is not None) == (published == {"show"})
    without = {measure: replace(limits[measure], shown=None, shown_source="")}
    assert replace(changes(trend, limits)[1], shown=None) == changes(trend, without)[1]


_VALUES = st.floats(-50.0, 50.0, allow_nan=False) | st.integers(-5, 5).map(float)
_SIZES = st.none() | st.floats(0.0, 20.0) | st.integers(0, 5).map(float)


@given(
    st.lists(st.tuples(_VALUES, _SIZES), min_size=1, max_size=8),
    st.sampled_from(["odi", "gait.speed", "gait.cadence", "lumbar_peak"]),
    st.none() | st.builds(Limits, _SIZES, _SIZES, st.none() | st.booleans(), st.just("a paper")),
)
def test_judged_at_once_as_one_by_one(
    visits: list[tuple[float, float | None]], measure: str, held: Limits | None
) -> None:
    values, detectables = [v for v, _ in visits], [d for _, d in visits]
    origin: Origin = "score" if measure == "odi" else "study"
    trend = _trend(values, origin, measure, detectables)
    found = changes(trend, {measure: held} if held else None)
    assert len(found) == len(values)
    for k, one in enumerate(found):
        assert (one.visit, one.value, one.difference) == (f"P1.{k}", values[k], values[k] - values[0])
        alone = _judged(trend, k, held or Limits())
        assert (one.verdict, one.better, one.important, one.detectable) == alone, k


def _judged(trend: Trend, k: int, held: Limits) -> tuple[str, bool | None, bool | None, float | None]:
    """One visit by the words of docs/store.md."""
    if k == 0:
        return "first", None, None, None
    difference = trend.values[k] - trend.values[0]
    size, detectable = abs(difference), held.detectable
    if detectable is None and trend.origin == "study":
        known = [d for d in (trend.detectables[0], trend.detectables[k]) if d is not None]
        numbers = [Measure(trend.measure, "", "none", trend.values[i], "", "", "") for i in (0, k)]
        published = [] if len(known) == 2 else [smallest_change(*numbers, "again")[0]]
        detectable = max([*known, *published])
    told = detectable is not None and difference != 0 and size >= detectable - 1e-9
    noticed = held.important is not None and difference != 0 and size >= held.important - 1e-9
    important = noticed and (told or detectable is None)
    better = (difference > 0) == held.higher_is_better if (told or important) else None
    way = "higher" if difference > 0 else "lower"
    verdict = "not known" if detectable is None else way if told else "no detectable change"
    return (
        verdict,
        None if held.higher_is_better is None else better,
        None if held.important is None else important,
        detectable,
    )


def test_very_many_visits_are_judged_without_one_being_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """What took longest of 100 000 visits; the times are in docs/validation/store.md."""
    made: list[int] = []
    whole = Changes._change
    monkeypatch.setattr(Changes, "_change", lambda self, k: made.append(k) or whole(self, k))
    found = changes(_trend([float(k % 97) for k in range(100_000)]), {"odi": ODI})
    assert (len(found), made) == (100_000, [])
    assert [c.visit for c in found.ends(2)] == ["P1.0", "P1.99998", "P1.99999"]
    assert made == [0, 99_998, 99_999]
    assert found[-1] == found[99_999]
    with pytest.raises(IndexError):
        found[100_000]


def test_words() -> None:
    words = [text(c, "%") for c in changes(_trend([40.0, 38.0, 29.0, 20.0]), {"odi": ODI})]
    assert words == [
        "first",
        "-2 %; no detectable change (from 10 %)",
        "-11 %, better, too small to matter (detectable from 10 %)",
        "-20 %, better, it matters (detectable from 10 %)",
    ]


def test_a_thinned_line_keeps_its_ends_and_extremes() -> None:
    values = [float((k * 7919) % 10007) for k in range(10007)]
    kept = thinned(values, 400)
    assert len(kept) <= 402
    assert {0, len(values) - 1, values.index(max(values)), values.index(min(values))} <= set(kept)
    assert thinned([1.0, 2.0], 400) == [0, 1]


def _page(values: list[float], limits: Limits = ODI) -> str:
    trend = _trend(values)
    return render_trends("P1", [DrawnTrend(trend, changes(trend, {"odi": limits}), limits)])


def test_the_page_stands_alone_and_escapes() -> None:
    page = _page([40.0, 29.0])
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'" in page
    assert "Oswestry &lt;index&gt;" in page
    assert "<index>" not in page


def test_the_picture_shows_what_the_table_says() -> None:
    page = _page([40.0, 29.0, 20.0])
    picture = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    circles = [float(c.attrib["cy"]) for c in picture.findall("circle")]
    assert circles == sorted(circles), "lower values lie lower"
    band = picture.find("rect")
    assert band is not None
    middle = float(band.attrib["y"]) + float(band.attrib["height"]) / 2
    assert middle == pytest.approx(circles[0], abs=0.02), "the band lies about the first visit"
    # 40 to 20 is 20 %, twice the band's half height of 10 %.
    assert circles[2] - circles[0] == pytest.approx(float(band.attrib["height"]), abs=0.05)
    dashed = sorted(float(line.attrib["y1"]) - circles[0] for line in picture.findall("line[@class='matters']"))
    assert dashed == pytest.approx([-0.6 * (circles[2] - circles[0]), 0.6 * (circles[2] - circles[0])], abs=0.05)
    assert "-20 %, better, it matters" in page


def test_a_page_of_very_many_visits_stays_small() -> None:
    page = _page([float(k % 97) for k in range(20_000)])
    assert len(page) < 150_000
    assert "The table leaves out 19799 visits after the first." in page


def test_one_visit_and_equal_values_can_be_drawn() -> None:
    assert "<svg" in _page([40.0])
    assert "<svg" in _page([0.0, 0.0, 0.0], Limits())
