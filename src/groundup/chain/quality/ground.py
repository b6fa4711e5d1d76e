"""Checks of the forces under the feet: which contacts count, for which frames all forces are known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from groundup.loads.analysis import Analysis
from groundup.study import QualityItem

STAGE = "ground forces"
LEAST_COVERED = 0.3
__all__ = ["ground_items"]


def ground_items(a: Analysis) -> Iterator[QualityItem]:
    """Contacts that were left out, the part of the recording in which loads are told, and estimated forces."""
    contacts = a.ground.contacts
    for contact in contacts.contacts if contacts is not None else ():
        if not contact.accepted:
            yield QualityItem(
                STAGE,
                "warn",
                f"plate {contact.plate} at {contact.on_s:.2f}–{contact.off_s:.2f} s",
                f"This contact is not used: {contact.reason}.",
                advice="Let the person walk so that each foot meets one plate, wholly.",
            )
    for note in contacts.notes if contacts is not None else ():
        yield QualityItem(STAGE, "info", "plates", note)
    if a.ground.estimate is not None:
        yield from _estimated(a)
    elif contacts is not None and a.moments is not None:
        yield _covered(a)


def _covered(a: Analysis) -> QualityItem:
    known = a.ground.known
    share = float(known.mean())
    where = ", ".join(f"{first:.2f}–{last:.2f} s" for first, last in _stretches(a.motion.time_s, known))
    return QualityItem(
        STAGE,
        "warn" if share < LEAST_COVERED else "info",
        where or "no frame",
        "Part of the recording in which every foot on the ground has its force measured; loads are told there only.",
        100 * share,
        "%",
        100 * LEAST_COVERED,
        "Use more plates, or record more passes." if share < LEAST_COVERED else "",
    )


def _stretches(time_s: np.ndarray, flags: np.ndarray) -> list[tuple[float, float]]:
    """First and last instant of each run of flagged frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return [(float(time_s[i]), float(time_s[j - 1])) for i, j in zip(edges[::2], edges[1::2], strict=True)]


def _estimated(a: Analysis) -> Iterator[QualityItem]:
    estimate = a.ground.estimate
    assert estimate is not None
    yield QualityItem(
        STAGE,
        "warn",
        "both feet",
        "No plate measured these forces; they are estimated from the motion. " + " ".join(estimate.notes),
        advice="Use the loads to compare, not as measured values; a walk over force plates makes them surer.",
    )
