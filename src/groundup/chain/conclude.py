"""One analysis becomes one study: the single truth that files and reports are written from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from groundup.chain.curves import cycle_curves
from groundup.chain.findings import findings_of, walker_of
from groundup.chain.flow import chain_links
from groundup.chain.gait import gait_cycles
from groundup.chain.headline import headlines
from groundup.chain.intervals import interval_method, own_smallest_changes, typical_intervals, with_intervals
from groundup.chain.labels import labels
from groundup.chain.lumbar import lumbar_levels, lumbar_loads
from groundup.chain.methods import methods
from groundup.chain.names import chain_joint, is_lumbar
from groundup.chain.quality import quality_items
from groundup.chain.scene import build_scene
from groundup.chain.series import all_series
from groundup.chain.trunk_reserves import trunk_reserve_shares
from groundup.loads.analysis import Analysis
from groundup.study import Headline, Interval, Missing, Provenance, Series, Study, Subject, rounded

# A table of three forces, three moments and a point per joint is for the files; the page draws their size.
_DRAWN_LOADS = ("contact",)
TRUNK_RESERVE_LIMIT = 0.05
DIGITS = 10  # significant; far beyond any measurement, and half the size of a file of all sixteen


def conclude(
    a: Analysis,
    title: str,
    provenance: Provenance,
    *,
    synthetic: bool = False,
    sampled: Sequence[Interval] = (),
    stopped: bool = False,
) -> Study:
    """Make the study of an analysis.

    Parameters
    ----------
    sampled : intervals by samples of this analysis; main numbers without one get the typical one of the method
    stopped : samples were asked for, and stopped before their end
    """
    a = with_lumbar_reason(a)
    low_back = lumbar_loads(a)
    series = tuple(replace(s, values=rounded(s.values, DIGITS)) for s in all_series(a, low_back))
    cycles = gait_cycles(a)
    headline, levels = headlines(a, low_back), lumbar_levels(a, low_back, cycles)
    intervals = _intervals(headline, sampled, estimated=a.ground.estimate is not None)
    headline = with_intervals(headline, intervals)
    sdc = own_smallest_changes(sampled)
    measures, findings = findings_of(a, cycles, low_back, sdc)
    how_sure = interval_method(intervals, stopped=stopped)
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
        intervals=intervals,
        chain=chain_links(measures, findings, headline, levels, sdc, walker_of(a)),
        missing=tuple(Missing(group, why) for group, why in a.reasons.items()),  # type: ignore[arg-type]
        methods=(*methods(a), *([how_sure] if how_sure else [])),
        scene=build_scene(a),
        body=a.body,
    )


def _intervals(headline: Sequence[Headline], sampled: Sequence[Interval], *, estimated: bool) -> tuple[Interval, ...]:
    """The recording's own intervals, and typical ones of the main numbers that have none."""
    own = {(i.id, i.side) for i in sampled}
    others = [h for h in headline if (h.id, h.side) not in own]
    return (*sampled, *typical_intervals(others, estimated=estimated))


def with_lumbar_reason(a: Analysis) -> Analysis:
    """The analysis with the reason why the low back cannot be told, where it cannot."""
    reason = lumbar_reason(a)
    return replace(a, reasons=a.reasons | {"lumbar": reason}) if reason else a


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
