"""Find out which marker set a recording follows, and where each of its markers sits on the body.

The set is the one whose labels and the recording's agree best, counted from both sides: how much of the set's core is
there, and how much of the recording the set explains. Labels that the set does not know are looked up among landmark
names in common use; what is left over is a technical marker, which registration can still make use of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groundup.body.marker_labels import bare, common_places, keys, main_subject, why_not_a_marker
from groundup.body.marker_places import Place, named_place
from groundup.body.marker_sets import NO_SET, MarkerMap, MarkerSet, marker_set, marker_sets
from groundup.body.model import Body
from groundup.body.person import Placement, Recognition
from groundup.errors import RecordingError

MIXED = "mixed"
MIXED_TITLE = "landmark names, no known marker set"

_FEWEST = 6  # a pelvis and one leg's ends: fewer labels by chance mean nothing
_FEWEST_SHARE = 0.25  # of the core of a set
_CLEAR = 0.5  # a set of which at least half is there is taken before single landmark names
_COMMON_SIGMA = 1.5  # a landmark's name alone says less than a marker set with its instructions


def recognise(
    labels: Sequence[str], body: Body, override: MarkerMap | None = None, name: str | None = None
) -> Recognition:
    """Recognise the markers of a recording.

    Parameters
    ----------
    labels : as recorded, in any order; case, separators and a subject's name (``Subject:LASI``) do not matter
    body : the unscaled body that is to carry them, as a rule the default body
    override : a user's own words on single labels; they go before everything else
    name : of the marker set to take, instead of finding it

    Returns
    -------
    recognition : Recognition
        Every label is once among ``placements``, ``technical`` and ``ignored``.

    Raises
    ------
    RecordingError
        Too few labels are known: names the nearest set, what it misses, and how to say where markers sit.
    SetupError
        ``name``, or a landmark, segment or joint of ``override``, does not exist.
    """
    reading = _read(labels, override)
    chosen = _chosen(reading, name or (override.base if override else ""))
    placed: dict[str, Placement] = {}
    ignored: list[str] = []
    for label in labels:
        place = _place_of(label, reading, chosen)
        if isinstance(place, Place):
            placed[label] = place.on(body, label)
        elif place is False:
            ignored.append(label)
        elif label in reading.common:
            placed[label] = _less_sure(named_place(reading.common[label]).on(body, label))
    placements = _once_each(placed)
    kept = {placement.label for placement in placements}
    _refuse_too_few(len(kept), reading, chosen)
    return Recognition(
        chosen.name,
        chosen.title,
        placements,
        tuple(label for label in labels if label not in kept and label not in ignored),
        tuple(ignored),
        _missing(reading, chosen, placements, override),
        _share(reading, chosen),
    )


@dataclass(frozen=True, eq=False)
class _Reading:
    """Labels of a recording and what they may mean: candidates by key, common landmarks, a user's own, others."""

    labels: tuple[str, ...]
    candidates: Mapping[str, str]  # key → label, of the main subject, first one of each key
    common: Mapping[str, str]  # label → place
    own: Mapping[str, Place | None]  # label → place
    others: frozenset[str]  # labels of a second subject
    no_markers: frozenset[str]


def _read(labels: Sequence[str], override: MarkerMap | None) -> _Reading:
    subject = main_subject([label for label in labels if not why_not_a_marker(label)])
    others = frozenset(label for label in labels if ":" in label and subject and label.rsplit(":", 1)[0] != subject)
    key_of = dict(zip(labels, keys(labels), strict=True))
    own = _own(labels, key_of, override)
    candidates: dict[str, str] = {}
    for label in labels:
        if label not in others and label not in own:
            candidates.setdefault(key_of[label], label)
    no_markers = frozenset(label for label in labels if why_not_a_marker(label))
    known = common_places()
    common = {label: known[k] for k, label in candidates.items() if k in known and label not in no_markers}
    return _Reading(tuple(labels), candidates, common, own, others, no_markers)


def _own(labels: Sequence[str], key_of: Mapping[str, str], override: MarkerMap | None) -> dict[str, Place | None]:
    """Return a user's own places by label as recorded; an exact spelling goes before an equivalent one."""
    if override is None:
        return {}
    exact = {name: place for name, place in override.places.items() if name in labels}
    by_bare = {bare(label): label for label in labels}
    by_key = {key_of[label]: label for label in labels}
    found: dict[str, Place | None] = {}
    for name, place in override.places.items():
        label = by_bare.get(bare(name)) or by_key.get(keys([name])[0])
        if label is not None:
            found[label] = place
    return found | exact


def _chosen(reading: _Reading, name: str) -> MarkerSet:
    if name:
        return marker_set(name)
    best = _nearest(reading)
    weak = _share(reading, best) < _CLEAR and _explained(reading, best) < _CLEAR
    if weak and len(reading.common) + len(reading.own) >= max(_FEWEST, len(_found(reading, best))):
        return MarkerSet(MIXED, MIXED_TITLE)
    return best


def _nearest(reading: _Reading) -> MarkerSet:
    return max(marker_sets(), key=lambda one: (round(_agreement(reading, one), 6), -len(one.places)))


def _agreement(reading: _Reading, one: MarkerSet) -> float:
    """Harmonic mean of the share of the set's core that is there and the share of the recording that it explains."""
    share, explained = _share(reading, one), _explained(reading, one)
    return 2 * share * explained / (share + explained) if share + explained else 0.0


def _found(reading: _Reading, one: MarkerSet) -> dict[str, str]:
    """Return the recorded label for each label of the set that is there."""
    by_key = one.labels_by_key
    found: dict[str, str] = {}
    for k, label in reading.candidates.items():
        if k in by_key:
            found.setdefault(by_key[k], label)
    return found


def _share(reading: _Reading, one: MarkerSet) -> float:
    if not one.core:
        return 1.0
    found = _found(reading, one)
    spared = {label for there, labels in one.instead.items() if there in found for label in labels}
    return sum(label in found or label in spared for label in one.core) / len(one.core)


def _explained(reading: _Reading, one: MarkerSet) -> float:
    found = set(_found(reading, one).values())
    asked = {label for label in reading.candidates.values() if label not in reading.no_markers or label in found}
    return len(found) / len(asked) if asked else 0.0


def _place_of(label: str, reading: _Reading, chosen: MarkerSet) -> Place | bool | None:
    """Return where a label sits, False where it is to be ignored, None where the set does not know it."""
    if label in reading.own:
        place = reading.own[label]
        return False if place is None else place
    if label in reading.others:
        return False
    meant = {recorded: ours for ours, recorded in _found(reading, chosen).items()}.get(label)
    if meant is not None:
        place = chosen.places[meant]
        return False if place is None else place
    return False if label in reading.no_markers else None


def _less_sure(placement: Placement) -> Placement:
    return Placement(
        placement.label, placement.landmark, placement.segment, placement.location_m, _COMMON_SIGMA * placement.sigma_m
    )


def _once_each(placed: Mapping[str, Placement]) -> tuple[Placement, ...]:
    """Keep the surest of markers said to sit on the same point: the others are technical."""
    surest: dict[tuple[object, ...], Placement] = {}
    for placement in placed.values():
        where = (placement.segment, *np.round(placement.location_m, 4).tolist())
        rival = surest.get(where)
        if rival is None or placement.sigma_m.sum() < rival.sigma_m.sum():
            surest[where] = placement
    kept = {placement.label for placement in surest.values()}
    return tuple(placement for label, placement in placed.items() if label in kept)


def _refuse_too_few(count: int, reading: _Reading, chosen: MarkerSet) -> None:
    enough = count >= _FEWEST and (not chosen.core or _share(reading, chosen) >= _FEWEST_SHARE or reading.own)
    if enough or (chosen.name == NO_SET and count):
        return
    nearest = chosen if chosen.core else _nearest(reading)
    found = _found(reading, nearest)
    absent = [label for label in nearest.core if label not in found]
    sample = next((label for label in reading.labels if label not in reading.no_markers), "LABEL")
    raise RecordingError(
        f"{count} of {len(reading.labels)} marker labels are known, expected at least {_FEWEST}; "
        f"recorded are {_some(reading.labels)}. "
        f"The nearest marker set is {nearest.title} ({nearest.name}): {len(nearest.core) - len(absent)} of its "
        f"{len(nearest.core)} labels are there, missing are {_some(absent)}. Say where the markers sit in a file and "
        f"pass it with --marker-set my.toml: [markers] and a line for each label, such as "
        f'"{bare(sample)}" = "asis_r"; docs/marker-sets.md lists the landmarks.'
    )


def _some(names: Sequence[str], most: int = 8) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + rest


def _missing(
    reading: _Reading, chosen: MarkerSet, placements: Sequence[Placement], override: MarkerMap | None
) -> tuple[tuple[str, str], ...]:
    """Return labels of the set, and of a user's own map, that the recording lacks and nothing else stands in for."""
    found = _found(reading, chosen)
    spared = {label for there, labels in chosen.instead.items() if there in found for label in labels}
    taken = {(p.segment, *np.round(p.location_m, 4).tolist()) for p in placements}
    landmarks = {p.landmark for p in placements if p.landmark}
    lacking = []
    for label in (*chosen.core, *chosen.extra):
        place = chosen.places[label]
        if label in found or label in spared or place is None:
            continue
        stands_in = place.landmark in landmarks or _spot(place) in taken
        if not stands_in:
            lacking.append((label, place.suffers))
    own = override.places if override else {}
    there = {bare(label) for label in reading.labels} | set(reading.labels)
    keys_there = set(keys(reading.labels))
    lacking += [
        (label, place.suffers or f"what {label} was to show")
        for label, place in own.items()
        if place is not None and label not in there and keys([label])[0] not in keys_there
    ]
    if chosen.name == MIXED:
        lacking += _one_sided(landmarks)
    return tuple(lacking)


def _one_sided(landmarks: set[str]) -> list[tuple[str, str]]:
    """Return landmarks whose counterpart on the other side is there: without a set, what a recording lacks."""
    other = {"r": "l", "l": "r"}
    mirrored = {f"{name[:-1]}{other[name[-1]]}" for name in landmarks if name[-2:] in ("_r", "_l")}
    return [(name, named_place(name).suffers or f"what {name} was to show") for name in sorted(mirrored - landmarks)]


def _spot(place: Place) -> tuple[object, ...]:
    return () if place.location_m is None else (place.segment, *np.round(place.location_m, 4).tolist())
