"""The healthy walk of groundup's own body, solved once and kept as the project's data: where every what-if starts."""

from __future__ import annotations

from dataclasses import replace
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.body.model import Body
from groundup.predict.body import walk_guess
from groundup.predict.changed_body import ChangedBody, change
from groundup.predict.effects import FEET, Side
from groundup.predict.gait.walk import Walk, load_walk
from groundup.predict.pain import Reference
from groundup.predict.terms import chosen

if TYPE_CHECKING:
    from groundup.predict.gait.solve import Tell, WalkOptions

FILE = Path(__file__).parents[1] / "data" / "walks" / "healthy.npz"
SPEED_M_PER_S = 1.3
PAINLESS = {"own_gait": 0.0, "heel_pain": 0.0, "fascia_pain": 0.0}
"""Weights of terms that a walk without pain and without a recording does not have."""

NEAR_NORMAL = 1.0
"""Weight of normal gait in the walk that a search from nothing begins with."""


@once
def healthy_walk() -> Walk:
    """Return the stored walk of the default body at 1.3 m/s, of `python -m benchmarks.predicted_walks --healthy`."""
    return load_walk(FILE)


def solve_healthy(
    body: Body,
    options: WalkOptions,
    speed_m_per_s: float = SPEED_M_PER_S,
    start: Walk | None = None,
    tell: Tell | None = None,
    cache: Path | None = None,
) -> Walk:
    """Solve the painless walk of an unchanged body: as two equal halves, and from there the whole cycle.

    Parameters
    ----------
    options, start, tell : as of :func:`groundup.predict.gait.solve.solve_walk`
    cache : folder that keeps fitted muscle paths

    Notes
    -----
    Without a walk to start from, one that keeps near normal walking is solved first: else the search ends in a walk
    that costs 12 % more. Half a cycle is solved in a quarter of the time. The whole one differs from its two halves by
    what the fitted muscle paths of both legs differ, some hundredths of a N·m.
    """
    from groundup.predict.gait.problem import WalkTask
    from groundup.predict.gait.solve import solve_walk

    changed = change(body, (), cache)
    p = changed.prepared
    task = WalkTask(changed, chosen(PAINLESS), speed_m_per_s, walk_guess(p.reduction, p.soles, speed_m_per_s))
    half = replace(task, symmetric=True)
    if start is None:
        near = replace(half, terms=chosen({**PAINLESS, "normal_gait": NEAR_NORMAL}))
        start = solve_walk(near, options, None, tell)
        if not start.solved:
            return start
    halves = solve_walk(half, options, start, tell)
    return solve_walk(task, options, halves, tell) if halves.solved else halves


def painless(walk: Walk, changed: ChangedBody) -> dict[Side, Reference]:
    """Largest loads of a painless walk by side, BW: what the tolerance of a painful heel is told in."""
    soles = changed.prepared.soles
    return {
        word: Reference(
            float(walk.vertical(soles, side, "heel").max() / walk.weight_n),
            float(walk.fascia_n[:, i].max() / walk.weight_n),
            walk.weight_n,
        )
        for i, (side, word) in enumerate(FEET)
    }
