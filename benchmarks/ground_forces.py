"""Ground forces estimated from the motion beside those that plates measured; writes docs/validation/ground-forces.md.

Run: make validation-ground (or python -m benchmarks.ground_forces)
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from unittest import mock

import numpy as np

import groundup
from benchmarks.laboratories.cases import Laboratory, Measured, data_folder, laboratories, measure
from benchmarks.recordings import ROOT
from groundup import pipeline
from groundup.body.functions import Floats
from groundup.body.names import side_of
from groundup.body.recording import ExternalForces
from groundup.loads.analysis import Analysis
from groundup.loads.ground import estimated_ground, no_ground
from groundup.motion.soles import SIDES
from groundup.study import Study

OUT = ROOT / "docs" / "validation" / "ground-forces.md"
LOADED = 0.05  # of the body weight: with less, where a force acts says nothing
BARS = {"vertical": 10.0, "fore-aft": 5.0, "pressure": 30.0}
HEADLINES = ("lumbar_peak", "hip_contact_peak", "knee_contact_peak", "ankle_contact_peak", "ankle_moment_peak")
INTERVAL_PART = 90.0

_HEAD = """# Ground forces without plates

Written by `make validation-ground`; do not edit. {when}, groundup {version}.

Each recording has force plates. The forces under both feet were estimated again from the motion alone, and are compared
with the plates in the frames in which these measured every foot on the ground. Bars: vertical within 10 % of the body
weight, fore-aft within 5 %, centre of pressure within 3 cm (root mean square; the last while a foot bears more than
5 %).

How the load passes from foot to foot and where it acts under a foot follow means over these same steps, rounded, so
other people differ a little more. The sum of the forces, which is most of the answer, is not fitted to anything.

"""


@dataclass(frozen=True, eq=False)
class Difference:
    """Estimated less measured: force (n, 3) in body weights over both feet, pressure (n,) m while a foot bears."""

    name: str
    force_bw: Floats
    pressure_m: Floats


def compare(m: Measured) -> Difference:
    """Compare on one recording."""
    a = m.analysis
    found = estimated_ground(a.body, a.skeleton, a.motion, a.at).forces
    assert found is not None
    assert a.forces is not None
    apart, where = [], []
    for side in SIDES:
        ours, our_point = _under(found, side, a)
        theirs, their_point = _under(a.forces, side, a)
        apart.append((ours - theirs)[a.ground.known] / a.body_weight_n)
        least = LOADED * a.body_weight_n
        bears = a.ground.known & (ours[:, 1] > least) & (theirs[:, 1] > least)
        where.append(np.linalg.norm((our_point - their_point)[bears], axis=1))
    return Difference(m.name, np.concatenate(apart), np.concatenate(where))


def _under(forces: ExternalForces, side: str, a: Analysis) -> tuple[Floats, Floats]:
    """Force and centre of pressure under one foot on the clock of the motion, (F, 3) and (F, 2)."""
    clock = a.motion.time_s
    force, moment = np.zeros((len(clock), 3)), np.zeros((len(clock), 3))
    for wrench in forces.wrenches:
        if side_of(wrench.segment or "") != side:
            continue
        columns = np.hstack([wrench.force_n, np.cross(wrench.point_m, wrench.force_n)])
        at = np.column_stack([np.interp(clock, forces.time_s, c) for c in columns.T])
        force, moment = force + at[:, :3], moment + at[:, 3:]
    upward = np.maximum(force[:, 1], 1.0)
    return force, np.column_stack([moment[:, 2] / upward, -moment[:, 0] / upward])


def without_plates(laboratory: Laboratory) -> Study:
    """Analyse a recording as if there had been no plates."""

    def nothing(skeleton: object, motion: object, *rest: object, **options: object) -> object:
        return no_ground(motion)  # type: ignore[arg-type]

    with mock.patch.object(pipeline, "measured_ground", nothing):
        return measure(laboratory).study


def page(pairs: list[tuple[Measured, Study]]) -> str:
    """Write the page."""
    found = [compare(m) for m, _ in pairs]
    lines = [
        "| recording | vertical, % BW | fore-aft, % BW | lateral, % BW | centre of pressure, mm |",
        "|---|--:|--:|--:|--:|",
    ]
    for d in found:
        fore, up, side = (100 * _rms(d.force_bw[:, i]) for i in range(3))
        pressure = 1000 * _rms(d.pressure_m)
        cells = [
            _graded(up, BARS["vertical"]),
            _graded(fore, BARS["fore-aft"]),
            f"{side:.1f}",
            _graded(pressure, BARS["pressure"]),
        ]
        lines.append(f"| {d.name} | {' | '.join(cells)} |")
    force, pressure_m = np.concatenate([d.force_bw for d in found]), np.concatenate([d.pressure_m for d in found])
    nine = [100 * float(np.percentile(np.abs(force[:, i]), INTERVAL_PART)) for i in range(3)]
    lines += [
        "",
        f"Nine of ten frames of all recordings lie within {nine[1]:.1f} % (vertical), {nine[0]:.1f} % (fore-aft) and "
        f"{nine[2]:.1f} % (lateral) of the body weight and {1000 * np.percentile(pressure_m, INTERVAL_PART):.0f} mm. "
        "The report states the interval that is rounded up from these.",
        "",
        "## What it does to the loads",
        "",
        "The same walks without their plates, against with them. Where the plates cover only a part of it, the other "
        "analysis sees more of it, so its peaks may be of other steps. The low back is loaded from above and hardly "
        "notices; hips notice most, for in double support a small error of the fore-aft force acts on the whole leg.",
        "",
        "| recording | quantity | side | with plates | estimated |",
        "|---|---|---|--:|--:|",
    ]
    for m, other in pairs:
        for h in m.study.headline:
            if h.id in HEADLINES:
                value = next(o.value for o in other.headline if (o.id, o.side) == (h.id, h.side))
                lines.append(f"| {m.name} | {h.label} | {h.side} | {h.value:.2f} {h.unit} | {value:.2f} {h.unit} |")
    head = _HEAD.format(when=datetime.now(UTC).strftime("%Y-%m-%d"), version=groundup.__version__)
    return head + "\n".join(lines) + "\n"


def _graded(value: float, bar: float) -> str:
    return f"{value:.1f}" if value <= bar else f"**{value:.1f}** (missed)"


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def main() -> None:
    """Measure and write, or say why not."""
    data = data_folder()
    if data is None:
        print("skipped: the recordings are not at hand; GROUNDUP_SHARED names their folder", file=sys.stderr)
        return
    given = [one for one in laboratories(data) if one.options.markers.is_file()]
    OUT.write_text(page([(measure(one), without_plates(one)) for one in given]), encoding="utf-8")
    print(OUT)


if __name__ == "__main__":
    main()
