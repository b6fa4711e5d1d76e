"""``plug_in_gait``: what another program stored in the file beside what groundup finds in the same markers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.laboratories.cases import Measured
from benchmarks.laboratories.checks import Check
from groundup.body.functions import Floats
from groundup.io.c3d import C3dFile, read_c3d
from groundup.loads.analysis import Analysis
from groundup.loads.joint_contact import joint_reactions
from groundup.loads.moments import loadings
from groundup.motion.foot_contacts import foot_contacts
from groundup.motion.trajectory import Motion, differentiate
from groundup.study import Cycle

RECORDING = "plug_in_gait"
EVENT_MS, ANGLE_DEG, PEAK_PERCENT = 20.0, 6.0, 20.0
FASTER_HZ = 15.0
"""Cut-off of a motion that keeps what the other program, whose data are hardly smoothed, also shows."""
_SAME_EVENT_S = 0.15
SIDES = (("r", "right"), ("l", "left"))
ANGLES = (
    ("pelvis tilt", "pelvis_tilt", "PelvisAnglesV"),
    ("hip flexion", "hip_flexion_{s}", "HipAnglesV"),
    ("knee flexion", "knee_angle_{s}", "KneeAnglesV"),
    ("ankle dorsiflexion", "ankle_angle_{s}", "AnkleAnglesV"),
)
DEFINITION = "with the other program's definition"


@dataclass(frozen=True, eq=False)
class Witness:
    """The file's own results on the clock of the analysis."""

    measured: Measured
    file: C3dFile

    @property
    def a(self) -> Analysis:
        """The analysis."""
        return self.measured.analysis

    @property
    def time_s(self) -> Floats:
        """Instants of all arrays here, (F,) s."""
        return self.a.motion.time_s

    def stored(self, kind: str, column: str) -> Floats:
        """A stored result, (F,); NaN where the file has none."""
        table = self.file.model_outputs[kind].table
        return np.interp(self.time_s, table.time_s, table.values[:, table.columns.index(column)])

    def point(self, name: str) -> Floats:
        """A stored point of a segment's axes, (F, 3) m."""
        return np.column_stack([self.stored("positions", f"{name}_{axis}") for axis in "xyz"])

    def cycles(self, side: str) -> list[Cycle]:
        """Cycles of one foot."""
        return [c for c in self.measured.study.cycles if c.side == side and np.isfinite(c.foot_off_percent)]

    def within(self, cycle: Cycle) -> np.ndarray:
        """Frames of a cycle, bool (F,)."""
        return (self.time_s >= cycle.start_s) & (self.time_s < cycle.end_s)


def witness(measured: Measured) -> Witness:
    """Read the results that the file holds."""
    return Witness(measured, read_c3d(measured.laboratory.options.markers))


# --- events -----------------------------------------------------------------------------------------------------------


def event_checks(w: Witness) -> list[Check]:
    """Every event of the file beside ours: difference in ms."""
    ours = our_events(w)
    checks = []
    for event in w.file.events:
        times = np.array([t for side, kind, t in ours if (side, kind) == (event.side, event.kind)])
        nearest = times[np.abs(times - event.time_s).argmin()] if len(times) else np.nan
        where = f"{event.side} {event.kind} {event.time_s:.2f} s"
        late = 1000 * (nearest - event.time_s)
        checks.append(Check("event, ours less the file's", where, float(late), "ms", -EVENT_MS, EVENT_MS))
    return checks


def our_events(w: Witness) -> list[tuple[str, str, float]]:
    """Side, kind and instant: those of the cycles, and feet that leave before the first or after the last cycle."""
    feet = foot_contacts(w.a.skeleton, w.a.at, w.time_s).feet
    found: list[tuple[str, str, float]] = []
    for (_, side), foot in zip(SIDES, feet, strict=True):
        cycles = w.cycles(side)
        strikes = sorted({c.start_s for c in cycles} | {c.end_s for c in cycles})
        offs = [c.start_s + c.foot_off_percent / 100 * (c.end_s - c.start_s) for c in cycles]
        offs += [float(t) for t in foot.offs_s if all(abs(t - known) > _SAME_EVENT_S for known in offs)]
        found += [(side, "foot strike", t) for t in strikes] + [(side, "foot off", t) for t in sorted(offs)]
    return found


def plate_force_n(w: Witness, time_s: float) -> tuple[str, float]:
    """The foot's plate, by the greatest force that rises or falls at this instant, and the force on it, N."""
    forces = w.file.forces
    assert forces is not None
    near = np.abs(forces.time_s - time_s) < 0.06
    at = int(np.abs(forces.time_s - time_s).argmin())
    changing = [x for x in forces.wrenches if x.force_n[near, 1].min() < 20 < x.force_n[near, 1].max()]
    return (changing[0].name, float(changing[0].force_n[at, 1])) if changing else ("no plate", np.nan)


# --- angles -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class AngleRow:
    """One angle in one cycle: differences to the stored one, deg."""

    what: str
    where: str
    raw: float
    offset: float
    rest: float
    defined: float


def angle_rows(w: Witness) -> list[AngleRow]:
    """All sagittal angles in all complete cycles."""
    rows = []
    for side, word in SIDES:
        for what, ours, alike, stored in angle_series(w, side):
            for cycle in w.cycles(word):
                m = w.within(cycle) & np.isfinite(stored)
                off, same = (ours - stored)[m], (alike - stored)[m]
                where = f"{word} {cycle.start_s:.2f}–{cycle.end_s:.2f} s"
                rows.append(AngleRow(what, where, _rms(off), float(off.mean()), float(off.std()), _rms(same)))
    return rows


def angle_checks(w: Witness) -> list[Check]:
    """The bar of every cycle, as the angles are, and with the same definition."""
    rows = angle_rows(w)
    plain = [Check(r.what, r.where, r.raw, "deg", high=ANGLE_DEG) for r in rows]
    alike = [Check(f"{r.what}, {DEFINITION}", r.where, r.defined, "deg", high=ANGLE_DEG) for r in rows]
    shape = [Check(f"{r.what}, less its mean difference", r.where, r.rest, "deg", high=ANGLE_DEG) for r in rows]
    mean = [Check(f"{r.what}, mean difference", r.where, r.offset, "deg") for r in rows]
    return [*plain, *mean, *shape, *(c for c in alike if np.isfinite(c.value))]


def angle_series(w: Witness, side: str) -> list[tuple[str, Floats, Floats, Floats]]:
    """Name, our angle, ours by the other program's definition (NaN where not made), the stored one; (F,) deg."""
    alike = _defined_alike(w, side)
    found = []
    for what, name, column in ANGLES:
        q = np.degrees(w.a.motion.q[:, w.a.skeleton.coordinates.index(name.format(s=side))])
        ours = -q if what == "pelvis tilt" else q  # the body's tilt is positive backwards, the stored one forwards
        stored = w.stored("angles", f"{side.upper()}{column}_x")
        found.append((what, ours, alike.get(what, np.full_like(ours, np.nan)), stored))
    return found


def _defined_alike(w: Witness, side: str) -> dict[str, Floats]:
    """Angles of our body between the axes that Plug-in Gait uses: markers of the pelvis, lines between joints."""
    a = w.a
    asi_l, asi_r, psi_l, psi_r = (_marker(a, label) for label in ("LASI", "RASI", "LPSI", "RPSI"))
    forward = (asi_l + asi_r - psi_l - psi_r) / 2
    hip, knee, ankle = (joint_centre(a, name) for name in (f"hip_{side}", f"walker_knee_{side}", f"ankle_{side}"))
    level = np.hypot(forward[:, 0], forward[:, 2])
    pelvis = _frame(forward, np.cross(asi_r - asi_l, forward))
    thigh = _frame(np.cross(hip - knee, _axis(a, f"femur_{side}", 2)), hip - knee)
    return {
        "pelvis tilt": np.degrees(np.arctan2(-forward[:, 1], level)),
        "hip flexion": -_lean(pelvis, hip - knee),
        "knee flexion": _lean(thigh, knee - ankle),
    }


def _lean(frame: Floats, long: Floats) -> Floats:
    """How far a line leans forward from the upright of a frame (F, 3, 3), deg."""
    x, y = np.einsum("fij,fj->if", frame[:, :2], long)
    return np.asarray(np.degrees(np.arctan2(x, y)))


def _frame(forward: Floats, up: Floats) -> Floats:
    """Rows x forward, y up, z right; up counts, forward is made square to it, (F, 3, 3)."""
    y = unit(up)
    x = unit(forward - (forward * y).sum(1)[:, None] * y)
    return np.stack([x, y, np.cross(x, y)], axis=1)


def _marker(a: Analysis, label: str) -> Floats:
    marker = next(m for m in a.body.markers if m.name == label)
    k = a.skeleton.segment_index[marker.segment]
    return np.asarray(a.at.translation[:, k] + a.at.rotation[:, k] @ marker.location)


def _axis(a: Analysis, segment: str, axis: int) -> Floats:
    return np.asarray(a.at.rotation[:, a.skeleton.segment_index[segment], :, axis])


def joint_centre(a: Analysis, joint: str) -> Floats:
    """Centre of a joint in ground, (F, 3) m."""
    j = joint_index(a, joint)
    child = a.skeleton.joint_child[j]
    return np.asarray(a.at.translation[:, child] + a.at.rotation[:, child] @ a.skeleton.joint_child_translation[j])


def joint_index(a: Analysis, name: str) -> int:
    """Where a joint stands in the body."""
    return [j.name for j in a.body.joints].index(name)


def unit(vectors: Floats) -> Floats:
    """Vectors (F, 3) of length one."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1)[:, None])


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


# --- moments ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Joint:
    """A joint in both programs: ours, then the segment below and the centre of the joint in the file."""

    name: str
    joint: str
    coordinate: str
    stored: str
    below: str
    centre: str
    peaks: tuple[tuple[str, int], ...]


# Stored: positive where muscles straighten hip and knee and press the foot down, about axes of the segment below.
JOINTS = (
    _Joint("ankle", "ankle_{s}", "ankle_angle_{s}", "{S}AnkleMoment_x", "{S}FO", "{S}TIO", (("plantarflexion", 1),)),
    _Joint("knee", "walker_knee_{s}", "knee_angle_{s}", "{S}KneeMoment_x", "{S}TI", "{S}FEO",
           (("extension", 1), ("flexion", -1))),
    _Joint("hip", "hip_{s}", "hip_flexion_{s}", "{S}HipMoment_x", "{S}FE", "{S}FEP",
           (("extension", 1), ("flexion", -1))),
)  # fmt: skip
STAGES = (
    "ours",
    "about their axis",
    "and their joint centre",
    "and forces as recorded",
    f"and motion up to {FASTER_HZ:g} Hz",
)


@dataclass(frozen=True, eq=False)
class Moments:
    """One joint of one side: the stored moment and ours step by step on the way to the other program's choices.

    ``stages`` are (F,) N·m/kg in the order of ``STAGES``, NaN outside ``frames``; ``shift_mm`` is where their joint
    centre lies from ours in axes of the segment above: forward, up, right.
    """

    name: str
    side: str
    peaks: tuple[tuple[str, int], ...]
    stored: Floats
    stages: tuple[Floats, ...]
    frames: np.ndarray
    shift_mm: Floats


def moments(w: Witness) -> list[Moments]:
    """All sagittal moments that both programs tell, in the frames for which both do."""
    wrenches = _net_wrenches(w)
    return [_moments(w, joint, side, wrenches) for side, _ in SIDES for joint in JOINTS]


def _moments(w: Witness, joint: _Joint, side: str, wrenches: tuple[Floats, Floats, Floats]) -> Moments:
    a, capital = w.a, side.upper()
    below, centre = joint.below.format(S=capital), w.point(joint.centre.format(S=capital))
    name = joint.joint.format(s=side)
    own, j = joint_centre(a, name), joint_index(a, name)
    axis = -unit(w.point(f"{below}L") - w.point(f"{below}O"))  # to the right, as ours
    assert a.moments is not None
    ours = a.moments[:, a.skeleton.coordinates.index(joint.coordinate.format(s=side))]
    # The knee bends the other way about the same axis; positive is straightening, or pressing the foot down.
    sign = 1.0 if joint.name == "knee" else -1.0
    smooth, sharp, fast = wrenches
    about = [(smooth, own), (smooth, centre), (sharp, centre), (fast, centre)]
    found = [sign * _turning(wrench[:, j], point, axis) / a.body.mass for wrench, point in about]
    stored = w.stored("moments", joint.stored.format(S=capital)) / 1000  # in N·mm per kg, whatever its unit says
    frames = a.ground.known & np.isfinite(stored) & np.isfinite(ours)
    stages = tuple(np.where(frames, v, np.nan) for v in (-ours / a.body.mass, *found))
    above = a.at.rotation[:, a.skeleton.joint_parent[j]]
    shift = np.einsum("fji,fj->fi", above, centre - own)[frames].mean(axis=0)
    return Moments(joint.name, side, joint.peaks, np.where(frames, stored, np.nan), stages, frames, 1000 * shift)


def _net_wrenches(w: Witness) -> tuple[Floats, Floats, Floats]:
    """Net wrench through each joint (F, joints, 6): as analysed, with forces as recorded, and with faster motion."""
    a = w.a
    assert a.ground.contacts is not None
    raw = replace(a, ground=replace(a.ground, forces=a.ground.contacts.forces))
    quick = differentiate(a.skeleton, w.time_s, a.fit.q, FASTER_HZ)
    return _through_joints(a, a.motion), _through_joints(raw, a.motion), _through_joints(raw, quick)


def _through_joints(a: Analysis, motion: Motion) -> Floats:
    parts = [joint_reactions(a.skeleton, load.needed)[own] for load, own in loadings(a.skeleton, motion, a.forces)]
    return np.concatenate(parts)


def _turning(wrench: Floats, point: Floats, axis: Floats) -> Floats:
    """Moment of a wrench about the ground's origin, taken about an axis through a point, (F,) N·m."""
    moment = wrench[:, :3] - np.cross(point, wrench[:, 3:])
    return np.asarray((moment * axis).sum(axis=1))


def peak_of(values: Floats, sign: int) -> float:
    """Largest moment in one direction, positive."""
    return float(np.nanmax(sign * values))


def moment_checks(found: list[Moments], stage: int = 0) -> list[Check]:
    """Peaks beside the stored ones, %."""
    return [
        Check(
            f"{m.name} moment, {direction}",
            dict(SIDES)[m.side],
            100 * (peak_of(m.stages[stage], sign) / peak_of(m.stored, sign) - 1),
            "%",
            -PEAK_PERCENT,
            PEAK_PERCENT,
        )
        for m in found
        for direction, sign in m.peaks
    ]
