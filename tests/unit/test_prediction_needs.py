"""Which bodies can walk by themselves, and what is said of those that cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from groundup.body.default_body import default_body
from groundup.errors import ModelError, SetupError
from groundup.io.osim_read import read_osim
from groundup.io.osim_write import write_osim
from groundup.predict.body import prediction_body
from groundup.predict.body.needs import lacking
from groundup.predict.request import SimulationRequest, check_model
from groundup.predict.simulate import simulate

BODY = default_body()


def test_the_default_body_and_a_written_copy_of_it_lack_nothing(tmp_path):
    assert lacking(BODY) == ()
    write_osim(BODY, tmp_path / "body.osim")
    copy = read_osim(tmp_path / "body.osim")
    assert lacking(copy) == ()
    assert prediction_body(copy).names == prediction_body(BODY).names


def test_everything_that_is_missing_is_listed():
    muscles = tuple(m for m in BODY.muscles if not m.name.startswith(("soleus", "glmed")))
    contacts = tuple(c for c in BODY.contacts if c.name != "heel_r")
    bare = BODY.with_(muscles=muscles, contacts=contacts)
    spheres, leg_muscles = lacking(bare)
    assert spheres == "contact spheres heel_r"
    assert leg_muscles.startswith("leg muscles glmed1_l, ")
    assert leg_muscles.endswith("and 2 more")
    with pytest.raises(
        ModelError, match=r"mine\.osim: the model lacks contact spheres heel_r; leg muscles.*leave --model out"
    ):
        check_model(bare, "mine.osim")


def test_a_coordinate_too_many_is_named():
    extra = replace(BODY.coordinates[-1], name="tail_wag")
    with pytest.raises(ModelError, match="tail_wag"):
        check_model(BODY.with_(coordinates=(*BODY.coordinates, extra)), "mine.osim")


def test_a_model_of_another_lab_is_refused_with_what_it_lacks(shared):
    path = next((shared / "models").glob("Rajagopal*2016*.osim"), None) or next((shared / "models").rglob("*.osim"))
    body = read_osim(path)
    with pytest.raises(ModelError, match=r"cannot walk|lacks"):
        check_model(body, path.name)


def test_a_model_and_a_study_exclude_each_other():
    with pytest.raises(SetupError, match="--model with --from"):
        SimulationRequest(from_study=Path("out"), model=Path("mine.osim"))


def test_a_named_model_must_be_given():
    with pytest.raises(SetupError, match="needs the body in it"):
        simulate(SimulationRequest(model=Path("mine.osim")), print)
