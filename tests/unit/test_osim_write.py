"""Writing and reading back changes nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundup.body.functions import Linear, NaturalCubicSpline
from groundup.body.model import Body
from groundup.errors import FileError, ModelError
from groundup.io.osim_read import read_osim
from groundup.io.osim_write import write_osim

DATA = Path(__file__).resolve().parents[1] / "data"
MODELS = [
    "gait2392/gait2392_simbody.osim",
    "moco2d/2D_gait.osim",
    "models/Rajagopal2016.osim",
    "models/RajagopalLaiUhlrich2023.osim",
    "arnold2013/subject01/subject01.osim",
    "arnold2013/subject18/subject18.osim",
]


def assert_same(a: Any, b: Any, place: str = "body") -> None:
    """Compare two records field by field; arrays to 1e-12 (one turn into angles and back), all else exactly."""
    assert type(a) is type(b), place
    if dataclasses.is_dataclass(a):
        for f in dataclasses.fields(a):
            assert_same(getattr(a, f.name), getattr(b, f.name), f"{place}.{f.name}")
    elif isinstance(a, tuple):
        assert len(a) == len(b), place
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{place}[{i}]")
    elif isinstance(a, np.ndarray):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12, err_msg=place)
    else:
        assert a == b, place


def there_and_back(path: Path, folder: Path) -> tuple[Body, Body]:
    body = read_osim(path)
    write_osim(body, folder / "again.osim")
    return body, read_osim(folder / "again.osim")


@pytest.mark.parametrize("name", MODELS)
def test_models_survive(name: str, shared: Path, tmp_path: Path) -> None:
    assert_same(*there_and_back(shared / name, tmp_path))


def test_the_full_body_survives(full_body_path: Path, tmp_path: Path) -> None:
    assert_same(*there_and_back(full_body_path, tmp_path))


def test_every_joint_survives_and_keeps_its_kind(tmp_path: Path) -> None:
    body, again = there_and_back(DATA / "every_joint.osim", tmp_path)
    assert_same(body, again)
    text = (tmp_path / "again.osim").read_text()
    assert "<PlanarJoint" in text
    assert text.count("<CustomJoint") == 1


def test_the_old_layout_becomes_the_new_one(tmp_path: Path) -> None:
    body, again = there_and_back(DATA / "old_leg.osim", tmp_path)
    kept = tuple(u for u in body.unsupported if u.xml)
    assert_same(body.with_(unsupported=kept), again)
    assert "parent_body" not in (tmp_path / "again.osim").read_text()


def test_a_changed_joint_becomes_a_custom_joint(tmp_path: Path) -> None:
    body = read_osim(DATA / "every_joint.osim")
    pin = next(j for j in body.joints if j.name == "j_pin")
    turned = dataclasses.replace(pin.axes[2], function=Linear((1.0,), 0.2))
    changed = dataclasses.replace(pin, axes=(*pin.axes[:2], turned, *pin.axes[3:]))
    body = body.with_(joints=tuple(changed if j is pin else j for j in body.joints))
    write_osim(body, tmp_path / "c.osim")
    again = next(j for j in read_osim(tmp_path / "c.osim").joints if j.name == "j_pin")
    assert again.kind == "CustomJoint"
    assert_same(again.axes[2], turned)


def test_infinite_ranges_and_odd_names_survive(tmp_path: Path) -> None:
    body = read_osim(DATA / "old_leg.osim")
    free = dataclasses.replace(body.coordinates[0], range=(-np.inf, np.inf))
    body = body.with_(name='a <b> & "c" ü', coordinates=(free, *body.coordinates[1:]))
    write_osim(body, tmp_path / "d.osim")
    again = read_osim(tmp_path / "d.osim")
    assert again.name == 'a <b> & "c" ü'
    assert again.coordinates[0].range == (-np.inf, np.inf)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    body = read_osim(DATA / "old_leg.osim")
    spline = NaturalCubicSpline(np.arange(3.0), np.arange(3.0))
    bad = dataclasses.replace(body.couplers[0], function=spline)
    with pytest.raises(ModelError, match="natural cubic spline cannot be written"):
        write_osim(body.with_(couplers=(bad,)), tmp_path / "e.osim")
    assert not (tmp_path / "e.osim").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"):
        write_osim(body, tmp_path / "file" / "e.osim")
