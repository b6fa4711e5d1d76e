"""What the default body is, how it compares with people, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.default_body import default_body
from groundup.body.model import Body, Coordinate, MotionKind
from groundup.chain.card.faults import KNOWN, Trial, is_trunk, try_body
from groundup.chain.card.measures import Curve, Mechanics, curves, mechanics, published
from groundup.motion.body_proportions import stature_m
from groundup.motion.synthetic import START_PHASE
from groundup.motion.walk import read_walk, walk_motion

SOURCE = (
    "Beaucage-Gauvreau et al., 2019, doi:10.1080/10255842.2018.1564819; legs of Rajagopal et al., 2016, "
    "doi:10.1109/TBME.2016.2586891; lumbar spine of Christophy et al., 2012, doi:10.1007/s10237-011-0290-6; as "
    "distributed in the pose2sim package"
)
LICENCE = "BSD 3-clause; its text lies beside the tables"


@dataclass(frozen=True)
class MassShare:
    """Share of the body's mass, %, in the model and in two published sets."""

    part: str
    percent: float
    published: tuple[float, float]

    @property
    def words(self) -> str:
        """Model and published shares in words."""
        low, high = sorted(self.published)
        return f"{self.percent:.1f}, published {low:.1f} to {high:.1f}"


@dataclass(frozen=True, eq=False)
class Card:
    """The card of a body."""

    body: Body
    height_m: float
    masses: tuple[MassShare, ...]
    curves: tuple[Curve, ...]
    trial: Trial

    @property
    def found(self) -> tuple[str, ...]:
        """What trying the body and comparing it with people found, a line each."""
        return (*_judged(self.curves), *_odd_masses(self.masses), *self.trial.words)


def make_card() -> Card:
    """Make the card of the default body."""
    body = default_body()
    m = mechanics(body)
    return Card(body, stature_m(body), mass_shares(body), curves(m), try_body(m, level_walk(m)))


def level_walk(m: Mechanics) -> np.ndarray:
    """Coordinates (50, C) over a cycle of the walk that comes with groundup."""
    walk = read_walk()
    default = np.array([c.default for c in m.body.coordinates])
    return walk_motion(walk, m.skeleton, default, np.linspace(0.0, walk.cycle_s, 50), START_PHASE).q


def mass_shares(body: Body) -> tuple[MassShare, ...]:
    """Masses of parts of the body, both sides together, beside the published ones."""
    return tuple(
        MassShare(
            part,
            100 * sum(s.mass for s in body.segments if s.name.startswith(tuple(given[2]))) / body.mass,
            (float(given[0]), float(given[1])),
        )
        for part, given in published()["mass"].items()
        if part != "source"
    )


def _judged(found: tuple[Curve, ...]) -> tuple[str, ...]:
    return tuple(
        f"{c.name}: {c.verdict} the published range; {range_words(c)}." for c in found if c.verdict in _OUTSIDE
    )


_OUTSIDE = ("above", "below", "above and below")


def _odd_masses(masses: tuple[MassShare, ...]) -> tuple[str, ...]:
    """Parts whose share lies more than a hundredth of the body's mass outside both published sets."""
    return tuple(
        f"Mass of the {x.part}, % of the body: {x.words}."
        for x in masses
        if not min(x.published) - 1.0 <= x.percent <= max(x.published) + 1.0
    )


def range_words(c: Curve) -> str:
    """Model and published range in words."""
    digits = 0 if c.unit == "mm" else 1
    ours = f"{c.inside.min():.{digits}f} to {c.inside.max():.{digits}f}"
    return f"{ours} {c.unit} from {c.from_deg:g}° to {c.to_deg:g}°, published {c.low:g} to {c.high:g} {c.unit}"


def describe_card(card: Card) -> dict[str, object]:
    """The card as plain values, in the order in which it is read."""
    body = card.body
    trunk = sum(is_trunk(u) for u in body.muscles)
    return {
        "name": body.name,
        "source": SOURCE,
        "licence": LICENCE,
        "mass_kg": round(body.mass, 2),
        "height_m": round(card.height_m, 3),
        "counts": {
            "segments": len(body.segments),
            "joints": len(body.joints),
            "coordinates": len(body.coordinates),
            "of them following others": len(body.couplers),
            "muscles": len(body.muscles),
            "of the trunk": trunk,
            "of the legs": len(body.muscles) - trunk,
            "contact spheres": len(body.contacts),
            "landmarks": len(body.markers),
        },
        "mass, % of the body": [f"{x.part}: {x.words}" for x in card.masses],
        "masses published by": str(published()["mass"]["source"]),
        "contact regions": [c.name for c in body.contacts if c.name.endswith("_r")],
        "moment arms": [_line(c) for c in card.curves if c.kind == "moment arm"],
        "isometric strength": [_line(c) for c in card.curves if c.kind == "strength"],
        "known faults": list(KNOWN),
        "found by trying it": list(card.found),
        "coordinates": [_coordinate(c, body) for c in body.coordinates],
        "landmarks": [f"{x.name} ({x.segment})" for x in body.markers],
    }


def _coordinate(c: Coordinate, body: Body) -> str:
    turns = c.motion is not MotionKind.TRANSLATIONAL
    low, high = (np.degrees(x) if turns else x for x in c.range)
    follows = next((f", follows {', '.join(k.independents)}" for k in body.couplers if k.dependent == c.name), "")
    free = abs(high - low) > (1e4 if turns else 100.0)
    limits = "no limits" if free else f"{low:.4g} to {high:.4g} {'deg' if turns else 'm'}"
    return f"{c.name}: {limits}{follows}{', locked' if c.locked else ''}"


def _line(c: Curve) -> str:
    return f"{c.name}: {range_words(c)}: {c.verdict} [{c.source}]"
