"""The cohort's question: published figures, outside witnesses, and what must not be said."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import json
import math
import xml.etree.ElementTree as Tree
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.cli.main import main
from groundup.clinic.cohort import (
    Cohort,
    CohortPerson,
    Estimate,
    answer,
    columns,
    logistic,
    people_of,
    person_of,
    statistics,
    template,
)
from groundup.clinic.cohort.logistic import Term
from groundup.clinic.cohort.statistics import TwoByTwo
from groundup.errors import FileError, GroundupError, MeasureError
from groundup.examination import Examination, Value
from groundup.io.exam_file import exam_to_json
from groundup.io.people_table import read_people_table
from groundup.report.cohort_page import forest_plot, render_cohort, scatter_plot
from groundup.study import Side

PUBLISHED = TwoByTwo(20, 7, 10, 17)  # McClinton 2018 Foot 34:18


def of_table(t: TwoByTwo) -> list[CohortPerson]:
    cells = ((True, True, t.a), (True, False, t.b), (False, True, t.c), (False, False, t.d))
    pairs = [(heel, back) for heel, back, n in cells for _ in range(n)]
    return [CohortPerson(f"p{k}", heel, back) for k, (heel, back) in enumerate(pairs)]


def simulated(n: int, heel_odds: float, seed: int) -> list[CohortPerson]:
    """People whose back pain follows a logistic model with known odds ratios."""
    r = np.random.default_rng(seed)
    heel = r.random(n) < 0.5
    age, bmi, sites = r.normal(50, 12, n), r.normal(27 + 2 * heel, 4), r.poisson(1 + heel, n)
    z = -1.0 + math.log(heel_odds) * heel + 0.02 * (age - 50) + 0.06 * (bmi - 27) + 0.5 * sites
    back = r.random(n) < 1 / (1 + np.exp(-z))
    rows = zip(heel, back, age, bmi, sites, strict=True)
    return [CohortPerson(f"p{k}", bool(h), bool(b), None, a, m, float(s)) for k, (h, b, a, m, s) in enumerate(rows)]


def by_id(cohort: Cohort) -> dict[str, Estimate]:
    return {e.id: e for e in cohort.odds_ratios}


# --- published figures and witnesses -------------------------------------


def test_published_two_by_two() -> None:
    crude = by_id(answer(of_table(PUBLISHED), "published"))["crude"]
    assert (round(crude.interval.value, 2), round(crude.interval.low, 1), round(crude.interval.high, 1)) == (
        4.86,
        1.5,
        15.5,
    )
    assert crude.text == "4.86 (1.52 to 15.5)"


def test_published_prevalences_are_74_and_37_percent() -> None:
    groups = answer(of_table(PUBLISHED), "published").groups
    assert [round(100 * g.prevalence.value) for g in groups] == [74, 37]


def test_published_correlation_has_its_published_p() -> None:
    assert statistics.spearman_p(-0.463, 27) == pytest.approx(0.015, abs=5e-4)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)],
)
def test_wilson_as_newcombe_1998_tabulates(count: int, of: int, low: float, high: float) -> None:
    found = statistics.wilson(count, of)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_exact_interval_is_where_each_tail_has_two_and_a_half_percent() -> None:
    from scipy.stats import nchypergeom_fisher

    found = statistics.exact_odds_ratio(PUBLISHED)
    tail = lambda odds: nchypergeom_fisher(54, 27, 30, odds)  # noqa: E731
    assert tail(found.low).sf(19) == pytest.approx(0.025, abs=1e-4)
    assert tail(found.high).cdf(20) == pytest.approx(0.025, abs=1e-4)


def test_matched_pairs_as_breslow_and_day() -> None:
    # Breslow and Day 1980, 5.2: 29 against 3 discordant pairs give 9.67 with exact limits 2.97 and 49.6.
    found, p = statistics.matched_odds_ratio(29, 3)
    assert found.value == pytest.approx(9.67, abs=5e-3)
    assert found.low == pytest.approx(2.97, abs=0.05)
    assert found.high == pytest.approx(49.6, rel=0.02)
    assert p < 0.001


def test_pairs_are_read_from_the_people() -> None:
    backs = [(True, False)] * 6 + [(False, True)] * 2 + [(True, True)] * 3 + [(False, False)]
    people = [
        CohortPerson(f"{k}{'h' if heel else 'c'}", heel, back[0] if heel else back[1], f"{k}")
        for k, back in enumerate(backs)
        for heel in (False, True)
    ]
    whole = by_id(answer(people, "pairs"))["matched"]
    assert (whole.interval.value, whole.n) == (3.0, 12)
    broken = answer([*people[1:], CohortPerson("x", True, True)], "pairs")
    assert by_id(broken)["matched"].n == 11
    assert {(o.what, o.n) for o in broken.left_out} == {("matched odds ratio (pairs)", 1), ("matched odds ratio", 1)}


def test_adjusted_model_without_other_variables_is_the_crude_ratio() -> None:
    pytest.importorskip("statsmodels")
    people = of_table(PUBLISHED)
    y, x = (np.array([float(getattr(p, name)) for p in people]) for name in ("back_pain", "heel_pain"))
    ((found, _),) = logistic.fit(y, x[:, None], [Term("heel_pain", 1.0)])
    woolf = statistics.woolf(PUBLISHED)
    assert (found.value, found.low, found.high) == pytest.approx((woolf.value, woolf.low, woolf.high), rel=1e-5)


def test_adjusted_model_finds_what_the_people_were_made_with() -> None:
    pytest.importorskip("statsmodels")
    found = by_id(answer(simulated(6000, 2.5, 1), "simulated"))
    assert found["adjusted"].interval.low < 2.5 < found["adjusted"].interval.high
    assert found["adjusted"].interval.value == pytest.approx(2.5, rel=0.15)
    assert found["adjusted.other_pain_sites"].interval.value == pytest.approx(math.exp(0.5), rel=0.1)
    assert found["adjusted.age_years"].interval.value == pytest.approx(math.exp(0.2), rel=0.1)
    # Pain elsewhere and weight go with heel pain, so the ratio of the counts is too high: that is why one adjusts.
    assert found["crude"].interval.value > 1.2 * found["adjusted"].interval.value


def test_adjusted_model_is_the_maximum_of_the_likelihood() -> None:
    pytest.importorskip("statsmodels")
    from scipy.optimize import minimize

    people = simulated(300, 2.0, 2)
    x = np.array(
        [[1, p.heel_pain, (p.age_years or 0) / 10, (p.bmi_kg_m2 or 0) / 5, p.other_pain_sites] for p in people], float
    )
    y = np.array([bool(p.back_pain) for p in people])

    def loss(beta: np.ndarray) -> float:
        return float(np.logaddexp(0, np.where(y, -1, 1) * (x @ beta)).sum())

    best = np.exp(minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-8}).x[1:])
    found = [e.interval.value for e in answer(people, "x").odds_ratios if e.id.startswith("adjusted")]
    assert found == pytest.approx(list(best), rel=1e-3)


# --- symmetry ------------------------------------------------------------


@given(st.tuples(*[st.integers(0, 30)] * 4))
def test_swapping_the_groups_turns_the_ratio_over(cells: tuple[int, int, int, int]) -> None:
    t = TwoByTwo(*cells)
    turned = TwoByTwo(t.c, t.d, t.a, t.b)
    for make in (statistics.woolf, statistics.exact_odds_ratio):
        one, other = make(t), make(turned)
        if math.isnan(one.value):
            assert math.isnan(other.value)
        elif 0 < one.value < math.inf:
            assert other.value == pytest.approx(1 / one.value, rel=1e-3)
        if not math.isnan(one.low):
            assert one.low <= one.value <= one.high or one.value == pytest.approx(one.low)


# --- few people, separation, missing values ------------------------------


def test_empty_cell_gives_the_exact_interval_alone() -> None:
    cohort = answer(of_table(TwoByTwo(8, 0, 3, 7)), "x")
    assert list(by_id(cohort)) == ["crude_exact"]
    assert cohort.odds_ratios[0].text.startswith("no upper limit, at least ")
    assert "A cell of the table is empty" in cohort.warnings[0]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (TwoByTwo(5, 5, 0, 0), "nobody without heel pain"),
        (TwoByTwo(0, 5, 0, 5), "nobody has back pain"),
        (TwoByTwo(5, 0, 5, 0), "everybody has back pain"),
    ],
)
def test_no_ratio_without_both_groups_and_both_answers(table: TwoByTwo, why: str) -> None:
    cohort = answer(of_table(table), "x")
    assert cohort.odds_ratios == ()
    assert why in cohort.not_computed[0].why


def test_few_people_are_told() -> None:
    assert "smallest cell" in answer(of_table(TwoByTwo(4, 2, 2, 4)), "x").warnings[0]
    pytest.importorskip("statsmodels")
    warned = answer(simulated(60, 1.5, 4), "x").warnings
    assert any("Few people for the adjusted model" in text or "Very few" in text for text in warned)


def test_separation_is_found_and_no_ratio_made_up() -> None:
    people = [dataclasses.replace(p, back_pain=(p.other_pain_sites or 0) > 1) for p in simulated(80, 1.0, 5)]
    cohort = answer(people, "x")
    assert "adjusted" not in by_id(cohort)
    assert any("separated" in n.why for n in cohort.not_computed)


def test_separation_agrees_with_trying_every_plane_through_few_points() -> None:
    grid = np.array(list(itertools.product((0.0, 1.0), repeat=2)))
    for bits in itertools.product((0.0, 1.0), repeat=4):
        y = np.array(bits)
        planes = (
            np.sign(2 * y - 1) * (grid @ np.array([a, b]) + c)
            for a, b, c in itertools.product(np.linspace(-2, 2, 9), repeat=3)
        )
        expected = any((side >= 0).all() and (side > 0).any() for side in planes)
        assert logistic.separated(y, grid) == expected, bits


def test_dependent_and_constant_variables_are_told() -> None:
    people = simulated(60, 1.5, 6)
    same = answer([dataclasses.replace(p, age_years=50.0) for p in people], "x")
    assert "age_years: the same for everybody" in same.not_computed[0].why
    tied = answer([dataclasses.replace(p, bmi_kg_m2=p.age_years) for p in people], "x")
    assert "follows from the others" in tied.not_computed[0].why


def test_without_statsmodels_the_rest_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logistic.importlib.util, "find_spec", lambda name: None)
    cohort = answer(simulated(200, 2.0, 7), "x")
    assert "crude" in by_id(cohort)
    assert "groundup[statistics]" in cohort.not_computed[0].why


def test_people_with_unknown_values_are_counted_out_and_said() -> None:
    pytest.importorskip("statsmodels")
    people = simulated(200, 2.0, 8)
    people[0] = dataclasses.replace(people[0], back_pain=None)
    people[1] = dataclasses.replace(people[1], age_years=None)
    cohort = answer(people, "x")
    assert cohort.table.total == 199
    assert by_id(cohort)["adjusted"].n == by_id(cohort)["crude_same_people"].n == 198
    assert {(o.what, o.n, o.of) for o in cohort.left_out} == {("everything", 1, 200), ("adjusted odds ratio", 1, 199)}


def test_nobody_with_both_answers_is_an_error() -> None:
    with pytest.raises(MeasureError, match="of none of 1 people both"):
        answer([CohortPerson("p1", heel_pain=True)], "x.csv")


def test_it_says_what_it_is_not() -> None:
    said = " ".join(answer(of_table(PUBLISHED), "x").statements)
    for words in ("does not say that heel pain causes", "at one time", "no diagnosis", "not how many times as often"):
        assert words in said


# --- tables --------------------------------------------------------------

HEAD = "id,heel_pain,back_pain,age_years,bmi_kg_m2,other_pain_sites,faam_adl_percent,odi_percent"


def read(folder: Path, text: str | bytes) -> tuple[CohortPerson, ...]:
    path = folder / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return people_of(read_people_table(path))


def test_template_can_be_filled_in(tmp_path: Path) -> None:
    assert set(template().splitlines()[-1].split(",")) == set(columns())
    blank = {name: "" for name in columns()}
    row = {**blank, "id": "p1", "heel_pain": "yes", "back_pain": "no", "mass_kg": "81", "height_m": "1.8"}
    (person,) = read(tmp_path, template() + ",".join(row.values()) + "\n")
    assert (person.heel_pain, person.back_pain, person.bmi_kg_m2, person.age_years) == (
        True,
        False,
        pytest.approx(25),
        None,
    )


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_spreadsheets_of_other_countries(tmp_path: Path, start: str) -> None:
    text = f"{start}id;heel_pain;back_pain;age_years;bmi_kg_m2\r\np1;yes;no;44,5;27,1\r\n;;;;\r\np2;no;unknown;;NA\r\n"
    one, two = read(tmp_path, text)
    assert (one.age_years, one.bmi_kg_m2, two.back_pain, two.age_years) == (44.5, 27.1, None, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{HEAD}\np1,yes,no,430,,,,\n", r"line 2: age_years is 430, expected a number, 10 to 110 years"),
        (f"{HEAD}\np1,yes,no,,,,140,\n", "faam_adl_percent is 140, expected a number, 0 to 100 %"),
        (f"{HEAD}\np1,yes,no,,,1.5,,\n", "other_pain_sites is 1.5, expected a whole number"),
        (f"{HEAD}\np1,yes,no,,2_7,,,\n", "bmi_kg_m2 is '2_7', expected a number"),
        (f"{HEAD}\np1,maybe,no,,,,,\n", "heel_pain is 'maybe', expected yes or no"),
        (f"{HEAD}\np1,yes,no,,,,,\np1,no,no,,,,,\n", r"line 3: id 'p1' is there before \(.*line 2\)"),
        (f"{HEAD}\n'; DROP TABLE people;--,yes,no,,,,,\n", "expected up to 64 letters, digits"),
        (f"{HEAD}\n=1+1,yes,no,,,,,\n", "expected up to 64 letters, digits"),
        (f"{HEAD}\n,yes,no,,,,,\n", "has no id"),
        ("id,heel_pain,back_pain,bmi\np1,yes,no,25\n", "'bmi' is not known. Did you mean bmi_kg_m2"),
        ("id,heel_pain\np1,yes\n", "column back_pain is missing"),
        (
            "id,heel_pain,back_pain,height_m,mass_kg\np1,yes,no,178,80\n",
            r"height_m is 178.*Centimetres\? Divide by 100",
        ),
        (
            "id,heel_pain,back_pain,height_m,mass_kg,bmi_kg_m2\np1,yes,no,1.8,81,31\n",
            "bmi_kg_m2 is 31, but mass_kg and height_m make 25.0",
        ),
        ("id,heel_pain,back_pain,id\n", "column 'id' is there twice"),
        ("id,heel_pain,back_pain\np1,yes\n", "has 2 cells, expected 3"),
        ('id,heel_pain,back_pain\np1,"yes,no\n', "cannot be split into cells"),
        ("id,heel_pain,back_pain\n", "holds names of columns and nobody"),
        ("", "the table is empty"),
        ("id,heel_pain,back_pain\np\u00e9,yes,no\n".encode("latin-1"), "is not UTF-8 text"),
        (b"id,heel_pain,back_pain\np1\x00,yes,no\n", "binary file"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(FileError, match=words) as caught:
        read(tmp_path, text)
    assert "people.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_huge_table_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with open(path, "wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(FileError, match="50 MB, expected a table of people of at most 20 MB"):
        read_people_table(path)


@given(st.binary(max_size=300))
def test_any_bytes_are_people_or_an_error_in_words(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    said = ""
    try:
        read(tmp_path_factory.mktemp("fuzz"), b"id,heel_pain,back_pain\n" + data)
    except GroundupError as error:
        said = str(error)
    assert "\n" not in said


# --- store ----------------------------------------------------------------


def exam(**told: object) -> Examination:
    """A record; ``heel``: left and right."""
    answers: dict[tuple[str, Side], Value] = {}
    for side, value in zip(("left", "right"), told.pop("heel", ()), strict=False):  # type: ignore[call-overload]
        if value is not None:
            answers["history.heel_pain", side] = value
    day = told.pop("day", datetime.date(2026, 5, 4))
    return Examination(day, {**answers, **{(k.replace("__", "."), "none"): v for k, v in told.items()}})  # type: ignore


@pytest.mark.parametrize(
    ("heel", "expected"),
    [((True, None), True), ((None, True), True), ((False, False), False), ((False, None), None), ((), None)],
)
def test_heel_pain_is_absent_only_where_both_were_asked(heel: tuple[bool | None, ...], expected: bool | None) -> None:
    assert person_of("p1", exam(heel=heel)).heel_pain is expected


def test_person_of_an_examination() -> None:
    told = exam(
        heel=(True, False),
        history__back_pain=False,
        person__height_m=1.8,
        person__mass_kg=81.0,
        scores__odi=22.0,
        scores__faam_adl=70.0,
    )
    found = person_of("p1", told, birth_year=1980)
    assert (found.back_pain, found.bmi_kg_m2, found.age_years) == (False, pytest.approx(25.0), 46.0)
    assert (found.odi_percent, found.faam_adl_percent, found.other_pain_sites) == (22.0, 70.0, None)


def test_first_visit_of_each_person_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sqlalchemy", reason="needs groundup[clinic]")
    pytest.importorskip("alembic", reason="needs groundup[clinic]")
    from groundup.clinic.store import Store

    with Store.open(tmp_path / "store.sqlite") as store:
        for k in range(12):
            person = store.add_person(f"p{k}").id
            for month, back in ((3, k % 3 == 0), (6, True)):
                day = datetime.date(2026, month, 1)
                visit = store.add_visit(person, day, visit=f"v{k}-{month}").id
                told = exam(day=day, heel=(k % 2 == 0, False), history__back_pain=back)
                store.add_examination(visit, exam_to_json(told))
    assert main(["cohort", "--store", str(tmp_path / "store.sqlite"), "-o", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["table"] == {"a": 2, "b": 4, "c": 2, "d": 4}


def test_a_table_or_a_store(tmp_path: Path) -> None:
    for given_ in ([], ["people.csv", "--store", "s.sqlite"]):
        with pytest.raises(SystemExit):
            main(["cohort", *given_])


# --- command and page ----------------------------------------------------


def written(folder: Path, people: list[CohortPerson]) -> Path:
    yes = {True: "yes", False: "no", None: ""}
    rows = [
        f"{p.id},{yes[p.heel_pain]},{yes[p.back_pain]},{p.age_years or ''},{p.bmi_kg_m2 or ''},"
        f"{'' if p.other_pain_sites is None else p.other_pain_sites},{60 + k % 30},{(k * 7) % 40}"
        for k, p in enumerate(people)
    ]
    path = folder / "people.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return path


def test_command_writes_a_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("statsmodels")
    out = tmp_path / "out"
    assert main(["cohort", str(written(tmp_path, simulated(80, 2.0, 9))), "-o", str(out), "--json"]) == 0
    shown, kept = json.loads(capsys.readouterr().out), json.loads((out / "cohort.json").read_text(encoding="utf-8"))
    assert kept == {k: v for k, v in shown.items() if k != "out"}
    assert {f.relative_to(out).as_posix() for f in out.rglob("*") if f.is_file()} == {
        "cohort.json", "report.html", "plots/odds_ratios.svg", "plots/faam_odi.svg",
        "tables/prevalence.csv", "tables/estimates.csv", "tables/left_out.csv",
    }  # fmt: skip
    page = (out / "report.html").read_text(encoding="utf-8")
    assert all(e["text"] in page for e in kept["odds_ratios"])
    assert all(text in page for text in kept["statements"])
    assert "<script" not in page


def test_command_writes_a_template_and_nothing_over_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new.csv"
    assert main(["cohort", "--new", "-o", str(path)]) == 0
    assert main(["cohort", "--new", "-o", str(path)]) == 1
    assert "is there already" in capsys.readouterr().err


def test_bad_table_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"{HEAD}\np1,yes,no,430,,,,\n", encoding="utf-8")
    assert main(["cohort", str(path), "-o", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists()


def test_plots_are_files_of_their_own() -> None:
    cohort = answer(
        [
            dataclasses.replace(p, faam_adl_percent=50.0 + k, odi_percent=30.0 - k)
            for k, p in enumerate(of_table(TwoByTwo(9, 4, 0, 9)))
        ],
        "x",
    )
    for drawn in (forest_plot(cohort.odds_ratios), scatter_plot(cohort)):
        assert Tree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"


def test_page_shows_text_as_text() -> None:
    page = render_cohort(answer(of_table(PUBLISHED), "<script>alert(1)</script>.csv"))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>" not in page
