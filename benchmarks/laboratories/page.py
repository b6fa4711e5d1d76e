"""The validation page: tables by the program, sentences by hand."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import groundup
from benchmarks.laboratories import joints, published, reasons, times
from benchmarks.laboratories import witness as other
from benchmarks.laboratories.cases import Measured
from benchmarks.laboratories.checks import Check, matrix
from benchmarks.laboratories.fit import fit_checks, length_checks, reduced_checks
from benchmarks.process import Wall
from groundup.bench.tables import markdown_table

Pictures = dict[str, str]
GAIT, C3D = "gait2392", "schreiber2019"
LEAST_S = 0.05
"""A stage that takes less is not listed."""


@dataclass(frozen=True, eq=False)
class Extras:
    """What takes longer to measure; empty where it was left out."""

    wall: Wall | None = None
    rate: times.Rate | None = None
    sharing: dict[str, list[tuple[str, dict[str, float]]]] = field(default_factory=dict)
    opensim: tuple[float, list[joints.OpenSimSays]] | None = None
    published: dict[str, float] = field(default_factory=dict)
    reduced: list[Check] = field(default_factory=list)


def extras(found: list[Measured], progress: Callable[[str], None]) -> Extras:
    """Time the command, share in other ways, ask OpenSim."""
    by_name = {m.name: m for m in found}
    progress("time")
    wall = times.whole_process(by_name[C3D].laboratory) if C3D in by_name else None
    rate = times.sustained(by_name[GAIT].laboratory) if GAIT in by_name else None
    progress("other ways of sharing")
    sharing = {m.name: joints.alternatives(m) for m in found if m.analysis.loads is not None}
    progress("OpenSim")
    asked, on_published = None, {}
    if GAIT in by_name:
        gait = by_name[GAIT]
        knee = max((c for c in joints.causes(gait) if c.joint == "knee"), key=lambda c: c.contact_bw)
        asked = (knee.time_s, joints.opensim_says(gait, knee.time_s))
        with TemporaryDirectory() as folder:
            on_published = joints.published_model(Path(folder))
    progress("residuals")
    reduced = [check for m in found for check in reduced_checks(m)]
    return Extras(wall, rate, sharing, asked, on_published, reduced)


def page(found: list[Measured], more: Extras, pictures: Pictures) -> str:
    """The whole page."""
    body = [c for m in found for c in fit_checks(m)]
    lengths = [c for m in found for c in length_checks(m)]
    loads = [c for m in found for c in joints.load_checks(m)]
    stored = [other.witness(m) for m in found if m.name == other.RECORDING]
    events = [c for w in stored for c in other.event_checks(w)]
    angles = [c for w in stored for c in other.angle_checks(w)]
    moments = [m for w in stored for m in other.moments(w)]
    peaks = other.moment_checks(moments)
    timing = _time_checks(more)
    checks = [*body, *lengths, *events, *angles, *peaks, *loads, *timing]
    parts = [
        _head(),
        _summary(checks, {m.name: m for m in found}),
        _body([*body, *more.reduced], lengths, pictures),
        *(_stored(w, events, angles, moments, peaks, pictures) for w in stored),
        _loads(found, loads, more, pictures),
        _WITHOUT_PLATES,
        _time(timing, more),
        _BAD_INPUT,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _head() -> str:
    return f"""# Validation: any laboratory's recording on groundup's own body

Written by `make validation-labs`; do not edit. {datetime.now(UTC).date().isoformat()}, groundup
{groundup.__version__}, Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores.

Each recording goes through `groundup analyse` with its files and, where the file does not say them, mass and height;
nothing is set by hand. The recordings are those that `GROUNDUP_SHARED` points to (see `NOTICE`). A figure outside its
bar is marked **MISSED** and is shown with as many digits as it takes to see that; BW is body weight."""


def _summary(checks: list[Check], found: dict[str, Measured]) -> str:
    judged = [c for c in checks if np.isfinite(c.value) and c.bar != "shown"]
    missed = [c for c in judged if c.missed]
    blind = [c for c in checks if not np.isfinite(c.value) and c.why_not]
    text = f"## What is met, what is missed\n\n{len(judged) - len(missed)} of {len(judged)} figures meet their bar."
    if missed:
        text += " These do not:\n\n" + markdown_table(["missed", "bar", "measured", "why"], _together(missed, found))
    if blind:
        told = dict.fromkeys((c.why_not, c.what) for c in blind)
        rows = [[what, ", ".join(c.where for c in blind if c.what == what), why] for why, what in told]
        text += "\n\nCould not be measured:\n\n" + markdown_table(["what", "where", "why"], rows)
    return text


def _together(missed: list[Check], found: dict[str, Measured]) -> list[list[str]]:
    """One row for all misses with one bar and one reason."""
    groups: dict[tuple[str, str, str], list[Check]] = {}
    for check in missed:
        about = check.what.split(",")[0].removesuffix(" compression")
        groups.setdefault((about, check.bar, reasons.reason(check, found)), []).append(check)
    return [
        [
            next(iter(own)).what if len(own) == 1 else about,
            bar,
            "; ".join(f"{_short(c, about, len(own) > 1)}: {c.figure}" for c in own),
            why,
        ]
        for (about, bar, why), own in groups.items()
    ]


def _short(check: Check, about: str, several: bool) -> str:
    """Where a figure was measured, with what tells it from others of its row."""
    rest = check.what.removeprefix(about).strip(", ") if several else ""
    return f"{check.where}, {rest}" if rest else check.where


# --- the body ---------------------------------------------------------------------------------------------------------


def _body(body: list[Check], lengths: list[Check], pictures: Pictures) -> str:
    text = f"""## Body and motion

{matrix(body)}

Marker distances are those of inverse kinematics over all frames. Residuals are what motion and plates leave
unexplained at the pelvis, over the frames in which every force is known. Where nobody told the height, it follows from
the pelvis. """
    if lengths:
        text += "\nDistances between joint centres, ours less the published model of the same person:\n\n"
        text += f"{matrix(lengths)}\n"
    return text + _picture(pictures, "angles", "Hip, knee and ankle angles of all recordings")


def _picture(pictures: Pictures, what: str, title: str) -> str:
    return f"\n![{title}](images/{pictures[what]})\n" if what in pictures else ""


# --- beside the other program -----------------------------------------------------------------------------------------


def _stored(
    w: other.Witness,
    events: list[Check],
    angles: list[Check],
    moments: list[other.Moments],
    peaks: list[Check],
    pictures: Pictures,
) -> str:
    return "\n\n".join(
        [
            "## Beside another program: plug_in_gait\n\nThe C3D file holds events, angles and moments that another "
            "program computed from the same markers and plates.",
            _events(w, events),
            _angles(angles, pictures),
            _moments(moments, peaks, pictures),
        ]
    )


def _events(w: other.Witness, events: list[Check]) -> str:
    rows = []
    for check, event in zip(events, w.file.events, strict=True):
        plate, force = other.plate_force_n(w, event.time_s)
        said = f"{plate}: {force:.0f} N" if np.isfinite(force) else plate
        rows.append([f"{event.side} {event.kind}", f"{event.time_s:.2f}", check.cell, said])
    table = markdown_table(
        ["event", "file, s", f"ours less the file's, ms ({events[0].bar})", "plate at the file's instant"], rows
    )
    return f"""### Events

{table}

The file gives events in whole frames of 10 ms. Ours come from the plate where the foot meets one (more than 20 N), and
from the motion of the foot elsewhere; the last column tells which events a plate can judge: a foot with more than 20 N
under it at the file's instant of leaving has not left yet."""


def _angles(angles: list[Check], pictures: Pictures) -> str:
    return f"""### Definitions

Sagittal angles, root mean square difference in each cycle:

{matrix(angles)}

The pelvis is level in the other program when the plane through its four markers is; in the published body that
groundup uses, when its bones stand as in the generic model, in which that plane leans forward by 11°. This shifts
pelvis and hip by a constant; the curves are the same. With the other program's definitions on *our* body (plane of the
markers, lines between our joint centres) what is left at hip and knee is the place of the joint centres, listed under
[moments](#moments): theirs lie ahead of and below ours, so that their thigh leans further back. Theirs are Davis'
(1991; the file's distances from ASIS to trochanter are his regression on leg length), ours Harrington's (2007). The
mean difference of the ankle, whose sign differs between the feet, was not traced further.

{_picture(pictures, "stored-angles", "Sagittal angles, ours and stored")}"""


def _moments(moments: list[other.Moments], peaks: list[Check], pictures: Pictures) -> str:
    head = ["moment", "stored", *(f"{stage}: peak" for stage in other.STAGES), *(f"{s}: RMS" for s in other.STAGES)]
    rows = []
    for m in moments:
        errors = [f"{float(np.sqrt(np.nanmean((stage - m.stored) ** 2))):.3f}" for stage in m.stages]
        for direction, sign in m.peaks:
            values = [f"{other.peak_of(stage, sign):.2f}" for stage in m.stages]
            label = f"{m.name} {direction}, {dict(other.SIDES)[m.side]}"
            rows.append([label, f"{other.peak_of(m.stored, sign):.2f}", *values, *errors])
    centres = [[f"{m.name}, {dict(other.SIDES)[m.side]}", *(f"{v:.0f}" for v in m.shift_mm)] for m in moments]
    return f"""### Moments

Peaks less the stored ones, in the frames for which both programs tell a moment:

{matrix(peaks)}

The stored moments are called N·mm and are N·mm per kg of body mass (else their peak would be 1.7 N·m);
they are internal, positive where muscles straighten hip and knee and press the foot down. They belong to the axes of
the segment below the joint, to its own joint centres, and to forces and motion that are hardly filtered. Ours belong
to the axes of the joints, and forces and motion are both filtered at 6 Hz. The same analysis, taken step by step to
the other program's choices; peaks and root mean square differences in N·m/kg:

{markdown_table(head, rows)}

Their joint centres less ours, mm, along the segment above:

{markdown_table(["joint", "forward", "up", "right"], centres)}

With these choices inverse dynamics says the same in both programs: at the ankle the difference is about a hundredth of
the peak. The hip's flexion peak differs by the place of the hip's centre (2 cm times the weight on it), its extension
peak by the filter: the stored one is a jolt within 30 ms of foot strike, which the plate shows and a motion filtered
at 6 Hz does not; forces filtered less than the motion make such jolts at the knee and hip (Kristianslund et al., 2012,
doi:10.1016/j.jbiomech.2011.12.011). So does the knee's flexion peak. What is left at the hip was not traced further.

{_picture(pictures, "stored-moments", "Sagittal moments, ours and stored")}"""


# --- loads ------------------------------------------------------------------------------------------------------------


def _loads(found: list[Measured], loads: list[Check], more: Extras, pictures: Pictures) -> str:
    parts = [
        "## Loads of back, hip, knee and ankle",
        matrix([*loads, *_shown(found)]),
        f"Hip, knee and ankle are peaks within complete cycles where the recording holds any, else of the recording; a "
        f"peak of compression stands out by {joints.PROMINENCE_BW:g} BW from the valleys on both sides. Compression "
        "with foot strikes; the bar is grey:",
        _picture(pictures, "lumbar", "Compression at L5/S1 over time"),
        "### High contact forces\n\nThe highest contact force of each joint, what the joint would carry if weight, "
        "inertia and ground alone acted, and the strongest muscles across it (force in BW, activation):",
        _causes(found),
        _CAUSES,
        *_evidence(found, more),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _shown(found: list[Measured]) -> list[Check]:
    return [
        Check("walking speed", m.name, next((h.value for h in m.study.headline if h.id == "speed"), np.nan), "m/s")
        for m in found
    ]


def _causes(found: list[Measured]) -> str:
    rows = []
    for m in found:
        for c in joints.causes(m):
            muscles = ", ".join(f"{name} {force:.2f} ({level:.2f})" for name, force, level in c.muscles)
            rows.append(
                [
                    m.name,
                    f"{c.joint}, {c.side}",
                    f"{c.time_s:.2f}",
                    f"{c.contact_bw:.2f}",
                    f"{c.without_muscles_bw:.2f}",
                    muscles,
                ]
            )
    return markdown_table(["recording", "joint", "s", "contact, BW", "without muscles, BW", "muscles"], rows)


_CAUSES = """Most of these instants lie at push-off. There the knee carries about one body weight from above, and both
heads of gastrocnemius, which supply part of the push-off moment at the ankle, add about two more; rectus femoris,
which swings the leg forward at the hip, and the hamstrings add the rest. At the hip, iliacus, psoas and rectus femoris
pull the leg forward while gluteus medius still carries the pelvis. Four tests of whether groundup makes these forces
too high, and in none of them does it: the excess over what implants measure (five to nine people with artificial
joints, who walked more slowly) is that of static optimisation on muscles of this geometry."""


def _evidence(found: list[Measured], more: Extras) -> list[str]:
    parts = []
    if more.opensim is not None and more.opensim[1]:
        time_s, said = more.opensim
        rows = [[s.joint, f"{s.opensim:.3f}", f"{s.equivalent:.3f}", f"{s.default:.3f}"] for s in said]
        table = markdown_table(["joint", "OpenSim", "groundup, OpenSim's rules", "groundup"], rows)
        parts.append(
            f"**OpenSim itself** on the same body, motion and forces ({GAIT}, eight frames about {time_s:.2f} s; "
            f"static optimisation and joint reactions of the `opensim` package), largest contact force, BW:\n\n{table}"
        )
    if more.sharing:
        parts.append(_sharing(more))
    if more.published:
        names = list(more.published)
        own = next(joints.contacts(m.study) for m in found if m.name == GAIT)
        rows = [[n, f"{more.published[n]:.2f}", f"{own.get(n, np.nan):.2f}"] for n in names]
        parts.append(
            f"**The published model** of {GAIT} (92 muscles, scaled by OpenSim's own settings) on the same walk, "
            "BW:\n\n" + markdown_table(["contact", "published model", "own body"], rows)
        )
    rows = [
        [m.name, what, f"{ours:.2f}", f"{theirs:.2f}", f"{rms:.2f}"]
        for m in found
        for what, ours, theirs, rms in published.moment_rows(m)
    ]
    if rows:
        head = ["recording", "moment", "ours, peak", "published, peak", "RMS difference"]
        parts.append(
            "**Published joint moments** of the Arnold subjects, from the same markers and forces, N·m/kg; moments "
            f"that are too high would make contact forces too high:\n\n{markdown_table(head, rows)}"
        )
    return parts


def _sharing(more: Extras) -> str:
    rows = [
        [name, way, *(f"{value:.2f}" for value in loads.values())]
        for name, ways in more.sharing.items()
        for way, loads in ways
    ]
    columns = list(next(iter(more.sharing.values()))[0][1])
    return (
        "**Other ways of sharing** the same moments among the same muscles, BW, over all computed frames. None of them "
        "brings all joints into the range: the forces follow from the moments and from where the muscles run more than "
        "from the criterion:\n\n" + markdown_table(["recording", "way", *columns], rows)
    )


# --- the rest ---------------------------------------------------------------------------------------------------------

_WITHOUT_PLATES = """## Ground forces without plates

Estimated and measured forces of each recording are compared in [ground forces](ground-forces.md)."""

_BAD_INPUT = """## Bad input as a clinic makes it

No plates, no standing trial, a missing foot marker, exchanged labels, a tenth of the markers gone, feet and inches, a
file that is no C3D, a mass of 0 or 7200: messages, exit codes and that nothing is half written are tested by
[test_clinic_input.py](../../tests/stories/test_clinic_input.py),
[test_bad_input.py](../../tests/stories/test_bad_input.py) and
[test_analyse_c3d.py](../../tests/stories/test_analyse_c3d.py), which `make test` runs."""


def _time_checks(more: Extras) -> list[Check]:
    checks = []
    if more.wall is not None:
        where = more.wall.title
        checks.append(Check("whole command, warm", where, more.wall.warm_s, "s", high=times.WARM_S))
        checks.append(Check("whole command, cold", where, more.wall.cold_s, "s", high=times.COLD_S))
        checks.append(Check("whole command, warm, processor time", where, more.wall.cpu_s, "s"))
    if more.rate is not None:
        low = times.FRAMES_A_SECOND
        long = f"{GAIT}, {times.LONG} frames"
        checks.append(Check("sustained, with fitting the body", long, more.rate.whole, "frames/s", low))
        checks.append(Check("sustained, two recordings at once", f"2 × {long}", more.rate.batch, "frames/s", low))
        beyond = f"beyond the first {times.SHORT} frames"
        checks.append(Check(f"sustained, {beyond}", long, more.rate.further, "frames/s", low))
    return checks


def _time(checks: list[Check], more: Extras) -> str:
    if not checks:
        return "## Time\n\nNot measured in this run."
    rows = [[c.what, c.where, c.bar, c.cell] for c in checks]
    return f"""## Time

{markdown_table(["what", "recording", "bar", "measured"], rows)}

The whole command is `groundup analyse walk.c3d --static static.c3d` on a recording of 3.9 s at 100 Hz, 318 muscles,
from the shell's point of view: start, reading, fitting the body, loads, report and files; median of {_repeats()} runs.
Cold: the first run, in which Python compiles groundup's files. On a computer that does other work too, the processor's
time is the fairer figure. Sustained: a walk played there and back until it is long, loads of every frame. One process
spreads inverse kinematics and muscle sharing over the cores by threads, which wait for each other where Python itself
works; two recordings at once, a process and a core each, do not.
{_stages(more)}"""


def _stages(more: Extras) -> str:
    if more.rate is None:
        return ""
    rows = [
        [stage, f"{seconds:.2f}", f"{times.LONG / seconds:.0f}"]
        for stage, seconds in more.rate.stages_s.items()
        if seconds > LEAST_S
    ]
    return f"\nStages of these {times.LONG} frames:\n\n{markdown_table(['stage', 's', 'frames/s'], rows)}\n"


def _repeats() -> int:
    from benchmarks.process import REPEATS

    return REPEATS
