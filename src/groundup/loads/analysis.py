"""Everything computed from one recording, as arrays: what the findings and the study are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND, Body
from groundup.body.recording import ExternalForces, MarkerTrajectories
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.loads.muscle_forces import MuscleLoads
from groundup.motion.inverse_kinematics import MarkerFit
from groundup.motion.trajectory import Motion


@dataclass(frozen=True, eq=False)
class Analysis:
    """One recording on one body.

    Attributes
    ----------
    motion, at : smoothed motion and the poses it makes
    fit : how the markers were followed, on the same frames
    forces : forces on segments, on their own clock; None without plates
    moments : array, shape (F, C), N·m or N; None without plates
    loads : muscle forces and joint reactions; None without plates or muscles
    reasons : why a part is missing, by group of the study
    notes : what was done to the recording, in plain words
    unseen : free coordinates that no used marker shows; they keep their default
    """

    body: Body
    skeleton: Skeleton
    recording: MarkerTrajectories
    fit: MarkerFit
    motion: Motion
    at: Poses
    forces: ExternalForces | None
    moments: Floats | None
    loads: MuscleLoads | None
    reasons: dict[str, str]
    notes: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def body_weight_n(self) -> float:
        """Weight of the body, N."""
        return float(self.body.mass * np.linalg.norm(self.body.gravity))

    def segment_origin(self, name: str) -> Floats:
        """Origin of a segment in ground, (F, 3) m."""
        return self.at.translation[:, self.skeleton.segment_index[name]]

    @property
    def pelvis(self) -> str:
        """The segment that the root joint moves."""
        return root_segment(self.body)


def root_segment(body: Body) -> str:
    """The segment that hangs from the ground: the pelvis, or else the first."""
    children = [j.child for j in body.joints if j.parent == GROUND]
    return next((c for c in children if "pelvis" in c.lower()), children[0])
