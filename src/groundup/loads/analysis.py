"""Everything computed from one recording, as arrays: what the findings and the study are made from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND, Body
from groundup.body.pressure import RegionalPressure
from groundup.body.recording import ExternalForces, MarkerTrajectories, RecordedSubject, Signals
from groundup.engine.kinematics import Poses
from groundup.engine.skeleton import Skeleton
from groundup.errors import SolverError
from groundup.loads.ground import Ground
from groundup.loads.muscle_forces import MuscleLoads
from groundup.motion.fitting import Fitting
from groundup.motion.inverse_kinematics import MarkerFit
from groundup.motion.trajectory import Motion

BEYOND_REASON = 1e9
"""N, N·m or rad that no body reaches; a number in a file is wrong by orders of magnitude."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """One recording on one body.

    Attributes
    ----------
    motion, at : smoothed motion and the poses it makes
    fit : how the markers were followed, on the same frames
    ground : forces under the feet, and the frames for which they are known; moments and loads are NaN in others
    moments : array, shape (F, C), N·m or N; None without forces
    loads : muscle forces and joint reactions; None without forces or muscles
    reasons : why a part is missing, by group of the study
    notes : what was done to the recording, in plain words
    unseen : free coordinates that no used marker shows; they keep their default
    fitting : how the body was fitted to the person; None for a model that was used as it is
    emg : recorded muscle activity
    pressure : what each region of the feet carried, where that was recorded
    subject : what is known of the person beside mass and height
    height_m : the person's height; None where unknown
    mass_assumed : nobody gave the mass and no plate showed it
    """

    body: Body
    skeleton: Skeleton
    recording: MarkerTrajectories
    fit: MarkerFit
    motion: Motion
    at: Poses
    ground: Ground
    moments: Floats | None
    loads: MuscleLoads | None
    reasons: dict[str, str]
    notes: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    fitting: Fitting | None = None
    emg: Signals | None = None
    height_m: float | None = None
    mass_assumed: bool = False
    pressure: RegionalPressure | None = None
    subject: RecordedSubject = field(default_factory=RecordedSubject)

    @property
    def forces(self) -> ExternalForces | None:
        """Forces on segments, on their own clock; None where nothing is known."""
        return self.ground.forces

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


def check_reason(a: Analysis) -> Analysis:
    """Give the analysis back, or refuse one that holds no numbers or numbers beyond all bodies.

    Raises
    ------
    SolverError
        Names the first quantity and instant.
    """
    parts: list[tuple[str, tuple[str, ...], Floats]] = [("coordinate", a.skeleton.coordinates, a.motion.q)]
    if a.moments is not None:
        parts.append(("moment of", a.skeleton.coordinates, a.moments))
    if a.loads is not None:
        parts.append(("force of", a.loads.muscles, a.loads.force))
        parts.append(("force of", a.loads.actuators, a.loads.actuator_force))
    known = a.ground.known
    for k, (what, names, values) in enumerate(parts):
        # Loads are told only where all forces are known; a motion everywhere.
        wrong = np.argwhere(~(np.abs(values) < BEYOND_REASON) & (known[:, None] | (k == 0)))
        if len(wrong):
            frame, column = wrong[0]
            raise SolverError(
                f"{a.recording.source}: the {what} {names[column]} is {values[frame, column]:.3g} at "
                f"{a.motion.time_s[frame]:.3f} s, expected what a body can do. A number in the model or the recording "
                "is wrong by orders of magnitude, or the motion is far outside the model's range: look at both with "
                "groundup inspect."
            )
    return a
