"""The list of measures: words, unit, method and source of each, from ``data/measures.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from groundup.chain.muscle_groups import muscle_groups
from groundup.study import Side

CATALOGUE_FILE = Path(__file__).parents[1] / "data" / "measures.toml"
LINKS = ("foot", "gait", "ankle", "knee", "hip", "low_back", "muscles", "posture")


@dataclass(frozen=True)
class Entry:
    """What is known of a measure before anyone is measured."""

    id: str
    label: str
    unit: str
    method: str
    source: str
    sides: tuple[Side, ...]
    forces: bool

    @property
    def link(self) -> str:
        """The link of the chain it belongs to."""
        return self.id.split(".")[0].replace("_", " ")


@cache
def catalogue() -> dict[str, Entry]:
    """Every measure by id, in the order of the file; those of muscle groups spelt out."""
    table = tomllib.loads(CATALOGUE_FILE.read_text(encoding="utf-8"))
    entries: dict[str, Entry] = {}
    for key, one in table.items():
        sides: tuple[Side, ...] = ("none",) if one.get("sides") == "none" else ("right", "left")
        groups = [(g.id, g.label) for g in muscle_groups()] if "{group}" in key else [("", "")]
        for group, label in groups:
            name = key.replace("{group}", group)
            words = one["label"].replace("{label}", label)
            entries[name] = Entry(
                name, words, one["unit"], one["method"], one.get("source", ""), sides, one.get("forces", False)
            )
    return entries
