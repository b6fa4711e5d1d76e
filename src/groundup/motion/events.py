"""When the feet meet and leave the ground, and the gait cycles between."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from groundup.body.functions import Floats
from groundup.motion.foot_contacts import FootContact, FootContacts, foot_contacts

__all__ = [
    "CONTACT_N",
    "Contact",
    "FootContact",
    "FootContacts",
    "GaitCycle",
    "contacts_from_force",
    "cycles",
    "facing_from_feet",
    "foot_contacts",
    "walking_speed",
]

CONTACT_N = 20.0
"""Vertical force above which a foot is on the ground; below it plates mostly show noise."""

SHORTEST_CONTACT_S = 0.1
SHORTEST_CUT_CONTACT_S = 0.02  # where the recording begins or ends within it
SAME_EVENT_S = 0.12
CYCLE_S = (0.4, 3.0)


@dataclass(frozen=True)
class Contact:
    """A foot on the ground from ``on_s`` to ``off_s``; an end outside the recording is NaN."""

    on_s: float
    off_s: float


@dataclass(frozen=True)
class GaitCycle:
    """Strike to the next strike of the same foot; ``source`` is ``force plate``, ``motion`` or both."""

    start_s: float
    end_s: float
    off_s: float
    source: str


def contacts_from_force(time_s: Floats, vertical_n: Floats) -> tuple[Contact, ...]:
    """Find contacts by a force threshold; a contact under way at either end of the recording has an open end."""
    on = np.concatenate([[False], vertical_n > CONTACT_N, [False]])
    edges = np.flatnonzero(np.diff(on.astype(int)))
    found = []
    for first, last in zip(edges[::2], edges[1::2] - 1, strict=True):
        cut = first == 0 or last == len(time_s) - 1
        if time_s[last] - time_s[first] < (SHORTEST_CUT_CONTACT_S if cut else SHORTEST_CONTACT_S):
            continue
        # A recording that begins or ends just as the foot meets or leaves the ground holds that event.
        light = 0.1 * vertical_n[first : last + 1].max()
        start = np.nan if first == 0 and vertical_n[first] > light else float(time_s[first])
        end = np.nan if last == len(time_s) - 1 and vertical_n[last] > light else float(time_s[last])
        found.append(Contact(start, end))
    return tuple(found)


def facing_from_feet(heels_m: Floats, toes_m: Floats) -> Floats:
    """Horizontal direction that the feet point to together, unit vectors (n_frames, 3).

    The feet show where a person goes on a treadmill as well, where the pelvis stays in place.

    Parameters
    ----------
    heels_m, toes_m : array, shape (n_feet, n_frames, 3), m
    """
    way = (toes_m - heels_m).mean(axis=0) * [1.0, 0.0, 1.0]
    return np.asarray(way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-9))


def cycles(contacts: tuple[Contact, ...], strikes_s: Floats, offs_s: Floats) -> tuple[GaitCycle, ...]:
    """Join events into cycles: the plates are believed beside and throughout their contacts, the motion elsewhere.

    Parameters
    ----------
    contacts : contacts seen by plates
    strikes_s, offs_s : events of the same foot found from the motion
    """
    on = [(c.on_s, "force plate") for c in contacts if np.isfinite(c.on_s)]
    off = [c.off_s for c in contacts if np.isfinite(c.off_s)]
    on += [(float(s), "motion") for s in strikes_s if _unseen(float(s), contacts, [t for t, _ in on])]
    off += [float(s) for s in offs_s if _unseen(float(s), contacts, off)]
    on.sort()
    found = []
    for (start, source), (end, other) in pairwise(on):
        if CYCLE_S[0] <= end - start <= CYCLE_S[1]:
            left = [t for t in off if start < t < end]
            source = source if source == other else "force plate and motion"
            found.append(GaitCycle(start, end, min(left) if left else np.nan, source))
    return tuple(found)


def _unseen(event_s: float, contacts: tuple[Contact, ...], seen_s: list[float]) -> bool:
    """Whether the plates neither saw an event nor know better, because the foot stood on one all the time."""
    within = any(
        not event_s < c.on_s and not event_s > c.off_s and np.isfinite([c.on_s, c.off_s]).any() for c in contacts
    )
    return not within and all(abs(event_s - t) > SAME_EVENT_S for t in seen_s)


def walking_speed(time_s: Floats, pelvis_m: Floats, heels_m: Floats, facing: Floats) -> float:
    """Mean speed of the pelvis over the ground, m/s.

    The foot on the ground stands still on the floor and moves back with the belt of a treadmill, so the ground's own
    speed is that of the foot which moves forward least.

    Parameters
    ----------
    pelvis_m : array, shape (n_frames, 3), m
    heels_m : array, shape (n_feet, n_frames, 3), m
    facing : array, shape (n_frames, 3)
    """
    pelvis = (np.gradient(pelvis_m, time_s, axis=0) * facing).sum(-1)
    feet = (np.gradient(heels_m, time_s, axis=1) * facing).sum(-1)
    return float(np.mean(pelvis) - np.median(feet.min(axis=0)))
