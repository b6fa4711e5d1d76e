"""The plantar aponeurosis: a tie under the arch, wound up by the toes.

The arch is two beams that meet at the midtarsal joint. Load under the forefoot bends it open, and so does the Achilles
tendon; the fascia carries a share of that, other ligaments and the bones the rest. Bending the toes up winds the
fascia round the heads of the metatarsals (windlass). The foot of the body is one rigid piece between heel and ball, so
the arch gives way quasi-statically: with stiffness ``k`` of the fascia and a share ``s`` of the arch's stiffness,

    tension = s (lever * forefoot + gain * achilles) + (1 - s) k radius * (toe - slack where above 0)

On the dynamics it acts at the toes alone: it pulls them down with ``radius * tension``. All else within the foot
is internal. Numbers, arrays or CasADi symbols alike.

References
----------
.. [1] Kitaoka et al., 1994 (stiffness); Huang et al., 1993 (share); Cheung et al., 2006 (Achilles): see the table
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundup.body.model import Body
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.predict.body.coordinates import DATA, read_rows
from groundup.predict.body.maths import sqrt


@dataclass(frozen=True)
class Fascia:
    """Figures of one foot's plantar aponeurosis.

    Attributes
    ----------
    stiffness_n_per_m : float
    share : part of the arch's stiffness that is the fascia's
    lever : newtons of tension per newton under the forefoot if the fascia carried all
    achilles : newtons of tension per newton of Achilles force, beside the forefoot load that goes with it, likewise
    radius_m : of winding
    slack_rad : dorsiflexion of the toes at which it becomes taut without load
    smoothing_n : float
    """

    stiffness_n_per_m: float
    share: float
    lever: float
    achilles: float
    radius_m: float
    slack_rad: float
    smoothing_n: float

    def tension(self, mtp_angle: Any, forefoot_n: Any, achilles_n: Any) -> Any:
        """Tension, N.

        Parameters
        ----------
        mtp_angle : rad, the body's coordinate: negative is dorsiflexion of the toes
        forefoot_n : vertical force under forefoot and toes, N
        achilles_n : force of gastrocnemius and soleus, N
        """
        pulled = self.share * (self.lever * forefoot_n + self.achilles * achilles_n)
        wound = (1.0 - self.share) * self.stiffness_n_per_m * self.radius_m * (-mtp_angle - self.slack_rad)
        return pulled + 0.5 * (wound + sqrt(wound * wound + self.smoothing_n**2))

    def toe_moment(self, tension: Any) -> Any:
        """Moment along the ``mtp_angle`` coordinate, N·m: it pulls the toes down."""
        return self.radius_m * tension


def read_fascia(body: Body, side: str) -> Fascia:
    """Make the fascia of one foot (``r`` or ``l``) of a body from the size of that foot."""
    v = {row["key"]: float(row["value"]) for row in read_rows(DATA / "fascia.tsv")}
    ball, ankle, insertion = _levers(body, side)
    lever = v["ball_ahead"] / v["arch_height"]
    # Standing, a newton of body weight puts ankle / ball newtons under the forefoot, a newton of Achilles force
    # insertion / ball; what is missing to the published ratio of their effects is the tendon's own.
    achilles = lever * (v["achilles_gain"] * ankle - insertion) / ball
    return Fascia(
        stiffness_n_per_m=v["stiffness"],
        share=v["share"],
        lever=lever,
        achilles=achilles,
        radius_m=v["winding_radius"] * ball,
        slack_rad=float(np.radians(v["slack_toe_deg"])),
        smoothing_n=v["smoothing"],
    )


def _levers(body: Body, side: str) -> tuple[float, float, float]:
    """Along the foot, m: heel pad to ball, heel pad to ankle, and the ankle's arm of the Achilles tendon."""
    skeleton = compile_skeleton(body)
    at = poses(skeleton, np.array([[c.default for c in body.coordinates]]))
    spheres = {c.name: c for c in body.contacts}
    chosen = [spheres[f"{region}_{side}"] for region in ("heel", "forefoot_medial", "forefoot_lateral")]
    segment = np.array([skeleton.segment_index[c.segment] for c in chosen])
    heel, *balls = points_in_ground(at, segment, np.array([c.location for c in chosen]))[0, :, 0]
    ankle = float(at.translation[0, skeleton.segment_index[f"talus_{side}"], 0])
    soleus = next(m for m in body.muscles if m.name == f"soleus_{side}").points[-1]
    place = points_in_ground(at, np.array([skeleton.segment_index[soleus.segment]]), soleus.location[None])[0, 0, 0]
    return float(np.mean(balls) - heel), float(ankle - heel), float(ankle - place)
