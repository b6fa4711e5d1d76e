"""Loads of the low back, hip, knee and ankle, and what makes those that leave the published range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.laboratories.cases import Measured
from benchmarks.laboratories.checks import Check
from groundup.bench.case import RESIDUAL_N, default_actuators
from groundup.body.functions import Floats
from groundup.body.model import Actuator, Body, CoordinateActuator, Muscle
from groundup.chain.lumbar import lumbar_loads
from groundup.engine.muscle import ForceMode
from groundup.loads.analysis import Analysis
from groundup.loads.ground import part, spread
from groundup.loads.muscle_forces import RESERVE_NM, Machine, MuscleLoads, SharingOptions, build_machine, share
from groundup.study import Study

LUMBAR_BW, CONTACT_BW, PUSH_OFF = (1.2, 3.0), (2.0, 4.0), (1.2, 1.8)
LEVELS = ("L5/S1", "L4/L5")
PROMINENCE_BW = 0.1
"""A peak stands out by so much from the valleys on both sides."""
_SIDES = (("r", "right"), ("l", "left"))
_CHAIN = (("hip", "hip_{s}"), ("knee", "walker_knee_{s}"))


def compression(a: Analysis, level: str) -> Floats | None:
    """Compression of a lumbar level, (F,) body weights; None where it was not computed."""
    return next((one.compression / a.body_weight_n for one in lumbar_loads(a) if one.level == level), None)


def load_checks(m: Measured) -> list[Check]:
    """Lumbar compression, contact forces and push-off moments of one recording."""
    a = m.analysis
    checks = []
    for level in LEVELS:
        values = compression(a, level)
        top = float(np.nanmax(values)) if values is not None else np.nan
        why = "" if values is not None else a.reasons.get("lumbar", "no loads")
        checks.append(Check(f"{level} compression, peak", m.name, top, "BW", *LUMBAR_BW, why_not=why))
    for level in LEVELS:
        count, why = peaks_a_stride(m, level)
        checks.append(Check(f"{level} compression, peaks a stride", m.name, count, "", 2, 2, why_not=why))
    found: dict[tuple[str, str], float] = {(h.id, h.side): h.value for h in m.study.headline}
    for role, _ in _CHAIN:
        for _, side in _SIDES:
            value = found.get((f"{role}_contact_peak", side), np.nan)
            checks.append(Check(f"{role} contact, {side}, peak", m.name, value, "BW", *CONTACT_BW))
    for _, side in _SIDES:
        value = found.get(("ankle_moment_peak", side), np.nan)
        checks.append(Check(f"ankle push-off, {side}, peak", m.name, value, "N·m/kg", *PUSH_OFF))
    return checks


def published_model(folder: Path) -> dict[str, float]:
    """Highest loads of the gait2392 walk on its published model, scaled by OpenSim's own settings; BW, N·m/kg."""
    from benchmarks.recordings import gait2392
    from groundup.from_files import AnalyseOptions, analyse_files

    given = gait2392(folder)
    if given is None:
        return {}
    options = AnalyseOptions(
        given.markers,
        given.forces,
        given.model,
        ik_tasks=given.ik_tasks,
        reserves=given.reserves,
        start_s=given.start_s,
        end_s=given.end_s,
    )
    return contacts(analyse_files(options))


def contacts(study: Study) -> dict[str, float]:
    """Peaks of the contact forces by joint and side, BW."""
    return {f"{h.id.split('_')[0]} {h.side}": h.value for h in study.headline if "contact" in h.id}


def peaks_a_stride(m: Measured, level: str) -> tuple[float, str]:
    """How many peaks a whole stride shows, or why none can be counted."""
    values = compression(m.analysis, level)
    if values is None:
        return np.nan, "no compression"
    frames = stride(m)
    if frames is None:
        return np.nan, "no stride is computed as a whole"
    return float(len(peaks(values, frames))), ""


def stride(m: Measured) -> slice | None:
    """Frames of one stride that is computed as a whole: a cycle, or else as long a stretch of computed frames."""
    a = m.analysis
    known = a.ground.known & (np.ones_like(a.ground.known) if a.moments is None else np.isfinite(a.moments[:, 0]))
    time = a.motion.time_s
    cycles = [c for c in m.study.cycles if np.isfinite(c.foot_off_percent)]
    for cycle in cycles:
        inside = np.flatnonzero((time >= cycle.start_s) & (time < cycle.end_s))
        if known[inside].all():
            return slice(int(inside[0]), int(inside[-1]) + 1)
    frames = np.flatnonzero(known)
    if not cycles or not len(frames) or not known[frames[0] : frames[-1] + 1].all():
        return None
    stride_s = float(np.median([c.end_s - c.start_s for c in cycles]))
    long = round(stride_s / float(np.median(np.diff(time))))
    return slice(int(frames[0]), int(frames[0]) + long) if len(frames) >= long else None


def peaks(values: Floats, frames: slice) -> np.ndarray:
    """Frames of the peaks within a stride; the stride is taken to repeat, so that one at its edge counts once."""
    from scipy.signal import find_peaks

    once = values[frames]
    found, _ = find_peaks(np.concatenate([once, once, once]), prominence=PROMINENCE_BW)
    n = len(once)
    return np.asarray(found[(found >= n) & (found < 2 * n)] - n + frames.start)


# --- which muscles ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cause:
    """The greatest load of a joint: when, what the joint would carry without muscles, and which muscles add to it."""

    joint: str
    side: str
    time_s: float
    contact_bw: float
    without_muscles_bw: float
    muscles: tuple[tuple[str, float, float], ...]


def causes(m: Measured, most: int = 5) -> list[Cause]:
    """Hip and knee of both sides at their greatest load: name, force in BW and activation of muscles across them."""
    a = m.analysis
    if a.loads is None:
        return []
    found = []
    for role, pattern in _CHAIN:
        for letter, side in _SIDES:
            j = [one.name for one in a.body.joints].index(pattern.format(s=letter))
            size = np.linalg.norm(a.loads.reactions[:, j, 3:], axis=1) / a.body_weight_n
            frame = int(np.nanargmax(size))
            across = crossing(a.body, j)
            force = a.loads.force[frame] / a.body_weight_n
            order = sorted(across, key=lambda k: -force[k])[:most]
            names = tuple((a.loads.muscles[k], float(force[k]), float(a.loads.activation[frame, k])) for k in order)
            net = net_force_bw(a, frame, j)
            found.append(Cause(role, side, float(a.motion.time_s[frame]), float(size[frame]), net, names))
    return found


def net_force_bw(a: Analysis, frame: int, joint: int) -> float:
    """Force through a joint that weight, inertia and ground alone would make, BW."""
    from groundup.loads.joint_contact import joint_reactions
    from groundup.loads.moments import loading

    near = slice(max(frame - 1, 0), frame + 2)
    load = loading(a.skeleton, part(a.motion, near), a.forces)
    wrench = joint_reactions(a.skeleton, load.needed)[frame - near.start, joint, 3:]
    return float(np.linalg.norm(wrench) / a.body_weight_n)


def crossing(body: Body, joint: int) -> list[int]:
    """Muscles with points on both sides of a joint, by their place among those that pull."""
    beyond = {body.joints[joint].child}
    while True:
        more = {j.child for j in body.joints if j.parent in beyond} - beyond
        if not more:
            break
        beyond |= more
    pulling = [muscle for muscle in body.muscles if muscle.applies_force]
    return [
        k
        for k, muscle in enumerate(pulling)
        if 0 < sum(p.segment in beyond for p in muscle.points) < len(muscle.points)
    ]


# --- what other ways of sharing say -----------------------------------------------------------------------------------


def alternatives(m: Measured) -> list[tuple[str, dict[str, float]]]:
    """Highest hip, knee and L5/S1 loads, BW, when the same moments are shared among muscles in other ways."""
    a = m.analysis
    machine = build_machine(a.body, a.body.actuators, RESERVE_NM)
    heavy = _by_volume(a.body)
    ideal = SharingOptions(physiology=False)
    ways = (
        ("as groundup does: squared activations, passive forces, tendons", machine, SharingOptions()),
        ("as OpenSim does: no passive force, stiff tendons", machine, SharingOptions(mode=ForceMode.OPENSIM)),
        ("third power of the activations", machine, SharingOptions(3.0)),
        ("no force–length–velocity", machine, ideal),
        ("no force–length–velocity, squares weighted by muscle volume", heavy, ideal),
    )
    return [(name, _tops(a, _shared(a, built, options))) for name, built, options in ways]


def _by_volume(body: Body) -> Machine:
    """A machine whose plain squares are the squares of the body's activations, each times its muscle's volume."""
    volume = {u.name: u.max_isometric_force * u.optimal_fiber_length for u in body.muscles}
    mean = float(np.mean(list(volume.values())))
    root = {name: (v / mean) ** 0.5 for name, v in volume.items()}

    def heavier(muscle: Muscle) -> Muscle:
        by = root[muscle.name]
        return replace(
            muscle,
            max_isometric_force=muscle.max_isometric_force / by,
            min_control=muscle.min_control * by,
            max_control=muscle.max_control * by,
        )

    return build_machine(body.with_(muscles=tuple(heavier(u) for u in body.muscles)), body.actuators, RESERVE_NM)


def _shared(a: Analysis, machine: Machine, options: SharingOptions) -> MuscleLoads:
    loads = share(machine, part(a.motion, a.ground.span), a.forces, options)
    return replace(loads, reactions=spread(loads.reactions, a.ground))


def _tops(a: Analysis, loads: MuscleLoads) -> dict[str, float]:
    own = replace(a, loads=loads)
    names = [j.name for j in a.body.joints]
    found = {}
    for role, pattern in _CHAIN:
        for letter, side in _SIDES:
            force = loads.reactions[:, names.index(pattern.format(s=letter)), 3:]
            found[f"{role} {side}"] = float(np.nanmax(np.linalg.norm(force, axis=1)) / a.body_weight_n)
    back = compression(own, LEVELS[0])
    found[LEVELS[0]] = np.nan if back is None else float(np.nanmax(back))
    return found


# --- OpenSim on the same motion ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenSimSays:
    """Loads of one instant range by OpenSim's static optimisation beside groundup's OpenSim-equivalent mode, BW."""

    joint: str
    opensim: float
    equivalent: float
    default: float


def opensim_says(m: Measured, time_s: float, n_frames: int = 8) -> list[OpenSimSays]:
    """Run OpenSim's own static optimisation and joint reactions on our motion for a few frames about an instant.

    Returns
    -------
    one entry for each hip and knee and L5/S1, the greatest load of these frames; empty where OpenSim is missing
    """
    from groundup.bench.theirs import installed

    if not installed():
        return []
    with TemporaryDirectory() as folder:
        return _ask_opensim(m.analysis, time_s, n_frames, Path(folder))


def _ask_opensim(a: Analysis, time_s: float, n_frames: int, folder: Path) -> list[OpenSimSays]:
    from groundup.bench.case import Case, MotionFile
    from groundup.bench.theirs import OpenSim
    from groundup.drop_in.tables import motion_table
    from groundup.io.external_loads import write_external_loads
    from groundup.io.osim_write import write_osim
    from groundup.io.storage import read_storage
    from groundup.motion.inverse_kinematics import Tasks
    from groundup.motion.recording_window import window

    assert a.forces is not None
    clock = a.motion.time_s
    first = int(np.abs(clock - time_s).argmin()) - n_frames // 2
    last = first + n_frames - 1
    model, loads, motion = folder / "body.osim", folder / "loads.xml", folder / "motion.mot"
    write_osim(a.body, model)
    write_external_loads(a.forces, loads)
    motion_table(motion, a.body, clock, a.motion.q).write(motion)
    some = window(a.recording, float(clock[first]) - 1e-4, float(clock[last]) + 1e-4)
    added = _reserves(a)
    case = Case("ours", model, folder / "none.trc", loads, a.body, some, a.forces, Tasks({}), added)
    theirs = OpenSim(case, folder, n_frames)
    theirs.analysed = MotionFile(motion, None)
    theirs.static_optimisation()()
    theirs.joint_reactions()()
    said = read_storage(theirs.reactions)
    machine = build_machine(a.body, (*a.body.actuators, *added))
    span = slice(max(first - 20, 0), last + 21)
    equal = share(machine, part(a.motion, span), a.forces, SharingOptions(mode=ForceMode.OPENSIM)).reactions
    found = []
    for joint, one in enumerate(a.body.joints):
        if one.name not in _asked():
            continue
        columns = [f"{one.name}_on_{one.child}_in_{one.child}_f{axis}" for axis in "xyz"]
        force = said.values[:, [said.columns.index(c) for c in columns]]
        assert a.loads is not None
        own = (equal[first - span.start : last + 1 - span.start], a.loads.reactions[first : last + 1])
        sizes = [
            float(np.linalg.norm(f, axis=1).max() / a.body_weight_n) for f in (force, *(r[:, joint, 3:] for r in own))
        ]
        found.append(OpenSimSays(one.name, *sizes))
    return found


def _asked() -> tuple[str, ...]:
    return (*(pattern.format(s=letter) for _, pattern in _CHAIN for letter, _ in _SIDES), "L5_S1_IVDjnt")


def _reserves(a: Analysis) -> tuple[Actuator, ...]:
    """Residuals that carry the whole body; on other coordinates reserves as weak as groundup's."""
    return tuple(
        u
        if isinstance(u, CoordinateActuator) and u.optimal_force == RESIDUAL_N
        else replace(u, optimal_force=RESERVE_NM)
        for u in default_actuators(a.body)
    )
