"""``evaluation.json``: an :class:`~groundup.clinic.evaluate.Evaluation` as versioned JSON.

``evaluation.schema.json`` beside this file describes the format. Days are text, ``2026-01-31``.
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.io.atomic import write_text_atomic
from groundup.io.study_file import record_to_dict

if TYPE_CHECKING:
    from groundup.clinic.evaluate import Evaluation

SCHEMA_FILE = Path(__file__).with_name("evaluation.schema.json")


def evaluation_to_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain JSON values, the schema first."""
    plain: dict[str, Any] = _days_as_text(record_to_dict(evaluation))
    for question in plain["differential"]["questions"]:
        # The leading one stands in the list; what each answer may move is for ranking the next test only.
        question["leading"] = question["leading"]["id"] if question["leading"] else None
        for hypothesis in question["hypotheses"]:
            hypothesis.pop("unknown", None)
    return plain


def evaluation_to_json(evaluation: Evaluation) -> str:
    """Return an evaluation as JSON text."""
    return json.dumps(evaluation_to_dict(evaluation), ensure_ascii=False, allow_nan=False, indent=2)


def write_evaluation(evaluation: Evaluation, path: str | Path) -> None:
    """Write ``evaluation.json``, whole or not at all.

    Raises
    ------
    FileError
        The file cannot be written.
    """
    write_text_atomic(path, evaluation_to_json(evaluation) + "\n")


def _days_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _days_as_text(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_days_as_text(one) for one in value]
    return value.isoformat() if isinstance(value, datetime.date) else value
