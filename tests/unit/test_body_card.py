"""The card of the default body."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from groundup.body.default_body import MESH_FILE, default_body
from groundup.chain.card.card import Card, describe_card, make_card, mass_shares
from groundup.chain.card.faults import try_body
from groundup.chain.card.measures import Curve, curves, mechanics
from groundup.cli.main import main
from groundup.report.body_page import Drawing, svg


@cache
def card() -> Card:
    return make_card()


def curve(name: str) -> Curve:
    return next(c for c in card().curves if c.name == name)


def test_every_part_of_the_body_is_weighed_once() -> None:
    assert sum(x.percent for x in card().masses) == pytest.approx(100.0, abs=1e-9)
    for published in range(2):
        assert sum(x.published[published] for x in mass_shares(default_body())) == pytest.approx(100.0, abs=0.2)


def test_an_arm_is_how_fast_the_path_shortens() -> None:
    """Slope of path lengths over the angle, weighted as the arm is: the virtual work that defines an arm."""
    m = mechanics(default_body())
    names = [u.name for u in m.body.muscles]
    for what, coordinate, starts in (
        ("Quadriceps at the knee", "knee_angle_r", ("recfem", "vas")),
        ("Rectus abdominis, all lumbar levels", "L5_S1_Flex_Ext", ("rect_abd",)),
    ):
        c = curve(what)
        i = m.skeleton.coordinate_index[coordinate]
        low, high = m.body.coordinates[i].range
        q = m.sweep(coordinate, low, high, 901)
        own = [k for k, n in enumerate(names) if n.startswith(starts) and (n.endswith("_r") or c.coordinate == "trunk")]
        strength = np.array([m.body.muscles[k].max_isometric_force for k in own])
        length = m.arms_and_lengths(q)[1][:, own] @ strength / strength.sum()
        angle = np.linspace(c.angle_deg[0], c.angle_deg[-1], 901)
        slope = 1000 * np.gradient(length, np.radians(angle))
        inside = (c.angle_deg > c.from_deg) & (c.angle_deg < c.to_deg)
        # Either way round: both groups turn against the sign of the coordinate, so their paths grow with it.
        expected = np.interp(c.angle_deg, angle, slope)
        np.testing.assert_allclose(c.values[inside], expected[inside], atol=0.3, err_msg=f"{what}, mm")


def test_ranges_judge_only_where_they_were_looked_up() -> None:
    assert curve("Achilles tendon at the ankle").verdict == "within"
    assert curve("Rectus abdominis, all lumbar levels").verdict == "below"
    assert {c.verdict for c in card().curves if not c.checked} == {"not judged"}
    assert all("from memory" in c.source for c in card().curves if not c.checked)
    assert all("from memory" not in c.source for c in card().curves if c.checked)


def test_strength_grows_with_the_muscles() -> None:
    body = default_body()
    from dataclasses import replace

    strong = body.with_(muscles=tuple(replace(u, max_isometric_force=2 * u.max_isometric_force) for u in body.muscles))
    for before, after in zip(card().curves, curves(mechanics(strong)), strict=True):
        factor = 2.0 if before.kind == "strength" else 1.0
        np.testing.assert_allclose(after.values, factor * before.values, rtol=1e-6, atol=1e-9)


def test_trying_a_body_finds_what_is_wrong_with_it() -> None:
    from dataclasses import replace

    body = default_body()
    changed = {
        "soleus_r": {"max_isometric_force": 0.5},
        "bfsh_l": {"optimal_fiber_length": 0.05},
        "tibant_r": {"tendon_slack_length": 0.1},
    }
    muscles = tuple(replace(u, **changed.get(u.name, {})) for u in body.muscles)
    m = mechanics(body.with_(muscles=muscles))
    q = np.array([[c.default for c in body.coordinates]])
    found = try_body(m, q)
    assert found.powerless == ("soleus_r",)
    assert ("soleus", "strength") in found.uneven
    assert any(name == "bfsh" for name, _ in found.uneven)
    assert "tibant_r" in [name for name, _ in found.long_fibers]
    assert any(words.startswith("Muscles without strength: soleus_r.") for words in found.words)


def test_it_tells_the_faults_that_matter_for_the_low_back() -> None:
    told = " ".join(map(str, [*describe_card(card())["known faults"], *card().found]))  # type: ignore[misc]
    for word in ("abdomen", "ligaments", "rhythm", "soleus", "Arms and neck", "Rectus abdominis", "trunk", "Fibres"):
        assert word in told


def test_command_prints_the_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "default"]) == 0
    said = capsys.readouterr().out
    for words in ("BSD 3-clause", "mass kg: 83.98", "318", "landmarks 71", "known faults:", "found by trying it:"):
        assert words in said


def test_command_writes_page_and_json(tmp_path: Path) -> None:
    assert main(["inspect", "default", "-o", str(tmp_path / "body.html")]) == 0
    page = (tmp_path / "body.html").read_text(encoding="utf-8")
    assert page.count("<svg") == len(card().curves)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert main(["inspect", "default", "--json", "-o", str(tmp_path / "body.json")]) == 0
    assert json.loads((tmp_path / "body.json").read_text())["height_m"] == pytest.approx(1.74, abs=0.05)


def test_a_file_called_default_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "default").write_text("nothing")
    assert main(["inspect", "default"]) != 0


def test_drawing_holds_the_curve_in_its_frame() -> None:
    angle = np.linspace(-20.0, 40.0, 7)
    drawn = svg(Drawing("A & B", "mm", angle, 30 + angle, (0.0, 10.0, 20.0, 40.0), True, ""))
    root = ElementTree.fromstring(drawn)
    line = next(e for e in root.iter() if e.tag.endswith("polyline"))
    points = np.array([tuple(map(float, p.split(","))) for p in line.attrib["points"].split()])
    assert len(points) == 7
    assert (np.diff(points[:, 0]) > 0).all()
    assert (np.diff(points[:, 1]) < 0).all()
    assert points.min() >= 0
    assert (points <= [340, 210]).all()


def test_bones_are_small() -> None:
    assert MESH_FILE.stat().st_size < 1_000_000
