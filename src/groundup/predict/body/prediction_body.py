"""Everything a prediction of gait asks of a person's body, in one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.body.model import Body
from groundup.predict.body.contact import Soles, place_soles
from groundup.predict.body.coordinates import Role, read_choices
from groundup.predict.body.fascia import Fascia, read_fascia
from groundup.predict.body.leg_paths import fitted_paths
from groundup.predict.body.muscles import SIDES, LeanMuscle, lean_muscle, members_of, read_groups
from groundup.predict.body.passive import TorqueActuatorChoice, read_torques
from groundup.predict.body.polynomials import PathPolynomial
from groundup.predict.body.reduced import Reduction, reduce_body

ACHILLES = ("gastroc", "soleus")


@dataclass(frozen=True, eq=False)
class PredictionBody:
    """A person's body, made ready for prediction.

    Attributes
    ----------
    reduction : Reduction
        Body of free coordinates, and the way back to the full body.
    body : Body
        The reduced body with ``soles.pads`` for contacts: what the dynamics are built from.
    muscles : lean muscles, right leg first
    torques : what drives trunk and arms, by free coordinate
    soles : Soles
    fascia : by side, ``r`` and ``l``
    """

    reduction: Reduction
    body: Body
    muscles: tuple[LeanMuscle, ...]
    torques: Mapping[str, TorqueActuatorChoice]
    soles: Soles
    fascia: Mapping[str, Fascia]

    @property
    def names(self) -> tuple[str, ...]:
        """Free coordinates, in order."""
        return self.reduction.names

    @property
    def weight_n(self) -> float:
        """Body weight, N."""
        return float(-self.body.mass * self.body.gravity[1])

    def achilles_force(self, tensions: Any, side: str) -> Any:
        """Force of the Achilles tendon of one side, N, from tensions of all lean muscles, any indexable."""
        return sum(tensions[i] for i, m in enumerate(self.muscles) if m.side == side and m.name[:-2] in ACHILLES)

    def forefoot_force(self, normal: Any, side: str) -> Any:
        """Vertical force under forefoot and toes of one side, N, from that of all pads, any indexable."""
        chosen = self.soles.of(side, "forefoot_medial", "forefoot_lateral", "toes")
        return sum(normal[i] for i in chosen)

    def fascia_tension(self, q: Mapping[str, Any], normal: Any, tensions: Any, side: str) -> Any:
        """Tension of the plantar fascia of one side, N; numbers, arrays or CasADi symbols alike."""
        return self.fascia[side].tension(
            q[f"mtp_angle_{side}"], self.forefoot_force(normal, side), self.achilles_force(tensions, side)
        )

    def member_forces(self, tensions: Any) -> dict[str, Any]:
        """Tensions of the full body's leg muscles, N: each lean muscle's, by its members' strengths."""
        return {
            member: tensions[i] * float(share)
            for i, m in enumerate(self.muscles)
            for member, share in zip(m.members, m.shares, strict=True)
        }


def prediction_body(body: Body, cache: Path | None = None) -> PredictionBody:
    """Make a person's body ready for prediction; about a second.

    Parameters
    ----------
    body : the default body or a copy of it scaled with its contacts
    cache : folder that keeps fitted paths by the content of the body; None keeps nothing

    Raises
    ------
    ModelError
        The body lacks coordinates, muscles or contacts of the default body.
    """
    soles = place_soles(body)
    reduction = reduce_body(body)
    return PredictionBody(
        reduction=reduction,
        body=reduction.body.with_(contacts=soles.pads),
        muscles=_muscles(body, fitted_paths(reduction, cache)),
        torques=_torques(body),
        soles=soles,
        fascia={side: read_fascia(body, side) for side in SIDES},
    )


def _muscles(body: Body, paths: tuple[PathPolynomial, ...]) -> tuple[LeanMuscle, ...]:
    out: list[LeanMuscle] = []
    for side in SIDES:
        members = iter(members_of(body, side))
        for group in read_groups():
            some = [next(members) for _ in group.members]
            out.append(lean_muscle(group, side, some, paths[len(out)]))
    return tuple(out)


def _torques(body: Body) -> dict[str, TorqueActuatorChoice]:
    table = read_torques(body.mass)
    driven = [c.name for c in read_choices() if c.role is Role.TORQUE]
    return {name: table[name[:-2] if name.endswith(("_r", "_l")) else name] for name in driven}
