"""A person with known lengths, recorded with every marker set there is: the lengths and the walk come back."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from fitted_people import RATE_HZ, body, factors_of, lengths, recorded

from groundup.body.marker_recognition import recognise
from groundup.body.marker_sets import marker_sets
from groundup.body.model import Body, Marker
from groundup.body.person import Person, Recognition
from groundup.engine.skeleton import compile_skeleton
from groundup.motion.body_fit import fit_body
from groundup.motion.inverse_kinematics import build_problem, solve
from groundup.motion.scale_body import scale_body
from groundup.motion.scale_factors import default_pose
from groundup.motion.walk import read_walk, walk_motion

NAMES = sorted(one.name for one in marker_sets())
# Half the spread that a marker set expects; skin of 3 mm.
OFFSET_SHARE, SKIN_M = 0.5, 0.003
LEGS = ("thigh_r", "thigh_l", "shank_r", "shank_l")
ANGLES = tuple(f"{name}_{side}" for name in ("hip_flexion", "knee_angle", "ankle_angle") for side in "rl")


def person_with(recognition: Recognition, random: np.random.Generator) -> Body:
    """Scale the default body and put the markers near where the set expects them."""
    whole = body()
    markers = tuple(Marker(p.label, p.segment, p.location_m) for p in recognition.placements)
    truth = scale_body(whole.with_(markers=markers, muscles=()), factors_of(whole))
    spread = {p.label: OFFSET_SHARE * p.sigma_m for p in recognition.placements}
    return truth.with_(
        markers=tuple(
            replace(m, location=m.location + spread[m.name] * random.standard_normal(3)) for m in truth.markers
        )
    )


@pytest.mark.parametrize("still", [True, False], ids=["with standing", "walk alone"])
@pytest.mark.parametrize("name", NAMES)
def test_lengths_and_angles_come_back(name: str, still: bool) -> None:
    random = np.random.default_rng(7)
    labels = tuple(next(one for one in marker_sets() if one.name == name).places)
    recognition = recognise(labels, body())
    truth = person_with(recognition, random)
    skeleton, default = compile_skeleton(truth), np.array([c.default for c in truth.coordinates])
    walk = walk_motion(read_walk(), skeleton, default, np.arange(75) / RATE_HZ, 0.0)
    walking = recorded(truth, walk.q, walk.time_s, SKIN_M, random)
    standing = recorded(truth, default_pose(truth), np.zeros(1), 0.001, random) if still else None
    found = fit_body(body().with_(muscles=()), recognition, Person(70.0, 1.8), standing, walking)
    ours, true = lengths(found.body), lengths(truth)
    for part in LEGS:
        assert ours[part] == pytest.approx(true[part], rel=0.03), part
    followed = solve(build_problem(found.body, walking.names, walking.positions_m, walking.time_s, found.tasks))
    columns = [truth.coordinate_names.index(c) for c in ANGLES]
    off = np.degrees(followed.q - walk.q)[:, columns]
    assert np.sqrt((off**2).mean(0)).max() < 6.0
    assert np.nanmedian(followed.error_m) < 0.012
