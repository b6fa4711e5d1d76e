"""Marker sets: which labels laboratories use, and where each of them sits on the default body.

Every set is a readable table in ``data/marker_sets``; ``groundup.body.marker_recognition`` finds that of a recording.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property
from typing import Any

from groundup.body.marker_data import read_data, set_names
from groundup.body.marker_labels import SIDES, key
from groundup.body.marker_places import Place, named_place, place_from
from groundup.errors import SetupError

NO_SET = "none"
"""Name of the set without labels: everything is left to a user's own map."""


@dataclass(frozen=True, eq=False)
class MarkerSet:
    """The labels of one marker set.

    Attributes
    ----------
    name, title, source, licence : ``plug_in_gait``, ``Plug-in Gait``, where the facts are from
    places : where each label sits, by label; None for a label that is known and is no marker on the body
    core : labels without which the method is not what its name says; they decide which set a recording follows
    extra : labels that are missed where absent
    instead : labels that one label makes unnecessary
    aliases : other spelling to label
    """

    name: str
    title: str
    source: str = ""
    licence: str = ""
    places: Mapping[str, Place | None] = field(default_factory=dict)
    core: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def labels_by_key(self) -> dict[str, str]:
        """The set's label for every spelling without case and separators."""
        return {key(label): label for label in self.places} | {key(a): label for a, label in self.aliases.items()}


@dataclass(frozen=True, eq=False)
class MarkerMap:
    """A user's own words on where labels sit.

    Attributes
    ----------
    places : by label as recorded; None for a label to ignore
    base : name of the marker set for all other labels; empty to find it, ``none`` for no set
    source : file it came from, for messages
    """

    places: Mapping[str, Place | None]
    base: str = ""
    source: str = ""


@cache
def marker_set(name: str) -> MarkerSet:
    """Return a marker set by name.

    Raises
    ------
    SetupError
        There is none of this name; the nearest and all names are offered.
    """
    if name == NO_SET:
        return MarkerSet(NO_SET, "own marker map")
    if name not in set_names():
        near = get_close_matches(name.lower().replace("-", "_"), set_names(), 1, 0.4)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise SetupError(f'marker set "{name}" is unknown, expected one of {", ".join(set_names())}.{hint}')
    data = read_data(name)
    groups = {group: _both_sides(data.get(group, {})) for group in ("core", "extra", "optional")}
    return MarkerSet(
        name,
        data["title"],
        data["source"],
        data["licence"],
        {label: place for group in groups.values() for label, place in group.items()},
        tuple(groups["core"]),
        tuple(groups["extra"]),
        {label: tuple(others) for label, others in data.get("instead", {}).items()},
        data.get("aliases", {}),
    )


def marker_sets() -> tuple[MarkerSet, ...]:
    """Return all marker sets, sorted by name."""
    return tuple(marker_set(name) for name in set_names())


def _both_sides(entries: Mapping[str, Any]) -> dict[str, Place | None]:
    """Write every entry out for the right and the left: ``{S}`` is R or L, ``{s}`` is r or l."""
    found: dict[str, Place | None] = {}
    for label, entry in entries.items():
        sides = SIDES if "{s}" in label.lower() else ("",)
        for side in sides:
            found[_sided(label, side)] = _place(entry, side)
    return found


def _place(entry: object, side: str) -> Place | None:
    if entry is False:
        return None
    if isinstance(entry, str):
        return named_place(_sided(entry, side))
    assert isinstance(entry, dict)  # the tables are tested
    return place_from({k: _sided(v, side) if isinstance(v, str) else v for k, v in entry.items()}, side)


def _sided(text: str, side: str) -> str:
    return text.replace("{S}", side.upper()).replace("{s}", side)
