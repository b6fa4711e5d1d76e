"""Which muscle groups work more, less or shorter than what they are held against: the other side, or an earlier walk.

No range of effort is published for computed muscle forces, so there is no verdict: every label is ``noted``. Effort and
work must both differ, since either alone changes with how the load is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from groundup.chain.gait import BOTH
from groundup.chain.measures.walked import OTHER
from groundup.chain.muscle_groups import MuscleGroup, muscle_groups
from groundup.chain.reference import When, smallest_change, stride_error
from groundup.study import NAN, Finding, FindingKind, Measure, Side

Measures = Mapping[tuple[str, Side], Measure]
SOURCE = "own comparison; no range of effort is published for computed muscle forces"
_OTHER_SIDE = "Which of the two sides is unusual, the numbers do not tell."


@dataclass(frozen=True)
class _Against:
    """What a measure is held against: how to find it, words for it, and how large a difference has to be."""

    measure: Callable[[str, Side], Measure | None]
    words: str
    in_words: str
    kind: FindingKind
    prefix: str
    when: When
    doubt: str
    own: Mapping[str, float] | None


def side_labels(by: Measures, own: Mapping[str, float] | None = None) -> Iterator[Finding]:
    """Give groups that work more or less, or stay shorter, than those of the other side.

    Parameters
    ----------
    by : measures by id and side
    own : smallest detectable change by measure id, from this recording's own uncertainty
    """
    against = _Against(
        lambda name, side: by.get((name, OTHER[side])),
        "the other side",
        "that of the other side",
        "pattern",
        "pattern",
        "sides",
        _OTHER_SIDE,
        own,
    )
    yield from _labels(by, against)


def change_labels(
    before: Measures, after: Measures, when: When, own: Mapping[str, float] | None = None
) -> Iterator[Finding]:
    """Give groups that work more or less, or stay shorter, than in the person's own earlier recording."""
    against = _Against(
        lambda name, side: before.get((name, side)),
        "the earlier recording",
        "in the earlier recording",
        "change",
        "change",
        when,
        "",
        own,
    )
    yield from _labels(after, against)


def _labels(by: Measures, against: _Against) -> Iterator[Finding]:
    for group in muscle_groups():
        for side in BOTH:
            effort, work, length = (
                _difference(by, against, f"muscles.{what}.{group.id}", side)
                for what in ("effort", "work", "fibre_longest")
            )
            if effort is not None and work is not None and effort.way == work.way != 0:
                label = "overworked" if effort.way > 0 else "underused"
                yield _finding(label, group, side, against, (effort, work))
            if length is not None and length.way < 0:
                yield _finding("short", group, side, against, (length,))


@dataclass(frozen=True)
class _Difference:
    """A measure, what it is held against, and which way it differs: 1, -1, or 0 where that cannot be told."""

    this: Measure
    other: Measure
    way: Literal[-1, 0, 1]

    @property
    def size(self) -> float:
        return self.this.value - self.other.value


def _difference(by: Measures, against: _Against, name: str, side: Side) -> _Difference | None:
    this, other = by.get((name, side)), against.measure(name, side)
    if this is None or other is None or this.estimated or other.estimated:
        return None
    if not (np.isfinite(this.value) and np.isfinite(other.value)):
        return None
    least = smallest_change(this, other, against.when, against.own)[0]
    size = this.value - other.value
    return _Difference(this, other, 0 if abs(size) <= least else 1 if size > 0 else -1)


_WORDS = {
    "overworked": "works harder than {other} (overworked against it)",
    "underused": "works less than {other} (underused against it)",
    "short": "never gets as long as {other} (short; whether it is tight, a length test by hand tells)",
}


def _finding(label: str, group: MuscleGroup, side: Side, against: _Against, found: tuple[_Difference, ...]) -> Finding:
    first = found[0]
    half = stride_error(first.this, first.other)
    evidence = tuple(_told(d) for d in found)
    name = group.label[0].upper() + group.label[1:]
    words = _WORDS[label].format(other=against.in_words)
    return Finding(
        id=f"{against.prefix}.{label}.{group.id}",
        kind=against.kind,
        measure=first.this.id,
        value=first.size,
        unit=first.this.unit,
        side=side,
        reference=against.words,
        interval=(first.size - half, first.size + half) if half > 0 else (NAN, NAN),
        grade="noted",
        source=SOURCE,
        text=" ".join(filter(None, (f"{name}, {side}: {words}: {'; '.join(evidence)}.", against.doubt))),
        for_it=evidence,
    )


def _told(d: _Difference) -> str:
    what = d.this.id.split(".")[1]
    words = {"effort": "effort", "work": "work", "fibre_longest": "longest fibres"}[what]
    return f"{words} {d.this.value:.3g} against {d.other.value:.3g} {d.this.unit}"
