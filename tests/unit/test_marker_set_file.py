"""A user's own marker set file: what it may say, and what its reader answers to what it may not."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.body.default_body import default_body
from groundup.body.marker_recognition import recognise
from groundup.body.marker_sets import marker_set
from groundup.errors import GroundupError
from groundup.io.marker_set_file import read_marker_map

ROOT = Path(__file__).resolve().parents[2]


def written(folder: Path, text: str) -> Path:
    path = folder / "my.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "marker-sets.md").read_text(encoding="utf-8")
    found = read_marker_map(written(tmp_path, page.split("```toml\n")[1].split("```")[0]))
    assert found.base == "plug_in_gait"
    assert found.places["SWORD"] is None
    labels = [*marker_set("plug_in_gait").core, "RASIS", "RWAND", "SWORD"]
    recognised = recognise([label for label in labels if label != "RASI"], default_body(), found)
    wand = next(p for p in recognised.placements if p.label == "RWAND")
    assert wand.segment == "femur_r"
    np.testing.assert_allclose(wand.location_m, [0.010, -0.230, 0.120])
    np.testing.assert_allclose(wand.sigma_m, [0.05, 0.08, 0.04])
    assert "RASI" not in dict(recognised.missing)
    assert recognised.ignored == ("SWORD",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[markers]\n'A' = 'asis_rigth'", ['"A"', 'landmark "asis_rigth" does not exist', "Nearest names: asis_r"]),
        ("[markers]\n'A' = {segment='femur', location_m=[0,0,0]}", ['segment "femur"', "femur_r"]),
        ("[markers]\n'A' = {segment='femur_r'}", ["lacks location_m", "expected segment and location_m (m)"]),
        ("[markers]\n'A' = {segment='femur_r', location_m=[10, -230, 90]}", ["-230", "Give metres"]),
        ("[markers]\n'A' = {segment='femur_r', location_m=[0, 0]}", ["expected three numbers in metres"]),
        ("[markers]\n'A' = {segment='femur_r', location_m=[0, 0, nan]}", ["expected three numbers in metres"]),
        ("[markers]\n'A' = {segment='femur_r', location_m=[0,0,0], sigma_m=[0.0,1,1]}", ["sigma_m holds", "0.0005"]),
        ("[markers]\n'A' = {segment='femur_r', location=[0,0,0]}", ['key "location"', "location_m"]),
        ("[markers]\n'A' = true", ["is True", "false to ignore"]),
        ("base = 'plugin_gait'\n", ["base is 'plugin_gait'", "Did you mean plug_in_gait?"]),
        ("[marker]\n'A' = 'c7'", ['"marker" is unknown']),
        ("markers = 3", ["holds no markers"]),
        ("R.ASIS = asis", ["is not TOML", "Put labels in quotes"]),
        ("", ["empty"]),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(GroundupError) as refused:
        read_marker_map(path)
    message = str(refused.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert all(word in message for word in words), message


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    with contextlib.suppress(GroundupError):
        read_marker_map(path)
