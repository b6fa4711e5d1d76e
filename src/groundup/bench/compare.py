"""Run both programs in turn, stage by stage, and compare what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groundup.bench import agreement, ours
from groundup.bench.agreement import Difference
from groundup.bench.case import Case
from groundup.bench.theirs import OpenSim
from groundup.bench.timing import Timing, extrapolated_s, one_core, seconds
from groundup.body.functions import Floats
from groundup.body.recording import Table
from groundup.drop_in.tables import read_coordinates
from groundup.engine.kinematics import points_in_ground, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.io.storage import read_storage
from groundup.loads.joint_contact import In, On, express
from groundup.motion.inverse_kinematics import MarkerFit, MarkerProblem
from groundup.motion.trajectory import Motion

SHORT_FRAMES = 2
"""Frames of the runs that show how long OpenSim takes to begin."""

TOTAL = "all four"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class StageTimes:
    """One stage in both programs.

    Attributes
    ----------
    computing : groundup, from arrays to arrays
    with_files : groundup, with reading the recording and writing the results
    opensim : OpenSim's tool, which reads and writes
    opensim_frames : how many frames it ran; where fewer than all, its times are extrapolated
    """

    name: str
    computing: Timing
    with_files: Timing
    opensim: Timing
    opensim_frames: int

    @property
    def ratio(self) -> float:
        """How many times as fast groundup computes."""
        return self.opensim.median_s / self.computing.median_s

    @property
    def ratio_with_files(self) -> float:
        """The same with reading and writing on both sides."""
        return self.opensim.median_s / self.with_files.median_s


@dataclass(frozen=True)
class Comparison:
    """Times and differences of one case."""

    title: str
    n_muscles: int
    n_coordinates: int
    n_frames: int
    duration_s: float
    cores: int
    repeats: int
    stages: tuple[StageTimes, ...]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    def stage(self, name: str) -> StageTimes:
        """Return the times of a stage."""
        return next(s for s in self.stages if s.name == name)


def compare(case: Case, folder: Path, repeats: int, opensim_frames: int, progress: Progress) -> Comparison:
    """Measure a case.

    Parameters
    ----------
    folder : for the files that pass between the stages
    repeats : runs after the first
    opensim_frames : after how many frames OpenSim's static optimisation and joint reactions may stop

    Raises
    ------
    GroundupError
        The opensim package is not there, or one of its tools fails.
    """
    for name in ("ours", "theirs"):
        (folder / name).mkdir()
    progress("loading OpenSim")
    witness = OpenSim(case, folder / "theirs", max(opensim_frames, SHORT_FRAMES + 1))
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
        float(case.recording.time_s[-1] - case.recording.time_s[0]),
        cores,
        repeats,
        race.times(),
        _differences(case, witness, race.found),
        tuple(witness.notes),
    )


@dataclass(frozen=True)
class _Pair:
    """A stage of ours and the tool of OpenSim that does the same on a number of frames."""

    name: str
    ours: ours.Stage
    theirs: Callable[[int], Callable[[], None]] | None
    frames: int


class _Race:
    """Both programs in turn; keeps the times of all laps and our results of the last."""

    def __init__(self, case: Case, witness: OpenSim, folder: Path) -> None:
        self._n = n = len(case.recording.time_s)
        some = witness.frames
        motion, forces = witness.coordinates, witness.forces
        self._pairs = (
            _Pair(
                "inverse kinematics",
                ours.inverse_kinematics(case, folder),
                lambda _: witness.inverse_kinematics(),
                n,
            ),
            _Pair(
                "inverse dynamics",
                ours.inverse_dynamics(case, motion, folder),
                lambda _: witness.inverse_dynamics(),
                n,
            ),
            _Pair(
                "static optimisation",
                ours.static_optimisation(case, motion, folder),
                lambda frames: witness.static_optimisation(frames),
                some,
            ),
            _Pair(
                "joint reactions",
                ours.joint_reactions(case, motion, forces, folder),
                lambda frames: witness.joint_reactions(frames),
                some,
            ),
            _Pair(TOTAL, ours.everything(case, folder), None, n),
        )
        self._computing: dict[str, list[float]] = {p.name: [] for p in self._pairs}
        self._with_files: dict[str, list[float]] = {p.name: [] for p in self._pairs}
        self._opensim: dict[str, list[float]] = {p.name: [] for p in self._pairs}
        self.found: dict[str, object] = {}

    def lap(self) -> None:
        """Run every stage once in both programs; where ours needs a file of OpenSim's, OpenSim goes first."""
        for pair in self._pairs:
            if pair.theirs is not None:
                self._opensim[pair.name].append(self._time_theirs(pair.theirs, pair.frames))
            self._time_ours(pair)

    def times(self) -> tuple[StageTimes, ...]:
        """Times of all stages; OpenSim's total is the sum of its tools."""
        tools = [self._opensim[p.name] for p in self._pairs if p.theirs is not None]
        self._opensim[TOTAL] = [sum(lap) for lap in zip(*tools, strict=True)]
        return tuple(
            StageTimes(
                p.name,
                self._timing(self._computing[p.name]),
                self._timing(self._with_files[p.name]),
                self._timing(self._opensim[p.name]),
                min(pair.frames for pair in self._pairs) if p.theirs is None else p.frames,
            )
            for p in self._pairs
        )

    def _time_ours(self, pair: _Pair) -> None:
        kept: dict[str, object] = {}
        reading = seconds(lambda: kept.update(given=pair.ours.read()))
        computing = seconds(lambda: kept.update(found=pair.ours.compute(kept["given"])))
        writing = seconds(lambda: pair.ours.write(kept["found"]))
        self._computing[pair.name].append(computing)
        self._with_files[pair.name].append(reading + computing + writing)
        self.found[pair.name] = kept["found"]

    def _time_theirs(self, tool: Callable[[int], Callable[[], None]], frames: int) -> float:
        if frames >= self._n:
            return seconds(tool(frames))
        # The short run first, so that the files of the long one are those that stay.
        short = seconds(tool(SHORT_FRAMES))
        return extrapolated_s(short, SHORT_FRAMES, seconds(tool(frames)), frames, self._n)

    def _timing(self, laps: list[float]) -> Timing:
        return Timing(self._n, laps[0], tuple(laps[1:]))


# --- agreement -------------------------------------------------------------------------------------------------------


def _differences(case: Case, witness: OpenSim, found: dict[str, object]) -> tuple[Difference, ...]:
    fit, moments, sharing, given = (found[name] for name in list(found)[:4])
    assert isinstance(fit, tuple)
    assert isinstance(moments, ours.Moments)
    assert isinstance(sharing, ours.Sharing)
    assert isinstance(given, tuple)
    return (
        _kinematics(case, witness, *fit),
        _dynamics(case, witness, moments),
        *_sharing(case, witness, sharing),
        *_loads(case, witness, sharing, given),
    )


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


def _sharing(case: Case, witness: OpenSim, found: ours.Sharing) -> tuple[Difference, ...]:
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
    """Rows of two clocks that show the same instant."""
    near = np.abs(mine_s[:, None] - yours_s).argmin(axis=1)
    same = np.abs(yours_s[near] - mine_s) < 1e-4
    return np.flatnonzero(same), near[same]
