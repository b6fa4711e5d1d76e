"""Both paths of groundup, readable on one screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from groundup.body.model import Actuator, Body
from groundup.body.recording import Recording
from groundup.chain.conclude import conclude
from groundup.drop_in.run import run_setup
from groundup.engine.kinematics import poses
from groundup.loads.analysis import Analysis, check_reason, root_segment
from groundup.loads.external import check_size
from groundup.loads.moments import joint_moments
from groundup.loads.muscle_forces import RESERVE_NM, SharingOptions, build_machine, share
from groundup.loads.plates import assign_plates
from groundup.motion.follow import follow
from groundup.motion.inverse_kinematics import Tasks
from groundup.motion.recording_window import clip_to_forces, clip_to_motion
from groundup.motion.trajectory import differentiate
from groundup.motion.up_axis import check_forces_up, check_upright
from groundup.provenance import provenance
from groundup.study import Provenance, Study

Progress = Callable[[str], None]

__all__ = ["Method", "Progress", "analyse", "compute", "demo", "run_setup", "save"]


def _silent(stage: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Method:
    """How a recording is turned into loads.

    Attributes
    ----------
    lowpass_hz : float or None
        Cut-off of the motion's filter; None for no filter.
    tasks : Tasks or None
        What inverse kinematics follows; None follows every marker with the same weight.
    actuators : tuple of Actuator
        Beside the muscles and the actuators of the body.
    reserve_nm : float
        Strength of the reserve at each coordinate that none of them drives, N·m or N.
    """

    lowpass_hz: float | None = 6.0
    sharing: SharingOptions = field(default_factory=SharingOptions)
    tasks: Tasks | None = None
    actuators: tuple[Actuator, ...] = ()
    reserve_nm: float = RESERVE_NM


def analyse(
    recording: Recording,
    body: Body,
    method: Method | None = None,
    *,
    progress: Progress = _silent,
    origin: Provenance | None = None,
) -> Study:
    """Analyse a recording on a body: markers and forces to joint, muscle and low-back loads.

    Raises
    ------
    GroundupError
        Recording and body do not fit; the message says where and what to do.
    """
    found = compute(recording, body, method, progress)
    progress("concluding")
    return conclude(found, recording.title, origin or provenance("", {}, {}), synthetic=recording.synthetic)


def demo(progress: Progress = _silent) -> Study:
    """Analyse the walk that comes with groundup: a synthetic recording on the default body."""
    from groundup.body.default_body import default_body
    from groundup.motion.synthetic import synthetic_recording

    progress("writing the synthetic recording")
    body = default_body()
    markers, forces, _ = synthetic_recording(body)
    recording = Recording(markers, forces, "Demonstration walk", synthetic=True)
    return analyse(recording, body, progress=progress, origin=provenance("groundup demo", {}, {}))


# Numbers beyond reason are refused with words at the end; NumPy's warnings on the way there would only add noise.
@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def compute(recording: Recording, body: Body, method: Method | None = None, progress: Progress = _silent) -> Analysis:
    """Compute everything from one recording on one body, as arrays."""
    method = method or Method()
    markers, forces = recording.markers, recording.forces
    notes = list(recording.notes)
    if forces is not None:
        check_size(forces, body)
        check_forces_up(forces)
        markers, clipped = clip_to_forces(markers, forces)
        notes += clipped
    progress("inverse kinematics")
    followed = follow(body, markers, method.tasks)
    markers, skeleton, fit = followed.markers, followed.skeleton, followed.fit
    motion = differentiate(skeleton, markers.time_s, fit.q, method.lowpass_hz)
    at = poses(skeleton, motion.q)
    check_upright(skeleton, at, root_segment(body), markers.source)
    moments, loads = None, None
    if forces is not None:
        forces = assign_plates(skeleton, at, motion.time_s, clip_to_motion(forces, motion.time_s))
    if forces is not None and body.muscles:
        progress("moments, muscle forces and joint loads")
        loads = share(
            build_machine(body, (*body.actuators, *method.actuators), method.reserve_nm), motion, forces, method.sharing
        )
        moments = loads.moments
    elif forces is not None:
        progress("joint moments")
        moments = joint_moments(skeleton, motion, forces, opensim=method.sharing.opensim)
    reasons = _missing(forces is not None, bool(body.muscles))
    notes += followed.notes
    return check_reason(
        Analysis(
            body, skeleton, markers, fit, motion, at, forces, moments, loads, reasons, tuple(notes), followed.unseen
        )
    )


def save(study: Study, folder: Path) -> None:
    """Write a study's files into a folder."""
    from groundup.report.files import write_results

    write_results(study, folder)


def _missing(has_forces: bool, has_muscles: bool) -> dict[str, str]:
    """Why groups of the study cannot be computed."""
    of_muscles = ("muscle_force", "activation", "joint_load", "lumbar")
    if not has_forces:
        why = "no ground forces were given; pass them with --forces"
        return dict.fromkeys(("moment", *of_muscles, "ground_force"), why)
    return {} if has_muscles else dict.fromkeys(of_muscles, "the model has no muscles")
