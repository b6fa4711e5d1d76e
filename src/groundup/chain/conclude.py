"""One analysis becomes one study: the single truth that files and reports are written from."""

from __future__ import annotations

from dataclasses import replace

from groundup.chain.curves import cycle_curves
from groundup.chain.findings import findings_of
from groundup.chain.flow import chain_links
from groundup.chain.gait import gait_cycles
from groundup.chain.headline import headlines
from groundup.chain.labels import labels
from groundup.chain.lumbar import lumbar_levels, lumbar_loads
from groundup.chain.methods import methods
from groundup.chain.names import chain_joint, is_lumbar
from groundup.chain.quality import quality_items
from groundup.chain.scene import build_scene
from groundup.chain.series import all_series
from groundup.chain.trunk_reserves import trunk_reserve_shares
from groundup.loads.analysis import Analysis
from groundup.study import Missing, Provenance, Series, Study, Subject, rounded

# A table of three forces, three moments and a point per joint is for the files; the page draws their size.
_DRAWN_LOADS = ("contact",)
TRUNK_RESERVE_LIMIT = 0.05
DIGITS = 10  # significant; far beyond any measurement, and half the size of a file of all sixteen


def conclude(a: Analysis, title: str, provenance: Provenance, *, synthetic: bool = False) -> Study:
    """Make the study of an analysis."""
    reason = lumbar_reason(a)
    if reason:
        a = replace(a, reasons=a.reasons | {"lumbar": reason})
    low_back = lumbar_loads(a)
    series = tuple(replace(s, values=rounded(s.values, DIGITS)) for s in all_series(a, low_back))
    cycles = gait_cycles(a)
    measures, findings = findings_of(a, cycles, low_back)
    headline, levels = headlines(a, low_back), lumbar_levels(a, low_back, cycles)
    return Study(
        title=title,
        synthetic=synthetic,
        provenance=provenance,
        subject=Subject(a.body.mass, a.height_m),
        time_s=a.motion.time_s,
        quality=quality_items(a, cycles),
        cycles=cycles,
        series=series,
        curves=cycle_curves([s for s in series if _is_drawn(s)], cycles, a.motion.time_s, labels(series)),
        headline=headline,
        low_back=levels,
        measures=measures,
        findings=findings,
        chain=chain_links(measures, findings, headline, levels),
        missing=tuple(Missing(group, why) for group, why in a.reasons.items()),  # type: ignore[arg-type]
        methods=methods(a),
        scene=build_scene(a),
        body=a.body,
    )


def lumbar_reason(a: Analysis) -> str:
    """Why the low-back load cannot be told from this body and recording; empty where it can."""
    if a.loads is None:
        return a.reasons.get("joint_load", "no joint loads")
    joints = [j for j in a.body.joints if is_lumbar(j.name)]
    if not joints:
        return "the body has no joint between pelvis and trunk that is named as the low back"
    names = {j.name for j in joints}
    own = {c.name for c in a.body.coordinates if c.joint in names}
    if not own & a.loads.crossed:
        return (
            "no muscle of this body crosses the low back; a torque motor carries the trunk, so compression is unknown"
        )
    shares = trunk_reserve_shares(a)
    worst = max(shares, key=shares.__getitem__, default="")
    if worst and shares[worst] > TRUNK_RESERVE_LIMIT:
        share = 100 * shares[worst]
        return f"reserve actuators carry {share:.0f} % of the trunk moment, by {worst}; the limit is 5 %"
    return ""


def _is_drawn(series: Series) -> bool:
    if series.group == "joint_load":
        return series.name.endswith(_DRAWN_LOADS) and chain_joint(series.name) is not None
    if series.group == "lumbar":
        return series.unit != "N"  # the same in body weights is drawn
    return series.group != "reserve" and not (series.group == "ground_force" and "_v" not in series.name)
