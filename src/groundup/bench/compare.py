"""Run both programs in turn, stage by stage, and compare what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundup.bench import agreement, ours
from groundup.bench.agreement import Difference
from groundup.bench.case import LOWPASS_HZ, Case, MotionFile
from groundup.bench.theirs import TOLERANCE, OpenSim
from groundup.bench.timing import Timing, one_core, seconds
from groundup.body.functions import Floats
from groundup.body.recording import Table
from groundup.drop_in.tables import read_coordinates
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import SolverError
from groundup.io.storage import read_storage
from groundup.loads.joint_contact import In, On, express
from groundup.motion.inverse_kinematics import MarkerFit, MarkerProblem
from groundup.motion.recording_window import FEWEST_FRAMES
from groundup.motion.trajectory import Motion

FEW_MUSCLES = 120
"""Up to so many muscles OpenSim's static optimisation takes a tenth of a second for a frame, beyond that seconds."""

TOTAL = "all four"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class StageTimes:
    """One stage in both programs.

    Attributes
    ----------
    computing : groundup, from arrays to arrays
    with_files : groundup, with reading the recording and writing the results
    opensim : OpenSim's tool, which reads and writes; preparing the model is not counted
    """

    name: str
    computing: Timing
    with_files: Timing
    opensim: Timing

    @property
    def ratio(self) -> float:
        """How many times as many frames groundup computes in the same time."""
        return self.opensim.frame_s / self.computing.frame_s

    @property
    def ratio_with_files(self) -> float:
        """The same with reading and writing on both sides."""
        return self.opensim.frame_s / self.with_files.frame_s


@dataclass(frozen=True)
class Comparison:
    """Times and differences of one case.

    OpenSim computed static optimisation and joint reactions for ``opensim_frames`` of the frames.
    """

    title: str
    n_muscles: int
    n_coordinates: int
    n_frames: int
    opensim_frames: int
    opensim_tolerance: float
    duration_s: float
    cores: int
    repeats: int
    stages: tuple[StageTimes, ...]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    def stage(self, name: str) -> StageTimes:
        """Return the times of a stage."""
        return next(s for s in self.stages if s.name == name)


def affordable_frames(case: Case) -> int:
    """How many frames OpenSim computes unless told otherwise: about ten seconds for each run."""
    return 100 if len(case.body.muscles) <= FEW_MUSCLES else FEWEST_FRAMES


def compare(
    case: Case,
    folder: Path,
    repeats: int,
    opensim_frames: int,
    progress: Progress,
    opensim_tolerance: float = TOLERANCE,
) -> Comparison:
    """Measure a case.

    Parameters
    ----------
    folder : for the files that pass between the stages
    repeats : runs after the first
    opensim_frames : for how many frames OpenSim computes static optimisation and joint reactions
    opensim_tolerance : where OpenSim's optimiser stops

    Raises
    ------
    GroundupError
        The opensim package is not there, or one of its tools fails.
    """
    for name in ("ours", "theirs"):
        (folder / name).mkdir()
    progress("loading OpenSim")
    witness = OpenSim(case, folder / "theirs", max(opensim_frames, FEWEST_FRAMES), opensim_tolerance)
    race = _Race(case, witness, folder / "ours")
    with one_core() as cores:
        for number in range(repeats + 1):
            progress("first run of each" if number == 0 else f"run {number} of {repeats}")
            race.lap()
    progress("comparing results")
    return Comparison(
        case.title,
        len(case.body.muscles),
        len(case.body.coordinates),
        len(case.recording.time_s),
        witness.frames,
        opensim_tolerance,
        float(case.recording.time_s[-1] - case.recording.time_s[0]),
        cores,
        repeats,
        race.times(),
        _differences(witness, folder / "ours"),
        tuple(witness.notes),
    )


class _Race:
    """Both programs in turn; keeps the times of all laps."""

    def __init__(self, case: Case, witness: OpenSim, folder: Path) -> None:
        self._witness = witness
        self._frames = len(case.recording.time_s)
        self._ours = _our_stages(case, MotionFile(folder / "ik.mot", LOWPASS_HZ), folder / "force.sto", folder)
        self._theirs: dict[str, Callable[[], Callable[[], None]]] = {
            "inverse kinematics": witness.inverse_kinematics,
            "inverse dynamics": witness.inverse_dynamics,
            "static optimisation": witness.static_optimisation,
            "joint reactions": witness.joint_reactions,
        }
        self._computing: dict[str, list[float]] = {name: [] for name in self._ours}
        self._with_files: dict[str, list[float]] = {name: [] for name in self._ours}
        self._opensim: dict[str, list[float]] = {name: [] for name in self._theirs}

    def lap(self) -> None:
        """Run every stage once in both programs."""
        for name, stage in self._ours.items():
            self._time_ours(name, stage)
            if name in self._theirs:
                run = self._theirs[name]()
                self._opensim[name].append(seconds(run) - self._witness.preparing_s)
            if name == "inverse kinematics":
                self._witness.cut(ours.filtered_part)

    def times(self) -> tuple[StageTimes, ...]:
        """Times of all stages; OpenSim's total is the sum over its tools, each brought to all frames."""
        frames = dict.fromkeys(self._ours, self._witness.frames)
        frames |= dict.fromkeys(("inverse kinematics", "inverse dynamics"), self._frames) | {TOTAL: self._frames}
        whole = ([s * self._frames / frames[name] for s in laps] for name, laps in self._opensim.items())
        opensim = self._opensim | {TOTAL: [sum(lap) for lap in zip(*whole, strict=True)]}
        return tuple(
            StageTimes(
                name,
                _timing(self._frames, self._computing[name]),
                _timing(self._frames, self._with_files[name]),
                _timing(frames[name], opensim[name]),
            )
            for name in self._ours
        )

    def _time_ours(self, name: str, stage: ours.Stage) -> None:
        kept: dict[str, object] = {}
        reading = seconds(lambda: kept.update(given=stage.read()))
        computing = seconds(lambda: kept.update(found=stage.compute(kept["given"])))
        writing = seconds(lambda: stage.write(kept["found"]))
        self._computing[name].append(computing)
        self._with_files[name].append(reading + computing + writing)


def _timing(frames: int, laps: list[float]) -> Timing:
    return Timing(frames, laps[0], tuple(laps[1:]))


def _our_stages(case: Case, motion: MotionFile, forces: Path, folder: Path) -> dict[str, ours.Stage]:
    """Our stages by name; those after the first take the motion, and joint reactions the forces, from files."""
    return {
        "inverse kinematics": ours.inverse_kinematics(case, folder),
        "inverse dynamics": ours.inverse_dynamics(case, motion, folder),
        "static optimisation": ours.static_optimisation(case, motion, folder),
        "joint reactions": ours.joint_reactions(case, motion, forces, folder),
        TOTAL: ours.everything(case, folder),
    }


# --- agreement -------------------------------------------------------------------------------------------------------


def _differences(witness: OpenSim, folder: Path) -> tuple[Difference, ...]:
    """Compare each of our stages, fed with OpenSim's result of the one before, with OpenSim's tool."""
    case = witness.case
    whole = _our_stages(case, MotionFile(witness.coordinates, LOWPASS_HZ), witness.forces, folder)
    part = _our_stages(case, witness.analysed, witness.forces, folder)
    fit, moments = (_result(whole[name]) for name in ("inverse kinematics", "inverse dynamics"))
    sharing, given = (_result(part[name]) for name in ("static optimisation", "joint reactions"))
    return (
        _kinematics(case, witness, *fit),
        _dynamics(case, witness, moments),
        *_sharing(witness, sharing),
        *_loads(case, witness, sharing, given),
    )


def _result(stage: ours.Stage) -> Any:
    return stage.compute(stage.read())


def _kinematics(case: Case, witness: OpenSim, problem: MarkerProblem, fit: MarkerFit) -> Difference:
    path = witness.coordinates
    theirs = read_coordinates(path, "", path, case.body).q
    return agreement.cost_ratio(_cost(problem, fit.q), _cost(problem, theirs))


def _cost(problem: MarkerProblem, q: Floats) -> Floats:
    """Weighted squares of marker and coordinate errors of each frame, (F,)."""
    position = points_in_ground(poses(problem.skeleton, q), problem.segment, problem.location)
    markers = problem.weight * ((position - problem.target) ** 2).sum(-1)
    coordinates = problem.coordinate_weight * (q - problem.coordinate_target) ** 2
    return np.asarray(markers.sum(-1) + coordinates.sum(-1))


def _dynamics(case: Case, witness: OpenSim, found: ours.Moments) -> Difference:
    table = read_storage(witness.moments)
    names = case.body.coordinate_names
    wanted = tuple(next(f"{n}{e}" for e in ("_moment", "_force") if f"{n}{e}" in table.columns) for n in names)
    mine, yours = _common(found.time_s, table.time_s)
    return agreement.moments(names, found.values[mine], ours.columns(table, wanted)[yours])


def _sharing(witness: OpenSim, found: ours.Sharing) -> tuple[Difference, ...]:
    table, loads = read_storage(witness.activations), found.loads
    mine, yours = _common(found.motion.time_s, table.time_s)
    theirs = ours.columns(table, loads.muscles)[yours]
    controls = ours.columns(table, loads.actuators)[yours]
    ratio = agreement.objective_ratio(loads.objective[mine], (theirs**2).sum(-1) + (controls**2).sum(-1))
    return *agreement.activations(loads.activation[mine], theirs), ratio


def _loads(case: Case, witness: OpenSim, sharing: ours.Sharing, given: tuple[Floats, Floats]) -> tuple[Difference, ...]:
    """Joint reactions under OpenSim's muscle forces, which compares this step alone, and under each program's own."""
    table = read_storage(witness.reactions)
    motion = sharing.motion
    found: list[Difference] = []
    for kind, time_s, reactions in (
        ("same muscle forces", *given),
        ("own muscle forces", motion.time_s, sharing.loads.reactions),
    ):
        mine, yours = _common(time_s, table.time_s)
        rows, _ = _common(motion.time_s, time_s[mine])
        at = Motion(*(part[rows] for part in (motion.time_s, motion.q, motion.speed, motion.acceleration)))
        theirs, names = _their_loads(case, table)
        found += agreement.reactions(
            kind, names, _our_loads(case, at, reactions[mine]), theirs[yours], case.body_weight_n
        )
    return tuple(found)


def _our_loads(case: Case, motion: Motion, reactions: Floats) -> Floats:
    """Force and moment of each joint on and in its child, (F, n_joints, 2, 3)."""
    skeleton = compile_skeleton(case.body)
    at = poses(skeleton, motion.q)
    loads = [express(skeleton, at, reactions, j, On.CHILD, In.CHILD)[:2] for j in range(len(skeleton.joints))]
    return np.stack([np.stack(load, axis=1) for load in loads], axis=1)


def _their_loads(case: Case, table: Table) -> tuple[Floats, tuple[str, ...]]:
    joints = compile_skeleton(case.body).joints
    loads = []
    for name in joints:
        stem = next(c for c in table.columns if c.startswith(f"{name}_on_"))[:-3]
        loads.append([ours.columns(table, tuple(f"{stem}_{kind}{axis}" for axis in "xyz")) for kind in "fm"])
    return np.stack([np.stack(load, axis=1) for load in loads], axis=1), joints


def _common(mine_s: Floats, yours_s: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two clocks that show the same instant; one may begin or end a row earlier than the other."""
    near = np.abs(mine_s[:, None] - yours_s).argmin(axis=1)
    same = np.abs(yours_s[near] - mine_s) < 1e-6
    if same.sum() < min(len(mine_s), len(yours_s)) - 2:
        raise SolverError(
            f"results of groundup and OpenSim share {int(same.sum())} instants, expected {len(yours_s)}, from "
            f"{yours_s[0]:.6f} to {yours_s[-1]:.6f} s. Choose a recording with an even clock."
        )
    return np.flatnonzero(same), near[same]
