"""The chain as the picture draws it: every number and finding at its link, loads upward, sides alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groundup.chain.flow import WORST_FIRST, chain_links, link_kinds
from groundup.chain.measures.catalogue import catalogue
from groundup.pipeline import demo
from groundup.study import Link, Ref, Side, Study


@pytest.fixture(scope="module")
def study() -> Study:
    return demo()


def link(chain: tuple[Link, ...], name: str, side: Side = "none") -> Link:
    return next(one for one in chain if (one.id, one.side) == (name, side))


def test_each_measure_of_a_side_belongs_to_one_link() -> None:
    for entry in catalogue().values():
        own = [k.id for k in link_kinds() if k.findings.fullmatch(entry.id)]
        assert len(own) == 1, entry.id


def test_numbers_of_a_link_are_those_of_measures_that_exist() -> None:
    for kind in link_kinds():
        for name, unit in ((kind.peak, "BW"), (kind.impulse, "BW·s"), (kind.difference, "BW")):
            assert not name or catalogue()[name].unit == unit


def test_loads_go_up_and_meet_in_the_low_back(study: Study) -> None:
    place = {(one.id, one.side): k for k, one in enumerate(study.chain)}
    assert len(place) == len(study.chain)
    for k, one in enumerate(study.chain):
        assert all(place[up.id, up.side] > k for up in one.up)
    assert [one.id for one in study.chain if not one.up] == ["l1_l2"]
    assert link(study.chain, "hip", "left").up == link(study.chain, "hip", "right").up == (Ref("low_back", "none"),)


def test_the_regions_carry_what_the_foot_carries(study: Study) -> None:
    for side in ("left", "right"):
        parts = [link(study.chain, r, side).impulse_bw_s for r in ("heel", "midfoot", "forefoot", "toes")]
        assert sum(parts) == pytest.approx(link(study.chain, "foot", side).impulse_bw_s, rel=1e-6)


def test_a_peak_is_the_main_number_of_its_name(study: Study) -> None:
    for name, side, number in (("low_back", "none", "lumbar_peak"), ("knee", "left", "knee_contact_peak")):
        told = next(h for h in study.headline if (h.id, h.side) == (number, side))
        assert link(study.chain, name, side).peak_bw == told.value
    assert link(study.chain, "low_back").label == "Low back (L5/S1)"
    assert link(study.chain, "l4_l5").peak_bw == study.low_back[1].compression_peak_bw


def test_only_ranges_that_judge_are_drawn(study: Study) -> None:
    back = link(study.chain, "low_back")
    assert (back.reference_low_bw, back.reference_high_bw) == (1.2, 3.0)
    assert back.reference_source
    assert np.isnan(link(study.chain, "hip", "right").reference_low_bw)  # published for comparison only


def test_findings_sit_at_their_link_the_worst_first(study: Study) -> None:
    before = next(f for f in study.findings if f.measure == "knee.contact_peak" and f.side == "left")
    worse = replace(before, id="pattern.made_up", kind="pattern", grade="moderate")
    chain = chain_links(study.measures, (*study.findings, worse), study.headline, study.low_back)
    left, right = link(chain, "knee", "left"), link(chain, "knee", "right")
    assert left.grade == "moderate"
    assert left.findings[0] == Ref("pattern.made_up", "left")
    assert right == link(study.chain, "knee", "right")
    placed = {(r.id, r.side) for one in chain for r in one.findings}
    assert placed == {
        (f.id, f.side) for f in (*study.findings, worse) if not (f.side == "none" and "gait" in f.measure)
    }
    assert WORST_FIRST[0] == "strong"


def test_a_difference_that_can_be_told_is_marked_on_both_sides_with_opposite_sign(study: Study) -> None:
    more = tuple(
        replace(m, value=1.5 * m.value) if (m.id, m.side) == ("knee.contact_peak", "right") else m
        for m in study.measures
    )
    chain = chain_links(more, study.findings, study.headline, study.low_back)
    left, right = link(chain, "knee", "left"), link(chain, "knee", "right")
    assert left.differs
    assert right.differs
    assert right.difference_bw == -left.difference_bw > right.detectable_bw
    assert not link(chain, "hip", "left").differs
    guessed = tuple(replace(m, estimated=True) for m in more)
    assert not any(one.differs for one in chain_links(guessed, (), study.headline))


def test_what_is_not_known_says_why(study: Study) -> None:
    silent = tuple(replace(h, value=np.nan, detail="the body has no muscles") for h in study.headline)
    chain = chain_links((), (), silent)
    assert link(chain, "knee", "left").reason == "the body has no muscles"
    assert link(chain, "heel", "left").reason == "not measured"
    assert [one.id for one in chain if not one.up] == ["low_back"]
    assert all(one.grade == "none" and not one.findings for one in chain)
