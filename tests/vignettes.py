"""Written cases: what is known of somebody, and what a sensible second reader would say. Nobody real."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundup.clinic.examination import Examination, Value, fields
from groundup.study import Finding, Provenance, Study, Subject

FOLDER = Path(__file__).parent / "data" / "vignettes"


@dataclass(frozen=True)
class Vignette:
    name: str
    title: str
    expect: Mapping[str, str]
    exam: Examination
    study: Study | None
    next_test: Mapping[str, list[str]]
    rules: Mapping[str, bool]
    held_back: tuple[str, ...]
    emergency: str
    urgent: str


def vignettes() -> list[Vignette]:
    return [_read(path) for path in sorted(FOLDER.glob("*.toml"))]


def _read(path: Path) -> Vignette:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Vignette(
        path.stem,
        table["title"],
        table["expect"],
        record(table["exam"]),
        walk(table["finding"]) if "finding" in table else None,
        table.get("next_test", {}),
        table.get("rules", {}),
        tuple(table.get("held_back", ())),
        table.get("emergency", ""),
        table.get("urgent", ""),
    )


def record(tree: Mapping[str, Mapping[str, Any]]) -> Examination:
    """A record from the tree of a TOML file; wrong names and answers are faults of the test data."""
    answers: dict[Any, Value] = {}
    for section, table in tree.items():
        for name, value in table.items():
            field = fields()[f"{section}.{name}"]
            for side, one in value.items() if field.sided else (("none", value),):
                plain = tuple(one) if isinstance(one, list) else one
                words = plain if isinstance(plain, tuple) else (plain,)
                assert field.kind not in ("choice", "choices") or set(words) <= set(field.choices), (field.id, plain)
                assert field.kind != "yes_no" or isinstance(plain, bool), (field.id, plain)
                answers[field.id, side] = plain
    return Examination(answers=answers)


def walk(found: list[dict[str, Any]]) -> Study:
    """A study with these findings and no more."""
    findings = [
        Finding(f["id"], "pattern", "gait.speed", 0.8, "1", f["side"], "", (0.7, 0.9), f["grade"], "rule", "measured")
        for f in found
    ]
    return Study(
        "walk",
        True,
        Provenance("0", "3", "2", "any", "2026-01-01T00:00:00Z", ""),
        Subject(70.0),
        np.zeros(0),
        findings=tuple(findings),
    )
