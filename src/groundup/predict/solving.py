"""The walks of a request, solved in the order in which they start from each other.

Healthy first, then untreated, then all that is treated at once. Variations of a walk start from the walk itself, so
they are solved beside what comes after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from groundup.body.model import Body
from groundup.predict.body import OwnCycle
from groundup.predict.condition import heel_pains
from groundup.predict.effects import Cadence, PainFactor, Side
from groundup.predict.gait.baseline import healthy_walk, painless
from groundup.predict.gait.walk import Walk
from groundup.predict.pain import FeltPain, Reference, pain_law
from groundup.predict.request import HEALTHY, UNTREATED, Case, SimulationRequest
from groundup.predict.terms import terms
from groundup.predict.variations import NOMINAL, Variation, variations
from groundup.predict.walk_job import NOT_BEGUN, Attempt, Solver, WalkJob
from groundup.predict.walk_store import WalkStore
from groundup.predict.workers import solve_all

Progress = Callable[[str], None]
Place = tuple[str, str]
"""A case and a variation, by their ids."""

PAIN_TERMS = ("heel_pain", "fascia_pain")
_NAMED = 3


@dataclass(eq=False)
class Walks:
    """What is asked for, and what has been solved so far.

    Attributes
    ----------
    own : the person's own cycle, where there is one
    attempts : what became of each walk; a variation that nobody asked for and that is not kept is not among them
    jobs : of each attempt that could be begun
    """

    request: SimulationRequest
    body: Body
    own: OwnCycle | None
    store: WalkStore
    solver: Solver
    tell: Progress
    attempts: dict[Place, Attempt] = field(default_factory=dict)
    jobs: dict[Place, WalkJob] = field(default_factory=dict)
    references: dict[str, dict[Side, Reference]] = field(default_factory=dict)

    @property
    def stopped(self) -> bool:
        """Whether somebody pressed Ctrl-C."""
        return any(a.status == "stopped" for a in self.attempts.values())

    @property
    def best_iterates(self) -> tuple[str, ...]:
        """What is said of each walk that was stopped under way."""
        under_way = (a for a in self.attempts.values() if a.status == "stopped" and a.walk is not None)
        return tuple(dict.fromkeys(a.message for a in under_way))

    def walk(self, place: Place) -> Walk | None:
        """A solved walk; None where it was not solved."""
        attempt = self.attempts.get(place)
        return attempt.walk if attempt is not None and attempt.status == "solved" else None

    def solve(self) -> None:
        """Solve every walk that is asked for and not kept from before."""
        for wave in _waves(self.request):
            _solve_wave(self, wave)


def job_of(w: Walks, case: Case, variation: Variation = NOMINAL) -> WalkJob:
    """State one walk: everything that its solution depends on."""
    request = w.request
    # What is done is compared with the walk without it, and a cadence counts from there.
    before = w.walk((request.reference_id if case.treatments else HEALTHY, variation.id))
    weights = {t.name: 0.0 for t in terms()} | {t.name: t.weight for t in request.terms}
    pains = _pains(w, case, variation)
    if not pains:
        weights |= dict.fromkeys(PAIN_TERMS, 0.0)
    return WalkJob(
        id=case.id if variation is NOMINAL else f"{case.id}~{variation.id}",
        label=case.label if variation is NOMINAL else f"{case.label}, {variation.label}",
        body=w.body,
        effects=tuple(e for e in case.effects if not isinstance(e, PainFactor)),  # told by what is felt
        speed_m_per_s=request.speed_m_per_s,
        weights=variation.varied(weights),
        intervals=request.intervals,
        pains=pains,
        law=pain_law(variation.law) if pains else None,
        own=w.own,
        strength=variation.strength,
        usual_cycle_s=None if before is None else before.cycle_s,
        start=next(_starts(w, case, variation), None),
        halves=case.id == HEALTHY and variation is NOMINAL and w.own is None,
        fits=w.store.folder,
        terms_file=request.terms_file,
    )


def _pains(w: Walks, case: Case, variation: Variation) -> dict[Side, FeltPain]:
    """Pains that are felt; one that an analgesic takes away whole is none."""
    hurting = [one for one in heel_pains(case.conditions) if case.felt_pain(one.side) > 0]
    if not hurting:
        return {}
    place = (HEALTHY, variation.id)
    walk, job = w.walk(place), w.jobs[place]
    assert walk is not None
    if job.question not in w.references:
        w.references[job.question] = painless(walk, job.changed)
    largest = w.references[job.question]
    return {one.side: FeltPain(case.felt_pain(one.side), one.fascia_weight, largest[one.side]) for one in hurting}


def _starts(w: Walks, case: Case, variation: Variation) -> Iterator[Walk]:
    """Walks to start from that are solved, the nearest first."""
    near = [(case.id, NOMINAL.id)] if variation is not NOMINAL else []
    near += [(w.request.reference_id, NOMINAL.id)] if case.treatments else []
    near += [(HEALTHY, NOMINAL.id)]
    found = {id(walk): walk for place in near if (walk := w.walk(place)) is not None}
    yield from found.values()
    # A person's own walk is nearer to what they are asked for than groundup's.
    if not found and w.own is None:
        yield healthy_walk()


# --- in waves -----------------------------------------------------------------------------------------------------


def _waves(request: SimulationRequest) -> Iterator[list[tuple[Case, Variation]]]:
    """Cases with variations that can be solved at once, since what they start from is solved before."""
    by_id = {c.id: c for c in request.cases}
    treated = [c for c in request.cases if c.id not in (HEALTHY, UNTREATED)]
    levels = [[by_id[HEALTHY]], [by_id[UNTREATED]] if UNTREATED in by_id else [], treated]
    for number in range(len(levels) + 1):
        wave = [(case, NOMINAL) for case in (levels[number] if number < len(levels) else [])]
        wave += [(case, v) for case in (levels[number - 1] if number else []) for v in variations()]
        if wave:
            yield wave


def _solve_wave(w: Walks, wave: Sequence[tuple[Case, Variation]]) -> None:
    """Solve what is not kept from before; the same question is solved once."""
    asked: dict[str, list[Place]] = {}
    jobs: dict[str, WalkJob] = {}
    cases = {}
    for case, variation in wave:
        place = (case.id, variation.id)
        wanted = variation is NOMINAL or w.request.uncertainty
        why = _cannot(w, case, variation)
        if why is not None:
            if wanted:
                w.attempts[place] = why
            continue
        job = job_of(w, case, variation)
        kept = w.store.solved(job)
        if kept is not None:
            here = "comes with groundup" if kept is healthy_walk() else f"kept from before; {kept.message}"
            w.attempts[place] = Attempt("solved", here, kept)
        elif wanted:
            asked.setdefault(job.key, []).append(place)
            begun = w.store.begun(job)
            jobs[job.key] = job if begun is None else replace(job, start=begun)
            cases[job.key] = (case, variation)
        else:
            continue
        w.jobs[place] = job
    if not jobs:
        return
    # A process that died, or a problem that could not be stated, would come to the same end.
    solved = list(_solved(w, list(jobs.values()), asked))
    failed = [job for job, found in solved if found.status == "failed" and found.walk is not None]
    tries = (_second_try(w, one, *cases[one.key]) for one in failed)
    again = [one for one in tries if one is not None]
    if again and not w.stopped:
        list(_solved(w, again, asked))


def _solved(w: Walks, jobs: Sequence[WalkJob], asked: dict[str, list[Place]]) -> Iterator[tuple[WalkJob, Attempt]]:
    """Solve jobs, keep what comes, and tell how far it is."""
    names = ", ".join(j.label for j in jobs[:_NAMED])
    w.tell(f"to solve: {len(jobs)} ({names}{', …' if len(jobs) > _NAMED else ''})")
    begun = time.monotonic()
    for done, (job, attempt) in enumerate(solve_all(jobs, w.solver, w.request.processes, w.tell), 1):
        kept = _keep(w, job, attempt)
        for place in asked[job.key]:
            w.attempts[place] = kept
        left = (time.monotonic() - begun) / done * (len(jobs) - done)
        more = f"; {done} of {len(jobs)} done, about {_duration(left)} left" if done < len(jobs) else ""
        w.tell(f"{job.label}: {kept.message}{more}")
        yield job, kept


def _keep(w: Walks, job: WalkJob, attempt: Attempt) -> Attempt:
    """Keep a solved walk, and of one that was stopped the best iterate; a failed one would only mislead the next."""
    if attempt.walk is None or attempt.status == "failed":
        return attempt
    file = w.store.keep(job, attempt.walk)
    if attempt.status == "stopped" and file is not None:
        where = f"Its best iterate lies in {file}; the same command goes on from it."
        return replace(attempt, message=f"{attempt.message} {where}")
    return attempt


def _second_try(w: Walks, failed: WalkJob, case: Case, variation: Variation) -> WalkJob | None:
    """The same walk from another start: the next nearest, at last a guess. None where the first was a guess."""
    if failed.start is None:
        return None
    w.tell(f"{failed.label}: once more, from another start")
    other = next((start for start in _starts(w, case, variation) if start is not failed.start), None)
    return replace(failed, start=other, halves=False)


def _cannot(w: Walks, case: Case, variation: Variation) -> Attempt | None:
    """Why a walk cannot be begun: someone stopped, or what it starts from was not solved."""
    if w.stopped:
        return Attempt("stopped", NOT_BEGUN)
    needed = [] if case.id == HEALTHY else [(HEALTHY, variation.id)]
    needed += [] if variation is NOMINAL else [(case.id, NOMINAL.id)]
    needed += [(w.request.reference_id, variation.id)] if _paced(case) else []
    missing = next((p for p in needed if w.walk(p) is None), None)
    if missing is None:
        return None
    label = w.jobs[missing].label if missing in w.jobs else missing[0]
    return Attempt("failed", f"not begun: the walk “{label}” was not solved")


def _paced(case: Case) -> bool:
    return any(isinstance(one, Cadence) for one in case.effects)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
