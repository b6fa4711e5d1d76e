"""What must not matter to a fitted body: order of markers, clock, place and heading; and what a mirror does to it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from fitted_people import Made, body, made

from groundup.body.recording import MarkerTrajectories
from groundup.motion.body_fit import FittedBody, fit_body

SIDES = {"r": "l", "l": "r"}


@pytest.fixture(scope="module")
def who() -> Made:
    return made(noise_m=0.002)


@pytest.fixture(scope="module")
def found(who: Made) -> FittedBody:
    return fit(who, who.standing, who.walking)


def fit(who: Made, standing: MarkerTrajectories, walking: MarkerTrajectories) -> FittedBody:
    return fit_body(body().with_(muscles=()), who.recognition, who.person, standing, walking)


def assert_same(a: FittedBody, b: FittedBody, atol: float = 2e-4) -> None:
    for segment, factors in a.factors.items():
        np.testing.assert_allclose(b.factors[segment], factors, atol=atol, err_msg=segment)
    for label, offset in a.offsets_m.items():
        np.testing.assert_allclose(b.offsets_m[label], offset, atol=atol, err_msg=label)


def test_the_order_of_markers_does_not_matter(who: Made, found: FittedBody) -> None:
    order = np.random.default_rng(5).permutation(len(who.walking.names))

    def shuffled(m: MarkerTrajectories) -> MarkerTrajectories:
        return replace(m, names=tuple(m.names[i] for i in order), positions_m=m.positions_m[:, order])

    placements = tuple(who.recognition.placements[i] for i in order)
    other = replace(who, recognition=replace(who.recognition, placements=placements))
    assert_same(found, fit(other, shuffled(who.standing), shuffled(who.walking)))


def test_the_clock_does_not_matter(who: Made, found: FittedBody) -> None:
    later = replace(who.walking, time_s=who.walking.time_s + 17.25)
    assert_same(found, fit(who, who.standing, later), atol=1e-12)


@pytest.mark.parametrize("angle_deg", [35.0, 180.0])
def test_place_and_heading_do_not_matter(who: Made, found: FittedBody, angle_deg: float) -> None:
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    turn = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])

    def turned(m: MarkerTrajectories) -> MarkerTrajectories:
        return replace(m, positions_m=m.positions_m @ turn.T + [1.5, 0.0, -0.7])

    assert_same(found, fit(who, turned(who.standing), turned(who.walking)), atol=1e-3)


def test_a_mirror_image_gives_the_mirrored_body(who: Made, found: FittedBody) -> None:
    def mirrored(m: MarkerTrajectories) -> MarkerTrajectories:
        return replace(m, names=tuple(_other(n) for n in m.names), positions_m=m.positions_m * [1.0, 1.0, -1.0])

    image = fit(who, mirrored(who.standing), mirrored(who.walking))
    for segment, factors in found.factors.items():
        np.testing.assert_allclose(image.factors[_other(segment)], factors, atol=1e-3, err_msg=segment)
    for label, offset in found.offsets_m.items():
        np.testing.assert_allclose(image.offsets_m[_other(label)], offset * [1.0, 1.0, -1.0], atol=5e-4, err_msg=label)
    for name, value in found.parameters.items():
        sign = -1.0 if "right_over_left" in name else 1.0
        assert image.parameters[name] == pytest.approx(sign * value, abs=1e-3), name


def _other(name: str) -> str:
    return f"{name[:-1]}{SIDES[name[-1]]}" if name[-2:] in ("_r", "_l") else name
