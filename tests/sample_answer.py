"""A made-up answer of a simulation: a little more here, a little less there. Nothing in it was solved."""

from __future__ import annotations

import dataclasses

from groundup.predict.answer import CaseResult, Change, Comparison, SimulationAnswer, changes, row_kinds
from groundup.predict.condition import parse_condition
from groundup.predict.request import HEALTHY, UNTREATED, SimulationRequest
from groundup.predict.treatments import parse_sweep, parse_treatment
from groundup.study import Attribution, Share, Study

MIDDLE = ("low_back.compression_peak", "low_back.compression_per_km", "gait.energy_cost", "gait.speed")
UNITS = {kind.measure: "BW" for kind in row_kinds()} | {"gait.stance": "% of stride"}
FAILED = "knee_angle_r at 31 % misses its equation by 0.2 rad"


def sample_answer(
    study: Study | None, treatments: str = "heel_cup", uncertainty: bool = True, condition: str = "heel_pain:right:6"
) -> SimulationAnswer:
    """Healthy, a painful right heel, and a treatment, which may be a sweep (``heel_lift:0..15mm:4``) or two."""
    given = treatments.split()
    sweeps = tuple(parse_sweep(text) for text in given if ".." in text)
    single = tuple(parse_treatment(text) for text in given if ".." not in text)
    conditions = (parse_condition(condition),) if condition else ()
    request = SimulationRequest(conditions, single, sweeps, command="groundup simulate")
    lost = request.cases[4].id if len(request.cases) > 4 else ""
    results = tuple(
        CaseResult(c, None, "failed", FAILED)
        if c.id == lost
        else CaseResult(c, study, "solved", "solved", checks={"iterations": 23.0, "largest_miss": 7.8e-10})
        for c in request.cases
    )
    comparisons = tuple(
        compared(request, case.id, 0.9 + 0.03 * k, uncertainty)
        for k, case in enumerate(request.cases)
        if case.id not in (HEALTHY, lost)
    )
    back = ("Does “it” unload the low back? Yes: peak of L5/S1 -0.1 BW.",)
    return SimulationAnswer(request, results, comparisons, back)


def compared(request: SimulationRequest, after_id: str, factor: float, uncertainty: bool) -> Comparison:
    """Every row by the same factor, but the knee, which does not change, and the hip, which is not known."""
    before_id = HEALTHY if after_id == UNTREATED else request.reference_id
    label = {c.id: c.label for c in request.cases}
    sides = {k.measure: ("none",) if k.measure in MIDDLE else ("left", "right") for k in row_kinds()}
    before = {(m, side): 1.0 + 0.1 * n for n, m in enumerate(sides) for side in sides[m]}
    after = {place: value * (1.0 if "knee" in place[0] else factor) for place, value in before.items()}
    after = {place: value for place, value in after.items() if "hip" not in place[0]}
    found = changes(before, after, UNITS)
    if uncertainty:
        found = tuple(_sure(c) for c in found)
    shares = (Share("ground force", "right", -0.2), Share("pelvis", "none", 0.05), Share("ankle", "left", 0.0004))
    split = Attribution("lumbar.x", "Low-back compression", "none", "BW", "a", "b", 1.9, 1.75, shares, 0.001)
    notes = ("Interval without “muscles 18 % weaker”: not solved.",)
    reach = tuple((s.value - 0.05, s.value + 0.02) for s in shares) if uncertainty else ()
    return Comparison(label[before_id], label[after_id], found, (split,), before_id, after_id, notes, reach)


def _sure(c: Change) -> Change:
    wide = 0.02 * abs(c.before)
    return dataclasses.replace(
        c, low=c.difference - wide, high=c.difference + wide, causes=(("pain calibration", wide),)
    )
