"""Ground forces estimated from the motion beside those that plates measured; writes docs/validation/ground-forces.md.

Run: make validation-ground (or python -m benchmarks.ground_forces)
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from unittest import mock

import numpy as np

import groundup
from benchmarks.ground_steps import LOADED, mean_step, under
from benchmarks.laboratories.cases import Laboratory, Measured, data_folder, laboratories, measure
from benchmarks.recordings import ROOT
from groundup import pipeline
from groundup.body.functions import Floats
from groundup.loads.ground import no_ground
from groundup.loads.ground_estimate import USUAL_STEP, UsualStep, estimate_ground_forces
from groundup.motion.foot_contacts import Flags, foot_contacts
from groundup.motion.soles import SIDES
from groundup.study import Study

OUT = ROOT / "docs" / "validation" / "ground-forces.md"
BARS = {"vertical": 10.0, "fore-aft": 5.0, "pressure": 30.0}
HEADLINES = ("lumbar_peak", "hip_contact_peak", "knee_contact_peak", "ankle_contact_peak", "ankle_moment_peak")
INTERVAL_PART = 90.0
FEET = ((False, "one foot"), (True, "both feet"))

_HEAD = """# Ground forces without plates

Written by `make validation-ground`; do not edit. {when}, groundup {version}.

Each recording has force plates. The forces under both feet were estimated again from the motion alone, and are compared
with the plates, foot by foot, in the frames in which these measured every foot on the ground, while a foot bears more
than 5 % of the body weight. Bars: vertical within 10 % of the body weight, fore-aft within 5 %, centre of pressure
within 3 cm (root mean square).

How the load passes from foot to foot and where it acts under a foot follow means over these same steps, rounded. So
the second table leaves the recording itself out of the means. The sum of the forces, which is most of the answer, is
not fitted to anything. The feet of arnold2013 have stiff toes: its markers were made from a model, its forces were not.

The forces of the plates are smoothed as the motion is, but for the third table: a motion smoothed at 6 Hz cannot show
the jolt of a heel that strikes.

"""


@dataclass(frozen=True, eq=False)
class Difference:
    """Estimated less measured, of both feet together.

    ``force_bw`` (n, 3) in body weights; ``pressure_m`` (m,) while a foot bears; ``double`` (n,) and ``pressure_double``
    (m,) say whether both feet were loaded then.
    """

    name: str
    force_bw: Floats
    pressure_m: Floats
    double: Flags
    pressure_double: Flags

    def part(self, double: bool) -> Difference:
        """Frames of double, or of single support."""
        a, b = self.double == double, self.pressure_double == double
        return Difference(self.name, self.force_bw[a], self.pressure_m[b], self.double[a], self.pressure_double[b])


def compare(m: Measured, usual_step: UsualStep = USUAL_STEP) -> Difference:
    """Compare on one recording."""
    a = m.analysis
    contacts = foot_contacts(a.skeleton, a.at, a.motion.time_s)
    found = estimate_ground_forces(a.body, a.skeleton, a.motion, a.at, contacts, usual_step).forces
    assert a.forces is not None
    least = LOADED * a.body_weight_n
    measured = {side: under(a.forces, side, a) for side in SIDES}
    double = np.all([force[:, 1] > least for force, _ in measured.values()], axis=0)
    apart, where, both, doubles = [], [], [], []
    for side, (theirs, their_point) in measured.items():
        ours, our_point = under(found, side, a)
        # A foot in the air is right without any effort: only what either says to be loaded counts.
        loaded = a.ground.known & ((ours[:, 1] > least) | (theirs[:, 1] > least))
        apart.append((ours - theirs)[loaded] / a.body_weight_n)
        bears = loaded & (ours[:, 1] > least) & (theirs[:, 1] > least)
        where.append(np.linalg.norm((our_point - their_point)[bears], axis=1))
        both.append(double[loaded])
        doubles.append(double[bears])
    return Difference(m.name, *(np.concatenate(one) for one in (apart, where, both, doubles)))


def compare_unseen(given: list[Measured]) -> list[Difference]:
    """Compare each recording, estimated with the mean step of the others."""
    steps = [mean_step([other.analysis for other in given if other is not m]) for m in given]
    return [compare(m, step) for m, step in zip(given, steps, strict=True)]


def without_plates(laboratory: Laboratory) -> Study:
    """Analyse a recording as if there had been no plates."""

    def nothing(skeleton: object, motion: object, *rest: object, **options: object) -> object:
        return no_ground(motion)  # type: ignore[arg-type]

    with mock.patch.object(pipeline, "measured_ground", nothing):
        return measure(laboratory).study


def unsmoothed(laboratory: Laboratory) -> Measured:
    """Analyse a recording with the forces as the plates measured them."""
    with (
        mock.patch.object(pipeline, "smooth_forces", lambda forces, cutoff_hz: forces),
        mock.patch.object(pipeline, "_loads", return_value=(None, None)),
    ):
        return measure(laboratory)


def page(pairs: list[tuple[Measured, Study]], raw: list[Measured]) -> str:
    """Write the page.

    Parameters
    ----------
    pairs : each recording with its plates, and the study of it as if there had been none
    raw : each recording with its plates unsmoothed
    """
    given = [m for m, _ in pairs]
    lines = _table([compare(m) for m in given])
    unseen = compare_unseen(given)
    lines += ["", "Each recording, estimated with the mean step of the others alone:", "", *_table(unseen)]
    lines += ["", "The same, against plates that are not smoothed:", "", *_table(compare_unseen(raw))]
    lines += ["", "As in the second table, by how many feet bear more than 5 % of the body weight:", ""]
    parts = [replace(d.part(double), name=f"{d.name}, {feet}") for d in unseen for double, feet in FEET]
    lines += _table(parts, grade=False)
    force, pressure_m = np.concatenate([d.force_bw for d in unseen]), np.concatenate([d.pressure_m for d in unseen])
    nine = [100 * float(np.percentile(np.abs(force[:, i]), INTERVAL_PART)) for i in range(3)]
    lines += [
        "",
        "Nine of ten frames of all recordings, estimated so, in which a foot bears, lie within "
        f"{nine[1]:.1f} % (vertical), {nine[0]:.1f} % (fore-aft) and {nine[2]:.1f} % (lateral) of the body weight and "
        f"{1000 * np.percentile(pressure_m, INTERVAL_PART):.0f} mm. The report states the interval that is rounded up "
        "from these.",
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


def _table(found: list[Difference], *, grade: bool = True) -> list[str]:
    lines = [
        "| recording | vertical, % BW | fore-aft, % BW | lateral, % BW | centre of pressure, mm |",
        "|---|--:|--:|--:|--:|",
    ]
    bars = BARS if grade else dict.fromkeys(BARS, np.inf)
    for d in found:
        fore, up, side = (100 * _rms(d.force_bw[:, i]) for i in range(3))
        cells = [
            _graded(up, bars["vertical"]),
            _graded(fore, bars["fore-aft"]),
            f"{side:.1f}",
            _graded(1000 * _rms(d.pressure_m), bars["pressure"]),
        ]
        lines.append(f"| {d.name} | {' | '.join(cells)} |")
    return lines


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
    pairs = [(measure(one), without_plates(one)) for one in given]
    OUT.write_text(page(pairs, [unsmoothed(one) for one in given]), encoding="utf-8")
    print(OUT)


if __name__ == "__main__":
    main()
