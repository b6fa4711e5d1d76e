"""Labels of recorded markers, as laboratories write them: subject names, separators, sides, upper and lower case."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import permutations, product

from groundup.body.marker_data import read_data

SIDES = ("r", "l")
_SIDE_OF = {"r": "r", "l": "l", "right": "r", "left": "l", "rt": "r", "lt": "l"}
_SEPARATORS = re.compile(r"[\s._\-/+]+")
_SIDE_WORD = re.compile(r"^(right|left)(?=\w{2})|(?<=\w{2})(right|left)$", re.IGNORECASE)


def bare(label: str) -> str:
    """Return a label without the subject's name: what follows the last colon."""
    return label.rsplit(":", 1)[-1].strip()


def key(label: str) -> str:
    """Return what is left of a label when case, separators and the place of the side do not matter.

    ``R.ASIS``, ``r_asis``, ``ASIS_R`` and ``RightAsis`` all become ``rasis``. A side is taken from the end only where
    a separator or the whole word shows it: ``HEEL`` is not a left ``HEE``.
    """
    words = [word.lower() for word in _SEPARATORS.split(_split_side_word(bare(label))) if word]
    if len(words) > 1:
        for place in (0, -1):
            if words[place] in _SIDE_OF:
                side = _SIDE_OF[words.pop(place)]
                return side + "".join(words)
    return "".join(words)


def _split_side_word(label: str) -> str:
    return _SIDE_WORD.sub(lambda found: f" {found[0]} ", label).strip()


def keys(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the key of every label, without a prefix that all of them share (``Patient1_LASI``)."""
    return tuple(key(bare(label)[len(_shared_prefix(labels)) :]) for label in labels)


def _shared_prefix(labels: Sequence[str]) -> str:
    """Return the text up to a separator with which at least four labels, and all that are named, begin."""
    named = [bare(label) for label in labels if not why_not_a_marker(label)]
    if len(named) < 4:
        return ""
    first = re.match(r"[^\W_]{2,}[_.\- ]", named[0])
    if first is None or first[0][:-1].lower() in _SIDE_OF:
        return ""
    # A prefix is cut by length from every label, so unnamed ones, which no key finds anyway, may lose some letters.
    return first[0] if all(name.startswith(first[0]) and len(name) > len(first[0]) for name in named) else ""


def main_subject(labels: Sequence[str]) -> str:
    """Return the name before the colon that most labels carry; empty where most carry none."""
    names = Counter(label.rsplit(":", 1)[0] if ":" in label else "" for label in labels)
    return names.most_common(1)[0][0] if names else ""


def why_not_a_marker(label: str) -> str:
    """Return why a label is no marker on the body (unnamed point, output of another program); empty where it may be."""
    text = bare(label).lower()
    return next((why for pattern, why in _not_markers() if pattern.fullmatch(text)), "")


@cache
def _not_markers() -> tuple[tuple[re.Pattern[str], str], ...]:
    groups = read_data("not_markers").values()
    return tuple(
        (re.compile(entry["pattern"].replace("{side}", "[lr]")), entry["why"]) for group in groups for entry in group
    )


@cache
def common_places() -> Mapping[str, str]:
    """Return the place that each spelling in common use means, by key; spellings of two places are left out."""
    data = read_data("common")
    meanings: dict[str, set[str]] = {}
    for place, phrases in data["places"].items():
        for phrase in phrases:
            for text in _spellings(phrase, data["words"]):
                for spelling, meant in _with_sides(text, place):
                    meanings.setdefault(spelling, set()).add(meant)
    return {spelling: next(iter(places)) for spelling, places in meanings.items() if len(places) == 1}


def _spellings(phrase: str, words: Mapping[str, Sequence[str]]) -> Iterable[str]:
    for order in permutations(phrase.split()):
        yield from ("".join(choice) for choice in product(*(words.get(word, [word]) for word in order)))


def _with_sides(text: str, place: str) -> Iterable[tuple[str, str]]:
    if not place.endswith("_r"):
        yield text, place
        return
    for side in SIDES:
        meant = place[:-1] + side
        yield side + text, meant
        if len(text) > 3:  # `HEEL` must not become a left `HEE`
            yield text + side, meant
