"""Which foot stands on which plate, contact by contact, and for which frames all ground forces are known.

Each time a plate is loaded is one contact. It is accepted where one foot alone stands on the plate and wholly on
plates; whatever else loads it is excluded with the reason, because a share of a force cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.body.names import Side, is_foot, side_of
from groundup.body.recording import AppliedForce, ExternalForces, PlateGeometry
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.errors import RecordingError
from groundup.loads.footprints import depth_in_plate, distance_to_sole, touching
from groundup.motion.events import CONTACT_N, SHORTEST_CONTACT_S
from groundup.motion.foot_contacts import FootContacts, contacts_of, runs
from groundup.motion.soles import Sole, soles

Flags = NDArray[np.bool_]

HEELS = ("calcn", "calcaneus", "foot")
FARTHEST_M = 0.35
"""No part of a foot is farther than this from its heel bone."""

RELEASE_PART = 0.5  # of the threshold: a contact ends below this, so that noise about the threshold makes none
OUTSIDE_M = 0.03  # force-weighted mean distance of the force from the sole: soft tissue, shoe, marker placement
OVER_EDGE_M = 0.02  # the outline of a foot is known no better
NOTICED_S = 0.05  # shorter overlaps are within the errors of events from motion
LEAST_ON_GROUND = 0.3  # part of a contact during which its foot must stand
LEAST_WEIGHT = 0.7  # of the body, that one foot carries on average while the other is in the air; walkers: over 0.9
SAME_WEIGHT = 0.1  # contacts that agree so well carry the whole person, whose mass is then not the body's
CUT_STEPS = 5.0  # how many times as far as in the samples before a force falls where it was cut
SAME_EDGE_S = 0.10  # events of plates and motion that differ by less are the same one


@dataclass(frozen=True)
class PlateContact:
    """One time that a plate was loaded.

    Attributes
    ----------
    plate : name of the plate, or of the force where a file names its segment
    segment, side : of the foot that stands there; None and ``none`` where that cannot be told
    on_s, off_s : float, s
        First and last loaded instant.
    accepted : whether the force is that of this one foot and complete
    reason : why it was not accepted; empty otherwise
    """

    plate: str
    segment: str | None
    side: Side
    on_s: float
    off_s: float
    accepted: bool = True
    reason: str = ""


@dataclass(frozen=True, eq=False)
class PlateContacts:
    """What the plates measured of which foot.

    Attributes
    ----------
    forces : ExternalForces
        Accepted contacts only, one force for each plate and foot, each with its segment; zero between contacts.
    contacts : all contacts in order of time
    covered : bool array, shape (F,)
        Frames in which every foot on the ground has its force in ``forces``; true as well while nothing touches.
    notes : what was excluded, in plain words
    """

    forces: ExternalForces
    contacts: tuple[PlateContact, ...]
    covered: Flags
    notes: tuple[str, ...]


def contacts_on_plates(
    skeleton: Skeleton, at: Poses, time_s: Floats, forces: ExternalForces, plates: tuple[PlateGeometry, ...] = ()
) -> PlateContacts:
    """Tell which foot stands on which plate and when, and exclude what is not one foot wholly on plates.

    Parameters
    ----------
    at, time_s : poses of F frames and their times, s
    forces : on their own clock; a force that names its segment is taken as it is
    plates : where the plates lie, by the names of the forces; without it feet over a plate's edge are told only by
        where the force acts and how much of the weight it carries

    Raises
    ------
    RecordingError
        No force acts anywhere near a foot, or the body has no foot.
    """
    weight_n = float(skeleton.mass.sum() * np.linalg.norm(skeleton.gravity))
    return contacts_of_soles(soles(skeleton, at), weight_n, time_s, forces, plates)


def contacts_of_soles(
    both: tuple[Sole, ...],
    weight_n: float,
    time_s: Floats,
    forces: ExternalForces,
    plates: tuple[PlateGeometry, ...] = (),
) -> PlateContacts:
    """Do what :func:`contacts_on_plates` does, for soles and a body weight that come from elsewhere."""
    scene = _Scene(time_s, both, contacts_of(both, time_s), forces, plates, weight_n)
    bare = [w for w in forces.wrenches if w.segment is None]
    if any((w.force_n[:, 1] > CONTACT_N).any() for w in bare) and not both:
        raise RecordingError(
            f"{forces.source}: the model has no segment named {' or '.join(HEELS)} to stand on plate "
            f'"{bare[0].name}". Name the segment in an ExternalLoads file.'
        )
    judged = [_judge(scene, w, first, last) for w in bare for first, last in _loadings(scene, w)]
    judged = _without_torn(_without_light(judged))
    _check_near(judged, forces.source)
    named = [w for w in forces.wrenches if w.segment is not None]
    contacts = [*(j.contact for j in judged), *(c for w in named for c in _named_contacts(scene, w))]
    contacts.sort(key=lambda c: (c.on_s, c.plate))
    kept = (*named, *_accepted_forces(bare, [j.contact for j in judged], forces.time_s))
    order = {w.name: i for i, w in enumerate(forces.wrenches)}
    kept = tuple(sorted(kept, key=lambda w: order.get(w.name, len(order))))
    notes = tuple(
        f"{c.plate} from {c.on_s:.2f} to {c.off_s:.2f} s is not used: {c.reason}." for c in contacts if not c.accepted
    )
    notes += tuple(note for w in bare for note in _cut_low(w, forces.time_s, contacts))
    return PlateContacts(replace(forces, wrenches=kept), tuple(contacts), _covered(scene, contacts), notes)


# --- one contact ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Scene:
    """Feet and plates of one recording."""

    time_s: Floats
    soles: tuple[Sole, ...]
    feet: FootContacts
    forces: ExternalForces
    plates: tuple[PlateGeometry, ...]
    weight_n: float

    def plate(self, name: str) -> PlateGeometry | None:
        return next((p for p in self.plates if p.name == name), None)

    @cached_property
    def step_s(self) -> float:
        return float(np.median(np.diff(self.time_s))) if len(self.time_s) > 1 else 0.0

    @cached_property
    def outlines(self) -> tuple[Floats, ...]:
        """Outline of each sole, (F, 6, 2)."""
        return tuple(sole.outline_m for sole in self.soles)

    @cached_property
    def corners(self) -> tuple[Flags, ...]:
        """Which corners of each outline touch the ground, (F, 6)."""
        return tuple(touching(sole, foot.on_ground) for sole, foot in zip(self.soles, self.feet.feet, strict=True))

    def frames(self, on_s: float, off_s: float) -> slice:
        """Frames within a contact."""
        first, last = np.searchsorted(self.time_s, on_s), np.searchsorted(self.time_s, off_s, side="right")
        return slice(int(first), int(last))

    def noticed(self, flags: Flags) -> bool:
        """Whether flagged frames make up more than the errors of events."""
        return bool(flags.sum() * self.step_s >= NOTICED_S)


@dataclass(frozen=True, eq=False)
class _Judged:
    """A contact and what it is judged by.

    ``frames`` of it; ``distance_m`` of its force from the nearest foot; other plates that the foot touches, ``beside``;
    the part of the body's ``weight`` that it carries while the other foot is in the air, NaN where it never is.
    """

    contact: PlateContact
    frames: slice
    distance_m: float
    beside: frozenset[str] = frozenset()
    weight: float = np.nan


def _loadings(scene: _Scene, wrench: AppliedForce) -> list[tuple[float, float]]:
    """First and last instant of each loading that frames fall into, s."""
    clock = scene.forces.time_s
    size = np.linalg.norm(wrench.force_n, axis=1) if wrench.segment is not None else wrench.force_n[:, 1]
    found = []
    for first, last in runs(size > RELEASE_PART * CONTACT_N):
        above = first + np.flatnonzero(size[first : last + 1] > CONTACT_N)
        if not len(above):
            continue
        on, off = float(clock[above[0]]), float(clock[above[-1]])
        cut = above[0] == 0 or above[-1] == len(clock) - 1
        within = scene.frames(on, off)
        if within.stop > within.start and (cut or off - on >= SHORTEST_CONTACT_S):
            found.append((on, off))
    return found


def _judge(scene: _Scene, wrench: AppliedForce, on_s: float, off_s: float) -> _Judged:
    frames = scene.frames(on_s, off_s)
    first, last = np.searchsorted(scene.forces.time_s, [on_s, off_s], side="right")
    own = slice(int(first) - 1, int(last))
    vertical, x, z = (
        np.interp(scene.time_s[frames], scene.forces.time_s[own], column[own])
        for column in (wrench.force_n[:, 1], wrench.point_m[:, 0], wrench.point_m[:, 2])
    )
    weight = np.maximum(vertical, 1e-9)
    point = np.column_stack([x, z])
    apart = [float(np.average(distance_to_sole(outline[frames], point), weights=weight)) for outline in scene.outlines]
    nearest = int(np.argmin(apart))
    sole, contact = scene.soles[nearest], scene.feet.feet[nearest]
    why = _nobodys(
        scene, wrench.name, frames, apart[nearest], float(np.average(contact.on_ground[frames], weights=weight))
    )
    if why:
        nobody = PlateContact(wrench.name, None, "none", on_s, off_s, False, why)
        return _Judged(nobody, frames, apart[nearest])
    reason, beside = _over_edges(scene, wrench, frames, nearest)
    found = PlateContact(wrench.name, sole.segment, sole.side, on_s, off_s, not reason, reason)
    return _Judged(found, frames, apart[nearest], beside, _weight(scene, frames, nearest, vertical))


def _nobodys(scene: _Scene, name: str, frames: slice, distance_m: float, standing: float) -> str:
    """Why a loading belongs to no foot alone; empty where it does."""
    plate = scene.plate(name)
    if plate is not None:
        on_it = (_on_plate(scene, k, plate, frames) for k in range(len(scene.soles)))
        if sum(scene.noticed(flags) for flags in on_it) > 1:
            return "both feet stand on it"
    if distance_m > OUTSIDE_M:
        together = scene.noticed(np.all(scene.feet.on_ground[frames], axis=1))
        between = ", so both feet may stand on it" if together and plate is None and distance_m < FARTHEST_M else ""
        return f"the force acts {100 * distance_m:.0f} cm outside of the nearest foot{between}"
    return "" if standing >= LEAST_ON_GROUND else "no foot stands there"


def _over_edges(scene: _Scene, wrench: AppliedForce, frames: slice, own: int) -> tuple[str, frozenset[str]]:
    """Why a foot is not wholly on plates (empty where it is), and the other plates that it touches."""
    plate, beside = scene.plate(wrench.name), frozenset[str]()
    if plate is None:
        return "", beside
    outline = scene.outlines[own][frames]
    outside = scene.corners[own][frames] & (depth_in_plate(plate, outline) < -OVER_EDGE_M)
    for neighbour in scene.plates:
        if neighbour.name != plate.name:
            on_it = outside & (depth_in_plate(neighbour, outline) > -OVER_EDGE_M)
            outside = outside & ~on_it
            if scene.noticed(np.any(on_it, axis=1)):
                beside |= {neighbour.name}
    if scene.noticed(np.any(outside, axis=1)):
        return f"the {scene.soles[own].side} foot stands partly beside it", beside
    return "", beside


def _on_plate(scene: _Scene, k: int, plate: PlateGeometry, frames: slice) -> Flags:
    """Frames of a contact in which a foot touches a plate."""
    deep = depth_in_plate(plate, scene.outlines[k][frames]) > OVER_EDGE_M
    return np.asarray((scene.corners[k][frames] & deep).any(axis=1))


def _weight(scene: _Scene, frames: slice, own: int, vertical: Floats) -> float:
    """Part of the body's weight that a contact carries on average while the other foot is in the air."""
    alone = scene.feet.feet[own].on_ground[frames]
    for k, foot in enumerate(scene.feet.feet):
        if k != own:
            alone = alone & ~foot.on_ground[frames]
    if alone.sum() * scene.step_s < SHORTEST_CONTACT_S or scene.weight_n <= 0:
        return np.nan
    return float(vertical[alone].mean()) / scene.weight_n


def _without_light(judged: list[_Judged]) -> list[_Judged]:
    """Exclude contacts that carry too little of the body, unless all do alike: then the body's mass is wrong."""
    weights = np.array([j.weight for j in judged if j.contact.accepted and np.isfinite(j.weight) and not j.beside])
    if len(weights) > 1 and weights.max() < (1 + SAME_WEIGHT) * weights.min():
        return judged
    return [_light(j) if j.contact.accepted and not j.beside and j.weight < LEAST_WEIGHT else j for j in judged]


def _light(j: _Judged) -> _Judged:
    reason = (
        f"it carries {100 * j.weight:.0f} % of the body's weight while the {j.contact.side} foot stands alone, so the "
        "foot stands partly beside it, something else carries weight, or the mass of the body is not the person's"
    )
    return replace(j, contact=replace(j.contact, accepted=False, reason=reason))


def _without_torn(judged: list[_Judged]) -> list[_Judged]:
    """Exclude contacts of a foot that also stands on a plate whose force is not its own."""
    for _ in judged:
        torn = [j for j in judged if j.contact.accepted and any(_spoils(j, other) for other in judged)]
        if not torn:
            return judged
        judged = [
            replace(j, contact=replace(j.contact, accepted=False, reason=_TORN.format(j.contact.side)))
            if j in torn
            else j
            for j in judged
        ]
    return judged


_TORN = "the {} foot stands on another plate as well, whose force is not its own alone"


def _spoils(one: _Judged, other: _Judged) -> bool:
    together = one.frames.start < other.frames.stop and other.frames.start < one.frames.stop
    shared = other.contact.plate in one.beside and together
    return shared and not (other.contact.accepted and other.contact.side == one.contact.side)


def _check_near(judged: list[_Judged], source: str) -> None:
    if judged and all(j.distance_m > FARTHEST_M for j in judged):
        nearest = min(judged, key=lambda j: j.distance_m)
        raise RecordingError(
            f'{source}: plate "{nearest.contact.plate}" is loaded {nearest.distance_m:.2f} m from the nearest foot, '
            f"expected at most {FARTHEST_M} m. Check that forces and markers share one origin and one set of axes."
        )


# --- what is left -----------------------------------------------------------------------------------------------------


def _named_contacts(scene: _Scene, wrench: AppliedForce) -> list[PlateContact]:
    """Contacts of a force whose segment the file names; none for a force that acts on something else than a foot."""
    if wrench.segment is None or not is_foot(wrench.segment):
        return []
    side = side_of(wrench.segment)
    return [PlateContact(wrench.name, wrench.segment, side, on, off) for on, off in _loadings(scene, wrench)]


def _accepted_forces(bare: list[AppliedForce], contacts: list[PlateContact], clock_s: Floats) -> list[AppliedForce]:
    """One force for each plate and foot, zero outside of their accepted contacts."""
    found = []
    for wrench in bare:
        own = [c for c in contacts if c.plate == wrench.name and c.accepted]
        segments = tuple(dict.fromkeys(c.segment for c in own))
        for segment in segments:
            on = np.zeros(len(clock_s), dtype=bool)
            for c in own:
                on |= (c.segment == segment) & (clock_s >= c.on_s) & (clock_s <= c.off_s)
            name = wrench.name if len(segments) == 1 else f"{wrench.name}_{side_of(segment or '')}"
            force, torque = (np.where(on[:, None], v, 0.0) for v in (wrench.force_n, wrench.torque_nm))
            found.append(replace(wrench, name=name, segment=segment, force_n=force, torque_nm=torque))
    return found


def _cut_low(wrench: AppliedForce, clock_s: Floats, contacts: list[PlateContact]) -> list[str]:
    """Say so where a plate's small forces were set to zero before they were stored: it falls to 0 from far above."""
    vertical, last_n = wrench.force_n[:, 1], []
    for c in contacts:
        last = int(np.searchsorted(clock_s, c.off_s + 1e-9)) - 1
        if c.plate == wrench.name and 2 < last < len(clock_s) - 2 and vertical[last + 1] == 0.0:
            fall_n = max(float(vertical[last - 2] - vertical[last]) / 2, 0.0)
            if vertical[last] > 2 * CONTACT_N and vertical[last] > CUT_STEPS * fall_n:
                last_n.append(float(vertical[last]))
    if not last_n:
        return []
    return [
        f"{wrench.name} falls from {max(last_n):.0f} N to nothing at once: small forces were removed before the file "
        "was written, so strikes from it are late and foot-offs early."
    ]


def _covered(scene: _Scene, contacts: list[PlateContact]) -> Flags:
    """Frames in which no foot stands without its force, and no force is left without its foot."""
    t = scene.time_s
    covered = np.ones(len(t), dtype=bool)
    for c in contacts:
        if not c.accepted:
            covered &= (t < c.on_s) | (t > c.off_s)
    for sole, foot in zip(scene.soles, scene.feet.feet, strict=True):
        measured = [c for c in contacts if c.accepted and c.side == sole.side]
        for first, last in runs(foot.on_ground):
            covered[first : last + 1] &= _measured(t[first : last + 1], measured)
    return covered


def _measured(time_s: Floats, measured: list[PlateContact]) -> Flags:
    """Which frames of one stance have a force: those of its contacts, and what lies between the edges of both."""
    flags = np.zeros(len(time_s), dtype=bool)
    for c in measured:
        flags |= (time_s >= c.on_s) & (time_s <= c.off_s)
    if not flags.any():
        return flags
    for first, last in runs(~flags):
        if time_s[last] - time_s[first] < SAME_EDGE_S and (first == 0 or last == len(flags) - 1):
            flags[first : last + 1] = True
    return flags
