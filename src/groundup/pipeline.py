"""Both paths of groundup, readable on one screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from groundup.body.default_body import default_body
from groundup.body.marker_sets import MarkerMap
from groundup.body.model import Actuator, Body
from groundup.body.person import Person, check_person
from groundup.body.recording import Recording
from groundup.chain.conclude import conclude, with_lumbar_reason
from groundup.drop_in.run import run_setup
from groundup.engine.kinematics import Poses, poses
from groundup.engine.skeleton import Skeleton, compile_skeleton
from groundup.loads.analysis import Analysis, check_reason, root_segment
from groundup.loads.body_mass import carried_mass_kg, with_mass
from groundup.loads.external import check_size
from groundup.loads.force_filter import smooth_forces
from groundup.loads.ground import (
    Ground,
    enough,
    estimated_ground,
    measured_ground,
    no_ground,
    part,
    spread,
    spread_loads,
    without_ends,
)
from groundup.loads.moments import joint_moments
from groundup.loads.muscle_forces import RESERVE_NM, MuscleLoads, SharingOptions, build_machine, share
from groundup.loads.residuals import reduce_residuals
from groundup.motion.fitting import fit_person
from groundup.motion.follow import follow
from groundup.motion.inverse_kinematics import Tasks
from groundup.motion.recording_window import clip_to_forces
from groundup.motion.trajectory import Motion, differentiate
from groundup.motion.unseen_trunk import with_upright_trunk
from groundup.motion.up_axis import check_forces_up, check_upright
from groundup.provenance import provenance
from groundup.study import Interval, Provenance, Study

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
    reduce_residuals : bool
        Move mass within the body so that motion and ground forces agree better.
    match_forces : bool
        Smooth the ground forces like the motion.
    covered_only : bool
        Tell loads only where every foot on the ground stands cleanly on a plate.
    estimate_forces : bool
        Without plates, estimate the ground forces from the motion.
    upright_trunk : bool
        Keep a trunk that no marker shows upright; otherwise its joints keep their default angles.
    weighed : bool
        Whether the body's mass is the person's; otherwise the plates tell it, where there are any.
    attribution : bool
        Split the differences of left and right among the links of the chain, and tell how the main loads answer to
        small changes of the walk. It takes some seconds for each load.
    """

    lowpass_hz: float | None = 6.0
    sharing: SharingOptions = field(default_factory=SharingOptions)
    tasks: Tasks | None = None
    actuators: tuple[Actuator, ...] = ()
    reserve_nm: float = RESERVE_NM
    reduce_residuals: bool = False
    match_forces: bool = False
    covered_only: bool = False
    estimate_forces: bool = False
    weighed: bool = True
    upright_trunk: bool = False
    attribution: bool = False


def analyse(
    recording: Recording,
    body: Body,
    method: Method | None = None,
    *,
    samples: int = 0,
    seed: int = 0,
    progress: Progress = _silent,
    origin: Provenance | None = None,
) -> Study:
    """Analyse a recording on a body: markers and forces to joint, muscle and low-back loads.

    Parameters
    ----------
    samples : how often everything uncertain is varied for the intervals of this recording, 200 or more; 0 for intervals
        of the main numbers that are typical of the method. Ctrl-C ends the sampling, not the analysis.
    seed : the same seed gives the same intervals

    Raises
    ------
    GroundupError
        Recording and body do not fit; the message says where and what to do.
    """
    _check_samples(samples)
    method = method or Method()
    found = compute(recording, body, method, progress)
    return _concluded(found, method, recording, _Sampling(samples, seed), progress, origin)


def analyse_person(
    recording: Recording,
    person: Person,
    *,
    standing: Recording | None = None,
    marker_map: MarkerMap | None = None,
    marker_set: str | None = None,
    weighed: bool = True,
    method: Method | None = None,
    samples: int = 0,
    seed: int = 0,
    progress: Progress = _silent,
    origin: Provenance | None = None,
) -> Study:
    """Analyse a recording on groundup's own body, scaled to the person from the markers.

    Parameters
    ----------
    standing : the person standing still; makes the scaling surer
    marker_map, marker_set : what the labels mean; None finds the marker set by the labels
    weighed : whether ``person.mass_kg`` was measured; an assumed one is replaced by what the plates show
    samples, seed : as for :func:`analyse`

    Raises
    ------
    GroundupError
        The markers are not recognised, or no body fits them; the message says where and what to do.
    """
    progress("recognising markers")
    check_person(person)
    _check_samples(samples)
    method = method or Method()
    fitting = fit_person(
        default_body(), recording, person, standing, marker_map, marker_set, progress, method.lowpass_hz
    )
    own = replace(
        method,
        tasks=fitting.fitted.tasks,
        match_forces=True,
        covered_only=True,
        estimate_forces=True,
        weighed=weighed,
        upright_trunk=True,
    )
    found = compute(fitting.recording, fitting.fitted.body, own, progress)
    found = replace(found, fitting=fitting, height_m=person.height_m)
    return _concluded(found, own, recording, _Sampling(samples, seed), progress, origin)


@dataclass(frozen=True)
class _Sampling:
    """How many samples tell how sure the numbers are."""

    samples: int
    seed: int


def _check_samples(samples: int) -> None:
    """Refuse too few samples before anything is computed."""
    if samples:
        from groundup.chain.uncertainty import check_samples

        check_samples(samples)


def _concluded(
    found: Analysis,
    method: Method,
    recording: Recording,
    sampling: _Sampling,
    progress: Progress,
    origin: Provenance | None,
) -> Study:
    """Make the study of an analysis, with its own intervals where samples are asked for."""
    found = with_lumbar_reason(found)
    sampled = _sampled(found, method, sampling, progress)
    progress("concluding")
    study = conclude(
        found,
        recording.title,
        origin or provenance("", {}, {}),
        synthetic=recording.synthetic,
        sampled=sampled or (),
        stopped=sampled is None,
    )
    return _with_attribution(study, found, method, progress) if method.attribution else study


def _with_attribution(study: Study, found: Analysis, method: Method, progress: Progress) -> Study:
    """Add why left and right differ, and how loads answer to small changes."""
    from groundup.chain.attribution import Sharing, with_sides

    progress("attributing differences of left and right to links of the chain")
    return with_sides(study, found, Sharing(method.sharing, method.actuators, method.reserve_nm))


def _sampled(found: Analysis, method: Method, sampling: _Sampling, progress: Progress) -> tuple[Interval, ...] | None:
    """Intervals of every number of an analysis; none without samples, None where Ctrl-C stopped them."""
    if not sampling.samples:
        return ()
    from groundup.chain.uncertainty import UncertaintyOptions, sample_study

    try:
        return sample_study(found, method, UncertaintyOptions(sampling.samples, sampling.seed), progress)
    except KeyboardInterrupt:
        progress("sampling stopped: writing the results without intervals of their own; those shown are typical")
        return None


def demo(progress: Progress = _silent, *, samples: int = 0, seed: int = 0) -> Study:
    """Analyse the walk that comes with groundup: a synthetic recording on the default body."""
    from groundup.motion.synthetic import synthetic_recording

    progress("writing the synthetic recording")
    body = default_body()
    markers, forces, _ = synthetic_recording(body)
    recording = Recording(markers, forces, "Demonstration walk", synthetic=True)
    origin = provenance("groundup demo", {"samples": samples, "seed": seed} if samples else {}, {})
    return analyse(recording, body, samples=samples, seed=seed, progress=progress, origin=origin)


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
    skeleton = followed.skeleton
    q = followed.fit.q if not method.upright_trunk else with_upright_trunk(body, followed, root_segment(body))
    motion = differentiate(skeleton, followed.markers.time_s, q, method.lowpass_hz)
    at = poses(skeleton, motion.q)
    check_upright(skeleton, at, root_segment(body), markers.source)
    progress("ground forces")
    ground = _ground(body, skeleton, motion, at, recording, method)
    carried = None if method.weighed else carried_mass_kg(skeleton, motion, at, ground)
    body, said = _with_masses(body, carried, motion, ground, method)
    skeleton = compile_skeleton(body) if said else skeleton
    notes += said
    moments, loads = _loads(body, skeleton, motion, ground, method, progress)
    return check_reason(
        Analysis(
            body=body,
            skeleton=skeleton,
            recording=followed.markers,
            fit=followed.fit,
            motion=motion,
            at=at,
            ground=ground,
            moments=moments,
            loads=loads,
            reasons=_missing(ground.forces is not None, bool(body.muscles)),
            notes=(*notes, *followed.notes),
            unseen=followed.unseen,
            emg=recording.emg,
            pressure=recording.pressure,
            subject=recording.subject,
            mass_assumed=not method.weighed and carried is None,
        )
    )


def _ground(body: Body, skeleton: Skeleton, motion: Motion, at: Poses, recording: Recording, method: Method) -> Ground:
    """Forces under the feet: from the plates, or from the motion where these say too little."""
    measured = no_ground(motion)
    if recording.forces is not None:
        only = method.covered_only
        measured = measured_ground(skeleton, motion, at, recording.forces, recording.plates, covered_only=only)
        if method.match_forces and method.lowpass_hz and measured.forces is not None:
            measured = replace(measured, forces=smooth_forces(measured.forces, method.lowpass_hz))
    if not enough(measured) and method.estimate_forces:
        measured = replace(estimated_ground(body, skeleton, motion, at), contacts=measured.contacts)
    if method.covered_only and method.lowpass_hz:
        measured = without_ends(measured, motion.time_s, method.lowpass_hz)
    return measured


def _with_masses(
    body: Body, carried: float | None, motion: Motion, ground: Ground, method: Method
) -> tuple[Body, list[str]]:
    """Masses as the plates show them, where that is asked for, and what was changed."""
    notes = []
    if carried is not None:
        body = with_mass(body, carried)
        notes.append(f"Mass {carried:.1f} kg as the plates show.")
    if method.reduce_residuals and ground.forces is not None and ground.estimate is None and enough(ground):
        body, reduction = reduce_residuals(body, part(motion, ground.known), ground.forces)
        notes.append(reduction.words)
    return body, notes


def _loads(
    body: Body, skeleton: Skeleton, motion: Motion, ground: Ground, method: Method, progress: Progress
) -> tuple[np.ndarray | None, MuscleLoads | None]:
    """Moments and muscle loads in the frames whose forces are known."""
    if ground.forces is None or not enough(ground):
        return None, None
    stretch = part(motion, ground.span)
    if not body.muscles:
        progress("joint moments")
        return spread(joint_moments(skeleton, stretch, ground.forces, opensim=method.sharing.opensim), ground), None
    progress("moments, muscle forces and joint loads")
    machine = build_machine(body, (*body.actuators, *method.actuators), method.reserve_nm)
    loads = spread_loads(share(machine, stretch, ground.forces, method.sharing), ground)
    return loads.moments, loads


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
