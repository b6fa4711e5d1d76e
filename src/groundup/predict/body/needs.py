"""What a body must have to walk by itself, by the names of groundup's own body; and what one lacks of it."""

from __future__ import annotations

from groundup.body.model import Body
from groundup.errors import ModelError
from groundup.predict.body.contact import place_soles
from groundup.predict.body.coordinates import DATA, read_choices, read_rows
from groundup.predict.body.muscles import SIDES, members_of, read_groups
from groundup.predict.body.reduced import reduce_body

SEGMENTS = ("pelvis", "torso", "head", *(f"{s}_{side}" for s in ("femur", "talus") for side in SIDES))
"""Those that a prediction asks for by name; all others may be named as one likes."""


def lacking(body: Body) -> tuple[str, ...]:
    """What a body lacks for a prediction, a phrase for each kind of thing; empty for one that can walk.

    Where every name is there, the reduction itself is tried: a coordinate too many, or a coupler that is no line.
    """
    kinds = {
        "contact spheres": (_spheres(), {c.name for c in body.contacts}),
        "coordinates": ({c.source for c in read_choices()}, set(body.coordinate_names)),
        "leg muscles": (_muscles(), {m.name for m in body.muscles}),
        "segments": (set(SEGMENTS), {s.name for s in body.segments}),
    }
    absent = tuple(f"{kind} {_some(wanted - have)}" for kind, (wanted, have) in kinds.items() if wanted - have)
    if absent:
        return absent
    try:
        reduce_body(body)
        place_soles(body)
        for side in SIDES:
            members_of(body, side)
    except ModelError as error:
        return (f"what its reduction needs ({str(error).rstrip('.')})",)
    return ()


def _spheres() -> set[str]:
    return {f"{row['at']}_{side}" for row in read_rows(DATA / "contact.tsv") for side in SIDES}


def _muscles() -> set[str]:
    return {f"{stem}_{side}" for group in read_groups() for stem in group.members for side in SIDES}


def _some(names: set[str], most: int = 6) -> str:
    told = sorted(names)
    more = f" and {len(told) - most} more" if len(told) > most else ""
    return ", ".join(told[:most]) + more
