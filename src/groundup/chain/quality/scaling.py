"""Checks of a body that was fitted to a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from groundup.body.functions import Floats
from groundup.body.names import side_of
from groundup.body.person import Recognition
from groundup.chain.quality.grades import graded
from groundup.loads.analysis import Analysis
from groundup.study import QualityItem

STAGE = "scaling"
OFFSET_SIGMAS = 3.0
_FAR_SIGMAS = 6.0
# Segments of one person differ from those of a body of the same height by up to a tenth (Drillis and Contini, 1966, as
# in Winter, 2009); twice as much is more likely a marker in the wrong place.
FACTOR_OFF, FACTOR_FAR_OFF = 0.20, 0.35
SIDES_DIFFER = 0.05
_LONG = {"femur": "thigh", "tibia": "shank", "calcn": "foot", "humerus": "upper arm"}
_Y, _X = 1, 0


def scaling_items(a: Analysis) -> Iterator[QualityItem]:
    """What was recognised and fitted, where a body was fitted to the person."""
    if a.fitting is None:
        return
    fitted, recognition = a.fitting.fitted, a.fitting.recognition
    yield from _recognised(recognition)
    if a.mass_assumed:
        text = f"Nobody gave the mass; {a.body.mass:.0f} kg is assumed. Loads in body weights hardly change with it."
        yield QualityItem(STAGE, "warn", "mass", text, advice="Pass --mass.")
    for note in fitted.notes:
        yield QualityItem(STAGE, "info" if a.fitting.standing else "warn", "body", note)
    yield from fitted_items(fitted.factors, fitted.offsets_m, recognition)


def _recognised(recognition: Recognition) -> Iterator[QualityItem]:
    text = f"Marker set {recognition.title}: {len(recognition.placements)} markers are placed on the body."
    if recognition.technical:
        text += f" Not placed: {', '.join(recognition.technical)}."
    yield QualityItem(STAGE, "info", "markers", text)
    for suffers, labels in _by_what_suffers(recognition).items():
        yield QualityItem(
            STAGE, "warn", suffers, f"Less sure, or a guess, without markers of the set: {', '.join(labels)}."
        )


def _by_what_suffers(recognition: Recognition) -> dict[str, list[str]]:
    """Labels that the recording lacks, by the results that suffer."""
    found: dict[str, list[str]] = {}
    for label, suffers in recognition.missing:
        found.setdefault(suffers, []).append(label)
    return found


def fitted_items(
    factors: Mapping[str, Floats], offsets_m: Mapping[str, Floats], recognition: Recognition, source: str = ""
) -> Iterator[QualityItem]:
    """Segments of implausible size, sides that differ, markers far from where their marker set puts them.

    Parameters
    ----------
    factors : scale factors along x, y, z (3,) by segment
    offsets_m : label to (3,), m, segment axes
    recognition : with the standard deviations of the markers' places
    source : of the recording, for the words
    """
    yield from _sizes(factors)
    yield from _sides(factors)
    yield from _offsets(offsets_m, recognition, source)


def _sizes(factors: Mapping[str, Floats]) -> Iterator[QualityItem]:
    if not factors:
        return
    usual = float(np.median([f for s in factors.values() for f in s]))
    worst = 0.0
    for segment, (x, y, z) in factors.items():
        for axis, factor in zip(("long, x", "high, y", "wide, z"), (x, y, z), strict=True):
            off = abs(factor / usual - 1.0)
            worst = max(worst, off)
            if off > FACTOR_OFF:
                yield QualityItem(
                    STAGE,
                    graded(off > FACTOR_FAR_OFF, True),
                    f"{segment} ({axis})",
                    f"Scaled by {factor:.2f}, where the body as a whole is by {usual:.2f}.",
                    100 * off,
                    "%",
                    100 * FACTOR_OFF,
                    "Check the labels and places of its markers, or give a tape measurement.",
                )
    if worst <= FACTOR_OFF:
        text = f"Segments are scaled alike; all factors lie around {usual:.2f}."
        yield QualityItem(STAGE, "info", "scale factors", text, 100 * worst, "%", 100 * FACTOR_OFF)


def _sides(factors: Mapping[str, Floats]) -> Iterator[QualityItem]:
    for stem, name in _LONG.items():
        right, left = factors.get(f"{stem}_r"), factors.get(f"{stem}_l")
        if right is None or left is None:
            continue
        axis = _X if stem == "calcn" else _Y
        differ = float(right[axis] / left[axis] - 1.0)
        if abs(differ) > SIDES_DIFFER:
            yield QualityItem(
                STAGE,
                "warn",
                name,
                f"The right {name} is {100 * abs(differ):.0f} % {'longer' if differ > 0 else 'shorter'} than the left.",
                100 * abs(differ),
                "%",
                100 * SIDES_DIFFER,
                "Measure both with a tape: if they are alike, a marker on one side is misplaced.",
            )


def _offsets(offsets_m: Mapping[str, Floats], recognition: Recognition, source: str) -> Iterator[QualityItem]:
    placed = {p.label: p for p in recognition.placements}
    for label, offset in offsets_m.items():
        if label not in placed:
            continue
        sigmas = np.abs(offset) / np.maximum(placed[label].sigma_m, 1e-6)
        worst = float(sigmas.max())
        if worst > OFFSET_SIGMAS:
            yield QualityItem(
                STAGE,
                graded(worst > _FAR_SIGMAS, True),
                f"marker {label}" + (f" in {source}" if source else ""),
                f"It sits {1000 * float(np.linalg.norm(offset)):.0f} mm from where its marker set puts it on "
                f"{_words(placed[label].segment)}, {worst:.1f} times what skin and palpation let it.",
                worst,
                "standard deviations",
                OFFSET_SIGMAS,
                "Check its label and its place; if it belongs there, say so in a file for --marker-set.",
            )


def _words(segment: str) -> str:
    side = side_of(segment)
    return segment if side == "none" else f"{segment.rsplit('_', 1)[0]} ({side})"


__all__ = ["fitted_items", "scaling_items"]
