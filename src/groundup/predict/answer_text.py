"""The answer of a simulation in words: the table, the doses, and whether the low back is unloaded and through what."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from groundup.predict.answer import NAN, Change, Comparison, SimulationAnswer, row_kinds
from groundup.predict.effects import Side
from groundup.predict.request import HEALTHY, UNTREATED, SimulationRequest

if TYPE_CHECKING:
    from groundup.study import Attribution, Share

BACK_PEAK = "low_back.compression_peak"
_SHOWN_LINKS = 3


def back_sentences(request: SimulationRequest, comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """Say what the condition does to the low back, and whether what is done about it unloads it.

    Of the doses of a sweep the one that unloads most, or loads least, is told, after what all of them do.
    """
    treated = [c for c in comparisons if c.after_id not in (HEALTHY, UNTREATED)]
    said = [_condition_sentence(c) for c in comparisons if c.after_id == UNTREATED]
    if request.sweeps:
        said.append(_doses_sentence(request, treated))
        treated = sorted(_known(treated), key=lambda c: _back_peak(c).difference)[:1]
    return (*said, *map(back_sentence, treated))


def back_sentence(comparison: Comparison) -> str:
    """Say whether what was done unloads the low back, by how much, and through which links."""
    question = f"Does “{comparison.after}” unload the low back?"
    peak = _back_peak(comparison)
    if peak.verdict == "not known":
        return f"{question} Not computed."
    word = {"less": "Yes", "more": "No, it loads it more", "no clear change": "No clear change"}[peak.verdict]
    return f"{question} {word}: {_peak_words(peak)}.{_links(comparison)}"


def _condition_sentence(comparison: Comparison) -> str:
    question = f"What does “{comparison.after}” do to the low back?"
    peak = _back_peak(comparison)
    if peak.verdict == "not known":
        return f"{question} Not computed."
    word = {"less": "It loads it less", "more": "It loads it more", "no clear change": "No clear change"}[peak.verdict]
    return f"{question} {word}: {_peak_words(peak)}.{_links(comparison)}"


def _doses_sentence(request: SimulationRequest, treated: Sequence[Comparison]) -> str:
    asked = len([c for c in request.cases if c.treatments])
    question = f"Which of {asked} doses unload the low back?"
    known = _known(treated)
    if not known:
        return f"{question} Not computed."
    counts = {v: sum(_back_peak(c).verdict == v for c in known) for v in ("less", "more", "no clear change")}
    missing = {"not solved": asked - len(treated), "without this load": len(treated) - len(known)}
    counts |= {what: n for what, n in missing.items() if n}
    counted = ", ".join(f"{what}: {n}" for what, n in counts.items()).capitalize()
    percent = sorted(_back_peak(c).percent for c in known)
    return (
        f"{question} {counted}; peak of L5/S1 {percent[0]:+.1f} to {percent[-1]:+.1f} %. "
        "The dose with the lowest peak follows."
    )


def _known(comparisons: Sequence[Comparison]) -> list[Comparison]:
    return [c for c in comparisons if _back_peak(c).verdict != "not known"]


def _back_peak(comparison: Comparison) -> Change:
    found = (c for c in comparison.changes if c.measure == BACK_PEAK)
    return next(found, Change(BACK_PEAK, "", "", "", "none", NAN, NAN))


def _peak_words(peak: Change) -> str:
    shown = f"peak of L5/S1 {peak.difference:+.2f} {peak.unit} ({peak.percent:+.1f} %)"
    if math.isfinite(peak.low):
        return f"{shown}, interval {peak.low:+.2f} to {peak.high:+.2f}"
    return f"{shown}, without an interval"


def _links(comparison: Comparison) -> str:
    peak = _back_peak(comparison)
    found = next((a for a in comparison.attributions if a.load_id == BACK_PEAK or "L5" in a.label), None)
    if found is None or not found.shares:
        return ""
    if abs(found.change - peak.difference) > max(_AGREES_BW, _AGREES_PART * abs(peak.difference)):
        return " The split among the links does not agree with it and is not told."
    greatest = [one for one in _with_ends(comparison, found, 2) if abs(one[0].value) >= _SMALL_LINK_BW][:_SHOWN_LINKS]
    parts = [f"{_link(s)} {s.value:+.2f} {found.unit}{ends}" for s, ends in greatest]
    rest = found.change - sum(s.value for s, _ in greatest)
    if not parts:
        return ""
    told = f"{', '.join(parts)}; all other links together {rest:+.2f} {found.unit}."
    if sum(abs(s.value) for s in found.shares) > _AGAINST_EACH_OTHER * abs(found.change):
        return f" Its links work against each other, with shares much larger than what is left: {told}"
    return f" Through: {told}"


def _with_ends(comparison: Comparison, split: Attribution, digits: int) -> list[tuple[Share, str]]:
    """Shares, the greatest first, each with its interval in words, where there is one."""
    ends = comparison.share_intervals or ((NAN, NAN),) * len(split.shares)
    words = [f" ({a:+.{digits}f} to {b:+.{digits}f})" if math.isfinite(a) else "" for a, b in ends]
    return sorted(zip(split.shares, words, strict=True), key=lambda one: -abs(one[0].value))


_AGREES_BW, _AGREES_PART = 0.005, 0.2
"""How far the change that is split may lie from the one in the table: one is read between instants, one at them."""
_SMALL_LINK_BW = 0.005
_AGAINST_EACH_OTHER = 10.0
"""From which multiple of the change on the shares, signs aside, say more of the method than of the change."""


def as_text(answer: SimulationAnswer, *, short: bool = False) -> str:
    """Return the answer as it is printed.

    Parameters
    ----------
    short : of several treated walks a table of their main changes, instead of every change of each
    """
    lines = ["Walks:"]
    lines += [f"  {r.case.label}: {r.status}{f' ({r.message})' if r.message else ''}" for r in answer.results]
    told = answer.comparisons
    treated = [c for c in told if c.after_id not in (HEALTHY, UNTREATED)]
    if short and len(treated) > 1:
        told = tuple(c for c in told if c not in treated)
    painful = {side for r in answer.results for side in r.case.painful}
    for comparison in told:
        lines += ["", *_table(comparison, painful)]
    if len(told) < len(answer.comparisons):
        lines += ["", *_dose_table(answer, treated)]
    lines += ["", *answer.back, *answer.statements, answer.how_sure]
    return "\n".join(lines)


def _table(comparison: Comparison, painful: Collection[Side]) -> list[str]:
    """Every change of a comparison, by group of rows, and the links that make the low back's."""
    groups: dict[str, list[Change]] = {}
    for change in comparison.changes:
        groups.setdefault(change.group, []).append(change)
    width = max((len(_name(c, painful)) for c in comparison.changes), default=0)
    # What a painful heel changes is how one spares it: neither better nor worse.
    judged = comparison.after_id != UNTREATED
    lines = [f"{comparison.after}, against {comparison.before}:"]
    for group, rows in groups.items():
        lines.append(f"  {group}")
        for change in sorted(rows, key=lambda c: _order(rows, c, painful)):
            lines.append(f"    {_name(change, painful).ljust(width)}  {change.text(judged=judged)}")
    for a in comparison.attributions:
        lines.append(f"  {a.label}: {a.change:+.3f} {a.unit}, made by")
        shares = [(s, f"{s.value:+.3f} {a.unit}{ends}") for s, ends in _with_ends(comparison, a, 3)]
        lines += [f"    {words}  {_link(s)}" for s, words in shares if abs(s.value) >= _SMALL_BW]
        lines += [f"    {note}" for note in a.notes]
    return [*lines, *(f"  {note}" for note in comparison.notes)]


_SMALL_BW = 0.0005


def _name(change: Change, painful: Collection[Side]) -> str:
    hurts = ", painful" if change.side in painful else ""
    return change.label if change.side == "none" else f"{change.label} ({change.side}{hurts})"


def _order(rows: Sequence[Change], change: Change, painful: Collection[Side]) -> tuple[int, int]:
    """Rows as they stand; of both sides the painful one first."""
    first = next(n for n, c in enumerate(rows) if c.measure == change.measure)
    return first, int(bool(painful) and change.side not in painful)


def _link(share: Share) -> str:
    return share.link if share.side == "none" else f"{share.link} ({share.side})"


_IN_SHORT = ("foot.heel_impulse", "foot.fascia_peak", BACK_PEAK, "gait.energy_cost")


def _dose_table(answer: SimulationAnswer, treated: Sequence[Comparison]) -> list[str]:
    """One line for each dose: change in % of the main rows, on the side that hurts."""
    painful = [side for r in answer.results for side in r.case.painful]
    kinds = [next(k for k in row_kinds() if k.measure == m) for m in _IN_SHORT]
    side: Side = painful[0] if painful else "right"
    width = max(len(c.after) for c in treated)
    lines = [f"Against {treated[0].before}, change in % ({side} foot; * no clear change):"]
    for n, kind in enumerate(kinds, 1):
        lines.append(f"  [{n}] {kind.label}")
    lines.append("  " + " " * width + "".join(f"{f'[{n}]':>9}" for n in range(1, len(kinds) + 1)))
    for comparison in treated:
        cells = "".join(f"{_percent(comparison, kind.measure, side):>9}" for kind in kinds)
        lines.append(f"  {comparison.after.ljust(width)}{cells}")
    return [*lines, "  Every change of each is in answer.txt and simulation.json."]


def _percent(comparison: Comparison, measure: str, side: Side) -> str:
    found = next((c for c in comparison.changes if c.measure == measure and c.side in (side, "none")), None)
    if found is None or not math.isfinite(found.percent):
        return "-"
    return f"{found.percent:+.1f}{'*' if found.verdict == 'no clear change' else ' '}"
