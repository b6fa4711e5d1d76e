"""``simulation.json`` is what its schema says, whatever became of the walks."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from groundup.predict.answer import to_json
from groundup.study import Study
from sample_answer import sample_answer

SCHEMA = Path(sys.modules[Study.__module__].__file__ or "").parent / "io" / "simulation.schema.json"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _plain(treatments: str, uncertainty: bool) -> Any:
    return json.loads(json.dumps(to_json(sample_answer(None, treatments, uncertainty)), allow_nan=False))


@pytest.mark.parametrize(
    "treatments", ["heel_cup", "heel_lift:0..15mm:4", "heel_lift:0..15mm:2 calf_stretching:0..4deg:2"]
)
@pytest.mark.parametrize("uncertainty", [False, True])
def test_an_answer_is_what_the_schema_says(validator: Draft202012Validator, treatments: str, uncertainty: bool) -> None:
    assert [e.message for e in validator.iter_errors(_plain(treatments, uncertainty))] == []


@pytest.mark.parametrize(
    "path", [("cases", 0, "status"), ("comparisons", 0, "changes", 0, "verdict"), ("request", "intervals"), ("back",)]
)
def test_what_is_not_an_answer_is_not_valid(validator: Draft202012Validator, path: tuple[str | int, ...]) -> None:
    values = at = _plain("heel_cup", False)
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = "perhaps"
    assert list(validator.iter_errors(values))


def test_every_field_of_an_answer_is_described(validator: Draft202012Validator) -> None:
    assert _unknown(_plain("heel_cup", True), validator.schema, "") == []


KINDS_OF_THEIR_OWN = (".request.conditions[]", ".request.treatments[]")


def _unknown(values: Any, schema: Any, place: str) -> list[str]:
    """Places in an answer that the schema does not name."""
    if isinstance(values, dict) and "properties" in schema:
        named = schema["properties"]
        found = [f"{place}.{key}" for key in values if key not in named and place not in KINDS_OF_THEIR_OWN]
        below = [_unknown(value, named[key], f"{place}.{key}") for key, value in values.items() if key in named]
        return [*found, *(one for many in below for one in many)]
    if isinstance(values, list) and "items" in schema:
        return [one for value in values for one in _unknown(value, schema["items"], f"{place}[]")]
    return []
