"""OpenSim's AnalyzeTool with StaticOptimization and JointReaction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Actuator, Body
from groundup.drop_in.joint_reaction import joint_reaction
from groundup.drop_in.model_forces import force_order
from groundup.drop_in.outcome import Outcome, Output, Progress
from groundup.drop_in.static_optimization import static_optimization
from groundup.drop_in.tables import (
    OutsideForces,
    RecordedCoordinates,
    check_covered,
    force_notes,
    needed,
    read_coordinates,
    read_loads,
    read_model,
    read_speeds,
    rows_between,
)
from groundup.engine.functions import compile_functions
from groundup.engine.skeleton import Skeleton
from groundup.errors import SetupError
from groundup.io.osim_read import read_force_set
from groundup.io.setup_xml import Analysis, AnalyzeSetup, StaticOptimizationSetup
from groundup.loads.muscle_forces import Machine, build_machine
from groundup.motion.filtering import smooth
from groundup.motion.trajectory import Motion


@dataclass(frozen=True, eq=False)
class Scene:
    """What all analyses of one set-up share.

    Attributes
    ----------
    machine : the body compiled, with the actuators of the model and of the force sets
    forces : names of muscles and actuators in the order in which the model lists them
    motion : every instant within the tool's time range
    first_row : number of the first of these instants on the clock of the motion, which step intervals count on
    external : forces from outside
    """

    setup: AnalyzeSetup
    body: Body
    machine: Machine
    forces: tuple[str, ...]
    motion: Motion
    first_row: int
    external: OutsideForces | None

    def rows(self, step_interval: int) -> np.ndarray:
        """Indices of the instants that an analysis records: the first, the last, and every so many on the clock."""
        inside = np.arange(1, len(self.motion.time_s) - 1)
        chosen = inside[(inside + self.first_row) % max(step_interval, 1) == 0]
        return np.unique([0, *chosen, len(self.motion.time_s) - 1]).astype(int)

    def motion_at(self, step_interval: int) -> Motion:
        """The motion at the instants that an analysis records."""
        rows, m = self.rows(step_interval), self.motion
        return Motion(m.time_s[rows], m.q[rows], m.speed[rows], m.acceleration[rows])


def analyze(setup: AnalyzeSetup, progress: Progress) -> Outcome:
    """Run the analyses of a set-up.

    Notes
    -----
    As OpenSim 4.6 does, ``start_time`` and ``end_time`` of an analysis are passed over: the tool's own range counts.
    """
    wanted = _wanted(setup)
    progress("reading")
    scene = _scene(setup)
    outputs: tuple[Output, ...] = ()
    notes = force_notes(scene.body)
    for analysis in wanted:
        progress(f"{analysis.name}: {len(scene.rows(analysis.step_interval))} instants")
        motion = scene.motion_at(analysis.step_interval)
        stem = setup.results_directory / f"{setup.name}_{analysis.name}"
        if isinstance(analysis, StaticOptimizationSetup):
            made, said = static_optimization(analysis, scene.machine, scene.forces, motion, scene.external, stem)
        else:
            outside = None if scene.external is None else scene.external.forces
            made, said = joint_reaction(setup.path, analysis, scene.machine, motion, outside, stem), ()
        outputs += made
        notes += said
    return Outcome(outputs, notes)


def _wanted(setup: AnalyzeSetup) -> tuple[Analysis, ...]:
    """The analyses that are switched on; those that cannot be run are refused."""
    if setup.unsupported_analyses:
        raise SetupError(
            f"{setup.path}: AnalysisSet holds {', '.join(setup.unsupported_analyses)}, which groundup does not run, "
            "expected StaticOptimization or JointReaction. Take the others out of the set."
        )
    if setup.controls_file is not None:
        raise SetupError(
            f"{setup.path}: <controls_file> names {setup.controls_file.name}, but controls are not used: groundup "
            "takes forces from static optimisation or from <forces_file>. Empty the element."
        )
    wanted = tuple(a for a in setup.analyses if a.on)
    if not wanted:
        raise SetupError(
            f"{setup.path}: AnalysisSet holds no analysis that is switched on, expected a StaticOptimization or a "
            "JointReaction. Set <on> to true."
        )
    for analysis in wanted:
        _refuse(setup, analysis)
    return wanted


def _refuse(setup: AnalyzeSetup, analysis: Analysis) -> None:
    place = f"{setup.path}: {type(analysis).__name__.removesuffix('Setup')}[{analysis.name}]"
    if analysis.step_interval < 1:
        raise SetupError(f"{place}/<step_interval> is {analysis.step_interval}, expected 1 or more. Correct it.")
    if isinstance(analysis, StaticOptimizationSetup):
        if not analysis.use_model_force_set:
            raise SetupError(
                f"{place}/<use_model_force_set> is false: that asks for joint moments alone, expected true. Use an "
                "InverseDynamicsTool, or set it to true."
            )
        if not analysis.activation_exponent >= 1:
            raise SetupError(
                f"{place}/<activation_exponent> is {analysis.activation_exponent:g}, expected 1 or more. Correct it."
            )
    elif analysis.forces_file is None:
        raise SetupError(
            f"{place}/<forces_file> is empty: groundup has no muscle states to take forces from. Run a "
            "StaticOptimization first and name its _force.sto there."
        )


def _scene(setup: AnalyzeSetup) -> Scene:
    body = read_model(setup.path, setup.model_file)
    assert setup.model_file is not None
    if setup.replace_force_set:
        body = body.with_(muscles=(), actuators=(), contacts=(), unsupported=())
    added = _added(setup)
    machine = build_machine(body, [*body.actuators, *added])
    external = read_loads(setup.path, setup.external_loads_file)
    recorded, cutoff = _recorded(setup, body)
    motion, first = analysed_motion(setup, body, machine.skeleton, recorded, cutoff)
    check_covered(setup.path, "<initial_time> and <final_time>", motion.time_s, external)
    return Scene(setup, body, machine, force_order(setup.model_file, machine), motion, first, external)


def _added(setup: AnalyzeSetup) -> list[Actuator]:
    files = (needed(setup.path, "force_set_files", file) for file in setup.force_set_files)
    return [actuator for file in files for actuator in read_force_set(file)]


def analysed_motion(
    setup: AnalyzeSetup, body: Body, skeleton: Skeleton, recorded: RecordedCoordinates, cutoff: float | None
) -> tuple[Motion, int]:
    """States at every instant of the tool's range, and the number of the first one.

    Accelerations are the slope of a spline through the speeds, as in OpenSim's static optimisation.
    """
    signals = smooth(recorded.time_s, recorded.q, cutoff)
    clock = signals.clock_s
    rows = rows_between(setup.path, "<initial_time> to <final_time>", clock, setup.initial_time, setup.final_time)
    speed = signals.derivative(clock, 1) if recorded.speed is None else _speeds(setup, recorded)
    q, at = signals.derivative(clock[rows]), clock[rows]
    acceleration = smooth(clock, speed, None).derivative(at, 1)
    motion = _held(body, Motion(at, q, speed[rows], acceleration))
    return _following(skeleton, recorded, motion), int(rows[0])


def _recorded(setup: AnalyzeSetup, body: Body) -> tuple[RecordedCoordinates, float | None]:
    """Coordinates, speeds where a file gives them, and the cut-off; states are never filtered."""
    if setup.states_file is not None:
        if setup.coordinates_file is not None:
            raise SetupError(
                f"{setup.path}: names both a <states_file> and a <coordinates_file>, expected one. Empty the other."
            )
        return read_coordinates(setup.path, "states_file", setup.states_file, body), None
    recorded = read_coordinates(setup.path, "coordinates_file", setup.coordinates_file, body)
    if setup.speeds_file is None:
        return RecordedCoordinates(recorded.time_s, recorded.q, None, recorded.present), setup.lowpass_hz
    if setup.lowpass_hz is not None:
        raise SetupError(
            f"{setup.path}: <speeds_file> is given and coordinates are to be filtered at {setup.lowpass_hz:g} Hz, "
            "which would part them from their speeds. Empty <speeds_file>, or set the filter to -1."
        )
    clock, values = read_speeds(setup.path, setup.speeds_file, body)
    if len(values) != len(recorded.q) or not np.allclose(clock, recorded.time_s, rtol=0, atol=1e-6):
        raise SetupError(
            f"{setup.path}: <speeds_file> and <coordinates_file> have different times, expected the same rows in both. "
            "Export them together, or empty <speeds_file>."
        )
    return RecordedCoordinates(recorded.time_s, recorded.q, values, recorded.present), None


def _speeds(setup: AnalyzeSetup, recorded: RecordedCoordinates) -> Floats:
    assert recorded.speed is not None
    if not np.isfinite(recorded.speed).all():
        raise SetupError(f"{setup.path}: the speeds have gaps, expected a number in every row. Fill them.")
    return recorded.speed


def _held(body: Body, motion: Motion) -> Motion:
    """Put locked coordinates at their default values, prescribed ones where their functions say, whatever the file."""
    q, speed, acceleration = motion.q.copy(), motion.speed.copy(), motion.acceleration.copy()
    for i, c in enumerate(body.coordinates):
        if c.prescribed is not None and c.is_prescribed:
            shape = compile_functions([c.prescribed]).derivatives(motion.time_s[:, None], 2)
            q[:, i], speed[:, i], acceleration[:, i] = (part[:, 0] for part in shape)
        elif c.locked:
            q[:, i], speed[:, i], acceleration[:, i] = c.default, 0.0, 0.0
    return Motion(motion.time_s, q, speed, acceleration)


def _following(skeleton: Skeleton, recorded: RecordedCoordinates, motion: Motion) -> Motion:
    """Couplers: places and speeds of dependent coordinates where the file lacks them, accelerations always.

    OpenSim takes places and speeds as the file has them, and accelerations from the equations of motion, which hold the
    couplers.
    """
    couplers = skeleton.couplers
    if not len(couplers.dependent):
        return motion
    q, speed = motion.q.copy(), motion.speed.copy()
    absent = [i for i in couplers.dependent if skeleton.coordinates[i] not in recorded.present]
    followed = couplers.apply(q)
    q[:, absent] = followed[:, absent]
    speed[:, absent] = couplers.rates(q, speed, speed)[0][:, absent]
    return Motion(motion.time_s, q, speed, couplers.rates(q, speed, motion.acceleration)[1])
