"""``groundup analyse --static --sex --age --pressure``: who walks, how they stand and what a pressure file adds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from groundup.cli.main import main

WEIGHT_KG = 72.6


def words(shared: Path, *more: str) -> list[str]:
    folder = shared / "gait2392"
    walk, forces, static = (str(folder / f"subject01_{name}") for name in ("walk1.trc", "walk1_grf.mot", "static.trc"))
    return ["analyse", walk, "--forces", forces, "--static", static, "--mass", str(WEIGHT_KG), "--height", "1.8", *more]


def pressure_file(folder: Path, first_s: float = 0.0) -> Path:
    """Both feet loaded all the time, half under the heel."""
    path = folder / "pressure.csv"
    names = [f"{region}_{side}_n" for side in ("right", "left") for region in ("heel", "midfoot", "forefoot", "toes")]
    rows = [f"{t:.2f},300,0,200,100,300,0,200,100" for t in np.arange(first_s, first_s + 4.0, 0.02)]
    path.write_text("\n".join((",".join(("time_s", *names)), *rows)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def study(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("who")
    out, file = folder / "out", pressure_file(folder)
    more = ("--sex", "male", "--age", "45", "--steps-per-day", "8000", "--pressure", str(file), "-o", str(out))
    assert main(words(shared, *more)) == 0
    return json.loads((out / "study.json").read_text(encoding="utf-8"))


def measure(study: dict, name: str, side: str) -> dict:
    return next(m for m in study["measures"] if m["id"] == name and m["side"] == side)


@pytest.mark.parametrize("side", ["right", "left"])
def test_recorded_pressure_takes_the_place_of_the_estimate_and_says_so(study: dict, side: str) -> None:
    heel = measure(study, "foot.heel_share", side)
    assert heel["value"] == pytest.approx(50.0)
    assert heel["method"] == "recorded by pressure platform or insole, by region"
    assert measure(study, "foot.cop_mean", side)["method"].startswith("centre of pressure")
    assert any("pressure.csv recorded" in q["message"] for q in study["quality"])
    assert any(m["stage"] == "plantar pressure" for m in study["methods"])
    assert any(f["role"] == "pressure 1" and f["sha256"] for f in study["provenance"]["inputs"])


def test_ranges_for_sex_and_age_are_used(study: dict) -> None:
    (speed,) = (f for f in study["findings"] if f["id"] == "reference.gait.speed")
    assert "Bohannon 2011" in speed["source"]
    assert speed["grade"] == "none"


def test_load_per_day_is_that_of_the_steps_counted(study: dict) -> None:
    day, km = (measure(study, f"hip.contact_per_{unit}", "right") for unit in ("day", "km"))
    assert "8000 steps a day" in day["method"]
    stride_m = measure(study, "gait.stride_length", "none")["value"]
    assert day["value"] == pytest.approx(km["value"] * 8000 / 2 * stride_m / 1000, rel=0.03)


def test_the_standing_trial_tells_posture(study: dict) -> None:
    for name, limit in (
        ("trunk_lean", 12.0),
        ("pelvic_tilt", 20.0),
        ("pelvic_obliquity", 4.0),
        ("shoulder_level", 5.0),
    ):
        assert abs(measure(study, f"posture.standing_{name}", "none")["value"]) < limit
    assert 0.7 < measure(study, "posture.standing_leg_length", "left")["value"] < 1.0
    assert "no force plate" in measure(study, "posture.standing_weight_share", "left")["reason"]


def test_another_clock_is_refused_in_words(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = pressure_file(tmp_path, 100.0)
    assert main(words(shared, "--pressure", str(file), "-o", str(tmp_path / "out"))) != 0
    said = capsys.readouterr().err
    assert "pressure.csv: holds 100.000 to" in said
    assert "expected one clock for both. Shift its column of time." in said
